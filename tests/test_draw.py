"""`draw`: the picture is parsed back and compared with the graph, values and gradients with numbers worked by hand."""

from __future__ import annotations

import math
import re
import weakref
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.graph import FREED, topological_order
from autograd_core.inspection.draw import draw
from autograd_core.inspection.draw_layout import layered
from autograd_core.inspection.draw_values import brief, known_values

SVG = "{http://www.w3.org/2000/svg}"


def read(svg):
    """The boxes (kind, texts, rectangle, tooltip) and edges (from, to, points of the line, tooltip) of a picture."""
    root = ElementTree.fromstring(svg)
    boxes, edges = {}, []
    for group in root.iter(f"{SVG}g"):
        classes = group.get("class").split()
        if "agd-node" in classes:
            rect = group.find(f"{SVG}rect")
            texts = [text.text or "" for text in group.findall(f"{SVG}text")]
            place = tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
            kinds = ("agd-op", "agd-module", "agd-leaf", "agd-result", "agd-constant")
            kind = next(c[4:] for c in classes if c in kinds)
            boxes[int(group.get("data-node"))] = kind, texts, place, group.find(f"{SVG}title").text
        else:
            d = group.find(f"{SVG}path").get("d")
            points = [tuple(map(float, p)) for p in re.findall(r"(-?[\d.]+),(-?[\d.]+)", d)]
            ends = int(group.get("data-from")), int(group.get("data-to"))
            edges.append((*ends, points, group.find(f"{SVG}title").text))
    return boxes, edges


def box_with(svg, *words):
    found = [box for box in read(svg)[0].values() if all(any(w in text for text in box[1]) for w in words)]
    assert len(found) == 1, (words, found)
    return found[0]


def example():
    x = ag.tensor([1.0, 2.0])
    w = ag.tensor([3.0, -1.0], requires_grad=True)
    b = ag.tensor(0.5, requires_grad=True)
    return x, w, b, (x * w + b).sum()


def residual(blocks=3, width=4):
    x = ag.ones(2, width, requires_grad=True)
    for _ in range(blocks):
        u, v = (ag.full((width, width), 0.1, requires_grad=True) for _ in range(2))
        x = x + ag.matmul(ag.matmul(x, u).tanh(), v)
    return x.mean()


def recurrent(steps=6):
    w = ag.full((3, 3), 0.2, requires_grad=True)
    h = ag.ones(1, 3)
    total = ag.tensor(0.0)
    for _ in range(steps):
        h = (ag.matmul(h, w) + ag.ones(1, 3)).tanh()
        total = total + h.sum()
    return total


GRAPHS = {
    "formula": lambda: example()[-1],
    "leaf": lambda: ag.tensor([1.0], requires_grad=True),
    "residual": residual,
    "recurrent": recurrent,
    "slices": lambda: ag.cat([ag.ones(9, requires_grad=True)[i : i + 1] for i in range(9)]),
    "twice": lambda: (lambda x: x * x)(ag.tensor(2.0, requires_grad=True)),
}


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_and_edge_is_there_and_nothing_overlaps(name, values, direction):
    t = GRAPHS[name]()
    boxes, edges = read(draw(t, values, direction=direction).svg)
    nodes = topological_order([t.node])
    assert sum(kind in ("op", "leaf") for kind, *_ in boxes.values()) == len(nodes)
    assert sum(kind == "result" for kind, *_ in boxes.values()) == 1
    titles = sorted(texts[0] for kind, texts, *_ in boxes.values() if kind in ("op", "leaf"))
    assert titles == sorted(node.name for node in nodes)
    recorded = sorted((p.name, n.name) for n in nodes for p in n.parents if p is not None)
    of_nodes = [(a, b) for a, b, *_ in edges if boxes[a][0] != "constant" and boxes[b][0] != "result"]
    assert sorted((boxes[a][1][0], boxes[b][1][0]) for a, b in of_nodes) == recorded
    for (_, _, p, _), (_, _, q, _) in combinations(boxes.values(), 2):
        apart = p[0] + p[2] <= q[0] or q[0] + q[2] <= p[0] or p[1] + p[3] <= q[1] or q[1] + q[3] <= p[1]
        assert apart, (p, q)


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", GRAPHS)
def test_edges_run_from_box_to_box_and_forward(name, direction):
    boxes, edges = read(draw(GRAPHS[name](), direction=direction).svg)
    across, along = (0, 1) if direction == "down" else (1, 0)
    for a, b, points, _ in edges:
        source, target = boxes[a][2], boxes[b][2]
        assert points[0][along] == pytest.approx(source[along] + source[2 + along], abs=0.2)
        assert points[-1][along] == pytest.approx(target[along] - 6, abs=0.2)  # the head is the rest
        for box, point in ((source, points[0]), (target, points[-1])):
            assert box[across] - 0.2 <= point[across] <= box[across] + box[2 + across] + 0.2
        assert all(p[along] <= q[along] + 0.2 for p, q in pairwise(points))
    for target in boxes:  # those that arrive at one box do not cross before it
        ends = []
        for _, b, points, _ in edges:
            if b == target:
                end = points[-1][across]
                ends.append((next((p[across] for p in reversed(points) if abs(p[across] - end) > 0.05), end), end))
        assert [end for _, end in sorted(ends)] == sorted(end for _, end in ends)


