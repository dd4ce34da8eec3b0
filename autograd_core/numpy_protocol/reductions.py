"""Rules for NumPy's sums, means, extremes and their like, running sums and differences, with NumPy's arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .common import (
    NoValue, as_tensor, axis_index, axis_tuple, bare, cut, f, flat, flat_if, floating, given, refuse, rule, typed, value,
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
    keep = bool(given(keepdims, False))
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
    total = over(f.sum, x, axis, keepdims)
    return total if initial is NoValue or initial is None else total + initial


@rule("prod")
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    x = masked(typed(a, dtype), where, 1)
    total = over(f.prod, x, axis, keepdims)
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
    if given(keepdims, False):
        return kept
    axes = axis_tuple(axis, kept.ndim, "axis")
    return f.reshape(kept, tuple(s for d, s in enumerate(kept.shape) if d not in axes))


@rule("var")
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    x = floating(typed(a, dtype))
    ddof = given(correction, ddof)
    if (where is NoValue or where is True) and mean is NoValue:
        return over(lambda v, axes, keep: f.var(v, axes, keepdim=keep, correction=ddof), x, axis, keepdims)
    count = _count(x, where, axis)
    center = sum(x, axis, keepdims=True, where=where) / count if mean is NoValue else as_tensor(mean)
    deviation = masked(x - center, where, 0)
    squares = deviation * deviation if x.dtype.kind == "f" else (deviation * f.conj(deviation)).real
    return _squeezed(sum(squares, axis, keepdims=True) / np.maximum(count - ddof, 0), axis, keepdims)


@rule("std")
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = NoValue, *,
    where: Any = NoValue, mean: Any = NoValue, correction: Any = NoValue,
) -> Any:  # fmt: skip
    if (where is NoValue or where is True) and mean is NoValue:
        ddof = given(correction, ddof)
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
            return getattr(f, name)(a, axis, bool(given(keepdims, False)))
        return wrapped(of_numpy(value(a), axis, keepdims=bool(given(keepdims, False))))


def is_plain(x: Any) -> bool:
    """Whether the values of an operand can be looked at: not inside `vmap`."""
    return not hasattr(x, "__apply__")


_position("argmax", np.argmax)
_position("argmin", np.argmin)
_position("nanargmax", np.nanargmax)
_position("nanargmin", np.nanargmin)


@rule("average")
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NoValue
) -> Any:
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
                f"np.average: weights of shape {tuple(w.shape)} do not fit a of shape {tuple(x.shape)} along axis {axis}; "
                "give the shape of a, or of a along the axis"
            )
        order = np.argsort(axes)
        w = f.permute(w, tuple(int(d) for d in order))
        w = f.reshape(w, tuple(s if d in axes else 1 for d, s in enumerate(x.shape)))
    total = sum(f.broadcast_to(w, tuple(x.shape)), axis, keepdims=keepdims)
    if (value(total) == 0).any():
        raise ZeroDivisionError("np.average: the weights sum to 0, so they cannot be normalised")
    out = sum(x * w, axis, keepdims=keepdims) / total
    return (out, f.broadcast_to(total, tuple(out.shape))) if returned else out


# -------------------------------------------------------------------------------------------------------- what skips NaN


def _no_nan(a: Any, neutral: Any, dtype: Any = None) -> Any:
    x = typed(a, dtype)
    return x if x.dtype.kind not in "fc" else f.where(f.isnan(x), neutral, x)


@rule("nansum")
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    return sum(_no_nan(a, 0.0), axis, dtype, None, keepdims, initial, where)


@rule("nanprod")
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NoValue, initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:  # fmt: skip
    return prod(_no_nan(a, 1.0), axis, dtype, None, keepdims, initial, where)


def _numbers(a: Any, where: Any) -> tuple[Any, Any]:
    """The operand with 0 for NaN, and the mask of what counts."""
    x = floating(a)
    mask = ~np.isnan(value(x))
    return _no_nan(x, 0.0), mask if where is NoValue else mask & value(where).astype(bool)


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
        out = extreme(_no_nan(x, worst), axis, None, keepdims, initial, where)
        nothing = np.logical_and.reduce(nan, axis=axis_tuple(axis, x.ndim, name), keepdims=bool(given(keepdims, False)))
        return f.where(nothing, math.nan, out) if nothing.any() and initial is NoValue else out


_nan_extreme("nanmax", amax, -math.inf)
_nan_extreme("nanmin", amin, math.inf)


# ------------------------------------------------------------------------------------------------- sums and differences


@rule("cumsum")
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return f.cumsum(*flat_if(typed(a, dtype), axis))


@rule("cumprod")
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return f.cumprod(*flat_if(typed(a, dtype), axis))


@rule("nancumsum")
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(_no_nan(a, 0.0), axis, dtype)


@rule("nancumprod")
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(_no_nan(a, 1.0), axis, dtype)


def _cumulative(name: str, scan: Callable, start: int) -> None:
    @rule(name)
    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        x = typed(x, dtype)
        if axis is None:
            if x.ndim != 1:
                raise ValueError(f"np.{name}: give the axis for more than one dimension, got shape {tuple(x.shape)}")
            axis = 0
        axis = axis_index(axis, x.ndim, name)
        result = scan(x, axis)
        if not include_initial:
            return result
        first = np.full([1 if d == axis else s for d, s in enumerate(x.shape)], start, x.dtype)
        return f.cat([wrapped(first), result], axis)


_cumulative("cumulative_sum", f.cumsum, 0)
_cumulative("cumulative_prod", f.cumprod, 1)


def _beside(v: Any, x: Any, axis: int) -> Any:
    """What is put before or after x along an axis; a number fills one place of each line."""
    v = as_tensor(v)
    return v if v.ndim else f.broadcast_to(v, tuple(1 if d == axis else s for d, s in enumerate(x.shape)))


@rule("diff")
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NoValue, append: Any = NoValue) -> Any:
    x = as_tensor(a)
    if x.ndim == 0:
        raise ValueError("np.diff: needs at least one dimension, got a 0-d tensor")
    axis = axis_index(axis, x.ndim, "diff")
    ends = [None if v is NoValue else _beside(v, x, axis) for v in (prepend, append)]
    return f.diff(x, n, axis, *ends)


@rule("ediff1d")
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    steps = f.diff(flat(as_tensor(ary)))
    return f.cat([flat(as_tensor(v)) for v in (to_begin, steps, to_end) if v is not None], 0)


@rule("trapezoid", "trapz")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = floating(y)
    if x is None:
        return f.trapezoid(y, dx=dx, dim=axis)
    x, axis = as_tensor(x), axis_index(axis, y.ndim, "trapezoid")
    gaps = f.reshape(f.diff(x), (-1, *(1,) * (y.ndim - 1 - axis))) if x.ndim == 1 else f.diff(x, dim=axis)
    return f.sum(gaps * (cut(y, axis, 1, None) + cut(y, axis, None, -1)) / 2, axis)


@rule("gradient")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones of the given order at both ends; see numpy.gradient."""
    y = floating(f)
    axes = axis_tuple(axis, y.ndim, "gradient")
    if edge_order not in (1, 2):
        raise ValueError(f"np.gradient: edge_order must be 1 or 2, got {edge_order}")
    if len(varargs) not in (0, 1, len(axes)) or (len(varargs) == 1 < len(axes) and np.ndim(bare(varargs[0]))):
        raise TypeError(f"np.gradient: {len(varargs)} spacings for {len(axes)} axes; give none, a number, or one for each")
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    found = [_slopes(y, d, h, edge_order) for d, h in zip(axes, spacings, strict=True)]
    return found[0] if axis is not None and np.ndim(axis) == 0 or len(axes) == 1 else tuple(found)


