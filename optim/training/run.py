"""The state of a training run, which callbacks get, and the history, which `fit` returns."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_core.interchange.files import replacing

from .metrics import Measured, direction

if TYPE_CHECKING:
    from autograd_core.nn import Module

    from ..optimizer import Optimizer


class History:
    """Records the numbers of each epoch; `fit` returns one.

    epochs: for each finished epoch a dictionary of numbers: train_loss, validation_loss, train_accuracy, …, seconds.
    best_epoch: the number of the epoch (from 1) whose weights the model has in the end; None if no epoch finished.
    stopped: why training ended before its last epoch, or None.
    interrupted: whether the user interrupted it.

    Formula: history[name][t] = epochs[t][name]
    Shapes: history[name] is a list of len(history) numbers.
    Dtypes: floats; NaN in an epoch that has no such number.
    Raises: KeyError from history[name] if no epoch has that name.
    Source: Keras's `History`.

    >>> import optim
    >>> history = optim.History()
    >>> history.epochs.append({"train_loss": 0.5, "seconds": 1.0})
    >>> history
    History(1 epochs; last: train_loss 0.5, seconds 1)
    >>> history["train_loss"]
    [0.5]
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self.best_epoch: int | None = None
        self.stopped: str | None = None
        self.interrupted = False

    def __getitem__(self, name: str) -> list[float]:
        if self.epochs and not any(name in epoch for epoch in self.epochs):
            raise KeyError(f"no '{name}' in this history; it has {', '.join(self.names())}")
        return [epoch.get(name, math.nan) for epoch in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def names(self) -> list[str]:
        """The quantities recorded, in order."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch))

    def to_frame(self) -> Any:
        """The numbers as a pandas DataFrame: a row for each epoch, counted from 1, a column for each quantity.

        Raises ImportError if pandas is not installed.
        """
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise ImportError(
                "History.to_frame needs the package pandas, which is not installed: pip install pandas; without it, "
                "history['train_loss'] is a list"
            ) from None
        index = pandas.RangeIndex(1, len(self) + 1, name="epoch")
        return pandas.DataFrame({name: self[name] for name in self.names()}, index=index)

    def save(self, path: str | Path) -> Path:
        """Write the history to a JSON file, beside its place until it is complete; return the path."""
        content = {**self.state_dict(), "stopped": self.stopped, "interrupted": self.interrupted}
        with replacing(Path(path)) as file:
            file.write(json.dumps(content, indent=1).encode())
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Read a history that `save` wrote. Raises ValueError for another file."""
        history = cls()
        try:
            content = json.loads(Path(path).read_bytes())
            history.load_state_dict(content)
            history.stopped, history.interrupted = content["stopped"], content["interrupted"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: not a file that History.save wrote ({error!r})") from None
        return history

    def state_dict(self) -> dict[str, Any]:
        """The epochs and which was the best, for `load_state_dict`."""
        return {"epochs": self.epochs, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.epochs[:] = [dict(epoch) for epoch in state_dict["epochs"]]
        self.best_epoch = state_dict["best_epoch"]

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {v:.4g}" for k, v in self.epochs[-1].items()) if self.epochs else "no epoch finished"
        return f"History({len(self.epochs)} epochs; last: {last})"

    def _repr_html_(self) -> str:
        """What a notebook shows: curves and a table."""
        from .history_view import html

        return html(self)


class Run:
    """Holds the state of a training run while it runs; callbacks get it.

    model, optimizer: what is trained, and by what.
    epochs, batches: the number of epochs, and of batches in each (0: not known).
    has_validation: whether each epoch is validated.
    metrics: name → metric; None: the default ones.

    Its further attributes are the `history`, the number of the `epoch` that runs and of the last finished `batch` of it
    (both from 1), the loss of that batch, `batch_loss`, the number of optimiser steps so far, `step`, the batches of an
    epoch, `loader`, which a callback may replace for the epoch that starts, and the `reason` to stop.

    Formula: none; a record
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: none.

    >>> import nn, optim
    >>> model = nn.Linear(1, 1)
    >>> run = optim.Run(model, optim.SGD(model.parameters()), epochs=5, batches=10, has_validation=False, metrics=None)
    >>> run.stop("enough")
    >>> run.reason, run.recorded()
    ('enough', ['train_loss'])
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        epochs: int,
        batches: int,
        has_validation: bool,
        metrics: dict[str, Any] | None,
    ):
        self.model, self.optimizer = model, optimizer
        self.epochs, self.batches, self.has_validation = epochs, batches, has_validation
        self.metrics = metrics  # None: the default ones
        self.history = History()
        self.epoch = 0  # the epoch that runs, from 1
        self.batch = 0  # the batch of it that was last finished, from 1
        self.batch_loss = math.nan
        self.step = 0  # the number of optimiser steps so far
        self.reason: str | None = None
        self.failed = False  # whether an error ends it
        self.callbacks: list[Any] = []
        self.loader: Any = ()  # the batches of the epoch
        self.target = "y"  # the key of the targets in batches that are dictionaries
        self.objective: Any = None  # the loss of a batch
        self.accumulate = 1  # the number of batches of a step
        self.clip_norm: float | None = None  # the bound of the norm of the gradient
        self.events: Any = None  # what the callbacks do, by event
        self.scheduler: Any = None  # its step() follows each epoch
        self.step_scheduler: Any = None  # its step() follows each step of the optimiser
        self.measured = Measured(metrics)  # the loss and the metrics of the epoch so far
        self.started = 0.0  # the clock at the start of the epoch
        self.checkpoints: Any = None  # what saves the run
        self.split: Any = None  # the state from which the share to validate on was drawn

    def stop(self, reason: str) -> None:
        """End training after this epoch."""
        self.reason = reason

    def recorded(self) -> list[str]:
        """The losses and metrics of each epoch, as far as they are known before it."""
        names = ["loss", *(self.metrics or ())]
        return [
            f"{part}_{name}" for part in ("train", *(["validation"] if self.has_validation else [])) for name in names
        ]

    def higher_is_better(self, name: str) -> bool | None:
        """Whether a higher value of a loss or metric ("validation_accuracy") is better; None if nothing says it."""
        for part in ("train_", *(["validation_"] if self.has_validation else [])):
            if name.startswith(part):
                return direction(name.removeprefix(part), self.metrics)
        return None
