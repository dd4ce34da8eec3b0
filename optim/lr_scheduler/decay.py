"""Learning rates that fall (or rise) along a curve."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from ..documentation import with_shared_parts
from ..optimizer import Optimizer
from .base import LRScheduler, for_groups, saved_function

Factor: TypeAlias = Callable[[int], float]  # of the epoch


class _Lambdas(LRScheduler):
    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1):
        self.lr_lambdas = for_groups("lr_lambda", optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of the functions, only the attributes of callable objects."""
        return {**super().state_dict(), "lr_lambdas": [saved_function(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if saved is not None:
                function.__dict__.update(saved)


@with_shared_parts
class LambdaLR(_Lambdas):
    """Multiplies the first learning rate by a function of the epoch.

    {optimizer}
    lr_lambda: a function of the epoch t, or a list of one for each group.
    {last_epoch}

    Formula: lr(t) = lr(0) · lr_lambda(t)
    {schedule}
    Raises: {raises}; TypeError if lr_lambda is no function; ValueError if a list of them does not fit the groups.
    Source: PyTorch's `torch.optim.lr_scheduler.LambdaLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (t + 1))
    {rates}
    1 0.5 0.333 0.25 0.2 0.167
    """

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


@with_shared_parts
class MultiplicativeLR(_Lambdas):
    """Multiplies the learning rate of the epoch before by a function of the epoch.

    {optimizer}
    lr_lambda: a function of the epoch t, or a list of one for each group.
    {last_epoch}

    Formula: lr(t) = lr(t - 1) · lr_lambda(t)
    {schedule}
    Raises: {raises}; TypeError if lr_lambda is no function; ValueError if a list of them does not fit the groups.
    Source: PyTorch's `torch.optim.lr_scheduler.MultiplicativeLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda t: 0.5)
    {rates}
    1 0.5 0.25 0.125 0.0625 0.0312
    """

    def get_lr(self) -> list[float]:
        current = self.current_lrs()
        if self._is_initial:
            return current
        return [lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, current, strict=True)]


def _check_epochs(name: str, total_iters: int) -> None:
    if total_iters < 1:
        raise ValueError(
            f"{name}: total_iters must be at least 1, got {total_iters}; without it, leave the scheduler out"
        )


class _Factor(LRScheduler):
    """Schedules that multiply the learning rate: `ratio(t)` is lr(t) / lr(t - 1), `level(t)` is lr(t) / lr(0)."""

    def ratio(self, t: int) -> float:
        raise NotImplementedError

    def level(self, t: int) -> float:
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        ratio = self.ratio(self.last_epoch)
        return [lr * ratio for lr in self.current_lrs()]

    def closed_form(self) -> list[float]:
        level = self.level(self.last_epoch)
        return [base * level for base in self.base_lrs]


@with_shared_parts
class StepLR(_Factor):
    """Multiplies the learning rate by gamma after every `step_size` epochs.

    {optimizer}
    step_size: the number of epochs between two changes.
    gamma: the factor.
    {last_epoch}

    Formula: lr(t) = lr(0) · gamma^⌊t / step_size⌋
    {schedule}
    Raises: {raises}; ValueError if step_size is not positive.
    Source: PyTorch's `torch.optim.lr_scheduler.StepLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=2)
    {rates}
    1 1 0.1 0.1 0.01 0.01
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        if step_size <= 0:
            raise ValueError(f"StepLR: step_size must be positive, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self, t: int) -> float:
        return self.gamma if t > 0 and t % self.step_size == 0 else 1.0

    def level(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)


@with_shared_parts
class MultiStepLR(_Factor):
    """Multiplies the learning rate by gamma at each of the milestones.

    {optimizer}
    milestones: epochs; one that is listed twice counts twice.
    gamma: the factor.
    {last_epoch}

    Formula: lr(t) = lr(0) · gamma^(the number of milestones ≤ t)
    {schedule}
    Raises: {raises}.
    Source: PyTorch's `torch.optim.lr_scheduler.MultiStepLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 4])
    {rates}
    1 0.1 0.1 0.1 0.01 0.01
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state; a file keeps the milestones as a plain dictionary."""
        super().load_state_dict(state_dict)
        self.milestones = Counter(self.milestones)

    def ratio(self, t: int) -> float:
        return self.gamma ** self.milestones[t]

    def level(self, t: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


@with_shared_parts
class ConstantLR(_Factor):
    """Multiplies the learning rate by a factor for the first epochs.

    {optimizer}
    factor: the factor, from 0 to 1.
    total_iters: the number of epochs with it.
    {last_epoch}

    Formula: lr(t) = lr(0) · factor for t < total_iters, then lr(0)
    {schedule}
    Raises: {raises}; ValueError if factor is not between 0 and 1, or total_iters below 1.
    Source: PyTorch's `torch.optim.lr_scheduler.ConstantLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=3)
    {rates}
    0.5 0.5 0.5 1 1 1
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1):
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor is expected to be between 0 and 1, got {factor}")
        _check_epochs("ConstantLR", total_iters)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.factor == 0 and self.last_epoch == self.total_iters:
            return list(self.base_lrs)  # no ratio leads back from 0
        return super().get_lr()

    def ratio(self, t: int) -> float:
        if t == 0:
            return self.factor
        return 1.0 / self.factor if t == self.total_iters else 1.0

    def level(self, t: int) -> float:
        return 1.0 if t >= self.total_iters else self.factor


@with_shared_parts
class LinearLR(_Factor):
    """Multiplies the learning rate by a factor that changes linearly: a warm-up, for example.

    {optimizer}
    start_factor, end_factor: the factor at the first epoch (above 0) and after total_iters epochs; at most 1.
    total_iters: the number of epochs from the one to the other.
    {last_epoch}

    Formula: lr(t) = lr(0) · (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters)
    {schedule}
    Raises: {raises}; ValueError if a factor is outside its range, or total_iters below 1.
    Source: PyTorch's `torch.optim.lr_scheduler.LinearLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.2, total_iters=4)
    {rates}
    0.2 0.4 0.6 0.8 1 1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor is expected to be above 0 and at most 1, got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor is expected to be between 0 and 1, got {end_factor}")
        _check_epochs("LinearLR", total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self, t: int) -> float:
        if t == 0:
            return self.start_factor
        if self._is_initial or t > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (t - 1) * rise)

    def level(self, t: int) -> float:
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, t) / self.total_iters


@with_shared_parts
class ExponentialLR(_Factor):
    """Multiplies the learning rate by gamma in every epoch.

    {optimizer}
    gamma: the factor.
    {last_epoch}

    Formula: lr(t) = lr(0) · gammaᵗ
    {schedule}
    Raises: {raises}.
    Source: PyTorch's `torch.optim.lr_scheduler.ExponentialLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    {rates}
    1 0.5 0.25 0.125 0.0625 0.0312
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self, t: int) -> float:
        return 1.0 if self._is_initial else self.gamma

    def level(self, t: int) -> float:
        return self.gamma**t


