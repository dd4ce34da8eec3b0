"""Linear systems, inverses and determinants of (..., N, N) matrices, leading dimensions being a stack.

All rules are again products and systems, so every order comes from the first. Sources: Giles 2008, "Collected matrix
derivative results"; Golub & Pereyra 1973 for the pseudo-inverse. Complex matrices need nothing of their own where the
function is holomorphic, see complex.py.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import broadcast_to, conj
from ...engine.operands import stand_in, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import lapack, scipy_linalg
from ..arguments import plain
from ..elementwise import arithmetic as ew
from ..elementwise.complex import mH
from ..reduction.reduce import sum
from ..shape.shape import permute, reshape, unsqueeze
from .products import matmul, mT, square_matrices


def floating(name: str, *xs: Any) -> tuple:
    """The operands as matrices of one floating dtype, or an error."""
    xs = unified(name, *xs)
    for x in xs:
        if not hasattr(x, "ndim") or x.ndim < 1:
            raise ValueError(f"{name}: needs tensors of at least one dimension, got shape {np.shape(x)}")
        if x.dtype.kind not in "fc":
            raise TypeError(f"{name}: needs floating tensors, got {x.dtype}; convert it with x.float()")
    return xs


def matrices(name: str, x: Any) -> Any:
    """`x` if it is a floating matrix or a stack of them, else an error."""
    (x,) = floating(name, x)
    if x.ndim < 2:
        raise ValueError(f"{name}: needs matrices of shape (..., M, N), got shape {tuple(x.shape)}")
    return x


def square(name: str, x: Any) -> Any:
    """`x` if it is a floating square matrix or a stack of them, else an error."""
    return square_matrices(matrices(name, x), name)


def singular(name: str, A: ndarray) -> np.linalg.LinAlgError:
    """The error for the first matrix of the stack whose elimination meets a zero pivot."""
    for index in np.ndindex(A.shape[:-2]):
        if lapack(np.linalg.slogdet, A[index])[0] == 0:
            where = f" at index {index} of the stack" if index else ""
            break
    else:
        where = ""
    return np.linalg.LinAlgError(
        f"{name}: the matrix{where} (shape {A.shape[-2:]}) is singular; use linalg.lstsq or linalg.pinv for a solution "
        "in the least-squares sense"
    )


# -------------------------------------------------------------------------------------------------------------- systems


def _solve(A: ndarray, B: ndarray) -> ndarray:
    try:
        return lapack(np.linalg.solve, A, B)
    except np.linalg.LinAlgError:
        raise singular("linalg.solve", A) from None


def _solve_rule(needs: list[bool], g: Any, A: Any, X: Any) -> tuple:
    gB = apply(_solve_primitive, (mT(A), g))
    return fit(-matmul(gB, mT(X)), A) if needs[0] else None, gB


def fit(g: Any, x: Any) -> Any:
    """g summed over the stack dimensions that x was broadcast along."""
    return g if g.ndim == x.ndim else sum(g, tuple(range(g.ndim - x.ndim)))


# (..., N, N), (..., N, K) -> (..., N, K); equal stacks
_solve_primitive = Primitive(_solve, name="solve", joint=_solve_rule, saves=(0, OUT))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X with A X = B (X A = B if not `left`). A: (..., N, N); B: (..., N, K), or vectors (..., N); stacks broadcast.

    As in PyTorch, B is read as vectors if it has one dimension, or A's shape without the last. Raises LinAlgError,
    with the place in the stack, if a matrix is singular.
    """
    A, B = floating("linalg.solve", A, B)
    A = square("linalg.solve", A)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    if vector:
        X = solve(A, unsqueeze(B, -1), left=True) if left else _right_vectors(A, B)
        return reshape(X, X.shape[:-1])
    if not left:
        return mT(solve(mT(A), mT(B)))
    A, B = _stacks("linalg.solve", A, B)
    return apply(_solve_primitive, (A, B))


def _right_vectors(A: Any, B: Any) -> Any:
    raise ValueError(
        f"linalg.solve: left=False needs B to be a matrix, got vectors of shape {tuple(B.shape)}; use B.unsqueeze(-2)"
    )


def _stacks(name: str, A: Any, B: Any) -> tuple:
    """A (..., N, N) and B (..., N, K) with their stacks broadcast against each other."""
    if B.ndim < 2 or A.shape[-1] != B.shape[-2]:
        raise ValueError(
            f"{name}: A of shape {tuple(A.shape)} needs B with {A.shape[-1]} rows, got shape {tuple(B.shape)}"
        )
    try:
        stack = np.broadcast_shapes(tuple(A.shape[:-2]), tuple(B.shape[:-2]))
    except ValueError:
        raise ValueError(
            f"{name}: the stacks of A (shape {tuple(A.shape)}) and B (shape {tuple(B.shape)}) do not broadcast"
        ) from None
    if tuple(A.shape[:-2]) != stack:
        A = broadcast_to(A, (*stack, *A.shape[-2:]))
    if tuple(B.shape[:-2]) != stack:
        B = broadcast_to(B, (*stack, *B.shape[-2:]))
    return A, B


