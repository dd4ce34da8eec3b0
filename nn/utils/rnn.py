"""Sequences of unequal length: padded, packed, and back; truncated backpropagation through time.

Packed, the sequences lie step after step without padding: first the first elements of all sequences, longest sequence
first, then the second elements of those that have one, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.tensor import Tensor, describe, wrap
from autograd_core.ops.indexing.slices import index_put
from autograd_core.ops.shape.shape import cat, stack

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd_core.engine.types import TensorLike


__all__ = [
    "PackedSequence",
    "detached",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "tbptt",
    "unpack_sequence",
    "unpad_sequence",
]

Lengths: TypeAlias = Tensor | ndarray | Sequence[int]
State: TypeAlias = Tensor | tuple | list | None  # of a recurrent layer


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """Holds a batch of sequences without padding; `pack_padded_sequence` and `pack_sequence` make it.

    data: the elements of all sequences, step after step: first the first elements of all, longest sequence first, and
        so on.
    batch_sizes: the number of sequences that have an element, at each step; it never increases.
    sorted_indices: which of the user's sequences is first, second …; None if they came sorted by length.
    unsorted_indices: the inverse permutation, which is computed if it is None.

    Formula: data[batch_sizes[0] + … + batch_sizes[t - 1] + n] = element t of the n-th longest sequence
    Shapes: data (S, *), batch_sizes (T,), sorted_indices and unsorted_indices (N,).
    Dtypes: data any; the others int64.
    Raises: nothing.
    Source: PyTorch's `torch.nn.utils.rnn.PackedSequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([ag.tensor([1.0, 2.0]), ag.tensor([3.0])])
    >>> packed.data, packed.batch_sizes
    (tensor([1., 3., 2.]), tensor([2, 1]))
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, dtype: DTypeLike) -> PackedSequence:
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
    """Return the permutation that undoes another one; of None, None.

    permutation: the permutation, or None.

    Formula: out[permutation[i]] = i
    Shapes: (N,) → (N,).
    Dtypes: integers → int64.
    Raises: nothing of its own.
    Source: PyTorch's `torch.nn.utils.rnn.invert_permutation`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import invert_permutation
    >>> invert_permutation(ag.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else wrap(np.argsort(ag.as_tensor(permutation).array))


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
    input: Tensor, lengths: Lengths, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch of sequences, so that the padding is left out.

    input: the padded batch.
    lengths: N whole numbers from 1 to T, a list, an array or a tensor.
    batch_first: True: the batch is the first dimension, else the time.
    enforce_sorted: True: the lengths must not increase. False: the sequences are sorted here, and put back into their
        order by `pad_packed_sequence` and by the states that a recurrent layer returns.

    Formula: see `PackedSequence`
    Shapes: (T, N, *), or (N, T, *) if batch_first → data (S, *), S the sum of the lengths.
    Dtypes: that of input.
    Raises: ValueError if the batch is empty or not padded, if there is not one length from 1 to T for each sequence,
        or they are not sorted with enforce_sorted; TypeError if they are not integers.
    Source: PyTorch's `torch.nn.utils.rnn.pack_padded_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pack_padded_sequence
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
    t, n = _positions(batch_sizes)
    n = n if sorted_indices is None else sorted_indices.array[n]
    data = input[n, t] if batch_first else input[t, n]
    return PackedSequence(data, wrap(batch_sizes), sorted_indices, invert_permutation(sorted_indices))


def _batch_sizes(steps: ndarray) -> ndarray:
    """For each step, the number of lengths (decreasing) that are greater."""
    return np.searchsorted(-steps, -np.arange(steps[0]), side="left")


def _positions(batch_sizes: ndarray) -> tuple[ndarray, ndarray]:
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
    """Pad a packed batch; return the batch, in the order in which it was packed, and the lengths.

    sequence: the packed batch.
    batch_first: True: the batch is the first dimension, else the time.
    padding_value: what is filled in.
    total_length: the number of steps, instead of that of the longest sequence.

    Formula: the inverse of `pack_padded_sequence`
    Shapes: data (S, *) → (T, N, *), or (N, T, *) if batch_first, and (N,).
    Dtypes: that of the data, and int64.
    Raises: TypeError if sequence is not packed; ValueError if total_length is too short.
    Source: PyTorch's `torch.nn.utils.rnn.pad_packed_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> pad_packed_sequence(pack_sequence([ag.tensor([1, 2]), ag.tensor([3])]), batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
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
    t, n = _positions(batch_sizes)
    lengths = np.bincount(n, minlength=N)
    if order is not None:
        n = order.array[n]
        lengths = lengths[sequence.unsorted_indices.array]  # type: ignore[union-attr]
    index = (n, t) if batch_first else (t, n)
    shape = (N, T) if batch_first else (T, N)
    empty = ag.full((*shape, *data.shape[1:]), padding_value, dtype=data.dtype)
    return index_put(empty, tuple(wrap(i) for i in index), data), wrap(lengths)


