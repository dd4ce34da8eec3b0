"""Batch normalisation of evaluation, a fixed affine map, taken into the layer before it."""

from __future__ import annotations

import copy
from typing import Any

import autograd_core as ag

from ..module import Module
from ..parameter import Parameter


def _fused(layer: Module, bn: Any, fuse: Any, *how: Any) -> Module:
    for part in (layer, bn):
        if part.training:
            raise ValueError(f"Fusion only for eval! {type(part).__name__} is in training mode; call eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(
            f"{type(bn).__name__} has no running statistics to fuse; it was made with track_running_stats=False"
        )
    made: Any = copy.deepcopy(layer)
    made.weight, made.bias = fuse(
        made.weight, made.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *how
    )
    return made


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """A new convolution that computes bn(conv(x)), both in evaluation mode; `transpose`: for transposed convolutions.

        W' = W γ / √(σ² + ε),   b' = (b - μ) γ / √(σ² + ε) + β,   channel by channel

    Raises ValueError if one is in training mode or bn has no running statistics.
    """
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Parameter, Parameter]:
    """Weight and bias of `fuse_conv_bn_eval`, from those of the convolution and of the normalisation."""
    shape = (1, -1) if transpose else (-1, 1)
    return _weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, (*shape, *(1,) * (conv_w.ndim - 2)))


def fuse_linear_bn_eval(linear: Module, bn: Module) -> Module:
    """A new linear layer that computes bn(linear(x)), both in evaluation mode; see `fuse_conv_bn_eval`.

    bn must have as many features as the layer has outputs, or one.
    """
    outs, features = (int(getattr(part, name)) for part, name in ((linear, "out_features"), (bn, "num_features")))
    if features not in (outs, 1):
        raise ValueError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={outs} and bn.num_features={features}"
        )
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Weight and bias of `fuse_linear_bn_eval`, from those of the layer and of the normalisation."""
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
