"""Resilient backpropagation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from .optimizer import Optimizer, check_not_negative


class Rprop(Optimizer):
    """Steps by the sign of the gradient alone, each weight with a step size of its own; for the whole data as batch.

        where g g' > 0:  η ← min(η · etas[1], step_sizes[1])
        where g g' < 0:  η ← max(η · etas[0], step_sizes[0]),  g ← 0       (g' is the gradient of the step before)
        x ← x - η sign(g)

    η starts at lr.

    Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm"; after a change of sign without the step back (Rprop- of Igel & Hüsken 2000, keeping their g ← 0).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ):
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def check_group(self, group: dict[str, Any]) -> None:
        check_not_negative(group, lr="learning rate")
        low, high = group["etas"]
        if not 0.0 < low < 1.0 < high:
            raise ValueError(f"Invalid eta values: {low}, {high}; needed is 0 < etas[0] < 1 < etas[1]")

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            lr = float(group["lr"])
            state.update(step=0, prev=np.zeros_like(x), step_size=np.full_like(x, lr))
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
