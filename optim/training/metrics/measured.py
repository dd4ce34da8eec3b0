"""How `fit` and `evaluate` collect losses and metrics over an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, from_numpy
from autograd_core.engine.tensor import describe

from .accuracies import Accuracy


def default_metrics(output: Any, target: Any) -> dict[str, Any]:
    """Accuracy where the targets are class indices and the outputs have a column for each class, else nothing."""
    if not isinstance(target, Tensor) or target.dtype.kind not in "iu" or target.ndim != 1:
        return {}
    return {"accuracy": Accuracy()} if isinstance(output, Tensor) and output.ndim == 2 and output.shape[1] > 1 else {}


def is_accumulator(metric: Any) -> bool:
    """Whether it has the names of a metric, rather than being a function of all outputs and targets."""
    return all(callable(getattr(metric, name, None)) for name in ("reset", "update", "result"))


def checked_metrics(name: str, metrics: Any) -> dict[str, Any] | None:
    """`metrics` after a check that it is a dictionary of metrics and functions."""
    way_out = 'pass metrics={"accuracy": optim.Accuracy()}: a name, and a metric or a function(outputs, targets)'
    if metrics is None:
        return None
    if not isinstance(metrics, Mapping):
        raise TypeError(f"{name}: metrics is a dictionary, got {describe(metrics)}; {way_out}")
    for key, metric in metrics.items():
        if not isinstance(key, str) or not (callable(metric) or is_accumulator(metric)):
            raise TypeError(f"{name}: metrics has {key!r}: {describe(metric)}; {way_out}")
        if isinstance(metric, type):
            raise TypeError(
                f"{name}: metrics has the class {metric.__name__} under {key!r}; make one: {metric.__name__}()"
            )
        if not getattr(metric, "recordable", True):
            raise TypeError(
                f"{name}: the result of metrics[{key!r}], a {type(metric).__name__}, is more than the numbers that a history "
                "records; make it after training: for x, y in loader: metric.update(model(x), y)"
            )
    return dict(metrics)


def direction(name: str, metrics: Mapping[str, Any] | None) -> bool | None:
    """Whether a higher value of this quantity (without "train_" or "validation_") is better; None if not known."""
    if name == "loss":
        return False
    if metrics is None:
        return True if name == "accuracy" else None  # the default metric
    whole, _, index = name.rpartition("_")  # one number a class: f1_0, f1_1, …
    metric = metrics.get(whole) if name not in metrics and index.isdecimal() else metrics.get(name)
    return getattr(metric, "higher_is_better", None)


class Measured:
    """The mean loss and the metrics of one epoch or evaluation.

    The loss is averaged over batches by their sizes (by their weights, where examples have weights). Metrics accumulate;
    for plain functions all outputs and targets are kept, copied, until the end.
    """

    def __init__(self, metrics: dict[str, Any] | None):
        self.metrics = metrics
        self.loss = self.size = 0.0
        self.penalty: float | None = None  # the sum of what callbacks have added to the losses
        self.batches = 0
        self.accumulators: list[Any] | None = None
        self.kept: tuple[list, list] = [], []  # outputs, targets

    def add(self, loss: float, size: float, output: Any, target: Any) -> None:
        """One batch: its mean loss, its number of examples (or their weight), and what the metrics need."""
        if self.metrics is None:
            self.metrics = default_metrics(output, target)
        if self.accumulators is None:
            self.accumulators = [metric for metric in self.metrics.values() if is_accumulator(metric)]
            for metric in [] if self.batches else self.accumulators:
                metric.reset()
        if self.accumulators:
            output, target = _detached(output), _detached(target)
            for metric in self.accumulators:
                metric.update(output, target)
        if len(self.accumulators) < len(self.metrics):
            self.kept[0].append(_copied(output))
            self.kept[1].append(_copied(target))
        if size:  # a batch whose examples all have weight 0 has no loss
            self.loss += size * loss
            self.size += size
        self.batches += 1

    def state_dict(self) -> dict[str, Any]:
        """What has been added so far."""
        metrics = {name: _state(m) for name, m in (self.metrics or {}).items() if is_accumulator(m)}
        sums = {name: getattr(self, name) for name in ("loss", "size", "penalty", "batches")}
        return {**sums, "kept": self.kept, "metrics": metrics}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        for name in ("loss", "size", "penalty", "batches"):
            setattr(self, name, state_dict[name])
        self.kept = tuple(map(list, state_dict["kept"]))  # type: ignore[assignment]
        if self.metrics is None and self.batches:
            self.metrics = {"accuracy": Accuracy()} if "accuracy" in state_dict["metrics"] else {}  # the default ones
        for name, state in state_dict["metrics"].items():
            metric = (self.metrics or {})[name]
            if hasattr(metric, "load_state_dict"):
                metric.load_state_dict(state)
            else:
                vars(metric).update(state)

    def result(self, prefix: str = "") -> dict[str, float]:
        """{"loss": …, and each metric by its name}, the names after `prefix`."""
        if not self.size:
            raise ValueError(
                "the weights of all examples are 0, so that there is no mean loss; give some a positive weight"
            )
        values: dict[str, Any] = {"loss": self.loss / self.size}
        assert self.metrics is not None
        functions = [name for name, metric in self.metrics.items() if not is_accumulator(metric)]
        everything = tuple(_together(part, functions) for part in self.kept) if functions else ()
        for name, metric in self.metrics.items():
            values[name] = metric.result() if is_accumulator(metric) else metric(*everything)
        numbers = {key: number for name, value in values.items() for key, number in _numbers(name, value)}
        return {f"{prefix}{name}": number for name, number in numbers.items()}


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """A result under its name, or one number a class under name_0, name_1, …"""
    if isinstance(value, ndarray) and value.ndim == 1 and value.dtype.kind in "fiu":
        yield from ((f"{name}_{i}", float(v)) for i, v in enumerate(value))
    else:
        yield name, _number(name, value)


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"metric '{name}' gave {describe(value)}; it must give one number, or an array with one a class"
        ) from None


def _state(metric: Any) -> dict[str, Any]:
    return metric.state_dict() if hasattr(metric, "state_dict") else dict(vars(metric))


def _mapped(function: Callable, x: Any) -> Any:
    """A nested output or target with `function` of each of its tensors."""
    if isinstance(x, Mapping):
        return {key: _mapped(function, value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return tuple(_mapped(function, value) for value in x)
    return function(x)


def _detached(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.detach()
    return _mapped(lambda t: t.detach() if isinstance(t, Tensor) else t, x)


def _copied(x: Any) -> Any:
    """As arrays of their own: an output may share memory with the weights, which change."""
    return _mapped(lambda t: t.array.copy() if isinstance(t, Tensor) else t, x)


def _together(batches: list, functions: list[str]) -> Any:
    """The batches concatenated."""
    first = batches[0]
    if isinstance(first, Mapping):
        return {key: _together([batch[key] for batch in batches], functions) for key in first}
    if isinstance(first, tuple):
        return tuple(_together([batch[i] for batch in batches], functions) for i in range(len(first)))
    if not isinstance(first, ndarray):
        return batches
    shapes = {batch.shape[1:] for batch in batches}
    if first.ndim == 0 or len(shapes) > 1:
        raise ValueError(
            f"the metric '{functions[0]}' is a function of all outputs and targets, but the batches have shapes "
            f"{[batch.shape for batch in batches[:3]]}, which cannot be concatenated; pass a metric object with "
            "reset(), update(output, target) and result() instead (see optim.Metric)"
        )
    return from_numpy(np.concatenate(batches))
