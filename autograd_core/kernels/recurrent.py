"""Recurrent layers over whole sequences: RNN, LSTM and GRU, one direction of one layer a call.

What does not depend on the state before is computed for all time steps at once: the products of the input come before
the loop over time, the gradients of weights and input after it. Inside the loop are the product of the state before
with the recurrent weight, on register tiles, and the gates. Examples do not depend on each other, so each thread runs
through all of the time with its own rows of the batch.

Sizes: N examples, T time steps, I inputs, H units, P outputs (P = H but for projections), G pre-activations for each
unit. Sequences lie step after step, `counts[t]` rows for step t, S rows in all; counts never increase, so that step t
has the first counts[t] examples (the layout of PyTorch's PackedSequence; without padding all counts are N). x (S, I),
outputs (S, P). Backwards in time (`reverse`), an example starts at its own last step.

The state before, at the step processed first or for an example that only starts, is the row of h0 or c0.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from .exponential import sigmoid_run, tanh, tanh_run, uint
from .gemm import matmul, pack, sweep
from .runtime import get_num_threads, kernel, parallel_for, plain, warms_up
from .simd import VECTORS, calls, lanes

# ------------------------------------------------------------------------------------------------------------- products


@kernel()
def product(calls, a, a_at, rows, panels, k, n, c, c_at, stride, add, width):  # type: ignore[no-untyped-def]
    """c (rows, n; rows `stride` apart) = or += a (rows, k) @ b (k, n), of which the panels are `panels_of(b)`."""
    for first in range(0, n, width):
        sweep(
            calls, a, a_at, k, True, panels, first * k, width, c, c_at + first, stride, False, rows, min(width, n - first),
            k, add, c, 0, width,
        )  # fmt: skip


@kernel()
def product_of_state(  # type: ignore[no-untyped-def]
    calls, out, h0, now, last, r0, r1, panels, k, n, c, c_at, stride, add, width
):
    """`product` of the states before (of rows r0 : r1): rows below `last` lie in `out` from row `now`, others in h0."""
    middle = max(r0, min(last, r1))
    product(calls, out, (now + r0) * k, middle - r0, panels, k, n, c, c_at, stride, add, width)
    product(
        calls, h0, middle * k, r1 - middle, panels, k, n, c, c_at + (middle - r0) * stride, stride, add, width
    )


def panels_of(b: ndarray) -> ndarray:
    """b (k, n) as the tile reads it: blocks of columns as wide as a tile, one after the other."""
    k, n = b.shape
    width = VECTORS * lanes(b.dtype)
    panels = np.empty(-(-n // width) * width * k, b.dtype)
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
    lengths = np.searchsorted(-at.counts, -np.arange(at.N), side="left")  # the steps with more than n examples
    return states[at.starts[lengths - 1] + np.arange(at.N)]


def before(states: ndarray, first: ndarray, at: Layout, reverse: bool) -> ndarray:
    """(S, …): for each row, the state that it started from."""
    rows = np.arange(at.S) - np.repeat(at.starts, at.counts)
    steps = np.repeat(np.arange(at.T), at.counts)
    steps = steps + 1 if reverse else steps - 1
    there = (steps >= 0) & (steps < at.T)
    inside = np.where(there, steps, 0)
    there &= rows < at.counts[inside]
    out = states[np.where(there, at.starts[inside] + rows, 0)]
    out[~there] = first[rows[~there]]
    return out


def state_product(g: ndarray, states: ndarray, first: Any, at: Layout, reverse: bool) -> ndarray:
    """Σ over all steps of gᵀ (the state before), (S, K)ᵀ @ (S, P) -> (K, P), without writing down the states before."""
    N, S = at.N, at.S
    if not at.even:
        h0 = np.zeros((N, states.shape[1]), states.dtype) if first is None else first
        return matmul(g.T, before(states, h0, at, reverse))
    here, there, start = (slice(0, S - N), slice(N, S), slice(S - N, S)) if reverse else (
        slice(N, S), slice(0, S - N), slice(0, N))  # fmt: skip
    out = matmul(g[here].T, states[there])
    return out if first is None else out + matmul(g[start].T, first)


@functools.lru_cache(64)
def blocks_of(N: int, work: float, threads: int) -> int:
    """Into how many parts the batch is cut: one for each thread if that pays."""
    return max(1, min(threads, N // 2)) if work > 60_000 else 1


def _run(loop: Any, at: Layout, per_row: float, reverse: bool, dtype: Any, *args: Any) -> None:
    """Run a loop over time, parts of the batch on threads. per_row: its cost in nanoseconds."""
    blocks = blocks_of(at.N, at.S * per_row, get_num_threads())
    width = VECTORS * lanes(dtype)
    parallel_for(loop, blocks, at.S * per_row, calls(dtype), blocks, at.N, at.counts, at.starts, reverse, width, *args)


def cost(H: int, P: int, G: int) -> float:
    """Of one row of one step: a multiply-add takes about 1/32 ns, a gate some."""
    return G * H * (P / 32 + 2)


def _or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else plain(x)


def _copy_or_zeros(x: Any, shape: tuple, dtype: Any) -> ndarray:
    return np.zeros(shape, dtype) if x is None else np.array(x, dtype, order="C")


def _both(a: Any, b: Any) -> Any:
    return a if b is None else b if a is None else a + b


def _flat(*arrays: ndarray) -> list[ndarray]:
    return [a.reshape(-1) for a in arrays]


# ------------------------------------------------------------------------------------------------------------------ RNN


@kernel()
def _rnn_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width, out, h0, panels, H, rectified
):
    """out holds the products of the input and becomes the states."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            rows = min(r1, counts[t]) - r0
            if rows > 0:
                at = (starts[t] + r0) * H
                product_of_state(calls, out, h0, now, last, r0, r0 + rows, panels, H, H, out, at, H, True, width)
                if rectified:
                    for i in range(rows * H):
                        y = out[uint(at + i)]
                        out[uint(at + i)] = 0 if y < 0 else y
                else:
                    tanh_run(out, at, rows * H)
            last, now = counts[t], starts[t]


