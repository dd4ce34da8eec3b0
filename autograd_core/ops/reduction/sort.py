"""Order: sorting, order statistics, and the extremes with their indices.

Each finds integer indices, which have no derivative, and reads the values there with `gather`, which has one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, overload

import numpy as np
from numpy import ndarray

from ...engine.operands import parts_to_take
from ...engine.primitive import Primitive, apply
from ...engine.standin import StandIn
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, dim_index, integer, numpy_names
from ..elementwise import arithmetic as ew
from ..indexing.gather import gather_along
from ..shape.shape import reshape
from .extremes import amax, amin, argmax_primitive, argmin_primitive, extreme, nothing_error
from .scan import slices


class Max(NamedTuple):
    values: Tensor
    indices: Tensor


class Min(NamedTuple):
    values: Tensor
    indices: Tensor


class Sort(NamedTuple):
    values: Tensor
    indices: Tensor


class TopK(NamedTuple):
    values: Tensor
    indices: Tensor


class KthValue(NamedTuple):
    values: Tensor
    indices: Tensor


class Median(NamedTuple):
    values: Tensor
    indices: Tensor


class NanMedian(NamedTuple):
    values: Tensor
    indices: Tensor


class Mode(NamedTuple):
    values: Tensor
    indices: Tensor


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
def sort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> Sort:
    """Sort the elements along `dim`, and return them with their indices, as a named tuple (values, indices).

    `descending` puts the largest first. The order is always stable, whatever `stable` says. A NaN counts as the largest.

    Formula: values_k = x_{indices_k}, values_0 ≤ values_1 ≤ … along `dim`, x the input
    Shapes: (*) → (*) and (*).
    Dtypes: values of the dtype of `input`, int64 indices; complex numbers are ordered by real, then imaginary part, as in
        NumPy. Only the values are differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `sort`.

    >>> import autograd_core as ag
    >>> ag.sort(ag.tensor([3.0, 1.0, 2.0]))
    sort(values=tensor([1., 2., 3.]), indices=tensor([1, 2, 0]))
    """
    x, at, indices = _sorted(input, dim, descending, "sort")
    return Sort(gather_along(x, indices, at, unique=True, name="sort"), indices)


@numpy_names
def argsort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Return the indices that put the elements in order along `dim`.

    `descending` puts the largest first. The order is always stable, whatever `stable` says. A NaN counts as the largest.

    Formula: out with x_{out_0} ≤ x_{out_1} ≤ … along `dim`, x the input
    Shapes: (*) → (*).
    Dtypes: any → int64; not differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `argsort`.

    >>> import autograd_core as ag
    >>> ag.argsort(ag.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return _sorted(input, dim, descending, "argsort")[2]


def msort(input: TensorLike) -> Tensor:
    """Sort the elements along the first dimension.

    Formula: out_0 ≤ out_1 ≤ …, the elements of `input` along dim 0
    Shapes: (*) → (*).
    Dtypes: any, kept.
    Raises: TypeError if `input` holds no numbers.
    Source: PyTorch's `msort`.

    >>> import autograd_core as ag
    >>> ag.msort(ag.tensor([[3.0, 1.0], [2.0, 4.0]]))
    tensor([[2., 1.],
            [3., 4.]])
    """
    return sort(input, 0)[0]


@numpy_names
def topk(input: TensorLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> TopK:
    """Return the k largest elements along `dim`, in order, and their indices, as a named tuple (values, indices).

    With `largest` false, the k smallest. They are always in order, whatever `sorted` says. A NaN counts as the largest.

    Formula: values_i = x_{indices_i} for i < k, values_0 ≥ values_1 ≥ … the largest along `dim`, x the input
    Shapes: (*, L, *) → (*, k, *) and (*, k, *), L the size of `dim`.
    Dtypes: values of the dtype of `input`, int64 indices. Only the values are differentiable.
    Raises: ValueError if k is not from 0 to L; IndexError if `dim` is out of range; TypeError if k or `dim` is no int, or if
        `input` holds no numbers.
    Source: PyTorch's `topk`.

    >>> import autograd_core as ag
    >>> ag.topk(ag.tensor([3.0, 1.0, 2.0]), 2)
    topk(values=tensor([3., 2.]), indices=tensor([0, 2]))
    """
    x, k = array_operand(input, "topk"), integer(k, "topk", "k")
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


@overload
def max(input: TensorLike) -> Tensor: ...
@overload
def max(input: TensorLike, dim: int, keepdim: bool = ...) -> Max: ...
@overload
def max(input: TensorLike, other: Tensor | ndarray, /) -> Tensor: ...
@overload
def max(input: TensorLike, *, other: TensorLike) -> Tensor: ...
@numpy_names
def max(
    input: TensorLike, dim: int | TensorLike | None = None, keepdim: bool = False, *, other: TensorLike | None = None
) -> Any:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise.

    max(input): the largest of all elements, of which equal ones share the gradient. max(input, dim): a named tuple (values,
    indices), the first of equal elements; `keepdim` keeps the dimension as 1. max(input, other): as `maximum`; `other` may
    stand in the place of `dim`. A NaN counts as the largest.

    Formula: out = max_i x_i; or values = max_i x_i and indices = argmax_i x_i, i along `dim`; or out = max(x, y), x the
        input and y the other
    Shapes: (*) → (); with `dim` two of (*) without it; with `other` the broadcast shape.
    Dtypes: any, kept; int64 indices.
    Raises: ValueError if there are no elements; IndexError if `dim` is out of range; TypeError if `other` comes together
        with `dim` or `keepdim`, or if an operand holds no numbers.
    Source: PyTorch's `max`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([[1.0, 5.0], [3.0, 2.0]])
    >>> ag.max(x), ag.max(x, ag.tensor(2.5))
    (tensor(5.), tensor([[2.5, 5. ],
            [3. , 2.5]]))
    >>> ag.max(x, 1)
    max(values=tensor([5., 3.]), indices=tensor([1, 0]))
    """
    return _extreme_of(Max, amax, ew.maximum, argmax_primitive, input, dim, keepdim, other)


