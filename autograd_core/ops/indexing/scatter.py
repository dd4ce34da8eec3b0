"""Writing to positions that an index tensor names: scatter and its reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.operands import stand_in
from ...engine.primitive import AUX, SHAPE, Primitive, apply
from ...engine.tensor import Tensor, conversion, range_checked, wrap
from ..arguments import array_operand, dim_index, numpy_names
from ..elementwise import arithmetic as ew
from ..reduction.reduce import prod
from ..shape.shape import ravel, reshape
from .gather import (
    check_fits_index,
    checked,
    flat_positions,
    gather_along,
    gather_back,
    gather_back_primitive,
    index_operand,
)
from .index import put_at


def _scatter(x: ndarray, src: ndarray, index: ndarray, dim: int, name: str) -> ndarray:
    index = checked(index, x.shape[dim], dim, False, name)
    out = np.array(x, order="C")
    out.reshape(-1)[flat_positions(x.shape, dim, index).reshape(-1)] = np.broadcast_to(src, index.shape).reshape(-1)
    return out


def _last(index: ndarray, shape: tuple, dim: int) -> ndarray:
    """Which of the values written by index were not overwritten by a later one."""
    places = flat_positions(shape, dim, index.astype(np.int64)).reshape(-1)
    count = np.arange(places.size)
    order = np.full(math.prod(shape), -1)
    order[places] = count
    return (order[places] == count).reshape(index.shape)


_last_primitive = Primitive(_last, name="last_written")


_scatter_primitive: Primitive = Primitive(
    _scatter,
    name="scatter",
    vjps=(
        lambda g, index, x_shape, dim, name: apply(_scatter_primitive, (g, np.zeros((), g.dtype), index), (dim, name)),
        lambda g, index, x_shape, dim, name: (
            gather_along(g, index, dim, name=name) * apply(_last_primitive, (index,), (x_shape, dim))
        ),
        None,
    ),
    saves=(2, SHAPE),
    broadcasts=True,
)


def _operands(name: str, x: Any, dim: int, index: Any, src: Any) -> tuple:
    """The operands of a scatter, checked, with `src` cut to the shape of the index."""
    x, index = array_operand(x, name), index_operand(index, name)
    at = dim_index(dim, x.ndim, name)
    if not isinstance(src, bool | int | float | complex):
        src = array_operand(src, name)
        if src.dtype != x.dtype:
            raise TypeError(f"{name}: src is {src.dtype} and x {x.dtype}; pass {conversion('src', src, x.dtype)}")
    if math.prod(index.shape) == 0:
        return x, at, None, src
    check_fits_index(x, index, at, name)
    if not hasattr(src, "dtype"):
        return x, at, index, range_checked(src, x.dtype, name)
    check_fits_index(src, index, -1, name, "src")
    if src.shape != index.shape and src.ndim:
        src = src[tuple(slice(n) for n in index.shape)]
    return x, at, index, src


def _of_0d(function: Any, x: Any, index: Any, src: Any, **options: Any) -> Any:
    """A scatter into a 0-d tensor: into its only element."""
    src = ravel(src) if hasattr(src, "ndim") else src
    return reshape(function(reshape(x, (1,)), 0, ravel(index_operand(index, "scatter")), src, **options), ())


@numpy_names
def scatter(x: Any, dim: int, index: Any, src: Any = None, *, reduce: str | None = None, value: Any = None) -> Any:
    """x with src[i][j][k] written at [i][index[i][j][k]][k], for dim=1; of several for one place, the last.

    `src` may be a number. reduce: "add" or "multiply" instead of overwriting.
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: needs either src (a tensor) or value (a number)")
    src = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ValueError(f'scatter: reduce must be "add" or "multiply", got {reduce!r}')
        if not hasattr(src, "dtype"):
            index = index_operand(index, "scatter")
            src = np.full(index.shape, src, array_operand(x, "scatter").dtype)
        return scatter_reduce(x, dim, index, src, "sum" if reduce == "add" else "prod")
    if getattr(x, "ndim", 1) == 0:
        return _of_0d(scatter, x, index, src)
    x, at, index, src = _operands("scatter", x, dim, index, src)
    return ew.add(x, 0) if index is None else apply(_scatter_primitive, (x, src, index), (at, "scatter"))


@numpy_names
def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    """x with src[i][j][k] added at [i][index[i][j][k]][k], for dim=1."""
    if getattr(x, "ndim", 1) == 0:
        return _of_0d(scatter_add, x, index, src)
    x, at, index, src = _operands("scatter_add", x, dim, index, src)
    return x + (0 if index is None else gather_back(src, index, x.shape, at, "scatter_add"))


