"""Linear algebra under the names it has outside of `linalg`, with their older arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...engine.basics import clone
from ...engine.tensor import Tensor
from ..elementwise.complex import mH
from ..shape.shape import transpose as transposed
from . import checked, decompositions, determinant, matrix_functions, norms, solve
from .products import outer

if TYPE_CHECKING:
    from ...engine.types import TensorLike

ger = outer


def det(input: TensorLike) -> Tensor:
    """Compute the determinant of each matrix of `input`: `linalg.det`.

    Formula: out = Σ_σ sgn(σ) Πᵢ input[i, σ(i)]
    Shapes: (*, N, N) → (*).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless input holds square matrices; TypeError if its dtype is not floating.
    Source: NumPy's `linalg.det`.

    >>> import autograd_core as ag
    >>> ag.det(ag.tensor([[2.0, 0.0], [0.0, 3.0]]))
    tensor(6.)
    """
    return determinant.det(input)


def slogdet(input: TensorLike) -> determinant.SlogdetResult:
    """Compute the sign and the logarithm of the absolute value of the determinant of `input`: `linalg.slogdet`.

    Formula: det(input) = sign · exp(logabsdet)
    Shapes: (*, N, N) → (*) and (*).
    Dtypes: float32, float64 or complex, which sign has; logabsdet is real.
    Raises: ValueError unless input holds square matrices; TypeError if its dtype is not floating.
    Source: NumPy's `linalg.slogdet`.

    >>> import autograd_core as ag
    >>> ag.slogdet(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    return determinant.slogdet(input)


def matrix_power(input: TensorLike, n: int) -> Tensor:
    """Multiply each matrix of `input` by itself `n` times: `linalg.matrix_power`.

    Formula: out = inputⁿ; of the inverse if n is negative
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: the input's; a negative n needs float32, float64 or complex.
    Raises: LinAlgError if n is negative and a matrix singular; ValueError unless input holds square matrices; TypeError
        if n is no int, or negative and input not floating.
    Source: NumPy's `linalg.matrix_power`.

    >>> import autograd_core as ag
    >>> ag.matrix_power(ag.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    return solve.matrix_power(input, n)


def inverse(input: TensorLike) -> Tensor:
    """Compute the inverse of each matrix of `input`: `linalg.inv`.

    Formula: out = X with input @ X = I
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError if a matrix is singular; ValueError unless input holds square matrices; TypeError if it is not
        floating.
    Source: NumPy's `linalg.inv`.

    >>> import autograd_core as ag
    >>> ag.inverse(ag.tensor([[2.0]]))
    tensor([[0.5]])
    """
    return solve.inv(input)


def pinverse(input: TensorLike, rcond: float = 1e-15) -> Tensor:
    """Compute the pseudo-inverse of each matrix of `input`: `linalg.pinv`, with another tolerance.

    Formula: out = V diag(1 / σ) Uᴴ over the singular values σ that exceed `rcond` times the largest
    Shapes: (*, M, N) → (*, N, M).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless input holds matrices; TypeError if it is not floating.
    Source: PyTorch's `pinverse`.

    >>> import autograd_core as ag
    >>> ag.pinverse(ag.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """
    return solve.pinv(input, rtol=rcond)


def cholesky(input: TensorLike, upper: bool = False) -> Tensor:
    """Compute the Cholesky factor of each positive definite matrix of `input`: `linalg.cholesky`.

    Formula: input = L Lᴴ with L lower triangular; with `upper` U = Lᴴ
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError if a matrix is not positive definite; ValueError unless input holds square matrices; TypeError if
        it is not floating.
    Source: NumPy's `linalg.cholesky`.

    >>> import autograd_core as ag
    >>> ag.cholesky(ag.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return decompositions.cholesky(input, upper=upper)


def qr(input: TensorLike, some: bool = True) -> decompositions.QRResult:
    """Compute the QR factorisation of each matrix of `input`: `linalg.qr`, reduced if `some`, else complete.

    Formula: input = Q R with Qᴴ Q = I and R upper triangular
    Shapes: (*, M, N) → (*, M, K) and (*, K, N), K = min(M, N); unless some, (*, M, M) and (*, M, N).
    Dtypes: float32, float64 or complex, which the results have.
    Raises: ValueError unless input holds matrices; TypeError if it is not floating.
    Source: PyTorch's `qr`.

    >>> import autograd_core as ag
    >>> ag.qr(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).R.abs()
    tensor([[3., 0.],
            [0., 2.]])
    """
    return decompositions.qr(input, "reduced" if some else "complete")


class SVDResult(NamedTuple):
    """Holds what `svd` returns: `U`, `S` and `V`."""

    U: Tensor
    S: Tensor
    V: Tensor


def svd(input: TensorLike, some: bool = True, compute_uv: bool = True) -> SVDResult:
    """Compute the singular value decomposition of each matrix of `input`, with V where `linalg.svd` gives Vᴴ.

    It is reduced if `some`, else complete; `compute_uv` must be True.

    Formula: input = U diag(S) Vᴴ with Uᴴ U = I, Vᴴ V = I, S descending
    Shapes: (*, M, N) → (*, M, K), (*, K) and (*, N, K), K = min(M, N); unless some, (*, M, M), (*, K), (*, N, N).
    Dtypes: float32, float64 or complex, which U and V have; S is real.
    Raises: ValueError unless input holds matrices, or for compute_uv=False; TypeError if it is not floating.
    Source: PyTorch's `svd`.

    >>> import autograd_core as ag
    >>> ag.svd(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).S
    tensor([3., 2.])
    """
    if not compute_uv:
        raise ValueError("svd: compute_uv=False is not supported; use linalg.svdvals for the singular values alone")
    U, S, Vh = decompositions.svd(input, not some)
    return SVDResult(U, S, mH(Vh))


def lu_solve(b: TensorLike, LU_data: TensorLike, LU_pivots: TensorLike) -> Tensor:
    """Solve linear systems from what `linalg.lu_factor` gives: `linalg.lu_solve`, with `b` first.

    Formula: out = X with A X = b, `LU_data` and `LU_pivots` being the factors of A
    Shapes: (*, N, K), (*, N, N) and (*, N) → (*, N, K).
    Dtypes: the common dtype of b and LU_data, float32, float64 or complex.
    Raises: LinAlgError if a matrix is singular; ValueError if the shapes do not fit; TypeError if one is not floating.
    Source: PyTorch's `lu_solve`.

    >>> import autograd_core as ag
    >>> LU, pivots = ag.linalg.lu_factor(ag.tensor([[0.0, 2.0], [4.0, 0.0]]))
    >>> ag.lu_solve(ag.tensor([[2.0], [8.0]]), LU, pivots)
    tensor([[2.],
            [1.]])
    """
    return matrix_functions.lu_solve(LU_data, LU_pivots, b)


def vecdot(x: TensorLike, y: TensorLike, dim: int = -1) -> Tensor:
    """Compute the scalar products of vectors along `dim`: `linalg.vecdot`.

    Formula: out = Σ conj(x) · y over dim
    Shapes: (*, D, *) and (*, D, *), broadcast together → (*, *).
    Dtypes: the operands' common dtype; booleans and integers become int64.
    Raises: ValueError if `x` and `y` do not broadcast; IndexError if dim is out of range; TypeError if one holds no
        numbers.
    Source: NumPy's `vecdot`.

    >>> import autograd_core as ag
    >>> ag.vecdot(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    return norms.vecdot(x, y, dim=dim)


def lu(A: TensorLike, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """Compute the LU factorisation of each matrix of `A`: `linalg.lu_factor`, with the numbers of `lu_factor_ex` if wanted.

    `pivot` must be True; `get_infos` adds to the result what is not 0 where U is singular.

    Formula: A = P L U, packed as `linalg.lu_factor` does
    Shapes: (*, M, N) → (*, M, N) and (*, min(M, N)), with get_infos also (*).
    Dtypes: float32, float64 or complex, which the factors have; pivots and infos are int32.
    Raises: ValueError unless A holds matrices, or for pivot=False; TypeError if it is not floating.
    Source: PyTorch's `lu`.

    >>> import autograd_core as ag
    >>> ag.lu(ag.tensor([[0.0, 2.0], [3.0, 0.0]]))[1]
    tensor([2, 2], dtype=int32)
    """
    LU, pivots, infos = checked.lu_factor_ex(A, pivot=pivot)
    return (LU, pivots, infos) if get_infos else (LU, pivots)


class TriangularSolveResult(NamedTuple):
    """Holds what `triangular_solve` returns: `solution` and `cloned_coefficient`."""

    solution: Tensor
    cloned_coefficient: Tensor


def triangular_solve(
    b: TensorLike, A: TensorLike, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolveResult:
    """Solve the systems of triangular matrices `A`: `linalg.solve_triangular`, with `b` first, and a copy of A beside.

    `upper` says which triangle is read, `transpose` solves with it transposed, `unitriangular` takes its diagonal as ones.

    Formula: A solution = b, or Aᵀ solution = b
    Shapes: (*, N, K) and (*, N, N) → (*, N, K) and (*, N, N).
    Dtypes: the common dtype of the operands, float32, float64 or complex.
    Raises: LinAlgError if a matrix is singular; ValueError if the shapes do not fit; TypeError if one is not floating.
    Source: PyTorch's `triangular_solve`.

    >>> import autograd_core as ag
    >>> ag.triangular_solve(ag.tensor([[2.0]]), ag.tensor([[4.0]])).solution
    tensor([[0.5]])
    """
    A = solve.matrices("triangular_solve", A)
    matrix, at = (transposed(A, -2, -1), not upper) if transpose else (A, upper)
    solution = solve.solve_triangular(matrix, b, upper=at, unitriangular=unitriangular)
    return TriangularSolveResult(solution, clone(A))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.ger           x.ger  out=
ag.det           x.det
ag.slogdet       x.slogdet
ag.matrix_power  x.matrix_power  out=
ag.inverse       x.inverse  out=
ag.pinverse      x.pinverse
ag.cholesky      x.cholesky  out=
ag.qr            x.qr  out=
ag.svd           x.svd  out=
ag.lu_solve      x.lu_solve  out=
ag.vecdot
ag.lu            x.lu
ag.triangular_solve  x.triangular_solve  out=
"""
