"""The standard normal distribution in float32, for loops that Numba compiles into vectors.

    P(Z > x) = e^(-x²/2) p(t) / (1 + x),    t = (x - K) / (x + K),    for x >= 0

p is smooth on all of -1 <= t < 1, and a polynomial of degree 11, which equals p in Chebyshev's points, is within 1e-8 of
it (as in Shepherd & Laframboise 1981, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 <= x < ∞"). A rounded x²
would cost e^(-x²/2) digits where x is large: so x² is taken in two parts, of which the first is exact.
"""

from __future__ import annotations

import numpy as np

from .exponential import exp, uint
from .runtime import kernel

K = np.float32(3.5)


@kernel()
def _p(t):  # type: ignore[no-untyped-def]
    p = np.float32(-2.2249354515224695e-05)
    p = p * t + np.float32(-1.9061681086895987e-05)
    p = p * t + np.float32(0.00019650445028673857)
    p = p * t + np.float32(0.00014041126996744424)
    p = p * t + np.float32(-0.0014168020570650697)
    p = p * t + np.float32(0.0002666050859261304)
    p = p * t + np.float32(0.010378492064774036)
    p = p * t + np.float32(-0.03025691583752632)
    p = p * t + np.float32(0.03804776445031166)
    p = p * t + np.float32(0.0007869101245887578)
    p = p * t + np.float32(-0.09771256893873215)
    return p * t + np.float32(0.4785531759262085)


@kernel()
def normal_run(x, at, n, cdf, e):  # type: ignore[no-untyped-def]
    """P(Z <= x) and e^(-x²/2), of x[at : at + n]. NaN stays NaN."""
    one, half = np.float32(1), np.float32(0.5)
    for i in range(n):
        size = abs(x[uint(at + i)])
        size = np.float32(15) if size > np.float32(15) else size
        head = np.int32(np.float32(size).view(np.int32) & np.int32(-(2**12))).view(np.float32)
        rest = -half * (size - head) * (size + head)  # eʳ by its first terms
        power = rest * (np.float32(1 / 6) + np.float32(1 / 24) * rest) + half
        power = exp(-half * head * head) * (one + rest * (one + rest * power))
        r = one / ((size + K) * (one + size))
        tail = power * _p((size - K) * (one + size) * r) * ((size + K) * r)
        cdf[uint(i)] = tail if x[uint(at + i)] < np.float32(0) else one - tail
        e[uint(i)] = power
