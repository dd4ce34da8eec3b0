"""Sequences of unequal length: padded, packed, and back; truncated backpropagation through time.

Packed, the sequences lie step after step without padding: first the first elements of all sequences, longest sequence
first, then the second elements of those that have one, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.tensor import Tensor, describe, wrap
from autograd_core.ops.indexing.slices import index_put
from autograd_core.ops.shape.shape import cat, stack


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """A batch of sequences without padding; `pack_padded_sequence` and `pack_sequence` make it.

    data               (S, *), the elements of all sequences, step after step
    batch_sizes        (T,), how many sequences have an element at each step: never increasing
    sorted_indices     (N,), which sequence of the user's is first, second …; None if they came sorted by length
    unsorted_indices   (N,), the inverse permutation, which is found if it is not given
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, dtype: Any) -> PackedSequence:
        """The same with the data in another dtype."""
        return self._replace(data=self.data.to(dtype))

    def double(self) -> PackedSequence:
        return self.to(ag.float64)

    def float(self) -> PackedSequence:
        return self.to(ag.float32)

    def half(self) -> PackedSequence:
        return self.to(ag.float16)

    def long(self) -> PackedSequence:
        return self.to(ag.int64)

    def int(self) -> PackedSequence:
        return self.to(ag.int32)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes the given one; of None, None."""
    return None if permutation is None else wrap(np.argsort(permutation.array))


def _lengths(lengths: Any, N: int, T: int, name: str) -> ndarray:
    array = lengths.array if isinstance(lengths, Tensor) else np.asarray(lengths)
    if array.ndim != 1 or len(array) != N:
        raise ValueError(
            f"{name}: lengths has shape {array.shape}, but the batch has {N} sequences; give one length for each"
        )
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: lengths must be whole numbers, got {array.dtype}")
    for i, length in enumerate(array):
        if not 0 < length <= T:
            raise ValueError(
                f"{name}: sequence {i} has length {length}, but lengths must be from 1 to {T}, the padded length; drop "
                "empty sequences"
            )
    return array.astype(np.int64)


def _batch_at(batch_first: bool) -> int:
    return 0 if batch_first else 1


def _check_padded(input: Any, name: str) -> None:
    if not hasattr(input, "ndim") or input.ndim < 2:
        raise ValueError(
            f"{name}: needs a padded batch of at least two dimensions, got {describe(input)}; use pad_sequence"
        )
    if 0 in input.shape[:2]:
        raise ValueError(f"{name}: the batch of shape {tuple(input.shape)} has no sequences or no steps")


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch, (T, N, *), or (N, T, *) if `batch_first`, of sequences of the given lengths.

    lengths          N whole numbers from 1 to T, a list, an array or a tensor
    enforce_sorted   True: they must not increase. False: the sequences are sorted here, and put back into their order
                     by `pad_packed_sequence` and by the states that a recurrent layer returns

    >>> import autograd_core as ag
    >>> pack_padded_sequence(ag.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    name = "pack_padded_sequence"
    _check_padded(input, name)
    at = _batch_at(batch_first)
    N, T = input.shape[at], input.shape[1 - at]
    steps = _lengths(lengths, N, T, name)
    sorted_indices = None
    if not enforce_sorted:
        order = np.argsort(-steps, kind="stable")
        steps, sorted_indices = steps[order], wrap(order)
    elif (np.diff(steps) > 0).any():
        i = int((np.diff(steps) > 0).argmax())
        raise ValueError(
            f"{name}: lengths must be sorted in decreasing order, but sequence {i} has length {steps[i]} and sequence "
            f"{i + 1} has {steps[i + 1]}; pass enforce_sorted=False"
        )
    batch_sizes = _batch_sizes(steps)
    t, n = _places(batch_sizes)
    n = n if sorted_indices is None else sorted_indices.array[n]
    data = input[n, t] if batch_first else input[t, n]
    return PackedSequence(data, wrap(batch_sizes), sorted_indices, invert_permutation(sorted_indices))


def _batch_sizes(steps: ndarray) -> ndarray:
    """For each step, how many of the lengths (decreasing) are greater."""
    return np.searchsorted(-steps, -np.arange(steps[0]), side="left")


def _places(batch_sizes: ndarray) -> tuple[ndarray, ndarray]:
    """Step and example of every row of a packed sequence."""
    t = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    return t, np.arange(len(t)) - np.repeat(np.cumsum(batch_sizes) - batch_sizes, batch_sizes)


def _check_packed(sequence: Any, name: str) -> None:
    if not isinstance(sequence, PackedSequence):
        raise TypeError(f"{name}: needs a PackedSequence, got {describe(sequence)}; make one with pack_padded_sequence")


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch, (T, N, *) or (N, T, *), in the order given to the packing function, and the lengths (N,).

    total_length   pad to this many steps instead of those of the longest sequence
    """
    name = "pad_packed_sequence"
    _check_packed(sequence, name)
    batch_sizes = sequence.batch_sizes.array
    T, N = len(batch_sizes), int(batch_sizes[0])
    if total_length is not None and total_length < T:
        raise ValueError(
            f"{name}: Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {T}"
        )
    T = T if total_length is None else total_length
    data, order = sequence.data, sequence.sorted_indices
    t, n = _places(batch_sizes)
    lengths = np.bincount(n, minlength=N)
    if order is not None:
        n = order.array[n]
        lengths = lengths[sequence.unsorted_indices.array]  # type: ignore[union-attr]
    index = (n, t) if batch_first else (t, n)
    shape = (N, T) if batch_first else (T, N)
    empty = ag.full((*shape, *data.shape[1:]), padding_value, dtype=data.dtype)
    return index_put(empty, tuple(wrap(i) for i in index), data), wrap(lengths)


