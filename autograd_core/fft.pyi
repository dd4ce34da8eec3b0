# The functions of `fft`. Written by `python -m tests.stubs` from the functions: change those.
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device
from autograd_core.engine.types import Dims
from autograd_core.engine.types import TensorLike
from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from numpy.typing import DTypeLike

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

def fft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the discrete Fourier transform of `input`."""

def fft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the discrete Fourier transform of `input` over two dimensions."""

def fftfreq(
    n: _int,
    d: _float = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Return the frequencies that `fft` of `n` points, `d` apart, has."""

def fftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the discrete Fourier transform of `input` over several dimensions."""

def fftshift(input: TensorLike, dim: Dims = ...) -> Tensor:
    """Put the frequencies of `input` in ascending order: 0 goes to the middle of each `dim` (None: of all)."""

def hfft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `fft` of a signal with x[−j] = conj x[j], of which `input` is the first half: it is real."""

def hfft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `hfft` of `input` over two dimensions, the last of which holds half of the signal."""

def hfftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `hfft` of `input` over several dimensions, the last of which holds half of the signal."""

def ifft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `fft` of `input`."""

def ifft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `fft2` of `input`."""

def ifftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `fftn` of `input`."""

def ifftshift(input: TensorLike, dim: Dims = ...) -> Tensor:
    """Undo `fftshift` of `input`: the middle of each `dim` (None: of all) goes to its beginning."""

def ihfft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `hfft` of a real `input`: the first half of the signal."""

def ihfft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `hfft2` of a real `input`."""

def ihfftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `hfftn` of a real `input`."""

def irfft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `rfft` of `input`: a real signal of `n` points."""

def irfft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `rfft2` of `input`: a real signal."""

def irfftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute the inverse of `rfftn` of `input`: a real signal."""

def rfft(
    input: TensorLike, n: _int | None = ..., dim: _int = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `fft` of a real `input`: the frequencies that determine the others."""

def rfft2(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `fft2` of a real `input`: the frequencies that determine the others."""

def rfftfreq(
    n: _int,
    d: _float = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Return the frequencies that `rfft` of `n` points, `d` apart, has."""

def rfftn(
    input: TensorLike, s: Dims = ..., dim: Dims = ..., norm: _str | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Compute `fftn` of a real `input`: the frequencies that determine the others."""
