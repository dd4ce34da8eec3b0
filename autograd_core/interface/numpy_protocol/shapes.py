"""Rules for NumPy's functions that arrange elements: shapes, joining, cutting, repeating, padding."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .common import (
    as_tensor,
    axis_index,
    axis_tuple,
    bare,
    cut,
    f,
    flat,
    flat_if,
    pick,
    rule,
    typed,
    value,
    wrapped,
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------------- shape


def _order(x: Any, order: str, name: str) -> str:
    """ "C" or "F" for the orders that depend on the memory."""
    if order in ("C", "F"):
        return order
    if order not in ("A", "K"):
        raise ValueError(f"np.{name}: order must be 'C', 'F', 'A' or 'K', got {order!r}")
    flags = value(x).flags
    if order == "K" and not flags.forc:
        raise TypeError(f"np.{name}: order='K' of a tensor that is not contiguous; say 'C' or 'F'")
    return "F" if flags.f_contiguous and not flags.c_contiguous else "C"


@rule("reshape")
def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    x = as_tensor(a)
    shape = tuple(operator.index(s) for s in shape) if np.ndim(shape) else (operator.index(shape),)
    if _order(x, order, "reshape") == "F":
        return _reversed(f.reshape(_reversed(x), shape[::-1]))
    out = f.reshape(x, shape)
    return f.clone(out) if copy else out


def _reversed(x: Any) -> Any:
    return f.permute(x, tuple(range(x.ndim))[::-1])


@rule("ravel")
def ravel(a: Any, order: str = "C") -> Any:
    return reshape(a, -1, order)


@rule("transpose", "permute_dims")
def transpose(a: Any, axes: Any = None) -> Any:
    x = as_tensor(a)
    return _reversed(x) if axes is None else f.permute(x, axis_tuple(axes, x.ndim, "transpose"))


@rule("matrix_transpose", "linalg.matrix_transpose")
def matrix_transpose(x: Any, /) -> Any:
    return f.transpose(as_tensor(x), -2, -1)


@rule("swapaxes")
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return f.transpose(as_tensor(a), axis1, axis2)


@rule("moveaxis")
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return f.movedim(as_tensor(a), source, destination)


@rule("rollaxis")
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    x = as_tensor(a)
    axis = axis_index(axis, x.ndim, "rollaxis")
    start = start + x.ndim if start < 0 else start
    return f.movedim(x, axis, start - 1 if axis < start else start)


@rule("squeeze")
def squeeze(a: Any, axis: Any = None) -> Any:
    x = as_tensor(a)
    axes = [d for d, s in enumerate(x.shape) if s == 1] if axis is None else axis_tuple(axis, x.ndim, "squeeze")
    wrong = [d for d in axes if x.shape[d] != 1]
    if wrong:
        raise ValueError(f"np.squeeze: axis {wrong[0]} has size {x.shape[wrong[0]]} (shape {tuple(x.shape)}), not 1")
    return f.reshape(x, tuple(s for d, s in enumerate(x.shape) if d not in axes))


@rule("expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    x = as_tensor(a)
    ndim = x.ndim + np.size(axis)
    axes = axis_tuple(axis, ndim, "expand_dims")
    sizes = iter(x.shape)
    return f.reshape(x, tuple(1 if d in axes else next(sizes) for d in range(ndim)))


@rule("broadcast_to")
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return f.broadcast_to(as_tensor(array), tuple(shape) if np.ndim(shape) else (shape,))


@rule("broadcast_arrays")
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple:
    shape = np.broadcast_shapes(*[np.shape(bare(a)) for a in args])
    return tuple(
        np.broadcast_to(a, shape)
        if np.asarray(bare(a)).dtype.kind not in "fiubc"
        else f.broadcast_to(as_tensor(a), shape)
        for a in args
    )


def _at_least(name: str) -> None:
    @rule(name)
    def at_least(*arys: Any) -> Any:
        return getattr(f, name)(*[as_tensor(a) for a in arys])


for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    _at_least(_name)


@rule("copy")
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return f.clone(as_tensor(a))


@rule("astype")
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return f.clone(typed(x, dtype)) if copy else typed(x, dtype)


@rule("flip")
def flip(m: Any, axis: Any = None) -> Any:
    x = as_tensor(m)
    return f.flip(x, axis_tuple(axis, x.ndim, "flip"))


@rule("rot90")
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return f.rot90(as_tensor(m), k, axes)


@rule("roll")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    x = as_tensor(a)
    if axis is None:
        return f.roll(x, int(np.sum(shift)))
    shifts, axes = np.broadcast_arrays(shift, axis)
    return f.roll(x, tuple(shifts.reshape(-1).tolist()), tuple(axes.reshape(-1).tolist()))


# ---------------------------------------------------------------------------------------------------- joining, cutting


@rule("concatenate", "concat")
def concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    xs = [typed(a, dtype) for a in arrays]
    return f.cat([flat(x) for x in xs], 0) if axis is None else f.cat(xs, axis)


@rule("stack")
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    return f.stack([typed(a, dtype) for a in arrays], axis)


def _side_by_side(name: str, ours: Callable) -> None:
    @rule(name)
    def join(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
        return ours([typed(a, dtype) for a in tup])


_side_by_side("hstack", f.hstack)
_side_by_side("vstack", f.vstack)
_side_by_side("row_stack", f.vstack)
_side_by_side("dstack", f.dstack)
_side_by_side("column_stack", f.column_stack)


@rule("block")
def block(arrays: Any) -> Any:
    """Innermost lists are joined along the last axis, the lists around them along the one before, and so on."""

    def depth(item: Any) -> int:
        return 1 + max((depth(i) for i in item), default=0) if isinstance(item, list) else 0

    def ranks(item: Any) -> int:
        return max(ranks(i) for i in item) if isinstance(item, list) else as_tensor(item).ndim

    def build(item: Any, level: int) -> Any:
        if not isinstance(item, list):
            x = as_tensor(item)
            return f.reshape(x, (*(1,) * (ndim - x.ndim), *x.shape))
        return f.cat([build(i, level + 1) for i in item], level - deepest)

    deepest = depth(arrays)
    ndim = max(deepest, ranks(arrays))
    return build(arrays, 0)


@rule("append")
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    return concatenate((arr, values), axis=axis)


@rule("array_split")
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list:
    x = as_tensor(ary)
    axis = axis_index(axis, x.ndim, "array_split")
    size = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        count = operator.index(indices_or_sections)
        if count < 1:
            raise ValueError(f"np.array_split: needs at least one section, got {count}")
        return list(f.split(x, [size // count + (i < size % count) for i in range(count)], axis))
    edges = [0, *indices_or_sections, size]
    return [cut(x, axis, a, b) for a, b in itertools.pairwise(edges)]


@rule("split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list:
    x = as_tensor(ary)
    if np.ndim(indices_or_sections) == 0 and x.shape[axis] % operator.index(indices_or_sections):
        raise ValueError(
            f"np.split: {x.shape[axis]} elements do not divide into {indices_or_sections} equal parts; use "
            "np.array_split"
        )
    return array_split(x, indices_or_sections, axis)


def _split_along(name: str, least: int, axis: int) -> None:
    @rule(name)
    def split_along(ary: Any, indices_or_sections: Any) -> list:
        x = as_tensor(ary)
        if x.ndim < least:
            raise ValueError(f"np.{name}: needs at least {least} dimensions, got shape {tuple(x.shape)}")
        return split(x, indices_or_sections, min(axis, x.ndim - 1))


_split_along("hsplit", 1, 1)
_split_along("vsplit", 2, 0)
_split_along("dsplit", 3, 2)


@rule("unstack")
def unstack(x: Any, /, *, axis: int = 0) -> tuple:
    return tuple(f.unbind(as_tensor(x), axis))


# ----------------------------------------------------------------------------------------------------------- repeating


@rule("repeat")
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    x, axis = flat_if(as_tensor(a), axis)
    return pick(x, axis, np.repeat(np.arange(x.shape[axis]), value(repeats)))


@rule("tile")
def tile(A: Any, reps: Any) -> Any:
    return f.tile(as_tensor(A), tuple(reps) if np.ndim(reps) else (reps,))


@rule("resize")
def resize(a: Any, new_shape: Any) -> Any:
    x = flat(as_tensor(a))
    shape = tuple(new_shape) if np.ndim(new_shape) else (new_shape,)
    if x.shape[0] == 0:
        return wrapped(np.zeros(shape, x.dtype))
    return f.reshape(x[np.arange(math.prod(shape)) % x.shape[0]], shape)


@rule("meshgrid")
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"np.meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}")
    n = len(xi)
    dims = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    grids = tuple(
        f.reshape(as_tensor(x), tuple(-1 if d == dim else 1 for d in range(n))) for x, dim in zip(xi, dims, strict=True)
    )
    return grids if sparse else tuple(f.clone(g) if copy else g for g in f.broadcast_tensors(*grids))


@rule("ix_")
def ix_(*args: Any) -> tuple:
    xs = [as_tensor(a) for a in args]
    xs = [f.nonzero(x, as_tuple=True)[0] if x.dtype == bool else x for x in xs]
    return tuple(f.reshape(x, tuple(-1 if d == i else 1 for d in range(len(xs)))) for i, x in enumerate(xs))


@rule("lib.stride_tricks.sliding_window_view")
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    x = as_tensor(x)
    sizes = tuple(window_shape) if np.ndim(window_shape) else (window_shape,)
    for size, d in zip(sizes, axis_tuple(axis, x.ndim, "sliding_window_view"), strict=True):
        x = f.unfold(x, d, int(size), 1)
    return x


# ------------------------------------------------------------------------------------------------ diagonals, triangles


@rule("diag")
def diag(v: Any, k: int = 0) -> Any:
    return f.diag(as_tensor(v), k)


@rule("diagflat")
def diagflat(v: Any, k: int = 0) -> Any:
    return f.diagflat(as_tensor(v), k)


@rule("diagonal")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return f.diagonal(as_tensor(a), offset, axis1, axis2)


@rule("trace")
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return f.sum(f.diagonal(as_tensor(a), offset, axis1, axis2), -1, dtype=dtype)


@rule("tril")
def tril(m: Any, k: int = 0) -> Any:
    return f.tril(_square_of(m), k)


@rule("triu")
def triu(m: Any, k: int = 0) -> Any:
    return f.triu(_square_of(m), k)


def _square_of(m: Any) -> Any:
    """A vector as the rows of a square matrix, as NumPy takes it here."""
    x = as_tensor(m)
    return f.broadcast_to(x, (x.shape[0], x.shape[0])) if x.ndim == 1 else x


@rule("vander")
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    x = as_tensor(x)
    n = x.shape[0] if N is None else N
    powers = [wrapped(np.ones(x.shape, x.dtype)) if i == 0 else f.pow(x, i) for i in range(n)]
    return f.stack(powers if increasing else powers[::-1], 1)
