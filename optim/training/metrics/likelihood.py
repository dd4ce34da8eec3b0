"""Metrics of the probability that a model gives to the classes that were there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .base import Metric, check_labels, counted, log_probabilities, scores_of

__all__ = ["LogLoss", "Perplexity"]


class LogLoss(Metric):
    """Measures the mean of −log p of the target class, in nats.

    logits: True: the outputs are logits, whose softmax is p; False: they are p. Nothing is clipped: a p of 0 gives infinity.
    ignore_index: examples of this target do not count, as in `cross_entropy`.

    Formula: −Σₙ log p(targetₙ) / N
    Shapes: output (N, C, *) and target (N, *) → one number.
    Dtypes: any real output, integer target; computed in float64 → float.
    Raises: ValueError if the shapes do not fit, or a target is no class; from `result` before the first `update`, or where
        every target was ignored. FloatingPointError if an output is NaN.
    Source: scikit-learn's `log_loss`, which clips.

    >>> import autograd_core as ag, optim
    >>> metric = optim.LogLoss(logits=False)
    >>> metric.update(ag.tensor([[0.5, 0.5], [0.25, 0.75]]), ag.tensor([0, 0]))
    >>> round(metric.result(), 4)
    1.0397
    """

    higher_is_better = False

    def __init__(self, logits: bool = True, ignore_index: int = -100) -> None:
        self.logits, self.ignore_index = logits, ignore_index
        self.reset()

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        scores, labels = scores_of(self, output, target)
        counts = labels != self.ignore_index
        scores, labels = scores[counts], labels[counts]
        check_labels(self, labels, scores.shape[1])
        self.total -= float(log_probabilities(scores, self.logits)[np.arange(len(labels)), labels].sum())
        self.count += len(labels)

    def result(self) -> float:
        return self.total / counted(self.count, self)


class Perplexity(LogLoss):
    """Measures the exponential of the mean of −log p of the target class: among how many equal choices a model wavers.

    logits, ignore_index: as for `LogLoss`.

    Formula: exp(−Σₙ log p(targetₙ) / N)
    Shapes: output (N, C, *) and target (N, *), such as (N, V, T) logits over V words and (N, T) → one number.
    Dtypes: any real output, integer target; computed in float64 → float.
    Raises: as `LogLoss`.
    Source: Jelinek, Mercer, Bahl & Baker 1977, "Perplexity, a measure of the difficulty of speech recognition tasks".

    >>> import autograd_core as ag, optim
    >>> metric = optim.Perplexity()
    >>> metric.update(ag.zeros(3, 8), ag.tensor([0, 5, 7]))
    >>> round(metric.result(), 4)
    8.0
    """

    def result(self) -> float:
        mean = super().result()
        return math.exp(mean) if mean < 709 else math.inf
