"""The training loop, written once: mini-batches, validation, history, and callbacks for everything else."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from autograd_core.kernels.machine.compilation import clock
from autograd_core.nn import Module
from autograd_core.random import Generator

from ..lr_scheduler import LRScheduler
from ..optimizer import Optimizer
from .batches import as_dataset, as_loader, split, targets_of
from .callbacks import Callback, Events, KeepBest
from .checks import check_callbacks, check_loss, check_model, check_optimizer, check_scheduler
from .loop import train_epoch
from .metrics import checked_metrics
from .objective import Objective, class_table
from .prediction import Data, Loss, Measure, evaluate
from .progress import Progress
from .resuming.checkpoints import checkpoints, split_again
from .run import History, Run


def fit(
    model: Module,
    train: Data,
    validation: Data | float | None = None,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int = 1,
    batch_size: int | Literal["batch", "online"] = 64,
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
    accumulate: int = 1,
    clip_norm: float | None = None,
    class_weight: Mapping[int, float] | ArrayLike | Literal["balanced"] | None = None,
    target: str = "y",
) -> History:
    """Train a model by mini-batches and return the history.

    model: a module.
    train: a DataLoader, a dataset, or arrays: (inputs, targets) or (inputs, targets, weights of the examples). Inputs in a
        tuple are passed as model(*inputs), in a dictionary as model(**inputs). A batch, or the arrays, can also be one
        dictionary: its "y" is the target, its "weight", if there is one, the weights, all else inputs by name (a single
        one that is called "x" by position). Arrays of floating numbers become the dtype of the model.
    validation: data as for train, or the share of the training data (0.1) that is drawn at random for it.
    loss: function(output, target) → a tensor of one number. Where batches have weights w, one number l for each
        example: a loss with a `reduction` is called with reduction="none", and the mean is Σ w l / Σ w over the batch.
    optimizer: over the parameters to train. One whose step takes a closure (LBFGS, ConjugateGradient, LevenbergMarquardt,
        …) gets it, and wants the whole data as one batch; the loss and the metrics are of the outputs before its step.
    epochs: the number of passes over the training data.
    batch_size: the number of rows of a batch, where `train` is no loader; "batch": all, one step an epoch; "online": 1.
    metrics: as for `evaluate`; those of the training data are of the outputs as they came, while the weights changed.
    callbacks: what else is to happen: see `Callback`.
    scheduler: its `step()` is called after each epoch; with the validation (else train) loss if it is a
        ReduceLROnPlateau.
    step_scheduler: its `step()` is called after each step of the optimizer.
    keep_best: in the end the model gets the weights of the epoch with the lowest validation (else train) loss, unless a
        callback (`KeepBest`, `EarlyStopping`, `EMA`, `SWA`) chooses them.
    progress: show a progress bar; before it one for kernels that are compiled, once on a machine. The seconds of an
        epoch do not count that.
    generator: of the order of the batches and of the share to validate on, by default the library's.
    checkpoint: a file that gets the whole state of the run again and again: weights, optimiser, schedulers, random numbers,
        position in the epoch, metrics so far, history, and the state of the callbacks. It is a safetensors file, which
        replaces the one before once it is complete.
    every: when: "epoch", a number of batches, or a text such as "3 epochs", "200 batches", "30 s", "5 min"; and in any case
        after the last epoch.
    resume: go on from the checkpoint, if the file is there; the result has the same bits as that of a run that was not
        interrupted. Pass the same arguments; only `epochs` may differ. A loader that has no state_dict is read again up to
        the batch where the epoch was cut, and refused if that batch is another; give yours state_dict and load_state_dict,
        or save between epochs. Generators are found in attributes, containers and closures of model, loss, data, callbacks.
    accumulate: the number of batches whose examples together make one step, as one batch would that does not fit into
        memory (the last group of an epoch may be shorter).
    clip_norm: the bound of the norm of the whole gradient, see `nn.utils.clip_grad_norm_`.
    class_weight: factors of the losses of the examples in training, by class: "balanced" (see `balanced_weights`), a
        mapping (a class that it lacks has the factor 1), or an array.
    target: the key of the targets, where batches are dictionaries.

    An interrupt (Ctrl-C) ends training at once but not with an exception: the history, with `interrupted` set, and the
    best weights so far are kept.

    Formula: for each batch (x, y): step(∂ loss(model(x), y) / ∂ parameters); of a group of batches b, or with weights, the
        loss is Σ_b Σ_n w c l / Σ_b Σ_n w, l the loss, w the weight, c the class_weight of example n
    Shapes: inputs (N, *), targets (N, *), weights (N,) → `History`.
    Dtypes: as the model takes them → floats.
    Raises: TypeError or ValueError, before anything is changed, for arguments that cannot work, such as an optimizer of
        another model, and for a checkpoint that is damaged or of another run; FloatingPointError for a loss or a gradient
        that is NaN or infinite, before that step, with the best weights kept: it says if the data is not finite, or else
        which operation gave the first such value.
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
    epochs, accumulate = _count("epochs", epochs), _count("accumulate", accumulate)
    if batch_size not in ("batch", "online"):
        batch_size = _count("batch_size", batch_size)
    check_model("fit", model)
    check_loss("fit", loss)
    check_optimizer(model, loss, optimizer)
    for name, schedule in (("scheduler", scheduler), ("step_scheduler", step_scheduler)):
        check_scheduler(name, schedule, optimizer)
    extra = check_callbacks(callbacks)
    needs = {
        "penalties": bool(Events(extra).penalty),
        "accumulate": accumulate > 1,
        "class_weight": class_weight is not None,
    }
    _check_step(optimizer, clip_norm, [name for name, needed in needs.items() if needed])
    metrics = checked_metrics("fit", metrics)
    train, drawn = as_dataset(train, "train", model), None
    if isinstance(validation, int | float | np.number):
        draw = functools.partial(split, train, float(validation), generator)
        (train, validation), drawn = split_again(checkpoint, resume, generator, draw)
    loader = as_loader(train, batch_size, True, generator, "train", model)
    rows = batch_size if isinstance(batch_size, int) else 256
    unseen = None if validation is None else as_loader(validation, rows, False, None, "validation", model)
    targets = targets_of(train, target)
    objective = Objective(loss, class_weight=class_table(class_weight, targets), targets=targets)

    run = Run(model, optimizer, epochs, len(loader) if isinstance(loader, Sized) else 0, unseen is not None, metrics)
    keeper = [KeepBest()] if keep_best and not any(callback.sets_weights(run) for callback in extra) else []
    watching = [*([Progress()] if progress else []), *keeper, *extra]
    run.callbacks, run.split = watching, drawn
    run.loader, run.scheduler, run.step_scheduler = loader, scheduler, step_scheduler
    run.objective, run.target, run.accumulate, run.clip_norm = objective, target, accumulate, clip_norm
    run.events = events = Events(watching)
    saves = run.checkpoints = checkpoints(checkpoint, every, resume, run, loss, unseen, watching)
    training = model.training
    _start(run, watching)
    try:
        while run.epoch < epochs and (run.reason is None or _cut(run)):
            _begin_epoch(run, loader)
            results = train_epoch(run)
            if unseen is not None:
                for callback in events.on_validation_start:
                    callback(run)
                measured = evaluate(model, unseen, loss, metrics=metrics, target=target)
                results |= {f"validation_{name}": value for name, value in measured.items()}
                for callback in events.on_validation_end:
                    callback(run)
            if "lr" in optimizer.param_groups[0]:
                results["learning_rate"] = float(optimizer.param_groups[0]["lr"])
            results["seconds"] = clock() - run.started
            run.history.epochs.append(results)
            _step(scheduler, results)
            for callback in events.on_epoch_end:
                callback(run)
            if saves is not None:
                saves.after_epoch()
        run.history.stopped = run.reason
    except KeyboardInterrupt:
        run.history.interrupted = True
        run.history.stopped = f"interrupted in epoch {run.epoch}"
    except BaseException:
        run.failed = True
        raise
    finally:
        for watcher in reversed(watching):
            watcher.on_end(run)
        model.train(training)
    return run.history


