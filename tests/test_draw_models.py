"""`nn.draw`: the graph of a model folded by its parts, compared with the model's parameters, shapes and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.inspection.draw_groups import Group

from .test_draw import box_with, read


def lenet():
    return nn.LeNet5(), ag.ones(1, 1, 28, 28)


def gpt():
    return nn.GPT(5, 8, 4, 2, 8), ag.tensor([[0, 1, 2, 3]])


def language():
    return nn.RecurrentLM(5, 8, 2), ag.tensor([[0, 1, 2, 3]])


def resnet():
    return nn.ResNet(), ag.ones(1, 3, 8, 8)


class Repeated(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.RNNCell(2, 3), nn.Linear(3, 1)

    def forward(self, x):
        h = None
        for i in range(3):
            h = self.cell(x[i], h)
        return self.out(h)


def titles(drawing, kind="module"):
    return [texts[0] for k, texts, *_ in read(drawing.svg)[0].values() if k == kind]


@pytest.mark.parametrize("model", [lenet, gpt, language, resnet])
def test_the_largest_models_fit_on_a_page(model):
    net, x = model()
    drawing = nn.draw(net, x)
    boxes, _ = read(drawing.svg)
    assert len(boxes) <= 20 and len(drawing.svg) < 20_000
    children = [path for path, _ in net.named_children()]
    assert {title.split(".")[0] for title in titles(drawing)} <= set(children)
    assert box_with(drawing.svg, "input")[0] == "constant"
    assert len(read(nn.draw(net, x, depth=2).svg)[0]) <= 41


def test_parts_in_their_order_with_class_parameters_and_shape():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    drawing = nn.draw(net, ag.ones(5, 2))
    boxes, edges = read(drawing.svg)
    assert titles(drawing) == ["0", "1", "2"]
    parts = [texts for kind, texts, *_ in boxes.values() if kind == "module"]
    assert parts[:2] == [["0", "Linear", "9 parameters", "(5, 3)"], ["1", "Tanh", "(5, 3)"]]
    names = {number: texts[0] for number, (_, texts, *_) in boxes.items()}
    assert {(names[a], names[b]) for a, b, *_ in edges} == {("input", "0"), ("0", "1"), ("1", "2"), ("2", "result")}
    assert "1: Tanh\nstep 2 of 7 in backward" in [tip for *_, tip in boxes.values()]


def test_depths():
    net, x = lenet()
    assert titles(nn.draw(net, x, depth=0)) == ["LeNet5"]
    assert titles(nn.draw(net, x, depth=1)) == ["features", "flatten", "classifier"]
    deeper = titles(nn.draw(net, x, depth=2))
    assert deeper[:2] == ["features.conv1", "features.act1"] and deeper == titles(nn.draw(net, x, depth=9))
    everything = nn.draw(net, x, depth=None)
    assert not titles(everything) and len(titles(everything, "leaf")) == 10
    total = sum(p.array.size for p in net.parameters())
    assert f"{total:,} parameters" in box_with(nn.draw(net, x, depth=0).svg, "LeNet5")[1]


def test_the_parameters_of_the_boxes_are_those_of_the_parts():
    net, x = resnet()
    drawing = nn.draw(net, x)
    for path, part in net.named_children():
        count = sum(p.array.size for p in part.parameters())
        lines = box_with(drawing.svg, path)[1]
        assert (f"{count:,} parameters" in lines) == (count > 0)


def test_what_is_computed_outside_of_parts_is_drawn_as_it_is():
    net, x = gpt()
    drawing = nn.draw(net, x, depth=2)
    assert titles(drawing, "op").count("add") == 9  # the positions, and two around each of four blocks
    assert sorted(titles(drawing, "leaf")) == ["positions.weight", "tokens.weight"]  # the second for two parts


def test_the_box_of_the_whole_model_has_the_shape_value_and_gradient_of_its_result():
    net = nn.Linear(2, 1, bias=False)
    net.weight.data.fill_(3.0)
    lines = box_with(nn.draw(net, ag.ones(1, 2), depth=0, values=True).svg, "Linear")[1]
    assert lines == ["Linear", "2 parameters", "value [[6]]", "grad [[1]]", "(1, 1)"]


def test_a_loss_is_drawn_after_the_model():
    net, x = nn.Linear(2, 3), ag.ones(4, 2)
    drawing = nn.draw(net, x, depth=0, loss=lambda y: F.cross_entropy(y, ag.tensor([0, 1, 2, 0])))
    assert titles(drawing) == ["Linear"] and titles(drawing, "op") == ["cross_entropy"]


def test_every_call_of_a_part_is_a_box():
    drawing = nn.draw(Repeated(), ag.ones(3, 1, 2))
    assert titles(drawing) == ["cell, call 1 of 3", "cell, call 2 of 3", "cell, call 3 of 3", "out"]
    assert not titles(drawing, "leaf")
    assert "21 parameters" in box_with(drawing.svg, "cell, call 2 of 3")[1]


def test_values_and_gradients_are_those_of_the_model():
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    x = ag.tensor([[1.0, -1.0]])
    h = net[0](x)
    h.retain_grad()
    net[2](net[1](h)).sum().backward()
    lines = box_with(nn.draw(net, x, values=True).svg, "Linear", "6 parameters")[1]
    value, grad = (np.fromstring(line.split(" ", 1)[1].strip("[]"), sep=",") for line in lines[3:5])
    np.testing.assert_allclose(value, h.detach().numpy()[0], rtol=1e-3)
    np.testing.assert_allclose(grad, h.grad.numpy()[0], rtol=1e-3)


def test_the_model_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout())
    before = {name: b.numpy().copy() for name, b in net.named_buffers()}
    ag.manual_seed(3)
    first = ag.rand(1).item()
    ag.manual_seed(3)
    with ag.no_grad():
        nn.draw(net, ag.ones(4, 2))
    assert ag.rand(1).item() == first
    assert all(np.array_equal(before[name], b.numpy()) for name, b in net.named_buffers())
    assert all(p.grad is None for p in net.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


def test_what_makes_no_sense_is_refused():
    net, x = nn.Linear(2, 1), ag.ones(1, 2)
    with pytest.raises(TypeError, match="must be a Module"):
        nn.draw(ag.tensor(1.0), x)
    with pytest.raises(TypeError, match="depth"):
        nn.draw(net, x, depth=True)
    with pytest.raises(ValueError, match="0 or more"):
        nn.draw(net, x, depth=-1)
    with pytest.raises(RuntimeError, match="no graph"):
        nn.draw(nn.Tanh(), x)
    y = net(x).sum()
    with pytest.raises(ValueError, match="overlap"):
        ag.draw(y, groups=[Group("a", "", 0, 10), Group("b", "", 5, 20)])


def test_a_parameter_named_by_hand_is_not_folded():
    net, x = nn.Linear(2, 1), ag.ones(1, 2)
    start = ag.tensor(0.0, requires_grad=True).node.order
    y = net(x)
    group = [Group("all", "", start, y.node.order + 1)]
    assert titles(ag.draw(y, groups=group, names={"w": net.weight}), "leaf") == ["w"]
    assert titles(ag.draw(y, groups=group, names=net.named_parameters()), "leaf") == []
