"""The kernels of softmax and cross-entropy against plain loops: blocks of rows, long rows, extremes, threads."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn.functional as F
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.rows import softmax as kernels

from .tables.loss import loop_cross_entropy

SHAPES = [(1, 1), (3, 1), (120, 10), (7, 100), (3, 512), (2, 513), (3, 1100)]  # blocks of many rows, of one, and a tail
DTYPES = [np.float32, np.float64]


def loop_softmax(x):
    """The definition, one row at a time; as Python does it, with exact sums."""
    out = np.zeros(x.shape)
    for row, y in zip(x.astype(float), out, strict=True):
        top = max(row)
        s = math.fsum(math.exp(v - top) for v in row)
        y[:] = [math.exp(v - top) / s for v in row]
    return out


def loop_log_softmax(x):
    out = np.zeros(x.shape)
    for row, y in zip(x.astype(float), out, strict=True):
        top = max(row)
        log_s = math.log(math.fsum(math.exp(v - top) for v in row))
        y[:] = [v - top - log_s for v in row]
    return out


def scores(shape, dtype=np.float64, seed=0):
    return (8 * np.random.default_rng([seed, *shape]).standard_normal(shape)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equal_the_loops(shape, dtype):
    x = scores(shape, dtype)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(F.softmax(x, 1), loop_softmax(x), rtol=50 * eps)
    np.testing.assert_allclose(F.log_softmax(x, -1), loop_log_softmax(x), rtol=50 * eps, atol=4 * eps)
    assert F.softmax(x, 1).dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_equal_the_jacobian(shape, dtype):
    """∂y_i/∂x_j = y_i (δ_ij - y_j), and of the logarithm δ_ij - y_j."""
    t, g = ag.tensor(scores(shape, dtype), requires_grad=True), scores(shape, dtype, 1)
    y = loop_softmax(t.numpy())
    for f, expected in (
        (F.softmax, np.stack([row * v - row * (row @ v) for row, v in zip(y, g, strict=True)])),
        (F.log_softmax, np.stack([v - row * v.sum() for row, v in zip(y, g, strict=True)])),
    ):
        t.grad = None
        f(t, 1).backward(ag.tensor(g))
        scale = np.abs(g).sum(1, keepdims=True).max()
        np.testing.assert_allclose(t.grad, expected, rtol=1e-5, atol=20 * scale * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("C", [4, 600])
def test_extreme_rows(C, dtype):
    tiny, huge = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max / 4
    rows = [[0.0, -np.inf], [huge, -huge], [-huge, -np.inf], [tiny, -tiny, 0.0, -0.0], [-1000.0, -1001.0]]
    x = np.array([np.resize(row, C) for row in rows], dtype)
    np.testing.assert_allclose(F.softmax(x, 1), loop_softmax(x), rtol=1e-5)
    np.testing.assert_allclose(F.log_softmax(x, 1), loop_log_softmax(x), rtol=1e-5)
    rows = [[np.nan, 1.0], [np.inf, 1.0], [-np.inf], [-np.nan, -1.0], [np.inf, np.nan]]
    x = np.array([np.resize(row, C) for row in rows], dtype)
    for f in (F.softmax, F.log_softmax):
        y = np.asarray(f(x, 1))
        assert np.isnan(y[[0, 2, 3, 4]]).all()
        assert np.isnan(y[1, ::2]).all()  # inf - inf; the others are e^-inf
    assert np.isnan(F.cross_entropy(x, np.zeros(5, int), reduction="none")).all()


def test_other_layouts():
    x = scores((6, 9))
    expected = F.softmax(x, 1)
    for other in (np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x[::-1][::-1]):
        np.testing.assert_array_equal(F.softmax(other, 1), expected)
    np.testing.assert_allclose(F.softmax(x.T, 0), expected.T, rtol=1e-14)
    np.testing.assert_array_equal(F.softmax(x.reshape(2, 3, 9), 2).reshape(6, 9), expected)
    assert F.softmax(np.zeros((0, 4)), 1).shape == (0, 4)


@st.composite
def labelled(draw):
    shape = draw(st.sampled_from([(3, 2), (60, 10), (2, 600), (2, 3, 4), (2, 5, 3, 2), (1, 1)]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal(shape) * 4
    t = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    ignored = draw(st.sampled_from([-100, 0, -1]))
    if ignored == -1:
        t = np.where(rng.random(t.shape) < 0.3, -1, t)
        t.flat[0] = 0
    if ignored == 0 and (t == 0).all():
        ignored = -100
    weight = rng.random(shape[1]) + 0.5 if draw(st.booleans()) else np.ones(shape[1])
    return x, t, weight, ignored, draw(st.sampled_from([0.0, 0.1, 1.0])), draw(st.sampled_from(["mean", "sum", "none"]))


@given(labelled())
@settings(max_examples=40, deadline=None)
def test_cross_entropy_equals_the_loops(case):
    x, t, weight, ignored, smoothing, reduction = case
    expected = loop_cross_entropy(x, t, weight, ignored, smoothing, reduction)
    how = {"ignore_index": ignored, "reduction": reduction, "label_smoothing": smoothing}
    np.testing.assert_allclose(F.cross_entropy(x, t, weight, **how), expected, rtol=1e-12, atol=1e-14)
    single = F.cross_entropy(x.astype(np.float32), t, weight.astype(np.float32), **how)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=2e-5, atol=1e-6)


@given(labelled())
@settings(max_examples=30, deadline=None)
def test_the_gradient_of_cross_entropy_equals_differences(case):
    x, t, weight, ignored, smoothing, reduction = case
    how = {"ignore_index": ignored, "reduction": reduction, "label_smoothing": smoothing}
    rng = np.random.default_rng(0)
    v, leaf = rng.standard_normal(x.shape), ag.tensor(x, requires_grad=True)
    out = F.cross_entropy(leaf, t, weight, **how)
    u = rng.standard_normal(out.shape)
    out.backward(ag.tensor(u))
    f = lambda h: float((F.cross_entropy(x + h * v, t, weight, **how) * u).sum())  # noqa: E731
    numeric = (8 * (f(1e-4) - f(-1e-4)) - (f(2e-4) - f(-2e-4))) / 12e-4
    assert float((leaf.grad.numpy() * v).sum()) == pytest.approx(numeric, rel=1e-8, abs=1e-9)
    assert not leaf.grad.numpy().swapaxes(1, -1)[t.swapaxes(1, -1) == ignored if t.ndim > 1 else t == ignored].any()


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    results = []
    for threads in (1, 2, 5):
        set_num_threads(threads)
        found = []
        for shape in ((101, 10), (13, 600)):
            t = ag.tensor(scores(shape, np.float32), requires_grad=True)
            labels = np.arange(shape[0]) % shape[1]
            for loss in (
                F.cross_entropy(t, labels, label_smoothing=0.1),
                (F.softmax(t, 1) ** 2).sum(),
                (F.log_softmax(t, 1) ** 2).sum(),
            ):
                t.grad = None
                loss.backward()
                found += [loss.item(), t.grad.numpy().tobytes()]
        results.append(found)
    assert results[0] == results[1] == results[2]


def test_one_signature_a_dtype():
    for dtype in DTYPES:
        x = np.asfortranarray(scores((4, 3), dtype))
        x.flags.writeable = False
        t = ag.tensor(x, requires_grad=True)
        labels = np.array([0, 1, 2, 0], np.uint8)
        labels.flags.writeable = False
        for reduction in ("mean", "none"):
            F.cross_entropy(t, labels, x[0], reduction=reduction).sum().backward()
        (F.softmax(t, 1) + F.log_softmax(t, 1)).sum().backward()
    for name in "softmax softmax_back count cross_entropy cross_entropy_back total".split():
        assert len(getattr(kernels, f"_{name}").signatures) <= 2, name


@pytest.mark.parametrize("C", [1, 7, 90, 200, 256, 257, 600])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_does_not_depend_on_the_number_of_threads(monkeypatch, C, dtype):
    monkeypatch.setattr(Threads, "worthwhile", 1.0)
    x = np.random.default_rng(0).standard_normal((70, C)).astype(dtype)
    found = []
    for count in (1, 2, 3, 4, 7):
        monkeypatch.setattr(Threads, "count", count)
        found.append([kernels.softmax(x, log) for log in (False, True)])
    for others in found[1:]:
        np.testing.assert_array_equal(others, found[0])


def test_a_row_that_is_left_alone_in_its_block_is_computed_as_the_others(monkeypatch):
    monkeypatch.setattr(kernels, "_exp_shifted", None)  # of blocks of one row
    C, rows = 90, 5
    x = np.random.default_rng(0).standard_normal(6 * C).astype(np.float32)
    e, found = np.empty(rows * C, x.dtype), np.empty((2, rows), x.dtype)
    with np.errstate(over="ignore"):
        kernels._exponentials.function(x, x.view(np.int32), 5, 1, C, e, found, 0)
    np.testing.assert_allclose(found[:, 0], [x[5 * C :].max(), np.exp(x[5 * C :] - x[5 * C :].max()).sum()], rtol=1e-5)


@pytest.mark.parametrize("kind", [ag.tensor, np.asarray])
def test_softmin_of_unsigned_integers_and_its_error(kind):
    out = np.asarray(F.softmin(kind(np.array([0, 1, 2], np.uint8)), 0))
    np.testing.assert_allclose(out, np.asarray(ag.softmax(ag.tensor([0.0, -1.0, -2.0]), 0)), rtol=1e-6)
    with pytest.raises(TypeError, match="softmin: needs tensors, arrays or numbers, got list"):
        F.softmin([0.0, 1.0], 0)
