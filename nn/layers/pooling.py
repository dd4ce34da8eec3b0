"""Pooling: maximum, average, p-norm, adaptive, and max-unpooling, over one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import functional as F
from ..module import Module
from .conv import repeated


class _MaxPool(Module):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _arguments(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "ceil_mode": self.ceil_mode,
            "return_indices": self.return_indices,
        }

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest value in each window of (N, C, L)."""

    def forward(self, input: Any) -> Any:
        return F.max_pool1d(input, **self._arguments())


class MaxPool2d(_MaxPool):
    """The largest value in each window of (N, C, H, W). stride: by default the kernel size."""

    def forward(self, input: Any) -> Any:
        return F.max_pool2d(input, **self._arguments())


class MaxPool3d(_MaxPool):
    """The largest value in each window of (N, C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.max_pool3d(input, **self._arguments())


class AvgPool1d(Module):
    """The mean of each window of (N, C, L)."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__()
        self.kernel_size = repeated(kernel_size, 1, "kernel_size")
        self.stride = repeated(stride if stride is not None else kernel_size, 1, "stride")
        self.padding = repeated(padding, 1, "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window of (N, C, H, W). stride: by default the kernel size."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _arguments(self) -> tuple:
        return (
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def forward(self, input: Any) -> Any:
        return F.avg_pool2d(input, *self._arguments())

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(AvgPool2d):
    """The mean of each window of (N, C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.avg_pool3d(input, *self._arguments())


class _LPPool(Module):
    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False):
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of (N, C, L), p = norm_type."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of (N, C, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of (N, C, D, H, W)."""

    def forward(self, input: Any) -> Any:
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class _Adaptive(Module):
    def __init__(self, output_size: Any):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """Means of as many windows as make the output's length `output_size`."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Means of as many windows as make the output's size `output_size`; None keeps a dimension."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_Adaptive):
    """`AdaptiveAvgPool2d` with one dimension more."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: Any, return_indices: bool = False):
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMax):
    """Maxima of as many windows as make the output's length `output_size`."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """Maxima of as many windows as make the output's size `output_size`; None keeps a dimension."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """`AdaptiveMaxPool2d` with one dimension more."""

    def forward(self, input: Any) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _MaxUnpool(Module):
    dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        super().__init__()
        self.kernel_size = repeated(kernel_size, self.dims, "kernel_size")
        self.stride = repeated(stride if stride is not None else kernel_size, self.dims, "stride")
        self.padding = repeated(padding, self.dims, "padding")

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Puts each value back where `MaxPool1d` (with `return_indices`) took it from, zeros elsewhere."""

    dims = 1

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """Puts each value back where `MaxPool2d` (with `return_indices`) took it from, zeros elsewhere."""

    dims = 2

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """Puts each value back where `MaxPool3d` (with `return_indices`) took it from, zeros elsewhere."""

    dims = 3

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _FractionalMaxPool(Module):
    dims: int

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ):
        super().__init__()
        name = type(self).__name__
        self.kernel_size = repeated(kernel_size, self.dims, "kernel_size")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        if (output_size is None) == (output_ratio is None):
            raise ValueError(
                f"{name}: give output_size or output_ratio, one of them; got {output_size} and {output_ratio}"
            )
        self.output_size = None if output_size is None else repeated(output_size, self.dims, "output_size")
        ratios = (output_ratio,) * self.dims if isinstance(output_ratio, float) else output_ratio
        self.output_ratio = None if ratios is None else repeated(ratios, self.dims, "output_ratio")
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"{name}: output_ratio must be between 0 and 1, got {output_ratio}")

    def _arguments(self) -> tuple:
        return (self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest value in windows of (N, C, H, W) at random distances, to a size given as numbers or as a fraction
    (Graham 2014)."""

    dims = 2

    def forward(self, input: Any) -> Any:
        return F.fractional_max_pool2d(input, *self._arguments())


class FractionalMaxPool3d(_FractionalMaxPool):
    """`FractionalMaxPool2d` with one dimension more."""

    dims = 3

    def forward(self, input: Any) -> Any:
        return F.fractional_max_pool3d(input, *self._arguments())


class KMaxPool1d(Module):
    """The k largest values of each row of (N, C, L) in the order they stand there (Kalchbrenner et al. 2014)."""

    def __init__(self, k: int, return_indices: bool = False):
        super().__init__()
        self.k = k
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return F.kmax_pool1d(input, self.k, self.return_indices)

    def extra_repr(self) -> str:
        return f"k={self.k}"


class _GlobalPool(Module):
    dims: int
    function: Callable[..., Any]  # of `nn.functional`: to any size

    def __init__(self, keepdim: bool = False):
        super().__init__()
        self.keepdim = keepdim

    def forward(self, input: Any) -> Any:
        out = self.function(input, 1)
        return out if self.keepdim else out.flatten(-self.dims)[..., 0]

    def extra_repr(self) -> str:
        return f"keepdim={self.keepdim}"


class GlobalAvgPool1d(_GlobalPool):
    """The mean of each channel: (N, C, L) -> (N, C), or (N, C, 1) with keepdim (Lin et al. 2014, section 3.2)."""

    dims = 1
    function = staticmethod(F.adaptive_avg_pool1d)


class GlobalAvgPool2d(_GlobalPool):
    """The mean of each channel: (N, C, H, W) -> (N, C), or (N, C, 1, 1) with keepdim (Lin et al. 2014, section 3.2)."""

    dims = 2
    function = staticmethod(F.adaptive_avg_pool2d)


class GlobalAvgPool3d(_GlobalPool):
    """The mean of each channel: (N, C, D, H, W) -> (N, C), or (N, C, 1, 1, 1) with keepdim."""

    dims = 3
    function = staticmethod(F.adaptive_avg_pool3d)


class GlobalMaxPool1d(_GlobalPool):
    """The largest value of each channel: (N, C, L) -> (N, C), or (N, C, 1) with keepdim."""

    dims = 1
    function = staticmethod(F.adaptive_max_pool1d)


class GlobalMaxPool2d(_GlobalPool):
    """The largest value of each channel: (N, C, H, W) -> (N, C), or (N, C, 1, 1) with keepdim."""

    dims = 2
    function = staticmethod(F.adaptive_max_pool2d)


class GlobalMaxPool3d(_GlobalPool):
    """The largest value of each channel: (N, C, D, H, W) -> (N, C), or (N, C, 1, 1, 1) with keepdim."""

    dims = 3
    function = staticmethod(F.adaptive_max_pool3d)
