"""What callbacks see of a training run, and the history that is left of it."""

from __future__ import annotations

import math
from typing import Any

from .metrics import direction


class History:
    """What happened in each epoch.

    epochs       a dictionary of numbers for each finished epoch: train_loss, validation_loss, train_accuracy, …, seconds
    best_epoch   the number of the epoch (from 1) whose weights the model has in the end; None if no epoch finished
    stopped      why training ended before its last epoch, or None
    interrupted  whether the user interrupted it

    `history["train_loss"]` is the list of one quantity over the epochs.
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

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {v:.4g}" for k, v in self.epochs[-1].items()) if self.epochs else "no epoch finished"
        return f"History({len(self.epochs)} epochs; last: {last})"


class Run:
    """A training run while it runs, as callbacks see it."""

    def __init__(
        self,
        model: Any,
        optimizer: Any,
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
        self.reason: str | None = None

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
