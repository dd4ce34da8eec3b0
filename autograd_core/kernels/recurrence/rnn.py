"""The RNN over whole sequences; see `recurrent.py` for how sequences lie and how threads share them.

    h_t = act(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh + W_skip h_{t-k})

The last term, a connection that skips k steps, is there if k = `skip` is not 0. Then h0 and the last states are the k
states before and after, (k, N, H), oldest first. Going back, the gradients that arrive over the skips wait in `late`
(k, N, H), in the place of the step they are meant for, modulo k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import VECTORS, copy
from ..machine.threads import get_num_threads
from ..machine.workspace import empty
from .gates import rnn_unit, rnn_unit_back
from .recurrent import (
    Layout,
    blocks_of,
    copy_or_zeros,
    cost,
    final,
    flat,
    layout_of,
    lengths_of,
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
def _before(counts, starts, t, j, skip, reverse, N, r0, end):  # type: ignore[no-untyped-def]
    """Of the examples r0 : end at step t, those that started j < skip steps ago, or (j = skip) longer ago: from where
    to where, and in which row of h0 or (j = skip) of the states that of the first one, `skip` steps before, lies."""
    T = len(counts)
    early = t + j if reverse else t - j
    if j == skip:
        low, high = r0, min(end, counts[early]) if 0 <= early < T else 0
        return low, high, starts[early] + r0 if low < high else 0
    if reverse:  # they have a step j later and none after that
        low = counts[early + 1] if early + 1 < T else 0
        high = counts[early] if early < T else 0
    else:  # all start at step 0
        low, high = 0, counts[t] if early == 0 else 0
    low = max(r0, low)
    return low, min(end, high), j * N + low


@kernel()
def _rnn_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, h0, bias, inside, of_input, of_state, of_skipped, F, H, rectified, skip,
):  # fmt: skip
    """out (S, H) becomes the states."""
    T, width, newest = len(counts), VECTORS * lanes, max(skip - 1, 0) * N
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            end = min(r1, counts[t])
            rows, first = end - r0, starts[t] + r0
            if rows > 0:
                at = first * H
                if inside:
                    product(calls, x, first * F, F, rows, of_input, F, H, out, at, H, False, width)
                    product_of_state(
                        calls, out, h0, newest, now, last, r0, end, of_state, H, H, out, at, H, True, width
                    )
                for j in range(skip + 1 if skip else 0):
                    low, high, row = _before(counts, starts, t, j, skip, reverse, N, r0, end)
                    source = out if j == skip else h0
                    to = (starts[t] + low) * H
                    product(calls, source, row * H, H, high - low, of_skipped, H, H, out, to, H, True, width)
                rnn_unit(code, out, at, bias, 0, rows, H, 0, rectified)
            last, now = counts[t], starts[t]


@kernel()
def _rnn_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, code, blocks, N, counts, starts, reverse, lanes,
    x, out, h0, g, has_g, dh, late, db, dx, wanted, inside, of_input, of_state, of_skipped, F, H, rectified, skip,
    held, most, da_stride, z_at, z_stride, padded, size, dw_ih, dw_hh, dw_skip,
):  # fmt: skip
    """dx (S, F) if wanted; db (N, H), that of the bias for each example; dw_ih, dw_hh and dw_skip, the sums of each
    block; dh (N, H) comes with the gradients of the last states and becomes that of h0."""
    T, width, newest = len(counts), VECTORS * lanes, max(skip - 1, 0) * N
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        da0, z0, k, add = block * size, block * size + z_at, 0, False
        z1 = z0 + padded
        z2 = z1 + (H + lanes - 1) // lanes * lanes
        for step in range(T + 1):
            t = step if reverse else T - 1 - step
            end = min(r1, counts[t]) if step < T else r0
            rows = end - r0
            if inside and (step == T or k + rows > most):
                to = block * H
                add_products(calls, held, da0, da_stride, H, z0, z_stride, k, padded, dw_ih, to * padded, add, lanes)
                add_products(calls, held, da0, da_stride, H, z1, z_stride, k, H, dw_hh, to * H, add, lanes)
                if skip:
                    add_products(calls, held, da0, da_stride, H, z2, z_stride, k, H, dw_skip, to * H, add, lanes)
                k, add = 0, True
            if rows > 0:
                earlier = t + 1 if reverse else t - 1
                last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
                first, own, da, z = starts[t] + r0, r0 * H, da0 + k * da_stride, k * z_stride
                middle = max(r0, min(last, end))
                if inside:
                    hold(
                        calls, x, first * F, F, out, (now + r0) * H, middle - r0, h0, (newest + middle) * H, rows, H,
                        held, z0 + z, z_stride, padded, lanes,
                    )  # fmt: skip
                waiting = (t % skip * N + r0) * H if skip else 0
                for j in range(skip + 1 if skip else 0):
                    low, high, row = _before(counts, starts, t, j, skip, reverse, N, r0, end)
                    source = out if j == skip else h0
                    copy(
                        calls,
                        source,
                        row * H,
                        held,
                        z2 + z + (low - r0) * z_stride,
                        H,
                        z_stride,
                        high - low,
                        H,
                        z2 - z1,
                    )
                for i in range(rows * H if skip else 0):
                    dh[own + i] += late[waiting + i]
                rnn_unit_back(
                    code, out, first * H, g, first * H, dh, own, held, da, db, own, rows, H, da_stride, rectified, has_g
                )
                if inside:
                    product(calls, held, da, da_stride, rows, of_state, H, H, dh, own, H, False, width)
                if skip:
                    product(calls, held, da, da_stride, rows, of_skipped, H, H, late, waiting, H, False, width)
                if inside and wanted:
                    product(calls, held, da, da_stride, rows, of_input, H, F, dx, first * F, F, False, width)
                k += rows


def _places(at: Layout, skip: int, reverse: bool) -> tuple[ndarray, ndarray, ndarray]:
    """(skip, N) each: where the last states lie (rows of the states, or -1 - a row of h0), and the places in `late` of
    the last states and of those in h0."""
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
    run(
        _rnn_forward, blocks_of(at.N, work, get_num_threads()), at, work, reverse, dtype,
        *flat(plain(x), out, first, bias), inside, panels_of(w_ih.T) if inside else bias,
        panels_of(w_hh.T) if inside else bias, panels_of(w_skip.T) if skip else bias, F, H, rectified, skip,
    )  # fmt: skip
    if not skip:
        return out, final(out, at, reverse)
    rows = _places(at, skip, reverse)[0]
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
    held = plan(at.N, H, F, H, dtype, work, inside, more)
    total = sums(held, H, H, dtype)
    dw_skip = empty((held.groups, H, more), dtype)
    dh, db = copy_or_zeros(None if skip else g_last, (at.N, H), dtype), np.zeros((at.N, H), dtype)
    late = np.zeros((skip * at.N, H), dtype)
    if skip and g_last is not None:
        late[_places(at, skip, reverse)[1]] = g_last
    dx = empty((at.S, F), dtype) if needs[0] and inside else out
    nothing = dh.reshape(-1)
    run(
        _rnn_backward, held.groups, at, work, reverse, dtype,
        *flat(plain(x), out, or_zeros(h0, (max(skip, 1) * at.N, H), dtype), out if g is None else plain(g)),
        g is not None, *flat(dh, late, db, dx), needs[0], inside,
        panels_of(plain(w_ih)) if needs[0] and inside else nothing, panels_of(plain(w_hh)) if inside else nothing,
        panels_of(plain(w_skip)) if skip else nothing, F, H, rectified, skip,
        total.held, *held[1:], *flat(total.of_input, total.of_state, dw_skip),
    )  # fmt: skip
    db = db.sum(0)
    rest = (db if needs[4] else None, db.copy() if needs[5] else None, dw_skip.sum(0) if needs[6] else None)
    if not inside:
        return *gradients_of_one_step(needs[:4], total.da(H), total.da(H), x, h0, w_ih, w_hh), *rest
    if skip:
        late = late[_places(at, skip, reverse)[2]]
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
