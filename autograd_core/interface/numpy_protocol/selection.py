"""Rules for NumPy's functions that choose elements: by index, condition, order and value."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.graph import choosers  # noqa: F401
from .common import (
    TABLE,
    NoValue,
    as_tensor,
    axis_index,
    bare,
    f,
    flat,
    flat_if,
    floating,
    or_default,
    pick,
    refuse,
    rule,
    value,
    wrapped,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ by index


@rule("take")
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    x, axis = flat_if(as_tensor(a), axis)
    i, n = value(indices), x.shape[axis]
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"np.take: mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    return pick(x, axis, i if mode == "raise" else i % n if mode == "wrap" else np.clip(i, 0, n - 1))


@rule("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    x, axis = flat_if(as_tensor(arr), axis)
    i = value(indices)
    if i.ndim != x.ndim:
        raise ValueError(f"np.take_along_axis: indices of shape {i.shape} for an array of shape {tuple(x.shape)}")
    grid = [np.arange(s).reshape([-1 if d == k else 1 for d in range(x.ndim)]) for k, s in enumerate(x.shape)]
    grid[axis] = i
    return x[tuple(grid)]


@rule("delete")
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    x, axis = flat_if(as_tensor(arr), axis)
    return pick(x, axis, np.delete(np.arange(x.shape[axis]), bare(obj)))


@rule("insert")
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """Both joined, and read in the order in which `np.insert` puts their positions."""
    x, axis = flat_if(as_tensor(arr), axis)
    v = as_tensor(values).to(x.dtype)
    n, obj = x.shape[axis], bare(obj)
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        v = f.reshape(v, (*(1,) * (x.ndim - v.ndim), *v.shape))
        v = f.movedim(v, 0, axis)
        count = v.shape[axis]
    else:
        positions = np.arange(n)[obj] if isinstance(obj, slice) else np.asarray(obj)
        count = int(positions.sum()) if positions.dtype == bool else positions.size
        if count == 1:
            count = v.shape[axis - x.ndim] if v.ndim >= x.ndim - axis else 1
    v = f.broadcast_to(v, tuple(count if d == axis else s for d, s in enumerate(x.shape)))
    order = np.insert(np.arange(n), obj, n + np.arange(count))
    return pick(f.cat([x, v], axis), axis, order)


@rule("compress")
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    x, axis = flat_if(as_tensor(a), axis)
    return pick(x, axis, np.flatnonzero(value(condition)))


@rule("extract")
def extract(condition: Any, arr: Any) -> Any:
    return flat(as_tensor(arr))[np.flatnonzero(value(condition))]


@rule("trim_zeros")
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    x = as_tensor(filt)
    found = np.argwhere(value(x))
    low, high = (found.min(0), found.max(0) + 1) if len(found) else (np.array(x.shape), np.array(x.shape))
    axes = range(x.ndim) if axis is None else [axis_index(d, x.ndim, "trim_zeros") for d in np.atleast_1d(axis)]
    ends = trim.lower()
    for d in axes:
        start = low[d] if "f" in ends else 0
        stop = high[d] if "b" in ends and len(found) else x.shape[d] if len(found) or "f" in ends else 0
        x = x[(slice(None),) * d + (slice(int(start), int(stop)),)]
    return x


# -------------------------------------------------------------------------------------------------------- by condition


@rule("where")
def where(condition: Any, x: Any = NoValue, y: Any = NoValue, /) -> Any:
    if x is NoValue and y is NoValue:
        return nonzero(condition)
    mask = as_tensor(condition)
    return f.where(mask if mask.dtype == bool else mask != 0, _branch(x), _branch(y))


def _branch(x: Any) -> Any:
    return as_tensor(x) if isinstance(x, list | tuple) else x


@rule("nonzero")
def nonzero(a: Any) -> tuple:
    return tuple(wrapped(i) for i in np.nonzero(value(a)))


@rule("select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError(f"np.select: {len(condlist)} conditions for {len(choicelist)} choices; give one for each")
    out = _branch(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        out = where(condition, choice, out)
    return out


@rule("choose")
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    i = value(a)
    options = [as_tensor(c) for c in choices]
    n = len(options)
    if mode == "raise" and ((i < 0) | (i >= n)).any():
        raise ValueError(f"np.choose: an index is out of range for {n} choices")
    i = i % n if mode == "wrap" else np.clip(i, 0, n - 1)
    shape = np.broadcast_shapes(i.shape, *[tuple(c.shape) for c in options])
    stacked = f.stack([f.broadcast_to(c, shape) for c in options], 0)
    grid = np.ix_(*[np.arange(s) for s in shape])
    return stacked[(np.broadcast_to(i, shape), *grid)]


@rule("piecewise")
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = as_tensor(x)
    conditions = condlist if isinstance(condlist, list | tuple) and np.ndim(bare(condlist[0])) else [condlist]
    if isinstance(condlist, list | tuple) and x.ndim == 0:
        conditions = condlist
    masks = [np.broadcast_to(value(c).astype(bool), x.shape) for c in conditions]
    if len(funclist) == len(masks) + 1:  # the last one for all the rest
        masks.append(~np.logical_or.reduce(masks))
    if len(funclist) != len(masks):
        raise ValueError(
            f"np.piecewise: {len(funclist)} functions for {len(masks)} conditions; give one for each, or one more"
        )
    out = f.mul(x, 0)
    for mask, piece in zip(masks, funclist, strict=True):
        made = piece(x[mask], *args, **kw) if callable(piece) else piece
        out = f.index_put(out, (mask,), as_tensor(made).to(x.dtype))
    return out


@rule("clip")
def clip(
    a: Any, a_min: Any = NoValue, a_max: Any = NoValue, out: Any = None, *, min: Any = NoValue, max: Any = NoValue
) -> Any:
    x = as_tensor(a)
    low, high = or_default(min, or_default(a_min, None)), or_default(max, or_default(a_max, None))
    if low is not None:
        x = f.maximum(x, low)
    return x if high is None else f.minimum(x, high)


@rule("nan_to_num")
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return f.nan_to_num(as_tensor(x), nan, posinf, neginf)


# ------------------------------------------------------------------------------------------------------------ by order


@rule("sort")
def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: Any = NoValue
) -> Any:
    refuse("sort", order=order)
    x, axis = flat_if(as_tensor(a), axis)
    if or_default(descending, None):
        return take_along_axis(x, _descending(value(x), axis), axis)
    return f.sort(x, axis)[0]


@rule("argsort")
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: Any = NoValue
) -> Any:
    refuse("argsort", order=order)
    x, axis = flat_if(as_tensor(a), axis)
    return wrapped(_descending(value(x), axis)) if or_default(descending, None) else f.argsort(x, axis)


def _descending(x: np.ndarray, axis: int) -> np.ndarray:
    """The indices that sort x in descending order: equal values as they stood, NaN last, as NumPy 2.5 has it."""
    return np.argsort(~x if x.dtype.kind in "biu" else -x, axis, kind="stable")


@rule("sort_complex")
def sort_complex(a: Any) -> Any:
    x = as_tensor(a)
    return take_along_axis(x, np.argsort(value(x)), -1).to(np.result_type(x.dtype, np.complex64))


@rule("partition")
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse("partition", order=order)
    x, axis = flat_if(as_tensor(a), axis)
    return take_along_axis(x, np.argpartition(value(x), kth, axis), axis)


@rule("unique")
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None, *,
    equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    x = as_tensor(ar)
    _, index, inverse, counts = np.unique(value(x), True, True, True, axis, equal_nan=equal_nan)
    values = flat(x)[index] if axis is None else pick(x, axis_index(axis, x.ndim, "unique"), index)
    extras = [e for e, wanted in ((index, return_index), (inverse, return_inverse), (counts, return_counts)) if wanted]
    return (values, *wrapped(extras)) if extras else values


def _unique_parts(name: str, **wanted: bool) -> None:
    kind = type(getattr(np, name)(np.zeros(1))) if wanted else None

    @rule(name)
    def parts(x: Any, /) -> Any:
        found = unique(x, **wanted, equal_nan=False)
        return found if kind is None else kind(*found)


_unique_parts("unique_all", return_index=True, return_inverse=True, return_counts=True)
_unique_parts("unique_counts", return_counts=True)
_unique_parts("unique_inverse", return_inverse=True)
_unique_parts("unique_values")


@rule("union1d")
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(TABLE["concatenate"]((ar1, ar2), axis=None))


@rule("setdiff1d")
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    x = flat(as_tensor(ar1)) if assume_unique else unique(ar1)
    return x[~np.isin(value(x), value(ar2))]


@rule("intersect1d")
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    x = flat(as_tensor(ar1))
    _, first, second = np.intersect1d(value(x), value(ar2), assume_unique, return_indices=True)
    return (x[first], wrapped(first), wrapped(second)) if return_indices else x[first]


@rule("setxor1d")
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    both = TABLE["concatenate"]((setdiff1d(ar1, ar2), setdiff1d(ar2, ar1)))
    return sort(both)


# ----------------------------------------------------------------------------------------------- counted, interpolated


@rule("bincount")
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    index = value(x)
    counts = np.bincount(index, None, minlength)
    if weights is None:
        return wrapped(counts)
    w = floating(weights)
    return f.index_add(wrapped(np.zeros(len(counts), w.dtype)), 0, index.astype(np.int64), w)


@rule("histogram_bin_edges")
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges; given by number, they move with the smallest and the largest value."""
    x = floating(a)
    if np.ndim(bare(bins)) and not isinstance(bins, str):
        return as_tensor(bins)
    count = len(np.histogram_bin_edges(value(x), bare(bins), bare(range), bare(weights))) - 1
    low, high = (f.amin(x), f.amax(x)) if range is None else range
    if value(low) == value(high):
        low, high = low - 0.5, high + 0.5
    return TABLE["linspace"](low, high, count + 1)


