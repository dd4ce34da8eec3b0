"""A gradient has the dtype of what it is a gradient of: at the leaves, in hooks, and everywhere on the way."""

import warnings

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine import graph
from autograd_core.engine.backward import arrays
from autograd_core.engine.graph import Watcher
from autograd_core.engine.walk import backpropagate
from nn import functional as F
from tests.tables import all_rows


class Dtypes(Watcher):
    """Notes the dtype of every recorded value, and each gradient that arrives at one with another dtype."""

    def __init__(self):
        self.of = {}
        self.wrong = set()

    def after(self, primitive, node, arrays, out):
        if node is not None and not primitive.outputs:
            self.of[node] = out.dtype

    def enter(self, node, g):
        if node in self.of and g.dtype != self.of[node]:
            self.wrong.add(f"{node.name}: {g.dtype} for {self.of[node]}")


def floating(y):
    ys = y if isinstance(y, tuple | list) else [y]
    return [r for r in ys if isinstance(r, Tensor) and r.dtype.kind in "fc" and r.requires_grad]


def watched(f, leaves, create_graph):
    """The gradients on the way of the wrong dtype, of `f()` computed and differentiated; those of the leaves are checked."""
    watcher = Dtypes()
    graph.watchers.append(watcher)
    try:
        ys = floating(f())
        ag.backward(ys, [ag.ones_like(y) for y in ys], create_graph=create_graph)
    finally:
        graph.watchers.clear()
    for x in leaves:
        assert x.grad is None or x.grad.dtype == x.dtype
    return watcher.wrong


def behind(xs):
    """The inputs as computed values, so that the gradient that arrives at each is seen as the rule made it."""
    return [x * 1 if isinstance(x, Tensor) and x.requires_grad else x for x in xs]


# How many rows of the tables run in a dtype at all, at least: linear algebra, transforms and the kernels of layers refuse
# float16, and most functions a complex number.
AT_LEAST = {"float32": 1.0, "float16": 0.85, "complex64": 0.25}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("dtype", AT_LEAST)
def test_every_operation(dtype, create_graph):
    rows = [row for row in all_rows() if row.orders]
    wrong, ran = {}, 0
    for row in rows:
        xs = [
            ag.tensor(a.astype(dtype), requires_grad=True) if real else a if a.dtype == object else ag.tensor(a)
            for a, real in zip(row.draw(), row.is_real(), strict=True)
        ]
        leaves = [x for x, real in zip(xs, row.is_real(), strict=True) if real]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = watched(lambda row=row, xs=xs: row.f(*behind(xs)), leaves, create_graph)
        except (TypeError, RuntimeError, ValueError, NotImplementedError, np.linalg.LinAlgError):
            if dtype == "float32":
                raise
            continue
        ran += 1
        if found:
            wrong[row.name] = found
    assert not wrong
    assert ran >= AT_LEAST[dtype] * len(rows)


OTHERS = [2.0, 2, True, np.float64(0.5), np.array([0.5, 0.25]), ag.tensor(0.5, dtype=ag.float64), ag.tensor([1, 2])]
OF_TWO = "add sub mul div pow maximum minimum atan2 hypot logaddexp logaddexp2 xlogy lerp fmod remainder copysign ldexp".split()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex64])
@pytest.mark.parametrize("name", [*OF_TWO, "special.xlog1py", "special.zeta", "complex", "polar", "slice_scatter"])
def test_beside_a_number_or_another_dtype(name, dtype):
    f = ag
    for part in name.split("."):
        f = getattr(f, part)
    ran = 0
    for other in OTHERS:
        for swap in (False, True):
            x = ag.tensor(np.array([0.5, 0.7]).astype(dtype), requires_grad=True)
            try:
                ys = floating(f(*((other, x) if swap else (x, other))))
            except (TypeError, ValueError, RuntimeError, AttributeError, IndexError):
                continue
            for y in ys:
                try:
                    found = backpropagate([(y.node, np.ones_like(y.array))], arrays, {x.node}, deposit=False)
                except (NotImplementedError, ValueError):
                    continue  # no derivative in this argument; a part that does not fit
                assert found[x.node].dtype == x.dtype, (other, swap)
                ran += 1
    assert ran or dtype is np.complex64 or name in ("lerp", "complex", "ldexp", "copysign")


