"""Pooling: maximum, average, p-norm, adaptive, fractional, global, and max-unpooling, over one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module
from .spatial import Spatial, repeated


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
    kernel size): one number for all dimensions, or one for each. ceil_mode rounds the number of windows up.

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


# ------------------------------------------------------------------------------------------------------------- adaptive


class _AdaptiveAvgPool(Spatial):
    """output_size is one number for all dimensions, or one for each, where None keeps the input's. The windows cover the
    input; where it is not divisible they differ in size by one and overlap, and a smaller input is repeated.

    Formula: in each dimension output k is the mean over the inputs from ⌊k · size / output⌋ to
        ⌈(k + 1) · size / output⌉ − 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, *output_size) or (C, *output_size).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for another number of dimensions of the input or of sizes; TypeError for another dtype.
    Source: PyTorch's `AdaptiveAvgPool{d}d`.
    """

    def __init__(self, output_size: int | tuple[int | None, ...] | None):
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Takes the means of as many windows of a sequence as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveAvgPool1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1.5, 2.5]])
    """

    dims = 1
    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Takes the means of as many windows of an image as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveAvgPool2d((1, None))(ag.tensor([[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]]))
    tensor([[[2., 3., 4.]]])
    """

    dims = 2
    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Takes the means of as many windows of a volume as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveAvgPool3d(1)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[3.5]]]])
    """

    dims = 3
    function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(Spatial):
    """output_size is one number for all dimensions, or one for each, where None keeps the input's. The windows are those of
    `AdaptiveAvgPool{d}d`. return_indices adds the positions of the maxima.

    Formula: in each dimension output k is the maximum over the inputs from ⌊k · size / output⌋ to
        ⌈(k + 1) · size / output⌉ − 1
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, *output_size) or (C, *output_size); the indices too.
    Dtypes: float32 and float64, kept; indices are int64, those of the flattened ({space}).
    Raises: when called, ValueError for another number of dimensions of the input or of sizes; TypeError for another dtype.
    Source: PyTorch's `AdaptiveMaxPool{d}d`.
    """

    def __init__(self, output_size: int | tuple[int | None, ...] | None, return_indices: bool = False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return self.function(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Takes the maxima of as many windows of a sequence as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 3.]])
    """

    dims = 1
    function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Takes the maxima of as many windows of an image as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool2d((1, None))(ag.tensor([[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]]))
    tensor([[[3., 4., 5.]]])
    """

    dims = 2
    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Takes the maxima of as many windows of a volume as the output shall have elements.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool3d(1)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    dims = 3
    function = staticmethod(F.adaptive_max_pool3d)


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


# ----------------------------------------------------------------------------------------------------------- fractional


class _FractionalMaxPool(Spatial):
    """Windows of kernel_size stand at pseudo-random distances, drawn anew in each call. Either output_size, one number for
    all dimensions or one for each, or output_ratio, likewise fractions between 0 and 1, says how many there are.
    return_indices adds the positions of the maxima. _random_samples, (N, C, {d}) from 0 to 1, takes the place of the draws.

    Formula: out[n, c, {i}] = max over {u} of input[n, c, a({i}) + ({u})]; in each
        dimension, with α = (size − kernel) / (output − 1) and a uniform r, a(i) = ⌊α (i + r)⌋ − ⌊α r⌋, and the last
        window ends with the input
    Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}); the indices too.
    Dtypes: float32 and float64, kept; indices are int64, those of the flattened ({space}).
    Raises: ValueError unless one of output_size and output_ratio is passed, and for ratios outside (0, 1); when called
        ValueError for another number of dimensions or windows that do not fit, TypeError for another dtype.
    Source: Graham 2014, "Fractional max-pooling"; PyTorch's `FractionalMaxPool{d}d`.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        output_size: int | tuple[int, ...] | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
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

    def forward(self, input: Tensor) -> Any:
        return self.function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Takes the largest value in windows of an image at random distances, to a size or a fraction of the input's.

    >>> import nn, autograd_core as ag
    >>> nn.FractionalMaxPool2d(2, output_ratio=0.6)(ag.ones(1, 3, 10, 10)).shape
    (1, 3, 6, 6)
    """

    dims = 2
    function = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """Takes the largest value in windows of a volume at random distances, to a size or a fraction of the input's.

    >>> import nn, autograd_core as ag
    >>> nn.FractionalMaxPool3d(2, output_size=3)(ag.ones(1, 2, 6, 6, 6)).shape
    (1, 2, 3, 3, 3)
    """

    dims = 3
    function = staticmethod(F.fractional_max_pool3d)


