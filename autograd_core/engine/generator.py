"""The stream of random numbers: `Generator`, its state, and what draws from it."""

from __future__ import annotations

import contextlib
import functools
import math
import secrets
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from .standin import StandIn
from .tensor import Tensor, describe


class Generator:
    """Holds a stream of random numbers with a state of its own; the argument of everything that draws.

    `seed` None takes one from the operating system.

    Formula: xₖ = PCG64(seed)ₖ, the k-th number of the bit generator
    Shapes: any that is asked for.
    Dtypes: those that NumPy's generators draw.
    Raises: what int(seed) raises for what is no number.
    Source: O'Neill 2014, "PCG: A family of simple fast space-efficient statistically good algorithms for random number
        generation"; PyTorch's `Generator`, whose numbers are others.

    >>> import autograd_core as ag
    >>> a, b = ag.Generator(0), ag.Generator(0)
    >>> bool((ag.rand(3, generator=a) == ag.rand(3, generator=b)).all())
    True
    """

    def __init__(self, seed: int | None = None):
        self.manual_seed(int(np.random.SeedSequence().generate_state(2, np.uint64)[0]) if seed is None else seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream again from `seed`."""
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed % 2**128))
        return self

    def initial_seed(self) -> int:
        """Return the seed from which the stream was started."""
        return self._seed

    def get_state(self) -> dict:
        """Return the state of the stream, for `set_state`."""
        return {"seed": self._seed, "bits": self.numpy.bit_generator.state}

    def set_state(self, new_state: dict) -> Generator:
        """Set the stream to a state that `get_state` returned."""
        if not isinstance(new_state, dict) or set(new_state) != {"seed", "bits"}:
            raise TypeError(f"set_state: needs what get_state returned, got {describe(new_state)}")
        self.numpy.bit_generator.state = new_state["bits"]
        self._seed = new_state["seed"]
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from `seed`, and with it all that draws random numbers without one of its own.

    The result is the default generator.

    Formula: none; the state becomes that of `Generator(seed)`.
    Shapes: () → none.
    Dtypes: an integer of any size; negative ones count modulo 2¹²⁸.
    Raises: what int(seed) raises for what is no number.
    Source: PyTorch's `manual_seed`; the numbers are NumPy's (PCG64), not PyTorch's.

    >>> import autograd_core as ag
    >>> _ = ag.manual_seed(0)
    >>> first = ag.rand(3)
    >>> _ = ag.manual_seed(0)
    >>> bool((ag.rand(3) == first).all())
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator again from a seed that the operating system chooses, and return that seed.

    Formula: none; as `ag.manual_seed(seed)`.
    Shapes: none → ().
    Dtypes: a Python int below 2⁶⁴.
    Raises: nothing.
    Source: PyTorch's `seed`.

    >>> import autograd_core as ag
    >>> ag.seed() == ag.initial_seed()
    True
    """
    default_generator.manual_seed(chosen := secrets.randbits(64))
    return chosen


def initial_seed() -> int:
    """Return the seed from which the default generator was started.

    Formula: none; the argument of the last `manual_seed`, or the operating system's choice.
    Shapes: none → ().
    Dtypes: a Python int.
    Raises: nothing.
    Source: PyTorch's `initial_seed`.

    >>> import autograd_core as ag
    >>> _ = ag.manual_seed(7)
    >>> ag.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> dict:
    """Return the state of the default generator, for `set_rng_state`; a dictionary that pickle can store.

    Formula: none; the seed and the state of the bit generator.
    Shapes: none.
    Dtypes: integers of any size.
    Raises: nothing.
    Source: PyTorch's `get_rng_state`, which gives bytes.

    >>> import autograd_core as ag
    >>> state = ag.get_rng_state()
    >>> first = ag.rand(3)
    >>> ag.set_rng_state(state)
    >>> bool((ag.rand(3) == first).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: dict) -> None:
    """Set the default generator to `new_state`, which `get_rng_state` returned.

    Formula: none; the numbers that follow are those that followed then.
    Shapes: none.
    Dtypes: integers of any size.
    Raises: TypeError for what `get_rng_state` does not return.
    Source: PyTorch's `set_rng_state`.

    >>> import autograd_core as ag
    >>> state = ag.get_rng_state()
    >>> first = ag.randperm(9)
    >>> ag.set_rng_state(state)
    >>> bool((ag.randperm(9) == first).all())
    True
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng() -> Iterator[None]:
    """Draw inside of a `with` block without changing the stream outside of it.

    Formula: none; the state of the default generator after the block is that before it.
    Shapes: none.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `random.fork_rng`.

    >>> import autograd_core as ag
    >>> with ag.fork_rng():
    ...     inside = ag.rand(3)
    >>> bool((ag.rand(3) == inside).all())
    True
    """
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)


class Examples:
    """What random numbers ask where each of many examples may get its own; `transforms.randomness` answers, once loaded."""

    draw: Callable | None = None  # (draw, args, kwargs) -> what is drawn, for each example where that is asked for
    check: Callable | None = None  # raises where nothing may be drawn for all examples together


F = TypeVar("F", bound=Callable)


def by_example(draw: F) -> F:
    """Let `draw`, which makes a tensor or an array of random numbers, be called once for each example of the running
    `vmap`s with randomness="different", with that example's part of its arguments."""

    @functools.wraps(draw)
    def call(*args: Any, **kwargs: Any) -> Any:
        return draw(*args, **kwargs) if Examples.draw is None else Examples.draw(draw, args, kwargs)

    return call  # type: ignore[return-value]


def read(x: Any, name: str) -> np.ndarray:
    """The values of parameters of a distribution."""
    if isinstance(x, StandIn):
        stream(None)
        x.refuse_draw(name)
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def stream(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator of the given stream, by default the library's."""
    if Examples.check is not None:
        Examples.check()
    return (default_generator if generator is None else generator).numpy


def uniform(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of uniform numbers from [0, 1); complex ones have two such parts."""
    if dtype == np.float32:
        return stream(generator).random(shape, np.float32)
    if dtype.kind == "c":
        rng = stream(generator)
        return (rng.random(shape) + 1j * rng.random(shape)).astype(dtype, copy=False)
    return stream(generator).random(shape).astype(dtype, copy=False)


def standard_normal(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of standard normal numbers; complex ones have two parts of variance 1/2."""
    if dtype == np.float32:
        return stream(generator).standard_normal(shape, np.float32)
    if dtype.kind == "c":
        rng = stream(generator)
        both = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        return (both * math.sqrt(0.5)).astype(dtype, copy=False)
    return stream(generator).standard_normal(shape).astype(dtype, copy=False)
