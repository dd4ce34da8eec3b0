"""Code generation, in LLVM's language, of the micro-kernels, strided copies and a transpose that kernels call.

`simd.py` says what each computes, on which layouts, and calls them. Here is only how: what is compiled for one dtype is
one module of functions without loops over threads; each runs on the thread that calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .vectors import VECTORS, Function, machine, module_of, whole

ALONG_K, ALONG_M, A_TABLE, B_TABLE = range(4)
GROUP = 3  # rows of a reached from one register by adding 0, 1 or 2 strides, as an address of x86 can


def micro_kernel_numbers() -> dict[int, tuple[int, int, int]]:
    """All micro-kernels: number -> rows, vectors, kind. Those wider than VECTORS are for few rows of a convolution."""
    return {
        (rows * 9 + vectors) * 4 + kind: (rows, vectors, kind)
        for vectors, mr in machine().mr.items()
        for rows in range(1, mr + 1)
        for kind in range(4)
        if vectors <= VECTORS or kind == B_TABLE
    }


def _micro_kernel(module: Any, number: int, rows: int, vectors: int, kind: int) -> None:
    """The function (a, b, c, bias, table, a_stride, b_stride, c_stride, k, columns, add, biased) of one micro-kernel.

    c (rows, columns) = or += Σ_k a[:, k] b[k, :] [+ bias], rows · vectors accumulators in registers.
    """
    f = Function(module, f"micro_kernel_{number}", 4, 6, 2)
    builder = f.builder
    a, b, c, bias, table, a_stride, b_stride, c_stride, k, columns = f.arguments
    add, biased = f.flags
    table = builder.inttoptr(table, f.ir.IntType(64).as_pointer())
    c_rows = [f.at(c, f.times(c_stride, r)) for r in range(rows)]
    for row in c_rows:  # c is far away: ask for it now, to have it when the sums are ready
        for v in range(0, vectors * f.width * f.size, 64):  # where this line of the cache ends, or the next begins
            f.prefetch(f.at(row, v // f.size + 64 // f.size - 1))
    starts, steps, element_of_a = _walk_along_k(f, a, b, table, a_stride, b_stride, rows, kind)

    def rank_1_update(counted: list, sums: list) -> list:
        """sums + a[:, k] b[k, :], an outer product."""
        b_row = f.at(b, builder.load(counted[1])) if kind == B_TABLE else counted[1]
        new = list(sums)
        if rows >= vectors:  # the vectors of b in registers, the elements of a one after the other; or the other way
            bs = [f.load(f.at(b_row, v * f.width)) for v in range(vectors)]
            for r in range(rows):
                x = element_of_a(r, counted)
                for v in range(vectors):
                    new[r * vectors + v] = f.fma(x, bs[v], new[r * vectors + v])
        else:
            xs = [element_of_a(r, counted) for r in range(rows)]
            for v in range(vectors):
                y = f.load(f.at(b_row, v * f.width))
                for r in range(rows):
                    new[r * vectors + v] = f.fma(xs[r], y, new[r * vectors + v])
        return new

    with_bias, without, multiply, finish = (
        f.function.append_basic_block(name) for name in ("start", "none", "multiply", "finish")
    )
    builder.cbranch(biased, with_bias, without)
    builder.position_at_end(with_bias)
    first = [x for r in range(rows) for x in [f.load_scalar(f.at(bias, r))] * vectors]
    builder.branch(without)
    entry = f.function.entry_basic_block
    builder.position_at_end(without)
    sums = []
    for value in first:
        sums.append(builder.phi(f.vector))
        sums[-1].add_incoming(value, with_bias)
        sums[-1].add_incoming(f.zero(), entry)
    builder.cbranch(f.less(0, k), multiply, finish)
    builder.position_at_end(multiply)
    products = f.loop(starts, steps, k, rank_1_update, sums)
    multiplied = builder.block
    builder.branch(finish)
    builder.position_at_end(finish)
    for i, (before, after) in enumerate(zip(sums, products, strict=True)):
        sums[i] = builder.phi(f.vector)
        sums[i].add_incoming(before, without)
        sums[i].add_incoming(after, multiplied)
    _store_micro_tile(f, sums, c_rows, vectors, columns, add)
    builder.ret_void()


def _walk_along_k(
    f: Function, a: Any, b: Any, table: Any, a_stride: Any, b_stride: Any, rows: int, kind: int
) -> tuple[list, list, Callable[[int, list], Any]]:
    """What a micro-kernel counts up along k, from where and by how much: k itself; the row of b, or the entry of its
    table; the column of a, or an element in every third row of a. And a function (r, counted) that loads a[r, k]."""
    starts, steps = [whole(0), b], [whole(1), b_stride]
    if kind == B_TABLE:
        starts, steps = [whole(0), table], [whole(1), whole(1)]
    if kind == ALONG_M:
        starts, steps = [*starts, a], [*steps, a_stride]
        return starts, steps, lambda r, counted: f.load_scalar(f.at(counted[2], r))
    if kind == A_TABLE:
        a_rows = [f.at(a, f.builder.load(f.at(table, r))) for r in range(rows)]
        return starts, steps, lambda r, counted: f.load_scalar(f.at(a_rows[r], counted[0]))
    starts += [f.at(a, f.times(a_stride, r)) for r in range(0, rows, GROUP)]
    steps += [whole(1)] * (len(starts) - 2)

    def element_of_a(r: int, counted: list) -> Any:
        return f.load_scalar(f.at(counted[2 + r // GROUP], f.times(a_stride, r % GROUP)))

    return starts, steps, element_of_a


def _store_micro_tile(f: Function, sums: list, c_rows: list, vectors: int, columns: Any, add: Any) -> None:
    """The sums to the rows of c, of which the last vector may be cut off by `columns`."""
    pointers = [f.at(row, v * f.width) for row in c_rows for v in range(vectors)]
    if vectors > VECTORS:  # always whole
        _put(f, sums, pointers, [None] * len(pointers), add)
        return
    builder = f.builder
    with builder.if_else(builder.icmp_signed("==", columns, whole(vectors * f.width))) as (all_of_it, part):
        with all_of_it:
            _put(f, sums, pointers, [None] * len(pointers), add)
        with part:
            last = f.first_lanes(builder.sub(columns, whole((vectors - 1) * f.width)))
            _put(f, sums, pointers, ([None] * (vectors - 1) + [last]) * len(c_rows), add)


def _put(f: Function, sums: list, pointers: list, masks: list, add: Any) -> None:
    """Store the sums, or add them to what is there."""
    with f.builder.if_else(add) as (adding, setting):
        with adding:
            for pointer, value, mask in zip(pointers, sums, masks, strict=True):
                f.store(f.builder.fadd(f.load(pointer, mask), value), pointer, mask)
        with setting:
            for pointer, value, mask in zip(pointers, sums, masks, strict=True):
                f.store(value, pointer, mask)


def _copy(module: Any) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns, filled)."""
    f = Function(module, "copy", 2, 5)
    builder, width = f.builder, f.width
    source, target, source_stride, target_stride, rows, columns, filled = f.arguments
    # the last columns, less than a vector of them, together with some before, or through masks
    whole_columns = builder.and_(columns, whole(-width))
    there = f.first_lanes(builder.sub(columns, whole_columns))
    kept = f.first_lanes(builder.sub(filled, whole_columns))
    has_rest = f.less(whole_columns, filled)
    to_the_end = builder.icmp_signed("==", builder.sub(filled, whole_columns), whole(width))
    overlaps = builder.and_(f.less(width - 1, columns), builder.icmp_signed("==", columns, filled))

    def row(counted: list, _: list) -> list:
        _, read, write = counted

        def vector(counted: list, _: list) -> list:
            f.store(f.load(f.at(read, counted[0])), f.at(write, counted[0]))
            return []

        with builder.if_then(f.less(0, whole_columns)):
            f.loop([whole(0)], [whole(width)], whole_columns, vector, [])
        with builder.if_then(has_rest), builder.if_else(overlaps) as (again, masked):
            with again:
                end = builder.sub(columns, whole(width))
                f.store(f.load(f.at(read, end)), f.at(write, end))
            with masked:
                value, pointer = f.load(f.at(read, whole_columns), there), f.at(write, whole_columns)
                with builder.if_else(to_the_end) as (all_of_it, part):
                    with all_of_it:
                        f.store(value, pointer)
                    with part:
                        f.store(value, pointer, kept)
        return []

    with builder.if_then(f.less(0, rows)):
        f.loop([whole(0), source, target], [whole(1), source_stride, target_stride], rows, row, [])
    builder.ret_void()


