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
import hashlib
import importlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from .runtime import Kernel, Threads, cache_folder, kernel
from .vectors import A_TABLE, ALONG_K, ALONG_M, B_TABLE, NAMES, VECTORS, lanes, machine, vector_code

__all__ = ["ALONG_K", "ALONG_M", "A_TABLE", "B_TABLE", "VECTORS", "calls", "copy", "height", "lanes", "tile", "turn"]

# ------------------------------------------------------------------------------------------------------- compilation

_engines: list = []  # they hold the code, and must live as long as the process


@functools.cache
def calls(dtype: np.dtype) -> ndarray:
    """What kernels need to call `tile`, `copy` and `turn`: their addresses, then the heights of tiles."""
    import llvmlite.binding as llvm

    with Threads.compiling:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features().flatten()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features, opt=3, codemodel="jitdefault", jit=True
        )
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        engine.add_object_file(llvm.ObjectFileRef.from_data(_object(dtype, target, features)))
        engine.finalize_object()
        _engines.append(engine)
        addresses = [engine.get_function_address(name) for name in NAMES]
    return np.array([*addresses, *machine().heights], np.int64)


def _object(dtype: np.dtype, target: Any, features: str) -> bytes:
    """The machine code for one dtype, from the cache if it is there."""
    import llvmlite
    import llvmlite.binding as llvm

    folder = cache_folder(Path(__file__).resolve())
    text = f"{llvmlite.__version__} {target.triple} {llvm.get_host_cpu_name()} {features}"
    path = None if folder is None else folder / f"{dtype.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.o"
    if path is not None and path.exists():
        return path.read_bytes()
    code = target.emit_object(llvm.parse_assembly(vector_code(dtype, target.triple)))
    if path is not None:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(code)
        os.replace(temporary, path)
    return code


# --------------------------------------------------------------------------------------------------------- intrinsics


class Intrinsic(Kernel):
    """A call that kernels may make of a function compiled here. From Python, it runs `function`, the same in NumPy."""

    def __init__(self, number: int, arrays: int, table: bool, function: Callable):
        super().__init__(function, frozenset())
        self.number, self.arrays, self.table = number, arrays, table

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def dispatcher(self) -> Any:
        if self.compiled is None:
            numba = importlib.import_module("numba")
            self.compiled = _by_address(numba, self.number, self.arrays, self.table, self.function)
        return self.compiled


def intrinsic(name: str, arrays: int, table: bool = False) -> Callable[[Callable], Intrinsic]:
    """Make a function in NumPy a call of the compiled one: (calls, array, at, … , [table, at,] numbers and flags)."""
    return lambda function: Intrinsic(NAMES.index(name), arrays, table, function)


def _by_address(numba: Any, number: int, arrays: int, table: bool, function: Callable) -> Any:
    """Numba's intrinsic that calls the function whose address is calls[number]. Each array comes with the place in it
    from which it is meant, and goes as one pointer, a table as its address."""
    from llvmlite import ir

    last = 1 + 2 * arrays  # the arguments before are calls and pairs of array and place

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(i: int) -> Any:
            return context.make_array(signature.args[i])(context, builder, arguments[i]).data

        values = [builder.gep(data(i), [arguments[i + 1]]) for i in range(1, last, 2)]
        if table:
            values.append(builder.ptrtoint(builder.gep(data(last), [arguments[last + 1]]), ir.IntType(64)))
        values += [
            builder.zext(value, ir.IntType(8)) if value.type == ir.IntType(1) else value
            for value in arguments[last + 2 * table :]
        ]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        address = builder.load(builder.gep(data(0), [ir.Constant(ir.IntType(64), number)]))
        builder.call(builder.inttoptr(address, kind.as_pointer()), values)
        return context.get_dummy_value()

    def call(typing: Any, *kinds: Any) -> Any:
        end = last + 2 * table
        pairs = [kind for i in range(1, end, 2) for kind in (kinds[i], numba.types.int64)]
        rest = [kind if kind == numba.types.boolean else numba.types.int64 for kind in kinds[end:]]
        return numba.types.void(kinds[0], *pairs, *rest), generate

    names = ["typing", *inspect.signature(function).parameters]  # Numba goes by the names
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return numba.extending.intrinsic(call)


@intrinsic("tile", 3, table=True)
def tile(calls, a, a_at, b, b_at, c, c_at, table, table_at, a_stride, b_stride, c_stride, k, columns, rows, kind, add):  # type: ignore[no-untyped-def]
    """The tile of the head of this file, on flat arrays, each from its place `…_at`: c is set, or added to if `add`.

    `rows` must be one of `machine().heights`, which `height` finds; columns at most VECTORS · lanes. Whole vectors of b
    are read, but only `columns` numbers of each row of c touched. Without a table, any array of int64 stands for it.
    """
    for r in range(rows):
        total = np.zeros(columns, c.dtype)
        for i in range(k):
            a_here = a_at + (i * a_stride + r if kind == ALONG_M else r * a_stride + i)
            a_here = a_at + table[table_at + r] + i if kind == A_TABLE else a_here
            b_here = b_at + (table[table_at + i] if kind == B_TABLE else i * b_stride)
            total += a[a_here] * b[b_here : b_here + columns]
        place = c[c_at + r * c_stride : c_at + r * c_stride + columns]
        place[:] = place + total if add else total


@intrinsic("copy", 2)
def copy(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, filled):  # type: ignore[no-untyped-def]
    """Rows of a flat array to those of another, with zeros after the last column up to `filled`, which is less than a
    vector more than the whole vectors of `columns`."""
    for i in range(rows):
        read, write = source_at + i * source_stride, target_at + i * target_stride
        target[write : write + columns] = source[read : read + columns]
        target[write + columns : write + filled] = 0


@intrinsic("turn", 2)
def turn(calls, source, source_at, target, target_at, source_stride, target_stride, rows, columns, whole, add):  # type: ignore[no-untyped-def]
    """The transpose of a block of at most lanes x lanes numbers of a flat array, into or (`add`) onto another:
    target[j, i] = source[i, j] for i < rows, j < columns. `whole`: what follows in each vector may be overwritten."""
    for j in range(columns):
        for i in range(rows):
            held = target[target_at + j * target_stride + i] if add else 0
            target[target_at + j * target_stride + i] = held + source[source_at + i * source_stride + j]


@kernel()
def height(calls, left):  # type: ignore[no-untyped-def]
    """How many rows the next tile has, if `left` are left."""
    i = 3
    while calls[i] > left:
        i += 1
    return calls[i]
