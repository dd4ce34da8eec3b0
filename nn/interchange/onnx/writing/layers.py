"""Products, convolutions, pooling, normalisation, tables and recurrence in ONNX."""

from __future__ import annotations

import math
import string
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from autograd_core.kernels.convolution.windows import DILATION, PADDING, STRIDE, WINDOW

from .builder import Builder
from .elementwise import RULES as ELEMENTWISE
from .elementwise import Rule
from .shape import RULES as SHAPES
from .sizes import Size, Varying
from .trace import Op

# -------------------------------------------------------------------------------------------------------------- products


def _linear(b: Builder, op: Op, x: str, w: str, bias: str | None) -> str:
    if len(op.given[0].shape) == 2:
        return b.op("Gemm", x, w, bias, transB=1)
    out = b.op("MatMul", x, b.op("Transpose", w, perm=[1, 0]))
    return out if bias is None else b.op("Add", out, bias)


def _matmul(b: Builder, op: Op, x: str, y: str, bias: str | None = None) -> str:
    out = b.op("MatMul", x, y)
    return out if bias is None else b.op("Add", out, bias)


def _einsum(b: Builder, op: Op, x: str, y: str) -> str:
    letters: dict[str, str] = {}
    for label in "".join(op.params):  # those of the dimensions of an ellipsis may be no letters
        letters.setdefault(label, string.ascii_letters[len(letters)])
    lx, ly, lo = ("".join(letters[label] for label in labels) for labels in op.params)
    return b.op("Einsum", x, y, equation=f"{lx},{ly}->{lo}")


def _embedding(b: Builder, op: Op, weight: str, index: str) -> str:
    rows = b.op("Gather", weight, index, axis=0)
    if not _may_be_negative(b, op.inputs[1]):
        return rows
    nothing = b.op("Unsqueeze", b.op("Less", index, b.constant(0, np.int64)), b.ints([-1]))
    return b.op("Where", nothing, b.constant(0, op.made[0].dtype), rows)


def _may_be_negative(b: Builder, index: Any) -> bool:
    """Whether an index is other than the model's input: -1, which reads zeros here and the last row there, may be in it."""
    if isinstance(index, ndarray):
        return bool((index < 0).any())
    op = b.sources.get(index.number)
    if op is None:
        return False
    return op.name not in ("getitem", "reshape", "to") or _may_be_negative(b, op.inputs[0])


# ---------------------------------------------------------------------------------------------- convolution and pooling


def _fixed(op: Op, sizes: Any) -> tuple[int, ...]:
    if any(not isinstance(n, int | np.integer) for n in sizes):
        op.unsupported("has a window that depends on the sizes of the input; keep the spatial sizes fixed")
    return tuple(int(n) for n in sizes)


def _conv(b: Builder, op: Op, x: str, w: str, bias: str | None) -> str:
    stride, padding, dilation, groups, size = op.params
    space, window = op.given[0].shape[2:], op.given[1].shape[2:]
    after = []
    for n, k, s, p, d, m in zip(space, window, stride, padding, dilation, size, strict=True):
        even = not (isinstance(n, int) and isinstance(m, int)) or (n + 2 * p - d * (k - 1) - 1) // s + 1 == m
        after.append(p if even else (m - 1) * s + d * (k - 1) + 1 - n - p)  # padding="same" with an even window
    return b.op(
        "Conv", x, w, bias, kernel_shape=list(window), strides=list(stride), pads=[*padding, *after],
        dilations=list(dilation), group=groups,
    )  # fmt: skip


def _conv_transpose(b: Builder, op: Op, g: str, w: str) -> str:
    shape, stride, padding, dilation, groups = op.params
    window = op.given[1].shape[2:]
    extra = []
    for m, n, s, p, d, k in zip(shape[2:], op.given[0].shape[2:], stride, padding, dilation, window, strict=True):
        rest = m - n * s  # (n - 1) s - 2 p + d (k - 1) + extra + 1 = m
        extra.append(rest if isinstance(rest, Size) else rest + s + 2 * p - d * (k - 1) - 1)
    return b.op(
        "ConvTranspose", g, w, kernel_shape=list(window), strides=list(stride), pads=[*padding, *padding],
        dilations=list(dilation), output_padding=list(_fixed(op, extra)), group=groups,
    )  # fmt: skip


OPEN_WINDOWS = "has windows that depend on the sizes of the input; keep the spatial sizes fixed"


class Window(NamedTuple):
    """A pooling along one dimension, as a node describes it."""

    size: int
    stride: int
    before: int
    after: int
    dilation: int
    counted: str  # what an average divides by: "all" elements of the window, those "inside" the image, or "other"


