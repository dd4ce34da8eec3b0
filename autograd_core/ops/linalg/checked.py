"""Factorisations and solutions that say by a number which matrices of a stack failed, instead of raising: `…_ex`.

What belongs to a matrix that failed is NaN. PyTorch leaves there whatever LAPACK left.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.docstrings import documented
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.machine.blas import lapack
from ..arguments import values
from ..elementwise.complex import mH
from ..shape.shape import unsqueeze
from .decompositions import cholesky
from .matrix_functions import lu_factor, pivoted, with_pivoting
from .solve import floating, inv, matrices, solve, square


class CholeskyExResult(NamedTuple):
    """Holds what `cholesky_ex` returns: `L` and `info`."""

    L: Tensor
    info: Tensor


class InvExResult(NamedTuple):
    """Holds what `inv_ex` returns: `inverse` and `info`."""

    inverse: Tensor
    info: Tensor


class SolveExResult(NamedTuple):
    """Holds what `solve_ex` returns: `result` and `info`."""

    result: Tensor
    info: Tensor


class LUFactorExResult(NamedTuple):
    """Holds what `lu_factor_ex` returns: `LU`, `pivots` and `info`."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


def _zero_pivots(A: ndarray) -> ndarray:
    """For each matrix the number of the first pivot of its elimination that is 0, counted from 1; 0 if none is."""
    zero = np.diagonal(pivoted(A)[0], axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1 if zero.shape[-1] else 0, 0).astype(np.int32)


def _is_definite(A: ndarray) -> bool:
    try:
        return bool(np.isfinite(lapack(np.linalg.cholesky, A)).all())
    except np.linalg.LinAlgError:
        return False


def _indefinite_minors(A: ndarray) -> ndarray:
    """For each matrix the order of its first leading minor that is not positive definite; 0 if all are."""
    info = np.zeros(A.shape[:-2], np.int32)
    for index in np.ndindex(info.shape):
        low, high = (
            0,
            A.shape[-1] + 1,
        )  # the minors of order `low` and less are positive definite, those from `high` on not
        while high - low > 1:
            order = (low + high) // 2
            low, high = (order, high) if _is_definite(A[index][:order, :order]) else (low, order)
        info[index] = 0 if low == A.shape[-1] else high
    return info


_zero_pivots_primitive = Primitive(_zero_pivots, name="zero_pivots")
_indefinite_minors_primitive = Primitive(_indefinite_minors, name="indefinite_minors")


def _each(info: Any, dims: int) -> Any:
    """Whether each matrix is right, with further dimensions of size 1."""
    good = info == 0
    for _ in range(dims):
        good = unsqueeze(good, -1)
    return good


def _harmless(A: Any, info: Any) -> Any:
    """A with the identity in place of the matrices that failed."""
    return where(_each(info, 2), A, np.eye(A.shape[-1], dtype=A.dtype))


def _nan_where_failed(x: Any, info: Any, dims: int) -> Any:
    return where(_each(info, dims), x, np.asarray(np.nan, x.dtype))


_ex = documented(
    Dtypes="float32, float64 or complex, which the result has; info is int32.",
    Raises="LinAlgError for a matrix that failed, with check_errors; ValueError unless the shapes fit; TypeError for what is "
    "not floating.",
)


