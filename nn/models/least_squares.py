"""How linear units come to have the least mean of squared errors: by small steps (`LeastSquares`) or at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

from autograd_core.kernels.machine.blas import lapack

from .examples import positive

ROWS = 4096  # examples at a time, where not all are needed in float64


@dataclass
class LeastSquaresFit:
    """The course of learning.

    converged  whether the loss no longer changed (by `tolerance`), or was solved for
    losses     the mean of (t - y)² over examples and outputs, at the start and after each epoch
    least      the least there is: that of the least-squares solution
    lr         the learning rate used, None for "exact"
    lr_bound   2 / λ: from there on the weights diverge
    weights    if `history`: (out_features, in_features + 1) at the start and after each epoch, the bias last
    """

    converged: bool
    losses: list[float]
    least: float
    lr: float | None
    lr_bound: float
    weights: list[ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of epochs that passed."""
        return len(self.losses) - 1

    @property
    def message(self) -> str:
        loss = f"loss {self.losses[-1]:.4g}, the least possible {self.least:.4g}"
        if self.lr is None:
            return f"solved: {loss}"
        outcome = "converged" if self.converged else "not converged"
        return f"{outcome} after {self.epochs} epochs with lr {self.lr:.3g} (bound {self.lr_bound:.3g}): {loss}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message})"


class LeastSquares:
    """The problem: minimise the mean of |t - W x̂|² over x̂ (N, D), t (N, K), by a rule: "exact", "batch", or another name.

    The last stands for steps on `batch_size` examples at a time. R = mean(x̂ x̂ᵀ), P = mean(t x̂ᵀ).
    """

    def __init__(self, name: str, x: ndarray, t: ndarray, rule: str, lr: float | None, batch_size: int = 1):
        self.name, self.rule, self.batch_size = name, rule, batch_size
        self.x, self.t = x, t.astype(x.dtype)
        N, D = x.shape
        self.R, self.P = second_moments(x), np.zeros((t.shape[1], D))
        for i in range(0, N, ROWS):
            self.P += t[i : i + ROWS].T @ x[i : i + ROWS].astype(np.float64) / N
        self.power = float(np.square(t).mean())
        values, vectors = lapack(np.linalg.eigh, self.R)
        trace, largest = float(values.sum()), float(values[-1])
        self.rate_bound = 2 / largest if largest > 0 else math.inf
        self.cautious = cautious_rate(trace, largest, batch_size)
        inverse = np.where(values > largest * D * np.finfo(np.float64).eps, values, math.inf) ** -1.0
        self.solution = (self.P @ vectors * inverse) @ vectors.T  # of all solutions the smallest
        self.lr = self._rate(lr)

    def loss(self, w: ndarray) -> float:
        """The mean of (t - y)²: with |t - W x̂|² multiplied out, no pass over the examples is needed."""
        K = len(w)
        total = self.power * K + float(((w @ self.R - 2 * self.P) * w).sum())
        return max(total, 0.0) / K if total == total else math.nan

    def _rate(self, lr: float | None) -> float:
        """The learning rate, checked."""
        if lr is None:
            return self.rate_bound / 2 if self.rule == "batch" and self.rate_bound < math.inf else self.cautious
        positive(self.name, lr=lr)
        if lr >= self.rate_bound and self.rule != "exact":
            raise ValueError(
                f"{self.name}: with lr={lr:.3g} the weights would diverge: it must be below 2/λ = {self.rate_bound:.3g}, where "
                f"λ = {2 / self.rate_bound:.3g} is the largest eigenvalue of the mean of x̂ x̂ᵀ; leave lr out, or scale x"
            )
        return float(lr)

    def descend(
        self,
        w: ndarray,
        epochs: int,
        tolerance: float,
        order: np.random.Generator | None,
        history: bool,
        progress: Callable[[str], None] | None,
    ) -> tuple[LeastSquaresFit, ndarray]:
        """From weights w (K, D): the course, and the weights in the end."""
        w = w.astype(np.float64)
        losses, weights, converged = [self.loss(w)], [w], False
        while not converged and len(losses) <= epochs:
            w = self._epoch(w, order)
            losses.append(self.loss(w))
            if not losses[-1] <= 1e6 * (losses[0] + self.power):
                raise FloatingPointError(
                    f"{self.name}: the loss grew from {losses[0]:.3g} to {losses[-1]:.3g} in {len(losses) - 1} epochs: "
                    f"lr={self.lr:.3g} is too large for rule='{self.rule}', although below 2/λ = {self.rate_bound:.3g}; try "
                    f"{self.cautious:.3g}. The weights are left as they were"
                )
            if history:
                weights.append(w)
            if progress is not None and self.rule != "exact":
                progress(f"epoch {len(losses) - 1:{len(str(epochs))}}/{epochs}  loss {losses[-1]:.6f}")
            converged = self.rule == "exact" or abs(losses[-2] - losses[-1]) <= tolerance * losses[-1]
        lr = None if self.rule == "exact" else self.lr
        least = self.loss(self.solution)
        return LeastSquaresFit(converged, losses, least, lr, self.rate_bound, weights if history else []), w

    def _epoch(self, w: ndarray, order: np.random.Generator | None) -> ndarray:
        """The weights after one more epoch."""
        if self.rule == "exact":
            return self.solution
        if self.rule == "batch":
            return w + self.lr * (self.P - w @ self.R)  # mean(e x̂ᵀ)
        N, B = len(self.x), self.batch_size
        v, rate = w.astype(self.x.dtype), self.x.dtype.type(self.lr)
        indices = np.arange(N) if order is None else order.permutation(N)
        with np.errstate(over="ignore", invalid="ignore"):  # `descend` looks at the loss
            if B == 1:
                for i in indices:
                    e = self.t[i] - v @ self.x[i]
                    v += rate * e[:, None] * self.x[i]
            else:
                for i in range(0, N, B):
                    part = self.x[indices[i : i + B]]
                    e = self.t[indices[i : i + B]] - part @ v.T
                    v += rate / len(part) * (e.T @ part)
        return v.astype(np.float64)


