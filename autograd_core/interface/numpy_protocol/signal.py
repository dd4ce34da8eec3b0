"""Rules for NumPy's convolutions, Fourier transforms, polynomials, complex numbers, and functions one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import fft
from .algebra import eigvals, lstsq, real_if_all_are
from .common import as_tensor, f, floating, refuse, rule, value, wrapped

# -------------------------------------------------------------------------------------------------------- convolutions


@rule("convolve")
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """out[k] = Σ a[i] v[k - i]: the windows of the longer, filled up with zeros, times the shorter, reversed."""
    x, y = (f.atleast_1d(as_tensor(i)) for i in (a, v))
    for name, operand in (("a", x), ("v", y)):
        if operand.ndim != 1 or operand.shape[0] == 0:
            raise ValueError(f"np.convolve: needs vectors that are not empty, {name} has shape {tuple(operand.shape)}")
    x, y = (x, y) if x.shape[0] >= y.shape[0] else (y, x)
    n, m = x.shape[0], y.shape[0]
    bounds = {"full": (0, n + m - 1), "same": ((m - 1) // 2, (m - 1) // 2 + n), "valid": (m - 1, n)}
    if mode not in bounds:
        raise ValueError(f"np.convolve: mode must be 'full', 'same' or 'valid', got {mode!r}")
    zeros = wrapped(np.zeros(m - 1, x.dtype))
    windows = f.unfold(f.cat([zeros, x, zeros], 0), 0, m, 1)  # (n + m - 1, m)
    start, stop = bounds[mode]
    return f.matmul(windows[start:stop], f.flip(y, (0,)))


@rule("correlate")
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """out[k] = Σ a[i + k] conj(v[i])."""
    x, y = as_tensor(a), f.flip(f.conj(as_tensor(v)), (0,))
    if mode == "same" and x.shape[0] < y.shape[0]:
        start = x.shape[0] // 2
        return convolve(x, y, "full")[start : start + y.shape[0]]
    return convolve(x, y, mode)


# -------------------------------------------------------------------------------------------------- Fourier transforms


def _transform(name: str) -> None:
    ours = getattr(fft, name)

    @rule(f"fft.{name}")
    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        return ours(as_tensor(a), n, axis, norm)


def _transform_of_several(name: str, default: Any) -> None:
    ours = getattr(fft, name)

    @rule(f"fft.{name}")
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        return ours(as_tensor(a), s, axes, norm)


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _transform(_name)
for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    _transform_of_several(_name, (-2, -1))
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    _transform_of_several(_name, None)


@rule("fft.fftshift")
def fftshift(x: Any, axes: Any = None) -> Any:
    return fft.fftshift(as_tensor(x), axes)


@rule("fft.ifftshift")
def ifftshift(x: Any, axes: Any = None) -> Any:
    return fft.ifftshift(as_tensor(x), axes)


# --------------------------------------------------------------------------------------------------------- polynomials


@rule("polyval")
def polyval(p: Any, x: Any) -> Any:
    """Horner's rule, the highest power first."""
    coefficients, x = as_tensor(p), as_tensor(x)
    out = x * 0
    for c in f.unbind(coefficients):
        out = out * x + c
    return out


def _aligned(a1: Any, a2: Any) -> tuple:
    """Coefficients filled up with zeros in front to one length."""
    xs = [f.atleast_1d(as_tensor(a)) for a in (a1, a2)]
    n = max(x.shape[0] for x in xs)
    return tuple(f.cat([wrapped(np.zeros(n - x.shape[0], x.dtype)), x], 0) for x in xs)


@rule("polyadd")
def polyadd(a1: Any, a2: Any) -> Any:
    return f.add(*_aligned(a1, a2))


@rule("polysub")
def polysub(a1: Any, a2: Any) -> Any:
    return f.sub(*_aligned(a1, a2))


@rule("polymul")
def polymul(a1: Any, a2: Any) -> Any:
    return convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


def _without_leading_zeros(p: Any) -> Any:
    x = f.atleast_1d(as_tensor(p))
    found = np.flatnonzero(value(x))
    return x[int(found[0]) if len(found) else -1 :]


@rule("polydiv")
def polydiv(u: Any, v: Any) -> tuple:
    """Quotient and remainder, by long division; leading zeros of the remainder are dropped."""
    x, y = (f.atleast_1d(as_tensor(i)) + 0.0 for i in (u, v))
    m, n = x.shape[0] - 1, y.shape[0] - 1
    found = []
    for k in range(m - n + 1):
        found.append(x[k] / y[0])
        x = x - f.cat([wrapped(np.zeros(k, x.dtype)), found[-1] * y, wrapped(np.zeros(m - n - k, x.dtype))], 0)
    rest = value(x)
    kept = np.flatnonzero(~np.isclose(rest, 0, rtol=1e-14))
    return f.stack(found) if found else wrapped(np.zeros(1, x.dtype)), x[int(kept[0]) if len(kept) else m :]


@rule("polyder")
def polyder(p: Any, m: int = 1) -> Any:
    x = as_tensor(p)
    if m < 0:
        raise ValueError(f"np.polyder: the order must not be negative, got {m}")
    for _ in range(m):
        x = x[:-1] * np.arange(x.shape[0] - 1, 0, -1, dtype=x.dtype)
    return x


@rule("polyint")
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    x = floating(p)
    constants = f.broadcast_to(f.atleast_1d(as_tensor(0.0 if k is None else k)), (m,)).to(x.dtype)
    for i in range(m):
        x = f.cat([x / np.arange(x.shape[0], 0, -1, dtype=x.dtype), constants[i : i + 1]], 0)
    return x


