"""Losses that ask for a margin: between classes, or between similar and dissimilar pairs.

Names, argument order and defaults are those of `torch.nn.functional`; shapes must be right, nothing broadcasts. x is
the input, t the target; the slope at the corner of max(0, x) is PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.basics import where
from ...engine.operands import stand_in, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import values
from ..elementwise.activation import logsigmoid
from ..elementwise.arithmetic import minimum, sqrt
from ..elementwise.piecewise import elementwise, relu, zeroed
from ..indexing.index import getitem
from ..linalg.distance import pairwise_distance
from ..reduction.reduce import mean, sum
from ..shape.shape import reshape, unsqueeze
from .classification import class_labels, class_weight, counted, floating_scores
from .reduction import check_reduction, loss, older_reduction, reduced, same_shape

_positive_part = elementwise(
    Primitive(
        lambda x: np.maximum(x, 0),
        name="positive_part",
        vjps=(lambda g, x: zeroed(g, x < 0),),
        saves=(0,),
        definition=lambda x: where(x < 0, 0.0, x),
    )
)


def _hinge(x: Any) -> Any:
    """max(0, x), with slope 1 at 0."""
    return apply(_positive_part, (x,))


# ---------------------------------------------------------------------------------------------------------------- pairs


@loss()
def hinge_embedding_loss(
    input: TensorLike,
    target: TensorLike,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute a loss of distances `input` that are to be small where `target` is 1, and beyond `margin` where it is −1.

    {reduction}

    Formula: loss_i = x_i where t_i = 1, max(0, margin − x_i) where t_i = −1, x the input and t the target
    Source: PyTorch's `torch.nn.functional.hinge_embedding_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.hinge_embedding_loss(ag.tensor([0.5, 0.5, 2.0]), ag.tensor([1.0, -1.0, -1.0]), reduction="none")
    tensor([0.5, 0.5, 0. ])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("hinge_embedding_loss", size_average, reduce)
    x, t = same_shape("hinge_embedding_loss", input=input, target=target)
    losses = zeroed(_hinge(margin - x), t == 1) + zeroed(x, t == -1)
    return reduced("hinge_embedding_loss", losses, reduction)


@loss(Shapes='input1, input2 and target (*) → (), or (*) with reduction="none"; they are not broadcast.')
def margin_ranking_loss(
    input1: TensorLike,
    input2: TensorLike,
    target: TensorLike,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute a loss of pairs of scores, `input1` and `input2`, of which one should rank higher.

    `target` is 1 where the first should, −1 where the second should; by less than `margin` costs too.
    {reduction}

    Formula: loss_i = max(0, margin − t_i (x1_i − x2_i)), x1 and x2 the inputs and t the target
    Source: PyTorch's `torch.nn.functional.margin_ranking_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.margin_ranking_loss(ag.tensor([3.0, 1.0]), ag.tensor([1.0, 3.0]), ag.tensor([1.0, 1.0]), reduction="none")
    tensor([0., 2.])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("margin_ranking_loss", size_average, reduce)
    x1, x2, t = same_shape("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return reduced("margin_ranking_loss", _hinge(margin - t * (x1 - x2)), reduction)


@loss(
    "the examples",
    Shapes='input1 and input2 (N, D), target (N,), or (D,) and () → (), or the shape of target with reduction="none".',
)
def cosine_embedding_loss(
    input1: TensorLike,
    input2: TensorLike,
    target: TensorLike,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute a loss of pairs of vectors, `input1` and `input2`, that are to point in one direction or in different ones.

    `target` is 1 for similar pairs and −1 for others, whose cosine costs what it is above `margin`.
    {reduction}

    Formula: loss_n = 1 − cos_n where t_n = 1, max(0, cos_n − margin) where t_n = −1,
        cos_n = x1_n · x2_n / √((|x1_n|² + ε)(|x2_n|² + ε)), ε = 10⁻¹², x1 and x2 the inputs and t the target
    Source: PyTorch's `torch.nn.functional.cosine_embedding_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.cosine_embedding_loss(ag.tensor([1.0, 0.0]), ag.tensor([0.0, 2.0]), ag.tensor(1.0))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("cosine_embedding_loss", size_average, reduce)
    name = "cosine_embedding_loss"
    x1, x2 = same_shape(name, input1=input1, input2=input2)
    if np.ndim(x1) not in (1, 2) or np.shape(target) != tuple(x1.shape[:-1]):
        raise ValueError(
            f"{name}: takes inputs (N, D) with a target (N,), or (D,) with a single one; got inputs "
            f"{tuple(np.shape(x1))} and target {tuple(np.shape(target))}"
        )
    x1, x2, t = unified(name, x1, x2, target)
    eps = 1e-12
    cos = sum(x1 * x2, -1) / sqrt((sum(x1 * x1, -1) + eps) * (sum(x2 * x2, -1) + eps))
    return reduced(name, zeroed(1 - cos, t != 1) + zeroed(_hinge(cos - margin), t != -1), reduction)


@loss(
    Shapes='(N, D) three times, or (D,) → (); with reduction="none" the shape of a distance.',
    Raises="ValueError if the shapes differ, for a margin that is not positive, an unknown reduction and the mean of\n"
    "    nothing; TypeError if an operand holds complex or no numbers.",
)
def triplet_margin_with_distance_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    *,
    distance_function: Callable[..., Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Compute how much less than `margin` the `positive` is nearer to the `anchor` than the `negative`, by any distance.

    `distance_function` takes two of them; None is the Euclidean distance of rows. With `swap` the negative's distance to
    the positive counts where that is smaller. `reduction` is "mean" (over the examples), "sum" or "none".

    Formula: loss_n = max(0, margin + d(a_n, p_n) − d(a_n, b_n)), a the anchor, p the positive, b the negative, d the distance
    Source: Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural networks".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> a, p, b = ag.tensor([0.0]), ag.tensor([2.0]), ag.tensor([2.5])
    >>> F.triplet_margin_with_distance_loss(a, p, b, distance_function=lambda x, y: (x - y).abs().sum(-1))
    tensor(0.5)
    """
    name = "triplet_margin_loss"
    if not margin > 0:
        raise ValueError(f"{name}: margin must be positive, got {margin}")
    anchor, positive, negative = same_shape(name, anchor=anchor, positive=positive, negative=negative)
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(name, _hinge(margin + near - far), reduction)


