"""LeNet-5 as it was in 1998: subsampling with coefficients, a partial connection table, scaled tanh, RBF output."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.ops.shape.shape import cat

from .. import functional as F
from .. import init
from ..layers.activation import ScaledTanh
from ..layers.container import Sequential
from ..layers.conv import Conv2d
from ..layers.flatten import Flatten
from ..layers.linear import Linear
from ..layers.rbf import EuclideanRBF
from ..module import Module
from ..parameter import Parameter

# Table I of the paper: for each map of C3, the maps of S2 it is connected to
TABLE_1 = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),  # three neighbours
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),  # four neighbours
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),  # two pairs
    (0, 1, 2, 3, 4, 5),  # all
)  # fmt: skip

# The digits as stylised characters of 7 x 12 pixels, after figure 3 of the paper: the patterns that the units of F6 are to show
DIGITS = """
..###.. ...#... ..####. .#####. .....#. #######
.#...#. ..##... .#....# #.....# ....##. #......
#.....# .#.#... ......# ......# ...#.#. #......
#.....# ...#... ......# ......# ..#..#. #......
#.....# ...#... .....#. ......# .#...#. ######.
#.....# ...#... ....#.. ..####. #....#. ......#
#.....# ...#... ...#... ......# ####### ......#
#.....# ...#... ..#.... ......# .....#. ......#
#.....# ...#... .#..... ......# .....#. ......#
#.....# ...#... #...... #.....# .....#. #.....#
.#...#. ...#... #...... .#...#. .....#. .#...#.
..###.. .#####. ####### ..###.. .....#. ..###..

..####. ####### ..###.. ..###..
.#..... ......# .#...#. .#...#.
#...... ......# #.....# #.....#
#...... .....#. #.....# #.....#
#.###.. .....#. .#...#. #.....#
##...#. ....#.. ..###.. .#...##
#.....# ....#.. .#...#. ..###.#
#.....# ...#... #.....# ......#
#.....# ...#... #.....# ......#
#.....# ..#.... #.....# ......#
.#...#. ..#.... .#...#. .....#.
..###.. ..#.... ..###.. .####..
"""


def digit_patterns() -> ndarray:
    """The ten digits as rows of 84 = 7 · 12 numbers, 1 where there is ink and -1 elsewhere; float32.

    >>> digit_patterns()[7].reshape(12, 7)[:4].astype(int)
    array([[ 1,  1,  1,  1,  1,  1,  1],
           [-1, -1, -1, -1, -1, -1,  1],
           [-1, -1, -1, -1, -1, -1,  1],
           [-1, -1, -1, -1, -1,  1, -1]])
    """
    digits = []
    for block in DIGITS.strip().split("\n\n"):
        lines = [line.split() for line in block.split("\n")]
        digits += ["".join(parts) for parts in zip(*lines, strict=True)]
    return np.array([[1 if pixel == "#" else -1 for pixel in digit] for digit in digits], np.float32)


class Subsample(Module):
    """The sum of each 2×2 square, times a coefficient, plus a bias, both learnt, one each a map. Sizes are halved.

    Source: LeCun et al. 1998, section II.B, layer S2.
    """

    def __init__(self, channels: int, dtype: DTypeLike | None = None):
        super().__init__()
        self.weight: Any = Parameter(ag.empty(channels, 1, 1, dtype=dtype))
        self.bias = Parameter(ag.empty(channels, 1, 1, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(input, 2) * (4 * self.weight) + self.bias

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}"


class PartialConv2d(Module):
    """A convolution in which each output map sees only some of the input maps. (N, C, H, W) -> (N, OC, H-k+1, W-k+1).

    connections  for each output map, the input maps it sees
    weight       (number of connections, k, k), in the order of `connections`; bias (OC,)

    >>> import autograd_core as ag
    >>> layer = PartialConv2d([(0, 1), (1, 2)], 3, 5)
    >>> layer.weight.shape, layer(ag.zeros(1, 3, 8, 8)).shape
    ((4, 5, 5), (1, 2, 4, 4))
    """

    def __init__(
        self, connections: Sequence[Sequence[int]], in_channels: int, kernel_size: int, dtype: DTypeLike | None = None
    ):
        super().__init__()
        for o, seen in enumerate(connections):
            if len(set(seen)) != len(seen) or not seen or not all(0 <= c < in_channels for c in seen):
                raise ValueError(
                    f"PartialConv2d: output map {o} is connected to {tuple(seen)}; it needs different input maps from 0 to "
                    f"{in_channels - 1}"
                )
        self.connections, self.in_channels = tuple(tuple(seen) for seen in connections), in_channels
        count, out_channels = sum(map(len, self.connections)), len(self.connections)
        self.weight = Parameter(ag.empty(count, kernel_size, kernel_size, dtype=dtype))
        self.bias = Parameter(ag.empty(out_channels, dtype=dtype))
        pairs = [(o, c) for o, seen in enumerate(self.connections) for c in seen]
        self.index = np.full((out_channels, in_channels), count)  # of a pair's kernel; for those unconnected, zeros
        self.index[tuple(np.transpose(pairs))] = np.arange(count)

    def forward(self, input: Tensor) -> Tensor:
        nothing = ag.zeros(1, *self.weight.shape[1:], dtype=self.weight.dtype)
        return F.conv2d(input, cat([self.weight, nothing])[self.index], self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {len(self.connections)}, connections={len(self.weight)}"


class LeNet5Original(Module):
    """Computes the distances of images from each digit, the smallest for its own, as LeNet-5 did in 1998.

        C1  6 maps, 5×5              (N,   6, 28, 28)    156 parameters
        S2  subsampling              (N,   6, 14, 14)     12
        C3  16 maps, 5×5, Table I    (N,  16, 10, 10)  1,516
        S4  subsampling              (N,  16,  5,  5)     32
        C5  120 maps, 5×5            (N, 120,  1,  1) 48,120
        F6  84 units                 (N,  84)         10,164
        output  Euclidean RBF units against pictures of the digits, 7×12 pixels of ±1, which are not learnt

    `prepare` makes images of 28×28 what the network expects, `MAPLoss` is its loss. Weights start uniform on ±2.4 / fan-in.
    dtype is that of the parameters; device is None or "cpu".

    Formula: out[n, i] = |F6(input)[n] − picture_i|², with a ↦ 1.7159 tanh(2 a / 3) after each layer but the last
    Shapes: (N, 1, 32, 32) → (N, 10).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: when called, ValueError for images of another shape, TypeError for another dtype.
    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", section
        II.B and appendix A. What differs: the pictures are drawn anew, after figure 3. It trained with the stochastic
        diagonal Levenberg-Marquardt method; any optimiser will do.

    >>> import nn, autograd_core as ag
    >>> model = nn.LeNet5Original()
    >>> model(model.prepare(ag.zeros(2, 1, 28, 28))).shape
    (2, 10)
    """

    def __init__(self, device: Device = None, dtype: DTypeLike | None = None):
        super().__init__()
        on_cpu(device, "LeNet5Original")
        self.features = Sequential(
            OrderedDict(
                C1=Conv2d(1, 6, 5, dtype=dtype),
                act1=ScaledTanh(),
                S2=Subsample(6, dtype),
                act2=ScaledTanh(),
                C3=PartialConv2d(TABLE_1, 6, 5, dtype),
                act3=ScaledTanh(),
                S4=Subsample(16, dtype),
                act4=ScaledTanh(),
                C5=Conv2d(16, 120, 5, dtype=dtype),
                act5=ScaledTanh(),
                flatten=Flatten(),
                F6=Linear(120, 84, dtype=dtype),
                act6=ScaledTanh(),
            )
        )
        self.output = EuclideanRBF(digit_patterns(), dtype=dtype or ag.get_default_dtype())
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values: uniform on ±2.4 / F, F the number of inputs of a unit (appendix A)."""
        draw_weights(self.features)

    def forward(self, input: Tensor) -> Tensor:
        if tuple(input.shape[1:]) != (1, 32, 32):
            raise ValueError(
                f"LeNet5Original: needs images (N, 1, 32, 32), got shape {tuple(input.shape)}; prepare() makes them of "
                "images of 28×28"
            )
        return self.output(self.features(input))

    @staticmethod
    def prepare(images: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) from 0 (paper) to 1 (ink) as (N, 1, 32, 32) from -0.1 to 1.175.

        Their mean is about 0, their variance about 1 (section II.B).
        """
        return F.pad(images, (2, 2, 2, 2)) * 1.275 - 0.1

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The digit whose picture is nearest, int64 (N,), for images (N, 1, 28, 28) from 0 to 1."""
        with ag.no_grad():
            return self(self.prepare(ag.as_tensor(x))).argmin(1)


