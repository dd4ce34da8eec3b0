"""Padding. Each mode is linear: pad <-> crop for constants, and reading beyond the border <-> adding it back inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import sizes_of
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, range_checked
from ...engine.types import TensorLike
from ..arguments import array_operand

MODES = ("constant", "reflect", "replicate", "circular")


def _pad(x: ndarray, widths: tuple, value: float) -> ndarray:
    shape = tuple(before + size + after for size, (before, after) in zip(x.shape, widths, strict=True))
    out = np.full(shape, value, x.dtype)
    out[_inside(widths, x.shape)] = x
    return out


def _inside(widths: tuple, shape: tuple) -> tuple:
    return tuple(slice(before, before + size) for size, (before, _) in zip(shape, widths, strict=True))


_pad_primitive = Primitive(
    _pad,
    name="pad",
    vjps=(lambda g, x_shape, widths, value: g[_inside(widths, x_shape)],),
    saves=(SHAPE,),
)


def pad_constant(x: Any, widths: tuple, value: float = 0.0) -> Any:
    """x with `widths[i] = (before, after)` elements of `value` added along dimension i; negative widths crop."""
    if any(b < 0 or a < 0 for b, a in widths):
        x = x[tuple(slice(max(0, -b), size - max(0, -a)) for size, (b, a) in zip(x.shape, widths, strict=True))]
        widths = tuple((max(0, b), max(0, a)) for b, a in widths)
    if x.dtype.kind in "iu":
        value = int(range_checked(value, x.dtype, "pad"))
    return apply(_pad_primitive, (x,), (tuple(widths), value))


# --------------------------------------------------------------------------------------------------- from what is there


def _source(size: int, before: int, after: int, mode: str) -> ndarray:
    """The index of the element that each position of a padded dimension holds."""
    position = np.arange(-before, size + after)
    if mode == "replicate":
        return np.clip(position, 0, size - 1)
    if mode == "circular":
        return position % size
    return size - 1 - np.abs(size - 1 - np.abs(position))  # mirrored at the first element, then at the last


def _pad_dim(x: ndarray, dim: int, before: int, after: int, mode: str) -> ndarray:
    return np.take(x, _source(x.shape[dim], before, after, mode), dim)


def _pad_dim_back(g: ndarray, size: int, dim: int, before: int, after: int, mode: str) -> ndarray:
    """The border of g added to where it was read from, slice by slice: the inside is one copy."""
    source = _source(size, before, after, mode)
    lead = (slice(None),) * dim
    out = np.zeros((*g.shape[:dim], size, *g.shape[dim + 1 :]), g.dtype)
    first, last = max(before, 0), g.shape[dim] - max(after, 0)
    out[(*lead, slice(max(-before, 0), size - max(-after, 0)))] = g[(*lead, slice(first, last))]
    for k in (*range(first), *range(last, g.shape[dim])):
        out[(*lead, source[k])] += g[(*lead, k)]
    return out


_pad_dim_primitive: Primitive = Primitive(
    _pad_dim,
    name="pad_dim",
    vjps=(lambda g, x_shape, dim, *options: apply(_pad_dim_back_primitive, (g,), (x_shape[dim], dim, *options)),),
    saves=(SHAPE,),
)
_pad_dim_back_primitive: Primitive = Primitive(
    _pad_dim_back, name="pad_back", vjps=(lambda g, size, *options: apply(_pad_dim_primitive, (g,), options),)
)


def pad(input: TensorLike, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Add elements at the ends of the last dimensions.

    `pad` is (before, after) of the last dimension, then of the one before it, and so on; a negative number takes elements
    away. `mode` is "constant" (`value`, default 0), "reflect" (mirrored at the last element, which is not repeated),
    "replicate" (the last element repeated) or "circular". Unlike PyTorch's, these pad tensors of any number of dimensions.

    Formula: out[…, i] = input[…, s(i − before)], s(j) = j inside; outside the value, |j| or 2 (L − 1) − j, the nearest
        end, or j mod L
    Shapes: (*, L) → (*, before + L + after).
    Dtypes: any, kept; in a tensor of integers a fraction of `value` is cut off, as in PyTorch.
    Raises: ValueError if `mode` is unknown, if `pad` has an odd number of widths or too many, if they take more than there
        is or, mirrored or circular, add more, or if `value` comes with another mode; OverflowError if `value` does not fit
        into a dtype of integers; TypeError if a width is no int.
    Source: PyTorch's `nn.functional.pad`.

    >>> import autograd_core as ag
    >>> ag.pad(ag.tensor([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    """
    x, widths = array_operand(input, "pad"), sizes_of((pad,), "pad")
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(MODES)}, got {mode!r}")
    if len(widths) % 2 or len(widths) > 2 * x.ndim:
        raise ValueError(
            f"pad: {len(widths)} widths {widths} for {x.ndim} dimensions; give two for each dimension, the last first"
        )
    pairs = list(zip(widths[::2], widths[1::2], strict=True))
    for i, (before, after) in enumerate(pairs):
        dim = x.ndim - 1 - i
        size = x.shape[dim]
        kept = size + min(before, 0) + min(after, 0) if mode == "circular" else size
        if before + size + after < 0 or min(before, after) < -size:
            raise ValueError(f"pad: widths ({before}, {after}) take more than dim {dim} of size {size} has")
        most = {"constant": None, "reflect": size - 1, "circular": kept, "replicate": None if size else 0}[mode]
        if most is not None and max(before, after, 0) > max(most, 0):
            raise ValueError(
                f"pad: {mode} widths ({before}, {after}) are too large for dim {dim} of size {size} (shape "
                f"{tuple(x.shape)}); at most {max(most, 0)}"
            )
    if mode == "constant":
        whole = ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))
        return pad_constant(x, whole, 0 if value is None else value)
    if value is not None and value != 0:
        raise ValueError(f"pad: mode {mode!r} takes no value, got {value}")
    out = x
    for i, (before, after) in enumerate(pairs):
        dim = x.ndim - 1 - i
        if mode == "circular" and min(before, after) < 0:  # what is taken away does not come in at the other end
            out = out[(*(slice(None),) * dim, slice(max(-before, 0), out.shape[dim] - max(-after, 0)))]
            before, after = max(before, 0), max(after, 0)
        if before or after:
            out = apply(_pad_dim_primitive, (out,), (dim, before, after, mode))
    return out + 0 if out is x else out


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.pad
"""
