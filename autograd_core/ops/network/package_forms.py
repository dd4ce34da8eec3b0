"""Normalisation as functions of the package, whose arguments have another order than those of `nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import normalization

if TYPE_CHECKING:
    from ...engine.tensor import Tensor
    from ...engine.types import TensorLike


def batch_norm(
    input: TensorLike,
    weight: TensorLike | None,
    bias: TensorLike | None,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """Standardise each channel over the batch, or by running statistics: `nn.functional.batch_norm` with `weight` first.

    `bias`, `running_mean`, `running_var`, `training`, `momentum` and `eps` are those of that function; `cudnn_enabled` is
    without effect.

    Formula: out = (x − mean) / √(var + eps) · weight + bias, x the input
    Shapes: (N, C, *), and (C) for the vectors → (N, C, *).
    Dtypes: float32 or float64, one for all.
    Raises: as `nn.functional.batch_norm` does.
    Source: Ioffe & Szegedy 2015, "Batch normalization"; PyTorch's `torch.batch_norm`.

    >>> import autograd_core as ag
    >>> ag.batch_norm(ag.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 1e-12)
    tensor([[-1.],
            [ 1.]])
    """
    return normalization.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: TensorLike,
    weight: TensorLike | None,
    bias: TensorLike | None,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """Standardise each channel of each example: `nn.functional.instance_norm` with `weight` first.

    `bias`, `running_mean`, `running_var`, `use_input_stats`, `momentum` and `eps` are those of that function;
    `cudnn_enabled` is without effect.

    Formula: out = (x − mean) / √(var + eps) · weight + bias, x the input, mean and var over all but N and C
    Shapes: (N, C, *), and (C) for the vectors → (N, C, *).
    Dtypes: float32 or float64, one for all.
    Raises: as `nn.functional.instance_norm` does.
    Source: Ulyanov, Vedaldi & Lempitsky 2016, "Instance normalization"; PyTorch's `torch.instance_norm`.

    >>> import autograd_core as ag
    >>> ag.instance_norm(ag.tensor([[[1.0, 3.0]]]), None, None, None, None, True, 0.1, 1e-12)
    tensor([[[-1.,  1.]]])
    """
    return normalization.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = False,
) -> Tensor:
    """Standardise over the last dimensions, those of `normalized_shape`: `nn.functional.layer_norm`.

    `weight`, `bias` and `eps` are those of that function; `cudnn_enable` is without effect.

    Formula: out = (x − mean) / √(var + eps) · weight + bias, x the input
    Shapes: (*, normalized_shape) → the same.
    Dtypes: float32 or float64, one for all.
    Raises: as `nn.functional.layer_norm` does.
    Source: Ba, Kiros & Hinton 2016, "Layer normalization"; PyTorch's `torch.layer_norm`.

    >>> import autograd_core as ag
    >>> ag.layer_norm(ag.tensor([1.0, 3.0]), 2, eps=0.0)
    tensor([-1.,  1.])
    """
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = False,
) -> Tensor:
    """Standardise each of `num_groups` groups of channels: `nn.functional.group_norm`.

    `weight`, `bias` and `eps` are those of that function; `cudnn_enabled` is without effect.

    Formula: out = (x − mean) / √(var + eps) · weight + bias, x the input, mean and var over a group
    Shapes: (N, C, *), and (C) for the vectors → (N, C, *).
    Dtypes: float32 or float64, one for all.
    Raises: as `nn.functional.group_norm` does.
    Source: Wu & He 2018, "Group normalization"; PyTorch's `torch.group_norm`.

    >>> import autograd_core as ag
    >>> ag.group_norm(ag.tensor([[1.0, 3.0]]), 1, eps=0.0)
    tensor([[-1.,  1.]])
    """
    return normalization.group_norm(input, num_groups, weight, bias, eps)


rms_norm = normalization.rms_norm


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.batch_norm
ag.instance_norm
ag.layer_norm
ag.group_norm
ag.rms_norm
"""
