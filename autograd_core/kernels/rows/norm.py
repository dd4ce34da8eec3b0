"""Normalisation: means and variances over sets of elements, and their gradients, a pass or two over memory each.

Every kernel computes, over sets of n elements that have a mean μ and a variance σ² in common,

    y = x̂ w + b,   x̂ = (x - μ) r,   r = 1 / √(σ² + ε)
    gx = r (g w - mean(g w) - x̂ mean(g w x̂)),   gw = Σ g x̂,   gb = Σ g

They differ in the layout of the sets:

    planes   x (N, C, S), a weight for each channel, sets of whole planes: all N of a channel (batch norm), or some
             neighbours (group norm)
    columns  the same for few positions S: sets of columns of x (N, C S), inner loops along a row
    rows     x (R, M), each row a set, a weight for each element of a row (layer norm)

All arrays are flat in the kernels but the statistics, (sets, 4): MEAN, REST, SCALE = r and VARIANCE of each set. The mean
comes in two parts, see moments.py. Parallel split: a task is one set, or a block of them that depends on the shape alone.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.exponential import uint
from ..machine.moments import (
    MEAN,
    REST,
    SCALE,
    VARIANCE,
    means_of,
    measure,
    powers_of,
    products_of,
    scale_of,
    scaled_of,
    weighted_products_of,
)
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for

FEW = 64  # positions below which planes are too short for loops of their own

# -------------------------------------------------------------------------------------------------------------- planes
#
# Set s is the planes s · first + i · step, i < count, of x (N C, S). Plane p is of channel p % C. If the statistics are not
# measured, but those of the channels, every plane is a set.


@kernel(allocates=True)
def _planes_forward(start, stop, x, out, stats, w, b, S, sets, measured, eps):  # type: ignore[no-untyped-def]
    """out = x̂ w + b. A task is a set.

    x, out      (N, C, S)
    stats       (sets, 4), set if `measured`; else (C, 4), read
    w, b        (C,)
    sets        (count, first, step), see above
    measured    the statistics are those of x
    """
    C, (count, first, step) = len(w), sets
    sums = np.empty((count, 2))
    for s in range(start, stop):
        if measured:
            measure(x, s * first * S, step * S, S, count, stats, s, eps, sums)
        k = s % len(stats)
        mean, rest, r = stats[k, MEAN], stats[k, REST], stats[k, SCALE]
        for i in range(count):
            p = s * first + i * step
            at, scale = p * S, r * w[p % C]
            shift = b[p % C] - rest * scale
            for j in range(S):
                out[uint(at + j)] = (x[uint(at + j)] - mean) * scale + shift


@kernel(allocates=True)
def _planes_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, sums, stats, w, S, sets, measured, x_wanted
):
    """gx and the sums that gw and gb are made of. A task is a set.

    x, g, gx    (N, C, S); gx if `x_wanted`
    sums        (N C, 2), float64: Σ g and Σ g x̂ of each plane
    stats, w    what `_planes_forward` has taken and set
    sets        (count, first, step), see above
    measured    the statistics depend on x too
    """
    C, (count, first, step) = len(w), sets
    zero = x.dtype.type(0)
    products = np.empty((count, 2))
    for s in range(start, stop):
        k = s % len(stats)
        mean, rest, r = stats[k, MEAN], stats[k, REST], stats[k, SCALE]
        products_of(x, g, s * first * S, step * S, S, count, mean, products)
        a, b = 0.0, 0.0
        for i in range(count):
            p = s * first + i * step
            total, product = products[i, 0], (products[i, 1] - rest * products[i, 0]) * r
            sums[p, 0], sums[p, 1] = total, product
            a += total * w[p % C]
            b += product * w[p % C]
        if not x_wanted:
            continue
        slope = x.dtype.type(r * b / (S * count)) if measured else zero
        shift = x.dtype.type(rest * r * slope - r * a / (S * count)) if measured else zero
        for i in range(count):
            p = s * first + i * step
            at, scale = p * S, r * w[p % C]
            for j in range(S):
                gx[uint(at + j)] = g[uint(at + j)] * scale + shift - (x[uint(at + j)] - mean) * r * slope


# ---------------------------------------------------------------------------------------------------------------- rows
#
# The weights of row r are those of the row r % period of w (period, M). Each step is done for all rows of a block before
# the next one, so that the divisions and roots of one row do not wait for those of another.


@kernel()
def _rows_at_once(M):  # type: ignore[no-untyped-def]
    """The rows of M elements that stay in the first-level cache."""
    return max(1, min(16, 4096 // M))


@kernel(allocates=True)
def _rows_forward(start, stop, x, out, stats, w, b, M, block, centred, eps):  # type: ignore[no-untyped-def]
    """out = x̂ w + b. A task is a block of rows.

    x, out     (R, M)
    stats      (R, 4), set
    w, b       (period, M)
    centred    the mean is subtracted; else MEAN is 0
    """
    R, size = len(stats), len(w)
    sums = np.empty((block, 2))
    for task in range(start, stop):
        first, last = task * block, min(R, (task + 1) * block)
        if centred:
            means_of(x, first * M, M, last - first, stats, first)
        else:
            for i in range(first, last):
                stats[i, MEAN] = 0
        powers_of(x, first * M, M, M, last - first, stats, first, 1, sums)
        for i in range(first, last):
            rest, variance, scale = scale_of(sums[i - first, 0], sums[i - first, 1], M, eps, centred)
            if not sums[i - first, 1] < np.inf:
                rest, variance, scale = scaled_of(x, i * M, M, M, 1, np.float64(stats[i, MEAN]), eps, centred)
            stats[i, REST], stats[i, VARIANCE], stats[i, SCALE] = rest, variance, scale
        for i in range(first, last):
            at, v = i * M, i * M % size
            mean, rest, r = stats[i, MEAN], stats[i, REST], stats[i, SCALE]
            for j in range(M):
                out[uint(at + j)] = (x[uint(at + j)] - mean - rest) * r * w[uint(v + j)] + b[uint(v + j)]


@kernel(allocates=True)
def _rows_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, parts, stats, w, M, block, centred, x_wanted, w_wanted
):
    """gx and the sums that gw and gb are made of. A task is `block` rows.

    x, g, gx             (R, M); gx if `x_wanted`
    parts                (tasks, 2, period M): Σ g x̂ and Σ g over the rows of each task, if `w_wanted`
    stats, w, centred    what `_rows_forward` has taken and set
    """
    R, size = len(stats), len(w)
    zero = x.dtype.type(0)
    rows = _rows_at_once(M)
    sums = np.empty((rows, 2))
    for task in range(start, stop):
        end = min(R, (task + 1) * block)
        to_w, to_b = 2 * task * size, (2 * task + 1) * size
        if w_wanted:
            for j in range(2 * size):
                parts[uint(to_w + j)] = 0
        for first in range(task * block, end, rows):
            last = min(end, first + rows)
            if x_wanted:
                weighted_products_of(x, g, w, first * M, M, last - first, stats, first, sums)
                for i in range(first, last):
                    at, v = i * M, i * M % size
                    mean, rest, r = stats[i, MEAN], stats[i, REST], stats[i, SCALE]
                    total, product = sums[i - first, 0], sums[i - first, 1] - rest * sums[i - first, 0]
                    slope = x.dtype.type(r * product / M)
                    shift = x.dtype.type(rest * r * slope - total / M) if centred else zero
                    for j in range(M):
                        gw = g[uint(at + j)] * w[uint(v + j)]
                        gx[uint(at + j)] = (gw + shift - (x[uint(at + j)] - mean) * r * slope) * r
            if w_wanted:
                for i in range(first, last):
                    at, v = i * M, i * M % size
                    mean, rest, r = stats[i, MEAN], stats[i, REST], stats[i, SCALE]
                    for j in range(M):
                        gj = g[uint(at + j)]
                        parts[uint(to_w + v + j)] += gj * ((x[uint(at + j)] - mean - rest) * r)
                        parts[uint(to_b + v + j)] += gj


# ------------------------------------------------------------------------------------------------------------- columns
#
# x (N, C, S) with S small. A task is a block of channels, whose columns are added up side by side in float64.


@kernel(inline=True)
def _channel_total(columns, c, S):  # type: ignore[no-untyped-def]
    """Σ columns[c S : (c + 1) S]."""
    total = 0.0
    for j in range(c * S, (c + 1) * S):
        total += columns[j]
    return total


@kernel(allocates=True)
def _columns_forward(start, stop, x, out, stats, w, b, N, S, block, measured, eps):  # type: ignore[no-untyped-def]
    """out = x̂ w + b. A task is `block` channels.

    x, out      (N, C, S)
    stats       (C, 4), set if `measured`, else read
    w, b        (C,)
    """
    C, n = len(w), N * S
    for task in range(start, stop):
        c0 = task * block
        channels = min(C - c0, block)
        size = channels * S
        means, scales, shifts = np.zeros(size, x.dtype), np.empty(size, x.dtype), np.empty(size, x.dtype)
        for attempt in range(2 if measured else 0):  # first for the means, then for what is about them
            totals, squares = np.zeros(size), np.zeros(size)
            for i in range(N):
                at = (i * C + c0) * S
                for j in range(size):
                    d = np.float64(x[uint(at + j)] - means[j])
                    totals[j] += d
                    squares[j] += d * d
            for c in range(channels):
                total, square = _channel_total(totals, c, S), _channel_total(squares, c, S)
                if attempt == 0:
                    stats[c0 + c, MEAN] = total / n
                    for j in range(c * S, (c + 1) * S):
                        means[j] = total / n
                else:
                    rest, variance, scale = scale_of(total, square, n, eps, True)
                    if not square < np.inf:
                        rest, variance, scale = scaled_of(
                            x, (c0 + c) * S, C * S, S, N, np.float64(means[c * S]), eps, True
                        )
                    stats[c0 + c, REST], stats[c0 + c, VARIANCE], stats[c0 + c, SCALE] = rest, variance, scale
        for c in range(channels):
            scale = stats[c0 + c, SCALE] * w[c0 + c]
            for j in range(c * S, (c + 1) * S):
                means[j], scales[j], shifts[j] = stats[c0 + c, MEAN], scale, b[c0 + c] - stats[c0 + c, REST] * scale
        for i in range(N):
            at = (i * C + c0) * S
            for j in range(size):
                out[uint(at + j)] = (x[uint(at + j)] - means[j]) * scales[j] + shifts[j]


@kernel(allocates=True)
def _columns_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, sums, stats, w, S, N, block, measured, x_wanted
):
    """gx and the sums that gw and gb are made of. A task is `block` channels.

    x, g, gx    (N, C, S); gx if `x_wanted`
    sums        (C, 2), float64: Σ g and Σ g x̂ of each channel
    stats, w    what `_columns_forward` has taken and set
    measured    the statistics depend on x too
    """
    C, n = len(w), N * S
    for task in range(start, stop):
        c0 = task * block
        channels = min(C - c0, block)
        size = channels * S
        totals, products = np.zeros(size), np.zeros(size)
        means, scales = np.empty(size, x.dtype), np.empty(size, x.dtype)
        slopes, shifts = np.zeros(size, x.dtype), np.zeros(size, x.dtype)
        for j in range(size):
            means[j] = stats[c0 + j // S, MEAN]
        for i in range(N):
            at = (i * C + c0) * S
            for j in range(size):
                totals[j] += g[uint(at + j)]
                products[j] += g[uint(at + j)] * (x[uint(at + j)] - means[j])
        for c in range(channels):
            rest, r = stats[c0 + c, REST], np.float64(stats[c0 + c, SCALE])
            total = _channel_total(totals, c, S)
            product = (_channel_total(products, c, S) - rest * total) * r
            sums[c0 + c, 0], sums[c0 + c, 1] = total, product
            scale = r * w[c0 + c]
            slope = r * product / n
            for j in range(c * S, (c + 1) * S):
                scales[j] = scale
                if measured:
                    slopes[j], shifts[j] = slope, rest * scale * slope - scale * total / n
        if x_wanted:
            for i in range(N):
                at = (i * C + c0) * S
                for j in range(size):
                    gx[uint(at + j)] = (
                        g[uint(at + j)] * scales[j] + shifts[j] - (x[uint(at + j)] - means[j]) * scales[j] * slopes[j]
                    )


# ------------------------------------------------------------------------------------------------------------ wrappers


@functools.lru_cache(16)
def _constant(size: int, value: float, dtype: np.dtype) -> ndarray:
    """Ones or zeros in place of a weight or bias that is None; nobody writes into it."""
    return np.full(size, value, dtype)


def _weight(w: ndarray | None, size: int, dtype: np.dtype, value: float = 1.0, repeats: int = 1) -> ndarray:
    if w is None:
        return _constant(size * repeats, value, dtype)
    w = plain(w).reshape(-1)
    return np.repeat(w, repeats) if repeats > 1 else w


def _space(x: ndarray) -> tuple[int, int, int]:
    """N, C, S of x (N, C, …)."""
    return x.shape[0], x.shape[1], math.prod(x.shape[2:])


def _columns_block(S: int) -> int:
    return max(1, 128 // S)


Sets = tuple[int, int, int, int]  # their number, the planes of each, the distance of sets, the distance of planes


def _forward_planes(
    x: ndarray, w: ndarray | None, b: ndarray | None, stats: ndarray, sets: Sets, measured: bool, eps: float
) -> ndarray:
    N, C, S = _space(x)
    out = np.empty(x.shape, x.dtype)
    if x.size:
        args = plain(x).reshape(-1), out.reshape(-1), stats, _weight(w, C, x.dtype), _weight(b, C, x.dtype, 0.0)
        if S < FEW:
            block = _columns_block(S)
            parallel_for(_columns_forward, -(-C // block), 0.6 * x.size, *args, N, S, block, measured, eps)
        else:
            parallel_for(_planes_forward, sets[0], 0.4 * x.size, *args, S, sets[1:], measured, eps)
    return out


def _backward_planes(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, sets: Sets, measured: bool
) -> tuple:
    N, C, S = _space(x)
    gx, sums = np.empty(x.shape if needs[0] else 0, x.dtype), np.zeros((N if S >= FEW else 1, C, 2))
    if x.size:
        arrays = plain(x).reshape(-1), plain(g).reshape(-1), gx.reshape(-1), sums.reshape(-1, 2)
        args = *arrays, stats, _weight(w, C, x.dtype), S
        if S < FEW:
            block = _columns_block(S)
            parallel_for(_columns_backward, -(-C // block), 0.7 * x.size, *args, N, block, measured, needs[0])
        else:
            parallel_for(_planes_backward, sets[0], 0.6 * x.size, *args, sets[1:], measured, needs[0])
    gw, gb = (np.add.reduce(sums[:, :, i], 0).astype(x.dtype) if needs[2 - i] else None for i in (1, 0))
    return gx if needs[0] else None, gw, gb


def batch_norm_forward(
    x: ndarray, w: ndarray | None, b: ndarray | None, eps: float, mean: Any = None, variance: Any = None
) -> tuple[ndarray, ndarray]:
    """x (N, C, …) normalised by channel, and the statistics (C, 4); by `mean` and `variance`, if they are not None."""
    N, C = x.shape[:2]
    stats = np.zeros((C, 4), x.dtype)
    if mean is None:
        return _forward_planes(x, w, b, stats, (C, N, 1, C), True, eps), stats
    stats[:, MEAN], stats[:, VARIANCE] = mean, variance
    stats[:, SCALE] = 1 / np.sqrt(stats[:, VARIANCE] + eps)
    return _forward_planes(x, w, b, stats, (N * C, 1, 1, 1), False, eps), stats


def batch_norm_backward(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, measured: bool = True
) -> tuple:
    """The gradients with respect to x, w and b. measured: the statistics are those of x."""
    N, C = x.shape[:2]
    return _backward_planes(needs, g, x, w, stats, (C, N, 1, C) if measured else (N * C, 1, 1, 1), measured)


def group_norm_forward(
    x: ndarray, w: ndarray | None, b: ndarray | None, groups: int, eps: float
) -> tuple[ndarray, ndarray]:
    """x (N, C, …) normalised by example and group of channels, and the statistics (N groups, 4)."""
    N, C, S = _space(x)
    count = C // groups
    if 0 < S < FEW:  # a weight for each element
        return rows_forward(x, _weight(w, C, x.dtype, 1.0, S), _weight(b, C, x.dtype, 0.0, S), count * S, True, eps)
    stats = np.empty((N * groups, 4), x.dtype)
    return _forward_planes(x, w, b, stats, (N * groups, count, count, 1), True, eps), stats


def group_norm_backward(needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, groups: int) -> tuple:
    """The gradients with respect to x, w and b."""
    N, C, S = _space(x)
    count = C // groups
    if 0 < S < FEW:
        gx, *others = rows_backward(needs, g, x, _weight(w, C, x.dtype, 1.0, S), stats, count * S, True)
        return gx, *(None if v is None else _added(v.reshape(C, S), 1) for v in others)
    return _backward_planes(needs, g, x, w, stats, (N * groups, count, count, 1), True)


def _added(x: ndarray, axis: int) -> ndarray:
    """The sum along an axis, in float64 meanwhile."""
    return np.add.reduce(x, axis, np.float64).astype(x.dtype, copy=False)


@kernel()
def _move(means, variances, stats, momentum, n):  # type: ignore[no-untyped-def]
    """See `move`; stats (N, C, 4)."""
    N, C = stats.shape[0], stats.shape[1]
    for c in range(C):
        mean, variance = 0.0, 0.0
        for i in range(N):
            mean += np.float64(stats[i, c, MEAN]) + stats[i, c, REST]
            variance += stats[i, c, VARIANCE]
        means[c] = (1 - momentum) * means[c] + momentum * (mean / N)
        variances[c] = (1 - momentum) * variances[c] + momentum * (variance / N * (n / (n - 1)))


def move(means: ndarray, variances: ndarray, stats: ndarray, momentum: float, n: int) -> None:
    """The running statistics (C,) towards the means, over examples, of stats (N C, 4) of n elements each; the variances
    towards the unbiased ones."""
    moved = plain(means, stats.dtype), plain(variances, stats.dtype)
    _move(*moved, stats.reshape(-1, len(means), 4), momentum, n)
    for array, new in zip((means, variances), moved, strict=True):
        if new is not array:
            array[...] = new


def rows_forward(
    x: ndarray, w: ndarray | None, b: ndarray | None, M: int, centred: bool, eps: float
) -> tuple[ndarray, ndarray]:
    """x, rows of M elements each, normalised by row, and the statistics (R, 4). w and b: M elements, or M for each of
    some rows that recur. Not `centred`: by the root of the mean square, without subtracting a mean."""
    R = x.size // M if M else 0
    out, stats = np.empty(x.shape, x.dtype), np.empty((R, 4), x.dtype)
    if x.size:
        block = _rows_at_once.function(M)
        args = plain(x).reshape(-1), out.reshape(-1), stats, _weight(w, M, x.dtype), _weight(b, M, x.dtype, 0.0)
        parallel_for(_rows_forward, -(-R // block), 0.35 * x.size, *args, M, block, centred, eps)
    return out, stats


def rows_backward(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, M: int, centred: bool
) -> tuple:
    """The gradients with respect to x, w and b, those of w and b flat."""
    w = _weight(w, M, x.dtype)
    w_wanted = any(needs[1:])
    gx = np.empty(x.shape if needs[0] else 0, x.dtype)
    R, period = len(stats), len(w) // M if M else 1
    # each task has sums of its own for the weights: few tasks, whatever the number of threads, but no long sums
    block = max(min(-(-R // 32), 256), 4 * period) if w_wanted else 16
    tasks = -(-R // block)
    parts = np.empty((tasks if w_wanted else 0, 2, len(w)), x.dtype)
    if x.size:
        args = plain(x).reshape(-1), plain(g).reshape(-1), gx.reshape(-1), parts.reshape(-1), stats, w
        parallel_for(_rows_backward, tasks, 0.5 * x.size, *args, M, block, centred, needs[0], w_wanted)
    return gx if needs[0] else None, *(_added(parts[:, i], 0) if needs[1 + i] else None for i in range(2))


@warms_up
def _normalisation() -> None:
    for dtype in (np.float32, np.float64):
        for S in (1, FEW):
            x = np.ones((2, 2, S), dtype)
            _, stats = batch_norm_forward(x, None, None, 1e-5)
            move(np.ones(2, dtype), np.ones(2, dtype), stats, 0.1, 2)
            batch_norm_backward([True] * 3, x, x, None, stats)
        _, stats = rows_forward(x, None, None, FEW, True, 1e-5)
        rows_backward([True] * 3, x, x, None, stats, FEW, True)