@kernel()
def _rnn_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width, out, panels, g, has_g, dh, da, H, rectified
):
    """da (S, H), the gradients of the pre-activations; dh (N, H) comes with those of the last states, becomes h0's."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        for step in range(T):
            t = step if reverse else T - 1 - step
            rows = min(r1, counts[t]) - r0
            if rows > 0:
                at, d = (starts[t] + r0) * H, r0 * H
                if has_g:
                    for i in range(rows * H):
                        dh[uint(d + i)] += g[uint(at + i)]
                if rectified:
                    for i in range(rows * H):
                        da[uint(at + i)] = 0 if out[uint(at + i)] <= 0 else dh[uint(d + i)]
                else:
                    for i in range(rows * H):
                        y = out[uint(at + i)]
                        da[uint(at + i)] = dh[uint(d + i)] * (1 - y * y)
                product(calls, da, at, rows, panels, H, H, dh, r0 * H, H, False, width)


def rnn_forward(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool, rectified: bool
) -> tuple:
    """States (S, H) and the last ones (N, H) of h = act(W_ih x + b_ih + W_hh h + b_hh)."""
    at, H = layout_of(counts), w_hh.shape[0]
    out = plain(matmul(x, w_ih.T, _both(b_ih, b_hh)))
    first = _or_zeros(h0, (at.N, H), x.dtype)
    _run(_rnn_forward, at, cost(H, H, 1), reverse, x.dtype, *_flat(out, first), panels_of(w_hh.T), H, rectified)
    return out, final(out, at, reverse)


def rnn_backward(
    needs: list, gs: list, out: ndarray, x: Any, h0: Any, w_ih: Any, w_hh: Any,
    counts: ndarray, reverse: bool, rectified: bool,
) -> tuple:  # fmt: skip
    at, H, (g, g_last) = layout_of(counts), w_hh.shape[0], gs
    dh, da = _copy_or_zeros(g_last, (at.N, H), out.dtype), np.empty_like(out)
    gy = out if g is None else plain(g)
    _run(
        _rnn_backward, at, cost(H, H, 1), reverse, out.dtype, out.reshape(-1), panels_of(plain(w_hh)),
        gy.reshape(-1), g is not None, *_flat(dh, da), H, rectified,
    )  # fmt: skip
    return (
        matmul(da, w_ih) if needs[0] else None,
        dh,
        matmul(da.T, x) if needs[2] else None,
        state_product(da, out, h0, at, reverse) if needs[3] else None,
        *_of_biases(da, needs[4:]),
    )


def _of_biases(da: ndarray, needs: list) -> tuple:
    """Both biases have one gradient, in an array for each."""
    if not any(needs):
        return None, None
    db = da.sum(0)
    return (db if needs[0] else None), (db.copy() if needs[1] else None)


# ----------------------------------------------------------------------------------------------------------------- LSTM


@kernel()
def _lstm_row(gates, at, before, b, cells, c, peepholes, peeping, H):  # type: ignore[no-untyped-def]
    """One example at one step: pre-activations become gates; before[b:] is the cell before, cells[c:] the new one."""
    if peeping:
        for j in range(H):
            gates[uint(at + j)] += peepholes[uint(j)] * before[uint(b + j)]
        for j in range(H):
            gates[uint(at + H + j)] += peepholes[uint(H + j)] * before[uint(b + j)]
    sigmoid_run(gates, at, 2 * H)
    tanh_run(gates, at + 2 * H, H)
    for j in range(H):
        i, f, g = gates[uint(at + j)], gates[uint(at + H + j)], gates[uint(at + 2 * H + j)]
        cells[uint(c + j)] = f * before[uint(b + j)] + i * g
    if peeping:
        for j in range(H):
            gates[uint(at + 3 * H + j)] += peepholes[uint(2 * H + j)] * cells[uint(c + j)]
    sigmoid_run(gates, at + 3 * H, H)


@kernel()
def _lstm_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width,
    gates, out, cells, raw, h0, c0, panels, peepholes, peeping, projection, projecting, H, P,
):  # fmt: skip
    """gates (S, 4 H) hold the products of the input and become i, f, g, o. `raw` is `out` but for projections."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            rows = min(r1, counts[t]) - r0
            first = starts[t] + r0
            product_of_state(
                calls, out, h0, now, last, r0, r0 + max(rows, 0), panels, P, 4 * H, gates, first * 4 * H, 4 * H, True, width
            )
            for row in range(rows):
                at, cell, n = (first + row) * 4 * H, (first + row) * H, r0 + row
                if n < last:
                    _lstm_row(gates, at, cells, (now + n) * H, cells, cell, peepholes, peeping, H)
                else:
                    _lstm_row(gates, at, c0, n * H, cells, cell, peepholes, peeping, H)
            for j in range(rows * H):  # all rows in one run: many are short
                raw[uint(first * H + j)] = tanh(cells[uint(first * H + j)])
            for row in range(rows):
                at, cell = ((first + row) * 4 + 3) * H, (first + row) * H
                for j in range(H):
                    raw[uint(cell + j)] *= gates[uint(at + j)]
            if projecting and rows > 0:
                product(calls, raw, first * H, rows, projection, H, P, out, first * P, P, False, width)
            last, now = counts[t], starts[t]


