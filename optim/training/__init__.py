"""Training loops: `fit` and what happens around it. Everything here needs `nn`; the optimisers themselves do not."""

from .callbacks import Callback, EarlyStopping, KeepBest, Progress
from .fit import History, Run, evaluate, fit

__all__ = ["Callback", "EarlyStopping", "History", "KeepBest", "Progress", "Run", "evaluate", "fit"]
