"""Least squares problems of Moré, Garbow & Hillstrom 1981, "Testing unconstrained optimization software", by their numbers.

Each is a function (x, lib) → residuals, for NumPy and for `autograd_core`, with the start and the minimum of Σ r² that the
paper gives.
"""

import math
from typing import NamedTuple

import numpy as np


class Problem(NamedTuple):
    residuals: object
    start: list
    minimum: float  # of Σ r²


def rosenbrock(x, lib):
    return lib.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def freudenstein_roth(x, lib):
    return lib.stack([-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]])


def brown_badly_scaled(x, lib):
    return lib.stack([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2])


def beale(x, lib):
    return lib.stack([y - x[0] * (1 - x[1] ** i) for i, y in enumerate((1.5, 2.25, 2.625), 1)])


def helical_valley(x, lib):
    theta = lib.arctan(x[1] / x[0]) / (2 * math.pi) + (0.5 if x[0] < 0 else 0)
    return lib.stack([10 * (x[2] - 10 * theta), 10 * (lib.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])


def bard(x, lib):
    y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]
    return lib.stack([y[i - 1] - (x[0] + i / ((16 - i) * x[1] + min(i, 16 - i) * x[2])) for i in range(1, 16)])


def meyer(x, lib):
    y = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
    return lib.stack([x[0] * lib.exp(x[1] / (45 + 5 * i + x[2])) - y[i - 1] for i in range(1, 17)])


def box_three_dimensional(x, lib):
    t = [0.1 * i for i in range(1, 11)]
    return lib.stack([lib.exp(-s * x[0]) - lib.exp(-s * x[1]) - x[2] * (math.exp(-s) - math.exp(-10 * s)) for s in t])


def powell_singular(x, lib):
    return lib.stack([x[0] + 10 * x[1], 5**0.5 * (x[2] - x[3]), (x[1] - 2 * x[2]) ** 2, 10**0.5 * (x[0] - x[3]) ** 2])


def wood(x, lib):
    return lib.stack(
        [
            10 * (x[1] - x[0] ** 2), 1 - x[0], 90**0.5 * (x[3] - x[2] ** 2), 1 - x[2],
            10**0.5 * (x[1] + x[3] - 2), 10**-0.5 * (x[1] - x[3]),
        ]
    )  # fmt: skip


def kowalik_osborne(x, lib):
    y = [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]
    u = [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]
    return lib.stack([b - x[0] * (a**2 + a * x[1]) / (a**2 + a * x[2] + x[3]) for a, b in zip(u, y, strict=True)])


PROBLEMS = {
    1: Problem(rosenbrock, [-1.2, 1], 0),
    2: Problem(freudenstein_roth, [0.5, -2], 48.9842536792),
    4: Problem(brown_badly_scaled, [1, 1], 0),
    5: Problem(beale, [1, 1], 0),
    7: Problem(helical_valley, [-1, 0, 0], 0),
    8: Problem(bard, [1, 1, 1], 8.21487730657e-3),
    10: Problem(meyer, [0.02, 4000, 250], 87.9458551709),
    12: Problem(box_three_dimensional, [0, 10, 20], 0),
    13: Problem(powell_singular, [3, -1, 0, 1], 0),
    14: Problem(wood, [-3, -1, -3, -1], 0),
    15: Problem(kowalik_osborne, [0.25, 0.39, 0.415, 0.39], 3.07505603849e-4),
}


def squares(problem, x):
    """Σ r² in NumPy."""
    r = problem.residuals(np.asarray(x, float), np)
    return float(r @ r)
