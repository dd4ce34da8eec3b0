"""Rounding, signs, bounds, and the parts of floating numbers: functions in pieces, with slopes that are 0 or 1.

g is the gradient that arrives, x and y the inputs, out the output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.elementwise import binary, unary
from ...engine.operands import convert, operand, result_type, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import describe, range_checked
from .arithmetic import exp2, mul, sign


def _of_floats(forward: Callable) -> Callable:
    """`forward`, which would leave integers as they are."""
    return lambda x: forward(x) if np.asarray(x).dtype.kind == "f" else np.array(x)


def _rounding(forward: Callable, name: str, doc: str) -> Callable:
    return unary(_of_floats(forward), lambda g: 0 * g, name=name, floating=False, doc=doc)


floor = _rounding(np.floor, "floor", "The next integer below; its derivative is 0.")
ceil = _rounding(np.ceil, "ceil", "The next integer above; its derivative is 0.")
trunc = _rounding(np.trunc, "trunc", "The next integer towards 0; its derivative is 0.")
frac = unary(lambda x: x - np.trunc(x), lambda g: g, name="frac", doc="x - trunc(x), with the sign of x.")

_round = Primitive(
    # of integers NumPy before 2.3 gives the array itself
    lambda x, decimals: np.round(x, decimals) if x.dtype.kind in "fc" else np.array(np.round(x, decimals)),
    name="round",
    vjps=(lambda g, decimals: 0 * g,),
    elementwise=True,
)


def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest number with so many decimals (before the point if negative), halves to even; its derivative is 0."""
    if not isinstance(decimals, int | np.integer):
        raise TypeError(f"round: decimals must be an int, got {describe(decimals)}")
    input = operand(input, "round")
    if getattr(input, "dtype", None) == np.bool_:
        raise TypeError("round: booleans cannot be rounded; convert them, as in x.float()")
    return apply(_round, (input,), (int(decimals),))


# --------------------------------------------------------------------------------------------------------------- bounds


def _clamp(x: ndarray, low: Any, high: Any) -> ndarray:
    x = np.asarray(x)
    out = x if low is None else np.maximum(x, low)
    return (out if high is None else np.minimum(out, high)).astype(x.dtype, copy=False)


def _bound(bound: Any, dtype: np.dtype, low: bool) -> Any:
    """A bound that an integer dtype does not hold and no element reaches as the end of its range; one that all elements
    are beyond would be the result, and raises."""
    if dtype.kind not in "iu" or not isinstance(bound, int):
        return bound
    limits = np.iinfo(dtype)
    if low and bound < limits.min:
        return limits.min
    return limits.max if not low and bound > limits.max else int(range_checked(bound, dtype, "clamp"))


def _unclamped(g: Any, x: Any, low: Any, high: Any) -> Any:
    """g where low <= x <= high."""
    inside = x == x if low is None else x >= low
    return where(inside if high is None else inside & (x <= high), g, 0.0)


def _at_low(g: Any, x: Any, low: Any, high: Any) -> Any:
    return where(x < low if high is None else (x < low) & (low < high), g, 0.0)


def _at_high(g: Any, x: Any, low: Any, high: Any) -> Any:
    return where(x > high if low is None else (x > high) | (low > high), g, 0.0)


_clamp_primitive = Primitive(
    _clamp,
    name="clamp",
    vjps=(_unclamped, _at_low, _at_high),
    saves=(0, 1, 2),
    broadcasts=True,
    elementwise=True,
)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """input, but not below `min` nor above `max` (numbers, tensors or None): min(max(input, min), max).

    The gradient goes to input where min <= input <= max, else to the bound that took its place. NaN propagates.
    """
    if min is None and max is None:
        raise ValueError("clamp: needs min or max, got None for both")
    bounds = [operand(b, "clamp") for b in (min, max) if b is not None]
    dtype = result_type(operand(input, "clamp"), *bounds)
    lows = (True, False) if min is not None else (False,)
    input, *bounds = unified("clamp", input, *(_bound(b, dtype, low) for b, low in zip(bounds, lows, strict=False)))
    low = None if min is None else bounds[0]
    high = None if max is None else bounds[-1]
    if not hasattr(input, "dtype"):
        input = np.asarray(input, dtype)
    return apply(_clamp_primitive, (input, low, high))


