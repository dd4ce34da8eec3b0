"""Activation functions. The softmax family, whose units depend on each other, is in `softmax.py`.

Names, argument order and defaults are those of `torch.nn.functional`; `step`, `identity`, `scaled_sigmoid` and
`scaled_tanh` are the course's own. All take tensors, arrays or numbers of any shape and keep the dtype; NaN stays NaN,
and at ±inf the result is the limit.

g is the gradient that arrives, x the input, out the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import AUX, OUT, Primitive, convert, unary, unified
from ..random import uniform
from ..tensor import Default, Tensor, apply, describe, rewrite
from .elementwise import abs, exp, reciprocal, tanh
from .shape import dim_index, reshape, split

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


def _activation(
    forward: Callable, rule: Callable, saves: tuple, name: str, evaluate: Callable | None = None
) -> Primitive:
    return elementwise(Primitive(forward, vjps=(rule,), saves=saves, name=name, evaluate=evaluate))


def run(p: Primitive, x: Any, *params: Any, inplace: bool = False) -> Any:
    if inplace:
        if not isinstance(x, Tensor):
            raise TypeError(f"{p.name}: inplace=True needs a tensor, got {describe(x)}")
        return rewrite(x, lambda old: run(p, old, *params), name=f"{p.name}_")
    (x,) = unified(p.name, x, floating=True)
    if not hasattr(x, "dtype"):
        x = np.asarray(x, np.float64)
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            raise TypeError(f"{p.name}: needs real numbers, got {describe(x)}; take x.real, x.imag or abs(x)")
        x = convert(x, Default.dtype)
    return apply(p, (x,), params)


# ------------------------------------------------------------------------------------------------------ rectified units

_relu = unary(
    lambda x: np.maximum(x, 0),
    lambda g, out: zeroed(g, out <= 0),
    saves=(OUT,),
    name="relu",
)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(0, x), with slope 0 at 0."""
    return rewrite(input, _relu, name="relu_") if inplace else _relu(input)


_leaky_relu = _activation(
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


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """A leaky ReLU whose slope is drawn from U(lower, upper) for each element, and is their mean if not training
    (Xu et al. 2015)."""
    if not lower <= upper:
        raise ValueError(f"rrelu: lower must not be greater than upper, got lower={lower}, upper={upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    if inplace:
        return rewrite(input, rrelu, lower, upper, True, name="rrelu_")
    (input,) = unified("rrelu", input, floating=True)
    slopes = lower + (upper - lower) * uniform(tuple(input.shape), input.dtype)
    return apply(_prelu, (input, slopes.astype(input.dtype, copy=False)))


def _elu_like(name: str) -> Primitive:
    """scale · x where x > 0, scale · alpha · (e^(rate x) - 1) elsewhere."""

    def forward(x: ndarray, alpha: float, scale: float, rate: float) -> ndarray:
        return scale * np.maximum(x, 0) + (scale * alpha) * np.expm1(rate * np.minimum(x, 0))

    def rule(g: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
        slope = (scale * alpha * rate) * exp(rate * zeroed(x, x > 0))
        return scale * zeroed(g, x <= 0) + slope * zeroed(g, x > 0)

    return _activation(forward, rule, (0,), name)


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
    return run(_celu, input, float(alpha), 1.0, 1 / alpha, inplace=inplace)


# ------------------------------------------------------------------------------------------------------ sigmoid and kin


def _sigmoid_forward(x: ndarray) -> ndarray:
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the right 0
        return np.reciprocal(1 + np.exp(-x))


def _log1p_exp(x: ndarray) -> ndarray:
    """log(1 + e^x) without overflow, and exact where e^x is tiny."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


_sigmoid = unary(_sigmoid_forward, lambda g, out: g * (out * (1 - out)), saves=(OUT,), name="sigmoid")


def sigmoid(input: Any) -> Any:
    """The logistic function 1 / (1 + e^-x)."""
    return _sigmoid(input)


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


_softplus = _activation(_softplus_forward, _softplus_rule, (0,), "softplus")


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e^(beta x)) / beta, a smooth ReLU; x itself where beta x > threshold."""
    if beta == 0:
        raise ValueError("softplus: beta divides the result and cannot be 0")
    return run(_softplus, input, float(beta), float(threshold))


def _bounded(x: Any, limit: float) -> Any:
    """x within ±limit. The slopes below are exactly 0 or 1 beyond, so rules use it to spare themselves 0 · inf."""
    return hardtanh(x, -limit, limit)


def _silu_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -1000)
    return x * _sigmoid_forward(x)


def _silu_rule(g: Any, x: Any) -> Any:
    x = _bounded(x, 1000.0)
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


_silu = _activation(_silu_forward, _silu_rule, (0,), "silu")


def silu(input: Any, inplace: bool = False) -> Any:
    """x · sigmoid(x), also called swish (Hendrycks & Gimpel 2016, Ramachandran et al. 2017)."""
    return run(_silu, input, inplace=inplace)


def _mish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -1000)
    return x * np.tanh(_log1p_exp(x))


def _mish_rule(g: Any, x: Any) -> Any:
    x = _bounded(x, 1000.0)
    t = tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


_mish = _activation(_mish_forward, _mish_rule, (0,), "mish")


def mish(input: Any, inplace: bool = False) -> Any:
    """x · tanh(log(1 + e^x)) (Misra 2019)."""
    return run(_mish, input, inplace=inplace)


def _normal_cdf_forward(x: ndarray) -> ndarray:
    from scipy.special import ndtr  # here, so that importing this package stays light

    return ndtr(x).astype(x.dtype, copy=False)


_normal_cdf = unary(_normal_cdf_forward, lambda g, x: g * _normal_pdf(x), saves=(0,), name="normal_cdf")


def _normal_pdf(x: Any) -> Any:
    return exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi))