def _slopes(y: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    n = y.shape[axis]
    if n < edge_order + 1:
        raise ValueError(f"np.gradient: axis {axis} has {n} points; edge_order={edge_order} needs {edge_order + 1}")
    h = as_tensor(spacing)
    if h.ndim > 1 or (h.ndim == 1 and h.shape[0] != n):
        raise ValueError(f"np.gradient: places of shape {tuple(h.shape)} for the {n} points of axis {axis}")
    steps = f.broadcast_to(h.to(y.dtype), (n - 1,)) if h.ndim == 0 else f.diff(h)
    steps = f.reshape(steps, (n - 1, *(1,) * (y.ndim - 1 - axis)))
    rises = (cut(y, axis, 1, None) - cut(y, axis, None, -1)) / steps  # the slope of each step
    before, after = steps[:-1], steps[1:]
    total = before + after
    inner = (cut(rises, axis, None, -1) * after + cut(rises, axis, 1, None) * before) / total
    first, last = cut(rises, axis, 0, 1), cut(rises, axis, n - 2, n - 1)
    if edge_order == 2:
        first = first - steps[:1] / total[:1] * (cut(rises, axis, 1, 2) - first)
        last = last + steps[-1:] / total[-1:] * (last - cut(rises, axis, n - 3, n - 2))
    return f.cat([first, inner, last], axis)


# ------------------------------------------------------------------------------------------------------------ statistics


@rule("cov")
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    x = _variables(m, rowvar, dtype)
    if y is not None:
        x = f.cat([x, _variables(y, rowvar, dtype)], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    for weights in (fweights, aweights):
        if weights is not None:
            w = as_tensor(weights) if w is None else w * as_tensor(weights)
    if w is None:
        center, scale = f.mean(x, 1, True), x.shape[1] - ddof
    else:
        total = f.sum(w)
        center = f.sum(x * w, 1, True) / total
        scale = total if ddof == 0 else total - (ddof if aweights is None else ddof * f.sum(w * as_tensor(aweights)) / total)
    deviation = x - center
    product = f.matmul(deviation if w is None else deviation * w, f.transpose(f.conj(deviation), 0, 1))
    return _no_unit_dims(product / scale)


def _variables(m: Any, rowvar: bool, dtype: Any) -> Any:
    """A variable in each row."""
    x = floating(typed(m, dtype))
    if x.ndim > 2:
        raise ValueError(f"np.cov: needs at most 2 dimensions, got shape {tuple(x.shape)}")
    x = f.atleast_2d(x) if x.ndim < 2 else x
    return x if rowvar or x.shape[0] == 1 else f.transpose(x, 0, 1)


def _no_unit_dims(x: Any) -> Any:
    return f.reshape(x, tuple(s for s in x.shape if s != 1))


@rule("corrcoef")
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviations = f.sqrt(f.diagonal(c).real)
    return c / f.unsqueeze(deviations, 1) / f.unsqueeze(deviations, 0)


@rule("quantile")
def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    refuse("quantile", weights=weights)
    return _quantile(a, q, axis, method, keepdims, False)


@rule("nanquantile")
def nanquantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = NoValue, *, weights: Any = None,
) -> Any:  # fmt: skip
    refuse("nanquantile", weights=weights)
    return _quantile(a, q, axis, method, keepdims, True)


@rule("percentile")
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    refuse("percentile", weights=weights)
    return _quantile(a, np.true_divide(value(q), 100), axis, method, keepdims, False)


@rule("nanpercentile")
def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = NoValue, *, weights: Any = None,
) -> Any:  # fmt: skip
    refuse("nanpercentile", weights=weights)
    return _quantile(a, np.true_divide(value(q), 100), axis, method, keepdims, True)


