"""Datasets: what has samples. `torch.utils.data`'s names and semantics.

A dataset whose samples are rows of arrays can return a whole batch at once: `batched` is True and `get_batch(indices)`
reads the rows with one fancy index a tensor. `DataLoader` uses that and never loops over samples there. Every other
dataset is read a sample at a time and collated.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import GenericAlias
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from autograd_core import Generator, Tensor, as_tensor, from_numpy
from autograd_core.ops.shape.shape import cat
from autograd_core.random import stream

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]


class Dataset:
    """Maps an index to a sample; the base class.

    A subclass has `__getitem__(index)` and, for most uses, `__len__()`. Where it sets `batched`, `get_batch(indices)`
    reads a whole batch at once.

    Formula: dataset[i] is sample i; a + b is the samples of a, then those of b
    Shapes: as the samples have them.
    Dtypes: as the samples have them.
    Raises: NotImplementedError from dataset[i] where a subclass does not write it.
    Source: PyTorch's `torch.utils.data.Dataset`.

    >>> from nn.data import Dataset
    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index**2
    ...     def __len__(self):
    ...         return 10
    >>> (Squares() + Squares())[13]
    9
    """

    batched = False  # True where get_batch reads a batch at once
    __class_getitem__: Any = classmethod(GenericAlias)  # the type of a sample, as in class Words(Dataset[str])

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method __getitem__(self, index), giving a sample")

    def get_batch(self, indices: ndarray) -> Any:
        """The samples at an int64 array of indices, collated. Only where `batched` is True."""
        raise NotImplementedError(f"{type(self).__name__} has no get_batch(indices); read its samples one by one")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])

    def _repr_html_(self) -> str:
        """What a notebook shows: the size, shapes and first samples."""
        from .dataset_view import html

        return html(self)


class Indexed(Protocol):
    """Anything with a length and indices, such as a list."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...


Samples: TypeAlias = Dataset | Indexed  # what is read by index


class IterableDataset(Dataset):
    """Yields samples one after the other, from a stream for example; the base class.

    Formula: a subclass has `__iter__()`, which yields the samples; there are no indices
    Shapes: as the samples have them.
    Dtypes: as the samples have them.
    Raises: NotImplementedError from iter(dataset) where a subclass does not write it.
    Source: PyTorch's `torch.utils.data.IterableDataset`.

    >>> from nn.data import DataLoader, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         yield from range(5)
    >>> list(DataLoader(Count(), batch_size=3))
    [tensor([0, 1, 2]), tensor([3, 4])]
    """

    def __iter__(self) -> Iterator:
        raise NotImplementedError(f"{type(self).__name__} needs a method __iter__(self) that yields samples")