def triangle(x: Any, upper: bool, offset: int = 0) -> Any:
    """x with zeros below (`upper`) or above its diagonal, which `offset` moves outward from 0 towards the rest."""
    ones = np.ones(tuple(x.shape[-2:]), bool)
    return basics.where(np.triu(ones, offset) if upper else np.tril(ones, -offset), x, 0.0)


def _solve_triangular(A: ndarray, B: ndarray, upper: bool, unit: bool) -> ndarray:
    A = np.triu(A) if upper else np.tril(A)
    n = A.shape[-1]
    if unit:
        A[..., np.arange(n), np.arange(n)] = 1
    if A.size and (np.diagonal(A, axis1=-2, axis2=-1) == 0).any():
        raise singular("linalg.solve_triangular", A)
    if A.ndim > 2 or not A.size or not B.size:
        return lapack(np.linalg.solve, A, B)
    by_substitution = scipy_linalg("solve_triangular")
    return lapack(by_substitution, A, B, lower=not upper, check_finite=False).astype(B.dtype, copy=False)


def _triangular_rule(needs: list[bool], g: Any, A: Any, X: Any, upper: bool, unit: bool) -> tuple:
    gB = apply(_triangular, (mT(A), g), (not upper, unit))
    return triangle(-matmul(gB, mT(X)), upper, int(unit)) if needs[0] else None, gB


_triangular = Primitive(_solve_triangular, name="solve_triangular", joint=_triangular_rule, saves=(0, OUT))


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with A X = B (X A = B if not `left`), reading only the upper or lower triangle of A, (..., N, N).

    `unitriangular`: the diagonal is taken to be 1 and not read. B: (..., N, K). A zero on the diagonal raises.
    """
    A, B = floating("linalg.solve_triangular", A, B)
    A = square("linalg.solve_triangular", A)
    if B.ndim < 2:
        raise ValueError(
            f"linalg.solve_triangular: B must be (..., N, K), got shape {tuple(B.shape)}; use B.unsqueeze(-1)"
        )
    if not left:
        return mT(solve_triangular(mT(A), mT(B), upper=not upper, unitriangular=unitriangular))
    A, B = _stacks("linalg.solve_triangular", A, B)
    return apply(_triangular, (A, B), (bool(upper), bool(unitriangular)))


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """X with A X = B, from the Cholesky factor of A = L Lᴴ (Uᴴ U if `upper`)."""
    first, second = (mH(L), L) if upper else (L, mH(L))
    return solve_triangular(second, solve_triangular(first, B, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of A, from its Cholesky factor."""
    L = square("cholesky_inverse", L)
    return cholesky_solve(np.broadcast_to(np.eye(L.shape[-1], dtype=L.dtype), tuple(L.shape)), L, upper)


# ------------------------------------------------------------------------------------------------------------- inverses


def _inv(A: ndarray) -> ndarray:
    try:
        return lapack(np.linalg.inv, A)
    except np.linalg.LinAlgError:
        raise singular("linalg.inv", A) from None


_inv_primitive = Primitive(_inv, name="inv", vjps=(lambda g, out: -matmul(mT(out), matmul(g, mT(out))),), saves=(OUT,))


def inv(A: Any) -> Any:
    """The inverse of each matrix. To multiply by it, `solve` is faster and more accurate."""
    return apply(_inv_primitive, (square("linalg.inv", A),))


def matrix_power(A: Any, n: int) -> Any:
    """A multiplied n times by itself, by squaring; of the inverse if n is negative, the identity if n is 0."""
    (A,) = unified("matrix_power", A)
    A = square_matrices(A, "matrix_power")
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"matrix_power: the exponent must be an int, got {n!r}")
    if n < 0:
        A, n = inv(A), -n
    if n == 0:
        return A * 0 + np.eye(A.shape[-1], dtype=A.dtype)
    result = None
    while True:
        if n & 1:
            result = A if result is None else matmul(result, A)
        n >>= 1
        if not n:
            return result * 1 if result is A else result
        A = matmul(A, A)


def _pinv(A: ndarray, atol: Any, rtol: Any, hermitian: bool) -> ndarray:
    if not A.size:
        return np.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    U, S, Vh = lapack(np.linalg.svd, A, full_matrices=False)
    keep = tolerance(S, A.shape, A.dtype, atol, rtol)[..., None] < S
    inverse = np.where(keep, 1 / np.where(keep, S, 1), 0)
    return np.swapaxes(Vh.conj(), -2, -1) * inverse[..., None, :] @ np.swapaxes(U.conj(), -2, -1)


