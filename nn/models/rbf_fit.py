"""The steps in which an RBF network is fitted without gradients: centres, widths, then the read-out by least squares.

Arrays only. x (N, D) are examples, c (M, D) centres, s (M,) widths, phi (N, M) what the units answer, t (N, K) targets.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from autograd_core.kernels.machine.blas import lapack

from .. import functional as F

ROWS = 4096  # examples at a time, where not all can be in memory


def distances(x: ndarray, c: ndarray) -> ndarray:
    """Squared, (N, M)."""
    out: Any = F.squared_distance(x, c)  # arrays give an array
    return out


# --------------------------------------------------------------------------------------------------------------- centres


def k_means(x: ndarray, k: int, rng: np.random.Generator, iterations: int) -> ndarray:
    """k centres such that the squared distances of the examples from their nearest are small.

    Source: Lloyd 1982, "Least squares quantization in PCM" (SciPy's `kmeans2`), from centres spread out at random.
    """
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a cluster that became empty: its centre stays
        return kmeans2(x, spread_out(x, k, rng), iter=iterations, minit="matrix")[0]


def spread_out(x: ndarray, k: int, rng: np.random.Generator) -> ndarray:
    """k of the examples, each drawn with a probability in proportion to its squared distance from those before.

    Among many examples a part is enough to draw from, 20 for each centre.

    Source: Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
    """
    if len(x) > 20 * k:
        x = x[rng.choice(len(x), 20 * k, replace=False)]
    chosen = np.empty((k, x.shape[1]), x.dtype)
    nearest = np.full(len(x), np.inf, x.dtype)
    index = int(rng.integers(len(x)))
    for i in range(k):
        chosen[i] = x[index]
        np.minimum(nearest, distances(x, chosen[i : i + 1])[:, 0], out=nearest)
        reached = np.cumsum(nearest, dtype=np.float64)
        if reached[-1] > 0:
            index = int(np.searchsorted(reached, rng.random() * reached[-1], side="right"))
        else:  # fewer different examples than centres
            index = int(rng.integers(len(x)))
    return chosen


def k_means_by_class(
    x: ndarray, labels: ndarray, classes: int, k: int, rng: np.random.Generator, iterations: int
) -> ndarray:
    """k centres, as many for each class as can be, from k-means on its examples alone."""
    shares = [k // classes + (i < k % classes) for i in range(classes)]
    counts = np.bincount(labels, minlength=classes)
    for i, (share, count) in enumerate(zip(shares, counts, strict=True)):
        if share > count:
            raise ValueError(
                f"RBFNetwork.fit: centers='class_kmeans' gives class {i} {share} of the {k} centres, but it has {count} "
                "examples; use fewer centres, or centers='kmeans'"
            )
    parts = [k_means(x[labels == i], share, rng, iterations) for i, share in enumerate(shares) if share]
    return np.concatenate(parts)


# ---------------------------------------------------------------------------------------------------------------- widths


def largest_distance(x: ndarray, c: ndarray, neighbors: int) -> ndarray:
    """s = d / √(2 M), d the largest distance between two centres (Haykin 1999, equation 5.117)."""
    largest = max(float(distances(c[i : i + ROWS], c).max()) for i in range(0, len(c), ROWS))
    return np.full(len(c), math.sqrt(largest / (2 * len(c))))


def nearest_centers(x: ndarray, c: ndarray, neighbors: int) -> ndarray:
    """s_m: the root mean square distance of c_m to the nearest other centres (Moody & Darken 1989, section 3.1)."""
    p = min(neighbors, len(c) - 1)
    parts = [distances(c[i : i + ROWS], c) for i in range(0, len(c), ROWS)]
    return np.concatenate([np.sqrt(np.sort(part, 1)[:, 1 : p + 1].mean(1)) for part in parts])  # without c_m itself


def clusters(x: ndarray, c: ndarray, neighbors: int) -> ndarray:
    """s_m: the root mean square distance to c_m of the examples that are nearest to it; 0 if there are none."""
    total, count = np.zeros(len(c)), np.zeros(len(c))
    for i in range(0, len(x), ROWS):
        part = distances(x[i : i + ROWS], c)
        own = part.argmin(1)
        total += np.bincount(own, part.min(1), len(c))
        count += np.bincount(own, minlength=len(c))
    return np.sqrt(total / np.maximum(count, 1))


WIDTHS = {"max": largest_distance, "nearest": nearest_centers, "cluster": clusters}


def widths_for(rule: str, x: ndarray, c: ndarray, neighbors: int) -> ndarray:
    """Widths by a rule; where it gives 0 (centres that coincide, a single centre), the mean of the others."""
    s = WIDTHS[rule](x, c, neighbors) if len(c) > 1 else np.zeros(1)
    if not s.any():
        s = clusters(x, c, neighbors)
    positive = s[s > 0]
    return np.where(s > 0, s, positive.mean() if len(positive) else 1.0)


# -------------------------------------------------------------------------------------------------------------- read-out


class Readout(NamedTuple):
    weight: ndarray  # (K, M)
    bias: ndarray  # (K,)
    ridge: float
    degrees: float  # effective degrees of freedom
    residual: float  # the mean of (t - y)² over examples and outputs


def read_out(parts: Any, ridge: float | str, bias: bool, eps: float) -> Readout:
    """Weights and bias that minimise Σ |t - W phi - b|² + ridge |W|²; the bias is not penalised.

        W = T̄ᵀ Φ̄ (Φ̄ᵀ Φ̄ + ridge)⁻¹   with the means taken out of Φ and T (if there is a bias)

    parts  function that gives an iterator over (phi, t), some rows of each at a time
    ridge  a number, at least 0; or "gcv": that with the least N RSS / (N - degrees)², in steps of 10^¼ up to the largest
           eigenvalue e of Φ̄ᵀ Φ̄ (Golub, Heath & Wahba 1979, "Generalized cross-validation as a method for choosing a good
           ridge parameter")
    eps    the precision of phi. Directions whose eigenvalue is not above e max(N, M) eps², or e M times the precision of
           float64, in which this is computed, are rounding errors: ridge 0 leaves them out
    """
    N, gram, cross = 0, np.zeros(()), np.zeros(())
    sums, means, power = np.zeros(()), np.zeros(()), 0.0
    for phi, t in parts():
        phi = phi.astype(np.float64)
        N += len(phi)
        gram, cross = gram + lapack(np.matmul, phi.T, phi), cross + phi.T @ t  # (M, M), (M, K)
        sums, means, power = sums + phi.sum(0), means + t.sum(0), power + float(np.square(t).sum())
    center, mean = (sums / N, means / N) if bias else (0 * sums, 0 * means)
    gram -= N * np.outer(center, center)
    cross -= N * np.outer(center, mean)
    power -= N * float(mean @ mean)
    values, vectors = lapack(np.linalg.eigh, gram)
    values = np.maximum(values, 0)
    M = len(values)
    cut = max(max(N, M) * eps**2, M * float(np.finfo(np.float64).eps))
    along = vectors.T @ cross  # (M, K)
    strength = np.square(along).sum(1)

    def residual(by: ndarray) -> float:
        return max(power - float((strength * (2 * by - values * by * by)).sum()), 0.0)

    def inverse(ridge: float) -> ndarray:
        kept = values > (0 if ridge > 0 else cut * values[-1])
        return np.where(kept, 1 / np.where(kept, values + ridge, 1), 0)

    def score(ridge: float) -> float:
        free = N - bias - float((values * inverse(ridge)).sum())
        return N * residual(inverse(ridge)) / free**2 if free > 1e-9 * N else math.inf

    if ridge == "gcv":
        ridge = min(values[-1] * 10 ** np.arange(math.log10(cut), 0.25, 0.25), key=score)
    by = inverse(float(ridge))
    weight = (along * by[:, None]).T @ vectors.T  # (K, M)
    degrees = float((values * by).sum()) + bias
    return Readout(weight, mean - weight @ center, float(ridge), degrees, residual(by) / (N * len(mean)))
