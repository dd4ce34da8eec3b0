"""Losses whose target is a class: a label, or a probability for each class.

C is the number of classes. Input is (C,), (N, C) or (N, C, d1, …), labels then (), (N,) or (N, d1, …) of any integer
dtype. w are class weights, t labels, g the gradient that arrives. The weight of an element is its class's;
`reduction='mean'` divides by the total weight of what is not ignored.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import AUX, Primitive, is_traced, operand, unified
from ..tensor import apply, describe
from .elementwise import where
from .linalg import linear
from .loss import check_reduction, transformed, values
from .piecewise import zeroed
from .reduce import sum
from .shape import reshape, unsqueeze
from .softmax import log_softmax

# ----------------------------------------------------------------------------------------------------------- the labels


def class_labels(name: str, x: Any, target: Any) -> Any:
    """The labels as an array (as they are inside a transform), after a check of dtype and shape."""
    t = target if transformed(target) else values(target)
    if t.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: class labels must be integers, got {t.dtype}; use target.long(), or, for a probability of each "
            f"class, a floating target of the input's shape {tuple(x.shape)}"
        )
    wanted = (*x.shape[:1], *x.shape[2:]) if x.ndim > 1 else ()
    if tuple(t.shape) != wanted:
        hint = "; for one-hot rows pass target.argmax(1), or their floats" if tuple(t.shape) == tuple(x.shape) else ""
        raise ValueError(
            f"{name}: input of shape {tuple(x.shape)} takes labels of shape {tuple(wanted)}, got {tuple(t.shape)}{hint}"
        )
    return t


def counted(name: str, t: ndarray, classes: int, ignore_index: int | None = None) -> ndarray | None:
    """None if every label counts; else which do. Raises for one that is neither a class nor `ignore_index`."""
    if t.size == 0:
        return None
    # seen as unsigned, a negative label is a huge one: one comparison checks both ends
    ignores = ignore_index is not None and 0 <= ignore_index < classes
    if not ignores and t.view(f"u{t.itemsize}").max() < classes:
        return None
    keep = np.ones(t.shape, bool) if ignore_index is None else t != ignore_index
    wrong = keep & ((t < 0) | (t >= classes))
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f"at {at if len(at) != 1 else at[0]} " if at else ""
        skipped = "" if ignore_index is None else f", and ignore_index={ignore_index} is skipped"
        raise ValueError(
            f"{name}: label {t[at]} {where}is out of range for {classes} classes; labels go from 0 to {classes - 1}"
            f"{skipped}"
        )
    return None if keep.all() else keep


def class_weight(name: str, weight: Any, classes: int) -> Any:
    weight = operand(weight, name)
    if np.shape(weight) != (classes,):
        raise ValueError(
            f"{name}: weight must hold a number for each of the {classes} classes, got shape {tuple(np.shape(weight))}"
        )
    return weight


def floating_scores(name: str, x: Any, *others: Any) -> tuple:
    """x, checked to be floating and to have classes, and the others, in their common dtype."""
    x = operand(x, name)
    if getattr(x, "ndim", 0) == 0 or x.shape[x.ndim > 1] == 0:
        raise ValueError(
            f"{name}: input needs a dimension of classes, as in (C,), (N, C) or (N, C, d1, …), got shape {np.shape(x)}"
        )
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: input must be floating, got {describe(x)}; convert it, as in x.float()")
    return unified(name, x, *others) if others else (x,)


def _prepared(name: str, x: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> tuple:
    """Input, labels, class weights and which labels count (None: all), checked; input and weights in one dtype."""
    (x,) = floating_scores(name, x)
    labels = class_labels(name, x, target)
    C = x.shape[x.ndim > 1]
    if weight is not None:
        x, weight = unified(name, x, class_weight(name, weight, C))
    if transformed(target):
        counted(name, values(target), C, ignore_index)
        check_reduction(name, reduction, math.prod(target.shape))
        return x, target, weight, target != ignore_index
    keep = counted(name, labels, C, ignore_index)
    _check_mean(name, labels, keep, reduction, ignore_index)
    return x, labels, weight, keep


def _check_mean(name: str, t: ndarray, keep: ndarray | None, reduction: str, ignore_index: int) -> None:
    check_reduction(name, reduction, t.size)
    if reduction == "mean" and keep is not None and not keep.any():
        raise ValueError(
            f"{name}: all {t.size} labels are ignore_index={ignore_index}, and the mean over nothing does not exist; "
            "skip the batch, or use reduction='sum', which gives 0"
        )


# ---------------------------------------------------------------------------------------------- negative log-likelihood


def _smoothed_nll(
    logp: Any, t: Any, weight: Any, reduction: str, keep: Any, smoothing: float = 0.0
) -> Any:
    """-(1 - ε) w_t log p_t - ε / C Σ_c w_c log p_c, for logp of (C,) or (N, C, …), ε the smoothing."""
    dim = 0 if logp.ndim == 1 else 1
    C = logp.shape[dim]
    column = (C, *(1,) * (logp.ndim - dim - 1))
    other = unsqueeze(t, dim) != np.arange(C).reshape(column)  # (N, C, …), False at the label
    w = None if weight is None else reshape(weight, column)
    weighted = logp if w is None else logp * w
    losses = -sum(zeroed(weighted, other), dim)
    total: Any = float(math.prod(losses.shape))
    if smoothing:
        losses = (1 - smoothing) * losses - (smoothing / C) * sum(weighted, dim)
    if keep is not None:
        losses, other = zeroed(losses, ~keep), other | unsqueeze(~keep, dim)
        total = sum(keep)
    if reduction == "none":
        return losses
    if reduction == "mean":
        return sum(losses) / (total if w is None else sum(where(other, 0.0, w)))
    return sum(losses)


def nll_loss(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """-w_t x_t, for log-probabilities x and labels t; labels equal to ignore_index count for nothing.

    Raises for labels out of range, and for the mean over no label at all (PyTorch gives NaN).
    """
    x, t, weight, keep = _prepared("nll_loss", input, target, weight, ignore_index, reduction)
    return _smoothed_nll(x, t, weight, reduction, keep)


# -------------------------------------------------------------------------------------------------------- cross-entropy


@functools.lru_cache(maxsize=16)
def _row_starts(N: int, C: int) -> ndarray:
    return np.arange(0, N * C, C)


def _places(shape: tuple, t: ndarray) -> ndarray:
    """Where the labels' elements are in a flattened array of (N, C, …)."""
    N, C = shape[:2]
    t = t.astype(np.int64, copy=False)
    if len(shape) == 2:
        return _row_starts(N, C) + t
    M = math.prod(shape[2:])
    return (np.arange(N)[:, None] * (C * M) + t.reshape(N, M) * M + np.arange(M)).reshape(t.shape)


