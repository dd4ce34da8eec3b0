"""Training loops: `fit` and what happens around it. Everything here needs `nn`; the optimisers themselves do not."""

from .callbacks import Callback, EarlyStopping, KeepBest, Progress
from .fit import evaluate, fit
from .metrics import Accuracy, MeanAbsoluteError, MeanSquaredError, Metric, R2Score, accuracy
from .run import History, Run

__all__ = [
    "Accuracy",
    "Callback",
    "EarlyStopping",
    "History",
    "KeepBest",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "Progress",
    "R2Score",
    "Run",
    "accuracy",
    "evaluate",
    "fit",
]
