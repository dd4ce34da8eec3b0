"""Pooling over 1 to 3 dimensions. The windows come as tables, so that strided and adaptive pooling are one kernel.

Kernels see planes x (M, D, H, W), with M all leading dimensions in one and D, H of size 1 where there are fewer, and
out (M, OD, OH, OW). Each plane is a task. A place in a plane is PyTorch's flat index, (d H + h) W + w.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from .conv import clear
from .runtime import kernel, parallel_for, plain, warms_up

Sizes = tuple[int, ...]


class Windows(NamedTuple):
    """The windows along one dimension: of output i, the elements start[i] : stop[i] in steps of `dilation`."""

    start: ndarray
    stop: ndarray
    divisor: ndarray  # of an average
    dilation: int

    def positions(self) -> ndarray:
        """(K, outputs): the k-th element of each window. Shorter windows repeat their last: no maximum changes."""
        lengths = -(-(self.stop - self.start) // self.dilation)
        k = np.minimum(np.arange(lengths.max(initial=0))[:, None], lengths - 1)
        return self.start + k * self.dilation


@functools.lru_cache(512)
def strided_windows(
    size: int, window: int, stride: int, padding: int, dilation: int, ceil_mode: bool, include_pad: bool
) -> Windows:
    """A window every `stride` elements, first at -padding. With `ceil_mode`, also one that reaches over the end, if it
    starts inside or in the front padding. An average counts the padding if `include_pad`."""
    span = dilation * (window - 1) + 1
    room = size + 2 * padding - span
    outputs = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (outputs - 1) * stride >= size + padding:
        outputs -= 1
    first = np.arange(max(0, outputs), dtype=np.int64) * stride - padding
    stop = np.minimum(first + span, size)
    start = np.where(first < 0, first + -(first // dilation) * dilation, first)
    padded = np.minimum(first + span, size + padding) - first
    return Windows(start, stop, padded if include_pad else stop - start, dilation)


@functools.lru_cache(512)
def adaptive_windows(size: int, outputs: int) -> Windows:
    """`outputs` windows that cover the dimension: floor(i size / outputs) to ceil((i + 1) size / outputs)."""
    i = np.arange(outputs, dtype=np.int64)
    start, stop = i * size // outputs, -(-(i + 1) * size // outputs)
    return Windows(start, stop, stop - start, 1)


# ------------------------------------------------------------------------------------------------------------- maximum


@kernel()
def _max(start, stop, x, out, indices, ds, hs, ws):  # type: ignore[no-untyped-def]
    """The largest element of each window and its place: the first of equals; a NaN counts as largest."""
    H, W = x.shape[2], x.shape[3]
    OD, OH, OW = out.shape[1], out.shape[2], out.shape[3]
    for m in range(start, stop):
        for od in range(OD):
            for oh in range(OH):
                best, place = out[m, od, oh], indices[m, od, oh]
                for kd in range(ds.shape[0]):
                    for kh in range(hs.shape[0]):
                        d, h = ds[kd, od], hs[kh, oh]
                        row, base = x[m, d, h], (d * H + h) * W
                        for kw in range(ws.shape[0]):
                            columns = ws[kw]
                            if kd + kh + kw == 0:
                                for ow in range(OW):
                                    best[ow] = row[columns[ow]]
                                    place[ow] = base + columns[ow]
                            else:
                                for ow in range(OW):
                                    value = row[columns[ow]]
                                    if value > best[ow] or value != value:
                                        best[ow] = value
                                        place[ow] = base + columns[ow]


@kernel()
def _scatter(start, stop, g, indices, out):  # type: ignore[no-untyped-def]
    for m in range(start, stop):
        for p in range(g.shape[1]):
            i = indices[m, p]
            if i >= 0:
                out[m, i] += g[m, p]


@kernel()
def _gather(start, stop, x, indices, out):  # type: ignore[no-untyped-def]
    for m in range(start, stop):
        for p in range(out.shape[1]):
            i = indices[m, p]
            out[m, p] = x[m, i] if i >= 0 else 0


# ------------------------------------------------------------------------------------------------------------- average


@kernel()
def _average(start, stop, x, out, d0, d1, nd, h0, h1, nh, w0, w1, nw):  # type: ignore[no-untyped-def]
    """Down the rows of a window first, a row of sums at a time; then across."""
    OD, OH, OW = out.shape[1], out.shape[2], out.shape[3]
    W = x.shape[3]
    sums = np.empty(W, x.dtype)
    for m in range(start, stop):
        for od in range(OD):
            for oh in range(OH):
                clear(sums, 0, W)
                for d in range(d0[od], d1[od]):
                    for h in range(h0[oh], h1[oh]):
                        row = x[m, d, h]
                        for w in range(W):
                            sums[w] += row[w]
                for ow in range(OW):
                    total = x.dtype.type(0)
                    for w in range(w0[ow], w1[ow]):
                        total += sums[w]
                    out[m, od, oh, ow] = total / x.dtype.type(nd[od] * nh[oh] * nw[ow])


@kernel()
def _spread(start, stop, g, out, d0, d1, nd, h0, h1, nh, w0, w1, nw):  # type: ignore[no-untyped-def]
    """The adjoint of `_average`: across first, then up the rows."""
    OD, OH, OW = g.shape[1], g.shape[2], g.shape[3]
    W = out.shape[3]
    sums = np.empty(W, g.dtype)
    for m in range(start, stop):
        for od in range(OD):
            for oh in range(OH):
                clear(sums, 0, W)
                for ow in range(OW):
                    share = g[m, od, oh, ow] / g.dtype.type(nd[od] * nh[oh] * nw[ow])
                    for w in range(w0[ow], w1[ow]):
                        sums[w] += share
                for d in range(d0[od], d1[od]):
                    for h in range(h0[oh], h1[oh]):
                        row = out[m, d, h]
                        for w in range(W):
                            row[w] += sums[w]


# ------------------------------------------------------------------------------------------------------------ wrappers

_one = adaptive_windows(1, 1)


def _planes(x: ndarray, dims: int) -> ndarray:
    """x (…, *space) with all leading dimensions in one and three of space."""
    return plain(x).reshape(math.prod(x.shape[:-dims]), *(1,) * (3 - dims), *x.shape[-dims:])


def _output(x: ndarray, windows: tuple[Windows, ...], dtype: type | np.dtype) -> ndarray:
    return np.empty((*x.shape[: -len(windows)], *(len(w.start) for w in windows)), dtype)


def _tables(windows: tuple[Windows, ...]) -> list[ndarray]:
    return [table for w in (_one,) * (3 - len(windows)) + windows for table in (w.start, w.stop, w.divisor)]


def _work(out: ndarray, windows: tuple[Windows, ...]) -> float:
    """Elements visited: those of all windows."""
    overlap = math.prod(float((w.stop - w.start).sum()) / w.dilation for w in windows)
    return overlap * math.prod(out.shape[: -len(windows)])


def max_pool(x: ndarray, windows: tuple[Windows, ...]) -> tuple[ndarray, ndarray]:
    """The largest element of each window of x (…, *space), and its flat index in space (int64)."""
    dims = len(windows)
    out, indices = _output(x, windows, x.dtype), _output(x, windows, np.int64)
    if out.size:
        tables = [w.positions() for w in (_one,) * (3 - dims) + windows]
        planes = _planes(x, dims)
        work = 2 * _work(out, windows)
        parallel_for(_max, len(planes), work, planes, _planes(out, dims), _planes(indices, dims), *tables)
    return out, indices


def average_pool(x: ndarray, windows: tuple[Windows, ...]) -> ndarray:
    """The sum of each window of x (…, *space), divided by the product of the divisors."""
    dims = len(windows)
    out = _output(x, windows, x.dtype)
    if out.size:
        planes = _planes(x, dims)
        parallel_for(_average, len(planes), _work(out, windows), planes, _planes(out, dims), *_tables(windows))
    return out


def spread_pool(g: ndarray, windows: tuple[Windows, ...], space: Sizes) -> ndarray:
    """The adjoint of `average_pool`: (…, *outputs) -> (…, *space)."""
    dims = len(windows)
    out = np.zeros((*g.shape[:-dims], *space), g.dtype)
    if g.size:
        planes = _planes(g, dims)
        parallel_for(_spread, len(planes), _work(g, windows), planes, _planes(out, dims), *_tables(windows))
    return out


def _flat(x: ndarray, dims: int, dtype: type | None = None) -> ndarray:
    return plain(x, dtype).reshape(math.prod(x.shape[:-dims]), math.prod(x.shape[-dims:]))


def scatter(g: ndarray, indices: ndarray, space: Sizes) -> ndarray:
    """Zeros (…, *space) with each element of g (…, *outputs) added at its flat index, unless that is negative."""
    dims = len(space)
    out = np.zeros((*g.shape[:-dims], *space), g.dtype)
    if g.size:
        gs = _flat(g, dims)
        parallel_for(_scatter, len(gs), 2 * g.size, gs, _flat(indices, dims, np.int64), _flat(out, dims))
    return out


def gather(x: ndarray, indices: ndarray, dims: int) -> ndarray:
    """The elements of x (…, *space) at the flat indices (…, *outputs), 0 where negative: the adjoint of `scatter`."""
    out = np.empty(indices.shape, x.dtype)
    if out.size:
        xs = _flat(x, dims)
        parallel_for(_gather, len(xs), 2 * out.size, xs, _flat(indices, dims, np.int64), _flat(out, dims))
    return out


@warms_up
def _pooling() -> None:
    windows = (adaptive_windows(4, 2),) * 2
    for dtype in (np.float32, np.float64):
        x = np.ones((2, 4, 4), dtype)
        out, indices = max_pool(x, windows)
        gather(scatter(out, indices, (4, 4)), indices, 2)
        spread_pool(average_pool(x, windows), windows, (4, 4))
