"""What every operation proves, from its row of `tables`."""

import re

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.interface.table import IN_PLACE

from .tables import Input, Row, all_rows

ROWS = all_rows()
DIFFERENTIABLE = [row for row in ROWS if row.orders >= 1]


def ids(rows):
    return [row.name for row in rows]


def every(rows):
    return pytest.mark.parametrize("row", rows, ids=ids(rows))


def tensors(row, arrays, dtype=np.float64, grad=False):
    return [
        ag.tensor(a, dtype=dtype, requires_grad=grad) if real else a if a.dtype == object else ag.tensor(a)
        for a, real in zip(arrays, row.is_real(), strict=True)
    ]


def results(y):
    return list(y) if isinstance(y, list | tuple) else [y]


def floating(y):
    return [r for r in results(y) if isinstance(r, Tensor) and r.dtype.kind in "fc"]


def weighted(row, ys, dtype=np.float64):
    """A number from all floating results: the sum with fixed random weights, so that no part of a gradient cancels."""
    rng = np.random.default_rng(7)
    total = None
    for y in ys:
        if y.dtype.kind == "c":
            y = ag.view_as_real(y)
        w = Tensor(np.asarray(rng.uniform(0.5, 1.5, y.shape), y.dtype))
        total = (y * w).sum() if total is None else total + (y * w).sum()
    return total


def assert_same(got, expected, tol):
    got, expected = results(got), results(expected)
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        e = np.asarray(e)
        assert tuple(g.shape) == e.shape
        np.testing.assert_allclose(np.asarray(g), e, rtol=tol, atol=tol)


@every([row for row in ROWS if row.ref is not None])
def test_forward_equals_the_reference(row):
    arrays = row.draw()
    expected = row.ref(*[a.copy() for a in arrays])
    assert_same(row.f(*tensors(row, arrays)), expected, row.tol)


@every([row for row in ROWS if row.name in IN_PLACE and row.f is getattr(ag, row.name)])
def test_the_form_in_place_gives_the_same(row):
    """Of every operation whose family declares one (`x.exp_`): the values, in the memory of x, and the gradients."""
    x, *others = tensors(row, row.draw(), grad=row.orders > 0)
    expected = row.f(x, *others)
    y = x.clone()
    memory = y.array
    if expected.shape != x.shape:
        with pytest.raises(RuntimeError, match="does not fit"):
            getattr(y, f"{row.name}_")(*others)
        return
    assert getattr(y, f"{row.name}_")(*others) is y
    assert y.array is memory
    assert_same(y.detach(), expected.detach(), 0)
    if row.orders:
        wanted = ag.grad(weighted(row, [expected]), [x, *others])
        for g, e in zip(ag.grad(weighted(row, [y]), [x, *others]), wanted, strict=True):
            assert_same(g, e, 0)


@every([row for row in ROWS if row.ref is not None and any(row.is_real())])
def test_float32_stays_float32(row):
    arrays = row.draw()
    y = row.f(*tensors(row, arrays, np.float32, grad=row.orders > 0))
    for r in floating(y):
        assert r.dtype in (np.float32, np.complex64)
    assert_same([r.detach() if isinstance(r, Tensor) else r for r in results(y)], row.ref(*arrays), row.tol32)
    if row.orders:
        xs = tensors(row, arrays, np.float32, grad=True)
        weighted(row, floating(row.f(*xs))).backward()
        for x in xs:
            assert x.grad is None or x.grad.dtype == np.float32


def strided(a):
    """The same values, not contiguous: every second element of a reversed buffer, axes in Fortran order."""
    if a.ndim == 0:
        return a
    buffer = np.zeros(tuple(2 * s for s in a.shape), a.dtype, order="F")
    view = buffer[tuple(slice(None, None, -2) for _ in a.shape)]
    view[...] = a
    return view


