"""Linear layers and the activations after them, computed together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module
from .activation import ReLU, Sigmoid, Tanh
from .container import Sequential
from .linear import Linear

ACTIVATIONS = {ReLU: "relu", Tanh: "tanh", Sigmoid: "sigmoid"}


def forward_through(modules: Sequence[Module], input: Any) -> Any:
    """The input through modules one after another. A linear layer and the activation right after it are one operation,
    where nobody looks at what passes between them."""
    i = 0
    while i < len(modules):
        layer = modules[i]
        if type(layer) is Linear and i + 1 < len(modules) and _in_one(layer, modules[i + 1], input):
            input = F.linear_activation(input, layer.weight, layer.bias, ACTIVATIONS[type(modules[i + 1])])
            i += 2
        else:
            input = layer(input)
            i += 1
    return input


def _in_one(layer: Linear, activation: Module, input: Any) -> bool:
    """Whether the two can be computed together: there are no hooks, nobody put a `forward` there, and the layer takes the
    input. If it does not, it says so itself, with its path in the model."""
    if type(activation) not in ACTIVATIONS or any(
        module._hooked or "forward" in vars(module) for module in (layer, activation)
    ):
        return False
    weight = layer.weight
    return type(input) is Tensor and input.shape[-1:] == weight.shape[1:] and input.dtype == weight.dtype


class LinearReLU(Sequential):
    """Applies a linear layer and a ReLU in one operation.

    It is `Sequential(linear, relu)`, and computed as that where hooks look on; laid out as PyTorch's
    `torch.ao.nn.intrinsic.LinearReLU`: linear is "0", relu "1".

    Formula: out = max(input weightᵀ + bias, 0)
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: TypeError unless linear is a `Linear` and relu a `ReLU`; when called, what `Linear` raises.
    Source: PyTorch's `torch.ao.nn.intrinsic.LinearReLU`.

    >>> import nn
    >>> nn.LinearReLU(nn.Linear(3, 2), nn.ReLU())
    LinearReLU(
      (0): Linear(in_features=3, out_features=2, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, linear: Linear, relu: ReLU):
        if not isinstance(linear, Linear) or not isinstance(relu, ReLU):
            raise TypeError(
                f"LinearReLU: needs a Linear and a ReLU, got {type(linear).__name__} and {type(relu).__name__}; use "
                "Sequential for other modules"
            )
        super().__init__(linear, relu)

    def forward(self, input: Tensor) -> Tensor:
        return forward_through(list(self), input)
