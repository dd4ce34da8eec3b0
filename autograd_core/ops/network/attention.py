"""Scaled dot-product attention: each query takes a mean of the values, weighted by how well the keys fit it.

As one operation with kernels of its own, which never hold all the weights; and, as its definition, in products and a
softmax, which is what is differentiated for higher orders and runs inside vmap.

Sizes: H heads, L queries, S keys and values, E the width of queries and keys, V that of values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.basics import broadcast_to, sum_to, where
from ...engine.operands import convert, operand
from ...engine.primitive import AUX, Primitive, apply
from ...engine.tensor import Tensor, conversion, describe
from ...engine.types import TensorLike
from ...kernels.products import attention as kernels
from ...kernels.products.attention import Settings
from ...kernels.rows.dropout import dropped
from ...random import stream
from ..arguments import transformed, values
from ..elementwise.piecewise import zeroed
from ..indexing.masks import masked_fill
from ..linalg.products import matmul, mT
from ..reduction.reduce import all
from ..reduction.softmax import softmax
from ..shape.shape import reshape, unsqueeze
from .dropout import dropout

# ------------------------------------------------------------------------------------------------------- the definition


def attention_weights(q: Any, k: Any, bias: Any, causal: bool, scale: float) -> Any:
    """softmax(scale q kᵀ + bias): (..., L, E), (..., S, E) -> (..., L, S). A query that may see no key gets zeros."""
    scores = matmul(q * scale, mT(k))
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = masked_fill(scores, np.triu(np.ones(scores.shape[-2:], bool), 1), -math.inf)
    blind = all(scores == -math.inf, -1, True)
    return zeroed(softmax(masked_fill(scores, blind, 0.0), -1), blind)


def _defined(q: Any, k: Any, v: Any, bias: Any, settings: Settings) -> tuple:
    """Output and weights; what is dropped is decided as in the kernels."""
    weights = attention_weights(q, k, bias, settings.causal, settings.scale)
    if settings.p == 1:
        weights = weights * 0.0
    elif settings.p:
        weights = zeroed(weights, dropped(settings.seed, tuple(weights.shape), settings.p)) * (1 / (1 - settings.p))
    return matmul(weights, v), weights


# ------------------------------------------------------------------------------------------------------- one operation


def _primitive(packed: bool, weighing: bool) -> Primitive:
    """Attention of (q, k, v, bias), or, if packed, of (qkv, bias), qkv (3, ..., L, E); weighing: its results are the
    output and the weights."""

    def opened(operands: Any) -> Any:
        return operands[0] if packed else operands

    def forward(*args: Any) -> tuple:
        *operands, bias, settings = args
        q, k, v = opened(operands)
        out, weights, stats = kernels.forward(q, k, v, bias, settings, weighing)
        return ((out, weights) if weighing else out), stats

    def rule(needs: list, g: Any, *args: Any) -> tuple:
        *operands, bias, stats, settings = args
        q, k, v = opened(operands)
        g, gw = g if weighing else (g, None)
        slopes = kernels.like(operands[0], operands[0].shape[-1]) if packed else None
        dq, dk, dv, db = kernels.backward(g, gw, q, k, v, bias, stats, settings, slopes, needs[-1])
        of_bias = None if db is None else sum_to(db, bias.shape)
        return (slopes, of_bias) if packed else (dq, dk, dv, of_bias)

    def composition(*args: Any) -> Any:
        *operands, bias, settings = args
        q, k, v = opened(operands)
        out, weights = _defined(q, k, v, bias, settings)
        return (out, weights) if weighing else out

    return Primitive(
        forward,
        name="attention",
        joint=rule,
        saves=(*range(2 if packed else 4), AUX),
        composition=composition,
        outputs=weighing,
    )


_primitives = {
    (packed, weighing): _primitive(packed, weighing) for packed in (False, True) for weighing in (False, True)
}


def attend(
    operands: tuple, bias: Any = None, causal: bool = False, scale: float = 1.0, p: float = 0.0, weighing: bool = False
) -> tuple:
    """Attention of operands that fit: the output (..., L, V), and the weights (..., L, S) or None.

    operands   (q, k, v) of (..., L, E), (..., S, E), (..., S, V) with the same leading sizes; or (qkv,), (3, ..., L, E)
    bias       added to the scores, of their dtype, broadcasting to (..., L, S), or None
    causal     query i sees the keys j <= i
    p          the probability to drop a weight
    """
    q, k, v = operands if len(operands) == 3 else operands[0]
    empty = 0 in q.shape or 0 in k.shape or 0 in v.shape
    if transformed(*operands, bias) or q.dtype.char not in "fd" or empty:
        weights = attention_weights(q, k, bias, causal, scale)
        if p:
            weights = dropout(weights, p)
        return matmul(weights, v), weights
    seed = int(stream(None).integers(2**63)) if 0 < p < 1 else 0
    primitive = _primitives[len(operands) == 1, weighing]
    results = apply(primitive, (*operands, bias), (Settings(causal, scale, p, seed),))
    return results if weighing else (results, None)


# --------------------------------------------------------------------------------------------------------- the function

NAME = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Compute means of the values, weighted by how well their keys fit each query.

    `attn_mask` holds booleans, True where a query may see a key, or numbers added to the scores; `is_causal` lets query i
    see the keys j ≤ i instead. `dropout_p` is the probability to drop a weight, whether training or not; `scale` is 1/√E if
    None. With `enable_gqa` each head of `key` and `value` (dimension −3) serves several neighbouring ones of `query`
    (Ainslie et al. 2023). A query that may see no key gets zeros, and gives no gradient. Memory grows with L + S, not L · S.

    Formula: out = softmax(scale · query keyᵀ + mask) value
    Shapes: query (*, L, E), key (*, S, E), value (*, S, V), attn_mask broadcasting to (*, L, S) → (*, L, V).
    Dtypes: floating, the same for query, key, value and a mask of numbers, kept.
    Raises: ValueError if shapes do not fit, dropout_p is no probability, or both attn_mask and is_causal are given;
        TypeError for other or different dtypes.
    Source: Vaswani et al. 2017, "Attention is all you need", equation 1.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> x = ag.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> F.scaled_dot_product_attention(x, x, ag.tensor([[1.0], [2.0]]), is_causal=True)
    tensor([[1.    ],
            [1.6698]])
    """
    q, k, v = _checked(query, key, value)
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"{NAME}: dropout_p is the probability to drop and must be from 0 to 1, got {dropout_p}")
    if is_causal and attn_mask is not None:
        raise ValueError(f"{NAME}: attn_mask must be None with is_causal=True; put the triangle into the mask")
    if enable_gqa:
        k, v = _repeated(k, q), _repeated(v, q)
    lead = _lead(q, k, v)
    bias = None if attn_mask is None else _as_bias(attn_mask, (*lead, q.shape[-2], k.shape[-2]), q.dtype)
    q, k, v = (x if x.shape[:-2] == lead else broadcast_to(x, (*lead, *x.shape[-2:])) for x in (q, k, v))
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1] or 1)
    return attend((q, k, v), bias, is_causal, float(scale), float(dropout_p))[0]


