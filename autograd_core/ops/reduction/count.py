"""Counting, searching and sets. Integer answers, or values picked by them: not differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import stand_in
from ...engine.primitive import Primitive, apply
from ..arguments import array_operand, dim_index, numpy_names

# ----------------------------------------------------------------------------------------------------------- histograms


def _histc(x: ndarray, bins: int, low: float, high: float) -> ndarray:
    if low == high == 0 and x.size:
        low, high = float(x.min()), float(x.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(f"histc: the range of x, [{low}, {high}], is not finite; pass min and max")
    if low == high:
        low, high = low - 1, high + 1
    return np.histogram(x[x == x], bins, (low, high))[0].astype(x.dtype)


_histc_primitive = Primitive(_histc, name="histc")


def histc(x: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements fall into each of `bins` equal parts of [min, max] (of the range of x, if both are 0)."""
    x = array_operand(x, "histc")
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


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of 0, 1, … occurs in a vector of integers, or the sum of its weights."""
    x = array_operand(x, "bincount")
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
    if weights is not None:
        weights = array_operand(weights, "bincount")
        if weights.shape != x.shape:
            raise ValueError(
                f"bincount: weights have shape {tuple(weights.shape)}, x {tuple(x.shape)}; give one for each"
            )
    return apply(_bincount_primitive, (x, weights), (minlength,))


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


def _chosen(found: tuple, return_inverse: bool, return_counts: bool) -> Any:
    out = (found[0], *found[1:2] * return_inverse, *found[2:] * return_counts)
    return out if len(out) > 1 else out[0]


@numpy_names
def unique(
    x: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (slices along `dim`), in order; where each element went to; how often each occurs."""
    x = array_operand(x, "unique")
    at = None if dim is None else dim_index(dim, x.ndim, "unique")
    return _chosen(apply(_unique_primitive, (x,), (at,)), return_inverse, return_counts)


@numpy_names
def unique_consecutive(
    x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Without the elements (slices along `dim`) that equal the one before; see `unique`."""
    x = array_operand(x, "unique_consecutive")
    at = None if dim is None else dim_index(dim, x.ndim, "unique_consecutive")
    return _chosen(apply(_consecutive_primitive, (x,), (at,)), return_inverse, return_counts)


_isin = Primitive(lambda x, y, invert: np.asarray(np.isin(x, y, invert=invert)), name="isin")


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each of `elements` is among `test_elements`."""
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


_searchsorted_primitive = Primitive(_searchsorted, name="searchsorted")


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where along the last dimension of `sorted_sequence` each value would be inserted to keep the order.

    `right` (or side="right"): after equal elements, not before. A sequence of several dimensions takes values of the
    same leading ones. `sorter`: the indices that put an unsorted sequence in order.
    """
    sequence, values = array_operand(sorted_sequence, "searchsorted"), array_operand(input, "searchsorted")
    if side not in (None, "left", "right"):
        raise ValueError(f'searchsorted: side must be "left" or "right", got {side!r}')
    if right and side == "left":
        raise ValueError('searchsorted: right=True contradicts side="left"; give one')
    if sequence.ndim == 0:
        raise ValueError("searchsorted: the sequence needs at least 1 dimension, got shape ()")
    if sequence.ndim > 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise ValueError(
            f"searchsorted: a sequence of shape {tuple(sequence.shape)} takes values of shape "
            f"{(*sequence.shape[:-1], 'm')}, got {tuple(values.shape)}"
        )
    if sorter is not None:
        sorter = array_operand(sorter, "searchsorted")
        if sorter.shape != sequence.shape or sorter.dtype.kind not in "iu":
            raise ValueError(
                f"searchsorted: sorter must be integers of shape {tuple(sequence.shape)}, got {sorter.dtype} of shape "
                f"{tuple(sorter.shape)}"
            )
    at = "right" if right or side == "right" else "left"
    dtype = np.int32 if out_int32 else np.int64
    return apply(_searchsorted_primitive, (sequence, values, sorter), (at, dtype))


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of the bucket between increasing `boundaries` that each value falls into; see `searchsorted`."""
    boundaries = array_operand(boundaries, "bucketize")
    if boundaries.ndim != 1:
        raise ValueError(f"bucketize: boundaries must be a vector, got shape {tuple(boundaries.shape)}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.histc               x.histc
ag.bincount            x.bincount
ag.unique              x.unique
ag.unique_consecutive  x.unique_consecutive
ag.isin
ag.searchsorted
ag.bucketize
"""
