"""Starting values for parameters: `torch.nn.init`'s functions. Each fills a tensor in place and returns it.

`fan_in` is the number of inputs that one unit sees, `fan_out` the number of units that see one input: for a weight of
shape (out, in, *kernel) they are in · |kernel| and out · |kernel|.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy import ndarray

from autograd_core import random
from autograd_core.engine.tensor import Tensor, describe
from autograd_core.engine.versions import written
from autograd_core.kernels.machine.blas import lapack
from autograd_core.random import Generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "bilinear_", "calculate_gain", "constant_", "dirac_", "eye_", "fan_in_and_fan_out", "kaiming_normal_",
    "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip


def _check(tensor: Tensor, name: str, kinds: str = "fciub") -> None:
    """Raise unless it is a tensor, of a dtype that has what is to be filled in."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: needs a tensor to fill, got {describe(tensor)}")
    if tensor.dtype.kind not in kinds:
        raise TypeError(
            f"{name}: needs a tensor of {'real or complex' if 'c' in kinds else 'real'} floating numbers, got "
            f"{tensor.dtype}; fill a float one and convert it"
        )


def _check_dimensions(tensor: Tensor, name: str, ndim: int) -> None:
    _check(tensor, name)
    if tensor.ndim != ndim:
        raise ValueError(f"{name}: only tensors with {ndim} dimensions are supported, got shape {tensor.shape}")


def _fill(tensor: Tensor, values: ArrayLike | Tensor) -> Tensor:
    tensor.array[...] = values
    written(tensor.array)
    return tensor