def _described(windows: Any) -> list[Window] | None:
    """A description of each dimension; None if the windows are not regular."""
    found = []
    for i, (n, m) in enumerate(zip(windows.space, windows.size, strict=True)):
        at = i - windows.dims
        start, stop, divisor = windows.table[at, :, :m]
        k, s, p, d = (int(windows.sizes[row, at]) for row in (WINDOW, STRIDE, PADDING, DILATION))
        span, begins = d * (k - 1) + 1, np.arange(m) * s - p
        if not np.array_equal(np.minimum(begins + span, n), stop):
            return None
        counted = "all" if (divisor == k).all() else "inside" if (divisor == stop - start).all() else "other"
        found.append(Window(k, s, p, max(0, (m - 1) * s - p + span - n), d, counted))
    return found


def _variants(op: Op) -> list:
    """The windows, or, where they depend on open sizes, those of each trace."""
    (windows,) = op.params
    if not isinstance(windows, Varying):
        return [windows]
    first, *others = windows.values
    same = all(np.array_equal(w.table, first.table) and w.space == first.space for w in others)
    return [first] if same else [first, *others]


def _takes_all(windows: Any, kind: str) -> bool:
    """Whether there is one window, the whole image."""
    start, stop, divisor = windows.table[-windows.dims :, :, 0].T
    whole = set(windows.size) == {1} and tuple(stop) == windows.space and not start.any()
    plain = (windows.sizes[DILATION] == 1).all()
    return bool(whole and plain and (kind == "MaxPool" or (divisor == stop).all()))


def _attributes(op: Op, kind: str, variants: list) -> dict[str, Any] | None:
    """What a pooling node is told; None if it cannot say these windows."""
    described = [found for w in variants if (found := _described(w)) is not None]
    if len(described) < len(variants):
        return None
    if len(variants) > 1:  # the padding must be the same for every size, and what the floor cuts off not taken from it
        even = all(w.after <= w.before for found in described for w in found)
        described = [[w._replace(after=w.before) for w in found] for found in described]
        if not even or any(found != described[0] for found in described):
            op.unsupported(OPEN_WINDOWS)
    found = described[0]
    how: dict[str, Any] = {
        "kernel_shape": [w.size for w in found],
        "strides": [w.stride for w in found],
        "pads": [w.before for w in found] + [w.after for w in found],
    }
    if kind == "MaxPool":
        return how | {"dilations": [w.dilation for w in found]}
    counted = {w.counted for w in found}
    return how | {"count_include_pad": int(counted == {"all"})} if counted in ({"all"}, {"inside"}) else None


def _pool(b: Builder, op: Op, kind: str, x: str) -> str | None:
    """A pooling node, if there is one for these windows. An image without a batch gets one for the time."""
    variants = _variants(op)
    how: dict[str, Any] | None = {}
    if all(_takes_all(w, kind) for w in variants):
        kind = f"Global{kind}"  # whatever the size of the image
    else:
        how = _attributes(op, kind, variants)
    if how is None:
        return None
    single = len(op.given[0].shape) == variants[0].dims + 1
    x = b.op("Unsqueeze", x, b.ints([0])) if single else x
    x = b.op(kind, x, **how)
    return b.op("Squeeze", x, b.ints([0])) if single else x


def _max_pool(b: Builder, op: Op, x: str) -> Any:
    out = _pool(b, op, "MaxPool", x)
    if out is None:
        op.unsupported(OPEN_WINDOWS)
    return [out, lambda: _max_indices(b, op, x)] if op.primitive.outputs else out


def _max_indices(b: Builder, op: Op, x: str) -> str:
    """The second output of the node, which counts through all images, within each image."""
    variants = _variants(op)
    how = _attributes(op, "MaxPool", variants)
    if how is None:
        op.unsupported(OPEN_WINDOWS)
    single = len(op.given[0].shape) == variants[0].dims + 1
    x = b.op("Unsqueeze", x, b.ints([0])) if single else x
    indices = b.op("MaxPool", x, outputs=2, **how)[1]
    indices = b.op("Squeeze", indices, b.ints([0])) if single else indices
    space = _fixed(op, op.given[0].shape[-variants[0].dims :])
    return b.op("Mod", indices, b.constant(math.prod(space), np.int64))


