"""Quantiles, read between sorted elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import array_operand, numpy_names
from ..indexing.gather import gather_along
from ..shape.shape import movedim, reshape
from .extremes import nothing_error
from .reduce import as_rows, kept_shape, reduction_dims
from .sort import sort


def _ranks(ordered: ndarray, q: ndarray, skip_nan: bool) -> ndarray:
    """The index into each sorted row that each quantile falls on, a fraction; if NaN counts, that of a NaN."""
    n = ordered.shape[-1]
    nan = ordered != ordered
    if skip_nan:
        return q * np.maximum(np.sum(~nan, -1, keepdims=True) - 1, 0)
    return np.where(nan[..., -1:], n - 1, q * (n - 1))


def _last_rank(ordered: Any, skip_nan: bool) -> ndarray:
    """The rank of the largest element of each row, the derivative of a rank by its q."""
    values = ordered.array if isinstance(ordered, Tensor) else ordered
    count = np.sum(values == values, -1, keepdims=True) if skip_nan else np.full((1,), values.shape[-1])
    return (np.maximum(count, 1) - 1).astype(values.dtype)


_ranks_primitive = Primitive(_ranks, name="ranks")


def _quantile(name: str, x: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, skip_nan: bool) -> Any:
    x = array_operand(x, name)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    q_input, q = q, np.asarray(q.array if isinstance(q, Tensor) else q, np.float64)
    if q.ndim > 1 or not ((q >= 0) & (q <= 1)).all():
        raise ValueError(f"{name}: q must be numbers from 0 to 1 in at most one dimension, got {q.tolist()}")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise ValueError(
            f'{name}: interpolation must be "linear", "lower", "higher", "midpoint" or "nearest", got {interpolation!r}'
        )
    dims = reduction_dims(x, dim, name)
    if math.prod(x.shape[d] for d in dims) == 0:
        raise nothing_error(name, x, dim, "quantile")
    out = _quantile_of_rows(name, as_rows(x, dims), q_input, q, interpolation, skip_nan)
    if keepdim:
        out = reshape(out, (*kept_shape(x.shape, dims), q.size))
    out = movedim(out, -1, 0)
    return out if q.ndim else reshape(out, out.shape[1:])


def _quantile_of_rows(name: str, rows: Any, q_input: Any, q: ndarray, interpolation: str, skip_nan: bool) -> Any:
    """The quantiles of each row, along the last dimension."""
    inside = stand_in(rows)
    if inside is not None:
        return inside.call_on_values(
            lambda rows: _quantile_of_rows(name, rows, q_input, q, interpolation, skip_nan), rows
        )
    ordered = sort(rows, -1)[0]
    ranks = apply(_ranks_primitive, (ordered, q.reshape(-1)), (skip_nan,))
    ranks = ranks.array if isinstance(ranks, Tensor) else ranks
    if interpolation == "nearest":
        ranks = np.round(ranks)
    low, high = np.floor(ranks).astype(np.int64), np.ceil(ranks).astype(np.int64)
    last = rows.ndim - 1
    if interpolation == "higher":
        out = gather_along(ordered, high, last, name=name)
    else:
        out = gather_along(ordered, low, last, name=name)
    if interpolation in ("linear", "midpoint") and (low != high).any():
        weight: Any = (ranks - low if interpolation == "linear" else np.full(low.shape, 0.5)).astype(rows.dtype)
        if interpolation == "linear" and isinstance(q_input, Tensor) and q_input.requires_grad:
            moved = reshape(q_input, (q.size,)) - q.reshape(-1).astype(rows.dtype)  # 0, with the derivative of q
            weight = weight + moved * _last_rank(ordered, skip_nan)
        gap = gather_along(ordered, high, last, name=name) - out
        out = out + basics.where(low == high, 0.0, gap * weight)
    return out


@numpy_names
def quantile(
    input: TensorLike, q: TensorLike, dim: Dims = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Compute the q-quantiles over `dim`; NaN if there is one.

    q is a number or a vector of numbers from 0 to 1, whose dimension comes first in the result. `interpolation` between two
    elements: "linear", "lower", "higher", "midpoint" or "nearest". `keepdim` keeps the dimensions as 1. `dim` may name
    several dimensions, where PyTorch takes one. Differentiable by `input`, and by q if "linear".

    Formula: r = q (n − 1), out = x_(⌊r⌋) + (r − ⌊r⌋) (x_(⌈r⌉) − x_(⌊r⌋)), x_(0) ≤ … ≤ x_(n−1) the elements over `dim`
    Shapes: (*) and () or (M) → (*) or (M, *) without the dimensions `dim`.
    Dtypes: floating, kept.
    Raises: TypeError if `input` is not floating; ValueError if q is not from 0 to 1, if there are no elements, or if
        `interpolation` is unknown; IndexError if a dim is out of range.
    Source: Hyndman & Fan 1996, definition 7; PyTorch's `quantile`.

    >>> import autograd_core as ag
    >>> ag.quantile(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([0.25, 0.5]))
    tensor([1.5, 2. ])
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@numpy_names
def nanquantile(
    input: TensorLike, q: TensorLike, dim: Dims = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Compute the q-quantiles over `dim` of the elements that are not NaN; NaN if all are.

    Parameters as for `quantile`: `input`, q, `keepdim`, `interpolation`.

    Formula: r = q (n − 1), out = x_(⌊r⌋) + (r − ⌊r⌋) (x_(⌈r⌉) − x_(⌊r⌋)), x_(0) ≤ … ≤ x_(n−1) the n elements that are not NaN
    Shapes: (*) and () or (M) → (*) or (M, *) without the dimensions `dim`.
    Dtypes: floating, kept.
    Raises: TypeError if `input` is not floating; ValueError if q is not from 0 to 1, if there are no elements, or if
        `interpolation` is unknown; IndexError if a dim is out of range.
    Source: Hyndman & Fan 1996, definition 7; PyTorch's `nanquantile`.

    >>> import autograd_core as ag
    >>> ag.nanquantile(ag.tensor([1.0, ag.nan, 2.0]), 0.5)
    tensor(1.5)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.quantile     x.quantile  out=
ag.nanquantile  x.nanquantile  out=
"""
