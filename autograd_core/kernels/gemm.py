"""The product of matrices, on the register tile of `simd.py`: any transposes, stacks, a bias, float32 and float64.

The product is cut into regions of the result, one or more for each thread. A region is computed in blocks of k, so that
what the tile reads stays in the caches; a block of b is copied into panels two vectors wide if it is not contiguous
along n, or if it is used often enough for that to pay. a is read where it lies, whichever way it is contiguous.

    a k-contiguous  @ b n-contiguous    x @ W, the gradient g @ W of linear's input
    a m-contiguous  @ b n-contiguous    gᵀ @ x, the gradient of linear's weight
    a k-contiguous  @ b k-contiguous    x @ Wᵀ, linear: the smaller one of a and b is turned while it is copied, if it is a
                                        as bᵀ @ aᵀ, whose result is turned when it is stored
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

from .runtime import get_num_threads, kernel, parallel_for, plain, warms_up
from .simd import VECTORS, calls, copy, height, lanes, machine, tile, turn

# ------------------------------------------------------------------------------------------------------------- kernels


@kernel()
def pack(calls, b, at, stride, turned, k, n, panels, panels_at, width, lanes):  # type: ignore[no-untyped-def]
    """b (k, n), or (n, k) if turned, as panels (ceil(n / width), k, width). What is beyond n is never used."""
    for first in range(0, n, width):
        here, to = min(width, n - first), panels_at + first * k
        if turned:
            for part in range(0, here, lanes):
                for i in range(0, k, lanes):
                    turn(
                        calls, b, at + (first + part) * stride + i, panels, to + i * width + part, stride, width,
                        min(lanes, here - part), min(lanes, k - i), True, False,
                    )  # fmt: skip
        else:
            copy(calls, b, at + first, panels, to, stride, width, k, here, (here + lanes - 1) // lanes * lanes)


@kernel()
def _region(calls, a, a_at, b, b_at, c, c_at, m0, m1, n0, n1, adding, scratch, at, plan):  # type: ignore[no-untyped-def]
    """The rows m0 : m1 and columns n0 : n1 of one product."""
    K, a_stride, along_k, b_stride, b_turned = plan[4], plan[5], plan[6] != 0, plan[8], plan[9] != 0
    c_stride, c_turned = plan[11], plan[12] != 0
    KC, MC, NC, copy_a, copy_b, lanes, width = plan[16], plan[17], plan[18], plan[19] != 0, plan[20] != 0, plan[21], plan[22]
    a_padded = plan[25]
    blocks = (K + KC - 1) // KC
    tile_at = at
    a_block = tile_at + plan[23]
    b_block = a_block + plan[24]
    for block in range(blocks):
        k0 = K * block // blocks
        k = K * (block + 1) // blocks - k0
        add = adding or block > 0
        for n_first in range(n0, n1, NC):
            n_last = min(n1, n_first + NC)
            packed_from = n_first
            if not (b_turned or copy_b):  # then only what is less than a vector
                packed_from += (n_last - n_first) // lanes * lanes // width * width
                packed_from = n_last if n_last % lanes == n_first % lanes else packed_from
            first = b_at + (packed_from * b_stride + k0 if b_turned else k0 * b_stride + packed_from)
            pack(calls, b, first, b_stride, b_turned, k, n_last - packed_from, scratch, b_block, width, lanes)
            for m_first in range(m0, m1, MC):
                m_last = min(m1, m_first + MC)
                a_now, a_step, a_place = a, a_stride, a_at
                if along_k:
                    a_place += m_first * a_stride + k0
                else:
                    a_place += k0 * a_stride + m_first
                if copy_a:
                    across, along = (m_last - m_first, k) if along_k else (k, m_last - m_first)
                    copy(calls, a, a_place, scratch, a_block, a_stride, a_padded, across, along, along)
                    a_now, a_place, a_step = scratch, a_block, a_padded
                for n in range(n_first, n_last, width):
                    count = min(width, n_last - n)
                    if n >= packed_from:
                        b_now, b_place, b_step = scratch, b_block + (n - packed_from) * k, width
                    else:
                        b_now, b_place, b_step = b, b_at + k0 * b_stride + n, b_stride
                    m = m_first
                    while m < m_last:
                        rows = height(calls, m_last - m)
                        target, place, step = c, c_at + m * c_stride + n, c_stride
                        if c_turned:
                            target, place, step = scratch, tile_at, width
                        tile(
                            calls, a_now, a_place + (m - m_first) * (a_step if along_k else 1), b_now, b_place,
                            target, place, a_step, b_step, step, k, count, rows, along_k, add and not c_turned,
                        )  # fmt: skip
                        if c_turned:
                            for part in range(0, count, lanes):
                                for row in range(0, rows, lanes):
                                    turn(
                                        calls, scratch, tile_at + row * width + part, c,
                                        c_at + (n + part) * c_stride + m + row, width, c_stride,
                                        min(lanes, rows - row), min(lanes, count - part), False, add,
                                    )  # fmt: skip
                        m += rows


@kernel()
def _products(start, stop, calls, a, b, c, bias, plan):  # type: ignore[no-untyped-def]
    """The regions start : stop of all products of the stack."""
    M, N, m_parts, n_parts = plan[2], plan[3], plan[14], plan[15]
    c_stride, c_turned, has_bias, adding = plan[11], plan[12] != 0, plan[26] != 0, plan[27] != 0
    m_unit, n_unit = plan[28], plan[22]
    m_units, n_units = (M + m_unit - 1) // m_unit, (N + n_unit - 1) // n_unit
    scratch = np.empty(plan[29], a.dtype)
    at = -(scratch.ctypes.data // scratch.itemsize) % (64 // scratch.itemsize)  # a vector in one line of the cache
    for task in range(start, stop):
        batch, m_part, n_part = task // (m_parts * n_parts), task // n_parts % m_parts, task % n_parts
        m0, m1 = m_units * m_part // m_parts * m_unit, min(M, m_units * (m_part + 1) // m_parts * m_unit)
        n0, n1 = n_units * n_part // n_parts * n_unit, min(N, n_units * (n_part + 1) // n_parts * n_unit)
        c_at = batch * plan[13]
        if has_bias:  # laid into c before the sums, along its rows
            rows0, rows1, first, last = (n0, n1, m0, m1) if c_turned else (m0, m1, n0, n1)
            copy(
                calls, bias, first, c, c_at + rows0 * c_stride + first, 0, c_stride, rows1 - rows0, last - first,
                last - first,
            )  # fmt: skip
        _region(
            calls, a, batch * plan[7], b, batch * plan[10], c, c_at, m0, m1, n0, n1, adding or has_bias, scratch, at, plan
        )


# --------------------------------------------------------------------------------------------------------------- plans

# In bytes: a row of a block of a, so that a tile of a and the panel of b beside it stay in the first-level cache or near
K_BYTES = 1024
A_BYTES = 256 * 1024  # the block of a that is used for all panels of b: a part of the second-level cache
B_BYTES = 512 * 1024  # the block of b
COPY_B_FROM = 96  # rows of a, for which b is better copied into panels


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
    add: bool,
    threads: int,
) -> Plan:
    """How (M, K) @ (K, N) is computed. a_turned: a lies in memory as (K, M); b_turned: b as (N, K)."""
    size, width, heights = dtype.itemsize, VECTORS * lanes(dtype), machine().heights
    work = batches * M * N * K / (8 * lanes(dtype))
    # Turned operands cost a copy of each element, a turned result a store of each.
    swapped = b_turned and (a_turned or M * K + M * N < N * K)
    along_k, turn_b = not a_turned, b_turned
    a_stride, b_stride, c_stride = (M if a_turned else K), (K if b_turned else N), N
    rows, columns = M, N
    if swapped:
        rows, columns = N, M
        along_k, turn_b = b_turned, not a_turned
        a_stride, b_stride, a_batch, b_batch = b_stride, a_stride, b_batch, a_batch
    m_unit = heights[0]
    m_parts, n_parts = _parts(rows, columns, m_unit, width, batches, threads, work, turn_b)
    KC = K_BYTES // size
    k_most = -(-K // -(-K // KC))
    m_most, n_most = -(-rows // m_parts), -(-columns // n_parts)
    MC = max(A_BYTES // (size * k_most) // m_unit, 1) * m_unit
    NC = max(B_BYTES // (size * k_most) // width, 1) * width
    copy_b = m_most >= COPY_B_FROM
    # Rows that lie a multiple of the cache's 4096 bytes apart drive each other out of it.
    crowded = (a_stride * size + 64) % 4096 <= 128
    copy_a = crowded and n_most >= 4 * width and (along_k or k_most > 64)
    MC = min(MC, -(-m_most // m_unit) * m_unit)
    a_step = k_most + 16 if along_k else MC + 16
    tile_size = heights[0] * width
    a_size = (MC * a_step if along_k else k_most * a_step) if copy_a else 0
    b_size = k_most * min(NC, -(-n_most // width) * width)
    each = tile_size + a_size + b_size + 16
    numbers = np.array(
        [
            K_BYTES, batches, rows, columns, K, a_stride, along_k, a_batch, b_stride, turn_b, b_batch,
            c_stride, swapped, M * N, m_parts, n_parts, KC, MC, NC, copy_a, copy_b, lanes(dtype), width,
            tile_size, a_size, a_step, has_bias, add, m_unit, each,
        ],
        np.int64,
    )  # fmt: skip
    return Plan(numbers, work, batches * m_parts * n_parts, swapped)


def _parts(
    rows: int, columns: int, m_unit: int, n_unit: int, batches: int, threads: int, work: float, turned: bool
) -> tuple[int, int]:
    """Into how many parts rows and columns are cut: enough for the threads, and so that least is copied twice."""
    if batches >= 4 * threads or threads == 1:
        return 1, 1
    m_units, n_units = -(-rows // m_unit), -(-columns // n_unit)
    needed = -(-threads // batches)
    best, found = math.inf, (1, 1)
    for n_parts in range(1, needed + 1):
        m_parts = -(-needed // n_parts)
        largest = -(-m_units // min(m_parts, m_units)) * -(-n_units // min(n_parts, n_units))
        copies = m_parts * columns * (2 if turned else 1) + n_parts * rows
        cost = largest * m_unit * n_unit + copies
        if cost < best:
            best, found = cost, (min(m_parts, m_units), min(n_parts, n_units))
    return found


# -------------------------------------------------------------------------------------------------------------- wrappers

def _flat(x: ndarray) -> tuple[ndarray, bool]:
    """x (..., R, C) as a flat array, and whether that lies as (..., C, R)."""
    if x.flags.carray:
        return x.reshape(-1), False
    turned = x.swapaxes(-1, -2)
    if turned.flags.carray:
        return turned.reshape(-1), True
    return plain(x).reshape(-1), False


def product(a: ndarray, b: ndarray, bias: ndarray | None = None) -> ndarray:
    """a (..., M, K) @ b (..., K, N) + bias (N,): (..., M, N). Leading dimensions broadcast.

    float32 or float64, all alike; any strides.
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
    out = np.empty((*lead, M, N), a.dtype)
    if not out.size:
        return out
    if K == 0:
        out[...] = 0 if bias is None else bias
        return out
    flat_a, a_turned = _flat(a)
    flat_b, b_turned = _flat(b)
    plan = plan_product(
        batches, M, N, K, a_turned, b_turned, a_batch, b_batch, a.dtype, bias is not None, False, get_num_threads()
    )
    if plan.swapped:
        flat_a, flat_b = flat_b, flat_a
    flat_bias = flat_a if bias is None else plain(bias)
    parallel_for(_products, plan.tasks, plan.work, calls(a.dtype), flat_a, flat_b, out.reshape(-1), flat_bias, plan.numbers)
    return out


