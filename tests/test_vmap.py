"""`vmap`: every operation of the tables inside it, indices by example, dimensions, random numbers, messages."""

import gc
import importlib
import pkgutil
from collections import defaultdict

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core import func, ops
from autograd_core.engine import basics, operands
from autograd_core.engine.primitive import Primitive, apply
from autograd_core.transforms import batched as batching
from autograd_core.transforms import jacobians
from autograd_core.transforms import rules as batching_rules

from .tables import all_rows
from .test_operations import every, floating, results, weighted

for _module in pkgutil.walk_packages(ops.__path__, f"{ops.__name__}."):
    importlib.import_module(_module.name)

vmap, grad, jacrev = func.vmap, func.grad, jacobians.jacrev
ROWS = all_rows()

# What has another size for each example, or is decided by the values of one:
BY_VALUES = {
    "index_mask": "must hold integers, got bool",
    "getitem_mask_of_rows": "must hold integers, got bool",
    "getitem_mask_behind": "must hold integers, got bool",
    "getitem_int_and_mask": "must hold integers, got bool",
    "masked_select": "'masked_select' by a mask that differs by example",
    "masked_select_broadcast": "'masked_select' by a mask that differs by example",
    "nonzero": "'nonzero' has no batching rule",
    "nonzero_as_tuple": "'nonzero' has no batching rule",
    "argwhere": "'nonzero' has no batching rule",
    "unique": "'unique' has no batching rule",
    "bincount": "'bincount' has no batching rule",
    "quantile_by_q": "a decision or a number was asked of a batched value",
}
BY_VALUES |= {
    f"embedding_bag_offsets_{kind}": "offsets, .* inside vmap, the same for all examples"
    for kind in ("sum", "mean", "max", "weighted")
}
BATCHED = [row for row in ROWS if row.name not in BY_VALUES]
# What changes a copy of its first input in place:
IN_PLACE = {row.name for row in ROWS if row.name.startswith("setitem_") or row.name.endswith("_in_place")}
IN_PLACE |= {"copy_through_view"}
SIZE = 3


x23 = np.ones((2, 3))


def draws(row, size=SIZE):
    return [row.draw(seed) for seed in range(size)]


def tensors(arrays):
    return [ag.tensor(a) for a in arrays]


def values(row):
    return lambda *xs: tuple(results(row.f(*xs)))


def equal(got, expected, tol=1e-10):
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        g, e = np.asarray(g), np.asarray(e)
        assert g.shape == e.shape and g.dtype == e.dtype
        np.testing.assert_allclose(g, e, rtol=tol, atol=tol)


def columns(lists, axis=0):
    """The i-th entries of all lists, stacked, for each i."""
    return [np.stack([np.asarray(x) for x in column], axis) for column in zip(*lists, strict=True)]


# ---------------------------------------------------------------------------------------------- all operations at once


@every(BATCHED)
def test_is_the_loop_over_the_examples(row):
    batch = draws(row)
    loop = [results(row.f(*tensors(d))) for d in batch]
    equal(vmap(values(row))(*tensors(columns(batch))), columns(loop))
    equal(vmap(values(row), in_dims=-1, out_dims=-1)(*tensors(columns(batch, -1))), columns(loop, -1))
    two = [np.stack([c, c[::-1]]) for c in columns(batch)]
    equal(vmap(vmap(values(row)))(*tensors(two)), [np.stack([c, c[::-1]]) for c in columns(loop)])
    for shared in range(len(row.inputs)) if len(row.inputs) > 1 else ():
        mixed = [[batch[0][i] if i == shared else x for i, x in enumerate(d)] for d in batch]
        loop = [results(row.f(*tensors(d))) for d in mixed]
        dims = tuple(None if i == shared else 0 for i in range(len(row.inputs)))
        stacked = [d if i == shared else x for i, (d, x) in enumerate(zip(batch[0], columns(mixed), strict=True))]
        if shared == 0 and row.name in IN_PLACE:
            with pytest.raises(RuntimeError, match="all examples share"):
                vmap(values(row), in_dims=dims)(*tensors(stacked))
            continue
        equal(vmap(values(row), in_dims=dims)(*tensors(stacked)), columns(loop))


# A Hessian by a long recurrence takes seconds
LONG = {"matrix_exp", "complex_matrix_exp", "tensorinv", "cholesky_inverse", "cholesky_solve", "tensorsolve"}


@every([row for row in BATCHED if row.orders and any(row.is_real())])
def test_derivatives_are_those_of_the_loop(row):
    real = tuple(i for i, is_real in enumerate(row.is_real()) if is_real)

    def number(*xs):
        return weighted(row, [y for y in results(row.f(*xs)) if y.dtype.kind in "fc"])

    batch = draws(row)
    loop = columns([grad(number, real)(*tensors(d)) for d in batch])
    stacked = tensors(columns(batch))
    equal(vmap(grad(number, real))(*stacked), loop, 1e-8)
    equal(grad(lambda *xs: vmap(number)(*xs).sum(), real)(*stacked), loop, 1e-8)
    check_jacobian(row, real, batch[0])
    if row.orders > 1 and row.name not in LONG and sum(batch[0][i].size for i in real) <= 20:
        one = jacobians.hessian(number, real)(*tensors(batch[0]))
        other = jacrev(jacobians.jacfwd(number, real), real)(*tensors(batch[0]))
        for i in range(len(real)):
            equal(one[i], other[i], 1e-7)