def _every_other(module: Any) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns): every other element of each row."""
    f = Function(module, "every_other", 2, 4)
    builder, width = f.builder, f.width
    source, target, source_stride, target_stride, rows, columns = f.arguments
    even = [*range(0, width, 2), *range(width + 1, 2 * width, 2)]

    def row(counted: list, _: list) -> list:
        _, read, write = counted

        def some(j: Any) -> None:  # the second vector begins one number early, for beyond the row may be nothing
            first = f.at(read, f.times(j, 2))
            f.store(f.shuffled(f.load(first), f.load(f.at(first, width - 1)), even), f.at(write, j))

        _by_vectors(f, columns, some, lambda j: builder.store(builder.load(f.at(read, f.times(j, 2))), f.at(write, j)))
        return []

    with builder.if_then(f.less(0, rows)):
        f.loop([whole(0), source, target], [whole(1), source_stride, target_stride], rows, row, [])
    builder.ret_void()


def _interleave(module: Any) -> None:
    """The function (a, b, target, a_stride, b_stride, target_stride, rows, columns): elements of a and b in turns."""
    f = Function(module, "interleave", 3, 5)
    builder, width = f.builder, f.width
    a, b, target, a_stride, b_stride, target_stride, rows, columns = f.arguments
    half = width // 2
    low, high = ([x for i in range(first, first + half) for x in (i, i + width)] for first in (0, half))

    def row(counted: list, _: list) -> list:
        _, x, y, write = counted

        def some(j: Any) -> None:
            first, second = f.load(f.at(x, j)), f.load(f.at(y, j))
            f.store(f.shuffled(first, second, low), f.at(write, f.times(j, 2)))
            f.store(f.shuffled(first, second, high), f.at(write, f.times(j, 2), width))

        def one(j: Any) -> None:
            for k, read in enumerate((x, y)):
                builder.store(builder.load(f.at(read, j)), f.at(write, f.times(j, 2), k))

        _by_vectors(f, columns, some, one)
        return []

    with builder.if_then(f.less(0, rows)):
        f.loop([whole(0), a, b, target], [whole(1), a_stride, b_stride, target_stride], rows, row, [])
    builder.ret_void()


def _by_vectors(f: Function, count: Any, some: Callable[[Any], None], one: Callable[[Any], None]) -> None:
    """some(j) for vectors of `count` elements, of which the last may overlap the one before; or one(j) for single ones."""
    builder, width = f.builder, f.width

    def again(counted: list, _: list) -> list:
        last = builder.sub(count, whole(width))
        some(builder.select(f.less(last, counted[0]), last, counted[0]))
        return []

    def single(counted: list, _: list) -> list:
        one(counted[0])
        return []

    with builder.if_else(f.less(width - 1, count)) as (vectors, few):
        with vectors:
            f.loop([whole(0)], [whole(width)], count, again, [])
        with few, builder.if_then(f.less(0, count)):
            f.loop([whole(0)], [whole(1)], count, single, [])


def _transpose(module: Any) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns, filled, add)."""
    edge = _edge(module)
    f = Function(module, "transpose", 2, 4, 2)
    builder, width = f.builder, f.width
    source, target, source_stride, target_stride, rows, columns = f.arguments
    add = f.flags[1]
    # blocks along the smaller stride come one after the other: they share lines of the cache
    far_rows = f.less(target_stride, source_stride)
    outer, inner = builder.select(far_rows, rows, columns), builder.select(far_rows, columns, rows)

    def of_outer(counted: list, _: list) -> list:
        def of_inner(inner_counted: list, _: list) -> list:
            i = builder.select(far_rows, counted[0], inner_counted[0])
            j = builder.select(far_rows, inner_counted[0], counted[0])
            read = f.at(source, builder.mul(i, source_stride), j)
            write = f.at(target, builder.mul(j, target_stride), i)
            rows_here, columns_here = builder.sub(rows, i), builder.sub(columns, j)
            whole_block = builder.and_(f.less(width - 1, rows_here), f.less(width - 1, columns_here))
            with builder.if_else(whole_block) as (easy, other):
                with easy:
                    block = [f.load(f.at(read, f.times(source_stride, k))) for k in range(width)]
                    pointers = [f.at(write, f.times(target_stride, k)) for k in range(width)]
                    _put(f, _transposed(f, block), pointers, [None] * width, add)
                with other:
                    flags = f.function.args[-2:]
                    builder.call(edge, [read, write, source_stride, target_stride, rows_here, columns_here, *flags])
            return []

        f.loop([whole(0)], [whole(width)], inner, of_inner, [])
        return []

    with builder.if_then(builder.and_(f.less(0, rows), f.less(0, columns))):
        f.loop([whole(0)], [whole(width)], outer, of_outer, [])
    builder.ret_void()


