"""A picture of boxes and edges, as SVG and as Graphviz source. `draw.py` says what they are, `draw_layout.py` where.

Colours are in one style sheet. The picture has a background of its own and follows the reader's preference for light
or dark, so it is legible on any page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .draw_layout import Layout, Point, layered

MARGIN = 16.0
LINE = 15.0  # the height of a line of text; that of the first line of a box is TITLE
TITLE = 17.0
LABEL = 13.0
HEAD = 8.0  # the length of an arrow's head
NARROW, WIDE = set(" .,:;'|!()[]{}ijlftr-/"), set("mwMW%@…")

_LIGHT = {
    ".agd-card": "fill:#ffffff;stroke:#e3e6eb",
    ".agd text": "fill:#1f2430;font-family:'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:11px",
    ".agd .agd-title": "font-size:12px;font-weight:600",
    ".agd .agd-shape": "fill:#5b6472",
    ".agd .agd-grad": "fill:#a33b0a",
    ".agd .agd-label": "fill:#5b6472;font-size:10px",
    ".agd .agd-note": "fill:#5b6472;font-size:11px",
    ".agd-op .agd-box": "fill:#f1f3f6;stroke:#727c8c",
    ".agd-leaf .agd-box": "fill:#e4efff;stroke:#2f6fd0",
    ".agd-module .agd-box": "fill:#efeafb;stroke:#7354b5",
    ".agd-result .agd-box": "fill:#e2f5e8;stroke:#23894c;stroke-width:2",
    ".agd-constant .agd-box": "fill:#fdfdfd;stroke:#9aa3af;stroke-dasharray:4 3",
    ".agd-line": "fill:none;stroke:#8792a2;stroke-width:1.3",
    ".agd-head": "fill:#8792a2;stroke:none",
    ".agd .agd-waiting": "opacity:.4",
    ".agd .agd-current .agd-box": "fill:#ffe9c7;stroke:#d9730d;stroke-width:2.5;stroke-dasharray:none",
    ".agd .agd-current .agd-line": "stroke:#d9730d;stroke-width:2.5",
    ".agd .agd-current .agd-head": "fill:#d9730d",
}
_DARK = {
    ".agd-card": "fill:#1b1d23;stroke:#343842",
    ".agd text": "fill:#eceff4",
    ".agd .agd-shape": "fill:#aab3c2",
    ".agd .agd-grad": "fill:#ffb27a",
    ".agd .agd-label": "fill:#aab3c2",
    ".agd .agd-note": "fill:#aab3c2",
    ".agd-op .agd-box": "fill:#2b2f38;stroke:#8c96a8",
    ".agd-leaf .agd-box": "fill:#1c3355;stroke:#6aa5ff",
    ".agd-module .agd-box": "fill:#2f2747;stroke:#a58be0",
    ".agd-result .agd-box": "fill:#173d28;stroke:#4fc585",
    ".agd-constant .agd-box": "fill:#202329;stroke:#7d8796",
    ".agd .agd-current .agd-box": "fill:#573a10;stroke:#ffa640",
    ".agd .agd-current .agd-line": "stroke:#ffa640",
    ".agd .agd-current .agd-head": "fill:#ffa640",
}


def _rules(table: Mapping[str, str]) -> str:
    return "".join(f"{selector}{{{properties}}}" for selector, properties in table.items())


STYLE = f"{_rules(_LIGHT)}@media (prefers-color-scheme:dark){{{_rules(_DARK)}}}"


@dataclass
class Box:
    """kind: 'op', 'module', 'leaf', 'result' or 'constant'. `grads` are the last lines; `room` is for lines yet to come."""

    kind: str
    title: str
    shape: str = ""
    values: list[str] = field(default_factory=list)
    grads: list[str] = field(default_factory=list)
    room: list[str] = field(default_factory=list)
    tip: str = ""
    ports: list[str] = field(default_factory=list)  # the label of each result: shape, and which one if several

    def lines(self) -> list[tuple[str, str]]:
        """The lines that never change, with their classes."""
        head = [("agd-title", self.title), *([("agd-shape", self.shape)] if self.shape else [])]
        return [*head, *(("agd-value", line) for line in self.values)]


@dataclass
class Edge:
    source: int
    target: int
    port: int = 0
    tip: str = ""


@dataclass
class State:
    """What one frame of a replay changes: boxes and edges in the light, boxes not reached yet, gradients so far."""

    current: Collection[int] = ()
    edges: Collection[int] = ()
    waiting: Collection[int] = ()
    grads: Mapping[int, list[str]] = field(default_factory=dict)


def clean(text: str) -> str:
    """Without the control characters that XML does not allow, even escaped."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def width_of(text: str, size: float) -> float:
    """About how wide the text is in a sans-serif font, rather more than less."""
    em = sum(
        0.34 if c in NARROW else 0.95 if c in WIDE or ord(c) > 0x2E80 else 0.7 if c.isupper() else 0.6 for c in text
    )
    return em * size


