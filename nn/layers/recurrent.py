"""Recurrent layers over whole sequences."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.operands import operand
from autograd_core.engine.tensor import conversion, describe, either_conversion
from autograd_core.ops.network import recurrent as ops
from autograd_core.ops.shape.shape import cat, stack, transpose

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from ..utils.rnn import PackedSequence

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


def check_sizes(name: str, **sizes: Any) -> None:
    for what, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"{name}: {what} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name}: {what} must be greater than zero, got {size}")


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` share: parameters, layers and directions, packed and unbatched sequences.

    Parameters of layer k, as in PyTorch: weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k}, bias_hh_l{k}, with `_reverse` at the
    end for the direction backwards in time. All start uniform on ±1/√hidden_size.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        peepholes: bool = False,
        skip: int = 0,
        dtype: Any = None,
    ):
        super().__init__()
        name = type(self).__name__
        check_sizes(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:  # type: ignore[operator]
            raise ValueError(
                f"{name}: dropout should be a number in range [0, 1] representing the probability of an element being "
                f"zeroed, got {dropout!r}"
            )
        for what, flag in (("bias", bias), ("batch_first", batch_first), ("bidirectional", bidirectional)):
            if not isinstance(flag, bool):
                raise TypeError(f"{name}: {what} should be of type bool, got: {type(flag).__name__}")
        if not isinstance(proj_size, int) or not 0 <= proj_size < hidden_size:
            raise ValueError(
                f"{name}: proj_size is {proj_size!r}, but has to be smaller than hidden_size {hidden_size}, or 0 for no "
                "projection"
            )
        if not isinstance(skip, int) or isinstance(skip, bool) or skip < 0 or skip == 1:
            raise ValueError(
                f"{name}: skip is {skip!r}, but has to be the number of steps a connection goes back, at least 2, or 0 for none"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
                f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=3,
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.peepholes = peepholes
        self.skip = skip
        rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
        self._names: list[list[str]] = []  # of the parameters of each layer and direction
        for layer in range(num_layers):
            ins = input_size if layer == 0 else out * self.num_directions
            for suffix in ("", "_reverse")[: self.num_directions]:
                shapes: dict[str, tuple] = {"weight_ih": (rows, ins), "weight_hh": (rows, out)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                if peepholes:
                    shapes["weight_peep"] = (3, hidden_size)
                if skip:
                    shapes["weight_skip"] = (hidden_size, hidden_size)
                for kind, shape in shapes.items():
                    setattr(self, f"{kind}_l{layer}{suffix}", Parameter(ag.empty(*shape, dtype=dtype)))
                self._names.append([f"{kind}_l{layer}{suffix}" for kind in shapes])
        self.reset_parameters()

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing; PyTorch's models call it."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        packed = isinstance(input, PackedSequence)
        x = input.data if packed else input
        self._check_input(x, packed)
        single = not packed and x.ndim == 2
        if packed:
            counts = input.batch_sizes.array
            N, T = int(counts[0]), len(counts)
            order = input.sorted_indices
        else:
            x = x.reshape(x.shape[0], 1, x.shape[1]) if single else x
            x = transpose(x, 0, 1) if self.batch_first and not single else x
            T, N = x.shape[:2]
            counts, order = np.full(T, N), None
            x = x.reshape(T * N, x.shape[2])
        states = self._states(hx, N, single, x.dtype)
        if order is not None:
            states = [None if s is None else s[..., order, :] for s in states]
        x, *last = self._layers(x, states, counts)
        if packed:
            output: Any = input._replace(data=x)
            if order is not None:
                last = [s[..., input.unsorted_indices, :] for s in last]
        else:
            output = x.reshape(T, x.shape[1]) if single else x.reshape(T, N, x.shape[1])
            if self.batch_first and not single:
                output = transpose(output, 0, 1)
            if single:
                last = [s.squeeze(-2) for s in last]
        return output, (last[0] if self.mode != "LSTM" else tuple(last))

    def _layers(self, x: Any, states: list, counts: ndarray) -> tuple:
        """Outputs (S, D P) of the last layer, and the last states (L D, N, …), from rows x (S, I)."""
        D = self.num_directions
        last: list[list] = [[] for _ in states]
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outs = []
            for d in range(D):
                i = layer * D + d
                w = [getattr(self, name) for name in self._names[i]]
                own = [None if s is None else s[:, i] if self.skip else s[i] for s in states]
                out, *after = self._sequence(x, own, w, counts, d == 1)
                outs.append(out)
                for held, state in zip(last, after, strict=True):
                    held.append(state)
            x = outs[0] if D == 1 else cat(outs, 1)
        return (x, *(stack(held, 1 if self.skip else 0) for held in last))

    def _sequence(self, x: Any, states: list, w: list, counts: ndarray, reverse: bool) -> tuple:
        """One layer in one direction."""
        w_ih, w_hh, *rest = w
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        if self.mode == "LSTM":
            rest = rest[2:] if self.bias else rest
            w_hr = rest[0] if self.proj_size else None
            w_peep = rest[-1] if self.peepholes else None
            h0, c0 = states
            return ops.lstm(x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, w_peep, counts, reverse)
        if self.mode == "GRU":
            return ops.gru(x, states[0], w_ih, w_hh, b_ih, b_hh, counts, reverse)
        w_skip = rest[-1] if self.skip else None
        return ops.rnn(x, states[0], w_ih, w_hh, b_ih, b_hh, counts, reverse, self.mode[4:].lower(), w_skip, self.skip)

    # ------------------------------------------------------------------------------------------------------------ checks

    def _check_input(self, x: Any, packed: bool) -> None:
        name, dtype = type(self).__name__, self.weight_ih_l0.dtype
        if not hasattr(x, "ndim"):
            if isinstance(x, tuple):
                operand(x, name)  # raises, and says how the (output, state) of another layer is unpacked
            raise TypeError(f"{name}: input must be a tensor or a PackedSequence, got {describe(x)}")
        shape = tuple(x.shape)
        if packed and x.ndim != 2:
            raise ValueError(f"{name}: the packed data has shape {shape}, but must have 2 dimensions, (S, input_size)")
        if x.ndim not in (2, 3):
            layout = "(N, T, input_size)" if self.batch_first else "(T, N, input_size)"
            raise ValueError(
                f"{name}: Expected input to be 2D or 3D, got {x.ndim}D of shape {shape}; give {layout}, or (T, input_size) "
                "for one sequence"
            )
        if shape[-1] != self.input_size:
            raise ValueError(
                f"{name}: input.size(-1) must be equal to input_size. Expected {self.input_size}, got {shape[-1]} (input of "
                f"shape {shape}); pass input_size={shape[-1]}"
            )
        T = shape[1] if self.batch_first and x.ndim == 3 else shape[0]
        if T == 0:
            raise ValueError(f"{name}: Expected sequence length to be larger than 0, got an input of shape {shape}")
        if x.dtype != dtype:
            raise ValueError(
                f"{name}: input dtype ({x.dtype}) does not match weight dtype ({dtype}); "
                f"{either_conversion('input', x, dtype)}"
            )
        if dtype.name not in ("float32", "float64"):
            raise TypeError(f"{name}: computes in float32 or float64, not {dtype}; convert the model")

    def _states(self, hx: Any, N: int, single: bool, dtype: Any) -> list:
        """The initial states, (L D, N, size) each, or None for zeros."""
        name, L = type(self).__name__, self.num_layers * self.num_directions
        sizes = {"hx": self.hidden_size}
        if self.mode == "LSTM":
            sizes = {"h_0": self.proj_size or self.hidden_size, "c_0": self.hidden_size}
            if hx is not None and (not isinstance(hx, tuple | list) or len(hx) != 2):
                raise ValueError(f"{name}: hx must be the pair (h_0, c_0), got {describe(hx)}")
        if hx is None:
            return [None] * len(sizes)
        given = list(hx) if self.mode == "LSTM" else [hx]
        states = []
        steps = (self.skip,) if self.skip else ()
        for (what, size), state in zip(sizes.items(), given, strict=True):
            if not hasattr(state, "ndim"):
                raise TypeError(f"{name}: {what} must be a tensor, got {describe(state)}")
            dims = len(steps) + (2 if single else 3)
            if state.ndim != dims:
                kind = "unbatched 2-D" if single else "batched 3-D"
                raise ValueError(
                    f"{name}: For {kind} input, {what} should {'' if steps else 'also '}be {dims}-D but got {state.ndim}-D "
                    f"of shape {tuple(state.shape)}"
                )
            expected = (*steps, L, size) if single else (*steps, L, N, size)
            if tuple(state.shape) != expected:
                meaning = f"({'skip, ' if steps else ''}num_layers · directions{'' if single else ', batch'}, size)"
                raise ValueError(f"{name}: Expected {what} of shape {expected} {meaning}, got {tuple(state.shape)}")
            if state.dtype != dtype:
                way = conversion(what, state, dtype)
                raise ValueError(f"{name}: {what} is {state.dtype}, but the input {dtype}; use {way}")
            states.append(state.unsqueeze(-2) if single else state)
        return states

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        for what, default in (
            ("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0.0),
            ("bidirectional", False), ("peepholes", False), ("skip", 0),
        ):  # fmt: skip
            if getattr(self, what) != default:
                text += f", {what}={getattr(self, what)}"
        return text


class RNN(RNNBase):
    """Elman's network (Elman 1990) over whole sequences: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).

    nonlinearity   "tanh" or "relu"
    num_layers     each layer reads the outputs of the one below, in training with `dropout` between them
    bidirectional  a second set of weights runs backwards in time; outputs are joined along the last dimension
    batch_first    (N, T, …) instead of (T, N, …) for input and output; states are (L D, N, H) either way
    skip           ours: k >= 2 adds a connection through time that skips k steps, W_skip h_{t-k}: what was long ago is
                   fewer steps away, for its gradient too (Lin et al. 1996, "Learning long-term dependencies in NARX
                   recurrent neural networks"; Zhang et al. 2016, "Architectural complexity measures of recurrent neural
                   networks", section 3.3). Parameters weight_skip_l{k}; hx and h_n hold the last k states, oldest first,
                   (k, L D, N, H)

    input    (T, N, input_size), (T, input_size) for one sequence, or a PackedSequence
    hx       (num_layers · D, N, hidden_size), zeros if None; D = 2 if bidirectional, else 1
    returns  output (T, N, D · hidden_size), h_n like hx: the state after each sequence's last step

    An empty batch gives empty outputs; a sequence without steps raises ValueError.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = None,
        *,
        skip: int = 0,
    ):
        check_nonlinearity(nonlinearity)
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, skip=skip, dtype=dtype
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; the cell is `lstm_cell`) over whole sequences.

    Arguments as for `RNN`, and

    proj_size   P > 0: the output is projected to P numbers, W_hr h (Sak et al. 2014); parameters weight_hr_l{k} (P, H)
    peepholes   ours: the gates see the cell (Gers & Schmidhuber 2000); parameters weight_peep_l{k} (3, H), for i, f, o

    hx is (h_0, c_0), of (L D, N, P or H) and (L D, N, H); returns output, (h_n, c_n).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        dtype: Any = None,
        *,
        peepholes: bool = False,
    ):
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size,
            peepholes, dtype=dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014; the cell is `gru_cell`) over whole sequences. Arguments as for `RNN`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = None,
    ):
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype
        )


def check_nonlinearity(nonlinearity: str) -> None:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'.")
