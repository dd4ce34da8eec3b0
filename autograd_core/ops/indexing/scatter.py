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
from ...engine.types import TensorLike
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
    positions = flat_positions(shape, dim, index.astype(np.int64)).reshape(-1)
    count = np.arange(positions.size)
    order = np.full(math.prod(shape), -1)
    order[positions] = count
    return (order[positions] == count).reshape(index.shape)


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
            raise TypeError(f"{name}: src is {src.dtype} and input {x.dtype}; pass {conversion('src', src, x.dtype)}")
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
def scatter(
    input: TensorLike,
    dim: int,
    index: TensorLike,
    src: TensorLike | None = None,
    *,
    reduce: str | None = None,
    value: float | None = None,
) -> Tensor:
    """Return a copy of `input` with each element of `src` written at its index along `dim`.

    `src`, or `value`, may be a number. Of several values for one position the last counts. `reduce` "add" or "multiply"
    combines them with what is there instead.

    Formula: out[i, index[i, j, k], k] = src[i, j, k] for dim=1, else input
    Shapes: (*), an index and a `src` of as many dimensions, the index not larger than `src`, nor than `input` but in `dim`
        → (*).
    Dtypes: any, kept; `src` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit, or if
        `reduce` is unknown; TypeError if the dtypes differ, or if there is not one of `src` and `value`.
    Source: PyTorch's `scatter`.

    >>> import autograd_core as ag
    >>> ag.scatter(ag.zeros(3), 0, ag.tensor([0, 2]), ag.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: needs either src (a tensor) or value (a number)")
    written: Any = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ValueError(f'scatter: reduce must be "add" or "multiply", got {reduce!r}')
        if not hasattr(written, "dtype"):
            written = np.full(index_operand(index, "scatter").shape, written, array_operand(input, "scatter").dtype)
        return scatter_reduce(input, dim, index, written, "sum" if reduce == "add" else "prod")
    if getattr(input, "ndim", 1) == 0:
        return _of_0d(scatter, input, index, written)
    x, at, positions, written = _operands("scatter", input, dim, index, written)
    return ew.add(x, 0) if positions is None else apply(_scatter_primitive, (x, written, positions), (at, "scatter"))


@numpy_names
def scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """Return a copy of `input` with each element of `src` added at its index along `dim`.

    `src` may be a number, where PyTorch takes a tensor. The adjoint of `gather`.

    Formula: out[i, l, k] = input[i, l, k] + Σ_j src[i, j, k] [index[i, j, k] = l] for dim=1
    Shapes: (*), an index and a `src` of as many dimensions, the index not larger than `src`, nor than `input` but in `dim`
        → (*).
    Dtypes: any, kept; `src` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit; TypeError
        if the dtypes differ.
    Source: PyTorch's `scatter_add`.

    >>> import autograd_core as ag
    >>> ag.scatter_add(ag.ones(3), 0, ag.tensor([0, 0]), ag.tensor([2.0, 3.0]))
    tensor([6., 1., 1.])
    """
    if getattr(input, "ndim", 1) == 0:
        return _of_0d(scatter_add, input, index, src)
    x, at, positions, added = _operands("scatter_add", input, dim, index, src)
    return x + (0 if positions is None else gather_back(added, positions, x.shape, at, "scatter_add"))


def _scatter_extreme(x: ndarray, src: ndarray, index: ndarray, dim: int, largest: bool, include: bool) -> tuple:
    """The extremes, and which elements of x and of src attain them."""
    index = checked(index, x.shape[dim], dim, False, "scatter_reduce")
    out = np.array(x, order="C")
    positions = flat_positions(x.shape, dim, index).reshape(-1)
    flat, values = out.reshape(-1), src.reshape(-1)
    kept = np.ones(x.size, bool)
    if not include:
        kept[positions] = False
        flat[positions] = values  # any of them: the extreme of equals is itself
    (np.maximum if largest else np.minimum).at(flat, positions, values)
    best = (values == flat[positions]) | ((values != values) & (flat[positions] != flat[positions]))
    kept &= (x.reshape(-1) == flat) | ((x.reshape(-1) != x.reshape(-1)) & (flat != flat))
    count = kept.astype(x.dtype)
    np.add.at(count, positions, best.astype(x.dtype))
    share = 1 / np.maximum(count, 1)
    shares = (kept * share).reshape(x.shape), (best * share[positions]).reshape(src.shape)
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
def scatter_reduce(
    input: TensorLike, dim: int, index: TensorLike, src: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return a copy of `input` with the elements of `src` reduced into the positions that `index` names along `dim`.

    `reduce` is "sum", "prod", "mean", "amax" or "amin". With `include_self` the element of `input` takes part. Equal
    extremes share the gradient.

    Formula: out[i, l, k] = reduce of input[i, l, k] and all src[i, j, k] with index[i, j, k] = l, for dim=1
    Shapes: (*), an index and a `src` of as many dimensions, the index not larger than `src`, nor than `input` but in `dim`
        → (*).
    Dtypes: any, kept; `src` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit, or if
        `reduce` is unknown; TypeError if the dtypes differ.
    Source: PyTorch's `scatter_reduce`.

    >>> import autograd_core as ag
    >>> ag.scatter_reduce(ag.ones(3), 0, ag.tensor([0, 0]), ag.tensor([2.0, 3.0]), "amax")
    tensor([3., 1., 1.])
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(f'scatter_reduce: reduce must be "sum", "prod", "mean", "amax" or "amin", got {reduce!r}')
    if getattr(input, "ndim", 1) == 0:
        return _of_0d(scatter_reduce, input, index, src, reduce=reduce, include_self=include_self)
    x, at, positions, values = _operands("scatter_reduce", input, dim, index, src)
    if positions is None:
        return ew.add(x, 0)
    if reduce in ("amax", "amin"):
        return apply(_scatter_extreme_primitive, (x, values, positions), (at, reduce == "amax", include_self))
    if reduce == "prod":
        return _scatter_prod(x, at, positions, values, include_self)
    shape_and_dim = (tuple(x.shape), at, False, False, "scatter_reduce")
    start = x
    if not include_self or reduce == "mean":
        count = apply(gather_back_primitive, (np.ones(positions.shape, x.dtype), positions), shape_and_dim)
        start = x if include_self else ew.where(ew.gt(count, 0), 0, x)
    total = start + apply(gather_back_primitive, (values, positions), shape_and_dim)
    if reduce == "sum":
        return total
    count = ew.maximum(count + int(include_self), 1)
    return total / count if x.dtype.kind in "fc" else total // count


_whole_product = Primitive(  # for a value that notes operations
    lambda x, index, src, dim, include_self: _scatter_prod(x, dim, index, src, include_self), name="scatter_product"
)


def _scatter_prod(x: Any, dim: int, index: Any, src: Any, include_self: bool) -> Any:
    """Values for one position are stacked along a new dimension, and multiplied along it."""
    inside = stand_in(x, index, src)
    if inside is not None:
        return inside.call_on_values(
            lambda x, index, src: _scatter_prod(x, dim + 1, index, src, include_self),
            x, index, broadcast_to(src, index.shape),
            as_one=(_whole_product, (dim, include_self)),
        )  # fmt: skip
    plain = checked(index.array if isinstance(index, Tensor) else index, x.shape[dim], dim, False, "scatter_reduce")
    positions = flat_positions(tuple(x.shape), dim, plain).reshape(-1)
    size = math.prod(x.shape)
    order = np.argsort(positions, kind="stable")
    first = np.searchsorted(positions[order], positions[order], side="left")
    rank = np.empty(positions.size, np.int64)
    rank[order] = np.arange(positions.size) - first  # of each value among those for its position
    layers = int(rank.max()) + 1
    start = ravel(x)
    if not include_self:
        touched = np.zeros(size, bool)
        touched[positions] = True
        start = ew.where(touched, 1, start)
    blank = np.ones((layers, size), x.dtype)
    stacked = put_at(wrap(blank) if isinstance(src, Tensor) else blank, ravel(src), (rank, positions))
    return reshape(start * prod(stacked, 0), x.shape)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.scatter         x.scatter         x.scatter_
ag.scatter_add     x.scatter_add     x.scatter_add_
ag.scatter_reduce  x.scatter_reduce  x.scatter_reduce_
"""
