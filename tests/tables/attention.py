"""Bags of embeddings, against plain loops over their entries."""

import itertools

import numpy as np

import nn.functional as F

from . import Row, fixed, ints, real

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


ROWS = [
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
