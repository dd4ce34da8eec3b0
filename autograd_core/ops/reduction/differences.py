"""Slopes of samples: `gradient`, by differences of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.basics import broadcast_to
from ...engine.operands import convert
from ...engine.tensor import Default, Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import array_operand, dim_indices, numpy_names
from ..shape.shape import cat, reshape
from .scan import diff, slices


def slopes(name: str, y: Any, dim: int, spacing: Any, edge_order: int) -> Any:
    """The slopes of y along one dimension: central differences inside, one-sided ones of the given order at the ends.

    `spacing` is the distance of the samples, or a vector of their positions.
    """
    n, word = y.shape[dim], "axis" if name.startswith("np.") else "dim"
    if n < edge_order + 1:
        raise ValueError(f"{name}: {word} {dim} has {n} points; edge_order={edge_order} needs {edge_order + 1}")
    h = array_operand(spacing, name)
    if h.ndim > 1 or (h.ndim == 1 and h.shape[0] != n):
        raise ValueError(f"{name}: coordinates of shape {tuple(h.shape)} for the {n} points of {word} {dim}")
    h = convert(h, y.dtype) if isinstance(h, Tensor) or not isinstance(h, np.ndarray) else h.astype(y.dtype)
    steps = broadcast_to(h, (n - 1,)) if h.ndim == 0 else diff(h)
    steps = reshape(steps, (n - 1, *(1,) * (y.ndim - 1 - dim)))
    rises = (slices(y, dim, 1, None) - slices(y, dim, None, -1)) / steps  # the slope of each step
    before, after = steps[:-1], steps[1:]
    total = before + after
    inner = (slices(rises, dim, None, -1) * after + slices(rises, dim, 1, None) * before) / total
    first, last = slices(rises, dim, 0, 1), slices(rises, dim, n - 2, n - 1)
    if edge_order == 2:
        first = first - steps[:1] / total[:1] * (slices(rises, dim, 1, 2) - first)
        last = last + steps[-1:] / total[-1:] * (last - slices(rises, dim, n - 3, n - 2))
    return cat([first, inner, last], dim)


@numpy_names
def gradient(
    input: TensorLike,
    *,
    spacing: float | TensorLike | Sequence[TensorLike] = 1,
    dim: Dims = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """Estimate the derivatives of samples along each `dim` (None: of all) by differences of neighbours.

    `spacing` is their distance, or for each dim one distance or a vector of positions. At the ends the differences are
    one-sided, of `edge_order` 1 or 2.

    Formula: out[i] = (h₁² x[i+1] + (h₂² − h₁²) x[i] − h₂² x[i−1]) / (h₁ h₂ (h₁ + h₂)), h₁ and h₂ the steps before and after
        i, x the input
    Shapes: (*) → one (*) for each dim.
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: ValueError if edge_order is not 1 or 2, a dim has too few points, or the spacings do not fit; IndexError if a dim
        is out of range; TypeError if input holds no numbers.
    Source: NumPy's `gradient`; PyTorch's `gradient`.

    >>> import autograd_core as ag
    >>> ag.gradient(ag.tensor([1.0, 2.0, 4.0, 7.0]))
    (tensor([1. , 1.5, 2.5, 3. ]),)
    """
    y = array_operand(input, "gradient")
    if y.dtype.kind not in "fc":
        y = convert(y, Default.dtype)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    dims = dim_indices(dim, y.ndim, "gradient")
    spacings: Any = spacing if isinstance(spacing, list | tuple) else (spacing,) * len(dims)
    if len(spacings) != len(dims):
        raise ValueError(f"gradient: {len(spacings)} spacings for {len(dims)} dims; give one number, or one for each")
    return tuple(slopes("gradient", y, d, h, edge_order) for d, h in zip(dims, spacings, strict=True))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.gradient
"""
