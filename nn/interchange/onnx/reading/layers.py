"""What the nodes of layers compute: products, convolutions, pooling, normalisation, recurrence, resizing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.engine import basics
from autograd_core.ops.linalg.products import matmul
from autograd_core.ops.network import recurrent
from autograd_core.ops.shape import shape

from .... import functional as F
from .resize import resized
from .rule import Rule, ints, reads


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


# ------------------------------------------------------------------------------------------------- products, convolutions


@reads("alpha", "beta", "transA", "transB", ignores=("broadcast",))
def _gemm(node: Any, a: Any, b: Any, c: Any = None) -> Any:
    alpha, beta, across = node.get("alpha", 1.0), node.get("beta", 1.0), node.get("transA", 0)
    a = a.T if across else a
    if alpha == 1 and (c is None or (beta == 1 and c.ndim == 1)):
        return F.linear(a, b if node.get("transB", 0) else b.T, c)
    out = matmul(a, b.T if node.get("transB", 0) else b)
    out = out if alpha == 1 else out * alpha
    return out if c is None else out + (c if beta == 1 else c * beta)


def _check_window(node: Any, w: Any) -> None:
    window = node.get("kernel_shape")
    if window is not None and tuple(window) != tuple(w.shape[2:]):
        raise node.unsupported(f"kernel_shape={window} with a weight of shape {tuple(w.shape)}")


@reads("kernel_shape", "group", "auto_pad", "pads", "strides", "dilations")
def _conv(node: Any, x: Any, w: Any, bias: Any = None) -> Any:
    dims = x.ndim - 2
    _check_window(node, w)
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    pairs = margins(node, x.shape[2:], list(w.shape[2:]), stride, dilation)
    padding = [before for before, _ in pairs]
    if any(before != after for before, after in pairs):
        x, padding = padded(x, pairs), [0] * dims
    return by_dims("conv", x)(x, w, bias, stride, padding, dilation, node.get("group", 1))


@reads("kernel_shape", "group", "output_shape", "output_padding", "auto_pad", "pads", "strides", "dilations")
def _conv_transpose(node: Any, x: Any, w: Any, bias: Any = None) -> Any:
    """Unequal padding is cut off afterwards, which is what it means here."""
    dims = x.ndim - 2
    _check_window(node, w)
    if node.get("output_shape") or node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.unsupported("output_shape and auto_pad; give pads and output_padding")
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    pairs = margins(node, x.shape[2:], list(w.shape[2:]), stride, dilation)
    least = [min(pair) for pair in pairs]
    extra = node.get("output_padding") or [0] * dims
    out = by_dims("conv_transpose", x)(x, w, bias, stride, least, extra, node.get("group", 1), dilation)
    cut = [
        (m - b, n - (a - m))
        for m, (b, a), n in ((m, p, n) for m, p, n in zip(least, pairs, out.shape[2:], strict=True))
    ]
    if all((b, a) == (m, m) for m, (b, a) in zip(least, pairs, strict=True)):
        return out
    return out[(..., *(slice(-start, stop) for start, stop in cut))]


# ---------------------------------------------------------------------------------------------------------------- pooling


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


@reads("kernel_shape", "ceil_mode", "auto_pad", "pads", "strides", "dilations", ignores=("storage_order",))
def _max_pool(node: Any, x: Any) -> Any:
    if len(node.outputs) > 1 and node.outputs[1]:  # the one thing that storage_order is about
        raise node.unsupported("its output of indices")
    window, stride, dilation, pairs = _pool(node, x)
    return by_dims("max_pool", x)(padded(x, pairs, -math.inf), window, stride, 0, dilation)


@reads("kernel_shape", "ceil_mode", "count_include_pad", "auto_pad", "pads", "strides", "dilations")
def _average_pool(node: Any, x: Any) -> Any:
    """The mean of the padded image; where padding does not count, over the mean of ones, padded alike."""
    window, stride, dilation, pairs = _pool(node, x)
    if any(d != 1 for d in dilation):
        raise node.unsupported("dilations")
    own = margins(node, x.shape[2:], window, stride, dilation)
    pool = by_dims("avg_pool", x)
    out = pool(padded(x, pairs), window, stride)
    counted = np.ones((1, 1, *x.shape[2:]), x.dtype)
    if node.get("count_include_pad", 0):  # what ceil_mode adds does not
        counted = np.pad(counted, [(0, 0), (0, 0), *own], constant_values=1)
        rest = [(b - gb, a - ga) for (b, a), (gb, ga) in zip(pairs, own, strict=True)]
    else:
        rest = pairs
    if not any(w for pair in rest for w in pair):
        return out
    return out / pool(np.pad(counted, [(0, 0), (0, 0), *rest]), window, stride)


def _global(function: str) -> Rule:
    return Rule(lambda node, x: getattr(x, function)(tuple(range(2, x.ndim)), keepdim=True))


@reads("kernel_shape", "ceil_mode", "p", "auto_pad", "pads", "strides", "dilations")
def _lp_pool(node: Any, x: Any) -> Any:
    window, stride, dilation, pairs = _pool(node, x)
    if any(d != 1 for d in dilation):
        raise node.unsupported("dilations")
    p = node.get("p", 2)
    return (by_dims("avg_pool", x)(padded(x.abs() ** p, pairs), window, stride) * math.prod(window)) ** (1 / p)


# ---------------------------------------------------------------------------------------------------------- normalisation


@reads("epsilon", "training_mode", "spatial", ignores=("momentum", "is_test"))
def _batch_norm(node: Any, x: Any, w: Any, b: Any, mean: Any, var: Any) -> Any:
    if node.get("training_mode", 0):
        raise node.unsupported("training_mode; export the model in evaluation mode")
    if not node.get("spatial", 1):
        raise node.unsupported("spatial=0, statistics of each element")
    mean, var = (v.detach() if hasattr(v, "detach") else v for v in (mean, var))
    return F.batch_norm(x, mean, var, w, b, eps=node.get("epsilon", 1e-5))


@reads("axis", "epsilon")
def _layer_norm(node: Any, x: Any, w: Any, b: Any = None) -> Any:
    axis = node.get("axis", -1) % x.ndim
    sizes = tuple(x.shape[axis:])
    w, b = (v if v is None or tuple(v.shape) == sizes else basics.broadcast_to(v, sizes) for v in (w, b))
    return F.layer_norm(x, sizes, w, b, node.get("epsilon", 1e-5))


@reads("num_groups", "epsilon")
def _group_norm(node: Any, x: Any, w: Any, b: Any) -> Any:
    return F.group_norm(x, node.get("num_groups"), w, b, node.get("epsilon", 1e-5))


@reads("epsilon")
def _instance_norm(node: Any, x: Any, w: Any, b: Any) -> Any:
    return F.instance_norm(x, weight=w, bias=b, eps=node.get("epsilon", 1e-5))


@reads("size", "alpha", "beta", "bias")
def _lrn(node: Any, x: Any) -> Any:
    return F.local_response_norm(
        x, node.get("size"), node.get("alpha", 1e-4), node.get("beta", 0.75), node.get("bias", 1.0)
    )


@reads("p", "axis")
def _lp_normalization(node: Any, x: Any) -> Any:
    return x / x.norm(node.get("p", 2), dim=node.get("axis", -1), keepdim=True)


# -------------------------------------------------------------------------------------------------------------- recurrence

ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # our gates (i f g o; r z n; one) among ONNX's


def _recurrent(kind: str) -> Rule:
    """X (T, N, I), W (D, G H, I), R (D, G H, H), B (D, 2 G H): Y (T, D, N, H) and the last states (D, N, H)."""

    def compute(
        node: Any,
        x: Any,
        w: Any,
        r: Any,
        b: Any = None,
        lengths: Any = None,
        h: Any = None,
        c: Any = None,
        p: Any = None,
    ) -> tuple:
        T, N, _ = x.shape
        H, D = r.shape[2], w.shape[0]
        _check_recurrent(node, kind, D, H, lengths, T)
        rows, counts, outs = shape.reshape(x, (T * N, x.shape[2])), np.full(T, N), []
        last: list[list] = [[] for _ in range(2 if kind == "LSTM" else 1)]
        for d in range(D):
            reverse = node.get("direction", "forward") == "reverse" or d == 1
            biases = (None, None) if b is None else shape.split(b[d], b.shape[1] // 2)
            states = [None if s is None else s[d] for s in ((h, c) if kind == "LSTM" else (h,))]
            weights = [v if v is None else _ordered(v, kind, H) for v in (w[d], r[d], *biases)]
            arguments: list[Any] = [rows, *states, *weights]
            if kind == "LSTM":
                peep = None if p is None else shape.reshape(p[d], (3, H))[[0, 2, 1]]
                out = recurrent.lstm(*arguments + [None, peep, counts, reverse])
            elif kind == "GRU":
                out = recurrent.gru(*arguments + [counts, reverse])
            else:
                name = (node.get("activations") or ["Tanh"])[d].lower()
                out = recurrent.rnn(*arguments + [counts, reverse, name])
            outs.append(shape.reshape(out[0], (T, 1, N, H)))
            for column, state in zip(last, out[1:], strict=True):
                column.append(state)
        return (outs[0] if D == 1 else shape.cat(outs, 1), *(shape.stack(states) for states in last))

    names = ("hidden_size", "direction", "activations", "layout", "clip", "input_forget", "linear_before_reset")
    return Rule(compute, frozenset(names), frozenset({"output_sequence"}))


def _ordered(w: Any, kind: str, H: int) -> Any:
    """A weight (G H, …) with its gates in our order."""
    if kind == "RNN":
        return w
    gates = shape.reshape(w, (len(ORDERS[kind]), H, *w.shape[1:]))
    return shape.reshape(gates[list(ORDERS[kind])], tuple(w.shape))


def _check_recurrent(node: Any, kind: str, D: int, H: int, lengths: Any, T: int) -> None:
    usual = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
    names = [name.lower() for name in node.get("activations") or []]
    fits = all(name in ("tanh", "relu") for name in names) if kind == "RNN" else names in ([], usual[kind] * D)
    if not fits:
        raise node.unsupported(f"the activations {node.get('activations')}")
    if kind == "GRU" and not node.get("linear_before_reset", 0):
        raise node.unsupported("linear_before_reset=0: here, as in PyTorch, the reset gate acts after the product")
    if node.get("layout", 0) or node.get("clip") or node.get("input_forget", 0):
        raise node.unsupported("layout=1, clip or input_forget")
    if node.get("hidden_size", H) != H or (node.get("direction", "forward") == "bidirectional") != (D == 2):
        raise node.unsupported(f"hidden_size or direction that do not fit weights of {D} directions and {H} units")
    if lengths is not None and set(ints(lengths)) != {T}:
        raise node.unsupported("sequences of unequal lengths")


# --------------------------------------------------------------------------------------------------------------- resizing


RESIZE = (
    "mode", "coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a", "exclude_outside", "extrapolation_value",
    "antialias", "axes", "keep_aspect_ratio_policy",
)  # fmt: skip


@reads(*RESIZE)
def _resize(node: Any, x: Any, roi: Any = None, scales: Any = None, sizes: Any = None) -> Any:
    if node.version < 11:  # (x, scales)
        roi, scales = None, roi
    return resized(node, x, roi, scales, sizes)


@reads("mode", "scales", "height_scale", "width_scale")
def _upsample(node: Any, x: Any, scales: Any = None) -> Any:
    if node.get("height_scale") is not None:
        scales = [1, 1, node.get("height_scale"), node.get("width_scale")]
    return resized(node, x, None, node.get("scales") if scales is None else scales, None)


@reads("blocksize", "mode")
def _depth_to_space(node: Any, x: Any) -> Any:
    N, C, H, W = x.shape
    s = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, s)
    parts = shape.permute(shape.reshape(x, (N, s, s, C // s**2, H, W)), (0, 3, 4, 1, 5, 2))
    return shape.reshape(parts, (N, C // s**2, H * s, W * s))


@reads("blocksize", "mode")
def _space_to_depth(node: Any, x: Any) -> Any:
    N, C, H, W = x.shape
    s = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_unshuffle(x, s)
    parts = shape.permute(shape.reshape(x, (N, C, H // s, s, W // s, s)), (0, 3, 5, 1, 2, 4))
    return shape.reshape(parts, (N, C * s**2, H // s, W // s))


@reads(ignores=("ratio", "seed", "is_test"))
def _dropout(node: Any, x: Any, *how: Any) -> Any:
    return (x, np.ones(x.shape, bool))


@reads("alpha")
def _swish(node: Any, x: Any) -> Any:
    alpha = node.get("alpha", 1.0)
    return F.silu(x) if alpha == 1 else x * F.sigmoid(x * alpha)


LAYERS: dict[str, Rule] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DepthToSpace": _depth_to_space,
    "Dropout": _dropout,
    "GRU": _recurrent("GRU"),
    "Gemm": _gemm,
    "GlobalAveragePool": _global("mean"),
    "GlobalMaxPool": _global("amax"),
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LSTM": _recurrent("LSTM"),
    "LayerNormalization": _layer_norm,
    "LpNormalization": _lp_normalization,
    "LpPool": _lp_pool,
    "MaxPool": _max_pool,
    "RNN": _recurrent("RNN"),
    "Resize": _resize,
    "SpaceToDepth": _space_to_depth,
    "Swish": _swish,
    "Upsample": _upsample,
}
