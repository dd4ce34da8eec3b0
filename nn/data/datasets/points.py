"""Points in a plane or on a line, by formula: small problems for first networks.

Each function returns a `TensorDataset` of x, float32 of shape (N, features), and y: class labels, int64 of shape (N,),
or for regression float32 of shape (N, 1). What is random comes from `generator`, by default the library's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Generator
from autograd_core.random import stream

from ..dataset import TensorDataset
from ..sampler import checked_count, checked_generator

__all__ = ["blobs", "circles", "moons", "parity", "sine", "two_spirals", "xor"]

MAX_BITS = 20  # 2**20 patterns of 20 float32 are 84 MB


def _classes(x: ndarray, y: ndarray) -> TensorDataset:
    return TensorDataset(x.astype(np.float32), y.astype(np.int64))


def _noise(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}: noise is a standard deviation, finite and not negative, got {value}")
    return value


def xor() -> TensorDataset:
    """The four points of exclusive or, which no line separates.

    >>> x, y = xor()[:]
    >>> x, y
    (tensor([[0., 0.],
             [0., 1.],
             [1., 0.],
             [1., 1.]]), tensor([0, 1, 1, 0]))
    """
    return parity(2)


def parity(bits: int = 4) -> TensorDataset:
    """All 2**bits patterns of zeros and ones, in counting order; the label is 1 where the number of ones is odd.

    Source: Minsky & Papert 1969; Rumelhart, Hinton & Williams 1986.
    """
    if not 1 <= checked_count(bits, "parity", "bits") <= MAX_BITS:
        raise ValueError(f"parity: bits must be 1 … {MAX_BITS}, got {bits}, which makes {2**bits} patterns")
    x = np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1
    return _classes(x, x.sum(1) % 2)


def two_spirals(density: int = 1) -> TensorDataset:
    """Two spirals, one inside the other: 194 points with `density` 1, in general 2 (96 density + 1).

    For i = 0 … 96: angle = i π/16, radius = 6.5 (104 - i) / 104; the point (radius sin(angle), radius cos(angle)) has
    label 1, its opposite has label 0. They take turns in the dataset.

    Source: Lang & Witbrock 1988, "Learning to tell two spirals apart"; the CMU benchmark's generator.
    """
    checked_count(density, "two_spirals", "density")
    i = np.arange(96 * density + 1)
    angle = i * np.pi / (16 * density)
    radius = 6.5 * (104 * density - i) / (104 * density)
    ones = np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)
    return _classes(np.stack([ones, -ones], 1).reshape(-1, 2), np.tile([1, 0], len(i)))


def moons(n_samples: int = 100, noise: float = 0.0, generator: Generator | None = None) -> TensorDataset:
    """Two half circles that reach into each other, in random order.

    Class 0 (n_samples // 2 points): (cos t, sin t); class 1: (1 - cos t, 1/2 - sin t); t evenly spaced from 0 to π.
    `noise` is the standard deviation of what is added to each coordinate. After scikit-learn's `make_moons`.
    """
    n, rng = _begin("moons", n_samples, noise, generator)
    t, u = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    outer, inner = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(u), 0.5 - np.sin(u)], 1)
    return _two_classes(outer, inner, noise, rng)


def circles(
    n_samples: int = 100, noise: float = 0.0, factor: float = 0.8, generator: Generator | None = None
) -> TensorDataset:
    """A circle of radius 1 (class 0, n_samples // 2 points) around one of radius `factor` (class 1), in random order.

    After scikit-learn's `make_circles`.
    """
    if not 0 <= factor < 1:
        raise ValueError(f"circles: factor is the inner radius, at least 0 and below 1, got {factor}")
    n, rng = _begin("circles", n_samples, noise, generator)
    t, u = (np.arange(m) * 2 * np.pi / m for m in (n // 2, n - n // 2))
    outer, inner = np.stack([np.cos(t), np.sin(t)], 1), factor * np.stack([np.cos(u), np.sin(u)], 1)
    return _two_classes(outer, inner, noise, rng)


def _begin(name: str, n_samples: int, noise: float, generator: Any) -> tuple[int, np.random.Generator]:
    n = checked_count(n_samples, name, "n_samples")
    if n < 2:
        raise ValueError(f"{name}: two classes need n_samples of at least 2, got {n}")
    _noise(noise, name)
    return n, stream(checked_generator(generator, name))


def _two_classes(first: ndarray, second: ndarray, noise: float, rng: np.random.Generator) -> TensorDataset:
    x, y = np.concatenate([first, second]), np.repeat([0, 1], [len(first), len(second)])
    order = rng.permutation(len(x))
    return _classes(x[order] + noise * rng.standard_normal(x.shape), y[order])


def blobs(
    n_samples: int = 100,
    centers: int | Any = 3,
    n_features: int = 2,
    cluster_std: float | Sequence[float] = 1.0,
    center_box: tuple[float, float] = (-10.0, 10.0),
    generator: Generator | None = None,
) -> TensorDataset:
    """Gaussian clouds, one a class, in random order.

    `centers` is how many, then they are uniform in `center_box`, or an array of shape (classes, features).
    `cluster_std` is one standard deviation, or one for each. The points are shared out as evenly as they can be. After
    scikit-learn's `make_blobs`.
    """
    n = checked_count(n_samples, "blobs", "n_samples")
    rng = stream(checked_generator(generator, "blobs"))
    low, high = center_box
    if isinstance(centers, int | np.integer):
        shape = (checked_count(centers, "blobs", "centers"), checked_count(n_features, "blobs", "n_features"))
        if not low <= high:
            raise ValueError(f"blobs: center_box is (low, high), got {center_box}")
        centers = rng.uniform(low, high, shape)
    middle = np.asarray(centers, np.float64)
    if middle.ndim != 2 or not len(middle):
        raise ValueError(f"blobs: centers must have shape (classes, features), got {middle.shape}")
    stds = np.asarray(cluster_std, np.float64)
    if stds.shape not in ((), (len(middle),)) or not (stds >= 0).all():
        raise ValueError(
            f"blobs: cluster_std must be one number, or one for each of the {len(middle)} centers, and not negative, "
            f"got {cluster_std}"
        )
    y = rng.permutation(np.arange(n) % len(middle))
    x = middle[y] + np.broadcast_to(stds, len(middle))[y, None] * rng.standard_normal((n, middle.shape[1]))
    return _classes(x, y)


def sine(
    n_samples: int = 100,
    noise: float = 0.0,
    interval: tuple[float, float] = (0.0, 2 * math.pi),
    generator: Generator | None = None,
) -> TensorDataset:
    """Regression: x evenly spaced over `interval`, both ends included, and y = sin x + noise; both of shape (N, 1)."""
    n = checked_count(n_samples, "sine", "n_samples")
    low, high = interval
    if not low < high:
        raise ValueError(f"sine: interval is (low, high) with low < high, got {interval}")
    rng = stream(checked_generator(generator, "sine"))
    x = np.linspace(low, high, n)[:, None]
    y = np.sin(x) + _noise(noise, "sine") * rng.standard_normal(x.shape)
    return TensorDataset(x.astype(np.float32), y.astype(np.float32))