@kernel()
def _lstm_row_output(gates, at, tanhs, t, dy, y, dc, c, da, peepholes, peeping, H):  # type: ignore[no-untyped-def]
    """From the gradient of the output, dy[y:], to those of the output gate, in da, and of the cell, onto dc[c:]."""
    for j in range(H):
        o = gates[uint(at + 3 * H + j)]
        da[uint(at + 3 * H + j)] = dy[uint(y + j)] * tanhs[uint(t + j)] * o * (1 - o)
    for j in range(H):
        o, bent = gates[uint(at + 3 * H + j)], tanhs[uint(t + j)]
        dc[uint(c + j)] += dy[uint(y + j)] * o * (1 - bent * bent)
    if peeping:
        for j in range(H):
            dc[uint(c + j)] += da[uint(at + 3 * H + j)] * peepholes[uint(2 * H + j)]


@kernel()
def _lstm_row_cell(gates, at, before, b, dc, c, da, peepholes, peeping, H):  # type: ignore[no-untyped-def]
    """From the gradient of the cell, dc[c:], to those of i, f and g, in da, and of the cell before, in dc."""
    for j in range(H):
        i, g = gates[uint(at + j)], gates[uint(at + 2 * H + j)]
        da[uint(at + j)] = dc[uint(c + j)] * g * i * (1 - i)
    for j in range(H):
        f = gates[uint(at + H + j)]
        da[uint(at + H + j)] = dc[uint(c + j)] * before[uint(b + j)] * f * (1 - f)
    for j in range(H):
        i, g = gates[uint(at + j)], gates[uint(at + 2 * H + j)]
        da[uint(at + 2 * H + j)] = dc[uint(c + j)] * i * (1 - g * g)
    for j in range(H):
        dc[uint(c + j)] *= gates[uint(at + H + j)]
    if peeping:
        for j in range(H):
            dc[uint(c + j)] += da[uint(at + j)] * peepholes[uint(j)]
        for j in range(H):
            dc[uint(c + j)] += da[uint(at + H + j)] * peepholes[uint(H + j)]