def test_edges_carry_the_shape():
    _, w, _, y = example()
    _, edges = read(draw(y, names={"w": w}).svg)
    assert any(tip == "w (2,) → mul, input 1" for *_, tip in edges)
    assert any(tip.startswith("add (2,) → sum") for *_, tip in edges)
    assert "(2,)" in box_with(draw(y).svg, "add")[1]
    assert '[label="(2,)"]' in draw(y).dot


def test_the_package_has_the_functions_and_not_the_modules():
    assert ag.draw is draw
    assert ag.replay(example()[-1]).frames


def test_same_graph_same_text():
    assert draw(residual(), True).svg == draw(residual(), True).svg
    assert draw(residual()).dot == draw(residual()).dot


def test_kinds_are_told_apart_by_shape_and_colour():
    svg = draw(example()[-1]).svg
    boxes, _ = read(svg)
    assert {kind for kind, *_ in boxes.values()} == {"leaf", "op", "result", "constant"}
    radii = {re.search(rf'agd-{kind}".*?rx="(\d+)"', svg, re.S).group(1) for kind in ("leaf", "op", "result")}
    assert len(radii) == 3
    assert "prefers-color-scheme:dark" in svg


def test_names_from_a_mapping_or_pairs_and_for_constants():
    x, w, _, y = example()
    for given in ({"x": x, "w": w, "y": y}, [("x", x), ("w", w), ("y", y)]):
        svg = draw(y, names=given).svg
        assert svg == draw(y, params=given).svg
        assert box_with(svg, "x")[0] == "constant"
        assert box_with(svg, "w")[0] == "leaf"
        assert box_with(svg, "y")[0] == "result"


def test_names_of_intermediate_values():
    x = ag.tensor(1.0, requires_grad=True)
    h = x.exp()
    assert box_with(draw(h.sin(), names={"h": h}).svg, "exp → h")[0] == "op"


def test_everything_is_escaped():
    x = ag.tensor(1.0, requires_grad=True)
    ugly = '</text><script>"&\x00\x1b]]>\\'
    drawing = draw(x.exp(), names={ugly: x})
    texts = [texts for kind, texts, *_ in read(drawing.svg)[0].values() if kind == "leaf"]
    assert texts[0][0] == ugly.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert "<script" not in drawing.svg
    assert r"<script>\"&" in drawing.dot and r"]]>\\" in drawing.dot


# ------------------------------------------------------------------------------------------------ values and gradients


def test_values_and_gradients_are_right():
    _, w, b, y = example()  # x w = (3, -2), + b = (3.5, -1.5), sum = 2
    svg = draw(y, values=True, names={"w": w, "b": b}).svg
    assert box_with(svg, "mul")[1][1:3] == ["value [3, -2]", "grad [1, 1]"]
    assert box_with(svg, "add")[1][1:3] == ["value [3.5, -1.5]", "grad [1, 1]"]
    assert box_with(svg, "sum")[1][1:3] == ["value 2", "grad 1"]
    assert box_with(svg, "w")[1] == ["w", "(2,)", "value [3, -1]", "grad [1, 2]"]
    assert box_with(svg, "b", "()", "grad 2")[1] == ["b", "()", "value 0.5", "grad 2"]
    assert box_with(svg, "constant")[1] == ["constant", "(2,)", "value [1, 2]"]


