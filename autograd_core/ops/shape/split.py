"""Tensors cut into parts: by size, by count, at indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy import ndarray

from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import dim_index, integer, numpy_names, shaped
from .shape import split


@numpy_names
def chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along `dim` into at most `chunks` views of equal size, the last possibly smaller.

    Formula: out[k][…, i, …] = input[…, k ⌈L / chunks⌉ + i, …], L the size of `dim`
    Shapes: (*, L, *) → ⌈L / ⌈L / chunks⌉⌉ tensors (*, ⌈L / chunks⌉, *), the last possibly smaller.
    Dtypes: any, kept.
    Raises: ValueError if `input` is 0-d, or if `chunks` is below 1; IndexError if `dim` is out of range.
    Source: PyTorch's `chunk`.

    >>> import autograd_core as ag
    >>> ag.chunk(ag.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    x, chunks = shaped(input, "chunk"), integer(chunks, "chunk", "chunks")
    if x.ndim == 0:
        raise ValueError("chunk: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    if chunks < 1:
        raise ValueError(f"chunk: needs at least one chunk, got {chunks}")
    size = x.shape[dim_index(dim, x.ndim, "chunk")]
    return split(x, -(-size // chunks) if size else [0] * chunks, dim)


@numpy_names
def unbind(input: TensorLike, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the slices along `dim` as views, without that dimension.

    Formula: out[k][…] = input[…, k, …], k at `dim`
    Shapes: (A, L, B) → L tensors (A, B) for dim=1.
    Dtypes: any, kept.
    Raises: IndexError if `input` is 0-d, or if `dim` is out of range.
    Source: PyTorch's `unbind`.

    >>> import autograd_core as ag
    >>> ag.unbind(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    x = shaped(input, "unbind")
    if x.ndim == 0:
        raise IndexError("unbind: a 0-d tensor has no dimension to take apart")
    at = dim_index(dim, x.ndim, "unbind")
    lead = (slice(None),) * at
    return tuple(x[(*lead, i)] for i in range(x.shape[at]))


@numpy_names
def tensor_split(
    input: TensorLike,
    indices_or_sections: int | Sequence[int] | Tensor | ndarray | None = None,
    dim: int = 0,
    *,
    sections: int | None = None,
    indices: Sequence[int] | Tensor | ndarray | None = None,
) -> tuple[Tensor, ...]:
    """Split a tensor along `dim` into a number of parts, or before the given indices; views.

    `indices_or_sections` is the number of parts, of which the first ones are one longer where the size does not divide, or
    the indices. PyTorch's names of the two cases are `sections` and `indices`.

    Formula: out[k] = input[…, i_k : i_{k+1}, …], i the indices, with 0 before and the size of `dim` behind them
    Shapes: (*, L, *) → (*, L_1, *), (*, L_2, *), …
    Dtypes: any, kept.
    Raises: ValueError if `input` is 0-d, or if there are less than 1 section; IndexError if `dim` is out of range; TypeError
        if the number is no int, or if there is no second argument, or more than one.
    Source: PyTorch's `tensor_split`; NumPy's `array_split`.

    >>> import autograd_core as ag
    >>> ag.tensor_split(ag.tensor([1.0, 2.0, 3.0]), 2), ag.tensor_split(ag.tensor([1.0, 2.0, 3.0]), [1])
    ((tensor([1., 2.]), tensor([3.])), (tensor([1.]), tensor([2., 3.])))
    """
    x = shaped(input, "tensor_split")
    cuts_or_count = _one_of("tensor_split", indices_or_sections, sections, indices)
    if x.ndim == 0:
        raise ValueError("tensor_split: a 0-d tensor has no dimension to cut; use x.reshape(1)")
    at = dim_index(dim, x.ndim, "tensor_split")
    size = x.shape[at]
    if isinstance(cuts_or_count, Tensor | ndarray):
        cuts_or_count = cuts_or_count.tolist()
    if isinstance(cuts_or_count, list | tuple):
        cuts = [slice(a, b) for a, b in zip([0, *cuts_or_count], [*cuts_or_count, size], strict=True)]
    else:
        count = integer(cuts_or_count, "tensor_split", "the number of sections")
        if count < 1:
            raise ValueError(f"tensor_split: needs at least one section, got {count}")
        return split(x, [size // count + (i < size % count) for i in range(count)], at)
    return tuple(x[(*(slice(None),) * at, cut)] for cut in cuts)


def _one_of(name: str, *choices: Any) -> Any:
    """The number of sections or the indices, under whichever name they came."""
    present = [choice for choice in choices if choice is not None]
    if len(present) != 1:
        raise TypeError(f"{name}: needs a number of sections or a list of indices, once; got {len(present)}")
    return present[0]


def _cut(name: str, x: Any, indices_or_sections: Any, at: int) -> tuple:
    """Along dimension `at`, of a vector its only one: into equal parts, or before indices."""
    if x.ndim <= at and not (name == "hsplit" and x.ndim == 1):
        raise ValueError(f"{name}: needs at least {max(1, at + 1)} dimensions, got shape {tuple(x.shape)}")
    at = min(at, x.ndim - 1)
    if not isinstance(indices_or_sections, list | tuple | Tensor | ndarray):
        count = integer(indices_or_sections, name, "the number of parts")
        if count < 1 or x.shape[at] % count:
            raise ValueError(
                f"{name}: size {x.shape[at]} of dim {at} cannot be cut into {count} equal parts; use tensor_split"
            )
    return tensor_split(x, indices_or_sections, at)


def hsplit(
    input: TensorLike,
    indices_or_sections: int | Sequence[int] | Tensor | ndarray | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | Tensor | ndarray | None = None,
) -> tuple[Tensor, ...]:
    """Split a tensor horizontally, along the second dimension, or the only one of a vector.

    `indices_or_sections` is the number of equal parts, or the indices before which to cut. PyTorch's names of the two cases
    are `sections` and `indices`.

    Formula: out[k] = input[:, i_k : i_{k+1}], i the indices, with 0 before and N behind them
    Shapes: (M, N, *) → (M, N_1, *), (M, N_2, *), …; (N) → (N_1), (N_2), ….
    Dtypes: any, kept.
    Raises: ValueError if `input` is 0-d, or if the number of parts does not divide N; TypeError if it is no int.
    Source: PyTorch's `hsplit`.

    >>> import autograd_core as ag
    >>> ag.hsplit(ag.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    x = shaped(input, "hsplit")
    if x.ndim == 0:
        raise ValueError("hsplit: needs at least 1 dimension, got shape ()")
    return _cut("hsplit", x, _one_of("hsplit", indices_or_sections, sections, indices), 1)


def vsplit(
    input: TensorLike,
    indices_or_sections: int | Sequence[int] | Tensor | ndarray | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | Tensor | ndarray | None = None,
) -> tuple[Tensor, ...]:
    """Split a tensor vertically, along the first of at least two dimensions.

    `indices_or_sections` is the number of equal parts, or the indices before which to cut. PyTorch's names of the two cases
    are `sections` and `indices`.

    Formula: out[k] = input[i_k : i_{k+1}], i the indices, with 0 before and M behind them
    Shapes: (M, N, *) → (M_1, N, *), (M_2, N, *), ….
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 2 dimensions, or if the number of parts does not divide M; TypeError if it is
        no int.
    Source: PyTorch's `vsplit`.

    >>> import autograd_core as ag
    >>> ag.vsplit(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 2)
    (tensor([[1., 2.]]), tensor([[3., 4.]]))
    """
    x = shaped(input, "vsplit")
    if x.ndim < 2:
        raise ValueError(f"vsplit: needs at least 2 dimensions, got shape {tuple(x.shape)}")
    return _cut("vsplit", x, _one_of("vsplit", indices_or_sections, sections, indices), 0)


def dsplit(
    input: TensorLike,
    indices_or_sections: int | Sequence[int] | Tensor | ndarray | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | Tensor | ndarray | None = None,
) -> tuple[Tensor, ...]:
    """Split a tensor in depth, along the third dimension.

    `indices_or_sections` is the number of equal parts, or the indices before which to cut. PyTorch's names of the two cases
    are `sections` and `indices`.

    Formula: out[k] = input[:, :, i_k : i_{k+1}], i the indices, with 0 before and D behind them
    Shapes: (M, N, D, *) → (M, N, D_1, *), (M, N, D_2, *), ….
    Dtypes: any, kept.
    Raises: ValueError if `input` has less than 3 dimensions, or if the number of parts does not divide D; TypeError if it is
        no int.
    Source: PyTorch's `dsplit`.

    >>> import autograd_core as ag
    >>> [part.shape for part in ag.dsplit(ag.zeros(2, 3, 4), 2)]
    [(2, 3, 2), (2, 3, 2)]
    """
    x = shaped(input, "dsplit")
    return _cut("dsplit", x, _one_of("dsplit", indices_or_sections, sections, indices), 2)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.chunk         x.chunk
ag.unbind        x.unbind
ag.tensor_split  x.tensor_split
ag.hsplit        x.hsplit
ag.vsplit        x.vsplit
ag.dsplit        x.dsplit
"""
