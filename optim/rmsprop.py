"""RMSprop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, check_fraction, options


@with_shared_parts
class RMSprop(Optimizer):
    """Minimises by the gradient divided by a running root mean square of it.

    {params}
    alpha: the decay rate α of the running means, in [0, 1].
    {eps}
    {weight_decay}
    momentum: the decay rate of the velocity b, at least 0.
    centered: True: divide by the standard deviation, not by the root mean square.
    {flags}

    Formula: g ← ∇f(x) + weight_decay x
        v ← α v + (1 - α) g²
        d = √v + eps                      (centered: √(v - m²) + eps with m ← α m + (1 - α) g)
        x ← x - lr g / d                  (momentum: b ← momentum b + g / d,  x ← x - lr b)
    {contract}
    Source: Hinton 2012, "Neural Networks for Machine Learning", lecture 6e; centered: Graves 2013, "Generating
        Sequences With Recurrent Neural Networks", equations 38 to 41.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.RMSprop([x], lr=0.1, alpha=0.75).step()
    >>> x
    tensor([0.8, 1.8], requires_grad=True)
    """

    checked = ("lr", "eps", "momentum", "weight_decay")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        check_fraction(group, "alpha")

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        arrays = ["square_avg"]
        if group["momentum"] > 0:
            arrays.append("momentum_buffer")
        if group["centered"]:
            arrays.append("grad_avg")
        return {"step": 0, **{name: np.zeros_like(x) for name in arrays}}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, alpha = float(group["lr"]), group["alpha"]
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
