"""The gradients of a recurrent layer's weights: products over all rows of all time steps, collected along the way.

    W_ih: Σ da xᵀ        W_hh: Σ da (the state before)ᵀ        da: the gradients of pre-activations

Long sums for few numbers. While a backward loop goes through time it holds the last rows of da, of the input and of the
states before side by side, in the cache; when there are enough, they are multiplied, and the place is used again. So da
is never written down for all steps.

Examples are cut into groups, each with a sum of its own, for threads to share out. The groups depend on the sizes
alone, and are added up in order: so results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel
from ..machine.simd import ALONG_M, VECTORS, copy, height, lanes, tile
from ..machine.workspace import empty
from ..products.gemm import matmul

HELD = 128  # rows, at least: each number of the result is read and written once for so many. More would leave the first cache
BLOCK = 252  # columns of da that are multiplied at a time
LINE = 64  # bytes of a line of the cache
GROUPS, GROUP = 16, 16  # at most so many groups; so many examples in each, if there are enough
MOST = 1 << 26  # bytes for the sums of all groups


class Held(NamedTuple):
    """Where a group of examples holds what, counted in numbers."""

    groups: int
    rows: int
    da_stride: int
    z_at: int  # rows of the input and, `padded` numbers further, of the state before
    z_stride: int
    padded: int
    size: int  # of all this


def plan(N: int, M: int, F: int, P: int, dtype: Any, work: float, inside: bool, more: int = 0) -> Held:
    """For N examples, M pre-activations, F features and P outputs, and `more` numbers of each row after these; work:
    nanoseconds of the whole loop. Unless products are made inside it, da alone is held, (N, M)."""
    if not inside:
        return Held(1, N, M, 0, 0, 0, N * M)
    itemsize, line = np.dtype(dtype).itemsize, LINE // np.dtype(dtype).itemsize
    groups = 1 if N < 4 or work < 60_000 else 2
    while groups < GROUPS and N // (2 * groups) >= GROUP:
        groups *= 2
    while groups > 1 and groups * M * (F + P + more) * itemsize > MOST:
        groups //= 2
    rows = max(HELD, -(-N // groups))
    padded = -(-F // lanes(dtype)) * lanes(dtype)
    da_stride, z_stride = _odd_lines(M, line), _odd_lines(padded + P + more + 2 * lanes(dtype), line)
    return Held(groups, rows, da_stride, rows * da_stride, z_stride, padded, rows * (da_stride + z_stride))


def _odd_lines(n: int, line: int) -> int:
    """At least n numbers, an odd number of lines: rows so far apart do not drive each other out of the cache."""
    return (-(-n // line) | 1) * line


class Sums(NamedTuple):
    """The sums of all groups, and what they hold meanwhile."""

    of_input: ndarray  # (groups, M, padded)
    of_state: ndarray  # (groups, M, P)
    held: ndarray

    def input_weight(self, F: int) -> ndarray:
        return np.ascontiguousarray(self.of_input.sum(0)[:, :F])

    def state_weight(self) -> ndarray:
        return self.of_state.sum(0)

    def da(self, M: int) -> ndarray:
        """(N, M), of the only step."""
        return self.held.reshape(-1, M)


def sums(held: Held, M: int, P: int, dtype: Any) -> Sums:
    groups = held.groups if held.z_stride else 0
    return Sums(
        empty((groups, M, held.padded), dtype),
        empty((groups, M, P), dtype),
        empty((held.groups * held.size,), dtype),
    )


def gradients_of_one_step(
    needs: Sequence, da: ndarray, of_state: ndarray, x: ndarray, h0: Any, w_ih: ndarray, w_hh: ndarray
) -> tuple:
    """Of x, h0, W_ih and W_hh, as far as they are needed, from those of the pre-activations, da (N, K), and of what the
    state gave to them, of_state (N, K)."""
    needs_x, needs_h, needs_ih, needs_hh = needs
    dw_hh = None
    if needs_hh:
        dw_hh = np.zeros_like(w_hh) if h0 is None else matmul(of_state.T, h0.reshape(-1, w_hh.shape[1]))
    return (
        matmul(da, w_ih) if needs_x else None,
        matmul(of_state, w_hh) if needs_h else None,
        matmul(da.T, x) if needs_ih else None,
        dw_hh,
    )


@kernel()
def hold(calls, x, x_at, F, states, at, on, first_states, first_at, rows, P, held, z_at, stride, padded, lanes):  # type: ignore[no-untyped-def]
    """Rows of the input, and of the states before: the first `on` follow `at` in states, the others first_at."""
    filled = (P + lanes - 1) // lanes * lanes
    copy(calls, x, x_at, held, z_at, F, stride, rows, F, padded)
    copy(calls, states, at, held, z_at + padded, P, stride, on, P, filled)
    copy(calls, first_states, first_at, held, z_at + on * stride + padded, P, stride, rows - on, P, filled)


@kernel()
def add_products(calls, held, da_at, da_stride, m, z_at, z_stride, k, n, c, c_at, add, lanes):  # type: ignore[no-untyped-def]
    """c (m, n) = or += daᵀ z, of the k rows that are held."""
    width = VECTORS * lanes
    for block in range(0, m, BLOCK):
        stop = min(m, block + BLOCK)
        for first in range(0, n, width):
            i = block
            while i < stop:
                here = height(calls, stop - i)
                tile(
                    calls, held, da_at + i, held, z_at + first, c, c_at + i * n + first, calls, 0, da_stride, z_stride, n,
                    k, min(width, n - first), here, ALONG_M, add,
                )  # fmt: skip
                i += here
