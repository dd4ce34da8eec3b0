"""Covariance and correlation, norms and what is bounded by them, as compositions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

from ...engine.basics import conj, where
from ...engine.operands import convert, real, unified
from ...engine.tensor import Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import array_operand, dim_index, numpy_names, plain
from ..elementwise.arithmetic import maximum, sqrt, sub
from ..linalg.norms import matrix_norm_of, norm_of, norm_over
from ..linalg.products import matmul
from ..shape.shape import reshape, transpose, unsqueeze
from ..shape.strided import diagonal
from .extremes import nothing_error
from .reduce import reduction_dims, sum


def cov(
    input: TensorLike, *, correction: int = 1, fweights: TensorLike | None = None, aweights: TensorLike | None = None
) -> Tensor:
    """Compute the covariance matrix of the rows of `input`; of a single row or a vector, its variance.

    `correction` is subtracted from the number of observations (Bessel's correction: 1); if that leaves none, the result is
    infinite or NaN. `fweights`, whole numbers, are how often each observation counts; `aweights` how much each weighs.

    Formula: C_ij = Σ_n w_n (x_in − x̄_i) conj(x_jn − x̄_j) / (Σ_n w_n − correction · Σ_n w_n a_n / Σ_n w_n),
        w = f · a, x the input, f and a the weights (1 without them)
    Shapes: (V, N), with weights (N), → (V, V); (N) or (1, N) → ().
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: ValueError if `input` has more than 2 dimensions, if weights do not fit, are negative or sum to 0; TypeError if
        `fweights` are not integers.
    Source: PyTorch's `cov`.

    >>> import autograd_core as ag
    >>> ag.cov(ag.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    (x,) = unified("cov", array_operand(input, "cov"), floating=True)
    if x.ndim > 2:
        raise ValueError(f"cov: input must be (variables, observations), or a vector, got shape {tuple(x.shape)}")
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


def corrcoef(input: TensorLike) -> Tensor:
    """Compute Pearson's correlation coefficients of the rows of `input`; of a single row or a vector, 1.

    Formula: R_ij = C_ij / √(C_ii C_jj), C the covariance matrix of `input`
    Shapes: (V, N) → (V, V); (N) or (1, N) → ().
    Dtypes: floating or complex, kept; integers become the default float.
    Raises: ValueError if `input` has more than 2 dimensions; TypeError if it holds no numbers.
    Source: PyTorch's `corrcoef`.

    >>> import autograd_core as ag
    >>> ag.corrcoef(ag.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if c.ndim == 0:
        return c / c
    deviations = sqrt(real(diagonal(c)))
    return c / unsqueeze(deviations, 1) / unsqueeze(deviations, 0)


@numpy_names
def norm(
    input: TensorLike,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Compute the p-norm over `dim`, or of all elements as one vector.

    p = ∞ and −∞ are the largest and the smallest |x|, 0 the number of elements that are not 0, "fro" (or None) is 2; "nuc",
    over two dims, is the sum of the singular values. For other norms of matrices see `linalg`. Where the norm is 0 its
    gradient is 0, and its second derivative NaN. `keepdim` keeps the dimensions as 1; `dtype` converts `input` first.

    Formula: out = (Σ_i |x_i|^p)^(1/p), x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; of complex ones the result is real.
    Raises: TypeError if `input` is of integers or booleans and no floating `dtype` is given; ValueError if p is unknown, if
        "nuc" has not two dims, or if p is ±∞ and there are no elements; IndexError if a dim is out of range.
    Source: PyTorch's `norm`.

    >>> import autograd_core as ag
    >>> ag.norm(ag.tensor([3.0, 4.0])), ag.norm(ag.tensor([3.0, 4.0]), 1)
    (tensor(5.), tensor(7.))
    """
    x = array_operand(input, "norm")
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


def dist(input: TensorLike, other: TensorLike, p: float = 2) -> Tensor:
    """Compute the p-norm of the difference of two tensors.

    Formula: out = (Σ_i |x_i − y_i|^p)^(1/p), x the input and y the other
    Shapes: (*) and (*), broadcast together → ().
    Dtypes: floating, their common one; of complex ones the result is real.
    Raises: TypeError if the operands are integers; ValueError if their shapes do not broadcast.
    Source: PyTorch's `dist`.

    >>> import autograd_core as ag
    >>> ag.dist(ag.tensor([1.0, 1.0]), ag.tensor([4.0, 5.0]))
    tensor(5.)
    """
    return norm(sub(input, other), p)


def renorm(input: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale each slice along `dim` whose p-norm is greater than `maxnorm` down to that norm.

    Formula: out_k = x_k · min(1, maxnorm / ‖x_k‖_p), x_k the slices of `input` along `dim`
    Shapes: (*) → (*), of at least 2 dimensions.
    Dtypes: floating or complex, kept.
    Raises: ValueError if p is not positive, if `maxnorm` is negative, or if `input` has less than 2 dimensions; TypeError if
        it is of integers; IndexError if `dim` is out of range.
    Source: PyTorch's `renorm`.

    >>> import autograd_core as ag
    >>> ag.renorm(ag.tensor([[3.0, 4.0], [0.3, 0.4]]), p=2, dim=0, maxnorm=1.0)
    tensor([[0.6, 0.8],
            [0.3, 0.4]])
    """
    if not p > 0 or not maxnorm >= 0:
        raise ValueError(f"renorm: p must be positive and maxnorm not negative, got p={p}, maxnorm={maxnorm}")
    x = array_operand(input, "renorm")
    if x.ndim < 2:
        raise ValueError(f"renorm: input must have at least 2 dimensions, got shape {tuple(x.shape)}")
    at = dim_index(dim, x.ndim, "renorm")
    size = norm_of("renorm", x, p, tuple(d for d in range(x.ndim) if d != at), True, least=maxnorm)
    large = size > maxnorm
    return x * where(large, maxnorm / (where(large, size, 1.0) + 1e-7), 1.0)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.cov       x.cov
ag.corrcoef  x.corrcoef
ag.norm      x.norm  out=
ag.dist      x.dist
ag.renorm    x.renorm    x.renorm_  out=
"""
