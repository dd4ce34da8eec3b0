"""Functions that reduce dimensions to one number each. `dim` is None (all), an int or a tuple; `axis` says the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

from ...engine import basics
from ...engine.accumulate import HALF, add_over, narrowed, product, sum_over, total
from ...engine.basics import broadcast_to
from ...engine.operands import convert
from ...engine.primitive import OUT, SHAPE, Primitive, apply
from ...engine.tensor import Default, Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import array_operand, dim_indices, numpy_names
from ..elementwise import arithmetic as ew
from ..shape.shape import cat, flip, permute, reshape
from .scan import cumprod, in_dtype, may_hold_zero, slices


def reduction_dims(x: Any, dim: Any, name: str) -> tuple[int, ...]:
    """The dims to reduce; an empty tuple means, as in PyTorch, all."""
    return dim_indices(None if isinstance(dim, tuple | list) and not dim else dim, x.ndim, name)


def kept_shape(shape: tuple, dims: tuple) -> tuple:
    """The shape with the reduced dimensions left in as 1."""
    return tuple(1 if i in dims else s for i, s in enumerate(shape))


def spread(g: Any, shape: tuple, dims: tuple) -> Any:
    """g, one value for each slice along `dims`, repeated over the slices: the adjoint of `sum`."""
    return broadcast_to(reshape(g, kept_shape(shape, dims)), shape)


def floating_operand(x: Any, name: str, dtype: Any = None) -> Any:
    x = array_operand(x, name)
    x = x if dtype is None else convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"{name}: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    return x


# ------------------------------------------------------------------------------------------------------- sums and means


def _sum(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    if x.dtype.kind in "biu":
        return np.asarray(add_over(x, dims, np.int64, None, keepdim))
    return sum_over(x, dims, keepdim)


sum_primitive = Primitive(
    _sum, name="sum", vjps=(lambda g, x_shape, dims, keepdim: spread(g, x_shape, dims),), saves=(SHAPE,)
)


@numpy_names
def sum(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the sum over `dim`, or of all elements.

    `keepdim` keeps the summed dimensions as 1; `dtype` converts `input` first. NumPy's `axis` and `keepdims` mean the same
    as `dim` and `keepdim`, here and in all reductions.

    Formula: out = Σ_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating and complex ones are kept; integers and booleans become int64, unless `dtype` is given.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `sum`.

    >>> import autograd_core as ag
    >>> ag.sum(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([4., 6.])
    """
    x = array_operand(input, "sum")
    if dtype is None:
        return apply(sum_primitive, (x,), (reduction_dims(x, dim, "sum"), keepdim))
    return in_dtype(sum(convert(x, dtype), dim, keepdim), dtype)


def _mean(x: ndarray, dims: tuple, keepdim: bool, count: float) -> ndarray:
    sums = total(x, dims, keepdim)
    return narrowed(sums / sums.dtype.type(count), x.dtype)


_mean_primitive = Primitive(
    _mean,
    name="mean",
    vjps=(lambda g, x_shape, dims, keepdim, count: spread(g / count, x_shape, dims),),
    saves=(SHAPE,),
)


