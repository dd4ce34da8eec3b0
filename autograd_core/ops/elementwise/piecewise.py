"""Piecewise linear units: ReLU and its relatives, hard versions of smooth units, shrinkage, the threshold unit.

Names, argument order and defaults are those of `torch.nn.functional`; `step` is the course's own. All take tensors,
arrays or numbers of any shape and keep the dtype; NaN stays NaN, and at ±inf the result is the limit. What most units
save is their output, or a mask of one byte an element.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.elementwise import unary
from ...engine.operands import convert, is_traced, unified
from ...engine.primitive import AUX, OUT, Primitive, apply
from ...engine.tensor import Default, describe
from ...engine.writes import rewrite
from ...random import by_example, uniform
from ..shape.shape import reshape
from .large import with_kernels
from .rounding import clamp

_INTEGER = {2: np.int16, 4: np.int32, 8: np.int64}


def _zero(x: ndarray, mask: ndarray) -> ndarray:
    # An and of the bits: as fast as a multiplication by the mask (np.where takes 7 times as long when the mask is
    # irregular), and 0 also where x is infinite or NaN.
    return np.bitwise_and(x.view(_INTEGER[x.itemsize]), np.subtract(mask.view(np.int8), 1)).view(x.dtype)


def elementwise(p: Primitive) -> Primitive:
    """p, marked as one that works on any shape."""
    p.elementwise = True
    return p


_zeroed = elementwise(Primitive(_zero, name="zeroed", vjps=(lambda g, mask: zeroed(g, mask), None), saves=(1,)))


def zeroed(x: Any, mask: Any) -> Any:
    """x, with 0 where the mask holds, whatever x is there; the mask may broadcast to x."""
    return _zero(x, mask) if type(x) is ndarray and type(mask) is ndarray else apply(_zeroed, (x, mask))


def activation(
    forward: Callable, rule: Callable, saves: tuple, name: str, evaluate: Callable | None = None
) -> Primitive:
    """The primitive of a unit: one input, then the unit's parameters."""
    return elementwise(Primitive(forward, vjps=(rule,), saves=saves, name=name, evaluate=evaluate))


def overwritten(name: str, x: Any, function: Callable) -> Any:
    """x, with function(x) written over it."""
    if not is_traced(x):
        raise TypeError(f"{name}: inplace=True needs a tensor, got {describe(x)}")
    return rewrite(x, function, name=f"{name}_")


def run(p: Primitive, x: Any, *params: Any, inplace: bool = False) -> Any:
    """p of x, checked and made floating; in place if asked."""
    if inplace:
        return overwritten(p.name, x, lambda old: run(p, old, *params))
    (x,) = unified(p.name, x, floating=True)
    if not hasattr(x, "dtype"):
        x = np.asarray(x, np.float64)
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            raise TypeError(f"{p.name}: needs real numbers, got {describe(x)}; take x.real, x.imag or abs(x)")
        x = convert(x, Default.dtype)
    return apply(p, (x,), params)


# ------------------------------------------------------------------------------------------------------ rectified units


def _whole_or_float(x: Any) -> Any:
    """x as relu takes it: integers stay integers."""
    (x,) = unified("relu", x, floating=not is_whole(x))
    if getattr(x, "dtype", Default.dtype).kind == "c":
        raise TypeError(f"relu: needs real numbers, got {describe(x)}; take x.real, x.imag or abs(x)")
    return x


def is_whole(x: Any) -> bool:
    """Whether x holds integers, which a piecewise linear function with whole slopes and bounds leaves integers."""
    return hasattr(x, "dtype") and x.dtype.kind in "iu"


relu_primitive = unary(
    *with_kernels("relu", lambda x: np.maximum(x, 0), lambda g, out: zeroed(g, out <= 0)),
    saves=(OUT,),
    prepare=_whole_or_float,
    name="relu",
)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(0, x), with slope 0 at 0. Of integers, integers."""
    return overwritten("relu", input, relu_primitive) if inplace else relu_primitive(input)


_leaky_relu = activation(
    lambda x, slope: (_leaky(x, slope), x <= 0),
    lambda g, low, slope: zeroed(g, low) + slope * zeroed(g, ~low),
    (AUX,),
    "leaky_relu",
    lambda x, slope: _leaky(x, slope),
)


def _leaky(x: ndarray, slope: float) -> ndarray:
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where x > 0, negative_slope · x elsewhere (Maas et al. 2013)."""
    return run(_leaky_relu, input, float(negative_slope), inplace=inplace)


_prelu = elementwise(
    Primitive(
        lambda x, w: np.maximum(x, 0) + w * np.minimum(x, 0),
        name="prelu",
        vjps=(
            lambda g, x, w: zeroed(g, x <= 0) + zeroed(g, x > 0) * w,
            lambda g, x, w: g * zeroed(x, x > 0),
        ),
        saves=(0, 1),
        broadcasts=True,
    )
)


