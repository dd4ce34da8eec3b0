"""Batches of inputs, targets and perhaps weights, as `fit`, `evaluate` and `predict` read them.

data      arrays (inputs, targets) or (inputs, targets, weights), or a dictionary of arrays; a dataset; or a loader, which
          is anything that gives batches when it is iterated over
batch     (inputs, targets), (inputs, targets, weights), or a dictionary: the targets under the key "y" (`target` names
          another), the weights of the examples under "weight" if it is there, the inputs under all others
inputs    x is passed as model(x), a tuple or list as model(*x), a dictionary as model(**x)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_core import Tensor, as_tensor, from_numpy, get_default_dtype
from autograd_core.engine.tensor import describe
from autograd_core.nn.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from autograd_core.random import Generator

WEIGHT = "weight"  # the key of the weights of the examples in a dictionary


class Batch(NamedTuple):
    """One batch; `weights` is None where every example counts the same."""

    x: Any
    y: Any
    weights: Any


def forward(model: Callable, x: Any) -> Any:
    """The output of a model of one input, of several by position (a tuple or list), or by name (a dictionary)."""
    several = type(x) is tuple or type(x) is list
    if isinstance(x, Tensor) or not (several or isinstance(x, Mapping)):
        return model(x)
    try:
        return model(*x) if several else model(**x)
    except TypeError as error:
        call = (
            f"model(*inputs), {len(x)} by position"
            if several
            else f"model(**inputs), with {', '.join(map(str, x))} by name"
        )
        error.add_note(f"The inputs of this batch are a {type(x).__name__}, which is passed as {call}.")
        raise


# ------------------------------------------------------------------------------------------------- from data to batches


class Columns(Dataset):
    """Tensors of one length, nested in tuples and dictionaries; its samples have the same nesting."""

    batched = True

    def __init__(self, content: Any, name: str, caller: str):
        self.content = content
        tensors = list(leaves(content))
        shapes = [tuple(t.shape) for t in tensors]
        if () in shapes or len({shape[0] for shape in shapes}) != 1:
            raise ValueError(
                f"{caller}: the arrays of {name} have shapes {shapes}; each needs a first dimension of examples, of one length"
            )
        self.length = shapes[0][0]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        return mapped(lambda t: t[index], self.content)

    def get_batch(self, indices: np.ndarray) -> Any:
        return mapped(lambda t: from_numpy(np.take(t.array, indices, axis=0)), self.content)


def as_dataset(data: Any, name: str, model: Any, caller: str = "fit") -> Any:
    """Arrays as a dataset; floating ones become the dtype of the model. Everything else is returned as it is."""
    dtype = dtype_of(model)
    if isinstance(data, Mapping):
        return Columns({key: as_tensors(part, dtype) for key, part in data.items()}, name, caller)
    if not isinstance(data, tuple) or len(data) not in (2, 3):
        return data
    parts = tuple(as_tensors(part, dtype) for part in data)
    if all(isinstance(part, Tensor) for part in parts):
        return TensorDataset(*parts)
    return Columns(parts, name, caller)


def as_loader(
    data: Any, batch_size: int | str, shuffle: bool, generator: Any, name: str, model: Any = None, caller: str = "fit"
) -> Iterable:
    """Batches from a loader (as it is), a dataset, or arrays."""
    data = as_dataset(data, name, model, caller)
    if isinstance(data, Dataset):
        if batch_size == "batch":
            batch_size = _length(data, 'batch_size="batch"', caller)
        elif batch_size == "online":
            batch_size = 1
        return DataLoader(data, batch_size=int(batch_size), shuffle=shuffle, generator=generator)
    if hasattr(data, "__iter__") and not isinstance(data, Tensor | np.ndarray | str):
        return data
    arrays = "an array of inputs" if caller in ("predict", "mc_dropout") else "a pair (inputs, targets)"
    raise TypeError(f"{caller}: {name} must be a DataLoader, a dataset, or {arrays}, got {type(data).__name__}")


def split(data: Any, share: float, generator: Generator | None) -> tuple[Subset, Subset]:
    """The examples to train on and those to validate on, a share of all, drawn at random."""
    if not 0 < share < 1:
        raise ValueError(
            f"fit: validation={share} is a share of the training data and must be between 0 and 1; pass validation=0.1"
        )
    if not isinstance(data, Dataset) or not hasattr(data, "__getitem__"):
        raise TypeError(
            f"fit: validation={share} draws examples from arrays or a dataset, but train is {describe(data)}, whose batches "
            "are fixed; split the dataset: train, validation = nn.data.random_split(dataset, [0.9, 0.1])"
        )
    n = _length(data, f"validation={share}", "fit")
    unseen = round(share * n)
    if not 0 < unseen < n:
        raise ValueError(
            f"fit: validation={share} of {n} examples leaves {n - unseen} to train on and {unseen} to validate on; each "
            "needs at least one"
        )
    train, validation = random_split(data, [n - unseen, unseen], generator)
    return train, validation


def targets_of(data: Any, target: str = "y") -> Any:
    """The targets of a dataset in memory, or of a loader of one; None where they cannot be read at once."""
    data = data.dataset if isinstance(data, DataLoader) else data
    if isinstance(data, Subset):
        y = targets_of(data.dataset, target)
        return y[data.indices] if isinstance(y, Tensor) else None
    if isinstance(data, TensorDataset):
        return data.tensors[1] if len(data.tensors) > 1 else None
    if isinstance(data, Columns):
        return data.content.get(target) if isinstance(data.content, dict) else data.content[1]
    return None


def _length(data: Any, option: str, caller: str) -> int:
    if not hasattr(data, "__len__"):
        raise TypeError(f"{caller}: {option} needs the number of examples, but {type(data).__name__} has no length")
    return len(data)


def dtype_of(model: Any) -> np.dtype:
    """That of the model's first floating parameter, else the default dtype."""
    parameters = model.parameters() if hasattr(model, "parameters") else ()
    return np.dtype(next((p.dtype for p in parameters if p.dtype.kind == "f"), get_default_dtype()))


