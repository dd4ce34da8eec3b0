"""What each kind of node computes, for `nn.onnx.load`, as a table of rules (`rule.py`). The values of inputs are tensors or
arrays; shapes and axes may come as attributes, in older files, or as inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine import basics
from autograd_core.ops.elementwise import arithmetic as ew
from autograd_core.ops.elementwise import logic, rounding, special
from autograd_core.ops.elementwise import trigonometric as tr
from autograd_core.ops.indexing.gather import gather
from autograd_core.ops.linalg.einsum import einsum
from autograd_core.ops.linalg.products import matmul
from autograd_core.ops.reduction import extremes, sort, statistics
from autograd_core.ops.reduction import reduce as rd
from autograd_core.ops.shape import shape
from autograd_core.ops.shape.rearrange import tile
from autograd_core.ops.shape.strided import tril, triu

from .... import functional as F
from .control import CONTROL
from .indices import INDICES
from .layers import LAYERS
from .norms import NORMS
from .pooling import POOLING
from .quantized import QUANTIZED
from .recurrent import RECURRENT
from .rule import Rule, cast, ints, of, plain, reads
from .signal import SIGNAL


def aligned(function: Callable) -> Rule:
    """Of two inputs that broadcast. Before opset 7 `axis` says where the second one's first dimension stands."""

    def kind(node: Any, x: Any, y: Any) -> Any:
        axis = node.get("axis")
        if axis is not None:
            y = shape.reshape(y, (*y.shape, *(1,) * (x.ndim - axis % x.ndim - y.ndim)))
        return function(x, y)

    return Rule(kind, frozenset({"axis"}), frozenset({"broadcast"}))


def folded(function: Callable) -> Rule:
    """Of any number of inputs."""

    def kind(node: Any, x: Any, *others: Any) -> Any:
        for y in others:
            x = function(x, y)
        return x

    return Rule(kind)


def axes_of(node: Any, input: Any) -> list[int] | None:
    """Axes, from an input or, in older files, an attribute."""
    return ints(input) if input is not None else node.get("axes")


# ------------------------------------------------------------------------------------------------------------ elementwise


def _div(x: Any, y: Any) -> Any:
    whole = all(v.dtype.kind in "iu" for v in (x, y))
    return ew.div(x, y, rounding_mode="trunc" if whole else None)


