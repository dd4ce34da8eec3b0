"""`_single`, `_pair`, `_triple`, `_quadruple`: a size for each dimension, as PyTorch's `modules.utils` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def ntuple(n: int) -> Callable[[Any], tuple]:
    """A function that repeats a number n times, and makes a tuple of what is several already."""

    def sizes(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    return sizes


_ntuple = ntuple  # PyTorch's names
_single, _pair, _triple, _quadruple = map(ntuple, (1, 2, 3, 4))
