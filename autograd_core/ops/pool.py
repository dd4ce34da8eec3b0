"""Pooling. Once the windows are fixed everything here is linear, so the rules are two adjoint pairs:

    max pooling reads one element of each window: gather by index <-> scatter by index
    average pooling adds up each window: average <-> spread

Sizes: N images, C channels, spatial dimensions written … (one to three of them). As in PyTorch, an index is that of the
element in its plane, flattened.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy import ndarray

from ..kernels import pool as kernels
from ..primitive import AUX, SHAPE, Primitive
from ..tensor import apply
from .conv import NAMES, Sizes, floating, per_dim

# --------------------------------------------------------------------------------------------------------- primitives

# (…, *space) at indices (…, *outputs) -> (…, *outputs), and back
gather = Primitive(
    kernels.gather,
    name="pool_gather",
    vjps=(lambda g, indices, x_shape, dims: apply(scatter, (g, indices), (x_shape[-dims:],)), None),
    saves=(1, SHAPE),
)
scatter: Primitive = Primitive(
    kernels.scatter,
    name="pool_scatter",
    vjps=(lambda h, indices, space: apply(gather, (h, indices), (len(space),)), None),
    saves=(1,),
)


def _max_rule(g: Any, indices: Any, x_shape: Sizes, windows: tuple) -> Any:
    return apply(scatter, (g, indices), (x_shape[-len(windows) :],))


max_pool = Primitive(
    kernels.max_pool,
    name="max_pool",
    vjps=(_max_rule,),
    saves=(AUX, SHAPE),
    evaluate=lambda x, windows: kernels.max_pool(x, windows)[0],
)


def _max_with_indices(x: ndarray, windows: tuple) -> tuple:
    out, indices = kernels.max_pool(x, windows)
    return (out, indices), indices


max_pool_with_indices = Primitive(
    _max_with_indices,
    name="max_pool",
    vjps=(lambda gs, *saved: _max_rule(gs[0], *saved),),
    saves=(AUX, SHAPE),
    outputs=True,
)

# (…, *space) -> (…, *outputs), and back
average = Primitive(
    kernels.average_pool,
    name="avg_pool",
    vjps=(lambda g, x_shape, windows: apply(spread, (g,), (windows, x_shape[-len(windows) :])),),
    saves=(SHAPE,),
)
spread: Primitive = Primitive(
    kernels.spread_pool,
    name="avg_pool_back",
    vjps=(lambda h, windows, space: apply(average, (h,), (windows,)),),
)


# -------------------------------------------------------------------------------------------------- reading arguments


def image(name: str, x: Any, dims: int) -> Any:
    """x (N, C, …) or (C, …), of a dtype there are kernels for."""
    (x,) = floating(name, x=x)
    if x.ndim not in (dims + 1, dims + 2):
        space = NAMES[dims]
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; it must be (N, C, {space}) or (C, {space})")
    if 0 in x.shape[1 if x.ndim == dims + 2 else 0 :]:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; only the number of images may be 0")
    return x


def _strided(
    name: str,
    x: Any,
    dims: int,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    include_pad: bool = True,
) -> tuple[kernels.Windows, ...]:
    """The windows along each dimension."""
    window = per_dim(kernel_size, dims, name, "kernel_size", 1)
    stride = window if stride is None or stride == () or stride == [] else per_dim(stride, dims, name, "stride", 1)
    padding = per_dim(padding, dims, name, "padding", 0)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    space = tuple(x.shape[-dims:])
    if any(2 * p > k for p, k in zip(padding, window, strict=True)):
        raise ValueError(
            f"{name}: padding is {padding}, but must be at most half of kernel_size {window}; pad x itself for more"
        )
    windows = tuple(
        kernels.strided_windows(n, k, s, p, d, bool(ceil_mode), include_pad)
        for n, k, s, p, d in zip(space, window, stride, padding, dilation, strict=True)
    )
    if any(not len(w.start) or (w.start >= w.stop).any() for w in windows):
        raise ValueError(
            f"{name}: kernel_size {window} (dilation {dilation}) does not fit into x of shape {tuple(x.shape)} with "
            f"padding {padding}; use a smaller kernel or a larger x"
        )
    return windows


def _adaptive(name: str, x: Any, dims: int, output_size: Any) -> tuple[kernels.Windows, ...]:
    given = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,) * dims
    if len(given) != dims:
        raise ValueError(f"{name}: output_size is {output_size}, but needs one int or None, or {dims} of them")
    space = tuple(x.shape[-dims:])
    try:
        sizes = tuple(n if s is None else operator.index(s) for n, s in zip(space, given, strict=True))
    except TypeError:
        raise TypeError(f"{name}: output_size must be an int, None or {dims} of them, got {output_size!r}") from None
    if any(s < 0 for s in sizes):
        raise ValueError(f"{name}: output_size is {output_size}, but must not be negative; None keeps a size")
    return tuple(kernels.adaptive_windows(n, s) for n, s in zip(space, sizes, strict=True))


# ------------------------------------------------------------------------------------------------------- max pooling


def _max(x: Any, windows: tuple, return_indices: bool) -> Any:
    return apply(max_pool_with_indices if return_indices else max_pool, (x,), (windows,))


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window along one dimension; see `max_pool2d`. input (N, C, L) or (C, L)."""
    x = image("max_pool1d", input, 1)
    return _max(x, _strided("max_pool1d", x, 1, kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window; its gradient goes to that element, the first of equals. NaN propagates.

    input        (N, C, H, W) or (C, H, W)
    kernel_size, stride, padding, dilation   an int or one for each dimension; stride None means kernel_size. Padding is
                 of minus infinities, at most half of the kernel
    ceil_mode    keep a last window that reaches over the end
    returns      (N, C, OH, OW); with `return_indices` also the places as flat indices into (H, W), int64

    Raises ValueError where shapes or arguments do not fit together, TypeError for dtypes but float32 and float64.

    >>> import autograd_core as ag
    >>> from autograd_core.ops.pool import max_pool2d
    >>> max_pool2d(ag.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    x = image("max_pool2d", input, 2)
    return _max(x, _strided("max_pool2d", x, 2, kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window in space; see `max_pool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    x = image("max_pool3d", input, 3)
    return _max(x, _strided("max_pool3d", x, 3, kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Max pooling to a given output size; see `adaptive_avg_pool2d`. input (N, C, L) or (C, L)."""
    x = image("adaptive_max_pool1d", input, 1)
    return _max(x, _adaptive("adaptive_max_pool1d", x, 1, output_size), return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Max pooling to a given output size; see `adaptive_avg_pool2d`. input (N, C, H, W) or (C, H, W)."""
    x = image("adaptive_max_pool2d", input, 2)
    return _max(x, _adaptive("adaptive_max_pool2d", x, 2, output_size), return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Max pooling to a given output size; see `adaptive_avg_pool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    x = image("adaptive_max_pool3d", input, 3)
    return _max(x, _adaptive("adaptive_max_pool3d", x, 3, output_size), return_indices)


# --------------------------------------------------------------------------------------------------- average pooling


def _average(
    name: str,
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    x = image(name, input, dims)
    windows = _strided(name, x, dims, kernel_size, stride, padding, 1, ceil_mode, bool(count_include_pad))
    if divisor_override is not None:
        if isinstance(divisor_override, bool) or not isinstance(divisor_override, int) or divisor_override == 0:
            raise ValueError(f"{name}: divisor_override is {divisor_override!r}; it must be None or an int but not 0")
        divisors = (*(1,) * (dims - 1), divisor_override)
        windows = tuple(w._replace(divisor=np.full_like(w.divisor, d)) for w, d in zip(windows, divisors, strict=True))
    return apply(average, (x,), (windows,))


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window along one dimension; see `avg_pool2d`. input (N, C, L) or (C, L)."""
    return _average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window.

    input              (N, C, H, W) or (C, H, W)
    kernel_size, stride, padding   an int or one for each dimension; stride None means kernel_size. Padding is of zeros,
                       at most half of the kernel
    ceil_mode          keep a last window that reaches over the end
    count_include_pad  padding counts in the number that the sum is divided by
    divisor_override   divide by this instead
    returns            (N, C, OH, OW)

    Raises ValueError where shapes or arguments do not fit together, TypeError for dtypes but float32 and float64.

    >>> import autograd_core as ag
    >>> from autograd_core.ops.pool import avg_pool2d
    >>> avg_pool2d(ag.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5,  4.5],
             [10.5, 12.5]]])
    """
    return _average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window in three dimensions; see `avg_pool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    return _average(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """Average pooling to a given output size; see `adaptive_avg_pool2d`. input (N, C, L) or (C, L)."""
    x = image("adaptive_avg_pool1d", input, 1)
    return apply(average, (x,), (_adaptive("adaptive_avg_pool1d", x, 1, output_size),))


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of windows that divide the image into output_size parts, as equal as they can be.

    Window i of n along a dimension of size L is floor(i L / n) to ceil((i + 1) L / n); neighbours may share an element.

    input        (N, C, H, W) or (C, H, W)
    output_size  an int or one for each dimension; None keeps a size
    """
    x = image("adaptive_avg_pool2d", input, 2)
    return apply(average, (x,), (_adaptive("adaptive_avg_pool2d", x, 2, output_size),))


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """Average pooling to a given output size; see `adaptive_avg_pool2d`. input (N, C, D, H, W) or (C, D, H, W)."""
    x = image("adaptive_avg_pool3d", input, 3)
    return apply(average, (x,), (_adaptive("adaptive_avg_pool3d", x, 3, output_size),))
