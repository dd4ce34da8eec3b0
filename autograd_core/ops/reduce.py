"""Functions that reduce dimensions to one number each. `dim` may be None (all), an int or a tuple; `axis` says the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import OUT, SHAPE, Primitive, convert, operand
from ..tensor import Tensor, apply
from . import elementwise as ew
from .shape import broadcast_to, dim_index, dim_indices, reshape


def reduction_dims(x: Any, dim: Any, axis: Any, name: str) -> tuple[int, ...]:
    """The dims to reduce, given as PyTorch's `dim` or NumPy's `axis`."""
    if axis is not None:
        if dim is not None:
            raise TypeError(f"{name}: got both dim={dim} and axis={axis}; they mean the same, give one")
        dim = axis
    return dim_indices(dim, x.ndim, name)


def kept_shape(shape: tuple, dims: tuple) -> tuple:
    """The shape with the reduced dimensions left in as 1."""
    return tuple(1 if i in dims else s for i, s in enumerate(shape))


def spread(g: Any, shape: tuple, dims: tuple) -> Any:
    """g, one value for each slice along `dims`, repeated over the slices: the adjoint of `sum`."""
    return broadcast_to(reshape(g, kept_shape(shape, dims)), shape)


def _keep(keepdim: bool, keepdims: bool | None) -> bool:
    return keepdim if keepdims is None else keepdims


def _sum(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    return np.add.reduce(x, axis=dims, keepdims=keepdim, dtype=np.int64 if x.dtype.kind in "biu" else None)


_sum_primitive = Primitive(
    _sum, name="sum", vjps=(lambda g, x_shape, dims, keepdim: spread(g, x_shape, dims),), saves=(SHAPE,)
)


def sum(  # noqa: A001 (the field's name)
    x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool | None = None
) -> Any:
    """The sum over `dim`; of integers and booleans, in int64."""
    x = operand(x, "sum")
    if dtype is not None:
        x = convert(x, dtype)
    return apply(_sum_primitive, (x,), (reduction_dims(x, dim, axis, "sum"), _keep(keepdim, keepdims)))


_mean_primitive = Primitive(
    lambda x, dims, keepdim, count: np.add.reduce(x, axis=dims, keepdims=keepdim) / x.dtype.type(count),
    name="mean",
    vjps=(lambda g, x_shape, dims, keepdim, count: spread(g / count, x_shape, dims),),
    saves=(SHAPE,),
)


def mean(
    x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool | None = None
) -> Any:
    """The arithmetic mean over `dim`; of nothing, NaN."""
    x = operand(x, "mean")
    if dtype is not None:
        x = convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"mean: needs a floating tensor, got {x.dtype}; convert it with x.float() or pass dtype=")
    dims = reduction_dims(x, dim, axis, "mean")
    count = math.prod(x.shape[d] for d in dims)
    return apply(_mean_primitive, (x,), (dims, _keep(keepdim, keepdims), float(count) if count else math.nan))


def var(
    x: Any,
    dim: Any = None,
    *,
    correction: float = 1,
    keepdim: bool = False,
    unbiased: bool | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The variance over `dim`: the sum of squared deviations over n - correction."""
    if unbiased is not None:
        correction = int(unbiased)
    dims = reduction_dims(x, dim, axis, "var")
    deviation = x - mean(x, dims, keepdim=True) if dims else x - x
    count = math.prod(x.shape[d] for d in dims)
    total = sum(deviation * deviation, dims, keepdim=_keep(keepdim, keepdims))
    return total / max(0.0, count - correction) if count > correction else total * math.nan


def std(x: Any, dim: Any = None, **options: Any) -> Any:
    """The square root of `var`, with its options."""
    return ew.sqrt(var(x, dim, **options))


# --------------------------------------------------------------------------------------------------- largest and smallest


