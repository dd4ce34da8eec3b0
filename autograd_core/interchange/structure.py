"""Nested containers of tensors as JSON and named arrays, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.tensor import Tensor

STRUCTURE = "autograd_core.structure"  # the metadata's key for what is more than named tensors


def flattened(
    x: Any,
    path: str,
    arrays: dict[str, ndarray],
    needed: str,
    whole: str,
    prepare: Callable[[Any], Any] = lambda x: x,
    names: dict[int, str] | None = None,
) -> Any:
    """x as JSON, its tensors put into `arrays` under the path that leads to them.

    A message calls x itself `whole`, and says what is `needed`; `prepare` is called on every part first. With `names`, of
    tensors by their id, a tensor that occurs twice is stored once, and whether it requires a gradient as well.
    """
    x = prepare(x)
    if isinstance(x, Tensor | ndarray | np.generic):
        if names is not None and id(x) in names:
            return {"tensor": names[id(x)]}
        name = path
        while name in arrays:
            name += "_"
        arrays[name] = x.array if isinstance(x, Tensor) else np.asarray(x)
        if names is None:
            return {"tensor": name}
        names[id(x)] = name
        return {"leaf" if isinstance(x, Tensor) and x.requires_grad else "tensor": name}
    below = f"{path}." if path else ""
    options = (needed, whole, prepare, names)
    if isinstance(x, Mapping):
        for key in x:
            if not isinstance(key, str | int) or isinstance(key, bool):
                raise TypeError(f"save: {path or 'the dictionary'} has the key {key!r}; keys must be texts or integers")
        return {"dict": [[key, flattened(value, f"{below}{key}", arrays, *options)] for key, value in x.items()]}
    if isinstance(x, list | tuple):
        kind = "list" if isinstance(x, list) else "tuple"
        return {kind: [flattened(value, f"{below}{i}", arrays, *options) for i, value in enumerate(x)]}
    if x is None or isinstance(x, bool | int | float | str):
        return x
    raise TypeError(f"save: {path or whole} is {type(x).__name__}; needed is {needed}")


def restored(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What `flattened` made into JSON, with the tensors of these names."""
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind in ("tensor", "leaf"):
        tensor = tensors[content]
        return tensor.requires_grad_() if kind == "leaf" else tensor
    if kind == "dict":
        return {key: restored(value, tensors) for key, value in content}
    values = [restored(value, tensors) for value in content]
    return values if kind == "list" else tuple(values)
