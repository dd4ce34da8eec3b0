"""Elements rolled, reversed, repeated and combined."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to, clone
from ...engine.operands import sizes_of
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, wrap
from ...engine.types import TensorLike
from ..arguments import array_operand, dim_index, dim_indices, integer, numpy_names, shaped, variadic
from ..indexing.slices import index_select
from .join import listed
from .shape import flip, ravel, reshape, stack, transpose

_roll: Primitive = Primitive(
    lambda x, shifts, dims: np.roll(x, shifts, dims),
    name="roll",
    vjps=(lambda g, shifts, dims: apply(_roll, (g,), (tuple(-s for s in shifts), dims)),),
)


def roll(input: TensorLike, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Move the elements by `shifts` along `dims`; those that leave at one end come in at the other.

    Without `dims`, the flattened elements move and the shape is kept.

    Formula: out[…, i, …] = input[…, (i − s) mod L, …], s the shift and L the size of the dimension
    Shapes: (*) → (*).
    Dtypes: any, kept.
    Raises: ValueError if there is not one shift for each dim; IndexError if a dim is out of range; TypeError if a shift is
        no int.
    Source: PyTorch's `roll`.

    >>> import autograd_core as ag
    >>> ag.roll(ag.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    x = array_operand(input, "roll")
    moves = sizes_of((shifts,), "roll")
    if dims is None:
        if len(moves) != 1:
            raise ValueError(f"roll: {len(moves)} shifts need as many dims, got dims=None")
        return reshape(apply(_roll, (ravel(x),), (moves, (0,))), x.shape)
    at = tuple(dim_index(d, x.ndim, "roll") for d in (dims if isinstance(dims, list | tuple) else (dims,)))
    if len(moves) != len(at):
        raise ValueError(f"roll: {len(moves)} shifts and {len(at)} dims; give one for each")
    return apply(_roll, (x,), (moves, at)) if x.ndim else x + 0


def fliplr(input: TensorLike) -> Tensor:
    """Exchange left and right: reverse the second dimension.

    Formula: out[i, j, …] = input[i, N − 1 − j, …]
    Shapes: (M, N, *) → (M, N, *).
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions.
    Source: PyTorch's `fliplr`.

    >>> import autograd_core as ag
    >>> ag.fliplr(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 1.],
            [4., 3.]])
    """
    x = array_operand(input, "fliplr")
    if x.ndim < 2:
        raise ValueError(f"fliplr: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return flip(x, (1,))


def flipud(input: TensorLike) -> Tensor:
    """Exchange up and down: reverse the first dimension.

    Formula: out[i, …] = input[M − 1 − i, …]
    Shapes: (M, *) → (M, *).
    Dtypes: any, kept.
    Raises: ValueError if `input` is 0-d.
    Source: PyTorch's `flipud`.

    >>> import autograd_core as ag
    >>> ag.flipud(ag.tensor([1.0, 2.0, 3.0]))
    tensor([3., 2., 1.])
    """
    x = array_operand(input, "flipud")
    if x.ndim < 1:
        raise ValueError("flipud: needs at least 1 dimension, got shape ()")
    return flip(x, (0,))


def rot90(input: TensorLike, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Rotate by k times 90° in the plane of two dimensions, from the first of `dims` towards the second.

    Formula: for k=1 and dims=(0, 1): out[i, j] = input[j, N − 1 − i]
    Shapes: (M, N) → (N, M) for odd k, (M, N) for even.
    Dtypes: any, kept.
    Raises: ValueError if `dims` are not two dimensions; IndexError if one is out of range; TypeError if k is no int.
    Source: PyTorch's `rot90`.

    >>> import autograd_core as ag
    >>> ag.rot90(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    x, k = array_operand(input, "rot90"), integer(k, "rot90", "k")
    at = dim_indices(tuple(dims), x.ndim, "rot90")
    if len(at) != 2:
        raise ValueError(f"rot90: needs two dimensions to rotate in, got dims {tuple(dims)} for shape {tuple(x.shape)}")
    k %= 4
    if k == 0:
        return flip(x, ())
    if k == 2:
        return flip(x, at)
    return transpose(flip(x, at[1:]), *at) if k == 1 else flip(transpose(x, *at), at[1:])


@variadic("repeats")
def repeat(input: TensorLike, repeats: int | Sequence[int]) -> Tensor:
    """Repeat the whole tensor `repeats[i]` times along dimension i, in a copy.

    `repeats` may also come one by one: repeat(input, 2, 3). More of them than dimensions add leading ones.

    Formula: out[i_1, …, i_n] = input[i_1 mod L_1, …, i_n mod L_n], L the shape of `input`
    Shapes: (L_1, …, L_n) → (r_1 L_1, …, r_n L_n), r the repeats.
    Dtypes: any, kept.
    Raises: ValueError if there are less `repeats` than dimensions, or a negative one; TypeError if one is no int.
    Source: PyTorch's `Tensor.repeat`.

    >>> import autograd_core as ag
    >>> ag.repeat(ag.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    x = array_operand(input, "repeat")
    counts: Any = repeats  # `variadic` made it a tuple
    lead = len(counts) - x.ndim
    if lead < 0 or any(r < 0 for r in counts):
        raise ValueError(
            f"repeat: {tuple(counts)} does not fit shape {tuple(x.shape)}; give a count, not negative, for each dimension"
        )
    shape = (*(1,) * lead, *x.shape)
    between = tuple(s for size in shape for s in (1, size))
    spread = tuple(s for r, size in zip(counts, shape, strict=True) for s in (r, size))
    out = broadcast_to(reshape(x, between), spread)
    return _own(reshape(out, tuple(r * size for r, size in zip(counts, shape, strict=True))), x)


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
def tile(input: TensorLike, dims: int | Sequence[int]) -> Tensor:
    """Repeat the whole tensor dims[i] times along dimension i, in a copy; counts missing in front are 1.

    `dims` may also come one by one: tile(input, 2, 3).

    Formula: out[i_1, …, i_n] = input[i_1 mod L_1, …, i_n mod L_n], L the shape of `input`
    Shapes: (L_1, …, L_n) → (d_1 L_1, …, d_n L_n), d the dims.
    Dtypes: any, kept.
    Raises: ValueError if one of `dims` is negative; TypeError if one is no int.
    Source: PyTorch's `tile`.

    >>> import autograd_core as ag
    >>> ag.tile(ag.tensor([[1.0], [2.0]]), 2)
    tensor([[1., 1.],
            [2., 2.]])
    """
    x = array_operand(input, "tile")
    counts: Any = dims  # `variadic` made it a tuple
    return repeat(x, ((1,) * (x.ndim - len(counts))) + tuple(counts))


@numpy_names
def repeat_interleave(
    input: TensorLike | None = None,
    repeats: int | TensorLike | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Repeat each slice along `dim` next to itself, all as often or each its own number of times.

    Without `dim`, the flattened elements. `repeats` is one number or a vector with one for each slice. With `repeats`
    alone, the slices are 0, 1, …. `output_size` is checked against their sum.

    Formula: out = the slice i of `input` r_i times, for i = 0, 1, …, r the repeats
    Shapes: (*, L, *) → (*, r_0 + … + r_{L−1}, *), L the size of `dim`; without `dim` (r_0 + …).
    Dtypes: any, kept; of `repeats` alone int64.
    Raises: TypeError if `repeats` are not integers; ValueError if there is not one or one for each slice, if one is
        negative, or if `output_size` is not their sum; IndexError if `dim` is out of range.
    Source: PyTorch's `repeat_interleave`.

    >>> import autograd_core as ag
    >>> ag.repeat_interleave(ag.tensor([1.0, 2.0]), ag.tensor([1, 3]))
    tensor([1., 2., 2., 2.])
    >>> ag.repeat_interleave(ag.tensor([1, 3]))
    tensor([0, 1, 1, 1])
    """
    if input is None or repeats is None:  # PyTorch's form of one argument
        alone = array_operand(input if repeats is None else repeats, "repeat_interleave")
        if alone.ndim != 1:
            raise ValueError(
                f"repeat_interleave: repeats without an input must be a vector, got shape {tuple(alone.shape)}"
            )
        input, repeats = wrap(np.arange(alone.shape[0])), alone
    x = array_operand(input, "repeat_interleave")
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


def meshgrid(*tensors: TensorLike | Sequence[TensorLike], indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of a grid from those along its axes.

    `tensors` are vectors or numbers, one by one or in a list. With `indexing` "xy" the first two dimensions are exchanged.

    Formula: out[k][i_1, …, i_n] = tensors[k][i_k]
    Shapes: (L_1), …, (L_n) → n tensors (L_1, …, L_n); with "xy" (L_2, L_1, L_3, …).
    Dtypes: any, each kept.
    Raises: ValueError if there is no tensor, if one has more than 1 dimension, or if `indexing` is unknown; TypeError if one
        holds no numbers.
    Source: PyTorch's `meshgrid`.

    >>> import autograd_core as ag
    >>> ag.meshgrid(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))[1]
    tensor([[3., 4.],
            [3., 4.]])
    """
    xs = [shaped(x, "meshgrid") for x in listed(tensors)]
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


def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """Return all ways to take one element of each of some vectors, a row each; of one vector, itself.

    Formula: the rows of out are (tensors[0][i_1], …, tensors[n − 1][i_n]) for all i, the last index fastest
    Shapes: (L_1), …, (L_n) → (L_1 ⋯ L_n, n); (L) → (L).
    Dtypes: their common dtype.
    Raises: ValueError if there are no `tensors`, or if one is not a vector.
    Source: PyTorch's `cartesian_prod`; Python's `itertools.product`.

    >>> import autograd_core as ag
    >>> ag.cartesian_prod(ag.tensor([1, 2]), ag.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    xs = [shaped(x, "cartesian_prod") for x in tensors]
    if not xs:
        raise ValueError("cartesian_prod: needs at least one vector, got none")
    for i, x in enumerate(xs):
        if x.ndim != 1:
            raise ValueError(f"cartesian_prod: operand {i} has shape {tuple(x.shape)}; needs vectors")
    if len(xs) == 1:
        return xs[0]
    return stack([ravel(x) for x in meshgrid(*xs)], 1)


def combinations(input: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all choices of r elements of a vector, in their order, a row each.

    `with_replacement`, an element may be chosen several times.

    Formula: the rows of out are (x_{i_1}, …, x_{i_r}) for all i_1 < … < i_r (≤ with replacement), x the input
    Shapes: (N) → (N! / (r! (N − r)!), r), with replacement ((N + r − 1)! / (r! (N − 1)!), r); (0) for r = 0.
    Dtypes: any, kept.
    Raises: ValueError if `input` is not a vector, or if r is negative; TypeError if r is no int.
    Source: PyTorch's `combinations`; Python's `itertools.combinations`.

    >>> import autograd_core as ag
    >>> ag.combinations(ag.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    x, r = array_operand(input, "combinations"), integer(r, "combinations", "r")
    if x.ndim != 1:
        raise ValueError(f"combinations: needs a vector, got shape {tuple(x.shape)}")
    if r < 0:
        raise ValueError(f"combinations: r must not be negative, got {r}")
    if r == 0:
        return x[:0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = np.array(list(choose(range(x.shape[0]), r)), np.int64).reshape(-1, r)
    return reshape(index_select(x, 0, chosen.reshape(-1)), chosen.shape)


def kron(input: TensorLike, other: TensorLike) -> Tensor:
    """Compute the Kronecker product: each element of `input` times the whole of `other`, in place of that element.

    Formula: out[i M + k, j N + l] = input[i, j] · other[k, l], (M, N) the shape of `other`
    Shapes: (A, B) and (M, N) → (A M, B N); the one with less dimensions gets leading ones.
    Dtypes: their common dtype.
    Raises: TypeError if an operand holds no numbers.
    Source: PyTorch's `kron`; Golub & Van Loan, Matrix Computations.

    >>> import autograd_core as ag
    >>> ag.kron(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 10.0]))
    tensor([ 1., 10.,  2., 20.])
    """
    x, y = array_operand(input, "kron"), array_operand(other, "kron")
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
ag.kron               x.kron               np.kron  out=
"""
