"""The Levenberg-Marquardt method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor

from ..options import Params, check_not_negative, options
from .vectors import WholeVector, joined

SMALLEST = float(np.finfo(float).eps) ** 2  # of the damping: it stays more than 0 after any number of good steps


class LevenbergMarquardt(WholeVector):
    """Minimises a sum of squares by Gauss-Newton steps, damped towards descent as far as they fail.

    params: what to change: tensors or (name, tensor) pairs; all are one vector x of n numbers, without groups.
    damping: the first μ, more than 0: 1e-3 where the start is good, 1 where it is not.
    max_tries: how often μ grows in one step before x stays as it is.
    tolerance_grad: no step is made where every |Jᵀr| is at most this.

    The closure of `step` computes and returns the vector of residuals and does not call `backward`; `step` returns it as
    it was before the step. The steps do not depend on the scale of each parameter (Marquardt), and are least squares
    solutions by QR, so that the condition of J is not squared; μ > 0 makes them unique where J is singular. J has m n
    numbers: this is for networks of some hundreds of weights and some thousands of residuals, the whole data.

    Formula: δ = argmin ‖r + J δ‖² + μ ‖D δ‖²,   D[j] = the largest norm of column j of J so far (1 where that is 0)
        ρ = (‖r(x)‖² - ‖r(x + δ)‖²) / (‖J δ‖² + 2 μ ‖D δ‖²)
        ρ > 0: x ← x + δ, μ ← μ max(1/3, 1 - (2ρ - 1)³), ν ← 2;   else x stays, μ ← μ ν, ν ← 2 ν, and δ anew
    Shapes: parameters (*), all together one vector (n,); residuals (m,), J (m, n).
    Dtypes: real floating parameters; J has their dtypes, the rest is float64.
    Raises: TypeError if params is not an iterable of tensors; ValueError if it is empty, complex or has groups, or if an
        option is outside its range; ValueError from `step` without a closure, for one that calls `backward` or whose
        value is no vector that depends on the parameters, FloatingPointError for one that is not finite.
    Source: Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters"; Moré 1978, "The
        Levenberg-Marquardt algorithm: implementation and theory", for D and QR; Nielsen 1999, "Damping parameter in
        Marquardt's method", IMM-REP-1999-05, for μ.

    >>> import autograd_core as ag, optim
    >>> x, w = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([0.0, 0.0], requires_grad=True)
    >>> optimizer = optim.LevenbergMarquardt([w])
    >>> for step in range(10):
    ...     residuals = optimizer.step(lambda: w[0] * x + w[1] - (2 * x - 1))
    >>> w.round(decimals=2)
    tensor([ 2., -1.], grad_fn=<round>)
    """

    closure = "residuals"
    wanted = "the residuals, a vector"

    def __init__(
        self,
        params: Params,
        damping: float = 0.1,
        *,
        max_tries: int = 10,
        tolerance_grad: float = 1e-10,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        check_not_negative(group, "tolerance_grad")
        if not group["damping"] > 0:
            raise ValueError(f"LevenbergMarquardt: damping must be more than 0, got {group['damping']}")
        if not group["max_tries"] >= 1:
            raise ValueError(f"LevenbergMarquardt: max_tries must be at least 1, got {group['max_tries']}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step that lowers the sum of squares, or none; returns the residuals before it."""
        group, memory = self.param_groups[0], self.memory
        residuals = self._residuals(closure)
        r = joined([residuals])
        self.check_finite("sum of squares", float(r @ r))
        self.check_recorded(residuals)
        J = self.jacobian(residuals)
        self.check_finite("Jacobian", J)
        if not memory or memory["scale"].size != J.shape[1]:  # at first, or when other parameters are frozen
            memory.update(damping=float(group["damping"]), growth=2.0, scale=np.zeros(J.shape[1]))
        memory["scale"] = np.maximum(memory["scale"], np.linalg.norm(J, axis=0))
        g = J.T @ r
        if np.abs(g).max() > group["tolerance_grad"]:
            self._advance(closure, r, J)
        self.keep_gradient(2 * g)
        return residuals

    def _residuals(self, closure: Callable[[], Any] | None) -> Tensor:
        r = self.call(closure)
        if not isinstance(r, Tensor) or r.ndim != 1 or not r.array.size:
            got = f"a tensor of shape {tuple(r.shape)}" if isinstance(r, Tensor) else type(r).__name__
            raise ValueError(
                f"LevenbergMarquardt: the closure must return {self.wanted}, got {got}; return (output - y).reshape(-1), or "
                "take optim.Newton for a loss that is one number"
            )
        return r

    def _advance(self, closure: Any, r: ndarray, J: ndarray) -> None:
        """Move x by a step that lowers ‖r‖²; the damping grows until there is one."""
        memory, x = self.memory, self.read()
        D = np.where(memory["scale"] > 0, memory["scale"], 1.0)
        Q, R = np.linalg.qr(J)  # ‖r + J δ‖² = ‖Qᵀr + R δ‖² + a constant: one factorisation for all μ
        Qr, zeros = Q.T @ r, np.zeros(x.size)
        for _ in range(self.param_groups[0]["max_tries"]):
            mu = memory["damping"]
            Q2, R2 = np.linalg.qr(np.vstack([R, np.diag(np.sqrt(mu) * D)]))
            step = np.linalg.solve(R2, Q2.T @ -np.concatenate([Qr, zeros]))
            with self.tried(x + step):
                after = joined([self._residuals(closure)])
            before, squares = float(r @ r), float(after @ after)
            promised = float(np.sum((R @ step) ** 2)) + 2 * mu * float(np.sum((D * step) ** 2))
            rho = (before - squares) / promised if promised > 0 and np.isfinite(squares) else -1.0
            if rho > 0:
                self.write(x + step)
                mu = max(mu * max(1 / 3, 1 - (2 * min(rho, 1.0) - 1) ** 3), SMALLEST)
                memory.update(damping=mu, growth=2.0)
                return
            if promised <= self.rounding(before):  # as low as it gets
                return
            memory.update(damping=mu * memory["growth"], growth=2 * memory["growth"])
