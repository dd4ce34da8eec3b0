"""Reading and writing whole slices, flat positions and masked elements, by tensors of indices.

index_select <-> index_back are an adjoint pair; what adds is a sum with the second, so its rules follow. Out-of-range
indices raise before anything is written, with the value and its position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import broadcast_to
from ...engine.operands import convert, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, conversion, range_checked
from ...engine.writes import rewrite
from ..arguments import array_operand, dim_index, numpy_names
from ..shape.shape import ravel, reshape
from .gather import checked, index_operand
from .index import add_rows, frozen, getitem, plain_index, put_at, scatter_back
from .scatter import scatter, scatter_add, scatter_reduce

# --------------------------------------------------------------------------------------------- one index for each slice


def _index_select(x: ndarray, index: ndarray, dim: int, negative: bool, name: str) -> ndarray:
    return np.take(x, checked(index, x.shape[dim], dim, negative, name), axis=dim)


def _index_back(g: ndarray, index: ndarray, shape: tuple, dim: int, negative: bool, name: str) -> ndarray:
    index = checked(index, shape[dim], dim, negative, name)
    moved = (shape[dim], *shape[:dim], *shape[dim + 1 :])
    out = np.zeros(moved, g.dtype)
    rest = math.prod(moved[1:])
    add_rows(out.reshape(shape[dim], rest), index, np.moveaxis(g, dim, 0).reshape(index.size, rest))
    return out if dim == 0 else np.ascontiguousarray(np.moveaxis(out, 0, dim))


_index_select_primitive: Primitive = Primitive(
    _index_select,
    name="index_select",
    vjps=(lambda g, index, x_shape, *how: apply(_index_back_primitive, (g, index), (x_shape, *how)), None),
    saves=(1, SHAPE),
)
_index_back_primitive: Primitive = Primitive(
    _index_back,
    name="index_add",
    vjps=(lambda g, index, shape, *how: apply(_index_select_primitive, (g, index), how), None),
    saves=(1,),
)


def _vector(index: Any, name: str) -> Any:
    index = index_operand(index, name)
    if index.ndim > 1:
        raise ValueError(f"{name}: the index must be a vector, got shape {tuple(index.shape)}; use gather or x[…]")
    return reshape(index, (1,)) if index.ndim == 0 else index


@numpy_names
def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of x along `dim` that `index`, a vector, names."""
    x, index = array_operand(x, "index_select"), _vector(index, "index_select")
    at = dim_index(dim, x.ndim, "index_select")
    if x.ndim == 0:
        out = apply(_index_select_primitive, (reshape(x, (1,)), index), (0, False, "index_select"))
        return reshape(out, ()) if index.shape == (1,) else out
    return apply(_index_select_primitive, (x, index), (at, False, "index_select"))


def _slices(name: str, x: Any, dim: int, index: Any, source: Any) -> tuple:
    """The operands of an operation that writes slices, checked."""
    x, index, source = array_operand(x, name), _vector(index, name), array_operand(source, name)
    if x.ndim == 0:
        x, source = reshape(x, (1,)), ravel(source)
    at = dim_index(dim, x.ndim, name)
    if source.ndim == 0 and x.ndim == 1:
        source = reshape(source, (1,))
    if source.dtype != x.dtype:
        raise TypeError(
            f"{name}: source is {source.dtype} and x {x.dtype}; pass {conversion('source', source, x.dtype)}"
        )
    expected = (*x.shape[:at], index.shape[0], *x.shape[at + 1 :])
    if tuple(source.shape) != expected:
        raise ValueError(
            f"{name}: source has shape {tuple(source.shape)}; {index.shape[0]} slices of x (shape {tuple(x.shape)}) "
            f"along dim {dim} have {expected}"
        )
    return x, index, source, at


@numpy_names
def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """x with alpha times the slices of `source` added to the slices that `index` names."""
    shape = tuple(x.shape)
    x, index, source, at = _slices("index_add", x, dim, index, source)
    added = apply(_index_back_primitive, (source, index), (tuple(x.shape), at, False, "index_add"))
    return reshape(x + (added if alpha == 1 else alpha * added), shape)


@numpy_names
def index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    """x with the slices that `index` names replaced by those of `source`; of several for one, the last."""
    shape = tuple(x.shape)
    x, index, source, at = _slices("index_copy", x, dim, index, source)
    if stand_in(index) is not None:  # each example writes to places of its own
        return reshape(scatter(x, at, _spread(index, x, at), source), shape)
    places = checked(index_values(index), x.shape[at], at, False, "index_copy")
    return reshape(put_at(x, source, (*(slice(None),) * at, places.copy())), shape)


@numpy_names
def index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    """x with the slices that `index` names filled with one value."""
    x, index = array_operand(x, "index_fill"), _vector(index, "index_fill")
    at, shape = dim_index(dim, x.ndim, "index_fill"), tuple(x.shape)
    x = reshape(x, (1,)) if x.ndim == 0 else x
    value = one_value("index_fill", value, x.dtype)
    if stand_in(index) is not None:
        spread = _spread(basics.where(index < 0, index + x.shape[at], index), x, at)
        return reshape(scatter(x, at, spread, broadcast_to(value, spread.shape)), shape)
    places = checked(index_values(index), x.shape[at], at, True, "index_fill")
    return reshape(put_at(x, value, (*(slice(None),) * at, places.copy())), shape)


