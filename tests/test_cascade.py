"""Cascade-correlation: its rules weight by weight, its slopes against automatic ones, two spirals, and what is refused."""

import numpy as np
import pytest

import autograd_core as ag
from nn.data import datasets
from nn.models import CascadeCorrelation, cascade_fit
from nn.models.batch_rules import Quickprop, Rprop


def naive_quickprop(w, step, slope, before, lr, mu, decay):
    """One weight, case by case, as in Fahlman's program."""
    slope += decay * w
    new = 0.0
    if step == 0:
        new = -lr * slope
    else:
        side = 1 if step > 0 else -1
        if side * slope < 0:
            new -= lr * slope
        if side * slope <= mu / (1 + mu) * side * before:
            new += mu * step
        else:
            new += step * slope / (before - slope)
    return w + new, new, slope


def test_quickprop():
    rng = np.random.default_rng(0)
    w, rule = rng.normal(size=(3, 4)), Quickprop((3, 4), 0.1, 1.75, 0.01)
    state = [[(x, 0.0, 0.0) for x in row] for row in w]
    for _ in range(30):
        slopes = rng.normal(size=(3, 4)) * (rng.random((3, 4)) < 0.9)
        rule(w, slopes)
        for i, j in np.ndindex(3, 4):
            x, step, before = state[i][j]
            state[i][j] = naive_quickprop(x, step, slopes[i, j], before, 0.1, 1.75, 0.01)
        np.testing.assert_allclose(w, [[s[0] for s in row] for row in state], rtol=1e-9)


def test_quickprop_finds_the_minimum_of_a_parabola_in_two_steps():
    w, rule = np.array([3.0, -1.0]), Quickprop((2,), 0.2)
    for _ in range(2):
        rule(w, 2 * np.array([1.0, 2.0]) * (w - 1))
    # the second step goes to the minimum, and lr along the slope that still leads there
    slopes = 2 * np.array([1.0, 2.0]) * (np.array([3.0, -1.0]) * [0.6, 0.2] + [0.4, 0.8] - 1)
    np.testing.assert_allclose(w, 1 - 0.2 * slopes)


def test_rprop():
    rng = np.random.default_rng(0)
    w, rule = rng.normal(size=5), Rprop((5,), 0.1)
    state = [(x, 0.1, 0.0) for x in w]
    for _ in range(50):
        slopes = rng.normal(size=5)
        rule(w, slopes)
        for i, (x, size, before) in enumerate(state):
            slope = slopes[i]
            if before * slope > 0:
                size = min(size * 1.2, 50)
            elif before * slope < 0:
                size, slope = max(size / 2, 1e-6), 0.0
            state[i] = (x - np.sign(slope) * size, size, slope)
        np.testing.assert_allclose(w, [s[0] for s in state])


@pytest.mark.parametrize("rule", [Quickprop, Rprop])
def test_a_weight_that_is_added_starts_as_the_first_ones_did(rule):
    rng = np.random.default_rng(0)
    own, slopes = rule((2, 3), 0.1), rng.normal(size=(2, 3))
    for _ in range(3):
        own(np.zeros((2, 3)), slopes)
    own.grow()
    w, fresh = np.zeros((2, 4)), np.zeros((2, 1))
    slopes = rng.normal(size=(2, 4))
    own(w, slopes)
    rule((2, 1), 0.1)(fresh, slopes[:, 3:])
    np.testing.assert_array_equal(w[:, 3:], fresh)
    assert fresh.all()


def test_forward_and_gradients():
    model = CascadeCorrelation(3, 2, hidden_features=2, dtype=ag.float64)
    x = ag.randn(5, 3, dtype=ag.float64)
    for row, out in zip(x.tolist(), model(x).tolist(), strict=True):
        values = [1.0, *row]
        for w in model.hidden:
            values.append(1 / (1 + np.exp(-np.dot(w.array, values))) - 0.5)
        np.testing.assert_allclose(out, 1 / (1 + np.exp(-model.weight.array @ values)) - 0.5)
    assert model(x[0]).shape == (2,) and model(x.reshape(5, 1, 3)).shape == (5, 1, 2)
    parameters = list(model.parameters())
    assert ag.gradcheck(lambda x, *_: model(x), (x.requires_grad_(), *parameters))


