"""Functions that reduce dimensions to one number each. `dim` is None (all), an int or a tuple; `axis` says the same."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.accumulate import HALF, add_over, exact_total, narrowed, product, squares, sum_over, total
from ...engine.basics import broadcast_to
from ...engine.operands import convert, parts_to_take
from ...engine.primitive import OUT, SHAPE, Primitive, apply
from ...engine.tensor import Default
from ..arguments import array_operand, dim_index, dim_indices, numpy_names
from ..elementwise import arithmetic as ew
from ..elementwise.kink import kink
from ..shape.shape import cat, flip, permute, reshape
from .scan import cumprod, in_dtype, may_hold_zero, slices


def reduction_dims(x: Any, dim: Any, name: str) -> tuple[int, ...]:
    """The dims to reduce; an empty tuple means, as in PyTorch, all."""
    return dim_indices(None if isinstance(dim, tuple | list) and not dim else dim, x.ndim, name)


def kept_shape(shape: tuple, dims: tuple) -> tuple:
    """The shape with the reduced dimensions left in as 1."""
    return tuple(1 if i in dims else s for i, s in enumerate(shape))


def spread(g: Any, shape: tuple, dims: tuple) -> Any:
    """g, one value for each slice along `dims`, repeated over the slices: the adjoint of `sum`."""
    return broadcast_to(reshape(g, kept_shape(shape, dims)), shape)


def _floating(x: Any, name: str, dtype: Any = None) -> Any:
    x = array_operand(x, name)
    x = x if dtype is None else convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"{name}: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    return x


# ------------------------------------------------------------------------------------------------------- sums and means


def _sum(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    if x.dtype.kind in "biu":
        return np.asarray(add_over(x, dims, np.int64, None, keepdim))
    return sum_over(x, dims, keepdim)


_sum_primitive = Primitive(
    _sum, name="sum", vjps=(lambda g, x_shape, dims, keepdim: spread(g, x_shape, dims),), saves=(SHAPE,)
)


@numpy_names
def sum(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over `dim`; of integers and booleans, int64 unless `dtype` says otherwise."""
    x = array_operand(x, "sum")
    if dtype is None:
        return apply(_sum_primitive, (x,), (reduction_dims(x, dim, "sum"), keepdim))
    return in_dtype(sum(convert(x, dtype), dim, keepdim), dtype)


def _mean(x: ndarray, dims: tuple, keepdim: bool, count: float) -> ndarray:
    sums = total(x, dims, keepdim)
    return narrowed(sums / sums.dtype.type(count), x.dtype)


_mean_primitive = Primitive(
    _mean,
    name="mean",
    vjps=(lambda g, x_shape, dims, keepdim, count: spread(g / count, x_shape, dims),),
    saves=(SHAPE,),
)


@numpy_names
def mean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The arithmetic mean over `dim`; of nothing, NaN."""
    x = array_operand(x, "mean")
    x = x if dtype is None else convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"mean: needs a floating tensor, got {x.dtype}; convert it with x.float() or pass dtype=")
    dims = reduction_dims(x, dim, "mean")
    count = math.prod(x.shape[d] for d in dims)
    return apply(_mean_primitive, (x,), (dims, keepdim, float(count) if count else math.nan))


@numpy_names
def nansum(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over `dim` of what is not NaN."""
    x = array_operand(x, "nansum")
    return sum(basics.where(x != x, 0, x) if x.dtype.kind in "fc" else x, dim, keepdim, dtype=dtype)


@numpy_names
def nanmean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean over `dim` of what is not NaN; of nothing, NaN."""
    x = _floating(x, "nanmean", dtype)
    if x.dtype == HALF:  # which may not hold the count
        return convert(nanmean(convert(x, np.float32), dim, keepdim), HALF)
    return nansum(x, dim, keepdim) / convert(sum(x == x, dim, keepdim), x.dtype)


@numpy_names
def count_nonzero(x: Any, dim: Any = None) -> Any:
    """How many elements over `dim` are not 0; int64."""
    x = array_operand(x, "count_nonzero")
    return sum(ew.ne(x, 0), dim)


# -------------------------------------------------------------------------------------------------------------- product


def _prod_rule(g: Any, x: Any, out: Any) -> Any:
    """The product of the others: `out / x`, or where there are zeros, what comes before times what comes after."""
    rows = reshape(g, (*x.shape[:-1], 1))
    if not may_hold_zero(x):
        return rows * (reshape(out, (*x.shape[:-1], 1)) / x)
    return rows * _others(x)


def _others(x: Any) -> Any:
    """The products of all elements but one, along the last dimension."""
    last = x.ndim - 1
    one = np.ones((*x.shape[:-1], 1), x.dtype)

    def before(v: Any) -> Any:
        return cumprod(cat([one, slices(v, last, 0, -1)], last), last)

    return before(x) * flip(before(flip(x, last)), last)


_prod_primitive = Primitive(
    product,
    name="prod",
    vjps=(_prod_rule,),
    saves=(0, OUT),
)


@numpy_names
def prod(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product over `dim`; of integers and booleans, int64 unless `dtype` says otherwise. Differentiable at zeros,
    to any order."""
    x = in_dtype(array_operand(x, "prod"), dtype)
    dims = reduction_dims(x, dim, "prod")
    out = in_dtype(apply(_prod_primitive, (as_rows(x, dims),)), dtype)
    return reshape(out, kept_shape(x.shape, dims)) if keepdim else out


