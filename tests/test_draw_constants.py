"""`draw` and `replay` show every operand without a gradient, by name where it has one, and refuse a name that is nowhere."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.graph import SMALL, topological_order
from autograd_core.inspection.draw_values import known_values

from .test_draw import box_with, read


def constants(drawing):
    return sorted(texts for kind, texts, *_ in read(drawing.svg)[0].values() if kind == "constant")


def number(x=2.0, grad=True):
    return ag.tensor(x, requires_grad=grad)


@pytest.mark.parametrize("draw", [ag.draw, lambda t, **kwargs: ag.replay(t, **kwargs)[0]])
def test_the_target_of_a_squared_error_is_shown(draw):
    y, t = number(), number(1.0, grad=False)
    drawing = draw((y - t) ** 2, names={"y": y, "t": t})
    assert [texts[0] for texts in constants(drawing)] == ["2", "t"]
    assert {tip for *_, tip in read(drawing.svg)[1]} >= {"t () → sub, input 1", "2  → pow, input 1"}


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, c: x + c,
        lambda x, c: x - c,
        lambda x, c: x * c,
        lambda x, c: x / c,
        lambda x, c: ag.maximum(x, c),
        lambda x, c: ag.matmul(x, c),
        lambda x, c: ag.where(ag.tensor([True, False]), x, c),
        lambda x, c: ag.cat([x, c]),
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_a_constant_of_any_operation_is_shown_on_either_side(operation, first):
    x, c = ag.tensor([3.0, 5.0], requires_grad=True), ag.tensor([7.0, 9.0])
    y = operation(c, x) if first else operation(x, c)
    drawing = ag.draw(y.sum(), names={"c": c, "x": x})
    assert "c" in [texts[0] for texts in constants(drawing)]


def test_a_small_constant_is_shown_with_its_value_after_its_tensor_is_gone():
    y = (ag.tensor([1.0, 2.0], requires_grad=True) - ag.tensor([4.0, 8.0])).sum()
    assert constants(ag.draw(y)) == [["constant", "(2,)", "value [4, 8]"]]


@pytest.mark.parametrize("operation", [lambda x, c: x - c, lambda x, c: c - x, lambda x, c: ag.cat([c, x])])
def test_a_large_constant_is_not_kept_alive_and_shown_as_freed(operation):
    x, c = ag.ones(SMALL + 1, requires_grad=True), ag.ones(SMALL + 1)
    y = operation(x, c)
    assert constants(ag.draw(y.sum())) == [["constant", f"({SMALL + 1},)"]]
    gone = weakref.ref(c.array)
    del c
    gc.collect()
    assert gone() is None
    assert constants(ag.draw(y.sum())) == [["constant", "freed"]]


def test_a_small_part_does_not_keep_the_whole_alive():
    whole = ag.ones(10_000)
    gone = weakref.ref(whole.array)
    y = ag.tensor(1.0, requires_grad=True) + whole[3]
    del whole
    gc.collect()
    assert gone() is None
    assert constants(ag.draw(y)) == [["constant", "freed"]]


def test_where_every_operand_is_recorded_nothing_is_kept():
    x = number()
    assert not hasattr((x * x).node, "constants")
    assert not hasattr((x + x).node, "constants")
    assert not hasattr(
        ag.matmul(ag.ones(2, 2, requires_grad=True), ag.ones(2, 2, requires_grad=True)).node, "constants"
    )


def test_the_constants_of_a_freed_graph_are_still_there():
    y, t = number(), number(1.0, grad=False)
    loss = (y - t) * 3.0
    loss.backward()
    assert [texts[0] for texts in constants(ag.draw(loss, names={"t": t, "y": y}))] == ["3", "t"]


def test_a_value_is_computed_again_from_a_constant_that_no_rule_needs():
    x = number(2.0)
    y = (x - ag.tensor(0.5)).exp() + 1.0
    between = y.node.parents[0].parents[0]
    known = known_values(topological_order([y.node]), [(y.node, y)])
    assert known[between] == 1.5
    assert "value 1.5" in box_with(ag.draw(y, True).svg, "sub")[1]


def test_a_constant_changed_since_is_not_shown_as_the_one_used():
    x, c = number(), number(1.0, grad=False)
    y = x - c
    c.add_(100.0)
    z = y * 2.0
    del y
    svg = ag.draw(z, True, names={"c": c}).svg
    assert "101" not in svg
    assert "value changed in place since" in box_with(svg, "c")[1]


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.reshape(2, 1), lambda x: x[None], lambda x: x.detach()])
def test_a_name_is_found_through_views_of_the_same_elements(view):
    x, w = ag.tensor([1.0, 2.0]), ag.ones(2, 2, requires_grad=True)
    kind, texts, *_ = box_with(ag.draw((view(x) + w).sum(), names={"x": x, "w": w}).svg, "x")
    shape = view(x).shape
    assert kind == "constant" and texts[1] == (str(shape) if shape == (2,) else f"(2,) as {shape}")


def test_the_name_of_a_vector_in_a_product():
    x, w = ag.tensor([1.0, 2.0]), ag.ones(2, 2, requires_grad=True)
    for y in (w @ x, x @ w):
        assert box_with(ag.draw(y.sum(), names={"x": x, "w": w}).svg, "x")[0] == "constant"


def test_a_part_bears_the_name_of_the_whole():
    x, w = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.ones(2, requires_grad=True)
    y = (x[0] * w + x[1]).sum()
    assert [texts[:2] for texts in constants(ag.draw(y, names={"x": x}))] == [["x", "part (2,) of (2, 2)"]] * 2


def test_a_large_constant_that_was_reshaped_is_known_as_long_as_it_lives():
    x, w = ag.ones(20, 20), ag.ones(400, requires_grad=True)
    y = (w - x.reshape(400)).sum()
    assert constants(ag.draw(y, names={"x": x, "w": w})) == [["x", "(20, 20)"]]
    del x
    gc.collect()
    assert constants(ag.draw(y)) == [["constant", "freed"]]


def test_a_name_that_may_be_that_of_an_operand_that_is_gone_is_not_refused():
    x, w = ag.ones(1000, 2), ag.ones(2, requires_grad=True)
    y = (w + x[3]).sum()
    assert constants(ag.draw(y, names={"x": x})) == [["constant", "freed"]]


def test_transposed_is_the_same_but_broadcast_is_not():
    x, w = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.ones(2, 2, requires_grad=True)
    assert box_with(ag.draw((x.T + w).sum(), names={"x": x}).svg, "x")
    other = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert constants(ag.draw((other + w).sum(), names=[("x", x)]))[0][0] == "constant"


def test_indices_and_targets_bear_their_names():
    scores, target = ag.ones(2, 3, requires_grad=True), ag.tensor([0, 2])
    for rows in (scores[:, target], scores.gather(1, target[None])):
        assert box_with(ag.draw(rows.sum(), names={"target": target}).svg, "target")[0] == "constant"
    assert ag.draw(scores[target[:1]], names={"target": target})  # integers are never refused


@pytest.mark.parametrize("look", [ag.draw, ag.replay])
def test_a_name_that_is_nowhere_is_refused_and_those_that_are_there_are_listed(look):
    y, t = number(), number(1.0, grad=False)
    elsewhere = number()
    for stranger in (elsewhere, elsewhere.exp(), number(1.0, grad=False)):
        with pytest.raises(ValueError, match=r"names has 'z', which is nowhere in the graph; there are 'y', 't'"):
            look((y - t) ** 2, names={"y": y, "z": stranger, "t": t})
    with pytest.raises(ValueError, match="none of the names is there"):
        look(y * 2.0, names={"t": t})
    names = {"y": y, "z": elsewhere}
    assert look((y - t) ** 2, names=names.items())


def test_names_of_a_freed_graph_are_not_refused():
    scores, target = ag.ones(2, 3, requires_grad=True), ag.tensor([0, 1])
    total = (scores[target] * scores[target]).sum()
    total.backward()
    assert ag.draw(total, names={"target": target, "scores": scores})


def test_a_function_of_ones_own_shows_its_constants():
    class Scaled(ag.Function):
        @staticmethod
        def forward(ctx, x, name, c):
            return x * c

        @staticmethod
        def backward(ctx, g):
            return g * 2.0, None, None

    x, c = number(), number(2.0, grad=False)
    drawing = ag.draw(Scaled.apply(x, "a string", c), names={"x": x, "c": c})
    assert [texts[0] for texts in constants(drawing)] == ["c"]
    assert "c () → Scaled, input 2" in {tip for *_, tip in read(drawing.svg)[1]}


def test_gradients_and_pickles_know_nothing_of_constants():
    x, c = ag.tensor(np.arange(100.0), requires_grad=True), ag.tensor(np.arange(100.0))
    ((x - c) * (c + x)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * np.arange(100.0))
