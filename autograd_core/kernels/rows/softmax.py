"""Softmax, its logarithm, and with it the cross-entropy of class labels, over rows of C numbers.

    z = x - max x,    s = Σ e^z,    softmax = e^z / s,    log softmax = z - log s

    cross-entropy of label t with smoothing a: -w_t (1 - a) log softmax_t - a / C Σ_c w_c log softmax_c

Layouts: x (N, C), flat in the kernels; labels t (N,) of int64, weights w (C,); statistics (2, N): max x and s of each row.
For the gradient of the cross-entropy nothing of x's size is kept: it is computed again from x, max x and s.

Parallel split: a row is a task. Rows are taken in blocks of at least BLOCK elements, so that the loop over exponentials is
long where there are few classes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.exponential import exp, exp_run
from ..machine.moments import CHUNK
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for

BLOCK = 512
INTEGERS = {4: np.int32, 8: np.int64}
uint = np.uintp  # indices are unsigned: for a signed one Numba asks whether it counts from the end


# Sums over a row: CHUNK terms at a time in the dtype of x, and these in float64


@kernel(reassociate=True)
def _sum(x, at, n):  # type: ignore[no-untyped-def]
    """Σ x[at : at + n]."""
    total = 0.0
    for first in range(0, n, CHUNK):
        part = x.dtype.type(0)
        for i in range(first, min(n, first + CHUNK)):
            part += x[uint(at + i)]
        total += part
    return x.dtype.type(total)


@kernel(reassociate=True)
def _dot(x, y, at, n):  # type: ignore[no-untyped-def]
    """Σ x y of [at : at + n]."""
    total = 0.0
    for first in range(0, n, CHUNK):
        part = x.dtype.type(0)
        for i in range(first, min(n, first + CHUNK)):
            part += x[uint(at + i)] * y[uint(at + i)]
        total += part
    return x.dtype.type(total)


@kernel()
def _max(bits, at, top, top_bits, n):  # type: ignore[no-untyped-def]
    """The largest of n elements, also in top[0]. `bits` and `top_bits` are the elements and `top` as integers.

    With the bits of a negative number, all but its sign, inverted, integers are in the order of the numbers; and a maximum
    of integers is one that LLVM vectorises.
    """
    sign, rest = bits.dtype.type(8 * bits.itemsize - 1), bits.dtype.type(np.iinfo(bits.dtype).max)
    largest = bits.dtype.type(-rest)
    for i in range(n):
        b = bits[uint(at + i)]
        largest = max(largest, bits.dtype.type(b ^ ((b >> sign) & rest)))
    top_bits[0] = largest ^ ((largest >> sign) & rest)
    return top[0]


@kernel(reassociate=True)
def _exp_shifted(x, at, m, e, n):  # type: ignore[no-untyped-def]
    """e (n,) = exp(x[at : at + n] - m). Returns the sum."""
    total = 0.0
    for first in range(0, n, CHUNK):
        part = x.dtype.type(0)
        for i in range(first, min(n, first + CHUNK)):
            value = exp(x[uint(at + i)] - m)
            e[uint(i)] = value
            part += value
        total += part
    return x.dtype.type(total)


@kernel(allocates=True)
def _exponentials(x, bits, first, rows, C, e, stats, at):  # type: ignore[no-untyped-def]
    """e (rows, C) = e^(x - max x) of rows from `first` on; stats[0, at:] their maxima, stats[1, at:] the sums of e."""
    top = np.empty(1, x.dtype)
    top_bits = top.view(bits.dtype)
    if len(e) == C:  # not where one row is left: the last bit must not depend on how threads share the rows
        stats[0, at] = _max(bits, first * C, top, top_bits, C)
        stats[1, at] = _exp_shifted(x, first * C, stats[0, at], e, C)
        return
    for r in range(rows):
        m = stats[0, at + r] = _max(bits, (first + r) * C, top, top_bits, C)
        for c in range(C):
            e[uint(r * C + c)] = x[uint((first + r) * C + c)] - m
    exp_run(e, 0, rows * C)
    for r in range(rows):
        stats[1, at + r] = _sum(e, r * C, C)


# ------------------------------------------------------------------------------------------------------------- softmax


@kernel(allocates=True)
def _softmax(start, stop, x, bits, out, C, log):  # type: ignore[no-untyped-def]
    """out (N, C) = the softmax of x (N, C), or its logarithm; bits: x as integers. A task is a row."""
    rows = max(1, BLOCK // C)
    e, stats = np.empty(rows * C, x.dtype), np.empty((2, rows), x.dtype)
    for first in range(start, stop, rows):
        n = min(rows, stop - first)
        _exponentials(x, bits, first, n, C, e, stats, 0)
        for r in range(n):
            at, m = (first + r) * C, stats[0, r]
            if log:
                log_s = math.log(stats[1, r])
                for c in range(C):
                    out[uint(at + c)] = (x[uint(at + c)] - m) - log_s
            else:
                factor = x.dtype.type(1) / stats[1, r]
                for c in range(C):
                    out[uint(at + c)] = e[uint(r * C + c)] * factor


@kernel()
def _softmax_back(start, stop, g, out, gx, C, log):  # type: ignore[no-untyped-def]
    """gx (N, C) = y (g - Σ g y), y the output, and of the logarithm g - e^y Σ g. A task is a row."""
    for r in range(start, stop):
        at = r * C
        if log:
            total = _sum(g, at, C)
            for c in range(C):
                gx[uint(at + c)] = g[uint(at + c)] - exp(out[uint(at + c)]) * total
        else:
            total = _dot(g, out, at, C)
            for c in range(C):
                gx[uint(at + c)] = out[uint(at + c)] * (g[uint(at + c)] - total)


def _rows(x: ndarray) -> tuple[ndarray, ndarray]:
    """x flat, and the same as integers."""
    flat = plain(x).reshape(-1)
    return flat, flat.view(INTEGERS[x.itemsize])


def softmax(x: ndarray, log: bool) -> ndarray:
    """The softmax of each row of x (…, C), C > 0, or its logarithm."""
    out = np.empty(x.shape, x.dtype)
    C = x.shape[-1]
    parallel_for(_softmax, x.size // C, 1.5 * x.size, *_rows(x), out.reshape(-1), C, log)
    return out


def softmax_back(g: ndarray, out: ndarray, log: bool) -> ndarray:
    """The gradient with respect to x, from that with respect to `out`, the result of `softmax`."""
    gx = np.empty(out.shape, out.dtype)
    C, flat = out.shape[-1], plain(out).reshape(-1)
    work = (1.5 if log else 0.7) * out.size
    parallel_for(_softmax_back, out.size // C, work, plain(g).reshape(-1), flat, gx.reshape(-1), C, log)
    return gx


# -------------------------------------------------------------------------------------------------------- cross-entropy
#
# The loss of a row with label t is a (log s - z_t) + Σ_c b_c (log s - z_c), where a = (1 - ε) w_t and b = (ε / C) w, for
# class weights w and smoothing ε. Its gradient is (a + Σ b) softmax - a [c = t] - b.


@kernel()
def _count(t, w, C, ignored):  # type: ignore[no-untyped-def]
    """The number of labels that count, and their total weight; or, if one is no class, (-1 - its index, 0)."""
    kept, total = 0, 0.0
    for i in range(len(t)):
        if t[i] != ignored:
            if not 0 <= t[i] < C:
                return -1 - i, 0.0
            kept += 1
            total += w[t[i]]
    return kept, total


@kernel(reassociate=True)
def _weighted(x, at, m, w):  # type: ignore[no-untyped-def]
    """Σ w (x - m) of a row."""
    total = 0.0
    for first in range(0, len(w), CHUNK):
        part = x.dtype.type(0)
        for c in range(first, min(len(w), first + CHUNK)):
            part += w[uint(c)] * (x[uint(at + c)] - m)
        total += part
    return x.dtype.type(total)


@kernel(reassociate=True)
def _total(x):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    return total


@kernel(allocates=True)
def _cross_entropy(start, stop, x, bits, t, w, losses, stats, ignored, smoothing):  # type: ignore[no-untyped-def]
    """The loss of each row, 0 where the label is `ignored`. A task is a row.

    x, bits    (N, C), and x as integers
    t, w       (N,), (C,)
    losses     (N,)
    stats      (2, N): max x and s of each row
    """
    C, number = len(w), x.dtype.type
    rows = max(1, BLOCK // C)
    e = np.empty(rows * C, x.dtype)
    rest, share = number(1 - smoothing), number(smoothing / C)
    shares = share * _sum(w, 0, C)
    for first in range(start, stop, rows):
        n = min(rows, stop - first)
        _exponentials(x, bits, first, n, C, e, stats, first)
        for r in range(first, first + n):
            label, at = t[r], r * C
            losses[r] = 0
            if label != ignored:
                a = rest * w[label]
                losses[r] = a * (stats[0, r] - x[at + label]) + (a + shares) * math.log(stats[1, r])
                if share:
                    losses[r] -= share * _weighted(x, at, stats[0, r], w)


@kernel()
def _cross_entropy_back(start, stop, g, x, t, w, stats, total, gx, ignored, smoothing):  # type: ignore[no-untyped-def]
    """gx (N, C), from g, the gradient of the loss of each row (N,), or one for all rows (1,). A task is a row.

    x, t, w, stats    what `_cross_entropy` has taken and set
    total             g is divided by it
    """
    C, number = len(w), x.dtype.type
    rows = max(1, BLOCK // C)
    rest, share = number(1 - smoothing), number(smoothing / C)
    shares = share * _sum(w, 0, C)
    for first in range(start, stop, rows):
        n = min(rows, stop - first)
        for r in range(first, first + n):
            top = stats[0, r]
            for c in range(C):
                gx[uint(r * C + c)] = x[uint(r * C + c)] - top
        exp_run(gx, first * C, n * C)
        for r in range(first, first + n):
            if t[r] == ignored:
                for c in range(C):
                    gx[uint(r * C + c)] = 0
                continue
            k = g[r if len(g) > 1 else 0] / number(total)
            a = k * rest * w[t[r]]
            factor = (a + k * shares) / stats[1, r]
            for c in range(C):
                gx[uint(r * C + c)] *= factor
            gx[r * C + t[r]] -= a
            if share:
                for c in range(C):
                    gx[uint(r * C + c)] -= k * share * w[uint(c)]


def count(t: ndarray, w: ndarray, ignored: int) -> tuple[int, float]:
    """The number of labels t (int64) that are not `ignored`, and their total weight; (-1 - i, 0) if t.flat[i] is no class."""
    return _count(plain(t).reshape(-1), w, len(w), ignored)


def cross_entropy(x: ndarray, t: ndarray, w: ndarray, ignored: int, smoothing: float) -> tuple[ndarray, ndarray]:
    """The loss of each row of x (N, C) with labels t (N,) and weights w (C,); and (2, N), max x and s of each row."""
    losses, stats = np.empty(len(x), x.dtype), np.empty((2, len(x)), x.dtype)
    work = 1.5 * x.size + 30 * len(x)
    parallel_for(_cross_entropy, len(x), work, *_rows(x), t, w, losses, stats, ignored, smoothing)
    return losses, stats


def sum_of(losses: ndarray) -> float:
    """Their sum, in float64."""
    return _total(losses)


def cross_entropy_back(
    g: ndarray, x: ndarray, t: ndarray, w: ndarray, stats: ndarray, total: float, ignored: int, smoothing: float
) -> ndarray:
    """The gradient with respect to x, from that of the losses (N,), or of their sum divided by `total` ()."""
    gx = np.empty(x.shape, x.dtype)
    work = 1.5 * x.size + 20 * len(x)
    gs, xs = plain(g).reshape(-1), plain(x).reshape(-1)
    parallel_for(_cross_entropy_back, len(x), work, gs, xs, t, w, stats, total, gx.reshape(-1), ignored, smoothing)
    return gx


@warms_up
def _softmax_and_losses() -> None:
    t = np.zeros(2, np.int64)
    for dtype in (np.float32, np.float64):
        x, w = np.ones((2, 2), dtype), np.ones(2, dtype)
        for log in (False, True):
            softmax_back(x, softmax(x, log), log)
        count(t, w, -1)
        losses, stats = cross_entropy(x, t, w, -1, 0.0)
        cross_entropy_back(losses, x, t, w, stats, sum_of(losses), -1, 0.0)
