"""What a graph still knows of its values, and the gradients of all its nodes: what the boxes of a picture show."""

from __future__ import annotations

from typing import Any
from weakref import ReferenceType

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from ..engine.backward import arrays, checked_seeds
from ..engine.function import FunctionPrimitive
from ..engine.graph import FREED, OUTPUT, Node
from ..engine.history import history
from ..engine.modes import no_grad
from ..engine.primitive import OUT, Primitive
from ..engine.tensor import Tensor
from ..engine.versions import changed_since
from ..engine.walk import backpropagate

FEW = 12  # elements; more are summarised
SHORT = 36  # characters; a longer value is summarised


def saved_by_spec(node: Node) -> dict[int, Any]:
    """What the node has saved of its inputs and outputs, by the number or name in `Primitive.saves`."""
    primitive = node.primitive
    if node.saved is FREED or not isinstance(primitive, Primitive) or not primitive.saves:
        return {}
    mask = sum(1 << i for i, parent in enumerate(node.parents) if parent is not None)
    return {spec: value for spec, value in zip(primitive.plan(mask), node.saved) if spec is not None}


class Gone:
    """Stands for a constant operand that nobody keeps any more."""


GONE = Gone()


def constants_of(node: Node) -> dict[int, Any]:
    """The operands without a gradient, by the number of the input: what the node saved, or what it remembers of them."""
    saved = saved_by_spec(node)
    kept = getattr(node, "constants", ())
    missing = [i for i, parent in enumerate(node.parents) if parent is None]
    known = dict(zip(missing, kept if isinstance(kept, tuple) else (kept,)))
    values: dict[int, Any] = {}
    for i in missing:
        value = saved[i] if i in saved else known.get(i)
        if isinstance(value, ReferenceType):
            value = value()
            value = GONE if value is None else value
        if isinstance(value, ndarray | np.generic | int | float | complex | Gone):
            values[i] = value
    return values


def parameter_arrays(node: Node) -> list[ndarray]:
    """The arrays among the parameters of the node: indices, targets."""
    if (
        node.saved is FREED
        or not isinstance(node.primitive, Primitive)
        or isinstance(node.primitive, FunctionPrimitive)
    ):
        return []
    arrays: list[ndarray] = []
    stack = list(reversed(node.saved[len(node.primitive.saves) :]))
    while stack:
        value = stack.pop()
        if isinstance(value, tuple | list):
            stack.extend(reversed(value))
        elif isinstance(value, ndarray):
            arrays.append(value)
    return arrays


def elements(array: ndarray) -> tuple:
    """A key that two arrays share exactly if they have the same elements in the same memory, in whatever shape."""
    low, high = byte_bounds(array)
    if high - low == array.nbytes and array.size:
        return low, high, array.dtype.str
    return (id(array),)


def known_values(nodes: list[Node], roots: list[tuple[Node, Tensor]]) -> dict[Node, ndarray]:
    """The value of every node of which something still has it, or which can be computed again from values known.

    A value counts only if its memory has not been written since the graph used it.
    """
    known = Known()
    first_use: dict[Node, int] = {}
    for node in nodes:
        for parent in node.parents:
            if parent is not None:
                first_use[parent] = node.order  # the earliest comes last
    for node in nodes:
        owner = owner_of(node)
        if owner is not None and history(owner) is node:
            known.offer(node, owner.array, first_use.get(node))
    for node, t in roots:
        known.offer(node, t.array, first_use.get(node))
    for node in nodes:
        known.offer_saved(node)
    for node in reversed(nodes):
        known.compute_again(node)
    return known.values


class Known:
    """The values of nodes that are known so far, and the nodes that stand for the results of a node with several."""

    def __init__(self) -> None:
        self.values: dict[Node, ndarray] = {}
        self.results: dict[Node, list[Node]] = {}

    def offer(self, node: Node | None, value: Any, since: int | None) -> None:
        """The value of a node, unless another is known, or its memory has been written since."""
        if node is None or node in self.values or not isinstance(value, ndarray) or value.shape != node.shape:
            return
        if since is None or changed_since(value, since) is None:
            self.values[node] = value

    def offer_saved(self, node: Node) -> None:
        """What a node has saved of its inputs and outputs. Its results come before it."""
        if node.primitive is OUTPUT:
            self.results.setdefault(node.parents[0], []).append(node)
        for spec, value in saved_by_spec(node).items():
            if spec >= 0 and spec < len(node.parents):
                self.offer(node.parents[spec], value, node.order)
            elif spec == OUT and not node.primitive.outputs:
                self.offer(node, value, node.order)
            elif spec == OUT:
                for result in self.results.get(node, ()):
                    self.offer(result, value[result.saved[0]], node.order)
        if isinstance(node.primitive, FunctionPrimitive):
            for kept in node.saved[0].packed if node.saved is not FREED else ():
                if kept is not None and kept.output is None:
                    self.offer(kept.node, kept.array, node.order)
                elif kept is not None and not node.primitive.outputs:
                    self.offer(node, kept.array, node.order)

    def compute_again(self, node: Node) -> None:
        """The value of a node, or of its results, from those of its parents."""
        results = self.results.get(node, ())
        if node in self.values or (results and all(result in self.values for result in results)):
            return
        out = _computed_again(node, self.values)
        for result in results if isinstance(out, tuple) else ():
            self.offer(result, out[result.saved[0]], None)
        self.offer(node, out, None)


