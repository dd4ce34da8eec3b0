"""Elements rolled, reversed, repeated and combined."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to, clone
from ...engine.operands import sizes_of
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ..arguments import array_operand, dim_index, dim_indices, numpy_names, variadic
from ..indexing.slices import index_select
from .shape import flip, ravel, reshape, stack, transpose

_roll: Primitive = Primitive(
    lambda x, shifts, dims: np.roll(x, shifts, dims),
    name="roll",
    vjps=(lambda g, shifts, dims: apply(_roll, (g,), (tuple(-s for s in shifts), dims)),),
)


def roll(x: Any, shifts: Any, dims: Any = None) -> Any:
    """The elements moved by `shifts` along `dims`, those that leave at one end coming in at the other.

    Without `dims`, the flattened elements move and the shape is kept.
    """
    moves = sizes_of((shifts,), "roll")
    if dims is None:
        if len(moves) != 1:
            raise ValueError(f"roll: {len(moves)} shifts need as many dims, got dims=None")
        return reshape(apply(_roll, (ravel(x),), (moves, (0,))), x.shape)
    at = tuple(dim_index(d, x.ndim, "roll") for d in (dims if isinstance(dims, list | tuple) else (dims,)))
    if len(moves) != len(at):
        raise ValueError(f"roll: {len(moves)} shifts and {len(at)} dims; give one for each")
    return apply(_roll, (x,), (moves, at)) if x.ndim else x + 0


def fliplr(x: Any) -> Any:
    """Left and right exchanged: the second dimension reversed."""
    if x.ndim < 2:
        raise ValueError(f"fliplr: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return flip(x, (1,))


def flipud(x: Any) -> Any:
    """Up and down exchanged: the first dimension reversed."""
    if x.ndim < 1:
        raise ValueError("flipud: needs at least 1 dimension, got shape ()")
    return flip(x, (0,))


def rot90(x: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned k times by 90° in the plane of two dimensions, from the first towards the second."""
    at = dim_indices(tuple(dims), x.ndim, "rot90")
    if len(at) != 2:
        raise ValueError(f"rot90: needs two dimensions to turn in, got dims {tuple(dims)} for shape {tuple(x.shape)}")
    k %= 4
    if k == 0:
        return flip(x, ())
    if k == 2:
        return flip(x, at)
    return transpose(flip(x, at[1:]), *at) if k == 1 else flip(transpose(x, *at), at[1:])


@variadic("repeats")
def repeat(x: Any, repeats: Any) -> Any:
    """The whole of x laid out `repeats[i]` times along dimension i; more repeats than dimensions add leading ones."""
    lead = len(repeats) - x.ndim
    if lead < 0 or any(r < 0 for r in repeats):
        raise ValueError(
            f"repeat: {tuple(repeats)} does not fit shape {tuple(x.shape)}; give a count, not negative, for each "
            "dimension"
        )
    shape = (*(1,) * lead, *x.shape)
    between = tuple(s for size in shape for s in (1, size))
    spread = tuple(s for r, size in zip(repeats, shape, strict=True) for s in (r, size))
    out = broadcast_to(reshape(x, between), spread)
    return _own(reshape(out, tuple(r * size for r, size in zip(repeats, shape, strict=True))), x)


def _own(out: Any, x: Any) -> Any:
    """`out` in memory of its own, where nothing had to be copied to make it."""
    if (
        out is x
        or (isinstance(out, Tensor) and out.origin is not None)
        or (isinstance(out, ndarray) and isinstance(x, ndarray) and np.may_share_memory(out, x))
    ):
        return clone(out)
    return out


@variadic("dims")
def tile(x: Any, dims: Any) -> Any:
    """Like `repeat`; counts missing in front are 1."""
    return repeat(x, ((1,) * (x.ndim - len(dims))) + tuple(dims))


