"""Views beyond slices: parts, diagonals, overlapping windows; and matrices made from diagonals.

diagonal <-> diag_embed (into zeros), unfold <-> fold_back (windows added), as_strided <-> reading and adding by position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import clone, write
from ...engine.operands import convert, sizes_of, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...engine.versions import memory_of
from ..arguments import array_operand, dim_index, integer, numpy_names, shaped
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
def select(input: TensorLike, dim: int, index: int) -> Tensor:
    """Return the slice at `index` of the dimension `dim`, as a view without it.

    Formula: out[i, j] = input[i, index, j], index at `dim`
    Shapes: (A, L, B) → (A, B) for dim=1.
    Dtypes: any, kept.
    Raises: IndexError if `input` is 0-d, or if `dim` or `index` is out of range; TypeError if `index` is no int.
    Source: PyTorch's `select`.

    >>> import autograd_core as ag
    >>> ag.select(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 0)
    tensor([1., 3.])
    """
    x = shaped(input, "select")
    if x.ndim == 0:
        raise IndexError("select: a 0-d tensor has no dimension to select from; use x.item()")
    at, i = dim_index(dim, x.ndim, "select"), integer(index, "select", "index")
    if not -x.shape[at] <= i < x.shape[at]:
        raise IndexError(f"select: index {i} is out of range for dim {dim} of size {x.shape[at]}")
    return x[(*(slice(None),) * at, i)]


@numpy_names
def narrow(input: TensorLike, dim: int, start: int | TensorLike, length: int) -> Tensor:
    """Return the `length` slices from `start` on along `dim`, as a view.

    Formula: out[…, i, …] = input[…, start + i, …] for i < length
    Shapes: (*, L, *) → (*, length, *).
    Dtypes: any, kept.
    Raises: IndexError if `dim` or `start` is out of range; ValueError if `input` is 0-d, or if the slices do not fit;
        TypeError if `start` or `length` is no int.
    Source: PyTorch's `narrow`.

    >>> import autograd_core as ag
    >>> ag.narrow(ag.tensor([1.0, 2.0, 3.0, 4.0]), 0, 1, 2)
    tensor([2., 3.])
    """
    x, length = shaped(input, "narrow"), integer(length, "narrow", "length")
    if x.ndim == 0:
        raise ValueError("narrow: a 0-d tensor has no dimension to narrow; use x.reshape(1)")
    at, first = dim_index(dim, x.ndim, "narrow"), integer(start, "narrow", "start")
    size = x.shape[at]
    if not -size <= first <= size:
        raise IndexError(f"narrow: start {first} is out of range for dim {dim} of size {size}")
    first = first + size if first < 0 else first
    if length < 0 or first + length > size:
        raise ValueError(f"narrow: start {first} with length {length} does not fit dim {dim} of size {size}")
    return x[(*(slice(None),) * at, slice(first, first + length))]


def narrow_copy(input: TensorLike, dim: int, start: int, length: int) -> Tensor:
    """Return a copy of the `length` slices from `start` on along `dim`.

    Formula: out[…, i, …] = input[…, start + i, …] for i < length
    Shapes: (*, L, *) → (*, length, *).
    Dtypes: any, kept.
    Raises: as `narrow` does.
    Source: PyTorch's `narrow_copy`.

    >>> import autograd_core as ag
    >>> ag.narrow_copy(ag.tensor([1.0, 2.0, 3.0, 4.0]), 0, 1, 2)
    tensor([2., 3.])
    """
    return clone(narrow(input, dim, start, length))


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


def diagonal(input: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a diagonal of two dimensions, as a view with it along a new last dimension.

    `offset` is 0 for the main diagonal, positive above and negative below it.

    Formula: out[…, k] = input[…, k, …, k + offset, …], k at `dim1` and k + offset at `dim2`
    Shapes: (M, N, *) → (*, K), K = min(M, N − offset) for a positive offset, min(M + offset, N) for a negative one.
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions, or if `dim1` and `dim2` are the same; IndexError if one is out
        of range; TypeError if `offset` is no int.
    Source: PyTorch's `diagonal`.

    >>> import autograd_core as ag
    >>> ag.diagonal(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    x, offset = array_operand(input, "diagonal"), integer(offset, "diagonal", "offset")
    return apply(_diagonal_primitive, (x,), (offset, *_two_dims(dim1, dim2, x.ndim, "diagonal")))


def diag_embed(input: TensorLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return zeros with the last dimension of `input` on a diagonal of two new dimensions.

    They are `dim1` and `dim2` of the result; `offset` is 0 for the main diagonal, positive above and negative below it.

    Formula: out[…, k, k + offset] = input[…, k], 0 elsewhere
    Shapes: (*, K) → (*, K + |offset|, K + |offset|).
    Dtypes: any, kept.
    Raises: ValueError if `input` is 0-d, or if `dim1` and `dim2` are the same; IndexError if one is out of range; TypeError
        if `offset` is no int.
    Source: PyTorch's `diag_embed`.

    >>> import autograd_core as ag
    >>> ag.diag_embed(ag.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    x, offset = array_operand(input, "diag_embed"), integer(offset, "diag_embed", "offset")
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


def diag(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return the matrix with a vector on its diagonal, or a copy of the diagonal of a matrix.

    `diagonal` is 0 for the main one, positive above and negative below it.

    Formula: out[k, k + diagonal] = input[k], 0 elsewhere; of a matrix out[k] = input[k, k + diagonal]
    Shapes: (N) → (N + |diagonal|, N + |diagonal|); (M, N) → (K).
    Dtypes: any, kept.
    Raises: ValueError if `input` is neither a vector nor a matrix; TypeError if `diagonal` is no int.
    Source: PyTorch's `diag`.

    >>> import autograd_core as ag
    >>> ag.diag(ag.tensor([1.0, 2.0])), ag.diag(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    (tensor([[1., 0.],
            [0., 2.]]), tensor([1., 4.]))
    """
    x, diagonal = array_operand(input, "diag"), integer(diagonal, "diag", "diagonal")
    x = array_operand(x, "diag")
    if x.ndim not in (1, 2):
        raise ValueError(f"diag: needs a vector or a matrix, got shape {tuple(x.shape)}; use diagonal or diag_embed")
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    return clone(apply(_diagonal_primitive, (x,), (diagonal, 0, 1)))


