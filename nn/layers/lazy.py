"""Lazy layers: they find the number of their inputs at their first call, and become the layer they stand for.

Until then their parameters are `UninitializedParameter`s, without a shape. Make the model, call it once with an example
(or load a state dict), then use it like any other.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import hooks
from ..module import Module
from ..parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .spatial import Spatial


class LazyModuleMixin(Module):
    """What makes a module lazy: put before its class, as in `class LazyThing(LazyModuleMixin, Thing)`.

    The subclass makes `UninitializedParameter`s in `__init__` and gives them shapes in `initialize_parameters`, which gets
    the arguments of the first call; from that call on the object is of the class `cls_to_become`.
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give every parameter and buffer its shape and starting values, from the arguments of the first call."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def _infer_parameters(self, module: Any, args: tuple, kwargs: dict) -> None:
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        module._initialize_hook.remove()
        del module._initialize_hook
        if not any(module.__dict__[kind] for kind in hooks.KINDS):
            del module._hooked  # calls need not look for hooks any more
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


class _Lazy(LazyModuleMixin):
    """What the layers below share: how a first input gives shapes to what has none."""

    def reset_parameters(self) -> None:
        """Nothing: the first call draws starting values."""

    def _start(self, **shapes: Any) -> None:
        """Give the tensors of these names (None is none) their shapes, and draw starting values. What was loaded before
        must have that shape, and keeps its values."""
        tensors = {name: getattr(self, name) for name in shapes if getattr(self, name) is not None}
        loaded = {name: t.array.copy() for name, t in tensors.items() if not is_lazy(t)}
        for name, array in loaded.items():
            if array.shape != shapes[name]:
                raise ValueError(
                    f"{type(self).__name__}: {name} was loaded with shape {array.shape}, but this input needs "
                    f"{shapes[name]}"
                )
        if len(loaded) == len(tensors):
            return
        for name, t in tensors.items():
            if name not in loaded:
                t.materialize(shapes[name])
        self.cls_to_become.reset_parameters(self)
        for name, array in loaded.items():
            tensors[name].array[...] = array


