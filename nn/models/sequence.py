"""One answer to a whole sequence."""

from __future__ import annotations

from typing import Any

import autograd_core as ag

from ..layers.linear import Linear
from ..layers.recurrent import GRU, LSTM, RNN
from ..module import Module

KINDS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class RecurrentRegressor(Module):
    """What follows from a sequence, by a linear layer on the last output: (N, T, in_features) -> (N, out_features).

    The outputs are values, or scores of classes (then the cross-entropy makes it a classifier). An image is a sequence
    too, of its rows: (N, 1, H, W) is taken as (N, H, W).

    kind         "lstm", "gru" or "rnn"
    longest_lag  for kind "lstm": the forget gates begin so that memories last from 1 to that many steps, and the input
                 gates closed to the same degree, rather than as PyTorch's (Tallec & Ollivier 2018, "Can recurrent neural
                 networks warp time?", eq. 16)

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
        longest_lag: int | None = None,
    ):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"RecurrentRegressor: kind is one of {', '.join(KINDS)}, got {kind!r}")
        if longest_lag is not None and (kind != "lstm" or longest_lag < 3):
            raise ValueError(
                f"RecurrentRegressor: longest_lag={longest_lag} needs an LSTM and at least 3 steps, and the kind is "
                f"{kind!r}"
            )
        self.recurrent = KINDS[kind](in_features, width, layers, batch_first=True)
        self.linear = Linear(width, out_features)
        if longest_lag is not None:
            for layer in range(layers):
                remember_for(self.recurrent, layer, longest_lag)

    def forward(self, input: Any) -> Any:
        x = input.squeeze(1) if input.ndim == 4 else input
        return self.linear(self.recurrent(x)[0][:, -1])


def remember_for(lstm: LSTM, layer: int, longest: int) -> None:
    """Set the biases of the gates of a layer: forget gates ln(u), input gates -ln(u), u uniform in [1, longest - 1]."""
    H = lstm.hidden_size
    bias, other = getattr(lstm, f"bias_ih_l{layer}"), getattr(lstm, f"bias_hh_l{layer}")
    with ag.no_grad():
        times = (ag.rand(H, dtype=bias.dtype) * (longest - 2) + 1).log()
        other[: 2 * H] = 0.0
        bias[:H] = -times
        bias[H : 2 * H] = times
