"""The version counter of memory, behind "a saved value was changed in place".

Tensors that share memory must share one counter, and most memory is never written in place. So the counter belongs to
the memory (the array that owns it), exists only once something was written there, and uses the graph's own clock: a
write is stamped with a tick, and a node that saved an array is out of date exactly when the array's memory carries a
stamp later than the node's own. Recording an operation costs nothing for it, not even an integer.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable

from numpy import ndarray

from .graph import Writes, tick

REMEMBERED = 64  # stamps kept for each memory; more writes than that since a value was saved are reported as "at least"


class Log:
    __slots__ = ("count", "stamps", "memory")

    def __init__(self, memory: ndarray):
        key = id(memory)
        self.count = 0
        self.stamps: deque[int] = deque(maxlen=REMEMBERED)
        self.memory = weakref.ref(memory, lambda _: logs.pop(key, None))


logs: dict[int, Log] = {}


def memory_of(array: ndarray) -> ndarray:
    """The array that owns the memory `array` looks into."""
    while type(base := array.base) is ndarray:
        array = base
    return array


def written(array: ndarray) -> None:
    """Note that the memory of `array` has just been written in place."""
    all_written((array,))


def all_written(arrays: Iterable[ndarray]) -> None:
    """`written` for several arrays, changed together."""
    Writes.last = stamp = tick()
    for array in arrays:
        memory = memory_of(array)
        log = logs.get(id(memory))
        if log is None:
            log = Log(memory)
        log.count += 1
        log.stamps.append(stamp)
        logs[id(memory)] = log  # only now: an interrupt must not leave one without a stamp


def version_of(array: ndarray) -> int:
    """How often the memory of `array` has been written in place."""
    log = logs.get(id(memory_of(array)))
    return 0 if log is None else log.count


def changed_since(array: ndarray, order: int) -> tuple[int, int] | None:
    """None, or the versions of the memory of `array` at tick `order` and now, if they differ."""
    log = logs.get(id(memory_of(array)))
    if log is None or log.stamps[-1] < order:
        return None
    later = sum(stamp > order for stamp in log.stamps)
    return log.count - later, log.count


def changed_error(name: str, what: str, array: ndarray, versions: tuple[int, int]) -> RuntimeError:
    return RuntimeError(
        f"backward: '{name}' saved {what} (shape {array.shape}, {array.dtype}) at version {versions[0]}, but it has been "
        f"changed in place since and is at version {versions[1]}; its gradient would be wrong. Use the operation that "
        f"makes a new tensor, or x.clone() before the change"
    )
