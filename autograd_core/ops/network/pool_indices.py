"""Pooling that first finds which elements to read: fractional max pooling, and the k largest elements of a row."""

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import operand
from ...engine.primitive import AUX, SHAPE, Primitive, apply
from ...random import by_example, uniform
from ..arguments import Sizes, array_operand, per_dim, values
from ..indexing.gather import gather_along
from ..reduction.sort import max as largest
from ..reduction.sort import sort, topk
from ..shape.shape import reshape
from .pool import image, scatter

# ------------------------------------------------------------------------------------------------- fractional max pooling


def _starts(u: ndarray, size: int, window: int, outputs: int) -> ndarray:
    """(M, outputs): where the windows of each plane start, from one random u in [0, 1) a plane.

    ⌊(i + u) α⌋ - ⌊u α⌋ with α = (size - window) / (outputs - 1), a mixture of steps of ⌊α⌋ and ⌈α⌉; the last window ends
    at the border.
    """
    alpha = u.dtype.type((size - window) / max(outputs - 1, 1))
    i = np.arange(outputs - 1, dtype=u.dtype)
    starts = np.full((len(u), outputs), size - window)
    starts[:, :-1] = ((i + u[:, None]) * alpha).astype(np.int64) - (u[:, None] * alpha).astype(np.int64)
    return starts


def _fractional_definition(x: Any, u: Any, window: Sizes, size: Sizes) -> tuple:
    """The windows of each plane, read by index, and the largest element of each with its index."""
    dims, lead, space = len(window), x.shape[: -len(window)], x.shape[-len(window) :]
    M, u = math.prod(lead), values(u).reshape(-1, dims)
    index = np.zeros((M, *(1,) * (2 * dims)), np.int64)  # (M, *size, *window), flat indices
    for d in range(dims):
        at = _starts(u[:, d], space[d], window[d], size[d])[:, :, None] + np.arange(window[d])  # (M, O, K)
        shape = [1] * (2 * dims)
        shape[d], shape[dims + d] = at.shape[1:]
        index = index + (at * math.prod(space[d + 1 :])).reshape(M, *shape)
    index = index.reshape(M, math.prod(size) * math.prod(window))
    read = gather_along(reshape(x, (M, math.prod(space))), index, 1, name="fractional_max_pool")
    best, which = largest(reshape(read, (M, math.prod(size), math.prod(window))), 2)
    indices = np.take_along_axis(index.reshape(M, math.prod(size), -1), values(which)[:, :, None], 2)
    return reshape(best, (*lead, *size)), indices.reshape(*lead, *size)


def _fractional(x: ndarray, u: ndarray, window: Sizes, size: Sizes) -> tuple:
    """The largest element of each window, and its flat index; x (…, *space), u (…, dims)."""
    dims, lead, space = len(window), x.shape[: -len(window)], x.shape[-len(window) :]
    planes, u = x.reshape(math.prod(lead), math.prod(space)), u.reshape(math.prod(lead), dims)
    first = np.zeros((len(planes), *(1,) * dims), np.int64)  # (M, *size): the flat index of each window's first element
    for d in range(dims):
        starts = _starts(u[:, d], space[d], window[d], size[d]) * math.prod(space[d + 1 :])
        first = first + starts.reshape(-1, *(size[d] if e == d else 1 for e in range(dims)))
    first = first.reshape(len(planes), math.prod(size))
    best, indices = np.take_along_axis(planes, first, 1), first.copy()
    for element in itertools.product(*map(range, window)):
        at = first + sum(e * math.prod(space[d + 1 :]) for d, e in enumerate(element))
        value = np.take_along_axis(planes, at, 1)
        better = (value > best) | np.isnan(value)
        best[better], indices[better] = value[better], at[better]
    indices = indices.reshape(*lead, *size)
    return (best.reshape(*lead, *size), indices), indices


fractional_max = Primitive(
    _fractional,
    name="fractional_max_pool",
    vjps=(
        lambda gs, indices, x_shape, window, size: apply(scatter, (gs[0], indices), (x_shape[-len(window) :],)),
        None,
    ),
    saves=(AUX, SHAPE),
    outputs=True,
    definition=_fractional_definition,
)


@by_example
def _samples(shape: Sizes, dtype: Any) -> ndarray:
    return uniform(shape, dtype)


