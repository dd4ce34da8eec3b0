"""Rules for NumPy's sums, means, extremes and their like, running sums and differences, with NumPy's arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.operands import stand_in
from .common import (
    NoValue,
    as_tensor,
    axis_tuple,
    f,
    floating,
    or_default,
    rule,
    typed,
    value,
    wrapped,
)  # fmt: skip


def masked(x: Any, where: Any, neutral: Any) -> Any:
    """x where the mask holds, the neutral element elsewhere."""
    if where is NoValue or where is True or where is None:
        return x
    mask = value(where).astype(bool)
    shape = np.broadcast_shapes(tuple(x.shape), mask.shape)
    if shape != tuple(x.shape):
        x, mask = f.broadcast_to(x, shape), np.broadcast_to(mask, shape)
    return f.where(mask, x, neutral)


def over(function: Callable, x: Any, axis: Any, keepdims: Any) -> Any:
    """function(x, axes, keepdims) with NumPy's axis: None for all, a number, a tuple, () for none."""
    keep = bool(or_default(keepdims, False))
    axes = axis_tuple(axis, x.ndim, "axis")
    if not axes:
        return function(f.unsqueeze(x, -1), (x.ndim,), False)
    return function(x, axes, keep)


def _count(x: Any, where: Any, axis: Any) -> Any:
    """How many elements a reduction with a mask takes in, with kept dimensions."""
    mask = np.ones((), bool) if where is NoValue else value(where).astype(bool)
    axes = axis_tuple(axis, x.ndim, "axis")
    return np.add.reduce(np.broadcast_to(mask, x.shape), axis=axes, keepdims=True).astype(x.real.dtype)


@rule("sum")
def sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    x = masked(typed(a, dtype), where, 0)
    total = typed(over(f.sum, x, axis, keepdims), dtype)
    return total if initial is NoValue or initial is None else total + initial


@rule("prod")
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    x = masked(typed(a, dtype), where, 1)
    total = typed(over(f.prod, x, axis, keepdims), dtype)
    return total if initial is NoValue or initial is None else total * initial


@rule("mean")
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue
) -> Any:
    x = floating(typed(a, dtype))
    if where is NoValue or where is True:
        return over(f.mean, x, axis, keepdims)
    return _squeezed(sum(x, axis, keepdims=True, where=where) / _count(x, where, axis), axis, keepdims)


def _squeezed(kept: Any, axis: Any, keepdims: Any) -> Any:
    """A result with kept dimensions in the shape that `keepdims` asks for."""
    if or_default(keepdims, False):
        return kept
    axes = axis_tuple(axis, kept.ndim, "axis")
    return f.reshape(kept, tuple(s for d, s in enumerate(kept.shape) if d not in axes))


@rule("var")
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    x = floating(typed(a, dtype))
    ddof = or_default(correction, ddof)
    if (where is NoValue or where is True) and mean is NoValue:
        return over(lambda v, axes, keep: f.var(v, axes, keepdim=keep, correction=ddof), x, axis, keepdims)
    count = _count(x, where, axis)
    center = sum(x, axis, keepdims=True, where=where) / count if mean is NoValue else as_tensor(mean)
    deviation = masked(x - center, where, 0)
    if mean is NoValue:  # far from 0 the first mean is rounded
        deviation = masked(deviation - sum(deviation, axis, keepdims=True) / count, where, 0)
    squares = deviation * deviation if x.dtype.kind == "f" else (deviation * f.conj(deviation)).real
    return _squeezed(sum(squares, axis, keepdims=True) / np.maximum(count - ddof, 0), axis, keepdims)


@rule("std")
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    if (where is NoValue or where is True) and mean is NoValue:
        ddof = or_default(correction, ddof)
        x = floating(typed(a, dtype))
        return over(lambda v, axes, keep: f.std(v, axes, keepdim=keep, correction=ddof), x, axis, keepdims)
    return f.sqrt(var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction))


def _extreme(name: str, reduce: Callable, choose: Callable) -> Callable:
    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue, where: Any = NoValue
    ) -> Any:
        x = as_tensor(a)
        if where is not NoValue and where is not True and initial is NoValue:
            raise ValueError(f"np.{name}: where= needs initial=, the value of a slice of which nothing is taken")
        if initial is NoValue or initial is None:
            return over(reduce, x, axis, keepdims)
        axes = axis_tuple(axis, x.ndim, name)
        if math.prod(x.shape[d] for d in axes) == 0:
            kept = np.full([1 if d in axes else s for d, s in enumerate(x.shape)], initial, x.dtype)
            return _squeezed(wrapped(kept), axis, keepdims)
        return choose(over(reduce, masked(x, where, initial), axis, keepdims), initial)

    extreme.__name__ = name
    return extreme


