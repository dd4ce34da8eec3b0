"""What a model answers, and what its layers compute on the way, with the model left as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

from ..module import Module
from ..observe import tensors_in, untouched
from .figure import numbers

ROWS = 4096  # examples at a time


def layer_of(name: str, model: Module, layer: Any) -> tuple[str, Module]:
    """(path, module) of a layer named by its path, its index in a Sequential, or itself."""
    if not isinstance(model, Module):
        raise TypeError(f"{name}: layers are those of an nn.Module, got {type(model).__name__}")
    named = dict(model.named_modules())
    if isinstance(layer, Module):
        path = next((path for path, module in named.items() if module is layer), None)
        if path is None:
            raise ValueError(f"{name}: this {type(layer).__name__} is no part of the model; {_choices(named)}")
        return path, layer
    index = str(layer)
    if isinstance(layer, int) and not isinstance(layer, bool) and layer < 0:
        children = [path for path, _ in model.named_children()]
        index = children[layer] if -layer <= len(children) else index
    if index not in named:
        raise ValueError(f"{name}: the model has no layer {layer!r}; {_choices(named)}")
    return index, named[index]


def _choices(named: dict[str, Module]) -> str:
    paths = [path for path in named if path]
    return (
        f"its layers are {', '.join(paths[:12])}{', …' if len(paths) > 12 else ''}"
        if paths
        else "it has no layers below it"
    )


def as_input(model: Any, x: Any) -> Tensor:
    """x as a tensor: floats in the dtype of the model's parameters, integers (tokens, labels) as they are."""
    array = numbers(x)
    if array.dtype.kind == "f":
        parameters = model.parameters() if isinstance(model, Module) else ()
        dtype = next((p.dtype for p in parameters if p.dtype.kind == "f"), None)
        array = array.astype(dtype if dtype is not None else ag.get_default_dtype(), copy=False)
    return Tensor(array)


def outputs(model: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """What a module in evaluation mode, or any callable on tensors, answers to x (N, …), without gradients."""
    x = np.asarray(x, np.float64)

    def answers() -> np.ndarray:
        parts = [numbers(_first(model(as_input(model, x[i : i + ROWS])))) for i in range(0, len(x), ROWS)]
        return np.concatenate([part[None] if part.ndim == 0 else part for part in parts])

    with ag.no_grad():
        if not isinstance(model, Module):
            return answers()
        with untouched(model):
            model.eval()
            return answers()


def layer_outputs(model: Module, x: Any, layers: dict[str, Module]) -> dict[str, np.ndarray]:
    """path → what each of these layers computed at its first call while the model, in evaluation mode, answers x."""
    collected: dict[str, np.ndarray] = {}

    def collector(path: str) -> Callable[..., None]:
        def collect(module: Module, args: Any, output: Any) -> None:
            collected.setdefault(path, numbers(_first(output)).copy())

        return collect

    inputs = x if isinstance(x, tuple) else (x,)
    with ag.no_grad(), untouched(model):
        model.eval()
        for path, module in layers.items():
            module.register_forward_hook(collector(path))
        model(*(as_input(model, value) for value in inputs))
    return collected


def _first(output: Any) -> Any:
    """The output itself, or the first tensor of several, such as a recurrent layer's states beside its outputs."""
    if isinstance(output, tuple | list | dict):
        tensors = tensors_in(output)
        return tensors[0] if tensors else output
    return output
