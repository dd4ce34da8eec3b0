"""Convolution over 1 to 3 dimensions: three products that are each other's gradients.

    out[n, o, p] = Σ_{c, k} w[o, c, k] x[n, c, p·stride − padding + k·dilation] + bias[o]        as in PyTorch, not flipped
    gx, gw       the adjoints in x and in w of g, the gradient of out

Layouts: kernels see depth, height and width: of two dimensions, the depth is 1, of one, the width too (so that a long
sequence is a long run). Groups are a dimension of their own:

    x (N, G, C, D, H, W),   w (G, KD, OC, KH, C, KW),   out (N, G, OC, OD, OH, OW)

so that filters that are KD deep are KD flat ones, of which each row of the matrix of an output channel is KH rows.

There are two algorithms. `sliding.py` takes any convolution; `winograd.py` takes those of 3×3 and 5×5 filters and stride 1
in float32 where fewer multiplications mean less time. Their parallel splits stand there.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy import ndarray

from ..machine.runtime import plain, warms_up
from ..machine.workspace import empty, zeros
from . import sliding, winograd
from .sliding import Geometry, Sizes


def output_size(size: Sizes, window: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """The positions of the window along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, window, stride, padding, dilation, strict=True)
    )


def three(sizes: Sizes, fill: int) -> tuple[int, int, int]:
    """The sizes of one, two or three dimensions as depth, height and width: 1 x L x 1, 1 x H x W."""
    if len(sizes) == 1:
        return fill, sizes[0], fill
    return (fill,) * (3 - len(sizes)) + tuple(sizes)  # type: ignore[return-value]


@functools.lru_cache(256)
def in_three(window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Geometry:
    return Geometry(three(window, 1), three(size, 1), three(stride, 1), three(padding, 0), three(dilation, 1))


def _volumes(x: ndarray) -> ndarray:
    """(N, C, …) as (N, C, D, H, W)."""
    return plain(x).reshape(*x.shape[:2], *three(x.shape[2:], 1))


def conv_forward(
    x: ndarray,
    w: ndarray,
    bias: ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes | None = None,
) -> ndarray:
    """The convolution of x (N, C, …) with w (OC, C / groups, …), plus bias (OC,): (N, OC, *size).

    `padding` zeros are put before x along each dimension, and behind it what `size` requires.
    """
    size = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation) if size is None else size
    out = empty((x.shape[0], w.shape[0], *size), x.dtype)
    if out.size:
        geometry = in_three(w.shape[2:], size, stride, padding, dilation)
        filters = w.reshape(groups, -1, w.shape[1], *geometry.window).transpose(
            0, 3, 1, 4, 2, 5
        )  # (G, OC, C, KD, KH, KW)
        _convolve(_volumes(x), filters, bias, _volumes(out), geometry)
    return out


def _convolve(x: ndarray, filters: ndarray, bias: ndarray | None, out: ndarray, geometry: Geometry) -> None:
    """The convolution of x (N, G C, D, H, W) with filters (G, KD, OC, KH, C, KW) into out, by the faster algorithm."""
    if winograd.pays(x.shape, filters.shape, x.dtype, geometry) and winograd.convolve(x, filters, bias, out, geometry):
        return
    sliding.convolve(x, [filters], bias, out, (geometry,), (1, 1, 1))


def conv_input_grad(
    g: ndarray, w: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in x: from g (N, OC, …) to the gradient of `shape` (N, C, …).

    It is itself a convolution, of g with flipped filters; for a stride s one for each remainder e of positions by s along
    each dimension: the elements of gx at h = e, e + s, … are reached through some rows of the filter only, at a distance.
    """
    if not g.size:
        return zeros(shape, g.dtype)
    gx = empty(shape, g.dtype)
    if not gx.size:
        return gx
    geometry = in_three(w.shape[2:], g.shape[2:], stride, padding, dilation)
    filters = w.reshape(groups, -1, w.shape[1], *geometry.window).transpose(0, 3, 2, 4, 1, 5)  # (G, KD, C, KH, OC, KW)
    parts, taps = _parts(three(shape[2:], 1), geometry)
    flipped = [filters[:, kd, :, kh, :, kw] for kd, kh, kw in taps]
    if len(parts) == 1 and 0 not in parts[0].window:
        _convolve(_volumes(g), flipped[0], None, _volumes(gx), parts[0])
    else:
        sliding.convolve(_volumes(g), flipped, None, _volumes(gx), parts, geometry.stride)
    return gx


@functools.lru_cache(256)
def _parts(space: Sizes, geometry: Geometry) -> tuple[tuple[Geometry, ...], list[tuple[slice, ...]]]:
    """The parts of gx, and the elements of the filter that reach each: from the last to the first."""
    sizes = zip(space, geometry.window, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    along = [[_along(first, *of) for first in range(min(of[0], of[2]))] for of in sizes]
    parts, taps = [], []
    for each in itertools.product(*along):
        elements, window, size, padding, dilation = zip(*each, strict=True)
        parts.append(Geometry(window, size, (1, 1, 1), padding, dilation))
        taps.append(elements)
    return tuple(parts), taps


def _along(first: int, n: int, k: int, stride: int, padding: int, dilation: int) -> tuple:
    """Of the elements of gx at first, first + stride, … along one dimension: the elements of the filter that reach them,
    their count, and size, padding and dilation of the convolution of g."""
    size = len(range(first, n, stride))
    reaching = [i for i in range(k) if (first + padding - i * dilation) % stride == 0]
    if not reaching:
        return slice(0, 0), 0, size, 0, 1
    last, apart = reaching[-1], reaching[1] - reaching[0] if len(reaching) > 1 else k
    nearest = (first + padding - last * dilation) // stride
    return slice(last, None, -apart), len(reaching), size, -nearest, max(1, apart * dilation // stride)


def conv_weight_grad(
    g: ndarray, x: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in w: g (N, OC, …), x (N, C, …) -> the gradient of `shape` (OC, C / groups, …)."""
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype)
    geometry = in_three(shape[2:], g.shape[2:], stride, padding, dilation)
    g, x, gw = _volumes(g), _volumes(x), None
    if winograd.pays(x.shape, (groups, geometry.window[0], shape[0] // groups, 0, shape[1], 0), x.dtype, geometry):
        gw = winograd.gradient_to_weights(g, x, geometry, groups)
    if gw is None:
        gw = sliding.gradient_to_weights(g, x, geometry, groups)
    return plain(gw).reshape(shape)


@warms_up
def _convolution() -> None:
    for dtype in (np.float32, np.float64):
        x, w = np.ones((2, 2, 3, 3), dtype), np.ones((2, 2, 2, 2), dtype)
        geometry: tuple[Sizes, Sizes, Sizes] = ((1, 1), (0, 0), (1, 1))
        g = conv_forward(x, w, None, *geometry, 1)
        conv_weight_grad(g, x, w.shape, *geometry, 1)
    winograd.warm_up()
