"""Convolution of any kind on micro-kernels, without a matrix of columns.

    forward              out[n, o, p] = Σ_{c, k} w[o, c, k] x[n, c, p·stride − padding + k·dilation] + bias[o]
    gradient to w        gw[o, c, k] = Σ_{n, p} g[n, o, p] x[n, c, p·stride − padding + k·dilation]
    gradient to x        a convolution of g, or several, see `conv.conv_input_grad`

The textbook writes the window of x under each output position as a column, a matrix KK times as large as x, and
multiplies w by it. Here that matrix is never written. One copy of x for each kw suffices, as wide as the output:

    shifts[c, kw, h, ow] = x[c, h, ow·stride − padding + kw·dilation]

In it, the row of the matrix for the filter element (kh, c, kw) is one contiguous run, kh rows from the start of plane
(c, kw). So a table of offsets, one for each filter element, turns the product w @ columns into sums of runs. A stride s along
the height is met by keeping the rows h = r, r + s, r + 2s, … of each remainder r together. The copy is made for one
block of channels or output rows at a time and stays in the second-level cache; backward makes it again rather than keep it.
The gradient to the input of a strided convolution is several convolutions of the same image, which share the copy.

Layouts, all flat inside the kernels: x (N, G, C, D, H, W), w (G, KD, OC, KH, C, KW), out and g (N, G, OC, OD, OH, OW); see
`conv.py`. Parallel split: forward, a task is a block of output rows of one image, group and depth; for the gradient to w, a
block of channels of one group, over a share of the images with sums of its own, added up in order. Shares and blocks
depend on the shapes alone: so results do not depend on the number of threads.
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
    VECTORS,
    MicroTile,
    calls,
    copy,
    every_other,
    interleave,
    lanes,
    micro_kernel,
    micro_tile_columns,
    micro_tile_rows,
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
    """The first element of x with which a line of the cache begins."""
    return -(x.ctypes.data // x.itemsize) % (64 // x.itemsize)


@kernel(reassociate=True)
def inner_product(a, b, n):  # type: ignore[no-untyped-def]
    """Σ a[i] b[i] for i < n."""
    total = a.dtype.type(0)
    for i in range(n):
        total += a[i] * b[i]
    return total


# The layout of `plan`, the parameter array of the kernels. Sizes of three dimensions are in the order depth, height, width.
(
    IMAGES,  # N
    GROUPS,  # G
    CHANNELS,  # C, of a group
    FILTERS,  # OC, of a group
    DEPTH,  # D, H, W: the space of x
    HEIGHT,
    WIDTH,
    OUT_DEPTH,  # the space of out
    OUT_HEIGHT,
    OUT_WIDTH,
    STRIDE_D,
    STRIDE_H,
    STRIDE_W,
    STEP_D,  # each part of out has every STEP-th element of it along each dimension
    STEP_H,
    STEP_W,
    LINES,  # output rows of a block
    BLOCKS,  # forward: blocks of output rows
    LH,  # rows of a shifted copy
    OW,  # columns of a shifted copy
    PLANE,  # elements of a shifted copy: (LH, OW), and some for alignment
    SHARES,  # gradient to w: shares of the images
    CHANNEL_BLOCK,  # gradient to w: channels of a task
    WAY,  # gradient to w: ALONG_POSITIONS, PACK_G or PACK_X
    PLAN_SIZE,
) = range(25)

# What is computed falls into parts, each a convolution of its own: one, or for the gradient to the input of a strided one
# those of the remainders. A row of `parts` is the parameter array of a part; of three dimensions, the index of the first:
WINDOW, SIZE, PADDING, DILATION = 0, 3, 6, 9
TAPS, TABLE_AT, W_AT = 12, 13, 14  # KH KW; where the table of the part begins, and its filters


@kernel()
def fill_shifts(calls, plan, x, x_at, c0, c1, d, h0, top, left, shifts, at):  # type: ignore[no-untyped-def]
    """The shifted copies of the channels c0 : c1 of one image at depth d; 0 outside the image.

    x, x_at       (C, D, H, W)
    h0            the first row of the copies
    top, left     (SH,), (KW,): the first row of the copies for each remainder of rows, and the first column
    shifts, at    (C, len(left), len(top), PLANE): copy (c, i, r) holds x[c, d, (h0 + h) SH + top[r], w SW + left[i]] at
                  (h, w). Columns outside the image are the same for all h0, and left as they are: 0
    """
    C_size, H, W, LH_, OW_ = plan[DEPTH] * plan[HEIGHT] * plan[WIDTH], plan[HEIGHT], plan[WIDTH], plan[LH], plan[OW]
    SH, SW, lefts, tops = plan[STRIDE_H], plan[STRIDE_W], len(left), len(top)
    for i in range(lefts):
        first = left[i]
        lo = min(OW_, max(0, -(first // SW)))  # the outputs lo : lo + columns see columns inside x
        columns = max(lo, min(OW_, (W - 1 - first) // SW + 1)) - lo
        for r in range(tops):
            # the rows high : low of the copy are rows inside x
            high = min(LH_, max(0, -(top[r] // SH) - h0))
            low = max(high, min(LH_, (H - 1 - top[r]) // SH + 1 - h0))
            rows, apart = low - high, SH * W
            read = x_at + c0 * C_size + (d * H + (h0 + high) * SH + top[r]) * W + lo * SW + first
            target = at + (i * tops + r) * plan[PLANE]
            for _ in range(c0, c1):
                if rows < LH_:
                    clear(shifts, target, target + high * OW_)
                    clear(shifts, target + low * OW_, target + LH_ * OW_)
                _fill_rows(calls, x, read, apart, SW, shifts, target + high * OW_ + lo, OW_, rows, columns)
                read += C_size
                target += lefts * tops * plan[PLANE]


@kernel()
def _fill_rows(calls, x, read, x_stride, SW, shifts, write, stride, rows, columns):  # type: ignore[no-untyped-def]
    """shifts[r, j] = x[r, SW j] for r < rows, j < columns; in `shifts`, what is beside them in a row is 0 and stays so.

    read, write         the elements of x and of shifts from which on they are meant
    x_stride, stride    the distances of their rows
    """
    if SW == 2:
        every_other(calls, x, read, shifts, write, x_stride, stride, rows, columns)
    elif SW == 1 and x_stride == stride and columns > 0 and rows > 0:  # one run, and what is not inside cleared
        count = rows * stride - (stride - columns)
        copy(calls, x, read, shifts, write, 0, 0, 1, count, count)
        for j in range(columns, stride):
            for row in range(rows - 1):
                shifts[write + row * stride + j] = 0
    elif SW > 2 or columns < calls[LANES]:
        for row in range(rows):
            for j in range(columns):
                shifts[write + row * stride + j] = x[read + row * x_stride + j * SW]
    else:
        copy(calls, x, read, shifts, write, x_stride, stride, rows, columns, columns)


# ------------------------------------------------------------------------------------------------------------- forward


@kernel()
def merge(calls, y, y_at, part, most, out, out_at, row, lines, step):  # type: ignore[no-untyped-def]
    """Rows of `step[1]` parts of y, their elements in turns, to every step[0]-th row of out.

    y, y_at        (parts, …, lines, most), the parts `part` elements apart
    out, out_at    rows of `row` elements
    step           (of rows, of columns)
    """
    apart = step[0] * row
    if step[1] == 1:
        copy(calls, y, y_at, out, out_at, row, apart, lines, row, row)
    elif step[1] == 2:
        interleave(calls, y, y_at, y, y_at + part, out, out_at, most, most, apart, lines, row // 2)
        for line in range(lines if row % 2 else 0):
            out[out_at + line * apart + row - 1] = y[y_at + (line + 1) * most - 1]
    else:
        for line in range(lines):
            for i in range(row):
                out[out_at + line * apart + i] = y[y_at + i % step[1] * part + line * most + i // step[1]]


class Rows(NamedTuple):
    """A block of output rows, at one kd."""

    h0: int  # the first output row
    inside: bool  # the slice of x at this kd is inside the image; else all of it is padding
    w_at: int  # where the filters begin, for all output channels
    c_at: int  # where the block begins in c
    c_stride: int  # the distance of output channels in c
    bias_at: int
    add: bool  # to c; else c is set, and the sums begin with the bias


@kernel()
def _part_of_block(calls, plan, part, table, w, shifts, at, c, bias, block):  # type: ignore[no-untyped-def]
    """c (OC, lines, OW) = or += the filters of one part, at one kd, times the windows of a block of output rows.

    part          the parameter array of the part
    table         where the runs of (KH, C, KW) start in the copies
    w             (OC, KH, C, KW) from block.w_at
    shifts, at    the shifted copies
    bias          (OC,) from block.bias_at, or (0,)
    block         a Rows
    """
    OC, OW_, K, CW = plan[FILTERS], plan[OW], part[TAPS] * plan[CHANNELS], plan[CHANNELS] * part[WINDOW + 2]
    positions, p = min(plan[LINES], part[SIZE + 1] - block.h0) * OW_, 0
    while p < positions and K > 0:
        columns, o = micro_tile_columns(calls, positions - p, OC), 0
        # the rows low : high of the filter meet rows of x for some of these outputs
        above = (block.h0 + p // OW_) * plan[STRIDE_H] - part[PADDING + 1]
        below = (block.h0 + (p + columns - 1) // OW_) * plan[STRIDE_H] - part[PADDING + 1]
        low = max(0, -(below // part[DILATION + 1]))
        high = min(part[WINDOW + 1], (plan[HEIGHT] - 1 - above) // part[DILATION + 1] + 1)
        k = max(0, high - low) * CW if block.inside else 0
        while o < OC:
            rows = micro_tile_rows(calls, OC - o, columns)
            micro_kernel(
                calls, w, block.w_at + o * K + low * CW, shifts, at + p, c, block.c_at + o * block.c_stride + p, bias,
                block.bias_at + o, table, part[TABLE_AT] + low * CW,
                MicroTile(
                    rows, columns, k, K, 0, block.c_stride, B_TABLE, block.add, len(bias) > 0 and not block.add
                ),
            )  # fmt: skip
            o += rows
        p += columns


@kernel()
def _merge_parts(calls, plan, parts, y, zeros_at, h0, out, out_at):  # type: ignore[no-untyped-def]
    """The results y (parts, OC, LINES, OW) of a block of output rows of all parts of one depth, merged into out.

    parts          their parameter arrays: (those along the height, those along the width) in one
    zeros_at       where y holds a row of zeros
    out, out_at    (OC, OD, OH, OW), from the first row of the block on
    """
    width, y_stride = plan[OUT_WIDTH], plan[LINES] * plan[OW]
    P, across = plan[OUT_DEPTH] * plan[OUT_HEIGHT] * width, min(plan[STEP_W], width)
    for o in range(plan[FILTERS]):
        for e in range(0, len(parts), across):
            lines, to = min(plan[LINES], parts[e, SIZE + 1] - h0), out_at + o * P + e // across * width
            taps = 0
            for part in parts[e : e + across]:
                taps += part[TAPS]
            if taps == 0:  # no element of the filter reaches these rows
                copy(calls, y, zeros_at, out, to, 0, plan[STEP_H] * width, lines, width, width)
            else:
                merge(
                    calls, y, (e * plan[FILTERS] + o) * y_stride, plan[FILTERS] * y_stride, plan[OW], out, to, width, lines,
                    (plan[STEP_H], plan[STEP_W]),
                )  # fmt: skip


@kernel(allocates=True)
def forward(start, stop, calls, x, w, bias, out, plan, parts, table, top, left):  # type: ignore[no-untyped-def]
    """A task is a block of output rows of one image, group and depth.

    x, w, out    flat: (N, G, C, D, H, W); of each part (G, KD, OC, KH, C, KW); (N, G, OC, OD, OH, OW)
    bias         (G OC,) or (0,)
    plan         int64, see above
    parts        (parts, 15): the parameter array of each part. Part (e, i, j) is the elements e, i, j of each STEP³ of out;
                 those of one depth use the same copies
    table        for each part, where the runs of (KH, C, KW) start in the copies
    top, left    see `fill_shifts`
    """
    G, OC, C, D, rows = plan[GROUPS], plan[FILTERS], plan[CHANNELS], plan[DEPTH], plan[LINES]
    depth, height, width, blocks = plan[OUT_DEPTH], plan[OUT_HEIGHT], plan[OUT_WIDTH], plan[BLOCKS]
    P, apart = depth * height * width, plan[STEP_H] * plan[STEP_W] > 1
    flat = min(plan[STEP_H], height) * min(plan[STEP_W], width)  # parts of one depth
    y_stride = rows * plan[OW]
    shifts = np.empty(C * len(left) * len(top) * plan[PLANE] + 512 // x.itemsize, x.dtype)
    zeros_at = flat * OC * y_stride if apart else 0
    y = np.empty(zeros_at + width, x.dtype)
    clear(shifts, 0, len(shifts))
    clear(y, 0, len(y))
    at = aligned(shifts)
    for task in range(start, stop):
        block, od, image = task % blocks, task // blocks % depth, task // (blocks * depth)  # image: of each group
        group, h0, first = image % G, block * rows, od % plan[STEP_D] * flat
        out_at = image * OC * P + (od * height + h0 * plan[STEP_H]) * width
        KD, add = parts[first, WINDOW], False
        for kd in range(KD):
            d = od // plan[STEP_D] * plan[STRIDE_D] + kd * parts[first, DILATION] - parts[first, PADDING]
            inside = 0 <= d < D
            if not inside and (add or kd < KD - 1):
                continue  # all of it is padding; but the last one sets what nothing has set
            if inside:
                x_at = image * C * D * plan[HEIGHT] * plan[WIDTH]
                fill_shifts(calls, plan, x, x_at, 0, C, d, h0, top, left, shifts, at)
            for e in range(flat):
                part = parts[first + e]
                c, c_at, c_stride = (y, e * OC * y_stride, y_stride) if apart else (out, out_at, P)
                w_at = part[W_AT] + (group * KD + kd) * OC * part[TAPS] * C
                lines = Rows(h0, inside, w_at, c_at, c_stride, group * OC, add)
                _part_of_block(calls, plan, part, table, w, shifts, at, c, bias, lines)
            add = True
        if apart or KD == 0:
            _merge_parts(calls, plan, parts[first : first + flat], y, zeros_at, h0, out, out_at)


# ------------------------------------------------------------------------------------------------------- gradient to w

# What stands in the vectors: positions, a sum along them for each element of gw; or the output channels of g, or the filter
# elements of x, packed into micro-panels of B
ALONG_POSITIONS, PACK_G, PACK_X = range(3)


@kernel()
def _sums_along_positions(plan, g, g_at, shifts, at, table, gw, gw_at, count):  # type: ignore[no-untyped-def]
    """gw (K, OC) += Σ_p x[k, p] g[o, p], p < count, the runs of x from at + table[k]."""
    OC, P = plan[FILTERS], plan[OUT_DEPTH] * plan[OUT_HEIGHT] * plan[OUT_WIDTH]
    for k in range(len(table)):
        for o in range(OC):
            a, b = g[g_at + o * P :], shifts[at + table[k] :]
            gw[gw_at + k * OC + o] += inner_product(a, b, count)


@kernel()
def _product_over_positions(calls, plan, g, g_at, shifts, at, table, panels, panels_at, gw, gw_at, count):  # type: ignore[no-untyped-def]
    """gw (K, OC) += x (K, count) @ gᵀ, which is packed; or (OC, K) += g (OC, count) @ xᵀ, which is packed (PACK_X)."""
    OC, K, P = plan[FILTERS], len(table), plan[OUT_DEPTH] * plan[OUT_HEIGHT] * plan[OUT_WIDTH]
    M, N, nr = (OC, K, VECTORS * calls[LANES]) if plan[WAY] == PACK_X else (K, OC, VECTORS * calls[LANES])
    for jr in range(0, N, nr):
        i, columns, b_at = 0, min(nr, N - jr), panels_at + jr * count
        while i < M:
            rows = micro_tile_rows(calls, M - i, columns)
            if plan[WAY] == PACK_G:
                micro_kernel(
                    calls, shifts, at, panels, b_at, gw, gw_at + i * OC + jr, gw, 0, table, i,
                    MicroTile(rows, columns, count, 0, nr, OC, A_TABLE, True, False),
                )  # fmt: skip
            else:
                micro_kernel(
                    calls, g, g_at + i * P, panels, b_at, gw, gw_at + i * K + jr, gw, 0, table, 0,
                    MicroTile(rows, columns, count, P, nr, K, ALONG_K, True, False),
                )  # fmt: skip
            i += rows


@kernel(allocates=True)
def weight_grad(start, stop, calls, g, x, gw, plan, part, table, top, left):  # type: ignore[no-untyped-def]
    """A task is a block of channels of one group, over one share of the images.

    g, x         flat: (N, G, OC, OD, OH, OW), (N, G, C, D, H, W)
    gw           flat: (SHARES, G, KD, blocks, K, OC), or (…, OC, K) in the way PACK_X, K = KH CHANNEL_BLOCK KW; it comes as
                 zeros
    plan         int64, see above
    part         the parameter array of the convolution
    table        (K,): where the runs of (KH, CHANNEL_BLOCK, KW) start in the copies
    top, left    see `fill_shifts`
    """
    N, G, OC, shares, C, D = plan[IMAGES], plan[GROUPS], plan[FILTERS], plan[SHARES], plan[CHANNELS], plan[DEPTH]
    OD, OH, KD, rows, way = plan[OUT_DEPTH], plan[OUT_HEIGHT], part[WINDOW], plan[LINES], plan[WAY]
    channels, OW_ = plan[CHANNEL_BLOCK], plan[OW]
    P, K, nr, blocks = OD * OH * OW_, len(table), VECTORS * calls[LANES], (C + channels - 1) // channels
    shifts = np.empty(channels * len(left) * len(top) * plan[PLANE] + 16, x.dtype)
    clear(shifts, 0, len(shifts))
    wide = 0 if way == ALONG_POSITIONS else K if way == PACK_X else OC  # rows of what is packed
    padded = (rows * OW_ + 31) // 16 * 16  # of a copy of what is packed, against cache-set conflicts
    runs = np.empty(wide * padded + 16, g.dtype)
    panels = np.empty(rows * OW_ * ((wide + nr - 1) // nr) * nr + 16, g.dtype)
    at, runs_at, panels_at = aligned(shifts), aligned(runs), aligned(panels)
    for task in range(start, stop):
        block, group, share = task % blocks, task // blocks % G, task // (blocks * G)
        c0, c1 = block * channels, min(C, (block + 1) * channels)
        for n in range(share * N // shares, (share + 1) * N // shares):
            for od in range(OD):
                for h0 in range(0, OH, rows):
                    count = min(rows, OH - h0) * OW_
                    g_at = (n * G + group) * OC * P + (od * OH + h0) * OW_
                    if way == PACK_G:
                        copy(calls, g, g_at, runs, runs_at, P, padded, OC, count, count)
                        pack(calls, runs, runs_at, padded, True, count, OC, panels, panels_at)
                    for kd in range(KD):
                        d = od * plan[STRIDE_D] + kd * part[DILATION] - part[PADDING]
                        if d < 0 or d >= D:
                            continue
                        x_at = (n * G + group) * C * D * plan[HEIGHT] * plan[WIDTH]
                        fill_shifts(calls, plan, x, x_at, c0, c1, d, h0, top, left, shifts, at)
                        to = (((share * G + group) * KD + kd) * blocks + block) * K * OC
                        if way == ALONG_POSITIONS:
                            _sums_along_positions(plan, g, g_at, shifts, at, table, gw, to, count)
                            continue
                        if way == PACK_X:
                            for k in range(K):
                                copy(calls, shifts, at + table[k], runs, runs_at + k * padded, 0, 0, 1, count, count)
                            pack(calls, runs, runs_at, padded, True, count, K, panels, panels_at)
                        _product_over_positions(
                            calls, plan, g, g_at, shifts, at, table, panels, panels_at, gw, to, count
                        )


# ------------------------------------------------------------------------------------------------------------ wrappers

BLOCK = 192 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


class Geometry(NamedTuple):
    """The windows of a convolution, in three dimensions. `size` counts their positions. A window may have no elements."""

    window: Sizes
    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    def seen(self, axis: int) -> range:
        """The elements of the first window along one dimension."""
        return range(
            -self.padding[axis], self.window[axis] * self.dilation[axis] - self.padding[axis], self.dilation[axis]
        )


class Layout(NamedTuple):
    """The shifted copies, which all parts use: (C, len(left), len(top), plane). A plane begins with (LH, OW)."""

    parts: ndarray  # the parameter array of each: WINDOW, SIZE, …
    table: ndarray  # for each part, where the runs of (KH, C, KW) start in the copies
    top: ndarray  # the first row of each copy, for each remainder of the rows by the stride
    left: ndarray  # and its first column
    sizes: dict[str, int]  # `lines`, `lh`, `ow`, `plane` and `blocks` of the plan


@functools.lru_cache(256)
def layout(parts: tuple[Geometry, ...], G: int, OC: int, C: int, itemsize: int) -> Layout:
    """Copies of what fits into the block, and enough for a run of some length."""
    stride = parts[0].stride[1]
    reached = [part for part in parts if 0 not in part.window]
    left = sorted({w for part in reached for w in part.seen(2)})
    rows = sorted({h for part in reached for h in part.seen(1)})
    top = {h % stride: h for h in reversed(rows)}  # for each remainder the smallest
    behind = max(((h - top[h % stride]) // stride for h in rows), default=0)
    height, width = (max(part.size[axis] for part in parts) for axis in (1, 2))
    a_row = (C * len(left) * len(top) + (OC * len(parts) if len(parts) > 1 else 0)) * width * itemsize
    blocks = -(-height // max(BLOCK // max(a_row, 1) - behind, -(-256 // width), 1))
    lines = -(-height // blocks)
    rows_of_copy, a_line = lines + behind, LINE // itemsize
    plane = (-(-rows_of_copy * width // a_line) | 1) * a_line  # an odd number of lines, against cache-set conflicts
    numbers, tables, table_at, w_at = [], [], 0, 0
    for part in parts:
        taps = part.window[1] * part.window[2] if 0 not in part.window else 0
        numbers.append((*part.window, *part.size, *part.padding, *part.dilation, taps, table_at, w_at))
        if taps:
            h = np.array(part.seen(1))[:, None, None]
            r = np.array([list(top).index(h % stride) for h in part.seen(1)])[:, None, None]
            copies = (np.arange(C)[:, None] * len(left) + np.searchsorted(left, part.seen(2))) * len(
                top
            ) + r  # (KH, C, KW)
            tables.append((copies * plane + (h - np.array(list(top.values()))[r]) // stride * width).reshape(-1))
        table_at, w_at = table_at + taps * C, w_at + G * part.window[0] * OC * taps * C
    return Layout(
        np.array(numbers), np.concatenate([np.empty(0, np.int64), *tables]), np.array(list(top.values()), np.int64),
        np.array(left, np.int64), {"lines": lines, "lh": rows_of_copy, "ow": width, "plane": plane, "blocks": blocks},
    )  # fmt: skip


def convolve(
    x: ndarray, filters: list[ndarray], bias: ndarray | None, out: ndarray, parts: tuple[Geometry, ...], step: Sizes
) -> None:
    """For each part, the convolution of x (N, G C, D, H, W) with its filters (G, KD, OC, KH, C, KW) into every step-th
    element of out: of the parts (e, i, j) of `step`, in this order, those from element (e, i, j) on. Bias is for one part."""
    G, _, OC, _, C, _ = filters[0].shape
    at = layout(parts, G, OC, C, x.itemsize)
    flat = [plain(w).reshape(-1) for w in filters]
    work = sum(math.prod(part.size) * w.size for part, w in zip(parts, flat, strict=True))
    plan = _plan((len(x), G, C, OC, *x.shape[2:], *out.shape[2:], *parts[0].stride, *step), **at.sizes)
    parallel_for(
        forward, len(x) * G * out.shape[2] * int(plan[BLOCKS]), len(x) * work / (4 * lanes(x.dtype)), calls(x.dtype),
        plain(x).reshape(-1), flat[0] if len(flat) == 1 else np.concatenate(flat),
        np.empty(0, x.dtype) if bias is None else plain(bias), out.reshape(-1), plan, at.parts, at.table, at.top, at.left,
    )  # fmt: skip


@functools.lru_cache(256)
def _plan(shape: Sizes, **values: int) -> ndarray:
    """The parameter array of the kernels: its first entries, and others by their names in lower case."""
    plan = np.zeros(PLAN_SIZE, np.int64)
    plan[: len(shape)] = shape
    for name, value in values.items():
        plan[globals()[name.upper()]] = value
    return plan


def gradient_to_weights(g: ndarray, x: ndarray, geometry: Geometry, groups: int) -> ndarray:
    """g (N, G OC, OD, OH, OW), x (N, G C, D, H, W) -> the gradient (G, OC, C, KD, KH, KW)."""
    N, OC, C = len(g), g.shape[1] // groups, x.shape[1] // groups
    KD, KH, KW = geometry.window
    blocks = min(C, -(-16 // (N * groups)))  # for some 16 tasks where there are few images
    channels = -(-C // blocks)
    blocks = -(-C // channels)
    at = layout((geometry,), groups, OC, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * groups * OC * C * KD * KH * KW)
    way = ALONG_POSITIONS if lanes(g.dtype) > 2 * OC else PACK_X if 2 * KH * channels * KW <= OC else PACK_G
    sums = (OC, KH, channels, KW) if way == PACK_X else (KH, channels, KW, OC)
    gw = zeros((shares, groups, KD, blocks, *sums), g.dtype)
    shape = (N, groups, C, OC, *x.shape[2:], *g.shape[2:], *geometry.stride)
    plan = _plan(shape, shares=shares, channel_block=channels, way=way, **at.sizes)
    parallel_for(
        weight_grad, shares * groups * blocks, g.size * C * KD * KH * KW / (4 * lanes(g.dtype)), calls(g.dtype),
        plain(g).reshape(-1), plain(x).reshape(-1), gw.reshape(-1), plan, at.parts[0], at.table, at.top, at.left,
    )  # fmt: skip
    axes = (0, 3, 2, 5, 1, 4, 6) if way == PACK_X else (0, 6, 2, 4, 1, 3, 5)
    total = np.add.reduce(gw).transpose(axes)  # (G, OC, blocks, channels, KD, KH, KW)
    return total.reshape(groups, OC, blocks * channels, KD, KH, KW)[:, :, :C]


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))
