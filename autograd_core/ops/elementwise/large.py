"""Where kernels stand in for the NumPy formulas of units: on large arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

from ...kernels.rows.activation import UNITS


def with_kernels(name: str, forward: Callable, rule: Callable) -> tuple[Callable, Callable]:
    """A unit and its rule `rule(g, saved)`, or, where arrays are large, the kernels of that name."""
    unit = UNITS[name]
    least, least_back = unit.least, unit.least_back

    def either(x: Any) -> Any:
        return unit(x) if type(x) is ndarray and x.size >= least and unit.serves(x) else forward(x)

    def either_rule(g: Any, saved: Any) -> Any:
        if type(g) is ndarray and g.size >= least_back and unit.serves_both(g, saved):
            return unit.back(g, saved)
        return rule(g, saved)

    return either, either_rule
