"""RAdam."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class RAdam(Optimizer):
    """Minimises as Adam, by the momentum alone until the variance of the step size is bounded, in place of a warm-up.

    {params}
    {betas}
    {eps}
    {weight_decay}
    {decoupled}
    {flags}

    Formula: g, m, v and m̂ as in Adam;    ρ∞ = 2 / (1 - β₂) - 1,    ρₜ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
        ρₜ > 5:   r = √((ρₜ - 4)(ρₜ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρₜ)),    x ← x - lr m̂ r √(1 - β₂ᵗ) / (√v + eps)
        else:     x ← x - lr m̂
    {contract}
    Source: Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond", Algorithm 2 (there ρₜ > 4).

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.RAdam([x], lr=0.1).step()
    >>> x
    tensor([0.8, 1.6], requires_grad=True)
    """

    zeros = ("exp_avg", "exp_avg_sq")
    checked = ("lr", "eps", "weight_decay", "betas")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        lr, t = float(group["lr"]), state["step"]
        beta1, beta2 = group["betas"]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        tmp = self.scratch(x)
        g = self.decayed(x, g, group, lr)
        m += np.multiply(np.subtract(g, m, out=tmp), 1 - beta1, out=tmp)
        v *= beta2
        v += np.multiply(np.multiply(g, g, out=tmp), 1 - beta2, out=tmp)
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
        step = lr / (1 - beta1**t)
        if rho > 5.0:
            r = math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
            np.sqrt(v, out=tmp)
            tmp += group["eps"]
            np.divide(m, tmp, out=tmp)
            tmp *= step * r * math.sqrt(1 - beta2**t)
        else:
            np.multiply(m, step, out=tmp)
        x -= tmp
