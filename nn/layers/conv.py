"""Convolution and transposed convolution over one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from .. import init
from ..parameter import Parameter
from .spatial import Spatial, repeated

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Spatial):
    """What the six layers share: options, weight and bias, starting values uniform on ±1/√fan_in."""

    transposed = False
    weight: Parameter
    bias: Parameter  # None without one

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: str | int | tuple[int, ...],
        dilation: int | tuple[int, ...],
        output_padding: int | tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Device,
        dtype: DTypeLike | None,
    ):
        super().__init__()
        name = type(self).__name__
        on_cpu(device, name)
        if groups <= 0:
            raise ValueError(f"{name}: groups must be a positive integer, got {groups}")
        for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"{name}: {what} must be divisible by groups, got {channels} and groups={groups}")
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"{name}: padding_mode must be one of {PADDING_MODES}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = repeated(kernel_size, self.dims, "kernel_size")
        self.stride = repeated(stride, self.dims, "stride")
        self.padding: Any = padding if isinstance(padding, str) else repeated(padding, self.dims, "padding")
        self.dilation = repeated(dilation, self.dims, "dilation")
        self.output_padding = repeated(output_padding, self.dims, "output_padding")
        self.groups = groups
        self.padding_mode = padding_mode
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"{name}: padding is a number, a tuple, 'same' or 'valid', got {padding!r}")
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError(f"{name}: padding='same' is not supported for strided convolutions (stride {stride})")
        ins, outs = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(ag.empty(ins, outs // groups, *self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init.fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in else 0
            init.uniform_(self.bias, -bound, bound)

    def margins(self) -> tuple[int, ...]:
        """The padding as `F.pad` takes it: before and after the last dimension, then the one before it, and so on."""
        pairs = []
        for d in range(self.dims):
            if isinstance(self.padding, str):
                total = self.dilation[d] * (self.kernel_size[d] - 1) if self.padding == "same" else 0
                pairs.append((total // 2, total - total // 2))
            else:
                pairs.append((self.padding[d], self.padding[d]))
        return tuple(width for pair in reversed(pairs) for width in pair)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self.dims:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.dims:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.dims:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """in_channels, out_channels: C and OC; in `groups` groups of channels, each output channel sees the C / groups inputs of
    its own. kernel_size, stride, padding and dilation are one number for all dimensions, or one for each; padding may also
    be "valid" (none) or "same" (as much as keeps the size; an odd element at the end), and is filled as padding_mode says:
    "zeros", "reflect", "replicate" or "circular". Without bias there is none. Weight and bias start uniform on
    ±1/√(C / groups · {product}). dtype is that of the parameters; device is None or "cpu".

    Formula: out[n, o, {i}] = bias[o] + Σ over c, {u} of
            weight[o, c, {u}] · input[n, c, {at}],
        c the channels of o's group and s, d, p = stride, dilation, padding: filters are not flipped; each output size is
        ⌊(size + 2 p − d (kernel − 1) − 1) / s⌋ + 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, OC, {out}) or (OC, {out});
        weight (OC, C / groups, {kernel}), bias (OC,).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError for groups that do not divide the channels, and for an unknown padding or padding_mode; when called,
        ValueError for other channels or dimensions, or a kernel larger than the padded input; TypeError for another dtype.
    Source: LeCun et al. 1998, section II.A; PyTorch's `Conv{d}d`.
    """

    def __init__(
        self,
        in_channels: int,
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
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Any, bias: Any) -> Tensor:
        """The layer with another weight and bias, for subclasses that compute theirs."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self.margins(), mode=self.padding_mode)
            padding = 0
        return self.function(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolves a sequence with learnt filters.

    >>> import nn, autograd_core as ag
    >>> nn.Conv1d(3, 8, kernel_size=5, padding="same")(ag.ones(2, 3, 20)).shape
    (2, 8, 20)
    """

    dims = 1
    function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolves an image with learnt filters.

    >>> import nn, autograd_core as ag
    >>> nn.Conv2d(3, 8, kernel_size=3, stride=2)(ag.ones(2, 3, 9, 9)).shape
    (2, 8, 4, 4)
    """

    dims = 2
    function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolves a volume with learnt filters.

    >>> import nn, autograd_core as ag
    >>> nn.Conv3d(1, 2, kernel_size=(1, 3, 3))(ag.ones(1, 1, 2, 4, 4)).shape
    (1, 2, 2, 2, 2)
    """

    dims = 3
    function = staticmethod(F.conv3d)


class _ConvTranspose(_ConvNd):
    """in_channels, out_channels: C and OC; in `groups` groups of channels, each input channel reaches the OC / groups
    outputs of its own. kernel_size, stride, padding (which takes away), output_padding (below stride or dilation: more
    of the output, at its end) and dilation are one number for all dimensions, or one for each; padding_mode is "zeros".
    Without bias there is none. The call may name the output's size, layer(input, output_size), in place of
    output_padding. Weight and bias start uniform on ±1/√(OC / groups · {product}). dtype is that of the parameters;
    device is None or "cpu".

    Formula: to out[n, o, {at}], which starts as bias[o], is added
            weight[c, o, {u}] · input[n, c, {i}], for all c, {i}, {u} and the o of c's group,
        with s, d, p = stride, dilation, padding; each output size is
        (size − 1) s − 2 p + d (kernel − 1) + output_padding + 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, OC, {out}) or (OC, {out});
        weight (C, OC / groups, {kernel}), bias (OC,).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError for groups that do not divide the channels, and for another padding or padding_mode; when called,
        ValueError for other channels or dimensions, or an output_size that no input leads to; TypeError for another dtype.
    Source: Zeiler et al. 2010, "Deconvolutional networks"; PyTorch's `ConvTranspose{d}d`.
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
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
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}, got {padding_mode!r}')
        if isinstance(padding, str):
            raise ValueError(f"{type(self).__name__}: padding must be numbers, got {padding!r}")
        sizes = (kernel_size, stride, padding, dilation, output_padding)
        super().__init__(in_channels, out_channels, *sizes, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._output_padding(tuple(input.shape), output_size)
        return self.function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _output_padding(self, shape: tuple[int, ...], output_size: Sequence[int]) -> tuple[int, ...]:
        output_size = tuple(output_size)
        if len(output_size) == len(shape):
            output_size = output_size[-self.dims :]
        if len(output_size) != self.dims:
            raise ValueError(
                f"{type(self).__name__}: output_size must have {self.dims} or {len(shape)} elements "
                f"(got {len(output_size)})"
            )
        smallest = tuple(
            (shape[d - self.dims] - 1) * self.stride[d]
            - 2 * self.padding[d]
            + self.dilation[d] * (self.kernel_size[d] - 1)
            + 1
            for d in range(self.dims)
        )
        largest = tuple(size + step - 1 for size, step in zip(smallest, self.stride, strict=True))
        if any(not low <= size <= high for low, size, high in zip(smallest, output_size, largest, strict=True)):
            raise ValueError(
                f"{type(self).__name__}: requested an output size of {output_size}, but valid sizes range from "
                f"{smallest} to {largest} (for an input of {shape[-self.dims :]})"
            )
        return tuple(size - low for size, low in zip(output_size, smallest, strict=True))


class ConvTranspose1d(_ConvTranspose):
    """Applies the adjoint of `Conv1d` and adds a bias: it enlarges a sequence by `stride`.

    >>> import nn, autograd_core as ag
    >>> nn.ConvTranspose1d(3, 8, kernel_size=4, stride=2, padding=1)(ag.ones(2, 3, 10)).shape
    (2, 8, 20)
    """

    dims = 1
    function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """Applies the adjoint of `Conv2d` and adds a bias: it enlarges an image by `stride`.

    >>> import nn, autograd_core as ag
    >>> nn.ConvTranspose2d(3, 8, kernel_size=3, stride=2)(ag.ones(2, 3, 4, 4), output_size=(10, 9)).shape
    (2, 8, 10, 9)
    """

    dims = 2
    function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """Applies the adjoint of `Conv3d` and adds a bias: it enlarges a volume by `stride`.

    >>> import nn, autograd_core as ag
    >>> nn.ConvTranspose3d(1, 2, kernel_size=2, stride=2)(ag.ones(1, 1, 2, 3, 3)).shape
    (1, 2, 4, 6, 6)
    """

    dims = 3
    function = staticmethod(F.conv_transpose3d)
