"""Convolution against plain loops, its three products as each other's adjoints, and its derivatives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn.functional as F
from autograd_core.kernels.convolution import columns, sliding
from autograd_core.kernels.convolution import conv as kernels
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.ops.network import conv as ops

from . import naive

FORWARD = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}
TRANSPOSED = {1: ops.conv_transpose1d, 2: ops.conv_transpose2d, 3: ops.conv_transpose3d}


def rand(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@st.composite
def convolutions(draw, dims=None):
    """Shapes and arguments that fit together."""
    n = draw(st.integers(1, 3)) if dims is None else dims
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(n))  # noqa: E731
    groups = draw(st.integers(1, 3))
    window, stride, dilation = several(1, 3), several(1, 3), several(1, 3)
    padding = several(0, 2)
    least = tuple(max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(window, dilation, padding, strict=True))
    space = tuple(draw(st.integers(low, low + 5 - n)) for low in least)
    return {
        "x": (draw(st.integers(0, 2)), groups * draw(st.integers(1, 2)), *space),
        "out": groups * draw(st.integers(1, 3)),
        "window": window,
        "how": {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
    }


def arrays(case):
    groups = case["how"]["groups"]
    w = rand(case["out"], case["x"][1] // groups, *case["window"], seed=1)
    return rand(*case["x"]), w, rand(case["out"], seed=2)


# ------------------------------------------------------------------------------------------------------ against loops


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_forward_equals_the_loops(case):
    x, w, b = arrays(case)
    how = case["how"]
    out = FORWARD[x.ndim - 2](x, w, b, **how)
    np.testing.assert_allclose(out, naive.conv(x, w, b, **how), rtol=1e-12, atol=1e-12)


@given(convolutions(), st.integers(0, 2))
@settings(max_examples=40, deadline=None)
def test_transposed_equals_the_loops(case, extra):
    x, _, _ = arrays(case)
    how = case["how"]
    dims = x.ndim - 2
    w = rand(x.shape[1], case["out"] // how["groups"], *case["window"], seed=3)
    b = rand(case["out"])
    more = tuple(min(extra, max(s, d) - 1) for s, d in zip(how["stride"], how["dilation"], strict=True))
    size = (
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(
            x.shape[2:], case["window"], how["stride"], how["padding"], how["dilation"], more, strict=True
        )
    )
    if min(size) < 1:
        return
    out = TRANSPOSED[dims](x, w, b, output_padding=more, **how)
    np.testing.assert_allclose(out, naive.conv_transpose(x, w, b, output_padding=more, **how), rtol=1e-12, atol=1e-12)


@given(convolutions())
@settings(max_examples=40, deadline=None)
def test_columns_equal_the_loops(case):
    x, _, _ = arrays(case)
    how = (case["how"]["stride"], case["how"]["padding"], case["how"]["dilation"])
    size = kernels.output_size(x.shape[2:], case["window"], *how)
    cols = columns.im2col(x, case["window"], size, *how)
    np.testing.assert_array_equal(cols, naive.im2col(x, case["window"], *how))
    y = rand(*cols.shape)
    back = columns.col2im(y, x.shape, case["window"], size, *how)
    np.testing.assert_allclose(back, naive.col2im(y, x.shape[2:], case["window"], *how), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [5, 6])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_the_size_with_the_extra_zero_behind(size, kernel, dilation):
    x, w = rand(2, 3, size), rand(4, 3, kernel)
    total = dilation * (kernel - 1)
    padded = np.pad(x, ((0, 0), (0, 0), (total // 2, total - total // 2)))
    out = ops.conv1d(x, w, padding="same", dilation=dilation)
    np.testing.assert_allclose(out, naive.conv(padded, w, None, (1,), (0,), (dilation,)), rtol=1e-12)
    assert out.shape == (2, 4, size)


def test_valid_padding_is_none():
    x, w = rand(1, 2, 5, 5), rand(3, 2, 2, 3)
    np.testing.assert_array_equal(ops.conv2d(x, w, padding="valid"), ops.conv2d(x, w))


@pytest.mark.parametrize(
    ("x", "w", "padding"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), 0),  # one pixel, one channel
        ((1, 1, 1, 1), (1, 1, 3, 3), 1),  # a window larger than the image
        ((2, 5, 9, 70), (7, 5, 3, 3), 1),  # channels that are not multiples of the tile
        ((1, 40, 40, 40), (3, 40, 3, 3), 0),  # more rows than one block
        ((3, 1, 600), (2, 1, 5), 2),  # a sequence of several blocks
        ((1, 2, 3, 4), (2, 2, 3, 4), 0),  # a window as large as the image: a matrix product
    ],
)
def test_shapes_at_the_edges_of_the_blocks(x, w, padding):
    x, w = rand(*x), rand(*w)
    g_shape = FORWARD[x.ndim - 2](x, w, padding=padding).shape
    ones = (1,) * (x.ndim - 2)
    how = (ones, (padding,) * len(ones), ones)
    size = g_shape[2:]
    cols = columns.im2col(x, w.shape[2:], size, *how)  # (N, C KK, P)
    flat = w.reshape(len(w), -1)
    np.testing.assert_allclose(kernels.conv_forward(x, w, None, *how, 1).reshape(len(x), len(w), -1), flat @ cols)
    g = rand(*g_shape)
    rows = g.reshape(len(x), len(w), -1)
    np.testing.assert_allclose(
        kernels.conv_weight_grad(g, x, w.shape, *how, 1).reshape(flat.shape),
        (rows @ cols.transpose(0, 2, 1)).sum(0),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        kernels.conv_input_grad(g, w, x.shape, *how, 1),
        columns.col2im(flat.T @ rows, x.shape, w.shape[2:], size, *how),
        atol=1e-10,
    )


@pytest.mark.parametrize("filters", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_few_filters_and_wide_images(filters, stride):
    """Tiles of one row and many columns; rows of every other number; filters that reach only some of the input."""
    for window, groups, width in ((1, 2, 75), (2, 2, 66), (3, 1, 150)):
        x, w = rand(2, 2 * groups, 4, width), rand(filters * groups, 2, window, window, seed=1)
        how = ((stride, stride), (window - 1, 0), (1, 1))
        size = kernels.output_size(x.shape[2:], w.shape[2:], *how)
        cols = columns.im2col(x, w.shape[2:], size, *how).reshape(2, groups, 2 * window**2, -1)
        flat = w.reshape(groups, filters, -1)
        out = kernels.conv_forward(x, w, None, *how, groups)
        np.testing.assert_allclose(out.reshape(2, groups, filters, -1), flat @ cols, atol=1e-12)
        g = rand(*out.shape, seed=2).reshape(2, groups, filters, -1)
        gw = kernels.conv_weight_grad(g.reshape(out.shape), x, w.shape, *how, groups)
        np.testing.assert_allclose(gw.reshape(flat.shape), (g @ cols.swapaxes(-1, -2)).sum(0), atol=1e-10)
        gx = kernels.conv_input_grad(g.reshape(out.shape), w, x.shape, *how, groups)
        back = (flat.swapaxes(-1, -2) @ g).reshape(2, -1, math.prod(size))
        np.testing.assert_allclose(gx, columns.col2im(back, x.shape, w.shape[2:], size, *how), atol=1e-12)


# ------------------------------------------------------------------------------------------------- linear algebra of it


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_the_three_products_are_adjoint(case):
    """<conv(x, w), g> = <x, input_grad(g, w)> = <w, weight_grad(g, x)>."""
    x, w, _ = arrays(case)
    how = tuple(case["how"].values())
    out = kernels.conv_forward(x, w, None, *how)
    g = rand(*out.shape, seed=4)
    value = np.vdot(out, g)
    np.testing.assert_allclose(np.vdot(x, kernels.conv_input_grad(g, w, x.shape, *how)), value, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(np.vdot(w, kernels.conv_weight_grad(g, x, w.shape, *how)), value, rtol=1e-10, atol=1e-10)


def test_unfold_and_fold_are_adjoint():
    x = rand(2, 3, 7, 6)
    how = {"kernel_size": (3, 2), "dilation": (2, 1), "padding": 1, "stride": (1, 2)}
    cols = F.unfold(x, **how)
    y = rand(*cols.shape)
    assert np.vdot(cols, y) == pytest.approx(np.vdot(x, F.fold(y, (7, 6), **how)), rel=1e-12)


def test_a_convolution_is_a_product_with_the_unfolded_input():
    x, w = rand(2, 3, 6, 6), rand(4, 3, 3, 3)
    cols = F.unfold(x, 3, padding=1)
    np.testing.assert_allclose((w.reshape(4, -1) @ cols).reshape(2, 4, 6, 6), ops.conv2d(x, w, padding=1))


# -------------------------------------------------------------------------------------------------------- derivatives

SMALL = [
    (1, {"stride": 2, "padding": 1, "dilation": 2}),
    (2, {"stride": (2, 1), "padding": (0, 1), "groups": 2}),
    (2, {"padding": "same"}),
    (3, {"stride": 2, "padding": 1}),
]


def leaves(*shapes):
    return tuple(ag.tensor(rand(*s, seed=i), requires_grad=True) for i, s in enumerate(shapes))


@pytest.mark.parametrize(("dims", "how"), SMALL)
def test_derivatives_of_conv(dims, how):
    groups = how.get("groups", 1)
    xs = leaves((2, 2, *(4, 3, 3)[:dims]), (2, 2 // groups, *(2, 2, 2)[:dims]), (2,))
    f = lambda x, w, b: FORWARD[dims](x, w, b, **how)  # noqa: E731
    assert ag.gradcheck(f, xs)
    assert ag.gradgradcheck(f, xs)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_derivatives_of_transposed_conv(dims):
    xs = leaves((1, 2, *(3, 2, 2)[:dims]), (2, 1, *(2, 2, 1)[:dims]), (2,))
    f = lambda x, w, b: TRANSPOSED[dims](x, w, b, stride=2, padding=1, output_padding=1, groups=2)  # noqa: E731
    assert ag.gradcheck(f, xs)
    assert ag.gradgradcheck(f, xs)


def test_third_order():
    def gradient_norm(x, w):
        gx, gw = ag.grad((ops.conv2d(x, w) ** 3).sum(), (x, w), create_graph=True)
        return (gx * gx).sum() + (gw * gw).sum()

    assert ag.gradgradcheck(gradient_norm, leaves((1, 1, 3, 3), (1, 1, 2, 2)))


def test_derivatives_of_unfold_and_fold():
    (x,) = leaves((1, 2, 3, 4))
    assert ag.gradcheck(lambda x: F.unfold(x, 2, padding=1, stride=2) ** 2, (x,))
    (y,) = leaves((1, 4, 6))
    assert ag.gradgradcheck(lambda y: F.fold(y, (3, 4), 2) ** 2, (y,))


def test_only_what_is_wanted_is_computed(monkeypatch):
    """A first layer, whose input needs no gradient, pays for none."""

    def never(*args):
        raise AssertionError("the gradient of the input was computed")

    monkeypatch.setattr(kernels, "conv_input_grad", never)
    w = ag.tensor(rand(2, 1, 3, 3), requires_grad=True)
    ops.conv2d(ag.tensor(rand(1, 1, 5, 5)), w).sum().backward()
    assert w.grad.shape == w.shape


# --------------------------------------------------------------------------------------------------- dtypes and layouts


def test_float32_stays_float32():
    x, w, b = (ag.tensor(rand(*s).astype(np.float32), requires_grad=True) for s in ((2, 2, 5, 5), (4, 2, 3, 3), (4,)))
    out = ops.conv2d(x, w, b, padding=1)
    assert out.dtype == np.float32
    np.testing.assert_allclose(
        out.detach().numpy(),
        naive.conv(x.detach().numpy(), w.detach().numpy(), b.detach().numpy(), (1, 1), (1, 1), (1, 1)),
        rtol=1e-4,
        atol=1e-5,
    )
    out.sum().backward()
    assert {t.grad.dtype for t in (x, w, b)} == {np.dtype(np.float32)}


def test_layout_does_not_matter_and_inputs_are_not_changed():
    x, w = rand(2, 3, 8, 6), rand(4, 3, 3, 3)
    expected = ops.conv2d(x, w)
    strange = (
        np.asfortranarray(x),
        np.flip(np.flip(x, 3).copy(), 3),
        np.repeat(x, 2, axis=2)[:, :, ::2],
        np.broadcast_to(x, x.shape),
    )
    for other in strange:
        before = np.array(other)
        np.testing.assert_array_equal(ops.conv2d(other, np.asfortranarray(w)), expected)
        np.testing.assert_array_equal(other, before)


def test_a_single_image():
    x, w, b = rand(3, 6, 5), rand(4, 3, 2, 2), rand(4)
    np.testing.assert_array_equal(ops.conv2d(x, w, b), ops.conv2d(x[None], w, b)[0])
    v = rand(3, 4, 2, 2)
    np.testing.assert_array_equal(ops.conv_transpose2d(x, v), ops.conv_transpose2d(x[None], v)[0])
    np.testing.assert_array_equal(F.unfold(x, 2), F.unfold(x[None], 2)[0])
    cols = F.unfold(x, 2)
    np.testing.assert_array_equal(F.fold(cols, (6, 5), 2), F.fold(cols[None], (6, 5), 2)[0])


def test_an_empty_batch():
    x, w, b = leaves((0, 2, 5, 5), (3, 2, 2, 2), (3,))
    out = ops.conv2d(x, w, b)
    assert out.shape == (0, 3, 4, 4)
    out.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.numpy().any()
    assert not b.grad.numpy().any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads_as_far_as_its_window_and_no_farther(bad):
    x, w = rand(1, 3, 6, 7), rand(5, 3, 3, 2)  # odd numbers, so that tiles have edges
    x[0, 1, 0, 0] = bad
    out = ops.conv2d(x, w)
    np.testing.assert_allclose(out, naive.conv(x, w, None, (1, 1), (0, 0), (1, 1)))
    touched = ~np.isfinite(out)
    assert touched[0, :, 0, 0].all()
    assert touched.sum() == 5
    g = rand(*out.shape)
    gw = kernels.conv_weight_grad(g, x, w.shape, (1, 1), (0, 0), (1, 1), 1)
    bad_w = ~np.isfinite(gw)
    assert bad_w[:, 1, 0, 0].all()
    assert bad_w.sum() == 5
    g[0, 2, 3, 5] = bad
    gx = kernels.conv_input_grad(g, w, x.shape, (1, 1), (0, 0), (1, 1), 1)
    assert (~np.isfinite(gx)).sum() == 3 * 3 * 2


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    x, w = rand(9, 6, 13, 11).astype(np.float32), rand(10, 3, 3, 3).astype(np.float32)
    how = ((1, 1), (1, 1), (1, 1), 2)
    results = []
    for threads in (1, 2, 3, 7):
        set_num_threads(threads)
        out = kernels.conv_forward(x, w, None, *how)
        g = out * out
        gx = kernels.conv_input_grad(g, w, x.shape, *how)
        gw = kernels.conv_weight_grad(g, x, w.shape, *how)
        results.append([a.tobytes() for a in (out, gx, gw)])
    assert all(r == results[0] for r in results)


def test_one_signature_a_dtype():
    for dtype in (np.float32, np.float64):
        for shape, window in (((2, 2, 5), (2,)), ((1, 2, 5, 4), (1, 3)), ((2, 2, 3, 4, 5), (2, 1, 3))):
            x = np.asfortranarray(rand(*shape).astype(dtype))
            x.flags.writeable = False
            w = rand(2, 2, *window).astype(dtype)
            for stride in (1, 2):
                how = ((stride,) * len(window), (0,) * len(window), (1,) * len(window))
                g = kernels.conv_forward(x, w, None, *how, 1)
                kernels.conv_forward(x, w, w[:, 0].reshape(-1)[:2], *how, 1)
                kernels.conv_input_grad(g, w, x.shape, *how, 1)
                kernels.conv_weight_grad(np.broadcast_to(g, g.shape), x, w.shape, *how, 1)
    for kernel in (sliding.forward, sliding.weight_grad):
        assert len(kernel.signatures) == 2, kernel.__name__


# ------------------------------------------------------------------------------------------------------------- errors

X, W = np.zeros((8, 3, 28, 28), np.float32), np.zeros((16, 3, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ops.conv2d(X, np.zeros((16, 4, 3, 3), np.float32)),
            ValueError,
            r"conv2d: x has 3 channels \(shape \(8, 3, 28, 28\)\) but weight expects 4 \(shape \(16, 4, 3, 3\)\); "
            r"pass in_channels=3",
        ),
        (lambda: ops.conv2d(X, W, groups=2), ValueError, r"x has 3 channels .* weight expects 6 .*groups=2"),
        (
            lambda: ops.conv2d(X, np.zeros((16, 1, 3, 3), np.float32), groups=3),
            ValueError,
            r"weight has 16 output channels .*, which groups=3 does not divide",
        ),
        (lambda: ops.conv2d(X, W, groups=0), ValueError, r"groups is 0, but must be an int of at least 1"),
        (lambda: ops.conv2d(X[0, 0], W), ValueError, r"x has shape \(28, 28\), but must be \(N, C, H, W\), or"),
        (lambda: ops.conv1d(X, W), ValueError, r"conv1d: x has shape \(8, 3, 28, 28\), but must be \(N, C"),
        (lambda: ops.conv2d(X, W[0]), ValueError, r"weight has shape \(3, 3, 3\), but must have 4 dim"),
        (lambda: ops.conv2d(X, W[:, :, :0]), ValueError, r"weight has shape \(16, 3, 0, 3\); no size may be 0"),
        (lambda: ops.conv2d(X, W, np.zeros(3, np.float32)), ValueError, r"bias has shape \(3,\), but must be \(16,\)"),
        (lambda: ops.conv2d(X, W.astype(np.float64)), TypeError, r"x is float32 and weight float64; convert the input"),
        (lambda: ops.conv2d(X.astype(np.int64), W), TypeError, r"x is int64, but must be float32 or float64"),
        (lambda: ops.conv2d(X, 2.0), TypeError, r"weight must be a tensor or an array, got float 2.0"),
        (lambda: ops.conv2d(X, W, stride=0), ValueError, r"stride is 0, but must be at least 1"),
        (lambda: ops.conv2d(X, W, stride=(1, 2, 3)), ValueError, r"stride is \(1, 2, 3\), but needs one int, or 2"),
        (lambda: ops.conv2d(X, W, stride=1.5), TypeError, r"stride must be an int or 2 of them, got 1.5"),
        (lambda: ops.conv2d(X, W, padding=-1), ValueError, r"padding is -1, but must be at least 0"),
        (lambda: ops.conv2d(X, W, dilation=0), ValueError, r"dilation is 0, but must be at least 1"),
        (lambda: ops.conv2d(X, W, padding="full"), ValueError, r"padding is 'full', but must be .*'valid' or 'same'"),
        (lambda: ops.conv2d(X, W, padding="same", stride=2), ValueError, r"padding='same' .*stride must be 1, got"),
        (
            lambda: ops.conv2d(X[:, :, :2], W),
            ValueError,
            r"the kernel spans \(3, 3\), more than the padded input \(2, 28\)",
        ),
        (
            lambda: ops.conv_transpose2d(X, W),
            ValueError,
            r"conv_transpose2d: x has 3 channels .* but weight expects 16 .*pass in_channels=3",
        ),
        (
            lambda: ops.conv_transpose2d(X, W[:3], groups=2),
            ValueError,
            r"weight has 3 input channels .*, which groups=2 does not divide",
        ),
        (
            lambda: ops.conv_transpose2d(X, W[:3], output_padding=1),
            ValueError,
            r"output_padding is 1, but must be below stride \(1, 1\) or dilation \(1, 1\)",
        ),
        (lambda: ops.conv_transpose2d(X, W[:3], padding=15), ValueError, r"leave an output of size \(0, 0\); use less"),
        (lambda: F.unfold(X[:, :, :1], 3), ValueError, r"unfold: kernel_size \(3, 3\) .* larger than"),
        (lambda: F.fold(X, (3, 3), 2), ValueError, r"fold: x has shape \(8, 3, 28, 28\), but must be"),
        (lambda: F.fold(X[0], (3, 3), 2), ValueError, r"fold: x has 28 rows and 28 columns .* needs a multiple of 4"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