def _gelu_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -100)
    return x * _normal_cdf_forward(x)


def _gelu_rule(g: Any, x: Any) -> Any:
    x = _bounded(x, 100.0)
    return g * (_normal_cdf(x) + x * _normal_pdf(x))


_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -100)
    return 0.5 * x * (1 + np.tanh(_TANH_SCALE * (x + _TANH_CUBE * (x * x * x))))


def _gelu_tanh_rule(g: Any, x: Any) -> Any:
    x = _bounded(x, 100.0)
    t = tanh(_TANH_SCALE * (x + _TANH_CUBE * (x * x * x)))
    return g * (0.5 * (1 + t) + (0.5 * _TANH_SCALE) * (x * (1 - t * t) * (1 + (3 * _TANH_CUBE) * (x * x))))


_gelu = _activation(_gelu_forward, _gelu_rule, (0,), "gelu")
_gelu_tanh = _activation(_gelu_tanh_forward, _gelu_tanh_rule, (0,), "gelu")


def gelu(input: Any, *, approximate: str = "none") -> Any:
    """x · P(Z <= x) for a standard normal Z (Hendrycks & Gimpel 2016); approximate="tanh" is their formula for it."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return run(_gelu if approximate == "none" else _gelu_tanh, input)


def _softsign_forward(x: ndarray) -> ndarray:
    largest = np.finfo(x.dtype).max
    x = np.minimum(np.maximum(x, -largest), largest)
    return x / (1 + np.abs(x))


def _softsign_rule(g: Any, x: Any) -> Any:
    r = reciprocal(1 + abs(x))
    return g * (r * r)


_softsign = _activation(_softsign_forward, _softsign_rule, (0,), "softsign")


def softsign(input: Any) -> Any:
    """x / (1 + |x|)."""
    return run(_softsign, input)


def _tanhshrink_rule(g: Any, x: Any) -> Any:
    t = tanh(x)
    return g * (t * t)


_tanhshrink = _activation(lambda x: x - np.tanh(x), _tanhshrink_rule, (0,), "tanhshrink")


def tanhshrink(input: Any) -> Any:
    """x - tanh(x)."""
    return run(_tanhshrink, input)


_scaled_sigmoid = _activation(
    lambda x, slope: _sigmoid_forward(slope * x),
    lambda g, out, slope: g * (slope * (out * (1 - out))),
    (OUT,),
    "sigmoid",
)


def scaled_sigmoid(input: Any, slope: float = 1.0) -> Any:
    """1 / (1 + e^(-slope x)); its steepest slope, at 0, is slope / 4."""
    return run(_scaled_sigmoid, input, float(slope))


_scaled_tanh = _activation(
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


# ----------------------------------------------------------------------------------------------------- piecewise linear

_hardtanh = _activation(
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda g, out, low, high: zeroed(g, (out <= low) | (out >= high)),
    (OUT,),
    "hardtanh",
)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x within [min_val, max_val], the nearer bound outside; the slope at a bound is 0."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val must not be greater than max_val, got {min_val} and {max_val}")
    return run(_hardtanh, input, float(min_val), float(max_val), inplace=inplace)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(0, x), 6)."""
    return hardtanh(input, 0.0, 6.0, inplace)


_hardsigmoid = _activation(
    lambda x: np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
    lambda g, out: zeroed(g, (out <= 0) | (out >= 1)) / 6,
    (OUT,),
    "hardsigmoid",
)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """x / 6 + 1/2 within [0, 1]."""
    return run(_hardsigmoid, input, inplace=inplace)


def _hardswish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -3)
    return x * np.minimum(x / 6 + 0.5, 1)


def _hardswish_rule(g: Any, x: Any) -> Any:
    slope = _bounded(x, 3.0) / 3 + 0.5
    return zeroed(g, (x <= -3) | (x >= 3)) * slope + zeroed(g, x < 3)


_hardswish = _activation(_hardswish_forward, _hardswish_rule, (0,), "hardswish")


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x · hardsigmoid(x) (Howard et al. 2019)."""
    return run(_hardswish, input, inplace=inplace)


def _threshold_forward(x: ndarray, threshold: float, value: float) -> tuple:
    low = x <= threshold
    return np.where(low, x.dtype.type(value), x), low


_threshold = _activation(_threshold_forward, lambda g, low, threshold, value: zeroed(g, low), (AUX,), "threshold")


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x > threshold, `value` elsewhere."""
    return run(_threshold, input, float(threshold), float(value), inplace=inplace)


def _shrink(forward: Callable, name: str) -> Primitive:
    return _activation(
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


_step = _activation(
    lambda x, threshold: np.heaviside(x - x.dtype.type(threshold), x.dtype.type(1)),
    lambda g, threshold: zeroed(g, np.ones((), bool)),
    (),
    "step",
)


def step(input: Any, threshold: float = 0.0) -> Any:
    """1 where x >= threshold, 0 elsewhere: the threshold unit (McCulloch & Pitts 1943). Its derivative is 0 everywhere,
    so nothing is learnt through it by gradients; see `nn.Perceptron` for a rule that does."""
    return run(_step, input, float(threshold))


def identity(input: Any) -> Any:
    """x itself: the linear unit."""
    return input