def tolerance(S: ndarray, shape: tuple, dtype: Any, atol: Any, rtol: Any) -> ndarray:
    """Below which a singular value counts as 0: max(atol, rtol · largest); rtol is max(M, N) ε unless atol is given."""
    absolute = np.asarray(0.0 if atol is None else plain(atol))
    if rtol is None:
        default = max(shape[-2:]) * np.finfo(dtype).eps
        relative = np.where(absolute > 0, 0.0, default)
    else:
        relative = np.asarray(plain(rtol))
    largest = S.max(-1, initial=0.0)
    return np.maximum(absolute, relative * largest)


def _pinv_rule(g: Any, A: Any, P: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """The adjoint of dP = -P dA P + P Pᴴ dAᴴ (I - A P) + (I - P A) dAᴴ Pᴴ P (Golub & Pereyra 1973)."""
    g = conj(g)
    Ph, gh = mH(P), mH(g)
    first = matmul(gh, matmul(P, Ph))
    second = matmul(Ph, matmul(P, gh))
    out = -matmul(Ph, matmul(g, Ph))
    out = out + first - matmul(A, matmul(P, first)) + second - matmul(matmul(second, P), A)
    return conj(out)


_pinv_primitive = Primitive(_pinv, name="pinv", vjps=(_pinv_rule,), saves=(0, OUT))


def pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """The Moore-Penrose pseudo-inverse, (..., M, N) to (..., N, M).

    Singular values up to max(atol, rtol · largest) count as 0; rtol is max(M, N) ε unless given. The gradient is that
    of matrices of constant rank.
    """
    A = square("linalg.pinv", A) if hermitian else matrices("linalg.pinv", A)
    return apply(_pinv_primitive, (A,), (atol, rcond if rtol is None else rtol, hermitian))


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """X that minimises |A X - B|, of all such the smallest. A: (..., M, N); B: (..., M, K), or (..., M).

    residuals: the squared column norms of A X - B if M > N and all matrices have full rank, otherwise empty.
    The solution goes through the pseudo-inverse, whatever the `driver`.
    """
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f"linalg.lstsq: driver must be 'gels', 'gelsy', 'gelsd' or 'gelss', got {driver!r}")
    A, B = floating("linalg.lstsq", A, B)
    A = matrices("linalg.lstsq", A)
    inside = stand_in(A, B)
    if inside is not None:
        return inside.call_on_values(lambda A, B: lstsq(A, B, rcond, driver=driver), A, B)
    vector = A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1])
    B = unsqueeze(B, -1) if vector else B
    if B.ndim < 2 or B.shape[-2] != A.shape[-2]:
        raise ValueError(
            f"linalg.lstsq: A of shape {tuple(A.shape)} needs B with {A.shape[-2]} rows, got shape {tuple(B.shape)}"
        )
    M, N = A.shape[-2:]
    rcond = max(M, N) * float(np.finfo(A.dtype).eps) if rcond is None else rcond
    X = matmul(pinv(A, rtol=rcond), B)
    S = lapack(np.linalg.svd, plain(A), compute_uv=False)
    rank = (rcond * S.max(-1, keepdims=True, initial=0.0) < S).sum(-1)
    if M > N and (rank == N).all():
        off = ew.abs(matmul(A, X) - B)
        residuals = sum(off * off, -2)
    else:
        residuals = np.zeros(0, S.dtype)
    wrapped = [r if not isinstance(A, Tensor) or isinstance(r, Tensor) else Tensor(r) for r in (residuals, rank, S)]
    return LstsqResult(reshape(X, X.shape[:-1]) if vector else X, *wrapped)


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of A as a map from its last dimensions to its first `ind`: tensordot(tensorinv(A), A, ind) is 1."""
    A = floating("linalg.tensorinv", A)[0]
    front, back = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if ind <= 0 or math.prod(front) != math.prod(back):
        raise ValueError(
            f"linalg.tensorinv: the first {ind} sizes of {tuple(A.shape)} have the product {math.prod(front)}, the "
            f"others {math.prod(back)}; they must be equal"
        )
    return reshape(inv(reshape(A, (math.prod(front), math.prod(back)))), (*back, *front))


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """X with tensordot(A, X, X.ndim) = B, after A's dimensions `dims` have been moved to the end."""
    A, B = floating("linalg.tensorsolve", A, B)
    if dims is not None:
        moved = [d % A.ndim for d in dims]
        A = permute(A, tuple(d for d in range(A.ndim) if d not in moved) + tuple(moved))
    shape = tuple(A.shape[B.ndim :])
    if math.prod(A.shape[: B.ndim]) != math.prod(shape):
        raise ValueError(
            f"linalg.tensorsolve: A of shape {tuple(A.shape)} is not square as a map onto the shape "
            f"{tuple(B.shape)} of B"
        )
    n = math.prod(shape)
    return reshape(solve(reshape(A, (n, n)), reshape(B, (n,))), shape)
