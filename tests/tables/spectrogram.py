"""Spectra over time against loops over frames; slopes and integrals of samples against NumPy's."""

import numpy as np

import autograd_core as ag

from . import Row, real

WINDOW = np.array([0.3, 0.8, 1.0, 0.6])
AT = np.array([0.0, 1.0, 3.0, 4.5, 5.0])


def frames(x, size, hop):
    return np.stack([x[..., t : t + size] for t in range(0, x.shape[-1] - size + 1, hop)], -1)  # (*, size, T)


def spectra(x, size=4, hop=2, window=WINDOW, center=True, both_sides=False):
    if center:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(size // 2, size // 2)], mode="reflect")
    transform = np.fft.fft if both_sides else np.fft.rfft
    return transform(frames(x, size, hop) * window[:, None], axis=-2)


def ours(x, **options):
    return ag.stft(x, 4, window=ag.tensor(WINDOW, dtype=x.dtype), return_complex=True, **options)


def back(x, y, **options):
    return ag.istft(ag.complex(x, y), 4, window=ag.tensor(WINDOW, dtype=x.dtype), **options)


def signal(x, y):
    """The frames added where they lie, over the squared windows added there; the padding left out."""
    parts = np.fft.irfft(x + 1j * y, 4, axis=-2) * WINDOW[:, None]
    total, weight = np.zeros((*x.shape[:-2], 8)), np.zeros(8)
    for t in range(x.shape[-1]):
        total[..., t : t + 4] += parts[..., t]
        weight[t : t + 4] += WINDOW**2
    return (total / weight)[..., 2:-2]


ROWS = [
    Row("stft", lambda x: ours(x, hop_length=2), spectra, (real(2, 9),)),
    Row("stft_hop_1", ours, lambda x: spectra(x, hop=1), (real(7),)),
    Row(
        "stft_not_centred",
        lambda x: ours(x, hop_length=3, center=False),
        lambda x: spectra(x, hop=3, center=False),
        (real(8),),
    ),
    Row("stft_both_sides", lambda x: ours(x, onesided=False), lambda x: spectra(x, hop=1, both_sides=True), (real(5),)),
    Row("stft_normalised", lambda x: ours(x, normalized=True), lambda x: spectra(x, hop=1) / 2, (real(5),)),
    Row(
        "stft_narrow_window",
        lambda x: ag.stft(x, 6, 2, 4, ag.tensor(WINDOW, dtype=x.dtype), return_complex=True),
        lambda x: spectra(x, 6, 2, np.pad(WINDOW, 1)),
        (real(9),),
    ),
    Row("istft", back, signal, (real(3, 5), real(3, 5))),
    Row(
        "istft_length",
        lambda x, y: back(x, y, length=3),
        lambda x, y: signal(x, y)[..., :3],
        (real(2, 3, 5), real(2, 3, 5)),
    ),
    Row("gradient", ag.gradient, lambda x: tuple(np.gradient(x)), (real(4, 5),)),
    Row(
        "gradient_order_2",
        lambda x: ag.gradient(x, edge_order=2),
        lambda x: tuple(np.gradient(x, edge_order=2)),
        (real(4, 5),),
    ),
    Row(
        "gradient_at_positions",
        lambda x: ag.gradient(x, spacing=[0.5, ag.tensor(AT)], edge_order=2),
        lambda x: tuple(np.gradient(x, 0.5, AT, edge_order=2)),
        (real(3, 5),),
    ),
    Row(
        "gradient_along_one",
        lambda x: ag.gradient(x, spacing=2.0, dim=1)[0],
        lambda x: np.gradient(x, 2.0, axis=1),
        (real(3, 4),),
    ),
    Row("trapz", lambda x: ag.trapz(x, dx=0.5), lambda x: np.trapezoid(x, dx=0.5), (real(3, 5),)),
    Row("vander", ag.vander, np.vander, (real(4),)),
    Row("vander_increasing", lambda x: ag.vander(x, 3, True), lambda x: np.vander(x, 3, True), (real(4),)),
    Row("linalg_vander", lambda x: ag.linalg.vander(x, N=4), lambda x: x[..., None] ** np.arange(4), (real(2, 3),)),
    Row(
        "as_strided_scatter",
        lambda x, y: ag.as_strided_scatter(x, y, (2, 2), (5, 2), 1),
        lambda x, y: np.array(
            [[x[0, 0], y[0, 0], x[0, 2], y[0, 1]], [*x[1, :2], y[1, 0], x[1, 3]], [y[1, 1], *x[2, 1:]]]
        ),
        (real(3, 4), real(2, 2)),
    ),
]
