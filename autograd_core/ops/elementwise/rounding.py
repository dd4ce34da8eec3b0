"""Rounding, signs, bounds, and the parts of floating numbers: functions in pieces, with slopes that are 0 or 1.

g is the gradient that arrives, x and y the inputs, out the output.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.docstrings import of_elements
from ...engine.elementwise import binary, unary
from ...engine.operands import apply_broadcast, convert, operand, result_type, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor, describe, range_checked
from ...engine.types import TensorLike
from .arithmetic import exp2, mul, sign


def _of_floats(forward: Callable) -> Callable:
    """`forward` of what is not an integer already."""

    @functools.wraps(forward)
    def rounded(x: Any) -> Any:
        return np.array(x) if np.asarray(x).dtype.kind in "biu" else forward(x)

    return rounded


def _rounding(forward: Callable, name: str, doc: str) -> Callable:
    return unary(
        _of_floats(forward),
        lambda g: 0 * g,
        name=name,
        floating=False,
        doc=f"{doc}\nThe derivative is 0.\nRaises: TypeError if input holds no numbers, or complex numbers.",
    )


floor = _rounding(np.floor, "floor", "Round each element down.\nout = ⌊x⌋\nfloor([1.7, -1.7]) → [ 1., -2.]")
ceil = _rounding(np.ceil, "ceil", "Round each element up.\nout = ⌈x⌉\nceil([1.2, -1.2]) → [ 2., -1.]")
trunc = _rounding(
    np.trunc, "trunc", "Round each element towards 0.\nout = sign(x) ⌊|x|⌋\ntrunc([1.7, -1.7]) → [ 1., -1.]"
)
frac = unary(
    lambda x: x - np.trunc(x),
    lambda g: g,
    name="frac",
    doc="""Return what follows the point of each element, with its sign.
    out = x − trunc(x)
    Raises: TypeError if input holds no numbers, or complex numbers.
    Source: PyTorch's `frac`.
    frac([1.25, -1.25]) → [ 0.25, -0.25]""",
)

_round = Primitive(
    # of integers NumPy before 2.3 gives the array itself
    lambda x, decimals: np.round(x, decimals) if x.dtype.kind in "fc" else np.array(np.round(x, decimals)),
    name="round",
    vjps=(lambda g, decimals: 0 * g,),
    elementwise=True,
)


@of_elements(
    floating=False,
    Raises="TypeError if input holds no numbers, or booleans, or if decimals is not an int.",
    Source="NumPy's and PyTorch's `round`.",
)
def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """Round each element of `input` to the nearest number with `decimals` digits after the point.

    Halves are rounded to even. Negative decimals are digits before the point. The derivative is 0.

    Formula: out = [input · 10^decimals] / 10^decimals, [·] the nearest integer
    round([0.5, 1.5, 2.44], decimals=0) → [0., 2., 2.]
    """
    if not isinstance(decimals, int | np.integer):
        raise TypeError(f"round: decimals must be an int, got {describe(decimals)}")
    x = operand(input, "round")
    if getattr(x, "dtype", None) == np.bool_:
        raise TypeError("round: booleans cannot be rounded; convert them, as in x.float()")
    return apply(_round, (x,), (int(decimals),))


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


@of_elements(
    3,
    floating=False,
    Raises="ValueError if min and max are None, or if the shapes do not broadcast; TypeError if an operand holds no "
    "numbers; OverflowError if all integers of the dtype are beyond a bound.",
    Source="PyTorch's `clamp`, NumPy's `clip`.",
)
def clamp(input: TensorLike, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
    """Limit `input` to the range from `min` to `max`, elementwise.

    The bounds are numbers, tensors or None, for no bound; where min > max, the result is max. NaN stays NaN. The gradient
    goes to input where min <= input <= max, else to the bound that took its place.

    Formula: out = min(max(input, min), max)
    clamp([-3.0, 0.5, 3.0], -1.0, 1.0) → [-1. ,  0.5,  1. ]
    """
    if min is None and max is None:
        raise ValueError("clamp: needs min or max, got None for both")
    bounds = [operand(b, "clamp") for b in (min, max) if b is not None]
    dtype = result_type(operand(input, "clamp"), *bounds)
    lows = (True, False) if min is not None else (False,)
    x, *bounds = unified("clamp", input, *(_bound(b, dtype, low) for b, low in zip(bounds, lows, strict=False)))
    low = None if min is None else bounds[0]
    high = None if max is None else bounds[-1]
    if not hasattr(x, "dtype"):
        x = np.asarray(x, dtype)
    return apply_broadcast(_clamp_primitive, (x, low, high))


@of_elements(2, floating=False, Raises="as `clamp`.", Source="PyTorch's `clamp_min`.")
def clamp_min(input: TensorLike, min: TensorLike) -> Tensor:
    """Replace what is smaller than `min` by min, elementwise; see `clamp`.

    Formula: out = max(input, min)
    clamp_min([-3.0, 0.5], -1.0) → [-1. ,  0.5]
    """
    return clamp(input, min=min)


@of_elements(2, floating=False, Raises="as `clamp`.", Source="PyTorch's `clamp_max`.")
def clamp_max(input: TensorLike, max: TensorLike) -> Tensor:
    """Replace what is greater than `max` by max, elementwise; see `clamp`.

    Formula: out = min(input, max)
    clamp_max([0.5, 3.0], 1.0) → [0.5, 1. ]
    """
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


@of_elements(floating=False, Source="NumPy's and PyTorch's `nan_to_num`.")
def nan_to_num(input: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace NaN and the infinities of `input` by numbers.

    NaN becomes `nan`, ∞ becomes `posinf` (None: the largest number of the dtype), −∞ becomes `neginf` (None: the lowest).
    The gradient there is 0.

    Formula: out = input where it is finite
    nan_to_num([1.0, ag.nan, ag.inf], posinf=9.0) → [1., 0., 9.]
    """
    return apply(_nan_to_num_primitive, (operand(input, "nan_to_num"),), (nan, posinf, neginf))