@every(ROWS)
def test_non_contiguous_inputs(row):
    arrays = row.draw()
    plain = row.f(*tensors(row, arrays))
    made = [ag.from_numpy(strided(a)) if a.dtype != object else a for a in arrays]
    assert_same([np.asarray(r) for r in results(row.f(*made))], [np.asarray(r) for r in results(plain)], 1e-12)
    if row.orders:
        grads = []
        for make in (np.array, strided):
            xs = [
                ag.from_numpy(make(a)).requires_grad_(real) if a.dtype != object else a
                for a, real in zip(arrays, row.is_real(), strict=True)
            ]
            weighted(row, floating(row.f(*xs))).backward()
            grads.append([x.grad.numpy() for x, real in zip(xs, row.is_real(), strict=True) if real])
        for a, b in zip(*grads, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


@every(ROWS)
def test_inputs_are_not_modified_and_results_are_their_own(row):
    arrays = row.draw()
    xs = tensors(row, arrays, grad=row.orders > 0)
    y = row.f(*xs)
    ys = floating(y)
    kept = [r.array.copy() for r in ys]
    if row.orders:
        weighted(row, ys).backward()
        for x, real in zip(xs, row.is_real(), strict=True):
            for other in [*xs, *ys]:
                if real and x.grad is not None and isinstance(other, Tensor):
                    assert not np.shares_memory(x.grad.array, other.array)
    for x, a in zip(xs, arrays, strict=True):
        np.testing.assert_array_equal(x.numpy() if isinstance(x, Tensor) else x, a)
    for r, k in zip(ys, kept, strict=True):
        np.testing.assert_array_equal(r.array, k)
    for r in ys:
        if not row.view:
            continue
        assert any(np.shares_memory(r.array, x.array) for x in xs if isinstance(x, Tensor))


# What saves its output, in PyTorch too (rbf and lstsq's product are ours): a later write to it is refused. Nothing else may.
SAVES_ITS_OUTPUT = set(
    "relu sigmoid tanh softmax log_softmax pow exp expm1 exp2 sqrt rsqrt reciprocal tan hypot copysign std amax amin median "
    "prod cumprod logsumexp logcumsumexp norm vector_norm erfcx ndtri ctc_loss solve solve_triangular inv pinv cholesky qr lu "
    "eigh eig svd rbf matmul".split()
)


@every(DIFFERENTIABLE)
def test_the_result_can_be_written_in_place(row):
    """y.mul_(2) gives the gradient of 2 y, or says which operation needs y as it was."""
    arrays = row.draw()
    count = len(floating(row.f(*tensors(row, arrays, grad=True))))
    for place in range(count):
        grads = []
        for write in (lambda y: y.mul_(2), lambda y: y * 2):
            xs = tensors(row, arrays, grad=True)
            ys = floating(row.f(*[x * 1 if isinstance(x, Tensor) and x.requires_grad else x for x in xs]))
            try:
                ys[place] = write(ys[place])
                weighted(row, ys).backward()
            except RuntimeError as error:
                refused = re.search("'(.*)' saved", str(error))
                if not (refused and refused[1] in SAVES_ITS_OUTPUT) and "share one place in memory" not in str(error):
                    raise
                break
            grads.append([x.grad for x in xs if isinstance(x, Tensor) and x.requires_grad])
        for a, b in zip(*(grads if len(grads) == 2 else ([], [])), strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a.array, b.array, rtol=1e-10, atol=1e-12)


def directional(row, arrays, directions, step=1e-5):
    """d/dt of the weighted sum along `directions`, by central differences of fourth order."""

    def at(t):
        moved = [a + t * v if v is not None else a for a, v in zip(arrays, directions, strict=True)]
        return weighted(row, floating(row.f(*tensors(row, moved)))).item()

    return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)


def draw_directions(row, arrays, seed):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(a.shape) if real else None for a, real in zip(arrays, row.is_real(), strict=True)]


def along(gradients, directions):
    return sum(
        float((g.array * v).sum())
        for g, v in zip(gradients, directions, strict=True)
        if g is not None and v is not None
    )


def first_gradients(row, arrays, create_graph=False):
    xs = tensors(row, arrays, grad=True)
    y = weighted(row, floating(row.f(*xs)))
    wanted = [x for x, real in zip(xs, row.is_real(), strict=True) if real]
    found = iter(ag.grad(y, wanted, create_graph=create_graph, materialize_grads=True))
    return xs, [next(found) if real else None for real in row.is_real()]


