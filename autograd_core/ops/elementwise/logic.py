"""Comparisons, tests and logic: what gives booleans, and operations on the bits of integers. None has a derivative."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.docstrings import of_elements
from ...engine.elementwise import binary, unary
from ...engine.operands import apply_broadcast, operand, unified
from ...engine.primitive import Primitive
from ...engine.tensor import Tensor
from ...engine.types import TensorLike

# ----------------------------------------------------------------------------------------------------------- comparison

_ORDER = "\nComplex numbers are ordered by their real parts, equal ones by their imaginary parts, as in NumPy."
eq = binary(
    np.equal,
    (),
    name="eq",
    doc="Test whether two numbers are equal, elementwise.\nNaN equals nothing.\n"
    "out = x == y\neq([1.0, 2.0], 2.0) → [False,  True]",
)
ne = binary(
    np.not_equal,
    (),
    name="ne",
    doc="Test whether two numbers differ, elementwise.\nNaN differs from everything, also from itself.\n"
    "out = x ≠ y\nne([1.0, 2.0], 2.0) → [ True, False]",
)
lt = binary(
    np.less,
    (),
    name="lt",
    doc=f"Test whether one number is less than another, elementwise.{_ORDER}\n"
    "out = x < y\nlt([1.0, 2.0], 2.0) → [ True, False]",
)
le = binary(
    np.less_equal,
    (),
    name="le",
    doc=f"Test whether one number is at most another, elementwise.{_ORDER}\n"
    "out = x ≤ y\nle([1.0, 2.0, 3.0], 2.0) → [ True,  True, False]",
)
gt = binary(
    np.greater,
    (),
    name="gt",
    doc=f"Test whether one number is greater than another, elementwise.{_ORDER}\n"
    "out = x > y\ngt([2.0, 3.0], 2.0) → [False,  True]",
)
ge = binary(
    np.greater_equal,
    (),
    name="ge",
    doc=f"Test whether one number is at least another, elementwise.{_ORDER}\n"
    "out = x ≥ y\nge([1.0, 2.0, 3.0], 2.0) → [False,  True,  True]",
)


def _isclose(x: ndarray, y: ndarray, rtol: float, atol: float, equal_nan: bool) -> ndarray:
    return np.isclose(x, y, rtol, atol, equal_nan)


_isclose_primitive = Primitive(_isclose, name="isclose", elementwise=True)


@of_elements(
    2,
    Dtypes="any → bool.",
    Raises="ValueError if rtol or atol is negative, or the shapes do not broadcast; TypeError if an operand holds no numbers.",
    Source="NumPy's and PyTorch's `isclose`.",
)
def isclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Test whether `input` is close to `other`, elementwise.

    `rtol` is the relative, `atol` the absolute tolerance. An infinity is close to itself, NaN only if `equal_nan`.

    Formula: out = |input − other| ≤ atol + rtol |other|
    isclose([1.0, 2.0], [1.000001, 2.1]) → [ True, False]
    """
    if rtol < 0 or atol < 0:
        raise ValueError(f"isclose: rtol and atol must not be negative, got rtol={rtol}, atol={atol}")
    return apply_broadcast(_isclose_primitive, unified("isclose", input, other), (rtol, atol, equal_nan))


@of_elements(
    2,
    Shapes="(*) and (*), broadcast together → a bool.",
    Dtypes="any → a bool.",
    Raises="as `isclose`.",
    Source="NumPy's and PyTorch's `allclose`.",
)
def allclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Test whether all elements of `input` are close to those of `other`.

    `rtol`, `atol` and `equal_nan` are those of `isclose`.

    Formula: out = |input − other| ≤ atol + rtol |other| for all elements
    allclose([1.0, 2.0], [1.000001, 2.1]) → False
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@of_elements(
    2,
    Shapes="(*) and (*) → a bool; shapes that differ give False.",
    Dtypes="any → a bool.",
    Raises="TypeError if an operand holds no numbers.",
    Source="PyTorch's `equal`.",
)
def equal(input: TensorLike, other: TensorLike) -> bool:
    """Test whether `input` and `other` have the same shape and the same elements.

    NaN equals nothing.

    Formula: out = input == other for all elements
    equal([1.0, 2.0], [1.0, 2.0]) → True
    """
    operands = (operand(v, "equal") for v in (input, other))
    a, b = (np.asarray(v.array if isinstance(v, Tensor) else v) for v in operands)
    return a.shape == b.shape and bool((a == b).all())


