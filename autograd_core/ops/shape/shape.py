"""Functions that move elements without changing them. Linear, so each rule is the adjoint: another function here.

reshape <-> reshape, permute <-> permute, broadcast_to <-> sum_to, cat <-> split, flip <-> flip. What is built from
these is in join.py and strided.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.memory_format import MemoryFormat, checked_format
from ...engine.operands import convert, operand, result_type, sizes_of, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import dim_index, dim_indices, integer, numpy_names, shaped, variadic

# --------------------------------------------------------------------------------------------------------- broadcasting


@variadic("size")
def expand(input: TensorLike, size: int | Sequence[int]) -> Tensor:
    """Return a view in which dimensions of size 1 are repeated up to `size`; −1 keeps a size.

    `size` may also come one by one: expand(input, 2, 3). Leading dimensions may be added. The gradient is summed over the
    repetitions. No memory is copied.

    Formula: out[i_1, …, i_n] = input[j_1, …, j_n], j_d = 0 where input has size 1, else i_d
    Shapes: (*) → size.
    Dtypes: any, kept.
    Raises: ValueError if the shape does not broadcast to `size`, or if −1 stands for an added dimension.
    Source: PyTorch's `Tensor.expand`.

    >>> import autograd_core as ag
    >>> ag.expand(ag.tensor([[1.0], [2.0]]), (2, 3))
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    x = shaped(input, "expand")
    sizes: Any = size  # `variadic` made it a tuple
    lead = len(sizes) - x.ndim
    if lead < 0 or any(s == -1 for s in sizes[:lead]):
        raise ValueError(f"expand: sizes {sizes} do not fit shape {tuple(x.shape)}; -1 is only for existing dimensions")
    return broadcast_to(x, tuple(x.shape[i - lead] if s == -1 else s for i, s in enumerate(sizes)))


# -------------------------------------------------------------------------------------------------------- same elements

_reshape: Primitive = Primitive(
    lambda x, shape: np.reshape(x, shape),
    name="reshape",
    vjps=(lambda g, x_shape, shape: apply(_reshape, (g,), (x_shape,)),),
    saves=(SHAPE,),
    view=True,
)


