"""Counting, searching and sets. Integer answers, or values picked by them: not differentiable."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy import ndarray

from ...engine.operands import convert, stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, dim_index, integer, numpy_names
from ..indexing.gather import gather
from ..shape.shape import reshape
from .reduce import sum

# ----------------------------------------------------------------------------------------------------------- histograms


def _histc(x: ndarray, bins: int, low: float, high: float) -> ndarray:
    if low == high == 0 and x.size:
        low, high = float(x.min()), float(x.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(f"histc: the range of input, [{low}, {high}], is not finite; pass min and max")
    if low == high:
        low, high = low - 1, high + 1
    return np.histogram(x[x == x], bins, (low, high))[0].astype(x.dtype)


_histc_primitive = Primitive(_histc, name="histc")


def histc(input: TensorLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Return the number of elements in each of `bins` intervals of equal width between `min` and `max`.

    If both are 0, the range of `input`. Elements outside, and NaNs, are not counted; `max` belongs to the last interval.

    Formula: out_k = |{i : min + k w ≤ x_i < min + (k + 1) w}|, w = (max − min) / bins, x the input
    Shapes: (*) → (bins).
    Dtypes: floating, kept; not differentiable.
    Raises: TypeError if `input` is not floating, or if `bins` is no int; ValueError if `bins` is below 1, if `max` is below
        `min`, or if the range is not finite.
    Source: PyTorch's `histc`.

    >>> import autograd_core as ag
    >>> ag.histc(ag.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    x, bins = array_operand(input, "histc"), integer(bins, "histc", "bins")
    if x.dtype.kind != "f":
        raise TypeError(f"histc: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    if bins < 1:
        raise ValueError(f"histc: needs at least one bin, got {bins}")
    if max < min:
        raise ValueError(f"histc: max {max} is below min {min}")
    return apply(_histc_primitive, (x,), (bins, float(min), float(max)))


def _bincount(x: ndarray, weights: ndarray | None, minlength: int) -> ndarray:
    out = np.bincount(x, weights, minlength)
    return out.astype(np.float32) if weights is not None and weights.dtype == np.float32 else out


_bincount_primitive = Primitive(_bincount, name="bincount")


def bincount(input: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """Return how often each of 0, 1, … occurs in a vector, or the sum of its `weights`.

    Formula: out_k = Σ_i w_i [x_i = k], x the input, w the weights or 1
    Shapes: (N) and (N) → (M), M the largest element + 1, at least `minlength`.
    Dtypes: integers; int64 without weights, float32 with weights of float32, else float64. Not differentiable.
    Raises: TypeError if `input` is not a vector of integers; ValueError if an element or `minlength` is negative, or if the
        shapes differ.
    Source: PyTorch's `bincount`.

    >>> import autograd_core as ag
    >>> ag.bincount(ag.tensor([1, 1, 3]))
    tensor([0, 2, 0, 1])
    """
    x, minlength = array_operand(input, "bincount"), integer(minlength, "bincount", "minlength")
    if x.ndim != 1 or x.dtype.kind not in "iu":
        raise TypeError(f"bincount: needs a vector of integers, got shape {tuple(x.shape)}, {x.dtype}")
    array = (
        getattr(x, "array", x) if stand_in(x) is None else np.zeros(0, x.dtype)
    )  # its primitive has no batching rule
    if array.size and array.min() < 0:
        at = int(np.argmax(array < 0))
        raise ValueError(f"bincount: the element {array[at]} at position {at} is negative; it counts 0, 1, …")
    if minlength < 0:
        raise ValueError(f"bincount: minlength must not be negative, got {minlength}")
    w = weights if weights is None else array_operand(weights, "bincount")
    if w is not None and w.shape != x.shape:
        raise ValueError(f"bincount: weights have shape {tuple(w.shape)}, input {tuple(x.shape)}; give one for each")
    return apply(_bincount_primitive, (x, w), (minlength,))


# ----------------------------------------------------------------------------------------------------------------- sets


def _unique(x: ndarray, dim: int | None) -> tuple:
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = inverse.reshape(x.shape if dim is None else (x.shape[dim],))
    return values, inverse.astype(np.int64), counts.astype(np.int64)


def _unique_consecutive(x: ndarray, dim: int | None) -> tuple:
    rows = x.reshape(-1, 1) if dim is None else np.moveaxis(x, dim, 0).reshape(x.shape[dim], -1)
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(1)
    inverse = np.cumsum(new) - 1
    counts = np.diff(np.append(np.flatnonzero(new), len(rows)))
    if dim is None:
        return x.reshape(-1)[new], inverse.reshape(x.shape), counts
    return np.compress(new, x, dim), inverse, counts


_unique_primitive = Primitive(_unique, name="unique", outputs=True)
_consecutive_primitive = Primitive(_unique_consecutive, name="unique_consecutive", outputs=True)


def _chosen(results: tuple, return_inverse: bool, return_counts: bool) -> Any:
    out = (results[0], *results[1:2] * return_inverse, *results[2:] * return_counts)
    return out if len(out) > 1 else out[0]


@overload
def unique(
    input: TensorLike,
    sorted: bool = ...,
    return_inverse: Literal[False] = ...,
    return_counts: Literal[False] = ...,
    dim: int | None = ...,
) -> Tensor: ...
@overload
def unique(
    input: TensorLike, sorted: bool = ..., return_inverse: bool = ..., return_counts: bool = ..., dim: int | None = ...
) -> Any: ...
@numpy_names
def unique(
    input: TensorLike,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct elements, or the distinct slices along `dim`, in order.

    With `return_inverse`, also the index of each element among them; with `return_counts`, also how often each occurs: then
    a tuple. The result is in order whatever `sorted` says. NaNs differ from each other.

    Formula: out = {x_i} in increasing order, x_i = out[inverse_i], counts_k = |{i : x_i = out_k}|, x the input
    Shapes: (*) → (M), inverse (*), counts (M); with `dim` (*, M, *), inverse (L), counts (M), L the size of `dim`.
    Dtypes: any, kept; int64 inverse and counts. Not differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `unique`.

    >>> import autograd_core as ag
    >>> ag.unique(ag.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = array_operand(input, "unique")
    at = None if dim is None else dim_index(dim, x.ndim, "unique")
    return _chosen(apply(_unique_primitive, (x,), (at,)), return_inverse, return_counts)


@overload
def unique_consecutive(
    input: TensorLike,
    return_inverse: Literal[False] = ...,
    return_counts: Literal[False] = ...,
    dim: int | None = ...,
) -> Tensor: ...
@overload
def unique_consecutive(
    input: TensorLike, return_inverse: bool = ..., return_counts: bool = ..., dim: int | None = ...
) -> Any: ...
@numpy_names
def unique_consecutive(
    input: TensorLike, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements, or the slices along `dim`, without those that equal the one before.

    With `return_inverse`, also the index that each element got; with `return_counts`, also the length of each run: then a
    tuple.

    Formula: out = the x_i with x_i ≠ x_{i−1}, x_i = out[inverse_i], x the input
    Shapes: (*) → (M), inverse (*), counts (M); with `dim` (*, M, *), inverse (L), counts (M), L the size of `dim`.
    Dtypes: any, kept; int64 inverse and counts. Not differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `unique_consecutive`.

    >>> import autograd_core as ag
    >>> ag.unique_consecutive(ag.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    x = array_operand(input, "unique_consecutive")
    at = None if dim is None else dim_index(dim, x.ndim, "unique_consecutive")
    return _chosen(apply(_consecutive_primitive, (x,), (at,)), return_inverse, return_counts)


def _any_equal(x: Any, y: Any, invert: bool) -> Any:
    """Compares each element with each."""
    count = sum(x[..., None] == reshape(y, (-1,)), -1)
    return count == 0 if invert else count > 0


_isin = Primitive(lambda x, y, invert: np.asarray(np.isin(x, y, invert=invert)), name="isin", definition=_any_equal)


def isin(
    elements: TensorLike, test_elements: TensorLike, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Return whether each of `elements` is among `test_elements`.

    `invert` returns whether it is not. `assume_unique` has no effect.

    Formula: out_i = ⋁_k [elements_i = test_elements_k]
    Shapes: (*) and any → (*).
    Dtypes: any → bool; not differentiable.
    Raises: TypeError if an operand holds no numbers.
    Source: PyTorch's `isin`.

    >>> import autograd_core as ag
    >>> ag.isin(ag.tensor([1, 2, 3]), ag.tensor([2, 5]))
    tensor([False,  True, False])
    """
    return apply(_isin, (array_operand(elements, "isin"), array_operand(test_elements, "isin")), (invert,))


