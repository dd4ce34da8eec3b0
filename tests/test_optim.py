"""The optimisers against loops written from the papers' formulas, their groups, states, hooks and errors."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from nn import Parameter
from optim.line_search import strong_wolfe

STEPS = 25
SHAPES = ((3, 2), (4,), ())


def gradient(x, t):
    """Some gradient of a smooth function that changes with t, as data from batches would make it."""
    return 0.7 * x + 0.3 * np.sin(3 * x) + 0.5 * np.cos(0.9 * t)


def starts():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in SHAPES]


def trajectory(make, options, steps=STEPS):
    params = [ag.tensor(x, requires_grad=True) for x in starts()]
    optimizer = make(params, **options)
    for t in range(1, steps + 1):
        for p in params:
            p.grad = ag.tensor(gradient(p.array, t))
        optimizer.step()
    return [p.array for p in params], optimizer


# Each formula is a function of (x, g, t, memory, options) that returns the next x; `memory` is the parameter's dict.


def sgd(x, g, t, m, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    if momentum == 0:
        return x - lr * g
    m["v"] = g if t == 1 else momentum * m["v"] + (1 - dampening) * g
    return x - lr * (g + momentum * m["v"] if nesterov else m["v"])


def adam(
    x, g, t, m, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, maximize=False, decoupled=False
):
    g = -g if maximize else g
    if decoupled:
        x = x - lr * weight_decay * x
    else:
        g = g + weight_decay * x
    m["m"] = betas[0] * m.get("m", 0) + (1 - betas[0]) * g
    m["v"] = betas[1] * m.get("v", 0) + (1 - betas[1]) * g**2
    m["max"] = np.maximum(m.get("max", 0), m["v"])
    mean = m["m"] / (1 - betas[0] ** t)
    square = (m["max"] if amsgrad else m["v"]) / (1 - betas[1] ** t)
    return x - lr * mean / (np.sqrt(square) + eps)


def adamw(x, g, t, m, weight_decay=1e-2, **options):
    return adam(x, g, t, m, weight_decay=weight_decay, decoupled=True, **options)


def adagrad(x, g, t, m, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    m["s"] = m.get("s", initial_accumulator_value) + g**2
    return x - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(m["s"]) + eps)


def adadelta(x, g, t, m, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    m["v"] = rho * m.get("v", 0) + (1 - rho) * g**2
    step = np.sqrt(m.get("u", 0) + eps) / np.sqrt(m["v"] + eps) * g
    m["u"] = rho * m.get("u", 0) + (1 - rho) * step**2
    return x - lr * step


def rmsprop(x, g, t, m, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    m["v"] = alpha * m.get("v", 0) + (1 - alpha) * g**2
    m["g"] = alpha * m.get("g", 0) + (1 - alpha) * g
    scaled = g / (np.sqrt(m["v"] - (m["g"] ** 2 if centered else 0)) + eps)
    m["b"] = momentum * m.get("b", 0) + scaled
    return x - lr * m["b"]


def rprop(x, g, t, m, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False):
    g = np.array(-g if maximize else g)
    size, before = m.get("size", np.full_like(x, lr)), m.get("before", np.zeros_like(x))
    size = np.where(g * before > 0, size * etas[1], np.where(g * before < 0, size * etas[0], size))
    m["size"] = np.minimum(np.maximum(size, step_sizes[0]), step_sizes[1])
    m["before"] = np.where(g * before < 0, 0, g)
    return x - m["size"] * np.sign(m["before"])


def adamax(x, g, t, m, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    m["m"] = betas[0] * m.get("m", 0) + (1 - betas[0]) * g
    m["u"] = np.maximum(betas[1] * m.get("u", 0), np.abs(g) + eps)
    return x - lr / (1 - betas[0] ** t) * m["m"] / m["u"]


def nadam(
    x, g, t, m, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3,
    decoupled_weight_decay=False, maximize=False,
):  # fmt: skip
    g = -g if maximize else g
    if decoupled_weight_decay:
        x = x - lr * weight_decay * x
    else:
        g = g + weight_decay * x
    mu = [betas[0] * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in range(1, t + 2)]  # μ₁ … μₜ₊₁
    m["m"] = betas[0] * m.get("m", 0) + (1 - betas[0]) * g
    m["v"] = betas[1] * m.get("v", 0) + (1 - betas[1]) * g**2
    mean = mu[-1] * m["m"] / (1 - math.prod(mu)) + (1 - mu[-2]) * g / (1 - math.prod(mu[:-1]))
    return x - lr * mean / (np.sqrt(m["v"] / (1 - betas[1] ** t)) + eps)


def radam(
    x, g, t, m, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, maximize=False
):
    g = -g if maximize else g
    if decoupled_weight_decay:
        x = x - lr * weight_decay * x
    else:
        g = g + weight_decay * x
    m["m"] = betas[0] * m.get("m", 0) + (1 - betas[0]) * g
    m["v"] = betas[1] * m.get("v", 0) + (1 - betas[1]) * g**2
    mean = m["m"] / (1 - betas[0] ** t)
    limit = 2 / (1 - betas[1]) - 1
    rho = limit - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if rho <= 5:
        return x - lr * mean
    r = math.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
    return x - lr * mean * r * math.sqrt(1 - betas[1] ** t) / (np.sqrt(m["v"]) + eps)


def asgd(x, g, t, m, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, maximize=False):
    g = (-g if maximize else g) + weight_decay * x
    eta = lr if t == 1 else lr / (1 + lambd * lr * (t - 1)) ** alpha
    mu = 1 if t == 1 else 1 / max(1, t - 1 - t0)
    x = (1 - lambd * eta) * x - eta * g
    m["ax"] = m.get("ax", 0) + mu * (x - m.get("ax", 0))
    return x


def quickprop(x, g, t, m, lr=0.35, mu=1.75, weight_decay=0, maximize=False):
    """Weight by weight, as in the program for cascade-correlation that Fahlman gave away."""
    s = (-g if maximize else g) + weight_decay * x
    out, shrink = [], mu / (1 + mu)
    deltas, slopes = m.get("d", np.zeros_like(x)), m.get("p", np.zeros_like(x))
    for d, slope, p in zip(np.ravel(deltas), np.ravel(s), np.ravel(slopes), strict=True):
        step = 0.0
        if d < 0:
            step -= lr * slope if slope > 0 else 0
            step += mu * d if slope >= shrink * p else d * slope / (p - slope)
        elif d > 0:
            step -= lr * slope if slope < 0 else 0
            step += mu * d if slope <= shrink * p else d * slope / (p - slope)
        else:
            step -= lr * slope
        out.append(step)
    m["d"], m["p"] = np.reshape(out, x.shape), s
    return x + m["d"]


def delta_bar_delta(x, g, t, m, lr=0.1, kappa=0.01, phi=0.1, theta=0.7, maximize=False):
    g = np.asarray(-g if maximize else g)
    rate, mean = m.get("rate", np.full_like(x, lr)), m.get("mean", 0)
    m["rate"] = rate + np.where(mean * g > 0, kappa, 0) - np.where(mean * g < 0, phi * rate, 0)
    m["mean"] = (1 - theta) * g + theta * mean
    return x - m["rate"] * g


FORMULAS = [
    (optim.SGD, sgd, [{}, {"lr": 0.1, "momentum": 0.9}, {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1},
                      {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}, {"lr": 0.1, "maximize": True}]),
    (optim.Adam, adam, [{}, {"lr": 0.1, "betas": (0.6, 0.8), "eps": 1e-2}, {"weight_decay": 0.1, "maximize": True},
                        {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.6)}]),
    (optim.AdamW, adamw, [{}, {"lr": 0.1, "weight_decay": 0.3, "maximize": True}, {"amsgrad": True}]),
    (optim.Adagrad, adagrad, [{}, {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.2},
                              {"weight_decay": 0.1, "eps": 1e-2, "maximize": True}]),
    (optim.Adadelta, adadelta, [{}, {"lr": 0.5, "rho": 0.5, "weight_decay": 0.1}, {"eps": 1e-2, "maximize": True}]),
    (optim.RMSprop, rmsprop, [{}, {"alpha": 0.5, "momentum": 0.9}, {"centered": True, "weight_decay": 0.1},
                              {"centered": True, "momentum": 0.5, "eps": 1e-3, "maximize": True}]),
    (optim.Rprop, rprop, [{}, {"lr": 0.1, "etas": (0.4, 1.4), "step_sizes": (1e-3, 0.2)}, {"maximize": True}]),
    (optim.Adamax, adamax, [{}, {"lr": 0.1, "betas": (0.5, 0.6), "weight_decay": 0.1}, {"maximize": True}]),
    (optim.NAdam, nadam, [{}, {"lr": 0.1, "momentum_decay": 0.1, "weight_decay": 0.1},
                          {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}]),
    (optim.RAdam, radam, [{}, {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.1},
                          {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}]),
    (optim.Quickprop, quickprop, [{}, {"lr": 0.05, "mu": 0.5, "weight_decay": 0.1}, {"mu": 1.2, "maximize": True}]),
    (optim.DeltaBarDelta, delta_bar_delta, [{}, {"lr": 0.2, "kappa": 0.1, "phi": 0.5, "theta": 0.2},
                                            {"theta": 0.9, "maximize": True}]),
    (optim.ASGD, asgd, [{}, {"lambd": 0.1, "alpha": 0.5, "t0": 5}, {"weight_decay": 0.1, "maximize": True}]),
]  # fmt: skip
CASES = [(make, formula, options) for make, formula, listed in FORMULAS for options in listed]


@pytest.mark.parametrize(("make", "formula", "options"), CASES, ids=[f"{m.__name__}-{o}" for m, _, o in CASES])
def test_formula(make, formula, options):
    found, optimizer = trajectory(make, options)
    for i, (x, start) in enumerate(zip(found, starts(), strict=True)):
        expected, memory = start, {}
        for t in range(1, STEPS + 1):
            expected = formula(expected, gradient(expected, t), t, memory, **options)
        np.testing.assert_allclose(x, expected, rtol=1e-11, atol=1e-12)
        if make is optim.ASGD:
            average = optimizer.state[optimizer.param_groups[0]["params"][i]]["ax"]
            np.testing.assert_allclose(average, memory["ax"], rtol=1e-11, atol=1e-12)


ALL = sorted({make for make, _, _ in CASES}, key=lambda make: make.__name__)


@pytest.mark.parametrize("make", ALL)
def test_the_state_goes_on_after_saving(make):
    """25 steps are as good as 10, a checkpoint with copied weights, and 15 more."""
    whole, _ = trajectory(make, {})
    half, optimizer = trajectory(make, {}, 10)
    params = [ag.tensor(x, requires_grad=True) for x in half]
    other = make(params, lr=5.0)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    other.load_state_dict(saved)
    assert other.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
    for t in range(11, STEPS + 1):
        for p in params:
            p.grad = ag.tensor(gradient(p.array, t))
        other.step()
    for x, p in zip(whole, params, strict=True):
        np.testing.assert_array_equal(x, p.array)


@pytest.mark.parametrize("make", ALL)
def test_float32_stays_float32_and_the_memory_and_gradient_stay(make):
    p = Parameter(ag.ones(3))
    array = p.array
    p.grad = ag.tensor([0.1, -0.2, 0.3])
    optimizer = make([p])
    kept = p.grad.array.copy()
    optimizer.step()
    optimizer.step()
    assert p.array is array and array.dtype == np.float32 and (array != 1).all()
    np.testing.assert_array_equal(p.grad.array, kept)
    assert all(v.dtype == np.float32 for v in optimizer.state[p].values() if isinstance(v, np.ndarray))
    assert p.is_leaf and p.requires_grad


def test_by_hand():
    x = ag.tensor([1.0, 2.0], dtype=np.float64, requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.5)
    x.grad = ag.tensor([1.0, 10.0], dtype=np.float64)
    optimizer.step()
    np.testing.assert_allclose(x.array, [0.9, 1.0])
    optimizer.step()  # v = 0.5 (1, 10) + (1, 10) = (1.5, 15)
    np.testing.assert_allclose(x.array, [0.75, -0.5])
    x = ag.tensor([1.0], dtype=np.float64, requires_grad=True)
    x.grad = ag.tensor([123.0], dtype=np.float64)
    optim.Adam([x], lr=0.1).step()  # the first step of Adam is lr, whatever the gradient
    np.testing.assert_allclose(x.array, [0.9])


def test_a_step_is_noticed_by_a_stale_graph():
    w = Parameter(ag.ones(2))
    y = (w * w).sum()
    w.grad = ag.ones(2)
    optim.SGD([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_parameters_without_a_gradient_are_left_alone():
    p, q = Parameter(ag.ones(2)), Parameter(ag.ones(2))
    p.grad = ag.ones(2)
    optimizer = optim.Adam([p, q])
    optimizer.step()
    assert (q.array == 1).all() and q not in optimizer.state and len(optimizer.state) == 1
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(p.grad.array, [0, 0])
    optimizer.zero_grad()
    assert p.grad is None


# ------------------------------------------------------------------------------------------------ groups and closures


def test_groups_have_their_own_options():
    p, q, r = (Parameter(ag.ones(1)) for _ in range(3))
    optimizer = optim.SGD([{"params": [p]}, {"params": q, "lr": 1.0}], lr=0.1, momentum=0.0)
    optimizer.add_param_group({"params": [r], "weight_decay": 0.5})
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 1.0, 0.1]
    for x in (p, q, r):
        x.grad = ag.ones(1)
    optimizer.step()
    np.testing.assert_allclose([p.item(), q.item(), r.item()], [0.9, 0.0, 0.85], rtol=1e-6)
    optimizer.param_groups[0]["lr"] = 0
    optimizer.step()
    assert p.item() == pytest.approx(0.9)


def test_named_parameters():
    named = [("w", Parameter(ag.ones(1))), ("b", Parameter(ag.ones(1)))]
    optimizer = optim.SGD(iter(named))
    assert optimizer.param_groups[0]["params"] == [p for _, p in named]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["w", "b"]


def test_closure_is_called_with_gradients_enabled():
    p = Parameter(ag.full((2,), 3.0))
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 18
    np.testing.assert_array_equal(p.array, [0, 0])


def test_repr():
    assert repr(optim.SGD([{"params": [Parameter(ag.ones(1))]}, {"params": [Parameter(ag.ones(1))], "lr": 2}])) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.001\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n\nParameter Group 1\n    dampening: 0\n    lr: 2\n"
        "    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


# --------------------------------------------------------------------------------------------------------------- state


def stepped(make=optim.Adam, **options):
    params = [Parameter(ag.ones(2)), Parameter(ag.ones(3))]
    optimizer = make(params, **options)
    for p in params:
        p.grad = ag.ones(*p.shape)
    optimizer.step()
    return optimizer


def test_state_dict_is_keyed_by_the_order_of_the_parameters():
    optimizer = stepped()
    saved = optimizer.state_dict()
    assert list(saved["state"]) == [0, 1] and saved["param_groups"][0]["params"] == [0, 1]
    assert saved["state"][1]["step"] == 1 and list(saved["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    first = optimizer.param_groups[0]["params"][0]
    assert saved["state"][0]["exp_avg"].array is optimizer.state[first]["exp_avg"]
    other = stepped()
    other.load_state_dict(saved)
    held = other.state[other.param_groups[0]["params"][0]]["exp_avg"]
    np.testing.assert_array_equal(held, optimizer.state[first]["exp_avg"])
    assert held is not optimizer.state[first]["exp_avg"]


def test_loading_converts_to_the_parameters_dtype_and_accepts_arrays():
    optimizer = stepped()
    saved = optimizer.state_dict()
    for values in saved["state"].values():
        values["exp_avg"] = values["exp_avg"].array.astype(np.float64)
        values["step"] = ag.tensor(7.0)
    optimizer.load_state_dict(saved)
    values = next(iter(optimizer.state.values()))
    assert values["exp_avg"].dtype == np.float32 and values["step"] == 7
    optimizer.step()


def test_copies_and_pickles():
    optimizer = stepped()
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        ours, theirs = optimizer.param_groups[0]["params"], twin.param_groups[0]["params"]
        assert theirs[0] is not ours[0] and twin.state[theirs[0]]["step"] == 1
        before = theirs[0].array.copy()
        twin.step()
        assert (theirs[0].array != before).all() and (ours[0].array == before).all()


def test_hooks():
    optimizer, log = stepped(optim.SGD), []
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append("pre")),
        optimizer.register_step_post_hook(lambda o, args, kwargs: log.append("post")),
        optimizer.register_state_dict_pre_hook(lambda o: log.append("saving")),
        optimizer.register_state_dict_post_hook(lambda o, d: {**d, "more": 1}),
        optimizer.register_load_state_dict_pre_hook(lambda o, d: {k: v for k, v in d.items() if k != "more"}),
        optimizer.register_load_state_dict_post_hook(lambda o: log.append("loaded")),
    ]
    optimizer.step()
    saved = optimizer.state_dict()
    assert saved["more"] == 1
    optimizer.load_state_dict(saved)
    assert log == ["pre", "post", "saving", "loaded"]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(log) == 4
    called = []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((lambda: called.append(1),), {}))
    optimizer.step()
    assert called == [1]
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match=r"a step pre-hook must return None or a tuple of .*, got 3"):
        optimizer.step()


def test_an_optimizer_of_ones_own():
    class Signs(optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.array[...] -= group["lr"] * np.sign(p.grad.array)

    p, log = Parameter(ag.ones(2)), []
    p.grad = ag.tensor([3.0, -3.0])
    optimizer = Signs([p])
    optimizer.register_step_post_hook(lambda *args: log.append(1))
    optimizer.step()
    np.testing.assert_allclose(p.array, [0.9, 1.1], rtol=1e-6)
    assert log == [1] and optimizer.stepped == 1
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        optim.Optimizer([p], {"lr": optim.optimizer.required})
    unfinished = optim.Optimizer([p], {})
    with pytest.raises(NotImplementedError, match=r"Optimizer has neither update.. nor step"):
        unfinished.step()


PYTORCHS = [make for make in ALL if make not in (optim.Quickprop, optim.DeltaBarDelta)]  # that PyTorch has too
PYTORCHS_OPTIONS = {  # foreach, fused, capturable where PyTorch has them
    "foreach": PYTORCHS,
    "fused": [optim.SGD, optim.Adam, optim.AdamW, optim.Adagrad],
    "capturable": [make for make in PYTORCHS if make not in (optim.SGD, optim.Adagrad)],
}


@pytest.mark.parametrize(
    ("make", "option"), [(make, option) for option, makers in PYTORCHS_OPTIONS.items() for make in makers]
)
def test_options_without_effect_are_accepted_and_not_kept(make, option):
    found, optimizer = trajectory(make, {option: True}, 3)
    for x, expected in zip(found, trajectory(make, {}, 3)[0], strict=True):
        np.testing.assert_array_equal(x, expected)
    assert option not in optimizer.param_groups[0] and option not in optimizer.defaults


@pytest.mark.parametrize("make", PYTORCHS)
def test_a_step_that_is_differentiated_is_refused(make):
    make([Parameter(ag.ones(1))], differentiable=False)
    with pytest.raises(ValueError, match=f"{make.__name__}: differentiable=True is not supported"):
        make([Parameter(ag.ones(1))], differentiable=True)
    with pytest.raises(ValueError, match=f"{make.__name__}: differentiable=True is not supported"):
        make([{"params": [Parameter(ag.ones(1))], "differentiable": True}])


def test_the_way_out_of_a_differentiated_step():
    x = ag.tensor([1.0, 2.0], dtype=np.float64, requires_grad=True)
    lr = ag.tensor(0.1, dtype=np.float64, requires_grad=True)
    loss = (x * x).sum()
    y = x - lr * ag.grad(loss, x, create_graph=True)[0]  # x (1 - 2 lr)
    (y * y).sum().backward()
    np.testing.assert_allclose(lr.grad.item(), -4 * 0.8 * 5)


def test_the_defaults_are_the_arguments_of_the_constructor():
    for make in [*ALL, optim.LBFGS]:
        arguments = inspect.signature(make).parameters
        skipped = {"params", "foreach", "fused", "capturable", "differentiable"}
        expected = {name: p.default for name, p in arguments.items() if name not in skipped}
        if make is optim.LBFGS:
            expected["max_eval"] = 25
        if make is optim.AdamW:
            expected["decoupled_weight_decay"] = True
        assert make([Parameter(ag.ones(1))]).defaults == expected


# -------------------------------------------------------------------------------------------------------------- errors


def one():
    return [Parameter(ag.ones(2))]


def computed():
    return [(one()[0] * 2)]


def test_a_generator_used_up_warns():
    used = iter([ag.zeros(2, requires_grad=True)])
    list(used)
    with pytest.raises(ValueError, match="got an empty parameter list"):
        optim.SGD(used)
    optimizer = optim.SGD([ag.zeros(2, requires_grad=True)])
    with pytest.warns(UserWarning, match="parameter group 1 is an empty generator") as caught:
        optimizer.add_param_group({"params": used})
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: optim.SGD([]), ValueError, "got an empty parameter list"),
        (lambda: optim.SGD(ag.ones(2)), TypeError, r"iterable of Tensors or dicts, but got a tensor of shape \(2,\)"),
        (lambda: optim.SGD([3]), TypeError, "can only optimize Tensors, but parameter 0 is int"),
        (lambda: optim.SGD(computed()), ValueError, r"non-leaf Tensor .parameter 0, shape \(2,\), computed by 'mul'"),
        (lambda: optim.SGD([ag.tensor([1])]), ValueError, "can't optimize int64 .parameter 0"),
        (lambda: optim.SGD(one() * 2), ValueError, r"parameter 1 of the group \(shape \(2,\)\) is in it twice"),
        (
            lambda: (lambda p: optim.SGD([{"params": p}, {"params": p}]))(one()),
            ValueError,
            "appear in more than one parameter group: parameter 0 of this one",
        ),
        (lambda: optim.SGD([{"weights": one()}]), ValueError, "param_group has no 'params', only .'weights'"),
        (lambda: optim.SGD([{"params": set(one())}]), TypeError, "in a fixed order, and a set has none"),
        (lambda: optim.SGD(one()).add_param_group(3), TypeError, "param_group must be a dict, but got int"),
        (lambda: optim.SGD(one(), lr=-0.1), ValueError, "Invalid learning rate: -0.1; it must not be negative"),
        (lambda: optim.SGD(one(), lr=float("nan")), ValueError, "Invalid learning rate: nan"),
        (lambda: optim.SGD([{"params": one(), "lr": -2}]), ValueError, "Invalid learning rate: -2"),
        (lambda: optim.SGD(one(), momentum=-1), ValueError, "Invalid momentum value: -1"),
        (lambda: optim.SGD(one(), weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
        (lambda: optim.SGD(one(), nesterov=True), ValueError, "zero dampening, got momentum=0, dampening=0"),
        (lambda: optim.Quickprop(one(), mu=0), ValueError, "Invalid mu value: 0; it must be more than 0, such as 1.75"),
        (lambda: optim.DeltaBarDelta(one(), phi=1.5), ValueError, "Invalid phi value: 1.5; it must be in"),
        (lambda: optim.DeltaBarDelta(one(), theta=-1), ValueError, "Invalid theta value: -1"),
        (lambda: optim.Adam(one(), eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda: optim.Adam(one(), betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
        (lambda: optim.AdamW(one(), betas=(0.9, -1)), ValueError, "Invalid beta parameter at index 1: -1"),
        (lambda: optim.Adagrad(one(), lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
        (lambda: optim.Adagrad(one(), initial_accumulator_value=-1), ValueError, "accumulator_value value: -1"),
        (lambda: optim.Adadelta(one(), rho=1.5), ValueError, "Invalid rho value: 1.5"),
        (lambda: optim.RMSprop(one(), alpha=-1), ValueError, "Invalid alpha value: -1"),
        (lambda: optim.RMSprop(one(), alpha=2), ValueError, r"Invalid alpha value: 2; it must be in \[0, 1\]"),
        (lambda: optim.Adadelta(one(), rho="a"), TypeError, "Invalid rho value: 'a'; it must be a number"),
        (lambda: optim.Adam(one(), betas=(0.9,)), ValueError, r"Invalid betas: \(0.9,\); two numbers are needed"),
        (lambda: optim.Adam(one(), betas=None), ValueError, "Invalid betas: None; two numbers are needed"),
        (lambda: optim.Rprop(one(), step_sizes=(5, 1)), ValueError, "Invalid step sizes: 5, 1; needed is"),
        (lambda: optim.ASGD(one(), lambd=-1), ValueError, "Invalid lambd value: -1"),
        (lambda: optim.LBFGS(one(), history_size=0), ValueError, "history_size must be at least 1, got 0"),
        (lambda: optim.Rprop(one(), etas=(1.5, 1.2)), ValueError, "Invalid eta values: 1.5, 1.2"),
        (lambda: optim.Adamax(one(), eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda: optim.NAdam(one(), momentum_decay=-1), ValueError, "Invalid momentum_decay value: -1"),
        (lambda: optim.RAdam(one(), weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
        (lambda: optim.ASGD(one(), lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda: optim.LBFGS([{"params": one()}, {"params": one()}]), ValueError, "doesn't support parameter groups"),
        (lambda: optim.LBFGS(one(), line_search_fn="armijo"), ValueError, "'strong_wolfe', got 'armijo'"),
        (lambda: optim.LBFGS(one()).step(), ValueError, "step needs a closure"),
        (lambda: optim.nothing, AttributeError, "module 'optim' has no attribute 'nothing'"),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


def test_state_dicts_that_do_not_fit_change_nothing():
    optimizer = stepped(lr=0.5)
    before = copy.deepcopy(optimizer.state_dict())
    good = optimizer.state_dict()
    group = good["param_groups"][0]
    wrong = {"step": 1, "exp_avg": np.zeros(5), "exp_avg_sq": np.zeros(2)}
    for bad, message in (
        ({**good, "param_groups": [group, group]}, "different number of parameter groups: 2, and the optimizer has 1"),
        ({**good, "param_groups": [{**group, "params": [0]}]}, "group 0 has 1 parameters there and 2 here"),
        ({**good, "state": {5: {}}}, "a state for parameter 5, which is in no group"),
        ({**good, "state": {0: wrong}}, r"'exp_avg' of shape \(5,\) for parameter 0, whose shape is \(2,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(bad)
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"] and after["state"].keys() == before["state"].keys()


# --------------------------------------------------------------------------------------------------------------- LBFGS


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def minimise(function, start, calls=1, **options):
    x = ag.tensor(start, requires_grad=True)
    optimizer = optim.LBFGS([x], **options)
    evaluations = []

    def closure():
        optimizer.zero_grad()
        loss = function(x)
        loss.backward()
        evaluations.append(loss.item())
        return loss

    for _ in range(calls):
        optimizer.step(closure)
    return x.array, evaluations, optimizer


def test_lbfgs_minimises_rosenbrock():
    x, evaluations, _ = minimise(rosenbrock, np.array([-1.2, 1.0, 1.0]), 10, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(x, np.ones(3), atol=1e-4)
    assert len(evaluations) < 200


def test_lbfgs_is_exact_on_a_quadratic_like_conjugate_gradients():
    """On a quadratic of n dimensions, with exact line searches, n steps suffice; nearly exact ones come close."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((5, 5))
    a = a @ a.T + np.eye(5)
    b = rng.standard_normal(5)
    x, _, _ = minimise(lambda x: (x @ ag.tensor(a) @ x) / 2 - (ag.tensor(b) * x).sum(), np.zeros(5), 5,
                       line_search_fn="strong_wolfe", tolerance_change=1e-16)  # fmt: skip
    np.testing.assert_allclose(x, np.linalg.solve(a, b), atol=1e-7)