# ---------------------------------------------------------------------------------------------- signs, steps, exponents

copysign = binary(
    np.copysign,
    (lambda g, x, y, out: g * (sign(x) * sign(out)), lambda g, x, y, out: 0 * g),
    saves=(0, 1, OUT),
    uses=((0, OUT), ()),
    floating=True,
    name="copysign",
    doc="""Give each element the sign of another one, also that of −0.
    The slope in other, and at input = 0, is 0.
    out = |x| if y ≥ 0, else −|x|
    copysign([1.0, -2.0], [-0.0, 5.0]) → [-1.,  2.]""",
)


def _heaviside(x: Any, values: Any) -> ndarray:
    if np.result_type(x, values).kind == "c":
        raise TypeError("heaviside: complex numbers are not ordered; take x.real or abs(x)")
    return np.where(x == 0, values, np.asarray(x > 0, np.result_type(x, values)))


_heaviside_function = binary(
    _heaviside,
    (lambda g, x, values: 0 * g, lambda g, x, values: where(x == 0, g, 0.0)),
    saves=(0, 1),
    uses=((), (0,)),
    name="heaviside",
)


@of_elements(2, floating=False, real=True, Source="NumPy's and PyTorch's `heaviside`.")
def heaviside(input: TensorLike, values: TensorLike) -> Tensor:
    """Compute the Heaviside step function, elementwise; `values` is what it is at 0.

    It is 0 at NaN. The slope in input is 0.

    Formula: out = 0 if input < 0, values if input = 0, 1 if input > 0
    heaviside([-1.0, 0.0, 2.0], 0.5) → [0. , 0.5, 1. ]
    """
    return _heaviside_function(input, values)


nextafter = binary(
    np.nextafter,
    (lambda g, x, y: where(x == y, 0.0, g), lambda g, x, y: 0 * g),
    saves=(0, 1),
    floating=True,
    name="nextafter",
    doc="""Return the next floating-point number after each element, in the direction of another one.
    The slope in input is 1; where input equals other, 0.
    out = the smallest number > x if x < y, the largest < x if x > y, y if x = y
    >>> ag.nextafter(ag.tensor(1.0), ag.tensor(2.0)) > 1.0
    tensor(True)""",
)


@of_elements(2, Source="PyTorch's `ldexp`.")
def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """Multiply `input` by 2 to the power `other`, elementwise.

    Formula: out = input · 2^other
    ldexp([1.0, 3.0], [3, -1]) → [8. , 1.5]
    """
    x, y = unified("ldexp", input, other, floating=True)
    return mul(x, exp2(y))


_mantissa = unary(
    lambda x: np.frexp(x)[0],
    lambda g, x: convert(ldexp(g, -_exponent(x)), g.dtype),
    saves=(0,),
    name="frexp",
)
_exponent: Callable = unary(lambda x: np.frexp(x)[1], None, name="frexp_exponent", floating=False)


@of_elements(
    Shapes="(*) → (*), (*).",
    Dtypes="floating → the same and int32.",
    Raises="TypeError if input is not floating.",
    Source="NumPy's and PyTorch's `frexp`.",
)
def frexp(input: TensorLike) -> tuple[Tensor, Tensor]:
    """Split each element of `input` into mantissa and exponent.

    Formula: input = mantissa · 2^exponent, ½ ≤ |mantissa| < 1
    frexp([8.0, 0.75]) → (tensor([0.5 , 0.75]), tensor([4, 0], dtype=int32))
    """
    x = operand(input, "frexp")
    if getattr(x, "dtype", np.dtype(float)).kind != "f":
        raise TypeError(f"frexp: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    return _mantissa(x), _exponent(x)


fix, clip = trunc, clamp


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.floor       x.floor       x.floor_       np.floor onnx.Floor
ag.ceil        x.ceil        x.ceil_        np.ceil onnx.Ceil
ag.trunc       x.trunc       x.trunc_       np.trunc
ag.fix         x.fix         x.fix_
ag.frac        x.frac        x.frac_
ag.round       x.round       x.round_       np.rint  out=
ag.clamp       x.clamp       x.clamp_  out=
ag.clip        x.clip        x.clip_  out=
ag.clamp_min   x.clamp_min   x.clamp_min_
ag.clamp_max   x.clamp_max   x.clamp_max_
ag.nan_to_num  x.nan_to_num  x.nan_to_num_  out=
ag.copysign    x.copysign    x.copysign_    np.copysign
ag.heaviside   x.heaviside   x.heaviside_   np.heaviside  out=
ag.nextafter   x.nextafter   x.nextafter_   np.nextafter
ag.ldexp       x.ldexp       x.ldexp_       np.ldexp  out=
ag.frexp       x.frexp                      np.frexp  out=
"""
