"""Convolution over 1 to 3 dimensions: three products that are each other's gradients; and im2col with its adjoint.

As in PyTorch, filters are not flipped: out[n, o, p] = Σ_{c, k} w[o, c, k] x[n, c, p·stride − padding + k·dilation].

The textbook writes the window of x under each output position as a column, a matrix KK times as large as x, and
multiplies w by it. Here that matrix is never written. One copy of x for each kw suffices, as wide as the output:

    shifts[c, kw, h, ow] = x[c, h, ow·stride − padding + kw·dilation]

In it, the row of the matrix for the filter element (c, kh, kw) is one contiguous run, kh rows from the start of plane
(c, kw). So a table of offsets, one a filter element, turns the product w @ columns into sums of runs. A stride s along
the height is met by keeping the rows h = r, r + s, r + 2s, … of each remainder r together. The copy is made for one
block of channels or output rows at a time and stays in the cache; backward makes it again rather than keep it.

Kernels see depth, height and width: of two dimensions, the depth is 1, of one, the width too (so that a long sequence
is a long run). Filters that are KD deep are KD flat ones. Groups are a dimension of their own:
x (N, G, C, D, H, W), w (G, KD, OC, K) with K = C KH KW, out (N, G, OC, P) with P = OD OH OW.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from .runtime import kernel, parallel_for, plain, warms_up

Sizes = tuple[int, ...]


# ---------------------------------------------------------------------------------------------------- x, shifted by kw


@kernel()
def clear(x, start, stop):  # type: ignore[no-untyped-def]
    """x[start:stop] = 0, as a loop: what Numba makes of the assignment takes ten times as long to compile."""
    for i in range(start, stop):
        x[i] = 0


@kernel()
def fill_shifts(x, c0, c1, d, h0, LH, remainders, KW, OW, stride, padding, dilation, shifts):  # type: ignore[no-untyped-def]
    """shifts (C, KW, R, LH, OW), flat, of channels c0 : c1 of x (C, D, H, W) at depth d, rows from h0; 0 outside x."""
    H, W = x.shape[2], x.shape[3]
    step = stride[2]
    at = 0
    for c in range(c0, c1):
        for kw in range(KW):
            first = kw * dilation[2] - padding[2]
            lo = min(OW, max(0, -(first // step)))  # the outputs lo : hi see columns inside x
            hi = max(lo, min(OW, (W - 1 - first) // step + 1))
            for remainder in remainders:
                for row in range(h0, h0 + LH):
                    h = row * stride[1] + remainder - padding[1]
                    inside = 0 <= h < H
                    a, b = (lo, hi) if inside else (OW, OW)
                    target = shifts[at : at + OW]
                    source = x[c, d, h if inside else 0][a * step + first :]
                    for i in range(a):
                        target[i] = 0
                    for i in range(b - a):
                        target[a + i] = source[i * step]
                    for i in range(b, OW):
                        target[i] = 0
                    at += OW


@kernel()
def add_shifts(x, c0, c1, d, h0, LH, remainders, KW, OW, stride, padding, dilation, shifts):  # type: ignore[no-untyped-def]
    """The adjoint of `fill_shifts`: each element is added to the element of x that it would have been read from."""
    H, W = x.shape[2], x.shape[3]
    step = stride[2]
    at = 0
    for c in range(c0, c1):
        for kw in range(KW):
            first = kw * dilation[2] - padding[2]
            lo = min(OW, max(0, -(first // step)))
            hi = max(lo, min(OW, (W - 1 - first) // step + 1))
            for remainder in remainders:
                for row in range(h0, h0 + LH):
                    h = row * stride[1] + remainder - padding[1]
                    if 0 <= h < H:
                        source = shifts[at + lo : at + hi]
                        target = x[c, d, h][lo * step + first :]
                        for i in range(hi - lo):
                            target[i * step] += source[i]
                    at += OW


# ---------------------------------------------------------------------------------------------------- products of runs


@kernel()
def add_product(a, b, b_at, c, c_at, n, spare):  # type: ignore[no-untyped-def]
    """c[c_at[i] + j] += Σ_k a[i, k] b[b_at[k] + j] for j < n: two rows by four terms at a time.

    a (M, K): M even, K a multiple of four. Rows 2i and 2i + 1 must not overlap in c. Where c_at is negative, the row
    goes to `spare` (≥ n), which nobody reads.
    """
    for i in range(0, a.shape[0], 2):
        a0, a1 = a[i], a[i + 1]
        c0 = c[c_at[i] : c_at[i] + n]
        c1 = c[c_at[i + 1] : c_at[i + 1] + n] if c_at[i + 1] >= 0 else spare[:n]
        for k in range(0, a.shape[1], 4):
            b0, b1 = b[b_at[k] : b_at[k] + n], b[b_at[k + 1] : b_at[k + 1] + n]
            b2, b3 = b[b_at[k + 2] : b_at[k + 2] + n], b[b_at[k + 3] : b_at[k + 3] + n]
            a00, a01, a02, a03 = a0[k], a0[k + 1], a0[k + 2], a0[k + 3]
            a10, a11, a12, a13 = a1[k], a1[k + 1], a1[k + 2], a1[k + 3]
            for j in range(n):
                c0[j] += a00 * b0[j] + a01 * b1[j] + a02 * b2[j] + a03 * b3[j]
                c1[j] += a10 * b0[j] + a11 * b1[j] + a12 * b2[j] + a13 * b3[j]


@kernel(reassociate=True)
def add_dots(g, p0, b, b_at, c, n):  # type: ignore[no-untyped-def]
    """c[o, k] += Σ_j g[o, p0 + j] b[b_at[k] + j] over j < n: two rows by four columns at a time.

    c (≥ OC, K): an even number of rows, K a multiple of four. Where OC is odd, its last row is there to be written to.
    """
    OC = g.shape[0]
    zero = g.dtype.type(0)
    for o in range(0, OC, 2):
        g0, g1 = g[o, p0 : p0 + n], g[min(o + 1, OC - 1), p0 : p0 + n]
        c0, c1 = c[o], c[o + 1]
        for k in range(0, c.shape[1], 4):
            b0, b1 = b[b_at[k] : b_at[k] + n], b[b_at[k + 1] : b_at[k + 1] + n]
            b2, b3 = b[b_at[k + 2] : b_at[k + 2] + n], b[b_at[k + 3] : b_at[k + 3] + n]
            s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = zero
            for j in range(n):
                s0 += g0[j] * b0[j]
                s1 += g0[j] * b1[j]
                s2 += g0[j] * b2[j]
                s3 += g0[j] * b3[j]
                t0 += g1[j] * b0[j]
                t1 += g1[j] * b1[j]
                t2 += g1[j] * b2[j]
                t3 += g1[j] * b3[j]
            c0[k] += s0
            c0[k + 1] += s1
            c0[k + 2] += s2
            c0[k + 3] += s3
            c1[k] += t0
            c1[k + 1] += t1
            c1[k + 2] += t2
            c1[k + 3] += t3


# -------------------------------------------------------------------------------------------------- loops over images


@kernel()
def _forward(  # type: ignore[no-untyped-def]
    start, stop, x, w, bias, out, b_at, remainders, window, size, stride, padding, dilation, rows, extra
):
    """A task is `rows` output rows of one image and group. out is flat, bias (G, OC)."""
    G, C, D = x.shape[1], x.shape[2], x.shape[3]
    OC = bias.shape[1]
    OD, OH, OW = size
    LH = rows + extra
    blocks = (OH + rows - 1) // rows
    used = C * window[2] * len(remainders) * LH * OW
    shifts, spare = np.empty(used + rows * OW, x.dtype), np.empty(rows * OW, x.dtype)
    clear(shifts, used, len(shifts))  # where b_at leads beyond the filter
    c_at = np.empty(w.shape[2], np.int64)
    c_at[-1] = -1  # stays so if OC is odd
    for task in range(start, stop):
        block, od, group, n = task % blocks, task // blocks % OD, task // (blocks * OD) % G, task // (blocks * OD * G)
        h0 = block * rows
        count = min(rows, OH - h0) * OW
        for o in range(OC):
            c_at[o] = (((n * G + group) * OC + o) * OD + od) * OH * OW + h0 * OW
            row = out[c_at[o] : c_at[o] + count]
            for i in range(count):
                row[i] = bias[group, o]
        for kd in range(window[0]):
            d = od * stride[0] + kd * dilation[0] - padding[0]
            if 0 <= d < D:
                fill_shifts(
                    x[n, group], 0, C, d, h0, LH, remainders, window[2], OW, stride, padding, dilation, shifts
                )
                add_product(w[group, kd], shifts, b_at, out, c_at, count, spare)


@kernel()
def _input_grad(  # type: ignore[no-untyped-def]
    start, stop, g, w, gx, c_at, remainders, window, size, stride, padding, dilation, channels, extra
):
    """A task is a block of channels of one image and group: w (pairs of channels, OC) @ g (OC, P), shifted back.

    w (G, KD, blocks, pairs of channels at each of KH KW, OC up to a multiple of four); gx comes as zeros.
    """
    G, C, D = gx.shape[1], gx.shape[2], gx.shape[3]
    OC = g.shape[2]
    OD, OH, OW = size
    P = OH * OW
    LH = OH + extra
    blocks = w.shape[2]
    step = min(P, 512)
    runs, run_at = np.empty(w.shape[4] * step, g.dtype), np.empty(w.shape[4], np.int64)
    clear(runs, 0, len(runs))
    for o in range(len(run_at)):
        run_at[o] = o * step
    shifts = np.empty((channels + channels % 2) * window[2] * len(remainders) * LH * OW, g.dtype)
    for task in range(start, stop):
        block, group, n = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for d in range(D):
            clear(shifts, 0, len(shifts))
            for kd in range(window[0]):
                at = d + padding[0] - kd * dilation[0]
                od = at // stride[0]
                if at % stride[0] == 0 and 0 <= od < OD:
                    for p0 in range(0, P, step):
                        count = min(step, P - p0)
                        for o in range(OC):
                            run = runs[o * step : o * step + count]
                            source = g[n, group, o, od * P + p0 : od * P + p0 + count]
                            for i in range(count):
                                run[i] = source[i]
                        add_product(w[group, kd, block], runs, run_at, shifts[p0:], c_at, count, runs)
            add_shifts(
                gx[n, group], c0, c1, d, 0, LH, remainders, window[2], OW, stride, padding, dilation, shifts
            )


@kernel()
def _weight_grad(  # type: ignore[no-untyped-def]
    start, stop, g, x, gw, b_at, remainders, window, size, stride, padding, dilation, channels, rows, extra
):
    """A task is a block of channels of one group, over one share of the images, into gw[share] (G, KD, blocks, OC, K).

    OC is rounded up to an even number, K = channels KH KW to a multiple of four; gw comes as zeros.
    """
    N, G = g.shape[0], g.shape[1]
    C, D = x.shape[2], x.shape[3]
    OD, OH, OW = size
    LH = rows + extra
    shares, blocks = gw.shape[0], gw.shape[3]
    shifts = np.empty(channels * window[2] * len(remainders) * LH * OW + rows * OW, x.dtype)
    clear(shifts, 0, len(shifts))
    for task in range(start, stop):
        block, group, share = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for n in range(share * N // shares, (share + 1) * N // shares):
            for od in range(OD):
                for h0 in range(0, OH, rows):
                    p0, count = (od * OH + h0) * OW, min(rows, OH - h0) * OW
                    for kd in range(window[0]):
                        d = od * stride[0] + kd * dilation[0] - padding[0]
                        if 0 <= d < D:
                            image = x[n, group]
                            fill_shifts(
                                image, c0, c1, d, h0, LH, remainders, window[2], OW, stride, padding, dilation, shifts
                            )
                            add_dots(g[n, group], p0, shifts, b_at, gw[share, group, kd, block], count)


# ------------------------------------------------------------------------------------------------------------ wrappers

BLOCK = 128 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


def output_size(size: Sizes, window: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """How many positions the window has along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, window, stride, padding, dilation, strict=True)
    )