CURVES = [  # a function of one variable that falls from 0, and its slope
    (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
    (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    (lambda t: (t - 2) ** 4 - t, lambda t: 4 * (t - 2) ** 3 - 1),
    (lambda t: math.exp(t) - 3 * t + math.cos(3 * t) / 4, lambda t: math.exp(t) - 3 - 0.75 * math.sin(3 * t)),
]


@pytest.mark.parametrize("curve", range(len(CURVES)))
@pytest.mark.parametrize("start", [1e-3, 0.1, 0.9, 1.9, 2.5, 10.0, 100.0])
def test_line_search_satisfies_the_strong_wolfe_conditions(curve, start):
    f, slope = CURVES[curve]
    calls = []

    def evaluate(t):
        calls.append(t)
        return f(t), np.array([slope(t)])

    c1, c2 = 1e-4, 0.1
    loss, g, t = strong_wolfe(evaluate, start, np.ones(1), f(0.0), np.array([slope(0.0)]), slope(0.0), 40, c1, c2)
    assert f(t) <= f(0) + c1 * t * slope(0) and abs(slope(t)) <= -c2 * slope(0)
    assert loss == f(t) and g[0] == slope(t) and len(calls) <= 20


def test_line_search_gives_the_best_point_when_evaluations_run_out():
    f, slope = CURVES[0]
    loss, g, t = strong_wolfe(lambda t: (f(t), np.array([slope(t)])), 5.0, np.ones(1), 1.0, np.array([-2.0]), -2.0, 0)
    assert (loss, g[0], t) == (1.0, -2.0, 0.0)


def test_lbfgs_first_steps_by_hand():
    """f = x²/2 · c: the first step is lr min(1, 1/|g|) along -g, the second uses H = sᵀy / yᵀy = 1/c."""
    x, evaluations, optimizer = minimise(lambda x: (x * x * 2.0).sum(), np.array([3.0]), max_iter=1, lr=0.5)
    np.testing.assert_allclose(x, [3 - 0.5 / 12 * 12])
    assert evaluations == [18.0]
    assert optimizer.state_dict()["state"][0]["func_evals"] == 1
    x, _, _ = minimise(lambda x: (x * x * 2.0).sum(), np.array([3.0]), max_iter=2, max_eval=9, lr=0.5)
    np.testing.assert_allclose(x, [2.5 - 0.5 * 2.5])  # -H g = -2.5


@pytest.mark.parametrize("options", [{"lr": 0.5}, {"line_search_fn": "strong_wolfe"}, {"max_eval": 3}])
def test_lbfgs_counts_and_stops(options):
    _, evaluations, optimizer = minimise(lambda x: (x**2).sum(), np.array([1.0, 2.0]), 3, max_iter=6, **options)
    state = optimizer.state[optimizer.param_groups[0]["params"][0]]
    assert state["func_evals"] == len(evaluations)
    assert len(evaluations) <= 3 * options.get("max_eval", 7)
    _, evaluations, _ = minimise(lambda x: (x**2).sum(), np.zeros(2), 1)
    assert len(evaluations) == 1  # the gradient is zero at the start


def test_lbfgs_goes_on_after_saving_and_keeps_a_short_history():
    options = {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3}
    whole, _, _ = minimise(rosenbrock, -np.ones(4), 4, **options)
    half, _, optimizer = minimise(rosenbrock, -np.ones(4), 2, **options)
    saved = copy.deepcopy(optimizer.state_dict())
    assert len(saved["state"][0]["old_dirs"]) == 3 and isinstance(saved["state"][0]["old_dirs"][0], ag.Tensor)
    x = ag.tensor(half, requires_grad=True)
    other = optim.LBFGS([x])
    other.load_state_dict(saved)

    def closure():
        other.zero_grad()
        loss = rosenbrock(x)
        loss.backward()
        return loss

    other.step(closure)
    other.step(closure)
    np.testing.assert_array_equal(x.array, whole)


def test_lbfgs_counts_a_parameter_without_gradient_as_still():
    x, y = Parameter(ag.full((2,), 2.0)), Parameter(ag.ones(3))
    optimizer = optim.LBFGS([x, y], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (x**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(x.array, [0, 0], atol=1e-6)
    np.testing.assert_array_equal(y.array, [1, 1, 1])
