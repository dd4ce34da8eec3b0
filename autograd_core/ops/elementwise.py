"""Arithmetic and elementwise functions. A page of calculus: each rule is d(output)/d(input) times `g`.

g is the gradient that arrives, x and y the inputs, out the output. Shapes broadcast; the engine sums gradients back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import OUT, Primitive, binary, is_traced, result_type, unary, unified
from ..tensor import Tensor, apply

# ------------------------------------------------------------------------------------------------------------ arithmetic

add = binary(np.add, (lambda g: g, lambda g: g), doc="x + y, elementwise.")
sub = binary(np.subtract, (lambda g: g, lambda g: -g), name="sub", doc="x - y, elementwise.")
mul = binary(
    np.multiply,
    (lambda g, x, y: g * y, lambda g, x, y: g * x),
    saves=(0, 1),
    uses=((1,), (0,)),
    name="mul",
    doc="x * y, elementwise.",
)
div = binary(
    np.true_divide,
    (lambda g, x, y: g / y, lambda g, x, y: -g * x / (y * y)),
    saves=(0, 1),
    uses=((1,), (0, 1)),
    floating=True,
    name="div",
    doc="x / y, elementwise; integers divide to floats.",
)
neg = unary(np.negative, lambda g: -g, floating=False, name="neg", doc="-x.")


def _pow_base(g: Any, x: Any, y: Any, out: Any) -> Any:
    """y x^(y-1), which is 0 where y = 0, also at x = 0."""
    if isinstance(y, int | float):
        return g * (2 * x) if y == 2 else g * (y * x ** (y - 1)) if y != 0 else 0 * g
    return where(y == 0, 0.0, g * y * x ** where(y == 0, 1.0, y - 1))


def _pow_exponent(g: Any, x: Any, y: Any, out: Any) -> Any:
    """x^y log x, which tends to 0 where x = 0 and y > 0."""
    zero = (x == 0) & (y >= 0)
    return where(zero, 0.0, g * out * log(where(zero, 1.0, x)))


_pow = binary(
    lambda x, y: x**y, (_pow_base, _pow_exponent), saves=(0, 1, OUT), uses=((0, 1), (0, 1, OUT)), name="pow"
)


def pow(x: Any, exponent: Any) -> Any:  # noqa: A001 (the field's name)
    """x to the power `exponent`, elementwise. The derivative by the exponent at x = 0 is 0, its limit."""
    if isinstance(x, bool | int | float) and hasattr(exponent, "dtype"):
        x, exponent = unified("pow", x, exponent)
        x = np.asarray(x, result_type(x, exponent))
    if isinstance(exponent, int) and exponent < 0 and isinstance(x, Tensor) and x.array.dtype.kind in "iu":
        raise ValueError(f"pow: an integer tensor ({x.dtype}) has no negative integer power; convert it with x.float()")
    return _pow(x, exponent)


def square(x: Any) -> Any:
    """x²."""
    return mul(x, x)


# ------------------------------------------------------------------------------------------------------------ comparison

eq = binary(np.equal, (), name="eq", doc="x == y, elementwise; booleans, without a gradient.")
ne = binary(np.not_equal, (), name="ne", doc="x != y, elementwise.")
lt = binary(np.less, (), name="lt", doc="x < y, elementwise.")
le = binary(np.less_equal, (), name="le", doc="x <= y, elementwise.")
gt = binary(np.greater, (), name="gt", doc="x > y, elementwise.")
ge = binary(np.greater_equal, (), name="ge", doc="x >= y, elementwise.")

bitwise_and = binary(np.bitwise_and, (), name="bitwise_and", doc="x & y: of booleans, and; of integers, bit by bit.")
bitwise_or = binary(np.bitwise_or, (), name="bitwise_or", doc="x | y: of booleans, or; of integers, bit by bit.")
bitwise_xor = binary(np.bitwise_xor, (), name="bitwise_xor", doc="x ^ y: of booleans, either or; of integers, by bits.")
bitwise_not = unary(np.invert, None, name="bitwise_not", floating=False, doc="~x: of booleans, not; of integers, by bits.")


def _where(condition: Any, x: Any, y: Any) -> ndarray:
    return np.where(condition, x, y)


_where_primitive = Primitive(
    _where,
    name="where",
    vjps=(
        None,
        lambda g, condition: where(condition, g, 0.0),
        lambda g, condition: where(condition, 0.0, g),
    ),
    saves=(0,),
    broadcasts=True,
)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where `condition` holds, y elsewhere. Without x and y: the indices of the true elements, one array a dimension.

    The gradient of the branch that was not chosen is 0, whatever that branch's value is.
    """
    if x is None and y is None:
        found = np.nonzero(condition.array if isinstance(condition, Tensor) else condition)
        return tuple(Tensor(i) for i in found) if isinstance(condition, Tensor) else found
    mask = condition.array if isinstance(condition, Tensor) else condition
    if isinstance(mask, ndarray) and mask.dtype != bool:
        raise TypeError(f"where: the condition must be boolean, got {mask.dtype}; compare it first, as in x != 0")
    x, y = unified("where", x, y)
    if not (hasattr(x, "dtype") or hasattr(y, "dtype")):
        if is_traced(condition):
            x, y = Tensor(x), Tensor(y)
    elif not hasattr(x, "dtype"):
        x = np.asarray(x, y.dtype)
    elif not hasattr(y, "dtype"):
        y = np.asarray(y, x.dtype)
    return apply(_where_primitive, (condition, x, y))