def diagflat(input: TensorLike, offset: int = 0) -> Tensor:
    """Return the matrix with all elements of `input` on its diagonal, zeros elsewhere.

    `offset` is 0 for the main diagonal, positive above and negative below it.

    Formula: out[k, k + offset] = x_k, x the flattened input, 0 elsewhere
    Shapes: (*) → (N + |offset|, N + |offset|), N the number of elements.
    Dtypes: any, kept.
    Raises: TypeError if `offset` is no int, or if `input` holds no numbers.
    Source: PyTorch's `diagflat`.

    >>> import autograd_core as ag
    >>> ag.diagflat(ag.tensor([[1.0], [2.0]]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    x = array_operand(input, "diagflat")
    return diag_embed(reshape(x, (math.prod(x.shape),)), offset)


_tril: Primitive = Primitive(np.tril, vjps=(lambda g, k: apply(_tril, (g,), (k,)),))
_triu: Primitive = Primitive(np.triu, vjps=(lambda g, k: apply(_triu, (g,), (k,)),))


def tril(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return the lower triangles of the matrices in the last two dimensions, zeros above.

    Up to `diagonal`: 0 is the main one, positive above and negative below it.

    Formula: out[…, i, j] = input[…, i, j] if j ≤ i + diagonal, else 0
    Shapes: (*, M, N) → (*, M, N).
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions; TypeError if `diagonal` is no int.
    Source: PyTorch's `tril`.

    >>> import autograd_core as ag
    >>> ag.tril(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 0.],
            [3., 4.]])
    """
    return _triangular(_tril, input, diagonal)


