"""Micro-kernels, strided copies and a transpose, in vector registers, as calls that kernels make.

Numba compiles scalar loops and leaves vectors to LLVM, which reaches a fifth of the machine on a matrix product. Here
the inner loop is written in LLVM's own language (`tiles.py`), so that the accumulators are vector registers from the
first multiplication to the last. The micro-kernel of Goto & van de Geijn and of BLIS computes one micro-tile of c:

    c[r, j] = or += Σ_k a[r, k] b[k, j]  [+ bias[r]]       r < rows <= MR,  j < columns <= NR = VECTORS · lanes,  k < KC

Each step of the loop over k is a rank-1 update: it loads row k of b, `vectors` registers, broadcasts the `rows` elements
of column k of a, and does rows · vectors fused multiply-adds. b must be contiguous along j. There are four kinds:

    ALONG_K    a is contiguous along k, its rows `a_stride` apart
    ALONG_M    a is contiguous along r, its columns `a_stride` apart: a transposed a, or a packed micro-panel of it
    A_TABLE    a is contiguous along k, and row r begins at table[r]
    B_TABLE    a is as in ALONG_K, and row k of b begins at table[k]: windows of an image that are not written as a matrix

The micro-kernels of all sizes are compiled once for a dtype, by LLVM without Numba, and kept in the cache of the kernels.
Kernels call them by address: were they compiled into each kernel, as Numba does with what kernels call, each would take
seconds longer. So a kernel gets the array `calls(dtype)` and hands it on to `micro_kernel`, `copy`, `transpose` ….

Arrays are flat; an argument `x_at` is the element of the flat array x at which the matrix meant begins, a stride the
distance of its rows in elements. Nothing here is shared out among threads: each call runs on the thread that makes it.

Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", section 4; Van Zee & van de Geijn 2015,
"BLIS: A framework for rapidly instantiating BLAS functionality", section 5.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from .machine_code import addresses
from .runtime import Kernel, kernel
from .tiles import A_TABLE, ALONG_K, ALONG_M, B_TABLE, NAMES, code_of, micro_kernel_numbers
from .vectors import VECTORS, lanes, machine, whole

__all__ = [
    "ALONG_K", "ALONG_M", "A_TABLE", "B_TABLE", "LANES", "MR_OF", "VECTORS", "MicroTile", "calls", "copy", "every_other",
    "interleave", "lanes", "micro_kernel", "micro_tile_columns", "micro_tile_rows", "transpose",
]  # fmt: skip

# The layout of the array `calls`: the addresses of the functions NAMES, then
LANES = len(NAMES)  # elements of a vector
MR_OF = len(NAMES) + 1  # MR_OF + v: the most rows of a micro-tile of v vectors, v from 1 to 8
MICRO_KERNELS = len(NAMES) + 10  # addresses of the micro-kernels, by their numbers


@functools.cache
def calls(dtype: np.dtype) -> ndarray:
    """What kernels need to call the functions compiled here; its layout stands above."""
    numbers = {f"micro_kernel_{number}": number for number in micro_kernel_numbers()}
    code = addresses(Path(__file__), dtype, (*NAMES, *numbers), code_of)
    table = np.zeros(MICRO_KERNELS + max(numbers.values()) + 1, np.int64)
    table[: len(NAMES)], table[LANES] = code[: len(NAMES)], lanes(dtype)
    for vectors, most in machine().mr.items():
        table[MR_OF + vectors] = most
    table[MICRO_KERNELS + np.array(list(numbers.values()))] = code[len(NAMES) :]
    return table


class MicroTile(NamedTuple):
    """The size and the strides of one micro-tile of c, and how it is computed; for `micro_kernel`."""

    rows: int  # of a and c: at most MR, what `micro_tile_rows` returns
    columns: int  # of b and c: at most NR, or what `micro_tile_columns` returns
    k: int  # columns of a, rows of b
    a_stride: int
    b_stride: int
    c_stride: int
    kind: int  # ALONG_K, ALONG_M, A_TABLE or B_TABLE
    add: bool  # to c; else c is set
    biased: bool  # the sum of row r begins with bias[r]; else with 0


# --------------------------------------------------------------------------------------------------------- intrinsics


class Intrinsic(Kernel):
    """A call, made by kernels, of a function compiled here: its address is number `number` of their first argument.
    From Python, it runs `function`, the same in NumPy.

    The arguments that follow are `arrays` pairs of an array and an offset into it, each of which becomes one pointer; one
    more such pair if `table`, which becomes an address; integers and flags, or named tuples of these.
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

            def number(kind: Any) -> Any:
                if isinstance(kind, numba.types.BaseNamedTuple):
                    return numba.types.BaseTuple.from_types([number(k) for k in kind.types], kind.instance_class)
                return kind if kind == numba.types.boolean else numba.types.int64

            def call(typing: Any, *kinds: Any) -> Any:
                pairs = [kind for i in range(1, last, 2) for kind in (kinds[i], numba.types.int64)]
                return numba.types.void(kinds[0], *pairs, *map(number, kinds[last:])), self.generate

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
        numbers = []
        for value in arguments[last + 2 * self.table :]:
            parts = isinstance(value.type, (ir.ArrayType, ir.LiteralStructType))  # of a named tuple
            numbers += [builder.extract_value(value, i) for i in range(len(value.type))] if parts else [value]
        values += [builder.zext(v, ir.IntType(8)) if v.type == ir.IntType(1) else v for v in numbers]
        number, values = self.chosen(builder, values, signature.args[1].dtype.bitwidth // 8)
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        address = builder.load(builder.gep(data(0), [number]))
        builder.call(builder.inttoptr(address, kind.as_pointer()), values)
        return context.get_dummy_value()

    def chosen(self, builder: Any, values: list, itemsize: int) -> tuple[Any, list]:
        """The number of the function, and its arguments."""
        return whole(self.number), values


class MicroKernel(Intrinsic):
    """The call of the micro-kernel for the rows, the columns and the kind of a `MicroTile`."""

    def chosen(self, builder: Any, values: list, itemsize: int) -> tuple[Any, list]:
        pointers, (rows, columns, k, a_stride, b_stride, c_stride, kind, add, biased) = values[:5], values[5:]
        width = machine().vector_bytes // itemsize
        vectors = builder.sdiv(builder.add(columns, whole(width - 1)), whole(width))
        number = builder.add(builder.mul(rows, whole(9 * 4)), builder.add(builder.mul(vectors, whole(4)), kind))
        arguments = [*pointers, a_stride, b_stride, c_stride, k, columns, add, biased]
        return builder.add(number, whole(MICRO_KERNELS)), arguments


def intrinsic(name: str, arrays: int) -> Callable[[Callable], Intrinsic]:
    """Make a function in NumPy a call of the compiled one: (calls, array, at, … , integers and flags)."""
    return lambda function: Intrinsic(NAMES.index(name), arrays, False, function)


def _micro_kernel(calls, a, a_at, b, b_at, c, c_at, bias, bias_at, table, table_at, tile):  # type: ignore[no-untyped-def]
    """c = or += a @ b [+ bias], one micro-tile; the formula and the kinds stand at the head of this file.

    calls             `calls(dtype)`
    a, a_at           a (rows, k), or (k, rows) if `ALONG_M`
    b, b_at           b (k, columns). Whole vectors of a row are read, also beyond `columns`
    c, c_at           c (rows, columns); nothing beside it is touched
    bias, bias_at     (rows,), if tile.biased; else any array of the dtype
    table, table_at   int64, of the kinds A_TABLE (rows,) and B_TABLE (k,); else any array of int64
    tile              a MicroTile
    """
    rows, columns, k, a_stride, b_stride, c_stride, kind, add, biased = tile
    for r in range(rows):
        total = np.full(columns, bias[bias_at + r] if biased else 0, c.dtype)
        for i in range(k):
            a_here = a_at + (i * a_stride + r if kind == ALONG_M else r * a_stride + i)
            a_here = a_at + table[table_at + r] + i if kind == A_TABLE else a_here
            b_here = b_at + (table[table_at + i] if kind == B_TABLE else i * b_stride)
            total += a[a_here] * b[b_here : b_here + columns]
        row = c[c_at + r * c_stride : c_at + r * c_stride + columns]
        row[:] = row + total if add else total


micro_kernel = MicroKernel(0, 4, True, _micro_kernel)


@intrinsic("copy", 2)
def copy(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, filled):  # type: ignore[no-untyped-def]
    """target (rows, columns) = source (rows, columns), and zeros after the last column up to column `filled`, which is
    less than a vector more than the whole vectors of `columns`."""
    for i in range(rows):
        read, write = source_at + i * source_stride, target_at + i * target_stride
        target[write : write + columns] = source[read : read + columns]
        target[write + columns : write + filled] = 0


@intrinsic("every_other", 2)
def every_other(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns):  # type: ignore[no-untyped-def]
    """target[i, j] = source[i, 2 j], target (rows, columns)."""
    for i in range(rows):
        read, write = source_at + i * source_stride, target_at + i * target_stride
        target[write : write + columns] = source[read : read + 2 * columns : 2]


@intrinsic("interleave", 3)
def interleave(calls, a, a_at, b, b_at, target, target_at, a_stride, b_stride, target_stride, rows, columns):  # type: ignore[no-untyped-def]
    """target[i, 2 j] = a[i, j], target[i, 2 j + 1] = b[i, j]; a and b (rows, columns)."""
    for i in range(rows):
        write = target_at + i * target_stride
        target[write : write + 2 * columns : 2] = a[a_at + i * a_stride : a_at + i * a_stride + columns]
        target[write + 1 : write + 2 * columns : 2] = b[b_at + i * b_stride : b_at + i * b_stride + columns]


@intrinsic("transpose", 2)
def transpose(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, filled, add):  # type: ignore[no-untyped-def]
    """target[j, i] = source[i, j], or += if `add`; source (rows, columns), target (columns, rows).

    filled: what follows in the last vector of each row of the target may be overwritten.
    """
    for j in range(columns):
        for i in range(rows):
            old = target[target_at + j * target_stride + i] if add else 0
            target[target_at + j * target_stride + i] = old + source[source_at + i * source_stride + j]


# ------------------------------------------------------------------------------------------------ sizes of micro-tiles


@kernel()
def micro_tile_rows(calls, left, columns):  # type: ignore[no-untyped-def]
    """The rows of the next micro-tile, `columns` wide, if `left` rows are left: as few tiles as there can be, of about
    equal height."""
    most = calls[MR_OF + (columns + calls[LANES] - 1) // calls[LANES]]
    tiles = (left + most - 1) // most
    return (left + tiles - 1) // tiles


@kernel()
def micro_tile_columns(calls, left, rows):  # type: ignore[no-untyped-def]
    """The columns of the next micro-tile of kind B_TABLE if `left` are left and there are `rows` rows in all: more than
    VECTORS vectors if few rows leave registers for them, and they are whole."""
    for vectors in (8, 4):
        if rows <= calls[MR_OF + vectors] and left >= vectors * calls[LANES]:
            return vectors * calls[LANES]
    return min(left, VECTORS * calls[LANES])
