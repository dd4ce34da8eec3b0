"""Gradient descent with the bold driver."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, check_fraction, check_not_negative, options


@with_shared_parts
class BoldDriver(Optimizer):
    """Minimises by gradient descent whose learning rate grows while the loss falls; a step that raises it is taken back.

    {params}
    increase: what lr is multiplied by after a step that did not raise the loss; at least 1.
    decrease: what it is multiplied by after one that did; between 0 and 1.
    maximize: True goes up the gradient instead of down.

    `step` needs a closure, which clears the gradients, computes the loss, calls `backward` and returns it; it is called
    once, where the step before led to. The learning rates that come out are the `lr` of the groups. The whole data is one
    batch: losses of different batches cannot be compared. A loss that is NaN or infinite counts as risen.

    Formula: f(x) ≤ f':  lr ← increase · lr (not at the first step),  x' = x,  g' = ∇f(x),  f' = f(x)
        else:  lr ← decrease · lr;      x ← x' - lr g'
    {contract} ValueError from `step` without a closure; FloatingPointError if the loss is not finite where it starts.
    Source: Vogl et al. 1988, "Accelerating the convergence of the back-propagation method"; Battiti 1989, "Accelerated
        backpropagation learning: two optimization methods", who named it.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.BoldDriver([x], lr=0.25, increase=2.0)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (4 * x**2).sum()
    ...     loss.backward()
    ...     return loss
    >>> [(optimizer.step(closure).item(), x.item()) for step in range(3)]  # 1 → -1, as good → 3, too far → 1
    [(4.0, -1.0), (4.0, 3.0), (36.0, 1.0)]
    """

    closure = "gradients"
    checked = ("lr",)
    loss = math.nan
    risen = False

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 0.1,
        increase: float = 1.1,
        decrease: float = 0.5,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        if self.param_groups and group["maximize"] != self.param_groups[0]["maximize"]:
            raise ValueError("BoldDriver: the groups go different ways; give all of them the same maximize")
        check_not_negative(group, "increase")
        if group["increase"] < 1:
            raise ValueError(f"Invalid increase value: {group['increase']}; it must be at least 1, such as 1.1")
        check_fraction(group, "decrease")
        if not 0 < group["decrease"] < 1:
            raise ValueError(f"Invalid decrease value: {group['decrease']}; it must be between 0 and 1, such as 0.5")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Judge the step before by the loss it led to, and make the next one; returns that loss."""
        loss, self.loss = self.evaluated(closure)
        before = next((state["loss"] for state in self.state.values() if state), None)
        sign = -1.0 if self.param_groups[0]["maximize"] else 1.0
        if before is None and not math.isfinite(self.loss):
            raise FloatingPointError(
                f"BoldDriver: the loss is {self.loss} where it starts; look for NaN in the data, or start from smaller weights"
            )
        self.risen = before is not None and not (math.isfinite(self.loss) and sign * self.loss <= sign * before)
        if before is not None:
            for group in self.param_groups:
                group["lr"] = float(group["lr"]) * group["decrease" if self.risen else "increase"]
        self.update_groups()
        return loss

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"x": x.copy(), "g": np.zeros_like(x), "loss": self.loss}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if self.risen:
            x[...] = state["x"]
        else:
            state["x"][...] = x
            state["g"][...] = g
            state["loss"] = self.loss
        x -= (-float(group["lr"]) if group["maximize"] else float(group["lr"])) * state["g"]
