"""The loss of a group of batches and its gradient, as optimisers ask for them: once, before their step, or again and again
from inside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy import vdot

from autograd_core import Tensor, get_rng_state, set_rng_state
from autograd_core.nn.utils import clip_grad_norm_
from autograd_core.ops.shape.shape import reshape

from .batches import Batch, forward, rows
from .failures import gradient_failure, loss_failure
from .run import Run


class Evaluation:
    """Computes the loss and the gradient of a group of batches; an optimiser's `closure` says what else (see `Optimizer`).

    The loss is the mean over all examples of the group, and the penalties. Called several times in a step, it draws the
    same random numbers each time (dropout, noise), so that a line search compares values of one function. The first call,
    which is before the step, adds the batches to what the epoch has measured; there a loss or a gradient that is not finite
    raises, before anything is changed.
    """

    def __init__(self, run: Run):
        self.run, self.optimizer, self.objective, self.events = run, run.optimizer, run.objective, run.events
        self.closure = getattr(run.optimizer, "closure", None)
        self.gradients = self.closure in (None, "gradients")
        self.parameters = [p for group in run.optimizer.param_groups for p in group["params"]]
        self.group: Sequence[Batch] = ()
        self.losses: list[float] = []  # of the batches, in the first call of a step
        self.random: Any = None

    def step(self, group: Sequence[Batch]) -> list[float]:
        """One step of the optimiser; the losses of the batches before it."""
        self.group, self.losses = group, []
        if self.closure is None:
            self()
            self.optimizer.step()
        else:
            self.random = get_rng_state()
            self.optimizer.step(self)
        return self.losses

    def __call__(self) -> Any:
        first = not self.losses
        if not first:
            set_rng_state(self.random)
        self.optimizer.zero_grad()
        shares = self.objective.shares(self.group) if len(self.group) > 1 else (1.0,)
        total: Any = 0.0
        for batch, share in zip(self.group, shares):
            output = forward(self.run.model, batch.x)
            value = self.objective(output, batch)
            if first:
                self.record(batch, output, value.item())
            if self.events.penalty:
                value = self.with_penalties(value, first)
            if share != 1.0:
                value = value * share
            if self.gradients:
                value.backward()
            total = value if len(self.group) == 1 else total + (value.detach() if self.gradients else value)
        if self.gradients:
            self.finish_gradients(first)
        if self.closure == "residuals":
            return residuals(output, batch)
        return (total, output) if self.closure == "outputs" else total

    def record(self, batch: Batch, output: Any, loss: float) -> None:
        """Add a batch to what is measured. Raises FloatingPointError for a loss that is not finite."""
        self.losses.append(loss)
        if not isfinite(loss):
            raise FloatingPointError(loss_failure(self.run, self.objective, batch, loss, len(self.losses)))
        self.run.measured.add(loss, self.objective.weight(batch), output, batch.y)

    def with_penalties(self, value: Any, first: bool) -> Any:
        """The loss of a batch with what the callbacks add to it."""
        measured = self.run.measured
        for penalty in self.events.penalty:
            added = penalty(self.run)
            if added is not None:
                value = value + added
                measured.penalty = (measured.penalty or 0.0) + added.item() if first else measured.penalty
        return value

    def finish_gradients(self, first: bool) -> None:
        """What happens between backward and the step. Raises FloatingPointError for a gradient that is not finite."""
        for callback in self.events.on_backward_end:
            callback(self.run)
        gradients = [g.array for p in self.parameters if (g := p._grad) is not None]
        if not gradients:
            raise ValueError(
                "fit: none of the optimizer's parameters got a gradient, so that nothing would be learnt; the model does not "
                "use them, or detach() or no_grad() cuts them off from the loss"
            )
        if first and not all_finite(gradients):
            raise FloatingPointError(gradient_failure(self.run, self.objective, self.group))
        if self.run.clip_norm is not None:
            clip_grad_norm_(self.parameters, self.run.clip_norm)


def all_finite(arrays: list[np.ndarray]) -> bool:
    """Whether no element is NaN or infinite; looked for one by one only where the sum of the squares does not say it."""
    return all(isfinite(vdot(a, a).real) or np.isfinite(a).all() for a in arrays)


def residuals(output: Any, batch: Batch) -> Tensor:
    """The vector r with Σ r² = mse_loss, or with weights w of the examples the mean Σ w l / Σ w of their losses l."""
    r: Any = reshape(output - batch.y, (rows(batch.y), -1))
    if batch.weights is None:
        return reshape(r, (-1,)) / r.array.size**0.5
    w: Any = batch.weights.to(r.dtype)
    total = float(w.array.sum(dtype=np.float64)) or 1.0
    return reshape((w / total).sqrt().reshape(-1, 1) * r, (-1,)) / r.shape[1] ** 0.5
