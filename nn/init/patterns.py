"""Starting values that are not random: constants, identities and interpolation."""

from __future__ import annotations

import numpy as np

from autograd_core.engine.tensor import Tensor

from .filling import check_dimensions, check_fillable, fill


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
    check_fillable(tensor, "constant_")
    return fill(tensor, val)


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
    check_fillable(tensor, "ones_")
    return fill(tensor, 1.0)


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
    check_fillable(tensor, "zeros_")
    return fill(tensor, 0.0)


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
    check_dimensions(tensor, "eye_", 2)
    return fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


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
    check_fillable(tensor, "dirac_")
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
    return fill(tensor, values)


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
    check_fillable(tensor, "bilinear_", "fc")
    if tensor.ndim != 4 or tensor.shape[0] != tensor.shape[1]:
        raise ValueError(f"bilinear_: needs weights of shape (C, C, KH, KW), got {tuple(tensor.shape)}")
    rows, columns = (_triangle(size) for size in tensor.shape[2:])
    values = np.zeros(tensor.shape)
    values[range(len(values)), range(len(values))] = np.outer(rows, columns)
    return fill(tensor, values)


def _triangle(size: int) -> np.ndarray:
    factor = (size + 1) // 2
    return 1 - np.abs(np.arange(size) - (size - 1) / 2) / factor
