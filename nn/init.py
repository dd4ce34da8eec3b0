"""Starting values for parameters: `torch.nn.init`'s functions. Each fills a tensor in place and returns it.

`fan_in` is the number of inputs that one unit sees, `fan_out` the number of units that see one input: for a weight of
shape (out, in, *kernel) they are in · |kernel| and out · |kernel|.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd_core import random
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import written
from autograd_core.kernels.machine.blas import lapack
from autograd_core.random import Generator


def _fill(tensor: Tensor, values: Any, name: str) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: needs a tensor to fill, got {type(tensor).__name__}")
    tensor.array[...] = values
    written(tensor.array)
    return tensor


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much a layer's weights must be enlarged to keep the variance through the nonlinearity after it.

    1 for linear, convolution and sigmoid; tanh 5/3; relu √2; leaky_relu √(2 / (1 + slope²)) with the slope in `param`
    (default 0.01); selu 3/4 (He et al. 2015, section 2.2; LeCun et al. 1998 for tanh).

    >>> calculate_gain("leaky_relu", 0.0) == 2**0.5
    True
    """
    linear = {f"{kind}{n}d" for kind in ("conv", "conv_transpose") for n in (1, 2, 3)} | {"linear", "sigmoid"}
    if nonlinearity in linear:
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3.0
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        elif isinstance(param, bool) or not isinstance(param, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + param**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(
        f"Unsupported nonlinearity {nonlinearity}; known are linear, conv1d … conv_transpose3d, sigmoid, tanh, relu, "
        "leaky_relu, selu"
    )


def fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """The fans of a weight of shape (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError(
            f"Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got shape {tensor.shape}"
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


_calculate_fan_in_and_fan_out = fan_in_and_fan_out  # the name PyTorch's users know


def _correct_fan(tensor: Tensor, mode: str) -> int:
    modes = ("fan_in", "fan_out")
    if str(mode).lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(modes)}")
    return fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Uniform numbers from [a, b)."""
    if a > b:
        raise ValueError(f"uniform_: the lower bound a={a} is above the upper bound b={b}")
    return _fill(tensor, random.uniform(tensor.shape, tensor.dtype, generator) * (b - a) + a, "uniform_")


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal numbers."""
    if std < 0:
        raise ValueError(f"normal_: the standard deviation must not be negative, got std={std}")
    return _fill(tensor, random.standard_normal(tensor.shape, tensor.dtype, generator) * std + mean, "normal_")


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal numbers of N(mean, std²), drawn again until they lie in [a, b]: by inverting the distribution function."""
    from scipy.special import ndtr, ndtri  # here, because importing it takes longer than all of nn

    if a >= b:
        raise ValueError(f"trunc_normal_: the lower bound a={a} must be below the upper bound b={b}")
    if std <= 0:
        raise ValueError(f"trunc_normal_: the standard deviation must be positive, got std={std}")
    low, high = (a - mean) / std, (b - mean) / std
    sign = 1.0
    if low > 0:  # in the left tail the distribution function is accurate, so mirror
        low, high, sign = -high, -low, -1.0
    below, above = ndtr(low), ndtr(high)
    u = random.uniform(tensor.shape, np.dtype(np.float64), generator)
    values = sign * ndtri(below + (above - below) * u) * std + mean
    return _fill(tensor, np.clip(values, a, b), "trunc_normal_")


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same value everywhere."""
    return _fill(tensor, val, "constant_")


def ones_(tensor: Tensor) -> Tensor:
    return _fill(tensor, 1.0, "ones_")


def zeros_(tensor: Tensor) -> Tensor:
    return _fill(tensor, 0.0, "zeros_")


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: a linear layer that passes on as many inputs as it can."""
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got shape {tensor.shape}")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]), "eye_")


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The identity as a convolution: in each group, channel i of the output is channel i of the input."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"Only tensors with 3, 4, or 5 dimensions are supported, got shape {tensor.shape}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dim 0 must be divisible by groups, got {tensor.shape[0]} and groups={groups}")
    channels = tensor.shape[0] // groups
    values = np.zeros(tensor.shape, tensor.dtype)
    centre = tuple(size // 2 for size in tensor.shape[2:])
    for group in range(groups):
        for i in range(min(channels, tensor.shape[1])):
            values[(group * channels + i, i, *centre)] = 1
    return _fill(tensor, values, "dirac_")


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Uniform on ±gain √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, equation 16)."""
    bound = gain * math.sqrt(6.0 / sum(fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with standard deviation gain √(2 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fan_in_and_fan_out(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_correct_fan(tensor, mode))


def _nothing_to_fill(tensor: Tensor, name: str) -> bool:
    if tensor.array.size == 0:
        warnings.warn(f"{name}: initializing zero-element tensors is a no-op (shape {tensor.shape})", stacklevel=3)
        return True
    return False


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform on ±gain √(3 / fan) (He et al. 2015); `a` is the slope of the leaky ReLU that follows."""
    if _nothing_to_fill(tensor, "kaiming_uniform_"):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with standard deviation gain / √fan (He et al. 2015, equations 10 and 14)."""
    if _nothing_to_fill(tensor, "kaiming_normal_"):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """A random (semi-)orthogonal matrix, the dimensions after the first taken as one (Saxe et al. 2013)."""
    if tensor.ndim < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported, got shape {tensor.shape}")
    if tensor.array.size == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.array.size // rows
    gaussian = random.standard_normal((rows, columns), np.promote_types(tensor.dtype, np.float32), generator)
    q, r = lapack(np.linalg.qr, gaussian.T if rows < columns else gaussian)
    q *= np.sign(np.diag(r))  # makes the distribution uniform over the orthogonal matrices (Mezzadri 2006)
    q = q.T if rows < columns else q
    return _fill(tensor, gain * q.reshape(tensor.shape), "orthogonal_")


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Normal numbers, in each column the fraction `sparsity` of them zero (Martens 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity is a fraction from 0 to 1, got {sparsity}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    values = random.standard_normal((rows, columns), tensor.dtype, generator) * std
    for column in range(columns):
        values[random.stream(generator).permutation(rows)[:zeros], column] = 0
    return _fill(tensor, values, "sparse_")


def bilinear_(tensor: Tensor) -> Tensor:
    """Weights of a transposed convolution, (C, C, KH, KW), with which it interpolates each channel by itself.

    Each window is the triangle 1 - |distance from the centre| / factor in both directions, with factor = (K + 1) // 2,
    the stride that fits. Source: Long, Shelhamer & Darrell 2015, "Fully convolutional networks for semantic
    segmentation", section 3.3.
    """
    if tensor.ndim != 4 or tensor.shape[0] != tensor.shape[1]:
        raise ValueError(f"bilinear_: needs weights of shape (C, C, KH, KW), got {tuple(tensor.shape)}")
    rows, columns = (_triangle(size) for size in tensor.shape[2:])
    values = np.zeros(tensor.shape)
    values[range(len(values)), range(len(values))] = np.outer(rows, columns)
    return _fill(tensor, values, "bilinear_")


def _triangle(size: int) -> np.ndarray:
    factor = (size + 1) // 2
    return 1 - np.abs(np.arange(size) - (size - 1) / 2) / factor