@rule("histogram")
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> tuple:
    """Counts are constant in pieces; sums of weights, densities and the edges have derivatives."""
    x = floating(a)
    edges = histogram_bin_edges(x, bins, range, weights)
    at = np.searchsorted(value(edges), value(x).reshape(-1), "right") - 1
    at = np.where(value(x).reshape(-1) == value(edges)[-1], len(edges) - 2, at)
    inside = (at >= 0) & (at < len(edges) - 1)
    if weights is None:
        counts = wrapped(np.bincount(at[inside], minlength=len(edges) - 1))
    else:
        counts = bincount(at[inside], flat(as_tensor(weights))[inside], len(edges) - 1)
    if density:
        counts = counts / f.diff(edges) / f.sum(counts)
    return counts, edges


@rule("interp")
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Linear between the points, with derivatives by x, xp and fp."""
    t, xs, ys = floating(x), floating(xp), as_tensor(fp)
    if xs.ndim != 1 or tuple(ys.shape) != tuple(xs.shape) or xs.shape[0] == 0:
        raise ValueError(
            f"np.interp: xp and fp must be vectors of one length, got {tuple(xs.shape)}, {tuple(ys.shape)}"
        )
    if period is not None:
        period = abs(period)
        t, xs = f.remainder(t, period), f.remainder(xs, period)
        order = np.argsort(value(xs))
        xs, ys = xs[order], ys[order]
        xs = f.cat([xs[-1:] - period, xs, xs[:1] + period], 0)
        ys = f.cat([ys[-1:], ys, ys[:1]], 0)
    n = xs.shape[0]
    at, positions = value(t), value(xs)
    if n == 1:
        inner = f.broadcast_to(ys[0], tuple(t.shape))
    else:
        i = np.clip(np.searchsorted(positions, at, "right") - 1, 0, n - 2)
        x0, y0 = xs[i], ys[i]
        inner = y0 + (ys[i + 1] - y0) * ((t - x0) / (xs[i + 1] - x0))
    left = ys[0] if left is None or period is not None else left
    right = ys[-1] if right is None or period is not None else right
    return f.where(at < positions[0], left, f.where(at > positions[-1], right, inner))
