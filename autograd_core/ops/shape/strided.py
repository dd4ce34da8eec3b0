"""Views beyond slices: parts, diagonals, overlapping windows; and matrices made from diagonals.

diagonal <-> diag_embed (into zeros), unfold <-> fold_back (windows added), as_strided <-> reading and adding by place.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import clone, write
from ...engine.operands import convert, sizes_of, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.versions import memory_of
from ..arguments import array_operand, dim_index, numpy_names
from ..indexing.index import getitem_primitive, scatter_back
from .shape import reshape


def strided_view(x: ndarray, shape: tuple, strides: tuple, offset: int) -> ndarray:
    """The memory of `x` from `offset` bytes after its first element on, with other sizes and strides (in bytes).

    NumPy's `as_strided` puts an object between the two arrays; here the base is the array that owns the memory, by
    which views and versions are recognised.
    """
    if 0 in shape:
        return x.reshape(-1)[:0].reshape(shape)
    memory = memory_of(x)
    if not memory.flags.c_contiguous:  # an owner is contiguous in some order of its dimensions
        memory = memory.transpose(sorted(range(memory.ndim), key=lambda d: -memory.strides[d]))
    start = x.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    return np.ndarray(shape, x.dtype, memory, start + offset, strides)


# ---------------------------------------------------------------------------------------------------------------- parts


@numpy_names
def select(x: Any, dim: int, index: Any) -> Any:
    """The slice at `index` of dimension `dim`, which is left out: x[:, …, index]."""
    if x.ndim == 0:
        raise IndexError("select: a 0-d tensor has no dimension to select from; use x.item()")
    at, i = dim_index(dim, x.ndim, "select"), operator.index(index)
    if not -x.shape[at] <= i < x.shape[at]:
        raise IndexError(f"select: index {i} is out of range for dim {dim} of size {x.shape[at]}")
    return x[(*(slice(None),) * at, i)]


@numpy_names
def narrow(x: Any, dim: int, start: Any, length: int) -> Any:
    """The `length` slices from `start` on along `dim`."""
    if x.ndim == 0:
        raise ValueError("narrow: a 0-d tensor has no dimension to narrow; use x.reshape(1)")
    at, first = dim_index(dim, x.ndim, "narrow"), operator.index(start)
    size = x.shape[at]
    if not -size <= first <= size:
        raise IndexError(f"narrow: start {first} is out of range for dim {dim} of size {size}")
    first = first + size if first < 0 else first
    if length < 0 or first + length > size:
        raise ValueError(f"narrow: start {first} with length {length} does not fit dim {dim} of size {size}")
    return x[(*(slice(None),) * at, slice(first, first + length))]


# ------------------------------------------------------------------------------------------------------------ diagonals


def _diagonal(x: ndarray, offset: int, dim1: int, dim2: int) -> ndarray:
    out = np.diagonal(x, offset, dim1, dim2)
    if x.flags.writeable:
        out.flags.writeable = True  # NumPy's is read-only; it is a plain view
    return out


def _diagonal_back(g: ndarray, shape: tuple, offset: int, dim1: int, dim2: int) -> ndarray:
    out = np.zeros(shape, g.dtype)
    _diagonal(out, offset, dim1, dim2)[...] = g
    return out


_diagonal_primitive: Primitive = Primitive(
    _diagonal,
    name="diagonal",
    vjps=(lambda g, x_shape, *at: apply(_diagonal_back_primitive, (g,), (x_shape, *at)),),
    saves=(SHAPE,),
    view=True,
)
_diagonal_back_primitive: Primitive = Primitive(
    _diagonal_back,
    name="diag_embed",
    vjps=(lambda g, shape, *at: apply(_diagonal_primitive, (g,), at),),
)


def _two_dims(dim1: int, dim2: int, ndim: int, name: str) -> tuple[int, int]:
    if ndim < 2:
        raise ValueError(f"{name}: needs at least 2 dimensions, got {ndim}")
    i, j = dim_index(dim1, ndim, name), dim_index(dim2, ndim, name)
    if i == j:
        raise ValueError(f"{name}: dim1 {dim1} and dim2 {dim2} are the same dimension; give two")
    return i, j


def diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The elements x[…, i, …, i + offset, …] of the two dimensions, along a new last one."""
    x = array_operand(x, "diagonal")
    return apply(_diagonal_primitive, (x,), (offset, *_two_dims(dim1, dim2, x.ndim, "diagonal")))


