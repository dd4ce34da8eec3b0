"""Convolution and transposed convolution. `_conv_definition` is what to read first; the kernels compute the same.

All are linear in each operand, so every rule is another function of this file.

    conv(x, w) -> out,   conv_input_grad(g, w) -> gx,   conv_weight_grad(g, x) -> gw

are the contractions of one trilinear form, Σ out·g = Σ_{n, o, p, c, k} g[n, o, p] w[o, c, k] x[n, c, p·s − pad + k·d],
each without one of its operands; the derivative of any of them is another of them. That closure gives every order.

Sizes: N images, C channels, OC output channels, spatial dimensions written … (one to three of them); KK elements of the
window, P output positions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.convolution import conv as kernels
from ..arguments import SPACE, Sizes, floating, per_dim
from ..linalg.products import matmul, mT
from ..reduction.reduce import sum
from ..shape.shape import reshape
from .columns import batched, col2im, im2col
from .dimensions import by_dims

# -------------------------------------------------------------------------------------------------------- definitions
#
# With G groups, filters are G matrices (OC / G, C / G · KK) and columns G matrices (C / G · KK, P) for each image.


def _filters(w: Any, groups: int) -> Any:
    return reshape(w, (groups, w.shape[0] // groups, math.prod(w.shape[1:])))


def _conv_definition(
    x: Any, w: Any, bias: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Any:
    """The windows as columns (im2col), a product with the filters as rows, a reshape."""
    cols = apply(im2col, (x,), (w.shape[2:], size, stride, padding, dilation))  # (N, C KK, P)
    cols = reshape(cols, (x.shape[0], groups, -1, math.prod(size)))
    out = matmul(_filters(w, groups), cols)  # (G, OC/G, CKK/G) @ (N, G, CKK/G, P) -> (N, G, OC/G, P)
    out = reshape(out, (x.shape[0], w.shape[0], *size))
    return out if bias is None else out + reshape(bias, (w.shape[0], *(1,) * len(size)))


def _input_grad_definition(
    g: Any, w: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Any:
    """The transposed filters times g are columns; col2im adds them up."""
    size = tuple(g.shape[2:])
    rows = reshape(g, (g.shape[0], groups, -1, math.prod(size)))
    cols = matmul(mT(_filters(w, groups)), rows)  # (G, CKK/G, OC/G) @ (N, G, OC/G, P) -> (N, G, CKK/G, P)
    cols = reshape(cols, (g.shape[0], -1, math.prod(size)))
    return apply(col2im, (cols,), (shape, w.shape[2:], size, stride, padding, dilation))


def _weight_grad_definition(
    g: Any, x: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Any:
    """g times the transposed columns, added up over the images."""
    size = tuple(g.shape[2:])
    cols = apply(im2col, (x,), (shape[2:], size, stride, padding, dilation))
    cols = reshape(cols, (x.shape[0], groups, -1, math.prod(size)))
    rows = reshape(g, (g.shape[0], groups, -1, math.prod(size)))
    return reshape(sum(matmul(rows, mT(cols)), 0), shape)  # (N, G, OC/G, P) @ (N, G, P, CKK/G)


# ---------------------------------------------------------------------------------------------------------- the triple


def _conv(x: Any, w: Any, bias: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes) -> Any:
    return kernels.conv_forward(x, w, bias, stride, padding, dilation, groups, size)


# (N, C, …), (OC, C / groups, …), (OC,) -> (N, OC, …)
conv = Primitive(
    _conv,
    name="conv",
    vjps=(
        lambda g, x, w, x_shape, w_shape, *how: input_grad(g, w, x_shape, *how[:4]),
        lambda g, x, w, x_shape, w_shape, *how: weight_grad(g, x, w_shape, *how[:4]),
        lambda g, x, w, x_shape, w_shape, *how: sum(g, (0, *range(2, g.ndim))),
    ),
    saves=(0, 1, SHAPE, SHAPE - 1),
    uses=((1,), (0,), ()),
    definition=_conv_definition,
)

# g (N, OC, …), w -> gx (N, C, …)
conv_input_grad = Primitive(
    lambda g, w, shape, *how: kernels.conv_input_grad(g, w, shape, *how),
    name="conv_input_grad",
    vjps=(
        lambda h, g, w, g_shape, w_shape, shape, *how: apply(conv, (h, w, None), (*how, g_shape[2:])),
        lambda h, g, w, g_shape, w_shape, shape, *how: weight_grad(g, h, w_shape, *how),
    ),
    saves=(0, 1, SHAPE, SHAPE - 1),
    uses=((1,), (0,)),
    definition=_input_grad_definition,
)

# g (N, OC, …), x (N, C, …) -> gw (OC, C / groups, …)
conv_weight_grad = Primitive(
    lambda g, x, shape, *how: kernels.conv_weight_grad(g, x, shape, *how),
    name="conv_weight_grad",
    vjps=(
        lambda v, g, x, g_shape, x_shape, shape, *how: apply(conv, (x, v, None), (*how, g_shape[2:])),
        lambda v, g, x, g_shape, x_shape, shape, *how: input_grad(g, v, x_shape, *how),
    ),
    saves=(0, 1, SHAPE, SHAPE - 1),
    uses=((1,), (0,)),
    definition=_weight_grad_definition,
)


def input_grad(g: Any, w: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Any:
    """The gradient of a convolution with respect to its input of `shape`: a transposed convolution of g."""
    return apply(conv_input_grad, (g, w), (tuple(shape), stride, padding, dilation, groups))


def weight_grad(g: Any, x: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Any:
    """The gradient of a convolution with respect to its weight of `shape`: products of g and x over positions."""
    return apply(conv_weight_grad, (g, x), (tuple(shape), stride, padding, dilation, groups))


# --------------------------------------------------------------------------------------------------- reading arguments


def _channels_hint(x: Any, expected: int, single: bool) -> str:
    """The way out if the channels stand last, or a batch of images without a dimension of channels was taken for one."""
    dims = x.ndim - 2
    if x.shape[-1] == expected and (dims > 1 or expected > 1):
        order = (dims, *range(dims)) if single else (0, dims + 1, *range(1, dims + 1))
        return f"if they stand last, pass x.permute{order}; else "
    if single and expected == 1:
        return f"if they are {x.shape[1]} images of one channel, pass x.unsqueeze(1); else "
    return ""


def _check_weight(
    name: str, x: Any, weight: Any, bias: Any, groups: int, transposed: bool, single: bool = False
) -> int:
    """Raise unless x, weight, bias and groups fit together; returns the number of output channels."""
    C, shape = x.shape[1], tuple(weight.shape)
    if weight.ndim != x.ndim:
        layout = "in_channels, out_channels / groups" if transposed else "out_channels, in_channels / groups"
        raise ValueError(
            f"{name}: weight has shape {shape}, but must have {x.ndim} dimensions, ({layout}, {SPACE[x.ndim - 2]})"
        )
    if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
        raise ValueError(f"{name}: groups is {groups!r}, but must be an int of at least 1")
    if 0 in shape:
        raise ValueError(f"{name}: weight has shape {shape}; no size may be 0")
    expected = shape[0] if transposed else shape[1] * groups
    if expected != C:
        by = "" if groups == 1 or transposed else f", groups={groups}"
        raise ValueError(
            f"{name}: x has {C} channels (shape {tuple(x.shape)}) but weight expects {expected} (shape {shape}{by}); "
            f"{_channels_hint(x, expected, single)}pass in_channels={C}"
        )
    if shape[0] % groups:
        which = "in" if transposed else "out"
        raise ValueError(
            f"{name}: weight has {shape[0]} {which}put channels (shape {shape}), which groups={groups} does not divide"
        )
    OC = shape[1] * groups if transposed else shape[0]
    if bias is not None and tuple(bias.shape) != (OC,):
        raise ValueError(f"{name}: bias has shape {tuple(bias.shape)}, but must be ({OC},), the output channels")
    return OC


# --------------------------------------------------------------------------------------------------------- convolution


def _convolve(
    name: str, dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    x, w, b = floating(name, x=input, weight=weight, bias=bias)
    x, single = batched(x, dims, name)
    _check_weight(name, x, w, b, groups, False, single)
    window, space = tuple(w.shape[2:]), tuple(x.shape[2:])
    stride = per_dim(stride, dims, name, "stride", 1)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    if isinstance(padding, str):
        padding, size = _named_padding(name, padding, space, window, stride, dilation)
    else:
        padding = per_dim(padding, dims, name, "padding", 0)
        size = kernels.output_size(space, window, stride, padding, dilation)
    if any(n < 1 for n in size):
        padded = tuple(n + 2 * p for n, p in zip(space, padding, strict=True))
        spans = tuple(d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True))
        raise ValueError(
            f"{name}: the kernel spans {spans}, more than the padded input {padded} (x {tuple(x.shape)}, weight "
            f"{tuple(w.shape)}, padding {padding}, dilation {dilation}); use a smaller kernel or more padding"
        )
    out = apply(conv, (x, w, b), (stride, padding, dilation, groups, size))
    return reshape(out, out.shape[1:]) if single else out


def _named_padding(
    name: str, padding: str, space: Sizes, window: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[Sizes, Sizes]:
    """The padding in front and the output size that "valid" and "same" stand for."""
    if padding == "valid":
        none = (0,) * len(space)
        return none, kernels.output_size(space, window, stride, none, dilation)
    if padding != "same":
        raise ValueError(f"{name}: padding is {padding!r}, but must be an int, a tuple of ints, 'valid' or 'same'")
    if any(s != 1 for s in stride):
        raise ValueError(
            f"{name}: padding='same' keeps the size, so stride must be 1, got {stride}; give the padding in numbers"
        )
    # an odd total puts the extra zero behind, as PyTorch does
    return tuple(d * (k - 1) // 2 for k, d in zip(window, dilation, strict=True)), space


def _convolution(dims: int) -> Callable:
    name = f"conv{dims}d"

    def conv(
        input: TensorLike,
        weight: TensorLike,
        bias: TensorLike | None = None,
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] | str = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
    ) -> Tensor:
        """Compute a convolution over {dimensions}; filters are not flipped (it is a cross-correlation).

        `stride`, `padding` and `dilation` are an int, or one for each spatial dimension. Padding adds zeros on both sides;
        "valid" adds none, and "same" keeps the size, for stride 1. Output channels fall into `groups`, each of which sees
        its share of the input channels.

        Formula: out[n, o, p] = bias[o] + Σ_c Σ_k weight[o, c, k] · input[n, c, p · stride − padding + k · dilation], with
            p a position and k an element of the window, c the channels of o's group, and zeros outside input
        Shapes: input (N, C, {space}) or (C, {space}), weight (OC, C / groups, {kernel}), bias (OC,) → (N, OC, {out}) or
            (OC, {out}), {o} = ⌊({n} + 2 padding − dilation ({k} − 1) − 1) / stride⌋ + 1.
        Dtypes: float32 or float64, the same for all three, kept.
        Raises: ValueError if shapes or arguments do not fit together; TypeError for other or different dtypes.
        Source: PyTorch's `torch.nn.functional.conv{d}d`; LeCun et al. 1989 for the network it comes from.

        >>> import autograd_core as ag
        >>> ag.conv{d}d(ag.ones(1, 1, {three}), ag.ones(1, 1, {two})).flatten()[:2]
        {result}
        """
        return _convolve(name, dims, input, weight, bias, stride, padding, dilation, groups)

    return conv


conv1d, conv2d, conv3d = by_dims(_convolution, result=("tensor([2., 2.])", "tensor([4., 4.])", "tensor([8., 8.])"))


# ---------------------------------------------------------------------------------------------- transposed convolution


def _transposed(
    name: str,
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    x, w, b = floating(name, x=input, weight=weight, bias=bias)
    x, single = batched(x, dims, name)
    OC = _check_weight(name, x, w, b, groups, True, single)
    stride = per_dim(stride, dims, name, "stride", 1)
    padding = per_dim(padding, dims, name, "padding", 0)
    extra = per_dim(output_padding, dims, name, "output_padding", 0)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ValueError(
            f"{name}: output_padding is {output_padding}, but must be below stride {stride} or dilation {dilation}"
        )
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(x.shape[2:], w.shape[2:], stride, padding, dilation, extra, strict=True)
    )
    if any(n < 1 for n in size):
        raise ValueError(
            f"{name}: x of shape {tuple(x.shape)} and weight of shape {tuple(w.shape)} with padding {padding} leave an "
            f"output of size {size}; use less padding"
        )
    out = input_grad(x, w, (x.shape[0], OC, *size), stride, padding, dilation, groups)
    if b is not None:
        out = out + reshape(b, (OC, *(1,) * dims))
    return reshape(out, out.shape[1:]) if single else out


def _transposed_convolution(dims: int) -> Callable:
    name = f"conv_transpose{dims}d"

    def conv_transpose(
        input: TensorLike,
        weight: TensorLike,
        bias: TensorLike | None = None,
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        output_padding: int | tuple[int, ...] = 0,
        groups: int = 1,
        dilation: int | tuple[int, ...] = 1,
    ) -> Tensor:
        """Compute a transposed convolution over {dimensions}, which enlarges by the stride.

        It is the adjoint of `conv{d}d` with the same `weight`, `stride`, `padding`, `dilation` and `groups`, plus `bias`.
        A convolution of stride s maps up to s input sizes to one output size; `output_padding`, below the stride or the
        dilation, chooses among them. Each of these is an int, or one for each spatial dimension.

        Formula: out[n, o, q] = bias[o] + Σ_c Σ_p Σ_k weight[c, o, k] · input[n, c, p], over the positions p and elements k
            of the window with p · stride − padding + k · dilation = q, and the channels c of o's group
        Shapes: input (N, C, {space}) or (C, {space}), weight (C, OC / groups, {kernel}), bias (OC,) → (N, OC, {out}) or
            (OC, {out}), {o} = ({n} − 1) stride − 2 padding + dilation ({k} − 1) + output_padding + 1.
        Dtypes: float32 or float64, the same for all three, kept.
        Raises: ValueError if shapes or arguments do not fit together; TypeError for other or different dtypes.
        Source: PyTorch's `torch.nn.functional.conv_transpose{d}d`; Zeiler et al. 2010, "Deconvolutional networks".

        >>> import autograd_core as ag
        >>> ag.conv_transpose{d}d(ag.ones(1, 1, {one}), ag.ones(1, 1, {two}), stride=2).flatten()
        {result}
        """
        return _transposed(name, dims, input, weight, bias, stride, padding, output_padding, groups, dilation)

    return conv_transpose


conv_transpose1d, conv_transpose2d, conv_transpose3d = by_dims(
    _transposed_convolution,
    result=("tensor([1., 1.])", "tensor([1., 1., 1., 1.])", "tensor([1., 1., 1., 1., 1., 1., 1., 1.])"),
)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.conv1d
ag.conv2d
ag.conv3d
ag.conv_transpose1d
ag.conv_transpose2d
ag.conv_transpose3d
"""
