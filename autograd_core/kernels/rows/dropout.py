"""Which elements dropout drops: decided from a seed and the element's number, not drawn from a stream one by one.

    dropped(number) = mixed(mixed(number ^ key) + key') < p · 2³²,        out = 0 where dropped, else scale · x

with the two keys made of the seed. So threads decide for their own elements, in any order, and a backward pass may decide
again instead of remembering. `mixed` multiplies, and shifts the high bits onto the low ones, as MurmurHash3's finaliser
does (constants: Wellons 2018, "Prospecting for hash functions"). Mixing once is not enough: elements a power of two apart
are then correlated.

Layouts: x, out and the mask are flat, numbered in row-major order. Parallel split: a task is a run of RUN elements.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.exponential import uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for
from ..machine.workspace import empty

RUN = 2**16  # elements a task
COST = 0.4  # nanoseconds each

u32 = np.uint32


@kernel()
def mixed(x):  # type: ignore[no-untyped-def]
    """A permutation of the numbers of 32 bits in which each bit depends on all."""
    x = u32(x ^ u32(x >> u32(16)))
    x = u32(x * u32(0x21F0AAAD))
    x = u32(x ^ u32(x >> u32(15)))
    x = u32(x * u32(0x735A2D97))
    return u32(x ^ u32(x >> u32(15)))


@kernel()
def keys(seed, number):  # type: ignore[no-untyped-def]
    """The two keys for the 2³² elements around an element of that number."""
    first = mixed(u32(u32(seed) ^ u32(number >> 32)))
    return first, mixed(u32(u32(seed >> 32) + first))


@kernel()
def drops(number, first, second, limit):  # type: ignore[no-untyped-def]
    """Whether the element is dropped, `limit` being p · 2³²."""
    return mixed(u32(mixed(u32(u32(number) ^ first)) + second)) < limit


@kernel()
def _dropped(start, stop, out, seed, limit):  # type: ignore[no-untyped-def]
    """out (n,), booleans: which elements are dropped, `limit` being p · 2³²."""
    for run in range(start, stop):
        begin = run * RUN
        first, second = keys(seed, begin)
        for i in range(begin, min(begin + RUN, len(out))):
            out[uint(i)] = drops(i, first, second, limit)


@kernel()
def _kept(start, stop, x, dropped, out, scale):  # type: ignore[no-untyped-def]
    """out (n,) = 0 where dropped (n,), else scale · x (n,)."""
    for run in range(start, stop):
        for i in range(run * RUN, min((run + 1) * RUN, len(x))):
            out[uint(i)] = x.dtype.type(0) if dropped[uint(i)] else scale * x[uint(i)]


def limit_of(p: float) -> Any:
    """The limit p · 2³² below which a mixed number means dropped, for a probability p < 1."""
    return u32(min(round(p * 2**32), 2**32 - 1))


def dropped(seed: int, shape: tuple, p: float) -> ndarray:
    """Booleans of that shape: the element is dropped, with probability p < 1. Numbers count in row-major order."""
    out = empty((math.prod(shape),), np.bool_)
    parallel_for(_dropped, -(-out.size // RUN), out.size * COST, out, np.int64(seed), limit_of(p))
    return out.reshape(shape)


def kept(x: ndarray, mask: ndarray, scale: float) -> ndarray:
    """scale · x, and 0 where the mask of x's shape holds, whatever x is there. float32 or float64."""
    out = empty(x.shape, x.dtype)
    flat = plain(x).reshape(-1), plain(mask).reshape(-1), out.reshape(-1)
    parallel_for(_kept, -(-out.size // RUN), out.size * COST, *flat, x.dtype.type(scale))
    return out


@warms_up
def _masks() -> None:
    for dtype in (np.float32, np.float64):
        kept(np.ones(2, dtype), dropped(0, (2,), 0.5), 2.0)