def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, weight · x elsewhere (He et al. 2015, section 2.1).

    weight holds one slope, or one for each channel of input (N, C, …); of input (C,) or (), one.
    """
    input, weight = unified("prelu", input, weight)
    if weight.ndim > 1 and weight.size != 1:
        raise ValueError(f"prelu: weight must be a number or a vector, got shape {tuple(weight.shape)}")
    count = math.prod(weight.shape)
    if count != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if count != channels:
            raise ValueError(
                f"prelu: weight has {count} slopes, but input of shape {tuple(input.shape)} has {channels} channels; "
                "give one slope, or one a channel"
            )
    return apply(_prelu, (input, reshape(weight, (count, *(1,) * (input.ndim - 2)) if input.ndim > 1 else ())))


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """A leaky ReLU whose slope is drawn from U(lower, upper) for each element, and is their mean if not training
    (Xu et al. 2015)."""
    if not lower <= upper:
        raise ValueError(f"rrelu: lower must not be greater than upper, got lower={lower}, upper={upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    if inplace:
        return overwritten("rrelu", input, lambda old: rrelu(old, lower, upper, True))
    (input,) = unified("rrelu", input, floating=True)
    return apply(_prelu, (input, _slopes(lower, upper, tuple(input.shape), input.dtype)))


@by_example
def _slopes(lower: float, upper: float, shape: tuple, dtype: np.dtype) -> ndarray:
    return (lower + (upper - lower) * uniform(shape, dtype)).astype(dtype, copy=False)


# ---------------------------------------------------------------------------------- hard versions, shrinkage, threshold

_hardtanh = activation(
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda g, x, low, high: zeroed(g, (x <= low) | (x >= high)),  # of x: the output may be overwritten
    (0,),
    "hardtanh",
)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x within [min_val, max_val], the nearer bound outside; the slope at a bound is 0. Of integers, integers."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val must not be greater than max_val, got {min_val} and {max_val}")
    if is_whole(input):
        low, high = _whole("hardtanh", input, min_val=min_val, max_val=max_val)
        return overwritten("hardtanh", input, lambda x: clamp(x, low, high)) if inplace else clamp(input, low, high)
    return run(_hardtanh, input, float(min_val), float(max_val), inplace=inplace)


def _whole(name: str, x: Any, **numbers: Any) -> list[int]:
    """Arguments of a function of integers as integers, or an error for a fraction."""
    for key, number in numbers.items():
        if number != number // 1:
            raise TypeError(f"{name}: {key}={number} is a fraction and x holds {x.dtype}; use x.float()")
    return [int(number) for number in numbers.values()]


def bounded(x: Any, limit: float) -> Any:
    """x within ±limit. For slopes that are exactly 0 or 1 beyond: it spares their rules 0 · inf."""
    return hardtanh(x, -limit, limit)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(0, x), 6)."""
    return hardtanh(input, 0.0, 6.0, inplace)


_hardsigmoid = activation(
    lambda x: np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
    lambda g, x: zeroed(g, (x <= -3) | (x >= 3)) / 6,
    (0,),
    "hardsigmoid",
)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """x / 6 + 1/2 within [0, 1]."""
    return run(_hardsigmoid, input, inplace=inplace)


def _hardswish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -3)
    return x * np.minimum(x / 6 + 0.5, 1)


def _hardswish_rule(g: Any, x: Any) -> Any:
    slope = bounded(x, 3.0) / 3 + 0.5
    return zeroed(g, (x <= -3) | (x >= 3)) * slope + zeroed(g, x < 3)


_hardswish = activation(_hardswish_forward, _hardswish_rule, (0,), "hardswish")


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x · hardsigmoid(x) (Howard et al. 2019)."""
    return run(_hardswish, input, inplace=inplace)


def _threshold_forward(x: ndarray, threshold: float, value: float) -> tuple:
    low = x <= threshold
    return np.where(low, x.dtype.type(value), x), low


_threshold = activation(_threshold_forward, lambda g, low, threshold, value: zeroed(g, low), (AUX,), "threshold")


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x > threshold, `value` elsewhere. Of integers, integers."""
    if is_whole(input):
        least, other = _whole("threshold", input, threshold=threshold, value=value)

        def chosen(x: Any) -> Any:
            return where(x > least, x, other)

        return overwritten("threshold", input, chosen) if inplace else chosen(input)
    return run(_threshold, input, float(threshold), float(value), inplace=inplace)


def _shrink(forward: Callable, name: str) -> Primitive:
    return activation(
        lambda x, lambd: (forward(x, lambd), np.abs(x) <= lambd),
        lambda g, small, lambd: zeroed(g, small),
        (AUX,),
        name,
        forward,
    )


_softshrink = _shrink(lambda x, lambd: np.maximum(x - lambd, 0) + np.minimum(x + lambd, 0), "softshrink")
_hardshrink = _shrink(lambda x, lambd: _zero(x, np.abs(x) <= lambd), "hardshrink")


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x moved by lambd towards 0, and 0 within ±lambd."""
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must be at least 0, got {lambd}")
    return run(_softshrink, input, float(lambd))


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x, but 0 within ±lambd."""
    return run(_hardshrink, input, float(lambd))


_step = activation(
    lambda x, threshold: np.heaviside(x - x.dtype.type(threshold), x.dtype.type(1)),
    lambda g, threshold: zeroed(g, np.ones((), bool)),
    (),
    "step",
)


def step(input: Any, threshold: float = 0.0) -> Any:
    """1 where x >= threshold, 0 elsewhere: the threshold unit (McCulloch & Pitts 1943). Its derivative is 0 everywhere,
    so nothing is learnt through it by gradients; see `nn.Perceptron` for a rule that does."""
    return run(_step, input, float(threshold))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.relu        x.relu        x.relu_  onnx.Relu
ag.prelu       x.prelu                onnx.PRelu
ag.rrelu
hardswish                             onnx.HardSwish
ag.threshold
ag.hardshrink  x.hardshrink
ag.step
"""