@reads("min", "max")
def _clip(node: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    low = node.get("min") if low is None else low
    high = node.get("max") if high is None else high
    return x if low is None and high is None else rounding.clamp(x, low, high)


def _pow(x: Any, y: Any) -> Any:
    """The result has the dtype of x."""
    out = ew.pow(x, y)
    return out if out.dtype == x.dtype else cast(out, x.dtype)


def _mod(x: Any, y: Any, fmod: int) -> Any:
    return ew.fmod(x, y) if fmod else ew.remainder(x, y)


def _shrink(x: Any, lambd: float, bias: float) -> Any:
    return basics.where(x < -lambd, x + bias, basics.where(x > lambd, x - bias, x * 0))


@reads()
def _prelu(node: Any, x: Any, slope: Any) -> Any:
    if node.version < 7 and slope.ndim == 1:  # then a slope of each channel
        slope = shape.reshape(slope, (-1, *(1,) * max(0, x.ndim - 2)))
    return F.relu(x) + slope * (x - F.relu(x))


@reads("to", ignores=("saturate", "round_mode"))
def _cast(node: Any, x: Any, *like: Any) -> Any:
    from onnx import TensorProto
    from onnx.helper import tensor_dtype_to_np_dtype

    to = node.get("to")
    to = TensorProto.DataType.Value(to) if isinstance(to, str) else to  # a name, before opset 6
    dtype = like[0].dtype if like else tensor_dtype_to_np_dtype(to)
    if dtype.kind not in "fiubc":
        raise node.unsupported(f"there is no dtype {dtype} here")
    return cast(x, dtype)


def _is_inf(x: Any, positive: int, negative: int) -> Any:
    masks = [x == math.inf] if positive else []
    masks += [x == -math.inf] if negative else []
    return masks[0] | masks[1] if len(masks) == 2 else masks[0] if masks else x != x


def _gelu(x: Any, approximate: str) -> Any:
    return F.gelu(x, approximate=approximate)


def _softmax(function: Callable) -> Rule:
    """Before opset 13 over all dimensions from `axis` (1) on together, since then over `axis` (-1) alone."""

    def kind(node: Any, x: Any) -> Any:
        if node.version >= 13:
            return function(x, node.get("axis", -1))
        axis = node.get("axis", 1) % max(x.ndim, 1)
        rows = math.prod(x.shape[:axis])
        return shape.reshape(function(shape.reshape(x, (rows, -1)), 1), x.shape)

    return Rule(kind, frozenset({"axis"}))


# ---------------------------------------------------------------------------------------------------------------- shapes


@reads("shape", "allowzero")
def _reshape(node: Any, x: Any, target: Any = None) -> Any:
    sizes = node.get("shape") if target is None else ints(target)
    if not node.get("allowzero", 0):
        sizes = [x.shape[i] if s == 0 else s for i, s in enumerate(sizes)]
    return shape.reshape(x, tuple(sizes))


def _flatten(x: Any, axis: int) -> Any:
    axis = axis + x.ndim if axis < 0 else axis
    return shape.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


@reads("axes")
def _squeeze(node: Any, x: Any, axes: Any = None) -> Any:
    dims = axes_of(node, axes)
    return shape.squeeze(x, None if dims is None else tuple(dims))


@reads("axes")
def _unsqueeze(node: Any, x: Any, axes: Any = None) -> Any:
    dims = axes_of(node, axes) or []
    ndim = x.ndim + len(dims)
    for dim in sorted(d % ndim for d in dims):
        x = shape.unsqueeze(x, dim)
    return x


@reads()
def _expand(node: Any, x: Any, sizes: Any) -> Any:
    return basics.broadcast_to(x, np.broadcast_shapes(tuple(x.shape), tuple(ints(sizes))))


def _transpose(x: Any, perm: Any) -> Any:
    return shape.permute(x, tuple(range(x.ndim))[::-1] if perm is None else tuple(perm))


@reads("axis")
def _concat(node: Any, *xs: Any) -> Any:
    return shape.cat(list(xs), node.get("axis", 1))


@reads("axis", "split", "num_outputs")
def _split(node: Any, x: Any, sizes: Any = None) -> tuple:
    axis, parts = node.get("axis", 0), len(node.outputs)
    if node.get("num_outputs", parts) != parts:
        raise node.unsupported(f"num_outputs={node.get('num_outputs')} with {parts} outputs")
    lengths = node.get("split") if sizes is None else ints(sizes)
    if lengths is None:
        each = -(-x.shape[axis] // parts)
        lengths = [min(each, x.shape[axis] - i * each) for i in range(parts)]
    return shape.split(x, lengths, axis)


@reads("starts", "ends", "axes")
def _slice(node: Any, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    begins = node.get("starts") if starts is None else ints(starts)
    stops = node.get("ends") if ends is None else ints(ends)
    dims = axes_of(node, axes) or range(len(begins))
    index = [slice(None)] * x.ndim
    for dim, start, stop, step in zip(dims, begins, stops, ints(steps) or [1] * len(begins), strict=True):
        size = x.shape[dim]
        start, stop = (v + size if v < 0 else v for v in (start, stop))
        low = min(max(start, 0), size if step > 0 else size - 1)
        high = min(max(stop, 0 if step > 0 else -1), size)
        index[dim] = slice(low, None if high < 0 else high, step)
    return x[tuple(index)]


def _gather(x: Any, index: Any, axis: int) -> Any:
    if isinstance(x, ndarray) and isinstance(index, ndarray):
        return np.asarray(np.take(x, index, axis))
    return x[(*(slice(None),) * (axis % x.ndim), index)]


def _gather_elements(x: Any, index: Any, axis: int) -> Any:
    return gather(x, axis, basics.where(index < 0, index + x.shape[axis], index))


@reads("start", "end")
def _shape(node: Any, x: Any) -> ndarray:
    return np.array(x.shape[node.get("start", 0) : node.get("end", x.ndim)], np.int64)


CONSTANTS: dict[str, Any] = {"value": None, "value_float": np.float32, "value_floats": np.float32}
CONSTANTS |= {"value_int": np.int64, "value_ints": np.int64}


@reads(*CONSTANTS)
def _constant(node: Any) -> ndarray:
    for name, dtype in CONSTANTS.items():
        if (value := node.get(name)) is not None:
            return np.array(value, dtype)
    raise node.unsupported("a constant without a value")


@reads("value")
def _constant_of_shape(node: Any, sizes: Any) -> ndarray:
    value = node.get("value", np.zeros(1, np.float32))
    return np.full(tuple(ints(sizes)), value.reshape(-1)[0], value.dtype)


@reads()
def _range(node: Any, start: Any, limit: Any, delta: Any) -> ndarray:
    first, last, step = (plain(v).item() for v in (start, limit, delta))
    return np.arange(first, last, step, dtype=start.dtype)


@reads("pads", "paddings", "mode", "value")
def _pad(node: Any, x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    widths = (node.get("pads") or node.get("paddings")) if pads is None else ints(pads)
    dims = [d % x.ndim for d in ints(axes)] if axes is not None else list(range(x.ndim))
    pairs = dict(zip(dims, zip(widths[: len(dims)], widths[len(dims) :], strict=True), strict=True))
    flat = [w for d in reversed(range(x.ndim)) for w in pairs.get(d, (0, 0))]
    mode = {"edge": "replicate", "wrap": "circular"}.get(kind := node.get("mode", "constant"), kind)
    if mode != "constant":
        return F.pad(x, flat, mode)
    fill = node.get("value", 0.0) if value is None else plain(value).item()
    return F.pad(x, flat, value=fill)


@reads("axis")
def _one_hot(node: Any, index: Any, depth: Any, values: Any) -> Any:
    count, axis = int(plain(depth).item()), node.get("axis", -1)
    off, on = plain(values)
    index = basics.where(index < 0, index + count, index)
    hot = basics.where(shape.unsqueeze(index, -1) == np.arange(count), on, off)
    return shape.movedim(hot, -1, axis)


@reads("upper")
def _trilu(node: Any, x: Any, k: Any = None) -> Any:
    return (triu if node.get("upper", 1) else tril)(x, 0 if k is None else int(plain(k).item()))


# ------------------------------------------------------------------------------------------------------------- reductions


def reduced(function: Callable) -> Rule:
    def kind(node: Any, x: Any, axes: Any = None) -> Any:
        dims = axes_of(node, axes)
        if not dims:
            if node.get("noop_with_empty_axes", 0):  # what the reduction does to single elements, squares, say
                return function(shape.unsqueeze(x, -1), (x.ndim,), False)
            dims = list(range(x.ndim))
        if not dims:  # 0-d
            return function(shape.reshape(x, (1,)), (0,), False)
        return function(x, tuple(dims), bool(node.get("keepdims", 1)))

    return Rule(kind, frozenset({"axes", "keepdims", "noop_with_empty_axes"}))


def _sum(x: Any, dims: tuple, keepdim: bool) -> Any:
    return rd.sum(x, dims, keepdim, dtype=x.dtype)


def _prod(x: Any, dims: tuple, keepdim: bool) -> Any:
    return rd.prod(x, dims, keepdim, dtype=x.dtype)


def _mean(x: Any, dims: tuple, keepdim: bool) -> Any:
    if x.dtype.kind == "f":
        return rd.mean(x, dims, keepdim)
    return _div(_sum(x, dims, keepdim), np.asarray(math.prod(x.shape[d] for d in dims), x.dtype))


def _extreme(function: Callable, sign: int) -> Callable:
    """The largest or smallest element; of nothing, the one that any other replaces."""

    def extreme(x: Any, dims: tuple, keepdim: bool) -> Any:
        if all(x.shape[d] for d in dims):
            return function(x, dims, keepdim)
        at = {d % x.ndim for d in dims}
        sizes = [1 if d in at else n for d, n in enumerate(x.shape) if keepdim or d not in at]
        if x.dtype.kind == "f":
            return np.full(sizes, sign * math.inf, x.dtype)
        low, high = (False, True) if x.dtype.kind == "b" else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
        return np.full(sizes, high if sign > 0 else low, x.dtype)

    return extreme


def _best(function: Callable) -> Rule:
    def kind(node: Any, x: Any) -> Any:
        axis, keepdim = node.get("axis", 0), bool(node.get("keepdims", 1))
        if node.get("select_last_index", 0):
            return x.shape[axis] - 1 - function(shape.flip(x, (axis % x.ndim,)), axis, keepdim)
        return function(x, axis, keepdim)

    return Rule(kind, frozenset({"axis", "keepdims", "select_last_index"}))


@reads("k", "axis", "largest", ignores=("sorted",))
def _top_k(node: Any, x: Any, k: Any = None) -> tuple:
    count = node.get("k") if k is None else int(plain(k).item())
    top = sort.topk(x, count, node.get("axis", -1), bool(node.get("largest", 1)))
    return top[0], top[1]


NODES: dict[str, Rule] = {
    **LAYERS,
    **CONTROL,
    **INDICES,
    **NORMS,
    **POOLING,
    **QUANTIZED,
    **RECURRENT,
    **SIGNAL,
    "Abs": of(ew.abs), "Acos": of(tr.acos), "Acosh": of(tr.acosh), "Add": aligned(ew.plus), "And": aligned(logic.bitwise_and),
    "Asin": of(tr.asin), "Asinh": of(tr.asinh), "Atan": of(tr.atan), "Atanh": of(tr.atanh),
    "BitwiseAnd": of(logic.bitwise_and), "BitwiseNot": of(logic.bitwise_not), "BitwiseOr": of(logic.bitwise_or),
    "BitwiseXor": of(logic.bitwise_xor), "Cast": _cast, "CastLike": _cast, "Ceil": of(rounding.ceil),
    "Celu": of(F.celu, alpha=1.0), "Clip": _clip, "Cos": of(tr.cos), "Cosh": of(tr.cosh), "Div": aligned(_div),
    "Elu": of(F.elu, alpha=1.0), "Equal": aligned(logic.eq), "Erf": of(special.erf), "Exp": of(ew.exp),
    "Floor": of(rounding.floor),
    "Gelu": of(_gelu, approximate="none"), "Greater": aligned(logic.gt), "GreaterOrEqual": of(logic.ge),
    "HardSigmoid": of(lambda x, alpha, beta: rounding.clamp(alpha * x + beta, 0, 1), alpha=0.2, beta=0.5),
    "HardSwish": of(F.hardswish), "Identity": of(lambda x: x), "IsInf": of(_is_inf, detect_positive=1, detect_negative=1),
    "IsNaN": of(logic.isnan), "LeakyRelu": of(F.leaky_relu, alpha=0.01), "Less": aligned(logic.lt), "LessOrEqual": of(logic.le),
    "Log": of(ew.log), "LogSoftmax": _softmax(F.log_softmax), "MatMul": of(matmul), "Max": folded(ew.maximum),
    "Min": folded(ew.minimum), "Mish": of(F.mish), "Mod": of(_mod, fmod=0), "Mul": aligned(ew.mul), "Neg": of(ew.neg),
    "Not": of(logic.bitwise_not), "Or": aligned(logic.bitwise_or), "PRelu": _prelu, "Pow": aligned(_pow),
    "Reciprocal": of(ew.reciprocal), "Relu": of(F.relu), "Round": of(rounding.round), "Selu": of(
        lambda x, alpha, gamma: gamma * F.elu(x, alpha), alpha=1.6732632423543772, gamma=1.0507009873554805
    ),
    "Shrink": of(_shrink, lambd=0.5, bias=0.0), "Sigmoid": of(F.sigmoid), "Sign": of(ew.sign), "Sin": of(tr.sin),
    "Sinh": of(tr.sinh), "Softmax": _softmax(F.softmax), "Softplus": of(F.softplus), "Softsign": of(F.softsign),
    "Sqrt": of(ew.sqrt), "Sub": aligned(ew.minus), "Sum": folded(ew.plus), "Tan": of(tr.tan),
    "Tanh": of(F.tanh), "ThresholdedRelu": of(lambda x, alpha: F.threshold(x, alpha, 0.0), alpha=1.0),
    "Where": of(basics.where), "Xor": aligned(logic.bitwise_xor),
    "Concat": _concat, "Constant": _constant, "ConstantOfShape": _constant_of_shape, "Expand": _expand,
    "Flatten": of(_flatten, axis=1), "Gather": of(_gather, axis=0), "GatherElements": of(_gather_elements, axis=0),
    "OneHot": _one_hot, "Pad": _pad, "Range": _range, "Reshape": _reshape, "Shape": _shape,
    "Size": of(lambda x: np.asarray(math.prod(x.shape), np.int64)), "Slice": _slice, "Split": _split, "Squeeze": _squeeze,
    "Tile": Rule(lambda node, x, repeats: tile(x, tuple(ints(repeats)))), "Transpose": of(_transpose, "perm"), "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
    "ArgMax": _best(extremes.argmax), "ArgMin": _best(extremes.argmin),
    "Mean": Rule(lambda node, *xs: sum(xs) / len(xs)),
    "ReduceL1": reduced(lambda x, d, k: statistics.norm(x, 1, d, k)),
    "ReduceL2": reduced(lambda x, d, k: statistics.norm(x, 2, d, k)),
    "ReduceLogSum": reduced(lambda x, d, k: ew.log(_sum(x, d, k))), "ReduceLogSumExp": reduced(rd.logsumexp),
    "ReduceMax": reduced(_extreme(extremes.amax, -1)), "ReduceMean": reduced(_mean),
    "ReduceMin": reduced(_extreme(extremes.amin, 1)),
    "ReduceProd": reduced(_prod), "ReduceSum": reduced(_sum), "ReduceSumSquare": reduced(lambda x, d, k: _sum(x * x, d, k)),
    "TopK": _top_k, "Einsum": Rule(lambda node, *xs: einsum(node.get("equation"), *xs), frozenset({"equation"})),
}  # fmt: skip
