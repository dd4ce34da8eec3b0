"""The transformer (Vaswani et al. 2017): layers of attention and feed-forward networks, stacks of them, and both stacks
together.

Sizes: N examples, S source positions, T target positions, E = d_model. Sequences are (S, N, E), with batch_first
(N, S, E), or (S, E) for one example. Masks are as for `MultiheadAttention`: True (or -inf) where nobody may look.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.engine.tensor import Default, Tensor, wrap
from autograd_core.ops.arguments import transformed, values

from .. import functional as F
from .. import init
from ..module import Module
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .norm import LayerNorm

ACTIVATIONS: dict[str, Callable] = {"relu": F.relu, "gelu": F.gelu}


def _triangle(size: int, dtype: Any = None) -> Tensor:
    """(size, size): -inf above the diagonal, 0 elsewhere."""
    above = np.triu(np.ones((size, size), bool), 1)
    return wrap(np.where(above, -np.inf, 0).astype(Default.dtype if dtype is None else dtype))


def _is_causal(mask: Any, is_causal: bool | None, size: int) -> bool:
    """Whether a mask is the triangle, unless the caller says: then attention is cheaper. (Not if it is learnt.)"""
    if is_causal is not None or mask is None or tuple(mask.shape) != (size, size):
        return bool(is_causal)
    if transformed(mask) or getattr(mask, "requires_grad", False):
        return False
    given, above = values(mask), np.triu(np.ones((size, size), bool), 1)
    return bool((given == (above if given.dtype == bool else np.where(above, -np.inf, 0))).all())


def _length(x: Any, batch_first: bool) -> int:
    return x.shape[1 if batch_first and x.ndim == 3 else 0]


# --------------------------------------------------------------------------------------------------------------- layers


class _Layer(Module):
    """What the two kinds of layers share: attention, a feed-forward network, and a norm and a dropout for each block."""

    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def __init__(
        self, attentions: tuple[str, ...], d_model: int, nhead: int, dim_feedforward: int, dropout: float,
        activation: str | Callable, layer_norm_eps: float, batch_first: bool, norm_first: bool, bias: bool, dtype: Any,
    ):  # fmt: skip
        super().__init__()
        if isinstance(activation, str) and activation not in ACTIVATIONS:
            raise ValueError(f"activation should be 'relu', 'gelu' or a function, not {activation!r}")
        for name in attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype))
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        blocks = range(1, len(attentions) + 2)
        for i in blocks:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in blocks:
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def _residual(self, x: Any, norm: Module, block: Callable) -> Any:
        """x plus a block, with the norm before the block or after the sum."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))

    def _sa_block(self, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        """Self-attention."""
        return self.dropout1(self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)[0])

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a feed-forward network, each with dropout, a residual connection and a layer norm.

        x = norm1(x + attention(x)),   x = norm2(x + linear2(activation(linear1(x))))

    dim_feedforward  the width inside the feed-forward network
    dropout          of attention weights, of the network's hidden units, and of what each block adds
    activation       "relu", "gelu" or a function
    norm_first       the norms stand before the blocks: x + attention(norm1(x)) (Xiong et al. 2020, figure 1b)
    bias             whether linear layers and norms have one

    src (S, N, E), src_mask (S, S) or (N nhead, S, S), src_key_padding_mask (N, S); is_causal: the mask is the triangle.
    Vaswani et al. 2017, section 3.1.

    >>> import autograd_core as ag
    >>> TransformerEncoderLayer(8, 2, 16)(ag.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: Any = None,
    ):
        super().__init__(
            ("self_attn",), d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, dtype,
        )  # fmt: skip

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        x = self._residual(src, self.norm1, lambda x: self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self._residual(x, self.norm2, self._ff_block)

    def _ff_block(self, x: Any) -> Any:
        return self.dropout2(self._feed_forward(x))


class TransformerDecoderLayer(_Layer):
    """Self-attention of the target, attention of the target to the memory, a feed-forward network. Arguments as for
    `TransformerEncoderLayer`.

    tgt (T, N, E), memory (S, N, E); tgt_mask (T, T), memory_mask (T, S), or (N nhead, …); tgt_key_padding_mask (N, T),
    memory_key_padding_mask (N, S); tgt_is_causal, memory_is_causal: the mask is the triangle.

    >>> import autograd_core as ag
    >>> TransformerDecoderLayer(8, 2, 16)(ag.ones(5, 3, 8), ag.ones(7, 3, 8), tgt_is_causal=True).shape
    (5, 3, 8)
    """

    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: Any = None,
    ):
        super().__init__(
            ("self_attn", "multihead_attn"), d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
            batch_first, norm_first, bias, dtype,
        )  # fmt: skip

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        x = self._residual(tgt, self.norm1, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))
        x = self._residual(
            x,
            self.norm2,
            lambda x: self._mha_block(x, memory, memory_mask, memory_key_padding_mask, memory_is_causal),
        )
        return self._residual(x, self.norm3, self._ff_block)

    def _mha_block(self, x: Any, mem: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        """Attention to the memory."""
        found = self.multihead_attn(x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal)
        return self.dropout2(found[0])

    def _ff_block(self, x: Any) -> Any:
        return self.dropout3(self._feed_forward(x))


# --------------------------------------------------------------------------------------------------------------- stacks


class _Stack(Module):
    """Copies of a layer, all with the same starting values, and a norm after the last, if there is one."""

    norm: Module | None

    def __init__(self, layer: Module, num_layers: int, norm: Module | None):
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def _length(self, x: Any) -> int:
        attention = getattr(self.layers[0] if len(self.layers) else None, "self_attn", None)
        return _length(x, getattr(attention, "batch_first", False))


class TransformerEncoder(_Stack):
    """`num_layers` copies of an encoder layer, one after the other, then `norm`.

    As in PyTorch, the copies start with the same parameters. enable_nested_tensor and mask_check are accepted and change
    nothing. is_causal=None: find out whether the mask is the triangle.

    >>> import autograd_core as ag
    >>> TransformerEncoder(TransformerEncoderLayer(8, 2, 16), 2)(ag.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ):
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        causal = _is_causal(mask, is_causal, self._length(src))
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(_Stack):
    """`num_layers` copies of a decoder layer, one after the other, then `norm`. See `TransformerDecoderLayer`.

    >>> import autograd_core as ag
    >>> TransformerDecoder(TransformerDecoderLayer(8, 2, 16), 2)(ag.ones(5, 3, 8), ag.ones(7, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        causal = _is_causal(tgt_mask, tgt_is_causal, self._length(tgt))
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)


# ---------------------------------------------------------------------------------------------------------- transformer


class Transformer(Module):
    """An encoder of the source and a decoder of the target, each a stack with a norm at its end (Vaswani et al. 2017,
    figure 1, without embeddings and the last linear layer).

    custom_encoder, custom_decoder: modules to take their places. All matrices start by `xavier_uniform_`. Other arguments
    as for `TransformerEncoderLayer`.

    src (S, N, E), tgt (T, N, E): (T, N, E).

    >>> import autograd_core as ag
    >>> model = Transformer(8, 2, 1, 1, 16)
    >>> mask = model.generate_square_subsequent_mask(5)
    >>> model(ag.ones(7, 3, 8), ag.ones(5, 3, 8), tgt_mask=mask).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: Any = None,
    ):
        super().__init__()
        how: tuple = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        )  # fmt: skip

        def norm() -> Module:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(TransformerEncoderLayer(*how), num_encoder_layers, norm())
        self.decoder = custom_decoder or TransformerDecoder(TransformerDecoderLayer(*how), num_decoder_layers, norm())
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: Any = None) -> Tensor:
        """(sz, sz): -inf where position i would look at a later one, j > i, and 0 elsewhere.

        >>> Transformer.generate_square_subsequent_mask(3)
        tensor([[  0., -inf, -inf],
                [  0.,   0., -inf],
                [  0.,   0.,   0.]])
        """
        return _triangle(sz, dtype)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ValueError(
                f"the batch number of src and tgt must be equal, got {src.shape[batch]} and {tgt.shape[batch]}, dimension "
                f"{batch} of shapes {tuple(src.shape)} and {tuple(tgt.shape)}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError(
                f"the feature number of src and tgt must be equal to d_model={self.d_model}, got shapes {tuple(src.shape)} "
                f"and {tuple(tgt.shape)}"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
