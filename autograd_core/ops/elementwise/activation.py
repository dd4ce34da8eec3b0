"""Smooth units. The piecewise linear ones are in `piecewise.py`, the softmax family in `softmax.py`.

Names, argument order and defaults are those of `torch.nn.functional`; `identity`, `scaled_sigmoid` and `scaled_tanh`
are the course's own. All take tensors, arrays or numbers of any shape and keep the dtype; NaN stays NaN, and at ±inf
the result is the limit.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.elementwise import unary
from ...engine.operands import unified
from ...engine.primitive import OUT, Primitive
from ..arguments import dim_index
from ..shape.shape import split
from .arithmetic import abs, exp, reciprocal
from .large import with_kernels
from .piecewise import activation, bounded, run, zeroed
from .special import ndtr
from .trigonometric import tanh

# -------------------------------------------------------------------------------------------------- exponential below 0


def _elu_like(name: str) -> Primitive:
    """scale · x where x > 0, scale · alpha · (e^(rate x) - 1) elsewhere."""

    def forward(x: ndarray, alpha: float, scale: float, rate: float) -> ndarray:
        return scale * np.maximum(x, 0) + (scale * alpha) * np.expm1(rate * np.minimum(x, 0))

    def rule(g: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
        slope = (scale * alpha * rate) * exp(rate * zeroed(x, x > 0))
        return scale * zeroed(g, x <= 0) + slope * zeroed(g, x > 0)

    return activation(forward, rule, (0,), name)


_elu, _selu, _celu = _elu_like("elu"), _elu_like("selu"), _elu_like("celu")


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, alpha (e^x - 1) elsewhere (Clevert et al. 2016, equation 15)."""
    return run(_elu, input, float(alpha), 1.0, 1.0, inplace=inplace)


def selu(input: Any, inplace: bool = False) -> Any:
    """The ELU whose constants keep mean 0 and variance 1 through layers (Klambauer et al. 2017, equation 14)."""
    return run(_selu, input, 1.6732632423543772, 1.0507009873554805, 1.0, inplace=inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, alpha (e^(x / alpha) - 1) elsewhere: an ELU with a continuous slope (Barron 2017)."""
    if alpha == 0:
        raise ValueError("celu: alpha divides x and cannot be 0; use relu for the limit")
    return run(_celu, input, float(alpha), 1.0, 1 / float(alpha), inplace=inplace)


# ------------------------------------------------------------------------------------------------------ sigmoid and kin


def _sigmoid_forward(x: ndarray) -> ndarray:
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the right 0
        return np.reciprocal(1 + np.exp(-x))


def _log1p_exp(x: ndarray) -> ndarray:
    """log(1 + e^x) without overflow, and exact where e^x is tiny."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


sigmoid_primitive = unary(
    *with_kernels("sigmoid", _sigmoid_forward, lambda g, out: g * (out * (1 - out))), saves=(OUT,), name="sigmoid"
)


def sigmoid(input: Any) -> Any:
    """The logistic function 1 / (1 + e^-x)."""
    return sigmoid_primitive(input)


_logsigmoid = unary(
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    lambda g, x: g * sigmoid(-x),
    saves=(0,),
    name="logsigmoid",
)


def logsigmoid(input: Any) -> Any:
    """log(1 / (1 + e^-x)), exact in both tails."""
    return _logsigmoid(input)


def _softplus_forward(x: ndarray, beta: float, threshold: float) -> ndarray:
    z = beta * x
    return np.where(z > threshold, x, _log1p_exp(z) / beta)


def _softplus_rule(g: Any, x: Any, beta: float, threshold: float) -> Any:
    z = beta * x
    return zeroed(g, z > threshold) * sigmoid(z) + zeroed(g, ~(z > threshold))


_softplus = activation(_softplus_forward, _softplus_rule, (0,), "softplus")


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e^(beta x)) / beta, a smooth ReLU; x itself where beta x > threshold."""
    if beta == 0:
        raise ValueError("softplus: beta divides the result and cannot be 0")
    return run(_softplus, input, float(beta), float(threshold))


def _silu_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -1000)
    return x * _sigmoid_forward(x)


def _silu_rule(g: Any, x: Any) -> Any:
    x = bounded(x, 1000.0)
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


_silu = activation(*with_kernels("silu", _silu_forward, _silu_rule), (0,), "silu")


def silu(input: Any, inplace: bool = False) -> Any:
    """x · sigmoid(x), also called swish (Hendrycks & Gimpel 2016, Ramachandran et al. 2017)."""
    return run(_silu, input, inplace=inplace)


def _mish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -1000)
    return x * np.tanh(_log1p_exp(x))


def _mish_rule(g: Any, x: Any) -> Any:
    x = bounded(x, 1000.0)
    t = tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


_mish = activation(_mish_forward, _mish_rule, (0,), "mish")


def mish(input: Any, inplace: bool = False) -> Any:
    """x · tanh(log(1 + e^x)) (Misra 2019)."""
    return run(_mish, input, inplace=inplace)


def _normal_pdf(x: Any) -> Any:
    return exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi))


def _gelu_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -100)
    return x * ndtr(x)


def _gelu_rule(g: Any, x: Any) -> Any:
    x = bounded(x, 100.0)
    return g * (ndtr(x) + x * _normal_pdf(x))


# x (1 + tanh u) / 2 as x sigmoid(2u), which keeps the digits of small results
_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -100)
    return x * _sigmoid_forward(2 * _TANH_SCALE * (x + _TANH_CUBE * (x * x * x)))


def _gelu_tanh_rule(g: Any, x: Any) -> Any:
    x = bounded(x, 100.0)
    square = x * x
    s = sigmoid(2 * _TANH_SCALE * (x + _TANH_CUBE * (square * x)))
    return g * (s + x * (s * (1 - s)) * (2 * _TANH_SCALE + 6 * _TANH_SCALE * _TANH_CUBE * square))


_gelu = activation(*with_kernels("gelu", _gelu_forward, _gelu_rule), (0,), "gelu")
gelu_tanh = activation(*with_kernels("gelu_tanh", _gelu_tanh_forward, _gelu_tanh_rule), (0,), "gelu")


def gelu(input: Any, *, approximate: str = "none") -> Any:
    """x · P(Z <= x) for a standard normal Z (Hendrycks & Gimpel 2016); approximate="tanh" is their formula for it."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return run(_gelu if approximate == "none" else gelu_tanh, input)


