"""Metrics over a whole epoch: accumulators, in families, and how `fit` and `evaluate` collect them (`measured`).

A metric is an object with four names:

    reset()                   forget everything: a new epoch or evaluation begins
    update(output, target)    add one batch
    result()                  the number over all batches since `reset`
    higher_is_better          True, False, or None where neither is (or it is not known)

`fit` and `evaluate` also take plain functions of *all* outputs and targets. They are called once, at the end: a function
that is no mean over examples (R², F1, a median) has no meaning as an average over batches.
"""

from .accuracies import Accuracy, TopKAccuracy, accuracy
from .base import Metric
from .confusion import ConfusionMatrix, F1Score, Precision, Recall
from .likelihood import LogLoss, Perplexity
from .measured import Measured, checked_metrics, direction, is_accumulator
from .ranking import AUROC, ROC, ROCCurve
from .regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError

__all__ = [
    "AUROC", "Accuracy", "ConfusionMatrix", "F1Score", "LogLoss", "MeanAbsoluteError", "MeanSquaredError", "Metric",
    "Perplexity", "Precision", "R2Score", "ROC", "ROCCurve", "Recall", "RootMeanSquaredError", "TopKAccuracy", "accuracy",
]  # fmt: skip
