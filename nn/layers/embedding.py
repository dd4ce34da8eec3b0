"""Tables of vectors that are learnt, read by index: words, characters, users, positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor, as_array, wrap
from autograd_core.engine.types import Device
from autograd_core.engine.versions import written

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class _Table(Module):
    """A table (num_embeddings, embedding_dim), and what its two kinds of reading have in common."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Tensor | None,
        freeze: bool,
        device: Device,
        dtype: DTypeLike | None,
    ):
        super().__init__()
        name = type(self).__name__
        on_cpu(device, name)
        for what, value in (("num_embeddings", num_embeddings), ("embedding_dim", embedding_dim)):
            if value < 0:
                raise ValueError(f"{name}: {what} must not be negative, got {value}")
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"{name}: padding_idx must be within num_embeddings={num_embeddings}, from {-num_embeddings} to "
                f"{num_embeddings - 1}, got {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx if padding_idx is None else padding_idx % num_embeddings
        if weight is None:
            self.weight = Parameter(ag.empty(num_embeddings, embedding_dim, dtype=dtype), requires_grad=not freeze)
            self.reset_parameters()
        else:
            if tuple(weight.shape) != (num_embeddings, embedding_dim):
                raise ValueError(
                    f"{name}: the shape of the weight, {tuple(weight.shape)}, does not match num_embeddings and "
                    f"embedding_dim, {(num_embeddings, embedding_dim)}"
                )
            self.weight = Parameter(weight, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0
            written(self.weight.array)


def _pretrained(embeddings: Tensor | np.ndarray, name: str) -> Tensor:
    """The table as a tensor on the same memory, if it is one or an array."""
    table = embeddings if isinstance(embeddings, Tensor) else wrap(as_array(embeddings))
    if table.ndim != 2:
        raise ValueError(
            f"{name}.from_pretrained: embeddings must be 2-dimensional, (rows, D), got shape {table.shape}"
        )
    return table.detach()


class Embedding(_Table):
    """Looks indices up in a table of vectors that are learnt.

    num_embeddings, embedding_dim   the sizes R and D of the table
    padding_idx         its row starts at 0 and is never learnt
    max_norm            rows in use are first shortened, in place, to this norm_type-norm
    scale_grad_by_freq  divides a row's gradient by how often it was used
    sparse              is accepted; the gradient is dense
    _weight, _freeze    the table to use, and whether it is not learnt; see `from_pretrained`
    device, dtype       None or "cpu"; that of the table, which starts standard normal

    The result is that of a `Linear` without bias on one-hot vectors, without the multiplications by 0.

    Formula: out[…, d] = weight[input[…], d]
    Shapes: (*) → (*, D); weight (R, D).
    Dtypes: integers; the result has the table's dtype.
    Raises: ValueError for a negative size, a padding_idx outside the table, or a _weight of another shape; when called,
        IndexError for an index that is not from 0 to R − 1, TypeError for what is no integer.
    Source: Bengio et al. 2003, "A neural probabilistic language model", section 2 (the matrix C).

    >>> import nn, autograd_core as ag
    >>> nn.Embedding(10, 3)(ag.tensor([[1, 2, 4, 5]])).shape
    (1, 4, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor | np.ndarray,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding on the memory of a table (rows, D); with `freeze`, it is not learnt."""
        table = _pretrained(embeddings, cls.__name__)
        rows, width = table.shape
        return cls(rows, width, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, table, freeze)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in (
            ("padding_idx", None),
            ("max_norm", None),
            ("norm_type", 2.0),
            ("scale_grad_by_freq", False),
        ):
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text + (", sparse=True" if self.sparse else "")


class EmbeddingBag(_Table):
    """Reduces the rows of a table that are in each bag to their sum, mean or maximum.

    num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse, _weight, device and dtype are those of
    `Embedding`.

    mode                 "sum", "mean" or "max" (of each column)
    include_last_offset  the last offset is the end of the last bag
    padding_idx          its row counts for nothing in its bag, starts at 0 and is never learnt

    Called with input (B, N), B bags of N indices, or with (n,) and the offsets (B,) where the bags begin; with mode "sum"
    also with per_sample_weights of the input's shape, by which the rows are multiplied.

    Formula: out[b] = reduction over the indices i in bag b of weight[i]
    Shapes: (B, N), or (n,) and (B,) → (B, D); weight (R, D), an empty bag gives zeros.
    Dtypes: integers; the result has the table's dtype.
    Raises: ValueError for a negative size or a padding_idx outside the table; when called, ValueError for another mode, or
        input and offsets that do not fit, IndexError for an index that is not from 0 to R − 1, TypeError for no integers.
    Source: PyTorch's `EmbeddingBag`; Joulin et al. 2017, "Bag of tricks for efficient text classification" (the mean).

    >>> import nn, autograd_core as ag
    >>> nn.EmbeddingBag(10, 3, mode="sum")(ag.tensor([1, 2, 4, 5, 4]), ag.tensor([0, 3])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor | np.ndarray,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Bags on the memory of a table (rows, D); with `freeze`, it is not learnt."""
        table = _pretrained(embeddings, cls.__name__)
        rows, width = table.shape
        bag = cls(
            rows, width, max_norm, norm_type, scale_grad_by_freq, mode, sparse, table, include_last_offset, padding_idx
        )
        bag.weight.requires_grad = not freeze
        return bag

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in (("max_norm", None), ("norm_type", 2.0), ("scale_grad_by_freq", False)):
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
