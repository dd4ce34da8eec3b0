"""Scaled dot-product attention, forward and backward, a block of queries at a time.

    P = softmax(s Q Kᵀ + bias),   P' = P / (1 - p) where kept, else 0,   O = P' V

Sizes: B heads (all leading dimensions in one), L queries, S keys, E and V the widths of queries and keys, and of values.
A task is a head, or a part of its queries. It copies the head's keys and values into the panels that the register tile
reads, then goes through its queries in blocks: the scores of a block stay in the cache and are never written to memory.
The backward pass computes them again, from the largest score of each row and the sum of its exponentials. So the memory
needed grows with L + S rather than with L S, as in FlashAttention (Dao et al. 2022, section 3.1); unlike there, a block
has all of its keys at once, so that no sum needs to be corrected.

Operands are matrices (B, rows, columns) anywhere in memory, such as slices of another array, provided that each row is
in one piece. Kernels get them as flat memory, the place in it where each head begins, and the distance of rows.

Results do not depend on the number of threads: how heads are cut into parts follows from the sizes alone.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.exponential import exp_negative, uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import VECTORS, calls, lanes
from ..machine.threads import parallel_for
from ..machine.vectors import machine
from ..machine.workspace import empty
from ..rows.dropout import drops, keys, limit_of
from .gemm import pack, sweep

SCORES = 24 * 1024  # numbers in the scores of a block: what the second-level cache has room for, twice
ROWS = 24  # the least number of rows in a block
PARTS = 8  # at least so many tasks

# ------------------------------------------------------------------------------------------------------------ one block


@kernel()
def _times(  # type: ignore[no-untyped-def]
    calls, a, a_at, a_stride, along_k, rows, panels, at, panel, k, n, c, c_at, c_stride, add, width
):
    """c (rows, n) = or += a (rows, k) @ b (k, n), of which there are panels, `panel` numbers apart."""
    for first in range(0, n, width):
        sweep(
            calls, a, a_at, a_stride, along_k, panels, at + first // width * panel, width, c, c_at + first, c_stride,
            False, rows, min(width, n - first), k, add, c, 0, width // 2,
        )  # fmt: skip


@kernel()
def _largest(x, bits, at, n, top, spare):  # type: ignore[no-untyped-def]
    """The largest of x[at : at + n]. A NaN may be overlooked: it will be found in the sum of the exponentials.

    Compared as the whole numbers that the bits of x are, since LLVM makes vectors of a maximum of those alone."""
    whole = bits.dtype.type
    best = whole(-top)
    for j in range(n):
        i = bits[uint(at + j)]
        ordered = whole(top - i) if i < 0 else i
        best = ordered if ordered > best else best
    bits[spare] = whole(top - best) if best < 0 else best
    return x[spare]


@kernel(reassociate=True)
def _exponentials(x, at, n, largest):  # type: ignore[no-untyped-def]
    """x[at : at + n] becomes exp(x - largest), of which the sum is given."""
    total = x.dtype.type(0)
    for j in range(n):
        e = exp_negative(x[uint(at + j)] - largest)
        x[uint(at + j)] = e
        total += e
    return total


@kernel(reassociate=True)
def _weights_and_mean(x, at, slope, n, largest, factor):  # type: ignore[no-untyped-def]
    """x[at : at + n] becomes the weights, factor · exp(x - largest); gives the mean of x[slope : slope + n] by them."""
    mean = x.dtype.type(0)
    for j in range(n):
        weight = factor * exp_negative(x[uint(at + j)] - largest)
        x[uint(at + j)] = weight
        mean += weight * x[uint(slope + j)]
    return mean


# What a task is told, by its place in one array of numbers
(
    QUERIES, KEYS, WIDTH_E, WIDTH_V, TASK_PARTS, BLOCK, STRIDE, WIDTH, LANES, CAUSAL, BIASED, BIAS_ROW, DROPPING, WEIGHTS,
    Q_ROW, K_ROW, V_ROW, O_ROW, QUERY_AT, SCORE_AT, SLOPE_AT, KEY_AT, VALUE_AT, TURNED_AT, GRADIENT_AT, SCRATCH, DQ_ROW,
    DK_ROW, DV_ROW, BIAS_GRADIENT,
) = range(30)  # fmt: skip


@kernel()
def _scratch(x, size):  # type: ignore[no-untyped-def]
    """Memory for numbers like those of x, from the beginning of a line of the cache."""
    memory = np.empty(size + 64 // x.itemsize, x.dtype)
    first = -(memory.ctypes.data // x.itemsize) % (64 // x.itemsize)
    return memory[first : first + size]


@kernel()
def _scaled_queries(q, at, row, rows, E, scale, out, to):  # type: ignore[no-untyped-def]
    for r in range(rows):
        for j in range(E):
            out[uint(to + r * E + j)] = scale * q[uint(at + r * row + j)]


@kernel()
def _block_scores(calls, x, plan, rows, seen, bias, bias_at):  # type: ignore[no-untyped-def]
    """The scores of `rows` queries with the first `seen` keys."""
    E, stride, width, at = plan[WIDTH_E], plan[STRIDE], plan[WIDTH], plan[SCORE_AT]
    _times(calls, x, plan[QUERY_AT], E, True, rows, x, plan[KEY_AT], E * width, E, seen, x, at, stride, False, width)
    if plan[BIASED]:
        for r in range(rows):
            for j in range(seen):
                x[uint(at + r * stride + j)] += bias[uint(bias_at + r * plan[BIAS_ROW] + j)]


@kernel()
def _drop_row(x, at, n, number, first, second, limit):  # type: ignore[no-untyped-def]
    for j in range(n):
        x[uint(at + j)] = x.dtype.type(0) if drops(number + j, first, second, limit) else x[uint(at + j)]


@kernel()
def _forward(  # type: ignore[no-untyped-def]
    start, stop, calls, plan, q, q_at, k, k_at, v, v_at, bias, bias_at, out, o_at, stats, weights, whole, scale,
    seed, limit, boost,
):  # fmt: skip
    """stats (B, L, 2): of each row the largest score and 1 / Σ exp(score - largest), or 0 if no key may be seen.

    whole: an integer dtype of the size of the numbers, and the largest of it."""
    L, S, E, V, parts, block = plan[QUERIES], plan[KEYS], plan[WIDTH_E], plan[WIDTH_V], plan[TASK_PARTS], plan[BLOCK]
    stride, width, lanes, causal = plan[STRIDE], plan[WIDTH], plan[LANES], plan[CAUSAL] != 0
    score_at, key_at, value_at = plan[SCORE_AT], plan[KEY_AT], plan[VALUE_AT]
    x = _scratch(q, plan[SCRATCH])
    bits = x.view(whole.dtype)
    top, zero, spare = whole[0], q.dtype.type(0), plan[SCRATCH] - 1
    for task in range(start, stop):
        head, part = task // parts, task % parts
        first, last = L * part // parts, L * (part + 1) // parts
        most = min(S, last) if causal else S
        pack(calls, k, k_at[head], plan[K_ROW], True, E, most, x, key_at, width, lanes)
        pack(calls, v, v_at[head], plan[V_ROW], False, most, V, x, value_at, width, lanes)
        for row in range(first, last, block):
            rows = min(block, last - row)
            seen = min(S, row + rows) if causal else S
            _scaled_queries(q, q_at[head] + row * plan[Q_ROW], plan[Q_ROW], rows, E, scale, x, plan[QUERY_AT])
            _block_scores(calls, x, plan, rows, seen, bias, bias_at[head] + row * plan[BIAS_ROW])
            for r in range(rows):
                at, number = score_at + r * stride, head * L + row + r
                n = min(S, row + r + 1) if causal else S
                largest = _largest(x, bits, at, n, top, spare)
                total = zero
                if largest != -np.inf:
                    total = _exponentials(x, at, n, largest)
                else:
                    n = 0
                for j in range(n, seen):
                    x[uint(at + j)] = zero
                stats[2 * number] = largest
                stats[2 * number + 1] = q.dtype.type(1) / total if n else zero
                if plan[DROPPING]:
                    one, two = keys(seed, number * S)
                    _drop_row(x, at, n, number * S, one, two, limit)
                if plan[WEIGHTS]:
                    factor = boost * stats[2 * number + 1]
                    for j in range(seen):
                        weights[uint(number * S + j)] = factor * x[uint(at + j)]
                    for j in range(seen, S):
                        weights[uint(number * S + j)] = zero
            to = o_at[head] + row * plan[O_ROW]
            _times(
                calls,
                x,
                score_at,
                stride,
                True,
                rows,
                x,
                value_at,
                most * width,
                seen,
                V,
                out,
                to,
                plan[O_ROW],
                False,
                width,
            )
            for r in range(rows):
                factor = boost * stats[2 * (head * L + row + r) + 1]
                for j in range(V):
                    out[uint(to + r * plan[O_ROW] + j)] *= factor


@kernel()
def _clear(x, at, row, rows, n):  # type: ignore[no-untyped-def]
    for r in range(rows):
        for j in range(n):
            x[uint(at + r * row + j)] = 0


@kernel()
def _backward(  # type: ignore[no-untyped-def]
    start, stop, calls, plan, q, q_at, k, k_at, v, v_at, bias, bias_at, g, g_at, gw, stats, dq, dq_at, dk, dk_at, dv, dv_at,
    db, scale, seed, limit, boost,
):  # fmt: skip
    """g: the gradient of the output, gw (B, L, S) that of the weights, if there is one; db (B, L, S) that of the bias.

    dk_at and dv_at have a place for each part of each head: every part has sums of its own."""
    L, S, E, V, parts, block = plan[QUERIES], plan[KEYS], plan[WIDTH_E], plan[WIDTH_V], plan[TASK_PARTS], plan[BLOCK]
    stride, width, lanes, causal = plan[STRIDE], plan[WIDTH], plan[LANES], plan[CAUSAL] != 0
    query_at, score_at, slope_at, turned_at = plan[QUERY_AT], plan[SCORE_AT], plan[SLOPE_AT], plan[TURNED_AT]
    x = _scratch(q, plan[SCRATCH])
    zero = q.dtype.type(0)
    for task in range(start, stop):
        head, part = task // parts, task % parts
        first, last = L * part // parts, L * (part + 1) // parts
        most = min(S, last) if causal else S
        pack(calls, k, k_at[head], plan[K_ROW], True, E, most, x, plan[KEY_AT], width, lanes)
        pack(calls, v, v_at[head], plan[V_ROW], True, V, most, x, plan[VALUE_AT], width, lanes)
        pack(calls, k, k_at[head], plan[K_ROW], False, most, E, x, turned_at, width, lanes)
        for j in range((E + width - 1) // width * width * most):
            x[uint(turned_at + j)] *= scale
        add = causal and min(first + block, last) < S  # the first block does not see all keys
        if add:
            _clear(dk, dk_at[task], plan[DK_ROW], S, E)
            _clear(dv, dv_at[task], plan[DV_ROW], S, V)
        for row in range(first, last, block):
            rows = min(block, last - row)
            seen = min(S, row + rows) if causal else S
            g_from = g_at[head] + row * plan[O_ROW]
            _scaled_queries(q, q_at[head] + row * plan[Q_ROW], plan[Q_ROW], rows, E, scale, x, query_at)
            _block_scores(calls, x, plan, rows, seen, bias, bias_at[head] + row * plan[BIAS_ROW])
            _times(  # the gradient of the weights, g @ Vᵀ
                calls, g, g_from, plan[O_ROW], True, rows, x, plan[VALUE_AT], V * width, V, seen, x, slope_at, stride, False,
                width,
            )  # fmt: skip
            for r in range(rows):
                at, slope, number = score_at + r * stride, slope_at + r * stride, head * L + row + r
                largest, factor = stats[2 * number], stats[2 * number + 1]
                n = min(S, row + r + 1) if causal else S
                n = n if largest != -np.inf else 0
                if plan[WEIGHTS]:
                    for j in range(n):
                        x[uint(slope + j)] += gw[uint(number * S + j)]
                if plan[DROPPING]:
                    one, two = keys(seed, number * S)
                    _drop_row(x, slope, n, number * S, one, two, limit)
                    for j in range(n):
                        x[uint(slope + j)] *= boost
                mean = _weights_and_mean(x, at, slope, n, largest, factor)
                for j in range(n):
                    x[uint(slope + j)] = x[uint(at + j)] * (x[uint(slope + j)] - mean)
                for j in range(n, seen):
                    x[uint(at + j)] = zero
                    x[uint(slope + j)] = zero
                if plan[DROPPING]:
                    _drop_row(x, at, n, number * S, one, two, limit)
                    for j in range(n):
                        x[uint(at + j)] *= boost
                if plan[BIAS_GRADIENT]:
                    for j in range(seen):
                        db[uint(number * S + j)] = x[uint(slope + j)]
                    for j in range(seen, S):
                        db[uint(number * S + j)] = zero
            to = dq_at[head] + row * plan[DQ_ROW]
            _times(  # dQ = dS K
                calls,
                x,
                slope_at,
                stride,
                True,
                rows,
                x,
                turned_at,
                most * width,
                seen,
                E,
                dq,
                to,
                plan[DQ_ROW],
                False,
                width,
            )
            pack(calls, x, query_at, E, False, rows, E, x, plan[GRADIENT_AT], width, lanes)
            _times(  # dK += dSᵀ Q
                calls, x, slope_at, stride, False, seen, x, plan[GRADIENT_AT], rows * width, rows, E, dk, dk_at[task],
                plan[DK_ROW], add, width,
            )  # fmt: skip
            pack(calls, g, g_from, plan[O_ROW], False, rows, V, x, plan[GRADIENT_AT], width, lanes)
            _times(  # dV += P'ᵀ g
                calls, x, score_at, stride, False, seen, x, plan[GRADIENT_AT], rows * width, rows, V, dv, dv_at[task],
                plan[DV_ROW], add, width,
            )  # fmt: skip
            add = True


# -------------------------------------------------------------------------------------------------------------- layouts


class Rows(NamedTuple):
    """Matrices as kernels take them."""

    memory: ndarray  # flat
    at: ndarray  # (B,): where each begins
    row: int  # the distance of rows


@functools.lru_cache(512)
def _places(lead: tuple[int, ...], strides: tuple[int, ...]) -> ndarray:
    """The place of each head, for leading dimensions with these strides."""
    places = np.zeros(1, np.int64)
    for size, stride in zip(lead, strides, strict=True):
        places = (places[:, None] + np.arange(size) * stride).reshape(-1)
    return places


def rows_of(x: ndarray) -> Rows:
    """x (..., rows, columns) where it lies, or a copy if its rows are in pieces."""
    size, memory = x.itemsize, x
    while type(memory.base) is ndarray:
        memory = memory.base
    at_hand = (
        memory.flags.carray
        and memory.dtype == x.dtype
        and (x.strides[-1] == size or x.shape[-1] == 1)
        and all(s >= 0 and s % size == 0 for s in x.strides)
    )
    if not at_hand:
        memory = x = np.array(x, order="C")
    first = (x.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // size
    strides = tuple(s // size for s in x.strides)
    places = _places(x.shape[:-2], strides[:-2])
    return Rows(memory.reshape(-1), places + first if first else places, strides[-2])


def like(x: ndarray, columns: int) -> ndarray:
    """An empty array (..., rows, columns), whose dimensions but the last lie in memory in the order of those of x."""
    order = sorted(range(x.ndim - 1), key=lambda d: -x.strides[d])
    out = empty((*(x.shape[d] for d in order), columns), x.dtype)
    return out.transpose((*np.argsort(order).tolist(), x.ndim - 1))


# -------------------------------------------------------------------------------------------------------------- wrappers


@functools.lru_cache(512)
def _plan(B: int, L: int, S: int, E: int, V: int, causal: bool, dtype: np.dtype) -> tuple[ndarray, int, float]:
    """What depends on the sizes alone: the numbers for the kernels, how many tasks, and the work of a forward pass."""
    size, width = dtype.itemsize, VECTORS * lanes(dtype)
    line = 64 // size
    stride = (-(-S // line) | 1) * line  # an odd number of lines, lest rows drive each other out of the cache
    parts = 1 if B >= PARTS else min(-(-PARTS // B), -(-L // ROWS))
    share = -(-L // parts)
    blocks = -(-share // max(ROWS, SCORES // stride))
    block = min(share, _up(-(-share // blocks), machine().heights[0]))
    sizes = {
        QUERY_AT: block * E,
        SCORE_AT: block * stride,
        SLOPE_AT: block * stride,
        KEY_AT: _up(S, width) * E,
        VALUE_AT: max(_up(S, width) * V, _up(V, width) * S),
        TURNED_AT: _up(E, width) * S,
        GRADIENT_AT: _up(max(E, V), width) * block,
    }
    plan, end = np.zeros(30, np.int64), 0
    for place, length in sizes.items():
        plan[place] = end
        end += _up(length, line)
    plan[SCRATCH] = end + line
    plan[: LANES + 1] = L, S, E, V, parts, block, stride, width, width // VECTORS
    plan[CAUSAL] = causal
    work = B * L * S * ((E + V) / (4 * lanes(dtype)) + 1.5) / (2 if causal else 1)
    return plan, B * parts, work


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


@functools.cache
def _whole(dtype: np.dtype) -> ndarray:
    kind = np.dtype(f"i{dtype.itemsize}")
    return np.array([np.iinfo(kind).max], kind)


class Settings(NamedTuple):
    """What is computed besides products."""

    causal: bool  # query i sees the keys j <= i
    scale: float
    p: float  # of dropping
    seed: int


def _operands(q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, settings: Settings) -> tuple:
    """The plan, and the arrays and numbers that both kernels take."""
    *lead, L, E = q.shape
    S, V = k.shape[-2], v.shape[-1]
    plan, tasks, work = _plan(math.prod(lead), L, S, E, V, settings.causal, q.dtype)
    plan = plan.copy()
    matrices = [rows_of(q), rows_of(k), rows_of(v)]
    plan[Q_ROW], plan[K_ROW], plan[V_ROW] = (m.row for m in matrices)
    if bias is not None:
        if bias.shape[-1] != S:
            bias = np.repeat(bias, S, -1)
        matrices.append(rows_of(np.broadcast_to(bias, (*lead, L, S))))
        plan[BIASED], plan[BIAS_ROW] = True, matrices[3].row
    else:
        matrices.append(matrices[0])
    plan[DROPPING] = settings.p > 0
    arrays = [x for m in matrices for x in (m.memory, m.at)]
    number = q.dtype.type
    boost = 0.0 if settings.p == 1 else 1 / (1 - settings.p)
    numbers = number(settings.scale), np.int64(settings.seed), limit_of(settings.p), number(boost)
    return plan, tasks, work, arrays, numbers


def forward(
    q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, settings: Settings, weighing: bool
) -> tuple[ndarray, ndarray | None, ndarray]:
    """q (..., L, E), k (..., S, E), v (..., S, V), bias or None broadcasting to (..., L, S), none of them empty.

    Gives the output (..., L, V), its dimensions in memory as those of q; P' (..., L, S) if `weighing`; and what
    `backward` needs to know of the scores.
    """
    *lead, L, _ = q.shape
    plan, tasks, work, arrays, numbers = _operands(q, k, v, bias, settings)
    out = like(q, v.shape[-1])
    to, stats = rows_of(out), np.empty((*lead, L, 2), q.dtype)
    weights = np.empty((*lead, L, k.shape[-2]) if weighing else 0, q.dtype)
    plan[O_ROW], plan[WEIGHTS] = to.row, weighing
    parallel_for(
        _forward, tasks, work, calls(q.dtype), plan, *arrays, to.memory, to.at, stats.reshape(-1), weights.reshape(-1),
        _whole(q.dtype), *numbers,
    )  # fmt: skip
    return out, (weights if weighing else None), stats


def backward(
    g: ndarray | None, gw: ndarray | None, q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, stats: ndarray,
    settings: Settings, slopes: Any = None, biasing: bool = False,
) -> tuple[ndarray, ndarray, ndarray, ndarray | None]:  # fmt: skip
    """From the gradients of output and weights to those of q, k, v, and, if `biasing`, of the bias (..., L, S).

    slopes: three arrays to write the first three to, or one array of them.
    """
    *lead, L, E = q.shape
    S, V = k.shape[-2], v.shape[-1]
    plan, tasks, work, arrays, numbers = _operands(q, k, v, bias, settings)
    dq, dk, dv = (like(q, E), like(k, E), like(v, V)) if slopes is None else slopes
    parts = int(plan[TASK_PARTS])
    sums = (dk, dv) if parts == 1 else tuple(np.empty((*lead, parts, *x.shape[-2:]), x.dtype) for x in (dk, dv))
    g_rows = rows_of(np.zeros((*lead, L, V), q.dtype) if g is None else g)
    rows = [rows_of(x) for x in (dq, *sums)]
    db = np.empty((*lead, L, S) if biasing else 0, q.dtype)
    plan[O_ROW], plan[WEIGHTS], plan[BIAS_GRADIENT] = g_rows.row, gw is not None, biasing
    plan[DQ_ROW], plan[DK_ROW], plan[DV_ROW] = (r.row for r in rows)
    gw = stats if gw is None else plain(gw)
    parallel_for(
        _backward, tasks, 2.5 * work, calls(q.dtype), plan, *arrays, g_rows.memory, g_rows.at, gw.reshape(-1),
        stats.reshape(-1), *(x for r in rows for x in (r.memory, r.at)), db.reshape(-1), *numbers,
    )  # fmt: skip
    if parts > 1:
        np.add.reduce(sums[0], -3, out=dk)
        np.add.reduce(sums[1], -3, out=dv)
    return dq, dk, dv, (db if biasing else None)


@warms_up
def _heads() -> None:
    for dtype in (np.float32, np.float64):
        x = np.ones((1, 2, 2), dtype)
        settings = Settings(False, 1.0, 0.0, 0)
        out, _, stats = forward(x, x, x, None, settings, False)
        backward(out, None, x, x, x, None, stats, settings)
