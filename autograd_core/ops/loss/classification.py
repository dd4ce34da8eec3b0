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

from ...engine.basics import where
from ...engine.operands import operand, unified
from ...engine.primitive import AUX, Primitive, apply
from ...engine.tensor import conversion, describe
from ...kernels.machine.runtime import plain
from ...kernels.rows import softmax as kernels
from ..arguments import transformed, values
from ..elementwise.piecewise import zeroed
from ..linalg.linear import linear
from ..reduction.reduce import sum
from ..reduction.softmax import DTYPES, log_softmax
from ..shape.shape import reshape, unsqueeze
from .regression import check_reduction

LONG = np.dtype(np.int64)

# ----------------------------------------------------------------------------------------------------------- the labels


def class_labels(name: str, x: Any, target: Any) -> Any:
    """The labels as an array (as they are inside a transform), after a check of dtype and shape."""
    t = target if transformed(target) else values(target)
    if t.dtype.kind not in "iu":
        hint = f", or, for a probability of each class, a floating target of the input's shape {tuple(x.shape)}"
        raise TypeError(
            f"{name}: class labels must be integers, got {t.dtype}; use {conversion('target', target, LONG)}"
            f"{hint if name == 'cross_entropy' else ''}"
        )
    wanted = (*x.shape[:1], *x.shape[2:]) if x.ndim > 1 else ()
    if tuple(t.shape) != wanted:
        hint = "; for one-hot rows pass target.argmax(1)" if tuple(t.shape) == tuple(x.shape) else ""
        hint += ", or their floats" if hint and name == "cross_entropy" else ""
        hint = hint or _label_hint(tuple(t.shape), tuple(x.shape), wanted)
        raise ValueError(
            f"{name}: input of shape {tuple(x.shape)} takes labels of shape {tuple(wanted)}, got {tuple(t.shape)}{hint}"
        )
    return t


def _label_hint(t: tuple, x: tuple, wanted: tuple) -> str:
    """The way out for labels in a column, and for classes that stand last."""
    extra = [d for d, n in enumerate(t) if n == 1 and t[:d] + t[d + 1 :] == wanted]
    if extra:
        return f"; pass target.squeeze({extra[-1]})"
    if len(x) > 2 and t == x[:-1]:
        return "; if the classes stand last, pass input.movedim(-1, 1)"
    return ""


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
        raise _wrong_label(name, t, int(wrong.argmax()), classes, ignore_index)
    return None if keep.all() else keep


def _wrong_label(name: str, t: ndarray, place: int, classes: int, ignore_index: int | None) -> ValueError:
    """The error for the label at a place in t, flattened."""
    at = tuple(int(i) for i in np.unravel_index(place, t.shape))
    where = f"at {at if len(at) != 1 else at[0]} " if at else ""
    skipped = "" if ignore_index is None else f", and ignore_index={ignore_index} is skipped"
    return ValueError(
        f"{name}: label {t[at]} {where}is out of range for {classes} classes; labels go from 0 to {classes - 1}{skipped}"
    )


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
    return x, labels, weight, _kept(name, labels, C, ignore_index, reduction)


def _kept(name: str, t: Any, classes: int, ignore_index: int, reduction: str) -> Any:
    """Which labels count, None for all, after a check of them and of the reduction."""
    check_reduction(name, reduction, math.prod(t.shape))
    keep = counted(name, values(t), classes, ignore_index)
    if transformed(t):
        return t != ignore_index
    if keep is not None and not keep.any():
        _check_mean(name, t.size, ignore_index, reduction)
    return keep


def _check_mean(name: str, labels: int, ignore_index: int, reduction: str) -> None:
    """Raise if the mean is wanted where no label counts."""
    if reduction == "mean":
        raise ValueError(
            f"{name}: all {labels} labels are ignore_index={ignore_index}, and the mean over nothing does not exist; "
            "skip the batch, or use reduction='sum', which gives 0"
        )


# ---------------------------------------------------------------------------------------------- negative log-likelihood


def _smoothed_nll(logp: Any, t: Any, weight: Any, reduction: str, keep: Any, smoothing: float = 0.0) -> Any:
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
        return sum(losses) / (total if w is None else _or_nan(sum(where(other, 0.0, w))))
    return sum(losses)


