"""Piecewise linear activations: ReLU and its relatives, hard versions of smooth ones, shrinkage, the step.

Names, argument order and defaults are those of `torch.nn.functional`; `step` is the course's own. All take tensors,
arrays or numbers of any shape and keep the dtype; NaN stays NaN, and at ±inf the result is the limit. What most of
them save is their output, or a mask of one byte an element.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.docstrings import F
from ...engine.docstrings import elementwise as elementwise_docstring
from ...engine.elementwise import unary
from ...engine.operands import convert, is_traced, unified
from ...engine.primitive import AUX, OUT, Primitive, apply
from ...engine.tensor import Default, Tensor, describe
from ...engine.types import TensorLike
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


WHOLE = "floating dtypes and integers stay; booleans become the default float."


def documented(source: str, *, wrong: str = "", dtypes: str | None = None) -> Callable[[F], F]:
    """The decorator that completes the docstring of an activation; `wrong`: what else raises a ValueError."""

    def decorator(function: F) -> F:
        prose, raises = "", "TypeError if input holds no numbers, or complex numbers"
        if "inplace" in inspect.signature(function).parameters:
            prose = "With `inplace`, the result is written over input."
            raises += (
                ", or, with inplace, is no tensor; with inplace, RuntimeError if the result cannot be written there"
            )
        raises += f"; ValueError if {wrong}." if wrong else "."
        text = inspect.cleandoc(function.__doc__ or "") + (f"\nDtypes: {dtypes}" if dtypes else "")
        function.__doc__ = elementwise_docstring(text, 1, True, prose=prose, Raises=raises, Source=source)
        return function

    return decorator


def activation(
    forward: Callable, rule: Callable, saves: tuple, name: str, evaluate: Callable | None = None
) -> Primitive:
    """The primitive of an activation: one input, then the activation's parameters."""
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


# ------------------------------------------------------------------------------------------------- rectified, leaky ones


def real(x: Any, name: str, *, floating: bool) -> Any:
    """x as a function takes it that is not defined for complex numbers."""
    (x,) = unified(name, x, floating=floating)
    if getattr(x, "dtype", Default.dtype).kind == "c":
        raise TypeError(f"{name}: needs real numbers, got {describe(x)}; take x.real, x.imag or abs(x)")
    return x


def is_whole(x: Any) -> bool:
    """Whether x holds integers, which a piecewise linear function with whole slopes and bounds leaves integers."""
    return hasattr(x, "dtype") and x.dtype.kind in "iu"


relu_primitive = unary(
    *with_kernels("relu", lambda x: np.maximum(x, 0), lambda g, out: zeroed(g, out <= 0)),
    saves=(OUT,),
    prepare=lambda x: real(x, "relu", floating=not is_whole(x)),  # integers stay integers
    name="relu",
)


@documented("Nair & Hinton 2010; PyTorch's `relu`.", dtypes=WHOLE)
def relu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the rectifier: what is negative becomes 0.

    The slope at 0 is 0.

    out = max(0, x)
    relu([-1.0, 2.0]) → [0., 2.]
    """
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


@documented("Maas, Hannun & Ng 2013; PyTorch's `leaky_relu`.")
def leaky_relu(input: TensorLike, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Apply the leaky rectifier: what is negative is multiplied by `negative_slope`.

    The slope at 0 is negative_slope.

    out = x if x > 0, else negative_slope · x
    F.leaky_relu([-1.0, 2.0], 0.1) → [-0.1,  2. ]
    """
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


@documented(
    "He, Zhang, Ren & Sun 2015, section 2.1; PyTorch's `prelu`.",
    wrong="weight is no number or vector, or does not have one slope or one a channel",
)
def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """Apply the rectifier whose slope for negative elements, `weight`, is learnt.

    weight holds one slope, or one for each channel of input; of an input without channels, one.

    out = x if x > 0, else weight · x
    Shapes: (N, C, *) and (C), (1) or () → (N, C, *).
    Dtypes: the common dtype of input and weight.
    prelu([-1.0, 2.0], 0.25) → [-0.25,  2.  ]
    """
    x, w = (real(v, "prelu", floating=False) for v in unified("prelu", input, weight))
    if not hasattr(w, "dtype"):
        w = np.asarray(w, x.dtype)
    if w.ndim > 1 and w.size != 1:
        raise ValueError(f"prelu: weight must be a number or a vector, got shape {tuple(w.shape)}")
    count = math.prod(w.shape)
    if count != 1:
        channels = x.shape[1] if x.ndim > 1 else 1
        if count != channels:
            raise ValueError(
                f"prelu: weight has {count} slopes, but input of shape {tuple(x.shape)} has {channels} channels; "
                "give one slope, or one a channel"
            )
    return apply(_prelu, (x, reshape(w, (count, *(1,) * (x.ndim - 2)) if x.ndim > 1 else ())))


