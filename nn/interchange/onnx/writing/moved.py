"""Primitives that move elements, or add them to positions, in ONNX.

One that only moves elements is one Gather: run on the elements' positions instead of their values, its forward function
tells which element stands where in the result. Reading by several index arrays, diagonals, windows as columns and writing
by a constant index need no rule of their own.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy import ndarray

from .builder import Builder
from .elementwise import Rule, cast
from .sizes import Size, Varying
from .trace import Op


def _static(op: Op, sizes: Any) -> tuple[int, ...]:
    if isinstance(sizes, Varying) or any(not isinstance(n, int | np.integer) for n in sizes):
        op.unsupported("moves elements to positions that depend on the sizes of the input; keep these sizes fixed")
    return tuple(int(n) for n in sizes)


def moved(b: Builder, op: Op, *xs: str) -> str:
    """The inputs joined as one vector, and read by a constant index. An element that comes from none of them is 0."""
    shapes = [_static(op, s.shape) for s in op.given if s is not None]
    starts = itertools.accumulate((math.prod(s) for s in shapes), initial=1)
    positions = [start + np.arange(math.prod(s)).reshape(s) for start, s in zip(starts, shapes, strict=False)]
    index = np.asarray(op.primitive.forward(*positions, *op.params))
    flat = [b.op("Reshape", x, b.ints([-1])) for x in xs]
    if (index == 0).any():
        flat.insert(0, b.constant(np.zeros(1, op.made[0].dtype)))
    else:
        index = index - 1
    whole = flat[0] if len(flat) == 1 else b.op("Concat", *flat, axis=0)
    return b.op("Gather", whole, b.ints(index), axis=0)


def read(b: Builder, op: Op, x: str, items: list) -> str:
    """x[items], any constant index without None in front of the first array. The dimensions that stay whole in front may be
    open."""
    lead = next((k for k, i in enumerate(items) if not (isinstance(i, slice) and i == slice(None))), len(items))
    rest = items[lead:]
    arrays = [k for k, i in enumerate(rest) if isinstance(i, ndarray | int | np.integer)]
    if len(arrays) != arrays[-1] - arrays[0] + 1:  # NumPy puts the dimensions of separated arrays in front of all
        lead, rest = 0, items
    shape = op.given[0].shape
    return _read_behind(b, op, x, shape, lead, lambda positions: positions[tuple(rest)])


def _read_behind(b: Builder, op: Op, x: str, shape: tuple, lead: int, read: Any) -> str:
    """The last dimensions, behind `lead` that stay, read by a constant index; 0 where that is -1."""
    behind = _static(op, shape[lead:])
    index = np.asarray(read(np.arange(math.prod(behind)).reshape(behind)))
    x = b.reshape(x, (*shape[:lead], math.prod(behind)), op)
    if (index < 0).any():  # one element more in front, a 0
        x = b.op("Pad", x, b.ints([1, 0]), b.constant(0, op.given[0].dtype), b.ints([lead]), mode="constant")
        index = index + 1
    return b.op("Gather", x, b.ints(index), axis=lead)


def _im2col(b: Builder, op: Op, x: str) -> str:
    """(N, C, …) -> (N, C KK, P); N may be open."""

    def columns(positions: ndarray) -> ndarray:
        return op.primitive.forward(positions[None].astype(np.float64) + 1, *op.params)[0].astype(np.int64) - 1

    return _read_behind(b, op, x, op.given[0].shape, 1, columns)


def _col2im(b: Builder, op: Op, columns: str) -> str:
    shape, window, size, stride, padding, dilation = op.params
    space = _static(op, shape[2:])
    after = [  # what is left over behind the last window is padded away, as the node counts the windows itself
        (m - 1) * s + d * (k - 1) + 1 - n - p
        for n, k, m, s, p, d in zip(space, window, size, stride, padding, dilation, strict=True)
    ]
    room = [max(0, -a) for a in after]  # no window reaches the last elements: smaller, and zeros behind
    image = [n - r for n, r in zip(space, room, strict=True)]
    out = b.op(
        "Col2Im", columns, b.ints(image), b.ints(window), strides=list(stride), dilations=list(dilation),
        pads=[*padding, *(max(0, a) for a in after)],
    )  # fmt: skip
    if not any(room):
        return out
    return b.op("Pad", out, b.ints([0] * (2 + len(space)) + [0, 0, *room]), None, mode="constant")


# -------------------------------------------------------------------------------------------------------------- scattering


def zeros(b: Builder, op: Op, shape: tuple, dtype: Any) -> str:
    return b.op("Expand", b.constant(np.zeros((), dtype)), b.shape(shape, op))


def _scatter_add(b: Builder, op: Op, g: str, index: str) -> str:
    """Zeros with g added at an index for each element."""
    shape, dim = op.params[:2]
    return b.op("ScatterElements", zeros(b, op, shape, op.made[0].dtype), index, g, axis=dim, reduction="add")


def _index_add(b: Builder, op: Op, g: str, index: str) -> str:
    """Zeros with the slices of g added where a vector says."""
    shape, dim = op.params[:2]
    sizes = op.given[0].shape
    index = b.op("Reshape", index, b.ints([-1 if d == dim else 1 for d in range(len(shape))]))
    index = b.op("Expand", index, b.shape((*shape[:dim], sizes[dim], *shape[dim + 1 :]), op))
    g = b.reshape(g, (*shape[:dim], sizes[dim], *shape[dim + 1 :]), op)
    return b.op("ScatterElements", zeros(b, op, shape, op.made[0].dtype), index, g, axis=dim, reduction="add")


def _scatter(b: Builder, op: Op, x: str, src: str, index: str) -> str:
    src = b.op("Expand", src, b.shape(op.given[2].shape, op))
    return b.op("ScatterElements", x, index, src, axis=op.params[0])


def _scatter_extreme(b: Builder, op: Op, x: str, src: str, index: str) -> str:
    dim, largest, include = op.params
    src = b.op("Expand", src, b.shape(op.given[2].shape, op))
    x = (
        x if include else b.op("ScatterElements", x, index, src, axis=dim)
    )  # any of them: an extreme of equals is itself
    return b.op("ScatterElements", x, index, src, axis=dim, reduction="max" if largest else "min")


def _scatter_product(b: Builder, op: Op, x: str, index: str, src: str) -> str:
    dim, include = op.params
    if not include:  # 1 where values come
        one = b.constant(1, op.given[0].dtype)
        x = b.op("ScatterElements", x, index, b.op("Expand", one, b.shape(op.given[1].shape, op)), axis=dim)
    return b.op("ScatterElements", x, index, src, axis=dim, reduction="mul")


def _max_unpool(b: Builder, op: Op, x: str, index: str) -> str:
    """Elements written at flat positions of images of zeros."""
    dims = op.params[1]
    lead, space = op.given[0].shape[:-dims], _static(op, op.made[0].shape[-dims:])
    count = math.prod(_static(op, op.given[0].shape[-dims:]))
    values, index = (b.reshape(v, (*lead, count), op) for v in (x, index))
    image = zeros(b, op, (*lead, math.prod(space)), op.made[0].dtype)
    return b.reshape(b.op("ScatterElements", image, index, values, axis=len(lead)), (*lead, *space), op)


def _pool_scatter(b: Builder, op: Op, h: str, index: str) -> str:
    """Elements added at flat positions of images; those at -1 at an element more, which is cut off."""
    (space,) = op.params
    lead = op.given[0].shape[: -len(space)]
    S, dtype = math.prod(_static(op, space)), op.given[0].dtype
    index = b.op("Where", b.op("Less", index, b.constant(0, np.int64)), b.constant(S, np.int64), index)
    flat = [b.reshape(v, (*lead, math.prod(_static(op, op.given[0].shape[-len(space) :]))), op) for v in (h, index)]
    sums = zeros(b, op, (*lead, S + 1), dtype)
    sums = b.op("ScatterElements", sums, flat[1], flat[0], axis=len(lead), reduction="add")
    sums = b.op("Slice", sums, b.ints([0]), b.ints([S]), b.ints([len(lead)]))
    return b.reshape(sums, (*lead, *space), op)


# ------------------------------------------------------------------------------------------------------------------- scans


def doubled(b: Builder, op: Op, x: str, dim: int, neutral: Any, combine: Any, dtype: Any) -> str:
    """A running sum, product or extreme along dim: each pass combines with what stands 1, 2, 4, … in front."""
    (n,) = _static(op, op.given[0].shape[dim : dim + 1])
    by = 1
    while by < n:
        front = b.op("Slice", x, b.ints([0]), b.ints([-by]), b.ints([dim]))
        front = b.op("Pad", front, b.ints([by, 0]), b.constant(neutral, dtype), b.ints([dim]), mode="constant")
        x = combine(x, front)
        by *= 2
    return x


def _cumprod(b: Builder, op: Op, x: str) -> str:
    dtype = op.made[0].dtype
    x = x if op.given[0].dtype == dtype else cast(b, x, dtype)
    return doubled(b, op, x, op.params[0], 1, lambda x, y: b.op("Mul", x, y), dtype)


def _running_extreme(b: Builder, op: Op, x: str) -> str:
    """The index of the extreme so far: the last of those that equal it, which is a running largest again."""
    dim, largest = op.params
    shape, dtype = op.given[0].shape, op.given[0].dtype
    if not shape:
        return b.constant(0, np.int64)
    whole = np.iinfo if dtype.kind in "iu" else np.finfo
    if dtype.kind == "b":
        op.unsupported("of booleans has no form in ONNX; convert them with x.long()")
    neutral = (
        (-math.inf if largest else math.inf)
        if dtype.kind == "f"
        else getattr(whole(dtype), "min" if largest else "max")
    )
    kind = "Max" if largest else "Min"
    extreme = doubled(b, op, x, dim, neutral, lambda x, y: b.op(kind, x, y), dtype)
    reached = b.op("Equal", x, extreme)
    if dtype.kind == "f":
        reached = b.op("Or", reached, b.op("IsNaN", x))
    count = np.arange(_static(op, shape)[dim]).reshape(-1, *(1,) * (len(shape) - 1 - dim))
    at = b.op("Where", reached, b.ints(count), b.constant(0, np.int64))
    return doubled(b, op, at, dim, 0, lambda x, y: b.op("Max", x, y), np.int64)


def _kth(b: Builder, op: Op, x: str) -> str:
    """The index of the k-th smallest along a dimension, which stays as 1."""
    dim, k = op.params
    if not op.given[0].shape:
        return b.constant(0, np.int64)
    order = b.op("TopK", x, b.ints([k]), outputs=2, axis=dim, largest=0, sorted=1)[1]
    return b.op("Gather", order, b.ints([k - 1]), axis=dim)


def _median_index(b: Builder, op: Op, x: str) -> str:
    dim, skip_nan = op.params
    if not op.given[0].shape:
        return b.constant(0, np.int64)
    if skip_nan:
        op.unsupported("that skips NaN has no form in ONNX; use median")
    n = op.given[0].shape[dim]
    if isinstance(n, Size):
        op.unsupported("depends on a size that is open; keep it fixed")
    k = (n - 1) // 2 + 1
    order = b.op("TopK", x, b.ints([k]), outputs=2, axis=dim, largest=0, sorted=1)[1]
    out = b.op("Gather", order, b.ints([k - 1]), axis=dim)
    if op.given[0].dtype.kind != "f":
        return out
    nan = cast(b, b.op("IsNaN", x), np.int32)
    first = b.op("ArgMax", nan, axis=dim, keepdims=1)
    some = cast(b, b.op("ReduceMax", nan, b.ints([dim]), keepdims=1), np.bool_)
    return b.op("Where", some, first, out)


RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("as_strided", "block_diag", "diag_embed", "diagonal", "fftshift", "index_put", "unfold", "write"), moved
    ),
    "col2im": _col2im,
    "cumprod": _cumprod,
    "im2col": _im2col,
    "index_add": _index_add,
    "kth": _kth,
    "max_unpool": _max_unpool,
    "median_index": _median_index,
    "pool_scatter": _pool_scatter,
    "running_extreme": _running_extreme,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "scatter_product": _scatter_product,
    "scatter_reduce": _scatter_extreme,
}
