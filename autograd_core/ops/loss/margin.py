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
from ..arguments import values
from ..elementwise.activation import logsigmoid
from ..elementwise.arithmetic import minimum, sqrt
from ..elementwise.piecewise import elementwise, relu, zeroed
from ..indexing.index import getitem
from ..linalg.distance import pairwise_distance
from ..reduction.reduce import mean, sum
from ..shape.shape import reshape, unsqueeze
from .classification import class_labels, class_weight, counted, floating_scores
from .regression import check_reduction, reduced, same_shape

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


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """x where t = 1 (a distance between similar things), max(0, margin - x) where t = -1."""
    x, t = same_shape("hinge_embedding_loss", input=input, target=target)
    losses = zeroed(_hinge(margin - x), t == 1) + zeroed(x, t == -1)
    return reduced("hinge_embedding_loss", losses, reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean") -> Any:
    """max(0, -t (x1 - x2) + margin): t = 1 where x1 should rank higher, -1 where x2 should."""
    x1, x2, t = same_shape("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return reduced("margin_ranking_loss", _hinge(margin - t * (x1 - x2)), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """1 - cos(x1, x2) where t = 1, max(0, cos(x1, x2) - margin) where t = -1. x1, x2 (N, D), t (N,); or (D,) and ()."""
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


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin). Inputs (N, D) or (D,); d is Euclidean unless given.

    swap: take d(positive, negative) where that is the smaller (Balntas et al. 2016).
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


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_with_distance_loss` with d the p-norm of the difference (+ eps)."""
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda x1, x2: pairwise_distance(x1, x2, p, eps),
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """log(1 + e^(-t x)), t = ±1, exact for x of any size."""
    x, t = same_shape("soft_margin_loss", input=input, target=target)
    return reduced("soft_margin_loss", -logsigmoid(t * x), reduction)


# -------------------------------------------------------------------------------------------------------------- classes


def _rows_of_scores(name: str, x: Any) -> Any:
    (x,) = floating_scores(name, x)
    if x.ndim > 2:
        raise ValueError(f"{name}: takes an input (N, C) or (C,), got shape {tuple(x.shape)}")
    return x


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """Σ_{c != t} w_t max(0, margin - x_t + x_c)^p / C, p 1 or 2 (Crammer & Singer 2001). Input (N, C), labels (N,)."""
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


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Σ_{y in labels} Σ_{c not in labels} max(0, 1 - x_y + x_c) / C.

    input (N, C) or (C,); target, of the same shape, lists each row's labels first, then -1 (what follows is not read).
    """
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


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """-w (t log s + (1 - t) log(1 - s)), s = sigmoid(x), averaged over the classes, the last dimension."""
    name = "multilabel_soft_margin_loss"
    x, t = same_shape(name, input=input, target=target)
    losses = -(t * logsigmoid(x) + (1 - t) * logsigmoid(-x))
    if weight is not None:
        losses, w = unified(name, losses, class_weight(name, weight, x.shape[-1]))
        losses = losses * w
    check_reduction(name, reduction, math.prod(losses.shape))
    return reduced(name, mean(losses, -1), reduction)