def triu(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Return the upper triangles of the matrices in the last two dimensions, zeros below.

    From `diagonal` on: 0 is the main one, positive above and negative below it.

    Formula: out[…, i, j] = input[…, i, j] if j ≥ i + diagonal, else 0
    Shapes: (*, M, N) → (*, M, N).
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions; TypeError if `diagonal` is no int.
    Source: PyTorch's `triu`.

    >>> import autograd_core as ag
    >>> ag.triu(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 2.],
            [0., 4.]])
    """
    return _triangular(_triu, input, diagonal)


def _triangular(p: Primitive, x: Any, k: int) -> Any:
    x = array_operand(x, p.name)
    if x.ndim < 2:
        raise ValueError(f"{p.name}: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return apply(p, (x,), (integer(k, p.name, "diagonal"),))


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


def unfold(input: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """Return the windows of `size` elements along `dimension`, `step` apart, each in a new last dimension; a view.

    For the windows of images, im2col, see `nn.functional.unfold`.

    Formula: out[…, k, …, i] = input[…, k · step + i, …], k at `dimension`, i < size
    Shapes: (*, L, *) → (*, ⌊(L − size) / step⌋ + 1, *, size).
    Dtypes: any, kept.
    Raises: ValueError if `size` does not fit, or if `step` is not positive; IndexError if `dimension` is out of range;
        TypeError if one of them is no int.
    Source: PyTorch's `Tensor.unfold`.

    >>> import autograd_core as ag
    >>> ag.unfold(ag.tensor([1.0, 2.0, 3.0, 4.0]), 0, 2, 1)
    tensor([[1., 2.],
            [2., 3.],
            [3., 4.]])
    """
    x = array_operand(input, "unfold")
    size, step = integer(size, "unfold", "size"), integer(step, "unfold", "step")
    at = dim_index(dimension, x.ndim, "unfold")
    length = (tuple(x.shape) or (1,))[at]
    if not 0 <= size <= length:
        raise ValueError(f"unfold: windows of size {size} do not fit dimension {dimension} of size {length}")
    if step <= 0:
        raise ValueError(f"unfold: step must be positive, got {step}")
    return apply(_unfold_primitive, (x,), (at, size, step))


def overlap_added(frames: Any, length: int, step: int) -> Any:
    """The adjoint of `unfold` along the last dimension: (*, T, size) frames, `step` apart, added to (*, length)."""
    at = len(frames.shape) - 2
    shape = (*frames.shape[:-2], length)
    return apply(_fold_back_primitive, (frames,), (shape, at, frames.shape[-1], step))


# --------------------------------------------------------------------------------------------------- any strides at all


def strided_indices(size: tuple, stride: tuple, offset: int) -> ndarray:
    """The index into row-major memory of each element of the view."""
    positions = np.full((1,) * len(size), offset, np.int64)
    for d, (n, s) in enumerate(zip(size, stride, strict=True)):
        positions = positions + s * np.arange(n).reshape(-1, *(1,) * (len(size) - 1 - d))
    return positions


def _as_strided(x: ndarray, size: tuple, stride: tuple, offset: int) -> ndarray:
    if x.flags.c_contiguous:
        return strided_view(x, size, tuple(s * x.itemsize for s in stride), offset * x.itemsize)
    return x.reshape(-1)[strided_indices(size, stride, offset)]


def _as_strided_rule(g: Any, x_shape: tuple, size: tuple, stride: tuple, offset: int) -> Any:
    flat = scatter_back([g], (math.prod(x_shape),), (strided_indices(size, stride, offset),))
    return reshape(flat, x_shape)


_as_strided_primitive = Primitive(_as_strided, name="as_strided", vjps=(_as_strided_rule,), saves=(SHAPE,), view=True)


def as_strided(
    input: TensorLike, size: int | Sequence[int], stride: int | Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Return a view of the memory of `input` with the given sizes, strides and offset, counted in elements.

    As in PyTorch, it sees the whole memory of the tensor that `input` is a view of; that tensor must be contiguous. Without
    `storage_offset` the view starts where `input` does. An element that is seen several times gets the sum of the gradients.

    Formula: out[i_1, …, i_n] = memory[storage_offset + Σ_d i_d · stride[d]]
    Shapes: (*) → size.
    Dtypes: any, kept.
    Raises: ValueError if `size` and `stride` differ in number, if one is negative, if the memory is not contiguous, or if
        the view reaches beyond it; TypeError if they are no ints.
    Source: PyTorch's `as_strided`.

    >>> import autograd_core as ag
    >>> ag.as_strided(ag.tensor([1.0, 2.0, 3.0, 4.0]), (3, 2), (1, 1))
    tensor([[1., 2.],
            [2., 3.],
            [3., 4.]])
    """
    sizes, strides = sizes_of((size,), "as_strided"), sizes_of((stride,), "as_strided")
    x = shaped(input, "as_strided")
    if stand_in(x) is not None:  # the memory of one example is of no meaning; it counts as contiguous
        return apply(_as_strided_primitive, (x,), (sizes, strides, storage_offset or 0))
    if len(sizes) != len(strides) or any(n < 0 for n in sizes) or any(s < 0 for s in strides):
        raise ValueError(f"as_strided: sizes {sizes} need as many strides, none of them negative, got {strides}")
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
    last = storage_offset + sum((n - 1) * s for n, s in zip(sizes, strides, strict=True))
    if storage_offset < 0 or (0 not in sizes and last >= base.size):
        raise ValueError(
            f"as_strided: sizes {sizes}, strides {strides} and offset {storage_offset} reach element {last}, but the "
            f"memory holds {base.size}"
        )
    return apply(_as_strided_primitive, (root,), (sizes, strides, storage_offset))


