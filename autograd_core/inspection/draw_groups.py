"""Folding: the operations that one call recorded, such as that of a module, drawn as one box.

The engine's clock says which call recorded a node: each node has the tick at which it was recorded, so a call is the
interval of ticks from its begin to its end. Folding makes no cycle: what a call computes from its own results it
computes before its end.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from ..engine.graph import LEAF, Node
from ..engine.tensor import Tensor
from .draw_names import Names


@dataclass(frozen=True)
class Group:
    """A call to be drawn as one box: a name, what it is (a class), the ticks between which it ran, and what was called,
    which several calls may share."""

    name: str
    kind: str
    start: int
    stop: int
    callee: str = ""


class Folding:
    """Which node is in which group.

    group_of   for each node in a group its number, parameters that only the calls of one thing use included
    absorbed   these parameters
    outputs    the nodes in groups that others use, or that are asked for: those that edges leave
    """

    def __init__(self, nodes: list[Node], roots: Iterable[Node], names: Names, groups: Iterable[Group] | None):
        self.groups = sorted(groups or (), key=lambda group: group.start)
        self.group_of: dict[Node, int] = {}
        self.outputs: set[Node] = set()
        self.absorbed: set[Node] = set()
        self.parameters = [0] * len(self.groups)
        if any(a.stop > b.start for a, b in zip(self.groups, self.groups[1:])):
            raise ValueError("draw: groups overlap; a call inside another one is drawn in the box of that one")
        starts = [group.start for group in self.groups]
        for node in nodes if self.groups else ():
            i = bisect_right(starts, node.order) - 1
            if node.primitive is not LEAF and i >= 0 and node.order < self.groups[i].stop:
                self.group_of[node] = i
        users: dict[Node, set[int | None]] = {}
        for node in nodes if self.groups else ():
            own = self.group_of.get(node)
            for parent in node.parents:
                if parent is not None:
                    users.setdefault(parent, set()).add(own)
        wanted = set(roots)
        for node, of in users.items():
            callees = {"" if i is None else self.groups[i].callee or self.groups[i].name for i in of}
            inside = len(callees) == 1 and None not in of and node not in wanted
            if inside and _is_parameter(node) and not names.by_hand(node):
                self.absorbed.add(node)
                for group in [i for i in of if i is not None]:
                    self.group_of[node] = group
                    self.parameters[group] += math.prod(node.shape)
        self.outputs = {
            node
            for node, i in self.group_of.items()
            if node not in self.absorbed and (node in wanted or users.get(node, set()) - {i})
        }

    def lines(self, group: int) -> list[str]:
        count = self.parameters[group]
        return [f"{count:,} parameter{'s' * (count != 1)}"] if count else []


def _is_parameter(node: Node) -> bool:
    """A leaf that is a tensor of its own class, as parameters are, or whose tensor is gone."""
    if node.primitive is not LEAF:
        return False
    owner = node.extra.owner() if node.extra is not None and node.extra.owner is not None else None
    return owner is None or type(owner) is not Tensor