@kernel()
def _lstm_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width,
    gates, cells, c0, panels, peepholes, peeping, projection, projecting, gout, has_g, dh, dc, da, dhs, H, P,
):  # fmt: skip
    """da (S, 4 H), the gradients of the pre-activations; dhs (S, P), if projecting, those of the outputs. dh (N, P) and
    dc (N, H) come with the gradients of the last states and become those of h0 and c0."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        tanhs = np.empty((r1 - r0) * H, gates.dtype)
        raw = np.empty((r1 - r0) * H if projecting else 0, gates.dtype)
        for step in range(T):
            t = step if reverse else T - 1 - step
            earlier = t + 1 if reverse else t - 1
            last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
            rows = min(r1, counts[t]) - r0
            first = starts[t] + r0
            if rows > 0 and has_g:
                for j in range(rows * P):
                    dh[uint(r0 * P + j)] += gout[uint(first * P + j)]
            if rows > 0 and projecting:
                for j in range(rows * P):
                    dhs[uint(first * P + j)] = dh[uint(r0 * P + j)]
                product(calls, dh, r0 * P, rows, projection, P, H, raw, 0, H, False, width)
            for j in range(rows * H):
                tanhs[uint(j)] = tanh(cells[uint(first * H + j)])
            for row in range(rows):
                at, n = (first + row) * 4 * H, r0 + row
                if projecting:
                    _lstm_row_output(gates, at, tanhs, row * H, raw, row * H, dc, n * H, da, peepholes, peeping, H)
                else:
                    _lstm_row_output(gates, at, tanhs, row * H, dh, n * H, dc, n * H, da, peepholes, peeping, H)
                if n < last:
                    _lstm_row_cell(gates, at, cells, (now + n) * H, dc, n * H, da, peepholes, peeping, H)
                else:
                    _lstm_row_cell(gates, at, c0, n * H, dc, n * H, da, peepholes, peeping, H)
            if rows > 0:
                product(calls, da, first * 4 * H, rows, panels, 4 * H, P, dh, r0 * P, P, False, width)


def lstm_forward(
    x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, w_peep: Any,
    counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    """((outputs (S, P), last outputs (N, P), last cells (N, H)), (gates (S, 4 H), cells (S, H), unprojected (S, H)))."""
    at, dtype = layout_of(counts), x.dtype
    H, P = w_hh.shape[0] // 4, w_hh.shape[1]
    gates = plain(matmul(x, w_ih.T, _both(b_ih, b_hh)))
    cells, out = np.empty((at.S, H), dtype), np.empty((at.S, P), dtype)
    raw = out if w_hr is None else np.empty((at.S, H), dtype)
    projection = out.reshape(-1) if w_hr is None else panels_of(w_hr.T)
    peepholes = cells if w_peep is None else plain(w_peep)
    first, first_cells = _or_zeros(h0, (at.N, P), dtype), _or_zeros(c0, (at.N, H), dtype)
    _run(
        _lstm_forward, at, cost(H, P, 4), reverse, dtype, *_flat(gates, out, cells, raw, first, first_cells),
        panels_of(w_hh.T), peepholes.reshape(-1), w_peep is not None, projection, w_hr is not None, H, P,
    )  # fmt: skip
    last, last_cells = final(out, at, reverse), final(cells, at, reverse)
    return (out, last, last_cells), (gates, cells, None if w_hr is None else raw)


def lstm_backward(
    needs: list, gs: list, out: ndarray, aux: tuple, x: Any, h0: Any, c0: Any,
    w_ih: Any, w_hh: Any, w_hr: Any, w_peep: Any, counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    at, dtype, (gates, cells, raw), (g, g_last, g_cells) = layout_of(counts), out.dtype, aux, gs
    H, P = w_hh.shape[0] // 4, w_hh.shape[1]
    dh, dc = _copy_or_zeros(g_last, (at.N, P), dtype), _copy_or_zeros(g_cells, (at.N, H), dtype)
    da = np.empty_like(gates)
    dhs = da if w_hr is None else np.empty_like(out)
    projection = da.reshape(-1) if w_hr is None else panels_of(plain(w_hr))
    peepholes = cells if w_peep is None else plain(w_peep)
    first_cells = _or_zeros(c0, (at.N, H), dtype)
    gy = out if g is None else plain(g)
    _run(
        _lstm_backward, at, cost(H, P, 4), reverse, dtype, *_flat(gates, cells, first_cells), panels_of(plain(w_hh)),
        peepholes.reshape(-1), w_peep is not None, projection, w_hr is not None, gy.reshape(-1), g is not None,
        *_flat(dh, dc, da, dhs), H, P,
    )  # fmt: skip
    d_peep = None
    if needs[8]:
        cp, parts = before(cells, first_cells, at, reverse), da.reshape(at.S, 4, H)
        d_peep = np.stack([(parts[:, 0] * cp).sum(0), (parts[:, 1] * cp).sum(0), (parts[:, 3] * cells).sum(0)])
    return (
        matmul(da, w_ih) if needs[0] else None,
        dh,
        dc,
        matmul(da.T, x) if needs[3] else None,
        state_product(da, out, h0, at, reverse) if needs[4] else None,
        *_of_biases(da, needs[5:7]),
        matmul(dhs.T, raw) if needs[7] else None,
        d_peep,
    )


# ------------------------------------------------------------------------------------------------------------------ GRU


@kernel()
def _gru_row(gates, at, news, bias, before, b, out, y, H):  # type: ignore[no-untyped-def]
    """One example at one step: pre-activations become gates; before[b:] is the state before, out[y:] the new one."""
    sigmoid_run(gates, at, 2 * H)
    for j in range(H):
        news[uint(y + j)] += bias[uint(j)]
    for j in range(H):
        gates[uint(at + 2 * H + j)] = tanh(gates[uint(at + 2 * H + j)] + gates[uint(at + j)] * news[uint(y + j)])
    for j in range(H):
        z, n = gates[uint(at + H + j)], gates[uint(at + 2 * H + j)]
        out[uint(y + j)] = (1 - z) * n + z * before[uint(b + j)]


@kernel()
def _gru_forward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width, gates, news, out, h0, panels, panels_new, bias, H
):
    """gates (S, 3 H) hold the products of the input and become r, z, n; news (S, H) becomes W_hn h + b_hn."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        last, now = 0, 0
        for step in range(T):
            t = T - 1 - step if reverse else step
            rows = min(r1, counts[t]) - r0
            first = starts[t] + r0
            end = r0 + max(rows, 0)
            product_of_state(
                calls, out, h0, now, last, r0, end, panels, H, 2 * H, gates, first * 3 * H, 3 * H, True, width
            )
            product_of_state(calls, out, h0, now, last, r0, end, panels_new, H, H, news, first * H, H, False, width)
            for row in range(rows):
                at, y, n = (first + row) * 3 * H, (first + row) * H, r0 + row
                if n < last:
                    _gru_row(gates, at, news, bias, out, (now + n) * H, out, y, H)
                else:
                    _gru_row(gates, at, news, bias, h0, n * H, out, y, H)
            last, now = counts[t], starts[t]


