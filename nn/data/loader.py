"""`DataLoader`: batches of a dataset, in an order. `torch.utils.data`'s names and semantics."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Generator, Tensor, as_tensor, tensor
from autograd_core.ops.shape.shape import stack

from .dataset import IterableDataset, Samples, checked_indices, length_of
from .sampler import (
    ArraySampler,
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    checked_count,
    checked_generator,
    innermost,
    keeps_position,
)

__all__ = ["DataLoader", "default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Combine a list of samples into one batch.

    batch: the samples, alike. Tensors and arrays are stacked, numbers become a tensor, mappings a mapping of batches,
        tuples and lists a list of batches (a named tuple stays one), strings and bytes stay a list.

    Formula: out[b] = batch[b], in every field
    Shapes: B samples (*) → (B, *).
    Dtypes: those of the samples; Python floats become the default dtype (PyTorch makes them float64).
    Raises: ValueError if the batch is empty, or shapes or numbers of fields differ; TypeError for a sample of another
        type.
    Source: PyTorch's `torch.utils.data.default_collate`.

    >>> from nn.data import default_collate
    >>> default_collate([(1.5, "a"), (2.5, "b")])
    [tensor([1.5, 2.5]), ['a', 'b']]
    """
    if not len(batch):
        raise ValueError("default_collate: the batch is empty, there is nothing to put together")
    first = batch[0]
    if isinstance(first, Tensor | ndarray | np.generic):
        for i, sample in enumerate(batch):
            if np.shape(sample) != first.shape:
                raise ValueError(
                    f"default_collate: sample 0 has shape {tuple(first.shape)} and sample {i} has {np.shape(sample)}; "
                    "samples of one batch need one shape: pad them, or give the DataLoader a collate_fn that does"
                )
        if isinstance(first, Tensor):
            return stack(list(batch))
        return as_tensor(np.stack([np.asarray(sample) for sample in batch]))
    if isinstance(first, bool | int | float | complex):
        return tensor(list(batch))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        collated = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return collated if type(first) is dict else type(first)(collated)  # type: ignore[call-arg]
    if isinstance(first, tuple | list):
        sizes = {len(sample) for sample in batch}
        if len(sizes) > 1:
            raise ValueError(f"default_collate: samples have different numbers of fields, {sorted(sizes)}")
        fields = [default_collate(list(field)) for field in zip(*batch)]
        return type(first)(*fields) if hasattr(first, "_fields") else fields
    raise TypeError(
        f"default_collate: a sample is of type {type(first).__name__}; it must be a tensor, an array, a number, a string, or "
        "a mapping, tuple or list of these; or give the DataLoader a collate_fn"
    )


def default_convert(data: Any) -> Any:
    """Convert the arrays of a single sample to tensors, where nothing is batched (`batch_size=None`).

    data: an array, or mappings, tuples and lists of arrays; what is none of these stays.

    Formula: out = data, each array as a tensor
    Shapes: (*) → (*).
    Dtypes: those of the arrays.
    Raises: nothing.
    Source: PyTorch's `torch.utils.data.default_convert`.

    >>> import numpy as np
    >>> from nn.data import default_convert
    >>> default_convert({"x": np.ones(2), "name": "a"})
    {'x': tensor([1., 1.], dtype=float64), 'name': 'a'}
    """
    if isinstance(data, ndarray | np.generic) and data.dtype.kind in "fiubc":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, tuple | list):
        return [default_convert(value) for value in data]
    return data


warned: list[int] = []  # whether a loader has warned that there are no worker processes


