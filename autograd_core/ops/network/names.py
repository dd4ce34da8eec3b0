"""Further names that PyTorch has for functions of this folder: in place, with indices, and older ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import SPACE, array_operand
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


def _overwriting(text: str, example: str, result: str) -> Callable[[Callable], Callable]:
    """A decorator: the docstring of a form that writes over its input, from the docstring of the other form."""

    def decorate(function: Callable) -> Callable:
        name = function.__name__
        function.__doc__ = f"""Apply `{name[:-1]}` and write the result over `input`, which is returned.

{text}

Formula: input ← {name[:-1]}(input)
Shapes: (*) → (*), the same tensor.
Dtypes: kept.
Raises: TypeError if input is no tensor; RuntimeError if it is a leaf that requires a gradient, or holds integers where the
    result is floating.
Source: PyTorch's `torch.nn.functional.{name}`.

>>> import autograd_core as ag
>>> import nn.functional as F
>>> x = ag.tensor([-1.0, 2.0])
>>> F.{name}(x{example}) is x, x
(True, tensor({result}))
"""
        return function

    return decorate


@_overwriting("The slope at 0 is 0.", "", "[0., 2.]")
def relu_(input: Tensor) -> Tensor:
    return relu(input, inplace=True)


@_overwriting("`alpha` is minus the limit at -∞.", ", 2.0", "[-1.2642,  2.    ]")
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    return elu(input, alpha, inplace=True)


@_overwriting("Its constants keep mean 0 and variance 1.", "", "[-1.1113,  2.1014]")
def selu_(input: Tensor) -> Tensor:
    return selu(input, inplace=True)


@_overwriting("`alpha` is minus the limit at -∞.", ", 2.0", "[-0.7869,  2.    ]")
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    return celu(input, alpha, inplace=True)


@_overwriting("`negative_slope` is the slope below 0.", ", 0.5", "[-0.5,  2. ]")
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return leaky_relu(input, negative_slope, inplace=True)


@_overwriting(
    "The slope below 0 is drawn between `lower` and `upper` in `training`, their mean otherwise.",
    ", 0.25, 0.75",
    "[-0.5,  2. ]",
)
def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    return rrelu(input, lower, upper, training, inplace=True)


@_overwriting("`min_val` and `max_val` bound the result.", "", "[-1.,  1.]")
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    return hardtanh(input, min_val, max_val, inplace=True)


@_overwriting("Elements up to `threshold` become `value`.", ", 0.0, 5.0", "[5., 2.]")
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    return _threshold(input, threshold, value, inplace=True)


_threshold = threshold

# --------------------------------------------------------------------------------------------------------- with indices


def _with_indices(function: Callable, dims: int, *example: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """A form of max pooling that always returns (maxima, indices)."""
    signature = inspect.signature(function)
    name, own = function.__name__, f"{function.__name__}_with_indices"

    @functools.wraps(function)
    def pool(*args: Any, **kwargs: Any) -> tuple:
        arguments = signature.bind(*args, **kwargs).arguments
        return function(**{**arguments, "return_indices": True})

    *arguments, last = (f"`{parameter}`" for parameter in signature.parameters if parameter != "return_indices")
    largest, opening, closing = 2**dims - 1, "[" * (dims + 1), "]" * (dims + 1)
    pool.__name__ = pool.__qualname__ = own
    pool.__doc__ = f"""Return the maxima and their indices: `{name}` with return_indices=True.

    The arguments, {", ".join(arguments)} and {last},
    are those of `{name}`; what `return_indices` says makes no difference.

    Formula: (out, i), out[n, c, p] being the largest element of window p, and i[n, c, p] its index in the flattened image
    Shapes: (N, C, {SPACE[dims]}) or (C, {SPACE[dims]}) → out and i of the shape that `{name}` returns.
    Dtypes: float32 or float64, kept; the indices are int64.
    Raises: ValueError if shapes or arguments do not fit together; TypeError for other dtypes.
    Source: PyTorch's `torch.nn.functional.{own}`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.{own}(ag.arange({largest + 1}.0).reshape(1, {", ".join("2" * dims)}), {", ".join(map(str, example))})
    (tensor({opening}{largest}.{closing}), tensor({opening}{largest}{closing}))
    """
    return pool


max_pool1d_with_indices = _with_indices(max_pool1d, 1, 2)
max_pool2d_with_indices = _with_indices(max_pool2d, 2, 2)
max_pool3d_with_indices = _with_indices(max_pool3d, 3, 2)
adaptive_max_pool1d_with_indices = _with_indices(adaptive_max_pool1d, 1, 1)
adaptive_max_pool2d_with_indices = _with_indices(adaptive_max_pool2d, 2, 1)
adaptive_max_pool3d_with_indices = _with_indices(adaptive_max_pool3d, 3, 1)
fractional_max_pool2d_with_indices = _with_indices(fractional_max_pool2d, 2, 2, 1)
fractional_max_pool3d_with_indices = _with_indices(fractional_max_pool3d, 3, 2, 1)

# ---------------------------------------------------------------------------------------------------------- older names


def upsample_nearest(
    input: TensorLike, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:
    """Resize images by copying the nearest element: `interpolate` with mode="nearest".

    Either `size`, the output's, or `scale_factor` is given: one number, or one for each spatial dimension.

    Formula: out[n, c, i] = input[n, c, ⌊i · L / OL⌋] in each dimension
    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) → (N, C, *size), with size = ⌊L · scale_factor⌋ if not given.
    Dtypes: floating, kept.
    Raises: ValueError unless one of size and scale_factor is given and fits; TypeError if input is not floating.
    Source: PyTorch's `torch.nn.functional.upsample_nearest`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.upsample_nearest(ag.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: TensorLike, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:
    """Resize images bilinearly between the centres of their corners.

    It is `interpolate` with mode="bilinear" and align_corners=True. Either `size`, the output's, or `scale_factor` is
    given: one number, or one for the height and one for the width.

    Formula: out[n, c, i, j] = Σ_k Σ_l w_k w_l input[n, c, k, l] over the four elements around (i (H − 1) / (OH − 1),
        j (W − 1) / (OW − 1)), w being 1 minus the distance
    Shapes: (N, C, H, W) → (N, C, *size), with size = ⌊H · scale_factor⌋ if not given.
    Dtypes: floating, kept.
    Raises: ValueError unless one of size and scale_factor is given and fits; TypeError if input is not floating.
    Source: PyTorch's `torch.nn.functional.upsample_bilinear`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.upsample_bilinear(ag.tensor([[[[0.0, 1.0]]]]), size=(1, 3))
    tensor([[[[0. , 0.5, 1. ]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", True)


native_channel_shuffle = channel_shuffle


def conv_tbc(input: TensorLike, weight: TensorLike, bias: TensorLike, pad: int = 0) -> Tensor:
    """Compute `conv1d` with time first: T steps, B examples, C channels.

    `pad` zeros stand at both ends.

    Formula: out[t, b, o] = bias[o] + Σ_k Σ_c weight[k, c, o] · input[t − pad + k, b, c]
    Shapes: input (T, N, C), weight (K, C, OC), bias (OC,) → (T + 2 pad − K + 1, N, OC).
    Dtypes: float32 or float64, the same for all three, kept.
    Raises: ValueError if shapes do not fit together; TypeError for other or different dtypes.
    Source: PyTorch's `torch.conv_tbc`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.conv_tbc(ag.ones(3, 1, 1), ag.ones(2, 1, 1), ag.zeros(1)).flatten()
    tensor([2., 2.])
    """
    x, w = array_operand(input, "conv_tbc"), array_operand(weight, "conv_tbc")
    if x.ndim != 3 or w.ndim != 3:
        raise ValueError(
            f"conv_tbc: input must be (T, N, C) and weight (K, C, OC), got {tuple(x.shape)} and {tuple(w.shape)}"
        )
    return permute(conv1d(permute(x, (1, 2, 0)), permute(w, (2, 1, 0)), bias, padding=pad), (2, 0, 1))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.relu_
ag.selu_
ag.celu_
ag.rrelu_
ag.threshold_
"""
