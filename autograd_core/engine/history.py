"""Recording: the node of an operation, and the history of a view, which follows the writes to its base."""

from __future__ import annotations

from typing import Any
from weakref import ref

from numpy import ndarray

from .graph import LEAF, OUTPUT, SMALL, Node, extra_of
from .modes import mode


def record(primitive: Any, arrays: Any, nodes: tuple, params: tuple, out: Any, aux: Any = None) -> Node:
    """The node of `primitive` run on `arrays`, with what the wanted rules need saved."""
    mask = 0
    for i, node in enumerate(nodes):
        if node is not None:
            mask |= 1 << i
    shape = () if primitive.outputs else out.shape
    result = Node(primitive, nodes, primitive.save(mask, arrays, out, aux) + params, shape)
    if mask + 1 != 1 << len(nodes):
        result.constants = tuple([constant(x) for x, node in zip(arrays, nodes) if node is None])
    return result


def constant(x: Any) -> Any:
    """What a node keeps of an operand that needs no gradient, for those who look at the graph: a number or a small array
    itself; else a weak reference, so that no memory lives longer for it, to an array that lives as long as the memory if
    it has the same elements."""
    if type(x) is not ndarray:
        return x
    base = x.base
    if base is None:
        return x if x.size <= SMALL else ref(x)
    if type(base) is ndarray and base.base is None:
        if base.size <= SMALL:
            return x
        if base.size == x.size:
            return ref(base)
    return ref(x)


def output_node(node: Node | None, index: int, count: int, out: Any) -> Node | None:
    """The node of one of several results; None for an integer one, which has no gradient."""
    if node is None or out.dtype.kind not in "fc":
        return None
    return Node(OUTPUT, (node,), (index, count), out.shape)


class View:
    """What makes a tensor a view: the tensor whose memory it shares, and the steps that lead from that one to it.

    A write through the base or through any view changes the base's history. So a view does not keep its own: it is
    derived from the base's by replaying the steps, and derived again once the base's node is no longer `seen`.
    """

    __slots__ = ("base", "steps", "seen", "recorded")

    def __init__(self, x: Any, step: tuple):
        if x.origin is None:
            self.base = x
            self.steps: tuple = (step,)
            self.recorded = mode.enabled
        else:
            self.base, self.steps = x.origin.base, (*x.origin.steps, step)
            self.recorded = mode.enabled and x.origin.recorded
        self.seen = self.base.node


def history(x: Any) -> Node | None:
    """The node of `x`, brought up to date if `x` is a view whose base has been written to."""
    view = x.origin
    if view is not None and view.seen is not view.base.node and view.recorded:
        seen, view.seen = view.seen, view.base.node
        if not (_switched_on_or_off(seen) and _switched_on_or_off(view.seen)):
            set_node(x, None if view.seen is None else replay(view.steps, view.base.array, view.seen))
    return x.node


def set_node(x: Any, node: Node | None) -> None:
    """Give x another history. That its gradient shall be retained is a wish about x and moves to the new node."""
    old = x.node
    x.node = node
    if old is not None and node is not None and old.extra is not None and old.extra.retained:
        moved = tuple(r for r in old.extra.retained if r() is x)
        if moved:
            old.extra.retained = tuple(r for r in old.extra.retained if r() is not x)
            extra_of(node).retained += moved


def _switched_on_or_off(node: Node | None) -> bool:
    """True of the histories that `requires_grad_()` gives; its earlier views keep the history they had."""
    return node is None or node.primitive is LEAF


def replay(steps: tuple, array: ndarray, node: Node) -> Node:
    for primitive, params in steps:
        out = primitive.forward(array, *params)
        node = record(primitive, (array,), (node,), params, out)
        array = out
    return node