def check_jacobian(row, real, arrays):
    """A batched backward pass against one for each output."""

    def f(*xs):
        return [ag.view_as_real(y) if y.dtype.kind == "c" else y for y in floating(row.f(*xs))]

    xs = [ag.tensor(a, requires_grad=i in real) for i, a in enumerate(arrays)]
    wanted = [xs[i] for i in real]
    for y, jacobian in zip(f(*xs), jacrev(f, real)(*tensors(arrays)), strict=True):
        for k in {0, y.numel() // 2, y.numel() - 1} if y.numel() else ():
            v = np.zeros(y.numel())
            v[k] = 1
            v = ag.tensor(v.reshape(y.shape), dtype=y.dtype)
            gs = [ag.zeros_like(x) for x in wanted]
            if y.requires_grad:
                gs = ag.grad(y, wanted, v, retain_graph=True, materialize_grads=True)
            equal([j.reshape(y.numel(), *g.shape)[k] for j, g in zip(jacobian, gs, strict=True)], gs, 1e-8)


@every([row for row in ROWS if row.name in BY_VALUES])
def test_what_depends_on_values_says_so(row):
    with pytest.raises((NotImplementedError, IndexError, RuntimeError, ValueError), match=BY_VALUES[row.name]):
        vmap(values(row))(*tensors(columns(draws(row))))


# ------------------------------------------------------------------------------------------------------- table of rules


def primitives():
    by_name = defaultdict(list)
    for p in gc.get_objects():
        if type(p) is Primitive and p.forward.__module__.startswith(("autograd_core", "numpy")):
            by_name[p.name].append(p)
    return by_name


def test_every_primitive_has_a_batching_rule():
    without = {
        name
        for name, found in primitives().items()
        for p in found
        if batching.rule_of(p) is None and p.composition is None
    }
    sizes_differ = {"nonzero", "unique", "unique_consecutive", "bincount"}  # from example to example
    made_while_running = {"checkpoint"}  # one for each checkpointed segment, recorded on plain tensors
    noted_by_exporters = {"grid_sample", "max_unpool", "scatter_product"}  # `as_one` of `call_on_values`
    assert without <= sizes_differ | made_while_running | noted_by_exporters, "give them a rule in batching_rules.TABLE"


def test_rules_are_looked_up_by_names_that_mean_one_thing():
    for name, found in primitives().items():
        if name in batching_rules.RULES:
            signatures = {(p.forward.__code__.co_argcount if hasattr(p.forward, "__code__") else None) for p in found}
            assert len(signatures) == 1 or name == "angle", f"primitives called {name!r} take other parameters"


def test_no_rule_is_given_twice():
    names = [name for names, _ in batching_rules.TABLE for name in names.split()]
    assert len(names) == len(set(names))


def test_a_primitive_without_a_rule_says_so():
    p = Primitive(lambda x: x, name="mystery")
    with pytest.raises(
        NotImplementedError, match="vmap: 'mystery' has no batching rule; call it outside vmap, or loop"
    ):
        vmap(p)(ag.ones(2, 3))


def test_each_primitive_runs_once():
    calls = []
    p = Primitive(lambda x: calls.append(x.shape) or np.sin(x), name="sine", elementwise=True)
    vmap(lambda x: apply(p, (x,)))(ag.ones(50, 3))
    vmap(vmap(lambda x: apply(p, (x,))))(ag.ones(5, 6, 3))
    assert calls == [(50, 3), (5, 6, 3)]


# -------------------------------------------------------------------------------------------------------- convolutions

rng = np.random.default_rng(5)
R = rng.standard_normal
CONVOLUTIONS = {
    "plain": (lambda x, w, b: F.conv2d(x, w, b), (2, 3, 6, 5), (4, 3, 3, 2), (4,)),
    "strided": (lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), (2, 3, 6, 5), (4, 3, 3, 2), (4,)),
    "groups": (lambda x, w, b: F.conv2d(x, w, b, groups=2), (2, 4, 5, 5), (6, 2, 3, 3), (6,)),
    "one image": (lambda x, w, b: F.conv2d(x, w, b), (3, 6, 5), (4, 3, 3, 2), (4,)),
    "1d": (lambda x, w, b: F.conv1d(x, w, b, dilation=2), (2, 3, 9), (4, 3, 3), (4,)),
    "3d": (lambda x, w, b: F.conv3d(x, w, b), (1, 2, 4, 4, 4), (2, 2, 2, 2, 2), (2,)),
    "transposed": (lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2), (2, 3, 4, 3), (3, 2, 3, 2), (2,)),
    "transposed groups": (lambda x, w, b: F.conv_transpose2d(x, w, b, groups=2), (2, 4, 4, 3), (4, 2, 3, 2), (4,)),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize(
    "dims", [(0, 0, 0), (0, None, None), (None, 0, None), (None, None, 0), (0, 0, None), (0, None, 0)]
)
def test_convolutions(name, dims):
    f, *shapes = CONVOLUTIONS[name]
    xs = [ag.tensor(R(s if d is None else (2, *s))) for s, d in zip(shapes, dims, strict=True)]

    def example(k):
        return [x if d is None else x[k] for x, d in zip(xs, dims, strict=True)]

    def number(*xs):
        return (f(*xs) ** 2).sum()

    equal([vmap(f, in_dims=dims)(*xs)], columns([[f(*example(k))] for k in range(2)]))
    loop = columns([grad(number, (0, 1, 2))(*example(k)) for k in range(2)])
    equal(vmap(grad(number, (0, 1, 2)), in_dims=dims)(*xs), loop)
    jacobian = jacrev(f, (0, 1, 2))(*example(0))
    forward = jacobians.jacfwd(f, (0, 1, 2))(*example(0))
    equal(jacobian, forward)


