"""A rule: what a kind of node computes, and which of its attributes it reads. What it does not read is refused at loading,
for an attribute that is passed over would make a wrong number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Rule(NamedTuple):
    """compute(node, *inputs), from the values of the inputs, None where an optional one is missing: the output, or a tuple.

    reads    the attributes that `compute` asks the node for; it can ask for no others
    ignores  those that cannot change what is computed here, whatever they say
    scoped   compute(node, scope, *inputs): graphs inside the node read the values of `scope` by name
    """

    compute: Callable[..., Any]
    reads: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    scoped: bool = False


def reads(*names: str, ignores: tuple[str, ...] = (), scoped: bool = False) -> Callable[[Callable], Rule]:
    """The decorator that makes a rule of a function."""
    return lambda compute: Rule(compute, frozenset(names), frozenset(ignores), scoped)


def of(function: Callable, *names: str, **defaults: Any) -> Rule:
    """function(*inputs, *attributes), attributes by name with their defaults."""

    def kind(node: Any, *xs: Any) -> Any:
        return function(*xs, *(node.get(name) for name in names), *(node.get(n, d) for n, d in defaults.items()))

    return Rule(kind, frozenset((*names, *defaults)))


def plain(x: Any) -> Any:
    """The array of a value that decides about shapes, or that has no gradient."""
    return x.array if hasattr(x, "array") else x


def ints(x: Any) -> list[int]:
    """The integers of a value that decides about shapes; of None, none."""
    return [] if x is None else [int(v) for v in np.asarray(plain(x)).reshape(-1)]
