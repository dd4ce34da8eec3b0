"""Bags of rows of a table: their sums, means or largest numbers, without writing the rows down.

n is the number of indices, B that of bags, D the width of the table. Bag b holds the entries starts[b] : starts[b + 1]
of the index; a negative index stands for nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import convert, operand, stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, conversion, describe
from ...engine.types import TensorLike
from ...kernels.rows import embedding as kernels
from ..arguments import transformed, values
from ..elementwise.piecewise import zeroed
from ..indexing.gather import gather
from ..indexing.index import getitem
from ..indexing.masks import masked_fill
from ..reduction.reduce import all
from ..reduction.sort import max
from ..shape.shape import cat, reshape, unsqueeze
from .embedding import (
    add_rows_back,
    check_frequency,
    check_padding,
    check_table,
    divided_by_frequency,
    integers,
    renormalise,
    rows_at,
    without,
)

MODES = ("sum", "mean", "max")

# ----------------------------------------------------------------------------------------------------------------- sums


def _bag_of(starts: ndarray) -> ndarray:
    """The bag of each entry, up to the end of the last bag."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _sum_composition(weight: Any, scale: Any, index: Any, starts: Any, counts: ndarray | None = None) -> Any:
    """Each row, times its scale, is added to its bag: the adjoint of reading rows. (counts: they divide the gradients.)"""
    starts = values(starts)
    inside = slice(0, int(starts[-1]))
    rows = rows_at(weight, getitem(index, inside))  # (n, D)
    if counts is not None:
        rows = divided_by_frequency(rows, counts[inside])
    if scale is not None:
        rows = rows * unsqueeze(getitem(scale, inside), 1)
    return add_rows_back(rows, _bag_of(starts), len(starts) - 1)  # (B, D)


def _sum_rule(needs: list, g: ndarray, weight: ndarray, scale: Any, index: ndarray, starts: ndarray) -> tuple:
    return (
        kernels.bags_scatter(g, index, starts, scale, len(weight)) if needs[0] else None,
        kernels.bags_dot(g, weight, index, starts) if needs[1] else None,
        None,
        None,
    )


_bag_sum = Primitive(
    lambda weight, scale, index, starts: kernels.bags(weight, index, starts, scale),
    name="embedding_bag",
    joint=_sum_rule,
    saves=(0, 1, 2, 3),
    composition=_sum_composition,
)


def _counts(index: Any, starts: ndarray) -> Any:
    """How many entries each bag has, (B, 1), at least 1."""
    entries = getitem(index, slice(0, int(starts[-1])))
    there = convert(unsqueeze(entries >= 0, 1), np.float64)
    counts = add_rows_back(there, _bag_of(starts), len(starts) - 1)
    return counts + (counts == 0)


# -------------------------------------------------------------------------------------------------------------- largest


def _largest(weight: Any, index: Any, starts: ndarray) -> Any:
    """The largest number of each column in each bag, 0 for an empty one. The gradient goes to the first of equals."""
    row = kernels.bags_largest(values(weight), index, starts)[1]
    return zeroed(gather(weight, 0, np.maximum(row, 0)), row < 0)


def _largest_composition(weight: Any, index: Any, starts: ndarray) -> Any:
    """The bags filled up to the same length L with what stands for nothing."""
    L = np.diff(starts).max(initial=1)
    entry = starts[:-1, None] + np.arange(L)  # (B, L)
    end = index.shape[0]
    filled = cat([index, np.full(1, -1)])[np.where(entry < starts[1:, None], entry, end)]
    missing = unsqueeze(filled < 0, -1)
    best = max(masked_fill(rows_at(weight, filled), missing, -math.inf), 1).values  # (B, L, D) -> (B, D)
    return zeroed(best, all(missing, 1))


# ------------------------------------------------------------------------------------------------------- embedding_bag


