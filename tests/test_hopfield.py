"""Hopfield's network: by plain loops, its energy, its capacity by both rules, and what is refused."""

import itertools

import numpy as np
import pytest

import autograd_core as ag
from nn.models import Hopfield

F64 = ag.float64


def patterns(count, size, seed=0):
    return np.random.default_rng(seed).choice([-1.0, 1.0], (count, size))


def stored(x, rule="hebb"):
    memory = Hopfield(x.shape[1], dtype=F64)
    memory.fit(x, rule=rule)
    return memory


def test_hebbs_rule():
    x = patterns(3, 7)
    memory = stored(x)
    for i, j in itertools.product(range(7), range(7)):
        expected = 0 if i == j else sum(p[i] * p[j] for p in x) / 7
        assert memory.weight.array[i, j] == pytest.approx(expected)


def test_energy_and_a_step_of_all_units():
    memory = stored(patterns(2, 6))
    memory.threshold.array[...] = np.linspace(-0.5, 0.5, 6)
    s = patterns(5, 6, 1)
    W, theta = memory.weight.array, memory.threshold.array
    for state, energy, step in zip(s, memory.energy(ag.tensor(s)).tolist(), memory(ag.tensor(s)).tolist(), strict=True):
        pairs = sum(W[i, j] * state[i] * state[j] for i, j in itertools.combinations(range(6), 2))
        assert energy == pytest.approx(-pairs + theta @ state)
        for i in range(6):
            field = sum(W[i, j] * state[j] for j in range(6)) - theta[i]
            assert step[i] == (state[i] if abs(field) < 1e-12 else np.sign(field))


def test_unit_by_unit_the_energy_falls_to_a_state_of_rest():
    memory = stored(patterns(20, 60))
    start = patterns(30, 60, 2)
    recall = memory.recall(start, generator=ag.Generator(0))
    assert recall.at_rest.array.all() and recall.energies.shape == (recall.sweeps + 1, 30)
    assert (np.diff(recall.energies, axis=0) <= 1e-12).all() and (recall.energies[-1] < recall.energies[0]).all()
    assert (memory(recall.states) == recall.states).all()
    # each flip lowers it: one sweep, by loops
    state, order = start[0].copy(), ag.Generator(0).numpy.permutation(60)
    for i in order:
        before = memory.energy(ag.tensor(state)).item()
        field = memory.weight.array[i] @ state
        state[i] = np.sign(field) if abs(field) > 1e-12 else state[i]
        assert memory.energy(ag.tensor(state)).item() <= before + 1e-12
    np.testing.assert_array_equal(
        memory.recall(start[:1], max_sweeps=1, generator=ag.Generator(0)).states.array[0], state
    )


def test_a_field_of_zero_changes_nothing():
    """Though its sum of products with 1/N is not quite 0 in floating point."""
    memory = stored(patterns(20, 60))
    s = patterns(2000, 60, 4)
    field = s @ (60 * memory.weight.array).round()  # whole numbers
    assert (field == 0).any() and ((s @ memory.weight.array)[field == 0] != 0).any()
    assert (memory(ag.tensor(s)).array[field == 0] == s[field == 0]).all()
    single = stored(np.vstack([s[:1], s[:1]]))
    assert (single(ag.tensor(s[:1])).array == s[:1]).all()


def test_recall_of_damaged_patterns():
    x = patterns(10, 200)
    memory = stored(x)
    damaged = x.copy()
    damaged[:, :40] *= -1  # a fifth of the units
    assert (memory.predict(damaged, generator=ag.Generator(0)).array == x).all()
    recall = memory.recall(damaged, update="synchronous")
    assert (recall.states.array == x).all() and recall.at_rest.array.all()
    assert (memory.predict(-x).array == -x).all()  # the negatives are stored as well


def test_units_all_at_once_may_take_turns():
    memory = stored(np.array([[1.0, -1.0]]))
    recall = memory.recall([[1.0, 1.0], [1.0, -1.0]], update="synchronous")
    assert recall.at_rest.tolist() == [False, True] and recall.sweeps < 5
    assert memory.recall([[1.0, 1.0]]).at_rest.tolist() == [True]


def overlap(count, size, rule="hebb"):
    x = patterns(count, size)
    return float((stored(x, rule).predict(x, generator=ag.Generator(1)).array * x).mean(1).mean())


def test_capacity():
    """Amit, Gutfreund & Sompolinsky 1985: to 0.138 N patterns an overlap of 0.97 is kept; beyond, memory breaks down."""
    assert overlap(40, 400) > 0.99  # 0.1 N
    assert overlap(52, 400) > 0.967  # 0.13 N
    assert overlap(80, 400) < 0.7  # 0.2 N
    assert overlap(320, 400, "pseudo-inverse") == 1.0  # 0.8 N


def test_dependent_patterns_by_the_pseudo_inverse():
    x = patterns(4, 30)
    memory = stored(np.vstack([x, x, -x[:1]]), "pseudo-inverse")
    assert (memory(ag.tensor(x)).array == x).all()
    np.testing.assert_allclose(memory.weight.array, stored(x, "pseudo-inverse").weight.array, atol=1e-12)
    assert (memory.weight.array == memory.weight.array.T).all() and not memory.weight.array.diagonal().any()


def test_states_and_repetition():
    x = patterns(5, 20)
    memory, other = stored(x), Hopfield(20, dtype=F64)
    other.load_state_dict(memory.state_dict())
    noisy = patterns(9, 20, 3)
    ag.manual_seed(1)
    first = memory.predict(noisy)
    ag.manual_seed(1)
    assert (other.predict(noisy) == first).all()
    memory.reset_parameters()
    assert not memory.weight.array.any() and (memory.predict(noisy).array == noisy).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: Hopfield(0), "features must be at least 1"),
        (lambda m: m.fit(np.ones((2, 3))), r"shape \(N, 4\)"),
        (lambda m: m.fit(np.ones((0, 4))), "no examples"),
        (lambda m: m.fit(np.eye(4)), r"states consist of -1 and 1, but x\[0, 1\] is 0; .* 2 \* x - 1"),
        (lambda m: m.fit(np.ones((2, 4)), rule="storkey"), "rule is one of hebb, pseudo-inverse"),
        (lambda m: m.predict(np.zeros((1, 4))), "states consist of -1 and 1"),
        (lambda m: m.recall(np.ones((1, 4)), update="random"), "update is one of asynchronous, synchronous"),
        (lambda m: m.recall(np.ones((1, 4)), max_sweeps=0), "max_sweeps must be at least 1"),
        (lambda m: m.fit(np.full((1, 4), np.nan)), "nan"),
    ],
)
def test_refusals(call, message):
    memory = stored(patterns(2, 4))
    before = memory.weight.array.copy()
    with pytest.raises(ValueError, match=message):
        call(memory)
    np.testing.assert_array_equal(memory.weight.array, before)
