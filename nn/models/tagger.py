"""A label for every symbol of a sequence, from what stands before and after it."""

from __future__ import annotations

from typing import Any

from ..layers.embedding import Embedding
from ..layers.linear import Linear
from ..layers.recurrent import LSTM
from ..module import Module
from ..utils.rnn import pack_padded_sequence, pad_packed_sequence


class BidirectionalTagger(Module):
    """Embedding, LSTM in both directions, scores of the labels: (N, T) of codes -> (N, T, labels).

    With `lengths`, (N,) integers, sequences of different lengths are padded at their ends, and the backward direction
    begins at the end of each. The scores at padded places are those of a zero state.

    Source: Graves & Schmidhuber 2005, "Framewise phoneme classification with bidirectional LSTM".

    >>> import autograd_core as ag
    >>> BidirectionalTagger(7, 3, width=4)(ag.tensor([[1, 2, 6]]), [3]).shape
    (1, 3, 3)
    """

    def __init__(self, vocabulary: int, labels: int, width: int = 64, embedding: int = 32, layers: int = 1):
        super().__init__()
        self.embedding = Embedding(vocabulary, embedding)
        self.recurrent = LSTM(embedding, width, layers, batch_first=True, bidirectional=True)
        self.scores = Linear(2 * width, labels)

    def forward(self, input: Any, lengths: Any = None) -> Any:
        x = self.embedding(input)
        if lengths is None:
            return self.scores(self.recurrent(x)[0])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=input.shape[1])
        return self.scores(output)
