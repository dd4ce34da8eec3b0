"""Recurrent layers over whole sequences, one direction of one layer a call: what `rnn.py`, `lstm.py`, `gru.py` share.

    forward     h_t = cell(W_ih x_t + W_hh h_{t-1} + b, …)             for t = 0, 1, …, or backwards in time (`reverse`)
    backward    da_t = the gradient of the pre-activations,  dx_t = W_ihᵀ da_t,  dh_{t-1} = W_hhᵀ da_t + …
                dW_ih = Σ_t da_t x_tᵀ,  dW_hh = Σ_t da_t h_{t-1}ᵀ,  db = Σ_t da_t

The two loops over time are written here once, `forward_loop` and `backward_loop`, and compiled for each cell with the
cell's kernels for one step in them (`with_cell`). At each step those multiply the input and the state before with the
weights, on micro-tiles, and compute the gates (`gates.py`); going back, the gradients of the gates, and from their
products with the weights those of the input and of the state before. The gradients of the weights are products over all
steps, collected along the way (`recurrent_weights.py`).

Layouts: N examples, T time steps, F features of the input, H units, P outputs (P = H but for projections), G
pre-activations for each unit. Sequences are stored step after step, `counts[t]` rows for step t, S rows in all; counts
never increase, so that step t has the first counts[t] examples (the layout of PyTorch's PackedSequence; without padding
all counts are N). x (S, F), outputs (S, P). Backwards in time, an example starts at its own last step. The state before,
at the step processed first or for an example that only starts, is the row of h0 or c0. Kernels get all arrays flat.

Parallel split: a task is a block of examples, taken through all of the time, which does not depend on other examples: no
thread waits for another. Gradients of biases are added up for each example alone and then over the examples: so results
do not depend on the number of threads.

A single step (a cell) is not worth the preparations: its products are made before the loop and after it, not `inside`.
"""

from __future__ import annotations

import functools
import types
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.runtime import Kernel, kernel, plain
from ..machine.simd import ALONG_K, LANES, VECTORS, MicroTile, calls, lanes, micro_kernel, micro_tile_rows
from ..machine.threads import parallel_for
from ..machine.workspace import empty
from ..products.gemm import matmul, pack
from .gates import gate_code

# The layout of `plan`, the parameter array of the loops
(
    EXAMPLES,  # N
    BLOCKS,  # into how many blocks of examples the batch is cut
    REVERSE,  # the loop runs backwards in time
    INSIDE,  # the products with the weights are made inside the loop
    FEATURES,  # F
    UNITS,  # H
    OUTPUTS,  # P
    RECTIFIED,  # the RNN's activation is relu, not tanh
    SKIP,  # the RNN's connection over `skip` steps, 0: none
    PEEPING,  # the LSTM has peepholes
    PROJECTING,  # the LSTM has projections
    KEPT,  # forward: gates of all steps are kept for the backward pass, not those of one step
    HAS_G,  # backward: there is a gradient of the outputs
    INPUT_WANTED,  # backward: the gradient of x is wanted
    MOST_ROWS,  # backward: rows of da and z in the buffer of a block, see `recurrent_weights.Buffer`
    DA_STRIDE,  # distance of the rows of da
    Z_AT,  # offset of z in the buffer of a block
    Z_STRIDE,  # distance of the rows of z
    PADDED,  # in a row of z, the offset of the state before: F, rounded up to whole vectors
    BUFFER_SIZE,  # elements of the buffer of a block
    PLAN_SIZE,
) = range(21)


class Step(NamedTuple):
    """A block of examples at one step of the loop."""

    t: int  # the time step
    r0: int  # the first example of the block
    rows: int  # examples of the block that have this step: r0 : r0 + rows
    on: int  # how many of these go on: they have a state before. The others start here
    first: int  # the row of x and of the outputs of example r0 at this step
    before: int  # the row of the outputs of example r0 at the step before, if it goes on


# ------------------------------------------------------------------------------------------------------------ the loops


def step_forward(calls, code, plan, counts, starts, step, *arrays):  # type: ignore[no-untyped-def]
    """One step of a cell: compute the states of `step` from those before. `with_cell` puts the cell's own kernel here."""


def forward_loop(start, stop, calls, code, plan, counts, starts, arrays):  # type: ignore[no-untyped-def]
    """A task is a block of examples, taken through all time steps.

    calls     `simd.calls`
    code      `gates.gate_code`
    plan      int64, see above
    counts    (T,): the examples that have step t
    starts    (T,): the row of x and of the outputs at which those of step t begin
    arrays    what the cell's `step_forward` takes, in its order
    """
    T, N, blocks = len(counts), plan[EXAMPLES], plan[BLOCKS]
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        count, first = 0, 0  # of the step before
        for i in range(T):
            t = T - 1 - i if plan[REVERSE] else i
            end = min(r1, counts[t])
            if end > r0:
                step = Step(t, r0, end - r0, max(r0, min(count, end)) - r0, starts[t] + r0, first + r0)
                step_forward(calls, code, plan, counts, starts, step, *arrays)
            count, first = counts[t], starts[t]


def step_backward(calls, code, plan, counts, starts, step, block, k, *arrays):  # type: ignore[no-untyped-def]
    """One step of a cell, backward: from the gradient of the states of `step` to that of those before, and k rows further
    on in the buffer of the block. `with_cell` puts the cell's own kernel here."""


def add_buffered(calls, plan, block, k, add, *arrays):  # type: ignore[no-untyped-def]
    """The gradients of the weights = or += the products of the k rows in the buffer of the block. `with_cell` puts the cell's
    own kernel here."""


