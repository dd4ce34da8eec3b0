"""Nodes that read and write at indices, or compute them; and those on the bits of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag

from .rule import Rule, cast, ints, of, plain, reads

REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def whole(x: Any, size: int | ndarray) -> ndarray:
    """Indices counted from the start: negative ones count from the end of `size`."""
    index = np.asarray(plain(x))
    return np.where(index < 0, index + size, index)


@reads("axis", "reduction")
def _scatter_elements(node: Any, x: Any, index: Any, updates: Any) -> Any:
    axis, reduction = node.get("axis", 0) % max(x.ndim, 1), node.get("reduction", "none")
    positions = ag.where(index < 0, index + x.shape[axis], index)
    if reduction == "none":
        return ag.scatter(x, axis, positions, updates)
    if reduction not in REDUCTIONS:
        raise node.unsupported(f"reduction={reduction}")
    return ag.scatter_reduce(x, axis, positions, updates, REDUCTIONS[reduction])


def _rows(sizes: tuple, index: ndarray) -> ndarray:
    """The flat index of each tuple of indices (…, K) into the first K sizes."""
    counted = whole(index, np.array(sizes, np.int64)).astype(np.int64)
    if ((counted < 0) | (counted >= np.array(sizes))).any():
        raise IndexError(f"onnx: indices out of range for the sizes {sizes}")
    strides = np.array([math.prod(sizes[i + 1 :]) for i in range(len(sizes))], np.int64)
    return (counted * strides).sum(-1)


@reads("reduction")
def _scatter_nd(node: Any, x: Any, index: Any, updates: Any) -> Any:
    index, reduction = np.asarray(plain(index)), node.get("reduction", "none")
    K = index.shape[-1]
    if reduction not in ("none", *REDUCTIONS):
        raise node.unsupported(f"reduction={reduction}")
    rest = tuple(x.shape[K:])
    rows = _rows(tuple(x.shape[:K]), index).reshape(-1)
    flat = ag.reshape(x, (math.prod(x.shape[:K]), math.prod(rest)))
    values = ag.reshape(updates, (len(rows), math.prod(rest)))
    at = np.broadcast_to(rows[:, None], values.shape)
    out = (
        ag.scatter(flat, 0, at, values)
        if reduction == "none"
        else ag.scatter_reduce(flat, 0, at, values, REDUCTIONS[reduction])
    )
    return ag.reshape(out, tuple(x.shape))


def _gather_nd(x: Any, index: Any, batch_dims: int) -> Any:
    index, b = np.asarray(plain(index)), batch_dims
    K = index.shape[-1]
    tops = np.indices(index.shape[:-1])[:b]  # the position in each dimension of the batch
    sizes = tuple(x.shape[: b + K])
    rows = _rows(sizes, np.concatenate([np.moveaxis(tops, 0, -1), whole(index, np.array(sizes[b:]))], -1))
    flat = ag.reshape(x, (math.prod(sizes), *x.shape[b + K :]))
    return flat[rows]


@reads("axis", "mode")
def _tensor_scatter(node: Any, cache: Any, update: Any, start: Any = None) -> Any:
    """`update` (B, …, L, …) written into the cache from each example's start on."""
    mode, axis = node.get("mode", "linear"), node.get("axis", -2) % cache.ndim
    if mode not in ("linear", "circular") or axis == 0:
        raise node.unsupported(f"mode={mode}, axis={axis}")
    first = np.zeros(cache.shape[0], np.int64) if start is None else np.asarray(plain(start))
    at = first[:, None] + np.arange(update.shape[axis])
    at = at % cache.shape[axis] if mode == "circular" else at
    sizes = [-1 if d in (0, axis) else 1 for d in range(cache.ndim)]
    sizes[0], sizes[axis] = at.shape
    return ag.scatter(cache, axis, np.broadcast_to(at.reshape(sizes), update.shape), update)


@reads("axis")
def _compress(node: Any, x: Any, condition: Any) -> Any:
    kept, axis = np.flatnonzero(plain(condition)), node.get("axis")
    if axis is None:
        return ag.reshape(x, (-1,))[kept]
    return x[(*(slice(None),) * (axis % x.ndim), kept)]


def _nonzero(x: Any) -> ndarray:
    return np.array(np.nonzero(np.atleast_1d(plain(x))), np.int64)


@reads("axis", "sorted")
def _unique(node: Any, x: Any) -> tuple:
    axis, array = node.get("axis"), plain(x)
    array = array.reshape(-1) if axis is None else array
    dim = 0 if axis is None else axis % array.ndim
    _, first, inverse, counts = np.unique(array, return_index=True, return_inverse=True, return_counts=True, axis=dim)
    inverse = inverse.reshape(-1)
    if not node.get("sorted", 1):  # as they come
        order = np.argsort(first)
        first, counts, inverse = first[order], counts[order], np.argsort(order)[inverse]
    kept = ag.reshape(x, (-1,))[first] if axis is None else x[(*(slice(None),) * dim, first)]
    return kept, first.astype(np.int64), inverse.astype(np.int64), counts.astype(np.int64)


@reads("batch_axis", "time_axis")
def _reverse_sequence(node: Any, x: Any, lengths: Any) -> Any:
    batch, time = node.get("batch_axis", 1), node.get("time_axis", 0)
    if {batch, time} != {0, 1}:
        raise node.unsupported(f"batch_axis={batch} and time_axis={time}")
    T, n = np.arange(x.shape[time])[:, None], np.array(ints(lengths))[None]
    at = np.where(n > T, n - 1 - T, T)  # (T, N)
    examples = np.arange(x.shape[batch])[None]
    return x[at, examples] if time == 0 else x[examples.T, at.T]


