"""Waiting without sleep: a thread that sleeps takes some 30 µs to wake, one that polls far less than one.

`watch` runs without the interpreter's lock, so that other threads of Python go on. It is written in LLVM's language,
in which a number can be read anew from memory each time, for another thread may have changed it.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .machine_code import addresses

LINE = 128  # bytes, the most that a CPU moves at once: counters this far apart are in no false sharing


class Signal:
    """A counter that threads increment and watch."""

    def __init__(self) -> None:
        self._line = (ctypes.c_int64 * (2 * LINE // 8))()
        self.count = ctypes.c_int64.from_buffer(self._line, LINE)
        self.address = ctypes.addressof(self.count)

    def increment(self) -> None:
        self.count.value += 1


def watch(signal: Signal, seen: int, microseconds: float, first: Signal, longer: float = 0.0) -> bool:
    """Increment `first`, then poll `signal` until it is not `seen`, or for `microseconds`; if it is not, stay `longer`
    microseconds. Returns whether it was not `seen`."""
    call, looks = _compiled()
    return call(signal.address, first.address, seen, int(microseconds * looks), int(longer * looks)) != seen


@functools.cache
def _compiled() -> tuple[Callable[[int, int, int, int, int], int], float]:
    """The function of `_code`, and the number of looks that it takes in a microsecond."""
    address = addresses(Path(__file__), np.dtype(np.int64), ["watch"], _code)[0]
    call = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 5)(int(address))
    never, dummy, shortest = Signal(), Signal(), float("inf")  # variables, for only their addresses are handed over
    for _ in range(3):
        started = time.perf_counter()
        call(never.address, dummy.address, 0, 4000, 0)
        shortest = min(shortest, time.perf_counter() - started)
    return call, 4000 / (shortest * 1e6)


def _code(dtype: np.dtype, triple: str) -> str:
    """The function (signal, first, seen, looks, longer) of addresses and numbers, as text."""
    from llvmlite import ir

    number = ir.IntType(64)
    zero, one = ir.Constant(number, 0), ir.Constant(number, 1)
    module = ir.Module("spin")
    module.triple = triple
    function = ir.Function(module, ir.FunctionType(number, [number] * 5), "watch")
    signal, first, seen, looks, longer = function.args
    entry, look, wait, end = (function.append_basic_block(name) for name in ("entry", "look", "wait", "end"))
    builder = ir.IRBuilder(entry)
    signal, first = (builder.inttoptr(address, number.as_pointer()) for address in (signal, first))
    builder.atomic_rmw("add", first, one, "seq_cst")
    builder.branch(look)

    builder.position_at_end(look)
    left = builder.phi(number)
    value = builder.load_atomic(signal, "acquire", 8)
    shortened = builder.and_(builder.icmp_signed("!=", value, seen), builder.icmp_signed("<", longer, left))
    still = builder.sub(builder.select(shortened, longer, left), one)
    builder.cbranch(builder.icmp_signed("<", zero, still), wait, end)
    left.add_incoming(looks, entry)
    left.add_incoming(still, wait)

    builder.position_at_end(wait)
    builder.call(_pause(ir), [])
    builder.branch(look)
    builder.position_at_end(end)
    builder.ret(value)
    return str(module)


def _pause(ir: Any) -> Any:
    """The instruction that tells the CPU of a thread that waits."""
    word = {"x86_64": "pause", "amd64": "pause", "aarch64": "yield", "arm64": "yield"}.get(
        platform.machine().lower(), ""
    )
    return ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), word, "", side_effect=True)
