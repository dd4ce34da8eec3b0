"""Running sums, products and extremes along a dimension; differences and integrals.

All derivatives come from two scans: the running sum, whose adjoint is the running sum from the other end, and the
linear recurrence y_k = a_k y_(k-1) + b_k, whose adjoint is a linear recurrence from the other end. The second divides
by nothing, so products have their derivatives at 0 too, of every order.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.accumulate import running
from ...engine.basics import clone
from ...engine.operands import convert, parts_to_take
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ..arguments import array_operand, dim_index, numpy_names
from ..elementwise import arithmetic as ew
from ..indexing.gather import gather_along
from ..shape.shape import cat, reshape


def slices(x: Any, dim: int, start: int | None, stop: int | None) -> Any:
    """x[start:stop] along `dim`."""
    return x[(*(slice(None),) * dim, slice(start, stop))]


def _from_end(x: ndarray, dim: int, reverse: bool) -> ndarray:
    return np.flip(x, dim) if reverse and x.ndim else x


def in_dtype(x: Any, dtype: Any) -> Any:
    """x as `dtype`, unless that is None. Sums and products of integers are computed in int64, and reduced modulo the
    range of a narrower dtype only here, which gives what computing in that dtype gives."""
    return x if dtype is None else convert(x, dtype)


# ---------------------------------------------------------------------------------------------------------- running sum


_cumsum_primitive: Primitive = Primitive(
    running, name="cumsum", vjps=(lambda g, dim, reverse: apply(_cumsum_primitive, (g,), (dim, not reverse)),)
)


@numpy_names
def cumsum(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """out_k = x_0 + … + x_k along `dim`; of integers and booleans, int64 unless `dtype` says otherwise."""
    x = in_dtype(array_operand(x, "cumsum"), dtype)
    return in_dtype(apply(_cumsum_primitive, (x,), (dim_index(dim, x.ndim, "cumsum"), False)), dtype)


# ---------------------------------------------------------------------------------------------------- linear recurrence


def _shift(x: ndarray, dim: int, by: int) -> ndarray:
    """Moved by one place along `dim`, a 0 coming in."""
    out = np.zeros_like(x, order="C")
    slices(out, dim, max(by, 0), min(by, 0) or None)[...] = slices(x, dim, max(-by, 0), min(-by, 0) or None)
    return out


_shift_primitive: Primitive = Primitive(
    _shift, name="shift", vjps=(lambda g, dim, by: apply(_shift_primitive, (g,), (dim, -by)),)
)


def _recurrence(a: ndarray, b: ndarray, dim: int, reverse: bool) -> ndarray:
    a, b = (_from_end(np.moveaxis(v, dim, 0), 0, reverse) for v in (a, b))
    out = np.empty(b.shape, b.dtype)
    if b.size < 32 * len(b) and b.dtype.kind == "f":  # few long rows: Python's floats beat NumPy's calls
        for row in np.ndindex(b.shape[1:]):
            y, values = 0.0, []
            for ak, bk in zip(a[(slice(None), *row)].tolist(), b[(slice(None), *row)].tolist(), strict=True):
                y = ak * y + bk
                values.append(y)
            out[(slice(None), *row)] = values
    else:
        last = np.zeros(b.shape[1:], b.dtype)
        for k in range(len(b)):
            last = out[k] = a[k] * last + b[k]
    return np.ascontiguousarray(np.moveaxis(_from_end(out, 0, reverse), 0, dim))


def _recurrence_rule(needs: list[bool], g: Any, a: Any, out: Any, dim: int, reverse: bool) -> tuple:
    """s_k = g_k + a_(k+1) s_(k+1) is the gradient of b, and s_k y_(k-1) that of a."""
    back = 1 if reverse else -1
    s = recurrence(apply(_shift_primitive, (a,), (dim, back)), g, dim, not reverse)
    return (s * apply(_shift_primitive, (out,), (dim, -back)) if needs[0] else None), s


_recurrence_primitive = Primitive(_recurrence, name="recurrence", joint=_recurrence_rule, saves=(0, OUT))


def recurrence(a: Any, b: Any, dim: int, reverse: bool = False) -> Any:
    """y_k = a_k y_(k-1) + b_k along `dim`, from y_(-1) = 0; `reverse`: from the other end."""
    return apply(_recurrence_primitive, (a, b), (dim, reverse))


# ------------------------------------------------------------------------------------------------------ running product


def may_hold_zero(x: Any) -> bool:
    """Whether there is a 0 among the values, as far as can be told."""
    x = x.array if isinstance(x, Tensor) else x
    return not isinstance(x, ndarray) or not x.all()


def _cumprod_rule(g: Any, x: Any, out: Any, dim: int) -> Any:
    """Σ_(k≥i) g_k Π_(j≤k, j≠i) x_j: what comes before i, times the recurrence s_i = g_i + x_(i+1) s_(i+1)."""
    if not may_hold_zero(x):
        return apply(_cumsum_primitive, (g * out,), (dim, True)) / x
    first = np.zeros(tuple(x.shape), x.dtype)
    slices(first, dim, 0, 1)[...] = 1
    before = apply(_shift_primitive, (out,), (dim, 1)) + first
    return before * recurrence(apply(_shift_primitive, (x,), (dim, -1)), g, dim, True)


_cumprod_primitive = Primitive(
    lambda x, dim: running(x, dim, False, multiply=True),
    name="cumprod",
    vjps=(_cumprod_rule,),
    saves=(0, OUT),
)


@numpy_names
def cumprod(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """out_k = x_0 ⋯ x_k along `dim`; of integers and booleans, int64 unless `dtype` says otherwise. Differentiable at
    zeros, to any order."""
    x = in_dtype(array_operand(x, "cumprod"), dtype)
    at = dim_index(dim, x.ndim, "cumprod")
    if x.ndim == 0:
        return reshape(cumprod(reshape(x, (1,)), 0, dtype=dtype), ())
    return in_dtype(apply(_cumprod_primitive, (x,), (at,)), dtype)


# --------------------------------------------------------------------------------------- running log of a sum of powers


def _logcumsumexp_rule(g: Any, x: Any, out: Any, dim: int) -> Any:
    """Σ_(k≥i) g_k exp(x_i - out_k), with all exponents ≤ 0: s_i = g_i + exp(out_i - out_(i+1)) s_(i+1).

    Where the sum is still e^-∞ = 0 the gradient is 0.
    """
    nothing = out == -np.inf
    end = np.zeros(tuple(x.shape), bool)
    slices(end, dim, -1, None)[...] = True
    nothing_yet = nothing | end
    following = apply(_shift_primitive, (out,), (dim, -1))
    ratio = ew.exp(basics.where(nothing_yet, -np.inf, out - basics.where(nothing_yet, 0.0, following)))
    weight = ew.exp(basics.where(nothing, -np.inf, x - basics.where(nothing, 0.0, out)))
    return weight * recurrence(ratio, g, dim, True)


def _logcumsumexp(x: ndarray, dim: int) -> ndarray:
    """In float32, what is added late would be too small to change the sum."""
    return np.logaddexp.accumulate(x, dim, dtype=np.float64).astype(x.dtype, copy=False)


_logcumsumexp_primitive = Primitive(_logcumsumexp, name="logcumsumexp", vjps=(_logcumsumexp_rule,), saves=(0, OUT))


@numpy_names
def logcumsumexp(x: Any, dim: int) -> Any:
    """out_k = log(e^x_0 + … + e^x_k) along `dim`, without overflow."""
    x = array_operand(x, "logcumsumexp")
    if x.dtype.kind != "f":
        raise TypeError(f"logcumsumexp: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    at = dim_index(dim, x.ndim, "logcumsumexp")
    if x.ndim == 0:
        return x + 0
    return apply(_logcumsumexp_primitive, (x,), (at,))


# ----------------------------------------------------------------------------------------------------- running extremes

CumMax = namedtuple("cummax", "values indices")  # type: ignore[name-match]
CumMin = namedtuple("cummin", "values indices")  # type: ignore[name-match]
CumMax.__qualname__, CumMin.__qualname__ = "CumMax", "CumMin"  # where pickle finds them
parts_to_take(CumMax, CumMin)


def _running(x: ndarray, dim: int, largest: bool) -> ndarray:
    """Where along `dim` the extreme so far stands: the latest of equals; of NaNs, which stay, the latest."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    extreme = (np.maximum if largest else np.minimum).accumulate(x, dim)
    count = np.arange(x.shape[dim]).reshape(-1, *(1,) * (x.ndim - 1 - dim))
    return np.maximum.accumulate(np.where((x == extreme) | (x != x), count, 0), dim)


