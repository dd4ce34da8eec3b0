"""The training loop: for each group of batches the gradient of its mean loss, then a step of the optimiser."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from .batches import Batch, batches
from .evaluation import Evaluation, all_finite
from .failures import weights_failure
from .metrics import Measured
from .run import Run


def train_epoch(run: Run) -> dict[str, float]:
    """One pass over the training data, or what is left of it: a step for each group of batches. Its loss and metrics."""
    events, measured = run.events, Measured(run.metrics)
    run.measured = measured
    run.model.train()
    run.batch = 0
    loader = run.loader if run.checkpoints is None else run.checkpoints.reading()
    evaluation = Evaluation(run)
    for group in groups(batches(loader, target=run.target), run.accumulate):
        for callback in events.on_step_start:
            callback(run)
        losses = evaluation.step(group)
        run.step += 1
        if run.step_scheduler is not None:
            run.step_scheduler.step()
        first, run.batch, run.batch_loss = run.batch + 1, run.batch + len(losses), losses[-1]
        for callback in events.on_step_end:
            callback(run)
        for run.batch, run.batch_loss in enumerate(losses, first):
            for callback in events.on_batch_end:
                callback(run)
        if run.checkpoints is not None:
            run.checkpoints.after_step(len(group))
    if not measured.batches:
        raise ValueError("fit: the training data has no batch")
    if not all_finite([p.array for p in evaluation.parameters]):
        raise FloatingPointError(weights_failure(run))
    results = measured.result("train_")
    return results if measured.penalty is None else results | {"train_penalty": measured.penalty / measured.batches}


def groups(values: Iterable[Batch], size: int) -> Iterator[tuple[Batch, ...]]:
    """Tuples of `size` batches each; the last one may be shorter."""
    if size == 1:
        return zip(values)
    stream = iter(values)
    return iter(lambda: tuple(itertools.islice(stream, size)), ())
