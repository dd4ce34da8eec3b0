"""The vector registers of this machine, and a writer of functions on them in LLVM's language, through llvmlite.

An element is one float32 or float64, a vector `lanes(dtype)` of them: one register."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

VECTORS = 2  # NR, the columns of a micro-tile of a matrix product, in vectors


class Machine(NamedTuple):
    """What the micro-kernels are generated for."""

    vector_bytes: int
    mr: dict[int, int]  # the columns of a micro-tile in vectors -> MR, the most rows that it may have


# Rows times vectors are the accumulators, which stay in registers together with a row of b and an element of a. At least
# eight accumulators keep two multiplication units busy, whose latency is four cycles; so a micro-tile of one vector has
# more rows.
OF_16_REGISTERS = {1: 10, 2: 6, 4: 3, 8: 1}
OF_32_REGISTERS = {1: 12, 2: 12, 4: 6, 8: 3}


def machine_with(features: dict[str, bool], architecture: str) -> Machine:
    """The micro-tiles for a CPU: AVX-512 has 32 registers of 64 bytes, AVX 16 of 32, NEON 32 of 16, SSE 16 of 16."""
    if features.get("avx512f"):
        return Machine(64, OF_32_REGISTERS)
    if features.get("avx"):
        return Machine(32, OF_16_REGISTERS)
    if architecture in ("aarch64", "arm64"):
        return Machine(16, OF_32_REGISTERS)
    return Machine(16, OF_16_REGISTERS)


WIDER = {16: ("avx", "fma", "f16c", "xop"), 32: ("avx512",), 64: ()}  # features that no vectors of these bytes have


def widest() -> int:
    """How many bytes a vector may have: 16, 32 or 64 if the environment variable AUTOGRAD_VECTOR_BYTES says so, else 64.

    So a CPU with AVX-512 can run, and test, the micro-kernels of AVX (32) and of SSE, which are as wide as NEON's (16). The
    variable is read when the first kernel is compiled. It does not make vectors wider than the CPU's. Raises ValueError
    if it is anything else.
    """
    wanted = os.environ.get("AUTOGRAD_VECTOR_BYTES") or "64"
    if wanted not in ("16", "32", "64"):
        raise ValueError(
            f"AUTOGRAD_VECTOR_BYTES is {wanted!r}, but vectors have 16, 32 or 64 bytes; unset it to have the widest of this CPU"
        )
    return int(wanted)


def cpu() -> tuple[str, str]:
    """The name of this CPU, and its features without those of wider vectors than `widest`, as LLVM takes them."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    without = [f"-{name}" for name, there in features.items() if there and name.startswith(WIDER[widest()])]
    return llvm.get_host_cpu_name(), ",".join([features.flatten(), *without])  # the last word counts


@functools.cache
def machine() -> Machine:
    """The micro-tiles for this CPU."""
    import llvmlite.binding as llvm

    features = {
        name: there and not name.startswith(WIDER[widest()]) for name, there in llvm.get_host_cpu_features().items()
    }
    return machine_with(features, platform.machine())


def lanes(dtype: Any) -> int:
    """The elements of a vector."""
    return machine().vector_bytes // np.dtype(dtype).itemsize


def module_of(dtype: np.dtype, triple: str) -> Any:
    """An empty module for functions on elements of one dtype."""
    from llvmlite import ir

    module = ir.Module("f32" if dtype == np.float32 else "f64")
    module.triple = triple
    return module


def whole(value: int, bits: int = 64) -> Any:
    """A constant integer."""
    from llvmlite import ir

    return ir.Constant(ir.IntType(bits), value)


