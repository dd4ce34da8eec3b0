"""Losses that ask for a margin, as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import TensorLike
from autograd_core.ops.loss.reduction import loss

from .. import functional as F
from .distance import PairwiseDistance
from .loss_base import Loss, WeightedLoss


@loss()
class HingeEmbeddingLoss(Loss):
    """Computes a loss of distances that are to be small where the target is 1, and beyond `margin` where it is −1.

    {reduction}

    Formula: loss_i = x_i where t_i = 1, max(0, margin − x_i) where t_i = −1, x the input and t the target
    Source: PyTorch's `torch.nn.HingeEmbeddingLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.HingeEmbeddingLoss(reduction="none")(ag.tensor([0.5, 0.5, 2.0]), ag.tensor([1.0, -1.0, -1.0]))
    tensor([0.5, 0.5, 0. ])
    """

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


@loss(
    "the examples",
    Shapes='input1 and input2 (N, D), target (N,), or (D,) and () → (), or the shape of target with reduction="none".',
)
class CosineEmbeddingLoss(Loss):
    """Computes a loss of pairs of vectors that are to point in one direction or in different ones.

    The target is 1 for similar pairs and −1 for others, whose cosine costs what it is above `margin`.
    {reduction}

    Formula: loss_n = 1 − cos_n where t_n = 1, max(0, cos_n − margin) where t_n = −1, cos_n the cosine of the pair
    Source: PyTorch's `torch.nn.CosineEmbeddingLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.CosineEmbeddingLoss()(ag.tensor([1.0, 0.0]), ag.tensor([0.0, 2.0]), ag.tensor(1.0))
    tensor(1.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


@loss(Shapes='input1, input2 and target (*) → (), or (*) with reduction="none"; they are not broadcast.')
class MarginRankingLoss(Loss):
    """Computes a loss of pairs of scores of which one should rank higher, by at least `margin`.

    The target is 1 where the first should, −1 where the second should.
    {reduction}

    Formula: loss_i = max(0, margin − t_i (x1_i − x2_i)), x1 and x2 the inputs and t the target
    Source: PyTorch's `torch.nn.MarginRankingLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.MarginRankingLoss(reduction="none")(ag.tensor([3.0, 1.0]), ag.tensor([1.0, 3.0]), ag.ones(2))
    tensor([0., 2.])
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


@loss(
    "the examples",
    Shapes='anchor, positive and negative (N, D), or (D,) → (), or (N,) and () with reduction="none".',
    Raises="ValueError for a margin that is not positive and an unknown reduction, when called if the shapes differ and for\n"
    "    the mean of nothing; TypeError if an operand holds complex or no numbers.",
)
class TripletMarginLoss(Loss):
    """Computes how much less than `margin` the positive is nearer to the anchor than the negative, by a p-norm.

    `p` is that of the norm; `eps` is added to each difference, so that the slope is finite at distance 0. With `swap` the
    negative's distance to the positive counts where that is smaller.
    {reduction}

    Formula: loss_n = max(0, margin + ‖a_n − p_n + eps‖ₚ − ‖a_n − b_n + eps‖ₚ), a the anchor, p_n the positive, b the negative
    Source: Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural networks".

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.TripletMarginLoss()(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 5.0]]))
    tensor(1.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ):
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


