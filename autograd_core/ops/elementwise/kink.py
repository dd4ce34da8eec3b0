"""Derivatives that do not exist.

At a kink the rules choose a first derivative, such as 0 for a norm at 0. That choice is no function of x, and to differentiate
it gives NaN, not the 0 of a constant.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.primitive import Primitive, apply


def _nowhere_forward(g: ndarray, at: ndarray, dims: tuple | None) -> ndarray:
    bad = at if dims is None else at & (np.any(g != 0, axis=dims, keepdims=True) if dims else g != 0)
    return np.where(bad, math.nan, 0).astype(g.dtype)


# What a derivative that does not exist makes of g. As a derivative it is linear in g, and its own adjoint
_nowhere: Primitive = Primitive(
    _nowhere_forward,
    name="nowhere",
    vjps=(lambda g, at, dims: apply(_nowhere, (g, at), (dims,)), lambda g, at, dims: None),
    saves=(1,),
)


def _kink_rule(needs: list, g: Any, at: Any, dims: tuple | None) -> tuple:
    """NaN at a kink, in each slice over `dims` where g is not 0."""
    if not needs[1] or (isinstance(at, ndarray) and not at.any()):
        return g, None, None
    return g, apply(_nowhere, (g, at), (dims,)), None


_kink = Primitive(lambda value, x, at, dims: value, name="kink", joint=_kink_rule, saves=(2,))


def kink(value: Any, x: Any, at: Any, dims: tuple | None) -> Any:
    """`value`, a first derivative that was chosen where none exists, `at` some x, all of one shape: to differentiate it
    there gives NaN. With `dims`, counted from the end, only in slices over them where that derivative is not multiplied by
    0. None: everywhere."""
    return value if type(value) is ndarray else apply(_kink, (value, x, at), (dims,))


def _kinked_rule(g: Any, x: Any) -> Any:
    return g if type(g) is ndarray else kink(g, x, x == 0, None)


_kinked = Primitive(lambda x: x, name="identity", vjps=(_kinked_rule,), saves=(0,))


def kinked(x: Any) -> Any:
    """x, of which a function is taken whose first derivative at 0 was chosen."""
    return apply(_kinked, (x,))
