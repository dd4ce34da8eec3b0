"""Arithmetic, elementwise. A page of calculus: each rule is d(output)/d(input) times `g`.

g is the gradient that arrives, x and y the inputs, out the output. Shapes broadcast; the engine sums gradients back. A `doc`
is a sentence, the formula and an example (lists stand for tensors); `engine/docstrings.py` adds what is the same for all.
Exponentials, trigonometric functions, rounding and bounds, and comparisons have files of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy import ndarray

from ...engine.basics import conj, where
from ...engine.docstrings import F, of_elements
from ...engine.elementwise import binary, unary
from ...engine.operands import apply_broadcast, as_operand, convert, operand, result_type, unified
from ...engine.outputs import into
from ...engine.primitive import OUT, Primitive
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from .exponential import (  # noqa: F401 (the commonest are found here too)
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    rsqrt,
    sqrt,
    xlogy,
)
from .kink import kink
from .logic import eq, ge, gt, le, lt, ne  # noqa: F401
from .trigonometric import cos, sin, tan, tanh  # noqa: F401

# ----------------------------------------------------------------------------------------------------------- arithmetic

plus = binary(np.add, (lambda g: g, lambda g: g), name="add", doc="Compute the sum, elementwise.\nout = x + y")
minus = binary(
    np.subtract, (lambda g: g, lambda g: -g), name="sub", doc="Compute the difference, elementwise.\nout = x − y"
)
mul = binary(
    np.multiply,
    (lambda g, x, y: g * y, lambda g, x, y: g * x),
    saves=(0, 1),
    uses=((1,), (0,)),
    name="mul",
    doc="""Multiply two tensors, elementwise.
    out = x · y
    multiply([1.0, 2.0], [10.0, 20.0]) → [10., 40.]""",
)
true_divide = binary(
    np.true_divide,
    (lambda g, x, y: g / y, lambda g, x, y: -g * (x / y / y)),
    saves=(0, 1),
    uses=((1,), (0, 1)),
    floating=True,
    name="div",
    doc="""Divide two tensors, elementwise.
    A number divided by 0 is ±∞ and 0 / 0 is NaN, of integers too: they divide to floats.
    out = x / y
    true_divide([1, 3], 2) → [0.5, 1.5]""",
)
neg = unary(
    np.negative,
    lambda g: -g,
    floating=False,
    name="neg",
    doc="""Change the sign of each element.
    out = −x
    neg([1.0, -2.0]) → [-1.,  2.]""",
)
reciprocal = unary(
    np.reciprocal,
    lambda g, out: -g * out * out,
    saves=(OUT,),
    name="reciprocal",
    doc="""Compute the reciprocal of each element.
    out = 1 / x
    reciprocal([2.0, -4.0]) → [ 0.5 , -0.25]""",
)


def _scaled(name: str, y: Any, x: Any, alpha: Any) -> Any:
    """alpha y, in the dtype of x + y: integers do not become floats."""
    dtype = result_type(operand(x, name), operand(y, name))
    if isinstance(alpha, float) and dtype.kind in "biu":
        raise TypeError(f"{name}: alpha={alpha} is a float but the operands hold integers; convert one with x.float()")
    if not hasattr(y, "dtype"):
        return bool(y * alpha) if dtype == np.bool_ else y * alpha
    return convert(mul(convert(y, dtype), alpha), dtype)


def _scaled_docs(name: str, booleans: str = "") -> Callable[[F], F]:
    return of_elements(
        2,
        floating=False,
        Raises=f"ValueError if the shapes do not broadcast; TypeError if an operand holds no numbers{booleans}, or if alpha "
        "is a float and no operand holds floats.",
        Source=f"PyTorch's `{name}`.",
    )


@_scaled_docs("add")
def add(input: TensorLike, other: TensorLike, *, alpha: complex = 1, out: Tensor | None = None) -> Tensor:
    """Add `other`, multiplied by the number `alpha`, to `input`, elementwise.

    Formula: out = input + alpha · other
    add([1.0, 2.0], [10.0, 20.0], alpha=0.5) → [ 6., 12.]
    """
    if out is not None:
        return into(out, "add", add, input, other, alpha=alpha)
    return plus(input, other) if alpha == 1 else plus(input, _scaled("add", other, input, alpha))


@_scaled_docs("sub", ", or both hold booleans")
def sub(input: TensorLike, other: TensorLike, *, alpha: complex = 1, out: Tensor | None = None) -> Tensor:
    """Subtract `other`, multiplied by the number `alpha`, from `input`, elementwise.

    Formula: out = input − alpha · other
    sub([10.0, 20.0], [1.0, 2.0], alpha=2) → [ 8., 16.]
    """
    if out is not None:
        return into(out, "sub", sub, input, other, alpha=alpha)
    return minus(input, other) if alpha == 1 else minus(input, _scaled("sub", other, input, alpha))


@_scaled_docs("rsub", ", or both hold booleans")
def rsub(input: TensorLike, other: TensorLike, *, alpha: complex = 1) -> Tensor:
    """Subtract `input`, multiplied by the number `alpha`, from `other`, elementwise.

    Formula: out = other − alpha · input
    rsub([1.0, 2.0], 10.0) → [9., 8.]
    """
    return sub(other, input, alpha=alpha)


@of_elements(
    floating=False,
    Raises="TypeError if input holds no numbers, or booleans.",
    Source="NumPy's and PyTorch's `positive`.",
)
def positive(input: TensorLike) -> Tensor:
    """Return `input` itself, what the operator + in front of a tensor gives.

    Formula: out = input
    positive([1.0, -2.0]) → [ 1., -2.]
    """
    if getattr(operand(input, "positive"), "dtype", None) == np.bool_:
        raise TypeError("positive: booleans have no sign; convert them, as in x.int()")
    x: Any = input
    return x


def _whole(divide: Callable, name: str) -> Callable:
    """A division to whole numbers, on arrays; of integers by 0 it raises, for they have no infinity."""

    @functools.wraps(divide)
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
_REFUSED = """
    Raises: ValueError if the shapes do not broadcast; TypeError if an operand holds no numbers, or complex numbers or
      booleans; ZeroDivisionError if an integer is divided by 0."""
floor_divide = binary(
    _whole(np.floor_divide, "floor_divide"),
    _flat,
    name="floor_divide",
    doc="""Divide two tensors, elementwise, and round down.
    The derivative is 0.
    out = ⌊x / y⌋
    floor_divide([7.0, -7.0], 2.0) → [ 3., -4.]"""
    + _REFUSED,
)
trunc_divide = binary(
    _whole(_trunc_divide, "trunc_divide"),
    _flat,
    name="trunc_divide",
    doc="Divide, elementwise, and round towards 0.\nout = trunc(x / y)",
)
remainder = binary(
    _whole(np.remainder, "remainder"),
    (lambda g, x, y: g, lambda g, x, y: -g * floor_divide(x, y)),
    saves=(0, 1),
    uses=((), (0, 1)),
    name="remainder",
    doc="""Compute the remainder of a division that rounds down, elementwise.
    It has the sign of the divisor, as that of Python's operator %.
    out = x − y ⌊x / y⌋
    remainder([7.0, -7.0], 4.0) → [3., 1.]"""
    + _REFUSED,
)
fmod = binary(
    _whole(np.fmod, "fmod"),
    (lambda g, x, y: g, lambda g, x, y: -g * trunc_divide(x, y)),
    saves=(0, 1),
    uses=((), (0, 1)),
    name="fmod",
    doc="""Compute the remainder of a division that rounds towards 0, elementwise.
    It has the sign of the dividend, as that of C's fmod.
    out = x − y trunc(x / y)
    fmod([7.0, -7.0], 4.0) → [ 3., -3.]"""
    + _REFUSED,
)


@of_elements(
    2,
    Dtypes="the operands' common dtype; integers and booleans become the default float, but with a rounding_mode.",
    Raises="ValueError if the shapes do not broadcast, or for another rounding_mode; TypeError if an operand holds no "
    "numbers; with a rounding_mode, the errors of `floor_divide`.",
    Source="PyTorch's `div`.",
)
def div(
    input: TensorLike,
    other: TensorLike,
    *,
    rounding_mode: Literal["floor", "trunc"] | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Divide `input` by `other`, elementwise.

    `rounding_mode` "floor" rounds the quotient down, "trunc" towards 0; the derivative of both is 0.

    Formula: out = input / other, ⌊input / other⌋ or trunc(input / other)
    div([7.0, -7.0], 2.0, rounding_mode="trunc") → [ 3., -3.]
    """
    if out is not None:
        return into(out, "div", div, input, other, rounding_mode=rounding_mode)
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise ValueError(f"div: rounding_mode must be None, 'floor' or 'trunc', got {rounding_mode!r}")
    return floor_divide(input, other) if rounding_mode == "floor" else trunc_divide(input, other)


