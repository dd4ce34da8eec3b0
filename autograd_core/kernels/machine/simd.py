"""Vector registers inside Numba: the register tile that products and convolutions are made of.

Numba compiles scalar loops and leaves vectors to LLVM, which reaches a fifth of the machine on a matrix product. Here
the inner loop is written in LLVM's own language, so that the accumulators are vector registers from the first
multiplication to the last:

    c[r, j] (+)= Σ_k a[r, k] b[k, j]     for r < rows, j < vectors · lanes

Each step of the loop over k loads `vectors` vectors of a row of b, spreads the `rows` numbers of a column of a over a
vector each, and does rows · vectors fused multiply-adds. b must be contiguous along j. There are four kinds:

    ALONG_K    a is contiguous along k, its rows `a_stride` apart
    ALONG_M    a is contiguous along r, its columns `a_stride` apart: a transposed a is read where it lies
    A_TABLE    a is contiguous along k, and row r begins at table[r]
    B_TABLE    a is as in ALONG_K, and row k of b begins at table[k]: windows of an image that are not written as a matrix

The tiles of all sizes are compiled once for a dtype, by LLVM without Numba, and kept in the cache of the kernels.
Kernels call them by address: were they compiled into each kernel, as Numba does with what kernels call, each would take
seconds longer. So a kernel gets the array `calls(dtype)` and hands it on to `tile`, `copy` and `turn`.

Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", section 4; the tile as in Van Zee &
van de Geijn 2015 (BLIS), section 5.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from .machine_code import addresses
from .runtime import Kernel, kernel
from .tiles import A_TABLE, ALONG_K, ALONG_M, B_TABLE, NAMES, tile_code, tile_numbers
from .vectors import VECTORS, lanes, machine, whole

__all__ = [
    "ALONG_K", "ALONG_M", "A_TABLE", "B_TABLE", "LANES", "VECTORS", "calls", "copy", "height",
    "height_of", "lanes", "pick", "tile", "tile_from", "turn", "weave", "wide",
]  # fmt: skip

# What `calls` holds, by its place: addresses of the functions NAMES, the lanes of a vector, the rows that a tile of v
# vectors may have, and the addresses of tiles
LANES, MOST_ROWS, TILES = len(NAMES), len(NAMES) + 1, len(NAMES) + 10


@functools.cache
def calls(dtype: np.dtype) -> ndarray:
    """What kernels need to call the functions compiled here."""
    tiles = {f"tile_{code}": code for code in tile_numbers()}
    found = addresses(Path(__file__), dtype, (*NAMES, *tiles), tile_code)
    table = np.zeros(TILES + max(tiles.values()) + 1, np.int64)
    table[: len(NAMES)], table[LANES] = found[: len(NAMES)], lanes(dtype)
    for vectors, most in machine().most_rows.items():
        table[MOST_ROWS + vectors] = most
    table[TILES + np.array(list(tiles.values()))] = found[len(NAMES) :]
    return table


# --------------------------------------------------------------------------------------------------------- intrinsics


class Intrinsic(Kernel):
    """A call that kernels may make of a function compiled here, by its address, number `number` of their first argument.
    From Python, it runs `function`, the same in NumPy.

    The arguments that follow are `arrays` pairs of an array and the place in it from which it is meant, which go as one
    pointer; one more such pair if `table`, which goes as an address; numbers; flags.
    """

    def __init__(self, number: int, arrays: int, table: bool, function: Callable):
        super().__init__(function, frozenset())
        self.number, self.arrays, self.table = number, arrays, table

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def dispatcher(self) -> Any:
        if self.compiled is None:
            numba = importlib.import_module("numba")
            names = ["typing", *inspect.signature(self.function).parameters]  # Numba goes by the names
            last = 1 + 2 * self.arrays + 2 * self.table

            def call(typing: Any, *kinds: Any) -> Any:
                pairs = [kind for i in range(1, last, 2) for kind in (kinds[i], numba.types.int64)]
                rest = [kind if kind == numba.types.boolean else numba.types.int64 for kind in kinds[last:]]
                return numba.types.void(kinds[0], *pairs, *rest), self.generate

            call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
                [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
            )
            self.compiled = numba.extending.intrinsic(call)
        return self.compiled

    def generate(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """The call, in LLVM's language."""
        from llvmlite import ir

        def data(i: int) -> Any:
            return context.make_array(signature.args[i])(context, builder, arguments[i]).data

        last = 1 + 2 * self.arrays
        values = [builder.gep(data(i), [arguments[i + 1]]) for i in range(1, last, 2)]
        if self.table:
            values.append(builder.ptrtoint(builder.gep(data(last), [arguments[last + 1]]), ir.IntType(64)))
        values += [
            builder.zext(value, ir.IntType(8)) if value.type == ir.IntType(1) else value
            for value in arguments[last + 2 * self.table :]
        ]
        number, values = self.chosen(builder, values, signature.args[1].dtype.bitwidth // 8)
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        address = builder.load(builder.gep(data(0), [number]))
        builder.call(builder.inttoptr(address, kind.as_pointer()), values)
        return context.get_dummy_value()

    def chosen(self, builder: Any, values: list, itemsize: int) -> tuple[Any, list]:
        """The number of the function, and its arguments."""
        return whole(self.number), values


class Tile(Intrinsic):
    """The call of the tile for so many rows and columns, and of this kind."""

    def chosen(self, builder: Any, values: list, itemsize: int) -> tuple[Any, list]:
        values = values if self.arrays == 4 else [*values[:3], values[0], *values[3:], whole(0, 8)]
        *common, columns, rows, kind, add, begin = values
        width = machine().vector_bytes // itemsize
        vectors = builder.sdiv(builder.add(columns, whole(width - 1)), whole(width))
        number = builder.add(builder.mul(rows, whole(9 * 4)), builder.add(builder.mul(vectors, whole(4)), kind))
        return builder.add(number, whole(TILES)), [*common, columns, add, begin]


def intrinsic(name: str, arrays: int) -> Callable[[Callable], Intrinsic]:
    """Make a function in NumPy a call of the compiled one: (calls, array, at, … , numbers and flags)."""
    return lambda function: Intrinsic(NAMES.index(name), arrays, False, function)


def tiles(arrays: int) -> Callable[[Callable], Intrinsic]:
    """The same of tiles, which have a table besides."""
    return lambda function: Tile(0, arrays, True, function)


@tiles(4)
def tile_from(  # type: ignore[no-untyped-def]
    calls, a, a_at, b, b_at, c, c_at, start, start_at, table, table_at, a_stride, b_stride, c_stride, k, columns, rows,
    kind, add, begin,
):  # fmt: skip
    """The tile of the head of this file, on flat arrays, each from its place `…_at`: c is set, or added to if `add`.

    `rows` is what `height_of` finds; columns are at most VECTORS · lanes, or what `wide` finds. Whole vectors of b are
    read, but only `columns` numbers of each row of c touched. If `begin`, the sum of row r begins with start[r]; else any
    array stands for start. Without a table, any array of int64 stands for it.
    """
    for r in range(rows):
        total = np.full(columns, start[start_at + r] if begin else 0, c.dtype)
        for i in range(k):
            a_here = a_at + (i * a_stride + r if kind == ALONG_M else r * a_stride + i)
            a_here = a_at + table[table_at + r] + i if kind == A_TABLE else a_here
            b_here = b_at + (table[table_at + i] if kind == B_TABLE else i * b_stride)
            total += a[a_here] * b[b_here : b_here + columns]
        place = c[c_at + r * c_stride : c_at + r * c_stride + columns]
        place[:] = place + total if add else total


@tiles(3)
def tile(calls, a, a_at, b, b_at, c, c_at, table, table_at, a_stride, b_stride, c_stride, k, columns, rows, kind, add):  # type: ignore[no-untyped-def]
    """`tile_from` whose sums begin with 0."""
    how = (a_stride, b_stride, c_stride, k, columns, rows, kind, add, False)
    tile_from(calls, a, a_at, b, b_at, c, c_at, a, a_at, table, table_at, *how)


@intrinsic("copy", 2)
def copy(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, filled):  # type: ignore[no-untyped-def]
    """Rows of a flat array to those of another, with zeros after the last column up to `filled`, which is less than a
    vector more than the whole vectors of `columns`."""
    for i in range(rows):
        read, write = source_at + i * source_stride, target_at + i * target_stride
        target[write : write + columns] = source[read : read + columns]
        target[write + columns : write + filled] = 0


@intrinsic("pick", 2)
def pick(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns):  # type: ignore[no-untyped-def]
    """Every other number of rows of a flat array to the rows of another, which have `columns`."""
    for i in range(rows):
        read, write = source_at + i * source_stride, target_at + i * target_stride
        target[write : write + columns] = source[read : read + 2 * columns : 2]


@intrinsic("weave", 3)
def weave(calls, a, a_at, b, b_at, target, target_at, a_stride, b_stride, target_stride, rows, columns):  # type: ignore[no-untyped-def]
    """The numbers of rows of a and of b, each of `columns`, in turns to rows of the target."""
    for i in range(rows):
        write = target_at + i * target_stride
        target[write : write + 2 * columns : 2] = a[a_at + i * a_stride : a_at + i * a_stride + columns]
        target[write + 1 : write + 2 * columns : 2] = b[b_at + i * b_stride : b_at + i * b_stride + columns]


@intrinsic("turn", 2)
def turn(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, filled, add):  # type: ignore[no-untyped-def]
    """The transpose of a matrix in a flat array, into or (`add`) onto another: target[j, i] = source[i, j] for i < rows,
    j < columns. `filled`: what follows in the last vector of each row of the target may be overwritten."""
    for j in range(columns):
        for i in range(rows):
            held = target[target_at + j * target_stride + i] if add else 0
            target[target_at + j * target_stride + i] = held + source[source_at + i * source_stride + j]


@kernel()
def height_of(calls, left, columns):  # type: ignore[no-untyped-def]
    """How many rows the next tile, `columns` wide, has if `left` are left: all tiles are about equally high."""
    most = calls[MOST_ROWS + (columns + calls[LANES] - 1) // calls[LANES]]
    tiles = (left + most - 1) // most
    return (left + tiles - 1) // tiles


@kernel()
def height(calls, left):  # type: ignore[no-untyped-def]
    """The same for VECTORS vectors; a tile of that many rows may also be less wide."""
    return height_of(calls, left, VECTORS * calls[LANES])


@kernel()
def wide(calls, left, rows):  # type: ignore[no-untyped-def]
    """How many columns the next tile of kind B_TABLE has if `left` are left: more than VECTORS vectors if few rows need
    them, and they are whole."""
    for vectors in (8, 4):
        if rows <= calls[MOST_ROWS + vectors] and left >= vectors * calls[LANES]:
            return vectors * calls[LANES]
    return min(left, VECTORS * calls[LANES])
