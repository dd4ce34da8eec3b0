"""Variance and standard deviation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.accumulate import HALF, exact_total, narrowed, squares
from ...engine.operands import convert
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import Dims, TensorLike
from ..arguments import numpy_names
from ..elementwise.kink import kink
from .reduce import floating_operand, mean, reduction_dims, spread, sum


def _var_options(dim: Any, unbiased: bool | None, correction: Any, name: str) -> tuple[Any, float]:
    """`dim` and `correction`, from PyTorch's newer and older ways to say them."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{name}: got both unbiased and correction; unbiased=True means correction=1, give one")
        correction = int(unbiased)
    return dim, 1 if correction is None else correction


def _center(x: ndarray, dims: tuple) -> ndarray:
    """The mean over `dims`, kept as 1; of float32 in float64: at a mean of 10⁶ float32 is 0.03 off, whose square would be
    in the variance."""
    count = math.prod(x.shape[d] for d in dims)
    sums = exact_total(x, dims)
    return np.asarray(sums / sums.dtype.type(count or math.nan))


def _deviation_forward(x: ndarray, dims: tuple) -> ndarray:
    center = _center(x, dims)
    near = center.astype(x.dtype)
    out = x - near
    rest = (center - near).astype(x.dtype)
    return out - rest if rest.any() else out


_deviation: Primitive = Primitive(
    _deviation_forward,
    name="deviation",
    vjps=(lambda g, x, dims: apply(_deviation, (g,), (dims,)),),
    saves=(0,),
    composition=lambda x, dims: x - mean(x, dims, True),
)