@loss(
    "the examples",
    Shapes='(N, D) three times, or (D,) → (), or (N,) and () with reduction="none".',
    Raises="ValueError if the shapes differ, for a margin that is not positive, an unknown reduction and the mean of\n"
    "    nothing; TypeError if an operand holds complex or no numbers.",
)
def triplet_margin_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute how much less than `margin` the `positive` is nearer to the `anchor` than the `negative`, by a p-norm.

    `eps` is added to each difference, so that the slope is finite at distance 0. With `swap` the negative's distance to the
    positive counts where that is smaller.
    {reduction}

    Formula: loss_n = max(0, margin + ‖a_n − p_n + eps‖ₚ − ‖a_n − b_n + eps‖ₚ), a the anchor, p_n the positive, b the negative
    Source: Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural networks".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.triplet_margin_loss(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 5.0]]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("triplet_margin_loss", size_average, reduce)
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda x1, x2: pairwise_distance(x1, x2, p, eps),
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


@loss()
def soft_margin_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the logistic loss of scores `input` against `target`, 1 or −1, exact for scores of any size.

    {reduction}

    Formula: loss_i = log(1 + e^(−t_i x_i)), x the input and t the target
    Source: PyTorch's `torch.nn.functional.soft_margin_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.soft_margin_loss(ag.tensor([-1000.0, -2000.0]), ag.tensor([1.0, 1.0]), reduction="none")
    tensor([1000., 2000.])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("soft_margin_loss", size_average, reduce)
    x, t = same_shape("soft_margin_loss", input=input, target=target)
    return reduced("soft_margin_loss", -logsigmoid(t * x), reduction)


# -------------------------------------------------------------------------------------------------------------- classes


def _rows_of_scores(name: str, x: Any) -> Any:
    (x,) = floating_scores(name, x)
    if x.ndim > 2:
        raise ValueError(f"{name}: takes an input (N, C) or (C,), got shape {tuple(x.shape)}")
    return x


