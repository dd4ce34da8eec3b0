"""The exponential of a matrix, and the LU factorisation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.operands import stand_in
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor, wrap
from ...kernels.machine.blas import lapack, scipy_linalg
from ..arguments import plain
from ..elementwise.complex import mH
from ..shape.shape import cat
from .decompositions import conjugated
from .products import matmul, mT
from .solve import floating, matrices, solve_triangular, square, triangle

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def _matrix_exp(A: ndarray) -> ndarray:
    if not A.size:
        return A.copy()
    return np.asarray(lapack(scipy_linalg("expm"), A)).astype(A.dtype, copy=False)


def _matrix_exp_rule(g: Any, A: Any) -> Any:
    """The upper right block of exp [[Aᵀ, g], [0, Aᵀ]] (Najfeld & Havel 1995; Van Loan 1978)."""
    n = A.shape[-1]
    At = mT(A)
    top, bottom = cat([At, g], -1), cat([0 * At, At], -1)
    return matrix_exp(cat([top, bottom], -2))[..., :n, n:]


_matrix_exp_primitive = Primitive(_matrix_exp, name="matrix_exp", vjps=(_matrix_exp_rule,), saves=(0,))


def matrix_exp(A: TensorLike) -> Tensor:
    """Compute the exponential of each square matrix of `A`.

    Formula: out = Σₖ Aᵏ / k!
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless A holds square matrices; TypeError if it is not floating.
    Source: SciPy's `linalg.expm`; the gradient from Najfeld & Havel 1995.

    >>> import autograd_core as ag
    >>> ag.matrix_exp(ag.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return apply(_matrix_exp_primitive, (square("matrix_exp", A),))


class LUResult(NamedTuple):
    """Holds what `lu` returns: `P`, `L` and `U`."""

    P: Tensor
    L: Tensor
    U: Tensor


class LUFactorResult(NamedTuple):
    """Holds what `lu_factor` returns: `LU` and `pivots`."""

    LU: Tensor
    pivots: Tensor


def pivoted(A: ndarray) -> tuple[ndarray, ndarray]:
    """L and U in one array, and the rows exchanged, counted from 0."""
    factor = scipy_linalg("lu_factor")
    K = min(A.shape[-2:])
    LU, pivots = np.empty_like(A), np.empty((*A.shape[:-2], K), np.int32)
    for index in np.ndindex(A.shape[:-2]):
        if A[index].size:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a pivot that is 0: whoever divides by it says so
                LU[index], pivots[index] = lapack(factor, A[index], check_finite=False)
    return LU, pivots


def _order(pivots: ndarray, M: int) -> ndarray:
    """The rows of A in the order of the rows of L."""
    order = np.broadcast_to(np.arange(M), (*pivots.shape[:-1], M)).copy()
    for i in range(pivots.shape[-1]):
        j = pivots[..., i : i + 1]
        row = np.take_along_axis(order, j, -1)
        np.put_along_axis(order, j, order[..., i : i + 1], -1)
        order[..., i : i + 1] = row
    return order


def _lu(A: ndarray) -> tuple:
    LU, pivots = pivoted(A)
    M, N = A.shape[-2:]
    K = min(M, N)
    L = np.tril(LU[..., :K], -1) + np.eye(M, K, dtype=A.dtype)
    U = np.triu(LU[..., :K, :])
    P = np.swapaxes(np.eye(M, dtype=A.dtype)[_order(pivots, M)], -2, -1)
    return L, U, P, pivots


def _lu_rule(g: Any, out: tuple) -> Any:
    """P L⁻ᴴ [tril(Lᴴ gL, -1) + triu(gU Uᴴ)] U⁻ᴴ for a square A, and by parts for a wide or a tall one."""
    (L, U, P, _), (gL, gU, *_) = out, g
    K, M, N = L.shape[-1], L.shape[-2], U.shape[-1]
    gL = 0 * L if gL is None else gL
    gU = 0 * U if gU is None else gU
    L1, U1, gL1, gU1 = L[..., :K, :], U[..., :K], gL[..., :K, :], gU[..., :K]
    beside = below = None
    if N > K:  # U2 = L⁻¹ A2
        beside = solve_triangular(mH(L1), gU[..., K:], upper=True, unitriangular=True)
        gL1 = gL1 - matmul(beside, mH(U[..., K:]))
    if M > K:  # L2 = A2 U⁻¹
        below = solve_triangular(mH(U1), gL[..., K:, :], upper=False, left=False)
        gU1 = gU1 - matmul(mH(L[..., K:, :]), below)
    X = triangle(matmul(mH(L1), gL1), False, 1) + triangle(matmul(gU1, mH(U1)), True)
    X = solve_triangular(mH(L1), X, upper=True, unitriangular=True)
    gA = solve_triangular(mH(U1), X, upper=False, left=False)
    gA = gA if beside is None else cat([gA, beside], -1)
    gA = gA if below is None else cat([gA, below], -2)
    return matmul(P, gA)


_lu_primitive = Primitive(_lu, name="lu", joint=conjugated(_lu_rule), saves=(OUT,), outputs=True)


def _factors(name: str, A: Any) -> tuple[Tensor, Any, Any, Any, Any]:
    """A, L, U, the permutation matrix and the pivots."""
    A = matrices(name, A)
    L, U, P, pivots = apply(_lu_primitive, (A,))
    return A, L, U, P if isinstance(P, ndarray) else P.detach(), pivots


def lu(A: TensorLike, *, pivot: bool = True) -> LUResult:
    """Compute the LU factorisation of each matrix of `A`, with exchanges of rows; `pivot` must be True.

    Formula: A = P L U with P a permutation matrix, L lower triangular with 1 on its diagonal, U upper triangular
    Shapes: (*, M, N) → (*, M, M), (*, M, K) and (*, K, N), K = min(M, N).
    Dtypes: float32, float64 or complex, which the results have.
    Raises: ValueError unless A holds matrices, or for pivot=False; TypeError if it is not floating.
    Source: SciPy's `linalg.lu`.

    >>> import autograd_core as ag
    >>> ag.linalg.lu(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).U
    tensor([[3., 0.],
            [0., 2.]])
    """
    with_pivoting("linalg.lu", pivot)
    _, L, U, P, _ = _factors("linalg.lu", A)
    return LUResult(P, L, U)


def with_pivoting(name: str, pivot: bool) -> None:
    if not pivot:
        raise ValueError(f"{name}: pivot=False is not supported, it can divide by zero; leave it True")


def lu_factor(A: TensorLike, *, pivot: bool = True) -> LUFactorResult:
    """Compute the LU factorisation of each matrix of `A` in LAPACK's form; `pivot` must be True.

    Formula: LU = L − I + U of `linalg.lu`; row i was exchanged with row pivots[i], counted from 1
    Shapes: (*, M, N) → (*, M, N) and (*, min(M, N)).
    Dtypes: float32, float64 or complex, which LU has; pivots is int32.
    Raises: ValueError unless A holds matrices, or for pivot=False; TypeError if it is not floating.
    Source: SciPy's `linalg.lu_factor`, whose pivots are counted from 0.

    >>> import autograd_core as ag
    >>> ag.linalg.lu_factor(ag.tensor([[0.0, 2.0], [3.0, 0.0]]))
    LUFactorResult(LU=tensor([[3., 0.],
            [0., 2.]]), pivots=tensor([2, 2], dtype=int32))
    """
    with_pivoting("linalg.lu_factor", pivot)
    A, L, U, _, pivots = _factors("linalg.lu_factor", A)
    M, N = A.shape[-2:]
    L = L - np.eye(M, min(M, N), dtype=A.dtype)
    if N > M:
        L = cat([L, 0 * U[..., :, M:]], -1)
    elif M > N:
        U = cat([U, 0 * L[..., N:, :]], -2)
    return LUFactorResult(L + U, pivots + 1)


def lu_solve(LU: TensorLike, pivots: TensorLike, B: TensorLike, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """Solve linear systems from the `LU` and `pivots` that `lu_factor` gives of their matrices A.

    Formula: out = X with A X = B, Aᴴ X = B if `adjoint`, X A = B unless `left`, for the right-hand sides `B`
    Shapes: (*, N, N), (*, N) and (*, N, K) → (*, N, K).
    Dtypes: the common dtype of LU and B, float32, float64 or complex.
    Raises: LinAlgError if a matrix is singular; ValueError if the shapes do not fit; TypeError if LU or B is not
        floating.
    Source: SciPy's `linalg.lu_solve`, whose pivots are counted from 0.

    >>> import autograd_core as ag
    >>> LU, pivots = ag.linalg.lu_factor(ag.tensor([[0.0, 2.0], [4.0, 0.0]]))
    >>> ag.linalg.lu_solve(LU, pivots, ag.tensor([[2.0], [8.0]]))
    tensor([[2.],
            [1.]])
    """
    LU, B = floating("linalg.lu_solve", LU, B)
    LU = square("linalg.lu_solve", LU)
    inside = stand_in(LU, pivots, B)
    if inside is not None:
        return inside.call_on_values(
            lambda LU, pivots, B: lu_solve(LU, pivots, B, left=left, adjoint=adjoint), LU, pivots, B
        )
    if not left:
        return mH(lu_solve(LU, pivots, mH(B), adjoint=not adjoint))
    order = _order(np.asarray(plain(pivots)) - 1, LU.shape[-1])
    P = np.swapaxes(np.eye(LU.shape[-1], dtype=LU.dtype)[order], -2, -1)
    if adjoint:
        Y = solve_triangular(mH(LU), B, upper=False)
        return matmul(P, solve_triangular(mH(LU), Y, upper=True, unitriangular=True))
    Y = solve_triangular(LU, matmul(np.swapaxes(P, -2, -1), B), upper=False, unitriangular=True)
    return solve_triangular(LU, Y, upper=True)


def lu_unpack(
    LU_data: TensorLike, LU_pivots: TensorLike, unpack_data: bool = True, unpack_pivots: bool = True
) -> LUResult:
    """Return the permutation P and the factors L and U from what `linalg.lu_factor` gives: `LU_data` and `LU_pivots`.

    Unless `unpack_data` L and U are empty, unless `unpack_pivots` P is.

    Formula: A = P L U, L having the lower triangle of LU_data and ones on its diagonal, U the upper triangle
    Shapes: (*, M, N) and (*, K) → (*, M, M), (*, M, K) and (*, K, N), K = min(M, N).
    Dtypes: floating or complex, which the results have; the pivots are integers.
    Raises: ValueError if the shapes do not fit, or a pivot is no row of the matrix; TypeError for other dtypes.
    Source: PyTorch's `lu_unpack`.

    >>> import autograd_core as ag
    >>> ag.lu_unpack(*ag.linalg.lu_factor(ag.tensor([[0.0, 2.0], [3.0, 0.0]]))).P
    tensor([[0., 1.],
            [1., 0.]])
    """
    LU = matrices("lu_unpack", LU_data)
    inside = stand_in(LU, LU_pivots)
    if inside is not None:
        return inside.call_on_values(
            lambda LU, pivots: lu_unpack(LU, pivots, unpack_data, unpack_pivots), LU, LU_pivots
        )
    M, N = LU.shape[-2:]
    K = min(M, N)
    empty = LU[..., :0, :0]
    L = triangle(LU[..., :K], False, 1) + np.eye(M, K, dtype=LU.dtype) if unpack_data else empty
    U = triangle(LU[..., :K, :], True) if unpack_data else empty
    if not unpack_pivots:
        return LUResult(empty, L, U)
    pivots = np.asarray(plain(LU_pivots))
    if pivots.dtype.kind not in "iu":
        raise TypeError(f"lu_unpack: the pivots are {pivots.dtype}, but must be integers")
    if pivots.shape != (*LU.shape[:-2], K) or (pivots.size and not 1 <= pivots.min() <= pivots.max() <= M):
        raise ValueError(
            f"lu_unpack: needs {K} pivots from 1 to {M} for each matrix of shape {tuple(LU.shape)}, got shape {pivots.shape}"
        )
    P = np.swapaxes(np.eye(M, dtype=LU.dtype)[_order(pivots - 1, M)], -2, -1)
    return LUResult(wrap(P) if isinstance(LU, Tensor) else P, L, U)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.matrix_exp  x.matrix_exp
ag.lu_unpack  out=
"""
