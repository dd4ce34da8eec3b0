"""Pooling nodes, and the padding that they share with convolutions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag

from .... import functional as F
from .rule import Rule, ints, plain, reads


def by_dims(family: str, x: Any) -> Callable:
    """The function of F for as many spatial dimensions as x (N, C, …) has."""
    return getattr(F, f"{family}{x.ndim - 2}d")


def margins(node: Any, space: tuple, window: list, stride: list, dilation: list) -> list[tuple[int, int]]:
    """The padding (before, after) of each spatial dimension."""
    kind = node.get("auto_pad", "NOTSET")
    if kind in ("NOTSET", "VALID"):
        pads = (node.get("pads") if kind == "NOTSET" else None) or [0] * 2 * len(space)
        return list(zip(pads[: len(space)], pads[len(space) :], strict=True))
    pairs = []
    for n, k, s, d in zip(space, window, stride, dilation, strict=True):
        total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
        less, more = total // 2, total - total // 2
        pairs.append((less, more) if kind == "SAME_UPPER" else (more, less))
    return pairs


def padded(x: Any, pairs: list[tuple[int, int]], value: float = 0.0) -> Any:
    """x with each spatial dimension padded."""
    flat = [w for pair in reversed(pairs) for w in pair]
    return F.pad(x, flat, value=value) if any(flat) else x


def _pool(node: Any, x: Any) -> tuple:
    """Window, stride, dilation and margins; with ceil_mode, margins that make the windows fit."""
    dims = x.ndim - 2
    window = node.get("kernel_shape")
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    pairs = margins(node, x.shape[2:], window, stride, dilation)
    if node.get("ceil_mode", 0):
        for i, (n, k, s, d, (before, after)) in enumerate(
            zip(x.shape[2:], window, stride, dilation, pairs, strict=True)
        ):
            room = n + before + after - d * (k - 1) - 1
            outputs = -(-room // s) + 1
            if (outputs - 1) * s >= n + before:  # a window that would begin behind the image
                outputs -= 1
            pairs[i] = (before, after + max(0, (outputs - 1) * s - room))
    return window, stride, dilation, pairs


@reads("kernel_shape", "ceil_mode", "auto_pad", "pads", "strides", "dilations", "storage_order")
def _max_pool(node: Any, x: Any) -> Any:
    """The maxima; their indices count the elements of all images, rows or, with storage_order=1, columns first."""
    window, stride, dilation, pairs = _pool(node, x)
    if x.dtype.kind != "f":
        return _max_pool_whole(node, x, window, stride, dilation, pairs)
    pool, framed = by_dims("max_pool", x), padded(x, pairs, -math.inf)
    if not node.wants(1):
        return pool(framed, window, stride, 0, dilation)
    out, index = pool(framed, window, stride, 0, dilation, return_indices=True)
    return out, _indices(node, x, framed, plain(index), pairs)


def _indices(node: Any, x: Any, framed: Any, index: Any, pairs: list) -> Any:
    """From indices into each padded image to those into all images."""
    at = [v - before for v, (before, _) in zip(np.unravel_index(index, framed.shape[2:]), pairs, strict=True)]
    order: Any = "F" if node.get("storage_order", 0) else "C"
    flat = np.ravel_multi_index(at, x.shape[2:], order=order)
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *(1,) * (x.ndim - 2))
    return (flat + planes * math.prod(x.shape[2:])).astype(np.int64)


def _max_pool_whole(node: Any, x: Any, window: list, stride: list, dilation: list, pairs: list) -> Any:
    """Of whole numbers, which have no gradient."""
    if node.wants(1):
        raise node.unsupported(f"its output of indices for {x.dtype}")
    array = np.pad(plain(x), [(0, 0), (0, 0), *pairs], constant_values=np.iinfo(x.dtype).min)
    reach = [d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True)]
    views = np.lib.stride_tricks.sliding_window_view(array, reach, tuple(range(2, x.ndim)))
    steps = (slice(None), slice(None), *(slice(None, None, s) for s in stride))
    return views[(*steps, *(slice(None, None, d) for d in dilation))].max(tuple(range(x.ndim, 2 * x.ndim - 2)))


def _summed(x: Any, window: list, stride: list, dilation: list) -> Any:
    """The sums of all windows."""
    if all(d == 1 for d in dilation):
        return by_dims("avg_pool", x)(x, window, stride) * math.prod(window)
    N, C, *space = x.shape
    out = by_dims("conv", x)(
        ag.reshape(x, (N * C, 1, *space)), np.ones((1, 1, *window), x.dtype), None, stride, 0, dilation
    )
    return ag.reshape(out, (N, C, *out.shape[2:]))


@reads("kernel_shape", "ceil_mode", "count_include_pad", "auto_pad", "pads", "strides", "dilations")
def _average_pool(node: Any, x: Any) -> Any:
    """The mean of the padded image; where padding does not count, the sum over the number of elements that do."""
    window, stride, dilation, pairs = _pool(node, x)
    usual = margins(node, x.shape[2:], window, stride, dilation)
    counted = np.ones((1, 1, *x.shape[2:]), x.dtype)
    if node.get("count_include_pad", 0):  # what ceil_mode adds does not
        counted = np.pad(counted, [(0, 0), (0, 0), *usual], constant_values=1)
        rest = [(b - gb, a - ga) for (b, a), (gb, ga) in zip(pairs, usual, strict=True)]
    else:
        rest = pairs
    if not any(w for pair in rest for w in pair) and all(d == 1 for d in dilation):
        return by_dims("avg_pool", x)(padded(x, pairs), window, stride)
    counts = _summed(np.pad(counted, [(0, 0), (0, 0), *rest]), window, stride, dilation)
    return _summed(padded(x, pairs), window, stride, dilation) / counts


def _global(function: str) -> Rule:
    return Rule(lambda node, x: getattr(x, function)(tuple(range(2, x.ndim)), keepdim=True))


@reads("kernel_shape", "ceil_mode", "p", "auto_pad", "pads", "strides", "dilations")
def _lp_pool(node: Any, x: Any) -> Any:
    window, stride, dilation, pairs = _pool(node, x)
    p = node.get("p", 2)
    return _summed(padded(x.abs() ** p, pairs), window, stride, dilation) ** (1 / p)


@reads("p")
def _global_lp_pool(node: Any, x: Any) -> Any:
    p = node.get("p", 2)
    return (x.abs() ** p).sum(tuple(range(2, x.ndim)), keepdim=True) ** (1 / p)


@reads("kernel_shape", "pads", "strides")
def _max_unpool(node: Any, x: Any, index: Any, size: Any = None) -> Any:
    """Maxima at their indices into all images of the size that the pooling had by its attributes, then 0 up to `size`."""
    dims = x.ndim - 2
    stride, pads = node.get("strides") or [1] * dims, node.get("pads") or [0] * 2 * dims
    space = [
        (n - 1) * s + k - pads[i] - pads[i + dims]
        for i, (n, s, k) in enumerate(zip(x.shape[2:], stride, node.get("kernel_shape"), strict=True))
    ]
    sizes = (*x.shape[:2], *space)
    flat = np.zeros(math.prod(sizes), x.dtype)
    out = ag.reshape(ag.scatter(flat, 0, plain(index).reshape(-1), ag.reshape(x, (-1,))), sizes)
    whole = ints(size) or list(sizes)
    if tuple(whole[:2]) != sizes[:2] or any(m < n for m, n in zip(whole, sizes, strict=True)):
        raise node.unsupported(f"output_shape={whole}, where the attributes make {list(sizes)}")
    return padded(out, [(0, m - n) for m, n in zip(whole[2:], space, strict=True)])


POOLING: dict[str, Rule] = {
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global("mean"),
    "GlobalLpPool": _global_lp_pool,
    "GlobalMaxPool": _global("amax"),
    "LpPool": _lp_pool,
    "MaxPool": _max_pool,
    "MaxUnpool": _max_unpool,
}
