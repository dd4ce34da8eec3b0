"""Similarities of vectors that lie along one dimension. Norms and the distances of all pairs are in `norms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.basics import broadcast_to
from ...engine.operands import shape_error, unified
from ...engine.outputs import into
from ...engine.tensor import Tensor
from ..arguments import dim_index
from ..reduction.reduce import sum
from .norms import norm_of

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def normalize(input: TensorLike, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """Scale vectors along one dimension to length 1; those shorter than `eps` are divided by eps.

    `out` is a tensor that the result is written to; that is not recorded.

    Formula: out = input / max(|input|ₚ, eps), with the norm of order `p` over `dim`
    Shapes: (*) → (*).
    Dtypes: the input's; integers become the default float.
    Raises: IndexError if dim is out of range; TypeError if input holds no numbers.
    Source: PyTorch's `nn.functional.normalize`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.normalize(ag.tensor([[3.0, 4.0]]))
    tensor([[0.6, 0.8]])
    """
    if out is not None:
        return into(out, "normalize", normalize, input, p, dim, eps)
    (x,) = unified("normalize", input, floating=True)
    at = dim_index(dim, x.ndim, "normalize")
    return x / norm_of("normalize", x, p, at, True, least=eps)


def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Compute the distances of the vectors of `x1` to those of `x2`, over the last dimension.

    `eps`, added to every difference, keeps the slope finite at distance 0. With `keepdim` the last dimension stays as 1.

    Formula: out = |x1 − x2 + eps|ₚ, with the norm of order `p`
    Shapes: (*, D) and (*, D), broadcast together → (*), with keepdim (*, 1).
    Dtypes: the operands' common dtype; integers become the default float.
    Raises: ValueError if D differs or the other sizes do not broadcast; TypeError if an operand holds no numbers.
    Source: PyTorch's `nn.functional.pairwise_distance`.

    >>> import autograd_core as ag
    >>> ag.pairwise_distance(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    d = _difference("pairwise_distance", x1, x2)
    return norm_of("pairwise_distance", d + eps, p, -1, keepdim)


def _difference(name: str, x1: Any, x2: Any) -> Any:
    x1, x2 = unified(name, x1, x2, floating=True)
    if not (np.ndim(x1) and np.ndim(x2)) or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"{name}: needs vectors of one length in the last dimension, got shapes {np.shape(x1)} and {np.shape(x2)}"
        )
    return x1 - x2


def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Compute the cosine of the angle between vectors along one dimension.

    Formula: out = x1 · x2 / (max(|x1|, eps) max(|x2|, eps)), summed over `dim`; no length is taken less than `eps`
    Shapes: (*, D, *) and (*, D, *), broadcast together → (*, *), without `dim`.
    Dtypes: the operands' common dtype; integers become the default float.
    Raises: ValueError if `x1` and `x2` do not broadcast; IndexError if dim is out of range; TypeError if one holds no
        numbers.
    Source: PyTorch's `nn.functional.cosine_similarity`.

    >>> import autograd_core as ag
    >>> ag.cosine_similarity(ag.tensor([[1.0, 0.0]]), ag.tensor([[3.0, 4.0]]))
    tensor([0.6])
    """
    x, y = unified("cosine_similarity", x1, x2, floating=True)
    try:
        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        raise shape_error("cosine_similarity", x, y) from None
    at = dim_index(dim, len(shape), "cosine_similarity")
    x, y = broadcast_to(x, shape), broadcast_to(y, shape)
    nx, ny = (norm_of("cosine_similarity", v, 2, at, True, least=eps) for v in (x, y))
    return sum((x / nx) * (y / ny), at)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.pairwise_distance
ag.cosine_similarity
"""
