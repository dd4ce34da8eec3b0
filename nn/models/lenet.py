"""LeNet-5 as it is built today."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from numpy.typing import DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from ..layers.activation import activation as activation_module
from ..layers.container import Sequential
from ..layers.conv import Conv2d
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..layers.pooling import AvgPool2d, MaxPool2d
from ..module import Module

POOLS = {"max": MaxPool2d, "avg": AvgPool2d}


class LeNet5(Module):
    """Classifies images by two convolutions with pooling, then three linear layers.

        conv1  6 filters 5×5, padding 2   (N,  6, 28, 28)   pool1  (N,  6, 14, 14)
        conv2  16 filters 5×5             (N, 16, 10, 10)   pool2  (N, 16,  5,  5)
        fc1    400 → 120    fc2  120 → 84    fc3  84 → num_classes, the scores (logits)

    in_channels: those of the images. activation: a name, a module, a module class or a function. pool: "max" or "avg".
    dtype is that of the parameters; device is None or "cpu".

    Formula: out = fc3(a(fc2(a(fc1(flatten(pool(a(conv2(pool(a(conv1(input)))))))))))), a the activation
    Shapes: (N, in_channels, 28, 28) → (N, num_classes).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError for another pool or activation; when called, ValueError for other channels, or a size whose last
        maps are not 5×5, TypeError for another dtype.
    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", section
        II.B. What differs from it is what became usual since: ReLU for the scaled tanh, pooling without trainable
        coefficients, every map of conv2 connected to all of conv1's, softmax scores for the RBF output, and padding
        instead of 32×32 images. `LeNet5Original` is the network as it was.

    >>> import nn, autograd_core as ag
    >>> nn.LeNet5()(ag.zeros(2, 1, 28, 28)).shape
    (2, 10)
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        activation: str | Module | Callable = "relu",
        pool: str = "max",
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "LeNet5")
        if pool not in POOLS:
            raise ValueError(f"LeNet5: pool is 'max' or 'avg', got {pool!r}")
        self.features = Sequential(
            OrderedDict(
                conv1=Conv2d(in_channels, 6, 5, padding=2, dtype=dtype),
                act1=activation_module(activation),
                pool1=POOLS[pool](2),
                conv2=Conv2d(6, 16, 5, dtype=dtype),
                act2=activation_module(activation),
                pool2=POOLS[pool](2),
            )
        )
        self.flatten = Flatten()
        self.classifier = Sequential(
            OrderedDict(
                fc1=Linear(16 * 5 * 5, 120, dtype=dtype),
                act3=activation_module(activation),
                fc2=Linear(120, 84, dtype=dtype),
                act4=activation_module(activation),
                fc3=Linear(84, num_classes, dtype=dtype),
            )
        )

    def forward(self, input: Tensor) -> Tensor:
        return self.classifier(self.flatten(self.features(input)))
