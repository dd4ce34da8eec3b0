"""Schedulers composed of schedulers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..documentation import with_shared_parts
from ..optimizer import Optimizer
from .base import LRScheduler
from .plateau import ReduceLROnPlateau


class _Composed(LRScheduler):
    _schedulers: list[LRScheduler]

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        name = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{name}: number {i} is {type(scheduler).__name__}, not a scheduler")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name}: number {i} is a ReduceLROnPlateau, whose step() needs a quantity; step it by itself"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but number {i} "
                    f"({type(scheduler).__name__}) has another one"
                )

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser, with the state of each scheduler."""
        state = super().state_dict()
        state["_schedulers"] = [scheduler.state_dict() for scheduler in self._schedulers]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


@with_shared_parts
class SequentialLR(_Composed):
    """Runs one scheduler after another, changing at the milestones; each starts anew at its own.

    {optimizer}
    schedulers: the schedulers, in order, all of this optimizer.
    milestones: the epochs at which the second, third, … takes over.
    last_epoch: -1, the epoch before the first.

    Formula: lr(t) = lrᵢ(t - milestones[i - 1]), i the number of milestones ≤ t
    {schedule}
    Raises: ValueError if there is no scheduler, if the milestones do not fit them, if one has another optimizer, needs a
        quantity (ReduceLROnPlateau), or is composed and not the first; TypeError if one is no scheduler.
    Source: PyTorch's `torch.optim.lr_scheduler.SequentialLR`.

    {sgd}
    >>> warm = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = optim.lr_scheduler.SequentialLR(
    ...     optimizer, [warm, optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.1)], milestones=[3]
    ... )
    {rates}
    0.5 0.75 1 1 0.1 0.01
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ):
        if len(schedulers) < 1:
            raise ValueError("SequentialLR expects at least one scheduler, but got no scheduler.")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} milestones between them, got "
                f"{len(milestones)}"
            )
        for i, scheduler in enumerate(schedulers[1:], 1):
            if isinstance(scheduler, _Composed):
                raise ValueError(
                    f"SequentialLR: number {i} is a {type(scheduler).__name__}, which cannot start anew at its "
                    "milestone; only the first may be composed"
                )
        self._schedulers = list(schedulers)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _undo_first_step(self)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._start()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo_first_step(scheduler: LRScheduler) -> None:
    """Take back, below a composed scheduler, the constructors' first steps."""
    for part in getattr(scheduler, "_schedulers", ()):
        if isinstance(part, _Composed):
            _undo_first_step(part)
        else:
            part.last_epoch -= 1
            part._step_count = 0


@with_shared_parts
class ChainedScheduler(_Composed):
    """Runs several schedulers at once: each changes the learning rate that the one before it set.

    schedulers: the schedulers, all of one optimizer.
    optimizer: theirs, by default that of the first.

    Formula: lr(t) = lr(0) · Π fᵢ(t), where scheduler i alone gives lr(0) fᵢ(t)
    {schedule}
    Raises: ValueError if there is no scheduler, or if one has another optimizer or needs a quantity (ReduceLROnPlateau);
        TypeError if one is no scheduler.
    Source: PyTorch's `torch.optim.lr_scheduler.ChainedScheduler`.

    {sgd}
    >>> first = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> schedule = optim.lr_scheduler.ChainedScheduler([first, optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.1)])
    {rates}
    0.5 0.05 0.01 0.001 0.0001 1e-05
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.")
        optimizer = getattr(schedulers[0], "optimizer", None) if optimizer is None else optimizer
        self._check(schedulers, optimizer)
        assert optimizer is not None  # that of a scheduler
        self._schedulers = list(schedulers)
        self.optimizer = optimizer
        self._last_lr = self.current_lrs()

    def step(self) -> None:  # type: ignore[override]
        """Step every scheduler."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.current_lrs()
