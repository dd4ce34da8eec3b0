"""Pooling: the largest element, or the mean, of each window of an image. The definitions are what to read first.

Once the windows are fixed everything here is linear, so the rules are two adjoint pairs:

    max pooling reads one element of each window: gather by index <-> scatter by index
    average pooling adds up each window: average <-> spread

Sizes: N images, C channels, spatial dimensions written … (one to three of them). As in PyTorch, an index is that of the
element in its plane, flattened.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to
from ...engine.primitive import AUX, SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.convolution import pool as kernels
from ...kernels.convolution.windows import DILATION, OUT, Windows, adaptive_windows, strided_windows
from ..arguments import SPACE, Sizes, floating, per_dim
from ..elementwise.piecewise import zeroed
from ..indexing.gather import gather as along
from ..reduction.reduce import sum
from ..reduction.sort import max as largest
from ..shape.shape import reshape, squeeze, unsqueeze
from .dimensions import by_dims
from .windows import add_at, read_windows

# --------------------------------------------------------------------------------------------------------- definitions


def _read(x: Any, windows: Windows, outside: float) -> Any:
    """(…, *space) -> (…, KK, *outputs): the elements of each window, and `outside` where it reaches over the edge."""
    missing, dims = 3 - windows.dims, windows.dims
    ranges = [row[:, :n] for row, n in zip(windows.table[missing:], windows.size, strict=True)]
    starts, stops = [r[0] for r in ranges], [r[1] for r in ranges]
    dilation = tuple(int(d) for d in windows.sizes[DILATION, missing:])
    window = tuple(-(-int((r[1] - r[0]).max()) // d) for r, d in zip(ranges, dilation, strict=True))
    read = read_windows(x, window, starts, stops, dilation, outside)  # (…, *window, *outputs)
    return reshape(read, (*x.shape[:-dims], math.prod(window), *windows.size))


def _positions(windows: Windows) -> ndarray:
    """(KK, *outputs): which element of the flattened image each element of a window is; -1 over the edge."""
    return _read(np.arange(math.prod(windows.space)).reshape(windows.space), windows, -1)


def _divisors(windows: Windows) -> ndarray:
    """(*outputs): what the sum of each window is divided by, a product over the dimensions."""
    d, h, w = (row[2, :n] for row, n in zip(windows.table, windows.sizes[OUT], strict=True))
    return (d[:, None, None] * h[:, None] * w).reshape(windows.size)


def _max_definition(x: Any, windows: Windows) -> Any:
    return largest(_read(x, windows, -math.inf), -1 - windows.dims)[0]


def _max_indices_definition(x: Any, windows: Windows) -> tuple:
    dim = -1 - windows.dims
    best, which = largest(_read(x, windows, -math.inf), dim, keepdim=True)
    positions = np.broadcast_to(_positions(windows), (*x.shape[: -windows.dims], *_positions(windows).shape))
    return squeeze(best, dim), squeeze(along(positions, dim, which), dim)


def _average_definition(x: Any, windows: Windows) -> Any:
    return sum(_read(x, windows, 0.0), -1 - windows.dims) / _divisors(windows).astype(x.dtype)


def _spread_definition(h: Any, windows: Windows) -> Any:
    """Each element's share of its window, added where the window has its elements."""
    positions, dims = _positions(windows), windows.dims
    shares = unsqueeze(h / _divisors(windows).astype(h.dtype), -1 - dims)  # (…, 1, *outputs)
    shares = broadcast_to(shares, (*h.shape[:-dims], *positions.shape))
    return add_at(reshape(shares, (*h.shape[:-dims], positions.size)), positions.reshape(-1), windows.space)


def _gather_definition(x: Any, indices: ndarray, dims: int) -> Any:
    flat = reshape(x, (*x.shape[:-dims], -1))
    index = indices.reshape(*indices.shape[:-dims], -1)
    read = zeroed(along(flat, -1, np.maximum(index, 0)), index < 0)
    return reshape(read, indices.shape)


def _scatter_definition(h: Any, indices: ndarray, space: Sizes) -> Any:
    lead = h.shape[: -len(space)]
    return add_at(reshape(h, (*lead, -1)), indices.reshape(*lead, -1), space)


# --------------------------------------------------------------------------------------------------------- primitives