def _edge(module: Any) -> Any:
    """The function (source, target, source_stride, target_stride, rows, columns, filled, add): the transpose of
    the first block of what is left."""
    f = Function(module, "transpose_edge", 2, 4, 2)
    builder, width = f.builder, f.width
    source, target, source_stride, target_stride, rows, columns = f.arguments
    filled, add = f.flags
    plain = builder.and_(builder.or_(filled, f.less(width - 1, rows)), builder.not_(add))
    inside, kept = f.first_lanes(columns), f.first_lanes(rows)
    block = []
    for i in range(width):  # beyond the last row, that row again
        here = builder.select(f.less(i, rows), whole(i), builder.sub(rows, whole(1)))
        block.append(f.load(f.at(source, builder.mul(source_stride, here)), inside))
    done = f.function.append_basic_block("done")
    for j, value in enumerate(_transposed(f, block)):
        pointer = f.at(target, f.times(target_stride, j))
        with builder.if_else(plain) as (unmasked, masked):
            with unmasked:
                f.store(value, pointer)
            with masked:
                old = f.load(pointer, builder.and_(kept, f.broadcast(add)))
                f.store(builder.select(f.broadcast(add), builder.fadd(old, value), value), pointer, kept)
        following = f.function.append_basic_block("row")
        builder.cbranch(f.less(j + 1, columns), following, done)
        builder.position_at_end(following)
    builder.branch(done)
    builder.position_at_end(done)
    builder.ret_void()
    return f.function


