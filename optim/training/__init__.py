"""Training loops: `fit` and what happens around it. Everything here needs `nn`; the optimisers themselves do not."""

from .averages import EMA, SWA
from .callbacks import Callback, EarlyStopping, KeepBest, Progress
from .fit import fit
from .logs import CSVLogger, TensorBoard
from .metrics import (
    AUROC,
    ROC,
    Accuracy,
    ConfusionMatrix,
    F1Score,
    LogLoss,
    MeanAbsoluteError,
    MeanSquaredError,
    Metric,
    Perplexity,
    Precision,
    R2Score,
    Recall,
    ROCCurve,
    RootMeanSquaredError,
    TopKAccuracy,
    accuracy,
)
from .model_checkpoint import ModelCheckpoint
from .objective import balanced_weights
from .prediction import evaluate
from .run import History, Run

__all__ = [
    "AUROC",
    "Accuracy",
    "CSVLogger",
    "Callback",
    "ConfusionMatrix",
    "EMA",
    "EarlyStopping",
    "F1Score",
    "History",
    "KeepBest",
    "LogLoss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "ModelCheckpoint",
    "Perplexity",
    "Precision",
    "Progress",
    "R2Score",
    "ROC",
    "ROCCurve",
    "Recall",
    "RootMeanSquaredError",
    "Run",
    "SWA",
    "TensorBoard",
    "TopKAccuracy",
    "accuracy",
    "balanced_weights",
    "evaluate",
    "fit",
]
