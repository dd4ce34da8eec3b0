"""How a cascade-correlation network learns: its outputs and its candidates in turn, each on all examples at once.

Arrays only, in float64. values (N, D) are what the outputs and the next unit see, t (N, O) targets, weights (O, D).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

from .batch_rules import Quickprop, Rprop

FLAT_SPOT = 0.1  # added to the slope of sigmoid outputs, so that those that are wholly wrong still learn
SPREAD = 1.0  # new weights are uniform on ± this
RULES = ("quickprop", "rprop")


@dataclass
class Options:
    """How to learn; see `CascadeCorrelation.fit`."""

    max_hidden: int
    candidates: int
    rule: str
    tolerance: float
    epochs: int
    patience: int
    output_lr: float | None
    candidate_lr: float | None
    output_threshold: float
    candidate_threshold: float
    decay: float

    def check(self, name: str) -> None:
        if self.rule not in RULES:
            raise ValueError(f"{name}: rule is one of {', '.join(RULES)}, got {self.rule!r}")
        for what in ("candidates", "epochs", "patience"):
            if getattr(self, what) < 1:
                raise ValueError(f"{name}: {what} must be at least 1, got {getattr(self, what)}")
        for what in ("tolerance", "output_lr", "candidate_lr"):
            value = getattr(self, what)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name}: {what} must be positive, got {value}")
        for what in ("output_threshold", "candidate_threshold", "decay"):
            if not getattr(self, what) >= 0:
                raise ValueError(f"{name}: {what} must not be negative, got {getattr(self, what)}")

    def new_rule(self, shape: tuple[int, ...], lr: float | None, quick_lr: float, decay: float) -> Quickprop | Rprop:
        if self.rule == "rprop":
            return Rprop(shape, 0.1 if lr is None else lr, decay)
        return Quickprop(shape, quick_lr if lr is None else lr, decay=decay)


@dataclass
class CascadeFit:
    """The course of learning. Printed, it is its message.

    solved    whether each output of each example is within the tolerance
    wrong     the number of examples of which one is not
    hidden    the number of hidden units in the end
    epochs    passes through the examples, for outputs and candidates
    errors    Σ (y − t)² after each training of the outputs
    scores    S of each unit that was added
    """

    solved: bool = False
    wrong: int = 0
    hidden: int = 0
    epochs: int = 0
    errors: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    @property
    def message(self) -> str:
        course = f"solved with {self.hidden} hidden unit{'s' * (self.hidden != 1)} after {self.epochs} epochs"
        return (
            course if self.solved else f"not {course}: {self.wrong} examples are wrong; a larger max_hidden allows more"
        )

    def __str__(self) -> str:
        return self.message


class Stagnation:
    """Whether a number has not changed by more than a part of itself for some epochs; `moved`: those after a first change."""

    def __init__(self, threshold: float, patience: int, moved: bool = True):
        self.threshold, self.patience, self.moved = threshold, patience, moved
        self.last: float | None = None
        self.since = 0

    def __call__(self, value: float) -> bool:
        if self.last is None:
            self.last = value
        elif abs(value - self.last) > self.threshold * abs(self.last):
            self.last, self.since, self.moved = value, 0, True
        else:
            self.since += 1
        return self.moved and self.since >= self.patience


class Learner:
    """Learns by `learn`; afterwards `weights` are the outputs' and `units` those of each new unit."""

    def __init__(self, name: str, values: ndarray, t: ndarray, weights: ndarray, sigmoid: bool, options: Options):
        self.name, self.values, self.t, self.weights, self.sigmoid, self.options = (
            name, values, t, weights, sigmoid, options
        )  # fmt: skip
        self.units: list[ndarray] = []
        self.rule = options.new_rule(weights.shape, options.output_lr, 0.35 / len(t), options.decay)
        self.result = CascadeFit()

    def learn(self, hidden: int, rng: np.random.Generator, progress: Callable[[str], None] | None) -> CascadeFit:
        """From a network with `hidden` units on."""
        result, most = self.result, self.options.max_hidden
        while True:
            self._train_outputs()
            result.hidden, result.solved = hidden + len(self.units), result.wrong == 0
            if progress is not None:
                progress(
                    f"{result.hidden:{len(str(most))}}/{most} hidden units  epoch {result.epochs}  error "
                    f"{result.errors[-1]:.4f}  {result.wrong} wrong"
                )
            if result.solved or result.hidden >= most:
                return result
            self._add_unit(rng)

    def _outputs(self) -> tuple[ndarray, ndarray]:
        """y − t, and the error E = (y − t) g' that the outputs' weights and the candidates learn from. Both (N, O)."""
        out = self.values @ self.weights.T
        if not self.sigmoid:
            return out - self.t, out - self.t
        out = sigmoid(out)
        return out - self.t, (out - self.t) * (0.25 - out * out + FLAT_SPOT)

    def _train_outputs(self) -> None:
        options, result = self.options, self.result
        stagnates = Stagnation(options.output_threshold, options.patience)
        for epoch in range(options.epochs + 1):
            off, error = self._outputs()
            loss = float((off * off).sum())
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"{self.name}: the error of the outputs overflowed in epoch {result.epochs}; nothing was changed. "
                    "Scale x and y to about ±1, or pass a smaller output_lr"
                )
            result.wrong = int((abs(off) >= options.tolerance).any(1).sum())
            if result.wrong == 0 or epoch == options.epochs or stagnates(loss):
                break
            self.rule(self.weights, error.T @ self.values)
            result.epochs += 1
        result.errors.append(loss)

    def _add_unit(self, rng: np.random.Generator) -> None:
        options = self.options
        error = self._outputs()[1]
        centred = (error - error.mean(0)) / max(float((error * error).sum()), np.finfo(float).tiny)
        N, D = self.values.shape
        pool = rng.uniform(-SPREAD, SPREAD, (options.candidates, D))
        rule = options.new_rule(pool.shape, options.candidate_lr, 1 / (N * D), 0.0)
        stagnates = Stagnation(options.candidate_threshold, options.patience, moved=False)  # the first steps are tiny
        for epoch in range(options.epochs + 1):
            v = sigmoid(self.values @ pool.T)  # (N, candidates)
            covariance = centred.T @ v  # (O, candidates)
            scores = abs(covariance).sum(0)
            if epoch == options.epochs or stagnates(float(scores.max())):
                break
            uphill = (centred @ np.where(covariance < 0, -1, 1)) * (0.25 - v * v)
            rule(pool, -uphill.T @ self.values)
            self.result.epochs += 1
        best = int(scores.argmax())
        self.result.scores.append(float(scores[best]))
        self.units.append(pool[best])
        self.values = np.column_stack([self.values, v[:, best]])
        self.weights = np.column_stack([self.weights, -covariance[:, best]])
        self.rule.grow()


def sigmoid(a: ndarray) -> ndarray:
    """From −½ to ½."""
    return 0.5 * np.tanh(0.5 * a)
