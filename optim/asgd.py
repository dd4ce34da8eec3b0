"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class ASGD(Optimizer):
    """Minimises by gradient descent with a falling step, and averages the weights from step t0 on.

    {params}
    lambd: the decay of the weights and of the step size η, at least 0.
    alpha: the exponent of the step size.
    t0: the step after which the average begins; before it, the average is x itself.
    {weight_decay}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        x ← (1 - lambd ηₜ) x - ηₜ g
        ax ← ax + μₜ (x - ax)               (state["ax"], the average)
        ηₜ₊₁ = lr / (1 + lambd lr t)^alpha,    μₜ₊₁ = 1 / max(1, t - t0),    η₁ = lr,    μ₁ = 1
    {contract}
    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the step sizes are those of
        Bottou's program of that name (2010).

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.ASGD([x], lr=0.1, lambd=0).step()
    >>> x
    tensor([0.8, 1.6], requires_grad=True)
    """

    checked = ("lr", "lambd", "weight_decay")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": 0, "eta": float(group["lr"]), "mu": 1.0, "ax": np.zeros_like(x)}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, lambd = float(group["lr"]), group["lambd"]
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
