"""The names of tensors in a picture, found by node, and for constants by their memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from ..engine.graph import FREED, Node
from ..engine.history import history
from ..engine.tensor import Tensor, describe
from .draw_values import elements


class Names:
    """By node the names of the tensors that have one, by elements in memory those of the constants, with their shapes.

    demanded   the names that must be somewhere in the graph, with what they are found by; not those of integers, which
               operations copy and convert
    """

    def __init__(self) -> None:
        self.by_node: dict[Node, str] = {}
        self.by_elements: dict[tuple, tuple[str, tuple]] = {}
        self.demanded: dict[str, tuple[Node | None, tuple]] = {}
        self.gone = False  # whether there is a constant of which nothing is known any more
        self.seen: set[tuple] = set()  # the elements of the constants that the picture shows
        self.arrays: list[ndarray] = []  # alive, so that no other array gets their place in memory

    def of_constant(self, array: ndarray) -> tuple[str, tuple] | None:
        """The name of the tensor that has these elements, or of one that has them among others, and its shape."""
        key = elements(array)
        if key not in self.by_elements and self.by_elements:
            low, high = byte_bounds(array)
            for other in self.by_elements:
                if len(other) == 3 and other[0] <= low < high <= other[1]:
                    key = other
                    break
        self.seen.add(key)
        return self.by_elements.get(key)

    def of_parameter(self, array: ndarray) -> tuple[str, tuple] | None:
        """The same for indices and targets, of which an operation may have a copy: equal integers count as the same."""
        known = self.of_constant(array)
        if known is None and array.dtype.kind in "iub":
            for other in self.arrays:
                if (
                    other.dtype.kind in "iub"
                    and other.size == array.size
                    and np.array_equal(other.ravel(), array.ravel())
                ):
                    return self.of_constant(other)
        return known

    def by_hand(self, node: Node) -> bool:
        return any(node is demanded for demanded, _ in self.demanded.values())

    def check(self, name: str, nodes: list[Node]) -> None:
        """Raise if a name is of a tensor that is nowhere in the graph, unless a part of the graph, or an operand, is gone."""
        if not self.demanded or self.gone or any(node.saved is FREED for node in nodes):
            return
        there = set(nodes)
        known = {text: node in there or key in self.seen for text, (node, key) in self.demanded.items()}
        missing = [text for text, is_there in known.items() if not is_there]
        if missing:
            present = [repr(text) for text, is_there in known.items() if is_there]
            raise ValueError(
                f"{name}: names has {', '.join(map(repr, missing))}, which is nowhere in the graph; "
                f"{'there are ' + ', '.join(present) if present else 'none of the names is there'}. Name the tensors that "
                "the result was computed from (one converted to another dtype is another tensor), or pass pairs, "
                "names.items(), where some may be unused"
            )


def names_of(name: str, pairs: Any) -> Names:
    names = Names()
    if pairs is None:
        return names
    if not isinstance(pairs, Mapping | Iterable) or isinstance(pairs, str | Tensor):
        raise TypeError(f"{name}: names must map strings to tensors, got {describe(pairs)}; as in names={{'w': w}}")
    for pair in pairs.items() if isinstance(pairs, Mapping) else pairs:
        if not isinstance(pair, tuple) or [isinstance(p, k) for p, k in zip(pair, (str, Tensor))] != [True, True]:
            raise TypeError(f"{name}: names must map strings to tensors, got {pair!r}; as in names={{'w': w}}")
        text, t = pair
        node, key = history(t), elements(t.array)
        if node is not None:
            names.by_node.setdefault(node, text)
        names.by_elements.setdefault(key, (text, t.array.shape))
        names.arrays.append(t.array)
        if isinstance(pairs, Mapping) and t.array.dtype.kind in "fc":  # of integers an operation may have a copy
            names.demanded[text] = node, key
    return names
