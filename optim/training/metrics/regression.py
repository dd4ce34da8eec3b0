"""Metrics of the errors of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .base import Metric, array_of, counted

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "R2Score", "RootMeanSquaredError"]


class _Errors(Metric):
    """Base of the metrics of the errors e = output - target, which must have one shape."""

    def __init__(self) -> None:
        self.reset()

    def errors(self, output: Any, target: Any) -> tuple[ndarray, ndarray]:
        """e and the target in float64."""
        predicted, wanted = array_of(output), array_of(target)
        if predicted.shape != wanted.shape:
            raise ValueError(
                f"{type(self).__name__}: output and target need one shape, got {predicted.shape} and {wanted.shape}; "
                "reshape one of them"
            )
        wanted = wanted.astype(np.float64)
        return predicted.astype(np.float64) - wanted, wanted


class _MeanError(_Errors):
    """Base of those that are the mean of a `size` of each error."""

    higher_is_better = False

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    @staticmethod
    def size(e: ndarray) -> ndarray:
        """What the mean is of."""
        raise NotImplementedError

    def update(self, output: Any, target: Any) -> None:
        e, _ = self.errors(output, target)
        self.total += float(self.size(e).sum())
        self.count += e.size

    def result(self) -> float:
        return self.total / counted(self.count, self)


class MeanSquaredError(_MeanError):
    """Measures the mean of the squared errors over all elements.

    Formula: Σ (output - target)² / n
    Shapes: output (*) and target (*), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `mean_squared_error`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.MeanSquaredError()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    2.0
    """

    size = staticmethod(lambda e: e * e)


class RootMeanSquaredError(MeanSquaredError):
    """Measures the root of the mean of the squared errors over all elements, in the target's own measure.

    Formula: √(Σ (output - target)² / n)
    Shapes: output (*) and target (*), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `root_mean_squared_error` for one column; of several, that is the mean of the columns' roots.

    >>> import autograd_core as ag, optim
    >>> metric = optim.RootMeanSquaredError()
    >>> metric.update(ag.tensor([1.0, 5.0]), ag.tensor([4.0, 1.0]))
    >>> round(metric.result(), 4)
    3.5355
    """

    def result(self) -> float:
        return super().result() ** 0.5


class MeanAbsoluteError(_MeanError):
    """Measures the mean of the errors' magnitudes over all elements.

    Formula: Σ |output - target| / n
    Shapes: output (*) and target (*), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `mean_absolute_error`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.MeanAbsoluteError()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    1.0
    """

    size = staticmethod(lambda e: np.abs(e))


class R2Score(_Errors):
    """Measures the coefficient of determination, the share of the target's variance that the output explains.

    A column whose target is constant has no R²: -inf, or NaN where it is met exactly.

    Formula: 1 - Σ (target - output)² / Σ (target - mean(target))²; of several columns the mean
    Shapes: output and target (N,) or (N, K), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `r2_score`; the squares around the mean are merged from batch to batch without subtracting
        large sums (Chan, Golub & LeVeque 1983, equation 1.5).

    >>> import autograd_core as ag, optim
    >>> metric = optim.R2Score()
    >>> metric.update(ag.tensor([2.5, 0.0]), ag.tensor([3.0, -0.5]))
    >>> metric.update(ag.tensor([2.0, 8.0]), ag.tensor([2.0, 7.0]))
    >>> round(metric.result(), 4)
    0.9486
    """

    higher_is_better = True

    def reset(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self.around: Any = 0.0  # Σ (target - mean)², a column each
        self.left: Any = 0.0  # Σ (target - output)²

    def update(self, output: Any, target: Any) -> None:
        e, y = self.errors(output, target)
        n, m = len(y), self.count
        if n == 0:
            return
        mean = y.mean(0)
        change = mean - self.mean
        self.count = m + n
        self.around = self.around + ((y - mean) ** 2).sum(0) + change * change * (m * n / self.count)
        self.mean = self.mean + change * (n / self.count)
        self.left = self.left + (e * e).sum(0)

    def result(self) -> float:
        counted(self.count, self)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.mean(1 - np.asarray(self.left, np.float64) / self.around))