def _or_nan(total: Any) -> Any:
    """The total weight of a mean, and NaN for 0: such a mean does not exist, whatever is above the line."""
    return where(total == 0, math.nan, total)


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-w_t x_t, for log-probabilities x and labels t; labels equal to ignore_index count for nothing.

    Raises for labels out of range, and for the mean over no label at all (PyTorch gives NaN). Labels whose weights sum to 0
    have the mean NaN, as in PyTorch.
    """
    x, t, weight, keep = _prepared("nll_loss", input, target, weight, ignore_index, reduction)
    return _smoothed_nll(x, t, weight, reduction, keep)


# -------------------------------------------------------------------------------------------------------- cross-entropy


@functools.lru_cache(maxsize=64)
def _ones(C: int, dtype: np.dtype) -> ndarray:
    return np.ones(C, dtype)


def _weights(x: ndarray, w: ndarray | None) -> ndarray:
    return _ones(x.shape[1], x.dtype) if w is None else plain(w)


def _label_rows(t: ndarray) -> ndarray:
    return plain(t, np.int64).reshape(-1)


def _rows(x: ndarray) -> ndarray:
    """(N, C, d1, …) -> (N d1 …, C)"""
    return x if x.ndim == 2 else np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _ce_forward(
    x: ndarray, t: ndarray, w: ndarray | None, reduction: str, ignore_index: int, smoothing: float
) -> tuple:
    labels, w = _label_rows(t), _weights(x, w)
    kept, total = kernels.count(labels, w, ignore_index)
    if kept < 0:
        raise _wrong_label("cross_entropy", t, -1 - kept, x.shape[1], ignore_index)
    if not kept:
        _check_mean("cross_entropy", t.size, ignore_index, reduction)
    losses, found = kernels.cross_entropy(_rows(x), labels, w, ignore_index, smoothing)
    if reduction == "none":
        return losses.reshape(t.shape), (found, 1.0)
    if reduction == "sum":
        total = 1.0
    total = total or math.nan  # see _or_nan
    return np.array(kernels.sum_of(losses) / total, x.dtype), (found, total)


def _ce_rule(
    needs: list,
    g: ndarray,
    x: ndarray,
    t: ndarray,
    w: Any,
    aux: tuple,
    reduction: str,
    ignore_index: int,
    smoothing: float,
) -> tuple:
    found, total = aux
    labels, w = _label_rows(t), _weights(x, w)
    gx = kernels.cross_entropy_back(g, _rows(x), labels, w, found, total, ignore_index, smoothing)
    if x.ndim > 2:
        gx = np.ascontiguousarray(np.moveaxis(gx.reshape(x.shape[:1] + x.shape[2:] + x.shape[1:2]), -1, 1))
    return gx, None, None


def _ce_composition(x: Any, t: Any, w: Any, reduction: str, ignore_index: int, smoothing: float) -> Any:
    t = values(t)
    return _smoothed_nll(log_softmax(x, 1), t, w, reduction, t != ignore_index, smoothing)


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
    PyTorch gives NaN). Labels whose weights sum to 0 have the mean NaN.

    >>> import autograd_core as ag
    >>> cross_entropy(ag.tensor([[1.0, 2.0, 3.0]]), ag.tensor([2]))
    tensor(0.4076)
    """
    name = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must be from 0 to 1, got {label_smoothing}")
    if getattr(target, "dtype", LONG).kind == "f" and np.shape(target) == np.shape(input):
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    (x,) = floating_scores(name, input)
    t = class_labels(name, x, target)
    C = x.shape[x.ndim > 1]
    if weight is not None:
        x, weight = unified(name, x, class_weight(name, weight, C))
    smoothing = float(label_smoothing)
    if transformed(x, t) or x.dtype not in DTYPES or (weight is not None and getattr(weight, "requires_grad", False)):
        keep = _kept(name, t, C, ignore_index, reduction)
        return _smoothed_nll(log_softmax(x, int(x.ndim > 1)), t, weight, reduction, keep, smoothing)
    if x.ndim > 1:
        check_reduction(name, reduction, t.size)
        return apply(_cross_entropy, (x, t, weight), (reduction, ignore_index, smoothing))
    _kept(name, t, C, ignore_index, reduction)  # its message has the shape of t
    row = reshape(x, (1, C)), t.reshape(1), weight
    return reshape(apply(_cross_entropy, row, (reduction, ignore_index, smoothing)), ())


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
