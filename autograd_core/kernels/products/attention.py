"""Scaled dot-product attention, forward and backward, a block of queries at a time.

    S = s Q Kᵀ + bias,   P = softmax(S), over keys,   P' = P / (1 - p) where kept, else 0,   O = P' V
    dV = P'ᵀ g,   dP = (g Vᵀ + gw) / (1 - p) where kept, else 0,   dS = P (dP - Σ_keys P dP),   dQ = s dS K,   dK = s dSᵀ Q

with g the gradient of O and gw that of P'. Sizes: B heads (all leading dimensions in one), L queries, S keys, E and V the
widths of queries and keys, and of values.

Layouts: Q (B, L, E), K (B, S, E), V (B, S, V), O (B, L, V), bias (B, L, S), each head a matrix anywhere in memory, such as
a slice of another array, provided that its rows are contiguous. Kernels get each as a pair: flat memory, and the offsets at
which heads begin; the distance of rows stands in the plan.

Parallel split: a task is a head, or a part of its queries. It packs the head's keys and values into the micro-panels that
the macro-kernel of `gemm.py` reads, then goes through its queries in blocks: the scores of a block stay in the second-level
cache and are never written to memory. The backward pass computes them again, from the largest score of each row and the
sum of its exponentials. So the memory needed grows with L + S rather than with L S, as in FlashAttention (Dao et al. 2022,
section 3.1); unlike there, a block has all of its keys at once, so that no sum needs to be corrected.

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
from .gemm import MacroTile, macro_kernel, pack

SCORES = 24 * 1024  # elements in the scores of a block: what the second-level cache has room for, twice
ROWS = 24  # the least number of rows in a block
PARTS = 8  # the least number of tasks, if there are queries enough

# The layout of `plan`, the parameter array of both kernels
(
    QUERIES,  # L
    KEYS,  # S
    WIDTH_E,
    WIDTH_V,
    TASK_PARTS,  # parts of a head, a task each
    BLOCK,  # queries of a block
    STRIDE,  # distance of the rows of scores
    NR,  # columns of a micro-panel
    CAUSAL,  # query i sees the keys j <= i
    BIASED,  # there is a bias
    DROPPING,  # p > 0
    WEIGHTS,  # forward: P' is returned; backward: there is a gradient of it
    BIAS_GRADIENT,  # that of the bias is wanted
    Q_ROW,  # the distances of the rows of Q, K, V, bias, and of O or its gradient
    K_ROW,
    V_ROW,
    BIAS_ROW,
    O_ROW,
    DQ_ROW,  # of the gradients of Q, K and V
    DK_ROW,
    DV_ROW,
    QUERY_AT,  # offsets in a task's scratch memory: of a block's queries times s (BLOCK, E),
    SCORE_AT,  # of its scores, then weights (BLOCK, STRIDE),
    SLOPE_AT,  # of their gradients (BLOCK, STRIDE),
    KEY_AT,  # of micro-panels of Kᵀ (E, S),
    VALUE_AT,  # of micro-panels of V (S, V), or backward of Vᵀ (V, S),
    SCALED_KEY_AT,  # of micro-panels of s K (S, E),
    GRADIENT_AT,  # of micro-panels of a block's queries (rows, E), or of its gradients (rows, V)
    SCRATCH,  # elements of all this
    PLAN_SIZE,
) = range(30)

# ------------------------------------------------------------------------------------------------------------ one block


@kernel(inline=True)
def _largest(x, bits, at, n, top, spare):  # type: ignore[no-untyped-def]
    """The largest of x[at : at + n]. A NaN may be overlooked: it will be found in the sum of the exponentials.

    bits     x as integers, in which the order of negative numbers is reversed; LLVM vectorises a maximum of integers alone
    top      the largest integer
    spare    an element of x that may be overwritten
    """
    integer = bits.dtype.type
    best = integer(-top)
    for j in range(n):
        i = bits[uint(at + j)]
        ordered = integer(top - i) if i < 0 else i
        best = ordered if ordered > best else best
    bits[spare] = integer(top - best) if best < 0 else best
    return x[spare]


@kernel(reassociate=True)
def _exponentials(x, at, n, largest):  # type: ignore[no-untyped-def]
    """x[at : at + n] becomes exp(x - largest); returns the sum."""
    total = x.dtype.type(0)
    for j in range(n):
        e = exp_negative(x[uint(at + j)] - largest)
        x[uint(at + j)] = e
        total += e
    return total


@kernel(reassociate=True)
def _weights_and_mean(x, at, slope, n, largest, factor):  # type: ignore[no-untyped-def]
    """x[at : at + n] becomes the weights, factor · exp(x - largest); returns the mean of x[slope : slope + n] by them."""
    mean = x.dtype.type(0)
    for j in range(n):
        weight = factor * exp_negative(x[uint(at + j)] - largest)
        x[uint(at + j)] = weight
        mean += weight * x[uint(slope + j)]
    return mean


@kernel()
def _scaled_queries(q, q_at, row, rows, E, scale, out, out_at):  # type: ignore[no-untyped-def]
    """out (rows, E) = scale · q (rows, E), the rows of q `row` apart."""
    for r in range(rows):
        for j in range(E):
            out[uint(out_at + r * E + j)] = scale * q[uint(q_at + r * row + j)]


@kernel()
def _block_scores(calls, x, plan, rows, seen, bias, bias_at):  # type: ignore[no-untyped-def]
    """The scores of a block's `rows` queries with the first `seen` keys, in the scratch memory x."""
    E, stride, at = plan[WIDTH_E], plan[STRIDE], plan[SCORE_AT]
    tile = MacroTile(rows, seen, E, E, True, E * plan[NR], plan[NR], stride, False, False, False)
    macro_kernel(calls, x, plan[QUERY_AT], x, plan[KEY_AT], x, at, x, 0, x, 0, tile)  # s Q Kᵀ
    if plan[BIASED]:
        for r in range(rows):
            for j in range(seen):
                x[uint(at + r * stride + j)] += bias[uint(bias_at + r * plan[BIAS_ROW] + j)]


