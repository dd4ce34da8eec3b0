"""Adaline: linear units that learn by the delta rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.types import Device
from autograd_core.engine.versions import written
from autograd_core.kernels.machine.blas import lapack
from autograd_core.kernels.machine.compilation import announces_compiling
from autograd_core.random import stream

from ..layers.linear import Linear
from .examples import classes_of, points, targets

RULES = ("lms", "batch", "exact")


class Adaline(Linear):
    """Applies adaptive linear units, which learn by least mean squares.

    in_features, out_features, bias, device and dtype are those of `Linear`. One unit tells two classes apart, 0 and 1, by
    the sign of y; several stand for one class each, and the largest y wins. Other than a perceptron's, the error is
    measured before the threshold, against targets of −1 and 1; it is quadratic in the weights, so that it has one minimum,
    separable or not. `fit` finds it, by three rules, and `predict` gives the classes.

    Formula: y = W x + b; `fit` minimises the mean of (t − y)²
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1; `fit`: ValueError or TypeError for examples and targets that do not fit, and
        for a rate that diverges, FloatingPointError if the loss grows beyond all bounds.
    Source: Widrow & Hoff 1960, "Adaptive switching circuits".

    >>> import nn, autograd_core as ag
    >>> x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> unit = nn.Adaline(2)
    >>> unit.fit(x, ag.tensor([0, 0, 0, 1]), rule="exact")
    AdalineFit(solved: loss 0.25, the least possible 0.25)
    >>> unit.predict(x), unit(x).detach()[:, 0]
    (tensor([0, 0, 0, 1]), tensor([-1.5, -0.5, -0.5,  0.5]))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        for name, value in (("in_features", in_features), ("out_features", out_features)):
            if value < 1:
                raise ValueError(f"Adaline: {name} must be at least 1, got {value}")
        super().__init__(in_features, out_features, bias, device, dtype)

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The class of each example, int64 (N,)."""
        with ag.no_grad():
            return classes_of(self(Tensor(points("Adaline.predict", x, self.in_features, self.weight.dtype))))

    @announces_compiling
    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        rule: str = "lms",
        epochs: int = 100,
        lr: float | None = None,
        tolerance: float = 1e-6,
        shuffle: bool = True,
        history: bool = False,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> AdalineFit:
        """Minimise the mean of (t - y)² over the examples, from the weights there are.

        With x̂ = (x, 1) and e = t - y:

            rule="lms"    for one example after the other:  w ← w + lr e x̂       (Widrow & Hoff)
            rule="batch"  once an epoch:  w ← w + lr mean(e x̂), gradient descent on e²/2
            rule="exact"  w = R⁻¹ mean(t x̂), with R = mean(x̂ x̂ᵀ): least squares in one step

        x          examples (N, in_features)
        y          class indices (N,), whose targets are -1 and 1, or a floating matrix (N, out_features) of targets
        lr         by default 1 / λ for "batch", λ the largest eigenvalue of R, and 0.1 / tr R for "lms"
        tolerance  stop when an epoch lowers the loss by less than this part of it
        shuffle    for "lms": a new order in each epoch, from `generator`; else in turn
        history    record the weights after every epoch
        progress   called with a line for each epoch, and one before kernels are compiled, once on a machine

        The mean of the weights diverges unless lr < 2 / λ; such a rate is refused. With "lms" also the variance must
        stay bounded, which asks for less (lr < 2 / tr R is enough for small steps): if the loss grows beyond all
        bounds all the same, FloatingPointError is raised. In both cases the weights are left as they were.
        """
        name = "Adaline.fit"
        if rule not in RULES:
            raise ValueError(f"{name}: rule is one of {', '.join(RULES)}, got {rule!r}")
        if epochs < 1:
            raise ValueError(f"{name}: epochs must be at least 1, got {epochs}")
        rows = points(name, x, self.in_features, self.weight.dtype)
        _, wanted = targets(name, y, len(rows), self.out_features, -1.0)
        if self.bias is not None:
            rows = np.hstack([rows, np.ones((len(rows), 1), rows.dtype)])
        problem = _LeastSquares(rows, wanted)
        lr = problem.rate(name, lr, rule)
        order = stream(generator) if shuffle and rule == "lms" else None
        w = self.weight.array if self.bias is None else np.column_stack([self.weight.array, self.bias.array])
        w = w.astype(np.float64)
        losses, weights, converged = [problem.loss(w)], [w], False
        while not converged and len(losses) <= epochs:
            w = problem.step(rule, w, lr, order)
            losses.append(problem.loss(w))
            if not losses[-1] <= 1e6 * (losses[0] + problem.power):
                raise FloatingPointError(
                    f"{name}: the loss grew from {losses[0]:.3g} to {losses[-1]:.3g} in {len(losses) - 1} epochs: "
                    f"lr={lr:.3g} is too large for rule='lms', although below 2/λ = {problem.rate_bound:.3g}; try "
                    f"{problem.cautious:.3g}. The weights are left as they were"
                )
            if history:
                weights.append(w)
            if progress is not None and rule != "exact":
                progress(f"epoch {len(losses) - 1:{len(str(epochs))}}/{epochs}  loss {losses[-1]:.6f}")
            converged = rule == "exact" or abs(losses[-2] - losses[-1]) <= tolerance * losses[-1]
        self.weight.array[...] = w[:, : self.in_features]
        written(self.weight.array)
        if self.bias is not None:
            self.bias.array[...] = w[:, -1]
            written(self.bias.array)
        return AdalineFit(
            converged, losses, problem.loss(problem.solution), None if rule == "exact" else lr, problem.rate_bound,
            weights if history else [],
        )  # fmt: skip


@dataclass
class AdalineFit:
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
        return f"AdalineFit({self.message})"


class _LeastSquares:
    """The problem: minimise the mean of |t - W x̂|² over x̂ (N, D), t (N, K). R = mean(x̂ x̂ᵀ), P = mean(t x̂ᵀ)."""

    def __init__(self, x: ndarray, t: ndarray):
        self.x, self.t = x, t.astype(x.dtype)
        N, D = x.shape
        self.R, self.P = np.zeros((D, D)), np.zeros((t.shape[1], D))
        for i in range(0, N, 4096):
            part = x[i : i + 4096].astype(np.float64)
            self.R += lapack(np.matmul, part.T, part) / N
            self.P += t[i : i + 4096].T @ part / N
        self.power = float(np.square(t).mean())
        values, vectors = lapack(np.linalg.eigh, self.R)
        trace, largest = float(values.sum()), float(values[-1])
        self.rate_bound = 2 / largest if largest > 0 else math.inf
        self.cautious = 0.1 / trace if trace > 0 else 1.0
        inverse = np.where(values > largest * D * np.finfo(np.float64).eps, values, math.inf) ** -1.0
        self.solution = (self.P @ vectors * inverse) @ vectors.T  # of all solutions the smallest

    def loss(self, w: ndarray) -> float:
        """The mean of (t - y)²: with |t - W x̂|² multiplied out, no pass over the examples is needed."""
        K = len(w)
        total = self.power * K + float(((w @ self.R - 2 * self.P) * w).sum())
        return max(total, 0.0) / K if total == total else math.nan

    def rate(self, name: str, lr: float | None, rule: str) -> float:
        """The learning rate, checked."""
        if lr is None:
            return self.rate_bound / 2 if rule == "batch" and self.rate_bound < math.inf else self.cautious
        if not (math.isfinite(lr) and lr > 0):
            raise ValueError(f"{name}: lr must be positive, got {lr}")
        if lr >= self.rate_bound and rule != "exact":
            raise ValueError(
                f"{name}: with lr={lr:.3g} the weights would diverge: it must be below 2/λ = {self.rate_bound:.3g}, where "
                f"λ = {2 / self.rate_bound:.3g} is the largest eigenvalue of the mean of x̂ x̂ᵀ; leave lr out, or scale x"
            )
        return float(lr)

    def step(self, rule: str, w: ndarray, lr: float, order: Any) -> ndarray:
        """The weights after one more epoch."""
        if rule == "exact":
            return self.solution
        if rule == "batch":
            return w + lr * (self.P - w @ self.R)  # mean(e x̂ᵀ)
        v = w.astype(self.x.dtype)
        rate = self.x.dtype.type(lr)
        with np.errstate(over="ignore", invalid="ignore"):  # `fit` looks at the loss
            for i in range(len(self.x)) if order is None else order.permutation(len(self.x)):
                e = self.t[i] - v @ self.x[i]
                v += rate * e[:, None] * self.x[i]
        return v.astype(np.float64)