def embedding_bag(
    input: TensorLike,
    weight: TensorLike,
    offsets: TensorLike | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: TensorLike | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return the sum, the mean or the largest elements of the rows of a table that are in each bag.

    A two-dimensional `input` holds a bag in each row; in a one-dimensional one bags follow each other and begin at
    `offsets`, the first at 0, and with `include_last_offset` the last of them is where the last bag ends. An empty bag gives
    zeros. `mode` is "sum", "mean" or "max" (by column); for "sum", `per_sample_weights` of the input's shape multiply the
    rows. Row `padding_idx` counts for nothing and gets no gradient. `max_norm`, `norm_type`, `scale_grad_by_freq` and
    `sparse` are as in `embedding`. In mode "max" the gradient goes to the first of equals, and a NaN counts as largest (in
    PyTorch, only where it comes first).

    Formula: out[b] = Σ_{i in bag b} s_i weight[input_i], s the per_sample_weights, 1 without; divided by their number for
        "mean"; the maximum instead of the sum for "max"
    Shapes: input (B, N), or (n,) with offsets (B,) or (B + 1,); weight (rows, D) → (B, D).
    Dtypes: weight floating, kept, per_sample_weights the same; input and offsets integers.
    Raises: IndexError for an index that is no row; ValueError if shapes, offsets or options do not fit together; TypeError
        for other dtypes.
    Source: PyTorch's `torch.nn.functional.embedding_bag`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> weight = ag.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> F.embedding_bag(ag.tensor([0, 1, 1, 2]), weight, ag.tensor([0, 1]), mode="sum")
    tensor([[ 0.,  1.],
            [ 8., 11.]])
    """
    name = "embedding_bag"
    if mode not in MODES:
        raise ValueError(f"{name}: mode has to be one of 'sum', 'mean' or 'max', got {mode!r}")
    table, entries = operand(weight, name), integers(name, input)
    rows = check_table(name, table, entries)
    if table.dtype.kind != "f":
        raise TypeError(f"{name}: weight is {describe(table)}, but must be floating; pass weight.float()")
    padding_idx = check_padding(name, padding_idx, rows)
    original, inside = input, transformed(input)
    input = input if inside else entries
    starts = _starts(input, offsets, include_last_offset)
    scale = _checked_scale(per_sample_weights, input, table, mode)
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{name}: mode='max' does not support scale_grad_by_freq, one row alone gets each gradient")
    scale_grad_by_freq = check_frequency(name, scale_grad_by_freq, input)
    if max_norm is not None:
        renormalise(name, table, original, entries, max_norm, norm_type)
    index = reshape(convert(input, np.int64), (-1,)) if inside else entries.reshape(-1)
    counts = np.bincount(index, minlength=rows)[index] if scale_grad_by_freq else None
    if padding_idx is not None:
        index = without(index, padding_idx)
    composed = transformed(table, scale, index) or table.dtype.char not in "fd"
    if mode == "max":
        return _largest_composition(table, index, starts) if composed else _largest(table, index, starts)
    if composed or counts is not None:
        out = _sum_composition(table, scale, index, starts, counts)
    else:
        out = apply(_bag_sum, (table, scale, index, starts))
    return out / convert(_counts(index, starts), out.dtype) if mode == "mean" else out


def _starts(input: Any, offsets: Any, include_last: bool) -> ndarray:
    """Where the bags begin, and where the last one ends: (B + 1,)."""
    shape = tuple(input.shape)
    if len(shape) == 2:
        if offsets is not None:
            raise ValueError(
                f"embedding_bag: an input of shape {shape} is {shape[0]} bags of {shape[1]}, so offsets has to be None; "
                "flatten the input for bags that begin at offsets"
            )
        return np.arange(shape[0] + 1) * shape[1]
    if len(shape) != 1:
        raise ValueError(f"embedding_bag: input has to be 1D or 2D, (n,) or (B, N), got shape {shape}")
    inside = stand_in(offsets)
    if inside is not None:
        inside.look(
            "embedding_bag: offsets say where each bag begins; keep them fixed, or give bags of one size, (B, N)"
        )
    if offsets is None or inside is not None:
        raise ValueError(
            "embedding_bag: an input (n,) needs offsets, a 1D tensor of where each bag begins; inside vmap, the same for "
            "all examples"
        )
    starts = integers("embedding_bag", offsets)
    if starts.ndim != 1:
        raise ValueError(f"embedding_bag: offsets has to be 1D, got shape {starts.shape}")
    if include_last and not starts.size:
        raise ValueError("embedding_bag: include_last_offset=True needs offsets with at least the end of the last bag")
    starts = starts if include_last else np.append(starts, shape[0])
    if starts[0] != 0 and len(starts) > 1:
        raise ValueError(f"embedding_bag: offsets[0] has to be 0, where the first bag begins, got {starts[0]}")
    if (np.diff(starts) < 0).any() or starts[-1] > shape[0]:
        raise ValueError(
            f"embedding_bag: offsets have to rise from 0 to at most {shape[0]}, the number of indices, got {starts.tolist()}"
        )
    return starts


def _checked_scale(scale: Any, input: Any, weight: Any, mode: str) -> Any:
    if scale is None:
        return None
    scale = operand(scale, "embedding_bag")
    if mode != "sum":
        raise ValueError(f"embedding_bag: per_sample_weights is only supported for mode='sum', got mode={mode!r}")
    if tuple(np.shape(scale)) != tuple(input.shape):
        raise ValueError(
            f"embedding_bag: per_sample_weights must have the input's shape {tuple(input.shape)}, got {tuple(np.shape(scale))}"
        )
    if scale.dtype != weight.dtype:
        raise TypeError(
            f"embedding_bag: per_sample_weights are {describe(scale)}, but weight is {weight.dtype}; pass "
            f"{conversion('per_sample_weights', scale, weight.dtype)}"
        )
    return reshape(scale, (-1,))
