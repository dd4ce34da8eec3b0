"""Integrals by the trapezoidal rule."""

from __future__ import annotations

from typing import Any

from ...engine.operands import convert
from ...engine.tensor import Default, Tensor
from ...engine.types import TensorLike
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
            raise TypeError(f"{name}: got both x and dx; give the positions or their distance")
        x = array_operand(x, name)
        if x.ndim == 1:
            if x.shape[0] != y.shape[at]:
                raise ValueError(f"{name}: x has {x.shape[0]} positions, but dim {dim} of y has size {y.shape[at]}")
            dx = reshape(diff(x), (max(x.shape[0] - 1, 0), *(1,) * (y.ndim - 1 - at)))
        else:
            if x.ndim < y.ndim - at or x.shape[at - y.ndim] != y.shape[at]:  # would broadcast to a wrong integral
                raise ValueError(
                    f"{name}: x has shape {tuple(x.shape)} and y {tuple(y.shape)}; they must agree in dim {dim}, or x be a "
                    "vector of its size"
                )
            dx = diff(x, dim=at - y.ndim)
    means = (slices(y, at, 1, None) + slices(y, at, None, -1)) / 2
    return means * (1 if dx is None else dx), at


@numpy_names
def trapezoid(y: TensorLike, x: TensorLike | None = None, *, dx: TensorLike | None = None, dim: int = -1) -> Tensor:
    """Compute the integral of y along `dim` by the trapezoidal rule.

    x holds the positions of the samples, as a vector or for each row; without it they are `dx` (default 1) apart.

    Formula: out = Σ_i (x_{i+1} − x_i) (y_i + y_{i+1}) / 2, i along `dim`
    Shapes: (*, L, *) and (L) or (*, L, *) → (*) without `dim`, of size L.
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: ValueError if y is 0-d, or if x does not fit it; TypeError if both x and `dx` are given; IndexError if `dim` is
        out of range.
    Source: PyTorch's `trapezoid`.

    >>> import autograd_core as ag
    >>> ag.trapezoid(ag.tensor([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    areas, at = _steps("trapezoid", y, x, dx, dim)
    return sum(areas, at)


@numpy_names
def trapz(y: TensorLike, x: TensorLike | None = None, *, dx: TensorLike | None = None, dim: int = -1) -> Tensor:
    """Compute the integral of y along `dim`: the older name of `trapezoid`, with the positions x or the distance `dx`.

    Formula: out = Σ_i (x_{i+1} − x_i) (y_i + y_{i+1}) / 2, i along `dim`
    Shapes: (*, L, *) and (L) or (*, L, *) → (*) without `dim`, of size L.
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: as `trapezoid` does.
    Source: PyTorch's `trapz`.

    >>> import autograd_core as ag
    >>> ag.trapz(ag.tensor([1.0, 2.0, 3.0]), dx=2.0)
    tensor(8.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@numpy_names
def cumulative_trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: TensorLike | None = None, dim: int = -1
) -> Tensor:
    """Compute the integrals of y along `dim`, from the first sample to each later one, by the trapezoidal rule.

    x holds the positions of the samples, as a vector or for each row; without it they are `dx` (default 1) apart.

    Formula: out_k = Σ_{i≤k} (x_{i+1} − x_i) (y_i + y_{i+1}) / 2, i along `dim`
    Shapes: (*, L, *) and (L) or (*, L, *) → (*, L − 1, *), L the size of `dim`.
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: ValueError if y is 0-d, or if x does not fit it; TypeError if both x and `dx` are given; IndexError if `dim` is
        out of range.
    Source: PyTorch's `cumulative_trapezoid`.

    >>> import autograd_core as ag
    >>> ag.cumulative_trapezoid(ag.tensor([1.0, 2.0, 3.0]))
    tensor([1.5, 4. ])
    """
    areas, at = _steps("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, at)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.trapezoid
ag.trapz
ag.cumulative_trapezoid
"""
