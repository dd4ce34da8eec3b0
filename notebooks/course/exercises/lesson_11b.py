"""Lesson 11b: long memory."""

import numpy as np

from ..exercise import Exercise

half_life = Exercise("11b.1", "half_life", hints=["0.99^k = ½: take logarithms."], tolerance=0)


@half_life.solution
def _():
    return int(np.ceil(np.log(0.5) / np.log(0.99)))


@half_life.wrong("it is lost by a factor, not by an amount: after k steps 0.99^k is left")
def _():
    return 50


@half_life.wrong("round up: after 68 steps a little more than half is left")
def _():
    return 68


@half_life.wrong("that is the time until 1/e is left")
def _():
    return 100


count = Exercise(
    "11b.2",
    "weights_of_lstm",
    hints=[
        "Four sets (three gates and the content), each like a plain network's hidden layer: 20 · (10 + 20 + 1)."
    ],
    tolerance=0,
)


@count.solution
def _():
    return 4 * 20 * (10 + 20 + 1)


@count.wrong("there are four sets of weights: input, forget, output and content")
def _():
    return 20 * 31


@count.wrong("the content has weights, too: not only the three gates")
def _():
    return 3 * 20 * 31


@count.wrong("one bias for each gate and unit is missing")
def _():
    return 4 * 20 * 30


@count.wrong("that counts two biases, as the library stores them; one was asked for")
def _():
    return 4 * 20 * 32


_rng = np.random.default_rng(11)
gru = Exercise(
    "11b.3",
    "gru_step",
    hints=[
        "`np.split(W @ x, 3)` and `np.split(U @ h, 3)`.",
        "r is multiplied on U_n h, inside the tanh.",
    ],
    inputs=[
        (
            _rng.normal(size=3),
            _rng.normal(size=4),
            _rng.normal(size=(12, 3)),
            _rng.normal(size=(12, 4)),
        )
    ],
)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _gru(x, h, W, U, mix):
    (xr, xz, xn), (hr, hz, hn) = np.split(W @ x, 3), np.split(U @ h, 3)
    return mix(_sigmoid(xr + hr), _sigmoid(xz + hz), xn, hn, h)


@gru.solution
def _():
    def gru_step(x, h, W, U):
        (xr, xz, xn), (hr, hz, hn) = np.split(W @ x, 3), np.split(U @ h, 3)
        r, z = 1 / (1 + np.exp(-xr - hr)), 1 / (1 + np.exp(-xz - hz))
        n = np.tanh(xn + r * hn)
        return (1 - z) * n + z * h

    return gru_step


@gru.wrong("z and 1 - z are exchanged: z says how much of the old state stays")
def _():
    return lambda x, h, W, U: _gru(
        x, h, W, U, lambda r, z, xn, hn, h: z * np.tanh(xn + r * hn) + (1 - z) * h
    )


@gru.wrong("the reset gate r is missing")
def _():
    return lambda x, h, W, U: _gru(
        x, h, W, U, lambda r, z, xn, hn, h: (1 - z) * np.tanh(xn + hn) + z * h
    )


@gru.wrong("r belongs to U_n h only, not to W_n x")
def _():
    return lambda x, h, W, U: _gru(
        x, h, W, U, lambda r, z, xn, hn, h: (1 - z) * np.tanh(r * (xn + hn)) + z * h
    )


keep = Exercise(
    "11b.4",
    "keep_silent",
    hints=[
        "c = f c + i g: which f keeps, which i ignores?",
        "h = o tanh c: which o shows nothing?",
    ],
    tolerance=0,
)


@keep.solution
def _():
    return 0, 1, 0


@keep.wrong("a forget gate of 1 *keeps*: it is what the old memory is multiplied by")
def _():
    return 0, 0, 0


@keep.wrong("with the input gate at 1, the content is added")
def _():
    return 1, 1, 0


@keep.wrong("with the output gate at 1, the memory is shown")
def _():
    return 0, 1, 1
