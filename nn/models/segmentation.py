"""A fully convolutional network: a class for every pixel."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from .. import init
from ..layers.activation import ReLU
from ..layers.container import ModuleList, Sequential
from ..layers.conv import Conv2d, ConvTranspose2d
from ..layers.norm import BatchNorm2d
from ..layers.pooling import MaxPool2d
from ..module import Module


class FCN(Module):
    """Scores the classes of every pixel: convolutions down, transposed convolutions up.

    num_classes, in_channels: of the scores and the images; widths: the channels of each stage, which halves the image
    (rounding up) and scores the classes at its own resolution by a 1×1 convolution. From the coarsest, scores are enlarged
    twofold by a transposed convolution that begins as bilinear interpolation, and the scores of the next finer stage are
    added, until they are as large as the image.

    Formula: x_k = stage_k(x_{k−1}), y_n = score_n(x_n), y_{k−1} = enlarge_k(y_k) + score_{k−1}(x_{k−1}),
        out = enlarge_1(y_1)
    Shapes: (N, in_channels, H, W) → (N, num_classes, H, W), any H and W.
    Dtypes: the default float, or that the model is converted to, float32 or float64.
    Raises: when called, what `Conv2d` raises.
    Source: Long, Shelhamer & Darrell 2015, "Fully convolutional networks for semantic segmentation", section 4.

    >>> import nn, autograd_core as ag
    >>> nn.FCN(3, in_channels=1, widths=(4, 8))(ag.zeros(1, 1, 10, 13)).shape
    (1, 3, 10, 13)
    """

    def __init__(self, num_classes: int, in_channels: int = 3, widths: tuple[int, ...] = (16, 32, 64)):
        super().__init__()
        self.stages, self.scores, self.enlarge = ModuleList(), ModuleList(), ModuleList()
        channels = in_channels
        for width in widths:
            self.stages.append(
                Sequential(
                    Conv2d(channels, width, 3, padding=1, bias=False), BatchNorm2d(width), ReLU(),
                    Conv2d(width, width, 3, padding=1, bias=False), BatchNorm2d(width), ReLU(),
                    MaxPool2d(2, ceil_mode=True),
                )
            )  # fmt: skip
            self.scores.append(Conv2d(width, num_classes, 1))
            twofold = ConvTranspose2d(num_classes, num_classes, 4, 2, 1, bias=False)
            init.bilinear_(twofold.weight)
            self.enlarge.append(twofold)
            channels = width

    def forward(self, input: Tensor) -> Tensor:
        sizes, scores, x = [], [], input
        for stage, score in zip(self.stages, self.scores, strict=True):
            sizes.append(x.shape[-2:])
            x = stage(x)
            scores.append(score(x))
        out = scores.pop()
        for enlarge, (H, W) in zip(reversed(list(self.enlarge)), reversed(sizes), strict=True):
            out = enlarge(out)[..., :H, :W]  # where the size was odd, pooling had rounded it up
            if scores:
                out = out + scores.pop()
        return out
