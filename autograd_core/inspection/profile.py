"""Where the time goes: `with ag.profile() as p:` notes time and memory of every operation, forward and backward."""

from __future__ import annotations

import html
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.graph import Node, Watcher, watchers
from ..engine.tensor import Tensor
from ..engine.versions import memory_of

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # autograd_core
# A call is placed in the innermost frame outside these: not in a layer of nn, but where the user called the network
OURS = (HERE, *(os.path.join(os.path.dirname(HERE), name) for name in ("nn", "optim")), os.path.dirname(np.__file__))
clock = time.perf_counter


@dataclass
class Row:
    """Holds what one operation, called from one line, took: times in seconds, bytes of new memory (views count 0)."""

    operation: str
    place: str
    calls: int = 0
    backward_calls: int = 0
    forward: float = 0.0
    backward: float = 0.0
    bytes: int = 0
    backward_bytes: int = 0

    @property
    def total(self) -> float:
        """Seconds, forward and backward."""
        return self.forward + self.backward

    @property
    def total_bytes(self) -> int:
        """Bytes of new memory, forward and backward."""
        return self.bytes + self.backward_bytes

    def add(self, other: Row) -> None:
        for field in fields(self)[2:]:
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class profile(Watcher):  # noqa: N801 (PyTorch's name)
    """Measures time and memory of the operations inside a `with` block, in all threads.

    `print(p)` is a table, slowest first: the operation, the number of its calls, the time of its forward runs and of its
    gradient rules (with adding up what they give), the memory they allocated, the share of all of this time, and the
    line of the user's program. A rule stands at the line of its operation. `p.rows` has the same as data,
    `p.by_place()` and `p.by_operation()` add it up; `p.wall` is the time of the whole block, `p.inside` that of
    operations, `p.outside` the rest: Python, data, the profile itself.

    While it is on, every operation takes the general way through the library, some microseconds longer than the short
    cuts that small operations have without it. So the times of small operations are too long, and tell more about counts
    than about cost; those of large ones are right.

    Each operation counts its own time: where a rule calls operations itself (`create_graph=True`, `checkpoint`), theirs
    is not counted again. The block may be left and entered again, and goes on counting.

    Formula: p.wall = p.inside + p.outside, p.inside = Σ (forward + backward) over p.rows
    Shapes: any.
    Dtypes: any.
    Raises: RuntimeError if it is entered while it runs; ValueError for an order that the tables do not have.
    Source: PyTorch's `profiler.profile`, of which it is a small part.

    >>> import autograd_core as ag
    >>> x = ag.ones(100, 100, requires_grad=True)
    >>> with ag.profile() as p:
    ...     (x @ x).sum().backward()
    >>> [(row.operation, row.calls, row.backward_calls) for row in p.by_operation("name")]
    [('matmul', 1, 1), ('sum', 1, 1)]
    """

    def __init__(self) -> None:
        self._table: dict[tuple[str, str], Row] = {}
        self._places: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._local = threading.local()
        self._wall = 0.0
        self._started: float | None = None

    # ------------------------------------------------------------------------------------------------------- the block

    def __enter__(self) -> profile:
        if self._started is not None:
            raise RuntimeError("profile: this profile is running already; use a new one inside, ag.profile()")
        watchers.append(self)
        self._started = clock()
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._started is not None
        self._wall += clock() - self._started
        self._started = None
        self._local = threading.local()
        watchers.remove(self)

    # ---------------------------------------------------------------------------------------------------- what happens

    def _frames(self) -> list:
        """What is running in this thread: [what, when it began, the time of what ran inside, g, bytes] of each."""
        try:
            return self._local.frames
        except AttributeError:
            frames: list = []
            self._local.frames = frames
            return frames

    def _close(self, what: object) -> list | None:
        """Take the frame of `what` off, with those above it, which an exception has left behind."""
        now = clock()
        frames = self._frames()
        for i in range(len(frames) - 1, -1, -1):
            if frames[i][0] is what:
                frame = frames[i]
                del frames[i:]
                took = now - frame[1]
                if frames:
                    frames[-1][2] += took
                frame[1] = took - frame[2]
                return frame
        return None

    def before(self, primitive: Any, arrays: list) -> None:
        self._frames().append([arrays, clock(), 0.0])

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        frame = self._close(arrays)
        if frame is None:
            return
        place = calling_place()
        known = {id(memory_of(a)) for a in arrays if isinstance(a, ndarray)}
        size = sum(_new_bytes(o, known) for o in (out if isinstance(out, tuple) else (out,)))
        if node is not None:
            self._places[node] = place
        with self._lock:
            row = self._row(primitive.name, place)
            row.calls += 1
            row.forward += frame[1]
            row.bytes += size

    def enter(self, node: Node, g: Any) -> None:
        self._frames().append([node, clock(), 0.0, g, 0])

    def gradients(self, node: Node, gs: Iterable) -> None:
        frames = self._frames()
        if frames and frames[-1][0] is node:
            arrays = [g.array if isinstance(g, Tensor) else g for g in (frames[-1][3], *gs)]
            known = {id(memory_of(arrays[0]))} if isinstance(arrays[0], ndarray) else set()
            frames[-1][4] += sum(_new_bytes(g, known) for g in arrays[1:])

    def leave(self, node: Node) -> None:
        frame = self._close(node)
        if frame is None:
            return
        place = self._places.get(node) or calling_place()
        with self._lock:
            row = self._row(node.name, place)
            row.backward_calls += 1
            row.backward += frame[1]
            row.backward_bytes += frame[4]

    def _row(self, operation: str, place: str) -> Row:
        row = self._table.get((operation, place))
        if row is None:
            row = self._table[operation, place] = Row(operation, place)
        return row

    # ----------------------------------------------------------------------------------------------------- what it was

    @property
    def rows(self) -> list[Row]:
        """A row for each operation and line, the slowest first."""
        with self._lock:
            return sorted(self._table.values(), key=lambda row: -row.total)

    def by_operation(self, sort: str = "total") -> list[Row]:
        """The rows added up by operation; sorted by "total" time, "bytes" or "name". Their place is empty."""
        return self._sum(lambda row: (row.operation, ""), sort)

    def by_place(self, sort: str = "total") -> list[Row]:
        """The rows added up by line of the user's program; sorted as in `by_operation`. Their operation is empty."""
        return self._sum(lambda row: ("", row.place), sort)

    def _sum(self, key: Callable[[Row], tuple[str, str]], sort: str) -> list[Row]:
        orders: dict[str, Callable[[Row], Any]] = {
            "total": lambda row: -row.total,
            "bytes": lambda row: -row.total_bytes,
            "name": lambda row: (row.operation, row.place),
        }
        if sort not in orders:
            raise ValueError(f"profile: sort must be 'total', 'bytes' or 'name', got {sort!r}")
        sums: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            sums.setdefault(key(row), Row(*key(row))).add(row)
        return sorted(sums.values(), key=orders[sort])

    @property
    def wall(self) -> float:
        """Seconds from entering the block to leaving it (so far), summed over several times."""
        return self._wall + (0.0 if self._started is None else clock() - self._started)

    @property
    def inside(self) -> float:
        """Seconds in operations and gradient rules. With several threads it may exceed `wall`."""
        return sum(row.total for row in self.rows)

    @property
    def outside(self) -> float:
        """Seconds of `wall` in none of them."""
        return max(0.0, self.wall - self.inside)

    def table(self, limit: int | None = 30) -> str:
        """The table as text, at most `limit` rows."""
        lines, notes = self._cells(limit)
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        left = (0, len(widths) - 1)  # the operation and the place
        text = [
            "  ".join(c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip()
            for line in lines
        ]
        text.insert(1, "-" * max(len(line) for line in text))
        return "\n".join([*text, *notes])

    __str__ = table

    def __repr__(self) -> str:
        return f"<profile: {len(self._table)} rows, {_seconds(self.inside)} in operations of {_seconds(self.wall)}>"

    def _repr_html_(self) -> str:
        lines, notes = self._cells(30)
        head, *body = ["".join(f"<{{0}}>{html.escape(cell)}</{{0}}>" for cell in line) for line in lines]
        rows = "".join(f"<tr>{row.format('td')}</tr>" for row in (line.replace("{0}", "td") for line in body))
        foot = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
        return f"<table><thead><tr>{head.replace('{0}', 'th')}</tr></thead><tbody>{rows}</tbody></table>{foot}"

    def _cells(self, limit: int | None) -> tuple[list[tuple[str, ...]], list[str]]:
        """The cells of the table, the head first, and the lines below it."""
        rows, inside = self.rows, self.inside
        lines: list[tuple[str, ...]] = [("operation", "calls", "forward", "backward", "allocated", "share", "place")]
        for row in rows[:limit]:
            share = row.total / inside if inside else 0.0
            lines.append((
                row.operation, str(max(row.calls, row.backward_calls)), _seconds(row.forward), _seconds(row.backward),
                _size(row.total_bytes), f"{share:.1%}", row.place,
            ))  # fmt: skip
        wall = self.wall
        notes = [f"operations {_seconds(inside)} + outside {_seconds(max(0.0, wall - inside))} = {_seconds(wall)}"]
        if limit is not None and len(rows) > limit:
            notes.insert(0, f"… {len(rows) - limit} more rows")
        return lines, notes


def _new_bytes(x: Any, known: set[int]) -> int:
    """The bytes of a value, 0 if it is a view of known memory."""
    if isinstance(x, ndarray):
        return 0 if id(memory_of(x)) in known else x.nbytes
    return x.nbytes if isinstance(x, np.generic) else 0


_files: dict[str, bool] = {}


def _is_ours(file: str) -> bool:
    known = _files.get(file)
    if known is None:
        path = os.path.abspath(file)
        known = _files[file] = any(path.startswith(folder + os.sep) for folder in OURS)
    return known


def calling_place() -> str:
    """file:line of the innermost frame outside this library and NumPy."""
    frame = sys._getframe(1)
    while frame is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    return "unknown" if frame is None else f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"


def _shown(file: str) -> str:
    """The path from here where that is the shorter."""
    if file.startswith("<"):
        return file
    try:
        return min(os.path.relpath(file), file, key=len)
    except ValueError:  # another drive
        return file


def _seconds(t: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if t >= scale:
            return f"{t / scale:.3g} {unit}" if t < 1000 * scale else f"{t / scale:.0f} {unit}"
    return f"{t * 1e6:.3g} µs" if t else "0"


def _size(n: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= scale:
            return f"{n / scale:.3g} {unit}"
    return f"{n} B" if n else "0"
