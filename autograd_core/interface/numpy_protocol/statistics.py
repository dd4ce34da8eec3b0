"""Rules for NumPy's running sums, differences, covariances and quantiles, with NumPy's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.reduction.differences import slopes
from .common import (
    NoValue,
    as_tensor,
    axis_index,
    axis_tuple,
    bare,
    cut,
    f,
    flat,
    flat_if,
    floating,
    or_default,
    refuse,
    rule,
    typed,
    value,
    wrapped,
)
from .reductions import no_nan

# ------------------------------------------------------------------------------------------------ sums and differences


@rule("cumsum")
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return f.cumsum(*flat_if(as_tensor(a), axis), dtype=dtype)


@rule("cumprod")
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return f.cumprod(*flat_if(as_tensor(a), axis), dtype=dtype)


@rule("nancumsum")
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(no_nan(a, 0.0), axis, dtype)


@rule("nancumprod")
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(no_nan(a, 1.0), axis, dtype)


def _cumulative(name: str, scan: Callable, start: int) -> None:
    @rule(name)
    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        x = as_tensor(x)
        if axis is None:
            if x.ndim != 1:
                raise ValueError(f"np.{name}: give the axis for more than one dimension, got shape {tuple(x.shape)}")
            axis = 0
        axis = axis_index(axis, x.ndim, name)
        result = scan(x, axis, dtype=dtype)
        if not include_initial:
            return result
        first = np.full([1 if d == axis else s for d, s in enumerate(x.shape)], start, result.dtype)
        return f.cat([wrapped(first), result], axis)


_cumulative("cumulative_sum", f.cumsum, 0)
_cumulative("cumulative_prod", f.cumprod, 1)


def _beside(v: Any, x: Any, axis: int) -> Any:
    """What is put before or after x along an axis; a number fills one element of each line."""
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
        raise TypeError(
            f"np.gradient: {len(varargs)} spacings for {len(axes)} axes; give none, a number, or one for each"
        )
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    found = [slopes("np.gradient", y, d, as_tensor(h), edge_order) for d, h in zip(axes, spacings, strict=True)]
    return found[0] if (axis is not None and np.ndim(axis) == 0) or len(axes) == 1 else tuple(found)


# ---------------------------------------------------------------------------------------------------------- statistics


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
        scale = np.asarray(max(x.shape[1] - ddof, 0), x.real.dtype)
    else:
        total = f.sum(w)
        scale = (
            total
            if ddof == 0
            else total - (ddof if aweights is None else ddof * f.sum(w * as_tensor(aweights)) / total)
        )
        scale = f.maximum(scale, 0)  # as in NumPy, infinite or NaN where nothing is left
    deviation = x
    for _ in range(2):  # far from 0 the first mean is rounded
        mean = f.mean(deviation, 1, True) if w is None else f.sum(deviation * w, 1, True) / total
        deviation = deviation - mean
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
def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = NoValue) -> Any:
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
    indices = np.ix_(*[np.arange(s) for s in (*q.shape, *rows.shape[:-1])])[q.ndim :]
    out = ordered[(*indices, low)]
    if share.any():
        high = np.minimum(low + 1, np.maximum(counts - 1, 0))
        out = out + (ordered[(*indices, high)] - out) * share
    if or_default(keepdims, False):
        out = f.reshape(out, (*q.shape, *[1 if d in axes else s for d, s in enumerate(x.shape)]))
    return out
