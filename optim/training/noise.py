"""Noise on the weights in training. On inputs and activations it is a layer, `nn.GaussianNoise`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import Tensor
from autograd_core.engine.generator import standard_normal
from autograd_core.engine.versions import written
from autograd_core.random import Generator

from .callbacks import Callback
from .penalties import listed, weights_of

if TYPE_CHECKING:
    from .run import Run


class WeightNoise(Callback):
    """Adds normal noise to the weights for the forward and the backward pass of each step, and then takes it away again.

    std: the standard deviation.
    parameters: the weights; by default all parameters of two or more dimensions.
    generator: of the noise, by default the library's.

    The optimiser changes the weights without noise by the gradient at those with it. For noise on inputs and activations
    put `nn.GaussianNoise` before or between the layers.

    Formula: w ← w - lr ∂loss(w + std · ε) / ∂w, ε standard normal, drawn anew for each step
    Shapes: parameters (*).
    Dtypes: floating and complex.
    Raises: ValueError if std is negative; before training, if the model has no weights, or the optimizer evaluates the
        loss inside of its step; TypeError for what are no parameters.
    Source: An 1996, "The effects of adding noise during backpropagation training on a generalization performance";
        Graves 2011, "Practical variational inference for neural networks".

    >>> import optim
    >>> optim.WeightNoise(0.05).std
    0.05
    """

    def __init__(self, std: float, *, parameters: Iterable[Tensor] | None = None, generator: Generator | None = None):
        if not 0 <= std < np.inf:
            raise ValueError(f"WeightNoise: std must not be negative, got {std}")
        self.std, self.generator = float(std), generator
        self.parameters = listed("WeightNoise", "parameters", parameters, Tensor)
        self.clean: list[tuple[Any, np.ndarray]] = []  # weights and their values without noise

    def on_start(self, run: Run) -> None:
        self.clean = []
        if not weights_of(run.model, self.parameters):
            raise ValueError("WeightNoise: the model has no parameter of two dimensions; pass parameters=[…]")
        if getattr(run.optimizer, "closure", None) is not None:
            raise ValueError(
                f"WeightNoise: {type(run.optimizer).__name__} evaluates the loss inside of its step, where the weights change "
                "under the noise; use an optimizer that makes a step for each gradient, as optim.Adam"
            )

    def on_step_start(self, run: Run) -> None:
        for weight in weights_of(run.model, self.parameters):
            self.clean.append((weight, weight.array.copy()))
            noise = standard_normal(weight.shape, weight.dtype, self.generator)
            weight.array[...] += self.std * noise
            written(weight.array)

    def on_backward_end(self, run: Run) -> None:
        self._restore()

    def on_end(self, run: Run) -> None:
        self._restore()

    def _restore(self) -> None:
        for weight, values in self.clean:
            weight.array[...] = values
            written(weight.array)
        self.clean = []
