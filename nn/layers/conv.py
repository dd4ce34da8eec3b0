"""Convolution and transposed convolution over one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd_core as ag

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def repeated(value: Any, dims: int, what: str) -> tuple[int, ...]:
    """One number for each dimension, from one for all or a sequence of `dims`."""
    if isinstance(value, int):
        return (value,) * dims
    value = tuple(value)
    if len(value) != dims:
        raise ValueError(f"{what}={value} has {len(value)} numbers, needed are {dims}, or one for all dimensions")
    return value


class _ConvNd(Module):
    """What the six layers share: options, weight and bias, starting values uniform on ±1/√fan_in."""

    dims: int
    function: Callable[..., Any]  # of `nn.functional`
    transposed = False
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: Any,
    ):
        super().__init__()
        name = type(self).__name__
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
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        dtype: Any = None,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, dtype
        )

    def forward(self, input: Any) -> Any:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Any, weight: Any, bias: Any) -> Any:
        """The layer with another weight and bias, for subclasses that compute theirs."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self.margins(), mode=self.padding_mode)
            padding = 0
        return self.function(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution of (N, C, L) with `out_channels` filters of (C / groups, K); filters are not flipped."""

    dims = 1
    function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolution of (N, C, H, W) with `out_channels` filters of (C / groups, KH, KW); filters are not flipped.

    Output height: ⌊(H + 2 padding - dilation (KH - 1) - 1) / stride⌋ + 1. padding: a number, one a dimension, "valid"
    (none) or "same" (as much as keeps the size; odd ones at the end), filled as `padding_mode` says. Weight and bias
    start uniform on ±1/√(C / groups · KH · KW).
    """

    dims = 2
    function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolution of (N, C, D, H, W) with `out_channels` filters of (C / groups, KD, KH, KW)."""

    dims = 3
    function = staticmethod(F.conv3d)


class _ConvTranspose(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        dtype: Any = None,
    ):
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}, got {padding_mode!r}')
        if isinstance(padding, str):
            raise ValueError(f"{type(self).__name__}: padding must be numbers, got {padding!r}")
        sizes = (kernel_size, stride, padding, dilation, output_padding)
        super().__init__(in_channels, out_channels, *sizes, groups, bias, padding_mode, dtype)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        extra = self.output_padding if output_size is None else self._output_padding(tuple(input.shape), output_size)
        how = (self.stride, self.padding, extra, self.groups, self.dilation)
        return self.function(input, self.weight, self.bias, *how)

    def _output_padding(self, shape: tuple, output_size: Any) -> tuple[int, ...]:
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
    """The adjoint of `Conv1d`, with a bias: it enlarges (N, C, L) by `stride`."""

    dims = 1
    function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """The adjoint of `Conv2d`, with a bias: it enlarges (N, C, H, W) by `stride`. Weight (C, OC / groups, KH, KW).

    Output height: (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1; or `output_size`, given with the
    input, chosen among the sizes that the convolution would map onto this input's.
    """

    dims = 2
    function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """The adjoint of `Conv3d`, with a bias."""

    dims = 3
    function = staticmethod(F.conv_transpose3d)
