"""Discrete Fourier transforms. Linear, and because the engine carries conjugated gradients (see complex.py) the rule of
each is its plain transpose: of a complex transform, the same transform, whose matrix is symmetric.

Single precision stays single: float32 gives complex64.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine.docstrings import F, complete
from ...engine.operands import as_operand, complex_dtype, convert, real, unified
from ...engine.primitive import SHAPE, Primitive, apply
from ...engine.tensor import Tensor, describe
from ..arguments import dim_indices
from ..elementwise.complex import conj

if TYPE_CHECKING:
    from ...engine.types import Dims, TensorLike

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
    """x as a floating tensor, complex if `complex_`; an error if it is complex and must be real."""
    (x,) = unified(name, as_operand(x, name), floating=True)
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
        s = tuple(number_of_points(n, name) for n in (s if isinstance(s, list | tuple) else (s,)))
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


def number_of_points(n: Any, name: str) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(f"{name}: a number of points must be an int, got {describe(n)}") from None


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


def _hermitian(input: Any, s: Any, dim: Any, norm: Any, name: str) -> Any:
    return _half_to_real(conj(_operand(input, name, True)), s, dim, _opposite(norm, name), name)


def _inverse_hermitian(input: Any, s: Any, dim: Any, norm: Any, name: str) -> Any:
    return conj(_real_to_half(input, s, dim, _opposite(norm, name), name))


def _opposite(norm: Any, name: str) -> str:
    if norm not in (None, *NORMS):
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', got {norm!r}")
    return OPPOSITE[norm or "backward"]


# A transform's docstring says what it computes; what its arguments mean is the same for all.
_ONE = "Along `dim`, input is cut, or filled up with zeros, to the length that `n` points need (None: as it is)."
_SOME = """Along each of `dim`, input is cut, or filled up with zeros, to the length that `s` points need (None, −1: as it is).
With dim None these are the last len(s) dimensions, or all."""
_NORM = """The factor 1/n, n the number of all points, is in the inverse transform (`norm` "backward", the default), or in the
forward one ("forward"), or 1/√n is in both ("ortho")."""
_COMPLEX = "float32, complex64 → complex64; float64, complex128 → complex128; integers become the default float first."
_FROM_REAL = "float32 → complex64, float64 → complex128; integers become the default float first."
_TO_REAL = "float32, complex64 → float32; float64, complex128 → float64; integers become the default float first."


def _transform(shapes: str, dtypes: str) -> Callable[[F], F]:
    """The decorator that completes the docstring of a transform."""

    def decorator(function: F) -> F:
        name = function.__name__
        wrong = "of float16 or complex" if dtypes is _FROM_REAL else "of float16"
        one = "n" in inspect.signature(function).parameters
        size = "n" if one else "a size in s"
        dims = "" if one else ", or if s and dim differ in length or a dim is named twice"
        function.__doc__ = complete(
            function.__doc__ or "",
            prose=f"{_ONE if one else _SOME}\n{_NORM}",
            Shapes=shapes,
            Dtypes=dtypes,
            Raises=f"TypeError if input is no tensor or array, or {wrong}, or if {size} is no int; ValueError if that is less "
            f"than 1, or for another norm{dims}; IndexError if there is no such dim.",
            Source=f"NumPy's and PyTorch's `fft.{name}`." if hasattr(np.fft, name) else f"PyTorch's `fft.{name}`.",
        )
        return function

    return decorator


@_transform("(*, N, *) → (*, n, *), n = N by default.", _COMPLEX)
def fft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute the discrete Fourier transform of `input`.

    Formula: out[k] = Σⱼ input[j] exp(−2πi jk/n)
    >>> ag.fft.fft(ag.tensor([1.0, 0.0, -1.0, 0.0])).real
    tensor([0., 2., 0., 2.])
    """
    return _complex_transform(input, _one(n), (dim,), norm, "fft.fft", _fftn)


