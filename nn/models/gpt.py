"""A small GPT: a transformer that predicts the next token."""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.types import Device
from autograd_core.ops.shape.strided import narrow
from autograd_core.random import Generator, multinomial

from .. import functional as F
from .. import init
from ..layers.container import ModuleList
from ..layers.dropout import Dropout
from ..layers.embedding import Embedding
from ..layers.linear import Linear
from ..layers.norm import LayerNorm
from ..layers.transformer import TransformerEncoderLayer
from ..module import Module


class GPT(Module):
    """Computes the scores of the next token at every position, from the tokens up to it, by a transformer.

    vocabulary  the number of tokens V
    context     the longest sequence: there is an embedding for each position
    layers, heads, width   of the blocks; the hidden layer of a block is 4 · width wide
    dropout     of the embeddings, of attention weights, of hidden units and of what each block adds
    tied        W is the table of token embeddings (Press & Wolf 2017)
    device, dtype   None or "cpu"; that of the parameters

    For the loss, flatten the positions: `F.cross_entropy(model(x).flatten(0, 1), y.flatten())`, with y the tokens one
    further on. `generate` continues a text.

    Formula: x = dropout(token embedding + position embedding); `layers` times x = x + attention(norm(x)),
        x = x + W₂ gelu(W₁ norm(x)), where each position looks back alone; scores = W norm(x)
    Shapes: (N, T) → (N, T, V), or (T,) → (T, V).
    Dtypes: integers → the dtype of the parameters, float32 or float64.
    Raises: ValueError for sizes below 1, or heads that do not divide width; when called, ValueError for more positions
        than context, IndexError for a token that is not from 0 to V − 1.
    Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3 (norms before the
        blocks and one after the last; weights start normal with deviation 0.02, those that add to the residual path
        divided by √(2 · layers)); the block is that of Vaswani et al. 2017, "Attention is all you need", sections 3.1
        to 3.3.

    >>> import nn, autograd_core as ag
    >>> model = nn.GPT(vocabulary=10, context=8, layers=2, heads=2, width=16)
    >>> model(ag.tensor([[1, 2, 3], [4, 5, 6]])).shape
    (2, 3, 10)
    >>> model.generate(ag.tensor([1, 2, 3]), 5).shape
    (8,)
    """

    def __init__(
        self,
        vocabulary: int,
        context: int,
        layers: int,
        heads: int,
        width: int,
        dropout: float = 0.0,
        *,
        tied: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "GPT")
        for name, value in (("vocabulary", vocabulary), ("context", context), ("layers", layers)):
            if value < 1:
                raise ValueError(f"GPT: {name} must be at least 1, got {value}")
        self.vocabulary = vocabulary
        self.context = context
        self.tokens = Embedding(vocabulary, width, dtype=dtype)
        self.positions = Embedding(context, width, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.blocks = ModuleList(
            TransformerEncoderLayer(
                width, heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True, dtype=dtype
            )
            for _ in range(layers)
        )
        self.norm = LayerNorm(width, dtype=dtype)
        self.head = Linear(width, vocabulary, bias=False, dtype=dtype)
        if tied:
            self.head.weight = self.tokens.weight
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        added = 0.02 / math.sqrt(2 * len(self.blocks))
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                init.normal_(parameter, 0.0, added if name.endswith(("out_proj.weight", "linear2.weight")) else 0.02)
            elif name.endswith("bias"):
                init.zeros_(parameter)
            else:
                init.ones_(parameter)

    def forward(self, input: Tensor) -> Tensor:
        length = input.shape[-1]
        if length > self.context:
            raise ValueError(
                f"GPT: the input has {length} positions, but context={self.context}; cut it, as in x[..., -{self.context}:]"
            )
        x = self.dropout(self.tokens(input) + narrow(self.positions.weight, 0, 0, length))
        for block in self.blocks:
            x = block(x, is_causal=True)
        return self.head(self.norm(x))

    @no_grad
    def generate(
        self,
        context: Tensor | ArrayLike,
        length: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """`context`, tokens (T,) or (N, T), continued by `length` tokens, each drawn by the probabilities of the scores.

        temperature  divides the scores: below 1 the likely tokens become more likely; 0 takes the most likely one
        top_k        draw among the k most likely tokens only

        Nothing is dropped meanwhile. Of a sequence longer than the model's context, its end counts.
        """
        if temperature < 0:
            raise ValueError(f"GPT.generate: temperature must not be negative, got {temperature}")
        if top_k is not None and top_k < 1:
            raise ValueError(f"GPT.generate: top_k must be at least 1, got {top_k}")
        start = context.array if isinstance(context, Tensor) else np.asarray(context)
        if start.ndim not in (1, 2) or start.shape[-1] == 0:
            raise ValueError(f"GPT.generate: needs tokens (T,) or (N, T) to begin with, got shape {start.shape}")
        tokens = np.empty((*start.shape[:-1], start.shape[-1] + length), np.int64)
        tokens[..., : start.shape[-1]] = start
        training = self.training
        self.eval()
        try:
            for t in range(start.shape[-1], tokens.shape[-1]):
                scores = self(wrap(tokens[..., max(0, t - self.context) : t])).array[..., -1, :]
                tokens[..., t] = self._drawn(scores, temperature, top_k, generator)
        finally:
            self.train(training)
        return wrap(tokens)

    def _drawn(self, scores: ndarray, temperature: float, top_k: int | None, generator: Generator | None) -> ndarray:
        """One token for each row of scores (..., vocabulary)."""
        if temperature == 0:
            return scores.argmax(-1)
        if top_k is not None and top_k < self.vocabulary:
            scores = np.where(scores < np.sort(scores, -1)[..., -top_k, None], -np.inf, scores)
        scores = scores - scores.max(-1, keepdims=True)
        return multinomial(F.softmax(wrap(scores / temperature), -1), 1, generator=generator).array[..., 0]
