"""Rows of a table by index. Reading them and adding back into them are each other's adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.operands import convert, operand, stand_in
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, conversion, describe
from ...engine.types import TensorLike
from ...engine.versions import written
from ...kernels.rows import embedding as kernels
from ..arguments import transformed, values
from ..elementwise.piecewise import zeroed
from ..indexing.index import getitem
from ..indexing.slices import index_add
from ..shape.shape import unsqueeze


def _embedding_definition(weight: Any, index: Any, taken: Any) -> Any:
    """weight[index], zeros where the index is negative; no gradient flows where `taken` is."""
    rows = zeroed(getitem(weight, np.maximum(index, 0)), index[..., None] < 0)
    return where(taken[..., None] < 0, values(rows), rows)


def _embedding_back_definition(g: Any, taken: Any, rows: int) -> Any:
    """Zeros (rows, D) with each row of g added at its index, none where that is negative."""
    counted = taken >= 0
    zeros = np.zeros((rows, g.shape[-1]), g.dtype)
    return index_add(zeros, 0, taken[counted], getitem(g, counted))


# weight (rows, D) and two indices (…): the one that is read, and the one to which gradients are added back. They differ
# at the padding, where the second is negative: nothing is added there.
_embedding: Any = Primitive(
    lambda weight, index, taken: kernels.gather(weight, index),
    name="embedding",
    vjps=(lambda g, shape, taken: apply(_embedding_back, (g, taken), (shape[0],)), None, None),
    saves=(SHAPE, 2),
    definition=_embedding_definition,
)
_embedding_back: Any = Primitive(
    kernels.scatter,
    name="embedding_back",
    vjps=(lambda g, taken, rows: apply(_embedding, (g, taken, taken)), None),
    saves=(1,),
    definition=_embedding_back_definition,
)


def rows_at(weight: Any, index: Any) -> Any:
    """The rows of a table at `index`, zeros where it is negative."""
    return apply(_embedding, (weight, index, index))


def add_rows_back(g: Any, index: Any, rows: int) -> Any:
    """The adjoint of `rows_at`: g (…, D) added into zeros (rows, D)."""
    return apply(_embedding_back, (g, index), (rows,))


def integers(name: str, x: Any) -> ndarray:
    """The indices as an array, inside a transform those of all examples."""
    index = values(x)
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: indices must be integers, got {describe(index)}; pass {conversion('input', index, np.int64)}"
        )
    return index.astype(np.int64, copy=False)


def check_table(name: str, weight: Any, index: ndarray) -> int:
    """The number of rows of the table, after a check of its shape and of the index."""
    if np.ndim(weight) != 2:
        raise ValueError(f"{name}: weight must be a table (rows, D), got shape {tuple(np.shape(weight))}")
    rows = weight.shape[0]
    _check_range(name, index, rows, f"as weight has {rows} rows")
    return rows


def check_padding(name: str, padding_idx: int | None, rows: int) -> int | None:
    """The row, counted from the start."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise ValueError(f"{name}: padding_idx {padding_idx} is out of range for {rows} rows")
    return padding_idx % rows


def _check_range(name: str, index: ndarray, rows: int, what: str) -> None:
    if index.size and (index.min() < 0 or index.max() >= rows):
        at = tuple(int(i) for i in np.argwhere((index < 0) | (index >= rows))[0])
        raise IndexError(f"{name}: index {index[at]} at {at} is out of range; it must be from 0 to {rows - 1}, {what}")


