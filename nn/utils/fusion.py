"""Batch normalisation of evaluation, a fixed affine map, taken into the layer before it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor

from ..module import Module
from ..parameter import Parameter


def _fused(layer: Module, bn: Any, fuse: Callable[..., tuple[Parameter, Parameter]], *options: bool) -> Module:
    for part in (layer, bn):
        if part.training:
            raise ValueError(f"Fusion only for eval! {type(part).__name__} is in training mode; call eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(
            f"{type(bn).__name__} has no running statistics to fuse; make it with track_running_stats=True"
        )
    fused: Any = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *options
    )
    return fused


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """Return a convolution that computes bn(conv(x)), both in evaluation mode.

    conv: the convolution, which stays as it is.
    bn: the batch normalisation.
    transpose: True for transposed convolutions.

    Formula: W' = W γ / √(σ² + ε),   b' = (b - μ) γ / √(σ² + ε) + β,   channel by channel
    Shapes: as conv's: (N, C, *) → (N, OC, *).
    Dtypes: as conv's.
    Raises: ValueError if one is in training mode or bn has no running statistics.
    Source: PyTorch's `torch.nn.utils.fuse_conv_bn_eval`.

    >>> import autograd_core as ag, nn, nn.utils
    >>> conv, bn, x = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval(), ag.ones(1, 1, 3, 3)
    >>> ag.allclose(nn.utils.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-5)
    True
    """
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Compute the weight and the bias of a convolution fused with batch normalisation.

    conv_w, conv_b: weight and bias of the convolution.
    bn_rm, bn_rv: running mean μ and variance σ².
    bn_eps: ε.
    bn_w, bn_b: γ and β. conv_b, bn_w and bn_b may be None.
    transpose: True for transposed convolutions.

    Formula: W' = W γ / √(σ² + ε),   b' = (b - μ) γ / √(σ² + ε) + β,   channel by channel
    Shapes: conv_w (OC, C, *), with transpose (C, OC, *), all else (OC,) → the same.
    Dtypes: those of conv_w and conv_b.
    Raises: nothing of its own.
    Source: PyTorch's `torch.nn.utils.fuse_conv_bn_weights`.

    >>> import autograd_core as ag, nn.utils
    >>> one, w = ag.ones(1), ag.full((1, 1, 1), 2.0)
    >>> nn.utils.fuse_conv_bn_weights(w, None, one, one, 3.0, one, one)[0]
    Parameter containing:
    tensor([[[1.]]])
    """
    shape = (1, -1) if transpose else (-1, 1)
    return _weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, (*shape, *(1,) * (conv_w.ndim - 2)))


def fuse_linear_bn_eval(linear: Module, bn: Module) -> Module:
    """Return a linear layer that computes bn(linear(x)), both in evaluation mode.

    linear: the layer, which stays as it is.
    bn: the batch normalisation of as many features as the layer has outputs, or one.

    Formula: W' = W γ / √(σ² + ε),   b' = (b - μ) γ / √(σ² + ε) + β,   output by output
    Shapes: as linear's: (N, D) → (N, OD).
    Dtypes: as linear's.
    Raises: ValueError if one is in training mode, bn has no running statistics or another number of features.
    Source: PyTorch's `torch.nn.utils.fuse_linear_bn_eval`.

    >>> import autograd_core as ag, nn, nn.utils
    >>> linear, bn, x = nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval(), ag.ones(1, 3)
    >>> ag.allclose(nn.utils.fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)), atol=1e-5)
    True
    """
    outs, features = (int(getattr(part, name)) for part, name in ((linear, "out_features"), (bn, "num_features")))
    if features not in (outs, 1):
        raise ValueError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={outs} and bn.num_features={features}"
        )
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Compute the weight and the bias of a linear layer fused with batch normalisation.

    linear_w, linear_b: weight and bias of the layer.
    bn_rm, bn_rv: running mean μ and variance σ².
    bn_eps: ε.
    bn_w, bn_b: γ and β. linear_b, bn_w and bn_b may be None.

    Formula: W' = W γ / √(σ² + ε),   b' = (b - μ) γ / √(σ² + ε) + β,   output by output
    Shapes: linear_w (OD, D), all else (OD,) → the same.
    Dtypes: those of linear_w and linear_b.
    Raises: nothing of its own.
    Source: PyTorch's `torch.nn.utils.fuse_linear_bn_weights`.

    >>> import autograd_core as ag, nn.utils
    >>> one, w = ag.ones(1), ag.full((1, 1), 2.0)
    >>> nn.utils.fuse_linear_bn_weights(w, one, one, one, 3.0, one, one)[1]
    Parameter containing:
    tensor([1.])
    """
    return _weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, (-1, 1))


def _weights(
    w: Any, b: Any, mean: Any, var: Any, eps: float, gamma: Any, beta: Any, shape: tuple
) -> tuple[Parameter, Parameter]:
    b = ag.zeros_like(mean) if b is None else b
    scale = (var + eps).rsqrt()
    scale = scale if gamma is None else scale * gamma
    shift = (b - mean) * scale
    shift = shift if beta is None else shift + beta
    new_w, new_b = (w * scale.reshape(shape)).to(w.dtype), shift.to(b.dtype)
    return Parameter(new_w.detach(), w.requires_grad), Parameter(new_b.detach(), b.requires_grad)
