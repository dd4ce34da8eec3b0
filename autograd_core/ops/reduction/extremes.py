"""The largest and smallest elements, and where they are."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.operands import convert, parts_to_take
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import array_operand, dim_index, numpy_names
from ..elementwise import arithmetic as ew
from .reduce import reduction_dims, spread, sum_primitive


def extreme(reduce: Any, name: str) -> Primitive:
    def forward(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
        return np.asarray(reduce(x, axis=dims, keepdims=keepdim))

    def rule(g: Any, x: Any, out: Any, dims: tuple, keepdim: bool) -> Any:
        """g shared evenly by the elements that attain the extreme (by the NaNs, if it is NaN)."""
        shape = tuple(x.shape)
        top = spread(out, shape, dims)
        best = (x == top) | ((x != x) & (top != top))
        share = convert(best, x.dtype)
        return spread(g, shape, dims) * (share / ew.maximum(apply(sum_primitive, (share,), (dims, True)), 1))

    return Primitive(forward, name=name, vjps=(rule,), saves=(0, OUT))


_amax, _amin = extreme(np.maximum.reduce, "amax"), extreme(np.minimum.reduce, "amin")


def nothing_error(name: str, x: Any, dim: Any, what: str = "largest or smallest") -> ValueError:
    """There is no such element among none."""
    along = "" if dim is None else f" along dim {dim}"
    return ValueError(f"{name}: no {what} of nothing: shape {tuple(x.shape)} is empty{along}")


def _extreme_over(p: Primitive, x: Any, dim: Any, keepdim: bool) -> Any:
    x = array_operand(x, p.name)
    dims = reduction_dims(x, dim, p.name)
    if math.prod(x.shape[d] for d in dims) == 0:
        raise nothing_error(p.name, x, dim)
    return apply(p, (x,), (dims, keepdim))


@numpy_names
def amax(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Return the largest element over `dim`, or of all elements; NaN if there is one.

    Equal largest elements share the gradient evenly. `keepdim` keeps the dimensions as 1.

    Formula: out = max_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: any, kept; complex numbers are ordered by real, then imaginary part, as in NumPy.
    Raises: ValueError if there are no elements over `dim`, or if it names a dimension twice; IndexError if a dim is out of
        range; TypeError if `input` holds no numbers.
    Source: PyTorch's `amax`.

    >>> import autograd_core as ag
    >>> ag.amax(ag.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([5., 3.])
    """
    return _extreme_over(_amax, input, dim, keepdim)


@numpy_names
def amin(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Return the smallest element over `dim`, or of all elements; NaN if there is one.

    Equal smallest elements share the gradient evenly. `keepdim` keeps the dimensions as 1.

    Formula: out = min_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: any, kept; complex numbers are ordered by real, then imaginary part, as in NumPy.
    Raises: ValueError if there are no elements over `dim`, or if it names a dimension twice; IndexError if a dim is out of
        range; TypeError if `input` holds no numbers.
    Source: PyTorch's `amin`.

    >>> import autograd_core as ag
    >>> ag.amin(ag.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1., 2.])
    """
    return _extreme_over(_amin, input, dim, keepdim)


class AMinMax(NamedTuple):
    min: Tensor
    max: Tensor


parts_to_take(AMinMax)


@numpy_names
def aminmax(input: TensorLike, *, dim: Dims = None, keepdim: bool = False) -> AMinMax:
    """Return the smallest and the largest element over `dim`, as a named tuple (min, max).

    Gradients and NaN as for `amin` and `amax`. `dim` may name several dimensions, where PyTorch takes one; `keepdim` keeps
    them as 1.

    Formula: (min_i x_i, max_i x_i), x the input and i over `dim`
    Shapes: (*) → two of (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: any, kept.
    Raises: ValueError if there are no elements over `dim`, or if it names a dimension twice; IndexError if a dim is out of
        range; TypeError if `input` holds no numbers.
    Source: PyTorch's `aminmax`.

    >>> import autograd_core as ag
    >>> ag.aminmax(ag.tensor([3.0, 1.0, 2.0]))
    aminmax(min=tensor(1.), max=tensor(3.))
    """
    return AMinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def _arg(choose: Any, name: str) -> Primitive:
    def forward(x: ndarray, dim: int | None, keepdim: bool) -> ndarray:
        if x.ndim == 0:
            return np.zeros((), np.int64)
        return np.asarray(choose(x, axis=dim, keepdims=keepdim), np.int64)

    return Primitive(forward, name=name)


argmax_primitive, argmin_primitive = _arg(np.argmax, "argmax"), _arg(np.argmin, "argmin")


def _arg_over(p: Primitive, x: Any, dim: int | None, keepdim: bool) -> Any:
    x = array_operand(x, p.name)
    at = None if dim is None else dim_index(dim, x.ndim, p.name)
    if (math.prod(x.shape) if at is None or x.ndim == 0 else x.shape[at]) == 0:
        raise nothing_error(p.name, x, dim)
    return apply(p, (x,), (at, keepdim))


@numpy_names
def argmax(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the index of the largest element along `dim`, the first of equal ones.

    Without `dim`, the index into the flattened tensor. A NaN counts as the largest. `keepdim` keeps the dimension as 1.

    Formula: out = min {i : x_i = max_k x_k}, x the input, i and k along `dim`
    Shapes: (*) → (*) without the dimension `dim`; () if `dim` is None.
    Dtypes: any → int64; not differentiable.
    Raises: ValueError if there are no elements along `dim`; IndexError if `dim` is out of range; TypeError if it is no int,
        or if `input` holds no numbers.
    Source: PyTorch's `argmax`; the first of equal elements as in NumPy's.

    >>> import autograd_core as ag
    >>> ag.argmax(ag.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _arg_over(argmax_primitive, input, dim, keepdim)


@numpy_names
def argmin(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the index of the smallest element along `dim`, the first of equal ones.

    Without `dim`, the index into the flattened tensor. A NaN counts as the smallest. `keepdim` keeps the dimension as 1.

    Formula: out = min {i : x_i = min_k x_k}, x the input, i and k along `dim`
    Shapes: (*) → (*) without the dimension `dim`; () if `dim` is None.
    Dtypes: any → int64; not differentiable.
    Raises: ValueError if there are no elements along `dim`; IndexError if `dim` is out of range; TypeError if it is no int,
        or if `input` holds no numbers.
    Source: PyTorch's `argmin`; the first of equal elements as in NumPy's.

    >>> import autograd_core as ag
    >>> ag.argmin(ag.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _arg_over(argmin_primitive, input, dim, keepdim)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.amax     x.amax  out=
ag.amin     x.amin  out=
ag.aminmax  x.aminmax  out=
ag.argmax   x.argmax  out=
ag.argmin   x.argmin  out=
"""
