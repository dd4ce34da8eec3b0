"""Smooth activations. The piecewise linear ones are in `piecewise.py`, the softmax family in `softmax.py`.

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

from ...engine.docstrings import of_elements
from ...engine.elementwise import unary
from ...engine.operands import unified
from ...engine.primitive import OUT, Primitive
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import dim_index
from ..shape.shape import split
from .arithmetic import abs, exp, reciprocal
from .large import with_kernels
from .piecewise import activation, bounded, documented, real, run, zeroed
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


@documented("Clevert, Unterthiner & Hochreiter 2016, eq. 15; PyTorch's `elu`.")
def elu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Apply the exponential linear unit, which tends to −`alpha` at −∞.

    out = x if x > 0, else alpha (eˣ − 1)
    F.elu([-1.0, 2.0]) → [-0.6321,  2.    ]
    """
    return run(_elu, input, float(alpha), 1.0, 1.0, inplace=inplace)


@documented("Klambauer, Unterthiner, Mayr & Hochreiter 2017, eq. 2 and 14; PyTorch's `selu`.")
def selu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the scaled exponential linear unit, whose constants keep mean 0 and variance 1 through layers.

    out = λ x if x > 0, else λ α (eˣ − 1); α ≈ 1.6733, λ ≈ 1.0507
    selu([-1.0, 2.0]) → [-1.1113,  2.1014]
    """
    return run(_selu, input, 1.6732632423543772, 1.0507009873554805, 1.0, inplace=inplace)


@documented("Barron 2017; PyTorch's `celu`.", wrong="alpha is 0")
def celu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Apply the exponential linear unit whose slope is continuous for every `alpha`.

    out = x if x > 0, else alpha (exp(x / alpha) − 1)
    celu([-1.0, 2.0], 2.0) → [-0.7869,  2.    ]
    """
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


@of_elements(Source="SciPy's `special.expit`, PyTorch's `sigmoid`.")
def sigmoid(input: TensorLike) -> Tensor:
    """Apply the logistic function to each element.

    out = 1 / (1 + e⁻ˣ)
    sigmoid([0.0, 2.0]) → [0.5   , 0.8808]
    """
    return sigmoid_primitive(input)


_logsigmoid = unary(
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    lambda g, x: g * sigmoid(-x),
    saves=(0,),
    prepare=lambda x: real(x, "logsigmoid", floating=True),
    name="logsigmoid",
)


@documented("PyTorch's `logsigmoid`.")
def logsigmoid(input: TensorLike) -> Tensor:
    """Compute the logarithm of the logistic function, exactly also where that is nearly 0 or 1.

    out = −ln(1 + e⁻ˣ)
    logsigmoid([0.0, -100.0]) → [  -0.6931, -100.    ]
    """
    return _logsigmoid(input)


def _softplus_forward(x: ndarray, beta: float, threshold: float) -> ndarray:
    z = beta * x
    return np.where(z > threshold, x, _log1p_exp(z) / beta)


def _softplus_rule(g: Any, x: Any, beta: float, threshold: float) -> Any:
    z = beta * x
    return zeroed(g, z > threshold) * sigmoid(z) + zeroed(g, ~(z > threshold))


_softplus = activation(_softplus_forward, _softplus_rule, (0,), "softplus")


@documented("PyTorch's `softplus`.", wrong="beta is 0")
def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Apply the softplus function, a smooth rectifier.

    A larger `beta` makes it sharper. Where beta x > `threshold` it is x itself.

    out = ln(1 + exp(beta x)) / beta
    softplus([0.0, 30.0]) → [ 0.6931, 30.    ]
    """
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


@documented("Hendrycks & Gimpel 2016; Ramachandran, Zoph & Le 2017; PyTorch's `silu`.")
def silu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply the sigmoid linear unit, also called swish: each element times its sigmoid.

    out = x / (1 + e⁻ˣ)
    silu([0.0, 2.0]) → [0.    , 1.7616]
    """
    return run(_silu, input, inplace=inplace)


def _mish_forward(x: ndarray) -> ndarray:
    x = np.maximum(x, -1000)
    return x * np.tanh(_log1p_exp(x))


def _mish_rule(g: Any, x: Any) -> Any:
    x = bounded(x, 1000.0)
    t = tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


_mish = activation(_mish_forward, _mish_rule, (0,), "mish")


