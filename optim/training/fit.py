"""The training loop, written once: mini-batches, validation, history, and callbacks for everything else."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from nn.data import DataLoader, Dataset, TensorDataset

from .callbacks import Callback, KeepBest, Progress


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

    def __init__(self, model: Any, optimizer: Any, epochs: int, batches: int, has_validation: bool):
        self.model, self.optimizer = model, optimizer
        self.epochs, self.batches, self.has_validation = epochs, batches, has_validation
        self.history = History()
        self.epoch = 0  # the epoch that runs, from 1
        self.batch = 0  # the batch of it that was last finished, from 1
        self.batch_loss = math.nan
        self.reason: str | None = None

    def stop(self, reason: str) -> None:
        """End training after this epoch."""
        self.reason = reason


def as_loader(data: Any, batch_size: int, shuffle: bool, generator: Any, name: str) -> Iterable:
    """Batches (x, y) from a loader (as it is), a dataset, or a pair of arrays."""
    if isinstance(data, tuple) and len(data) == 2:
        data = TensorDataset(*data)
    if isinstance(data, Dataset):
        return DataLoader(data, batch_size=batch_size, shuffle=shuffle, generator=generator)
    if hasattr(data, "__iter__") and not isinstance(data, Tensor | np.ndarray | str):
        return data
    raise TypeError(
        f"fit: {name} must be a DataLoader, a dataset, or a pair (inputs, targets), got {type(data).__name__}"
    )


def accuracy(output: Tensor, target: Tensor) -> float:
    """The share of rows whose largest output is that of the target class."""
    return float((output.array.argmax(1) == target.array).mean())


def default_metrics(target: Tensor) -> dict[str, Callable]:
    """Accuracy where the targets are class indices, else nothing."""
    return {"accuracy": accuracy} if target.dtype.kind in "iu" and target.ndim == 1 else {}


class Means:
    """Means of losses and metrics over batches, weighted by their sizes."""

    def __init__(self, metrics: dict[str, Callable] | None):
        self.metrics = metrics
        self.totals: dict[str, float] = {}
        self.count = 0

    def add(self, loss: float, output: Any, target: Any) -> None:
        if self.metrics is None:
            self.metrics = default_metrics(target)
        size = len(target)
        values = {"loss": loss, **{name: float(f(output, target)) for name, f in self.metrics.items()}}
        for name, value in values.items():
            self.totals[name] = self.totals.get(name, 0.0) + size * value
        self.count += size

    def result(self, prefix: str = "") -> dict[str, float]:
        return {f"{prefix}{name}": total / self.count for name, total in self.totals.items()}


def evaluate(
    model: Any, data: Any, loss: Callable, *, metrics: dict[str, Callable] | None = None, batch_size: int = 256
) -> dict[str, float]:
    """The mean loss and metrics of `model` on `data`, in evaluation mode, recording nothing.

    data     a DataLoader, a dataset, or a pair (inputs, targets)
    metrics  name -> function(output, target) -> number; by default the accuracy where targets are class indices
    """
    means = Means(metrics)
    training = model.training
    model.eval()
    try:
        with ag.no_grad():
            for x, y in as_loader(data, batch_size, False, None, "data"):
                output = model(x)
                means.add(float(loss(output, y)), output, y)
    finally:
        model.train(training)
    if not means.count:
        raise ValueError("evaluate: the data has no batch")
    return means.result()


def fit(
    model: Any,
    train: Any,
    validation: Any = None,
    *,
    loss: Callable,
    optimizer: Any,
    epochs: int = 1,
    batch_size: int = 64,
    metrics: dict[str, Callable] | None = None,
    callbacks: Iterable[Callback] = (),
    scheduler: Any = None,
    step_scheduler: Any = None,
    keep_best: bool = True,
    progress: bool = True,
    generator: Any = None,
) -> History:
    """Train `model` by mini-batches and return the history.

    train, validation  a DataLoader, a dataset, or a pair (inputs, targets)
    loss               function(output, target) -> a tensor of one number
    optimizer          over the parameters to train
    epochs             passes over the training data
    batch_size         rows a batch, where `train` is not a loader
    metrics            name -> function(output, target) -> number; by default the accuracy where targets are class indices
    callbacks          what else is to happen: see `Callback`
    scheduler          its `step()` is called after each epoch; with the monitored loss if it is a ReduceLROnPlateau
    step_scheduler     its `step()` is called after each batch
    keep_best          in the end the model gets the weights of the epoch with the lowest validation (else train) loss
    progress           show a progress bar
    generator          of the order of the batches, by default the library's

    An interrupt (Ctrl-C) ends training at once but not with an exception: the history, with `interrupted` set, and the
    best weights so far are kept. A loss that is NaN or infinite raises FloatingPointError, with the same weights kept.
    """
    if epochs < 1:
        raise ValueError(f"fit: epochs must be at least 1, got {epochs}")
    if batch_size < 1:
        raise ValueError(f"fit: batch_size must be at least 1, got {batch_size}")
    loader = as_loader(train, batch_size, True, generator, "train")
    held_out = None if validation is None else as_loader(validation, batch_size, False, None, "validation")
    batches = len(loader) if isinstance(loader, Sized) else 0
    run = Run(model, optimizer, epochs, batches, held_out is not None)
    watching = [*([Progress()] if progress else []), *([KeepBest()] if keep_best else []), *callbacks]
    training = model.training
    for callback in watching:
        callback.on_start(run)
    try:
        for run.epoch in range(1, epochs + 1):
            started = time.perf_counter()
            for callback in watching:
                callback.on_epoch_start(run)
            results = _epoch(run, loader, loss, metrics, step_scheduler, watching)
            if held_out is not None:
                found = evaluate(model, held_out, loss, metrics=metrics)
                results |= {f"validation_{name}": value for name, value in found.items()}
            results["learning_rate"] = float(optimizer.param_groups[0]["lr"])
            results["seconds"] = time.perf_counter() - started
            run.history.epochs.append(results)
            _step(scheduler, results)
            for callback in watching:
                callback.on_epoch_end(run)
            if run.reason is not None:
                run.history.stopped = run.reason
                break
    except KeyboardInterrupt:
        run.history.interrupted = True
        run.history.stopped = f"interrupted in epoch {run.epoch}"
    finally:
        for callback in reversed(watching):
            callback.on_end(run)
        model.train(training)
    return run.history


def _epoch(
    run: Run, loader: Iterable, loss: Callable, metrics: Any, step_scheduler: Any, watching: list[Callback]
) -> dict[str, float]:
    """One pass over the training data."""
    means = Means(metrics)
    run.model.train()
    for run.batch, (x, y) in enumerate(_batches(loader), 1):
        run.optimizer.zero_grad()
        output = run.model(x)
        value = loss(output, y)
        value.backward()
        run.batch_loss = value.item()
        if not math.isfinite(run.batch_loss):
            raise FloatingPointError(
                f"fit: the loss is {run.batch_loss} in epoch {run.epoch}, batch {run.batch}; lower the learning rate "
                f"(it is {run.optimizer.param_groups[0]['lr']:g}), or look for the cause under ag.detect_anomaly()"
            )
        run.optimizer.step()
        if step_scheduler is not None:
            step_scheduler.step()
        means.add(run.batch_loss, output, y)
        for callback in watching:
            callback.on_batch_end(run)
    if not means.count:
        raise ValueError("fit: the training data has no batch")
    return means.result("train_")


def _batches(loader: Iterable) -> Iterator:
    for batch in loader:
        if not isinstance(batch, list | tuple) or len(batch) != 2:
            raise ValueError(f"fit: each batch must be a pair (inputs, targets), got {type(batch).__name__}")
        yield batch


def _step(scheduler: Any, results: dict[str, float]) -> None:
    if scheduler is None:
        return
    if type(scheduler).__name__ == "ReduceLROnPlateau":
        scheduler.step(results.get("validation_loss", results["train_loss"]))
    else:
        scheduler.step()
