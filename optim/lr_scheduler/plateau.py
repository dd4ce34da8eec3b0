"""A learning rate that falls when progress stops."""

from __future__ import annotations

import math
from typing import SupportsFloat

from ..documentation import with_shared_parts
from ..optimizer import Optimizer
from .base import LRScheduler, check_has_rates, for_groups


@with_shared_parts
class ReduceLROnPlateau(LRScheduler):
    """Lowers the learning rate once the quantity passed to `step` has not improved for more than `patience` epochs.

    {optimizer}
    mode: "min" or "max": which way is better.
    factor: what the rate is multiplied by, below 1.
    patience: the number of epochs without improvement that are tolerated.
    threshold, threshold_mode: an improvement is one by this fraction ("rel") or by this much ("abs").
    cooldown: the number of epochs after a reduction that are not counted.
    min_lr: the smallest rate; a number, or a list of one for each group.
    eps: the smallest change of a rate that is made.

    Formula: lr ← max(factor · lr, min_lr) after patience + 1 epochs that are no improvement
    {schedule}
    Raises: TypeError if optimizer is not an Optimizer; ValueError if factor is not below 1, for another mode or
        threshold_mode, or if min_lr does not fit the groups; RuntimeError from `step` if groups were added.
    Source: PyTorch's `torch.optim.lr_scheduler.ReduceLROnPlateau`.

    {sgd}
    >>> schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    ...     print(schedule.get_last_lr(), end=" ")
    [1.0] [1.0] [1.0] [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ):
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor should be < 1, got {factor}")
        check_has_rates("ReduceLROnPlateau", optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode is 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: threshold_mode is 'rel' or 'abs', got {threshold_mode!r}")
        self.optimizer = optimizer
        self.min_lrs = for_groups("min_lr", optimizer, min_lr)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self._last_lr = self.current_lrs()

    def is_better(self, value: float) -> bool:
        """Whether `value` improves on the best so far by the threshold."""
        sign = -1 if self.mode == "min" else 1
        margin = sign * self.threshold
        bound = self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin
        return sign * value > sign * bound

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take the quantity of this epoch, `metrics` (a validation loss, say), and lower the learning rates if it is time.

        epoch: the number of this epoch, by default one more than before.
        """
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.current_lrs()

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            raise RuntimeError(
                f"ReduceLROnPlateau: the optimizer has {len(groups)} parameter groups now and had {len(self.min_lrs)}; "
                "give min_lrs an entry for each"
            )
        for group, low in zip(groups, self.min_lrs, strict=True):
            old = float(group["lr"])
            reduced = max(old * self.factor, low)
            if old - reduced > self.eps:
                group["lr"] = reduced
