"""Large arrays whose memory is used again: `empty` and `zeros`.

Memory fresh from the operating system is paid for page by page, as it is first touched: that may cost as much as what a
kernel does with it. Training allocates the same sizes in every step. So the memory of an array made here, once nothing
refers to the array or to a view of it, waits for the next array of about its size.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

LEAST = 64 * 1024  # bytes; the memory of smaller arrays is NumPy's
LINE = 64  # bytes of a line of the cache, where each array begins


class Memory(NamedTuple):
    """Bytes that are no array, so that an array made of them counts as their owner, which all its views keep alive."""

    buffer: bytearray
    start: int  # of a line of the cache
    size: int  # from there


class Workspace:
    """What is waiting, and what is in use."""

    limit = 256 * 1024 * 1024  # bytes that may wait; beyond that, what has waited longest is given back
    waiting: list[Memory] = []  # the longest first
    waits = 0  # bytes
    used: dict[int, tuple[weakref.ref, Memory]] = {}
    lock = threading.RLock()  # an array may die, and return its memory, at any moment


def empty(shape: tuple[int, ...], dtype: Any) -> ndarray:
    """Like `np.empty`: what is in it is undefined. If large, it begins at a line of the cache."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < LEAST:
        return np.empty(shape, dtype)
    memory = _take(_rounded(size))
    array = np.ndarray(shape, dtype, memory.buffer, memory.start)
    key = id(array)
    Workspace.used[key] = weakref.ref(array, lambda _: _give_back(key)), memory
    return array


def zeros(shape: tuple[int, ...], dtype: Any) -> ndarray:
    """Like `np.zeros`."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def _rounded(size: int) -> int:
    """At most an eighth more: arrays of nearly the same size use each other's memory."""
    step = 1 << (size.bit_length() - 4)
    return -(-size // step) * step


def _take(size: int) -> Memory:
    with Workspace.lock:
        waiting = Workspace.waiting
        for i in range(len(waiting) - 1, -1, -1):
            if waiting[i].size == size:
                Workspace.waits -= size
                return waiting.pop(i)
    buffer = bytearray(size + LINE)
    return Memory(buffer, -np.frombuffer(buffer, np.uint8).ctypes.data % LINE, size)


def _give_back(key: int) -> None:
    with Workspace.lock:
        _, memory = Workspace.used.pop(key)
        Workspace.waiting.append(memory)
        Workspace.waits += memory.size
        while Workspace.waits > Workspace.limit:
            Workspace.waits -= Workspace.waiting.pop(0).size


def release() -> None:
    """Give back all that is waiting."""
    with Workspace.lock:
        Workspace.waiting.clear()
        Workspace.waits = 0


def _after_fork() -> None:
    Workspace.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
