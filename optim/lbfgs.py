"""Limited-memory BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.modes import enable_grad, no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import written
from autograd_core.ops.elementwise.complex import view_as_real

from .documentation import with_shared_parts
from .line_search import strong_wolfe
from .optimizer import Optimizer
from .options import Params, options


def _real(x: ndarray) -> ndarray:
    """x, or a view of its real and imaginary parts."""
    return view_as_real(x) if x.dtype.kind == "c" else x


@with_shared_parts
class LBFGS(Optimizer):
    """Minimises by a quasi-Newton method: the last steps s and gradient changes y estimate the inverse Hessian H.

    {params}
    max_iter, max_eval: how many iterations one `step(closure)` makes, and how many evaluations of the closure (default
        5/4 max_iter) at most. The closure clears the gradients, computes the loss, calls `backward`, returns the loss.
    tolerance_grad, tolerance_change: a step ends when every |g| is at most the one, or when the step or the loss changes
        by less than the other.
    history_size: the number of pairs (s, y) that are kept, at least 1.
    line_search_fn: None: t is lr, at the first iteration lr · min(1, 1 / ‖g‖₁); "strong_wolfe": a t that satisfies the
        strong Wolfe conditions. All parameters are one group.

    Formula: d = -H g by the two-loop recursion, with H₀ = sᵀy / yᵀy of the last pair;   x ← x + t d
    Shapes: parameters and their gradients (*), all together one vector.
    Dtypes: floating and complex parameters (a complex one as two real ones).
    Raises: TypeError if params is not an iterable of tensors or a dict of them; ValueError if it is empty or has several
        groups, if an option is outside its range, or for another line_search_fn; ValueError from `step` without a closure.
    Source: Nocedal & Wright 2006, "Numerical Optimization", Algorithms 7.4 and 7.5; Liu & Nocedal 1989.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((x - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(5., grad_fn=<sum>)
    >>> x
    tensor([3., 3.], requires_grad=True)
    """

    closure = "gradients"
    flat_state = True
    checked = ("lr",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        if self.param_groups:
            raise ValueError("LBFGS doesn't support parameter groups: give all parameters as one list")
        if not group["history_size"] >= 1:
            raise ValueError(f"LBFGS: history_size must be at least 1, got {group['history_size']}")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn is None or 'strong_wolfe', got {group['line_search_fn']!r}")

    @property
    def _params(self) -> list:
        return self.param_groups[0]["params"]

    def _gradient(self) -> ndarray:
        """All gradients as one vector; a complex one as its real and imaginary parts."""
        return np.concatenate(
            [_real(np.zeros_like(p.array) if p._grad is None else p._grad.array).ravel() for p in self._params]
        )

    def _move(self, t: float, d: ndarray) -> None:
        """x ← x + t d."""
        start = 0
        for p in self._params:
            x = _real(p.array)
            part = d[start : start + x.size].reshape(x.shape)
            start += part.size
            x[...] += t * part
            written(p.array)

    def _direction(self, g: ndarray, state: dict[str, Any]) -> ndarray:
        """-H g (Algorithm 7.4)."""
        ys, ss, ro = state["old_dirs"], state["old_stps"], state["ro"]
        q = -g
        alphas = [0.0] * len(ys)
        for i in reversed(range(len(ys))):
            alphas[i] = float(ss[i] @ q) * ro[i]
            q -= alphas[i] * ys[i]
        r = q * state["H_diag"]
        for s, y, rho, alpha in zip(ss, ys, ro, alphas, strict=True):
            r += (alpha - float(y @ r) * rho) * s
        return r

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` iterations; returns the loss before the first."""
        if closure is None:
            raise ValueError("LBFGS: step needs a closure that computes the loss again and returns it")
        group = self.param_groups[0]
        max_iter, max_eval, history = group["max_iter"], group["max_eval"], group["history_size"]
        lr, small = float(group["lr"]), group["tolerance_change"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def evaluate() -> Any:
            state["func_evals"] += 1
            with enable_grad():
                return closure()

        with no_grad():
            first_loss = evaluate()
            loss, g = float(first_loss), self._gradient()
            start_evals = state["func_evals"] - 1
            if np.abs(g).max() <= group["tolerance_grad"]:
                return first_loss
            for iteration in range(1, max_iter + 1):
                state["n_iter"] += 1
                if state["n_iter"] == 1:
                    state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
                    d = -g
                    t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr
                else:
                    self._remember(g, state, history)
                    d = self._direction(g, state)
                    t = lr
                state["prev_flat_grad"], state["prev_loss"] = g, loss
                slope = float(g @ d)
                state["d"], state["t"] = d, t
                if slope > -small:
                    break
                if group["line_search_fn"] is not None:
                    spent = state["func_evals"] - start_evals
                    loss, g, t = strong_wolfe(self._along(d, evaluate), t, d, loss, g, slope, max_eval - spent)
                    state["t"] = t
                    self._move(t, d)
                else:
                    self._move(t, d)
                    if iteration != max_iter:  # in a stochastic setting the loss after the last step is of no use
                        loss, g = float(evaluate()), self._gradient()
                if (
                    state["func_evals"] - start_evals >= max_eval
                    or np.abs(g).max() <= group["tolerance_grad"]
                    or np.abs(d * t).max() <= small
                    or abs(loss - state["prev_loss"]) < small
                ):
                    break
        return first_loss

    def _remember(self, g: ndarray, state: dict[str, Any], history: int) -> None:
        """Add the last step and its change of the gradient, unless the curvature along it is not positive."""
        y = g - state["prev_flat_grad"]
        s = state["d"] * state["t"]
        curvature = float(y @ s)
        if curvature <= 1e-10:
            return
        for kept, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / curvature)):
            if len(state[kept]) == history:
                state[kept].pop(0)
            state[kept].append(value)
        state["H_diag"] = curvature / float(y @ y)

    def _along(self, d: ndarray, evaluate: Callable[[], Any]) -> Callable[[float], tuple[float, ndarray]]:
        """The loss and the gradient at x + t d as a function of t, which leaves x where it is."""
        start = [p.array.copy() for p in self._params]

        def at(t: float) -> tuple[float, ndarray]:
            self._move(t, d)
            loss, g = float(evaluate()), self._gradient()
            for p, x in zip(self._params, start, strict=True):
                p.array[...] = x
                written(p.array)
            return loss, g

        return at

    def _loaded(self, name: str, value: Any, number: Any, param: Any) -> Any:
        if isinstance(value, list):
            return [super(LBFGS, self)._loaded(name, v, number, param) for v in value]
        return super()._loaded(name, value, number, param)
