"""Windows for spectra: weights that fade a frame of a signal out towards its ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy import ndarray

from ...engine.creation import from_array
from ...engine.docstrings import documented
from ...engine.tensor import Default, Tensor
from ..arguments import integer

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...engine.types import Device

_window = documented(
    "n from 0 to M",
    "A periodic window is the symmetric one of one more point, without its last: then M is window_length, otherwise "
    "window_length − 1. `dtype`, `device` and\n`requires_grad` are those of the result.",
    Shapes="() → (window_length).",
    Dtypes="dtype, None for the default float.",
    Raises="ValueError if window_length is negative; TypeError if it is not an int, dtype is not floating, or for a "
    "device that is not the CPU.",
)


def _sampled(
    name: str, length: int, periodic: bool, formula: Callable[[int], ndarray], dtype: DTypeLike | None, rest: tuple
) -> Tensor:
    count, kind = integer(length, name, "window_length"), np.dtype(Default.dtype if dtype is None else dtype)
    if count < 0:
        raise ValueError(f"{name}: window_length must not be negative, got {count}")
    if kind.kind != "f":
        raise TypeError(f"{name}: a window holds fractions, which {kind} does not; use a floating dtype")
    window = np.ones(count) if count < 2 else formula(count + 1)[:-1] if periodic else formula(count)
    return from_array(window.astype(kind), *rest)


def _cosines(count: int, *weights: float) -> ndarray:
    """Σ_k (−1)ᵏ weights[k] cos(2π k n / (count − 1))."""
    angle = 2 * math.pi * np.arange(count) / (count - 1)
    return np.sum([(-1) ** k * w * np.cos(k * angle) for k, w in enumerate(weights)], axis=0)


@_window
def hann_window(
    window_length: int, periodic: bool = True, *, dtype: DTypeLike | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the Hann window of `window_length` points, `periodic` for spectra or symmetric for filters.

    Formula: out[n] = sin²(π n / M)
    Source: PyTorch's `hann_window`; NumPy's `hanning`.
    hann_window(4) → [0. , 0.5, 1. , 0.5]
    """
    rest = (requires_grad, device)
    return _sampled("hann_window", window_length, periodic, lambda n: _cosines(n, 0.5, 0.5), dtype, rest)


@_window
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: DTypeLike | None = None, device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the Hamming window of `window_length` points, `periodic` for spectra or symmetric for filters.

    Formula: out[n] = `alpha` − `beta` cos(2π n / M)
    Source: PyTorch's `hamming_window`; NumPy's `hamming`.
    hamming_window(4) → [0.08, 0.54, 1.  , 0.54]
    """
    rest = (requires_grad, device)
    return _sampled("hamming_window", window_length, periodic, lambda n: _cosines(n, alpha, beta), dtype, rest)


@_window
def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: DTypeLike | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the Blackman window of `window_length` points, `periodic` for spectra or symmetric for filters.

    Formula: out[n] = 0.42 − 0.5 cos(2π n / M) + 0.08 cos(4π n / M)
    Source: PyTorch's `blackman_window`; NumPy's `blackman`.
    >>> ag.blackman_window(4)[1:]
    tensor([0.34, 1.  , 0.34])
    """
    rest = (requires_grad, device)
    return _sampled("blackman_window", window_length, periodic, lambda n: _cosines(n, 0.42, 0.5, 0.08), dtype, rest)


@_window
def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: DTypeLike | None = None, device: Device = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the Bartlett window of `window_length` points, a triangle, `periodic` for spectra or symmetric for filters.

    Formula: out[n] = 1 − |2n / M − 1|
    Source: PyTorch's `bartlett_window`; NumPy's `bartlett`.
    bartlett_window(4) → [0. , 0.5, 1. , 0.5]
    """
    return _sampled("bartlett_window", window_length, periodic, np.bartlett, dtype, (requires_grad, device))


@_window
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: DTypeLike | None = None,
    device: Device = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the Kaiser window of `window_length` points, `periodic` for spectra or symmetric for filters.

    The larger `beta`, the wider its main lobe and the lower the others.

    Formula: out[n] = I₀(beta √(1 − (2n / M − 1)²)) / I₀(beta)
    Source: PyTorch's `kaiser_window`; NumPy's `kaiser`.
    kaiser_window(3, False, 0.0) → [1., 1., 1.]
    """
    rest = (requires_grad, device)
    return _sampled("kaiser_window", window_length, periodic, lambda n: np.kaiser(n, beta), dtype, rest)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.hann_window
ag.hamming_window
ag.blackman_window
ag.bartlett_window
ag.kaiser_window
"""
