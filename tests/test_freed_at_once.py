"""No graph holds itself: without the cyclic collector, it is gone with the last reference to its result."""

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag
import nn


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*shape):
    return ag.tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True)


def hooked(hook="register_full_backward_hook"):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    for m in net.modules():
        getattr(m, hook)(lambda m, *grads: None)
    return net


class Square(ag.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * x
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, g):
        x, _ = ctx.saved_tensors
        return 2 * g * x


def of_hook(hook, replace=False):
    def run():
        x = leaf(2, 3)
        net = hooked(hook)
        if replace:
            net.register_full_backward_hook(lambda m, gx, gy: tuple(g * 2 for g in gx))
        return x, [*net.parameters()], net(x)

    return run


def tensor_hooks():
    x = leaf(3)
    y = x * x
    y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(lambda x: None)
    return x, [x], y


def retained():
    x = leaf(3)
    y = x * x
    z = y * x
    for t in (y, z):
        t.retain_grad()
    return x, [x], z * y


def written():
    x = leaf(3)
    y = x * 1
    y.retain_grad()
    view = y[:2]
    view.retain_grad()
    view.mul_(x[0])
    y.zero_().add_(x)
    return x, [x], y * x + view.sum()


def function():
    x = leaf(3)
    return x, [x], Square.apply(Square.apply(x))


def checkpoint():
    x = leaf(3)
    return x, [x], ag.checkpoint(lambda x: (x * x).sin(), x, use_reentrant=False)


def boundary_of_a_plain_input():
    net = hooked()
    return ag.ones(2, 3, dtype=ag.float64), [*net.parameters()], net(ag.ones(2, 3, dtype=ag.float64))


GRAPHS = {
    "full backward hooks": of_hook("register_full_backward_hook"),
    "full backward hooks that replace": of_hook("register_full_backward_hook", replace=True),
    "full backward pre-hooks": of_hook("register_full_backward_pre_hook"),
    "a boundary of a plain input": boundary_of_a_plain_input,
    "tensor hooks": tensor_hooks,
    "retained": retained,
    "written": written,
    "function": function,
    "checkpoint": checkpoint,
}
PASSES = {
    "backward": lambda x, wanted, y: y.sum().backward(),
    "create_graph": lambda x, wanted, y: y.sum().backward(create_graph=True),
    "grad of all": lambda x, wanted, y: ag.grad((y * y).sum(), wanted, create_graph=True, allow_unused=True),
    "grad of one": lambda x, wanted, y: ag.grad((y * y).sum(), wanted[-1:], create_graph=True, allow_unused=True),
    "twice": lambda x, wanted, y: [
        ag.grad(g.sum(), wanted, allow_unused=True, retain_graph=True)
        for g in ag.grad((y * y).sum(), wanted, create_graph=True)
        if g.requires_grad
    ],
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("how", PASSES)
def test_reference_counting_frees_the_graph(name, how):
    x, wanted, y = GRAPHS[name]()
    nodes = [y.node]
    for node in nodes:
        nodes += [p for p in node.parents if p is not None and p.parents]
    references = [weakref.ref(node) for node in nodes]
    made = PASSES[how](x, wanted, y)
    del made, y, nodes, node
    for t in [x, *wanted]:
        t.grad = None
    del t, wanted, x
    assert [r() for r in references if r() is not None] == []


def test_an_error_in_the_pass_leaves_nothing_behind():
    net = hooked()
    x = leaf(2, 3)
    y = net(x)
    x.register_hook(lambda g: 1 / 0)
    reference = weakref.ref(y.node)
    with pytest.raises(ZeroDivisionError):
        y.sum().backward(create_graph=True)
    del y
    for p in net.parameters():
        p.grad = None
    assert reference() is None


def test_a_pass_that_comes_not_through_the_outputs_calls_no_hook_of_the_module():
    square = nn.Apply(lambda x: x * x)
    calls = []
    square.register_full_backward_hook(lambda m, gx, gy: calls.append(gy[0].tolist()))
    x = leaf(2)
    (g,) = ag.grad(square(x).sum(), x, create_graph=True)
    assert calls == [[1, 1]]
    g.sum().backward()  # 2 x by x: from the inputs, at which the gradient was taken
    assert calls == [[1, 1]] and x.grad.tolist() == [2, 2]
    net = nn.Linear(2, 2).double()
    net.register_full_backward_hook(lambda m, gx, gy: calls.append(gy[0].shape))
    (g,) = ag.grad(net(x).sin().sum(), x, create_graph=True)
    g.sum().backward()  # through the outputs once more
    assert calls[1:] == [(2,), (2,)]
