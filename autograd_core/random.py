"""Random numbers. One seed gives one result, whatever the number of threads: every draw goes through a `Generator`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine.creation import checked_size, from_array, on_cpu, size_by_keyword
from .engine.generator import (
    Generator,
    by_example,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    read,
    seed,
    set_rng_state,
    standard_normal,
    stream,
    uniform,
)
from .engine.memory_format import MemoryFormat, checked_format
from .engine.operands import as_operand, shape_error
from .engine.outputs import makes_out
from .engine.tensor import Default, Tensor, describe, range_checked, wrap
from .engine.writes import rewrite

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .engine.types import Device, TensorLike

__all__ = [
    "Generator", "bernoulli", "binomial", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm",
    "seed", "set_rng_state",
]  # fmt: skip


def _floating(dtype: Any, name: str) -> np.dtype:
    """The dtype of numbers that are no integers: by default the default float."""
    dtype = Default.dtype if dtype is None else np.dtype(dtype)
    if dtype.kind not in "fc":
        raise TypeError(
            f"{name}: draws fractions, which {dtype} would cut off; pass dtype=ag.float32, or use randint for integers"
        )
    return dtype


def _integer(x: Any, name: str) -> int:
    try:
        return operator.index(x)
    except TypeError:
        raise TypeError(f"{name}: the bounds must be integers, got {describe(x)}") from None


# ------------------------------------------------------------------------------------------------------------ factories


@size_by_keyword
@by_example
def rand(
    *size: int | Sequence[int],
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Draw uniform numbers from [0, 1) in the given `size`: integers, or one sequence of them, also as size=(…).

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu".

    Formula: out ~ U(0, 1); of a complex dtype both parts
    Shapes: size.
    Dtypes: `dtype`, a floating or complex one, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, for an integer dtype, and for another
        device.
    Source: PyTorch's `rand`; the numbers are those of NumPy's `Generator.random`.

    >>> import autograd_core as ag
    >>> x = ag.rand(2, 3)
    >>> x.shape, bool(((x >= 0) & (x < 1)).all())
    ((2, 3), True)
    """
    on_cpu(device)
    return from_array(uniform(checked_size(size, "rand"), _floating(dtype, "rand"), generator), requires_grad)