# ---------------------------------------------------------------------------------------------------------------- tests


def _test(of_floats: Callable, name: str, doc: str) -> Callable:
    """A question about infinities and NaN, which integers answer with no."""

    @functools.wraps(of_floats)
    def forward(x: ndarray) -> ndarray:
        return of_floats(x) if np.asarray(x).dtype.kind in "fc" else np.zeros(np.shape(x), bool)

    return unary(forward, None, name=name, floating=False, doc=doc)


isnan = _test(
    np.isnan,
    "isnan",
    """Test whether each element is NaN, not a number.
    out = x ≠ x
    isnan([1.0, ag.nan]) → [False,  True]""",
)
isinf = _test(
    np.isinf,
    "isinf",
    """Test whether each element is infinite.
    out = |x| == ∞
    isinf([1.0, -ag.inf]) → [False,  True]""",
)
isposinf = _test(
    lambda x: x == math.inf,
    "isposinf",
    """Test whether each element is +∞.
    out = x == ∞
    Dtypes: any → bool.
    Source: NumPy's `isposinf`.
    isposinf([1.0, ag.inf, -ag.inf]) → [False,  True, False]""",
)
isneginf = _test(
    lambda x: x == -math.inf,
    "isneginf",
    """Test whether each element is −∞.
    out = x == −∞
    Dtypes: any → bool.
    Source: NumPy's `isneginf`.
    isneginf([1.0, ag.inf, -ag.inf]) → [False, False,  True]""",
)
isfinite = unary(
    np.isfinite,
    None,
    name="isfinite",
    floating=False,
    doc="""Test whether each element is neither infinite nor NaN.
    out = |x| < ∞
    isfinite([1.0, ag.inf, ag.nan]) → [ True, False, False]""",
)
isreal = unary(
    np.isreal,
    None,
    name="isreal",
    floating=False,
    doc="""Test whether each element has no imaginary part.
    out = Im x == 0
    Dtypes: any → bool.
    Source: NumPy's `isreal`.
    isreal([1 + 0j, 1j]) → [ True, False]""",
)
signbit = unary(
    lambda x: np.signbit(x) if np.asarray(x).dtype.kind != "b" else np.zeros(np.shape(x), bool),
    None,
    name="signbit",
    floating=False,
    doc="""Test whether the sign of each element is minus, also of −0.
    out = the sign bit of x
    Dtypes: any but complex → bool.
    Raises: TypeError if input holds no numbers, or complex numbers.
    Source: NumPy's `signbit`.
    signbit([1.0, -0.0]) → [False,  True]""",
)

# ---------------------------------------------------------------------------------------------------------------- logic

logical_and = binary(
    np.logical_and,
    (),
    name="logical_and",
    doc="""Test whether both numbers differ from 0, elementwise.
    out = x ≠ 0 ∧ y ≠ 0
    logical_and([0, 1, 2], [5, 0, 3]) → [False, False,  True]""",
)
logical_or = binary(
    np.logical_or,
    (),
    name="logical_or",
    doc="""Test whether at least one of two numbers differs from 0, elementwise.
    out = x ≠ 0 ∨ y ≠ 0
    logical_or([0, 1], [0, 0]) → [False,  True]""",
)
logical_xor = binary(
    np.logical_xor,
    (),
    name="logical_xor",
    doc="""Test whether exactly one of two numbers differs from 0, elementwise.
    out = (x ≠ 0) ≠ (y ≠ 0)
    logical_xor([0, 1, 2], [5, 0, 3]) → [ True,  True, False]""",
)
logical_not = unary(
    np.logical_not,
    None,
    name="logical_not",
    floating=False,
    doc="""Test whether each element is 0.
    out = x == 0
    logical_not([0.0, 2.0]) → [ True, False]""",
)

