"""Newton's method in a trust region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

from ..options import Params, options
from .trust_region import Model, TrustRegion
from .vectors import joined, product


class Newton(TrustRegion):
    """Minimises by Newton's method: the lowest point of the quadratic model, as far as the loss agrees with it.

    params: what to change: tensors or (name, tensor) pairs; all are one vector x of n numbers, without groups.
    radius, max_radius: how far the first step goes at most, and any step.
    eta: a step is made if the loss falls by more than this part of what the model promises; from 0 to 1/4.
    max_cg: the number of Hessian-vector products for one try, at most.
    max_tries: how often the radius shrinks in one step before x stays as it is.
    tolerance_grad: no step is made where every |g| is at most this.
    maximize: True goes up instead of down.

    `step(closure)` returns the loss before the step. The closure computes and returns it and does not call `backward`. H
    is never formed, nor is it inverted: conjugate gradients need H v only, which costs about two gradients. They leave
    the region along a direction of negative curvature, so that saddles do not attract. A singular H is no special case.

    Formula: p ≈ argmin gᵀp + ½ pᵀH p with ‖p‖ ≤ Δ,   g = ∇f(x),  H = ∇²f(x);   ρ = (f(x) - f(x + p)) / -(gᵀp + ½ pᵀH p)
        ρ < 1/4: Δ ← ‖p‖ / 4;   ρ > 3/4 and ‖p‖ = Δ: Δ ← min(2 Δ, max_radius);   ρ > eta: x ← x + p, else try again
    Shapes: parameters and their gradients (*), all together one vector (n,).
    Dtypes: real floating parameters; the vectors are float64, H v has the parameters' dtypes.
    Raises: TypeError if params is not an iterable of tensors; ValueError if it is empty, complex or has groups, or if an
        option is outside its range; ValueError from `step` without a closure, for one that calls `backward` or for a loss
        that does not depend on the parameters, TypeError for one that is no number, FloatingPointError for one that is
        not finite.
    Source: Nocedal & Wright 2006, "Numerical Optimization", Algorithms 4.1 and 7.2 (there Δ ← Δ / 4); Steihaug 1983,
        "The conjugate gradient method and trust regions in large scale optimization"; Pearlmutter 1994 for H v.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = optim.Newton([x], radius=10.0)
    >>> for step in range(5):
    ...     loss = optimizer.step(lambda: 2 * (x[0] - 3) ** 2 + (x[1] - 1) ** 2)
    >>> x.round(decimals=2)
    tensor([3., 1.], grad_fn=<round>)
    """

    def __init__(
        self,
        params: Params,
        radius: float = 1.0,
        max_radius: float = 1e10,
        *,
        eta: float = 1e-4,
        max_cg: int = 250,
        max_tries: int = 10,
        tolerance_grad: float = 1e-7,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step that lowers the loss, or none; returns the loss before it."""
        loss = self.call(closure)
        f = self.number(loss)
        self.check_finite("loss", f)
        gradient = self.derivative(loss, create_graph=True)
        g, parameters = joined(gradient), self.parameters
        self.check_finite("gradient", g)
        sign = -1.0 if self.param_groups[0]["maximize"] else 1.0

        def multiply(v: ndarray) -> ndarray:  # H v = ∇(gᵀv)
            return sign * joined(product(gradient, parameters, self.split(v)))

        self.advance(
            Model(sign * f, sign * g, multiply, self.rounding(f)), lambda: sign * self.number(self.call(closure))
        )
        self.keep_gradient(g)
        return loss
