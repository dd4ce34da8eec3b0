"""Callbacks: methods that `fit` calls at the start and end of the run, of its epochs and of its batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograd_core import Tensor

    from .run import Run


class Callback:
    """Does something at the start and the end of training, of its epochs and of its batches; the base class.

    A subclass overrides what it needs of the methods below. Each gets the `run`, which has model, optimizer, history,
    epoch, batch, batch_loss, step, and `stop(reason)`. `penalty` returns what is added to the loss. One that keeps
    something from epoch to epoch has it in `state_dict` and `load_state_dict`, so that a run can be resumed exactly.

    Formula: on_start, (on_epoch_start, a step …, on_validation_start, on_validation_end, on_epoch_end) for each epoch,
        on_end; a step: on_step_start, penalty for each batch, on_backward_end, on_step_end, on_batch_end for each batch
    Shapes: none.
    Dtypes: none.
    Raises: nothing; what a subclass raises ends the training.
    Source: Keras's `Callback`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> class Stop(optim.Callback):
    ...     def on_epoch_end(self, run):
    ...         run.stop("enough")
    >>> model, x = nn.Linear(1, 1), ag.ones(4, 1)
    >>> optim.fit(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters()), epochs=9, callbacks=[Stop()],
    ...           progress=False).stopped
    'enough'
    """

    def on_start(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_start(self, run: Run) -> None:
        """Before each epoch."""

    def on_step_start(self, run: Run) -> None:
        """Before the model sees the batches of a step: one, or `accumulate` of them."""

    def penalty(self, run: Run) -> Tensor | None:
        """What is added to the loss of each batch, a tensor of one number; None: nothing. Called after the model."""
        return None

    def on_backward_end(self, run: Run) -> None:
        """When the gradients are complete, before they are clipped and the optimiser makes its step."""

    def on_step_end(self, run: Run) -> None:
        """After each step of the optimiser."""

    def on_batch_end(self, run: Run) -> None:
        """For each batch, after the step of the optimiser that it is part of."""

    def on_validation_start(self, run: Run) -> None:
        """Before the model is evaluated on the validation data."""

    def on_validation_end(self, run: Run) -> None:
        """After that; the results are in run.history only when on_epoch_end is called."""

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch's validation; its results are run.history.epochs[-1]."""

    def on_end(self, run: Run) -> None:
        """In the end, also after an interrupt or an error (`run.failed`)."""

    def sets_weights(self, run: Run) -> bool:
        """Whether it gives the model its weights in the end, so that `fit` need not choose the best epoch's."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint of `fit` keeps of it: numbers, texts, arrays, None, in dictionaries, lists and tuples."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; called after `on_start` where a run is resumed."""


EVENTS = (
    "on_start", "on_epoch_start", "on_step_start", "penalty", "on_backward_end", "on_step_end", "on_batch_end",
    "on_validation_start", "on_validation_end", "on_epoch_end",
)  # fmt: skip


class Events:
    """For each event the methods of the callbacks that do something there, in the order of the callbacks."""

    on_start: list[Callable]
    on_epoch_start: list[Callable]
    on_step_start: list[Callable]
    penalty: list[Callable]
    on_backward_end: list[Callable]
    on_step_end: list[Callable]
    on_batch_end: list[Callable]
    on_validation_start: list[Callable]
    on_validation_end: list[Callable]
    on_epoch_end: list[Callable]

    def __init__(self, callbacks: Sequence[Callback]):
        for event in EVENTS:
            methods = [getattr(callback, event) for callback in callbacks]
            own = [m for m in methods if getattr(m, "__func__", None) is not getattr(Callback, event)]
            setattr(self, event, own)


def snapshot(model: Any) -> dict[str, np.ndarray]:
    """A copy of all weights and buffers."""
    return {name: value.array.copy() for name, value in model.state_dict().items()}


