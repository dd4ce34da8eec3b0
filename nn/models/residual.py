"""Residual networks for small images."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.engine.tensor import Tensor

from ..layers.activation import ReLU
from ..layers.container import Identity, Sequential
from ..layers.conv import Conv2d
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..layers.norm import BatchNorm2d
from ..layers.pooling_adaptive import AdaptiveAvgPool2d
from ..module import Module


class ResidualBlock(Module):
    """Adds a body of two convolutions to a shortcut: the body learns what to add to its input.

    The body is convolution 3×3 from in_channels to out_channels with `stride`, batch norm, ReLU, convolution 3×3, batch
    norm. The shortcut is the input itself, or, where the shape changes, a 1×1 convolution with batch norm.

    Formula: out = relu(body(input) + shortcut(input))
    Shapes: (N, in_channels, H, W) → (N, out_channels, ⌈H / stride⌉, ⌈W / stride⌉).
    Dtypes: the default float, or that the model is converted to, float32 or float64.
    Raises: when called, what `Conv2d` and `BatchNorm2d` raise.
    Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", figure 2 and eq. (2).

    >>> import nn, autograd_core as ag
    >>> nn.ResidualBlock(4, 8, stride=2)(ag.zeros(1, 4, 6, 6)).shape
    (1, 8, 3, 3)
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.body = Sequential(
            Conv2d(in_channels, out_channels, 3, stride, 1, bias=False), BatchNorm2d(out_channels), ReLU(),
            Conv2d(out_channels, out_channels, 3, 1, 1, bias=False), BatchNorm2d(out_channels),
        )  # fmt: skip
        self.shortcut: Module = Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = Sequential(
                Conv2d(in_channels, out_channels, 1, stride, bias=False), BatchNorm2d(out_channels)
            )
        self.activation = ReLU()

    def forward(self, input: Tensor) -> Tensor:
        return self.activation(self.body(input) + self.shortcut(input))


class ResNet(Module):
    """Classifies small images, of about 32×32, by stages of residual blocks.

    num_classes, in_channels  of the scores and the images
    widths                    the channels of each stage; every stage but the first halves the image in its first block
    blocks                    the number of residual blocks of each stage

    A first convolution goes before, the mean over the last maps and one linear layer after. `ResNet(blocks=n)` with the
    default widths is the network of 6n + 2 layers of the paper's section 4.2, with 1×1 convolutions where shapes change.

    Formula: out = W mean over positions of stage_n(… stage_1(relu(norm(conv(input))))) + b
    Shapes: (N, in_channels, H, W) → (N, num_classes).
    Dtypes: the default float, or that the model is converted to, float32 or float64.
    Raises: ValueError without a width or a block; when called, what `Conv2d` raises.
    Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", section 4.2.

    >>> import nn
    >>> sum(p.numel() for p in nn.ResNet(blocks=3).parameters())
    272474
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 3, widths: Sequence[int] = (16, 32, 64), blocks: int = 1
    ):
        super().__init__()
        if not widths or blocks < 1:
            raise ValueError(f"ResNet: needs at least one width and one block a stage, got {widths!r} and {blocks}")
        self.stem = Sequential(Conv2d(in_channels, widths[0], 3, padding=1, bias=False), BatchNorm2d(widths[0]), ReLU())
        stages, channels = [], widths[0]
        for i, width in enumerate(widths):
            stride = 1 if i == 0 else 2
            first, others = (
                ResidualBlock(channels, width, stride),
                [ResidualBlock(width, width) for _ in range(blocks - 1)],
            )
            stages.append(Sequential(first, *others))
            channels = width
        self.stages = Sequential(*stages)
        self.pool = AdaptiveAvgPool2d(1)
        self.flatten = Flatten()
        self.classifier = Linear(channels, num_classes)

    def forward(self, input: Tensor) -> Tensor:
        return self.classifier(self.flatten(self.pool(self.stages(self.stem(input)))))
