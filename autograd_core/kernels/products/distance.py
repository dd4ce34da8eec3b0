"""Radial functions of the distances of points to centres, and their gradients.

    q_nm = |x_n - c_m|² k_m,    φ_nm = φ(q_nm)

    gx_n = Σ_m w_nm (x_n - c_m),    gc_m = -Σ_n w_nm (x_n - c_m),    gk_m = Σ_n g_nm φ'(q_nm) |x_n - c_m|²
    w = 2 g φ'(q) k

In many dimensions |x - c|² = |x|² + |c|² - 2 x · c, so that the work is one product of matrices; what remains is one pass
over its result. The difference cancels where x and c are close together and far from the origin. Against that, points
that are far from it as a whole are moved there first, and each pair that is still close is computed again from its
differences; so every squared distance has a relative error of a few roundings. In few dimensions all pairs are
computed from their differences, which is as fast.

Layouts: N points x (N, D), M centres c (M, D), factors k (M,); q and φ (N, M). Kernels get them row-major and flat.
Parallel split: forward, a task is a point, a row of q and φ. Backward, it is COLUMNS centres, over all points in order, so
that sums do not depend on the threads.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.exponential import exp, uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for
from .gemm import matmul

SQUARE, GAUSSIAN, MULTIQUADRIC, INVERSE_MULTIQUADRIC, THIN_PLATE = range(5)

DIRECT_UP_TO = 16  # dimensions, for which the differences of all pairs are taken
CLOSE = 1 / 16  # squared distances below this fraction of |x|² + |c|² are computed again
FAR = (
    0.9  # fraction of the centres' mean square that is the square of their mean, for which they are moved to the origin
)


# ------------------------------------------------------------------------------------------------------------- forward


@kernel(reassociate=True)
def _square_of_difference(x, x_at, c, c_at, D):  # type: ignore[no-untyped-def]
    """|x - c|² of x[x_at : x_at + D] and c[c_at : c_at + D]."""
    total = x.dtype.type(0)
    for d in range(D):
        e = x[uint(x_at + d)] - c[uint(c_at + d)]
        total += e * e
    return total


@kernel(reassociate=True)
def _squares(start, stop, x, D, out):  # type: ignore[no-untyped-def]
    """out (N,) = |x|², x (N, D) flat. A task is a row."""
    for n in range(start, stop):
        total = x.dtype.type(0)
        for d in range(D):
            total += x[uint(n * D + d)] * x[uint(n * D + d)]
        out[n] = total


@kernel()
def _from_products(x, n, c, D, M, xx, cc, q):  # type: ignore[no-untyped-def]
    """Row n of q (N, M), which holds x · c, becomes |x - c|²; x (N, D), c (M, D), xx (N,) = |x|², cc (M,) = |c|²."""
    at, own, close = n * M, xx[n], 0
    small, two = x.dtype.type(CLOSE), x.dtype.type(2)
    for m in range(M):
        both = own + cc[uint(m)]
        square = both - two * q[uint(at + m)]
        q[uint(at + m)] = square
        close += 0 if square >= small * both else 1  # NaN, from infinities, counts as close
    if close > 0:
        for m in range(M):
            if not q[uint(at + m)] >= small * (own + cc[uint(m)]):
                q[uint(at + m)] = _square_of_difference(x, n * D, c, m * D, D)


@kernel()
def _from_differences(x, n, c_transposed, D, M, q):  # type: ignore[no-untyped-def]
    """Row n of q (N, M) becomes |x - c|²; x (N, D), c_transposed (D, M)."""
    at = n * M
    for m in range(M):
        q[uint(at + m)] = 0
    for d in range(D):
        own = x[n * D + d]
        for m in range(M):
            e = own - c_transposed[uint(d * M + m)]
            q[uint(at + m)] += e * e


@kernel()
def _radial(start, stop, x, c, squares, k, q, out, kind, direct):  # type: ignore[no-untyped-def]
    """The rows start : stop of q and of out = φ(q), which may be the same array.

    x, c       (N, D), (M, D); or c (D, M) if direct
    squares    (|x|² (N,), |c|² (M,)), unless direct
    k          (M,)
    q, out     (N, M), flat; unless direct, q holds x · c
    kind       GAUSSIAN, MULTIQUADRIC, …
    direct     take all pairs from their differences
    """
    D, M = x.shape[1], len(k)
    x, c, (xx, cc) = x.reshape(-1), c.reshape(-1), squares
    one, half, zero = x.dtype.type(1), x.dtype.type(0.5), x.dtype.type(0)
    for n in range(start, stop):
        if direct:
            _from_differences(x, n, c, D, M, q)
        else:
            _from_products(x, n, c, D, M, xx, cc, q)
        at = n * M
        for m in range(M):
            q[uint(at + m)] *= k[uint(m)]
        if kind == GAUSSIAN:
            for m in range(M):
                out[uint(at + m)] = exp(-half * q[uint(at + m)])
        elif kind == MULTIQUADRIC:
            for m in range(M):
                out[uint(at + m)] = np.sqrt(one + q[uint(at + m)])
        elif kind == INVERSE_MULTIQUADRIC:
            for m in range(M):
                out[uint(at + m)] = one / np.sqrt(one + q[uint(at + m)])
        elif kind == THIN_PLATE:
            for m in range(M):
                here = q[uint(at + m)]
                out[uint(at + m)] = zero if here == zero else half * here * np.log(here)
        elif kind == SQUARE:
            for m in range(M):
                out[uint(at + m)] = q[uint(at + m)]


def moved(x: ndarray, c: ndarray) -> tuple[ndarray, ndarray]:
    """Points and centres, by the mean of (some of) the centres nearer to the origin if they are all far from it."""
    some = c[:: 1 + len(c) // 32]
    if not len(some):
        return x, c
    mean = some.mean(0)
    far = float(mean @ mean) > FAR * float(np.square(some).sum() / len(some))
    return (x - mean, c - mean) if far else (x, c)


def squares(x: ndarray) -> ndarray:
    """|x|² of each row."""
    out = np.empty(len(x), x.dtype)
    parallel_for(_squares, len(x), x.size / 8, x.reshape(-1), x.shape[1], out)
    return out


def radial(x: ndarray, c: ndarray, k: ndarray, kind: int, keep: bool) -> tuple[ndarray, ndarray]:
    """φ and q, (N, M) both, of points (N, D), centres (M, D) and factors k (M,); without `keep` they share memory.

    float32 or float64, all alike.
    """
    (N, D), M = x.shape, len(c)
    x, c, k = plain(x), plain(c), plain(k)
    direct = D <= DIRECT_UP_TO
    if direct:
        q = np.empty((N, M), x.dtype)
        xx = cc = k
        c = plain(c.T)
    else:
        near_x, near_c = moved(x, c)
        q = plain(matmul(near_x, near_c.T))
        xx, cc = squares(near_x), squares(near_c)
    out = np.empty_like(q) if keep else q
    work = q.size * (2 + D / 4 if direct else 2)
    flat = (a.reshape(-1) for a in (q, out))
    parallel_for(_radial, N, work, x, c, (xx, cc), k, *flat, kind, direct)
    return out, q


# ------------------------------------------------------------------------------------------------------------ backward

COLUMNS = 64  # centres of a task


@kernel()
def _slopes(start, stop, g, q, out, k, kind, w, total, spread):  # type: ignore[no-untyped-def]
    """w = 2 g φ'(q) k; total = Σ_n w, spread = Σ_n g φ'(q) q. A task is COLUMNS centres.

    g, q, out        (N, M), flat: the gradient of φ, q, and φ(q)
    k                (M,)
    w                (N, M), flat
    total, spread    (M,), float64
    """
    M = len(k)
    N, one, half, zero = len(g) // M, g.dtype.type(1), g.dtype.type(0.5), g.dtype.type(0)
    for task in range(start, stop):
        first, last = task * COLUMNS, min(M, (task + 1) * COLUMNS)
        for m in range(first, last):
            total[uint(m)] = 0
            spread[uint(m)] = 0
        for n in range(N):
            at = n * M
            if kind == GAUSSIAN:
                for m in range(first, last):
                    w[uint(at + m)] = -half * out[uint(at + m)]
            elif kind == MULTIQUADRIC:
                for m in range(first, last):
                    w[uint(at + m)] = half / out[uint(at + m)]
            elif kind == INVERSE_MULTIQUADRIC:
                for m in range(first, last):
                    y = out[uint(at + m)]
                    w[uint(at + m)] = -half * y * y * y
            elif kind == THIN_PLATE:  # (log q + 1) / 2; at q = 0, where x - c = 0 too, 0
                for m in range(first, last):
                    here = q[uint(at + m)]
                    w[uint(at + m)] = zero if here == zero else out[uint(at + m)] / here + half
            elif kind == SQUARE:
                for m in range(first, last):
                    w[uint(at + m)] = one
            for m in range(first, last):
                slope = g[uint(at + m)] * w[uint(at + m)]
                spread[uint(m)] += slope * q[uint(at + m)]
                slope *= k[uint(m)]
                slope += slope
                total[uint(m)] += slope
                w[uint(at + m)] = slope


@kernel()
def _minus(start, stop, total, x, y, D):  # type: ignore[no-untyped-def]
    """y = total x - y; x and y (N, D), flat, total (N,). A task is a row."""
    for n in range(start, stop):
        own = total[n]
        for d in range(D):
            y[uint(n * D + d)] = own * x[uint(n * D + d)] - y[uint(n * D + d)]


def radial_gradients(
    needs: list, g: ndarray, q: ndarray, out: ndarray, x: ndarray, c: ndarray, k: ndarray, kind: int
) -> tuple:
    """From the gradient g of φ to those of x and c, and Σ_n g φ'(q) q of each centre (M,), which is k times that of k."""
    M = len(c)
    g, x, c, k = plain(g), plain(x), plain(c), plain(k)
    w, total, spread = np.empty_like(q), np.empty(M), np.empty(M)
    flat = (a.reshape(-1) for a in (g, q, out))
    parallel_for(_slopes, math.ceil(M / COLUMNS), 2 * q.size, *flat, k, kind, w.reshape(-1), total, spread)
    total, spread = total.astype(q.dtype), spread.astype(q.dtype)
    if needs[0] or needs[1]:
        x, c = moved(x, c)
    gx = _away(w.sum(1), x, matmul(w, c)) if needs[0] else None
    gc = _away(total, c, matmul(w.T, x)) if needs[1] else None
    return gx, gc, spread if needs[2] else None


def _away(total: ndarray, x: ndarray, toward: ndarray) -> ndarray:
    """total x - toward, in the memory of `toward`: Σ w (x - c) of each row of x."""
    y = plain(toward)
    parallel_for(_minus, len(x), x.size / 4, total, x.reshape(-1), y.reshape(-1), x.shape[1])
    return y


@warms_up
def _distances() -> None:
    for dtype in (np.float32, np.float64):
        x, k = np.ones((2, DIRECT_UP_TO + 1), dtype), np.ones(2, dtype)
        out, q = radial(x, x, k, GAUSSIAN, True)
        radial_gradients([True, True, True], out, q, out, x, x, k, GAUSSIAN)
