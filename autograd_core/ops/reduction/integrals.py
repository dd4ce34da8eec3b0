"""Integrals by the trapezoidal rule."""

from __future__ import annotations

from typing import Any

from ...engine.operands import convert
from ...engine.tensor import Default
from ..arguments import array_operand, dim_index, numpy_names
from ..shape.shape import reshape
from .reduce import sum
from .scan import cumsum, diff, slices


def _steps(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple:
    """Means of neighbours of y, and the distances between them."""
    y = array_operand(y, name)
    if y.dtype.kind not in "fc":
        y = convert(y, Default.dtype)
    at = dim_index(dim, y.ndim, name)
    if y.ndim == 0:
        raise ValueError(f"{name}: needs at least 1 dimension, got shape ()")
    if x is not None:
        if dx is not None:
            raise TypeError(f"{name}: got both x and dx; give the places or their distance")
        x = array_operand(x, name)
        if x.ndim == 1:
            if x.shape[0] != y.shape[at]:
                raise ValueError(f"{name}: x has {x.shape[0]} places, but dim {dim} of y has size {y.shape[at]}")
            dx = reshape(diff(x), (max(x.shape[0] - 1, 0), *(1,) * (y.ndim - 1 - at)))
        else:
            dx = diff(x, dim=at - y.ndim)
    means = (slices(y, at, 1, None) + slices(y, at, None, -1)) / 2
    return means * (1 if dx is None else dx), at


@numpy_names
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral of y along `dim` by the trapezoidal rule, at places x or at a distance dx (default 1)."""
    areas, at = _steps("trapezoid", y, x, dx, dim)
    return sum(areas, at)


@numpy_names
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integrals of y along `dim` up to each place after the first, by the trapezoidal rule."""
    areas, at = _steps("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, at)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.trapezoid
ag.cumulative_trapezoid
"""
