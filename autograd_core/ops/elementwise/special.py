"""Special functions: values from SciPy (imported at the first call), derivatives by formulas that stay in the family.

The derivative of a special function is written with special functions again (erf by exp, digamma by polygamma), so every
order is a formula and none a difference. The formulas are those of the NIST Digital Library of Mathematical Functions
(dlmf.nist.gov); its sections are named. An argument in which no derivative is implemented says so when a gradient is asked
for. Bessel functions and orthogonal polynomials have files of their own.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.docstrings import elementwise, of_elements
from ...engine.elementwise import binary, unary
from ...engine.operands import unified
from ...engine.primitive import OUT, Primitive, apply, no_derivative
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
from .exponential import exp, like, log, log1p, times_log
from .rounding import clamp

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


def source(scipy_name: str, dlmf: str | None) -> str:
    """Where a function is defined, and where its values are from."""
    return f"DLMF {dlmf}; SciPy's `special.{scipy_name}`." if dlmf else f"SciPy's `special.{scipy_name}`."


def _special(
    scipy_name: str,
    vjp: Callable,
    *,
    saves: tuple = (0,),
    name: str | None = None,
    real: bool = False,
    dlmf: str | None = None,
    doc: str,
) -> Callable:
    """SciPy's function and its rule; `real`: it takes no complex numbers; `dlmf`: the section that defines it."""
    text = elementwise(doc, 1, True, real=real, Source=source(scipy_name, dlmf))
    return unary(scipy_function(scipy_name), vjp, saves=saves, name=name or scipy_name, doc=text)


def _special_of_two(scipy_name: str, vjps: tuple, *, dlmf: str | None = None, doc: str) -> Callable:
    text = elementwise(doc, 2, True, real=True, Source=source(scipy_name, dlmf))
    return binary(scipy_function(scipy_name), vjps, saves=(0, 1), floating=True, name=scipy_name, doc=text)


# ---------------------------------------------------------------------------------- error function, normal distribution

erf = _special(
    "erf",
    lambda g, x: g * (2 / SQRT_PI * exp(-(x * x))),
    dlmf="7.2.1",
    doc="""Compute the error function of each element.
    out = 2/√π ∫₀ˣ exp(−t²) dt
    erf([0.0, 1.0]) → [0.    , 0.8427]""",
)
erfc = _special(
    "erfc",
    lambda g, x: g * (-2 / SQRT_PI * exp(-(x * x))),
    dlmf="7.2.2",
    doc="""Compute the complementary error function, 1 − erf(x), exactly also where it is small.
    out = 2/√π ∫ₓ^∞ exp(−t²) dt
    erfc([0.0, 1.0]) → [1.    , 0.1573]""",
)
erfcx = _special(
    "erfcx",
    lambda g, x, out: g * (2 * x * out - 2 / SQRT_PI),
    saves=(0, OUT),
    dlmf="7.2",
    doc="""Compute the scaled complementary error function, which does not underflow.
    out = exp(x²) erfc(x)
    special.erfcx([0.0, 1.0]) → [1.    , 0.4276]""",
)
erfinv: Callable = _special(
    "erfinv",
    lambda g, x: g * (SQRT_PI / 2 * exp(erfinv(x) ** 2)),  # computed again: the output may be overwritten
    real=True,
    dlmf="7.17",
    doc="""Compute the number whose error function each element is.
    At ±1 it is ±∞, beyond it is NaN.
    out = the y with erf(y) = x
    erfinv([0.0, 0.5]) → [0.    , 0.4769]""",
)
ndtr = _special(
    "ndtr",
    lambda g, x: g * (exp(-0.5 * x * x) / SQRT_2PI),
    doc="""Compute the distribution function of the standard normal distribution.
    out = P(Z ≤ x) = ½ erfc(−x / √2)
    special.ndtr([0.0, 1.0]) → [0.5   , 0.8413]""",
)
log_ndtr = _special(
    "log_ndtr",
    lambda g, x: g * (2 / SQRT_2PI / erfcx(x * -math.sqrt(0.5))),
    doc="""Compute the logarithm of the standard normal distribution function, also where that underflows.
    out = log P(Z ≤ x)
    special.log_ndtr([0.0, -20.0]) → [  -0.6931, -203.9172]""",
)
ndtri = _special(
    "ndtri",
    lambda g, out: g * (SQRT_2PI * exp(0.5 * out * out)),
    saves=(OUT,),
    real=True,
    doc="""Compute the quantile of the standard normal distribution, the inverse of `ndtr`.
    At 0 and 1 it is ∓∞, beyond it is NaN.
    out = the z with P(Z ≤ z) = x
    special.ndtri([0.5, 0.975]) → [0.  , 1.96]""",
)

