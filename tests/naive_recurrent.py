"""Recurrent cells and layers in plain loops over numbers, in float64: the oracle of everything recurrent.

Weights are nested lists or arrays; nothing of the library is used. Gates are in PyTorch's order: r, z, n and i, f, g, o.
"""

import math

import numpy as np


def affine(w, x, b):
    """w x + b, b possibly None."""
    out = []
    for i in range(len(w)):
        total = 0.0 if b is None else float(b[i])
        for j in range(len(x)):
            total += float(w[i][j]) * float(x[j])
        out.append(total)
    return out


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def rnn_cell(x, h, w, nonlinearity="tanh"):
    a, b = affine(w["ih"], x, w.get("b_ih")), affine(w["hh"], h, w.get("b_hh"))
    act = math.tanh if nonlinearity == "tanh" else lambda v: max(v, 0.0)
    return [act(p + q) for p, q in zip(a, b)]


def gru_cell(x, h, w):
    a, b = affine(w["ih"], x, w.get("b_ih")), affine(w["hh"], h, w.get("b_hh"))
    H = len(h)
    out = []
    for j in range(H):
        r, z = sigmoid(a[j] + b[j]), sigmoid(a[H + j] + b[H + j])
        n = math.tanh(a[2 * H + j] + r * b[2 * H + j])
        out.append((1 - z) * n + z * h[j])
    return out


def lstm_cell(x, h, c, w):
    a, b = affine(w["ih"], x, w.get("b_ih")), affine(w["hh"], h, w.get("b_hh"))
    H = len(c)
    peep = w.get("peep", np.zeros((3, H)))
    cells, out = [], []
    for j in range(H):
        i = sigmoid(a[j] + b[j] + peep[0][j] * c[j])
        f = sigmoid(a[H + j] + b[H + j] + peep[1][j] * c[j])
        g = math.tanh(a[2 * H + j] + b[2 * H + j])
        cells.append(f * c[j] + i * g)
        o = sigmoid(a[3 * H + j] + b[3 * H + j] + peep[2][j] * cells[j])
        out.append(o * math.tanh(cells[j]))
    return (affine(w["hr"], out, None) if "hr" in w else out), cells


def skipping_cell(x, states, w, nonlinearity):
    """states: of the steps before, as many as are skipped, the oldest first."""
    parts = (
        affine(w["ih"], x, w.get("b_ih")),
        affine(w["hh"], states[-1], w.get("b_hh")),
        affine(w["skip"], states[0], None),
    )
    act = math.tanh if nonlinearity == "tanh" else lambda v: max(v, 0.0)
    return [act(p + q + r) for p, q, r in zip(*parts)]


def one_direction(kind, xs, state, w, reverse):
    """One sequence xs (T, I) through one layer; state is a tuple of lists. Outputs in the order of xs, last state."""
    outs = []
    if "skip" in w:
        (states,) = state
        for x in reversed(xs) if reverse else xs:
            states = [*states[1:], skipping_cell(x, states, w, kind)]
            outs.append(states[-1])
        return (outs[::-1] if reverse else outs), (states,)
    for x in reversed(xs) if reverse else xs:
        if kind == "LSTM":
            state = lstm_cell(x, *state, w)
        elif kind == "GRU":
            state = (gru_cell(x, state[0], w),)
        else:
            state = (rnn_cell(x, state[0], w, kind),)
        outs.append(state[0])
    return (outs[::-1] if reverse else outs), state


def layers(kind, xs, states, weights, bidirectional):
    """One sequence through all layers; states and weights have one entry for each layer and direction."""
    last, D = [], 2 if bidirectional else 1
    for layer in range(len(weights) // D):
        sides = []
        for d in range(D):
            out, state = one_direction(kind, xs, states[layer * D + d], weights[layer * D + d], d == 1)
            sides.append(out)
            last.append(state)
        xs = [[v for side in sides for v in side[t]] for t in range(len(xs))]
    return xs, last
