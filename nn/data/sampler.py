"""Samplers: in which order a `DataLoader` reads. `torch.utils.data`'s names and semantics.

Every draw comes from an `ag.Generator`, by default the library's (`ag.manual_seed`): the same seed, the same order. The
samplers of this file give their order as arrays (`block(drawn)`), so that nothing loops over samples, and draw each block
when it is needed: an epoch of 10¹⁰ draws takes the memory of one block. What else draws from the same generator between two
blocks is part of the sequence.

They have a state, the position of the iteration begun last and the indices drawn but not given yet: after
`load_state_dict` the next iteration goes on there, whatever its generator has drawn meanwhile.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from autograd_core import Generator, Tensor
from autograd_core.random import stream

from .dataset import Dataset, length_of

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]


def checked_generator(generator: Any, name: str) -> Generator | None:
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(
            f"{name}: generator must be an ag.Generator or None, got {generator!r}; write ag.Generator(seed)"
        )
    return generator


def checked_count(value: Any, name: str, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}: {what} must be a whole number of at least 1, got {value!r}")
    return int(value)


class Sampler:
    """Yields the indices that a `DataLoader` reads, in order; the base class.

    Formula: a subclass has `__iter__()`, which yields indices, and where it is known `__len__()`
    Shapes: none.
    Dtypes: integers.
    Raises: NotImplementedError from iter(sampler) where a subclass does not write it.
    Source: PyTorch's `torch.utils.data.Sampler`.

    >>> from nn.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter((2, 1, 0))
    >>> list(DataLoader([10, 20, 30], sampler=Backwards(), batch_size=3))
    [tensor([30, 20, 10])]
    """

    def __iter__(self) -> Iterator:
        raise NotImplementedError(f"{type(self).__name__} needs a method __iter__(self) that yields indices")


BLOCK = 1 << 16  # indices


class Cursor:
    """The position of an iteration over an array sampler: `drawn` indices are drawn, `pending[at:]` not given yet."""

    def __init__(self, sampler: ArraySampler, drawn: int = 0, pending: ndarray | None = None):
        self.sampler, self.drawn, self.at = sampler, drawn, 0
        self.pending = np.empty(0, np.int64) if pending is None else pending

    def fill(self, count: int) -> int:
        """Draw until `count` indices are pending or the epoch has no more; return how many are pending."""
        while len(self.pending) - self.at < count and (block := self.sampler.block(self.drawn)) is not None:
            rest = self.pending[self.at :]
            self.pending, self.at = np.concatenate([rest, block]) if len(rest) else block, 0
            self.drawn += len(block)
        return len(self.pending) - self.at

    def take(self, count: int) -> ndarray:
        """The next `count` indices, fewer at the end."""
        start, stop = self.at, self.at + count
        if stop > len(self.pending):
            self.fill(count)
            start, stop = self.at, min(self.at + count, len(self.pending))
        self.at = stop
        return self.pending[start:stop]

    def end(self) -> None:
        """The epoch is over: the state of the sampler is that before an epoch again."""
        if self.sampler.cursor is self:
            self.sampler.cursor = None


class ArraySampler(Sampler):
    """A sampler that gives many indices at a time."""

    generator: Generator | None = None
    cursor: Cursor | None = None  # of the iteration begun last
    resumed: Cursor | None = None  # where the next one is to go on

    def block(self, drawn: int) -> ndarray | None:
        """The indices, int64, that follow the first `drawn` of an epoch, drawn now; None where there are no more."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def begin(self) -> Cursor:
        """Begin an iteration, or go on where `load_state_dict` says."""
        self.cursor, self.resumed = self.resumed or Cursor(self), None
        return self.cursor

    def __iter__(self) -> Iterator[int]:
        return self._each(self.begin())

    def _each(self, cursor: Cursor) -> Iterator[int]:
        while cursor.fill(1):
            indices = cursor.pending[cursor.at : cursor.at + BLOCK].tolist()
            for cursor.at, index in enumerate(indices, cursor.at + 1):  # noqa: B020 (the position is meant to move)
                yield index
        cursor.end()

    def state_dict(self) -> dict[str, Any]:
        """The position in the iteration begun last, the indices drawn and not given, and the state of its own generator."""
        cursor = self.cursor or self.resumed or Cursor(self)
        pending = cursor.pending[cursor.at :]
        small = np.min_scalar_type(int(pending.max(initial=0)))
        state = {"length": len(self), "drawn": cursor.drawn, "pending": pending.astype(small)}
        return state if self.generator is None else {**state, "generator": self.generator.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the next iteration go on where `state_dict` was called. Raises ValueError if it is of another length."""
        name = type(self).__name__
        if state_dict["length"] != len(self):
            raise ValueError(
                f"{name}: the state is of a sampler of {state_dict['length']} indices, and this one has {len(self)}; make it "
                "from the same data"
            )
        pending = np.asarray(state_dict["pending"]).astype(np.int64)
        if not len(pending) <= state_dict["drawn"] <= len(self):
            raise ValueError(
                f"{name}: the state has {len(pending)} of {state_dict['drawn']} indices to give; it is damaged"
            )
        if self.generator is not None and "generator" in state_dict:
            self.generator.set_state(state_dict["generator"])
        self.cursor, self.resumed = None, Cursor(self, state_dict["drawn"], pending)


class SequentialSampler(ArraySampler):
    """Yields the indices of a dataset in their order.

    data_source: anything with a length.

    Formula: 0, 1, …, len(data_source) - 1
    Shapes: none.
    Dtypes: integers.
    Raises: TypeError if data_source has no length.
    Source: PyTorch's `torch.utils.data.SequentialSampler`.

    >>> from nn.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Dataset | Sized):
        self.data_source = data_source

    def block(self, drawn: int) -> ndarray | None:
        n = len(self)
        return np.arange(drawn, min(drawn + BLOCK, n)) if drawn < n else None

    def __len__(self) -> int:
        return length_of(self.data_source, "SequentialSampler")

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        return {**state, "drawn": state["drawn"] - len(state["pending"]), "pending": state["pending"][:0]}


