"""Starting values from a distribution with parameters of the user's."""

from __future__ import annotations

import math

import numpy as np

from autograd_core import random
from autograd_core.engine.tensor import Tensor
from autograd_core.kernels.machine.blas import lapack
from autograd_core.random import Generator

from .filling import check_dimensions, check_fillable, fill, random_parts


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
    check_fillable(tensor, "uniform_", "fc")
    if not a <= b:
        raise ValueError(f"uniform_: the lower bound a={a} is above the upper bound b={b}")
    if not math.isfinite(b - a):
        raise ValueError(f"uniform_: the bounds a={a} and b={b} must be finite, and their difference too")
    corner = complex(a, a) if tensor.dtype.kind == "c" else a
    return fill(tensor, random_parts(random.uniform, tensor, generator) * (b - a) + corner)


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
    check_fillable(tensor, "normal_", "fc")
    if not std >= 0:
        raise ValueError(f"normal_: the standard deviation must not be negative, got std={std}")
    if tensor.dtype.kind == "c":
        std = std / math.sqrt(2)  # of each part
    return fill(tensor, random_parts(random.standard_normal, tensor, generator) * std + mean)


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

    check_fillable(tensor, "trunc_normal_", "f")
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
    return fill(tensor, np.clip(sign * z * std + mean, a, b))


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
    check_fillable(tensor, "orthogonal_", "fc")
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
    return fill(tensor, gain * q.reshape(tensor.shape))


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
    check_fillable(tensor, "sparse_", "fc")
    check_dimensions(tensor, "sparse_", 2)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity is a fraction from 0 to 1, got {sparsity}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0.0, std, generator)
    for column in range(columns):
        tensor.array[random.stream(generator).permutation(rows)[:zeros], column] = 0
    return tensor
