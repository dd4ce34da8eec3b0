"""What changes parameters: optimisers, one file an algorithm, and `lr_scheduler`. They need tensors only, not `nn`.

`optim.fit` and the rest of `optim.training`, which need `nn`, are imported at first use.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import lr_scheduler
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .asgd import ASGD
from .lbfgs import LBFGS
from .nadam import NAdam
from .optimizer import Optimizer
from .radam import RAdam
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        training = importlib.import_module(".training", __name__)
        if name in training.__all__:
            return getattr(training, name)
    raise AttributeError(f"module 'optim' has no attribute '{name}'")
