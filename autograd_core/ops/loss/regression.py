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
from ...engine.operands import is_traced, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import values
from ..elementwise.activation import logsigmoid, sigmoid
from ..elementwise.arithmetic import abs, exp, log, maximum, square
from ..elementwise.piecewise import elementwise, hardtanh, relu, zeroed
from ..reduction.reduce import mean, sum
from ..shape.shape import reshape
from .reduction import broadcasts_to, check_reduction, loss, older_reduction, reduced, same_shape, weighted

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


@loss()
def mse_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:
    """Compute the squared error of `input` against `target`.

    `weight`, of their shape, multiplies the elements' losses; the mean is then over the total weight.
    {reduction}

    Formula: loss_i = (x_i − t_i)², x the input and t the target
    Source: PyTorch's `torch.nn.functional.mse_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.mse_loss(ag.tensor([1.0, 5.0]), ag.tensor([1.0, 3.0]))
    tensor(2.)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("mse_loss", size_average, reduce)
    x, t = same_shape("mse_loss", input=input, target=target)
    if reduction == "mean" and weight is None and math.prod(np.shape(x)):
        return apply(_mse, (x, t))
    d = x - t
    return weighted("mse_loss", d * d, weight, reduction)


@loss(
    Raises="ValueError if the shapes differ, for an unknown reduction and for the mean of nothing; TypeError if an operand\n"
    "    holds no numbers.",
    Dtypes="the operands' common dtype (for complex numbers, the real one); integers become the default float.",
)
def l1_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:
    """Compute the absolute error of `input` against `target`.

    `weight`, of their shape, multiplies the elements' losses; the mean is then over the total weight.
    {reduction}

    Formula: loss_i = |x_i − t_i|, x the input and t the target
    Source: PyTorch's `torch.nn.functional.l1_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.l1_loss(ag.tensor([1.0, 5.0]), ag.tensor([1.0, 3.0]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("l1_loss", size_average, reduce)
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


