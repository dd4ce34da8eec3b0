"""Recurrent cells, and whole sequences of them as one operation.

The cells are the definitions, written with smaller functions. `rnn`, `lstm` and `gru` run one direction of one layer over
a whole sequence as a single node with kernels of its own; the same loop over cells is their composition, which is
differentiated for higher orders.

Sizes: N examples, T time steps, I inputs, H units, P outputs (P = H but for projections). Weights lie as in PyTorch:
w_ih (G H, I), w_hh (G H, P), b_ih and b_hh (G H,) or None, with G = 1 (RNN), 3 (GRU: r, z, n), 4 (LSTM: i, f, g, o).

Sequences lie step after step, as in a PackedSequence: x (S, I) with counts[t] rows for step t, counts never increasing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.primitive import AUX, OUT, Primitive, apply
from ...kernels.recurrence import gru as gru_kernels
from ...kernels.recurrence import lstm as lstm_kernels
from ...kernels.recurrence import rnn as rnn_kernels
from ..elementwise.activation import sigmoid
from ..elementwise.piecewise import relu
from ..elementwise.trigonometric import tanh
from ..linalg.linear import linear
from ..shape.shape import cat, split, stack

# ------------------------------------------------------------------------------------------------------------- the cells


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh) (Elman 1990). input (N, I), hx (N, H): (N, H)."""
    return tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh). input (N, I), hx (N, H): (N, H)."""
    return relu(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h' = (1 - z) n + z h with reset r and update z (Cho et al. 2014); r acts after the product, as in PyTorch.

        r, z = σ(W_ih x + b_ih + W_hh h + b_hh),   n = tanh(W_in x + b_in + r (W_hn h + b_hn))

    input (N, I), hx (N, H): (N, H).
    """
    H = hx.shape[-1]
    xr, xz, xn = split(linear(input, w_ih, b_ih), H, -1)
    hr, hz, hn = split(linear(hx, w_hh, b_hh), H, -1)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = tanh(xn + r * hn)
    return (1 - z) * n + z * hx