@with_shared_parts
class PolynomialLR(_Factor):
    """Lowers the learning rate to 0 along a power of the epochs that are left.

    {optimizer}
    total_iters: the epoch from which on the rate is 0.
    power: the exponent; 1 is a straight line.
    {last_epoch}

    Formula: lr(t) = lr(0) · (1 - min(t, total_iters) / total_iters)^power
    {schedule}
    Raises: {raises}; ValueError if total_iters is below 1.
    Source: PyTorch's `torch.optim.lr_scheduler.PolynomialLR`.

    {sgd}
    >>> schedule = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4)
    {rates}
    1 0.75 0.5 0.25 0 0
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1):
        _check_epochs("PolynomialLR", total_iters)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def ratio(self, t: int) -> float:
        if self._is_initial or t > self.total_iters:
            return 1.0
        return ((1.0 - t / self.total_iters) / (1.0 - (t - 1) / self.total_iters)) ** self.power

    def level(self, t: int) -> float:
        return (1.0 - min(self.total_iters, t) / self.total_iters) ** self.power


@with_shared_parts
class CosineAnnealingLR(LRScheduler):
    """Lowers the learning rate to eta_min along half a wave of the cosine.

    {optimizer}
    T_max: the number of epochs down to eta_min; after them, the curve goes up again.
    eta_min: the smallest learning rate.
    {last_epoch}

    Formula: lr(t) = eta_min + (lr(0) - eta_min) (1 + cos(π t / T_max)) / 2
    {schedule}
    Raises: {raises}; ValueError if T_max is not positive.
    Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5, without restarts.

    {sgd}
    >>> schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    {rates}
    1 0.854 0.5 0.146 0 0.146
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        if T_max <= 0:
            raise ValueError(f"CosineAnnealingLR: T_max must be positive, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        current, t = self.current_lrs(), self.last_epoch
        if self._is_initial:
            return current
        if self._step_count == 1 and t > 0:
            return self.closed_form()
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # from the lowest point, where the ratio below is 0 / 0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - self.eta_min) * rise for base, lr in zip(self.base_lrs, current, strict=True)]
        ratio = (1 + math.cos(math.pi * t / self.T_max)) / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [ratio * (lr - self.eta_min) + self.eta_min for lr in current]

    def closed_form(self) -> list[float]:
        level = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * level for base in self.base_lrs]
