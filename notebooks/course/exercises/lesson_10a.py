"""Lesson 10a: convolution by hand."""

import numpy as np

from ..exercise import Exercise

width = Exercise(
    "10a.1",
    "width_of_the_map",
    hints=["(W - F + 2P) / S + 1, and P is 0."],
    tolerance=0,
)


@width.solution
def _():
    return (227 - 11 + 2 * 0) // 4 + 1


@width.wrong("the + 1 is missing: the first window counts, too")
def _():
    return 54


@width.wrong("that is with stride 1")
def _():
    return 217


@width.wrong("that is 227 / 4: the filter's own size is left out")
def _():
    return 56


count = Exercise(
    "10a.2",
    "weights_of_a_layer",
    hints=[
        "One filter has 3 · 3 weights for each of its 64 input channels, and one bias. How many filters are there?"
    ],
    tolerance=0,
)


@count.solution
def _():
    weights = 128 * 64 * 3 * 3
    biases = 128
    return weights + biases


@count.wrong("the biases are missing: one for each filter")
def _():
    return 128 * 64 * 9


@count.wrong("a filter goes through all 64 channels: its depth is missing")
def _():
    return 128 * 9 + 128


@count.wrong("there is one bias for each filter, not for each input channel")
def _():
    return 128 * 64 * 9 + 64


def _convolve(image, kernel):
    H, W = image.shape
    KH, KW = kernel.shape
    out = np.zeros((H - KH + 1, W - KW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + KH, j : j + KW] * kernel).sum()
    return out


_rng = np.random.default_rng(3)
flipped = Exercise(
    "10a.3",
    "flipped",
    hints=["`kernel[::-1]` turns the rows upside down. The columns want it, too."],
    inputs=[(_rng.normal(size=(5, 6)), _rng.normal(size=(2, 3)), _convolve)],
)


@flipped.solution
def _():
    def convolve_flipped(image, kernel, convolve):
        return convolve(image, kernel[::-1, ::-1])

    return convolve_flipped


@flipped.wrong("that is the network's convolution: the kernel is not flipped yet")
def _():
    return lambda image, kernel, convolve: convolve(image, kernel)


@flipped.wrong("the rows are flipped, and the columns are not")
def _():
    return lambda image, kernel, convolve: convolve(image, kernel[::-1])


@flipped.wrong("the columns are flipped, and the rows are not")
def _():
    return lambda image, kernel, convolve: convolve(image, kernel[:, ::-1])


field = Exercise(
    "10a.4",
    "receptive_field",
    hints=[
        "Walk back: one number of the last map sees 3 pooled numbers in a row.",
        "Three pooled numbers are 6 numbers before pooling. A filter of 3 makes that two more.",
    ],
    tolerance=0,
)


@field.solution
def _():
    pooled = 3
    before_pooling = 2 * pooled
    return before_pooling + 2


@field.wrong("that is without the pooling between")
def _():
    return 5


@field.wrong("pooling also makes each step of the last filter twice as long")
def _():
    return 6


@field.wrong("the windows of the first filter overlap: they begin one pixel apart")
def _():
    return 18
