"""What a training run is made of, in words and numbers, so that a checkpoint is not continued by another run."""

from __future__ import annotations

import functools
import inspect
import zlib
from collections.abc import Mapping, Sized
from typing import Any

import numpy as np

from autograd_core import Tensor
from autograd_core.nn import Module
from autograd_core.nn.data import DataLoader, Subset, TensorDataset
from autograd_core.nn.parameter import is_lazy

ROWS = 256  # of a dataset, evenly spread, whose content is compared
ABSENT = object()
LAZY = "not known before the first batch"  # of a lazy parameter
MOVING = {"last_epoch", "optimizer", "self"}  # arguments of schedulers that change, or are described elsewhere


def identity(run: Any, loss: Any, schedulers: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """{what: its description} of the model, the optimiser, the loss, the schedulers and the data."""
    described = {**_model(run.model, "model"), **_optimizer(run.optimizer, run.model), **_options(loss, "loss")}
    if isinstance(loss, Module):
        described |= _model(loss, "loss")
    described |= {"accumulate": run.accumulate, "clip_norm": run.clip_norm}
    factors = getattr(run.objective, "class_weight", None)
    described["class_weight"] = None if factors is None else factors.tolist()
    for name, scheduler in schedulers.items():
        described |= {name: None} if scheduler is None else _options(scheduler, name)
    for name, loader in data.items():
        described |= {name: None} if loader is None else _data(loader, name)
    return described


def difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str | None:
    """What differs, in words; None if nothing does."""
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if LAZY in [*there.values(), *here.values()]:  # a model whose shapes were, or are, not known yet
        names = [n for n in names if LAZY not in (there.get(n), here.get(n)) and not n.endswith(" layers")]
    if not names:
        return None
    if not all(name.endswith(" layers") for name in names):  # more exact than that the text of the model differs
        names = [name for name in names if not name.endswith(" layers")]
    parts = [_differs(name, there.get(name, "absent"), here.get(name, "absent")) for name in names[:3]]
    return "; ".join(parts) + (f"; and {len(names) - 3} more" if len(names) > 3 else "")


def _differs(name: str, there: Any, here: Any) -> str:
    if isinstance(there, list) and isinstance(here, list) and name.endswith(" layers"):
        pairs = zip([*there, *["nothing"] * len(here)], [*here, *["nothing"] * len(there)], strict=False)
        there, here = next((a.strip(), b.strip()) for a, b in pairs if a != b)
    return f"{name}: {there} there, {here} here"


def _model(model: Module, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {f"{name} class": type(model).__name__}
    if isinstance(model, Module):
        described[f"{name} layers"] = [line for line in repr(model).splitlines() if " at 0x" not in line]
    for key, value in model.state_dict().items():
        if is_lazy(value):
            described[f"{name}.{key}"] = LAZY
        elif hasattr(value, "shape"):
            described[f"{name}.{key}"] = f"{value.dtype} of shape {tuple(value.shape)}"
    return described


def _optimizer(optimizer: Any, model: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"optimizer class": type(optimizer).__name__}
    for name, value in getattr(optimizer, "defaults", {}).items():
        if _plain(value):
            described[f"optimizer {name}"] = _listed(value)
    names = {p: name for name, p in model.named_parameters()} if hasattr(model, "named_parameters") else {}
    for i, group in enumerate(optimizer.param_groups):
        described[f"optimizer group {i}"] = [
            names[p] if p in names else f"{p.dtype} of shape {tuple(p.shape)}" for p in group["params"]
        ]
        if "initial_lr" in group:
            described[f"optimizer group {i} initial_lr"] = float(group["initial_lr"])
    return described


def _options(x: Any, name: str) -> dict[str, Any]:
    """The class of x, or the name of a function, and those arguments of its constructor that it keeps."""
    if isinstance(x, functools.partial):
        return {**_options(x.func, name), **{f"{name} {k}": _listed(v) for k, v in x.keywords.items() if _plain(v)}}
    if hasattr(x, "__qualname__"):
        return {f"{name} function": x.__qualname__}
    described: dict[str, Any] = {f"{name} class": type(x).__name__}
    for option in inspect.signature(type(x).__init__).parameters:
        value = getattr(x, option, getattr(x, f"_{option}", ABSENT))
        if option not in MOVING and _plain(value):
            described[f"{name} {option}"] = _listed(value)
    for i, part in enumerate(getattr(x, "_schedulers", ())):
        described |= _options(part, f"{name} {i}")
    return described


def _data(loader: Any, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {f"{name} class": type(loader).__name__}
    try:
        described[f"{name} batches"] = len(loader) if isinstance(loader, Sized) else None
    except TypeError:  # of a dataset that has no length
        described[f"{name} batches"] = None
    if isinstance(loader, DataLoader):
        described[f"{name} batch_size"] = loader.batch_size
        described[f"{name} drop_last"] = loader.drop_last
        sampler = loader.sampler if loader.sampler is not None else loader.batch_sampler
        described |= _options(sampler, f"{name} sampler")
    if hasattr(loader, "dataset"):
        dataset = loader.dataset
        described[f"{name} dataset"] = type(dataset).__name__
        if isinstance(dataset, Sized):
            described[f"{name} samples"] = len(dataset)
        described |= _content(dataset, name)
    return described


def _content(dataset: Any, name: str) -> dict[str, Any]:
    """The tensors of a dataset in memory: dtypes, shapes, and a checksum of some rows."""
    indices = None
    if isinstance(dataset, Subset) and isinstance(dataset.dataset, TensorDataset):
        dataset, indices = dataset.dataset, np.asarray(dataset.indices)
    if not isinstance(dataset, TensorDataset):
        return {}
    described = {}
    for i, tensor in enumerate(dataset.tensors):
        n = len(tensor) if indices is None else len(indices)
        rows = np.unique(np.linspace(0, n - 1, ROWS).astype(np.int64)) if n else np.empty(0, np.int64)
        content = np.ascontiguousarray(tensor.array[rows if indices is None else indices[rows]])
        described[f"{name} tensor {i}"] = f"{tensor.dtype} of shape {tuple(tensor.shape)}"
        described[f"{name} tensor {i} content"] = f"checksum {checksum(content):08x}"
    return described


def checksum(x: Any, start: int = 0) -> int:
    """The CRC-32 of a batch: of its arrays' bytes, nested as they are."""
    if isinstance(x, Tensor):
        x = x.array
    if isinstance(x, np.ndarray):
        return zlib.crc32(np.ascontiguousarray(x).reshape(-1).view(np.uint8).data, start) if x.size else start
    if isinstance(x, Mapping):
        return checksum(list(x.values()), start)
    if isinstance(x, list | tuple):
        for part in x:
            start = checksum(part, start)
        return start
    return zlib.crc32(repr(x).encode(), start)


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    if isinstance(value, Mapping):
        return all(map(_plain, value)) and all(map(_plain, value.values()))
    return value is None or isinstance(value, bool | int | float | str | np.number)


def _listed(value: Any) -> Any:
    """As JSON gives it back."""
    if isinstance(value, list | tuple):
        return [_listed(v) for v in value]
    if isinstance(value, Mapping):
        return [[_listed(k), _listed(v)] for k, v in value.items()]
    return value.item() if isinstance(value, np.number) else value