_running_primitive = Primitive(_running, name="running_extreme")


@numpy_names
def cummax(x: Any, dim: int) -> CumMax:
    """The largest value so far along `dim`, and its index (of equals, as in PyTorch, the last): (values, indices)."""
    x = array_operand(x, "cummax")
    at = dim_index(dim, x.ndim, "cummax")
    indices = apply(_running_primitive, (x,), (at, True))
    return CumMax(gather_along(x, indices, at, name="cummax"), indices)


@numpy_names
def cummin(x: Any, dim: int) -> CumMin:
    """The smallest value so far along `dim`, and its index (of equals, as in PyTorch, the last): (values, indices)."""
    x = array_operand(x, "cummin")
    at = dim_index(dim, x.ndim, "cummin")
    indices = apply(_running_primitive, (x,), (at, False))
    return CumMin(gather_along(x, indices, at, name="cummin"), indices)


# ----------------------------------------------------------------------------------------------- differences, integrals


@numpy_names
def diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The n-th differences x_(k+1) - x_k along `dim`; of booleans, whether they differ. For n = 0 a copy of x."""
    x = array_operand(x, "diff")
    if x.ndim == 0:
        raise ValueError("diff: needs at least 1 dimension, got shape ()")
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    at = dim_index(dim, x.ndim, "diff")
    if prepend is not None or append is not None:
        x = cat([v for v in (prepend, x, append) if v is not None], at)
    for _ in range(n):
        later, earlier = slices(x, at, 1, None), slices(x, at, None, -1)
        x = later ^ earlier if x.dtype == bool else later - earlier
    return x if n else clone(x)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.cumsum        x.cumsum        x.cumsum_
ag.cumprod       x.cumprod       x.cumprod_
ag.logcumsumexp  x.logcumsumexp
ag.cummax        x.cummax
ag.cummin        x.cummin
ag.diff          x.diff
"""
