"""Convolution, and the im2col pair. `_conv_definition` is what to read first; the kernels compute the same.

All are linear in each operand, so every rule is another function of this file.

    conv(x, w) -> out,   conv_input_grad(g, w) -> gx,   conv_weight_grad(g, x) -> gw

are the contractions of one trilinear form, Σ out·g = Σ_{n, o, p, c, k} g[n, o, p] w[o, c, k] x[n, c, p·s − pad + k·d],
each without one of its operands; the derivative of any of them is another of them. That closure gives every order.

Sizes: N images, C channels, OC output channels, spatial dimensions written … (one to three of them); KK elements of the
window, P output positions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.primitive import SHAPE, Primitive, apply
from ...kernels.convolution import columns
from ...kernels.convolution import conv as kernels
from ..arguments import SPACE, Sizes, floating, per_dim
from ..linalg.products import matmul, mT
from ..reduction.reduce import sum
from ..shape.shape import reshape
from .windows import add_at, read_windows

# -------------------------------------------------------------------------------------------------- im2col and col2im


def _windows(
    x: Any, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, outside: float = 0.0
) -> Any:
    """(…, *space) -> (…, *window, *size)"""
    starts = [np.arange(o) * s - p for o, s, p in zip(size, stride, padding, strict=True)]
    return read_windows(x, window, starts, x.shape[-len(size) :], dilation, outside)


def _im2col_definition(x: Any, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    """The windows, read by index, as columns."""
    windows = _windows(x, window, size, stride, padding, dilation)  # (N, C, *window, *size)
    return reshape(windows, (x.shape[0], x.shape[1] * math.prod(window), math.prod(size)))


def _col2im_definition(
    cols: Any, shape: Sizes, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Any:
    """The positions that the windows hold tell where each element of a column is added."""
    N, C, *space = shape
    flat = np.arange(math.prod(space)).reshape(space)
    positions = _windows(flat, window, size, stride, padding, dilation, -1)  # (*window, *size)
    return add_at(reshape(cols, (N, C, positions.size)), positions.reshape(-1), tuple(space))


# (N, C, …) -> (N, C KK, P), and back
im2col = Primitive(
    columns.im2col,
    name="im2col",
    vjps=(lambda g, x_shape, *how: apply(col2im, (g,), (x_shape, *how)),),
    saves=(SHAPE,),
    definition=_im2col_definition,
)
col2im: Primitive = Primitive(
    columns.col2im,
    name="col2im",
    vjps=(lambda g, shape, *how: apply(im2col, (g,), how),),
    definition=_col2im_definition,
)

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


def batched(x: Any, dims: int, name: str, what: str = "x") -> tuple[Any, bool]:
    """x (N, C, …) as it is, x (C, …) with N = 1; and whether it was without."""
    if x.ndim == dims + 2:
        return x, False
    if x.ndim != dims + 1:
        space = SPACE[dims]
        raise ValueError(
            f"{name}: {what} has shape {tuple(x.shape)}, but must be (N, C, {space}), or (C, {space}) for one image; "
            "reshape it"
        )
    return reshape(x, (1, *x.shape)), True


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


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Convolution over one dimension; see `conv2d`. input (N, C, L), weight (OC, C / groups, K)."""
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Convolution over two dimensions; filters are not flipped (cross-correlation, as in PyTorch).

    out[n, o, p] = bias[o] + Σ_{c, k} weight[o, c, k] input[n, c, p·stride − padding + k·dilation], zeros outside input

    input    (N, C, H, W), or (C, H, W) for a single image
    weight   (OC, C / groups, KH, KW); output channels fall into `groups`, each of which sees its share of the input's
    bias     (OC,) or None
    stride, padding, dilation   an int or one for each dimension; padding also "valid" (none) or "same" (keeps the size)
    returns  (N, OC, OH, OW), OH = floor((H + 2 padding − dilation (KH − 1) − 1) / stride) + 1

    Raises ValueError where shapes or arguments do not fit together, TypeError for dtypes other than one of float32 and
    float64.

    >>> import autograd_core as ag
    >>> from autograd_core.ops.network.conv import conv2d
    >>> conv2d(ag.ones(1, 1, 3, 3), ag.ones(1, 1, 2, 2), padding="valid")
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Convolution over three dimensions; see `conv2d`. input (N, C, D, H, W), weight (OC, C / groups, KD, KH, KW)."""
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


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


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """Transposed convolution in one dimension; see `conv_transpose2d`. input (N, C, L), weight (C, OC / groups, K)."""
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The adjoint of `conv2d` with the same weight, stride, padding and dilation, plus bias: it enlarges by `stride`.

    input    (N, C, H, W), or (C, H, W) for a single image
    weight   (C, OC / groups, KH, KW): the layout of the convolution this is the adjoint of
    returns  (N, OC, OH, OW), OH = (H − 1) stride − 2 padding + dilation (KH − 1) + output_padding + 1

    A convolution of stride s maps up to s sizes to one; `output_padding` chooses among them.
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """Transposed convolution over three dimensions; see `conv_transpose2d`. weight (C, OC / groups, KD, KH, KW)."""
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# ----------------------------------------------------------------------------------------------------- unfold and fold


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The windows of `input` as columns: (N, C, H, W) -> (N, C KH KW, number of positions); (C, H, W) likewise.

    A convolution is `weight.reshape(OC, -1) @ unfold(input, …)`.
    """
    (x,) = floating("unfold", x=input)
    x, single = batched(x, 2, "unfold")
    window, stride, padding, dilation = _window("unfold", kernel_size, stride, padding, dilation)
    size = kernels.output_size(x.shape[2:], window, stride, padding, dilation)
    if any(n < 1 for n in size):
        raise ValueError(
            f"unfold: kernel_size {window} with dilation {dilation} is larger than the padded input (x of shape "
            f"{tuple(x.shape)}, padding {padding}); use a smaller kernel or more padding"
        )
    out = apply(im2col, (x,), (window, size, stride, padding, dilation))
    return reshape(out, out.shape[1:]) if single else out


