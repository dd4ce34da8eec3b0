"""Rules of learning over whole arrays, in NumPy, which an optimiser and a model that trains itself share.

x are weights and s = ∂E/∂x their slopes; all arrays have one shape and dtype. What a rule remembers is changed in place.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray


def quickprop(x: ndarray, s: ndarray, d: ndarray, p: ndarray, lr: float, mu: float) -> None:
    """x goes to the lowest point of the parabola through its slopes s and p, the one before, reached by the step d.

    No step is larger than mu times the one before, and lr s is subtracted where s keeps its sign (Fahlman 1988).
    """
    on = np.sign(s) * np.sign(p) >= 0
    far = on & (np.abs(s) >= mu / (1 + mu) * np.abs(p))  # also p = 0, where d is 0
    factor = np.full_like(x, mu)
    np.divide(s, p - s, out=factor, where=~far)
    d *= factor
    np.subtract(d, np.multiply(s, lr, out=factor), out=d, where=on)
    p[...] = s
    x += d


def rprop(
    x: ndarray,
    s: ndarray,
    size: ndarray,
    p: ndarray,
    etas: tuple[float, float] = (0.5, 1.2),
    limits: tuple[float, float] = (1e-6, 50),
    scratch: ndarray | None = None,
) -> None:
    """x goes by `size` against the sign of s; size grows where s has the sign of p, the slope before, and shrinks elsewhere.

    After a change of sign x stays for a step (Riedmiller & Braun 1993; Rprop- of Igel & Hüsken 2000, with p ← 0).
    """
    tmp = np.multiply(s, p, out=scratch)
    grow, shrink = tmp > 0, tmp < 0
    np.multiply(size, etas[1], out=size, where=grow)
    np.multiply(size, etas[0], out=size, where=shrink)
    np.clip(size, *limits, out=size)
    p[...] = s
    p[shrink] = 0
    x -= np.multiply(np.sign(p, out=tmp), size, out=tmp)
