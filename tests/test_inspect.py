"""Inputs that maximise a unit, against the solution of linear units; occlusion maps, against one example at a time."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from nn.inspect import maximize_activation, occlusion_map

F64 = ag.float64


def network(dims=2, channels=2):
    conv, pool = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1], (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[dims - 1]
    return nn.Sequential(
        conv(channels, 4, 3, padding=1), nn.Tanh(), pool(2), nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(3)
    ).double()  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- occlusion


@pytest.mark.parametrize(
    ("shape", "size", "stride", "value"),
    [
        ((2, 9), 3, 2, 0.0),
        ((2, 8, 6), (3, 2), (2, 1), [0.5, -1.0]),
        ((1, 8, 6), 6, 5, 0.3),
        ((2, 4, 5, 4), (2, 3, 2), 1, 0.0),
    ],
)
@pytest.mark.parametrize("target", [None, 1, "probability"])
def test_occlusion_by_loops(shape, size, stride, value, target):
    ag.manual_seed(0)
    dims = len(shape) - 1
    model = network(dims, shape[0])
    x = ag.randn(*shape, dtype=F64)
    model.eval()
    whole = model(x[None]).detach()
    f = (lambda out: F.softmax(out, 1)[:, 2]) if target == "probability" else target
    model.train()
    own = occlusion_map(model, x, f, size=size, stride=stride, value=value, batch_size=5)
    at_once = occlusion_map(model, x.numpy(), f, size=size, stride=stride, value=value)
    model.eval()
    np.testing.assert_allclose(own.array, at_once.array, atol=1e-13)
    size = (size,) * dims if isinstance(size, int) else size
    stride = (stride,) * dims if isinstance(stride, int) else stride

    def score(out):
        index = int(whole.argmax()) if target is None else target
        return F.softmax(out, 1)[0, 2].item() if target == "probability" else out[0, index].item()

    counts = [(n - k) // s + 1 for n, k, s in zip(shape[1:], size, stride, strict=True)]
    assert own.shape == tuple(counts)
    for position in np.ndindex(*counts):
        covered = x.numpy().copy()
        patch = tuple(slice(p * s, p * s + k) for p, s, k in zip(position, stride, size, strict=True))
        for c in range(shape[0]):
            covered[(c, *patch)] = np.broadcast_to(value, shape[0])[c]
        assert own.array[position] == pytest.approx(score(whole) - score(model(ag.tensor(covered[None]))), abs=1e-13)


def test_occlusion_finds_what_a_network_sees():
    model = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(100, 2))
    with ag.no_grad():
        model[3].weight.zero_()
        model[3].weight[1].reshape(10, 10)[6:9, 2:5] = 1.0
        model[0].weight.fill_(1.0)
    drop = occlusion_map(model, ag.ones(1, 10, 10), 1, size=3).array
    assert np.unravel_index(drop.argmax(), drop.shape) == (6, 2) and drop[0, 7] == 0
    assert not occlusion_map(model, ag.ones(1, 10, 10), 0, size=3).array.any()


def left_alone(model, call):
    model.train()
    before = {name: t.array.copy() for name, t in model.state_dict().items()}
    call()
    assert model.training and not any(m._forward_hooks for m in model.modules())
    assert all((t.array == before[name]).all() for name, t in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_the_model_is_left_alone():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 2))
    x = ag.randn(1, 4, 4)
    left_alone(model, lambda: occlusion_map(model, x, size=2))
    left_alone(model, lambda: maximize_activation(model, 1, start=x, layer="1", steps=3))
    with ag.no_grad():
        left_alone(model, lambda: maximize_activation(model, 1, start=x, steps=3))


# ------------------------------------------------------------------------------------------------- maximising activations


def test_the_best_input_of_a_linear_unit():
    """max w x − λ |x|² is at w / 2 λ."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).double()
    for unit in (0, -1, (2,), lambda out: out[:, 1]):
        found = maximize_activation(model, unit, (2, 6), l2=0.3, steps=300, generator=ag.Generator(0))
        row = {0: 0, -1: 2, (2,): 2}.get(unit, 1)
        np.testing.assert_allclose(found.input.array.reshape(-1), model[1].weight.array[row] / 0.6, atol=1e-4)
        assert found.activation == found.history[-1] == pytest.approx(model(found.input[None]).array[0, row])
        assert len(found.history) == 301 and found.history[-1] > found.history[0]
    bounded = maximize_activation(model, 0, (2, 6), bounds=(-0.5, 1.0), steps=300)
    expected = np.where(model[1].weight.array[0] > 0, 1.0, -0.5)
    np.testing.assert_allclose(bounded.input.array.reshape(-1), expected)


