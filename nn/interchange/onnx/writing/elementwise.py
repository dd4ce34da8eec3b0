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
    """log(1 + e^z) / beta of z = beta x; above the threshold x itself, from which it does not differ by 20."""
    z = x if beta == 1 else N.Mul(x, C(beta))
    out = N.Softplus(z) if beta == 1 else N.Div(N.Softplus(z), C(beta))
    return out if threshold >= 20 else N.Where(N.Greater(z, C(threshold)), x, out)


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


def _negative(b: Builder, x: str, dtype: Any) -> str:
    """Whether the sign is minus, also of -0."""
    zero = b.constant(0, dtype)
    below = b.op("Less", x, zero)
    return below if dtype.kind != "f" else b.op("Or", below, b.op("Less", b.op("Reciprocal", x), zero))


def _copysign(b: Builder, op: Op, x: str, y: str) -> str:
    size = b.op("Abs", x)
    return b.op("Where", _negative(b, y, op.given[1].dtype), b.op("Neg", size), size)


def _atan2(b: Builder, op: Op, y: str, x: str) -> str:
    """The angle of (|x|, |y|), mirrored by the signs."""
    dtype = op.given[0].dtype
    zero, pi = b.constant(0, dtype), b.constant(math.pi, dtype)
    angle = b.op("Atan", b.op("Div", b.op("Abs", y), b.op("Abs", x)))
    both = b.op("And", *(b.op("IsInf", v) for v in (x, y)))
    angle = b.op("Where", both, b.constant(math.pi / 4, dtype), b.op("Where", b.op("Equal", y, zero), zero, angle))
    angle = b.op("Where", _negative(b, x, dtype), b.op("Sub", pi, angle), angle)
    angle = b.op("Where", _negative(b, y, dtype), b.op("Neg", angle), angle)
    nan = b.op("Or", b.op("IsNaN", x), b.op("IsNaN", y))
    return b.op("Where", nan, b.op("Add", x, y), angle)


def _unless_nan(kind: str) -> Rule:
    """The larger or smaller; the other one of a NaN."""

    def rule(b: Builder, op: Op, x: str, y: str) -> str:
        out = b.op(kind, x, y)
        if op.made[0].dtype.kind != "f":
            return out
        return b.op("Where", b.op("IsNaN", x), y, b.op("Where", b.op("IsNaN", y), x, out))

    return rule


def _heaviside(b: Builder, op: Op, x: str, y: str) -> str:
    dtype = op.given[0].dtype
    zero = b.constant(0, dtype)
    step = b.op("Where", b.op("Less", x, zero), zero, b.constant(1, dtype))
    out = b.op("Where", b.op("Equal", x, zero), y, step)
    return out if dtype.kind != "f" else b.op("Where", b.op("IsNaN", x), x, out)


def _nan_to_num(b: Builder, op: Op, x: str) -> str:
    dtype = op.given[0].dtype
    if dtype.kind != "f":
        return x
    nan, above, below = op.params
    limits = np.finfo(dtype)
    out = b.op("Where", b.op("IsNaN", x), b.constant(nan, dtype), x)
    for value, sign in ((limits.max if above is None else above, 1), (limits.min if below is None else below, -1)):
        at = b.op("IsInf", x, detect_positive=int(sign > 0), detect_negative=int(sign < 0))
        out = b.op("Where", at, b.constant(value, dtype), out)
    return out


def _isclose(b: Builder, op: Op, x: str, y: str) -> str:
    rtol, atol, equal_nan = op.params
    dtype = op.given[0].dtype
    same = b.op("Equal", x, y)
    if dtype.kind != "f":
        if dtype.kind == "b":
            return same
        x, y, dtype = cast(b, x, "float64"), cast(b, y, "float64"), np.dtype("float64")
    near = b.op("LessOrEqual", b.op("Abs", b.op("Sub", x, y)), b.op(
        "Add", b.constant(atol, dtype), b.op("Mul", b.constant(rtol, dtype), b.op("Abs", y))
    ))  # fmt: skip
    out = b.op("Or", same, b.op("And", near, b.op("Not", b.op("IsInf", y))))
    return b.op("Or", out, b.op("And", b.op("IsNaN", x), b.op("IsNaN", y))) if equal_nan else out


