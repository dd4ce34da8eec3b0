"""Pooling over windows of a size: maximum, average, p-norm, and max-unpooling, over one, two and three dimensions.

The poolings to a size of the output are in `pooling_adaptive`, and have their names here too, where PyTorch has them.
"""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from .pooling_adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    FractionalMaxPool2d,
    FractionalMaxPool3d,
    GlobalAvgPool1d,
    GlobalAvgPool2d,
    GlobalAvgPool3d,
    GlobalMaxPool1d,
    GlobalMaxPool2d,
    GlobalMaxPool3d,
    KMaxPool1d,
)
from .spatial import Spatial, repeated

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d",
    "GlobalAvgPool1d", "GlobalAvgPool2d", "GlobalAvgPool3d", "GlobalMaxPool1d", "GlobalMaxPool2d",
    "GlobalMaxPool3d", "KMaxPool1d", "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d",
    "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip


class _MaxPool(Spatial):
    """kernel_size, stride (None: the kernel size), padding (with −∞, at most half of the kernel) and dilation (the distance
    of a window's elements): one number for all dimensions, or one for each. ceil_mode rounds the number of windows up; each
    still begins in the input or its padding. return_indices adds the positions of the maxima, as `MaxUnpool{d}d` takes them.

    Formula: out[n, c, {i}] = max over {u} of input[n, c, {at}],
        with s, d, p = stride, dilation, padding; each output size is ⌊(size + 2 p − d (kernel − 1) − 1) / s⌋ + 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}); the indices too.
    Dtypes: float32 and float64, kept; indices are int64, those of the flattened ({space}).
    Raises: when called, ValueError for another number of dimensions, numbers below 1 (padding: below 0), or a window that
        does not fit; TypeError for another dtype.
    Source: PyTorch's `MaxPool{d}d`.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
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

    def forward(self, input: Tensor) -> Any:
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """Takes the largest value in each window of a sequence.

    >>> import nn, autograd_core as ag
    >>> nn.MaxPool1d(2)(ag.tensor([[1.0, 4.0, 2.0, 3.0]]))
    tensor([[4., 3.]])
    """

    dims = 1
    function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """Takes the largest value in each window of an image.

    >>> import nn, autograd_core as ag
    >>> nn.MaxPool2d(2)(ag.tensor([[[1.0, 4.0, 2.0, 3.0], [0.0, 5.0, 6.0, 1.0]]]))
    tensor([[[5., 6.]]])
    """

    dims = 2
    function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """Takes the largest value in each window of a volume.

    >>> import nn, autograd_core as ag
    >>> nn.MaxPool3d(2)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    dims = 3
    function = staticmethod(F.max_pool3d)


# -------------------------------------------------------------------------------------------------------------- average


