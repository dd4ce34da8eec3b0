"""The two layers of a restricted Boltzmann machine: their conditional distributions, on arrays.

W (H, D) are weights, c (H,) and a (D,) the hidden and visible biases, v (N, D) and h (N, H) states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core import Tensor

from .. import functional as F

VISIBLE = ("bernoulli", "gaussian")


@dataclass
class Units:
    weight: ndarray
    hidden_bias: ndarray
    visible_bias: ndarray
    visible: str

    def arrays(self) -> tuple[ndarray, ndarray, ndarray]:
        return self.weight, self.hidden_bias, self.visible_bias

    def copy(self, dtype: DTypeLike | None = None) -> Units:
        """The same, with arrays of its own, perhaps in another dtype."""
        dtype = self.weight.dtype if dtype is None else dtype
        weight, hidden_bias, visible_bias = (array.astype(dtype) for array in self.arrays())
        return Units(weight, hidden_bias, visible_bias, self.visible)

    def hidden_input(self, v: ndarray) -> ndarray:
        """W v + c, (N, H)."""
        return _linear(v, self.weight, self.hidden_bias)

    def hidden_probability(self, v: ndarray) -> ndarray:
        return _sigmoid(self.hidden_input(v))

    def visible_mean(self, h: ndarray) -> ndarray:
        """The expectation of the visible units, (N, D): their probability, or the mean of Gaussian ones."""
        mean = _linear(h, self.weight.T, self.visible_bias)
        return mean if self.visible == "gaussian" else _sigmoid(mean)

    def draw_visible(self, rng: np.random.Generator, h: ndarray) -> ndarray:
        mean = self.visible_mean(h)
        if self.visible == "gaussian":
            return mean + rng.standard_normal(mean.shape, mean.dtype)
        return self.bernoulli(rng, mean)

    @staticmethod
    def bernoulli(rng: np.random.Generator, p: ndarray) -> ndarray:
        """Zeros and ones with probability p of a one, in p's dtype."""
        return (rng.random(p.shape, p.dtype) < p).astype(p.dtype)

    def bias_of_data(self, x: ndarray) -> ndarray:
        """The visible bias of independent units with the means of x; a Bernoulli unit that is never on keeps a finite one."""
        if self.visible == "gaussian":
            return x.mean(0, dtype=np.float64)
        on = x.sum(0, dtype=np.float64)
        return np.log((on + 1) / (len(x) - on + 1))


def conditional_log_probability(units: Units, v: ndarray, chosen: ndarray) -> float:
    """Σ log P(v_i | the other v) over the chosen i, in the mean over v (N, D) of zeros and ones.

    With v′ that is v but for bit i, log P(v_i | …) = log σ(F(v′) − F(v)), and W v′ + c differs from W v + c by a column.
    """
    total, chunk = 0.0, max(1, 2**20 // units.weight.shape[0])
    W, a = units.weight.astype(np.float64), units.visible_bias
    for n in range(0, len(v), chunk):
        part = v[n : n + chunk].astype(np.float64)
        inner = part @ W.T + units.hidden_bias
        here = np.logaddexp(0, inner).sum(1)
        for i in chosen:
            change = 1 - 2 * part[:, i]
            there = np.logaddexp(0, inner + change[:, None] * W[:, i]).sum(1)
            total -= float(np.logaddexp(0, change * a[i] + there - here).sum())
    return total / len(v)


def _linear(x: ndarray, weight: ndarray, bias: ndarray) -> ndarray:
    with ag.no_grad():
        return F.linear(Tensor(x), Tensor(weight), Tensor(bias)).array


def _sigmoid(x: ndarray) -> ndarray:
    with ag.no_grad():
        return F.sigmoid(Tensor(x)).array
