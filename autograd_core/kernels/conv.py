"""Convolution over 1 to 3 dimensions: three products that are each other's gradients.

As in PyTorch, filters are not flipped: out[n, o, p] = Σ_{c, k} w[o, c, k] x[n, c, p·stride − padding + k·dilation].

Kernels see depth, height and width: of two dimensions, the depth is 1, of one, the width too (so that a long sequence
is a long run). Filters that are KD deep are KD flat ones. Groups are a dimension of their own:
x (N, G, C, D, H, W), w (G, KD, OC, K) with K = KH C KW, out (N, G, OC, P) with P = OD OH OW.

The loops are in `sliding.py`.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from .runtime import parallel_for, plain, warms_up
from .simd import calls, lanes
from .sliding import forward, weight_grad

Sizes = tuple[int, ...]

BLOCK = 192 * 1024  # bytes of shifted copies at a time: a good part of a core's second-level cache


def output_size(size: Sizes, window: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """How many positions the window has along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, window, stride, padding, dilation, strict=True)
    )


def three(sizes: Sizes, fill: int) -> tuple[int, int, int]:
    """The sizes of one, two or three dimensions as depth, height and width: 1 x L x 1, 1 x H x W."""
    if len(sizes) == 1:
        return fill, sizes[0], fill
    return (fill,) * (3 - len(sizes)) + tuple(sizes)  # type: ignore[return-value]


class How(NamedTuple):
    """How windows lie, in three dimensions. `size` counts their positions."""

    window: Sizes
    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes


