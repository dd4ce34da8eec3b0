"""The product of matrices, on the register tile of `simd.py`: any transposes, stacks, a bias, float32 and float64.

The product is cut into regions of the result, one for each thread. A region is computed in blocks of k, so that
what the tile reads stays in the caches; a block of b is copied into panels two vectors wide if it is not contiguous
along n, or if it is used often enough for that to pay. a is read where it lies, whichever way it is contiguous.

    a k-contiguous  @ b n-contiguous    x @ W, the gradient g @ W of linear's input
    a m-contiguous  @ b n-contiguous    gᵀ @ x, the gradient of linear's weight
    a k-contiguous  @ b k-contiguous    x @ Wᵀ, linear: the smaller one of a and b is turned while it is copied;
                                        if that is a, as bᵀ @ aᵀ, turned back when it is stored
    a m-contiguous  @ b k-contiguous    as bᵀ @ aᵀ, with nothing to copy

Each number of the result is the sum of one chain of fused multiply-adds for each block of k, added in order. The blocks
of k depend on K alone: so results depend neither on the regions nor on the number of threads, to the last bit.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.blas import lapack
from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import ALONG_K, ALONG_M, MOST_ROWS, VECTORS, calls, copy, lanes, tile_from, turn
from ..machine.threads import get_num_threads, parallel_for
from ..machine.vectors import machine
from ..machine.workspace import empty
from ..rows.activation import EPILOGUES, apply, apply_to_rows

TURNED = 48  # rows of tiles that are turned together: a multiple of the height of a tile and of the lanes of a vector

# ------------------------------------------------------------------------------------------------------------- kernels


@kernel()
def pack(calls, b, at, stride, turned, k, n, panels, panels_at, width, lanes):  # type: ignore[no-untyped-def]
    """b (k, n), or (n, k) if turned, as panels (ceil(n / width), k, width). What is beyond n is never used."""
    for first in range(0, n, width):
        here, to = min(width, n - first), panels_at + first * k
        if turned:
            turn(calls, b, at + first * stride, panels, to, stride, width, here, k, True, False)
        else:
            copy(calls, b, at + first, panels, to, stride, width, k, here, (here + lanes - 1) // lanes * lanes)


@kernel()
def sweep(  # type: ignore[no-untyped-def]
    calls, a, a_at, a_stride, along_k, b, b_at, b_stride, c, c_at, c_stride, turned, rows, n, k, add, spare, at, lanes
):
    """The tiles of one panel of b, n columns wide: c (rows, n) or, turned, c (n, rows) is set or added to.

    a_stride: the distance of rows where a is along k, of columns else; or -width of panels of a (…, k, width).
    Turned tiles are computed in `spare`, from `at`: there must be room for TURNED rows.
    """
    sweep_from(
        calls, a, a_at, a_stride, along_k, b, b_at, b_stride, c, c_at, c_stride, turned, rows, n, k, add, spare, at, lanes,
        a, 0, False,
    )  # fmt: skip


@kernel()
def sweep_from(  # type: ignore[no-untyped-def]
    calls, a, a_at, a_stride, along_k, b, b_at, b_stride, c, c_at, c_stride, turned, rows, n, k, add, spare, at, lanes,
    bias, bias_at, begin,
):  # fmt: skip
    """`sweep`, where if `begin` the sums of row m begin with bias[bias_at + m]."""
    m, kind, width = 0, ALONG_K if along_k else ALONG_M, 2 * lanes
    waiting = 0  # rows in `spare`, which are turned together: `turn` is quick with whole blocks of lanes · lanes
    panels = a_stride < 0 and not along_k
    high, higher = -a_stride, 0  # the height of tiles, and how many, the first ones, have a row more
    if not panels:  # as `height_of` gives them one by one
        most = calls[MOST_ROWS + (n + lanes - 1) // lanes]
        tiles = max(1, (rows + most - 1) // most)
        high = rows // tiles
        higher = rows - tiles * high
    a_step = high if panels else a_stride
    while m < rows:
        here = min(rows - m, high + 1 if higher > 0 else high)
        higher -= 1
        a_here = a_at + m * (a_stride if along_k else k if panels else 1)
        if turned:
            tile_from(
                calls, a, a_here, b, b_at, spare, at + waiting * width, bias, bias_at + m, calls, 0, a_step, b_stride,
                width, k, n, here, kind, False, begin,
            )  # fmt: skip
            waiting += here
            if waiting + here > TURNED or m + here == rows:
                turn(calls, spare, at, c, c_at + m + here - waiting, width, c_stride, waiting, n, False, add)
                waiting = 0
        else:
            c_here = c_at + m * c_stride
            tile_from(
                calls, a, a_here, b, b_at, c, c_here, bias, bias_at + m, calls, 0, a_step, b_stride, c_stride, k, n, here,
                kind, add, begin,
            )  # fmt: skip
        m += here


# What `_products` is told, by its place in one array of numbers
(
    BATCHES, ROWS, COLUMNS, SUM, A_STRIDE, A_ALONG, A_BATCH, B_STRIDE, B_TURNED, B_BATCH, C_STRIDE, C_TURNED, C_BATCH,
    ROW_PARTS, COLUMN_PARTS, K_BLOCK, ROW_BLOCK, COLUMN_BLOCK, COPY_A, COPY_B, LANES, ROW_UNIT, A_PADDED, A_BLOCK_AT,
    B_BLOCK_AT, SCRATCH, HAS_BIAS, EPILOGUE,
) = range(28)  # fmt: skip


@kernel()
def _products(start, stop, calls, a, b, c, bias, plan):  # type: ignore[no-untyped-def]
    """The regions start : stop of all products of the stack."""
    M, N, K, lanes, unit = plan[ROWS], plan[COLUMNS], plan[SUM], plan[LANES], plan[ROW_UNIT]
    along_k, turned, c_stride = plan[A_ALONG] != 0, plan[C_TURNED] != 0, plan[C_STRIDE]
    a_stride, b_stride, b_turned, copy_a = plan[A_STRIDE], plan[B_STRIDE], plan[B_TURNED] != 0, plan[COPY_A] != 0
    width, blocks = 2 * lanes, (K + plan[K_BLOCK] - 1) // plan[K_BLOCK]
    m_units, n_units = (M + unit - 1) // unit, (N + width - 1) // width
    m_parts, n_parts, has_bias = plan[ROW_PARTS], plan[COLUMN_PARTS], plan[HAS_BIAS] != 0
    scratch = np.empty(plan[SCRATCH], a.dtype)
    at = -(scratch.ctypes.data // scratch.itemsize) % (64 // scratch.itemsize)  # a vector in one line of the cache
    a_block, b_block = at + plan[A_BLOCK_AT], at + plan[B_BLOCK_AT]
    for task in range(start, stop):
        batch, m_part, n_part = task // (m_parts * n_parts), task // n_parts % m_parts, task % n_parts
        m0, m1 = m_units * m_part // m_parts * unit, min(M, m_units * (m_part + 1) // m_parts * unit)
        n0, n1 = n_units * n_part // n_parts * width, min(N, n_units * (n_part + 1) // n_parts * width)
        a_at, b_at, c_at = batch * plan[A_BATCH], batch * plan[B_BATCH], batch * plan[C_BATCH]
        if has_bias and not turned:  # laid into c before the sums, along its rows
            copy(calls, bias, n0, c, c_at + m0 * c_stride + n0, 0, c_stride, m1 - m0, n1 - n0, n1 - n0)
        for block in range(blocks):
            k0 = K * block // blocks
            k = K * (block + 1) // blocks - k0
            add = block > 0 or (has_bias and not turned)
            for n_first in range(n0, n1, plan[COLUMN_BLOCK]):
                n_last = min(n1, n_first + plan[COLUMN_BLOCK])
                packed = n_first
                if not (b_turned or plan[COPY_B]):  # then only the panel whose vectors would reach beyond b
                    packed = n_last if (n_last - n_first) % lanes == 0 else n_last - 1 - (n_last - n_first - 1) % width
                b_from = b_at + (packed * b_stride + k0 if b_turned else k0 * b_stride + packed)
                pack(calls, b, b_from, b_stride, b_turned, k, n_last - packed, scratch, b_block, width, lanes)
                for m_first in range(m0, m1, plan[ROW_BLOCK]):
                    rows = min(m1 - m_first, plan[ROW_BLOCK])
                    a_now, a_step, a_from = a, a_stride, a_at + m_first + k0 * a_stride
                    if along_k:
                        a_from = a_at + m_first * a_stride + k0
                    if copy_a:
                        a_step = plan[A_PADDED]
                        if along_k:
                            copy(calls, a, a_from, scratch, a_block, a_stride, a_step, rows, k, k)
                        else:
                            for i in range(0, rows, unit):
                                here, to = min(unit, rows - i), a_block + i * k
                                filled = (
                                    (here + lanes - 1) // lanes * lanes
                                )  # into the next row, which is copied after it
                                copy(calls, a, a_from + i, scratch, to, a_stride, unit, k, here, filled)
                        a_now, a_from = scratch, a_block
                    for n in range(n_first, n_last, width):
                        b_now, b_from, b_step = scratch, b_block + (n - packed) * k, width
                        if n < packed:
                            b_now, b_from, b_step = b, b_at + k0 * b_stride + n, b_stride
                        c_from = c_at + (n * c_stride + m_first if turned else m_first * c_stride + n)
                        sweep_from(
                            calls, a_now, a_from, a_step, along_k, b_now, b_from, b_step, c, c_from, c_stride, turned,
                            rows, min(width, n_last - n), k, add, scratch, at, lanes, bias, m_first,
                            has_bias and turned and block == 0,
                        )  # fmt: skip
                    if plan[EPILOGUE] != 0 and block == blocks - 1:  # what was computed is still in the cache
                        if turned:
                            c_from, lines, length = c_at + n_first * c_stride + m_first, n_last - n_first, rows
                        else:
                            c_from, lines, length = c_at + m_first * c_stride + n_first, rows, n_last - n_first
                        apply_to_rows(c, c_from, c_stride, lines, length, plan[EPILOGUE])


# --------------------------------------------------------------------------------------------------------------- plans

# Sizes of blocks in bytes, for a second-level cache of 1 MB (or half as much).
K_BYTES = 1600  # a row of a block of a: tiles of it and panels of b stay in the first-level cache, or near
A_BYTES = 160 * 1024  # the block of a, used for all panels of the block of b
B_BYTES = 512 * 1024  # the block of b
COPY_A_FROM = 4  # panels of b, for which it pays to copy a too, where it lies badly
COPY_B_FROM = 48  # rows of a, for which it pays to copy b into panels


class Plan(NamedTuple):
    numbers: ndarray  # what the kernels read, see `_region` and `_products`
    work: float  # for `parallel_for`
    tasks: int
    swapped: bool  # bᵀ @ aᵀ is computed


@functools.lru_cache(1024)
def plan_product(
    batches: int,
    M: int,
    N: int,
    K: int,
    a_turned: bool,
    b_turned: bool,
    a_batch: int,
    b_batch: int,
    dtype: np.dtype,
    has_bias: bool,
    epilogue: int,
    threads: int,
) -> Plan:
    """How (M, K) @ (K, N) is computed. a_turned: a lies in memory as (K, M); b_turned: b as (N, K)."""
    size, width, unit = dtype.itemsize, VECTORS * lanes(dtype), machine().most_rows[VECTORS]
    work = batches * M * N * K / (4 * lanes(dtype))
    # Turned operands cost a copy of each element, a turned result a store of each.
    swapped = b_turned and (a_turned or M * K + M * N < N * K)
    along_k, turn_b, rows, columns = not a_turned, b_turned, M, N
    a_stride, b_stride = (M if a_turned else K), (K if b_turned else N)
    if swapped:
        along_k, turn_b, rows, columns = b_turned, not a_turned, N, M
        a_stride, b_stride, a_batch, b_batch = b_stride, a_stride, b_batch, a_batch
    m_parts, n_parts = _parts(rows, columns, unit, width, batches, threads, turn_b)
    m_most, n_most = -(-rows // m_parts) + unit, -(-columns // n_parts) + width
    k_block = K_BYTES // size
    k_most = -(-K // -(-K // k_block))
    row_block = _up(_even(m_most, A_BYTES // (size * k_most)), unit)
    column_block = _up(_even(n_most, B_BYTES // (size * k_most)), width)
    copy_b = m_most >= COPY_B_FROM
    # Columns of a, and rows that lie a multiple of 4096 bytes apart, drive each other out of the first-level cache.
    copy_a = n_most >= COPY_A_FROM * width and (not along_k or (a_stride * size + 64) % 4096 <= 128)
    a_padded = k_most + 64 // size if along_k else -unit
    a_block_at = TURNED * width if swapped else 0  # after turned tiles
    b_block_at = a_block_at + (_up(row_block * (a_padded if along_k else k_most) + lanes(dtype), 16) if copy_a else 0)
    scratch = b_block_at + k_most * column_block + 16
    numbers = np.array(
        [
            batches, rows, columns, K, a_stride, along_k, a_batch, b_stride, turn_b, b_batch, N, swapped, M * N,
            m_parts, n_parts, k_block, row_block, column_block, copy_a, copy_b, lanes(dtype), unit, a_padded,
            a_block_at, b_block_at, scratch, has_bias, epilogue,
        ],
        np.int64,
    )  # fmt: skip
    return Plan(numbers, work, batches * m_parts * n_parts, swapped)


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _even(n: int, most: int) -> int:
    """The length of equal parts of n, of at most about `most`."""
    return -(-n // max(1, round(n / most)))


def _parts(
    rows: int, columns: int, m_unit: int, n_unit: int, batches: int, needed: int, turned: bool
) -> tuple[int, int]:
    """Into how many parts rows and columns are cut: as many as needed, and so that least is copied twice."""
    if batches >= 4 * needed or needed == 1:
        return 1, 1
    m_units, n_units = -(-rows // m_unit), -(-columns // n_unit)
    needed = -(-needed // batches)
    best, found = math.inf, (1, 1)
    for n_parts in range(1, needed + 1):
        m, n = min(-(-needed // n_parts), m_units), min(n_parts, n_units)
        largest = -(-m_units // m) * m_unit * -(-n_units // n) * n_unit
        cost = largest + m * columns * (2 if turned else 1) + n * rows
        if cost < best:
            best, found = cost, (m, n)
    return found


# ------------------------------------------------------------------------------------------------------------ wrappers


def _flat(x: ndarray) -> tuple[ndarray, bool]:
    """x (..., R, C) as a flat array, and whether that lies as (..., C, R)."""
    if x.flags.carray:
        return x.reshape(-1), False
    turned = x.swapaxes(-1, -2)
    if turned.flags.carray:
        return turned.reshape(-1), True
    return plain(x).reshape(-1), False


def product(a: ndarray, b: ndarray, bias: ndarray | None = None, activation: str | None = None) -> ndarray:
    """f(a (..., M, K) @ b (..., K, N) + bias (N,)): (..., M, N). Leading dimensions broadcast.

    float32 or float64, all alike; any strides. activation: f, one of `EPILOGUES`, or None.
    """
    M, K, N = a.shape[-2], a.shape[-1], b.shape[-1]
    lead: tuple[int, ...] = ()
    a_batch = b_batch = 0
    if a.ndim > 2 or b.ndim > 2:
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        batches = math.prod(lead)
        a, a_batch = _stack(a, lead, batches)
        b, b_batch = _stack(b, lead, batches)
    else:
        batches = 1
    out = empty((*lead, M, N), a.dtype)
    if not out.size:
        return out
    if K == 0:
        out[...] = 0 if bias is None else bias
        return apply(activation, out)
    flat_a, a_turned = _flat(a)
    flat_b, b_turned = _flat(b)
    epilogue = EPILOGUES[activation]
    plan = plan_product(
        batches, M, N, K, a_turned, b_turned, a_batch, b_batch, a.dtype, bias is not None, epilogue, get_num_threads()
    )
    flat = (flat_b, flat_a) if plan.swapped else (flat_a, flat_b)
    flat_bias = flat_a if bias is None else plain(bias)
    parallel_for(_products, plan.tasks, plan.work, calls(a.dtype), *flat, out.reshape(-1), flat_bias, plan.numbers)
    return out


def _stack(x: ndarray, lead: tuple[int, ...], batches: int) -> tuple[ndarray, int]:
    """x as a stack and the distance of its matrices, 0 where one serves for all."""
    each = x.shape[-2] * x.shape[-1]
    if math.prod(x.shape[:-2]) == 1:
        return x.reshape(x.shape[-2:]), 0
    if x.shape[:-2] != lead:
        x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    return x, each


# Which product is used. A call of ours costs some 6 µs, NumPy's 2. NumPy's BLAS has one thread (`blas.py`), ours all; and
# up to 2^18 multiply-adds, or for a matrix and a vector 9216, a second thread saves less than our call costs.
# Large ones take about as long either way: on registers of 32 bytes ours 0.9 to 1.05 times as long, on those of 64 less.
WORTHWHILE = 2**18
WORTHWHILE_VECTOR = 9216


def matmul(a: Any, b: Any, bias: Any = None, activation: str | None = None) -> ndarray:
    """`product` where it pays, else NumPy's."""
    M, K, N = a.shape[-2], a.shape[-1], b.shape[-1]
    work = M * K * N if a.ndim == b.ndim == 2 else max(a.size * N, b.size * M)
    least = WORTHWHILE if M > 1 < N else WORTHWHILE_VECTOR
    if work >= least and a.dtype.char in "fd" and a.dtype == b.dtype and type(a) is type(b) is ndarray:
        return product(a, b, bias, activation)
    out = np.matmul(a, b) if work < least else lapack(np.matmul, a, b)  # complex: BLAS would use threads
    if bias is not None:
        out += bias
    return apply(activation, out)


@warms_up
def _matrices() -> None:
    for dtype in (np.float32, np.float64):
        product(np.ones((2, 3), dtype), np.ones((3, 2), dtype))
