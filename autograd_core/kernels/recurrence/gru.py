"""Gated recurrent units over whole sequences; see `recurrent.py` for how sequences lie and how threads share them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import VECTORS
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from .gates import gru_unit, gru_unit_back
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
)
from .recurrent_weights import add_products, gradients_of_one_step, hold, plan, sums


@kernel()
def _gru_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, gates, new, out, h0, bias, inside, of_input, of_state, of_state_new, kept, F, H,
):  # fmt: skip
    """gates (S, 3 H): r, z, n; new (S, H): W_hn h + b_hn; unless kept, the rows of one step (N) of each."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            end = min(r1, counts[t])
            rows, first = end - r0, starts[t] + r0
            if rows > 0:
                place = first if kept else r0
                at, y = place * 3 * H, place * H
                if inside:
                    product(calls, x, first * F, F, rows, of_input, F, 3 * H, gates, at, 3 * H, False, width)
                    product_of_state(
                        calls, out, h0, 0, now, last, r0, end, of_state, H, 2 * H, gates, at, 3 * H, True, width
                    )
                    product_of_state(calls, out, h0, 0, now, last, r0, end, of_state_new, H, H, new, y, H, False, width)
                middle = max(r0, min(last, end))
                on = middle - r0  # rows go on, the others start
                gru_unit(code, gates, at, new, y, out, (now + r0) * H, out, first * H, bias, 0, on, H, 0)
                gru_unit(
                    code, gates, at + on * 3 * H, new, y + on * H, h0, middle * H, out, (first + on) * H, bias, 0,
                    rows - on, H, 0,
                )  # fmt: skip
            last, now = counts[t], starts[t]


@kernel()
def _gru_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, gates, new, h0, g, has_g, dh, db, dx, wanted, inside, of_input, of_state, of_state_new, F, H,
    held, most, da_stride, z_at, z_stride, padded, size, dw_ih, dw_hh,
):  # fmt: skip
    """dx (S, F), if wanted; db (N, 4 H), of the biases of r, z, n and W_hn h for each example; dw_ih and dw_hh, the sums
    of each block; dh (N, H) comes with the gradients of the last states and becomes that of h0."""
    T, width = len(counts), VECTORS * lanes
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        da0, z0, k, add = block * size, block * size + z_at, 0, False
        for step in range(T + 1):
            t = step if reverse else T - 1 - step
            rows = min(r1, counts[t]) - r0 if step < T else 0
            if inside and (step == T or k + rows > most):  # the state meets r, z and the fourth part
                to, z1 = block * 3 * H, z0 + padded
                add_products(
                    calls, held, da0, da_stride, 3 * H, z0, z_stride, k, padded, dw_ih, to * padded, add, lanes
                )
                add_products(calls, held, da0, da_stride, 2 * H, z1, z_stride, k, H, dw_hh, to * H, add, lanes)
                to += 2 * H
                add_products(calls, held, da0 + 3 * H, da_stride, H, z1, z_stride, k, H, dw_hh, to * H, add, lanes)
                k, add = 0, True
            if rows > 0:
                earlier = t + 1 if reverse else t - 1
                last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
                first, middle, own = starts[t] + r0, max(r0, min(last, r0 + rows)), r0 * H
                on = middle - r0  # rows have a state before, the others start here
                if inside:
                    hold(
                        calls, x, first * F, F, out, (now + r0) * H, on, h0, middle * H, rows, H,
                        held, z0 + k * z_stride, z_stride, padded, lanes,
                    )  # fmt: skip
                at, y, da = first * 3 * H, first * H, da0 + k * da_stride
                gru_unit_back(
                    code, gates, at, new, y, out, (now + r0) * H, g, y, dh, own, held, da, db, r0 * 4 * H,
                    on, H, da_stride, has_g,
                )  # fmt: skip
                at, y = at + on * 3 * H, y + on * H
                gru_unit_back(
                    code, gates, at, new, y, h0, middle * H, g, y, dh, middle * H, held, da + on * da_stride,
                    db, middle * 4 * H, rows - on, H, da_stride, has_g,
                )  # fmt: skip
                if inside:
                    product(calls, held, da, da_stride, rows, of_state, 2 * H, H, dh, own, H, True, width)
                    product(calls, held, da + 3 * H, da_stride, rows, of_state_new, H, H, dh, own, H, True, width)
                if inside and wanted:
                    product(calls, held, da, da_stride, rows, of_input, 3 * H, F, dx, first * F, F, False, width)
                k += rows


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
    work, nothing = at.S * cost(3, F, H, H), out.reshape(-1)
    run(
        _gru_forward, blocks_of(at.N, work, get_num_threads()), at, work, reverse, dtype,
        *flat(plain(x), gates, new, out, or_zeros(h0, (at.N, H), dtype)), bias,
        inside, *([panels_of(w_ih.T), *(panels_of(w.T) for w in (w_hh[: 2 * H], w_hh[2 * H :]))] if inside else [nothing] * 3),
        kept, F, H,
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
    held = plan(at.N, 4 * H, F, H, dtype, work, inside)
    total = sums(held, 3 * H, H, dtype)
    dh, db = copy_or_zeros(g_last, (at.N, H), dtype), np.zeros((at.N, 4 * H), dtype)
    dx, nothing = empty((at.S, F), dtype) if needs[0] and inside else out, out.reshape(-1)
    run(
        _gru_backward, held.groups, at, work, reverse, dtype,
        *flat(plain(x), out, gates, new, or_zeros(h0, (at.N, H), dtype), out if g is None else plain(g)), g is not None,
        *flat(dh, db, dx), needs[0], inside, panels_of(plain(w_ih)) if needs[0] and inside else nothing,
        *([panels_of(w_hh[: 2 * H]), panels_of(w_hh[2 * H :])] if inside else [nothing] * 2), F, H,
        total.held, *held[1:], *flat(total.of_input, total.of_state),
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
