"""The training loop, written once: mini-batches, validation, history, and callbacks for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import autograd_core as ag
from autograd_core.kernels.machine.compilation import clock
from autograd_core.nn import Module
from autograd_core.nn.data import Dataset
from autograd_core.random import Generator

from ..lr_scheduler import LRScheduler
from ..optimizer import Optimizer
from .batches import as_loader, batch_loss, batches, weight_of
from .callbacks import Callback, KeepBest, Progress, restores
from .checkpoint import checkpoints
from .checks import check_callbacks, check_loss, check_model, check_optimizer, check_scheduler
from .evaluation import Evaluation
from .metrics import Measured, Metric, checked_metrics
from .run import History, Run

Data: TypeAlias = Iterable[Any] | Dataset | tuple[Any, ...]  # a loader, a dataset, or arrays
Loss: TypeAlias = Callable[..., Any]  # of output and target
Measure: TypeAlias = Metric | Callable[..., float]


def evaluate(
    model: Module,
    data: Data,
    loss: Loss,
    *,
    metrics: Mapping[str, Measure] | None = None,
    batch_size: int = 256,
) -> dict[str, float]:
    """Compute the mean loss and the metrics of a model on data, in evaluation mode, recording nothing.

    model: a module, or anything that is called with the inputs and has `training`, `train` and `eval`.
    data: a DataLoader, a dataset, or arrays: (inputs, targets) or (inputs, targets, weights of the examples). Arrays of
        floating numbers become the dtype of the model.
    loss: function(output, target) → number.
    metrics: name → a `Metric`, which is updated batch by batch, or function(outputs, targets) → number, called once
        with those of the whole data, which are kept in memory for it; by default the accuracy where targets are class
        indices. Weights of examples do not count in metrics.
    batch_size: the number of rows of a batch, where data is no loader.

    Formula: Σ_b n_b loss_b / Σ_b n_b over the batches b, n_b their sizes (or the sums of their weights)
    Shapes: inputs (N, *), targets (N, *), weights (N,) → {"loss": number, and each metric by its name}.
    Dtypes: as the model takes them → floats.
    Raises: TypeError or ValueError for arguments that cannot work, for data without a batch and for batches that are no
        pair or triple; and what the model and the loss raise.
    Source: Keras's `Model.evaluate`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> x = ag.arange(6.0).reshape(6, 1)
    >>> spread = {"spread": lambda outputs, targets: float(outputs.amax() - outputs.amin())}
    >>> optim.evaluate(nn.Identity(), (x, x), F.mse_loss, metrics=spread, batch_size=2)
    {'loss': 0.0, 'spread': 5.0}
    """
    check_model("evaluate", model)
    check_loss("evaluate", loss)
    measured = Measured(checked_metrics("evaluate", metrics))
    loader = as_loader(data, batch_size, False, None, "data", model, "evaluate")
    training = model.training
    model.eval()
    try:
        with ag.no_grad():
            for batch in batches(loader, "evaluate"):
                output = model(batch.x)
                value = batch_loss(loss, output, batch, "evaluate")
                measured.add(float(value), weight_of(batch), output, batch.y)
            if not measured.batches:
                raise ValueError("evaluate: the data has no batch")
            return measured.result()
    finally:
        model.train(training)


def fit(
    model: Module,
    train: Data,
    validation: Data | None = None,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int = 64,
    metrics: Mapping[str, Measure] | None = None,
    callbacks: Iterable[Callback] = (),
    scheduler: LRScheduler | None = None,
    step_scheduler: LRScheduler | None = None,
    keep_best: bool = True,
    progress: bool = True,
    generator: Generator | None = None,
    checkpoint: str | Path | None = None,
    every: str | int = "epoch",
    resume: bool = False,
) -> History:
    """Train a model by mini-batches and return the history.

    model: a module.
    train, validation: a DataLoader, a dataset, or arrays: (inputs, targets) or (inputs, targets, weights of the
        examples). Arrays of floating numbers become the dtype of the model; integers stay what they are.
    loss: function(output, target) → a tensor of one number. Where batches have weights w, one number l for each
        example: a loss with a `reduction` is called with reduction="none", and the mean is Σ w l / Σ w over the batch.
    optimizer: over the parameters to train. One whose step takes a closure (LBFGS, ConjugateGradient, LevenbergMarquardt,
        …) gets it, and wants the whole data as one batch; the loss and the metrics are of the outputs before its step.
    epochs: the number of passes over the training data.
    batch_size: the number of rows of a batch, where `train` is no loader.
    metrics: as for `evaluate`; those of the training data are of the outputs as they came, while the weights changed.
    callbacks: what else is to happen: see `Callback`.
    scheduler: its `step()` is called after each epoch; with the validation (else train) loss if it is a
        ReduceLROnPlateau.
    step_scheduler: its `step()` is called after each batch.
    keep_best: in the end the model gets the weights of the epoch with the lowest validation (else train) loss, unless a
        callback (`KeepBest`, `EarlyStopping`) chooses them.
    progress: show a progress bar; before it one for kernels that are compiled, once on a machine. The seconds of an
        epoch do not count that.
    generator: of the order of the batches, by default the library's.
    checkpoint: a file that gets the whole state of the run again and again: weights, optimiser, schedulers, random numbers,
        position in the epoch, metrics so far, history, and the state of the callbacks. It is a safetensors file, which
        replaces the one before once it is complete.
    every: when: "epoch", a number of batches, or a text such as "3 epochs", "200 batches", "30 s", "5 min"; and in any case
        after the last epoch.
    resume: go on from the checkpoint, if the file is there; the result has the same bits as that of a run that was not
        interrupted. Pass the same arguments; only `epochs` may differ.

    An interrupt (Ctrl-C) ends training at once but not with an exception: the history, with `interrupted` set, and the
    best weights so far are kept.

    Formula: for each batch (x, y): step(∂ loss(model(x), y) / ∂ parameters)
    Shapes: inputs (N, *), targets (N, *), weights (N,) → `History`.
    Dtypes: as the model takes them → floats.
    Raises: TypeError or ValueError, before anything is changed, for arguments that cannot work, such as an optimizer of
        another model, and for a checkpoint that is damaged or of another run; FloatingPointError for a loss that is NaN
        or infinite, with the best weights kept: it says if the data is not finite.
    Source: Keras's `Model.fit`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> from nn.data import datasets
    >>> ag.manual_seed(0)  # doctest: +ELLIPSIS
    <...>
    >>> model = nn.MLP([2, 8, 2])
    >>> history = optim.fit(model, datasets.xor(), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=0.05),
    ...                     epochs=50, progress=False)
    >>> history["train_accuracy"][-1]
    1.0
    """
    epochs, batch_size = _count("epochs", epochs), _count("batch_size", batch_size)
    check_model("fit", model)
    check_loss("fit", loss)
    check_optimizer(model, loss, optimizer)
    for name, schedule in (("scheduler", scheduler), ("step_scheduler", step_scheduler)):
        check_scheduler(name, schedule, optimizer)
    extra = check_callbacks(callbacks)
    metrics = checked_metrics("fit", metrics)
    loader = as_loader(train, batch_size, True, generator, "train", model)
    unseen = None if validation is None else as_loader(validation, batch_size, False, None, "validation", model)
    run = Run(model, optimizer, epochs, len(loader) if isinstance(loader, Sized) else 0, unseen is not None, metrics)
    keeper = [KeepBest()] if keep_best and not any(map(restores, extra)) else []
    watching = [*([Progress()] if progress else []), *keeper, *extra]
    run.loader, run.scheduler, run.step_scheduler = loader, scheduler, step_scheduler
    saves = run.checkpoints = checkpoints(checkpoint, every, resume, run, loss, unseen, watching)
    training = model.training
    for callback in watching:
        callback.on_start(run)
    if saves is not None:
        saves.restore()
    try:
        while run.epoch < epochs and run.reason is None:
            _begin_epoch(run, watching)
            results = _epoch(run, loss, watching)
            if unseen is not None:
                measured = evaluate(model, unseen, loss, metrics=metrics)
                results |= {f"validation_{name}": value for name, value in measured.items()}
            if "lr" in optimizer.param_groups[0]:
                results["learning_rate"] = float(optimizer.param_groups[0]["lr"])
            results["seconds"] = clock() - run.started
            run.history.epochs.append(results)
            _step(scheduler, results)
            for callback in watching:
                callback.on_epoch_end(run)
            if saves is not None:
                saves.after_epoch()
        run.history.stopped = run.reason
    except KeyboardInterrupt:
        run.history.interrupted = True
        run.history.stopped = f"interrupted in epoch {run.epoch}"
    finally:
        for callback in reversed(watching):
            callback.on_end(run)
        model.train(training)
    return run.history


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"fit: {name} must be a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"fit: {name} must be at least 1, got {value}")
    return int(value)


def _begin_epoch(run: Run, watching: list[Callback]) -> None:
    """Begin the next epoch, or go on with one that a checkpoint cut."""
    elapsed = None if run.checkpoints is None else run.checkpoints.begin()
    run.started = clock() - (elapsed or 0.0)
    if elapsed is None:
        run.epoch += 1
        for callback in watching:
            callback.on_epoch_start(run)


def _epoch(run: Run, loss: Callable, watching: list[Callback]) -> dict[str, float]:
    """One pass over the training data, or what is left of it."""
    measured = run.measured = Measured(run.metrics)
    run.model.train()
    run.batch = 0
    for batch in batches(run.loader if run.checkpoints is None else run.checkpoints.reading()):
        evaluation = Evaluation(run, loss, batch, run.loader)
        run.batch += 1
        evaluation.step()
        run.batch_loss = evaluation.loss
        measured.add(run.batch_loss, weight_of(batch), evaluation.output, batch.y)
        if run.step_scheduler is not None:
            run.step_scheduler.step()
        for callback in watching:
            callback.on_batch_end(run)
        if run.checkpoints is not None:
            run.checkpoints.after_batch()
    if not measured.batches:
        raise ValueError("fit: the training data has no batch")
    return measured.result("train_")


def _step(scheduler: Any, results: dict[str, float]) -> None:
    if scheduler is None:
        return
    if type(scheduler).__name__ == "ReduceLROnPlateau":
        scheduler.step(results.get("validation_loss", results["train_loss"]))
    else:
        scheduler.step()
