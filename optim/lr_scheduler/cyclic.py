"""Learning rates that rise and fall, with the momentum going the other way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..documentation import with_shared_parts
from ..optimizer import Optimizer
from .base import LRScheduler, for_groups, saved_function


def _momentum_option(name: str, optimizer: Optimizer) -> str:
    for option in ("betas", "momentum"):
        if option in optimizer.defaults:
            return option
    raise ValueError(
        f"{name}: {type(optimizer).__name__} has neither momentum nor betas, so that cycle_momentum must be False"
    )


def _set_momentum(group: dict[str, Any], option: str, momentum: float) -> None:
    group[option] = (momentum, *group["betas"][1:]) if option == "betas" else momentum


@with_shared_parts
class CyclicLR(LRScheduler):
    """Moves the learning rate from base_lr to max_lr and back, again and again; a step each batch.

    {optimizer}
    base_lr, max_lr: the lowest and the highest rate; numbers, or lists of one for each group.
    step_size_up, step_size_down: the number of batches of the rise, and of the fall (default: that of the rise).
    mode: "triangular": every cycle is alike; "triangular2": its height is halved each cycle; "exp_range": its height is
        gammaᵗ of the first.
    gamma: the factor of "exp_range".
    scale_fn: in place of mode, the height as a function of the cycle's number, or, with scale_mode="iterations", of t.
    scale_mode: "cycle" or "iterations".
    cycle_momentum: True: the momentum (or β₁) moves from max_momentum to base_momentum and back, against the rate.
    base_momentum, max_momentum: the lowest and the highest momentum; numbers, or lists of one for each group.
    {last_epoch}

    Formula: lr(t) = base_lr + (max_lr - base_lr) · height, which rises from 0 to scale_fn and falls to 0 in each cycle
    {schedule}
    Raises: {raises}; ValueError for another mode, a step_size that is not positive, if a list does not fit the groups,
        or if the optimizer has neither momentum nor betas and cycle_momentum is True.
    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks".

    {sgd}
    >>> schedule = optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.2, max_lr=1.0, step_size_up=2)
    {rates}
    0.2 0.6 1 0.6 0.2 0.6
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ):
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: mode is 'triangular', 'triangular2' or 'exp_range', got {mode!r}")
        if step_size_up <= 0 or (step_size_down is not None and step_size_down < 0):
            raise ValueError(
                f"CyclicLR: step_size_up must be positive and step_size_down not negative, got {step_size_up} and "
                f"{step_size_down}"
            )
        base_lrs = for_groups("base_lr", optimizer, base_lr)
        self.max_lrs = for_groups("max_lr", optimizer, max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.momentum_option = _momentum_option("CyclicLR", optimizer)
            self.base_momentums = for_groups("base_momentum", optimizer, base_momentum)
            self.max_momentums = for_groups("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for i, group in enumerate(optimizer.param_groups):
                group["lr"] = base_lrs[i]
                if cycle_momentum:
                    _set_momentum(group, self.momentum_option, self.max_momentums[i])
                    group["max_momentum"] = self.max_momentums[i]
                    group["base_momentum"] = self.base_momentums[i]
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of a cycle, as a fraction of the first's."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return 1 / 2.0 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                _set_momentum(group, self.momentum_option, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of `scale_fn`, only the attributes of a callable object."""
        return {**super().state_dict(), "_scale_fn_custom": saved_function(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        saved = state_dict["_scale_fn_custom"]
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "_scale_fn_custom"})
        if saved is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(saved)


@with_shared_parts
class OneCycleLR(LRScheduler):
    """Raises the learning rate from max_lr / div_factor to max_lr and lowers it almost to 0; a step each batch.

    {optimizer}
    max_lr: the highest rate; a number, or a list of one for each group.
    total_steps: the number of batches; or epochs and steps_per_epoch, whose product it is.
    epochs, steps_per_epoch: in place of total_steps.
    pct_start: the fraction of the steps that rise.
    anneal_strategy: "cos" or "linear", the form of the curve.
    cycle_momentum: True: the momentum (or β₁) falls from max_momentum to base_momentum and rises again.
    base_momentum, max_momentum: the lowest and the highest momentum; numbers, or lists of one for each group.
    div_factor: max_lr divided by the first rate.
    final_div_factor: the first rate divided by the last.
    three_phase: True: the rate falls to the first one in as many steps as the rise took, before the final fall.
    {last_epoch}

    Formula: lr(t) = end + (start - end) (1 + cos(π · done)) / 2, done the fraction of the phase that is over;
        linear: start + (end - start) · done
    {schedule}
    Raises: {raises}; ValueError if the number of steps is missing or not positive, pct_start is not between 0 and 1, for
        another anneal_strategy, if a list does not fit the groups, or for a step after the last.
    Source: Smith & Topin 2019, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates".

    {sgd}
    >>> schedule = optim.lr_scheduler.OneCycleLR(optimizer, 1.0, 6, pct_start=0.5, anneal_strategy="linear")
    {rates}
    0.04 0.52 1 0.667 0.333 4e-06
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
                if not isinstance(value, int) or value <= 0:
                    raise ValueError(f"OneCycleLR: expected positive integer {name}, but got {value}")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps <= 0:
            raise ValueError(f"OneCycleLR: expected positive integer total_steps, but got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: expected pct_start between 0 and 1, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        max_lrs = for_groups("max_lr", optimizer, max_lr)
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.momentum_option = _momentum_option("OneCycleLR", optimizer)
            highest = for_groups("max_momentum", optimizer, max_momentum)
            lowest = for_groups("base_momentum", optimizer, base_momentum)
        # the last step of each phase, and between which of the group's values it goes
        self.phases = [
            (pct_start * total_steps - 1, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum")),
            (total_steps - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum")),
        ]
        if three_phase:
            self.phases[1:] = [
                (2 * pct_start * total_steps - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum")),
                (total_steps - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
            ]
        if last_epoch == -1:
            for i, group in enumerate(optimizer.param_groups):
                group["initial_lr"] = max_lrs[i] / div_factor
                group["max_lr"] = max_lrs[i]
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    _set_momentum(group, self.momentum_option, highest[i])
                    group["max_momentum"] = highest[i]
                    group["base_momentum"] = lowest[i]
        super().__init__(optimizer, last_epoch)

    def between(self, start: float, end: float, done: float) -> float:
        """The value when the fraction `done` of a phase is over."""
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1)
        return (end - start) * done + start

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR: tried to step {t} times, but total_steps is {self.total_steps}")
        current = next((i for i, phase in enumerate(self.phases) if t <= phase[0]), len(self.phases) - 1)
        first = self.phases[current - 1][0] if current else 0.0
        last, rates, momentums = self.phases[current]
        done = (t - first) / (last - first)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                start, end = (group[name] for name in momentums)
                _set_momentum(group, self.momentum_option, self.between(start, end, done))
        return [self.between(group[rates[0]], group[rates[1]], done) for group in groups]


@with_shared_parts
class CosineAnnealingWarmRestarts(LRScheduler):
    """Lowers the learning rate along half a wave of the cosine, and starts again from the first rate.

    {optimizer}
    T_0: the number of epochs to the first restart.
    T_mult: the factor by which each period T_i is longer than the one before.
    eta_min: the smallest learning rate.
    {last_epoch}

    `step(epoch)` takes fractions of epochs: epoch + batch / batches.

    Formula: lr = eta_min + (lr(0) - eta_min) (1 + cos(π T_cur / T_i)) / 2, T_cur the epochs since the last restart
    {schedule}
    Raises: {raises}; ValueError if T_0 or T_mult is no positive integer, or from `step` for a negative epoch.
    Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5.

    {sgd}
    >>> schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    {rates}
    1 0.5 1 0.854 0.5 0.146
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1):
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        level = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * level for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to `epoch`, which may be a fraction: epoch + batch / batches."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        elif self.T_mult == 1:
            self.T_cur, self.T_i = epoch % self.T_0, self.T_0
        else:  # restarts are at T_0 (1 + T_mult + … + T_multⁿ⁻¹) = T_0 (T_multⁿ - 1) / (T_mult - 1)
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n
        self.last_epoch = math.floor(epoch)
        self.set_lrs(self.get_lr())

    def _update_lr(self, epoch: float | None = None) -> None:
        self.step(epoch)
