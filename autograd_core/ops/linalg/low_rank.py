"""Singular value decompositions of large matrices by a random basis of their range, and principal components."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...random import randn
from ..arguments import integer
from ..elementwise.complex import mH
from ..reduction.deviations import mean
from .decompositions import qr, svd
from .products import matmul
from .solve import matrices


class LowRankResult(NamedTuple):
    """Holds what `svd_lowrank` and `pca_lowrank` return: `U`, `S` and `V`."""

    U: Tensor
    S: Tensor
    V: Tensor


def _basis(A: Any, q: int, niter: int) -> Any:
    """Orthonormal columns that nearly span the range of A."""
    start = randn(A.shape[-1], q, dtype=A.dtype)
    Q = qr(matmul(A, start)).Q
    for _ in range(niter):
        Q = qr(matmul(mH(A), Q)).Q
        Q = qr(matmul(A, Q)).Q
    return Q


def _counts(name: str, A: Any, q: Any, niter: Any) -> tuple[int, int]:
    q, niter = integer(q, name, "q"), integer(niter, name, "niter")
    if not 0 <= q <= min(A.shape[-2:]) or niter < 0:
        raise ValueError(
            f"{name}: q is {q} and niter {niter}, but q must be between 0 and {min(A.shape[-2:])}, the smaller side of "
            f"{tuple(A.shape)}, and niter not negative"
        )
    return q, niter


def svd_lowrank(A: TensorLike, q: int = 6, niter: int = 2, M: TensorLike | None = None) -> LowRankResult:
    """Compute the `q` largest singular values of `A`, or of A − `M`, nearly, with their vectors.

    The range is found from random vectors (see `ag.manual_seed`) by `niter` rounds of multiplication by A and Aᴴ.

    Formula: A ≈ U diag(S) Vᴴ with Uᴴ U = I, Vᴴ V = I, S descending
    Shapes: (*, M, N) → (*, M, q), (*, q) and (*, N, q).
    Dtypes: float32, float64 or complex, which U and V have; S is real.
    Raises: ValueError unless A holds matrices and q and niter fit; TypeError if it is not floating.
    Source: Halko, Martinsson & Tropp 2011, "Finding structure with randomness", algorithms 4.4 and 5.1.

    >>> import autograd_core as ag
    >>> ag.svd_lowrank(ag.tensor([[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]]), q=2).S.round(decimals=3)
    tensor([3., 2.])
    """
    A = matrices("svd_lowrank", A)
    q, niter = _counts("svd_lowrank", A, q, niter)
    return _svd(A if M is None else A - M, q, niter)


def _svd(A: Any, q: int, niter: int) -> LowRankResult:
    wide = A.shape[-2] < A.shape[-1]
    A = mH(A) if wide else A
    Q = _basis(A, q, niter)
    U, S, Vh = svd(matmul(mH(Q), A), False)
    left, right = matmul(Q, U), mH(Vh)
    return LowRankResult(right, S, left) if wide else LowRankResult(left, S, right)


def pca_lowrank(A: TensorLike, q: int | None = None, center: bool = True, niter: int = 2) -> LowRankResult:
    """Compute the first `q` principal components of the rows of `A`, nearly: the columns of V.

    With `center` the mean of the rows is taken away first. q None is 6, or the smaller side of A; `niter` is that of
    `svd_lowrank`.

    Formula: A − mean ≈ U diag(S) Vᴴ
    Shapes: (*, M, N) → (*, M, q), (*, q) and (*, N, q).
    Dtypes: float32, float64 or complex, which U and V have; S is real.
    Raises: ValueError unless A holds matrices and q and niter fit; TypeError if it is not floating.
    Source: Halko, Martinsson & Tropp 2011, "Finding structure with randomness".

    >>> import autograd_core as ag
    >>> ag.pca_lowrank(ag.tensor([[1.0, 5.0], [3.0, 5.0]]), q=1).V.abs().round(decimals=3)
    tensor([[1.],
            [0.]])
    """
    A = matrices("pca_lowrank", A)
    q, niter = _counts("pca_lowrank", A, min(6, *A.shape[-2:]) if q is None else q, niter)
    return _svd(A - mean(A, -2, True) if center else A, q, niter)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.svd_lowrank
ag.pca_lowrank
"""