def _var_forward(x: ndarray, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> ndarray:
    wide = x.astype(np.float32) if x.dtype == HALF else x
    sums = np.asarray(squares(wide, dims, keepdim, _center(wide, dims)))
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN of a single element
        return narrowed(sums / sums.dtype.type(divisor), np.dtype(np.float64) if wide_out else x.real.dtype)


def _var_composition(x: Any, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> Any:
    d = apply(_deviation, (x,), (dims,))
    if wide_out:
        d = convert(d, np.promote_types(d.dtype, np.float64))
    sums = sum(d * d if x.dtype.kind == "f" else (d * d.conj()).real, dims, keepdim)
    return sums / divisor if divisor else sums / np.zeros((), sums.dtype)


def _var_rule(g: Any, x: Any, dims: tuple, keepdim: bool, divisor: float, wide_out: bool) -> Any:
    """2 (x - mean) / (n - correction)"""
    slope = g * (2 / divisor if divisor else math.inf)
    product = spread(slope, tuple(x.shape), dims) * basics.conj(apply(_deviation, (x,), (dims,)))
    return convert(product, x.dtype) if wide_out else product


_var = Primitive(_var_forward, name="var", vjps=(_var_rule,), saves=(0,), composition=_var_composition)


@numpy_names
def var_mean(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute the variance and the mean over `dim`.

    Parameters as for `var`: `unbiased`, `keepdim`, `correction`.

    Formula: (Σ_i |x_i − x̄|² / max(n − correction, 0), x̄), x̄ = (1/n) Σ_i x_i, x the input and i over `dim`
    Shapes: (*) → two of (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; of complex ones the variance is real.
    Raises: TypeError if `input` is of integers or booleans, or if both `unbiased` and `correction` are given; IndexError if
        a dim is out of range; ValueError if `dim` names one twice.
    Source: PyTorch's `var_mean`.

    >>> import autograd_core as ag
    >>> ag.var_mean(ag.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _var_options(dim, unbiased, correction, "var")
    x = floating_operand(input, "var")
    return var(x, dim, None, keepdim, correction=correction), mean(x, dim, keepdim)


@numpy_names
def var(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Compute the variance over `dim`, or of all elements.

    `correction` (default 1, Bessel's) is subtracted from the number of elements; `unbiased`, PyTorch's older argument, is
    correction=1 or 0, and may come in the place of `dim`. `keepdim` keeps the dimensions as 1. If the correction leaves no
    element, the result is NaN or infinite.

    Formula: out = Σ_i |x_i − x̄|² / max(n − correction, 0), x̄ = (1/n) Σ_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; of complex ones the result is real. The mean of float32 is taken in float64.
    Raises: TypeError if `input` is of integers or booleans, or if both `unbiased` and `correction` are given; IndexError if
        a dim is out of range; ValueError if `dim` names one twice.
    Source: the two-pass algorithm, Chan, Golub & LeVeque 1983; PyTorch's `var`.

    >>> import autograd_core as ag
    >>> ag.var(ag.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _variance(floating_operand(input, "var"), *_var_options(dim, unbiased, correction, "var"), keepdim, False)


def _variance(x: Any, dim: Any, correction: float, keepdim: bool, wide_out: bool) -> Any:
    """`var`, of float32 in float64 if `wide_out`: the square of 10²⁰ does not fit into float32, its root does."""
    dims = reduction_dims(x, dim, "var")
    divisor = float(max(math.prod(x.shape[d] for d in dims) - correction, 0))
    return apply(_var, (x,), (dims, keepdim, divisor, wide_out))


def _root_rule(g: Any, x: Any, out: Any) -> Any:
    zero = out == 0
    return kink(basics.where(zero, 0.0, g / (2 * basics.where(zero, 1.0, out))), x, zero, None)


_root = Primitive(
    np.sqrt,
    name="std",
    vjps=(_root_rule,),
    saves=(0, OUT),
)


@numpy_names
def std_mean(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute the standard deviation and the mean over `dim`.

    Parameters as for `var`: `unbiased`, `keepdim`, `correction`.

    Formula: (√(Σ_i |x_i − x̄|² / max(n − correction, 0)), x̄), x̄ = (1/n) Σ_i x_i, x the input and i over `dim`
    Shapes: (*) → two of (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; of complex ones the deviation is real.
    Raises: TypeError if `input` is of integers or booleans, or if both `unbiased` and `correction` are given; IndexError if
        a dim is out of range; ValueError if `dim` names one twice.
    Source: PyTorch's `std_mean`.

    >>> import autograd_core as ag
    >>> ag.std_mean(ag.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _var_options(dim, unbiased, correction, "std")
    x = floating_operand(input, "std")
    return std(x, dim, None, keepdim, correction=correction), mean(x, dim, keepdim)


@numpy_names
def std(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Compute the standard deviation over `dim`, or of all elements.

    Parameters as for `var`: `unbiased`, `keepdim`, `correction`. Where the deviation is 0 its gradient is 0, a subgradient
    (PyTorch's is NaN), and its second derivative NaN.

    Formula: out = √(Σ_i |x_i − x̄|² / max(n − correction, 0)), x̄ = (1/n) Σ_i x_i, x the input and i over `dim`
    Shapes: (*) → (*) without the dimensions `dim`; () if `dim` is None or an empty tuple.
    Dtypes: floating, kept; of complex ones the result is real. The variance of float32 is kept in float64 under the root.
    Raises: TypeError if `input` is of integers or booleans, or if both `unbiased` and `correction` are given; IndexError if
        a dim is out of range; ValueError if `dim` names one twice.
    Source: PyTorch's `std`.

    >>> import autograd_core as ag
    >>> ag.std(ag.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]), dim=1)
    tensor([1., 0.])
    """
    x = floating_operand(input, "std")
    if x.dtype == HALF:  # whose variance may be too large for it
        return convert(std(convert(x, np.float32), dim, unbiased, keepdim, correction=correction), HALF)
    single = x.dtype in (np.float32, np.complex64)
    root = apply(_root, (_variance(x, *_var_options(dim, unbiased, correction, "std"), keepdim, single),))
    return convert(root, np.dtype(np.float32)) if single else root


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.var_mean  out=
ag.var       x.var  out=
ag.std_mean  out=
ag.std       x.std  out=
"""