def backward_loop(start, stop, calls, code, plan, counts, starts, arrays):  # type: ignore[no-untyped-def]
    """The same backwards; arrays: what the cell's `step_backward` and `add_buffered` take."""
    T, N, blocks = len(counts), plan[EXAMPLES], plan[BLOCKS]
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        k, add = 0, False
        for i in range(T + 1):
            t = i if plan[REVERSE] else T - 1 - i
            rows = min(r1, counts[t]) - r0 if i < T else 0
            if plan[INSIDE] and (i == T or k + rows > plan[MOST_ROWS]):
                add_buffered(calls, plan, block, k, add, *arrays)
                k, add = 0, True
            if rows > 0:
                before = t + 1 if plan[REVERSE] else t - 1
                count, first = (counts[before], starts[before]) if 0 <= before < T else (0, 0)
                step = Step(t, r0, rows, max(r0, min(count, r0 + rows)) - r0, starts[t] + r0, first + r0)
                step_backward(calls, code, plan, counts, starts, step, block, k, *arrays)
                k += rows


def with_cell(loop: Any, name: str, module: str, **steps: Kernel) -> Kernel:
    """A loop over time for one cell: a kernel with the code of `loop`, in which `steps` are the cell's own."""
    function = types.FunctionType(loop.__code__, {**loop.__globals__, **steps}, name)
    function.__qualname__, function.__module__, function.__doc__ = name, module, loop.__doc__
    return kernel()(function)


# ------------------------------------------------------------------------------------------------------------- products


class Product(NamedTuple):
    """The sizes and strides of `product`."""

    rows: int
    k: int
    n: int
    a_stride: int  # distance of the rows of a
    c_stride: int
    add: bool  # to c; else it is set


@kernel()
def product(calls, a, a_at, panels, c, c_at, size):  # type: ignore[no-untyped-def]
    """c (rows, n) = or += a (rows, k) @ b (k, n), of which the micro-panels are `panels_of(b)`; size: a Product.

    It is the macro-kernel of `gemm.py` without its cases: a step of a small cell takes less than a microsecond."""
    nr = VECTORS * calls[LANES]
    for first in range(0, size.n, nr):
        r = 0
        while r < size.rows:
            rows = micro_tile_rows(calls, size.rows - r, nr)
            micro_kernel(
                calls, a, a_at + r * size.a_stride, panels, first * size.k, c, c_at + r * size.c_stride + first, a, 0, calls, 0,
                MicroTile(
                    rows, min(nr, size.n - first), size.k, size.a_stride, nr, size.c_stride, ALONG_K, size.add, False
                ),
            )  # fmt: skip
            r += rows


@kernel()
def product_of_state(calls, step, states, h0, h0_row, panels, c, c_at, n, P, c_stride, add):  # type: ignore[no-untyped-def]
    """c (rows, n) = or += the states before (rows, P) @ b (P, n), of which the micro-panels are `panels_of(b)`.

    step          a Step: examples that go on have their state before in `states`, the others in h0
    states, h0    (S, P) and (…, P), flat; h0_row: the row of h0 of example 0
    """
    product(calls, states, step.before * P, panels, c, c_at, Product(step.on, P, n, P, c_stride, add))
    start = step.r0 + step.on  # the first example that starts here
    product(
        calls, h0, (h0_row + start) * P, panels, c, c_at + step.on * c_stride,
        Product(step.rows - step.on, P, n, P, c_stride, add),
    )  # fmt: skip


def panels_of(b: ndarray) -> ndarray:
    """b (k, n), packed into the micro-panels that the micro-kernel reads, one after the other."""
    k, n = b.shape
    nr = VECTORS * lanes(b.dtype)
    panels = empty((-(-n // nr) * nr * k,), b.dtype)
    transposed = not b.flags.c_contiguous
    rows = plain(b.T if transposed else b)
    pack(calls(b.dtype), rows.reshape(-1), 0, rows.shape[1], transposed, k, n, panels, 0)
    return panels


# ----------------------------------------------------------------------------------------------------------- the layout


class Layout(NamedTuple):
    """Where the rows of all time steps are."""

    N: int
    T: int
    S: int
    counts: ndarray  # of the rows of each step
    starts: ndarray  # the first row of each step
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
    """(N,): the number of steps of each example."""
    return np.searchsorted(-at.counts, -np.arange(at.N), side="left")


@functools.lru_cache(64)
def blocks_of(N: int, work: float, threads: int) -> int:
    """Into how many parts the batch is cut: one for each thread if that pays."""
    return max(1, min(threads, N // 2)) if work > 60_000 else 1


@functools.lru_cache(256)
def plan_of(**values: int) -> ndarray:
    """The parameter array, by the names above in lower case; what is not named is 0. Nobody writes into it."""
    plan = np.zeros(PLAN_SIZE, np.int64)
    for name, value in values.items():
        plan[globals()[name.upper()]] = value
    return plan


def run(loop: Kernel, at: Layout, work: float, plan: ndarray, dtype: Any, arrays: list[ndarray]) -> None:
    """Run a loop over time, on plan[BLOCKS] blocks of the batch. work: nanoseconds for all of it."""
    flat = tuple([array.reshape(-1) for array in arrays])
    parallel_for(loop, int(plan[BLOCKS]), work, calls(dtype), gate_code(dtype), plan, at.counts, at.starts, flat)


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
    biases = [b for b in (b_ih, b_hh) if b is not None]
    return plain(sum(biases[1:], biases[0])) if biases else np.zeros(size, dtype)
