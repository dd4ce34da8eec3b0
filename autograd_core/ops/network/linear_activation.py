"""A linear layer and the activation after it in one node: it is applied while the product is in the cache."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from ...engine.primitive import OUT, Primitive
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.products import gemm
from ..elementwise.activation import sigmoid_primitive
from ..elementwise.piecewise import relu_primitive
from ..elementwise.trigonometric import tanh
from ..linalg.linear import linear, linear_primitive, through


def _layer(name: str, activation: Any) -> Primitive:
    """(N, I) @ (O, I)^T + (O,) -> (N, O), and the activation of it, whose rule takes its output."""
    (slope,) = activation.primitive.vjps

    def forward(x: ndarray, weight: ndarray, bias: ndarray | None) -> ndarray:
        return gemm.matmul(x, weight.T, bias, name)

    def rule(needs: list, g: ndarray, x: ndarray, weight: ndarray, bias: ndarray | None, out: ndarray) -> tuple:
        g = slope(g, out)  # of the pre-activation
        of_linear = zip(linear_primitive.vjps, needs, strict=True)
        return tuple(part(g, x, weight) if needed else None for part, needed in of_linear)

    def composition(x: Any, weight: Any, bias: Any) -> Any:
        return activation(linear(x, weight, bias))

    return Primitive(forward, name=f"linear_{name}", joint=rule, saves=(0, 1, 2, OUT), composition=composition)


ACTIVATIONS = {"relu": relu_primitive, "tanh": tanh, "sigmoid": sigmoid_primitive}
_layers = {name: _layer(name, f) for name, f in ACTIVATIONS.items()}


def linear_activation(
    input: TensorLike, weight: TensorLike, bias: TensorLike | None = None, activation: str = "relu"
) -> Tensor:
    """Compute `linear` and an activation after it together, while the product is in the cache.

    `activation` is "relu", "tanh" or "sigmoid".

    Formula: out = f(input weightᵀ + bias), f the activation
    Shapes: input (*, in_features), weight (out_features, in_features), bias (out_features,) or None → (*, out_features).
    Dtypes: floating, the same for all three, kept; integers as the activation takes those of `linear`.
    Raises: ValueError if shapes do not fit, or for another activation; TypeError for different dtypes.
    Source: PyTorch's `torch.nn.functional.linear`, and the activation.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.linear_activation(ag.tensor([[1.0, 2.0]]), ag.tensor([[1.0, 1.0], [1.0, -1.0]]), ag.tensor([0.5, 0.5]))
    tensor([[3.5, 0. ]])
    """
    if activation not in _layers:
        raise ValueError(
            f"linear_activation: activation is {activation!r}, but only {', '.join(map(repr, _layers))} are computed with "
            "the product; apply others to the result of linear"
        )
    if hasattr(weight, "dtype") and weight.dtype.kind != "f":  # the activation says what becomes of integers
        return ACTIVATIONS[activation](linear(input, weight, bias))
    return through(_layers[activation], input, weight, bias)