# ------------------------------------------------------------------------------------------------------------ searching


def _searchsorted(sequence: ndarray, values: ndarray, sorter: ndarray | None, side: str, dtype: Any) -> ndarray:
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter, -1)
    if sequence.ndim == 1:
        return np.asarray(np.searchsorted(sequence, values, side), dtype)  # type: ignore[call-overload]
    out = np.empty(values.shape, dtype)
    for row in np.ndindex(sequence.shape[:-1]):
        out[row] = np.searchsorted(sequence[row], values[row], side)  # type: ignore[call-overload]
    return out


def _by_comparison(sequence: Any, values: Any, sorter: Any, side: str, dtype: Any) -> Any:
    """Compares each value with each element; NaN stands behind all numbers."""
    s = sequence if sorter is None else gather(sequence, -1, sorter)
    s, v = s[..., None, :], values[..., None]  # (…, 1, L), (…, M, 1)
    before = (s <= v) | (v != v) if side == "right" else (s < v) | ((v != v) & (s == s))
    return convert(sum(before, -1), dtype)


_searchsorted_primitive = Primitive(_searchsorted, name="searchsorted", definition=_by_comparison)


def searchsorted(
    sorted_sequence: TensorLike,
    values: TensorLike | None = None,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: TensorLike | None = None,
    input: TensorLike | None = None,
) -> Tensor:
    """Return the indices where `values` would be inserted into `sorted_sequence` to keep its order.

    They count along the last dimension. With `right` (or `side` "right") after equal elements, else before. `sorter` holds
    the indices that put an unsorted sequence in order. `input` is PyTorch's other name of `values`; `out_int32` asks for
    int32.

    Formula: out = |{k : s_k < v}|, with `right` |{k : s_k ≤ v}|, s the sequence and v the value
    Shapes: (L) and (*) → (*), or (*, L) and (*, M) → (*, M).
    Dtypes: any → int64, or int32; not differentiable.
    Raises: ValueError if the sequence is 0-d, if the shapes do not fit, or if `side` is unknown or contradicts `right`;
        TypeError if there are no values, or twice.
    Source: PyTorch's `searchsorted`.

    >>> import autograd_core as ag
    >>> ag.searchsorted(ag.tensor([1.0, 3.0, 5.0]), ag.tensor([3.0, 4.0]))
    tensor([1, 2])
    """
    if (values is None) == (input is None):
        raise TypeError("searchsorted: needs values (or, by its other name, input), once")
    sequence = array_operand(sorted_sequence, "searchsorted")
    v = array_operand(input if values is None else values, "searchsorted")
    if side not in (None, "left", "right"):
        raise ValueError(f'searchsorted: side must be "left" or "right", got {side!r}')
    if right and side == "left":
        raise ValueError('searchsorted: right=True contradicts side="left"; give one')
    if sequence.ndim == 0:
        raise ValueError("searchsorted: the sequence needs at least 1 dimension, got shape ()")
    if sequence.ndim > 1 and sequence.shape[:-1] != v.shape[:-1]:
        raise ValueError(
            f"searchsorted: a sequence of shape {tuple(sequence.shape)} takes values of shape "
            f"{(*sequence.shape[:-1], 'm')}, got {tuple(v.shape)}"
        )
    order = sorter if sorter is None else array_operand(sorter, "searchsorted")
    if order is not None and (order.shape != sequence.shape or order.dtype.kind not in "iu"):
        raise ValueError(
            f"searchsorted: sorter must be integers of shape {tuple(sequence.shape)}, got {order.dtype} of shape "
            f"{tuple(order.shape)}"
        )
    at = "right" if right or side == "right" else "left"
    dtype = np.int32 if out_int32 else np.int64
    return apply(_searchsorted_primitive, (sequence, v, order), (at, dtype))