def _scatter_extreme(x: ndarray, src: ndarray, index: ndarray, dim: int, largest: bool, include: bool) -> tuple:
    """The extremes, and which elements of x and of src attain them."""
    index = checked(index, x.shape[dim], dim, False, "scatter_reduce")
    out = np.array(x, order="C")
    places = flat_positions(x.shape, dim, index).reshape(-1)
    flat, values = out.reshape(-1), src.reshape(-1)
    kept = np.ones(x.size, bool)
    if not include:
        kept[places] = False
        flat[places] = values  # any of them: the extreme of equals is itself
    (np.maximum if largest else np.minimum).at(flat, places, values)
    best = (values == flat[places]) | ((values != values) & (flat[places] != flat[places]))
    kept &= (x.reshape(-1) == flat) | ((x.reshape(-1) != x.reshape(-1)) & (flat != flat))
    count = kept.astype(x.dtype)
    np.add.at(count, places, best.astype(x.dtype))
    share = 1 / np.maximum(count, 1)
    shares = (kept * share).reshape(x.shape), (best * share[places]).reshape(src.shape)
    return out, tuple(s.astype(x.dtype) for s in shares)


_scatter_extreme_primitive = Primitive(
    _scatter_extreme,
    name="scatter_reduce",
    vjps=(
        lambda g, index, shares, dim, largest, include: g * shares[0],
        lambda g, index, shares, dim, largest, include: gather_along(g, index, dim, name="scatter_reduce") * shares[1],
        None,
    ),
    saves=(2, AUX),
)


@numpy_names
def scatter_reduce(x: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with what `src` holds for each place (see `scatter_add`) reduced: "sum", "prod", "mean", "amax" or "amin".

    include_self: whether the value of x takes part. Equal extremes share the gradient.
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(f'scatter_reduce: reduce must be "sum", "prod", "mean", "amax" or "amin", got {reduce!r}')
    if getattr(x, "ndim", 1) == 0:
        return _of_0d(scatter_reduce, x, index, src, reduce=reduce, include_self=include_self)
    x, at, index, src = _operands("scatter_reduce", x, dim, index, src)
    if index is None:
        return ew.add(x, 0)
    if reduce in ("amax", "amin"):
        return apply(_scatter_extreme_primitive, (x, src, index), (at, reduce == "amax", include_self))
    if reduce == "prod":
        return _scatter_prod(x, at, index, src, include_self)
    how = (tuple(x.shape), at, False, False, "scatter_reduce")
    start = x
    if not include_self or reduce == "mean":
        count = apply(gather_back_primitive, (np.ones(index.shape, x.dtype), index), how)
        start = x if include_self else ew.where(ew.gt(count, 0), 0, x)
    total = start + apply(gather_back_primitive, (src, index), how)
    if reduce == "sum":
        return total
    count = ew.maximum(count + int(include_self), 1)
    return total / count if x.dtype.kind in "fc" else total // count


def _scatter_prod(x: Any, dim: int, index: Any, src: Any, include_self: bool) -> Any:
    """Values for one place are laid one behind the other, and multiplied along that new dimension."""
    inside = stand_in(x, index, src)
    if inside is not None:
        return inside.call_on_values(
            lambda x, index, src: _scatter_prod(x, dim + 1, index, src, include_self),
            x, index, broadcast_to(src, index.shape),
        )  # fmt: skip
    plain = checked(index.array if isinstance(index, Tensor) else index, x.shape[dim], dim, False, "scatter_reduce")
    places = flat_positions(tuple(x.shape), dim, plain).reshape(-1)
    size = math.prod(x.shape)
    order = np.argsort(places, kind="stable")
    first = np.searchsorted(places[order], places[order], side="left")
    turn = np.empty(places.size, np.int64)
    turn[order] = np.arange(places.size) - first  # the how-manieth value for its place each one is
    layers = int(turn.max()) + 1
    start = ravel(x)
    if not include_self:
        touched = np.zeros(size, bool)
        touched[places] = True
        start = ew.where(touched, 1, start)
    blank = np.ones((layers, size), x.dtype)
    stacked = put_at(wrap(blank) if isinstance(src, Tensor) else blank, ravel(src), (turn, places))
    return reshape(start * prod(stacked, 0), x.shape)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.scatter         x.scatter         x.scatter_
ag.scatter_add     x.scatter_add     x.scatter_add_
ag.scatter_reduce  x.scatter_reduce  x.scatter_reduce_
"""
