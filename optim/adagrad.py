"""Adagrad."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class Adagrad(Optimizer):
    """Minimises with a learning rate for each weight that falls with the sum of its squared gradients.

    {params}
    lr_decay: how fast lr itself falls with the steps t, at least 0.
    {weight_decay}
    initial_accumulator_value: what the sum s starts from, at least 0.
    {eps}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        s ← s + g²
        x ← x - lr / (1 + (t - 1) lr_decay) · g / (√s + eps)
    {contract}
    Source: Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization".

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Adagrad([x], lr=0.1).step()
    >>> x
    tensor([0.9, 1.9], requires_grad=True)
    """

    checked = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(params, options(locals()))

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": 0, "sum": np.full_like(x, group["initial_accumulator_value"])}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        tmp = self.scratch(x)
        g = self.gradient(x, g, group)
        s = state["sum"]
        s += np.multiply(g, g, out=tmp)
        np.sqrt(s, out=tmp)
        tmp += group["eps"]
        np.divide(g, tmp, out=tmp)
        tmp *= float(group["lr"]) / (1 + (state["step"] - 1) * group["lr_decay"])
        x -= tmp
