"""Bessel functions and the Airy function: values from SciPy, derivatives by neighbouring orders, so every order of a
derivative is a formula. The sections are those of the NIST Digital Library of Mathematical Functions (dlmf.nist.gov).

g is the gradient that arrives, x the input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.docstrings import elementwise, of_elements
from ...engine.operands import operand, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from .arithmetic import sign
from .special import scipy_function, source
from .trigonometric import sinc


def _family(values: tuple, derivative: Callable, name: str, *, vanishing: bool = False) -> Callable:
    """C_n(x) for n = 0, 1, …: SciPy's names for n = 0, for n = 1 and for (n, x), and the derivative by neighbours.

    `vanishing`: C_n(∞) is 0, where SciPy's function of any order has NaN.
    """
    zero, one, any_order = (scipy_function(v) for v in values)

    def forward(x: ndarray, n: int) -> ndarray:
        if n < 2:
            return one(x) if n else zero(x)
        return np.where(np.isinf(x), 0, any_order(n, x)) if vanishing else any_order(n, x)

    p = Primitive(forward, name=name, vjps=(lambda g, x, n: g * derivative(x, n),), saves=(0,), elementwise=True)

    def function(x: Any, n: int) -> Any:
        return apply(p, unified(name, x, floating=True), (n,))

    return function


def _bessel_slope(x: Any, n: int, c: Callable, s: int) -> Any:
    """C₀' = s C₁ and C_n' = (C_n-1 + s C_n+1) / 2, s = ±1 (10.6.1, 10.29.1)."""
    return s * c(x, 1) if n == 0 else 0.5 * (c(x, n - 1) + s * c(x, n + 1))


_j: Callable = _family(("j0", "j1", "jv"), lambda x, n: _bessel_slope(x, n, _j, -1), "bessel_j")
_y: Callable = _family(("y0", "y1", "yn"), lambda x, n: _bessel_slope(x, n, _y, -1), "bessel_y")
_i: Callable = _family(("i0", "i1", "iv"), lambda x, n: _bessel_slope(x, n, _i, 1), "bessel_i")
_k: Callable = _family(("k0", "k1", "kn"), lambda x, n: -_bessel_slope(x, n, _k, 1), "bessel_k")
_ie: Callable = _family(
    ("i0e", "i1e", "ive"),
    lambda x, n: _bessel_slope(x, n, _ie, 1) - sign(x) * _ie(x, n),
    "scaled_bessel_i",
    vanishing=True,
)
_ke: Callable = _family(
    ("k0e", "k1e", "kve"), lambda x, n: _ke(x, n) - _bessel_slope(x, n, _ke, 1), "scaled_bessel_k", vanishing=True
)


def _of_order(family: Callable, n: int, name: str, scipy_name: str, dlmf: str, doc: str) -> Callable:
    def function(input: TensorLike) -> Tensor:
        return family(operand(input, name), n)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = elementwise(doc, 1, True, real=True, Source=source(scipy_name, dlmf))
    return function


i0 = _of_order(
    _i,
    0,
    "i0",
    "i0",
    "10.32.1",
    """Compute the modified Bessel function of the first kind of order 0, I₀.
    out = 1/π ∫₀^π exp(x cos θ) dθ
    special.i0([0.0, 1.0]) → [1.    , 1.2661]""",
)
i1 = _of_order(
    _i,
    1,
    "i1",
    "i1",
    "10.32.3",
    """Compute the modified Bessel function of the first kind of order 1, I₁.
    out = 1/π ∫₀^π exp(x cos θ) cos θ dθ
    special.i1([0.0, 1.0]) → [0.    , 0.5652]""",
)
i0e = _of_order(
    _ie,
    0,
    "i0e",
    "i0e",
    "10.25",
    """Compute the scaled modified Bessel function of the first kind of order 0, which does not overflow.
    out = exp(−|x|) I₀(x)
    special.i0e([0.0, 1.0]) → [1.    , 0.4658]""",
)
i1e = _of_order(
    _ie,
    1,
    "i1e",
    "i1e",
    "10.25",
    """Compute the scaled modified Bessel function of the first kind of order 1, which does not overflow.
    out = exp(−|x|) I₁(x)
    special.i1e([0.0, 1.0]) → [0.    , 0.2079]""",
)
bessel_j0 = _of_order(
    _j,
    0,
    "bessel_j0",
    "j0",
    "10.9.1",
    """Compute the Bessel function of the first kind of order 0, J₀.
    out = 1/π ∫₀^π cos(x sin θ) dθ
    special.bessel_j0([0.0, 1.0]) → [1.    , 0.7652]""",
)
bessel_j1 = _of_order(
    _j,
    1,
    "bessel_j1",
    "j1",
    "10.9.2",
    """Compute the Bessel function of the first kind of order 1, J₁.
    out = 1/π ∫₀^π cos(x sin θ − θ) dθ
    special.bessel_j1([0.0, 1.0]) → [0.    , 0.4401]""",
)
bessel_y0 = _of_order(
    _y,
    0,
    "bessel_y0",
    "y0",
    "10.9.9",
    """Compute the Bessel function of the second kind of order 0, Y₀.
    It is −∞ at 0 and NaN below.
    out = −2/π ∫₀^∞ cos(x cosh t) dt
    special.bessel_y0([1.0, 2.0]) → [0.0883, 0.5104]""",
)
bessel_y1 = _of_order(
    _y,
    1,
    "bessel_y1",
    "y1",
    "10.6.3",
    """Compute the Bessel function of the second kind of order 1, Y₁.
    It is −∞ at 0 and NaN below.
    out = −Y₀′(x)
    special.bessel_y1([1.0, 2.0]) → [-0.7812, -0.107 ]""",
)
modified_bessel_k0 = _of_order(
    _k,
    0,
    "modified_bessel_k0",
    "k0",
    "10.32.9",
    """Compute the modified Bessel function of the second kind of order 0, K₀.
    It is ∞ at 0 and NaN below.
    out = ∫₀^∞ exp(−x cosh t) dt
    special.modified_bessel_k0([1.0, 2.0]) → [0.421 , 0.1139]""",
)
modified_bessel_k1 = _of_order(
    _k,
    1,
    "modified_bessel_k1",
    "k1",
    "10.32.9",
    """Compute the modified Bessel function of the second kind of order 1, K₁.
    It is ∞ at 0 and NaN below.
    out = ∫₀^∞ exp(−x cosh t) cosh t dt
    special.modified_bessel_k1([1.0, 2.0]) → [0.6019, 0.1399]""",
)
scaled_modified_bessel_k0 = _of_order(
    _ke,
    0,
    "scaled_modified_bessel_k0",
    "k0e",
    "10.25",
    """Compute the scaled modified Bessel function of the second kind of order 0, which does not underflow.
    It is ∞ at 0 and NaN below.
    out = exp(x) K₀(x)
    special.scaled_modified_bessel_k0([1.0, 2.0]) → [1.1445, 0.8416]""",
)
scaled_modified_bessel_k1 = _of_order(
    _ke,
    1,
    "scaled_modified_bessel_k1",
    "k1e",
    "10.25",
    """Compute the scaled modified Bessel function of the second kind of order 1, which does not underflow.
    It is ∞ at 0 and NaN below.
    out = exp(x) K₁(x)
    special.scaled_modified_bessel_k1([1.0, 2.0]) → [1.6362, 1.0335]""",
)


@of_elements(Source=source("spherical_jn", "10.49"))
def spherical_bessel_j0(input: TensorLike) -> Tensor:
    """Compute the spherical Bessel function of the first kind of order 0.

    It is 1 at 0, and 0 at ±∞.

    out = sin(x) / x
    special.spherical_bessel_j0([0.0, 1.0]) → [1.    , 0.8415]
    """
    (x,) = unified("spherical_bessel_j0", input, floating=True)
    return where(abs(x) == math.inf, 0.0, sinc(x / math.pi))


def _airy(x: ndarray, derivative: int) -> ndarray:
    from scipy import special

    return np.asarray(special.airy(x)[derivative]).astype(x.dtype, copy=False)


# Ai'' = x Ai (9.2.1)
_airy_primitive = Primitive(
    _airy,
    name="airy_ai",
    vjps=(lambda g, x, d: g * (x * _airy_ai(x, 0) if d else _airy_ai(x, 1)),),
    saves=(0,),
    elementwise=True,
)


def _airy_ai(x: Any, derivative: int) -> Any:
    return apply(_airy_primitive, (x,), (derivative,))


@of_elements(Source=source("airy", "9.5.1"))
def airy_ai(input: TensorLike) -> Tensor:
    """Compute the Airy function Ai of each element.

    out = 1/π ∫₀^∞ cos(t³/3 + x t) dt
    special.airy_ai([0.0, 1.0]) → [0.355 , 0.1353]
    """
    (x,) = unified("airy_ai", input, floating=True)
    return _airy_ai(x if hasattr(x, "dtype") else np.asarray(x), 0)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.i0  x.i0  x.i0_  np.i0  out=
"""