# ----------------------------------------------------------------------------------------------------- bits of integers


def _of_integers(forward: Callable, name: str, booleans: bool = True) -> Callable:
    """`forward` of integers only, or of `booleans` too."""
    kinds, needed = ("biu", "integers or booleans") if booleans else ("iu", "integers")

    @functools.wraps(forward)
    def checked(*xs: Any) -> Any:
        for x in xs:
            dtype = np.asarray(x).dtype
            if dtype.kind not in kinds:
                raise TypeError(f"{name}: needs {needed}, got {dtype}; convert it, as in x.long()")
        return forward(*xs)

    return checked


def _bits(forward: Callable, name: str, doc: str, *, dtypes: str = "integers and booleans stay.") -> Callable:
    booleans = "booleans" in dtypes
    wrong = "neither integers nor booleans" if booleans else "anything but integers"
    raises = f"ValueError if the shapes do not broadcast; TypeError if an operand holds {wrong}."
    doc = f"{doc}\nDtypes: {dtypes}\nRaises: {raises}"
    return binary(_of_integers(forward, name, booleans), (), name=name, doc=doc)


bitwise_and = _bits(
    np.bitwise_and,
    "bitwise_and",
    "Compute the and of the bits of two integers, or of two booleans, elementwise.\n"
    "out = x ∧ y, bit by bit\nbitwise_and([12, 7], 10) → [8, 2]",
)
bitwise_or = _bits(
    np.bitwise_or,
    "bitwise_or",
    "Compute the or of the bits of two integers, or of two booleans, elementwise.\n"
    "out = x ∨ y, bit by bit\nbitwise_or([12, 7], 10) → [14, 15]",
)
bitwise_xor = _bits(
    np.bitwise_xor,
    "bitwise_xor",
    "Compute the exclusive or of the bits of two integers, or of two booleans, elementwise.\n"
    "out = x ⊕ y, bit by bit\nbitwise_xor([12, 7], 10) → [ 6, 13]",
)
bitwise_not = unary(
    _of_integers(np.invert, "bitwise_not"),
    None,
    name="bitwise_not",
    floating=False,
    doc="""Invert the bits of each integer, or each boolean.
    out = ¬x, bit by bit; −x − 1 of a signed integer
    Dtypes: integers and booleans stay.
    Raises: TypeError if input holds neither integers nor booleans.
    bitwise_not([0, 5]) → [-1, -6]""",
)
bitwise_left_shift = _bits(
    np.left_shift,
    "bitwise_left_shift",
    "Shift the bits of each integer to the left, elementwise.\nIt is 0 once all bits are shifted out.\n"
    "out = x · 2ʸ\nbitwise_left_shift([1, 3], 2) → [ 4, 12]",
    dtypes="the operands' common dtype; booleans become int8.",
)
bitwise_right_shift = _bits(
    np.right_shift,
    "bitwise_right_shift",
    "Shift the bits of each integer to the right, elementwise.\nThe sign stays.\n"
    "out = ⌊x / 2ʸ⌋\nbitwise_right_shift([8, -5], 1) → [ 4, -3]",
    dtypes="the operands' common dtype; booleans become int8.",
)
gcd = _bits(
    np.gcd,
    "gcd",
    "Compute the greatest common divisor, elementwise.\nOf 0 and 0 it is 0.\nout = max { d : d | x and d | y }\n"
    "gcd([12, 0], [18, 5]) → [6, 5]",
    dtypes="the operands' common integer dtype.",
)
lcm = _bits(
    np.lcm,
    "lcm",
    "Compute the least common multiple, elementwise.\nIf one is 0, it is 0.\nout = |x y| / gcd(x, y)\n"
    "lcm([4, 3], [6, 5]) → [12, 15]",
    dtypes="the operands' common integer dtype.",
)

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
