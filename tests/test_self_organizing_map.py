"""Kohonen's map: learning by plain loops, its errors by hand, that it unfolds, and what is refused."""

import math

import numpy as np
import pytest

import autograd_core as ag
from nn.models import SelfOrganizingMap

F64 = ag.float64


def small(seed=0, rows=2, columns=3):
    ag.manual_seed(seed)
    return SelfOrganizingMap(2, rows, columns, dtype=F64)


@pytest.mark.parametrize("rule", ["online", "batch"])
def test_learning_by_loops(rule):
    model = small()
    w = {(i, j): model.weight.array[i, j].copy() for i in range(2) for j in range(3)}
    x = np.random.default_rng(0).normal(size=(7, 2))
    lr, sigma = (0.6, 0.1), (1.5, 0.4)
    fit = model.fit(x, rule=rule, epochs=3, lr=lr, sigma=sigma, start="keep", generator=ag.Generator(5))
    rng, errors, done = ag.Generator(5).numpy, [], 0

    def winner(example):
        return min(w, key=lambda unit: np.sum((w[unit] - example) ** 2))

    def neighborhood(unit, best, share):
        s = sigma[0] * (sigma[1] / sigma[0]) ** share
        return math.exp(-((unit[0] - best[0]) ** 2 + (unit[1] - best[1]) ** 2) / (2 * s * s))

    for epoch in range(3):
        errors.append([])
        if rule == "batch":
            best = [winner(example) for example in x]
            errors[-1] = [np.linalg.norm(e - w[b]) for e, b in zip(x, best, strict=True)]
            for unit in w:
                h = [neighborhood(unit, b, epoch / 2) for b in best]
                w[unit] = sum(a * e for a, e in zip(h, x, strict=True)) / sum(h)
        else:
            for i in rng.permutation(7):
                share = done / 20
                best = winner(x[i])
                errors[-1].append(np.linalg.norm(x[i] - w[best]))
                for unit in w:
                    rate = lr[0] * (lr[1] / lr[0]) ** share * neighborhood(unit, best, share)
                    w[unit] = w[unit] + rate * (x[i] - w[unit])
                done += 1
    for unit, weights in w.items():
        np.testing.assert_allclose(model.weight.array[unit], weights, rtol=1e-9)
    np.testing.assert_allclose(fit.errors, np.mean(errors, 1))


def test_errors_and_winners_by_hand():
    model = small(rows=1, columns=4)
    model.weight.array[0] = [[0, 0], [3, 0], [1, 0], [10, 0]]
    x = np.array([[0.4, 0.0], [2.8, 0.0], [9.0, 0.0]])
    assert model.predict(x).tolist() == [[0, 0], [0, 1], [0, 3]]
    assert model.quantization_error(x) == pytest.approx((0.4 + 0.2 + 1) / 3)
    # the two nearest: 0 and 2, no neighbours; 1 and 2, neighbours; 3 and 1, none
    assert model.topographic_error(x) == pytest.approx(2 / 3)
    np.testing.assert_allclose(model.neighbor_distances().array, [[3, 2.5, 5.5, 9]])
    np.testing.assert_allclose(model(ag.tensor(x)).array[0], [[0.4, 2.6, 0.6, 9.6]])
    assert model(ag.tensor(x[:, None])).shape == (3, 1, 1, 4)
    square = small(rows=2, columns=2)
    square.weight.array[...] = [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]
    np.testing.assert_allclose(square.neighbor_distances().array, np.ones((2, 2)))
    assert square.predict([[0.9, 0.2]]).tolist() == [[1, 0]]
    assert square.topographic_error([[0.4, 0.4], [0.0, 0.9]]) == 0.0  # diagonal neighbours are neighbours


@pytest.mark.parametrize("rule", ["online", "batch"])
def test_it_unfolds_over_a_square(rule):
    x = ag.rand(800, 2, generator=ag.Generator(0))
    model = SelfOrganizingMap(2, 6, 6)
    fit = model.fit(x, rule=rule, generator=ag.Generator(1))
    assert fit.topographic_error < 0.02 and fit.quantization_error < 0.075
    assert fit.quantization_error == model.quantization_error(x)
    w = model.weight.array
    steps = np.concatenate([np.linalg.norm(np.diff(w, axis=k), axis=-1).reshape(-1) for k in (0, 1)])
    assert steps.max() < 0.3  # neighbours on the grid are neighbours in the square
    # without neighbourhood it quantises as well, but is no map
    loose = SelfOrganizingMap(2, 6, 6)
    loose.fit(x, rule=rule, sigma=(0.01, 0.01), generator=ag.Generator(1))
    assert loose.topographic_error(x) > 0.5


def test_runs_repeat_and_states_load():
    x = np.random.default_rng(0).normal(size=(50, 2))
    maps, lines = [], []
    for _ in range(2):
        ag.manual_seed(3)
        model = SelfOrganizingMap(2, 3, 3)
        model.fit(x, epochs=2, progress=lines.append)
        maps.append(model)
    assert maps[0].weight.array.tobytes() == maps[1].weight.array.tobytes()
    assert len(lines) == 4 and lines[0].startswith("epoch 1/2  quantization error")
    other = SelfOrganizingMap(2, 3, 3)
    other.load_state_dict(maps[0].state_dict())
    assert (other.predict(x) == maps[0].predict(x)).all()


def test_more_units_than_examples_and_a_single_unit():
    x = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert SelfOrganizingMap(2, 3, 3).fit(x, rule="batch").quantization_error < 0.05
    single = SelfOrganizingMap(2, 1, 1)
    assert single.fit(x, rule="batch").topographic_error == 0
    np.testing.assert_allclose(single.weight.array, [[[0.5, 0.5]]])
    assert single.neighbor_distances().tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: SelfOrganizingMap(0), "in_features must be at least 1"),
        (lambda m: SelfOrganizingMap(2, 0), "rows must be at least 1"),
        (lambda m: m.fit(np.zeros((0, 2))), "no examples"),
        (lambda m: m.fit(np.zeros((3, 4))), r"shape \(N, 2\)"),
        (lambda m: m.fit(np.full((3, 2), np.inf)), r"x\[0, 0\] is inf"),
        (lambda m: m.fit(np.zeros((3, 2)), rule="lms"), "rule is one of online, batch"),
        (lambda m: m.fit(np.zeros((3, 2)), start="random"), "'data' or 'keep'"),
        (lambda m: m.fit(np.zeros((3, 2)), epochs=0), "epochs must be at least 1"),
        (lambda m: m.fit(np.zeros((3, 2)), lr=(2.0, 0.1)), "lr is a pair .* at most 1"),
        (lambda m: m.fit(np.zeros((3, 2)), sigma=(1.0, 0.0)), "sigma is a pair"),
        (lambda m: m.fit(np.zeros((3, 2)), lr=0.5), r"lr is a pair \(first, last\), .* got 0.5"),
        (lambda m: m.predict(np.zeros((3, 1))), r"shape \(N, 2\)"),
    ],
)
def test_refusals(call, message):
    model = small()
    before = model.weight.array.copy()
    with pytest.raises(ValueError, match=message):
        call(model)
    np.testing.assert_array_equal(model.weight.array, before)
