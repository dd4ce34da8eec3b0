"""Backpropagation: the walk over the graph that sends the gradient of its end back to its leaves.

`backpropagate` is all that an ordinary node needs. `Walk` has the rest: hooks, `.grad`, several results, rules that are
recorded, watchers. Like `graph.py` it knows no arrays: `tests/test_graph.py` runs it on floats.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from .graph import (
    FREED,
    LEAF,
    OUTPUT,
    Algebra,
    Deferred,
    Node,
    Writes,
    choosers,
    leading_to,
    topological_order,
    watchers,
)

primitive_of = attrgetter("primitive")


def freed_error(node: Node) -> RuntimeError:
    return RuntimeError(
        f"backward: the values that '{node.name}' saved were freed by an earlier backward pass through this graph; "
        f"pass retain_graph=True to that pass if you need a second one"
    )


class Pass(threading.local):
    """The backward pass that runs in this thread: how many walks are inside each other, and what to call at its end."""

    depth = 0
    endings: list | None = None


running = Pass()


def at_end_of_pass(act: Callable) -> None:
    """Call `act()` once the backward pass that is running has ended, be it by an error."""
    if running.endings is None:
        running.endings = []
    running.endings.append(act)


def end_pass() -> None:
    endings, running.endings = running.endings, None
    for act in endings or ():
        act()


def backpropagate(
    seeds: list[tuple[Node, Any]],
    algebra: Algebra,
    wanted: set[Node] | None = None,
    *,
    retain: bool = False,
    deposit: bool = True,
) -> dict[Node, Any]:
    """Send the gradients of `seeds` back through the graph, each node once, after everything that uses it.

    seeds    pairs (node, gradient with respect to that node's value)
    wanted   None: every leaf receives its gradient in `.grad`. A set of nodes: only they do, and nothing is computed
             that does not lead to them
    retain   keep the saved values for another pass
    deposit  False: touch no `.grad`, only return the gradients of the wanted nodes

    An ordinary node takes the few lines below and nothing else; what others need has a method of `Walk`.
    """
    running.depth += 1
    try:
        walk = Walk(seeds, algebra, wanted, retain, deposit)
        pending, useful, ours, special = walk.pending, walk.useful, walk.ours, walk.special
        careful = walk.choosing or algebra.symbolic or bool(watchers)
        for node in walk.nodes:
            g = pending.pop(node, None)  # complete, for all that uses this node has been visited
            if g is None:
                continue
            if node.extra is not None or node in special:
                g = walk.arrive(node, g)
            primitive, saved = node.primitive, node.saved
            if careful or not primitive.ordinary or saved is FREED or node.order < Writes.last:
                walk.visit(node, g)
                continue
            for parent, vjp in zip(node.parents, primitive.vjps):
                if parent in useful:
                    if len(saved) == 2:  # written out for speed
                        first, second = saved
                        gp = vjp(g, first, second)
                    else:
                        gp = vjp(g, *saved)
                    if primitive.broadcasts and node.shape != parent.shape:
                        gp = algebra.fit(gp, parent.shape)
                    if parent in pending:
                        walk.add(parent, gp)
                    else:
                        pending[parent] = gp
                        if parent.primitive is LEAF and algebra.fresh(gp, g):
                            ours.add(parent)
            if primitive.frees and not retain:
                node.saved = FREED
        return walk.results
    finally:
        running.depth -= 1
        if running.endings is not None and not running.depth:
            end_pass()


class Walk:
    """One backward pass: the gradients that are on their way, and what the less ordinary nodes need.

    nodes    the nodes in topological order
    useful   those whose gradient is needed
    pending  the gradients on their way, by the node whose value they belong to
    ours     nodes whose pending gradient is an object that nobody else holds, so that it may be overwritten
    special  nodes without `extra` for which `arrive` has to do something
    results  the gradients of the wanted nodes
    """

    __slots__ = (
        "algebra",
        "choosing",
        "deposit",
        "nodes",
        "ours",
        "pending",
        "results",
        "retain",
        "special",
        "useful",
        "wanted",
    )

    def __init__(self, seeds: list, algebra: Algebra, wanted: set[Node] | None, retain: bool, deposit: bool):
        self.algebra, self.wanted, self.retain, self.deposit = algebra, wanted, retain, deposit
        self.nodes = nodes = topological_order(node for node, _ in seeds)
        self.useful = set(nodes) if wanted is None else leading_to(wanted, nodes)
        self.pending: dict[Node, Any] = {}
        self.ours: set[Node] = set()
        self.special: set[Node] = set() if wanted is None else set(wanted)
        self.results: dict[Node, Any] = {}
        self.choosing = bool(choosers) and not choosers.isdisjoint(map(primitive_of, nodes))
        for node, g in seeds:
            if node in self.useful:
                self.add(node, g)

    def add(self, node: Node, g: Any) -> None:
        """Take one more contribution to the gradient of `node`."""
        sum_so_far = self.pending.get(node)
        if sum_so_far is None:
            self.pending[node] = g
        elif isinstance(sum_so_far, Deferred):
            sum_so_far.add(g)
        elif isinstance(g, Deferred):
            g.add(sum_so_far)
            self.pending[node] = g
        elif node in self.ours:
            self.pending[node] = self.algebra.add_into(sum_so_far, g)
        else:
            self.pending[node] = self.algebra.add(sum_so_far, g)
            self.ours.add(node)

    def arrive(self, node: Node, g: Any) -> Any:
        """Assemble the complete gradient of `node`, run its hooks, deposit it where it is wanted; return it."""
        if isinstance(g, Deferred):
            g = g.assemble()
            self.ours.add(node)
        extra = node.extra
        if extra is not None and extra.hooks:
            for hook in tuple(extra.hooks.values()):
                g = self.algebra.hook(hook, g)
            self.ours.discard(node)
        if self.wanted is not None and node in self.wanted:
            self.results[node] = self.marked(g if node in self.ours and not node.parents else self.algebra.own(g))
        if extra is not None and self.deposit:
            if extra.owner is not None and (self.wanted is None or node in self.wanted):
                owner = self.put(extra.owner, g, node in self.ours)
                if extra.after and owner is not None:
                    for act in tuple(extra.after.values()):
                        act(owner)
            for reference in extra.retained:
                self.put(reference, g, False)
        return g

    def put(self, reference: Callable, g: Any, ours: bool) -> Any:
        """Add `g` to `.grad` of the tensor that a weak reference leads to, if it is still there; return it."""
        owner = reference()
        if owner is not None:
            self.algebra.deposit(owner, self.marked(g), ours)
        return owner

    def marked(self, g: Any) -> Any:
        """`g`, marked as the result of a walk over a graph with a `where`, if this is one."""
        return self.algebra.chosen(g) if self.choosing else g

    def visit(self, node: Node, g: Any) -> None:
        """Do for any node what the loop of `backpropagate` does for an ordinary one."""
        if not node.parents:
            return
        if node.primitive is OUTPUT:
            self.collect(node, g)
            return
        self.check(node)
        for watcher in watchers:
            watcher.enter(node, g)
        gradients = self.gradients(node, g)
        if watchers:
            self.algebra.inspect(node, gradients)
        self.distribute(node, g, gradients)
        if node.primitive.frees and not self.retain:
            node.saved = FREED
        for watcher in watchers:
            watcher.leave(node)

    def collect(self, node: Node, g: Any) -> None:
        """Put `g` into the list of gradients, None for the unused, that the rule of an operation with several results takes."""
        index, count = node.saved
        gs = self.pending.setdefault(node.parents[0], [None] * count)
        gs[index] = g if gs[index] is None else self.algebra.add(gs[index], g)  # a rule's saved output is one more

    def check(self, node: Node) -> None:
        """Raise if what `node` saved is there no more, or has been overwritten."""
        if node.saved is FREED:
            raise freed_error(node)
        if node.order < Writes.last:
            self.algebra.check(node)

    def gradients(self, node: Node, g: Any) -> Any:
        """Run the rules of `node` on `g`, those of its composition if they are recorded: a gradient or None for each parent."""
        primitive, algebra = node.primitive, self.algebra
        needs = [parent in self.useful for parent in node.parents]
        if algebra.symbolic and primitive.composition is not None:
            return algebra.compose(node, g, needs)
        saved = algebra.saved(node) if algebra.symbolic else node.saved
        if primitive.joint is None:
            gradients = [vjp(g, *saved) if need else None for need, vjp in zip(needs, primitive.vjps)]
        else:
            if primitive.consumes and node not in self.ours:
                g = algebra.own(g)
            gradients = primitive.joint(needs, g, *saved)
        if self.choosing and primitive.elementwise:
            gradients = [None if gp is None else algebra.keep_zeros(gp, g) for gp in gradients]
        return gradients

    def distribute(self, node: Node, g: Any, gradients: Any) -> None:
        """Add the gradients that the rules of `node` made of `g` to those of its parents."""
        primitive, algebra = node.primitive, self.algebra
        for parent, gp in zip(node.parents, gradients, strict=not primitive.vjps):
            if gp is None or parent not in self.useful:
                continue
            if primitive.broadcasts and node.shape != parent.shape:
                gp = algebra.fit(gp, parent.shape)
            if primitive.defers:
                self.special.add(parent)
            if parent in self.pending:
                self.add(parent, gp)
                continue
            self.pending[parent] = gp
            shared = sum(gp is other for other in gradients) > 1
            if primitive.fresh and not shared and algebra.fresh(gp, None if primitive.consumes else g):
                self.ours.add(parent)
