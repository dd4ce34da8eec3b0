"""Sums over runs of elements, and the mean and variance of a set of runs.

A mean comes in two parts, MEAN and a small REST: in float32 a mean of 10⁴ is off by up to 5 · 10⁻⁴, and so would be
every x - μ. Variances are of x - MEAN, corrected by the rest (Chan, Golub & LeVeque 1983, equation 1.7), so that none is
the difference of large numbers. Sums over more than `CHUNK` elements continue in float64.
"""

from __future__ import annotations

import numpy as np

from .exponential import uint
from .runtime import kernel

CHUNK = 2048  # elements added up in the dtype of x
MEAN, REST, SCALE, VARIANCE = range(4)  # what is kept of each set, in this order; SCALE is 1 / √(variance + ε)


@kernel(reassociate=True)
def total_of(x, at, size):  # type: ignore[no-untyped-def]
    """Σ x over x[at : at + size]."""
    total = 0.0
    for first in range(0, size, CHUNK):
        part = x.dtype.type(0)
        for j in range(first, min(first + CHUNK, size)):
            part += x[uint(at + j)]
        total += part
    return total


@kernel(reassociate=True)
def powers_of(x, at, size, shift):  # type: ignore[no-untyped-def]
    """Σ d and Σ d², d = x - shift."""
    total, squares = 0.0, 0.0
    for first in range(0, size, CHUNK):
        a, b = x.dtype.type(0), x.dtype.type(0)
        for j in range(first, min(first + CHUNK, size)):
            d = x[uint(at + j)] - shift
            a += d
            b += d * d
        total += a
        squares += b
    return total, squares


@kernel(reassociate=True)
def products_of(x, g, at, size, shift):  # type: ignore[no-untyped-def]
    """Σ g and Σ g (x - shift)."""
    total, products = 0.0, 0.0
    for first in range(0, size, CHUNK):
        a, b = x.dtype.type(0), x.dtype.type(0)
        for j in range(first, min(first + CHUNK, size)):
            a += g[uint(at + j)]
            b += g[uint(at + j)] * (x[uint(at + j)] - shift)
        total += a
        products += b
    return total, products


@kernel(reassociate=True)
def weighted_products_of(x, g, w, at, w_at, size, shift):  # type: ignore[no-untyped-def]
    """Σ g w and Σ g w (x - shift)."""
    total, products = 0.0, 0.0
    for first in range(0, size, CHUNK):
        a, b = x.dtype.type(0), x.dtype.type(0)
        for j in range(first, min(first + CHUNK, size)):
            gw = g[uint(at + j)] * w[uint(w_at + j)]
            a += gw
            b += gw * (x[uint(at + j)] - shift)
        total += a
        products += b
    return total, products


@kernel()
def measure(x, at, size, step, count, stats, s, eps):  # type: ignore[no-untyped-def]
    """Mean and variance of `count` runs of `size` elements, `step` apart, into stats[s].

    The mean of the first run stands in for the mean of all. Were it further from that than a standard deviation, the
    variance would lose digits: then once more, with the better one.
    """
    n = size * count
    mean = x.dtype.type(total_of(x, at, size) / size)
    rest, variance = 0.0, 0.0
    for attempt in range(2):
        total, squares = 0.0, 0.0
        for i in range(count):
            a, b = powers_of(x, at + i * step, size, mean)
            total += a
            squares += b
        rest = total / n
        variance = squares / n - rest * rest
        if attempt > 0 or not rest * rest > variance:
            break
        mean = x.dtype.type(mean + rest)
    if variance < 0:
        variance = 0.0
    stats[s, MEAN], stats[s, REST], stats[s, VARIANCE] = mean, rest, variance
    stats[s, SCALE] = 1 / np.sqrt(variance + eps)