@_transform("(*, N, *) → (*, n, *), n = N by default.", _COMPLEX)
def ifft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute the inverse of `fft` of `input`.

    Formula: out[j] = 1/n Σₖ input[k] exp(2πi jk/n)
    >>> ag.fft.ifft(ag.tensor([0.0, 2.0, 0.0, 2.0])).real
    tensor([ 1.,  0., -1.,  0.])
    """
    return _complex_transform(input, _one(n), (dim,), norm, "fft.ifft", _ifftn)


@_transform("(*, N, *) → (*, n // 2 + 1, *), n = N by default.", _FROM_REAL)
def rfft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute `fft` of a real `input`: the frequencies that determine the others.

    Formula: out[k] = Σⱼ input[j] exp(−2πi jk/n), 0 ≤ k ≤ n // 2
    >>> ag.fft.rfft(ag.tensor([1.0, 0.0, -1.0, 0.0])).real
    tensor([0., 2., 0.])
    """
    return _real_to_half(input, _one(n), (dim,), norm, "fft.rfft")


@_transform("(*, N, *) → (*, n, *), n = 2 (N − 1) by default.", _TO_REAL)
def irfft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute the inverse of `rfft` of `input`: a real signal of `n` points.

    Formula: out[j] = 1/n Σₖ X[k] exp(2πi jk/n), X[k] = input[k] and X[n − k] = conj input[k] for 0 ≤ k ≤ n // 2
    >>> ag.fft.irfft(ag.tensor([0.0, 2.0, 0.0]))
    tensor([ 1.,  0., -1.,  0.])
    """
    return _half_to_real(input, _one(n), (dim,), norm, "fft.irfft")


@_transform("(*, N, *) → (*, n, *), n = 2 (N − 1) by default.", _TO_REAL)
def hfft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute `fft` of a signal with x[−j] = conj x[j], of which `input` is the first half: it is real.

    Formula: out[k] = Σⱼ x[j] exp(−2πi jk/n), x[j] = input[j] and x[n − j] = conj input[j] for 0 ≤ j ≤ n // 2
    >>> ag.fft.hfft(ag.tensor([1.0, 2.0, 1.0]))
    tensor([ 6.,  0., -2.,  0.])
    """
    return _hermitian(input, _one(n), (dim,), norm, "fft.hfft")