@kernel()
def _gru_row_back(gates, at, news, y, before, b, dh, d, dx, dr, H):  # type: ignore[no-untyped-def]
    """From the gradient of the state, dh[d:], to those of the gates, and what of it goes straight to the state before."""
    for j in range(H):
        z, n = gates[uint(at + H + j)], gates[uint(at + 2 * H + j)]
        dx[uint(at + 2 * H + j)] = dh[uint(d + j)] * (1 - z) * (1 - n * n)
    for j in range(H):
        z, n = gates[uint(at + H + j)], gates[uint(at + 2 * H + j)]
        dx[uint(at + H + j)] = dh[uint(d + j)] * (before[uint(b + j)] - n) * z * (1 - z)
    for j in range(H):
        r = gates[uint(at + j)]
        dx[uint(at + j)] = dx[uint(at + 2 * H + j)] * news[uint(y + j)] * r * (1 - r)
    for j in range(H):
        dr[uint(at + 2 * H + j)] = dx[uint(at + 2 * H + j)] * gates[uint(at + j)]
    for j in range(2 * H):
        dr[uint(at + j)] = dx[uint(at + j)]
    for j in range(H):
        dh[uint(d + j)] *= gates[uint(at + H + j)]


@kernel()
def _gru_backward(  # type: ignore[no-untyped-def]
    start, stop, calls, blocks, N, counts, starts, reverse, width, gates, news, out, h0, panels, gout, has_g, dh, dx, dr, H
):
    """dx and dr (S, 3 H), the gradients of the input's and of the recurrent pre-activations; dh as for the RNN."""
    T = len(counts)
    for block in range(start, stop):
        r0, r1 = N * block // blocks, N * (block + 1) // blocks
        for step in range(T):
            t = step if reverse else T - 1 - step
            earlier = t + 1 if reverse else t - 1
            last, now = (counts[earlier], starts[earlier]) if 0 <= earlier < T else (0, 0)
            rows = min(r1, counts[t]) - r0
            first = starts[t] + r0
            if rows > 0 and has_g:
                for j in range(rows * H):
                    dh[uint(r0 * H + j)] += gout[uint(first * H + j)]
            for row in range(rows):
                at, y, n = (first + row) * 3 * H, (first + row) * H, r0 + row
                if n < last:
                    _gru_row_back(gates, at, news, y, out, (now + n) * H, dh, n * H, dx, dr, H)
                else:
                    _gru_row_back(gates, at, news, y, h0, n * H, dh, n * H, dx, dr, H)
            if rows > 0:
                product(calls, dr, first * 3 * H, rows, panels, 3 * H, H, dh, r0 * H, H, True, width)


