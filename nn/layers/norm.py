"""Normalisation: batch, instance, layer, group, RMS and local response normalisation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device
from autograd_core.ops.network.response import cross_map_lrn2d

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .spatial import Spatial


class _Scaled(Module):
    """What layers share that scale what they have normalised by a weight and shift it by a bias, where they are wanted."""

    weight: Any  # parameters, or None
    bias: Any

    def _register(
        self, shape: int | tuple[int, ...], weight: bool, bias: bool, device: Device, dtype: DTypeLike | None
    ) -> None:
        on_cpu(device, type(self).__name__)
        for name, wanted in (("weight", weight), ("bias", bias)):
            self.register_parameter(name, Parameter(ag.empty(shape, dtype=dtype)) if wanted else None)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _NormBase(_Scaled, Spatial):
    """What batch and instance normalisation share: options, weight and bias, running statistics."""

    _version = 2  # 2 has num_batches_tracked
    running_mean: Any  # a buffer, or None, as the two below
    running_var: Any
    num_batches_tracked: Any
    ndims: tuple[int, ...]  # the numbers of dimensions that an input may have

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ):
        super().__init__()
        if isinstance(num_features, bool) or not isinstance(num_features, int | np.integer):
            raise TypeError(f"{type(self).__name__}: num_features must be an int, got {num_features!r}")
        if num_features < 0:
            raise ValueError(f"{type(self).__name__}: num_features must not be negative, got {num_features}")
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._register(num_features, affine, affine and bias, device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", ag.zeros(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ag.ones(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", ag.tensor(0) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Back to mean 0, variance 1 and no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, and `reset_running_stats`."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in self.ndims:
            dims = " or ".join(f"{n}D" for n in self.ndims)
            raise ValueError(f"expected {dims} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: dict, *others: Any) -> None:
        """A state dict of before version 2 has no num_batches_tracked: it keeps its value."""
        version, count = local_metadata.get("version"), self.num_batches_tracked
        if (version is None or version < 2) and self.track_running_stats:
            state_dict.setdefault(f"{prefix}num_batches_tracked", ag.tensor(0) if count is None else count)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *others)


class _BatchNorm(_NormBase):
    """num_features is C. affine, bias: whether there is a weight (C,), which starts at 1, and with it a bias (C,), which
    starts at 0. track_running_stats: whether there are buffers running_mean and running_var (C,), which move towards those
    of each batch by `momentum` in training (None: they are the average over all batches) and are used in evaluation;
    without them evaluation uses the batch's too. dtype is that of the parameters; device is None or "cpu".

    Formula: out[n, c, …] = (input[n, c, …] − mean_c) / √(var_c + eps) · weight[c] + bias[c], with mean_c and var_c over all
        n and positions of the batch; running ← (1 − momentum) running + momentum batch's (the unbiased variance)
    Shapes: {shapes}, kept.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError and ValueError for a num_features that is no size; when called, ValueError for another number of
        dimensions or of channels, and in training for a single value per channel; TypeError for another dtype.
    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        # the running statistics: moved in training if they are tracked, used in evaluation if there are any
        count = self.num_batches_tracked if self.training and self.track_running_stats else None
        momentum = self.momentum
        if momentum is None:  # the average over all batches
            momentum = 0.0 if count is None else 1 / (count.item() + 1)
        use = not self.training or self.track_running_stats
        out = F.batch_norm(
            input,
            self.running_mean if use else None,
            self.running_var if use else None,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            momentum,
            self.eps,
        )
        if count is not None:
            count += 1
        return out


class BatchNorm1d(_BatchNorm):
    """Normalises each channel of sequences, or each feature, over the batch.

    >>> import nn, autograd_core as ag
    >>> nn.BatchNorm1d(2)(ag.tensor([[1.0, 5.0], [3.0, 1.0]])).detach().round(decimals=2)
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """

    dims = 1
    ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalises each channel of images over the batch.

    >>> import nn, autograd_core as ag
    >>> bn = nn.BatchNorm2d(2)
    >>> y = bn(ag.randn(8, 2, 3, 3))
    >>> bn.num_batches_tracked
    tensor(1)
    """

    dims = 2
    ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalises each channel of volumes over the batch.

    >>> import nn, autograd_core as ag
    >>> nn.BatchNorm3d(2)(ag.randn(8, 2, 3, 3, 3)).shape
    (8, 2, 3, 3, 3)
    """

    dims = 3
    ndims = (5,)