def _parts(draw: Callable[..., ndarray], tensor: Tensor, generator: Generator | None) -> ndarray:
    """Random numbers of a tensor's shape and dtype; a complex one has its real and its imaginary part drawn."""
    if tensor.dtype.kind != "c":
        return draw(tensor.shape, tensor.dtype, generator)
    parts = draw((*tensor.shape, 2), tensor.array.real.dtype, generator)
    return parts.view(tensor.dtype)[..., 0]


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
    _check(tensor, "fan_in_and_fan_out")
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
    """Fill a tensor with uniform numbers from [a, b).

    tensor: what is filled, in place.
    generator: the random numbers' source, by default the library's.

    Formula: tensor[i] ~ U(a, b); of a complex tensor, the real and the imaginary part each
    Shapes: (*) → (*).
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if a is above b, or they are not finite.
    Source: PyTorch's `torch.nn.init.uniform_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.uniform_(ag.empty(2), 3.0, 3.0)
    tensor([3., 3.])
    """
    _check(tensor, "uniform_", "fc")
    if not a <= b:
        raise ValueError(f"uniform_: the lower bound a={a} is above the upper bound b={b}")
    if not math.isfinite(b - a):
        raise ValueError(f"uniform_: the bounds a={a} and b={b} must be finite, and their difference too")
    corner = complex(a, a) if tensor.dtype.kind == "c" else a
    return _fill(tensor, _parts(random.uniform, tensor, generator) * (b - a) + corner)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill a tensor with normal numbers.

    tensor: what is filled, in place.
    generator: the random numbers' source, by default the library's.

    Formula: tensor[i] ~ N(mean, std²); of a complex tensor, the parts have half of the variance each
    Shapes: (*) → (*).
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if std is negative.
    Source: PyTorch's `torch.nn.init.normal_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.normal_(ag.empty(2), mean=1.0, std=0.0)
    tensor([1., 1.])
    """
    _check(tensor, "normal_", "fc")
    if not std >= 0:
        raise ValueError(f"normal_: the standard deviation must not be negative, got std={std}")
    if tensor.dtype.kind == "c":
        std = std / math.sqrt(2)  # of each part
    return _fill(tensor, _parts(random.standard_normal, tensor, generator) * std + mean)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill a tensor with normal numbers that lie in [a, b].

    tensor: what is filled, in place.
    generator: the random numbers' source, by default the library's.

    Formula: mean + std Φ⁻¹(Φ(low) + (Φ(high) - Φ(low)) u), u ~ U(0, 1), low = (a - mean) / std, high = (b - mean) / std
    Shapes: (*) → (*).
    Dtypes: real floating numbers.
    Raises: TypeError if tensor is no Tensor or does not hold real floats; ValueError if a is not below b, or std not
        positive.
    Source: PyTorch's `torch.nn.init.trunc_normal_`; unlike it, also exact where the interval is far from the mean.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> x = init.trunc_normal_(ag.empty(100), a=-0.5, b=0.5)
    >>> -0.5 <= x.amin().item() and x.amax().item() <= 0.5
    True
    """
    from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp  # here, because importing it takes longer than all of nn

    _check(tensor, "trunc_normal_", "f")
    if not a < b:
        raise ValueError(f"trunc_normal_: the lower bound a={a} must be below the upper bound b={b}")
    if not std > 0:
        raise ValueError(f"trunc_normal_: the standard deviation must be positive, got std={std}")
    low, high = (a - mean) / std, (b - mean) / std
    sign = 1.0
    if low > 0:  # in the left tail the distribution function is accurate, so mirror
        low, high, sign = -high, -low, -1.0
    u = random.uniform(tensor.shape, np.dtype(np.float64), generator)
    if high < -30:  # the distribution function comes close to the smallest float: its logarithm has no such end
        below, above = log_ndtr(low), log_ndtr(high)
        z = ndtri_exp(above + np.log(u + (1 - u) * math.exp(below - above)))
    else:
        below, above = ndtr(low), ndtr(high)
        z = ndtri(below + (above - below) * u)
    return _fill(tensor, np.clip(sign * z * std + mean, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill a tensor with one value.

    tensor: what is filled, in place.
    val: the value.

    Formula: tensor[i] = val
    Shapes: (*) → (*).
    Dtypes: any; the value is converted.
    Raises: TypeError if tensor is no Tensor; what NumPy raises for a val that is no number.
    Source: PyTorch's `torch.nn.init.constant_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.constant_(ag.empty(2), 0.5)
    tensor([0.5, 0.5])
    """
    _check(tensor, "constant_")
    return _fill(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill a tensor with ones.

    Formula: tensor[i] = 1
    Shapes: (*) → (*).
    Dtypes: any.
    Raises: TypeError if tensor is no Tensor.
    Source: PyTorch's `torch.nn.init.ones_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.ones_(ag.empty(2))
    tensor([1., 1.])
    """
    _check(tensor, "ones_")
    return _fill(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill a tensor with zeros.

    Formula: tensor[i] = 0
    Shapes: (*) → (*).
    Dtypes: any.
    Raises: TypeError if tensor is no Tensor.
    Source: PyTorch's `torch.nn.init.zeros_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.zeros_(ag.empty(2))
    tensor([0., 0.])
    """
    _check(tensor, "zeros_")
    return _fill(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: a linear layer that passes on as many inputs as it can.

    Formula: tensor[i, j] = [i = j]
    Shapes: (N, M) → (N, M).
    Dtypes: any.
    Raises: TypeError if tensor is no Tensor; ValueError if it is no matrix.
    Source: PyTorch's `torch.nn.init.eye_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.eye_(ag.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _check_dimensions(tensor, "eye_", 2)
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution with the identity: it passes on as many channels as it can.

    tensor: what is filled, in place.
    groups: the number of groups of the convolution.

    Formula: in each group, tensor[i, i, centre of the kernel] = 1, all else 0
    Shapes: (OC, C / groups, *kernel) → the same, the kernel of 1, 2 or 3 dimensions.
    Dtypes: any.
    Raises: TypeError if tensor is no Tensor; ValueError if it has another number of dimensions, or groups does not
        divide OC.
    Source: PyTorch's `torch.nn.init.dirac_`.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.dirac_(ag.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    _check(tensor, "dirac_")
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: only tensors with 3, 4, or 5 dimensions are supported, got shape {tensor.shape}")
    if groups < 1:
        raise ValueError(f"dirac_: groups must be at least 1, got {groups}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dirac_: dim 0 must be divisible by groups, got {tensor.shape[0]} and groups={groups}")
    channels = tensor.shape[0] // groups
    values = np.zeros(tensor.shape, tensor.dtype)
    centre = tuple(size // 2 for size in tensor.shape[2:])
    for group in range(groups):
        for i in range(min(channels, tensor.shape[1])):
            values[(group * channels + i, i, *centre)] = 1
    return _fill(tensor, values)


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


def _fans(tensor: Tensor, gain: float, name: str) -> int:
    """fan_in + fan_out, of a weight without elements at least 1."""
    _check(tensor, name, "fc")
    if not gain >= 0:
        raise ValueError(f"{name}: gain must not be negative, got {gain}")
    return max(1, sum(fan_in_and_fan_out(tensor)))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_correct_fan(tensor, mode))


def _nothing_to_fill(tensor: Tensor, name: str) -> bool:
    _check(tensor, name, "fc")
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


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill a tensor with a random (semi-)orthogonal matrix, the dimensions after the first taken as one.

    tensor: what is filled, in place; one without elements is left as it is.
    gain: a factor.
    generator: the random numbers' source. A complex tensor gets a real matrix.

    Formula: gain · Q of a QR decomposition of normal numbers, with the signs of R's diagonal, so that Q Qᵀ = 1 or QᵀQ = 1
    Shapes: (N, *) → (N, *), with two or more dimensions.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has fewer than two dimensions.
    Source: Saxe, McClelland & Ganguli 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear
        neural networks"; the signs: Mezzadri 2006, "How to generate random matrices from the classical compact groups".

    >>> import autograd_core as ag
    >>> from nn import init
    >>> q = init.orthogonal_(ag.empty(2, 3))
    >>> ag.allclose(q @ q.T, ag.eye(2), atol=1e-5)
    True
    """
    _check(tensor, "orthogonal_", "fc")
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: only tensors with 2 or more dimensions are supported, got shape {tensor.shape}")
    if tensor.array.size == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.array.size // rows
    gaussian = random.standard_normal((rows, columns), np.promote_types(tensor.dtype, np.float32), generator)
    q, r = lapack(np.linalg.qr, gaussian.T if rows < columns else gaussian)
    q *= np.sign(np.diag(r))  # makes the distribution uniform over the orthogonal matrices (Mezzadri 2006)
    q = q.T if rows < columns else q
    return _fill(tensor, gain * q.reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix with normal numbers, in each column a fraction of them zero.

    tensor: what is filled, in place.
    sparsity: the fraction of zeros.
    generator: the random numbers' source.

    Formula: tensor[i, j] ~ N(0, std²), but 0 at ⌈sparsity · N⌉ random i of each column j
    Shapes: (N, M) → (N, M).
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it is no matrix, sparsity is not between 0
        and 1, or std is negative.
    Source: Martens 2010, "Deep learning via Hessian-free optimization", section 5.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> w = init.sparse_(ag.empty(4, 3), sparsity=0.5)
    >>> (w == 0).sum(0)
    tensor([2, 2, 2])
    """
    _check(tensor, "sparse_", "fc")
    _check_dimensions(tensor, "sparse_", 2)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity is a fraction from 0 to 1, got {sparsity}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0.0, std, generator)
    for column in range(columns):
        tensor.array[random.stream(generator).permutation(rows)[:zeros], column] = 0
    return tensor


def bilinear_(tensor: Tensor) -> Tensor:
    """Fill the weight of a transposed convolution so that it interpolates each channel by itself.

    tensor: what is filled, in place.

    Formula: tensor[c, c, i, j] = (1 - |i - (KH - 1) / 2| / ⌊(KH + 1) / 2⌋) (1 - |j - (KW - 1) / 2| / ⌊(KW + 1) / 2⌋), else 0;
        the stride that fits is ⌊(K + 1) / 2⌋
    Shapes: (C, C, KH, KW) → the same.
    Dtypes: real or complex floating numbers.
    Raises: TypeError if tensor is no Tensor or holds integers; ValueError if it has another shape.
    Source: Long, Shelhamer & Darrell 2015, "Fully convolutional networks for semantic segmentation", section 3.3.

    >>> import autograd_core as ag
    >>> from nn import init
    >>> init.bilinear_(ag.empty(1, 1, 1, 3))
    tensor([[[[0.5, 1. , 0.5]]]])
    """
    _check(tensor, "bilinear_", "fc")
    if tensor.ndim != 4 or tensor.shape[0] != tensor.shape[1]:
        raise ValueError(f"bilinear_: needs weights of shape (C, C, KH, KW), got {tuple(tensor.shape)}")
    rows, columns = (_triangle(size) for size in tensor.shape[2:])
    values = np.zeros(tensor.shape)
    values[range(len(values)), range(len(values))] = np.outer(rows, columns)
    return _fill(tensor, values)


def _triangle(size: int) -> np.ndarray:
    factor = (size + 1) // 2
    return 1 - np.abs(np.arange(size) - (size - 1) / 2) / factor
