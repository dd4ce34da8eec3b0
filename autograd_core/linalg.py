"""Linear algebra, with `torch.linalg`'s names: `ag.linalg.solve(A, B)`. Stacks of matrices everywhere, any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine.outputs import in_namespace as _in_namespace
from .engine.tensor import Tensor
from .ops.linalg.checked import cholesky_ex, inv_ex, lu_factor_ex, solve_ex
from .ops.linalg.decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from .ops.linalg.determinant import det, slogdet
from .ops.linalg.householder import householder_product
from .ops.linalg.matrix_functions import lu, lu_factor, lu_solve, matrix_exp
from .ops.linalg.norms import cond, matrix_norm, matrix_rank, norm, vecdot, vector_norm
from .ops.linalg.products import cross_over as _cross_over
from .ops.linalg.products import matmul, multi_dot
from .ops.linalg.solve import inv, lstsq, matrix_power, pinv, solve, solve_triangular, tensorinv, tensorsolve
from .ops.linalg.symmetric import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.linalg.vandermonde import linalg_vander as vander
from .ops.shape.strided import diagonal as _diagonal

if TYPE_CHECKING:
    from .engine.types import TensorLike

__all__ = [
    "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv",
    "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def cross(input: TensorLike, other: TensorLike, *, dim: int = -1) -> Tensor:
    """Compute the vector product over `dim`, which has size 3; the other dimensions broadcast.

    Formula: out = (x₁y₂ − x₂y₁, x₂y₀ − x₀y₂, x₀y₁ − x₁y₀), x the vectors of `input` and y those of `other`
    Shapes: (*, 3, *) and (*, 3, *), broadcast together → (*, 3, *).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the shapes do not broadcast or dim has not size 3; IndexError if dim is out of range; TypeError
        if an operand holds no numbers.
    Source: NumPy's `linalg.cross`.

    >>> import autograd_core as ag
    >>> ag.linalg.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return _cross_over("linalg.cross", input, other, dim)


def diagonal(A: TensorLike, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return the diagonals of `A` over two dimensions, by default the last two, as a view.

    Formula: out[…, i] = A[…, i, i + offset], the last two indices being those of `dim1` and `dim2`; for a negative
        `offset` A[…, i − offset, i]
    Shapes: (*, M, N) → (*, K), K the length of the diagonal.
    Dtypes: any, which the result has.
    Raises: ValueError if dim1 and dim2 are one dimension; IndexError if one is out of range.
    Source: NumPy's `linalg.diagonal`.

    >>> import autograd_core as ag
    >>> ag.linalg.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    return _diagonal(A, offset, dim1, dim2)


_in_namespace(globals(), __name__, set(__all__) - {"diagonal", "lstsq", "matrix_exp", "vander"})