def gru_forward(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool
) -> tuple:
    """((states (S, H), last states (N, H)), (gates (S, 3 H), W_hn h + b_hn (S, H)))."""
    at, dtype, H = layout_of(counts), x.dtype, w_hh.shape[1]
    bias, bias_new = b_ih, np.zeros(H, dtype)
    if b_hh is not None:
        bias = _both(b_ih, np.concatenate([b_hh[: 2 * H], bias_new]))
        bias_new = plain(b_hh[2 * H :])
    gates = plain(matmul(x, w_ih.T, bias))
    news, out = np.empty((at.S, H), dtype), np.empty((at.S, H), dtype)
    first = _or_zeros(h0, (at.N, H), dtype)
    panels, panels_new = panels_of(w_hh[: 2 * H].T), panels_of(w_hh[2 * H :].T)
    _run(
        _gru_forward, at, cost(H, H, 3), reverse, dtype, *_flat(gates, news, out, first), panels, panels_new,
        bias_new, H,
    )  # fmt: skip
    return (out, final(out, at, reverse)), (gates, news)


def gru_backward(
    needs: list, gs: list, out: ndarray, aux: tuple, x: Any, h0: Any, w_ih: Any, w_hh: Any,
    counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    at, dtype, H, (gates, news), (g, g_last) = layout_of(counts), out.dtype, w_hh.shape[1], aux, gs
    dh = _copy_or_zeros(g_last, (at.N, H), dtype)
    dx, dr = np.empty_like(gates), np.empty_like(gates)
    gy = out if g is None else plain(g)
    _run(
        _gru_backward, at, cost(H, H, 3), reverse, dtype, *_flat(gates, news, out, _or_zeros(h0, dh.shape, dtype)),
        panels_of(plain(w_hh)), gy.reshape(-1), g is not None, *_flat(dh, dx, dr), H,
    )  # fmt: skip
    return (
        matmul(dx, w_ih) if needs[0] else None,
        dh,
        matmul(dx.T, x) if needs[2] else None,
        state_product(dr, out, h0, at, reverse) if needs[3] else None,
        dx.sum(0) if needs[4] else None,
        dr.sum(0) if needs[5] else None,
    )


@warms_up
def _sequences() -> None:
    counts = np.ones(1, np.int64)
    for dtype in (np.float32, np.float64):
        x, w, w3, w4 = (np.ones((k, 1), dtype) for k in (1, 1, 3, 4))
        for rectified in (False, True):
            out, last = rnn_forward(x, x, w, w, None, None, counts, False, rectified)
            rnn_backward([True] * 6, [out, last], out, x, x, w, w, counts, False, rectified)
        (out, last), aux = gru_forward(x, x, w3, w3, None, None, counts, False)
        gru_backward([True] * 6, [out, last], out, aux, x, x, w3, w3, counts, False)
        (out, last, cells), kept = lstm_forward(x, x, x, w4, w4, None, None, w, w3.T, counts, False)
        lstm_backward([True] * 9, [out, last, cells], out, kept, x, x, x, w4, w4, w, w3.T, counts, False)
