"""Similarities of vectors that lie along one dimension. Norms and the distances of all pairs are in `norms.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.basics import broadcast_to
from ...engine.operands import unified
from ..arguments import dim_index
from ..reduction.reduce import sum
from .norms import vector_norm


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(|x|_p, eps): vectors along `dim` of length 1, those shorter than eps divided by eps."""
    (x,) = unified("normalize", input, floating=True)
    at = dim_index(dim, x.ndim, "normalize")
    return x / vector_norm(x, p, at, True, name="normalize", least=eps)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """|x1 - x2 + eps|_p over the last dimension; the others broadcast. eps keeps the slope finite at distance 0."""
    d = _difference("pairwise_distance", x1, x2)
    return vector_norm(d + eps, p, -1, keepdim, name="pairwise_distance")


def _difference(name: str, x1: Any, x2: Any) -> Any:
    x1, x2 = unified(name, x1, x2, floating=True)
    if not (np.ndim(x1) and np.ndim(x2)) or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"{name}: needs vectors of one length in the last dimension, got shapes {np.shape(x1)} and {np.shape(x2)}"
        )
    return x1 - x2


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) over `dim`; x1 and x2 broadcast."""
    x1, x2 = unified("cosine_similarity", x1, x2, floating=True)
    try:
        shape = np.broadcast_shapes(tuple(x1.shape), tuple(x2.shape))
    except ValueError:
        raise ValueError(
            f"cosine_similarity: shapes {tuple(x1.shape)} and {tuple(x2.shape)} do not broadcast; counted from the "
            "last, each dimension must be equal or 1"
        ) from None
    at = dim_index(dim, len(shape), "cosine_similarity")
    x1, x2 = broadcast_to(x1, shape), broadcast_to(x2, shape)
    n1, n2 = (vector_norm(x, 2, at, True, least=eps) for x in (x1, x2))
    return sum((x1 / n1) * (x2 / n2), at)
