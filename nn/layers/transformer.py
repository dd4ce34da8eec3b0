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
from numpy.typing import DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Default, Tensor, wrap
from autograd_core.engine.types import Device
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


def _triangle(size: int, dtype: DTypeLike | None = None) -> Tensor:
    """(size, size): -inf above the diagonal, 0 elsewhere."""
    above = np.triu(np.ones((size, size), bool), 1)
    return wrap(np.where(above, -np.inf, 0).astype(Default.dtype if dtype is None else dtype))


def _is_causal(mask: Any, is_causal: bool | None, size: int) -> bool:
    """Whether a mask is the triangle, unless the caller says: then attention is cheaper. (Not if it is learnt.)"""
    if is_causal is not None or mask is None or tuple(mask.shape) != (size, size):
        return bool(is_causal)
    if transformed(mask) or getattr(mask, "requires_grad", False):
        return False
    array, above = values(mask), np.triu(np.ones((size, size), bool), 1)
    return bool((array == (above if array.dtype == bool else np.where(above, -np.inf, 0))).all())


def _length(x: Any, batch_first: bool) -> int:
    return x.shape[1 if batch_first and x.ndim == 3 else 0]


# --------------------------------------------------------------------------------------------------------------- layers


class _Layer(Module):
    """What the two kinds of layers share: attention, a feed-forward network, and a norm and a dropout for each block."""

    attentions: tuple[str, ...]  # the blocks of attention, in order
    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        if isinstance(activation, str) and activation not in ACTIVATIONS:
            raise ValueError(f"activation should be 'relu', 'gelu' or a function, not {activation!r}")
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype))
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
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
    """Applies self-attention, then a feed-forward network, each with dropout, a residual connection and a layer norm.

    d_model, nhead   E, and the number of heads of the attention
    dim_feedforward  the width inside the feed-forward network
    dropout          of attention weights, of the network's hidden units, and of what each block adds
    activation       "relu", "gelu" or a function
    layer_norm_eps   the eps of the norms
    batch_first      (N, S, E) instead of (S, N, E)
    norm_first       the norms stand before the blocks: x + attention(norm1(x))
    bias             whether linear layers and norms have one
    device, dtype    None or "cpu"; that of the parameters

    Called with src, src_mask, src_key_padding_mask and is_causal, which says that the mask is the triangle.

    Formula: x = norm1(src + attention(src)), out = norm2(x + linear2(activation(linear1(x))))
    Shapes: src (S, N, E), or (S, E), is kept; src_mask (S, S) or (N nhead, S, S), src_key_padding_mask (N, S).
    Dtypes: float32 and float64; the inputs have that of the parameters.
    Raises: ValueError unless nhead divides d_model, and for an unknown activation; when called, ValueError for shapes
        that do not fit, TypeError for another dtype than the parameters'.
    Source: Vaswani et al. 2017, section 3.1; norm_first: Xiong et al. 2020, figure 1b.

    >>> import nn, autograd_core as ag
    >>> nn.TransformerEncoderLayer(8, 2, 16)(ag.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        x = self._residual(src, self.norm1, lambda x: self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self._residual(x, self.norm2, self._ff_block)

    def _ff_block(self, x: Any) -> Any:
        return self.dropout2(self._feed_forward(x))


class TransformerDecoderLayer(_Layer):
    """Applies self-attention of the target, attention of the target to the memory, and a feed-forward network.

    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device and dtype
    are those of `TransformerEncoderLayer`.

    Called with tgt, memory and their masks; tgt_is_causal, memory_is_causal say that the mask is the triangle.

    Formula: x = norm1(tgt + self-attention(tgt)), y = norm2(x + attention(x, memory)), out = norm3(y + feed-forward(y))
    Shapes: tgt (T, N, E), or (T, E), is kept; memory (S, N, E), tgt_mask (T, T), memory_mask (T, S), or (N nhead, …);
        tgt_key_padding_mask (N, T), memory_key_padding_mask (N, S).
    Dtypes: float32 and float64; the inputs have that of the parameters.
    Raises: ValueError unless nhead divides d_model, and for an unknown activation; when called, ValueError for shapes
        that do not fit, TypeError for another dtype than the parameters'.
    Source: Vaswani et al. 2017, section 3.1.

    >>> import nn, autograd_core as ag
    >>> nn.TransformerDecoderLayer(8, 2, 16)(ag.ones(5, 3, 8), ag.ones(7, 3, 8), tgt_is_causal=True).shape
    (5, 3, 8)
    """

    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        x = self._residual(tgt, self.norm1, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))
        x = self._residual(
            x,
            self.norm2,
            lambda x: self._mha_block(x, memory, memory_mask, memory_key_padding_mask, memory_is_causal),
        )
        return self._residual(x, self.norm3, self._ff_block)

    def _mha_block(self, x: Any, mem: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        """Attention to the memory."""
        out, _ = self.multihead_attn(x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal)
        return self.dropout2(out)

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
    """Applies `num_layers` copies of an encoder layer, one after the other, then `norm`.

    The copies of encoder_layer start with the same parameters, as in PyTorch. norm is a module or None;
    enable_nested_tensor and mask_check are accepted and change nothing. Called with src, mask, src_key_padding_mask and
    is_causal, where None finds out whether the mask is the triangle.

    Formula: out = norm(layer_num_layers(… layer_1(src)))
    Shapes: src (S, N, E), or (S, E), is kept; mask (S, S) or (N nhead, S, S), src_key_padding_mask (N, S).
    Dtypes: those of encoder_layer.
    Raises: when called, what encoder_layer raises.
    Source: Vaswani et al. 2017, section 3.1.

    >>> import nn, autograd_core as ag
    >>> nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)(ag.ones(5, 3, 8)).shape
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
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        causal = _is_causal(mask, is_causal, self._length(src))
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=src_key_padding_mask)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(_Stack):
    """Applies `num_layers` copies of a decoder layer, one after the other, then `norm`.

    The copies of decoder_layer start with the same parameters, as in PyTorch. norm is a module or None. Called with tgt,
    memory and their masks, see `TransformerDecoderLayer`; tgt_is_causal None finds out whether the mask is the triangle.

    Formula: out = norm(layer_num_layers(… layer_1(tgt, memory) …, memory))
    Shapes: tgt (T, N, E), or (T, E), is kept; memory (S, N, E).
    Dtypes: those of decoder_layer.
    Raises: when called, what decoder_layer raises.
    Source: Vaswani et al. 2017, section 3.1.

    >>> import nn, autograd_core as ag
    >>> nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)(ag.ones(5, 3, 8), ag.ones(7, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
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
    """Encodes the source and decodes the target, each by a stack with a norm at its end.

    num_encoder_layers, num_decoder_layers: the heights of the stacks; custom_encoder, custom_decoder: modules to take their
    places. d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device and
    dtype are those of `TransformerEncoderLayer`. All matrices start by `xavier_uniform_`. Embeddings and the last linear
    layer are not part of it.

    Formula: out = decoder(tgt, encoder(src))
    Shapes: src (S, N, E), tgt (T, N, E) → (T, N, E); or without N. The masks are those of the layers.
    Dtypes: float32 and float64; the inputs have that of the parameters.
    Raises: ValueError unless nhead divides d_model, and for an unknown activation; when called, ValueError for shapes
        that do not fit, TypeError for another dtype than the parameters'.
    Source: Vaswani et al. 2017, "Attention is all you need", figure 1.

    >>> import nn, autograd_core as ag
    >>> model = nn.Transformer(8, 2, 1, 1, 16)
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
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        options: tuple = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device,
            dtype,
        )  # fmt: skip

        def norm() -> Module:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*options), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*options), num_decoder_layers, norm()
        )
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Device = None, dtype: DTypeLike | None = None) -> Tensor:
        """(sz, sz): -inf where position i would look at a later one, j > i, and 0 elsewhere.

        >>> import nn
        >>> nn.Transformer.generate_square_subsequent_mask(3)
        tensor([[  0., -inf, -inf],
                [  0.,   0., -inf],
                [  0.,   0.,   0.]])
        """
        on_cpu(device, "generate_square_subsequent_mask")
        return _triangle(sz, dtype)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
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
