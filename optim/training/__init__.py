"""Training loops: `fit` and what happens around it. Everything here needs `nn`; the optimisers themselves do not.

Begin with `fit`, which checks its arguments (`checks`), and `loop`, its inner loop: `batches` read, `objective` and
`evaluation` compute the loss, `failures` explains one that is not finite. `run` holds the state and the history
(`history_view` shows it). Whatever else shall happen is a callback (`callbacks`; `averages`, `logs`,
`model_checkpoint`); `checkpoint`, `identity` and `streams` continue a run with the same bits. `prediction` and
`metrics` measure a model. `pretraining` calls `fit` for one layer after another.
"""

from .averages import EMA, SWA
from .brain_damage import optimal_brain_damage, optimal_brain_surgeon
from .callbacks import Callback, EarlyStopping, KeepBest
from .fit import fit
from .learning_rate import LearningRates, lr_find
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
from .noise import WeightNoise
from .objective import balanced_weights
from .penalties import L1, L2, Lp, MaxNorm
from .prediction import Spread, evaluate, mc_dropout, predict, predict_proba
from .pretraining import pretrain
from .progress import Progress
from .run import History, Run
from .selection import CrossValidation, GridSearch, cross_validate, grid_search
from .selective import selective_presentation
from .stopping import StopWhen

__all__ = [
    "AUROC",
    "Accuracy",
    "CSVLogger",
    "Callback",
    "ConfusionMatrix",
    "CrossValidation",
    "EMA",
    "EarlyStopping",
    "F1Score",
    "GridSearch",
    "History",
    "KeepBest",
    "L1",
    "L2",
    "LearningRates",
    "LogLoss",
    "Lp",
    "MaxNorm",
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
    "Spread",
    "StopWhen",
    "TensorBoard",
    "TopKAccuracy",
    "WeightNoise",
    "accuracy",
    "balanced_weights",
    "cross_validate",
    "evaluate",
    "fit",
    "grid_search",
    "lr_find",
    "mc_dropout",
    "optimal_brain_damage",
    "optimal_brain_surgeon",
    "predict",
    "predict_proba",
    "pretrain",
    "selective_presentation",
]
