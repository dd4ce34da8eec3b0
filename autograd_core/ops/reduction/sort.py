"""Order: sorting, order statistics, and the extremes with their indices.

Each finds integer indices, which have no derivative, and reads the values there with `gather`, which has one.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import parts_to_take
from ...engine.primitive import Primitive, apply
from ...engine.standin import StandIn
from ...engine.tensor import Tensor
from ..arguments import array_operand, dim_index, numpy_names
from ..elementwise import arithmetic as ew
from ..indexing.gather import gather_along
from ..shape.shape import reshape
from .extremes import amax, amin, argmax_primitive, argmin_primitive, extreme, nothing_error
from .scan import slices

Max = namedtuple("max", "values indices")  # type: ignore[name-match]
Min = namedtuple("min", "values indices")  # type: ignore[name-match]
Sort = namedtuple("sort", "values indices")  # type: ignore[name-match]
TopK = namedtuple("topk", "values indices")  # type: ignore[name-match]
KthValue = namedtuple("kthvalue", "values indices")  # type: ignore[name-match]
Median = namedtuple("median", "values indices")  # type: ignore[name-match]
NanMedian = namedtuple("nanmedian", "values indices")  # type: ignore[name-match]
Mode = namedtuple("mode", "values indices")  # type: ignore[name-match]
for _name in "Max Min Sort TopK KthValue Median NanMedian Mode".split():
    globals()[_name].__qualname__ = _name  # where pickle finds it; what it shows is the function's name
parts_to_take(Max, Min, Sort, TopK, KthValue, Median, NanMedian, Mode)


def _order(x: ndarray, dim: int, descending: bool) -> ndarray:
    """The stable order along `dim`; NaN counts as the largest."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(x, dim, kind="stable")
    return x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), dim, kind="stable"), dim)


_argsort = Primitive(_order, name="argsort")


def _sorted(x: Any, dim: Any, descending: bool, name: str) -> tuple:
    x = array_operand(x, name)
    at = dim_index(dim, x.ndim, name)
    return x, at, apply(_argsort, (x,), (at, bool(descending)))


@numpy_names
def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Sort:
    """The elements in order along `dim`, and where they were: (values, indices). Always stable; NaN is the largest."""
    x, at, indices = _sorted(x, dim, descending, "sort")
    return Sort(gather_along(x, indices, at, unique=True, name="sort"), indices)


@numpy_names
def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that put the elements in order along `dim`: int64, stable, NaN the largest."""
    return _sorted(x, dim, descending, "argsort")[2]


def msort(x: Any) -> Any:
    """The elements in order along the first dimension."""
    return sort(x, 0)[0]


@numpy_names
def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> TopK:
    """The k largest (or smallest) elements along `dim`, in order, and where they are: (values, indices)."""
    x = array_operand(x, "topk")
    size = (tuple(x.shape) or (1,))[dim_index(dim, x.ndim, "topk")]
    if not 0 <= k <= size:
        raise ValueError(f"topk: k={k} is out of range for dim {dim} of size {size}")
    x, at, order = _sorted(x, dim, largest, "topk")
    indices = slices(order, at, 0, k) if x.ndim else order
    return TopK(gather_along(x, indices, at, unique=True, name="topk"), indices)


# ---------------------------------------------------------------------------------------------------- one of each slice


def _single(kind: Any, p: Primitive, x: Any, dim: Any, keepdim: bool, params: tuple = ()) -> Any:
    """The element of each slice along `dim` whose index `p` finds, and that index, as `kind`."""
    name = kind.__name__
    at = dim_index(dim, x.ndim, name)
    if (tuple(x.shape) or (1,))[at] == 0:
        raise nothing_error(name, x, dim, "largest or smallest" if kind in (Max, Min) else name)
    indices = apply(p, (x,), (at, *params))
    values = gather_along(x, indices, at, unique=True, name=name)
    if keepdim or x.ndim == 0:
        return kind(values, indices)
    shape = (*x.shape[:at], *x.shape[at + 1 :])
    return kind(reshape(values, shape), reshape(indices, shape))


def _extreme_of(
    kind: Any, over_all: Any, elementwise: Any, p: Primitive, x: Any, dim: Any, keepdim: bool, other: Any
) -> Any:
    name = kind.__name__
    if isinstance(dim, Tensor | ndarray | StandIn):
        dim, other = None, dim
    if other is not None:
        if dim is not None or keepdim:
            raise TypeError(f"{name}: takes either another tensor or a dim, got both")
        return elementwise(x, other)
    x = array_operand(x, name)
    if dim is not None:
        return _single(kind, p, x, dim, keepdim, (True,))
    if math.prod(x.shape) == 0:
        raise nothing_error(name, x, None)
    return over_all(x)


@numpy_names
def max(x: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """max(x): the largest element, equal ones sharing the gradient. max(x, dim): (values, indices), the first of
    equals. max(x, y): the larger of both, elementwise."""
    return _extreme_of(Max, amax, ew.maximum, argmax_primitive, x, dim, keepdim, other)


@numpy_names
def min(x: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """min(x): the smallest element, equal ones sharing the gradient. min(x, dim): (values, indices), the first of
    equals. min(x, y): the smaller of both, elementwise."""
    return _extreme_of(Min, amin, ew.minimum, argmin_primitive, x, dim, keepdim, other)


_kth = Primitive(
    lambda x, dim, k: slices(_order(x, dim, False), dim, k - 1, k) if x.ndim else np.zeros((), np.int64), name="kth"
)


@numpy_names
def kthvalue(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> KthValue:
    """The k-th smallest element along `dim`, k from 1 on, and where it is: (values, indices)."""
    x = array_operand(x, "kthvalue")
    size = (tuple(x.shape) or (1,))[dim_index(dim, x.ndim, "kthvalue")]
    if not 1 <= k <= size:
        raise ValueError(f"kthvalue: k={k} is out of range for dim {dim} of size {size}; it counts from 1")
    return _single(KthValue, _kth, x, dim, keepdim, (k,))


def _middle(x: ndarray, dim: int, skip_nan: bool) -> ndarray:
    """Where the median stands: the lower of two; a NaN is the median unless skipped. One index for each slice."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    order, nan = _order(x, dim, False), x != x
    valid = np.sum(~nan, dim, keepdims=True) if skip_nan else np.full((), x.shape[dim])
    k = np.maximum(valid - 1, 0) // 2
    found = np.take_along_axis(order, np.broadcast_to(k, (*x.shape[:dim], 1, *x.shape[dim + 1 :])), dim)
    if skip_nan:
        return found
    return np.where(nan.any(dim, keepdims=True), np.argmax(nan, dim, keepdims=True), found)


