"""Vectors of elements as Python values: operations on them emit instructions in LLVM's language.

    v = Vector(builder, …);  y = sigmoid(v) * v + 1.0

So a formula can be handed `Vector`s, and becomes machine code, or NumPy arrays, and is computed. Multiplications and
additions that follow each other are fused where the machine can.

sigmoid and tanh are within 4 units in the last place over the whole range (but results too small for a normal number
become 0), right at ±inf, and NaN for NaN. They rest on eʸ = 2ⁿ eʳ, y = n ln 2 + r with n whole and |r| <= ln 2 / 2, and
a polynomial for eʳ (Cody & Waite 1980, chapter 6; coefficients of Moshier's Cephes library in float32, Taylor's in
float64):

    sigmoid(x) = 1 / (eʸ + 1)     with y = -x
    tanh(x) = m / (m + 2)         with y = 2x, m = e²ˣ - 1 = 2ⁿ (eʳ - 1) + (2ⁿ - 1), which keeps the digits of small x

`exponential.py` has these functions, and exp, for loops that Numba compiles.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np

FUSED = ("contract", "nsz")


class Format(NamedTuple):
    """What the functions need to know of a floating type."""

    bits: int
    mantissa: int  # bits of it, without the leading one
    bias: int  # of the exponent
    ln2: tuple[float, float]  # the leading digits, so few that their product with n is exact, and the rest
    coefficients: tuple[float, ...]  # of (eʳ - 1 - r) / r², lowest power first
    largest: float  # eʸ overflows from here on
    smallest: float  # eʸ is a normal number down to here
    flat: float  # tanh is ±1 from here on

    @property
    def magic(self) -> float:
        """1.5 · 2^mantissa: a number added to it has its nearest whole number in the last bits of the sum."""
        return 1.5 * 2.0**self.mantissa


SINGLE = Format(
    32, 23, 127, (0.693359375, -2.12194440e-4),
    (5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4),
    89.0, -87.0, 10.0,
)  # fmt: skip
DOUBLE = Format(
    64, 52, 1023, (6.93145751953125e-1, 1.42860682030941723212e-6),
    tuple(1 / math.factorial(i) for i in range(2, 14)),
    710.0, -708.0, 20.0,
)  # fmt: skip


class Vector:
    """`width` elements of one dtype in a register, or, of width 1, a scalar."""

    __slots__ = ("builder", "value", "width", "dtype")

    def __init__(self, builder: Any, value: Any, width: int, dtype: np.dtype):
        self.builder, self.value, self.width, self.dtype = builder, value, width, dtype

    @property
    def format(self) -> Format:
        return SINGLE if self.dtype == np.float32 else DOUBLE

    def like(self, value: Any) -> Vector:
        return Vector(self.builder, value, self.width, self.dtype)

    def constant(self, number: float) -> Any:
        return _constant(self.value.type, number, self.width)

    def _arithmetic(self, name: str, a: Any, b: Any) -> Vector:
        a, b = (x.value if isinstance(x, Vector) else self.constant(x) for x in (a, b))
        return self.like(getattr(self.builder, name)(a, b, flags=FUSED))

    def __add__(self, other: Any) -> Vector:
        return self._arithmetic("fadd", self, other)

    def __sub__(self, other: Any) -> Vector:
        return self._arithmetic("fsub", self, other)

    def __rsub__(self, other: float) -> Vector:
        return self._arithmetic("fsub", other, self)

    def __mul__(self, other: Any) -> Vector:
        return self._arithmetic("fmul", self, other)

    def __truediv__(self, other: Any) -> Vector:
        return self._arithmetic("fdiv", self, other)

    def __rtruediv__(self, other: float) -> Vector:
        return self._arithmetic("fdiv", other, self)

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, limit: float) -> Any:
        return self.builder.fcmp_ordered("<", self.value, self.constant(limit))

    def __gt__(self, limit: float) -> Any:
        return self.builder.fcmp_ordered(">", self.value, self.constant(limit))

    def __le__(self, limit: float) -> Any:
        return self.builder.fcmp_ordered("<=", self.value, self.constant(limit))

    def clipped(self, low: float, high: float) -> Vector:
        """NaN stays: it compares with nothing."""
        clipped = where(self < low, low, self)
        return where(clipped > high, high, clipped)

    def power_of_two(self) -> Vector:
        """2ⁿ, of `magic` + n: the last bits of the number are shifted to where the exponent is."""
        from llvmlite import ir

        form, b = self.format, self.builder
        whole: Any = ir.IntType(form.bits)
        whole = whole if self.width == 1 else ir.VectorType(whole, self.width)
        shifted = b.shl(b.bitcast(self.value, whole), _constant(whole, form.mantissa, self.width))
        sum_ = b.add(shifted, _constant(whole, form.bias << form.mantissa, self.width))
        return self.like(b.bitcast(sum_, self.value.type))


def _constant(kind: Any, number: float, width: int) -> Any:
    from llvmlite import ir

    return ir.Constant(kind, number if width == 1 else [number] * width)


# ----------------------------------------------------------------------------------------- functions of vectors or arrays


def where(condition: Any, x: float, y: Any) -> Any:
    """x where the condition holds, else y."""
    if not isinstance(y, Vector):
        return np.where(condition, y.dtype.type(x), y)
    return y.like(y.builder.select(condition, y.constant(x), y.value))


def relu(x: Any) -> Any:
    """max(0, x); NaN stays."""
    return where(x < 0.0, 0.0, x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    if not isinstance(x, Vector):
        return 1 / (1 + np.exp(-x))
    power, r = _exponential(x, -1.0, -x.format.largest, -x.format.smallest)
    return 1.0 / (power * _polynomial((1.0, 1.0, *x.format.coefficients), r) + 1.0)


def tanh(x: Any) -> Any:
    if not isinstance(x, Vector):
        return np.tanh(x)
    power, r = _exponential(x, 2.0, -x.format.flat, x.format.flat)
    m = power * _polynomial((0.0, 1.0, *x.format.coefficients), r) + (power - 1.0)
    return m / (m + 2.0)


def _exponential(x: Vector, factor: float, low: float, high: float) -> tuple[Vector, Vector]:
    """2ⁿ and r with eʸ = 2ⁿ eʳ for y = factor · x, x clipped."""
    form = x.format
    x = x.clipped(low, high)
    shifted = x * (factor / math.log(2)) + form.magic
    n = shifted - form.magic
    most, rest = form.ln2
    return shifted.power_of_two(), n * -rest + (n * -most + x * factor)


def _polynomial(coefficients: tuple[float, ...], x: Vector) -> Vector:
    """Σ coefficients[i] xⁱ, by pairs, pairs of pairs and so on: many short chains of operations instead of a long one
    (Estrin 1960)."""
    terms: list[Any] = [
        x if (a, b) == (0.0, 1.0) else a if b is None else x * b + a
        for a, b in itertools.zip_longest(coefficients[::2], coefficients[1::2])
    ]
    while len(terms) > 1:
        x = x * x
        terms = [a if b is None else x * b + a for a, b in itertools.zip_longest(terms[::2], terms[1::2])]
    return terms[0]