@pytest.mark.parametrize(
    "f",
    [
        lambda x, v: ag.xlogy(x, v),
        lambda x, v: ag.special.xlog1py(x, v),
        lambda x, v: ag.frexp(x)[0],
        lambda x, v: F.celu(x, v),
        lambda x, v: F.dropout(x, v),
        lambda x, v: F.dropout2d(x.reshape(1, 2, 1, 1), v),
        lambda x, v: F.alpha_dropout(x, v),
        lambda x, v: F.gaussian_noise(x, v),
        lambda x, v: F.leaky_relu(x, v),
    ],
)
@pytest.mark.parametrize("kind", [float, np.float64])
def test_parameters_that_are_numbers_do_not_widen(f, kind):
    x = ag.tensor([0.5, 2.0], requires_grad=True)
    y = f(x, kind(0.5))
    assert y.dtype == np.float32
    assert backpropagate([(y.node, np.ones_like(y.array))], arrays, {x.node}, deposit=False)[x.node].dtype == np.float32
    assert ag.func.grad(lambda x: f(x, kind(0.5)).sum())(x.detach()).dtype == np.float32
    assert ag.func.vjp(lambda x: f(x, kind(0.5)), x.detach())[1](ag.ones_like(y))[0].dtype == np.float32
    if f(ag.ones(2), 0.5).shape == (2,):
        assert ag.func.jacrev(lambda x: f(x, kind(0.5)))(x.detach()).dtype == np.float32


# ------------------------------------------------------------------------------------- what comes from outside the engine


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_hook_returns(create_graph):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g.double() * 3)
    seen = []
    x.register_hook(lambda g: seen.append(g.dtype))
    (g,) = ag.grad((y * y).sum(), x, create_graph=create_graph)
    assert g.dtype == np.float32 and g.tolist() == [24, 48] and seen == [np.float32]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (lambda g: g[:1], r"a hook must return a tensor of shape \(2,\) or None, got Tensor of shape \(1,\)"),
        (lambda g: 3.0, r"a hook must return a tensor of shape \(2,\) or None, got float"),
        (lambda g: g * 1j, r"a hook returned a gradient of complex64 for one of float32.*g\.real"),
    ],
)
def test_what_a_hook_must_not_return(hook, message, create_graph):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(hook)
    with pytest.raises(RuntimeError, match=message):
        y.sum().backward(create_graph=create_graph)
    assert x.grad is None


def test_the_gradient_to_start_from_is_converted_and_recorded():
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)
    v = ag.tensor([1.0, 1.0], requires_grad=True)
    (gx,) = ag.grad(x * x, x, grad_outputs=v, create_graph=True)
    assert gx.dtype == np.float64
    (gv,) = ag.grad(gx.sum(), v)
    assert gv.tolist() == [2, 4] and gv.dtype == np.float32
    (x * x).backward(v, create_graph=True)
    assert ag.grad(x.grad.sum(), v)[0].tolist() == [2, 4]


def test_tangents_and_cotangents_are_converted_and_recorded():
    x = ag.tensor([1.0, 2.0], dtype=ag.float64)
    v = ag.tensor([1.0, 1.0], requires_grad=True)
    for product in (
        lambda: ag.func.jvp(lambda x: x * x, (x,), (v,))[1],
        lambda: ag.func.vjp(lambda x: x * x, x)[1](v)[0],
        lambda: ag.func.hvp(lambda x: (x**3).sum() / 3, (x,), (v,)),
        lambda: ag.func.linearize(lambda x: x * x, x)[1](v),
    ):
        out = product()
        assert out.dtype == np.float64
        assert ag.grad(out.sum(), v)[0].tolist() == [2, 4]


def test_what_a_function_of_the_users_returns_is_converted_and_recorded():
    class Twice(ag.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.double() * 2

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    v = ag.tensor([1.0, 1.0], requires_grad=True)
    (g,) = ag.grad(Twice.apply(x), x, v, create_graph=True)
    assert g.dtype == np.float32
    assert ag.grad(g.sum(), v)[0].tolist() == [2, 2]


def test_a_checkpoint_records_the_gradient_to_start_from():
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)
    v = ag.tensor([1.0, 1.0], requires_grad=True)
    (g,) = ag.grad(ag.checkpoint(lambda x: x * x, x, use_reentrant=False), x, v, create_graph=True)
    assert g.dtype == np.float64 and ag.grad(g.sum(), v)[0].tolist() == [2, 4]


def test_a_complex_gradient_to_start_from_a_real_output_counts_by_its_real_part():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    (g,) = ag.grad(x * 3, x, ag.tensor([1 + 2j, 2 - 1j]))
    assert g.dtype == np.float32 and g.tolist() == [3, 6]
