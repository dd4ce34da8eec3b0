"""LeNet-1 and LeNet-4, the smaller relatives of LeNet-5 that the papers of 1995 and 1998 compare it with."""

from __future__ import annotations

from collections import OrderedDict

from numpy.typing import DTypeLike

from autograd_core import Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device

from .. import functional as F
from ..layers.activation import ScaledTanh
from ..layers.container import Sequential
from ..layers.conv import Conv2d
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..module import Module
from .lenet_1998 import LeNet5Original, PartialConv2d, Subsample, draw_weights

# Of LeNet-1: for each of the 12 maps of H3, the maps of H2 that it is connected to
LENET_1 = ((0,), (0, 1), (0, 1), (1,), (0, 1), (0, 1), (2,), (2, 3), (2, 3), (3,), (2, 3), (2, 3))

# Of LeNet-4: for each of the 16 maps of C3, three of the 8 maps of S2, for the papers print no table
LENET_4 = tuple((i, (i + 1) % 8, (i + 2) % 8) for i in range(8)) + tuple(
    (i, (i + 2) % 8, (i + 5) % 8) for i in range(8)
)


class LeNet1(Module):
    """Classifies images by two convolutions with subsampling and a linear layer, of scaled tanh units.

        H1  4 maps, 5×5                    (N,  4, 24, 24)   104 parameters
        H2  subsampling                    (N,  4, 12, 12)     8
        H3  12 maps, 5×5, of one or two    (N, 12,  8,  8)   512
        H4  subsampling                    (N, 12,  4,  4)    24
        output                             (N, 10)         1,930

    `prepare` makes images of 28×28 what the network expects. The output of a digit is to be 1, the others' -1; weights
    start uniform on ±2.4 / fan-in. dtype is that of the parameters; device is None or "cpu".

    Formula: out = a(W a(H4(a(H3(a(H2(a(H1(input)))))))) + b), a(z) = 1.7159 tanh(2 z / 3)
    Shapes: (N, 1, 28, 28) → (N, 10).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: when called, ValueError for images of another shape, TypeError for another dtype.
    Source: LeCun et al. 1990, "Handwritten digit recognition with a back-propagation network", NIPS 2, with its table of
        connections; LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.C.

    >>> import nn, autograd_core as ag
    >>> model = nn.models.LeNet1()
    >>> model(model.prepare(ag.zeros(2, 1, 28, 28))).shape, sum(p.numel() for p in model.parameters())
    ((2, 10), 2578)
    """

    def __init__(self, device: Device = None, dtype: DTypeLike | None = None):
        super().__init__()
        on_cpu(device, "LeNet1")
        self.layers = Sequential(
            OrderedDict(
                H1=Conv2d(1, 4, 5, dtype=dtype),
                act1=ScaledTanh(),
                H2=Subsample(4, dtype),
                act2=ScaledTanh(),
                H3=PartialConv2d(LENET_1, 4, 5, dtype),
                act3=ScaledTanh(),
                H4=Subsample(12, dtype),
                act4=ScaledTanh(),
                flatten=Flatten(),
                output=Linear(12 * 4 * 4, 10, dtype=dtype),
                act5=ScaledTanh(),
            )
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values: uniform on ±2.4 / F, F the number of inputs of a unit."""
        draw_weights(self.layers)

    def forward(self, input: Tensor) -> Tensor:
        _check("LeNet1", input, 28, "makes them of digits that fill 20×20")
        return self.layers(input)

    @staticmethod
    def prepare(images: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) from 0 (paper) to 1 (ink) from -0.1 to 1.175, their digits reduced from 20×20 to 16×16."""
        small = F.interpolate(images, size=(22, 22), mode="bilinear", align_corners=False)
        return F.pad(small, (3, 3, 3, 3)) * 1.275 - 0.1


class LeNet4(Module):
    """Classifies images by two convolutions with subsampling and two linear layers, of scaled tanh units.

        C1  4 maps, 5×5             (N,   4, 28, 28)     104 parameters
        S2  subsampling, two a map  (N,   8, 14, 14)      16
        C3  16 maps, 5×5, of three  (N,  16, 10, 10)   1,216
        S4  subsampling             (N,  16,  5,  5)      32
        F5  120 units               (N, 120)          48,120
        output                      (N,  10)           1,210

    `prepare` makes images of 28×28 what the network expects. The output of a digit is to be 1, the others' -1; weights
    start uniform on ±2.4 / fan-in. dtype is that of the parameters; device is None or "cpu".

    Formula: out = a(W₂ a(W₁ a(S4(a(C3(a(S2(a(C1(input)))))))) + b₁) + b₂), a(z) = 1.7159 tanh(2 z / 3)
    Shapes: (N, 1, 32, 32) → (N, 10).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: when called, ValueError for images of another shape, TypeError for another dtype.
    Source: LeCun et al. 1995, "Comparison of learning algorithms for handwritten digit recognition"; LeCun et al. 1998,
        "Gradient-based learning applied to document recognition", section III.C. They do not print which maps C3 is
        connected to: with three each there are the 260,000 connections that they count. Their 17,000 parameters do not
        agree with a layer of 120 units that sees all of S4.

    >>> import nn, autograd_core as ag
    >>> model = nn.models.LeNet4()
    >>> model(model.prepare(ag.zeros(2, 1, 28, 28))).shape
    (2, 10)
    """

    def __init__(self, device: Device = None, dtype: DTypeLike | None = None):
        super().__init__()
        on_cpu(device, "LeNet4")
        self.first = Sequential(OrderedDict(C1=Conv2d(1, 4, 5, dtype=dtype), act1=ScaledTanh()))
        self.others = Sequential(
            OrderedDict(
                S2=Subsample(8, dtype),
                act2=ScaledTanh(),
                C3=PartialConv2d(LENET_4, 8, 5, dtype),
                act3=ScaledTanh(),
                S4=Subsample(16, dtype),
                act4=ScaledTanh(),
                flatten=Flatten(),
                F5=Linear(16 * 5 * 5, 120, dtype=dtype),
                act5=ScaledTanh(),
                output=Linear(120, 10, dtype=dtype),
                act6=ScaledTanh(),
            )
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values: uniform on ±2.4 / F, F the number of inputs of a unit."""
        draw_weights([*self.first, *self.others])

    def forward(self, input: Tensor) -> Tensor:
        _check("LeNet4", input, 32, "makes them of images of 28×28")
        maps = self.first(input)
        return self.others(maps[:, [0, 0, 1, 1, 2, 2, 3, 3]])

    @staticmethod
    def prepare(images: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) from 0 (paper) to 1 (ink) as (N, 1, 32, 32) from -0.1 to 1.175."""
        return LeNet5Original.prepare(images)


def _check(name: str, input: Tensor, size: int, what: str) -> None:
    if tuple(input.shape[1:]) != (1, size, size):
        raise ValueError(
            f"{name}: needs images (N, 1, {size}, {size}), got shape {tuple(input.shape)}; prepare() {what}"
        )
