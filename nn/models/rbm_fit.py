"""How a restricted Boltzmann machine learns: contrastive divergence, from the examples or from chains of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core import Tensor

from .rbm_units import Units

LOOKED_AT = 1000  # examples, of which the error is taken after each epoch


@dataclass
class Options:
    """How to learn; see `RBM.fit`. chains: 0 if they are not persistent."""

    epochs: int
    batch_size: int
    k: int
    chains: int
    lr: float
    momentum: float
    initial_momentum: float
    initial_epochs: int
    weight_decay: float


@dataclass(repr=False)
class RBMFit:
    """The course of learning.

    errors  the mean of (v - v')² over visible units and up to 1000 examples, with v' their reconstruction, at the start and
            after each epoch. It is what is easy to see, not what is minimised (Hinton 2010, section 5)
    """

    errors: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of epochs that passed."""
        return len(self.errors) - 1

    @property
    def message(self) -> str:
        return f"{self.epochs} epochs: reconstruction error {self.errors[0]:.4g} → {self.errors[-1]:.4g}"

    def __repr__(self) -> str:
        return f"RBMFit({self.message})"


class ContrastiveDivergence:
    """Changes the units' arrays in place."""

    def __init__(self, name: str, units: Units, options: Options, rng: np.random.Generator):
        self.name, self.units, self.options, self.rng = name, units, options, rng
        self.steps = tuple(np.zeros_like(array) for array in units.arrays())
        self.h: ndarray | None = None  # of persistent chains
        if options.chains:
            H = len(units.hidden_bias)
            self.h = units.bernoulli(rng, np.full((options.chains, H), 0.5, units.weight.dtype))

    def learn(self, x: ndarray, progress: Callable[[str], None] | None) -> RBMFit:
        options, result = self.options, RBMFit([self._error(x)])
        for epoch in range(options.epochs):
            momentum = options.initial_momentum if epoch < options.initial_epochs else options.momentum
            order = self.rng.permutation(len(x))
            for i in range(0, len(x), options.batch_size):
                self._step(x[order[i : i + options.batch_size]], momentum)
            result.errors.append(self._error(x))
            if not math.isfinite(result.errors[-1]):
                raise FloatingPointError(
                    f"{self.name}: the weights overflowed in epoch {epoch + 1} with lr={options.lr:g}; pass a smaller lr, "
                    f"such as {options.lr / 10:g}. The parameters are left as they were"
                )
            if progress is not None:
                progress(
                    f"epoch {epoch + 1:{len(str(options.epochs))}}/{options.epochs}  "
                    f"reconstruction error {result.errors[-1]:.6f}"
                )
        return result

    def gradients(self, v: ndarray) -> tuple[ndarray, ndarray, ndarray]:
        """What to add to W, c and a: the statistics of the examples v (N, D) less those of the chains."""
        units, rng = self.units, self.rng
        p = units.hidden_probability(v)
        h = units.bernoulli(rng, p) if self.h is None else self.h
        u = units.draw_visible(rng, h)
        q = units.hidden_probability(u)
        for _ in range(self.options.k - 1):
            u = units.draw_visible(rng, units.bernoulli(rng, q))
            q = units.hidden_probability(u)
        if self.h is not None:
            self.h = units.bernoulli(rng, q)
        N, M = len(v), len(u)
        return _product(p, v) / N - _product(q, u) / M, p.mean(0) - q.mean(0), v.mean(0) - u.mean(0)

    def _step(self, v: ndarray, momentum: float) -> None:
        """One update, with momentum (Hinton 2010, section 9.1)."""
        gradients = self.gradients(v)
        for array, step, gradient in zip(self.units.arrays(), self.steps, gradients, strict=True):
            if array.ndim == 2 and self.options.weight_decay:
                gradient = gradient - self.options.weight_decay * array
            step *= momentum
            step += self.options.lr * gradient
            array += step

    def _error(self, x: ndarray) -> float:
        few = x[:: max(1, len(x) // LOOKED_AT)][:LOOKED_AT]
        again = self.units.visible_mean(self.units.hidden_probability(few))
        return float(np.square(few - again).mean(dtype=np.float64))


def _product(p: ndarray, v: ndarray) -> ndarray:
    """Σ_n p_n v_nᵀ, (H, D)."""
    with ag.no_grad():
        return (Tensor(p.T) @ Tensor(v)).array
