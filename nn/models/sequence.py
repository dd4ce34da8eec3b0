"""One answer to a whole sequence."""

from __future__ import annotations

from typing import Any

from ..layers.linear import Linear
from ..layers.recurrent import GRU, LSTM, RNN
from ..module import Module

KINDS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class RecurrentRegressor(Module):
    """What follows from a sequence, by a linear layer on the last output: (N, T, in_features) -> (N, out_features).

    The outputs are values, or scores of classes (then the cross-entropy makes it a classifier). An image is a sequence
    too, of its rows: (N, 1, H, W) is taken as (N, H, W).

    kind   "lstm", "gru" or "rnn"

    >>> import autograd_core as ag
    >>> RecurrentRegressor(3, 2, width=4)(ag.zeros(5, 7, 3)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        width: int = 128,
        layers: int = 1,
        kind: str = "lstm",
    ):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"RecurrentRegressor: kind is one of {', '.join(KINDS)}, got {kind!r}")
        self.recurrent = KINDS[kind](in_features, width, layers, batch_first=True)
        self.linear = Linear(width, out_features)

    def forward(self, input: Any) -> Any:
        x = input.squeeze(1) if input.ndim == 4 else input
        return self.linear(self.recurrent(x)[0][:, -1])
