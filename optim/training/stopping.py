"""Criteria to stop training by, singly or together. `EarlyStopping` is the usual one, with the best weights restored."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core.engine.tensor import as_array

from .callbacks import Best, Callback

if TYPE_CHECKING:
    from .run import Run


class StopWhen(Callback):
    """Stops training when a criterion holds, or, with `all`, when all of them do.

    epochs: after this number of epochs.
    reaches: the quantity is at least as good as this (a loss at most, an accuracy at least).
    improvement: the relative improvement of the quantity over the epoch before is below this.
    change: the absolute change of the quantity since the epoch before is below this.
    weight_change: no weight has changed by as much as this in the epoch.
    gradient_norm: the norm of the gradient, its mean over the steps of the epoch, is below this.
    peak: the best value of the quantity on the validation data lies this number of epochs back.
    patience: the number of epochs one after the other for which the criterion must hold (not of epochs and peak).
    monitor: the quantity, a name of the history; by default the train loss, for peak the validation loss.
    mode: "max" if a higher value is better, "min" if a lower one is; not needed for losses and for metrics with
        `higher_is_better`.
    all: True: stop when all criteria hold in the same epoch; False: when one does.

    Formula: with E_t the quantity after epoch t: t ≥ epochs; E_t ≤ reaches; (E_{t-1} - E_t) / |E_{t-1}| < improvement;
        |E_t - E_{t-1}| < change; max |w_t - w_{t-1}| < weight_change; ‖mean of the gradients‖ < gradient_norm;
        t - argmin E ≥ peak
    Shapes: none.
    Dtypes: floats.
    Raises: ValueError if there is no criterion, one is negative, or patience is below 1; before training, if the quantity
        is not recorded, nothing says which way is better, peak has no validation data, or the optimizer computes the
        gradient inside of its step.
    Source: Haykin 1999, "Neural Networks: A Comprehensive Foundation", on the stopping criteria of back-propagation;
        Prechelt 1998, "Early Stopping — But When?", for the peak.

    >>> import optim
    >>> optim.StopWhen(reaches=0.01, gradient_norm=1e-4).criteria
    ['reaches', 'gradient_norm']
    """

    def __init__(
        self,
        *,
        epochs: int | None = None,
        reaches: float | None = None,
        improvement: float | None = None,
        change: float | None = None,
        weight_change: float | None = None,
        gradient_norm: float | None = None,
        peak: int | None = None,
        patience: int = 1,
        monitor: str | None = None,
        mode: str | None = None,
        all: bool = False,
    ):
        bounds = {
            "epochs": epochs, "reaches": reaches, "improvement": improvement, "change": change,
            "weight_change": weight_change, "gradient_norm": gradient_norm, "peak": peak,
        }  # fmt: skip
        self.bounds = {name: bound for name, bound in bounds.items() if bound is not None}
        self.criteria = list(self.bounds)
        if not self.criteria:
            raise ValueError(f"StopWhen: there is no criterion; pass one of {', '.join(bounds)}, as reaches=0.01")
        for name, bound in self.bounds.items():
            least = {"epochs": 1, "peak": 1, "reaches": -math.inf}.get(name, 0)
            if not bound >= least:
                raise ValueError(f"StopWhen: {name} must be at least {least}, got {bound}")
        if patience < 1:
            raise ValueError(f"StopWhen: patience must be at least 1 epoch, got {patience}")
        self.patience, self.monitor, self.mode, self.all = patience, monitor, mode, all

    def on_start(self, run: Run) -> None:
        if "peak" in self.bounds and not run.has_validation:
            raise ValueError(
                "StopWhen: peak is one of the validation data, and there is none; pass validation=0.1 to fit, or leave it out"
            )
        closure = getattr(run.optimizer, "closure", None)
        if "gradient_norm" in self.bounds and closure not in (None, "gradients"):
            raise ValueError(
                f"StopWhen: gradient_norm is not known, for {type(run.optimizer).__name__} computes the gradient inside of its "
                "step; pass change= or weight_change="
            )
        self.quantity = Best(self.monitor or "train_loss", self.mode)
        self.validated = Best(self.monitor, self.mode)
        if {"reaches", "improvement", "change"} & set(self.criteria):
            self.quantity.start(run)
        if "peak" in self.bounds:
            self.validated.start(run)
        self.counts = dict.fromkeys(self.criteria, 0)  # for how many epochs each has been true
        self.last = math.nan  # the quantity after the epoch before
        self.weights: list[np.ndarray] | None = None  # at the start of the epoch
        self.gradient: list[np.ndarray] | None = None  # the sum over the steps of the epoch
        self.steps = 0

    def on_epoch_start(self, run: Run) -> None:
        self.gradient, self.steps = None, 0
        if "weight_change" in self.bounds:
            self.weights = [p.array.copy() for p in run.model.parameters()]

    def on_backward_end(self, run: Run) -> None:
        if "gradient_norm" not in self.bounds:
            return
        gradient = [
            np.zeros_like(p.array) if p.grad is None else as_array(p.grad)
            for group in run.optimizer.param_groups
            for p in group["params"]
        ]
        self.steps += 1
        self.gradient = (
            [g.copy() for g in gradient]
            if self.gradient is None
            else [total + g for total, g in zip(self.gradient, gradient, strict=True)]
        )

    def on_epoch_end(self, run: Run) -> None:
        reasons = []
        for name, bound in self.bounds.items():
            holds, reason = getattr(self, f"_{name}")(run, bound)
            self.counts[name] = self.counts[name] + 1 if holds else 0
            if self.counts[name] >= (1 if name in ("epochs", "peak") else self.patience):
                reasons.append(reason)
        self.last = self._value(run)
        if reasons and (not self.all or len(reasons) == len(self.bounds)):
            run.stop(" and ".join(reasons))

    def _value(self, run: Run) -> float:
        return run.history.epochs[-1].get(self.quantity.monitor or "", math.nan)

    def _epochs(self, run: Run, bound: float) -> tuple[bool, str]:
        return run.epoch >= bound, f"epoch {run.epoch} is over"

    def _reaches(self, run: Run, bound: float) -> tuple[bool, str]:
        value, sign = self._value(run), self.quantity.sign
        return sign * value <= sign * bound, f"{self.quantity.name} is {value:.4g}, which reaches {bound:g}"

    def _improvement(self, run: Run, bound: float) -> tuple[bool, str]:
        better = self.quantity.sign * (self.last - self._value(run))
        relative = better / abs(self.last) if self.last else math.copysign(math.inf, better) if better else 0.0
        return relative < bound, f"{self.quantity.name} improved by {relative:.2g} of its value, less than {bound:g}"

    def _change(self, run: Run, bound: float) -> tuple[bool, str]:
        change = abs(self._value(run) - self.last)
        return change < bound, f"{self.quantity.name} changed by {change:.2g}, less than {bound:g}"

    def _weight_change(self, run: Run, bound: float) -> tuple[bool, str]:
        assert self.weights is not None
        pairs = zip(self.weights, run.model.parameters(), strict=True)
        change = max((float(np.abs(p.array - before).max(initial=0.0)) for before, p in pairs), default=0.0)
        return change < bound, f"no weight changed by more than {change:.2g}, less than {bound:g}"

    def _gradient_norm(self, run: Run, bound: float) -> tuple[bool, str]:
        norm = math.sqrt(sum(float(np.vdot(g, g).real) for g in self.gradient or ())) / max(self.steps, 1)
        return norm < bound, f"the norm of the gradient is {norm:.2g}, less than {bound:g}"

    def _peak(self, run: Run, bound: float) -> tuple[bool, str]:
        best = self.validated
        passed = not best.improved(run) and run.epoch - best.epoch >= bound
        return passed, f"{best.name} was best {run.epoch - best.epoch} epochs ago, in epoch {best.epoch}"

    def state_dict(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in ("counts", "last", "weights", "gradient", "steps")}
        return {**state, "best": self.validated.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.validated.load_state_dict(state_dict["best"])
        for name in ("counts", "last", "weights", "gradient", "steps"):
            setattr(self, name, state_dict[name])
