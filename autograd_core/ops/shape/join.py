"""Tensors joined along an existing or a new dimension."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.primitive import Primitive, apply
from .shape import cat, listed_operands, reshape

concat = concatenate = cat


def _each(xs: tuple, one: Any) -> Any:
    """`one` of the only operand, or of each of several, or of each in a list."""
    if len(xs) == 1 and not isinstance(xs[0], list | tuple):
        return one(xs[0])
    return tuple(one(x) for x in (xs[0] if len(xs) == 1 else xs))


def atleast_1d(*tensors: Any) -> Any:
    """With a dimension added to what has none."""
    return _each(tensors, lambda x: x if x.ndim else reshape(x, (1,)))


def atleast_2d(*tensors: Any) -> Any:
    """With leading dimensions added up to 2."""
    return _each(tensors, lambda x: reshape(x, ((1,) * (2 - x.ndim)) + tuple(x.shape)) if x.ndim < 2 else x)


def atleast_3d(*tensors: Any) -> Any:
    """With dimensions added up to 3: a vector becomes (1, n, 1), a matrix (m, n, 1)."""

    def one(x: Any) -> Any:
        if x.ndim >= 3:
            return x
        return reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, *x.shape, 1) if x.ndim == 1 else (1, 1, 1))

    return _each(tensors, one)


def broadcast_tensors(*tensors: Any) -> tuple:
    """The tensors as views of their common broadcast shape."""
    xs = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    try:
        shape = np.broadcast_shapes(*(tuple(x.shape) for x in xs))
    except ValueError:
        shapes = ", ".join(str(tuple(x.shape)) for x in xs)
        raise ValueError(
            f"broadcast_tensors: shapes {shapes} do not broadcast; counted from the last, each dimension must be equal "
            "or 1"
        ) from None
    return tuple(broadcast_to(x, shape) for x in xs)


# -------------------------------------------------------------------------------------------------------------- joined


def hstack(tensors: Any) -> Any:
    """Joined side by side: along the second dimension, vectors along their only one."""
    xs = [atleast_1d(x) for x in listed_operands(tensors, "hstack")]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Joined one below the other: vectors become rows."""
    return cat([atleast_2d(x) for x in listed_operands(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Any) -> Any:
    """Joined one behind the other, along the third dimension."""
    return cat([atleast_3d(x) for x in listed_operands(tensors, "dstack")], 2)


def column_stack(tensors: Any) -> Any:
    """Vectors as columns beside each other; matrices as in `hstack`."""
    xs = listed_operands(tensors, "column_stack")
    return cat([reshape(x, (math.prod(x.shape), 1)) if x.ndim <= 1 else x for x in xs], 1)


def _block_diag(*xs: ndarray) -> ndarray:
    out = np.zeros((sum(x.shape[0] for x in xs), sum(x.shape[1] for x in xs)), xs[0].dtype)
    for x, block in zip(xs, _blocks(tuple(x.shape for x in xs)), strict=True):
        out[block] = x
    return out


def _blocks(shapes: tuple) -> list:
    rows = list(itertools.accumulate((s[0] for s in shapes), initial=0))
    columns = list(itertools.accumulate((s[1] for s in shapes), initial=0))
    return [(slice(rows[i], rows[i + 1]), slice(columns[i], columns[i + 1])) for i in range(len(shapes))]


_block_diag_primitive = Primitive(
    lambda *args: _block_diag(*args[:-1]),
    name="block_diag",
    joint=lambda needs, g, shapes: tuple(
        g[block] if need else None for need, block in zip(needs, _blocks(shapes), strict=True)
    ),
)


def block_diag(*tensors: Any) -> Any:
    """The matrix with the given ones (vectors as rows, numbers as 1 × 1) along its diagonal, zeros elsewhere."""
    xs = [atleast_2d(x) for x in listed_operands(list(tensors), "block_diag")]
    for i, x in enumerate(xs):
        if x.ndim > 2:
            raise ValueError(f"block_diag: operand {i} has shape {tuple(x.shape)}; needs at most 2 dimensions")
    return apply(_block_diag_primitive, tuple(xs), (tuple(tuple(x.shape) for x in xs),))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.concat
ag.concatenate
ag.atleast_1d
ag.atleast_2d
ag.atleast_3d
ag.broadcast_tensors
ag.hstack
ag.vstack
ag.row_stack
ag.dstack
ag.column_stack
ag.block_diag
"""