def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Columns added back to where `unfold` reads them, its adjoint: (N, C KH KW, P) -> (N, C, *output_size).

    An element that lies in several windows receives the sum; `fold(unfold(x))` is x times the number of its windows.
    """
    (x,) = floating("fold", x=input)
    if x.ndim not in (2, 3):
        raise ValueError(f"fold: x has shape {tuple(x.shape)}, but must be (N, C·KH·KW, P) or (C·KH·KW, P)")
    single = x.ndim == 2
    x = reshape(x, (1, *x.shape)) if single else x
    window, stride, padding, dilation = _window("fold", kernel_size, stride, padding, dilation)
    space = per_dim(output_size, 2, "fold", "output_size", 1)
    size = kernels.output_size(space, window, stride, padding, dilation)
    if x.shape[1] % math.prod(window) or any(n < 1 for n in size) or x.shape[2] != math.prod(size):
        raise ValueError(
            f"fold: x has {x.shape[1]} rows and {x.shape[2]} columns (shape {tuple(x.shape)}); kernel_size {window} "
            f"needs a multiple of {math.prod(window)} rows, and output_size {space} has {size} positions; give the "
            "arguments that unfold was given"
        )
    shape = (x.shape[0], x.shape[1] // math.prod(window), *space)
    out = apply(col2im, (x,), (shape, window, size, stride, padding, dilation))
    return reshape(out, out.shape[1:]) if single else out


def _window(name: str, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> tuple:
    return (
        per_dim(kernel_size, 2, name, "kernel_size", 1),
        per_dim(stride, 2, name, "stride", 1),
        per_dim(padding, 2, name, "padding", 0),
        per_dim(dilation, 2, name, "dilation", 1),
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