@reads("axis")
def _hardmax(node: Any, x: Any) -> Any:
    """1 at the first of the largest elements, else 0; before opset 13 of all dimensions from `axis` on together."""
    axis, sizes = node.get("axis", 1 if node.version < 13 else -1) % x.ndim, x.shape
    if node.version < 13:
        x, axis = ag.reshape(x, (math.prod(sizes[:axis]), -1)), 1
    rest = (1,) * (x.ndim - axis - 1)
    hot = ag.argmax(x, axis, keepdim=True) == np.arange(x.shape[axis]).reshape(-1, *rest)
    return ag.reshape(cast(hot, x.dtype), sizes)


@reads("dtype", "k")
def _eye_like(node: Any, x: Any) -> ndarray:
    from onnx.helper import tensor_dtype_to_np_dtype

    dtype = x.dtype if node.get("dtype") is None else tensor_dtype_to_np_dtype(node.get("dtype"))
    return np.eye(x.shape[0], x.shape[1], node.get("k", 0), dtype)


@reads("direction")
def _bit_shift(node: Any, x: Any, by: Any) -> ndarray:
    shift = {"LEFT": np.left_shift, "RIGHT": np.right_shift}
    if (direction := node.get("direction")) not in shift:
        raise node.unsupported(f"direction={direction}")
    return shift[direction](plain(x), plain(by))


@reads("to")
def _bit_cast(node: Any, x: Any) -> ndarray:
    from onnx.helper import tensor_dtype_to_np_dtype

    dtype = tensor_dtype_to_np_dtype(node.get("to"))
    if dtype.kind not in "fiub" or dtype.itemsize != x.dtype.itemsize:
        raise node.unsupported(f"{x.dtype} as {dtype}")
    return np.ascontiguousarray(plain(x)).view(dtype).reshape(x.shape)


# ------------------------------------------------------------------------------------------------------------------ boxes


@reads("center_point_box")
def _non_max_suppression(
    node: Any, boxes: Any, scores: Any, count: Any = None, overlap: Any = None, least: Any = None
) -> ndarray:
    """(batch, class, box) of the boxes that stay, the best first: none overlaps a better one of its class by more."""
    corners = _corners(np.asarray(plain(boxes)), node.get("center_point_box", 0))
    limit = 0 if count is None else int(plain(count).item())
    threshold = 0.0 if overlap is None else float(plain(overlap).item())
    selected = []
    for n, rows in enumerate(np.asarray(plain(scores))):
        for c, row in enumerate(rows):
            order = np.argsort(-row, kind="stable")
            if least is not None:
                order = order[row[order] > plain(least).item()]
            kept: list[int] = []
            for i in order:
                if len(kept) >= limit:
                    break
                if all(_overlap(corners[n, i], corners[n, j]) <= threshold for j in kept):
                    kept.append(int(i))
            selected += [(n, c, i) for i in kept]
    return np.array(selected, np.int64).reshape(-1, 3)


def _corners(boxes: ndarray, centred: int) -> ndarray:
    """(y1, x1, y2, x2), the smaller ones first."""
    if centred:  # (x, y, width, height)
        x, y, w, h = np.moveaxis(boxes, -1, 0)
        return np.stack([y - h / 2, x - w / 2, y + h / 2, x + w / 2], -1)
    return np.concatenate([np.minimum(boxes[..., :2], boxes[..., 2:]), np.maximum(boxes[..., :2], boxes[..., 2:])], -1)


def _overlap(a: ndarray, b: ndarray) -> float:
    """The area that two boxes share over the area that they cover."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if (sides <= 0).any():
        return 0.0
    shared = math.prod(sides)
    return shared / (math.prod(a[2:] - a[:2]) + math.prod(b[2:] - b[:2]) - shared)


def cumulated(function: Callable, empty: int) -> Rule:
    """A running sum or product; exclusive of the element itself, or from the end."""

    def kind(node: Any, x: Any, axis: Any) -> Any:
        dim = int(plain(axis).item()) % x.ndim
        x = ag.flip(x, (dim,)) if node.get("reverse", 0) else x
        if node.get("exclusive", 0):
            first = (slice(None),) * dim
            start = np.full_like(plain(x[(*first, slice(0, 1))]), empty)
            x = ag.cat([start, x[(*first, slice(0, -1))]], dim)
        out = function(x, dim, dtype=x.dtype)
        return ag.flip(out, (dim,)) if node.get("reverse", 0) else out

    return Rule(kind, frozenset({"reverse", "exclusive"}))


INDICES: dict[str, Rule] = {
    "BitCast": _bit_cast,
    "BitShift": _bit_shift,
    "Compress": _compress,
    "CumProd": cumulated(ag.cumprod, 1),
    "CumSum": cumulated(ag.cumsum, 0),
    "EyeLike": _eye_like,
    "GatherND": of(_gather_nd, batch_dims=0),
    "Hardmax": _hardmax,
    "NonMaxSuppression": _non_max_suppression,
    "NonZero": of(_nonzero),
    "ReverseSequence": _reverse_sequence,
    "Scatter": _scatter_elements,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_nd,
    "TensorScatter": _tensor_scatter,
    "Unique": _unique,
}
