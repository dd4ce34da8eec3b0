"""Metrics over a whole epoch: accumulators, and how `fit` and `evaluate` collect losses and metrics.

A metric is an object with four names:

    reset()                   forget everything: a new epoch or evaluation begins
    update(output, target)    add one batch
    result()                  the number over all batches since `reset`
    higher_is_better          True, False, or None where neither is (or it is not known)

`fit` and `evaluate` also take plain functions of *all* outputs and targets. They are called once, at the end: a function
that is no mean over examples (R², F1, a median) has no meaning as an average over batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, from_numpy
from autograd_core.engine.tensor import describe


class Metric:
    """Measures something over all batches of an epoch or evaluation; the base class of metrics.

    A subclass has `reset()`, which forgets everything, `update(output, target)`, which takes one batch, and `result()`,
    the number over all batches since `reset`; and it says whether `higher_is_better` (None: neither, or not known).

    Formula: result() is a function of all (output, target) since reset()
    Shapes: output (N, *) and target (N, *), as the model and the data have them → one number.
    Dtypes: any → float.
    Raises: NotImplementedError where a subclass lacks one of the three methods.
    Source: none; torchmetrics' `Metric` has `compute` for `result`.

    >>> import autograd_core as ag, optim
    >>> class Largest(optim.Metric):
    ...     higher_is_better = False
    ...     def reset(self):
    ...         self.value = 0.0
    ...     def update(self, output, target):
    ...         self.value = max(self.value, float((output - target).abs().max()))
    ...     def result(self):
    ...         return self.value
    >>> metric = Largest()
    >>> metric.reset()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    2.0
    """

    higher_is_better: bool | None = None

    def reset(self) -> None:
        """Forget everything."""
        raise NotImplementedError(f"{type(self).__name__} needs a method reset(self)")

    def update(self, output: Any, target: Any) -> None:
        """Add one batch."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update(self, output, target)")

    def result(self) -> float:
        """The number over all batches since `reset`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method result(self)")

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint of `fit` keeps of it within an epoch: its attributes."""
        return dict(vars(self))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        vars(self).update(state_dict)


class Accuracy(Metric):
    """Measures the fraction of examples whose largest output is that of the target class.

    Formula: Σₙ [argmax_c outputₙ꜀ = targetₙ] / N
    Shapes: output (N, C, *) with C > 1 and target (N, *) → one number.
    Dtypes: any real output, integer target → float.
    Raises: ValueError if the shapes do not fit, the target does not hold integers, or C is 1; from `result` before the
        first `update`.
    Source: scikit-learn's `accuracy_score`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.Accuracy()
    >>> metric.update(ag.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), ag.tensor([1, 0, 0]))
    >>> round(metric.result(), 4)
    0.6667
    """

    higher_is_better = True

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.right = self.count = 0

    def update(self, output: Any, target: Any) -> None:
        scores, classes = _array(output), _array(target)
        if scores.ndim < 2 or (*scores.shape[:1], *scores.shape[2:]) != classes.shape or classes.dtype.kind not in "iu":
            raise ValueError(
                f"Accuracy: needs outputs of shape (N, C, …) and class indices of shape (N, …), got {scores.shape} and "
                f"{classes.dtype} of shape {classes.shape}; pass metrics={{…}} to measure something else"
            )
        if scores.shape[1] == 1:
            raise ValueError(
                f"Accuracy: an output of one column (shape {scores.shape}) has its largest value in column 0 whatever the "
                "model learnt; give the model an output for each class, or pass a function that compares with a threshold"
            )
        self.right += int((scores.argmax(1) == classes).sum())
        self.count += classes.size

    def result(self) -> float:
        return self.right / _counted(self.count, "Accuracy")


class _Errors(Metric):
    """Base of the metrics of the errors e = output - target, which must have one shape."""

    def errors(self, output: Any, target: Any) -> tuple[ndarray, ndarray]:
        """e and the target in float64."""
        predicted, wanted = _array(output), _array(target)
        if predicted.shape != wanted.shape:
            raise ValueError(
                f"{type(self).__name__}: output and target need one shape, got {predicted.shape} and {wanted.shape}; "
                "reshape one of them"
            )
        wanted = wanted.astype(np.float64)
        return predicted.astype(np.float64) - wanted, wanted


class MeanSquaredError(_Errors):
    """Measures the mean of the squared errors over all elements.

    Formula: Σ (output - target)² / n
    Shapes: output (*) and target (*), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `mean_squared_error`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.MeanSquaredError()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    2.0
    """

    higher_is_better = False

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        e, _ = self.errors(output, target)
        self.total += float((e * e).sum())
        self.count += e.size

    def result(self) -> float:
        return self.total / _counted(self.count, "MeanSquaredError")


