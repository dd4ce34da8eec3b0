"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import all_written
from autograd_core.kernels.rows import update

from .documentation import with_shared_parts
from .optimizer import Optimizer, real_views
from .options import Params, options


@with_shared_parts
class Adam(Optimizer):
    """Minimises by running means of the gradient and of its square (adaptive moment estimation).

    {params}
    {betas}
    {eps}
    {weight_decay}
    amsgrad: True: the largest v so far takes the place of v (Reddi et al. 2018, Algorithm 2).
    {decoupled}
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        m ← β₁ m + (1 - β₁) g                     m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²                    v̂ = v / (1 - β₂ᵗ)
        x ← x - lr m̂ / (√v̂ + eps)
    {contract}
    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 1.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Adam([x], lr=0.1).step()
    >>> x
    tensor([0.9, 1.9], requires_grad=True)
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
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        super().__init__(params, options(locals()))

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = super().begin(x, group)
        return {**state, "max_exp_avg_sq": np.zeros_like(x)} if group["amsgrad"] else state

    def update_group(self, group: dict[str, Any]) -> None:
        if type(self).update is not Adam.update:
            super().update_group(group)
            return
        columns = 5 if group["amsgrad"] else 4
        steps: dict[int, tuple[list, list, list]] = {}  # by a parameter's step t: parameters, states, arrays
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
        """The numbers that the kernel takes for step t: step size, root, β₁, β₂, eps, decay, shrinking, sign."""
        beta1, beta2 = group["betas"]
        lr, decay, shrink = float(group["lr"]), float(group["weight_decay"]), 1.0
        if group["decoupled_weight_decay"]:
            shrink, decay = 1 - lr * decay, 0.0
        sign, root = -1.0 if group["maximize"] else 1.0, math.sqrt(1 - beta2**t)
        return lr / (1 - beta1**t), root, float(beta1), float(beta2), float(group["eps"]), decay, shrink, sign

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr = float(group["lr"])
        beta1, beta2 = group["betas"]
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


@with_shared_parts
class AdamW(Adam):
    """Minimises as Adam, with a weight decay that is a step of its own.

    {params}
    {betas}
    {eps}
    weight_decay: how much of itself a weight loses in a step, as a multiple of lr, at least 0.
    amsgrad: True: the largest v so far takes the place of v (Reddi et al. 2018, Algorithm 2).
    {flags}

    Formula: x ← x - lr weight_decay x, then Adam's step by g = ∇f(x) alone
    {contract}
    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.AdamW([x], lr=0.1, weight_decay=1.0).step()
    >>> x
    tensor([0.8, 1.7], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, differentiable=differentiable, decoupled_weight_decay=True,
        )  # fmt: skip
