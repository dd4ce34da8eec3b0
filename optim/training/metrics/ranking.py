"""The receiver operating characteristic (ROC) and the area under it."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy import ndarray

from .base import Metric, array_of, binary_of, check_labels, counted, log_probabilities, scores_of

__all__ = ["AUROC", "ROC", "ROCCurve"]


class ROC(NamedTuple):
    """Holds a curve: rates of false and true positives, and the threshold at or above which a score counts as positive.

    fpr, tpr: the rates, from 0 to 1.
    thresholds: falling, the first one infinite.

    Formula: fpr[i] = |{negative : score ≥ thresholds[i]}| / |negatives|; tpr[i] likewise of positives
    Shapes: each (K,).
    Dtypes: arrays of float64.
    Raises: nothing.
    Source: scikit-learn's `roc_curve`, which returns the three in this order.

    >>> import numpy as np, optim
    >>> optim.ROC(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([np.inf, 0.5])).tpr.tolist()
    [0.0, 1.0]
    """

    fpr: ndarray
    tpr: ndarray
    thresholds: ndarray


def curve(scores: ndarray, positive: ndarray, drop_collinear: bool = False) -> ROC:
    """The curve with a point for each distinct score; NaN for the rate of a class that has no example."""
    order = np.argsort(-scores, kind="stable")
    scores, positive = scores[order], positive[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # of each group of equal scores
    right = np.cumsum(positive)[last]
    wrong = 1 + last - right
    if drop_collinear and len(last) > 2:  # of equal steps; on whole numbers, where that is exact
        bends = np.diff(right, 2).astype(bool) | np.diff(wrong, 2).astype(bool)
        kept = np.concatenate([[True], bends, [True]])
        right, wrong, last = right[kept], wrong[kept], last[kept]
    with np.errstate(invalid="ignore"):
        tpr = np.concatenate([[0], right]) / np.float64(positive.sum())
        fpr = np.concatenate([[0], wrong]) / np.float64((~positive).sum())
    return ROC(fpr, tpr, np.concatenate([[math.inf], scores[last]]))


class _Scored(Metric):
    """Base of the metrics that need all scores and targets."""

    def reset(self) -> None:
        self.scores: list[ndarray] = []  # (N, C), or (N, 1) where there is one output
        self.labels: list[ndarray] = []

    def add(self, output: Any, target: Any, logits: bool) -> None:
        """Keep a batch."""
        if array_of(output).size == array_of(target).size:
            scores, labels = binary_of(self, output, target)
            scores = scores.astype(np.float64)[:, None]
        else:
            scores, labels = scores_of(self, output, target)
            check_labels(self, labels, scores.shape[1])
            scores = log_probabilities(scores, True) if logits else scores.astype(np.float64)
        if self.scores and self.scores[0].shape[1] != scores.shape[1]:
            raise ValueError(
                f"{type(self).__name__}: this batch has {scores.shape[1]} outputs an example, the ones before "
                f"{self.scores[0].shape[1]}; call reset() between models"
            )
        self.scores.append(scores)
        self.labels.append(labels)

    def everything(self) -> tuple[ndarray, ndarray]:
        """Scores (N, C) or (N, 1), and labels (N,)."""
        counted(sum(map(len, self.labels)), self)
        return np.concatenate(self.scores), np.concatenate(self.labels)


class ROCCurve(_Scored):
    """Computes the rates of true and false positives at every threshold.

    positive: the class that counts as positive, all others as negative (one against the rest); with one or two outputs an
        example it is class 1 unless another is asked for.
    logits: of several outputs an example, True: they are logits, and the score is the logarithm of the class's softmax;
        False: they are the scores. One output is a score as it is.
    drop_collinear: leave out points halfway between their neighbours.

    All scores are kept in memory. `fit` and `evaluate` do not take it, for a history records numbers.

    Formula: see `ROC`
    Shapes: output (N, C, *) and target (N, *), or output (N, *) or (N, 1) for two classes → `ROC`.
    Dtypes: any real output, integer target; computed in float64.
    Raises: ValueError if the shapes do not fit, or a target is no class; from `result` before the first `update`, for more
        than two classes without `positive`, and for a positive that is no class. FloatingPointError if an output is NaN.
    Source: Fawcett 2006, "An introduction to ROC analysis", algorithm 1; scikit-learn's `roc_curve`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.ROCCurve()
    >>> metric.update(ag.tensor([0.1, 0.4, 0.35, 0.8]), ag.tensor([0, 0, 1, 1]))
    >>> metric.result().tpr.tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """

    recordable = False

    def __init__(self, positive: int | None = None, logits: bool = True, drop_collinear: bool = True) -> None:
        self.positive, self.logits, self.drop_collinear = positive, logits, drop_collinear
        self.reset()

    def update(self, output: Any, target: Any) -> None:
        self.add(output, target, self.logits)

    def result(self) -> Any:
        scores, labels = self.everything()
        classes = max(scores.shape[1], 2)
        if self.positive is None and classes > 2:
            raise ValueError(
                f"ROCCurve: there are {classes} classes, and a curve is of one against the rest; pass ROCCurve(positive=0), …"
            )
        positive = 1 if self.positive is None else self.positive
        if not 0 <= positive < classes:
            raise ValueError(f"ROCCurve: positive={positive} is none of the classes 0 … {classes - 1}")
        if scores.shape[1] == 1:
            score = scores[:, 0] if positive == 1 else -scores[:, 0]
        else:
            score = scores[:, positive]
        return curve(score, labels == positive, self.drop_collinear)


class AUROC(_Scored):
    """Measures the area under the ROC curve, the chance that a positive example has a higher score than a negative one.

    Equal scores count one half. For more than two classes it is of each class against the rest.

    average: "macro": the mean over classes; "weighted": weighted by their numbers of targets; None: an array with one area
        a class. With one or two outputs an example it is one area whatever the average.
    logits: as for `ROCCurve`.

    The area of a class of which there is no example, or nothing else, is not defined: it is NaN, and so are the means.
    All scores are kept in memory.

    Formula: ∫ tpr d fpr, by the trapezoidal rule
    Shapes: output (N, C, *) and target (N, *), or output (N, *) or (N, 1) for two classes → one number, or an array (C,).
    Dtypes: any real output, integer target; computed in float64 → float.
    Raises: ValueError for another average, if the shapes do not fit, or a target is no class; from `result`
        before the first `update`. FloatingPointError if an output is NaN.
    Source: Hanley & McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve";
        scikit-learn's `roc_auc_score` with multi_class="ovr".

    >>> import autograd_core as ag, optim
    >>> metric = optim.AUROC()
    >>> metric.update(ag.tensor([0.1, 0.4, 0.35, 0.8]), ag.tensor([0, 0, 1, 1]))
    >>> metric.result()
    0.75
    """

    higher_is_better = True

    def __init__(self, average: Literal["macro", "weighted"] | None = "macro", logits: bool = True) -> None:
        if average not in ("macro", "weighted", None):
            raise ValueError(f"AUROC: average is 'macro', 'weighted' or None, got {average!r}")
        self.average, self.logits = average, logits
        self.reset()

    def update(self, output: Any, target: Any) -> None:
        self.add(output, target, self.logits)

    def result(self) -> Any:
        scores, labels = self.everything()
        if scores.shape[1] <= 2:
            return _area(scores[:, -1], labels == 1)
        areas = np.array([_area(scores[:, c], labels == c) for c in range(scores.shape[1])])
        if self.average is None:
            return areas
        weights = np.bincount(labels, minlength=len(areas)) if self.average == "weighted" else None
        return float(np.average(areas, weights=weights))


def _area(scores: ndarray, positive: ndarray) -> float:
    roc = curve(scores, positive)
    return float(np.trapezoid(roc.tpr, roc.fpr))
