"""`draw`: the computation graph of a tensor as a picture, without any program or package for it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy import ndarray

from ..engine.function import FunctionPrimitive
from ..engine.graph import FREED, LEAF, OUTPUT, Node, topological_order
from ..engine.history import history
from ..engine.primitive import AUX, OUT, SHAPE, Primitive
from ..engine.tensor import Tensor, describe
from ..engine.types import TensorLike
from .draw_groups import Folding, Group
from .draw_names import Names, names_of
from .draw_svg import Box, Edge, Picture
from .draw_values import (
    FEW,
    GONE,
    brief,
    changed,
    constants_of,
    deposited_grad,
    elements,
    known_values,
    node_gradients,
    parameter_arrays,
    saved_by_spec,
)


class Drawing:
    """Holds what `draw` returns: shown by itself in a notebook; `.svg` and `.dot` are its text, `.save(path)` writes one."""

    def __init__(self, picture: Picture):
        self.picture = picture
        self.svg = picture.svg()
        self.dot = picture.dot()

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<drawing of {boxes} boxes and {edges} edges; see .svg, .dot, .save()>"

    def save(self, path: str | os.PathLike) -> None:
        """Write the picture to a file ending in .svg, or its Graphviz source to one ending in .dot or .gv."""
        suffix = os.path.splitext(os.fspath(path))[1].lower()
        if suffix not in (".svg", ".dot", ".gv"):
            raise ValueError(
                f"save: {os.fspath(path)!r} ends in {suffix!r}; a drawing is saved as .svg, or as .dot or .gv for "
                "Graphviz, which converts to other formats"
            )
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg if suffix == ".svg" else self.dot)


def draw(
    t: Tensor | Sequence[Tensor],
    values: bool = False,
    *,
    gradient: TensorLike | Sequence[TensorLike | None] | None = None,
    names: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    params: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    direction: str = "down",
    max_nodes: int = 5000,
    groups: Iterable[Group] | None = None,
) -> Drawing:
    """Draw the graph that computed a tensor `t` (or several), as an SVG.

    Leaves are blue with sharp corners, operations grey and rounded, results green with a strong border, constants
    (operands without a gradient) dashed, with their value if they are small. Of a constant of more than 256 elements an
    operation keeps only what its rule needs; once its tensor is gone, the picture says "freed". Arrows run in the
    direction of the computation; where one leaves an operation stands the shape of its result. Resting the pointer on a
    box tells what the operation saved and when `backward` comes to it.

    values      put the value and the gradient into each box. A value that nothing keeps is computed again from the
                inputs where these are known. The gradients come from a backward pass over the graph that frees
                nothing and touches no `.grad`; hooks are called. After a `backward()` that freed the graph, the
                leaves show their `.grad`
    gradient    what that pass starts from, as in `backward`; None means ones: the gradient of the sum of the elements
    names       tensors by name, `{"w": w}` or `model.named_parameters()`; `params` is torchviz's word for it. A constant
                is known by its elements in memory, also where it was reshaped. In a dictionary every name must be in
                the graph; of pairs some may be unused
    direction   'down' or 'right'
    max_nodes   the largest graph that is drawn
    groups      calls that are drawn as one box each; `nn.draw(model, x)` gives those of a model's parts

    Formula: a box for each node, an arrow for each edge; the layer of a box is the longest path to it from the leaves
    Shapes: any; gradient that of t.
    Dtypes: floating and complex ones.
    Raises: TypeError for what is not a tensor; RuntimeError for a tensor without a graph; ValueError for a graph of more
        than max_nodes nodes, another direction, or a name in a dictionary that is nowhere in the graph.
    Source: torchviz's `make_dot`; the layers from Sugiyama, Tagawa & Toda 1981.

    >>> import autograd_core as ag
    >>> x, w = ag.tensor(0.5), ag.tensor(2.0, requires_grad=True)
    >>> picture = ag.draw((x * w).tanh(), values=True, names={"x": x, "w": w})
    >>> picture
    <drawing of 5 boxes and 4 edges; see .svg, .dot, .save()>
    >>> print(picture.dot)
    digraph {
    ...
        n0 [label="w\\n()\\nvalue 2\\ngrad 0.21", shape=box, style="filled", fillcolor="#e4efff", color="#2f6fd0"];
    ...
    """
    tensors = list(t) if isinstance(t, list | tuple) else [t]
    roots = roots_of("draw", tensors)
    nodes = topological_order(node for node, _ in roots)
    check_size("draw", nodes, max_nodes)
    if direction not in ("down", "right"):
        raise ValueError(f"draw: direction is {direction!r}; give 'down' or 'right'")
    tensor_names = names_of("draw", names if params is None else params)
    notes: list[str] = []
    gradients: dict[Node, Any] = {}
    known: dict[Node, ndarray] = {}
    if values:
        known = known_values(nodes, roots)
        gradients, notes = node_gradients(tensors, nodes, gradient)
    graph = GraphPicture(nodes, roots, tensor_names, known if values else None, groups)
    tensor_names.check("draw", nodes)
    for node in reversed(nodes):
        if graph.hidden(node):
            continue
        box, port = graph.box_of[node]
        prefix = graph.prefix(box, port)
        if node in gradients:
            graph.boxes[box].grads.append(f"{prefix}grad {brief(gradients[node])}")
        elif values and not gradients and (grad := deposited_grad(node)) is not None:
            graph.boxes[box].grads.append(f"{prefix}.grad {brief(grad)}")
    for box, node in graph.results:
        if node in gradients:
            graph.boxes[box].grads.append(f"grad {brief(gradients[node])}")
    return Drawing(Picture(graph.boxes, graph.edges, direction, notes))


# --------------------------------------------------------------------------------------------------- what is asked for


def roots_of(name: str, tensors: list) -> list[tuple[Node, Tensor]]:
    """The nodes of the tensors, which must have one."""
    if not tensors:
        raise ValueError(f"{name}: got an empty list; give at least one tensor")
    roots = []
    for t in tensors:
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: shows the graph of a tensor, got {describe(t)}")
        node = history(t)
        if node is None:
            raise RuntimeError(
                f"{name}: the tensor of shape {t.shape} has no graph: it does not require a gradient and was not "
                "computed from one that does; set requires_grad=True on an input, and compute outside no_grad()"
            )
        roots.append((node, t))
    return roots


def check_size(name: str, nodes: list[Node], limit: int) -> None:
    if len(nodes) > limit:
        raise ValueError(
            f"{name}: the graph has {len(nodes)} nodes, more than max_nodes={limit}; {name} an intermediate tensor or "
            f"a smaller model (fewer layers, a shorter sequence), or pass max_nodes={len(nodes)}"
        )


# --------------------------------------------------------------------------------------------------------- the picture


class GraphPicture:
    """The boxes and edges of a graph. An operation with several results is one box with several ports.

    box_of   for each node its box and the port at which its value leaves
    results  the boxes of the results, with their nodes
    """

    def __init__(
        self,
        nodes: list[Node],
        roots: list[tuple[Node, Tensor]],
        names: Names,
        values: dict[Node, ndarray] | None,
        groups: Iterable[Group] | None = None,
    ):
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.edge_of: dict[tuple[Node, int], int] = {}
        self.box_of: dict[Node, tuple[int, int]] = {}
        self.results: list[tuple[int, Node]] = []
        self.names, self.values = names, values
        self.constants: dict[tuple, int] = {}
        self.count = len(nodes)
        self.shown = {node for node, _ in roots}  # these have their names in the boxes of the results
        self.folding = Folding(nodes, self.shown, names, groups)
        self.group_box: dict[int, int] = {}
        self.links: set[tuple[int, int, int]] = set()
        self.steps: dict[int, int] = {}
        outputs: dict[Node, list[Node]] = {}
        for node in nodes:
            if node.primitive is OUTPUT and node not in self.folding.group_of:
                outputs.setdefault(node.parents[0], []).append(node)
        for i, node in enumerate(reversed(nodes)):
            if node in self.folding.absorbed:
                continue
            if node in self.folding.group_of:
                self._add_member(node, self.folding.group_of[node], self.count - i)
            elif node.primitive is not OUTPUT:
                self._add(node, self.count - i, sorted(outputs.get(node, ()), key=lambda output: output.saved[0]))
        taken: set[Node] = set()
        for node, t in roots:
            if node not in taken:
                taken.add(node)
                self._add_result(node, t, len(roots))

    def name(self, node: Node) -> str:
        """What texts call the node."""
        if node in self.folding.group_of:
            return self.boxes[self.group_box[self.folding.group_of[node]]].title
        name = self.names.by_node.get(node)
        if node.primitive is OUTPUT:
            return f"result {node.saved[0]} of {self.name(node.parents[0])}" + (f", {name}" if name else "")
        if node.primitive is LEAF:
            return self.boxes[self.box_of[node][0]].title
        return f"{node.name} ({name})" if name else node.name

    def prefix(self, box: int, port: int) -> str:
        """'1: ' before a line about the second result of several."""
        label = self.boxes[box].ports[port : port + 1]
        return label[0].split(":")[0] + ": " if label and ":" in label[0] else ""

    def hidden(self, node: Node) -> bool:
        """Whether the node is inside a box and nothing outside uses its value."""
        return node in self.folding.group_of and node not in self.folding.outputs

    def _value_line(self, node: Node, prefix: str = "") -> list[str]:
        if self.values is None:
            return []
        if node in self.values:
            return [f"{prefix}value {brief(self.values[node])}"]
        return [f"{prefix}value not kept"]

    def _add(self, node: Node, step: int, outputs: list[Node]) -> None:
        number = len(self.boxes)
        name = self.names.by_node.get(node)
        when = f"step {step} of {self.count} in backward"
        if node.primitive is LEAF:
            owner = node.extra.owner() if node.extra is not None and node.extra.owner is not None else None
            kind = "leaf" if owner is None or type(owner) is Tensor else type(owner).__name__
            box = Box("leaf", name or kind, str(node.shape), tip=f"{kind} {node.shape}")
            box.tip += f", {owner.dtype}" if owner is not None else ", its tensor is gone"
            box.tip += f"\n{when}"
            box.values = self._value_line(node)
            self.boxes.append(box)
            self.box_of[node] = number, 0
            return
        title = node.name if name is None or node in self.shown else f"{node.name} → {name}"
        box = Box("op", title, tip=f"{_call(node)}\n{when}")
        box.tip += "".join(f"\n{line}" for line in _saved_lines(node))
        inputs = [(i, self._source(node, i)) for i in range(len(node.parents))]
        number = len(self.boxes)
        self.boxes.append(box)
        self.box_of[node] = number, 0
        if outputs:
            for port, output in enumerate(outputs):
                index = output.saved[0]
                own = self.names.by_node.get(output)
                box.ports.append(f"{index}: {output.shape}" if own is None else f"{own}: {output.shape}")
                self.box_of[output] = number, port
                box.values += self._value_line(output, self.prefix(number, port))
        else:
            box.ports = [str(node.shape)]
            box.values = self._value_line(node)
        for i, source in inputs:
            if source is not None:
                self.links.add((*source, number))
                self._link(node, i, source, number, f"input {i}")
        self._link_parameters(node, number)

    def _link(self, node: Node, i: int, source: tuple[int, int], target: int, which: str) -> None:
        """The edge to the box `target` along which input `i` of the node comes."""
        start, port = source
        parent = node.parents[i] if i >= 0 else None
        shape = self.boxes[start].shape if parent is None else parent.shape
        what = self.boxes[start].title if parent is None else self.name(parent)
        if parent is not None:
            self.edge_of[node, i] = len(self.edges)
        self.edges.append(Edge(start, target, port, f"{what} {shape} → {self.boxes[target].title}, {which}"))

    def _link_parameters(self, node: Node, target: int) -> None:
        """Named tensors that are parameters of the operation: indices, targets."""
        for array in parameter_arrays(node):
            known = self.names.of_parameter(array)
            if known is not None:
                source = self._constant(array, node, known)
                if (*source, target) not in self.links:
                    self.links.add((*source, target))
                    self._link(node, -1, source, target, "parameter")

    def _add_member(self, node: Node, group: int, step: int) -> None:
        """A node that is drawn in the box of its group."""
        inputs = []
        for i, parent in enumerate(node.parents):
            if parent is None or parent in self.folding.absorbed:
                continue
            if self.folding.group_of.get(parent) != group:
                inputs.append((i, self.box_of[parent]))
        for i, value in constants_of(node).items():
            self.names.gone |= value is GONE
            if isinstance(value, ndarray) and self.names.of_constant(value) is not None:
                inputs.append((i, self._constant(value, node)))
        number = self.group_box.get(group, len(self.boxes))
        if number == len(self.boxes):
            what = self.folding.groups[group]
            self.group_box[group] = number
            self.boxes.append(Box("module", what.name, what.kind, self.folding.lines(group)))
            self.steps[group] = step
        box = self.boxes[number]
        last = self.steps[group]
        when = f"step {step}" if step == last else f"steps {step} to {last}"
        box.tip = f"{box.title}: {box.shape}\n{when} of {self.count} in backward"
        self.box_of[node] = number, len(box.ports)
        if node in self.folding.outputs:
            box.ports.append(str(node.shape))
            box.values += self._value_line(node)
        for i, source in inputs:
            if (*source, number) not in self.links:
                self.links.add((*source, number))
                self._link(node, i, source, number, "input")
        self._link_parameters(node, number)

    def _source(self, node: Node, i: int) -> tuple[int, int] | None:
        """The box from which input `i` comes; None if it is no tensor, number or array."""
        parent = node.parents[i]
        if parent is not None:
            return self.box_of[parent]
        value = constants_of(node).get(i)
        return None if value is None else self._constant(value, node)

    def _constant(self, value: Any, node: Node, known: tuple[str, tuple] | None = None) -> tuple[int, int]:
        """The box of a constant operand of the node; one for all uses of the same elements."""
        number = len(self.boxes)
        if value is GONE:
            self.names.gone = True
            self.boxes.append(Box("constant", "constant", "freed", tip="a constant; its tensor is gone: no gradient"))
        elif isinstance(value, ndarray):
            key = (*elements(value), value.shape)
            if key in self.constants:
                return self.constants[key], 0
            self.constants[key] = number
            self.names.arrays.append(value)
            title, shape = known or self.names.of_constant(value) or ("constant", value.shape)
            size = str(value.shape)
            if shape != value.shape:
                part = math.prod(shape) != value.size
                size = f"part {size} of {shape}" if part else f"{shape} as {size}"
            box = Box("constant", title, size, tip=f"{title} {size}, {value.dtype}: no gradient")
            if changed(value, node):
                box.values = ["value changed in place since"] if self.values is not None else []
            elif self.values is not None or (title == "constant" and value.size <= FEW):
                box.values = [f"value {brief(value)}"]
            self.boxes.append(box)
        else:
            self.boxes.append(Box("constant", brief(value), tip="a number: no gradient"))
        return number, 0

    def _add_result(self, node: Node, t: Tensor, count: int) -> None:
        start, port = self.box_of[node]
        name = self.names.by_node.get(node)
        title = name or ("result" if count == 1 else f"result {len(self.results)}")
        box = Box("result", title, str(t.shape), self._value_line(node), tip=f"{title} {t.shape}, {t.dtype}")
        self.results.append((len(self.boxes), node))
        self.edges.append(Edge(start, len(self.boxes), port, f"{self.name(node)} {t.shape} → {title}"))
        self.boxes.append(box)


def _call(node: Node) -> str:
    shapes = ", ".join("constant" if parent is None else str(parent.shape) for parent in node.parents)
    return f"{node.name}: {shapes}" + ("" if getattr(node.primitive, "outputs", False) else f" → {node.shape}")


def _saved_lines(node: Node) -> list[str]:
    """For the tooltip: what the node keeps alive for its rule."""
    trace = [f"called at {node.extra.trace}"] if node.extra is not None and node.extra.trace else []
    if node.saved is FREED:
        return ["saved values: freed by backward", *trace]
    if isinstance(node.primitive, FunctionPrimitive):
        kept = node.saved[0].packed
        return [f"saved: {_kind(k.array)}" for k in kept if k is not None] + trace
    what = {OUT: "the output", AUX: "intermediate values"}
    lines = [
        f"saved: {what.get(spec, f'input {spec}')}, {_kind(value)}"
        for spec, value in saved_by_spec(node).items()
        if spec > SHAPE
    ]
    params = node.saved[len(node.primitive.saves) :]
    if params:
        lines.append(f"parameters: {', '.join(_kind(p) for p in params)}")
    return [*(lines or ["saves nothing"]), *trace]


def _kind(value: Any) -> str:
    if isinstance(value, ndarray):
        return f"{value.shape} {value.dtype}"
    if isinstance(value, tuple) and any(isinstance(v, ndarray) for v in value):
        return f"({', '.join(_kind(v) for v in value)})"
    text = str(value) if not isinstance(value, Primitive) else value.name
    return text if len(text) <= 60 else f"{text[:57]}…"
