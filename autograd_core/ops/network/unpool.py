"""Pooling made of other operations: p-norms of windows, and putting maxima back where they came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import stand_in
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import floating, per_dim
from ..elementwise import arithmetic as ew
from ..shape.shape import flatten, unflatten
from .dimensions import by_dims
from .pool import avg_pool1d, avg_pool2d, avg_pool3d, scatter

AVERAGES = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}


def _lp_pool(name: str, dims: int, x: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    if not norm_type > 0 or math.isinf(norm_type):
        raise ValueError(f"{name}: norm_type must be positive, got {norm_type}; for infinity use max_pool{dims}d")
    window = per_dim(kernel_size, dims, name, "kernel_size", 1)
    total = AVERAGES[dims](x**norm_type, window, stride, 0, ceil_mode) * math.prod(window)
    values = total.array if hasattr(total, "array") else total
    zero, negative = ew.eq(values, 0), ew.lt(values, 0)
    root = basics.where(zero, 1.0, ew.abs(total)) ** (
        1.0 / norm_type
    )  # where it is 0 the slope is infinite: taken as 0
    return basics.where(zero, total, basics.where(negative, -root, root))


def _p_norm_pool(dims: int) -> Callable:
    name = f"lp_pool{dims}d"

    def lp_pool(
        input: TensorLike,
        norm_type: float,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        ceil_mode: bool = False,
    ) -> Tensor:
        """Return the p-norm of each window over {dimensions}, p = norm_type.

        `kernel_size` and `stride` (None: kernel_size) are an int, or one for each dimension. As in PyTorch the sum is of
        xᵖ, not of |x|ᵖ, and a last window that reaches over the end (`ceil_mode`) counts as if its mean went on there. A
        negative sum gives minus the root of its size (PyTorch: NaN). Where the sum is 0 the gradient is 0.

        Formula: out[n, c, o] = (Σ_k input[n, c, o · stride + k]ᵖ)^(1/p), k an element of the window
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}), with
            {o} = ⌊({n} − {k}) / stride⌋ + 1, or ⌈…⌉ with ceil_mode.
        Dtypes: float32 or float64, kept.
        Raises: ValueError if norm_type is not positive and finite, or shapes or arguments do not fit together; TypeError
            for other dtypes.
        Source: PyTorch's `torch.nn.functional.lp_pool{d}d`.

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> F.lp_pool{d}d(ag.ones(1, {four}), 2, {window}).flatten()
        {result}
        """
        return _lp_pool(name, dims, input, norm_type, kernel_size, stride, ceil_mode)

    return lp_pool


lp_pool1d, lp_pool2d, lp_pool3d = by_dims(
    _p_norm_pool,
    window=("4", "(2, 2)", "(2, 2, 1)"),
    result=(
        "tensor([2.])",
        "tensor([2., 2., 2., 2.])",
        "tensor([2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2., 2.])",
    ),
)


def _max_unpool(
    name: str, dims: int, x: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    (x,) = floating(name, x=x)
    inside = stand_in(x, indices)
    if inside is not None:  # more images, each with its indices
        how = (kernel_size, stride, padding, output_size)
        return inside.call_on_values(
            lambda x, i: unflatten(_max_unpool(name, dims, flatten(x, 0, 1), flatten(i, 0, 1), *how), 0, x.shape[:2]),
            x, indices,
            as_one=(Primitive(lambda x, i, name, dims, *how: _max_unpool(name, dims, x, i, *how), name="max_unpool"),
                    (name, dims, *how)),
        )  # fmt: skip
    index = np.asarray(indices)
    window = per_dim(kernel_size, dims, name, "kernel_size", 1)
    step = window if stride is None else per_dim(stride, dims, name, "stride", 1)
    margin = per_dim(padding, dims, name, "padding", 0)
    shape = tuple(x.shape)
    if len(shape) not in (dims + 1, dims + 2):
        raise ValueError(f"{name}: x has shape {shape}; it needs {dims} dimensions of space, after channels or (N, C)")
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices are {index.dtype}; give those of max_pool{dims}d(…, return_indices=True)")
    if index.shape != shape:
        raise ValueError(f"{name}: x has shape {shape}, but indices have shape {index.shape}; they must be the same")
    usual = tuple((n - 1) * s - 2 * p + k for n, s, p, k in zip(shape[-dims:], step, margin, window, strict=True))
    sizes = usual
    if output_size is not None:
        sizes = tuple(output_size)[-dims:]
        if len(output_size) not in (dims, len(shape)):
            raise ValueError(f"{name}: output_size is {tuple(output_size)}, but needs {dims} or {len(shape)} numbers")
        if any(not u - s < n < u + s for n, u, s in zip(sizes, usual, step, strict=True)):
            raise ValueError(
                f"{name}: output_size is {sizes}, but each must differ from {usual} by less than the stride {step}"
            )
    if any(n < 1 for n in sizes):
        raise ValueError(f"{name}: x of shape {shape} with padding {margin} leaves an output of size {sizes}")
    count = math.prod(sizes)
    if index.size and not 0 <= index.min() <= index.max() < count:
        raise IndexError(
            f"{name}: indices go from {index.min()} to {index.max()}, but the output of size {sizes} has positions 0 to "
            f"{count - 1}"
        )
    return apply(scatter, (x, _last_of_equals(index, dims)), (sizes,))


def _last_of_equals(index: ndarray, dims: int) -> ndarray:
    """The indices of each plane, with -1 for those that a later one repeats."""
    flat = index.reshape(math.prod(index.shape[:-dims]), -1)
    rows, order = np.arange(len(flat))[:, None], np.arange(flat.shape[1])
    last = np.full((len(flat), int(flat.max(initial=0)) + 1), -1)
    last[rows, flat] = order  # NumPy keeps the last of several
    return np.where(last[rows, flat] == order, flat, -1).reshape(index.shape)


def _unpool(dims: int) -> Callable:
    name = f"max_unpool{dims}d"

    def max_unpool(
        input: TensorLike,
        indices: TensorLike,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        output_size: Sequence[int] | None = None,
    ) -> Tensor:
        """Put maxima back where `max_pool{d}d(…, return_indices=True)` read them, with zeros elsewhere.

        `input` holds the maxima, or something computed from them, `indices` the indices into the flattened image that was
        pooled; `kernel_size`, `stride` (None: kernel_size) and `padding` are those of the pooling. `output_size` is the
        size of that image, with or without N and C; the default may miss its last rows. Of several values for one
        position, which windows that overlap can give, the last stays, and it has the gradient (PyTorch: all of them).

        Formula: out[n, c, indices[n, c, p]] = input[n, c, p], out being flattened, and 0 elsewhere
        Shapes: input and indices (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}), by default with
            {o} = ({n} − 1) stride − 2 padding + {k}.
        Dtypes: input float32 or float64, kept; indices integers.
        Raises: ValueError if shapes do not fit, or output_size is further from the default than the stride; IndexError for
            an index outside of the image; TypeError for other dtypes.
        Source: PyTorch's `torch.nn.functional.max_unpool{d}d`; Zeiler & Fergus 2014, section 2.1.

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> F.max_unpool{d}d(ag.full((1, {one}), 7.0), ag.full((1, {one}), 1), 2).flatten()
        {result}
        """
        return _max_unpool(name, dims, input, indices, kernel_size, stride, padding, output_size)

    return max_unpool


max_unpool1d, max_unpool2d, max_unpool3d = by_dims(
    _unpool,
    result=("tensor([0., 7.])", "tensor([0., 7., 0., 0.])", "tensor([0., 7., 0., 0., 0., 0., 0., 0.])"),
)
