"""Rules for NumPy's padding, its ranges from one value to another, and functions applied along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .common import as_tensor, axis_index, cut, f, floating, pick, refuse, rule, value
from .reductions import amax, amin, mean
from .statistics import median

# ------------------------------------------------------------------------------------------------------------- padding


@rule("pad")
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    x = as_tensor(array)
    if isinstance(pad_width, dict):
        pairs = {axis_index(d, x.ndim, "pad"): w for d, w in pad_width.items()}
        pad_width = [pairs.get(d, 0) if np.ndim(pairs.get(d, 0)) else (pairs.get(d, 0),) * 2 for d in range(x.ndim)]
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    if mode in ("edge", "reflect", "symmetric", "wrap") and kwargs.get("reflect_type", "even") == "even":
        for d, width in enumerate(widths):
            if any(width):
                x = pick(x, d, np.pad(np.arange(x.shape[d]), width, mode))
        return x
    if mode not in _FILLERS or "reflect_type" in kwargs:
        raise TypeError(
            f"np.pad: mode {mode!r} with {kwargs or 'no options'} is not supported on tensors; there are "
            f"'edge', 'reflect', 'symmetric', 'wrap' and {', '.join(map(repr, _FILLERS))}"
        )
    filler, option = _FILLERS[mode]
    chosen = as_tensor(kwargs.pop(option, 0)) if option != "stat_length" else kwargs.pop(option, None)
    refuse("pad", **kwargs)
    if option == "stat_length":
        chosen = np.broadcast_to(np.array(chosen, object), (x.ndim, 2))
    else:
        chosen = f.broadcast_to(chosen, (x.ndim, 2))
    for d, (before, after) in enumerate(widths):
        parts = [filler(x, d, before, chosen[d, 0], False), x, filler(x, d, after, chosen[d, 1], True)]
        x = f.cat([p for p in parts if p.shape[d]], d)
    return x


def _filled(x: Any, d: int, count: int, part: Any) -> Any:
    """`part`, of size 1 along d or a number, repeated `count` times along d."""
    return f.broadcast_to(part, tuple(count if i == d else s for i, s in enumerate(x.shape)))


def _constant(x: Any, d: int, count: int, end: Any, behind: bool) -> Any:
    return _filled(x, d, count, end.to(x.dtype))


def _ramp(x: Any, d: int, count: int, end: Any, behind: bool) -> Any:
    edge = cut(x, d, -1, None) if behind else cut(x, d, 0, 1)
    share = np.arange(1, count + 1, dtype=x.real.dtype) / max(count, 1)
    share = (share if behind else share[::-1]).reshape([-1 if i == d else 1 for i in range(x.ndim)])
    return edge + (end.to(x.dtype) - edge) * share


def _statistic(function: Callable) -> Callable:
    def filler(x: Any, d: int, count: int, length: Any, behind: bool) -> Any:
        size = x.shape[d]
        n = size if length is None else min(int(length), size)
        part = cut(x, d, size - n, size) if behind else cut(x, d, 0, n)
        return _filled(x, d, count, function(part, d, keepdims=True))

    return filler


_FILLERS: dict[str, tuple[Callable, str]] = {
    "constant": (_constant, "constant_values"),
    "linear_ramp": (_ramp, "end_values"),
    "maximum": (_statistic(amax), "stat_length"),
    "minimum": (_statistic(amin), "stat_length"),
    "mean": (_statistic(mean), "stat_length"),
    "median": (_statistic(median), "stat_length"),
}


# ---------------------------------------------------------------------------------------- ranges, function by function


@rule("linspace")
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    first, last = floating(start), floating(stop)
    steps = num - 1 if endpoint else num
    span = last - first
    at = np.arange(num, dtype=span.dtype) / max(steps, 1)
    at = at.reshape(-1, *(1,) * span.ndim)
    line = first + span * at
    if endpoint and num > 1:  # the last exactly
        line = f.cat([line[:-1], f.unsqueeze(f.broadcast_to(last, tuple(span.shape)), 0).to(line.dtype)], 0)
    line = f.movedim(line, 0, axis) if axis else line
    line = line if dtype is None else line.to(np.dtype(dtype))
    return (line, span / steps if steps else span * math.nan) if retstep else line


@rule("logspace")
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    out = f.pow(as_tensor(base), linspace(start, stop, num, endpoint, axis=axis))
    return out if dtype is None else out.to(np.dtype(dtype))


@rule("geomspace")
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    first, last = floating(start), floating(stop)
    if (value(first) * value(last) <= 0).any():
        raise ValueError("np.geomspace: start and stop must not be 0 and must have the same sign")
    sign = np.sign(value(first))
    out = sign * f.exp(linspace(f.log(first * sign), f.log(last * sign), num, endpoint, axis=axis))
    return out if dtype is None else out.to(np.dtype(dtype))


@rule("apply_along_axis")
def apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    x = as_tensor(arr)
    axis = axis_index(axis, x.ndim, "apply_along_axis")
    lines = f.movedim(x, axis, -1)
    lead = tuple(lines.shape[:-1])
    results = [as_tensor(func1d(lines[i], *args, **kwargs)) for i in np.ndindex(lead)]
    if not results:
        raise ValueError(f"np.apply_along_axis: there is no line along axis {axis} of shape {tuple(x.shape)}")
    out = f.reshape(f.stack(results, 0), (*lead, *results[0].shape))
    inner = results[0].ndim
    return (
        f.movedim(out, tuple(range(len(lead), len(lead) + inner)), tuple(range(axis, axis + inner))) if inner else out
    )


@rule("apply_over_axes")
def apply_over_axes(func: Callable, a: Any, axes: Any) -> Any:
    x = as_tensor(a)
    for axis in axes if np.ndim(axes) else (axes,):
        result = func(x, axis)
        x = result if result.ndim == x.ndim else f.unsqueeze(result, axis_index(axis, x.ndim, "apply_over_axes"))
    return x
