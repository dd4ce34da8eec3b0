"""Adamax."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class Adamax(Optimizer):
    """Minimises as Adam, with the largest recent gradient (the ∞-norm) in place of the root mean square.

    {params}
    {betas}
    {eps}
    {weight_decay}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        m ← β₁ m + (1 - β₁) g
        u ← max(β₂ u, |g| + eps)
        x ← x - lr / (1 - β₁ᵗ) · m / u
    {contract}
    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 2 (there without eps).

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Adamax([x], lr=0.1).step()
    >>> x
    tensor([0.9, 1.9], requires_grad=True)
    """

    zeros = ("exp_avg", "exp_inf")
    checked = ("lr", "eps", "weight_decay", "betas")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
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
