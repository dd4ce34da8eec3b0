"""Callbacks that give the model the average of the weights that it has had: exponential (EMA) or stochastic (SWA)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import Tensor
from autograd_core.nn import Module

from ..swa_utils import SWALR, AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, update_bn
from .batches import batches, forward
from .callbacks import Callback, snapshot

if TYPE_CHECKING:
    from .run import Run


class EMA(Callback):
    """Averages the weights exponentially, after each step, and validates and ends with the average.

    decay: the weight of the average so far, from 0 to 1.
    warmup: True: less of it in the first steps, n of them done: min(decay, (1 + n) / (10 + n)).

    From the validation of an epoch until the next one starts the model has the averaged weights, so that `KeepBest`,
    `EarlyStopping` and `ModelCheckpoint` keep those that were validated; training goes on with its own. Without
    validation data the model gets the last average in the end. Buffers (running means) are the model's.

    Formula: a₁ = w₁; aₙ₊₁ = d aₙ + (1 − d) wₙ₊₁, d the decay, w the weights after a step
    Shapes: none.
    Dtypes: those of the model.
    Raises: ValueError unless decay is from 0 to 1.
    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the average is `optim.swa_utils`',
        the warm-up that of TensorFlow's `ExponentialMovingAverage`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model, x = nn.Linear(1, 1, bias=False), ag.ones(4, 1)
    >>> _ = nn.init.zeros_(model.weight)
    >>> _ = optim.fit(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=0.25), epochs=2,
    ...               callbacks=[optim.EMA(0.5, warmup=False)], progress=False)
    >>> model.weight  # the mean of 0.5 and 0.75
    Parameter containing:
    tensor([[0.625]], requires_grad=True)
    """

    def __init__(self, decay: float = 0.999, *, warmup: bool = True):
        get_ema_avg_fn(decay)  # raises
        self.decay, self.warmup = decay, warmup

    def on_start(self, run: Run) -> None:
        self.averaged = AveragedModel(run.model, multi_avg_fn=functools.partial(_warming, self.decay, self.warmup))
        self.raw: dict[str, np.ndarray] | None = None  # the model's own weights while it has the average

    def on_epoch_start(self, run: Run) -> None:
        if self.raw is not None:
            run.model.load_state_dict(self.raw)
            self.raw = None

    def on_step_end(self, run: Run) -> None:
        self.averaged.update_parameters(run.model)

    def on_validation_start(self, run: Run) -> None:
        self.raw = snapshot(run.model)
        run.model.load_state_dict(self.averaged.module.state_dict())

    def on_end(self, run: Run) -> None:
        if self.raw is None and run.history.best_epoch is None and self.averaged.n_averaged.item():
            run.model.load_state_dict(self.averaged.module.state_dict())

    def sets_weights(self, run: Run) -> bool:
        return not run.has_validation

    def state_dict(self) -> dict[str, Any]:
        return {"averaged": self.averaged.state_dict(), "raw": self.raw}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.averaged.load_state_dict(state_dict["averaged"])
        self.raw = state_dict["raw"]


def _warming(decay: float, warmup: bool, averages: Sequence[Tensor], values: Sequence[Tensor], count: Any) -> None:
    n = count.item()
    get_ema_multi_avg_fn(min(decay, (1 + n) / (10 + n)) if warmup else decay)(averages, values, count)


class SWA(Callback):
    """Averages the weights at the ends of the last epochs, and gives the model their mean in the end.

    start: the first epoch whose weights count: its number, or the share of the epochs before it.
    lr: the learning rate from then on, reached over `anneal_epochs` (see `optim.swa_utils.SWALR`); None: as it is, or as
        fit's scheduler sets it.
    anneal_epochs: the number of epochs in which the learning rate goes there.

    The statistics of batch normalisation are computed again for the averaged weights, by one more pass over the training
    data. After an error the model keeps the weights that it had.

    Formula: weights ← (w_start + … + w_T) / (T − start + 1), w_t those at the end of epoch t
    Shapes: none.
    Dtypes: those of the model.
    Raises: ValueError before training for a start that is no epoch of the run, for lr beside a scheduler, or with a
        callback that restores the best weights.
    Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization", Algorithm 1.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model, x = nn.Linear(1, 1, bias=False), ag.ones(4, 1)
    >>> _ = nn.init.zeros_(model.weight)
    >>> _ = optim.fit(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=0.25), epochs=3,
    ...               callbacks=[optim.SWA(start=2)], progress=False)
    >>> model.weight  # the mean of 0.75 and 0.875
    Parameter containing:
    tensor([[0.8125]], requires_grad=True)
    """

    def __init__(self, start: int | float = 0.75, lr: float | None = None, anneal_epochs: int = 5):
        self.start, self.lr, self.anneal_epochs = start, lr, anneal_epochs

    def on_start(self, run: Run) -> None:
        share = isinstance(self.start, float)
        self.first = int(self.start * run.epochs) + 1 if share else int(self.start)
        if not 1 <= self.first <= run.epochs or (share and self.start < 0):
            raise ValueError(
                f"SWA: start={self.start} is none of the {run.epochs} epochs; pass the number of one, as start={run.epochs}, "
                "or the share of those before it, as start=0.75"
            )
        if self.lr is not None and (run.scheduler is not None or run.step_scheduler is not None):
            raise ValueError(
                "SWA: lr and fit's scheduler would both set the learning rate; leave one of them out, or put "
                "optim.swa_utils.SWALR at the end of an optim.lr_scheduler.SequentialLR"
            )
        others = [type(c).__name__ for c in run.callbacks if c is not self and c.sets_weights(run)]
        if others:
            raise ValueError(
                f"SWA: {others[0]} gives the model other weights in the end; leave it out"
                + (", or pass restore_best=False" if others[0] == "EarlyStopping" else "")
            )
        self.run = run
        self.averaged = AveragedModel(run.model)
        self.schedule: SWALR | None = None

    def on_epoch_start(self, run: Run) -> None:
        if run.epoch == self.first and self.lr is not None:
            self.schedule = SWALR(run.optimizer, self.lr, self.anneal_epochs)

    def on_epoch_end(self, run: Run) -> None:
        if run.epoch >= self.first:
            self.averaged.update_parameters(run.model)
            if self.schedule is not None:
                self.schedule.step()

    def on_end(self, run: Run) -> None:
        if self.averaged.n_averaged.item() and not run.failed:
            run.model.load_state_dict(self.averaged.module.state_dict())
            update_bn(batches(run.loader, target=run.target), _Inputs(run.model))

    def sets_weights(self, run: Run) -> bool:
        return True

    def state_dict(self) -> dict[str, Any]:
        schedule = None if self.schedule is None else self.schedule.state_dict()
        return {"averaged": self.averaged.state_dict(), "schedule": schedule}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.averaged.load_state_dict(state_dict["averaged"])
        if state_dict["schedule"] is not None:
            assert self.lr is not None
            self.schedule = SWALR(self.run.optimizer, self.lr, self.anneal_epochs)
            self.schedule.load_state_dict(state_dict["schedule"])


class _Inputs(Module):
    """The model called with the inputs of a batch, however many."""

    def __init__(self, model: Module):
        super().__init__()
        self.model = model

    def forward(self, x: Any) -> Any:
        return forward(self.model, x)
