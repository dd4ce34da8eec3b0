"""Arithmetic and elementwise functions. A page of calculus: each rule is d(output)/d(input) times `g`.

g is the gradient that arrives, x and y the inputs, out the output. Shapes broadcast; the engine sums gradients back.
Trigonometric functions, rounding and bounds, and comparisons have files of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import conj, where
from ...engine.elementwise import binary, unary
from ...engine.operands import convert, operand, result_type, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from .kink import kink
from .logic import eq, ge, gt, le, lt, ne  # noqa: F401 (the commonest are found here too)
from .trigonometric import cos, sin, tan, tanh  # noqa: F401

# ----------------------------------------------------------------------------------------------------------- arithmetic

plus = binary(np.add, (lambda g: g, lambda g: g), name="add", doc="x + y, elementwise.")
minus = binary(np.subtract, (lambda g: g, lambda g: -g), name="sub", doc="x - y, elementwise.")
mul = binary(
    np.multiply,
    (lambda g, x, y: g * y, lambda g, x, y: g * x),
    saves=(0, 1),
    uses=((1,), (0,)),
    name="mul",
    doc="x * y, elementwise.",
)
true_divide = binary(
    np.true_divide,
    (lambda g, x, y: g / y, lambda g, x, y: -g * (x / y / y)),
    saves=(0, 1),
    uses=((1,), (0, 1)),
    floating=True,
    name="div",
    doc="x / y, elementwise; integers divide to floats.",
)
neg = unary(np.negative, lambda g: -g, floating=False, name="neg", doc="-x.")
reciprocal = unary(np.reciprocal, lambda g, out: -g * out * out, saves=(OUT,), name="reciprocal", doc="1 / x.")


def _scaled(name: str, y: Any, x: Any, alpha: Any) -> Any:
    """alpha y, in the dtype of x + y: integers do not become floats."""
    dtype = result_type(operand(x, name), operand(y, name))
    if isinstance(alpha, float) and dtype.kind in "biu":
        raise TypeError(f"{name}: alpha={alpha} is a float but the operands hold integers; convert one with x.float()")
    if not hasattr(y, "dtype"):
        return bool(y * alpha) if dtype == np.bool_ else y * alpha
    return convert(mul(convert(y, dtype), alpha), dtype)


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """input + alpha * other, elementwise."""
    return plus(input, other) if alpha == 1 else plus(input, _scaled("add", other, input, alpha))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """input - alpha * other, elementwise."""
    return minus(input, other) if alpha == 1 else minus(input, _scaled("sub", other, input, alpha))


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input, elementwise."""
    return sub(other, input, alpha=alpha)


def positive(input: Any) -> Any:
    """input itself."""
    if getattr(operand(input, "positive"), "dtype", None) == np.bool_:
        raise TypeError("positive: booleans have no sign; convert them, as in x.int()")
    return input


def _whole(divide: Callable, name: str) -> Callable:
    """A division to whole numbers, on arrays; of integers by 0 it raises, for they have no infinity."""

    def forward(x: Any, y: Any) -> Any:
        dtype = np.result_type(x, y)
        if dtype.kind == "b":
            raise TypeError(f"{name}: booleans cannot be divided; convert them, as in x.int()")
        if dtype.kind in "iu" and not np.all(y):
            raise ZeroDivisionError(f"{name}: an integer ({dtype}) is divided by 0; x.float() gives inf or nan instead")
        return divide(x, y)

    return forward


def _trunc_divide(x: Any, y: Any) -> Any:
    return (x - np.fmod(x, y)) // y if np.result_type(x, y).kind in "iu" else np.trunc(x / y)


