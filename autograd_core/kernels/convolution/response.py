"""Local response normalisation: each channel divided by a power of its neighbours' mean square, x d^-β.

    d_c = k + (α / size) Σ x_c'²,   c - before <= c' <= c + after
    gx_c = g_c d_c^-β - 2 β (α / size) x_c Σ t_c',   t = g x d^(-β-1),   c - after <= c' <= c + before

Layouts: x, out, d, g and gx (N, C, S), flat. Parallel split: a task is WIDTH neighbouring positions of one example, through
all channels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.exponential import uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for

WIDTH = 64  # positions a task
LARGE = 1e12  # elements whose squares, times the powers of the gradient, float32 may not hold


@kernel()
def _negative_power(d, at, out, to, size, beta):  # type: ignore[no-untyped-def]
    """out[to : to + size] = d[at : at + size]^-β; by roots, which LLVM vectorises, for the usual β."""
    one = d.dtype.type(1)
    if beta == 0.75:
        for j in range(size):
            root = np.sqrt(d[uint(at + j)])
            out[uint(to + j)] = one / (root * np.sqrt(root))
    elif beta == 0.5:
        for j in range(size):
            out[uint(to + j)] = one / np.sqrt(d[uint(at + j)])
    elif beta == 1:
        for j in range(size):
            out[uint(to + j)] = one / d[uint(at + j)]
    else:
        for j in range(size):
            out[uint(to + j)] = d[uint(at + j)] ** -beta


@kernel()
def _forward(start, stop, x, out, d, shape, neighbours, alpha, beta, k):  # type: ignore[no-untyped-def]
    """out and d from x. shape (C, S), neighbours (before, after), alpha = α / size; a task is WIDTH positions."""
    (C, S), (before, after) = shape, neighbours
    alpha, k = x.dtype.type(alpha), x.dtype.type(k)
    blocks = -(-S // WIDTH)
    for task in range(start, stop):
        n, first = task // blocks, task % blocks * WIDTH
        size = min(WIDTH, S - first)
        for c in range(C):
            at = (n * C + c) * S + first
            for j in range(size):
                d[uint(at + j)] = 0
            for other in range(max(0, c - before), min(C, c + after + 1)):
                to = (n * C + other) * S + first
                for j in range(size):
                    d[uint(at + j)] += x[uint(to + j)] * x[uint(to + j)]
            for j in range(size):
                d[uint(at + j)] = k + alpha * d[uint(at + j)]
            _negative_power(d, at, out, at, size, beta)
            for j in range(size):
                out[uint(at + j)] *= x[uint(at + j)]


@kernel(allocates=True)
def _backward(start, stop, x, g, gx, d, shape, neighbours, alpha, beta):  # type: ignore[no-untyped-def]
    """gx from x, g and d; the other arguments are those of `_forward`."""
    (C, S), (before, after) = shape, neighbours
    blocks = -(-S // WIDTH)
    factor = x.dtype.type(2 * alpha * beta)
    t, total = np.empty(C * WIDTH, x.dtype), np.empty(WIDTH, x.dtype)
    for task in range(start, stop):
        n, first = task // blocks, task % blocks * WIDTH
        size = min(WIDTH, S - first)
        for c in range(C):
            at, row = (n * C + c) * S + first, c * WIDTH
            _negative_power(d, at, gx, at, size, beta)
            for j in range(size):
                gx[uint(at + j)] *= g[uint(at + j)]
            for j in range(size):
                t[uint(row + j)] = gx[uint(at + j)] * x[uint(at + j)] / d[uint(at + j)]
        for c in range(C):
            at = (n * C + c) * S + first
            for j in range(size):
                total[uint(j)] = 0
            for other in range(max(0, c - after), min(C, c + before + 1)):
                for j in range(size):
                    total[uint(j)] += t[uint(other * WIDTH + j)]
            for j in range(size):
                gx[uint(at + j)] -= factor * x[uint(at + j)] * total[uint(j)]


def _tasks(x: ndarray) -> tuple[int, int, int]:
    C, S = x.shape[1], math.prod(x.shape[2:])
    return x.shape[0] * -(-S // WIDTH), C, S


def response_forward(
    x: ndarray, before: int, after: int, alpha: float, beta: float, k: float
) -> tuple[ndarray, ndarray]:
    """x (N, C, …) divided, and d. Of float32 with large values, d is float64."""
    if x.dtype == np.float32 and x.size and max(x.max(), -x.min()) > LARGE:
        out, d = response_forward(x.astype(np.float64), before, after, alpha, beta, k)
        return out.astype(np.float32), d
    out, d = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    if x.size:
        tasks, C, S = _tasks(x)
        args = plain(x).reshape(-1), out.reshape(-1), d.reshape(-1), (C, S), (before, after), alpha, beta, k
        parallel_for(_forward, tasks, x.size * (before + after + 4), *args)
    return out, d


def response_backward(
    g: ndarray, x: ndarray, d: ndarray, before: int, after: int, alpha: float, beta: float
) -> ndarray:
    if d.dtype != x.dtype:
        wide = g.astype(d.dtype), x.astype(d.dtype)
        return response_backward(*wide, d, before, after, alpha, beta).astype(x.dtype)
    gx = np.empty(x.shape, x.dtype)
    if x.size:
        tasks, C, S = _tasks(x)
        args = (
            plain(x).reshape(-1),
            plain(g).reshape(-1),
            gx.reshape(-1),
            d.reshape(-1),
            (C, S),
            (before, after),
            alpha,
            beta,
        )
        parallel_for(_backward, tasks, x.size * (before + after + 6), *args)
    return gx


@warms_up
def _response() -> None:
    for dtype in (np.float32, np.float64):
        x = np.ones((1, 2, 2), dtype)
        response_backward(x, x, response_forward(x, 1, 1, 1.0, 0.75, 1.0)[1], 1, 1, 1.0, 0.75)
