"""Linear systems, inverses and determinants of (..., N, N) matrices, leading dimensions being a stack.

All rules are again products and systems, so every order comes from the first. Sources: Giles 2008, "Collected matrix
derivative results"; Golub & Pereyra 1973 for the pseudo-inverse. Complex matrices need nothing of their own where the
function is holomorphic, see complex.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import broadcast_to, conj
from ...engine.operands import stand_in, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import lapack, scipy_linalg
from ..arguments import dim_index, plain
from ..elementwise import arithmetic as ew
from ..elementwise.complex import mH
from ..reduction.reduce import sum
from ..shape.shape import permute, reshape, unsqueeze
from .products import matmul, mT, square_matrices

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def floating(name: str, *xs: Any) -> tuple[Tensor, ...]:
    """The operands as matrices of one floating dtype, or an error."""
    xs = unified(name, *xs)
    for x in xs:
        if not hasattr(x, "ndim") or x.ndim < 1:
            raise ValueError(f"{name}: needs tensors of at least one dimension, got shape {np.shape(x)}")
        if x.dtype.kind not in "fc":
            raise TypeError(f"{name}: needs floating tensors, got {x.dtype}; convert it with x.float()")
        if x.dtype == np.float16:
            raise TypeError(f"{name}: LAPACK has no float16; convert it with x.float()")
    return xs


def matrices(name: str, x: Any) -> Tensor:
    """`x` if it is a floating matrix or a stack of them, else an error."""
    (x,) = floating(name, x)
    if x.ndim < 2:
        raise ValueError(f"{name}: needs matrices of shape (..., M, N), got shape {tuple(x.shape)}")
    return x


def square(name: str, x: Any) -> Tensor:
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


def finite(name: str, A: ndarray) -> ndarray:
    """A, if it is finite: of NaN and infinity LAPACK's iterations make finite numbers, or none."""
    good = np.isfinite(A).all((-2, -1))
    if not good.all():
        index = tuple(int(i) for i in np.argwhere(~good)[0])
        where = f" at index {index} of the stack" if index else ""
        raise np.linalg.LinAlgError(
            f"{name}: the matrix{where} (shape {A.shape[-2:]}) holds NaN or infinity; find the operation that made them, or "
            "replace them by A.nan_to_num()"
        )
    return A


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


def solve(A: TensorLike, B: TensorLike, *, left: bool = True) -> Tensor:
    """Solve the linear systems of the matrices `A` and the right-hand sides `B`; unless `left`, with A on the right.

    As in PyTorch, B is read as vectors if it has one dimension, or A's shape without the last.

    Formula: out = X with A X = B, or X A = B if not left
    Shapes: (*, N, N) and (*, N, K) → (*, N, K); (*, N, N) and (*, N) → (*, N); stacks broadcast together.
    Dtypes: the operands' common dtype, float32, float64 or complex.
    Raises: LinAlgError if a matrix is singular, with its index; ValueError if the shapes do not fit; TypeError if A or
        B is not floating.
    Source: NumPy's `linalg.solve`; the gradient from Giles 2008, "Collected matrix derivative results".

    >>> import autograd_core as ag
    >>> ag.linalg.solve(ag.tensor([[2.0, 0.0], [0.0, 4.0]]), ag.tensor([2.0, 2.0]))
    tensor([1. , 0.5])
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
    """x with zeros below (`upper`) or above the diagonal `offset` steps away from the main one, towards what is kept."""
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


def solve_triangular(
    A: TensorLike, B: TensorLike, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """Solve linear systems by substitution, reading only the `upper` or the lower triangle of `A`.

    With `unitriangular` the diagonal is taken to be 1 and not read; unless `left`, A stands on the right of X.

    Formula: out = X with A X = B, or X A = B if not left, for the right-hand sides `B`
    Shapes: (*, N, N) and (*, N, K) → (*, N, K); stacks broadcast together.
    Dtypes: the operands' common dtype, float32, float64 or complex.
    Raises: LinAlgError for a 0 on the diagonal; ValueError if the shapes do not fit; TypeError if A or B is not floating.
    Source: SciPy's `linalg.solve_triangular`.

    >>> import autograd_core as ag
    >>> ag.linalg.solve_triangular(ag.tensor([[2.0, 9.0], [2.0, 4.0]]), ag.tensor([[2.0], [6.0]]), upper=False)
    tensor([[1.],
            [1.]])
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


