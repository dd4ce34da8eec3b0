"""Training loops: `fit` and what happens around it. Everything here needs `nn`; the optimisers themselves do not."""

from .callbacks import Callback, EarlyStopping, KeepBest, Progress
from .fit import fit
from .metrics import Accuracy, MeanAbsoluteError, MeanSquaredError, Metric, R2Score, accuracy
from .objective import balanced_weights
from .prediction import evaluate
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
    "balanced_weights",
    "evaluate",
    "fit",
]