# ------------------------------------------------------------------------------------------------ entropies, logarithms

entr = _special(
    "entr",
    lambda g, x: g * (-log(x) - 1),
    real=True,
    doc="""Compute each element's summand of an entropy.
    It is 0 at 0 and -∞ below.
    out = −x ln x
    special.entr([0.0, 0.5]) → [0.    , 0.3466]""",
)
xlog1py = binary(
    times_log(np.log1p),
    (lambda g, x, y: where((x == 0) & (y <= -1), 0.0, g * log1p(like(y, g))), lambda g, x, y: g * x / (1 + y)),
    saves=(0, 1),
    uses=((0, 1), (0, 1)),
    floating=True,
    name="xlog1py",
    doc="""Compute x log(1 + y), elementwise, exactly also where y is nearly 0.
    It is 0 wherever x is 0, unless y is NaN.
    out = x ln(1 + y)
    Source: SciPy's `special.xlog1py`.
    special.xlog1py([0.0, 2.0], [-1.0, 1.0]) → [0.    , 1.3863]""",
)
_logit = _special(
    "logit",
    lambda g, x: where((x >= 0) & (x <= 1), g / (x * (1 - x)), math.nan),
    doc="Compute the logit of each element.\nout = ln(x / (1 − x))",
)


@of_elements(real=True, Source="SciPy's and PyTorch's `special.logit`.")
def logit(input: TensorLike, eps: float | None = None) -> Tensor:
    """Compute the logit of each element, the inverse of the sigmoid.

    At 0 and 1 it is ∓∞, beyond it is NaN; with `eps`, input is first clamped to [eps, 1 − eps].

    out = ln(x / (1 − x))
    logit([0.5, 0.9]) → [0.    , 2.1972]
    """
    return _logit(input if eps is None else clamp(unified("logit", input, floating=True)[0], eps, 1 - eps))


# ----------------------------------------------------------------------------------------------- the gamma function (5)


def _polygamma(x: ndarray, n: int) -> ndarray:
    return scipy_function("psi")(x) if n == 0 else scipy_function("polygamma")(n, x)


@of_elements(
    Raises="ValueError if n is not an integer of at least 0; TypeError if input holds no numbers, or, for n > 0, complex "
    "numbers.",
    Source=source("polygamma", "5.15"),
)
def polygamma(n: int, input: TensorLike) -> Tensor:
    """Compute the polygamma function, the derivative of order `n` of digamma, of each element of `input`.

    Formula: out = ψ⁽ⁿ⁾(input) = (−1)ⁿ⁺¹ n! Σₖ (input + k)^(−n−1) for n > 0, k = 0, 1, …
    special.polygamma(1, [1.0, 2.0]) → [1.6449, 0.6449]
    """
    if not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"polygamma: n must be an integer of at least 0, got {describe(n)}")
    return apply(_polygamma_primitive, unified("polygamma", input, floating=True), (int(n),))


