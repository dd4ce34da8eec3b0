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

from .gemm import pack
from .runtime import kernel, parallel_for, plain, warms_up
from .simd import A_TABLE, ALONG_K, B_TABLE, calls, copy, height, lanes, tile

Sizes = tuple[int, ...]


# ---------------------------------------------------------------------------------------------------- x, shifted by kw


@kernel()
def clear(x, start, stop):  # type: ignore[no-untyped-def]
    """x[start:stop] = 0, as a loop: what Numba makes of the assignment takes ten times as long to compile."""
    for i in range(start, stop):
        x[i] = 0


@kernel()
def fill(x, start, stop, value):  # type: ignore[no-untyped-def]
    """x[start:stop] = value."""
    for i in range(start, stop):
        x[i] = value


@kernel()
def fill_shifts(  # type: ignore[no-untyped-def]
    calls, x, x_at, shape, c0, c1, d, h0, LH, remainders, KW, OW, stride, padding, dilation, shifts, at
):
    """shifts (C, KW, R, LH, OW), flat from `at`, of channels c0 : c1 of an image, flat from x_at, of `shape` (C, D, H, W)
    at depth d, rows from h0; 0 outside it. Columns outside are the same for all rows, and are left as they are: 0."""
    D, H, W = shape[1:]
    R = len(remainders)
    plane = LH * OW
    for kw in range(KW):
        first = kw * dilation[2] - padding[2]
        lo = min(OW, max(0, -(first // stride[2])))  # the outputs lo : hi see columns inside x
        columns = max(lo, min(OW, (W - 1 - first) // stride[2] + 1)) - lo
        for r in range(R):
            # the rows top : bottom of the copy are rows inside x
            start = remainders[r] - padding[1]
            top = min(LH, max(0, -(start // stride[1]) - h0))
            bottom = max(top, min(LH, (H - 1 - start) // stride[1] + 1 - h0))
            rows = bottom - top
            read = x_at + ((c0 * D + d) * H + (h0 + top) * stride[1] + start) * W + lo * stride[2] + first
            target = at + (kw * R + r) * plane
            for _ in range(c0, c1):
                if rows < LH:
                    clear(shifts, target, target + top * OW)
                    clear(shifts, target + bottom * OW, target + plane)
                write = target + top * OW + lo
                if stride[2] == 2:  # a loop of its own, which LLVM turns into vectors
                    for row in range(rows):
                        source = x[read + row * stride[1] * W : read + row * stride[1] * W + 2 * columns - 1]
                        for i in range(columns):
                            shifts[write + row * OW + i] = source[2 * i]
                elif stride[2] > 2:
                    for row in range(rows):
                        for i in range(columns):
                            shifts[write + row * OW + i] = x[read + row * stride[1] * W + i * stride[2]]
                elif columns == OW == W and stride[1] == 1:
                    copy(calls, x, read, shifts, write, 0, 0, 1, rows * OW, rows * OW)
                else:
                    copy(calls, x, read, shifts, write, stride[1] * W, OW, rows, columns, columns)
                read += D * H * W
                target += KW * R * plane


@kernel()
def add_shifts(  # type: ignore[no-untyped-def]
    x, x_at, shape, c0, c1, d, LH, remainders, KW, OW, stride, padding, dilation, shifts, at
):
    """The adjoint of `fill_shifts` with h0 = 0: each element is added to the one of x that it would have been read from."""
    D, H, W = shape[1:]
    for c in range(c0, c1):
        target = x_at + (c * D + d) * H * W
        for kw in range(KW):
            first = kw * dilation[2] - padding[2]
            lo = min(OW, max(0, -(first // stride[2])))
            hi = max(lo, min(OW, (W - 1 - first) // stride[2] + 1))
            for remainder in remainders:
                for row in range(LH):
                    h = row * stride[1] + remainder - padding[1]
                    if 0 <= h < H:
                        to = x[target + h * W + lo * stride[2] + first : target + (h + 1) * W]
                        source = shifts[at + lo : at + hi]
                        for i in range(hi - lo):
                            to[i * stride[2]] += source[i]
                    at += OW


# -------------------------------------------------------------------------------------------------- loops over images


@kernel()
def aligned(x):  # type: ignore[no-untyped-def]
    """The first place in x from which a vector lies in one line of the cache."""
    return -(x.ctypes.data // x.itemsize) % (64 // x.itemsize)


@kernel()
def _forward(  # type: ignore[no-untyped-def]
    start, stop, calls, x, shape, w, bias, out, filters, b_at, remainders, window, size, stride, padding, dilation, rows,
    extra, lanes,
):  # fmt: skip
    """A task is `rows` output rows of one image and group: `filters` (G, OC). x, w, out are flat; bias (G OC,) or (0,)."""
    C, D, H, W = shape
    G, OC = filters
    OD, OH, OW = size
    K, P, width = len(b_at), OD * OH * OW, 2 * lanes
    LH = rows + extra
    blocks = (OH + rows - 1) // rows
    shifts = np.empty(C * window[2] * len(remainders) * LH * OW + width + 16, x.dtype)
    clear(shifts, 0, len(shifts))
    at = aligned(shifts)
    for task in range(start, stop):
        block, od, group, n = task % blocks, task // blocks % OD, task // (blocks * OD) % G, task // (blocks * OD * G)
        h0 = block * rows
        count = min(rows, OH - h0) * OW
        c_at = (n * G + group) * OC * P + (od * OH + h0) * OW
        add = len(bias) > 0
        if add:
            for o in range(OC):
                fill(out, c_at + o * P, c_at + o * P + count, bias[group * OC + o])
        for kd in range(window[0]):
            d = od * stride[0] + kd * dilation[0] - padding[0]
            if 0 <= d < D:
                fill_shifts(
                    calls, x, (n * G + group) * C * D * H * W, shape, 0, C, d, h0, LH, remainders, window[2], OW, stride,
                    padding, dilation, shifts, at,
                )  # fmt: skip
                w_at = (group * window[0] + kd) * OC * K
                for p in range(0, count, width):
                    here, o = min(width, count - p), 0
                    while o < OC:
                        many = height(calls, OC - o)
                        tile(
                            calls, w, w_at + o * K, shifts, at + p, out, c_at + o * P + p, b_at, 0, K, 0, P, K, here, many,
                            B_TABLE, add,
                        )  # fmt: skip
                        o += many
                add = True
        if not add:  # all of the window is in the padding
            for o in range(OC):
                clear(out, c_at + o * P, c_at + o * P + count)


@kernel()
def _input_grad(  # type: ignore[no-untyped-def]
    start, stop, calls, g, w, gx, shape, filters, offsets, remainders, window, size, stride, padding, dilation, channels,
    extra, lanes,
):  # fmt: skip
    """A task is a block of channels of one image and group: w (C, OC) @ g (OC, P) for each of KH KW, shifted back.

    w (G, KD, KH KW, C, OC), g and gx are flat; gx comes as zeros.
    """
    C, D, H, W = shape
    G, OC = filters
    OD, OH, OW = size
    P, KK, width = OH * OW, window[1] * window[2], 2 * lanes
    LH = OH + extra
    plane = window[2] * len(remainders) * LH * OW
    blocks = (C + channels - 1) // channels
    step = min(P, 512)
    runs, padded = np.empty(OC * (step + width) + 16, g.dtype), step + width
    shifts = np.empty(channels * plane + 16, g.dtype)
    at, runs_at = aligned(shifts), aligned(runs)
    for task in range(start, stop):
        block, group, n = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for d in range(D):
            clear(shifts, at, at + (c1 - c0) * plane)
            for kd in range(window[0]):
                front = d + padding[0] - kd * dilation[0]
                od = front // stride[0]
                if front % stride[0] == 0 and 0 <= od < OD:
                    for p0 in range(0, P, step):
                        count = min(step, P - p0)
                        g_at = ((n * G + group) * OC * OD + od) * P + p0
                        copy(calls, g, g_at, runs, runs_at, OD * P, padded, OC, count, count)
                        for k in range(KK):
                            w_at = (((group * window[0] + kd) * KK + k) * C + c0) * OC
                            for p in range(0, count, width):
                                here, c, to = min(width, count - p), 0, at + offsets[k] + p0 + p
                                while c < c1 - c0:
                                    many = height(calls, c1 - c0 - c)
                                    tile(
                                        calls, w, w_at + c * OC, runs, runs_at + p, shifts, to + c * plane, offsets, 0, OC,
                                        padded, plane, OC, here, many, ALONG_K, True,
                                    )  # fmt: skip
                                    c += many
            add_shifts(
                gx, (n * G + group) * C * D * H * W, shape, c0, c1, d, LH, remainders, window[2], OW, stride, padding,
                dilation, shifts, at,
            )  # fmt: skip


@kernel()
def _weight_grad(  # type: ignore[no-untyped-def]
    start, stop, calls, g, x, shape, gw, sizes, b_at, remainders, window, size, stride, padding, dilation, channels, rows,
    extra, lanes,
):  # fmt: skip
    """A task is a block of channels of one group, over one share of the images, into gw (shares, G, KD, blocks, K, OC).

    K = channels KH KW. sizes are (N, G, OC, shares). g, x and gw are flat; gw comes as zeros.
    """
    C, D, H, W = shape
    N, G, OC, shares = sizes
    OD, OH, OW = size
    P, K, KK, width = OD * OH * OW, len(b_at), window[1] * window[2], 2 * lanes
    LH = rows + extra
    blocks = (C + channels - 1) // channels
    shifts = np.empty(channels * window[2] * len(remainders) * LH * OW + 16, x.dtype)
    clear(shifts, 0, len(shifts))
    padded = (rows * OW + 31) // 16 * 16  # a copy of g, for its rows may drive each other out of the cache
    runs = np.empty(OC * padded + 16, g.dtype)
    turned = np.empty(rows * OW * ((OC + width - 1) // width) * width + 16, g.dtype)
    at, runs_at, turned_at = aligned(shifts), aligned(runs), aligned(turned)
    for task in range(start, stop):
        block, group, share = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for n in range(share * N // shares, (share + 1) * N // shares):
            for od in range(OD):
                for h0 in range(0, OH, rows):
                    count = min(rows, OH - h0) * OW
                    # (OC, count) as (count, OC), in panels
                    g_at = (n * G + group) * OC * P + (od * OH + h0) * OW
                    copy(calls, g, g_at, runs, runs_at, P, padded, OC, count, count)
                    pack(calls, runs, runs_at, padded, True, count, OC, turned, turned_at, width, lanes)
                    for kd in range(window[0]):
                        d = od * stride[0] + kd * dilation[0] - padding[0]
                        if 0 <= d < D:
                            fill_shifts(
                                calls, x, (n * G + group) * C * D * H * W, shape, c0, c1, d, h0, LH, remainders, window[2],
                                OW, stride, padding, dilation, shifts, at,
                            )  # fmt: skip
                            to = (((share * G + group) * window[0] + kd) * blocks + block) * K * OC
                            for o in range(0, OC, width):
                                k = 0
                                while k < (c1 - c0) * KK:
                                    many = height(calls, (c1 - c0) * KK - k)
                                    tile(
                                        calls, shifts, at, turned, turned_at + o * count, gw, to + k * OC + o, b_at, k, 0,
                                        width, OC, count, min(width, OC - o), many, A_TABLE, True,
                                    )  # fmt: skip
                                    k += many


# ------------------------------------------------------------------------------------------------------------ wrappers

BLOCK = 192 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


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
    """Where the runs of (C, KH, KW) start in the copies."""
    at = geometry(window, size, stride, padding, dilation)
    return (np.arange(channels)[:, None, None] * at.channel(rows) + at.offsets(rows)).reshape(-1)


def _rows(at: Geometry, channels: int, itemsize: int) -> int:
    """How many output rows at a time: what fits into the block, and enough for a run of some length."""
    a_row = channels * at.channel(1 - at.extra) * itemsize
    rows = max(BLOCK // a_row - at.extra, -(-256 // at.size[2]), 1)
    blocks = -(-at.size[1] // rows)
    return -(-at.size[1] // blocks)  # of equal height


def _shape(channels: int, space: Sizes) -> tuple[int, int, int, int]:
    """(C, D, H, W)"""
    return (channels, *three(space, 1))


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
    rows = _rows(at, C, x.itemsize)
    deep = w.reshape(groups, OC, C, KD, KH * KW).swapaxes(1, 3).swapaxes(2, 3)  # (G, KD, OC, C, KH KW)
    parallel_for(
        _forward,
        N * groups * at.size[0] * -(-at.size[1] // rows),
        out.size * w.size / (groups * OC) / (4 * lanes(x.dtype)),
        calls(x.dtype),
        plain(x).reshape(-1),
        _shape(C, x.shape[2:]),
        plain(deep).reshape(-1),
        np.empty(0, x.dtype) if bias is None else plain(bias),
        out.reshape(-1),
        (groups, OC),
        run_offsets(*at.arguments(), C, rows),
        at.remainders,
        *at.arguments(),
        rows,
        at.extra,
        lanes(x.dtype),
    )
    return out


def conv_input_grad(
    g: ndarray, w: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in x: from g (N, OC, …) to the gradient of `shape` (N, C, …)."""
    N, OC, C, window, size = g.shape[0], w.shape[0] // groups, w.shape[1], w.shape[2:], g.shape[2:]
    before = tuple(d * (k - 1) - p for d, k, p in zip(dilation, window, padding, strict=True))
    if g.size and all(s == 1 for s in stride) and min(before) >= 0:  # itself a convolution, with flipped filters
        flipped = np.flip(w.reshape(groups, OC, C, *window), tuple(range(3, w.ndim + 1))).swapaxes(1, 2)
        return conv_forward(
            g, flipped.reshape(groups * C, OC, *window), None, stride, before, dilation, groups, shape[2:]
        )
    gx = np.zeros(shape, g.dtype)
    if not g.size or not gx.size:
        return gx
    at = geometry(window, size, stride, padding, dilation)
    KD, KH, KW = at.window
    channels = min(C, max(1, BLOCK // (at.channel(at.size[1]) * g.itemsize)))
    deep = w.reshape(groups, OC, C, KD, KH * KW).transpose(0, 3, 4, 2, 1)
    parallel_for(
        _input_grad,
        N * groups * -(-C // channels),
        g.size * w.size / (groups * OC) / (4 * lanes(g.dtype)),
        calls(g.dtype),
        plain(g).reshape(-1),
        plain(deep).reshape(-1),
        gx.reshape(-1),
        _shape(C, shape[2:]),
        (groups, OC),
        at.offsets(at.size[1]).reshape(-1),
        at.remainders,
        *at.arguments(),
        channels,
        at.extra,
        lanes(g.dtype),
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
    blocks = min(C, -(-16 // (N * groups)))  # for some 16 tasks where there are few images
    channels = -(-C // blocks)
    blocks = -(-C // channels)
    rows = _rows(at, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * math.prod(shape))
    gw = np.zeros((shares, groups, KD, blocks, channels, KH, KW, OC), g.dtype)
    parallel_for(
        _weight_grad,
        shares * groups * blocks,
        g.size * C * KD * KH * KW / (4 * lanes(g.dtype)),
        calls(g.dtype),
        plain(g).reshape(-1),
        plain(x).reshape(-1),
        _shape(C, x.shape[2:]),
        gw.reshape(-1),
        (N, groups, OC, shares),
        run_offsets(*at.arguments(), channels, rows),
        at.remainders,
        *at.arguments(),
        channels,
        rows,
        at.extra,
        lanes(g.dtype),
    )
    total = np.add.reduce(gw)
    deep = total.transpose(0, 6, 2, 3, 1, 4, 5).reshape(groups * OC, blocks * channels, KD, KH, KW)
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
