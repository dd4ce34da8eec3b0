"""Exponentials, logarithms and roots. A page of calculus, as `arithmetic.py`.

g is the gradient that arrives, x and y the inputs, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ...engine.elementwise import binary, unary
from ...engine.primitive import OUT

# ------------------------------------------------------------------------------------------------------------------ exp

exp = unary(
    np.exp,
    lambda g, out: g * out,
    saves=(OUT,),
    doc="""Compute the exponential of each element.
    out = eˣ
    exp([0.0, 1.0]) → [1.    , 2.7183]""",
)
exp2 = unary(
    np.exp2,
    lambda g, out: g * (out * math.log(2)),
    saves=(OUT,),
    doc="""Compute 2 to the power of each element.
    out = 2ˣ
    exp2([0.0, 3.0]) → [1., 8.]""",
)
expm1 = unary(
    np.expm1,
    lambda g, out: g * (out + 1),
    saves=(OUT,),
    doc="""Compute the exponential minus 1, exactly also where it is nearly 0.
    out = eˣ − 1
    expm1([0.0, 1.0]) → [0.    , 1.7183]""",
)

# ------------------------------------------------------------------------------------------------------------------ log

log = unary(
    np.log,
    lambda g, x: g / x,
    saves=(0,),
    doc="""Compute the natural logarithm of each element.
    It is -∞ at 0 and NaN below.
    out = ln x
    log([1.0, 10.0]) → [0.    , 2.3026]""",
)
log1p = unary(
    np.log1p,
    lambda g, x: g / (1 + x),
    saves=(0,),
    doc="""Compute the natural logarithm of 1 plus each element, exactly also near 0.
    out = ln(1 + x)
    log1p([0.0, 1.0]) → [0.    , 0.6931]""",
)
log2 = unary(
    np.log2,
    lambda g, x: g / (x * math.log(2)),
    saves=(0,),
    doc="""Compute the logarithm to base 2 of each element.
    out = log₂ x
    log2([1.0, 8.0]) → [0., 3.]""",
)
log10 = unary(
    np.log10,
    lambda g, x: g / (x * math.log(10)),
    saves=(0,),
    doc="""Compute the logarithm to base 10 of each element.
    out = log₁₀ x
    log10([1.0, 1000.0]) → [0., 3.]""",
)
logaddexp: Callable = binary(
    np.logaddexp,
    (lambda g, x, y: g * exp(-logaddexp(0.0, y - x)), lambda g, x, y: g * exp(-logaddexp(0.0, x - y))),
    saves=(0, 1),
    floating=True,
    name="logaddexp",
    doc="""Compute log(eˣ + eʸ), elementwise, without overflow.
    out = max(x, y) + log(1 + exp(−|x − y|))
    logaddexp([100.0, 0.0], 0.0) → [100.    ,   0.6931]""",
)
logaddexp2: Callable = binary(
    np.logaddexp2,
    (lambda g, x, y: g * exp2(-logaddexp2(0.0, y - x)), lambda g, x, y: g * exp2(-logaddexp2(0.0, x - y))),
    saves=(0, 1),
    floating=True,
    name="logaddexp2",
    doc="""Compute log₂(2ˣ + 2ʸ), elementwise, without overflow.
    out = max(x, y) + log₂(1 + 2^(−|x − y|))
    logaddexp2([10.0, 0.0], [10.0, 0.0]) → [11.,  1.]""",
)


def like(y: Any, g: Any) -> Any:
    """y, a number in the dtype of g: NumPy's functions would make a float64 of it."""
    return y if hasattr(y, "dtype") else np.asarray(y, g.dtype)


def times_log(log: Callable) -> Callable:
    """x log(y) on arrays, and 0 where x = 0 unless y is NaN."""

    def forward(x: Any, y: Any) -> ndarray:
        log_y = log(y if hasattr(y, "dtype") else np.asarray(y, x.dtype if hasattr(x, "dtype") else np.float64))
        return np.where((x == 0) & (y == y), 0, x * log_y)

    return forward


xlogy = binary(
    times_log(np.log),
    (lambda g, x, y: where((x == 0) & (y <= 0), 0.0, g * log(like(y, g))), lambda g, x, y: g * x / y),
    saves=(0, 1),
    uses=((0, 1), (0, 1)),
    floating=True,
    name="xlogy",
    doc="""Compute x log y, elementwise, with 0 log 0 = 0.
    It is 0 wherever x is 0, unless y is NaN.
    out = x ln y
    Source: SciPy's `special.xlogy`.
    xlogy([0.0, 2.0], [0.0, 1.0]) → [0., 0.]""",
)

# ---------------------------------------------------------------------------------------------------------------- roots

sqrt = unary(
    np.sqrt,
    lambda g, out: g / (2 * out),
    saves=(OUT,),
    doc="""Compute the square root of each element.
    It is NaN below 0; the slope at 0 is infinite.
    out = √x
    sqrt([4.0, 9.0]) → [2., 3.]""",
)
rsqrt = unary(
    lambda x: 1 / np.sqrt(x),
    lambda g, out: -0.5 * g * out * out * out,
    saves=(OUT,),
    name="rsqrt",
    doc="""Compute the reciprocal of the square root of each element.
    It is ∞ at 0 and NaN below.
    out = 1 / √x
    Source: PyTorch's `rsqrt`.
    rsqrt([4.0, 0.25]) → [0.5, 2. ]""",
)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.exp           x.exp           x.exp_           np.exp onnx.Exp
ag.exp2          x.exp2          x.exp2_          np.exp2
ag.expm1         x.expm1         x.expm1_         np.expm1
ag.log           x.log           x.log_           np.log onnx.Log
ag.log1p         x.log1p         x.log1p_         np.log1p
ag.log2          x.log2          x.log2_          np.log2
ag.log10         x.log10         x.log10_         np.log10
ag.sqrt          x.sqrt          x.sqrt_          np.sqrt onnx.Sqrt
ag.rsqrt         x.rsqrt         x.rsqrt_
ag.xlogy         x.xlogy         x.xlogy_
ag.logaddexp     x.logaddexp                      np.logaddexp
ag.logaddexp2    x.logaddexp2                     np.logaddexp2
"""
