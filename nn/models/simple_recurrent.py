"""The first recurrent networks: what is fed back is the hidden layer (Elman) or the output (Jordan)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor, describe
from autograd_core.engine.types import Device
from autograd_core.ops.shape.shape import cat, stack, transpose

from ..layers.activation import activation as activation_module
from ..layers.linear import Linear
from ..layers.recurrent import RNN
from ..module import Module


class Elman(Module):
    """Applies a hidden layer that also sees itself at the step before, through context units, and an output layer.

    in_features, hidden_features, out_features   the sizes of x_t, h_t and y_t
    nonlinearity        "tanh" or "relu" (Elman's units were logistic: tanh is one of those, stretched to ±1)
    output_activation   g: a name, a module, a module class or a function; by default none
    truncated           train as Elman did: the context units count as inputs whose values happen to be those of the hidden
                        layer a step ago, and nothing is propagated back through time
    batch_first         (N, T, …) instead of (T, N, …) for input and output
    device, dtype       None or "cpu"; that of the parameters

    Called with input and, if it is not zero, the first state hx it returns output and h_n.

    Formula: h_t = tanh(W x_t + U h_{t−1} + b), y_t = g(V h_t + c)
    Shapes: (T, N, in_features) and hx (1, N, hidden_features) → (T, N, out_features) and h_n like hx; or without N.
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: what `RNN` raises; ValueError for an unknown activation.
    Source: Elman 1990, "Finding structure in time", Cognitive Science 14, figure 2.

    >>> import nn, autograd_core as ag
    >>> output, state = nn.Elman(2, 5, 3)(ag.zeros(7, 4, 2))
    >>> output.shape, state.shape
    ((7, 4, 3), (1, 4, 5))
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        out_features: int,
        nonlinearity: str = "tanh",
        output_activation: str | Module | Callable | None = None,
        truncated: bool = False,
        batch_first: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "Elman")
        self.hidden = RNN(in_features, hidden_features, nonlinearity=nonlinearity, batch_first=batch_first, dtype=dtype)
        self.output = Linear(hidden_features, out_features, dtype=dtype)
        self.output_activation = None if output_activation is None else activation_module(output_activation)
        self.truncated = truncated
        self.batch_first = batch_first

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if self.truncated:
            hidden, last = self._with_constant_context(input, hx)
        else:
            hidden, last = self.hidden(input, hx)
        out = self.output(hidden)
        return (out if self.output_activation is None else self.output_activation(out)), last

    def _with_constant_context(self, input: Any, hx: Any) -> tuple:
        """All steps at once: each is the first of a sequence of one."""
        with ag.no_grad():
            hidden, last = self.hidden(input, hx)
        time = 1 if self.batch_first and input.ndim == 3 else 0
        first: Any = ag.zeros_like(last[0]) if hx is None else hx[0].detach()
        context = cat([first.unsqueeze(time), hidden.narrow(time, 0, hidden.shape[time] - 1)], time)
        steps = input.reshape(1, -1, input.shape[-1])
        states, _ = self.hidden(
            transpose(steps, 0, 1) if self.batch_first else steps, context.reshape(1, -1, hidden.shape[-1])
        )
        return states.reshape(hidden.shape), last

    def extra_repr(self) -> str:
        return "truncated=True" if self.truncated else ""


class Jordan(Module):
    """Applies a hidden layer that also sees the outputs so far, through state units that forget them slowly.

    in_features, hidden_features, out_features   the sizes of x_t, h_t and y_t; s_t has out_features
    decay               the part of a state that is left a step later, from 0 (the last output only) to below 1
    activation          f: a name, a module, a module class or a function
    output_activation   g, likewise; by default none
    batch_first         (N, T, …) instead of (T, N, …) for input, targets and output
    device, dtype       None or "cpu"; that of the parameters

    Called with input, state (zeros if None: what the state units have before the first step) and targets it returns output
    and state. `targets`, of the shape of the output, take the place of y in s_t: teacher forcing, where no error is
    propagated back through time, and all steps are computed at once.

    Formula: s_t = decay s_{t−1} + y_{t−1}, h_t = f(W x_t + U s_t + b), y_t = g(V h_t + c)
    Shapes: (T, N, in_features) and state (N, out_features) → (T, N, out_features) and the state; or without N.
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError unless decay is from 0 to below 1, and for an unknown activation; when called, ValueError for
        shapes that do not fit, TypeError for another dtype than the parameters'.
    Source: Jordan 1986, "Serial order: a parallel distributed processing approach", ICS report 8604, figure 2 (his x_t
        is a plan, the same at all steps).

    >>> import nn, autograd_core as ag
    >>> output, state = nn.Jordan(2, 5, 3, decay=0.5)(ag.zeros(7, 4, 2))
    >>> output.shape, state.shape
    ((7, 4, 3), (4, 3))
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        out_features: int,
        decay: float = 0.5,
        activation: str | Module | Callable = "tanh",
        output_activation: str | Module | Callable | None = None,
        batch_first: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "Jordan")
        if not 0 <= decay < 1:
            raise ValueError(
                f"Jordan: decay is {decay}, but must be from 0 to below 1, or the state units would overflow"
            )
        self.input = Linear(in_features, hidden_features, dtype=dtype)
        self.state = Linear(out_features, hidden_features, bias=False, dtype=dtype)
        self.activation = activation_module(activation)
        self.output = Linear(hidden_features, out_features, dtype=dtype)
        self.output_activation = None if output_activation is None else activation_module(output_activation)
        self.decay = decay
        self.batch_first = batch_first

    def forward(
        self, input: Tensor, state: Tensor | None = None, targets: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if not hasattr(input, "ndim") or input.ndim not in (2, 3):
            raise ValueError(
                f"Jordan: input must have 2 or 3 dimensions, (T, N, in_features) or (T, …), got {describe(input)}"
            )
        time_second = self.batch_first and input.ndim == 3
        x = transpose(input, 0, 1) if time_second else input
        shape = (*x.shape[1:-1], self.output.out_features)
        state = ag.zeros(*shape, dtype=x.dtype) if state is None else state
        if tuple(state.shape) != shape:
            raise ValueError(f"Jordan: state has shape {tuple(state.shape)}, but must be {shape} for {describe(input)}")
        pre = self.input(x)
        if targets is None:
            outs = []
            for t in range(x.shape[0]):
                outs.append(self._read_out(pre[t], state))
                state = self.decay * state + outs[-1]
            out = stack(outs)
        else:
            d = transpose(targets, 0, 1) if time_second else targets
            if tuple(d.shape) != (x.shape[0], *shape):
                raise ValueError(
                    f"Jordan: targets have shape {tuple(targets.shape)}, but the output of {describe(input)} has as many "
                    f"steps and {shape[-1]} features"
                )
            states = [state]
            for t in range(x.shape[0]):
                states.append(self.decay * states[-1] + d[t])
            out, state = self._read_out(pre, stack(states[:-1])), states[-1]
        return (transpose(out, 0, 1) if time_second else out), state

    def _read_out(self, pre: Any, state: Any) -> Any:
        out = self.output(self.activation(pre + self.state(state)))
        return out if self.output_activation is None else self.output_activation(out)

    def extra_repr(self) -> str:
        return f"decay={self.decay}"
