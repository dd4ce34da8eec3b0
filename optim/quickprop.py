"""Quickprop."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from autograd_core.engine.tensor import Tensor
from autograd_core.kernels.rows.rules import quickprop

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, options


@with_shared_parts
class Quickprop(Optimizer):
    """Minimises by jumping, for each weight, to the lowest point of the parabola through its last two slopes.

    {params}
    mu: how many times the step before a step can be at most; more than 0.
    {weight_decay} Fahlman took 1e-4.
    maximize: True goes up the gradient instead of down, as for the correlations of cascade-correlation.

    The whole data is one batch: two slopes of different batches make no parabola. Where a slope keeps its sign, descent
    with lr is added, so that a weight that has stopped starts again. lr belongs to the mean over the examples: Fahlman
    adds their slopes and divides his ε by their number. Networks of sigmoids that it drives flat are his reason for
    adding 0.1 to the sigmoid's derivative.

    Formula: s = ∇f(x) + weight_decay x, with d the step and p the slope s before; both are 0 at first
        q = mu d where s / p ≥ mu / (1 + mu) (there the lowest point is farther away, or behind), d s / (p - s) elsewhere
        d ← q - lr s where s p ≥ 0, q elsewhere;   p ← s;   x ← x + d
    {contract}
    Source: Fahlman 1988, "An empirical study of learning speed in back-propagation networks", CMU-CS-88-162; the slope
        limit mu / (1 + mu) as in the program of Fahlman & Lebiere 1990, "The cascade-correlation learning architecture".

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = optim.Quickprop([x], lr=0.25)
    >>> for step in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    ...     print(x.tolist())
    [0.5, 1.0]
    [-0.25, -0.5]
    """

    zeros = ("delta", "prev")
    checked = ("lr", "weight_decay", "mu")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 0.35,
        mu: float = 1.75,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        if group["mu"] == 0:
            raise ValueError("Invalid mu value: 0; it must be more than 0, such as 1.75")

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] += 1
        s = self.gradient(x, g, group)
        quickprop(x, s, state["delta"], state["prev"], float(group["lr"]), group["mu"])
