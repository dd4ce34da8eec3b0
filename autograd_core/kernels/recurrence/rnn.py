"""The RNN over whole sequences; `recurrent.py` has the layouts, the parallel split and the loops over time.

    h_t = act(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh + W_skip h_{t-k})

The last term, a connection that skips k steps, is there if k = `skip` is not 0. Then h0 and the last states are the k
states before and after, (k, N, H), oldest first. Going back, the gradients that arrive over the skips wait in `late`
(k, N, H), in the row of the step they are meant for, modulo k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import LANES, copy
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from .gates import rnn_unit, rnn_unit_back
from .recurrent import (
    BUFFER_SIZE,
    DA_STRIDE,
    EXAMPLES,
    FEATURES,
    HAS_G,
    INPUT_WANTED,
    INSIDE,
    PADDED,
    RECTIFIED,
    REVERSE,
    SKIP,
    UNITS,
    Z_AT,
    Z_STRIDE,
    Layout,
    Product,
    backward_loop,
    blocks_of,
    copy_or_zeros,
    cost,
    final,
    forward_loop,
    layout_of,
    lengths_of,
    or_zeros,
    panels_of,
    plan_of,
    product,
    product_of_state,
    products_of_one_step,
    run,
    sum_of_biases,
    with_cell,
)
from .recurrent_weights import add_products, buffer_plan, gradients_of_one_step, store_inputs, sums


@kernel()
def _before(counts, starts, step, j, plan):  # type: ignore[no-untyped-def]
    """Of the examples of a step, those that started j < skip steps ago, or (j = skip) longer ago: from where to where, and
    in which row of h0 or (j = skip) of the states that of the first one, `skip` steps before, is."""
    T, t, r0, end = len(counts), step.t, step.r0, step.r0 + step.rows
    early = t + j if plan[REVERSE] else t - j
    if j == plan[SKIP]:
        low, high = r0, min(end, counts[early]) if 0 <= early < T else 0
        return low, high, starts[early] + r0 if low < high else 0
    if plan[REVERSE]:  # they have a step j later and none after that
        low = counts[early + 1] if early + 1 < T else 0
        high = counts[early] if early < T else 0
    else:  # all start at step 0
        low, high = 0, counts[t] if early == 0 else 0
    low = max(r0, low)
    return low, min(end, high), j * plan[EXAMPLES] + low


@kernel(inline=True)
def _step_forward(calls, code, plan, counts, starts, step, x, out, h0, bias, of_input, of_state, of_skipped):  # type: ignore[no-untyped-def]
    """out[step] = act(W_ih x + W_hh (the state before) + W_skip (the state `skip` steps before) + bias). Flat arrays:

    x                       (S, F)
    out                     (S, H): the states; unless INSIDE, it comes with W_ih x + W_hh (the state before)
    h0                      (N, H), or (skip, N, H)
    bias                    (H,)
    of_input, of_state      `panels_of` W_ihᵀ and W_hhᵀ, if INSIDE
    of_skipped              `panels_of` W_skipᵀ, if SKIP
    """
    F, H, skip, at = plan[FEATURES], plan[UNITS], plan[SKIP], step.first * plan[UNITS]
    newest = max(skip - 1, 0) * plan[EXAMPLES]
    if plan[INSIDE]:
        product(calls, x, step.first * F, of_input, out, at, Product(step.rows, F, H, F, H, False))
        product_of_state(calls, step, out, h0, newest, of_state, out, at, H, H, H, True)
    for j in range(skip + 1 if skip else 0):
        low, high, row = _before(counts, starts, step, j, plan)
        source = out if j == skip else h0
        to = (starts[step.t] + low) * H
        product(calls, source, row * H, of_skipped, out, to, Product(high - low, H, H, H, H, True))
    rnn_unit(code, out, at, bias, 0, step.rows, H, 0, plan[RECTIFIED] != 0)


@kernel(inline=True)
def _step_backward(  # type: ignore[no-untyped-def]
    calls, code, plan, counts, starts, step, block, k, x, out, h0, g, dh, late, db, dx, of_input, of_state, of_skipped, buffer,
    dw_ih, dw_hh, dw_skip,
):  # fmt: skip
    """da of a step, and from it dx, db, and the gradient of the state before. Flat arrays:

    x, out, h0                 (S, F), (S, H) and (N, H) or (skip, N, H)
    g                          (S, H), the gradient of the outputs, if HAS_G
    dh                         (N, H): comes with the gradients of the last states and becomes that of h0
    late                       (skip, N, H): gradients of earlier states, see the head of this file
    db                         (N, H): that of the bias for each example
    dx                         (S, F), if INPUT_WANTED
    of_input, of_state         `panels_of` W_ih and W_hh, if INSIDE
    of_skipped                 `panels_of` W_skip, if SKIP
    buffer                     the buffers of the blocks, see `recurrent_weights.py`
    dw_ih, dw_hh, dw_skip      (blocks, H, padded F), (blocks, H, H), (blocks, H, H)
    """
    F, H, skip, lanes, own = plan[FEATURES], plan[UNITS], plan[SKIP], calls[LANES], step.r0 * plan[UNITS]
    da, da_stride = block * plan[BUFFER_SIZE] + k * plan[DA_STRIDE], plan[DA_STRIDE]
    z, z_stride = block * plan[BUFFER_SIZE] + plan[Z_AT] + k * plan[Z_STRIDE], plan[Z_STRIDE]
    if plan[INSIDE]:
        store_inputs(calls, plan, step, x, out, h0, max(skip - 1, 0) * plan[EXAMPLES], buffer, z, F, H)
    waiting = (step.t % skip * plan[EXAMPLES] + step.r0) * H if skip else 0
    filled = (H + lanes - 1) // lanes * lanes
    for j in range(skip + 1 if skip else 0):
        low, high, row = _before(counts, starts, step, j, plan)
        source = out if j == skip else h0
        to = z + plan[PADDED] + filled + (low - step.r0) * z_stride
        copy(calls, source, row * H, buffer, to, H, z_stride, high - low, H, filled)
    for i in range(step.rows * H if skip else 0):
        dh[own + i] += late[waiting + i]
    rnn_unit_back(
        code, out, step.first * H, g, step.first * H, dh, own, buffer, da, db, own, step.rows, H, da_stride,
        plan[RECTIFIED] != 0, plan[HAS_G] != 0,
    )  # fmt: skip
    if plan[INSIDE]:
        product(calls, buffer, da, of_state, dh, own, Product(step.rows, H, H, da_stride, H, False))
    if skip:
        product(calls, buffer, da, of_skipped, late, waiting, Product(step.rows, H, H, da_stride, H, False))
    if plan[INSIDE] and plan[INPUT_WANTED]:
        product(calls, buffer, da, of_input, dx, step.first * F, Product(step.rows, H, F, da_stride, F, False))


@kernel(inline=True)
def _add_buffered(  # type: ignore[no-untyped-def]
    calls,
    plan,
    block,
    k,
    add,
    x,
    out,
    h0,
    g,
    dh,
    late,
    db,
    dx,
    of_input,
    of_state,
    of_skipped,
    buffer,
    dw_ih,
    dw_hh,
    dw_skip,
):
    """dW = or += daᵀ z, of the k rows in the buffer of a block. The arrays are those of `_step_backward`."""
    H, padded, lanes = plan[UNITS], plan[PADDED], calls[LANES]
    da, to = block * plan[BUFFER_SIZE], block * H
    z = da + plan[Z_AT]
    add_products(calls, plan, buffer, da, z, k, H, padded, dw_ih, to * padded, add)
    add_products(calls, plan, buffer, da, z + padded, k, H, H, dw_hh, to * H, add)
    if plan[SKIP]:
        z += padded + (H + lanes - 1) // lanes * lanes
        add_products(calls, plan, buffer, da, z, k, H, H, dw_skip, to * H, add)


_rnn_forward = with_cell(forward_loop, "_rnn_forward", __name__, step_forward=_step_forward)
_rnn_backward = with_cell(
    backward_loop, "_rnn_backward", __name__, step_backward=_step_backward, add_buffered=_add_buffered
)


def _positions(at: Layout, skip: int, reverse: bool) -> tuple[ndarray, ndarray, ndarray]:
    """(skip, N) each: where the last states are (rows of the states, or -1 - a row of h0), and the rows of `late` for the
    last states and for those in h0."""
    lengths, n, i = lengths_of(at), np.arange(at.N), np.arange(skip)[:, None]
    age = lengths + i  # of state i of the last ones: h0 has ages 0 to skip - 1, step s of the processing s + skip
    steps = skip - 1 - i + 0 * n if reverse else age - skip
    rows = np.where(age < skip, -1 - (age * at.N + n), at.starts[np.clip(steps, 0, at.T - 1)] + n)
    if reverse:
        return rows, (skip - 1 - i) * at.N + n, (lengths - 1 - i) % skip * at.N + n
    return rows, age % skip * at.N + n, i * at.N + n


def rnn_forward(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_skip: Any,
    counts: ndarray, reverse: bool, rectified: bool, skip: int = 0,
) -> tuple:  # fmt: skip
    """States (S, H) and the last ones, (N, H) or (skip, N, H)."""
    at, dtype, (H, F) = layout_of(counts), x.dtype, w_ih.shape
    inside = at.T > 1 or skip > 0
    if inside:
        out = empty((at.S, H), dtype)
    else:
        out, of_state = products_of_one_step(x, h0, w_ih, w_hh)
        out = out if of_state is None else out + of_state
    first, bias = or_zeros(h0, (max(skip, 1) * at.N, H), dtype), sum_of_biases(b_ih, b_hh, H, dtype)
    work = at.S * cost(1, F, H, 2 * H if skip else H)
    plan = plan_of(
        examples=at.N, blocks=blocks_of(at.N, work, get_num_threads()), reverse=reverse, inside=inside, features=F, units=H,
        rectified=rectified, skip=skip,
    )  # fmt: skip
    panels = [
        panels_of(w_ih.T) if inside else bias,
        panels_of(w_hh.T) if inside else bias,
        panels_of(w_skip.T) if skip else bias,
    ]
    run(_rnn_forward, at, work, plan, dtype, [plain(x), out, first, bias, *panels])
    if not skip:
        return out, final(out, at, reverse)
    rows = _positions(at, skip, reverse)[0]
    early = rows < 0
    last = out[np.where(early, 0, rows)]
    last[early] = first.reshape(-1, H)[-1 - rows[early]]
    return out, last


def rnn_backward(
    needs: list, gs: list, out: ndarray, x: Any, h0: Any, w_ih: Any, w_hh: Any, w_skip: Any,
    counts: ndarray, reverse: bool, rectified: bool, skip: int = 0,
) -> tuple:  # fmt: skip
    at, dtype, (H, F), (g, g_last) = layout_of(counts), out.dtype, w_ih.shape, gs
    more, inside = H if skip else 0, at.T > 1 or skip > 0
    work = at.S * cost(1, 2 * F, 2 * H, H + more)
    buffer = buffer_plan(at.N, H, F, H, dtype, work, inside, more)
    total = sums(buffer, H, H, dtype)
    dw_skip = empty((buffer.blocks, H, more), dtype)
    dh, db = copy_or_zeros(None if skip else g_last, (at.N, H), dtype), np.zeros((at.N, H), dtype)
    late = np.zeros((skip * at.N, H), dtype)
    if skip and g_last is not None:
        late[_positions(at, skip, reverse)[1]] = g_last
    dx = empty((at.S, F), dtype) if needs[0] and inside else out
    plan = plan_of(
        examples=at.N, reverse=reverse, inside=inside, features=F, units=H, rectified=rectified, skip=skip,
        has_g=g is not None, input_wanted=bool(needs[0]), **buffer._asdict(),
    )  # fmt: skip
    panels = [
        panels_of(plain(w_ih)) if needs[0] and inside else dh,
        panels_of(plain(w_hh)) if inside else dh,
        panels_of(plain(w_skip)) if skip else dh,
    ]
    states = [plain(x), out, or_zeros(h0, (max(skip, 1) * at.N, H), dtype)]
    weights = [total.buffer, total.of_input, total.of_state, dw_skip]
    run(
        _rnn_backward, at, work, plan, dtype,
        [*states, out if g is None else plain(g), dh, late, db, dx, *panels, *weights],
    )  # fmt: skip
    db = db.sum(0)
    rest = (db if needs[4] else None, db.copy() if needs[5] else None, dw_skip.sum(0) if needs[6] else None)
    if not inside:
        return *gradients_of_one_step(needs[:4], total.da(H), total.da(H), x, h0, w_ih, w_hh), *rest
    if skip:
        late = late[_positions(at, skip, reverse)[2]]
        late[-1] += dh
    dw_ih, dw_hh = total.input_weight(F) if needs[2] else None, total.state_weight() if needs[3] else None
    return dx if needs[0] else None, late if skip else dh, dw_ih, dw_hh, *rest


@warms_up
def _rnn() -> None:
    counts = np.ones(1, np.int64)
    for dtype in (np.float32, np.float64):
        x = np.ones((1, 1), dtype)
        for rectified in (False, True):
            out, last = rnn_forward(x, x, x, x, None, None, None, counts, False, rectified)
            rnn_backward([True] * 6 + [False], [out, last], out, x, x, x, x, None, counts, False, rectified)
