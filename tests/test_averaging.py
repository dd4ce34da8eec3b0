"""`optim.swa_utils` and Adafactor, held against PyTorch 2.13 (frozen)."""

import copy
import inspect
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from optim import swa_utils

TABLE = json.loads((Path(__file__).parent / "tables" / "averaging.json").read_text())


def parameters():
    rng = np.random.default_rng(0)
    return [ag.tensor(rng.standard_normal(s), requires_grad=True) for s in ((3, 2), (4,), (), (2, 3, 2))]


def steps(optimizer, params, times):
    for t in times:
        for p in params:
            x = p.array
            p.grad = ag.tensor(0.7 * x + 0.3 * np.sin(3 * x) + 0.5 * np.cos(0.9 * t))
        optimizer.step()


@pytest.mark.parametrize("name", TABLE["adafactor"])
def test_adafactor(name):
    options, expected = TABLE["adafactor"][name]
    params = parameters()
    optimizer = optim.Adafactor(params, **options)
    steps(optimizer, params, range(1, 26))
    for p, values in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.detach().numpy().ravel(), values, rtol=1e-9, atol=1e-12)
    shapes = [{k: np.shape(v) for k, v in optimizer.state[p].items()} for p in params]
    assert shapes[0] == {"step": (), "row_var": (3, 1), "col_var": (1, 2)}
    assert shapes[1] == {"step": (), "variance": (4,)} and shapes[3]["col_var"] == (2, 1, 2)


def test_adafactor_goes_on_from_its_state():
    options, expected = TABLE["adafactor"]["weight_decay"]
    params = parameters()
    first = optim.Adafactor(params, **options)
    steps(first, params, range(1, 11))
    second = optim.Adafactor(params)
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    steps(second, params, range(11, 26))
    for p, values in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.detach().numpy().ravel(), values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "learning rate"),
        ({"beta2_decay": 0.1}, "at most 0"),
        ({"eps": 1e-3}, "two numbers"),
        ({"eps": (None, -1)}, "epsilon value"),
        ({"d": 0.5}, "at least 1"),
        ({"weight_decay": -1}, "weight_decay"),
    ],
)
def test_adafactor_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        optim.Adafactor([ag.zeros(2, requires_grad=True)], **options)


def test_adafactor_refuses_complex_parameters():
    with pytest.raises(ValueError, match="complex parameters, and parameter 0 is complex64"):
        optim.Adafactor([ag.zeros(2, dtype=ag.complex64, requires_grad=True)])


def test_adafactor_in_float16_and_of_nothing():
    x = ag.ones(2, 2, dtype=ag.float16, requires_grad=True)
    empty = ag.zeros(0, 3, requires_grad=True)
    optimizer = optim.Adafactor([x, empty])
    x.grad, empty.grad = ag.full((2, 2), 2e-4, dtype=ag.float16), ag.zeros(0, 3)
    optimizer.step()
    assert x.dtype == np.float16 and x.isfinite().all()


@pytest.mark.parametrize(("strategy", "epochs", "expected"), TABLE["rates"])
def test_swalr(strategy, epochs, expected):
    optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
    schedule = swa_utils.SWALR(optimizer, 0.05, epochs, strategy)
    rates = [optimizer.param_groups[0]["lr"]]
    for t in range(6):
        optimizer.step()
        schedule.step()
        rates.append(schedule.get_last_lr()[0])
        if t == 2:  # goes on from its state
            state, other = pickle.loads(pickle.dumps(schedule.state_dict())), copy.deepcopy(optimizer)
            schedule = swa_utils.SWALR(other, 0.7)
            schedule.load_state_dict(state)
            schedule.set_lrs(rates[-1:])
            for group in other.param_groups:
                group["swa_lr"] = 0.05
            optimizer = other
    np.testing.assert_allclose(rates, expected, rtol=1e-8)


def test_swalr_refuses():
    optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)
    with pytest.raises(ValueError, match="'cos' or 'linear'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="exp")
    with pytest.raises(ValueError, match="at least 0"):
        swa_utils.SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ValueError, match="2 values, but the optimizer has 1"):
        swa_utils.SWALR(optimizer, [0.1, 0.2])


