"""Single steps of recurrent layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor, describe, either_conversion
from autograd_core.engine.types import Device
from autograd_core.ops.network import recurrent as ops

from .. import init
from ..module import Module
from ..parameter import Parameter
from .recurrent import check_nonlinearity, check_sizes


class RNNCellBase(Module):
    """Holds what the cells share: the parameters, and the checks of what a step is called with.

    input_size, hidden_size: the sizes I and H of input and state. bias: whether there are bias_ih and bias_hh. num_chunks:
    the number of products of size H (1, for a GRU 3, for an LSTM 4). dtype is that of the parameters; device is None or
    "cpu". The parameters start uniform on ±1/√hidden_size.

    Formula: that of the cell
    Shapes: weight_ih (num_chunks · H, I), weight_hh (num_chunks · H, H), bias_ih and bias_hh (num_chunks · H,).
    Dtypes: float32 and float64.
    Raises: TypeError or ValueError for sizes that are no positive integers; when called, ValueError for shapes that do not
        fit, or another dtype than the parameters'.
    Source: PyTorch's `RNNCellBase`.

    >>> import nn
    >>> nn.RNNCellBase(3, 4, True, num_chunks=1).weight_ih.shape
    (4, 3)
    """

    bias_ih: Parameter  # None without one
    bias_hh: Parameter  # None without one

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
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
    """Computes one step of `RNN`.

    input_size, hidden_size, bias, nonlinearity, device and dtype are those of `RNN`. Called with input and, if it is not
    zero, the state hx before.

    Formula: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu
    Shapes: (N, I) and (N, H) → (N, H); or without N.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers; when called, ValueError for shapes that do not
        fit, or another dtype than the parameters'.
    Source: Elman 1990, "Finding structure in time".

    >>> import nn, autograd_core as ag
    >>> nn.RNNCell(3, 4)(ag.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        def sequence(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray) -> tuple:
            return ops.rnn(x, h, w_ih, w_hh, b_ih, b_hh, counts, False, self.nonlinearity)

        return self._step(sequence, input, [hx])[0]

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """Computes one step of `LSTM`.

    input_size, hidden_size, bias, device and dtype are those of `LSTM`, as is peepholes, which is ours: parameter
    weight_peep (3, hidden_size). Called with input and, if they are not zero, the states hx = (h, c) before.

    Formula: i, f, o = σ(W x + b + U h + d), each with its own W, b, U, d; g = tanh(likewise);
        c′ = f ⊙ c + i ⊙ g, h′ = o ⊙ tanh(c′)
    Shapes: (N, I) and a pair of (N, H) → a pair of (N, H); or without N.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers; when called, ValueError for shapes that do not
        fit, or another dtype than the parameters'.
    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.

    >>> import nn, autograd_core as ag
    >>> h, c = nn.LSTMCell(3, 4)(ag.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        peepholes: bool = False,
    ):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)
        self.peepholes = peepholes
        if peepholes:
            self.weight_peep = Parameter(ag.empty(3, hidden_size, dtype=dtype))
            self.reset_parameters()

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        if hx is not None and (not isinstance(hx, tuple | list) or len(hx) != 2):
            raise ValueError(f"LSTMCell: hx must be the pair (h, c), got {describe(hx)}")
        states = [None, None] if hx is None else list(hx)

        def sequence(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray) -> tuple:
            return ops.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh, None, self.weight_peep if self.peepholes else None, counts)

        _, h, c = self._step(sequence, input, states)
        return h, c

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, peepholes=True" if self.peepholes else super().extra_repr()


class GRUCell(RNNCellBase):
    """Computes one step of `GRU`.

    input_size, hidden_size, bias, device and dtype are those of `GRU`. Called with input and, if it is not zero, the state
    hx before.

    Formula: r, z = σ(W x + b + U h + d), each with its own W, b, U, d; n = tanh(W_n x + b_n + r ⊙ (U_n h + d_n)),
        h′ = (1 − z) ⊙ n + z ⊙ h
    Shapes: (N, I) and (N, H) → (N, H); or without N.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers; when called, ValueError for shapes that do not
        fit, or another dtype than the parameters'.
    Source: Cho et al. 2014, with r after the product, as in PyTorch's `GRUCell`.

    >>> import nn, autograd_core as ag
    >>> nn.GRUCell(3, 4)(ag.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(ops.gru, input, [hx])[0]
