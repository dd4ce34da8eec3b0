"""Quickprop and Rprop for the models that train themselves, on arrays.

Called with the weights and their slopes ∂E/∂w, a rule changes the weights in place. It remembers each weight's last step and
slope; `grow` adds weights that have none yet, in a last column.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from autograd_core.kernels.rows.rules import quickprop, rprop


class Quickprop:
    """lr is ε, mu μ; with decay λ the slope is that of E + λ w² / 2. See `optim.Quickprop`."""

    def __init__(self, shape: tuple[int, ...], lr: float, mu: float = 2.0, decay: float = 0.0):
        self.lr, self.mu, self.decay = lr, mu, decay
        self.step, self.slope = np.zeros(shape), np.zeros(shape)

    def __call__(self, weights: ndarray, slope: ndarray) -> None:
        quickprop(weights, slope + self.decay * weights, self.step, self.slope, self.lr, self.mu)

    def grow(self) -> None:
        self.step, self.slope = _with_column(self.step, 0.0), _with_column(self.slope, 0.0)


class Rprop:
    """lr is the first size of a step; decay as above. See `optim.Rprop`."""

    def __init__(self, shape: tuple[int, ...], lr: float, decay: float = 0.0):
        self.lr, self.decay = lr, decay
        self.size, self.slope = np.full(shape, lr), np.zeros(shape)

    def __call__(self, weights: ndarray, slope: ndarray) -> None:
        rprop(weights, slope + self.decay * weights, self.size, self.slope)

    def grow(self) -> None:
        self.size, self.slope = _with_column(self.size, self.lr), _with_column(self.slope, 0.0)


def _with_column(array: ndarray, value: float) -> ndarray:
    return np.hstack([array, np.full((len(array), 1), value)])
