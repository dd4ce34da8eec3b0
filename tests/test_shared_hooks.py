"""Hooks of all modules, buffers as tensors, PyTorch's places for names, `nn.grad`."""

import copy
import pickle

import numpy as np
import pytest
from nn.modules.conv import _ConvNd
from nn.modules.module import register_module_forward_hook

import autograd_core as ag
import nn
import nn.functional as F
import nn.grad
from nn.module import Module

hooks = nn.modules.module
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_hooks_stay():
    yield
    assert not Module._hooked and not any(nn.hooks.SHARED.values()) and not any(nn.hooks.AT_REGISTRATION.values())


def net():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh())


def test_forward_hooks_of_all_modules_run_before_a_modules_own():
    model, seen = net(), []
    own = model[0].register_forward_hook(lambda m, args, out: seen.append(("own", type(m).__name__)))
    with (
        hooks.register_module_forward_pre_hook(lambda m, args: seen.append(("before", type(m).__name__))),
        register_module_forward_hook(lambda m, args, out: seen.append(("after", type(m).__name__))),
    ):
        assert Module._hooked
        model(ag.ones(1, 2))
    assert seen == [
        ("before", "Sequential"), ("before", "Linear"), ("after", "Linear"), ("own", "Linear"), ("before", "Tanh"),
        ("after", "Tanh"), ("after", "Sequential"),
    ]  # fmt: skip
    own.remove()
    del seen[:]
    model(ag.ones(1, 2))
    assert not seen and not Module._hooked


def test_forward_hooks_of_all_modules_replace_values():
    model = net()
    with hooks.register_module_forward_pre_hook(lambda m, args: (args[0] * 0,) if isinstance(m, nn.Linear) else None):
        np.testing.assert_array_equal(model(ag.ones(1, 2)).detach()[0], model[0].bias.tanh().detach())
    with register_module_forward_hook(lambda m, args, out: out * 0 if isinstance(m, nn.Linear) else None):
        np.testing.assert_array_equal(model(ag.ones(1, 2)).detach(), np.zeros((1, 3)))
    failed = []
    handle = register_module_forward_hook(
        lambda m, args, kwargs, out: failed.append((type(m).__name__, out)), with_kwargs=True, always_call=True
    )
    with handle, pytest.raises(ValueError, match="in module 0, Linear, of Sequential"):
        model(ag.ones(1, 5))
    assert failed == [("Linear", None), ("Sequential", None)]


def test_backward_hooks_of_all_modules():
    model, seen = net(), []
    x = ag.ones(1, 2, requires_grad=True)

    def double(module, grad_input, grad_output):
        seen.append((type(module).__name__, grad_output[0].shape))
        return tuple(None if g is None else 2 * g for g in grad_input)

    model(x).sum().backward()
    plain = x.grad.array.copy()
    x.grad = None
    with hooks.register_module_full_backward_hook(double):
        model(x).sum().backward()
    assert seen == [("Tanh", (1, 3)), ("Linear", (1, 3)), ("Sequential", (1, 3))]
    np.testing.assert_allclose(x.grad, 8 * plain, rtol=1e-6)
    x.grad = None
    zero = hooks.register_module_full_backward_pre_hook(lambda m, grads: (grads[0] * 0,))
    with zero:
        model(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0]])


def test_hooks_at_registration():
    seen = []

    def rename(kind):
        return lambda module, name, value: seen.append((kind, name))

    frozen = lambda module, name, p: p.requires_grad_(False)  # noqa: E731
    with (
        hooks.register_module_parameter_registration_hook(rename("parameter")),
        hooks.register_module_parameter_registration_hook(frozen),
        hooks.register_module_buffer_registration_hook(rename("buffer")),
        hooks.register_module_module_registration_hook(rename("module")),
    ):
        layer = nn.Linear(2, 3, bias=False)
        layer.register_buffer("mean", ag.zeros(2))
        layer.mean = ag.ones(2)
        layer.none = nn.Buffer(ag.zeros(1))
        layer.part = nn.Tanh()
        layer.add_module("other", nn.ReLU())
        layer.register_parameter("nothing", None)
    assert seen == [
        ("parameter", "weight"), ("buffer", "mean"), ("buffer", "mean"), ("buffer", "none"), ("module", "part"),
        ("module", "other"),
    ]  # fmt: skip
    assert not layer.weight.requires_grad
    with hooks.register_module_module_registration_hook(lambda module, name, part: nn.ReLU()):
        assert repr(nn.Sequential(nn.Tanh())) == "Sequential(\n  (0): ReLU()\n)"


# -------------------------------------------------------------------------------------------------------------- buffers


