"""Local response normalisation, across neighbouring channels: x / (k + α mean of squares)^β.

Sizes: N examples, C channels, positions written … (any number of dimensions).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import convert
from ...engine.primitive import AUX, Primitive, apply
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
from ...kernels.convolution import response as kernels
from ..arguments import floating
from ..elementwise import arithmetic as ew
from ..linalg.products import matmul
from ..shape.padding import pad
from ..shape.shape import reshape
from .pool import avg_pool2d


def _composition(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    if x.dtype == np.float32:  # squares of large numbers
        return convert(_composition(convert(x, np.float64), size, alpha, beta, k), np.float32)
    squares = reshape(x * x, (x.shape[0], 1, x.shape[1], math.prod(x.shape[2:])))
    padded = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    means = reshape(avg_pool2d(padded, (size, 1), 1), x.shape)
    return x * ew.pow(k + alpha * means, -beta)


def _forward(x: ndarray, size: int, alpha: float, beta: float, k: float) -> tuple:
    return kernels.response_forward(x, size // 2, (size - 1) // 2, alpha / size, beta, k)


def _rule(g: Any, x: Any, d: ndarray, size: int, alpha: float, beta: float, k: float) -> Any:
    return kernels.response_backward(g, x, d, size // 2, (size - 1) // 2, alpha / size, beta)


_response_norm = Primitive(
    _forward,
    name="local_response_norm",
    vjps=(_rule,),
    saves=(0, AUX),
    composition=_composition,
)


def _check_size(name: str, size: Any) -> None:
    if isinstance(size, bool) or not isinstance(size, int | np.integer):
        raise TypeError(f"{name}: size must be an int, the number of neighbouring channels, got {describe(size)}")
    if size < 1:
        raise ValueError(f"{name}: size must be at least 1, got {size}")


def local_response_norm(
    input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each channel by a power of the mean square of its neighbours.

    There are `size` of them, size // 2 before the channel, the others from it on; those that do not exist count as 0.
    Krizhevsky et al. do not divide `alpha` by size.

    Formula: out_c = x_c / (k + alpha/size Σ_c' x_c'²)^beta, x the input, c' the neighbours of channel c
    Shapes: (N, C, *) → (N, C, *), with at least one dimension of positions.
    Dtypes: float32 or float64, kept.
    Raises: ValueError for fewer dimensions or a size below 1; TypeError for other dtypes, or a size that is no int.
    Source: Krizhevsky et al. 2012, section 3.3.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.local_response_norm(ag.tensor([[[1.0], [2.0], [3.0]]]), 3, alpha=3.0, beta=1.0, k=0.0).flatten()
    tensor([0.2   , 0.1429, 0.2308])
    """
    name = "local_response_norm"
    (x,) = floating(name, input=input)
    if x.ndim < 3:
        raise ValueError(
            f"{name}: Expected 3D or higher dimensionality input (got {x.ndim} dimensions, shape {tuple(x.shape)}); it "
            "must be (N, C, …), for one position (N, C, 1)"
        )
    _check_size(name, size)
    return apply(_response_norm, (x,), (int(size), float(alpha), float(beta), float(k)))


def cross_map_lrn2d(input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divide each channel by a power of the mean square of its neighbours, as PyTorch's module CrossMapLRN2d does.

    The neighbours are |c' − c| < (`size` + 1) // 2 and, a peculiarity of that module, always channel 0 too once they would
    have left it; `local_response_norm` is without. The gradient is that of this function (PyTorch's is not).

    Formula: out_c = x_c (k + alpha/size Σ_c' x_c'²)^(−beta), x the input
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: float32 or float64, kept.
    Raises: ValueError for another number of dimensions or a size below 1; TypeError for other dtypes.
    Source: PyTorch's `torch.nn.CrossMapLRN2d`.
    """
    name = "CrossMapLRN2d"
    (x,) = floating(name, input=input)
    if x.ndim != 4:
        raise ValueError(f"{name}: Expected input to be 4D, got {x.ndim}D instead (shape {tuple(x.shape)})")
    _check_size(name, size)
    if x.dtype == np.float32:  # squares of large numbers
        return convert(cross_map_lrn2d(convert(x, np.float64), size, alpha, beta, k), np.float32)
    C, reach = x.shape[1], (size + 1) // 2
    c, other = np.arange(C)[:, None], np.arange(C)
    counted = (other < c + reach) & ((other > c - reach) | (other == 0))
    squares = reshape(x * x, (x.shape[0], C, math.prod(x.shape[2:])))
    total = reshape(matmul(counted.astype(x.dtype), squares), x.shape)  # (C, C) @ (N, C, H W)
    return x * ew.pow(float(k) + (alpha / size) * total, -float(beta))