class DataLoader:
    """Iterates over a dataset in batches.

    dataset: anything with `__getitem__` and `__len__`, or an `IterableDataset`.
    batch_size: the number of samples a batch; None: single samples, nothing is batched.
    shuffle: True: a new random order each epoch.
    sampler: the order of the indices, instead of shuffle.
    batch_sampler: the indices of each batch, instead of batch_size, shuffle, sampler and drop_last.
    num_workers: batches are always made in the calling process; a number above 0 is accepted, and a warning says so
        once.
    collate_fn: makes a batch of a list of samples; by default `default_collate`.
    drop_last: True: leave out a last batch that is shorter.
    generator: the random numbers' source of shuffle, by default the library's (`ag.manual_seed`).
    pin_memory, timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers,
        pin_memory_device, in_order: accepted for PyTorch's sake and without effect: they concern worker processes and
        other devices.

    A `TensorDataset`, also through `Subset`, `ConcatDataset` and `StackDataset`, is read a batch at a time, with one
    fancy index a tensor. Batches are copies: changing one in place leaves the dataset as it is.

    `state_dict()` is the position of the iteration begun last, and after `load_state_dict` the next one goes on there: with
    the samplers of this module exactly, whatever has drawn meanwhile; with another sampler that has these two methods by
    its own state; else by passing over as many batches of indices, which is an error if the last of them was another.

    Formula: batch k = collate_fn([dataset[i] for i in the k-th batch of indices])
    Shapes: samples (*) → batches (B, *).
    Dtypes: as the samples have them.
    Raises: ValueError for a batch_size below 1, options that exclude each other, an empty dataset, a negative
        num_workers or timeout; TypeError if the dataset has no length, or for another generator.
    Source: PyTorch's `torch.utils.data.DataLoader`.

    >>> import numpy as np
    >>> from nn.data import DataLoader, TensorDataset
    >>> for x, y in DataLoader(TensorDataset(np.arange(5), np.arange(5) % 2), batch_size=3):
    ...     print(x, y)
    tensor([0, 1, 2]) tensor([0, 1, 0])
    tensor([3, 4]) tensor([1, 0])
    """

    def __init__(
        self,
        dataset: Samples,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable | None = None,
        batch_sampler: Iterable | None = None,
        num_workers: int = 0,
        collate_fn: Callable | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: str | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ):
        _check_workers(num_workers, timeout)
        generator = checked_generator(generator, "DataLoader")
        self.iterable = isinstance(dataset, IterableDataset)
        if self.iterable:
            _refuse_for_iterable(dataset, shuffle, sampler, batch_sampler)
        elif (size := length_of(dataset, "DataLoader")) == 0:
            raise ValueError(f"DataLoader: the dataset ({type(dataset).__name__}) is empty, it has {size} samples")
        if sampler is not None and shuffle:
            raise ValueError(
                "DataLoader: sampler and shuffle=True were both given; the sampler decides the order, leave out shuffle"
            )
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                f"DataLoader: batch_sampler decides the batches alone, but batch_size={batch_size}, shuffle={shuffle}, "
                f"sampler={sampler}, drop_last={drop_last} was given with it; leave them out"
            )
        if batch_size is None:
            if drop_last:
                raise ValueError("DataLoader: batch_size=None makes no batches, so there is none for drop_last=True")
        elif batch_sampler is None:
            batch_size = checked_count(batch_size, "DataLoader", "batch_size")
        else:
            batch_size = None
        self.dataset: Any = dataset
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.generator = generator
        if sampler is None and batch_sampler is None and not self.iterable:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and sampler is not None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self._position = Position()  # of the iteration begun last
        self._resumed: dict[str, Any] | None = None  # where the next one is to go on
        self._collates = collate_fn is not None
        self.collate_fn: Callable = collate_fn or (
            default_convert if batch_size is None and batch_sampler is None else default_collate
        )

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length_of(self.dataset if self.sampler is None else self.sampler, "DataLoader")
        n = length_of(self.dataset, "DataLoader")
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def _repr_html_(self) -> str:
        """What a notebook shows: the batches, and the dataset."""
        from .dataset_view import loader_html

        return loader_html(self)

    def __iter__(self) -> Iterator:
        position = self._position = Position()
        resumed, self._resumed = self._resumed, None
        if resumed is not None and resumed.get("ended"):
            return iter(())
        source, make = self._stream() if self.iterable else self._order()
        if resumed is not None:
            position.count, position.last = resumed["batches"], resumed.get("last")
            if "sampler" not in resumed and resumed["batches"]:
                self._pass_over(source, resumed)
        return self._read(source, make, position)

    def _read(self, source: Iterator, make: Callable, position: Position) -> Iterator:
        for indices in source:
            batch = make(indices)
            position.count, position.last = position.count + 1, indices
            yield batch
        position.count, position.last = 0, None

    def _order(self) -> tuple[Iterator, Callable]:
        """The indices of the batches (or of the samples), and the function that makes a batch of them."""
        data, sampler = self.dataset, self.batch_sampler
        if sampler is None:
            assert self.sampler is not None
            return iter(self.sampler), lambda i: self.collate_fn(data[i])
        own = type(sampler) is BatchSampler
        if self._collates or not getattr(data, "batched", False):
            return iter(sampler), lambda indices: self.collate_fn([data[i] for i in indices])
        source = sampler.arrays() if own else iter(sampler)  # type: ignore[attr-defined]
        if own and type(self.sampler) in (RandomSampler, SequentialSampler):  # a subclass may give any index
            return source, lambda indices: _listed(data.get_batch(indices))
        n = len(data)
        return source, lambda indices: _listed(data.get_batch(checked_indices(indices, n, "DataLoader")))

    def _stream(self) -> tuple[Iterator, Callable]:
        if self.batch_size is None:
            return iter(self.dataset), self.collate_fn
        return self._groups(iter(self.dataset), self.batch_size), self.collate_fn

    def _groups(self, samples: Iterator, size: int) -> Iterator[list]:
        while batch := list(itertools.islice(samples, size)):
            if len(batch) < size and self.drop_last:
                return
            yield batch

    def _pass_over(self, source: Iterator, resumed: dict[str, Any]) -> None:
        last = None
        for _ in range(resumed["batches"]):
            last = next(source, None)
        if not self.iterable and not np.array_equal(np.asarray(last), np.asarray(resumed["last"])):
            raise ValueError(
                f"DataLoader: {type(self._sampler).__name__} has no state of its own, and the order that it gives now is not "
                f"the one of the state, batch {resumed['batches']} is another; seed what it draws from as at the start of "
                "that epoch, or give it state_dict() and load_state_dict(state)"
            )

    @property
    def _sampler(self) -> Any:
        """What decides the order: the batch sampler, or where the loader made it, the sampler."""
        own = self.batch_sampler is None or type(self.batch_sampler) is BatchSampler
        return self.sampler if own and self.sampler is not None else self.batch_sampler

    def state_dict(self) -> dict[str, Any]:
        """The position of the iteration begun last, in batches; and the state of the sampler, or the last batch's indices."""
        if self._resumed is not None:
            return self._resumed
        count, last = self._position.count, self._position.last
        if keeps_position(self._sampler):
            # another sampler is at its end already once it was asked for more than a short last batch has
            ended = not isinstance(innermost(self._sampler), ArraySampler) and count > 0 and count == len(self)
            return {"batches": count, "ended": ended, "sampler": self._sampler.state_dict()}
        return {"batches": count} if self.iterable or last is None else {"batches": count, "last": np.asarray(last)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the next iteration go on where `state_dict` was called.

        Raises ValueError if the state is of another loader; from the next `iter(loader)` if the sampler has no state and
        gives another order.
        """
        if keeps_position(self._sampler) != ("sampler" in state_dict):
            raise ValueError("DataLoader: the state is of a loader with another sampler; make it with the same one")
        if "sampler" in state_dict:
            self._sampler.load_state_dict(state_dict["sampler"])
        self._position, self._resumed = Position(), dict(state_dict)


class Position:
    """The number of batches that an iteration has given, and the indices of the last."""

    count = 0
    last: Any = None


def _check_workers(num_workers: int, timeout: float) -> None:
    """Raise for impossible numbers, and warn once that there are no worker processes."""
    if isinstance(num_workers, bool) or not isinstance(num_workers, int | np.integer) or num_workers < 0:
        raise ValueError(f"DataLoader: num_workers must be a whole number of at least 0, got {num_workers!r}")
    if not timeout >= 0:
        raise ValueError(f"DataLoader: timeout must not be negative, got {timeout!r}")
    if num_workers and not warned:
        warned.append(num_workers)
        warnings.warn(
            f"DataLoader: num_workers={num_workers}, but there are no worker processes: batches are made in the calling "
            "process, where slices of arrays cost less than sending them between processes; leave it out, or at 0",
            stacklevel=3,
        )


def _listed(batch: Any) -> Any:
    """A batch with lists for tuples, as `default_collate` makes it."""
    if type(batch) is tuple:
        return [_listed(field) for field in batch]
    return {key: _listed(field) for key, field in batch.items()} if type(batch) is dict else batch


def _refuse_for_iterable(dataset: Any, shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
        if value is not None:
            raise ValueError(
                f"DataLoader: {name}={value} was given with {type(dataset).__name__}, an IterableDataset, which "
                "decides its order itself; leave it out, or shuffle inside the dataset"
            )