def test_values_of_every_node_against_numpy():
    x, w = ag.tensor([0.3, -0.7]), ag.tensor([0.5, 2.0], requires_grad=True)
    a = x * w
    s = a.sin()
    e = s.exp()
    total = (e * s).sum()
    expected = [w, a, s, e, e * s, total]
    nodes = topological_order([total.node])
    a_node, s_node, e_node = a.node, s.node, e.node
    del a, s, e  # only the graph is left
    known = known_values(nodes, [(total.node, total)])
    w_, x_ = np.array([0.5, 2.0], np.float32), np.array([0.3, -0.7], np.float32)
    np.testing.assert_allclose(known[a_node], x_ * w_, rtol=1e-6)
    np.testing.assert_allclose(known[s_node], np.sin(x_ * w_), rtol=1e-6)
    np.testing.assert_allclose(known[e_node], np.exp(np.sin(x_ * w_)), rtol=1e-6)
    assert len(known) == len(nodes) == len(expected)


def test_gradient_of_several_elements_is_that_of_the_sum_and_says_so():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    svg = draw(x * x, True).svg
    assert "sum of the result" in svg
    assert box_with(svg, "leaf")[1][-1] == "grad [2, 4]"
    svg = draw(x * x, True, gradient=ag.tensor([1.0, 10.0])).svg
    assert "sum of the result" not in svg
    assert box_with(svg, "leaf")[1][-1] == "grad [2, 40]"


def test_touches_no_grad_and_frees_nothing():
    _, w, b, y = example()
    w.grad = ag.tensor([7.0, 7.0])
    draw(y, values=True)
    assert w.grad.tolist() == [7.0, 7.0] and b.grad is None
    assert not any(node.saved is FREED for node in topological_order([y.node]))
    y.backward()
    assert w.grad.tolist() == [8.0, 9.0]


def test_keeps_no_tensor_alive():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    drawing = draw(y, True)
    gone = weakref.ref(y.array), weakref.ref(y)
    del y
    assert gone[0]() is None and gone[1]() is None
    assert drawing.svg


def test_freed_graph_keeps_its_structure_and_says_what_is_missing():
    x = ag.tensor(2.0, requires_grad=True)
    y = x.exp().sin()
    before = draw(y)
    y.backward()
    after = draw(y)
    assert [(a, b) for a, b, *_ in read(after.svg)[1]] == [(a, b) for a, b, *_ in read(before.svg)[1]]
    svg = draw(y, values=True).svg
    assert "freed" in svg and "retain_graph=True" in svg
    assert box_with(svg, "exp")[1] == ["exp", "value not kept", "()"]
    expected = math.cos(math.exp(2)) * math.exp(2)
    assert box_with(svg, "leaf")[1][-1] == f".grad {expected:.4g}"


def test_value_changed_in_place_is_not_shown_as_the_one_used():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    z = y * 3.0
    with ag.no_grad():
        y.add_(100.0)
    svg = draw(z.sum(), values=True).svg
    assert "value [2.718, 7.389]" in box_with(svg, "exp")[1]  # computed again from x
    assert "102.7" not in svg
    assert "No gradients: backward: 'exp' saved its output" in re.sub(r"\s+", " ", svg)


def test_a_leaf_updated_since_is_not_used_to_compute_again():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (w + 0.0 * w).sum()
    with ag.no_grad():
        w.mul_(50.0)
    assert w.node not in known_values(topological_order([y.node]), [(y.node, y)])


class MinMax(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.amin(), x.amax()

    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return (x == x.amin()).float() * g + (x == x.amax()).float() * h


def test_operation_with_several_results_is_one_box():
    x = ag.tensor([1.0, 5.0, 3.0], requires_grad=True)
    low, high = MinMax.apply(x)
    drawing = draw([low * 2.0, high * 3.0], values=True, names={"high": high})
    boxes, edges = read(drawing.svg)
    kind, texts, _, tip = box_with(drawing.svg, "MinMax")
    assert kind == "op" and "saved: (3,) float32" in tip
    assert texts[1:5] == ["0: value not kept", "high: value not kept", "0: grad 2", "high: grad 3"]
    assert "0: ()" in texts and "high: ()" in texts
    number = next(i for i, box in boxes.items() if box[1][0] == "MinMax")
    leaving = [points[0][0] for a, _, points, _ in edges if a == number]
    assert len(set(leaving)) == 2
    assert sorted(texts[0] for kind, texts, *_ in boxes.values() if kind == "result") == ["result 0", "result 1"]
    assert box_with(drawing.svg, "leaf")[1][-1] == "grad [2, 3, 0]"


def test_several_tensors_one_of_which_leads_to_the_other():
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    z = y * y
    svg = draw([y, z], True, gradient=[ag.tensor(10.0), None]).svg
    assert box_with(svg, "leaf")[1][-1] == "grad 66"  # 3 (10 + 2 y)
    assert draw([y, y]).svg.count("agd-node agd-result") == 1


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(0.123456), "0.1235"),
        (np.array([1.0, -2.5]), "[1, -2.5]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.zeros((0, 3)), "empty"),
        (np.arange(20.0), "min 0, mean 9.5, max 19"),
        (np.array([np.nan, np.inf] + [1.0] * 18), "min 1, mean 1, max 1; 2 not finite"),
        (np.full(20, np.nan), "none of 20 finite"),
        (np.arange(20) < 5, "5 of 20 true"),
        (np.array([True, False]), "[True, False]"),
        (np.full(20, 3 + 4j), "magnitude: min 5, mean 5, max 5"),
    ],
)
def test_brief(array, text):
    assert brief(array) == text