def _computed_again(node: Node, known: dict[Node, ndarray]) -> Any:
    """The output of the node's operation, None if an input is not known or the operation may not be a function of them.

    (One with AUX may be random, as dropout is; a `Function` is the user's own.)
    """
    primitive = node.primitive
    if type(primitive) is not Primitive or primitive.aux or node.saved is FREED:
        return None
    constants = constants_of(node)
    inputs = []
    for i, parent in enumerate(node.parents):
        if parent is not None and parent in known:
            inputs.append(known[parent])
        elif parent is None and i in constants and constants[i] is not GONE and not changed(constants[i], node):
            inputs.append(constants[i])
        else:
            return None
    out = primitive.forward(*inputs, *node.saved[len(primitive.saves) :])
    return out if isinstance(out, tuple) else np.asarray(out)


def changed(value: Any, node: Node) -> bool:
    return isinstance(value, ndarray) and changed_since(value, node.order) is not None


def node_gradients(tensors: list, nodes: list[Node], gradient: Any) -> tuple[dict[Node, Any], list[str]]:
    """The gradient of every node by a pass that frees nothing and touches no `.grad`, or a note that says why not."""
    freed = [node for node in nodes if node.saved is FREED]
    if freed:
        return {}, [
            f"An earlier backward() freed what {len(freed)} of the operations had saved ('{freed[0].name}' is one). To "
            "see all values and gradients, draw before backward(), or call backward(retain_graph=True). Shown are the "
            "values that tensors still hold, and the leaves' .grad."
        ]
    notes = []
    starts = list(gradient) if isinstance(gradient, list | tuple) else [gradient]
    starts = starts * len(tensors) if gradient is None else starts
    if any(g is None and t.array.size != 1 for g, t in zip(starts, tensors)):
        notes.append("Gradients are of the sum of the result's elements; pass gradient= for another weighting.")
        ones = [np.ones_like(t.array) if g is None else g for g, t in zip(starts, tensors)]
        starts = ones if len(starts) == len(tensors) else starts
    seeds = checked_seeds("draw", tensors, starts, False)
    several = {node.parents[0] for node in nodes if node.primitive is OUTPUT}
    try:
        with no_grad():
            gradients = backpropagate(seeds, arrays, set(nodes) - several, retain=True, deposit=False)
    except RuntimeError as error:
        return {}, [f"No gradients: {error}"]
    return gradients, notes


def owner_of(node: Node) -> Tensor | None:
    """The tensor that receives the node's gradient as its `.grad`: a leaf's own, or one that retains it."""
    extra = node.extra
    if extra is None:
        return None
    references = extra.retained if extra.owner is None else (extra.owner,)
    return next((t for r in references if (t := r()) is not None), None)


def deposited_grad(node: Node) -> ndarray | None:
    """The `.grad` of the tensor that receives the node's gradient."""
    owner = owner_of(node)
    return None if owner is None or owner.grad is None else owner.grad.array


def brief(value: Any, shape: bool = False) -> str:
    """A value in a few words: its numbers if they are few, else smallest, mean and largest; these after the shape."""
    a = np.asarray(value)
    lead = f"{a.shape} " if shape else ""
    if a.size == 0:
        return f"{lead}empty"
    if a.size <= FEW:
        text = np.array2string(a, separator=", ", formatter={"all": _number}, max_line_width=10**6)
        text = " ".join(text.split())
        if len(text) <= SHORT:
            return text
    if a.dtype.kind == "b":
        return f"{lead}{np.count_nonzero(a)} of {a.size} true"
    if a.dtype.kind == "c":
        a, lead = np.abs(a), f"{lead}magnitude: "
    good = a[np.isfinite(a)]
    if good.size == 0:
        return f"{lead}none of {a.size} finite"
    stats = good.min(), good.mean(dtype=np.float64), good.max()
    text = lead + ", ".join(f"{what} {number:.3g}" for what, number in zip(("min", "mean", "max"), stats))
    return text if good.size == a.size else f"{text}; {a.size - good.size} not finite"


def _number(value: Any) -> str:
    return str(value) if isinstance(value, bool | np.bool_) else f"{value:.4g}"
