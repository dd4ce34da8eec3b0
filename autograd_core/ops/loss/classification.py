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
from ...engine.tensor import Tensor, conversion, describe
from ...engine.types import TensorLike
from ...kernels.machine.runtime import plain
from ...kernels.rows import softmax as kernels
from ..arguments import transformed, values
from ..elementwise.piecewise import zeroed
from ..linalg.linear import linear
from ..reduction.reduce import sum
from ..reduction.softmax import DTYPES, log_softmax
from ..shape.shape import reshape, unsqueeze
from .reduction import check_reduction, loss, older_reduction

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


def _wrong_label(name: str, t: ndarray, position: int, classes: int, ignore_index: int | None) -> ValueError:
    """The error for the label at a position in t, flattened."""
    at = tuple(int(i) for i in np.unravel_index(position, t.shape))
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


@loss(
    "the total weight of what counts",
    Shapes='input (N, C, …) or (C,), target (N, …) or (), weight (C,) → (), or the shape of target with reduction="none".',
    Dtypes="input floating, kept (the common dtype with weight); target integers.",
    Raises="ValueError if shapes do not fit, a label is no class, for an unknown reduction and for the mean over no label\n"
    "    (PyTorch: NaN); TypeError if input is not floating or target holds no integers.",
)
def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of labels `target` under log-probabilities `input` of C classes.

    `weight` is a factor for each class; labels equal to `ignore_index` count for nothing. Labels whose weights sum to 0
    have the mean NaN, as in PyTorch.
    {reduction}

    Formula: loss_n = −w_t x_nt, x the input, t = target[n] and w the weight (1 without); mean Σ loss_n / Σ w_t
    Source: PyTorch's `torch.nn.functional.nll_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.nll_loss(ag.tensor([[-1.0, -0.5], [-2.0, -0.25]]), ag.tensor([0, 1]), reduction="none")
    tensor([1.  , 0.25])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("nll_loss", size_average, reduce)
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
    losses, stats = kernels.cross_entropy(_rows(x), labels, w, ignore_index, smoothing)
    if reduction == "none":
        return losses.reshape(t.shape), (stats, 1.0)
    if reduction == "sum":
        total = 1.0
    total = total or math.nan  # see _or_nan
    return np.array(kernels.sum_of(losses) / total, x.dtype), (stats, total)


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
    stats, total = aux
    labels, w = _label_rows(t), _weights(x, w)
    gx = kernels.cross_entropy_back(g, _rows(x), labels, w, stats, total, ignore_index, smoothing)
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


@loss(
    "the total weight of what counts; of probabilities, their number",
    Shapes="input (N, C, …) or (C,), target (N, …) or (), or the input's shape, weight (C,) → (), or (N, …) with\n"
    '    reduction="none".',
    Dtypes="input floating, kept; target integers, or floating for probabilities.",
    Raises="ValueError if shapes do not fit, a label is no class, label_smoothing is outside [0, 1], for an unknown\n"
    "    reduction and for the mean over no label (PyTorch: NaN); TypeError if input is not floating or labels are.",
)
def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute the cross-entropy of softmax(input) against classes: how badly scores predict labels.

    `input` holds scores (logits) of C classes, not probabilities. `target` holds labels, q being 1 at the label; or q
    itself, floating, of the input's shape. `weight` is a factor for each class; labels equal to `ignore_index` count for
    nothing. `label_smoothing`, ε from 0 to 1, makes (1 − ε) q + ε/C of q. Labels whose weights sum to 0 have the mean NaN.
    {reduction}

    Formula: loss_n = −Σ_c w_c q_nc log softmax(x_n)_c, x the input and w the weight (1 without)
    Source: PyTorch's `torch.nn.functional.cross_entropy`; label smoothing: Szegedy et al. 2016, section 7.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.cross_entropy(ag.tensor([[1.0, 2.0, 3.0]]), ag.tensor([2]))
    tensor(0.4076)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("cross_entropy", size_average, reduce)
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
    input: TensorLike,
    linear_weight: TensorLike,
    target: TensorLike,
    *,
    linear_bias: TensorLike | None = None,
    weight: TensorLike | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: object = None,
) -> Tensor:
    """Compute `cross_entropy(linear(input, linear_weight, linear_bias), target)`: a classifier's last layer with its loss.

    `target`, `weight`, `reduction`, `label_smoothing` and `ignore_index` (None: −100) are as in `cross_entropy`; with a
    target of probabilities, ignore_index must be left out. `options`, by which PyTorch chooses how it cuts the batch into
    chunks, is accepted and changes nothing.

    Formula: loss_n = −Σ_c w_c q_nc log softmax(W x_n + b)_c, x the input, W linear_weight and b linear_bias
    Shapes: input (N, I) or (I,), linear_weight (C, I) or (C, …, I), linear_bias (C,) or (C, …), target (N, …) or scores of
        the shape (N, C, …) → (), or (N, …) with reduction="none".
    Dtypes: floating, the same for input, linear_weight and linear_bias, kept; target integers, or floating.
    Raises: ValueError if shapes do not fit or a label is no class; TypeError for dtypes that differ, as in `cross_entropy`.
    Source: PyTorch's `torch.nn.functional.linear_cross_entropy`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.linear_cross_entropy(ag.tensor([[1.0]]), ag.tensor([[1.0], [2.0], [3.0]]), ag.tensor([2]))
    tensor(0.4076)
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
        bias = operand(linear_bias, name)
        if np.shape(bias) != outputs:
            raise ValueError(f"{name}: linear_bias must have shape {outputs}, got {tuple(np.shape(bias))}")
        linear_bias = reshape(bias, (math.prod(outputs),))
    scores = linear(x, reshape(w, (math.prod(outputs), w.shape[-1])), linear_bias)
    scores = reshape(scores, (*x.shape[:-1], *outputs))
    if ignore_index is None:
        ignore_index = -100
    elif np.shape(target) == tuple(scores.shape):
        raise ValueError(f"{name}: with a target of probabilities no label can be ignored; leave ignore_index out")
    return cross_entropy(
        scores, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )
