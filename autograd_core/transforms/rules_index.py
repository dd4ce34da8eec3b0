"""Batching rules of what reads and writes by index, and x[index] for an index that differs by example.

See rules.py for how a rule is called. B is the size of the batch, `size` in the code.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.basics import broadcast_to, where
from ..engine.primitive import Primitive, apply
from ..ops.indexing import gather as gathers
from ..ops.indexing.index import getitem, plain_index, put_at
from ..ops.shape.shape import movedim, reshape
from .batched import Batched, all_batched, answers, front

# ----------------------------------------------------------------------------------------------------------- the rules


def index(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """x[index] for all examples: a full slice goes before the index."""
    (key,) = params
    key = key if isinstance(key, tuple) else (key,)
    out = apply(p, tuple(values), ((slice(None), *key),))
    moved = separated_rank(key)
    return movedim(out, moved, 0) if moved else out


def separated_rank(key: tuple) -> int:
    """0, or the number of dimensions that NumPy puts first, before the batch, because index arrays in `key` are
    separated by a slice."""
    arrays = [i for i, k in enumerate(key) if isinstance(k, ndarray | int | np.integer | np.bool_)]
    if not any(isinstance(key[i], ndarray) for i in arrays) or arrays[-1] - arrays[0] + 1 == len(arrays):
        return 0
    return np.broadcast(*[np.nonzero(key[i])[0] if _is_mask(key[i]) else key[i] for i in arrays]).ndim


def _is_mask(part: Any) -> bool:
    return isinstance(part, ndarray | np.bool_ | bool) and np.asarray(part).dtype == np.bool_


def scatter_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    shape, indices = params
    keys = [k if isinstance(k, tuple) else (k,) for k in indices]
    gs = []
    for g, key in zip(all_batched(size, batched, values), keys, strict=True):
        rank = separated_rank(key)
        gs.append(movedim(g, 0, rank) if rank else g)
    return apply(p, tuple(gs), ((size, *shape), tuple((slice(None), *key) for key in keys)))


def index_put(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, value) and the index: the value in the shape of what is selected, with the batch where NumPy has it there."""
    (key,) = params
    key = key if isinstance(key, tuple) else (key,)
    x, value = all_batched(size, batched, values)
    shape = np.empty(x.shape[1:], np.bool_)[key].shape
    value = reshape(value, (size, *(1,) * (len(shape) - value.ndim + 1), *value.shape[1:]))
    rank = separated_rank(key)
    value = broadcast_to(value, (size, *shape))
    return apply(p, (x, movedim(value, 0, rank) if rank else value), ((slice(None), *key),))


def write(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, value) and the steps to a view: the value written to the positions that the view shows."""
    x, value = all_batched(size, batched, values)
    positions = np.arange(math.prod(x.shape[1:])).reshape(x.shape[1:])
    for step, options in params[0]:
        if step.name in ("real", "imag", "view_as_real"):
            raise NotImplementedError(f"vmap: writing through '{step.name}' has no batching rule; make the tensor anew")
        positions = step.forward(positions, *options)
    value = reshape(value, (size, *(1,) * (positions.ndim - value.ndim + 1), *value.shape[1:]))
    value = reshape(broadcast_to(value, (size, *positions.shape)), (size, -1))
    return reshape(put_at(reshape(x, (size, -1)), value, (slice(None), positions.reshape(-1))), x.shape)


def scatter(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, src, index), params (dim, …); src may be 0-d."""
    x, src, index = all_batched(size, batched, values)
    src = reshape(src, (size, *(1,) * (index.ndim - src.ndim), *src.shape[1:]))
    return apply(p, (x, src, index), (params[0] + 1, *params[1:]))