POOLS = {
    "max": lambda x: F.max_pool2d(x, 2),
    "max indices": lambda x: F.max_pool2d(x, 2, return_indices=True),
    "max padded": lambda x: F.max_pool2d(x, 3, 2, 1),
    "average": lambda x: F.avg_pool2d(x, 2),
    "average ceil": lambda x: F.avg_pool2d(x, 2, ceil_mode=True),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, 3),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, 3),
    "p-norms": lambda x: F.lp_pool2d(x * x, 3, 2),
    "unpooled": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
    "unpooled to a size": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=(5, 6)),
    "unfold": lambda x: F.unfold(x, 2),
    "fold": lambda x: F.fold(F.unfold(x, 2), x.shape[-2:], 2),
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("shape", [(2, 3, 5, 6), (3, 5, 6)])
def test_pooling(name, shape):
    f = POOLS[name]
    x = ag.tensor(R((3, *shape)))
    equal(results(vmap(f)(x)), columns([results(f(row)) for row in x]))

    def number(x):
        return (results(f(x))[0] ** 2).sum()

    equal([vmap(grad(number))(x)], columns([[grad(number)(row)] for row in x]))
    equal([jacrev(lambda x: results(f(x))[0])(x[0])], [jacobians.jacfwd(lambda x: results(f(x))[0])(x[0])])


# ------------------------------------------------------------------------------------------------------ 0-d examples