class Function:
    """A function under construction. Its arguments are pointers to elements, then integers, then flags; it returns nothing.

    Instructions that have no method here are written with `builder`.
    """

    def __init__(self, module: Any, name: str, pointers: int, integers: int, flags: int = 0):
        from llvmlite import ir

        self.ir, self.module = ir, module
        self.short = module.name  # of the dtype, in the names of LLVM's functions
        self.number, self.size = (ir.FloatType(), 4) if self.short == "f32" else (ir.DoubleType(), 8)
        self.width = machine().vector_bytes // self.size
        self.vector = ir.VectorType(self.number, self.width)
        kinds = [self.number.as_pointer()] * pointers + [ir.IntType(64)] * integers + [ir.IntType(8)] * flags
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        arguments = list(self.function.args)
        self.arguments = arguments[: len(arguments) - flags]
        self.flags = [self.builder.trunc(flag, ir.IntType(1)) for flag in arguments[len(arguments) - flags :]]

    def declared(self, name: str, result: Any, *kinds: Any) -> Any:
        """A function of LLVM's own. (`declare_intrinsic` does not know vector types.)"""
        kind = self.ir.FunctionType(result, kinds)
        return self.module.globals.get(name) or self.ir.Function(self.module, kind, name)

    def at(self, pointer: Any, *steps: Any) -> Any:
        """The pointer advanced by the sum of `steps` elements, integers of Python or of LLVM."""
        for step in steps:
            pointer = self.builder.gep(pointer, [whole(step) if isinstance(step, int) else step])
        return pointer

    def times(self, value: Any, by: int) -> Any:
        """An integer times a constant."""
        return self.builder.mul(value, whole(by))

    def less(self, a: Any, b: Any) -> Any:
        """a < b, integers of Python or of LLVM."""
        a, b = (whole(x) if isinstance(x, int) else x for x in (a, b))
        return self.builder.icmp_signed("<", a, b)

    # ----------------------------------------------------------------------------------------------------- vectors

    def zero(self) -> Any:
        return self.constant(0.0)

    def constant(self, value: float) -> Any:
        """A constant in every lane."""
        return self.ir.Constant(self.vector, [value] * self.width)

    def broadcast(self, value: Any) -> Any:
        """A scalar in every lane."""
        kind = self.ir.VectorType(value.type, self.width)
        one = self.builder.insert_element(self.ir.Constant(kind, self.ir.Undefined), value, whole(0, 32))
        return self.shuffled(one, one, [0] * self.width)

    def shuffled(self, a: Any, b: Any, lanes: list[int]) -> Any:
        """A vector of the lanes of a, numbered from 0, and of b, numbered from where a's end."""
        mask = self.ir.Constant(self.ir.VectorType(self.ir.IntType(32), self.width), lanes)
        return self.builder.shuffle_vector(a, b, mask)

    def load_scalar(self, pointer: Any) -> Any:
        """The element at a pointer, in every lane."""
        return self.broadcast(self.builder.load(pointer, align=self.size))

    def load(self, pointer: Any, mask: Any = None) -> Any:
        """A vector from an unaligned pointer; with a mask, zeros where it is not set, and nothing is read there."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            return self.builder.load(pointer, align=self.size)
        kinds = pointer.type, self.ir.IntType(32), mask.type, self.vector
        load = self.declared(f"llvm.masked.load.v{self.width}{self.short}.p0", self.vector, *kinds)
        return self.builder.call(load, [pointer, whole(self.size, 32), mask, self.zero()])

    def store(self, value: Any, pointer: Any, mask: Any = None) -> None:
        """A vector to an unaligned pointer; with a mask, only what is set in it, which is much slower on some machines."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            self.builder.store(value, pointer, align=self.size)
            return
        kinds = self.vector, pointer.type, self.ir.IntType(32), mask.type
        store = self.declared(f"llvm.masked.store.v{self.width}{self.short}.p0", self.ir.VoidType(), *kinds)
        self.builder.call(store, [value, pointer, whole(self.size, 32), mask])

    def first_lanes(self, count: Any) -> Any:
        """The mask of the first `count` lanes."""
        numbers = self.ir.Constant(self.ir.VectorType(self.ir.IntType(64), self.width), list(range(self.width)))
        return self.builder.icmp_signed("<", numbers, self.broadcast(count))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c: fused where the machine has the instruction, two instructions where it has not."""
        kind = self.vector
        return self.builder.call(
            self.declared(f"llvm.fmuladd.v{self.width}{self.short}", kind, kind, kind, kind), [a, b, c]
        )

    def prefetch(self, pointer: Any) -> None:
        """A hint that the memory at a pointer will be written."""
        byte, number = self.ir.IntType(8).as_pointer(), self.ir.IntType(32)
        hint = self.declared("llvm.prefetch.p0", self.ir.VoidType(), byte, number, number, number)
        self.builder.call(hint, [self.builder.bitcast(pointer, byte), whole(1, 32), whole(3, 32), whole(1, 32)])

    # ------------------------------------------------------------------------------------------------------- loops

    def loop(self, starts: list, steps: list, last: Any, body: Callable[[list, list], list], sums: list) -> list:
        """do { } while (counter < last), the counter being the first of what is counted up: integers and pointers.

        Begins at `starts`; `body(counted, sums)` gives the new sums; what is counted goes on by `steps`. The loop is
        run at least once. Returns the last sums. It is not unrolled further, which only takes time to compile.
        """
        builder, entry = self.builder, self.builder.block
        block, after = self.function.append_basic_block("loop"), self.function.append_basic_block("after")
        builder.branch(block)
        builder.position_at_end(block)
        phis = [builder.phi(value.type) for value in starts + sums]
        counted, accumulators = phis[: len(starts)], phis[len(starts) :]
        results = body(counted, accumulators)
        following = [
            self._hidden(self.at(value, step)) if value.type.is_pointer else builder.add(value, step)
            for value, step in zip(counted, steps, strict=True)
        ]
        for phi, first, next_ in zip(phis, starts + sums, following + results, strict=True):
            phi.add_incoming(first, entry)
            phi.add_incoming(next_, builder.block)
        back = builder.cbranch(self.less(following[0], last), block, after)
        back.set_metadata("llvm.loop", self._no_unrolling())
        builder.position_at_end(after)
        return results

    def _no_unrolling(self) -> Any:
        option = self.module.add_metadata([self.ir.MetaDataString(self.module, "llvm.loop.unroll.disable")])
        loop = self.ir.MDValue(self.module, [], name=str(len(self.module.metadata)))
        loop.operands = (loop, option)  # it must name itself
        return loop

    def _hidden(self, value: Any) -> Any:
        """The same value, of which LLVM knows nothing. Otherwise it keeps one pointer for all rows of a, and counts the
        others up from it in every step, which costs more instructions than the multiplications leave room for."""
        kind = self.ir.FunctionType(value.type, [value.type])
        return self.builder.call(self.ir.InlineAsm(kind, "", "=r,0"), [value])
