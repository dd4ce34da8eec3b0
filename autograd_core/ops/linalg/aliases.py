"""Linear algebra under the names it has outside of `linalg`, with their older arguments."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..elementwise.complex import mH
from . import decompositions, matrix_functions, norms, solve
from .products import outer

ger = outer


def inverse(A: Any) -> Any:
    """`linalg.inv`."""
    return solve.inv(A)


def pinverse(A: Any, rcond: float = 1e-15) -> Any:
    """`linalg.pinv`, with singular values up to `rcond` times the largest counting as 0."""
    return solve.pinv(A, rtol=rcond)


def cholesky(A: Any, upper: bool = False) -> Any:
    """`linalg.cholesky`."""
    return decompositions.cholesky(A, upper=upper)


def qr(A: Any, some: bool = True) -> decompositions.QRResult:
    """`linalg.qr`, reduced if `some`, else complete."""
    return decompositions.qr(A, "reduced" if some else "complete")


class SVDResult(NamedTuple):
    """What `svd` returns: A = U diag(S) Vᴴ."""

    U: Any
    S: Any
    V: Any


def svd(A: Any, some: bool = True, compute_uv: bool = True) -> SVDResult:
    """The singular value decomposition with V, where `linalg.svd` gives Vᴴ; reduced if `some`."""
    if not compute_uv:
        raise ValueError("svd: compute_uv=False is not supported; use linalg.svdvals for the singular values alone")
    U, S, Vh = decompositions.svd(A, not some)
    return SVDResult(U, S, mH(Vh))


def lu_solve(b: Any, LU: Any, pivots: Any) -> Any:
    """`linalg.lu_solve`, with b first."""
    return matrix_functions.lu_solve(LU, pivots, b)


def vecdot(x: Any, y: Any, dim: int = -1) -> Any:
    """`linalg.vecdot`."""
    return norms.vecdot(x, y, dim=dim)