class MeanAbsoluteError(_Errors):
    """Measures the mean of the errors' magnitudes over all elements.

    Formula: Σ |output - target| / n
    Shapes: output (*) and target (*), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `mean_absolute_error`.

    >>> import autograd_core as ag, optim
    >>> metric = optim.MeanAbsoluteError()
    >>> metric.update(ag.tensor([1.0, 4.0]), ag.tensor([1.0, 2.0]))
    >>> metric.result()
    1.0
    """

    higher_is_better = False

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        e, _ = self.errors(output, target)
        self.total += float(np.abs(e).sum())
        self.count += e.size

    def result(self) -> float:
        return self.total / _counted(self.count, "MeanAbsoluteError")


class R2Score(_Errors):
    """Measures the coefficient of determination, the share of the target's variance that the output explains.

    A column whose target is constant has no R²: -inf, or NaN where it is met exactly.

    Formula: 1 - Σ (target - output)² / Σ (target - mean(target))²; of several columns the mean
    Shapes: output and target (N,) or (N, K), the same → one number.
    Dtypes: any real ones, computed in float64 → float.
    Raises: ValueError if the shapes differ; from `result` before the first `update`.
    Source: scikit-learn's `r2_score`; the squares around the mean are merged from batch to batch without subtracting
        large sums (Chan, Golub & LeVeque 1983, equation 1.5).

    >>> import autograd_core as ag, optim
    >>> metric = optim.R2Score()
    >>> metric.update(ag.tensor([2.5, 0.0]), ag.tensor([3.0, -0.5]))
    >>> metric.update(ag.tensor([2.0, 8.0]), ag.tensor([2.0, 7.0]))
    >>> round(metric.result(), 4)
    0.9486
    """

    higher_is_better = True

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self.around: Any = 0.0  # Σ (target - mean)², a column each
        self.left: Any = 0.0  # Σ (target - output)²

    def update(self, output: Any, target: Any) -> None:
        e, y = self.errors(output, target)
        n, m = len(y), self.count
        if n == 0:
            return
        mean = y.mean(0)
        change = mean - self.mean
        self.count = m + n
        self.around = self.around + ((y - mean) ** 2).sum(0) + change * change * (m * n / self.count)
        self.mean = self.mean + change * (n / self.count)
        self.left = self.left + (e * e).sum(0)

    def result(self) -> float:
        _counted(self.count, "R2Score")
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.mean(1 - np.asarray(self.left, np.float64) / self.around))


def accuracy(output: Tensor, target: Tensor) -> float:
    """Compute the fraction of rows whose largest output is that of the target class.

    Formula: Σₙ [argmax_c outputₙ꜀ = targetₙ] / N
    Shapes: output (N, C, *) with C > 1 and target (N, *) → one number.
    Dtypes: any real output, integer target → float.
    Raises: ValueError if the shapes do not fit, the target does not hold integers, C is 1, or there is no row.
    Source: scikit-learn's `accuracy_score`.

    >>> import autograd_core as ag, optim
    >>> optim.accuracy(ag.tensor([[0.1, 0.9], [0.8, 0.2]]), ag.tensor([1, 1]))
    0.5
    """
    metric = Accuracy()
    metric.update(output, target)
    return metric.result()


accuracy.higher_is_better = True  # type: ignore[attr-defined]


def default_metrics(output: Any, target: Any) -> dict[str, Any]:
    """Accuracy where the targets are class indices and the outputs have a column for each class, else nothing."""
    if not isinstance(target, Tensor) or target.dtype.kind not in "iu" or target.ndim != 1:
        return {}
    return {"accuracy": Accuracy()} if isinstance(output, Tensor) and output.ndim == 2 and output.shape[1] > 1 else {}


def _array(x: Any) -> ndarray:
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def _counted(count: int, name: str) -> int:
    if not count:
        raise ValueError(f"{name}: there is no result before the first update(output, target)")
    return count


# ---------------------------------------------------------------------------------------------------- over all batches


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
    return dict(metrics)


def direction(name: str, metrics: Mapping[str, Any] | None) -> bool | None:
    """Whether a higher value of this quantity (without "train_" or "validation_") is better; None if not known."""
    if name == "loss":
        return False
    if metrics is None:
        return True if name == "accuracy" else None  # the default metric
    return getattr(metrics.get(name), "higher_is_better", None)


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
        return {f"{prefix}{name}": _number(name, value) for name, value in values.items()}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"metric '{name}' gave {describe(value)}; it must give one number") from None


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