@kernel()
def _drop_row(x, at, n, number, first, second, limit):  # type: ignore[no-untyped-def]
    """x[at : at + n] becomes 0 where dropped; number: of its first element. See `dropout.py`."""
    for j in range(n):
        x[uint(at + j)] = x.dtype.type(0) if drops(number + j, first, second, limit) else x[uint(at + j)]


@kernel(inline=True)
def _softmax_row(x, bits, at, n, seen, top, spare, stats, number):  # type: ignore[no-untyped-def]
    """x[at : at + n], the scores of a query with the keys that it sees, become exp(x - max x); 0 up to `seen`.

    Sets stats[number] to max x and 1 / Σ exp(x - max x), or 0 if no key is seen. Returns how many weights are not 0.
    """
    zero = x.dtype.type(0)
    largest = _largest(x, bits, at, n, top, spare)
    total = zero
    if largest != -np.inf:
        total = _exponentials(x, at, n, largest)
    else:
        n = 0
    for j in range(n, seen):
        x[uint(at + j)] = zero
    stats[2 * number] = largest
    stats[2 * number + 1] = x.dtype.type(1) / total if n else zero
    return n


@kernel(allocates=True)
def _forward(  # type: ignore[no-untyped-def]
    start, stop, calls, plan, operands, out, out_at, stats, weights, integer, scale, dropout
):
    """A task is a part of the queries of a head.

    plan           int64, see above
    operands       ((q, q_at), (k, k_at), (v, v_at), (bias, bias_at)): flat memory, and where each of the B heads begins
    out, out_at    O, the same
    stats          (B, L, 2), flat: of each row the largest score and 1 / Σ exp(score - largest), or 0 if no key is seen
    weights        P' (B, L, S), flat, if plan[WEIGHTS]
    integer        an integer dtype of the size of the elements, and the largest of it: (1,)
    scale          s
    dropout        (seed, limit, boost): see `dropout.py`; boost is 1 / (1 - p)
    """
    (q, q_at), (k, k_at), (v, v_at), (bias, bias_at) = operands
    seed, limit, boost = dropout
    L, S, E, V, parts, block = plan[QUERIES], plan[KEYS], plan[WIDTH_E], plan[WIDTH_V], plan[TASK_PARTS], plan[BLOCK]
    stride, nr, causal = plan[STRIDE], plan[NR], plan[CAUSAL] != 0
    score_at, key_at, value_at = plan[SCORE_AT], plan[KEY_AT], plan[VALUE_AT]
    memory = np.empty(plan[SCRATCH] + 64 // q.itemsize, q.dtype)
    line = -(memory.ctypes.data // q.itemsize) % (64 // q.itemsize)  # where a line of the cache begins
    x = memory[line : line + plan[SCRATCH]]
    bits = x.view(integer.dtype)
    top, zero, spare = integer[0], q.dtype.type(0), plan[SCRATCH] - 1
    for task in range(start, stop):
        head, part = task // parts, task % parts
        first, last = L * part // parts, L * (part + 1) // parts
        most = min(S, last) if causal else S
        pack(calls, k, k_at[head], plan[K_ROW], True, E, most, x, key_at)
        pack(calls, v, v_at[head], plan[V_ROW], False, most, V, x, value_at)
        for row in range(first, last, block):
            rows = min(block, last - row)
            seen = min(S, row + rows) if causal else S
            _scaled_queries(q, q_at[head] + row * plan[Q_ROW], plan[Q_ROW], rows, E, scale, x, plan[QUERY_AT])
            _block_scores(calls, x, plan, rows, seen, bias, bias_at[head] + row * plan[BIAS_ROW])
            for r in range(rows):
                at, number = score_at + r * stride, head * L + row + r
                n = _softmax_row(x, bits, at, min(S, row + r + 1) if causal else S, seen, top, spare, stats, number)
                if plan[DROPPING]:
                    one, two = keys(seed, number * S)
                    _drop_row(x, at, n, number * S, one, two, limit)
                if plan[WEIGHTS]:
                    factor = boost * stats[2 * number + 1]
                    for j in range(seen):
                        weights[uint(number * S + j)] = factor * x[uint(at + j)]
                    for j in range(seen, S):
                        weights[uint(number * S + j)] = zero
            to = out_at[head] + row * plan[O_ROW]
            tile = MacroTile(rows, V, seen, stride, True, most * nr, nr, plan[O_ROW], False, False, False)
            macro_kernel(calls, x, score_at, x, value_at, out, to, x, 0, x, 0, tile)  # exp(S - max) V
            for r in range(rows):
                factor = boost * stats[2 * (head * L + row + r) + 1]
                for j in range(V):
                    out[uint(to + r * plan[O_ROW] + j)] *= factor


@kernel()
def _clear(x, at, row, rows, n):  # type: ignore[no-untyped-def]
    """x (rows, n) = 0, the rows `row` apart."""
    for r in range(rows):
        for j in range(n):
            x[uint(at + r * row + j)] = 0


@kernel(inline=True)
def _score_gradient(x, plan, at, slope, n, seen, number, stats, gw, dropout):  # type: ignore[no-untyped-def]
    """One query: x[at : at + n], its scores, become P', and x[slope : slope + n], g Vᵀ, become dS; both 0 up to `seen`.

    number    the number of the query among all heads
    stats     (B, L, 2), flat: what `_forward` has put there
    gw        (B, L, S), flat, the gradient of P', if plan[WEIGHTS]
    """
    S, zero = plan[KEYS], x.dtype.type(0)
    seed, limit, boost = dropout
    if plan[WEIGHTS]:
        for j in range(n):
            x[uint(slope + j)] += gw[uint(number * S + j)]
    if plan[DROPPING]:
        one, two = keys(seed, number * S)
        _drop_row(x, slope, n, number * S, one, two, limit)
        for j in range(n):
            x[uint(slope + j)] *= boost
    mean = _weights_and_mean(x, at, slope, n, stats[2 * number], stats[2 * number + 1])
    for j in range(n):
        x[uint(slope + j)] = x[uint(at + j)] * (x[uint(slope + j)] - mean)
    for j in range(n, seen):
        x[uint(at + j)] = zero
        x[uint(slope + j)] = zero
    if plan[DROPPING]:
        _drop_row(x, at, n, number * S, one, two, limit)
        for j in range(n):
            x[uint(at + j)] *= boost


@kernel(allocates=True)
def _backward(  # type: ignore[no-untyped-def]
    start, stop, calls, plan, operands, output, gw, stats, results, db, scale, dropout
):
    """A task is a part of the queries of a head.

    plan        int64, see above
    operands    ((q, q_at), (k, k_at), (v, v_at), (bias, bias_at)): flat memory, and where each of the B heads begins
    output      (g, g_at): the gradient of O, the same
    gw          (B, L, S), flat, the gradient of P', if plan[WEIGHTS]
    stats       (B, L, 2), flat: what `_forward` has put there
    results     ((dq, dq_at), (dk, dk_at), (dv, dv_at)): the gradients. dk_at and dv_at have an offset for each task: every
                part of a head has sums of its own
    db          (B, L, S), flat, the gradient of the bias, if plan[BIAS_GRADIENT]
    scale       s
    dropout     (seed, limit, boost): see `dropout.py`; boost is 1 / (1 - p)
    """
    (q, q_at), (k, k_at), (v, v_at), (bias, bias_at) = operands
    (g, g_at), ((dq, dq_at), (dk, dk_at), (dv, dv_at)) = output, results
    L, S, E, V, parts, block = plan[QUERIES], plan[KEYS], plan[WIDTH_E], plan[WIDTH_V], plan[TASK_PARTS], plan[BLOCK]
    stride, nr, causal, zero = plan[STRIDE], plan[NR], plan[CAUSAL] != 0, q.dtype.type(0)
    query_at, score_at, slope_at, gradient_at = plan[QUERY_AT], plan[SCORE_AT], plan[SLOPE_AT], plan[GRADIENT_AT]
    memory = np.empty(plan[SCRATCH] + 64 // q.itemsize, q.dtype)
    line = -(memory.ctypes.data // q.itemsize) % (64 // q.itemsize)  # where a line of the cache begins
    x = memory[line : line + plan[SCRATCH]]
    for task in range(start, stop):
        head, part = task // parts, task % parts
        first, last = L * part // parts, L * (part + 1) // parts
        most = min(S, last) if causal else S
        pack(calls, k, k_at[head], plan[K_ROW], True, E, most, x, plan[KEY_AT])
        pack(calls, v, v_at[head], plan[V_ROW], True, V, most, x, plan[VALUE_AT])
        pack(calls, k, k_at[head], plan[K_ROW], False, most, E, x, plan[SCALED_KEY_AT])
        for j in range((E + nr - 1) // nr * nr * most):
            x[uint(plan[SCALED_KEY_AT] + j)] *= scale
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
            tile = MacroTile(rows, seen, V, plan[O_ROW], True, V * nr, nr, stride, False, False, False)
            macro_kernel(calls, g, g_from, x, plan[VALUE_AT], x, slope_at, x, 0, x, 0, tile)  # g Vᵀ
            for r in range(rows):
                at, slope, number = score_at + r * stride, slope_at + r * stride, head * L + row + r
                n = min(S, row + r + 1) if causal else S
                n = n if stats[2 * number] != -np.inf else 0
                _score_gradient(x, plan, at, slope, n, seen, number, stats, gw, dropout)
                if plan[BIAS_GRADIENT]:
                    for j in range(seen):
                        db[uint(number * S + j)] = x[uint(slope + j)]
                    for j in range(seen, S):
                        db[uint(number * S + j)] = zero
            to = dq_at[head] + row * plan[DQ_ROW]
            tile = MacroTile(rows, E, seen, stride, True, most * nr, nr, plan[DQ_ROW], False, False, False)
            macro_kernel(calls, x, slope_at, x, plan[SCALED_KEY_AT], dq, to, x, 0, x, 0, tile)  # dQ = s dS K
            pack(calls, x, query_at, E, False, rows, E, x, gradient_at)
            tile = MacroTile(seen, E, rows, stride, False, rows * nr, nr, plan[DK_ROW], False, add, False)
            macro_kernel(calls, x, slope_at, x, gradient_at, dk, dk_at[task], x, 0, x, 0, tile)  # dK += s dSᵀ Q
            pack(calls, g, g_from, plan[O_ROW], False, rows, V, x, gradient_at)
            tile = MacroTile(seen, V, rows, stride, False, rows * nr, nr, plan[DV_ROW], False, add, False)
            macro_kernel(calls, x, score_at, x, gradient_at, dv, dv_at[task], x, 0, x, 0, tile)  # dV += P'ᵀ g
            add = True


# -------------------------------------------------------------------------------------------------------------- layouts


class Heads(NamedTuple):
    """The matrices of all heads, as kernels take them."""

    memory: ndarray  # flat
    at: ndarray  # (B,): where each begins in it
    row: int  # the distance of rows

    @property
    def operand(self) -> tuple[ndarray, ndarray]:
        return self.memory, self.at


@functools.lru_cache(512)
def _offsets(lead: tuple[int, ...], strides: tuple[int, ...]) -> ndarray:
    """The offset of each head, for leading dimensions with these strides."""
    offsets = np.zeros(1, np.int64)
    for size, stride in zip(lead, strides, strict=True):
        offsets = (offsets[:, None] + np.arange(size) * stride).reshape(-1)
    return offsets


def heads_of(x: ndarray) -> Heads:
    """x (..., rows, columns) in place, or a copy if its rows are not contiguous."""
    size, memory = x.itemsize, x
    while type(memory.base) is ndarray:
        memory = memory.base
    usable = (
        memory.flags.carray
        and memory.dtype == x.dtype
        and (x.strides[-1] == size or x.shape[-1] == 1)
        and all(s >= 0 and s % size == 0 for s in x.strides)
    )
    if not usable:
        memory = x = np.array(x, order="C")
    first = (x.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // size
    strides = tuple(s // size for s in x.strides)
    offsets = _offsets(x.shape[:-2], strides[:-2])
    return Heads(memory.reshape(-1), offsets + first if first else offsets, strides[-2])


def like(x: ndarray, columns: int) -> ndarray:
    """An empty array (..., rows, columns), whose dimensions but the last are in the order of those of x in memory."""
    order = sorted(range(x.ndim - 1), key=lambda d: -x.strides[d])
    out = empty((*(x.shape[d] for d in order), columns), x.dtype)
    return out.transpose((*np.argsort(order).tolist(), x.ndim - 1))


# -------------------------------------------------------------------------------------------------------------- wrappers


@functools.lru_cache(512)
def _plan(B: int, L: int, S: int, E: int, V: int, causal: bool, dtype: np.dtype) -> tuple[ndarray, int, float]:
    """What depends on the sizes alone: the parameter array, the number of tasks, and the work of a forward pass."""
    size, nr = dtype.itemsize, VECTORS * lanes(dtype)
    line = 64 // size
    stride = (-(-S // line) | 1) * line  # an odd number of lines, against cache-set conflicts
    parts = 1 if B >= PARTS else min(-(-PARTS // B), -(-L // ROWS))
    share = -(-L // parts)
    blocks = -(-share // max(ROWS, SCORES // stride))
    block = min(share, _up(-(-share // blocks), machine().mr[VECTORS]))
    sizes = {
        QUERY_AT: block * E,
        SCORE_AT: block * stride,
        SLOPE_AT: block * stride,
        KEY_AT: _up(S, nr) * E,
        VALUE_AT: max(_up(S, nr) * V, _up(V, nr) * S),
        SCALED_KEY_AT: _up(E, nr) * S,
        GRADIENT_AT: _up(max(E, V), nr) * block,
    }
    plan, end = np.zeros(PLAN_SIZE, np.int64), 0
    for offset, length in sizes.items():
        plan[offset] = end
        end += _up(length, line)
    plan[SCRATCH] = end + line
    plan[: CAUSAL + 1] = L, S, E, V, parts, block, stride, nr, causal
    work = B * L * S * ((E + V) / (4 * lanes(dtype)) + 1.5) / (2 if causal else 1)
    return plan, B * parts, work


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


@functools.cache
def _integer(dtype: np.dtype) -> ndarray:
    kind = np.dtype(f"i{dtype.itemsize}")
    return np.array([np.iinfo(kind).max], kind)


class Settings(NamedTuple):
    """How attention is computed."""

    causal: bool  # query i sees the keys j <= i
    scale: float
    p: float  # of dropping
    seed: int


def _operands(q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, settings: Settings) -> tuple:
    """The plan, the tasks and the work, and the arguments `operands`, `scale` and `dropout` of both kernels."""
    *lead, L, E = q.shape
    S, V = k.shape[-2], v.shape[-1]
    plan, tasks, work = _plan(math.prod(lead), L, S, E, V, settings.causal, q.dtype)
    plan = plan.copy()
    matrices = [heads_of(q), heads_of(k), heads_of(v)]
    plan[Q_ROW], plan[K_ROW], plan[V_ROW] = (m.row for m in matrices)
    if bias is not None:
        if bias.shape[-1] != S:
            bias = np.repeat(bias, S, -1)
        matrices.append(heads_of(np.broadcast_to(bias, (*lead, L, S))))
        plan[BIASED], plan[BIAS_ROW] = True, matrices[3].row
    else:
        matrices.append(matrices[0])
    plan[DROPPING] = settings.p > 0
    number = q.dtype.type
    boost = 0.0 if settings.p == 1 else 1 / (1 - settings.p)
    dropout = np.int64(settings.seed), limit_of(settings.p), number(boost)
    return plan, tasks, work, tuple(m.operand for m in matrices), number(settings.scale), dropout


def forward(
    q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, settings: Settings, weighing: bool
) -> tuple[ndarray, ndarray | None, ndarray]:
    """q (..., L, E), k (..., S, E), v (..., S, V), bias or None broadcasting to (..., L, S), none of them empty.

    Returns the output (..., L, V), its dimensions in memory as those of q; P' (..., L, S) if `weighing`; and the
    statistics of the scores (..., L, 2) that `backward` takes.
    """
    *lead, L, _ = q.shape
    plan, tasks, work, operands, scale, dropout = _operands(q, k, v, bias, settings)
    out = like(q, v.shape[-1])
    to, stats = heads_of(out), np.empty((*lead, L, 2), q.dtype)
    weights = np.empty((*lead, L, k.shape[-2]) if weighing else 0, q.dtype)
    plan[O_ROW], plan[WEIGHTS] = to.row, weighing
    parallel_for(
        _forward, tasks, work, calls(q.dtype), plan, operands, *to.operand, stats.reshape(-1), weights.reshape(-1),
        _integer(q.dtype), scale, dropout,
    )  # fmt: skip
    return out, (weights if weighing else None), stats


def backward(
    g: ndarray | None, gw: ndarray | None, q: ndarray, k: ndarray, v: ndarray, bias: ndarray | None, stats: ndarray,
    settings: Settings, slopes: Any = None, biasing: bool = False,
) -> tuple[ndarray, ndarray, ndarray, ndarray | None]:  # fmt: skip
    """From the gradients of output and weights to those of q, k, v, and, if `biasing`, of the bias (..., L, S).

    slopes: three arrays to write the first three to, or one array of them; None: new ones.
    """
    *lead, L, E = q.shape
    S, V = k.shape[-2], v.shape[-1]
    plan, tasks, work, operands, scale, dropout = _operands(q, k, v, bias, settings)
    dq, dk, dv = (like(q, E), like(k, E), like(v, V)) if slopes is None else slopes
    parts = int(plan[TASK_PARTS])
    sums = (dk, dv) if parts == 1 else tuple(np.empty((*lead, parts, *x.shape[-2:]), x.dtype) for x in (dk, dv))
    output = heads_of(np.zeros((*lead, L, V), q.dtype) if g is None else g)
    results = [heads_of(x) for x in (dq, *sums)]
    db = np.empty((*lead, L, S) if biasing else 0, q.dtype)
    plan[O_ROW], plan[WEIGHTS], plan[BIAS_GRADIENT] = output.row, gw is not None, biasing
    plan[DQ_ROW], plan[DK_ROW], plan[DV_ROW] = (m.row for m in results)
    gw = stats if gw is None else plain(gw)
    parallel_for(
        _backward, tasks, 2.5 * work, calls(q.dtype), plan, operands, output.operand, gw.reshape(-1), stats.reshape(-1),
        tuple(m.operand for m in results), db.reshape(-1), scale, dropout,
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