@documented("Misra 2019; PyTorch's `mish`.")
def mish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Apply mish: each element times the tanh of its softplus.

    out = x tanh(ln(1 + eˣ))
    F.mish([0.0, 2.0]) → [0.   , 1.944]
    """
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


@documented("Hendrycks & Gimpel 2016; PyTorch's `gelu`.", wrong="approximate is neither 'none' nor 'tanh'")
def gelu(input: TensorLike, approximate: str = "none") -> Tensor:
    """Apply the Gaussian error linear unit: each element times the standard normal distribution function of it.

    `approximate` "tanh" is the formula in tanh, which differs by less than 0.0005.

    out = x P(Z ≤ x) = ½ x (1 + erf(x / √2)), or ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
    F.gelu([0.0, 1.0]) → [0.    , 0.8413]
    """
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


@documented("PyTorch's `softsign`.")
def softsign(input: TensorLike) -> Tensor:
    """Apply the softsign function, a sigmoid with heavier tails than tanh.

    out = x / (1 + |x|)
    F.softsign([-1.0, 3.0]) → [-0.5 ,  0.75]
    """
    return run(_softsign, input)


def _tanhshrink_rule(g: Any, x: Any) -> Any:
    t = tanh(x)
    return g * (t * t)


_tanhshrink = activation(lambda x: x - np.tanh(x), _tanhshrink_rule, (0,), "tanhshrink")


@documented("PyTorch's `tanhshrink`.")
def tanhshrink(input: TensorLike) -> Tensor:
    """Subtract its hyperbolic tangent from each element.

    out = x − tanh x
    F.tanhshrink([0.0, 2.0]) → [0.   , 1.036]
    """
    return run(_tanhshrink, input)


_scaled_sigmoid = activation(
    lambda x, slope: _sigmoid_forward(slope * x),
    lambda g, out, slope: g * (slope * (out * (1 - out))),
    (OUT,),
    "sigmoid",
)


@documented("PyTorch's `sigmoid`, of slope · input.")
def scaled_sigmoid(input: TensorLike, slope: float = 1.0) -> Tensor:
    """Apply the logistic function of `slope` times each element.

    Its steepest slope, at 0, is slope / 4.

    out = 1 / (1 + exp(−slope x))
    scaled_sigmoid([0.0, 2.0], 0.5) → [0.5   , 0.7311]
    """
    return run(_scaled_sigmoid, input, float(slope))


_scaled_tanh = activation(
    lambda x, amplitude, slope: amplitude * np.tanh(slope * x),
    lambda g, out, amplitude, slope: g * (slope * amplitude - (slope / amplitude) * (out * out)),
    (OUT,),
    "tanh",
)


@documented('LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.4.', wrong="amplitude is 0")
def scaled_tanh(input: TensorLike, amplitude: float = 1.7159, slope: float = 2 / 3) -> Tensor:
    """Apply the hyperbolic tangent of `slope` times each element, times `amplitude`.

    With the defaults the values at ±1 are ±1, and the second derivative is largest there.

    out = amplitude tanh(slope x)
    scaled_tanh([0.0, 1.0]) → [0., 1.]
    """
    if amplitude == 0:
        raise ValueError("scaled_tanh: amplitude cannot be 0; the result would not depend on the input")
    return run(_scaled_tanh, input, float(amplitude), float(slope))


@of_elements(
    Shapes="(*, 2C, *) → (*, C, *), 2C the size along dim.",
    Raises="TypeError if input holds no numbers; ValueError if it has no dimension, or an odd size along dim; IndexError if "
    "there is no such dim.",
    Source="Dauphin, Fan, Auli & Grangier 2017, eq. 1; PyTorch's `glu`.",
)
def glu(input: TensorLike, dim: int = -1) -> Tensor:
    """Apply the gated linear unit: one half of `input` along `dim` times the sigmoid of the other.

    Formula: out = a / (1 + e⁻ᵇ), a and b the halves of input
    F.glu([3.0, 4.0, 0.0, 0.0]) → [1.5, 2. ]
    """
    (x,) = unified("glu", input, floating=True)
    if x.ndim == 0:
        raise ValueError("glu: a 0-d tensor has no halves; needs at least one dimension")
    size = x.shape[dim_index(dim, x.ndim, "glu")]
    if size % 2:
        raise ValueError(f"glu: dim {dim} of shape {tuple(x.shape)} has the odd size {size} and no halves")
    a, b = split(x, [size // 2, size // 2], dim)
    return a * sigmoid(b)


@of_elements(
    floating=False, Dtypes="any; the dtype of input stays.", Raises="nothing.", Source="PyTorch's `nn.Identity`."
)
def identity(input: TensorLike) -> Tensor:
    """Return `input` itself, the activation of a linear neuron.

    Formula: out = input
    identity([-1.0, 2.0]) → [-1.,  2.]
    """
    x: Any = input
    return x


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.selu
ag.celu
ag.sigmoid         x.sigmoid  x.sigmoid_  out=
ag.logsigmoid
ag.softplus
ag.silu
mish                                      onnx.Mish
softsign                                  onnx.Softsign
ag.scaled_sigmoid
ag.scaled_tanh
ag.identity
"""
