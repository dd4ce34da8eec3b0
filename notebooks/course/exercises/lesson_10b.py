"""Lesson 10b: networks that see."""

import numpy as np

from ..exercise import Exercise, quiz

second = Exercise(
    "10b.1",
    "second_convolution",
    hints=["Each of the 16 filters goes through all 6 maps."],
    tolerance=0,
)


@second.solution
def _():
    return 16 * 6 * 5 * 5 + 16


@second.wrong("each filter has a slice for each of the 6 maps")
def _():
    return 16 * 25 + 16


@second.wrong("the biases are missing")
def _():
    return 16 * 6 * 25


@second.wrong("there is one bias for each of the 16 maps that come out")
def _():
    return 16 * 6 * 25 + 6


quiz(
    "10b.2",
    "shuffled_pixels",
    hint="Which of them knows that two pixels are neighbours?",
    right="a",
    wrong={
        "b": "LeNet is the one that counts on neighbours, and they are gone",
        "c": "LeNet looks at neighbours, and shuffled pixels have none",
        "d": "two of them take the pixels as a list, and no order of a list is better than another",
    },
)

slopes = Exercise("10b.3", "twenty_slopes", hints=["Twenty factors."], tolerance=1e-3)


@slopes.solution
def _():
    return 0.5**20, 1.5**20


@slopes.wrong("the factors are multiplied, not added")
def _():
    return 10.0, 30.0


@slopes.wrong("the other way round: first the plain network")
def _():
    return 1.5**20, 0.5**20


@slopes.wrong("the shortcut is there in each block, not once")
def _():
    return 0.5**20, 1 + 0.5**20


_x = np.arange(2 * 3 * 5, dtype=float).reshape(2, 1, 3, 5) + 1
shifted = Exercise(
    "10b.4",
    "shifted",
    hints=["An array of zeros, and one assignment of slices.", "`out[..., n:] = x[..., : W - n]`"],
    inputs=[(_x, 2), (_x, 0)],
    tolerance=0,
)


@shifted.solution
def _():
    def shifted(x, n):
        out = np.zeros_like(x)
        out[..., n:] = x[..., : x.shape[-1] - n]
        return out

    return shifted


@shifted.wrong("to the right, not to the left")
def _():
    def shifted(x, n):
        out = np.zeros_like(x)
        out[..., : x.shape[-1] - n] = x[..., n:]
        return out

    return shifted


@shifted.wrong("what leaves at the right must not come in again at the left: zeros do")
def _():
    return lambda x, n: np.roll(x, n, -1)


@shifted.wrong("to the right, along the last axis; these moved down")
def _():
    def shifted(x, n):
        out = np.zeros_like(x)
        out[..., n:, :] = x[..., : x.shape[-2] - n, :]
        return out

    return shifted
