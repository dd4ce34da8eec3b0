"""Similarities and distances of vectors, as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import TensorLike

from .. import functional as F
from ..module import Module


class CosineSimilarity(Module):
    """Computes the cosine of the angle between vectors that lie along one dimension.

    `dim` is that dimension; a length below `eps` counts as eps.

    Formula: out = x1 · x2 / (max(|x1|, eps) max(|x2|, eps))
    Shapes: x1 and x2 (*, D, *), broadcast together → the same without dimension dim.
    Dtypes: the operands' common floating dtype; integers become the default float.
    Raises: when called, ValueError if the shapes do not broadcast; IndexError if there is no dimension dim; TypeError if an
        operand holds no numbers.
    Source: PyTorch's `torch.nn.CosineSimilarity`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.CosineSimilarity()(ag.tensor([[1.0, 0.0]]), ag.tensor([[3.0, 4.0]]))
    tensor([0.6])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Computes the p-norm of the difference of vectors that lie along the last dimension.

    `p` is that of the norm; `eps` is added to each difference, so that the slope is finite at distance 0; `keepdim` keeps
    the last dimension, with size 1.

    Formula: out = ‖x1 − x2 + eps‖ₚ
    Shapes: x1 and x2 (*, D), broadcast together → (*), or (*, 1) with keepdim.
    Dtypes: the operands' common floating dtype; integers become the default float.
    Raises: when called, ValueError if the last sizes differ or the others do not broadcast; TypeError if an operand holds no
        numbers.
    Source: PyTorch's `torch.nn.PairwiseDistance`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.PairwiseDistance(eps=0.0)(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]))
    tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