def as_tensors(values: Any, dtype: np.dtype) -> Any:
    """A tensor, or a nest of them, converted to `dtype` where the numbers are floating. Integers stay labels or indices."""
    if isinstance(values, Mapping):
        return {key: as_tensors(value, dtype) for key, value in values.items()}
    if isinstance(values, tuple) and values and all(isinstance(v, Tensor | np.ndarray | Mapping) for v in values):
        return tuple(as_tensors(value, dtype) for value in values)
    if not isinstance(values, Tensor | list | tuple):
        values = np.asarray(values)  # also what only converts to an array, as a table of pandas
    t: Any = as_tensor(values)
    return t.to(dtype) if t.dtype.kind == "f" and t.dtype != dtype and not t.requires_grad else t


# ------------------------------------------------------------------------------------------------------ what a batch is


def batches(loader: Iterable, caller: str = "fit", target: str = "y") -> Iterator[Batch]:
    """The batches of a loader."""
    for batch in loader:
        if type(batch) is list and len(batch) == 2:  # what a DataLoader gives
            yield Batch(batch[0], batch[1], None)
        else:
            yield as_batch(batch, caller, target)


def as_batch(batch: Any, caller: str = "fit", target: str = "y") -> Batch:
    """A batch, checked to be a pair, triple or dictionary, and its weights to be one an example."""
    if isinstance(batch, list | tuple) and len(batch) in (2, 3):
        x, y, weights = batch if len(batch) == 3 else (*batch, None)
    elif isinstance(batch, Mapping):
        x, y, weights = _of_dictionary(batch, target, caller)
    else:
        got = f"{len(batch)} values" if isinstance(batch, list | tuple) else type(batch).__name__
        raise ValueError(
            f"{caller}: each batch must be a pair (inputs, targets), a triple (inputs, targets, weights) or a dictionary, "
            f"got {got}"
        )
    return Batch(x, y, None if weights is None else _checked_weights(weights, rows(y), caller))


def _of_dictionary(batch: Mapping, target: str, caller: str) -> tuple[Any, Any, Any]:
    if target not in batch:
        raise ValueError(
            f"{caller}: a batch is a dictionary with the keys {', '.join(map(repr, batch))}, and none is {target!r}, that of "
            f"the targets; name it: target={next(iter(batch), 'y')!r}"
        )
    inputs = {key: value for key, value in batch.items() if key not in (target, WEIGHT)}
    if not inputs:
        raise ValueError(f"{caller}: a batch is a dictionary of {', '.join(map(repr, batch))} alone, without an input")
    return inputs["x"] if list(inputs) == ["x"] else inputs, batch[target], batch.get(WEIGHT)


def rows(y: Any) -> int:
    """The number of examples in a target, which may be nested."""
    while not isinstance(y, Tensor) and isinstance(y, Mapping | tuple | list) and len(y):
        first = next(iter(y.values())) if isinstance(y, Mapping) else y[0]
        if not isinstance(first, Mapping | tuple | list | Tensor | np.ndarray):
            break
        y = first
    return len(y)


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


# ---------------------------------------------------------------------------------------------------------------- nests


def mapped(function: Callable, x: Any) -> Any:
    """A nest with `function` of each value in its dictionaries, tuples and lists."""
    if isinstance(x, Mapping):
        return {key: mapped(function, value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return tuple(mapped(function, value) for value in x)
    return function(x)


def leaves(x: Any) -> Iterator[Any]:
    """The values of a nest, in order."""
    if isinstance(x, Mapping | tuple | list):
        for part in x.values() if isinstance(x, Mapping) else x:
            yield from leaves(part)
    else:
        yield x
