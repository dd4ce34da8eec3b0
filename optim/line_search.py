"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import ndarray


class Point(NamedTuple):
    """A step length with the loss, the gradient and the slope along the direction there."""

    t: float
    loss: float
    g: ndarray
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is smallest, within `bounds` (default: between them)."""
    low, high = bounds if bounds is not None else (min(a.t, b.t), max(a.t, b.t))
    if not math.isfinite(a.loss + b.loss + a.slope + b.slope):
        return (low + high) / 2
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)), low), high)


def strong_wolfe(
    evaluate: Callable[[float], tuple[float, ndarray]],
    t: float,
    d: ndarray,
    loss: float,
    g: ndarray,
    slope: float,
    max_evals: int,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance: float = 1e-9,
) -> tuple[float, ndarray, float]:
    """A step length t with f(t) ≤ f(0) + c1 t f'(0) and |f'(t)| ≤ c2 |f'(0)|, and the loss and gradient there.

    `evaluate(t)` gives the loss and the gradient at x + t d; loss, g and slope are those at t = 0. First a bracket is
    found that holds such a point, then it is narrowed by cubic interpolation, as long as evaluations last.

    Source: Nocedal & Wright 2006, "Numerical Optimization", Algorithms 3.5 and 3.6.
    """

    def at(t: float) -> Point:
        value, gradient = evaluate(t)
        return Point(t, value if math.isfinite(value) else math.inf, gradient, float(gradient @ d))  # NaN is too high

    def too_high(p: Point) -> bool:
        return p.loss > loss + c1 * p.t * slope

    origin = before = Point(0.0, loss, g, slope)
    point = at(t)
    used = 0
    bracket = [origin, point]
    done = False
    while used < max_evals:
        if too_high(point) or (used > 1 and point.loss >= before.loss):
            bracket = [before, point]
            break
        if abs(point.slope) <= -c2 * slope:
            bracket, done = [point], True
            break
        if point.slope >= 0:
            bracket = [before, point]
            break
        t = cubic_minimum(before, point, (point.t + 0.01 * (point.t - before.t), point.t * 10))
        before, point = point, at(t)
        used += 1
        bracket = [origin, point]

    low, high = (0, -1) if bracket[0].loss <= bracket[-1].loss else (-1, 0)
    size = float(np.abs(d).max())
    stalled = False
    while not done and used < max_evals and abs(bracket[1].t - bracket[0].t) * size >= tolerance:
        t = cubic_minimum(bracket[0], bracket[1])
        left, right = sorted(p.t for p in bracket)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            stalled = False
        elif stalled or t >= right or t <= left:  # twice close to an end: move a tenth of the bracket away from it
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            stalled = False
        else:
            stalled = True
        point = at(t)
        used += 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = (0, -1) if bracket[0].loss <= bracket[1].loss else (-1, 0)
            continue
        if abs(point.slope) <= -c2 * slope:
            done = True
        elif point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
    best = bracket[low]
    return best.loss, best.g, best.t
