"""Reading and writing by index. Reading and adding back (`getitem`, `scatter_back`) are each other's adjoint.

Basic indices (integers, slices, None, ...) give views; index arrays and boolean masks give copies. Negative steps give
a view too, which PyTorch refuses.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np
from numpy import ndarray

from ..graph import Deferred
from ..primitive import SHAPE, Primitive, convert, operand
from ..tensor import Tensor, apply, check_writable, describe, rewrite, store, wrap
from .shape import broadcast_to


class Pieces(Deferred):
    """The gradient of an array of which pieces were read: the places and their gradients, put together at the end."""

    __slots__ = ("shape", "whole", "indices", "gs")

    def __init__(self, shape: tuple, index: Any, g: Any):
        self.shape = shape
        self.whole: Any = None
        self.indices = [index]
        self.gs = [g]

    def add(self, g: Any) -> None:
        if isinstance(g, Pieces):
            self.indices += g.indices
            self.gs += g.gs
            g = g.whole
        if g is not None:
            self.whole = g if self.whole is None else self.whole + g

    def contributions(self) -> list:
        return [*self.gs, *([] if self.whole is None else [self.whole])]

    def assemble(self) -> Any:
        out = scatter_back(self.gs, self.shape, tuple(self.indices))
        return out if self.whole is None else out + self.whole


def _assemble(*args: Any) -> ndarray:
    *gs, shape, indices = args
    out = np.zeros(shape, gs[0].dtype)
    for index, g in zip(indices, gs, strict=True):
        add_at(out, index, g)
    return out


def add_at(out: ndarray, index: Any, g: Any) -> None:
    """out[index] += g, where an index that occurs several times adds several times."""
    if is_basic(index) or (isinstance(index, ndarray) and index.dtype == bool):
        out[index] += g
    else:
        np.add.at(out, index, g)


_assemble_primitive = Primitive(
    _assemble,
    name="scatter_back",
    joint=lambda needs, g, shape, indices: tuple(
        apply(getitem_primitive, (g,), (i,)) if n else None for n, i in zip(needs, indices, strict=True)
    ),
)


def scatter_back(gs: Any, shape: tuple, indices: tuple) -> Any:
    """Zeros of `shape` with each g added at its index: the adjoint of reading those indices."""
    return apply(_assemble_primitive, tuple(gs), (shape, indices))


def _read(x: ndarray, index: Any) -> ndarray:
    out = x[index]
    if type(out) is not ndarray and is_basic(index):  # a single element, as a 0-d view rather than a scalar
        return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]
    return out


getitem_primitive = Primitive(
    _read,
    name="getitem",
    vjps=(lambda g, x_shape, index: Pieces(x_shape, index, g),),
    saves=(SHAPE,),
    view=True,
)


def is_basic(index: Any) -> bool:
    """Whether the index selects by integers, slices, None and ... alone, so that NumPy gives a view."""
    if isinstance(index, tuple):
        return all(is_basic(i) for i in index)
    return isinstance(index, int | np.integer | slice | EllipsisType) and not isinstance(index, bool) or index is None


def _plain_index(index: Any, name: str) -> Any:
    """An index as NumPy takes it: tensors as their arrays, lists as index arrays."""
    if type(index) is int or type(index) is slice:
        return index
    if isinstance(index, tuple):
        return tuple(_plain_index(i, name) for i in index)
    if isinstance(index, Tensor):
        index = index.array
    if isinstance(index, list | range):
        index = np.asarray([_plain_index(i, name) for i in index])
        index = index.astype(np.int64) if index.size == 0 else index
    if isinstance(index, slice):
        return slice(*(i if i is None else int(i) for i in (index.start, index.stop, index.step)))
    if isinstance(index, ndarray):
        if index.dtype.kind not in "iub":
            raise IndexError(f"{name}: an index array must hold integers or booleans, got {index.dtype}")
        return int(index) if index.ndim == 0 and index.dtype.kind != "b" else index
    if index is None or isinstance(index, int | np.integer | np.bool_ | EllipsisType):
        return index
    raise IndexError(f"{name}: cannot index with {describe(index)}; use integers, slices, None, ..., index arrays or masks")


def getitem(x: Any, index: Any) -> Any:
    """x[index]."""
    index = _plain_index(index, "index")
    try:
        return apply(getitem_primitive, (x,), (index,))
    except IndexError as error:
        raise IndexError(f"index: {error} (the tensor has shape {tuple(x.shape)})") from None


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value, recorded as a function of x and value."""
    index = _plain_index(index, "index assignment")
    value = operand(value, "index assignment")
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(value, x.array.dtype) if not hasattr(value, "dtype") else value)
    check_writable(x, "index assignment")
    try:
        part = apply(getitem_primitive, (x,), (index,))
    except IndexError as error:
        raise IndexError(f"index assignment: {error} (the tensor has shape {x.shape})") from None
    extra = value.array.ndim - part.ndim
    if extra > 0 and value.shape[:extra] == (1,) * extra:
        value = value.reshape(value.shape[extra:])
    try:
        np.broadcast_to(value.array, part.shape)
    except ValueError:
        raise ValueError(
            f"index assignment: a value of shape {value.shape} does not broadcast to the selected shape {part.shape} "
            f"(the tensor has shape {x.shape})"
        ) from None
    value = convert(value, x.array.dtype)
    if is_basic(index):
        store(part, broadcast_to(value, part.shape) if value.shape != part.shape else value, "index assignment")
    else:
        rewrite(x, _index_put, value, index, name="index assignment")


def _put(x: ndarray, value: ndarray, index: Any) -> ndarray:
    out = np.array(x)
    out[index] = value
    return out


_put_primitive = Primitive(
    _put,
    name="index_put",
    vjps=(
        lambda g, value_shape, index: _index_put(g, np.zeros((), g.dtype), index),
        lambda g, value_shape, index: _read_last(g, index),
    ),
    saves=(SHAPE - 1,),
    broadcasts=True,
)


def _index_put(x: Any, value: Any, index: Any) -> Any:
    return apply(_put_primitive, (x, value), (index,))


def _read_last(g: Any, index: Any) -> Any:
    """g at the index, 0 for a value that a later one at the same place overwrote."""
    places = np.arange(g.size if isinstance(g, ndarray) else g.array.size).reshape(g.shape)[index]
    order = np.full(int(np.prod(g.shape)), -1)
    count = np.arange(places.size)
    order[places.reshape(-1)] = count  # NumPy keeps the last assignment of equals, here as there
    last = (order[places.reshape(-1)] == count).reshape(places.shape)
    return apply(getitem_primitive, (g,), (index,)) * last
