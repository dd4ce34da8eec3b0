"""Running a module only to observe it: it is left as it was, and each call inside it is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import written
from autograd_core.transforms.tree import flatten

from .module import Module


@contextmanager
def untouched(model: Module) -> Iterator[None]:
    """Afterwards every module below has the attributes, parts, modes and buffers that it had before, and the random
    state is that of before."""
    kept = []
    for module in model.modules():
        fields = dict(module.__dict__)
        registries = [(registry, dict(registry)) for registry in fields.values() if isinstance(registry, dict)]
        buffers = [(t, t.array.copy()) for t in module._buffers.values() if t is not None]
        kept.append((module, fields, registries, buffers))
    try:
        with ag.fork_rng():
            yield
    finally:
        for module, fields, registries, buffers in kept:
            module.__dict__.clear()
            module.__dict__.update(fields)
            for registry, content in registries:
                registry.clear()
                registry.update(content)
            for t, values in buffers:
                if not np.array_equal(t.array, values, equal_nan=t.dtype.kind in "fc"):
                    t.array[...] = values
                    written(t.array)


@contextmanager
def observed(model: Module, leave: Callable[[Module, Any], Any] | None = None) -> Iterator[list[Module]]:
    """Yield the list of the modules that are being called, the innermost last; `leave(module, output)` is called when one
    has finished, and may return another output. To be used inside `untouched`, which removes the hooks."""
    running: list[Module] = []

    def enter(module: Module, args: Any) -> None:
        running.append(module)

    def left(module: Module, args: Any, output: Any) -> Any:
        running.pop()
        return None if leave is None else leave(module, output)

    for module in model.modules():
        module.register_forward_pre_hook(enter, prepend=True)
        module.register_forward_hook(left, always_call=True)
    yield running


def paths(model: Module) -> dict[Module, str]:
    """The path of each module below, the first one of a shared module; "" is the model's own."""
    return {module: path for path, module in model.named_modules()}


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors in nested tuples, lists and dictionaries, in their order."""
    return [leaf for leaf in flatten(value)[0] if isinstance(leaf, Tensor)]