_polygamma_primitive = Primitive(
    _polygamma, name="polygamma", vjps=(lambda g, x, n: g * polygamma(n + 1, x),), saves=(0,), elementwise=True
)
digamma = _special(
    "psi",
    lambda g, x: g * polygamma(1, x),
    name="digamma",
    dlmf="5.2.2",
    doc="""Compute the digamma function, the derivative of log Γ, of each element.
    It is NaN at −1, −2, …, and −∞ at 0.
    out = Γ′(x) / Γ(x)
    digamma([1.0, 2.0]) → [-0.5772,  0.4228]""",
)
lgamma = _special(
    "gammaln",
    lambda g, x: g * digamma(x),
    name="lgamma",
    real=True,
    dlmf="5.2.1",
    doc="""Compute the logarithm of the absolute value of the gamma function of each element.
    It is ∞ at 0, −1, −2, …
    out = ln |Γ(x)|
    lgamma([1.0, 5.0]) → [0.    , 3.1781]""",
)


@of_elements(
    real=True,
    Raises="ValueError if p is not an integer of at least 1; TypeError if input holds no numbers, or complex numbers.",
    Source="DLMF 35.3; PyTorch's `mvlgamma`.",
)
def mvlgamma(input: TensorLike, p: int) -> Tensor:
    """Compute the logarithm of the multivariate gamma function of dimension `p`, elementwise.

    Formula: out = p(p − 1)/4 ln π + Σⱼ ln Γ(input − j/2), 0 ≤ j < p
    mvlgamma([2.0, 3.0], 2) → [0.4516, 1.5502]
    """
    if not isinstance(p, int) or p < 1:
        raise ValueError(f"mvlgamma: p must be an integer of at least 1, got {describe(p)}")
    (x,) = unified("mvlgamma", input, floating=True)
    out = lgamma(x) + p * (p - 1) / 4 * math.log(math.pi)
    for j in range(1, p):
        out = out + lgamma(x - j / 2)
    return out


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) e^-x / Γ(a), by the power near 0 and by logarithms where the power could overflow; NaN for x < 0."""
    norm = lgamma(a) if hasattr(a, "dtype") else math.lgamma(a)
    density = where(x < 1, x ** (a - 1) * exp(-x - norm), exp((a - 1) * log(x) - x - norm))
    return where(x >= 0, density, math.nan)


gammainc = _special_of_two(
    "gammainc",
    (no_derivative("gammainc", "its first argument a"), lambda g, a, x: g * _gamma_density(a, x)),
    dlmf="8.2.4",
    doc="""Compute the regularised lower incomplete gamma function, elementwise.
    A gradient with respect to input is not implemented, and raises NotImplementedError.
    out = P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt, a the input and x the other
    special.gammainc([1.0, 2.0], 1.0) → [0.6321, 0.2642]""",
)
gammaincc = _special_of_two(
    "gammaincc",
    (no_derivative("gammaincc", "its first argument a"), lambda g, a, x: -g * _gamma_density(a, x)),
    dlmf="8.2.4",
    doc="""Compute the regularised upper incomplete gamma function, elementwise.
    A gradient with respect to input is not implemented, and raises NotImplementedError.
    out = Q(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt, a the input and x the other
    special.gammaincc([1.0, 2.0], 1.0) → [0.3679, 0.7358]""",
)
zeta: Callable = _special_of_two(
    "zeta",
    (no_derivative("zeta", "its first argument"), lambda g, s, q: g * (-s * zeta(s + 1, q))),
    dlmf="25.11.1",
    doc="""Compute the Hurwitz zeta function, elementwise; other = 1 gives Riemann's.
    A gradient with respect to input is not implemented, and raises NotImplementedError.
    out = Σₖ (k + q)⁻ˢ, k = 0, 1, …, s the input and q the other
    special.zeta([2.0, 4.0], 1.0) → [1.6449, 1.0823]""",
)


igamma, igammac = gammainc, gammaincc


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.erf        x.erf       x.erf_       onnx.Erf
ag.erfc       x.erfc      x.erfc_
ag.logit      x.logit     x.logit_  out=
ag.polygamma  out=
ag.digamma    x.digamma   x.digamma_
ag.lgamma     x.lgamma    x.lgamma_
ag.mvlgamma   x.mvlgamma  x.mvlgamma_  out=
ag.igamma     x.igamma    x.igamma_
ag.igammac    x.igammac   x.igammac_
ag.erfinv     x.erfinv    x.erfinv_
"""
