"""Random numbers. One seed gives one result, whatever the number of threads: every draw goes through a `Generator`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from .engine.creation import checked_size, from_array, on_cpu
from .engine.standin import StandIn
from .engine.tensor import Default, Tensor, range_checked, wrap
from .engine.writes import rewrite


class Generator:
    """A stream of random numbers with a state of its own (PCG64)."""

    def __init__(self, seed: int | None = None):
        self.manual_seed(int(np.random.SeedSequence().generate_state(2, np.uint64)[0]) if seed is None else seed)

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


def _read(x: Any, name: str) -> np.ndarray:
    """The values that tell what to draw."""
    if isinstance(x, StandIn):
        stream(None)
        x.refuse_draw(name)
    return x.array if isinstance(x, Tensor) else np.asarray(x)


def stream(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator of the given stream, by default the library's."""
    if Examples.check is not None:
        Examples.check()
    return (default_generator if generator is None else generator).numpy


def _dtype(dtype: Any) -> np.dtype:
    return Default.dtype if dtype is None else np.dtype(dtype)


@by_example
def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Uniform numbers from [0, 1)."""
    on_cpu(device)
    return from_array(uniform(checked_size(size, "rand"), _dtype(dtype), generator), requires_grad)


@by_example
def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Standard normal numbers."""
    on_cpu(device)
    return from_array(standard_normal(checked_size(size, "randn"), _dtype(dtype), generator), requires_grad)