@overload
def min(input: TensorLike) -> Tensor: ...
@overload
def min(input: TensorLike, dim: int, keepdim: bool = ...) -> Min: ...
@overload
def min(input: TensorLike, other: Tensor | ndarray, /) -> Tensor: ...
@overload
def min(input: TensorLike, *, other: TensorLike) -> Tensor: ...
@numpy_names
def min(
    input: TensorLike, dim: int | TensorLike | None = None, keepdim: bool = False, *, other: TensorLike | None = None
) -> Any:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise.

    min(input): the smallest of all elements, of which equal ones share the gradient. min(input, dim): a named tuple (values,
    indices), the first of equal elements; `keepdim` keeps the dimension as 1. min(input, other): as `minimum`; `other` may
    stand in the place of `dim`. A NaN counts as the smallest.

    Formula: out = min_i x_i; or values = min_i x_i and indices = argmin_i x_i, i along `dim`; or out = min(x, y), x the
        input and y the other
    Shapes: (*) → (); with `dim` two of (*) without it; with `other` the broadcast shape.
    Dtypes: any, kept; int64 indices.
    Raises: ValueError if there are no elements; IndexError if `dim` is out of range; TypeError if `other` comes together
        with `dim` or `keepdim`, or if an operand holds no numbers.
    Source: PyTorch's `min`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([[1.0, 5.0], [3.0, 2.0]])
    >>> ag.min(x)
    tensor(1.)
    >>> ag.min(x, 1)
    min(values=tensor([1., 2.]), indices=tensor([0, 1]))
    """
    return _extreme_of(Min, amin, ew.minimum, argmin_primitive, input, dim, keepdim, other)


_kth = Primitive(
    lambda x, dim, k: slices(_order(x, dim, False), dim, k - 1, k) if x.ndim else np.zeros((), np.int64), name="kth"
)


@numpy_names
def kthvalue(input: TensorLike, k: int, dim: int = -1, keepdim: bool = False) -> KthValue:
    """Return the k-th smallest element along `dim` and its index, as a named tuple (values, indices).

    k counts from 1. `keepdim` keeps the dimension as 1. A NaN counts as the largest.

    Formula: values = x_(k), the k-th of x_(1) ≤ x_(2) ≤ … along `dim`, x the input
    Shapes: (*, L, *) → two of (*) without `dim`, of size L.
    Dtypes: values of the dtype of `input`, int64 indices. Only the values are differentiable.
    Raises: ValueError if k is not from 1 to L; IndexError if `dim` is out of range; TypeError if k or `dim` is no int, or if
        `input` holds no numbers.
    Source: PyTorch's `kthvalue`.

    >>> import autograd_core as ag
    >>> ag.kthvalue(ag.tensor([3.0, 1.0, 2.0]), 2)
    kthvalue(values=tensor(2.), indices=tensor(2))
    """
    x, k = array_operand(input, "kthvalue"), integer(k, "kthvalue", "k")
    size = (tuple(x.shape) or (1,))[dim_index(dim, x.ndim, "kthvalue")]
    if not 1 <= k <= size:
        raise ValueError(f"kthvalue: k={k} is out of range for dim {dim} of size {size}; it counts from 1")
    return _single(KthValue, _kth, x, dim, keepdim, (k,))


def _middle(x: ndarray, dim: int, skip_nan: bool) -> ndarray:
    """The index of the median of each slice: of the lower of two; of a NaN unless those are skipped."""
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


@overload
def median(input: TensorLike) -> Tensor: ...
@overload
def median(input: TensorLike, dim: int, keepdim: bool = ...) -> Median: ...
@numpy_names
def median(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices).

    Of an even number of elements, the lower of the two in the middle. If there is a NaN, NaN. Of all elements, equal ones
    share the gradient. `keepdim` keeps the dimension as 1.

    Formula: out = x_(⌈n/2⌉), x_(1) ≤ … ≤ x_(n) the elements of `input`, all or along `dim`
    Shapes: (*) → (); with `dim` two of (*) without it.
    Dtypes: any, kept; int64 indices.
    Raises: ValueError if there are no elements (of all elements of a floating tensor: NaN); IndexError if `dim` is out of
        range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `median`.

    >>> import autograd_core as ag
    >>> ag.median(ag.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    >>> ag.median(ag.tensor([[3.0, 1.0, 2.0]]), 1)
    median(values=tensor([2.]), indices=tensor([2]))
    """
    return _median(Median, _median_all, input, dim, keepdim, False)


