"""Steps inside a trust region: Steihaug's conjugate gradients, and the rule for the radius."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..options import check_not_negative
from .vectors import WholeVector, finite_or_inf


class Model(NamedTuple):
    """The quadratic model m(p) = f + gᵀp + ½ pᵀB p of the loss around x."""

    f: float
    g: ndarray
    multiply: Callable[[ndarray], ndarray]  # B p
    noise: float  # what f may be wrong by


def steihaug(model: Model, radius: float, max_cg: int, tolerance: float) -> tuple[ndarray, float]:
    """A step p with ‖p‖ ≤ radius that lowers the model at least as far as the gradient does, and by how much it does.

    Conjugate gradients for B p = -g, which end where the residual is small, at the edge of the region, or where the
    curvature dᵀB d is not positive: then they go on along d to the edge.

    Source: Nocedal & Wright 2006, "Numerical Optimization", Algorithm 7.2; Steihaug 1983.
    """
    p, Bp = np.zeros_like(model.g), np.zeros_like(model.g)
    r, d = model.g, -model.g
    for _ in range(max_cg):
        Bd = model.multiply(d)
        curvature, rr = float(d @ Bd), float(r @ r)
        alpha = rr / curvature if curvature > 0 else math.inf
        outside = not math.isfinite(alpha) or np.linalg.norm(p + alpha * d) >= radius
        if outside:
            alpha = to_the_edge(p, d, radius)
        p, Bp, r = p + alpha * d, Bp + alpha * Bd, r + alpha * Bd
        if outside or np.linalg.norm(r) <= tolerance:
            break
        d = -r + float(r @ r) / rr * d
    return p, -float(model.g @ p) - 0.5 * float(p @ Bp)


def to_the_edge(p: ndarray, d: ndarray, radius: float) -> float:
    """The τ ≥ 0 with ‖p + τ d‖ = radius."""
    a, b, c = float(d @ d), float(p @ d), float(p @ p) - radius**2
    root = math.sqrt(max(b * b - a * c, 0.0))
    return -c / (b + root) if b > 0 else (root - b) / a  # without cancellation


class TrustRegion(WholeVector):
    """The base of Newton and GaussNewton: the step that lowers their model most inside a radius that adapts."""

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        name = type(self).__name__
        check_not_negative(group, "tolerance_grad")
        if not 0 < group["radius"] <= group["max_radius"]:
            raise ValueError(
                f"{name}: needed is 0 < radius <= max_radius, got radius={group['radius']}, max_radius={group['max_radius']}"
            )
        if not 0 <= group["eta"] < 0.25:
            raise ValueError(f"{name}: eta must be in [0, 0.25), got {group['eta']}")
        for option in ("max_cg", "max_tries"):
            if not group[option] >= 1:
                raise ValueError(f"{name}: {option} must be at least 1, got {group[option]}")

    def advance(self, model: Model, loss_at: Callable[[], float]) -> None:
        """Move x by a step that the loss confirms; the radius shrinks until there is one (Algorithm 4.1).

        `loss_at()` is the loss at the parameters as they are.
        """
        group, memory, x = self.param_groups[0], self.memory, self.read()
        memory.setdefault("radius", float(group["radius"]))
        norm = float(np.linalg.norm(model.g))
        if np.abs(model.g).max() <= group["tolerance_grad"] or norm == 0:  # also by underflow
            return
        for _ in range(group["max_tries"]):
            radius = memory["radius"]
            p, promised = steihaug(model, radius, group["max_cg"], min(0.5, math.sqrt(norm)) * norm)
            self.check_finite("curvature", promised)
            with self.tried(x + p):
                f = finite_or_inf(loss_at())
            rho = (model.f - f + model.noise) / (promised + model.noise)  # 1 where both are lost in rounding
            length = float(np.linalg.norm(p))
            if rho < 0.25:
                memory["radius"] = length / 4
            elif rho > 0.75 and length >= 0.99 * radius:
                memory["radius"] = min(2 * radius, float(group["max_radius"]))
            if rho > group["eta"]:
                self.write(x + p)
                return
