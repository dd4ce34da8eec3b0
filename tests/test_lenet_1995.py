"""LeNet-1 and LeNet-4: the papers' counts of parameters and connections, the sizes of maps, and learning."""

import math
import re

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
import optim
from nn.data import datasets
from nn.models import LeNet1, LeNet4
from nn.models.lenet_1998 import PartialConv2d, Subsample


def parameters(model):
    return {
        name.rpartition(".")[2]: sum(p.numel() for p in layer.parameters())
        for name, layer in model.named_modules()
        if list(layer.parameters()) and not list(layer.children())
    }


def connections(model, image):
    """Inputs and biases of all units: of a map, each parameter is used at each position; of subsampling four times."""
    total = 0

    def count(layer, args, out):
        nonlocal total
        positions = math.prod(out.shape[2:])
        if isinstance(layer, Subsample):
            total += out.shape[1] * positions * 5
        else:
            total += positions * sum(p.numel() for p in layer.parameters())

    for layer in model.modules():
        if list(layer.parameters()) and not list(layer.children()):
            layer.register_forward_hook(count)
    model(image)
    return total


def test_lenet1_has_the_papers_numbers():
    model = LeNet1()
    assert parameters(model) == {"H1": 104, "H2": 8, "H3": 512, "H4": 24, "output": 1930}
    assert sum(p.numel() for p in model.parameters()) == 2578
    assert connections(model, ag.zeros(1, 1, 28, 28)) == 98_442


def test_lenet4_has_the_papers_connections():
    model = LeNet4()
    assert parameters(model) == {"C1": 104, "S2": 16, "C3": 1216, "S4": 32, "F5": 48_120, "output": 1210}
    assert 255_000 < connections(model, ag.zeros(1, 1, 32, 32)) < 265_000  # "about 260,000"
    assert len(set(map(frozenset, model.others.C3.connections))) == 16


def test_both_halves_of_lenet1_see_half_of_the_maps():
    (layer,) = [m for m in LeNet1().modules() if isinstance(m, PartialConv2d)]
    assert [len(seen) for seen in layer.connections] == [1, 2, 2, 1, 2, 2] * 2
    assert all(set(seen) <= {0, 1} for seen in layer.connections[:6])
    assert all(set(seen) <= {2, 3} for seen in layer.connections[6:])


def test_each_map_of_lenet4_is_subsampled_twice():
    model = LeNet4()
    seen = {}
    model.others.S2.register_forward_hook(lambda layer, args, out: seen.update(maps=args[0]))
    model.first.C1.register_forward_hook(lambda layer, args, out: seen.update(first=out))
    model(ag.tensor(np.random.default_rng(0).random((2, 1, 32, 32), np.float32)))
    first = F.scaled_tanh(seen["first"]).numpy()
    np.testing.assert_array_equal(seen["maps"].numpy(), np.repeat(first, 2, axis=1))


@pytest.mark.parametrize("build", [LeNet1, LeNet4])
def test_starting_values(build):
    ag.manual_seed(0)
    model = build()
    for name, bound in (("output", 2.4 / model.get_submodule(_output(model)).weight.shape[1]),):
        weight = model.get_submodule(_output(model)).weight
        assert 0.8 * bound < abs(weight.numpy()).max() <= bound, name


def _output(model):
    return "layers.output" if isinstance(model, LeNet1) else "others.output"


def test_prepare():
    images = ag.zeros(1, 1, 28, 28)
    images[:, :, 4:24, 4:24] = 1.0  # a digit that fills 20×20
    small, large = LeNet1.prepare(images).numpy()[0, 0], LeNet4.prepare(images).numpy()[0, 0]
    assert small.shape == (28, 28) and large.shape == (32, 32)
    assert np.isclose([small.min(), large.min()], -0.1).all() and np.isclose([small.max(), large.max()], 1.175).all()
    for image, least, most in ((small, 15, 17), (large, 20, 20)):
        assert least <= ((image > 0.5).sum(0) > 0).sum() <= most


@pytest.mark.parametrize(("build", "size"), [(LeNet1, 28), (LeNet4, 32)])
def test_refusals(build, size):
    message = f"{build.__name__}: needs images (N, 1, {size}, {size}), got shape (2, 1, 20, 20); prepare() makes"
    with pytest.raises(ValueError, match=re.escape(message)):
        build()(ag.zeros(2, 1, 20, 20))


@pytest.mark.parametrize("build", [LeNet1, LeNet4])
def test_learns(build):
    ag.manual_seed(0)
    images, labels = datasets.mnist_sample().tensors
    x, y = build.prepare(images[:200]), labels[:200]
    model = build()
    optim.fit(
        model, (x, y), loss=lambda output, label: F.mse_loss(output, 2 * F.one_hot(label, 10).float() - 1),
        optimizer=optim.Adam(model.parameters(), lr=1e-2), epochs=12, batch_size=20, progress=False,
    )  # fmt: skip
    assert (model(x).argmax(1) == y).float().mean() > 0.8
