"""The register tile and its helpers in LLVM's language. `simd.py` says what they do, compiles and calls them."""

from __future__ import annotations

import functools
import platform
from typing import Any, NamedTuple

import numpy as np

VECTORS = 2  # the widest tile, in vectors
ALONG_K, ALONG_M, A_TABLE, B_TABLE = range(4)
GROUP = 3  # rows of a reached from one register by adding 0, 1 or 2 strides, as an address of x86 can


class Machine(NamedTuple):
    """What the tile is made for."""

    vector_bytes: int
    heights: tuple[int, ...]  # the numbers of rows a tile may have, largest first; it fills the registers


def machine_with(features: dict[str, bool], architecture: str) -> Machine:
    """The tile for a CPU: AVX-512 has 32 registers of 64 bytes, AVX 16 of 32, NEON 32 of 16, SSE 16 of 16."""
    if features.get("avx512f"):
        return Machine(64, (12, 8, 6, 4, 2, 1))
    if features.get("avx"):
        return Machine(32, (6, 4, 2, 1))
    if architecture in ("aarch64", "arm64"):
        return Machine(16, (12, 8, 6, 4, 2, 1))
    return Machine(16, (6, 4, 2, 1))


@functools.cache
def machine() -> Machine:
    """The tile for this CPU."""
    import llvmlite.binding as llvm

    return machine_with(dict(llvm.get_host_cpu_features()), platform.machine())


def lanes(dtype: Any) -> int:
    """How many numbers a vector holds."""
    return machine().vector_bytes // np.dtype(dtype).itemsize


# ------------------------------------------------------------------------------------------------ pieces of LLVM's IR


def _int(value: int, bits: int = 64) -> Any:
    from llvmlite import ir

    return ir.Constant(ir.IntType(bits), value)


def _vector(dtype: np.dtype) -> tuple[Any, str, int, int]:
    """The type of a vector, the name of its numbers in LLVM, their bytes, and how many it holds."""
    from llvmlite import ir

    number, short = (ir.FloatType(), "f32") if dtype == np.float32 else (ir.DoubleType(), "f64")
    return ir.VectorType(number, lanes(dtype)), short, dtype.itemsize, lanes(dtype)


def _first_lanes(builder: Any, count: Any, width: int) -> Any:
    """The mask of the first `count` lanes."""
    from llvmlite import ir

    wide = ir.VectorType(ir.IntType(64), width)
    numbers = ir.Constant(wide, list(range(width)))
    return builder.icmp_signed("<", numbers, _spread(builder, count, width))


def _spread(builder: Any, value: Any, width: int) -> Any:
    """A number in every lane."""
    from llvmlite import ir

    undefined = ir.Constant(ir.VectorType(value.type, width), ir.Undefined)
    one = builder.insert_element(undefined, value, _int(0, 32))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width))


def _load(builder: Any, place: Any, vector: Any, size: int, short: str, mask: Any = None) -> Any:
    """A vector from any place; with a mask, zeros where it is not set, and nothing is read there."""
    from llvmlite import ir

    place = builder.bitcast(place, vector.as_pointer())
    if mask is None:
        return builder.load(place, align=size)
    kind = ir.FunctionType(vector, [place.type, ir.IntType(32), mask.type, vector])
    load = _declared(builder.module, f"llvm.masked.load.v{vector.count}{short}.p0", kind)
    return builder.call(load, [place, _int(size, 32), mask, ir.Constant(vector, [0.0] * vector.count)])


def _store(builder: Any, value: Any, place: Any, size: int, short: str, mask: Any = None) -> None:
    """A vector to any place; with a mask, only what is set in it."""
    from llvmlite import ir

    vector = value.type
    place = builder.bitcast(place, vector.as_pointer())
    if mask is None:
        builder.store(value, place, align=size)
        return
    kind = ir.FunctionType(ir.VoidType(), [vector, place.type, ir.IntType(32), mask.type])
    store = _declared(builder.module, f"llvm.masked.store.v{vector.count}{short}.p0", kind)
    builder.call(store, [value, place, _int(size, 32), mask])


def _declared(module: Any, name: str, kind: Any) -> Any:
    """A function of LLVM's own. (`declare_intrinsic` does not know vector types.)"""
    from llvmlite import ir

    return module.globals.get(name) or ir.Function(module, kind, name)


