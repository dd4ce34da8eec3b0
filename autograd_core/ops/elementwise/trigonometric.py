"""Trigonometric and hyperbolic functions and their inverses. A page of calculus, as `arithmetic.py`.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.docstrings import of_elements
from ...engine.elementwise import binary, unary
from ...engine.operands import unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from .large import with_kernels

# ------------------------------------------------------------------------------------------------------------- circular

sin = unary(
    np.sin,
    lambda g, x: g * cos(x),
    saves=(0,),
    doc="""Compute the sine of each element, an angle in radians.
    out = sin x
    sin([0.0, 1.0]) → [0.    , 0.8415]""",
)
cos: Callable = unary(
    np.cos,
    lambda g, x: -g * sin(x),
    saves=(0,),
    doc="""Compute the cosine of each element, an angle in radians.
    out = cos x
    cos([0.0, 1.0]) → [1.    , 0.5403]""",
)
tan = unary(
    np.tan,
    lambda g, out: g * (1 + out * out),
    saves=(OUT,),
    doc="""Compute the tangent of each element, an angle in radians.
    out = sin x / cos x
    tan([0.0, 1.0]) → [0.    , 1.5574]""",
)

asin = unary(
    np.arcsin,
    lambda g, x: g / _sqrt((1 - x) * (1 + x)),
    saves=(0,),
    name="asin",
    doc="""Compute the angle whose sine each element is, in radians.
    It is in [−π/2, π/2]; of real numbers beyond ±1 it is NaN.
    out = sin⁻¹ x
    asin([0.0, 1.0]) → [0.    , 1.5708]""",
)
acos = unary(
    np.arccos,
    lambda g, x: -g / _sqrt((1 - x) * (1 + x)),
    saves=(0,),
    name="acos",
    doc="""Compute the angle whose cosine each element is, in radians.
    It is in [0, π]; of real numbers beyond ±1 it is NaN.
    out = cos⁻¹ x
    acos([0.0, 1.0]) → [1.5708, 0.    ]""",
)
atan = unary(
    np.arctan,
    lambda g, x: g / (1 + x * x),
    saves=(0,),
    name="atan",
    doc="""Compute the angle whose tangent each element is, in radians.
    It is in [−π/2, π/2].
    out = tan⁻¹ x
    atan([0.0, 1.0]) → [0.    , 0.7854]""",
)


def _sqrt(x: Any) -> Any:
    return x**0.5


def _over_square(g: Any, y: Any, x: Any) -> Any:
    """g / (x² + y²), and something finite at the origin."""
    square = x * x + y * y
    return g / (square + (square == 0))


atan2 = binary(
    np.arctan2,
    (lambda g, y, x: _over_square(g, y, x) * x, lambda g, y, x: _over_square(-g, y, x) * y),
    saves=(0, 1),
    floating=True,
    name="atan2",
    doc="""Compute the angle of the point (other, input), in radians.
    It is in [−π, π]: the quadrant is known, unlike that of atan(input / other). The slope at the origin is 0.
    out = the φ with input = r sin φ, other = r cos φ
    atan2([1.0, -1.0], [-1.0, -1.0]) → [ 2.3562, -2.3562]""",
)
hypot = binary(
    np.hypot,
    (lambda g, x, y, out: g * (x / out), lambda g, x, y, out: g * (y / out)),
    saves=(0, 1, OUT),
    uses=((0, OUT), (1, OUT)),
    floating=True,
    name="hypot",
    doc="""Compute the length of the hypotenuse of a right triangle, without overflow.
    It has no slope at (0, 0); the gradient there is NaN.
    out = √(x² + y²)
    hypot([3.0, 5.0], [4.0, 12.0]) → [ 5., 13.]""",
)

deg2rad = unary(
    np.deg2rad,
    lambda g: g * (math.pi / 180),
    name="deg2rad",
    doc="""Convert degrees to radians.
    out = x π / 180
    deg2rad([90.0, 180.0]) → [1.5708, 3.1416]""",
)
rad2deg = unary(
    np.rad2deg,
    lambda g: g * (180 / math.pi),
    name="rad2deg",
    doc="""Convert radians to degrees.
    out = x 180 / π
    rad2deg([0.0, 1.0]) → [ 0.    , 57.2958]""",
)

# ----------------------------------------------------------------------------------------------------------- hyperbolic

sinh = unary(
    np.sinh,
    lambda g, x: g * cosh(x),
    saves=(0,),
    doc="""Compute the hyperbolic sine of each element.
    out = (eˣ − e⁻ˣ) / 2
    sinh([0.0, 1.0]) → [0.    , 1.1752]""",
)
cosh: Callable = unary(
    np.cosh,
    lambda g, x: g * sinh(x),
    saves=(0,),
    doc="""Compute the hyperbolic cosine of each element.
    out = (eˣ + e⁻ˣ) / 2
    cosh([0.0, 1.0]) → [1.    , 1.5431]""",
)
tanh = unary(
    *with_kernels("tanh", np.tanh, lambda g, out: g * (1 - out * out)),
    saves=(OUT,),
    name="tanh",
    doc="""Compute the hyperbolic tangent of each element.
    out = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
    tanh([0.0, 1.0]) → [0.    , 0.7616]""",
)

asinh = unary(
    np.arcsinh,
    lambda g, x: g / _sqrt(x * x + 1),
    saves=(0,),
    name="asinh",
    doc="""Compute the number whose hyperbolic sine each element is.
    out = sinh⁻¹ x = log(x + √(x² + 1))
    asinh([0.0, 1.0]) → [0.    , 0.8814]""",
)
acosh = unary(
    np.arccosh,
    lambda g, x: g / (_sqrt(x - 1) * _sqrt(x + 1)),
    saves=(0,),
    name="acosh",
    doc="""Compute the non-negative number whose hyperbolic cosine each element is.
    Of real numbers below 1 it is NaN.
    out = cosh⁻¹ x = log(x + √(x² − 1))
    acosh([1.0, 2.0]) → [0.   , 1.317]""",
)
atanh = unary(
    np.arctanh,
    lambda g, x: g / ((1 - x) * (1 + x)),
    saves=(0,),
    name="atanh",
    doc="""Compute the number whose hyperbolic tangent each element is.
    Of ±1 it is ±∞, of real numbers beyond it is NaN.
    out = tanh⁻¹ x = ½ log((1 + x) / (1 − x))
    atanh([0.0, 0.5]) → [0.    , 0.5493]""",
)

# ----------------------------------------------------------------------------------------------------------------- sinc


def _sinc(x: ndarray, order: int) -> ndarray:
    """d^n/dx^n of sin(πx)/(πx), n = `order`.

    With t = πx and f = sin(t)/t: t f = sin t, differentiated n times, is t f⁽ⁿ⁾ + n f⁽ⁿ⁻¹⁾ = sin(t + nπ/2), a recursion
    that is stable for |t| > n. Below, the power series of f differentiated term by term.
    """
    x = np.asarray(x)
    if order == 0:
        with np.errstate(invalid="ignore"):  # NaN at ±∞, as in PyTorch
            return np.sinc(x if x.dtype != np.float16 else x.astype(np.float32)).astype(x.dtype)
    t = np.pi * x.astype(np.promote_types(x.dtype, np.float64))
    small = np.abs(t) < order + 1
    safe = np.where(small, 1.0, t)
    out = np.sin(safe) / safe
    for n in range(1, order + 1):
        out = (np.sin(safe + n * (np.pi / 2)) - n * out) / safe
    if small.any():
        near, series, k = np.where(small, t, 0.0), np.zeros_like(t), (order + 1) // 2
        while True:  # (-1)^k t^(2k-n) / ((2k+1) (2k-n)!)
            term = (-1) ** k * near ** (2 * k - order) / ((2 * k + 1) * math.factorial(2 * k - order))
            series = series + term
            k += 1
            if 2 * k > 3 * order + 30:
                break
        out = np.where(small, series, out)
    return (out * np.pi**order).astype(x.dtype)


_sinc_primitive = Primitive(
    _sinc, name="sinc", vjps=(lambda g, x, order: g * _sinc_derivative(x, order + 1),), saves=(0,), elementwise=True
)


def _sinc_derivative(x: Any, order: int) -> Any:
    return apply(_sinc_primitive, (x,), (order,))


@of_elements(Source="NumPy's `sinc`.")
def sinc(input: TensorLike) -> Tensor:
    """Compute sin(πx) / (πx) of each element, which is 1 at 0.

    It is smooth: the derivative of every order is right at 0 too.

    out = sin(πx) / (πx)
    sinc([0.0, 0.5]) → [1.    , 0.6366]
    """
    (x,) = unified("sinc", input, floating=True)
    return _sinc_derivative(x, 0)


arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sin      x.sin      x.sin_      np.sin onnx.Sin
ag.tan      x.tan      x.tan_      np.tan onnx.Tan
ag.asin     x.asin     x.asin_     np.arcsin onnx.Asin
ag.arcsin   x.arcsin   x.arcsin_
ag.acos     x.acos     x.acos_     np.arccos onnx.Acos
ag.arccos   x.arccos   x.arccos_
ag.atan     x.atan     x.atan_     np.arctan onnx.Atan
ag.arctan   x.arctan   x.arctan_
ag.atan2    x.atan2    x.atan2_    np.arctan2
ag.arctan2  x.arctan2  x.arctan2_
ag.hypot    x.hypot    x.hypot_    np.hypot
ag.deg2rad  x.deg2rad  x.deg2rad_  np.deg2rad np.radians
ag.rad2deg  x.rad2deg  x.rad2deg_  np.degrees np.rad2deg
ag.sinh     x.sinh     x.sinh_     np.sinh onnx.Sinh
ag.tanh     x.tanh     x.tanh_     np.tanh
ag.asinh    x.asinh    x.asinh_    np.arcsinh onnx.Asinh
ag.arcsinh  x.arcsinh  x.arcsinh_
ag.acosh    x.acosh    x.acosh_    np.arccosh onnx.Acosh
ag.arccosh  x.arccosh  x.arccosh_
ag.atanh    x.atanh    x.atanh_    np.arctanh onnx.Atanh
ag.arctanh  x.arctanh  x.arctanh_
ag.sinc     x.sinc     x.sinc_     np.sinc  out=
ag.cos      x.cos      x.cos_      np.cos onnx.Cos
ag.cosh     x.cosh     x.cosh_     np.cosh onnx.Cosh
"""
