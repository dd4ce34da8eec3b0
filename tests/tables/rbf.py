"""Radial basis functions, with few dimensions (distances from differences) and many (from a product)."""

import numpy as np

import nn.functional as F

from . import Row, positive, real

FAR = 10 * np.random.default_rng(0).standard_normal((4, 20))  # from each other, and from the origin

PHI = {
    "gaussian": lambda r: np.exp(-(r**2) / 2),
    "multiquadric": lambda r: np.sqrt(1 + r**2),
    "inverse_multiquadric": lambda r: 1 / np.sqrt(1 + r**2),
    "thin_plate": lambda r: r**2 * np.log(r),
}


def distances(x, c):
    return np.linalg.norm(x[:, None] - c, axis=-1)


def units(kernel, D):
    return Row(
        f"rbf_{kernel}_{D}",
        lambda x, c, s: F.rbf(x, c, s, kernel),
        lambda x, c, s: PHI[kernel](distances(x, c) / s),
        (real(3, D), real(5, D), positive(5, low=2.0, high=4.0)),
    )


ROWS = [
    *(units(kernel, D) for kernel in PHI for D in (2, 20)),
    Row(
        "rbf_one_width",
        lambda x, c, s: F.rbf(x, c, s),
        lambda x, c, s: np.exp(-(distances(x, c) ** 2) / (2 * s**2)),
        (real(3, 2), real(5, 2), positive()),
    ),
    Row(
        "rbf_leading_dimensions",
        lambda x, c: F.rbf(x, c, 3.0),
        lambda x, c: np.exp(-(np.linalg.norm(x[:, :, None] - c, axis=-1) ** 2) / 18),
        (real(2, 3, 18), real(4, 18)),
    ),
    Row("squared_distance", F.squared_distance, lambda x, c: distances(x, c) ** 2, (real(3, 4), real(5, 4))),
    Row(  # where products would cancel: these pairs are computed from their differences
        "squared_distance_close",
        lambda x: F.squared_distance(x + FAR.astype(x.dtype), FAR.astype(x.dtype)),
        lambda x: distances(x + FAR, FAR) ** 2,
        (real(4, 20),),
    ),
]