@rule("polyfit")
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """The least-squares polynomial, by the scaled Vandermonde matrix as in NumPy."""
    refuse("polyfit", full=full or None, cov=cov or None)
    points, values = floating(x), floating(y)
    rcond = points.shape[0] * np.finfo(points.dtype).eps if rcond is None else rcond
    powers = f.stack([points * 0 + 1 if i == 0 else f.pow(points, i) for i in range(deg, -1, -1)], 1)
    if w is not None:
        w = f.unsqueeze(as_tensor(w), 1)
        powers = powers * w
        values = values * (w if values.ndim == 2 else w[:, 0])
    scale = f.sqrt(f.sum(powers * powers, 0))
    found = lstsq(powers / scale, values, rcond)[0]
    return found / (f.unsqueeze(scale, 1) if found.ndim == 2 else scale)


@rule("poly")
def poly(seq_of_zeros: Any) -> Any:
    zeros = f.atleast_1d(as_tensor(seq_of_zeros))
    if zeros.ndim == 2:
        zeros = eigvals(zeros)
    out = wrapped(np.ones(1, zeros.dtype))
    for root in f.unbind(zeros):
        out = f.cat([out, out[:1] * 0], 0) - f.cat([out[:1] * 0, out * root], 0)
    if zeros.dtype.kind == "c":
        roots = value(zeros)
        if np.all(np.sort(roots) == np.sort(roots.conj())):
            out = out.real
    return out


@rule("roots")
def roots(p: Any) -> Any:
    """The eigenvalues of the companion matrix."""
    x = f.atleast_1d(floating(p))
    found = np.flatnonzero(value(x))
    if len(found) == 0:
        return wrapped(np.zeros(0, x.dtype))
    trailing = x.shape[0] - 1 - int(found[-1])
    x = x[int(found[0]) : int(found[-1]) + 1]
    n = x.shape[0] - 1
    if n == 0:
        return wrapped(np.zeros(trailing, x.dtype))
    companion = f.cat([f.unsqueeze(-x[1:] / x[0], 0), wrapped(np.eye(n - 1, n, dtype=x.dtype))], 0)
    (w,) = real_if_all_are(companion, eigvals(companion))
    return f.cat([w, wrapped(np.zeros(trailing, w.dtype))], 0)


# ----------------------------------------------------------------------------------------------------- complex numbers


@rule("real")
def real(val: Any) -> Any:
    return as_tensor(val).real


@rule("imag")
def imag(val: Any) -> Any:
    return f.imag(as_tensor(val)) if as_tensor(val).dtype.kind == "c" else as_tensor(val) * 0


@rule("angle")
def angle(z: Any, deg: bool = False) -> Any:
    out = f.angle(as_tensor(z))
    return out * (180 / math.pi) if deg else out


@rule("real_if_close")
def real_if_close(a: Any, tol: float = 100) -> Any:
    x = as_tensor(a)
    return x.real if x.dtype.kind == "c" and not np.iscomplexobj(np.real_if_close(value(x), tol)) else x


def _in_the_complex_plane(name: str, outside: Callable, function: Callable) -> None:
    @rule(f"lib.scimath.{name}")
    def complex_where_needed(*args: Any) -> Any:
        xs = [floating(a) for a in args]
        if outside(*[value(x) for x in xs]):
            xs = [x.to(np.result_type(x.dtype, np.complex64)) for x in xs]
        return function(*xs)


def _negative(*xs: Any) -> bool:
    return any(x.dtype.kind == "f" and (x < 0).any() for x in xs)


for _name in ("sqrt", "log", "log2", "log10"):
    _in_the_complex_plane(_name, _negative, getattr(f, _name))
_in_the_complex_plane("logn", _negative, lambda n, x: f.log(x) / f.log(n))
_in_the_complex_plane("power", lambda x, p: _negative(x), f.pow)
_in_the_complex_plane("arctanh", lambda x: x.dtype.kind == "f" and (np.abs(x) > 1).any(), f.atanh)


@rule("lib.scimath.arcsin")
def emath_arcsin(x: Any) -> Any:
    """Of a real number beyond 1, ±π/2 + i arcosh |x|: the value above the branch cut, and the slope there."""
    x = floating(x)
    beyond = f.abs(x) > 1
    if x.dtype.kind == "c" or not value(beyond).any():
        return f.asin(x)
    real = f.where(beyond, f.sign(x) * (math.pi / 2), f.asin(f.where(beyond, 0.0, x)))
    return f.complex(real, f.where(beyond, f.acosh(f.where(beyond, f.abs(x), 2.0)), 0.0))


@rule("lib.scimath.arccos")
def emath_arccos(x: Any) -> Any:
    x = floating(x)
    return f.acos(x) if x.dtype.kind == "c" else math.pi / 2 - emath_arcsin(x)


# ---------------------------------------------------------------------------------------------------------- one by one


@rule("round", "around")
def round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    return f.round(as_tensor(a), decimals=decimals)


@rule("fix")
def fix(x: Any, out: Any = None) -> Any:
    return f.trunc(as_tensor(x))


@rule("unwrap")
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """Steps of whole periods added: constants, as far as derivatives go."""
    x = floating(p)
    added = np.unwrap(value(x), discont, axis, period=period) - value(x)
    return x + added.astype(x.dtype)
