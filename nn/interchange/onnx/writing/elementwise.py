"""Elementwise primitives in ONNX. A rule is (builder, operation, *names of its inputs) -> name of its output."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.interface.table import ONNX
from autograd_core.ops.elementwise.activation import gelu_tanh

from .builder import Builder
from .trace import Op

Rule = Callable[..., Any]


def node(kind: str, **attributes: Any) -> Rule:
    """One node of that kind."""
    return lambda b, op, *xs: b.op(kind, *xs, **attributes)


def composed(function: Callable) -> Rule:
    """A formula: function(N, C, *inputs), where N.Add(x, y) is a node and C(0.5) a constant of the operands' dtype; more
    parameters of the primitive follow the inputs."""

    def rule(b: Builder, op: Op, *xs: Any) -> Any:
        dtype = next(given.dtype for given in op.given if given is not None)
        return function(Nodes(b), lambda value: b.constant(value, dtype), *xs, *op.params)

    return rule


class Nodes:
    """Node kinds as functions."""

    def __init__(self, b: Builder):
        self.b = b

    def __getattr__(self, kind: str) -> Callable:
        return lambda *xs, **attributes: self.b.op(kind, *xs, **attributes)


def _to(b: Builder, op: Op, x: str) -> str:
    return cast(b, x, op.made[0].dtype)


def cast(b: Builder, x: str, dtype: Any) -> str:
    return b.op("Cast", x, to=b.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def _clamp(b: Builder, op: Op, x: str, low: str | None, high: str | None) -> str:
    if all(given is None or not given.shape for given in op.given[1:]):
        return b.op("Clip", x, low, high)
    x = x if low is None else b.op("Max", x, low)
    return x if high is None else b.op("Min", x, high)


def _elu(N: Nodes, C: Callable, x: str, alpha: float, scale: float, rate: float) -> str:
    if scale == 1 and rate == 1:
        return N.Elu(x, alpha=alpha)
    if scale == 1 and rate * alpha == 1:
        return N.Celu(x, alpha=alpha)
    return N.Selu(x, alpha=alpha, gamma=scale)


def _gelu(b: Builder, op: Op, x: str) -> str:
    return b.op("Gelu", x, approximate="tanh" if op.primitive is gelu_tanh else "none")


def _sigmoid(N: Nodes, C: Callable, x: str, slope: float = 1.0) -> str:
    return N.Sigmoid(x if slope == 1 else N.Mul(x, C(slope)))


def _tanh(N: Nodes, C: Callable, x: str, amplitude: float = 1.0, slope: float = 1.0) -> str:
    out = N.Tanh(x if slope == 1 else N.Mul(x, C(slope)))
    return out if amplitude == 1 else N.Mul(out, C(amplitude))


def _softplus(N: Nodes, C: Callable, x: str, beta: float, threshold: float) -> str:
    """log(1 + e^z) / beta of z = beta x; above the threshold x itself, from which it does not differ by then."""
    if beta == 1:
        return N.Softplus(x)
    return N.Div(N.Softplus(N.Mul(x, C(beta))), C(beta))


def _round(b: Builder, op: Op, x: str) -> str:
    (decimals,) = op.params
    if decimals == 0:
        return b.op("Round", x)
    scale = b.constant(10.0**decimals, op.given[0].dtype)
    return b.op("Div", b.op("Round", b.op("Mul", x, scale)), scale)


def _floor_divide(b: Builder, op: Op, x: str, y: str) -> str:
    dtype = op.made[0].dtype
    if dtype.kind != "f":  # ONNX divides integers towards 0
        x, y = (cast(b, v, "float64") for v in (x, y))
    out = b.op("Floor", b.op("Div", x, y))
    return out if dtype.kind == "f" else cast(b, out, dtype)


def _remainder(b: Builder, op: Op, x: str, y: str) -> str:
    if op.made[0].dtype.kind != "f":
        return b.op("Mod", x, y)
    return b.op("Sub", x, b.op("Mul", y, b.op("Floor", b.op("Div", x, y))))


def _logical(kind: str) -> Rule:
    """Of integers, whether they are not 0."""

    def rule(b: Builder, op: Op, *xs: str) -> str:
        return b.op(
            kind, *(cast(b, x, "bool") if g.dtype.kind != "b" else x for x, g in zip(xs, op.given, strict=True))
        )

    return rule


def _bitwise(logical: str, bits: str) -> Rule:
    return lambda b, op, *xs: b.op(logical if op.made[0].dtype.kind == "b" else bits, *xs)


def _log(base: float) -> Rule:
    return composed(lambda N, C, x: N.Div(N.Log(x), C(math.log(base))))


def _zeroed(b: Builder, op: Op, x: str, mask: str) -> str:
    return b.op("Where", mask, b.constant(0, op.given[0].dtype), x)


def _lerp(N: Nodes, C: Callable, x: str, y: str, w: str) -> str:
    return N.Add(x, N.Mul(w, N.Sub(y, x)))


def _isinf(sign: int) -> Rule:
    return lambda b, op, x: b.op("IsInf", x, detect_positive=int(sign > 0), detect_negative=int(sign < 0))


RULES: dict[str, Rule] = {
    **{name: node(kind) for name, kind in ONNX.items()},  # by the families' lines of names
    "bitwise_and": _bitwise("And", "BitwiseAnd"),
    "bitwise_not": _bitwise("Not", "BitwiseNot"),
    "bitwise_or": _bitwise("Or", "BitwiseOr"),
    "bitwise_xor": _bitwise("Xor", "BitwiseXor"),
    "celu": composed(_elu),
    "clamp": _clamp,
    "deg2rad": composed(lambda N, C, x: N.Mul(x, C(math.pi / 180))),
    "elu": composed(_elu),
    "erfc": composed(lambda N, C, x: N.Sub(C(1), N.Erf(x))),
    "exp2": composed(lambda N, C, x: N.Exp(N.Mul(x, C(math.log(2))))),
    "expm1": composed(lambda N, C, x: N.Sub(N.Exp(x), C(1))),
    "floor_divide": _floor_divide,
    "fmod": node("Mod", fmod=1),
    "frac": composed(lambda N, C, x: N.Mod(x, C(1), fmod=1)),
    "gelu": _gelu,
    "hardshrink": composed(lambda N, C, x, lambd: N.Shrink(x, lambd=lambd, bias=0.0)),
    "hardsigmoid": node("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hardtanh": composed(lambda N, C, x, low, high: N.Clip(x, C(low), C(high))),
    "hypot": composed(lambda N, C, x, y: N.Sqrt(N.Add(N.Mul(x, x), N.Mul(y, y)))),
    "isfinite": composed(lambda N, C, x: N.Not(N.Or(N.IsInf(x), N.IsNaN(x)))),
    "isneginf": _isinf(-1),
    "isposinf": _isinf(1),
    "leaky_relu": composed(lambda N, C, x, slope: N.LeakyRelu(x, alpha=slope)),
    "lerp": composed(_lerp),
    "log10": _log(10),
    "log1p": composed(lambda N, C, x: N.Log(N.Add(x, C(1)))),
    "log2": _log(2),
    "logaddexp": composed(lambda N, C, x, y: N.Add(N.Max(x, y), N.Softplus(N.Neg(N.Abs(N.Sub(x, y)))))),
    "logical_and": _logical("And"),
    "logical_not": _logical("Not"),
    "logical_or": _logical("Or"),
    "logical_xor": _logical("Xor"),
    "logsigmoid": composed(lambda N, C, x: N.Neg(N.Softplus(N.Neg(x)))),
    "ne": composed(lambda N, C, x, y: N.Not(N.Equal(x, y))),
    "positive_part": node("Relu"),
    "rad2deg": composed(lambda N, C, x: N.Mul(x, C(180 / math.pi))),
    "remainder": _remainder,
    "round": _round,
    "rsqrt": composed(lambda N, C, x: N.Reciprocal(N.Sqrt(x))),
    "selu": composed(_elu),
    "sigmoid": composed(_sigmoid),
    "silu": composed(lambda N, C, x: N.Mul(x, N.Sigmoid(x))),
    "softplus": composed(_softplus),
    "softshrink": composed(lambda N, C, x, lambd: N.Shrink(x, lambd=lambd, bias=lambd)),
    "square": composed(lambda N, C, x: N.Mul(x, x)),
    "std": node("Sqrt"),
    "step": composed(lambda N, C, x, threshold: N.Where(N.Less(x, C(threshold)), C(0), C(1))),
    "tanh": composed(_tanh),
    "tanhshrink": composed(lambda N, C, x: N.Sub(x, N.Tanh(x))),
    "threshold": composed(lambda N, C, x, threshold, value: N.Where(N.Greater(x, C(threshold)), x, C(value))),
    "to": _to,
    "trunc": composed(lambda N, C, x: N.Sub(x, N.Mod(x, C(1), fmod=1))),
    "zeroed": _zeroed,
}
