"""Running sums, products and extremes along a dimension; differences and integrals.

All derivatives come from two scans: the running sum, whose adjoint is the running sum from the other end, and the
linear recurrence y_k = a_k y_(k-1) + b_k, whose adjoint is a linear recurrence from the other end. The second divides
by nothing, so products have their derivatives at 0 too, of every order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

from ...engine import basics
from ...engine.accumulate import running
from ...engine.basics import clone
from ...engine.operands import convert, parts_to_take
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, dim_index, integer, numpy_names
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
def cumsum(input: TensorLike, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the running sum along `dim`.

    `dtype` converts `input` first.

    Formula: out_k = x_0 + … + x_k along `dim`, x the input
    Shapes: (*) → (*).
    Dtypes: floating and complex ones are kept; integers and booleans become int64, unless `dtype` is given.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `cumsum`.

    >>> import autograd_core as ag
    >>> ag.cumsum(ag.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    x = in_dtype(array_operand(input, "cumsum"), dtype)
    return in_dtype(apply(_cumsum_primitive, (x,), (dim_index(dim, x.ndim, "cumsum"), False)), dtype)


# ---------------------------------------------------------------------------------------------------- linear recurrence


def _shift(x: ndarray, dim: int, by: int) -> ndarray:
    """Moved by one position along `dim`, a 0 coming in."""
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
def cumprod(input: TensorLike, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the running product along `dim`.

    Differentiable where elements are 0, to any order. `dtype` converts `input` first.

    Formula: out_k = x_0 ⋯ x_k along `dim`, x the input
    Shapes: (*) → (*).
    Dtypes: floating and complex ones are kept; integers and booleans become int64, unless `dtype` is given.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `cumprod`.

    >>> import autograd_core as ag
    >>> ag.cumprod(ag.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    x = in_dtype(array_operand(input, "cumprod"), dtype)
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
def logcumsumexp(input: TensorLike, dim: int) -> Tensor:
    """Compute the logarithm of the running sum of eˣ along `dim`, without overflow.

    Formula: out_k = log(exp(x_0) + … + exp(x_k)) along `dim`, x the input
    Shapes: (*) → (*).
    Dtypes: floating, kept; the sum is accumulated in float64.
    Raises: TypeError if `input` is not floating, or if `dim` is no int; IndexError if `dim` is out of range.
    Source: PyTorch's `logcumsumexp`.

    >>> import autograd_core as ag
    >>> ag.logcumsumexp(ag.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.    , 1000.6932])
    """
    x = array_operand(input, "logcumsumexp")
    if x.dtype.kind != "f":
        raise TypeError(f"logcumsumexp: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    at = dim_index(dim, x.ndim, "logcumsumexp")
    if x.ndim == 0:
        return x + 0
    return apply(_logcumsumexp_primitive, (x,), (at,))


# ----------------------------------------------------------------------------------------------------- running extremes


class CumMax(NamedTuple):
    values: Tensor
    indices: Tensor


class CumMin(NamedTuple):
    values: Tensor
    indices: Tensor


parts_to_take(CumMax, CumMin)


def _running(x: ndarray, dim: int, largest: bool) -> ndarray:
    """The index along `dim` of the extreme so far: of equals the latest; of NaNs, which stay, the latest."""
    if x.ndim == 0:
        return np.zeros((), np.int64)
    extreme = (np.maximum if largest else np.minimum).accumulate(x, dim)
    count = np.arange(x.shape[dim]).reshape(-1, *(1,) * (x.ndim - 1 - dim))
    return np.maximum.accumulate(np.where((x == extreme) | (x != x), count, 0), dim)


_running_primitive = Primitive(_running, name="running_extreme")


@numpy_names
def cummax(input: TensorLike, dim: int) -> CumMax:
    """Return the largest element so far along `dim` and its index, as a named tuple (values, indices).

    Of equal elements the last counts, as in PyTorch; a NaN stays the largest.

    Formula: values_k = max(x_0, …, x_k), indices_k = max {i ≤ k : x_i = values_k} along `dim`, x the input
    Shapes: (*) → (*) and (*).
    Dtypes: values of the dtype of `input`, int64 indices. Only the values are differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `cummax`.

    >>> import autograd_core as ag
    >>> ag.cummax(ag.tensor([1.0, 3.0, 2.0, 3.0]), dim=0)
    cummax(values=tensor([1., 3., 3., 3.]), indices=tensor([0, 1, 1, 3]))
    """
    x = array_operand(input, "cummax")
    at = dim_index(dim, x.ndim, "cummax")
    indices = apply(_running_primitive, (x,), (at, True))
    return CumMax(gather_along(x, indices, at, name="cummax"), indices)


@numpy_names
def cummin(input: TensorLike, dim: int) -> CumMin:
    """Return the smallest element so far along `dim` and its index, as a named tuple (values, indices).

    Of equal elements the last counts, as in PyTorch; a NaN stays the smallest.

    Formula: values_k = min(x_0, …, x_k), indices_k = max {i ≤ k : x_i = values_k} along `dim`, x the input
    Shapes: (*) → (*) and (*).
    Dtypes: values of the dtype of `input`, int64 indices. Only the values are differentiable.
    Raises: IndexError if `dim` is out of range; TypeError if it is no int, or if `input` holds no numbers.
    Source: PyTorch's `cummin`.

    >>> import autograd_core as ag
    >>> ag.cummin(ag.tensor([3.0, 1.0, 2.0]), dim=0)
    cummin(values=tensor([3., 1., 1.]), indices=tensor([0, 1, 1]))
    """
    x = array_operand(input, "cummin")
    at = dim_index(dim, x.ndim, "cummin")
    indices = apply(_running_primitive, (x,), (at, False))
    return CumMin(gather_along(x, indices, at, name="cummin"), indices)


# ----------------------------------------------------------------------------------------------- differences, integrals


@numpy_names
def diff(
    input: TensorLike,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | ndarray | None = None,
    append: Tensor | ndarray | None = None,
) -> Tensor:
    """Compute the n-th differences along `dim`.

    `prepend` and `append` are joined to `input` first, before and behind it. For n = 0 the result is a copy.

    Formula: out_k = x_{k+1} − x_k along `dim`, x the input; n times
    Shapes: (*, L, *) → (*, max(L − n, 0), *), L the size of `dim` with what is joined.
    Dtypes: the dtype of `input`; of booleans, whether neighbours differ.
    Raises: ValueError if `input` is 0-d, if n is negative, or if the joined shapes do not fit; IndexError if `dim` is out of
        range; TypeError if `prepend` or `append` is a number.
    Source: PyTorch's `diff`.

    >>> import autograd_core as ag
    >>> ag.diff(ag.tensor([1.0, 4.0, 9.0]))
    tensor([3., 5.])
    """
    x, n = array_operand(input, "diff"), integer(n, "diff", "n")
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
ag.cumsum        x.cumsum        x.cumsum_  out=
ag.cumprod       x.cumprod       x.cumprod_  out=
ag.logcumsumexp  x.logcumsumexp  out=
ag.cummax        x.cummax  out=
ag.cummin        x.cummin  out=
ag.diff          x.diff
"""
