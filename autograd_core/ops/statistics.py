"""Covariance, correlation and bounded norms, as compositions."""

from __future__ import annotations

import math
from typing import Any

from ..primitive import unified
from .elementwise import sqrt, where
from .linalg import matmul
from .reduce import norm, sum
from .shape import array_operand, dim_index, reshape, transpose, unsqueeze
from .strided import diagonal


def cov(x: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance matrix of the rows of x, (V, N) -> (V, V); of a vector, its variance.

    correction   what is taken off the number of observations (Bessel's correction: 1)
    fweights     (N,) whole numbers: how often each observation counts
    aweights     (N,) numbers: how much each observation weighs
    """
    (x,) = unified("cov", array_operand(x, "cov"), floating=True)
    if x.ndim > 2:
        raise ValueError(f"cov: x must be (variables, observations), or a vector, got shape {tuple(x.shape)}")
    single = x.ndim < 2
    x = reshape(x, (1, -1)) if single else x
    weights, given = [], (("fweights", fweights), ("aweights", aweights))
    for name, w in ((name, array_operand(w, "cov")) for name, w in given if w is not None):
        if tuple(w.shape) != (x.shape[1],):
            raise ValueError(
                f"cov: {name} must hold a number for each of the {x.shape[1]} observations, got shape {tuple(w.shape)}"
            )
        if name == "fweights" and w.dtype.kind not in "iu":
            raise TypeError(f"cov: fweights count observations and must be integers, got {w.dtype}")
        weights.append(unified("cov", x, w)[1])
    w = math.prod(weights, start=1.0)
    count = sum(w) if weights else x.shape[1]
    centred = x - unsqueeze(sum(x * w, 1), 1) / count
    taken = sum(w * weights[-1]) / count if aweights is not None else 1
    out = matmul(centred * w, transpose(centred, 0, 1)) / (count - correction * taken)
    return reshape(out, ()) if single else out


def corrcoef(x: Any) -> Any:
    """Pearson's correlation coefficients of the rows of x, (V, N) -> (V, V); of a vector, 1."""
    c = cov(x)
    if c.ndim == 0:
        return c / c
    deviations = sqrt(diagonal(c))
    return c / unsqueeze(deviations, 1) / unsqueeze(deviations, 0)


def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    """x with each slice along `dim` whose p-norm is greater than `maxnorm` scaled down to it."""
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm: p must be positive and maxnorm not negative, got p={p}, maxnorm={maxnorm}")
    x = array_operand(x, "renorm")
    if x.ndim < 2:
        raise ValueError(f"renorm: x must have at least 2 dimensions, got shape {tuple(x.shape)}")
    at = dim_index(dim, x.ndim, "renorm")
    size = norm(x, p, tuple(d for d in range(x.ndim) if d != at), True)
    large = size > maxnorm
    return x * where(large, maxnorm / (where(large, size, 1.0) + 1e-7), 1.0)
