"""What the message says about a loss or a gradient that is NaN or infinite: where it came from, and what to do.

The data is looked at first, then the weights; if they are finite, the batch is run again to find the first operation (or
rule of an operation) that gave such a value although its inputs had none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from autograd_core.nn.observe import observed, paths, untouched

from autograd_core import Tensor
from autograd_core.engine.graph import Node, Watcher, watchers
from autograd_core.nn import Module
from autograd_core.nn.data import Subset, TensorDataset

from .batches import Batch, forward, leaves
from .run import Run

if TYPE_CHECKING:
    from .objective import Objective


def loss_failure(run: Run, objective: Objective, batch: Batch, loss: float, position: int) -> str:
    """The message for a loss that is not finite, of the batch at this position (from 1) of its group."""
    where = f"fit: the loss is {loss} in step {run.step + 1}, epoch {run.epoch}, batch {run.batch + position}"
    for part, (what, value) in enumerate((("inputs", batch.x), ("targets", batch.y))):
        fault = next((f for f in map(not_finite, leaves(value)) if f is not None), None)
        if fault is not None:
            rows = _rows_not_finite(run.loader, part)
            return (
                f"{where}: the {what} of this batch have {fault}{rows}; remove such rows or fill them before training"
            )
    wrong = _wrong_weights(run)
    if wrong is not None and run.step == 0:
        return f"{where}: {wrong}, before the first step; initialise it again"
    if wrong is not None:
        return f"{where}: {wrong} since a step before; {way_out(run)}"
    return (
        f"{where}, and the data and the weights are finite: {_replayed(run, objective, [batch], loss)}; {way_out(run)}"
    )


def weights_failure(run: Run) -> str:
    """The message for weights that are not finite after the last step of an epoch, all of whose losses were finite."""
    wrong = _wrong_weights(run) or "a parameter is not finite"
    return f"fit: after the last step of epoch {run.epoch} (step {run.step}) {wrong}; {way_out(run)}"


def _wrong_weights(run: Run) -> str | None:
    """Which parameter or buffer of the model is not finite; None if all are."""
    model = run.model
    named = [*model.named_parameters(), *model.named_buffers()] if isinstance(model, Module) else []
    return next((f"'{name}' of the model has {f}" for name, p in named if (f := not_finite(p)) is not None), None)


def gradient_failure(run: Run, objective: Objective, group: Sequence[Batch]) -> str:
    """The message for a gradient that is not finite although the loss is."""
    parameters = {p: name for name, p in run.model.named_parameters()} if isinstance(run.model, Module) else {}
    mine = [p for group in run.optimizer.param_groups for p in group["params"] if p.grad is not None]
    wrong, fault = next((p, f) for p in mine if (f := not_finite(p.grad)) is not None)
    first, last = run.batch + 1, run.batch + len(group)
    where = f"batch {first}" if first == last else f"batches {first} to {last}"
    return (
        f"fit: the gradient of '{parameters.get(wrong, 'a parameter')}' has {fault} in step {run.step + 1}, epoch "
        f"{run.epoch}, {where}, and the loss is finite: {_replayed(run, objective, group, None)}; the weights are those "
        f"from before this step; {way_out(run)}"
    )


def way_out(run: Run) -> str:
    lr = run.optimizer.param_groups[0].get("lr")
    lower = "" if lr is None else f"lower the learning rate (it is {float(lr):g}), "
    return f"{lower}keep the gradients small (clip_norm=1.0), or look for the cause under ag.detect_anomaly()"


# ------------------------------------------------------------------------------------------------------- running it again


class Finder(Watcher):
    """Notices the first operation that gives NaN, or infinity, from inputs without one, and the first rule that gives one."""

    def __init__(self, place: Callable[[], str]):
        self.place = place
        self.nan: tuple[str, bool] | None = None  # the operation, and whether an input was infinite
        self.entered: str | None = None  # the operation that got a NaN which none before it made
        self.infinity: str | None = None
        self.rule: str | None = None
        self.operations: dict[Node, str] = {}

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        here = f"'{primitive.name}' {self.place()}"
        if node is not None:
            self.operations[node] = here
        if self.nan is None and self.entered is None and has(np.isnan, [out]):
            if has(np.isnan, arrays):
                self.entered = here
            else:
                self.nan = here, has(np.isinf, arrays)
        if self.infinity is None and has(np.isinf, [out]) and not has(np.isinf, arrays):
            self.infinity = here

    def gradients(self, node: Node, gs: Iterable) -> None:
        if self.rule is None and has(not_finite_elements, gs):
            self.rule = self.operations.get(node, f"'{node.name}'")


def _replayed(run: Run, objective: Objective, group: Sequence[Batch], loss: float | None) -> str:
    """Which operation, or where `loss` is None which rule, gives the first NaN or infinity when the group is run again."""
    with _finding(run.model) as finder:
        for batch in group:
            value = objective(forward(run.model, batch.x), batch)
            if loss is None:
                value.backward()
    run.optimizer.zero_grad()
    if loss is None:
        if finder.rule is not None:
            return f"the gradient rule of {finder.rule} gave the first such value"
    elif np.isnan(loss) and finder.nan is not None:
        operation, infinite = finder.nan
        cause = (
            f", but with an infinity, the first of which {finder.infinity} made" if infinite and finder.infinity else ""
        )
        return f"{operation} made the first NaN, from inputs without one{cause}"
    elif np.isnan(loss) and finder.entered is not None:
        return (
            f"{finder.entered} got a NaN that is neither of the batch nor of a parameter: look at the model's constants"
        )
    elif finder.infinity is not None:
        return f"{finder.infinity} made the first infinity, from finite inputs"
    return "no operation gave it when the batch was run again, with other random numbers"


@contextmanager
def _finding(model: Any) -> Iterator[Finder]:
    """A `Finder` that watches what runs in the block; the model is left as it was."""
    module = isinstance(model, Module)
    names = paths(model) if module else {}
    with untouched(model) if module else nullcontext(), observed(model) if module else nullcontext([]) as running:

        def place() -> str:
            if not running:
                return "in the loss" if module else "in the model or the loss"
            path = names.get(running[-1], "")
            return f"in model{'.' if path else ''}{path} ({type(running[-1]).__name__})"

        finder = Finder(place)
        watchers.append(finder)
        try:
            yield finder
        finally:
            watchers.remove(finder)


def has(test: Callable[[np.ndarray], Any], values: Iterable) -> bool:
    """Whether the test holds for an element of one of these tensors and arrays, which may be in tuples."""
    for value in values:
        if isinstance(value, tuple | list):
            if has(test, value):
                return True
            continue
        array: Any = value.array if isinstance(value, Tensor) else value
        if hasattr(array, "contributions"):  # of a gradient that arrives in pieces
            if has(test, [array.contributions()]):
                return True
        elif isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "fc" and test(np.asarray(array)).any():
            return True
    return False


def not_finite_elements(x: np.ndarray) -> np.ndarray:
    return ~np.isfinite(x)


# ---------------------------------------------------------------------------------------------------------------- in words


def not_finite(value: Any) -> str | None:
    """The first NaN or infinity of a tensor and its index, in words; None if there is none."""
    if not isinstance(value, Tensor) or value.dtype.kind not in "fc":
        return None
    bad = ~np.isfinite(value.array)
    if not bad.any():
        return None
    at = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
    return f"{value.array[at]} at {list(at)} (shape {tuple(value.shape)}, {int(bad.sum())} values that are not finite)"


def _rows_not_finite(data: Any, which: int) -> str:
    """Which rows of the whole data it is, where that is one array."""
    dataset = getattr(data, "dataset", data)
    chosen: Any = slice(None)
    if isinstance(dataset, Subset):
        dataset, chosen = dataset.dataset, dataset.indices
    if not isinstance(dataset, TensorDataset) or len(dataset.tensors) <= which:
        return ""
    array = dataset.tensors[which].array
    if array.dtype.kind not in "fc":
        return ""
    bad = ~np.isfinite(array).reshape(len(array), -1).all(1)
    rows = np.sort(np.arange(len(array))[chosen][bad[chosen]])
    if not len(rows):
        return ""
    listed = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    return f"; in the whole data {len(rows)} of {len(bad[chosen])} rows: {listed}"