def test_brief_with_the_shape():
    assert brief(np.ones((4, 5)), shape=True) == "(4, 5) min 1, mean 1, max 1"


# ------------------------------------------------------------------------------------------------------- large, errors


def test_long_chain_draws():
    y = x = ag.tensor(1.0, requires_grad=True)
    for _ in range(2000):
        y = y.tanh()
    boxes, edges = read(draw(y, True).svg)
    assert len(boxes) == 2002 and len(edges) == 2001
    assert x.grad is None


def test_one_weight_used_a_thousand_times_draws_in_linear_size():
    small, large = len(draw(recurrent(100)).svg), len(draw(recurrent(400)).svg)
    assert large < 5 * small


def test_edges_beyond_the_budget_of_dummies_are_still_drawn():
    count = 300  # box i leads to all later ones: far more dummies than the layout makes
    edges = [(i, j, 0.0) for i in range(count) for j in range(i + 1, count, 7)]
    layout = layered([30.0 + i % 5 for i in range(count)], [20.0] * count, edges)
    assert len(layout.routes) == len(edges) and all(len(route) >= 4 for route in layout.routes)
    assert layout.layers == list(range(count))


def test_crossings_are_removed():
    edges = [(2, 3, 0.0), (0, 3, 0.0), (0, 4, 0.0), (1, 4, 0.0), (2, 5, 0.0)]  # as given, 2 -> 5 crosses three
    across = layered([20.0] * 6, [20.0] * 6, edges).across
    for (a, b, _), (c, d, _) in combinations(edges, 2):
        assert (across[a] - across[c]) * (across[b] - across[d]) >= 0


def test_graph_too_large():
    y = ag.tensor(1.0, requires_grad=True)
    for _ in range(20):
        y = y.exp()
    with pytest.raises(ValueError, match=r"draw: the graph has 21 nodes, more than max_nodes=10; .* pass max_nodes=21"):
        draw(y, max_nodes=10)
    assert draw(y, max_nodes=21)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda x: (np.ones(3),), TypeError, r"draw: shows the graph of a tensor, got ndarray of shape \(3,\)"),
        (lambda x: ([],), ValueError, r"draw: got an empty list; give at least one tensor"),
        (lambda x: (ag.ones(3),), RuntimeError, r"shape \(3,\) has no graph: .* set requires_grad=True"),
        (lambda x: (x, False, {"direction": "up"}), ValueError, r"direction is 'up'; give 'down' or 'right'"),
        (lambda x: (x, False, {"names": {"x": 3}}), TypeError, r"names must map strings to tensors, got \('x', 3\)"),
        (lambda x: (x, False, {"names": x}), TypeError, r"names must map strings to tensors, got Tensor of shape"),
        (lambda x: (x, True, {"gradient": ag.ones(3)}), RuntimeError, r"draw: the gradient has shape \(3,\)"),
    ],
)
def test_errors(arguments, error, message):
    t, *rest = arguments(ag.ones(2, requires_grad=True))
    values = rest[0] if rest else False
    with pytest.raises(error, match=message):
        draw(t, values, **(rest[1] if len(rest) > 1 else {}))


def test_save(tmp_path):
    drawing = draw(example()[-1])
    drawing.save(tmp_path / "g.svg")
    drawing.save(str(tmp_path / "g.DOT"))
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == drawing.svg == drawing._repr_svg_()
    assert (tmp_path / "g.DOT").read_text(encoding="utf-8") == drawing.dot
    with pytest.raises(ValueError, match=r"g.png' ends in '.png'; a drawing is saved as .svg, or as .dot"):
        drawing.save(tmp_path / "g.png")
    assert not (tmp_path / "g.png").exists()