class ChainDataset(IterableDataset):
    """Yields the samples of several datasets, one dataset after the other.

    datasets: the datasets, each an IterableDataset.

    Formula: the samples of datasets[0], then those of datasets[1], …
    Shapes: as the samples have them.
    Dtypes: as the samples have them.
    Raises: TypeError, when it is iterated over, for one that is no IterableDataset.
    Source: PyTorch's `torch.utils.data.ChainDataset`.

    >>> from nn.data import ChainDataset, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         yield from range(2)
    >>> list(ChainDataset([Count(), Count()]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[IterableDataset]):
        self.datasets = datasets

    def __iter__(self) -> Iterator:
        for d in self.datasets:
            if not isinstance(d, IterableDataset):
                raise TypeError(
                    f"ChainDataset: needs IterableDatasets, got {type(d).__name__}; ConcatDataset joins others"
                )
            yield from d

    def __len__(self) -> int:
        return sum(length_of(d, "ChainDataset") for d in self.datasets)


def length_of(dataset: Any, name: str) -> int:
    """len(dataset), or a TypeError that says what it is needed for."""
    try:
        return len(dataset)
    except TypeError:
        raise TypeError(
            f"{name}: {type(dataset).__name__} has no length; give it a method __len__(self), or make it an "
            "IterableDataset"
        ) from None


def checked_indices(indices: Any, n: int, name: str) -> ndarray:
    """`indices` as an int64 array of positions 0 … n-1, from integers (negative ones count from the end) or a mask."""
    array = np.asarray(indices)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype == bool:
        if array.shape != (n,):
            raise IndexError(f"{name}: a mask of shape {array.shape} does not fit {n} samples; it must be ({n},)")
        return np.flatnonzero(array)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"{name}: indices must be integers in one dimension, got {array.dtype} of shape {array.shape}")
    wrong = (array >= n) | (array < -n)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise IndexError(
            f"{name}: index {array[at]} (at position {at}) is out of range for {n} samples; "
            + (f"use {-n} … {n - 1}" if n else "there is none to read")
        )
    return np.where(array < 0, array + n, array).astype(np.int64, copy=False)


class TensorDataset(Dataset):
    """Reads samples from tensors whose first dimensions agree.

    tensors: tensors or NumPy arrays, whose memory is shared.
    transform: is called with a *batch* of the first tensor, shape (B, *), and returns what takes its place, with B
        rows; augmentation of a whole batch costs one call. A single sample is transformed as a batch of one.

    Unlike PyTorch's, it also takes a slice, an index array or a mask, checks the range, and knows `transform`. A
    subclass that overrides `__getitem__` is read sample by sample through it.

    Formula: dataset[i] = (t[i] for t in tensors)
    Shapes: each tensor (N, *); a sample has shapes (*), a batch of B samples (B, *).
    Dtypes: any; they stay.
    Raises: ValueError if there is no tensor, one has no dimension, or the first dimensions differ; IndexError for an
        index out of range; TypeError for another index; ValueError if transform does not return B rows.
    Source: PyTorch's `torch.utils.data.TensorDataset`.

    >>> import numpy as np
    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(np.arange(6.0, dtype=np.float32).reshape(3, 2), np.array([0, 1, 0]))
    >>> len(data), data[1]
    (3, (tensor([2., 3.]), tensor(1)))
    """

    def __init__(self, *tensors: Tensor | ArrayLike, transform: Callable | None = None):
        if not tensors:
            raise ValueError("TensorDataset: needs at least one tensor or array, got none")
        self.tensors: tuple[Any, ...] = tuple(as_tensor(t) for t in tensors)
        shapes = [t.shape for t in self.tensors]
        if () in shapes:
            raise ValueError(f"TensorDataset: every tensor needs a first dimension of samples, got shapes {shapes}")
        sizes = [shape[0] for shape in shapes]
        if len(set(sizes)) > 1:
            raise ValueError(
                f"TensorDataset: the tensors have different lengths {sizes} (shapes {shapes}); their first dimensions "
                "must be equal"
            )
        self.transform = transform

    @property
    def batched(self) -> bool:  # type: ignore[override]
        return type(self).__getitem__ is TensorDataset.__getitem__

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        n = len(self)
        if isinstance(index, slice):
            return self._transformed(tuple(t[index] for t in self.tensors))
        if isinstance(index, list | ndarray | Tensor) and np.ndim(index):
            return self.get_batch(checked_indices(index, n, type(self).__name__))
        try:
            i = index.__index__()
        except (AttributeError, TypeError):
            raise TypeError(
                f"{type(self).__name__}: an index is an integer, a slice or an array of integers, got {index!r}"
            ) from None
        if not -n <= i < n:
            raise IndexError(
                f"{type(self).__name__}: index {i} is out of range for {n} samples; "
                + (f"use {-n} … {n - 1}" if n else "there is none to read")
            )
        i %= n
        if self.transform is None:
            return tuple(t[i] for t in self.tensors)
        one: tuple[Any, ...] = self._transformed(tuple(t[i : i + 1] for t in self.tensors))
        return tuple(t[0] for t in one)

    def get_batch(self, indices: ndarray) -> tuple[Tensor, ...]:
        """The rows at an int64 array of indices, copied: one fancy index a tensor, whatever the number of rows."""
        return self._transformed(tuple(_rows(t, indices) for t in self.tensors))

    def raw_samples(self, indices: ndarray) -> list | None:
        """Samples as they lie in memory, without the transform; None where a subclass makes them otherwise."""
        if not self.batched:
            return None
        return [tuple(t.detach()[int(i)] for t in self.tensors) for i in indices]

    def _transformed(self, batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.transform is None:
            return batch
        x = self.transform(batch[0])
        if not isinstance(x, Tensor | ndarray) or x.ndim == 0 or x.shape[0] != batch[0].shape[0]:
            got = f"shape {x.shape}" if isinstance(x, Tensor | ndarray) else f"{type(x).__name__}"
            raise ValueError(
                f"{type(self).__name__}: transform was given a batch of shape {batch[0].shape} and returned {got}; "
                f"it must return a tensor or array of {batch[0].shape[0]} rows"
            )
        return (as_tensor(x), *batch[1:])


def _rows(t: Any, indices: ndarray) -> Tensor:
    if t.requires_grad:
        return t[indices]
    return from_numpy(np.take(t.array, indices, axis=0))


class Subset(Dataset):
    """Selects samples of a dataset.

    dataset: where they are.
    indices: integers, negative ones from the end, or a mask; they are the order.

    Formula: subset[i] = dataset[indices[i]]
    Shapes: as the samples have them.
    Dtypes: as the samples have them.
    Raises: TypeError if the dataset has no length or the indices are not integers or booleans; IndexError for one out
        of range.
    Source: PyTorch's `torch.utils.data.Subset`.

    >>> from nn.data import Subset
    >>> list(Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    def __init__(self, dataset: Samples, indices: Iterable[int] | ndarray | Tensor):
        self.dataset: Any = dataset
        listed = indices.array if isinstance(indices, Tensor) else indices
        if not isinstance(listed, ndarray):
            listed = list(listed)
        self.indices: ndarray = checked_indices(listed, length_of(dataset, "Subset"), "Subset")

    @property
    def batched(self) -> bool:  # type: ignore[override]
        return type(self).__getitem__ is Subset.__getitem__ and getattr(self.dataset, "batched", False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        n = len(self)
        if isinstance(index, slice):
            return self.dataset[self.indices[index]]
        if isinstance(index, list | ndarray | Tensor) and np.ndim(index):
            return self.dataset[self.indices[checked_indices(index, n, "Subset")]]
        if not -n <= index < n:
            raise IndexError(
                f"Subset: index {index} is out of range for {n} samples; "
                + (f"use {-n} … {n - 1}" if n else "there is none to read")
            )
        return self.dataset[int(self.indices[index])]

    def get_batch(self, indices: ndarray) -> Any:
        return self.dataset.get_batch(self.indices[indices])

    def raw_samples(self, indices: ndarray) -> list | None:
        """Those of the dataset, if it has them in memory."""
        raw = getattr(self.dataset, "raw_samples", None)
        return None if raw is None or not self.batched else raw(self.indices[indices])


class ConcatDataset(Dataset):
    """Joins the samples of several datasets, one dataset after the other.

    datasets: the datasets, at least one.

    Formula: joined[i] = datasets[k][i - (the length of the first k)]
    Shapes: as the samples have them; a batch needs one shape.
    Dtypes: as the samples have them.
    Raises: ValueError if there is none; TypeError if one has no length or is an IterableDataset; IndexError for an
        index out of range; ValueError for a batch of samples of different shapes.
    Source: PyTorch's `torch.utils.data.ConcatDataset`.

    >>> from nn.data import ConcatDataset
    >>> ConcatDataset(["ab", "cd"])[2]
    'c'
    """

    def __init__(self, datasets: Iterable[Samples]):
        self.datasets: list[Any] = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: needs at least one dataset, got none")
        for d in self.datasets:
            if isinstance(d, IterableDataset):
                raise TypeError(
                    f"ConcatDataset: {type(d).__name__} is an IterableDataset, which has no indices; chain its "
                    "iterator with the others (itertools.chain)"
                )
        self.cumulative_sizes = list(itertools.accumulate(length_of(d, "ConcatDataset") for d in self.datasets))

    @property
    def batched(self) -> bool:  # type: ignore[override]
        own = type(self).__getitem__ is ConcatDataset.__getitem__
        return own and all(getattr(d, "batched", False) for d in self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        n = len(self)
        if not -n <= index < n:
            raise IndexError(
                f"ConcatDataset: index {index} is out of range for {n} samples; "
                + (f"use {-n} … {n - 1}" if n else "there is none to read")
            )
        i = index % n
        part = bisect.bisect_right(self.cumulative_sizes, i)
        return self.datasets[part][i - (self.cumulative_sizes[part - 1] if part else 0)]

    def get_batch(self, indices: ndarray) -> Any:
        ends = np.array(self.cumulative_sizes)
        parts = np.searchsorted(ends, indices, side="right")
        offsets = indices - np.concatenate(([0], ends))[parts]
        used = np.unique(parts)
        if len(used) == 1:
            return self.datasets[used[0]].get_batch(offsets)
        pieces = [self.datasets[p].get_batch(offsets[parts == p]) for p in used]
        back = np.argsort(np.argsort(parts, kind="stable"), kind="stable")  # the row of each index in the pieces
        return _merged(pieces, back)


def _merged(pieces: list, order: ndarray) -> Any:
    """The batches concatenated, with their rows in `order`; batches may be nested."""
    first = pieces[0]
    if isinstance(first, Tensor):
        shapes = [piece.shape[1:] for piece in pieces]
        if len(set(shapes)) > 1:
            raise ValueError(
                f"ConcatDataset: samples of shapes {sorted(set(shapes))} cannot stand in one batch; concatenate "
                "datasets of one shape, or give a collate_fn that pads"
            )
        return cat(pieces)[order]
    if isinstance(first, Mapping):
        return {key: _merged([piece[key] for piece in pieces], order) for key in first}
    return tuple(_merged([piece[i] for piece in pieces], order) for i in range(len(first)))


class StackDataset(Dataset):
    """Puts datasets of one length side by side.

    args: the datasets, whose samples become tuples; or kwargs: named datasets, whose samples become dictionaries.

    Formula: stacked[i] = (d[i] for d in args), or {name: d[i] for name, d in kwargs}
    Shapes: as the samples have them.
    Dtypes: as the samples have them.
    Raises: ValueError if there are none, both kinds, or different lengths; TypeError if one has no length.
    Source: PyTorch's `torch.utils.data.StackDataset`.

    >>> from nn.data import StackDataset
    >>> StackDataset(letter="abc", number=[1, 2, 3])[1]
    {'letter': 'b', 'number': 2}
    """

    def __init__(self, *args: Samples, **kwargs: Samples):
        if bool(args) == bool(kwargs):
            raise ValueError(
                f"StackDataset: give datasets either as positions or as keywords, got {len(args)} positions and "
                f"{len(kwargs)} keywords"
            )
        self.datasets: Any = kwargs or args
        sizes = [length_of(d, "StackDataset") for d in self._parts()]
        if len(set(sizes)) > 1:
            raise ValueError(f"StackDataset: the datasets have different lengths {sizes}; they must be equal")
        self._length = sizes[0]

    def _parts(self) -> list:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def _assembled(self, samples: list) -> Any:
        return dict(zip(self.datasets, samples)) if isinstance(self.datasets, dict) else tuple(samples)

    @property
    def batched(self) -> bool:  # type: ignore[override]
        own = type(self).__getitem__ is StackDataset.__getitem__
        return own and all(getattr(d, "batched", False) for d in self._parts())

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        return self._assembled([d[index] for d in self._parts()])

    def get_batch(self, indices: ndarray) -> Any:
        return self._assembled([d.get_batch(indices) for d in self._parts()])


def random_split(dataset: Samples, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset]:
    """Cut a dataset at random into `Subset`s that do not overlap.

    dataset: anything with a length and indices.
    lengths: numbers of samples that add up to len(dataset), or fractions that add up to 1: then each part gets
        ⌊fraction · N⌋ samples, and the rest goes one by one to the first parts.
    generator: of the random order, by default the library's.

    Formula: part k = the samples at order[end_{k-1} : end_k] of a random permutation `order`
    Shapes: N samples → as many as each length.
    Dtypes: as the samples have them.
    Raises: ValueError if a length is negative, or they do not add up; TypeError if the dataset has no length.
    Source: PyTorch's `torch.utils.data.random_split`.

    >>> import autograd_core as ag
    >>> from nn.data import random_split
    >>> train, test = random_split(range(10), [0.8, 0.2], generator=ag.Generator(0))
    >>> len(train), len(test), sorted(set(train.indices) | set(test.indices)) == list(range(10))
    (8, 2, True)
    """
    n = length_of(dataset, "random_split")
    lengths = list(lengths)
    if any(part < 0 for part in lengths):
        raise ValueError(f"random_split: lengths must not be negative, got {lengths}")
    if lengths and math.isclose(sum(lengths), 1) and sum(lengths) <= 1 + 1e-9:
        sizes = [math.floor(n * part) for part in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    elif all(float(part).is_integer() for part in lengths) and sum(lengths) == n:
        sizes = [int(part) for part in lengths]
    else:
        raise ValueError(
            f"random_split: lengths {lengths} add up to {sum(lengths)}; numbers of samples must add up to the {n} of "
            "the dataset, fractions to 1"
        )
    order = stream(generator).permutation(n)
    ends = list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends)]