class RandomSampler(ArraySampler):
    """Yields the indices of a dataset in a random order, a new one each time.

    data_source: anything with a length.
    replacement: True: independent draws; False: a permutation, and where num_samples is larger several, one after the
        other.
    num_samples: the number of indices, by default one for each sample.
    generator: the random numbers' source, by default the library's.

    Memory is bounded by one permutation of the dataset, with replacement by a block of draws.

    Formula: a permutation of 0 … N - 1, or draws from U{0, …, N - 1}
    Shapes: none.
    Dtypes: integers.
    Raises: TypeError if data_source has no length, or for another generator; ValueError if num_samples is below 1, or
        at the first index if data_source is empty.
    Source: PyTorch's `torch.utils.data.RandomSampler`.

    >>> from nn.data import RandomSampler
    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Dataset | Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = None
        if num_samples is not None:
            self._num_samples = checked_count(num_samples, "RandomSampler", "num_samples")
        self.generator = checked_generator(generator, "RandomSampler")

    @property
    def num_samples(self) -> int:
        return length_of(self.data_source, "RandomSampler") if self._num_samples is None else self._num_samples

    def block(self, drawn: int) -> ndarray | None:
        n, left, rng = length_of(self.data_source, "RandomSampler"), self.num_samples - drawn, stream(self.generator)
        if n == 0:
            raise ValueError("RandomSampler: the dataset is empty (0 samples), there is nothing to draw from")
        if left <= 0:
            return None
        if self.replacement:
            return rng.integers(0, n, min(left, BLOCK))
        size = min(left, max(1, BLOCK // n) * n)  # whole permutations
        return np.concatenate([rng.permutation(n) for _ in range(-(-size // n))])[:size]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(ArraySampler):
    """Yields given indices in a random order, a new one each time.

    indices: the indices.
    generator: the random numbers' source, by default the library's.

    Formula: a permutation of indices
    Shapes: none.
    Dtypes: integers.
    Raises: TypeError if indices are not integers, or for another generator.
    Source: PyTorch's `torch.utils.data.SubsetRandomSampler`.

    >>> from nn.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([4, 2, 7]))
    [2, 4, 7]
    """

    def __init__(self, indices: ArrayLike | Tensor, generator: Generator | None = None):
        array = np.array(indices.array if isinstance(indices, Tensor) else indices)
        if array.size and array.dtype.kind not in "iu":
            raise TypeError(f"SubsetRandomSampler: indices must be integers, got {array.dtype}")
        self.indices = array.astype(np.int64).reshape(-1)
        self.generator = checked_generator(generator, "SubsetRandomSampler")

    def block(self, drawn: int) -> ndarray | None:
        return stream(self.generator).permutation(self.indices) if drawn < len(self) else None

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(ArraySampler):
    """Yields random indices with probabilities in proportion to weights.

    weights: a number for each sample, finite and not negative.
    num_samples: the number of draws.
    replacement: True: independent draws; False: no index twice.
    generator: the random numbers' source, by default the library's.

    With replacement it draws as it goes: memory is bounded by the weights and a block of draws.

    Formula: P(i) = weightsᵢ / Σ weights
    Shapes: weights (N,).
    Dtypes: weights any real ones, computed in float64; the indices are integers.
    Raises: ValueError if weights have another shape, are not finite, negative or all 0, if num_samples is below 1, or
        without replacement above the number of positive weights; TypeError for another generator.
    Source: PyTorch's `torch.utils.data.WeightedRandomSampler`.

    >>> from nn.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], num_samples=3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: ArrayLike | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ):
        name = "WeightedRandomSampler"
        w = np.asarray(weights.array if isinstance(weights, Tensor) else weights, np.float64)
        if w.ndim != 1 or w.size == 0:
            raise ValueError(f"{name}: weights must be one number for each sample, got shape {w.shape}")
        bad = ~np.isfinite(w) | (w < 0)
        if bad.any():
            i = int(np.argmax(bad))
            raise ValueError(f"{name}: weights must be finite and not negative, weight {i} is {w[i]}")
        if w.sum() == 0:
            raise ValueError(f"{name}: all {w.size} weights are 0; at least one must be positive")
        self.num_samples = checked_count(num_samples, name, "num_samples")
        if not replacement and self.num_samples > np.count_nonzero(w):
            raise ValueError(
                f"{name}: {self.num_samples} draws without replacement need as many positive weights, there are "
                f"{np.count_nonzero(w)} of {w.size}; use replacement=True or fewer num_samples"
            )
        self.weights, self.replacement = w, replacement
        self._cumulative: ndarray | None = None
        self.generator = checked_generator(generator, name)

    def block(self, drawn: int) -> ndarray | None:
        left, rng = self.num_samples - drawn, stream(self.generator)
        if left <= 0:
            return None
        if not self.replacement:
            return rng.choice(len(self.weights), self.num_samples, False, self.weights / self.weights.sum())
        if not drawn or self._cumulative is None:  # as rng.choice does, which would add up the weights for each block
            cumulative = (self.weights / self.weights.sum()).cumsum()
            self._cumulative = cumulative / cumulative[-1]
        return self._cumulative.searchsorted(rng.random(min(left, BLOCK)), side="right")

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Yields lists of the indices of another sampler.

    sampler: where they come from.
    batch_size: the number of indices a list.
    drop_last: leave out a shorter last one.

    Formula: batch k = the indices k · batch_size … (k + 1) · batch_size - 1 of the sampler
    Shapes: none.
    Dtypes: integers.
    Raises: ValueError if batch_size is below 1; TypeError from len(…) if the sampler has no length.
    Source: PyTorch's `torch.utils.data.BatchSampler`.

    >>> from nn.data import BatchSampler, SequentialSampler
    >>> list(BatchSampler(SequentialSampler(range(7)), batch_size=3, drop_last=False))
    [[0, 1, 2], [3, 4, 5], [6]]
    """

    def __init__(self, sampler: Iterable, batch_size: int, drop_last: bool = False):
        self.sampler = sampler
        self.batch_size = checked_count(batch_size, "BatchSampler", "batch_size")
        self.drop_last = bool(drop_last)

    def arrays(self) -> Iterator[ndarray]:
        """The batches as int64 arrays; the iteration of the sampler begins at once."""
        if isinstance(self.sampler, ArraySampler) and type(self.sampler).__iter__ is ArraySampler.__iter__:
            return self._cut(self.sampler.begin())
        return self._collected(iter(self.sampler))

    def _cut(self, cursor: Cursor) -> Iterator[ndarray]:
        least = self.batch_size if self.drop_last else 1
        while len(indices := cursor.take(self.batch_size)) >= least:
            yield indices
        cursor.end()

    def _collected(self, indices: Iterator) -> Iterator[ndarray]:
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield np.array(batch)

    def __iter__(self) -> Iterator[list]:
        return (batch.tolist() for batch in self.arrays())

    def __len__(self) -> int:
        n = length_of(self.sampler, "BatchSampler")
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def state_dict(self) -> dict[str, Any]:
        """The state of the sampler. Raises TypeError if it has none."""
        if not keeps_position(self.sampler):
            raise TypeError(
                f"BatchSampler: {type(self.sampler).__name__} has no state of its own; give it state_dict() and "
                "load_state_dict(state), after which its next iteration goes on there"
            )
        return self.sampler.state_dict()  # type: ignore[attr-defined]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the next iteration go on where `state_dict` was called."""
        self.sampler.load_state_dict(state_dict)  # type: ignore[attr-defined]


def innermost(sampler: Any) -> Any:
    """The sampler whose indices a BatchSampler collects."""
    return innermost(sampler.sampler) if isinstance(sampler, BatchSampler) else sampler


def keeps_position(sampler: Any) -> bool:
    """Whether its state says where its iteration is; that of a class which a subclass iterates in another way does not."""
    kinds = type(sampler).__mro__
    iterates, keeps, loads = (
        next((i for i, kind in enumerate(kinds) if name in vars(kind)), len(kinds))
        for name in ("__iter__", "state_dict", "load_state_dict")
    )
    if max(keeps, loads) == len(kinds) or iterates < keeps:
        return False
    return kinds[keeps] is not BatchSampler or keeps_position(sampler.sampler)
