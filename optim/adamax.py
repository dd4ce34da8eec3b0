"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_betas, check_not_negative


class Adamax(Optimizer):
    """Adam with the largest recent gradient (the ∞-norm) in place of the root mean square.

        g ← ∇f(x) + weight_decay x
        m ← β₁ m + (1 - β₁) g
        u ← max(β₂ u, |g| + eps)
        x ← x - lr / (1 - β₁ᵗ) · m / u

    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 2 (there without eps).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(group, lr="learning rate", eps="epsilon value", weight_decay="weight_decay value")
        check_betas(group)

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(x), exp_inf=np.zeros_like(x))
        state["step"] += 1
        beta1, beta2 = group["betas"]
        m, u = state["exp_avg"], state["exp_inf"]
        tmp = self.scratch(x)
        g = self.gradient(x, g, group)
        m += np.multiply(np.subtract(g, m, out=tmp), 1 - beta1, out=tmp)
        u *= beta2
        np.abs(g, out=tmp)
        tmp += group["eps"]
        np.maximum(u, tmp, out=u)
        np.divide(m, u, out=tmp)
        tmp *= float(group["lr"]) / (1 - beta1 ** state["step"])
        x -= tmp
