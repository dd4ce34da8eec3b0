"""Every branch of the kernels of convolution against plain loops: forward, gradient to the input, gradient to the weight.

`tests/test_conv.py` draws shapes by chance; here each is chosen for a branch, and none is left to chance. Sizes count in
vectors where a branch depends on them, so that it is taken on any machine. One dtype is enough where the code is shared.
"""

import math

import numpy as np
import pytest

from autograd_core.kernels.convolution import columns, sliding, winograd
from autograd_core.kernels.convolution import conv as kernels
from autograd_core.kernels.machine.vectors import lanes, machine

from . import naive

F4, F8 = np.float32, np.float64
V = lanes(F8)  # numbers of float64 in a vector


def rand(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@pytest.fixture(autouse=True)
def nothing_is_left_unset(monkeypatch):
    """Results begin as NaN, so that a place which is not set is seen."""
    monkeypatch.setattr(kernels, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))


def wanted(x, w, b, g, stride, padding, dilation, groups):
    """The three products by loops; g None stands for random numbers. Returns g too."""
    out = naive.conv(x, w, b, stride, padding, dilation, groups)
    g = rand(*out.shape, seed=3) if g is None else g
    spans = (d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True))
    extra = [
        n + 2 * p - span - (o - 1) * s
        for n, p, span, o, s in zip(x.shape[2:], padding, spans, out.shape[2:], stride, strict=True)
    ]
    gx = naive.conv_transpose(g, w, None, stride, padding, extra, groups, dilation)
    cols = naive.im2col(x, w.shape[2:], stride, padding, dilation)  # (N, C KK, P)
    N, P = len(x), math.prod(out.shape[2:])
    cols = cols.reshape(N, groups, cols.shape[1] // groups, P)
    gw = np.einsum("ngop,ngkp->gok", g.reshape(N, groups, w.shape[0] // groups, P), cols).reshape(w.shape)
    return out, g, gx, gw


def check(x, w, dtype=F8, stride=1, padding=0, dilation=1, groups=1):
    """All three for random numbers of these shapes."""
    dims = len(x) - 2
    how = tuple(v if isinstance(v, tuple) else (v,) * dims for v in (stride, padding, dilation))
    x, w, b = (a.astype(dtype) for a in (rand(*x), rand(*w, seed=1), rand(w[0], seed=2)))
    out, g, gx, gw = wanted(x, w, b, None, *how, groups)
    g = g.astype(dtype)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == F4 else {"rtol": 1e-11, "atol": 1e-12}
    np.testing.assert_allclose(kernels.conv_forward(x, w, b, *how, groups), out, **close)
    np.testing.assert_allclose(kernels.conv_input_grad(g, w, x.shape, *how, groups), gx, **close)
    np.testing.assert_allclose(kernels.conv_weight_grad(g, x, w.shape, *how, groups), gw, **close)


# ------------------------------------------------------------------------------------------------------ tiles of all sizes


@pytest.mark.parametrize("vectors", [None, 8, 4, 2, 1])
@pytest.mark.parametrize("dtype", [F4, F8])
def test_tiles_of_every_width(vectors, dtype):
    """One output channel more than a micro-tile of this width holds; positions for micro-tiles of 8, 4, 2 and 1 vectors and
    a bit. In the gradient to the input, the input channels have the same count."""
    channels = 1 if vectors is None else machine().mr[vectors] + 1
    positions = 15 * lanes(dtype) + 1
    check((1, 2, 1, positions), (channels, 2, 1, 1), dtype)
    check((2, channels, 1, positions), (1, channels, 1, 1), dtype)


@pytest.mark.parametrize("filters", [1, 2, 4 * V, 4 * V + 3])
@pytest.mark.parametrize("channels", [1, 5, 13])
def test_channels_that_fill_no_tile(filters, channels):
    """Of the gradient to the weight, micro-panels of two vectors of output channels, of which the last is not full."""
    check((1, channels, 3, 4), (filters, channels, 2, 3))


@pytest.mark.parametrize(
    ("images", "channels"),
    [(3, 7), (1, 21), (20, 1)],  # blocks of 2 channels and a last one of 1, twice; 16 shares, of 1 or 2 images
)
def test_blocks_and_shares_of_the_gradient_to_the_weight(images, channels):
    check((images, channels, 3, 3), (2, channels, 2, 2), stride=(1, 2))


def test_few_elements_of_the_filter_and_many_output_channels():
    """Of the gradient to the weight, micro-panels of elements of the filter; all channels together, and in blocks of one."""
    C = 2 * V + 1
    check((8, 2 * C, 3, 3), (4 * C + 2, C, 1, 1), stride=2, groups=2)
    check((1, 5, 3, 2, 3), (11, 5, 2, 1, 1), padding=1)
    check((16, 2, 2, 2, 3), (17, 2, 2, 2, 2))


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of as few output rows as can be: enough for 256 positions."""
    monkeypatch.setattr(sliding, "BLOCK", 1)
    sliding.layout.cache_clear()
    yield
    sliding.layout.cache_clear()


@pytest.mark.parametrize("how", [{}, {"padding": 1}, {"stride": 2, "padding": 1}, {"stride": 3}, {"dilation": 2}])
def test_blocks_of_output_rows(small_blocks, how):
    """Of the parts of a strided gradient to the input some have fewer rows than there are blocks."""
    stride, dilation = how.get("stride", 1), how.get("dilation", 1)
    check((2, 1, 9 + 2 * dilation, 128 * stride), (2, 1, 3, 2), **how)


# --------------------------------------------------------------------------------------------------- how rows are copied

PLAIN = {
    "one pixel, one channel": ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    "a window as large as the image": ((2, 2, 3, 4), (3, 2, 3, 4), {}),
    "whole rows together": ((1, 2, 5, 3 * V + 1), (2, 2, 1, 1), {}),
    "rows of vectors, some of padding": ((1, 2, 5, 3 * V + 1), (2, 2, 3, 3), {"padding": 1}),
    "rows of less than a vector": ((2, 2, 5, V - 1), (3, 2, 3, 3), {"padding": 1}),
    "rows of one number": ((2, 2, 7, 1), (3, 2, 3, 3), {"padding": 1}),
    "one row": ((2, 2, 1, 3 * V), (3, 2, 3, 3), {"padding": 1}),
    "padding larger than the filter": ((1, 2, 3, 4), (2, 2, 2, 3), {"padding": (4, 5)}),
    "padding larger than filter and image": ((1, 1, 1, 1), (2, 1, 1, 2), {"padding": 3}),
    "columns of the filter that see only padding": ((1, 2, 3, 1), (2, 2, 1, 5), {"padding": (0, 2)}),
    "rows of the filter that see only padding": ((1, 2, 1, 3), (2, 2, 5, 1), {"padding": (2, 0)}),
    "dilation": ((1, 2, 9, 2 * V + 7), (2, 2, 3, 3), {"dilation": (3, 2), "padding": (1, 2)}),
    "dilation over more than the image": ((1, 2, 3, 3), (2, 2, 2, 2), {"dilation": 4, "padding": 2}),
    "one dimension": ((2, 2, 5 * V + 1), (3, 2, 4), {"padding": 2}),
}
STRIDED = {
    "every other number, by vectors and a rest": ((1, 2, 6, 4 * V + 7), (2, 2, 3, 3), {"stride": 2, "padding": 1}),
    "every other number, a whole number of vectors": ((1, 1, 4, 4 * V), (2, 1, 2, 2), {"stride": 2}),
    "every other number, less than a vector": ((1, 2, 5, 2 * V - 3), (2, 2, 3, 3), {"stride": 2, "padding": 1}),
    "every other number, filter of one": ((2, 3, 5, 4 * V + 1), (4, 3, 1, 1), {"stride": 2}),
    "every other number, an even row": ((2, 3, 4, 4 * V), (4, 3, 1, 1), {"stride": 2}),
    "stride 3": ((1, 2, 8, 3 * V + 5), (2, 2, 3, 3), {"stride": 3, "padding": 1}),
    "stride 3, as many columns as before": ((1, 2, 4, 4), (2, 2, 1, 3), {"stride": (1, 3), "padding": (0, 4)}),
    "stride of rows, rows as far apart as before": ((1, 2, 5, 4), (2, 2, 1, 3), {"stride": (2, 1), "padding": (0, 3)}),
    "stride 4, a filter of two": ((1, 2, 9, 4 * V + 2), (2, 2, 2, 2), {"stride": 4, "padding": 1}),
    "stride of rows alone": ((1, 2, 7, 2 * V + 1), (2, 2, 3, 3), {"stride": (2, 1), "padding": 1}),
    "stride of columns alone": ((1, 2, 5, 4 * V + 1), (2, 2, 3, 3), {"stride": (1, 2), "padding": 1}),
    "stride 3 of rows, 2 of columns": ((1, 2, 8, 2 * V + 5), (2, 2, 3, 3), {"stride": (3, 2), "padding": 1}),
    "stride 2 of rows, 3 of columns": ((1, 2, 8, 3 * V + 1), (2, 2, 4, 2), {"stride": (2, 3), "padding": (1, 0)}),
    "stride larger than the image": ((2, 2, 3, 4), (2, 2, 2, 2), {"stride": 5}),
    "stride 2 on one column": ((2, 2, 5, 1), (2, 2, 3, 1), {"stride": 2, "padding": (1, 0)}),
    "stride 3 on two columns": ((2, 2, 5, 2), (2, 2, 3, 2), {"stride": 3, "padding": 1}),
    "stride and dilation that share a factor": (
        (1, 2, 9, 2 * V + 9), (2, 2, 3, 3), {"stride": 2, "dilation": 2, "padding": 1},
    ),
    "stride and dilation that do not": ((1, 2, 9, 2 * V + 9), (2, 2, 3, 3), {"stride": 2, "dilation": 3, "padding": 3}),
    "stride 4 and dilation 2": ((1, 2, 9, 3 * V + 9), (2, 2, 3, 3), {"stride": 4, "dilation": 2, "padding": 2}),
    "stride 2 and padding larger than the filter": ((1, 2, 4, 5), (2, 2, 2, 3), {"stride": 2, "padding": (3, 5)}),
    "one dimension, stride 2": ((2, 2, 5 * V + 1), (3, 2, 4), {"stride": 2, "padding": 2}),
}  # fmt: skip
DEEP = {
    "depths of which all, some or none are inside": ((1, 2, 2, 3, 3), (2, 2, 3, 2, 2), {"padding": (3, 0, 1)}),
    "stride of depths alone": ((2, 2, 5, 3, 3), (2, 2, 2, 2, 2), {"stride": (2, 1, 1)}),
    "stride 3 of depths alone, of which a filter reaches two": (
        (1, 2, 7, 3, 4),
        (2, 2, 2, 2, 2),
        {"stride": (3, 1, 1)},
    ),
    "stride 3 of depths, of which a filter reaches two": ((1, 2, 7, 4, 5), (2, 2, 2, 1, 1), {"stride": (3, 2, 2)}),
    "dilation of depths": (
        (1, 2, 5, 3, 3),
        (2, 2, 2, 2, 2),
        {"dilation": (3, 1, 1), "padding": (1, 0, 0), "stride": 2},
    ),
}
GROUPED = {
    "two groups": ((2, 4, 5, V + 1), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    "two groups, stride 2": ((2, 4, 5, 2 * V + 1), (6, 2, 3, 3), {"groups": 2, "padding": 1, "stride": 2}),
    "two groups, deep": ((1, 4, 3, 3, 3), (4, 2, 2, 2, 2), {"groups": 2, "padding": 1}),
    "depthwise": ((2, 5, 5, V + 1), (5, 1, 3, 3), {"groups": 5, "padding": 1}),
    "depthwise, stride 2": ((2, 5, 6, 2 * V + 1), (5, 1, 3, 3), {"groups": 5, "padding": 1, "stride": 2}),
    "depthwise, two filters for each channel": ((1, 3, 5, V), (6, 1, 2, 2), {"groups": 3, "dilation": 2}),
}
CASES = {**PLAIN, **STRIDED, **DEEP, **GROUPED}


@pytest.mark.parametrize("name", CASES)
def test_branches(name):
    x, w, how = CASES[name]
    check(x, w, **how)


@pytest.mark.parametrize("name", [*PLAIN, *GROUPED])
def test_branches_of_winograd(monkeypatch, name):
    """Taken by everything it can take; the others go the direct way in float32."""
    monkeypatch.setattr(winograd, "pays", lambda x, filters, dtype, how: _can(how))
    x, w, how = CASES[name]
    check(x, w, F4, **how)


def _can(how):
    """What Winograd's way is made for."""
    square = how.window[1] == how.window[2] and how.window[1] in (3, 5)
    return square and how.stride[1:] == how.dilation[1:] == (1, 1)


@pytest.mark.parametrize(
    ("x", "w", "padding"),
    [
        ((1, 1, 3, 3), (1, 1, 3, 3), 0),  # one output, of a tile of 16
        ((2, 1, 5, 5), (1, 1, 5, 5), 0),  # of a tile of 4
        ((1, 1, 1, 1), (2, 1, 5, 5), 2),  # nearly all of the tile is padding
        ((1, 2, 2, 3), (2, 2, 3, 3), 4),  # padding larger than the filter: tiles of nothing but padding
        ((1, 1, 3, 203), (1, 1, 3, 3), 1),  # one row of tiles is more than a block
        ((1, 1, 14, 55), (2, 1, 3, 3), 1),  # two blocks of rows, of which the last is not full
        ((1, 1, 19, 16), (1, 1, 5, 5), 2),  # the same of 5x5
        ((30, 1, 7, 6), (1, 1, 3, 3), 1),  # blocks of 12 images, and of 6
        ((1, 3, 6, 6), (32, 3, 3, 3), 1),  # rows of filters a multiple of 32 numbers long
        ((1, 9, 5, 5), (9, 9, 3, 3), 1),  # one channel more than a vector, on both sides
    ],
)  # fmt: skip
def test_edges_of_winograd(monkeypatch, x, w, padding):
    monkeypatch.setattr(winograd, "pays", lambda x, filters, dtype, how: _can(how))
    check(x, w, F4, padding=padding)


# ------------------------------------------------------------------------------------------------------- nothing to do


@pytest.mark.parametrize("dtype", [F4, F8])
@pytest.mark.parametrize("stride", [1, 2])
def test_no_images(dtype, stride):
    x, w, b = np.zeros((0, 2, 5, 6), dtype), rand(3, 2, 3, 3).astype(dtype), rand(3).astype(dtype)
    how = (stride, stride), (1, 1), (1, 1)
    out = kernels.conv_forward(x, w, b, *how, 1)
    assert out.shape == (0, 3, *kernels.output_size((5, 6), (3, 3), *how))
    assert kernels.conv_input_grad(out, w, x.shape, *how, 1).shape == x.shape
    gw = kernels.conv_weight_grad(out, x, w.shape, *how, 1)
    np.testing.assert_array_equal(gw, np.zeros_like(w))
    size = out.shape[2:]
    cols = columns.im2col(x, (3, 3), size, *how)
    assert cols.shape == (0, 18, math.prod(size))
    assert columns.col2im(cols, x.shape, (3, 3), size, *how).shape == x.shape


@pytest.mark.parametrize("stride", [1, 2])
def test_images_of_nothing_but_padding(stride):
    """Rows there are none of: the bias is all there is."""
    x, w, b = np.zeros((2, 2, 0, 3)), rand(3, 2, 2, 2), rand(3)
    how = (stride, stride), (2, 1), (1, 1)
    out = kernels.conv_forward(x, w, b, *how, 1)
    np.testing.assert_array_equal(out, np.broadcast_to(b[:, None, None], out.shape))
    assert out.shape == (2, 3, *kernels.output_size((0, 3), (2, 2), *how))
    assert kernels.conv_input_grad(out, w, x.shape, *how, 1).shape == x.shape
    np.testing.assert_array_equal(kernels.conv_weight_grad(out, x, w.shape, *how, 1), np.zeros_like(w))


# ------------------------------------------------------------------------------------------------------------- layouts


def strange(x):
    """The same numbers, otherwise in memory: by columns, every other one, backwards, read-only."""
    apart = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)[..., ::2]
    apart[...] = x
    fixed = x.copy()
    fixed.flags.writeable = False
    return np.asfortranarray(x), apart, x[..., ::-1].copy()[..., ::-1], fixed


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("wins", [False, True])
def test_layouts(monkeypatch, stride, wins):
    monkeypatch.setattr(winograd, "pays", lambda x, filters, dtype, how: wins and _can(how))
    how = (stride, stride), (1, 1), (1, 1), 1
    x, w, b = (a.astype(F4) for a in (rand(2, 3, 7, 6), rand(4, 3, 3, 3, seed=1), rand(4, seed=2)))
    out = kernels.conv_forward(x, w, b, *how)
    g = rand(*out.shape, seed=3).astype(F4)
    gx, gw = kernels.conv_input_grad(g, w, x.shape, *how), kernels.conv_weight_grad(g, x, w.shape, *how)
    for x_, w_, b_, g_ in zip(*map(strange, (x, w, b, g)), strict=True):
        np.testing.assert_array_equal(kernels.conv_forward(x_, w_, b_, *how), out)
        np.testing.assert_array_equal(kernels.conv_input_grad(g_, w_, x.shape, *how), gx)
        np.testing.assert_array_equal(kernels.conv_weight_grad(g_, x_, w.shape, *how), gw)
    one = np.broadcast_to(F4(2), g.shape)  # as the gradient of a sum comes
    np.testing.assert_array_equal(
        kernels.conv_weight_grad(one, x, w.shape, *how), kernels.conv_weight_grad(one.copy(), x, w.shape, *how)
    )


# ----------------------------------------------------------------------------------------------------- unusual numbers


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads_as_far_as_its_window(stride, bad):
    """Also between the rows and the parts of one copy, which is used again."""
    how = (stride, stride), (1, 1), (1, 1)
    x, w = rand(2, 3, 7, 4 * V + 1), rand(2, 3, 3, 3, seed=1)
    for place in ((0, 0, 0, 0), (0, 1, 3, 5), (1, 2, 6, 4 * V), (1, 1, 1, 2)):
        x_bad = x.copy()
        x_bad[place] = bad
        out = kernels.conv_forward(x_bad, w, None, *how, 1)
        np.testing.assert_allclose(out, naive.conv(x_bad, w, None, *how), rtol=1e-11, atol=1e-12)
        g = rand(*out.shape, seed=3)
        g[place[0], :, place[2] // stride, place[3] // stride] = bad
        gx = kernels.conv_input_grad(g, w, x.shape, *how, 1)
        touched = naive.conv_transpose(~np.isfinite(g), np.ones_like(w), None, *how[:2], _left(x, out, how), 1, how[2])
        np.testing.assert_array_equal(~np.isfinite(gx), touched > 0)
        gw = kernels.conv_weight_grad(rand(*out.shape), x_bad, w.shape, *how, 1)
        cols = naive.im2col(~np.isfinite(x_bad), (3, 3), *how)
        np.testing.assert_array_equal(~np.isfinite(gw[0]).reshape(-1), cols.any((0, 2)))


def _left(x, out, how):
    """The output padding of the adjoint."""
    return [n + 2 - 3 - (o - 1) * s for n, o, s in zip(x.shape[2:], out.shape[2:], how[0], strict=True)]


@pytest.mark.parametrize("dtype", [F4, F8])
def test_denormal_numbers_are_kept(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    x = (np.arange(1, 2 * 3 * 33 + 1).reshape(1, 2, 3, 33) * tiny).astype(dtype)
    w = np.array([[1, 0], [1, 2], [-1, 1]], dtype).reshape(3, 2, 1, 1)
    for stride in (1, 2):
        how = (stride, stride), (0, 0), (1, 1)
        here = x[..., ::stride, ::stride]
        out = kernels.conv_forward(x, w, None, *how, 1)
        exact = np.stack([here[:, 0], here[:, 0] + 2 * here[:, 1], here[:, 1] - here[:, 0]], 1)
        np.testing.assert_array_equal(out, exact)
        gx = kernels.conv_input_grad(out, w, x.shape, *how, 1)[..., ::stride, ::stride]
        np.testing.assert_array_equal(gx[:, 1], 2 * out[:, 1] + out[:, 2])
        gw = kernels.conv_weight_grad(np.ones_like(out), x, w.shape, *how, 1)
        np.testing.assert_array_equal(gw[:, :, 0, 0], np.broadcast_to(here.sum((0, 2, 3)), (3, 2)))


@pytest.mark.parametrize("scale", [1e36, 1e-42])
def test_winograd_at_the_ends_of_the_range(monkeypatch, scale):
    """Where a transform overflows though no result does, the direct way is taken; small numbers lose what all lose."""
    monkeypatch.setattr(winograd, "pays", lambda x, filters, dtype, how: _can(how))
    monkeypatch.setattr(winograd, "convolve", _noting(winograd.convolve, found := []))
    x, w = rand(2, 3, 9, 10), np.full((2, 3, 3, 3), 2.0**-5)
    x[0, 0, 4, 4] = 250.0
    x, w = (scale * x).astype(F4), w.astype(F4)
    how = (1, 1), (1, 1), (1, 1)
    out, g, gx, gw = wanted(x.astype(F8), w.astype(F8), None, None, *how, 1)
    near = {"rtol": 1e-4, "atol": 1e-4 * scale + 64 * float(np.finfo(F4).smallest_subnormal)}
    np.testing.assert_allclose(kernels.conv_forward(x, w, None, *how, 1), out, **near)
    assert found == [scale < 1]
    g4 = g.astype(F4)
    np.testing.assert_allclose(kernels.conv_weight_grad(g4 / 256, x, w.shape, *how, 1), gw / 256, **near)
    np.testing.assert_allclose(kernels.conv_input_grad(g4, w, x.shape, *how, 1), gx, rtol=1e-4, atol=1e-4)


def _noting(function, results):
    """The function; what it returns is put into a list."""

    def call(*args):
        results.append(function(*args))
        return results[-1]

    return call


# ------------------------------------------------------------------------------------------------------------- columns


@pytest.mark.parametrize("name", [*PLAIN, *STRIDED, *DEEP])
def test_columns(name):
    shape, w, how = CASES[name]
    x, dims = rand(*shape), len(shape) - 2
    how = [how.get(what, default) for what, default in (("stride", 1), ("padding", 0), ("dilation", 1))]
    how = [v if isinstance(v, tuple) else (v,) * dims for v in how]
    size = kernels.output_size(shape[2:], w[2:], *how)
    cols = columns.im2col(np.asfortranarray(x), w[2:], size, *how)
    np.testing.assert_array_equal(cols, naive.im2col(x, w[2:], *how))
    y = np.asfortranarray(rand(*cols.shape, seed=1))
    back = columns.col2im(y, shape, w[2:], size, *how)
    np.testing.assert_allclose(back, naive.col2im(y, shape[2:], w[2:], *how), rtol=1e-12, atol=1e-12)
