"""Attention and bags of embeddings, against plain loops over queries and entries."""

import itertools

import numpy as np

import autograd_core as ag
import nn.functional as F

from .. import naive_attention
from . import Row, bools, fixed, ints, real

WEIGHT = real(5, 3, distinct=True)
PAIRS = ints(3, 4)
LINE = ints(9)


def bags(index, weight, starts, scale=None, mode="sum", padding=None):
    """One bag after the other, one entry after the other."""
    index = index.reshape(-1)
    scale = np.ones(len(index)) if scale is None else scale.reshape(-1)
    out = np.zeros((len(starts) - 1, weight.shape[1]))
    for b, (first, last) in enumerate(itertools.pairwise(starts)):
        rows = [scale[i] * weight[index[i]] for i in range(first, last) if index[i] != padding]
        if rows:
            out[b] = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode](rows, axis=0)
    return out


# ------------------------------------------------------------------------------------------------------------ attention

Q, K, V = real(2, 5, 4), real(2, 7, 4), real(2, 7, 3)
BLIND = np.random.default_rng(0).random((5, 7)) < 0.5
BLIND[2] = False  # this query sees nothing
BIAS = np.where(BLIND, 0.5, -np.inf)


def attention(*args, **options):
    return naive_attention.attention(*args, **options)[0]


def row(name, inputs, ref=attention, **options):
    return Row(
        f"attention_{name}",
        lambda *xs: F.scaled_dot_product_attention(*xs, **options),
        lambda *xs: ref(*xs, **{key.removeprefix("is_"): value for key, value in options.items()}),
        inputs,
    )


def grouped(q, k, v, enable_gqa):
    return attention(q, np.repeat(k, 2, 1), np.repeat(v, 2, 1))


ROWS = [
    row("plain", (Q, K, V)),
    row("one", (real(3, 2), real(4, 2), real(4, 5))),
    row("causal", (Q, K, V), is_causal=True),
    row("causal_long", (real(7, 4), real(5, 4), real(5, 3)), is_causal=True),
    row("scale", (Q, K, V), scale=-0.3),
    row("mask", (Q, K, V, bools(2, 1, 7))),
    row("mask_blind", (Q, K, V, fixed(BLIND))),
    row("bias", (Q, K, V, real(5, 7))),
    row("bias_of_rows", (Q, K, V, real(2, 5, 1))),
    row("bias_of_keys", (Q, K, V, real(7))),
    Row(
        "attention_bias_blind",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, ag.tensor(BIAS, dtype=q.dtype)),
        lambda q, k, v: attention(q, k, v, BIAS),
        (Q, K, V),
    ),
    row("broadcast", (real(2, 3, 2, 4), real(3, 5, 4), real(2, 1, 5, 3), real(2, 1, 1, 5))),
    row("grouped", (real(2, 4, 3, 2), real(2, 2, 5, 2), real(2, 2, 5, 3)), grouped, enable_gqa=True),
    row("nothing_to_see", (real(2, 3, 4), real(2, 0, 4), real(2, 0, 3))),
    row("no_query", (real(2, 0, 4), K, V)),
]

# ----------------------------------------------------------------------------------------------------------------- bags


ROWS += [
    *(
        Row(
            f"embedding_bag_{mode}{'' if padding is None else '_padding'}",
            lambda i, w, mode=mode, padding=padding: F.embedding_bag(i, w, mode=mode, padding_idx=padding),
            lambda i, w, mode=mode, padding=padding: bags(i, w, (0, 4, 8, 12), None, mode, padding),
            (PAIRS, WEIGHT),
        )
        for mode in ("sum", "mean", "max")
        for padding in (None, 2)
    ),
    Row(
        "embedding_bag_weighted",
        lambda i, w, s: F.embedding_bag(i, w, mode="sum", per_sample_weights=s, padding_idx=1),
        lambda i, w, s: bags(i, w, (0, 4, 8, 12), s, padding=1),
        (PAIRS, WEIGHT, real(3, 4)),
    ),
    *(
        Row(
            f"embedding_bag_offsets_{mode}",
            lambda i, w, o, mode=mode: F.embedding_bag(i, w, o, mode=mode, include_last_offset=True),
            lambda i, w, o, mode=mode: bags(i, w, o, None, mode),
            (LINE, WEIGHT, fixed(np.array([0, 0, 4, 7]))),
        )
        for mode in ("sum", "mean", "max")
    ),
    Row(
        "embedding_bag_offsets_weighted",
        lambda i, w, o, s: F.embedding_bag(i, w, o, mode="sum", per_sample_weights=s),
        lambda i, w, o, s: bags(i, w, (*o, 9), s),
        (LINE, WEIGHT, fixed(np.array([0, 2, 2, 3])), real(9)),
    ),
]