class _InstanceNorm(_NormBase):
    """num_features is C. affine, bias: whether there is a weight (C,), which starts at 1, and with it a bias (C,), which
    starts at 0. track_running_stats: whether there are buffers running_mean and running_var (C,), which move towards the
    batch's mean of those of its examples by `momentum` in training (None: they stay) and are used in evaluation. dtype is
    that of the parameters; device is None or "cpu".

    Formula: out[n, c, …] = (input[n, c, …] − mean_nc) / √(var_nc + eps) · weight[c] + bias[c], with mean_nc and var_nc over
        the positions of one channel of one example
    Shapes: (N, C, {space}) or (C, {space}), kept.
    Dtypes: float32 and float64; the input has that of the parameters, if there are any.
    Raises: TypeError and ValueError for a num_features that is no size; when called, ValueError for another number of
        dimensions or, if affine, of channels (else a UserWarning), and for a single position; TypeError for another dtype.
    Source: Ulyanov et al. 2016, "Instance normalization", equation 4.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        if local_metadata.get("version") is None and not self.track_running_stats:
            names = [f"{prefix}{name}" for name in ("running_mean", "running_var") if f"{prefix}{name}" in state_dict]
            if names:
                error_msgs.append(
                    f"Unexpected running stats buffer(s) {' and '.join(map(repr, names))} for {type(self).__name__} with "
                    "track_running_stats=False; remove these keys from the state dict, or set track_running_stats=True."
                )
                for name in names:
                    state_dict.pop(name)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        single = input.ndim == self.ndims[0]
        dim = 0 if single else 1
        if input.shape[dim] != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
                    f"{input.shape[dim]}."
                )
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
                "num_features, which is not used because affine=False",
                stacklevel=2,
            )
        out = F.instance_norm(
            input[None] if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out[0] if single else out


class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each sequence.

    >>> import nn, autograd_core as ag
    >>> nn.InstanceNorm1d(2, eps=0.0)(ag.tensor([[1.0, 3.0], [5.0, 1.0]]))
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """

    dims = 1
    ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalises each channel of each image.

    >>> import nn, autograd_core as ag
    >>> nn.InstanceNorm2d(2, affine=True)(ag.randn(8, 2, 3, 3)).shape
    (8, 2, 3, 3)
    """

    dims = 2
    ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalises each channel of each volume.

    >>> import nn, autograd_core as ag
    >>> nn.InstanceNorm3d(2)(ag.randn(8, 2, 3, 3, 3)).shape
    (8, 2, 3, 3, 3)
    """

    dims = 3
    ndims = (4, 5)


