"""One answer to a whole sequence."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from ..layers.linear import Linear
from ..layers.recurrent import GRU, LSTM, RNN
from ..module import Module

KINDS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class RecurrentRegressor(Module):
    """Computes what follows from a sequence, by a linear layer on the last output of recurrent layers.

    in_features, out_features   of each step, and of the result
    width, layers               units of each recurrent layer, and the number of them
    kind                        "lstm", "gru" or "rnn"

    The outputs are values, or scores of classes (then the cross-entropy makes it a classifier). An image is a sequence too,
    of its rows.

    Formula: out = W h_T + b, h_T the last output of the recurrent layers
    Shapes: (N, T, in_features) → (N, out_features); (N, 1, H, W) is taken as (N, H, W).
    Dtypes: the default float, or that the model is converted to, float32 or float64.
    Raises: ValueError for another kind, or in_features, width or layers below 1; when called, ValueError for shapes
        that do not fit or another dtype than the parameters'.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory" (targets at the ends of sequences, as in its adding
        problem).

    >>> import nn.models, autograd_core as ag
    >>> nn.models.RecurrentRegressor(3, 2, width=4)(ag.zeros(5, 7, 3)).shape
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

    def forward(self, input: Tensor) -> Tensor:
        x = input.squeeze(1) if input.ndim == 4 else input
        return self.linear(self.recurrent(x)[0][:, -1])
