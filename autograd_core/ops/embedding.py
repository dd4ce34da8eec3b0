"""Rows of a table by index. Reading them and adding back into them are each other's adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import SHAPE, Primitive, convert, operand
from ..tensor import Tensor, apply, describe
from ..versions import written
from .loss import transformed, values
from .piecewise import elementwise, zeroed
from .shape import unsqueeze


def _add_rows(g: ndarray, index: ndarray, rows: int) -> ndarray:
    """(…, D) added into zeros (rows, D) at `index`: sorted by row and summed in runs, in one fixed order."""
    out = np.zeros((rows, g.shape[index.ndim]), g.dtype)
    flat = index.reshape(-1)
    if flat.size:
        order = np.argsort(flat, kind="stable")
        ordered = flat[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        out[ordered[starts]] = np.add.reduceat(g.reshape(flat.size, -1)[order], starts, axis=0)
    return out


_embedding: Any = Primitive(
    lambda weight, index: np.take(weight, index, axis=0),
    name="embedding",
    vjps=(lambda g, shape, index: apply(_embedding_back, (g, index), (shape[0],)), None),
    saves=(SHAPE, 1),
)
_embedding_back: Any = Primitive(
    _add_rows,
    name="embedding_back",
    vjps=(lambda g, index, rows: apply(_embedding, (g, index)), None),
    saves=(1,),
)


def _indices(name: str, x: Any) -> ndarray:
    index = values(x)
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices must be integers, got {describe(index)}; convert them with .long()")
    return index


def _check_range(name: str, index: ndarray, rows: int, what: str) -> None:
    if index.size and (index.min() < 0 or index.max() >= rows):
        at = tuple(int(i) for i in np.argwhere((index < 0) | (index >= rows))[0])
        raise IndexError(f"{name}: index {index[at]} at {at} is out of range; it must be from 0 to {rows - 1}, {what}")


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """weight[input]: a row of the table for each index.

    input               integers of any shape (…)
    weight              (rows, D), gives (…, D); its gradient adds up over repeated indices
    padding_idx         this row gets no gradient; counted from the end if negative
    max_norm            first rescale, in place, the rows that are used and whose norm_type-norm exceeds it
    scale_grad_by_freq  divide a row's gradient by how often it occurs in `input`
    sparse              accepted for PyTorch's sake; the gradient is dense
    """
    weight, index = operand(weight, "embedding"), _indices("embedding", input)
    if np.ndim(weight) != 2:
        raise ValueError(f"embedding: weight must be a table (rows, D), got shape {tuple(np.shape(weight))}")
    rows = weight.shape[0]
    _check_range("embedding", index, rows, f"as weight has {rows} rows")
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise ValueError(f"embedding: padding_idx {padding_idx} is out of range for {rows} rows")
        padding_idx %= rows
    if max_norm is not None:
        _renormalise(values(weight), index, max_norm, norm_type)
    inside = transformed(input)
    out = apply(_embedding, (weight, input if inside else index))
    if padding_idx is not None:
        out = apply(_without_gradient, (out, unsqueeze((input if inside else index) == padding_idx, -1)))
    if scale_grad_by_freq:
        if inside:
            raise ValueError("embedding: scale_grad_by_freq cannot count the indices of one example inside vmap")
        often = np.bincount(index.reshape(-1), minlength=rows)[index][..., None]
        out = apply(_divided_gradient, (out, often.astype(weight.dtype)))
    return out


_without_gradient = elementwise(
    Primitive(lambda x, mask: np.array(x), name="stop_grad", vjps=(lambda g, mask: zeroed(g, mask), None), saves=(1,))
)
_divided_gradient = Primitive(
    lambda x, often: np.array(x), name="divide_grad", vjps=(lambda g, often: g / often, None), saves=(1,)
)


def _renormalise(table: ndarray, index: ndarray, max_norm: float, norm_type: float) -> None:
    used = np.unique(index)
    norms = np.linalg.norm(table[used], norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        table[used[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(table.dtype)
        written(table)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """1 at the label and 0 elsewhere, in a new last dimension of `num_classes` (-1: the largest label + 1). int64.

    >>> import autograd_core as ag
    >>> one_hot(ag.tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    index = _indices("one_hot", tensor)
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
