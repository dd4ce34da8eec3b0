"""Stochastic gradient descent with momentum."""

from __future__ import annotations

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
class SGD(Optimizer):
    """Minimises by stochastic gradient descent, with (Nesterov) momentum.

    {params}
    momentum: the decay rate of the velocity v, at least 0; 0 is plain gradient descent.
    dampening: the gradient enters the velocity with the factor 1 - dampening.
    {weight_decay}
    nesterov: True: look ahead along the velocity; this needs a momentum and no dampening.
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        v ← momentum v + (1 - dampening) g        (v ← g at the first step)
        x ← x - lr v                              (nesterov: x ← x - lr (g + momentum v))
    {contract}
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", equations 1 to 4,
        in PyTorch's form, where lr multiplies the velocity rather than the gradient.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.SGD([x], lr=0.1).step()
    >>> x
    tensor([0.8, 1.6], requires_grad=True)
    """

    checked = ("lr", "momentum", "weight_decay")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"Nesterov momentum requires a momentum and zero dampening, got momentum={group['momentum']}, "
                f"dampening={group['dampening']}"
            )

    def update_group(self, group: dict[str, Any]) -> None:
        momentum, nesterov = float(group["momentum"]), bool(group["nesterov"])
        arrays: list[Any] = []  # x, g, and with momentum v, of each parameter
        for param in group["params"]:
            grad = param._grad
            if grad is not None:
                arrays += (param.array, grad.array)
                if momentum:
                    arrays.append(self.state[param].get("momentum_buffer"))
        numbers = float(group["lr"]), momentum, float(group["dampening"]), float(group["weight_decay"]), nesterov
        sign = -1.0 if group["maximize"] else 1.0
        if type(self).update is not SGD.update:
            super().update_group(group)
        elif update.sgd(arrays, *numbers, sign) or ((seen := real_views(arrays)) and update.sgd(seen, *numbers, sign)):
            all_written(arrays[:: 3 if momentum else 2])
        else:
            super().update_group(group)

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        step = self.scratch(x)
        g = self.gradient(x, g, group)
        if momentum:
            v = state.get("momentum_buffer")
            if v is None:
                v = state["momentum_buffer"] = g.copy()
            else:
                v *= momentum
                v += g if not group["dampening"] else np.multiply(g, 1 - group["dampening"], out=step)
            if group["nesterov"]:
                np.multiply(v, momentum, out=step)
                g = np.add(g, step, out=step)
            else:
                g = v
        x -= np.multiply(g, float(group["lr"]), out=step)