@every(DIFFERENTIABLE)
def test_first_order(row):
    for seed in (0, 1):
        arrays = row.draw(seed)
        directions = draw_directions(row, arrays, seed)
        _, gradients = first_gradients(row, arrays)
        numeric = directional(row, arrays, directions)
        assert along(gradients, directions) == pytest.approx(numeric, rel=2e-7, abs=2e-7)


@every([row for row in ROWS if row.orders >= 2])
def test_second_order(row):
    """The derivative along v of the gradient's component along u, against differences of first gradients."""
    arrays = row.draw(2)
    u, v = draw_directions(row, arrays, 3), draw_directions(row, arrays, 4)
    xs, gradients = first_gradients(row, arrays, create_graph=True)
    for (_, g), (_, h) in zip(
        enumerate(gradients), enumerate(first_gradients(row, arrays)[1]), strict=True
    ):  # recording the rule does not change what it computes
        if g is not None:
            np.testing.assert_allclose(g.array, h.array, rtol=1e-10, atol=1e-12)
    component = None
    for g, d in zip(gradients, u, strict=True):
        if g is not None:
            term = (g * Tensor(d)).sum()
            component = term if component is None else component + term
    if component.requires_grad:
        wanted = [x for x, real in zip(xs, row.is_real(), strict=True) if real]
        found = iter(ag.grad(component, wanted, materialize_grads=True))
        second = along([next(found) if real else None for real in row.is_real()], v)
    else:
        second = 0.0
    step = 1e-5

    def at(t):
        moved = [a + t * d if d is not None else a for a, d in zip(arrays, v, strict=True)]
        return along(first_gradients(row, moved)[1], u)

    numeric = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    assert second == pytest.approx(numeric, rel=1e-6, abs=1e-6)


SHAPES = [(), (0,), (2, 0, 3), (1,)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@every([row for row in ROWS if row.elementwise])
def test_elementwise_on_empty_and_0d(row, shape):
    moved = reshaped(row, [shape] * len(row.inputs))
    arrays = moved.draw()
    xs = tensors(moved, arrays, grad=row.orders > 0)
    y = row.f(*xs)
    assert y.shape == shape
    assert isinstance(y, Tensor)
    assert type(y.array) is np.ndarray
    if row.orders:
        y.sum().backward()
        for x, real in zip(xs, row.is_real(), strict=True):
            if real:
                assert x.grad.shape == shape
                assert type(x.grad.array) is np.ndarray


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((0,), (1,))], ids=str
)
@every([row for row in ROWS if row.elementwise and len(row.inputs) == 2])
def test_elementwise_broadcast(row, shapes):
    moved = reshaped(row, shapes)
    arrays = moved.draw()
    assert_same(row.f(*tensors(moved, arrays)), row.ref(*arrays), 1e-11)
    if row.orders:
        _, gradients = first_gradients(moved, arrays)
        directions = draw_directions(moved, arrays, 5)
        for g, a in zip(gradients, arrays, strict=True):
            assert g.shape == a.shape
        numeric = directional(moved, arrays, directions)
        assert along(gradients, directions) == pytest.approx(numeric, rel=2e-7, abs=2e-7)


def reshaped(row, shapes):
    inputs = tuple(
        Input(tuple(shape), i.kind, i.low, i.high, i.away, i.distinct)
        for i, shape in zip(row.inputs, shapes, strict=True)
    )
    return Row(row.name, row.f, row.ref, inputs, row.orders, True, row.tol32, row.tol, row.view)


@every([row for row in DIFFERENTIABLE if row.name in ("mul", "exp", "matmul", "sum", "tanh", "linear", "index_arrays")])
def test_the_harness_catches_a_rule_wrong_by_five_in_ten_thousand(row):
    """Every proof above is only worth what it would notice."""
    arrays = row.draw(0)
    directions = draw_directions(row, arrays, 0)
    _, gradients = first_gradients(row, arrays)
    wrong = along([g * 1.0005 if g is not None else None for g in gradients], directions)
    assert wrong != pytest.approx(directional(row, arrays, directions), rel=2e-7, abs=2e-7)
