"""Long short-term memory over whole sequences; see `recurrent.py` for how sequences lie and how threads share them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import VECTORS
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from ..products.gemm import matmul
from .gates import lstm_cell, lstm_output, lstm_unit_back
from .recurrent import (
    blocks_of,
    copy_or_zeros,
    cost,
    final,
    flat,
    layout_of,
    or_zeros,
    panels_of,
    product,
    product_of_state,
    products_of_one_step,
    run,
    sum_of_biases,
)
from .recurrent_weights import add_products, gradients_of_one_step, hold, plan, sums


@kernel()
def _lstm_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, gates, out, cells, raw, h0, c0, bias, peepholes, peeping, inside, of_input, of_state, projection, projecting,
    kept, F, H, P,
):  # fmt: skip
    """gates (S, 4 H): i, f, g, o; cells (S, H); raw, the unprojected outputs, is `out` but for projections. Unless they
    are kept, these have the rows of one step (N), and cells comes with those before the first, which is c0 too."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            end = min(r1, counts[t])
            rows, first = end - r0, starts[t] + r0
            if rows > 0:
                place, earlier = (first, now) if kept else (r0, 0)
                at = place * 4 * H
                if inside:
                    product(calls, x, first * F, F, rows, of_input, F, 4 * H, gates, at, 4 * H, False, width)
                    product_of_state(
                        calls, out, h0, 0, now, last, r0, end, of_state, P, 4 * H, gates, at, 4 * H, True, width
                    )
                middle = max(r0, min(last, end))
                on = middle - r0  # rows go on, the others start
                lstm_cell(
                    code, gates, at, cells, (earlier + r0) * H, cells, place * H, bias, 0, peepholes, 0,
                    on, H, 0, peeping,
                )  # fmt: skip
                lstm_cell(
                    code, gates, at + on * 4 * H, c0, middle * H, cells, (place + on) * H, bias, 0, peepholes, 0,
                    rows - on, H, 0, peeping,
                )  # fmt: skip
                lstm_output(code, gates, at, cells, place * H, raw, (place if projecting else first) * H, rows, H, 0)
                if projecting:
                    product(calls, raw, place * H, H, rows, projection, H, P, out, first * P, P, False, width)
            last, now = counts[t], starts[t]


@kernel()
def _lstm_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, gates, cells, h0, c0, peepholes, peeping, g, has_g, dh, dc, db, dp, dhs, dx, wanted,
    inside, of_input, of_state, projection, projecting, F, H, P,
    held, most, da_stride, z_at, z_stride, padded, size, dw_ih, dw_hh,
):  # fmt: skip
    """dx (S, F), if wanted; db (N, 4 H) and dp (N, 3 H), of biases and peepholes for each example; dhs (S, P), if
    projecting, of the outputs; dw_ih and dw_hh, the sums of each block. dh (N, P) and dc (N, H) come with the gradients
    of the last states and become those of h0 and c0."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        da0, z0, k, add = block * size, block * size + z_at, 0, False
        raw = np.empty((r1 - r0) * H if projecting else 0, gates.dtype)
        for step in range(T + 1):
            t = step if reverse else T - 1 - step
            rows = min(r1, counts[t]) - r0 if step < T else 0
            if inside and (step == T or k + rows > most):
                to = block * 4 * H
                add_products(
                    calls, held, da0, da_stride, 4 * H, z0, z_stride, k, padded, dw_ih, to * padded, add, lanes
                )
                add_products(calls, held, da0, da_stride, 4 * H, z0 + padded, z_stride, k, P, dw_hh, to * P, add, lanes)
                k, add = 0, True
            if rows > 0:
                earlier = t + 1 if reverse else t - 1
                last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
                first, middle = starts[t] + r0, max(r0, min(last, r0 + rows))
                on = middle - r0  # rows have a state before, the others start here
                if inside:
                    hold(
                        calls, x, first * F, F, out, (now + r0) * P, on, h0, middle * P, rows, P,
                        held, z0 + k * z_stride, z_stride, padded, lanes,
                    )  # fmt: skip
                if projecting:
                    for j in range(rows * P):
                        dhs[first * P + j] = dh[r0 * P + j] + (g[first * P + j] if has_g else 0)
                    product(calls, dhs, first * P, P, rows, projection, P, H, raw, 0, H, False, width)
                dy, dy_at = (raw, 0) if projecting else (dh, r0 * H)
                at, c, da = first * 4 * H, first * H, da0 + k * da_stride
                lstm_unit_back(
                    code, gates, at, cells, (now + r0) * H, cells, c, g, c, dy, dy_at, dc, r0 * H, held, da,
                    db, r0 * 4 * H, peepholes, 0, dp, r0 * 3 * H, on, H, da_stride, peeping, has_g and not projecting,
                )  # fmt: skip
                at, c = at + on * 4 * H, c + on * H
                lstm_unit_back(
                    code, gates, at, c0, middle * H, cells, c, g, c, dy, dy_at + on * H, dc, middle * H,
                    held, da + on * da_stride, db, middle * 4 * H, peepholes, 0, dp, middle * 3 * H,
                    rows - on, H, da_stride, peeping, has_g and not projecting,
                )  # fmt: skip
                if inside:
                    product(calls, held, da, da_stride, rows, of_state, 4 * H, P, dh, r0 * P, P, False, width)
                if inside and wanted:
                    product(calls, held, da, da_stride, rows, of_input, 4 * H, F, dx, first * F, F, False, width)
                k += rows


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
    work, nothing = at.S * cost(4, F, H, P), out.reshape(-1)
    run(
        _lstm_forward, blocks_of(at.N, work, get_num_threads()), at, work, reverse, dtype,
        *flat(plain(x), gates, out, cells, raw, or_zeros(h0, (at.N, P), dtype), first_cells),
        sum_of_biases(b_ih, b_hh, 4 * H, dtype), nothing if w_peep is None else plain(w_peep).reshape(-1),
        w_peep is not None, inside, panels_of(w_ih.T) if inside else nothing, panels_of(w_hh.T) if inside else nothing,
        panels_of(w_hr.T) if projecting else nothing, projecting, kept, F, H, P,
    )  # fmt: skip
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
    held = plan(at.N, 4 * H, F, P, dtype, work, inside)
    total = sums(held, 4 * H, P, dtype)
    dh, dc = copy_or_zeros(g_last, (at.N, P), dtype), copy_or_zeros(g_cells, (at.N, H), dtype)
    db, dp = np.zeros((at.N, 4 * H), dtype), np.zeros((0 if w_peep is None else at.N, 3 * H), dtype)
    dhs, dx = empty((at.S, P), dtype) if projecting else out, empty((at.S, F), dtype) if needs[0] and inside else out
    nothing = out.reshape(-1)
    run(
        _lstm_backward, held.groups, at, work, reverse, dtype, *flat(plain(x), out, gates, cells),
        *flat(or_zeros(h0, (at.N, P), dtype), or_zeros(c0, (at.N, H), dtype)),
        nothing if w_peep is None else plain(w_peep).reshape(-1), w_peep is not None,
        nothing if g is None else plain(g).reshape(-1), g is not None, *flat(dh, dc, db, dp, dhs, dx), needs[0],
        inside, panels_of(plain(w_ih)) if needs[0] and inside else nothing,
        panels_of(plain(w_hh)) if inside else nothing, panels_of(plain(w_hr)) if projecting else nothing, projecting,
        F, H, P, total.held, *held[1:], *flat(total.of_input, total.of_state),
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
