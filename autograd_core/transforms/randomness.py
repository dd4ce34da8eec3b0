"""Random numbers inside `vmap`: the same for all examples, different ones, or an error."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.generator import Examples
from ..engine.tensor import Tensor, wrap
from ..ops.shape.shape import reshape
from .batched import Batched, in_levels
from .levels import expose


class _Randomness(threading.local):
    """(`randomness`, level, size) of each `vmap` that runs, the outermost first."""

    def __init__(self) -> None:
        self.running: list[tuple[str, int, int]] = []


_randomness = _Randomness()


@contextlib.contextmanager
def randomness_in(kind: str, level: int, size: int) -> Iterator[None]:
    """While `vmap` runs a function: whether it may draw random numbers, and for whom."""
    _randomness.running.append((kind, level, size))
    try:
        yield
    finally:
        _randomness.running.pop()


def randomness() -> str:
    """The `randomness` of the innermost running `vmap`: "error", "same" or "different"."""
    return _randomness.running[-1][0] if _randomness.running else "error"


def draw_by_example(draw: Callable, args: tuple, kwargs: dict) -> Any:
    """What `draw` makes, called once for each example of the running `vmap`s with randomness="different", with that
    example's part of its arguments."""
    running = _randomness.running
    own = [(level, size) for kind, level, size in running if kind == "different"]
    if not own or any(kind == "error" for kind, _, _ in running):
        return draw(*args, **kwargs)
    sizes = tuple(size for _, size in own)
    parts = [_parts(a, own) for a in (*args, *kwargs.values())]
    _randomness.running = []
    try:
        draws = []
        for i in range(max(math.prod(sizes), 1)):
            own_args = [part(i) for part in parts]
            draws.append(draw(*own_args[: len(args)], **dict(zip(kwargs, own_args[len(args) :], strict=True))))
    finally:
        _randomness.running = running
    stacked = np.stack([d.array if isinstance(d, Tensor) else d for d in draws])
    shape = stacked.shape[1:]
    return in_levels(wrap(stacked[: math.prod(sizes)].reshape(*sizes, *shape)), [level for level, _ in own])


def check_draw() -> None:
    """Raise where a running `vmap` does not allow to draw for all examples together."""
    kinds = {kind for kind, _, _ in _randomness.running}
    if "error" in kinds:
        raise RuntimeError(
            "vmap: the function draws random numbers; pass randomness='same' if all examples shall get the same ones, "
            "randomness='different' if each its own, or draw them outside and pass them in"
        )
    if "different" in kinds:
        raise NotImplementedError(
            "vmap: this function draws for all examples together, it cannot with randomness='different'; draw the "
            "numbers outside and pass them in, or use ag.rand, ag.randn, ag.randint, ag.randperm and ag.where"
        )


def _parts(x: Any, own: list[tuple[int, int]]) -> Callable[[int], Any]:
    """From the number of an example, over all these levels, to what `x` is for it."""
    if not isinstance(x, Batched):
        return lambda i: x
    shape = tuple(x.shape)
    if not math.prod(size for _, size in own):  # no example: for the shape of what would be drawn
        return lambda i: wrap(np.ones(shape, x.dtype))
    rows = reshape(expose(x, own), (-1, *shape))
    return lambda i: rows[i]


Examples.draw, Examples.check = staticmethod(draw_by_example), staticmethod(check_draw)
