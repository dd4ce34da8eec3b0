"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_not_negative


class ASGD(Optimizer):
    """Gradient descent with a falling step, and beside it the average of the weights from step t0 on.

        g ← ∇f(x) + weight_decay x
        x ← (1 - lambd ηₜ) x - ηₜ g
        ax ← ax + μₜ (x - ax)               (state["ax"], the average)
        ηₜ₊₁ = lr / (1 + lambd lr t)^alpha,    μₜ₊₁ = 1 / max(1, t - t0)

    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the step sizes are those of
    Bottou's program of that name (2010).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(group, lr="learning rate", weight_decay="weight_decay value")

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, lambd = float(group["lr"]), group["lambd"]
        if not state:
            state.update(step=0, eta=lr, mu=1.0, ax=np.zeros_like(x))
        state["step"] += 1
        eta, mu, t, average = state["eta"], state["mu"], state["step"], state["ax"]
        tmp = self.scratch(x)
        g = self.gradient(x, g, group)
        x *= 1 - lambd * eta
        x -= np.multiply(g, eta, out=tmp)
        if mu == 1:
            np.copyto(average, x)
        else:
            average += np.multiply(np.subtract(x, average, out=tmp), mu, out=tmp)
        state["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])
