# The functions of `special`. Written by `python -m tests.stubs` from the functions: change those.
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Dims
from autograd_core.engine.types import TensorLike
from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from numpy.typing import DTypeLike

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]

def airy_ai(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Airy function Ai of each element."""

def bessel_j0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Bessel function of the first kind of order 0, J₀."""

def bessel_j1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Bessel function of the first kind of order 1, J₁."""

def bessel_y0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Bessel function of the second kind of order 0, Y₀."""

def bessel_y1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Bessel function of the second kind of order 1, Y₁."""

def chebyshev_polynomial_t(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Chebyshev polynomial of the first kind, of degree `n`, of each element."""

def chebyshev_polynomial_u(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Chebyshev polynomial of the second kind, of degree `n`, of each element."""

def chebyshev_polynomial_v(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Chebyshev polynomial of the third kind, of degree `n`, of each element."""

def chebyshev_polynomial_w(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Chebyshev polynomial of the fourth kind, of degree `n`, of each element."""

def digamma(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the digamma function, the derivative of log Γ, of each element."""

def entr(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute each element's summand of an entropy."""

def erf(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the error function of each element."""

def erfc(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the complementary error function, 1 − erf(x), exactly also where it is small."""

def erfcx(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scaled complementary error function, which does not underflow."""

def erfinv(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose error function each element is."""

def exp2(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute 2 to the power of each element."""

def expit(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Apply the logistic function to each element."""

def expm1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the exponential minus 1, exactly also where it is nearly 0."""

def gammainc(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the regularised lower incomplete gamma function, elementwise."""

def gammaincc(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the regularised upper incomplete gamma function, elementwise."""

def gammaln(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm of the absolute value of the gamma function of each element."""

def hermite_polynomial_h(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the physicist's Hermite polynomial of degree `n`, of each element."""

def hermite_polynomial_he(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the probabilist's Hermite polynomial of degree `n`, of each element."""

def i0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 0, I₀."""

def i0e(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scaled modified Bessel function of the first kind of order 0, which does not overflow."""

def i1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 1, I₁."""

def i1e(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scaled modified Bessel function of the first kind of order 1, which does not overflow."""

def laguerre_polynomial_l(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Laguerre polynomial of degree `n`, of each element."""

def legendre_polynomial_p(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Legendre polynomial of degree `n`, of each element."""

def log1p(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the natural logarithm of 1 plus each element, exactly also near 0."""

def log_ndtr(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm of the standard normal distribution function, also where that underflows."""

def log_softmax(input: TensorLike, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
    """Compute the logarithm of the softmax over `dim`, exact also where the softmax underflows."""

def logit(input: TensorLike, eps: _float | None = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the logit of each element, the inverse of the sigmoid."""

def logsumexp(
    input: TensorLike,
    dim: Dims,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute log Σ eˣ over `dim`, without overflow."""

def modified_bessel_i0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 0, I₀."""

def modified_bessel_i1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 1, I₁."""

def modified_bessel_k0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the second kind of order 0, K₀."""

def modified_bessel_k1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the second kind of order 1, K₁."""

def multigammaln(input: TensorLike, p: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm of the multivariate gamma function of dimension `p`, elementwise."""

def ndtr(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the distribution function of the standard normal distribution."""

def ndtri(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the quantile of the standard normal distribution, the inverse of `ndtr`."""

def polygamma(n: _int, input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the polygamma function, the derivative of order `n` of digamma, of each element of `input`."""

def psi(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the digamma function, the derivative of log Γ, of each element."""

def round(input: TensorLike, *, decimals: _int = ..., out: Tensor | None = ...) -> Tensor:
    """Round each element of `input` to the nearest number with `decimals` digits after the point."""

def scaled_modified_bessel_k0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scaled modified Bessel function of the second kind of order 0, which does not underflow."""

def scaled_modified_bessel_k1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scaled modified Bessel function of the second kind of order 1, which does not underflow."""

def shifted_chebyshev_polynomial_t(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the shifted Chebyshev polynomial of the first kind, of degree `n`, of each element."""

def shifted_chebyshev_polynomial_u(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the shifted Chebyshev polynomial of the second kind, of degree `n`, of each element."""

def shifted_chebyshev_polynomial_v(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the shifted Chebyshev polynomial of the third kind, of degree `n`, of each element."""

def shifted_chebyshev_polynomial_w(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the shifted Chebyshev polynomial of the fourth kind, of degree `n`, of each element."""

def sinc(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute sin(πx) / (πx) of each element, which is 1 at 0."""

def softmax(input: TensorLike, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
    """Compute the softmax over `dim`: positive numbers that add up to 1."""

def spherical_bessel_j0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the spherical Bessel function of the first kind of order 0."""

def xlog1py(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute x log(1 + y), elementwise, exactly also where y is nearly 0."""

def xlogy(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute x log y, elementwise, with 0 log 0 = 0."""

def zeta(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Hurwitz zeta function, elementwise; other = 1 gives Riemann's."""
