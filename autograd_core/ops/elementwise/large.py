"""Where kernels stand in for the NumPy formulas of activations: on large arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from numpy import ndarray

from ...kernels.rows.activation import ACTIVATIONS


def with_kernels(name: str, forward: Callable, rule: Callable) -> tuple[Callable, Callable]:
    """An activation and its rule `rule(g, saved)`, or, where arrays are large, the kernels of that name."""
    kernels = ACTIVATIONS[name]
    least, least_back = kernels.least, kernels.least_back

    @functools.wraps(forward)
    def either(x: Any) -> Any:
        return kernels(x) if type(x) is ndarray and x.size >= least and kernels.serves(x) else forward(x)

    def either_rule(g: Any, saved: Any) -> Any:
        if type(g) is ndarray and g.size >= least_back and kernels.serves_both(g, saved):
            return kernels.back(g, saved)
        return rule(g, saved)

    return either, either_rule
