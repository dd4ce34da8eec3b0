"""Recurrent nodes: by our fused recurrences where a node asks what they compute, else step by step as ONNX defines them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd_core.engine import basics
from autograd_core.ops.elementwise import rounding
from autograd_core.ops.network import recurrent
from autograd_core.ops.shape import shape

from .... import functional as F
from .rule import Rule, ints

ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # our gates (i f g o; r z n; one) among ONNX's
USUAL = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"], "RNN": ["tanh"]}
ACTIVATIONS: dict[str, Callable] = {  # of x, and of alpha and beta as far as they are named in PARAMETERS
    "affine": lambda x, alpha, beta: alpha * x + beta,
    "elu": F.elu,
    "hardsigmoid": lambda x, alpha, beta: rounding.clamp(alpha * x + beta, 0, 1),
    "leakyrelu": F.leaky_relu,
    "relu": F.relu,
    "scaledtanh": lambda x, alpha, beta: alpha * F.tanh(beta * x),
    "sigmoid": F.sigmoid,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "tanh": F.tanh,
    "thresholdedrelu": lambda x, alpha: basics.where(x > alpha, x, 0.0),
}
PARAMETERS: dict[str, dict[str, float | None]] = {  # name -> what the node must say, or what holds without it
    "affine": {"alpha": None, "beta": None},
    "elu": {"alpha": 1.0},
    "hardsigmoid": {"alpha": 0.2, "beta": 0.5},
    "leakyrelu": {"alpha": 0.01},
    "scaledtanh": {"alpha": None, "beta": None},
    "thresholdedrelu": {"alpha": 1.0},
}
NAMES = (
    "hidden_size", "direction", "activations", "activation_alpha", "activation_beta", "layout", "clip", "input_forget",
    "linear_before_reset",
)  # fmt: skip


def recurrence(kind: str) -> Rule:
    """X (T, N, I), W (D, G H, I), R (D, G H, H), B (D, 2 G H): Y (T, D, N, H) and the last states (D, N, H).

    With layout=1 the batch comes first: X (N, T, I), Y (N, T, D, H), states (N, D, H).
    """

    def compute(
        node: Any,
        x: Any,
        w: Any,
        r: Any,
        b: Any = None,
        lengths: Any = None,
        h: Any = None,
        c: Any = None,
        p: Any = None,
    ) -> tuple:
        batched = node.get("layout", 0)
        if batched:
            x, h, c = (v if v is None else shape.transpose(v, 0, 1) for v in (x, h, c))
        _check_shapes(node, kind, x, {"W": w, "R": r, "B": b, "initial_h": h, "initial_c": c, "P": p}, lengths)
        activations = _activations(node, kind, r.shape[2], w.shape[0])
        functions = _functions(node, activations)
        outs, last = [], []
        for d in range(w.shape[0]):
            one: Any = [v if v is None else v[d] for v in (w, r, b, h, c, p)]
            reverse = node.get("direction", "forward") == "reverse" or d == 1
            out, *states = _direction(node, kind, x, one, lengths, activations[d], functions[d], reverse)
            outs.append(out)
            last.append(states)
        whole = shape.stack(outs, 1)  # (T, D, N, H)
        results = [whole, *(shape.stack(list(states)) for states in zip(*last, strict=True))]
        if batched:
            results = [shape.permute(whole, (2, 0, 1, 3)), *(shape.transpose(s, 0, 1) for s in results[1:])]
        return tuple(results)

    return Rule(compute, frozenset(NAMES), frozenset({"output_sequence"}))


def _check_shapes(node: Any, kind: str, x: Any, values: dict[str, Any], lengths: Any) -> None:
    """A file may hold weights that do not fit each other, of an exporter that knew no better."""
    N, (D, _, H), G = x.shape[1], values["R"].shape, len(ORDERS[kind])
    needed = {"W": (D, G * H, x.shape[2]), "R": (D, G * H, H), "B": (D, 2 * G * H), "P": (D, 3 * H)}
    needed |= dict.fromkeys(("initial_h", "initial_c"), (D, N, H))
    for name, value in values.items():
        if value is not None and tuple(value.shape) != needed[name]:
            raise ValueError(
                f"onnx: {kind} '{node.name}': {name} has the shape {tuple(value.shape)}, but {D} directions of {H} units, "
                f"{x.shape[2]} inputs and {N} examples need {needed[name]}; export the model again"
            )
    if lengths is not None and tuple(lengths.shape) != (N,):
        raise ValueError(
            f"onnx: {kind} '{node.name}': sequence_lens has the shape {tuple(lengths.shape)}, needs {(N,)}"
        )


def _activations(node: Any, kind: str, H: int, D: int) -> list[list[str]]:
    """The names of each direction's activations, for a node that says what its weights say."""
    if node.get("hidden_size", H) != H or (node.get("direction", "forward") == "bidirectional") != (D == 2):
        raise node.unsupported(f"hidden_size or direction that do not fit weights of {D} directions and {H} units")
    names = [name.lower() for name in node.get("activations") or USUAL[kind] * D]
    count = len(USUAL[kind])
    if len(names) != count * D or any(name not in ACTIVATIONS for name in names):
        raise node.unsupported(f"the activations {node.get('activations')}")
    return [names[:count], names[count:]]