def as_rows(x: Any, dims: tuple) -> Any:
    """x with the dimensions `dims` made into one, the last."""
    shape = tuple(x.shape)
    rest = tuple(d for d in range(len(shape)) if d not in dims)
    if rest + dims != tuple(range(len(shape))):
        x = permute(x, rest + dims)
    return reshape(x, (*(shape[d] for d in rest), math.prod(shape[d] for d in dims)))


# ----------------------------------------------------------------------------------------------------------- deviations


def _var_options(dim: Any, unbiased: bool | None, correction: Any, name: str) -> tuple[Any, float]:
    """`dim` and `correction`, from PyTorch's newer and older ways to say them."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{name}: got both unbiased and correction; unbiased=True means correction=1, give one")
        correction = int(unbiased)
    return dim, 1 if correction is None else correction


def _center(x: ndarray, dims: tuple) -> ndarray:
    """The mean over `dims`, kept as 1; of float32 in float64: at a mean of 10⁶ float32 is 0.03 off, whose square would be
    in the variance."""
    count = math.prod(x.shape[d] for d in dims)
    sums = exact_total(x, dims)
    return np.asarray(sums / sums.dtype.type(count or math.nan))


def _deviation_forward(x: ndarray, dims: tuple) -> ndarray:
    center = _center(x, dims)
    near = center.astype(x.dtype)
    out = x - near
    rest = (center - near).astype(x.dtype)
    return out - rest if rest.any() else out


_deviation: Primitive = Primitive(
    _deviation_forward,
    name="deviation",
    vjps=(lambda g, x, dims: apply(_deviation, (g,), (dims,)),),
    saves=(0,),
    composition=lambda x, dims: x - mean(x, dims, True),
)


def _var_forward(x: ndarray, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> ndarray:
    wide = x.astype(np.float32) if x.dtype == HALF else x
    sums = np.asarray(squares(wide, dims, keepdim, _center(wide, dims)))
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN of a single element
        return narrowed(sums / sums.dtype.type(divisor), np.dtype(np.float64) if wide_out else x.real.dtype)


def _var_composition(x: Any, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> Any:
    d = apply(_deviation, (x,), (dims,))
    if wide_out:
        d = convert(d, np.promote_types(d.dtype, np.float64))
    sums = sum(d * d if x.dtype.kind == "f" else (d * d.conj()).real, dims, keepdim)
    return sums / divisor if divisor else sums / np.zeros((), sums.dtype)


def _var_rule(g: Any, x: Any, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> Any:
    """2 (x - mean) / (n - correction)"""
    slope = g * (2 / divisor if divisor else math.inf)
    product = spread(slope, tuple(x.shape), dims) * basics.conj(apply(_deviation, (x,), (dims,)))
    return convert(product, x.dtype) if wide_out else product


_var = Primitive(_var_forward, name="var", vjps=(_var_rule,), saves=(0,), composition=_var_composition)


@numpy_names
def var_mean(
    x: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple:
    """(variance, mean) over `dim`; see `var`."""
    dim, correction = _var_options(dim, unbiased, correction, "var")
    x = _floating(x, "var")
    return var(x, dim, None, keepdim, correction=correction), mean(x, dim, keepdim)


@numpy_names
def var(
    x: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """The variance over `dim`: the sum of squared deviations from the mean over n - correction (default 1)."""
    return _variance(_floating(x, "var"), *_var_options(dim, unbiased, correction, "var"), keepdim, False)


def _variance(x: Any, dim: Any, correction: float, keepdim: bool, wide_out: bool) -> Any:
    """`var`, of float32 in float64 if `wide_out`: the square of 10²⁰ does not fit into float32, its root does."""
    dims = reduction_dims(x, dim, "var")
    divisor = float(max(math.prod(x.shape[d] for d in dims) - correction, 0))
    return apply(_var, (x,), (dims, keepdim, divisor, wide_out))


def _root_rule(g: Any, x: Any, out: Any) -> Any:
    zero = out == 0
    return kink(basics.where(zero, 0.0, g / (2 * basics.where(zero, 1.0, out))), x, zero, None)


_root = Primitive(
    np.sqrt,
    name="std",
    vjps=(_root_rule,),
    saves=(0, OUT),
)


@numpy_names
def std_mean(
    x: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple:
    """(standard deviation, mean) over `dim`; see `std`."""
    dim, correction = _var_options(dim, unbiased, correction, "std")
    x = _floating(x, "std")
    return std(x, dim, None, keepdim, correction=correction), mean(x, dim, keepdim)


@numpy_names
def std(
    x: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """The square root of `var`. Where it is 0 its gradient is 0, a subgradient, and its second derivative NaN."""
    x = _floating(x, "std")
    if x.dtype == HALF:  # whose variance may be too large for it
        return convert(std(convert(x, np.float32), dim, unbiased, keepdim, correction=correction), HALF)
    single = x.dtype in (np.float32, np.complex64)
    root = apply(_root, (_variance(x, *_var_options(dim, unbiased, correction, "std"), keepdim, single),))
    return convert(root, np.dtype(np.float32)) if single else root


# ------------------------------------------------------------------------------------------------- largest and smallest


def extreme(reduce: Any, name: str) -> Primitive:
    def forward(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
        return np.asarray(reduce(x, axis=dims, keepdims=keepdim))

    def rule(g: Any, x: Any, out: Any, dims: tuple, keepdim: bool) -> Any:
        """g shared evenly by the elements that attain the extreme (by the NaNs, if it is NaN)."""
        shape = tuple(x.shape)
        top = spread(out, shape, dims)
        best = (x == top) | ((x != x) & (top != top))
        share = convert(best, x.dtype)
        return spread(g, shape, dims) * (share / ew.maximum(apply(_sum_primitive, (share,), (dims, True)), 1))

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


# ------------------------------------------------------------------------------------------------ log-sum-exp


def _logsumexp(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    if x.size == 0:
        return np.asarray(np.log(np.sum(np.exp(x), axis=dims, keepdims=keepdim)))
    top = np.maximum.reduce(x, axis=dims, keepdims=True)
    top = np.where(np.isinf(top), 0, top).astype(x.dtype)
    out = narrowed(np.log(total(np.exp(x - top), dims, True)) + top, x.dtype)
    return out if keepdim else out.reshape(tuple(s for d, s in enumerate(out.shape) if d not in dims))


def _logsumexp_rule(g: Any, x: Any, out: Any, dims: tuple, keepdim: bool) -> Any:
    """g times the softmax; 0 where all is e^-∞ = 0, and 1 for an infinite element."""
    top = spread(out, tuple(x.shape), dims)
    infinite = top == np.inf
    weight = ew.exp(x - basics.where(infinite | (top == -np.inf), 0.0, top))
    return spread(g, tuple(x.shape), dims) * basics.where(
        infinite & (x == top), 1.0, basics.where(infinite, 0.0, weight)
    )


_logsumexp_primitive = Primitive(_logsumexp, name="logsumexp", vjps=(_logsumexp_rule,), saves=(0, OUT))


@numpy_names
def logsumexp(x: Any, dim: Any, keepdim: bool = False) -> Any:
    """log Σ e^x over `dim`, without overflow; the gradient is the softmax."""
    x = array_operand(x, "logsumexp")
    if x.dtype.kind == "c":
        raise TypeError(f"logsumexp: needs real numbers, got {x.dtype}; take x.real, x.imag or abs(x)")
    x = x if x.dtype.kind == "f" else convert(x, Default.dtype)
    return apply(_logsumexp_primitive, (x,), (reduction_dims(x, dim, "logsumexp"), keepdim))


# -------------------------------------------------------------------------------------------------------------- logical


def _logical(p: Primitive, x: Any, dim: Any, keepdim: bool) -> Any:
    x = array_operand(x, p.name)
    return apply(p, (x,), (dim_indices(dim, x.ndim, p.name), keepdim))


def _whether(reduce: Any, name: str) -> Primitive:
    def forward(x: ndarray, dims: tuple, keepdim: bool) -> ndarray:
        return np.asarray(reduce(x, axis=dims, keepdims=keepdim), np.uint8 if x.dtype == np.uint8 else bool)

    return Primitive(forward, name=name)


_all, _any = _whether(np.all, "all"), _whether(np.any, "any")


@numpy_names
def all(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements over `dim` are true (not 0)."""
    return _logical(_all, x, dim, keepdim)


@numpy_names
def any(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether any element over `dim` is true (not 0)."""
    return _logical(_any, x, dim, keepdim)
