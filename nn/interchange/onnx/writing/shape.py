"""Shapes, indices and reductions in ONNX."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from .builder import LARGE, Builder
from .elementwise import Rule, cast
from .moved import RULES as MOVED
from .moved import read
from .sizes import Size, Varying
from .trace import Op


def _same(b: Builder, op: Op, x: str) -> str:
    return x


def _reshape(b: Builder, op: Op, x: str) -> str:
    return b.reshape(x, op.params[0], op)


def _expand(b: Builder, op: Op, x: str) -> str:
    return x if op.given[0].shape == op.params[0] else b.op("Expand", x, b.shape(op.params[0], op))


def _permute(b: Builder, op: Op, x: str) -> str:
    return b.op("Transpose", x, perm=list(op.params[0]))


def _cat(b: Builder, op: Op, *xs: str) -> str:
    return b.op("Concat", *xs, axis=op.params[0])


def sliced(b: Builder, x: str, cuts: list[tuple]) -> str:
    """x cut by (dim, start, stop, step) each; starts and stops are names of vectors or numbers."""
    if not cuts:
        return x
    dims, starts, stops, steps = zip(*cuts, strict=True)

    def vector(values: tuple) -> str:
        if not any(isinstance(v, str) for v in values):
            return b.ints(values)
        return b.op("Concat", *(v if isinstance(v, str) else b.ints([v]) for v in values), axis=0)

    return b.op("Slice", x, vector(starts), vector(stops), b.ints(dims), b.ints(steps))


def _flip(b: Builder, op: Op, x: str) -> str:
    return sliced(b, x, [(d, -1, -LARGE, -1) for d in op.params[0]])


def _roll(b: Builder, op: Op, x: str) -> str:
    for shift, dim in zip(*op.params, strict=True):
        size = op.given[0].shape[dim]
        shift = shift % size if isinstance(size, int) and size else shift
        if shift:  # the last `shift` elements come first
            x = b.op("Concat", sliced(b, x, [(dim, -shift, LARGE, 1)]), sliced(b, x, [(dim, 0, -shift, 1)]), axis=dim)
    return x


# ---------------------------------------------------------------------------------------------------------------- indices


def _getitem(b: Builder, op: Op, x: str) -> str:
    """Slices first, then integers and an index array from the last dimension to the first, then None."""
    shape = op.given[0].shape
    items = list(op.params[0]) if isinstance(op.params[0], tuple) else [op.params[0]]
    at = next((k for k, i in enumerate(items) if i is ...), None)
    if at is not None:
        masks = sum(i.ndim - 1 for i in items if isinstance(i, ndarray) and i.dtype == bool)
        taking = sum(i is not None for i in items) - 1 + masks
        items[at : at + 1] = [slice(None)] * (len(shape) - taking)
    if _several_arrays(items):
        return read(b, op, x, items)
    cuts: list[tuple] = []
    chosen: list[tuple[int, Any]] = []
    new: list[int] = []
    dim = out = 0
    for item in items:
        if item is None:
            new.append(out)
            out += 1
            continue
        if isinstance(item, Varying):
            op.unsupported("has an index that depends on the sizes")
        if isinstance(item, slice):
            cut = _cut(b, op, item, shape[dim])
            cuts += [(dim, *cut)] if cut else []
            out += 1
        elif isinstance(item, ndarray):
            item = np.flatnonzero(item) if item.dtype == bool else item
            chosen.append((dim, item.astype(np.int64)))
            out += item.ndim
        else:
            chosen.append((dim, _place(op, item, shape[dim])))
        dim += 1
    x = sliced(b, x, cuts)
    for dim, index in reversed(chosen):
        x = b.op("Gather", x, b.constant(np.asarray(index, np.int64)), axis=dim)
    return b.op("Unsqueeze", x, b.ints(new)) if new else x


def _several_arrays(items: list) -> bool:
    """Whether there are several index arrays, one with integers beside it, or a mask that is no vector."""
    arrays = [i for i in items if isinstance(i, ndarray | bool | np.bool_)]
    masks = [i for i in arrays if not isinstance(i, ndarray) or (i.dtype == bool and i.ndim != 1)]
    numbers = [i for i in items if isinstance(i, int | np.integer | Size)]
    return bool(masks) or len(arrays) > 1 or (len(arrays) == 1 and bool(numbers))


def _place(op: Op, index: Any, size: Any) -> int:
    """An integer index; one that grows with the size is counted from the end."""
    if isinstance(index, Size):
        index = index - size
        if isinstance(index, Size) or index >= 0:
            op.unsupported("has an index that depends on the sizes")
    return int(index)


def _cut(b: Builder, op: Op, item: slice, size: Any) -> tuple | None:
    """Start, stop and step for a Slice node; None if nothing is cut."""
    step = 1 if item.step is None else int(item.step)
    start, stop = item.start, item.stop
    if start in (None, 0) and step == 1 and (stop is None or stop == size):
        return None

    def end(value: Any) -> Any:
        if not isinstance(value, Size):
            return int(value)
        rest = value - size
        if isinstance(rest, int):
            return LARGE if rest >= 0 else rest
        return b.size(value)

    start = (0 if step > 0 else LARGE) if start is None else end(start)
    stop = (LARGE if step > 0 else -LARGE) if stop is None else end(stop)
    return start, stop, step


def _take(b: Builder, op: Op, x: str, index: str) -> str:
    return b.op("Gather", x, index, axis=op.params[0])


def _gather(b: Builder, op: Op, x: str, index: str) -> str:
    return b.op("GatherElements", x, index, axis=op.params[0])


def _pad(b: Builder, op: Op, x: str) -> str:
    widths, value = op.params
    pads = [before for before, _ in widths] + [after for _, after in widths]
    return b.op("Pad", x, b.ints(pads), b.constant(value, op.given[0].dtype), mode="constant")


def _pad_dim(b: Builder, op: Op, x: str) -> str:
    dim, before, after, mode = op.params
    kind = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    return b.op("Pad", x, b.ints([before, after]), None, b.ints([dim]), mode=kind)


def _triangle(upper: int) -> Rule:
    return lambda b, op, x: b.op("Trilu", x, b.constant((op.params or (0,))[0], np.int64), upper=upper)


def _argsort(b: Builder, op: Op, x: str) -> str:
    dim, descending = op.params
    return b.op("TopK", x, b.size(op.given[0].shape[dim]), outputs=2, axis=dim, largest=int(descending), sorted=1)[1]


# ------------------------------------------------------------------------------------------------------------- reductions


def reduced(kind: str) -> Rule:
    """A reduction with params (dims, keepdim, …)."""

    def rule(b: Builder, op: Op, x: str) -> str:
        dims, keepdim = op.params[:2]
        dtype = op.given[0].dtype
        if dtype.kind in "bu" or (dtype.kind == "i" and op.made[0].dtype != dtype):
            x = cast(b, x, op.made[0].dtype)
        return _reduce(b, kind, x, dims, keepdim)

    return rule


def _reduce(b: Builder, kind: str, x: str, dims: tuple, keepdim: bool) -> str:
    return b.op(kind, x, b.ints(dims), keepdims=int(keepdim)) if dims else x


def _whether(kind: str) -> Rule:
    """all and any, as the least and the largest of 0 and 1."""

    def rule(b: Builder, op: Op, x: str) -> str:
        x = x if op.given[0].dtype.kind == "b" else cast(b, x, "bool")
        return cast(b, _reduce(b, kind, cast(b, x, "int32"), *op.params), op.made[0].dtype)

    return rule


def _prod(b: Builder, op: Op, x: str) -> str:
    return b.op("ReduceProd", x, b.ints([len(op.given[0].shape) - 1]), keepdims=0)


def _norm(b: Builder, op: Op, x: str) -> str:
    out = _whole_norm(b, op, x)
    least = op.params[3]
    return b.op("Max", out, b.constant(least, op.given[0].dtype)) if least else out


def _whole_norm(b: Builder, op: Op, x: str) -> str:
    p, dims, keepdim, _ = op.params
    if p in (1, 2):
        return _reduce(b, f"ReduceL{p:.0f}", b.op("Abs", x) if not dims else x, dims, keepdim)
    if math.isinf(p):
        return _reduce(b, "ReduceMax" if p > 0 else "ReduceMin", b.op("Abs", x), dims, keepdim)
    dtype = op.given[0].dtype
    total = _reduce(b, "ReduceSum", b.op("Pow", b.op("Abs", x), b.constant(p, dtype)), dims, keepdim)
    return b.op("Pow", total, b.constant(1 / p, dtype))


def _best(kind: str) -> Rule:
    def rule(b: Builder, op: Op, x: str) -> str:
        dim, keepdim = op.params
        if dim is None:
            x = b.op("Reshape", x, b.ints([-1]))
        out = b.op(kind, x, axis=dim or 0, keepdims=int(keepdim))
        return b.op("Reshape", out, b.ints(op.made[0].shape)) if dim is None else out

    return rule


def _along(kind: str) -> Rule:
    """With params (dim,)."""
    return lambda b, op, x: b.op(kind, x, axis=op.params[0])


def _cumsum(b: Builder, op: Op, x: str) -> str:
    dim, reverse = op.params
    x = x if op.given[0].dtype == op.made[0].dtype else cast(b, x, op.made[0].dtype)
    return b.op("CumSum", x, b.constant(dim, np.int64), reverse=int(reverse))


def _sum_to(b: Builder, op: Op, x: str) -> str:
    (shape,), given = op.params, op.given[0].shape
    lead = len(given) - len(shape)
    dims = tuple(i for i, size in enumerate(given) if i < lead or (shape[i - lead] == 1 and size != 1))
    return b.reshape(_reduce(b, "ReduceSum", x, dims, True), shape, op)


RULES: dict[str, Rule] = {
    **MOVED,
    "all": _whether("ReduceMin"),
    "amax": reduced("ReduceMax"),
    "amin": reduced("ReduceMin"),
    "any": _whether("ReduceMax"),
    "argmax": _best("ArgMax"),
    "argmin": _best("ArgMin"),
    "argsort": _argsort,
    "cat": _cat,
    "chosen": _same,
    "clone": _same,
    "contiguous": _same,
    "cumsum": _cumsum,
    "expand": _expand,
    "flip": _flip,
    "gather": _gather,
    "getitem": _getitem,
    "identity": _same,
    "index_select": _take,
    "log_softmax": _along("LogSoftmax"),
    "logsumexp": reduced("ReduceLogSumExp"),
    "mean": reduced("ReduceMean"),
    "norm": _norm,
    "pad": _pad,
    "pad_dim": _pad_dim,
    "permute": _permute,
    "prod": _prod,
    "reshape": _reshape,
    "roll": _roll,
    "softmax": _along("Softmax"),
    "sum": reduced("ReduceSum"),
    "sum_to": _sum_to,
    "take": _take,
    "tril": _triangle(0),
    "triu": _triangle(1),
}