def test_buffers_by_assignment():
    module = nn.Module()
    t = ag.ones(2)
    module.a = nn.Buffer(t)
    module.b = nn.Buffer(ag.zeros(1), persistent=False)
    assert isinstance(module.a, nn.Buffer) and repr(module.a) == "tensor([1., 1.])"
    t.fill_(5)
    np.testing.assert_array_equal(module.a, [5, 5])
    assert list(module.state_dict()) == ["a"] and [n for n, _ in module.named_buffers()] == ["a", "b"]
    module.b, module.a = ag.ones(1), ag.zeros(2)  # plain tensors: they stay what they were
    assert list(module.state_dict()) == ["a"]
    module.a = nn.Buffer(ag.ones(2), persistent=False)
    assert not module.state_dict()
    assert nn.Buffer().shape == (0,) and nn.Buffer([1, 2]).dtype == np.int64
    assert nn.Buffer(ag.ones(1, requires_grad=True)).requires_grad and not nn.Buffer(ag.ones(1)).requires_grad
    for again in (copy.deepcopy, copy.copy, lambda b: pickle.loads(pickle.dumps(b))):
        b = again(nn.Buffer([1.0], persistent=False))
        assert type(b) is nn.Buffer and not b.persistent and b.item() == 1
    module.plain, module.part, module.weight = 3, nn.ReLU(), nn.Parameter(ag.ones(1))
    for name, error, message in (
        ("plain", KeyError, "attribute 'plain' already exists"),
        ("part", TypeError, "cannot assign 'Buffer' as child module 'part'"),
        ("weight", TypeError, "cannot assign 'Buffer' as parameter 'weight'"),
    ):
        with pytest.raises(error, match=message):
            setattr(module, name, nn.Buffer(ag.ones(1)))
    module.a = nn.Parameter(ag.ones(1))
    assert list(module.state_dict()) == ["weight", "a"]

    class Early(nn.Module):
        def __init__(self):
            self.mean = nn.Buffer(ag.ones(1))

    with pytest.raises(AttributeError, match=r"cannot assign buffer before Module.__init__\(\) call"):
        Early()


# ----------------------------------------------------------------------------------------------------- parameters, names


def test_parameter_dicts_and_lists_as_in_pytorch():
    b, a = ag.ones(1), ag.zeros(2)
    assert list(nn.ParameterDict({"b": b, "a": a})) == ["a", "b"]
    assert list(nn.ParameterDict([("b", b), ("a", a)])) == ["b", "a"]
    assert list(nn.ParameterDict(nn.ParameterDict([("b", b), ("a", a)]))) == ["b", "a"]
    for kind in ("ParameterDict", "ParameterList"):
        with pytest.raises(RuntimeError, match=f"{kind} should not be called"):
            getattr(nn, kind)()(ag.ones(1))


def test_pytorchs_places():
    assert nn.modules.Linear is nn.Linear is nn.modules.linear.Linear
    assert nn.modules.batchnorm.BatchNorm2d is nn.BatchNorm2d and nn.modules.lazy.LazyLinear is nn.LazyLinear
    assert isinstance(nn.Conv2d(1, 1, 1), _ConvNd) and nn.parameter.UninitializedParameter is nn.UninitializedParameter
    with pytest.raises(AttributeError, match=r"module 'nn\.modules' has no attribute 'nothing'"):
        nn.modules.nothing  # noqa: B018


# ---------------------------------------------------------------------------------------------------------------- grad


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_gradients_of_convolutions(dims):
    how = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    x = ag.tensor(rng.standard_normal((2, 4, *(7, 6, 5)[:dims])), requires_grad=True)
    w = ag.tensor(rng.standard_normal((6, 2, *(3, 2, 3)[:dims])), requires_grad=True)
    y = getattr(F, f"conv{dims}d")(x, w, **how)
    g = ag.tensor(rng.standard_normal(y.shape))
    gx, gw = ag.grad((y * g).sum(), [x, w])
    np.testing.assert_allclose(getattr(nn.grad, f"conv{dims}d_input")(x.shape, w, g, **how).detach(), gx, rtol=1e-12)
    np.testing.assert_allclose(getattr(nn.grad, f"conv{dims}d_weight")(x, w.shape, g, **how).detach(), gw, rtol=1e-12)
    with pytest.raises(ValueError, match=rf"conv{dims}d_input: a convolution of an input .* but grad_output has shape"):
        getattr(nn.grad, f"conv{dims}d_input")(x.shape, w, g[:, :2], **how)
    with pytest.raises(
        ValueError, match=rf"conv{dims}d_weight: a convolution .* groups=1 does not exist, but grad_output"
    ):
        getattr(nn.grad, f"conv{dims}d_weight")(x, w.shape, g)
