"""Reading and writing by tensors of indices: along one dimension, by slices, by mask, by flat position.

gather <-> gather_back and index_select <-> index_back are adjoint pairs; the second of each adds into zeros. What adds
(`scatter_add`, `index_add`, …) is a sum with them, so their rules follow. Out-of-range indices raise before anything is
written, with the value and its position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import AUX, SHAPE, Primitive, convert
from ..tensor import Tensor, apply, check_writable, rewrite, wrap
from . import elementwise as ew
from .index import _frozen, _plain_index, add_rows, getitem, put_at, scatter_back
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
        raise IndexError(f"{name}: index {index[at]} at position {at} is out of range for dim {dim} of size {size}; {allowed}")
    return index % size if negative and size else index


# --------------------------------------------------------------------------------------------- one index for each element


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


_gather_primitive = Primitive(
    _gather,
    name="gather",
    vjps=(lambda g, index, x_shape, *how: apply(_gather_back_primitive, (g, index), (x_shape, *how)), None),
    saves=(1, SHAPE),
)
_gather_back_primitive = Primitive(
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
        return broadcast_to(getitem_none(x), index.shape)
    return gather_along(x, index, at, name="gather")


def getitem_none(x: Any) -> Any:
    """None of the elements of x."""
    return ravel(x)[:0]


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


# ------------------------------------------------------------------------------------------------------- written by index


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
_scatter_primitive = Primitive(
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
            raise TypeError(f"{name}: src is {src.dtype} and x {x.dtype}; convert one, as in src.to({x.dtype})")
    if math.prod(index.shape) == 0:
        return x, at, None, src
    _fits(x, index, at, name)
    if not hasattr(src, "dtype"):
        return x, at, index, np.asarray(src).astype(x.dtype)
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
    return out, ((kept * share).reshape(x.shape).astype(x.dtype), (best * share[places]).reshape(src.shape).astype(x.dtype))


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
    """x with what `src` holds for each place (see `scatter_add`) reduced there: "sum", "prod", "mean", "amax" or "amin".

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


# ---------------------------------------------------------------------------------------------- one index for each slice


def _index_select(x: ndarray, index: ndarray, dim: int, negative: bool, name: str) -> ndarray:
    return np.take(x, checked(index, x.shape[dim], dim, negative, name), axis=dim)


def _index_back(g: ndarray, index: ndarray, shape: tuple, dim: int, negative: bool, name: str) -> ndarray:
    index = checked(index, shape[dim], dim, negative, name)
    moved = (shape[dim], *shape[:dim], *shape[dim + 1 :])
    out = np.zeros(moved, g.dtype)
    rest = math.prod(moved[1:])
    add_rows(out.reshape(shape[dim], rest), index, np.moveaxis(g, dim, 0).reshape(index.size, rest))
    return out if dim == 0 else np.ascontiguousarray(np.moveaxis(out, 0, dim))


