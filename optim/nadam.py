"""NAdam."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class NAdam(Optimizer):
    """Minimises as Adam, with Nesterov's momentum, whose strength μₜ grows to β₁.

    {params}
    {betas}
    {eps}
    {weight_decay}
    momentum_decay: how fast μₜ grows, at least 0.
    {decoupled}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        μₜ = β₁ (1 - 0.96^(t · momentum_decay) / 2)
        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        m̂ = μₜ₊₁ m / (1 - μ₁…μₜ₊₁) + (1 - μₜ) g / (1 - μ₁…μₜ),    v̂ = v / (1 - β₂ᵗ)
        x ← x - lr m̂ / (√v̂ + eps)
    {contract}
    Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.NAdam([x], lr=0.1).step()
    >>> x
    tensor([0.8944, 1.8944], requires_grad=True)
    """

    zeros = ("exp_avg", "exp_avg_sq")
    checked = ("lr", "eps", "weight_decay", "momentum_decay", "betas")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {**super().begin(x, group), "mu_product": 1.0}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
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