amax = rule("max", "amax")(_extreme("max", f.amax, f.maximum))
amin = rule("min", "amin")(_extreme("min", f.amin, f.minimum))


@rule("ptp")
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue) -> Any:
    return amax(a, axis, keepdims=keepdims) - amin(a, axis, keepdims=keepdims)


@rule("all")
def all(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue) -> Any:
    return over(f.all, masked(as_tensor(a) != 0, where, True), axis, keepdims)


@rule("any")
def any(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue) -> Any:
    return over(f.any, masked(as_tensor(a) != 0, where, False), axis, keepdims)


@rule("count_nonzero")
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return over(f.sum, as_tensor(a) != 0, axis, keepdims)


def _position(name: str, of_numpy: Callable) -> None:
    @rule(name)
    def position(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NoValue) -> Any:
        if not is_plain(a):
            return getattr(f, name)(a, axis, bool(or_default(keepdims, False)))
        return wrapped(of_numpy(value(a), axis, keepdims=bool(or_default(keepdims, False))))


def is_plain(x: Any) -> bool:
    """Whether the values of an operand can be looked at: not inside `vmap`."""
    return stand_in(x) is None


_position("argmax", np.argmax)
_position("argmin", np.argmin)
_position("nanargmax", np.nanargmax)
_position("nanargmin", np.nanargmin)


@rule("average")
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NoValue) -> Any:
    x = floating(a)
    if weights is None:
        out = mean(x, axis, keepdims=keepdims)
        count = math.prod(x.shape[d] for d in axis_tuple(axis, x.ndim, "average"))
        scale = wrapped(np.full(out.shape, count, x.dtype))
        return (out, scale) if returned else out
    w = as_tensor(weights)
    if tuple(w.shape) != tuple(x.shape):
        axes = axis_tuple(axis, x.ndim, "average")
        if axis is None or tuple(w.shape) != tuple(x.shape[d] for d in axes):
            raise ValueError(
                f"np.average: weights of shape {tuple(w.shape)} do not fit a of shape {tuple(x.shape)} along axis "
                f"{axis}; give the shape of a, or of a along the axis"
            )
        order = np.argsort(axes)
        w = f.permute(w, tuple(int(d) for d in order))
        w = f.reshape(w, tuple(s if d in axes else 1 for d, s in enumerate(x.shape)))
    total = sum(f.broadcast_to(w, tuple(x.shape)), axis, keepdims=keepdims)
    if (value(total) == 0).any():
        raise ZeroDivisionError("np.average: the weights sum to 0, so they cannot be normalised")
    out = sum(x * w, axis, keepdims=keepdims) / total
    return (out, f.broadcast_to(total, tuple(out.shape))) if returned else out


# ------------------------------------------------------------------------------------------------------ what skips NaN


def no_nan(a: Any, neutral: Any, dtype: Any = None) -> Any:
    x = typed(a, dtype)
    return x if x.dtype.kind not in "fc" else f.where(f.isnan(x), neutral, x)


@rule("nansum")
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    return sum(no_nan(a, 0.0), axis, dtype, None, keepdims, initial, where)


@rule("nanprod")
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    return prod(no_nan(a, 1.0), axis, dtype, None, keepdims, initial, where)


def _numbers(a: Any, where: Any) -> tuple[Any, Any]:
    """The operand with 0 for NaN, and the mask of what counts."""
    x = floating(a)
    mask = ~np.isnan(value(x))
    return no_nan(x, 0.0), mask if where is NoValue else mask & value(where).astype(bool)


@rule("nanmean")
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue
) -> Any:
    x, mask = _numbers(a, where)
    return mean(x, axis, dtype, None, keepdims, where=mask)


@rule("nanvar")
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    x, mask = _numbers(a, where)
    return var(x, axis, dtype, None, ddof, keepdims, where=mask, mean=mean, correction=correction)


@rule("nanstd")
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    x, mask = _numbers(a, where)
    return std(x, axis, dtype, None, ddof, keepdims, where=mask, mean=mean, correction=correction)


def _nan_extreme(name: str, extreme: Callable, worst: float) -> None:
    @rule(name)
    def nan_extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue, where: Any = NoValue
    ) -> Any:
        x = as_tensor(a)
        if x.dtype.kind not in "f":
            return extreme(x, axis, None, keepdims, initial, where)
        nan = np.isnan(value(x))
        out = extreme(no_nan(x, worst), axis, None, keepdims, initial, where)
        nothing = np.all(nan, axis=axis_tuple(axis, x.ndim, name), keepdims=bool(or_default(keepdims, False)))
        return f.where(nothing, math.nan, out) if nothing.any() and initial is NoValue else out


_nan_extreme("nanmax", amax, -math.inf)
_nan_extreme("nanmin", amin, math.inf)
