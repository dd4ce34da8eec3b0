"""Parameters without a shape, and the layers that find it at their first call."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.layers.lazy import LazyModuleMixin
from nn.parameter import is_lazy

rng = np.random.default_rng(0)

# the lazy layer, the shape of an input, and what it becomes: PyTorch's texts
LAYERS = {
    "LazyLinear(3)": ((2, 5), "LazyLinear(in_features=0, out_features=3, bias=True)", "Linear(5, 3)"),
    "LazyLinear(3, bias=False)": (
        (5,),
        "LazyLinear(in_features=0, out_features=3, bias=False)",
        "Linear(5, 3, bias=False)",
    ),
    "LazyConv1d(4, 3, padding=1, groups=2)": (
        (2, 6, 5),
        "LazyConv1d(0, 4, kernel_size=(3,), stride=(1,), padding=(1,), groups=2)",
        "Conv1d(6, 4, 3, padding=1, groups=2)",
    ),
    "LazyConv2d(4, (3, 2), 2, bias=False)": (
        (3, 6, 5),
        "LazyConv2d(0, 4, kernel_size=(3, 2), stride=(2, 2), bias=False)",
        "Conv2d(3, 4, (3, 2), 2, bias=False)",
    ),
    "LazyConv3d(2, 2)": (
        (2, 3, 4, 4, 4),
        "LazyConv3d(0, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
        "Conv3d(3, 2, 2)",
    ),
    "LazyConvTranspose1d(4, 3, 2)": (
        (2, 5, 6),
        "LazyConvTranspose1d(0, 4, kernel_size=(3,), stride=(2,))",
        "ConvTranspose1d(5, 4, 3, 2)",
    ),
    "LazyConvTranspose2d(4, 3, 2, output_padding=1, groups=2)": (
        (2, 6, 3, 3),
        "LazyConvTranspose2d(0, 4, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1), groups=2)",
        "ConvTranspose2d(6, 4, 3, 2, output_padding=1, groups=2)",
    ),
    "LazyConvTranspose3d(2, 2)": (
        (3, 2, 2, 2),
        "LazyConvTranspose3d(0, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
        "ConvTranspose3d(3, 2, 2)",
    ),
    "LazyBatchNorm1d()": (
        (4, 5),
        "LazyBatchNorm1d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "BatchNorm1d(5)",
    ),
    "LazyBatchNorm2d(0.1, None, bias=False)": (
        (4, 5, 2, 2),
        "LazyBatchNorm2d(0, eps=0.1, momentum=None, affine=True, bias=False, track_running_stats=True)",
        "BatchNorm2d(5, 0.1, None, bias=False)",
    ),
    "LazyBatchNorm3d(affine=False)": (
        (4, 5, 2, 2, 2),
        "LazyBatchNorm3d(0, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=True)",
        "BatchNorm3d(5, affine=False)",
    ),
    "LazyInstanceNorm1d()": (
        (5, 4),
        "LazyInstanceNorm1d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "InstanceNorm1d(5, affine=True, track_running_stats=True)",
    ),
    "LazyInstanceNorm2d(track_running_stats=False)": (
        (2, 5, 3, 3),
        "LazyInstanceNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)",
        "InstanceNorm2d(5, affine=True)",
    ),
    "LazyInstanceNorm3d()": (
        (2, 5, 3, 2, 2),
        "LazyInstanceNorm3d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "InstanceNorm3d(5, affine=True, track_running_stats=True)",
    ),
}


def make(text):
    return eval(f"nn.{text}")


def shapes(module):
    return {name: None if is_lazy(t) else t.shape for name, t in module.state_dict().items()}


@pytest.mark.parametrize("text", LAYERS)
def test_a_lazy_layer_becomes_what_it_stands_for(text):
    shape, before, after = LAYERS[text]
    x = ag.tensor(rng.standard_normal(shape).astype(np.float32))
    for prepare in (lambda m: m, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))):
        layer, plain = prepare(make(text)), make(after)
        assert repr(layer) == before
        assert list(shapes(layer)) == list(shapes(plain))
        assert set(shapes(layer).values()) <= {None, ()}
        held = list(layer.parameters())
        ag.manual_seed(3)
        y = layer(x)
        ag.manual_seed(3)
        plain = make(after)
        np.testing.assert_array_equal(y.detach(), plain(x).detach())
        assert type(layer) is type(plain) and repr(layer) == repr(plain)
        assert shapes(layer) == shapes(plain)
        assert all(a is b and type(b) is nn.Parameter for a, b in zip(held, layer.parameters(), strict=True))
        assert not layer._hooked
        layer(x)


@pytest.mark.parametrize("text", LAYERS)
def test_loading_before_the_first_call(text):
    shape, before, after = LAYERS[text]
    plain, layer = make(after), make(text)
    for t in plain.parameters():
        t.data = ag.tensor(rng.standard_normal(t.shape).astype(np.float32))
    assert str(layer.load_state_dict(plain.state_dict())) == "<All keys matched successfully>"
    assert repr(layer) == before and shapes(layer) == shapes(plain)
    assert str(make(text).load_state_dict(make(text).state_dict())) == "<All keys matched successfully>"
    x = ag.tensor(rng.standard_normal(shape).astype(np.float32))
    np.testing.assert_array_equal(layer(x).detach(), plain(x).detach())
    assert repr(layer) == repr(plain)


def test_what_was_loaded_keeps_its_values_and_must_fit():
    layer, other = nn.LazyLinear(3), nn.Linear(4, 3)
    layer.load_state_dict({"weight": other.weight}, strict=False)
    layer(ag.ones(2, 4))
    np.testing.assert_array_equal(layer.weight.detach(), other.weight.detach())
    assert layer.bias.shape == (3,)
    layer = nn.LazyLinear(3)
    layer.load_state_dict(nn.Linear(4, 2).state_dict())
    with pytest.raises(
        ValueError, match=r"LazyLinear: weight was loaded with shape \(2, 4\), but this input needs \(3, 4"
    ):
        layer(ag.ones(2, 4))
    assert type(layer) is nn.LazyLinear


def test_starting_values_and_dtypes():
    ag.manual_seed(0)
    layer = nn.LazyLinear(50).double()
    assert layer.weight.dtype == np.float64
    y = layer(ag.ones(2, 64, dtype=np.float64))
    assert y.dtype == np.float64
    bound = 1 / 8
    for t in layer.parameters():
        assert 0.8 * bound < np.abs(t.array).max() <= bound
    bn = nn.LazyBatchNorm1d(dtype=np.float64)
    assert bn.running_mean.dtype == np.float64 and bn.half().running_var.dtype == np.float16
    bn = nn.LazyBatchNorm1d()
    bn(ag.randn(8, 3))
    assert bn.num_batches_tracked.item() == 1 and (bn.running_mean.array != 0).all()
    assert nn.LazyLinear(2, dtype=np.float64).bias.dtype == np.float64


def test_an_optimiser_may_be_made_before():
    """As in PyTorch: the parameters stay the same objects."""
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    adam = optim.Adam(model.parameters(), lr=0.1)
    adam.step()  # nothing has a gradient
    model(ag.randn(8, 1, 6, 6)).square().sum().backward()
    before = [t.array.copy() for t in model.parameters()]
    adam.step()
    for old, t in zip(before, model.parameters(), strict=True):
        assert np.abs(t.array - old).max() > 0.05


def test_a_tensor_without_a_shape():
    p = nn.UninitializedParameter()
    assert repr(p) == "<UninitializedParameter>" and isinstance(p, nn.Parameter) and is_lazy(p)
    assert p.dtype == np.float32 and p.requires_grad and p.grad is None and p.is_leaf
    assert p.data.shape == (0,)
    for use in (
        lambda: p + 1,
        lambda: 1 - p,
        lambda: p.sum(),
        lambda: p.detach(),
        lambda: nn.functional.relu(p),
        p.numel,
    ):
        with pytest.raises(
            ValueError, match="an UninitializedParameter has no values and no shape yet; call the module"
        ):
            use()
    for use in (lambda: p.shape, p.size, lambda: nn.functional.linear(ag.ones(2), p).shape):
        with pytest.raises(
            (RuntimeError, ValueError), match="an UninitializedParameter has no .*shape yet; call the module"
        ):
            use()
    held = p
    p.materialize((2, 3), np.float64)
    assert held is p and type(p) is nn.Parameter and p.shape == (2, 3) and p.dtype == np.float64
    p.data = ag.ones(2, 3, dtype=np.float64)
    (p * 2).sum().backward()
    np.testing.assert_array_equal(p.grad, np.full((2, 3), 2))
    frozen = copy.deepcopy(nn.UninitializedParameter(requires_grad=False, dtype=np.float64))
    assert not frozen.requires_grad and frozen.dtype == np.float64
    b = copy.deepcopy(nn.UninitializedBuffer(persistent=False))
    assert repr(b) == "<UninitializedBuffer>" and not b.requires_grad and not b.persistent
    b.materialize(4)
    assert type(b) is nn.Buffer and b.shape == (4,) and not b.persistent and not is_lazy(b)


def test_a_lazy_module_of_ones_own():
    class Scale(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.weight = nn.Parameter(ag.ones(size))

        def forward(self, x, shift=0.0):
            return self.weight * x + shift

    class LazyScale(LazyModuleMixin, Scale):
        cls_to_become = Scale

        def __init__(self):
            super().__init__(0)
            self.weight = nn.UninitializedParameter()

        def initialize_parameters(self, x, shift):
            self.weight.materialize(x.shape[-1:])
            nn.init.constant_(self.weight, 2 + shift)

    layer = LazyScale()
    kept = layer.register_forward_hook(lambda module, args, out: None)
    np.testing.assert_array_equal(layer(ag.ones(3), shift=1.0).detach(), [4, 4, 4])
    assert type(layer) is Scale and layer._hooked
    kept.remove()

    class Unfinished(LazyScale):
        def initialize_parameters(self, *args, **kwargs):
            pass

    with pytest.raises(RuntimeError, match="module Unfinished has not been fully initialized"):
        Unfinished()(ag.ones(3))

    class Empty(LazyModuleMixin):
        pass

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Empty"):
        Empty()(1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.LazyLinear(2)(ag.tensor(1.0)),
            ValueError,
            r"LazyLinear: input must have a dimension of features, got",
        ),
        (
            lambda: nn.LazyConv2d(5, 3, groups=2),
            ValueError,
            "out_channels must be divisible by groups, got 5 and groups=2",
        ),
        (
            lambda: nn.LazyConv2d(4, 3, groups=2)(ag.ones(3, 5, 5)),
            ValueError,
            r"in_channels must be divisible by groups, got 3 \(input of shape \(3, 5, 5\)\) and groups=2",
        ),
        (
            lambda: nn.Sequential(nn.ReLU(), nn.LazyConv2d(4, 3))(ag.ones(5, 5)),
            ValueError,
            r"LazyConv2d: input has shape \(5, 5\); it must have 2 dimensions of space .*in module 1, LazyConv2d, of Seq",
        ),
        (lambda: nn.LazyBatchNorm2d()(ag.ones(2, 3)), ValueError, r"expected 4D input \(got 2D input\)"),
        (
            lambda: nn.Linear(2, 3).load_state_dict(nn.LazyLinear(3).state_dict()),
            RuntimeError,
            r'"weight": expected values of shape \(3, 2\), got <UninitializedParameter>; run the model it came from once',
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