@_ex
def cholesky_ex(A: TensorLike, *, upper: bool = False, check_errors: bool = False) -> CholeskyExResult:
    """Compute the Cholesky factor of each matrix of `A`, NaN and a number in info where it is not positive definite.

    `upper` and the gradient are those of `cholesky`; `check_errors` raises as it does.

    Formula: A = L Lᴴ and info = 0; otherwise info = the order of the first leading minor that is not positive definite
    Shapes: (*, N, N) → (*, N, N) and (*).
    Source: LAPACK's `potrf`; PyTorch's `linalg.cholesky_ex`.

    >>> ag.linalg.cholesky_ex(ag.tensor([[1.0, 2.0], [2.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    A = square("linalg.cholesky_ex", A)
    info = apply(_indefinite_minors_primitive, (mH(A) if upper else A,))
    if check_errors:
        return CholeskyExResult(cholesky(A, upper=upper), info)
    return CholeskyExResult(_nan_where_failed(cholesky(_harmless(A, info), upper=upper), info, 2), info)


@_ex
def inv_ex(A: TensorLike, *, check_errors: bool = False) -> InvExResult:
    """Compute the inverse of each matrix of `A`, NaN and a number in info where it is singular.

    `check_errors` raises as `inv` does.

    Formula: A @ inverse = I and info = 0; otherwise info = the number of the first pivot that is 0, counted from 1
    Shapes: (*, N, N) → (*, N, N) and (*).
    Source: LAPACK's `getrf`; PyTorch's `linalg.inv_ex`.

    >>> ag.linalg.inv_ex(ag.tensor([[1.0, 2.0], [2.0, 4.0]])).info
    tensor(2, dtype=int32)
    """
    A = square("linalg.inv_ex", A)
    info = apply(_zero_pivots_primitive, (A,))
    if check_errors:
        return InvExResult(inv(A), info)
    return InvExResult(_nan_where_failed(inv(_harmless(A, info)), info, 2), info)


@_ex
def solve_ex(A: TensorLike, B: TensorLike, *, left: bool = True, check_errors: bool = False) -> SolveExResult:
    """Solve the systems of the matrices `A` and the right-hand sides `B`, NaN and a number in info where A is singular.

    `left` and the shapes are those of `solve`; `check_errors` raises as it does.

    Formula: A @ result = B and info = 0; otherwise info = the number of the first pivot that is 0, counted from 1
    Shapes: (*, N, N) and (*, N, K) → (*, N, K) and (*); (*, N, N) and (*, N) → (*, N) and (*).
    Source: LAPACK's `gesv`; PyTorch's `linalg.solve_ex`.

    >>> ag.linalg.solve_ex(ag.tensor([[2.0, 0.0], [0.0, 4.0]]), ag.tensor([2.0, 2.0])).result
    tensor([1. , 0.5])
    """
    A, B = floating("linalg.solve_ex", A, B)
    A = square("linalg.solve_ex", A)
    info = apply(_zero_pivots_primitive, (A,))
    if check_errors:
        return SolveExResult(solve(A, B, left=left), info)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    result = solve(_harmless(A, info), B, left=left)
    return SolveExResult(_nan_where_failed(result, info, 1 if vector else 2), info)


@_ex
def lu_factor_ex(A: TensorLike, *, pivot: bool = True, check_errors: bool = False) -> LUFactorExResult:
    """Compute the LU factorisation of each matrix of `A` in LAPACK's form, with a number in info where U is singular.

    `pivot` must be True, as for `lu_factor`; the factors are right also for a singular matrix, for which `check_errors`
    raises.

    Formula: as `lu_factor`; info = the number of the first pivot that is 0, counted from 1, or 0
    Shapes: (*, M, N) → (*, M, N), (*, min(M, N)) and (*).
    Source: LAPACK's `getrf`; PyTorch's `linalg.lu_factor_ex`.

    >>> ag.linalg.lu_factor_ex(ag.tensor([[1.0, 2.0], [2.0, 4.0]])).info
    tensor(2, dtype=int32)
    """
    with_pivoting("linalg.lu_factor_ex", pivot)
    A = matrices("linalg.lu_factor_ex", A)
    info = apply(_zero_pivots_primitive, (A,))
    if check_errors and values(info).any():
        raise np.linalg.LinAlgError(
            "linalg.lu_factor_ex: U has a 0 on its diagonal, so that systems cannot be solved by it; leave check_errors out to "
            "have the factors"
        )
    return LUFactorExResult(*lu_factor(A), info)
