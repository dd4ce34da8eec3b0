"""One step of a recurrent network, as functions of the package: the sequence functions, on a sequence of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.docstrings import documented
from ...engine.tensor import describe
from ..arguments import array_operand
from ..shape.shape import reshape
from . import recurrent

if TYPE_CHECKING:
    from ...engine.tensor import Tensor
    from ...engine.types import TensorLike

_step = documented(
    prose="`input` is x and `hx` the state before; `w_ih` and `w_hh` are the weights, `b_ih` and `b_hh` the biases, None\n"
    "standing for 0.",
    Dtypes="float32 or float64, one for all.",
    Raises="ValueError if shapes or dtypes do not fit together; TypeError if an argument is no tensor or array.",
)


def _checked(name: str, gates: int, input: Any, states: Sequence[Any], *parameters: Any) -> tuple[list[Any], Any, bool]:
    """([rows of input, rows of the states, parameters], counts, whether there is one example), all of fitting shapes."""
    x, *h = (array_operand(value, name) for value in (input, *states))
    w_ih, w_hh = (array_operand(w, name) for w in parameters[:2])
    biases: list[Any] = [None if b is None else array_operand(b, name) for b in parameters[2:]]
    single = x.ndim == 1
    if x.ndim not in (1, 2) or w_ih.ndim != 2 or w_hh.ndim != 2:
        raise ValueError(
            f"{name}: input must be (N, I), w_ih and w_hh matrices, got {', '.join(map(describe, (x, w_ih, w_hh)))}"
        )
    H = w_hh.shape[1]
    expected = [(f"hx[{i}]" if len(h) > 1 else "hx", s, (*x.shape[:-1], H)) for i, s in enumerate(h)]
    expected += [("w_ih", w_ih, (gates * H, x.shape[-1])), ("w_hh", w_hh, (gates * H, H))]
    expected += [(f"b_{n}", b, (gates * H,)) for n, b in zip(("ih", "hh"), biases, strict=True) if b is not None]
    for what, value, shape in expected:
        if tuple(value.shape) != shape or value.dtype != x.dtype:
            raise ValueError(f"{name}: {what} must be {x.dtype} of shape {shape}, got {describe(value)}")
    if any(b is None for b in biases) and any(b is not None for b in biases):
        biases = [np.zeros(gates * H, x.dtype) if b is None else b for b in biases]
    rows = [reshape(v, (1, v.shape[0])) if single else v for v in (x, *h)]
    return [*rows, w_ih, w_hh, *biases], np.array([1 if single else x.shape[0]]), single


def _first(outs: Sequence[Any], single: bool) -> list:
    return [reshape(out, (out.shape[1],)) if single else out for out in outs]


@_step
def rnn_tanh_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Compute one step of a recurrent network with tanh.

    Formula: out = tanh(W_ih x + b_ih + W_hh h + b_hh), x the input and h the state hx
    Shapes: input (N, I), hx (N, H), w_ih (H, I), w_hh (H, H), biases (H) → (N, H); or without N.
    Source: Elman 1990, "Finding structure in time"; PyTorch's `torch.rnn_tanh_cell`.
    >>> ag.rnn_tanh_cell(ag.zeros(2), ag.zeros(1), ag.ones(1, 2), ag.ones(1, 1))
    tensor([0.])
    """
    values, counts, single = _checked("rnn_tanh_cell", 1, input, [hx], w_ih, w_hh, b_ih, b_hh)
    return _first(recurrent.rnn(*values + [counts])[:1], single)[0]


@_step
def rnn_relu_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Compute one step of a recurrent network with relu.

    Formula: out = max(0, W_ih x + b_ih + W_hh h + b_hh), x the input and h the state hx
    Shapes: input (N, I), hx (N, H), w_ih (H, I), w_hh (H, H), biases (H) → (N, H); or without N.
    Source: Elman 1990, "Finding structure in time"; PyTorch's `torch.rnn_relu_cell`.
    >>> ag.rnn_relu_cell(ag.ones(2), ag.ones(1), ag.ones(1, 2), ag.ones(1, 1))
    tensor([3.])
    """
    values, counts, single = _checked("rnn_relu_cell", 1, input, [hx], w_ih, w_hh, b_ih, b_hh)
    return _first(recurrent.rnn(*values + [counts, False, "relu"])[:1], single)[0]


@_step
def gru_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """Compute one step of a gated recurrent unit.

    Formula: r, z = σ(W x + b + U h + d), each with its own rows of the weights and biases;
        n = tanh(W_n x + b_n + r ⊙ (U_n h + d_n)), out = (1 − z) ⊙ n + z ⊙ h, x the input and h the state hx
    Shapes: input (N, I), hx (N, H), w_ih (3H, I), w_hh (3H, H), biases (3H) → (N, H); or without N.
    Source: Cho et al. 2014, with r after the product, as in PyTorch's `torch.gru_cell`.
    >>> ag.gru_cell(ag.zeros(2), ag.ones(1), ag.zeros(3, 2), ag.zeros(3, 1))
    tensor([0.5])
    """
    values, counts, single = _checked("gru_cell", 3, input, [hx], w_ih, w_hh, b_ih, b_hh)
    return _first(recurrent.gru(*values + [counts])[:1], single)[0]


@_step
def lstm_cell(
    input: TensorLike,
    hx: Sequence[TensorLike],
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute one step of long short-term memory; `hx` and the result are pairs (h, c).

    Formula: i, f, o = σ(W x + b + U h + d), g = tanh(likewise), each with its own rows of the weights and biases;
        c′ = f ⊙ c + i ⊙ g, h′ = o ⊙ tanh(c′), x the input
    Shapes: input (N, I), h and c (N, H), w_ih (4H, I), w_hh (4H, H), biases (4H) → a pair of (N, H); or without N.
    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; PyTorch's `torch.lstm_cell`.
    >>> h, c = ag.lstm_cell(ag.zeros(2), (ag.zeros(1), ag.ones(1)), ag.zeros(4, 2), ag.zeros(4, 1))
    >>> c
    tensor([0.5])
    """
    if not isinstance(hx, tuple | list) or len(hx) != 2:
        raise ValueError(f"lstm_cell: hx must be the pair (h, c), got {describe(hx)}")
    values, counts, single = _checked("lstm_cell", 4, input, hx, w_ih, w_hh, b_ih, b_hh)
    h, c = _first(recurrent.lstm(*values + [None, None, counts])[1:], single)
    return h, c


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.rnn_tanh_cell
ag.rnn_relu_cell
ag.gru_cell
ag.lstm_cell
"""