def embedding(
    input: TensorLike,
    weight: TensorLike,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return a row of the table `weight` for each index.

    The gradient of the table adds up over repeated indices. Row `padding_idx`, counted from the end if negative, gets none.
    `max_norm` first rescales, in place, the rows that are used and whose `norm_type`-norm exceeds it. `scale_grad_by_freq`
    divides a row's gradient by the number of its occurrences. `sparse` is accepted for PyTorch's sake; the gradient holds
    the same numbers and is dense.

    Formula: out[…, :] = weight[input[…], :]
    Shapes: input (*), weight (rows, D) → (*, D).
    Dtypes: weight any, kept; input integers.
    Raises: IndexError for an index that is no row; ValueError if weight is no matrix, or padding_idx no row; TypeError if
        input holds no integers.
    Source: PyTorch's `torch.nn.functional.embedding`.

    >>> import autograd_core as ag
    >>> ag.embedding(ag.tensor([2, 0]), ag.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    tensor([[4., 5.],
            [0., 1.]])
    """
    weight, index = operand(weight, "embedding"), integers("embedding", input)
    rows = check_table("embedding", weight, index)
    padding_idx = check_padding("embedding", padding_idx, rows)
    inside = transformed(input)
    scale_grad_by_freq = check_frequency("embedding", scale_grad_by_freq, input)
    if max_norm is not None:
        renormalise("embedding", weight, input, index, max_norm, norm_type)
    read = convert(input, np.int64) if inside else index
    taken = read if padding_idx is None else without(read, padding_idx)
    out = apply(_embedding, (weight, read, taken))
    if scale_grad_by_freq:
        out = divided_by_frequency(out, np.bincount(index.reshape(-1), minlength=rows)[index])
    return out


def _divided_gradient_definition(x: Any, counts: Any) -> Any:
    """x / counts, which has the gradient, plus the rest of x as a constant."""
    share = x / counts
    return share + values(x - share)


_divided_gradient = Primitive(
    lambda x, counts: np.array(x),
    name="divide_grad",
    vjps=(lambda g, counts: g / counts, None),
    saves=(1,),
    definition=_divided_gradient_definition,
)


def divided_by_frequency(x: Any, counts: ndarray) -> Any:
    """x (…, D); its gradients will be divided by `counts` (…)."""
    return apply(_divided_gradient, (x, counts[..., None].astype(x.dtype)))


def without(index: Any, row: int) -> Any:
    """The index with -1, which stands for nothing, in the place of `row`."""
    return np.where(index == row, -1, index) if type(index) is ndarray else where(index == row, -1, index)


def check_frequency(name: str, scale_grad_by_freq: bool, input: Any) -> bool:
    """Whether gradients are to be divided by frequencies. Inside a transform these cannot be counted."""
    inside = stand_in(input)
    if not scale_grad_by_freq or inside is None:
        return scale_grad_by_freq
    if inside.differentiated:
        raise ValueError(
            f"{name}: scale_grad_by_freq cannot count the indices of one example inside {inside.transform}"
        )
    return False


def renormalise(name: str, weight: Any, input: Any, index: ndarray, max_norm: float, norm_type: float) -> None:
    """Shorten the rows in use, in place, to a norm of at most `max_norm`."""
    inside = stand_in(weight)
    if inside is not None:
        raise ValueError(
            f"{name}: max_norm changes the table in place, which one example inside {inside.transform} cannot; do it before"
        )
    inside = stand_in(input)
    if inside is not None:
        inside.look(f"{name}: max_norm shortens the rows of the table that the input names; do it before")
    table = values(weight)
    used = np.unique(index)
    norms = np.linalg.norm(table[used], norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        table[used[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(table.dtype)
        written(table)


def one_hot(tensor: TensorLike, num_classes: int = -1) -> Tensor:
    """Return 1 at each label of `tensor` and 0 elsewhere, in a new last dimension of `num_classes`.

    −1 stands for the largest label + 1.

    Formula: out[…, c] = 1 if tensor[…] = c, else 0
    Shapes: (*) → (*, num_classes).
    Dtypes: integers → int64.
    Raises: IndexError for a label that is no class; ValueError if num_classes is neither positive nor −1, or cannot be told
        from no labels; TypeError if tensor holds no integers.
    Source: PyTorch's `torch.nn.functional.one_hot`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.one_hot(ag.tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    index = integers("one_hot", tensor)
    if num_classes == -1:
        if index.size == 0:
            raise ValueError("one_hot: the number of classes cannot be told from no labels; give num_classes")
        num_classes = max(1, int(index.max()) + 1)
    if num_classes <= 0:
        raise ValueError(f"one_hot: num_classes must be positive, or -1 for the largest label + 1, got {num_classes}")
    _check_range("one_hot", index, num_classes, f"as there are {num_classes} classes")
    if transformed(tensor):
        return convert(unsqueeze(tensor, -1) == np.arange(num_classes), np.int64)
    out = (index[..., None] == np.arange(num_classes)).astype(np.int64)
    return Tensor(out) if isinstance(tensor, Tensor) else out


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.embedding
"""
