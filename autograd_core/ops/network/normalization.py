"""Normalisation: elements minus their mean, divided by their standard deviation, over sets that each function chooses.

    y = x̂ w + b,   x̂ = (x - μ) / √(σ² + ε),   σ² = mean((x - μ)²)

    batch_norm      over the examples and positions of a channel (in evaluation, by given means and variances)
    layer_norm      over the last dimensions of an example
    group_norm      over a group of channels of an example; instance_norm: over each channel of an example
    rms_norm        as layer_norm, with μ = 0

Each is one node with kernels of its own. What a reader should read are the compositions, written with smaller
functions: they define the results, and are what is differentiated for higher orders and inside `vmap`.

Sizes: N examples, C channels, G groups, positions written … (any number of dimensions), S of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import stand_in
from ...engine.primitive import AUX, Primitive, apply
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
from ...engine.versions import written
from ...engine.writes import check_writable
from ...kernels.rows import norm as kernels
from ..arguments import floating, transformed
from ..elementwise import arithmetic as ew
from ..reduction.extremes import amax
from ..reduction.reduce import mean
from ..shape.shape import reshape

# ------------------------------------------------------------------------------------------------------- compositions


def _standardised(x: Any, dims: tuple, eps: float) -> Any:
    """(x - μ) / √(σ² + ε), with μ and σ² over `dims`."""
    d = x - mean(x, dims, keepdim=True)
    return _by_root_mean_square(d, dims, eps)


def _by_root_mean_square(d: Any, dims: tuple, eps: float) -> Any:
    """d / √(mean d² + ε); where the squares would be too large, of d / max |d|."""
    top = amax(ew.abs(d.detach() if hasattr(d, "detach") else d), dims, keepdim=True) if math.prod(d.shape) else 1.0
    scale = basics.where(top > math.sqrt(np.finfo(d.dtype).max) / 1e4, top, 1.0)
    d = d / scale
    return d * ew.rsqrt(mean(d * d, dims, keepdim=True) + eps / scale / scale)


def _by_channel(v: Any, x: Any) -> Any:
    """v (C,) so that it broadcasts against x (N, C, …)."""
    return reshape(v, (v.shape[0], *(1,) * (x.ndim - 2)))


def _affine(x: Any, w: Any, b: Any) -> Any:
    x = x if w is None else x * w
    return x if b is None else x + b


def _channels_affine(x: Any, w: Any, b: Any) -> Any:
    return _affine(x, None if w is None else _by_channel(w, x), None if b is None else _by_channel(b, x))


def _batch_composition(x: Any, w: Any, b: Any, running: Any, eps: float) -> Any:
    return _channels_affine(_standardised(x, (0, *range(2, x.ndim)), eps), w, b)


def _fixed_composition(x: Any, w: Any, b: Any, means: Any, variances: Any, eps: float) -> Any:
    scale = ew.rsqrt(_by_channel(variances, x) + eps)
    return _channels_affine((x - _by_channel(means, x)) * scale, w, b)


def _group_composition(x: Any, w: Any, b: Any, groups: int, running: Any, eps: float) -> Any:
    rows = reshape(x, (x.shape[0], groups, math.prod(x.shape[1:]) // groups))
    return _channels_affine(reshape(_standardised(rows, (2,), eps), x.shape), w, b)


def _layer_composition(x: Any, w: Any, b: Any, dims: int, eps: float) -> Any:
    return _affine(_standardised(x, tuple(range(-dims, 0)), eps), w, b)


def _rms_composition(x: Any, w: Any, dims: int, eps: float) -> Any:
    return _affine(_by_root_mean_square(x, tuple(range(-dims, 0)), eps), w, None)


# --------------------------------------------------------------------------------------------------------- primitives


class Running:
    """Running means and variances, to be moved towards those of a batch by the fraction `momentum`."""

    def __init__(self, means: Any, variances: Any, momentum: float):
        self.means, self.variances, self.momentum = means, variances, momentum

    def move(self, stats: ndarray, n: int) -> None:
        """stats (C, 4), or (N C, 4) of all examples, whose mean counts; of n elements each. As in PyTorch, the running
        variance is of the unbiased ones."""
        means, variances = (v.array if isinstance(v, Tensor) else v for v in (self.means, self.variances))
        kernels.move(means, variances, stats, self.momentum, n)
        written(means)
        written(variances)


def _batch_forward(x: ndarray, w: Any, b: Any, running: Running | None, eps: float) -> tuple:
    out, stats = kernels.batch_norm_forward(x, w, b, eps)
    if running is not None and x.size:
        running.move(stats, x.size // len(stats))
    return out, stats


def _batch_rule(needs: list, g: Any, x: Any, w: Any, b: Any, stats: ndarray, running: Any, eps: float) -> tuple:
    return kernels.batch_norm_backward(needs, g, x, w, stats)


_batch_norm = Primitive(
    _batch_forward,
    name="batch_norm",
    joint=_batch_rule,
    saves=(0, 1, 2, AUX),
    composition=_batch_composition,
)


def _fixed_forward(x: ndarray, w: Any, b: Any, means: ndarray, variances: ndarray, eps: float) -> tuple:
    return kernels.batch_norm_forward(x, w, b, eps, means, variances)


def _fixed_rule(
    needs: list, g: Any, x: Any, w: Any, b: Any, means: Any, variances: Any, stats: ndarray, eps: float
) -> tuple:
    return *kernels.batch_norm_backward(needs[:3], g, x, w, stats, measured=False), None, None


_batch_norm_fixed = Primitive(
    _fixed_forward,
    name="batch_norm",
    joint=_fixed_rule,
    saves=(0, 1, 2, 3, 4, AUX),
    composition=_fixed_composition,
)


def _group_forward(x: ndarray, w: Any, b: Any, groups: int, running: Running | None, eps: float) -> tuple:
    out, stats = kernels.group_norm_forward(x, w, b, groups, eps)
    if running is not None and x.size:
        running.move(stats, x.size // len(stats))
    return out, stats


def _group_rule(
    needs: list, g: Any, x: Any, w: Any, b: Any, stats: ndarray, groups: int, running: Any, eps: float
) -> tuple:
    return kernels.group_norm_backward(needs, g, x, w, stats, groups)


_group_norm, _instance_norm = (
    Primitive(_group_forward, name=name, joint=_group_rule, saves=(0, 1, 2, AUX), composition=_group_composition)
    for name in ("group_norm", "instance_norm")
)


def _layer_forward(x: ndarray, w: Any, b: Any, dims: int, eps: float) -> tuple:
    return kernels.rows_forward(x, w, b, math.prod(x.shape[x.ndim - dims :]), True, eps)


def _layer_rule(needs: list, g: Any, x: Any, w: Any, b: Any, stats: ndarray, dims: int, eps: float) -> tuple:
    shape = x.shape[x.ndim - dims :]
    gx, gw, gb = kernels.rows_backward(needs, g, x, w, stats, math.prod(shape), True)
    return gx, None if gw is None else gw.reshape(shape), None if gb is None else gb.reshape(shape)


_layer_norm = Primitive(
    _layer_forward,
    name="layer_norm",
    joint=_layer_rule,
    saves=(0, 1, 2, AUX),
    composition=_layer_composition,
)


def _rms_forward(x: ndarray, w: Any, dims: int, eps: float) -> tuple:
    return kernels.rows_forward(x, w, None, math.prod(x.shape[x.ndim - dims :]), False, eps)


def _rms_rule(needs: list, g: Any, x: Any, w: Any, stats: ndarray, dims: int, eps: float) -> tuple:
    shape = x.shape[x.ndim - dims :]
    gx, gw, _ = kernels.rows_backward([*needs, False], g, x, w, stats, math.prod(shape), False)
    return gx, None if gw is None else gw.reshape(shape)


_rms_norm = Primitive(
    _rms_forward,
    name="rms_norm",
    joint=_rms_rule,
    saves=(0, 1, AUX),
    composition=_rms_composition,
)


# --------------------------------------------------------------------------------------------------- reading arguments


def _channels(name: str, eps: float, input: Any, weight: Any, bias: Any) -> tuple:
    """input (N, C, …), weight and bias (C,) or None, after a check of dtypes and shapes."""
    x, w, b = floating(name, input=input, weight=weight, bias=bias)
    if x.ndim < 2:
        raise ValueError(
            f"{name}: input has shape {tuple(x.shape)}, but must be (N, C, …), with channels as its second dimension; "
            "for a single example, pass input[None]"
        )
    _check_eps(name, eps)
    for what, v in (("weight", w), ("bias", b)):
        _check_channels(name, what, v, x)
    return x, w, b


def _check_eps(name: str, eps: Any) -> None:
    if not eps >= 0:
        raise ValueError(f"{name}: eps must be non-negative, but got {eps}; it keeps the root away from 0")


def _check_channels(name: str, what: str, v: Any, x: Any) -> None:
    if v is not None and tuple(v.shape) != (x.shape[1],):
        raise ValueError(
            f"{name}: {what} should contain {x.shape[1]} elements, one for each channel of an input of shape "
            f"{tuple(x.shape)}, but has shape {tuple(v.shape)}{_channels_last(x, v)}"
        )


def _channels_last(x: Any, v: Any) -> str:
    """What to write where the last dimension, not the second, has as many channels as v has elements."""
    if x.ndim < 3 or tuple(v.shape) != (x.shape[-1],):
        return ""
    return f"; if the channels stand last, pass x.permute(0, {x.ndim - 1}, {', '.join(str(d) for d in range(1, x.ndim - 1))})"


def _check_running(name: str, means: Any, variances: Any, x: Any) -> bool:
    """Whether there are running statistics; raises unless they fit x."""
    if (means is None) != (variances is None):
        raise ValueError(f"{name}: running_mean and running_var must either both be None or neither be None")
    for what, v in (("running_mean", means), ("running_var", variances)):
        if v is None:
            continue
        if getattr(v, "dtype", np.dtype(int)).kind != "f":
            raise TypeError(f"{name}: {what} must be a floating tensor or array, got {describe(v)}")
        _check_channels(name, what, v, x)
        if isinstance(v, Tensor) and v.requires_grad:
            raise ValueError(
                f"{name}: {what} requires a gradient, but is not differentiated; pass {what}.detach(), or make it a buffer"
            )
    return means is not None


def _running(name: str, means: Any, variances: Any, x: Any, momentum: Any) -> Running | None:
    """The running statistics as something to be moved, after a check that they may be written."""
    if not _check_running(name, means, variances, x):
        return None
    if isinstance(momentum, bool) or not isinstance(momentum, int | float):
        raise TypeError(
            f"{name}: momentum must be a number, the weight of this batch in the running statistics, got {momentum!r}; "
            "for their average over all batches, use the module, with momentum=None"
        )
    inside = stand_in(x, means, variances)
    if inside is not None:
        raise RuntimeError(
            f"{name}: inside {inside.transform}, the statistics of each example cannot be written into running_mean and "
            "running_var, which all examples share; pass None for both (modules: track_running_stats=False), or use "
            "evaluation mode"
        )
    for what, v in (("running_mean", means), ("running_var", variances)):
        if isinstance(v, Tensor):
            check_writable(v, f"{name} ({what})")
        elif not v.flags.writeable:
            raise ValueError(f"{name}: {what} is a read-only array and cannot be updated; pass a copy")
    return Running(means, variances, float(momentum))


def _by_running(name: str, x: Any, w: Any, b: Any, means: Any, variances: Any, eps: float) -> Any:
    """Normalised by the running statistics, as they are now: a later update changes nothing here."""
    _check_running(name, means, variances, x)
    statistics = [v if transformed(v) else np.array(v, x.dtype) for v in (means, variances)]
    return apply(_batch_norm_fixed, (x, w, b, *statistics), (float(eps),))


# ----------------------------------------------------------------------------------------------------- the functions


def batch_norm(
    input: TensorLike,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel by its mean and standard deviation over the examples and positions.

    In `training`, mean and (biased) variance are those of `input`, and `running_mean` and `running_var`, if there are any,
    move towards them in place by the fraction `momentum`, the latter towards the unbiased variance; an empty batch moves
    nothing. Otherwise the running ones are used. `weight` and `bias` are 1 and 0 if None; `eps` keeps the root away from 0.

    Formula: out = (x − μ_c) / √(σ²_c + eps) · weight_c + bias_c, x the input and c its channel;
        running ← (1 − momentum) running + momentum · new
    Shapes: input (N, C, *), the others (C,) → (N, C, *).
    Dtypes: float32 or float64, the same for input, weight and bias, kept.
    Raises: ValueError if shapes do not fit, for a single value a channel in training, and for a running statistic that is
        missing in evaluation; TypeError for other or different dtypes; RuntimeError for training with running statistics
        inside vmap.
    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.batch_norm(ag.tensor([[1.0, 10.0], [3.0, 30.0]]), None, None, training=True)
    tensor([[-1., -1.],
            [ 1.,  1.]])
    """
    name = "batch_norm"
    x, w, b = _channels(name, eps, input, weight, bias)
    if not training:
        for what, v in (("running_mean", running_mean), ("running_var", running_var)):
            if v is None:
                raise ValueError(
                    f"{name}: {what} must be defined in evaluation mode; pass it, or training=True for the batch's own"
                )
        return _by_running(name, x, w, b, running_mean, running_var, eps)
    if math.prod((x.shape[0], *x.shape[2:])) == 1:
        raise ValueError(
            f"{name}: Expected more than 1 value per channel when training, got input size {tuple(x.shape)}; use a "
            "larger batch, or evaluation mode"
        )
    if eps == 0:
        raise ValueError(f"{name}: eps must be positive during training, but got {eps}")
    running = _running(name, running_mean, running_var, x, momentum)
    return apply(_batch_norm, (x, w, b), (running, float(eps)))


