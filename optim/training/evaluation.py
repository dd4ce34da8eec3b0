"""The loss of a group of batches and its gradient, as optimisers ask for them: once, before their step, or again and again
from inside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core import Tensor, get_rng_state, set_rng_state
from autograd_core.nn.utils import clip_grad_norm_
from autograd_core.ops.shape.shape import reshape

from .batches import Batch, forward, rows
from .failures import gradient_failure, loss_failure
from .run import Run


class Evaluation:
    """Computes the loss and the gradient of a group of batches; an optimiser's `closure` says what else (see `Optimizer`).

    The loss is the mean over all examples of the group, and the penalties. Called several times, it draws the same random
    numbers each time (dropout, noise), so that a line search compares values of one function. The first call, which is
    before the step, adds the batches to what the epoch has measured; there a loss or a gradient that is not finite
    raises, before anything is changed.
    """

    def __init__(self, run: Run, group: Sequence[Batch]):
        self.run, self.objective, self.group = run, run.objective, group
        self.closure = getattr(run.optimizer, "closure", None)
        self.losses: list[float] = []  # of the batches, in the first call
        self.random: Any = None if self.closure is None else get_rng_state()

    def step(self) -> list[float]:
        """One step of the optimiser; the losses of the batches before it."""
        if self.closure is None:
            self()
            self.run.optimizer.step()
        else:
            self.run.optimizer.step(self)
        return self.losses

    def __call__(self) -> Any:
        first = not self.losses
        if not first:
            set_rng_state(self.random)
        self.run.optimizer.zero_grad()
        gradients = self.closure in (None, "gradients")
        total: Any = 0.0
        for batch, share in zip(self.group, self.objective.shares(self.group), strict=True):
            output = forward(self.run.model, batch.x)
            value = self.objective(output, batch)
            if first:
                self.record(batch, output, value.item())
            if self.run.events.penalty:
                value = self.with_penalties(value, first)
            part = value if share == 1.0 else value * share
            if gradients:
                part.backward()
            total = part if len(self.group) == 1 else total + (part.detach() if gradients else part)
        if gradients:
            self.finish_gradients(first)
        if self.closure == "residuals":
            return residuals(output, batch)
        return (total, output) if self.closure == "outputs" else total

    def record(self, batch: Batch, output: Any, loss: float) -> None:
        """Add a batch to what is measured. Raises FloatingPointError for a loss that is not finite."""
        self.losses.append(loss)
        if not math.isfinite(loss):
            raise FloatingPointError(loss_failure(self.run, self.objective, batch, loss, len(self.losses)))
        self.run.measured.add(loss, self.objective.weight(batch), output, batch.y)

    def with_penalties(self, value: Any, first: bool) -> Any:
        """The loss of a batch with what the callbacks add to it."""
        measured = self.run.measured
        for penalty in self.run.events.penalty:
            added = penalty(self.run)
            if added is not None:
                value = value + added
                measured.penalty = (measured.penalty or 0.0) + added.item() if first else measured.penalty
        return value

    def finish_gradients(self, first: bool) -> None:
        """What happens between backward and the step. Raises FloatingPointError for a gradient that is not finite."""
        run = self.run
        for callback in run.events.on_backward_end:
            callback(run)
        parameters = [p for group in run.optimizer.param_groups for p in group["params"] if p._grad is not None]
        if not parameters:
            raise ValueError(
                "fit: none of the optimizer's parameters got a gradient, so that nothing would be learnt; the model does not "
                "use them, or detach() or no_grad() cuts them off from the loss"
            )
        if run.clip_norm is not None:
            clip_grad_norm_(parameters, run.clip_norm)
        if first and not all_finite([p._grad.array for p in parameters]):
            raise FloatingPointError(gradient_failure(run, self.objective, self.group))


def all_finite(arrays: list[np.ndarray]) -> bool:
    """Whether no element is NaN or infinite; looked for one by one only where the sum of the squares does not say it."""
    return all(math.isfinite(abs(np.vdot(a, a))) or bool(np.isfinite(a).all()) for a in arrays)


def residuals(output: Any, batch: Batch) -> Tensor:
    """The vector r with Σ r² = mse_loss, or with weights w of the examples the mean Σ w l / Σ w of their losses l."""
    r: Any = reshape(output - batch.y, (rows(batch.y), -1))
    if batch.weights is None:
        return reshape(r, (-1,)) / r.array.size**0.5
    w: Any = batch.weights.to(r.dtype)
    total = float(w.array.sum(dtype=np.float64)) or 1.0
    return reshape((w / total).sqrt().reshape(-1, 1) * r, (-1,)) / r.shape[1] ** 0.5
