"""Reading and writing the elements that a mask is true for, and where elements are not 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine import basics
from ...engine.basics import broadcast_to
from ...engine.operands import stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import conversion
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
            f"{name}: a mask of shape {tuple(mask.shape)} does not broadcast with x of shape {tuple(x.shape)}"
        ) from None
    return mask


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """x with one value where `mask` is true."""
    x = array_operand(x, "masked_fill")
    return basics.where(_mask("masked_fill", x, mask), one_value("masked_fill", value, x.dtype), x)


def masked_select(x: Any, mask: Any) -> Any:
    """The elements of x where `mask` is true, in one dimension; both broadcast."""
    x = array_operand(x, "masked_select")
    mask = index_values(_mask("masked_select", x, mask))
    if stand_in(mask) is not None:
        raise NotImplementedError(
            "vmap: 'masked_select' by a mask that differs by example gives each another size; use ag.where or masked_fill"
        )
    shape = np.broadcast_shapes(tuple(x.shape), mask.shape)
    x = broadcast_to(x, shape) if tuple(x.shape) != shape else x
    if not shape:
        return getitem(ravel(x), mask.reshape(1))
    return getitem(x, np.broadcast_to(mask, shape))


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """x with the elements of `source`, in their order, written where `mask` is true."""
    x, source = array_operand(x, "masked_scatter"), array_operand(source, "masked_scatter")
    mask = index_values(_mask("masked_scatter", x, mask))
    if stand_in(mask) is not None:  # the k-th true element of each example's mask takes the k-th of its source
        shape = np.broadcast_shapes(tuple(x.shape), tuple(mask.shape))
        mask = broadcast_to(mask, shape)
        turn = ew.maximum(cumsum(ravel(mask), 0) - 1, 0)
        return basics.where(mask, reshape(take(source, turn), shape), x)
    shape = np.broadcast_shapes(tuple(x.shape), mask.shape)
    x, mask = broadcast_to(x, shape), np.broadcast_to(mask, shape).copy()
    count = int(np.count_nonzero(mask))
    if source.dtype != x.dtype:
        raise TypeError(
            f"masked_scatter: source is {source.dtype} and x {x.dtype}; pass {conversion('source', source, x.dtype)}"
        )
    if math.prod(source.shape) < count:
        raise ValueError(
            f"masked_scatter: the mask is true {count} times, but source has only {math.prod(source.shape)} elements"
        )
    return put_at(x, ravel(source)[:count], mask)


_nonzero = Primitive(lambda x: np.argwhere(x).astype(np.int64), name="nonzero")


def argwhere(x: Any) -> Any:
    """The indices of the elements that are not 0, a row each: int64 of shape (n, x.ndim)."""
    return apply(_nonzero, (array_operand(x, "argwhere"),))


def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension."""
    found = argwhere(x)
    if not as_tuple:
        return found
    if x.ndim == 0:
        return (argwhere(reshape(x, (1,)))[:, 0],)
    return tuple(found[:, d] for d in range(x.ndim))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.masked_fill     x.masked_fill     x.masked_fill_
ag.masked_select   x.masked_select
ag.masked_scatter  x.masked_scatter  x.masked_scatter_
ag.argwhere        x.argwhere
ag.nonzero         x.nonzero
"""