def diag_embed(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Zeros with the last dimension of x on the diagonal of the dimensions `dim1` and `dim2` of the result."""
    x = array_operand(x, "diag_embed")
    if x.ndim == 0:
        raise ValueError("diag_embed: needs at least 1 dimension; use x.reshape(1)")
    i, j = _two_dims(dim1, dim2, x.ndim + 1, "diag_embed")
    side = x.shape[-1] + abs(offset)
    shape = list(x.shape[:-1])
    for d in sorted((i, j)):
        shape.insert(d, side)
    if dim_index(dim1, x.ndim + 1, "diag_embed") > dim_index(dim2, x.ndim + 1, "diag_embed"):
        i, j, offset = j, i, -offset
    return apply(_diagonal_back_primitive, (x,), (tuple(shape), offset, i, j))


def diag(x: Any, diagonal: int = 0) -> Any:
    """Of a vector the matrix with it on the diagonal, of a matrix its diagonal (a copy, as in PyTorch)."""
    x = array_operand(x, "diag")
    if x.ndim not in (1, 2):
        raise ValueError(f"diag: needs a vector or a matrix, got shape {tuple(x.shape)}; use diagonal or diag_embed")
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    return clone(apply(_diagonal_primitive, (x,), (diagonal, 0, 1)))


def diagflat(x: Any, offset: int = 0) -> Any:
    """The matrix with all elements of x on its diagonal."""
    x = array_operand(x, "diagflat")
    return diag_embed(reshape(x, (math.prod(x.shape),)), offset)


_tril: Primitive = Primitive(np.tril, vjps=(lambda g, k: apply(_tril, (g,), (k,)),))
_triu: Primitive = Primitive(np.triu, vjps=(lambda g, k: apply(_triu, (g,), (k,)),))


def tril(x: Any, diagonal: int = 0) -> Any:
    """The lower triangles of the matrices in the last two dimensions, up to the given diagonal; zeros above."""
    return _triangular(_tril, x, diagonal)


def triu(x: Any, diagonal: int = 0) -> Any:
    """The upper triangles of the matrices in the last two dimensions, from the given diagonal on; zeros below."""
    return _triangular(_triu, x, diagonal)


def _triangular(p: Primitive, x: Any, k: int) -> Any:
    x = array_operand(x, p.name)
    if x.ndim < 2:
        raise ValueError(f"{p.name}: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return apply(p, (x,), (operator.index(k),))


# -------------------------------------------------------------------------------------------------------------- windows


def _unfold(x: ndarray, dim: int, size: int, step: int) -> ndarray:
    if x.ndim == 0:
        return strided_view(x, (size,), (x.itemsize,), 0)
    count = (x.shape[dim] - size) // step + 1
    shape = (*x.shape[:dim], count, *x.shape[dim + 1 :], size)
    strides = (*x.strides[:dim], x.strides[dim] * step, *x.strides[dim + 1 :], x.strides[dim])
    return strided_view(x, shape, strides, 0)


def _fold_back(g: ndarray, shape: tuple, dim: int, size: int, step: int) -> ndarray:
    """Windows (…, count, …, size) added where they came from."""
    if not shape:
        return g.reshape(()).copy() if size else np.zeros((), g.dtype)
    out = np.zeros(shape, g.dtype)
    reach = (g.shape[dim] - 1) * step + 1
    for k in range(size):
        out[(*(slice(None),) * dim, slice(k, k + reach, step))] += g[..., k]
    return out


_unfold_primitive: Primitive = Primitive(
    _unfold,
    name="unfold",
    vjps=(lambda g, x_shape, *at: apply(_fold_back_primitive, (g,), (x_shape, *at)),),
    saves=(SHAPE,),
    view=True,
)
_fold_back_primitive: Primitive = Primitive(
    _fold_back, name="fold_back", vjps=(lambda g, shape, *at: apply(_unfold_primitive, (g,), at),)
)


def unfold(x: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of `size` elements along `dimension`, `step` apart, each in a new last dimension. A view.

    For the windows of images, im2col, see `nn.functional.unfold`.
    """
    x = array_operand(x, "unfold")
    at = dim_index(dimension, x.ndim, "unfold")
    length = (tuple(x.shape) or (1,))[at]
    if not 0 <= size <= length:
        raise ValueError(f"unfold: windows of size {size} do not fit dimension {dimension} of size {length}")
    if step <= 0:
        raise ValueError(f"unfold: step must be positive, got {step}")
    return apply(_unfold_primitive, (x,), (at, size, step))


# --------------------------------------------------------------------------------------------------- any strides at all


def strided_indices(size: tuple, stride: tuple, offset: int) -> ndarray:
    """Where in row-major memory each element of the view lies."""
    places = np.full((1,) * len(size), offset, np.int64)
    for d, (n, s) in enumerate(zip(size, stride, strict=True)):
        places = places + s * np.arange(n).reshape(-1, *(1,) * (len(size) - 1 - d))
    return places


def _as_strided(x: ndarray, size: tuple, stride: tuple, offset: int) -> ndarray:
    if x.flags.c_contiguous:
        return strided_view(x, size, tuple(s * x.itemsize for s in stride), offset * x.itemsize)
    return x.reshape(-1)[strided_indices(size, stride, offset)]


def _as_strided_rule(g: Any, x_shape: tuple, size: tuple, stride: tuple, offset: int) -> Any:
    flat = scatter_back([g], (math.prod(x_shape),), (strided_indices(size, stride, offset),))
    return reshape(flat, x_shape)


_as_strided_primitive = Primitive(_as_strided, name="as_strided", vjps=(_as_strided_rule,), saves=(SHAPE,), view=True)


def as_strided(x: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """A view of the memory x lies in, with the given sizes, strides and offset, counted in elements.

    Like PyTorch's, it sees the whole memory of the tensor that x is a view of; that tensor must be contiguous. An
    element seen at several places gets the sum of their gradients.
    """
    size, stride = sizes_of((size,), "as_strided"), sizes_of((stride,), "as_strided")
    if stand_in(x) is not None:  # which memory one example lies in says nothing; it counts as contiguous
        return apply(_as_strided_primitive, (x,), (size, stride, storage_offset or 0))
    if len(size) != len(stride) or any(n < 0 for n in size) or any(s < 0 for s in stride):
        raise ValueError(f"as_strided: sizes {size} need as many strides, none of them negative, got {stride}")
    root = x.origin.base if isinstance(x, Tensor) and x.origin is not None else x
    array, base = (v.array if isinstance(v, Tensor) else v for v in (x, root))
    if not base.flags.c_contiguous:
        raise ValueError(
            f"as_strided: the memory of shape {base.shape} with strides {base.strides} is not contiguous; use "
            "x.contiguous() first"
        )
    if storage_offset is None:
        start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        storage_offset = start // base.itemsize
    last = storage_offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if storage_offset < 0 or (0 not in size and last >= base.size):
        raise ValueError(
            f"as_strided: sizes {size}, strides {stride} and offset {storage_offset} reach element {last}, but the "
            f"memory holds {base.size}"
        )
    return apply(_as_strided_primitive, (root,), (size, stride, storage_offset))


# ------------------------------------------------------------------------------------------------------ a part replaced


def _replaced(x: Any, src: Any, primitive: Primitive, params: tuple, name: str) -> Any:
    """x with the part that a view operation leads to replaced by `src`."""
    x, src = array_operand(x, name), array_operand(src, name)
    shape = primitive.forward(np.broadcast_to(np.zeros((), x.dtype), x.shape), *params).shape
    if tuple(src.shape) != shape:
        raise ValueError(f"{name}: src has shape {tuple(src.shape)}, but the part of x it replaces has {shape}")
    return apply(write, (x, convert(src, x.dtype)), (((primitive, params),),))


@numpy_names
def select_scatter(x: Any, src: Any, dim: int, index: int) -> Any:
    """x with the slice at `index` of dimension `dim` replaced by `src`."""
    at = dim_index(dim, x.ndim, "select_scatter")
    if not -x.shape[at] <= index < x.shape[at]:
        raise IndexError(f"select_scatter: index {index} is out of range for dim {dim} of size {x.shape[at]}")
    return _replaced(x, src, getitem_primitive, ((*(slice(None),) * at, index),), "select_scatter")


@numpy_names
def slice_scatter(
    x: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """x with the slices start:end:step of dimension `dim` replaced by `src`."""
    at = dim_index(dim, x.ndim, "slice_scatter")
    return _replaced(x, src, getitem_primitive, ((*(slice(None),) * at, slice(start, end, step)),), "slice_scatter")


def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """x with a diagonal replaced by `src`."""
    at = _two_dims(dim1, dim2, x.ndim, "diagonal_scatter")
    return _replaced(x, src, _diagonal_primitive, (offset, *at), "diagonal_scatter")


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.select            x.select
ag.narrow            x.narrow
ag.diagonal          x.diagonal
ag.diag_embed        x.diag_embed
ag.diag              x.diag
ag.diagflat          x.diagflat
ag.tril              x.tril              x.tril_
ag.triu              x.triu              x.triu_
ag.unfold            x.unfold
ag.as_strided        x.as_strided
ag.select_scatter    x.select_scatter
ag.slice_scatter     x.slice_scatter
ag.diagonal_scatter  x.diagonal_scatter
"""