_flat = (lambda g: 0 * g, lambda g: 0 * g)
floor_divide = binary(
    _whole(np.floor_divide, "floor_divide"), _flat, name="floor_divide", doc="⌊x / y⌋; its derivative is 0."
)
trunc_divide = binary(_whole(_trunc_divide, "trunc_divide"), _flat, name="trunc_divide", doc="x / y rounded towards 0.")
remainder = binary(
    _whole(np.remainder, "remainder"),
    (lambda g, x, y: g, lambda g, x, y: -g * floor_divide(x, y)),
    saves=(0, 1),
    uses=((), (0, 1)),
    name="remainder",
    doc="x - y ⌊x / y⌋, with the sign of y, as Python's %.",
)
fmod = binary(
    _whole(np.fmod, "fmod"),
    (lambda g, x, y: g, lambda g, x, y: -g * trunc_divide(x, y)),
    saves=(0, 1),
    uses=((), (0, 1)),
    name="fmod",
    doc="x - y trunc(x / y), with the sign of x, as C's fmod.",
)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input / other; rounding_mode="floor" rounds it down, "trunc" towards 0, and then the derivative is 0."""
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise ValueError(f"div: rounding_mode must be None, 'floor' or 'trunc', got {rounding_mode!r}")
    return floor_divide(input, other) if rounding_mode == "floor" else trunc_divide(input, other)


def divmod(input: Any, other: Any) -> tuple:
    """(input // other, input % other)."""
    return floor_divide(input, other), remainder(input, other)


def _pow_base(g: Any, x: Any, y: Any, out: Any) -> Any:
    """y x^(y-1), which is 0 where y = 0, also at x = 0."""
    if isinstance(y, int | float):
        return g * (2 * x) if y == 2 else g * (y * x ** (y - 1)) if y != 0 else 0 * g
    return where(y == 0, 0.0, g * y * x ** where(y == 0, 1.0, y - 1))


def _pow_exponent(g: Any, x: Any, y: Any, out: Any) -> Any:
    """x^y log x, which tends to 0 where x = 0 and y > 0."""
    zero = (x == 0) & (y >= 0)
    return where(zero, 0.0, g * out * log(where(zero, 1.0, x)))


_pow = binary(lambda x, y: x**y, (_pow_base, _pow_exponent), saves=(0, 1, OUT), uses=((0, 1), (0, 1, OUT)), name="pow")


def _integer_power(x: ndarray, y: ndarray) -> ndarray:
    """x^y rounded towards 0, which matters where y < 0."""
    whole = np.power(x, np.maximum(y, 0))
    return np.where(y >= 0, whole, np.where(np.abs(x) == 1, np.power(x, np.abs(y) % 2), 0))


_integer_pow = binary(_integer_power, (), name="pow")


def pow(input: Any, exponent: Any) -> Any:
    """input to the power `exponent`, elementwise. The derivative by the exponent at input = 0 is 0, its limit.

    Integers to negative integer powers are refused for a number and rounded towards 0 for a tensor, as in PyTorch.
    """
    if isinstance(input, bool | int | float) and hasattr(exponent, "dtype"):
        input, exponent = unified("pow", input, exponent)
        input = np.asarray(input, result_type(input, exponent))
    if getattr(input, "dtype", None) == np.bool_ and isinstance(exponent, bool):
        return where(input, True, not exponent)  # the only power of booleans that is boolean: True**0 = False**0 = True
    if getattr(input, "dtype", None) == np.bool_ and not isinstance(exponent, float):
        dtype = result_type(input, operand(exponent, "pow"))
        input = convert(input, dtype if dtype != np.bool_ else np.int64)
    if isinstance(exponent, int):
        if exponent < 0 and isinstance(input, Tensor) and input.array.dtype.kind in "iu":
            raise ValueError(
                f"pow: an integer tensor ({input.dtype}) has no negative integer power {exponent}; use x.float()"
            )
    elif (
        hasattr(exponent, "dtype")
        and exponent.dtype.kind == "i"
        and getattr(input, "dtype", exponent.dtype).kind in "iu"
    ):
        return _integer_pow(input, exponent)
    return _pow(input, exponent)


def float_power(input: Any, exponent: Any) -> Any:
    """input to the power `exponent`, computed in float64 (complex128 for complex numbers)."""
    input, exponent = operand(input, "float_power"), operand(exponent, "float_power")
    dtype = np.complex128 if result_type(input, exponent).kind == "c" else np.float64
    input, exponent = (convert(v, dtype) if hasattr(v, "dtype") else v for v in (input, exponent))
    return pow(input if hasattr(input, "dtype") else np.asarray(input, dtype), exponent)


square = unary(
    lambda x: np.square(x, dtype=np.int64) if x.dtype == np.bool_ else x * x,
    lambda g, x: g * (2 * x),
    saves=(0,),
    floating=False,
    name="square",
    doc="x²; of booleans, in int64.",
)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """input + value * tensor1 * tensor2. Of integers, integers, if value is whole."""
    if isinstance(value, float) and value == value // 1 and result_type(input, tensor1, tensor2).kind in "iu":
        value = int(value)
    return plus(input, mul(tensor1, tensor2) if value == 1 else value * mul(tensor1, tensor2))


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """input + value * tensor1 / tensor2."""
    return plus(input, true_divide(tensor1, tensor2) if value == 1 else value * true_divide(tensor1, tensor2))


def _lerp(x: ndarray, y: ndarray, w: Any) -> ndarray:
    """x + w (y - x), from the nearer end, so that w = 1 gives y exactly."""
    return np.where(np.abs(w) < 0.5, x + w * (y - x), y - (y - x) * (1 - w))


_lerp_primitive = Primitive(
    _lerp,
    name="lerp",
    vjps=(lambda g, x, y, w: g * (1 - w), lambda g, x, y, w: g * w, lambda g, x, y, w: g * (y - x)),
    saves=(0, 1, 2),
    uses=((2,), (2,), (0, 1)),
    broadcasts=True,
    elementwise=True,
)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """input + weight (end - input): input at weight 0, `end` at 1."""
    return apply(_lerp_primitive, unified("lerp", input, end, weight, floating=True))


# ------------------------------------------------------------------------------------------------------ exp, log, roots

exp = unary(
    np.exp,
    lambda g, out: g * out,
    saves=(OUT,),
    doc="""Compute the exponential, elementwise.
    out = eˣ
    exp([0.0, 1.0]) → [1.    , 2.7183]""",
)
exp2 = unary(np.exp2, lambda g, out: g * (out * math.log(2)), saves=(OUT,), doc="2^x.")
expm1 = unary(np.expm1, lambda g, out: g * (out + 1), saves=(OUT,), doc="e^x - 1, exact near 0.")
log = unary(np.log, lambda g, x: g / x, saves=(0,), doc="The natural logarithm.")
log1p = unary(np.log1p, lambda g, x: g / (1 + x), saves=(0,), doc="log(1 + x), exact near 0.")
log2 = unary(np.log2, lambda g, x: g / (x * math.log(2)), saves=(0,), doc="The logarithm to base 2.")
log10 = unary(np.log10, lambda g, x: g / (x * math.log(10)), saves=(0,), doc="The logarithm to base 10.")
sqrt = unary(np.sqrt, lambda g, out: g / (2 * out), saves=(OUT,), doc="The square root; its slope at 0 is infinite.")
rsqrt = unary(
    lambda x: 1 / np.sqrt(x), lambda g, out: -0.5 * g * out * out * out, saves=(OUT,), name="rsqrt", doc="1 / sqrt(x)."
)
logaddexp: Callable = binary(
    np.logaddexp,
    (lambda g, x, y: g * exp(-logaddexp(0.0, y - x)), lambda g, x, y: g * exp(-logaddexp(0.0, x - y))),
    saves=(0, 1),
    floating=True,
    name="logaddexp",
    doc="log(e^x + e^y), without overflow.",
)
logaddexp2: Callable = binary(
    np.logaddexp2,
    (lambda g, x, y: g * exp2(-logaddexp2(0.0, y - x)), lambda g, x, y: g * exp2(-logaddexp2(0.0, x - y))),
    saves=(0, 1),
    floating=True,
    name="logaddexp2",
    doc="log2(2^x + 2^y), without overflow.",
)


def like(y: Any, g: Any) -> Any:
    """y, a number in the dtype of g: NumPy's functions would make a float64 of it."""
    return y if hasattr(y, "dtype") else np.asarray(y, g.dtype)


def times_log(log: Callable) -> Callable:
    """x log(y) on arrays, and 0 where x = 0 unless y is NaN."""

    def forward(x: Any, y: Any) -> ndarray:
        log_y = log(y if hasattr(y, "dtype") else np.asarray(y, x.dtype if hasattr(x, "dtype") else np.float64))
        return np.where((x == 0) & (y == y), 0, x * log_y)

    return forward


xlogy = binary(
    times_log(np.log),
    (lambda g, x, y: where((x == 0) & (y <= 0), 0.0, g * log(like(y, g))), lambda g, x, y: g * x / y),
    saves=(0, 1),
    uses=((0, 1), (0, 1)),
    floating=True,
    name="xlogy",
    doc="x log y, and 0 where x = 0 unless y is NaN.",
)

# -------------------------------------------------------------------------------------------------- piecewise functions


def _sign(x: ndarray) -> ndarray:
    """-1, 0 or 1; of NaN, as in PyTorch, 0."""
    if np.asarray(x).dtype.kind == "b":
        return np.array(x)
    out = np.sign(x)
    nan = out != out
    return np.where(nan, 0, out) if np.any(nan) else out


sign = unary(_sign, lambda g: 0 * g, floating=False, name="sign", doc="-1, 0 or 1; of NaN 0; its derivative is 0.")


def _abs_rule(g: Any, x: Any) -> Any:
    """0 at 0. That of complex numbers is the norm of two, whose derivative does not exist there."""
    value = g * conj(sgn(x))
    return value if type(value) is np.ndarray or x.dtype.kind != "c" else kink(value, x, x == 0, None)


abs = unary(np.abs, _abs_rule, saves=(0,), floating=False, name="abs", doc="|x|; the slope at 0 is 0.")


def sgn(x: Any) -> Any:
    """x / |x|, the direction of a complex number, 0 at 0; of a real one its sign."""
    if x.dtype.kind != "c":
        return sign(x)
    size = abs(x)
    zero = (size.array if isinstance(size, Tensor) else size) == 0
    return where(zero, 0.0, x / where(zero, 1.0, size))


def _chosen(g: Any, lost: Any, tied: Any) -> Any:
    """g, half of it where both operands are equal, 0 where this one lost. NaN neither loses nor ties: both get g."""
    return where(tied, 0.5 * g, where(lost, 0.0, g))


maximum = binary(
    np.maximum,
    (lambda g, x, y: _chosen(g, x < y, x == y), lambda g, x, y: _chosen(g, x > y, x == y)),
    saves=(0, 1),
    name="maximum",
    doc="The larger of x and y; equal ones share the gradient, NaN propagates.",
)
minimum = binary(
    np.minimum,
    (lambda g, x, y: _chosen(g, x > y, x == y), lambda g, x, y: _chosen(g, x < y, x == y)),
    saves=(0, 1),
    name="minimum",
    doc="The smaller of x and y; equal ones share the gradient, NaN propagates.",
)
fmax = binary(
    np.fmax,
    (
        lambda g, x, y: where((x >= y) | (y != y), g, 0.0),
        lambda g, x, y: where((x >= y) | (y != y), 0.0, g),
    ),
    saves=(0, 1),
    name="fmax",
    doc="The larger of x and y, the other one where one is NaN; of equal ones the gradient goes to x, as in PyTorch.",
)
fmin = binary(
    np.fmin,
    (
        lambda g, x, y: where((x <= y) | (y != y), g, 0.0),
        lambda g, x, y: where((x <= y) | (y != y), 0.0, g),
    ),
    saves=(0, 1),
    name="fmin",
    doc="The smaller of x and y, the other one where one is NaN; of equal ones the gradient goes to x, as in PyTorch.",
)

subtract, multiply, divide, negative, absolute = sub, mul, div, neg, abs


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
plus                                              x+y
minus                                             x-y
ag.mul           x.mul           x.mul_           x*y np.multiply onnx.Mul
ag.multiply      x.multiply      x.multiply_
ag.true_divide   x.true_divide   x.true_divide_   x/y
ag.neg           x.neg           x.neg_           -x np.negative onnx.Neg
ag.negative      x.negative      x.negative_
ag.reciprocal    x.reciprocal    x.reciprocal_    np.reciprocal onnx.Reciprocal
ag.add           x.add           x.add_           np.add onnx.Add
ag.sub           x.sub           x.sub_           np.subtract onnx.Sub
ag.subtract      x.subtract      x.subtract_
ag.rsub
ag.positive      x.positive                       np.positive
ag.floor_divide  x.floor_divide  x.floor_divide_  x//y np.floor_divide
ag.remainder     x.remainder     x.remainder_     x%y np.remainder
ag.fmod          x.fmod          x.fmod_          np.fmod
ag.div           x.div           x.div_           np.divide onnx.Div
ag.divide        x.divide        x.divide_
divmod                                            divmod(x,y)
ag.pow           x.pow           x.pow_           x**y np.power onnx.Pow
ag.float_power   x.float_power   x.float_power_
ag.square        x.square        x.square_        np.square
ag.addcmul       x.addcmul       x.addcmul_
ag.addcdiv       x.addcdiv       x.addcdiv_
ag.lerp          x.lerp          x.lerp_
ag.exp           x.exp           x.exp_           np.exp onnx.Exp
ag.exp2          x.exp2          x.exp2_          np.exp2
ag.expm1         x.expm1         x.expm1_         np.expm1
ag.log           x.log           x.log_           np.log onnx.Log
ag.log1p         x.log1p         x.log1p_         np.log1p
ag.log2          x.log2          x.log2_          np.log2
ag.log10         x.log10         x.log10_         np.log10
ag.sqrt          x.sqrt          x.sqrt_          np.sqrt onnx.Sqrt
ag.rsqrt         x.rsqrt         x.rsqrt_
ag.xlogy         x.xlogy         x.xlogy_
ag.sign          x.sign          x.sign_          np.sign onnx.Sign
ag.abs           x.abs           x.abs_           abs(x) np.absolute np.fabs onnx.Abs
ag.absolute      x.absolute      x.absolute_
ag.maximum       x.maximum                        np.maximum onnx.Max
ag.minimum       x.minimum                        np.minimum onnx.Min
ag.fmax          x.fmax                           np.fmax
ag.fmin          x.fmin                           np.fmin
ag.logaddexp     x.logaddexp                      np.logaddexp
ag.logaddexp2    x.logaddexp2                     np.logaddexp2
"""