@numpy_names
def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with the slices of `source` reduced into those that `index` names: "prod", "mean", "amax" or "amin"."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f'index_reduce: reduce must be "prod", "mean", "amax" or "amin", got {reduce!r}')
    shape = tuple(x.shape)
    x, index, source, at = _slices("index_reduce", x, dim, index, source)
    return reshape(scatter_reduce(x, at, _spread(index, x, at), source, reduce, include_self=include_self), shape)


def _spread(index: Any, x: Any, dim: int) -> Any:
    """A vector of indices along `dim` repeated for every element of the slices of x that it names."""
    shape = (*x.shape[:dim], index.shape[0], *x.shape[dim + 1 :])
    return broadcast_to(reshape(index, (index.shape[0], *(1,) * (x.ndim - 1 - dim))), shape)


def index_values(index: Any) -> ndarray:
    return index.array if isinstance(index, Tensor) else index


def one_value(name: str, value: Any, dtype: Any) -> Any:
    """One value, a number or a 0-d tensor, in the dtype of what it is written to."""
    if isinstance(value, Tensor | ndarray | np.generic) or stand_in(value) is not None:
        value = array_operand(value, name)
        if value.ndim:
            raise ValueError(f"{name}: value must be a number or a 0-d tensor, got shape {tuple(value.shape)}")
        return convert(value, dtype)
    if not isinstance(value, bool | int | float | complex):
        raise TypeError(f"{name}: value must be a number or a 0-d tensor, got {type(value).__name__}")
    return range_checked(value, dtype, name)


# ------------------------------------------------------------------------------------------ by any index, flat, by mask


def index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x with `values`, broadcast, written at x[indices]; with `accumulate` added there, as often as a place occurs."""
    x, values = array_operand(x, "index_put"), array_operand(values, "index_put")
    if values.dtype != x.dtype:
        raise TypeError(
            f"index_put: values are {values.dtype} and x {x.dtype}; pass {conversion('values', values, x.dtype)}"
        )
    if not isinstance(indices, list | tuple):
        raise TypeError(f"index_put: indices must be a tuple of index tensors, got {type(indices).__name__}")
    if stand_in(*indices) is not None:
        return put_by_example(x, indices, values, accumulate)
    index = frozen(plain_index(tuple(slice(None) if i is None else i for i in indices), "index_put"))
    try:
        shape = np.empty(tuple(x.shape), np.bool_)[index].shape
    except IndexError as error:
        raise IndexError(f"index_put: {error} (x has shape {tuple(x.shape)})") from None
    try:
        spread = broadcast_to(values, shape)
    except ValueError:
        raise ValueError(
            f"index_put: values of shape {tuple(values.shape)} do not broadcast to the selected shape {shape}"
        ) from None
    return x + scatter_back([spread], tuple(x.shape), (index,)) if accumulate else put_at(x, spread, index)


def put_by_example(x: Any, indices: Any, values: Any, accumulate: bool) -> Any:
    """`index_put` for indices that differ by example, and so are known as numbers of places only."""
    places = np.arange(math.prod(x.shape)).reshape(tuple(x.shape))
    at = getitem(places, tuple(slice(None) if i is None else i for i in indices))
    values, size = ravel(broadcast_to(values, at.shape)), math.prod(at.shape)
    flat, at = ravel(x), reshape(at, (size,))
    return reshape(scatter_add(flat, 0, at, values) if accumulate else scatter(flat, 0, at, values), x.shape)


def take(x: Any, index: Any) -> Any:
    """The elements of the flattened x at `index`, in the shape of `index`."""
    x, index = array_operand(x, "take"), index_operand(index, "take")
    flat = apply(_index_select_primitive, (ravel(x), ravel(index)), (0, True, "take"))
    return reshape(flat, index.shape)


def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """x with the elements of `source` written, or added, at the places `index` of the flattened x."""
    x, index, source = array_operand(x, "put"), index_operand(index, "put"), array_operand(source, "put")
    if math.prod(index.shape) != math.prod(source.shape):
        raise ValueError(
            f"put: {math.prod(index.shape)} places but {math.prod(source.shape)} values; give one for each"
        )
    if stand_in(index) is not None:
        return reshape(index_put(ravel(x), (ravel(index),), ravel(source), accumulate), x.shape)
    places = checked(index_values(index), math.prod(x.shape), 0, True, "put").reshape(-1)
    return reshape(index_put(ravel(x), (places,), ravel(source), accumulate), x.shape)


def fill_diagonal_(x: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one value on the main diagonal of x, in place; with `wrap`, again after the end of a tall matrix."""
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise ValueError(f"fill_diagonal_: needs a matrix, or more dimensions of one size, got shape {tuple(x.shape)}")
    value = one_value("fill_diagonal_", fill_value, x.dtype)
    size = math.prod(x.shape)
    step = sum(math.prod(x.shape[d + 1 :]) for d in range(x.ndim))
    end = size if wrap or x.ndim > 2 else min(x.shape[1], x.shape[0]) * step
    places = np.unravel_index(np.arange(0, min(end, size), step), x.shape) if size else ()
    return rewrite(x, put_at, value, tuple(places), name="fill_diagonal_") if size else x


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.index_select  x.index_select
ag.index_add     x.index_add     x.index_add_
ag.index_copy    x.index_copy    x.index_copy_
ag.index_fill    x.index_fill    x.index_fill_
ag.index_reduce  x.index_reduce  x.index_reduce_
ag.index_put     x.index_put     x.index_put_
ag.take          x.take
ag.put           x.put           x.put_
"""