def _transposed(f: Function, rows: list) -> list:
    """The transpose of a block, in the fewest instructions of AVX: within parts of 16 bytes, then of these parts."""
    n = 16 // f.size  # elements in a part
    for step in (1, 2)[: n // 2]:  # of the parts of two rows the first halves, `step` elements in turns; and the others
        halves = [
            [
                part + number + k + row
                for part in range(0, f.width, n)
                for number in range(half, half + n // 2, step)
                for row in (0, f.width)
                for k in range(step)
            ]
            for half in (0, n // 2)
        ]
        rows = _exchanged(f, rows, step, *halves)
    if n == 4:
        rows = [rows[i - i % 4 + (0, 2, 1, 3)[i % 4]] for i in range(f.width)]
    while n < f.width:  # of two rows every other group of n elements, the first ones and the others
        low, high = ([k + first + (f.width - n if k & n else 0) for k in range(f.width)] for first in (0, n))
        rows = _exchanged(f, rows, n, low, high)
        n *= 2
    return rows


def _exchanged(f: Function, rows: list, step: int, low: list[int], high: list[int]) -> list:
    """Rows i and i + step, for every i without that bit, become the lanes `low` and `high` of the two."""
    new = list(rows)
    for i in range(len(rows)):
        if not i & step:
            new[i], new[i + step] = (f.shuffled(rows[i], rows[i + step], lanes) for lanes in (low, high))
    return new


NAMES = ("copy", "every_other", "interleave", "transpose")


def code_of(dtype: np.dtype, triple: str) -> str:
    """The functions NAMES and the micro-kernels for one dtype, as text of LLVM."""
    module = module_of(dtype, triple)
    for build in (_copy, _every_other, _interleave, _transpose):
        build(module)
    for number, parameters in micro_kernel_numbers().items():
        _micro_kernel(module, number, *parameters)
    return str(module)