def _fractional_max_pool(
    dims: int, x: Any, kernel_size: Any, output_size: Any, output_ratio: Any, return_indices: bool, samples: Any
) -> Any:
    name = f"fractional_max_pool{dims}d"
    x = image(name, x, dims)
    window = per_dim(kernel_size, dims, name, "kernel_size", 1)
    space = tuple(x.shape[-dims:])
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give output_size or output_ratio, one of them; got {output_size} and {output_ratio}")
    if output_ratio is not None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, list | tuple) else (output_ratio,) * dims
        if len(ratios) != dims or not all(0 < r < 1 for r in ratios):
            raise ValueError(f"{name}: output_ratio must be between 0 and 1, one number or {dims}, got {output_ratio}")
        output_size = tuple(int(n * r) for n, r in zip(space, ratios, strict=True))
    size = per_dim(output_size, dims, name, "output_size", 1)
    if any(o + k - 1 > n for o, k, n in zip(size, window, space, strict=True)):
        raise ValueError(
            f"{name}: {size} windows of {window} do not fit into x of shape {tuple(x.shape)}; output_size + kernel_size "
            "- 1 must be at most the size"
        )
    lead = tuple(x.shape[:-dims])
    if samples is None:
        samples = _samples((*lead, dims), x.dtype)
    else:
        samples = operand(samples, name)
        wanted = (*((1,) if len(lead) == 1 else ()), *lead, dims)
        if tuple(samples.shape) != wanted:
            raise ValueError(f"{name}: _random_samples must have shape {wanted}, got {tuple(samples.shape)}")
        samples = samples.reshape((*lead, dims))
    out, indices = apply(fractional_max, (x, samples), (window, size))
    return (out, indices) if return_indices else out


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest element of windows whose distances are drawn at random, so that the size shrinks by a fraction
    (Graham 2014, "Fractional max-pooling", section 2: pseudorandom, overlapping regions).

    Along a dimension of size n, window i of o starts at ⌊(i + u) α⌋ - ⌊u α⌋, α = (n - kernel_size) / (o - 1), with one
    u from U[0, 1) for each image, channel and dimension; the last starts at n - kernel_size.

    input          (N, C, H, W) or (C, H, W)
    output_size    an int or one for each dimension; or instead
    output_ratio   a number between 0 and 1, or one for each dimension: the size is ⌊n · ratio⌋
    returns        (N, C, *output_size); with `return_indices` also the flat indices into (H, W), int64
    _random_samples  the u, (N, C, 2) with that of the last dimension first, as in PyTorch

    Raises ValueError where the windows do not fit, or unless one of output_size and output_ratio is given.

    >>> import autograd_core as ag
    >>> fractional_max_pool2d(ag.arange(36.0).reshape(1, 6, 6), 2, output_size=2, _random_samples=ag.zeros(1, 1, 2))
    tensor([[[ 7., 11.],
             [31., 35.]]])
    """
    return _fractional_max_pool(
        2, input, kernel_size, output_size, output_ratio, return_indices, _swapped(_random_samples)
    )


def _swapped(samples: Any) -> Any:
    """PyTorch's order in two dimensions, (W, H), made that of the dimensions."""
    return samples if samples is None else operand(samples, "fractional_max_pool2d")[..., ::-1]


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """Fractional max pooling of (N, C, D, H, W) or (C, D, H, W); see `fractional_max_pool2d`. _random_samples: (N, C, 3),
    in the order of the dimensions."""
    return _fractional_max_pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


# --------------------------------------------------------------------------------------------------------- the k largest


def kmax_pool1d(input: Any, k: int, return_indices: bool = False) -> Any:
    """The k largest elements of each row, in the order in which they stand there (Kalchbrenner et al. 2014, section 3.3).

    Of equal ones the first count. NaN counts as the largest.

    input      (…, L) with L >= k
    returns    (…, k); with `return_indices` also their places in the row, int64

    >>> import autograd_core as ag
    >>> kmax_pool1d(ag.tensor([[3.0, 1.0, 5.0, 4.0, 2.0]]), 3)
    tensor([[3., 5., 4.]])
    """
    x = array_operand(input, "kmax_pool1d")
    k = operator.index(k)
    if x.ndim == 0 or not 1 <= k <= x.shape[-1]:
        raise ValueError(f"kmax_pool1d: k={k} must be from 1 to the length of the rows, of input {tuple(x.shape)}")
    indices = sort(topk(x, k)[1])[0]
    out = gather_along(x, indices, -1 % x.ndim, unique=True, name="kmax_pool1d")
    return (out, indices) if return_indices else out