def _softsign_forward(x: ndarray) -> ndarray:
    largest = np.finfo(x.dtype).max
    x = np.minimum(np.maximum(x, -largest), largest)
    return x / (1 + np.abs(x))


def _softsign_rule(g: Any, x: Any) -> Any:
    r = reciprocal(1 + abs(x))
    return g * (r * r)


_softsign = activation(_softsign_forward, _softsign_rule, (0,), "softsign")


def softsign(input: Any) -> Any:
    """x / (1 + |x|)."""
    return run(_softsign, input)


def _tanhshrink_rule(g: Any, x: Any) -> Any:
    t = tanh(x)
    return g * (t * t)


_tanhshrink = activation(lambda x: x - np.tanh(x), _tanhshrink_rule, (0,), "tanhshrink")


def tanhshrink(input: Any) -> Any:
    """x - tanh(x)."""
    return run(_tanhshrink, input)


_scaled_sigmoid = activation(
    lambda x, slope: _sigmoid_forward(slope * x),
    lambda g, out, slope: g * (slope * (out * (1 - out))),
    (OUT,),
    "sigmoid",
)


def scaled_sigmoid(input: Any, slope: float = 1.0) -> Any:
    """1 / (1 + e^(-slope x)); its steepest slope, at 0, is slope / 4."""
    return run(_scaled_sigmoid, input, float(slope))


_scaled_tanh = activation(
    lambda x, amplitude, slope: amplitude * np.tanh(slope * x),
    lambda g, out, amplitude, slope: g * (slope * amplitude - (slope / amplitude) * (out * out)),
    (OUT,),
    "tanh",
)


def scaled_tanh(input: Any, amplitude: float = 1.7159, slope: float = 2 / 3) -> Any:
    """amplitude · tanh(slope x). The defaults give f(±1) = ±1, with the second derivative largest there (LeCun et al.
    1998, "Efficient BackProp", section 4.4)."""
    if amplitude == 0:
        raise ValueError("scaled_tanh: amplitude cannot be 0; the result would not depend on the input")
    return run(_scaled_tanh, input, float(amplitude), float(slope))


def glu(input: Any, dim: int = -1) -> Any:
    """a · sigmoid(b), where a and b are the halves of the input along `dim` (Dauphin et al. 2017)."""
    (input,) = unified("glu", input, floating=True)
    if input.ndim == 0:
        raise ValueError("glu: a 0-d tensor has no halves; needs at least one dimension")
    size = input.shape[dim_index(dim, input.ndim, "glu")]
    if size % 2:
        raise ValueError(f"glu: dim {dim} of shape {tuple(input.shape)} has the odd size {size} and no halves")
    a, b = split(input, [size // 2, size // 2], dim)
    return a * sigmoid(b)


def identity(input: Any) -> Any:
    """x itself: the linear unit."""
    return input


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.selu
ag.celu
ag.sigmoid         x.sigmoid  x.sigmoid_
ag.logsigmoid
ag.softplus
ag.silu
mish                                      onnx.Mish
softsign                                  onnx.Softsign
ag.scaled_sigmoid
ag.scaled_tanh
ag.identity
"""
