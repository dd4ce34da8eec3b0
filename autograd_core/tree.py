"""Nested tuples, lists and dictionaries of arrays: taken apart into a list of leaves and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def flatten(tree: Any) -> tuple[list, Any]:
    """The leaves of a nested structure in order, and the structure, for `unflatten`."""
    leaves: list = []
    return leaves, _take_apart(tree, leaves)


def _take_apart(tree: Any, leaves: list) -> Any:
    if isinstance(tree, dict):
        return dict, type(tree), list(tree), [_take_apart(v, leaves) for v in tree.values()]
    if isinstance(tree, list | tuple):
        return tuple, type(tree), None, [_take_apart(v, leaves) for v in tree]
    if tree is None:
        return None
    leaves.append(tree)
    return "leaf"


def unflatten(structure: Any, leaves: Iterable) -> Any:
    """The nested structure with its leaves replaced."""
    return _put_together(structure, iter(leaves))


def _put_together(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return None
    if structure == "leaf":
        return next(leaves)
    family, kind, keys, parts = structure
    made = [_put_together(part, leaves) for part in parts]
    if family is dict:
        made_dict = dict(zip(keys, made, strict=True))
        return made_dict if kind is dict else kind(made_dict)
    return kind(*made) if hasattr(kind, "_fields") else kind(made)


def map_leaves(function: Callable, tree: Any) -> Any:
    """The structure with `function` applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])
