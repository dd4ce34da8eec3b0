"""Spectra of a signal over time: the discrete Fourier transforms of overlapping frames, and the signal back from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, integer, values
from ..elementwise.complex import view_as_real
from ..shape.padding import pad
from ..shape.shape import transpose, unsqueeze
from ..shape.strided import overlap_added, unfold
from .fft import fft, ifft, irfft, rfft


def _frame(name: str, n_fft: Any, hop_length: Any, win_length: Any, window: Any, like: Any) -> tuple:
    """The frame's size, the hop, and the window over a whole frame, None for ones."""
    size = integer(n_fft, name, "n_fft")
    hop = size // 4 if hop_length is None else integer(hop_length, name, "hop_length")
    width = size if win_length is None else integer(win_length, name, "win_length")
    if size < 1 or hop < 1:
        raise ValueError(f"{name}: n_fft and hop_length must be at least 1, got {size} and {hop}")
    if not 0 < width <= size:
        raise ValueError(f"{name}: win_length is {width}, but must be between 1 and n_fft, {size}")
    if window is None:
        window = np.ones(width, like)
    window = array_operand(window, name)
    if window.ndim != 1 or window.shape[0] != width:
        raise ValueError(f"{name}: window has shape {tuple(window.shape)}, but must be a vector of win_length, {width}")
    left = (size - width) // 2
    return size, hop, pad(window, (left, size - width - left)) if width < size else window


