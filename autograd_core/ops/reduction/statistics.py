"""Covariance and correlation, norms and what is bounded by them, as compositions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import conj, where
from ...engine.operands import convert, real, unified
from ..arguments import array_operand, dim_index, numpy_names, plain
from ..elementwise.arithmetic import maximum, sqrt, sub
from ..linalg.norms import matrix_norm_of, norm_of, norm_over
from ..linalg.products import matmul
from ..shape.shape import reshape, transpose, unsqueeze
from ..shape.strided import diagonal
from .extremes import nothing_error
from .reduce import reduction_dims, sum


def cov(x: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance matrix of the rows of x, (V, N) -> (V, V); of a single row or a vector, its variance, ().

    correction   what is taken off the number of observations (Bessel's correction: 1); if that leaves none, the result is
                 infinite or NaN
    fweights     (N,) whole numbers: how often each observation counts
    aweights     (N,) numbers: how much each observation weighs

    Raises for negative weights, and for weights that sum to 0.
    """
    (x,) = unified("cov", array_operand(x, "cov"), floating=True)
    if x.ndim > 2:
        raise ValueError(f"cov: x must be (variables, observations), or a vector, got shape {tuple(x.shape)}")
    x = reshape(x, (1, math.prod(x.shape))) if x.ndim < 2 else x
    weights, given = [], (("fweights", fweights), ("aweights", aweights))
    for name, w in ((name, array_operand(w, "cov")) for name, w in given if w is not None):
        w = reshape(w, (1,)) if w.ndim == 0 else w
        if tuple(w.shape) != (x.shape[1],):
            raise ValueError(
                f"cov: {name} must hold a number for each of the {x.shape[1]} observations, got shape {tuple(w.shape)}"
            )
        if name == "fweights" and w.dtype.kind not in "iu":
            raise TypeError(f"cov: fweights count observations and must be integers, got {w.dtype}")
        weights.append(_weights(name, unified("cov", x, w)[1]))
    w = math.prod(weights, start=1.0)
    count = sum(w) if weights else np.asarray(x.shape[1], x.real.dtype)
    centred = x - unsqueeze(sum(x * w, 1), 1) / count
    centred = centred - unsqueeze(sum(centred * w, 1), 1) / count  # far from 0 the first mean is rounded
    taken = sum(w * weights[-1]) / count if aweights is not None else 1
    out = matmul(centred * w, conj(transpose(centred, 0, 1))) / maximum(real(count - correction * taken), 0)
    return reshape(out, ()) if len(out) == 1 else out


def _weights(name: str, w: Any) -> Any:
    """Weights, none negative and not all 0, as far as can be seen (inside `vmap` they cannot)."""
    values = plain(w)
    if isinstance(values, ndarray) and not (values.real >= 0).all():
        raise ValueError(f"cov: {name} must not be negative, got {values.min()}")
    if isinstance(values, ndarray) and not values.any():
        raise ValueError(f"cov: {name} sum to 0, so nothing is observed; give a positive one")
    return w


def corrcoef(x: Any) -> Any:
    """Pearson's correlation coefficients of the rows of x, (V, N) -> (V, V); of a single row or a vector, 1."""
    c = cov(x)
    if c.ndim == 0:
        return c / c
    deviations = sqrt(real(diagonal(c)))
    return c / unsqueeze(deviations, 1) / unsqueeze(deviations, 0)


@numpy_names
def norm(x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """(Σ |x|^p)^(1/p) over `dim`; p = ∞ and -∞: the largest and smallest |x|; 0: the number of those that are not 0; "fro":
    2; "nuc", over two dims: the sum of singular values.

    All elements as one vector; for other norms of matrices see `linalg`. Where the norm is 0 its gradient is 0, and its
    second derivative NaN.
    """
    x = array_operand(x, "norm")
    x = x if dtype is None else convert(x, dtype)
    if x.dtype.kind not in "fc":
        raise TypeError(f"norm: needs a floating tensor, got {x.dtype}; convert it with x.float() or pass dtype=")
    if p == "nuc":
        dims = tuple(range(x.ndim)) if dim is None else dim
        if not isinstance(dims, list | tuple) or len(dims) != 2:
            raise ValueError(
                f'norm: "nuc" is a norm of matrices, over two dims; got shape {tuple(x.shape)}, dim {dim}; pass dim=(-2, -1)'
            )
        return matrix_norm_of("norm", x, "nuc", dims, keepdim)
    if p == "fro" or p is None:
        p = 2
    if isinstance(p, str) or not isinstance(p, int | float):
        raise ValueError(f'norm: p must be a number, "fro" or "nuc", got {p!r}')
    dims = reduction_dims(x, dim, "norm")
    if math.isinf(p) and math.prod(x.shape[d] for d in dims) == 0:
        raise nothing_error("norm", x, dim)
    return norm_over(x, p, dims, keepdim)


def dist(x: Any, y: Any, p: float = 2) -> Any:
    """The p-norm of x - y."""
    return norm(sub(x, y), p)


def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    """x with each slice along `dim` whose p-norm is greater than `maxnorm` scaled down to it."""
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm: p must be positive and maxnorm not negative, got p={p}, maxnorm={maxnorm}")
    x = array_operand(x, "renorm")
    if x.ndim < 2:
        raise ValueError(f"renorm: x must have at least 2 dimensions, got shape {tuple(x.shape)}")
    at = dim_index(dim, x.ndim, "renorm")
    size = norm_of("renorm", x, p, tuple(d for d in range(x.ndim) if d != at), True, least=maxnorm)
    large = size > maxnorm
    return x * where(large, maxnorm / (where(large, size, 1.0) + 1e-7), 1.0)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.cov       x.cov
ag.corrcoef  x.corrcoef
ag.norm      x.norm
ag.dist      x.dist
ag.renorm    x.renorm    x.renorm_
"""