_index_select_primitive = Primitive(
    _index_select,
    name="index_select",
    vjps=(lambda g, index, x_shape, *how: apply(_index_back_primitive, (g, index), (x_shape, *how)), None),
    saves=(1, SHAPE),
)
_index_back_primitive = Primitive(
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
        raise TypeError(f"{name}: source is {source.dtype} and x {x.dtype}; convert one, as in source.to({x.dtype})")
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
    places = checked(_values(index), x.shape[at], at, False, "index_copy")
    return reshape(put_at(x, source, (*(slice(None),) * at, places.copy())), shape)


@numpy_names
def index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    """x with the slices that `index` names filled with one value."""
    x, index = array_operand(x, "index_fill"), _vector(index, "index_fill")
    at, shape = dim_index(dim, x.ndim, "index_fill"), tuple(x.shape)
    x = reshape(x, (1,)) if x.ndim == 0 else x
    value = _value("index_fill", value, x.dtype)
    places = checked(_values(index), x.shape[at], at, True, "index_fill")
    return reshape(put_at(x, value, (*(slice(None),) * at, places.copy())), shape)


@numpy_names
def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with the slices of `source` reduced into those that `index` names: "prod", "mean", "amax" or "amin"."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f'index_reduce: reduce must be "prod", "mean", "amax" or "amin", got {reduce!r}')
    shape = tuple(x.shape)
    x, index, source, at = _slices("index_reduce", x, dim, index, source)
    spread = broadcast_to(reshape(index, (-1, *(1,) * (x.ndim - 1 - at)) if index.shape[0] else (0, *(1,) * (x.ndim - 1 - at))), source.shape)
    return reshape(scatter_reduce(x, at, spread, source, reduce, include_self=include_self), shape)


def _values(index: Any) -> ndarray:
    return index.array if isinstance(index, Tensor) else index


def _value(name: str, value: Any, dtype: Any) -> Any:
    """One value, a number or a 0-d tensor, in the dtype of what it is written to."""
    if isinstance(value, Tensor | ndarray | np.generic):
        value = array_operand(value, name)
        if value.ndim:
            raise ValueError(f"{name}: value must be a number or a 0-d tensor, got shape {tuple(value.shape)}")
        return convert(value, dtype)
    if not isinstance(value, bool | int | float | complex):
        raise TypeError(f"{name}: value must be a number or a 0-d tensor, got {type(value).__name__}")
    return np.asarray(value).astype(dtype)


# ------------------------------------------------------------------------------------------- by any index, flat, by mask


def index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x with `values`, broadcast, written at x[indices], or added there with `accumulate`, repeated places repeatedly."""
    x, values = array_operand(x, "index_put"), array_operand(values, "index_put")
    if values.dtype != x.dtype:
        raise TypeError(f"index_put: values are {values.dtype} and x {x.dtype}; convert one, as in values.to({x.dtype})")
    if not isinstance(indices, list | tuple):
        raise TypeError(f"index_put: indices must be a tuple of index tensors, got {type(indices).__name__}")
    index = _frozen(_plain_index(tuple(slice(None) if i is None else i for i in indices), "index_put"))
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


def take(x: Any, index: Any) -> Any:
    """The elements of the flattened x at `index`, in the shape of `index`."""
    x, index = array_operand(x, "take"), index_operand(index, "take")
    flat = apply(_index_select_primitive, (ravel(x), ravel(index)), (0, True, "take"))
    return reshape(flat, index.shape)


def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """x with the elements of `source` written, or added, at the places `index` of the flattened x."""
    x, index, source = array_operand(x, "put"), index_operand(index, "put"), array_operand(source, "put")
    if math.prod(index.shape) != math.prod(source.shape):
        raise ValueError(f"put: {math.prod(index.shape)} places but {math.prod(source.shape)} values; give one for each")
    places = checked(_values(index), math.prod(x.shape), 0, True, "put").reshape(-1)
    return reshape(index_put(ravel(x), (places,), ravel(source), accumulate), x.shape)


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
    return ew.where(_mask("masked_fill", x, mask), _value("masked_fill", value, x.dtype), x)


def masked_select(x: Any, mask: Any) -> Any:
    """The elements of x where `mask` is true, in one dimension; both broadcast."""
    x = array_operand(x, "masked_select")
    mask = _values(_mask("masked_select", x, mask))
    shape = np.broadcast_shapes(tuple(x.shape), mask.shape)
    x = broadcast_to(x, shape) if tuple(x.shape) != shape else x
    if not shape:
        return ravel(x)[: int(mask)]
    return getitem(x, np.broadcast_to(mask, shape))


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """x with the elements of `source`, in their order, written where `mask` is true."""
    x, source = array_operand(x, "masked_scatter"), array_operand(source, "masked_scatter")
    mask = _values(_mask("masked_scatter", x, mask))
    shape = np.broadcast_shapes(tuple(x.shape), mask.shape)
    x, mask = broadcast_to(x, shape), np.broadcast_to(mask, shape).copy()
    count = int(np.count_nonzero(mask))
    if source.dtype != x.dtype:
        raise TypeError(f"masked_scatter: source is {source.dtype} and x {x.dtype}; convert one, as in source.to({x.dtype})")
    if math.prod(source.shape) < count:
        raise ValueError(f"masked_scatter: the mask is true {count} times, but source has {math.prod(source.shape)} elements")
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


def fill_diagonal_(x: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one value on the main diagonal of x, in place; with `wrap`, again after the end of a tall matrix."""
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise ValueError(
            f"fill_diagonal_: needs a matrix, or more dimensions of one size, got shape {tuple(x.shape)}"
        )
    check_writable(x, "fill_diagonal_")
    value = _value("fill_diagonal_", fill_value, x.dtype)
    size = x.array.size
    step = sum(math.prod(x.shape[d + 1 :]) for d in range(x.ndim))
    end = size if wrap or x.ndim > 2 else min(x.shape[1], x.shape[0]) * step
    places = np.unravel_index(np.arange(0, min(end, size), step), x.shape) if size else ()
    return rewrite(x, put_at, value, tuple(places), name="fill_diagonal_") if size else x