def stft(
    input: TensorLike,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: TensorLike | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Compute the short-time Fourier transform: the spectra of frames of `n_fft` points, `hop_length` apart.

    Each frame is multiplied by `window` (default ones) of `win_length` points in its middle. With `center` the frames are
    centred at multiples of `hop_length` (default n_fft // 4), and the signal is padded at both ends by `pad_mode`;
    otherwise the first begins at 0. `normalized` divides by √n_fft; `onesided` leaves out the frequencies that follow
    from the others, by default for real signals. `return_complex` must be True for a real signal, as PyTorch demands, or
    False for a last dimension of real and imaginary parts. `align_to_window` is not supported.

    Formula: out[k, t] = Σⱼ window[j] input[t · hop_length + j] exp(−2πi jk / n_fft)
    Shapes: (L) or (N, L) → (*, n_fft // 2 + 1, T), T = 1 + (L − n_fft) // hop_length, or with center 1 + L // hop_length of
        an even n_fft; n_fft frequencies unless onesided.
    Dtypes: floating or complex → complex, or floating with return_complex=False.
    Raises: ValueError if the sizes do not fit, or onesided is True for complex numbers; TypeError for what is not floating or
        complex; RuntimeError if return_complex is left out for a real signal.
    Source: PyTorch's `stft`; Allen & Rabiner 1977, "A unified approach to short-time Fourier analysis and synthesis".

    >>> import autograd_core as ag
    >>> ag.stft(ag.ones(8), 4, hop_length=4, center=False, return_complex=True).real
    tensor([[4., 4.],
            [0., 0.],
            [0., 0.]])
    """
    x = array_operand(input, "stft")
    if x.dtype.kind not in "fc":
        raise TypeError(f"stft: input is {x.dtype}, but must be floating or complex; use x.float()")
    if x.ndim not in (1, 2):
        raise ValueError(f"stft: needs a signal (L) or a batch of them (N, L), got shape {tuple(x.shape)}")
    if align_to_window:
        raise ValueError("stft: align_to_window=True is not supported; leave it out")
    size, hop, weighting = _frame("stft", n_fft, hop_length, win_length, window, x.real.dtype)
    is_complex = x.dtype.kind == "c" or weighting.dtype.kind == "c"
    if return_complex is None and not is_complex:
        raise RuntimeError("stft: say whether the result shall be complex; pass return_complex=True")
    if onesided and is_complex:
        raise ValueError("stft: onesided=True needs a real signal and window, as a complex spectrum has no symmetry")
    if center:
        x = pad(x, (size // 2, size // 2), mode=pad_mode)
    if size > x.shape[-1]:
        raise ValueError(f"stft: n_fft is {size}, but the signal has only {x.shape[-1]} points")
    frames = unfold(x, -1, size, hop) * weighting  # (*, T, n_fft)
    norm = "ortho" if normalized else None
    half = not is_complex and (onesided is None or onesided)
    spectra = transpose(rfft(frames, norm=norm) if half else fft(frames, norm=norm), -2, -1)
    return view_as_real(spectra) if return_complex is not None and not return_complex else spectra


def istft(
    input: TensorLike,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: TensorLike | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """Compute the signal of which `input` holds the spectra of `stft`, with the same other arguments.

    Of spectra that are not those of any signal it is the one whose spectra are nearest. `n_fft`, `hop_length`,
    `win_length`, `window`, `center`, `normalized` and `onesided` are those of `stft`; `length` is that of the signal, by
    default what the frames cover; `return_complex` gives a complex signal, which needs onesided=False.

    Formula: out[i] = Σₜ w[j] xₜ[j] / Σₜ w[j]², j = i − t · hop_length, xₜ the inverse transform of input[:, t] and w the window
    Shapes: (K, T) or (N, K, T) → (*, L), K = n_fft // 2 + 1, or n_fft of both sides.
    Dtypes: complex → floating, or complex with return_complex.
    Raises: ValueError if the sizes do not fit, if hop_length is above win_length, or if the windows leave a point without
        weight; TypeError if input is not complex.
    Source: PyTorch's `istft`; Griffin & Lim 1984, "Signal estimation from modified short-time Fourier transform".

    >>> import autograd_core as ag
    >>> x = ag.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> ag.istft(ag.stft(x, 4, return_complex=True), 4).round(decimals=3)
    tensor([1., 2., 3., 4., 5., 6.])
    """
    x = array_operand(input, "istft")
    if x.dtype.kind != "c":
        raise TypeError(f"istft: input is {x.dtype}, but must be complex; use ag.view_as_complex for pairs of parts")
    if x.ndim not in (2, 3):
        raise ValueError(f"istft: needs spectra (K, T) or a batch of them (N, K, T), got shape {tuple(x.shape)}")
    size, hop, weighting = _frame("istft", n_fft, hop_length, win_length, window, x.real.dtype)
    if hop > (size if win_length is None else win_length):
        raise ValueError(f"istft: hop_length, {hop}, is above win_length, so that points between frames are lost")
    half = x.shape[-2] != size if onesided is None else onesided
    if x.shape[-2] != (size // 2 + 1 if half else size):
        raise ValueError(
            f"istft: input has {x.shape[-2]} frequencies (shape {tuple(x.shape)}), but n_fft={size} with "
            f"{'one side' if half else 'both sides'} has {size // 2 + 1 if half else size}"
        )
    if return_complex and half:
        raise ValueError("istft: a complex signal needs the frequencies of both sides; pass onesided=False")
    if weighting.dtype.kind == "c" and not return_complex:
        raise ValueError("istft: a complex window gives a complex signal; pass return_complex=True")
    norm = "ortho" if normalized else None
    spectra = transpose(x, -2, -1)  # (*, T, K)
    frames = irfft(spectra, size, norm=norm) if half else ifft(spectra, norm=norm)
    if not return_complex and not half:
        frames = frames.real
    T = x.shape[-1]
    covered = size + hop * (T - 1)
    signal = overlap_added(frames * weighting, covered, hop)
    weights = overlap_added(unsqueeze(weighting * weighting, 0) + np.zeros((T, 1), weighting.dtype), covered, hop)
    start = size // 2 if center else 0
    stop = min(covered, start + length) if length is not None else covered - size // 2 if center else covered
    weights = weights[..., start:stop]
    if stop > start and np.abs(values(weights)).min() < 1e-11:
        raise ValueError("istft: the windows leave points without weight; use a smaller hop_length, or center=True")
    out = signal[..., start:stop] / weights
    return out if length is None or length == stop - start else pad(out, (0, length - (stop - start)))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.stft   x.stft
ag.istft  x.istft
"""