@documented("Xu, Wang, Chen & Li 2015; PyTorch's `rrelu`.", wrong="lower > upper")
def rrelu(
    input: TensorLike, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Apply the leaky rectifier whose slope for negative elements is random.

    If `training`, the slope of each element is drawn from U(`lower`, `upper`); otherwise it is their mean.

    out = x if x > 0, else a x; a ~ U(lower, upper), or a = (lower + upper) / 2
    F.rrelu([-4.0, 2.0], 0.25, 0.75) → [-2.,  2.]
    """
    if not lower <= upper:
        raise ValueError(f"rrelu: lower must not be greater than upper, got lower={lower}, upper={upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    if inplace:
        return overwritten("rrelu", input, lambda old: rrelu(old, lower, upper, True))
    x = real(input, "rrelu", floating=True)
    return apply(_prelu, (x, _slopes(lower, upper, tuple(x.shape), x.dtype)))


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


@documented("PyTorch's `hardtanh`.", dtypes=WHOLE, wrong="min_val > max_val")
def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Limit each element to the range from `min_val` to `max_val`.

    The slope at a bound is 0. Bounds of integers must be whole numbers, or a TypeError is raised.

    out = min(max(x, min_val), max_val)
    F.hardtanh([-2.0, 0.5, 2.0]) → [-1. ,  0.5,  1. ]
    """
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


@documented("Krizhevsky 2010; PyTorch's `relu6`.", dtypes=WHOLE)
def relu6(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the rectifier that is limited to 6.

    The slope at 0 and at 6 is 0.

    out = min(max(0, x), 6)
    F.relu6([-1.0, 2.0, 7.0]) → [0., 2., 6.]
    """
    return hardtanh(input, 0.0, 6.0, inplace)


_hardsigmoid = activation(
    lambda x: np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
    lambda g, x: zeroed(g, (x <= -3) | (x >= 3)) / 6,
    (0,),
    "hardsigmoid",
)


@documented("PyTorch's `hardsigmoid`.")
def hardsigmoid(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the piecewise linear sigmoid.

    The slope at ±3 is 0.

    out = min(max(x / 6 + ½, 0), 1)
    F.hardsigmoid([-4.0, 0.0, 1.5]) → [0.  , 0.5 , 0.75]
    """
    return run(_hardsigmoid, input, inplace=inplace)


def _hardswish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -3)
    return x * np.minimum(x / 6 + 0.5, 1)


def _hardswish_rule(g: Any, x: Any) -> Any:
    slope = bounded(x, 3.0) / 3 + 0.5
    return zeroed(g, (x <= -3) | (x >= 3)) * slope + zeroed(g, x < 3)


_hardswish = activation(_hardswish_forward, _hardswish_rule, (0,), "hardswish")


@documented("Howard et al. 2019; PyTorch's `hardswish`.")
def hardswish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the piecewise version of swish: each element times its hard sigmoid.

    out = x · min(max(x / 6 + ½, 0), 1)
    F.hardswish([-4.0, 1.5, 4.0]) → [-0.   ,  1.125,  4.   ]
    """
    return run(_hardswish, input, inplace=inplace)


def _threshold_forward(x: ndarray, threshold: float, value: float) -> tuple:
    low = x <= threshold
    return np.where(low, x.dtype.type(value), x), low


_threshold = activation(_threshold_forward, lambda g, low, threshold, value: zeroed(g, low), (AUX,), "threshold")


@documented("PyTorch's `threshold`.", dtypes=WHOLE)
def threshold(input: TensorLike, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace what is not greater than `threshold` by `value`.

    Of integers, both must be whole numbers, or a TypeError is raised.

    out = x if x > threshold, else value
    F.threshold([0.5, 2.0], 1.0, 9.0) → [9., 2.]
    """
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


@documented("PyTorch's `softshrink`.", wrong="lambd is negative")
def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Move each element by `lambd` towards 0; what is within ±lambd becomes 0.

    out = sign(x) max(|x| − lambd, 0)
    F.softshrink([-2.0, 0.25, 1.0]) → [-1.5,  0. ,  0.5]
    """
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must be at least 0, got {lambd}")
    return run(_softshrink, input, float(lambd))


@documented("PyTorch's `hardshrink`.")
def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Replace what is within ±`lambd` by 0.

    out = x if |x| > lambd, else 0
    hardshrink([-2.0, 0.25, 1.0]) → [-2.,  0.,  1.]
    """
    return run(_hardshrink, input, float(lambd))


_step = activation(
    lambda x, threshold: np.heaviside(x - x.dtype.type(threshold), x.dtype.type(1)),
    lambda g, threshold: zeroed(g, np.ones((), bool)),
    (),
    "step",
)


@documented("McCulloch & Pitts 1943.")
def step(input: TensorLike, threshold: float = 0.0) -> Tensor:
    """Apply the step of a threshold neuron: 1 from `threshold` on, 0 below.

    The derivative is 0 everywhere, so nothing is learnt through it by gradients; see `nn.Perceptron` for a rule that does.

    out = 1 if x ≥ threshold, else 0
    step([-1.0, 0.0, 2.0]) → [0., 1., 1.]
    """
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