def _functions(node: Any, names: list[list[str]]) -> list[list[Callable]]:
    """The activations with their alpha and beta, which stand in two lists: an entry for each activation that takes one, in
    their order, as onnxruntime reads them."""
    options: list[list[dict]] = [[{} for _ in direction] for direction in names]
    every = [(name, option) for d, o in zip(names, options, strict=True) for name, option in zip(d, o, strict=True)]
    for what in ("alpha", "beta"):
        takers = [(name, option) for name, option in every if what in PARAMETERS.get(name, {})]
        values: Any = node.get(f"activation_{what}") or [PARAMETERS[name][what] for name, _ in takers]
        if len(values) != len(takers) or None in values:
            raise node.unsupported(
                f"activation_{what}={node.get(f'activation_{what}')}, which must have a number for each of the activations "
                f"that take one, {[name for name, _ in takers]},"
            )
        for value, (_, option) in zip(values, takers, strict=True):
            option[what] = float(value)
    return [
        [partial(ACTIVATIONS[name], **_named(name, option)) for name, option in zip(d, o, strict=True)]
        for d, o in zip(names, options, strict=True)
    ]


def _named(name: str, option: dict) -> dict:
    return {"negative_slope": option["alpha"]} if name == "leakyrelu" else option


def _direction(
    node: Any,
    kind: str,
    x: Any,
    one: Any,
    lengths: Any,
    activations: list[str],
    functions: list[Callable],
    reverse: bool,
) -> tuple:
    """Through a sequence (T, N, I) in one direction, by its weights and first states: the states (T, N, H), the last ones."""
    w, r, b, h, c, p = one
    T, N, _ = x.shape
    H = r.shape[1]
    same = lengths is None or set(ints(lengths)) == {T}
    usual = activations in ([["tanh"], ["relu"]] if kind == "RNN" else [USUAL[kind]])
    after = kind != "GRU" or node.get("linear_before_reset", 0)
    if not (same and usual and after) or node.get("clip") or node.get("input_forget", 0) or x.dtype == np.float16:
        return _stepwise(node, kind, x, w, r, b, h, c, p, lengths, functions, reverse)
    rows, counts = shape.reshape(x, (T * N, x.shape[2])), np.full(T, N)
    biases = (None, None) if b is None else shape.split(b, b.shape[0] // 2)
    weights = [v if v is None else _ordered(v, kind, H) for v in (w, r, *biases)]
    arguments: list[Any] = [rows, *((h, c) if kind == "LSTM" else (h,)), *weights]
    if kind == "LSTM":
        peep = None if p is None else shape.reshape(p, (3, H))[[0, 2, 1]]
        out = recurrent.lstm(*arguments + [None, peep, counts, reverse])
    elif kind == "GRU":
        out = recurrent.gru(*arguments + [counts, reverse])
    else:
        out = recurrent.rnn(*arguments + [counts, reverse, activations[0]])
    return (shape.reshape(out[0], (T, N, H)), *out[1:])


def _ordered(w: Any, kind: str, H: int) -> Any:
    """A weight (G H, …) with its gates in our order."""
    if kind == "RNN":
        return w
    gates = shape.reshape(w, (len(ORDERS[kind]), H, *w.shape[1:]))
    return shape.reshape(gates[list(ORDERS[kind])], tuple(w.shape))


def _stepwise(
    node: Any,
    kind: str,
    x: Any,
    w: Any,
    r: Any,
    b: Any,
    h: Any,
    c: Any,
    p: Any,
    lengths: Any,
    activations: list[Callable],
    reverse: bool,
) -> tuple:
    """The definition, one step after the other. Behind the end of a sequence its state stays, and the output is 0."""
    T, N, _ = x.shape
    G, H = len(ORDERS[kind]), r.shape[1]
    zero = np.zeros((N, H), x.dtype)
    bx, bh = (np.zeros(G * H, x.dtype),) * 2 if b is None else shape.split(b, G * H)
    state = [zero if h is None else h, *([zero if c is None else c] if kind == "LSTM" else [])]
    ends = np.full(N, T) if lengths is None else np.array(ints(lengths))
    limit = node.get("clip")
    clip = (lambda v: rounding.clamp(v, -limit, limit)) if limit else (lambda v: v)
    cell = {"LSTM": _lstm_step, "GRU": _gru_step, "RNN": _rnn_step}[kind]
    outs: list = [None] * T
    for t in range(T)[::-1] if reverse else range(T):
        new = cell(node, F.linear(x[t], w, bx), state, r, bh, p, activations, clip)
        if (ends <= t).any():
            there = (t < ends)[:, None]
            outs[t] = basics.where(there, new[0], zero)
            state = [basics.where(there, a, s) for a, s in zip(new, state, strict=True)]
        else:
            outs[t], state = new[0], list(new)
    return (shape.stack(outs), *state)


def _rnn_step(node: Any, x: Any, state: list, r: Any, bh: Any, p: Any, act: list, clip: Callable) -> tuple:
    return (act[0](clip(x + F.linear(state[0], r, bh))),)


def _gru_step(node: Any, x: Any, state: list, r: Any, bh: Any, p: Any, act: list, clip: Callable) -> tuple:
    (h,), H = state, r.shape[1]
    xz, xr, xn = shape.split(x, H, -1)
    hz, hr = shape.split(F.linear(h, r[: 2 * H], bh[: 2 * H]), H, -1)
    z, reset = act[0](clip(xz + hz)), act[0](clip(xr + hr))
    if node.get("linear_before_reset", 0):
        n = act[1](clip(xn + reset * F.linear(h, r[2 * H :], bh[2 * H :])))
    else:
        n = act[1](clip(xn + F.linear(reset * h, r[2 * H :], bh[2 * H :])))
    return ((1 - z) * n + z * h,)


def _lstm_step(node: Any, x: Any, state: list, r: Any, bh: Any, p: Any, act: list, clip: Callable) -> tuple:
    (h, c), H = state, r.shape[1]
    i, o, f, g = shape.split(x + F.linear(h, r, bh), H, -1)
    pi, po, pf = (0, 0, 0) if p is None else shape.split(p, H)
    i = act[0](clip(i + pi * c))
    f = 1 - i if node.get("input_forget", 0) else act[0](clip(f + pf * c))
    c = f * c + i * act[1](clip(g))
    return act[0](clip(o + po * c)) * act[2](c), c


RECURRENT = {kind: recurrence(kind) for kind in ORDERS}