def test_units_of_a_layer():
    model = network()
    model(ag.zeros(1, 2, 8, 6, dtype=F64))
    start = ag.randn(2, 8, 6, dtype=F64, generator=ag.Generator(2))
    options = {"start": start, "l2": 0.01, "steps": 40}
    one = maximize_activation(model, (1, 4, 3), layer="0", **options)
    assert one.activation > model[0](start[None]).array[0, 1, 4, 3]
    away = np.ones((8, 6), bool)
    away[3:6, 2:5] = False  # only the receptive field has a reason to grow
    assert (abs(one.input.array)[:, away] < abs(start.array)[:, away]).all()
    channel = maximize_activation(model, 1, layer=model[0], **options)
    assert channel.activation == pytest.approx(model[0](channel.input[None]).array[0, 1].mean())
    assert channel.activation > model[0](start[None]).array[0, 1].mean()
    own = maximize_activation(model, lambda out: out[0, 1].mean(), layer="0", **options)
    np.testing.assert_array_equal(own.input.array, channel.input.array)


def test_blur_makes_inputs_smooth():
    ag.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(144, 1))
    rough, smooth = (
        maximize_activation(model, 0, (1, 12, 12), l2=0.1, blur=b, steps=100, generator=ag.Generator(0)).input.array[0]
        for b in (0.0, 1.0)
    )

    model[1].weight.data.zero_()
    start = ag.ones(2, 6, 12) * ag.tensor([1.0, -3.0]).reshape(2, 1, 1)
    same = maximize_activation(model, 0, start=start, blur=1.0, steps=8).input  # channels are not mixed, edges not dark
    np.testing.assert_allclose(same.array, start.array, rtol=1e-6)

    def variation(x):
        return (abs(np.diff(x, axis=0)).sum() + abs(np.diff(x, axis=1)).sum()) / abs(x).sum()

    assert variation(smooth) < 0.7 * variation(rough)


def test_runs_repeat():
    model = network()
    with pytest.raises(ValueError, match=r"lazy parameters .* call it once: model\(x\)"):
        maximize_activation(model, 0, (2, 8, 6))
    model(ag.zeros(1, 2, 8, 6, dtype=F64))
    runs = []
    for _ in range(2):
        ag.manual_seed(4)
        runs.append(maximize_activation(model, 0, (2, 8, 6), steps=5))
    assert runs[0].input.array.tobytes() == runs[1].input.array.tobytes() and runs[0].input.dtype == F64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: maximize_activation(m, 0), ValueError, "pass shape, such as"),
        (lambda m: maximize_activation(m, 0, (2, 8), start=ag.zeros(2, 8, 6)), ValueError, "pass one of them"),
        (lambda m: maximize_activation(m, 3, (2, 8, 6)), IndexError, r"no unit 3 in an output of shape \(3,\)"),
        (lambda m: maximize_activation(m, (0, 8, 0), (2, 8, 6), layer="0"), IndexError, r"no unit \(0, 8, 0\)"),
        (
            lambda m: maximize_activation(m, 0, (2, 8, 6), layer="conv"),
            ValueError,
            "no module 'conv'; there are 0, 1, 2",
        ),
        (lambda m: maximize_activation(m, 0, (2, 8, 6), layer=nn.ReLU()), ValueError, "a module of the model"),
        (lambda m: maximize_activation(m, lambda out: out, (2, 8, 6)), ValueError, "unit must give one number"),
        (lambda m: maximize_activation(m, 0, (2, 8, 6), steps=0), ValueError, "steps must be at least 1"),
        (lambda m: maximize_activation(m, 0, (2, 8, 6), lr=0.0), ValueError, "lr must be positive"),
        (lambda m: maximize_activation(m, 0, (2, 8, 6), l2=-1.0), ValueError, "l2 must be finite and not negative"),
        (lambda m: maximize_activation(m, 0, (2, 8, 6), bounds=(1, 0)), ValueError, r"bounds are \(least, largest\)"),
        (lambda m: occlusion_map(m, ag.zeros(1, 2, 8, 6, 1)), ValueError, r"pass x\[0\] of a batch"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), size=7), ValueError, r"\(7, 7\) does not fit into .* \(8, 6\)"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), size=(2, 2, 2)), ValueError, "or 2 of them"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), stride=0), ValueError, "stride is a whole number of at least 1"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), 3), IndexError, "target is 3, but the model has 3 outputs"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), value=[1.0] * 3), ValueError, "each of the 2 channels"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), batch_size=0), ValueError, "batch_size must be at least 1"),
        (lambda m: occlusion_map(m, ag.zeros(2, 8, 6), lambda out: out), ValueError, "a number for each of 1 outputs"),
        (lambda m: occlusion_map(m[0], ag.zeros(2, 8, 6)), ValueError, "pass a function"),
    ],
)
def test_refusals(call, error, message):
    model = network()
    model(ag.zeros(1, 2, 8, 6, dtype=F64))
    with pytest.raises(error, match=message):
        call(model)
    assert model.training and not any(m._forward_hooks for m in model.modules())


def test_a_gradient_that_is_not_finite():
    class Root(nn.Module):
        def forward(self, x):
            return x.sqrt()

    with pytest.raises(FloatingPointError, match="the gradient is not finite after 0 steps"):
        maximize_activation(Root(), 0, start=ag.zeros(1))
