"""Gated recurrent units over whole sequences; `recurrent.py` has the layouts, the parallel split and the loops over time.

    r, z = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)                       the rows of r and z
    n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn)),   h_t = (1 - z) n + z h_{t-1}

`gates.py` has the formulas of the gates and their gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from .gates import gru_unit, gru_unit_back
from .recurrent import (
    BUFFER_SIZE,
    DA_STRIDE,
    FEATURES,
    HAS_G,
    INPUT_WANTED,
    INSIDE,
    KEPT,
    PADDED,
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
    with_cell,
)
from .recurrent_weights import add_products, buffer_plan, gradients_of_one_step, store_inputs, sums


@kernel(inline=True)
def _step_forward(  # type: ignore[no-untyped-def]
    calls, code, plan, counts, starts, step, x, gates, new, out, h0, bias, of_input, of_state, of_state_new
):
    """out[step] = h_t, and what the backward pass needs. Flat arrays:

    x                         (S, F)
    gates                     (S, 3 H): r, z, n; unless INSIDE, it comes with W_ih x + W_hh (the state before), n without
    new                       (S, H): W_hn h + b_hn; unless INSIDE, it comes with W_hn h
    out                       (S, H)
    h0                        (N, H)
    bias                      (4 H,): of r, z, n, and W_hn h
    of_input                  `panels_of` W_ihᵀ, if INSIDE
    of_state, of_state_new    `panels_of` W_hhᵀ, the columns of r and z, and those of n, if INSIDE

    Unless KEPT, gates and new have the rows of one step (N).
    """
    F, H, on, start = plan[FEATURES], plan[UNITS], step.on, step.r0 + step.on
    row = step.first if plan[KEPT] else step.r0  # of gates and new
    at, y = row * 3 * H, row * H
    if plan[INSIDE]:
        product(calls, x, step.first * F, of_input, gates, at, Product(step.rows, F, 3 * H, F, 3 * H, False))
        product_of_state(calls, step, out, h0, 0, of_state, gates, at, 2 * H, H, 3 * H, True)
        product_of_state(calls, step, out, h0, 0, of_state_new, new, y, H, H, H, False)
    gru_unit(code, gates, at, new, y, out, step.before * H, out, step.first * H, bias, 0, on, H, 0)
    gru_unit(
        code, gates, at + on * 3 * H, new, y + on * H, h0, start * H, out, (step.first + on) * H, bias, 0, step.rows - on,
        H, 0,
    )  # fmt: skip


@kernel(inline=True)
def _step_backward(  # type: ignore[no-untyped-def]
    calls, code, plan, counts, starts, step, block, k, x, out, gates, new, h0, g, dh, db, dx, of_input, of_state, of_state_new,
    buffer, dw_ih, dw_hh,
):  # fmt: skip
    """da of a step, and from it dx, db, and the gradient of the state before. Flat arrays:

    x, out, gates, new        (S, F), (S, H), (S, 3 H), (S, H): those of the forward pass
    h0                        (N, H)
    g                         (S, H), the gradient of the outputs, if HAS_G
    dh                        (N, H): comes with the gradients of the last states and becomes that of h0
    db                        (N, 4 H): those of the biases of r, z, n and W_hn h for each example
    dx                        (S, F), if INPUT_WANTED
    of_input                  `panels_of` W_ih, if INSIDE
    of_state, of_state_new    `panels_of` W_hh, the rows of r and z, and those of n, if INSIDE
    buffer                    the buffers of the blocks, see `recurrent_weights.py`: da (…, 4 H) of r, z, n and W_hn h
    dw_ih, dw_hh              (blocks, 3 H, padded F), (blocks, 3 H, H)
    """
    F, H, has_g, da_stride = plan[FEATURES], plan[UNITS], plan[HAS_G] != 0, plan[DA_STRIDE]
    on, start, own, da = step.on, step.r0 + step.on, step.r0 * H, block * plan[BUFFER_SIZE] + k * da_stride
    if plan[INSIDE]:
        z = block * plan[BUFFER_SIZE] + plan[Z_AT] + k * plan[Z_STRIDE]
        store_inputs(calls, plan, step, x, out, h0, 0, buffer, z, F, H)
    at, y = step.first * 3 * H, step.first * H
    gru_unit_back(
        code, gates, at, new, y, out, step.before * H, g, y, dh, own, buffer, da, db, step.r0 * 4 * H, on, H, da_stride,
        has_g,
    )  # fmt: skip
    at, y = at + on * 3 * H, y + on * H
    gru_unit_back(
        code, gates, at, new, y, h0, start * H, g, y, dh, start * H, buffer, da + on * da_stride, db, start * 4 * H,
        step.rows - on, H, da_stride, has_g,
    )  # fmt: skip
    if plan[INSIDE]:
        product(calls, buffer, da, of_state, dh, own, Product(step.rows, 2 * H, H, da_stride, H, True))
        product(calls, buffer, da + 3 * H, of_state_new, dh, own, Product(step.rows, H, H, da_stride, H, True))
    if plan[INSIDE] and plan[INPUT_WANTED]:
        product(calls, buffer, da, of_input, dx, step.first * F, Product(step.rows, 3 * H, F, da_stride, F, False))


@kernel(inline=True)
def _add_buffered(  # type: ignore[no-untyped-def]
    calls,
    plan,
    block,
    k,
    add,
    x,
    out,
    gates,
    new,
    h0,
    g,
    dh,
    db,
    dx,
    of_input,
    of_state,
    of_state_new,
    buffer,
    dw_ih,
    dw_hh,
):
    """dW = or += daᵀ z, of the k rows in the buffer of a block; for dW_hh, da is that of r, z and W_hn h. The arrays are those
    of `_step_backward`."""
    H, padded, da = plan[UNITS], plan[PADDED], block * plan[BUFFER_SIZE]
    z, to = da + plan[Z_AT], block * 3 * H
    add_products(calls, plan, buffer, da, z, k, 3 * H, padded, dw_ih, to * padded, add)
    add_products(calls, plan, buffer, da, z + padded, k, 2 * H, H, dw_hh, to * H, add)
    add_products(calls, plan, buffer, da + 3 * H, z + padded, k, H, H, dw_hh, (to + 2 * H) * H, add)


_gru_forward = with_cell(forward_loop, "_gru_forward", __name__, step_forward=_step_forward)
_gru_backward = with_cell(
    backward_loop, "_gru_backward", __name__, step_backward=_step_backward, add_buffered=_add_buffered
)


def gru_forward(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool, *, kept: bool = True
) -> tuple:
    """(states (S, H), last states (N, H)), (gates (S, 3 H), W_hn h + b_hn (S, H)); the second pair is for
    `gru_backward`, and useless unless `kept`."""
    at, dtype, F, H = layout_of(counts), x.dtype, x.shape[1], w_hh.shape[1]
    rows, inside = at.S if kept else at.N, at.T > 1
    out = empty((at.S, H), dtype)
    if inside:
        gates, new = empty((rows, 3 * H), dtype), empty((rows, H), dtype)
    else:
        gates, of_state = products_of_one_step(x, h0, w_ih, w_hh)
        new = np.zeros((rows, H), dtype)
        if of_state is not None:
            gates[:, : 2 * H] += of_state[:, : 2 * H]
            new[...] = of_state[:, 2 * H :]
    bias = np.zeros(4 * H, dtype)  # of r, z, n, and of W_hn h
    if b_ih is not None:
        bias[: 3 * H] = b_ih
    if b_hh is not None:
        bias[: 2 * H] += b_hh[: 2 * H]
        bias[3 * H :] = b_hh[2 * H :]
    work = at.S * cost(3, F, H, H)
    plan = plan_of(
        examples=at.N, blocks=blocks_of(at.N, work, get_num_threads()), reverse=reverse, inside=inside, features=F, units=H,
        kept=kept,
    )  # fmt: skip
    panels = [panels_of(w.T) for w in (w_ih, w_hh[: 2 * H], w_hh[2 * H :])] if inside else [out] * 3
    run(
        _gru_forward, at, work, plan, dtype,
        [plain(x), gates, new, out, or_zeros(h0, (at.N, H), dtype), bias, *panels],
    )  # fmt: skip
    return (out, final(out, at, reverse)), (gates, new)


def gru_outputs(*args: Any) -> tuple:
    """What `gru_forward` returns first, without the memory for the rest."""
    return gru_forward(*args, kept=False)[0]


def gru_backward(
    needs: list, gs: list, out: ndarray, aux: tuple, x: Any, h0: Any, w_ih: Any, w_hh: Any,
    counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    at, dtype, (gates, new), (g, g_last) = layout_of(counts), out.dtype, aux, gs
    F, H = x.shape[1], w_hh.shape[1]
    work, inside = at.S * cost(3, 2 * F, 2 * H, H), at.T > 1
    buffer = buffer_plan(at.N, 4 * H, F, H, dtype, work, inside)
    total = sums(buffer, 3 * H, H, dtype)
    dh, db = copy_or_zeros(g_last, (at.N, H), dtype), np.zeros((at.N, 4 * H), dtype)
    dx = empty((at.S, F), dtype) if needs[0] and inside else out
    plan = plan_of(
        examples=at.N, reverse=reverse, inside=inside, features=F, units=H, has_g=g is not None,
        input_wanted=bool(needs[0]), **buffer._asdict(),
    )  # fmt: skip
    panels = [
        panels_of(plain(w_ih)) if needs[0] and inside else out,
        *([panels_of(w_hh[: 2 * H]), panels_of(w_hh[2 * H :])] if inside else [out] * 2),
    ]
    states = [plain(x), out, gates, new, or_zeros(h0, (at.N, H), dtype)]
    gradients = [out if g is None else plain(g), dh, db, dx]
    run(
        _gru_backward, at, work, plan, dtype,
        [*states, *gradients, *panels, total.buffer, total.of_input, total.of_state],
    )  # fmt: skip
    db = db.sum(0)
    biases = (
        db[: 3 * H].copy() if needs[4] else None,
        np.concatenate([db[: 2 * H], db[3 * H :]]) if needs[5] else None,
    )
    if not inside:
        da = total.da(4 * H)
        of_state = np.concatenate([da[:, : 2 * H], da[:, 3 * H :]], 1)
        dx, more, *weights = gradients_of_one_step(needs[:4], plain(da[:, : 3 * H]), of_state, x, h0, w_ih, w_hh)
        return dx, dh if more is None else dh + more, *weights, *biases
    dw_ih, dw_hh = total.input_weight(F) if needs[2] else None, total.state_weight() if needs[3] else None
    return dx if needs[0] else None, dh, dw_ih, dw_hh, *biases


@warms_up
def _gru() -> None:
    counts = np.ones(1, np.int64)
    for dtype in (np.float32, np.float64):
        x, w = np.ones((1, 1), dtype), np.ones((3, 1), dtype)
        (out, last), aux = gru_forward(x, x, w, w, None, None, counts, False)
        gru_backward([True] * 6, [out, last], out, aux, x, x, w, w, counts, False)