@numpy_names
def mean(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the arithmetic mean over `dim`, or of all elements; of no elements, NaN.

    `keepdim` keeps the dimensions as 1; `dtype` converts `input` first.

    Formula: out = (1/n) Σ_i x_i, x the input, i over `dim`, n the number of elements there
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating or complex, kept; float16 is summed in float32.
    Raises: TypeError if `input` is of integers or booleans and no floating `dtype` is given; IndexError if a dim is out of
        range; ValueError if `dim` names one twice.
    Source: PyTorch's `mean`.

    >>> import autograd_core as ag
    >>> ag.mean(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1, keepdim=True)
    tensor([[1.5],
            [3.5]])
    """
    x = array_operand(input, "mean")
    x = x if dtype is None else convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"mean: needs a floating tensor, got {x.dtype}; convert it with x.float() or pass dtype=")
    dims = reduction_dims(x, dim, "mean")
    count = math.prod(x.shape[d] for d in dims)
    return apply(_mean_primitive, (x,), (dims, keepdim, float(count) if count else math.nan))


@numpy_names
def nansum(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the sum over `dim` of the elements that are not NaN.

    `keepdim` keeps the dimensions as 1; the sum is computed in `dtype`, if that is given. A NaN gets the gradient 0.

    Formula: out = Σ_i x_i over those i in `dim` where x_i is not NaN, x the input
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: as for `sum`: integers and booleans become int64, unless `dtype` is given.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `nansum`.

    >>> import autograd_core as ag
    >>> ag.nansum(ag.tensor([1.0, ag.nan, 2.0]))
    tensor(3.)
    """
    x = array_operand(input, "nansum")
    return sum(basics.where(x != x, 0, x) if x.dtype.kind in "fc" else x, dim, keepdim, dtype=dtype)


@numpy_names
def nanmean(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the mean over `dim` of the elements that are not NaN; NaN if there are none.

    `keepdim` keeps the dimensions as 1; `dtype` converts `input` first. A NaN gets the gradient 0.

    Formula: out = (1/n) Σ_i x_i over those n indices i in `dim` where x_i is not NaN, x the input
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating or complex, kept.
    Raises: TypeError if `input` is of integers or booleans and no floating `dtype` is given; IndexError if a dim is out of
        range; ValueError if `dim` names one twice.
    Source: PyTorch's `nanmean`.

    >>> import autograd_core as ag
    >>> ag.nanmean(ag.tensor([1.0, ag.nan, 3.0]))
    tensor(2.)
    """
    x = floating_operand(input, "nanmean", dtype)
    if x.dtype == HALF:  # which may not hold the count
        return convert(nanmean(convert(x, np.float32), dim, keepdim), HALF)
    return nansum(x, dim, keepdim) / convert(sum(x == x, dim, keepdim), x.dtype)


@numpy_names
def count_nonzero(input: TensorLike, dim: Dims = None) -> Tensor:
    """Return the number of elements over `dim` that are not 0.

    Formula: out = Σ_i [x_i ≠ 0], x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: any → int64; not differentiable. A NaN is not 0.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `count_nonzero`.

    >>> import autograd_core as ag
    >>> ag.count_nonzero(ag.tensor([[1.0, 0.0], [2.0, 3.0]]), dim=1)
    tensor([1, 2])
    """
    x = array_operand(input, "count_nonzero")
    return sum(ew.ne(x, 0), dim)


# -------------------------------------------------------------------------------------------------------------- product


def _prod_rule(g: Any, x: Any, out: Any) -> Any:
    """The product of the others: `out / x`, or where there are zeros, what comes before times what comes after."""
    rows = reshape(g, (*x.shape[:-1], 1))
    if not may_hold_zero(x):
        return rows * (reshape(out, (*x.shape[:-1], 1)) / x)
    return rows * _others(x)


def _others(x: Any) -> Any:
    """The products of all elements but one, along the last dimension."""
    last = x.ndim - 1
    one = np.ones((*x.shape[:-1], 1), x.dtype)

    def before(v: Any) -> Any:
        return cumprod(cat([one, slices(v, last, 0, -1)], last), last)

    return before(x) * flip(before(flip(x, last)), last)


_prod_primitive = Primitive(
    product,
    name="prod",
    vjps=(_prod_rule,),
    saves=(0, OUT),
)


@numpy_names
def prod(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the product over `dim`, or of all elements.

    Differentiable where elements are 0, to any order. `dim` may name several dimensions, where PyTorch takes one. `keepdim`
    keeps the dimensions as 1; `dtype` converts `input` first.

    Formula: out = Π_i x_i, x the input and i over `dim`; ∂out/∂x_j = Π_{i≠j} x_i
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating and complex ones are kept; integers and booleans become int64, unless `dtype` is given.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `prod`.

    >>> import autograd_core as ag
    >>> ag.prod(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
    tensor([ 2., 12.])
    """
    x = in_dtype(array_operand(input, "prod"), dtype)
    dims = reduction_dims(x, dim, "prod")
    out = in_dtype(apply(_prod_primitive, (as_rows(x, dims),)), dtype)
    return reshape(out, kept_shape(x.shape, dims)) if keepdim else out


def as_rows(x: Any, dims: tuple) -> Any:
    """x with the dimensions `dims` made into one, the last."""
    shape = tuple(x.shape)
    rest = tuple(d for d in range(len(shape)) if d not in dims)
    if rest + dims != tuple(range(len(shape))):
        x = permute(x, rest + dims)
    return reshape(x, (*(shape[d] for d in rest), math.prod(shape[d] for d in dims)))


# ------------------------------------------------------------------------------------------------ log-sum-exp


def _logsumexp(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    if x.size == 0:
        return np.asarray(np.log(np.sum(np.exp(x), axis=dims, keepdims=keepdim)))
    top = np.maximum.reduce(x, axis=dims, keepdims=True)
    top = np.where(np.isinf(top), 0, top).astype(x.dtype)
    out = narrowed(np.log(total(np.exp(x - top), dims, True)) + top, x.dtype)
    return out if keepdim else out.reshape(tuple(s for d, s in enumerate(out.shape) if d not in dims))


def _logsumexp_rule(g: Any, x: Any, out: Any, dims: tuple, keepdim: bool) -> Any:
    """g times the softmax; 0 where all is e^-∞ = 0, and 1 for an infinite element."""
    top = spread(out, tuple(x.shape), dims)
    infinite = top == np.inf
    weight = ew.exp(x - basics.where(infinite | (top == -np.inf), 0.0, top))
    return spread(g, tuple(x.shape), dims) * basics.where(
        infinite & (x == top), 1.0, basics.where(infinite, 0.0, weight)
    )


_logsumexp_primitive = Primitive(_logsumexp, name="logsumexp", vjps=(_logsumexp_rule,), saves=(0, OUT))


@numpy_names
def logsumexp(input: TensorLike, dim: Dims, keepdim: bool = False) -> Tensor:
    """Compute log Σ eˣ over `dim`, without overflow.

    The largest element is taken out before exp and added again. The gradient is the softmax. `keepdim` keeps the dimensions
    as 1.

    Formula: out = m + log Σ_i exp(x_i − m), m = max_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; integers and booleans become the default float.
    Raises: TypeError if `input` is complex; IndexError if a dim is out of range; ValueError if `dim` names one twice.
    Source: PyTorch's `logsumexp`; Blanchard, Higham & Higham 2021.

    >>> import autograd_core as ag
    >>> ag.logsumexp(ag.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    x = array_operand(input, "logsumexp")
    if x.dtype.kind == "c":
        raise TypeError(f"logsumexp: needs real numbers, got {x.dtype}; take x.real, x.imag or abs(x)")
    x = x if x.dtype.kind == "f" else convert(x, Default.dtype)
    return apply(_logsumexp_primitive, (x,), (reduction_dims(x, dim, "logsumexp"), keepdim))


# -------------------------------------------------------------------------------------------------------------- logical


def _logical(p: Primitive, x: Any, dim: Any, keepdim: bool) -> Any:
    x = array_operand(x, p.name)
    return apply(p, (x,), (dim_indices(dim, x.ndim, p.name), keepdim))


def _whether(reduce: Any, name: str) -> Primitive:
    def forward(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
        return np.asarray(reduce(x, axis=dims, keepdims=keepdim), np.uint8 if x.dtype == np.uint8 else bool)

    return Primitive(forward, name=name)


_all, _any = _whether(np.all, "all"), _whether(np.any, "any")


@numpy_names
def all(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Return whether all elements over `dim` are true, that is, not 0.

    `keepdim` keeps the dimensions as 1. Of no elements, true.

    Formula: out = ⋀_i [x_i ≠ 0], x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None. An empty tuple names no dimension.
    Dtypes: any → bool; uint8 stays uint8, as in PyTorch. Not differentiable.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `all`.

    >>> import autograd_core as ag
    >>> ag.all(ag.tensor([[1.0, 0.0], [2.0, 3.0]]), dim=1)
    tensor([False,  True])
    """
    return _logical(_all, input, dim, keepdim)


@numpy_names
def any(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Return whether any element over `dim` is true, that is, not 0.

    `keepdim` keeps the dimensions as 1. Of no elements, false.

    Formula: out = ⋁_i [x_i ≠ 0], x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None. An empty tuple names no dimension.
    Dtypes: any → bool; uint8 stays uint8, as in PyTorch. Not differentiable.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice; TypeError if `input` holds no numbers.
    Source: PyTorch's `any`.

    >>> import autograd_core as ag
    >>> ag.any(ag.tensor([[0.0, 0.0], [2.0, 0.0]]), dim=1)
    tensor([False,  True])
    """
    return _logical(_any, input, dim, keepdim)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sum            x.sum  out=
ag.mean           x.mean  out=
ag.nansum         x.nansum
ag.nanmean        x.nanmean  out=
ag.count_nonzero  x.count_nonzero
ag.prod           x.prod  out=
ag.logsumexp      x.logsumexp  out=
ag.all            x.all  out=
ag.any            x.any  out=
"""