class _AvgPool(Spatial):
    """kernel_size, stride (None: the kernel size) and padding (with zeros, at most half of the kernel): one number for all
    dimensions, or one for each. ceil_mode rounds the number of windows up. count_include_pad counts the padding's zeros as
    elements of their windows. divisor_override, which `AvgPool1d` does not take, divides the sums instead of the number of
    elements.

    Formula: out[n, c, {i}] = mean over {u} of input[n, c, {at}],
        with s, p = stride, padding and d = 1; each output size is ⌊(size + 2 p − kernel) / s⌋ + 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for another number of dimensions, numbers below 1 (padding: below 0), a divisor of 0, or
        a window that does not fit; TypeError for another dtype.
    Source: LeCun et al. 1998, section II.B (subsampling, there with coefficients); PyTorch's `AvgPool{d}d`.
    """

    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...]
    padding: int | tuple[int, ...]
    ceil_mode: bool
    count_include_pad: bool

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Takes the mean of each window of a sequence.

    >>> import nn, autograd_core as ag
    >>> nn.AvgPool1d(2)(ag.tensor([[1.0, 4.0, 2.0, 3.0]]))
    tensor([[2.5, 2.5]])
    """

    dims = 1
    function = staticmethod(F.avg_pool1d)

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__()
        self.kernel_size = repeated(kernel_size, 1, "kernel_size")
        self.stride = repeated(stride if stride is not None else kernel_size, 1, "stride")
        self.padding = repeated(padding, 1, "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class _AvgPoolNd(_AvgPool):
    __doc__ = _AvgPool.__doc__

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
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

    def forward(self, input: Tensor) -> Tensor:
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_AvgPoolNd):
    """Takes the mean of each window of an image.

    >>> import nn, autograd_core as ag
    >>> nn.AvgPool2d(2)(ag.tensor([[[1.0, 4.0, 2.0, 3.0], [0.0, 5.0, 6.0, 1.0]]]))
    tensor([[[2.5, 3. ]]])
    """

    dims = 2
    function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    """Takes the mean of each window of a volume.

    >>> import nn, autograd_core as ag
    >>> nn.AvgPool3d(2)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[3.5]]]])
    """

    dims = 3
    function = staticmethod(F.avg_pool3d)


# --------------------------------------------------------------------------------------------------------------- p-norm


class _LPPool(Spatial):
    """norm_type is the p; 1 gives the sum of each window, a large p nearly its maximum. kernel_size and stride (None: the
    kernel size): one number for all dimensions, or one for each. ceil_mode rounds the number of windows up; a last one that
    reaches over the end counts as if its mean went on there.

    Formula: out[n, c, {i}] = (Σ over {u} of xᵖ)^(1/p), where x = input[n, c, {window}] and
        s = stride; of a negative sum minus the root of its size (PyTorch: NaN)
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}).
    Dtypes: float32 and float64, kept; integers become the default float.
    Raises: when called, ValueError for another number of dimensions, a norm_type that is not positive, numbers below 1, or
        a window that does not fit; TypeError for another dtype.
    Source: PyTorch's `LPPool{d}d`.
    """

    def __init__(
        self,
        norm_type: float,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """Takes the p-norm, without absolute values, of each window of a sequence.

    >>> import nn, autograd_core as ag
    >>> nn.LPPool1d(2, 2)(ag.tensor([[3.0, 4.0, 0.0, 2.0]]))
    tensor([[5., 2.]])
    """

    dims = 1
    function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """Takes the p-norm, without absolute values, of each window of an image.

    >>> import nn, autograd_core as ag
    >>> nn.LPPool2d(2, 2)(ag.ones(1, 2, 2))
    tensor([[[2.]]])
    """

    dims = 2
    function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """Takes the p-norm, without absolute values, of each window of a volume.

    >>> import nn, autograd_core as ag
    >>> nn.LPPool3d(3, 2)(ag.ones(1, 2, 2, 2))
    tensor([[[[2.]]]])
    """

    dims = 3
    function = staticmethod(F.lp_pool3d)


# --------------------------------------------------------------------------------------------------------- max-unpooling


class _MaxUnpool(Spatial):
    """kernel_size, stride (None: the kernel size) and padding are those of the pooling, one number for all dimensions or one
    for each; they give the output's size, unless the call names it: unpool(input, indices, output_size).

    Formula: out[n, c, indices[n, c, {i}]] = input[n, c, {i}], the indices into the flattened output, 0 elsewhere;
        each output size is (size − 1) stride − 2 padding + kernel
    Shapes: (N, C, {space}) and the same → (N, C, {out}); or without N.
    Dtypes: float32 and float64, kept; indices are integers.
    Raises: ValueError for other numbers of sizes, and when called for shapes that differ; IndexError for an index outside
        the output; TypeError for another dtype.
    Source: Zeiler & Fergus 2014, section 2.1 (unpooling with switches); PyTorch's `MaxUnpool{d}d`.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
    ):
        super().__init__()
        self.kernel_size = repeated(kernel_size, self.dims, "kernel_size")
        self.stride = repeated(stride if stride is not None else kernel_size, self.dims, "stride")
        self.padding = repeated(padding, self.dims, "padding")

    def forward(self, input: Tensor, indices: Tensor, output_size: tuple[int, ...] | None = None) -> Tensor:
        return self.function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Puts each value where `MaxPool1d` (with `return_indices`) took it from, zeros elsewhere.

    >>> import nn, autograd_core as ag
    >>> nn.MaxUnpool1d(2)(*nn.MaxPool1d(2, return_indices=True)(ag.tensor([[1.0, 4.0, 2.0, 3.0]])))
    tensor([[0., 4., 0., 3.]])
    """

    dims = 1
    function = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """Puts each value where `MaxPool2d` (with `return_indices`) took it from, zeros elsewhere.

    >>> import nn, autograd_core as ag
    >>> nn.MaxUnpool2d(2)(*nn.MaxPool2d(2, return_indices=True)(ag.tensor([[[1.0, 4.0], [2.0, 3.0]]])))
    tensor([[[0., 4.],
             [0., 0.]]])
    """

    dims = 2
    function = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """Puts each value where `MaxPool3d` (with `return_indices`) took it from, zeros elsewhere.

    >>> import nn, autograd_core as ag
    >>> nn.MaxUnpool3d(2)(ag.ones(1, 1, 1, 1), ag.tensor([[[[3]]]])).flatten()
    tensor([0., 0., 0., 1., 0., 0., 0., 0.])
    """

    dims = 3
    function = staticmethod(F.max_unpool3d)
