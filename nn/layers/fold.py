"""Images as columns of windows, and back."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module


class Unfold(Module):
    """Writes the windows of an image as columns.

    kernel_size, dilation (the distance of a window's elements), padding (with zeros) and stride: one number for height and
    width, or one for each.

    Formula: out[n, (c KH + u) KW + v, i OW + j] = input[n, c, s i + d u − p, s j + d v − p],
        with s, d, p = stride, dilation, padding, and (OH, OW) the number of windows, as for `Conv2d`
    Shapes: (N, C, H, W) or (C, H, W) → (N, C KH KW, OH OW) or (C KH KW, OH OW).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for another number of dimensions or a window that does not fit; TypeError for another
        dtype.
    Source: PyTorch's `Unfold`, known as im2col.

    >>> import nn, autograd_core as ag
    >>> nn.Unfold(2)(ag.arange(6.0).reshape(1, 2, 3))
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        dilation: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        stride: int | tuple[int, int] = 1,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Adds columns up to an image, each where `Unfold` reads it: its adjoint.

    output_size is (H, W), or one number for both; kernel_size, dilation, padding and stride are those of `Unfold`.

    Formula: out[n, c, s i + d u − p, s j + d v − p] = Σ input[n, (c KH + u) KW + v, i OW + j], over all i, j, u, v that
        lead there, with s, d, p = stride, dilation, padding
    Shapes: (N, C KH KW, OH OW) or (C KH KW, OH OW) → (N, C, H, W) or (C, H, W).
    Dtypes: float32 and float64, kept.
    Raises: when called, ValueError for a number of dimensions, rows or columns that does not fit; TypeError for another
        dtype.
    Source: PyTorch's `Fold`, known as col2im.

    >>> import nn, autograd_core as ag
    >>> nn.Fold((2, 3), 2)(ag.ones(4, 2))
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """

    def __init__(
        self,
        output_size: int | tuple[int, int],
        kernel_size: int | tuple[int, int],
        dilation: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        stride: int | tuple[int, int] = 1,
    ):
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
