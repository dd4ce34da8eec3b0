"""Sums, sums of squares, products and running sums of float32, accumulated in float64.

    out[k, c] = Σ_r x[k, r, c],   Σ_r (x[k, r, c] - center[k, c])²   or   Π_r x[k, r, c];     running: over r' <= r

In float32 a sum of n terms, one after the other, has a relative error that grows as n: of 2.5 · 10⁷ times 0.1, which NumPy
adds up like that along every axis but the last, a sixth is lost. Here at most `CHUNK` terms are added up in float32, side by
side in vectors; the rest is float64.

Layouts: x (K, R, C) or, where C is 1, (K, R), flat in the kernels; R is reduced. Parallel split: each R is cut into parts of
`part` rows, and C into blocks of WIDTH columns, a task each; the totals (K, parts, C) are added up at the end. The parts do
not depend on the number of threads, and so neither do results.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.exponential import uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for

CHUNK = 512  # terms that are added up in float32
PART = 1 << 16  # elements of a task
SHORT = 32  # rows that a kernel adds up in float32, one after the other
CHAIN = 64  # terms that NumPy may: their sum is off by 10⁻⁶ at most
WIDE = 512  # columns from which NumPy adds up rows at the speed of memory
TASKS = 16  # at most, where rows of columns are cut into parts
WIDTH = 1024  # columns of a task, whose totals stay in the first-level cache
SUM, EXACT, SQUARES, PRODUCT = range(4)  # Σ x, Σ x all in float64, Σ (x - center)², Π x


@kernel(reassociate=True)
def _run(x, at, n, center, kind):  # type: ignore[no-untyped-def]
    """The reduction `kind` of x[at : at + n]; center: what SQUARES are of differences from."""
    if kind == SUM:
        total = 0.0
        for first in range(0, n, CHUNK):
            chunk = x.dtype.type(0)
            for i in range(first, min(n, first + CHUNK)):
                chunk += x[uint(at + i)]
            total += chunk
        return total
    if kind == EXACT:
        total = 0.0
        for i in range(n):
            total += x[uint(at + i)]
        return total
    if kind == SQUARES:
        total = 0.0
        for i in range(n):
            d = x[uint(at + i)] - center
            total += d * d
        return total
    total = 1.0
    for i in range(n):
        total *= np.float64(x[uint(at + i)])
    return total


@kernel()
def _rows(start, stop, x, R, part, center, kind, out):  # type: ignore[no-untyped-def]
    """out (K, parts) of x (K, R); center (K,), float64. A task is a part of one row."""
    parts = -(-R // part)
    for task in range(start, stop):
        k, first = task // parts, task % parts * part
        out[task] = _run(x, k * R + first, min(part, R - first), center[k], kind)


@kernel()
def _short_sum(x, at, step, steps, width, chunk, totals):  # type: ignore[no-untyped-def]
    """totals[j] += the sum over i < steps of x[at + i step + j], j < width, in float32; chunk (width,) is room for it."""
    for j in range(width):
        chunk[j] = 0
    for i in range(steps):
        for j in range(width):
            chunk[j] += x[uint(at + i * step + j)]
    for j in range(width):
        totals[j] += chunk[j]


@kernel()
def _run_of_rows(x, at, step, steps, width, centers, kind, chunk, totals):  # type: ignore[no-untyped-def]
    """totals[j] = the reduction over i < steps of x[at + i step + j], j < width. chunk (width,) is room for float32."""
    for j in range(width):
        totals[j] = 1.0 if kind == PRODUCT else 0.0
    if kind == SUM:
        for first in range(0, steps, SHORT):
            _short_sum(x, at + first * step, step, min(SHORT, steps - first), width, chunk, totals)
    elif kind == EXACT:
        for i in range(steps):
            for j in range(width):
                totals[j] += x[uint(at + i * step + j)]
    elif kind == PRODUCT:
        for i in range(steps):
            for j in range(width):
                totals[j] *= x[uint(at + i * step + j)]
    else:
        for i in range(steps):
            for j in range(width):
                e = x[uint(at + i * step + j)] - centers[j]
                totals[j] += e * e


@kernel()
def _single_rows(x, at, step, rows, columns, centers, kind, totals):  # type: ignore[no-untyped-def]
    """totals[j] with the elements x[at + i step + j] of some rows besides, i < rows, j < columns."""
    for i in range(rows):
        for j in range(columns):
            value = np.float64(x[uint(at + i * step + j)])
            if kind == PRODUCT:
                totals[j] *= value
            elif kind == SQUARES:
                totals[j] += (value - centers[j]) * (value - centers[j])
            else:
                totals[j] += value


@kernel(allocates=True)
def _columns(start, stop, x, R, C, part, repeat, center, kind, out):  # type: ignore[no-untyped-def]
    """out (K, parts, C) of x (K, R, C). A task is up to WIDTH columns of a part of `part` rows.

    repeat    rows that are reduced as one, side by side, where C is small
    center    (K, C), float64: what SQUARES are of differences from; else anything
    kind      SUM, EXACT, SQUARES or PRODUCT
    """
    parts, blocks = -(-R // part), -(-C // WIDTH)
    totals, centers, chunk = np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH, x.dtype)
    for task in range(start, stop):
        k, first, c0 = task // (parts * blocks), task // blocks % parts * part, task % blocks * WIDTH
        rows, columns = min(part, R - first), min(WIDTH, C - c0)
        at, width = (k * R + first) * C + c0, columns * repeat
        steps = rows // repeat
        for i in range(repeat if kind == SQUARES else 0):
            for j in range(columns):
                centers[i * columns + j] = center[k * C + c0 + j]
        _run_of_rows(x, at, C * repeat, steps, width, centers, kind, chunk, totals)
        for i in range(1, repeat):  # the rows side by side
            for j in range(columns):
                other = totals[i * columns + j]
                totals[j] = totals[j] * other if kind == PRODUCT else totals[j] + other
        done = steps * repeat
        _single_rows(x, at + done * C, C, rows - done, columns, centers, kind, totals)
        to = (task // blocks) * C + c0
        for j in range(columns):
            out[to + j] = totals[j]


def reduced(x: ndarray, K: int, R: int, C: int, kind: int, center: ndarray | None = None) -> ndarray:
    """x (K, R, C), float32 and contiguous, reduced over R: (K, C), in float64 unless they are short sums. No size is 0.

    kind     SUM; EXACT, no two terms of which are added up in float32; SQUARES; PRODUCT
    center   (K, C) in float64: what the squares are of differences from
    """
    if kind == SUM and C >= WIDE:
        return _wide_sums(x.reshape(K, R, C))
    if center is None:
        center = np.zeros(K * C if kind == SQUARES else K if C == 1 else 1)
    center = plain(center).reshape(-1)
    flat = plain(x).reshape(-1)
    if C == 1:
        part = min(R, PART)
        out = np.empty((K, -(-R // part)))
        parallel_for(_rows, out.size, 0.15 * x.size, flat, R, part, center, kind, out.reshape(-1))
    else:
        blocks = K * -(-C // WIDTH)
        part = -(-R // max(1, min(x.size // PART, TASKS) // blocks))
        repeat = max(1, min(WIDTH // C, part // 32))
        out = np.empty((K, -(-R // part), C))
        tasks = blocks * out.shape[1]
        parallel_for(_columns, tasks, 0.15 * x.size, flat, R, C, part, repeat, center, kind, out.reshape(-1))
    reduce = np.multiply.reduce if kind == PRODUCT else np.add.reduce
    return (out[:, 0] if out.shape[1] == 1 else reduce(out, axis=1)).reshape(K, C)


def _wide_sums(x: ndarray) -> ndarray:
    """The sums over the middle dimension, where rows are so long that NumPy adds them up at the speed of memory: blocks of
    `CHAIN` rows by NumPy, and their sums by the kernel."""
    K, R, C = x.shape
    if R <= CHAIN:
        return np.add.reduce(x, 1)
    if R <= 2 * CHAIN:
        return np.add.reduce(x[:, :CHAIN], 1) + np.add.reduce(x[:, CHAIN:], 1)
    whole = R // CHAIN * CHAIN
    sums = np.add.reduce(x[:, :whole].reshape(K, -1, CHAIN, C), 2)
    out = np.empty((K, 1, C))
    blocks = K * -(-C // WIDTH)
    args = sums.reshape(-1), sums.shape[1], C, sums.shape[1], 1, np.zeros(1), SUM, out.reshape(-1)
    parallel_for(_columns, blocks, 0.3 * sums.size, *args)
    return out[:, 0] if whole == R else out[:, 0] + np.add.reduce(x[:, whole:], 1)


@kernel(reassociate=True)
def _pairs(start, stop, x, y, part, difference, out):  # type: ignore[no-untyped-def]
    """out (parts,): Σ x y, or Σ (x - y)² if `difference`, of x and y (n,). A task is a part of `part` elements."""
    for task in range(start, stop):
        first, total = task * part, 0.0
        last = min(len(x), first + part)
        if difference:
            for i in range(first, last):
                d = np.float64(x[uint(i)]) - y[uint(i)]
                total += d * d
        else:
            for i in range(first, last):
                total += np.float64(x[uint(i)]) * y[uint(i)]
        out[task] = total


def of_pairs(x: ndarray, y: ndarray, difference: bool) -> float:
    """Σ x y over all elements of two arrays of float32 and one shape, or Σ (x - y)² if `difference`, in float64."""
    out = np.empty(-(-x.size // PART))
    parallel_for(_pairs, len(out), 0.15 * x.size, plain(x).reshape(-1), plain(y).reshape(-1), PART, difference, out)
    return float(np.add.reduce(out))


@kernel(allocates=True)
def _scan(start, stop, x, R, C, reverse, product, out):  # type: ignore[no-untyped-def]
    """out (K, R, C) = the running sums or products of x (K, R, C) along R, from its end if `reverse`. A task is up to WIDTH
    columns of one k."""
    blocks = -(-C // WIDTH)
    totals = np.empty(WIDTH)
    for task in range(start, stop):
        c0 = task % blocks * WIDTH
        columns, first = min(WIDTH, C - c0), task // blocks * R * C + c0
        if columns == 1:
            total = 1.0 if product else 0.0
            for r in range(R):
                at = first + (R - 1 - r if reverse else r) * C
                value = np.float64(x[uint(at)])
                total = total * value if product else total + value
                out[uint(at)] = total
            continue
        for j in range(columns):
            totals[j] = 1.0 if product else 0.0
        for r in range(R):
            at = first + (R - 1 - r if reverse else r) * C
            if product:
                for j in range(columns):
                    totals[j] *= x[uint(at + j)]
                    out[uint(at + j)] = totals[j]
            else:
                for j in range(columns):
                    totals[j] += x[uint(at + j)]
                    out[uint(at + j)] = totals[j]


def scanned(x: ndarray, dim: int, reverse: bool, product: bool) -> ndarray:
    """The running sums or products of x, float32, along `dim`; `reverse`: from the end."""
    out = np.empty(x.shape, x.dtype)
    R, C = x.shape[dim], math.prod(x.shape[dim + 1 :])
    tasks = x.size // (R * C) * -(-C // WIDTH)
    parallel_for(_scan, tasks, x.size, plain(x).reshape(-1), R, C, reverse, product, out.reshape(-1))
    return out


@warms_up
def _reductions() -> None:
    x = np.ones((2, 2), np.float32)
    reduced(x, 2, 2, 1, SUM)
    reduced(x, 1, 2, 2, SUM)
    scanned(x, 1, False, False)
    of_pairs(x, x, True)
