"""General matrix products (GEMM): C = f(A B + bias), of stacks, any transposes, float32 and float64.

    C[m, n] = f(Σ_k A[m, k] B[k, n] + bias[n])         A (M, K), B (K, N), bias (N,), C (M, N), f an activation

The algorithm is that of Goto & van de Geijn 2008 ("Anatomy of high-performance matrix multiplication"), in the form and the
terms of BLIS (Van Zee & van de Geijn 2015): five loops around a micro-kernel, each of which cuts one dimension, so that
what the loops inside it use again stays in one level of the cache. Parallel split: C is cut into regions, a task each; the
loops below run over the M' rows and N' columns of one region.

    for pc = 0, KC, 2 KC, … < K                                                             5th loop
    |   for jc = 0, NC, 2 NC, … < N'        pack B[pc : pc+KC, jc : jc+NC] into B̃           4th loop
    |   |   for ic = 0, MC, 2 MC, … < M'    (pack A[ic : ic+MC, pc : pc+KC] into Ã)         3rd loop
    |   |   |   +----------------------------- macro-kernel -----------------------------+
    |   |   |   | for jr = 0, NR, 2 NR, … < NC          b = micro-panel of B̃, KC × NR    |  2nd loop
    |   |   |   | |   for ir = 0, MR, 2 MR, … < MC      a = micro-panel of A, MR × KC    |  1st loop
    |   |   |   | |   |   +--------------------- micro-kernel ---------------------+     |
    |   |   |   | |   |   | for k = 0, 1, 2, … < KC                                |     |
    |   |   |   | |   |   | |   C[ic+ir : +MR, jc+jr : +NR] += a[:, k] b[k, :]     |     |
    |   |   |   | |   |   +--------------------------------------------------------+     |
    |   |   |   +------------------------------------------------------------------------+

    block                  size, bytes                      stays in        and is used again
    micro-tile of C        MR × NR elements, see below      registers       in each step of the loop over k
    micro-panel b          KC × NR, 50 kB with AVX-512      L1, or near     in loop 1, for every micro-tile below each other
    block of A, or Ã       MC × KC, some 160 kB             L2              in loop 2, for every micro-panel of B̃
    block B̃                KC × NC, some 512 kB             L2              in loop 3, for every block of A

    sizes, float32: KC = 400; MR × NR = 12 × 32 with AVX-512, 6 × 16 with AVX2, 12 × 8 with NEON (`machine/vectors.py`)

C is set at the first block of k, and added to at the later ones. BLIS has loops 4 and 5 the other way round; either way
each block of B is packed once. In the code, `_products` is loops 5 to 3, `macro_kernel` loop 2 and `_micro_tiles` loop 1; the
micro-kernel is machine code of its own (`machine/simd.py`).

Packing copies a block into the order in which the micro-kernel reads it. B̃ is ceil(NC / NR) micro-panels, one after the
other, each (KC, NR) and row-major; B is packed where it is not contiguous along n, or is used often enough for that to
pay, else read in place. A is read in place, whichever way it is contiguous, or packed if rows or columns would be in
cache-set conflicts: as rows if it is contiguous along k, else as micro-panels (KC, MR). Operands and results:

    A row-major     @ B row-major       x @ W, the gradient g @ W of linear's input
    A column-major  @ B row-major       gᵀ @ x, the gradient of linear's weight
    A row-major     @ B column-major    x @ Wᵀ, linear: the smaller of A and B is transposed while it is packed; if that is
                                        A, Cᵀ = Bᵀ Aᵀ is computed, and transposed when it is stored
    A column-major  @ B column-major    as Cᵀ = Bᵀ Aᵀ, with nothing to transpose but the result

Each element of the result is the sum of one chain of fused multiply-adds for each block of k, added in order. The blocks of
k depend on K alone: so results depend neither on the regions nor on the number of threads, to the last bit.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.blas import lapack
from ..machine.runtime import kernel, plain, warms_up
from ..machine.simd import (
    ALONG_K,
    ALONG_M,
    LANES,
    MR_OF,
    VECTORS,
    MicroTile,
    calls,
    copy,
    lanes,
    micro_kernel,
    transpose,
)
from ..machine.threads import get_num_threads, parallel_for
from ..machine.vectors import machine
from ..machine.workspace import empty
from ..rows.activation import EPILOGUES, apply, apply_to_rows

STAGED = 48  # rows of micro-tiles that are transposed together: a multiple of MR and of the lanes of a vector

# ------------------------------------------------------------------------------------------------------------- kernels


@kernel()
def pack(calls, b, b_at, b_stride, transposed, k, n, panels, panels_at):  # type: ignore[no-untyped-def]
    """Pack a block of B into micro-panels: panels[n // NR, k, n % NR] = B[k, n].

    b, b_at, b_stride    B (k, n), or (n, k) if `transposed`
    panels, panels_at    (ceil(n / NR), k, NR). What is beyond column n is undefined, and never used
    """
    lanes = calls[LANES]
    nr = VECTORS * lanes
    for jr in range(0, n, nr):
        columns, to = min(nr, n - jr), panels_at + jr * k
        if transposed:
            transpose(calls, b, b_at + jr * b_stride, panels, to, b_stride, nr, columns, k, True, False)
        else:
            copy(calls, b, b_at + jr, panels, to, b_stride, nr, k, columns, (columns + lanes - 1) // lanes * lanes)


@kernel()
def pack_a(calls, a, a_at, a_stride, along_k, m, k, packed, packed_at, packed_stride):  # type: ignore[no-untyped-def]
    """Pack a block of A: as rows where it is contiguous along k, else into micro-panels.

    a, a_at, a_stride    A (m, k) if `along_k`, else (k, m)
    packed, packed_at    (m, packed_stride) if `along_k`, else (ceil(m / MR), k, MR)
    packed_stride        the distance of the rows of Ã; or -MR
    """
    if along_k:
        copy(calls, a, a_at, packed, packed_at, a_stride, packed_stride, m, k, k)
        return
    mr, lanes = -packed_stride, calls[LANES]
    for ir in range(0, m, mr):
        rows = min(mr, m - ir)
        filled = (rows + lanes - 1) // lanes * lanes  # into the next row, which is copied after it
        copy(calls, a, a_at + ir, packed, packed_at + ir * k, a_stride, mr, k, rows, filled)


class MacroTile(NamedTuple):
    """The sizes and strides of one call of `macro_kernel`: C (m, n) = or += A (m, k) @ B (k, n)."""

    m: int
    n: int
    k: int
    a_stride: int  # distance of the rows of A if `along_k`, else of its columns; or -MR: micro-panels (…, k, MR)
    along_k: bool  # A is contiguous along k
    b_panel: int  # distance of the micro-panels of B
    b_stride: int  # distance of the rows in a micro-panel
    c_stride: int
    transposed: bool  # C is stored as (n, m)
    add: bool  # to C; else it is set
    biased: bool  # the sums of row m begin with bias[m]


@kernel()
def macro_kernel(calls, a, a_at, b, b_at, c, c_at, bias, bias_at, staged, staged_at, tile):  # type: ignore[no-untyped-def]
    """Loops 2 and 1, around the micro-kernel: all micro-panels of B and, for each, all micro-tiles below each other.

    a, a_at              A, as `tile` says
    b, b_at              micro-panels of B
    c, c_at              C (m, n), or (n, m) if transposed
    bias, bias_at        (m,) if biased; else any array of the dtype
    staged, staged_at    (STAGED, NR) if transposed, for micro-tiles before they are transposed; else any array of the dtype
    tile                 a MacroTile
    """
    nr = VECTORS * calls[LANES]
    for jr in range(0, tile.n, nr):
        c_here = c_at + jr * (tile.c_stride if tile.transposed else 1)
        _micro_tiles(
            calls, a, a_at, b, b_at + jr // nr * tile.b_panel, c, c_here, bias, bias_at, staged, staged_at,
            min(nr, tile.n - jr), tile,
        )  # fmt: skip


@kernel(inline=True)
def _micro_tiles(calls, a, a_at, b, b_at, c, c_at, bias, bias_at, staged, staged_at, columns, tile):  # type: ignore[no-untyped-def]
    """Loop 1: C (m, columns) from one micro-panel of B, b (k, columns). The other arguments are those of `macro_kernel`."""
    m, k, a_stride, along_k = tile.m, tile.k, tile.a_stride, tile.along_k
    kind, nr = ALONG_K if along_k else ALONG_M, VECTORS * calls[LANES]
    packed = a_stride < 0 and not along_k
    height, taller = -a_stride, 0  # rows of the micro-tiles; and the number of those, the first ones, with a row more
    if not packed:  # as `micro_tile_rows` returns them one by one
        most = calls[MR_OF + (columns + calls[LANES] - 1) // calls[LANES]]
        tiles = max(1, (m + most - 1) // most)
        height = m // tiles
        taller = m - height * tiles
    a_step, waiting, ir = height if packed else a_stride, 0, 0
    while ir < m:
        rows = min(m - ir, height + 1 if taller > 0 else height)
        taller -= 1
        a_here = a_at + ir * (a_stride if along_k else k if packed else 1)
        if tile.transposed:  # `waiting` rows are staged, and transposed together: whole blocks of lanes² are quick
            micro_kernel(
                calls, a, a_here, b, b_at, staged, staged_at + waiting * nr, bias, bias_at + ir, calls, 0,
                MicroTile(rows, columns, k, a_step, tile.b_stride, nr, kind, False, tile.biased),
            )  # fmt: skip
            waiting += rows
            if waiting + rows > STAGED or ir + rows == m:
                c_here = c_at + ir + rows - waiting
                transpose(calls, staged, staged_at, c, c_here, nr, tile.c_stride, waiting, columns, False, tile.add)
                waiting = 0
        else:
            micro_kernel(
                calls, a, a_here, b, b_at, c, c_at + ir * tile.c_stride, bias, bias_at + ir, calls, 0,
                MicroTile(rows, columns, k, a_step, tile.b_stride, tile.c_stride, kind, tile.add, tile.biased),
            )  # fmt: skip
        ir += rows


# The layout of `plan`, the parameter array of `_products`. If transposed, Cᵀ = Bᵀ Aᵀ is computed: then Bᵀ is called A here,
# Aᵀ is called B, and M, N and all that follows from them are those of Cᵀ.
(
    M_SIZE,  # M, N and K of one product
    N_SIZE,
    K_SIZE,
    A_STRIDE,  # distance of the rows of A if it is contiguous along k, else of its columns
    A_ALONG_K,  # A is contiguous along k
    A_MATRIX,  # distance of the matrices of the stack A; 0: one for all
    B_STRIDE,  # distance of the rows of B, or of its columns if it is column-major
    B_TRANSPOSED,  # B is column-major
    B_MATRIX,  # distance of the matrices of the stack B; 0: one for all
    C_STRIDE,  # distance of the rows of C
    C_TRANSPOSED,  # Cᵀ is computed
    C_MATRIX,  # distance of the matrices of the stack C
    M_PARTS,  # regions of one C along M, and along N
    N_PARTS,
    KC,
    MC,
    NC,
    MR,
    PACKS_A,  # whether A is packed, and all of B
    PACKS_B,
    A_PACKED_STRIDE,  # distance of the rows of Ã; or -MR: micro-panels
    A_PACKED_AT,  # where in the scratch memory Ã begins, and B̃; micro-tiles to be transposed are staged from 0 on
    B_PACKED_AT,
    SCRATCH,  # elements of all this
    BIASED,  # there is a bias
    EPILOGUE,  # number of the activation, 0: none
    PLAN_SIZE,
) = range(27)


@kernel()
def _region(plan, task, nr):  # type: ignore[no-untyped-def]
    """The region of a task: the number of its product in the stack, and its rows m0 : m1 and columns n0 : n1 of C."""
    M, N, mr, m_parts, n_parts = plan[M_SIZE], plan[N_SIZE], plan[MR], plan[M_PARTS], plan[N_PARTS]
    m_tiles, n_tiles = (M + mr - 1) // mr, (N + nr - 1) // nr
    m_part, n_part = task // n_parts % m_parts, task % n_parts
    m0, m1 = m_tiles * m_part // m_parts * mr, min(M, m_tiles * (m_part + 1) // m_parts * mr)
    n0, n1 = n_tiles * n_part // n_parts * nr, min(N, n_tiles * (n_part + 1) // n_parts * nr)
    return task // (m_parts * n_parts), m0, m1, n0, n1


@kernel(allocates=True)
def _products(start, stop, calls, a, b, c, bias, plan):  # type: ignore[no-untyped-def]
    """The loop nest at the head of this file. A task is a region of one C of the stack.

    a       A, flat: the stack of (M, K), or of (K, M), or one of them
    b       B, flat: the stack of (K, N), or of (N, K), or one of them
    c       C, flat: the stack of (M, N), or of (N, M) if Cᵀ is computed
    bias    (N,), or (M,) if Cᵀ is computed; any array of the dtype without one
    plan    sizes, strides and blocks: int64, see above
    """
    K, lanes = plan[K_SIZE], calls[LANES]
    nr, k_blocks = VECTORS * lanes, (K + plan[KC] - 1) // plan[KC]
    along_k, b_transposed, transposed = plan[A_ALONG_K] != 0, plan[B_TRANSPOSED] != 0, plan[C_TRANSPOSED] != 0
    a_stride, b_stride, c_stride, biased = plan[A_STRIDE], plan[B_STRIDE], plan[C_STRIDE], plan[BIASED] != 0
    scratch = np.empty(plan[SCRATCH], a.dtype)
    line = 64 // scratch.itemsize
    staged_at = -(scratch.ctypes.data // scratch.itemsize) % line  # a line of the cache begins there
    a_packed, b_packed = staged_at + plan[A_PACKED_AT], staged_at + plan[B_PACKED_AT]
    for task in range(start, stop):
        matrix, m0, m1, n0, n1 = _region(plan, task, nr)
        a_at, b_at, c_at = matrix * plan[A_MATRIX], matrix * plan[B_MATRIX], matrix * plan[C_MATRIX]
        if biased and not transposed:  # laid into C before the sums, along its rows
            copy(calls, bias, n0, c, c_at + m0 * c_stride + n0, 0, c_stride, m1 - m0, n1 - n0, n1 - n0)
        for k_block in range(k_blocks):  # 5th loop: pc, in blocks of about equal length, at most KC
            pc = K * k_block // k_blocks
            kc = K * (k_block + 1) // k_blocks - pc
            add = k_block > 0 or (biased and not transposed)
            for jc in range(n0, n1, plan[NC]):  # 4th loop
                n_end = min(n1, jc + plan[NC])
                packed = jc  # the columns from `packed` on are packed, those before are read in place
                if not (b_transposed or plan[PACKS_B]):  # only the micro-panel whose last vector would reach beyond B
                    packed = n_end if (n_end - jc) % lanes == 0 else n_end - 1 - (n_end - jc - 1) % nr
                b_from = b_at + (packed * b_stride + pc if b_transposed else pc * b_stride + packed)
                pack(calls, b, b_from, b_stride, b_transposed, kc, n_end - packed, scratch, b_packed)
                for ic in range(m0, m1, plan[MC]):  # 3rd loop
                    m = min(m1 - ic, plan[MC])
                    a_block, a_step = a, a_stride
                    a_from = a_at + (ic * a_stride + pc if along_k else ic + pc * a_stride)
                    if plan[PACKS_A]:
                        a_block, a_step = scratch, plan[A_PACKED_STRIDE]
                        pack_a(calls, a, a_from, a_stride, along_k, m, kc, scratch, a_packed, a_step)
                        a_from = a_packed
                    in_place = MacroTile(
                        m, packed - jc, kc, a_step, along_k, nr, b_stride, c_stride, transposed, add,
                        biased and transposed and k_block == 0,
                    )  # fmt: skip
                    c_from = c_at + (jc * c_stride + ic if transposed else ic * c_stride + jc)
                    macro_kernel(
                        calls,
                        a_block,
                        a_from,
                        b,
                        b_at + pc * b_stride + jc,
                        c,
                        c_from,
                        bias,
                        ic,
                        scratch,
                        staged_at,
                        in_place,
                    )
                    from_panels = MacroTile(
                        m, n_end - packed, kc, a_step, along_k, kc * nr, nr, c_stride, transposed, add,
                        biased and transposed and k_block == 0,
                    )  # fmt: skip
                    c_from = c_at + (packed * c_stride + ic if transposed else ic * c_stride + packed)
                    macro_kernel(
                        calls, a_block, a_from, scratch, b_packed, c, c_from, bias, ic, scratch, staged_at, from_panels
                    )
                    if plan[EPILOGUE] != 0 and k_block == k_blocks - 1:  # what was computed is still in the cache
                        if transposed:
                            apply_to_rows(c, c_at + jc * c_stride + ic, c_stride, n_end - jc, m, plan[EPILOGUE])
                        else:
                            apply_to_rows(c, c_at + ic * c_stride + jc, c_stride, m, n_end - jc, plan[EPILOGUE])


# --------------------------------------------------------------------------------------------------------------- plans

# Sizes of blocks in bytes, for a second-level cache of 1 MB (or half as much).
KC_BYTES = 1600  # a row of a block of A: micro-panels of A and B stay in the first-level cache, or near
A_BYTES = 160 * 1024  # the block of A, MC × KC, used for all micro-panels of B̃
B_BYTES = 512 * 1024  # the block B̃, KC × NC
PACK_A_FROM = 4  # micro-panels of B, from which on it pays to pack A, where it is in cache-set conflicts
PACK_B_FROM = 48  # rows of A, from which on it pays to pack B


class Plan(NamedTuple):
    numbers: ndarray  # the parameter array of `_products`
    work: float  # for `parallel_for`
    tasks: int
    transposed: bool  # Cᵀ = Bᵀ Aᵀ is computed


@functools.lru_cache(1024)
def plan_product(
    matrices: int,
    M: int,
    N: int,
    K: int,
    a_transposed: bool,
    b_transposed: bool,
    a_matrix: int,
    b_matrix: int,
    dtype: np.dtype,
    biased: bool,
    epilogue: int,
    threads: int,
) -> Plan:
    """How a stack of (M, K) @ (K, N) is computed.

    a_transposed    A is stored as (K, M); b_transposed: B as (N, K)
    a_matrix        the distance of the matrices of the stack A, 0 if there is one; b_matrix: the same of B
    """
    size, nr, mr = dtype.itemsize, VECTORS * lanes(dtype), machine().mr[VECTORS]
    work = matrices * M * N * K / (4 * lanes(dtype))
    # Transposed operands cost a copy of each element, a transposed result a store of each.
    transposed = b_transposed and (a_transposed or M * K + M * N < N * K)
    along_k, transposes_b, m_size, n_size = not a_transposed, b_transposed, M, N
    a_stride, b_stride = (M if a_transposed else K), (K if b_transposed else N)
    if transposed:
        along_k, transposes_b, m_size, n_size = b_transposed, not a_transposed, N, M
        a_stride, b_stride, a_matrix, b_matrix = b_stride, a_stride, b_matrix, a_matrix
    m_parts, n_parts = _parts(m_size, n_size, mr, nr, matrices, threads, transposes_b)
    m_most, n_most = -(-m_size // m_parts) + mr, -(-n_size // n_parts) + nr  # of a region
    kc = KC_BYTES // size
    k_most = -(-K // -(-K // kc))
    mc = _up(_even(m_most, A_BYTES // (size * k_most)), mr)
    nc = _up(_even(n_most, B_BYTES // (size * k_most)), nr)
    # Columns of A, and rows a multiple of 4096 bytes apart, are in cache-set conflicts in the first level.
    packs_a = n_most >= PACK_A_FROM * nr and (not along_k or (a_stride * size + 64) % 4096 <= 128)
    a_packed_stride = k_most + 64 // size if along_k else -mr
    a_packed_at = STAGED * nr if transposed else 0
    a_packed_size = _up(mc * (a_packed_stride if along_k else k_most) + lanes(dtype), 16) if packs_a else 0
    b_packed_at = a_packed_at + a_packed_size
    numbers = np.zeros(PLAN_SIZE, np.int64)
    numbers[M_SIZE], numbers[N_SIZE], numbers[K_SIZE] = m_size, n_size, K
    numbers[A_STRIDE], numbers[A_ALONG_K], numbers[A_MATRIX] = a_stride, along_k, a_matrix
    numbers[B_STRIDE], numbers[B_TRANSPOSED], numbers[B_MATRIX] = b_stride, transposes_b, b_matrix
    numbers[C_STRIDE], numbers[C_TRANSPOSED], numbers[C_MATRIX] = N, transposed, M * N
    numbers[M_PARTS], numbers[N_PARTS] = m_parts, n_parts
    numbers[KC], numbers[MC], numbers[NC], numbers[MR] = kc, mc, nc, mr
    numbers[PACKS_A], numbers[PACKS_B], numbers[A_PACKED_STRIDE] = packs_a, m_most >= PACK_B_FROM, a_packed_stride
    numbers[A_PACKED_AT], numbers[B_PACKED_AT] = a_packed_at, b_packed_at
    numbers[SCRATCH] = b_packed_at + k_most * nc + 16
    numbers[BIASED], numbers[EPILOGUE] = biased, epilogue
    return Plan(numbers, work, matrices * m_parts * n_parts, transposed)


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _even(n: int, most: int) -> int:
    """The length of equal parts of n, of at most about `most`."""
    return -(-n // max(1, round(n / most)))


def _parts(M: int, N: int, mr: int, nr: int, matrices: int, threads: int, transposes_b: bool) -> tuple[int, int]:
    """Into how many regions C is cut along M and N: one for each thread, and so that least is packed twice."""
    if matrices >= 4 * threads or threads == 1:
        return 1, 1
    m_tiles, n_tiles = -(-M // mr), -(-N // nr)
    wanted = -(-threads // matrices)
    least, best = math.inf, (1, 1)
    for n_parts in range(1, wanted + 1):
        m, n = min(-(-wanted // n_parts), m_tiles), min(n_parts, n_tiles)
        largest = -(-m_tiles // m) * mr * -(-n_tiles // n) * nr
        cost = largest + m * N * (2 if transposes_b else 1) + n * M
        if cost < least:
            least, best = cost, (m, n)
    return best


# ------------------------------------------------------------------------------------------------------------ wrappers


def _flat(x: ndarray) -> tuple[ndarray, bool]:
    """x (..., R, C) as a flat array, and whether that is stored as (..., C, R)."""
    if x.flags.carray:
        return x.reshape(-1), False
    transposed = x.swapaxes(-1, -2)
    if transposed.flags.carray:
        return transposed.reshape(-1), True
    return plain(x).reshape(-1), False


def product(a: ndarray, b: ndarray, bias: ndarray | None = None, activation: str | None = None) -> ndarray:
    """f(a (..., M, K) @ b (..., K, N) + bias (N,)): (..., M, N). Leading dimensions broadcast.

    float32 or float64, all alike; any strides. activation: f, one of `EPILOGUES`, or None.
    """
    M, K, N = a.shape[-2], a.shape[-1], b.shape[-1]
    lead: tuple[int, ...] = ()
    a_matrix = b_matrix = 0
    if a.ndim > 2 or b.ndim > 2:
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        matrices = math.prod(lead)
        a, a_matrix = _stack(a, lead)
        b, b_matrix = _stack(b, lead)
    else:
        matrices = 1
    out = empty((*lead, M, N), a.dtype)
    if not out.size:
        return out
    if K == 0:
        out[...] = 0 if bias is None else bias
        return apply(activation, out)
    flat_a, a_transposed = _flat(a)
    flat_b, b_transposed = _flat(b)
    plan = plan_product(
        matrices, M, N, K, a_transposed, b_transposed, a_matrix, b_matrix, a.dtype, bias is not None,
        EPILOGUES[activation], get_num_threads(),
    )  # fmt: skip
    operands = (flat_b, flat_a) if plan.transposed else (flat_a, flat_b)
    flat_bias = flat_a if bias is None else plain(bias)
    parallel_for(_products, plan.tasks, plan.work, calls(a.dtype), *operands, out.reshape(-1), flat_bias, plan.numbers)
    return out


def _stack(x: ndarray, lead: tuple[int, ...]) -> tuple[ndarray, int]:
    """x as a stack and the distance of its matrices, 0 where one serves for all."""
    if math.prod(x.shape[:-2]) == 1:
        return x.reshape(x.shape[-2:]), 0
    if x.shape[:-2] != lead:
        x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    return x, x.shape[-2] * x.shape[-1]


# Which product is used. A call of ours costs some 6 µs, one of NumPy's 2. NumPy's BLAS has one thread (`blas.py`), ours all;
# and up to 2^18 multiply-adds, or for a matrix and a vector 9216, a second thread saves less than our call costs.
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
