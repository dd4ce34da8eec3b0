"""A small VGG."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.engine.tensor import Tensor

from ..layers.activation import ReLU
from ..layers.container import Sequential
from ..layers.conv import Conv2d
from ..layers.dropout import Dropout
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..layers.norm import BatchNorm2d
from ..layers.pooling import MaxPool2d
from ..layers.pooling_adaptive import AdaptiveAvgPool2d
from ..module import Module


class VGG(Module):
    """Classifies images by 3×3 convolutions and nothing else, more channels as images shrink.

    num_classes, in_channels   of the scores and the images
    layers   channels of each convolution, and "M" for a max pooling that halves the image
    size     side of the last maps, to which larger ones are averaged
    dropout  before the last linear layer

    Formula: out = W dropout(flatten(mean to size × size of layers(input))) + b, each convolution with batch norm and
        ReLU
    Shapes: (N, in_channels, H, W) → (N, num_classes).
    Dtypes: the default float, or that the model is converted to, float32 or float64.
    Raises: ValueError for a layer that is neither; when called, what `Conv2d` raises.
    Source: Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", with the
        batch norm that became usual since and one linear layer for three.

    >>> import nn, autograd_core as ag
    >>> nn.VGG()(ag.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 3,
        layers: Sequence[int | str] = (32, 32, "M", 64, 64, "M", 128, "M"),
        size: int = 4,
        dropout: float = 0.0,
    ):
        super().__init__()
        features: list[Module] = []
        channels = in_channels
        for i, layer in enumerate(layers):
            if layer == "M":
                features.append(MaxPool2d(2))
            elif isinstance(layer, int) and layer > 0:
                features += [Conv2d(channels, layer, 3, padding=1, bias=False), BatchNorm2d(layer), ReLU()]
                channels = layer
            else:
                raise ValueError(f"VGG: layers[{i}] is {layer!r}; it must be a number of channels or 'M' for a pooling")
        self.features = Sequential(*features)
        self.pool = AdaptiveAvgPool2d(size)
        self.classifier = Sequential(Flatten(), Dropout(dropout), Linear(channels * size * size, num_classes))

    def forward(self, input: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(input)))
