"""Lesson 7: activations, initialisation, normalisation."""

import numpy as np

from ..exercise import Exercise, quiz

vanishing = Exercise(
    "7.1",
    "vanishing",
    hints=["How large is σ′ at most?", "Five factors of at most a quarter."],
    tolerance=1e-6,
)


@vanishing.solution
def _():
    return 0.25**5


@vanishing.wrong("the factors multiply, they do not add")
def _():
    return 1 / 20


@vanishing.wrong("that is one layer; each of the five has its factor")
def _():
    return 0.25


@vanishing.wrong("σ is ½ at 0, but it is the derivative that counts: ½ · ½")
def _():
    return 0.5**5


@vanishing.wrong("five layers have five activations, not four")
def _():
    return 0.25**4


slope = Exercise(
    "7.2",
    "slope_of_sigmoid",
    hints=["Let f = σ(αz). The chain rule has one more factor.", "α f (1 - f)"],
    inputs=[(0.0, 2.0), (0.7, 3.0), (-1.2, 0.5)],
)


@slope.solution
def _():
    def slope(z, alpha):
        f = 1 / (1 + np.exp(-alpha * z))
        return alpha * f * (1 - f)

    return slope


@slope.wrong("the inner derivative, α, is missing")
def _():
    def slope(z, alpha):
        f = 1 / (1 + np.exp(-alpha * z))
        return f * (1 - f)

    return slope


@slope.wrong("f is σ(αz), not σ(z)")
def _():
    def slope(z, alpha):
        f = 1 / (1 + np.exp(-z))
        return alpha * f * (1 - f)

    return slope


@slope.wrong("1 - f² belongs to tanh")
def _():
    def slope(z, alpha):
        f = 1 / (1 + np.exp(-alpha * z))
        return alpha * (1 - f**2)

    return slope


@slope.wrong("that is the value, not the derivative")
def _():
    return lambda z, alpha: 1 / (1 + np.exp(-alpha * z))


he = Exercise(
    "7.3",
    "he_deviation",
    hints=["The variance is 2 / N. What is N, the number of inputs or of outputs?"],
    tolerance=1e-6,
)


@he.solution
def _():
    return (2 / 128) ** 0.5


@he.wrong("that is the variance; the standard deviation is its root")
def _():
    return 2 / 128


@he.wrong("that is Xavier's, 1 / N: a ReLU throws half away, so it takes 2 / N")
def _():
    return (1 / 128) ** 0.5


@he.wrong("N is the number of inputs, the fan-in: those are the terms of the sum")
def _():
    return (2 / 64) ** 0.5


@he.wrong("that averages inputs and outputs, as Glorot & Bengio do; He takes the inputs alone")
def _():
    return (2 / (128 + 64)) ** 0.5


_rng = np.random.default_rng(7)
batch_norm = Exercise(
    "7.4",
    "batch_norm",
    hints=[
        "Mean and variance over the examples: axis 0.",
        "`gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta`",
    ],
    inputs=[
        (
            _rng.normal(2.0, 3.0, (4, 4)),
            np.array([1.0, 2.0, 0.5, 1.5]),
            np.array([0.0, 1.0, -1.0, 3.0]),
            0.1,
        )
    ],
)


@batch_norm.solution
def _():
    def batch_norm(x, gamma, beta, eps):
        mean, variance = x.mean(0), x.var(0)
        return gamma * (x - mean) / np.sqrt(variance + eps) + beta

    return batch_norm


@batch_norm.wrong("the batch is normalised with 1/m; 1/(m − 1) is only for the running variance")
def _():
    return lambda x, gamma, beta, eps: (
        gamma * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps) + beta
    )


@batch_norm.wrong(
    "over the examples, axis 0: each unit has its own mean; over the units it is layer normalisation"
)
def _():
    def layer_norm(x, gamma, beta, eps):
        return (
            gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta
        )

    return layer_norm


@batch_norm.wrong("ε stands inside the root")
def _():
    return lambda x, gamma, beta, eps: gamma * (x - x.mean(0)) / (x.std(0) + eps) + beta


@batch_norm.wrong("divide by the standard deviation, not by the variance")
def _():
    return lambda x, gamma, beta, eps: gamma * (x - x.mean(0)) / (x.var(0) + eps) + beta


@batch_norm.wrong("γ and β are missing")
def _():
    return lambda x, gamma, beta, eps: (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


quiz(
    "7.5",
    "all_zero",
    hint="What are the hidden values? And through which weights does δ come back?",
    right="c",
    wrong={
        "a": "δ of the hidden units comes through the output's weights, which are 0",
        "b": "the gradient of an output weight is δ times the hidden value, and tanh(0) is 0",
        "d": "the output's bias has the gradient δ, which is the error itself",
    },
)
