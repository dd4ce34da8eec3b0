"""The perceptron: threshold units that learn by Rosenblatt's rule."""

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
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.compilation import announces_compiling
from autograd_core.random import stream

from .. import functional as F
from ..module import Module
from ..parameter import Parameter
from .examples import at_least, classes_of, points, positive, targets
from .weights import assign, set_weights, weights_of, with_ones

BEST_MARGIN_UP_TO = 100_000  # numbers in the examples, for which `fit` computes it: a second, at most


class Perceptron(Module):
    """Applies threshold units, which learn by Rosenblatt's rule.

    in_features, out_features, bias, device and dtype are those of `Linear`; weight and bias start at 0. One unit tells two
    classes apart, 0 and 1. Several units stand for one class each, for their own against the others (one-hot targets);
    `predict` then takes the unit with the largest W x + b.

    The outputs have no slope, and no gradient trains them; `fit` does, by a rule for wrong outputs. Otherwise this is a
    module like any other.

    Formula: y = 1 where W x + b ≥ 0, else 0; `fit`: w ← w + lr (t − y) x, b ← b + lr (t − y)
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1; `fit`: ValueError or TypeError for examples and targets that do not fit.
    Source: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the
        brain"; Minsky & Papert 1969, chapter 11.

    >>> import nn, autograd_core as ag
    >>> x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> unit = nn.Perceptron(2)
    >>> print(unit.fit(x, ag.tensor([0, 0, 0, 1])))
    converged in epoch 6: 11 updates, of at most (R/γ)² = 51.0
    >>> unit.predict(x), unit.weight.tolist(), unit.bias.tolist()
    (tensor([0, 0, 0, 1]), [[2.0, 1.0]], [-3.0])
    >>> print(nn.Perceptron(2).fit(x, ag.tensor([0, 1, 1, 0])))
    not separable so far: after 100 epochs and 398 updates 2 of 4 examples are wrong, and no hyperplane separates them
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "Perceptron")
        at_least("Perceptron", 1, in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(ag.zeros(out_features, in_features, dtype=dtype))
        self.bias: Parameter | None
        if bias:
            self.bias = Parameter(ag.zeros(out_features, dtype=dtype))
        else:
            self.register_parameter("bias", None)

    def reset_parameters(self) -> None:
        """Forget everything: weight and bias 0."""
        for parameter in self.parameters():
            assign(parameter, 0)

    def scores(self, input: Tensor) -> Tensor:
        """W x + b, the values before the threshold."""
        return F.linear(input, self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.step(self.scores(input))

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The class of each example, int64 (N,)."""
        with ag.no_grad():
            return classes_of(self.scores(Tensor(points("Perceptron.predict", x, self.in_features, self.weight.dtype))))

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"

    # ---------------------------------------------------------------------------------------------------------- learning

    @announces_compiling
    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        epochs: int = 100,
        lr: float = 1.0,
        shuffle: bool = False,
        pocket: bool = False,
        average: bool = False,
        history: bool = False,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> PerceptronFit:
        """Learn by Rosenblatt's rule.

        For one example after the other, each unit whose output y is not its target t is changed by

            w ← w + lr (t - y) x,    b ← b + lr (t - y)

        until an epoch passes without a mistake, or `epochs` have passed. Learning goes on from the weights there are.

        x         examples (N, in_features)
        y         class indices (N,), or a floating matrix (N, out_features) of zeros and ones
        lr        from weights of 0 it only scales the result
        shuffle   a new order in each epoch, from `generator`; else in turn
        pocket    in the end take the weights that had most examples right, of those tried: whenever weights survive a
                  longer run of examples than those kept did, and the last (Gallant 1990, the pocket algorithm with
                  ratchet; it wants `shuffle`). For classes that no hyperplane separates
        average   in the end take the mean of the weights over all examples seen (Freund & Schapire 1999)
        history   record every update, with the weights after it
        progress  called with a line for each epoch, and one before kernels are compiled, once on a machine

        **Convergence.** Let x̂ = (x, 1), or x without a bias, R the largest |x̂|, and γ the margin of a hyperplane that
        separates the classes: the smallest distance of an x̂ from it. Then from weights of 0 a unit is updated at most
        (R/γ)² times, in any order (Novikoff 1962). This holds for every separating hyperplane; `bound` is that of the
        one with the largest margin (see `largest_margin`) if x has up to 100,000 numbers, else of the one found.
        """
        name = "Perceptron.fit"
        rows = points(name, x, self.in_features, self.weight.dtype)
        labels, wanted = targets(name, y, len(rows), self.out_features)
        if labels is None and not ((wanted == 0) | (wanted == 1)).all():
            wrong = wanted[(wanted != 0) & (wanted != 1)][0]
            raise ValueError(f"{name}: the targets of threshold units are 0 or 1, got {wrong:g}")
        at_least(name, 1, epochs=epochs)
        positive(name, lr=lr)
        if pocket and average:
            raise ValueError(f"{name}: pocket and average each choose the final weights; ask for one of them")
        learner = _Learner(self, with_ones(self, rows), wanted.astype(rows.dtype), lr, history)
        order = stream(generator) if shuffle else None
        result = learner.learn(epochs, order, pocket, average, progress)
        set_weights(self, learner.weights)
        return result


