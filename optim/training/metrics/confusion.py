"""The confusion matrix, and the metrics that are computed from it."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy import ndarray

from ...documentation import with_shared_parts
from .base import Metric, check_labels, counted, predicted_of

__all__ = ["ConfusionMatrix", "F1Score", "Precision", "Recall"]

Average: TypeAlias = Literal["binary", "macro", "micro", "weighted"] | None
AVERAGES = ("binary", "macro", "micro", "weighted", None)


class ConfusionMatrix(Metric):
    """Counts how many examples of each class are predicted as which.

    threshold: as for `Accuracy`.

    `fit` and `evaluate` do not take it, for a history records numbers; `nn.plot.confusion_matrix` draws it.

    Formula: out[i, j] = the number of examples of class i that are predicted as class j
    Shapes: output (N, C, *) and target (N, *), or with a threshold (N, *) both and C = 2 → (C, C).
    Dtypes: any real output, integer target → an array of int64.
    Raises: ValueError if the shapes do not fit, a target is no class, or C changes between batches; from `result`
        before the first `update`. FloatingPointError if an output is NaN.
    Source: scikit-learn's `confusion_matrix`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.ConfusionMatrix()
    >>> metric.update(ag.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), ag.tensor([1, 0, 0]))
    >>> metric.result().tolist()
    [[1, 1], [0, 1]]
    """

    recordable = False

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        self.reset()

    def reset(self) -> None:
        self.counts = np.zeros((0, 0), np.int64)

    def update(self, output: Any, target: Any) -> None:
        predicted, labels, classes = predicted_of(self, output, target, self.threshold)
        check_labels(self, labels, classes)
        if not self.counts.size:
            self.counts = np.zeros((classes, classes), np.int64)
        elif len(self.counts) != classes:
            raise ValueError(
                f"{type(self).__name__}: this batch has outputs for {classes} classes, the ones before for "
                f"{len(self.counts)}; call reset() between models"
            )
        pairs = np.bincount(labels * classes + predicted, minlength=classes * classes)
        self.counts = self.counts + pairs.reshape(classes, classes)

    def result(self) -> Any:
        counted(self.counts.sum(), self)
        return self.counts.copy()


class _OfClasses(ConfusionMatrix):
    """Base of the metrics that are a quotient of counts for each class, and perhaps their mean."""

    higher_is_better = True
    recordable = True

    def __init__(self, average: Average = "binary", threshold: float | None = None, zero_division: float = 0.0) -> None:
        name = type(self).__name__
        if average not in AVERAGES:
            raise ValueError(f"{name}: average is 'binary', 'macro', 'micro', 'weighted' or None, got {average!r}")
        if not (zero_division in (0, 1) or math.isnan(zero_division)):
            raise ValueError(f"{name}: zero_division is 0.0, 1.0 or NaN, got {zero_division!r}")
        self.average, self.zero_division = average, float(zero_division)
        super().__init__(threshold)

    def parts(self, right: ndarray, predicted: ndarray, actual: ndarray) -> tuple[ndarray, ndarray]:
        """Numerator and denominator."""
        raise NotImplementedError

    def update(self, output: Any, target: Any) -> None:
        super().update(output, target)
        if self.average == "binary" and len(self.counts) != 2:
            raise ValueError(
                f"{type(self).__name__}: average='binary' is of two classes, and the output has {len(self.counts)}; pass "
                f"{type(self).__name__}(average='macro'), 'micro', 'weighted', or None for a number a class"
            )

    def result(self) -> Any:
        counts = super().result()
        right, predicted, actual = counts.diagonal(), counts.sum(0), counts.sum(1)
        above, below = self.parts(right, predicted, actual)
        if self.average == "micro":
            above, below = above.sum(keepdims=True), below.sum(keepdims=True)
        values = np.where(below > 0, above / np.maximum(below, 1), self.zero_division)
        if self.average is None:
            return values
        if self.average == "binary":
            return float(values[1])
        if self.average == "micro":
            return float(values[0])
        weights = actual if self.average == "weighted" else (predicted + actual > 0).astype(np.float64)
        used = ~np.isnan(values) & (weights > 0)
        return float(np.average(values[used], weights=weights[used])) if used.any() else math.nan


@with_shared_parts
class Precision(_OfClasses):
    """Measures how many of the examples predicted as a class are of it.

    {averages}

    Formula: tp / (tp + fp), from the counts of true positives tp, false positives fp and false negatives fn
    {averaged}
    Source: scikit-learn's `precision_score`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.Precision(threshold=0.5)
    >>> metric.update(ag.tensor([0.9, 0.8, 0.7, 0.1, 0.2]), ag.tensor([1, 1, 0, 1, 1]))
    >>> round(metric.result(), 4)
    0.6667
    """

    def parts(self, right: ndarray, predicted: ndarray, actual: ndarray) -> tuple[ndarray, ndarray]:
        return right, predicted


@with_shared_parts
class Recall(_OfClasses):
    """Measures how many of the examples of a class are predicted as it.

    {averages}

    Formula: tp / (tp + fn), from the counts of true positives tp, false positives fp and false negatives fn
    {averaged}
    Source: scikit-learn's `recall_score`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.Recall(threshold=0.5)
    >>> metric.update(ag.tensor([0.9, 0.8, 0.7, 0.1, 0.2]), ag.tensor([1, 1, 0, 1, 1]))
    >>> metric.result()
    0.5
    """

    def parts(self, right: ndarray, predicted: ndarray, actual: ndarray) -> tuple[ndarray, ndarray]:
        return right, actual


@with_shared_parts
class F1Score(_OfClasses):
    """Measures the harmonic mean of precision and recall.

    {averages}

    Formula: 2 tp / (2 tp + fp + fn), from the counts of true positives tp, false positives fp and false negatives fn
    {averaged}
    Source: scikit-learn's `f1_score`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.F1Score(threshold=0.5)
    >>> metric.update(ag.tensor([0.9, 0.8, 0.7, 0.1, 0.2]), ag.tensor([1, 1, 0, 1, 1]))
    >>> round(metric.result(), 4)
    0.5714
    """

    def parts(self, right: ndarray, predicted: ndarray, actual: ndarray) -> tuple[ndarray, ndarray]:
        return 2 * right, predicted + actual