@loss(
    Raises="ValueError if the shapes differ, for a delta that is not positive, an unknown reduction and the mean of nothing;\n"
    "    TypeError if an operand holds complex or no numbers."
)
def huber_loss(
    input: TensorLike,
    target: TensorLike,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: TensorLike | None = None,
) -> Tensor:
    """Compute Huber's loss of `input` against `target`: squared where the error is small, linear beyond `delta`.

    `weight`, of their shape, multiplies the elements' losses; the mean stays over the number of elements, as in PyTorch.
    `reduction` is "mean" (over the number of elements), "sum" or "none".

    Formula: loss_i = d²/2 where |d| ≤ delta, delta (|d| − delta/2) beyond, d = x_i − t_i, x the input and t the target
    Source: Huber 1964, "Robust estimation of a location parameter".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.huber_loss(ag.tensor([1.0, 5.0]), ag.tensor([0.0, 0.0]), reduction="none")
    tensor([0.5, 4.5])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    x, t = same_shape("huber_loss", input=input, target=target)
    losses = apply(_huber, (x - t,), (float(delta),))
    if weight is not None:
        losses, weight = same_shape("huber_loss", input=losses, weight=weight)
        losses = losses * weight
    return reduced("huber_loss", losses, reduction)


@loss(
    Raises="ValueError if the shapes differ, for a negative beta, an unknown reduction and the mean of nothing; TypeError if\n"
    "    an operand holds complex or no numbers."
)
def smooth_l1_loss(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Compute the absolute error of `input` against `target`, made smooth where it is below `beta`.

    beta = 0 gives `l1_loss`.
    {reduction}

    Formula: loss_i = d² / (2 beta) where |d| < beta, |d| − beta/2 beyond, d = x_i − t_i, x the input and t the target
    Source: Girshick 2015, "Fast R-CNN", eq. 3 (with beta = 1).

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.smooth_l1_loss(ag.tensor([1.0, 5.0]), ag.tensor([0.0, 0.0]), reduction="none", beta=2.0)
    tensor([0.25, 4.  ])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("smooth_l1_loss", size_average, reduce)
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


@loss(
    Raises="ValueError if the shapes differ, for an input or a target outside [0, 1], a weight that does not broadcast, an\n"
    "    unknown reduction and the mean of nothing; TypeError if an operand holds complex or no numbers."
)
def binary_cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the cross-entropy of probabilities `input` against `target`: a yes or no for each element.

    `weight` rescales the elements' losses, of any shape that broadcasts to theirs. As in PyTorch, logarithms stop at −100.
    For scores of any size, `binary_cross_entropy_with_logits` is exact.
    {reduction}

    Formula: loss_i = −w_i (t_i log x_i + (1 − t_i) log(1 − x_i)), x the input, t the target and w the weight
    Source: PyTorch's `torch.nn.functional.binary_cross_entropy`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.binary_cross_entropy(ag.tensor([0.5, 0.5]), ag.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("binary_cross_entropy", size_average, reduce)
    x, t = same_shape("binary_cross_entropy", input=input, target=target)
    check_probabilities("binary_cross_entropy", "input", x)
    check_probabilities("binary_cross_entropy", "target", t)
    return _rescaled("binary_cross_entropy", apply(_bce, (x, t)), weight, reduction)


def _rescaled(name: str, losses: Any, weight: Any, reduction: str) -> Any:
    """The losses times a weight that may broadcast to them; the mean is over their number."""
    if weight is not None:
        losses, weight = unified(name, losses, weight)
        if not broadcasts_to(tuple(losses.shape), np.shape(weight)):
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


@loss(
    Raises="ValueError if the shapes differ, for a weight or pos_weight that does not broadcast, an unknown reduction and the\n"
    "    mean of nothing; TypeError if an operand holds complex or no numbers."
)
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Compute the cross-entropy of sigmoid(input) against `target`, exact for scores of any size.

    `weight` rescales the elements' losses and `pos_weight` the positive part of each; both broadcast to the input's shape.
    {reduction}

    Formula: loss_i = −w_i (p_i t_i log s_i + (1 − t_i) log(1 − s_i)), s = 1 / (1 + e⁻ˣ), x the input, t the target,
        w the weight and p pos_weight
    Source: PyTorch's `torch.nn.functional.binary_cross_entropy_with_logits`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.binary_cross_entropy_with_logits(ag.tensor([1000.0, -1000.0]), ag.tensor([1.0, 1.0]), reduction="none")
    tensor([   0., 1000.])
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("binary_cross_entropy_with_logits", size_average, reduce)
    name = "binary_cross_entropy_with_logits"
    x, t = same_shape(name, input=input, target=target)
    w: Any = 1.0
    if pos_weight is not None:
        x, t, w = unified(name, x, t, pos_weight)
        if not broadcasts_to(tuple(np.shape(x)), np.shape(w)):
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


@loss(
    'the number of elements; "batchmean" divides the sum by the first size',
)
def kl_div(
    input: TensorLike,
    target: TensorLike,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Compute the Kullback-Leibler divergence of log-probabilities `input` from probabilities `target`, elementwise.

    With `log_target` the target holds logarithms too.
    {reduction}

    Formula: loss_i = t_i (log t_i − x_i), 0 where t_i = 0, x the input and t the target
    Source: Kullback & Leibler 1951, "On information and sufficiency".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.kl_div(ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("kl_div", size_average, reduce)
    name = "kl_div"
    x, t = same_shape(name, input=input, target=target)
    losses = exp(t) * (t - x) if log_target else apply(_kl, (x, t))
    if reduction != "batchmean":
        return reduced(name, losses, reduction)
    check_reduction(name, reduction, math.prod(losses.shape), "batchmean")
    return sum(losses) / (losses.shape[0] if losses.ndim else 1)


# ------------------------------------------------------------------------------------------------------- of likelihoods


@loss()
def poisson_nll_loss(
    input: TensorLike,
    target: TensorLike,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of counts `target` under Poisson variables of mean exp(input).

    Without `log_input` the mean is input itself, and `eps` keeps its logarithm finite. `full` adds the term without input,
    log t!, by Stirling's formula t log t − t + log(2πt)/2, where t > 1.
    {reduction}

    Formula: loss_i = exp(x_i) − t_i x_i, or x_i − t_i log(x_i + eps) without log_input, x the input and t the target
    Source: PyTorch's `torch.nn.functional.poisson_nll_loss`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.poisson_nll_loss(ag.tensor([0.0, 0.0]), ag.tensor([3.0, 5.0]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = older_reduction("poisson_nll_loss", size_average, reduce)
    x, t = same_shape("poisson_nll_loss", input=input, target=target)
    losses = exp(x) - t * x if log_input else x - t * log(x + eps)
    if full:
        large = where(t > 1, t, 1.0)
        losses = losses + zeroed(large * log(large) - large + 0.5 * log(2 * math.pi * large), t <= 1)
    return reduced("poisson_nll_loss", losses, reduction)


@loss(
    Shapes='input and target (*), var (*), (*, 1), (*) without its last dimension, or () → (), or (*) with reduction="none".',
    Raises="ValueError if the shapes do not fit, var is negative, for an unknown reduction and for the mean of nothing;\n"
    "    TypeError if an operand holds complex or no numbers.",
)
def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of `target` under normal variables of mean `input` and variance `var`.

    At least `eps` is taken for the variance, with the gradient of var. `full` adds the constant log(2π)/2. `reduction` is
    "mean" (over the number of elements), "sum" or "none".

    Formula: loss_i = (log v_i + (x_i − t_i)² / v_i) / 2, x the input, t the target and v = max(var, eps)
    Source: Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.gaussian_nll_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]), ag.ones(2), reduction="none")
    tensor([0., 2.])
    """
    name = "gaussian_nll_loss"
    x, t = same_shape(name, input=input, target=target)
    x, t, v = unified(name, x, t, var)
    shape, var_shape = tuple(np.shape(x)), tuple(np.shape(v))
    if var_shape and var_shape == shape[:-1]:
        v = reshape(v, (*var_shape, 1))
    elif var_shape and (
        len(var_shape) != len(shape) or any(b not in (a, 1) for a, b in zip(shape, var_shape, strict=True))
    ):
        raise ValueError(
            f"{name}: var has shape {var_shape}, but the input's is {shape}; give that shape, with 1 where the variance is "
            f"shared, or {shape[:-1]}"
        )
    least = values(v).min(initial=0)
    if least < 0:
        raise ValueError(f"{name}: var must not be negative, got {least}; use exp or softplus to make variances")
    v = v + relu(eps - (v.detach() if is_traced(v) else v))
    losses = 0.5 * (log(v) + (x - t) * (x - t) / v)
    return reduced(name, losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)