def _stack(x: ndarray, lead: tuple[int, ...], batches: int) -> tuple[ndarray, int]:
    """x as a stack and the distance of its matrices, 0 where one serves for all."""
    each = x.shape[-2] * x.shape[-1]
    if math.prod(x.shape[:-2]) == 1:
        return x.reshape(x.shape[-2:]), 0
    if x.shape[:-2] != lead:
        x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    return x, each


# A call costs some 5 µs, NumPy's 2; NumPy's BLAS keeps to one thread below so many multiply-adds.
WORTHWHILE = 2**18


def matmul(a: Any, b: Any, bias: Any = None) -> ndarray:
    """`product` where it pays, else NumPy's."""
    M, K, N = a.shape[-2], a.shape[-1], b.shape[-1]
    work = M * K * N if a.ndim == b.ndim == 2 else max(a.size * N, b.size * M)
    if work >= WORTHWHILE and a.dtype.char in "fd" and a.dtype == b.dtype and type(a) is type(b) is ndarray:
        return product(a, b, bias)
    out = np.matmul(a, b)
    if bias is not None:
        out += bias
    return out


@warms_up
def _matrices() -> None:
    for dtype in (np.float32, np.float64):
        product(np.ones((2, 3), dtype), np.ones((3, 2), dtype))