def _ce_forward(
    x: ndarray, t: ndarray, w: ndarray | None, reduction: str, keep: ndarray | None, smoothing: float
) -> tuple:
    """With z = x - max x, e = exp(z), s = Σ e: the loss of a row is a (log s - z_t) + Σ_c b_c (log s - z_c), where
    a = (1 - ε) w_t and b = (ε / C) w. The label of an ignored row is replaced by 0."""
    if keep is not None:
        t = np.where(keep, t, 0)
    z = np.subtract(x, np.maximum.reduce(x, axis=1, keepdims=True), order="C")
    at = _places(x.shape, t)
    zt = z.reshape(-1)[at]
    if smoothing:
        b = np.full(x.shape[1], smoothing / x.shape[1], x.dtype) if w is None else (smoothing / x.shape[1]) * w
        bz = np.tensordot(b, z, (0, 1))
    e = np.exp(z, out=z)
    s = np.add.reduce(e, axis=1)
    log_s = np.log(s)
    losses = log_s - zt
    a: Any = None
    if w is not None or smoothing:
        a = np.full(t.shape, 1 - smoothing, x.dtype) if w is None else (1 - smoothing) * w[t]
        losses *= a
    if smoothing:
        losses += np.add.reduce(b) * log_s - bz
    if keep is not None:
        losses = zeroed(losses, ~keep)
    if reduction == "none":
        return losses, (e, s, at, a, 1)
    out = np.add.reduce(losses, axis=None)
    total: Any = 1
    if reduction == "mean":
        kept = losses.size if keep is None else np.count_nonzero(keep)
        total = kept if w is None else np.add.reduce(w[t], axis=None, where=True if keep is None else keep)
        out = out / x.dtype.type(total)
    return out, (e, s, at, a, total)


def _ce_rule(
    needs: list, g: ndarray, x: ndarray, t: ndarray, w: Any, aux: tuple, reduction: str, keep: Any, smoothing: float
) -> tuple:
    """The gradient of a row is k ((a + Σ b) softmax(x) - a [c = t] - b), k what multiplies the row's loss."""
    e, s, at, a, total = aux
    k = g / total
    if keep is not None:
        k = k * keep
    ka = k if a is None else k * a
    kab = ka
    if smoothing:
        b = np.full(x.shape[1], smoothing / x.shape[1], x.dtype) if w is None else (smoothing / x.shape[1]) * w
        kab = ka + k * np.add.reduce(b)
    gx = e * np.expand_dims(kab / s, 1)
    gx.reshape(-1)[at] -= ka
    if smoothing:
        gx -= np.expand_dims(np.broadcast_to(k, t.shape), 1) * b.reshape(-1, *(1,) * (x.ndim - 2))
    return gx, None, None


def _ce_composition(x: Any, t: Any, w: Any, reduction: str, keep: ndarray | None, smoothing: float) -> Any:
    return _smoothed_nll(log_softmax(x, 0 if x.ndim == 1 else 1), t, w, reduction, keep, smoothing)


