"""Fourier transforms of real and of complex signals, against direct sums for the basic ones."""

import numpy as np

import autograd_core as ag

from . import Row, real


def both(x, y):
    return x + 1j * y if isinstance(x, np.ndarray) else ag.complex(x, y)


def dft(x, sign=-1, axis=-1):
    """The sum that defines the transform, with nothing fast about it."""
    n = x.shape[axis]
    F = np.exp(sign * 2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    return np.moveaxis(np.tensordot(F, x, (1, axis)), 0, axis)


def r(name, f, ref, *shape):
    return Row(f"fft_{name}", f, ref, (real(*shape),))


def c(name, f, ref, *shape):
    return Row(f"fft_{name}", lambda x, y: f(both(x, y)), lambda x, y: ref(both(x, y)), (real(*shape), real(*shape)))


F, NF = ag.fft, np.fft
ROWS = [
    c("fft", F.fft, dft, 3, 5),
    c("fft_dim", lambda z: F.fft(z, dim=0), lambda z: dft(z, axis=0), 4, 3),
    c("fft_longer", lambda z: F.fft(z, 7), lambda z: dft(np.pad(z, ((0, 0), (0, 2)))), 3, 5),
    c("fft_shorter", lambda z: F.fft(z, 3), lambda z: dft(z[:, :3]), 2, 5),
    c("fft_ortho", lambda z: F.fft(z, norm="ortho"), lambda z: dft(z) / np.sqrt(5), 5),
    c("fft_forward", lambda z: F.fft(z, norm="forward"), lambda z: dft(z) / 5, 5),
    c("ifft", F.ifft, lambda z: dft(z, 1) / 5, 3, 5),
    c("ifft_forward", lambda z: F.ifft(z, norm="forward"), lambda z: dft(z, 1), 4),
    r("fft_real", F.fft, dft, 3, 4),
    r("rfft", F.rfft, lambda x: dft(x)[:, :3], 3, 4),
    r("rfft_odd", F.rfft, lambda x: dft(x)[:, :3], 3, 5),
    r("rfft_n", lambda x: F.rfft(x, 7, 0, "ortho"), lambda x: NF.rfft(x, 7, 0, "ortho"), 4, 2),
    c("irfft", F.irfft, NF.irfft, 3, 4),
    c("irfft_odd", lambda z: F.irfft(z, 7), lambda z: NF.irfft(z, 7), 3, 4),
    c("irfft_longer", lambda z: F.irfft(z, 9, norm="forward"), lambda z: NF.irfft(z, 9, norm="forward"), 4),
    c("irfft_shorter", lambda z: F.irfft(z, 4, 0), lambda z: NF.irfft(z, 4, 0), 5, 2),
    c("hfft", F.hfft, NF.hfft, 2, 4),
    c("hfft_odd", lambda z: F.hfft(z, 5, norm="ortho"), lambda z: NF.hfft(z, 5, norm="ortho"), 4),
    r("ihfft", F.ihfft, NF.ihfft, 2, 6),
    c("fft2", F.fft2, lambda z: dft(dft(z, axis=-1), axis=-2), 2, 3, 4),
    c("ifft2", F.ifft2, NF.ifft2, 3, 4),
    r("rfft2", F.rfft2, NF.rfft2, 3, 4),
    c("irfft2", F.irfft2, NF.irfft2, 3, 4),
    c("fftn", F.fftn, NF.fftn, 2, 3, 4),
    c("fftn_s", lambda z: F.fftn(z, (3, 5), (2, 0), "ortho"), lambda z: NF.fftn(z, (3, 5), (2, 0), "ortho"), 2, 3, 4),
    c("ifftn", F.ifftn, NF.ifftn, 2, 3, 2),
    r("rfftn", F.rfftn, NF.rfftn, 2, 3, 4),
    c("irfftn", lambda z: F.irfftn(z, (3, 5)), lambda z: NF.irfftn(z, (3, 5), (1, 2)), 2, 3, 4),
    c("hfftn", lambda z: F.hfftn(z, norm="forward"), lambda z: NF.irfftn(z.conj(), norm="backward"), 2, 3),
    r("ihfftn", F.ihfftn, lambda x: NF.rfftn(x, norm="forward").conj(), 2, 3),
    r("fftshift", F.fftshift, NF.fftshift, 3, 4),
    r("ifftshift", lambda x: F.ifftshift(x, 1), lambda x: NF.ifftshift(x, 1), 2, 5),
]
