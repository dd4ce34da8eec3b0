"""What a model gives on data, in evaluation mode: its loss and metrics, its outputs, probabilities, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import autograd_core as ag
from autograd_core.nn import Module
from autograd_core.nn.data import Dataset

from .batches import as_loader, batches, forward
from .checks import check_loss, check_model
from .metrics import Measured, Metric, checked_metrics
from .objective import Objective

Data: TypeAlias = Iterable[Any] | Dataset | tuple[Any, ...] | Mapping[str, Any]  # a loader, a dataset, or arrays
Loss: TypeAlias = Callable[..., Any]  # of output and target
Measure: TypeAlias = Metric | Callable[..., float]


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """In the block the model is in evaluation mode and nothing is recorded."""
    training = model.training
    model.eval()
    try:
        with ag.no_grad():
            yield
    finally:
        model.train(training)


def evaluate(
    model: Module,
    data: Data,
    loss: Loss,
    *,
    metrics: Mapping[str, Measure] | None = None,
    batch_size: int = 256,
    target: str = "y",
) -> dict[str, float]:
    """Compute the mean loss and the metrics of a model on data, in evaluation mode, recording nothing.

    model: a module, or anything that is called with the inputs and has `training`, `train` and `eval`.
    data: a DataLoader, a dataset, or arrays, as for `fit`. Arrays of floating numbers become the dtype of the model.
    loss: function(output, target) → number.
    metrics: name → a `Metric`, which is updated batch by batch, or function(outputs, targets) → number, called once
        with those of the whole data, which are kept in memory for it; by default the accuracy where targets are class
        indices. Weights of examples do not count in metrics.
    batch_size: the number of rows of a batch, where data is no loader.
    target: the key of the targets, where batches are dictionaries.

    Formula: Σ_b n_b loss_b / Σ_b n_b over the batches b, n_b their sizes (or the sums of their weights)
    Shapes: inputs (N, *), targets (N, *), weights (N,) → {"loss": number, and each metric by its name}.
    Dtypes: as the model takes them → floats.
    Raises: TypeError or ValueError for arguments that cannot work, for data without a batch and for batches that are no
        pair or triple; and what the model and the loss raise.
    Source: Keras's `Model.evaluate`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> x = ag.arange(6.0).reshape(6, 1)
    >>> spread = {"spread": lambda outputs, targets: float(outputs.amax() - outputs.amin())}
    >>> optim.evaluate(nn.Identity(), (x, x), F.mse_loss, metrics=spread, batch_size=2)
    {'loss': 0.0, 'spread': 5.0}
    """
    check_model("evaluate", model)
    check_loss("evaluate", loss)
    measured = Measured(checked_metrics("evaluate", metrics))
    objective = Objective(loss, "evaluate")
    loader = as_loader(data, batch_size, False, None, "data", model, "evaluate")
    with evaluating(model):
        for batch in batches(loader, "evaluate", target):
            output = forward(model, batch.x)
            value = objective(output, batch)
            measured.add(float(value), objective.weight(batch), output, batch.y)
        if not measured.batches:
            raise ValueError("evaluate: the data has no batch")
        return measured.result()