_median_index = Primitive(_middle, name="median_index")


def _median_of_all(skip_nan: bool) -> Any:
    def reduce(x: ndarray, axis: tuple, keepdims: bool) -> ndarray:
        rest = tuple(d for d in range(x.ndim) if d not in axis)
        rows = x.transpose(rest + axis).reshape(*(x.shape[d] for d in rest), math.prod(x.shape[d] for d in axis))
        if not rows.shape[-1]:
            return np.full(rows.shape[:-1], np.nan, x.dtype)
        return np.take_along_axis(rows, _middle(rows, rows.ndim - 1, skip_nan), -1)[..., 0]

    return reduce


_median_all = extreme(_median_of_all(False), "median")
_nanmedian_all = extreme(_median_of_all(True), "nanmedian")


def _median(kind: Any, over_all: Primitive, x: Any, dim: Any, keepdim: bool, skip_nan: bool) -> Any:
    x = array_operand(x, kind.__name__)
    if dim is not None:
        return _single(kind, _median_index, x, dim, keepdim, (skip_nan,))
    if math.prod(x.shape) == 0 and x.dtype.kind != "f":
        raise nothing_error(kind.__name__, x, None, "median")
    return apply(over_all, (x,), (tuple(range(x.ndim)), False))


@numpy_names
def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element of all, or along `dim` with its index: (values, indices). Of an even number, the lower of two.

    NaN if there is one, or nothing. Of all elements, equal ones share the gradient.
    """
    return _median(Median, _median_all, x, dim, keepdim, False)


@numpy_names
def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """`median` of what is not NaN."""
    return _median(NanMedian, _nanmedian_all, x, dim, keepdim, True)


def _most_frequent(x: ndarray, dim: int) -> ndarray:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    order = np.moveaxis(_order(x, dim, False), dim, -1)
    ranked = np.take_along_axis(np.moveaxis(x, dim, -1), order, -1)
    place = np.arange(ranked.shape[-1])
    new = np.concatenate([np.ones((*ranked.shape[:-1], 1), bool), ranked[..., 1:] != ranked[..., :-1]], -1)
    run = place - np.maximum.accumulate(np.where(new, place, 0), -1)  # how many equals stand before
    last = np.argmax(run, -1, keepdims=True)
    return np.moveaxis(np.take_along_axis(order, last, -1), -1, dim)


_mode_index = Primitive(_most_frequent, name="mode_index")


@numpy_names
def mode(x: Any, dim: int = -1, keepdim: bool = False) -> Mode:
    """The most frequent element along `dim` (of several, the smallest), and where it stands last: (values, indices)."""
    return _single(Mode, _mode_index, array_operand(x, "mode"), dim, keepdim)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sort       x.sort
ag.argsort    x.argsort
ag.msort      x.msort
ag.topk       x.topk
ag.max        x.max
ag.min        x.min
ag.kthvalue   x.kthvalue
ag.median     x.median
ag.nanmedian  x.nanmedian
ag.mode       x.mode
"""
