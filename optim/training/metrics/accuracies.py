"""Metrics of how many examples are classified right."""

from __future__ import annotations

from typing import Any

from numpy import count_nonzero

from autograd_core import Tensor

from .base import Metric, check_labels, counted, predicted_of, scores_of

__all__ = ["Accuracy", "TopKAccuracy", "accuracy"]


class Accuracy(Metric):
    """Measures the fraction of examples whose class is predicted right.

    threshold: None: the predicted class is the one with the largest output. A number: there is one output an example, which
        is class 1 if it is above the threshold (0 for logits, 0.5 for probabilities), else class 0.

    Formula: Σₙ [argmax_c outputₙ꜀ = targetₙ] / N, or Σₙ [[outputₙ > threshold] = targetₙ] / N
    Shapes: output (N, C, *) with C > 1 and target (N, *); with a threshold both (N, *), or (N, 1) and (N,) → one number.
    Dtypes: any real output, integer target; with a threshold any target of 0 and 1 → float.
    Raises: ValueError if the shapes do not fit, the target does not hold integers, C is 1, or with a threshold a
        target is neither 0 nor 1; from `result` before the first `update`. FloatingPointError if an output is NaN.
    Source: scikit-learn's `accuracy_score`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.Accuracy()
    >>> metric.update(ag.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), ag.tensor([1, 0, 0]))
    >>> round(metric.result(), 4)
    0.6667
    """

    higher_is_better = True

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        self.reset()

    def reset(self) -> None:
        self.right = self.count = 0

    def update(self, output: Any, target: Any) -> None:
        predicted, labels, _ = predicted_of(self, output, target, self.threshold)
        self.right += int(count_nonzero(predicted == labels))
        self.count += labels.size

    def result(self) -> float:
        return self.right / counted(self.count, self)


class TopKAccuracy(Metric):
    """Measures the fraction of examples whose class is among the k with the largest outputs.

    k: the number of classes that count. Of equal outputs the ones with lower class indices come first, so that with k=1
        it is `Accuracy` (scikit-learn counts the higher ones first).

    Formula: Σₙ [|{c : outputₙ꜀ > outputₙₜ, or = and c < t}| < k] / N, t = targetₙ
    Shapes: output (N, C, *) and target (N, *) → one number.
    Dtypes: any real output, integer target → float.
    Raises: ValueError if k is below 1 or not below C, the shapes do not fit, the target does not hold integers, or a
        target is no class; from `result` before the first `update`. FloatingPointError if an output is NaN.
    Source: scikit-learn's `top_k_accuracy_score`, but for ties.

    >>> import autograd_core as ag, optim
    >>> metric = optim.TopKAccuracy(2)
    >>> metric.update(ag.tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]), ag.tensor([1, 2]))
    >>> metric.result()
    0.5
    """

    higher_is_better = True

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise ValueError(f"TopKAccuracy: k is the number of classes that count, at least 1, got {k}")
        self.k = k
        self.reset()

    def reset(self) -> None:
        self.right = self.count = 0

    def update(self, output: Any, target: Any) -> None:
        scores, labels = scores_of(self, output, target)
        classes = scores.shape[1]
        if self.k >= classes:
            raise ValueError(
                f"TopKAccuracy: k={self.k} of {classes} classes counts every example as right; pass a k below {classes}"
            )
        check_labels(self, labels, classes)
        own = scores[range(len(labels)), labels][:, None]
        before = (scores > own).sum(1) + ((scores == own).cumsum(1)[range(len(labels)), labels] - 1)
        self.right += int((before < self.k).sum())
        self.count += labels.size

    def result(self) -> float:
        return self.right / counted(self.count, self)


def accuracy(output: Tensor, target: Tensor) -> float:
    """Compute the fraction of rows whose largest output is that of the target class.

    Formula: Σₙ [argmax_c outputₙ꜀ = targetₙ] / N
    Shapes: output (N, C, *) with C > 1 and target (N, *) → one number.
    Dtypes: any real output, integer target → float.
    Raises: ValueError if the shapes do not fit, the target does not hold integers, C is 1, or there is no row;
        FloatingPointError if an output is NaN.
    Source: scikit-learn's `accuracy_score`.

    >>> import autograd_core as ag, optim
    >>> optim.accuracy(ag.tensor([[0.1, 0.9], [0.8, 0.2]]), ag.tensor([1, 1]))
    0.5
    """
    metric = Accuracy()
    metric.update(output, target)
    return metric.result()


accuracy.higher_is_better = True  # type: ignore[attr-defined]
