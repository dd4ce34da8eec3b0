"""The frequencies that discrete Fourier transforms have, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.creation import from_array
from ...engine.docstrings import documented
from ...engine.operands import as_operand, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Default, Tensor
from ..arguments import dim_indices
from .fft import number_of_points

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...engine.types import Device, Dims, TensorLike


def _frequencies(name: str, n: Any, d: float, dtype: Any, requires_grad: bool, device: Any) -> Tensor:
    n, dtype = number_of_points(n, f"fft.{name}"), np.dtype(Default.dtype if dtype is None else dtype)
    if n < 1 or d == 0:
        raise ValueError(f"fft.{name}: needs n of at least 1 and d other than 0, got n={n} and d={d}")
    if dtype.kind not in "fc":
        raise TypeError(f"fft.{name}: frequencies are fractions, which {dtype} does not hold; use a floating dtype")
    return from_array(getattr(np.fft, name)(n, d).astype(dtype), requires_grad, device)


_frequency_docs = documented(
    Dtypes="dtype, None for the default float.",
    Raises="ValueError if n is less than 1 or d is 0; TypeError if n is not an int, dtype is not floating or complex, or for a "
    "device that is not the CPU.",
)


@_frequency_docs
def fftfreq(
    n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Return the frequencies that `fft` of `n` points, `d` apart, has.

    `dtype`, `device` and `requires_grad` are those of the result.

    Formula: out = [0, 1, …, (n − 1) // 2, −(n // 2), …, −1] / (n d)
    Shapes: () → (n).
    Source: NumPy's and PyTorch's `fft.fftfreq`.
    fft.fftfreq(4) → [ 0.  ,  0.25, -0.5 , -0.25]
    """
    return _frequencies("fftfreq", n, d, dtype, requires_grad, device)


@_frequency_docs
def rfftfreq(
    n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Return the frequencies that `rfft` of `n` points, `d` apart, has.

    `dtype`, `device` and `requires_grad` are those of the result.

    Formula: out = [0, 1, …, n // 2] / (n d)
    Shapes: () → (n // 2 + 1).
    Source: NumPy's and PyTorch's `fft.rfftfreq`.
    fft.rfftfreq(4) → [0.  , 0.25, 0.5 ]
    """
    return _frequencies("rfftfreq", n, d, dtype, requires_grad, device)


_roll: Primitive = Primitive(
    lambda x, shifts, dims: np.roll(x, shifts, dims),
    name="fftshift",
    vjps=(lambda g, shifts, dims: apply(_roll, (g,), (tuple(-s for s in shifts), dims)),),
)


_shift_docs = documented(
    Shapes="(*) → (*).",
    Dtypes="the dtype of input stays.",
    Raises="TypeError if input is no tensor or array; IndexError if there is no such dim; ValueError if one is named twice.",
)


@_shift_docs
def fftshift(input: TensorLike, dim: Dims = None) -> Tensor:
    """Put the frequencies of `input` in ascending order: 0 goes to the middle of each `dim` (None: of all).

    Formula: out[k] = input[(k − n // 2) mod n] along dim
    Source: NumPy's and PyTorch's `fft.fftshift`.
    fft.fftshift([0.0, 1.0, -2.0, -1.0]) → [-2., -1.,  0.,  1.]
    """
    return _shifted(input, dim, 1, "fft.fftshift")


@_shift_docs
def ifftshift(input: TensorLike, dim: Dims = None) -> Tensor:
    """Undo `fftshift` of `input`: the middle of each `dim` (None: of all) goes to its beginning.

    Formula: out[k] = input[(k + n // 2) mod n] along dim
    Source: NumPy's and PyTorch's `fft.ifftshift`.
    fft.ifftshift([-2.0, -1.0, 0.0, 1.0]) → [ 0.,  1., -2., -1.]
    """
    return _shifted(input, dim, -1, "fft.ifftshift")


def _shifted(x: Any, dim: Any, sign: int, name: str) -> Any:
    (x,) = unified(name, as_operand(x, name))
    dims = dim_indices(dim, x.ndim, name)
    return apply(_roll, (x,), (tuple(sign * (x.shape[d] // 2) for d in dims), dims))