class Best:
    """Finds the epoch with the best value of one quantity so far, and keeps its weights if asked to.

    Which way is better is never guessed from the name: a loss is better lower, a metric says so (`higher_is_better`), and
    for anything else `mode` is needed.
    """

    def __init__(self, monitor: str | None, mode: str | None = None, min_delta: float = 0.0):
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.value: float | None = None
        self.epoch = 0
        self.weights: dict[str, np.ndarray] | None = None

    def start(self, run: Run) -> None:
        """Determine which way is better, before training. Raises ValueError if that is not known."""
        name = self.monitor or ("validation_loss" if run.has_validation else "train_loss")
        higher = run.higher_is_better(name)
        if self.mode is not None:
            higher = self.mode == "max"
        elif higher is None:
            recorded = run.recorded()
            if name not in recorded:
                raise ValueError(
                    f"monitor '{name}' is not recorded; there are {', '.join(recorded)}. If a callback of your own records "
                    "it, pass mode='max' if a higher value is better, mode='min' if a lower one is"
                )
            raise ValueError(
                f"monitor '{name}': nothing says whether a higher or a lower value is better; pass mode='max' or mode='min', "
                "or a metric object with higher_is_better"
            )
        self.name, self.sign = name, -1.0 if higher else 1.0

    def keep(self, run: Run) -> None:
        """Keep the weights of this epoch."""
        self.weights = snapshot(run.model)
        run.history.best_epoch = run.epoch

    def restore(self, run: Run) -> None:
        """Give the model the weights kept, if any were."""
        if self.weights is not None:
            run.model.load_state_dict(self.weights)
            run.history.best_epoch = self.epoch

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.value, self.epoch, self.weights = (state_dict[name] for name in ("value", "epoch", "weights"))

    def improved(self, run: Run) -> bool:
        """Whether the last epoch is better than all before it; one whose value is NaN never is."""
        results = run.history.epochs[-1]
        if self.name not in results:
            raise ValueError(f"monitor '{self.name}' is not recorded; there are {', '.join(results)}")
        value = self.sign * results[self.name]
        if math.isnan(value) or (self.value is not None and not value < self.value - self.min_delta):
            return False
        self.value, self.epoch = value, run.epoch
        return True


def checked_mode(name: str, mode: str | None) -> str | None:
    if mode not in (None, "min", "max"):
        raise ValueError(f"{name}: mode is 'min' (lower is better), 'max' or None, got {mode!r}")
    return mode


class KeepBest(Callback):
    """Restores in the end the weights of the best epoch.

    It takes the place of what `fit` does by itself (`keep_best=True`).

    monitor: the quantity to compare, a name of the history; by default the validation, else the train loss.
    mode: "max" if a higher value is better, "min" if a lower one is; not needed for losses and for metrics with
        `higher_is_better`.

    Formula: weights ← those of argminₜ monitor(t), or argmaxₜ; an epoch whose value is NaN is never the best
    Shapes: none.
    Dtypes: none.
    Raises: ValueError for another mode; before training, if monitor is not recorded or nothing says which way is
        better.
    Source: Keras's `ModelCheckpoint` with save_best_only, in memory.

    >>> import optim
    >>> optim.KeepBest("validation_accuracy").monitor
    'validation_accuracy'
    """

    def __init__(self, monitor: str | None = None, mode: str | None = None):
        self.monitor, self.mode = monitor, checked_mode("KeepBest", mode)

    def on_start(self, run: Run) -> None:
        self.best = Best(self.monitor, self.mode)
        self.best.start(run)

    def on_epoch_end(self, run: Run) -> None:
        if self.best.improved(run):
            self.best.keep(run)

    def on_end(self, run: Run) -> None:
        self.best.restore(run)

    def sets_weights(self, run: Run) -> bool:
        return True

    def state_dict(self) -> dict[str, Any]:
        return self.best.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best.load_state_dict(state_dict)


class EarlyStopping(Callback):
    """Stops training after a number of epochs without an improvement.

    patience: the number of epochs, at least 1.
    monitor: the quantity to compare, a name of the history; by default the validation loss.
    mode: "max" if a higher value is better, "min" if a lower one is; not needed for losses and for metrics with
        `higher_is_better`.
    min_delta: what counts as an improvement: a difference of more than this.
    restore_best: True: in the end the model gets the weights of its best epoch.

    Formula: stop at epoch t if t - tᵦ ≥ patience, tᵦ the last epoch better by more than min_delta than all before it
    Shapes: none.
    Dtypes: none.
    Raises: ValueError if patience is below 1, for another mode; before training, if monitor is not recorded, nothing
        says which way is better, or there is no validation and no monitor.
    Source: Prechelt 1998, "Early Stopping — But When?"; the options are those of Keras's `EarlyStopping`.

    >>> import optim
    >>> optim.EarlyStopping(patience=3, min_delta=0.01).patience
    3
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str | None = None,
        *,
        mode: str | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ):
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1 epoch, got {patience}")
        self.patience, self.monitor, self.min_delta, self.restore_best = patience, monitor, min_delta, restore_best
        self.mode = checked_mode("EarlyStopping", mode)

    def on_start(self, run: Run) -> None:
        if self.monitor is None and not run.has_validation:
            raise ValueError(
                "EarlyStopping: there is no validation data to stop by; pass validation=0.1 to fit, or "
                "EarlyStopping(monitor='train_loss')"
            )
        self.best = Best(self.monitor, self.mode, self.min_delta)
        self.best.start(run)

    def on_epoch_end(self, run: Run) -> None:
        if self.best.improved(run):
            if self.restore_best:
                self.best.keep(run)
        elif run.epoch - self.best.epoch >= self.patience:
            run.stop(f"no improvement for {self.patience} epochs (best: epoch {self.best.epoch})")

    def on_end(self, run: Run) -> None:
        self.best.restore(run)

    def sets_weights(self, run: Run) -> bool:
        return self.restore_best

    def state_dict(self) -> dict[str, Any]:
        return self.best.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best.load_state_dict(state_dict)
