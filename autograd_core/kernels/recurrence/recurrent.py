"""Recurrent layers over whole sequences, one direction of one layer a call: what `rnn.py`, `lstm.py`, `gru.py` share.

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

A single step (a cell) is not worth the preparations: its products are made before the loop and after it, not `inside`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain
from ..machine.simd import ALONG_K, VECTORS, calls, height, lanes, tile
from ..machine.threads import parallel_for
from ..machine.workspace import empty
from ..products.gemm import matmul, pack
from .gates import gate_code

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
    calls, out, h0, zero, now, last, r0, r1, panels, k, n, c, c_at, stride, add, width
):
    """`product` of the states before (of rows r0 : r1): rows below `last` lie in `out` from row `now`, others in h0 from
    row `zero`."""
    middle = max(r0, min(last, r1))
    product(calls, out, (now + r0) * k, k, middle - r0, panels, k, n, c, c_at, stride, add, width)
    product(
        calls,
        h0,
        (zero + middle) * k,
        k,
        r1 - middle,
        panels,
        k,
        n,
        c,
        c_at + (middle - r0) * stride,
        stride,
        add,
        width,
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
    return states[at.starts[lengths_of(at) - 1] + np.arange(at.N)]


def lengths_of(at: Layout) -> ndarray:
    """(N,): how many steps each example has."""
    return np.searchsorted(-at.counts, -np.arange(at.N), side="left")


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


def products_of_one_step(x: ndarray, h0: Any, w_ih: ndarray, w_hh: ndarray) -> tuple[ndarray, Any]:
    """What the loop would compute for a sequence of one step, where to put the weights into panels does not pay."""
    return plain(matmul(x, w_ih.T)), None if h0 is None else matmul(plain(h0).reshape(-1, w_hh.shape[1]), w_hh.T)


def or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else plain(x)


def copy_or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else np.array(x, dtype, order="C")


def sum_of_biases(b_ih: Any, b_hh: Any, size: int, dtype: Any) -> ndarray:
    given = [b for b in (b_ih, b_hh) if b is not None]
    return plain(sum(given[1:], given[0])) if given else np.zeros(size, dtype)


def flat(*arrays: ndarray) -> list[ndarray]:
    return [a.reshape(-1) for a in arrays]