def instance_norm(
    input: TensorLike,
    running_mean: TensorLike | None = None,
    running_var: TensorLike | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each example by its mean and standard deviation over the positions.

    With `use_input_stats`, mean and (biased) variance are those of `input`, and `running_mean` and `running_var`, if there
    are any, move towards their means over the examples in place by the fraction `momentum` (an empty batch moves nothing,
    unlike PyTorch's). Otherwise the running ones are used. `weight` and `bias` are 1 and 0 if None; `eps` keeps the root
    away from 0.

    Formula: out = (x − μ_nc) / √(σ²_nc + eps) · weight_c + bias_c, x the input, n the example and c the channel
    Shapes: input (N, C, *), the others (C,) → (N, C, *).
    Dtypes: float32 or float64, the same for input, weight and bias, kept.
    Raises: ValueError if shapes do not fit, for channels of a single position, and for a running statistic that is missing
        where they are used; TypeError for other or different dtypes.
    Source: Ulyanov et al. 2016, "Instance normalization", equation 4.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.instance_norm(ag.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """
    name = "instance_norm"
    x, w, b = _channels(name, eps, input, weight, bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError(
                f"{name}: Expected running_mean and running_var to be defined when use_input_stats is false; pass both"
            )
        return _by_running(name, x, w, b, running_mean, running_var, eps)
    if math.prod(x.shape[2:]) == 1:
        raise ValueError(
            f"{name}: Expected more than 1 spatial element when training, got input size {tuple(x.shape)}; the mean of "
            "one element would leave nothing of it"
        )
    running = _running(name, running_mean, running_var, x, momentum)
    return apply(_instance_norm, (x, w, b), (x.shape[1], running, float(eps)))


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise groups of neighbouring channels of each example by their mean and standard deviation.

    There are `num_groups` of them. `weight` and `bias` are 1 and 0 if None; `eps` keeps the root away from 0.

    Formula: out = (x − μ_ng) / √(σ²_ng + eps) · weight_c + bias_c, x the input, n the example, g the group of channel c
    Shapes: input (N, C, *), weight and bias (C,) → (N, C, *).
    Dtypes: float32 or float64, the same for all three, kept.
    Raises: ValueError if shapes do not fit, num_groups does not divide C, or a group has a single value; TypeError for other
        or different dtypes, or num_groups that is no int.
    Source: Wu & He 2018, "Group normalization", equations 1 to 6.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.group_norm(ag.tensor([[1.0, 3.0, 10.0, 30.0]]), 2)
    tensor([[-1.,  1., -1.,  1.]])
    """
    name = "group_norm"
    x, w, b = _channels(name, eps, input, weight, bias)
    if isinstance(num_groups, bool) or not isinstance(num_groups, int | np.integer):
        raise TypeError(f"{name}: num_groups must be an int, got {describe(num_groups)}")
    if num_groups < 1:
        raise ValueError(f"{name}: Expected num_groups to be greater than 0, got {num_groups}")
    N, C = x.shape[:2]
    if C % num_groups:
        raise ValueError(
            f"{name}: Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{tuple(x.shape)} and num_groups={num_groups}"
        )
    if math.prod((N * C // num_groups, *x.shape[2:])) == 1:
        raise ValueError(
            f"{name}: Expected more than 1 value per channel when training, got input size {tuple(x.shape)} with "
            f"num_groups={num_groups}; use fewer groups"
        )
    return apply(_group_norm, (x, w, b), (int(num_groups), None, float(eps)))


def _last_dims(name: str, normalized_shape: Any, eps: float, input: Any, weight: Any, bias: Any) -> tuple:
    """input, weight, bias and the number of dimensions that are normalised, after a check of dtypes and shapes."""
    x, w, b = floating(name, input=input, weight=weight, bias=bias)
    _check_eps(name, eps)
    shape = (normalized_shape,) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)
    if not shape:
        raise ValueError(
            f"{name}: Expected normalized_shape to be at least 1-dimensional, but got (); give the sizes of the last "
            "dimensions of input"
        )
    if tuple(x.shape[-len(shape) :]) != shape:
        raise ValueError(
            f"{name}: Given normalized_shape={shape}, expected input with shape (*, {', '.join(map(str, shape))}), but "
            f"got input of shape {tuple(x.shape)}"
        )
    for what, v in (("weight", w), ("bias", b)):
        if v is not None and tuple(v.shape) != shape:
            raise ValueError(
                f"{name}: Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{tuple(v.shape)} and normalized_shape={shape}"
            )
    return x, w, b, len(shape)


def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise the last dimensions of each example by their mean and standard deviation.

    `normalized_shape` holds their sizes (an int: of the last one). `weight` and `bias` are 1 and 0 if None; `eps` keeps the
    root away from 0.

    Formula: out = (x − μ) / √(σ² + eps) · weight + bias, x the input, μ and σ² over the last dimensions
    Shapes: input (*, normalized_shape), weight and bias normalized_shape → (*, normalized_shape).
    Dtypes: float32 or float64, the same for all three, kept.
    Raises: ValueError if shapes do not fit or eps is negative; TypeError for other or different dtypes.
    Source: Ba et al. 2016, "Layer normalization", equation 4.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.layer_norm(ag.tensor([[1.0, 3.0], [10.0, 30.0]]), (2,))
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    x, w, b, dims = _last_dims("layer_norm", normalized_shape, eps, input, weight, bias)
    return apply(_layer_norm, (x, w, b), (dims, float(eps)))


def rms_norm(
    input: TensorLike, normalized_shape: int | Sequence[int], weight: TensorLike | None = None, eps: float | None = None
) -> Tensor:
    """Divide the last dimensions of each example by the root of their mean square.

    `normalized_shape` holds their sizes (an int: of the last one). `weight` is 1 if None; `eps` keeps the root away from 0,
    None being the machine epsilon of the dtype.

    Formula: out = x / √(mean(x²) + eps) · weight, x the input, the mean over the last dimensions
    Shapes: input (*, normalized_shape), weight normalized_shape → (*, normalized_shape).
    Dtypes: float32 or float64, the same for both, kept.
    Raises: ValueError if shapes do not fit or eps is negative; TypeError for other or different dtypes.
    Source: Zhang & Sennrich 2019, "Root mean square layer normalization", equation 4.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.rms_norm(ag.tensor([[3.0, 4.0]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    x, w, _, dims = _last_dims("rms_norm", normalized_shape, 0.0 if eps is None else eps, input, weight, None)
    return apply(_rms_norm, (x, w), (dims, float(np.finfo(x.dtype).eps if eps is None else eps)))
