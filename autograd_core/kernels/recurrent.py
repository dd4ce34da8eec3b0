"""Recurrent layers over whole sequences, one direction of one layer a call: what they share, and the RNN.

Each thread runs through all of the time with its own examples, which do not depend on those of others: no thread waits
for another. At each step it multiplies the input and the state before with the weights, on register tiles, and computes
the gates; going back, the gradients of the gates, and from their products with the weights those of the input and of the
state before. The gradients of the weights are two products over all steps, after the loop. Those of biases are added up
for each example alone and then over the examples: so results do not depend on the number of threads.

Sizes: N examples, T time steps, F features of the input, H units, P outputs (P = H but for projections), G
pre-activations for each unit. Sequences lie step after step, `counts[t]` rows for step t, S rows in all; counts never
increase, so that step t has the first counts[t] examples (the layout of PyTorch's PackedSequence; without padding all
counts are N). x (S, F), outputs (S, P). Backwards in time (`reverse`), an example starts at its own last step.

The state before, at the step processed first or for an example that only starts, is the row of h0 or c0.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from .gates import gate_code, rnn_unit, rnn_unit_back
from .gemm import pack
from .recurrent_weights import add_products, hold, plan, sums
from .runtime import get_num_threads, kernel, parallel_for, plain, warms_up
from .simd import ALONG_K, VECTORS, calls, height, lanes, tile
from .workspace import empty

# ------------------------------------------------------------------------------------------------------------- products


@kernel()
def product(calls, a, a_at, a_stride, rows, panels, k, n, c, c_at, c_stride, add, width):  # type: ignore[no-untyped-def]
    """c (rows, n) = or += a (rows, k) @ b (k, n), of which the panels are `panels_of(b)`."""
    for first in range(0, n, width):
        r = 0
        while r < rows:
            left = rows - r
            here = height(calls, left)
            if here + 1 < left < here + 4 <= 2 * here:  # two tiles of middle size rather than a large and a tiny one
                here = height(calls, (left + 1) // 2)
            tile(
                calls, a, a_at + r * a_stride, panels, first * k, c, c_at + r * c_stride + first, calls, 0, a_stride, width,
                c_stride, k, min(width, n - first), here, ALONG_K, add,
            )  # fmt: skip
            r += here


@kernel()
def product_of_state(  # type: ignore[no-untyped-def]
    calls, out, h0, now, last, r0, r1, panels, k, n, c, c_at, stride, add, width
):
    """`product` of the states before (of rows r0 : r1): rows below `last` lie in `out` from row `now`, others in h0."""
    middle = max(r0, min(last, r1))
    product(calls, out, (now + r0) * k, k, middle - r0, panels, k, n, c, c_at, stride, add, width)
    product(
        calls, h0, middle * k, k, r1 - middle, panels, k, n, c, c_at + (middle - r0) * stride, stride, add, width
    )


def panels_of(b: ndarray) -> ndarray:
    """b (k, n) as the tile reads it: blocks of columns as wide as a tile, one after the other."""
    k, n = b.shape
    width = VECTORS * lanes(b.dtype)
    panels = empty((-(-n // width) * width * k,), b.dtype)
    turned = not b.flags.c_contiguous
    rows = plain(b.T if turned else b)
    pack(calls(b.dtype), rows.reshape(-1), 0, rows.shape[1], turned, k, n, panels, 0, width, lanes(b.dtype))
    return panels


# ----------------------------------------------------------------------------------------------------------- the layout


class Layout(NamedTuple):
    """How the rows of all time steps lie."""

    N: int
    T: int
    S: int
    counts: ndarray
    starts: ndarray  # of the rows of each step
    even: bool  # all counts are N


def layout_of(counts: ndarray) -> Layout:
    starts = np.cumsum(counts) - counts
    N, T, S = int(counts[0]), len(counts), int(starts[-1] + counts[-1])
    return Layout(N, T, S, counts, starts, N * T == S)


def final(states: ndarray, at: Layout, reverse: bool) -> ndarray:
    """(N, …): of each example, the state after the step processed last."""
    if reverse:
        return states[: at.N].copy()
    if at.even:
        return states[at.S - at.N :].copy()
    lengths = np.searchsorted(-at.counts, -np.arange(at.N), side="left")  # the steps with more than n examples
    return states[at.starts[lengths - 1] + np.arange(at.N)]


@functools.lru_cache(64)
def blocks_of(N: int, work: float, threads: int) -> int:
    """Into how many parts the batch is cut: one for each thread if that pays."""
    return max(1, min(threads, N // 2)) if work > 60_000 else 1


def run(loop: Any, blocks: int, at: Layout, work: float, reverse: bool, dtype: Any, *args: Any) -> None:
    """Run a loop over time, on so many blocks of the batch. work: nanoseconds for all of it."""
    parallel_for(
        loop, blocks, work, calls(dtype), gate_code(dtype), blocks, at.N, at.counts, at.starts, reverse, lanes(dtype),
        *args,
    )  # fmt: skip


def cost(G: int, F: int, H: int, P: int) -> float:
    """Of one row of one step in nanoseconds: a multiply-add takes about 1/40, a gate about one."""
    return G * H * ((F + P) / 40 + 1)


def or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else plain(x)


def copy_or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else np.array(x, dtype, order="C")


def sum_of_biases(b_ih: Any, b_hh: Any, size: int, dtype: Any) -> ndarray:
    given = [b for b in (b_ih, b_hh) if b is not None]
    return plain(sum(given[1:], given[0])) if given else np.zeros(size, dtype)


def flat(*arrays: ndarray) -> list[ndarray]:
    return [a.reshape(-1) for a in arrays]


# ------------------------------------------------------------------------------------------------------------------ RNN


@kernel()
def _rnn_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, h0, bias, of_input, of_state, F, H, rectified,
):  # fmt: skip
    """out (S, H) becomes the states."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            rows = min(r1, counts[t]) - r0
            if rows > 0:
                first = starts[t] + r0
                at = first * H
                product(calls, x, first * F, F, rows, of_input, F, H, out, at, H, False, width)
                product_of_state(calls, out, h0, now, last, r0, r0 + rows, of_state, H, H, out, at, H, True, width)
                rnn_unit(code, out, at, bias, 0, rows, H, 0, rectified)
            last, now = counts[t], starts[t]


