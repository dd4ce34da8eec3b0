"""Orthogonal polynomials of degree n, `f(x, n)`; of negative degree 0. Values from SciPy, every derivative a neighbour.

The families of Gegenbauer and Laguerre have a parameter a that a derivative raises by one (dlmf.nist.gov, 18.9(iii)).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.docstrings import elementwise
from ...engine.operands import unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
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


def _of_degree(name: str, polynomial: Callable, doc: str, real: bool = False) -> Callable:
    def function(input: TensorLike, n: int) -> Tensor:
        if isinstance(n, bool) or not isinstance(n, int | np.integer):
            raise TypeError(f"{name}: the degree n must be an int, got {describe(n)}")
        (x,) = unified(name, input, floating=True)
        return polynomial(x if hasattr(x, "dtype") else np.asarray(x, np.float64), int(n))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = elementwise(
        doc,
        1,
        True,
        Raises=f"TypeError if input holds no numbers{', or complex numbers' if real else ''}, or if n is not an int.",
        Source=f"DLMF 18.3; PyTorch's `special.{name}`.",
    )
    return function


CHEBYSHEV = {  # the four kinds, by cos θ = x
    "t": (chebyt, "first", "cos nθ"),
    "u": (chebyu, "second", "sin (n + 1)θ / sin θ"),
    "v": (lambda x, n: chebyu(x, n) - chebyu(x, n - 1), "third", "cos (n + ½)θ / cos ½θ"),
    "w": (lambda x, n: chebyu(x, n) + chebyu(x, n - 1), "fourth", "sin (n + ½)θ / sin ½θ"),
}


def _chebyshev(kind: str, values: str) -> Callable:
    polynomial, ordinal, formula = CHEBYSHEV[kind]
    name = f"chebyshev_polynomial_{kind}"
    doc = f"""Compute the Chebyshev polynomial of the {ordinal} kind, of degree `n`, of each element.
    A negative degree gives 0.
    out = {formula}, cos θ = x
    special.{name}([0.5, 1.0], 2) → {values}"""
    return _of_degree(name, polynomial, doc)


def _shifted(kind: str, values: str) -> Callable:
    polynomial, ordinal, formula = CHEBYSHEV[kind]
    name = f"shifted_chebyshev_polynomial_{kind}"
    doc = f"""Compute the shifted Chebyshev polynomial of the {ordinal} kind, of degree `n`, of each element.
    It is the one of 2x − 1, for x in [0, 1]. A negative degree gives 0.
    out = {formula}, cos θ = 2x − 1
    special.{name}([0.75, 1.0], 2) → {values}"""
    return _of_degree(name, lambda x, n: polynomial(2 * x - 1, n), doc)


chebyshev_polynomial_t = _chebyshev("t", "[-0.5,  1. ]")
chebyshev_polynomial_u = _chebyshev("u", "[0., 3.]")
chebyshev_polynomial_v = _chebyshev("v", "[-1.,  1.]")
chebyshev_polynomial_w = _chebyshev("w", "[1., 5.]")
shifted_chebyshev_polynomial_t = _shifted("t", "[-0.5,  1. ]")
shifted_chebyshev_polynomial_u = _shifted("u", "[0., 3.]")
shifted_chebyshev_polynomial_v = _shifted("v", "[-1.,  1.]")
shifted_chebyshev_polynomial_w = _shifted("w", "[1., 5.]")
hermite_polynomial_h = _of_degree(
    "hermite_polynomial_h",
    hermite,
    """Compute the physicist's Hermite polynomial of degree `n`, of each element.
    A negative degree gives 0.
    out = (−1)ⁿ exp(x²) dⁿ/dxⁿ exp(−x²)
    special.hermite_polynomial_h([0.0, 1.0], 2) → [-2.,  2.]""",
    real=True,
)
hermite_polynomial_he = _of_degree(
    "hermite_polynomial_he",
    hermitenorm,
    """Compute the probabilist's Hermite polynomial of degree `n`, of each element.
    A negative degree gives 0.
    out = (−1)ⁿ exp(x²/2) dⁿ/dxⁿ exp(−x²/2)
    special.hermite_polynomial_he([0.0, 3.0], 2) → [-1.,  8.]""",
    real=True,
)
laguerre_polynomial_l = _of_degree(
    "laguerre_polynomial_l",
    laguerre,
    """Compute the Laguerre polynomial of degree `n`, of each element.
    A negative degree gives 0.
    out = eˣ/n! dⁿ/dxⁿ (xⁿ e⁻ˣ)
    special.laguerre_polynomial_l([0.0, 1.0], 2) → [ 1. , -0.5]""",
)
legendre_polynomial_p = _of_degree(
    "legendre_polynomial_p",
    lambda x, n: gegenbauer(x, n, 0.5),
    """Compute the Legendre polynomial of degree `n`, of each element.
    A negative degree gives 0.
    out = 1/(2ⁿ n!) dⁿ/dxⁿ (x² − 1)ⁿ
    special.legendre_polynomial_p([0.0, 1.0], 2) → [-0.5,  1. ]""",
)