# (…, *space) at indices (…, *outputs) -> (…, *outputs), and back
gather = Primitive(
    kernels.gather,
    name="pool_gather",
    vjps=(lambda g, indices, x_shape, dims: apply(scatter, (g, indices), (x_shape[-dims:],)), None),
    saves=(1, SHAPE),
    definition=_gather_definition,
)
scatter: Primitive = Primitive(
    kernels.scatter,
    name="pool_scatter",
    vjps=(lambda h, indices, space: apply(gather, (h, indices), (len(space),)), None),
    saves=(1,),
    definition=_scatter_definition,
)


def _max_rule(g: Any, indices: Any, windows: Windows) -> Any:
    return apply(scatter, (g, indices), (windows.space,))


max_values = Primitive(
    kernels.max_pool,
    name="max_pool",
    vjps=(_max_rule,),
    saves=(AUX,),
    evaluate=lambda x, windows: kernels.max_pool(x, windows)[0],
    definition=_max_definition,
)


def _max_with_indices(x: ndarray, windows: Windows) -> tuple:
    out, indices = kernels.max_pool(x, windows)
    return (out, indices.astype(np.int64)), indices


max_with_indices = Primitive(
    _max_with_indices,
    name="max_pool",
    vjps=(lambda gs, *saved: _max_rule(gs[0], *saved),),
    saves=(AUX,),
    outputs=True,
    definition=_max_indices_definition,
)

# (…, *space) -> (…, *outputs), and back
average = Primitive(
    kernels.average_pool,
    name="avg_pool",
    vjps=(lambda g, windows: apply(spread, (g,), (windows,)),),
    definition=_average_definition,
)
spread: Primitive = Primitive(
    kernels.spread_pool,
    name="avg_pool_back",
    vjps=(lambda h, windows: apply(average, (h,), (windows,)),),
    definition=_spread_definition,
)


# -------------------------------------------------------------------------------------------------- reading arguments

DTYPES = np.dtype(np.float32), np.dtype(np.float64)


def image(name: str, x: Any, dims: int) -> Any:
    """x (N, C, …) or (C, …), of a dtype there are kernels for."""
    if type(x) is not Tensor or x.array.dtype not in DTYPES:
        (x,) = floating(name, x=x)
    if x.ndim not in (dims + 1, dims + 2):
        space = SPACE[dims]
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; it must be (N, C, {space}) or (C, {space})")
    if 0 in x.shape[1 if x.ndim == dims + 2 else 0 :]:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}; only the number of images may be 0")
    return x


def _strided(
    name: str,
    dims: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    include_pad: bool = True,
) -> Windows:
    plain = type(kernel_size) is type(padding) is type(dilation) is int and (stride is None or type(stride) is int)
    read = _cached_windows if plain else _windows_of
    return read(name, dims, tuple(x.shape), kernel_size, stride, padding, dilation, bool(ceil_mode), bool(include_pad))


def _windows_of(
    name: str, dims: int, shape: Sizes, window: Any, stride: Any, padding: Any, dilation: Any, *how: bool
) -> Windows:
    window = per_dim(window, dims, name, "kernel_size", 1)
    stride = window if stride is None or stride == () or stride == [] else per_dim(stride, dims, name, "stride", 1)
    padding = per_dim(padding, dims, name, "padding", 0)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    if any(2 * p > k for p, k in zip(padding, window)):
        raise ValueError(
            f"{name}: padding is {padding}, but must be at most half of kernel_size {window}; pad x itself for more"
        )
    windows = strided_windows(shape[-dims:], window, stride, padding, dilation, *how)
    if not windows.fits:
        raise ValueError(
            f"{name}: kernel_size {window} (dilation {dilation}) does not fit into x of shape {shape} with "
            f"padding {padding}; use a smaller kernel or a larger x"
        )
    return windows


_cached_windows = functools.lru_cache(512)(
    _windows_of
)  # for whole numbers; (2.0, 2.0) would be found where (2, 2) is cached


def _adaptive(name: str, x: Any, dims: int, output_size: Any) -> Windows:
    listed = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,) * dims
    if len(listed) != dims:
        raise ValueError(f"{name}: output_size is {output_size}, but needs one int or None, or {dims} of them")
    space = tuple(x.shape[-dims:])
    try:
        sizes = tuple(n if s is None else operator.index(s) for n, s in zip(space, listed, strict=True))
    except TypeError:
        raise TypeError(f"{name}: output_size must be an int, None or {dims} of them, got {output_size!r}") from None
    if any(s < 0 for s in sizes):
        raise ValueError(f"{name}: output_size is {output_size}, but must not be negative; None keeps a size")
    return adaptive_windows(space, sizes)