@loss(
    "the examples",
    Shapes='input (N, C), target (N,), weight (C,), or (C,) and () → (), or the shape of target with reduction="none".',
    Dtypes="input floating, kept (the common dtype with weight); target integers.",
    Raises="ValueError if shapes do not fit, p is neither 1 nor 2, a label is no class, for an unknown reduction and for the\n"
    "    mean of nothing; TypeError if input is not floating or target holds no integers.",
)
def multi_margin_loss(
    input: TensorLike,
    target: TensorLike,
    p: int = 1,
    margin: float = 1.0,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the hinge loss of scores `input` of C classes: by how much each is not `margin` below that of the label.

    `target` holds the labels, `weight` a factor for each class, that of the label counting; `p` is 1 or 2.
    {reduction}

    Formula: loss_n = w_t Σ_{c ≠ t} max(0, margin − x_nt + x_nc)ᵖ / C, x the input, t = target[n] and w the weight
    Source: Crammer & Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.multi_margin_loss(ag.tensor([[1.0, 3.0, 2.5, 0.0]]), ag.tensor([1]))
    tensor(0.125)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("multi_margin_loss", size_average, reduce)
    name = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{name}: p must be 1 or 2, got {p}")
    x = _rows_of_scores(name, input)
    t = class_labels(name, x, target)
    C, N = x.shape[-1], math.prod(t.shape)
    counted(name, values(target), C)
    check_reduction(name, reduction, N)
    rows, labels = reshape(x, (N, C)), t.reshape(-1)
    own = unsqueeze(getitem(rows, (np.arange(N), labels)), 1)
    z = relu(margin - own + rows)  # (N, C)
    z = z if p == 1 else z * z
    if weight is not None:
        z, w = unified(name, z, class_weight(name, weight, C))
        z = z * unsqueeze(getitem(w, labels), 1)
    losses = sum(zeroed(z, labels[:, None] == np.arange(C)), 1) / C
    return reduced(name, reshape(losses, t.shape), reduction)


@loss(
    "the examples",
    Shapes='input and target (N, C) or (C,) → (), or (N,) and () with reduction="none".',
    Dtypes="input floating, kept; target integers.",
    Raises="ValueError if shapes differ, target holds no integers or a label is no class, for an unknown reduction and for\n"
    "    the mean of nothing; TypeError if input is not floating.",
)
def multilabel_margin_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the hinge loss of scores `input` of C classes of which several may be labels.

    `target` lists the labels of each row first, then −1; what follows is not read.
    {reduction}

    Formula: loss_n = Σ_{y ∈ labels} Σ_{c ∉ labels} max(0, 1 − x_ny + x_nc) / C, x the input
    Source: PyTorch's `torch.nn.functional.multilabel_margin_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.multilabel_margin_loss(ag.tensor([3.0, 2.5, 0.0, 1.0]), ag.tensor([0, -1, 0, 0]))
    tensor(0.125)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("multilabel_margin_loss", size_average, reduce)
    name = "multilabel_margin_loss"
    x = _rows_of_scores(name, input)
    t = values(target)
    if np.shape(target) != tuple(x.shape) or t.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: target must hold the integer labels of each row, filled up with -1 to the input's shape "
            f"{tuple(x.shape)}; got shape {tuple(np.shape(target))}, {t.dtype}"
        )
    C = x.shape[-1]
    inside = stand_in(x, target)
    if inside is not None:  # more rows, each with its list
        losses = inside.call_on_values(
            lambda x, t: reshape(
                multilabel_margin_loss(reshape(x, (-1, C)), reshape(t, (-1, C)), reduction="none"), x.shape[:-1]
            ),
            x, target,
        )  # fmt: skip
        return reduced(name, losses, reduction)
    rows, labels = reshape(x, (-1, C)) if x.ndim == 2 else reshape(x, (1, C)), t.reshape(-1, C).astype(np.int64)
    listed = np.cumprod(labels != -1, 1, dtype=bool)  # (N, C), up to the first -1
    wrong = listed & ((labels < 0) | (labels >= C))
    if wrong.any():
        n, k = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name}: label {labels[n, k]} of row {n} is out of range for {C} classes; labels go from 0 to {C - 1}, "
            "and -1 ends the list"
        )
    check_reduction(name, reduction, labels.size)
    safe = np.where(listed, labels, 0)
    is_label = np.zeros((len(labels), C), bool)
    np.logical_or.at(is_label, (np.arange(len(labels))[:, None], safe), listed)
    own = getitem(rows, (np.arange(len(labels))[:, None], safe))  # (N, K)
    z = relu(1 - unsqueeze(own, 2) + unsqueeze(rows, 1))  # (N, K, C)
    losses = sum(zeroed(z, ~listed[:, :, None] | is_label[:, None, :]), (1, 2)) / C
    return reduced(name, reshape(losses, t.shape[:-1]), reduction)


@loss(
    "the examples",
    Shapes='input and target (*, C), weight (C,) → (), or (*) with reduction="none"; they are not broadcast.',
)
def multilabel_soft_margin_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the cross-entropy of sigmoid(input) against `target`, 0 or 1 for each class, averaged over the classes.

    `weight` is a factor for each class.
    {reduction}

    Formula: loss_n = −Σ_c w_c (t_nc log s_nc + (1 − t_nc) log(1 − s_nc)) / C, s = 1 / (1 + e⁻ˣ), x the input, t the target
        and w the weight
    Source: PyTorch's `torch.nn.functional.multilabel_soft_margin_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.multilabel_soft_margin_loss(ag.tensor([[0.0, 1000.0]]), ag.tensor([[1.0, 1.0]]))
    tensor(0.3466)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("multilabel_soft_margin_loss", size_average, reduce)
    name = "multilabel_soft_margin_loss"
    x, t = same_shape(name, input=input, target=target)
    losses = -(t * logsigmoid(x) + (1 - t) * logsigmoid(-x))
    if weight is not None:
        losses, w = unified(name, losses, class_weight(name, weight, x.shape[-1]))
        losses = losses * w
    check_reduction(name, reduction, math.prod(losses.shape))
    return reduced(name, mean(losses, -1), reduction)
