"""Reading and writing along one dimension by a tensor with an index for each element. For whole slices, see slices.py.

gather <-> gather_back are an adjoint pair; the second adds into zeros. `scatter_add` is a sum with it, so its rules
follow. Out-of-range indices raise before anything is written, with the value and its position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import AUX, SHAPE, Primitive, stand_in
from ..tensor import Tensor, apply, conversion, held, wrap
from . import elementwise as ew
from .index import put_at
from .shape import array_operand, broadcast_to, dim_index, numpy_names, ravel, reshape


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


def _along(shape: tuple, dim: int, index: ndarray) -> ndarray:
    """Where in row-major memory of `shape` the elements lie that `index` names along `dim`."""
    places = index * math.prod(shape[dim + 1 :])
    for d, n in enumerate(index.shape):
        if d != dim:
            places += (np.arange(n) * math.prod(shape[d + 1 :])).reshape(-1, *(1,) * (index.ndim - 1 - d))
    return places


def _gather(x: ndarray, index: ndarray, dim: int, negative: bool, unique: bool, name: str) -> ndarray:
    index = checked(index, x.shape[dim], dim, negative, name)
    x = x[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape))]
    return np.take_along_axis(x, index, dim)


def _gather_back(
    g: ndarray, index: ndarray, shape: tuple, dim: int, negative: bool, unique: bool, name: str
) -> ndarray:
    index = checked(index, shape[dim], dim, negative, name)
    out = np.zeros(shape, g.dtype)
    places = _along(shape, dim, index).reshape(-1)
    if unique:
        out.reshape(-1)[places] = g.reshape(-1)
    else:
        np.add.at(out.reshape(-1), places, g.reshape(-1))
    return out


_gather_primitive: Primitive = Primitive(
    _gather,
    name="gather",
    vjps=(lambda g, index, x_shape, *how: apply(_gather_back_primitive, (g, index), (x_shape, *how)), None),
    saves=(1, SHAPE),
)
_gather_back_primitive: Primitive = Primitive(
    _gather_back,
    name="scatter_add",
    vjps=(lambda g, index, shape, *how: apply(_gather_primitive, (g, index), how), None),
    saves=(1,),
)


def gather_along(x: Any, index: Any, dim: int, *, negative: bool = False, unique: bool = False, name: str) -> Any:
    """x[…, index[…, j, …], …] along `dim`; `unique`: no element is read twice, which makes the way back faster."""
    if x.ndim == 0:
        flat = apply(_gather_primitive, (reshape(x, (1,)), ravel(index)), (0, negative, unique, name))
        return reshape(flat, index.shape)
    return apply(_gather_primitive, (x, index), (dim, negative, unique, name))


def _fits(x: Any, index: Any, dim: int, name: str, of: str = "x") -> None:
    if (index.ndim or 1) != (x.ndim or 1) or any(
        d != dim and n > m for d, (n, m) in enumerate(zip(index.shape, x.shape, strict=False))
    ):
        raise ValueError(
            f"{name}: an index of shape {tuple(index.shape)} does not fit {of} of shape {tuple(x.shape)}; it needs as "
            f"many dimensions, none of them larger{f' but dim {dim}' if dim >= 0 else ''}"
        )


@numpy_names
def gather(x: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """out[i][j][k] = x[i][index[i][j][k]][k] for dim=1. The result has the shape of `index`."""
    x, index = array_operand(x, "gather"), index_operand(index, "gather")
    at = dim_index(dim, x.ndim, "gather")
    if math.prod(index.shape) or index.ndim == x.ndim:
        _fits(x, index, at, "gather")
    else:
        return reshape(ravel(x)[:0], index.shape)
    return gather_along(x, index, at, name="gather")


@numpy_names
def take_along_dim(x: Any, indices: Any, dim: int | None = None) -> Any:
    """The elements at `indices` along `dim`, the other dimensions broadcast; of the flattened tensor without `dim`."""
    x, index = array_operand(x, "take_along_dim"), index_operand(indices, "take_along_dim")
    if dim is None:
        return gather_along(ravel(x), ravel(index), 0, negative=True, name="take_along_dim")
    at = dim_index(dim, x.ndim, "take_along_dim")
    if index.ndim != x.ndim:
        raise ValueError(
            f"take_along_dim: indices have {index.ndim} dimensions, x has {x.ndim} (shape {tuple(x.shape)}); they must "
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


def _scatter(x: ndarray, src: ndarray, index: ndarray, dim: int, name: str) -> ndarray:
    index = checked(index, x.shape[dim], dim, False, name)
    out = np.array(x, order="C")
    out.reshape(-1)[_along(x.shape, dim, index).reshape(-1)] = np.broadcast_to(src, index.shape).reshape(-1)
    return out


def _last(index: ndarray, shape: tuple, dim: int) -> ndarray:
    """Which of the values written by index were not overwritten by a later one."""
    places = _along(shape, dim, index.astype(np.int64)).reshape(-1)
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
        lambda g, index, x_shape, dim, name: gather_along(g, index, dim, name=name)
        * apply(_last_primitive, (index,), (x_shape, dim)),
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
    _fits(x, index, at, name)
    if not hasattr(src, "dtype"):
        return x, at, index, held(src, x.dtype, name)
    _fits(src, index, -1, name, "src")
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


def gather_back(src: Any, index: Any, shape: tuple, dim: int, name: str) -> Any:
    """Zeros with each element of `src` added at its index along `dim`: the adjoint of gathering."""
    return apply(_gather_back_primitive, (src, index), (tuple(shape), dim, False, False, name))


def _scatter_extreme(x: ndarray, src: ndarray, index: ndarray, dim: int, largest: bool, include: bool) -> tuple:
    """The extremes, and which elements of x and of src attain them."""
    index = checked(index, x.shape[dim], dim, False, "scatter_reduce")
    out = np.array(x, order="C")
    places = _along(x.shape, dim, index).reshape(-1)
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
        count = apply(_gather_back_primitive, (np.ones(index.shape, x.dtype), index), how)
        start = x if include_self else ew.where(ew.gt(count, 0), 0, x)
    total = start + apply(_gather_back_primitive, (src, index), how)
    if reduce == "sum":
        return total
    count = ew.maximum(count + int(include_self), 1)
    return total / count if x.dtype.kind in "fc" else total // count


def _scatter_prod(x: Any, dim: int, index: Any, src: Any, include_self: bool) -> Any:
    """Values for one place are laid one behind the other, and multiplied along that new dimension."""
    from .reduce import prod

    inside = stand_in(x, index, src)
    if inside is not None:
        return inside.__lift__(
            lambda x, index, src: _scatter_prod(x, dim + 1, index, src, include_self),
            x, index, broadcast_to(src, index.shape),
        )  # fmt: skip
    plain = checked(index.array if isinstance(index, Tensor) else index, x.shape[dim], dim, False, "scatter_reduce")
    places = _along(tuple(x.shape), dim, plain).reshape(-1)
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
