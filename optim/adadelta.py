"""Adadelta."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, check_fraction, options


@with_shared_parts
class Adadelta(Optimizer):
    """Minimises by steps in the units of x, from running means of the squared gradients and of the squared steps.

    {params}
    rho: the decay rate ρ of both means, in [0, 1].
    {eps}
    {weight_decay}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        v ← ρ v + (1 - ρ) g²
        Δ = √(u + eps) / √(v + eps) · g
        u ← ρ u + (1 - ρ) Δ²
        x ← x - lr Δ
    {contract}
    Source: Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method", Algorithm 1 (there lr = 1).

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Adadelta([x], lr=100.0).step()
    >>> x
    tensor([0.6838, 1.6838], requires_grad=True)
    """

    zeros = ("square_avg", "acc_delta")
    checked = ("lr", "eps", "weight_decay")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        check_fraction(group, "rho")

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        rho, eps = group["rho"], group["eps"]
        v, u = state["square_avg"], state["acc_delta"]
        tmp, delta = self.scratch(x), self.scratch(x, 1)
        g = self.gradient(x, g, group)
        v *= rho
        v += np.multiply(np.multiply(g, g, out=tmp), 1 - rho, out=tmp)
        np.sqrt(np.add(u, eps, out=delta), out=delta)
        delta /= np.sqrt(np.add(v, eps, out=tmp), out=tmp)
        delta *= g
        u *= rho
        u += np.multiply(np.multiply(delta, delta, out=tmp), 1 - rho, out=tmp)
        delta *= float(group["lr"])
        x -= delta
