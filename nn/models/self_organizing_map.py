"""Kohonen's self-organising map: units on a grid whose weights spread over the data so that neighbours stay alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.random import stream

from .. import functional as F
from ..module import Module
from .examples import points
from .rbf_fit import ROWS, distances
from .weights import assign

RULES = ("online", "batch")


class SelfOrganizingMap(Module):
    """Applies a grid of units that compete for each input: the nearest wins.

    in_features     the size of an input
    rows, columns   the grid, of H × W units
    device, dtype   None or "cpu"; that of the weights

    `fit` moves the weights of the winner and of its neighbours on the grid towards each example; the neighbourhood shrinks
    as it learns. `predict` gives the winners. The map is good if examples are near their winners (`quantization_error`) and
    near examples win for near units (`topographic_error`). Called, it gives the distances to all units.

    Formula: out[i, j] = |x − w_ij|; the winner c has the least; `fit`: w ← w + α h (x − w), h = exp(−d² / 2 σ²), d the
        distance of a unit from c on the grid, or, of all examples at once, w ← Σ h x / Σ h
    Shapes: (*, in_features) → (*, rows, columns); weight (rows, columns, in_features).
    Dtypes: any floating dtype; the input has that of the weights.
    Raises: ValueError for sizes below 1; `fit` and the others: ValueError or TypeError for examples and options that do not
        fit, with nothing changed.
    Source: Kohonen 1982, "Self-organized formation of topologically correct feature maps"; all at once: Kohonen 1995,
        "Self-organizing maps"; topographic error: Kiviluoto 1996, "Topology preservation in self-organizing maps".

    >>> import nn.models, autograd_core as ag
    >>> x = ag.linspace(0, 1, 21)[:, None]
    >>> chain = nn.models.SelfOrganizingMap(1, rows=1, columns=3)
    >>> fitted = chain.fit(x, rule="batch", generator=ag.Generator(0))
    >>> chain.quantization_error(x) < 0.1, chain.topographic_error(x)
    (True, 0.0)
    """

    def __init__(
        self, in_features: int, rows: int = 10, columns: int = 10, device: Device = None, dtype: DTypeLike | None = None
    ):
        super().__init__()
        on_cpu(device, "SelfOrganizingMap")
        for name, size in (("in_features", in_features), ("rows", rows), ("columns", columns)):
            if size < 1:
                raise ValueError(f"SelfOrganizingMap: {name} must be at least 1, got {size}")
        self.in_features, self.rows, self.columns = in_features, rows, columns
        self.weight: Tensor
        self.register_buffer("weight", ag.randn(rows, columns, in_features, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        squared = F.squared_distance(input.reshape(-1, self.in_features), self.weight.reshape(-1, self.in_features))
        return squared.sqrt().reshape(*input.shape[:-1], self.rows, self.columns)

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """Row and column of the winner of each example, int64 (N, 2)."""
        winners = self._nearest(self._points("predict", x), 1)[0][:, 0]
        return Tensor(np.stack(np.divmod(winners, self.columns), 1))

    def quantization_error(self, x: Tensor | ArrayLike) -> float:
        """The mean distance of the examples from the weights of their winners."""
        return float(self._nearest(self._points("quantization_error", x), 1)[1].mean())

    def topographic_error(self, x: Tensor | ArrayLike) -> float:
        """The part of the examples whose nearest two units are not neighbours on the grid, diagonally or straight."""
        if self.rows * self.columns == 1:
            return 0.0
        nearest = self._nearest(self._points("topographic_error", x), 2)[0]
        row, column = np.divmod(nearest, self.columns)
        return float((np.maximum(abs(np.diff(row, axis=1)), abs(np.diff(column, axis=1))) > 1).mean())

    def neighbor_distances(self) -> Tensor:
        """The mean distance of each unit's weights from those of its neighbours on the grid (rows, columns): the U-matrix."""
        w = self.weight.array.astype(np.float64)
        total, count = np.zeros(w.shape[:2]), np.zeros(w.shape[:2])
        for axis in (0, 1):
            gaps = np.linalg.norm(np.diff(w, axis=axis), axis=-1)
            before = (slice(None),) * axis + (slice(None, -1),)
            after = (slice(None),) * axis + (slice(1, None),)
            for part in (before, after):
                total[part] += gaps
                count[part] += 1
        return Tensor((total / np.maximum(count, 1)).astype(self.weight.dtype))

    def fit(
        self,
        x: Tensor | ArrayLike,
        *,
        rule: str = "online",
        epochs: int = 20,
        lr: tuple[float, float] = (0.5, 0.02),
        sigma: tuple[float, float] | None = None,
        start: str = "data",
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> MapFit:
        """Spread the map over examples x (N, in_features).

        rule      "online": one example after the other, in random order; "batch": all at once, without a rate
        epochs    passes through the examples
        lr        α at the start and at the end; it falls by the same factor in each step
        sigma     σ of the neighbourhood, likewise; by default from half the longer side of the grid to 0.5
        start     "data": weights are drawn from the examples; "keep": as they are
        generator of order and start, by default the library's
        progress  called with a line for each epoch
        """
        name = "SelfOrganizingMap.fit"
        rows = self._points("fit", x).astype(np.float64)
        sigma = (max(max(self.rows, self.columns) / 2, 0.5), 0.5) if sigma is None else sigma
        if rule not in RULES:
            raise ValueError(f"{name}: rule is one of {', '.join(RULES)}, got {rule!r}")
        if start not in ("data", "keep"):
            raise ValueError(f"{name}: start is 'data' or 'keep', got {start!r}")
        if epochs < 1:
            raise ValueError(f"{name}: epochs must be at least 1, got {epochs}")
        for what, pair, most in (("lr", lr, 1.0), ("sigma", sigma, math.inf)):
            if np.shape(pair) != (2,) or not all(0 < value <= most and value < math.inf for value in pair):
                limit = "" if most == math.inf else f" and at most {most:g}"
                raise ValueError(f"{name}: {what} is a pair (first, last), both positive{limit}, got {pair}")
        rng = stream(generator)
        units = self.rows * self.columns
        if start == "data":
            w = rows[rng.choice(len(rows), units, replace=units > len(rows))]
        else:
            w = self.weight.array.reshape(units, -1).astype(np.float64)
        grid = np.stack(np.divmod(np.arange(units), self.columns), 1)
        gaps = np.square(grid[:, None] - grid).sum(-1)  # (units, units), squared
        errors = []
        total = epochs * len(rows)
        for epoch in range(epochs):
            if rule == "batch":
                squared = distances(rows, w)
                errors.append(float(np.sqrt(squared.min(1)).mean()))
                h = np.exp(-gaps / (2 * _between(sigma, epoch, epochs) ** 2))[squared.argmin(1)]  # (N, units)
                reached = h.sum(0)
                w = np.where((reached > 1e-12)[:, None], h.T @ rows / np.maximum(reached, 1e-12)[:, None], w)
            else:
                errors.append(_online(w, rows, rng.permutation(len(rows)), gaps, epoch * len(rows), total, lr, sigma))
            if progress is not None:
                progress(f"epoch {epoch + 1:{len(str(epochs))}}/{epochs}  quantization error {errors[-1]:.4f}")
        assign(self.weight, w.reshape(self.weight.shape))
        return MapFit(errors, self.quantization_error(x), self.topographic_error(x))

    def _points(self, method: str, x: Any) -> ndarray:
        return points(f"SelfOrganizingMap.{method}", x, self.in_features, self.weight.dtype)

    def _nearest(self, x: ndarray, count: int) -> tuple[ndarray, ndarray]:
        """The `count` nearest units of each example, the nearest first, and the distance of that: (N, count), (N,)."""
        w = self.weight.array.reshape(-1, self.in_features)
        units, least = [], []
        for i in range(0, len(x), ROWS):
            squared = distances(x[i : i + ROWS], w)
            units.append(np.argsort(squared, 1, kind="stable")[:, :count])
            least.append(np.sqrt(squared.min(1)))
        return np.concatenate(units), np.concatenate(least)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, rows={self.rows}, columns={self.columns}"


@dataclass
class MapFit:
    """The course of learning.

    errors               the quantisation error in each epoch, while the weights move
    quantization_error   in the end
    topographic_error    in the end
    """

    errors: list[float]
    quantization_error: float
    topographic_error: float


def _between(ends: tuple[float, float], step: int, steps: int) -> float:
    """From the first to the last by equal factors."""
    return ends[0] * (ends[1] / ends[0]) ** (step / max(steps - 1, 1))


def _online(
    w: ndarray, x: ndarray, order: ndarray, gaps: ndarray, done: int, total: int, lr: tuple, sigma: tuple
) -> float:
    """One epoch, in place: the mean distance of the examples from their winners when it was their turn."""
    distance = 0.0
    for k, i in enumerate(order, done):
        away = x[i] - w
        squared = np.einsum("ud,ud->u", away, away)
        winner = int(squared.argmin())
        distance += math.sqrt(squared[winner])
        h = _between(lr, k, total) * np.exp(gaps[winner] / (-2 * _between(sigma, k, total) ** 2))
        w += h[:, None] * away
    return distance / len(x)