def _times_log(plus: float) -> Rule:
    """x log(y + plus), 0 where x is 0 and y a number."""

    def rule(N: Nodes, C: Callable, x: str, y: str) -> str:
        none = N.And(N.Equal(x, C(0)), N.Not(N.IsNaN(y)))
        return N.Where(none, C(0), N.Mul(x, N.Log(N.Add(y, C(plus)) if plus else y)))

    return composed(rule)


def _trunc_divide(b: Builder, op: Op, x: str, y: str) -> str:
    out = b.op("Div", x, y)
    if op.made[0].dtype.kind != "f":
        return out  # ONNX divides integers towards 0
    return b.op("Sub", out, b.op("Mod", out, b.constant(1, op.made[0].dtype), fmod=1))


def _sinc(N: Nodes, C: Callable, x: str, order: int) -> str:
    """sin(πx) / πx, and 1 at 0."""
    zero = N.Equal(x, C(0))
    z = N.Where(zero, C(1), N.Mul(x, C(math.pi)))
    return N.Where(zero, C(1), N.Div(N.Sin(z), z))


def _polynomial(first: Callable, step: Callable) -> Rule:
    """p_n(x) of a family: p_0 = 1, p_1 = first(x, a) as (slope, constant), and p_k = (slope x + constant) p_(k-1) - factor
    p_(k-2) by step(k, a)."""

    def rule(N: Nodes, C: Callable, x: str, n: int, a: float) -> str:
        before, now = None, N.Add(N.Mul(x, C(0)), C(1))
        for k in range(1, n + 1):
            slope, constant, factor = (*first(a), 0.0) if k == 1 else step(k, a)
            scaled = N.Mul(x, C(slope))
            after = N.Mul(N.Add(scaled, C(constant)) if constant else scaled, now)
            before, now = now, after if before is None else N.Sub(after, N.Mul(C(factor), before))
        return now

    return composed(rule)


POLYNOMIALS = {
    "chebyt": _polynomial(lambda a: (1, 0), lambda k, a: (2, 0, 1)),
    "gegenbauer": _polynomial(
        lambda a: (2 * a, 0), lambda k, a: (2 * (k + a - 1) / k, 0, (k + 2 * a - 2) / k)
    ),
    "genlaguerre": _polynomial(
        lambda a: (-1, 1 + a), lambda k, a: (-1 / k, (2 * k - 1 + a) / k, (k - 1 + a) / k)
    ),
    "hermite": _polynomial(lambda a: (2, 0), lambda k, a: (2, 0, 2 * (k - 1))),
    "hermitenorm": _polynomial(lambda a: (1, 0), lambda k, a: (1, 0, k - 1)),
}  # fmt: skip

RULES: dict[str, Rule] = {
    **POLYNOMIALS,
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
    "atan2": _atan2,
    "copysign": _copysign,
    "fmax": _unless_nan("Max"),
    "fmin": _unless_nan("Min"),
    "heaviside": _heaviside,
    "nan_to_num": _nan_to_num,
    "isclose": _isclose,
    "xlogy": _times_log(0),
    "xlog1py": _times_log(1),
    "trunc_divide": _trunc_divide,
    "sinc": composed(_sinc),
    "signbit": lambda b, op, x: _negative(b, x, op.given[0].dtype),
    "logit": composed(lambda N, C, x: N.Log(N.Div(x, N.Sub(C(1), x)))),
    "ndtr": composed(lambda N, C, x: N.Mul(C(0.5), N.Add(C(1), N.Erf(N.Mul(x, C(math.sqrt(0.5))))))),
    "logaddexp2": composed(
        lambda N, C, x, y: N.Add(
            N.Max(x, y), N.Div(N.Softplus(N.Mul(C(-math.log(2)), N.Abs(N.Sub(x, y)))), C(math.log(2)))
        )
    ),
    "entr": composed(
        lambda N, C, x: N.Where(
            N.Equal(x, C(0)), C(0), N.Where(N.Less(x, C(0)), C(-math.inf), N.Neg(N.Mul(x, N.Log(x))))
        )
    ),
    "det": node("Det"),
    "trunc": composed(lambda N, C, x: N.Sub(x, N.Mod(x, C(1), fmod=1))),
    "zeroed": _zeroed,
}
