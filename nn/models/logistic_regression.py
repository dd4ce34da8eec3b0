"""Logistic regression of two classes or several: by Newton's method, or by descent on some or all examples at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.blas import lapack
from autograd_core.ops.shape.shape import cat
from autograd_core.random import stream

from .. import functional as F
from ..layers.linear import Linear
from .examples import at_least, classes_of, not_negative, one_of, points, positive, targets
from .least_squares import ROWS, cautious_rate, second_moments
from .weights import set_weights, weights_of, with_ones

RULES = ("newton", "batch", "mini-batch", "online")
NEWTON_UP_TO = 4000  # weights, of which it solves for all at once


class LogisticRegression(Linear):
    """Applies linear units whose values are logits: the log-odds of class 1, or the logarithms of odds between classes.

    in_features, bias, device and dtype are those of `Linear`. out_features: 1 tells two classes apart, 0 and 1; more stand
    for a class each. `predict` gives classes, `predict_proba` probabilities.

    Formula: z = W x + b; p = 1 / (1 + exp(−z)), or softmax(z); `fit` minimises the mean of −log p of the right class, with
        `ridge` λ plus λ |W|² / 2N
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1; `fit`: ValueError or TypeError for examples, targets and options that do not fit,
        FloatingPointError if the weights overflow, with nothing changed.
    Source: Bishop 2006, "Pattern recognition and machine learning", sections 4.3.2 to 4.3.4.

    >>> import autograd_core as ag, nn.models
    >>> x, y = ag.tensor([[0.0], [1.0], [2.0], [3.0]]), ag.tensor([0, 1, 0, 1])
    >>> model = nn.models.LogisticRegression(1)
    >>> model.fit(x, y).converged, model.predict(x)
    (True, tensor([0, 0, 1, 1]))
    >>> abs(model.predict_proba([[1.5]]) - 0.5).max() < 1e-6
    tensor(True)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        at_least("LogisticRegression", 1, in_features=in_features, out_features=out_features)
        super().__init__(in_features, out_features, bias, device, dtype)

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The most probable class of each example, int64 (N,)."""
        with ag.no_grad():
            return classes_of(
                self(Tensor(points("LogisticRegression.predict", x, self.in_features, self.weight.dtype)))
            )

    def predict_proba(self, x: Tensor | ArrayLike) -> Tensor:
        """The probability of each class, (N, 2) or (N, out_features)."""
        name = "LogisticRegression.predict_proba"
        with ag.no_grad():
            z = self(Tensor(points(name, x, self.in_features, self.weight.dtype)))
            return F.softmax(z, 1) if self.out_features > 1 else cat([F.sigmoid(-z), F.sigmoid(z)], 1)

    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        rule: str = "newton",
        ridge: float = 0.0,
        epochs: int = 100,
        lr: float | None = None,
        batch_size: int = 32,
        tolerance: float = 1e-8,
        shuffle: bool = True,
        history: bool = False,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> LogisticFit:
        """Minimise the mean cross-entropy L of the examples, from the weights there are.

            rule="newton"      w ← w - s H⁻¹ ∇L, with the second derivatives H (iteratively reweighted least squares), and s
                               halved from 1 until L decreases
            rule="batch"       once an epoch:  w ← w - lr ∇L
            rule="mini-batch"  for some examples at once:  the same, of their mean
            rule="online"      for one example after the other

        x          examples (N, in_features)
        y          class indices (N,), or a floating matrix (N, out_features) of probabilities
        ridge      λ of the penalty λ |W|² / 2N on L; the bias is not penalised. (scikit-learn's C is 1 / λ)
        epochs     steps of Newton or passes over the examples that are enough, if L still changes
        lr         by default 1 / c λ for "batch", λ the largest eigenvalue of R = mean(x̂ x̂ᵀ) with x̂ = (x, 1), and c ¼ for
                   two classes, ½ for more: L then never grows; less for the other two (see `LinearRegression.fit`)
        batch_size the number of examples in a mini-batch
        tolerance  stop when an epoch changes L by less than this part of it
        shuffle    for "online" and "mini-batch": a new order in each epoch, from `generator`; else in turn
        history    record the weights after every epoch
        progress   called with a line for each epoch

        Where hyperplanes separate the classes, L has no minimum without a ridge: the weights grow as long as `fit` goes on.
        The result says so.
        """
        name = "LogisticRegression.fit"
        one_of(name, "rule", rule, RULES)
        at_least(name, 1, epochs=epochs, batch_size=batch_size)
        not_negative(name, ridge=ridge, tolerance=tolerance)
        if lr is not None:
            positive(name, lr=lr)
        rows = points(name, x, self.in_features, self.weight.dtype)
        labels, wanted = targets(name, y, len(rows), self.out_features)
        _check_classes(name, labels, wanted)
        hat = with_ones(self, rows)
        if rule == "newton" and hat.shape[1] * self.out_features > NEWTON_UP_TO:
            raise ValueError(
                f"{name}: rule='newton' solves for all {hat.shape[1] * self.out_features} weights at once, which is meant for "
                f"up to {NEWTON_UP_TO}; pass rule='mini-batch'"
            )
        problem = _CrossEntropy(hat, wanted, ridge, self.bias is not None)
        size = {"online": 1, "mini-batch": batch_size}.get(rule, len(hat))
        if rule != "newton" and lr is None:
            lr = problem.rate(size)
        order = stream(generator) if shuffle and size < len(hat) else None
        w = weights_of(self).astype(np.float64)
        result = LogisticFit(losses=[problem.loss(w)], lr=None if rule == "newton" else lr)
        weights = [w]
        while not result.converged and len(result.losses) <= epochs:
            with np.errstate(over="ignore", invalid="ignore"):
                w = problem.newton(w) if result.lr is None else problem.descend(w, result.lr, size, order)
                result.losses.append(problem.loss(w))
            if not np.isfinite(result.losses[-1]):
                raise FloatingPointError(
                    f"{name}: the weights overflowed in epoch {result.epochs}"
                    + ("; scale x" if result.lr is None else f" with lr={lr:.3g}; leave lr out, or scale x")
                    + ". They are left as they were"
                )
            weights.append(w)
            if progress is not None:
                progress(f"epoch {result.epochs:{len(str(epochs))}}/{epochs}  loss {result.losses[-1]:.6f}")
            before, now = result.losses[-2:]
            result.converged = abs(before - now) <= tolerance * now
            if not history:
                weights = weights[-1:]
        result.separated = ridge == 0 and problem.separates(w)
        result.weights = weights if history else []
        set_weights(self, w)
        return result


def _check_classes(name: str, labels: ndarray | None, wanted: ndarray) -> None:
    if labels is not None and (labels == labels[0]).all():
        raise ValueError(
            f"{name}: all {len(labels)} labels are {labels[0]}, so that there is nothing to tell apart; pass examples of "
            "other classes too"
        )
    sums = wanted.sum(1) if wanted.shape[1] > 1 else np.ones(len(wanted))
    if wanted.min() < 0 or wanted.max() > 1 or abs(sums - 1).max() > 1e-5:
        raise ValueError(
            f"{name}: targets in a matrix are probabilities, from 0 to 1"
            + (" and with the sum 1 in each row; pass class indices (N,) instead" if wanted.shape[1] > 1 else "")
        )


@dataclass(repr=False)
class LogisticFit:
    """The course of learning.

    converged  whether the loss no longer changed (by `tolerance`)
    losses     L, at the start and after each epoch
    lr         the learning rate used, None for "newton"
    separated  whether all examples are on their side, and no ridge holds the weights back: they grow as long as one learns
    weights    if `history`: (out_features, in_features + 1) at the start and after each epoch, the bias last
    """

    converged: bool = False
    losses: list[float] = field(default_factory=list)
    lr: float | None = None
    separated: bool = False
    weights: list[ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of epochs, or steps of Newton, that passed."""
        return len(self.losses) - 1

    @property
    def message(self) -> str:
        outcome = "converged" if self.converged else "not converged"
        text = f"{outcome} after {self.epochs} epochs: loss {self.losses[-1]:.4g}"
        if self.separated:
            text += "; the classes are separated, so that there is no minimum and the weights only grow; pass ridge=1.0"
        return text

    def __repr__(self) -> str:
        return f"LogisticFit({self.message})"


class _CrossEntropy:
    """The problem, over x̂ (N, D) and t (N, K), in float64 but for `descend`; weights are (K, D)."""

    def __init__(self, x: ndarray, t: ndarray, ridge: float, bias: bool):
        self.x, self.t = x, t
        penalty = np.full(x.shape[1], ridge / len(x))
        if bias:
            penalty[-1] = 0
        self.penalty = penalty

    def loss(self, w: ndarray) -> float:
        total = sum(float(_losses(part @ w.T, t).sum()) for part, t in self._parts())
        return total / len(self.x) + float((self.penalty * w * w).sum()) / 2

    def _parts(self) -> Iterator[tuple[ndarray, ndarray]]:
        for i in range(0, len(self.x), ROWS):
            yield self.x[i : i + ROWS].astype(np.float64), self.t[i : i + ROWS]

    def rate(self, batch_size: int) -> float:
        few = batch_size < len(self.x)
        R = second_moments(self.x[:: max(1, len(self.x) // ROWS)] if few else self.x)
        largest = float(lapack(np.linalg.eigvalsh, R)[-1])
        curvature = 0.25 if self.t.shape[1] == 1 else 0.5  # the second derivatives of the loss by z are not above it
        trace = float(np.trace(R))
        if few:
            return cautious_rate(curvature * trace, curvature * largest + self.penalty[0], batch_size)
        return 1 / (curvature * largest + self.penalty[0]) if trace > 0 else 1.0

    def descend(self, w: ndarray, lr: float, batch_size: int, order: np.random.Generator | None) -> ndarray:
        """The weights after one more epoch."""
        N, dtype = len(self.x), self.x.dtype
        v, penalty = w.astype(dtype), self.penalty.astype(dtype)
        indices = np.arange(N) if order is None else order.permutation(N)
        for i in range(0, N, batch_size):
            chosen = slice(None) if batch_size >= N else indices[i : i + batch_size]
            part = self.x[chosen]
            e = (_probabilities(part @ v.T) - self.t[chosen]).astype(dtype)
            v -= dtype.type(lr) * (e.T @ part / len(part) + penalty * v)
        return v.astype(np.float64)

    def newton(self, w: ndarray) -> ndarray:
        """The weights after a step of Newton, shortened until the loss decreases."""
        K, D = w.shape
        slope = self.penalty * w
        H = np.zeros((K, D, K, D))
        for part, t in self._parts():
            p = _probabilities(part @ w.T)
            slope += (p - t).T @ part / len(self.x)
            for i in range(K):
                for j in range(i + 1):
                    weight = p[:, i] * ((i == j) - p[:, j]) / len(self.x)
                    H[i, :, j] += lapack(np.matmul, part.T, weight[:, None] * part)
        for i in range(K):
            H[i, :, i] += np.diag(self.penalty)
            for j in range(i):
                H[j, :, i] = H[i, :, j].T
        values, vectors = lapack(np.linalg.eigh, H.reshape(K * D, K * D))
        large = values > values[-1] * K * D * np.finfo(np.float64).eps
        along = vectors.T @ slope.ravel()
        step = (vectors @ np.where(large, along / np.where(large, values, 1), 0)).reshape(K, D)
        before, gain = self.loss(w), float((step * slope).sum())
        size = 1.0
        while size > 1e-10 and not self.loss(w - size * step) <= before - 1e-4 * size * gain:
            size /= 2
        return w - size * step if size > 1e-10 else w

    def separates(self, w: ndarray) -> bool:
        """Whether each example is on the side of its class, all targets being classes."""
        if not ((self.t == 0) | (self.t == 1)).all():
            return False
        for part, t in self._parts():
            z = part @ w.T
            z = np.hstack([0 * z, z]) if z.shape[1] == 1 else z
            t = np.hstack([1 - t, t]) if t.shape[1] == 1 else t
            if not ((z * t).sum(1) > np.where(t > 0, -np.inf, z).max(1)).all():
                return False
        return True


def _probabilities(z: ndarray) -> ndarray:
    if z.shape[1] == 1:
        return 0.5 + 0.5 * np.tanh(0.5 * z)
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _losses(z: ndarray, t: ndarray) -> ndarray:
    """The cross-entropy of each example."""
    if z.shape[1] == 1:
        return (np.logaddexp(0, z) - t * z)[:, 0]
    top = z.max(1)
    return top + np.log(np.exp(z - top[:, None]).sum(1)) - (t * z).sum(1)