@loss(
    Shapes='anchor, positive and negative (N, D), or (D,) → (); with reduction="none" the shape of a distance.',
    Raises="ValueError for a margin that is not positive and an unknown reduction, when called if the shapes differ and for\n"
    "    the mean of nothing; TypeError if an operand holds complex or no numbers.",
)
class TripletMarginWithDistanceLoss(Loss):
    """Computes how much less than `margin` the positive is nearer to the anchor than the negative, by any distance.

    `distance_function` takes two of them; None is the Euclidean distance of rows. With `swap` the negative's distance to
    the positive counts where that is smaller. `reduction` is "mean" (over the examples), "sum" or "none".

    Formula: loss_n = max(0, margin + d(a_n, p_n) − d(a_n, b_n)), a the anchor, p the positive, b the negative, d the distance
    Source: Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural networks".

    >>> import autograd_core as ag
    >>> import nn
    >>> criterion = nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(-1))
    >>> criterion(ag.tensor([0.0]), ag.tensor([2.0]), ag.tensor([2.5]))
    tensor(0.5)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[..., Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ):
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


@loss()
class SoftMarginLoss(Loss):
    """Computes the logistic loss of scores against targets, 1 or −1, exact for scores of any size.

    {reduction}

    Formula: loss_i = log(1 + e^(−t_i x_i)), x the input and t the target
    Source: PyTorch's `torch.nn.SoftMarginLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.SoftMarginLoss()(ag.tensor([0.0, 0.0]), ag.tensor([1.0, -1.0]))
    tensor(0.6931)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


@loss(
    "the examples",
    Shapes='input (N, C), target (N,), or (C,) and () → (), or the shape of target with reduction="none".',
    Dtypes="input floating, kept; target integers.",
    Raises="ValueError if p is neither 1 nor 2, weight is no vector, for an unknown reduction, when called if shapes do not\n"
    "    fit, a label is no class and for the mean of nothing; TypeError if input is not floating or target holds no integers.",
)
class MultiMarginLoss(WeightedLoss):
    """Computes the hinge loss of scores of C classes: by how much each is not `margin` below that of the label.

    `weight` (C,) is a factor for each class, that of the label counting; `p` is 1 or 2.
    {reduction}

    Formula: loss_n = w_t Σ_{c ≠ t} max(0, margin − x_nt + x_nc)ᵖ / C, x the input, t = target[n] and w the weight
    Source: Crammer & Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines".

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.MultiMarginLoss()(ag.tensor([[1.0, 3.0, 2.5, 0.0]]), ag.tensor([1]))
    tensor(0.125)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ):
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: only p == 1 and p == 2 supported, got {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: weight must be None or have one dimension, got shape {weight.shape}")
        self.p = p
        self.margin = margin

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


@loss(
    "the examples",
    Shapes='input and target (N, C) or (C,) → (), or (N,) and () with reduction="none".',
    Dtypes="input floating, kept; target integers.",
    Raises="when called, ValueError if shapes differ, target holds no integers or a label is no class, and for the mean of\n"
    "    nothing; TypeError if input is not floating.",
)
class MultiLabelMarginLoss(Loss):
    """Computes the hinge loss of scores of C classes of which several may be labels.

    The target lists the labels of each row first, then −1; what follows is not read.
    {reduction}

    Formula: loss_n = Σ_{y ∈ labels} Σ_{c ∉ labels} max(0, 1 − x_ny + x_nc) / C, x the input
    Source: PyTorch's `torch.nn.MultiLabelMarginLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.MultiLabelMarginLoss()(ag.tensor([3.0, 2.5, 0.0, 1.0]), ag.tensor([0, -1, 0, 0]))
    tensor(0.125)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


@loss(
    "the examples",
    Shapes='input and target (*, C) → (), or (*) with reduction="none"; they are not broadcast.',
)
class MultiLabelSoftMarginLoss(WeightedLoss):
    """Computes the cross-entropy of the sigmoid of scores against 0 or 1 for each class, averaged over the classes.

    `weight` (C,) is a factor for each class.
    {reduction}

    Formula: loss_n = −Σ_c w_c (t_nc log s_nc + (1 − t_nc) log(1 − s_nc)) / C, s = 1 / (1 + e⁻ˣ), x the input, t the target
        and w the weight
    Source: PyTorch's `torch.nn.MultiLabelSoftMarginLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.MultiLabelSoftMarginLoss()(ag.tensor([[0.0, 1000.0]]), ag.tensor([[1.0, 1.0]]))
    tensor(0.3466)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)