# ------------------------------------------------------------------------------------------------------ a part replaced


def _replaced(input: Any, src: Any, primitive: Primitive, params: tuple, name: str) -> Any:
    """`input` with the part that a view operation leads to replaced by `src`."""
    x, part = array_operand(input, name), array_operand(src, name)
    shape = primitive.forward(np.broadcast_to(np.zeros((), x.dtype), x.shape), *params).shape
    if tuple(part.shape) != shape:
        raise ValueError(f"{name}: src has shape {tuple(part.shape)}, but the part of input it replaces has {shape}")
    return apply(write, (x, convert(part, x.dtype)), (((primitive, params),),))


def as_strided_scatter(
    input: TensorLike,
    src: TensorLike,
    size: int | Sequence[int],
    stride: int | Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """Return a copy of `input` in which the elements that `as_strided` of the same arguments sees are those of `src`.

    `storage_offset` None is 0. No element may be seen twice.

    Formula: memory of out[storage_offset + Σ_d i_d · stride[d]] = src[i_1, …, i_n], else input
    Shapes: (*) and size → (*), the `size` of the view and its `stride`s.
    Dtypes: any, that of `input` kept; `src` is converted to it.
    Raises: ValueError if `src` has another shape, an element is seen twice, or the view reaches beyond `input`; TypeError if
        the sizes are no ints.
    Source: PyTorch's `as_strided_scatter`.

    >>> import autograd_core as ag
    >>> ag.as_strided_scatter(ag.zeros(2, 2), ag.ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    x, name = array_operand(input, "as_strided_scatter"), "as_strided_scatter"
    sizes, steps = sizes_of((size,), name), sizes_of((stride,), name)
    if len(sizes) != len(steps) or min((*sizes, *steps, 0)) < 0:
        raise ValueError(f"{name}: sizes {sizes} need as many strides, none of them negative, got {steps}")
    at = strided_indices(sizes, steps, storage_offset or 0).ravel()
    if at.size and (at.min() < 0 or at.max() >= math.prod(x.shape)):
        raise ValueError(f"{name}: the view reaches element {at.max()}, but input has {math.prod(x.shape)}")
    if len(np.unique(at)) != at.size:
        raise ValueError(
            f"{name}: sizes {sizes} and strides {steps} see an element twice, so that its value is not one"
        )
    return _replaced(x, src, _as_strided_primitive, (sizes, steps, storage_offset or 0), name)


@numpy_names
def select_scatter(input: TensorLike, src: TensorLike, dim: int, index: int) -> Tensor:
    """Return a copy of `input` with the slice at `index` of the dimension `dim` replaced by `src`.

    Formula: out[i, k, j] = src[i, j] if k = index, else input[i, k, j], k at `dim`
    Shapes: (A, L, B) and (A, B) → (A, L, B) for dim=1.
    Dtypes: any, that of `input` kept; `src` is converted to it.
    Raises: ValueError if `src` has another shape than the slice; IndexError if `dim` or `index` is out of range; TypeError
        if `index` is no int, or if an operand holds no numbers.
    Source: PyTorch's `select_scatter`.

    >>> import autograd_core as ag
    >>> ag.select_scatter(ag.zeros(2, 2), ag.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    x, index = shaped(input, "select_scatter"), integer(index, "select_scatter", "index")
    at = dim_index(dim, x.ndim, "select_scatter")
    if not -x.shape[at] <= index < x.shape[at]:
        raise IndexError(f"select_scatter: index {index} is out of range for dim {dim} of size {x.shape[at]}")
    return _replaced(x, src, getitem_primitive, ((*(slice(None),) * at, index),), "select_scatter")


@numpy_names
def slice_scatter(
    input: TensorLike, src: TensorLike, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a copy of `input` with the slices `start`:`end`:`step` of the dimension `dim` replaced by `src`.

    Formula: out[…, start + k · step, …] = src[…, k, …], else input
    Shapes: (*, L, *) and (*, K, *) → (*, L, *), K the number of slices.
    Dtypes: any, that of `input` kept; `src` is converted to it.
    Raises: ValueError if `src` has another shape than the slices, or if `step` is 0; IndexError if `dim` is out of range;
        TypeError if an operand holds no numbers.
    Source: PyTorch's `slice_scatter`.

    >>> import autograd_core as ag
    >>> ag.slice_scatter(ag.zeros(5), ag.ones(2), start=1, end=5, step=2)
    tensor([0., 1., 0., 1., 0.])
    """
    x = shaped(input, "slice_scatter")
    at = dim_index(dim, x.ndim, "slice_scatter")
    return _replaced(x, src, getitem_primitive, ((*(slice(None),) * at, slice(start, end, step)),), "slice_scatter")


def diagonal_scatter(input: TensorLike, src: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy of `input` with a diagonal replaced by `src`.

    `offset` is 0 for the main diagonal, positive above and negative below it.

    Formula: out[…, k, …, k + offset, …] = src[…, k], k at `dim1` and k + offset at `dim2`, else input
    Shapes: (M, N, *) and (*, K) → (M, N, *), K the length of the diagonal.
    Dtypes: any, that of `input` kept; `src` is converted to it.
    Raises: ValueError if `src` has another shape than the diagonal, or if `dim1` and `dim2` are the same; IndexError if one
        is out of range; TypeError if `offset` is no int, or if an operand holds no numbers.
    Source: PyTorch's `diagonal_scatter`.

    >>> import autograd_core as ag
    >>> ag.diagonal_scatter(ag.zeros(2, 2), ag.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    x, offset = shaped(input, "diagonal_scatter"), integer(offset, "diagonal_scatter", "offset")
    at = _two_dims(dim1, dim2, x.ndim, "diagonal_scatter")
    return _replaced(x, src, _diagonal_primitive, (offset, *at), "diagonal_scatter")


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.select            x.select
ag.narrow            x.narrow
ag.narrow_copy  out=
ag.diagonal          x.diagonal
ag.diag_embed        x.diag_embed
ag.diag              x.diag  out=
ag.diagflat          x.diagflat
ag.tril              x.tril              x.tril_  out=
ag.triu              x.triu              x.triu_  out=
ag.unfold            x.unfold
ag.as_strided        x.as_strided        x.as_strided_:view
ag.select_scatter    x.select_scatter
ag.slice_scatter     x.slice_scatter
ag.diagonal_scatter  x.diagonal_scatter
ag.as_strided_scatter  x.as_strided_scatter
"""
