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
from numpy.typing import ArrayLike

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
    """Return the four points of exclusive or, which no line separates.

    Formula: y = x₁ ⊕ x₂
    Shapes: x (4, 2), y (4,).
    Dtypes: x float32, y int64.
    Raises: nothing.
    Source: Minsky & Papert 1969, "Perceptrons".

    >>> from nn.data import datasets
    >>> x, y = datasets.xor()[:]
    >>> x, y
    (tensor([[0., 0.],
             [0., 1.],
             [1., 0.],
             [1., 1.]]), tensor([0, 1, 1, 0]))
    """
    return parity(2)


def parity(bits: int = 4) -> TensorDataset:
    """Return all patterns of zeros and ones, in counting order; the label is 1 where the number of ones is odd.

    bits: the length of a pattern.

    Formula: y = x₁ ⊕ x₂ ⊕ … ⊕ x_bits
    Shapes: x (2^bits, bits), y (2^bits,).
    Dtypes: x float32, y int64.
    Raises: ValueError unless bits is a whole number from 1 to 20.
    Source: Minsky & Papert 1969, "Perceptrons"; Rumelhart, Hinton & Williams 1986.

    >>> from nn.data import datasets
    >>> datasets.parity(3).tensors[1]
    tensor([0, 1, 1, 0, 1, 0, 0, 1])
    """
    if not 1 <= checked_count(bits, "parity", "bits") <= MAX_BITS:
        raise ValueError(f"parity: bits must be 1 … {MAX_BITS}, got {bits}, which makes {2**bits} patterns")
    x = np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1
    return _classes(x, x.sum(1) % 2)


def two_spirals(density: int = 1) -> TensorDataset:
    """Return two spirals, one inside the other.

    density: the number of points for each of the original ones, of which there are 194.

    Formula: angle = i π/16, radius = 6.5 (104 - i) / 104, i = 0 … 96: the point (radius sin(angle), radius cos(angle)) has
        label 1, its opposite label 0; they take turns. With a density d, i = 0, 1/d, 2/d, … 96.
    Shapes: x (N, 2), y (N,), N = 2 (96 density + 1).
    Dtypes: x float32, y int64.
    Raises: ValueError unless density is a whole number of at least 1.
    Source: Lang & Witbrock 1988, "Learning to tell two spirals apart"; the CMU benchmark's generator.

    >>> from nn.data import datasets
    >>> datasets.two_spirals()[0]
    (tensor([0. , 6.5]), tensor(1))
    """
    checked_count(density, "two_spirals", "density")
    i = np.arange(96 * density + 1)
    angle = i * np.pi / (16 * density)
    radius = 6.5 * (104 * density - i) / (104 * density)
    ones = np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)
    return _classes(np.stack([ones, -ones], 1).reshape(-1, 2), np.tile([1, 0], len(i)))


def moons(n_samples: int = 100, noise: float = 0.0, generator: Generator | None = None) -> TensorDataset:
    """Return two half circles that reach into each other, in random order.

    n_samples: the number of points.
    noise: the standard deviation of what is added to each coordinate.
    generator: the random numbers' source, by default the library's.

    Formula: class 0 (n_samples // 2 points): (cos t, sin t); class 1: (1 - cos t, 1/2 - sin t); t evenly spaced from 0 to π
    Shapes: x (n_samples, 2), y (n_samples,).
    Dtypes: x float32, y int64.
    Raises: ValueError if n_samples is below 2, or noise negative or not finite; TypeError for another generator.
    Source: scikit-learn's `make_moons`.

    >>> from nn.data import datasets
    >>> len(datasets.moons(10)), int(datasets.moons(10).tensors[1].sum())
    (10, 5)
    """
    n, rng = _begin("moons", n_samples, noise, generator)
    t, u = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    outer, inner = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(u), 0.5 - np.sin(u)], 1)
    return _two_classes(outer, inner, noise, rng)


def circles(
    n_samples: int = 100, noise: float = 0.0, factor: float = 0.8, generator: Generator | None = None
) -> TensorDataset:
    """Return a circle around a smaller one, in random order.

    n_samples: the number of points.
    noise: the standard deviation of what is added to each coordinate.
    factor: the radius of the smaller circle.
    generator: the random numbers' source, by default the library's.

    Formula: class 0 (n_samples // 2 points): (cos t, sin t); class 1: factor · (cos t, sin t); t evenly spaced over the circle
    Shapes: x (n_samples, 2), y (n_samples,).
    Dtypes: x float32, y int64.
    Raises: ValueError if n_samples is below 2, noise negative or not finite, or factor not in [0, 1); TypeError for
        another generator.
    Source: scikit-learn's `make_circles`.

    >>> from nn.data import datasets
    >>> x, y = datasets.circles(8, factor=0.5)[:]
    >>> (x * x).sum(1).amax()
    tensor(1.)
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
    centers: int | ArrayLike = 3,
    n_features: int = 2,
    cluster_std: float | Sequence[float] = 1.0,
    center_box: tuple[float, float] = (-10.0, 10.0),
    generator: Generator | None = None,
) -> TensorDataset:
    """Return Gaussian clouds of points, one a class, in random order.

    n_samples: the number of points, shared out as evenly as they can be.
    centers: the number of clouds, whose middles are then uniform in center_box, or an array of the middles.
    n_features: the number of coordinates, where centers is a number.
    cluster_std: the standard deviation, a number or one for each cloud.
    center_box: the lowest and the highest coordinate of a middle.
    generator: the random numbers' source, by default the library's.

    Formula: x = centers[y] + cluster_std[y] · N(0, 1)
    Shapes: x (n_samples, n_features), y (n_samples,); centers (classes, n_features).
    Dtypes: x float32, y int64.
    Raises: ValueError if a number is below 1, center_box is in the wrong order, centers have another shape, or
        cluster_std does not fit them or is negative; TypeError for another generator.
    Source: scikit-learn's `make_blobs`.

    >>> from nn.data import datasets
    >>> datasets.blobs(4, centers=[[0.0, 5.0]], cluster_std=0.0)[0]
    (tensor([0., 5.]), tensor(0))
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
    """Return points of a sine curve, for regression.

    n_samples: the number of points.
    noise: the standard deviation of what is added to y.
    interval: the first and the last x.
    generator: the random numbers' source, by default the library's.

    Formula: y = sin x + noise · N(0, 1), x evenly spaced over interval, both ends included
    Shapes: x (n_samples, 1), y (n_samples, 1).
    Dtypes: float32.
    Raises: ValueError if n_samples is below 1, noise negative or not finite, or interval is empty; TypeError for
        another generator.
    Source: NumPy's `linspace` and `sin`.

    >>> from nn.data import datasets
    >>> datasets.sine(3, interval=(0.0, 1.0)).tensors[0]
    tensor([[0. ],
            [0.5],
            [1. ]])
    """
    n = checked_count(n_samples, "sine", "n_samples")
    low, high = interval
    if not low < high:
        raise ValueError(f"sine: interval is (low, high) with low < high, got {interval}")
    rng = stream(checked_generator(generator, "sine"))
    x = np.linspace(low, high, n)[:, None]
    y = np.sin(x) + _noise(noise, "sine") * rng.standard_normal(x.shape)
    return TensorDataset(x.astype(np.float32), y.astype(np.float32))