def pad_sequence(
    sequences: Iterable[TensorLike], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Combine sequences of unequal length into one batch, by padding.

    sequences: the sequences.
    batch_first: True: the batch is the first dimension, else the time.
    padding_value: what is filled in.
    padding_side: "right" or "left".

    Formula: out[t, n] = sequences[n][t] for t below its length, else padding_value
    Shapes: N sequences (L, *) → (T, N, *), or (N, T, *) if batch_first, T the longest length.
    Dtypes: the sequences' common dtype.
    Raises: TypeError if sequences cannot be iterated; ValueError if there is none, sizes other than the first differ,
        or for another padding_side.
    Source: PyTorch's `torch.nn.utils.rnn.pad_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pad_sequence
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


def unpad_sequence(padded_sequences: Tensor, lengths: Lengths, batch_first: bool = False) -> list[Tensor]:
    """Cut a padded batch into its sequences.

    padded_sequences: the batch.
    lengths: N whole numbers from 1 to T.
    batch_first: True: the batch is the first dimension, else the time.

    Formula: out[n] = padded_sequences[:lengths[n], n]
    Shapes: (T, N, *), or (N, T, *) if batch_first → a list of N sequences (L, *).
    Dtypes: that of the batch.
    Raises: ValueError if the batch is empty or not padded, or if there is not one length from 1 to T for each sequence;
        TypeError if they are not integers.
    Source: PyTorch's `torch.nn.utils.rnn.unpad_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(ag.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    _check_padded(padded_sequences, "unpad_sequence")
    at = _batch_at(batch_first)
    steps = _lengths(lengths, padded_sequences.shape[at], padded_sequences.shape[1 - at], "unpad_sequence")
    return [
        padded_sequences[i, :length] if batch_first else padded_sequences[:length, i]
        for i, length in enumerate(steps.tolist())
    ]


def pack_sequence(sequences: Sequence[Tensor | ndarray], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences of unequal length.

    sequences: the sequences.
    enforce_sorted: True: their lengths must not increase; False: they are sorted here, see `pack_padded_sequence`.

    Formula: see `PackedSequence`
    Shapes: N sequences (L, *) → data (S, *), S the sum of the lengths.
    Dtypes: the sequences' common dtype.
    Raises: ValueError if there is none, one is empty, sizes other than the first differ, or they are not sorted with
        enforce_sorted.
    Source: PyTorch's `torch.nn.utils.rnn.pack_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pack_sequence
    >>> pack_sequence([ag.tensor([1, 2, 3]), ag.tensor([4, 5]), ag.tensor([6])]).data
    tensor([1, 4, 6, 2, 5, 3])
    """
    listed = list(sequences)
    padded = pad_sequence(listed)
    return pack_padded_sequence(padded, [len(s) for s in listed], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Cut a packed batch into its sequences, in the order in which they were packed.

    packed_sequences: the packed batch.

    Formula: the inverse of `pack_sequence`
    Shapes: data (S, *) → a list of N sequences (L, *).
    Dtypes: that of the data.
    Raises: TypeError if packed_sequences is not packed.
    Source: PyTorch's `torch.nn.utils.rnn.unpack_sequence`.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([ag.tensor([1, 2]), ag.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    _check_packed(packed_sequences, "unpack_sequence")
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def detached(state: State) -> State:
    """Return a state without its history.

    state: a tensor, or tuples or lists of them; what is none of these stays.

    Formula: out = state
    Shapes: (*) → (*).
    Dtypes: that of the state.
    Raises: nothing.
    Source: PyTorch's `torch.Tensor.detach`, for nested states.

    >>> import autograd_core as ag
    >>> from nn.utils.rnn import detached
    >>> h = 2 * ag.ones(1, requires_grad=True)
    >>> detached((h, h))
    (tensor([2.]), tensor([2.]))
    """
    if isinstance(state, tuple | list):
        return type(state)(detached(s) for s in state)
    return state.detach() if isinstance(state, Tensor) else state


def tbptt(module: Callable[..., Any], input: Tensor, steps: int, hx: State = None) -> Iterator[tuple[slice, Any, Any]]:
    """Run a recurrent layer over a long sequence in pieces, for truncated backpropagation through time.

    module: called as module(input[where], hx) → (output, hx); time is the first dimension, or the second if it has
        `batch_first` set and the input is a batch.
    input: the sequence.
    steps: the number of steps of a piece.
    hx: the first state, by default the module's.

    The state goes on from piece to piece, its history does not: a backward pass reaches `steps` steps back at most, and
    memory does not grow with the sequence. Between two pieces, call `backward` and step the optimiser. For each piece
    it yields `where`, the slice of the time steps, for the targets; the layer's `output` for them; and `hx`, its last
    state.

    Formula: output, hx ← module(input[where], hx without history)
    Shapes: (T, *), in batches (T, N, *) or (N, T, *) → pieces of at most `steps` steps.
    Dtypes: as the module's.
    Raises: ValueError if steps is not a whole number of at least 1.
    Source: Williams & Peng 1990, "An efficient gradient-based algorithm for on-line training of recurrent network
        trajectories".

    >>> import autograd_core as ag, nn
    >>> from nn.utils.rnn import tbptt
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