def half(average, value, count):
    return 0.5 * average + 0.5 * value


OPTIONS = {
    "swa": dict,
    "ema": lambda: {"avg_fn": swa_utils.get_ema_avg_fn(0.9)},
    "swa multi": lambda: {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()},
    "ema multi": lambda: {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.9)},
    "own": lambda: {"avg_fn": half},
}


@pytest.mark.parametrize("name", TABLE["averages"])
def test_averaged_model(name):
    rng = np.random.default_rng(0)
    shapes = ((4, 3, 2), (4, 3), (3, 5, 2))
    weights, biases, inputs = (ag.tensor(rng.standard_normal(s).round(3)) for s in shapes)
    buffers = name.endswith(" buffers")
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).double()
    averaged = swa_utils.AveragedModel(model, use_buffers=buffers, **OPTIONS[name.removesuffix(" buffers")]())
    for w, b in zip(weights, biases, strict=True):
        with ag.no_grad():
            model[0].weight.copy_(w)
            model[0].bias.copy_(b)
        model(inputs[0])
        averaged.update_parameters(model)
        averaged = pickle.loads(pickle.dumps(averaged))
    if not buffers:
        swa_utils.update_bn([(inputs[1], 0), inputs[2]], averaged)
    averaged.eval()
    layer, norm = averaged.module
    values = [*layer.weight.detach().numpy().ravel(), *norm.running_mean.numpy(), *norm.running_var.numpy()]
    values += [norm.num_batches_tracked.item(), averaged.n_averaged.item()]
    values += [*averaged(inputs[0]).detach().numpy().ravel()[:3]]
    np.testing.assert_allclose(values, TABLE["averages"][name], rtol=1e-8)
    assert set(averaged.state_dict()) == {"n_averaged", *(f"module.{key}" for key in model.state_dict())}
    assert layer.weight.requires_grad


def test_averaged_model_refuses():
    model = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="not both"):
        swa_utils.AveragedModel(model, avg_fn=half, multi_avg_fn=swa_utils.get_swa_multi_avg_fn())
    averaged = swa_utils.AveragedModel(model)
    with pytest.raises(ValueError, match="the one that was passed"):
        averaged.update_parameters(nn.Linear(3, 1))
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        swa_utils.get_ema_avg_fn(1.5)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        swa_utils.get_ema_multi_avg_fn(-0.5)
    with pytest.raises(TypeError):
        swa_utils.AveragedModel(model, device="cuda")


def test_update_bn_restores_modes_and_momenta():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3), nn.Dropout())
    model.eval()
    model[1].train()
    with pytest.raises(ValueError):
        swa_utils.update_bn([ag.ones(3, 5)], model)
    assert (model[0].momentum, model.training, model[0].training, model[1].training) == (0.3, False, False, True)
    plain = nn.Linear(1, 1)
    swa_utils.update_bn([None], plain)  # nothing to do: the model is not called


def test_signatures_are_pytorchs():
    def names(function):
        return list(inspect.signature(function).parameters)

    assert names(swa_utils.AveragedModel) == ["model", "device", "avg_fn", "multi_avg_fn", "use_buffers"]
    assert names(swa_utils.SWALR) == ["optimizer", "swa_lr", "anneal_epochs", "anneal_strategy", "last_epoch"]
    assert names(swa_utils.update_bn) == ["loader", "model", "device"]
    expected = ["params", "lr", "beta2_decay", "eps", "d", "weight_decay", "foreach", "maximize"]
    assert names(optim.Adafactor) == expected


def test_buffers_are_the_models():
    model = nn.BatchNorm1d(1)
    averaged = swa_utils.AveragedModel(model)
    model(ag.tensor([[1.0], [3.0]]))
    for _ in range(2):
        averaged.update_parameters(model)
    assert averaged.module.running_mean.item() == pytest.approx(0.2) and averaged.module.num_batches_tracked.item() == 1
    assert averaged.module.running_mean is not model.running_mean
