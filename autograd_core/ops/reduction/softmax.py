"""The softmax family: functions of all elements along one dimension."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

from ...engine.accumulate import HALF, narrowed, sum_over
from ...engine.operands import convert, operand, stand_in, unified
from ...engine.primitive import OUT, Primitive
from ...engine.tensor import Default, Tensor
from ...engine.types import TensorLike
from ...kernels.rows import softmax as kernels
from ...random import by_example, stream
from ..arguments import array_operand, dim_index
from ..elementwise.arithmetic import exp, log
from ..elementwise.piecewise import run
from ..shape.shape import reshape
from .extremes import argmax
from .reduce import sum

DTYPES = np.dtype(np.float32), np.dtype(np.float64)  # for which there are kernels


def _shifted(x: ndarray, dim: int) -> ndarray:
    """x minus its maximum along `dim`: the shift changes no softmax and keeps exp from overflowing. float16 in float32."""
    x = x.astype(np.float32) if x.dtype == HALF else x
    return x - np.maximum.reduce(x, axis=dim, keepdims=True) if x.size else x.copy()


def _in_rows(x: Any, dim: int) -> bool:
    """Whether there is a kernel for it: softmax over the last dimension."""
    return type(x) is ndarray and dim == x.ndim - 1 and x.dtype in DTYPES and x.size > 0


def _softmax_forward(x: ndarray, dim: int) -> ndarray:
    if _in_rows(x, dim):
        return kernels.softmax(x, False)
    out = _shifted(x, dim)
    np.exp(out, out=out)
    out /= sum_over(out, (dim,), True)
    return narrowed(out, x.dtype)


def _softmax_rule(g: Any, out: Any, dim: int) -> Any:
    if type(g) is ndarray and _in_rows(out, dim):
        return kernels.softmax_back(g, out, False)
    gy = g * out
    return gy - out * sum(gy, dim, keepdim=True)


def _log_softmax_forward(x: ndarray, dim: int) -> ndarray:
    if _in_rows(x, dim):
        return kernels.softmax(x, True)
    out = _shifted(x, dim)
    out -= np.log(sum_over(np.exp(out), (dim,), True))
    return narrowed(out, x.dtype)


def _log_softmax_rule(g: Any, out: Any, dim: int) -> Any:
    if type(g) is ndarray and _in_rows(out, dim):
        return kernels.softmax_back(g, out, True)
    return g - exp(out) * sum(g, dim, keepdim=True)


def _softmax_definition(x: Any, dim: int) -> Any:
    e = exp(x)
    return e / sum(e, dim, keepdim=True)


def _log_softmax_definition(x: Any, dim: int) -> Any:
    return x - log(sum(exp(x), dim, keepdim=True))


_softmax = Primitive(
    _softmax_forward, name="softmax", vjps=(_softmax_rule,), saves=(OUT,), definition=_softmax_definition
)
_log_softmax = Primitive(
    _log_softmax_forward,
    name="log_softmax",
    vjps=(_log_softmax_rule,),
    saves=(OUT,),
    definition=_log_softmax_definition,
)


def _over_dim(p: Primitive, x: Any, dim: int | None, dtype: Any) -> Any:
    x = operand(x, p.name)
    if not hasattr(x, "dtype"):
        x = np.asarray(x, np.float64)
    if dtype is not None:
        x = convert(x, dtype)
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
        warnings.warn(f"{p.name}: no dim given, taking dim={dim} for shape {tuple(x.shape)}; say which", stacklevel=3)
    at = dim_index(dim, x.ndim, p.name)
    if x.ndim == 0:
        return reshape(run(p, reshape(x, (1,)), 0), ())
    return run(p, x, at)


def softmax(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the softmax over `dim`: positive numbers that add up to 1.

    The largest element is subtracted first, so that exp does not overflow. Without `dim`, PyTorch's choice (0 for 0, 1 or 3
    dimensions, else 1), with a warning. `dtype` converts `input` first.

    Formula: out_i = exp(x_i) / Σ_k exp(x_k), x the input, i and k along `dim`
    Shapes: (*) → (*).
    Dtypes: floating, kept; integers and booleans become the default float; float16 is computed in float32.
    Raises: IndexError if `dim` is out of range; TypeError if `input` is complex or holds no numbers.
    Source: Bridle 1990; PyTorch's `softmax`.

    >>> import autograd_core as ag
    >>> ag.softmax(ag.tensor([0.0, 0.0, 1000.0]), 0)
    tensor([0., 0., 1.])
    """
    return _over_dim(_softmax, input, dim, dtype)


