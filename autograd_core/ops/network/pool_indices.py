"""Pooling that first finds which elements to read: fractional max pooling, and the k largest elements of a row."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import operand
from ...engine.primitive import AUX, SHAPE, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...random import by_example, uniform
from ..arguments import Sizes, array_operand, per_dim, values
from ..indexing.gather import gather_along
from ..reduction.sort import max as largest
from ..reduction.sort import sort, topk
from ..shape.shape import reshape, unsqueeze
from .dimensions import by_dims
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
    indices = gather_along(index.reshape(M, math.prod(size), -1), unsqueeze(which, 2), 2, name="fractional_max_pool")
    return reshape(best, (*lead, *size)), reshape(indices, (*lead, *size))


def _forward(x: ndarray, u: ndarray, window: Sizes, size: Sizes) -> tuple:
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
    _forward,
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


def _fractional(
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


def _fractional_max_pool(dims: int) -> Callable:
    def fractional_max_pool(
        input: TensorLike,
        kernel_size: int | tuple[int, ...],
        output_size: int | tuple[int, ...] | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: TensorLike | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the largest elements of windows at random distances, so that the size shrinks by a fraction.

        `kernel_size` and either `output_size` or `output_ratio`, between 0 and 1 (the size is then ⌊{n} · ratio⌋), are one
        number, or one for each dimension. With `return_indices` the result is (maxima, indices), an index being that of the
        element in its flattened image, int64. Each image, channel and dimension has one u, drawn from U[0, 1), or
        `_random_samples` (N, C, {d}){order}.

        Formula: out[n, c, i] = max input[n, c, s_i : s_i + kernel_size], with s_i = ⌊(i + u) α⌋ − ⌊u α⌋,
            α = ({n} − {k}) / ({o} − 1), in each dimension; the last window starts at {n} − {k}
        Shapes: (N, C, {space}) or (C, {space}) → (N, C, *output_size) or (C, *output_size).
        Dtypes: float32 or float64, kept.
        Raises: ValueError if the windows do not fit, or not exactly one of output_size and output_ratio is given; TypeError
            for other dtypes.
        Source: Graham 2014, "Fractional max-pooling", section 2 (pseudorandom, overlapping regions).

        >>> import autograd_core as ag
        >>> import nn.functional as F
        >>> u = ag.zeros(1, 1, {d})
        >>> F.fractional_max_pool{d}d(ag.arange({numbers}).reshape(1, {four}), 2, 2, _random_samples=u).flatten()
        {result}
        """
        samples = _random_samples
        if dims == 2 and samples is not None:
            samples = operand(samples, "fractional_max_pool2d")[..., ::-1]
        return _fractional(dims, input, kernel_size, output_size, output_ratio, return_indices, samples)

    return fractional_max_pool


fractional_max_pool2d, fractional_max_pool3d = by_dims(
    _fractional_max_pool,
    (2, 3),
    order=(", that of the width first, as in PyTorch", ", in the order of the dimensions"),
    numbers=("16.0", "64.0"),
    result=("tensor([ 5.,  7., 13., 15.])", "tensor([21., 23., 29., 31., 53., 55., 61., 63.])"),
)


# --------------------------------------------------------------------------------------------------------- the k largest


def kmax_pool1d(input: TensorLike, k: int, return_indices: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    """Return the k largest elements of each row of `input`, in the order in which they stand there.

    Of equal elements the first count; NaN counts as the largest. With `return_indices` the result is (elements, indices),
    the positions in the row, int64.

    Formula: out[…, i] = input[…, j_i], j_1 < … < j_k the positions of the k largest elements of the row
    Shapes: (*, L) → (*, k), k ≤ L.
    Dtypes: floating and integers, kept.
    Raises: ValueError if k is not from 1 to L; TypeError for complex numbers, or if input holds no numbers.
    Source: Kalchbrenner et al. 2014, "A convolutional neural network for modelling sentences".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.kmax_pool1d(ag.tensor([[3.0, 1.0, 5.0, 4.0, 2.0]]), 3)
    tensor([[3., 5., 4.]])
    """
    x = array_operand(input, "kmax_pool1d")
    if x.dtype.kind == "c":
        raise TypeError("kmax_pool1d: complex numbers have no order; take x.real, x.imag or abs(x)")
    k = operator.index(k)
    if x.ndim == 0 or not 1 <= k <= x.shape[-1]:
        raise ValueError(f"kmax_pool1d: k={k} must be from 1 to the length of the rows, of input {tuple(x.shape)}")
    indices = sort(topk(x, k)[1])[0]
    out = gather_along(x, indices, -1 % x.ndim, unique=True, name="kmax_pool1d")
    return (out, indices) if return_indices else out
