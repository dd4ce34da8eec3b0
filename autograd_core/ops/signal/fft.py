"""Discrete Fourier transforms. Linear, and because the engine carries conjugated gradients (see complex.py) the rule of
each is its plain transpose: of a complex transform, the same transform, whose matrix is symmetric.

Single precision stays single: float32 gives complex64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.operands import complex_dtype, convert, real, unified
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Default, Tensor, wrap
from ..arguments import dim_indices
from ..elementwise.complex import conj

NORMS = ("backward", "ortho", "forward")
OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

_fftn: Primitive = Primitive(
    lambda x, dims, norm: np.fft.fftn(x, axes=dims, norm=norm),
    name="fft",
    vjps=(lambda g, dims, norm: apply(_fftn, (g,), (dims, norm)),),
)
_ifftn: Primitive = Primitive(
    lambda x, dims, norm: np.fft.ifftn(x, axes=dims, norm=norm),
    name="ifft",
    vjps=(lambda g, dims, norm: apply(_ifftn, (g,), (dims, norm)),),
)


def _rfft_rule(g: Any, shape: tuple, dim: int, norm: str) -> Any:
    """The transform of g filled up with zeros to the full length."""
    return real(apply(_fftn, (_resized(g, dim, shape[dim]),), ((dim,), norm)))


_rfft = Primitive(
    lambda x, dim, norm: np.fft.rfft(x, axis=dim, norm=norm), name="rfft", vjps=(_rfft_rule,), saves=(SHAPE,)
)


def _irfft_rule(g: Any, shape: tuple, n: int, dim: int, norm: str) -> Any:
    """Each frequency but 0 and n/2 stands for two in the full spectrum, so it counts twice."""
    half = conj(apply(_rfft, (g,), (dim, OPPOSITE[norm])))
    weight = np.full(half.shape[dim], 2, g.dtype)
    weight[0] = 1
    if n % 2 == 0:
        weight[-1] = 1
    return half * weight.reshape([-1 if d == dim else 1 for d in range(len(shape))])


_irfft = Primitive(
    lambda x, n, dim, norm: np.fft.irfft(x, n, axis=dim, norm=norm), name="irfft", vjps=(_irfft_rule,), saves=(SHAPE,)
)


def _resize(x: ndarray, dim: int, n: int) -> ndarray:
    out = np.zeros((*x.shape[:dim], n, *x.shape[dim + 1 :]), x.dtype)
    kept = (slice(None),) * dim + (slice(min(n, x.shape[dim])),)
    out[kept] = x[kept]
    return out


_resize_primitive = Primitive(
    _resize, name="resize", vjps=(lambda g, shape, dim, n: _resized(g, dim, shape[dim]),), saves=(SHAPE,)
)


def _resized(x: Any, dim: int, n: int) -> Any:
    """x cut, or filled up with zeros, to n along dim."""
    return x if x.shape[dim] == n else apply(_resize_primitive, (x,), (dim, n))


def _operand(x: Any, name: str, complex_: bool) -> Any:
    """x as a floating tensor, complex if `complex_`; an error for one that has no place for it."""
    (x,) = unified(name, x, floating=True)
    if x.dtype == np.float16:
        raise TypeError(f"{name}: there is no transform of float16; use x.float()")
    if not complex_:
        if x.dtype.kind == "c":
            raise TypeError(f"{name}: needs a real tensor, got {x.dtype}; use fft.fft, or x.real")
        return x
    return convert(x, complex_dtype(x.dtype))


def _options(x: Any, s: Any, dim: Any, norm: str | None, name: str) -> tuple[tuple, tuple | None, str]:
    """The dims counted from the front, their sizes if given (-1: as it is), and the norm."""
    norm = "backward" if norm is None else norm
    if norm not in NORMS:
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    if x.ndim == 0:
        raise ValueError(f"{name}: a 0-d tensor has no dimension to transform")
    if s is not None:
        s = tuple(int(n) for n in (s if isinstance(s, list | tuple) else (s,)))
    if dim is None:
        count = x.ndim if s is None else len(s)
        if count > x.ndim:
            raise ValueError(f"{name}: s={s} has {count} sizes, the tensor of shape {tuple(x.shape)} fewer dimensions")
        dims = tuple(range(x.ndim - count, x.ndim))
    else:
        dims = dim_indices(tuple(dim) if isinstance(dim, list | tuple) else dim, x.ndim, name)
    if s is not None and len(s) != len(dims):
        raise ValueError(f"{name}: s={s} and dim={dim} must have the same length")
    if s is not None:
        s = tuple(x.shape[d] if n == -1 else n for d, n in zip(dims, s, strict=True))
    return dims, s, norm


def _positive(n: int, name: str, x: Any) -> None:
    if n < 1:
        raise ValueError(f"{name}: needs at least one point, got {n} (shape {tuple(x.shape)}); give n or s")


def _complex_transform(x: Any, s: Any, dim: Any, norm: Any, name: str, p: Primitive) -> Any:
    x = _operand(x, name, True)
    dims, sizes, norm = _options(x, s, dim, norm, name)
    for d, n in zip(dims, sizes or [x.shape[d] for d in dims], strict=True):
        _positive(n, name, x)
        x = _resized(x, d, n)
    return apply(p, (x,), (dims, norm)) if dims else x


def _real_to_half(x: Any, s: Any, dim: Any, norm: Any, name: str) -> Any:
    x = _operand(x, name, False)
    dims, sizes, norm = _options(x, s, dim, norm, name)
    if not dims:
        raise ValueError(f"{name}: needs at least one dimension to transform, got dim=()")
    for d, n in zip(dims, sizes or [x.shape[d] for d in dims], strict=True):
        _positive(n, name, x)
        x = _resized(x, d, n)
    out = apply(_rfft, (x,), (dims[-1], norm))
    return apply(_fftn, (out,), (dims[:-1], norm)) if len(dims) > 1 else out


def _half_to_real(x: Any, s: Any, dim: Any, norm: Any, name: str) -> Any:
    x = _operand(x, name, True)
    dims, sizes, norm = _options(x, s, dim, norm, name)
    if not dims:
        raise ValueError(f"{name}: needs at least one dimension to transform, got dim=()")
    last = 2 * (x.shape[dims[-1]] - 1)
    if sizes is None:
        sizes = (*(x.shape[d] for d in dims[:-1]), last)
    elif s is not None and (s if isinstance(s, int) else list(s)[-1]) == -1:
        sizes = (*sizes[:-1], last)
    for d, n in zip(dims, sizes, strict=True):
        _positive(n, name, x)
        x = _resized(x, d, n // 2 + 1 if d == dims[-1] else n)
    if len(dims) > 1:
        x = apply(_ifftn, (x,), (dims[:-1], norm))
    return apply(_irfft, (x,), (sizes[-1], dims[-1], norm))


def _one(n: Any) -> Any:
    return None if n is None else (n,)


def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """X_k = Σ_j x_j e^(-2πi jk/n) along `dim`, of x cut or filled up with zeros to n.

    norm "backward" (the default) scales the inverse by 1/n, "forward" this, "ortho" both by 1/√n.
    """
    return _complex_transform(input, _one(n), (dim,), norm, "fft.fft", _fftn)


def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `fft`: x_j = 1/n Σ_k X_k e^(2πi jk/n)."""
    return _complex_transform(input, _one(n), (dim,), norm, "fft.ifft", _ifftn)


