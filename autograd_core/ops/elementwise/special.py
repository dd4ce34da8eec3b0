"""Special functions: values from SciPy (imported at the first call), derivatives by formulas that stay in the family.

The derivative of a special function is written with special functions again (erf by exp, digamma by polygamma, a Bessel
function by its neighbours), so every order is a formula and none a difference. The formulas are those of the NIST
Digital Library of Mathematical Functions (dlmf.nist.gov); its sections are named. An argument in which no derivative is
implemented says so when a gradient is asked for.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.elementwise import binary, unary
from ...engine.operands import operand, unified
from ...engine.primitive import OUT, Primitive, apply, no_derivative
from ...engine.tensor import describe
from .arithmetic import exp, like, log, log1p, sign, times_log
from .rounding import clamp
from .trigonometric import sinc

SQRT_PI, SQRT_2PI = math.sqrt(math.pi), math.sqrt(2 * math.pi)


def scipy_function(name: str) -> Callable:
    """`scipy.special.<name>` on arrays of one floating dtype, with the result in that dtype."""

    def forward(*args: Any) -> Any:
        from scipy import special

        dtypes = [a.dtype for a in args if hasattr(a, "dtype")]
        if not dtypes:
            return getattr(special, name)(*args)
        dtype = dtypes[-1]
        wide = [a.astype(np.float32) if getattr(a, "dtype", None) == np.float16 else a for a in args]
        return np.asarray(getattr(special, name)(*wide)).astype(dtype, copy=False)

    return forward


def _special(scipy_name: str, vjp: Callable, *, saves: tuple = (0,), name: str | None = None, doc: str) -> Callable:
    return unary(scipy_function(scipy_name), vjp, saves=saves, name=name or scipy_name, doc=doc)


# ---------------------------------------------------------------------------------- error function, normal distribution

erf = _special(
    "erf", lambda g, x: g * (2 / SQRT_PI * exp(-(x * x))), doc="The error function, 2/√π ∫₀ˣ exp(-t²) dt (7.2)."
)
erfc = _special("erfc", lambda g, x: g * (-2 / SQRT_PI * exp(-(x * x))), doc="1 - erf(x), exact where that is small.")
erfcx = _special(
    "erfcx", lambda g, x, out: g * (2 * x * out - 2 / SQRT_PI), saves=(0, OUT), doc="exp(x²) erfc(x), the scaled one."
)
erfinv: Callable = _special(
    "erfinv",
    lambda g, x: g * (SQRT_PI / 2 * exp(erfinv(x) ** 2)),  # computed again: the output may be overwritten
    doc="The inverse of erf on [-1, 1]; ±∞ at the ends.",
)
ndtr = _special(
    "ndtr", lambda g, x: g * (exp(-0.5 * x * x) / SQRT_2PI), doc="The distribution function of the standard normal law."
)
log_ndtr = _special(
    "log_ndtr",
    lambda g, x: g * (2 / SQRT_2PI / erfcx(x * -math.sqrt(0.5))),
    doc="log(ndtr(x)), exact also where ndtr(x) underflows.",
)
ndtri = _special(
    "ndtri", lambda g, out: g * (SQRT_2PI * exp(0.5 * out * out)), saves=(OUT,), doc="The inverse of ndtr on [0, 1]."
)

# ------------------------------------------------------------------------------------------------ entropies, logarithms

entr = _special("entr", lambda g, x: g * (-log(x) - 1), doc="-x log x, 0 at 0 and -∞ below.")
xlog1py = binary(
    times_log(np.log1p),
    (lambda g, x, y: where((x == 0) & (y <= -1), 0.0, g * log1p(like(y, g))), lambda g, x, y: g * x / (1 + y)),
    saves=(0, 1),
    uses=((0, 1), (0, 1)),
    floating=True,
    name="xlog1py",
    doc="x log(1 + y), and 0 where x = 0 unless y is NaN.",
)
_logit = _special(
    "logit",
    lambda g, x: where((x >= 0) & (x <= 1), g / (x * (1 - x)), math.nan),
    doc="log(x / (1 - x)).",
)


def logit(input: Any, eps: float | None = None) -> Any:
    """log(input / (1 - input)), the inverse of the sigmoid; with `eps`, of input clamped to [eps, 1 - eps]."""
    return _logit(input if eps is None else clamp(unified("logit", input, floating=True)[0], eps, 1 - eps))


# ----------------------------------------------------------------------------------------------- the gamma function (5)


def _polygamma(x: ndarray, n: int) -> ndarray:
    return scipy_function("psi")(x) if n == 0 else scipy_function("polygamma")(n, x)


_polygamma_primitive = Primitive(
    _polygamma, name="polygamma", vjps=(lambda g, x, n: g * polygamma(n + 1, x),), saves=(0,), elementwise=True
)


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of digamma, the logarithmic derivative of the gamma function (5.15)."""
    if not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"polygamma: n must be an integer of at least 0, got {describe(n)}")
    return apply(_polygamma_primitive, unified("polygamma", input, floating=True), (int(n),))


