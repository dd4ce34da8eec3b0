"""Two rules for weights that learn from all examples at once: Quickprop and Rprop.

For the models that train themselves, on arrays: called with the weights and the slope ∂E/∂w, a rule changes the weights in
place. A rule remembers each weight's last step and slope; `grow` adds weights that have none yet, in a last column.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray


class Quickprop:
    """Steps to the minimum of the parabola through each weight's last two slopes.

    lr      ε, of the step along the slope: the first one, and added while the slope still has the sign it had
    mu      μ: no step is larger than μ times the one before
    decay   λ: the slope is that of E + λ w² / 2

    Formula: Δw ← Δw s / (s' − s), s' the slope before; μ Δw where s lies beyond s' μ / (1 + μ); and −ε s unless s points back
    Source: Fahlman 1988, "Faster-learning variations on back-propagation: an empirical study".
    """

    def __init__(self, shape: tuple[int, ...], lr: float, mu: float = 2.0, decay: float = 0.0):
        self.lr, self.mu, self.decay = lr, mu, decay
        self.step, self.slope = np.zeros(shape), np.zeros(shape)

    def __call__(self, weights: ndarray, slope: ndarray) -> None:
        slope = slope + self.decay * weights
        step, side = self.step, np.sign(self.step)
        downhill = side * slope  # below 0: the slope still leads where the last step went
        before = side * self.slope
        steep = downhill <= self.mu / (1 + self.mu) * before
        gap = self.slope - slope
        parabola = step * slope / np.where(gap == 0, 1, gap)
        self.step = np.where(steep, self.mu * step, parabola) - np.where(downhill <= 0, self.lr * slope, 0)
        self.slope = slope
        weights += self.step

    def grow(self) -> None:
        self.step, self.slope = _with_column(self.step, 0.0), _with_column(self.slope, 0.0)


class Rprop:
    """Steps of each weight's own size, which grows while the slope keeps its sign and shrinks when it changes.

    lr   the first size

    Formula: Δ ← 1.2 Δ or 0.5 Δ, from 1e-6 to 50; w ← w − Δ sign(s), but for one step after a change of sign
    Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning"; as iRprop−, Igel &
        Hüsken 2000.
    """

    def __init__(self, shape: tuple[int, ...], lr: float, decay: float = 0.0):
        self.lr, self.decay = lr, decay
        self.size, self.slope = np.full(shape, lr), np.zeros(shape)

    def __call__(self, weights: ndarray, slope: ndarray) -> None:
        slope = slope + self.decay * weights
        agreement = slope * self.slope
        self.size = np.clip(self.size * np.where(agreement > 0, 1.2, np.where(agreement < 0, 0.5, 1)), 1e-6, 50)
        self.slope = np.where(agreement < 0, 0, slope)
        weights -= np.sign(self.slope) * self.size

    def grow(self) -> None:
        self.size, self.slope = _with_column(self.size, self.lr), _with_column(self.slope, 0.0)


def _with_column(array: ndarray, value: float) -> ndarray:
    return np.hstack([array, np.full((len(array), 1), value)])
