"""The loss of a batch as one number, and the weight of that number in a mean over several batches."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_core import Tensor, as_tensor
from autograd_core.ops.shape.shape import reshape

from .batches import Batch, rows


class Objective:
    """The mean loss over the examples of a batch.

    With weights w of the examples it is Σ w l / Σ w (0 if all are 0). With weights c of the classes the loss l of each
    example is multiplied by that of its class: Σ w c l / Σ w.
    """

    def __init__(
        self, loss: Callable, caller: str = "fit", class_weight: np.ndarray | None = None, targets: Tensor | None = None
    ):
        self.loss, self.caller, self.class_weight = loss, caller, class_weight
        try:
            self.options: Mapping[str, Any] = inspect.signature(getattr(loss, "forward", loss)).parameters
        except (TypeError, ValueError):  # a callable without a signature
            self.options = {}
        self.ignored = self._option("ignore_index")
        if targets is not None and self._option("weight") is None and not (targets.array == self.ignored).any():
            self.ignored = None  # all targets count
        self.sums = getattr(loss, "reduction", None) == "sum"

    def _option(self, name: str) -> Any:
        default = self.options[name].default if name in self.options else None
        return getattr(self.loss, name, None if default is inspect.Parameter.empty else default)

    def __call__(self, output: Any, batch: Batch) -> Any:
        """The loss of a batch as a tensor of one number."""
        if batch.weights is not None or self.class_weight is not None:
            return self._weighted(output, batch)
        value = self.loss(output, batch.y)
        if isinstance(value, Tensor) and value.array.size == 1:
            return value
        if self.caller == "evaluate" and isinstance(value, int | float | np.number):  # no gradient is needed there
            return as_tensor(np.float64(value))
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        way_out = "; use reduction='mean'" if isinstance(value, Tensor) else "; compute it with tensor operations"
        raise TypeError(f"{self.caller}: loss(output, target) must give a tensor of one number, got {got}{way_out}")

    def weight(self, batch: Batch) -> float:
        """The weight of the mean loss of a batch in that of several: what it is a mean over.

        That is the number of examples or the sum of their weights; of a loss that ignores targets, or weighs them by
        class, the number of targets that count, or the sum of those weights.
        """
        if batch.weights is not None:
            return float(batch.weights.array.sum(dtype=np.float64))
        y = batch.y
        if (
            self.ignored is None
            or self.class_weight is not None
            or not isinstance(y, Tensor)
            or y.dtype.kind not in "iu"
        ):
            return rows(y)
        table = self._option("weight")
        if table is None:
            return float(np.count_nonzero(y.array != self.ignored))
        return float(np.asarray(table.array, np.float64)[y.array[y.array != self.ignored]].sum())

    def shares(self, group: Sequence[Batch]) -> list[float]:
        """Factors of the losses of a group of batches whose sum is the loss of the group as one batch."""
        if len(group) == 1 or (
            self.sums and all(batch.weights is None for batch in group) and self.class_weight is None
        ):
            return [1.0] * len(group)
        weights = [self.weight(batch) for batch in group]
        total = sum(weights) or 1.0
        return [weight / total for weight in weights]

    def _weighted(self, output: Any, batch: Batch) -> Any:
        n = rows(batch.y)
        each: Any = self.unreduced(batch.y)(output, batch.y)
        if not isinstance(each, Tensor) or each.shape[:1] != (n,):
            got = f"shape {tuple(each.shape)}" if isinstance(each, Tensor) else type(each).__name__
            raise ValueError(
                f"{self.caller}: {self._what(batch)} a loss for each of the {n} examples, and loss(output, target) gave {got}; "
                "pass one that takes reduction='none', such as loss=F.cross_entropy or loss=nn.MSELoss(), or that gives them"
            )
        if each.ndim > 1:
            each = reshape(each, (n, -1)).mean(1)
        w = np.ones(n) if batch.weights is None else np.asarray(batch.weights.array, np.float64)
        c = 1.0 if self.class_weight is None else self.class_weight[class_labels(batch.y, self.class_weight.size)]
        return (as_tensor(np.asarray(w * c, each.dtype)) * each).sum() / (float(w.sum()) or 1.0)

    def _what(self, batch: Batch) -> str:
        return "class_weight needs" if batch.weights is None else "a batch with weights needs"

    def unreduced(self, y: Any) -> Callable:
        """The loss with reduction="none", where it has a reduction; else as it is. Refuses targets that it ignores."""
        if (
            self.ignored is not None
            and isinstance(y, Tensor)
            and y.dtype.kind in "iu"
            and (y.array == self.ignored).any()
        ):
            raise ValueError(
                f"{self.caller}: a batch has weights and also targets of {self.ignored}, which the loss ignores, so that it is "
                "not clear what the mean is over; give those examples the weight 0 and any class"
            )
        if hasattr(self.loss, "reduction"):
            loss: Any = copy.copy(self.loss)
            loss.reduction = "none"
            return loss
        return functools.partial(self.loss, reduction="none") if "reduction" in self.options else self.loss


# ------------------------------------------------------------------------------------------------------ weights of classes


def class_labels(y: Any, classes: int | None = None, caller: str = "fit") -> np.ndarray:
    """The class of each example: integers, or floating numbers without a fraction, of shape (N,) or (N, 1)."""
    array = y.array if isinstance(y, Tensor) else np.asarray(y)
    if array.dtype.kind not in "iufb" or array.ndim not in (1, 2) or array.shape[1:] not in ((), (1,)):
        raise ValueError(
            f"{caller}: class_weight needs one class index for each example, of shape (N,), got {array.dtype} of shape "
            f"{array.shape}; give the loss the weights instead: loss=nn.CrossEntropyLoss(weight=…)"
        )
    labels = array.reshape(-1)
    whole = labels.astype(np.int64) if np.isfinite(labels).all() else np.zeros(0, np.int64)
    if whole.size != labels.size or (whole != labels).any():
        raise ValueError(f"{caller}: class_weight needs class indices, but the targets are not whole numbers")
    if whole.size and (whole.min() < 0 or (classes is not None and whole.max() >= classes)):
        wrong = whole.min() if whole.min() < 0 else whole.max()
        known = "" if classes is None else f", and class_weight has weights for the classes 0 … {classes - 1}"
        raise ValueError(f"{caller}: a target is the class {wrong}{known}; classes count from 0")
    return whole


def balanced_weights(labels: Any) -> dict[int, float]:
    """Return a weight for each class with which all classes count the same, however many examples each has.

    labels: the class indices of the examples.

    Formula: weight[c] = N / (C · N_c), N_c the number of examples of class c, C the number of classes that occur
    Shapes: (N,) or (N, 1) → a dictionary of C numbers.
    Dtypes: integers, or floating numbers without a fraction → floats.
    Raises: ValueError if there is no label, one is negative or has a fraction, or for another shape.
    Source: scikit-learn's `compute_class_weight("balanced")`; King & Zeng 2001, "Logistic regression in rare events data".

    >>> import optim
    >>> optim.balanced_weights([0, 0, 0, 2])
    {0: 0.6666666666666666, 2: 2.0}
    """
    classes, counts = np.unique(class_labels(labels, caller="balanced_weights"), return_counts=True)
    if not counts.size:
        raise ValueError("balanced_weights: there is no label; pass the class indices of the training data")
    weights = counts.sum() / (len(counts) * counts)
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def class_table(class_weight: Any, labels: Any) -> np.ndarray | None:
    """The weights of the classes as an array: from a mapping, an array, or "balanced", which reads the labels (None: not
    known). A class that a mapping does not name has the weight 1.
    """
    if class_weight is None:
        return None
    way_out = 'pass class_weight="balanced", {0: 1.0, 1: 5.0}, or an array of one weight for each class'
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(f"fit: class_weight={class_weight!r} is not known; {way_out}")
        if labels is None:
            raise TypeError(
                'fit: class_weight="balanced" needs the labels of all training data, which are not known where train is a '
                "loader or a dataset that reads them one by one; pass class_weight=optim.balanced_weights(labels)"
            )
        class_weight = balanced_weights(labels)
    if isinstance(class_weight, Mapping):
        keys = list(class_weight)
        if not keys or not all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 0 for k in keys):
            raise ValueError(f"fit: the keys of class_weight are class indices, got {keys}; {way_out}")
        size = max([*keys, -1 if labels is None else int(class_labels(labels).max(initial=-1))]) + 1
        table = np.ones(size)
        table[keys] = [float(class_weight[k]) for k in keys]
    else:
        array = class_weight.array if isinstance(class_weight, Tensor) else class_weight
        table = np.asarray(array, np.float64)
    if table.ndim != 1 or not table.size or not (np.isfinite(table) & (table >= 0)).all():
        raise ValueError(
            f"fit: class_weight must be finite numbers that are not negative, got {class_weight}; {way_out}"
        )
    return table