OF_NUMBERS = {
    "cumsum": lambda x: ag.cumsum(x, 0),
    "cumprod": lambda x: ag.cumprod(x, -1),
    "logcumsumexp": lambda x: ag.logcumsumexp(x, 0),
    "cummax": lambda x: ag.cummax(x, 0)[0],
    "sort": lambda x: ag.sort(x)[0],
    "argsort": lambda x: ag.argsort(x),
    "argmax": lambda x: ag.argmax(x),
    "argmin dim": lambda x: ag.argmin(x, 0, True),
    "max dim": lambda x: ag.max(x, 0)[0],
    "kthvalue": lambda x: ag.kthvalue(x, 1)[0],
    "median": lambda x: ag.median(x),
    "median dim": lambda x: ag.median(x, 0)[0],
    "mode": lambda x: ag.mode(x)[0],
    "softmax": lambda x: ag.softmax(x, 0),
    "sum": lambda x: ag.sum(x),
    "sum dim": lambda x: ag.sum(x, 0),
    "mean": lambda x: ag.mean(x),
    "amax": lambda x: ag.amax(x, 0),
    "prod": lambda x: ag.prod(x),
    "logsumexp": lambda x: ag.logsumexp(x, 0),
    "norm": lambda x: ag.norm(x),
    "unfold": lambda x: ag.Tensor.unfold(x, 0, 1, 1) if isinstance(x, ag.Tensor) else x.unfold(0, 1, 1),
    "unfold nothing": lambda x: x.unfold(0, 0, 1),
    "gather": lambda x: ag.gather(x, 0, ag.tensor(0)),
    "index_select": lambda x: ag.index_select(x, 0, ag.tensor([0])),
    "scatter_add": lambda x: ag.scatter_add(x, 0, ag.tensor(0), x),
    "flip": lambda x: ag.flip(x, (0,)),
    "roll": lambda x: ag.roll(x, 1),
    "new dimension": lambda x: x[None, ...],
    "element": lambda x: x[()],
    "matmul": lambda x: ag.ones(2, 1, dtype=np.float64) @ x.reshape(1, 1),
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_as_examples(name):
    f = OF_NUMBERS[name]
    x = ag.tensor(R(4))
    equal([vmap(f)(x)], columns([[f(one)] for one in x]))
    if f(x[0]).dtype.kind == "f" and f(x[0]).numel():
        number = lambda x: (f(x) ** 2).sum()  # noqa: E731
        equal([vmap(grad(number))(x)], columns([[grad(number)(one)] for one in x]))
        equal([vmap(jacrev(f))(x)], columns([[jacrev(f)(one)] for one in x]))


# -------------------------------------------------------------------------------------------------- index by example

X = R((3, 4, 5, 6))
PLACE, J = rng.integers(0, 4, (3,)), rng.integers(-5, 5, (3, 2))
K = np.array([0, 2])
BY_EXAMPLE = {
    "number": lambda x, i, j: x[i],
    "array": lambda x, i, j: x[j % 4],
    "negative": lambda x, i, j: x[:, j],
    "behind": lambda x, i, j: x[..., j],
    "both": lambda x, i, j: x[i, j],
    "both apart": lambda x, i, j: x[i, :, j],
    "with an int": lambda x, i, j: x[1, j],
    "int apart": lambda x, i, j: x[1, :, j],
    "with a slice": lambda x, i, j: x[1:, j, ::2],
    "new axis": lambda x, i, j: x[None, :, j, None],
    "with shared": lambda x, i, j: x[K, j],
    "shared apart": lambda x, i, j: x[K, :, j],
    "with a mask": lambda x, i, j: x[np.array([True, False, True, False]), j],
    "2-d": lambda x, i, j: x[j[:, None] % 4, j],
    "ellipsis before": lambda x, i, j: x[..., j, 1],
    "computed": lambda x, i, j: x[x.sum((1, 2)).argmax(0)],
    "select": lambda x, i, j: x[1][:, i],
}


@pytest.mark.parametrize("name", BY_EXAMPLE)
@pytest.mark.parametrize("dims", [(0, 0, 0), (None, 0, 0), (0, None, 0), (0, 0, None)])
def test_an_index_that_differs_by_example(name, dims):
    f = BY_EXAMPLE[name]
    whole = [a if d == 0 else a[0] for a, d in zip((X, PLACE, J), dims, strict=True)]
    rows = [[a if d is None else a[k] for a, d in zip(whole, dims, strict=True)] for k in range(3)]
    equal([vmap(f, in_dims=dims)(*tensors(whole))], columns([[f(*tensors(r))] for r in rows]))

    def number(x, i, j):
        return (f(x, i, j) ** 2).sum()

    equal([vmap(grad(number), in_dims=dims)(*tensors(whole))], columns([[grad(number)(*tensors(r))] for r in rows]))


def test_indices_in_two_levels():
    got = vmap(vmap(lambda x, i: x[i], in_dims=(None, 0)), in_dims=(0, None))(ag.tensor(X[:, :, 0]), ag.tensor(J % 4))
    np.testing.assert_array_equal(got.numpy(), np.stack([np.stack([x[j % 4] for j in J]) for x in X[:, :, 0]]))
    got = vmap(vmap(lambda x, i, j: x[i, j], in_dims=(None, 0, None)), in_dims=(0, None, 0))(*tensors((X, PLACE, J)))
    expected = [np.stack([x[i, j] for i in PLACE]) for x, j in zip(X, J, strict=True)]
    np.testing.assert_array_equal(got.numpy(), np.stack(expected))


V = R((3, 2))
WRITES = {
    "index_put": lambda x, i, v: ag.index_put(x, (i,), v),
    "index_put added": lambda x, i, v: ag.index_put(x, (i,), v, accumulate=True),
    "index_put all": lambda x, i, v: ag.index_put(ag.outer(x, x), (None, i), v.reshape(1, 2)),
    "index_copy": lambda x, i, v: ag.index_copy(x, 0, i, v),
    "index_fill": lambda x, i, v: ag.index_fill(x, 0, i, 2.5),
    "index_fill tensor": lambda x, i, v: ag.index_fill(x, 0, i, v[0]),
    "index_add": lambda x, i, v: ag.index_add(x, 0, i, v),
    "put": lambda x, i, v: ag.put(x, i, v),
    "put added": lambda x, i, v: ag.put(x, i, v, accumulate=True),
    "take": lambda x, i, v: ag.take(x, i) * v,
    "scatter": lambda x, i, v: ag.scatter(x, 0, i, v),
    "scatter number": lambda x, i, v: ag.scatter(x, 0, i, 1.5),
    "scatter_reduce": lambda x, i, v: ag.scatter_reduce(x, 0, i, v, "prod"),
    "index_select": lambda x, i, v: ag.index_select(ag.outer(x, x), 1, i) * v,
    "one_hot": lambda x, i, v: (F.one_hot(i, 5) * x).sum(0),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("dims", [(0, 0, 0), (None, 0, None), (0, 0, None), (None, 0, 0), (0, None, 0)])
def test_writes_to_places_that_differ_by_example(name, dims):
    f = WRITES[name]
    given = (X[:, 0, :, 0], np.array([[0, 3], [4, 1], [2, 0]]), V)
    whole = [a if d == 0 else a[0] for a, d in zip(given, dims, strict=True)]
    rows = [[a if d is None else a[k] for a, d in zip(whole, dims, strict=True)] for k in range(3)]
    equal([vmap(f, in_dims=dims)(*tensors(whole))], columns([[f(*tensors(r))] for r in rows]))

    def number(x, i, v):
        return (f(x, i, v) ** 2).sum()

    loop = columns([grad(number, (0, 2))(*tensors(r)) for r in rows])
    equal(vmap(grad(number, (0, 2)), in_dims=dims)(*tensors(whole)), loop)


def test_masked_writes_by_example():
    x, mask, source = R((3, 4)), rng.random((3, 4)) < 0.5, R((3, 4))
    f = lambda x, m, s: ag.masked_scatter(x, m, s)  # noqa: E731
    equal(
        [vmap(f)(*tensors((x, mask, source)))], columns([[f(*tensors(r))] for r in zip(x, mask, source, strict=True)])
    )
    equal([vmap(lambda x, m: ag.masked_fill(x, m, 7.0))(*tensors((x, mask)))], [np.where(mask, 7.0, x)])


def test_a_shared_mask_selects():
    x, mask = R((3, 4)), np.array([True, False, True, False])
    equal(
        [vmap(lambda x: x[mask])(ag.tensor(x)), vmap(lambda x: ag.masked_select(x, mask))(ag.tensor(x))],
        [x[:, mask]] * 2,
    )


# -------------------------------------------------------------------------------------------------------- dimensions


def test_dims_of_arguments_and_results():
    x, y = R((2, 3, 4)), R((4, 3))
    f = lambda x, y: x * y  # noqa: E731
    expected = x * y.T[None]
    for dims, a, b in [((1, 1), x, y), ((-2, -1), x, y), ([1, 1], x, y)]:
        got = vmap(f, in_dims=dims, out_dims=1)(ag.tensor(a), ag.tensor(b))
        np.testing.assert_array_equal(got.numpy(), expected)
    got = vmap(f, in_dims=(1, None), out_dims=-1)(ag.tensor(x), ag.tensor(y[:, 0]))
    np.testing.assert_array_equal(got.numpy(), np.moveaxis(x * y[:, 0], 1, -1))


def test_nested_dims():
    d = {"a": ag.tensor(R((3, 2))), "b": [ag.tensor(R((2, 3))), ag.tensor(R(2))]}
    f = lambda d: {"s": d["a"] + d["b"][0], "t": (d["b"][1], d["a"])}  # noqa: E731
    out = vmap(f, in_dims=({"a": 0, "b": [1, None]},), out_dims={"s": 1, "t": (None, 0)})(d)
    assert out["s"].shape == (2, 3) and out["t"][0] is d["b"][1] and out["t"][1].shape == (3, 2)
    np.testing.assert_array_equal(out["s"].numpy(), (d["a"].mT + d["b"][0]).numpy())
    out = vmap(lambda x: ((x, 2 * x), x), out_dims=(1, 0))(ag.ones(3, 2))
    assert [y.shape for y in (*out[0], out[1])] == [(2, 3), (2, 3), (3, 2)]


def test_results_that_do_not_depend_on_the_examples():
    x = ag.tensor(R((3, 2)))
    out = vmap(lambda x: (ag.ones(2), np.arange(2.0), None))(x)
    assert out[0].shape == (3, 2) and out[1].shape == (3, 2) and out[2] is None
    assert vmap(lambda x: "text", out_dims=None)(x) == "text"
    assert vmap(lambda x: x.shape[0], out_dims=None)(x) == 2


def test_keyword_arguments_are_shared():
    x = ag.ones(3, 2)
    assert vmap(lambda x, y=None: x + y.sum())(x, y=ag.ones(3)).tolist() == [[4.0, 4.0]] * 3


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_chunks_give_the_same(size):
    x, w = ag.tensor(R((2, 7, 3))), ag.tensor(R(3))
    f = lambda x, w: ((x * w).sum(), x, w)  # noqa: E731
    whole = vmap(f, in_dims=(1, None), out_dims=(0, 1, None))(x, w)
    parts = vmap(f, in_dims=(1, None), out_dims=(0, 1, None), chunk_size=size)(x, w)
    equal(parts, whole)


def test_no_examples():
    assert vmap(lambda x: (x @ x.mT).softmax(0).sum(0))(ag.ones(0, 3, 2)).shape == (0, 3)


def test_arrays_give_arrays():
    x = R((3, 4))
    out = vmap(lambda x: np.sin(x) * np.sum(x))(x)
    assert type(out) is np.ndarray
    np.testing.assert_allclose(out, np.sin(x) * x.sum(1, keepdims=True))
    assert type(vmap(lambda x, y: x + y, in_dims=(0, None))(x, ag.ones(4))) is ag.Tensor


NUMPY = {
    "sin": lambda x: np.sin(x),
    "sum": lambda x: np.sum(x, axis=0) + x.mean(),
    "dot": lambda x: np.dot(x, x.T),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "concatenate": lambda x: np.concatenate([x, 2 * x], axis=1),
    "solve": lambda x: np.linalg.solve(x + 5 * np.eye(3), x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "sort": lambda x: np.sort(x, axis=-1),
    "array on the left": lambda x: np.ones(3) - x,
}


@pytest.mark.parametrize("name", NUMPY)
def test_functions_of_numpy(name):
    f, x = NUMPY[name], R((4, 3, 3))
    np.testing.assert_allclose(vmap(f)(x), np.stack([f(one) for one in x]), rtol=1e-10, atol=1e-12)


# ------------------------------------------------------------------------------------------------------ random numbers


def test_random_numbers_the_same_for_all():
    ag.manual_seed(3)
    out = vmap(lambda x: x + ag.rand(2), randomness="same")(ag.zeros(4))
    ag.manual_seed(3)
    assert out.tolist() == [ag.rand(2).tolist()] * 4


DRAWS = {
    "rand": lambda x: ag.rand(5),
    "randn": lambda x: ag.randn(2, 3),
    "randint": lambda x: ag.randint(1000, (5,)),
    "randperm": lambda x: ag.randperm(10),
    "rand_like": lambda x: ag.rand_like(x),
    "randn_like": lambda x: ag.randn_like(x),
    "dropout": lambda x: F.dropout(x, 0.5),
    "dropout of shared": lambda x: F.dropout(ag.ones(20), 0.5),
    "gumbel_softmax": lambda x: F.gumbel_softmax(x),
    "gumbel_softmax hard": lambda x: F.gumbel_softmax(x, hard=True),
    "rrelu": lambda x: F.rrelu(-x, training=True),
    "bernoulli": lambda x: ag.bernoulli(x * 0.3),
    "bernoulli of a number": lambda x: ag.bernoulli(x, p=0.5),
    "multinomial": lambda x: ag.multinomial(x, 5),
    "multinomial of rows": lambda x: ag.multinomial(x.reshape(2, 10), 6, replacement=True),
    "poisson": lambda x: ag.poisson(x * 4),
    "normal": lambda x: ag.normal(x, x.sum()),
    "normal of shared": lambda x: ag.normal(ag.zeros(3), std=1.0),
    "uniform_": lambda x: x.clone().uniform_(2, 3),
    "normal_": lambda x: x.clone()[3:].normal_(),
    "bernoulli_": lambda x: ag.zeros_like(x).bernoulli_(x * 0.5),
    "exponential_": lambda x: x.clone().exponential_(),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_by_example(name):
    x = ag.ones(4, 20)
    ag.manual_seed(3)
    out = vmap(DRAWS[name], randomness="different")(x).numpy()
    ag.manual_seed(3)
    np.testing.assert_array_equal(out, np.stack([DRAWS[name](row).numpy() for row in x]))
    assert "hard" in name or len(np.unique(out.reshape(4, -1), axis=0)) == 4


def test_random_numbers_in_two_levels():
    x = ag.zeros(2, 3)
    both = vmap(vmap(lambda x: ag.rand(()), randomness="different"), randomness="different")(x).numpy()
    assert len(np.unique(both)) == 6
    inner = vmap(vmap(lambda x: ag.rand(()), randomness="different"), randomness="same")(x).numpy()
    assert len(np.unique(inner)) == 3 and (inner[0] == inner[1]).all()
    outer = vmap(vmap(lambda x: ag.rand(()), randomness="same"), randomness="different")(x).numpy()
    assert len(np.unique(outer)) == 2 and (outer[:, :1] == outer).all()
    with pytest.raises(RuntimeError, match="vmap: the function draws random numbers"):
        vmap(vmap(lambda x: ag.rand(()), randomness="different"))(x)
    drawn = vmap(vmap(lambda x: ag.poisson(100 * x), randomness="different"), in_dims=1, randomness="different")
    rates = ag.tensor([[1.0, 100.0], [10.0, 1000.0]])  # example (i, j) has the rate of row j, column i
    np.testing.assert_allclose(drawn(rates), 100 * rates.numpy().T, rtol=0.5)
    assert drawn(ag.ones(0, 2)).shape == (2, 0)


def test_random_numbers_must_be_allowed():
    with pytest.raises(RuntimeError, match="pass randomness='same' if all examples shall get the same ones"):
        vmap(lambda x: F.dropout(x))(ag.ones(2, 3))
    with pytest.raises(
        NotImplementedError, match="draws for all examples together, it cannot with randomness='different'"
    ):
        vmap(lambda x: x + F.scaled_dot_product_attention(*[ag.ones(3, 3)] * 3, None, 0.5), randomness="different")(x23)
    for draw in (ag.bernoulli, ag.poisson, ag.normal, lambda x: ag.multinomial(x, 2)):
        with pytest.raises(RuntimeError, match=r"what \w+ draws depends on values .*; pass randomness='different'"):
            vmap(draw, randomness="same")(ag.ones(2, 3))
        with pytest.raises(RuntimeError, match="vmap: the function draws random numbers"):
            vmap(draw)(ag.ones(2, 3))
    vmap(lambda x: F.dropout(x, training=False))(ag.ones(2, 3))


# ------------------------------------------------------------------------------------------------- functions of users


class Cube(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Scaled(ag.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y, x + y

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * y + h, g * x + h

    @staticmethod
    def vmap(info, in_dims, x, y):
        assert info.batch_size == 3 and info.randomness == "error" and in_dims == (0, None)
        return Scaled.apply(x, y.expand(x.shape)), 0


def test_a_function_of_the_user():
    x = ag.tensor(R((3, 2)))
    with pytest.raises(NotImplementedError, match=r"Cube has no static method vmap\(info, in_dims, \*args\)"):
        vmap(Cube.apply)(x)
    y = ag.tensor([2.0, 3.0], dtype=np.float64)
    f = lambda x: (Scaled.apply(x, y)[0] * Scaled.apply(x, y)[1]).sum()  # noqa: E731
    equal([vmap(f)(x), vmap(grad(f))(x)], columns([[f(row), grad(f)(row)] for row in x]))


# ------------------------------------------------------------------------------------------------------------ in place


def changed(x):
    """Writes of all kinds: to the whole, through views, by index, by what differs by example."""
    y = x * 1
    y.mul_(x).sub_(0.5)
    y[0] = y[1] * 2
    y[1:].sin_()
    row = y.reshape(3, 1).transpose(0, 1)[0]
    row += x
    y[x.argmax()] = x.sum()
    y[x < -0.2] = 7.0
    z = ag.zeros_like(x)
    z[:2] = y[1:]
    z.view(3).add_(x.new_ones(3))
    z.mul_(y)
    w = y.clone()
    w[1:].copy_(z[:2])
    return F.relu(w * 2, inplace=True).masked_fill_(z > 3, 0.25)


def test_changes_in_place():
    x = ag.tensor(R((4, 3)))
    square = lambda x: (changed(x) ** 2).sum()  # noqa: E731
    equal([vmap(changed)(x), vmap(grad(square))(x)], columns([[changed(row), grad(square)(row)] for row in x]))
    both = lambda x, y: (x * y).mul_(x).add_(y)  # noqa: E731
    xs, ys = ag.tensor(R((2, 3))), ag.tensor(R((4, 3)))
    one_level = lambda x, y: (x * y).add_(x)  # noqa: E731
    for f in (both, one_level, lambda x, y: (x * y).fill_(2.0)):
        nested = vmap(vmap(f, (None, 0)), (0, None))(xs, ys)
        equal([nested], [np.stack([[np.asarray(f(a, b)) for b in ys] for a in xs])])


def test_a_copy_may_be_changed_where_one_example_is_copied_too():
    def f(x):
        y = x.T.reshape(-1)
        y += 1
        return y

    x = ag.tensor(R((3, 2, 4)))
    equal(
        [vmap(f)(x), vmap(f, in_dims=2)(x)], [columns([[f(part)] for part in parts])[0] for parts in (x, x.unbind(2))]
    )


def test_a_change_of_the_input_reaches_it():
    x = ag.tensor(R((3, 4)))
    before = x.numpy().copy()
    vmap(lambda row: row[1:].neg_(), in_dims=1)(x)
    equal([x], [np.concatenate([before[:1], -before[1:]])])


def test_a_change_of_a_saved_value_is_noticed():
    x = ag.tensor(R((3, 4)), requires_grad=True)
    y = vmap(lambda x: (lambda y: (y.exp(), y.exp_())[1] * y)(x * 1))(x)
    y.sum().backward()
    equal([x.grad], [2 * np.exp(2 * x.detach().numpy())])
    with pytest.raises(RuntimeError, match="changed in place since"):
        vmap(lambda x: (lambda y: y.sin() + y.exp_())(x * 1))(x).sum().backward()


# ------------------------------------------------------------------------------------------------------------ messages


def batched_of(f, **options):
    return lambda: vmap(f, **options)(ag.ones(2, 3))


MESSAGES = [
    (lambda: vmap(abs, randomness="often"), ValueError, "randomness must be 'error', 'same' or 'different', got 'often'"),
    (lambda: vmap(abs, chunk_size=0), ValueError, "vmap: chunk_size must be None or at least 1, got 0"),
    (lambda: vmap(abs, chunk_size=True), ValueError, "chunk_size must be None or at least 1, got True"),
    (lambda: vmap(abs)(), ValueError, "no argument is mapped"),
    (lambda: vmap(abs, in_dims=None)(x23), ValueError, "no argument is mapped"),
    (lambda: vmap(ag.add)(x23, x23.T), ValueError, r"the mapped dimensions have sizes \[2, 3\]; they must be one and"),
    (lambda: vmap(abs, in_dims=2)(x23), ValueError, r"in_dims 2 is out of range for leaf 0 of shape \(2, 3\)"),
    (lambda: vmap(abs, in_dims=-3)(x23), ValueError, "in_dims -3 is out of range"),
    (lambda: vmap(abs)(np.ones(())), ValueError, r"in_dims 0 is out of range for leaf 0 of shape \(\)"),
    (lambda: vmap(ag.add)(x23, 2.0), ValueError, "leaf 1 of the arguments is float 2.0, which has no dimension 0"),
    (lambda: vmap(abs, in_dims=1.5)(x23), ValueError, "in_dims must be an int, None, or such in the structure .*, got 1.5"),
    (lambda: vmap(ag.add, in_dims=(0, "a"))(x23, x23), ValueError, "in_dims must be an int, None.* got 'a'"),
    (lambda: vmap(ag.add, in_dims=(0,))(x23, x23), ValueError, r"in_dims \(0,\) does not fit a tuple of 2"),
    (lambda: vmap(abs, in_dims=((0, 0),))(x23), ValueError, r"in_dims \(0, 0\) does not fit a single value"),
    (lambda: vmap(len, in_dims=({"a": 0},))({"b": x23}), ValueError, r"does not fit a dictionary with the keys \['b'\]"),
    (lambda: vmap(abs, in_dims=({"a": 0},))(x23), ValueError, "does not fit a single value; give one entry for each key"),
    (lambda: vmap(abs)(np.array(["a"])), TypeError, "vmap: arguments must be tensors, arrays or numbers, got ndarray"),
    (batched_of(lambda x: x, out_dims=2), IndexError, r"out_dims 2 is out of range for an output of shape \(2, 3\)"),
    (batched_of(lambda x: (x, x), out_dims=(0,)), ValueError, r"out_dims \(0,\) does not fit a tuple of 2"),
    (batched_of(lambda x: x, out_dims=None), ValueError, "out_dims is None for an output that differs by example"),
    (batched_of(lambda x: "no"), TypeError, "the function must return tensors or arrays, got str; set its out_dims"),
    (batched_of(lambda x: 1.5), TypeError, "the function must return tensors or arrays, got float 1.5"),
    (batched_of(lambda x: x if x.sum() > 0 else -x), RuntimeError, "a decision or a number was asked of a batched value"),
    (batched_of(lambda x: float(x.sum())), RuntimeError, "use ag.where instead of if"),
    (batched_of(lambda x: x.sum().item()), RuntimeError, "keep item.*outside vmap"),
    (batched_of(lambda x: np.asarray(x)), RuntimeError, "a decision or a number was asked of a batched value"),
    (batched_of(lambda x: 1.0 in x), RuntimeError, "a decision or a number was asked of a batched value"),
    (batched_of(lambda x: x[: x.sum()]), RuntimeError, "a decision or a number was asked of a batched value"),
    (batched_of(lambda x: x.t_()), AttributeError, r"cannot be changed in place by 't_'.* as in x = x.t\(…\)"),
    (batched_of(lambda x: x.backward()), AttributeError, "a batched value has no 'backward'"),
    (batched_of(lambda x: x.as_strided((2, 2), (1, 1)).neg_()), RuntimeError, r"neg_: inside vmap, .* a copy .* x.clone\(\)"),
    (batched_of(lambda x: x.expand(2, 3).neg_()), RuntimeError, "share one place in memory"),
    (batched_of(lambda x: x.clone().add_(ag.ones(2, 3))), RuntimeError, r"has shape \(2, 3\), which .* shape \(3,\)"),
    (batched_of(lambda x: x.clone().__setitem__(x > 0, x)), IndexError, "must hold integers, got bool"),
    (batched_of(lambda x: x.clone().__setitem__(3, x)), IndexError, "index assignment: .* out of bounds"),
    (batched_of(lambda x: x.clone().__setitem__(0, x)), ValueError, r"a value of shape \(3,\) does not broadcast to the"),
    (lambda: vmap(grad(lambda x: x.neg_().sum()))(ag.ones(2, 3)), RuntimeError, "neg_: a leaf that requires a gradient"),
    (lambda: vmap(lambda x: vmap(lambda y: x.clone().add_(y))(x))(ag.ones(2, 3)), RuntimeError, "all examples share"),
    (batched_of(lambda x: ag.zeros(3).add_(x)), RuntimeError, r"add_: inside vmap, .* cannot be stored .*shape \(3,\)"),
    (batched_of(lambda x: ag.zeros(3).__setitem__(0, x[0])), RuntimeError, "into a tensor that all examples share"),
    (batched_of(lambda x: x[x > 0]), IndexError, "an index that differs by example must hold integers, got bool"),
    (batched_of(lambda x: ag.masked_select(x, x > 0)), NotImplementedError, "gives each another size"),
    (batched_of(lambda x: len(x.sum())), TypeError, "0-d"),
    (batched_of(lambda x: ag.matmul(x, ag.ones(4))), ValueError, "matmul"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_messages(number):
    call, error, text = MESSAGES[number]
    with pytest.raises(error, match=text):
        call()


def test_a_value_that_escapes_is_noticed():
    kept = []
    vmap(lambda x: kept.append(x) or x)(ag.ones(2, 3))
    with pytest.raises(RuntimeError, match="a value of a vmap that has ended"):
        vmap(lambda x: x + kept[0])(ag.ones(2, 3))


def test_writing_through_the_real_part_is_refused():
    z = ag.tensor(R((2, 3)) + 1j)

    def f(z):
        return apply(basics.write, (z, ag.ones(3, dtype=np.float64)), (((operands._real, ()),),))

    assert f(z[0]).shape == (3,)
    with pytest.raises(NotImplementedError, match="writing through 'real' has no batching rule"):
        vmap(f)(z)


def test_what_a_batched_value_is():
    seen = []
    vmap(lambda x: seen.append(x) or x)(ag.ones(2, 3, 4))
    x = seen[0]
    assert (x.shape, x.ndim, x.dtype, len(x), x.numel(), x.is_contiguous()) == ((3, 4), 2, np.float32, 3, 12, True)
    assert "batch 2, each of shape (3, 4), float32" in repr(x)


def test_levels_are_left_after_an_error():
    def fail(x):
        raise KeyError("inside")

    with pytest.raises(KeyError):
        vmap(fail)(ag.ones(2))
    assert ag.rand(2).shape == (2,)
    assert not importlib.import_module("autograd_core.transforms.levels").active()


def test_counts_and_positions_of_each_example():
    x = ag.tensor([[0.0, 3.0, 0.0], [1.0, 2.0, 0.0]])
    w = ag.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    for function, arguments in (
        (lambda v: ag.nonzero_static(v, size=2), (x,)),
        (lambda v: tuple(ag.histogram(v, 3)), (x,)),
        (lambda v, w: tuple(ag.histogram(v, 2, weight=w, density=True)), (x, w)),
    ):
        together = vmap(function)(*arguments)
        singly = [function(*example) for example in zip(*arguments, strict=True)]
        for k, out in enumerate(together if isinstance(together, tuple) else [together]):
            for i, one in enumerate(singly):
                np.testing.assert_array_equal(out[i], one[k] if isinstance(one, tuple) else one)
