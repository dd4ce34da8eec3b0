"""What changes parameters: optimisers, one file an algorithm, and `lr_scheduler`. They need tensors only, not `nn`.

`optim.fit` and the rest of `optim.training`, and `optim.swa_utils`, which need `nn`, are imported at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import lr_scheduler
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .bold_driver import BoldDriver
from .delta_bar_delta import DeltaBarDelta
from .lbfgs import LBFGS
from .nadam import NAdam
from .optimizer import Optimizer
from .quickprop import Quickprop
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import IRprop, Rprop
from .second_order import ConjugateGradient, GaussNewton, LevenbergMarquardt, Newton
from .sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "BoldDriver",
    "ConjugateGradient",
    "DeltaBarDelta",
    "GaussNewton",
    "IRprop",
    "LevenbergMarquardt",
    "NAdam",
    "Newton",
    "Optimizer",
    "Quickprop",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]


# of `optim.training`, imported at first use
LATER = (
    "AUROC", "Accuracy", "CSVLogger", "Callback", "ConfusionMatrix", "CrossValidation", "EMA", "EarlyStopping",
    "F1Score", "GridSearch", "History", "KeepBest", "L1", "L2", "LearningRates", "LogLoss", "Lp", "MaxNorm",
    "MeanAbsoluteError", "MeanSquaredError", "Metric", "ModelCheckpoint", "Perplexity", "Precision", "Progress",
    "R2Score", "ROC", "ROCCurve", "Recall", "RootMeanSquaredError", "Run", "SWA", "Spread", "StopWhen",
    "TensorBoard", "TopKAccuracy", "WeightNoise", "accuracy", "balanced_weights", "cross_validate", "evaluate",
    "fit", "grid_search", "lr_find", "mc_dropout", "optimal_brain_damage", "optimal_brain_surgeon", "predict",
    "predict_proba", "pretrain", "selective_presentation",
)  # fmt: skip

if TYPE_CHECKING:  # what editors see
    from . import swa_utils
    from .training import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        if name in LATER:
            return getattr(importlib.import_module(".training", __name__), name)
        if name == "swa_utils":
            return importlib.import_module(".swa_utils", __name__)
        raise AttributeError(f"module 'optim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *LATER, "swa_utils", "training"})
