"""Random numbers. One seed gives one result, whatever the number of threads: every draw goes through a `Generator`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from .creation import _checked, _made
from .tensor import Default, Tensor, wrap


class Generator:
    """A stream of random numbers with a state of its own (PCG64)."""

    def __init__(self, seed: int | None = None):
        self.manual_seed(np.random.SeedSequence().entropy if seed is None else seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream again from `seed`."""
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed % 2**128))
        return self

    def initial_seed(self) -> int:
        return self._seed

    def get_state(self) -> dict:
        """The state of the stream, for `set_state`."""
        return {"seed": self._seed, "bits": self.numpy.bit_generator.state}

    def set_state(self, state: dict) -> Generator:
        self._seed = state["seed"]
        self.numpy.bit_generator.state = state["bits"]
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, and with it everything here and in nn that draws random numbers."""
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    return default_generator.initial_seed()


def get_rng_state() -> dict:
    return default_generator.get_state()


def set_rng_state(state: dict) -> None:
    default_generator.set_state(state)


@contextlib.contextmanager
def fork_rng() -> Iterator[None]:
    """Draw inside without changing the stream outside."""
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)


class _Randomness(threading.local):
    inside_vmap: str | None = None  # its `randomness`, while a vmap runs


_randomness = _Randomness()


@contextlib.contextmanager
def randomness_in(kind: str) -> Iterator[None]:
    """While `vmap` runs a function: whether it may draw random numbers."""
    before, _randomness.inside_vmap = _randomness.inside_vmap, kind
    try:
        yield
    finally:
        _randomness.inside_vmap = before


def randomness() -> str:
    """What the innermost running `vmap` was told of random numbers: "error", "same" or "different"."""
    return _randomness.inside_vmap or "error"


def stream(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator of the given stream, by default the library's."""
    if _randomness.inside_vmap == "error":
        raise RuntimeError(
            "vmap: the function draws random numbers, which would be the same for all examples; pass randomness='same' "
            "if that is meant, or draw them outside and pass them in"
        )
    return (default_generator if generator is None else generator).numpy


def _dtype(dtype: Any) -> np.dtype:
    return Default.dtype if dtype is None else np.dtype(dtype)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers from [0, 1)."""
    return _made(uniform(_checked(size, "rand"), _dtype(dtype), generator), requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal numbers."""
    return _made(normal(_checked(size, "randn"), _dtype(dtype), generator), requires_grad)


def uniform(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of uniform numbers from [0, 1)."""
    if dtype == np.float32:
        return stream(generator).random(shape, np.float32)
    return stream(generator).random(shape).astype(dtype, copy=False)


def normal(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of standard normal numbers."""
    if dtype == np.float32:
        return stream(generator).standard_normal(shape, np.float32)
    return stream(generator).standard_normal(shape).astype(dtype, copy=False)


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = np.int64
) -> Tensor:
    """Integers from [low, high), or from [0, low) if called as randint(high, size)."""
    if size is None:
        low, high, size = 0, low, high
    if high <= low:
        raise ValueError(f"randint: high must be greater than low, got low={low}, high={high}")
    return wrap(stream(generator).integers(low, high, _checked((size,), "randint")).astype(dtype))


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = np.int64) -> Tensor:
    """The integers below n in random order."""
    return wrap(stream(generator).permutation(n).astype(dtype))


def rand_like(x: Any, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Uniform numbers from [0, 1) in x's shape and dtype."""
    return wrap(uniform(tuple(x.shape), np.dtype(dtype or x.dtype), generator))


def randn_like(x: Any, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Standard normal numbers in x's shape and dtype."""
    return wrap(normal(tuple(x.shape), np.dtype(dtype or x.dtype), generator))