def cholesky_solve(B: TensorLike, L: TensorLike, upper: bool = False) -> Tensor:
    """Solve linear systems from the Cholesky factor of their matrix, `L`, or U = Lᴴ if `upper`.

    Formula: out = X with A X = B, A = L Lᴴ, for the right-hand sides `B`
    Shapes: (*, N, K) and (*, N, N) → (*, N, K); stacks broadcast together.
    Dtypes: the operands' common dtype, float32, float64 or complex.
    Raises: LinAlgError for a 0 on the diagonal of L; ValueError if the shapes do not fit; TypeError if one is not
        floating.
    Source: PyTorch's `cholesky_solve`.

    >>> import autograd_core as ag
    >>> ag.cholesky_solve(ag.tensor([[8.0]]), ag.tensor([[2.0]]))
    tensor([[2.]])
    """
    first, second = (mH(L), L) if upper else (L, mH(L))
    return solve_triangular(second, solve_triangular(first, B, upper=False), upper=True)


def cholesky_inverse(L: TensorLike, upper: bool = False) -> Tensor:
    """Compute the inverse of a positive definite matrix from its Cholesky factor `L`, or U = Lᴴ if `upper`.

    Formula: out = A⁻¹, A = L Lᴴ
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError for a 0 on the diagonal of L; ValueError unless L holds square matrices; TypeError if it is not
        floating.
    Source: PyTorch's `cholesky_inverse`.

    >>> import autograd_core as ag
    >>> ag.cholesky_inverse(ag.tensor([[2.0]]))
    tensor([[0.25]])
    """
    L = square("cholesky_inverse", L)
    return cholesky_solve(np.broadcast_to(np.eye(L.shape[-1], dtype=L.dtype), tuple(L.shape)), L, upper)


# ------------------------------------------------------------------------------------------------------------- inverses


def _inv(A: ndarray) -> ndarray:
    try:
        return lapack(np.linalg.inv, A)
    except np.linalg.LinAlgError:
        raise singular("linalg.inv", A) from None


_inv_primitive = Primitive(_inv, name="inv", vjps=(lambda g, out: -matmul(mT(out), matmul(g, mT(out))),), saves=(OUT,))


def inv(A: TensorLike) -> Tensor:
    """Compute the inverse of each matrix of `A`. To multiply by it, `solve` is faster and more accurate.

    Formula: out = X with A X = I
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError if a matrix is singular, with its index; ValueError unless A holds square matrices; TypeError if
        it is not floating.
    Source: NumPy's `linalg.inv`; the gradient from Giles 2008, "Collected matrix derivative results".

    >>> import autograd_core as ag
    >>> ag.linalg.inv(ag.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    return apply(_inv_primitive, (square("linalg.inv", A),))


def matrix_power(A: TensorLike, n: int) -> Tensor:
    """Multiply each matrix of `A` by itself `n` times; of its inverse if n is negative.

    Formula: out = Aⁿ, by repeated squaring; A⁰ = I
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: that of A; a negative n needs float32, float64 or complex.
    Raises: LinAlgError if n is negative and a matrix singular; ValueError unless A holds square matrices; TypeError if
        n is no int, or negative and A not floating.
    Source: NumPy's `linalg.matrix_power`.

    >>> import autograd_core as ag
    >>> ag.linalg.matrix_power(ag.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    (matrix,) = unified("matrix_power", A)
    base = square_matrices(matrix, "matrix_power")
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"matrix_power: the exponent must be an int, got {n!r}")
    if n < 0:
        base, n = inv(base), -n
    if n == 0:
        return base * 0 + np.eye(base.shape[-1], dtype=base.dtype)
    result: Any = None
    while True:
        if n & 1:
            result = base if result is None else matmul(result, base)
        n >>= 1
        if not n:
            return result * 1 if result is base else result
        base = matmul(base, base)


def _pinv(A: ndarray, atol: Any, rtol: Any, hermitian: bool) -> ndarray:
    if not A.size:
        return np.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    U, S, Vh = lapack(np.linalg.svd, finite("linalg.pinv", A), full_matrices=False)
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


def pinv(
    A: TensorLike,
    rcond: TensorLike | None = None,
    hermitian: bool = False,
    *,
    atol: TensorLike | None = None,
    rtol: TensorLike | None = None,
) -> Tensor:
    """Compute the Moore-Penrose pseudo-inverse of each matrix of `A`.

    Singular values up to max(atol, rtol · largest) count as 0. `rtol` is max(M, N) ε unless it or a positive `atol` is
    given; `rcond` is the older name of rtol. With `hermitian` the matrices must be square. The gradient is that of
    matrices of constant rank.

    Formula: out = V diag(1 / σ) Uᴴ over the σ that do not count as 0, A = U diag(σ) Vᴴ
    Shapes: (*, M, N) → (*, N, M).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless A holds matrices (square ones, if hermitian); LinAlgError for NaN and infinity; TypeError if
        it is not floating.
    Source: NumPy's `linalg.pinv`; the gradient from Golub & Pereyra 1973.

    >>> import autograd_core as ag
    >>> ag.linalg.pinv(ag.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """
    A = square("linalg.pinv", A) if hermitian else matrices("linalg.pinv", A)
    return apply(_pinv_primitive, (A,), (atol, rcond if rtol is None else rtol, hermitian))


