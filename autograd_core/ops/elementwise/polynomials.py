"""Orthogonal polynomials of degree n, `f(x, n)`; of negative degree 0. Values from SciPy, every derivative a neighbour.

The families of Gegenbauer and Laguerre have a parameter a that a derivative raises by one (dlmf.nist.gov, 18.9(iii)).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import describe
from .special import scipy_function


def _family(scipy_name: str, slope: Callable, *, parameter: bool = False) -> Callable:
    """p(x, n, a); slope(x, n, a) is its derivative for n >= 1. SciPy takes (n, x) or, with a `parameter`, (n, a, x)."""
    values = scipy_function(scipy_name)

    def forward(x: ndarray, n: int, a: float) -> ndarray:
        return values(n, a, x) if parameter else values(n, x)

    p = Primitive(
        forward,
        name=scipy_name.removeprefix("eval_"),
        vjps=(lambda g, x, n, a: g * slope(x, n, a) if n else 0 * g,),
        saves=(0,),
        elementwise=True,
    )
    return lambda x, n, a=0.0: apply(p, (x,), (n, a)) if n >= 0 else 0 * x


gegenbauer: Callable = _family(
    "eval_gegenbauer", lambda x, n, a: 2 * a * gegenbauer(x, n - 1, a + 1), parameter=True
)  # (18.9.19)
laguerre: Callable = _family(
    "eval_genlaguerre", lambda x, n, a: -laguerre(x, n - 1, a + 1), parameter=True
)  # (18.9.23)
chebyt: Callable = _family("eval_chebyt", lambda x, n, a: n * chebyu(x, n - 1))  # (18.9.21)
hermite: Callable = _family("eval_hermite", lambda x, n, a: 2 * n * hermite(x, n - 1))  # (18.9.25)
hermitenorm: Callable = _family("eval_hermitenorm", lambda x, n, a: n * hermitenorm(x, n - 1))  # (18.9.27)


def chebyu(x: Any, n: int) -> Any:
    return gegenbauer(x, n, 1.0)


def _of_degree(name: str, polynomial: Callable, doc: str) -> Callable:
    def function(input: Any, n: int) -> Any:
        if isinstance(n, bool) or not isinstance(n, int | np.integer):
            raise TypeError(f"{name}: the degree n must be an int, got {describe(n)}")
        (x,) = unified(name, input, floating=True)
        return polynomial(x if hasattr(x, "dtype") else np.asarray(x, np.float64), int(n))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


CHEBYSHEV = {  # the four kinds, by cos θ = x
    "t": (chebyt, "cos nθ"),
    "u": (chebyu, "sin (n+1)θ / sin θ"),
    "v": (lambda x, n: chebyu(x, n) - chebyu(x, n - 1), "cos (n+½)θ / cos ½θ"),
    "w": (lambda x, n: chebyu(x, n) + chebyu(x, n - 1), "sin (n+½)θ / sin ½θ"),
}


def _chebyshev(kind: str) -> Callable:
    polynomial, formula = CHEBYSHEV[kind]
    return _of_degree(f"chebyshev_polynomial_{kind}", polynomial, f"{formula} at x = cos θ.")


def _shifted(kind: str) -> Callable:
    polynomial, formula = CHEBYSHEV[kind]
    name = f"shifted_chebyshev_polynomial_{kind}"
    return _of_degree(name, lambda x, n: polynomial(2 * x - 1, n), f"{formula} at 2x - 1 = cos θ, for x in [0, 1].")


chebyshev_polynomial_t = _chebyshev("t")
chebyshev_polynomial_u = _chebyshev("u")
chebyshev_polynomial_v = _chebyshev("v")
chebyshev_polynomial_w = _chebyshev("w")
shifted_chebyshev_polynomial_t = _shifted("t")
shifted_chebyshev_polynomial_u = _shifted("u")
shifted_chebyshev_polynomial_v = _shifted("v")
shifted_chebyshev_polynomial_w = _shifted("w")
hermite_polynomial_h = _of_degree("hermite_polynomial_h", hermite, "The physicist's Hermite polynomial H_n.")
hermite_polynomial_he = _of_degree("hermite_polynomial_he", hermitenorm, "The probabilist's Hermite polynomial He_n.")
laguerre_polynomial_l = _of_degree("laguerre_polynomial_l", laguerre, "The Laguerre polynomial L_n.")
legendre_polynomial_p = _of_degree(
    "legendre_polynomial_p", lambda x, n: gegenbauer(x, n, 0.5), "The Legendre polynomial P_n."
)
