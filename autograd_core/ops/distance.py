"""Distances and similarities between vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import OUT, Primitive, unified
from ..tensor import apply
from .activation import zeroed
from .elementwise import abs, maximum, sign
from .index import getitem
from .reduce import amax, amin, sum
from .shape import broadcast_to, dim_index, reshape


def _norm_forward(x: ndarray, p: float, dim: int) -> ndarray:
    """(Σ |x|^p)^(1/p), with the largest element taken out first, so that no power overflows."""
    size = np.abs(x)
    largest = np.maximum.reduce(size, axis=dim, keepdims=True, initial=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1).astype(x.dtype)
    total = np.add.reduce((size / scale) ** p, axis=dim, keepdims=True)
    return scale * (np.sqrt(total) if p == 2 else total if p == 1 else total ** (1 / p))


def _norm_rule(g: Any, x: Any, out: Any, p: float, dim: int) -> Any:
    """d|x|_p / dx = sign(x) (|x| / |x|_p)^(p-1), and 0 where the norm is 0, its subgradient of least size."""
    zero = out == 0
    if p == 1:
        return g * sign(x)
    if p == 2:
        return zeroed(g, zero) * x / (out + zero)
    ratio = abs(x) / (out + zero)
    nothing = ratio == 0  # a power below 0 or below 1 of it is infinite, or has an infinite slope
    power = zeroed((ratio + nothing) ** (p - 1), nothing)
    return zeroed(g, zero) * sign(x) * power


_norm = Primitive(_norm_forward, name="vector_norm", vjps=(_norm_rule,), saves=(0, OUT))


def vector_norm(x: Any, p: float, dim: int, keepdim: bool = False) -> Any:
    """(Σ |x|^p)^(1/p) over `dim`; p = ±inf the largest or smallest |x|, p = 0 the number of elements that are not 0."""
    if math.isinf(p):
        return (amax if p > 0 else amin)(abs(x), dim, keepdim)
    if p == 0:
        return sum(abs(sign(x)), dim, keepdim)
    out = apply(_norm, (x,), (float(p), dim))
    return out if keepdim else reshape(out, tuple(s for i, s in enumerate(x.shape) if i != dim))


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(|x|_p, eps): vectors along `dim` of length 1, those shorter than eps divided by eps."""
    (x,) = unified("normalize", input, floating=True)
    at = dim_index(dim, x.ndim, "normalize")
    return x / maximum(vector_norm(x, p, at, True), eps)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """|x1 - x2 + eps|_p over the last dimension; the others broadcast. eps keeps the slope finite at distance 0."""
    d = _difference("pairwise_distance", x1, x2)
    return vector_norm(d + eps, p, d.ndim - 1, keepdim)


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
    n1, n2 = (maximum(vector_norm(x, 2, at, True), eps) for x in (x1, x2))
    return sum((x1 / n1) * (x2 / n2), at)


def pdist(input: Any, p: float = 2.0) -> Any:
    """The distances |x_i - x_j|_p between the rows of (N, D), for i < j in order: N (N - 1) / 2 numbers."""
    (x,) = unified("pdist", input, floating=True)
    if x.ndim != 2:
        raise ValueError(f"pdist: needs rows, a shape (N, D), got {tuple(x.shape)}")
    i, j = np.triu_indices(x.shape[0], 1)
    return vector_norm(getitem(x, i) - getitem(x, j), p, 1)
