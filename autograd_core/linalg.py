"""Linear algebra, with `torch.linalg`'s names: `ag.linalg.solve(A, B)`. Stacks of matrices everywhere, any order."""

from __future__ import annotations

from typing import Any

from .ops.linalg.decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from .ops.linalg.determinant import det, slogdet
from .ops.linalg.matrix_functions import lu, lu_factor, lu_solve, matrix_exp
from .ops.linalg.norms import cond, matrix_norm, matrix_rank, norm, vecdot, vector_norm
from .ops.linalg.products import cross as _cross
from .ops.linalg.products import matmul, multi_dot
from .ops.linalg.solve import inv, lstsq, matrix_power, pinv, solve, solve_triangular, tensorinv, tensorsolve
from .ops.shape.strided import diagonal as _diagonal

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "lu",
    "lu_factor", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm",
    "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vecdot",
    "vector_norm",
]  # fmt: skip


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The vector product over `dim`, which has size 3; the other dimensions broadcast."""
    return _cross(input, other, dim, name="linalg.cross")


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals over two dimensions, by default the last, as the last dimension of the result."""
    return _diagonal(A, offset, dim1, dim2)
