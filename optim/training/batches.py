"""Batches of inputs, targets and perhaps weights, as `fit` and `evaluate` read them, and the loss of one."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_core import Tensor, as_tensor, get_default_dtype
from autograd_core.nn.data import DataLoader, Dataset, TensorDataset
from autograd_core.ops.shape.shape import reshape


class Batch(NamedTuple):
    """One batch; `weights` is None where every example counts the same."""

    x: Any
    y: Any
    weights: Any


def as_loader(
    data: Any, batch_size: int, shuffle: bool, generator: Any, name: str, model: Any = None, caller: str = "fit"
) -> Iterable:
    """Batches from a loader (as it is), a dataset, or arrays (inputs, targets) or (inputs, targets, weights)."""
    if isinstance(data, tuple) and len(data) in (2, 3):
        dtype = dtype_of(model)
        data = TensorDataset(*(_as_floating(part, dtype) for part in data))
    if isinstance(data, Dataset):
        return DataLoader(data, batch_size=batch_size, shuffle=shuffle, generator=generator)
    if hasattr(data, "__iter__") and not isinstance(data, Tensor | np.ndarray | str):
        return data
    raise TypeError(
        f"{caller}: {name} must be a DataLoader, a dataset, or a pair (inputs, targets), got {type(data).__name__}"
    )


def dtype_of(model: Any) -> np.dtype:
    """That of the model's first floating parameter, else the default dtype."""
    parameters = model.parameters() if hasattr(model, "parameters") else ()
    return np.dtype(next((p.dtype for p in parameters if p.dtype.kind == "f"), get_default_dtype()))


def _as_floating(values: Any, dtype: np.dtype) -> Tensor:
    """A tensor, converted to `dtype` if its numbers are floating. Integers stay class labels or indices."""
    if not isinstance(values, Tensor | list | tuple):
        values = np.asarray(values)  # also what only converts to an array, as a table of pandas
    t: Any = as_tensor(values)
    return t.to(dtype) if t.dtype.kind == "f" and t.dtype != dtype and not t.requires_grad else t


def batches(loader: Iterable, caller: str = "fit") -> Iterator[Batch]:
    """The batches of a loader, checked to be pairs, or triples with one weight an example."""
    for batch in loader:
        if not isinstance(batch, list | tuple) or len(batch) not in (2, 3):
            got = f"{len(batch)} values" if isinstance(batch, list | tuple) else type(batch).__name__
            raise ValueError(
                f"{caller}: each batch must be a pair (inputs, targets) or a triple (inputs, targets, weights), got {got}"
            )
        x, y, *weights = batch
        yield Batch(x, y, _checked_weights(weights[0], rows(y), caller) if weights else None)


def rows(y: Any) -> int:
    """The number of examples in a target, which may be nested."""
    while isinstance(y, Mapping | tuple | list) and len(y) and not isinstance(y, Tensor):
        first = next(iter(y.values())) if isinstance(y, Mapping) else y[0]
        if not isinstance(first, Mapping | tuple | list | Tensor | np.ndarray):
            break
        y = first
    return len(y)


def weight_of(batch: Batch) -> float:
    """The weight of its mean loss in the mean over batches: its number of examples, or the sum of their weights."""
    return rows(batch.y) if batch.weights is None else float(batch.weights.array.sum(dtype=np.float64))


def _checked_weights(weights: Any, n: int, caller: str) -> Tensor:
    w: Any = as_tensor(weights)
    if w.shape != (n,) or w.dtype.kind not in "fiub":
        raise ValueError(
            f"{caller}: the third value of a batch is a weight for each of its {n} examples, of shape ({n},); got "
            f"{w.dtype} of shape {tuple(w.shape)}"
        )
    bad = ~np.isfinite(w.array) | (w.array < 0)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"{caller}: weights must be finite and not negative, weight {i} of the batch is {w.array[i]}")
    return w


# --------------------------------------------------------------------------------------------------------- the loss


def batch_loss(loss: Callable, output: Any, batch: Batch, caller: str = "fit") -> Any:
    """The loss of a batch as a tensor of one number; with weights w of the examples Σ w l / Σ w (0 if all are 0)."""
    if batch.weights is None:
        value = loss(output, batch.y)
        if caller == "evaluate" and isinstance(value, int | float | np.number):  # no gradient is needed there
            return as_tensor(np.float64(value))
        if not isinstance(value, Tensor) or value.array.size != 1:
            got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            way_out = "; use reduction='mean'" if isinstance(value, Tensor) else "; compute it with tensor operations"
            raise TypeError(f"{caller}: loss(output, target) must give a tensor of one number, got {got}{way_out}")
        return value
    n = rows(batch.y)
    each: Any = _unreduced(loss, batch.y, caller)(output, batch.y)
    if not isinstance(each, Tensor) or each.shape[:1] != (n,):
        got = f"shape {tuple(each.shape)}" if isinstance(each, Tensor) else type(each).__name__
        raise ValueError(
            f"{caller}: a batch with weights needs a loss for each of its {n} examples, and loss(output, target) gave {got}; "
            "pass one that takes reduction='none', such as loss=F.cross_entropy or loss=nn.MSELoss(), or that gives them"
        )
    if each.ndim > 1:
        each = reshape(each, (n, -1)).mean(1)
    w = batch.weights.to(each.dtype)
    return (w * each).sum() / (float(w.array.sum(dtype=np.float64)) or 1.0)


def _unreduced(loss: Any, y: Any, caller: str) -> Callable:
    """`loss` with reduction="none", where it has a reduction; else as it is."""
    try:
        options = inspect.signature(loss.forward if hasattr(loss, "forward") else loss).parameters
    except (TypeError, ValueError):  # a callable without a signature
        options = {}  # type: ignore[assignment]
    ignored = getattr(loss, "ignore_index", options["ignore_index"].default if "ignore_index" in options else None)
    if ignored is not None and isinstance(y, Tensor) and y.dtype.kind in "iu" and (y.array == ignored).any():
        raise ValueError(
            f"{caller}: a batch has weights and also targets of {ignored}, which the loss ignores, so that it is not clear "
            "what the mean is over; give those examples the weight 0 and any class"
        )
    if hasattr(loss, "reduction"):
        loss = copy.copy(loss)
        loss.reduction = "none"
        return loss
    return functools.partial(loss, reduction="none") if "reduction" in options else loss
