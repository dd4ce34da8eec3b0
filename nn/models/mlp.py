"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..layers.activation import activation as activation_module
from ..layers.container import Sequential
from ..layers.dropout import Dropout
from ..layers.fused import forward_through
from ..layers.linear import Linear
from ..module import Module


class MLP(Sequential):
    """Linear layers of the given sizes with an activation after each but the last: (..., sizes[0]) -> (..., sizes[-1]).

    activation          a name, a module, a module class or a function
    dropout             probability of dropping a hidden unit, after the activation
    output_activation   likewise, after the last layer; by default none

    Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".

    >>> MLP([2, 3, 1], activation="tanh")
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
        dtype: Any = None,
    ):
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
            layers.append(Linear(sizes[i - 1], sizes[i], bias, dtype=dtype))
            if i < len(sizes) - 1:
                layers.append(activation_module(activation))
                if dropout:
                    layers.append(Dropout(dropout))
        if output_activation is not None:
            layers.append(activation_module(output_activation))
        super().__init__(*layers)
        self.sizes = sizes

    def forward(self, input: Any) -> Any:
        return forward_through(list(self), input)
