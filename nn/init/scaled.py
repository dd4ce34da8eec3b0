"""Starting values whose variance follows from the sizes of the layer (Glorot & Bengio 2010; He et al. 2015)."""

from __future__ import annotations

import math
import warnings

from autograd_core.engine.tensor import Tensor
from autograd_core.random import Generator

from .distributions import normal_, uniform_
from .filling import check_fillable


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which a layer's weights are enlarged to keep the variance through the nonlinearity after it.

    nonlinearity: "linear", "conv1d" … "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
    param: the slope of the leaky ReLU, by default 0.01.

    Formula: 1 for linear, convolution and sigmoid; 5/3 for tanh; √2 for relu; √(2 / (1 + param²)) for leaky_relu; 3/4 for selu
    Shapes: none.
    Dtypes: float.
    Raises: ValueError for another nonlinearity, or if param is no number.
    Source: He et al. 2015, "Delving Deep into Rectifiers", section 2.2; for tanh and selu PyTorch's `calculate_gain`.

    >>> from nn import init
    >>> init.calculate_gain("leaky_relu", 0.0) == 2**0.5
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
    """Return the number of inputs that one unit of a weight sees, and the number of units that see one input.

    tensor: the weight.

    Formula: (in · |kernel|, out · |kernel|)
    Shapes: (out, in, *kernel) → two numbers.
    Dtypes: any.
    Raises: TypeError if tensor is no Tensor; ValueError if it has fewer than two dimensions.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.fan_in_and_fan_out(ag.zeros(4, 2, 3, 3))
    (18, 36)
    """
    check_fillable(tensor, "fan_in_and_fan_out")
    if tensor.ndim < 2:
        raise ValueError(
            f"Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got shape {tensor.shape}"
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def correct_fan(tensor: Tensor, mode: str) -> int:
    """fan_in or fan_out, as `mode` says."""
    modes = ("fan_in", "fan_out")
    if str(mode).lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(modes)}")
    return fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def _fans(tensor: Tensor, gain: float, name: str) -> int:
    """fan_in + fan_out, of a weight without elements at least 1."""
    check_fillable(tensor, name, "fc")
    if not gain >= 0:
        raise ValueError(f"{name}: gain must not be negative, got {gain}")
    return max(1, sum(fan_in_and_fan_out(tensor)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill a weight with uniform numbers that keep the variance forwards and backwards.

    tensor: what is filled, in place.
    gain: see `calculate_gain`.
    generator: the random numbers' source.

    Formula: tensor[i] ~ U(-bound, bound), bound = gain √(6 / (fan_in + fan_out))
    Shapes: (out, in, *kernel) → the same.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has fewer than two dimensions, or gain
        is negative.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation
        16.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> w = init.xavier_uniform_(ag.empty(2, 4))
    >>> bool((w.abs() <= 1).all())
    True
    """
    bound = gain * math.sqrt(6.0 / _fans(tensor, gain, "xavier_uniform_"))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill a weight with normal numbers that keep the variance forwards and backwards.

    tensor: what is filled, in place.
    gain: see `calculate_gain`.
    generator: the random numbers' source.

    Formula: tensor[i] ~ N(0, std²), std = gain √(2 / (fan_in + fan_out))
    Shapes: (out, in, *kernel) → the same.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has fewer than two dimensions, or gain
        is negative.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation
        12.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.xavier_normal_(ag.empty(2, 4)).shape
    (2, 4)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / _fans(tensor, gain, "xavier_normal_")), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(correct_fan(tensor, mode))


def _nothing_to_fill(tensor: Tensor, name: str) -> bool:
    check_fillable(tensor, name, "fc")
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
    """Fill a weight with uniform numbers that keep the variance through rectifiers.

    tensor: what is filled, in place.
    a: the slope of the leaky ReLU after the layer.
    mode: "fan_in" keeps the variance forwards, "fan_out" backwards.
    nonlinearity: that after the layer, see `calculate_gain`.
    generator: the random numbers' source. A tensor without elements is left as it is, with a warning.

    Formula: tensor[i] ~ U(-bound, bound), bound = gain √(3 / fan), gain = calculate_gain(nonlinearity, a)
    Shapes: (out, in, *kernel) → the same.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has fewer than two dimensions, for
        another mode or an unknown nonlinearity.
    Source: He et al. 2015, "Delving Deep into Rectifiers", section 2.2.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> w = init.kaiming_uniform_(ag.empty(2, 6), nonlinearity="relu")
    >>> bool((w.abs() <= 1).all())
    True
    """
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
    """Fill a weight with normal numbers that keep the variance through rectifiers.

    tensor: what is filled, in place.
    a: the slope of the leaky ReLU after the layer.
    mode: "fan_in" keeps the variance forwards, "fan_out" backwards.
    nonlinearity: that after the layer, see `calculate_gain`.
    generator: the random numbers' source. A tensor without elements is left as it is, with a warning.

    Formula: tensor[i] ~ N(0, std²), std = gain / √fan, gain = calculate_gain(nonlinearity, a)
    Shapes: (out, in, *kernel) → the same.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has fewer than two dimensions, for
        another mode or an unknown nonlinearity.
    Source: He et al. 2015, "Delving Deep into Rectifiers", equations 10 and 14.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.kaiming_normal_(ag.empty(2, 6), mode="fan_out", nonlinearity="relu").shape
    (2, 6)
    """
    if _nothing_to_fill(tensor, "kaiming_normal_"):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)
