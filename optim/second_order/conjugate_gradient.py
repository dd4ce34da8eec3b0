"""Nonlinear conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor

from ..documentation import with_shared_parts
from ..line_search import strong_wolfe
from ..options import Params, check_not_negative, options
from .vectors import WholeVector, finite_or_inf, joined

SMALLEST = float(np.finfo(float).tiny)  # the width of a bracket of step lengths that still can be divided


@with_shared_parts
class ConjugateGradient(WholeVector):
    """Minimises along directions that are conjugate as far as the loss is quadratic, each with a line search.

    params: what to change: tensors or (name, tensor) pairs; all are one vector x of n numbers, without groups.
    lr: the step that the first line search tries is lr · min(1, 1 / ‖g‖₁).
    beta: "fletcher-reeves", "polak-ribiere" or "hestenes-stiefel".
    plus: max(β, 0) in place of β, so that the search starts again after a step that went nowhere (the last two β).
    restart: after this number of directions the next one is -g again; None: n.
    powell: and where |gᵀg₋| ≥ powell gᵀg, for the gradients of a quadratic are orthogonal; None: without this test.
    max_iter, max_eval: the number of directions in one step, and of evaluations of the closure along each, at most.
    tolerance_grad: no step is made where every |g| is at most this.
    c1, c2: of the Wolfe conditions, 0 < c1 < c2 < 1: the loss falls by c1 of what the slope promises, and the slope to c2.
    maximize: True goes up instead of down.

    `step(closure)` returns the loss before the step. The closure computes and returns it; it need not call `backward`.
    The whole data is one batch. Where no t lowers the loss, along -g either, x stays as it is.

    Formula: x ← x + t d,   d ← -g + β d,   g = ∇f(x), with g₋ the gradient before and y = g - g₋
        fletcher-reeves: β = gᵀg / g₋ᵀg₋;   polak-ribiere: β = gᵀy / g₋ᵀg₋;   hestenes-stiefel: β = gᵀy / yᵀd
        d = -g at the start, at a restart, and where -g + β d does not go down
    Shapes: parameters and their gradients (*), all together one vector (n,).
    Dtypes: real floating parameters; the vectors are float64.
    Raises: TypeError if params is not an iterable of tensors; ValueError if it is empty, complex or has groups, or if an
        option is outside its range; ValueError from `step` without a closure or for a loss that does not depend on the
        parameters, TypeError for one that is no number, FloatingPointError for one that is not finite.
    Source: Nocedal & Wright 2006, "Numerical Optimization", Algorithm 5.4 and equations 5.41 to 5.46, 5.52; Fletcher &
        Reeves 1964; Polak & Ribière 1969; Hestenes & Stiefel 1952; Powell 1977, "Restart procedures for the conjugate
        gradient method".

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = optim.ConjugateGradient([x], max_iter=2)
    >>> optimizer.step(lambda: 2 * (x[0] - 3) ** 2 + (x[1] - 1) ** 2)
    tensor(9., grad_fn=<add>)
    >>> x.round(decimals=2)
    tensor([3., 1.], grad_fn=<round>)
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        beta: str = "polak-ribiere",
        *,
        plus: bool = True,
        restart: int | None = None,
        powell: float | None = 0.2,
        max_iter: int = 1,
        max_eval: int = 25,
        tolerance_grad: float = 1e-7,
        c1: float = 1e-4,
        c2: float = 0.1,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        check_not_negative(group, "lr", "tolerance_grad")
        if group["beta"] not in BETAS:
            raise ValueError(f"ConjugateGradient: beta is one of {', '.join(map(repr, BETAS))}; got {group['beta']!r}")
        for name in ("restart", "max_iter", "max_eval"):
            if group[name] is not None and not group[name] >= 1:
                raise ValueError(f"ConjugateGradient: {name} must be at least 1, got {group[name]}")
        if group["powell"] is not None:
            check_not_negative(group, "powell")
        if not 0 < group["c1"] < group["c2"] < 1:
            raise ValueError(f"ConjugateGradient: needed is 0 < c1 < c2 < 1, got c1={group['c1']}, c2={group['c2']}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` directions; returns the loss before the first."""
        group, memory = self.param_groups[0], self.memory
        first, f, g = self._evaluate(closure)
        self.check_finite("loss", f)
        self.check_finite("gradient", g)
        start_g = -g if group["maximize"] else g
        for _ in range(group["max_iter"]):
            if np.abs(g).max() <= group["tolerance_grad"] or not g @ g > 0:
                break
            d = self._direction(g)
            moved, f, g = self._search(closure, f, g, d)
            if not moved:
                steepest = memory["count"] == 1
                memory.clear()
                if steepest:  # not even along -g
                    break
        self.keep_gradient(start_g)
        return first

    def _evaluate(self, closure: Callable[[], Any] | None) -> tuple[Any, float, ndarray]:
        """What the closure returned, the loss and the gradient, with the other sign under `maximize`."""
        loss = self.call(closure)
        f = self.number(loss)
        if any(p.grad is not None for p in self.parameters):  # the closure called backward, as for LBFGS
            g = joined([np.zeros(p.shape) if p.grad is None else p.grad for p in self.parameters])
        else:
            g = joined(self.derivative(loss))
        return (loss, -f, -g) if self.param_groups[0]["maximize"] else (loss, f, g)

    def _direction(self, g: ndarray) -> ndarray:
        """-g + β d, or -g; what it was computed from is remembered for the next one."""
        group, memory = self.param_groups[0], self.memory
        if memory and memory["d"].size != g.size:  # other parameters than before are frozen
            memory.clear()
        d, count = -g, 1
        if memory:
            conjugate = d + self._beta(g) * memory["d"]
            limit = group["restart"] or g.size
            overlap = abs(float(g @ memory["g"])) / float(g @ g)  # 0 for a quadratic
            powell = group["powell"] is not None and overlap >= group["powell"]
            if memory["count"] < limit and not powell and float(conjugate @ g) < 0:
                d, count = conjugate, memory["count"] + 1
        slope = float(g @ d)
        if memory:  # as far along the slope as the last step
            t = memory["t"] * memory["slope"] / slope
        else:
            t = float(group["lr"]) * min(1.0, 1.0 / float(np.abs(g).sum()))
        memory.update(g=g, d=d, count=count, slope=slope, t=t)
        return d

    def _beta(self, g: ndarray) -> float:
        """β, 0 where it is not defined."""
        group, before, d = self.param_groups[0], self.memory["g"], self.memory["d"]
        above, below = BETAS[group["beta"]](g, before, d)
        beta = float(above) / float(below) if below > 0 else 0.0
        return max(beta, 0.0) if group["plus"] else beta

    def _search(self, closure: Any, f: float, g: ndarray, d: ndarray) -> tuple[bool, float, ndarray]:
        """Move along d to a lower loss; whether there was one, the loss and the gradient where x is then."""
        group, memory, x = self.param_groups[0], self.memory, self.read()

        def at(t: float) -> tuple[float, ndarray]:
            with self.tried(x + t * d):
                _, value, gradient = self._evaluate(closure)
            return finite_or_inf(value), gradient

        value, gradient, t = strong_wolfe(
            at, memory["t"], d, f, g, memory["slope"], group["max_eval"], group["c1"], group["c2"], SMALLEST
        )
        if not value < f:
            return False, f, g
        self.write(x + t * d)
        memory["t"] = t
        return True, value, gradient


# β as numerator and denominator, of the gradient, the one before and the direction before
BETAS: dict[str, Callable[[ndarray, ndarray, ndarray], tuple[Any, Any]]] = {
    "fletcher-reeves": lambda g, before, d: (g @ g, before @ before),
    "polak-ribiere": lambda g, before, d: (g @ (g - before), before @ before),
    "hestenes-stiefel": lambda g, before, d: (g @ (g - before), (g - before) @ d),
}