def lstm_cell(
    input: Any,
    hx: tuple,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    w_hr: Any = None,
    w_peep: Any = None,
) -> tuple:
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000). hx = (h, c).

        i, f, o = σ(…), g = tanh(…) of W_ih x + b_ih + W_hh h + b_hh,   c' = f c + i g,   h' = o tanh(c')

    w_hr     (P, H) or None: h' = W_hr (o tanh(c')), the projection of Sak et al. 2014
    w_peep   (3, H) or None: peepholes (Gers & Schmidhuber 2000). i and f also see c, weighted by rows 0 and 1, o sees
             c' by row 2

    input (N, I), h (N, P), c (N, H): ((N, P), (N, H)).
    """
    h, c = hx
    i, f, g, o = split(linear(input, w_ih, b_ih) + linear(h, w_hh, b_hh), c.shape[-1], -1)
    if w_peep is not None:
        i, f = i + w_peep[0] * c, f + w_peep[1] * c
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    if w_peep is not None:
        o = o + w_peep[2] * c
    h = sigmoid(o) * tanh(c)
    return (h if w_hr is None else linear(h, w_hr)), c


# ------------------------------------------------------------------------------------------------- sequences, step by step


def over_time(step: Callable, x: Any, states: tuple, counts: ndarray, reverse: bool) -> tuple:
    """Run `step(x_t, states) -> states` through a sequence: (the first states of all steps (S, …), *the last states).

    Step t has the first counts[t] examples; the states of the others wait.
    """
    N, stops = int(counts[0]), np.cumsum(counts)
    outs = []
    for t in range(len(counts))[:: -1 if reverse else 1]:
        n, stop = int(counts[t]), int(stops[t])
        new = step(x[stop - n : stop], tuple(s[:n] for s in states))
        outs.append(new[0])
        states = new if n == N else tuple(cat([a, b[n:]]) for a, b in zip(new, states, strict=True))
    return (cat(outs[::-1] if reverse else outs), *states)


def _start(x: Any, state: Any, counts: ndarray, size: int) -> Any:
    return np.zeros((int(counts[0]), size), x.dtype) if state is None else state


def _rnn_composition(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_skip: Any,
    counts: ndarray, reverse: bool, rectified: bool, skip: int,
) -> tuple:  # fmt: skip
    H = w_hh.shape[1]
    if skip == 0:
        cell = rnn_relu_cell if rectified else rnn_tanh_cell
        h0 = _start(x, h0, counts, H)
        return over_time(lambda xt, s: (cell(xt, s[0], w_ih, w_hh, b_ih, b_hh),), x, (h0,), counts, reverse)
    act = relu if rectified else tanh

    def step(xt: Any, states: tuple) -> tuple:  # states: the newest first
        h = linear(xt, w_ih, b_ih) + linear(states[0], w_hh, b_hh) + linear(states[-1], w_skip)
        return (act(h), *states[:-1])

    first = tuple(_start(x, None if h0 is None else h0[i], counts, H) for i in range(skip))
    out, *last = over_time(step, x, first[::-1], counts, reverse)
    return out, stack(last[::-1])


def _gru_composition(
    x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool
) -> tuple:
    h0 = _start(x, h0, counts, w_hh.shape[1])
    return over_time(lambda xt, s: (gru_cell(xt, s[0], w_ih, w_hh, b_ih, b_hh),), x, (h0,), counts, reverse)


def _lstm_composition(
    x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, w_peep: Any,
    counts: ndarray, reverse: bool,
) -> tuple:  # fmt: skip
    states = _start(x, h0, counts, w_hh.shape[1]), _start(x, c0, counts, w_hh.shape[0] // 4)
    return over_time(lambda xt, s: lstm_cell(xt, s, w_ih, w_hh, b_ih, b_hh, w_hr, w_peep), x, states, counts, reverse)


# ------------------------------------------------------------------------------------------------ sequences, as one node


def _rnn_joint(
    needs: list,
    g: list,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_skip: Any,
    outs: tuple,
    *how: Any,
) -> tuple:
    return rnn_kernels.rnn_backward(needs, g, outs[0], x, h0, w_ih, w_hh, w_skip, *how)


_rnn = Primitive(
    rnn_kernels.rnn_forward,
    name="rnn",
    joint=_rnn_joint,
    saves=(0, 1, 2, 3, 4, 5, 6, OUT),
    composition=_rnn_composition,
    outputs=True,
)


def _gru_joint(
    needs: list,
    g: list,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    outs: tuple,
    aux: tuple,
    *how: Any,
) -> tuple:
    return gru_kernels.gru_backward(needs, g, outs[0], aux, x, h0, w_ih, w_hh, *how)


_gru = Primitive(
    gru_kernels.gru_forward,
    name="gru",
    joint=_gru_joint,
    saves=(0, 1, 2, 3, 4, 5, OUT, AUX),
    composition=_gru_composition,
    evaluate=gru_kernels.gru_outputs,
    outputs=True,
)


def _lstm_joint(
    needs: list, g: list, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, w_peep: Any,
    outs: tuple, aux: tuple, *how: Any,
) -> tuple:  # fmt: skip
    return lstm_kernels.lstm_backward(needs, g, outs[0], aux, x, h0, c0, w_ih, w_hh, w_hr, w_peep, *how)


_lstm = Primitive(
    lstm_kernels.lstm_forward,
    name="lstm",
    joint=_lstm_joint,
    saves=(0, 1, 2, 3, 4, 5, 6, 7, 8, OUT, AUX),
    composition=_lstm_composition,
    evaluate=lstm_kernels.lstm_outputs,
    outputs=True,
)


def rnn(
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    counts: ndarray,
    reverse: bool = False,
    nonlinearity: str = "tanh",
    w_skip: Any = None,
    skip: int = 0,
) -> tuple:
    """`rnn_tanh_cell` or `rnn_relu_cell` through a sequence, from h0 (N, H), or zeros if None.

    w_skip   (H, H), to which belongs skip = k > 0: the pre-activation also gets W_skip h_{t-k} (Lin et al. 1996). h0 and the
             last states are then the last k, (k, N, H), oldest first

    x (S, I): (states (S, H), the last state of each example (N, H)).
    """
    return apply(_rnn, (x, h0, w_ih, w_hh, b_ih, b_hh, w_skip), (counts, reverse, nonlinearity == "relu", skip))


def gru(x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, counts: ndarray, reverse: bool = False) -> tuple:
    """`gru_cell` through a sequence, from h0 (N, H), or zeros if None.

    x (S, I): (states (S, H), the last state of each example (N, H)).
    """
    return apply(_gru, (x, h0, w_ih, w_hh, b_ih, b_hh), (counts, reverse))


def lstm(
    x: Any,
    h0: Any,
    c0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_hr: Any,
    w_peep: Any,
    counts: ndarray,
    reverse: bool = False,
) -> tuple:
    """`lstm_cell` through a sequence, from h0 (N, P) and c0 (N, H), or zeros if None.

    x (S, I): (outputs (S, P), the last output (N, P) and the last cell (N, H) of each example).
    """
    return apply(_lstm, (x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, w_peep), (counts, reverse))
