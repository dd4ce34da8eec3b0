"""Reading and writing by index. Reading and adding back (`getitem`, `scatter_back`) are each other's adjoint.

Basic indices (integers, slices, None, ...) give views; index arrays and boolean masks give copies. Negative steps give
a view too, which PyTorch refuses.
"""

from __future__ import annotations

import math
from types import EllipsisType
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.graph import Deferred
from ...engine.operands import convert, is_traced, operand, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, describe, range_checked, wrap
from ...engine.writes import check_writable, rewrite, store


class Pieces(Deferred):
    """The gradient of an array of which pieces were read: their indices and gradients, put together at the end."""

    __slots__ = ("gs", "indices", "shape", "whole")

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
        return
    rows = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    if isinstance(rows, ndarray) and rows.dtype != bool and rows.ndim and out.ndim > 1:
        size = math.prod(out.shape[1:])
        rows = np.where(rows < 0, rows + out.shape[0], rows)  # so that equal positions are equal numbers
        add_rows(out.reshape(out.shape[0], size), rows.reshape(-1), np.asarray(g).reshape(rows.size, size))
    elif np.size(g) * 8 >= out.size:  # NumPy is fast at adding to positions of a vector, and slow at all else
        positions = np.arange(out.size).reshape(out.shape)[index]
        np.add.at(out.reshape(-1), positions.reshape(-1), np.broadcast_to(g, positions.shape).reshape(-1))
    else:
        np.add.at(out, index, g)


def add_rows(out: ndarray, rows: ndarray, g: ndarray) -> None:
    """out[rows[i]] += g[i], out of shape (S, K), contiguous, and g of shape (n, K); rows may occur several times."""
    if rows.size == 0 or out.size == 0:
        return
    if out.shape[1] == 1:
        np.add.at(out.reshape(-1), rows, g.reshape(-1))
        return
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    if first.size == rows.size:
        out[rows] += g
    else:
        out[ordered[first]] += np.add.reduceat(g[order], first, axis=0)


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


getitem_primitive: Primitive = Primitive(
    _read,
    name="getitem",
    vjps=(lambda g, x_shape, index: Pieces(x_shape, index, g),),
    defers=True,
    saves=(SHAPE,),
    view=True,
)


def is_basic(index: Any) -> bool:
    """Whether the index selects by integers, slices, None and ... alone, so that NumPy gives a view."""
    if isinstance(index, tuple):
        return all(is_basic(i) for i in index)
    return (isinstance(index, int | np.integer | slice | EllipsisType) and not isinstance(index, bool)) or index is None


def plain_index(index: Any, name: str) -> Any:
    """An index as NumPy takes it: tensors as their arrays, lists as index arrays, 0-d integers as numbers."""
    if type(index) is int or type(index) is slice or index is None or index is Ellipsis:
        return index
    if isinstance(index, tuple):
        return tuple(plain_index(i, name) for i in index)
    if isinstance(index, Tensor):
        index = index.array
    if isinstance(index, list | range):
        index = np.asarray([plain_index(i, name) for i in index])
        index = index.astype(np.int64) if index.size == 0 else index
    if isinstance(index, slice):
        return slice(*(i if i is None else int(i) for i in (index.start, index.stop, index.step)))
    if isinstance(index, ndarray):
        if index.dtype.kind not in "iub":
            raise IndexError(f"{name}: an index array must hold integers or booleans, got {index.dtype}")
        return int(index) if index.ndim == 0 and index.dtype.kind != "b" else index
    if isinstance(index, int | np.integer | np.bool_):
        return index
    raise IndexError(
        f"{name}: cannot index with {describe(index)}; use integers, slices, None, ..., index arrays or masks"
    )


def _in_two_steps(index: Any, ndim: int) -> tuple[Any, Any]:
    """The index of a tensor of `ndim` dimensions as a view by the integers, slices and None in it, then the arrays and
    masks applied to that view.

    NumPy counts an integer beside index arrays as one of them, PyTorch takes the slice at it first; the shapes differ
    where a slice stands between. An ellipsis of no width separates index arrays for NumPy, not for PyTorch. Ours are
    PyTorch's. None for a step without anything to do.
    """
    if is_basic(index):
        return index, None
    items = index if isinstance(index, tuple) else (index,)
    if any(i is Ellipsis for i in items) and sum(map(_width, items)) == ndim:
        index = items = tuple(i for i in items if i is not Ellipsis)
    if not any(is_basic(i) and isinstance(i, int | np.integer) for i in items):
        return None, frozen(index)
    whole = slice(None)
    view: list = []
    rest: list = []
    for i in items:
        if isinstance(i, ndarray | bool | np.bool_):
            view += [whole] * (1 if np.asarray(i).dtype != bool else np.ndim(i))
            rest.append(i)
        else:
            view.append(i)
            if not isinstance(i, int | np.integer):
                rest.append(i if i is Ellipsis else whole)
    return tuple(view), frozen(tuple(rest))


