"""Functions that move elements without changing them. Linear, so each rule is the adjoint: another function here.

reshape <-> reshape, permute <-> permute, broadcast_to <-> sum_to, cat <-> split, flip <-> flip. What is built from
these is in join.py and strided.py.
"""

from __future__ import annotations

import math
import operator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.operands import convert, operand, result_type, sizes_of, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ..arguments import dim_index, dim_indices, numpy_names, variadic

# --------------------------------------------------------------------------------------------------------- broadcasting


@variadic("size")
def expand(x: Any, sizes: Any) -> Any:
    """Like `broadcast_to`; -1 keeps a size."""
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
def reshape(x: Any, sizes: Any) -> Any:
    """The elements in the same order with another shape, as a view where strides allow; -1 stands for what is left."""
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


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` made into one."""
    start, end = dim_index(start_dim, x.ndim, "flatten"), dim_index(end_dim, x.ndim, "flatten")
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    shape = tuple(x.shape) or (1,)
    return reshape(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(x: Any) -> Any:
    """All elements in one dimension, in row-major order."""
    return reshape(x, (math.prod(x.shape),))


def unflatten(x: Any, dim: int, sizes: Any) -> Any:
    """Dimension `dim` made into dimensions of the given sizes, at most one of them -1."""
    at = dim_index(dim, x.ndim, "unflatten")
    sizes, size = sizes_of((sizes,), "unflatten"), (tuple(x.shape) or (1,))[at]
    known = math.prod(s for s in sizes if s != -1)
    unknown = sizes.count(-1)
    if not sizes or unknown > 1 or (known * unknown and size % known) or (known != size and not unknown):
        raise ValueError(f"unflatten: dim {dim} of size {size} cannot become {sizes}; give sizes with that product")
    filled = tuple(size // max(known, 1) if s == -1 else s for s in sizes)
    return reshape(x, (*x.shape[:at], *filled, *x.shape[at + 1 :]))


@numpy_names
def squeeze(x: Any, dim: Any = None) -> Any:
    """Without its dimensions of size 1, or only without those in `dim`."""
    dims = dim_indices(dim, x.ndim, "squeeze")
    return reshape(x, tuple(s for i, s in enumerate(x.shape) if s != 1 or i not in dims))


@numpy_names
def unsqueeze(x: Any, dim: int) -> Any:
    """With a dimension of size 1 inserted at `dim`."""
    at = dim_index(dim, x.ndim + 1, "unsqueeze")
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


_permute: Primitive = Primitive(
    lambda x, dims: np.transpose(x, dims),
    name="permute",
    vjps=(lambda g, dims: apply(_permute, (g,), (tuple(np.argsort(dims)),)),),
    view=True,
)


@variadic("dims")
def permute(x: Any, given: Any) -> Any:
    """Dimension i of the result is dimension dims[i] of x."""
    order = dim_indices(given, x.ndim, "permute")
    if len(given) != x.ndim:
        raise ValueError(
            f"permute: dims {given} must name each of the {x.ndim} dimensions of shape {tuple(x.shape)} once"
        )
    return apply(_permute, (x,), (order,))


def transpose(x: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    i, j = dim_index(dim0, x.ndim, "transpose"), dim_index(dim1, x.ndim, "transpose")
    order = list(range(x.ndim))
    if order:
        order[i], order[j] = order[j], order[i]
    return apply(_permute, (x,), (tuple(order),))


def movedim(x: Any, source: Any, destination: Any) -> Any:
    """Dimensions moved from `source` to `destination`, the others keeping their order."""
    src, dst = dim_indices(source, x.ndim, "movedim"), dim_indices(destination, x.ndim, "movedim")
    if len(src) != len(dst):
        raise ValueError(f"movedim: {len(src)} sources and {len(dst)} destinations; give one for each")
    order = [d for d in range(x.ndim) if d not in src]
    for to, d in sorted(zip(dst, src, strict=True)):
        order.insert(to, d)
    return apply(_permute, (x,), (tuple(order),))


moveaxis = movedim
swapaxes = swapdims = transpose


def adjoint(x: Any) -> Any:
    """The last two dimensions exchanged and, of complex numbers, the conjugate taken."""
    if x.ndim < 2:
        raise ValueError(f"adjoint: needs a matrix or a stack of them, got shape {tuple(x.shape)}")
    swapped = transpose(x, -2, -1)
    return swapped.conj() if x.dtype.kind == "c" else swapped


def t(x: Any) -> Any:
    """The transpose of a matrix; a vector is left as it is."""
    if x.ndim > 2:
        raise ValueError(f"t: needs at most 2 dimensions, got shape {tuple(x.shape)}; use transpose or mT")
    return transpose(x, 0, 1) if x.ndim == 2 else apply(_permute, (x,), (tuple(range(x.ndim)),))


_flip: Primitive = Primitive(
    lambda x, dims: np.flip(x, dims).copy(), name="flip", vjps=(lambda g, dims: apply(_flip, (g,), (dims,)),)
)


@variadic("dims")
def flip(x: Any, dims: Any) -> Any:
    """The elements in reverse order along `dims` (a copy, as in PyTorch)."""
    return apply(_flip, (x,), (dim_indices(dims, x.ndim, "flip"),))


_contiguous = Primitive(lambda x: np.ascontiguousarray(x).reshape(x.shape), name="contiguous", vjps=(lambda g: g,))


def contiguous(x: Any) -> Any:
    """x itself if its elements lie in row-major order, else such a copy."""
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
def cat(tensors: Any, dim: int = 0) -> Any:
    """The tensors, equal in all sizes but that of `dim`, one after the other along `dim`."""
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
def stack(tensors: Any, dim: int = 0) -> Any:
    """Tensors of one shape along a new dimension at `dim`."""
    xs = listed_operands(tensors, "stack")
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ValueError(
                f"stack: tensor {i} has shape {tuple(x.shape)}, tensor 0 {tuple(xs[0].shape)}; they must be the same"
            )
    at = dim_index(dim, xs[0].ndim + 1, "stack")
    return cat([unsqueeze(x, at) for x in xs], at)


@numpy_names
def split(x: Any, split_size_or_sections: Any, dim: int = 0) -> tuple:
    """x cut along `dim` into pieces of the given size (the last may be smaller), or of the given sizes."""
    if x.ndim == 0:
        raise ValueError("split: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    at = dim_index(dim, x.ndim, "split")
    size = x.shape[at]
    if isinstance(split_size_or_sections, list | tuple):
        sections = [operator.index(s) for s in split_size_or_sections]
        if sum(sections) != size or any(s < 0 for s in sections):
            raise ValueError(f"split: sections {sections} must add up to the size {size} of dim {dim}")
    else:
        step = operator.index(split_size_or_sections)
        if step < 0 or (step == 0 and size):
            raise ValueError(f"split: the size of a piece must be positive, got {step}")
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
ag.cat
ag.stack
ag.split       x.split
"""
