"""Functions that move elements without changing them. Linear, so each rule is the adjoint: another function here.

reshape <-> reshape, permute <-> permute, broadcast_to <-> sum_to, cat <-> split, flip <-> flip. What is built from
these is in join.py and strided.py.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy import ndarray

from ..graph import Node
from ..primitive import SHAPE, Primitive, convert, operand, result_type, stand_in
from ..tensor import Above, Tensor, apply, record
from .accumulate import sum_over

F = TypeVar("F", bound=Callable)


def numpy_names(function: F) -> F:
    """Let `function` take NumPy's `axis` and `keepdims` for PyTorch's `dim` and `keepdim`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
            if theirs in kwargs:
                if ours in kwargs:
                    raise TypeError(
                        f"{function.__name__}: got both {ours}={kwargs[ours]} and {theirs}={kwargs[theirs]}; they mean "
                        "the same, give one"
                    )
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]


def variadic(keyword: str) -> Callable[[F], F]:
    """Let `function(x, sizes)` take its integers one by one, as one sequence, or by their keyword."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(x: Any, *args: Any, **kwargs: Any) -> Any:
            if keyword in kwargs:
                args = (*args, kwargs.pop(keyword))
            return function(x, sizes_of(args, function.__name__), **kwargs)

        return call  # type: ignore[return-value]

    return decorate


def array_operand(x: Any, name: str) -> Any:
    """`x` as a tensor or an array: NumPy's scalars, which arrays without dimensions turn into, become arrays again."""
    if isinstance(x, np.generic):
        return np.asarray(x)
    x = operand(x, name)
    return x if hasattr(x, "dtype") else np.asarray(x, result_type(x))


def dim_index(dim: Any, ndim: int, name: str) -> int:
    """`dim` counted from the front. A 0-d tensor has, as in PyTorch, the dims 0 and -1."""
    try:
        dim = operator.index(dim)
    except TypeError:
        raise TypeError(f"{name}: dim must be an int, got {type(dim).__name__} {dim!r}") from None
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise IndexError(
            f"{name}: dim {dim} is out of range for {ndim} dimensions; give one from {-bound} to {bound - 1}"
        )
    return dim % bound


def dim_indices(dim: Any, ndim: int, name: str) -> tuple[int, ...]:
    """`dim` as a tuple of distinct dims counted from the front; None means all."""
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(dim_index(d, ndim, name) for d in (dim if isinstance(dim, list | tuple) else (dim,)))
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {dim} names a dimension twice (there are {ndim})")
    return dims if ndim else ()


def sizes_of(shape: tuple, name: str) -> tuple:
    """A shape given as separate numbers or as one sequence."""
    if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
        first = shape[0]
        shape = tuple(first) if isinstance(first, Sequence) or (isinstance(first, ndarray) and first.ndim) else shape
    try:
        return tuple(operator.index(s) for s in shape)
    except TypeError:
        raise TypeError(f"{name}: sizes must be integers, got {shape}") from None


# --------------------------------------------------------------------------------------------------------- broadcasting


def _sum_to(x: Any, shape: tuple) -> Any:
    lead = x.ndim - len(shape)
    summed = tuple(i for i, size in enumerate(x.shape) if i < lead or (shape[i - lead] == 1 and size != 1))
    return sum_over(x, summed).reshape(shape) if summed else np.reshape(x, shape)


_sum_to_primitive = Primitive(
    _sum_to, name="sum_to", vjps=(lambda g, x_shape, shape: broadcast_to(g, x_shape),), saves=(SHAPE,)
)


def sum_to(x: Any, shape: tuple) -> Any:
    """x summed over the dimensions along which `shape` would be broadcast to x's: the adjoint of `broadcast_to`."""
    return x if x.shape == shape else apply(_sum_to_primitive, (x,), (shape,))


_broadcast_to = Primitive(
    lambda x, shape: x[...] if x.shape == shape else np.broadcast_to(x, shape),
    name="expand",
    vjps=(lambda g, x_shape, shape: sum_to(g, x_shape),),
    saves=(SHAPE,),
    view=True,
)


def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated, without copying, along new leading dimensions and those of size 1."""
    shape = tuple(shape)
    try:
        return apply(_broadcast_to, (x,), (shape,))
    except ValueError:
        raise ValueError(
            f"broadcast_to: shape {tuple(x.shape)} does not broadcast to {shape}; counted from the last, each "
            "dimension must be equal or 1"
        ) from None


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


_clone = Primitive(lambda x: np.array(x), name="clone", vjps=(lambda g: g,))


def clone(x: Any) -> Any:
    """A copy with memory of its own, recorded."""
    return apply(_clone, (x,))


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


def _operands(xs: Any, name: str) -> list:
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
    xs = _operands(tensors, "cat")
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
    xs = _operands(tensors, "stack")
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


# ----------------------------------------------------------------------------------------------- writing through a view


def _through(x: Any, steps: tuple) -> Any:
    for primitive, params in steps:
        x = apply(primitive, (x,), params)
    return x


def _write(base: ndarray, value: Any, steps: tuple) -> ndarray:
    """A copy of `base` in which the part that `steps` lead to holds `value`."""
    out = np.array(base, order="C")  # C order, so that every step is a view of it
    _through(out, steps)[...] = value
    return out


def _write_rule(needs: list[bool], g: Any, steps: tuple) -> tuple:
    """The value gets the written part of g; the base gets the rest, g with that part made 0."""
    if isinstance(g, ndarray) and not g.flags.c_contiguous:
        g = np.array(g, order="C")
    g_value = clone(_through(g, steps)) if needs[1] else None
    if g_value is not None and g_value.dtype.kind != g.dtype.kind:  # through x.real or x.imag, see complex.py
        g_value = Above.conj(clone(_through(Above.conj(g), steps)))
    if not needs[0]:
        return None, g_value
    if isinstance(g, ndarray):  # ours to overwrite: T writes into one array cost T slices, not T arrays
        _through(g, steps)[...] = 0
        return g, g_value
    return apply(write, (g, np.zeros((), g.dtype)), (steps,)), g_value


write = Primitive(_write, name="write", joint=_write_rule, consumes=True)


def _written_base(base: Tensor, value: Node | None, array: ndarray, steps: tuple) -> Node:
    """The node of `base` after `array`, the view that `steps` lead to, was overwritten with a value of that history."""
    return record(write, (base.array, array), (base.node, value), (steps,), base.array)


Above.write = _written_base
Above.sum_to = sum_to