@rule("median")
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return _quantile(a, 0.5, axis, "linear", keepdims, False)


@rule("nanmedian")
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = NoValue
) -> Any:
    return _quantile(a, 0.5, axis, "linear", keepdims, True)


def _quantile(a: Any, q: Any, axis: Any, method: str, keepdims: Any, skip_nan: bool) -> Any:
    """Sorted, then read between two neighbours.

    Every method of NumPy's is some rank among the sorted values, linear between neighbours. That rank is what NumPy's
    own function gives for the numbers 0, 1, …, n - 1, so none of the methods is written here again.
    """
    x, q = floating(a), value(q)
    axes = axis_tuple(axis, x.ndim, "quantile")
    rest = tuple(d for d in range(x.ndim) if d not in axes)
    rows = f.reshape(f.permute(x, rest + axes), (*[x.shape[d] for d in rest], -1))
    n = rows.shape[-1]
    if n == 0:
        raise ValueError(f"np.quantile: no quantile of nothing: shape {tuple(x.shape)} is empty along axis {axis}")
    ordered = f.sort(rows, -1)[0]
    nan = np.isnan(value(rows))
    counts = n - nan.sum(-1) if skip_nan else np.full(rows.shape[:-1], n)
    ranks = np.empty((*q.shape, *rows.shape[:-1]))
    for count in np.unique(counts):
        rank = np.quantile(np.arange(max(count, 1.0)), q, method=method)  # type: ignore[call-overload]
        ranks[..., counts == count] = np.asarray(rank)[..., None]
    if not skip_nan:
        ranks = np.where(nan.any(-1), n - 1, ranks)  # the largest: NaN
    low = np.floor(ranks).astype(np.int64)
    share = (ranks - low).astype(x.dtype)
    places = np.ix_(*[np.arange(s) for s in (*q.shape, *rows.shape[:-1])])[q.ndim :]
    out = ordered[(*places, low)]
    if share.any():
        high = np.minimum(low + 1, np.maximum(counts - 1, 0))
        out = out + (ordered[(*places, high)] - out) * share
    if given(keepdims, False):
        out = f.reshape(out, (*q.shape, *[1 if d in axes else s for d, s in enumerate(x.shape)]))
    return out