def log_softmax(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the logarithm of the softmax over `dim`, exact also where the softmax underflows.

    Without `dim`, PyTorch's choice (0 for 0, 1 or 3 dimensions, else 1), with a warning. `dtype` converts `input` first.

    Formula: out_i = x_i − log Σ_k exp(x_k), x the input, i and k along `dim`
    Shapes: (*) → (*).
    Dtypes: floating, kept; integers and booleans become the default float; float16 is computed in float32.
    Raises: IndexError if `dim` is out of range; TypeError if `input` is complex or holds no numbers.
    Source: PyTorch's `log_softmax`.

    >>> import autograd_core as ag
    >>> ag.log_softmax(ag.tensor([0.0, 0.0, 1000.0]), 0)
    tensor([-1000., -1000.,     0.])
    """
    return _over_dim(_log_softmax, input, dim, dtype)


def softmin(input: TensorLike, dim: int | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Compute the softmax of −x over `dim`: the smallest element gets the largest share.

    Parameters as for `softmax`: `dim`, `dtype`.

    Formula: out_i = exp(−x_i) / Σ_k exp(−x_k), x the input, i and k along `dim`
    Shapes: (*) → (*).
    Dtypes: floating, kept; integers and booleans become the default float; float16 is computed in float32.
    Raises: IndexError if `dim` is out of range; TypeError if `input` is complex or holds no numbers.
    Source: PyTorch's `nn.functional.softmin`.

    >>> import autograd_core as ag, nn.functional as F
    >>> F.softmin(ag.tensor([0.0, 0.0, -1000.0]), 0)
    tensor([0., 0., 1.])
    """
    x = array_operand(input, "softmin")
    x = x if x.dtype.kind in "fc" else convert(x, Default.dtype)  # before the sign: unsigned integers have none
    return _over_dim(_softmax, -x, dim, dtype)


@by_example
def _gumbel(shape: tuple, dtype: Any) -> np.ndarray:
    return -np.log(stream(None).standard_exponential(shape)).astype(dtype)


def gumbel_softmax(logits: TensorLike, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draw a sample from the Gumbel-softmax distribution.

    `tau` is the temperature. With `hard`, the one-hot vector of the largest element, with the gradient of the soft sample.
    `eps` has no effect, as in PyTorch.

    Formula: out = softmax((logits + g) / tau) over `dim`, g = −log(e), e ~ Exponential(1) for each element
    Shapes: (*) → (*).
    Dtypes: floating, kept; integers become the default float.
    Raises: ValueError if `tau` is not positive; IndexError if `dim` is out of range; TypeError if `logits` are complex.
    Source: Jang, Gu & Poole 2017, eq. 2; PyTorch's `nn.functional.gumbel_softmax`.

    >>> import autograd_core as ag, nn.functional as F
    >>> F.gumbel_softmax(ag.zeros(2, 3), hard=True).sum(-1)
    tensor([1., 1.])
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: the temperature tau must be positive, got {tau}")
    (x,) = unified("gumbel_softmax", logits, floating=True)
    soft = softmax((x + _gumbel(tuple(x.shape), x.dtype)) / tau, dim)
    if not hard:
        return soft
    at = dim_index(dim, soft.ndim, "gumbel_softmax")
    if stand_in(soft) is not None:
        positions = np.arange(soft.shape[at]).reshape(-1, *(1,) * (soft.ndim - 1 - at))
        largest = argmax(soft.detach(), at, True)
        hard_one = convert(largest == positions, soft.dtype)
        return soft + (hard_one - soft.detach())
    value = soft.array if isinstance(soft, Tensor) else soft
    one_hot = np.zeros_like(value)
    if value.size:
        np.put_along_axis(one_hot, value.argmax(at, keepdims=True), 1, at)
    return soft + (one_hot - value)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.softmax      x.softmax
ag.log_softmax  x.log_softmax
"""
