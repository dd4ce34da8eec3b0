"""Pooling against plain loops, its adjoint pairs, and its derivatives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn.functional as F
from autograd_core.kernels.convolution import pool as kernels
from autograd_core.kernels.convolution.windows import strided_windows
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.ops.network import pool as ops
from autograd_core.ops.network import unpool

from . import naive

MAX = {1: ops.max_pool1d, 2: ops.max_pool2d, 3: ops.max_pool3d}
AVG = {1: ops.avg_pool1d, 2: ops.avg_pool2d, 3: ops.avg_pool3d}
ADAPTIVE_MAX = {1: ops.adaptive_max_pool1d, 2: ops.adaptive_max_pool2d, 3: ops.adaptive_max_pool3d}
ADAPTIVE_AVG = {1: ops.adaptive_avg_pool1d, 2: ops.adaptive_avg_pool2d, 3: ops.adaptive_avg_pool3d}
UNPOOL = {1: unpool.max_unpool1d, 2: unpool.max_unpool2d, 3: unpool.max_unpool3d}


def rand(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@st.composite
def poolings(draw, dilated=True):
    """An input and arguments that fit together."""
    n = draw(st.integers(1, 3))
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(n))  # noqa: E731
    window, stride = several(1, 3), several(1, 3)
    dilation = several(1, 2) if dilated else (1,) * n
    padding = tuple(draw(st.integers(0, k // 2)) for k in window)
    least = tuple(d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True))
    space = tuple(draw(st.integers(low, low + 6 - n)) for low in least)
    lead = draw(st.sampled_from([(2, 1), (1, 3), (2,), (0, 2)]))
    x = rand(*lead, *space)
    kind = draw(st.sampled_from(["different", "equal", "extreme"]))
    if kind == "equal":
        x = np.round(x)
    if kind == "extreme":
        odd = np.array([np.nan, np.inf, -np.inf, -np.inf, 5e-324, -5e-324, -0.0])
        x = np.where(rand(*x.shape, seed=1) > 0, x, np.resize(odd, x.shape))
    return x, {"kernel_size": window, "stride": stride, "padding": padding}, dilation, draw(st.booleans())


# ------------------------------------------------------------------------------------------------------ against loops


@given(poolings())
@settings(max_examples=80, deadline=None)
def test_max_pool_equals_the_loops(case):
    x, how, dilation, ceil_mode = case
    dims = len(dilation)
    size, windows = naive.strided_windows(x.shape[-dims:], *how.values(), dilation, ceil_mode)
    out, indices = MAX[dims](x, **how, dilation=dilation, ceil_mode=ceil_mode, return_indices=True)
    expected, expected_indices = naive.max_of_windows(x, size, windows)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(MAX[dims](x, **how, dilation=dilation, ceil_mode=ceil_mode), expected)


@given(poolings(dilated=False), st.booleans())
@settings(max_examples=80, deadline=None)
def test_avg_pool_equals_the_loops(case, count_include_pad):
    x, how, ones, ceil_mode = case
    dims = len(ones)
    space = x.shape[-dims:]
    size, windows = naive.strided_windows(space, *how.values(), ones, ceil_mode)
    counts = naive.padded_counts(space, *how.values(), size) if count_include_pad else None
    out = AVG[dims](x, **how, ceil_mode=ceil_mode, count_include_pad=count_include_pad)
    np.testing.assert_allclose(out, naive.mean_of_windows(x, size, windows, counts), rtol=1e-12, atol=1e-14)
    if dims > 1:
        out = AVG[dims](x, **how, ceil_mode=ceil_mode, divisor_override=3)
        threes = dict.fromkeys(windows, 3)
        np.testing.assert_allclose(out, naive.mean_of_windows(x, size, windows, threes), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("window", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), (3, 3, 1)])
def test_many_small_images_equal_each_alone(window, stride, padding):
    """Small images are pooled in groups, of which the last is smaller."""
    x = rand(1, 500, 5, 6).astype(np.float32)
    out, indices = ops.max_pool2d(x, window, stride, padding, return_indices=True)
    mean = ops.avg_pool2d(x, window, stride, padding)
    t = ag.tensor(x, requires_grad=True)
    ops.avg_pool2d(t, window, stride, padding).backward(ag.tensor(out))
    size, windows = naive.strided_windows((5, 6), (window,) * 2, (stride,) * 2, (padding,) * 2, (1, 1), False)
    expected, expected_indices = naive.max_of_windows(x, size, windows)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(indices, expected_indices)
    for i in (0, 255, 256, 499):
        np.testing.assert_array_equal(ops.avg_pool2d(x[:, i], window, stride, padding), mean[:, i])
        alone = ag.tensor(x[:, i], requires_grad=True)
        ops.avg_pool2d(alone, window, stride, padding).backward(ag.tensor(out[:, i]))
        np.testing.assert_array_equal(alone.grad, t.grad[:, i])


@given(st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_adaptive_pools_equal_the_loops(dims, data):
    space = tuple(data.draw(st.integers(1, 7)) for _ in range(dims))
    size = tuple(data.draw(st.integers(1, 9)) for _ in range(dims))
    x = np.round(rand(2, 2, *space), 1)
    size, windows = naive.adaptive_windows(space, size)
    np.testing.assert_allclose(ADAPTIVE_AVG[dims](x, size), naive.mean_of_windows(x, size, windows), atol=1e-14)
    out, indices = ADAPTIVE_MAX[dims](x, size, return_indices=True)
    expected, expected_indices = naive.max_of_windows(x, size, windows)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(indices, expected_indices)


def test_none_keeps_a_size_in_adaptive_pools():
    x = rand(2, 3, 7, 5)
    np.testing.assert_array_equal(ops.adaptive_avg_pool2d(x, (None, 2)), ops.adaptive_avg_pool2d(x, (7, 2)))
    np.testing.assert_array_equal(ops.adaptive_max_pool2d(x, None), x)


@pytest.mark.parametrize("p", [1, 2, 3, 0.5])
def test_lp_pool_equals_the_loops(p):
    x = np.abs(rand(2, 2, 5, 6)) + 0.1
    size, windows = naive.strided_windows((5, 6), (2, 3), (2, 1), (0, 0), (1, 1), False)
    expected = (naive.mean_of_windows(x**p, size, windows) * 6) ** (1 / p)
    np.testing.assert_allclose(unpool.lp_pool2d(x, p, (2, 3), (2, 1)), expected, rtol=1e-12)
    row = x[:, :, 0]
    _, windows = naive.strided_windows((6,), (2,), (2,), (0,), (1,), False)
    expected = (naive.mean_of_windows(row**p, (3,), windows) * 2) ** (1 / p)
    np.testing.assert_allclose(unpool.lp_pool1d(row, p, 2), expected, rtol=1e-12)


def test_lp_pool_of_zeros_has_a_zero_gradient():
    x = ag.zeros(1, 1, 4).requires_grad_()
    unpool.lp_pool1d(x, 2, 2).sum().backward()
    np.testing.assert_array_equal(x.grad, np.zeros((1, 1, 4)))


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("stride", [2, 1])
def test_max_unpool_equals_the_loops(dims, stride):
    """Also where windows overlap, so that several maxima come from one place."""
    space = (4, 6, 4)[:dims]
    x = rand(2, 3, *space)
    out, indices = MAX[dims](x, 2, stride, return_indices=True)
    y = rand(*out.shape)
    np.testing.assert_array_equal(
        UNPOOL[dims](y, indices, 2, stride, output_size=space), naive.max_unpool(y, indices, space)
    )


def test_max_unpool_undoes_max_pool_of_the_largest():
    x = rand(1, 2, 5, 5)
    out, indices = ops.max_pool2d(ag.tensor(x), 2, return_indices=True)
    assert indices.dtype == np.int64
    assert not indices.requires_grad
    back = unpool.max_unpool2d(out, indices, 2, output_size=(1, 2, 5, 5))
    np.testing.assert_array_equal(ops.max_pool2d(back, 2), np.maximum(out, 0))
    assert unpool.max_unpool2d(out, indices, 2, output_size=(5, 5)).shape == (1, 2, 5, 5)


@pytest.mark.parametrize("pool", [lambda x: ops.max_pool1d(x, 3, 1, 1), lambda x: ops.avg_pool1d(x, 3, 1, 1)])
def test_nan_propagates_to_the_windows_that_hold_it(pool):
    x = np.array([[[1.0, 2.0, np.nan, 4.0, 5.0]]])
    np.testing.assert_array_equal(np.isnan(pool(x))[0, 0], [False, True, True, True, False])


def test_minus_infinity_everywhere_is_the_maximum():
    x = np.full((1, 1, 4), -np.inf)
    out, indices = ops.max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(out, np.full((1, 1, 2), -np.inf))
    np.testing.assert_array_equal(indices, [[[0, 2]]])


# ------------------------------------------------------------------------------------------------------- adjoint pairs


@given(poolings(dilated=False))
@settings(max_examples=40, deadline=None)
def test_average_and_spread_are_adjoint(case):
    x, how, ones, ceil_mode = case
    dims = len(ones)
    space = x.shape[-dims:]
    windows = strided_windows(space, *how.values(), ones, ceil_mode)
    x = np.where(np.isfinite(x), x, 1.0)
    out = kernels.average_pool(x, windows)
    y = rand(*out.shape)
    assert np.vdot(out, y) == pytest.approx(np.vdot(x, kernels.spread_pool(y, windows)), rel=1e-10, abs=1e-10)


def test_gather_and_scatter_are_adjoint():
    x, y = rand(2, 3, 4, 5), rand(2, 3, 7)
    indices = np.random.default_rng(0).integers(-1, 20, y.shape)
    value = np.vdot(kernels.gather(x.reshape(2, 3, 20), indices, 1), y)
    assert value == pytest.approx(np.vdot(x.reshape(2, 3, 20), kernels.scatter(y, indices, (20,))), rel=1e-12)
    assert not kernels.gather(x, np.full((2, 3, 1, 2), -1), 2).any()


# ---------------------------------------------------------------------------------------------------------- derivatives


def leaf(*shape):
    """Elements of different size, so that no maximum changes place within a difference."""
    x = np.random.default_rng(1).permutation(math.prod(shape)).reshape(shape) / 10 + 0.3
    return ag.tensor(x, requires_grad=True)


def squared(f):
    return lambda x: f(x) ** 2


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_derivatives(dims):
    x = leaf(1, 2, *(5, 4, 3)[:dims])
    for f in (
        lambda x: MAX[dims](x, 3, 2, 1, ceil_mode=True),
        lambda x: MAX[dims](x, 2, 1, return_indices=True)[0],
        lambda x: AVG[dims](x, 3, 2, 1, True, False),
        lambda x: AVG[dims](x, 2, 1),
        lambda x: ADAPTIVE_AVG[dims](x, 2),
        lambda x: ADAPTIVE_MAX[dims](x, 2),
    ):
        assert ag.gradcheck(squared(f), (x,))
        assert ag.gradgradcheck(squared(f), (x,))


@pytest.mark.parametrize("f", [lambda x: unpool.lp_pool1d(x, 3, 2), lambda x: unpool.lp_pool2d(x, 2, (1, 2))])
def test_derivatives_of_lp_pool(f):
    x = leaf(1, 2, 4)
    assert ag.gradcheck(f, (x,))
    assert ag.gradgradcheck(f, (x,))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_derivatives_of_max_unpool(dims):
    """Where windows overlap, only the value that stays has a gradient."""
    x = leaf(1, 2, *(4, 4, 3)[:dims])
    out, indices = MAX[dims](x, 2, 1, return_indices=True)
    y = leaf(*out.shape)
    f = squared(lambda y: UNPOOL[dims](y, indices, 2, 1, output_size=x.shape[2:]))
    assert ag.gradcheck(f, (y,))
    assert ag.gradgradcheck(f, (y,))


def test_the_gradient_of_equal_maxima_goes_to_the_first():
    x = ag.ones(1, 1, 2, 2).requires_grad_()
    ops.max_pool2d(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [[[[1, 0], [0, 0]]]])


def test_max_pool_saves_indices_and_not_its_input():
    x = ag.tensor(rand(1, 1, 4, 4), requires_grad=True)
    out = ops.max_pool2d(x, 2)
    assert [a.dtype for a in out.node.saved if isinstance(a, np.ndarray)] == [np.int32]


# --------------------------------------------------------------------------------------------------- dtypes and layouts

EVERY = [
    lambda x: ops.max_pool2d(x, 2),
    lambda x: ops.max_pool2d(x, 3, 1, 1, return_indices=True)[0],
    lambda x: ops.avg_pool2d(x, 2),
    lambda x: unpool.lp_pool2d(x, 2, 2),
    lambda x: ops.adaptive_avg_pool2d(x, 3),
    lambda x: ops.adaptive_max_pool2d(x, (2, None)),
]


@pytest.mark.parametrize("f", EVERY)
def test_float32_stays_float32(f):
    x = ag.tensor(rand(2, 2, 4, 5).astype(np.float32), requires_grad=True)
    out = f(x)
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32
    np.testing.assert_allclose(out.detach(), f(x.detach().numpy().astype(np.float64)), rtol=1e-5)


@pytest.mark.parametrize("f", EVERY)
def test_layout_does_not_matter_and_inputs_are_not_changed(f):
    x = rand(2, 3, 4, 6)
    expected = f(x)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2], np.broadcast_to(x, x.shape)):
        np.testing.assert_array_equal(f(other), expected)
        np.testing.assert_array_equal(other, x)
    np.testing.assert_array_equal(f(x[0]), expected[0])


@pytest.mark.parametrize("f", EVERY)
def test_an_empty_batch(f):
    x = ag.tensor(np.zeros((0, 2, 4, 4)), requires_grad=True)
    out = f(x)
    assert out.shape[:2] == (0, 2)
    out.sum().backward()
    assert x.grad.shape == x.shape


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    x = rand(5, 7, 9, 11).astype(np.float32)
    results = []
    for threads in (1, 2, 5):
        set_num_threads(threads)
        leaves = [ag.tensor(x, requires_grad=True) for _ in EVERY]
        for t, f in zip(leaves, EVERY, strict=True):
            (f(t) ** 2).sum().backward()
        results.append([t.grad.numpy().tobytes() for t in leaves])
    assert all(r == results[0] for r in results)


def test_one_signature_a_dtype():
    for f in EVERY:
        for dtype in (np.float32, np.float64):
            for shape in ((2, 2, 4, 5), (3, 6, 6)):
                x = np.asfortranarray(rand(*shape).astype(dtype))
                x.flags.writeable = False
                t = ag.tensor(x, requires_grad=True)
                f(t).sum().backward()
    out, indices = ops.max_pool1d(rand(1, 1, 6), 2, return_indices=True)
    unpool.max_unpool1d(out, indices.astype(np.int32), 2)
    for name in "max_apart max_singly average_apart average_singly spread_apart spread_singly scatter gather".split():
        assert len(getattr(kernels, f"_{name}").signatures) <= 2, name


# ------------------------------------------------------------------------------------------------------------- errors

X = np.zeros((2, 3, 4, 4))
OUT, INDICES = np.zeros((2, 3, 2, 2)), np.tile([[0, 2], [8, 10]], (2, 3, 1, 1))  # max_pool2d(X, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.max_pool2d(X[0, 0], 2), ValueError, r"max_pool2d: x has shape \(4, 4\); it must be \(N, C, H"),
        (lambda: ops.avg_pool1d(X, 2), ValueError, r"avg_pool1d: x has shape \(2, 3, 4, 4\); it must be \("),
        (lambda: ops.max_pool2d(X[:, :0], 2), ValueError, r"only the number of images may be 0"),
        (lambda: ops.max_pool2d(X.astype(int), 2), TypeError, r"x is int64, but must be float32 or float64"),
        (lambda: ops.max_pool2d(3.0, 2), TypeError, r"x must be a tensor or an array, got float 3.0"),
        (lambda: ops.max_pool2d(X, 0), ValueError, r"kernel_size is 0, but must be at least 1"),
        (lambda: ops.max_pool2d(X, (2, 2, 2)), ValueError, r"kernel_size is \(2, 2, 2\), but needs one int, or 2"),
        (lambda: ops.max_pool2d(X, 2, 0), ValueError, r"stride is 0, but must be at least 1"),
        (lambda: ops.max_pool2d(X, 2, padding=-1), ValueError, r"padding is -1, but must be at least 0"),
        (
            lambda: ops.max_pool2d(X, 3, padding=2),
            ValueError,
            r"padding is \(2, 2\), but must be at most half of kernel_size \(3, 3\); pad x itself",
        ),
        (lambda: ops.max_pool2d(X, 2, dilation=0), ValueError, r"dilation is 0, but must be at least 1"),
        (lambda: ops.avg_pool2d(X, 5), ValueError, r"kernel_size \(5, 5\) .* does not fit into x of shape"),
        (
            lambda: ops.max_pool1d(X[0, 0, :, :1], 2, padding=1, dilation=2),  # both elements lie in the padding
            ValueError,
            r"kernel_size \(2,\) \(dilation \(2,\)\) does not fit into x of shape \(4, 1\)",
        ),
        (lambda: ops.avg_pool2d(X, 2, divisor_override=0), ValueError, r"divisor_override is 0; it must be None or an"),
        (lambda: unpool.lp_pool2d(X, 0, 2), ValueError, r"lp_pool2d: norm_type must be positive, got 0; for infinity"),
        (lambda: ops.adaptive_avg_pool2d(X, (2, 2, 2)), ValueError, r"output_size is \(2, 2, 2\), but needs one"),
        (lambda: ops.adaptive_avg_pool2d(X, -1), ValueError, r"output_size is -1, but must not be negative"),
        (lambda: ops.adaptive_max_pool2d(X, 1.5), TypeError, r"output_size must be an int, None or 2 of them, got 1.5"),
        (lambda: unpool.max_unpool2d(OUT, OUT, 2), TypeError, r"indices are float64; give those of max_pool2d"),
        (
            lambda: unpool.max_unpool2d(OUT, INDICES[:1], 2),
            ValueError,
            r"x has shape \(2, 3, 2, 2\), but indices have shape \(1, 3, 2, 2\); they must be",
        ),
        (
            lambda: unpool.max_unpool2d(OUT, INDICES, 2, output_size=(7, 4)),
            ValueError,
            r"output_size is \(7, 4\), but each must differ from \(4, 4\) by less than the stride \(2, 2\)",
        ),
        (
            lambda: unpool.max_unpool2d(OUT, INDICES + 10, 2),
            IndexError,
            r"indices go from 10 to 20, but the output of size \(4, 4\) has positions 0 to 15",
        ),
        (
            lambda: unpool.max_unpool2d(OUT, INDICES, 2, padding=2),
            ValueError,
            r"max_unpool2d: x of shape \(2, 3, 2, 2\) with padding \(2, 2\) leaves an output of size \(0, 0\)",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "mean",
    [
        lambda x: F.adaptive_avg_pool1d(x.reshape(1, 1, -1), 1),
        lambda x: F.avg_pool1d(x.reshape(1, 1, -1), 500_001, stride=2),
        lambda x: F.adaptive_avg_pool1d(x[1:].reshape(1, 1, -1), 2),  # windows of different lengths
        lambda x: F.adaptive_avg_pool2d(x.reshape(1, 1, -1, 2), 1),
        lambda x: F.avg_pool3d(x.reshape(1, 1, 100, 100, -1), 100),
    ],
    ids=["global", "overlapping", "adaptive", "columns", "3d"],
)
def test_large_windows_are_not_one_long_chain_of_float32(mean):
    """0.1 added 10⁶ times in float32 is 1 % off; and images with large windows are not taken apart 1024 at a time."""
    x = ag.full((1_000_000,), 0.1)
    np.testing.assert_allclose(mean(x)[..., :2], np.float32(0.1), rtol=1e-6)


def test_global_pooling_of_a_large_image_takes_little_memory():
    """Its parts are those of one image, not of 1024: this was 36 GB."""
    for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        np.testing.assert_allclose(
            pool(ag.full((1, 1, 3000, 3000), 0.1), 1), np.float32(0.1).reshape(1, 1, 1, 1), rtol=1e-6
        )