def bucketize(input: TensorLike, boundaries: TensorLike, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Return the index of the interval between increasing `boundaries` that each element of `input` lies in.

    With `right` an interval includes its left boundary, else its right one. `out_int32` asks for int32.

    Formula: out_i = |{k : b_k < x_i}|, with `right` |{k : b_k ≤ x_i}|, x the input and b the boundaries
    Shapes: (*) and (L) → (*).
    Dtypes: any → int64, or int32; not differentiable.
    Raises: ValueError if `boundaries` is not a vector; TypeError if an operand holds no numbers.
    Source: PyTorch's `bucketize`.

    >>> import autograd_core as ag
    >>> ag.bucketize(ag.tensor([0.0, 2.0, 9.0]), ag.tensor([1.0, 3.0]))
    tensor([0, 1, 2])
    """
    edges = array_operand(boundaries, "bucketize")
    if edges.ndim != 1:
        raise ValueError(f"bucketize: boundaries must be a vector, got shape {tuple(edges.shape)}")
    return searchsorted(edges, input, out_int32=out_int32, right=right)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.histc               x.histc  out=
ag.bincount            x.bincount
ag.unique              x.unique
ag.unique_consecutive  x.unique_consecutive
ag.isin
ag.searchsorted  out=
ag.bucketize  out=
"""