@variadic("shape")
def reshape(input: TensorLike, shape: int | Sequence[int]) -> Tensor:
    """Return the elements in the same order with another shape; −1 stands for the size that is left.

    `shape` may also come one by one: reshape(input, 2, 3). A view where the strides allow one, else a copy.

    Formula: out[i] = input[j], where i and j have the same position in row-major order
    Shapes: (*) → shape.
    Dtypes: any, kept.
    Raises: ValueError if `shape` has another number of elements, or more than one −1; TypeError if it holds no integers.
    Source: PyTorch's `reshape`.

    >>> import autograd_core as ag
    >>> ag.reshape(ag.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
    tensor([[1., 2.],
            [3., 4.]])
    """
    x = shaped(input, "reshape")
    sizes: Any = shape  # `variadic` made it a tuple
    total, known = math.prod(x.shape), math.prod(s for s in sizes if s != -1)
    unknown = sizes.count(-1)
    if unknown == 1 and known and total % known == 0:
        sizes = tuple(total // known if s == -1 else s for s in sizes)
    elif unknown or known != total or any(s < 0 for s in sizes):
        raise ValueError(
            f"reshape: shape {tuple(x.shape)} has {total} elements and cannot become {sizes}; "
            "give sizes with that product, at most one of them -1"
        )
    return apply(_reshape, (x,), (sizes,))


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from `start_dim` to `end_dim` into one.

    A view where the strides allow one, else a copy.

    Formula: out[…, i L + j, …] = input[…, i, j, …], L the size of the second
    Shapes: (A, B, C, D) → (A, B · C, D) for start_dim=1, end_dim=2; () → (1).
    Dtypes: any, kept.
    Raises: IndexError if a dim is out of range; ValueError if `start_dim` comes after `end_dim`.
    Source: PyTorch's `flatten`.

    >>> import autograd_core as ag
    >>> ag.flatten(ag.zeros(2, 3, 4), start_dim=1).shape
    (2, 12)
    """
    x = shaped(input, "flatten")
    start, end = dim_index(start_dim, x.ndim, "flatten"), dim_index(end_dim, x.ndim, "flatten")
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    shape = tuple(x.shape) or (1,)
    return reshape(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(input: TensorLike) -> Tensor:
    """Return all elements of `input` in one dimension, in row-major order.

    A view where the strides allow one, else a copy.

    Formula: out[i L + j] = input[i, j], L the size of the last dimension
    Shapes: (*) → (N), N the number of elements.
    Dtypes: any, kept.
    Raises: TypeError if `input` holds no numbers.
    Source: PyTorch's `ravel`.

    >>> import autograd_core as ag
    >>> ag.ravel(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 2., 3., 4.])
    """
    x = shaped(input, "ravel")
    return reshape(x, (math.prod(x.shape),))


def unflatten(input: TensorLike, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split the dimension `dim` into dimensions of the given `sizes`, at most one of them −1.

    Formula: out[…, i, j, …] = input[…, i L + j, …], L the size of the second
    Shapes: (A, B · C, D) → (A, B, C, D) for dim=1, sizes=(B, C).
    Dtypes: any, kept.
    Raises: IndexError if `dim` is out of range; ValueError if the product of `sizes` is not its size.
    Source: PyTorch's `unflatten`.

    >>> import autograd_core as ag
    >>> ag.unflatten(ag.zeros(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    x = shaped(input, "unflatten")
    at = dim_index(dim, x.ndim, "unflatten")
    sizes, size = sizes_of((sizes,), "unflatten"), (tuple(x.shape) or (1,))[at]
    known = math.prod(s for s in sizes if s != -1)
    unknown = sizes.count(-1)
    if not sizes or unknown > 1 or (known * unknown and size % known) or (known != size and not unknown):
        raise ValueError(f"unflatten: dim {dim} of size {size} cannot become {sizes}; give sizes with that product")
    filled = tuple(size // max(known, 1) if s == -1 else s for s in sizes)
    return reshape(x, (*x.shape[:at], *filled, *x.shape[at + 1 :]))


@numpy_names
def squeeze(input: TensorLike, dim: Dims = None) -> Tensor:
    """Leave out the dimensions of size 1, or only those in `dim`.

    A dimension in `dim` of another size stays, as in PyTorch. A view where the strides allow one.

    Formula: out[i, j] = input[i, 0, j]
    Shapes: (A, 1, B, 1) → (A, B); with dim=1 (A, B, 1).
    Dtypes: any, kept.
    Raises: IndexError if a dim is out of range; ValueError if `dim` names one twice.
    Source: PyTorch's `squeeze`.

    >>> import autograd_core as ag
    >>> ag.squeeze(ag.zeros(1, 2, 1)).shape, ag.squeeze(ag.zeros(1, 2, 1), 0).shape
    ((2,), (2, 1))
    """
    x = shaped(input, "squeeze")
    dims = dim_indices(dim, x.ndim, "squeeze")
    return reshape(x, tuple(s for i, s in enumerate(x.shape) if s != 1 or i not in dims))


@numpy_names
def unsqueeze(input: TensorLike, dim: int) -> Tensor:
    """Insert a dimension of size 1 at `dim`.

    Formula: out[i, 0, j] = input[i, j]
    Shapes: (A, B) → (A, 1, B) for dim=1.
    Dtypes: any, kept.
    Raises: IndexError if `dim` is out of range: it counts in the result; TypeError if it is no int.
    Source: PyTorch's `unsqueeze`.

    >>> import autograd_core as ag
    >>> ag.unsqueeze(ag.zeros(2, 3), 1).shape
    (2, 1, 3)
    """
    x = shaped(input, "unsqueeze")
    at = dim_index(dim, x.ndim + 1, "unsqueeze")
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


_permute: Primitive = Primitive(
    lambda x, dims: np.transpose(x, dims),
    name="permute",
    vjps=(lambda g, dims: apply(_permute, (g,), (tuple(np.argsort(dims)),)),),
    view=True,
)


@variadic("dims")
def permute(input: TensorLike, dims: int | Sequence[int]) -> Tensor:
    """Return a view with the dimensions in another order: dimension i of the result is dimension dims[i] of `input`.

    `dims` may also come one by one: permute(input, 2, 0, 1).

    Formula: out.shape[i] = input.shape[dims[i]]; for dims=(2, 0, 1) out[k, i, j] = input[i, j, k]
    Shapes: (A, B, C) → (C, A, B) for dims=(2, 0, 1).
    Dtypes: any, kept.
    Raises: ValueError if `dims` does not name each dimension once; IndexError if one is out of range.
    Source: PyTorch's `permute`.

    >>> import autograd_core as ag
    >>> ag.permute(ag.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    x = shaped(input, "permute")
    order: Any = dims  # `variadic` made it a tuple
    if len(order) != x.ndim:
        raise ValueError(
            f"permute: dims {dims} must name each of the {x.ndim} dimensions of shape {tuple(x.shape)} once"
        )
    return apply(_permute, (x,), (dim_indices(order, x.ndim, "permute"),))


def transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions exchanged.

    Formula: out[…, j, …, i, …] = input[…, i, …, j, …], i at `dim0` and j at `dim1`
    Shapes: (A, B, C) → (C, B, A) for dim0=0, dim1=2.
    Dtypes: any, kept.
    Raises: IndexError if a dim is out of range; TypeError if one is no int.
    Source: PyTorch's `transpose`.

    >>> import autograd_core as ag
    >>> ag.transpose(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 0, 1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    x = shaped(input, "transpose")
    i, j = dim_index(dim0, x.ndim, "transpose"), dim_index(dim1, x.ndim, "transpose")
    order = list(range(x.ndim))
    if order:
        order[i], order[j] = order[j], order[i]
    return apply(_permute, (x,), (tuple(order),))


def movedim(input: TensorLike, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor:
    """Return a view with dimensions moved from `source` to `destination`, the others in their order.

    Formula: out.shape[destination[k]] = input.shape[source[k]]
    Shapes: (A, B, C) → (B, C, A) for source=0, destination=−1.
    Dtypes: any, kept.
    Raises: IndexError if a dim is out of range; ValueError if one is named twice, or if the two differ in number.
    Source: PyTorch's `movedim`; NumPy's `moveaxis`.

    >>> import autograd_core as ag
    >>> ag.movedim(ag.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    x = shaped(input, "movedim")
    src, dst = dim_indices(source, x.ndim, "movedim"), dim_indices(destination, x.ndim, "movedim")
    if len(src) != len(dst):
        raise ValueError(f"movedim: {len(src)} sources and {len(dst)} destinations; give one for each")
    order = [d for d in range(x.ndim) if d not in src]
    for to, d in sorted(zip(dst, src, strict=True)):
        order.insert(to, d)
    return apply(_permute, (x,), (tuple(order),))


moveaxis = movedim
swapdims = transpose


def swapaxes(input: TensorLike, axis0: int, axis1: int) -> Tensor:
    """Return a view with two dimensions exchanged: `transpose` under NumPy's name.

    Formula: out[…, j, …, i, …] = input[…, i, …, j, …], i at `axis0` and j at `axis1`
    Shapes: (A, B, C) → (C, B, A) for axis0=0, axis1=2.
    Dtypes: any, kept.
    Raises: IndexError if an axis is out of range; TypeError if one is no int.
    Source: PyTorch's `swapaxes`.

    >>> import autograd_core as ag
    >>> ag.swapaxes(ag.zeros(2, 3, 4), axis0=0, axis1=2).shape
    (4, 3, 2)
    """
    return transpose(input, axis0, axis1)


def adjoint(input: TensorLike) -> Tensor:
    """Return the conjugate transpose of each matrix in the last two dimensions.

    Of real numbers a view.

    Formula: out[…, j, i] = conj(input[…, i, j])
    Shapes: (*, M, N) → (*, N, M).
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions.
    Source: PyTorch's `adjoint`.

    >>> import autograd_core as ag
    >>> ag.adjoint(ag.tensor([[1.0, 2.0]]))
    tensor([[1.],
            [2.]])
    """
    x = shaped(input, "adjoint")
    if x.ndim < 2:
        raise ValueError(f"adjoint: needs a matrix or a stack of them, got shape {tuple(x.shape)}")
    swapped = transpose(x, -2, -1)
    return swapped.conj() if x.dtype.kind == "c" else swapped


def t(input: TensorLike) -> Tensor:
    """Return the transpose of a matrix, as a view; a vector or a number is left as it is.

    Formula: out[j, i] = input[i, j]
    Shapes: (M, N) → (N, M); (N) → (N); () → ().
    Dtypes: any, kept.
    Raises: ValueError if `input` has more than 2 dimensions.
    Source: PyTorch's `t`.

    >>> import autograd_core as ag
    >>> ag.t(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 3.],
            [2., 4.]])
    """
    x = shaped(input, "t")
    if x.ndim > 2:
        raise ValueError(f"t: needs at most 2 dimensions, got shape {tuple(x.shape)}; use transpose or mT")
    return transpose(x, 0, 1) if x.ndim == 2 else apply(_permute, (x,), (tuple(range(x.ndim)),))


_flip: Primitive = Primitive(
    lambda x, dims: np.flip(x, dims).copy(), name="flip", vjps=(lambda g, dims: apply(_flip, (g,), (dims,)),)
)


@variadic("dims")
def flip(input: TensorLike, dims: int | Sequence[int]) -> Tensor:
    """Reverse the order of the elements along `dims`, in a copy, as in PyTorch.

    `dims` may also come one by one: flip(input, 0, 1).

    Formula: out[…, i, …] = input[…, L − 1 − i, …], L the size of the dimension
    Shapes: (*) → (*).
    Dtypes: any, kept.
    Raises: IndexError if a dim is out of range; ValueError if `dims` names one twice.
    Source: PyTorch's `flip`.

    >>> import autograd_core as ag
    >>> ag.flip(ag.tensor([1.0, 2.0, 3.0]), 0)
    tensor([3., 2., 1.])
    """
    x = shaped(input, "flip")
    return apply(_flip, (x,), (dim_indices(dims, x.ndim, "flip"),))


_contiguous = Primitive(lambda x: np.ascontiguousarray(x).reshape(x.shape), name="contiguous", vjps=(lambda g: g,))


def contiguous(input: TensorLike, memory_format: MemoryFormat = None) -> Tensor:
    """Return the tensor itself if its elements lie in row-major order, else a copy in that order.

    `memory_format` changes nothing: no other order is made.

    Formula: out = input
    Shapes: (*) → (*).
    Dtypes: any, kept.
    Raises: TypeError if `input` holds no numbers, and for what is no memory format.
    Source: PyTorch's `Tensor.contiguous`.

    >>> import autograd_core as ag
    >>> ag.contiguous(ag.ones(2, 3).t()).is_contiguous()
    True
    """
    checked_format("contiguous", memory_format)
    x = shaped(input, "contiguous")
    if stand_in(x) is not None:
        return x
    return x if (x.array if isinstance(x, Tensor) else x).flags.c_contiguous else apply(_contiguous, (x,))


# ------------------------------------------------------------------------------------------------ joining and splitting


def _cat(*args: Any) -> ndarray:
    *xs, dim, _ = args
    return np.concatenate(xs, axis=dim)


def _cat_rule(needs: list[bool], g: Any, dim: int, sizes: tuple) -> tuple:
    return tuple(p if need else None for p, need in zip(split(g, list(sizes), dim), needs, strict=True))


_cat_primitive = Primitive(_cat, name="cat", joint=_cat_rule)


def listed_operands(xs: Any, name: str) -> list:
    if not isinstance(xs, list | tuple):
        raise TypeError(f"{name}: takes a list or tuple of tensors, got {type(xs).__name__}")
    if not xs:
        raise ValueError(f"{name}: needs at least one tensor, got an empty list")
    xs = [operand(x, name) for x in xs]
    for i, x in enumerate(xs):
        if not hasattr(x, "dtype"):
            raise TypeError(f"{name}: element {i} is a number; it must be a tensor or an array")
    dtype = result_type(*xs)
    return [x.astype(dtype, copy=False) if isinstance(x, ndarray) else convert(x, dtype) for x in xs]


@numpy_names
def cat(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Join tensors along `dim`: they have the same sizes but there.

    A list or a tuple of `tensors`; an empty vector among them joins anything, as in PyTorch.

    Formula: out[…, i, …] = tensors[k][…, i − o_k, …] for o_k ≤ i < o_{k+1}, o_k = Σ_{j<k} L_j
    Shapes: (*, L_1, *), (*, L_2, *), … → (*, L_1 + L_2 + …, *).
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor, if one is 0-d, or if the shapes do not agree; IndexError if `dim` is out of
        range; TypeError if `tensors` is no list or tuple, or if one is a number.
    Source: PyTorch's `cat`.

    >>> import autograd_core as ag
    >>> ag.cat([ag.tensor([1.0]), ag.tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    xs = listed_operands(tensors, "cat")
    if any(x.shape == (0,) for x in xs) and any(x.ndim > 1 for x in xs):
        xs = [x for x in xs if x.shape != (0,)]  # PyTorch lets an empty vector join anything
    ndim = xs[0].ndim
    if ndim == 0:
        raise ValueError("cat: 0-d tensors cannot be concatenated; use stack")
    at = dim_index(dim, ndim, "cat")
    rest = [(*x.shape[:at], *x.shape[at + 1 :]) for x in xs]
    for i, x in enumerate(xs):
        if x.ndim != ndim or rest[i] != rest[0]:
            raise ValueError(
                f"cat: tensor {i} has shape {tuple(x.shape)}, tensor 0 {tuple(xs[0].shape)}; they must agree in every "
                f"dimension but {dim}"
            )
    return apply(_cat_primitive, tuple(xs), (at, tuple(x.shape[at] for x in xs)))


@numpy_names
def stack(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension at `dim`.

    Formula: out[…, k, …] = tensors[k][…], k at `dim`
    Shapes: K tensors (A, B) → (A, K, B) for dim=1.
    Dtypes: their common dtype.
    Raises: ValueError if there is no tensor or if the shapes differ; IndexError if `dim` is out of range; TypeError if
        `tensors` is no list or tuple, or if one is a number.
    Source: PyTorch's `stack`.

    >>> import autograd_core as ag
    >>> ag.stack([ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0])], dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    xs = listed_operands(tensors, "stack")
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ValueError(
                f"stack: tensor {i} has shape {tuple(x.shape)}, tensor 0 {tuple(xs[0].shape)}; they must be the same"
            )
    at = dim_index(dim, xs[0].ndim + 1, "stack")
    return cat([unsqueeze(x, at) for x in xs], at)


@numpy_names
def split(
    tensor: TensorLike,
    split_size_or_sections: int | Sequence[int] | None = None,
    dim: int = 0,
    *,
    split_size: int | Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """Split a tensor along `dim` into views of one size, or of given sizes.

    `split_size_or_sections` is the size of each part (the last may be smaller) or a list of their sizes; `split_size` is its
    name in PyTorch's method.

    Formula: out[k][…, i, …] = tensor[…, o_k + i, …], o_k = Σ_{j<k} L_j, L_j the size of part j
    Shapes: (*, L, *) → (*, L_1, *), (*, L_2, *), …, with L_1 + L_2 + … = L.
    Dtypes: any, kept.
    Raises: ValueError if `tensor` is 0-d, if a size is not positive, or if the sections do not add up to L; IndexError if
        `dim` is out of range; TypeError if a size is no int, or if there is none, or two.
    Source: PyTorch's `split`.

    >>> import autograd_core as ag
    >>> ag.split(ag.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    x = shaped(tensor, "split")
    size_or_sections = split_size if split_size_or_sections is None else split_size_or_sections
    if size_or_sections is None or (split_size is not None and split_size_or_sections is not None):
        raise TypeError("split: needs the size of the parts or a list of their sizes, once")
    if x.ndim == 0:
        raise ValueError("split: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    at = dim_index(dim, x.ndim, "split")
    size = x.shape[at]
    if isinstance(size_or_sections, list | tuple):
        sections = [integer(s, "split", "the size of a part") for s in size_or_sections]
        if sum(sections) != size or any(s < 0 for s in sections):
            raise ValueError(f"split: sections {sections} must add up to the size {size} of dim {dim}")
    else:
        step = integer(size_or_sections, "split", "the size of a part")
        if step < 0 or (step == 0 and size):
            raise ValueError(f"split: the size of a part must be positive, got {step}")
        sections = [min(step, size - i) for i in range(0, size, step)] if size else [0]
    edges = np.cumsum([0, *sections])
    lead = (slice(None),) * at
    return tuple(x[(*lead, slice(int(a), int(b)))] for a, b in pairwise(edges))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.expand      x.expand
ag.reshape     x.reshape
ag.flatten     x.flatten
ag.ravel       x.ravel
ag.unflatten   x.unflatten
ag.squeeze     x.squeeze     x.squeeze_:view
ag.unsqueeze   x.unsqueeze   x.unsqueeze_:view
ag.permute     x.permute
ag.transpose   x.transpose   x.transpose_:view
ag.swapaxes    x.swapaxes    x.swapaxes_:view
ag.swapdims    x.swapdims    x.swapdims_:view
ag.movedim     x.movedim
ag.moveaxis    x.moveaxis
ag.adjoint     x.adjoint
ag.t           x.t           x.t_:view
ag.flip        x.flip
ag.contiguous  x.contiguous
ag.cat  out=
ag.stack  out=
ag.split       x.split
"""
