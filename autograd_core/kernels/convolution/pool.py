"""Pooling over 1 to 3 dimensions.

    maximum    out[m, o] = max x[m, i], i in window o;   indices[m, o] = the i, the first of equals
    average    out[m, o] = Σ x[m, i] / divisor[o];       their adjoints add g back

Layouts: images x (M, D, H, W), with M all leading dimensions in one and D, H of size 1 where there are fewer, and out
(M, OD, OH, OW), both flat. An index in an image is PyTorch's flat one, (d H + h) W + w. `windows.py` has the parameter arrays
`sizes` and `table` of all kernels. Parallel split: a task is an image.

Windows are small, and rows of outputs often short, so that loops along either would be too short for vectors. So an
image is first taken apart: with strides (SH, SW), part (rh, rw) holds the elements at (i SH + rh, j SW + rw) of the
padded image, i < QH, j < QW. There, element (kh, kw) of all windows is in one part, as far from each other as the
outputs themselves: the whole of it is compared, or added, in one loop over QH QW elements, of several images if they are
small. Of each QH x QW results, OH x OW are outputs, and the others are dropped.

Where windows are at irregular distances (adaptive pooling), or nearly as large as the image, one window is computed after
the other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for
from .sliding import clear, fill
from .windows import DILATION, IN, OUT, PADDING, PART, STRIDE, TERMS, WINDOW, Sizes, Windows, adaptive_windows

uint = np.uintp  # indices are unsigned: for a signed one Numba asks whether it counts from the end

# ------------------------------------------------------------------------------------------------------- taking apart


@kernel()
def _apart(x, m, group, sizes, parts, back):  # type: ignore[no-untyped-def]
    """`group` images from m on, of x (M, D, H, W), into parts (SH, SW, group D, QH, QW), or (`back`) from there. What is in
    parts from outside the image is left as it is."""
    D, H, W = sizes[IN]
    SH, SW, (PH, PW), (QH, QW) = sizes[STRIDE, 1], sizes[STRIDE, 2], sizes[PADDING, 1:], sizes[PART, 1:]
    part = group * D * QH * QW
    for rh in range(SH):
        for plane in range(group * D):
            for i in range(max(0, -((rh - PH) // SH)), min(QH, (H - 1 + PH - rh) // SH + 1)):
                row = ((m * D + plane) * H + i * SH + rh - PH) * W
                q = rh * SW * part + (plane * QH + i) * QW
                done = 0
                if SW == 2:  # even and odd elements in one loop
                    even, odd = q + PW % 2 * part + PW // 2, q + (PW + 1) % 2 * part + (PW + 1) // 2
                    done = min(W // 2, QW - (PW + 1) // 2)
                    if back:
                        for j in range(done):
                            x[uint(row + 2 * j)] = parts[uint(even + j)]
                            x[uint(row + 2 * j + 1)] = parts[uint(odd + j)]
                    else:
                        for j in range(done):
                            parts[uint(even + j)] = x[uint(row + 2 * j)]
                            parts[uint(odd + j)] = x[uint(row + 2 * j + 1)]
                for rw in range(SW):
                    first = max(0, -((rw - PW) // SW)) + done
                    a, b = row + first * SW + rw - PW, q + rw * part + first
                    n = min(QW, (W - 1 + PW - rw) // SW + 1) - first
                    if back:
                        for j in range(n):
                            x[uint(a + j * SW)] = parts[uint(b + j)]
                    else:
                        for j in range(n):
                            parts[uint(b + j)] = x[uint(a + j * SW)]


@kernel()
def _tap(sizes, group, d, kh, kw):  # type: ignore[no-untyped-def]
    """The offset in the parts of element (kh, kw) of the first window, in slice d of the first image."""
    h, w = kh * sizes[DILATION, 1], kw * sizes[DILATION, 2]
    SH, SW, QH, QW = sizes[STRIDE, 1], sizes[STRIDE, 2], sizes[PART, 1], sizes[PART, 2]
    part = (h % SH) * SW + w % SW
    return ((part * group * sizes[IN, 0] + d) * QH + h // SH) * QW + w // SW


@kernel()
def _all_parts(sizes):  # type: ignore[no-untyped-def]
    """The elements of the parts, with some behind that loops reach over the end."""
    numbers = sizes[STRIDE, 1] * sizes[STRIDE, 2] * sizes[PART, 0] * sizes[IN, 0] * sizes[PART, 1] * sizes[PART, 2]
    return numbers + (sizes[PART, 1] + 1) * sizes[PART, 2]


# ------------------------------------------------------------------------------------------------------------- maximum
#
# The first of equals counts, and a NaN more than all. LLVM makes vectors of a choice that does not branch: `|` rather
# than `or`, all elements loaded before. (Of a single choice it makes a store under a mask, which is slow.)


@kernel()
def _larger(x, a, a2, best, steps, step, step2, n):  # type: ignore[no-untyped-def]
    """Put x[a : a + n], then x[a2 : a2 + n], where they are larger than `best`, and `step` or `step2` into `steps`."""
    for i in range(n):
        v, v2, b, s = x[uint(a + i)], x[uint(a2 + i)], best[uint(i)], steps[uint(i)]
        better = (v > b) | (v != v)
        b = v if better else b
        s = step if better else s
        better = (v2 > b) | (v2 != v2)
        best[uint(i)] = v2 if better else b
        steps[uint(i)] = step2 if better else s


@kernel(allocates=True)
def _max_apart(start, stop, x, out, indices, table, sizes):  # type: ignore[no-untyped-def]
    """The largest element of each window and its index. A task is an image.

    x               (M, D, H, W)
    out, indices    (M, OD, OH, OW)
    table, sizes    see `windows.py`
    """
    (D, H, W), (OD, OH, OW), (KD, KH, KW) = sizes[IN], sizes[OUT], sizes[WINDOW]
    together, QH, QW = sizes[PART]
    least, integer = x.dtype.type(-np.inf), indices.dtype.type
    parts = np.empty(_all_parts(sizes), x.dtype)
    best, steps = np.empty(together * QH * QW, x.dtype), np.empty(together * QH * QW, indices.dtype)
    for m in range(start, stop, together):
        group = min(together, stop - m)
        if m == start or group < together:
            fill(parts, 0, len(parts), least)
        _apart(x, m, group, sizes, parts, False)
        for od in range(OD):
            corner = od * sizes[STRIDE, 0] - sizes[PADDING, 0], -sizes[PADDING, 1], -sizes[PADDING, 2]
            fill(best, 0, group * QH * QW, least)
            fill(steps, 0, group * QH * QW, integer(-1))
            for kd in range(KD):
                d = corner[0] + kd * sizes[DILATION, 0]
                for kh in range(KH if 0 <= d < D else 0):
                    step = ((d - corner[0]) * H + kh * sizes[DILATION, 1]) * W
                    for kw in range(0, KW, 2):
                        last = min(kw + 1, KW - 1)
                        a, a2 = _tap(sizes, group, d, kh, kw), _tap(sizes, group, d, kh, last)
                        s, s2 = step + kw * sizes[DILATION, 2], step + last * sizes[DILATION, 2]
                        _larger(parts, a, a2, best, steps, integer(s), integer(s2), group * QH * QW)
            for g in range(group):
                for oh in range(OH):
                    o, q = (((m + g) * OD + od) * OH + oh) * OW, (g * QH + oh) * QW
                    first = (corner[0] * H + corner[1] + oh * sizes[STRIDE, 1]) * W + corner[2]
                    least_of_all = False
                    for ow in range(OW):
                        out[uint(o + ow)], step = best[uint(q + ow)], steps[uint(q + ow)]
                        indices[uint(o + ow)] = integer(first + ow * sizes[STRIDE, 2]) + step
                        least_of_all |= step < 0
                    for ow in range(OW if least_of_all else 0):  # where nothing is larger than minus infinity
                        if steps[uint(q + ow)] < 0:
                            indices[uint(o + ow)] = (table[0, 0, od] * H + table[1, 0, oh]) * W + table[2, 0, ow]


@kernel()
def _max_singly(start, stop, x, out, indices, table, sizes):  # type: ignore[no-untyped-def]
    """The same, one window after the other."""
    (D, H, W), (OD, OH, OW), (dd, dh, dw) = sizes[IN], sizes[OUT], sizes[DILATION]
    for m in range(start, stop):
        for od in range(OD):
            for oh in range(OH):
                for ow in range(OW):
                    d0, h0, w0 = table[0, 0, od], table[1, 0, oh], table[2, 0, ow]
                    best, index = x.dtype.type(-np.inf), (d0 * H + h0) * W + w0
                    for d in range(d0, table[0, 1, od], dd):
                        for h in range(h0, table[1, 1, oh], dh):
                            for w in range(w0, table[2, 1, ow], dw):
                                p = (d * H + h) * W + w
                                v = x[uint(m * D * H * W + p)]
                                if v > best or v != v:
                                    best, index = v, p
                    o = ((m * OD + od) * OH + oh) * OW + ow
                    out[uint(o)], indices[uint(o)] = best, index


@kernel()
def _scatter(start, stop, g, indices, out, P, S):  # type: ignore[no-untyped-def]
    """out (M, S) = 0, and out[m, indices[m, i]] += g[m, i], unless the index is negative; g, indices (M, P). A task is an m."""
    for m in range(start, stop):
        clear(out, m * S, (m + 1) * S)
        for i in range(m * P, (m + 1) * P):
            p = indices[uint(i)]
            if p >= 0:
                out[uint(m * S + p)] += g[uint(i)]


@kernel()
def _gather(start, stop, x, indices, out, P, S):  # type: ignore[no-untyped-def]
    """out[m, i] = x[m, indices[m, i]], 0 where that is negative; x (M, S), out and indices (M, P). A task is an m."""
    for m in range(start, stop):
        for i in range(m * P, (m + 1) * P):
            p = indices[uint(i)]
            out[uint(i)] = x[uint(m * S + p)] if p >= 0 else 0


# ------------------------------------------------------------------------------------------------------------- average


@kernel()
def _add(x, a, y, b, n):  # type: ignore[no-untyped-def]
    """y[b : b + n] += x[a : a + n]."""
    for i in range(n):
        y[uint(b + i)] += x[uint(a + i)]


@kernel()
def _divisors(divisors, table, sizes):  # type: ignore[no-untyped-def]
    """The divisors of averages over a slice, as the parts have them; 1 for what is dropped."""
    together, QH, QW = sizes[PART]
    fill(divisors, 0, len(divisors), 1)
    for g in range(together):
        for oh in range(sizes[OUT, 1]):
            for ow in range(sizes[OUT, 2]):
                divisors[(g * QH + oh) * QW + ow] = table[1, 2, oh] * table[2, 2, ow]


@kernel(allocates=True)
def _average_apart(start, stop, x, out, table, sizes, none):  # type: ignore[no-untyped-def]
    """The average of each window. A task is an image.

    x, out          (M, D, H, W), (M, OD, OH, OW)
    table, sizes    see `windows.py`
    none            an empty array of the dtype in which sums are accumulated
    """
    D, (OD, OH, OW), (KD, KH, KW) = sizes[IN, 0], sizes[OUT], sizes[WINDOW]
    together, QH, QW = sizes[PART]
    parts, sums = np.zeros(_all_parts(sizes), x.dtype), np.empty(together * QH * QW, none.dtype)
    divisors = np.empty(len(sums), none.dtype)
    _divisors(divisors, table, sizes)
    for m in range(start, stop, together):
        group = min(together, stop - m)
        if group < together:
            clear(parts, 0, len(parts))
        n = group * QH * QW
        _apart(x, m, group, sizes, parts, False)
        for od in range(OD):
            clear(sums, 0, n)
            for kd in range(KD):
                d = od * sizes[STRIDE, 0] - sizes[PADDING, 0] + kd
                for kh in range(KH if 0 <= d < D else 0):
                    for kw in range(KW):
                        _add(parts, _tap(sizes, group, d, kh, kw), sums, 0, n)
            depth = none.dtype.type(table[0, 2, od])
            for i in range(n):
                sums[uint(i)] /= depth * divisors[uint(i)]
            for g in range(group):
                for oh in range(OH):
                    o, q = (((m + g) * OD + od) * OH + oh) * OW, (g * QH + oh) * QW
                    for ow in range(OW):
                        out[uint(o + ow)] = sums[uint(q + ow)]


@kernel(allocates=True)
def _spread_apart(start, stop, g, out, table, sizes):  # type: ignore[no-untyped-def]
    """out (M, D, H, W) from g (M, OD, OH, OW), the adjoint of `_average_apart`."""
    (D, H, W), (OD, OH, OW), (KD, KH, KW) = sizes[IN], sizes[OUT], sizes[WINDOW]
    together, QH, QW = sizes[PART]
    parts, shares = np.empty(_all_parts(sizes), g.dtype), np.zeros(together * QH * QW, g.dtype)
    divisors = np.empty(len(shares), g.dtype)
    _divisors(divisors, table, sizes)
    for m in range(start, stop, together):
        group = min(together, stop - m)
        n = group * QH * QW
        clear(parts, 0, len(parts))
        for od in range(OD):
            for i in range(group):
                for oh in range(OH):
                    o, q = (((m + i) * OD + od) * OH + oh) * OW, (i * QH + oh) * QW
                    for ow in range(OW):
                        shares[uint(q + ow)] = g[uint(o + ow)]
            depth = g.dtype.type(table[0, 2, od])
            for i in range(n):
                shares[uint(i)] /= depth * divisors[uint(i)]
            for kd in range(KD):
                d = od * sizes[STRIDE, 0] - sizes[PADDING, 0] + kd
                for kh in range(KH if 0 <= d < D else 0):
                    for kw in range(KW):
                        _add(shares, 0, parts, _tap(sizes, group, d, kh, kw), n)
        clear(out, m * D * H * W, (m + group) * D * H * W)
        _apart(out, m, group, sizes, parts, True)


@kernel(allocates=True)
def _average_singly(start, stop, x, out, table, sizes, none):  # type: ignore[no-untyped-def]
    """The same as `_average_apart`, window after window: down its rows first, a row of sums at a time; then across."""
    (D, H, W), (OD, OH, OW) = sizes[IN], sizes[OUT]
    sums = np.empty(W, none.dtype)
    for m in range(start, stop):
        for od in range(OD):
            for oh in range(OH):
                clear(sums, 0, W)
                for d in range(table[0, 0, od], table[0, 1, od]):
                    for h in range(table[1, 0, oh], table[1, 1, oh]):
                        _add(x, ((m * D + d) * H + h) * W, sums, 0, W)
                for ow in range(OW):
                    total = none.dtype.type(0)
                    for w in range(table[2, 0, ow], table[2, 1, ow]):
                        total += sums[uint(w)]
                    divisor = none.dtype.type(table[0, 2, od] * table[1, 2, oh] * table[2, 2, ow])
                    out[uint(((m * OD + od) * OH + oh) * OW + ow)] = total / divisor


@kernel(allocates=True)
def _spread_singly(start, stop, g, out, table, sizes):  # type: ignore[no-untyped-def]
    """The adjoint of `_average_singly`: across first, then up the rows."""
    (D, H, W), (OD, OH, OW) = sizes[IN], sizes[OUT]
    sums = np.empty(W, g.dtype)
    for m in range(start, stop):
        clear(out, m * D * H * W, (m + 1) * D * H * W)
        for od in range(OD):
            for oh in range(OH):
                clear(sums, 0, W)
                for ow in range(OW):
                    divisor = g.dtype.type(table[0, 2, od] * table[1, 2, oh] * table[2, 2, ow])
                    share = g[uint(((m * OD + od) * OH + oh) * OW + ow)] / divisor
                    for w in range(table[2, 0, ow], table[2, 1, ow]):
                        sums[uint(w)] += share
                for d in range(table[0, 0, od], table[0, 1, od]):
                    for h in range(table[1, 0, oh], table[1, 1, oh]):
                        _add(sums, 0, out, ((m * D + d) * H + h) * W, W)


# ------------------------------------------------------------------------------------------------------------ wrappers


def _index_type(space: Sizes) -> type:
    """The dtype of indices in an image."""
    return np.int32 if math.prod(space) < 2**31 else np.int64


def _flat(x: ndarray, dtype: type | None = None) -> ndarray:
    return plain(x, dtype).reshape(-1)


def max_pool(x: ndarray, windows: Windows) -> tuple[ndarray, ndarray]:
    """The largest element of each window of x (…, *space), and its flat index in space."""
    lead = x.shape[: -windows.dims]
    out = np.empty(lead + windows.size, x.dtype)
    indices: ndarray = np.empty(out.shape, _index_type(windows.space))
    if out.size:
        run, M = _max_apart if windows.apart else _max_singly, math.prod(lead)
        parallel_for(run, M, M * windows.work, _flat(x), _flat(out), _flat(indices), windows.table, windows.sizes)
    return out, indices


def average_pool(x: ndarray, windows: Windows) -> ndarray:
    """The sum of each window of x (…, *space), divided by its divisor."""
    lead = x.shape[: -windows.dims]
    out = np.empty(lead + windows.size, x.dtype)
    if out.size:
        run, M = _average_apart if windows.apart else _average_singly, math.prod(lead)
        none = np.empty(0, x.dtype if windows.terms <= TERMS else np.float64)
        parallel_for(run, M, M * windows.work, _flat(x), _flat(out), windows.table, windows.sizes, none)
    return out


def spread_pool(g: ndarray, windows: Windows) -> ndarray:
    """The adjoint of `average_pool`: (…, *outputs) -> (…, *space)."""
    lead = g.shape[: -windows.dims]
    out = np.empty(lead + windows.space, g.dtype)
    if out.size:
        run, M = _spread_apart if windows.apart else _spread_singly, math.prod(lead)
        parallel_for(run, M, M * windows.work, _flat(g), _flat(out), windows.table, windows.sizes)
    return out


def scatter(g: ndarray, indices: ndarray, space: Sizes) -> ndarray:
    """Zeros (…, *space) with each element of g (…, *outputs) added at its flat index, unless that is negative."""
    lead = g.shape[: -len(space)]
    out = np.empty(lead + space, g.dtype)
    if out.size:
        M, work, flat = math.prod(lead), 1.5 * g.size + 0.2 * out.size, _flat(indices, _index_type(space))
        parallel_for(_scatter, M, work, _flat(g), flat, _flat(out), g.size // M, out.size // M)
    return out


def gather(x: ndarray, indices: ndarray, dims: int) -> ndarray:
    """The elements of x (…, *space) at the flat indices (…, *outputs), 0 where negative: the adjoint of `scatter`."""
    out = np.empty(indices.shape, x.dtype)
    if out.size:
        M, flat = math.prod(x.shape[:-dims]), _flat(indices, _index_type(x.shape[-dims:]))
        parallel_for(_gather, M, 1.5 * out.size, _flat(x), flat, _flat(out), out.size // M, x.size // M)
    return out


@warms_up
def _pooling() -> None:
    for dtype in (np.float32, np.float64):
        x = np.ones((2, 4, 4), dtype)
        for windows in (adaptive_windows((4, 4), (2, 2)), adaptive_windows((4, 4), (3, 3))):
            out, indices = max_pool(x, windows)
            gather(scatter(out, indices, (4, 4)), indices, 2)
            spread_pool(average_pool(x, windows), windows)
