"""The random streams of a training run: their states, taken together and set together."""

from __future__ import annotations

import functools
import itertools
import random
import types
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_core import Generator, Tensor
from autograd_core.random import default_generator

Stream: TypeAlias = Generator | np.random.Generator | np.random.RandomState | random.Random

DEEPEST = 10  # attributes of attributes
LONGEST = 200  # entries of a list or dictionary that is looked through


class Streams:
    """Holds the streams that a run can draw from, by name.

    These are the library's default one, NumPy's and Python's global ones, and every generator that is an attribute of the
    parts of the run (modules, loss, loaders, samplers, datasets and their transforms, callbacks), also in lists,
    dictionaries, partial functions, closures, and by its global name in a function.
    """

    def __init__(self, parts: Mapping[str, Any]):
        self.named: dict[str, Stream] = {"default": default_generator}
        seen = {id(default_generator)}
        for name, part in parts.items():
            _collect(part, name, self.named, seen, DEEPEST)

    def state(self) -> dict[str, Any]:
        """The state of each, as numbers, texts and arrays."""
        return {
            "python": _python_state(random.getstate()),
            "numpy": np.random.get_state(legacy=False),
            "named": [[name, _state(stream)] for name, stream in self.named.items()],
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Set each to the state that `state` returned."""
        random.setstate(_as_python_state(state["python"]))
        np.random.set_state(state["numpy"])
        for name, value in state["named"]:
            _load(self.named[name], value)


def _state(stream: Stream) -> Any:
    if isinstance(stream, Generator):
        return stream.get_state()
    if isinstance(stream, random.Random):
        return _python_state(stream.getstate())
    if isinstance(stream, np.random.RandomState):
        return stream.get_state(legacy=False)
    return stream.bit_generator.state


def _load(stream: Stream, state: Any) -> None:
    if isinstance(stream, Generator):
        stream.set_state(state)
    elif isinstance(stream, random.Random):
        stream.setstate(_as_python_state(state))
    elif isinstance(stream, np.random.RandomState):
        stream.set_state(state)
    else:
        stream.bit_generator.state = state


def _python_state(state: tuple) -> tuple:
    """The state of a `random.Random` with its 625 numbers as an array."""
    version, numbers, gauss = state
    return version, np.array(numbers, np.uint32), gauss


def _as_python_state(state: Any) -> tuple:
    version, numbers, gauss = state
    return version, tuple(numbers.tolist()), gauss


def _collect(x: Any, path: str, named: dict[str, Stream], seen: set[int], depth: int) -> None:
    if id(x) in seen or isinstance(
        x, Tensor | ndarray | np.generic | type | types.ModuleType | str | bytes | int | float
    ):
        return
    seen.add(id(x))
    if isinstance(x, Stream):
        named[path] = x
    elif depth:
        for name, part in _parts(x):
            _collect(part, f"{path}.{name}", named, seen, depth - 1)


def _parts(x: Any) -> Iterator[tuple[Any, Any]]:
    """What x holds, by name."""
    if isinstance(x, Mapping):
        yield from list(itertools.islice(x.items(), LONGEST))
    elif isinstance(x, list | tuple):
        yield from enumerate(x[:LONGEST])
    elif isinstance(x, functools.partial):
        yield from enumerate((x.func, x.args, x.keywords))
    elif isinstance(x, types.MethodType):
        yield from (("self", x.__self__), ("function", x.__func__))
    elif isinstance(x, types.FunctionType):
        for i, cell in enumerate(x.__closure__ or ()):
            try:
                yield i, cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        yield from enumerate(x.__defaults__ or ())
        for name in x.__code__.co_names:
            if isinstance(x.__globals__.get(name), Stream):
                yield name, x.__globals__[name]
    else:
        yield from list(getattr(x, "__dict__", {}).items())
