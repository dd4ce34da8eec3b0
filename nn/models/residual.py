"""Residual networks for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..layers.activation import ReLU
from ..layers.container import Identity, Sequential
from ..layers.conv import Conv2d
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..layers.norm import BatchNorm2d
from ..layers.pooling import AdaptiveAvgPool2d
from ..module import Module


class ResidualBlock(Module):
    """relu(body(x) + shortcut(x)): the body learns what to add to its input. (N, in, H, W) -> (N, out, H/stride, W/stride).

    The body is convolution 3×3, batch norm, ReLU, convolution 3×3, batch norm. The shortcut is the input itself, or,
    where the shape changes, a 1×1 convolution with batch norm.

    Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", figure 2 and eq. (2).

    >>> import autograd_core as ag
    >>> ResidualBlock(4, 8, stride=2)(ag.zeros(1, 4, 6, 6)).shape
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

    def forward(self, input: Any) -> Any:
        return self.activation(self.body(input) + self.shortcut(input))


class ResNet(Module):
    """Stages of residual blocks for images of about 32×32: (N, in_channels, H, W) -> (N, num_classes).

    A first convolution, then for each width a stage of `blocks` residual blocks; every stage but the first halves the
    image in its first block. The mean over the last maps goes to one linear layer. `ResNet(blocks=n)` with the default
    widths is the network of 6n + 2 layers of the paper's section 4.2, with 1×1 convolutions where shapes change.

    Source: as `ResidualBlock`.

    >>> sum(p.numel() for p in ResNet(blocks=3).parameters())
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

    def forward(self, input: Any) -> Any:
        return self.classifier(self.flatten(self.pool(self.stages(self.stem(input)))))
