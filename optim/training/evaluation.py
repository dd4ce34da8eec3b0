"""The loss of a batch as optimisers ask for it: once, before their step, or again and again from inside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import Tensor, get_rng_state, set_rng_state
from autograd_core.ops.shape.shape import reshape

from .batches import Batch, batch_loss, rows
from .checks import cause_of
from .run import Run


class Evaluation:
    """Computes outputs and loss of one batch; an optimiser's `closure` says what else (see `Optimizer`).

    Called several times, it draws the same random numbers each time (dropout, noise), so that a line search compares
    values of one function. `output` and `loss` are those of the first call, before the step; a loss that is not finite
    raises there, before anything is changed.
    """

    def __init__(self, run: Run, loss: Callable, batch: Batch, data: Any):
        self.run, self.function, self.batch, self.data = run, loss, batch, data
        self.closure = getattr(run.optimizer, "closure", None)
        self.output: Any = None
        self.loss = math.nan
        self.random: Any = None if self.closure is None else get_rng_state()

    def step(self) -> None:
        """One step of the optimiser."""
        if self.closure is None:
            self()
            self.run.optimizer.step()
        else:
            self.run.optimizer.step(self)

    def __call__(self) -> Any:
        first = self.output is None
        if not first:
            set_rng_state(self.random)
        self.run.optimizer.zero_grad()
        output = self.run.model(self.batch.x)
        value = batch_loss(self.function, output, self.batch)
        if self.closure in (None, "gradients"):
            value.backward()
        if first:
            self.output, self.loss = output, value.item()
            if not math.isfinite(self.loss):
                raise FloatingPointError(cause_of(self.loss, self.batch, self.run, self.data))
        if self.closure == "residuals":
            return residuals(output, self.batch)
        return (value, output) if self.closure == "outputs" else value


def residuals(output: Any, batch: Batch) -> Tensor:
    """The vector r with Σ r² = mse_loss, or with weights w of the examples the mean Σ w l / Σ w of their losses l."""
    r: Any = reshape(output - batch.y, (rows(batch.y), -1))
    if batch.weights is None:
        return reshape(r, (-1,)) / r.array.size**0.5
    w: Any = batch.weights.to(r.dtype)
    total = float(w.array.sum(dtype=np.float64)) or 1.0
    return reshape((w / total).sqrt().reshape(-1, 1) * r, (-1,)) / r.shape[1] ** 0.5
