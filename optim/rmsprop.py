"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_not_negative


class RMSprop(Optimizer):
    """The gradient divided by a running mean of its magnitude.

        g ← ∇f(x) + weight_decay x
        v ← α v + (1 - α) g²
        d = √v + eps                      (centered: √(v - m²) + eps with m ← α m + (1 - α) g)
        x ← x - lr g / d                  (momentum: b ← momentum b + g / d,  x ← x - lr b)

    Source: Hinton 2012, "Neural Networks for Machine Learning", lecture 6e; centered: Graves 2013, "Generating
    Sequences With Recurrent Neural Networks", equations 38 to 41.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(
            group,
            lr="learning rate",
            eps="epsilon value",
            momentum="momentum value",
            weight_decay="weight_decay value",
            alpha="alpha value",
        )

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, alpha = float(group["lr"]), group["alpha"]
        if not state:
            state.update(step=0, square_avg=np.zeros_like(x))
            if group["momentum"] > 0:
                state["momentum_buffer"] = np.zeros_like(x)
            if group["centered"]:
                state["grad_avg"] = np.zeros_like(x)
        state["step"] += 1
        v = state["square_avg"]
        tmp = self.scratch(x)
        g = self.gradient(x, g, group)
        v *= alpha
        v += np.multiply(np.multiply(g, g, out=tmp), 1 - alpha, out=tmp)
        if group["centered"]:
            m = state["grad_avg"]
            m += np.multiply(np.subtract(g, m, out=tmp), 1 - alpha, out=tmp)
            np.subtract(v, np.multiply(m, m, out=tmp), out=tmp)
            np.sqrt(tmp, out=tmp)
        else:
            np.sqrt(v, out=tmp)
        tmp += group["eps"]
        np.divide(g, tmp, out=tmp)
        if group["momentum"] > 0:
            b = state["momentum_buffer"]
            b *= group["momentum"]
            b += tmp
            np.multiply(b, lr, out=tmp)
        else:
            tmp *= lr
        x -= tmp
