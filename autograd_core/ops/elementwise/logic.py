"""Comparisons, tests and logic: what gives booleans, and operations on the bits of integers. None has a derivative."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.elementwise import binary, unary
from ...engine.operands import operand, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor

# ----------------------------------------------------------------------------------------------------------- comparison

eq = binary(np.equal, (), name="eq", doc="x == y, elementwise; booleans, without a gradient.")
ne = binary(np.not_equal, (), name="ne", doc="x != y, elementwise.")
lt = binary(np.less, (), name="lt", doc="x < y, elementwise.")
le = binary(np.less_equal, (), name="le", doc="x <= y, elementwise.")
gt = binary(np.greater, (), name="gt", doc="x > y, elementwise.")
ge = binary(np.greater_equal, (), name="ge", doc="x >= y, elementwise.")


def _isclose(x: ndarray, y: ndarray, rtol: float, atol: float, equal_nan: bool) -> ndarray:
    return np.isclose(x, y, rtol, atol, equal_nan)


_isclose_primitive = Primitive(_isclose, name="isclose", elementwise=True)


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |input - other| <= atol + rtol |other|. An infinity is close to itself, NaN only if `equal_nan`."""
    if rtol < 0 or atol < 0:
        raise ValueError(f"isclose: rtol and atol must not be negative, got rtol={rtol}, atol={atol}")
    return apply(_isclose_primitive, unified("isclose", input, other), (rtol, atol, equal_nan))


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds for all elements."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Any, other: Any) -> bool:
    """Whether the shapes and all elements are equal; NaN equals nothing."""
    operands = (operand(v, "equal") for v in (input, other))
    a, b = (np.asarray(v.array if isinstance(v, Tensor) else v) for v in operands)
    return a.shape == b.shape and bool((a == b).all())


# ---------------------------------------------------------------------------------------------------------------- tests


def _test(of_floats: Callable, name: str, doc: str) -> Callable:
    """A question about infinities and NaN, which integers answer with no."""

    def forward(x: ndarray) -> ndarray:
        return of_floats(x) if np.asarray(x).dtype.kind in "fc" else np.zeros(np.shape(x), bool)

    return unary(forward, None, name=name, floating=False, doc=doc)


isnan = _test(np.isnan, "isnan", "Whether each element is NaN.")
isinf = _test(np.isinf, "isinf", "Whether each element is infinite.")
isposinf = _test(lambda x: x == math.inf, "isposinf", "Whether each element is +∞.")
isneginf = _test(lambda x: x == -math.inf, "isneginf", "Whether each element is -∞.")
isfinite = unary(np.isfinite, None, name="isfinite", floating=False, doc="Whether each element is a finite number.")
isreal = unary(np.isreal, None, name="isreal", floating=False, doc="Whether each element has no imaginary part.")
signbit = unary(
    lambda x: np.signbit(x) if np.asarray(x).dtype.kind != "b" else np.zeros(np.shape(x), bool),
    None,
    name="signbit",
    floating=False,
    doc="Whether the sign of each element is minus, also of -0.",
)

# ---------------------------------------------------------------------------------------------------------------- logic

logical_and = binary(np.logical_and, (), name="logical_and", doc="Whether both are not 0.")
logical_or = binary(np.logical_or, (), name="logical_or", doc="Whether at least one is not 0.")
logical_xor = binary(np.logical_xor, (), name="logical_xor", doc="Whether exactly one is not 0.")
logical_not = unary(np.logical_not, None, name="logical_not", floating=False, doc="Whether x is 0.")

# ----------------------------------------------------------------------------------------------------- bits of integers


def _of_integers(forward: Callable, name: str) -> Callable:
    def checked(*xs: Any) -> Any:
        for x in xs:
            dtype = np.asarray(x).dtype
            if dtype.kind not in "biu":
                raise TypeError(f"{name}: needs integers or booleans, got {dtype}; convert it, as in x.long()")
        return forward(*xs)

    return checked


def _bits(forward: Callable, name: str, doc: str) -> Callable:
    return binary(_of_integers(forward, name), (), name=name, doc=doc)


bitwise_and = _bits(np.bitwise_and, "bitwise_and", "x & y: of booleans, and; of integers, bit by bit.")
bitwise_or = _bits(np.bitwise_or, "bitwise_or", "x | y: of booleans, or; of integers, bit by bit.")
bitwise_xor = _bits(np.bitwise_xor, "bitwise_xor", "x ^ y: of booleans, either or; of integers, bit by bit.")
bitwise_not = unary(
    _of_integers(np.invert, "bitwise_not"),
    None,
    name="bitwise_not",
    floating=False,
    doc="~x: of booleans, not; of integers, bit by bit.",
)
bitwise_left_shift = _bits(np.left_shift, "bitwise_left_shift", "x << y: times 2^y; 0 once all bits are shifted out.")
bitwise_right_shift = _bits(np.right_shift, "bitwise_right_shift", "x >> y: divided by 2^y, rounded down.")
gcd = _bits(np.gcd, "gcd", "The greatest common divisor.")
lcm = _bits(np.lcm, "lcm", "The least common multiple.")

greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.eq                   x.eq                   x.eq_                   x==y np.equal onnx.Equal
ag.ne                   x.ne                   x.ne_                   x!=y np.not_equal
ag.not_equal            x.not_equal            x.not_equal_
ag.lt                   x.lt                   x.lt_                   x<y np.less onnx.Less
ag.less                 x.less                 x.less_
ag.le                   x.le                   x.le_                   x<=y np.less_equal onnx.LessOrEqual
ag.less_equal           x.less_equal           x.less_equal_
ag.gt                   x.gt                   x.gt_                   x>y np.greater onnx.Greater
ag.greater              x.greater              x.greater_
ag.ge                   x.ge                   x.ge_                   x>=y np.greater_equal onnx.GreaterOrEqual
ag.greater_equal        x.greater_equal        x.greater_equal_
ag.isclose              x.isclose
ag.allclose             x.allclose
ag.equal                x.equal
ag.isnan                x.isnan                                        np.isnan onnx.IsNaN
ag.isinf                x.isinf                                        np.isinf onnx.IsInf
ag.isposinf             x.isposinf
ag.isneginf             x.isneginf
ag.isfinite             x.isfinite                                     np.isfinite
ag.isreal               x.isreal
ag.signbit              x.signbit                                      np.signbit
ag.logical_and          x.logical_and          x.logical_and_          np.logical_and
ag.logical_or           x.logical_or           x.logical_or_           np.logical_or
ag.logical_xor          x.logical_xor          x.logical_xor_          np.logical_xor
ag.logical_not          x.logical_not          x.logical_not_          np.logical_not
ag.bitwise_and          x.bitwise_and          x.bitwise_and_          x&y np.bitwise_and
ag.bitwise_or           x.bitwise_or           x.bitwise_or_           x|y np.bitwise_or
ag.bitwise_xor          x.bitwise_xor          x.bitwise_xor_          x^y np.bitwise_xor
ag.bitwise_not          x.bitwise_not          x.bitwise_not_          ~x np.invert
ag.bitwise_left_shift   x.bitwise_left_shift   x.bitwise_left_shift_   x<<y np.left_shift
ag.bitwise_right_shift  x.bitwise_right_shift  x.bitwise_right_shift_  x>>y np.right_shift
ag.gcd                  x.gcd                  x.gcd_                  np.gcd
ag.lcm                  x.lcm                  x.lcm_                  np.lcm
"""
