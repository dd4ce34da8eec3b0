"""exp, tanh and the logistic function as polynomials, for the inner loops of other kernels.

The mathematical library that Numba calls takes one number at a time. These are additions, multiplications and a
division, without branches, so that LLVM vectorises them. They are within 2 units in the last place of the exact
value (4 for tanh) over the whole range, subnormal results and the limits at ±inf included; NaN stays NaN.

exp: x = n ln 2 + r with n whole and |r| <= ln 2 / 2; eʳ by a polynomial (Cody & Waite 1980, chapter 6; coefficients of
Moshier's Cephes library in float32, Taylor's in float64), times 2ⁿ in two steps, since 2ⁿ alone may be subnormal.
tanh: 1 - 2 / (e²ˣ + 1) from 0.625 on, below that Cephes' polynomial or rational function, which keeps the leading
digits of small x.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from .runtime import FLAGS, Kernel, kernel, warms_up


class ByDtype(Kernel):
    """A function of one number for kernels to call: one kernel for float32, another for float64."""

    def __init__(self, single: Kernel, double: Kernel):
        super().__init__(single.function, FLAGS)
        self.single, self.double = single, double

    def __call__(self, x: Any) -> Any:
        return (self.single if x.dtype == np.float32 else self.double)(x)

    def dispatcher(self) -> Any:
        if self.compiled is None:
            numba = importlib.import_module("numba")
            single, double = self.single.dispatcher(), self.double.dispatcher()

            def function(x):  # type: ignore[no-untyped-def]
                raise NotImplementedError

            @numba.extending.overload(function, jit_options={"fastmath": set(FLAGS), "error_model": "numpy"})
            def choose(x):  # type: ignore[no-untyped-def]
                chosen = single if x == numba.types.float32 else double
                return lambda x: chosen(x)

            self.compiled = function
        return self.compiled


# ----------------------------------------------------------------------------------------------------------------- exp
#
# y · log2 e + 1.5 · 2^23 has the nearest whole number n in its last bits: no conversion, no rounding instruction.


@kernel()
def _parts_single(y):  # type: ignore[no-untyped-def]
    """(n, eʳ) of y = n ln 2 + r."""
    rounded = y * np.float32(1.44269504088896341) + np.float32(12582912.0)
    n = rounded - np.float32(12582912.0)
    r = (y - n * np.float32(0.693359375)) - n * np.float32(-2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    return np.int32(np.float32(rounded).view(np.int32) - np.int32(0x4B400000)), p * (r * r) + r + np.float32(1.0)


@kernel()
def _parts_double(y):  # type: ignore[no-untyped-def]
    rounded = y * 1.4426950408889634 + 6755399441055744.0
    n = rounded - 6755399441055744.0
    r = (y - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    return np.int64(np.float64(rounded).view(np.int64) - np.int64(0x4338000000000000)), p * (r * r) + r + 1.0


@kernel()
def _power_single(n):  # type: ignore[no-untyped-def]
    """2ⁿ, for -126 <= n <= 127."""
    return np.int32((n + np.int32(127)) << np.int32(23)).view(np.float32)


@kernel()
def _power_double(n):  # type: ignore[no-untyped-def]
    return np.int64((n + np.int64(1023)) << np.int64(52)).view(np.float64)


@kernel()
def _exp_single(x):  # type: ignore[no-untyped-def]
    y = np.float32(-105.0) if x < np.float32(-105.0) else x
    y = np.float32(89.0) if y > np.float32(89.0) else y
    n, p = _parts_single(y)
    half = np.int32(n >> np.int32(1))
    return p * _power_single(half) * _power_single(np.int32(n - half))


@kernel()
def _exp_double(x):  # type: ignore[no-untyped-def]
    y = -746.0 if x < -746.0 else x
    y = 710.0 if y > 710.0 else y
    n, p = _parts_double(y)
    half = np.int64(n >> np.int64(1))
    return p * _power_double(half) * _power_double(np.int64(n - half))


exp = ByDtype(_exp_single, _exp_double)


# For x <= 0 alone, as after subtracting a maximum, it takes fewer steps. What is below 2⁻¹²⁴ (float64: 2⁻¹⁰⁰⁹) counts as 0.


@kernel()
def _exp_negative_single(x):  # type: ignore[no-untyped-def]
    n, p = _parts_single(x)
    return np.float32(0.0) if x < np.float32(-86.0) else p * _power_single(n)


@kernel()
def _exp_negative_double(x):  # type: ignore[no-untyped-def]
    n, p = _parts_double(x)
    return 0.0 if x < -700.0 else p * _power_double(n)


exp_negative = ByDtype(_exp_negative_single, _exp_negative_double)


# ----------------------------------------------------------------------------------------------- sigmoid: 1 / (1 + e⁻ˣ)
#
# As e^-|x| / (1 + e^-|x|) where x < 0: nothing overflows, and small results keep their digits.


@kernel()
def _sigmoid_single(x):  # type: ignore[no-untyped-def]
    y = -abs(x)
    n, p = _parts_single(np.float32(-104.0) if y < np.float32(-104.0) else y)
    e = p * _power_single(np.int32(n + np.int32(24))) * np.float32(2.0**-24)  # n from -150 to 0
    one = np.float32(1.0)
    return (e if x < np.float32(0.0) else one) / (one + e)


@kernel()
def _sigmoid_double(x):  # type: ignore[no-untyped-def]
    y = -abs(x)
    n, p = _parts_double(-746.0 if y < -746.0 else y)
    e = p * _power_double(np.int64(n + np.int64(54))) * 2.0**-54  # n from -1076 to 0
    return (e if x < 0.0 else 1.0) / (1.0 + e)


sigmoid = ByDtype(_sigmoid_single, _sigmoid_double)


# ---------------------------------------------------------------------------------------------------------------- tanh


@kernel()
def _tanh_single(x):  # type: ignore[no-untyped-def]
    size, square = abs(x), x * x
    one, two = np.float32(1.0), np.float32(2.0)
    n, e = _parts_single(np.float32(20.0) if size > np.float32(10.0) else size + size)
    large = one - two / (e * _power_single(n) + one)
    p = np.float32(-5.70498872745e-3)
    p = p * square + np.float32(2.06390887954e-2)
    p = p * square + np.float32(-5.37397155531e-2)
    p = p * square + np.float32(1.33314422036e-1)
    p = p * square + np.float32(-3.33332819422e-1)
    small = p * square * x + x
    return small if size < np.float32(0.625) else (-large if x < np.float32(0.0) else large)


@kernel()
def _tanh_double(x):  # type: ignore[no-untyped-def]
    size, square = abs(x), x * x
    p = (-9.64399179425052238628e-1 * square - 9.92877231001918586564e1) * square - 1.61468768441708447952e3
    q = ((square + 1.12811678491632931402e2) * square + 2.23548839060100448583e3) * square + 4.84406305325125486048e3
    n, e = _parts_double(40.0 if size > 20.0 else size + size)
    e *= _power_double(n)
    sign = -1.0 if x < 0.0 else 1.0
    small = size < 0.625  # chosen before the division, so that there is one
    numerator = p * square * x if small else -2.0 * sign
    denominator = q if small else e + 1.0
    return (x if small else sign) + numerator / denominator


tanh = ByDtype(_tanh_single, _tanh_double)


# ------------------------------------------------------------------------------------------------------- whole arrays
#
# Indices are unsigned: for a signed one Numba asks whether it counts from the end, which keeps LLVM from using vectors.

uint = np.uintp


@kernel()
def exp_run(x, at, n):  # type: ignore[no-untyped-def]
    """x[at : at + n] = exp(x[at : at + n]), x flat."""
    for i in range(n):
        x[uint(at + i)] = exp(x[uint(at + i)])


@kernel()
def sigmoid_run(x, at, n):  # type: ignore[no-untyped-def]
    """The same of the logistic function."""
    for i in range(n):
        x[uint(at + i)] = sigmoid(x[uint(at + i)])


@kernel()
def tanh_run(x, at, n):  # type: ignore[no-untyped-def]
    """The same of tanh."""
    for i in range(n):
        x[uint(at + i)] = tanh(x[uint(at + i)])


RUNS = {"exp": exp_run, "sigmoid": sigmoid_run, "tanh": tanh_run}


@warms_up
def _functions() -> None:
    for run in RUNS.values():
        for dtype in (np.float32, np.float64):
            run(np.ones(2, dtype), 0, 2)