def _avg_pool(b: Builder, op: Op, x: str) -> str:
    """An AveragePool node where the divisors are what one counts, else a product with a matrix along each dimension."""
    out = _pool(b, op, "AveragePool", x)
    if out is not None:
        return out
    windows, *others = _variants(op)
    if others:
        op.unsupported(OPEN_WINDOWS)
    dtype, ndim = op.given[0].dtype, len(op.given[0].shape)
    for i, (n, m) in enumerate(zip(windows.space, windows.size, strict=True)):
        matrix = np.zeros((n, m), dtype)
        for o, (start, stop, divisor) in enumerate(windows.table[i - windows.dims, :, :m].T):
            matrix[start:stop, o] = 1 / divisor
        x = along(b, x, ndim, ndim - windows.dims + i, matrix)
    return x


def along(b: Builder, x: str, ndim: int, dim: int, matrix: ndarray) -> str:
    """x times a matrix along one dimension."""
    order = [d for d in range(ndim) if d != dim] + [dim]
    x = x if dim == ndim - 1 else b.op("Transpose", x, perm=order)
    x = b.op("MatMul", x, b.constant(matrix))
    return x if dim == ndim - 1 else b.op("Transpose", x, perm=np.argsort(order).tolist())


def _interpolate(b: Builder, op: Op, x: str) -> str:
    dim, taps = op.params
    if isinstance(taps, Varying):
        op.unsupported("depends on the sizes of the input; keep the spatial sizes fixed")
    if taps.index.shape[1] == 1 and (taps.weight == 1).all():
        return b.op("Gather", x, b.ints(taps.index[:, 0]), axis=dim)
    return along(b, x, len(op.given[0].shape), dim, taps.matrix.T.astype(op.given[0].dtype))


# ---------------------------------------------------------------------------------------------------------- normalisation


def _channel_constants(b: Builder, op: Op, w: str | None, bias: str | None, C: int) -> tuple[str, str]:
    dtype = op.given[0].dtype
    return w or b.constant(np.ones(C, dtype)), bias or b.constant(np.zeros(C, dtype))


def _batch_norm(b: Builder, op: Op, x: str, w: str | None, bias: str | None) -> str:
    w, bias = _channel_constants(b, op, w, bias, op.given[0].shape[1])
    statistics = [b.held(v, op) or b.operand(v, op, op.given[0].dtype) for v in op.inputs[3:]]
    return b.op("BatchNormalization", x, w, bias, *statistics, epsilon=op.params[0])


def _layer_norm(b: Builder, op: Op, x: str, w: str | None, bias: str | None) -> str:
    dims, eps = op.params
    w = w or b.constant(np.ones(_fixed(op, op.given[0].shape[-dims:]), op.given[0].dtype))
    return b.op("LayerNormalization", x, w, bias, axis=-dims, epsilon=eps)


