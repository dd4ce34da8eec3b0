"""Recurrent networks and attention over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag
from autograd_core.ops.elementwise.activation import sigmoid

from .. import functional as F
from ..layers.recurrent import RNNBase
from .evaluate import as_input
from .figure import canvas, finished, numbers, panels, real, whole
from .layers import sequence_of
from .style import SEQUENTIAL, SIGNED, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from autograd_core import Tensor

    from .figure import Numbers

# kind of network → the gates and values of a step, in the order of the weights' rows; those in (0, 1) are gates
ROWS = {
    "LSTM": ("input gate", "forget gate", "candidate", "output gate"),
    "GRU": ("reset gate", "update gate", "candidate"),
}


@styled
def hidden_states(
    states: Numbers,
    steps: Sequence[str] | None = None,
    title: str | None = None,
    *,
    units: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the hidden state of a recurrent network over time: red where a unit is positive, blue where it is negative.

    states: of one sequence, such as the outputs of `nn.RNN`.
    steps: what stands at each step, such as the characters that were read.
    title: of the figure.
    units: the names of the units.
    ax: where to draw; by default in a new figure.

    Formula: none; a figure of states[t, h] at column t and row h
    Shapes: (T, H) or (T, 1, H).
    Dtypes: real ones.
    Raises: ValueError for several sequences, states that are not finite, or names that differ in number; TypeError if they
        are no real numbers.
    Source: Karpathy, Johnson & Li 2015, "Visualizing and understanding recurrent networks".

    >>> import autograd_core as ag, nn.plot
    >>> output, _ = nn.RNN(3, 8)(ag.ones(5, 3))
    >>> nn.plot.hidden_states(output, list("hello")).axes[0].get_ylabel()
    'unit'
    """
    h = _of_one("hidden_states", "states", states)
    T, H = h.shape
    figure, axes = canvas(ax, min(12.0, 2.6 + 0.24 * T), min(7.0, 1.3 + 0.2 * max(H, 6)))
    largest = float(np.abs(h).max()) or 1.0
    image = _over_time(axes, h, "hidden_states", steps, units, cmap=SIGNED, vmin=-largest, vmax=largest)
    axes.set(xlabel="step", ylabel="unit")
    figure.colorbar(image, ax=axes).set_label("hidden state")
    return finished(figure, f"Hidden states of {H} units over {T} steps, up to ±{largest:.3g}.", title, axes)


def _of_one(name: str, what: str, values: Any) -> np.ndarray:
    h = real(name, what, values).astype(np.float64)
    if h.ndim == 3 and h.shape[1] == 1:
        h = h[:, 0]
    if h.ndim != 2:
        raise ValueError(
            f"{name}: {what} must be of one sequence, (T, H) or (T, 1, H), got shape {h.shape}; take {what}[:, 0]"
        )
    return h


def _over_time(ax: Any, h: np.ndarray, name: str, steps: Any, units: Any, labelled: bool = True, **colours: Any) -> Any:
    """(T, H) as shades, time to the right."""
    T, H = h.shape
    image = ax.imshow(h.T, aspect="auto", interpolation="nearest", **colours)
    ax.spines[:].set_visible(False)
    step_names, unit_names = sequence_of(steps, T, name, "steps"), sequence_of(units, H, name, "units")
    if step_names is None:
        whole(ax.xaxis)
    elif labelled:
        long = max(map(len, step_names)) > 2
        shown = [repr(s)[1:-1] if s.strip() else "␣" if s == " " else repr(s)[1:-1] for s in step_names]
        ax.set_xticks(
            range(T), shown, rotation=60 if long else 0, ha="right" if long else "center", fontsize=9 if T <= 60 else 7
        )
    if unit_names is None:
        whole(ax.yaxis)
    else:
        ax.set_yticks(range(H), unit_names)
    return image


