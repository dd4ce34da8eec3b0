"""Pooling made of other operations: p-norms of windows, and putting maxima back where they came from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import stand_in
from ...engine.primitive import apply
from ..arguments import floating, per_dim
from ..elementwise import arithmetic as ew
from ..shape.shape import flatten, unflatten
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


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of each window, p = norm_type; see `lp_pool2d`. input (N, C, L) or (C, L)."""
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of each window, p = norm_type.

    As in PyTorch the sum is of xᵖ, not of |x|ᵖ, and a last window reaching over the end (ceil_mode) counts as if its
    mean went on there. A negative sum gives minus the root of its size (PyTorch: NaN).

    input        (N, C, H, W) or (C, H, W)
    kernel_size, stride   an int or one for each dimension; stride None means kernel_size
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of each window, p = norm_type; see `lp_pool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


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
        )  # fmt: skip
    places = np.asarray(indices)
    window = per_dim(kernel_size, dims, name, "kernel_size", 1)
    step = window if stride is None else per_dim(stride, dims, name, "stride", 1)
    margin = per_dim(padding, dims, name, "padding", 0)
    shape = tuple(x.shape)
    if len(shape) not in (dims + 1, dims + 2):
        raise ValueError(f"{name}: x has shape {shape}; it needs {dims} dimensions of space, after channels or (N, C)")
    if places.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices are {places.dtype}; give those of max_pool{dims}d(…, return_indices=True)")
    if places.shape != shape:
        raise ValueError(f"{name}: x has shape {shape}, but indices have shape {places.shape}; they must be the same")
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
    if places.size and not 0 <= places.min() <= places.max() < count:
        raise IndexError(
            f"{name}: indices go from {places.min()} to {places.max()}, but the output of size {sizes} has places 0 to "
            f"{count - 1}"
        )
    return apply(scatter, (x, _last_of_equals(places, dims)), (sizes,))


def _last_of_equals(places: ndarray, dims: int) -> ndarray:
    """The places of each plane, with -1 for those that a later one repeats."""
    flat = places.reshape(math.prod(places.shape[:-dims]), -1)
    rows, order = np.arange(len(flat))[:, None], np.arange(flat.shape[1])
    last = np.full((len(flat), int(flat.max(initial=0)) + 1), -1)
    last[rows, flat] = order  # NumPy keeps the last of several
    return np.where(last[rows, flat] == order, flat, -1).reshape(places.shape)


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """Puts maxima back in their places, zeros elsewhere; see `max_unpool2d`. input (N, C, L) or (C, L)."""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """Puts maxima back in the places that `max_pool2d(…, return_indices=True)` gave, zeros elsewhere.

    input        (N, C, H, W) or (C, H, W), the maxima, or something computed from them
    indices      of the same shape, counted through the image that was pooled
    output_size  the size of that image, with or without N and C; by default (H - 1) stride - 2 padding + kernel_size,
                 which the last rows may miss

    Of several values for one place, which windows that overlap can give, the last stays, and it has the gradient
    (PyTorch: all of them have it).
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """Puts maxima back in their places, zeros elsewhere; see `max_unpool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