class Recorder:
    """In place of a rule: what it was called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, weights, slope):
        self.calls.append((weights.copy(), slope))
        weights -= slope

    def grow(self):
        pass


def learner(x, t, weights, **options):
    options = {
        "max_hidden": 1, "candidates": 4, "rule": "quickprop", "tolerance": 0.4, "epochs": 1, "patience": 8,
        "output_lr": None, "candidate_lr": None,
        "output_threshold": 0.01, "candidate_threshold": 0.03, "decay": 0.0,
    } | options  # fmt: skip
    return cascade_fit.Learner("fit", x, t, weights, True, cascade_fit.Options(**options))


def test_slopes(monkeypatch):
    rng = np.random.default_rng(1)
    values = np.column_stack([np.ones(9), rng.normal(size=(9, 3))])
    t, weights = rng.choice([-0.5, 0.5], (9, 2)), rng.normal(size=(2, 4))
    monkeypatch.setattr(cascade_fit, "FLAT_SPOT", 0.0)  # without it the slopes are gradients
    rules = [Recorder(), Recorder()]
    monkeypatch.setattr(cascade_fit.Options, "new_rule", lambda *_: rules[0] if not rules[0].calls else rules[1])
    run = learner(values, t, weights.copy())
    result = run.learn(0, np.random.default_rng(0), None)
    w = ag.tensor(weights, requires_grad=True)
    out = ag.sigmoid(ag.tensor(values) @ w.T) - 0.5
    ((out - ag.tensor(t)) ** 2 / 2).sum().backward()
    np.testing.assert_allclose(rules[0].calls[0][1], w.grad.array)

    trained = rules[0].calls[0][0] - rules[0].calls[0][1]
    out = 1 / (1 + np.exp(-values @ trained.T)) - 0.5
    error = ag.tensor((out - t) * (0.25 - out**2))
    pool = ag.tensor(rules[1].calls[0][0], requires_grad=True)

    def scores(pool):
        v = ag.sigmoid(ag.tensor(values) @ pool.T) - 0.5
        return ((v - v.mean(0)).T @ (error - error.mean(0))).abs().sum(1) / (error**2).sum()

    (-scores(pool).sum()).backward()
    np.testing.assert_allclose(rules[1].calls[0][1], pool.grad.array, rtol=1e-12)
    after = scores(ag.tensor(pool.array - pool.grad.array))
    assert result.scores == [pytest.approx(after.max().item())]
    np.testing.assert_allclose(run.units[0], (pool.array - pool.grad.array)[int(after.argmax())])
    v = 1 / (1 + np.exp(-values @ run.units[0])) - 0.5
    e = error.array - error.array.mean(0)
    start = rules[0].calls[1][0]  # the outputs' weights, with one of the new unit
    np.testing.assert_allclose(start[:, :4], trained)
    np.testing.assert_allclose(start[:, 4], -e.T @ v / (error.array**2).sum())  # against the error


def test_two_spirals():
    """Fahlman & Lebiere: 100 trials, all solved, with 12 to 19 hidden units, 15.2 in the mean, after 1,700 epochs."""
    x, y = datasets.two_spirals()[:]
    assert x.shape == (194, 2) and y.sum() == 97
    fits = []
    for seed in range(20):
        ag.manual_seed(seed)
        model = CascadeCorrelation(2)
        fits.append(model.fit(x, y, max_hidden=25))
        assert fits[-1].solved and (model.predict(x) == y).all()
        assert fits[-1].hidden == len(model.hidden) == len(fits[-1].scores) == len(fits[-1].errors) - 1
    assert 14 < np.mean([fit.hidden for fit in fits]) < 17
    assert 1300 < np.mean([fit.epochs for fit in fits]) < 2000


def test_rprop_solves_two_spirals_and_runs_repeat():
    x, y = datasets.two_spirals()[:]
    states = []
    for _ in range(2):
        ag.manual_seed(3)
        model = CascadeCorrelation(2)
        assert model.fit(x, y, rule="rprop", generator=ag.Generator(4)).solved
        states.append(model.state_dict())
    assert all((states[0][key].array == states[1][key].array).all() for key in states[0])
    copy = CascadeCorrelation(2, hidden_features=len(model.hidden))
    copy.load_state_dict(states[0])
    assert (copy.predict(x) == y).all()


def test_several_classes():
    x, y = datasets.blobs(90, generator=ag.Generator(0))[:]
    model = CascadeCorrelation(2, 3)
    lines = []
    fit = model.fit(x.numpy(), y.numpy(), max_hidden=6, progress=lines.append)
    assert (model.predict(x) == y).float().mean() > 0.9
    assert len(lines) == fit.hidden + 1 and lines[0].startswith("0/6 hidden units")


def test_regression_and_going_on():
    ag.manual_seed(0)
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.sin(4 * x)
    model = CascadeCorrelation(1, output_activation="linear")
    first = model.fit(x, y, tolerance=0.05, max_hidden=1)
    assert not first.solved and str(first).startswith("not solved with 1 hidden unit after")
    second = model.fit(x, y, tolerance=0.05, max_hidden=20, candidates=16)
    assert second.solved and second.errors[0] <= first.errors[-1] * 1.01 and second.hidden == len(model.hidden)
    assert abs(model.predict(x).numpy() - y).max() < 0.051
    assert "solved with" in str(second)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((0, 2))}, ValueError, "no examples"),
        ({"x": np.zeros((4, 3))}, ValueError, r"shape \(N, 2\)"),
        ({"x": np.full((4, 2), np.nan)}, ValueError, r"x\[0, 0\] is nan"),
        ({"y": np.array([0, 1, 2, 1])}, ValueError, "label 2 at 2"),
        ({"y": np.zeros((4, 2))}, ValueError, "y must be class indices"),
        ({"y": np.full((4, 1), 0.9)}, ValueError, "output_activation='linear'"),
        ({"rule": "sgd"}, ValueError, "rule is one of quickprop, rprop"),
        ({"candidates": 0}, ValueError, "candidates must be at least 1"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"tolerance": 0.0}, ValueError, "tolerance must be positive"),
        ({"output_lr": -1.0}, ValueError, "output_lr must be positive"),
        ({"decay": -1.0}, ValueError, "decay must not be negative"),
        ({"max_hidden": 1}, ValueError, "there are 2 hidden units"),
    ],
)
def test_refusals(change, error, message):
    model = CascadeCorrelation(2, hidden_features=2)
    before = {name: t.array.copy() for name, t in model.state_dict().items()}
    x, y = (t.numpy() for t in datasets.xor()[:])
    with pytest.raises(error, match=message):
        model.fit(**({"x": x, "y": y} | change))
    assert all((t.array == before[name]).all() for name, t in model.state_dict().items())
    with pytest.raises(RuntimeError, match="fit\\(\\) has not been called"):
        model.predict(x)


def test_overflow_is_refused():
    model = CascadeCorrelation(1, output_activation="linear")
    before = model.weight.array.copy()
    x = np.linspace(-1e80, 1e80, 10)[:, None]
    with pytest.raises((FloatingPointError, ValueError), match="overflow|inf"):
        model.double().fit(x, x**2, output_lr=1.0)
    np.testing.assert_array_equal(model.weight.array, before)


def test_one_class_is_learnt_as_a_constant():
    model = CascadeCorrelation(2)
    assert model.fit(np.zeros((3, 2)), np.zeros(3, int)).solved and (model.predict(np.zeros((3, 2))) == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "in_features"),
        ((2, 0), "out_features"),
        ((2, 1, "tanh"), "sigmoid, linear"),
        ((2, 1, "linear", -1), "hidden"),
    ],
)
def test_constructor_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        CascadeCorrelation(*arguments)


def test_input_of_another_size():
    with pytest.raises(ValueError, match="last dimension must be in_features = 2"):
        CascadeCorrelation(2)(ag.zeros(4, 3))
