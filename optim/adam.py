"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.versions import all_written
from autograd_core.kernels.rows import update

from .optimizer import Optimizer, check_betas, check_not_negative, real_views


class Adam(Optimizer):
    """Adaptive moment estimation.

        g ← ∇f(x) + weight_decay x
        m ← β₁ m + (1 - β₁) g                     m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²                    v̂ = v / (1 - β₂ᵗ)
        x ← x - lr m̂ / (√v̂ + eps)

    amsgrad: the largest v so far takes the place of v (Reddi et al. 2018, Algorithm 2).
    decoupled_weight_decay: AdamW.

    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ):
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(group, lr="learning rate", eps="epsilon value", weight_decay="weight_decay value")
        check_betas(group)

    def update_group(self, group: dict[str, Any]) -> None:
        if type(self).update is not Adam.update:
            super().update_group(group)
            return
        columns = 5 if group["amsgrad"] else 4
        steps: dict[
            int, tuple[list, list, list]
        ] = {}  # by the number of a parameter's step: parameters, states, arrays
        for param in group["params"]:
            grad = param._grad
            if grad is not None:
                state = self.state[param]
                t = state.get("step", 0) + 1
                if t not in steps:
                    steps[t] = [], [], []
                params, states, arrays = steps[t]
                params.append(param)
                states.append(state)
                arrays += (param.array, grad.array, state.get("exp_avg"), state.get("exp_avg_sq"))
                if columns == 5:
                    arrays.append(state.get("max_exp_avg_sq"))
        for t, (params, states, arrays) in steps.items():
            factors = self._factors(t, group)
            if update.adam(arrays, columns, *factors) or (
                (seen := real_views(arrays)) and update.adam(seen, columns, *factors)
            ):
                for state in states:
                    state["step"] = t
                all_written(arrays[::columns])
            else:
                super().update_group({**group, "params": params})

    @staticmethod
    def _factors(t: int, group: dict[str, Any]) -> tuple:
        """What the kernel wants to know of step t."""
        beta1, beta2 = group["betas"]
        lr, decay, shrink = float(group["lr"]), float(group["weight_decay"]), 1.0
        if group["decoupled_weight_decay"]:
            shrink, decay = 1 - lr * decay, 0.0
        sign, root = -1.0 if group["maximize"] else 1.0, math.sqrt(1 - beta2**t)
        return lr / (1 - beta1**t), root, float(beta1), float(beta2), float(group["eps"]), decay, shrink, sign

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr = float(group["lr"])
        beta1, beta2 = group["betas"]
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(x), exp_avg_sq=np.zeros_like(x))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros_like(x)
        state["step"] += 1
        m, v, t = state["exp_avg"], state["exp_avg_sq"], state["step"]
        tmp = self.scratch(x)
        g = self.decayed(x, g, group, lr)
        m += np.multiply(np.subtract(g, m, out=tmp), 1 - beta1, out=tmp)
        v *= beta2
        v += np.multiply(np.multiply(g, g, out=tmp), 1 - beta2, out=tmp)
        if group["amsgrad"]:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        # lr m̂ / (√v̂ + eps) with the corrections taken out of the arrays: (lr c / c₁) m / (√v + eps c), c = √(1 - β₂ᵗ)
        correction = math.sqrt(1 - beta2**t)
        np.sqrt(v, out=tmp)
        tmp += group["eps"] * correction
        np.divide(m, tmp, out=tmp)
        tmp *= lr * correction / (1 - beta1**t)
        x -= tmp


class AdamW(Adam):
    """Adam whose weight decay is a step of its own: x ← x - lr weight_decay x, before Adam's step by ∇f alone.

    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)
