"""A label for every symbol of a sequence, from what stands before and after it."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.engine.tensor import Tensor

from ..layers.embedding import Embedding
from ..layers.linear import Linear
from ..layers.recurrent import LSTM
from ..module import Module
from ..utils.rnn import pack_padded_sequence, pad_packed_sequence


class BidirectionalTagger(Module):
    """Scores a label for every symbol of a sequence, from what stands before and after it.

    vocabulary, labels   the numbers of symbols V and of labels
    width, layers        units of each direction of the LSTM, and the number of its layers
    embedding            size of a symbol's vector

    Called with codes and, for sequences of different lengths, which are padded at their ends, `lengths`, (N,) integers: the
    backward direction begins at the end of each. The scores at padded positions are those of a zero state.

    Formula: scores = W lstm(embedding(input)) + b, the LSTM running in both directions
    Shapes: (N, T) → (N, T, labels).
    Dtypes: integers → the default float, or that the model is converted to, float32 or float64.
    Raises: ValueError for sizes of the LSTM below 1; when called, IndexError for a code that is not from 0 to V − 1,
        ValueError for lengths that do not fit.
    Source: Graves & Schmidhuber 2005, "Framewise phoneme classification with bidirectional LSTM".

    >>> import nn, autograd_core as ag
    >>> nn.BidirectionalTagger(7, 3, width=4)(ag.tensor([[1, 2, 6]]), [3]).shape
    (1, 3, 3)
    """

    def __init__(self, vocabulary: int, labels: int, width: int = 64, embedding: int = 32, layers: int = 1):
        super().__init__()
        self.embedding = Embedding(vocabulary, embedding)
        self.recurrent = LSTM(embedding, width, layers, batch_first=True, bidirectional=True)
        self.scores = Linear(2 * width, labels)

    def forward(self, input: Tensor, lengths: Tensor | Sequence[int] | None = None) -> Tensor:
        x = self.embedding(input)
        if lengths is None:
            return self.scores(self.recurrent(x)[0])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=input.shape[1])
        return self.scores(output)
