"""The register tile, copies and a transpose, written in LLVM's language. `simd.py` says what they do and calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .vectors import VECTORS, Function, machine, module_of, whole

ALONG_K, ALONG_M, A_TABLE, B_TABLE = range(4)
GROUP = 3  # rows of a reached from one register by adding 0, 1 or 2 strides, as an address of x86 can


def tile_numbers() -> dict[int, tuple[int, int, int]]:
    """All tiles: number of the tile -> rows, vectors, kind. Those wider than VECTORS are for few rows of a convolution."""
    return {
        (rows * 9 + vectors) * 4 + kind: (rows, vectors, kind)
        for vectors, most in machine().most_rows.items()
        for rows in range(1, most + 1)
        for kind in range(4)
        if vectors <= VECTORS or kind == B_TABLE
    }


def _tile(module: Any, number: int, rows: int, vectors: int, kind: int) -> None:
    """The function (a, b, c, start, table, a_stride, b_stride, c_stride, k, columns, add, begin) of one tile."""
    f = Function(module, f"tile_{number}", 4, 6, 2)
    builder = f.builder
    a, b, c, start, table, a_stride, b_stride, c_stride, k, columns = f.arguments
    add, begin = f.flags
    table = builder.inttoptr(table, f.ir.IntType(64).as_pointer())
    c_rows = [f.at(c, f.times(c_stride, r)) for r in range(rows)]
    for row in c_rows:  # c is far away: ask for it now, to have it when the sums are ready
        for v in range(0, vectors * f.width * f.size, 64):  # where this line of the cache ends, or the next begins
            f.ask_for(f.at(row, v // f.size + 64 // f.size - 1))
    # what is counted up along k: k, the place in b or its table, and the column of a or a place in every third row of a
    starts, steps = [whole(0), b], [whole(1), b_stride]
    if kind == B_TABLE:
        starts, steps = [whole(0), table], [whole(1), whole(1)]
    if kind == ALONG_M:
        starts, steps = [*starts, a], [*steps, a_stride]
    elif kind != A_TABLE:
        starts += [f.at(a, f.times(a_stride, r)) for r in range(0, rows, GROUP)]
        steps += [whole(1)] * (len(starts) - 2)
    else:
        a_rows = [f.at(a, builder.load(f.at(table, r))) for r in range(rows)]

    def body(counted: list, sums: list) -> list:
        b_row = f.at(b, builder.load(counted[1])) if kind == B_TABLE else counted[1]

        def of_a(r: int) -> Any:
            if kind == ALONG_M:
                return f.load_number(f.at(counted[2], r))
            if kind == A_TABLE:
                return f.load_number(f.at(a_rows[r], counted[0]))
            return f.load_number(f.at(counted[2 + r // GROUP], f.times(a_stride, r % GROUP)))

        new = list(sums)
        if rows >= vectors:  # the vectors of b in registers, the numbers of a one after the other; or the other way
            bs = [f.load(f.at(b_row, v * f.width)) for v in range(vectors)]
            for r in range(rows):
                x = of_a(r)
                for v in range(vectors):
                    new[r * vectors + v] = f.fma(x, bs[v], new[r * vectors + v])
        else:
            xs = [of_a(r) for r in range(rows)]
            for v in range(vectors):
                y = f.load(f.at(b_row, v * f.width))
                for r in range(rows):
                    new[r * vectors + v] = f.fma(xs[r], y, new[r * vectors + v])
        return new

    with_start, without, multiply, finish = (
        f.function.append_basic_block(name) for name in ("start", "none", "multiply", "finish")
    )
    builder.cbranch(begin, with_start, without)
    builder.position_at_end(with_start)
    first = [x for r in range(rows) for x in [f.load_number(f.at(start, r))] * vectors]
    builder.branch(without)
    entry = f.function.entry_basic_block
    builder.position_at_end(without)
    sums = []
    for value in first:
        sums.append(builder.phi(f.vector))
        sums[-1].add_incoming(value, with_start)
        sums[-1].add_incoming(f.zero(), entry)
    builder.cbranch(f.less(0, k), multiply, finish)
    builder.position_at_end(multiply)
    products = f.loop(starts, steps, k, body, sums)
    multiplied = builder.block
    builder.branch(finish)
    builder.position_at_end(finish)
    for i, (before, after) in enumerate(zip(sums, products, strict=True)):
        sums[i] = builder.phi(f.vector)
        sums[i].add_incoming(before, without)
        sums[i].add_incoming(after, multiplied)
    places = [f.at(row, v * f.width) for row in c_rows for v in range(vectors)]
    if vectors > VECTORS:  # always whole
        _put(f, sums, places, [None] * len(places), add)
        builder.ret_void()
        return
    with builder.if_else(builder.icmp_signed("==", columns, whole(vectors * f.width))) as (all_of_it, part):
        with all_of_it:
            _put(f, sums, places, [None] * len(places), add)
        with part:
            last = f.first_lanes(builder.sub(columns, whole((vectors - 1) * f.width)))
            _put(f, sums, places, ([None] * (vectors - 1) + [last]) * rows, add)
    builder.ret_void()


def _put(f: Function, sums: list, places: list, masks: list, add: Any) -> None:
    """Set the places to the sums, or add these."""
    with f.builder.if_else(add) as (adding, setting):
        with adding:
            for place, value, mask in zip(places, sums, masks, strict=True):
                f.store(f.builder.fadd(f.load(place, mask), value), place, mask)
        with setting:
            for place, value, mask in zip(places, sums, masks, strict=True):
                f.store(value, place, mask)


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
                value, place = f.load(f.at(read, whole_columns), there), f.at(write, whole_columns)
                with builder.if_else(to_the_end) as (all_of_it, part):
                    with all_of_it:
                        f.store(value, place)
                    with part:
                        f.store(value, place, kept)
        return []

    with builder.if_then(f.less(0, rows)):
        f.loop([whole(0), source, target], [whole(1), source_stride, target_stride], rows, row, [])
    builder.ret_void()


def _pick(module: Any) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns): every other number of each row."""
    f = Function(module, "pick", 2, 4)
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


