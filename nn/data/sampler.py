"""Samplers: in which order a `DataLoader` reads. `torch.utils.data`'s names and semantics.

Every draw comes from an `ag.Generator`, by default the library's (`ag.manual_seed`): the same seed, the same order. The
samplers of this file give their order as arrays (`blocks()`), so that nothing loops over samples, and draw each block when
it is needed: an epoch of 10¹⁰ draws takes the memory of one block. What else draws from the same generator between two
blocks is part of the sequence.
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


class _ArraySampler(Sampler):
    """A sampler that gives many indices at a time."""

    def blocks(self) -> Iterator[ndarray]:
        """The indices of one epoch, int64, in arrays; a random sampler draws anew at each call."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        for block in self.blocks():
            for start in range(0, len(block), BLOCK):
                yield from block[start : start + BLOCK].tolist()


def _sizes(n: int, size: int = BLOCK) -> Iterator[int]:
    """Sizes of blocks that add up to n."""
    for start in range(0, n, size):
        yield min(size, n - start)


class SequentialSampler(_ArraySampler):
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

    def blocks(self) -> Iterator[ndarray]:
        n = len(self)
        return (np.arange(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))

    def __len__(self) -> int:
        return length_of(self.data_source, "SequentialSampler")


class RandomSampler(_ArraySampler):
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

    def blocks(self) -> Iterator[ndarray]:
        n, wanted, rng = length_of(self.data_source, "RandomSampler"), self.num_samples, stream(self.generator)
        if n == 0:
            raise ValueError("RandomSampler: the dataset is empty (0 samples), there is nothing to draw from")
        if self.replacement:
            for size in _sizes(wanted):
                yield rng.integers(0, n, size)
            return
        for size in _sizes(wanted, max(1, BLOCK // n) * n):  # whole permutations
            yield np.concatenate([rng.permutation(n) for _ in range(-(-size // n))])[:size]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(_ArraySampler):
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

    def blocks(self) -> Iterator[ndarray]:
        yield stream(self.generator).permutation(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_ArraySampler):
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
        self.generator = checked_generator(generator, name)

    def blocks(self) -> Iterator[ndarray]:
        p, rng = self.weights / self.weights.sum(), stream(self.generator)
        if not self.replacement:
            yield rng.choice(len(p), self.num_samples, False, p)
            return
        cumulative = p.cumsum()
        cumulative /= cumulative[-1]
        for size in _sizes(self.num_samples):  # as rng.choice does, which would add up the weights for each block
            yield cumulative.searchsorted(rng.random(size), side="right")

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
        """The batches as int64 arrays."""
        size = self.batch_size
        if isinstance(self.sampler, _ArraySampler) and type(self.sampler).__iter__ is _ArraySampler.__iter__:
            yield from self._cut(self.sampler.blocks())
            return
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, size)):
            if len(batch) < size and self.drop_last:
                return
            yield np.array(batch)

    def _cut(self, blocks: Iterable[ndarray]) -> Iterator[ndarray]:
        """The batches in blocks of indices; one may begin in a block and end in a later one."""
        size, begun, count = self.batch_size, [], 0
        for block in blocks:
            begun.append(block)
            count += len(block)
            if count < size:
                continue
            indices = np.concatenate(begun) if len(begun) > 1 else block
            end = count // size * size
            for start in range(0, end, size):
                yield indices[start : start + size]
            begun, count = [indices[end:]], count - end
        if count and not self.drop_last:
            yield np.concatenate(begun)

    def __iter__(self) -> Iterator[list]:
        return (batch.tolist() for batch in self.arrays())

    def __len__(self) -> int:
        n = length_of(self.sampler, "BatchSampler")
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