# ------------------------------------------------------------------------------------------------------- max pooling


def _max_pool(dims: int) -> Callable:
    name = f"max_pool{dims}d"

    def max_pool(
        input: TensorLike,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the largest element of each window over {dimensions}.

        `kernel_size`, `stride` (None: kernel_size), `padding` and `dilation` are an int, or one for each dimension; padding
        adds minus infinities, at most half of the kernel on each side. `ceil_mode` keeps a last window that reaches over
        the end. The gradient goes to the largest element, the first of equals; NaN counts as larger than all. With
        `return_indices` the result is (maxima, indices), an index being that of the element in its flattened image, int64.

        Formula: out[n, c, p] = max_k input[n, c, p · stride − padding + k · dilation], k an element of the window
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}), with
            {o} = ⌊({n} + 2 padding − dilation ({k} − 1) − 1) / stride⌋ + 1, or ⌈…⌉ with ceil_mode.
        Dtypes: float32 or float64, kept.
        Raises: ValueError if shapes or arguments do not fit together; TypeError for other dtypes.
        Source: PyTorch's `torch.nn.functional.max_pool{d}d`.

        >>> import autograd_core as ag
        >>> ag.max_pool{d}d(ag.arange({numbers}).reshape(1, {four}), 2).flatten()
        {result}
        """
        x = image(name, input, dims)
        windows = _strided(name, dims, x, kernel_size, stride, padding, dilation, ceil_mode)
        return apply(max_with_indices if return_indices else max_values, (x,), (windows,))

    return max_pool


FOURS = "4.0", "16.0", "64.0"

max_pool1d, max_pool2d, max_pool3d = by_dims(
    _max_pool,
    numbers=FOURS,
    result=("tensor([1., 3.])", "tensor([ 5.,  7., 13., 15.])", "tensor([21., 23., 29., 31., 53., 55., 61., 63.])"),
)


def _adaptive_max_pool(dims: int) -> Callable:
    name = f"adaptive_max_pool{dims}d"

    def adaptive_max_pool(
        input: TensorLike, output_size: int | tuple[int | None, ...] | None, return_indices: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the largest elements of windows that divide the image into output_size parts, as equal as can be.

        `output_size` is an int, or one for each dimension; None keeps a size. With `return_indices` the result is
        (maxima, indices), an index being that of the element in its flattened image, int64.

        Formula: out[n, c, i] = max input[n, c, a : b], with a = ⌊i {n} / {o}⌋ and b = ⌈(i + 1) {n} / {o}⌉, in
            each dimension
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, *output_size) or (C, *output_size).
        Dtypes: float32 or float64, kept.
        Raises: ValueError if input or output_size has another number of dimensions, or a size is negative; TypeError for
            other dtypes, or sizes that are no ints.
        Source: PyTorch's `torch.nn.functional.adaptive_max_pool{d}d`.

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> F.adaptive_max_pool{d}d(ag.arange({numbers}).reshape(1, {four}), 2).flatten()
        {result}
        """
        x = image(name, input, dims)
        windows = _adaptive(name, x, dims, output_size)
        return apply(max_with_indices if return_indices else max_values, (x,), (windows,))

    return adaptive_max_pool


adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = by_dims(
    _adaptive_max_pool,
    numbers=FOURS,
    result=("tensor([1., 3.])", "tensor([ 5.,  7., 13., 15.])", "tensor([21., 23., 29., 31., 53., 55., 61., 63.])"),
)

# --------------------------------------------------------------------------------------------------- average pooling


