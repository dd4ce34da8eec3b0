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
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

SMALL = 256  # elements; a constant operand of more is not kept alive by the node it went into
tick = itertools.count(1).__next__
order_of = attrgetter("order")


class Node:
    """One recorded operation.

    primitive  what ran (`primitive.Primitive`), `LEAF` or `OUTPUT`
    parents    the nodes of its inputs, None where an input needs no gradient
    saved      what the rules take after `g`: values first (see `Primitive.saves`), then parameters; `FREED` once used up
    constants  what `history.constant` keeps of the inputs that need no gradient: a tuple, or of `elementwise.binary`, where it
               is one at most, the thing itself; not set where there is none. The engine never reads it
    shape      the shape of the value
    order      the tick at which it was recorded
    extra      None, or an `Extra` for everything rare: hooks, retained gradients, the line that recorded it
    """

    __slots__ = ("primitive", "parents", "saved", "constants", "shape", "order", "extra", "__weakref__")

    constants: Any

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
    ordinary = broadcasts = consumes = frees = fresh = elementwise = False

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
        """The rules of `node` have made these, one for each parent, None for one that needs none."""

    def leave(self, node: Node) -> None:
        """The backward pass is done with `node`."""


# ------------------------------------------------------------------------------------------------------- the order of nodes


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

    def add(self, total: Any, g: Any) -> Any:
        """The sum, in a new object: `total` may be somebody else's."""
        return total + g

    def add_into(self, total: Any, g: Any) -> Any:
        """The sum, where `total` came from `add` and may be overwritten."""
        return total + g

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
        """Called with what the rules of `node` made, one for each parent, while a watcher is on."""
        for watcher in watchers:
            watcher.gradients(node, gradients)


class Writes:
    """When memory was last written in place. A node older than that must check what it saved; a younger one need not."""

    last = 0