class Picture:
    """Boxes and edges with their positions. `direction` is where the computation runs: 'down' or 'right'."""

    def __init__(self, boxes: list[Box], edges: list[Edge], direction: str = "down", notes: Collection[str] = ()):
        self.boxes, self.edges, self.down = boxes, edges, direction == "down"
        self.notes = [line for note in notes for line in _wrapped(note)]
        self.sizes = [self._size(box) for box in boxes]
        reach = [self._label_reach(box) for box in boxes]
        across, along = [], []
        for box, (width, height), label in zip(boxes, self.sizes, reach, strict=True):
            spread = max(len(box.ports) - 1, 0) * self._port_step(box)
            across.append(max(width, spread + 2 * label) if self.down else max(height, spread + 2 * LABEL))
            along.append(height + LABEL if self.down else width + label)
            if not label:
                across[-1], along[-1] = (width, height) if self.down else (height, width)
        links = [(edge.source, edge.target, self._port(edge.source, edge.port)) for edge in edges]
        faces = [width if self.down else height for width, height in self.sizes]
        self.layout: Layout = layered(across, along, links, faces)

    # ------------------------------------------------------------------------------------------------------- sizes

    def _size(self, box: Box) -> Point:
        lines = box.lines()
        grads = max(len(box.grads), len(box.room))
        widths = [width_of(text, 12.5 if cls == "agd-title" else 11) for cls, text in lines]
        widths += [width_of(text, 11) for text in (*box.grads, *box.room)]
        return round(max(*widths, 18.0) + 20, 1), TITLE + LINE * (len(lines) - 1 + grads) + 10

    def _port_step(self, box: Box) -> float:
        if len(box.ports) < 2:
            return 0.0
        return max(width_of(label, 10) for label in box.ports) + 14 if self.down else 2 * LABEL

    def _port(self, box: int, port: int) -> float:
        ports = self.boxes[box].ports
        return (port - (len(ports) - 1) / 2) * self._port_step(self.boxes[box])

    def _label_reach(self, box: Box) -> float:
        return max((width_of(label, 10) + 8 for label in box.ports), default=0.0)

    def rectangle(self, box: int) -> tuple[float, float, float, float]:
        """x, y, width, height of a box in the picture."""
        width, height = self.sizes[box]
        across, along = self.layout.across[box] + MARGIN, self.layout.along[box] + MARGIN
        return (across - width / 2, along, width, height) if self.down else (along, across - height / 2, width, height)

    # --------------------------------------------------------------------------------------------------------- SVG

    def svg(self, state: State | None = None) -> str:
        state = state or State()
        across, along = self.layout.extent
        width, height = (across, along) if self.down else (along, across)
        width = max([width, *(width_of(note, 11) for note in self.notes)]) + 2 * MARGIN
        height += 2 * MARGIN + (LINE * len(self.notes) + 8 if self.notes else 0)
        size = f"{_n(width)} {_n(height)}"
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="agd" role="img" width="{_n(width)}" '
            f'height="{_n(height)}" viewBox="0 0 {size}">',
            f"<title>computation graph of {len(self.boxes)} boxes and {len(self.edges)} edges</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="agd-card" x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="8"/>',
        ]
        parts += [self._edge_svg(i, state) for i in range(len(self.edges))]
        parts += [self._box_svg(i, state) for i in range(len(self.boxes))]
        for i, note in enumerate(reversed(self.notes)):
            parts.append(f'<text class="agd-note" x="{_n(MARGIN)}" y="{_n(height - 12 - i * LINE)}">{_x(note)}</text>')
        return "\n".join([*parts, "</svg>"])

    def _edge_svg(self, number: int, state: State) -> str:
        edge = self.edges[number]
        x, y, width, height = self.rectangle(edge.source)
        route = [(a + MARGIN, b + MARGIN) for a, b in self.layout.routes[number]]
        leaves = (route[0][0], y + height if self.down else x + width)
        route = [leaves, *route]
        tip = route[-1]
        route[-1] = (tip[0], tip[1] - HEAD + 2)
        route[-2] = (tip[0], min(route[-2][1], route[-1][1]))
        marks = " agd-current" if number in state.edges else ""
        if edge.source in state.waiting and edge.target in state.waiting:
            marks += " agd-waiting"
        return (
            f'<g class="agd-edge{marks}" data-edge="{number}" data-from="{edge.source}" data-to="{edge.target}">'
            f'<path class="agd-line" d="{self._path(route)}"/><path class="agd-head" d="{self._head(tip)}"/>'
            f"<title>{_x(edge.tip)}</title></g>"
        )

    def _path(self, route: list[Point]) -> str:
        """Straight along, bent in between; the tangents are along everywhere."""
        corners = [route[0]]
        for before, point, after in zip(route, route[1:], route[2:]):
            if not abs(before[0] - point[0]) < 0.05 > abs(point[0] - after[0]):
                corners.append(point)
        corners.append(route[-1])
        at = self._point
        d = [f"M{at(*corners[0])}"]
        for (a, b), (c, e) in itertools.pairwise(corners):
            if abs(a - c) < 0.05:
                d.append(f"L{at(c, e)}")
            else:
                middle = (b + e) / 2
                d.append(f"C{at(a, middle)} {at(c, middle)} {at(c, e)}")
        return " ".join(d)

    def _head(self, tip: Point) -> str:
        a, b = tip
        back = b - HEAD
        return f"M{self._point(a, b)} L{self._point(a - 3.6, back)} L{self._point(a + 3.6, back)} Z"

    def _point(self, across: float, along: float) -> str:
        return f"{_n(across)},{_n(along)}" if self.down else f"{_n(along)},{_n(across)}"

    def _box_svg(self, number: int, state: State) -> str:
        box = self.boxes[number]
        x, y, width, height = self.rectangle(number)
        marks = " agd-current" if number in state.current else ""
        marks += " agd-waiting" if number in state.waiting else ""
        radius = {"op": 7, "module": 4, "result": 14, "leaf": 2}.get(box.kind, 2)
        middle = _n(x + width / 2)
        parts = [
            f'<g class="agd-node agd-{box.kind}{marks}" data-node="{number}"><title>{_x(box.tip)}</title>'
            f'<rect class="agd-box" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{radius}"/>'
        ]
        grads = state.grads.get(number, box.grads)
        grads = [*grads, *[""] * (max(len(box.grads), len(box.room)) - len(grads))]
        baseline = y + 5 + TITLE - 4.5
        for cls, text in [*box.lines(), *(("agd-grad", line) for line in grads)]:
            parts.append(f'<text class="{cls}" x="{middle}" y="{_n(baseline)}" text-anchor="middle">{_x(text)}</text>')
            baseline += LINE
        for port, label in enumerate(box.ports):
            offset = self._port(number, port)
            if self.down:
                left, base = x + width / 2 + offset + 5, y + height + 11
            else:
                left, base = x + width + 4, y + height / 2 + offset - 4
            parts.append(f'<text class="agd-label" x="{_n(left)}" y="{_n(base)}">{_x(label)}</text>')
        return "".join([*parts, "</g>"])

    # --------------------------------------------------------------------------------------------------------- DOT

    def dot(self) -> str:
        """The same graph as source for Graphviz."""
        styles = {
            "op": 'shape=box, style="rounded,filled", fillcolor="#f1f3f6", color="#727c8c"',
            "module": 'shape=box, style="filled", fillcolor="#efeafb", color="#7354b5"',
            "leaf": 'shape=box, style="filled", fillcolor="#e4efff", color="#2f6fd0"',
            "result": 'shape=box, style="rounded,filled,bold", fillcolor="#e2f5e8", color="#23894c"',
            "constant": 'shape=box, style="dashed", color="#9aa3af"',
        }
        parts = [
            "digraph {",
            f"    rankdir={'TB' if self.down else 'LR'};",
            '    node [fontname="Helvetica", fontsize=12];',
            '    edge [fontname="Helvetica", fontsize=10, color="#8792a2"];',
        ]
        for i, box in enumerate(self.boxes):
            text = "\n".join([*(line for _, line in box.lines()), *box.grads])
            parts.append(f"    n{i} [label={_q(text)}, {styles[box.kind]}];")
        for edge in self.edges:
            ports = self.boxes[edge.source].ports
            label = ports[edge.port] if ports else self.boxes[edge.source].shape
            parts.append(f"    n{edge.source} -> n{edge.target} [label={_q(label)}];")
        return "\n".join([*parts, "}"]) + "\n"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _x(text: str) -> str:
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _q(text: str) -> str:
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _wrapped(note: str, length: int = 90) -> list[str]:
    lines = [""]
    for word in note.split():
        if lines[-1] and len(lines[-1]) + len(word) >= length:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