@_transform("(*, N, *) → (*, n // 2 + 1, *), n = N by default.", _FROM_REAL)
def ihfft(input: TensorLike, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Compute the inverse of `hfft` of a real `input`: the first half of the signal.

    Formula: out[j] = 1/n Σₖ input[k] exp(2πi jk/n), 0 ≤ j ≤ n // 2
    >>> ag.fft.ihfft(ag.tensor([6.0, 0.0, -2.0, 0.0])).real
    tensor([1., 2., 1.])
    """
    return _inverse_hermitian(input, _one(n), (dim,), norm, "fft.ihfft")


@_transform("(*) → (*), with s along dim.", _COMPLEX)
def fft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute the discrete Fourier transform of `input` over two dimensions.

    Formula: out = fft(fft(input, s[1], dim[1]), s[0], dim[0])
    >>> ag.fft.fft2(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).real
    tensor([[10., -2.],
            [-4.,  0.]])
    """
    return _complex_transform(input, s, dim, norm, "fft.fft2", _fftn)


@_transform("(*) → (*), with s along dim.", _COMPLEX)
def ifft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute the inverse of `fft2` of `input`.

    Formula: out = ifft(ifft(input, s[1], dim[1]), s[0], dim[0])
    >>> ag.fft.ifft2(ag.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _complex_transform(input, s, dim, norm, "fft.ifft2", _ifftn)


@_transform("(*) → (*), with s along dim, but s // 2 + 1 along the last of dim.", _FROM_REAL)
def rfft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute `fft2` of a real `input`: the frequencies that determine the others.

    Formula: out = fft(rfft(input, s[1], dim[1]), s[0], dim[0])
    >>> ag.fft.rfft2(ag.ones(4, 4)).shape
    (4, 3)
    """
    return _real_to_half(input, s, dim, norm, "fft.rfft2")


@_transform(
    "(*) → (*), with s along dim; by default 2 (N − 1) along the last of dim, N the size of input there.", _TO_REAL
)
def irfft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute the inverse of `rfft2` of `input`: a real signal.

    Formula: out = irfft(ifft(input, s[0], dim[0]), s[1], dim[1])
    >>> ag.fft.irfft2(ag.ones(4, 3)).shape
    (4, 4)
    """
    return _half_to_real(input, s, dim, norm, "fft.irfft2")


@_transform(
    "(*) → (*), with s along dim; by default 2 (N − 1) along the last of dim, N the size of input there.", _TO_REAL
)
def hfft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute `hfft` of `input` over two dimensions, the last of which holds half of the signal.

    Formula: out = hfft(fft(input, s[0], dim[0]), s[1], dim[1])
    >>> ag.fft.hfft2(ag.ones(4, 3)).shape
    (4, 4)
    """
    return _hermitian(input, s, dim, norm, "fft.hfft2")


@_transform("(*) → (*), with s along dim, but s // 2 + 1 along the last of dim.", _FROM_REAL)
def ihfft2(input: TensorLike, s: Dims = None, dim: Dims = (-2, -1), norm: str | None = None) -> Tensor:
    """Compute the inverse of `hfft2` of a real `input`.

    Formula: out = ifft(ihfft(input, s[1], dim[1]), s[0], dim[0])
    >>> ag.fft.ihfft2(ag.ones(4, 4)).shape
    (4, 3)
    """
    return _inverse_hermitian(input, s, dim, norm, "fft.ihfft2")


@_transform("(*) → (*), with s along dim.", _COMPLEX)
def fftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute the discrete Fourier transform of `input` over several dimensions.

    Formula: out = fft of input along each of dim
    >>> ag.fft.fftn(ag.ones(2, 2, 2))[0, 0, 0].real
    tensor(8.)
    """
    return _complex_transform(input, s, dim, norm, "fft.fftn", _fftn)


@_transform("(*) → (*), with s along dim.", _COMPLEX)
def ifftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute the inverse of `fftn` of `input`.

    Formula: out = ifft of input along each of dim
    >>> ag.fft.ifftn(ag.ones(2, 2, 2))[0, 0, 0].real
    tensor(1.)
    """
    return _complex_transform(input, s, dim, norm, "fft.ifftn", _ifftn)


@_transform("(*) → (*), with s along dim, but s // 2 + 1 along the last of dim.", _FROM_REAL)
def rfftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute `fftn` of a real `input`: the frequencies that determine the others.

    Formula: out = rfft of input along the last of dim, then fft along the others
    >>> ag.fft.rfftn(ag.ones(2, 4, 4)).shape
    (2, 4, 3)
    """
    return _real_to_half(input, s, dim, norm, "fft.rfftn")


@_transform(
    "(*) → (*), with s along dim; by default 2 (N − 1) along the last of dim, N the size of input there.", _TO_REAL
)
def irfftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute the inverse of `rfftn` of `input`: a real signal.

    Formula: out = ifft of input along all of dim but the last, then irfft along that
    >>> ag.fft.irfftn(ag.ones(2, 4, 3)).shape
    (2, 4, 4)
    """
    return _half_to_real(input, s, dim, norm, "fft.irfftn")


@_transform(
    "(*) → (*), with s along dim; by default 2 (N − 1) along the last of dim, N the size of input there.", _TO_REAL
)
def hfftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute `hfft` of `input` over several dimensions, the last of which holds half of the signal.

    Formula: out = fft of input along all of dim but the last, then hfft along that
    >>> ag.fft.hfftn(ag.ones(2, 4, 3)).shape
    (2, 4, 4)
    """
    return _hermitian(input, s, dim, norm, "fft.hfftn")


@_transform("(*) → (*), with s along dim, but s // 2 + 1 along the last of dim.", _FROM_REAL)
def ihfftn(input: TensorLike, s: Dims = None, dim: Dims = None, norm: str | None = None) -> Tensor:
    """Compute the inverse of `hfftn` of a real `input`.

    Formula: out = ihfft of input along the last of dim, then ifft along the others
    >>> ag.fft.ihfftn(ag.ones(2, 4, 4)).shape
    (2, 4, 3)
    """
    return _inverse_hermitian(input, s, dim, norm, "fft.ihfftn")