@size_by_keyword
@by_example
def randn(
    *size: int | Sequence[int],
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Draw standard normal numbers in the given `size`: integers, or one sequence of them, also as size=(…).

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu".

    Formula: out ~ N(0, 1); of a complex dtype both parts ~ N(0, 1/2)
    Shapes: size.
    Dtypes: `dtype`, a floating or complex one, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, for an integer dtype, and for another
        device.
    Source: PyTorch's `randn`; the numbers are those of NumPy's `Generator.standard_normal`.

    >>> import autograd_core as ag
    >>> ag.randn(2, 3).shape
    (2, 3)
    """
    on_cpu(device)
    return from_array(standard_normal(checked_size(size, "randn"), _floating(dtype, "randn"), generator), requires_grad)


@by_example
def randint(
    low: int = 0,
    high: int | Sequence[int] | None = None,
    size: int | Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = np.int64,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Draw integers from [`low`, `high`), as randint(low, high, size), or from [0, high), as randint(high, size).

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu".

    Formula: out ~ U{low, …, high − 1}
    Shapes: `size`, an integer or a sequence of them.
    Dtypes: `dtype`, by default int64; a floating one holds whole numbers.
    Raises: ValueError unless low < high, or for a negative size; TypeError without a size, for what is no integer, and
        for another device; OverflowError if the bounds do not fit into the dtype; RuntimeError for requires_grad with
        an integer dtype.
    Source: PyTorch's `randint`; the numbers are those of NumPy's `Generator.integers`.

    >>> import autograd_core as ag
    >>> x = ag.randint(1, 7, (100,))
    >>> x.dtype, bool(((x >= 1) & (x <= 6)).all())
    (dtype('int64'), True)
    """
    on_cpu(device)
    if size is None:
        low, high, size = 0, low, high  # type: ignore[assignment]
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint: needs the size of the result, as in randint(6, (3,)) or randint(1, 7, size=(3,))")
    return from_array(
        _integers("randint", low, high, checked_size((size,), "randint"), dtype, generator), requires_grad
    )


def _integers(name: str, low: Any, high: Any, shape: tuple, dtype: Any, generator: Generator | None) -> np.ndarray:
    """Integers from [low, high), after a check that the dtype holds them."""
    low, high = _integer(low, name), _integer(high, name)
    if high <= low:
        raise ValueError(f"{name}: high must be greater than low, got low={low}, high={high}")
    range_checked([low, high - 1], np.dtype(dtype), name)
    return stream(generator).integers(low, high, shape).astype(dtype)


@makes_out
@by_example
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DTypeLike = np.int64,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Draw a permutation of the integers below `n`.

    It comes from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu".

    Formula: out = one of the n! orders of 0, …, n − 1, all equally likely
    Shapes: (n).
    Dtypes: `dtype`, by default int64; a floating one holds whole numbers.
    Raises: ValueError if n is negative; TypeError if it is no integer, and for another device; OverflowError if n − 1
        does not fit into the dtype; RuntimeError for requires_grad with an integer dtype.
    Source: PyTorch's `randperm`; the numbers are those of NumPy's `Generator.permutation`.

    >>> import autograd_core as ag
    >>> ag.randperm(5).sort().values
    tensor([0, 1, 2, 3, 4])
    """
    on_cpu(device)
    (size,) = checked_size((n,), "randperm")
    range_checked([max(size - 1, 0)], np.dtype(dtype), "randperm")
    return from_array(stream(generator).permutation(size).astype(dtype), requires_grad)


# ---------------------------------------------------------------------------------------------------------- like another


@by_example
def rand_like(
    input: TensorLike,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Draw uniform numbers from [0, 1) in the shape of `input`.

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out ~ U(0, 1); of a complex dtype both parts
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's, a floating or complex one.
    Raises: TypeError if input is no tensor or array, for an integer dtype, and for another device.
    Source: PyTorch's `rand_like`.

    >>> import autograd_core as ag
    >>> ag.rand_like(ag.zeros(2, 3)).shape
    (2, 3)
    """
    checked_format("rand_like", memory_format)
    on_cpu(device)
    x = as_operand(input, "rand_like")
    return from_array(uniform(tuple(x.shape), _floating(dtype or x.dtype, "rand_like"), generator), requires_grad)


@by_example
def randn_like(
    input: TensorLike,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Draw standard normal numbers in the shape of `input`.

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out ~ N(0, 1); of a complex dtype both parts ~ N(0, 1/2)
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's, a floating or complex one.
    Raises: TypeError if input is no tensor or array, for an integer dtype, and for another device.
    Source: PyTorch's `randn_like`.

    >>> import autograd_core as ag
    >>> ag.randn_like(ag.zeros(2, 3)).shape
    (2, 3)
    """
    checked_format("randn_like", memory_format)
    on_cpu(device)
    x = as_operand(input, "randn_like")
    dtype = _floating(dtype or x.dtype, "randn_like")
    return from_array(standard_normal(tuple(x.shape), dtype, generator), requires_grad)


@by_example
def randint_like(
    input: TensorLike,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Draw integers from [`low`, `high`) in the shape of `input`, or from [0, high), as randint_like(input, high).

    They come from `generator`, None being the default one. `requires_grad` lets operations on the tensor be recorded;
    `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out ~ U{low, …, high − 1}
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's; a floating one holds whole numbers.
    Raises: ValueError unless low < high; TypeError if a bound is no integer or input no tensor or array, and for
        another device; OverflowError if the bounds do not fit into the dtype.
    Source: PyTorch's `randint_like`.

    >>> import autograd_core as ag
    >>> x = ag.randint_like(ag.zeros(100), 1, 7)
    >>> x.dtype, bool(((x >= 1) & (x <= 6)).all())
    (dtype('float32'), True)
    """
    checked_format("randint_like", memory_format)
    on_cpu(device)
    x = as_operand(input, "randint_like")
    low, high = (0, low) if high is None else (low, high)
    numbers = _integers("randint_like", low, high, tuple(x.shape), dtype or x.dtype, generator)
    return from_array(numbers, requires_grad)


# ---------------------------------------------------------------------------------------------------- of given parameters


@makes_out
@by_example
def normal(
    mean: float | Tensor = 0.0,
    std: float | Tensor = 1.0,
    size: int | Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Draw normal numbers of the given `mean` and standard deviation `std`.

    They are drawn from `generator`, None being the default one, and are not differentiable: for a gradient by mean and
    std write mean + std * ag.randn_like(mean). `requires_grad` makes the result a leaf; `device` is None or "cpu".

    Formula: out ~ N(mean, std²)
    Shapes: `size`, or for None that to which mean and std broadcast, one of which is a tensor.
    Dtypes: `dtype`, or for None that of mean, of std, or the default float, the first that is floating.
    Raises: ValueError if std is negative or the shapes do not broadcast; TypeError for two numbers without a size, for
        an integer dtype, and for another device.
    Source: PyTorch's `normal`.

    >>> import autograd_core as ag
    >>> ag.normal(ag.tensor([1.0, 2.0]), 0.0)
    tensor([1., 2.])
    """
    on_cpu(device)
    m, s = (read(v, "normal") if hasattr(v, "dtype") else v for v in (mean, std))
    if size is None and not (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        raise TypeError("normal: with a mean and a deviation that are numbers, give the size of the result")
    if np.any(np.asarray(s) < 0):
        raise ValueError(f"normal: the standard deviation must not be negative, got {np.min(s)}")
    sizes = () if size is None else (checked_size((size,), "normal"),)
    try:
        shape = np.broadcast_shapes(np.shape(m), np.shape(s)) if np.ndim(m) or np.ndim(s) else ()
        if sizes and shape and np.broadcast_shapes(shape, *sizes) != sizes[0]:
            raise ValueError
    except ValueError:
        raise shape_error("normal", m, s, *map(np.empty, sizes)) from None
    shape = sizes[0] if sizes else shape
    if dtype is None:
        dtypes = (v.dtype for v in (mean, std) if isinstance(v, Tensor) and v.dtype.kind == "f")
        dtype = next(dtypes, Default.dtype)
    dtype = _floating(dtype, "normal")
    return from_array(np.asarray(m + s * standard_normal(shape, dtype, generator), dtype), requires_grad)


@makes_out
def bernoulli(
    input: TensorLike, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Draw 0 or 1 with the probabilities in `input`, or `p` for all elements.

    The numbers come from `generator`, None being the default one, and have no gradient.

    Formula: P(out = 1) = p, or input for p None
    Shapes: (*) → (*).
    Dtypes: the input's.
    Raises: ValueError for a probability outside of 0 to 1; TypeError if input is no tensor or array.
    Source: PyTorch's `bernoulli`.

    >>> import autograd_core as ag
    >>> ag.bernoulli(ag.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    x = as_operand(input, "bernoulli")
    return _chosen(x if p is None else p, tuple(x.shape), x.dtype, generator, "bernoulli")


@by_example
def _chosen(p: Any, shape: tuple, dtype: np.dtype, generator: Generator | None, name: str) -> Tensor:
    chance = read(p, name)
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):
        raise ValueError(f"{name}: probabilities must be from 0 to 1, got {chance.min()} to {chance.max()}")
    return wrap((stream(generator).random(shape) < chance).astype(dtype))


@makes_out
@by_example
def multinomial(
    input: TensorLike,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Draw `num_samples` indices from each row of weights, with or without `replacement`.

    They come from `generator`, None being the default one. Weights, the rows of `input`, need not sum to 1.

    Formula: P(out = i) = inputᵢ / Σⱼ inputⱼ; without replacement, of those that have not been drawn
    Shapes: (N) → (num_samples); (B, N) → (B, num_samples).
    Dtypes: any real one; the result is int64.
    Raises: ValueError for weights of other shapes, negative or infinite ones, a row without a positive one, or more
        samples than there are positive ones, without replacement.
    Source: PyTorch's `multinomial`; without replacement Efraimidis & Spirakis 2006.

    >>> import autograd_core as ag
    >>> ag.multinomial(ag.tensor([0.0, 3.0, 0.0]), 4, replacement=True)
    tensor([1, 1, 1, 1])
    """
    weights = np.asarray(read(input, "multinomial"), np.float64)
    if weights.ndim not in (1, 2):
        raise ValueError(f"multinomial: weights must have one or two dimensions, got shape {weights.shape}")
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
        indices = np.stack([np.searchsorted(e, d, side="right") for e, d in zip(edges, drawn, strict=True)])
    else:  # the largest of log weight + Gumbel noise are a sample without replacement (Efraimidis & Spirakis 2006)
        with np.errstate(divide="ignore"):
            keys = np.log(rows) + rng.gumbel(size=rows.shape)
        indices = np.argsort(-keys, axis=1, kind="stable")[:, :num_samples]
    return wrap(np.ascontiguousarray(indices.reshape((*weights.shape[:-1], num_samples)), np.int64))


@by_example
def poisson(input: TensorLike, generator: Generator | None = None) -> Tensor:
    """Draw Poisson counts of the rates in `input`, from `generator`, None being the default one.

    Formula: P(out = k) = input^k e^(−input) / k!
    Shapes: (*) → (*).
    Dtypes: the input's.
    Raises: ValueError for a negative rate.
    Source: PyTorch's `poisson`.

    >>> import autograd_core as ag
    >>> ag.poisson(ag.zeros(3))
    tensor([0., 0., 0.])
    """
    rates = read(input, "poisson")
    if rates.size and rates.min() < 0:
        raise ValueError(f"poisson: rates must not be negative, got {rates.min()}")
    return wrap(np.asarray(stream(generator).poisson(rates), rates.dtype))


@by_example
def binomial(count: TensorLike, prob: TensorLike, generator: Generator | None = None) -> Tensor:
    """Draw the number of successes in `count` trials, each of the probability `prob`.

    The numbers come from `generator`, None being the default one, and have no gradient.

    Formula: P(out = k) = (count choose k) prob^k (1 − prob)^(count − k)
    Shapes: (*) and (*), broadcast together → (*).
    Dtypes: floating, the same for both, kept.
    Raises: ValueError for a count that is negative or a fraction, a probability outside of 0 to 1, or shapes that do not
        broadcast; TypeError for other or different dtypes.
    Source: PyTorch's `torch.binomial`.

    >>> import autograd_core as ag
    >>> ag.binomial(ag.tensor([10.0, 3.0]), ag.tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    n, p = read(count, "binomial"), read(prob, "binomial")
    if n.dtype != p.dtype or n.dtype.kind != "f":
        raise TypeError(f"binomial: count and prob must have one floating dtype, got {n.dtype} and {p.dtype}")
    if n.size and not (n.min() >= 0 and (n == np.floor(n)).all() and n.max() < 2**63):
        raise ValueError(f"binomial: counts must be whole numbers from 0 on, got {n.min()} to {n.max()}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"binomial: probabilities must be from 0 to 1, got {p.min()} to {p.max()}")
    try:
        shape = np.broadcast_shapes(n.shape, p.shape)
    except ValueError:
        raise ValueError(f"binomial: shapes {n.shape} and {p.shape} do not broadcast together") from None
    return wrap(np.asarray(stream(generator).binomial(n.astype(np.int64), p, shape), n.dtype))


# ------------------------------------------------------------------------------------------------------------- in place


Draw = Callable[[np.random.Generator, tuple], Any]


def _fill(x: Tensor, name: str, draw: Draw, generator: Any, whole: bool = False) -> Tensor:
    """Overwrite x with what `draw` gives: integers if `whole`, which any dtype holds."""
    if not whole:
        _floating(x.dtype, name)
    return rewrite(x, lambda old: _drawn(draw, tuple(old.shape), old.dtype, generator), name=name)


@by_example
def _drawn(draw: Draw, shape: tuple, dtype: np.dtype, generator: Any) -> Tensor:
    return wrap(np.asarray(draw(stream(generator), shape)).astype(dtype))


def uniform_(self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with uniform numbers from [from_, to)."""
    if not from_ <= to:
        raise ValueError(f"uniform_: the lower bound {from_} is above the upper bound {to}")
    draw, name = uniform, "uniform_"
    return rewrite(
        self, lambda old: _scaled(draw, tuple(old.shape), old.dtype, generator, to - from_, from_, name), name=name
    )


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with normal numbers."""
    if std < 0:
        raise ValueError(f"normal_: the standard deviation must not be negative, got {std}")
    draw, name = standard_normal, "normal_"
    return rewrite(self, lambda old: _scaled(draw, tuple(old.shape), old.dtype, generator, std, mean, name), name=name)


@by_example
def _scaled(
    draw: Callable, shape: tuple, dtype: np.dtype, generator: Any, factor: float, offset: float, name: str
) -> Tensor:
    x = draw(shape, _floating(dtype, name), generator)
    x *= factor
    x += offset
    return wrap(x)


def bernoulli_(self: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with 1, with probability p (a number or a tensor), and 0."""
    return rewrite(
        self, lambda old: _chosen(p, tuple(old.shape), old.dtype, generator, "bernoulli_"), name="bernoulli_"
    )


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with exponential numbers of rate `lambd`."""
    if not lambd > 0:
        raise ValueError(f"exponential_: the rate must be positive, got {lambd}")
    return _fill(self, "exponential_", lambda rng, shape: rng.exponential(1 / lambd, shape), generator)


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with the number of trials up to the first success of probability p."""
    if not 0 < p <= 1:
        raise ValueError(f"geometric_: the probability must be from (0, 1], got {p}")
    return _fill(self, "geometric_", lambda rng, shape: rng.geometric(p, shape), generator, True)


def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with Cauchy numbers."""
    return _fill(self, "cauchy_", lambda rng, shape: median + sigma * rng.standard_cauchy(shape), generator)


def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with numbers whose logarithm is normal."""
    return _fill(self, "log_normal_", lambda rng, shape: rng.lognormal(mean, std, shape), generator)


def random_(self: Tensor, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with integers from [from_, to).

    random_(to) draws them from [0, to), and random_() from all from 0 that its dtype holds.
    """
    if to is None:
        digits = {1: 1, 2: 11, 4: 24, 8: 53}  # bool, float16, float32, float64
        largest = np.iinfo(self.dtype).max if self.dtype.kind in "iu" else 2 ** digits[self.dtype.itemsize]
        from_, to = 0, from_ or int(largest)
    return rewrite(self, lambda old: _drawn_integers(from_, to, tuple(old.shape), old.dtype, generator), name="random_")


@by_example
def _drawn_integers(low: int, high: int, shape: tuple, dtype: np.dtype, generator: Any) -> Tensor:
    return wrap(_integers("random_", low, high, shape, dtype, generator))


METHODS = (
    uniform_, normal_, bernoulli_, exponential_, geometric_, cauchy_, log_normal_, random_, bernoulli, multinomial,
)  # fmt: skip
