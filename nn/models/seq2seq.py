"""From one sequence to another: an encoder, a decoder, and attention between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.shape.shape import cat

from .. import functional as F
from ..layers.embedding import Embedding
from ..layers.linear import Linear
from ..layers.recurrent import GRU
from ..module import Module


class Seq2Seq(Module):
    """Reads a source sequence by an encoder and writes the target by a decoder, a symbol at a time.

    source_vocabulary, target_vocabulary  the numbers of symbols
    width        units of the decoder, even; each direction of the encoder has half
    embedding    size of a symbol's vector
    attention    whether the decoder looks at all states of the encoder, or all must fit into one state
    start, end   codes of the target vocabulary that begin and end what is written
    padding      a code of the source vocabulary that is not to be looked at, or None

    The encoder is a GRU in both directions; its last state is the decoder's first. The decoder is a GRU that gets the
    symbols written so far: called with source and target, target is the `start` symbol and then the right answers (teacher
    forcing). `attention_weights` then holds the weights of that pass, (N, T, S), detached. `generate` writes by itself.

    Formula: h = decoder(target, encoder(source)); with attention weights = softmax(hᵀ W s / √width) over the encoder's
        states s, context = weights · s, scores = U tanh(V [context, h]); without, scores = U h
    Shapes: (N, S) and (N, T) → (N, T, target_vocabulary).
    Dtypes: integers → the default float, or that the model is converted to, float32 or float64.
    Raises: ValueError for an odd width, or a width or embedding below 1; when called, IndexError for a code outside
        its vocabulary.
    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder"; Bahdanau, Cho & Bengio 2015,
        "Neural machine translation by jointly learning to align and translate"; the bilinear form of attention, after the
        recurrent step, is Luong, Pham & Manning 2015, "Effective approaches to attention-based neural machine
        translation", section 3.1 ("general").

    >>> import nn, autograd_core as ag
    >>> model = nn.Seq2Seq(5, 6, width=8)
    >>> model(ag.tensor([[1, 2, 3]]), ag.tensor([[0, 4]])).shape
    (1, 2, 6)
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        width: int = 128,
        embedding: int = 32,
        attention: bool = True,
        start: int = 0,
        end: int | None = None,
        padding: int | None = None,
    ):
        super().__init__()
        if width % 2:
            raise ValueError(
                f"Seq2Seq: width is {width}; it must be even, for half goes to each direction of the encoder"
            )
        self.width, self.attention = width, attention
        self.start, self.end, self.padding = start, end, padding
        self.source_embedding = Embedding(source_vocabulary, embedding)
        self.target_embedding = Embedding(target_vocabulary, embedding)
        self.encoder = GRU(embedding, width // 2, batch_first=True, bidirectional=True)
        self.decoder = GRU(embedding, width, batch_first=True)
        if attention:
            self.keys = Linear(width, width, bias=False)
            self.combine = Linear(2 * width, width)
        self.scores = Linear(width, target_vocabulary)
        self.attention_weights: Any = None

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """The encoder's states (N, S, width), the decoder's first (1, N, width), and where not to look, (N, 1, S)."""
        states, last = self.encoder(self.source_embedding(source))
        first = cat([last[0], last[1]], 1).unsqueeze(0)
        hidden = None if self.padding is None else (source == self.padding).unsqueeze(1)
        return states, first, hidden

    def decode(self, target: Any, states: Any, hidden: Any, state: Any) -> tuple[Any, Any, Any]:
        """Scores (N, T, vocabulary), the next state, and the weights of attention (N, T, S) or None."""
        h, state = self.decoder(self.target_embedding(target), state)  # (N, T, width)
        if not self.attention:
            return self.scores(h), state, None
        match = h @ self.keys(states).transpose(1, 2) / math.sqrt(self.width)  # (N, T, width) @ (N, width, S)
        if hidden is not None:
            match = match.masked_fill(hidden, -math.inf)
        weights = F.softmax(match, 2)
        context = weights @ states  # (N, T, S) @ (N, S, width)
        return self.scores(self.combine(cat([context, h], 2)).tanh()), state, weights

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        states, first, hidden = self.encode(source)
        scores, _, weights = self.decode(target, states, hidden, first)
        self.attention_weights = None if weights is None else weights.detach()
        return scores

    def generate(self, source: Tensor, length: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Write up to `length` symbols for each source, always the likeliest: codes (N, T), attention (N, T, S) or None.

        Writing ends when every sequence has written `end`; what one writes after its own `end` is `end` again.
        """
        if length < 1:
            raise ValueError(f"generate: length is {length}; it must be at least 1")
        training = self.training
        self.eval()
        codes: list[np.ndarray] = []
        looks: list[Any] = []
        try:
            with ag.no_grad():
                states, state, hidden = self.encode(source)
                written = np.full((len(source), 1), self.start)
                done = np.zeros(len(source), bool)
                while len(codes) < length and not done.all():
                    scores, state, weights = self.decode(ag.from_numpy(written), states, hidden, state)
                    written = scores.numpy().argmax(2)
                    if self.end is not None:
                        written[done] = self.end
                        done |= written[:, 0] == self.end
                    codes.append(written)
                    looks.append(weights)
        finally:
            self.train(training)
        attention = cat(looks, 1).numpy() if self.attention else None
        return np.concatenate(codes, 1), attention