@dataclass
class PerceptronUpdate:
    """One update: in which epoch (from 1), by which example, t - y of each unit, weight and bias after it."""

    epoch: int
    example: int
    error: ndarray
    weight: ndarray
    bias: ndarray | None


@dataclass
class PerceptronFit:
    """The course of learning. Printed, it is its message.

    converged    whether an epoch passed without a mistake
    updates      the number of updates of units; unit_updates: of each unit
    epochs       the number that passed
    mistakes     updates in each epoch
    wrong        the number of examples that the weights have wrong in the end (some unit of them)
    radius       R, the largest |x̂|
    margins      γ of each unit: the smallest distance of an example from the hyperplane found, negative if on its wrong
                 side
    best_margins of each unit the largest that there is, NaN if no hyperplane separates; None if not computed
    bound        on `updates`: the sum of (R/γ)² over the units; infinite where no hyperplane separates (or, if there are
                 many examples, none was found), None if learning did not start from weights of 0
    history      the updates, if asked for
    """

    converged: bool
    updates: int
    unit_updates: tuple[int, ...]
    epochs: int
    mistakes: list[int]
    wrong: int
    radius: float
    margins: tuple[float, ...]
    best_margins: tuple[float, ...] | None
    bound: float | None
    message: str
    history: list[PerceptronUpdate] = field(default_factory=list, repr=False)

    @property
    def margin(self) -> float:
        """The smallest of the margins."""
        return min(self.margins)

    def __str__(self) -> str:
        return self.message


class _Learner:
    """One run of the rule over examples (N, D) with targets (N, K) of zeros and ones, the bias's 1 among the D."""

    def __init__(self, model: Perceptron, x: ndarray, t: ndarray, lr: float, record: bool):
        self.x, self.t, self.lr, self.record = x, t, x.dtype.type(lr), record
        self.model, self.weights = model, weights_of(model)
        self.from_zero = not self.weights.any()
        self.updates = np.zeros(t.shape[1], np.int64)
        self.history: list[PerceptronUpdate] = []

    def learn(
        self, epochs: int, order: Any, pocket: bool, average: bool, progress: Callable[[str], None] | None
    ) -> PerceptronFit:
        keeper = _Pocket(self) if pocket else _Average(self) if average else None
        mistakes: list[int] = []
        for epoch in range(1, epochs + 1):
            before = int(self.updates.sum())
            for i in range(len(self.x)) if order is None else order.permutation(len(self.x)):
                error = self.t[i] - (self.weights @ self.x[i] >= 0)  # (K,): t - y
                wrong = error.nonzero()[0]
                if keeper is not None:
                    keeper.see(i, error, wrong)
                if len(wrong):
                    self.weights[wrong] += self.lr * error[wrong, None] * self.x[i]
                    self.updates[wrong] += 1
                    if self.record:
                        self._note(epoch, int(i), error)
            mistakes.append(int(self.updates.sum()) - before)
            if progress is not None:
                progress(f"epoch {epoch:{len(str(epochs))}}/{epochs}  {mistakes[-1]} updates")
            if not mistakes[-1]:
                break
        if keeper is not None:
            self.weights = keeper.chosen()
        return self._result(mistakes)

    def _note(self, epoch: int, example: int, error: ndarray) -> None:
        weight, bias = self.weights.copy(), None
        if self.model.bias is not None:
            weight, bias = weight[:, :-1], weight[:, -1]
        self.history.append(PerceptronUpdate(epoch, example, error, weight, bias))

    def right(self, units: Any = slice(None)) -> ndarray:
        """Which examples the units have right, (N, K)."""
        return (self.x @ self.weights[units].T >= 0) == self.t[:, units]

    def _result(self, mistakes: list[int]) -> PerceptronFit:
        x, sides = self.x.astype(np.float64), 2 * self.t.astype(np.float64) - 1
        radius = math.sqrt(np.square(x).sum(1).max())
        norms = np.linalg.norm(self.weights.astype(np.float64), axis=1)
        signed = sides * (x @ self.weights.T) / np.where(norms > 0, norms, 1)
        margins = tuple(signed.min(0).tolist())
        best = None
        if x.size <= BEST_MARGIN_UP_TO:
            best = tuple(largest_margin(x, side) for side in sides.T)
        bound = None
        if self.from_zero:
            ratios = [radius / gamma if gamma > 0 else math.inf for gamma in best or margins]
            bound = sum(ratio**2 for ratio in ratios)
        converged, updates = not mistakes[-1], int(self.updates.sum())
        wrong = int((~self.right()).any(1).sum())
        if converged:
            limit = "" if bound is None or bound == math.inf else f", of at most (R/γ)² = {bound:.1f}"
            message = f"converged in epoch {len(mistakes)}: {updates} updates{limit}"
        else:
            message = (
                f"not separable so far: after {len(mistakes)} epochs and {updates} updates {wrong} of {len(x)} examples "
                "are wrong"
            )
            if best is not None:
                hopeless = any(math.isnan(gamma) for gamma in best)
                message += (
                    ", and no hyperplane separates them"
                    if hopeless
                    else f"; a hyperplane does, with γ = {min(best):.3g}"
                )
        return PerceptronFit(
            converged, updates, tuple(self.updates.tolist()), len(mistakes), mistakes, wrong, radius, margins, best,
            bound, message, self.history,
        )  # fmt: skip