def _width(item: Any) -> int:
    """How many dimensions a part of an index takes, an ellipsis counting as none."""
    if item is None or item is Ellipsis:
        return 0
    return np.ndim(item) if isinstance(item, ndarray | bool | np.bool_) and np.asarray(item).dtype == bool else 1


def frozen(index: Any) -> Any:
    """The index with its own copy of each array: it is read again in the backward pass."""
    if isinstance(index, tuple):
        return tuple(i.copy() if isinstance(i, ndarray) else i for i in index)
    return index.copy() if isinstance(index, ndarray) else index


def _get(x: Any, index: Any, name: str) -> Any:
    try:
        return apply(getitem_primitive, (x,), (index,))
    except IndexError as error:
        raise IndexError(f"{name}: {error} (the tensor has shape {tuple(x.shape)})") from None


def getitem(x: Any, index: Any) -> Any:
    """x[index]. Integers, slices (also with negative steps), None and ... give a view; arrays and masks a copy."""
    inside = stand_in(*index) if isinstance(index, tuple) else stand_in(index)
    if inside is not None:
        return inside.index_into(x, index)
    view, rest = _in_two_steps(plain_index(index, "index"), x.ndim)
    if rest is None:
        return _get(x, view, "index")
    return _get(x if view is None else _get(x, view, "index"), rest, "index")


def setitem(x: Any, index: Any, value: Any) -> None:
    """x[index] = value, recorded as a function of x and value."""
    name = "index assignment"
    inside = stand_in(*index) if isinstance(index, tuple) else stand_in(index)
    written = stand_in(value) if inside is None else inside
    if written is not None and isinstance(x, Tensor):
        written.refuse_store(name, x.shape)
    if inside is not None:
        inside.put_into(x, index, value)
        return
    view, rest = _in_two_steps(plain_index(index, name), x.ndim)
    value = operand(value, name)
    if not is_traced(value):
        value = wrap(range_checked(value, x.dtype, name) if not hasattr(value, "dtype") else value)
    if isinstance(x, Tensor):
        check_writable(x, name)
    whole = tuple(x.shape)
    if view is not None:
        x = _get(x, view, name)
    shape = tuple(x.shape) if rest is None else _get(np.broadcast_to(np.False_, x.shape), rest, name).shape
    extra = value.ndim - len(shape)
    if extra > 0 and value.shape[:extra] == (1,) * extra:
        value = value.reshape(value.shape[extra:])
    if not _broadcasts(tuple(value.shape), shape):
        raise ValueError(
            f"index assignment: a value of shape {tuple(value.shape)} does not broadcast to the selected shape {shape} "
            f"(the tensor has shape {whole})"
        )
    value = convert(value, x.dtype)
    if rest is not None:
        rewrite(x, put_at, value, rest, name=name)
        return
    value = broadcast_to(value, shape) if value.shape != shape else value
    if isinstance(x, Tensor):
        store(x, value, name)
    else:
        rewrite(x, lambda old: value, name=name)


def _broadcasts(shape: tuple, wanted: tuple) -> bool:
    """Whether an array of `shape` broadcasts to `wanted`."""
    return len(shape) <= len(wanted) and all(n in (1, m) for n, m in zip(shape[::-1], wanted[::-1], strict=False))


def _put(x: ndarray, value: ndarray, index: Any) -> ndarray:
    out = np.array(x)
    out[index] = value
    return out


_put_primitive = Primitive(
    _put,
    name="index_put",
    vjps=(
        lambda g, value_shape, index: put_at(g, np.zeros((), g.dtype), index),
        lambda g, value_shape, index: _read_last(g, index),
    ),
    saves=(SHAPE - 1,),
    broadcasts=True,
)


def put_at(x: Any, value: Any, index: Any) -> Any:
    """x with `value`, broadcast, at the index; of several values for one position, the last."""
    return apply(_put_primitive, (x, value), (index,))


def _read_last(g: Any, index: Any) -> Any:
    """g at the index, 0 for a value that a later one at the same position overwrote."""
    size = math.prod(g.shape)
    positions = np.arange(size).reshape(g.shape)[index]
    order = np.full(size, -1)
    count = np.arange(positions.size)
    order[positions.reshape(-1)] = count  # NumPy keeps the last assignment of equals, here as there
    last = (order[positions.reshape(-1)] == count).reshape(positions.shape)
    read = apply(getitem_primitive, (g,), (index,))
    return read if last.all() else read * last
