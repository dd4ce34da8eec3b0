"""im2col and its adjoint col2im: the windows of an image written as the columns of a matrix, and added back.

    im2col    cols[n, c, k, p] = x[n, c, p·stride − padding + k·dilation], 0 outside the image
    col2im    x[n, c, i] = Σ_{k, p} cols[n, c, k, p] where p·stride − padding + k·dilation = i

The textbook form of convolution (`conv.py` does without the matrix), `unfold`, `fold`, and an oracle for the tests.

Layouts: x (N, C, D, H, W), cols (N, C, KD KH KW, OD OH OW), with sizes of 1 where there are fewer dimensions. Parallel
split: a task is one channel of one image.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for
from .conv import Sizes, three


@kernel()
def _im2col(start, stop, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    """cols from x. window (KD, KH, KW), size (OD, OH, OW), stride, padding and dilation: three numbers each."""
    C, D, H, W = x.shape[1:]
    KD, KH, KW = window
    OD, OH, OW = size
    for task in range(start, stop):
        n, c = task // C, task % C
        for k in range(KD * KH * KW):
            kd, kh, kw = k // (KH * KW), k // KW % KH, k % KW
            first = kw * dilation[2] - padding[2]
            for row in range(OD * OH):
                d = row // OH * stride[0] + kd * dilation[0] - padding[0]
                h = row % OH * stride[1] + kh * dilation[1] - padding[1]
                inside = 0 <= d < D and 0 <= h < H
                source = x[n, c, d if inside else 0, h if inside else 0]
                target = cols[n, c, k, row * OW : (row + 1) * OW]
                for i in range(OW):
                    w = i * stride[2] + first
                    target[i] = source[w] if inside and 0 <= w < W else 0


@kernel()
def _col2im(start, stop, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    """x from cols, its adjoint; the same arguments."""
    C, D, H, W = x.shape[1:]
    KD, KH, KW = window
    OD, OH, OW = size
    for task in range(start, stop):
        n, c = task // C, task % C
        x[n, c] = 0
        for k in range(KD * KH * KW):
            kd, kh, kw = k // (KH * KW), k // KW % KH, k % KW
            first = kw * dilation[2] - padding[2]
            for row in range(OD * OH):
                d = row // OH * stride[0] + kd * dilation[0] - padding[0]
                h = row % OH * stride[1] + kh * dilation[1] - padding[1]
                if 0 <= d < D and 0 <= h < H:
                    target = x[n, c, d, h]
                    source = cols[n, c, k, row * OW : (row + 1) * OW]
                    for i in range(OW):
                        w = i * stride[2] + first
                        if 0 <= w < W:
                            target[w] += source[i]


def im2col(x: ndarray, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> ndarray:
    """x (N, C, …) -> (N, C KK, P): what is under each element of the window, at each of the `size` output positions."""
    N, C, KK, P = *x.shape[:2], math.prod(window), math.prod(size)
    cols = np.empty((N, C, KK, P), x.dtype)
    if cols.size:
        geometry = _geometry(window, size, stride, padding, dilation)
        parallel_for(_im2col, N * C, cols.size, _volumes(x), cols, *geometry)
    return cols.reshape(N, C * KK, P)


def col2im(
    cols: ndarray, shape: Sizes, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> ndarray:
    """(N, C KK, P) -> x of `shape` (N, C, …): each element added back to where `im2col` reads it, its adjoint."""
    if not cols.size:
        return np.zeros(shape, cols.dtype)
    x = np.empty(shape, cols.dtype)
    blocks = plain(cols).reshape(*shape[:2], math.prod(window), math.prod(size))
    geometry = _geometry(window, size, stride, padding, dilation)
    parallel_for(_col2im, shape[0] * shape[1], cols.size, _volumes(x), blocks, *geometry)
    return x


def _volumes(x: ndarray) -> ndarray:
    """(N, C, …) as (N, C, D, H, W)."""
    return plain(x).reshape(*x.shape[:2], *three(x.shape[2:], 1))


def _geometry(window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple:
    return three(window, 1), three(size, 1), three(stride, 1), three(padding, 0), three(dilation, 1)


@warms_up
def _columns() -> None:
    for dtype in (np.float32, np.float64):
        x = np.ones((1, 2, 3, 3), dtype)
        geometry = (2, 2), (2, 2), (1, 1), (0, 0), (1, 1)
        col2im(im2col(x, *geometry), x.shape, *geometry)
