"""Reading and writing along one dimension by a tensor with an index for each element. For whole slices, see slices.py.

gather <-> gather_back are an adjoint pair; the second adds into zeros. `scatter_add` is a sum with it, so its rules
follow. Out-of-range indices raise before anything is written, with the value and its position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, dim_index, numpy_names
from ..shape.shape import ravel, reshape


def index_operand(index: Any, name: str) -> Any:
    """An index as a tensor or an array of integers."""
    if isinstance(index, list | tuple | range | int):
        index = np.asarray(index, np.int64 if np.size(index) == 0 else None)
    index = array_operand(index, name)
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}: the index must hold integers, got {index.dtype}; convert it with index.long()")
    return index


def checked(index: ndarray, size: int, dim: int, negative: bool, name: str) -> ndarray:
    """The index as int64, counted from the front; or an IndexError with the first value that is out of range."""
    index = index.astype(np.int64, copy=False)
    low = -size if negative else 0
    if index.size and (index.min() < low or index.max() >= size):
        at = tuple(np.argwhere((index < low) | (index >= size))[0].tolist())
        allowed = f"give one from {low} to {size - 1}" if size else "there is nothing to choose from"
        raise IndexError(
            f"{name}: index {index[at]} at position {at} is out of range for dim {dim} of size {size}; {allowed}"
        )
    return index % size if negative and size else index


# ------------------------------------------------------------------------------------------- one index for each element


def flat_positions(shape: tuple, dim: int, index: ndarray) -> ndarray:
    """The indices into row-major memory of `shape` of the elements that `index` names along `dim`."""
    positions = index * math.prod(shape[dim + 1 :])
    for d, n in enumerate(index.shape):
        if d != dim:
            positions += (np.arange(n) * math.prod(shape[d + 1 :])).reshape(-1, *(1,) * (index.ndim - 1 - d))
    return positions


def _gather(x: ndarray, index: ndarray, dim: int, negative: bool, unique: bool, name: str) -> ndarray:
    index = checked(index, x.shape[dim], dim, negative, name)
    x = x[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape))]
    return np.take_along_axis(x, index, dim)


def _gather_back(
    g: ndarray, index: ndarray, shape: tuple, dim: int, negative: bool, unique: bool, name: str
) -> ndarray:
    index = checked(index, shape[dim], dim, negative, name)
    out = np.zeros(shape, g.dtype)
    positions = flat_positions(shape, dim, index).reshape(-1)
    if unique:
        out.reshape(-1)[positions] = g.reshape(-1)
    else:
        np.add.at(out.reshape(-1), positions, g.reshape(-1))
    return out


_gather_primitive: Primitive = Primitive(
    _gather,
    name="gather",
    vjps=(lambda g, index, x_shape, *options: apply(gather_back_primitive, (g, index), (x_shape, *options)), None),
    saves=(1, SHAPE),
)
gather_back_primitive: Primitive = Primitive(
    _gather_back,
    name="scatter_add",
    vjps=(lambda g, index, shape, *options: apply(_gather_primitive, (g, index), options), None),
    saves=(1,),
)


def gather_along(x: Any, index: Any, dim: int, *, negative: bool = False, unique: bool = False, name: str) -> Any:
    """x[…, index[…, j, …], …] along `dim`; `unique`: no element is read twice, which makes the way back faster."""
    if x.ndim == 0:
        flat = apply(_gather_primitive, (reshape(x, (1,)), ravel(index)), (0, negative, unique, name))
        return reshape(flat, index.shape)
    return apply(_gather_primitive, (x, index), (dim, negative, unique, name))


def check_fits_index(x: Any, index: Any, dim: int, name: str, of: str = "input") -> None:
    if (index.ndim or 1) != (x.ndim or 1) or any(
        d != dim and n > m for d, (n, m) in enumerate(zip(index.shape, x.shape, strict=False))
    ):
        raise ValueError(
            f"{name}: an index of shape {tuple(index.shape)} does not fit {of} of shape {tuple(x.shape)}; it needs as "
            f"many dimensions, none of them larger{f' but dim {dim}' if dim >= 0 else ''}"
        )


@numpy_names
def gather(input: TensorLike, dim: int, index: TensorLike, *, sparse_grad: bool = False) -> Tensor:
    """Read one element along `dim` for each element of `index`.

    `sparse_grad` has no effect: gradients are dense.

    Formula: out[i, j, k] = input[i, index[i, j, k], k] for dim=1
    Shapes: (*) and an index of as many dimensions, none of them larger but `dim` → that of the index.
    Dtypes: any, kept; an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit; TypeError
        if the index holds no integers.
    Source: PyTorch's `gather`.

    >>> import autograd_core as ag
    >>> ag.gather(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, ag.tensor([[0, 0], [1, 0]]))
    tensor([[1., 1.],
            [4., 3.]])
    """
    x, positions = array_operand(input, "gather"), index_operand(index, "gather")
    at = dim_index(dim, x.ndim, "gather")
    if math.prod(positions.shape) or positions.ndim == x.ndim:
        check_fits_index(x, positions, at, "gather")
    else:
        return reshape(ravel(x)[:0], positions.shape)
    return gather_along(x, positions, at, name="gather")


@numpy_names
def take_along_dim(input: TensorLike, indices: TensorLike, dim: int | None = None) -> Tensor:
    """Read the elements at `indices` along `dim`, the other dimensions broadcast.

    Without `dim`, those of the flattened tensor. Negative indices count from the end.

    Formula: out[i, j, k] = input[i, indices[i, j, k], k] for dim=1; out[i] = x[indices[i]], x the flattened input
    Shapes: (*, L, *) and (*, K, *), broadcast but in `dim` → (*, K, *); without `dim` (*) and (K) → (K).
    Dtypes: any, kept; indices of integers.
    Raises: IndexError if an index or `dim` is out of range; ValueError if the shapes do not fit; TypeError if the indices
        are no integers.
    Source: PyTorch's `take_along_dim`; NumPy's `take_along_axis`.

    >>> import autograd_core as ag
    >>> ag.take_along_dim(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([[1]]), dim=1)
    tensor([[2.],
            [4.]])
    """
    x, index = array_operand(input, "take_along_dim"), index_operand(indices, "take_along_dim")
    if dim is None:
        return gather_along(ravel(x), ravel(index), 0, negative=True, name="take_along_dim")
    at = dim_index(dim, x.ndim, "take_along_dim")
    if index.ndim != x.ndim:
        raise ValueError(
            f"take_along_dim: indices have {index.ndim} dimensions, input has {x.ndim} (shape {tuple(x.shape)}); they must "
            "be equal"
        )
    try:
        shape = np.broadcast_shapes(
            tuple(1 if d == at else n for d, n in enumerate(x.shape)),
            tuple(1 if d == at else n for d, n in enumerate(index.shape)),
        )
    except ValueError:
        raise ValueError(
            f"take_along_dim: shapes {tuple(x.shape)} and {tuple(index.shape)} do not broadcast beside dim {dim}"
        ) from None
    x, index = (broadcast_to(v, tuple(v.shape[at] if d == at else n for d, n in enumerate(shape))) for v in (x, index))
    return gather_along(x, index, at, negative=True, name="take_along_dim")


# ----------------------------------------------------------------------------------------------------- written by index


def gather_back(src: Any, index: Any, shape: tuple, dim: int, name: str) -> Any:
    """Zeros with each element of `src` added at its index along `dim`: the adjoint of gathering."""
    return apply(gather_back_primitive, (src, index), (tuple(shape), dim, False, False, name))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.gather          x.gather  out=
ag.take_along_dim  x.take_along_dim  out=
"""
