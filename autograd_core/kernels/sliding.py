"""The loops of convolution on the register tile. `conv.py` says how x, w and out lie, and calls them.

The textbook writes the window of x under each output position as a column, a matrix KK times as large as x, and
multiplies w by it. Here that matrix is never written. One copy of x for each kw suffices, as wide as the output:

    shifts[c, kw, h, ow] = x[c, h, ow·stride − padding + kw·dilation]

In it, the row of the matrix for the filter element (kh, c, kw) is one contiguous run, kh rows from the start of plane
(c, kw). So a table of offsets, one a filter element, turns the product w @ columns into sums of runs. A stride s along
the height is met by keeping the rows h = r, r + s, r + 2s, … of each remainder r together. The copy is made for one
block of channels or output rows at a time and stays in the cache; backward makes it again rather than keep it.
"""

from __future__ import annotations

import numpy as np

from .gemm import pack
from .runtime import kernel
from .simd import A_TABLE, B_TABLE, LANES, copy, height_of, tile_from, wide

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
def aligned(x):  # type: ignore[no-untyped-def]
    """The first place in x from which a vector lies in one line of the cache."""
    return -(x.ctypes.data // x.itemsize) % (64 // x.itemsize)


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
                elif stride[2] > 2 or columns < calls[LANES]:
                    for row in range(rows):
                        for i in range(columns):
                            shifts[write + row * OW + i] = x[read + row * stride[1] * W + i * stride[2]]
                elif columns == OW == W and stride[1] == 1:
                    copy(calls, x, read, shifts, write, 0, 0, 1, rows * OW, rows * OW)
                else:
                    copy(calls, x, read, shifts, write, stride[1] * W, OW, rows, columns, columns)
                read += D * H * W
                target += KW * R * plane


# -------------------------------------------------------------------------------------------------- loops over images


@kernel()
def put_apart(y, y_at, y_stride, out, out_at, sizes, counts, step):  # type: ignore[no-untyped-def]
    """Channels of y, each of counts = (channels, rows, columns), into every step-th row and column of out's planes of
    `sizes` = (elements of a channel, columns)."""
    channels, rows, columns = counts
    for c in range(channels):
        for row in range(rows):
            source = y[y_at + c * y_stride + row * columns : y_at + c * y_stride + (row + 1) * columns]
            target = out[out_at + c * sizes[0] + row * step[1] * sizes[1] :]
            for i in range(columns):
                target[i * step[2]] = source[i]


@kernel()
def forward(  # type: ignore[no-untyped-def]
    start, stop, calls, x, x_shape, w, bias, out, out_shape, filters, table, remainders, window, size, stride, padding,
    dilation, step, first, rows, extra,
):  # fmt: skip
    """A task is `rows` output rows of one image and group: `filters` (G, OC). x, w, out are flat; bias (G OC,) or (0,).

    What is computed, `size` long, wide and deep, goes to every step-th place from `first` of out, (OD, OH, OW).
    """
    C, D, H, W = x_shape
    G, OC = filters
    OD, OH, OW = size
    CW, K, P = C * window[2], len(table), out_shape[0] * out_shape[1] * out_shape[2]
    LH, apart = rows + extra, step[1] * step[2] > 1
    blocks = (OH + rows - 1) // rows
    shifts = np.empty(CW * len(remainders) * LH * OW + 512 // x.itemsize, x.dtype)
    clear(shifts, 0, len(shifts))
    y_stride = rows * OW
    y = np.empty(OC * y_stride if apart else 1, x.dtype)
    at = aligned(shifts)
    for task in range(start, stop):
        block, od, group, n = task % blocks, task // blocks % OD, task // (blocks * OD) % G, task // (blocks * OD * G)
        h0 = block * rows
        lines = min(rows, OH - h0)
        out_at = (n * G + group) * OC * P + (
            (od * step[0] + first[0]) * out_shape[1] + h0 * step[1] + first[1]
        ) * out_shape[2] + first[2]  # fmt: skip
        c, c_at, c_stride = (y, 0, y_stride) if apart else (out, out_at, P)
        add = False
        for kd in range(window[0]):
            d = od * stride[0] + kd * dilation[0] - padding[0]
            if (d < 0 or d >= D) and (add or kd < window[0] - 1):
                continue  # all of it is padding; but the last one sets what nothing has set
            inside = 0 <= d < D
            if inside:
                fill_shifts(
                    calls, x, (n * G + group) * C * D * H * W, x_shape, 0, C, d, h0, LH, remainders, window[2], OW, stride,
                    padding, dilation, shifts, at,
                )  # fmt: skip
            w_at = (group * window[0] + kd) * OC * K
            p = 0
            while p < lines * OW:
                here, o = wide(calls, lines * OW - p, OC), 0
                # the rows low : high of the filter meet rows of x for some of these outputs
                top, bottom = (h0 + p // OW) * stride[1] - padding[1], (h0 + (p + here - 1) // OW) * stride[1] - padding[1]
                low, high = max(0, -(bottom // dilation[1])), min(window[1], (H - 1 - top) // dilation[1] + 1)
                k = max(0, high - low) * CW if inside else 0
                while o < OC:
                    many = height_of(calls, OC - o, here)
                    tile_from(
                        calls, w, w_at + o * K + low * CW, shifts, at + p, c, c_at + o * c_stride + p, bias,
                        group * OC + o, table, low * CW, K, 0, c_stride, k, here, many, B_TABLE, add, len(bias) > 0 and not add,
                    )  # fmt: skip
                    o += many
                p += here
            add = True
        if apart:
            put_apart(y, 0, y_stride, out, out_at, (P, out_shape[2]), (OC, lines, OW), step)


@kernel(reassociate=True)
def inner_product(a, b, n):  # type: ignore[no-untyped-def]
    """Σ a[i] b[i] for i < n."""
    total = a.dtype.type(0)
    for i in range(n):
        total += a[i] * b[i]
    return total


@kernel()
def weight_grad(  # type: ignore[no-untyped-def]
    start, stop, calls, g, x, x_shape, gw, sizes, table, remainders, window, size, stride, padding, dilation, channels,
    rows, extra, lanes,
):  # fmt: skip
    """A task is a block of channels of one group, over one share of the images, into gw (shares, G, KD, blocks, K, OC).

    K = KH channels KW. sizes are (N, G, OC, shares). g, x and gw are flat; gw comes as zeros.
    """
    C, D, H, W = x_shape
    N, G, OC, shares = sizes
    OD, OH, OW = size
    P, K, width = OD * OH * OW, len(table), 2 * lanes
    LH = rows + extra
    blocks = (C + channels - 1) // channels
    shifts = np.empty(channels * window[2] * len(remainders) * LH * OW + 16, x.dtype)
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
                    for kd in range(window[0]):
                        d = od * stride[0] + kd * dilation[0] - padding[0]
                        if d < 0 or d >= D:
                            continue
                        fill_shifts(
                            calls, x, (n * G + group) * C * D * H * W, x_shape, c0, c1, d, h0, LH, remainders, window[2],
                            OW, stride, padding, dilation, shifts, at,
                        )  # fmt: skip
                        to = (((share * G + group) * window[0] + kd) * blocks + block) * K * OC
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