@numpy_names
def repeat_interleave(x: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each slice along `dim` (each element, if None) `repeats` times, or the i-th `repeats[i]` times, in a row."""
    x = array_operand(x, "repeat_interleave")
    if dim is None:
        x, dim = ravel(x), 0
    at = dim_index(dim, x.ndim, "repeat_interleave")
    size = (tuple(x.shape) or (1,))[at]
    counts = np.asarray(repeats.array if isinstance(repeats, Tensor) else repeats)
    if counts.dtype.kind not in "iu":
        raise TypeError(f"repeat_interleave: repeats must be integers, got {counts.dtype}")
    if counts.ndim > 1 or (counts.ndim == 1 and counts.size not in (1, size)):
        raise ValueError(f"repeat_interleave: repeats has shape {counts.shape}, but dim {dim} has size {size}")
    if (counts < 0).any():
        raise ValueError(f"repeat_interleave: repeats must not be negative, got {int(counts.min())}")
    index = np.repeat(np.arange(size), np.broadcast_to(counts.reshape(-1) if counts.size == 1 else counts, (size,)))
    if output_size is not None and output_size != index.size:
        raise ValueError(f"repeat_interleave: output_size {output_size} but the repeats add up to {index.size}")
    return index_select(x, at, index)


# --------------------------------------------------------------------------------------------- each combined with each


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple:
    """The coordinates of a grid from those along its axes: of n vectors, n tensors of shape (len 0, …, len n-1).

    `indexing="xy"` exchanges the first two dimensions.
    """
    xs = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    if indexing not in ("ij", "xy"):
        raise ValueError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    if not xs:
        raise ValueError("meshgrid: needs at least one tensor, got none")
    for i, x in enumerate(xs):
        if x.ndim > 1:
            raise ValueError(f"meshgrid: operand {i} has shape {tuple(x.shape)}; needs vectors or numbers")
    flat = [reshape(x, (math.prod(x.shape),)) for x in xs]
    swap = indexing == "xy" and len(flat) > 1
    if swap:
        flat[:2] = flat[1::-1]
    shape = tuple(x.shape[0] for x in flat)
    grids = []
    for i, x in enumerate(flat):
        along = tuple(size if d == i else 1 for d, size in enumerate(shape))
        grids.append(broadcast_to(reshape(x, along), shape))
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All ways to take one element of each vector, a row each; of one vector, itself."""
    for i, x in enumerate(tensors):
        if x.ndim != 1:
            raise ValueError(f"cartesian_prod: operand {i} has shape {tuple(x.shape)}; needs vectors")
    if len(tensors) == 1:
        return tensors[0]
    return stack([ravel(x) for x in meshgrid(*tensors)], 1)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r elements of a vector, in their order, a row each."""
    if x.ndim != 1:
        raise ValueError(f"combinations: needs a vector, got shape {tuple(x.shape)}")
    if r < 0:
        raise ValueError(f"combinations: r must not be negative, got {r}")
    if r == 0:
        return x[:0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = np.array(list(choose(range(x.shape[0]), r)), np.int64).reshape(-1, r)
    return reshape(index_select(x, 0, chosen.reshape(-1)), chosen.shape)


def kron(x: Any, y: Any) -> Any:
    """The Kronecker product: each element of x times the whole of y, in the place of that element."""
    x, y = array_operand(x, "kron"), array_operand(y, "kron")
    ndim = max(x.ndim, y.ndim)
    xs, ys = ((1,) * (ndim - v.ndim) + tuple(v.shape) for v in (x, y))
    product = reshape(x, tuple(s for size in xs for s in (size, 1))) * reshape(
        y, tuple(s for size in ys for s in (1, size))
    )
    return reshape(product, tuple(a * b for a, b in zip(xs, ys, strict=True)))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.roll               x.roll
ag.fliplr             x.fliplr             np.fliplr
ag.flipud             x.flipud             np.flipud
ag.rot90              x.rot90
ag.repeat             x.repeat
ag.tile               x.tile
ag.repeat_interleave  x.repeat_interleave
ag.meshgrid
ag.cartesian_prod
ag.combinations
ag.kron               x.kron               np.kron
"""
