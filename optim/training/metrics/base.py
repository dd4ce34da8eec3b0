"""What a metric is, and what all of them need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor

__all__ = ["Metric"]


class Metric:
    """Measures something over all batches of an epoch or evaluation; the base class of metrics.

    A subclass has `reset()`, which forgets everything, `update(output, target)`, which takes one batch, and `result()`,
    the number over all batches since `reset`; and it says whether `higher_is_better` (None: neither, or not known). Where
    the result is one number a class, `fit` and `evaluate` record them as name_0, name_1, …; one whose result is more than
    that (a matrix, a curve) has `recordable` False, and is updated in a loop of one's own.

    Formula: result() is a function of all (output, target) since reset()
    Shapes: output (N, *) and target (N, *), as the model and the data have them → one number.
    Dtypes: any → float.
    Raises: NotImplementedError where a subclass lacks one of the three methods.
    Source: none; torchmetrics' `Metric` has `compute` for `result`.

    >>> import autograd_core as ag, optim
    >>> class Largest(optim.Metric):
    ...     higher_is_better = False
    ...     def reset(self):
    ...         self.value = 0.0
    ...     def update(self, output, target):
    ...         self.value = max(self.value, float((output - target).abs().max()))
    ...     def result(self):
    ...         return self.value
    >>> metric = Largest()
    >>> metric.reset()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    2.0
    """

    higher_is_better: bool | None = None
    recordable = True  # whether result() is a number, or one a class, which a history records

    def reset(self) -> None:
        """Forget everything."""
        raise NotImplementedError(f"{type(self).__name__} needs a method reset(self)")

    def update(self, output: Any, target: Any) -> None:
        """Add one batch."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update(self, output, target)")

    def result(self) -> float:
        """The number over all batches since `reset`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method result(self)")

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint of `fit` keeps of it within an epoch: its attributes."""
        return dict(vars(self))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        vars(self).update(state_dict)


def array_of(x: Any) -> ndarray:
    """The numbers of a tensor or array."""
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def counted(count: float, metric: Metric) -> float:
    """`count`, if there was an example."""
    if not count:
        raise ValueError(f"{type(metric).__name__}: there is no result before the first update(output, target)")
    return count


def scores_of(metric: Metric, output: Any, target: Any) -> tuple[ndarray, ndarray]:
    """A score for each class, (N, C), and the class of each example, (N,), of output (N, C, *) and target (N, *)."""
    scores, labels = array_of(output), array_of(target)
    name = type(metric).__name__
    if scores.ndim < 2 or (*scores.shape[:1], *scores.shape[2:]) != labels.shape or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: needs outputs of shape (N, C, …) and class indices of shape (N, …), got {scores.shape} and "
            f"{labels.dtype} of shape {labels.shape}; pass metrics={{…}} to measure something else"
        )
    refuse_nan(metric, scores)
    if scores.ndim > 2:
        scores = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])
    return scores, labels.reshape(-1)


def check_labels(metric: Metric, labels: ndarray, classes: int) -> None:
    """Raise for a label that is no class."""
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"{type(metric).__name__}: target {at} of the batch is class {labels[at]}, and the output has {classes} "
            f"columns, for the classes 0 … {classes - 1}; leave such examples out, or give the model more outputs"
        )


def binary_of(metric: Metric, output: Any, target: Any) -> tuple[ndarray, ndarray]:
    """Scores (N,) of the class 1 and labels (N,) of 0 and 1, of outputs (N, *) or (N, 1) and targets (N, *)."""
    scores, labels = array_of(output), array_of(target)
    if scores.size != labels.size or scores.ndim < 1 or scores.shape[0] != len(np.atleast_1d(labels)):
        raise ValueError(
            f"{type(metric).__name__}: needs one output for each target of 0 or 1, got shapes {scores.shape} and "
            f"{labels.shape}; reshape one of them"
        )
    wrong = (labels != 0) & (labels != 1)
    if wrong.any():
        raise ValueError(
            f"{type(metric).__name__}: needs targets of 0 and 1, got {labels[wrong].flat[0]}; give the model an output for "
            "each class if there are more than two"
        )
    refuse_nan(metric, scores)
    return scores.reshape(-1), labels.reshape(-1).astype(np.int64)


def refuse_nan(metric: Metric, scores: ndarray) -> None:
    """Raise for NaN, which is neither above nor below anything."""
    if scores.dtype.kind == "f" and np.isnan(np.vdot(scores, scores)):  # one pass; infinities give infinity
        at = tuple(int(i) for i in np.argwhere(np.isnan(scores))[0])
        raise FloatingPointError(
            f"{type(metric).__name__}: the output has NaN at {list(at)} (shape {scores.shape}), which is no score; look for "
            "the cause under ag.detect_anomaly()"
        )


def predicted_of(metric: Metric, output: Any, target: Any, threshold: float | None) -> tuple[ndarray, ndarray, int]:
    """The predicted class and the class of each example, and the number of classes.

    By the largest output, or with a threshold by whether the one output is above it.
    """
    if threshold is not None:
        scores, labels = binary_of(metric, output, target)
        return (scores > threshold).astype(np.int64), labels, 2
    scores, labels = scores_of(metric, output, target)
    if scores.shape[1] == 1:
        name = type(metric).__name__
        raise ValueError(
            f"{name}: an output of one column (shape {array_of(output).shape}) has its largest value in column 0 whatever "
            f"the model learnt; pass {name}(threshold=0) for outputs of which binary_cross_entropy_with_logits is the loss, "
            f"{name}(threshold=0.5) for probabilities, or give the model an output for each class"
        )
    return scores.argmax(1), labels, scores.shape[1]


def log_probabilities(scores: ndarray, logits: bool) -> ndarray:
    """log p (N, C) in float64, of logits or of the probabilities themselves."""
    z = scores.astype(np.float64)
    if logits:
        z = z - z.max(1, keepdims=True)
        return z - np.log(np.exp(z).sum(1, keepdims=True))
    with np.errstate(divide="ignore"):
        return np.log(z)