# ------------------------------------------------------------------------------------------------------- k-max and global


class KMaxPool1d(Module):
    """Takes the k largest values of each row, in the order they stand there.

    return_indices adds their positions.

    Formula: out[…, i] = input[…, position of the i-th, from the left, of the k largest]
    Shapes: (…, L) → (…, k).
    Dtypes: any, kept; indices are int64.
    Raises: when called, ValueError unless k is from 1 to L.
    Source: Kalchbrenner et al. 2014, "A convolutional neural network for modelling sentences", section 3.2.

    >>> import nn, autograd_core as ag
    >>> nn.KMaxPool1d(2)(ag.tensor([[1.0, 4.0, 2.0, 3.0]]))
    tensor([[4., 3.]])
    """

    def __init__(self, k: int, return_indices: bool = False):
        super().__init__()
        self.k = k
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return F.kmax_pool1d(input, self.k, self.return_indices)

    def extra_repr(self) -> str:
        return f"k={self.k}"


class _GlobalPool(Spatial):
    def __init__(self, keepdim: bool = False):
        super().__init__()
        self.keepdim = keepdim

    def forward(self, input: Tensor) -> Tensor:
        out = self.function(input, 1)
        return out if self.keepdim else out.flatten(-self.dims)[..., 0]

    def extra_repr(self) -> str:
        return f"keepdim={self.keepdim}"


class _GlobalAvgPool(_GlobalPool):
    """keepdim keeps the pooled dimensions, with size 1.

    Formula: out[n, c] = mean over {i} of input[n, c, {i}]
    Shapes: (N, C, {space}) or (C, {space}) → (N, C) or (C,); with keepdim (N, C, {ones}) or (C, {ones}).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for another number of dimensions; TypeError for another dtype.
    Source: Lin et al. 2014, "Network in network", section 3.2.
    """


class GlobalAvgPool1d(_GlobalAvgPool):
    """Takes the mean of each channel of a sequence.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalAvgPool1d()(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([2.])
    """

    dims = 1
    function = staticmethod(F.adaptive_avg_pool1d)


class GlobalAvgPool2d(_GlobalAvgPool):
    """Takes the mean of each channel of an image.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalAvgPool2d()(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([2.5])
    """

    dims = 2
    function = staticmethod(F.adaptive_avg_pool2d)


class GlobalAvgPool3d(_GlobalAvgPool):
    """Takes the mean of each channel of a volume.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalAvgPool3d(keepdim=True)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[3.5]]]])
    """

    dims = 3
    function = staticmethod(F.adaptive_avg_pool3d)


class _GlobalMaxPool(_GlobalPool):
    """keepdim keeps the pooled dimensions, with size 1.

    Formula: out[n, c] = max over {i} of input[n, c, {i}]
    Shapes: (N, C, {space}) or (C, {space}) → (N, C) or (C,); with keepdim (N, C, {ones}) or (C, {ones}).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for another number of dimensions; TypeError for another dtype.
    Source: PyTorch's `AdaptiveMaxPool{d}d`, with output_size 1.
    """


class GlobalMaxPool1d(_GlobalMaxPool):
    """Takes the largest value of each channel of a sequence.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalMaxPool1d()(ag.tensor([[1.0, 3.0, 2.0]]))
    tensor([3.])
    """

    dims = 1
    function = staticmethod(F.adaptive_max_pool1d)


class GlobalMaxPool2d(_GlobalMaxPool):
    """Takes the largest value of each channel of an image.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalMaxPool2d()(ag.tensor([[[1.0, 4.0], [3.0, 2.0]]]))
    tensor([4.])
    """

    dims = 2
    function = staticmethod(F.adaptive_max_pool2d)


class GlobalMaxPool3d(_GlobalMaxPool):
    """Takes the largest value of each channel of a volume.

    >>> import nn, autograd_core as ag
    >>> nn.GlobalMaxPool3d(keepdim=True)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    dims = 3
    function = staticmethod(F.adaptive_max_pool3d)
