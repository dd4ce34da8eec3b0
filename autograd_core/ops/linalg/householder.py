"""QR factorisations by their Householder reflections: `geqrf`, and products of the reflections it gives.

Reflection i is H_i = I − tau_i v vᴴ, where v has zeros, then 1 at i, then what column i of the matrix holds below its
diagonal. Q = H_1 H_2 … H_K.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.basics import conj
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.machine.blas import lapack
from ..elementwise.complex import mH
from ..shape.shape import unsqueeze
from ..shape.strided import tril
from .products import matmul
from .solve import floating, matrices


class GeqrfResult(NamedTuple):
    """Holds what `geqrf` returns: `a` and `tau`."""

    a: Tensor
    tau: Tensor


def _geqrf(A: ndarray) -> tuple[ndarray, ndarray]:
    h, tau = lapack(np.linalg.qr, A, "raw")
    return np.ascontiguousarray(np.swapaxes(h, -2, -1)), tau


def _geqrf_rule(needs: list[bool], g: Any) -> tuple:
    raise NotImplementedError("geqrf: there is no derivative of the reflections; use ag.linalg.qr")


_geqrf_primitive = Primitive(_geqrf, name="geqrf", joint=_geqrf_rule, outputs=True)


def geqrf(input: TensorLike) -> GeqrfResult:
    """Compute the QR factorisation of each matrix of `input` in LAPACK's form; `householder_product` makes Q of it.

    Formula: input = H_1 … H_K R, R the upper triangle of a; the reflections from the rest of a and tau, as above
    Shapes: (*, M, N) → (*, M, N) and (*, K), K = min(M, N).
    Dtypes: float32, float64 or complex, which the results have. Not differentiable.
    Raises: ValueError unless input holds matrices; TypeError if it is not floating.
    Source: LAPACK's `geqrf`.

    >>> import autograd_core as ag
    >>> ag.geqrf(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).a.triu().abs()
    tensor([[3., 0.],
            [0., 2.]])
    """
    return GeqrfResult(*apply(_geqrf_primitive, (matrices("geqrf", input),)))


def _reflectors(name: str, A: Any, tau: Any) -> tuple:
    """The vectors v as columns, and tau."""
    A, tau = floating(name, A, tau)
    A = matrices(name, A)
    K = tau.shape[-1] if tau.ndim else 0
    M, N = A.shape[-2:]
    if tuple(tau.shape[:-1]) != tuple(A.shape[:-2]) or tau.ndim == 0 or min(M, N) < K:
        raise ValueError(
            f"{name}: the matrices have shape {tuple(A.shape)} and tau {tuple(tau.shape)}, but tau needs at most "
            f"{min(M, N)} numbers a matrix"
        )
    return tril(A, -1)[..., :K] + np.eye(M, K, dtype=A.dtype), tau


def _reflected(V: Any, tau: Any, X: Any, adjoint: bool = False) -> Any:
    """H_1 … H_K X, or H_Kᴴ … H_1ᴴ X if `adjoint`."""
    K = V.shape[-1]
    for i in range(K) if adjoint else reversed(range(K)):
        v = V[..., i : i + 1]
        factor = unsqueeze(tau[..., i : i + 1], -1)
        X = X - (conj(factor) if adjoint else factor) * matmul(v, matmul(mH(v), X))
    return X


def householder_product(A: TensorLike, tau: TensorLike) -> Tensor:
    """Compute the first columns of the product of the reflections that `A` and `tau` stand for, as `geqrf` gives them.

    Formula: out = the first N columns of H_1 … H_K, H_i = I − tauᵢ v vᴴ, v = (0, …, 0, 1, A[i+1, i], …, A[M−1, i])
    Shapes: (*, M, N) and (*, K) → (*, M, N), K ≤ N ≤ M.
    Dtypes: the common dtype of A and tau, float32, float64 or complex.
    Raises: ValueError if the shapes do not fit; TypeError if A or tau is not floating.
    Source: LAPACK's `orgqr` and `ungqr`.

    >>> import autograd_core as ag
    >>> ag.linalg.householder_product(ag.tensor([[0.0], [1.0]]), ag.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    V, tau = _reflectors("linalg.householder_product", A, tau)
    M, N = A.shape[-2:]  # type: ignore[union-attr]
    if N > M:
        raise ValueError(f"linalg.householder_product: A has {N} columns but only {M} rows; take its first {M} columns")
    return _reflected(V, tau, np.eye(M, N, dtype=V.dtype))


def orgqr(input: TensorLike, tau: TensorLike) -> Tensor:
    """Compute Q from what `geqrf` gives of a matrix, `input` and `tau`: `linalg.householder_product`.

    Formula: out = the first N columns of H_1 … H_K
    Shapes: (*, M, N) and (*, K) → (*, M, N), K ≤ N ≤ M.
    Dtypes: the common dtype of input and tau, float32, float64 or complex.
    Raises: as `linalg.householder_product` does.
    Source: LAPACK's `orgqr`.

    >>> import autograd_core as ag
    >>> ag.orgqr(ag.tensor([[0.0], [1.0]]), ag.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    return householder_product(input, tau)


def ormqr(input: TensorLike, tau: TensorLike, other: TensorLike, left: bool = True, transpose: bool = False) -> Tensor:
    """Multiply `other` by the product Q of the reflections that `input` and `tau` stand for, without computing Q.

    Formula: out = Q other, Qᴴ other if `transpose`, other Q or other Qᴴ unless `left`; Q = H_1 … H_K has M columns
    Shapes: (*, M, N), (*, K) and (*, M, P) → (*, M, P); unless left (*, P, M) → (*, P, M).
    Dtypes: the common dtype of the operands, float32, float64 or complex.
    Raises: ValueError if the shapes do not fit; TypeError if an operand is not floating.
    Source: LAPACK's `ormqr` and `unmqr`.

    >>> import autograd_core as ag
    >>> ag.ormqr(ag.tensor([[0.0], [1.0]]), ag.tensor([1.0]), ag.tensor([[1.0], [2.0]]))
    tensor([[-2.],
            [-1.]])
    """
    V, tau = _reflectors("ormqr", input, tau)
    V, other = floating("ormqr", V, matrices("ormqr", other))
    M, size = V.shape[-2], other.shape[-2 if left else -1]
    if size != M:
        raise ValueError(f"ormqr: Q is {M} × {M}, but other has shape {tuple(other.shape)}")
    if left:
        return _reflected(V, tau, other, transpose)
    return mH(_reflected(V, tau, mH(other), not transpose))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.geqrf  x.geqrf  out=
ag.orgqr  x.orgqr
ag.ormqr  x.ormqr  out=
"""
