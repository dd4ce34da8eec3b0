"""Single steps of recurrent layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.tensor import describe, either_conversion
from autograd_core.ops.network import recurrent as ops

from .. import init
from ..module import Module
from ..parameter import Parameter
from .recurrent import check_nonlinearity, check_sizes


class RNNCellBase(Module):
    """What the cells share. Parameters weight_ih, weight_hh, bias_ih, bias_hh start uniform on ±1/√hidden_size."""

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, dtype: Any = None):
        super().__init__()
        check_sizes(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(ag.empty(rows, input_size, dtype=dtype))
        self.weight_hh = Parameter(ag.empty(rows, hidden_size, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(ag.empty(rows, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, sequence: Any, input: Any, states: list) -> tuple:
        """One step of a sequence function, on (N, I), or on (I,) for one example."""
        name, dtype = type(self).__name__, self.weight_ih.dtype
        single = getattr(input, "ndim", 0) == 1
        N = 1 if single else input.shape[0] if hasattr(input, "shape") and input.ndim else 0
        for what, x, size in (("input", input, self.input_size), *(("hidden", s, self.hidden_size) for s in states)):
            if x is None:
                continue
            if not hasattr(x, "ndim") or x.ndim not in (1, 2):
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {describe(x)}")
            expected = (size,) if single else (N, size)
            if tuple(x.shape) != expected:
                raise ValueError(
                    f"{name}: {what} has shape {tuple(x.shape)}, but must be {expected} for an input of shape "
                    f"{tuple(input.shape)} and input_size={self.input_size}, hidden_size={self.hidden_size}"
                )
            if x.dtype != dtype:
                raise ValueError(
                    f"{name}: {what} is {x.dtype}, but the weights {dtype}; {either_conversion(what, x, dtype)}"
                )
        rows = [x if x is None or not single else x.reshape(1, x.shape[0]) for x in (input, *states)]
        w = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        outs = sequence(*rows, *w, np.array([N]))
        return tuple(out.reshape(out.shape[1]) if single else out for out in outs)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(RNNCellBase):
    """One step of `RNN`: input (N, input_size), hx (N, hidden_size) or None: (N, hidden_size); or without N."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", dtype: Any = None
    ):
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        def sequence(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray) -> tuple:
            return ops.rnn(x, h, w_ih, w_hh, b_ih, b_hh, counts, False, self.nonlinearity)

        return self._step(sequence, input, [hx])[0]

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: input (N, input_size), hx = (h, c) of (N, hidden_size) each, or None: (h, c); or without N.

    peepholes   ours, as for `LSTM`: parameter weight_peep (3, hidden_size)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = None, *, peepholes: bool = False
    ):
        super().__init__(input_size, hidden_size, bias, 4, dtype)
        self.peepholes = peepholes
        if peepholes:
            self.weight_peep = Parameter(ag.empty(3, hidden_size, dtype=dtype))
            self.reset_parameters()

    def forward(self, input: Any, hx: Any = None) -> Any:
        if hx is not None and (not isinstance(hx, tuple | list) or len(hx) != 2):
            raise ValueError(f"LSTMCell: hx must be the pair (h, c), got {describe(hx)}")
        states = [None, None] if hx is None else list(hx)

        def sequence(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray) -> tuple:
            return ops.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh, None, self.weight_peep if self.peepholes else None, counts)

        return self._step(sequence, input, states)[1:]

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, peepholes=True" if self.peepholes else super().extra_repr()


class GRUCell(RNNCellBase):
    """One step of `GRU`: input (N, input_size), hx (N, hidden_size) or None: (N, hidden_size); or without N."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: Any = None):
        super().__init__(input_size, hidden_size, bias, 3, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step(ops.gru, input, [hx])[0]
