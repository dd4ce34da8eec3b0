"""The special functions, against SciPy's and against sums and integrals by plain NumPy."""

import math

import numpy as np
import scipy.special as sp

import autograd_core as ag

from . import Row, positive, real

S = ag.special


def e(name, ref, *inputs, f=None, **options):
    return Row(f"special_{name}", f or getattr(S, name), ref, inputs or (real(3, 4),), elementwise=True, **options)


def probability(*shape):
    return real(*shape, low=0.1, high=0.9)


def by_quadrature(integrand):
    """∫₀¹ of integrand(x, t) dt by Gauss-Legendre with 60 nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    return lambda x: sum(w / 2 * integrand(x, (t + 1) / 2) for t, w in zip(nodes, weights, strict=True))


def even(n, sign):
    """The series Σ (sign x²/4)^k / (k! (k + n)!) (x/2)^n of the Bessel functions of order n."""

    def term(x, k):
        return (sign * x * x / 4) ** k / (math.factorial(k) * math.factorial(k + n))

    return lambda x: sum(term(x, k) for k in range(30)) * (x / 2) ** n


def vectorized(f):
    return np.vectorize(f, otypes=[float])


def at(function, first):
    """function(first, x) with the first argument a 0-d tensor of x's dtype."""
    return lambda x: function(ag.tensor(first, dtype=x.dtype), x)


def angle(formula, n, shifted=False):
    """A Chebyshev polynomial by its formula in θ."""
    return lambda x: formula(np.arccos(2 * x - 1 if shifted else x), n)


def degree(n, name):
    return lambda x: getattr(S, name)(x, n)


CHEBYSHEV = {
    "t": lambda a, n: np.cos(n * a),
    "u": lambda a, n: np.sin((n + 1) * a) / np.sin(a),
    "v": lambda a, n: np.cos((n + 0.5) * a) / np.cos(a / 2),
    "w": lambda a, n: np.sin((n + 0.5) * a) / np.sin(a / 2),
}
POLYNOMIALS = [
    *(
        e(f"{shift}chebyshev_{kind}_{n}", angle(formula, n, bool(shift)),
          real(3, 4, low=0.05 if shift else -0.95, high=0.95), f=degree(n, f"{shift}chebyshev_polynomial_{kind}"),
          tol32=1e-4)
        for kind, formula in CHEBYSHEV.items() for shift in ("", "shifted_") for n in (0, 1, 5)
    ),
    e("hermite_h", lambda x: 16 * x**4 - 48 * x**2 + 12, f=degree(4, "hermite_polynomial_h"), tol32=1e-4),
    e("hermite_he", lambda x: x**4 - 6 * x**2 + 3, f=degree(4, "hermite_polynomial_he"), tol32=1e-4),
    e("laguerre", lambda x: (-(x**3) + 9 * x**2 - 18 * x + 6) / 6, f=degree(3, "laguerre_polynomial_l"), tol32=1e-4),
    e("legendre", lambda x: (5 * x**3 - 3 * x) / 2, f=degree(3, "legendre_polynomial_p"), tol32=1e-4),
    e("negative_degree", lambda x: 0 * x, f=degree(-1, "legendre_polynomial_p")),
]  # fmt: skip

ROWS = [
    *POLYNOMIALS,
    e("erf", by_quadrature(lambda x, t: 2 / math.sqrt(math.pi) * x * np.exp(-((x * t) ** 2)))),
    e("erfc", vectorized(math.erfc)),
    e("erfcx", vectorized(lambda x: math.exp(x * x) * math.erfc(x)), tol32=1e-4),
    e("erfinv", sp.erfinv, real(3, 4, low=-0.9, high=0.9), tol32=1e-4),
    e("ndtr", vectorized(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)))),
    e("ndtri", sp.ndtri, probability(3, 4), tol32=1e-4),
    e("log_ndtr", vectorized(lambda x: math.log(0.5 * math.erfc(-x / math.sqrt(2)))), tol32=1e-4),
    e("log_ndtr_far", sp.log_ndtr, real(3, 4, low=-30, high=-20), f=S.log_ndtr, tol32=1e-4),
    e("entr", lambda x: -x * np.log(x), positive(3, 4)),
    e("xlog1py", lambda x, y: x * np.log1p(y), real(3, 4), positive(3, 4)),
    e("logit", lambda x: np.log(x / (1 - x)), probability(3, 4), tol32=1e-4),
    e("logit_eps", lambda x: sp.logit(np.clip(x, 0.2, 0.8)), real(3, 4, low=0, high=1, away=(0.2, 0.8)),
        f=lambda x: S.logit(x, 0.2), tol32=1e-4),
    e("expit", lambda x: 1 / (1 + np.exp(-x))),
    e("gammaln", vectorized(math.lgamma), positive(3, 4), tol32=1e-4),
    e("gammaln_negative", vectorized(math.lgamma), real(3, 4, low=-1.9, high=-1.1), f=ag.lgamma, tol32=1e-4),
    e("digamma", sp.digamma, positive(3, 4), tol32=1e-4),
    e("polygamma", lambda x: sp.polygamma(2, x), positive(3, 4), f=lambda x: S.polygamma(2, x), tol32=1e-4),
    e("polygamma_method", lambda x: sp.polygamma(1, x), positive(3, 4), f=lambda x: x.polygamma(1), tol32=1e-4),
    e("multigammaln", vectorized(lambda x: sp.multigammaln(x, 3)), real(3, 4, low=1.2, high=4),
        f=lambda x: S.multigammaln(x, 3), tol32=1e-4),
    e("gammainc", lambda x: sp.gammainc(1.7, x), positive(3, 4), f=at(S.gammainc, 1.7), tol32=1e-4),
    e("gammaincc", lambda x: sp.gammaincc(0.6, x), positive(3, 4), f=at(S.gammaincc, 0.6), tol32=1e-4),
    e("zeta", lambda q: sum((k + q) ** -6.0 for k in range(3000)), positive(3, 4), f=lambda q: S.zeta(6.0, q),
        tol32=1e-4),
    e("i0", even(0, 1)),
    e("i1", even(1, 1)),
    e("i0e", lambda x: even(0, 1)(x) * np.exp(-np.abs(x)), real(3, 4, away=(0,))),
    e("i1e", lambda x: even(1, 1)(x) * np.exp(-np.abs(x)), real(3, 4, away=(0,))),
    e("bessel_j0", even(0, -1), tol32=1e-4),
    e("bessel_j1", even(1, -1), tol32=1e-4),
    e("bessel_y0", sp.y0, positive(3, 4), tol32=1e-4),
    e("bessel_y1", sp.y1, positive(3, 4), tol32=1e-4),
    e("modified_bessel_k0", sp.k0, positive(3, 4), tol32=1e-4),
    e("modified_bessel_k1", sp.k1, positive(3, 4), tol32=1e-4),
    e("scaled_modified_bessel_k0", lambda x: np.exp(x) * sp.k0(x), positive(3, 4), tol32=1e-4),
    e("scaled_modified_bessel_k1", lambda x: np.exp(x) * sp.k1(x), positive(3, 4), tol32=1e-4),
    e("spherical_bessel_j0", lambda x: np.sin(x) / x, real(3, 4, away=(0,))),
    e("airy_ai", lambda x: sp.airy(x)[0], tol32=1e-4),
]  # fmt: skip
