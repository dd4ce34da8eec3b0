"""The gradients of a recurrent layer's weights: products over all rows of all time steps, collected along the way.

    dW_ih (M, F) = Σ da xᵀ        dW_hh (M, P) = Σ da (the state before)ᵀ        da (M,): the gradient of the pre-activations

These are long sums for few elements. While the backward loop goes through time it keeps the last rows of da, of the input
and of the states before side by side in a buffer, in the cache; when it is full, they are multiplied, and the buffer is
filled again. So da is never stored for all steps.

Layouts: the buffer of a block of examples is da (MOST_ROWS, DA_STRIDE), then z (MOST_ROWS, Z_STRIDE), whose rows are the input
(F, padded to whole vectors) and the state before (P), each row an odd number of lines of the cache.

Parallel split: the blocks of examples of the backward loop, each with a sum of its own, for threads to share out. Here the
blocks depend on the sizes alone, and are added up in order: so results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel
from ..machine.simd import ALONG_M, LANES, VECTORS, MicroTile, copy, lanes, micro_kernel, micro_tile_rows
from ..machine.workspace import empty
from ..products.gemm import matmul
from .recurrent import DA_STRIDE, PADDED, Z_STRIDE

ROWS = 128  # rows, at least: each element of the result is read and written once for these. More would leave the first cache
BLOCK = 252  # columns of da that are multiplied at a time
LINE = 64  # bytes of a line of the cache
BLOCKS, EXAMPLES = 16, 16  # the most blocks of examples; and the examples in each, if there are enough
MOST = 1 << 26  # bytes for the sums of all blocks


class Buffer(NamedTuple):
    """The blocks of examples, and the layout of the buffer of each, in elements."""

    blocks: int
    most_rows: int  # rows
    da_stride: int
    z_at: int  # where rows of the input begin and, `padded` elements further, of the state before
    z_stride: int
    padded: int
    buffer_size: int  # of all this


def buffer_plan(N: int, M: int, F: int, P: int, dtype: Any, work: float, inside: bool, more: int = 0) -> Buffer:
    """For N examples, M pre-activations, F features and P outputs, and `more` elements of each row after these; work:
    nanoseconds of the whole loop. Unless products are made inside it, da alone is buffered, (N, M)."""
    if not inside:
        return Buffer(1, N, M, 0, 0, 0, N * M)
    itemsize, line = np.dtype(dtype).itemsize, LINE // np.dtype(dtype).itemsize
    blocks = 1 if N < 4 or work < 60_000 else 2
    while blocks < BLOCKS and N // (2 * blocks) >= EXAMPLES:
        blocks *= 2
    while blocks > 1 and blocks * M * (F + P + more) * itemsize > MOST:
        blocks //= 2
    rows = max(ROWS, -(-N // blocks))
    padded = -(-F // lanes(dtype)) * lanes(dtype)
    da_stride, z_stride = _odd_lines(M, line), _odd_lines(padded + P + more + 2 * lanes(dtype), line)
    return Buffer(blocks, rows, da_stride, rows * da_stride, z_stride, padded, rows * (da_stride + z_stride))


def _odd_lines(n: int, line: int) -> int:
    """At least n elements, an odd number of lines: rows this far apart are in no cache-set conflicts."""
    return (-(-n // line) | 1) * line


class Sums(NamedTuple):
    """The sums of all blocks, and their buffers."""

    of_input: ndarray  # (blocks, M, padded)
    of_state: ndarray  # (blocks, M, P)
    buffer: ndarray  # (blocks · buffer_size,)

    def input_weight(self, F: int) -> ndarray:
        return np.ascontiguousarray(self.of_input.sum(0)[:, :F])

    def state_weight(self) -> ndarray:
        return self.of_state.sum(0)

    def da(self, M: int) -> ndarray:
        """(N, M), of the only step."""
        return self.buffer.reshape(-1, M)


def sums(buffer: Buffer, M: int, P: int, dtype: Any) -> Sums:
    blocks = buffer.blocks if buffer.z_stride else 0
    return Sums(
        empty((blocks, M, buffer.padded), dtype),
        empty((blocks, M, P), dtype),
        empty((buffer.blocks * buffer.buffer_size,), dtype),
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
def store_inputs(calls, plan, step, x, states, h0, h0_row, buffer, z_at, F, P):  # type: ignore[no-untyped-def]
    """z (rows, Z_STRIDE) = the input and, from PADDED on, the states before, of the examples of a step.

    step          a Step: examples that go on have their state before in `states`, the others in h0
    x             (S, F), flat
    states, h0    (S, P) and (…, P), flat; h0_row: the row of h0 of example 0
    buffer, z_at    where the rows of z go
    """
    lanes, stride, padded = calls[LANES], plan[Z_STRIDE], plan[PADDED]
    filled, start = (P + lanes - 1) // lanes * lanes, step.r0 + step.on
    copy(calls, x, step.first * F, buffer, z_at, F, stride, step.rows, F, padded)
    copy(calls, states, step.before * P, buffer, z_at + padded, P, stride, step.on, P, filled)
    copy(
        calls, h0, (h0_row + start) * P, buffer, z_at + step.on * stride + padded, P, stride, step.rows - step.on, P, filled
    )  # fmt: skip


@kernel()
def add_products(calls, plan, buffer, da_at, z_at, k, m, n, c, c_at, add):  # type: ignore[no-untyped-def]
    """c (m, n) = or += daᵀ z, of the k rows in the buffer.

    buffer, da_at, z_at    da (k, m) and z (k, n), their rows DA_STRIDE and Z_STRIDE apart
    """
    nr = VECTORS * calls[LANES]
    for block in range(0, m, BLOCK):
        stop = min(m, block + BLOCK)
        for first in range(0, n, nr):
            i = block
            while i < stop:
                rows = micro_tile_rows(calls, stop - i, nr)
                micro_kernel(
                    calls, buffer, da_at + i, buffer, z_at + first, c, c_at + i * n + first, buffer, 0, calls, 0,
                    MicroTile(rows, min(nr, n - first), k, plan[DA_STRIDE], plan[Z_STRIDE], n, ALONG_M, add, False),
                )  # fmt: skip
                i += rows
