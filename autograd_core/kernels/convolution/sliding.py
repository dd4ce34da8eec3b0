"""Convolution of any kind on the register tile, without a matrix of columns. `conv.py` says how x, w and out lie.

The textbook writes the window of x under each output position as a column, a matrix KK times as large as x, and
multiplies w by it. Here that matrix is never written. One copy of x for each kw suffices, as wide as the output:

    shifts[c, kw, h, ow] = x[c, h, ow·stride − padding + kw·dilation]

In it, the row of the matrix for the filter element (kh, c, kw) is one contiguous run, kh rows from the start of plane
(c, kw). So a table of offsets, one a filter element, turns the product w @ columns into sums of runs. A stride s along
the height is met by keeping the rows h = r, r + s, r + 2s, … of each remainder r together. The copy is made for one
block of channels or output rows at a time and stays in the cache; backward makes it again rather than keep it. The
gradient to the input of a strided convolution is several convolutions of the same numbers, which share the copy.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain
from ..machine.simd import (
    A_TABLE,
    ALONG_K,
    B_TABLE,
    LANES,
    calls,
    copy,
    height_of,
    lanes,
    pick,
    tile,
    tile_from,
    weave,
    wide,
)
from ..machine.threads import parallel_for
from ..machine.workspace import LINE, zeros
from ..products.gemm import pack

Sizes = tuple[int, ...]

# -------------------------------------------------------------------------------------------------------------- helpers


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
def aligned(x):  # type: ignore[no-untyped-def]
    """The first place in x from which a vector lies in one line of the cache."""
    return -(x.ctypes.data // x.itemsize) % (64 // x.itemsize)


@kernel(reassociate=True)
def inner_product(a, b, n):  # type: ignore[no-untyped-def]
    """Σ a[i] b[i] for i < n."""
    total = a.dtype.type(0)
    for i in range(n):
        total += a[i] * b[i]
    return total


@kernel()
def fill_shifts(calls, x, x_at, shape, c0, c1, d, h0, copies, top, left, stride, shifts, at):  # type: ignore[no-untyped-def]
    """shifts (C, len(left), len(top), plane), flat from `at`, of channels c0 : c1 of an image, flat from x_at, of `shape`
    (C, D, H, W) at depth d; 0 outside it. A plane begins with (LH, OW). copies (LH, OW, plane). stride (of rows, of
    columns).

    Copy (c, i, r) holds x[c, d, (h0 + h) stride + top[r], w stride + left[i]] at (h, w). Columns outside are the same for
    all h0, and left as they are: 0.
    """
    D, H, W = shape[1:]
    LH, OW, plane = copies
    lefts, tops = len(left), len(top)
    for i in range(lefts):
        first = left[i]
        lo = min(OW, max(0, -(first // stride[1])))  # the outputs lo : lo + columns see columns inside x
        columns = max(lo, min(OW, (W - 1 - first) // stride[1] + 1)) - lo
        for r in range(tops):
            # the rows high : low of the copy are rows inside x
            high = min(LH, max(0, -(top[r] // stride[0]) - h0))
            low = max(high, min(LH, (H - 1 - top[r]) // stride[0] + 1 - h0))
            rows, apart = low - high, stride[0] * W
            read = x_at + ((c0 * D + d) * H + (h0 + high) * stride[0] + top[r]) * W + lo * stride[1] + first
            target = at + (i * tops + r) * plane
            for _ in range(c0, c1):
                if rows < LH:
                    clear(shifts, target, target + high * OW)
                    clear(shifts, target + low * OW, target + LH * OW)
                write = target + high * OW + lo
                if stride[1] == 2:
                    pick(calls, x, read, shifts, write, apart, OW, rows, columns)
                elif (
                    stride[1] == 1 and apart == OW and columns > 0 and rows > 0
                ):  # one run, and what is not inside cleared
                    count = rows * OW - (OW - columns)
                    copy(calls, x, read, shifts, write, 0, 0, 1, count, count)
                    for j in range(columns, OW):
                        for row in range(rows - 1):
                            shifts[write + row * OW + j] = 0
                elif stride[1] > 2 or columns < calls[LANES]:
                    for row in range(rows):
                        for j in range(columns):
                            shifts[write + row * OW + j] = x[read + row * apart + j * stride[1]]
                else:
                    copy(calls, x, read, shifts, write, apart, OW, rows, columns, columns)
                read += D * H * W
                target += lefts * tops * plane


# -------------------------------------------------------------------------------------------------- loops over images

# What is computed falls into parts, each a convolution of its own: one, or for the gradient to the input of a strided one
# those of the remainders (see `conv.conv_input_grad`). What a part is, by its place in a row of numbers; of what is given
# for depth, height and width, the first place.
WINDOW, SIZE, PADDING, DILATION, TAPS, TABLE_AT, W_AT = 0, 3, 6, 9, 12, 13, 14


@kernel()
def merge(calls, y, y_at, part, most, out, out_at, row, lines, step):  # type: ignore[no-untyped-def]
    """Rows of the parts of y, each (lines, most), their numbers in turns, to every so many-th row of out, `row` long. step:
    (of rows, of columns)."""
    apart = step[0] * row
    if step[1] == 1:
        copy(calls, y, y_at, out, out_at, row, apart, lines, row, row)
    elif step[1] == 2:
        weave(calls, y, y_at, y, y_at + part, out, out_at, most, most, apart, lines, row // 2)
        for line in range(lines if row % 2 else 0):
            out[out_at + line * apart + row - 1] = y[y_at + (line + 1) * most - 1]
    else:
        for line in range(lines):
            for i in range(row):
                out[out_at + line * apart + i] = y[y_at + i % step[1] * part + line * most + i // step[1]]


@kernel()
def forward(  # type: ignore[no-untyped-def]
    start,
    stop,
    calls,
    x,
    x_shape,
    w,
    bias,
    out,
    out_shape,
    filters,
    parts,
    table,
    top,
    left,
    size,
    stride,
    step,
    blocks,
):
    """A task is a block of output rows of one image, group and depth: `filters` (G, OC). x, w, out are flat; bias (G OC,)
    or (0,). size: rows of a block, of its copies, columns, and numbers of
    a copy.

    Part (e, i, j) goes to the places e, i, j of each step³ of out, (OD, OH, OW). Those of one depth use the same copies.
    """
    C, D, H, W = x_shape
    G, OC = filters
    rows, LH, OW, plane = size
    depth, height, width = out_shape
    P, apart, across = depth * height * width, step[1] * step[2] > 1, min(step[2], width)
    flat = min(step[1], height) * across  # parts of one depth
    y_stride = rows * OW
    shifts = np.empty(C * len(left) * len(top) * plane + 512 // x.itemsize, x.dtype)
    nothing = flat * OC * y_stride if apart else 0  # where y holds a row of zeros
    y = np.empty(nothing + width, x.dtype)
    clear(shifts, 0, len(shifts))
    clear(y, 0, len(y))
    at = aligned(shifts)
    for task in range(start, stop):
        block, od, image = task % blocks, task // blocks % depth, task // (blocks * depth)  # image: of each group
        group, h0, first = image % G, block * rows, od % step[0] * flat
        out_at = image * OC * P + (od * height + h0 * step[1]) * width
        KD, add = parts[first, WINDOW], False
        for kd in range(KD):
            d = od // step[0] * stride[0] + kd * parts[first, DILATION] - parts[first, PADDING]
            inside = 0 <= d < D
            if not inside and (add or kd < KD - 1):
                continue  # all of it is padding; but the last one sets what nothing has set
            if inside:
                fill_shifts(
                    calls, x, image * C * D * H * W, x_shape, 0, C, d, h0, (LH, OW, plane), top, left,
                    (stride[1], stride[2]), shifts, at,
                )  # fmt: skip
            for e in range(flat):
                part = parts[first + e]
                lines, CW, K = min(rows, part[SIZE + 1] - h0), C * part[WINDOW + 2], part[TAPS] * C
                c, c_at, c_stride = (y, e * OC * y_stride, y_stride) if apart else (out, out_at, P)
                w_at = part[W_AT] + (group * KD + kd) * OC * K
                p = 0 if K > 0 else lines * OW
                while p < lines * OW:
                    here, o = wide(calls, lines * OW - p, OC), 0
                    # the rows low : high of the filter meet rows of x for some of these outputs
                    above = (h0 + p // OW) * stride[1] - part[PADDING + 1]
                    below = (h0 + (p + here - 1) // OW) * stride[1] - part[PADDING + 1]
                    low = max(0, -(below // part[DILATION + 1]))
                    high = min(part[WINDOW + 1], (H - 1 - above) // part[DILATION + 1] + 1)
                    k = max(0, high - low) * CW if inside else 0
                    while o < OC:
                        many = height_of(calls, OC - o, here)
                        tile_from(
                            calls, w, w_at + o * K + low * CW, shifts, at + p, c, c_at + o * c_stride + p, bias,
                            group * OC + o, table, part[TABLE_AT] + low * CW, K, 0, c_stride, k, here, many, B_TABLE, add,
                            len(bias) > 0 and not add,
                        )  # fmt: skip
                        o += many
                    p += here
            add = True
        for o in range(OC if apart or KD == 0 else 0):
            for e in range(0, flat, across):
                lines, to = min(rows, parts[first + e, SIZE + 1] - h0), out_at + o * P + e // across * width
                taps = 0
                for part in parts[first + e : first + e + across]:
                    taps += part[TAPS]
                if taps == 0:  # no element of the filter reaches these rows
                    copy(calls, y, nothing, out, to, 0, step[1] * width, lines, width, width)
                else:
                    merge(
                        calls, y, (e * OC + o) * y_stride, OC * y_stride, OW, out, to, width, lines, (step[1], step[2])
                    )  # fmt: skip


INNER, TURN_G, TURN_X = range(3)


@kernel()
def weight_grad(  # type: ignore[no-untyped-def]
    start, stop, calls, g, x, x_shape, gw, sizes, part, table, top, left, size, stride, channels, lanes, way
):
    """A task is a block of channels of one group, over one share of the images, into gw (shares, G, KD, blocks, K, OC), or
    (…, OC, K) in the way TURN_X. K = KH channels KW. sizes are (N, G, OC, shares). g, x and gw are flat; gw comes as zeros.

    In vectors there are positions (INNER), or output channels (TURN_G) or elements of the filter (TURN_X): what is there
    is turned, from (…, count) to panels (count, width), and the others are the rows of the tiles.
    """
    C, D, H, W = x_shape
    N, G, OC, shares = sizes
    OD, OH, KD = part[SIZE], part[SIZE + 1], part[WINDOW]
    rows, LH, OW, plane = size
    P, K, width = OD * OH * OW, len(table), 2 * lanes
    blocks = (C + channels - 1) // channels
    shifts = np.empty(channels * len(left) * len(top) * plane + 16, x.dtype)
    clear(shifts, 0, len(shifts))
    high, wide = (OC, K) if way == TURN_X else (K, 0 if way == INNER else OC)
    padded = (rows * OW + 31) // 16 * 16  # of a copy of what is turned, for rows may drive each other out of the cache
    runs = np.empty(wide * padded + 16, g.dtype)
    turned = np.empty(rows * OW * ((wide + width - 1) // width) * width + 16, g.dtype)
    at, runs_at, turned_at = aligned(shifts), aligned(runs), aligned(turned)
    for task in range(start, stop):
        block, group, share = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for n in range(share * N // shares, (share + 1) * N // shares):
            for od in range(OD):
                for h0 in range(0, OH, rows):
                    count = min(rows, OH - h0) * OW
                    g_at = (n * G + group) * OC * P + (od * OH + h0) * OW
                    if way == TURN_G:
                        copy(calls, g, g_at, runs, runs_at, P, padded, OC, count, count)
                        pack(calls, runs, runs_at, padded, True, count, OC, turned, turned_at, width, lanes)
                    for kd in range(KD):
                        d = od * stride[0] + kd * part[DILATION] - part[PADDING]
                        if d < 0 or d >= D:
                            continue
                        fill_shifts(
                            calls, x, (n * G + group) * C * D * H * W, x_shape, c0, c1, d, h0, (LH, OW, plane), top, left,
                            (stride[1], stride[2]), shifts, at,
                        )  # fmt: skip
                        to = (((share * G + group) * KD + kd) * blocks + block) * K * OC
                        if way == INNER:
                            for k in range(K):
                                for o in range(OC):
                                    a, b = g[g_at + o * P :], shifts[at + table[k] :]
                                    gw[to + k * OC + o] += inner_product(a, b, count)
                        elif way == TURN_X:
                            for k in range(K):
                                copy(calls, shifts, at + table[k], runs, runs_at + k * padded, 0, 0, 1, count, count)
                            pack(calls, runs, runs_at, padded, True, count, K, turned, turned_at, width, lanes)
                        for j in range(0, wide, width):
                            i, many = 0, min(width, wide - j)
                            b_at, gw_at = turned_at + j * count, to + j
                            while i < high:
                                here = height_of(calls, high - i, many)
                                if way == TURN_G:
                                    tile(
                                        calls, shifts, at, turned, b_at, gw, gw_at + i * OC, table, i, 0, width, OC, count,
                                        many, here, A_TABLE, True,
                                    )  # fmt: skip
                                else:
                                    tile(
                                        calls, g, g_at + i * P, turned, b_at, gw, gw_at + i * K, table, 0, P, width, K, count,
                                        many, here, ALONG_K, True,
                                    )  # fmt: skip
                                i += here


# ------------------------------------------------------------------------------------------------------------ wrappers

BLOCK = 192 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


class How(NamedTuple):
    """How windows lie, in three dimensions. `size` counts their positions. A window may have no elements."""

    window: Sizes
    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    def seen(self, axis: int) -> range:
        """Where the elements of the first window lie along one dimension."""
        return range(
            -self.padding[axis], self.window[axis] * self.dilation[axis] - self.padding[axis], self.dilation[axis]
        )


class Layout(NamedTuple):
    """How the shifted copies lie, which all parts use: (C, len(left), len(top), plane). A plane begins with (LH, OW)."""

    parts: ndarray  # see WINDOW, SIZE, …
    table: ndarray  # for each part, where the runs of (KH, C, KW) start in the copies
    top: ndarray  # the first row of each copy, for each remainder of the rows by the stride
    left: ndarray  # and its first column
    size: tuple[int, int, int, int]  # output rows of a block, LH, OW, numbers of a copy
    blocks: int  # of output rows


@functools.lru_cache(256)
def layout(parts: tuple[How, ...], G: int, OC: int, C: int, itemsize: int) -> Layout:
    """Copies of what fits into the block, and enough for a run of some length."""
    stride = parts[0].stride[1]
    reached = [how for how in parts if 0 not in how.window]
    left = sorted({w for how in reached for w in how.seen(2)})
    rows = sorted({h for how in reached for h in how.seen(1)})
    top = {h % stride: h for h in reversed(rows)}  # for each remainder the smallest
    behind = max(((h - top[h % stride]) // stride for h in rows), default=0)
    OH, OW = (max(how.size[axis] for how in parts) for axis in (1, 2))
    a_row = (C * len(left) * len(top) + (OC * len(parts) if len(parts) > 1 else 0)) * OW * itemsize
    blocks = -(-OH // max(BLOCK // max(a_row, 1) - behind, -(-256 // OW), 1))
    lines = -(-OH // blocks)
    LH, a_line = lines + behind, LINE // itemsize
    plane = (-(-LH * OW // a_line) | 1) * a_line  # an odd number of lines of the cache, lest all meet in one set of it
    numbers, tables, table_at, w_at = [], [], 0, 0
    for how in parts:
        taps = how.window[1] * how.window[2] if 0 not in how.window else 0
        numbers.append((*how.window, *how.size, *how.padding, *how.dilation, taps, table_at, w_at))
        if taps:
            h = np.array(how.seen(1))[:, None, None]
            r = np.array([list(top).index(h % stride) for h in how.seen(1)])[:, None, None]
            copies = (np.arange(C)[:, None] * len(left) + np.searchsorted(left, how.seen(2))) * len(
                top
            ) + r  # (KH, C, KW)
            tables.append((copies * plane + (h - np.array(list(top.values()))[r]) // stride * OW).reshape(-1))
        table_at, w_at = table_at + taps * C, w_at + G * how.window[0] * OC * taps * C
    return Layout(
        np.array(numbers), np.concatenate([np.empty(0, np.int64), *tables]), np.array(list(top.values()), np.int64),
        np.array(left, np.int64), (lines, LH, OW, plane), blocks,
    )  # fmt: skip


def convolve(
    x: ndarray, filters: list[ndarray], bias: ndarray | None, out: ndarray, parts: tuple[How, ...], step: Sizes
) -> None:
    """For each part, the convolution of x (N, G C, D, H, W) with its filters (G, KD, OC, KH, C, KW) into every step-th
    place of out: of the parts (e, i, j) of `step`, in this order, those from place (e, i, j) on. Bias is for one part."""
    G, _, OC, _, C, _ = filters[0].shape
    at = layout(parts, G, OC, C, x.itemsize)
    flat = [plain(w).reshape(-1) for w in filters]
    work = sum(math.prod(part.size) * w.size for part, w in zip(parts, flat, strict=True))
    parallel_for(
        forward, len(x) * G * out.shape[2] * at.blocks, len(x) * work / (4 * lanes(x.dtype)), calls(x.dtype),
        plain(x).reshape(-1), (C, *x.shape[2:]), flat[0] if len(flat) == 1 else np.concatenate(flat),
        np.empty(0, x.dtype) if bias is None else plain(bias), out.reshape(-1), out.shape[2:], (G, OC), at.parts, at.table,
        at.top, at.left, at.size, parts[0].stride, step, at.blocks,
    )  # fmt: skip


def gradient_to_weights(g: ndarray, x: ndarray, how: How, groups: int) -> ndarray:
    """g (N, G OC, OD, OH, OW), x (N, G C, D, H, W) -> the gradient (G, OC, C, KD, KH, KW)."""
    N, OC, C = len(g), g.shape[1] // groups, x.shape[1] // groups
    KD, KH, KW = how.window
    blocks = min(C, -(-16 // (N * groups)))  # for some 16 tasks where there are few images
    channels = -(-C // blocks)
    blocks = -(-C // channels)
    at = layout((how,), groups, OC, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * groups * OC * C * KD * KH * KW)
    way = INNER if lanes(g.dtype) > 2 * OC else TURN_X if 2 * KH * channels * KW <= OC else TURN_G
    sums = (OC, KH, channels, KW) if way == TURN_X else (KH, channels, KW, OC)
    gw = zeros((shares, groups, KD, blocks, *sums), g.dtype)
    parallel_for(
        weight_grad, shares * groups * blocks, g.size * C * KD * KH * KW / (4 * lanes(g.dtype)), calls(g.dtype),
        plain(g).reshape(-1), plain(x).reshape(-1), (C, *x.shape[2:]), gw.reshape(-1), (N, groups, OC, shares), at.parts[0],
        at.table, at.top, at.left, at.size, how.stride, channels, lanes(g.dtype), way,
    )  # fmt: skip
    axes = (0, 3, 2, 5, 1, 4, 6) if way == TURN_X else (0, 6, 2, 4, 1, 3, 5)
    total = np.add.reduce(gw).transpose(axes)  # (G, OC, blocks, channels, KD, KH, KW)
    return total.reshape(groups, OC, blocks * channels, KD, KH, KW)[:, :, :C]


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))