class LayerNorm(_Scaled):
    """Normalises the last dimensions of each example.

    normalized_shape: their sizes; a number is the size of the last. elementwise_affine, bias: whether there is a weight of
    this shape, which starts at 1, and with it a bias, which starts at 0. dtype is that of the parameters; device is None or
    "cpu".

    Formula: out = (input − mean) / √(var + eps) · weight + bias, with mean and var over the last dimensions
    Shapes: (*, *normalized_shape), kept; weight and bias of normalized_shape.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError for negative sizes; when called, ValueError if the last dimensions are not normalized_shape,
        TypeError for another dtype.
    Source: Ba et al. 2016, "Layer normalization", equation 4.

    >>> import nn, autograd_core as ag
    >>> nn.LayerNorm(2, eps=0.0)(ag.tensor([[1.0, 3.0], [5.0, 1.0]])).detach()
    tensor([[-1.,  1.],
            [ 1., -1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._register(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def _shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (int(normalized_shape),) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)


class RMSNorm(Module):
    """Divides the last dimensions of each example by their root mean square.

    normalized_shape: their sizes; a number is the size of the last. eps None is the machine epsilon of the input's dtype.
    elementwise_affine: whether there is a weight of this shape, which starts at 1. dtype is that of the weight; device is
    None or "cpu".

    Formula: out = input / √(mean(input²) + eps) · weight, the mean over the last dimensions
    Shapes: (*, *normalized_shape), kept; weight of normalized_shape.
    Dtypes: float32 and float64; the input has that of the weight.
    Raises: ValueError for negative sizes; when called, ValueError if the last dimensions are not normalized_shape,
        TypeError for another dtype.
    Source: Zhang & Sennrich 2019, "Root mean square layer normalization", equation 4.

    >>> import nn, autograd_core as ag
    >>> nn.RMSNorm(2, eps=0.0)(ag.tensor([[1.0, 7.0], [2.0, -2.0]])).detach()
    tensor([[ 0.2,  1.4],
            [ 1. , -1. ]])
    """

    weight: Parameter  # None without one

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = Parameter(ag.empty(self.normalized_shape, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Scaled):
    """Normalises groups of neighbouring channels of each example.

    num_channels is C, num_groups G. affine, bias: whether there is a weight (C,), which starts at 1, and with it a bias
    (C,), which starts at 0. One group normalises whole examples, C groups are instance normalisation. dtype is that of the
    parameters; device is None or "cpu".

    Formula: out[n, c, …] = (input[n, c, …] − mean_ng) / √(var_ng + eps) · weight[c] + bias[c], with mean_ng and var_ng over
        the C / G channels of c's group and all their positions
    Shapes: (N, C, *), kept.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError unless num_groups divides num_channels; when called, ValueError for other channels or fewer than two
        dimensions, TypeError for another dtype.
    Source: Wu & He 2018, "Group normalization", equations 1 to 6.

    >>> import nn, autograd_core as ag
    >>> nn.GroupNorm(2, 4, eps=0.0)(ag.tensor([[1.0, 3.0, 5.0, 1.0]])).detach()
    tensor([[-1.,  1.,  1., -1.]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ):
        super().__init__()
        if num_groups < 1:
            raise ValueError(f"GroupNorm: num_groups must be at least 1, got {num_groups}")
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._register(num_channels, affine, affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divides each channel by a power of the mean square over its neighbours.

    size is the number of neighbouring channels, itself among them; alpha, beta and k are the formula's.

    Formula: out[n, c, …] = input[n, c, …] / (k + alpha / size · Σ over c′ of input[n, c′, …]²)^beta, with c′ from
        c − ⌊size / 2⌋ to c + ⌈size / 2⌉ − 1
    Shapes: (N, C, *), kept.
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for a size below 1 or fewer than three dimensions; TypeError for another dtype.
    Source: Krizhevsky et al. 2012, section 3.3 (with alpha for our alpha / size).

    >>> import nn, autograd_core as ag
    >>> nn.LocalResponseNorm(1, alpha=3.0, beta=0.5)(ag.ones(1, 2, 1))
    tensor([[[0.5],
             [0.5]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """Divides as `LocalResponseNorm` does, by its older form, for images and for models that have it.

    size, alpha, beta and k are those of `LocalResponseNorm`.

    Formula: out[n, c, i, j] = input[n, c, i, j] / (k + alpha / size · Σ over c′ of input[n, c′, i, j]²)^beta, with
        |c′ − c| < ⌊(size + 1) / 2⌋, and c′ = 0 always (a peculiarity of that form)
    Shapes: (N, C, H, W), kept.
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for a size below 1 or another number of dimensions; TypeError for another dtype.
    Source: PyTorch's `CrossMapLRN2d`; its gradient is that of the formula (PyTorch's is not).

    >>> import nn, autograd_core as ag
    >>> nn.CrossMapLRN2d(1, alpha=3.0, beta=0.5)(ag.ones(1, 1, 1, 2))
    tensor([[[[0.5, 0.5]]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1):
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        return cross_map_lrn2d(input, self.size, self.alpha, self.beta, self.k)
