"""The range test: which learning rates are worth trying."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from autograd_core import fork_rng
from autograd_core.nn import Module
from autograd_core.random import Generator

from ..optimizer import Optimizer
from .batches import as_loader, batches, forward
from .checks import check_loss, check_model, check_optimizer
from .objective import Objective
from .prediction import Data, Loss

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LearningRates", "lr_find"]


class LearningRates:
    """Holds what a range test of the learning rate recorded; `lr_find` returns one.

    rates: the learning rate of each step, growing.
    losses: the loss of the batch before that step.
    smoothing: the weight of the past in the running mean `smoothed`, from 0 (none) to below 1.

    `suggestion` is a tenth of the rate at which the smoothed loss is lowest, beyond which training diverges; None if it never
    falls. `figure()` draws both.

    Formula: smoothed[t] = Σ_{s≤t} βᵗ⁻ˢ losses[s] / Σ_{s≤t} βᵗ⁻ˢ, β the smoothing; suggestion = rates[argmin smoothed] / 10
    Shapes: (T,) and (T,).
    Dtypes: float64.
    Raises: ValueError if there is no step, the lengths differ, or for another smoothing.
    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3; the suggestion is the
        rule of Howard & Gugger 2020, "fastai: a layered API for deep learning"; the mean as in Kingma & Ba 2015, section 3.

    >>> import optim
    >>> found = optim.LearningRates([1e-3, 1e-2, 1e-1, 1e0], [1.0, 0.9, 0.3, 5.0], smoothing=0.0)
    >>> found.suggestion
    0.01
    """

    def __init__(self, rates: Iterable[float], losses: Iterable[float], smoothing: float = 0.9) -> None:
        self.rates, self.losses = np.array(list(rates), np.float64), np.array(list(losses), np.float64)
        if not self.rates.size or self.rates.shape != self.losses.shape:
            raise ValueError(
                f"LearningRates: needs a rate and a loss for each step, got {self.rates.size} and {self.losses.size}"
            )
        if not 0 <= smoothing < 1:
            raise ValueError(f"LearningRates: smoothing is at least 0 and below 1, got {smoothing}")
        self.smoothing = smoothing

    @property
    def smoothed(self) -> ndarray:
        """The running mean of the losses."""
        above = below = 0.0
        means = []
        for loss in self.losses:
            above, below = self.smoothing * above + loss, self.smoothing * below + 1
            means.append(above / below)
        return np.array(means)

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is lowest, or None if that is the first."""
        smoothed = np.where(np.isfinite(self.smoothed), self.smoothed, np.inf)
        lowest = int(smoothed.argmin())
        return float(self.rates[lowest]) / 10 if lowest else None

    def figure(self) -> Figure:
        """The smoothed losses over the rates, with the suggestion, by `nn.plot`."""
        from autograd_core.nn import plot

        return plot.lr_find(self.rates, self.smoothed, self.suggestion)

    def __repr__(self) -> str:
        found = "none" if self.suggestion is None else f"{self.suggestion:.3g}"
        return f"LearningRates({len(self.rates)} steps from {self.rates[0]:.3g} to {self.rates[-1]:.3g}; suggestion: {found})"


