"""Further names that PyTorch has for functions of this folder: in place, with indices, and older ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..arguments import array_operand
from ..elementwise.activation import celu, elu, selu
from ..elementwise.piecewise import hardtanh, leaky_relu, relu, rrelu, threshold
from ..shape.shape import permute
from ..signal.interpolate import channel_shuffle, interpolate
from .conv import conv1d
from .pool import (
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from .pool_indices import fractional_max_pool2d, fractional_max_pool3d

# ------------------------------------------------------------------------------------------------------------- in place


def relu_(input: Any) -> Any:
    """`relu`, written over the input."""
    return relu(input, inplace=True)


def elu_(input: Any, alpha: float = 1.0) -> Any:
    """`elu`, written over the input."""
    return elu(input, alpha, inplace=True)


def selu_(input: Any) -> Any:
    """`selu`, written over the input."""
    return selu(input, inplace=True)


def celu_(input: Any, alpha: float = 1.0) -> Any:
    """`celu`, written over the input."""
    return celu(input, alpha, inplace=True)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Any:
    """`leaky_relu`, written over the input."""
    return leaky_relu(input, negative_slope, inplace=True)


def rrelu_(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
    """`rrelu`, written over the input."""
    return rrelu(input, lower, upper, training, inplace=True)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """`hardtanh`, written over the input."""
    return hardtanh(input, min_val, max_val, inplace=True)


def threshold_(input: Any, threshold: float, value: float) -> Any:
    """`threshold`, written over the input."""
    return _threshold(input, threshold, value, inplace=True)


_threshold = threshold

# --------------------------------------------------------------------------------------------------------- with indices


def _with_indices(function: Callable) -> Callable:
    """A form of max pooling that always returns (maxima, indices)."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def pool(*args: Any, **kwargs: Any) -> tuple:
        given = signature.bind(*args, **kwargs).arguments
        return function(**{**given, "return_indices": True})

    pool.__name__ = pool.__qualname__ = f"{function.__name__}_with_indices"
    pool.__doc__ = f"`{function.__name__}` with return_indices=True: (maxima, their flat indices)."
    return pool


max_pool1d_with_indices = _with_indices(max_pool1d)
max_pool2d_with_indices = _with_indices(max_pool2d)
max_pool3d_with_indices = _with_indices(max_pool3d)
adaptive_max_pool1d_with_indices = _with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _with_indices(adaptive_max_pool3d)
fractional_max_pool2d_with_indices = _with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = _with_indices(fractional_max_pool3d)

# ---------------------------------------------------------------------------------------------------------- older names


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode="nearest"."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode="bilinear" and align_corners=True."""
    return interpolate(input, size, scale_factor, "bilinear", True)


native_channel_shuffle = channel_shuffle


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """`conv1d` with time first: input (T, N, C), weight (K, C, OC), bias (OC,), result (T + 2 pad - K + 1, N, OC)."""
    x, w = array_operand(input, "conv_tbc"), array_operand(weight, "conv_tbc")
    if x.ndim != 3 or w.ndim != 3:
        raise ValueError(
            f"conv_tbc: input must be (T, N, C) and weight (K, C, OC), got {tuple(x.shape)} and {tuple(w.shape)}"
        )
    return permute(conv1d(permute(x, (1, 2, 0)), permute(w, (2, 1, 0)), bias, padding=pad), (2, 0, 1))