def _extreme(reduce: Any, name: str) -> Primitive:
    def forward(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
        return reduce(x, axis=dims, keepdims=keepdim)

    def rule(g: Any, x: Any, out: Any, dims: tuple, keepdim: bool) -> Any:
        """g shared evenly by the elements that attain the extreme."""
        shape = tuple(x.shape)
        best = x == spread(out, shape, dims)
        best = best.array if isinstance(best, Tensor) else best
        share = best / np.maximum(1, np.add.reduce(best, axis=dims, keepdims=True)).astype(x.dtype)
        return spread(g, shape, dims) * share.astype(x.dtype)

    return Primitive(forward, name=name, vjps=(rule,), saves=(0, OUT))


_amax, _amin = _extreme(np.maximum.reduce, "amax"), _extreme(np.minimum.reduce, "amin")


def _extreme_over(p: Primitive, x: Any, dim: Any, keepdim: bool, axis: Any) -> Any:
    dims = reduction_dims(x, dim, axis, p.name)
    if math.prod(x.shape[d] for d in dims) == 0:
        raise ValueError(f"{p.name}: no largest or smallest of nothing: shape {tuple(x.shape)} is empty along dim {dims}")
    return apply(p, (x,), (dims, keepdim))


def amax(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool | None = None) -> Any:
    """The largest value over `dim`; equal ones share the gradient, NaN propagates."""
    return _extreme_over(_amax, operand(x, "amax"), dim, _keep(keepdim, keepdims), axis)


def amin(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool | None = None) -> Any:
    """The smallest value over `dim`; equal ones share the gradient, NaN propagates."""
    return _extreme_over(_amin, operand(x, "amin"), dim, _keep(keepdim, keepdims), axis)


def argmax(x: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Any:
    """The index of the largest value along `dim` (of the flattened tensor if None), the first of equals. int64."""
    return _arg(np.argmax, "argmax", x, dim if axis is None else axis, keepdim)


def argmin(x: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Any:
    """The index of the smallest value along `dim` (of the flattened tensor if None), the first of equals. int64."""
    return _arg(np.argmin, "argmin", x, dim if axis is None else axis, keepdim)


_argmax = Primitive(lambda x, dim, keepdim: _pick(np.argmax, x, dim, keepdim), name="argmax")
_argmin = Primitive(lambda x, dim, keepdim: _pick(np.argmin, x, dim, keepdim), name="argmin")


def _pick(choose: Any, x: ndarray, dim: int | None, keepdim: bool) -> ndarray:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    found = choose(x, axis=dim, keepdims=keepdim)
    return np.asarray(found, np.int64)


def _arg(choose: Any, name: str, x: Any, dim: Any, keepdim: bool) -> Any:
    x = operand(x, name)
    at = None if dim is None else dim_index(dim, x.ndim, name)
    if (math.prod(x.shape) if at is None or x.ndim == 0 else x.shape[at]) == 0:
        raise ValueError(f"{name}: no largest or smallest of nothing: shape {tuple(x.shape)} is empty along dim {dim}")
    return apply(_argmax if choose is np.argmax else _argmin, (x,), (at, keepdim))


# --------------------------------------------------------------------------------------------------------------- logical


def all(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:  # noqa: A001
    """Whether all elements over `dim` are true (not 0)."""
    return _logical(_all, x, dim, keepdim, axis)


def any(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:  # noqa: A001
    """Whether any element over `dim` is true (not 0)."""
    return _logical(_any, x, dim, keepdim, axis)


_all = Primitive(lambda x, dims, keepdim: np.all(x, axis=dims, keepdims=keepdim), name="all")
_any = Primitive(lambda x, dims, keepdim: np.any(x, axis=dims, keepdims=keepdim), name="any")


def _logical(p: Primitive, x: Any, dim: Any, keepdim: bool, axis: Any) -> Any:
    x = operand(x, p.name)
    return apply(p, (x,), (reduction_dims(x, dim, axis, p.name), keepdim))


