"""LRScheduler: what every schedule of the learning rate shares."""

from __future__ import annotations

import copy
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..documentation import with_shared_parts
from ..optimizer import Optimizer


@with_shared_parts
class LRScheduler:
    """Changes the learning rates of an optimiser's groups, once an epoch (or a batch), by `step()`; the base class.

    {optimizer}
    {last_epoch}

    A subclass writes `get_lr`, the learning rates at `self.last_epoch`. Most compute them from the rates before, so that
    several schedulers of one optimiser multiply; those that have the rate at an epoch as a formula of the first rate write
    `closed_form`, which `step(epoch)` and `SequentialLR` use.

    Formula: lr ← get_lr() at last_epoch + 1
    {schedule}
    Raises: {raises}; NotImplementedError without get_lr.
    Source: PyTorch's `torch.optim.lr_scheduler.LRScheduler`.

    {sgd}
    >>> class Halves(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> schedule = Halves(optimizer)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        check_has_rates(type(self).__name__, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", float(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming with last_epoch="
                    f"{last_epoch}; load the optimizer's state first, or start with last_epoch=-1"
                )
        self.optimizer = optimizer
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch: Any = last_epoch  # a fraction after step(2.5)
        self._start()

    def _start(self) -> None:
        """The constructor's step, which sets the first learning rate."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to `epoch`. Call it after the optimiser's steps of the epoch before.

        At another `epoch` the rates are those of `closed_form`, or, where there is none (MultiplicativeLR), those of
        `get_lr` there, as in PyTorch. Raises ValueError if `epoch` is negative.
        """
        if epoch is not None and epoch < 0:
            raise ValueError(f"{type(self).__name__}.step: expected non-negative epoch, but got {epoch}")
        if self._step_count == 1 and not self.optimizer.stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first learning rate of the "
                "schedule is skipped; call them in the opposite order",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: float | None = None) -> None:
        """Set the learning rates of the next epoch, or of `epoch`."""
        if epoch is None:
            self.last_epoch += 1
            values = self.get_lr()
        else:
            self.last_epoch = epoch
            closed = self.closed_form()
            values = self.get_lr() if closed is None else closed
        self.set_lrs(values)

    def set_lrs(self, values: Sequence[float]) -> None:
        """Write the learning rates into the optimiser's groups."""
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            group["lr"] = lr
        self._last_lr = self.current_lrs()

    def current_lrs(self) -> list[float]:
        """The learning rates the optimiser has now."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The learning rates that the last step set."""
        return list(self._last_lr)

    def get_lr(self) -> list[float]:
        """The learning rates at `last_epoch`, for `step`."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def closed_form(self) -> list[float] | None:
        """The learning rates at `last_epoch` from the first ones alone; None where there is no such formula."""
        return None

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.__dict__.update(state_dict)


def for_groups(name: str, optimizer: Optimizer, value: Any) -> list:
    """An option as a list with an entry for each group, from one for all or a list."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name} has {len(value)} values, but the optimizer has {groups} parameter groups")
    return list(value)


def saved_function(function: Callable | None) -> dict | None:
    """What a state dict keeps of a function: the attributes of a callable object, nothing of a plain function."""
    if function is None or isinstance(function, types.FunctionType | types.BuiltinFunctionType):
        return None
    return copy.copy(getattr(function, "__dict__", None))


def check_has_rates(name: str, optimizer: Any) -> None:
    """Raise unless it is an optimiser whose groups have a learning rate."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: {type(optimizer).__name__} is not an Optimizer")
    if any("lr" not in group for group in optimizer.param_groups):
        raise ValueError(
            f"{name}: {type(optimizer).__name__} has no learning rate that could follow a schedule, it finds the length of "
            "its steps itself; leave the schedule out"
        )
