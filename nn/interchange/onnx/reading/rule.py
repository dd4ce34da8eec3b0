"""A rule: what a kind of node computes, and which of its attributes it reads. What it does not read is refused at loading,
for an attribute that is passed over would make a wrong number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Rule(NamedTuple):
    """compute(node, *inputs), from the values of the inputs, None where an optional one is missing: the output, or a tuple.

    reads    the attributes that `compute` asks the node for; it can ask for no others
    ignores  those that cannot change what is computed here, whatever they say
    """

    compute: Callable[..., Any]
    reads: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()


def reads(*names: str, ignores: tuple[str, ...] = ()) -> Callable[[Callable], Rule]:
    """The decorator that makes a rule of a function."""
    return lambda compute: Rule(compute, frozenset(names), frozenset(ignores))
