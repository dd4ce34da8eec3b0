"""The gradients of convolutions as functions of their own: the adjoints of `F.conv1d`, `F.conv2d`, `F.conv3d`."""

from __future__ import annotations

from typing import Any

from autograd_core.kernels.convolution.conv import output_size
from autograd_core.ops.arguments import floating, per_dim
from autograd_core.ops.network.conv import input_grad, weight_grad


def _input(dims: int, size: Any, weight: Any, g: Any, *options: Any) -> Any:
    weight, g = floating(f"conv{dims}d_input", weight=weight, grad_output=g)
    size = tuple(size)
    return input_grad(
        g, weight, size, *_checked(f"conv{dims}d_input", size, tuple(weight.shape), tuple(g.shape), *options)
    )


def _weight(dims: int, input: Any, size: Any, g: Any, *options: Any) -> Any:
    input, g = floating(f"conv{dims}d_weight", input=input, grad_output=g)
    size = tuple(size)
    return weight_grad(
        g, input, size, *_checked(f"conv{dims}d_weight", tuple(input.shape), size, tuple(g.shape), *options)
    )


def _checked(name: str, x: tuple, w: tuple, g: tuple, stride: Any, padding: Any, dilation: Any, groups: int) -> tuple:
    """The options, one number for each dimension, after a check that the shapes are those of one convolution."""
    dims = int(name[4])
    options = (
        per_dim(stride, dims, name, "stride", 1),
        per_dim(padding, dims, name, "padding", 0),
        per_dim(dilation, dims, name, "dilation", 1),
    )
    expected: tuple = ()
    if len(x) == len(w) == dims + 2 and w[1] * groups == x[1] and w[0] % groups == 0:
        expected = (x[0], w[0], *output_size(x[2:], w[2:], *options))
    if g != expected:
        there = f"gives {expected}" if expected else "does not exist"
        raise ValueError(
            f"{name}: a convolution of an input {x} with a weight {w} and groups={groups} {there}, but grad_output has "
            f"shape {g}"
        )
    return (*options, groups)


def conv1d_input(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv1d` by its input (N, C, L), of shape `input_size`, from that by its output (N, OC, OL)."""
    return _input(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv1d` by its weight (OC, C / groups, K), of shape `weight_size`."""
    return _weight(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv2d` by its input (N, C, H, W), of shape `input_size`, from that by its output.

    >>> import autograd_core as ag
    >>> conv2d_input((1, 1, 3, 3), ag.ones(1, 1, 2, 2), ag.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _input(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv2d` by its weight (OC, C / groups, KH, KW), of shape `weight_size`."""
    return _weight(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Any,
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv3d` by its input (N, C, D, H, W), of shape `input_size`, from that by its output."""
    return _input(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Any,
    weight_size: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of `F.conv3d` by its weight (OC, C / groups, KD, KH, KW), of shape `weight_size`."""
    return _weight(3, input, weight_size, grad_output, stride, padding, dilation, groups)
