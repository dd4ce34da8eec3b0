"""`replay`: its steps against numbers worked by hand and against `ag.grad`, its order against the graph's."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.graph import FREED, topological_order, watchers
from autograd_core.inspection.replay import replay

SVG = "{http://www.w3.org/2000/svg}"


def example():
    """x w + x: dx = w + 1, dw = x."""
    x, w = ag.tensor(3.0, requires_grad=True), ag.tensor(2.0, requires_grad=True)
    return x, w, x * w + x


def network():
    ag.manual_seed(3)
    x = ag.randn(5, 4)
    w, b = ag.randn(4, 3, requires_grad=True), ag.randn(3, requires_grad=True)
    h = (ag.matmul(x, w) + b).tanh()
    return (w, b, h), (h[0] * h[1] + h[2:].sum(0) ** 2).mean()


def test_steps_by_hand():
    x, w, y = example()
    steps = replay(y)
    assert [frame.name for frame in steps] == ["add", "mul", "leaf", "leaf"]
    add, mul, of_w, of_x = steps.frames
    assert add.gradient.item() == 1 and [c.local.item() for c in add.contributions] == [1, 1]
    assert mul.gradient.item() == 1 and [c.local.item() for c in mul.contributions] == [2, 3]
    assert [c.so_far.item() for c in mul.contributions] == [3, 3]  # x has 1 from add already
    assert of_w.node is w.node and of_w.gradient.item() == 3 and not of_w.contributions
    assert of_x.node is x.node and of_x.gradient.item() == 3
    assert len(steps) == 4 and steps[1] is mul


def test_text_says_what_arrived_and_what_each_rule_gave():
    x, w, y = example()
    text = str(replay(y, names={"x": x, "w": w}))
    assert text == replay(y, params=[("x", x), ("w", w)]).text
    assert "step 2 of 4: mul ()\n  gradient 1, complete: from add\n" in text
    assert "  its rule for input 0, x: 2; x has 3 so far\n  its rule for input 1, w: 3\n" in text
    assert "gradient 3, complete: from add, mul\n  a leaf: backward() adds this to its .grad" in text


def test_order_is_that_of_the_engine_and_topological():
    _, loss = network()
    frames = replay(loss).frames
    assert [frame.node for frame in frames] == topological_order([loss.node])
    turn = {frame.node: frame.number for frame in frames}
    assert all(turn[parent] > turn[node] for node in turn for parent in node.parents if parent is not None)


def test_final_gradients_are_those_of_grad_and_nothing_is_touched():
    tensors, loss = network()
    w, b, _ = tensors
    b.grad = ag.ones(3)
    steps = replay(loss)
    assert w.grad is None and b.grad.tolist() == [1, 1, 1]
    assert not watchers
    assert not any(node.saved is FREED for node in topological_order([loss.node]))
    for t, expected in zip(tensors, ag.grad(loss, list(tensors), retain_graph=True), strict=True):
        np.testing.assert_array_equal(steps.gradient(t).numpy(), expected.numpy())
    loss.backward()
    np.testing.assert_array_equal(steps.gradient(w).numpy(), w.grad.numpy())


def test_contributions_add_up_to_the_gradient():
    _, loss = network()
    steps = replay(loss)
    sums = {loss.node: np.ones(())}
    for frame in steps:
        np.testing.assert_allclose(frame.gradient.numpy(), sums[frame.node], rtol=1e-5, atol=1e-7)
        for c in frame.contributions:
            parent = frame.node.parents[c.input]
            assert c.gradient.shape == parent.shape
            sums[parent] = sums.get(parent, 0) + c.gradient
            np.testing.assert_allclose(c.so_far, sums[parent], rtol=1e-5, atol=1e-7)


def test_what_a_rule_gave_is_not_overwritten_by_what_comes_later():
    x = ag.tensor([1.0, 1.0], requires_grad=True)
    steps = replay((x * 2.0 + x * 3.0 + x * 4.0).sum())
    sent = [c for frame in steps for c in frame.contributions if frame.name == "mul"]
    assert [c.local.tolist() for c in sent] == [[4, 4], [3, 3], [2, 2]]
    assert [c.so_far.tolist() for c in sent] == [[4, 4], [7, 7], [9, 9]]
    assert "complete: from mul (3 times)" in steps.text


def test_broadcast_gradients_are_shown_before_and_after_the_sum():
    x, b = ag.ones(2, 3, requires_grad=True), ag.ones(3, requires_grad=True)
    (frame, *_) = replay(x + b, gradient=ag.ones(2, 3))
    local = {c.input: (c.local.shape, c.gradient.shape) for c in frame.contributions}
    assert local == {0: ((2, 3), (2, 3)), 1: ((2, 3), (3,))}
    assert "summed over the broadcast dimensions to [2, 2, 2]" in frame.text


def test_gradient_argument_weighs_the_elements():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert replay(x * x, ag.tensor([1.0, 10.0])).gradient(x).tolist() == [2, 40]


def test_hooks_count():
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    y.register_hook(lambda g: g * 10)
    steps = replay(y * y)
    assert steps.gradient(x).item() == 360  # 3 * 10 * 2 y
    assert "through 1 hook" in steps.text


class Two(ag.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2.0, x * 3.0

    @staticmethod
    def backward(ctx, g, h):
        return g * 2.0 + h * 3.0


def test_operation_with_several_results():
    x = ag.tensor(1.0, requires_grad=True)
    a, b = Two.apply(x)
    steps = replay(a * b, names={"x": x})
    assert steps.gradient(x).item() == 12  # 6 x² at 1
    assert "result 0 of Two" in steps.text and "it waits at 'Two' for the others" in steps.text
    assert [frame.name for frame in steps] == ["mul", "result 1 of Two", "result 0 of Two", "Two", "x"]
    for frame in steps:
        ElementTree.fromstring(frame.svg)


def test_a_node_that_no_gradient_reaches():
    class Half(ag.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, None

    x, y = ag.tensor(1.0, requires_grad=True), ag.tensor(2.0, requires_grad=True)
    steps = replay(Half.apply(x, y.exp()))
    assert "no gradient arrives here, so its rule is not run" in steps.text
    assert [frame.gradient is None for frame in steps] == [False, True, True, False]
    with pytest.raises(ValueError, match="not in the graph that was replayed"):
        steps.gradient(y)


def test_slices_of_one_array_add_up():
    x = ag.arange(4.0)
    x.requires_grad_()
    steps = replay(x[0] * x[1] + x[2])
    assert steps.gradient(x).tolist() == [1, 0, 1, 0]
    assert steps.frames[-1].gradient.tolist() == [1, 0, 1, 0]


# ------------------------------------------------------------------------------------------------------------- pictures


def marked(svg, what):
    """The numbers of the boxes or edges that have the mark."""
    root = ElementTree.fromstring(svg)
    groups = [g for g in root.iter(f"{SVG}g") if what in g.get("class").split()]
    nodes = {int(g.get("data-node")) for g in groups if g.get("data-node")}
    return nodes, {int(g.get("data-edge")) for g in groups if g.get("data-edge")}


def test_frames_light_the_node_and_its_edges_and_keep_the_layout():
    x, w, y = example()
    steps = replay(y, names={"x": x, "w": w})
    places = set()
    for frame in steps:
        nodes, edges = marked(frame.svg, "agd-current")
        assert len(nodes) == 1 and len(edges) == len(frame.contributions)
        places.add(tuple(re.findall(r'<rect class="agd-box"[^>]*>', frame.svg)))
    assert len(places) == 1
    assert marked(steps[0].svg, "agd-waiting")[0] and not marked(steps[-1].svg, "agd-waiting")[0]
    assert "grad so far 1" in steps[0].svg and "grad so far 3" in steps[1].svg
    assert "grad so far" not in steps[-1].svg


def test_html_is_complete_in_itself():
    x, _, y = example()
    steps = replay(y, names={"</script><b>": x})
    page = steps._repr_html_()
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "") and "src=" not in page
    assert "</script><b>" not in page and page.count("</script>") == 2
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S).group(1))
    assert [step["text"] for step in data] == [frame.text for frame in steps]
    grads = {}
    for step, frame in zip(data, steps, strict=True):
        grads |= {int(box): lines for box, lines in step["grads"].items()}
        assert grads == frame.state.grads
        assert step["current"] == list(frame.state.current) and step["edges"] == list(frame.state.edges)
    assert page.count('data-go="') == 4 and 'type="range" min="1" max="4"' in page


def test_deterministic():
    assert replay(network()[1])._repr_html_() == replay(network()[1])._repr_html_()


def test_hosts_that_strip_html_get_the_last_frame():
    steps = replay(network()[1])
    assert steps._repr_svg_() == steps[len(steps) - 1].svg
    ElementTree.fromstring(steps._repr_svg_())


# --------------------------------------------------------------------------------------------------------------- errors


def freed():
    x = ag.tensor(1.0, requires_grad=True)
    y = x.exp()
    y.backward()
    return y


@pytest.mark.parametrize(
    ("make", "options", "error", "message"),
    [
        (lambda: 3.0, {}, TypeError, r"replay: shows the graph of a tensor, got float 3.0"),
        (lambda: ag.ones(2), {}, RuntimeError, r"replay: the tensor of shape \(2,\) has no graph"),
        (lambda: ag.ones(2, requires_grad=True), {}, RuntimeError, r"replay: a gradient can be made up only .* \(2,\)"),
        (lambda: example()[2], {"gradient": ag.ones(2)}, RuntimeError, r"replay: the gradient has shape \(2,\)"),
        (lambda: example()[2], {"max_nodes": 3}, ValueError, r"replay: the graph has 4 nodes, more than max_nodes=3;"),
        (lambda: example()[2], {"direction": "left"}, ValueError, r"direction is 'left'; give 'down' or 'right'"),
        (freed, {}, RuntimeError, r"'exp' saved were freed .* retain_graph=True"),
    ],
)
def test_errors(make, options, error, message):
    with pytest.raises(error, match=message):
        replay(make(), **options)
    assert not watchers


def test_gradient_of_a_tensor_elsewhere():
    with pytest.raises(ValueError, match=r"gradient: Tensor of shape \(\), float32 is not in the graph"):
        replay(example()[2]).gradient(ag.tensor(1.0))
