"""Convolution of any kind on the register tile, without a matrix of columns. `conv.py` says how x, w and out lie.

The textbook writes the window of x under each output position as a column, a matrix KK times as large as x, and
multiplies w by it. Here that matrix is never written. One copy of x for each kw suffices, as wide as the output:

    shifts[c, kw, h, ow] = x[c, h, ow·stride − padding + kw·dilation]

In it, the row of the matrix for the filter element (kh, c, kw) is one contiguous run, kh rows from the start of plane
(c, kw). So a table of offsets, one a filter element, turns the product w @ columns into sums of runs. A stride s along
the height is met by keeping the rows h = r, r + s, r + 2s, … of each remainder r together. The copy is made for one
block of channels or output rows at a time and stays in the cache; backward makes it again rather than keep it.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from .gemm import pack
from .runtime import kernel, plain
from .simd import A_TABLE, B_TABLE, LANES, calls, copy, height_of, lanes, pick, tile_from, weave, wide
from .threads import parallel_for
from .workspace import zeros

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
def fill_shifts(  # type: ignore[no-untyped-def]
    calls, x, x_at, shape, c0, c1, d, h0, LH, remainders, KW, OW, stride, padding, dilation, shifts, at, afresh
):
    """shifts (C, KW, R, LH, OW), flat from `at`, of channels c0 : c1 of an image, flat from x_at, of `shape` (C, D, H, W)
    at depth d, rows from h0; 0 outside it. stride, padding and dilation are (height, width). Columns outside are the same
    for all rows and, unless `afresh`, left as they are: 0."""
    D, H, W = shape[1:]
    R = len(remainders)
    plane = LH * OW
    for kw in range(KW):
        first = kw * dilation[1] - padding[1]
        lo = min(OW, max(0, -(first // stride[1])))  # the outputs lo : hi see columns inside x
        columns = max(lo, min(OW, (W - 1 - first) // stride[1] + 1)) - lo
        for r in range(R):
            # the rows top : bottom of the copy are rows inside x
            start = remainders[r] - padding[0]
            top = min(LH, max(0, -(start // stride[0]) - h0))
            bottom = max(top, min(LH, (H - 1 - start) // stride[0] + 1 - h0))
            rows, apart = bottom - top, stride[0] * W
            read = x_at + ((c0 * D + d) * H + (h0 + top) * stride[0] + start) * W + lo * stride[1] + first
            target = at + (kw * R + r) * plane
            for _ in range(c0, c1):
                if afresh and columns < OW:
                    clear(shifts, target, target + plane)
                elif rows < LH:
                    clear(shifts, target, target + top * OW)
                    clear(shifts, target + bottom * OW, target + plane)
                write = target + top * OW + lo
                if stride[1] == 2:
                    pick(calls, x, read, shifts, write, apart, OW, rows, columns)
                elif stride[1] > 2 or columns < calls[LANES]:
                    for row in range(rows):
                        for i in range(columns):
                            shifts[write + row * OW + i] = x[read + row * apart + i * stride[1]]
                elif columns == OW == W and stride[0] == 1:
                    copy(calls, x, read, shifts, write, 0, 0, 1, rows * OW, rows * OW)
                else:
                    copy(calls, x, read, shifts, write, apart, OW, rows, columns, columns)
                read += D * H * W
                target += KW * R * plane


# -------------------------------------------------------------------------------------------------- loops over images

# What is computed falls into parts, each a convolution of its own: one, or for the gradient to the input of a strided one
# those of the remainders (see `conv.conv_input_grad`). What a part is, by its place in a row of numbers; of what is given
# for depth, height and width, the first place.
WINDOW, SIZE, PADDING, DILATION, FIRST, TAPS, TABLE_AT, W_AT, ROWS, EXTRA = 0, 3, 6, 9, 12, 15, 16, 17, 18, 19


@kernel()
def merge(calls, y, y_stride, part, out, out_at, plane, row, channels, lines, step):  # type: ignore[no-untyped-def]
    """Rows of the parts of y, each (channels, lines, columns), their numbers in turns, to every so many-th row of the
    planes of out, `row` long. step: (of rows, of columns)."""
    most = (row + step[1] - 1) // step[1]  # columns of the first part; others may have one less
    for c in range(channels):
        read, write, apart = c * y_stride, out_at + c * plane, step[0] * row
        if step[1] == 1:
            copy(calls, y, read, out, write, row, apart, lines, row, row)
        elif step[1] == 2:
            weave(calls, y, read, y, read + part, out, write, most, row - most, apart, lines, row - most)
            for line in range(lines if row % 2 else 0):
                out[write + line * apart + row - 1] = y[read + (line + 1) * most - 1]
        else:
            for e in range(min(step[1], row)):
                columns = (row - e + step[1] - 1) // step[1]
                for line in range(lines):
                    for i in range(columns):
                        out[write + line * apart + i * step[1] + e] = y[read + e * part + line * columns + i]


@kernel()
def forward(  # type: ignore[no-untyped-def]
    start, stop, calls, x, x_shape, w, bias, out, out_shape, filters, parts, table, remainders, stride, step, blocks
):
    """A task is a block of output rows of one image and group: `filters` (G, OC). x, w, out are flat; bias (G OC,) or (0,).

    What is computed goes to every step-th place of out, (OD, OH, OW), from FIRST on.
    """
    C, D, H, W = x_shape
    G, OC = filters
    P, depths = out_shape[0] * out_shape[1] * out_shape[2], (out_shape[0] + step[0] - 1) // step[0]
    apart, R = step[1] * step[2] > 1, len(remainders)
    y_stride, most = 0, 0
    for part in parts:
        y_stride = max(y_stride, part[ROWS] * part[SIZE + 2])
        most = max(most, C * part[WINDOW + 2] * R * (part[ROWS] + part[EXTRA]) * part[SIZE + 2])
    shifts = np.empty(most + 512 // x.itemsize, x.dtype)
    clear(shifts, 0, len(shifts))
    y = np.empty(step[2] * OC * y_stride if apart else 1, x.dtype)
    at = aligned(shifts)
    for task in range(start, stop):
        block, od, image = task % blocks, task // blocks % depths, task // (blocks * depths)  # image: of each group
        group = image % G
        for part in parts:
            rows, OW, CW, K = part[ROWS], part[SIZE + 2], C * part[WINDOW + 2], part[TAPS] * C
            h0 = block * rows
            lines = min(rows, part[SIZE + 1] - h0)
            if lines <= 0 or od >= part[SIZE]:
                continue
            out_at = image * OC * P + (
                (od * step[0] + part[FIRST]) * out_shape[1] + h0 * step[1] + part[FIRST + 1]
            ) * out_shape[2]  # fmt: skip
            c, c_at, c_stride = (y, part[FIRST + 2] * OC * y_stride, y_stride) if apart else (out, out_at, P)
            add = False
            for kd in range(part[WINDOW]):
                d = od * stride[0] + kd * part[DILATION] - part[PADDING]
                inside = 0 <= d < D and K > 0
                if not inside and (add or kd < part[WINDOW] - 1):
                    continue  # all of it is padding; but the last one sets what nothing has set
                if inside:
                    fill_shifts(
                        calls, x, image * C * D * H * W, x_shape, 0, C, d, h0, rows + part[EXTRA], remainders,
                        part[WINDOW + 2], OW, (stride[1], stride[2]), (part[PADDING + 1], part[PADDING + 2]),
                        (part[DILATION + 1], part[DILATION + 2]), shifts, at, len(parts) > 1,
                    )  # fmt: skip
                w_at = part[W_AT] + (group * part[WINDOW] + kd) * OC * K
                p = 0
                while p < lines * OW:
                    here, o = wide(calls, lines * OW - p, OC), 0
                    # the rows low : high of the filter meet rows of x for some of these outputs
                    top = (h0 + p // OW) * stride[1] - part[PADDING + 1]
                    bottom = (h0 + (p + here - 1) // OW) * stride[1] - part[PADDING + 1]
                    low = max(0, -(bottom // part[DILATION + 1]))
                    high = min(part[WINDOW + 1], (H - 1 - top) // part[DILATION + 1] + 1)
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
            if apart and part[FIRST + 2] == min(step[2], out_shape[2]) - 1:
                merge(
                    calls, y, y_stride, OC * y_stride, out, out_at, P, out_shape[2], OC, lines, (step[1], step[2])
                )  # fmt: skip


@kernel()
def weight_grad(  # type: ignore[no-untyped-def]
    start, stop, calls, g, x, x_shape, gw, sizes, part, table, remainders, stride, channels, lanes
):
    """A task is a block of channels of one group, over one share of the images, into gw (shares, G, KD, blocks, K, OC).

    K = KH channels KW. sizes are (N, G, OC, shares). g, x and gw are flat; gw comes as zeros.
    """
    C, D, H, W = x_shape
    N, G, OC, shares = sizes
    OD, OH, OW, KD, rows = part[SIZE], part[SIZE + 1], part[SIZE + 2], part[WINDOW], part[ROWS]
    P, K, width = OD * OH * OW, len(table), 2 * lanes
    LH, blocks = rows + part[EXTRA], (C + channels - 1) // channels
    shifts = np.empty(channels * part[WINDOW + 2] * len(remainders) * LH * OW + 16, x.dtype)
    clear(shifts, 0, len(shifts))
    few = lanes > 2 * OC  # then vectors hold positions rather than output channels
    padded = (rows * OW + 31) // 16 * 16  # a copy of g, for its rows may drive each other out of the cache
    runs = np.empty(1 if few else OC * padded + 16, g.dtype)
    turned = np.empty(1 if few else rows * OW * ((OC + width - 1) // width) * width + 16, g.dtype)
    at, runs_at, turned_at = aligned(shifts), aligned(runs), aligned(turned)
    for task in range(start, stop):
        block, group, share = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for n in range(share * N // shares, (share + 1) * N // shares):
            for od in range(OD):
                for h0 in range(0, OH, rows):
                    count = min(rows, OH - h0) * OW
                    g_at = (n * G + group) * OC * P + (od * OH + h0) * OW
                    if not few:  # (OC, count) as (count, OC), in panels
                        copy(calls, g, g_at, runs, runs_at, P, padded, OC, count, count)
                        pack(calls, runs, runs_at, padded, True, count, OC, turned, turned_at, width, lanes)
                    for kd in range(KD):
                        d = od * stride[0] + kd * part[DILATION] - part[PADDING]
                        if d < 0 or d >= D:
                            continue
                        fill_shifts(
                            calls, x, (n * G + group) * C * D * H * W, x_shape, c0, c1, d, h0, LH, remainders,
                            part[WINDOW + 2], OW, (stride[1], stride[2]), (part[PADDING + 1], part[PADDING + 2]),
                            (part[DILATION + 1], part[DILATION + 2]), shifts, at, False,
                        )  # fmt: skip
                        to = (((share * G + group) * KD + kd) * blocks + block) * K * OC
                        if few:
                            for k in range(K):
                                for o in range(OC):
                                    a, b = g[g_at + o * P :], shifts[at + table[k] :]
                                    gw[to + k * OC + o] += inner_product(a, b, count)
                        for o in range(0, 0 if few else OC, width):
                            k, many = 0, min(width, OC - o)
                            while k < K:
                                high = height_of(calls, K - k, many)
                                tile_from(
                                    calls, shifts, at, turned, turned_at + o * count, gw, to + k * OC + o, g, 0, table, k, 0,
                                    width, OC, count, many, high, A_TABLE, True, False,
                                )  # fmt: skip
                                k += high


# ------------------------------------------------------------------------------------------------------------ wrappers

BLOCK = 192 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


class How(NamedTuple):
    """How windows lie, in three dimensions. `size` counts their positions."""

    window: Sizes
    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes


class Part(NamedTuple):
    """A convolution whose outputs go to every so many-th place of the whole from `first` on."""

    how: How
    first: Sizes = (0, 0, 0)
    reached: bool = True  # by any element of the filter; else they are 0


class Layout(NamedTuple):
    """How the shifted copies lie."""

    parts: ndarray  # see WINDOW, SIZE, …
    table: ndarray  # for each part, where the runs of (KH, C, KW) start in its planes (C, KW, R, rows + EXTRA, OW)
    remainders: ndarray  # of the height, those of kh·dilation by the stride
    blocks: int  # of output rows


@functools.lru_cache(256)
def layout(parts: tuple[Part, ...], G: int, OC: int, C: int, itemsize: int) -> Layout:
    """Copies of what fits into the block, and enough for a run of some length."""
    stride = parts[0].how.stride[1]
    remainders = np.unique([kh * part.how.dilation[1] % stride for part in parts for kh in range(part.how.window[1])])
    blocks = 1
    for (_, KH, KW), (_, OH, OW), _, _, dilation in (part.how for part in parts):
        a_row, extra = C * KW * len(remainders) * OW * itemsize, (KH - 1) * dilation[1] // stride
        blocks = max(blocks, -(-OH // max(BLOCK // a_row - extra, -(-256 // OW), 1)))
    numbers, tables, table_at, w_at = [], [], 0, 0
    for how, first, reached in parts:
        KD, KH, KW = how.window
        kh = np.arange(KH)[:, None, None] * how.dilation[1]
        rows, extra = -(-how.size[1] // blocks), int(kh.max()) // stride
        planes = np.arange(C * KW).reshape(C, KW) * len(remainders) + np.searchsorted(remainders, kh % stride)
        table = ((planes * (rows + extra) + kh // stride) * how.size[2]).reshape(-1)
        taps = KH * KW if reached else 0
        numbers.append((*how.window, *how.size, *how.padding, *how.dilation, *first, taps, table_at, w_at, rows, extra))
        tables.append(table[: taps * C])
        table_at, w_at = table_at + taps * C, w_at + G * KD * OC * taps * C
    return Layout(np.array(numbers), np.concatenate(tables), remainders, blocks)


def convolve(
    x: ndarray, filters: list[ndarray], bias: ndarray | None, out: ndarray, parts: tuple[Part, ...], step: Sizes
) -> None:
    """For each part, the convolution of x (N, G C, D, H, W) with its filters (G, KD, OC, KH, C, KW) into every step-th
    place of out."""
    G, _, OC, _, C, _ = filters[0].shape
    at = layout(parts, G, OC, C, x.itemsize)
    flat = [plain(w).reshape(-1) for w in filters]
    depths = -(-out.shape[2] // step[0])
    work = sum(math.prod(part.how.size) * w.size for part, w in zip(parts, flat, strict=True))
    parallel_for(
        forward, len(x) * G * depths * at.blocks, len(x) * work / (4 * lanes(x.dtype)), calls(x.dtype), plain(x).reshape(-1),
        (C, *x.shape[2:]), flat[0] if len(flat) == 1 else np.concatenate(flat),
        np.empty(0, x.dtype) if bias is None else plain(bias), out.reshape(-1), out.shape[2:], (G, OC), at.parts, at.table,
        at.remainders, parts[0].how.stride, step, at.blocks,
    )  # fmt: skip


def gradient_to_weights(g: ndarray, x: ndarray, how: How, groups: int) -> ndarray:
    """g (N, G OC, OD, OH, OW), x (N, G C, D, H, W) -> the gradient (G, OC, C, KD, KH, KW)."""
    N, OC, C = len(g), g.shape[1] // groups, x.shape[1] // groups
    KD, KH, KW = how.window
    blocks = min(C, -(-16 // (N * groups)))  # for some 16 tasks where there are few images
    channels = -(-C // blocks)
    blocks = -(-C // channels)
    at = layout((Part(how),), groups, OC, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * groups * OC * C * KD * KH * KW)
    gw = zeros((shares, groups, KD, blocks, KH, channels, KW, OC), g.dtype)
    parallel_for(
        weight_grad, shares * groups * blocks, g.size * C * KD * KH * KW / (4 * lanes(g.dtype)), calls(g.dtype),
        plain(g).reshape(-1), plain(x).reshape(-1), (C, *x.shape[2:]), gw.reshape(-1), (N, groups, OC, shares), at.parts[0],
        at.table, at.remainders, how.stride, channels, lanes(g.dtype),
    )  # fmt: skip
    total = np.add.reduce(gw).transpose(0, 6, 2, 4, 1, 3, 5)  # (G, OC, blocks, channels, KD, KH, KW)
    return total.reshape(groups, OC, blocks * channels, KD, KH, KW)[:, :, :C]


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))