class LazyLinear(_Lazy, Linear):
    """Applies a `Linear` that takes in_features from its first input.

    out_features, bias, device and dtype are those of `Linear`. Until the first call, or until a state dict is loaded, the
    parameters have no shape; that call makes the object a `Linear`.

    Formula: that of `Linear`, with in_features = the size of the first input's last dimension
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating or complex dtype; the input has that of the parameters.
    Raises: when called, ValueError for a first input without dimensions, or one that does not fit what was loaded; then
        what `Linear` raises.
    Source: PyTorch's `LazyLinear`.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyLinear(3)
    >>> y = layer(ag.ones(2, 5))
    >>> layer
    Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Device = None, dtype: DTypeLike | None = None):
        super().__init__(0, 0, False, device)
        self.out_features = out_features
        self.weight = UninitializedParameter(dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(dtype=dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        if input.ndim == 0:
            raise ValueError("LazyLinear: input must have a dimension of features, got shape ()")
        self.in_features = input.shape[-1]
        self._start(weight=(self.out_features, self.in_features), bias=(self.out_features,))


def _docstring(layer: str, size: str, arguments: str, but: str = "") -> str:
    """What the docstrings of a family have in common (see `Spatial`)."""
    return f"""{arguments}, device and dtype are
    those of `{layer}{{d}}d`{but}.

    Until the first call, or until a state dict is loaded, the parameters have no shape; that call makes the object a
    `{layer}{{d}}d`.

    Formula: that of `{layer}{{d}}d`, with {size} = C of the first input
    Shapes: as for `{layer}{{d}}d`.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: what `{layer}{{d}}d` raises; when called, ValueError for a first input of another number of
        dimensions, or one that does not fit what was loaded.
    Source: PyTorch's `Lazy{layer}{{d}}d`.
    """


# ---------------------------------------------------------------------------------------------------------- convolution


class _LazyConvNd(_Lazy, Spatial):
    transposed: bool
    groups: int
    kernel_size: tuple
    weight: Any
    bias: Any

    def _without_inputs(self, out_channels: int, bias: bool, dtype: DTypeLike | None) -> None:
        if out_channels % self.groups:
            raise ValueError(
                f"{type(self).__name__}: out_channels must be divisible by groups, got {out_channels} and "
                f"groups={self.groups}"
            )
        self.out_channels = out_channels
        self.weight = UninitializedParameter(dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(dtype=dtype)

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; it must have {self.dims} dimensions of "
                "space after (N, C) or (C,)"
            )
        inputs, outputs, groups = input.shape[-self.dims - 1], self.out_channels, self.groups
        if inputs % groups:
            raise ValueError(
                f"{type(self).__name__}: in_channels must be divisible by groups, got {inputs} (input of shape "
                f"{tuple(input.shape)}) and groups={groups}"
            )
        self.in_channels = inputs
        sizes = (inputs, outputs // groups) if self.transposed else (outputs, inputs // groups)
        self._start(weight=(*sizes, *self.kernel_size), bias=(outputs,))


class _LazyConv(_LazyConvNd):
    __doc__ = _docstring(
        "Conv", "in_channels", "out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode"
    )

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: str | int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device)
        self._without_inputs(out_channels, bias, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """Convolves sequences as `Conv1d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConv1d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'Conv1d')
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """Convolves images as `Conv2d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConv2d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'Conv2d')
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """Convolves volumes as `Conv3d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConv3d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6, 6, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'Conv3d')
    """

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvNd):
    __doc__ = _docstring(
        "ConvTranspose",
        "in_channels",
        "out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode",
    )

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        output_padding: int | tuple[int, ...] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | tuple[int, ...] = 1,
        padding_mode: str = "zeros",
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device
        )
        self._without_inputs(out_channels, bias, dtype)


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """Enlarges sequences as `ConvTranspose1d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConvTranspose1d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'ConvTranspose1d')
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """Enlarges images as `ConvTranspose2d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConvTranspose2d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'ConvTranspose2d')
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """Enlarges volumes as `ConvTranspose3d` does, with in_channels taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyConvTranspose3d(8, 3)
    >>> y = layer(ag.ones(2, 3, 6, 6, 6))
    >>> layer.in_channels, type(layer).__name__
    (3, 'ConvTranspose3d')
    """

    cls_to_become = ConvTranspose3d


# -------------------------------------------------------------------------------------------------------- normalisation


class _LazyNorm(_Lazy, Spatial):
    ndims: tuple
    _check_input_dim: Any

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ):
        super().__init__(0, eps, momentum, False, False, device)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(dtype=dtype)
            self.running_var = UninitializedBuffer(dtype=dtype)
            self.num_batches_tracked = ag.tensor(0)

    def initialize_parameters(self, input: Tensor) -> None:
        self._check_input_dim(input)
        self.num_features = input.shape[self._channels(input)]
        shape = (self.num_features,)
        self._start(weight=shape, bias=shape, running_mean=shape, running_var=shape)

    def _channels(self, input: Tensor) -> int:
        return 1


class _LazyBatchNorm(_LazyNorm):
    __doc__ = _docstring("BatchNorm", "num_features", "eps, momentum, affine, track_running_stats, bias")


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """Normalises sequences as `BatchNorm1d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyBatchNorm1d()
    >>> y = layer(ag.ones(2, 3, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'BatchNorm1d')
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """Normalises images as `BatchNorm2d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyBatchNorm2d()
    >>> y = layer(ag.ones(2, 3, 6, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'BatchNorm2d')
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """Normalises volumes as `BatchNorm3d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyBatchNorm3d()
    >>> y = layer(ag.ones(2, 3, 6, 6, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'BatchNorm3d')
    """

    cls_to_become = BatchNorm3d


class _LazyInstanceNorm(_LazyNorm):
    __doc__ = _docstring(
        "InstanceNorm",
        "num_features",
        "eps, momentum, affine, track_running_stats, bias",
        but=", but affine and track_running_stats are True",
    )

    def _channels(self, input: Tensor) -> int:
        return 0 if input.ndim == self.ndims[0] else 1


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """Normalises sequences as `InstanceNorm1d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyInstanceNorm1d()
    >>> y = layer(ag.ones(2, 3, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'InstanceNorm1d')
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """Normalises images as `InstanceNorm2d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyInstanceNorm2d()
    >>> y = layer(ag.ones(2, 3, 6, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'InstanceNorm2d')
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """Normalises volumes as `InstanceNorm3d` does, with num_features taken from its first input.

    >>> import nn, autograd_core as ag
    >>> layer = nn.LazyInstanceNorm3d()
    >>> y = layer(ag.ones(2, 3, 6, 6, 6))
    >>> layer.num_features, type(layer).__name__
    (3, 'InstanceNorm3d')
    """

    cls_to_become = InstanceNorm3d
