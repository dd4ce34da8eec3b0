"""`replay`: backpropagation step by step, one frame a node, in the order in which `backward` really takes them.

The steps are recorded from `backpropagate` itself, by an algebra that looks on; nothing is done over again here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.backward import ArrayAlgebra, checked_seeds
from ..engine.graph import LEAF, OUTPUT, Deferred, Node, Watcher, topological_order, watchers
from ..engine.history import history
from ..engine.modes import no_grad
from ..engine.tensor import Tensor, describe, wrap
from ..engine.types import TensorLike
from ..engine.walk import backpropagate
from .draw import GraphPicture, check_size, roots_of
from .draw_names import names_of
from .draw_svg import Picture, State, clean
from .draw_values import brief, known_values


class Recorder(ArrayAlgebra, Watcher):
    """First-order backpropagation that notes what each rule returned, before it is summed to its operand's shape.

    The engine shows an algebra the results of the rules while there is a watcher, so this is one for the time.
    """

    def __init__(self) -> None:
        self.local: dict[Node, list] = {}

    def inspect(self, node: Node, gradients: Iterable) -> None:
        gradients = tuple(gradients)
        super().inspect(node, gradients)
        self.local.setdefault(node, []).extend(_copy(g) for g in gradients)

    def run(self, seeds: list, wanted: set[Node]) -> dict[Node, Any]:
        watchers.append(self)
        try:
            with no_grad():
                return backpropagate(seeds, self, wanted, retain=True, deposit=False)
        finally:
            watchers.remove(self)

    def results(self, node: Node) -> list[tuple[int, Any]]:
        """For each input that wants a gradient its number and what the rule gave, None if it gave none."""
        local = self.local.get(node)
        if local is None:
            return []
        return [(i, local[i]) for i, parent in enumerate(node.parents) if parent is not None]


def _copy(g: Any) -> Any:
    """The engine may go on to overwrite what a rule returned."""
    return None if g is None else g.assemble() if isinstance(g, Deferred) else np.array(g)


@dataclass
class Contribution:
    """What one rule sent to one input."""

    input: int
    to: str
    local: ndarray  # what the rule returned, of the output's shape where operands were broadcast
    gradient: ndarray  # summed to the shape of the input
    so_far: ndarray  # all that has arrived there, this included


@dataclass
class Frame:
    """One step: a node whose gradient is complete, and what its rule makes of it."""

    number: int  # from 1
    count: int
    node: Node
    name: str
    gradient: Tensor | None  # None: no gradient arrived, or the operation has several results with one each
    contributions: list[Contribution]
    text: str
    state: State
    picture: Picture = field(repr=False)

    @property
    def svg(self) -> str:
        """The graph with this node and its edges in the light, and the gradients so far."""
        return self.picture.svg(self.state)

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.text


class Replay:
    """Holds what `replay` returns: a sequence of frames. `print` it for the text; a notebook shows it with buttons."""

    def __init__(self, frames: list[Frame], gradients: dict[Node, Any]):
        self.frames = frames
        self._gradients = gradients

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, i: int) -> Frame:
        return self.frames[i]

    def gradient(self, x: Tensor) -> Tensor:
        """The final gradient with respect to a tensor of the graph, a leaf or not."""
        node = history(x) if isinstance(x, Tensor) else None
        if node is None or node not in self._gradients:
            raise ValueError(f"gradient: {describe(x)} is not in the graph that was replayed; give one of its tensors")
        return wrap(np.array(self._gradients[node]))

    @property
    def text(self) -> str:
        """The texts of all frames."""
        return "\n".join(frame.text for frame in self.frames)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<replay of {len(self.frames)} steps; print it, or see .frames>"

    def _repr_svg_(self) -> str:
        """The last frame, with all gradients: for hosts that show no HTML of others."""
        return self.frames[-1].svg

    def _repr_html_(self) -> str:
        """The frames with buttons and a slider, without anything from outside. Without scripts: the last frame."""
        last = self.frames[-1]
        steps = []
        for before, frame in zip([None, *self.frames], self.frames):
            shown = before.state.grads if before is not None else {}
            steps.append(
                {
                    "text": frame.text,
                    "current": list(frame.state.current),
                    "edges": list(frame.state.edges),
                    "waiting": list(frame.state.waiting),
                    "grads": {box: lines for box, lines in frame.state.grads.items() if shown.get(box) != lines},
                }
            )
        data = json.dumps(steps, separators=(",", ":")).replace("<", "\\u003c")
        return PAGE.format(count=len(steps), svg=last.svg, text=escape(clean(last.text)), data=data, script=SCRIPT)


PAGE = """<div class="agd-replay" tabindex="0" style="font-family:sans-serif;font-size:13px;max-width:100%">
<div style="display:flex;gap:6px;align-items:center;margin:4px 0">
<button type="button" data-go="first" title="first step">&#9198;</button>
<button type="button" data-go="back" title="previous step">&#9664;</button>
<button type="button" data-go="on" title="next step">&#9654;</button>
<button type="button" data-go="last" title="last step">&#9197;</button>
<input type="range" min="1" max="{count}" value="{count}" aria-label="step" style="flex:1;max-width:340px">
<span class="agd-step">{count} / {count}</span>
</div>
<div class="agd-view" style="overflow:auto;max-height:75vh">{svg}</div>
<pre class="agd-text" style="white-space:pre-wrap;margin:8px 0;min-height:7em">{text}</pre>
<script type="application/json">{data}</script>
<script>{script}</script>
</div>"""

SCRIPT = """
document.querySelectorAll('.agd-replay:not([data-ready])').forEach(function (root) {
  root.setAttribute('data-ready', '');
  var steps = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  var slider = root.querySelector('input'), view = root.querySelector('.agd-view'), at = 0;
  var nodes = root.querySelectorAll('[data-node]'), edges = root.querySelectorAll('[data-edge]');
  function show(step) {
    at = Math.max(0, Math.min(steps.length - 1, step));
    var frame = steps[at], grads = {};
    for (var i = 0; i <= at; i++) Object.assign(grads, steps[i].grads);
    var waiting = new Set(frame.waiting);
    nodes.forEach(function (node) {
      var id = +node.dataset.node, lines = grads[id] || [];
      node.classList.toggle('agd-current', frame.current.includes(id));
      node.classList.toggle('agd-waiting', waiting.has(id));
      node.querySelectorAll('.agd-grad').forEach(function (text, i) { text.textContent = lines[i] || ''; });
    });
    edges.forEach(function (edge) {
      edge.classList.toggle('agd-current', frame.edges.includes(+edge.dataset.edge));
      edge.classList.toggle('agd-waiting', waiting.has(+edge.dataset.from) && waiting.has(+edge.dataset.to));
    });
    root.querySelector('.agd-text').textContent = frame.text;
    root.querySelector('.agd-step').textContent = (at + 1) + ' / ' + steps.length;
    slider.value = at + 1;
    var box = root.querySelector('.agd-node.agd-current');
    if (box) {
      var b = box.getBoundingClientRect(), v = view.getBoundingClientRect();
      if (b.top < v.top || b.bottom > v.bottom) view.scrollTop += b.top - v.top - v.height / 2;
      if (b.left < v.left || b.right > v.right) view.scrollLeft += b.left - v.left - v.width / 2;
    }
  }
  root.addEventListener('click', function (event) {
    var go = event.target.dataset.go;
    if (go) show({first: 0, back: at - 1, on: at + 1, last: steps.length - 1}[go]);
  });
  root.addEventListener('keydown', function (event) {
    if (event.target === slider) return;
    if (event.key === 'ArrowRight') show(at + 1); else if (event.key === 'ArrowLeft') show(at - 1); else return;
    event.preventDefault();
  });
  slider.addEventListener('input', function () { show(slider.value - 1); });
  show(0);
});
"""


def replay(
    t: Tensor,
    gradient: TensorLike | None = None,
    *,
    names: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    params: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    direction: str = "down",
    max_nodes: int = 300,
) -> Replay:
    """Replay backpropagation from a tensor `t`, node by node in topological order: each after everything that uses it.

    A frame shows the gradient that arrived at a node, what the node's rule (its vector-Jacobian product) makes of it
    for each input, and what has been accumulated there. Nothing is freed and no `.grad` touched; hooks are called.

    gradient    what the pass starts from; None for a tensor of one element means 1
    names, params, direction   as in `draw`
    max_nodes   the largest graph that is replayed

    Formula: ḡ_parent += ḡ_node ∂node/∂parent, for each node in topological order and each of its parents
    Shapes: any; gradient that of t.
    Dtypes: floating and complex ones.
    Raises: TypeError for what is not a tensor; RuntimeError for a tensor without a graph, for one of several elements
        without a gradient and for a graph that was freed; ValueError for a graph of more than max_nodes nodes,
        another direction, or a name in a dictionary that is nowhere in the graph.
    Source: Griewank & Walther, Evaluating Derivatives (2008), chapter 3.

    >>> import autograd_core as ag
    >>> x, w = ag.tensor(3.0, requires_grad=True), ag.tensor(2.0, requires_grad=True)
    >>> steps = ag.replay(x * w + x, names={"x": x, "w": w})
    >>> print(steps)
    step 1 of 4: add ()
      gradient 1, complete: from the start
      its rule for input 0, mul: 1
      its rule for input 1, x: 1
    step 2 of 4: mul ()
      gradient 1, complete: from add
      its rule for input 0, x: 2; x has 3 so far
      its rule for input 1, w: 3
    step 3 of 4: leaf w ()
      gradient 3, complete: from mul
      a leaf: backward() adds this to its .grad
    step 4 of 4: leaf x ()
      gradient 3, complete: from add, mul
      a leaf: backward() adds this to its .grad
    >>> steps.gradient(x)
    tensor(3.)
    """
    roots = roots_of("replay", [t])
    nodes = topological_order(node for node, _ in roots)
    check_size("replay", nodes, max_nodes)
    if direction not in ("down", "right"):
        raise ValueError(f"replay: direction is {direction!r}; give 'down' or 'right'")
    known_names = names_of("replay", names if params is None else params)
    seeds = checked_seeds("replay", [t], [gradient], False)
    several = {node.parents[0] for node in nodes if node.primitive is OUTPUT}
    recorder = Recorder()
    gradients = recorder.run(seeds, set(nodes) - several)
    graph = GraphPicture(nodes, roots, known_names, known_values(nodes, roots))
    known_names.check("replay", nodes)
    return Replay(_Film(graph, nodes, seeds, recorder, gradients, direction).frames, gradients)


class _Film:
    """Makes the frames: follows the recorded steps and keeps what has been accumulated so far."""

    def __init__(
        self, graph: GraphPicture, nodes: list[Node], seeds: list, recorder: Recorder, gradients: dict, direction: str
    ):
        self.graph, self.recorder, self.gradients = graph, recorder, gradients
        self.count = len(nodes)
        self.so_far: dict[Node, ndarray] = {node: np.asarray(g) for node, g in seeds}
        self.senders: dict[Node, list[str]] = {node: ["the start"] for node, _ in seeds}
        self.lines: dict[int, dict[int, str]] = {}  # for each box, the gradient line of each of its results
        for (box, node), (_, g) in zip(graph.results, seeds):
            self.lines[box] = {0: f"grad {brief(g)}"}
            self._set_line(node, "grad so far ", self.so_far[node])
        steps = [self._step(i, node) for i, node in enumerate(nodes, 1)]
        for i, node_box in enumerate(graph.boxes):
            texts = [line for step in steps for line in step["state"].grads.get(i, ())]
            if texts:
                height = max(len(step["state"].grads.get(i, ())) for step in steps)
                node_box.room = [max(texts, key=len)] * height
        picture = Picture(graph.boxes, graph.edges, direction)
        self.frames = [Frame(**step, picture=picture) for step in steps]

    def _set_line(self, node: Node, words: str, g: Any) -> None:
        box, port = self.graph.box_of[node]
        self.lines.setdefault(box, {})[port] = f"{self.graph.prefix(box, port)}{words}{brief(g)}"

    def _step(self, number: int, node: Node) -> dict[str, Any]:
        name = self.graph.name(node)
        g = self.gradients.get(node)
        lines = [f"step {number} of {self.count}: {self._title(node, name)}"]
        contributions: list[Contribution] = []
        if g is not None:
            self._set_line(node, "grad ", g)
            lines.append(f"  gradient {brief(g, shape=True)}, complete: from {_counted(self.senders.get(node, []))}")
            if node.extra is not None and node.extra.hooks:
                lines[-1] += f", and through {len(node.extra.hooks)} hook(s)"
        if node.primitive is LEAF:
            if g is not None:
                lines.append("  a leaf: backward() adds this to its .grad")
        elif node.primitive is OUTPUT:
            self.senders.setdefault(node.parents[0], []).append(name)
            lines.append(f"  one of several results: it waits at '{node.parents[0].name}' for the others")
        else:
            results = self.recorder.results(node)
            if g is None and results:
                lines.append(f"  gradients of its results: from {_counted(self.senders.get(node, []))}")
            for i, local in results:
                lines.append(self._contribute(node, name, i, local, contributions))
        if g is None and not contributions and node.primitive is not OUTPUT:
            lines.append("  no gradient arrives here, so its rule is not run")
        box = self.graph.box_of[node][0]
        edges = [self.graph.edge_of[node, c.input] for c in contributions]
        grads = {b: [ports[port] for port in sorted(ports)] for b, ports in self.lines.items()}
        waiting = [
            b for b, other in enumerate(self.graph.boxes) if b not in grads and b != box and other.kind != "constant"
        ]
        state = State((box,), tuple(edges), tuple(waiting), grads)
        gradient = None if g is None else wrap(np.asarray(g))
        return {
            "number": number,
            "count": self.count,
            "node": node,
            "name": name,
            "gradient": gradient,
            "contributions": contributions,
            "text": "\n".join(lines),
            "state": state,
        }

    def _title(self, node: Node, name: str) -> str:
        kind = "leaf " if node.primitive is LEAF and name != "leaf" else ""
        return f"{kind}{name} {node.shape}" if not getattr(node.primitive, "outputs", False) else name

    def _contribute(self, node: Node, name: str, i: int, local: Any, contributions: list[Contribution]) -> str:
        parent = node.parents[i]
        to = self.graph.name(parent)
        if local is None:
            return f"  its rule for input {i}, {to}: nothing"
        g = self.recorder.fit(local, parent.shape) if node.primitive.broadcasts else local
        before = self.so_far.get(parent)
        self.so_far[parent] = total = g if before is None else before + g
        self.senders.setdefault(parent, []).append(name)
        contributions.append(Contribution(i, to, local, g, total))
        self._set_line(parent, "grad so far ", total)
        text = f"  its rule for input {i}, {to}: {brief(local, shape=True)}"
        if g.shape != local.shape:
            text += f", summed over the broadcast dimensions to {brief(g, shape=True)}"
        return text if before is None else f"{text}; {to} has {brief(total, shape=True)} so far"


def _counted(names: list[str]) -> str:
    return ", ".join(name if n == 1 else f"{name} ({n} times)" for name, n in Counter(names).items())