def uniform(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of uniform numbers from [0, 1)."""
    if dtype == np.float32:
        return stream(generator).random(shape, np.float32)
    return stream(generator).random(shape).astype(dtype, copy=False)


def standard_normal(shape: tuple, dtype: np.dtype, generator: Generator | None = None) -> np.ndarray:
    """An array of standard normal numbers."""
    if dtype == np.float32:
        return stream(generator).standard_normal(shape, np.float32)
    return stream(generator).standard_normal(shape).astype(dtype, copy=False)


@by_example
def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = np.int64,
    device: Any = None,
) -> Tensor:
    """Integers from [low, high), or from [0, low) if called as randint(high, size)."""
    on_cpu(device)
    if size is None:
        low, high, size = 0, low, high
    if high <= low:
        raise ValueError(f"randint: high must be greater than low, got low={low}, high={high}")
    range_checked([low, high - 1], np.dtype(dtype), "randint")
    return wrap(stream(generator).integers(low, high, checked_size((size,), "randint")).astype(dtype))


@by_example
def randperm(n: int, *, generator: Generator | None = None, dtype: Any = np.int64, device: Any = None) -> Tensor:
    """The integers below n in random order."""
    on_cpu(device)
    return wrap(stream(generator).permutation(n).astype(dtype))


@by_example
def rand_like(x: Any, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Uniform numbers from [0, 1) in x's shape and dtype."""
    on_cpu(device)
    return wrap(uniform(tuple(x.shape), np.dtype(dtype or x.dtype), generator))


@by_example
def randn_like(x: Any, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Standard normal numbers in x's shape and dtype."""
    on_cpu(device)
    return wrap(standard_normal(tuple(x.shape), np.dtype(dtype or x.dtype), generator))


@by_example
def randint_like(
    x: Any, low: int, high: int | None = None, *, generator: Generator | None = None, device: Any = None
) -> Tensor:
    """Integers from [low, high) (or [0, low)) in x's shape and dtype."""
    on_cpu(device)
    return randint(*((0, low) if high is None else (low, high)), tuple(x.shape), generator=generator, dtype=x.dtype)


@by_example
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Normal numbers: of the shape of `mean` and `std` (tensors), or of `size` if both are numbers. Not differentiable:
    for a gradient by the mean and the deviation write mean + std * ag.randn_like(mean)."""
    m, s = (_read(v, "normal") if hasattr(v, "dtype") else v for v in (mean, std))
    if size is None and not (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        raise TypeError("normal: with a mean and a deviation that are numbers, give the size of the result")
    if np.any(np.asarray(s) < 0):
        raise ValueError(f"normal: the standard deviation must not be negative, got {np.min(s)}")
    shape = np.broadcast_shapes(np.shape(m), np.shape(s)) if size is None else checked_size((size,), "normal")
    dtype = next((v.dtype for v in (mean, std) if isinstance(v, Tensor)), Default.dtype)
    return wrap(np.asarray(m + s * standard_normal(shape, dtype, generator), dtype))


def bernoulli(x: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """0 or 1 in x's shape and dtype, 1 with the probability in x (or `p` for all). Its gradient is 0."""
    return _chosen(x if p is None else p, tuple(x.shape), x.dtype, generator, "bernoulli")


@by_example
def _chosen(p: Any, shape: tuple, dtype: np.dtype, generator: Generator | None, name: str) -> Tensor:
    chance = _read(p, name)
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):
        raise ValueError(f"{name}: probabilities must be from 0 to 1, got {chance.min()} to {chance.max()}")
    return wrap((stream(generator).random(shape) < chance).astype(dtype))


@by_example
def multinomial(
    x: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn from each row of non-negative weights x, (n,) or (rows, n): int64, (num_samples,) or (rows, …)."""
    weights = np.asarray(_read(x, "multinomial"), np.float64)
    if weights.ndim not in (1, 2):
        raise ValueError(f"multinomial: weights must have one or two dimensions, got shape {x.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("multinomial: weights must be finite and not negative")
    rows = np.atleast_2d(weights)
    if (rows.sum(1) == 0).any():
        raise ValueError(f"multinomial: row {int(np.argmin(rows.sum(1)))} has no positive weight")
    possible = (rows > 0).sum(1)
    if num_samples < 1 or (not replacement and num_samples > possible.min()):
        raise ValueError(
            f"multinomial: cannot draw {num_samples} of {possible.min()} possible values"
            + ("" if replacement else " without replacement; pass replacement=True")
        )
    rng = stream(generator)
    if replacement:
        edges = np.cumsum(rows, axis=1)
        drawn = rng.random((len(rows), num_samples)) * edges[:, -1:]
        found = np.stack([np.searchsorted(e, d, side="right") for e, d in zip(edges, drawn, strict=True)])
    else:  # the largest of log weight + Gumbel noise are a sample without replacement (Efraimidis & Spirakis 2006)
        with np.errstate(divide="ignore"):
            keys = np.log(rows) + rng.gumbel(size=rows.shape)
        found = np.argsort(-keys, axis=1, kind="stable")[:, :num_samples]
    return wrap(np.ascontiguousarray(found.reshape((*weights.shape[:-1], num_samples)), np.int64))


@by_example
def poisson(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Poisson counts with the rates in x, in its shape and dtype."""
    rates = _read(x, "poisson")
    if rates.size and rates.min() < 0:
        raise ValueError(f"poisson: rates must not be negative, got {rates.min()}")
    return wrap(np.asarray(stream(generator).poisson(rates), x.dtype))


# ------------------------------------------------------------------------------------------------------------- in place


Draw = Callable[[np.random.Generator, tuple], Any]


def _fill(x: Tensor, name: str, draw: Draw, generator: Any) -> Tensor:
    """Overwrite x with what `draw` gives."""
    return rewrite(x, lambda old: _drawn(draw, tuple(old.shape), old.dtype, generator), name=name)


@by_example
def _drawn(draw: Draw, shape: tuple, dtype: np.dtype, generator: Any) -> Tensor:
    return wrap(np.asarray(draw(stream(generator), shape)).astype(dtype))


def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x with uniform numbers from [a, b)."""
    if not a <= b:
        raise ValueError(f"uniform_: needs a <= b, got a={a}, b={b}")
    return rewrite(x, lambda old: _scaled(uniform, tuple(old.shape), old.dtype, generator, b - a, a), name="uniform_")


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x with normal numbers."""
    if std < 0:
        raise ValueError(f"normal_: the standard deviation must not be negative, got {std}")
    draw = standard_normal
    return rewrite(x, lambda old: _scaled(draw, tuple(old.shape), old.dtype, generator, std, mean), name="normal_")


@by_example
def _scaled(draw: Callable, shape: tuple, dtype: np.dtype, generator: Any, factor: float, offset: float) -> Tensor:
    x = draw(shape, dtype, generator)
    x *= factor
    x += offset
    return wrap(x)


def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill x with 1, with probability p (a number or a tensor), and 0."""
    return rewrite(x, lambda old: _chosen(p, tuple(old.shape), old.dtype, generator, "bernoulli_"), name="bernoulli_")


def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x with exponential numbers of rate `lambd`."""
    if not lambd > 0:
        raise ValueError(f"exponential_: the rate must be positive, got {lambd}")
    return _fill(x, "exponential_", lambda rng, shape: rng.exponential(1 / lambd, shape), generator)


def geometric_(x: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill x with the number of trials up to the first success of probability p."""
    if not 0 < p <= 1:
        raise ValueError(f"geometric_: the probability must be from (0, 1], got {p}")
    return _fill(x, "geometric_", lambda rng, shape: rng.geometric(p, shape), generator)


def cauchy_(x: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x with Cauchy numbers."""
    return _fill(x, "cauchy_", lambda rng, shape: median + sigma * rng.standard_cauchy(shape), generator)


def log_normal_(x: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x with numbers whose logarithm is normal."""
    return _fill(x, "log_normal_", lambda rng, shape: rng.lognormal(mean, std, shape), generator)


def random_(x: Tensor, low: int = 0, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill x with integers from [low, high), from [0, low) if only one is given, or from all that its dtype holds."""
    if high is None:
        digits = {2: 11, 4: 24, 8: 53}
        largest = np.iinfo(x.dtype).max if x.dtype.kind in "iu" else 2 ** digits[x.dtype.itemsize]
        low, high = 0, low or int(largest)
    if high <= low:
        raise ValueError(f"random_: high must be greater than low, got low={low}, high={high}")
    range_checked([low, high - 1], x.dtype, "random_")
    return _fill(x, "random_", lambda rng, shape: rng.integers(low, high, shape), generator)


METHODS = (
    uniform_, normal_, bernoulli_, exponential_, geometric_, cauchy_, log_normal_, random_, bernoulli, multinomial,
)  # fmt: skip
