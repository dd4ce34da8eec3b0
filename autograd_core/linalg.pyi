# The functions of `linalg`. Written by `python -m tests.stubs` from the functions: change those.
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Dims
from autograd_core.engine.types import TensorLike
from autograd_core.ops.linalg.checked import CholeskyExResult
from autograd_core.ops.linalg.checked import InvExResult
from autograd_core.ops.linalg.checked import LUFactorExResult
from autograd_core.ops.linalg.checked import SolveExResult
from autograd_core.ops.linalg.decompositions import EigResult
from autograd_core.ops.linalg.decompositions import EighResult
from autograd_core.ops.linalg.decompositions import QRResult
from autograd_core.ops.linalg.decompositions import SVDResult
from autograd_core.ops.linalg.determinant import SlogdetResult
from autograd_core.ops.linalg.matrix_functions import LUFactorResult
from autograd_core.ops.linalg.matrix_functions import LUResult
from autograd_core.ops.linalg.solve import LstsqResult
from autograd_core.ops.linalg.symmetric import LDLFactorExResult
from autograd_core.ops.linalg.symmetric import LDLFactorResult
from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from builtins import tuple as _tuple
from collections.abc import Sequence
from numpy.typing import DTypeLike

__all__ = [
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

def cholesky(A: TensorLike, *, upper: _bool = ..., out: Tensor | None = ...) -> Tensor:
    """Compute the Cholesky factor of each positive definite matrix of `A`, lower triangular unless `upper`."""

def cholesky_ex(
    A: TensorLike, *, upper: _bool = ..., check_errors: _bool = ..., out: _tuple[Tensor, ...] | None = ...
) -> CholeskyExResult:
    """Compute the Cholesky factor of each matrix of `A`, NaN and a number in info where it is not positive definite."""

def cond(A: TensorLike, p: _float | _str | None = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the condition number of each matrix of `A` in the norm `p`; with p None, 2 or −2 of any shape."""

def cross(input: TensorLike, other: TensorLike, *, dim: _int = ..., out: Tensor | None = ...) -> Tensor:
    """Compute the vector product over `dim`, which has size 3; the other dimensions broadcast."""

def det(A: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the determinant of each matrix of `A`."""

def diagonal(A: TensorLike, *, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
    """Return the diagonals of `A` over two dimensions, by default the last two, as a view."""

def eig(A: TensorLike, *, out: _tuple[Tensor, ...] | None = ...) -> EigResult:
    """Compute the eigenvalues and the eigenvectors, of norm 1, of each square matrix of `A`."""

def eigh(A: TensorLike, UPLO: _str = ..., *, out: _tuple[Tensor, ...] | None = ...) -> EighResult:
    """Compute the eigenvalues, ascending, and orthonormal eigenvectors of each Hermitian matrix of `A`."""

def eigvals(A: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the eigenvalues of each square matrix of `A`, in no particular order."""

def eigvalsh(A: TensorLike, UPLO: _str = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the eigenvalues, ascending, of each Hermitian matrix of `A`."""

def householder_product(A: TensorLike, tau: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the first columns of the product of the reflections that `A` and `tau` stand for, as `geqrf` gives them."""

def inv(A: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the inverse of each matrix of `A`. To multiply by it, `solve` is faster and more accurate."""

def inv_ex(A: TensorLike, *, check_errors: _bool = ..., out: _tuple[Tensor, ...] | None = ...) -> InvExResult:
    """Compute the inverse of each matrix of `A`, NaN and a number in info where it is singular."""

def ldl_factor(A: TensorLike, *, hermitian: _bool = ..., out: _tuple[Tensor, ...] | None = ...) -> LDLFactorResult:
    """Compute the factorisation of symmetric matrices `A`, or of Hermitian ones if `hermitian`."""

def ldl_factor_ex(
    A: TensorLike, *, hermitian: _bool = ..., check_errors: _bool = ..., out: _tuple[Tensor, ...] | None = ...
) -> LDLFactorExResult:
    """Compute the factorisation of `ldl_factor`, with a number in info where D is singular."""

def ldl_solve(
    LD: TensorLike, pivots: TensorLike, B: TensorLike, *, hermitian: _bool = ..., out: Tensor | None = ...
) -> Tensor:
    """Solve linear systems from the `LD` and `pivots` that `ldl_factor` gives of their matrices A, with the same `hermitian`."""

def lstsq(A: TensorLike, B: TensorLike, rcond: _float | None = ..., *, driver: _str | None = ...) -> LstsqResult:
    """Solve linear systems in the least-squares sense; of all solutions the one of least norm."""

def lu(A: TensorLike, *, pivot: _bool = ..., out: _tuple[Tensor, ...] | None = ...) -> LUResult:
    """Compute the LU factorisation of each matrix of `A`, with exchanges of rows; `pivot` must be True."""

def lu_factor(A: TensorLike, *, pivot: _bool = ..., out: _tuple[Tensor, ...] | None = ...) -> LUFactorResult:
    """Compute the LU factorisation of each matrix of `A` in LAPACK's form; `pivot` must be True."""

def lu_factor_ex(
    A: TensorLike, *, pivot: _bool = ..., check_errors: _bool = ..., out: _tuple[Tensor, ...] | None = ...
) -> LUFactorExResult:
    """Compute the LU factorisation of each matrix of `A` in LAPACK's form, with a number in info where U is singular."""

def lu_solve(
    LU: TensorLike,
    pivots: TensorLike,
    B: TensorLike,
    *,
    left: _bool = ...,
    adjoint: _bool = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Solve linear systems from the `LU` and `pivots` that `lu_factor` gives of their matrices A."""

def matmul(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the matrix product over the last two dimensions; leading ones broadcast."""

def matrix_exp(A: TensorLike) -> Tensor:
    """Compute the exponential of each square matrix of `A`."""

def matrix_norm(
    A: TensorLike,
    ord: _float | _str = ...,
    dim: _tuple[_int, _int] = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Compute the norm of the matrices that lie along the two dimensions `dim` of `A`."""

def matrix_power(A: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Multiply each matrix of `A` by itself `n` times; of its inverse if n is negative."""

def matrix_rank(
    A: TensorLike,
    tol: TensorLike | None = ...,
    hermitian: _bool = ...,
    *,
    atol: TensorLike | None = ...,
    rtol: TensorLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Count the singular values of each matrix of `A` that are above a tolerance; there is no gradient."""

def multi_dot(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Multiply two or more matrices in the order that costs the fewest multiplications."""

def norm(
    input: TensorLike,
    ord: _float | _str | None = ...,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Compute the norm of vectors, for one dimension `dim`, or of matrices, for two."""

def pinv(
    A: TensorLike,
    rcond: TensorLike | None = ...,
    hermitian: _bool = ...,
    *,
    atol: TensorLike | None = ...,
    rtol: TensorLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Compute the Moore-Penrose pseudo-inverse of each matrix of `A`."""

def qr(A: TensorLike, mode: _str = ..., *, out: _tuple[Tensor, ...] | None = ...) -> QRResult:
    """Compute the QR factorisation of each matrix of `A`: Q has orthonormal columns, R is upper triangular."""

def slogdet(A: TensorLike, *, out: _tuple[Tensor, ...] | None = ...) -> SlogdetResult:
    """Compute the sign of the determinant and the logarithm of its absolute value, for each matrix of `A`."""

def solve(A: TensorLike, B: TensorLike, *, left: _bool = ..., out: Tensor | None = ...) -> Tensor:
    """Solve the linear systems of the matrices `A` and the right-hand sides `B`; unless `left`, with A on the right."""

def solve_ex(
    A: TensorLike, B: TensorLike, *, left: _bool = ..., check_errors: _bool = ..., out: _tuple[Tensor, ...] | None = ...
) -> SolveExResult:
    """Solve the systems of the matrices `A` and the right-hand sides `B`, NaN and a number in info where A is singular."""

def solve_triangular(
    A: TensorLike,
    B: TensorLike,
    *,
    upper: _bool,
    left: _bool = ...,
    unitriangular: _bool = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Solve linear systems by substitution, reading only the `upper` or the lower triangle of `A`."""

def svd(
    A: TensorLike, full_matrices: _bool = ..., *, driver: _str | None = ..., out: _tuple[Tensor, ...] | None = ...
) -> SVDResult:
    """Compute the singular value decomposition of each matrix of `A`, the values descending."""

def svdvals(A: TensorLike, *, driver: _str | None = ..., out: Tensor | None = ...) -> Tensor:
    """Compute the singular values of each matrix of `A`, descending; `driver` must be None, as in PyTorch on a CPU."""

def tensorinv(A: TensorLike, ind: _int = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the inverse of `A` as a linear map from its last dimensions to its first `ind` ones."""

def tensorsolve(A: TensorLike, B: TensorLike, dims: Sequence[_int] | None = ..., *, out: Tensor | None = ...) -> Tensor:
    """Solve a linear equation between tensors, `A` being a linear map from its last dimensions to the shape of `B`."""

def vander(x: TensorLike, *, N: _int | None = ...) -> Tensor:
    """Compute the powers of the numbers of each vector of `x`, one number a row, the lowest power first."""

def vecdot(x: TensorLike, y: TensorLike, *, dim: _int = ..., out: Tensor | None = ...) -> Tensor:
    """Compute the scalar products of vectors along `dim`, those of `x` being conjugated."""

def vector_norm(
    x: TensorLike,
    ord: _float = ...,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Compute the norm of order `ord` of vectors over `dim` (None: over all elements)."""
