"""The delta-bar-delta rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, check_fraction, options


@with_shared_parts
class DeltaBarDelta(Optimizer):
    """Minimises by gradient descent with a learning rate ε for each weight, which grows while the slope keeps its sign.

    {params} ε starts there.
    kappa: what is added to ε where the gradient has the sign of its average.
    phi: the share of ε that is taken off where it has the other sign, from 0 to 1.
    theta: the decay rate of the average, from 0 to 1.
    maximize: True goes up the gradient instead of down.

    ε grows slowly, by addition, and shrinks quickly, by a factor, so that it neither explodes nor falls below 0. The
    whole data is one batch.

    Formula: g = ∇f(x);   where ḡ g > 0:  ε ← ε + kappa;   where ḡ g < 0:  ε ← (1 - phi) ε
        ḡ ← (1 - theta) g + theta ḡ;   x ← x - ε g
    {contract}
    Source: Jacobs 1988, "Increased rates of convergence through learning rate adaptation", without momentum.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = optim.DeltaBarDelta([x], lr=0.25, kappa=0.25)
    >>> for step in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> x, optimizer.state[x]["rate"]
    (tensor([0., 0.], requires_grad=True), array([0.5, 0.5], dtype=float32))
    """

    checked = ("lr", "kappa")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 0.1,
        kappa: float = 0.01,
        phi: float = 0.1,
        theta: float = 0.7,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        check_fraction(group, "phi")
        check_fraction(group, "theta")

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": 0, "rate": np.full_like(x, float(group["lr"])), "average": np.zeros_like(x)}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        rate, average = state["rate"], state["average"]
        if group["maximize"]:
            g = np.negative(g, out=self.scratch(x, 9))
        agreement = np.sign(average) * np.sign(g)
        rate += group["kappa"] * (agreement > 0)
        np.multiply(rate, 1 - group["phi"], out=rate, where=agreement < 0)
        average *= group["theta"]
        average += (1 - group["theta"]) * g
        x -= rate * g