_cross_entropy = Primitive(
    _ce_forward,
    name="cross_entropy",
    joint=_ce_rule,
    saves=(0, 1, 2, AUX),
    evaluate=lambda *args: _ce_forward(*args)[0],
    composition=_ce_composition,
)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ_c w_c q_c log softmax(x)_c: how badly the scores x predict the classes.

    input            scores (logits) of shape (C,), (N, C) or (N, C, d1, …), not probabilities
    target           labels of any integer dtype, (), (N,) or (N, d1, …): q is 1 at the label;
                     or q itself, floating, of the input's shape
    weight           (C,), rescales the classes; with labels, the mean divides by the total weight
    ignore_index     labels equal to it count for nothing (not for probabilities)
    label_smoothing  ε from 0 to 1: q becomes (1 - ε) q + ε / C (Szegedy et al. 2016, section 7)

    Raises for a shape that does not fit, a label that is not a class, floating labels, and the mean over nothing (where
    PyTorch gives NaN).

    >>> import autograd_core as ag
    >>> cross_entropy(ag.tensor([[1.0, 2.0, 3.0]]), ag.tensor([2]))
    tensor(0.4076)
    """
    name = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must be from 0 to 1, got {label_smoothing}")
    if getattr(target, "dtype", np.dtype(int)).kind == "f" and np.shape(target) == np.shape(input):
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    x, t, weight, keep = _prepared(name, input, target, weight, ignore_index, reduction)
    if transformed(x, t) or (weight is not None and is_traced(weight) and weight.requires_grad):
        return _ce_composition(x, t, weight, reduction, keep, float(label_smoothing))
    if x.ndim > 1:
        return apply(_cross_entropy, (x, t, weight), (reduction, keep, float(label_smoothing)))
    keep = None if keep is None else keep.reshape(1)
    rows = (reshape(x, (1, x.shape[0])), t.reshape(1), weight)
    out = apply(_cross_entropy, rows, (reduction, keep, float(label_smoothing)))
    return reshape(out, ())


def _soft_cross_entropy(x: Any, q: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    """Cross-entropy to a distribution over the classes; the mean is over the number of distributions."""
    x, q = floating_scores("cross_entropy", x, q)
    dim = 0 if x.ndim == 1 else 1
    C = x.shape[dim]
    if weight is not None:
        _, weight = unified("cross_entropy", x, class_weight("cross_entropy", weight, C))
    check_reduction("cross_entropy", reduction, math.prod(x.shape))
    if smoothing:
        q = q * (1 - smoothing) + smoothing / C
    if weight is not None:
        q = q * reshape(weight, (C, *(1,) * (x.ndim - dim - 1)))
    logp = log_softmax(x, dim)
    losses = -sum(q * zeroed(logp, (q == 0) & (logp == -math.inf)), dim)  # 0 log 0 = 0
    if reduction == "none":
        return losses
    total = sum(losses)
    return total / (math.prod(x.shape) / C) if reduction == "mean" else total


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """`cross_entropy(linear(x, linear_weight, linear_bias), target, …)`: a classifier's last layer with its loss.

    input           (N, in_features) or (in_features,)
    linear_weight   (C, in_features); or (C, d1, …, in_features), which gives scores (N, C, d1, …)
    linear_bias     of linear_weight's shape without its last dimension, or None
    target, weight, reduction, label_smoothing   as in `cross_entropy`
    ignore_index    as there, by default -100; with a target of probabilities it must be left out

    PyTorch's `options`, which choose how it cuts the batch into chunks, do not exist.
    """
    name = "linear_cross_entropy"
    x, w = operand(input, name), operand(linear_weight, name)
    outputs = tuple(w.shape[:-1])
    if x.ndim not in (1, 2) or w.ndim < 2 or x.shape[-1] != w.shape[-1] or (len(outputs) > 1 and x.ndim == 1):
        raise ValueError(
            f"{name}: input must be (N, in_features), or (in_features,) with linear_weight (C, in_features), and "
            f"linear_weight (C, …, in_features), got {tuple(x.shape)} and {tuple(w.shape)}"
        )
    if linear_bias is not None:
        linear_bias = operand(linear_bias, name)
        if tuple(linear_bias.shape) != outputs:
            raise ValueError(f"{name}: linear_bias must have shape {outputs}, got {tuple(linear_bias.shape)}")
        linear_bias = reshape(linear_bias, (math.prod(outputs),))
    scores = linear(x, reshape(w, (math.prod(outputs), w.shape[-1])), linear_bias)
    scores = reshape(scores, (*x.shape[:-1], *outputs))
    if ignore_index is None:
        ignore_index = -100
    elif np.shape(target) == tuple(scores.shape):
        raise ValueError(f"{name}: with a target of probabilities no label can be ignored; leave ignore_index out")
    return cross_entropy(
        scores, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )
