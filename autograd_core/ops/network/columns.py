"""im2col and its adjoint, col2im: the windows of images as the columns of a matrix, and added back. `unfold` and `fold`.

Sizes: N images, C channels, spatial dimensions written … (one to three of them); KK elements of the window, P output
positions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.convolution import columns as kernels
from ...kernels.convolution import conv
from ..arguments import SPACE, Sizes, floating, per_dim
from ..shape.shape import reshape
from .windows import add_at, read_windows


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
    kernels.im2col,
    name="im2col",
    vjps=(lambda g, x_shape, *how: apply(col2im, (g,), (x_shape, *how)),),
    saves=(SHAPE,),
    definition=_im2col_definition,
)
col2im: Primitive = Primitive(
    kernels.col2im,
    name="col2im",
    vjps=(lambda g, shape, *how: apply(im2col, (g,), how),),
    definition=_col2im_definition,
)


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


def unfold(
    input: TensorLike,
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Tensor:
    """Return the windows of images as the columns of a matrix (im2col).

    A convolution is `weight.reshape(OC, -1) @ unfold(input, …)`. `kernel_size`, `dilation`, `padding` and `stride` are an
    int or a pair (height, width); what the padding adds is zeros.

    Formula: out[n, (c, k), p] = input[n, c, p · stride − padding + k · dilation], k an element of the window and p an
        output position, each of two dimensions
    Shapes: input (N, C, H, W) → (N, C · KH · KW, OH · OW); (C, H, W) → (C · KH · KW, OH · OW), with
        OH = ⌊(H + 2 padding − dilation (KH − 1) − 1) / stride⌋ + 1.
    Dtypes: float32 or float64, kept.
    Raises: ValueError if the window does not fit into the padded input, or a size is too small; TypeError for other dtypes.
    Source: PyTorch's `torch.nn.functional.unfold`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.unfold(ag.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]), 2)
    tensor([[1., 2.],
            [2., 3.],
            [4., 5.],
            [5., 6.]])
    """
    (x,) = floating("unfold", x=input)
    x, single = batched(x, 2, "unfold")
    window, *how = _window("unfold", kernel_size, stride, padding, dilation)
    size = conv.output_size(x.shape[2:], window, *how)
    if any(n < 1 for n in size):
        raise ValueError(
            f"unfold: kernel_size {window} with dilation {how[2]} is larger than the padded input (x of shape "
            f"{tuple(x.shape)}, padding {how[1]}); use a smaller kernel or more padding"
        )
    out = apply(im2col, (x,), (window, size, *how))
    return reshape(out, out.shape[1:]) if single else out


def fold(
    input: TensorLike,
    output_size: int | tuple[int, ...],
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Tensor:
    """Add columns back to where `unfold` reads them: its adjoint (col2im).

    An element that lies in several windows receives their sum; `fold(unfold(x))` is x times the number of its windows.
    `output_size` is the size of the images, `kernel_size`, `dilation`, `padding` and `stride` are as in `unfold`.

    Formula: out[n, c, q] = Σ input[n, (c, k), p] over all k and p with p · stride − padding + k · dilation = q
    Shapes: input (N, C · KH · KW, OH · OW) → (N, C, *output_size); without N likewise.
    Dtypes: float32 or float64, kept.
    Raises: ValueError if the rows are no multiple of KH · KW or the columns are not OH · OW; TypeError for other dtypes.
    Source: PyTorch's `torch.nn.functional.fold`.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.fold(ag.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    (x,) = floating("fold", x=input)
    if x.ndim not in (2, 3):
        raise ValueError(f"fold: x has shape {tuple(x.shape)}, but must be (N, C·KH·KW, P) or (C·KH·KW, P)")
    single = x.ndim == 2
    x = reshape(x, (1, *x.shape)) if single else x
    window, *how = _window("fold", kernel_size, stride, padding, dilation)
    space = per_dim(output_size, 2, "fold", "output_size", 1)
    size = conv.output_size(space, window, *how)
    if x.shape[1] % math.prod(window) or any(n < 1 for n in size) or x.shape[2] != math.prod(size):
        raise ValueError(
            f"fold: x has {x.shape[1]} rows and {x.shape[2]} columns (shape {tuple(x.shape)}); kernel_size {window} "
            f"needs a multiple of {math.prod(window)} rows, and output_size {space} has {size} positions; give the "
            "arguments that unfold was given"
        )
    shape = (x.shape[0], x.shape[1] // math.prod(window), *space)
    out = apply(col2im, (x,), (shape, window, size, *how))
    return reshape(out, out.shape[1:]) if single else out


def _window(name: str, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Sizes, Sizes, Sizes, Sizes]:
    return (
        per_dim(kernel_size, 2, name, "kernel_size", 1),
        per_dim(stride, 2, name, "stride", 1),
        per_dim(padding, 2, name, "padding", 0),
        per_dim(dilation, 2, name, "dilation", 1),
    )