class LstsqResult(NamedTuple):
    """Holds what `lstsq` returns: `solution`, `residuals`, `rank` and `singular_values`."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def lstsq(A: TensorLike, B: TensorLike, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """Solve linear systems in the least-squares sense; of all solutions the one of least norm.

    Singular values of `A` up to `rcond` (None: max(M, N) ε) times the largest count as 0. The solution goes through the
    pseudo-inverse, whatever the `driver` ("gels", "gelsy", "gelsd" or "gelss").

    Formula: solution = argmin_X |A X − B|, for the right-hand sides `B`; residuals = |A X − B|², column by column, if
        M > N and all matrices have full rank, otherwise empty
    Shapes: (*, M, N) and (*, M, K) → (*, N, K), residuals (*, K), rank (*), singular_values (*, min(M, N)); for vectors
        B (*, M) the solution is (*, N).
    Dtypes: the operands' common dtype, float32, float64 or complex; rank is int64.
    Raises: ValueError if the shapes do not fit, or for another driver; LinAlgError for NaN and infinity in A; TypeError if
        A or B is not floating.
    Source: NumPy's `linalg.lstsq`.

    >>> import autograd_core as ag
    >>> ag.linalg.lstsq(ag.tensor([[1.0], [1.0]]), ag.tensor([[1.0], [3.0]])).solution
    tensor([[2.]])
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
    residuals: Any = np.zeros(0, S.dtype)
    if M > N and (rank == N).all():
        off = ew.abs(matmul(A, X) - B)
        residuals = sum(off * off, -2)
    wrapped = [r if not isinstance(A, Tensor) or isinstance(r, Tensor) else Tensor(r) for r in (residuals, rank, S)]
    return LstsqResult(reshape(X, X.shape[:-1]) if vector else X, *wrapped)


def tensorinv(A: TensorLike, ind: int = 2) -> Tensor:
    """Compute the inverse of `A` as a linear map from its last dimensions to its first `ind` ones.

    Formula: tensordot(out, A, ind) = the identity on A's last dimensions
    Shapes: (*₁, *₂), *₁ being ind sizes whose product is that of *₂ → (*₂, *₁).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError if the map is singular; ValueError if ind is not positive or the products differ; TypeError if A
        is not floating.
    Source: NumPy's `linalg.tensorinv`.

    >>> import autograd_core as ag
    >>> ag.linalg.tensorinv(ag.eye(6).reshape(2, 3, 6)).shape
    (6, 2, 3)
    """
    A = floating("linalg.tensorinv", A)[0]
    front, back = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if ind <= 0 or math.prod(front) != math.prod(back):
        raise ValueError(
            f"linalg.tensorinv: the first {ind} sizes of {tuple(A.shape)} have the product {math.prod(front)}, the "
            f"others {math.prod(back)}; they must be equal"
        )
    return reshape(inv(reshape(A, (math.prod(front), math.prod(back)))), (*back, *front))


def tensorsolve(A: TensorLike, B: TensorLike, dims: Sequence[int] | None = None) -> Tensor:
    """Solve a linear equation between tensors, `A` being a linear map from its last dimensions to the shape of `B`.

    The dimensions `dims` of A are moved to its end first.

    Formula: out = X with tensordot(A, X, X.ndim) = B
    Shapes: (*₁, *₂) and (*₁) → (*₂), the products of the sizes of *₁ and *₂ being equal.
    Dtypes: the operands' common dtype, float32, float64 or complex.
    Raises: LinAlgError if the map is singular; ValueError if the products differ; IndexError if one of dims is out of
        range; TypeError if A or B is not floating.
    Source: NumPy's `linalg.tensorsolve`.

    >>> import autograd_core as ag
    >>> ag.linalg.tensorsolve(2 * ag.eye(6).reshape(2, 3, 6), ag.ones(2, 3))
    tensor([0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    """
    A, B = floating("linalg.tensorsolve", A, B)
    if dims is not None:
        moved = [dim_index(d, A.ndim, "linalg.tensorsolve") for d in dims]
        A = cast("Tensor", permute(A, tuple(d for d in range(A.ndim) if d not in moved) + tuple(moved)))
    shape = tuple(A.shape[B.ndim :])
    if math.prod(A.shape[: B.ndim]) != math.prod(shape):
        raise ValueError(
            f"linalg.tensorsolve: A of shape {tuple(A.shape)} is not square as a map onto the shape "
            f"{tuple(B.shape)} of B"
        )
    n = math.prod(shape)
    return reshape(solve(reshape(A, (n, n)), reshape(B, (n,))), shape)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.cholesky_solve    x.cholesky_solve  out=
ag.cholesky_inverse  x.cholesky_inverse  out=
"""
