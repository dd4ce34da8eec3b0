"""The computation graph and backpropagation over it. Nothing here knows what an array is.

An operation that is recorded becomes a `Node`: which primitive ran, on which parents, and what its rule will need.
Nodes point at their parents only, so the graph is acyclic by construction and Python frees it by reference counting.

Every node takes the next tick of one clock when it is made. A parent exists before its child, so *the ticks are
already a topological order*: sorting the reachable nodes by them, latest first, is the whole of the topological sort,
without recursion and without counting edges.

Notation: `g` is the gradient of the final output with respect to a node's value (its adjoint). A rule, or `vjp`, turns
`g` into the gradient with respect to one parent: a vector-Jacobian product.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from .modes import enable_grad, no_grad

tick = itertools.count(1).__next__
order_of, primitive_of = attrgetter("order"), attrgetter("primitive")


class Node:
    """One recorded operation.

    primitive  what ran (`primitive.Primitive`), `LEAF` or `OUTPUT`
    parents    the nodes of its inputs, None where an input needs no gradient
    saved      what the rules take after `g`: values first (see `Primitive.saves`), then parameters; `FREED` once used up
    shape      the shape of the value
    order      the tick at which it was recorded
    extra      None, or an `Extra` for everything rare: hooks, retained gradients, the line that recorded it
    """

    __slots__ = ("primitive", "parents", "saved", "shape", "order", "extra", "__weakref__")

    def __init__(self, primitive: Any, parents: tuple, saved: tuple = (), shape: tuple = ()):
        self.primitive = primitive
        self.parents = parents
        self.saved: Any = saved
        self.shape = shape
        self.order = tick()
        self.extra: Extra | None = None

    @property
    def name(self) -> str:
        return self.primitive.name

    @property
    def next_functions(self) -> tuple:
        """The edges backpropagation follows, as PyTorch names them: `(parent, 0)` for each input."""
        return tuple((parent, 0) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name} node, order {self.order}, shape {self.shape}>"


class Extra:
    """What few nodes have: hooks, a tensor whose `.grad` is filled, the forward call that recorded the node."""

    __slots__ = ("hooks", "owner", "retained", "after", "trace", "made_nan")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable] = {}  # called with g, may replace it
        self.owner: Callable | None = None  # of a leaf: weak reference to the tensor that receives g as its .grad
        self.retained: tuple[
            Callable, ...
        ] = ()  # of others: weak references to the tensors that `retain_grad` was asked of
        self.after: dict[int, Callable] = {}  # called with the owner once its .grad is complete
        self.trace: str | None = None
        self.made_nan = False


def extra_of(node: Node) -> Extra:
    if node.extra is None:
        node.extra = Extra()
    return node.extra


class Marker:
    """A primitive that exists to be recognised by the engine rather than to be run."""

    vjps: tuple = ()
    joint = None
    composition = None
    broadcasts = consumes = frees = fresh = elementwise = False

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return self.name


LEAF = Marker("leaf")  # a tensor the user made; backpropagation ends here
OUTPUT = Marker("output")  # one result of an operation that has several; saved = (index, number of results)


class Freed:
    """Stands where the saved values were, after a backward pass has used and dropped them."""

    def __repr__(self) -> str:
        return "FREED"


FREED = Freed()


class Deferred:
    """A gradient that arrives in pieces (the slices of one array) and is put together when its node's turn comes.

    Adding T pieces one by one to a dense array would cost T times its size; collecting them costs their own.
    """

    def add(self, g: Any) -> None:
        """Take one more contribution: another `Deferred` of the same node, or a whole gradient."""
        raise NotImplementedError

    def assemble(self) -> Any:
        """The sum of all contributions, in a new object."""
        raise NotImplementedError


# ------------------------------------------------------------------------------------------------------------ watchers


choosers: set = set()  # primitives that choose between values (`where`), once one has run; see `Algebra.keep_zeros`
watchers: list = []  # anomaly detection and profiling; while it is empty, the hot path does not look further


class Watcher:
    """What is told of every operation on tensors while it stands in `watchers`."""

    def before(self, primitive: Any, arrays: list) -> None:
        """An operation is about to run."""

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        """It has run; `node` is None if it was not recorded. `arrays` is the list that `before` got."""

    def start(self, outputs: list) -> None:
        """A backward pass is about to start from these tensors."""

    def enter(self, node: Node, g: Any) -> None:
        """A backward pass is about to run the rules of `node`, on the gradient g."""

    def gradients(self, node: Node, gs: Iterable) -> None:
        """A rule of `node` has made these."""

    def leave(self, node: Node) -> None:
        """The backward pass is done with `node`."""


no_grad.__doc__ = "Record nothing inside: `with no_grad():`, `@no_grad()` or `@no_grad`."
no_grad.__name__ = no_grad.__qualname__ = "no_grad"
enable_grad.__doc__ = "Record again inside a `no_grad` block."
enable_grad.__name__ = enable_grad.__qualname__ = "enable_grad"


# ------------------------------------------------------------------------------------------------------------ the walk


def topological_order(roots: Iterable[Node]) -> list[Node]:
    """Every node reachable from `roots`, each before its parents."""
    seen = set(roots)
    nodes = list(seen)
    for node in nodes:  # the list grows while it is read
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    nodes.sort(key=order_of, reverse=True)
    return nodes


def leading_to(targets: set[Node], nodes: list[Node]) -> set[Node]:
    """Those of `nodes` (in topological order) from which a target can be reached, the targets included."""
    useful = set(targets)
    for node in reversed(nodes):
        if node not in useful:
            for parent in node.parents:
                if parent in useful:
                    useful.add(node)
                    break
    return useful


class Algebra:
    """What the walk must do with gradients themselves. This one serves any type with `+`, such as float."""

    symbolic = (
        False  # True: rules record what they compute (`create_graph=True`), fused primitives use their composition
    )

    def add(self, held: Any, g: Any) -> Any:
        """The sum, in a new object: `held` may be somebody else's."""
        return held + g

    def add_into(self, held: Any, g: Any) -> Any:
        """The sum, where `held` came from `add` and may be overwritten."""
        return held + g

    def own(self, g: Any) -> Any:
        """A copy of `g` that may be overwritten."""
        return g

    def fresh(self, g: Any, incoming: Any) -> bool:
        """Whether a rule made `g` anew, rather than passing on `incoming` or a view of something."""
        return False

    def fit(self, g: Any, shape: tuple) -> Any:
        """`g` summed back to the shape its operand had before broadcasting."""
        return g

    def saved(self, node: Node) -> tuple:
        """What the rules of `node` take after `g`, if `symbolic`; otherwise they take what the node saved."""
        return node.saved

    def check(self, node: Node) -> None:
        """Raise if a value that `node` saved has been overwritten since."""

    def keep_zeros(self, gp: Any, g: Any) -> Any:
        """`gp`, the gradient an elementwise rule made of `g`, with 0 where `g` is 0 and the slope is not finite.

        The value that a `where` did not choose gets the gradient 0, and so must everything it was computed from: its
        slopes are infinite or NaN exactly where it was not to be used. In graphs without a `where`, 0 times infinity is
        NaN, as in IEEE arithmetic.
        """
        return gp

    def chosen(self, g: Any) -> Any:
        """`g`, a result of a walk over a graph with a `where`, so that a walk over what `g` was computed by knows that."""
        return g

    def hook(self, hook: Callable, g: Any) -> Any:
        """`g`, or what the hook puts in its place."""
        replaced = hook(g)
        return g if replaced is None else replaced

    def deposit(self, owner: Any, g: Any, ours: bool) -> None:
        """Add `g` to `owner.grad`; `ours` tells that nobody else holds `g`."""
        owner.grad = g if owner.grad is None else owner.grad + g

    def compose(self, node: Node, g: Any, needs: list[bool]) -> tuple:
        """The gradients of a fused primitive as differentiable expressions, from its composition."""
        raise NotImplementedError(f"{node.name}: this algebra has no compositions")

    def inspect(self, node: Node, gradients: Iterable) -> None:
        """Called with what the rules of a node made while a watcher is on."""
        for watcher in watchers:
            watcher.gradients(node, gradients)


