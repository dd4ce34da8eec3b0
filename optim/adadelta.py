"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_not_negative


class Adadelta(Optimizer):
    """Steps in the units of x, from running means of squared gradients and squared steps.

        g ← ∇f(x) + weight_decay x
        v ← ρ v + (1 - ρ) g²
        Δ = √(u + eps) / √(v + eps) · g
        u ← ρ u + (1 - ρ) Δ²
        x ← x - lr Δ

    Source: Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method", Algorithm 1 (there lr = 1).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(group, lr="learning rate", eps="epsilon value", weight_decay="weight_decay value")
        if not 0.0 <= group["rho"] <= 1.0:
            raise ValueError(f"Invalid rho value: {group['rho']}; it must be in [0, 1]")

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, square_avg=np.zeros_like(x), acc_delta=np.zeros_like(x))
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
