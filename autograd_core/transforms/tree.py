"""Nested tuples, lists and dictionaries of arrays: taken apart into a list of leaves and put together again.

None has no leaf. Named tuples and subclasses of dict keep their type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

LEAF = "leaf"


def flatten(tree: Any) -> tuple[list, Any]:
    """The leaves of a nested structure in order, and the structure, for `unflatten`.

    >>> flatten({"w": 1, "b": (2, None)})[0]
    [1, 2]
    """
    leaves: list = []
    return leaves, _take_apart(tree, leaves)


def _take_apart(tree: Any, leaves: list) -> Any:
    if isinstance(tree, dict):
        kind = (defaultdict, tree.default_factory) if type(tree) is defaultdict else type(tree)
        return dict, kind, list(tree), [_take_apart(v, leaves) for v in tree.values()]
    if isinstance(tree, list | tuple):
        return tuple, type(tree), None, [_take_apart(v, leaves) for v in tree]
    if tree is None:
        return None
    leaves.append(tree)
    return LEAF


def unflatten(structure: Any, leaves: Iterable) -> Any:
    """The nested structure with its leaves replaced."""
    return _put_together(structure, iter(leaves))


def _put_together(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return None
    if structure == LEAF:
        return next(leaves)
    family, kind, keys, parts = structure
    items = [_put_together(part, leaves) for part in parts]
    if family is dict:
        table = dict(zip(keys, items, strict=True))
        if isinstance(kind, tuple):
            return defaultdict(kind[1], table)
        return table if kind is dict else kind(table)
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def map_leaves(function: Callable, tree: Any) -> Any:
    """The structure with `function` applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])


def same(a: Any, b: Any) -> bool:
    """Whether two structures have their leaves at the same positions; a list and a tuple count as the same."""
    if a is None or b is None or a == LEAF or b == LEAF:
        return a == b
    if a[0] is not b[0] or a[2] != b[2] or len(a[3]) != len(b[3]):
        return False
    return all(same(x, y) for x, y in zip(a[3], b[3], strict=True))


def show(structure: Any) -> str:
    """A structure as messages name it, with * for a leaf.

    >>> show(flatten({"w": 1, "b": (2, None)})[1])
    "{'w': *, 'b': (*, None)}"
    """
    if structure is None or structure == LEAF:
        return "None" if structure is None else "*"
    family, kind, keys, parts = structure
    shown = [show(part) for part in parts]
    if family is dict:
        return "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(keys, shown, strict=True)) + "}"
    if issubclass(kind, list):
        return "[" + ", ".join(shown) + "]"
    return "(" + ", ".join(shown) + ("," if len(shown) == 1 else "") + ")"