class Writes:
    """When memory was last written in place. A node older than that must check what it saved; a younger one need not."""

    last = 0


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
    """
    running.depth += 1
    try:
        return _walk(seeds, algebra, wanted, retain, deposit)
    finally:
        running.depth -= 1
        if running.endings is not None and not running.depth:
            endings, running.endings = running.endings, None
            for act in endings:
                act()


def _walk(seeds: list, algebra: Algebra, wanted: set[Node] | None, retain: bool, deposit: bool) -> dict[Node, Any]:
    nodes = topological_order(node for node, _ in seeds)
    useful = None
    if wanted is not None:
        useful = leading_to(wanted, nodes)
        nodes = [node for node in nodes if node in useful]
    symbolic = algebra.symbolic
    pending: dict[Node, Any] = {}  # gradients on their way, by the node whose value they belong to
    ours: set[Node] = set()  # nodes whose pending gradient is an object that only this function holds
    deferred: set[Node] = set()  # nodes whose pending gradient may be a `Deferred`
    found: dict[Node, Any] = {}
    watching = bool(watchers)
    choosing = bool(choosers) and not choosers.isdisjoint(map(primitive_of, nodes))

    def receive(node: Node, g: Any) -> None:
        held = pending.get(node)
        if held is None:
            pending[node] = g
        elif isinstance(held, Deferred):
            held.add(g)
        elif isinstance(g, Deferred):
            g.add(held)
            pending[node] = g
        elif node in ours:
            pending[node] = algebra.add_into(held, g)
        else:
            pending[node] = algebra.add(held, g)
            ours.add(node)

    for node, g in seeds:
        receive(node, g)

    for node in nodes:
        g = pending.pop(node, None)
        if g is None:
            continue
        if node in deferred and isinstance(g, Deferred):
            g = g.assemble()
            ours.add(node)
        parents = node.parents
        extra = node.extra
        if extra is not None and extra.hooks:
            for hook in tuple(extra.hooks.values()):
                g = algebra.hook(hook, g)
            ours.discard(node)
        if wanted is not None and node in wanted:
            found[node] = g if node in ours and not parents else algebra.own(g)
        if extra is not None and deposit and extra.owner is not None:
            owner = extra.owner()
            if owner is not None and (wanted is None or node in wanted):
                algebra.deposit(owner, algebra.chosen(g) if choosing else g, node in ours)
                for after in tuple(extra.after.values()):
                    after(owner)
        if extra is not None and deposit and extra.retained:
            for reference in extra.retained:
                owner = reference()
                if owner is not None:
                    algebra.deposit(owner, algebra.chosen(g) if choosing else g, False)
        if not parents:
            continue

        primitive = node.primitive
        if primitive is OUTPUT:
            index, count = node.saved
            slots = pending.setdefault(parents[0], [None] * count)
            slots[index] = (
                g if slots[index] is None else algebra.add(slots[index], g)
            )  # a rule's saved output is one more
            continue
        if node.saved is FREED:
            raise freed_error(node)
        if node.order < Writes.last:
            algebra.check(node)
        saved = algebra.saved(node) if symbolic else node.saved
        if watching:
            for watcher in watchers:
                watcher.enter(node, g)

        composed = symbolic and primitive.composition is not None
        if primitive.joint is None and not composed:
            for parent, vjp in zip(parents, primitive.vjps):
                if parent is None or (useful is not None and parent not in useful):
                    continue
                if len(saved) == 2:  # written out for speed
                    first, second = saved
                    gp = vjp(g, first, second)
                else:
                    gp = vjp(g, *saved)
                if choosing and primitive.elementwise:
                    gp = algebra.keep_zeros(gp, g)
                if watching:
                    algebra.inspect(node, (gp,))
                if primitive.broadcasts and node.shape != parent.shape:
                    gp = algebra.fit(gp, parent.shape)
                if primitive.defers:
                    deferred.add(parent)
                if parent in pending:
                    receive(parent, gp)
                else:
                    pending[parent] = gp
                    if parent.primitive is LEAF and algebra.fresh(gp, g):
                        ours.add(parent)
        else:
            needs = [parent is not None and (useful is None or parent in useful) for parent in parents]
            if composed:
                gradients = algebra.compose(node, g, needs)
            else:
                if primitive.consumes and node not in ours:
                    g = algebra.own(g)
                gradients = primitive.joint(needs, g, *saved)
                if choosing and primitive.elementwise:
                    gradients = tuple(None if gp is None else algebra.keep_zeros(gp, g) for gp in gradients)
            if watching:
                algebra.inspect(node, gradients)
            for parent, need, gp in zip(parents, needs, gradients, strict=True):
                if not need or gp is None:
                    continue
                if parent in pending:
                    receive(parent, gp)
                else:
                    pending[parent] = gp
                    shared = sum(gp is other for other in gradients) > 1
                    if primitive.fresh and not shared and algebra.fresh(gp, None if primitive.consumes else g):
                        ours.add(parent)
        if primitive.frees and not retain:
            node.saved = FREED
        if watching:
            for watcher in watchers:
                watcher.leave(node)
    return {node: algebra.chosen(g) for node, g in found.items()} if choosing else found