def _no_unrolling(module: Any) -> Any:
    """The mark of a loop that LLVM shall leave as it is: unrolling it further only takes time to compile."""
    from llvmlite import ir

    option = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    loop = ir.MDValue(module, [], name=str(len(module.metadata)))
    loop.operands = (loop, option)  # it must name itself
    return loop


def _as_is(builder: Any, value: Any) -> Any:
    """The same value, of which LLVM knows nothing. Otherwise it keeps one pointer for all rows of a, and counts the
    others up from it in every step, which costs more instructions than the multiplications leave room for."""
    from llvmlite import ir

    return builder.call(ir.InlineAsm(ir.FunctionType(value.type, [value.type]), "", "=r,0"), [value])


def _function(module: Any, name: str, pointers: int, numbers: int, flags: int) -> tuple[Any, Any]:
    """A function of so many arguments of each kind, all from its dtype's module, and a builder at its beginning."""
    from llvmlite import ir

    number = ir.FloatType() if "f32" in module.name else ir.DoubleType()
    kinds = [number.as_pointer()] * pointers + [ir.IntType(64)] * numbers + [ir.IntType(8)] * flags
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    return function, ir.IRBuilder(function.append_basic_block("entry"))


# ---------------------------------------------------------------------------------------------------------- the tiles