def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`fft` of a real signal: the n // 2 + 1 frequencies that determine the others."""
    return _real_to_half(input, _one(n), (dim,), norm, "fft.rfft")


def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `rfft`: a real signal of length n, by default 2 (size - 1)."""
    return _half_to_real(input, _one(n), (dim,), norm, "fft.irfft")


def hfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """`fft` of the first half of a signal with x_-j = conj x_j: its n real frequencies, by default 2 (size - 1)."""
    return hfftn(input, _one(n), (dim,), norm, name="fft.hfft")


def ihfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft`."""
    return ihfftn(input, _one(n), (dim,), norm, name="fft.ihfft")


def fft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """`fft` over two dimensions."""
    return _complex_transform(input, s, dim, norm, "fft.fft2", _fftn)


def ifft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `fft2`."""
    return _complex_transform(input, s, dim, norm, "fft.ifft2", _ifftn)


def rfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """`fft2` of a real signal, half of the last dimension."""
    return _real_to_half(input, s, dim, norm, "fft.rfft2")


def irfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `rfft2`."""
    return _half_to_real(input, s, dim, norm, "fft.irfft2")


def hfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """`hfft` over two dimensions, the last of them halved."""
    return hfftn(input, s, dim, norm, name="fft.hfft2")


def ihfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `hfft2`."""
    return ihfftn(input, s, dim, norm, name="fft.ihfft2")


def fftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """`fft` over the dims, by default all (the last len(s))."""
    return _complex_transform(input, s, dim, norm, "fft.fftn", _fftn)


def ifftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn`."""
    return _complex_transform(input, s, dim, norm, "fft.ifftn", _ifftn)


def rfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """`fftn` of a real signal, half of the last dimension."""
    return _real_to_half(input, s, dim, norm, "fft.rfftn")


def irfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`."""
    return _half_to_real(input, s, dim, norm, "fft.irfftn")


def hfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, name: str = "fft.hfftn") -> Any:
    """`hfft` over several dimensions, the last of them halved."""
    return _half_to_real(conj(_operand(input, name, True)), s, dim, _opposite(norm, name), name)


def ihfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, name: str = "fft.ihfftn") -> Any:
    """The inverse of `hfftn`."""
    return conj(_real_to_half(input, s, dim, _opposite(norm, name), name))


def _opposite(norm: Any, name: str) -> str:
    if norm not in (None, *NORMS):
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    return OPPOSITE[norm or "backward"]


# ------------------------------------------------------------------------------------------------------ frequencies


def _frequencies(values: ndarray, dtype: Any, requires_grad: bool) -> Tensor:
    t = wrap(values.astype(Default.dtype if dtype is None else dtype))
    t.requires_grad = requires_grad
    return t


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies that `fft` of n points, d apart, gives: 0, 1, ..., -2, -1, over n d."""
    return _frequencies(np.fft.fftfreq(n, d), dtype, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies that `rfft` of n points, d apart, gives: 0, 1, ..., n // 2, over n d."""
    return _frequencies(np.fft.rfftfreq(n, d), dtype, requires_grad)


_roll: Primitive = Primitive(
    lambda x, shifts, dims: np.roll(x, shifts, dims),
    name="fftshift",
    vjps=(lambda g, shifts, dims: apply(_roll, (g,), (tuple(-s for s in shifts), dims)),),
)


def fftshift(input: Any, dim: Any = None) -> Any:
    """The frequencies in ascending order: the first half of `dim` (None: all) exchanged with the second."""
    (x,) = unified("fft.fftshift", input)
    dims = dim_indices(dim, x.ndim, "fft.fftshift")
    return apply(_roll, (x,), (tuple(x.shape[d] // 2 for d in dims), dims))


def ifftshift(input: Any, dim: Any = None) -> Any:
    """The inverse of `fftshift`."""
    (x,) = unified("fft.ifftshift", input)
    dims = dim_indices(dim, x.ndim, "fft.ifftshift")
    return apply(_roll, (x,), (tuple(-(x.shape[d] // 2) for d in dims), dims))