def divmod(input: TensorLike, other: TensorLike) -> tuple[Tensor, Tensor]:
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


@of_elements(
    2,
    floating=False,
    Dtypes="the operands' common dtype; booleans become int64.",
    Raises="ValueError if the shapes do not broadcast, or an integer tensor is raised to a negative int; TypeError if an "
    "operand holds no numbers.",
    Source="NumPy's `power`, PyTorch's `pow`.",
)
def pow(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Raise `input` to the power `exponent`, elementwise.

    The derivative by the exponent at input = 0 is 0, its limit. Integers to negative integer powers are refused for a
    number and rounded towards 0 for a tensor, as in PyTorch.

    Formula: out = input ^ exponent
    pow([2.0, 3.0], 2) → [4., 9.]
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


@of_elements(2, Dtypes="any → float64, complex → complex128.", Source="NumPy's and PyTorch's `float_power`.")
def float_power(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Raise `input` to the power `exponent`, elementwise, in double precision.

    Formula: out = input ^ exponent
    float_power([2, 4], -1) → [0.5 , 0.25], dtype=float64
    """
    x, y = operand(input, "float_power"), operand(exponent, "float_power")
    dtype = np.complex128 if result_type(x, y).kind == "c" else np.float64
    x, y = (convert(v, dtype) if hasattr(v, "dtype") else v for v in (x, y))
    return pow(x if hasattr(x, "dtype") else np.asarray(x, dtype), y)


square = unary(
    lambda x: np.square(x, dtype=np.int64) if x.dtype == np.bool_ else x * x,
    lambda g, x: g * (2 * x),
    saves=(0,),
    floating=False,
    name="square",
    doc="""Compute the square of each element.
    out = x²
    Dtypes: the dtype of input; booleans become int64.
    Source: NumPy's and PyTorch's `square`.
    square([2.0, -3.0]) → [4., 9.]""",
)


@of_elements(
    3,
    floating=False,
    Dtypes="the common dtype of the three; integers become the default float if value is a fraction.",
    Source="PyTorch's `addcmul`.",
)
def addcmul(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: complex = 1) -> Tensor:
    """Add the product of two tensors, multiplied by the number `value`, to a third, elementwise.

    Formula: out = input + value · tensor1 · tensor2
    addcmul([1.0, 1.0], [2.0, 3.0], [10.0, 10.0], value=0.5) → [11., 16.]
    """
    if isinstance(value, float) and value == value // 1 and result_type(input, tensor1, tensor2).kind in "iu":
        value = int(value)
    return plus(input, mul(tensor1, tensor2) if value == 1 else value * mul(tensor1, tensor2))


@of_elements(
    3,
    Dtypes="the common dtype of the three; integers and booleans become the default float.",
    Source="PyTorch's `addcdiv`.",
)
def addcdiv(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: complex = 1) -> Tensor:
    """Add the quotient of two tensors, multiplied by the number `value`, to a third, elementwise.

    Formula: out = input + value · tensor1 / tensor2
    addcdiv([1.0, 1.0], [2.0, 3.0], [4.0, 4.0], value=2) → [2. , 2.5]
    """
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


@of_elements(
    3,
    Dtypes="the common dtype of the three; integers and booleans become the default float.",
    Source="PyTorch's `lerp`.",
)
def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """Interpolate linearly between `input` and `end`, elementwise.

    The result is input exactly at weight 0, and end exactly at weight 1.

    Formula: out = input + weight (end − input)
    lerp([0.0, 10.0], [1.0, 20.0], 0.25) → [ 0.25, 12.5 ]
    """
    return apply_broadcast(_lerp_primitive, unified("lerp", input, end, weight, floating=True))


# -------------------------------------------------------------------------------------------------- piecewise functions


def _sign(x: ndarray) -> ndarray:
    """-1, 0 or 1; of NaN, as in PyTorch, 0."""
    if np.asarray(x).dtype.kind == "b":
        return np.array(x)
    out = np.sign(x)
    nan = out != out
    return np.where(nan, 0, out) if np.any(nan) else out


sign = unary(
    _sign,
    lambda g: 0 * g,
    floating=False,
    name="sign",
    doc="""Return the sign of each element: −1, 0 or 1.
    The sign of NaN is 0, as in PyTorch; that of a complex number z is z / |z|, as in NumPy. The derivative is 0.
    out = −1 if x < 0, 0 if x = 0, 1 if x > 0
    Source: PyTorch's `sign`.
    sign([-2.0, 0.0, 3.0]) → [-1.,  0.,  1.]""",
)


def _abs_rule(g: Any, x: Any) -> Any:
    """0 at 0. That of complex numbers is the norm of two, whose derivative does not exist there."""
    value = g * conj(sgn(x))
    return value if type(value) is np.ndarray or x.dtype.kind != "c" else kink(value, x, x == 0, None)


abs = unary(
    np.abs,
    _abs_rule,
    saves=(0,),
    floating=False,
    name="abs",
    doc="""Compute the absolute value of each element.
    The slope at 0 is 0.
    out = |x|
    Dtypes: the dtype of input; complex64 → float32, complex128 → float64.
    abs([-2.0, 3.0]) → [2., 3.]""",
)


@of_elements(floating=False, Raises="TypeError if input is no tensor or array.", Source="PyTorch's `sgn`.")
def sgn(input: TensorLike) -> Tensor:
    """Return the direction of each complex number, 0 at 0; of a real one its sign.

    Formula: out = input / |input|
    sgn([3 + 4j, 0j]) → [0.6+0.8j, 0. +0.j ], dtype=complex64
    """
    x = as_operand(input, "sgn")
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
    doc="""Return the larger of two numbers, elementwise; NaN if one of them is NaN.
    Equal numbers get half of the gradient each.
    out = max(x, y)
    maximum([1.0, 5.0], 3.0) → [3., 5.]""",
)
minimum = binary(
    np.minimum,
    (lambda g, x, y: _chosen(g, x > y, x == y), lambda g, x, y: _chosen(g, x < y, x == y)),
    saves=(0, 1),
    name="minimum",
    doc="""Return the smaller of two numbers, elementwise; NaN if one of them is NaN.
    Equal numbers get half of the gradient each.
    out = min(x, y)
    minimum([1.0, 5.0], 3.0) → [1., 3.]""",
)
fmax = binary(
    np.fmax,
    (
        lambda g, x, y: where((x >= y) | (y != y), g, 0.0),
        lambda g, x, y: where((x >= y) | (y != y), 0.0, g),
    ),
    saves=(0, 1),
    name="fmax",
    doc="""Return the larger of two numbers, elementwise; the other one if one of them is NaN.
    Of equal numbers the first gets the gradient, as in PyTorch.
    out = max(x, y)
    fmax([1.0, ag.nan], 3.0) → [3., 3.]""",
)
fmin = binary(
    np.fmin,
    (
        lambda g, x, y: where((x <= y) | (y != y), g, 0.0),
        lambda g, x, y: where((x <= y) | (y != y), 0.0, g),
    ),
    saves=(0, 1),
    name="fmin",
    doc="""Return the smaller of two numbers, elementwise; the other one if one of them is NaN.
    Of equal numbers the first gets the gradient, as in PyTorch.
    out = min(x, y)
    fmin([1.0, ag.nan], 3.0) → [1., 3.]""",
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
ag.add           x.add           x.add_           np.add onnx.Add  out=
ag.sub           x.sub           x.sub_           np.subtract onnx.Sub  out=
ag.subtract      x.subtract      x.subtract_  out=
ag.rsub
ag.positive      x.positive                       np.positive
ag.floor_divide  x.floor_divide  x.floor_divide_  x//y np.floor_divide
ag.remainder     x.remainder     x.remainder_     x%y np.remainder
ag.fmod          x.fmod          x.fmod_          np.fmod
ag.div           x.div           x.div_           np.divide onnx.Div  out=
ag.divide        x.divide        x.divide_  out=
divmod                                            divmod(x,y)
ag.pow           x.pow           x.pow_           x**y np.power onnx.Pow  out=
ag.float_power   x.float_power   x.float_power_  out=
ag.square        x.square        x.square_        np.square
ag.addcmul       x.addcmul       x.addcmul_  out=
ag.addcdiv       x.addcdiv       x.addcdiv_  out=
ag.lerp          x.lerp          x.lerp_  out=
ag.sign          x.sign          x.sign_          np.sign onnx.Sign
ag.abs           x.abs           x.abs_           abs(x) np.absolute np.fabs onnx.Abs
ag.absolute      x.absolute      x.absolute_
ag.maximum       x.maximum                        np.maximum onnx.Max
ag.minimum       x.minimum                        np.minimum onnx.Min
ag.fmax          x.fmax                           np.fmax
ag.fmin          x.fmin                           np.fmin
"""
