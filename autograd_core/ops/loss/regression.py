"""Losses of real targets and of pairs. Those whose target is a class label are in `classification.py`.

Names, argument order and defaults are those of `torch.nn.functional`, but the target must have the input's shape: it is
never broadcast. x is the input, t the target, g the gradient that arrives. `reduction` is 'mean' (over all
elements), 'sum' or 'none'; the mean over an empty batch raises.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.accumulate import narrowed, square_distance
from ...engine.basics import where
from ...engine.operands import is_traced, operand, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ..arguments import values
from ..elementwise.activation import logsigmoid, sigmoid
from ..elementwise.arithmetic import abs, exp, log, maximum, square
from ..elementwise.piecewise import elementwise, hardtanh, relu, zeroed
from ..reduction.reduce import mean, sum
from ..shape.shape import reshape

DTYPES = np.dtype(np.float32), np.dtype(np.float64)


def same_shape(name: str, **operands: Any) -> tuple:
    """The operands, converted to their common dtype, after a check that they have one shape."""
    kinds = {(x.array.shape, x.array.dtype) if type(x) is Tensor else ((), None) for x in operands.values()}
    if len(kinds) == 1 and kinds.pop()[1] in DTYPES:  # the usual case
        return tuple(operands.values())
    xs = tuple(operand(x, name) for x in operands.values())
    first, shape = next(iter(operands)), np.shape(xs[0])
    for key, x in zip(operands, xs, strict=True):
        if np.shape(x) != shape:
            raise ValueError(
                f"{name}: {key} has shape {tuple(np.shape(x))}, but {first} has shape {tuple(shape)}; they must be "
                "equal, as a loss does not broadcast: reshape or expand one"
            )
    return unified(name, *xs, floating=True)


def check_reduction(name: str, reduction: str, size: int, extra: str = "") -> None:
    """Raise for an unknown reduction, and for the mean of nothing."""
    if reduction not in ("mean", "sum", "none") and reduction != extra:
        raise ValueError(f"{name}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}")
    if size == 0 and reduction in ("mean", extra):
        raise ValueError(
            f"{name}: the mean over an empty batch does not exist; skip it, or use reduction='sum', which gives 0"
        )


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """The losses, or their mean or sum."""
    check_reduction(name, reduction, math.prod(losses.shape))
    return mean(losses) if reduction == "mean" else sum(losses) if reduction == "sum" else losses


def weighted(name: str, losses: Any, weight: Any, reduction: str) -> Any:
    """The losses times a weight each; the mean is over the total weight."""
    if weight is None:
        return reduced(name, losses, reduction)
    _, weight = same_shape(name, input=losses, weight=weight)
    check_reduction(name, reduction, math.prod(losses.shape))
    losses = losses * weight
    return losses if reduction == "none" else sum(losses) / (sum(weight) if reduction == "mean" else 1)


# ------------------------------------------------------------------------------------------------------- of differences


def _mean_square(x: ndarray, t: ndarray) -> ndarray:
    total = square_distance(x, t)
    return narrowed(total / total.dtype.type(x.size), x.dtype)


def _mean_square_slope(g: Any, x: Any, t: Any) -> Any:
    return (g * (2 / math.prod(x.shape))) * (x - t)


_mse = Primitive(
    _mean_square,
    name="mse_loss",
    vjps=(_mean_square_slope, lambda g, x, t: _mean_square_slope(g, t, x)),
    saves=(0, 1),
    composition=lambda x, t: mean(square(x - t)),
)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """(x - t)²."""
    x, t = same_shape("mse_loss", input=input, target=target)
    if reduction == "mean" and weight is None and math.prod(np.shape(x)):
        return apply(_mse, (x, t))
    d = x - t
    return weighted("mse_loss", d * d, weight, reduction)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """|x - t|."""
    x, t = same_shape("l1_loss", input=input, target=target)
    return weighted("l1_loss", abs(x - t), weight, reduction)


def _huber_forward(d: ndarray, delta: float) -> ndarray:
    size = np.abs(d)
    near = np.minimum(size, delta)
    return near * (size - 0.5 * near)


def _huber_definition(d: Any, delta: float) -> Any:
    return where(abs(d) <= delta, d * d / 2, delta * (abs(d) - delta / 2))


_huber = elementwise(
    Primitive(
        _huber_forward,
        name="huber",
        vjps=(lambda g, d, delta: g * hardtanh(d, -delta, delta),),
        saves=(0,),
        definition=_huber_definition,
    )
)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """d² / 2 where |d| <= delta, delta (|d| - delta / 2) beyond, d = x - t (Huber 1964).

    With a weight, the mean is over the number of elements, as in PyTorch (that of `mse_loss` is over the total weight).
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    x, t = same_shape("huber_loss", input=input, target=target)
    losses = apply(_huber, (x - t,), (float(delta),))
    if weight is not None:
        losses, weight = same_shape("huber_loss", input=losses, weight=weight)
        losses = losses * weight
    return reduced("huber_loss", losses, reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d² / (2 beta) where |d| < beta, |d| - beta / 2 beyond, d = x - t (Girshick 2015); beta = 0 gives |d|."""
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    x, t = same_shape("smooth_l1_loss", input=input, target=target)
    losses = apply(_huber, (x - t,), (float(beta),)) / beta if beta else abs(x - t)
    return reduced("smooth_l1_loss", losses, reduction)


# ----------------------------------------------------------------------------------------------------- of probabilities


def check_probabilities(name: str, key: str, x: Any) -> None:
    """Raise, naming the first offender, unless all elements are from 0 to 1."""
    array = values(x)
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        at = tuple(int(i) for i in np.argwhere(~((array >= 0) & (array <= 1)))[0])
        raise ValueError(
            f"{name}: {key} must hold probabilities from 0 to 1, got {array[at]} at {at}; for scores of any size use "
            "binary_cross_entropy_with_logits"
        )


def _bce_forward(x: ndarray, t: ndarray) -> ndarray:
    return -(t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log1p(-x), -100))


def _bounded_log(x: Any) -> Any:
    return log(maximum(x, math.exp(-100)))


def _bce_definition(x: Any, t: Any) -> Any:
    return -(t * _bounded_log(x) + (1 - t) * _bounded_log(1 - x))


_bce = elementwise(
    Primitive(
        _bce_forward,
        name="binary_cross_entropy",
        vjps=(
            lambda g, x, t: g * (x - t) / maximum(x * (1 - x), 1e-12),
            lambda g, x, t: g * (_bounded_log(1 - x) - _bounded_log(x)),
        ),
        saves=(0, 1),
        definition=_bce_definition,
    )
)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """-(t log x + (1 - t) log(1 - x)), for probabilities x; as in PyTorch, the logarithms stop at -100.

    weight: rescales each element, any shape that broadcasts to the input's. Raises for an x outside [0, 1] or NaN.
    """
    x, t = same_shape("binary_cross_entropy", input=input, target=target)
    check_probabilities("binary_cross_entropy", "input", x)
    check_probabilities("binary_cross_entropy", "target", t)
    return _rescaled("binary_cross_entropy", apply(_bce, (x, t)), weight, reduction)


def _rescaled(name: str, losses: Any, weight: Any, reduction: str) -> Any:
    """The losses times a weight that may broadcast to them; the mean is over their number."""
    if weight is not None:
        losses, weight = unified(name, losses, weight)
        try:
            fits = np.broadcast_shapes(tuple(losses.shape), np.shape(weight)) == tuple(losses.shape)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{name}: weight of shape {tuple(np.shape(weight))} does not broadcast to the input's shape "
                f"{tuple(losses.shape)}"
            )
        losses = losses * weight
    return reduced(name, losses, reduction)


def _bce_logits_forward(x: ndarray, t: ndarray, w: Any) -> ndarray:
    """w t log(1 + e^-x) + (1 - t) log(1 + e^x), with log(1 + e^x) = max(0, x) + log(1 + e^-|x|) and 0 · inf = 0."""
    positive, negative = w * t * zeroed(np.maximum(-x, 0), t == 0), (1 - t) * zeroed(np.maximum(x, 0), t == 1)
    return positive + negative + (w * t + (1 - t)) * np.log1p(np.exp(-np.abs(x)))


def _bce_logits_definition(x: Any, t: Any, w: Any) -> Any:
    return -(w * t * logsigmoid(x) + (1 - t) * logsigmoid(-x))


_bce_logits = elementwise(
    Primitive(
        _bce_logits_forward,
        name="binary_cross_entropy_with_logits",
        vjps=(
            lambda g, x, t, w: g * ((1 + (w - 1) * t) * sigmoid(x) - w * t),
            lambda g, x, t, w: -(g * x) if isinstance(w, float) else g * ((1 - w) * logsigmoid(x) - x),
            lambda g, x, t, w: -(g * t) * logsigmoid(x),
        ),
        saves=(0, 1, 2),
        broadcasts=True,
        definition=_bce_logits_definition,
    )
)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """-(pos_weight t log s + (1 - t) log(1 - s)), s = sigmoid(x), exact for x of any size.

    weight rescales each element, pos_weight the positive examples (of each class); both broadcast to the input's shape.
    """
    name = "binary_cross_entropy_with_logits"
    x, t = same_shape(name, input=input, target=target)
    w: Any = 1.0
    if pos_weight is not None:
        x, t, w = unified(name, x, t, pos_weight)
        try:
            fits = np.broadcast_shapes(np.shape(x), np.shape(w)) == tuple(np.shape(x))
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{name}: pos_weight of shape {tuple(np.shape(w))} does not broadcast to the input's shape "
                f"{tuple(np.shape(x))}; give one for each class, the last dimension"
            )
    return _rescaled(name, apply(_bce_logits, (x, t, w)), weight, reduction)


def _kl_forward(x: ndarray, t: ndarray) -> ndarray:
    return np.where(t == 0, 0, t * (np.log(t) - x))


_kl = elementwise(
    Primitive(
        _kl_forward,
        name="kl_div",
        vjps=(lambda g, x, t: -(g * t), lambda g, x, t: g * (log(t) + 1 - x)),
        saves=(0, 1),
        broadcasts=True,
        definition=lambda x, t: t * (log(t) - x),
    )
)


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """t (log t - x), for log-probabilities x and probabilities t (or their logarithms, with log_target); 0 where t = 0.

    reduction="batchmean" divides the sum by the first size: the divergence of Kullback and Leibler (1951), averaged.
    """
    name = "kl_div"
    x, t = same_shape(name, input=input, target=target)
    losses = exp(t) * (t - x) if log_target else apply(_kl, (x, t))
    if reduction != "batchmean":
        return reduced(name, losses, reduction)
    check_reduction(name, reduction, math.prod(losses.shape), "batchmean")
    return sum(losses) / (losses.shape[0] if losses.ndim else 1)


# ------------------------------------------------------------------------------------------------------- of likelihoods


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """-log P(t) for a Poisson variable of mean e^x (or x itself, if not log_input), up to a term without x.

    full: add that term, log t!, by Stirling's formula t log t - t + log(2 π t) / 2, where t > 1.
    """
    x, t = same_shape("poisson_nll_loss", input=input, target=target)
    losses = exp(x) - t * x if log_input else x - t * log(x + eps)
    if full:
        large = where(t > 1, t, 1.0)
        losses = losses + zeroed(large * log(large) - large + 0.5 * log(2 * math.pi * large), t <= 1)
    return reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log v + (x - t)² / v) / 2: -log p(t) for a normal variable of mean x and variance v, up to a constant.

    var   of the input's shape, or with its last dimension 1 or left out, or a number; at least eps is taken for v, with
          the gradient of var
    full  add the constant, log(2 π) / 2
    """
    name = "gaussian_nll_loss"
    x, t = same_shape(name, input=input, target=target)
    x, t, v = unified(name, x, t, var)
    shape, given = tuple(np.shape(x)), tuple(np.shape(v))
    if given and given == shape[:-1]:
        v = reshape(v, (*given, 1))
    elif given and (len(given) != len(shape) or any(b not in (a, 1) for a, b in zip(shape, given, strict=True))):
        raise ValueError(
            f"{name}: var has shape {given}, but the input's is {shape}; give that shape, with 1 where the variance is "
            f"shared, or {shape[:-1]}"
        )
    least = values(v).min(initial=0)
    if least < 0:
        raise ValueError(f"{name}: var must not be negative, got {least}; use exp or softplus to make variances")
    v = v + relu(eps - (v.detach() if is_traced(v) else v))
    losses = 0.5 * (log(v) + (x - t) * (x - t) / v)
    return reduced(name, losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)
