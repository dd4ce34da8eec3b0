"""The largest and smallest elements, and where they are."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import convert, parts_to_take
from ...engine.primitive import OUT, Primitive, apply
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
def amax(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest value over `dim`; equal ones share the gradient, NaN propagates."""
    return _extreme_over(_amax, x, dim, keepdim)


@numpy_names
def amin(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest value over `dim`; equal ones share the gradient, NaN propagates."""
    return _extreme_over(_amin, x, dim, keepdim)


AMinMax = namedtuple("aminmax", "min max")  # type: ignore[name-match]
AMinMax.__qualname__ = "AMinMax"  # where pickle finds it
parts_to_take(AMinMax)


@numpy_names
def aminmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> AMinMax:
    """The smallest and the largest value over `dim`, as (min, max)."""
    return AMinMax(amin(x, dim, keepdim), amax(x, dim, keepdim))


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
def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the largest value along `dim` (of the flattened tensor if None), the first of equals. int64."""
    return _arg_over(argmax_primitive, x, dim, keepdim)


@numpy_names
def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the smallest value along `dim` (of the flattened tensor if None), the first of equals. int64."""
    return _arg_over(argmin_primitive, x, dim, keepdim)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.amax     x.amax
ag.amin     x.amin
ag.aminmax  x.aminmax
ag.argmax   x.argmax
ag.argmin   x.argmin
"""
