"""Recurrent layers over whole sequences."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.operands import operand
from autograd_core.engine.tensor import Tensor, conversion, describe, either_conversion
from autograd_core.engine.types import Device
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
    """Holds what `RNN`, `LSTM` and `GRU` share: parameters, layers and directions, packed and unbatched sequences.

    mode is "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; the class of this name says the rest. input_size, hidden_size,
    num_layers, bias, batch_first, dropout, bidirectional, proj_size, device and dtype are those of `LSTM`; peepholes and
    skip, which are ours, those of `LSTM` and `RNN`.

    Parameters of layer k: weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k}, bias_hh_l{k}, with `_reverse` at the end for the
    direction backwards in time, and weight_hr_l{k}, weight_peep_l{k}, weight_skip_l{k}. All start uniform on
    ±1/√hidden_size.

    Formula: that of the mode, for each layer over the outputs of the one below
    Shapes: (T, N, input_size) → (T, N, D · hidden_size) and states (num_layers · D, N, hidden_size); D is the number of
        directions.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for another mode, sizes that are no positive integers, and options of another type or
        range; when called, ValueError for shapes that do not fit, no steps, or another dtype than the parameters'.
    Source: PyTorch's `nn.RNNBase`.

    >>> import nn
    >>> [name for name, _ in nn.RNNBase("GRU", 3, 4).named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
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
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        peepholes: bool = False,
        skip: int = 0,
    ):
        super().__init__()
        name = type(self).__name__
        on_cpu(device, name)
        if mode not in GATES:
            raise ValueError(f"{name}: mode is one of {', '.join(GATES)}, got {mode!r}")
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
        """1, or 2 if bidirectional."""
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    @property
    def _flat_weights_names(self) -> list[str]:  # which public programs read, to start or to share weights
        return [name for names in self._names for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing; PyTorch's models call it."""

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, Any]:
        packed = input if isinstance(input, PackedSequence) else None
        x: Any = input if packed is None else packed.data
        self._check_input(x, packed is not None)
        single = packed is None and x.ndim == 2
        if packed is not None:
            counts = packed.batch_sizes.array
            N, T = int(counts[0]), len(counts)
            order = packed.sorted_indices
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
        if packed is not None:
            output: Any = packed._replace(data=x)
            if order is not None:
                last = [s[..., packed.unsorted_indices, :] for s in last]
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
                for kept, state in zip(last, after, strict=True):
                    kept.append(state)
            x = outs[0] if D == 1 else cat(outs, 1)
        return (x, *(stack(kept, 1 if self.skip else 0) for kept in last))

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
        initial = list(hx) if self.mode == "LSTM" else [hx]
        states = []
        steps = (self.skip,) if self.skip else ()
        for (what, size), state in zip(sizes.items(), initial, strict=True):
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
    """Applies Elman's network to sequences: the hidden state is fed back to the next step.

    input_size, hidden_size   the sizes I of x_t and H of h_t
    num_layers     each layer reads the outputs of the one below, in training with `dropout` between them
    nonlinearity   "tanh" or "relu"
    bias           whether there are b_ih and b_hh
    batch_first    (N, T, …) instead of (T, N, …) for input and output; states are (L D, N, H) either way
    bidirectional  a second set of weights runs backwards in time; outputs are joined along the last dimension
    skip           ours: k >= 2 adds a connection through time that skips k steps, W_skip h_{t−k}: what was long ago is
                   fewer steps away, for its gradient too. Parameters weight_skip_l{k}; hx and h_n hold the last k states,
                   oldest first, (k, L D, N, H)
    device, dtype  None or "cpu"; that of the parameters, which start uniform on ±1/√hidden_size

    Called with input and, if it is not zero, the first state hx it returns output and h_n, the state after each sequence's
    last step. The input may be a PackedSequence; then so is the output.

    Formula: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), and output_t = h_t of the last layer
    Shapes: (T, N, I), or (T, I) for one sequence, and hx (L D, N, H) → (T, N, D H) and (L D, N, H), with L = num_layers,
        D = 2 if bidirectional, else 1. An empty batch gives empty outputs.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers, and options of another type or range; when
        called, ValueError for shapes that do not fit, no steps, or another dtype than the parameters'.
    Source: Elman 1990, "Finding structure in time". skip: Lin et al. 1996, "Learning long-term dependencies in NARX
        recurrent neural networks"; Zhang et al. 2016, "Architectural complexity measures of recurrent neural networks",
        section 3.3.

    >>> import nn, autograd_core as ag
    >>> output, h_n = nn.RNN(3, 4)(ag.ones(5, 2, 3))
    >>> output.shape, h_n.shape
    ((5, 2, 4), (1, 2, 4))
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
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        skip: int = 0,
    ):
        check_nonlinearity(nonlinearity)
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            0, device, dtype, skip=skip,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Applies long short-term memory to sequences: gates decide what a cell keeps, takes in and shows.

    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device and dtype are those of `RNN`.

    proj_size   P > 0: the output is projected to P numbers, W_hr h; parameters weight_hr_l{k} (P, H)
    peepholes   ours: the gates see the cell, i and f the last one, o the new one; parameters weight_peep_l{k} (3, H), for
                i, f, o

    Formula: i, f, o = σ(W x_t + b + U h_{t−1} + d), each with its own W, b, U, d; g = tanh(likewise);
        c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t)
    Shapes: (T, N, I), or (T, I) for one sequence, and hx = (h_0, c_0), (L D, N, P or H) and (L D, N, H) → output
        (T, N, D · (P or H)) and (h_n, c_n), with L = num_layers, D = 2 if bidirectional, else 1.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers, a proj_size that is not below hidden_size, and
        options of another type or range; when called, ValueError for shapes that do not fit, no steps, or another dtype
        than the parameters'.
    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000. proj_size: Sak et al. 2014; peepholes:
        Gers & Schmidhuber 2000.

    >>> import nn, autograd_core as ag
    >>> output, (h_n, c_n) = nn.LSTM(3, 4, bidirectional=True)(ag.ones(5, 2, 3))
    >>> output.shape, h_n.shape, c_n.shape
    ((5, 2, 8), (2, 2, 4), (2, 2, 4))
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
        device: Device = None,
        dtype: DTypeLike | None = None,
        *,
        peepholes: bool = False,
    ):
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device,
            dtype, peepholes=peepholes,
        )  # fmt: skip


class GRU(RNNBase):
    """Applies gated recurrent units to sequences: one gate forgets, one blends the old state with the new.

    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device and dtype are those of `RNN`.

    Formula: r, z = σ(W x_t + b + U h_{t−1} + d), each with its own W, b, U, d;
        n = tanh(W_n x_t + b_n + r ⊙ (U_n h_{t−1} + d_n)), h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
    Shapes: (T, N, I), or (T, I) for one sequence, and hx (L D, N, H) → (T, N, D H) and (L D, N, H), with L = num_layers,
        D = 2 if bidirectional, else 1.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers, and options of another type or range; when
        called, ValueError for shapes that do not fit, no steps, or another dtype than the parameters'.
    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", with r after the product, as in
        PyTorch's `GRU`.

    >>> import nn, autograd_core as ag
    >>> output, h_n = nn.GRU(3, 4, num_layers=2, batch_first=True)(ag.ones(2, 5, 3))
    >>> output.shape, h_n.shape
    ((2, 5, 4), (2, 2, 4))
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
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )


def check_nonlinearity(nonlinearity: str) -> None:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'.")
