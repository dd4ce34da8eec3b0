"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_betas, check_not_negative


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, whose strength grows to β₁ with t.

        g ← ∇f(x) + weight_decay x
        μₜ = β₁ (1 - 0.96^(t · momentum_decay) / 2)
        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        m̂ = μₜ₊₁ m / (1 - μ₁…μₜ₊₁) + (1 - μₜ) g / (1 - μ₁…μₜ),    v̂ = v / (1 - β₂ᵗ)
        x ← x - lr m̂ / (√v̂ + eps)

    decoupled_weight_decay: as in AdamW.

    Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(
            group,
            lr="learning rate",
            eps="epsilon value",
            weight_decay="weight_decay value",
            momentum_decay="momentum_decay value",
        )
        check_betas(group)

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=np.zeros_like(x), exp_avg_sq=np.zeros_like(x))
        state["step"] += 1
        lr, t = float(group["lr"]), state["step"]
        beta1, beta2 = group["betas"]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        tmp, denominator = self.scratch(x), self.scratch(x, 1)
        g = self.decayed(x, g, group, lr)
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (s * group["momentum_decay"])) for s in (t, t + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        m += np.multiply(np.subtract(g, m, out=tmp), 1 - beta1, out=tmp)
        v *= beta2
        v += np.multiply(np.multiply(g, g, out=tmp), 1 - beta2, out=tmp)
        np.divide(v, 1 - beta2**t, out=denominator)
        np.sqrt(denominator, out=denominator)
        denominator += group["eps"]
        np.divide(g, denominator, out=tmp)
        tmp *= lr * (1 - mu) / (1 - product)
        x -= tmp
        np.divide(m, denominator, out=tmp)
        tmp *= lr * mu_next / (1 - product * mu_next)
        x -= tmp
