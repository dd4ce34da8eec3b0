"""Pooling to a size of the output: adaptive, fractional, the k largest, and global, over one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module
from .spatial import Spatial, repeated


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
    """Takes the mean of one window of a sequence for each element of the output.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveAvgPool1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1.5, 2.5]])
    """

    dims = 1
    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Takes the mean of one window of an image for each element of the output.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveAvgPool2d((1, None))(ag.tensor([[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]]))
    tensor([[[2., 3., 4.]]])
    """

    dims = 2
    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Takes the mean of one window of a volume for each element of the output.

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
    """Takes the largest value in one window of a sequence for each element of the output.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 3.]])
    """

    dims = 1
    function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Takes the largest value in one window of an image for each element of the output.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool2d((1, None))(ag.tensor([[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]]))
    tensor([[[3., 4., 5.]]])
    """

    dims = 2
    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Takes the largest value in one window of a volume for each element of the output.

    >>> import nn, autograd_core as ag
    >>> nn.AdaptiveMaxPool3d(1)(ag.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    dims = 3
    function = staticmethod(F.adaptive_max_pool3d)


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