def _response_norm(b: Builder, op: Op, x: str) -> str:
    """The node, which wants images and an odd size; else the sums of squares are a product with a matrix of the channels."""
    size, alpha, beta, k = op.params
    shape, dtype = op.given[0].shape, op.given[0].dtype
    if size % 2 and dtype == np.float32:
        out = b.reshape(x, (*shape[:2], -1, 1), op) if len(shape) != 4 else x
        out = b.op("LRN", out, size=size, alpha=alpha, beta=beta, bias=k)
        return b.reshape(out, shape, op) if len(shape) != 4 else out
    (C,) = _fixed(op, shape[1:2])
    distance = np.arange(C)[:, None] - np.arange(C)  # from the channel that is normalised, negative in front of it
    near = (-(size // 2) <= distance) & (distance <= (size - 1) // 2)
    squares = along(b, b.op("Mul", x, x), len(shape), 1, np.where(near, alpha / size, 0).astype(dtype))
    return b.op("Div", x, b.op("Pow", b.op("Add", squares, b.constant(k, dtype)), b.constant(beta, dtype)))


def _instance_norm(b: Builder, op: Op, x: str, w: str | None, bias: str | None) -> str:
    w, bias = _channel_constants(b, op, w, bias, op.given[0].shape[1])
    return b.op("InstanceNormalization", x, w, bias, epsilon=op.params[2])


# -------------------------------------------------------------------------------------------------------------- recurrence

ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}  # ONNX's gates (i o f c; z r h; one) among ours


def _recurrent(kind: str) -> Rule:
    """One direction of one layer. The weights are put into ONNX's order, with a leading dimension for the direction."""

    def rule(b: Builder, op: Op, x: str, *given: Any) -> list:
        states = 2 if kind == "LSTM" else 1
        w_ih, w_hh, b_ih, b_hh = (op.inputs[i] for i in range(1 + states, 5 + states))
        H, dtype = op.given[2 + states].shape[1], op.given[0].dtype
        counts, N = op.params[0], op.made[1].shape[0]
        lengths = {len(c) for c in (counts.values if isinstance(counts, Varying) else [counts])}
        T = lengths.pop() if len(lengths) == 1 else -1
        x = b.reshape(x, (T, N, op.given[0].shape[1]), op)

        def ordered(w: Any) -> ndarray:
            if not isinstance(w, ndarray):
                op.unsupported("has weights that are computed by the model from its input")
            gates = w.reshape(-1, H, *w.shape[1:])
            return gates[list(ORDERS[kind])].reshape(1, *w.shape)

        bias = None
        if b_ih is not None or b_hh is not None:
            zeros = np.zeros(len(ORDERS[kind]) * H, dtype)
            both = [ordered(zeros if v is None else v) for v in (b_ih, b_hh)]
            bias = b.weight(np.concatenate(both, 1), op, "bias")
        initial = [None if s is None else b.op("Unsqueeze", s, b.ints([0])) for s in given]
        more: list[Any] = []
        how: dict[str, Any] = {"hidden_size": H, "direction": "reverse" if op.params[1] else "forward"}
        if kind == "LSTM" and op.inputs[8] is not None:
            peep = op.inputs[8]
            more = [b.weight(peep[[0, 2, 1]].reshape(1, 3 * H), op, "weight_peep")]
        if kind == "GRU":
            how["linear_before_reset"] = 1
        if kind == "RNN":
            how["activations"] = ["Relu" if op.params[2] else "Tanh"]
        names = [b.weight(ordered(w), op, part) for w, part in ((w_ih, "weight_ih"), (w_hh, "weight_hh"))]
        y, *last = b.op(kind, x, *names, bias, None, *initial, *more, outputs=1 + states, **how)
        y = b.op("Reshape", y, b.ints([-1, H]))
        return [y, *(b.op("Squeeze", s, b.ints([0])) for s in last)]

    return rule


def regular(primitive: Any, inputs: tuple, params: tuple) -> bool:
    """Whether the windows are what a pooling node can describe."""
    return _takes_all(params[0], "MaxPool") or _described(params[0]) is not None


def equal_steps(primitive: Any, inputs: tuple, params: tuple) -> bool:
    """Whether a sequence can be given to ONNX's node: all examples have all steps, and there is neither a projection nor
    a connection that skips steps."""
    more = {"lstm": 7, "rnn": 6}.get(primitive.name)
    return (more is None or inputs[more] is None) and len(set(np.asarray(params[0]).tolist())) == 1


def _grid_sample(b: Builder, op: Op, x: str, grid: str) -> str:
    mode, padding, corners = op.params
    mode = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}[mode]
    return b.op("GridSample", x, grid, mode=mode, padding_mode=padding, align_corners=int(corners))


CONDITIONS = {
    "lstm": equal_steps,
    "max_pool": regular,
    "sinc": lambda primitive, inputs, params: params[0] == 0,
    "gru": equal_steps,
    "rnn": equal_steps,
    "batch_norm": lambda primitive, inputs, params: len(inputs) == 5,
    "instance_norm": lambda primitive, inputs, params: params[0] == inputs[0].shape[1] and params[1] is None,
}

RULES: dict[str, Rule] = {
    **ELEMENTWISE,
    **SHAPES,
    "avg_pool": _avg_pool,
    "batch_norm": _batch_norm,
    "conv": _conv,
    "conv_input_grad": _conv_transpose,
    "dot": _matmul,
    "einsum": _einsum,
    "embedding": _embedding,
    "grid_sample": _grid_sample,
    "gru": _recurrent("GRU"),
    "instance_norm": _instance_norm,
    "interpolate": _interpolate,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "local_response_norm": _response_norm,
    "lstm": _recurrent("LSTM"),
    "matmul": _matmul,
    "max_pool": _max_pool,
    "rnn": _recurrent("RNN"),
}


def known(primitive: Any, inputs: tuple, params: tuple) -> bool:
    """Whether a primitive has a form of its own in the file."""
    condition = CONDITIONS.get(primitive.name)
    return primitive.name in RULES and (condition is None or condition(primitive, inputs, params))


NAMED = {
    "batch_norm": 3,
    "embedding": 2,
    "gru": 2,
    "lstm": 3,
    "rnn": 2,
}  # how many inputs a rule gets by name, if not all


def emit(b: Builder, op: Op) -> None:
    """Put an operation into the graph."""
    b.path = op.path
    dtype = next((g.dtype for g in op.given if g is not None and g.dtype.kind != "b"), op.made[0].dtype)
    out = RULES[op.name](b, op, *(b.operand(x, op, dtype) for x in op.inputs[: NAMED.get(op.name)]))
    b.sources |= {op.first + i: op for i in range(len(op.made))}
    for i, name in enumerate(out if op.primitive.outputs else [out]):
        b.values[op.first + i] = name