def clamp_min(input: Any, min: Any) -> Any:
    """`clamp` from below only."""
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """`clamp` from above only."""
    return clamp(input, max=max)


def _nan_to_num(x: ndarray, nan: float, posinf: float | None, neginf: float | None) -> ndarray:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


_nan_to_num_primitive = Primitive(
    _nan_to_num,
    name="nan_to_num",
    vjps=(lambda g, x, *options: where((x - x) == 0, g, 0.0),),  # x - x is NaN unless x is finite
    saves=(0,),
    elementwise=True,
)


def nan_to_num(input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """input with NaN and the infinities replaced, by default by 0 and the largest and smallest numbers of the dtype."""
    return apply(_nan_to_num_primitive, (operand(input, "nan_to_num"),), (nan, posinf, neginf))


# ---------------------------------------------------------------------------------------------- signs, steps, exponents

copysign = binary(
    np.copysign,
    (lambda g, x, y, out: g * (sign(x) * sign(out)), lambda g, x, y, out: 0 * g),
    saves=(0, 1, OUT),
    uses=((0, OUT), ()),
    floating=True,
    name="copysign",
    doc="The magnitude of x with the sign of y; the slope in y, and at x = 0, is 0.",
)


def _heaviside(x: Any, values: Any) -> ndarray:
    return np.where(x == 0, values, np.asarray(x > 0, np.result_type(x, values)))


heaviside = binary(
    _heaviside,
    (lambda g, x, values: 0 * g, lambda g, x, values: where(x == 0, g, 0.0)),
    saves=(0, 1),
    uses=((), (0,)),
    name="heaviside",
    doc="0 where x < 0 (or NaN), 1 where x > 0, `values` where x is 0; the slope in x is 0.",
)
nextafter = binary(
    np.nextafter,
    (lambda g, x, y: where(x == y, 0.0, g), lambda g, x, y: 0 * g),
    saves=(0, 1),
    floating=True,
    name="nextafter",
    doc="The floating number next to x in the direction of y; the slope in x is 1.",
)


def ldexp(input: Any, other: Any) -> Any:
    """input 2^other."""
    input, other = unified("ldexp", input, other, floating=True)
    return mul(input, exp2(other))


_mantissa = unary(
    lambda x: np.frexp(x)[0],
    lambda g, x: convert(ldexp(g, -_exponent(x)), g.dtype),
    saves=(0,),
    name="frexp",
    doc="x / 2^exponent.",
)
_exponent: Callable = unary(lambda x: np.frexp(x)[1], None, name="frexp_exponent", floating=False)


def frexp(input: Any) -> tuple:
    """(mantissa, exponent) with input = mantissa 2^exponent and 0.5 <= |mantissa| < 1; the exponent is int32."""
    input = operand(input, "frexp")
    if getattr(input, "dtype", np.dtype(float)).kind != "f":
        raise TypeError(f"frexp: needs a floating tensor, got {input.dtype}; convert it with x.float()")
    return _mantissa(input), _exponent(input)


fix, clip = trunc, clamp


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.floor       x.floor       x.floor_       np.floor onnx.Floor
ag.ceil        x.ceil        x.ceil_        np.ceil onnx.Ceil
ag.trunc       x.trunc       x.trunc_       np.trunc
ag.fix         x.fix         x.fix_
ag.frac        x.frac        x.frac_
ag.round       x.round       x.round_       np.rint
ag.clamp       x.clamp       x.clamp_
ag.clip        x.clip        x.clip_
ag.clamp_min   x.clamp_min   x.clamp_min_
ag.clamp_max   x.clamp_max   x.clamp_max_
ag.nan_to_num  x.nan_to_num  x.nan_to_num_
ag.copysign    x.copysign    x.copysign_    np.copysign
ag.heaviside   x.heaviside   x.heaviside_   np.heaviside
ag.nextafter   x.nextafter   x.nextafter_   np.nextafter
ag.ldexp       x.ldexp       x.ldexp_       np.ldexp
ag.frexp       x.frexp                      np.frexp
"""