def second_moments(x: ndarray) -> ndarray:
    """The mean of x xᵀ over x (N, D), in float64."""
    R = np.zeros((x.shape[1], x.shape[1]))
    for i in range(0, len(x), ROWS):
        part = x[i : i + ROWS].astype(np.float64)
        R += lapack(np.matmul, part.T, part) / len(x)
    return R


def cautious_rate(trace: float, largest: float, batch_size: int) -> float:
    """A rate for steps on some examples at a time: 0.1 / tr R for one, and towards 1 / λ for many."""
    if batch_size == 1:
        return 0.1 / trace if trace > 0 else 1.0
    return 1 / (largest + 10 * trace / batch_size) if trace > 0 else 1.0


def pseudo_inverse_solution(x: ndarray, t: ndarray, ridge: float, bias: bool) -> tuple[ndarray, int]:
    """Weights (K, D), and the bias in a last column if there is one, of least Σ |t - W x - b|² + ridge |W|²; and x's rank.

        W = T̄ᵀ X̄ (X̄ᵀ X̄ + ridge)⁻¹ = (V S (S² + ridge)⁻¹ Uᵀ T̄)ᵀ   with X̄ = U S Vᵀ, the means taken out if there is a bias

    With ridge 0 it is the pseudo-inverse: of all solutions the smallest. Directions in which x varies by no more than its
    rounding are left out. In float64 X̄ is made triangular, some rows at a time, as X̄ᵀ X̄ would lose half of the digits; of
    float32 it keeps them.
    """
    N, D = x.shape
    mean = x.mean(0, dtype=np.float64) if bias else np.zeros(D)
    mean_t = t.mean(0) if bias else np.zeros(t.shape[1])
    parts = ((x[i : i + ROWS] - mean, t[i : i + ROWS] - mean_t) for i in range(0, N, ROWS))
    s, V, cross = _by_triangle(parts, D, t.shape[1]) if x.dtype == np.float64 else _by_moments(parts, D, t.shape[1])
    eps = np.finfo(np.float64).eps
    large = s > s[0] * max(max(N, D) * eps, math.sqrt(max(N, D)) * float(np.finfo(x.dtype).eps))
    inverse = 1 / (s * s + ridge) if ridge else np.where(large, 1 / np.where(large, s * s, 1), 0)
    weight = (cross.T * inverse) @ V.T  # (K, D)
    return np.column_stack([weight, mean_t - weight @ mean]) if bias else weight, int(large.sum())


def _by_triangle(parts: Iterator[tuple[ndarray, ndarray]], D: int, K: int) -> tuple[ndarray, ndarray, ndarray]:
    """S, V and Vᵀ X̄ᵀ T̄, from X̄ = Q R and R = U S Vᵀ."""
    triangle = np.zeros((0, D + K))
    for x, t in parts:
        triangle = lapack(np.linalg.qr, np.vstack([triangle, np.hstack([x, t])]), mode="r")
    U, s, Vt = lapack(np.linalg.svd, triangle[:, :D], full_matrices=False)
    return s, Vt.T, s[:, None] * (U.T @ triangle[:, D:])


def _by_moments(parts: Iterator[tuple[ndarray, ndarray]], D: int, K: int) -> tuple[ndarray, ndarray, ndarray]:
    """S, V and Vᵀ X̄ᵀ T̄, from X̄ᵀ X̄ = V S² Vᵀ."""
    gram, cross = np.zeros((D, D)), np.zeros((D, K))
    for x, t in parts:
        gram += lapack(np.matmul, x.T, x)
        cross += x.T @ t
    values, V = lapack(np.linalg.eigh, gram)
    return np.sqrt(np.maximum(values, 0))[::-1], V[:, ::-1], V[:, ::-1].T @ cross
