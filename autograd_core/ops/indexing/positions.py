"""Positions: from a number to its indices, and a fixed count of the nonzero ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from ...engine.operands import sizes_of
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, integer


def _unravelled(indices: ndarray, shape: tuple) -> tuple:
    return tuple(np.asarray(part).astype(indices.dtype) for part in np.unravel_index(indices, shape))


_unravel_primitive = Primitive(_unravelled, name="unravel_index", outputs=True)


def unravel_index(indices: TensorLike, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Return the indices into a tensor of the given `shape` of the elements that `indices` count in row-major order.

    Formula: indices = Σ_d out_d · ∏_{e>d} shape_e, 0 ≤ out_d < shape_d
    Shapes: (*) → one (*) for each dimension of shape.
    Dtypes: integers, kept.
    Raises: ValueError for an index outside of the shape, or a negative size; TypeError if indices are no integers.
    Source: NumPy's and PyTorch's `unravel_index`.

    >>> import autograd_core as ag
    >>> ag.unravel_index(ag.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    x, sizes = array_operand(indices, "unravel_index"), sizes_of((shape,), "unravel_index")
    if x.dtype.kind not in "iu":
        raise TypeError(f"unravel_index: indices must be integers, got {x.dtype}; use x.long()")
    if min((*sizes, 0)) < 0:
        raise ValueError(f"unravel_index: sizes must not be negative, got {sizes}")
    try:
        return tuple(apply(_unravel_primitive, (x,), (sizes,)))
    except ValueError:
        raise ValueError(
            f"unravel_index: an index is outside of the {np.prod(sizes, dtype=np.int64)} elements of shape {sizes}"
        ) from None


def _nonzero(x: ndarray, size: int, fill_value: int) -> ndarray:
    found = np.argwhere(x)[:size]
    out = np.full((size, x.ndim), fill_value, np.int64)
    out[: len(found)] = found
    return out


_nonzero_primitive = Primitive(_nonzero, name="nonzero_static")


def nonzero_static(input: TensorLike, *, size: int, fill_value: int = -1) -> Tensor:
    """Return the indices of the first `size` elements of `input` that are not 0, filled up with `fill_value`.

    Formula: out[k] = the index of the k-th element that is not 0, or fill_value
    Shapes: (*) of D dimensions → (size, D).
    Dtypes: any → int64.
    Raises: ValueError for a negative size; TypeError if it is no int, or input holds no numbers.
    Source: PyTorch's `nonzero_static`.

    >>> import autograd_core as ag
    >>> ag.nonzero_static(ag.tensor([0.0, 3.0, 0.0, 4.0]), size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    x, count = array_operand(input, "nonzero_static"), integer(size, "nonzero_static", "size")
    if count < 0:
        raise ValueError(f"nonzero_static: size must not be negative, got {count}")
    return apply(_nonzero_primitive, (x,), (count, integer(fill_value, "nonzero_static", "fill_value")))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.unravel_index
ag.nonzero_static  x.nonzero_static
"""
