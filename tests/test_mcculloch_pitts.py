"""The units of McCulloch and Pitts: each gate against Python's logic, absolute inhibition, truth tables, what is refused."""

import itertools

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.models import McCullochPitts, TruthTable

LOGIC = {
    "and": all,
    "or": any,
    "nand": lambda x: not all(x),
    "nor": lambda x: not any(x),
    "xor": lambda x: sum(x) % 2 == 1,
    "majority": lambda x: sum(x) > len(x) / 2,
}


@pytest.mark.parametrize("name", LOGIC)
@pytest.mark.parametrize("inputs", [1, 2, 3, 5])
def test_gates(name, inputs):
    table = TruthTable(McCullochPitts.gate(name, inputs), inputs)
    assert table.inputs.tolist() == [list(x) for x in itertools.product((0, 1), repeat=inputs)]
    assert table.outputs[:, 0].tolist() == [int(LOGIC[name](x)) for x in table.inputs.tolist()]


def test_not():
    assert TruthTable(McCullochPitts.gate("not"), 1).outputs.tolist() == [[1], [0]]


def test_units_against_a_loop():
    rng = np.random.default_rng(0)
    weight, threshold = rng.integers(-1, 4, (6, 5)), rng.integers(0, 6, 6)
    x = rng.integers(0, 2, (40, 5))
    out = McCullochPitts(weight, threshold)(ag.tensor(x)).array
    for row, answers in zip(x, out, strict=True):
        for w, limit, answer in zip(weight, threshold, answers, strict=True):
            inhibited = any(on and c < 0 for on, c in zip(row, w, strict=True))
            assert answer == (not inhibited and sum(c for on, c in zip(row, w, strict=True) if on) >= limit)
    assert 0 < out.mean() < 1


def test_inhibition_is_absolute():
    unit = McCullochPitts([9, 9, -1], 1)
    assert unit(ag.tensor([1, 1, 0])).tolist() == [1] and unit(ag.tensor([1, 1, 1])).tolist() == [0]


def test_it_is_a_module():
    unit = McCullochPitts([[1, 2], [-1, 0]], [2, 0])
    assert unit(ag.ones(4, 3, 2)).shape == (4, 3, 2) and unit(ag.ones(2)).dtype == np.float32
    assert unit(ag.tensor([True, False])).dtype == np.bool_
    assert list(unit.state_dict()) == ["weight", "threshold"] and not list(unit.parameters())
    assert repr(unit) == "McCullochPitts([[1, 2], [-1, 0]], threshold=[2, 0])"


def test_a_table_is_printed():
    half_adder = McCullochPitts([[1, 1]], 2)
    table = TruthTable(lambda x: ag.cat([half_adder(x), McCullochPitts.gate("xor")(x)], 1), 2, ["in1", "in2"])
    assert str(table) == (
        "in1 in2 | y1 y2\n"
        "0   0   | 0  0\n"
        "0   1   | 0  1\n"
        "1   0   | 0  1\n"
        "1   1   | 1  0"
    )  # fmt: skip
    perceptron = nn.Perceptron(2)
    perceptron.fit(table.inputs, [0, 0, 0, 1])
    assert TruthTable(perceptron.predict, 2).outputs[:, 0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: McCullochPitts([0.5, 1], 1), "weight must hold integers"),
        (lambda: McCullochPitts([1, 1], float("nan")), "threshold must hold integers"),
        (lambda: McCullochPitts([-2, 1], 1), "an inhibitory input has the weight -1, as one is enough; got -2"),
        (lambda: McCullochPitts([1, 1], -1), "thresholds must not be negative, got -1"),
        (lambda: McCullochPitts([[1, 1]] * 3, [1, 2]), r"3 units need one threshold, or 3; got shape \(2,\)"),
        (lambda: McCullochPitts([], 1), r"weight must have shape \(units, inputs\), got \(0,\)"),
        (
            lambda: McCullochPitts([1, 1], 1)(ag.ones(3)),
            r"input has shape \(3,\), but its last dimension must be the 2",
        ),
        (
            lambda: McCullochPitts([1, 1], 1)(ag.tensor([0.5, 1])),
            r"inputs are 0 or 1, got 0.5; pass \(x > 0.5\).long\(\)",
        ),
        (lambda: McCullochPitts.gate("if"), "gates are and, or, not, nand, nor, xor, majority, got 'if'"),
        (lambda: McCullochPitts.gate("and", 0), "inputs must be at least 1, got 0"),
        (lambda: TruthTable(abs, 17), "inputs must be from 1 to 16, got 17"),
        (lambda: TruthTable(abs, 2, ["a"]), r"2 inputs need 2 names, got \['a'\]"),
        (lambda: TruthTable(lambda x: x / 2, 2), "must give a 0 or 1 for each row .* pass lambda x: model"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