def in_three(window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> How:
    return How(three(window, 1), three(size, 1), three(stride, 1), three(padding, 0), three(dilation, 1))


class Shifts(NamedTuple):
    """How the shifted copies of a block of channels and rows lie."""

    table: ndarray  # where the runs of (KH, C, KW) start in the planes (C, KW, R, rows + extra, OW)
    remainders: ndarray  # of the height, those of kh·dilation by the stride
    rows: int  # of the output, at a time
    extra: int  # how many rows more than outputs the copies have


@functools.lru_cache(256)
def shifts(how: How, channels: int, itemsize: int) -> Shifts:
    """Copies of what fits into the block, and enough for a run of some length."""
    OH, OW = how.size[1:]
    kh = np.arange(how.window[1]) * how.dilation[1]
    remainders, extra = np.unique(kh % how.stride[1]), int(kh[-1]) // how.stride[1]
    a_row = channels * how.window[2] * len(remainders) * OW * itemsize
    rows = max(BLOCK // a_row - extra, -(-256 // OW), 1)
    rows = -(-OH // -(-OH // rows))  # blocks of equal height
    plane = (rows + extra) * OW
    r = np.searchsorted(remainders, kh % how.stride[1])
    planes = np.arange(channels * how.window[2]).reshape(channels, -1) * len(remainders)  # (C, KW)
    table = (planes + r[:, None, None]) * plane + (kh // how.stride[1] * OW)[:, None, None]
    return Shifts(table.reshape(-1), remainders, rows, extra)


def _run(
    x: ndarray, w: ndarray, bias: ndarray | None, out: ndarray, how: How, step: Sizes = (1, 1, 1), first: Sizes = (0, 0, 0)
) -> None:
    """The convolution of x (N, G C, …) with w (G, KD, OC, KH, C, KW), into every step-th place from `first` of out."""
    G, _, OC, _, C, _ = w.shape
    by = shifts(how, C, x.itemsize)
    parallel_for(
        forward,
        len(x) * G * how.size[0] * -(-how.size[1] // by.rows),
        len(x) * math.prod(how.size) * w.size / (4 * lanes(x.dtype)),
        calls(x.dtype),
        plain(x).reshape(-1),
        (C, *three(x.shape[2:], 1)),
        plain(w).reshape(-1),
        np.empty(0, x.dtype) if bias is None else plain(bias),
        out.reshape(-1),
        three(out.shape[2:], 1),
        (G, OC),
        by.table,
        by.remainders,
        *how,
        step,
        first,
        by.rows,
        by.extra,
    )


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

    `padding` zeros are put before x along each dimension, and behind it as many as `size` asks for.
    """
    size = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation) if size is None else size
    out = np.empty((x.shape[0], w.shape[0], *size), x.dtype)
    if out.size:
        how = in_three(w.shape[2:], size, stride, padding, dilation)
        by_group = w.reshape(groups, -1, w.shape[1], *how.window)  # (G, OC, C, KD, KH, KW)
        _run(x, by_group.transpose(0, 3, 1, 4, 2, 5), bias, out, how)
    return out


def conv_input_grad(
    g: ndarray, w: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in x: from g (N, OC, …) to the gradient of `shape` (N, C, …).

    It is itself a convolution, of g with flipped filters; for a stride s one for each remainder e of places by s along
    each dimension: the elements of gx at h = e, e + s, … are reached through every so many-th row of the filter only.
    """
    how = in_three(w.shape[2:], g.shape[2:], stride, padding, dilation)
    along = list(zip(three(shape[2:], 1), how.window, how.stride, how.padding, how.dilation, strict=True))
    parts = [[_part(first, *sizes) for first in range(min(sizes[0], sizes[2]))] for sizes in along]
    reached = [[part for part in one if part] for one in parts]
    gx = np.empty(shape, g.dtype) if g.size and reached == parts else np.zeros(shape, g.dtype)
    by_group = w.reshape(groups, -1, w.shape[1], *how.window).transpose(0, 3, 2, 4, 1, 5)  # (G, KD, C, KH, OC, KW)
    for each in itertools.product(*reached) if g.size and gx.size else ():
        first, taps, window, size, before, apart = zip(*each, strict=True)
        filters = by_group[:, taps[0], :, taps[1], :, taps[2]]
        _run(g, filters, None, gx, How(window, size, (1, 1, 1), before, apart), how.stride, first)
    return gx


class Part(NamedTuple):
    """The elements of gx at first, first + stride, … along one dimension, as a convolution of stride 1 of g."""

    first: int
    taps: slice  # the elements of the filter, from the last one
    window: int  # how many these are
    size: int
    padding: int
    dilation: int


def _part(first: int, n: int, k: int, stride: int, padding: int, dilation: int) -> Part | None:
    """None if no element of the filter reaches them."""
    taps = [i for i in range(k) if (first + padding - i * dilation) % stride == 0]
    if not taps:
        return None
    apart, last = taps[1] - taps[0] if len(taps) > 1 else k, taps[-1]
    size, nearest = len(range(first, n, stride)), (first + padding - last * dilation) // stride
    return Part(first, slice(last, None, -apart), len(taps), size, -nearest, max(1, apart * dilation // stride))


def conv_weight_grad(
    g: ndarray, x: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in w: g (N, OC, …), x (N, C, …) -> the gradient of `shape` (OC, C / groups, …)."""
    N, OC, C = g.shape[0], shape[0] // groups, shape[1]
    if not g.size or not x.size:
        return np.zeros(shape, g.dtype)
    how = in_three(shape[2:], g.shape[2:], stride, padding, dilation)
    KD, KH, KW = how.window
    blocks = min(C, -(-16 // (N * groups)))  # for some 16 tasks where there are few images
    channels = -(-C // blocks)
    blocks = -(-C // channels)
    by = shifts(how, channels, g.itemsize)
    shares = _shares(N, groups * blocks, g.itemsize * math.prod(shape))
    gw = np.zeros((shares, groups, KD, blocks, KH, channels, KW, OC), g.dtype)
    parallel_for(
        weight_grad,
        shares * groups * blocks,
        g.size * C * KD * KH * KW / (4 * lanes(g.dtype)),
        calls(g.dtype),
        plain(g).reshape(-1),
        plain(x).reshape(-1),
        (C, *three(x.shape[2:], 1)),
        gw.reshape(-1),
        (N, groups, OC, shares),
        by.table,
        by.remainders,
        *how,
        channels,
        by.rows,
        by.extra,
        lanes(g.dtype),
    )
    deep = np.add.reduce(gw).transpose(0, 6, 2, 4, 1, 3, 5).reshape(groups * OC, blocks * channels, KD, KH, KW)
    return plain(deep[:, :C]).reshape(shape)


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))


@warms_up
def _convolution() -> None:
    for dtype in (np.float32, np.float64):
        x, w = np.ones((2, 2, 3, 3), dtype), np.ones((2, 2, 2, 2), dtype)
        how: tuple[Sizes, Sizes, Sizes] = ((1, 1), (0, 0), (1, 1))
        g = conv_forward(x, w, None, *how, 1)
        conv_weight_grad(g, x, w.shape, *how, 1)