digamma = _special(
    "psi", lambda g, x: g * polygamma(1, x), name="digamma", doc="The derivative of lgamma (5.2(i)); NaN at -1, -2, …"
)
lgamma = _special("gammaln", lambda g, x: g * digamma(x), name="lgamma", doc="log |Γ(x)|.")


def mvlgamma(input: Any, p: int) -> Any:
    """log of the multivariate gamma function of dimension p: p(p-1)/4 log π + Σⱼ lgamma(input - j/2), j < p (35.3)."""
    if not isinstance(p, int) or p < 1:
        raise ValueError(f"mvlgamma: p must be an integer of at least 1, got {describe(p)}")
    (input,) = unified("mvlgamma", input, floating=True)
    out = lgamma(input) + p * (p - 1) / 4 * math.log(math.pi)
    for j in range(1, p):
        out = out + lgamma(input - j / 2)
    return out


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) e^-x / Γ(a), by the power near 0 and by logarithms where the power could overflow; NaN for x < 0."""
    norm = lgamma(a) if hasattr(a, "dtype") else math.lgamma(a)
    density = where(x < 1, x ** (a - 1) * exp(-x - norm), exp((a - 1) * log(x) - x - norm))
    return where(x >= 0, density, math.nan)


gammainc = binary(
    scipy_function("gammainc"),
    (no_derivative("gammainc", "its first argument a"), lambda g, a, x: g * _gamma_density(a, x)),
    saves=(0, 1),
    floating=True,
    name="gammainc",
    doc="The regularised lower incomplete gamma function P(a, x) (8.2.4); differentiable in x.",
)
gammaincc = binary(
    scipy_function("gammaincc"),
    (no_derivative("gammaincc", "its first argument a"), lambda g, a, x: -g * _gamma_density(a, x)),
    saves=(0, 1),
    floating=True,
    name="gammaincc",
    doc="The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x); differentiable in x.",
)
zeta: Callable = binary(
    scipy_function("zeta"),
    (no_derivative("zeta", "its first argument"), lambda g, s, q: g * (-s * zeta(s + 1, q))),
    saves=(0, 1),
    floating=True,
    name="zeta",
    doc="The Hurwitz zeta function Σₖ (k + q)^-s (25.11); differentiable in q.",
)

# ------------------------------------------------------------------------------------------------ Bessel functions (10)


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


def _of_order(family: Callable, n: int, name: str, doc: str) -> Callable:
    def function(input: Any) -> Any:
        return family(operand(input, name), n)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


i0 = _of_order(_i, 0, "i0", "The modified Bessel function of the first kind I₀ (10.25).")
i1 = _of_order(_i, 1, "i1", "The modified Bessel function of the first kind I₁ (10.25).")
i0e = _of_order(_ie, 0, "i0e", "exp(-|x|) I₀(x).")
i1e = _of_order(_ie, 1, "i1e", "exp(-|x|) I₁(x).")
bessel_j0 = _of_order(_j, 0, "bessel_j0", "The Bessel function of the first kind J₀ (10.2).")
bessel_j1 = _of_order(_j, 1, "bessel_j1", "The Bessel function of the first kind J₁ (10.2).")
bessel_y0 = _of_order(_y, 0, "bessel_y0", "The Bessel function of the second kind Y₀ (10.2); NaN for x < 0.")
bessel_y1 = _of_order(_y, 1, "bessel_y1", "The Bessel function of the second kind Y₁ (10.2); NaN for x < 0.")
modified_bessel_k0 = _of_order(_k, 0, "modified_bessel_k0", "The modified Bessel function of the second kind K₀.")
modified_bessel_k1 = _of_order(_k, 1, "modified_bessel_k1", "The modified Bessel function of the second kind K₁.")
scaled_modified_bessel_k0 = _of_order(_ke, 0, "scaled_modified_bessel_k0", "exp(x) K₀(x).")
scaled_modified_bessel_k1 = _of_order(_ke, 1, "scaled_modified_bessel_k1", "exp(x) K₁(x).")


def spherical_bessel_j0(input: Any) -> Any:
    """sin(input) / input, and 1 at 0 (10.49)."""
    (input,) = unified("spherical_bessel_j0", input, floating=True)
    return where(abs(input) == math.inf, 0.0, sinc(input / math.pi))


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


def airy_ai(input: Any) -> Any:
    """The Airy function Ai (9.2)."""
    (input,) = unified("airy_ai", input, floating=True)
    return _airy_ai(input if hasattr(input, "dtype") else np.asarray(input), 0)


igamma, igammac = gammainc, gammaincc


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.erf        x.erf       x.erf_       onnx.Erf
ag.erfc       x.erfc      x.erfc_
ag.logit      x.logit     x.logit_
ag.polygamma
ag.digamma    x.digamma   x.digamma_
ag.lgamma     x.lgamma    x.lgamma_
ag.mvlgamma   x.mvlgamma  x.mvlgamma_
ag.i0         x.i0        x.i0_
ag.igamma     x.igamma    x.igamma_
ag.igammac    x.igammac   x.igammac_
ag.erfinv     x.erfinv    x.erfinv_
"""
