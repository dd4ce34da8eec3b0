"""Tensors cut into parts: by size, by count, at indices."""

from __future__ import annotations

import operator
from typing import Any

from numpy import ndarray

from ...engine.tensor import Tensor
from ..arguments import dim_index, numpy_names
from .shape import split


@numpy_names
def chunk(x: Any, chunks: int, dim: int = 0) -> tuple:
    """x cut into at most `chunks` pieces of equal size, the last possibly smaller."""
    if x.ndim == 0:
        raise ValueError("chunk: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    if chunks < 1:
        raise ValueError(f"chunk: needs at least one chunk, got {chunks}")
    size = x.shape[dim_index(dim, x.ndim, "chunk")]
    return split(x, -(-size // chunks) if size else [0] * chunks, dim)


@numpy_names
def unbind(x: Any, dim: int = 0) -> tuple:
    """The slices along `dim`, without that dimension."""
    if x.ndim == 0:
        raise IndexError("unbind: a 0-d tensor has no dimension to take apart")
    at = dim_index(dim, x.ndim, "unbind")
    lead = (slice(None),) * at
    return tuple(x[(*lead, i)] for i in range(x.shape[at]))


@numpy_names
def tensor_split(x: Any, indices_or_sections: Any, dim: int = 0) -> tuple:
    """x cut along `dim` into so many parts, the first ones one longer if need be, or before the given indices."""
    if x.ndim == 0:
        raise ValueError("tensor_split: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    at = dim_index(dim, x.ndim, "tensor_split")
    size = x.shape[at]
    given = indices_or_sections
    if isinstance(given, Tensor | ndarray):
        given = given.tolist()
    if isinstance(given, list | tuple):
        cuts = [slice(a, b) for a, b in zip([0, *given], [*given, size], strict=True)]
    else:
        count = operator.index(given)
        if count < 1:
            raise ValueError(f"tensor_split: needs at least one section, got {count}")
        return split(x, [size // count + (i < size % count) for i in range(count)], at)
    return tuple(x[(*(slice(None),) * at, cut)] for cut in cuts)


def _cut(name: str, x: Any, given: Any, at: int) -> tuple:
    if x.ndim <= at and not (name == "hsplit" and x.ndim == 1):
        raise ValueError(f"{name}: needs at least {max(1, at + 1)} dimensions, got shape {tuple(x.shape)}")
    at = min(at, x.ndim - 1)
    if not isinstance(given, list | tuple | Tensor | ndarray) and (given < 1 or x.shape[at] % given):
        raise ValueError(
            f"{name}: size {x.shape[at]} of dim {at} cannot be cut into {given} equal parts; use tensor_split"
        )
    return tensor_split(x, given, at)


def hsplit(x: Any, indices_or_sections: Any) -> tuple:
    """Cut into equal parts, or at indices, along the second dimension (the only one of a vector)."""
    if x.ndim == 0:
        raise ValueError("hsplit: needs at least 1 dimension, got shape ()")
    return _cut("hsplit", x, indices_or_sections, 1)


def vsplit(x: Any, indices_or_sections: Any) -> tuple:
    """Cut into equal parts, or at indices, along the first of at least 2 dimensions."""
    if x.ndim < 2:
        raise ValueError(f"vsplit: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return _cut("vsplit", x, indices_or_sections, 0)


def dsplit(x: Any, indices_or_sections: Any) -> tuple:
    """Cut into equal parts, or at indices, along the third dimension."""
    return _cut("dsplit", x, indices_or_sections, 2)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.chunk         x.chunk
ag.unbind        x.unbind
ag.tensor_split  x.tensor_split
ag.hsplit        x.hsplit
ag.vsplit        x.vsplit
ag.dsplit        x.dsplit
"""
