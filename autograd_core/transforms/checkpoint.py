"""Memory for time: `ag.checkpoint(function, x)` keeps what goes in and computes the rest again in the backward pass.

Chen et al. 2016, "Training deep nets with sublinear memory cost": a chain of n layers cut into √n segments keeps √n
intermediate values and those of one segment at a time, for one more forward pass.

The function runs once with recording on. The graph it leaves is looked at and dropped: all of it becomes one node,
whose parents are the nodes that the graph inside started from. Those are the arguments, and just as well every
parameter and closure that the function used. The backward pass runs the function again, in the random state of the
first time, cuts the new graph off at the same nodes, and sends the gradient through it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine import backward as gradients
from ..engine.backward import identity
from ..engine.graph import LEAF, Node, tick
from ..engine.history import history, output_node
from ..engine.modes import enable_grad, mode
from ..engine.primitive import Primitive
from ..engine.tensor import Tensor, describe, wrap
from ..engine.versions import changed_error, changed_since, memory_of
from ..engine.walk import backpropagate
from ..random import fork_rng, get_rng_state, set_rng_state
from . import tree


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    **kwargs: Any,
) -> Any:
    """Call function(*args, **kwargs), keeping only the arguments: the rest is computed again when a gradient is asked for.

    Gradients go to the arguments and to whatever else the function uses (parameters of a module, closures), to any
    order. Arguments and results may be nested in lists, tuples and dictionaries. Under `no_grad` it is a plain call.

    preserve_rng_state   run again in the random state of the first time (of the default generator), so that dropout
                         drops the same
    determinism_check    "default": raise if the second run does other operations than the first; "none": do not look
    use_reentrant        accepted as in PyTorch; there is one way here, which has the restrictions of neither of its two

    The function must do the same each time. What it changes besides (running statistics, counters) it changes again.

    Formula: out = function(*args, **kwargs); √n segments of a chain of n layers keep O(√n) values for one more forward pass
    Shapes: those of the function.
    Dtypes: those of the function.
    Raises: TypeError for what cannot be called; ValueError for another determinism_check; RuntimeError if the function
        changes an argument in place, and in the backward pass if an argument or a parameter has been changed since, or
        the function did something else.
    Source: Chen et al. 2016, "Training deep nets with sublinear memory cost"; PyTorch's `utils.checkpoint.checkpoint`.

    >>> import autograd_core as ag
    >>> w = ag.tensor(2.0, requires_grad=True)
    >>> x = ag.tensor([0.5, 1.0], requires_grad=True)
    >>> y = ag.checkpoint(lambda t: (w * t).exp().sum(), x)
    >>> y.backward()
    >>> x.grad, w.grad
    (tensor([ 5.4366, 14.7781]), tensor(8.7482))
    """
    if not callable(function):
        raise TypeError(f"checkpoint: the first argument must be the function to call, got {describe(function)}")
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check must be 'default' or 'none', got {determinism_check!r}")
    if not mode.enabled:
        return function(*args, **kwargs)
    run = Run(function, args, kwargs, preserve_rng_state, determinism_check == "default")
    return run.forward()


def checkpoint_sequential(
    functions: Iterable[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **options: Any,
) -> Any:
    """Call functions (or the modules of an `nn.Sequential`) one after the other, in `segments` that are checkpointed.

    The last segment is not: its values are needed first. `use_reentrant` and `options` are those of `checkpoint`.

    Formula: out = (fₙ ∘ … ∘ f₁)(input), f the `functions`
    Shapes: those of the functions.
    Dtypes: those of the functions.
    Raises: ValueError unless there are from 1 to n segments; and as `checkpoint` does.
    Source: PyTorch's `utils.checkpoint.checkpoint_sequential`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> ag.checkpoint_sequential([ag.exp, ag.sqrt, ag.log, ag.sum], 2, x).backward()
    >>> x.grad
    tensor([0.5, 0.5])
    """
    layers = list(functions.children() if hasattr(functions, "children") else functions)
    if not 1 <= segments <= len(layers):
        raise ValueError(f"checkpoint_sequential: {len(layers)} functions cannot be cut into {segments} segments")
    size = len(layers) // segments
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(_chain(layers[start : start + size]), input, use_reentrant=use_reentrant, **options)
    return _chain(layers[size * (segments - 1) :])(input)


def _chain(layers: list) -> Callable:
    def run(x: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return x

    return run


class Run:
    """One call of `checkpoint`: what it keeps for running the function again."""

    def __init__(self, function: Callable, args: tuple, kwargs: dict, preserve: bool, check: bool):
        self.function = function
        self.leaves, self.structure = tree.flatten((args, kwargs))
        self.kept: list = [wrap(x.array, history(x)) if isinstance(x, Tensor) else x for x in self.leaves]
        self.random_state = get_rng_state() if preserve else None
        self.check = check
        self.positions: list[int] = []  # which results have a gradient
        self.steps: list = []  # what was done, operation by operation
        self.outer: list[Node] = []  # where the graph inside begins
        self.watched: list[tuple[str, Any]] = []  # weak references to memory that must not change
        self.order = 0

    def call(self, leaves: list) -> tuple[list, Any]:
        args, kwargs = tree.unflatten(self.structure, leaves)
        return tree.flatten(self.function(*args, **kwargs))

    def forward(self) -> Any:
        start = tick()
        outputs, structure = self.call(self.leaves)
        for i, x in enumerate(self.leaves):
            if isinstance(x, Tensor) and changed_since(x.array, start) is not None:
                raise RuntimeError(
                    f"checkpoint: the function changed argument {i} (shape {x.shape}) in place, and running it again "
                    "would change it again; let it work on x.clone()"
                )
        self.leaves = []
        self.positions = [i for i, y in enumerate(outputs) if _recorded_since(y, start)]
        roots = [history(outputs[i]) for i in self.positions]
        if not roots:
            return tree.unflatten(structure, outputs)
        inner, self.outer = _inside(roots, start)
        self.steps = [(node.name, node.shape) for node in inner] if self.check else []
        self.watch(inner, [outputs[i].array for i in self.positions])
        node = Node(_primitive, tuple(self.outer), (self,))
        self.order = node.order
        memories = [memory_of(x.array) for x in self.kept if isinstance(x, Tensor)]
        for k, i in enumerate(self.positions):
            array = outputs[i].array
            if any(memory_of(array) is memory for memory in memories):
                array = array.copy()  # a view of an argument: a write to it would pass by the argument's history
            outputs[i] = wrap(array, output_node(node, k, len(self.positions), array))
        return tree.unflatten(structure, outputs)

    def watch(self, inner: list[Node], results: list[ndarray]) -> None:
        """Remember, without keeping it alive, the memory of all that comes from outside: it must not change."""
        outputs = {id(memory_of(array)) for array in results}
        seen: set[int] = set()
        for node in self.outer:
            owner = node.extra.owner() if node.extra is not None and node.extra.owner is not None else None
            if owner is not None:
                self._watch("a parameter or other leaf that it used", owner.array, seen)
        for node in inner:
            for value in node.saved if isinstance(node.saved, tuple) else ():
                if type(value) is ndarray and id(memory_of(value)) not in outputs:
                    self._watch(f"a value that '{node.name}' used", value, seen)

    def _watch(self, what: str, array: ndarray, seen: set[int]) -> None:
        memory = memory_of(array)
        if id(memory) not in seen:
            seen.add(id(memory))
            self.watched.append((what, weakref.ref(memory)))

    def verify_memory(self) -> None:
        for i, x in enumerate(self.kept):
            if isinstance(x, Tensor):
                changed = changed_since(x.array, self.order)
                if changed is not None:
                    raise changed_error("checkpoint", f"its argument {i}", x.array, changed)
        for what, reference in self.watched:
            memory = reference()
            changed = None if memory is None else changed_since(memory, self.order)
            if memory is not None and changed is not None:
                raise changed_error("checkpoint", what, memory, changed)

    def again(self) -> tuple[list, list[Node], int]:
        """Run the function again: its outputs, the nodes of the new graph, and the tick before them."""
        self.verify_memory()
        start = tick()
        with enable_grad(), fork_rng():
            if self.random_state is not None:
                set_rng_state(self.random_state)
            outputs, _ = self.call(list(self.kept))
        positions = [i for i, y in enumerate(outputs) if _recorded_since(y, start)]
        inner, outer = _inside([history(outputs[i]) for i in positions], start)
        if self.check:
            self.compare([(node.name, node.shape) for node in inner])
        if positions != self.positions or not set(outer) <= set(self.outer):
            raise RuntimeError(
                f"checkpoint: run again, the function gave gradients to results {positions} instead of {self.positions}, or "
                "used other parameters; it must do the same each time"
            )
        return [outputs[i] for i in positions], inner, start

    def compare(self, steps: list) -> None:
        if steps == self.steps:
            return
        both = zip(self.steps, steps, strict=False)
        where = next((i for i, (a, b) in enumerate(both) if a != b), min(len(steps), len(self.steps)))
        first, second = (
            f"'{list_[where][0]}' of shape {list_[where][1]}" if where < len(list_) else "nothing more"
            for list_ in (self.steps, steps)
        )
        raise RuntimeError(
            f"checkpoint: run again, the function did something else: operation {where} was {first}, and now is "
            f"{second}. It must do the same for the same inputs and random state; draw random numbers from the default "
            "generator, or pass determinism_check='none' if the difference does not matter"
        )


def _order(node: Node) -> int:
    return node.order


def _recorded_since(y: Any, start: int) -> bool:
    node = history(y) if isinstance(y, Tensor) else None
    return node is not None and node.order > start


def _inside(roots: Iterable[Node | None], start: int) -> tuple[list[Node], list[Node]]:
    """The nodes made since `start` that the roots depend on, and the older ones where they begin; each oldest first."""
    stack = [node for node in roots if node is not None]
    seen = set(stack)
    inner, outer = [], []
    while stack:
        node = stack.pop()
        if node.order < start:
            outer.append(node)
            continue
        inner.append(node)
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(inner, key=_order), sorted(outer, key=_order)


def _backward(needs: list[bool], g: list, run: Run) -> tuple:
    """The rule of every checkpoint: run again, cut the graph where it begins, and send the gradient through it."""
    symbolic = any(gi is not None and not isinstance(gi, ndarray | np.generic) for gi in g)
    outputs, inner, start = run.again()
    ends: dict[Node, Node] = {}
    for node in run.outer:
        end = Node(identity, (node,), (), node.shape) if symbolic else Node(LEAF, (), (), node.shape)
        end.order = start  # as old as what it stands for: before all that was made of it
        ends[node] = end
    for node in inner:
        node.parents = tuple(ends.get(parent, parent) if parent is not None else None for parent in node.parents)
    seeds = [(history(y), gi) for y, gi in zip(outputs, g, strict=True) if gi is not None]
    wanted = {end for end, need in zip(ends.values(), needs, strict=True) if need}
    algebra = gradients.tensors if symbolic else gradients.arrays
    gradients_of = backpropagate(seeds, algebra, wanted, retain=symbolic, deposit=False)  # type: ignore[arg-type]
    return tuple(gradients_of.get(end) if need else None for end, need in zip(ends.values(), needs, strict=True))


_primitive = Primitive(Run.forward, name="checkpoint", joint=_backward, outputs=True)
_primitive.frees, _primitive.fresh = True, False
