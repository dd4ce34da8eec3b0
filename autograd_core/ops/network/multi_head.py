"""Multi-head attention: projections into heads, scaled dot-product attention in each, and a projection of all results.

Sizes: N examples, L queries, S keys and values, H heads of width D, E = H D.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.basics import broadcast_to, where
from ...engine.operands import convert, operand
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
from ..arguments import transformed, values
from ..linalg.linear import linear
from ..reduction.reduce import mean
from ..shape.padding import pad
from ..shape.shape import cat, permute, reshape, split, squeeze, unsqueeze
from .attention import attend

NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: TensorLike | None,
    in_proj_bias: TensorLike | None,
    bias_k: TensorLike | None,
    bias_v: TensorLike | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: TensorLike,
    out_proj_bias: TensorLike | None,
    training: bool = True,
    key_padding_mask: TensorLike | None = None,
    need_weights: bool = True,
    attn_mask: TensorLike | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: TensorLike | None = None,
    k_proj_weight: TensorLike | None = None,
    v_proj_weight: TensorLike | None = None,
    static_k: TensorLike | None = None,
    static_v: TensorLike | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Compute multi-head attention, with the parameters of `nn.MultiheadAttention` as arguments: (output, weights).

    embed_dim_to_check   E, the width of `query`; `num_heads` heads share it
    in_proj_weight       (3 E, E), the projections of query, `key` and `value` one below the other; in_proj_bias (3 E,). With
                         use_separate_proj_weight, q_proj_weight (E, E), k_proj_weight (E, K), v_proj_weight (E, V)
    bias_k, bias_v       (1, 1, E): one more key and value, after the projection; add_zero_attn: one more, of zeros
    static_k, static_v   (N H, S, D): take the place of projected keys and values
    dropout_p            the probability to drop a weight in `training`
    key_padding_mask     (N, S), or (S,): True where a key counts for nothing, or numbers added to its scores
    attn_mask            (L, S) or (N H, L, S): likewise for each query
    is_causal            attn_mask is the triangle in which query i sees the keys j ≤ i; ours: it may be left out
    out_proj_weight      (E, E), of the projection of all results; out_proj_bias (E,)
    average_attn_weights the weights are the mean over heads; without need_weights they are None
    batch_first          ours: the dimension of the batch comes first, as in (N, L, E)

    A query that may see no key gets zeros, with need_weights too (where PyTorch gives NaN).

    Formula: out = concat(head_1, …, head_H) W_outᵀ + b_out, head_h = softmax(q_h k_hᵀ / √D + masks) v_h, D = E / H, where
        q_h, k_h and v_h are parts of the projected query, key and value
    Shapes: query (L, N, E), key (S, N, K), value (S, N, V) → (L, N, E) and (N, L, S), or (N, H, L, S) without
        average_attn_weights; without N likewise. K = V = E unless use_separate_proj_weight.
    Dtypes: floating, the same for all but boolean masks, kept.
    Raises: ValueError if shapes do not fit, or only one of bias_k and bias_v is given; TypeError for other or different dtypes.
    Source: Vaswani et al. 2017, "Attention is all you need", section 3.2.2.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> x, eye = ag.tensor([[1.0, 0.0], [0.0, 1.0]]), ag.eye(2)
    >>> out, weights = F.multi_head_attention_forward(
    ...     x, x, x, 2, 1, ag.cat([eye, eye, eye]), None, None, None, False, 0.0, eye, None, is_causal=True
    ... )
    >>> weights
    tensor([[1.    , 0.    ],
            [0.3302, 0.6698]])
    """
    q, k, v = _batched(query, key, value, 0 if batch_first else 1)
    batched = q is query
    at = 0 if batch_first else 1  # the dimension of the batch
    N, L, S = q.shape[at], q.shape[1 - at], (k.shape[1 - at] if static_k is None else np.shape(static_k)[1])
    E, H = q.shape[2], num_heads
    if embed_dim_to_check != E:
        raise ValueError(f"{NAME}: was expecting an embedding dimension of {embed_dim_to_check}, but got {E}")
    if E % H:
        raise ValueError(f"{NAME}: embed_dim {E} is not divisible by num_heads {H}")
    _check_keys(q, k, v, at, use_separate_proj_weight)
    if (bias_k is None) != (bias_v is None):
        raise ValueError(f"{NAME}: bias_k and bias_v must both be given, or neither")
    if bias_k is not None and (static_k is not None or static_v is not None):
        raise ValueError(f"{NAME}: bias_k and bias_v cannot be added to static_k and static_v")
    more = (bias_k is not None) + bool(add_zero_attn)  # keys that every query sees
    causal = is_causal and not more
    if is_causal and more and attn_mask is None:
        attn_mask = np.triu(np.ones((L, S), bool), 1)
    bias = _merged_masks(None if causal else attn_mask, key_padding_mask, (N, H, L, S), batched, q.dtype)
    if bias is not None and more:
        bias = pad(bias, (0, more))

    def heads(x: Any, parts: int = 1) -> Any:
        """(L, N, parts E) or (N, L, parts E) -> (parts, N, H, L, D)."""
        return permute(reshape(x, (*x.shape[:2], parts, H, E // H)), (2, at, 3, 1 - at, 4))

    weight: Any = in_proj_weight
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    itself = query is key and key is value and separate is None and static_k is None and static_v is None
    operands: tuple
    if itself and not more:
        operands = (heads(linear(q, weight, in_proj_bias), 3),)
    else:
        q, k, v = _projected(q, k, v, key is value, weight, in_proj_bias, separate)
        if bias_k is not None and bias_v is not None:
            shape = (N, 1, E) if batch_first else (1, N, E)
            k, v = (cat([x, broadcast_to(b, shape)], 1 - at) for x, b in ((k, bias_k), (v, bias_v)))
        q, k, v = (heads(x)[0] for x in (q, k, v))
        k, v = _static(static_k, k, "static_k", N), _static(static_v, v, "static_v", N)
        if add_zero_attn:
            zeros = np.zeros((N, H, 1, E // H), q.dtype)
            k, v = cat([k, zeros], 2), cat([v, zeros], 2)
        operands = (q, k, v)
    p = float(dropout_p) if training else 0.0
    out, weights = attend(operands, bias, causal, math.sqrt(H / E), p, need_weights)
    out = permute(out, (0, 2, 1, 3) if batch_first else (2, 0, 1, 3))  # (N, L, H, D) or (L, N, H, D)
    out = linear(reshape(out, (*out.shape[:2], E)), out_proj_weight, out_proj_bias)
    if need_weights and average_attn_weights:
        weights = mean(weights, 1)
    if not batched:
        out, weights = squeeze(out, at), squeeze(weights, 0) if need_weights else None
    return out, weights if need_weights else None


def _batched(query: Any, key: Any, value: Any, at: int) -> tuple:
    """The three with a batch, in dimension `at`; the same tensor stays the same."""
    if query.ndim not in (2, 3):
        raise ValueError(
            f"{NAME}: query should be an unbatched 2D or batched 3D tensor, but has shape {tuple(query.shape)}"
        )
    if key.ndim != query.ndim or value.ndim != query.ndim:
        raise ValueError(
            f"{NAME}: for a {query.ndim}-D query, key and value must be {query.ndim}-D, got shapes {tuple(key.shape)} and "
            f"{tuple(value.shape)}"
        )
    return (query, key, value) if query.ndim == 3 else tuple(unsqueeze(x, at) for x in (query, key, value))


def _check_keys(q: Any, k: Any, v: Any, at: int, separate: bool) -> None:
    shapes = [tuple(x.shape) for x in (q, k, v)]
    alike = shapes[1] == shapes[2] or (separate and shapes[1][:2] == shapes[2][:2])
    if not alike or shapes[0][at] != shapes[1][at]:
        raise ValueError(
            f"{NAME}: query, key and value of shapes {', '.join(map(str, shapes))} do not fit: all must have the same batch "
            f"(dimension {at}), and key and value the same length{'' if separate else ' and width'}"
        )


def _projected(q: Any, k: Any, v: Any, shared: bool, weight: Any, bias: Any, separate: tuple | None) -> tuple:
    """Queries, keys and values, each by its part of the projection; keys and values of the same tensor in one product."""
    E = q.shape[2]
    if separate is None and shared:
        wq, wkv = split(weight, [E, 2 * E])
        bq, bkv = (None, None) if bias is None else split(bias, [E, 2 * E])
        return linear(q, wq, bq), *split(linear(k, wkv, bkv), E, -1)
    weights = separate or split(weight, E)
    biases = (None,) * 3 if bias is None else split(bias, E)
    return tuple(linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True))


def _static(static: Any, x: Any, name: str, N: int) -> Any:
    """Keys or values (N, H, S, D): those of `static` (N H, S, D), if any."""
    if static is None:
        return x
    H, D = x.shape[1], x.shape[3]
    if static.ndim != 3 or static.shape[0] != N * H or static.shape[2] != D:
        raise ValueError(f"{NAME}: {name} must be (N H, S, D) = ({N * H}, S, {D}), got shape {tuple(static.shape)}")
    return reshape(static, (N, H, static.shape[1], D))


def _merged_masks(mask: Any, padding: Any, sizes: tuple, batched: bool, dtype: Any) -> Any:
    """Both masks as what is added to the scores (N, H, L, S), broadcasting to them; None if there is none."""
    N, H, L, S = sizes
    if mask is not None:
        mask = _additive(mask, "attn_mask", dtype)
        wanted = (L, S) if mask.ndim == 2 else (N * H, L, S)
        if tuple(mask.shape) != wanted:
            raise ValueError(
                f"{NAME}: attn_mask must be ({L}, {S}) or ({N * H}, {L}, {S}), got shape {tuple(mask.shape)}"
            )
        mask = reshape(mask, (1, 1, L, S) if mask.ndim == 2 else (N, H, L, S))
    if padding is not None:
        padding = _additive(padding, "key_padding_mask", dtype)
        expected = (N, S) if batched else (S,)
        if tuple(padding.shape) != expected:
            raise ValueError(f"{NAME}: key_padding_mask must be {expected}, got shape {tuple(padding.shape)}")
        padding = reshape(padding, (N, 1, 1, S))
    return padding if mask is None else mask if padding is None else mask + padding


def _additive(mask: Any, name: str, dtype: Any) -> Any:
    """A mask that is True for what may not be seen, or numbers, as numbers."""
    mask = operand(mask, NAME)
    if mask.dtype == bool:
        if transformed(mask):
            return convert(where(mask, -math.inf, 0.0), dtype)
        return np.where(values(mask), dtype.type(-np.inf), dtype.type(0))
    if mask.dtype.kind != "f":
        raise TypeError(f"{NAME}: only bool and floating types of {name} are supported, got {describe(mask)}")
    return convert(mask, dtype)
