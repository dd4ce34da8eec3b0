"""Multi-head attention as a module."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .linear import Linear


class MultiheadAttention(Module):
    """Applies attention in several heads, each with projections of its own.

    embed_dim, num_heads  E and H; each head is D = E / H wide
    dropout               the probability to drop a weight, in training
    bias                  whether the projections have one
    add_bias_kv           one more key and value, which are learnt;   add_zero_attn: one more, of zeros
    kdim, vdim            the widths of key and value, by default E
    batch_first           (N, L, E) instead of (L, N, E)
    device, dtype         None or "cpu"; that of the parameters

    Called with query, key and value, and the masks, which are True (or −∞) where a query must not look (see
    `F.multi_head_attention_forward`); is_causal: attn_mask is the triangle, and may be left out. It returns the output
    and, with need_weights, the weights (N, L, S), a mean over heads, or (N, H, L, S) with average_attn_weights=False; else
    None, which takes less memory.

    The projections of query, key and value, `in_proj_weight` (3 E, E) (`q_proj_weight`, `k_proj_weight`, `v_proj_weight` if
    the widths differ), start by `xavier_uniform_`, `bias_k` and `bias_v` by `xavier_normal_`, other biases at 0.

    Formula: head_h = softmax(Q_h K_hᵀ / √D) V_h, Q_h = query W_qᵀ and likewise K_h, V_h;
        output = [head_1 … head_H] W_outᵀ + b
    Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim), or all without N; key_padding_mask (N, S), attn_mask
        (L, S) or (N H, L, S) → output like the query.
    Dtypes: any floating dtype; the inputs have that of the parameters.
    Raises: ValueError unless num_heads divides embed_dim and both are positive, and for a dropout outside [0, 1]; when
        called, ValueError for shapes that do not fit, TypeError for another dtype than the parameters'.
    Source: Vaswani et al. 2017, "Attention is all you need", section 3.2.2.

    >>> import nn, autograd_core as ag
    >>> attention, x = nn.MultiheadAttention(8, 2), ag.ones(5, 3, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((5, 3, 8), (3, 5, 5))
    """

    in_proj_weight: Any  # parameters, or None
    q_proj_weight: Any
    k_proj_weight: Any
    v_proj_weight: Any
    in_proj_bias: Any
    bias_k: Any
    bias_v: Any

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        on_cpu(device, type(self).__name__)
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, "
                f"got embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise ValueError(
                f"embed_dim must be divisible by num_heads, got embed_dim={embed_dim} and num_heads={num_heads}"
            )
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {dropout}")
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn
        same, E = self._qkv_same_embed_dim, embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": None if same else (E, E),
            "k_proj_weight": None if same else (E, self.kdim),
            "v_proj_weight": None if same else (E, self.vdim),
            "in_proj_weight": (3 * E, E) if same else None,
            "in_proj_bias": (3 * E,) if bias else None,
        }
        for name, shape in shapes.items():
            self.register_parameter(name, None if shape is None else Parameter(ag.empty(*shape, dtype=dtype)))
        self.out_proj = Linear(E, E, bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, Parameter(ag.empty(1, 1, E, dtype=dtype)) if add_bias_kv else None)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for more in (self.bias_k, self.bias_v):
            if more is not None:
                init.xavier_normal_(more)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        return F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, None, None, average_attn_weights, is_causal,
            batch_first=self.batch_first,
        )  # fmt: skip