def _checked(*operands: Any) -> tuple:
    q, k, v = (operand(x, NAME) for x in operands)
    shapes = ", ".join(str(tuple(np.shape(x))) for x in (q, k, v))
    if min(np.ndim(x) if not hasattr(x, "ndim") else x.ndim for x in (q, k, v)) < 2:
        raise ValueError(f"{NAME}: needs matrices (..., L, E), (..., S, E) and (..., S, V), got shapes {shapes}")
    if q.dtype.kind != "f" or not q.dtype == k.dtype == v.dtype:
        raise TypeError(
            f"{NAME}: query, key and value must have the same floating dtype, got {q.dtype}, {k.dtype} and {v.dtype}; "
            "convert them, as in key.to(query.dtype)"
        )
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            f"{NAME}: shapes {shapes} do not fit (..., L, E), (..., S, E) and (..., S, V): query and key must have the "
            "same width, key and value the same number of rows"
        )
    return q, k, v


def _repeated(x: Any, q: Any) -> Any:
    """x (..., H, S, E) with each head repeated, for the number of heads that q has."""
    if q.ndim < 3 or x.ndim < 3 or x.shape[-3] == 0 or q.shape[-3] % x.shape[-3]:
        raise ValueError(
            f"{NAME}: enable_gqa needs a number of heads (dimension -3) in query that is a multiple of those in key and "
            f"value, got shapes {tuple(q.shape)} and {tuple(x.shape)}"
        )
    *lead, H, S, E = x.shape
    times = q.shape[-3] // H
    return (
        x if times == 1 else reshape(broadcast_to(unsqueeze(x, -3), (*lead, H, times, S, E)), (*lead, H * times, S, E))
    )


def _lead(*operands: Any) -> tuple[int, ...]:
    """The leading sizes, broadcast."""
    try:
        return np.broadcast_shapes(*(tuple(x.shape[:-2]) for x in operands))
    except ValueError:
        raise ValueError(
            f"{NAME}: the leading sizes of {', '.join(str(tuple(x.shape)) for x in operands)} do not broadcast; for fewer "
            "heads in key and value pass enable_gqa=True"
        ) from None


def _as_bias(mask: Any, shape: tuple, dtype: Any) -> Any:
    """The mask as what is added to scores of `shape`."""
    mask = operand(mask, NAME)
    own = tuple(np.shape(mask))
    if len(own) > len(shape) or any(m not in (1, s) for m, s in zip(own[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{NAME}: attn_mask of shape {own} does not broadcast to (..., L, S), here {shape}")
    if mask.dtype == bool:
        if transformed(mask):
            return convert(where(mask, 0.0, -math.inf), dtype)
        return np.where(values(mask), dtype.type(0), dtype.type(-np.inf))
    if mask.dtype != dtype:
        raise TypeError(
            f"{NAME}: attn_mask must be boolean or, as the query, {dtype}, got {describe(mask)}; pass "
            f"{conversion('attn_mask', mask, bool)} or {conversion('attn_mask', mask, dtype)}"
        )
    return mask