class _Pocket:
    """For each unit the weights that had most examples right, of those tried."""

    def __init__(self, learner: _Learner):
        self.learner = learner
        self.kept = learner.weights.copy()
        self.right = learner.right().sum(0)
        self.run = np.zeros(len(self.kept), np.int64)
        self.longest = self.run.copy()

    def see(self, example: int, error: ndarray, wrong: ndarray) -> None:
        self._try(wrong[self.run[wrong] > self.longest[wrong]])
        self.run += 1
        self.run[wrong] = 0

    def _try(self, units: ndarray) -> None:
        for k in units:
            right = int(self.learner.right([k]).sum())
            if right > self.right[k]:
                self.kept[k], self.right[k], self.longest[k] = self.learner.weights[k], right, self.run[k]

    def chosen(self) -> ndarray:
        self._try(np.arange(len(self.run)))
        return self.kept


class _Average:
    """The mean of the weights over all examples seen, from the sum of their changes, each times when it was made."""

    def __init__(self, learner: _Learner):
        self.learner = learner
        self.seen = 0
        self.changes = np.zeros(learner.weights.shape)

    def see(self, example: int, error: ndarray, wrong: ndarray) -> None:
        if len(wrong):
            self.changes[wrong] += self.seen * float(self.learner.lr) * error[wrong, None] * self.learner.x[example]
        self.seen += 1

    def chosen(self) -> ndarray:
        return (self.learner.weights - self.changes / self.seen).astype(self.learner.weights.dtype)


def largest_margin(x: Any, sides: Any) -> float:
    """The largest margin of a hyperplane through the origin with each x (N, D) on its side, +1 or -1; NaN if none has.

        γ = max over |u| = 1 of min_n sides_n u · x_n = 1 / min |v| with sides_n v · x_n >= 1

    The last is the distance of a polyhedron from the origin, which becomes a problem of non-negative least squares.

    Source: Lawson & Hanson 1974, "Solving Least Squares Problems", chapter 23, section 4 (problem LDP).

    >>> round(largest_margin([[1.0, 1.0], [-1.0, 1.0]], [1, -1]), 6)
    1.0
    """
    from scipy.optimize import nnls

    x, sides = np.asarray(x, np.float64), np.asarray(sides, np.float64)
    scale = math.sqrt(np.square(x).sum(1).max()) or 1.0
    rows = sides[:, None] * x / scale
    system = np.vstack([rows.T, np.ones(len(rows))])  # (D + 1, N)
    solution, _ = nnls(system, np.append(np.zeros(x.shape[1]), 1.0))
    residual = system @ solution - np.append(np.zeros(x.shape[1]), 1.0)
    size = np.linalg.norm(residual[:-1])
    if size < 1e-9:
        return math.nan
    margin = float((rows @ (residual[:-1] / size)).min())
    return margin * scale if margin > 1e-9 else math.nan