def _weave(module: Any) -> None:
    """The function (a, b, target, a_stride, b_stride, target_stride, rows, columns): numbers of a and b in turns."""
    f = Function(module, "weave", 3, 5)
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
    """some(j) for vectors of `count` numbers, of which the last may begin before the one before ends; or one by one."""
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


def _turn(module: Any) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns, filled, add)."""
    edge = _edge(module)
    f = Function(module, "turn", 2, 4, 2)
    builder, width = f.builder, f.width
    source, target, source_stride, target_stride, rows, columns = f.arguments
    add = f.flags[1]
    # blocks along what is nearer together come one after the other: they meet in the same lines of the cache
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
                    places = [f.at(write, f.times(target_stride, k)) for k in range(width)]
                    _put(f, _transposed(f, block), places, [None] * width, add)
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
    """The function (source, target, source_stride, target_stride, rows, columns, filled, add): `turn` of the first block
    of what is left."""
    f = Function(module, "turn_edge", 2, 4, 2)
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
        place = f.at(target, f.times(target_stride, j))
        with builder.if_else(plain) as (unmasked, masked):
            with unmasked:
                f.store(value, place)
            with masked:
                held = f.load(place, builder.and_(kept, f.spread(add)))
                f.store(builder.select(f.spread(add), builder.fadd(held, value), value), place, kept)
        following = f.function.append_basic_block("row")
        builder.cbranch(f.less(j + 1, columns), following, done)
        builder.position_at_end(following)
    builder.branch(done)
    builder.position_at_end(done)
    builder.ret_void()
    return f.function


def _transposed(f: Function, rows: list) -> list:
    """The transpose of a block, in the fewest instructions of AVX: within parts of 16 bytes, then of these parts."""
    n = 16 // f.size  # numbers in a part
    for step in (1, 2)[: n // 2]:  # of the parts of two rows the first halves, `step` numbers in turns; and the others
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
    while n < f.width:  # of two rows every other group of n numbers, the first ones and the others
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


NAMES = ("copy", "pick", "weave", "turn")


def tile_code(dtype: np.dtype, triple: str) -> str:
    """The functions NAMES and the tiles for one dtype, as text."""
    module = module_of(dtype, triple)
    for build in (_copy, _pick, _weave, _turn):
        build(module)
    for number, what in tile_numbers().items():
        _tile(module, number, *what)
    return str(module)
