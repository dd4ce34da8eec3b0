"""A recurrent language model: the next symbol from all before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from ..layers.dropout import Dropout
from ..layers.embedding import Embedding
from ..layers.linear import Linear
from ..layers.recurrent import GRU, LSTM, RNN
from ..module import Module

KINDS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class RecurrentLM(Module):
    """Computes the scores of the next symbol at every position, from all symbols before it, by recurrent layers.

    vocabulary    the number of symbols V; they are the codes 0 … V − 1
    width         units of each recurrent layer
    layers        the number of them
    embedding     size of a symbol's vector; by default 64, or the vocabulary's size if that is smaller
    kind          "lstm", "gru" or "rnn"
    dropout       on the vectors between layers and before the scores
    device, dtype  None or "cpu"; that of the parameters

    The state that comes out continues the text where it is passed in again, with `nn.utils.rnn.tbptt` for training and in
    `sample`.

    Formula: h = recurrent(embedding(input), state), scores = W dropout(h) + b
    Shapes: (N, T) → (N, T, V) and the state of the recurrent layers.
    Dtypes: integers → the dtype of the parameters, float32 or float64.
    Raises: ValueError for another kind, or sizes of the recurrent layers below 1; when called, IndexError for a code
        that is not from 0 to V − 1.
    Source: Graves 2013, "Generating sequences with recurrent neural networks", sections 2 and 3.

    >>> import nn, autograd_core as ag
    >>> model = nn.RecurrentLM(5, width=8)
    >>> scores, state = model(ag.tensor([[0, 1, 2]]))
    >>> scores.shape
    (1, 3, 5)
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 256,
        layers: int = 1,
        embedding: int | None = None,
        kind: str = "lstm",
        dropout: float = 0.0,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "RecurrentLM")
        if kind not in KINDS:
            raise ValueError(f"RecurrentLM: kind is one of {', '.join(KINDS)}, got {kind!r}")
        size = min(vocabulary, 64) if embedding is None else embedding
        self.embedding = Embedding(vocabulary, size, dtype=dtype)
        between = dropout if layers > 1 else 0.0
        self.recurrent = KINDS[kind](size, width, layers, batch_first=True, dropout=between, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.scores = Linear(width, vocabulary, dtype=dtype)

    def forward(self, input: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        output, state = self.recurrent(self.embedding(input), state)
        return self.scores(self.dropout(output)), state

    def sample(
        self,
        length: int,
        start: Sequence[int],
        temperature: float = 1.0,
        stop: int | None = None,
        generator: ag.Generator | None = None,
    ) -> list[int]:
        """Up to `length` codes that follow `start`, drawn one by one.

        temperature  divides the scores: below 1 the likelier become likelier still, 0 always takes the likeliest
        stop         a code that ends the text; it is not returned
        generator    a `Generator`; by default the library's
        """
        if temperature < 0:
            raise ValueError(f"sample: the temperature is {temperature}; it must be 0 or more")
        if not len(start):
            raise ValueError("sample: start is empty; give at least one code to begin from")
        training = self.training
        self.eval()
        codes: list[int] = []
        try:
            with ag.no_grad():
                scores, state = self(ag.tensor(np.asarray(start, np.int64)[None]))
                while len(codes) < length:
                    code = draw(scores[0, -1], temperature, generator)
                    if code == stop:
                        break
                    codes.append(code)
                    scores, state = self(ag.tensor([[code]]), state)
        finally:
            self.train(training)
        return codes


def draw(scores: Tensor, temperature: float, generator: ag.Generator | None = None) -> int:
    """A class by its scores (a vector), as softmax(scores / temperature) has it; the likeliest at temperature 0."""
    if temperature == 0:
        return int(scores.argmax())
    return int(ag.multinomial(F.softmax(scores / temperature, 0), 1, generator=generator))
