"""The functions of the Python array API standard on tensors: what `x.__array_namespace__()` returns.

The names and their meaning are the standard's (data-apis.org/array-api, 2024.12), which NumPy 2 follows. So they are
the rules that NumPy's own functions have for tensors, and differ from `ag.name` where PyTorch differs: `max` over an
axis gives no indices, `std` divides by n. What is made from Python floats takes the default dtype.

>>> import autograd_core as ag
>>> def softmax(x):
...     xp = x.__array_namespace__()
...     e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
...     return e / xp.sum(e, axis=-1, keepdims=True)
>>> softmax(ag.tensor([0.0, 0.0], requires_grad=True))
tensor([0.5, 0.5], grad_fn=<div>)
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy import (  # noqa: F401 (the standard's constants and dtypes)
    bool_ as bool,
)
from numpy import (  # noqa: F401
    complex64,
    complex128,
    e,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)  # fmt: skip

from ..engine.creation import as_tensor, from_dlpack  # noqa: F401
from ..engine.tensor import Default, Tensor
from ..fft import fftfreq, rfftfreq
from .array_api_rules import LINALG_RULES, RULES, check_device
from .numpy_protocol import TABLE

__array_api_version__ = "2024.12"

ELEMENTWISE = """
abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
bitwise_right_shift bitwise_xor ceil conj copysign cos cosh divide equal exp expm1 floor floor_divide greater
greater_equal hypot isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not
logical_or logical_xor matmul maximum minimum multiply negative nextafter not_equal positive pow reciprocal remainder
sign signbit sin sinh sqrt square subtract tan tanh trunc vecdot
"""
FUNCTIONS = """
all any argmax argmin argsort astype broadcast_arrays broadcast_to can_cast clip concat count_nonzero cumulative_prod
cumulative_sum diff empty_like expand_dims flip full_like imag isin linspace matrix_transpose max mean meshgrid min
moveaxis nonzero ones_like permute_dims prod real repeat reshape result_type roll round searchsorted sort squeeze
stack std sum take take_along_axis tensordot tile tril triu unique_all unique_counts unique_inverse unique_values
unstack var where zeros_like
"""
LINALG = """
cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank matrix_transpose outer pinv
qr slogdet solve svd svdvals tensordot trace vecdot vector_norm
"""
FFT = "fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftshift ifftshift"

globals().update({name: getattr(np, name) for name in ELEMENTWISE.split()})
globals().update({name: TABLE[name] for name in FUNCTIONS.split()})
globals().update(RULES)  # where the standard asks for more
linalg = SimpleNamespace(**{name: TABLE[f"linalg.{name}"] for name in LINALG.split()} | LINALG_RULES)
fft = SimpleNamespace(**{name: TABLE[f"fft.{name}"] for name in FFT.split()}, fftfreq=fftfreq, rfftfreq=rfftfreq)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Tensor:
    """`obj` as a tensor, sharing memory where it can; `copy=True`: never, `copy=False`: a copy raises."""
    check_device("asarray", device)
    t = as_tensor(obj, dtype)
    shares = t is obj or (isinstance(obj, np.ndarray) and np.shares_memory(t.array, obj))
    if copy is False and not shares:
        raise ValueError(f"asarray: copy=False, but a {type(obj).__name__} cannot become such a tensor without a copy")
    return TABLE["copy"](t) if copy and shares else t


class __array_namespace_info__:  # noqa: N801 (the standard's name)
    """What the standard lets a program ask: NumPy's answers, but for the default dtype."""

    def __init__(self) -> None:
        self.numpys: Any = np.__array_namespace_info__()

    def default_dtypes(self, *, device: Any = None) -> dict:
        """The dtypes of what is made from Python numbers."""
        return self.numpys.default_dtypes(device=device) | {
            "real floating": Default.dtype,
            "complex floating": np.result_type(Default.dtype, np.complex64),
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self.numpys, name)
