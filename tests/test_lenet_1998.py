"""LeNet-5 of 1998: its layers, tables and loss against the paper's numbers and plain loops."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from nn.models import lenet_1998

from . import naive

# Table I of the paper, row by row: the maps of C3 that see each map of S2
ROWS_OF_TABLE_1 = [
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
]


def draw(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def test_parameter_counts_are_the_papers():
    model = nn.LeNet5Original()
    counts = {
        name: sum(p.numel() for p in layer.parameters())
        for name, layer in model.features.named_children()
        if list(layer.parameters())
    }
    assert counts == {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164}
    assert sum(p.numel() for p in model.parameters()) == 60_000
    assert [name for name, _ in model.named_buffers()] == ["output.centers"]


def test_maps_have_the_papers_sizes():
    model = nn.LeNet5Original()
    shapes = {}
    for name, layer in model.features.named_children():
        layer.register_forward_hook(lambda module, args, out, name=name: shapes.update({name: out.shape[1:]}))
    assert model(ag.zeros(1, 1, 32, 32)).shape == (1, 10)
    assert {name: shape for name, shape in shapes.items() if not name.startswith("act")} == {
        "C1": (6, 28, 28), "S2": (6, 14, 14), "C3": (16, 10, 10), "S4": (16, 5, 5), "C5": (120, 1, 1),
        "flatten": (120,), "F6": (84,),
    }  # fmt: skip


def test_the_connections_are_table_1():
    seen = [[s for s in range(6) if ROWS_OF_TABLE_1[s][c] == "X"] for c in range(16)]
    assert [list(maps) for maps in lenet_1998.TABLE_1] == seen
    assert sum(map(len, seen)) == 60


def test_a_partial_convolution():
    connections = [(0, 2), (1,), (2, 1, 0)]
    layer = lenet_1998.PartialConv2d(connections, 3, 5, dtype=np.float64)
    rng = np.random.default_rng(0)
    layer.weight.data = ag.tensor(rng.standard_normal((6, 5, 5)))
    layer.bias.data = ag.tensor(rng.standard_normal(3))
    x = draw(1, 2, 3, 8, 9)
    expected = np.zeros((2, 3, 4, 5))
    kernels = iter(layer.weight.array)
    for o, maps in enumerate(connections):
        expected[:, o] = layer.bias.array[o]
        for c in maps:
            kernel = next(kernels)
            expected[:, o] += naive.conv(x[:, c : c + 1], kernel[None, None], None, (1, 1), (0, 0), (1, 1))[:, 0]
    np.testing.assert_allclose(layer(ag.tensor(x)).array, expected, rtol=1e-12)
    # what is not connected is no parameter, and a kernel's gradient is that of its own pair
    loss = (layer(ag.tensor(x)) ** 2).sum()
    loss.backward()
    step = 1e-6
    moved = layer.weight.array.copy()
    moved[3, 2, 1] += step
    layer.weight.data = ag.tensor(moved)
    numeric = ((layer(ag.tensor(x)) ** 2).sum() - loss).item() / step
    assert layer.weight.grad.array[3, 2, 1] == pytest.approx(numeric, rel=1e-4)
    assert layer.weight.grad.shape == (6, 5, 5)


@pytest.mark.parametrize("maps", [(), (0, 0), (0, 3), (-1,)])
def test_impossible_connections(maps):
    with pytest.raises(ValueError, match=r"output map 1 is connected to .*; it needs different input maps from 0 to 2"):
        lenet_1998.PartialConv2d([(0, 1), maps], 3, 5)


def test_subsampling():
    layer = lenet_1998.Subsample(3, dtype=np.float64)
    layer.weight.data, layer.bias.data = ag.tensor([[[2.0]], [[0.5]], [[-1.0]]]).double(), ag.tensor(draw(2, 3, 1, 1))
    x = draw(3, 2, 3, 6, 4)
    out = layer(ag.tensor(x)).array
    assert out.shape == (2, 3, 3, 2)
    for n, c, i, j in np.ndindex(out.shape):
        total = (
            x[n, c, 2 * i, 2 * j]
            + x[n, c, 2 * i, 2 * j + 1]
            + x[n, c, 2 * i + 1, 2 * j]
            + x[n, c, 2 * i + 1, 2 * j + 1]
        )
        assert out[n, c, i, j] == pytest.approx([2.0, 0.5, -1.0][c] * total + layer.bias.array[c, 0, 0])


def test_the_pictures():
    digits = lenet_1998.digit_patterns()
    assert digits.shape == (10, 84) and digits.dtype == np.float32 and set(np.unique(digits)) == {-1.0, 1.0}
    differing = (digits[:, None] != digits).sum(-1)
    assert (differing[~np.eye(10, dtype=bool)] >= 8).all()  # of 84 pixels: each is well apart from every other
    np.testing.assert_array_equal(digits[8].reshape(12, 7), digits[8].reshape(12, 7)[:, ::-1])
    np.testing.assert_array_equal(digits[0].reshape(12, 7), digits[0].reshape(12, 7)[::-1, ::-1])
    assert (digits[1].reshape(12, 7)[1:-1, 3] == 1).all() and (digits[4].reshape(12, 7)[6] == 1).all()


def test_it_computes_what_its_layers_say():
    model = nn.LeNet5Original(dtype=np.float64)
    p = {name: t.array for name, t in model.state_dict().items()}
    assert all(t.dtype == np.float64 for t in p.values())
    squash = lambda a: 1.7159 * np.tanh(2 / 3 * a)  # noqa: E731
    halved = lambda x: x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).sum((3, 5))  # noqa: E731
    conv = lambda x, w, b: F.conv2d(ag.tensor(x), ag.tensor(w), ag.tensor(b)).array  # noqa: E731
    x = draw(4, 2, 1, 32, 32)
    h = squash(conv(x, p["features.C1.weight"], p["features.C1.bias"]))
    h = squash(halved(h) * p["features.S2.weight"] + p["features.S2.bias"])
    dense = np.zeros((16, 6, 5, 5))
    dense[[o for o, maps in enumerate(lenet_1998.TABLE_1) for _ in maps],
          [c for maps in lenet_1998.TABLE_1 for c in maps]] = p["features.C3.weight"]  # fmt: skip
    h = squash(conv(h, dense, p["features.C3.bias"]))
    h = squash(halved(h) * p["features.S4.weight"] + p["features.S4.bias"])
    h = squash(conv(h, p["features.C5.weight"], p["features.C5.bias"]))[:, :, 0, 0]
    h = squash(h @ p["features.F6.weight"].T + p["features.F6.bias"])
    expected = np.square(h[:, None] - lenet_1998.digit_patterns()).sum(-1)
    np.testing.assert_allclose(model(ag.tensor(x)).array, expected, rtol=1e-10)


def test_starting_values():
    model = nn.LeNet5Original()
    p = {name: t.array for name, t in model.named_parameters()}
    fans = {"C1": 25, "S2": 4, "S4": 4, "C5": 400, "F6": 120}
    for name, fan in fans.items():
        for part in ("weight", "bias"):
            assert 0.3 * 2.4 / fan < np.abs(p[f"features.{name}.{part}"]).max() <= 2.4 / fan
    for sign in (1, -1):  # both ends are reached, where there are many
        assert 0.98 * 0.02 < (sign * p["features.F6.weight"]).max() <= 0.02
    at = 0
    for o, maps in enumerate(lenet_1998.TABLE_1):
        limit = 2.4 / (25 * len(maps))
        kernels = p["features.C3.weight"][at : at + len(maps)]
        assert 0.8 * limit < np.abs(kernels).max() <= limit and np.abs(p["features.C3.bias"][o]) <= limit
        at += len(maps)
    before = p["features.F6.weight"].copy()
    model.reset_parameters()
    assert (before != model.features.F6.weight.array).any()


def test_prepared_images():
    images = datasets.mnist_sample(train=False).tensors[0]
    x = nn.LeNet5Original.prepare(images).array
    assert x.shape == (2000, 1, 32, 32) and x.min() == pytest.approx(-0.1) and x.max() == pytest.approx(1.175)
    np.testing.assert_allclose(x[:, :, 2:-2, 2:-2], 1.275 * images.array - 0.1, rtol=1e-6)
    assert (np.delete(x, np.s_[2:30], 2) == np.float32(-0.1)).all() and (
        np.delete(x, np.s_[2:30], 3) == np.float32(-0.1)
    ).all()


@pytest.mark.parametrize("j", [0.1, 1.0, 20.0])
def test_the_loss_is_equation_9(j):
    y, t = np.random.default_rng(0).uniform(0, 30, (5, 10)), np.array([3, 0, 9, 9, 1])
    loss = nn.MAPLoss(j)(ag.tensor(y), ag.tensor(t)).item()
    expected = np.mean([y[p, t[p]] + math.log(math.exp(-j) + sum(math.exp(-v) for v in y[p])) for p in range(5)])
    assert loss == pytest.approx(expected, rel=1e-12) and loss >= 0
    far = nn.MAPLoss(j)(ag.tensor(y + 5000.0), ag.tensor(t)).item()  # no exponential underflows to log 0
    assert far == pytest.approx(np.mean([5000 + y[p, t[p]] - j for p in range(5)]), rel=1e-9)


def test_a_class_for_rubbish_takes_what_is_far_from_all():
    loss = nn.MAPLoss(2.0)
    posterior = F.softmax(loss.scores(ag.tensor([[0.0, 9.0], [50.0, 60.0]])), 1).array
    assert posterior[0].argmax() == 0 and posterior[1].argmax() == 2
    with pytest.raises(ValueError, match=r"MAPLoss: j must be positive, got 0"):
        nn.MAPLoss(0)


def test_wrong_images():
    with pytest.raises(
        ValueError, match=r"needs images \(N, 1, 32, 32\), got shape \(2, 1, 28, 28\); prepare\(\) makes"
    ):
        nn.LeNet5Original()(ag.zeros(2, 1, 28, 28))


def test_it_learns_digits():
    x, y = (t[:40] for t in datasets.mnist_sample().tensors)
    model, loss = nn.LeNet5Original(), nn.MAPLoss()
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    prepared = model.prepare(x)
    for _ in range(100):
        optimizer.zero_grad()
        value = loss(model(prepared), y)
        value.backward()
        optimizer.step()
    assert value.item() < 5
    assert (model.predict(x).array == y.array).mean() > 0.95
    np.testing.assert_array_equal(model.output.centers.array, lenet_1998.digit_patterns())
