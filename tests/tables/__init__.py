"""One row an operation: what it is, on what inputs, and an independent reference. `test_operations.py` proves the rest.

A family's file defines `ROWS`, a list of `Row`; `all_rows` finds every file of this folder.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Input:
    """How to draw one argument. `kind`: "real" (differentiated), "int", "bool", or "fixed" (an array given as it is)."""

    shape: tuple
    kind: str = "real"
    low: float = -2.0
    high: float = 2.0
    away: tuple = ()  # values to keep 0.05 away from: kinks and poles
    distinct: bool = False  # all elements at least 0.01 apart, for sorting and maxima
    value: Any = None

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        if self.kind == "fixed":
            return np.array(self.value)
        if self.kind == "int":
            return rng.integers(int(self.low), int(self.high), self.shape)
        if self.kind == "bool":
            return rng.random(self.shape) < 0.5
        if self.distinct:
            size = int(np.prod(self.shape))
            spaced = np.linspace(self.low, self.high, size) if size else np.zeros(0)
            x = rng.permutation(spaced).reshape(self.shape)
        else:
            x = np.asarray(rng.uniform(self.low, self.high, self.shape))
        for a in self.away:
            near = np.abs(x - a) < 0.05
            x = np.where(near, a + np.where(x >= a, 0.1, -0.1), x)
        return np.asarray(x)


def real(*shape: int, low: float = -2.0, high: float = 2.0, away: tuple = (), distinct: bool = False) -> Input:
    return Input(shape, "real", low, high, away, distinct)


def positive(*shape: int, low: float = 0.2, high: float = 3.0) -> Input:
    return Input(shape, "real", low, high)


def ints(*shape: int, low: int = 0, high: int = 5) -> Input:
    return Input(shape, "int", low, high)


def bools(*shape: int) -> Input:
    return Input(shape, "bool")


def fixed(value: Any) -> Input:
    return Input(np.shape(value), "fixed", value=value)


@dataclass
class Row:
    """name     the test's id
    f        the operation, of tensors (several results: a tuple; what is not a floating tensor is only compared)
    ref      the same of float64 NumPy arrays, not using the project
    inputs   how to draw the arguments
    orders   how often it is differentiable in the tests: 0, 1 or 2
    elementwise  also run on shapes (), (0,), (2, 0, 3), and two operands broadcast against each other
    tol32    relative tolerance of the float32 result
    tol      relative tolerance of the float64 result
    view     the result shares memory with the input
    """

    name: str
    f: Callable
    ref: Callable | None
    inputs: tuple
    orders: int = 2
    elementwise: bool = False
    tol32: float = 2e-5
    tol: float = 1e-11
    view: bool = False
    marks: tuple = field(default_factory=tuple)

    def draw(self, seed: int = 0) -> list[np.ndarray]:
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [i.draw(rng) for i in self.inputs]

    def is_real(self) -> list[bool]:
        return [i.kind == "real" for i in self.inputs]


def all_rows() -> list[Row]:
    rows = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        rows += importlib.import_module(f"{__name__}.{module.name}").ROWS
    names = [row.name for row in rows]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    return rows
