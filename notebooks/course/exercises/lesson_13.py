"""Lesson 13: autoencoders and pre-training."""

import numpy as np

from ..exercise import Exercise, quiz

tied = Exercise(
    "13.1",
    "tied_weights",
    hints=["One matrix of 100 × 784, used twice. And which biases?"],
    tolerance=0,
)


@tied.solution
def _():
    return 784 * 100 + 100 + 784


@tied.wrong("tied: the decoder's matrix is the encoder's, and is not learnt again")
def _():
    return 2 * 784 * 100 + 100 + 784


@tied.wrong("the biases are missing")
def _():
    return 784 * 100


@tied.wrong("the output units have biases, too")
def _():
    return 784 * 100 + 100


quiz(
    "13.2",
    "linear_autoencoder",
    hint="It finds the plane of k dimensions that loses least of the data.",
    right="b",
    wrong={
        "a": "k-means gives each point to one prototype; a linear code is a sum of several directions",
        "c": "nothing is looked up here: the code is computed by a matrix",
        "d": "there are no labels: the target is the input itself",
    },
)

_rng = np.random.default_rng(13)
_v, _W = np.array([1.0, 0.0, 1.0, 1.0]), _rng.normal(size=(3, 4))
_a, _c = _rng.normal(size=4), _rng.normal(size=3)
free_energy = Exercise(
    "13.3",
    "free_energy",
    hints=["`np.log1p(np.exp(...))` of each hidden unit, then the sum."],
    inputs=[(_v, _W, _a, _c)],
)


@free_energy.solution
def _():
    def free_energy(v, W, a, c):
        return -a @ v - np.log1p(np.exp(W @ v + c)).sum()

    return free_energy


@free_energy.wrong("the visible biases are missing: - a · v")
def _():
    return lambda v, W, a, c: -np.log1p(np.exp(W @ v + c)).sum()


@free_energy.wrong("the 1 is missing: a hidden unit may also be 0")
def _():
    return lambda v, W, a, c: -a @ v - (W @ v + c).sum()


@free_energy.wrong("the logarithm belongs to each hidden unit, before the sum")
def _():
    return lambda v, W, a, c: -a @ v - np.log1p(np.exp(W @ v + c).sum())


masked = Exercise(
    "13.4",
    "masked",
    hints=["`rng.random(x.shape) >= share` is True for what stays."],
    through=lambda answer: answer(
        np.arange(1.0, 13.0).reshape(3, 4), 0.4, np.random.default_rng(5)
    ),
)


@masked.solution
def _():
    def masked(x, share, rng):
        return x * (rng.random(x.shape) >= share)

    return masked


@masked.wrong("the other way round: these are set to 0 that should stay")
def _():
    return lambda x, share, rng: x * (rng.random(x.shape) < share)


@masked.wrong("what stays is not made larger here: that would be dropout")
def _():
    return lambda x, share, rng: x * (rng.random(x.shape) >= share) / (1 - share)


@masked.wrong("that is noise that is added; masking sets numbers to 0")
def _():
    return lambda x, share, rng: x + rng.random(x.shape)