def index_select(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Slices that differ by example are gathered element by element."""
    (x, index), (dim, negative, name) = values, params
    if not batched[1]:
        return apply(p, (x, index), (dim + 1, negative, name))
    x = x if batched[0] else front(x, size)
    return gathers.gather_along(x, _spread(index, x.shape, dim), dim + 1, negative=negative, name=name)


def _spread(index: Any, shape: tuple, dim: int) -> Any:
    """Vectors of indices (B, K) repeated over the other dimensions of slices of `shape`, which has the batch."""
    K = index.shape[1]
    column = reshape(index, (len(index), *(1,) * dim, K, *(1,) * (len(shape) - dim - 2)))
    return broadcast_to(column, (*shape[: dim + 1], K, *shape[dim + 2 :]))


def index_add(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (g, index), (shape, dim, negative, name) = values, params
    if not batched[1]:
        return apply(p, (g, index), ((size, *shape), dim + 1, negative, name))
    g = g if batched[0] else front(g, size)
    options = ((size, *shape), dim + 1, negative, False, name)
    return apply(gathers.gather_back_primitive, (g, _spread(index, (size, *shape), dim)), options)


def embedding(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Tables of their own become one long table, the rows of the k-th after those of the others."""
    weight, index, used = values
    if not batched[0]:
        return apply(p, (weight, *all_batched(size, batched[1:], values[1:])), params)
    _, rows, width = weight.shape
    index, used = (_in_long_table(i, size, rows) for i in all_batched(size, batched[1:], values[1:]))
    return apply(p, (reshape(weight, (size * rows, width)), index, used), params)


def embedding_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, index = all_batched(size, batched, values)
    (rows,) = params
    out = apply(p, (g, _in_long_table(index, size, rows)), (size * rows,))
    return reshape(out, (size, rows, out.shape[1]))


def _in_long_table(index: Any, size: int, rows: int) -> Any:
    """Indices (B, …) into a table of `rows` each as indices into all of them; those that stand for nothing stay."""
    first = (np.arange(size) * rows).reshape(size, *(1,) * (index.ndim - 1))
    return where(index < 0, index, index + first)


# ------------------------------------------------------------------------------------------- an index for each example


@answers
def indexed(x: Any, index: Any) -> Any:
    """x[index] where index arrays differ by example.

    The numbers of the examples become one more index array, in front of the others. NumPy then puts the dimensions of
    the arrays first; they go back to where they belong.
    """
    view: list = []
    arrays: list = []
    for part in index if isinstance(index, tuple) else (index,):
        part = part if isinstance(part, Batched) else plain_index(part, "index")
        if isinstance(part, Batched):
            view.append(slice(None))
            arrays.append(_integers(part))
        elif isinstance(part, ndarray):
            view += [slice(None)] * (part.ndim if _is_mask(part) else 1)
            arrays += np.nonzero(part) if _is_mask(part) else [part]
        else:
            view.append(part)
            arrays += [] if isinstance(part, int | np.integer) else [part]
    if any(part != slice(None) for part in view):
        x = getitem(x, tuple(view))
    used = len([a for a in arrays if a is not Ellipsis])
    keys: list = []
    for a in arrays:  # what is left beside the arrays are whole dimensions
        keys += [slice(None)] * (x.ndim - used) if a is Ellipsis else [a if hasattr(a, "dtype") else slice(None)]
    numbers = [isinstance(key, Batched) and not key.shape for key in keys]
    if any(numbers):  # like an int, one that differs by example takes its slice before the arrays are looked at
        x = _by_arrays(x, [key if number else slice(None) for key, number in zip(keys, numbers, strict=True)])
        keys = [key for key, number in zip(keys, numbers, strict=True) if not number]
    if any(isinstance(key, Batched) for key in keys):
        return _by_arrays(x, keys)
    return getitem(x, tuple(keys)) if any(hasattr(key, "dtype") for key in keys) else x


def _integers(part: Batched) -> Batched:
    if part.dtype.kind not in "iu":
        raise IndexError(
            f"vmap: an index that differs by example must hold integers, got {part.dtype}: what a mask selects differs "
            "in size; use ag.where or masked_fill"
        )
    return part


def _by_arrays(x: Any, keys: list) -> Any:
    """x[keys] for whole slices and index arrays, one of which is `Batched`."""
    at = [i for i, key in enumerate(keys) if hasattr(key, "dtype")]
    level = max(v.level for v in (x, *(keys[i] for i in at)) if isinstance(v, Batched))
    inside = [isinstance(key, Batched) and key.level == level for key in keys]
    rank = max(keys[i].ndim for i in at)
    size = next(v.value.shape[0] for v in (x, *keys) if isinstance(v, Batched) and v.level == level)
    opened = [
        reshape(k.value, (size, *(1,) * (rank - k.ndim), *k.shape)) if b else k
        for k, b in zip(keys, inside, strict=True)
    ]
    together = at[-1] - at[0] + 1 == len(at)
    if isinstance(x, Batched) and x.level == level:
        out = getitem(x.value, (np.arange(size).reshape(size, *(1,) * rank), *opened))  # (B, *indices, *the rest)
        if together and at[0]:
            out = movedim(out, tuple(range(1, rank + 1)), tuple(range(at[0] + 1, at[0] + 1 + rank)))
    else:
        out = getitem(x, tuple(opened))
        out = movedim(out, at[0], 0) if together and at[0] else out
    return Batched(out, level)