def draw_weights(layers: Iterable[Module]) -> None:
    """Draw parameters of layers uniform on ±2.4 / F, F the number of inputs of a unit (appendix A)."""
    for layer in layers:
        for fans, parameter in _fans(layer):
            for i, fan in enumerate(fans):
                init.uniform_(parameter.data[i], -2.4 / fan, 2.4 / fan)


def _fans(layer: Any) -> list[tuple[list[int], Any]]:
    """For each parameter of a layer, the number of inputs of each of the units (or kernels) along its first dimension."""
    if isinstance(layer, PartialConv2d):
        k = math.prod(layer.weight.shape[1:])
        of_maps = [k * len(seen) for seen in layer.connections]
        of_kernels = [fan for fan, seen in zip(of_maps, layer.connections, strict=True) for _ in seen]
        return [(of_kernels, layer.weight), (of_maps, layer.bias)]
    if isinstance(layer, Subsample):
        return [([4] * len(p), p) for p in layer.parameters()]
    return [([math.prod(layer.weight.shape[1:])] * len(p), p) for p in layer.parameters()]


class MAPLoss(Module):
    """Computes the mean negative log of the posterior probability of the right class, from distances to all classes.

    e^(−j) belongs to a class for rubbish: it keeps what is far from everything from being pushed away further. The loss is
    never negative.

    Formula: loss = mean over n of y[n, t_n] + log(e^(−j) + Σ_i e^(−y[n, i])), y the distances and t the labels
    Shapes: (N, classes) and labels (N,) → ().
    Dtypes: any floating dtype; labels are integers.
    Raises: ValueError unless j is positive; when called, what `F.cross_entropy` raises.
    Source: LeCun et al. 1998, section II.C, equation (9).

    >>> import nn, autograd_core as ag
    >>> nn.MAPLoss(j=1.0)(ag.tensor([[0.0, 100.0]]), ag.tensor([0]))
    tensor(0.3133)
    """

    def __init__(self, j: float = 1.0):
        super().__init__()
        if not j > 0:
            raise ValueError(f"MAPLoss: j must be positive, got {j}")
        self.j = j

    def scores(self, distances: Tensor) -> Tensor:
        """Scores (N, classes + 1) whose softmax is the posterior; the last is that of rubbish."""
        rubbish = ag.full((distances.shape[0], 1), -self.j, dtype=distances.dtype)
        return cat([-distances, rubbish], 1)

    def forward(self, distances: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(self.scores(distances), target)

    def extra_repr(self) -> str:
        return f"j={self.j}"
