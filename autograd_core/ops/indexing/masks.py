"""Reading and writing the elements that a mask is true for, and where elements are not 0."""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import numpy as np

from ...engine import basics
from ...engine.basics import broadcast_to
from ...engine.operands import stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, conversion
from ...engine.types import TensorLike
from ..arguments import array_operand
from ..elementwise import arithmetic as ew
from ..reduction.scan import cumsum
from ..shape.shape import ravel, reshape
from .index import getitem, put_at
from .slices import index_values, one_value, take


def _mask(name: str, x: Any, mask: Any) -> Any:
    mask = array_operand(mask, name)
    if mask.dtype != bool:
        raise TypeError(f"{name}: the mask must be boolean, got {mask.dtype}; compare it first, as in mask != 0")
    try:
        np.broadcast_shapes(tuple(x.shape), tuple(mask.shape))
    except ValueError:
        raise ValueError(
            f"{name}: a mask of shape {tuple(mask.shape)} does not broadcast with input of shape {tuple(x.shape)}"
        ) from None
    return mask


def masked_fill(input: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """Return a copy of `input` with one value where `mask` is true.

    `value` is a number or a 0-d tensor.

    Formula: out = value where mask, else input
    Shapes: (*) and (*), broadcast together → (*).
    Dtypes: any, kept; `value` is converted to it, a mask of booleans.
    Raises: TypeError if the mask is not of booleans, or if `value` is no number; ValueError if the shapes do not broadcast,
        or if `value` is not one; OverflowError if it does not fit into a dtype of integers.
    Source: PyTorch's `masked_fill`.

    >>> import autograd_core as ag
    >>> ag.masked_fill(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([False, True, True]), 0.0)
    tensor([1., 0., 0.])
    """
    x = array_operand(input, "masked_fill")
    return basics.where(_mask("masked_fill", x, mask), one_value("masked_fill", value, x.dtype), x)


def masked_select(input: TensorLike, mask: TensorLike) -> Tensor:
    """Return the elements where `mask` is true, in one dimension, in row-major order.

    Formula: out = (input[i] for all i where mask[i])
    Shapes: (*) and (*), broadcast together → (N), N the number of true elements.
    Dtypes: any, kept; a mask of booleans.
    Raises: TypeError if the mask is not of booleans; ValueError if the shapes do not broadcast; NotImplementedError inside
        `vmap` if the mask differs by example.
    Source: PyTorch's `masked_select`.

    >>> import autograd_core as ag
    >>> ag.masked_select(ag.tensor([1.0, 2.0, 3.0]), ag.tensor([True, False, True]))
    tensor([1., 3.])
    """
    x = array_operand(input, "masked_select")
    trues = index_values(_mask("masked_select", x, mask))
    inside = stand_in(trues)
    if inside is not None:
        raise NotImplementedError(
            f"{inside.transform}: 'masked_select' by a mask that {inside.varies} gives each another size; use ag.where or "
            "masked_fill"
        )
    shape = np.broadcast_shapes(tuple(x.shape), trues.shape)
    x = broadcast_to(x, shape) if tuple(x.shape) != shape else x
    if not shape:
        return getitem(ravel(x), trues.reshape(1))
    return getitem(x, np.broadcast_to(trues, shape))


def masked_scatter(input: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """Return a copy of `input` with the elements of `source`, in their order, written where `mask` is true.

    Formula: out[i_k] = source[k], i_k the position of the k-th true element of the mask, else input
    Shapes: (*) and (*), broadcast together, and a source of at least as many elements as the mask has true ones → (*).
    Dtypes: any, kept; `source` of the dtype of `input`, a mask of booleans.
    Raises: TypeError if the mask is not of booleans, or if the dtypes differ; ValueError if the shapes do not broadcast, or
        if `source` has too few elements.
    Source: PyTorch's `masked_scatter`.

    >>> import autograd_core as ag
    >>> ag.masked_scatter(ag.zeros(3), ag.tensor([True, False, True]), ag.tensor([8.0, 9.0]))
    tensor([8., 0., 9.])
    """
    x, values = array_operand(input, "masked_scatter"), array_operand(source, "masked_scatter")
    trues: Any = index_values(_mask("masked_scatter", x, mask))
    if stand_in(trues) is not None:  # the k-th true element of each example's mask takes the k-th of its source
        shape = np.broadcast_shapes(tuple(x.shape), tuple(trues.shape))
        trues = broadcast_to(trues, shape)
        rank = ew.maximum(cumsum(ravel(trues), 0) - 1, 0)
        return basics.where(trues, reshape(take(values, rank), shape), x)
    shape = np.broadcast_shapes(tuple(x.shape), trues.shape)
    x, trues = broadcast_to(x, shape), np.broadcast_to(trues, shape).copy()
    count = int(np.count_nonzero(trues))
    if values.dtype != x.dtype:
        raise TypeError(
            f"masked_scatter: source is {values.dtype} and input {x.dtype}; pass "
            f"{conversion('source', values, x.dtype)}"
        )
    if math.prod(values.shape) < count:
        raise ValueError(
            f"masked_scatter: the mask is true {count} times, but source has only {math.prod(values.shape)} elements"
        )
    return put_at(x, ravel(values)[:count], trues)


_nonzero = Primitive(lambda x: np.argwhere(x).astype(np.int64), name="nonzero")


def argwhere(input: TensorLike) -> Tensor:
    """Return the indices of the elements that are not 0, a row each.

    Formula: the rows of out are all i with input[i] ≠ 0, in row-major order
    Shapes: (*) → (N, D), N the number of elements that are not 0, D that of dimensions.
    Dtypes: any → int64; not differentiable.
    Raises: TypeError if `input` holds no numbers.
    Source: PyTorch's `argwhere`.

    >>> import autograd_core as ag
    >>> ag.argwhere(ag.tensor([[0.0, 1.0], [2.0, 0.0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    return apply(_nonzero, (array_operand(input, "argwhere"),))


@overload
def nonzero(input: TensorLike, *, as_tuple: Literal[False] = ...) -> Tensor: ...
@overload
def nonzero(input: TensorLike, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
def nonzero(input: TensorLike, *, as_tuple: bool = False) -> Any:
    """Return the indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension.

    Formula: the rows of out are all i with input[i] ≠ 0, in row-major order; as a tuple, its columns
    Shapes: (*) → (N, D), N the number of elements that are not 0, D that of dimensions; as a tuple D times (N).
    Dtypes: any → int64; not differentiable.
    Raises: TypeError if `input` holds no numbers.
    Source: PyTorch's `nonzero`.

    >>> import autograd_core as ag
    >>> ag.nonzero(ag.tensor([[0.0, 1.0], [2.0, 0.0]]), as_tuple=True)
    (tensor([0, 1]), tensor([1, 0]))
    """
    x = array_operand(input, "nonzero")
    rows = argwhere(x)
    if not as_tuple:
        return rows
    if x.ndim == 0:
        return (argwhere(reshape(x, (1,)))[:, 0],)
    return tuple(rows[:, d] for d in range(x.ndim))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.masked_fill     x.masked_fill     x.masked_fill_
ag.masked_select   x.masked_select  out=
ag.masked_scatter  x.masked_scatter  x.masked_scatter_
ag.argwhere        x.argwhere
ag.nonzero         x.nonzero  out=
"""
