"""Resilient backpropagation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor
from autograd_core.kernels.rows.rules import rprop

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class Rprop(Optimizer):
    """Minimises by the sign of the gradient alone, with a step size η for each weight; for the whole data as one batch.

    {params}
    etas: what η is multiplied by after a change of the gradient's sign and without one; 0 < etas[0] < 1 < etas[1].
    step_sizes: the smallest and the largest η. η starts at lr.
    {flags}

    Formula: where g g' > 0:  η ← min(η · etas[1], step_sizes[1])
        where g g' < 0:  η ← max(η · etas[0], step_sizes[0]),  g ← 0       (g' is the gradient of the step before)
        x ← x - η sign(g)
    {contract}
    Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP
        algorithm"; after a change of sign without the step back (iRprop- of Igel & Hüsken 2003, see `IRprop`).

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Rprop([x], lr=0.1).step()
    >>> x
    tensor([0.9, 1.9], requires_grad=True)
    """

    checked = ("lr",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        low, high = group["etas"]
        if not 0.0 < low < 1.0 < high:
            raise ValueError(f"Invalid eta values: {low}, {high}; needed is 0 < etas[0] < 1 < etas[1]")
        smallest, largest = group["step_sizes"]
        if not 0.0 <= smallest <= largest:
            raise ValueError(
                f"Invalid step sizes: {smallest}, {largest}; needed is 0 <= step_sizes[0] <= step_sizes[1]"
            )

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": 0, "prev": np.zeros_like(x), "step_size": np.full_like(x, float(group["lr"]))}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        slope = np.negative(g, out=self.scratch(x, 1)) if group["maximize"] else g
        rprop(x, slope, state["step_size"], state["prev"], group["etas"], group["step_sizes"], self.scratch(x))


@with_shared_parts
class IRprop(Rprop):
    """Minimises as Rprop, and where the loss rose takes back the steps of those weights that went beyond a minimum.

    {params} η starts there.
    etas: what η is multiplied by after a change of the gradient's sign and without one; 0 < etas[0] < 1 < etas[1].
    step_sizes: the smallest and the largest η.
    variant: "plus" takes steps back; "minus" does not, and is `Rprop` as PyTorch has it.
    maximize: True goes up the gradient instead of down.

    For "plus" `step` needs a closure, which clears the gradients, computes the loss, calls `backward` and returns it; it is
    called once. The whole data is one batch: losses and signs of different batches cannot be compared.

    Formula: g, g', η as in Rprop, d the step of a weight before and f' the loss of the step before
        where g g' < 0:  x ← x - d if f(x) > f' (plus), x stays (minus);  g ← 0;    elsewhere:  d = -η sign(g),  x ← x + d
    {contract} ValueError for another variant, and from `step` of "plus" without a closure; FloatingPointError for a loss
        that is not finite, with nothing changed.
    Source: Igel & Hüsken 2003, "Empirical evaluation of the improved Rprop learning algorithms", iRprop+ and iRprop-.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.IRprop([x], lr=2.5)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x * x).sum()
    ...     loss.backward()
    ...     return loss
    >>> [(optimizer.step(closure).item(), x.item()) for step in range(3)]  # the first step raised the loss
    [(1.0, -1.5), (2.25, 1.0), (1.0, -0.25)]
    """

    loss = math.nan

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        variant: str = "plus",
        maximize: bool = False,
    ):
        Optimizer.__init__(self, params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        if group["variant"] not in ("plus", "minus"):
            raise ValueError(f"IRprop: variant is 'plus' or 'minus', got {group['variant']!r}")

    @property
    def closure(self) -> str | None:  # type: ignore[override]
        """Only iRprop+ cannot do without the loss."""
        return "gradients" if any(group["variant"] == "plus" for group in self.param_groups) else None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; returns what the closure returned."""
        loss, self.loss = self.evaluated(closure) if closure is not None or self.closure else (None, math.nan)
        if self.closure and not math.isfinite(self.loss):
            raise FloatingPointError(
                f"IRprop: the loss is {self.loss}, and the parameters were left as they are; look for NaN in the data, or "
                "make lr and step_sizes[1] smaller"
            )
        self.update_groups()
        return loss

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = super().begin(x, group)
        return state if group["variant"] == "minus" else {**state, "delta": np.zeros_like(x), "loss": self.loss}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if group["variant"] == "minus":
            super().update(x, g, state, group)
            return
        sign = -1.0 if group["maximize"] else 1.0
        if sign * self.loss > sign * state["loss"]:
            x -= np.where(sign * g * state["prev"] < 0, state["delta"], 0)
        super().update(x, g, state, group)
        np.multiply(np.sign(state["prev"]), -state["step_size"], out=state["delta"])
        state["loss"] = self.loss
