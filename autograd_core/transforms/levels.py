"""The `vmap`s that are running, and values as they look inside and below them.

A value inside n nested `vmap`s is a tensor with up to n batch dimensions in front, those of the outer `vmap`s first,
wrapped in a `Batched` for each. Derivatives are taken of the tensors below: `expose` makes the batch dimensions of all
running levels ordinary ones, `cover` hides them again.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from typing import Any

from ..ops.shape.shape import permute, reshape
from .batched import Batched, in_levels

_numbers = itertools.count(1)  # never used twice, so that a value which escapes from its vmap meets no other's


class _Levels(threading.local):
    """(level, size) of each running `vmap`, the outermost first."""

    def __init__(self) -> None:
        self.active: list[tuple[int, int]] = []


_levels = _Levels()


def active() -> list[tuple[int, int]]:
    """(level, size) of each running `vmap`, the outermost first."""
    return list(_levels.active)


@contextlib.contextmanager
def new_level(size: int) -> Iterator[int]:
    """A level above all that are running."""
    number = next(_numbers)
    _levels.active.append((number, size))
    try:
        yield number
    finally:
        _levels.active.pop()


def below(x: Any) -> tuple[Any, list[int]]:
    """The tensor below all batch levels of `x`, and those levels. Its leading dimensions are theirs, lowest first."""
    levels = []
    while isinstance(x, Batched):
        levels.append(x.level)
        x = x.value
    return x, levels[::-1]


def expose(x: Any, wanted: list[tuple[int, int]]) -> Any:
    """`x` with the batch dimensions of the `wanted` levels as ordinary leading ones; it keeps its other levels."""
    t, levels = below(x)
    names = [level for level, _ in wanted]
    rest = [level for level in levels if level not in names]
    own = [level for level in levels if level in names]
    order = [levels.index(level) for level in rest + own]
    t = permute(t, (*order, *range(len(levels), t.ndim))) if order != list(range(len(levels))) else t
    sizes = t.shape[: len(rest)]
    shape = t.shape[len(levels) :]
    if len(own) < len(wanted):
        lead = tuple(size if level in own else 1 for level, size in wanted)
        full = tuple(size for _, size in wanted)
        t = reshape(t, (*sizes, *lead, *shape))
        t = t.expand(*sizes, *full, *shape)
    return in_levels(t, rest)


def cover(t: Any, over: list[tuple[int, int]]) -> Any:
    """The inverse of `expose`: the leading dimensions of `t` become the batch dimensions of those levels."""
    bottom, levels = below(t)
    if levels:  # further levels, all higher: their dimensions come first in the bottom tensor; put them behind ours
        k, n = len(levels), len(over)
        bottom = permute(bottom, (*range(k, k + n), *range(k), *range(k + n, bottom.ndim)))
    return in_levels(bottom, [level for level, _ in over] + levels)
