"""Normalisation: means and variances over sets of elements, and their gradients, a pass or two over memory each.

Every kernel computes, over sets of n elements that have a mean μ and a variance σ² in common,

    y = x̂ w + b,   x̂ = (x - μ) r,   r = 1 / √(σ² + ε)
    gx = r (g w - mean(g w) - x̂ mean(g w x̂)),   gw = Σ g x̂,   gb = Σ g

They differ in how the sets lie in memory:

    planes   x (N, C, S), a weight for each channel, sets of whole planes: all N of a channel (batch norm), or some
             neighbours (group norm)
    columns  the same for few positions S: sets of columns of x (N, C S), inner loops along a row
    rows     x (R, M), each row a set, a weight for each element of a row (layer norm)

The mean comes in two parts, see moments.py. A task is one set, or a block of them that depends on the shape alone.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from .exponential import uint
from .moments import MEAN, REST, SCALE, VARIANCE, measure, powers_of, products_of, total_of, weighted_products_of
from .runtime import kernel, parallel_for, plain, warms_up

FEW = 64  # positions below which planes are too short for loops of their own

# -------------------------------------------------------------------------------------------------------------- planes
#
# Set s is the planes s · first + i · step, i < count, of x (N C, S). Plane p is of channel p % C.


@kernel()
def _planes_forward(start, stop, x, out, stats, w, b, S, count, first, step, measured, eps):  # type: ignore[no-untyped-def]
    C = len(w)
    for s in range(start, stop):
        if measured:
            measure(x, s * first * S, S, step * S, count, stats, s, eps)
        mean, rest, r = stats[s, MEAN], stats[s, REST], stats[s, SCALE]
        for i in range(count):
            p = s * first + i * step
            at, scale = p * S, r * w[p % C]
            shift = b[p % C] - rest * scale
            for j in range(S):
                out[uint(at + j)] = (x[uint(at + j)] - mean) * scale + shift


@kernel()
def _planes_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, sums, stats, w, S, count, first, step, measured, x_wanted
):
    """sums (N C, 2): Σ g and Σ g x̂ of each plane. `measured`: the statistics depend on x too."""
    C = len(w)
    zero = x.dtype.type(0)
    for s in range(start, stop):
        mean, rest, r = stats[s, MEAN], stats[s, REST], stats[s, SCALE]
        a, b = 0.0, 0.0
        for i in range(count):
            p = s * first + i * step
            total, products = products_of(x, g, p * S, S, mean)
            products = (products - rest * total) * r
            sums[p, 0], sums[p, 1] = total, products
            a += total * w[p % C]
            b += products * w[p % C]
        if not x_wanted:
            continue
        slope = x.dtype.type(r * r * b / (S * count)) if measured else zero
        shift = x.dtype.type(rest * slope - r * a / (S * count)) if measured else zero
        for i in range(count):
            p = s * first + i * step
            at, scale = p * S, r * w[p % C]
            for j in range(S):
                gx[uint(at + j)] = g[uint(at + j)] * scale + shift - (x[uint(at + j)] - mean) * slope


# ---------------------------------------------------------------------------------------------------------------- rows
#
# The weights of row r are those of the row r % period of w (period, M). Each step is done for all rows of a block before
# the next one, so that the divisions and roots of one row do not wait for those of another.


@kernel()
def _rows_at_once(M):  # type: ignore[no-untyped-def]
    """How many rows stay in the first-level cache."""
    return max(1, min(16, 4096 // M))


@kernel()
def _rows_forward(start, stop, x, out, stats, w, b, M, block, centred, eps):  # type: ignore[no-untyped-def]
    R, size = len(stats), len(w)
    for task in range(start, stop):
        first, last = task * block, min(R, (task + 1) * block)
        for i in range(first, last):
            stats[i, MEAN] = total_of(x, i * M, M) / M if centred else 0.0
        for i in range(first, last):
            total, squares = powers_of(x, i * M, M, stats[i, MEAN])
            rest = total / M if centred else 0.0
            stats[i, REST], stats[i, VARIANCE] = rest, squares / M - rest * rest
        for i in range(first, last):
            if stats[i, VARIANCE] < 0:
                stats[i, VARIANCE] = 0
            stats[i, SCALE] = 1 / np.sqrt(stats[i, VARIANCE] + eps)
        for i in range(first, last):
            at, v = i * M, i * M % size
            mean, rest, r = stats[i, MEAN], stats[i, REST], stats[i, SCALE]
            for j in range(M):
                out[uint(at + j)] = (x[uint(at + j)] - mean - rest) * r * w[uint(v + j)] + b[uint(v + j)]


@kernel()
def _rows_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, parts, stats, w, M, block, centred, x_wanted, w_wanted
):
    """parts (tasks, 2, period M): Σ g x̂ and Σ g over the `block` rows of each task."""
    R, size = len(stats), len(w)
    rows = _rows_at_once(M)
    slopes, shifts = np.empty(rows, x.dtype), np.zeros(rows, x.dtype)
    for task in range(start, stop):
        end = min(R, (task + 1) * block)
        to_w, to_b = 2 * task * size, (2 * task + 1) * size
        if w_wanted:
            for j in range(2 * size):
                parts[uint(to_w + j)] = 0
        for first in range(task * block, end, rows):
            last = min(end, first + rows)
            if x_wanted:
                for i in range(first, last):
                    mean, rest, r = stats[i, MEAN], stats[i, REST], np.float64(stats[i, SCALE])
                    total, products = weighted_products_of(x, g, w, i * M, i * M % size, M, mean)
                    slope = r * r * (products - rest * total) / M
                    slopes[i - first] = slope
                    if centred:
                        shifts[i - first] = rest * slope - total / M
                for i in range(first, last):
                    at, v = i * M, i * M % size
                    mean, r, slope, shift = stats[i, MEAN], stats[i, SCALE], slopes[i - first], shifts[i - first]
                    for j in range(M):
                        gw = g[uint(at + j)] * w[uint(v + j)]
                        gx[uint(at + j)] = (gw + shift - (x[uint(at + j)] - mean) * slope) * r
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


@kernel()
def _channel_total(columns, c, S):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(c * S, (c + 1) * S):
        total += columns[j]
    return total


@kernel()
def _columns_forward(start, stop, x, out, stats, w, b, N, S, block, measured, eps):  # type: ignore[no-untyped-def]
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
                    d = x[uint(at + j)] - means[j]
                    totals[j] += d
                    squares[j] += d * d
            for c in range(channels):
                rest, square = _channel_total(totals, c, S) / n, _channel_total(squares, c, S) / n
                if attempt == 0:
                    stats[c0 + c, MEAN] = rest
                    for j in range(c * S, (c + 1) * S):
                        means[j] = rest
                else:
                    variance = square - rest * rest
                    if variance < 0:
                        variance = 0.0
                    stats[c0 + c, REST], stats[c0 + c, VARIANCE] = rest, variance
                    stats[c0 + c, SCALE] = 1 / np.sqrt(variance + eps)
        for c in range(channels):
            scale = stats[c0 + c, SCALE] * w[c0 + c]
            for j in range(c * S, (c + 1) * S):
                means[j], scales[j], shifts[j] = stats[c0 + c, MEAN], scale, b[c0 + c] - stats[c0 + c, REST] * scale
        for i in range(N):
            at = (i * C + c0) * S
            for j in range(size):
                out[uint(at + j)] = (x[uint(at + j)] - means[j]) * scales[j] + shifts[j]


@kernel()
def _columns_backward(  # type: ignore[no-untyped-def]
    start, stop, x, g, gx, sums, stats, w, N, S, block, measured, x_wanted
):
    """sums (C, 2): Σ g and Σ g x̂ of each channel."""
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
            slope = r * scale * product / n
            for j in range(c * S, (c + 1) * S):
                scales[j] = scale
                if measured:
                    slopes[j], shifts[j] = slope, rest * slope - scale * total / n
        if x_wanted:
            for i in range(N):
                at = (i * C + c0) * S
                for j in range(size):
                    gx[uint(at + j)] = (
                        g[uint(at + j)] * scales[j] + shifts[j] - (x[uint(at + j)] - means[j]) * slopes[j]
                    )


# ------------------------------------------------------------------------------------------------------------ wrappers


@functools.lru_cache(64)
def _constant(size: int, value: float, dtype: np.dtype) -> ndarray:
    """What stands for a weight or bias that is None; nobody writes into it."""
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


def batch_norm_forward(
    x: ndarray, w: ndarray | None, b: ndarray | None, eps: float, mean: Any = None, variance: Any = None
) -> tuple[ndarray, ndarray]:
    """x (N, C, …) normalised by channel, and the statistics (C, 4); by the mean and variance given, if any."""
    N, C, S = _space(x)
    out, stats = np.empty(x.shape, x.dtype), np.zeros((C, 4), x.dtype)
    if mean is not None:
        stats[:, MEAN], stats[:, VARIANCE] = mean, variance
        stats[:, SCALE] = 1 / np.sqrt(stats[:, VARIANCE] + eps)
    if x.size:
        args = plain(x).reshape(-1), out.reshape(-1), stats, _weight(w, C, x.dtype), _weight(b, C, x.dtype, 0.0)
        if S < FEW:
            block = _columns_block(S)
            parallel_for(_columns_forward, -(-C // block), x.size, *args, N, S, block, mean is None, eps)
        else:
            parallel_for(_planes_forward, C, x.size, *args, S, N, 1, C, mean is None, eps)
    return out, stats


def batch_norm_backward(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, measured: bool = True
) -> tuple:
    """The gradients with respect to x, w and b. measured: the statistics are those of x, not given ones."""
    N, C, S = _space(x)
    few = S < FEW
    gx = np.empty(x.shape if needs[0] else 0, x.dtype)
    sums = np.zeros((1 if few else N, C, 2))
    if x.size:
        args = plain(x).reshape(-1), plain(g).reshape(-1), gx.reshape(-1), sums.reshape(-1, 2), stats
        weight = _weight(w, C, x.dtype)
        if few:
            block = _columns_block(S)
            parallel_for(_columns_backward, -(-C // block), x.size, *args, weight, N, S, block, measured, needs[0])
        else:
            parallel_for(_planes_backward, C, x.size, *args, weight, S, N, 1, C, measured, needs[0])
    return gx if needs[0] else None, *_of_channels(needs, sums, x.dtype)


def _of_channels(needs: list, sums: ndarray, dtype: np.dtype) -> tuple:
    """The gradients of weight and bias, of (…, C, 2) sums."""
    if not (needs[1] or needs[2]):
        return None, None
    total = np.add.reduce(sums, 0).astype(dtype)
    return np.ascontiguousarray(total[:, 1]) if needs[1] else None, np.ascontiguousarray(total[:, 0]) if needs[2] else None


def group_norm_forward(
    x: ndarray, w: ndarray | None, b: ndarray | None, groups: int, eps: float
) -> tuple[ndarray, ndarray]:
    """x (N, C, …) normalised by example and group of channels, and the statistics (N groups, 4)."""
    N, C, S = _space(x)
    dtype, count = x.dtype, C // groups
    if 0 < S < FEW:
        return rows_forward(x, _weight(w, C, dtype, 1.0, S), _weight(b, C, dtype, 0.0, S), count * S, True, eps)
    out, stats = np.empty(x.shape, dtype), np.zeros((N * groups, 4), dtype)
    if x.size:
        args = plain(x).reshape(-1), out.reshape(-1), stats, _weight(w, C, dtype), _weight(b, C, dtype, 0.0)
        parallel_for(_planes_forward, len(stats), x.size, *args, S, count, count, 1, True, eps)
    return out, stats


def group_norm_backward(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, groups: int
) -> tuple:
    N, C, S = _space(x)
    count = C // groups
    if 0 < S < FEW:
        gx, *others = rows_backward(needs, g, x, _weight(w, C, x.dtype, 1.0, S), stats, count * S, True)
        return gx, *(None if v is None else np.add.reduce(v.reshape(C, S), 1) for v in others)
    gx = np.empty(x.shape if needs[0] else 0, x.dtype)
    sums = np.zeros((N, C, 2))
    if x.size:
        args = plain(x).reshape(-1), plain(g).reshape(-1), gx.reshape(-1), sums.reshape(-1, 2), stats
        weight = _weight(w, C, x.dtype)
        parallel_for(_planes_backward, len(stats), x.size, *args, weight, S, count, count, 1, True, needs[0])
    return gx if needs[0] else None, *_of_channels(needs, sums, x.dtype)


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
        parallel_for(_rows_forward, -(-R // block), x.size / 2, *args, M, block, centred, eps)
    return out, stats


def rows_backward(
    needs: list, g: ndarray, x: ndarray, w: ndarray | None, stats: ndarray, M: int, centred: bool
) -> tuple:
    """The gradients with respect to x, w and b, those of w and b flat."""
    w = _weight(w, M, x.dtype)
    w_wanted = any(needs[1:])
    gx = np.empty(x.shape if needs[0] else 0, x.dtype)
    R, period = len(stats), len(w) // M if M else 1
    # each task has sums of its own for the weights: few tasks, whatever the number of threads
    block = max(-(-R // 32), 4 * period) if w_wanted else 16
    tasks = -(-R // block)
    parts = np.empty((tasks if w_wanted else 0, 2, len(w)), x.dtype)
    if x.size:
        args = plain(x).reshape(-1), plain(g).reshape(-1), gx.reshape(-1), parts.reshape(-1), stats, w
        parallel_for(_rows_backward, tasks, x.size, *args, M, block, centred, needs[0], w_wanted)
    return gx if needs[0] else None, *(np.add.reduce(parts[:, i], 0) if needs[1 + i] else None for i in range(2))


@warms_up
def _normalisation() -> None:
    for dtype in (np.float32, np.float64):
        for S in (1, FEW):
            x = np.ones((2, 2, S), dtype)
            _, stats = batch_norm_forward(x, None, None, 1e-5)
            batch_norm_backward([True] * 3, x, x, None, stats)
        _, stats = rows_forward(x, None, None, FEW, True, 1e-5)
        rows_backward([True] * 3, x, x, None, stats, FEW, True)
