"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy.typing import DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from ..layers.activation import activation as activation_module
from ..layers.container import Sequential
from ..layers.dropout import Dropout
from ..layers.fused import forward_through
from ..layers.linear import Linear
from ..module import Module


class MLP(Sequential):
    """Applies linear layers of the given sizes, with an activation after each but the last.

    sizes               the numbers of features, from the input's to the output's
    activation          a name, a module, a module class or a function
    dropout             the probability to drop a hidden unit, after the activation
    output_activation   as activation, after the last layer; by default none
    bias, device, dtype  those of the `Linear` layers

    Formula: h_0 = input, h_k = activation(W_k h_{k−1} + b_k), out = W_n h_{n−1} + b_n
    Shapes: (*, sizes[0]) → (*, sizes[-1]).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: TypeError if sizes is a number; ValueError for fewer than two sizes or an unknown activation; when called,
        what `Linear` raises.
    Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".

    >>> import nn
    >>> nn.MLP([2, 3, 1], activation="tanh")
    MLP(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Tanh()
      (2): Linear(in_features=3, out_features=1, bias=True)
    )
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Module | Callable = "relu",
        dropout: float = 0.0,
        *,
        output_activation: str | Module | Callable | None = None,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        on_cpu(device, "MLP")
        if isinstance(sizes, int):
            widths = [n for n in (sizes, activation, dropout) if isinstance(n, int)]
            raise TypeError(
                f"MLP: the sizes come as one list; pass nn.MLP({widths if len(widths) > 1 else [sizes, 8, 1]})"
            )
        sizes = tuple(sizes)
        if len(sizes) < 2:
            raise ValueError(f"MLP: sizes must name at least the input and the output, got {sizes}")
        layers: list[Module] = []
        for i in range(1, len(sizes)):
            layers.append(Linear(sizes[i - 1], sizes[i], bias, device, dtype))
            if i < len(sizes) - 1:
                layers.append(activation_module(activation))
                if dropout:
                    layers.append(Dropout(dropout))
        if output_activation is not None:
            layers.append(activation_module(output_activation))
        super().__init__(*layers)
        self.sizes = sizes

    def forward(self, input: Tensor) -> Tensor:
        return forward_through(list(self), input)
