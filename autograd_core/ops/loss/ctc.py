"""Connectionist temporal classification (Graves et al. 2006): the loss of a sequence of labels without their positions.

Sizes: T time steps, N examples, C classes, S labels at most.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.operands import stand_in
from ...engine.primitive import AUX, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.rows import ctc as kernels
from ..arguments import floating, transformed, values
from ..elementwise.arithmetic import log, maximum
from ..elementwise.logic import eq
from ..indexing.gather import gather_along
from ..reduction.reduce import logsumexp, mean, sum
from ..shape.shape import cat, reshape, stack, unsqueeze
from .reduction import check_reduction

NEVER = -1e30  # in the place of log 0, of which a rule would make NaN


def _composition(lp: Any, targets: Any, lengths: Any, sizes: Any, blank: int) -> Any:
    """The forward recursion (section 4.1) over the states, which are the labels with blanks around and between them."""
    targets, lengths, sizes = (np.asarray(a, np.int64) for a in (targets, lengths, sizes))
    (T, N, _), L = lp.shape, 2 * targets.shape[1] + 1
    labels, skips = kernels.states(targets, blank, lp.dtype)
    lp = maximum(lp, NEVER)
    emitted = gather_along(lp, np.broadcast_to(labels, (T, N, L)), 2, name="ctc_loss")

    def allowed(mask: ndarray) -> ndarray:
        return np.where(mask, 0, NEVER).astype(lp.dtype)

    s = np.broadcast_to(np.arange(L), (N, L))
    alpha: Any = allowed(s == 0)
    for t in range(T):
        new = emitted[t] + allowed(s < 2)
        if t > 0:
            before = cat([allowed(np.zeros((N, 2), bool)), alpha], 1)
            skipped = before[:, :L] + allowed(skips[:, :L] == 0)
            new = emitted[t] + logsumexp(stack([alpha, before[:, 1 : L + 1], skipped]), 0)
        alpha = where((t < lengths)[:, None], new, alpha)
    last = 2 * sizes[:, None]
    total = logsumexp(alpha + allowed((s == last) | (s == last - 1)), 1)
    # where no path leads to the end: the logarithm of a 0 that depends on lp, so that the derivative is none
    none = 0 * sum(where((np.arange(T)[:, None] < lengths)[:, :, None], lp, 0.0), (0, 2))
    return -(total + log(where(values(total) < NEVER / 2, none, 1.0)))


_ctc = Primitive(
    kernels.ctc_forward,
    name="ctc_loss",
    joint=lambda needs, g, lp, targets, lengths, sizes, saved, blank: (
        kernels.ctc_backward(g, saved),
        None,
        None,
        None,
    ),
    saves=(0, 1, 2, 3, AUX),
    evaluate=lambda *args: kernels.ctc_forward(*args)[0],
    composition=_composition,
)


def _whole_numbers(name: str, x: Any) -> Any:
    """Labels or lengths as an array of integers (as they are inside a transform)."""
    x = x if transformed(x) else values(x)
    if x.dtype.kind not in "iu" and x.size:
        raise TypeError(f"ctc_loss: {name} must be integers, got {x.dtype}; use {name}.long()")
    return x if transformed(x) else x.astype(np.int64)


def _lengths(name: str, x: Any, N: int, single: bool, most: int, of: str) -> Any:
    x = _whole_numbers(name, x)
    if single and x.ndim == 0:
        x = reshape(x, (1,))
    if tuple(x.shape) != (N,):
        raise ValueError(
            f"ctc_loss: {name} must hold a number for each of the {N} examples, got shape {tuple(x.shape)}"
        )
    lengths = values(x)
    if lengths.size and not (lengths.min() >= 0 and lengths.max() <= most):
        wrong = lengths.min() if lengths.min() < 0 else lengths.max()
        raise ValueError(f"ctc_loss: {name} must be from 0 to {most}, {of}, got {wrong}")
    return x


def _padded(targets: Any, sizes: Any) -> ndarray:
    """Labels written one example after the other as rows: (Σ sizes,) -> (N, S)."""
    inside = stand_in(targets, sizes)
    if inside is not None:
        inside.look("ctc_loss: sizes say where each target begins; give targets padded to (N, S)")
        raise ValueError("ctc_loss: inside a transform, targets must be padded to (N, S), not one after the other")
    if targets.size != sizes.sum():
        raise ValueError(
            f"ctc_loss: targets hold {targets.size} labels, one example after the other, but target_lengths add up to "
            f"{sizes.sum()}; they must be equal, or targets padded to (N, S)"
        )
    out = np.zeros((len(sizes), sizes.max(initial=0)), np.int64)
    out[np.arange(out.shape[1]) < sizes[:, None]] = targets
    return out


def ctc_loss(
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike,
    target_lengths: TensorLike,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Compute −log P(targets): over all ways in which labels, with blanks between, can be spread over the time steps.

    A way is a class for each step; without its blanks, and with repeated classes once, it gives the labels. `log_probs`
    are logarithms of probabilities, as `log_softmax` gives them; `targets` labels other than `blank`, padded with anything;
    `input_lengths` and `target_lengths` are how many steps and labels of each example count. `reduction` is "mean" (each
    loss over its number of labels, at least 1, then over the examples), "sum" or "none". `zero_infinity` counts an example
    with too few steps for its labels, whose loss is infinite and whose gradient NaN, as 0.

    The gradient is the derivative by log_probs, minus the probability of being at a class. PyTorch adds exp(log_probs),
    which `log_softmax` takes away again: behind it both are the same.

    Formula: loss_n = −log Σ_{ways} Π_t p_n[t, way_t], t < input_lengths[n], p = exp(log_probs); by the forward-backward
        algorithm, in logarithms
    Shapes: log_probs (T, N, C), targets (N, S) or (Σ target_lengths,), lengths (N,) → (), or (N,) with reduction="none";
        for one example (T, C), (S,), () and () → ().
    Dtypes: log_probs float32 or float64, kept; the others integers.
    Raises: ValueError if shapes do not fit, labels or lengths are out of range, for an unknown reduction and for the mean
        over no example; TypeError for other dtypes.
    Source: Graves et al. 2006, "Connectionist temporal classification", section 4.1.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> log_probs = ag.tensor([[0.4, 0.6], [0.4, 0.6]]).log()  # (T, C): two steps; blank, or the label 1
    >>> F.ctc_loss(log_probs, ag.tensor([1]), ag.tensor(2), ag.tensor(1)).exp()  # 1 / (0.6 · 0.4 + 0.4 · 0.6 + 0.6 · 0.6)
    tensor(1.1905)
    """
    (lp,) = floating("ctc_loss", log_probs=log_probs)
    if lp.ndim not in (2, 3):
        raise ValueError(f"ctc_loss: log_probs must be (T, N, C) or (T, C), got shape {tuple(lp.shape)}")
    single = lp.ndim == 2
    T, C = lp.shape[0], lp.shape[-1]
    N = 1 if single else lp.shape[1]
    if not 0 <= blank < C:
        raise ValueError(f"ctc_loss: blank={blank} must be one of the {C} classes, from 0 to {C - 1}")
    check_reduction("ctc_loss", reduction, N)
    labels = _whole_numbers("targets", targets)
    if labels.ndim != 1 and (single or labels.ndim != 2 or labels.shape[0] != N):
        raise ValueError(
            f"ctc_loss: log_probs of shape {tuple(lp.shape)} takes targets of shape "
            f"{'(S,)' if single else f'({N}, S) or (Σ target_lengths,)'}, got {tuple(labels.shape)}"
        )
    most = labels.shape[-1]
    lengths = _lengths("input_lengths", input_lengths, N, single, T, "the number of steps")
    sizes = _lengths("target_lengths", target_lengths, N, single, most, "the number of labels")
    if single:
        lp, labels = reshape(lp, (T, 1, C)), reshape(labels, (1, most))
    elif labels.ndim == 1:
        labels = _padded(labels, sizes)
    labels = _checked_labels(labels, sizes, C, blank)
    losses = apply(_ctc, (lp, labels, lengths, sizes), (blank,))
    if zero_infinity:
        losses = where(eq(losses, math.inf), 0.0, losses)
    if reduction == "mean":
        return mean(losses / maximum(sizes, 1))
    if reduction == "sum":
        return sum(losses)
    return reshape(losses, ()) if single else losses


def _checked_labels(labels: Any, sizes: Any, C: int, blank: int) -> Any:
    """The labels, after a check of those that count, with `blank` for the others."""
    used = np.arange(labels.shape[1]) < unsqueeze(sizes, 1)
    wrong = values(used & ((labels < 0) | (labels >= C) | (labels == blank)))
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        label = np.broadcast_to(values(labels), wrong.shape)[at]
        raise ValueError(
            f"ctc_loss: label {label} at {at} of targets must be one of the {C} classes, 0 to {C - 1}, other than "
            f"blank={blank}"
        )
    return where(used, labels, blank)