@styled
def gates(
    layer: RNNBase | Mapping[str, Numbers],
    x: Numbers | None = None,
    steps: Sequence[str] | None = None,
    title: str | None = None,
    *,
    index: int = 0,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw the gates, the candidate and the state of an LSTM or GRU over time, a panel each.

    layer: an `nn.LSTM` or `nn.GRU`; or name → values, for what was recorded elsewhere: gates have "gate" in their name.
    x: the sequence that the layer reads, from a state of 0.
    steps: what stands at each step, such as the characters that were read.
    title: of the figure.
    index: which layer of the stack, in its forward direction.
    figure: what to draw into; by default a new figure.

    Gates go from 0, white, closed, to 1, dark, open; other values are red where positive, blue where negative.

    Formula: that of `nn.LSTM` or `nn.GRU`, step by step
    Shapes: x (T, I), or (T, 1, I); values (T, H).
    Dtypes: floats, which are converted to the layer's.
    Raises: TypeError for another layer; ValueError without x, for several sequences, or a layer that does not exist.
    Source: Karpathy, Johnson & Li 2015, "Visualizing and understanding recurrent networks", section 4.2.

    >>> import autograd_core as ag, nn.plot
    >>> [ax.get_title() for ax in nn.plot.gates(nn.GRU(3, 4), ag.ones(5, 3)).axes if ax.get_title()]
    ['reset gate', 'candidate', 'update gate', 'hidden state']
    """
    if isinstance(layer, Mapping):
        values = {str(name): _of_one("gates", str(name), v) for name, v in layer.items()}
        if not values:
            raise ValueError("gates: there is nothing to draw; pass name → values (T, H)")
        if len({len(v) for v in values.values()}) > 1:
            raise ValueError(
                f"gates: the numbers of steps differ: {', '.join(f'{k} {len(v)}' for k, v in values.items())}"
            )
    else:
        values = _gate_values(layer, x, index)
    T, H = next(iter(values.values())).shape
    columns = 2 if len(values) > 3 else 1
    rows = math.ceil(len(values) / columns)
    height = min(3.0, 1.2 + 0.1 * max(H, 4))
    root, axes = panels(figure, min(13.0, columns * (2.2 + 0.2 * T)), rows * height + 0.6, rows, columns, sharex=True)
    order = axes.T.flat if columns == 2 else axes.flat  # down the first column, then the second
    for ax, (name, v) in zip(order, values.items(), strict=False):
        if "gate" in name:
            colours: dict[str, Any] = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": 1}
        else:
            largest = float(np.abs(v).max()) or 1.0
            colours = {"cmap": SIGNED, "vmin": -largest, "vmax": largest}
        image = _over_time(ax, v, "gates", steps, None, **colours)
        ax.set_title(name)
        ax.set_ylabel("unit")
        root.colorbar(image, ax=ax, pad=0.02)
    for ax in list(axes.T.flat if columns == 2 else axes.flat)[len(values) :]:
        ax.set_axis_off()
    for ax in axes[-1]:
        ax.set_xlabel("step")
    means = ", ".join(f"{name} {v.mean():.2f}" for name, v in values.items() if "gate" in name)
    text = f"{', '.join(values)} of {H} units over {T} steps"
    return finished(root, f"{text}; open in the mean: {means}." if means else f"{text}.", title)


def _gate_values(layer: Any, x: Any, index: int) -> dict[str, np.ndarray]:
    """name → (T, H): what a layer of an LSTM or GRU computes at each step of one sequence, from a state of 0."""
    kind = getattr(layer, "mode", type(layer).__name__)
    if not isinstance(layer, RNNBase) or kind not in ROWS:
        raise TypeError(f"gates: needs an nn.LSTM, an nn.GRU or name → values, got {kind}")
    if x is None:
        raise ValueError("gates: they are those of a sequence; pass x")
    if not 0 <= index < layer.num_layers:
        raise ValueError(f"gates: layer {index} is out of range, there are {layer.num_layers}")
    if index and layer.bidirectional:
        raise ValueError("gates: a layer above another of two directions reads both; take index=0")
    sequence = as_input(layer, real("gates", "x", x))
    if sequence.ndim == 3 and layer.batch_first and sequence.shape[0] == 1:
        sequence = sequence[0]
    elif sequence.ndim == 3 and sequence.shape[1] == 1:
        sequence = sequence[:, 0]
    if sequence.ndim != 2 or sequence.shape[1] != layer.input_size:
        raise ValueError(f"gates: x must be one sequence (T, {layer.input_size}), got shape {tuple(sequence.shape)}")
    with ag.no_grad():
        collected: dict[str, np.ndarray] = {}
        for k in range(index + 1):
            collected, sequence = _layer_steps(layer, kind, k, sequence)
    return collected


def _layer_steps(layer: RNNBase, kind: str, k: int, sequence: Tensor) -> tuple[dict[str, np.ndarray], Tensor]:
    """(name → (T, H), outputs (T, P)) of layer k."""

    def parameter(name: str) -> Any:
        return getattr(layer, f"{name}_l{k}", None)

    w_hr, peep = parameter("weight_hr"), parameter("weight_peep")
    dtype = parameter("weight_ih").dtype
    c = ag.zeros(layer.hidden_size, dtype=dtype)
    h = ag.zeros(layer.proj_size or layer.hidden_size, dtype=dtype)
    names = (*ROWS[kind], *(["cell state"] if kind == "LSTM" else []), "hidden state")
    steps: list[list[np.ndarray]] = []
    for x in sequence:
        a = F.linear(x, parameter("weight_ih"), parameter("bias_ih"))
        b = F.linear(h, parameter("weight_hh"), parameter("bias_hh"))
        if kind == "GRU":
            (xr, xz, xn), (hr, hz, hn) = a.chunk(3), b.chunk(3)
            r, z = sigmoid(xr + hr), sigmoid(xz + hz)
            n = ag.tanh(xn + r * hn)
            h = (1 - z) * n + z * h
            row = [r, z, n, h]
        else:
            i, f, g, o = (a + b).chunk(4)
            i, f = (sigmoid(i), sigmoid(f)) if peep is None else (sigmoid(i + peep[0] * c), sigmoid(f + peep[1] * c))
            g = ag.tanh(g)
            c = f * c + i * g
            o = sigmoid(o if peep is None else o + peep[2] * c)
            h = o * ag.tanh(c)
            h = h if w_hr is None else F.linear(h, w_hr)
            row = [i, f, g, o, c, h]
        steps.append([numbers(v) for v in row])
    values = {name: np.stack([row[j] for row in steps]) for j, name in enumerate(names)}
    return values, as_input(layer, values["hidden state"])


@styled
def attention(
    weights: Numbers,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    title: str | None = None,
    *,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw the weights of attention: a row for each query, dark where it looks; a panel for each head.

    weights: those of one example.
    queries, keys: the tokens, such as the words that are written and those that are read.
    title: of the figure.
    figure: what to draw into; by default a new figure.

    All heads have one scale, from 0 to the largest weight.

    Formula: none; a figure of weights[h, l, s] at row l and column s
    Shapes: (L, S), or (H, L, S) of H heads; a first dimension of one example may stand before them.
    Dtypes: real ones.
    Raises: ValueError for other shapes, negative weights, or names that differ in number; TypeError if they are no real
        numbers.
    Source: Bahdanau, Cho & Bengio 2015, "Neural machine translation by jointly learning to align and translate", figure 3.

    >>> import numpy as np, nn.plot
    >>> nn.plot.attention(np.eye(2), ["chat", "noir"], ["black", "cat"]).axes[0].get_xlabel()
    'key'
    """
    w = real("attention", "weights", weights).astype(np.float64)
    w = w[0] if w.ndim == 4 and len(w) == 1 else w
    w = w[None] if w.ndim == 2 else w
    if w.ndim != 3:
        raise ValueError(f"attention: weights must be (L, S) or (heads, L, S), got shape {w.shape}; take one example's")
    if (w < 0).any():
        raise ValueError(f"attention: weights are not negative, got {w.min():.3g}; take the softmax of scores")
    H, L, S = w.shape
    query_names, key_names = sequence_of(queries, L, "attention", "queries"), sequence_of(keys, S, "attention", "keys")
    columns = min(4, H)
    rows = math.ceil(H / columns)
    cell = 0.34 if L * S <= 900 else 0.16
    width, height = min(5.0, max(2.2, cell * S + 0.8)), min(5.0, max(2.0, cell * L + 0.8))
    root, axes = panels(figure, columns * width + 0.9, rows * height + 0.3, rows, columns)
    top = float(w.max()) or 1.0
    for head, (ax, picture) in enumerate(zip(axes.flat, w, strict=False)):
        image = ax.imshow(picture, cmap=SEQUENTIAL, vmin=0, vmax=top, aspect="auto", interpolation="nearest")
        if key_names is None:
            whole(ax.xaxis)
        else:
            long = max(map(len, key_names)) > 2
            ax.set_xticks(
                range(S),
                key_names,
                rotation=60 if long else 0,
                ha="right" if long else "center",
                rotation_mode="anchor" if long else "default",
            )
        if query_names is None:
            whole(ax.yaxis)
        else:
            ax.set_yticks(range(L), query_names)
        if H > 1:
            ax.set_title(f"head {head}")
        ax.set(xlabel="key" if head + columns >= H else "", ylabel="" if head % columns else "query")
    for ax in axes.flat[H:]:
        ax.set_axis_off()
    root.colorbar(image, ax=axes, shrink=0.8, label="weight")
    text = f"Attention of {L} queries to {S} keys" + (f" in {H} heads" if H > 1 else "")
    return finished(root, f"{text}: weights up to {top:.3g}.", title)
