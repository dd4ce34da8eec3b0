"""Long short-term memory over whole sequences; `recurrent.py` has the layouts, the parallel split and the loops over time.

    i, f, g, o = W_ih x_t + W_hh h_{t-1} + b        with peepholes, i and f + p c_{t-1}, o + p c_t
    c_t = σ(f) c_{t-1} + σ(i) tanh(g),   y_t = σ(o) tanh(c_t),   h_t = W_hr y_t with projections, else y_t

`gates.py` has the formulas of the gates and their gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from ..products.gemm import matmul
from .gates import lstm_cell, lstm_output, lstm_unit_back
from .recurrent import (
    BUFFER_SIZE,
    DA_STRIDE,
    FEATURES,
    HAS_G,
    INPUT_WANTED,
    INSIDE,
    KEPT,
    OUTPUTS,
    PADDED,
    PEEPING,
    PROJECTING,
    UNITS,
    Z_AT,
    Z_STRIDE,
    Product,
    backward_loop,
    blocks_of,
    copy_or_zeros,
    cost,
    final,
    forward_loop,
    layout_of,
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


@kernel(inline=True)
def _step_forward(  # type: ignore[no-untyped-def]
    calls,
    code,
    plan,
    counts,
    starts,
    step,
    x,
    gates,
    out,
    cells,
    raw,
    h0,
    c0,
    bias,
    peepholes,
    of_input,
    of_state,
    projection,
):
    """out[step] = h_t, and what the backward pass needs. Flat arrays:

    x                       (S, F)
    gates                   (S, 4 H): i, f, g, o; unless INSIDE, it comes with W_ih x + W_hh (the state before)
    out                     (S, P)
    cells                   (S, H)
    raw                     (S, H), the unprojected outputs; `out` but for projections
    h0, c0                  (N, P), (N, H)
    bias                    (4 H,)
    peepholes               (3, H), if PEEPING
    of_input, of_state      `panels_of` W_ihᵀ and W_hhᵀ, if INSIDE
    projection              `panels_of` W_hrᵀ, if PROJECTING

    Unless KEPT, gates, cells and raw have the rows of one step (N), and cells comes with those before the first, which is
    c0 too.
    """
    F, H, P, peeping, projecting = plan[FEATURES], plan[UNITS], plan[OUTPUTS], plan[PEEPING] != 0, plan[PROJECTING] != 0
    row, before = (step.first, step.before) if plan[KEPT] else (step.r0, step.r0)  # of gates, cells and raw
    at, on, start = row * 4 * H, step.on, step.r0 + step.on
    if plan[INSIDE]:
        product(calls, x, step.first * F, of_input, gates, at, Product(step.rows, F, 4 * H, F, 4 * H, False))
        product_of_state(calls, step, out, h0, 0, of_state, gates, at, 4 * H, P, 4 * H, True)
    lstm_cell(code, gates, at, cells, before * H, cells, row * H, bias, 0, peepholes, 0, on, H, 0, peeping)
    lstm_cell(
        code, gates, at + on * 4 * H, c0, start * H, cells, (row + on) * H, bias, 0, peepholes, 0, step.rows - on, H, 0,
        peeping,
    )  # fmt: skip
    lstm_output(code, gates, at, cells, row * H, raw, (row if projecting else step.first) * H, step.rows, H, 0)
    if projecting:
        product(calls, raw, row * H, projection, out, step.first * P, Product(step.rows, H, P, H, P, False))


@kernel(inline=True)
def _step_backward(  # type: ignore[no-untyped-def]
    calls, code, plan, counts, starts, step, block, k, x, out, gates, cells, h0, c0, peepholes, g, dh, dc, db, dp, dhs, draw,
    dx, of_input, of_state, projection, buffer, dw_ih, dw_hh,
):  # fmt: skip
    """da of a step, and from it dx, db, dp, and the gradients of the state and the cell before. Flat arrays:

    x, out, gates, cells    (S, F), (S, P), (S, 4 H), (S, H): those of the forward pass
    h0, c0, peepholes       (N, P), (N, H), (3, H)
    g                       (S, P), the gradient of the outputs, if HAS_G
    dh, dc                  (N, P), (N, H): come with the gradients of the last states and become those of h0 and c0
    db, dp                  (N, 4 H), (N, 3 H): those of biases and peepholes for each example
    dhs, draw               (S, P), of all outputs, and (N, H), of the unprojected ones of a step, if PROJECTING
    dx                      (S, F), if INPUT_WANTED
    of_input, of_state      `panels_of` W_ih and W_hh, if INSIDE
    projection              `panels_of` W_hr, if PROJECTING
    buffer                  the buffers of the blocks, see `recurrent_weights.py`
    dw_ih, dw_hh            (blocks, 4 H, padded F), (blocks, 4 H, P)
    """
    F, H, P, peeping, projecting = plan[FEATURES], plan[UNITS], plan[OUTPUTS], plan[PEEPING] != 0, plan[PROJECTING] != 0
    has_g, da_stride, on, start = plan[HAS_G] != 0, plan[DA_STRIDE], step.on, step.r0 + step.on
    da = block * plan[BUFFER_SIZE] + k * da_stride
    if plan[INSIDE]:
        z = block * plan[BUFFER_SIZE] + plan[Z_AT] + k * plan[Z_STRIDE]
        store_inputs(calls, plan, step, x, out, h0, 0, buffer, z, F, P)
    if projecting:
        for j in range(step.rows * P):
            dhs[step.first * P + j] = dh[step.r0 * P + j] + (g[step.first * P + j] if has_g else 0)
        product(calls, dhs, step.first * P, projection, draw, step.r0 * H, Product(step.rows, P, H, P, H, False))
    dy = draw if projecting else dh
    at, c, has_g = step.first * 4 * H, step.first * H, has_g and not projecting
    lstm_unit_back(
        code, gates, at, cells, step.before * H, cells, c, g, c, dy, step.r0 * H, dc, step.r0 * H, buffer, da, db,
        step.r0 * 4 * H, peepholes, 0, dp, step.r0 * 3 * H, on, H, da_stride, peeping, has_g,
    )  # fmt: skip
    at, c = at + on * 4 * H, c + on * H
    lstm_unit_back(
        code, gates, at, c0, start * H, cells, c, g, c, dy, start * H, dc, start * H, buffer, da + on * da_stride, db,
        start * 4 * H, peepholes, 0, dp, start * 3 * H, step.rows - on, H, da_stride, peeping, has_g,
    )  # fmt: skip
    if plan[INSIDE]:
        product(calls, buffer, da, of_state, dh, step.r0 * P, Product(step.rows, 4 * H, P, da_stride, P, False))
    if plan[INSIDE] and plan[INPUT_WANTED]:
        product(calls, buffer, da, of_input, dx, step.first * F, Product(step.rows, 4 * H, F, da_stride, F, False))


@kernel(inline=True)
def _add_buffered(  # type: ignore[no-untyped-def]
    calls, plan, block, k, add, x, out, gates, cells, h0, c0, peepholes, g, dh, dc, db, dp, dhs, draw, dx, of_input, of_state,
    projection, buffer, dw_ih, dw_hh,
):  # fmt: skip
    """dW = or += daᵀ z, of the k rows in the buffer of a block. The arrays are those of `_step_backward`."""
    H, P, padded, da = plan[UNITS], plan[OUTPUTS], plan[PADDED], block * plan[BUFFER_SIZE]
    z, to = da + plan[Z_AT], block * 4 * H
    add_products(calls, plan, buffer, da, z, k, 4 * H, padded, dw_ih, to * padded, add)
    add_products(calls, plan, buffer, da, z + padded, k, 4 * H, P, dw_hh, to * P, add)


_lstm_forward = with_cell(forward_loop, "_lstm_forward", __name__, step_forward=_step_forward)
_lstm_backward = with_cell(
    backward_loop, "_lstm_backward", __name__, step_backward=_step_backward, add_buffered=_add_buffered
)


def lstm_forward(
    x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, w_peep: Any,
    counts: ndarray, reverse: bool, *, kept: bool = True,
) -> tuple:  # fmt: skip
    """(outputs (S, P), last outputs (N, P), last cells (N, H)), (gates (S, 4 H), cells (S, H), unprojected (S, H)); the
    second triple is for `lstm_backward`, and useless unless `kept`."""
    at, dtype, F = layout_of(counts), x.dtype, x.shape[1]
    H, P, projecting = w_hh.shape[0] // 4, w_hh.shape[1], w_hr is not None
    rows, inside = at.S if kept else at.N, at.T > 1 or projecting
    out = empty((at.S, P), dtype)
    if inside:
        gates = empty((rows, 4 * H), dtype)
    else:
        gates, of_state = products_of_one_step(x, h0, w_ih, w_hh)
        gates = gates if of_state is None else gates + of_state
    raw = empty((rows, H), dtype) if projecting else out
    first_cells = or_zeros(c0, (at.N, H), dtype) if kept else copy_or_zeros(c0, (at.N, H), dtype)
    cells = empty((rows, H), dtype) if kept else first_cells
    work = at.S * cost(4, F, H, P)
    plan = plan_of(
        examples=at.N, blocks=blocks_of(at.N, work, get_num_threads()), reverse=reverse, inside=inside, features=F, units=H,
        outputs=P, peeping=w_peep is not None, projecting=projecting, kept=kept,
    )  # fmt: skip
    panels = [
        panels_of(w_ih.T) if inside else out,
        panels_of(w_hh.T) if inside else out,
        panels_of(w_hr.T) if projecting else out,
    ]
    states = [or_zeros(h0, (at.N, P), dtype), first_cells]
    weights = [sum_of_biases(b_ih, b_hh, 4 * H, dtype), out if w_peep is None else plain(w_peep)]
    run(_lstm_forward, at, work, plan, dtype, [plain(x), gates, out, cells, raw, *states, *weights, *panels])
    last_cells = final(cells, at, reverse) if kept else cells
    return (out, final(out, at, reverse), last_cells), (gates, cells, raw)


def lstm_outputs(*args: Any) -> tuple:
    """What `lstm_forward` returns first, without the memory for the rest."""
    return lstm_forward(*args, kept=False)[0]


def lstm_backward(
    needs: list, gs: list, out: ndarray, aux: tuple, x: Any, h0: Any, c0: Any,
    w_ih: Any, w_hh: Any, w_hr: Any, w_peep: Any, counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    at, dtype, (gates, cells, raw), (g, g_last, g_cells) = layout_of(counts), out.dtype, aux, gs
    H, P, F, projecting = w_hh.shape[0] // 4, w_hh.shape[1], x.shape[1], w_hr is not None
    work, inside = at.S * cost(4, 2 * F, H, 2 * P), at.T > 1 or projecting
    buffer = buffer_plan(at.N, 4 * H, F, P, dtype, work, inside)
    total = sums(buffer, 4 * H, P, dtype)
    dh, dc = copy_or_zeros(g_last, (at.N, P), dtype), copy_or_zeros(g_cells, (at.N, H), dtype)
    db, dp = np.zeros((at.N, 4 * H), dtype), np.zeros((0 if w_peep is None else at.N, 3 * H), dtype)
    dhs, draw = (empty((at.S, P), dtype), empty((at.N, H), dtype)) if projecting else (out, out)
    dx = empty((at.S, F), dtype) if needs[0] and inside else out
    plan = plan_of(
        examples=at.N, reverse=reverse, inside=inside, features=F, units=H, outputs=P, peeping=w_peep is not None,
        projecting=projecting, has_g=g is not None, input_wanted=bool(needs[0]), **buffer._asdict(),
    )  # fmt: skip
    panels = [
        panels_of(plain(w_ih)) if needs[0] and inside else out,
        panels_of(plain(w_hh)) if inside else out,
        panels_of(plain(w_hr)) if projecting else out,
    ]
    states = [or_zeros(h0, (at.N, P), dtype), or_zeros(c0, (at.N, H), dtype), out if w_peep is None else plain(w_peep)]
    gradients = [out if g is None else plain(g), dh, dc, db, dp, dhs, draw, dx]
    weights = [total.buffer, total.of_input, total.of_state]
    run(
        _lstm_backward, at, work, plan, dtype, [plain(x), out, gates, cells, *states, *gradients, *panels, *weights]
    )  # fmt: skip
    db = db.sum(0)
    rest = (
        db if needs[5] else None,
        db.copy() if needs[6] else None,
        matmul(dhs.T, raw) if needs[7] else None,
        dp.sum(0).reshape(3, H) if needs[8] else None,
    )
    if not inside:
        da, wanted = total.da(4 * H), (needs[0], needs[1], needs[3], needs[4])
        dx, dh, *weights = gradients_of_one_step(wanted, da, da, x, h0, w_ih, w_hh)
        return dx, dh, dc, *weights, *rest
    dw_ih, dw_hh = total.input_weight(F) if needs[3] else None, total.state_weight() if needs[4] else None
    return dx if needs[0] else None, dh, dc, dw_ih, dw_hh, *rest


@warms_up
def _lstm() -> None:
    counts = np.ones(1, np.int64)
    for dtype in (np.float32, np.float64):
        x, w, peep = (np.ones((k, 1), dtype) for k in (1, 4, 3))
        (out, last, cells), kept = lstm_forward(x, x, x, w, w, None, None, x, peep, counts, False)
        lstm_backward([True] * 9, [out, last, cells], out, kept, x, x, x, w, w, x, peep, counts, False)
