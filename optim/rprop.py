"""Resilient backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

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
        algorithm"; after a change of sign without the step back (Rprop- of Igel & Hüsken 2000, keeping their g ← 0).

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
        before, size = state["prev"], state["step_size"]
        tmp = self.scratch(x)
        sign = -1.0 if group["maximize"] else 1.0
        np.multiply(g, before, out=tmp)
        if group["maximize"]:
            np.negative(tmp, out=tmp)
        grow, shrink = tmp > 0, tmp < 0
        np.multiply(size, group["etas"][1], out=size, where=grow)
        np.multiply(size, group["etas"][0], out=size, where=shrink)
        np.clip(size, *group["step_sizes"], out=size)
        np.multiply(g, sign, out=before)
        before[shrink] = 0
        x -= np.multiply(np.sign(before, out=tmp), size, out=tmp)
