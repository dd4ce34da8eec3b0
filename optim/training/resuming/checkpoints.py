"""The checkpoints of a run: what they hold, when they are written, and how a run goes on from one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from autograd_core.engine.versions import written
from autograd_core.kernels.machine.compilation import clock
from autograd_core.nn import Module
from autograd_core.nn.parameter import is_lazy
from autograd_core.random import Generator, default_generator

from ..run import Run
from .every import Every
from .file import FORMAT, packed, read, write
from .identity import checksum, difference, identity
from .streams import Streams

T = TypeVar("T")
BETWEEN = ("epoch", "step", "reason")  # what a run has between two epochs
WITHIN = ("batch", "batch_loss")  # and within one


class Checkpoints:
    """Writes the checkpoints of a run, and sets it to the last one.

    What a file holds: the model's and the loss's state, the optimiser's, the schedulers', that of the callbacks, of all
    random streams (now and at the start of the epoch), of the loader, of the metrics so far, and the history.
    """

    def __init__(
        self, path: str | Path, every: str | int, run: Run, loss: Any, validation: Any, callbacks: Iterable[Any]
    ):
        self.path, self.every, self.run, self.loss = Path(path), Every(every), run, loss
        self.callbacks = list(callbacks)
        data = {"train": run.loader, "validation": validation}
        self.streams = Streams({"model": run.model, "loss": loss, **data, "callbacks": self.callbacks})
        self.start: dict[str, Any] | None = None  # the streams at the start of the epoch
        self.last: Any = None  # the batch that was read last
        self.resumed: dict[str, Any] | None = None  # the state that is resumed, until the epoch goes on
        self._check(validation)
        self.identity = identity(run, loss, self._schedulers(), data)

    def _schedulers(self) -> dict[str, Any]:
        return {"scheduler": self.run.scheduler, "step_scheduler": self.run.step_scheduler}

    def _check(self, validation: Any) -> None:
        """Raise for what cannot be resumed, before anything is changed."""
        run = self.run
        if self.path.is_dir():
            raise ValueError(
                f"fit: checkpoint is the folder {self.path}; name a file in it: {self.path / 'run.safetensors'}"
            )
        for name, part in {"model": run.model, "optimizer": run.optimizer, **self._schedulers()}.items():
            if part is not None and not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
                raise TypeError(f"fit: with checkpoint=, the {name} needs state_dict() and load_state_dict(state)")
        for name, loader in (("train", run.loader), ("validation", validation)):
            if isinstance(loader, Iterator):
                raise TypeError(
                    f"fit: {name} is an iterator, which is used up once and cannot be read again from a checkpoint; pass a "
                    "DataLoader, a dataset, a list of batches or an object with __iter__"
                )
        owned = {id(p) for part in (run.model, self.loss) if isinstance(part, Module) for p in part.parameters()}
        for group in run.optimizer.param_groups:
            for p in group["params"]:
                if isinstance(run.model, Module) and id(p) not in owned:
                    raise ValueError(
                        f"fit: the optimizer changes a parameter of shape {tuple(p.shape)} that neither the model nor the loss "
                        "has, so that a checkpoint would not hold it; make it a parameter of the model"
                    )

    # ------------------------------------------------------------------------------------------------------- resuming

    def look(self) -> None:
        """Read the checkpoint if there is one. Raises ValueError if it is damaged or of another run."""
        if not self.path.exists():
            return
        saved = read(self.path)
        what = difference(saved["identity"], self.identity)
        absent = [name for name, _ in saved["random"]["now"]["named"] if name not in self.streams.named]
        if what is None and absent:
            what = f"generator {absent[0]}: used there, absent here"
        kinds = Counter(type(callback).__name__ for callback in self.callbacks)
        lost = Counter(kind for kind, state in saved["callbacks"] if state) - kinds
        if what is None and lost:
            what = f"callback {next(iter(lost))}: with a state there, absent here"
        if what is not None:
            raise ValueError(
                f"fit: {self.path} is the checkpoint of another run: {what}; nothing was changed. Pass what that run had, "
                "or start anew with resume=False or another path"
            )
        self.resumed = saved

    def restore(self) -> None:
        """Give all parts the state of the checkpoint that was found; the random streams follow when the epoch goes on."""
        if self.resumed is None:
            state = self.state(within=False)
            known = {name: value for name, value in state["model"].items() if not is_lazy(value)}
            packed(self.path, {**state, "model": known})  # what a file cannot hold is refused now
            return
        run, saved = self.run, self.resumed
        run.model.load_state_dict(saved["model"])
        _load_others(run.model, saved["others"])
        if saved["loss"] is not None:
            self.loss.load_state_dict(saved["loss"])
        run.optimizer.load_state_dict(saved["optimizer"])
        if hasattr(run.optimizer, "stepped"):
            run.optimizer.stepped = saved["stepped"]
        for name, scheduler in self._schedulers().items():
            if scheduler is not None:
                scheduler.load_state_dict(saved["schedulers"][name])
        states: dict[str, list[Any]] = {}
        for kind, state in saved["callbacks"]:
            states.setdefault(kind, []).append(state)
        for callback in self.callbacks:
            mine = states.get(type(callback).__name__)
            if mine:
                state = mine.pop(0)
                if state:
                    callback.load_state_dict(state)
        run.history.load_state_dict(saved["history"])
        for name in BETWEEN:
            setattr(run, name, saved["run"][name])
        if saved["within"]:
            run.epoch -= 1  # it begins again, in the middle
        else:
            self._set_position(saved)
            self.streams.load_state(saved["random"]["now"])
            self.resumed = None

    def _set_position(self, saved: Mapping[str, Any]) -> None:
        if _keeps_position(self.run.loader):
            self.run.loader.load_state_dict(saved["loader"])  # type: ignore[attr-defined]

    @property
    def cut(self) -> bool:
        """Whether the next epoch is one that was cut, which goes on."""
        return self.resumed is not None

    @property
    def elapsed(self) -> float:
        """The seconds that such an epoch has taken before."""
        return 0.0 if self.resumed is None else self.resumed["run"]["elapsed"]

    def reading(self) -> Iterator[Any]:
        """The batches of the epoch that are left; for one that goes on, `run.batch` and the metrics so far are set."""
        run, saved, self.resumed = self.run, self.resumed, None
        if saved is None:
            self.start = self.streams.state()
            return self._read(iter(run.loader))
        for name in WITHIN:
            setattr(run, name, saved["run"][name])
        run.measured.load_state_dict(saved["measured"])
        self.start = saved["random"]["start"]
        self._set_position(saved)  # before the streams: it sets the loader's own as well
        self.streams.load_state(saved["random"]["start"])
        batches = iter(run.loader)
        if not _keeps_position(run.loader):
            self._pass_over(batches, run.batch, saved["last"])
        self.streams.load_state(saved["random"]["now"])
        return self._read(batches)

    def _read(self, batches: Iterator[Any]) -> Iterator[Any]:
        for self.last in batches:
            yield self.last

    def _pass_over(self, batches: Iterator[Any], count: int, expected: int) -> None:
        for _ in range(count):
            self.last = next(batches, None)
        if checksum(self.last) != expected:
            raise ValueError(
                f"fit: {self.path} was written within epoch {self.run.epoch}, after batch {count}, and the training data "
                f"({type(self.run.loader).__name__}) gives another batch {count} now, so that the run cannot go on exactly; "
                "pass a DataLoader, give yours state_dict() and load_state_dict(state), or save with every='epoch'"
            )

    # --------------------------------------------------------------------------------------------------------- saving

    def after_step(self, batches: int) -> None:
        """Save after a step if it is time; all callbacks have seen its batches."""
        if self.every.due(False, batches):
            self.save(within=True)

    def after_epoch(self) -> None:
        """Save after an epoch if it is time, and after the last."""
        if self.every.due(True) or self.run.epoch >= self.run.epochs or self.run.reason is not None:
            self.save(within=False)

    def save(self, within: bool) -> None:
        """Write the file."""
        write(self.path, self.state(within))
        self.every.saved()

    def state(self, within: bool) -> dict[str, Any]:
        """The state of all parts, in the middle of an epoch or between two."""
        run = self.run
        keeps = _keeps_position(run.loader)
        random: dict[str, Any] = {"now": self.streams.state(), "start": self.start if within else None}
        return {
            "format": FORMAT,
            "identity": self.identity,
            "within": within,
            "split": run.split,
            "model": run.model.state_dict(),
            "others": _others(run.model),
            "loss": self.loss.state_dict() if isinstance(self.loss, Module) else None,
            "optimizer": run.optimizer.state_dict(),
            "stepped": getattr(run.optimizer, "stepped", 0),
            "schedulers": {name: s.state_dict() for name, s in self._schedulers().items() if s is not None},
            "callbacks": [[type(callback).__name__, callback.state_dict()] for callback in self.callbacks],
            "random": random,
            "loader": run.loader.state_dict() if keeps else None,  # type: ignore[attr-defined]
            "last": checksum(self.last) if within and not keeps else None,
            "measured": run.measured.state_dict() if within else None,
            "history": run.history.state_dict(),
            "run": {"elapsed": clock() - run.started, **{name: getattr(run, name) for name in (*BETWEEN, *WITHIN)}},
        }


def _keeps_position(loader: Any) -> bool:
    """Whether the state of a loader says where it is; that of a DataLoader over a stream only counts."""
    return (
        hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict") and not getattr(loader, "iterable", False)
    )


def _others(model: Any) -> dict[str, Any]:
    """What its state dict leaves out: buffers that are not persistent, and which parameters are frozen."""
    if not isinstance(model, Module):
        return {"buffers": {}, "frozen": None}
    kept = model.state_dict()
    return {
        "buffers": {name: buffer for name, buffer in model.named_buffers() if name not in kept},
        "frozen": [name for name, p in model.named_parameters() if not p.requires_grad],
    }


def _load_others(model: Any, others: Mapping[str, Any]) -> None:
    if others["frozen"] is None:
        return
    frozen = set(others["frozen"])
    for name, p in model.named_parameters():
        p.requires_grad_(name not in frozen)
    buffers = dict(model.named_buffers())
    for name, value in others["buffers"].items():
        if name in buffers and buffers[name].shape == value.shape:
            buffers[name].array[...] = value
            written(buffers[name].array)


def split_again(
    path: Any, resume: bool, generator: Generator | None, draw: Callable[[], T]
) -> tuple[T, dict[str, Any]]:
    """What `draw` draws from a generator, and the state before: in a run that is resumed, as it was drawn the first time."""
    stream = default_generator if generator is None else generator
    before = stream.get_state()
    if not (resume and path is not None and Path(path).is_file()):
        return draw(), before
    first = read(Path(path))["split"] or before
    try:
        stream.set_state(first)
        return draw(), first
    finally:
        stream.set_state(before)


def checkpoints(
    path: str | Path | None,
    every: str | int,
    resume: bool,
    run: Run,
    loss: Any,
    validation: Any,
    callbacks: Iterable[Any],
) -> Checkpoints | None:
    """What saves a run and sets it to the state in the file, if `resume`; None if nothing is to be saved."""
    if path is None:
        if resume or every != "epoch":
            option = "resume=True" if resume else f"every={every!r}"
            raise ValueError(f"fit: {option} needs the file: pass checkpoint='run.safetensors' with it")
        return None
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"fit: checkpoint is the path of a file, got {path!r}; pass checkpoint='run.safetensors'")
    saves = Checkpoints(path, every, run, loss, validation, callbacks)
    if resume:
        saves.look()
    return saves
