"""Channels to pixels and back, and channels among groups."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module


class PixelShuffle(Module):
    """Moves groups of channels into space: upscale_factor² channels become a square of pixels.

    Formula: out[…, c, h r + i, w r + j] = input[…, (c r + i) r + j, h, w], r = upscale_factor
    Shapes: (*, C r², H, W) → (*, C, H r, W r).
    Dtypes: any, kept.
    Raises: when called, ValueError for fewer than three dimensions, channels that r² does not divide, or an r below 1.
    Source: Shi et al. 2016, "Real-time single image and video super-resolution", section 2.2.

    >>> import nn, autograd_core as ag
    >>> nn.PixelShuffle(2)(ag.arange(4.0).reshape(4, 1, 1))
    tensor([[[0., 1.],
             [2., 3.]]])
    """

    def __init__(self, upscale_factor: int):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Moves squares of pixels into channels: the inverse of `PixelShuffle`.

    Formula: out[…, (c r + i) r + j, h, w] = input[…, c, h r + i, w r + j], r = downscale_factor
    Shapes: (*, C, H r, W r) → (*, C r², H, W).
    Dtypes: any, kept.
    Raises: when called, ValueError for fewer than three dimensions, a height or width that r does not divide, or an r
        below 1.
    Source: PyTorch's `PixelUnshuffle`.

    >>> import nn, autograd_core as ag
    >>> nn.PixelUnshuffle(2)(ag.arange(4.0).reshape(1, 2, 2)).squeeze()
    tensor([0., 1., 2., 3.])
    """

    def __init__(self, downscale_factor: int):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Interleaves the channels of its groups, so that the next grouped convolution sees channels of all.

    Formula: out[n, k g + i, …] = input[n, i C / g + k, …], g = groups
    Shapes: (N, C, *), kept.
    Dtypes: any, kept.
    Raises: when called, ValueError for channels that g does not divide.
    Source: Zhang et al. 2018, "ShuffleNet", section 3.1.

    >>> import nn, autograd_core as ag
    >>> nn.ChannelShuffle(2)(ag.arange(4.0).reshape(1, 4, 1)).squeeze()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
