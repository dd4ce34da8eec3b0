"""A linear layer and its activation in one operation: it is what the two are one after the other."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.func import vmap

ACTIVATIONS = {"relu": F.relu, "tanh": F.tanh, "sigmoid": F.sigmoid}


def operands(seed, *shape, outputs, dtype=np.float64, bias=True):
    rng = np.random.default_rng(seed)
    shapes = [shape, (outputs, shape[-1])] + [(outputs,)] * bias
    return [ag.tensor(rng.standard_normal(s).astype(dtype) / 3, requires_grad=True) for s in shapes]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("shape", "outputs"), [((5, 4), 3), ((4,), 3), ((2, 3, 4), 5), ((0, 4), 3), ((90, 70), 400)])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients(name, shape, outputs, bias):
    """The last shape is one for kernels: a product of ours, and a rule that runs as a kernel."""
    xs = operands(0, *shape, outputs=outputs, bias=bias)
    arrays = [x.detach().numpy() for x in xs]
    z = arrays[0] @ arrays[1].T + (arrays[2] if bias else 0)
    exact = {"relu": np.maximum(z, 0), "tanh": np.tanh(z), "sigmoid": 1 / (1 + np.exp(-z))}[name]
    slope = {"relu": z > 0, "tanh": 1 - exact**2, "sigmoid": exact * (1 - exact)}[name]
    out = F.linear_activation(*xs, activation=name)
    np.testing.assert_allclose(out.detach(), exact, 1e-12, 1e-14)
    g = np.random.default_rng(1).standard_normal(out.shape)
    found = ag.grad(out, xs, ag.tensor(g))
    d, rows = (g * slope).reshape(-1, outputs), arrays[0].reshape(-1, shape[-1])
    expected = [(d @ arrays[1]).reshape(shape), d.T @ rows, d.sum(0)]
    for one, other in zip(found, expected[: len(xs)], strict=True):
        np.testing.assert_allclose(one, other, 1e-10, 1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_any_order(name):
    xs = operands(2, 4, 3, outputs=2)
    assert ag.gradcheck(lambda *xs: F.linear_activation(*xs, activation=name), xs)
    assert ag.gradgradcheck(lambda *xs: F.linear_activation(*xs, activation=name), xs)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_only_what_is_wanted_and_under_vmap(name):
    x, w, b = operands(3, 6, 4, outputs=3, dtype=np.float32)
    out = F.linear_activation(x.detach(), w, b.detach(), name)
    (gw,) = ag.grad(out.sum(), [w])
    (expected,) = ag.grad(ACTIVATIONS[name](F.linear(x.detach(), w, b.detach())).sum(), [w])
    np.testing.assert_array_equal(gw, expected)
    assert out.dtype == np.float32
    each = vmap(lambda x: F.linear_activation(x, w, b, name))(x)
    np.testing.assert_allclose(each.detach(), F.linear_activation(x, w, b, name).detach(), 1e-6)


def test_integers_are_left_to_the_activation():
    x, w = ag.tensor([[1, 2], [-3, 1]]), ag.tensor([[1, -1]])
    for name, activation in ACTIVATIONS.items():
        out, expected = F.linear_activation(x, w, activation=name), activation(F.linear(x, w))
        assert out.dtype == expected.dtype
        np.testing.assert_array_equal(out, expected)


def test_errors():
    x, w, b = operands(4, 5, 4, outputs=3)
    with pytest.raises(ValueError, match=r"activation is 'gelu', but only 'relu', 'tanh', 'sigmoid' are computed with"):
        F.linear_activation(x, w, b, "gelu")
    with pytest.raises(ValueError, match=r"linear_relu: x has shape \(5, 3\), but weight of shape \(3, 4\) expects"):
        F.linear_activation(x[:, :3], w, b)
    with pytest.raises(TypeError, match="LinearReLU: needs a Linear and a ReLU, got Linear and Tanh; use Sequential"):
        nn.LinearReLU(nn.Linear(2, 2), nn.Tanh())


def names_of(out):
    """The operations that led to a tensor."""
    found, waiting = set(), [out.grad_fn]
    while waiting:
        node = waiting.pop()
        found.add(node.name)
        waiting += [parent for parent in node.parents if parent is not None]
    return found


def test_the_module_and_the_perceptron_use_it():
    layer = nn.LinearReLU(nn.Linear(4, 3), nn.ReLU())
    assert list(layer.state_dict()) == ["0.weight", "0.bias"]
    model = nn.MLP([4, 5, 5, 3], "tanh", output_activation="sigmoid")
    x = ag.randn(7, 4)
    for net, names in ((layer, {"linear_relu"}), (model, {"linear_tanh", "linear_sigmoid"})):
        plain = nn.Sequential(*net)
        np.testing.assert_array_equal(net(x).detach(), plain(x).detach())
        assert {name for name in names_of(net(x)) if name.startswith(("linear", "relu", "tanh", "sig"))} == names
        assert not {name for name in names_of(plain(x)) if name in names}


def test_who_looks_on_sees_the_layers():
    """Hooks of one module or of all, a `forward` put in the place of another, and other classes."""
    model, x, seen = nn.MLP([4, 5, 3]), ag.randn(7, 4), []
    expected = nn.Sequential(*model)(x).detach()
    handle = model[1].register_forward_hook(lambda module, args, out: seen.append(args[0].detach()))
    np.testing.assert_array_equal(model(x).detach(), expected)
    np.testing.assert_array_equal(seen[0], model[0](x).detach())
    handle.remove()
    handle = model[0].register_forward_hook(lambda module, args, out: -out)
    np.testing.assert_array_equal(
        model(x).detach(), model[2](F.relu(-F.linear(x, model[0].weight, model[0].bias))).detach()
    )
    handle.remove()
    model[1].forward = lambda x: x
    np.testing.assert_array_equal(model(x).detach(), model[2](F.linear(x, model[0].weight, model[0].bias)).detach())

    class Other(nn.ReLU):
        def forward(self, input):
            return input * 0

    model[1] = Other()
    np.testing.assert_array_equal(model(x).detach(), model[2](ag.zeros(7, 5)).detach())
    with pytest.raises(ValueError, match=r"linear: x has shape \(7, 3\).* \[in module 0, Linear, of MLP\]"):
        nn.MLP([4, 5, 3])(x[:, :3])