def _one_tile(module: Any, dtype: np.dtype, rows: int, vectors: int, kind: int) -> Any:
    """The function (a, b, c, table, a_stride, b_stride, c_stride, k, columns, add) of one tile."""
    from llvmlite import ir

    vector, short, size, width = _vector(dtype)
    function, builder = _function(module, f"tile_{rows}x{vectors}_{kind}", 3, 6, 1)
    function.linkage = "internal"
    a, b, c, table, a_stride, b_stride, c_stride, k, columns, add = function.args
    table = builder.inttoptr(table, ir.IntType(64).as_pointer())
    # a b + c: fused where the machine has the instruction, two instructions where it has not
    fma = _declared(module, f"llvm.fmuladd.v{width}{short}", ir.FunctionType(vector, [vector] * 3))
    before, body, after = (function.append_basic_block(name) for name in ("before", "body", "after"))
    builder.branch(before)
    builder.position_at_end(before)
    # c is far away: ask for it now, to have it when the sums are ready
    nearer = _declared(
        module, "llvm.prefetch.p0", ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), *[ir.IntType(32)] * 3])
    )
    for r in range(rows):
        for v in range(vectors):
            place = builder.gep(c, [builder.add(builder.mul(c_stride, _int(r)), _int(v * width))])
            place = builder.bitcast(place, ir.IntType(8).as_pointer())
            builder.call(nearer, [place, _int(1, 32), _int(3, 32), _int(1, 32)])
    # what is counted up along k: k, the place in b or its table, and the column of a or a place in every third row of a
    starts, steps = [_int(0)], [_int(1)]
    starts, steps = ([*starts, table], [*steps, _int(1)]) if kind == B_TABLE else ([*starts, b], [*steps, b_stride])
    if kind == ALONG_M:
        starts, steps = [*starts, a], [*steps, a_stride]
    elif kind != A_TABLE:
        starts += [builder.gep(a, [builder.mul(a_stride, _int(r))]) for r in range(0, rows, GROUP)]
        steps += [_int(1)] * (len(starts) - 2)
    else:
        a_rows = [builder.gep(a, [builder.load(builder.gep(table, [_int(r)]))]) for r in range(rows)]
    zero = ir.Constant(vector, [0.0] * width)
    builder.cbranch(builder.icmp_signed("<", _int(0), k), body, after)
    builder.position_at_end(body)
    held = [builder.phi(value.type) for value in starts]
    sums = [builder.phi(vector) for _ in range(rows * vectors)]
    b_row = builder.gep(b, [builder.load(held[1])]) if kind == B_TABLE else held[1]
    bs = [_load(builder, builder.gep(b_row, [_int(v * width)]), vector, size, short) for v in range(vectors)]
    new_sums = []
    for r in range(rows):
        if kind == ALONG_M:
            place = builder.gep(held[2], [_int(r)])
        elif kind == A_TABLE:
            place = builder.gep(a_rows[r], [held[0]])
        else:
            place = builder.gep(held[2 + r // GROUP], [builder.mul(a_stride, _int(r % GROUP))])
        x = _spread(builder, builder.load(place, align=size), width)
        new_sums += [builder.call(fma, [x, bs[v], sums[r * vectors + v]]) for v in range(vectors)]
    new = [builder.add(held[0], steps[0]), *[builder.gep(p, [by]) for p, by in zip(held[1:], steps[1:])]]
    if kind in (ALONG_K, B_TABLE):
        new[2:] = [_as_is(builder, pointer) for pointer in new[2:]]
    for phi, first, following in zip(held + sums, starts + [zero] * len(sums), new + new_sums):
        phi.add_incoming(first, before)
        phi.add_incoming(following, body)
    back = builder.cbranch(builder.icmp_signed("<", new[0], k), body, after)
    back.set_metadata("llvm.loop", _no_unrolling(module))
    builder.position_at_end(after)
    for i, following in enumerate(new_sums):
        sums[i] = builder.phi(vector)
        sums[i].add_incoming(zero, before)
        sums[i].add_incoming(following, body)
    places = [
        builder.gep(c, [builder.add(builder.mul(c_stride, _int(r)), _int(v * width))])
        for r in range(rows)
        for v in range(vectors)
    ]
    with builder.if_else(builder.icmp_signed("==", columns, _int(vectors * width))) as (whole, part):
        with whole:
            _put(builder, sums, places, [None] * len(places), add, size, short)
        with part:  # masks cost many times as much on some machines
            last = _first_lanes(builder, builder.sub(columns, _int((vectors - 1) * width)), width)
            masks = [last if v == vectors - 1 else None for v in range(vectors)] * rows
            _put(builder, sums, places, masks, add, size, short)
    builder.ret_void()
    return function


def _put(builder: Any, sums: list, places: list, masks: list, add: Any, size: int, short: str) -> None:
    """Set the places to the sums, or add these."""
    from llvmlite import ir

    with builder.if_else(builder.trunc(add, ir.IntType(1))) as (adding, setting):
        with adding:
            for place, value, mask in zip(places, sums, masks):
                held = _load(builder, place, value.type, size, short, mask)
                _store(builder, builder.fadd(held, value), place, size, short, mask)
        with setting:
            for place, value, mask in zip(places, sums, masks):
                _store(builder, value, place, size, short, mask)


def _tile(module: Any, dtype: np.dtype) -> None:
    """The function (a, b, c, table, a_stride, b_stride, c_stride, k, columns, rows, kind, add) that picks the tile."""
    function, builder = _function(module, "tile", 3, 8, 1)
    *common, columns, rows, kind, add = function.args
    width = lanes(dtype)
    vectors = builder.sdiv(builder.add(columns, _int(width - 1)), _int(width))
    code = builder.add(builder.mul(rows, _int(256)), builder.add(builder.mul(vectors, _int(16)), kind))
    done = function.append_basic_block("done")
    switch = builder.switch(code, done)
    for height in machine().heights:
        for count in range(1, VECTORS + 1):
            for which in range(4):
                one = _one_tile(module, dtype, height, count, which)
                switch.add_case(_int(height * 256 + count * 16 + which), function.append_basic_block("case"))
                builder.position_at_end(function.basic_blocks[-1])
                builder.call(one, [*common, columns, add])
                builder.branch(done)
    builder.position_at_end(done)
    builder.ret_void()


def _copy(module: Any, dtype: np.dtype) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns, filled)."""
    from llvmlite import ir

    vector, short, size, width = _vector(dtype)
    whole = ir.IntType(64)
    function, builder = _function(module, "copy", 2, 5, 0)
    source, target, source_stride, target_stride, rows, columns, filled = function.args
    # the last columns, less than a vector of them, go through masks
    whole_columns = builder.and_(columns, _int(-width))
    there = _first_lanes(builder, builder.sub(columns, whole_columns), width)
    kept = _first_lanes(builder, builder.sub(filled, whole_columns), width)
    has_rest = builder.icmp_signed("<", whole_columns, filled)
    overlaps = builder.and_(
        builder.icmp_signed(">=", columns, _int(width)), builder.icmp_signed("==", columns, filled)
    )
    entry = builder.block
    row, body, tail, rest, following, done = (
        function.append_basic_block(name) for name in ("row", "body", "tail", "rest", "next", "done")
    )
    builder.cbranch(builder.icmp_signed(">", rows, _int(0)), row, done)
    builder.position_at_end(row)
    i, read, write = builder.phi(whole), builder.phi(source.type), builder.phi(source.type)
    builder.cbranch(builder.icmp_signed("<", _int(0), whole_columns), body, tail)
    builder.position_at_end(body)
    j = builder.phi(whole)
    value = _load(builder, builder.gep(read, [j]), vector, size, short)
    _store(builder, value, builder.gep(write, [j]), size, short)
    j_next = builder.add(j, _int(width))
    back = builder.cbranch(builder.icmp_signed("<", j_next, whole_columns), body, tail)
    back.set_metadata("llvm.loop", _no_unrolling(module))
    j.add_incoming(_int(0), row)
    j.add_incoming(j_next, body)
    builder.position_at_end(tail)
    builder.cbranch(has_rest, rest, following)
    builder.position_at_end(rest)
    with builder.if_else(overlaps) as (again, masked):
        with again:  # the last columns together with some before
            end = builder.sub(columns, _int(width))
            value = _load(builder, builder.gep(read, [end]), vector, size, short)
            _store(builder, value, builder.gep(write, [end]), size, short)
        with masked:
            value = _load(builder, builder.gep(read, [whole_columns]), vector, size, short, there)
            _store(builder, value, builder.gep(write, [whole_columns]), size, short, kept)
    builder.branch(following)
    builder.position_at_end(following)
    for phi, first, after in (
        (i, _int(0), builder.add(i, _int(1))),
        (read, source, builder.gep(read, [source_stride])),
        (write, target, builder.gep(write, [target_stride])),
    ):
        phi.add_incoming(first, entry)
        phi.add_incoming(after, following)
    builder.cbranch(builder.icmp_signed("<", builder.add(i, _int(1)), rows), row, done)
    builder.position_at_end(done)
    builder.ret_void()


def _turn(module: Any, dtype: np.dtype) -> None:
    """The function (source, target, source_stride, target_stride, rows, columns, whole, add)."""
    from llvmlite import ir

    vector, short, size, width = _vector(dtype)
    function, builder = _function(module, "turn", 2, 4, 2)
    source, target, source_stride, target_stride, rows, columns, whole, add = function.args
    whole, add = builder.trunc(whole, ir.IntType(1)), builder.trunc(add, ir.IntType(1))
    whole = builder.or_(whole, builder.icmp_signed("==", rows, _int(width)))
    easy = builder.and_(builder.icmp_signed("==", columns, _int(width)), builder.and_(whole, builder.not_(add)))
    reads = []
    for i in range(width):  # beyond the last row, that row again
        here = builder.select(builder.icmp_signed("<", _int(i), rows), _int(i), builder.sub(rows, _int(1)))
        reads.append(builder.gep(source, [builder.mul(source_stride, here)]))
    with builder.if_else(easy) as (unmasked, masked):
        with unmasked:
            block = [_load(builder, place, vector, size, short) for place in reads]
            for j, turned in enumerate(_transposed(builder, block, width)):
                _store(builder, turned, builder.gep(target, [builder.mul(target_stride, _int(j))]), size, short)
        with masked:
            inside = _first_lanes(builder, columns, width)
            block = [_load(builder, place, vector, size, short, inside) for place in reads]
            kept = _first_lanes(builder, builder.select(whole, _int(width), rows), width)
            nothing = _first_lanes(builder, _int(0), width)
            for j, turned in enumerate(_transposed(builder, block, width)):
                here = builder.icmp_signed("<", _int(j), columns)
                place = builder.gep(target, [builder.mul(target_stride, builder.select(here, _int(j), _int(0)))])
                mask = builder.select(here, kept, nothing)
                held = _load(builder, place, vector, size, short, builder.select(add, mask, nothing))
                _store(builder, builder.select(add, builder.fadd(held, turned), turned), place, size, short, mask)
    builder.ret_void()


def _transposed(builder: Any, rows: list, width: int) -> list:
    """Interleaving each row with the one half the block further on, log2(width) times, transposes the block."""
    from llvmlite import ir

    half, indices = width // 2, ir.VectorType(ir.IntType(32), width)
    low, high = (
        ir.Constant(indices, [x for i in range(first, first + half) for x in (i, i + width)]) for first in (0, half)
    )
    for _ in range(width.bit_length() - 1):
        rows = [builder.shuffle_vector(rows[i], rows[i + half], mask) for i in range(half) for mask in (low, high)]
    return rows


NAMES = ("tile", "copy", "turn")


def vector_code(dtype: np.dtype, triple: str) -> str:
    """The functions NAMES for one dtype, as text."""
    from llvmlite import ir

    module = ir.Module("f32" if dtype == np.float32 else "f64")
    module.triple = triple
    for build in (_tile, _copy, _turn):
        build(module, dtype)
    return str(module)
