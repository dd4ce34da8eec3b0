"""`StandIn`, the protocol of values that stand in for tensors, shown by a third one: it counts multiply-adds.

`vmap` (tests/test_vmap.py) and the ONNX exporter (tests/test_onnx.py) are the two in the library.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine.primitive import apply
from autograd_core.engine.standin import StandIn
from autograd_core.interface.table import IN_PLACE, METHODS
from autograd_core.transforms.batched import Batched

ROOT = Path(__file__).parent.parent

PRODUCTS = {  # the multiply-adds of each element of the result
    "matmul": lambda x, y: x.shape[-1],
    "linear": lambda x, weight, bias: weight.shape[1],
    "conv": lambda x, weight, bias: weight[0].size,
}


class Counted(StandIn):
    """An array, and a list of the multiply-adds that it took to compute it."""

    def __init__(self, value, count):
        self.value, self.count = value, count

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)

    def apply_primitive(self, primitive, inputs, params):
        if primitive.name not in PRODUCTS and primitive.composition is not None:
            return primitive.composition(*inputs, *params)
        arrays = tuple(
            x.value if isinstance(x, Counted) else x.array if isinstance(x, ag.Tensor) else x for x in inputs
        )
        out = apply(primitive, arrays, params)
        if primitive.name in PRODUCTS:
            self.count.append(out.size * PRODUCTS[primitive.name](*arrays))
        return tuple(Counted(o, self.count) for o in out) if primitive.outputs else Counted(out, self.count)


def counted(function, x):
    """function(x), and the multiply-adds of each product in it."""
    count = []
    return function(Counted(x, count)).value, count


# ------------------------------------------------------------------------------------------------------- whole models


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_multiply_adds_of_an_mlp(activation):
    model = nn.MLP([8, 16, 16, 3], activation)
    x = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    out, count = counted(model, x)
    assert count == [5 * 8 * 16, 5 * 16 * 16, 5 * 16 * 3]
    np.testing.assert_allclose(out, model(ag.tensor(x)).detach(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_multiply_adds_of_lenet5(pool):
    model = nn.LeNet5(pool=pool)
    x = np.random.default_rng(0).standard_normal((2, 1, 28, 28)).astype(np.float32)
    out, count = counted(model, x)
    conv1, conv2 = 28 * 28 * 6 * (1 * 5 * 5), 10 * 10 * 16 * (6 * 5 * 5)
    assert count == [2 * n for n in (conv1, conv2, 16 * 5 * 5 * 120, 120 * 84, 84 * 10)]
    np.testing.assert_allclose(out, model(ag.tensor(x)).detach(), rtol=1e-4, atol=1e-5)


def test_multiply_adds_of_attention():
    """Written with the methods and operators that every stand-in inherits: two products of (T, T, D)."""

    def attention(x):
        return ag.softmax(x @ x.transpose(-2, -1) / 2, -1) @ x

    T, D = 5, 4
    x = np.random.default_rng(0).standard_normal((T, D))
    out, count = counted(attention, x)
    assert count == [T * T * D, T * T * D]
    np.testing.assert_allclose(out, attention(ag.tensor(x)), rtol=1e-12)


# ------------------------------------------------------------------------------------------------- what is inherited


def test_methods_and_operators_are_inherited():
    """Bound once, to StandIn itself; a transform that defines one of them keeps its own."""
    for name in [*METHODS, *(f"{name}_" for name in IN_PLACE), "__add__", "__rmatmul__", "__getitem__", "T", "float"]:
        assert name in vars(StandIn), name
        assert name not in vars(Batched), name
    x = Counted(np.array([[1.0, 2.0], [3.0, 4.0]]), [])
    ones = np.ones(2)
    assert (ones + x).value.tolist() == [[2, 3], [4, 5]]
    assert np.multiply(2.0, x).value.tolist() == [[2, 4], [6, 8]]
    assert x.T[0].value.tolist() == [1, 3]
    assert [row.value.tolist() for row in x] == [[1, 2], [3, 4]]
    assert (x.ndim, len(x), x.numel(), x.requires_grad, x.is_contiguous()) == (2, 2, 4, False, True)
    assert x.detach() is x
    assert ag.exp(Counted(np.array([0]), [])).dtype == ag.get_default_dtype()  # dtypes follow the tensors' rules
    assert isinstance(ag.zeros_like(x), ag.Tensor)
    with pytest.raises(TypeError, match="0-d"):
        len(x.sum())


class Bare(StandIn):
    """Has nothing but a look."""

    shape, dtype, value = (2,), np.dtype(np.float64), np.zeros(2)


class Twice(ag.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x


REFUSED = [  # what is asked, of a stand-in that does not define it
    (lambda x: x + 1, NotImplementedError, "needs a method `apply_primitive`"),
    (lambda x: x.add_(1), NotImplementedError, "add_: a Bare cannot be changed in place"),
    (lambda x: ag.zeros(2).add_(Counted(np.ones(2), [])), RuntimeError, r"add_: a Counted cannot be stored in a tensor \(sha"),
    (lambda x: ag.zeros(2).__setitem__(0, x), RuntimeError, "index assignment: a Bare cannot be stored"),
    (lambda x: ag.zeros(2).__setitem__(x, 0.0), RuntimeError, "index assignment: a Bare cannot be stored"),
    (lambda x: ag.zeros(2)[x], NotImplementedError, "index: a Bare cannot be an index"),
    (lambda x: x.__setitem__(x, 0.0), NotImplementedError, "index assignment: a Bare cannot be an index"),
    (lambda x: ag.linalg.matrix_rank(Counted(np.ones((2, 2)), [])), NotImplementedError, "Counted: an operation looks at"),
    (lambda x: Twice.apply(x), NotImplementedError, "Bare: the Function 'Twice' is not supported"),
    (lambda x: float(x), RuntimeError, "Bare: the values are not known here"),
    (lambda x: bool(x), RuntimeError, "Bare: the values are not known here"),
    (lambda x: x.item(), RuntimeError, "Bare: the values are not known here"),
    (lambda x: np.asarray(x), RuntimeError, "Bare: the values are not known here"),
    (lambda x: ag.poisson(x), RuntimeError, "Bare: the values are not known here"),
    (lambda x: StandIn().shape, NotImplementedError, "StandIn: a StandIn needs a property `shape`"),
    (lambda x: StandIn().dtype, NotImplementedError, "StandIn: a StandIn needs a property `dtype`"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_is_not_defined_raises(call, error, message):
    with pytest.raises(error, match=message):
        call(Bare())


PYTHONS = {
    "__getitem__",
    "__iter__",
    "__len__",
    "__name__",
    "__qualname__",
    "__dict__",
    "__array__",
    "__dlpack__",
}  # protocols of Python and NumPy


def test_the_protocol_is_declared_in_one_place():
    """What stands in for a tensor is known by its class, never by whether it has some method with underscores."""
    asked = {
        name
        for top in ("autograd_core", "nn", "optim")
        for path in (ROOT / top).rglob("*.py")
        for name in re.findall(r"hasattr\([^()]*, \"(__\w+__)\"\)", path.read_text())
    }
    assert asked <= PYTHONS
