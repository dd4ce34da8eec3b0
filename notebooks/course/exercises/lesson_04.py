"""Lesson 4: linear and logistic regression."""

import numpy as np

from ..exercise import Exercise

best_line = Exercise(
    "4.1",
    "best_line",
    hints=["X has the rows (1, 0), (1, 1), (1, 2).", "The slope is Σ (x - x̄)(y - ȳ) / Σ (x - x̄)²."],
)


@best_line.solution
def _():
    X, y = np.array([[1, 0], [1, 1], [1, 2]]), np.array([1, 3, 4])
    return np.linalg.solve(X.T @ X, X.T @ y)


@best_line.wrong("that line goes through the first and the last point; the middle one pulls, too")
def _():
    return 1.0, 1.5


@best_line.wrong("that line is forced through the origin: the 1 in front is missing")
def _():
    return 0.0, 11 / 5


@best_line.wrong("first the offset w0, then the slope w1")
def _():
    return 1.5, 7 / 6


surprise = Exercise("4.2", "surprise", hints=["Minus the natural logarithm of a probability."])


@surprise.solution
def _():
    return -np.log(0.25)


@surprise.wrong("minus is missing: a loss is positive")
def _():
    return np.log(0.25)


@surprise.wrong("that is in bits: here the logarithm is the natural one")
def _():
    return 2.0


@surprise.wrong("that is the loss of the probability 0.75, of the others")
def _():
    return -np.log(0.75)


_rng = np.random.default_rng(6)
_X, _y, _w = _rng.normal(size=(7, 3)), np.array([0.0, 1, 1, 0, 1, 0, 0]), _rng.normal(size=3)


def _p(X, w):
    return 1 / (1 + np.exp(-X @ w))


gradient = Exercise(
    "4.3",
    "logistic_gradient",
    hints=[
        "For one example it is (a - y) x. And the mean over the rows?",
        "`X.T @ (a - y)` is the sum.",
    ],
    inputs=[(_X, _y, _w)],
)


@gradient.solution
def _():
    def logistic_gradient(X, y, w):
        a = 1 / (1 + np.exp(-X @ w))
        return X.T @ (a - y) / len(y)

    return logistic_gradient


@gradient.wrong("that is the sum over the examples; the mean is wanted")
def _():
    return lambda X, y, w: X.T @ (_p(X, w) - y)


@gradient.wrong(
    "the factor a (1 - a) cancels for the cross-entropy: this is the gradient of the squared error"
)
def _():
    return lambda X, y, w: X.T @ ((_p(X, w) - y) * _p(X, w) * (1 - _p(X, w))) / len(y)


@gradient.wrong("the sigmoid is missing: this is linear regression")
def _():
    return lambda X, y, w: X.T @ (X @ w - y) / len(y)


softmax = Exercise(
    "4.4",
    "safe_softmax",
    hints=[
        "Adding the same number to all z changes nothing. Which number makes the largest exponent 0?"
    ],
    inputs=[(np.array([1.0, 2.0, 0.5]),), (np.array([1000.0, 1001.0]),)],
)


@softmax.solution
def _():
    def softmax(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    return softmax


@softmax.wrong("it is right for small numbers, but e^1000 overflows: subtract the largest first")
def _():
    def softmax(z):
        with np.errstate(all="ignore"):
            return np.exp(z) / np.exp(z).sum()

    return softmax


@softmax.wrong("the exponents are missing: this only divides by the sum")
def _():
    return lambda z: z / z.sum()


@softmax.wrong("these are sigmoids: they do not sum to one")
def _():
    return lambda z: 1 / (1 + np.exp(-z))
