"""Sums over runs of elements, and the mean and variance of a set of runs.

    mean μ = Σ x / n,   variance σ² = Σ (x - μ)² / n,   scale r = 1 / √(σ² + ε)

A mean comes in two parts, MEAN and a small REST: in float32 a mean of 10⁴ is off by up to 5 · 10⁻⁴, and so would be
every x - μ. Variances are of x - MEAN, corrected by the rest (Chan, Golub & LeVeque 1983, equation 1.7), so that none is
the difference of large numbers. Sums over more than `CHUNK` elements continue in float64.

Additions may be reordered, so that LLVM vectorises them. Each kernel takes many runs, since a call costs as much as a short
run: run i is the `size` elements of the flat array x from at + i · step. stats (sets, 4) holds what is known of each set.
Nothing is shared out among threads here: the kernels of `rows/norm.py` call these.
"""

from __future__ import annotations

import numpy as np

from .exponential import uint
from .runtime import kernel

CHUNK = 2048  # elements added up in the dtype of x
MEAN, REST, SCALE, VARIANCE = range(4)  # the layout of a row of stats; SCALE is 1 / √(variance + ε)


@kernel(reassociate=True)
def means_of(x, at, size, count, stats, s):  # type: ignore[no-untyped-def]
    """stats[s + i, MEAN] of each run i, one behind the other."""
    for i in range(count):
        here, total = at + i * size, 0.0
        for first in range(0, size, CHUNK):
            part = x.dtype.type(0)
            for j in range(first, min(first + CHUNK, size)):
                part += x[uint(here + j)]
            total += part
        stats[s + i, MEAN] = total / size


@kernel(reassociate=True)
def powers_of(x, at, step, size, count, stats, s, each, out):  # type: ignore[no-untyped-def]
    """out[i] = Σ d, Σ d² of run i, d = x - stats[s + i each, MEAN]."""
    for i in range(count):
        here, mean = at + i * step, stats[s + i * each, MEAN]
        total, squares = 0.0, 0.0
        for first in range(0, size, CHUNK):
            a, b = x.dtype.type(0), x.dtype.type(0)
            for j in range(first, min(first + CHUNK, size)):
                d = x[uint(here + j)] - mean
                a += d
                b += d * d
            total += a
            squares += b
        out[i, 0], out[i, 1] = total, squares


@kernel(reassociate=True)
def products_of(x, g, at, step, size, count, mean, out):  # type: ignore[no-untyped-def]
    """out[i] = Σ g, Σ g (x - mean) of run i."""
    for i in range(count):
        here = at + i * step
        total, products = 0.0, 0.0
        for first in range(0, size, CHUNK):
            a, b = x.dtype.type(0), x.dtype.type(0)
            for j in range(first, min(first + CHUNK, size)):
                a += g[uint(here + j)]
                b += g[uint(here + j)] * (x[uint(here + j)] - mean)
            total += a
            products += b
        out[i, 0], out[i, 1] = total, products


@kernel(reassociate=True)
def weighted_products_of(x, g, w, at, size, count, stats, s, out):  # type: ignore[no-untyped-def]
    """out[i] = Σ g w, Σ g w (x - stats[s + i, MEAN]) of run i, one behind the other; w recurs from x[0] on."""
    for i in range(count):
        here, mean = at + i * size, stats[s + i, MEAN]
        v = here % len(w)
        total, products = 0.0, 0.0
        for first in range(0, size, CHUNK):
            a, b = x.dtype.type(0), x.dtype.type(0)
            for j in range(first, min(first + CHUNK, size)):
                gw = g[uint(here + j)] * w[uint(v + j)]
                a += gw
                b += gw * (x[uint(here + j)] - mean)
            total += a
            products += b
        out[i, 0], out[i, 1] = total, products


@kernel()
def scale_of(total, squares, n, eps, centred):  # type: ignore[no-untyped-def]
    """REST, VARIANCE and SCALE of n elements, from Σ d and Σ d²."""
    rest = total / n if centred else 0.0
    variance = squares / n - rest * rest
    if variance < 0:
        variance = 0.0
    return rest, variance, 1 / np.sqrt(variance + eps)


@kernel()
def scaled_of(x, at, step, size, count, mean, eps, centred):  # type: ignore[no-untyped-def]
    """The same of all `count` runs, d = x - mean, whose squares are too large: of d divided by its maximum."""
    top, total, squares, n = 0.0, 0.0, 0.0, size * count
    for i in range(count):
        for j in range(size):
            top = max(top, abs(np.float64(x[uint(at + i * step + j)]) - mean))
    for i in range(count):
        for j in range(size):
            d = (np.float64(x[uint(at + i * step + j)]) - mean) / top
            total += d
            squares += d * d
    rest, variance, scale = scale_of(total, squares, n, eps / top / top, centred)
    return rest * top, variance * top * top, scale / top


@kernel()
def measure(x, at, step, size, count, stats, s, eps, out):  # type: ignore[no-untyped-def]
    """stats[s] of the set of all runs; out is room for `count` pairs.

    The mean of the first run stands in for the mean of all, so that no pass is needed for that, unless it is so far off
    that digits would be lost.
    """
    n = size * count
    means_of(x, at, size, 1, stats, s)
    for attempt in range(2):
        powers_of(x, at, step, size, count, stats, s, 0, out)
        total, squares = 0.0, 0.0
        for i in range(count):
            total += out[i, 0]
            squares += out[i, 1]
        rest, variance, scale = scale_of(total, squares, n, eps, True)
        if not squares < np.inf:
            rest, variance, scale = scaled_of(x, at, step, size, count, np.float64(stats[s, MEAN]), eps, True)
        if attempt == 1 or not rest * rest > variance:
            break
        stats[s, MEAN] = stats[s, MEAN] + rest  # an unlike first run: what is squared would be mostly the mean
    stats[s, REST], stats[s, VARIANCE], stats[s, SCALE] = rest, variance, scale