def pad_sequence(
    sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (L, *) of unequal length as one batch, (T, N, *) or (N, T, *), padded on the given side.

    >>> import autograd_core as ag
    >>> pad_sequence([ag.tensor([1, 2]), ag.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise TypeError(f"pad_sequence: needs an iterable of tensors, got {type(sequences).__name__}")
    listed = [ag.as_tensor(s) for s in sequences]
    if not listed:
        raise ValueError("pad_sequence: needs at least one sequence, got none")
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side must be 'right' or 'left', got {padding_side!r}")
    rest = listed[0].shape[1:]
    for i, s in enumerate(listed):
        if s.ndim == 0 or s.shape[1:] != rest:
            raise ValueError(
                f"pad_sequence: sequence {i} has shape {tuple(s.shape)}, sequence 0 {tuple(listed[0].shape)}; all sizes but "
                "the first must be equal"
            )
    T = max(len(s) for s in listed)
    rows = []
    for s in listed:
        missing = T - len(s)
        if missing:
            empty = ag.full((missing, *rest), padding_value, dtype=s.dtype)
            s = cat([s, empty] if padding_side == "right" else [empty, s])
        rows.append(s)
    return stack(rows, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences (L, *) of a padded batch, (T, N, *) or (N, T, *), as a list."""
    _check_padded(padded_sequences, "unpad_sequence")
    at = _batch_at(batch_first)
    steps = _lengths(lengths, padded_sequences.shape[at], padded_sequences.shape[1 - at], "unpad_sequence")
    return [
        padded_sequences[i, :length] if batch_first else padded_sequences[:length, i]
        for i, length in enumerate(steps.tolist())
    ]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences (L, *); see `pack_padded_sequence` for `enforce_sorted`.

    >>> import autograd_core as ag
    >>> pack_sequence([ag.tensor([1, 2, 3]), ag.tensor([4, 5]), ag.tensor([6])]).data
    tensor([1, 4, 6, 2, 5, 3])
    """
    listed = list(sequences)
    padded = pad_sequence(listed)
    return pack_padded_sequence(padded, [len(s) for s in listed], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences (L, *) of a packed batch as a list, in the order in which they were given."""
    _check_packed(packed_sequences, "unpack_sequence")
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def detached(state: Any) -> Any:
    """A state (a tensor, or tuples or lists of them) without its history."""
    if isinstance(state, tuple | list):
        return type(state)(detached(s) for s in state)
    return state.detach() if isinstance(state, Tensor) else state


def tbptt(module: Callable, input: Any, steps: int, hx: Any = None) -> Iterator[tuple[slice, Any, Any]]:
    """Truncated backpropagation through time: run a recurrent layer over a long sequence in pieces.

    The state goes on from piece to piece, its history does not: a backward pass reaches `steps` steps back at most, and
    memory does not grow with the sequence (Williams & Peng 1990). For each piece, yields

        where   the slice of the time steps, for the targets
        output  the layer's output for them
        hx      its last state, with the history of this piece

    module   called as module(input[where], hx) -> (output, hx); time is the first dimension, or the second if it has
             `batch_first` set and the input is a batch

    Between two pieces, call `backward` and step the optimiser:

    >>> import autograd_core as ag, nn
    >>> rnn = nn.RNN(1, 2)
    >>> for where, output, hx in tbptt(rnn, ag.zeros(5, 1, 1), 2):
    ...     output.sum().backward()
    ...     print(where, output.shape)
    slice(0, 2, None) (2, 1, 2)
    slice(2, 4, None) (2, 1, 2)
    slice(4, 5, None) (1, 1, 2)
    """
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"tbptt: steps must be a whole number of at least 1, got {steps!r}")
    second = bool(getattr(module, "batch_first", False)) and input.ndim > 2
    return _pieces(module, input, steps, hx, second)


def _pieces(module: Callable, input: Any, steps: int, hx: Any, second: bool) -> Iterator[tuple[slice, Any, Any]]:
    T = input.shape[1 if second else 0]
    for start in range(0, T, steps):
        where = slice(start, min(start + steps, T))
        output, hx = module(input[:, where] if second else input[where], detached(hx))
        yield where, output, hx