def _cut(run: Run) -> bool:
    """Whether the next epoch is one that was cut, after a checkpoint, and goes on."""
    return run.checkpoints is not None and run.checkpoints.cut


def _begin_epoch(run: Run, loader: Iterable) -> None:
    """Begin the next epoch, or go on with one that was cut."""
    run.epoch += 1
    if _cut(run):
        run.started = clock() - run.checkpoints.elapsed
        return
    run.started, run.loader = clock(), loader
    for callback in run.events.on_epoch_start:
        callback(run)


def _start(run: Run, callbacks: Sequence[Callback]) -> None:
    """Start the callbacks, and set a run that is resumed to its checkpoint.

    The callbacks before one that raises are ended again, and what they changed is as it was.
    """
    begun: list[Callback] = []
    try:
        for callback in callbacks:
            callback.on_start(run)
            begun.append(callback)
        if run.checkpoints is not None:
            run.checkpoints.restore()
    except BaseException:
        run.failed = True
        for callback in reversed(begun):
            callback.on_end(run)
        raise


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        modes = " (or 'batch', 'online')" if name == "batch_size" else ""
        raise TypeError(f"fit: {name} must be a whole number{modes}, got {value!r}")
    if value < 1:
        raise ValueError(f"fit: {name} must be at least 1, got {value}")
    return int(value)


def _check_step(optimizer: Any, clip_norm: float | None, needs: list[str]) -> None:
    """Whether the optimiser leaves room for what is to happen with the loss and the gradient before its step."""
    if clip_norm is not None and not float(clip_norm) > 0:
        raise ValueError(f"fit: clip_norm is the largest norm of the gradient and must be positive, got {clip_norm}")
    closure = getattr(optimizer, "closure", None)
    name = type(optimizer).__name__
    if clip_norm is not None and closure not in (None, "gradients"):
        raise ValueError(
            f"fit: clip_norm={clip_norm}, but {name} computes the gradient inside of its step; leave it out"
        )
    if closure in ("outputs", "residuals") and needs:
        raise ValueError(
            f"fit: {name} computes its step from the outputs of one batch and does not know {needs[0]}; leave that out, or "
            "use an optimizer for any loss, such as optim.LBFGS(model.parameters())"
        )


def _step(scheduler: Any, results: dict[str, float]) -> None:
    if scheduler is None:
        return
    if type(scheduler).__name__ == "ReduceLROnPlateau":
        scheduler.step(results.get("validation_loss", results["train_loss"]))
    else:
        scheduler.step()