# --------------------------------------------------------------------------------------------------------- exp, log, roots

exp = unary(np.exp, lambda g, out: g * out, saves=(OUT,), doc="e^x.")
expm1 = unary(np.expm1, lambda g, out: g * (out + 1), saves=(OUT,), doc="e^x - 1, exact near 0.")
log = unary(np.log, lambda g, x: g / x, saves=(0,), doc="The natural logarithm.")
log1p = unary(np.log1p, lambda g, x: g / (1 + x), saves=(0,), doc="log(1 + x), exact near 0.")
log2 = unary(np.log2, lambda g, x: g / (x * float(np.log(2))), saves=(0,), doc="The logarithm to base 2.")
log10 = unary(np.log10, lambda g, x: g / (x * float(np.log(10))), saves=(0,), doc="The logarithm to base 10.")
sqrt = unary(np.sqrt, lambda g, out: g / (2 * out), saves=(OUT,), doc="The square root; its slope at 0 is infinite.")
rsqrt = unary(
    lambda x: 1 / np.sqrt(x), lambda g, out: -0.5 * g * out * out * out, saves=(OUT,), name="rsqrt", doc="1 / sqrt(x)."
)
reciprocal = unary(
    np.reciprocal, lambda g, out: -g * out * out, saves=(OUT,), name="reciprocal", doc="1 / x."
)

# --------------------------------------------------------------------------------------------------- trigonometric functions

sin = unary(np.sin, lambda g, x: g * cos(x), saves=(0,), doc="sin x.")
cos = unary(np.cos, lambda g, x: -g * sin(x), saves=(0,), doc="cos x.")
tan = unary(np.tan, lambda g, out: g * (1 + out * out), saves=(OUT,), doc="tan x.")
tanh = unary(np.tanh, lambda g, out: g * (1 - out * out), saves=(OUT,), doc="The hyperbolic tangent.")

# ------------------------------------------------------------------------------------------------------ piecewise functions


sign = unary(np.sign, lambda g: 0 * g, floating=False, name="sign", doc="-1, 0 or 1; its derivative is 0.")
abs = unary(  # noqa: A001
    np.abs, lambda g, x: g * conj(sgn(x)), saves=(0,), floating=False, name="abs", doc="|x|; the slope at 0 is 0."
)

_conj = Primitive(np.conj, name="conj", vjps=(lambda g: conj(g),))


def conj(x: Any) -> Any:
    """The complex conjugate; a real tensor itself."""
    return apply(_conj, (x,)) if x.dtype.kind == "c" else x


def sgn(x: Any) -> Any:
    """x / |x|, the direction of a complex number, 0 at 0; of a real one its sign."""
    if x.dtype.kind != "c":
        return sign(x)
    size = abs(x)
    zero = (size.array if isinstance(size, Tensor) else size) == 0
    return where(zero, 0.0, x / where(zero, 1.0, size))


def _chosen(g: Any, x: Any, y: Any) -> Any:
    """g where x is the larger, half of it where both are equal, 0 elsewhere."""
    return where(x == y, 0.5 * g, where((x > y) | (x != x), g, 0.0))


maximum = binary(
    np.maximum,
    (lambda g, x, y: _chosen(g, x, y), lambda g, x, y: _chosen(g, y, x)),
    saves=(0, 1),
    name="maximum",
    doc="The larger of x and y; equal ones share the gradient, NaN propagates.",
)
minimum = binary(
    np.minimum,
    (lambda g, x, y: _chosen(g, -x, -y), lambda g, x, y: _chosen(g, -y, -x)),
    saves=(0, 1),
    name="minimum",
    doc="The smaller of x and y; equal ones share the gradient, NaN propagates.",
)