def three(sizes: Sizes, fill: int) -> tuple[int, int, int]:
    """The sizes of one, two or three dimensions as depth, height and width: 1 x L x 1, 1 x H x W."""
    if len(sizes) == 1:
        return fill, sizes[0], fill
    return (fill,) * (3 - len(sizes)) + tuple(sizes)  # type: ignore[return-value]


class Geometry(NamedTuple):
    """How windows lie, in three dimensions, and where rows lie in the shifted copies."""

    window: Sizes
    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    remainders: ndarray  # of the height, those of kh·dilation by the stride
    extra: int  # how many rows more than outputs the copies have

    def offsets(self, rows: int) -> ndarray:
        """(KH, KW): where the run of a filter element starts in the planes (KW, R, rows + extra, OW) of a channel."""
        kh, kw = np.arange(self.window[1])[:, None] * self.dilation[1], np.arange(self.window[2])
        r = np.searchsorted(self.remainders, kh % self.stride[1])
        return ((kw * len(self.remainders) + r) * (rows + self.extra) + kh // self.stride[1]) * self.size[2]

    def channel(self, rows: int) -> int:
        """The size of those planes."""
        return self.window[2] * len(self.remainders) * (rows + self.extra) * self.size[2]

    def arguments(self) -> tuple:
        return self.window, self.size, self.stride, self.padding, self.dilation


@functools.lru_cache(256)
def geometry(window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Geometry:
    window, size, stride = three(window, 1), three(size, 1), three(stride, 1)
    padding, dilation = three(padding, 0), three(dilation, 1)
    kh = np.arange(window[1]) * dilation[1]
    return Geometry(
        window, size, stride, padding, dilation, np.unique(kh % stride[1]), int(kh[-1]) // stride[1]
    )


@functools.lru_cache(256)
def run_offsets(
    window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, channels: int, rows: int
) -> ndarray:
    """Where the runs of (C, KH, KW) start in the copies, filled up to a multiple of four with a place past them."""
    at = geometry(window, size, stride, padding, dilation)
    plane = at.channel(rows)
    runs = (np.arange(channels)[:, None, None] * plane + at.offsets(rows)).reshape(-1)
    return np.concatenate([runs, np.full(-len(runs) % 4, channels * plane)])


def _rows(at: Geometry, channels: int, itemsize: int) -> int:
    """How many output rows at a time: what fits into the block, and enough for a run of some length."""
    a_row = channels * at.channel(1 - at.extra) * itemsize
    rows = max(BLOCK // a_row - at.extra, -(-256 // at.size[2]), 1)
    blocks = -(-at.size[1] // rows)
    return -(-at.size[1] // blocks)  # of equal height


def _filled(a: ndarray, *shape: int) -> ndarray:
    """a, filled up to the shape with zeros."""
    if a.shape == shape:
        return plain(a)
    out = np.zeros(shape, a.dtype)
    out[tuple(slice(n) for n in a.shape)] = a
    return out


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _grouped(x: ndarray, groups: int) -> ndarray:
    """(N, C, …) as (N, G, C / G, D, H, W)."""
    N, C, *space = x.shape
    return plain(x).reshape(N, groups, C // groups, *three(tuple(space), 1))


def conv_forward(
    x: ndarray,
    w: ndarray,
    bias: ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes | None = None,
) -> ndarray:
    """The convolution of x (N, C, …) with w (OC, C / groups, …), plus bias (OC,): (N, OC, *size).

    `padding` zeros are put before x along each dimension, and behind it as many as `size` asks for.
    """
    N, OC, C, window = x.shape[0], w.shape[0] // groups, w.shape[1], w.shape[2:]
    size = output_size(x.shape[2:], window, stride, padding, dilation) if size is None else size
    out = np.empty((N, groups * OC, *size), x.dtype)
    if not out.size:
        return out
    at = geometry(window, size, stride, padding, dilation)
    KD, KH, KW = at.window
    K = C * KH * KW
    rows = _rows(at, C, x.itemsize)
    deep = w.reshape(groups, OC, C, KD, KH, KW).transpose(0, 3, 1, 2, 4, 5).reshape(groups, KD, OC, K)
    b = np.zeros(groups * OC, x.dtype) if bias is None else plain(bias)
    parallel_for(
        _forward,
        N * groups * at.size[0] * -(-at.size[1] // rows),
        out.size * K * KD / 8,
        _grouped(x, groups),
        _filled(deep, groups, KD, _up(OC, 2), _up(K, 4)),
        b.reshape(groups, OC),
        out.reshape(-1),
        run_offsets(*at.arguments(), C, rows),
        at.remainders,
        *at.arguments(),
        rows,
        at.extra,
    )
    return out


def conv_input_grad(
    g: ndarray, w: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in x: from g (N, OC, …) to the gradient of `shape` (N, C, …)."""
    N, OC, C, window, size = g.shape[0], w.shape[0] // groups, w.shape[1], w.shape[2:], g.shape[2:]
    gx = np.zeros(shape, g.dtype)
    if not g.size or not gx.size:
        return gx
    at = geometry(window, size, stride, padding, dilation)
    KD, KH, KW = at.window
    OH = at.size[1]
    plane = at.channel(OH)
    channels = min(C, _up(max(1, BLOCK // (plane * g.itemsize)), 2))
    blocks, pairs = -(-C // channels), -(-channels // 2)
    # rows come in pairs of the same filter element and neighbouring channels, which do not overlap in the copies
    deep = _filled(w.reshape(groups, OC, C, KD, KH * KW), groups, _up(OC, 4), blocks * channels, KD, KH * KW)
    deep = deep.reshape(groups, _up(OC, 4), blocks, channels, KD, KH * KW)
    deep = _filled(deep, groups, _up(OC, 4), blocks, 2 * pairs, KD, KH * KW)
    deep = deep.reshape(groups, _up(OC, 4), blocks, pairs, 2, KD, KH * KW).transpose(0, 5, 2, 3, 6, 4, 1)
    c_at = (np.arange(2 * pairs).reshape(pairs, 1, 2) * plane + at.offsets(OH).reshape(1, KH * KW, 1)).reshape(-1)
    parallel_for(
        _input_grad,
        N * groups * blocks,
        g.size * C * KD * KH * KW / 8,
        plain(g).reshape(N, groups, OC, math.prod(size)),
        plain(deep.reshape(groups, KD, blocks, 2 * pairs * KH * KW, _up(OC, 4))),
        _grouped(gx, groups),
        c_at,
        at.remainders,
        *at.arguments(),
        channels,
        at.extra,
    )
    return gx


def conv_weight_grad(
    g: ndarray, x: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in w: g (N, OC, …), x (N, C, …) -> the gradient of `shape` (OC, C / groups, …)."""
    N, OC, C, window, size = g.shape[0], shape[0] // groups, shape[1], shape[2:], g.shape[2:]
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype)
    at = geometry(window, size, stride, padding, dilation)
    KD, KH, KW = at.window
    channels = C if groups * C <= 16 else -(-C // -(-16 // groups))
    blocks = -(-C // channels)
    rows = _rows(at, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * math.prod(shape))
    K = channels * KH * KW
    gw = np.zeros((shares, groups, KD, blocks, _up(OC, 2), _up(K, 4)), g.dtype)
    parallel_for(
        _weight_grad,
        shares * groups * blocks,
        g.size * C * KD * KH * KW / 8,
        plain(g).reshape(N, groups, OC, math.prod(size)),
        _grouped(x, groups),
        gw,
        run_offsets(*at.arguments(), channels, rows),
        at.remainders,
        *at.arguments(),
        channels,
        rows,
        at.extra,
    )
    total = np.add.reduce(gw)[..., :OC, :K].reshape(groups, KD, blocks, OC, channels, KH, KW)
    deep = total.transpose(0, 3, 2, 4, 1, 5, 6).reshape(groups * OC, blocks * channels, KD, KH, KW)
    return plain(deep[:, :C]).reshape(shape)


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))


@warms_up
def _convolution() -> None:
    for dtype in (np.float32, np.float64):
        x, w = np.ones((2, 2, 3, 3), dtype), np.ones((2, 2, 2, 2), dtype)
        how: tuple[Sizes, Sizes, Sizes] = ((1, 1), (0, 0), (1, 1))
        g = conv_forward(x, w, None, *how, 1)
        conv_input_grad(g, w, x.shape, *how, 1)
        conv_weight_grad(g, x, w.shape, *how, 1)
