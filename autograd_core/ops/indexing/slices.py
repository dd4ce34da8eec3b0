"""Reading and writing whole slices, flat positions and masked elements, by tensors of indices.

index_select <-> index_back are an adjoint pair; what adds is a sum with the second, so its rules follow. Out-of-range
indices raise before anything is written, with the value and its position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import broadcast_to
from ...engine.operands import convert, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, conversion, range_checked
from ...engine.types import TensorLike
from ...engine.writes import rewrite
from ..arguments import array_operand, dim_index, numpy_names, shaped
from ..shape.shape import ravel, reshape
from .gather import checked, index_operand
from .index import add_rows, frozen, getitem, plain_index, put_at, scatter_back
from .scatter import scatter, scatter_add, scatter_reduce

# --------------------------------------------------------------------------------------------- one index for each slice


def _index_select(x: ndarray, index: ndarray, dim: int, negative: bool, name: str) -> ndarray:
    return np.take(x, checked(index, x.shape[dim], dim, negative, name), axis=dim)


def _index_back(g: ndarray, index: ndarray, shape: tuple, dim: int, negative: bool, name: str) -> ndarray:
    index = checked(index, shape[dim], dim, negative, name)
    moved = (shape[dim], *shape[:dim], *shape[dim + 1 :])
    out = np.zeros(moved, g.dtype)
    rest = math.prod(moved[1:])
    add_rows(out.reshape(shape[dim], rest), index, np.moveaxis(g, dim, 0).reshape(index.size, rest))
    return out if dim == 0 else np.ascontiguousarray(np.moveaxis(out, 0, dim))


_index_select_primitive: Primitive = Primitive(
    _index_select,
    name="index_select",
    vjps=(lambda g, index, x_shape, *options: apply(_index_back_primitive, (g, index), (x_shape, *options)), None),
    saves=(1, SHAPE),
)
_index_back_primitive: Primitive = Primitive(
    _index_back,
    name="index_add",
    vjps=(lambda g, index, shape, *options: apply(_index_select_primitive, (g, index), options), None),
    saves=(1,),
)


def _vector(index: Any, name: str) -> Any:
    index = index_operand(index, name)
    if index.ndim > 1:
        raise ValueError(f"{name}: the index must be a vector, got shape {tuple(index.shape)}; use gather or x[…]")
    return reshape(index, (1,)) if index.ndim == 0 else index


@numpy_names
def index_select(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """Return the slices along `dim` that a vector of indices names.

    Formula: out[…, k, …] = input[…, index[k], …], k at `dim`
    Shapes: (*, L, *) and (K) → (*, K, *).
    Dtypes: any, kept; an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if `index` is not a vector;
        TypeError if it holds no integers.
    Source: PyTorch's `index_select`.

    >>> import autograd_core as ag
    >>> ag.index_select(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, ag.tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    x, positions = array_operand(input, "index_select"), _vector(index, "index_select")
    at = dim_index(dim, x.ndim, "index_select")
    if x.ndim == 0:
        out = apply(_index_select_primitive, (reshape(x, (1,)), positions), (0, False, "index_select"))
        return reshape(out, ()) if positions.shape == (1,) else out
    return apply(_index_select_primitive, (x, positions), (at, False, "index_select"))


def _slices(name: str, x: Any, dim: int, index: Any, source: Any) -> tuple:
    """The operands of an operation that writes slices, checked."""
    x, index, source = array_operand(x, name), _vector(index, name), array_operand(source, name)
    if x.ndim == 0:
        x, source = reshape(x, (1,)), ravel(source)
    at = dim_index(dim, x.ndim, name)
    if source.ndim == 0 and x.ndim == 1:
        source = reshape(source, (1,))
    if source.dtype != x.dtype:
        raise TypeError(
            f"{name}: source is {source.dtype} and input {x.dtype}; pass {conversion('source', source, x.dtype)}"
        )
    expected = (*x.shape[:at], index.shape[0], *x.shape[at + 1 :])
    if tuple(source.shape) != expected:
        raise ValueError(
            f"{name}: source has shape {tuple(source.shape)}; {index.shape[0]} slices of input (shape {tuple(x.shape)}) "
            f"along dim {dim} have {expected}"
        )
    return x, index, source, at


@numpy_names
def index_add(input: TensorLike, dim: int, index: TensorLike, source: TensorLike, *, alpha: float = 1) -> Tensor:
    """Return a copy of `input` with `alpha` times the slices of `source` added to those that `index` names along `dim`.

    Formula: out[…, l, …] = input[…, l, …] + alpha Σ_k source[…, k, …] [index[k] = l], k and l at `dim`
    Shapes: (*, L, *), (K) and (*, K, *) → (*, L, *).
    Dtypes: any, kept; `source` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit; TypeError
        if the dtypes differ.
    Source: PyTorch's `index_add`.

    >>> import autograd_core as ag
    >>> ag.index_add(ag.zeros(3), 0, ag.tensor([0, 0, 2]), ag.tensor([1.0, 2.0, 5.0]))
    tensor([3., 0., 5.])
    """
    shape = tuple(shaped(input, "index_add").shape)
    x, positions, added, at = _slices("index_add", input, dim, index, source)
    added = apply(_index_back_primitive, (added, positions), (tuple(x.shape), at, False, "index_add"))
    return reshape(x + (added if alpha == 1 else alpha * added), shape)


@numpy_names
def index_copy(input: TensorLike, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """Return a copy of `input` with the slices that `index` names along `dim` replaced by those of `source`.

    Of several for one, the last.

    Formula: out[…, index[k], …] = source[…, k, …], k at `dim`, else input
    Shapes: (*, L, *), (K) and (*, K, *) → (*, L, *).
    Dtypes: any, kept; `source` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit; TypeError
        if the dtypes differ.
    Source: PyTorch's `index_copy`.

    >>> import autograd_core as ag
    >>> ag.index_copy(ag.zeros(3), 0, ag.tensor([2, 0]), ag.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    shape = tuple(shaped(input, "index_copy").shape)
    x, positions, written, at = _slices("index_copy", input, dim, index, source)
    if stand_in(positions) is not None:  # each example writes to positions of its own
        return reshape(scatter(x, at, _spread(positions, x, at), written), shape)
    plain = checked(index_values(positions), x.shape[at], at, False, "index_copy")
    return reshape(put_at(x, written, (*(slice(None),) * at, plain.copy())), shape)


@numpy_names
def index_fill(input: TensorLike, dim: int, index: TensorLike, value: TensorLike) -> Tensor:
    """Return a copy of `input` with the slices that `index` names along `dim` filled with one value.

    `value` is a number or a 0-d tensor. Negative indices count from the end.

    Formula: out[…, index[k], …] = value, index[k] at `dim`, else input
    Shapes: (*, L, *), (K) and () → (*, L, *).
    Dtypes: any, kept; `value` is converted to it, an index of integers.
    Raises: IndexError if an index or `dim` is out of range; ValueError if `index` is not a vector, or if `value` is not
        one; TypeError if the index holds no integers, or `value` is no number; OverflowError if it does not fit.
    Source: PyTorch's `index_fill`.

    >>> import autograd_core as ag
    >>> ag.index_fill(ag.zeros(3), 0, ag.tensor([0, 2]), 7.0)
    tensor([7., 0., 7.])
    """
    x, positions = array_operand(input, "index_fill"), _vector(index, "index_fill")
    at, shape = dim_index(dim, x.ndim, "index_fill"), tuple(x.shape)
    x = reshape(x, (1,)) if x.ndim == 0 else x
    value = one_value("index_fill", value, x.dtype)
    if stand_in(positions) is not None:
        spread = _spread(basics.where(positions < 0, positions + x.shape[at], positions), x, at)
        return reshape(scatter(x, at, spread, broadcast_to(value, spread.shape)), shape)
    plain = checked(index_values(positions), x.shape[at], at, True, "index_fill")
    return reshape(put_at(x, value, (*(slice(None),) * at, plain.copy())), shape)


@numpy_names
def index_reduce(
    input: TensorLike, dim: int, index: TensorLike, source: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return a copy of `input` with the slices of `source` reduced into those that `index` names along `dim`.

    `reduce` is "prod", "mean", "amax" or "amin". With `include_self` the slice of `input` takes part.

    Formula: out[…, l, …] = reduce of input[…, l, …] and all source[…, k, …] with index[k] = l, k and l at `dim`
    Shapes: (*, L, *), (K) and (*, K, *) → (*, L, *).
    Dtypes: any, kept; `source` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index or `dim` is out of range: no negative ones; ValueError if the shapes do not fit, or if
        `reduce` is unknown; TypeError if the dtypes differ.
    Source: PyTorch's `index_reduce`.

    >>> import autograd_core as ag
    >>> ag.index_reduce(ag.ones(2), 0, ag.tensor([0, 0]), ag.tensor([3.0, 2.0]), "amax")
    tensor([3., 1.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f'index_reduce: reduce must be "prod", "mean", "amax" or "amin", got {reduce!r}')
    shape = tuple(shaped(input, "index_reduce").shape)
    x, positions, taken, at = _slices("index_reduce", input, dim, index, source)
    return reshape(scatter_reduce(x, at, _spread(positions, x, at), taken, reduce, include_self=include_self), shape)


def _spread(index: Any, x: Any, dim: int) -> Any:
    """A vector of indices along `dim` repeated for every element of the slices of x that it names."""
    shape = (*x.shape[:dim], index.shape[0], *x.shape[dim + 1 :])
    return broadcast_to(reshape(index, (index.shape[0], *(1,) * (x.ndim - 1 - dim))), shape)


def index_values(index: Any) -> ndarray:
    return index.array if isinstance(index, Tensor) else index


def one_value(name: str, value: Any, dtype: Any) -> Any:
    """One value, a number or a 0-d tensor, in the dtype of what it is written to."""
    if isinstance(value, Tensor | ndarray | np.generic) or stand_in(value) is not None:
        value = array_operand(value, name)
        if value.ndim:
            raise ValueError(f"{name}: value must be a number or a 0-d tensor, got shape {tuple(value.shape)}")
        return convert(value, dtype)
    if not isinstance(value, bool | int | float | complex):
        raise TypeError(f"{name}: value must be a number or a 0-d tensor, got {type(value).__name__}")
    return range_checked(value, dtype, name)


# ------------------------------------------------------------------------------------------ by any index, flat, by mask


def index_put(
    input: TensorLike, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: bool = False
) -> Tensor:
    """Return a copy of `input` with `values`, broadcast, written at input[indices].

    With `accumulate` they are added there, as often as a position occurs; else of several for one, the last counts. None
    among the indices stands for a whole dimension.

    Formula: out[indices[0][k], indices[1][k], …] = values[k], or += with `accumulate`, else input
    Shapes: (*), indices that broadcast together, and values that broadcast to what they select → (*).
    Dtypes: any, kept; `values` of the dtype of `input`, indices of integers or booleans.
    Raises: IndexError if an index is out of range; ValueError if `values` do not broadcast; TypeError if the dtypes differ,
        or if `indices` is no tuple or list.
    Source: PyTorch's `index_put`.

    >>> import autograd_core as ag
    >>> ag.index_put(ag.zeros(3), (ag.tensor([0, 0]),), ag.tensor([1.0, 2.0]), accumulate=True)
    tensor([3., 0., 0.])
    """
    x, written = array_operand(input, "index_put"), array_operand(values, "index_put")
    if written.dtype != x.dtype:
        raise TypeError(
            f"index_put: values are {written.dtype} and input {x.dtype}; pass {conversion('values', written, x.dtype)}"
        )
    if not isinstance(indices, list | tuple):
        raise TypeError(f"index_put: indices must be a tuple of index tensors, got {type(indices).__name__}")
    if stand_in(*indices) is not None:
        return put_by_example(x, indices, written, accumulate)
    index = frozen(plain_index(tuple(slice(None) if i is None else i for i in indices), "index_put"))
    try:
        shape = np.empty(tuple(x.shape), np.bool_)[index].shape
    except IndexError as error:
        raise IndexError(f"index_put: {error} (input has shape {tuple(x.shape)})") from None
    try:
        spread = broadcast_to(written, shape)
    except ValueError:
        raise ValueError(
            f"index_put: values of shape {tuple(written.shape)} do not broadcast to the selected shape {shape}"
        ) from None
    return x + scatter_back([spread], tuple(x.shape), (index,)) if accumulate else put_at(x, spread, index)


def put_by_example(x: Any, indices: Any, values: Any, accumulate: bool) -> Any:
    """`index_put` for indices that differ by example, and so are known as indices into the flattened x only."""
    positions = np.arange(math.prod(x.shape)).reshape(tuple(x.shape))
    at = getitem(positions, tuple(slice(None) if i is None else i for i in indices))
    values, size = ravel(broadcast_to(values, at.shape)), math.prod(at.shape)
    flat, at = ravel(x), reshape(at, (size,))
    return reshape(scatter_add(flat, 0, at, values) if accumulate else scatter(flat, 0, at, values), x.shape)


def take(input: TensorLike, index: TensorLike) -> Tensor:
    """Return the elements of the flattened tensor at `index`, in the shape of `index`.

    Negative indices count from the end.

    Formula: out[i] = x[index[i]], x the flattened input
    Shapes: any and (*) → (*).
    Dtypes: any, kept; an index of integers.
    Raises: IndexError if an index is out of range; TypeError if it holds no integers.
    Source: PyTorch's `take`.

    >>> import autograd_core as ag
    >>> ag.take(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([0, 3]))
    tensor([1., 4.])
    """
    x, positions = array_operand(input, "take"), index_operand(index, "take")
    flat = apply(_index_select_primitive, (ravel(x), ravel(positions)), (0, True, "take"))
    return reshape(flat, positions.shape)


def put(input: TensorLike, index: TensorLike, source: TensorLike, accumulate: bool = False) -> Tensor:
    """Return a copy of `input` with the elements of `source` written at the indices `index` of the flattened tensor.

    With `accumulate` they are added there. Negative indices count from the end.

    Formula: out[index[i]] = source[i], or += with `accumulate`, out the flattened result
    Shapes: (*), and an index and a source of as many elements → (*).
    Dtypes: any, kept; `source` of the dtype of `input`, an index of integers.
    Raises: IndexError if an index is out of range; ValueError if the numbers of elements differ; TypeError if the dtypes
        differ.
    Source: PyTorch's `Tensor.put`.

    >>> import autograd_core as ag
    >>> ag.put(ag.zeros(2, 2), ag.tensor([1, 2]), ag.tensor([7.0, 8.0]))
    tensor([[0., 7.],
            [8., 0.]])
    """
    x, positions, written = array_operand(input, "put"), index_operand(index, "put"), array_operand(source, "put")
    if math.prod(positions.shape) != math.prod(written.shape):
        raise ValueError(
            f"put: {math.prod(positions.shape)} indices but {math.prod(written.shape)} values; give one for each"
        )
    if stand_in(positions) is not None:
        return reshape(index_put(ravel(x), (ravel(positions),), ravel(written), accumulate), x.shape)
    plain = checked(index_values(positions), math.prod(x.shape), 0, True, "put").reshape(-1)
    return reshape(index_put(ravel(x), (plain,), ravel(written), accumulate), x.shape)


def fill_diagonal_(self: Tensor, fill_value: TensorLike, wrap: bool = False) -> Tensor:
    """Write one value on the main diagonal, in place; with `wrap`, again after the end of a tall matrix."""
    if self.ndim < 2 or (self.ndim > 2 and len(set(self.shape)) > 1):
        raise ValueError(
            f"fill_diagonal_: needs a matrix, or more dimensions of one size, got shape {tuple(self.shape)}"
        )
    value = one_value("fill_diagonal_", fill_value, self.dtype)
    size = math.prod(self.shape)
    step = sum(math.prod(self.shape[d + 1 :]) for d in range(self.ndim))
    end = size if wrap or self.ndim > 2 else min(self.shape[1], self.shape[0]) * step
    positions = np.unravel_index(np.arange(0, min(end, size), step), self.shape) if size else ()
    return rewrite(self, put_at, value, tuple(positions), name="fill_diagonal_") if size else self


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.index_select  x.index_select  out=
ag.index_add     x.index_add     x.index_add_  out=
ag.index_copy    x.index_copy    x.index_copy_  out=
ag.index_fill    x.index_fill    x.index_fill_
ag.index_reduce  x.index_reduce  x.index_reduce_  out=
ag.index_put     x.index_put     x.index_put_
ag.take          x.take
ag.put           x.put           x.put_
"""