@overload
def nanmedian(input: TensorLike) -> Tensor: ...
@overload
def nanmedian(input: TensorLike, dim: int, keepdim: bool = ...) -> NanMedian: ...
@numpy_names
def nanmedian(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices).

    Of an even number of elements, the lower of the two in the middle; NaN if all are NaN. Of all elements, equal ones share
    the gradient. `keepdim` keeps the dimension as 1.

    Formula: out = x_(⌈n/2⌉), x_(1) ≤ … ≤ x_(n) the elements of `input` that are not NaN, all or along `dim`
    Shapes: (*) → (); with `dim` two of (*) without it.
    Dtypes: any, kept; int64 indices.
    Raises: ValueError if there are no elements (of all elements of a floating tensor: NaN); IndexError if `dim` is out of
        range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `nanmedian`.

    >>> import autograd_core as ag
    >>> ag.nanmedian(ag.tensor([1.0, ag.nan, 3.0, 2.0]))
    tensor(2.)
    """
    return _median(NanMedian, _nanmedian_all, input, dim, keepdim, True)


def _most_frequent(x: ndarray, dim: int) -> ndarray:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    order = np.moveaxis(_order(x, dim, False), dim, -1)
    ranked = np.take_along_axis(np.moveaxis(x, dim, -1), order, -1)
    position = np.arange(ranked.shape[-1])
    new = np.concatenate([np.ones((*ranked.shape[:-1], 1), bool), ranked[..., 1:] != ranked[..., :-1]], -1)
    run = position - np.maximum.accumulate(np.where(new, position, 0), -1)  # the number of equals before
    last = np.argmax(run, -1, keepdims=True)
    return np.moveaxis(np.take_along_axis(order, last, -1), -1, dim)


_mode_index = Primitive(_most_frequent, name="mode_index")


@numpy_names
def mode(input: TensorLike, dim: int = -1, keepdim: bool = False) -> Mode:
    """Return the most frequent element along `dim` and its last index, as a named tuple (values, indices).

    Of several, the smallest. `keepdim` keeps the dimension as 1.

    Formula: values = argmax_v |{i : x_i = v}|, i along `dim`, x the input
    Shapes: (*) → two of (*) without `dim`.
    Dtypes: values of the dtype of `input`, int64 indices. Only the values are differentiable.
    Raises: ValueError if there are no elements; IndexError if `dim` is out of range; TypeError if it is no int, or if
        `input` holds no numbers.
    Source: PyTorch's `mode`.

    >>> import autograd_core as ag
    >>> ag.mode(ag.tensor([2.0, 1.0, 2.0]))
    mode(values=tensor(2.), indices=tensor(2))
    """
    return _single(Mode, _mode_index, array_operand(input, "mode"), dim, keepdim)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sort       x.sort  out=
ag.argsort    x.argsort
ag.msort      x.msort  out=
ag.topk       x.topk  out=
ag.max        x.max  out=
ag.min        x.min  out=
ag.kthvalue   x.kthvalue  out=
ag.median     x.median  out=
ag.nanmedian  x.nanmedian  out=
ag.mode       x.mode  out=
"""
