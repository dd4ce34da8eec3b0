"""Lesson 6: multi-layer perceptrons."""

import numpy as np

from ..exercise import Exercise

HIDDEN = {"(0, 0)": (-1, -1), "(1, 0)": (1, -1), "(1, 1)": (1, 1)}  # inputs: hidden values


def _signs(answer):
    v1, v2, c = (float(v) for v in answer)
    return {x: f"{np.sign(v1 * h1 + v2 * h2 + c):+.0f}" for x, (h1, h2) in HIDDEN.items()}


opposite_of_xor = Exercise(
    "6.1",
    "opposite_of_xor",
    hints=[
        "In hidden space there are three points: (-1, -1), (1, -1) and (1, 1). Which one is to be -1?",
        "Where XOR's unit is positive, this one must be negative.",
    ],
    through=lambda answer: answer if any(v is ... for v in answer) else _signs(answer),
)


@opposite_of_xor.solution
def _():
    return -1, 1, 1


@opposite_of_xor.wrong("that is XOR itself: the signs must change")
def _():
    return 1, -1, -1


@opposite_of_xor.wrong("it is -1 everywhere: with these weights c must be positive")
def _():
    return -1, 1, -3


@opposite_of_xor.wrong("it is 1 everywhere: is c too large?")
def _():
    return -1, 1, 3


@opposite_of_xor.wrong("at one of the points the sum is exactly 0: move the line away from it")
def _():
    return -1, 1, 2


parameters = Exercise(
    "6.2",
    "mlp_parameters",
    hints=["A layer from n to m has n · m weights and m biases.", "784 · 100 + 100 is the first."],
    tolerance=0,
)


@parameters.solution
def _():
    return (784 * 100 + 100) + (100 * 50 + 50) + (50 * 10 + 10)


@parameters.wrong("the biases are missing, one for each unit but the inputs")
def _():
    return 784 * 100 + 100 * 50 + 50 * 10


@parameters.wrong("the inputs have no biases")
def _():
    return 784 * 100 + 100 * 50 + 50 * 10 + 784 + 100 + 50 + 10


@parameters.wrong("one bias a layer is too few: each unit has its own")
def _():
    return 784 * 100 + 100 * 50 + 50 * 10 + 3


@parameters.wrong("those are the units; each has a weight for every unit of the layer before")
def _():
    return 784 + 100 + 50 + 10


_rng = np.random.default_rng(6)
_SQUARE = [_rng.normal(size=(3, 3)) for _ in range(3)]
_OTHER = [_rng.normal(size=(4, 3)), _rng.normal(size=(2, 4))]
forward = Exercise(
    "6.3",
    "mlp_forward",
    hints=[
        "Begin with h = x, and go through all matrices but the last: `for theta in thetas[:-1]`.",
        "`np.tanh(theta @ h)`; after the loop one more product, without tanh.",
    ],
    inputs=[(_rng.normal(size=3), _SQUARE), (_rng.normal(size=3), _OTHER)],
)


@forward.solution
def _():
    def forward(x, thetas):
        h = x
        for theta in thetas[:-1]:
            h = np.tanh(theta @ h)
        return thetas[-1] @ h

    return forward


@forward.wrong("the last layer has no tanh")
def _():
    def forward(x, thetas):
        for theta in thetas:
            x = np.tanh(theta @ x)
        return x

    return forward


@forward.wrong("without tanh all the layers are only one matrix")
def _():
    def forward(x, thetas):
        for theta in thetas:
            x = theta @ x
        return x

    return forward


@forward.wrong(
    "tanh belongs to what comes out of a layer, not to what goes in: x comes in as it is"
)
def _():
    def forward(x, thetas):
        for theta in thetas:
            x = theta @ np.tanh(x)
        return x

    return forward


ands = Exercise(
    "6.4",
    "how_many_ands",
    hints=["How many rows have exactly three ones? And exactly four?"],
    tolerance=0,
)


@ands.solution
def _():
    return sum(bin(row).count("1") >= 3 for row in range(16))


@ands.wrong("the row with four ones is missing: at least three")
def _():
    return 4


@ands.wrong("that is parity's number; count the rows with three or four ones")
def _():
    return 8


@ands.wrong("that is the number of all rows; only those with a 1 get a unit")
def _():
    return 16


@ands.wrong("one unit with a threshold could do it, but here each row gets a unit of its own")
def _():
    return 1


folds = Exercise(
    "6.5",
    "units_for_folds",
    hints=[
        "How many pieces do ten folds make?",
        "n units bend in n places, which makes n + 1 pieces.",
    ],
    tolerance=0,
)


@folds.solution
def _():
    return 2**10 - 1


@folds.wrong("those are the pieces; one unit less makes as many")
def _():
    return 2**10


@folds.wrong("those are the units of the deep network")
def _():
    return 20


@folds.wrong("each fold doubles the pieces, it does not add two")
def _():
    return 19


@folds.wrong("the folds multiply: 2 · 2 · 2 …, not 10 · 10")
def _():
    return 99
