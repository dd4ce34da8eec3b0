"""Products of matrices. Each rule is again a product, so every order comes from the first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Primitive, operand, result_type, unified
from ..tensor import apply
from .reduce import sum
from .shape import reshape, transpose, unsqueeze


def _mT(x: Any) -> Any:
    return transpose(x, -2, -1)


# (..., N, K) @ (..., K, M) -> (..., N, M)
_matmul = Primitive(
    np.matmul,
    name="matmul",
    vjps=(lambda g, x, y: matmul(g, _mT(y)), lambda g, x, y: matmul(_mT(x), g)),
    saves=(0, 1),
    uses=((1,), (0,)),
    broadcasts=True,
)


def matmul(x: Any, y: Any) -> Any:
    """The matrix product over the last two dimensions; leading ones broadcast. A vector counts as a row on the left and
    as a column on the right, and its dimension is left out of the result."""
    x, y = unified("matmul", x, y)
    if not (getattr(x, "ndim", 0) and getattr(y, "ndim", 0)):
        raise ValueError("matmul: both operands need at least one dimension; multiply by a number with *")
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise ValueError(
            f"matmul: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit; the last size of the first, "
            f"{x.shape[-1]}, must equal the {'second last' if y.ndim > 1 else 'only'} size of the second, "
            f"{y.shape[-2 if y.ndim > 1 else 0]}"
        )
    if x.ndim == 1 and y.ndim == 1:
        return dot(x, y)
    if x.ndim == 1:
        out = matmul(unsqueeze(x, 0), y)
        return reshape(out, (*out.shape[:-2], out.shape[-1]))
    if y.ndim == 1:
        out = matmul(x, unsqueeze(y, 1))
        return reshape(out, out.shape[:-1])
    if y.ndim == 2 and x.ndim > 2:  # one product instead of many: (B, N, K) @ (K, M) as (B N, K) @ (K, M)
        rows = reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
        return reshape(apply(_matmul, (rows, y)), (*x.shape[:-1], y.shape[-1]))
    try:
        return apply(_matmul, (x, y))
    except ValueError:
        raise ValueError(
            f"matmul: the leading sizes of {tuple(x.shape)} and {tuple(y.shape)} do not broadcast"
        ) from None


_dot = Primitive(
    lambda x, y: np.asarray(np.dot(x, y)),
    name="dot",
    vjps=(lambda g, x, y: g * y, lambda g, x, y: g * x),
    saves=(0, 1),
    uses=((1,), (0,)),
)


def dot(x: Any, y: Any) -> Any:
    """The sum of the products of two vectors."""
    x, y = operand(x, "dot"), operand(y, "dot")
    if getattr(x, "ndim", 0) != 1 or getattr(y, "ndim", 0) != 1 or x.shape != y.shape:
        raise ValueError(f"dot: needs two vectors of one length, got shapes {np.shape(x)} and {np.shape(y)}")
    return apply(_dot, unified("dot", x, y))


def outer(x: Any, y: Any) -> Any:
    """x_i y_j for two vectors."""
    return unsqueeze(x, 1) * unsqueeze(y, 0)


def bmm(x: Any, y: Any) -> Any:
    """The matrix products of two equally long stacks: (B, N, K) and (B, K, M) to (B, N, M)."""
    if x.ndim != 3 or y.ndim != 3 or x.shape[0] != y.shape[0]:
        raise ValueError(f"bmm: needs two stacks of as many matrices, got shapes {tuple(x.shape)} and {tuple(y.shape)}")
    return matmul(x, y)


# ---------------------------------------------------------------------------------------------------------------- linear


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    out = x @ weight.T
    if bias is not None:
        out += bias
    return out


# (N, I) @ (O, I)^T + (O,) -> (N, O)
_linear_primitive = Primitive(
    _linear,
    name="linear",
    vjps=(
        lambda g, x, weight: matmul(g, weight),  # (N, O) @ (O, I)
        lambda g, x, weight: matmul(transpose(g, 0, 1), x),  # (O, N) @ (N, I)
        lambda g, x, weight: sum(g, 0),
    ),
    saves=(0, 1),
    uses=((1,), (0,), ()),
)


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b. x: (..., in_features), weight: (out_features, in_features), bias: (out_features,) or None."""
    operands = [operand(v, "linear") for v in (x, weight, *(() if bias is None else (bias,)))]
    x, weight = operands[:2]
    if weight.ndim != 2 or x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"linear: x has shape {tuple(x.shape)}, but weight of shape {tuple(weight.shape)} expects "
            f"(..., {weight.shape[-1]}); flatten x or change in_features"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(f"linear: bias has shape {tuple(bias.shape)}, expected ({weight.shape[0]},)")
    dtype = result_type(*operands)
    if any(v.dtype != dtype for v in operands):
        raise TypeError(
            f"linear: x is {x.dtype}, weight {weight.dtype}{'' if bias is None else f', bias {bias.dtype}'}; convert "
            f"one, as in x.to({weight.dtype})"
        )
    rows = x if x.ndim == 2 else reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
    out = apply(_linear_primitive, (rows, weight, bias))
    return out if x.ndim == 2 else reshape(out, (*x.shape[:-1], weight.shape[0]))