@kernel()
def _rnn_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, h0, g, has_g, dh, db, dx, wanted, of_input, of_state, F, H, rectified,
    held, most, da_stride, z_at, z_stride, padded, size, dw_ih, dw_hh,
):  # fmt: skip
    """dx (S, F) if wanted; db (N, H), that of the bias for each example; dw_ih and dw_hh, the sums of each block; dh
    (N, H) comes with the gradients of the last states and becomes that of h0."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        da0, z0, k, add = block * size, block * size + z_at, 0, False
        for step in range(T + 1):
            t = step if reverse else T - 1 - step
            rows = min(r1, counts[t]) - r0 if step < T else 0
            if step == T or k + rows > most:
                add_products(calls, held, da0, da_stride, H, z0, z_stride, k, padded, dw_ih, block * H * padded, add, lanes)
                add_products(
                    calls, held, da0, da_stride, H, z0 + padded, z_stride, k, H, dw_hh, block * H * H, add, lanes
                )
                k, add = 0, True
            if rows > 0:
                earlier = t + 1 if reverse else t - 1
                last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
                first, own, da = starts[t] + r0, r0 * H, da0 + k * da_stride
                middle = max(r0, min(last, r0 + rows))
                hold(
                    calls, x, first * F, F, out, (now + r0) * H, middle - r0, h0, middle * H, rows, H,
                    held, z0 + k * z_stride, z_stride, padded, lanes,
                )  # fmt: skip
                rnn_unit_back(
                    code, out, first * H, g, first * H, dh, own, held, da, db, own, rows, H, da_stride, rectified, has_g
                )
                product(calls, held, da, da_stride, rows, of_state, H, H, dh, own, H, False, width)
                if wanted:
                    product(calls, held, da, da_stride, rows, of_input, H, F, dx, first * F, F, False, width)
                k += rows


def rnn_forward(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool, rectified: bool
) -> tuple:
    """States (S, H) and the last ones (N, H) of h = act(W_ih x + b_ih + W_hh h + b_hh)."""
    at, dtype, (H, F) = layout_of(counts), x.dtype, w_ih.shape
    out = empty((at.S, H), dtype)
    first, bias = or_zeros(h0, (at.N, H), dtype), sum_of_biases(b_ih, b_hh, H, dtype)
    work = at.S * cost(1, F, H, H)
    run(
        _rnn_forward, blocks_of(at.N, work, get_num_threads()), at, work, reverse, dtype,
        *flat(plain(x), out, first, bias), panels_of(w_ih.T), panels_of(w_hh.T), F, H, rectified,
    )  # fmt: skip
    return out, final(out, at, reverse)


def rnn_backward(
    needs: list, gs: list, out: ndarray, x: Any, h0: Any, w_ih: Any, w_hh: Any,
    counts: ndarray, reverse: bool, rectified: bool,
) -> tuple:  # fmt: skip
    at, dtype, (H, F), (g, g_last) = layout_of(counts), out.dtype, w_ih.shape, gs
    work = at.S * cost(1, 2 * F, 2 * H, H)
    held = plan(at.N, H, F, H, dtype, work)
    total = sums(held, H, H, dtype)
    dh, db = copy_or_zeros(g_last, (at.N, H), dtype), np.zeros((at.N, H), dtype)
    dx = empty((at.S, F), dtype) if needs[0] else out
    run(
        _rnn_backward, held.groups, at, work, reverse, dtype,
        *flat(plain(x), out, or_zeros(h0, (at.N, H), dtype), out if g is None else plain(g)), g is not None,
        *flat(dh, db, dx), needs[0], panels_of(plain(w_ih)) if needs[0] else dh.reshape(-1), panels_of(plain(w_hh)),
        F, H, rectified, total.held, *held[1:], *flat(total.of_input, total.of_state),
    )  # fmt: skip
    db = db.sum(0)
    return (
        dx if needs[0] else None,
        dh,
        total.input_weight(F) if needs[2] else None,
        total.state_weight() if needs[3] else None,
        db if needs[4] else None,
        db.copy() if needs[5] else None,
    )


@warms_up
def _rnn() -> None:
    counts = np.ones(1, np.int64)
    for dtype in (np.float32, np.float64):
        x = np.ones((1, 1), dtype)
        for rectified in (False, True):
            out, last = rnn_forward(x, x, x, x, None, None, counts, False, rectified)
            rnn_backward([True] * 6, [out, last], out, x, x, x, x, counts, False, rectified)