def _avg_pool(dims: int) -> Callable:
    name = f"avg_pool{dims}d"

    def avg_pool(
        input: TensorLike,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        """Return the mean of each window over {dimensions}.

        `kernel_size`, `stride` (None: kernel_size) and `padding` are an int, or one for each dimension; padding adds zeros,
        at most half of the kernel on each side, which count in the number that a sum is divided by if
        `count_include_pad`; `divisor_override` takes that number's place. `ceil_mode` keeps a last window that reaches over
        the end, of which only what lies in the padded image counts.

        Formula: out[n, c, p] = Σ_k input[n, c, p · stride − padding + k] / K, K the number of elements that count
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, {out}) or (C, {out}), with
            {o} = ⌊({n} + 2 padding − {k}) / stride⌋ + 1, or ⌈…⌉ with ceil_mode.
        Dtypes: float32 or float64, kept.
        Raises: ValueError if shapes or arguments do not fit together; TypeError for other dtypes.
        Source: PyTorch's `torch.nn.functional.avg_pool{d}d`.

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> F.avg_pool{d}d(ag.arange({numbers}).reshape(1, {four}), 2).flatten()
        {result}
        """
        x = image(name, input, dims)
        windows = _strided(name, dims, x, kernel_size, stride, padding, 1, ceil_mode, count_include_pad)
        if divisor_override is not None:
            if isinstance(divisor_override, bool) or not isinstance(divisor_override, int) or divisor_override == 0:
                raise ValueError(
                    f"{name}: divisor_override is {divisor_override!r}; it must be None or an int but not 0"
                )
            windows = windows.with_divisor(divisor_override)
        return apply(average, (x,), (windows,))

    return avg_pool


avg_pool2d, avg_pool3d = by_dims(
    _avg_pool,
    (2, 3),
    numbers=FOURS[1:],
    result=(
        "tensor([ 2.5,  4.5, 10.5, 12.5])",
        "tensor([10.5, 12.5, 18.5, 20.5, 42.5, 44.5, 50.5, 52.5])",
    ),
)


def avg_pool1d(
    input: TensorLike,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window over one spatial dimension.

    `kernel_size`, `stride` (None: kernel_size) and `padding` are ints; padding adds zeros, at most half of the kernel on
    each side, which count in the number that a sum is divided by if `count_include_pad`. `ceil_mode` keeps a last window
    that reaches over the end.

    Formula: out[n, c, p] = Σ_k input[n, c, p · stride − padding + k] / K, K the number of elements that count
    Shapes: (N, C, L) or (C, L) → (N, C, OL) or (C, OL), with OL = ⌊(L + 2 padding − K) / stride⌋ + 1, or ⌈…⌉ with ceil_mode.
    Dtypes: float32 or float64, kept.
    Raises: ValueError if shapes or arguments do not fit together; TypeError for other dtypes.
    Source: PyTorch's `torch.nn.functional.avg_pool1d`.

    >>> import autograd_core as ag
    >>> ag.avg_pool1d(ag.tensor([[1.0, 3.0, 10.0, 20.0]]), 2)
    tensor([[ 2., 15.]])
    """
    x = image("avg_pool1d", input, 1)
    windows = _strided("avg_pool1d", 1, x, kernel_size, stride, padding, 1, ceil_mode, count_include_pad)
    return apply(average, (x,), (windows,))


def _adaptive_avg_pool(dims: int) -> Callable:
    name = f"adaptive_avg_pool{dims}d"

    def adaptive_avg_pool(input: TensorLike, output_size: int | tuple[int | None, ...] | None) -> Tensor:
        """Return the means of windows that divide the image into output_size parts, as equal as can be.

        `output_size` is an int, or one for each dimension; None keeps a size. Neighbouring windows may share an element.

        Formula: out[n, c, i] = mean of input[n, c, a : b], with a = ⌊i {n} / {o}⌋ and b = ⌈(i + 1) {n} / {o}⌉, in
            each dimension
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, *output_size) or (C, *output_size).
        Dtypes: float32 or float64, kept.
        Raises: ValueError if input or output_size has another number of dimensions, or a size is negative; TypeError for
            other dtypes, or sizes that are no ints.
        Source: PyTorch's `torch.nn.functional.adaptive_avg_pool{d}d`.

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> F.adaptive_avg_pool{d}d(ag.arange({numbers}).reshape(1, {four}), 1).flatten()
        {result}
        """
        x = image(name, input, dims)
        return apply(average, (x,), (_adaptive(name, x, dims, output_size),))

    return adaptive_avg_pool


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = by_dims(
    _adaptive_avg_pool, numbers=FOURS, result=("tensor([1.5])", "tensor([7.5])", "tensor([31.5])")
)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.max_pool1d
ag.max_pool2d
ag.max_pool3d
ag.adaptive_max_pool1d
ag.avg_pool1d
ag.adaptive_avg_pool1d
"""
