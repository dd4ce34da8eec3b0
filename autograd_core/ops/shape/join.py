"""Tensors joined along an existing or a new dimension."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import shaped
from .shape import cat, listed_operands, reshape

concat = concatenate = cat


def listed(xs: tuple) -> Any:
    """Operands that came one by one, or in a list."""
    return xs[0] if len(xs) == 1 and isinstance(xs[0], list | tuple) else xs


def _each(xs: tuple, name: str, one: Any) -> Any:
    """`one` of the only operand, or of each of several, or of each in a list."""
    out = tuple(one(shaped(x, name)) for x in listed(xs))
    return out[0] if len(xs) == 1 and not isinstance(xs[0], list | tuple) else out


@overload
def atleast_1d(tensor: TensorLike, /) -> Tensor: ...
@overload
def atleast_1d(tensors: Sequence[TensorLike], /) -> tuple[Tensor, ...]: ...
@overload
def atleast_1d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> tuple[Tensor, ...]: ...
def atleast_1d(*tensors: TensorLike | Sequence[TensorLike]) -> Any:
    """Return numbers as vectors of one element, and all else as it is.

    Of one operand a tensor, of several, or of a list of `tensors`, a tuple.

    Formula: out[0] = x, x the 0-d tensor
    Shapes: () → (1); (N, *) → (N, *).
    Dtypes: any, kept.
    Raises: TypeError if an operand holds no numbers.
    Source: PyTorch's `atleast_1d`.

    >>> import autograd_core as ag
    >>> ag.atleast_1d(ag.tensor(1.0))
    tensor([1.])
    """
    return _each(tensors, "atleast_1d", lambda x: x if x.ndim else reshape(x, (1,)))


@overload
def atleast_2d(tensor: TensorLike, /) -> Tensor: ...
@overload
def atleast_2d(tensors: Sequence[TensorLike], /) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> tuple[Tensor, ...]: ...
def atleast_2d(*tensors: TensorLike | Sequence[TensorLike]) -> Any:
    """Return numbers and vectors as matrices of one row, and all else as it is.

    Of one operand a tensor, of several, or of a list of `tensors`, a tuple.

    Formula: out[0, i] = x[i], x the vector
    Shapes: () → (1, 1); (N) → (1, N); (M, N, *) → (M, N, *).
    Dtypes: any, kept.
    Raises: TypeError if an operand holds no numbers.
    Source: PyTorch's `atleast_2d`.

    >>> import autograd_core as ag
    >>> ag.atleast_2d(ag.tensor([1.0, 2.0]))
    tensor([[1., 2.]])
    """
    return _each(
        tensors, "atleast_2d", lambda x: reshape(x, ((1,) * (2 - x.ndim)) + tuple(x.shape)) if x.ndim < 2 else x
    )


@overload
def atleast_3d(tensor: TensorLike, /) -> Tensor: ...
@overload
def atleast_3d(tensors: Sequence[TensorLike], /) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> tuple[Tensor, ...]: ...
def atleast_3d(*tensors: TensorLike | Sequence[TensorLike]) -> Any:
    """Return numbers, vectors and matrices with dimensions of size 1 added up to three, and all else as it is.

    Of one operand a tensor, of several, or of a list of `tensors`, a tuple.

    Formula: out[0, i, 0] = x[i] of a vector; out[i, j, 0] = x[i, j] of a matrix
    Shapes: () → (1, 1, 1); (N) → (1, N, 1); (M, N) → (M, N, 1).
    Dtypes: any, kept.
    Raises: TypeError if an operand holds no numbers.
    Source: PyTorch's `atleast_3d`.

    >>> import autograd_core as ag
    >>> ag.atleast_3d(ag.tensor([1.0, 2.0])).shape
    (1, 2, 1)
    """

    def one(x: Any) -> Any:
        if x.ndim >= 3:
            return x
        return reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, *x.shape, 1) if x.ndim == 1 else (1, 1, 1))

    return _each(tensors, "atleast_3d", one)


def broadcast_tensors(*tensors: TensorLike | Sequence[TensorLike]) -> tuple[Tensor, ...]:
    """Return the tensors as views of their common broadcast shape.

    `tensors` come one by one, or in a list.

    Formula: out[k][i_1, …, i_n] = tensors[k][j_1, …, j_n], j_d = 0 where tensor k has size 1, else i_d
    Shapes: (*), (*), … → all of the broadcast shape.
    Dtypes: any, each kept.
    Raises: ValueError if the shapes do not broadcast; TypeError if an operand holds no numbers.
    Source: PyTorch's `broadcast_tensors`.

    >>> import autograd_core as ag
    >>> ag.broadcast_tensors(ag.tensor([1.0, 2.0]), ag.tensor([[3.0], [4.0]]))[1]
    tensor([[3., 3.],
            [4., 4.]])
    """
    xs = [shaped(x, "broadcast_tensors") for x in listed(tensors)]
    try:
        shape = np.broadcast_shapes(*(tuple(x.shape) for x in xs))
    except ValueError:
        shapes = ", ".join(str(tuple(x.shape)) for x in xs)
        raise ValueError(
            f"broadcast_tensors: shapes {shapes} do not broadcast; counted from the last, each dimension must be equal "
            "or 1"
        ) from None
    return tuple(broadcast_to(x, shape) for x in xs)


# -------------------------------------------------------------------------------------------------------------- joined


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join tensors side by side: along the second dimension, vectors along their only one.

    Formula: out = cat(tensors, 1), of vectors cat(tensors, 0)
    Shapes: (M, N_1, *), (M, N_2, *), … → (M, N_1 + N_2 + …, *); (N_1), (N_2), … → (N_1 + N_2 + …).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor or if the shapes do not agree; TypeError if `tensors` is no list or tuple, or if
        one is a number.
    Source: PyTorch's `hstack`.

    >>> import autograd_core as ag
    >>> ag.hstack([ag.tensor([1.0]), ag.tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    xs = [atleast_1d(x) for x in listed_operands(tensors, "hstack")]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join tensors one below the other: along the first dimension, where vectors count as rows.

    Formula: out = cat(tensors, 0), of vectors stack(tensors, 0)
    Shapes: (M_1, N, *), (M_2, N, *), … → (M_1 + M_2 + …, N, *); K vectors (N) → (K, N).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor or if the shapes do not agree; TypeError if `tensors` is no list or tuple, or if
        one is a number.
    Source: PyTorch's `vstack`.

    >>> import autograd_core as ag
    >>> ag.vstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return cat([atleast_2d(x) for x in listed_operands(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join tensors one behind the other, along the third dimension.

    Formula: out[i, j, k] = tensors[k][i, j] of matrices; out[0, j, k] = tensors[k][j] of vectors
    Shapes: K matrices (M, N) → (M, N, K); K vectors (N) → (1, N, K); (M, N, D_1), … → (M, N, D_1 + …).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor or if the shapes do not agree; TypeError if `tensors` is no list or tuple, or if
        one is a number.
    Source: PyTorch's `dstack`.

    >>> import autograd_core as ag
    >>> ag.dstack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])])
    tensor([[[1., 3.],
             [2., 4.]]])
    """
    return cat([atleast_3d(x) for x in listed_operands(tensors, "dstack")], 2)


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """Join vectors as the columns of a matrix; matrices as `hstack` does.

    Formula: out[i, k] = tensors[k][i]
    Shapes: K vectors (M) → (M, K); (M, N_1), (M, N_2), … → (M, N_1 + N_2 + …).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor or if the shapes do not agree; TypeError if `tensors` is no list or tuple, or if
        one is a number.
    Source: PyTorch's `column_stack`.

    >>> import autograd_core as ag
    >>> ag.column_stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    xs = listed_operands(tensors, "column_stack")
    return cat([reshape(x, (math.prod(x.shape), 1)) if x.ndim <= 1 else x for x in xs], 1)


def _block_diag(*xs: ndarray) -> ndarray:
    out = np.zeros((sum(x.shape[0] for x in xs), sum(x.shape[1] for x in xs)), xs[0].dtype)
    for x, block in zip(xs, _blocks(tuple(x.shape for x in xs)), strict=True):
        out[block] = x
    return out


def _blocks(shapes: tuple) -> list:
    rows = list(itertools.accumulate((s[0] for s in shapes), initial=0))
    columns = list(itertools.accumulate((s[1] for s in shapes), initial=0))
    return [(slice(rows[i], rows[i + 1]), slice(columns[i], columns[i + 1])) for i in range(len(shapes))]


_block_diag_primitive = Primitive(
    lambda *args: _block_diag(*args[:-1]),
    name="block_diag",
    joint=lambda needs, g, shapes: tuple(
        g[block] if need else None for need, block in zip(needs, _blocks(shapes), strict=True)
    ),
)


def block_diag(*tensors: TensorLike) -> Tensor:
    """Return the matrix with the given matrices along its diagonal, zeros elsewhere.

    Vectors among `tensors` count as rows, 0-d tensors as 1 × 1.

    Formula: out[r_k + i, c_k + j] = tensors[k][i, j], r_k = Σ_{l<k} M_l, c_k = Σ_{l<k} N_l
    Shapes: (M_1, N_1), (M_2, N_2), … → (M_1 + M_2 + …, N_1 + N_2 + …).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor, or if one has more than 2 dimensions; TypeError if one is a number.
    Source: PyTorch's `block_diag`.

    >>> import autograd_core as ag
    >>> ag.block_diag(ag.tensor([1.0, 2.0]), ag.tensor([[3.0], [4.0]]))
    tensor([[1., 2., 0.],
            [0., 0., 3.],
            [0., 0., 4.]])
    """
    xs = [atleast_2d(x) for x in listed_operands(list(tensors), "block_diag")]
    for i, x in enumerate(xs):
        if x.ndim > 2:
            raise ValueError(f"block_diag: operand {i} has shape {tuple(x.shape)}; needs at most 2 dimensions")
    return apply(_block_diag_primitive, tuple(xs), (tuple(tuple(x.shape) for x in xs),))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.concat  out=
ag.concatenate  out=
ag.atleast_1d
ag.atleast_2d
ag.atleast_3d
ag.broadcast_tensors
ag.hstack  out=
ag.vstack  out=
ag.row_stack  out=
ag.dstack  out=
ag.column_stack  out=
ag.block_diag
"""