def lr_find(
    model: Module,
    train: Data,
    *,
    loss: Loss,
    optimizer: Optimizer,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 64,
    smoothing: float = 0.9,
    diverged: float = 4.0,
    generator: Generator | None = None,
) -> LearningRates:
    """Train a copy of the model while the learning rate grows exponentially, and return the loss at each rate.

    model, train, loss, optimizer, batch_size, generator: as for `fit`. Other parameter groups keep their ratio to the
        rate of the first.
    start, end: the first and the last learning rate.
    steps: the number of batches; the data is read again from its beginning where it has fewer.
    smoothing: of the losses, see `LearningRates`.
    diverged: the test ends where the smoothed loss exceeds this many times its lowest value (of the first loss, where it
        falls below 0), or is not finite.

    Model, optimiser, loader and random numbers are as before afterwards, whatever happens. Choose a rate at which the
    loss falls clearly, well below the one where it begins to rise.

    Formula: lrₜ = start (end / start)^(t / (steps − 1))
    Shapes: inputs (N, *), targets (N, *) → `LearningRates`.
    Dtypes: as the model takes them → float64.
    Raises: TypeError or ValueError for arguments that cannot work, such as bounds in the wrong order, an optimiser that
        evaluates the loss from inside its step or has no rate; ValueError if the first loss is not finite.
    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.zeros_(model.weight)
    >>> x = ag.ones(8, 1)
    >>> found = optim.lr_find(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters()), steps=20)
    >>> float(found.losses[0]), float(found.losses.min()) < 0.5, model.weight.item()
    (1.0, True, 0.0)
    """
    check_model("lr_find", model)
    check_loss("lr_find", loss)
    check_optimizer(model, loss, optimizer)
    _check(optimizer, start, end, steps, diverged)
    objective: Any
    with fork_rng(), _untouched(loader := as_loader(train, batch_size, True, generator, "train", model, "lr_find")):
        # copied together, so that the copy of the optimiser has the parameters of the copy of the model
        model, optimizer, loss = copy.deepcopy((model, optimizer, loss))
        objective = Objective(loss, "lr_find")
        ratios = [group["lr"] / optimizer.param_groups[0]["lr"] for group in optimizer.param_groups]
        model.train()
        rates: list[float] = []
        losses: list[float] = []
        lowest = math.inf
        for rate, batch in zip(start * (end / start) ** np.linspace(0, 1, steps), _again_and_again(loader)):
            for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
                group["lr"] = float(rate * ratio)
            optimizer.zero_grad()
            value = objective(forward(model, batch.x), batch)
            rates.append(float(rate))
            losses.append(value.item())
            smoothed = float(LearningRates(rates, losses, smoothing).smoothed[-1])
            lowest = min(lowest, smoothed)
            if not math.isfinite(smoothed) or smoothed > diverged * (lowest if lowest > 0 else abs(losses[0])):
                break
            value.backward()
            optimizer.step()
    if not losses or not math.isfinite(losses[0]):
        raise ValueError(
            "lr_find: the training data has no batch" if not losses else
            f"lr_find: the loss of the first batch is {losses[0]}, before any step; look for NaN in the data or the weights"
        )  # fmt: skip
    return LearningRates(rates, losses, smoothing)


def _check(optimizer: Any, start: float, end: float, steps: int, diverged: float) -> None:
    name = type(optimizer).__name__
    if getattr(optimizer, "closure", None) is not None or not all(group.get("lr") for group in optimizer.param_groups):
        raise ValueError(
            f"lr_find: {name} has no learning rate that one step after the other could try; pass one such as "
            "optim.SGD(model.parameters(), lr=0.1) or optim.Adam(model.parameters())"
        )
    if not 0 < start < end < math.inf:
        raise ValueError(f"lr_find: needs 0 < start < end, got start={start:g} and end={end:g}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 2:
        raise ValueError(f"lr_find: steps is the number of batches, at least 2, got {steps!r}")
    if not diverged > 1:
        raise ValueError(f"lr_find: diverged is how many times the lowest loss is too much, above 1, got {diverged}")


def _again_and_again(loader: Iterable) -> Iterator[Any]:
    """The batches, epoch after epoch; ends if an epoch has none."""
    while True:
        count = 0
        for batch in batches(loader, "lr_find"):
            count += 1
            yield batch
        if not count:
            return


@contextlib.contextmanager
def _untouched(loader: Any) -> Iterator[None]:
    """In the end the loader, its samplers and their generators are as they were."""
    parts = [loader, *(getattr(loader, name, None) for name in ("sampler", "batch_sampler"))]
    parts = [part for part in parts if hasattr(part, "__dict__")]
    attributes = [dict(vars(part)) for part in parts]
    generators = [part.generator for part in parts if isinstance(getattr(part, "generator", None), Generator)]
    states = [generator.get_state() for generator in generators]
    try:
        yield
    finally:
        for part, attribute in zip(parts, attributes, strict=True):
            vars(part).clear()
            vars(part).update(attribute)
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
