"""Long short-term memory as it was first published: without a forget gate, in blocks of cells, with its truncated gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor, describe, either_conversion
from autograd_core.engine.types import Device
from autograd_core.ops.network import recurrent as ops
from autograd_core.ops.shape.shape import cat, transpose

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .recurrent import check_sizes

OPEN = 50.0  # σ(50) and tanh(50) are 1 in float32 and float64

BIASES = {"all": lambda B, H: 2 * B + H, "gates": lambda B, H: 2 * B, "none": lambda B, H: 0}  # the number of them


class Unfolded(NamedTuple):
    """What an `LSTM1997` computed at each step."""

    output: Tensor  # (T, N, H)
    input_gates: Tensor  # (T, N, B)
    output_gates: Tensor  # (T, N, B)
    cells: Tensor  # (T, N, H)


class LSTM1997(Module):
    """Applies the long short-term memory of 1997: cells that keep their content, in blocks that share two gates.

    input_size         I, the size of x_t
    num_blocks         B, the number of memory cell blocks, each with an input gate and an output gate
    cells_per_block    S, the number of cells in each; H = B S in all
    input_gate_bias, output_gate_bias   the biases that gates start with, one for all or one a block. Negative ones of
                       output gates, different ones, let blocks come into use one after the other
    weight_range       weights start uniform on ± this
    biases             what has biases: "all", "gates" or "none". Those of the cells' inputs start at 0
    connect_gates      the gates' activations are fed back to all units as well, as in the paper
    truncated          the paper's gradient: what reaches the pre-activation of a gate or of a cell's input changes its
                       weights, but does not go back to the step before. Only cells carry errors through time
    batch_first        (N, T, …) instead of (T, N, …) for input and output
    device, dtype      None or "cpu"; that of the parameters

    Parameters: weight_ih, weight_hh and bias, of which the rows are B input gates, B output gates, H cell inputs. Called
    with input and, if it is not zero, the state hx before the first step, it returns output and the last state. `unfold`
    gives gates and cells of all steps.

    Formula: i, o = σ(W x_t + U h_{t−1} + b), u = W x_t + U h_{t−1} + b likewise; c_t = c_{t−1} + i ⊙ g(u),
        y_t = o ⊙ h(c_t), with g(u) = 4 σ(u) − 2 and h(c) = 2 σ(c) − 1; h_t = y_t, or (y_t, i, o) if connect_gates
    Shapes: (T, N, I), or (T, I) for one sequence, and hx = (h_0, c_0), (1, N, F) and (1, N, H) → output (T, N, H) and
        (h_n, c_n), with F = H, or H + 2 B if connect_gates.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: TypeError or ValueError for sizes that are no positive integers, another choice of `biases`, and gate biases that
        are neither one number nor one a block; when called, ValueError for shapes that do not fit, no steps, or another
        dtype than the parameters'.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 4; truncation:
        appendix A.1.

    >>> import nn, autograd_core as ag
    >>> lstm = nn.LSTM1997(3, num_blocks=2, cells_per_block=2, output_gate_bias=[-1.0, -2.0])
    >>> output, (h_n, c_n) = lstm(ag.ones(5, 1, 3))
    >>> output.shape, h_n.shape, c_n.shape
    ((5, 1, 4), (1, 1, 8), (1, 1, 4))
    """

    def __init__(
        self,
        input_size: int,
        num_blocks: int,
        cells_per_block: int = 1,
        *,
        input_gate_bias: float | Sequence[float] = 0.0,
        output_gate_bias: float | Sequence[float] = 0.0,
        weight_range: float = 0.1,
        biases: str = "all",
        connect_gates: bool = True,
        truncated: bool = False,
        batch_first: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "LSTM1997")
        check_sizes("LSTM1997", input_size=input_size, num_blocks=num_blocks, cells_per_block=cells_per_block)
        self.input_size, self.num_blocks, self.cells_per_block = input_size, num_blocks, cells_per_block
        self.hidden_size = H = num_blocks * cells_per_block
        self.gate_biases = [
            _for_each_block(name, value, num_blocks)
            for name, value in (("input_gate_bias", input_gate_bias), ("output_gate_bias", output_gate_bias))
        ]
        if biases not in BIASES:
            raise ValueError(f"LSTM1997: biases is one of {', '.join(BIASES)}, got {biases!r}")
        if biases == "none" and any(b.any() for b in self.gate_biases):
            raise ValueError("LSTM1997: biases='none' leaves no biases for gates to start with; pass biases='gates'")
        if not (weight_range >= 0 and np.isfinite(weight_range)):
            raise ValueError(f"LSTM1997: weight_range must be finite and not negative, got {weight_range}")
        self.weight_range, self.truncated, self.batch_first = weight_range, truncated, batch_first
        self.biases, self.connect_gates = biases, connect_gates
        rows, self.feedback_size = 2 * num_blocks + H, H + 2 * num_blocks * connect_gates
        self.weight_ih = Parameter(ag.empty(rows, input_size, dtype=dtype))
        self.weight_hh = Parameter(ag.empty(rows, self.feedback_size, dtype=dtype))
        self.bias = Parameter(ag.empty(BIASES[biases](num_blocks, H), dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        for weight in (self.weight_ih, self.weight_hh):
            init.uniform_(weight, -self.weight_range, self.weight_range)
        with ag.no_grad():
            self.bias.zero_()
            if len(self.bias):
                self.bias[: 2 * self.num_blocks] = ag.tensor(np.concatenate(self.gate_biases), dtype=self.bias.dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        x, h0, c0 = self._arguments(input, hx)
        if self.truncated:
            output, *last = self._truncated(x, h0, c0)
        else:
            states, *last = self._whole(x, h0, c0)
            output = states[..., : self.hidden_size]
        single = input.ndim == 2
        h, c = last if single else (state[None] for state in last)
        return self._as_input(output, single), (h, c)

    def unfold(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> Unfolded:
        """Output, gates and cells at all steps, laid out as the output; the gradients are truncated."""
        x, h0, c0 = self._arguments(input, hx)
        return Unfolded(*(self._as_input(t, input.ndim == 2) for t in self._unfolded(x, h0, c0)))

    def _as_input(self, output: Tensor, single: bool) -> Tensor:
        if single:
            return output.squeeze(1)
        return transpose(output, 0, 1) if self.batch_first else output

    # ---------------------------------------------------------------------------------------------------- the computation

    def _whole(self, x: Tensor, h0: Tensor, c0: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """h_t at all steps, and the last h and c, by the LSTM with forget gates.

        With c' = c / 2, u' = u / 2 and an open forget gate it computes the same: c' + i tanh(u') and o tanh(c'). The gates
        that are fed back are the output gates of further cells, whose content stays OPEN: tanh of it is 1.
        """
        T, N = x.shape[:2]
        B, S, H, extra = self.num_blocks, self.cells_per_block, self.hidden_size, self.feedback_size - self.hidden_size
        none = 2 * B + H  # a row of zeros
        gates = np.arange(2 * B)
        rows = [np.repeat(gates[:B], S), np.full(H, none), np.arange(2 * B, none), np.repeat(gates[B:], S)]
        if extra:
            rows = [np.append(part, gates if k == 3 else np.full(extra, none)) for k, part in enumerate(rows)]
        index = np.concatenate(rows)
        kinds = np.repeat(np.arange(4), H + extra)  # i, f, g, o
        dtype = self.weight_ih.dtype
        scale, offset = np.where(kinds == 2, 0.5, 1).astype(dtype), np.where(kinds == 1, OPEN, 0).astype(dtype)

        def assembled(parameter: Tensor) -> Tensor:
            padded = cat([parameter, ag.zeros(none + 1 - len(parameter), *parameter.shape[1:], dtype=dtype)])
            return padded[index] * (scale if parameter.ndim == 1 else scale[:, None])

        w_ih, w_hh, bias = assembled(self.weight_ih), assembled(self.weight_hh), assembled(self.bias) + offset
        cells: Any = c0 * 0.5
        if extra:
            cells = cat([cells, ag.full((N, extra), OPEN, dtype=dtype)], 1)
        counts = np.full(T, N)
        out, h, c = ops.lstm(
            x.reshape(T * N, x.shape[2]), h0, cells, w_ih, w_hh, bias, None, None, None, counts, False
        )  # fmt: skip
        return out.reshape(T, N, H + extra), h, 2 * c[:, :H]

    def _unfolded(self, x: Tensor, h0: Tensor, c0: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Output, gates and cells from the states of all steps, which count as inputs here."""
        with ag.no_grad():
            states = self._whole(x, h0, c0)[0]
        before: Any = cat([h0.detach()[None], states[:-1]])
        T, N, B, S = *x.shape[:2], self.num_blocks, self.cells_per_block
        none: Any = ag.zeros(len(self.weight_ih) - len(self.bias), dtype=self.bias.dtype)
        a = F.linear(x, self.weight_ih, cat([self.bias, none])) + F.linear(before, self.weight_hh)
        i, o = F.sigmoid(a[..., :B]), F.sigmoid(a[..., B : 2 * B])
        u = a[..., 2 * B :].reshape(T, N, B, S)
        c = c0.reshape(N, B, S) + ag.cumsum(i[..., None] * (2 * ag.tanh(0.5 * u)), 0)
        y = o[..., None] * ag.tanh(0.5 * c)
        return y.reshape(T, N, B * S), i, o, c.reshape(T, N, B * S)

    def _truncated(self, x: Tensor, h0: Tensor, c0: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        y, i, o, c = self._unfolded(x, h0, c0)
        return y, cat([y[-1], i[-1], o[-1]], -1) if self.connect_gates else y[-1], c[-1]

    # ------------------------------------------------------------------------------------------------------------ checks

    def _arguments(self, input: Any, hx: Any) -> tuple[Tensor, Tensor, Tensor]:
        """x (T, N, I), h_0 (N, F) and c_0 (N, H)."""
        name, dtype = "LSTM1997", self.weight_ih.dtype
        if not hasattr(input, "ndim") or input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            layout = "(N, T, input_size)" if self.batch_first else "(T, N, input_size)"
            raise ValueError(
                f"{name}: input must have the shape {layout}, or (T, input_size) for one sequence, with input_size = "
                f"{self.input_size}, got {describe(input)}"
            )
        if input.dtype != dtype:
            raise ValueError(
                f"{name}: input dtype ({input.dtype}) does not match weight dtype ({dtype}); "
                f"{either_conversion('input', input, dtype)}"
            )
        single = input.ndim == 2
        x = input[:, None] if single else transpose(input, 0, 1) if self.batch_first else input
        T, N = x.shape[:2]
        if T == 0:
            raise ValueError(f"{name}: a sequence needs a step, got an input of shape {tuple(input.shape)}")
        if hx is None:
            return x, ag.zeros(N, self.feedback_size, dtype=dtype), ag.zeros(N, self.hidden_size, dtype=dtype)
        if not isinstance(hx, tuple | list) or len(hx) != 2:
            raise ValueError(f"{name}: hx must be the pair (h_0, c_0), got {describe(hx)}")
        states = []
        for what, state, size in zip(("h_0", "c_0"), hx, (self.feedback_size, self.hidden_size), strict=True):
            shape = (1, size) if single else (1, N, size)
            if not hasattr(state, "shape") or tuple(state.shape) != shape or state.dtype != dtype:
                raise ValueError(
                    f"{name}: {what} must have the shape {shape} and be {dtype}, got {describe(state)}; a state that "
                    "the layer returned fits"
                )
            states.append(state if single else state[0])
        return x, states[0], states[1]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, num_blocks={self.num_blocks}, cells_per_block={self.cells_per_block}"
        for option, default in (
            ("biases", "all"),
            ("connect_gates", True),
            ("truncated", False),
            ("batch_first", False),
        ):
            if getattr(self, option) != default:
                text += f", {option}={getattr(self, option)!r}"
        return text


def _for_each_block(name: str, value: Any, blocks: int) -> np.ndarray:
    biases = np.asarray(value, np.float64)
    if biases.ndim > 1 or biases.size not in (1, blocks) or not np.isfinite(biases).all():
        raise ValueError(f"LSTM1997: {name} is a finite number, or one for each of the {blocks} blocks, got {value}")
    return np.broadcast_to(biases.reshape(-1), (blocks,)).copy()
