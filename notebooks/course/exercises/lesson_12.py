"""Lesson 12: sequence to sequence and attention."""

import numpy as np

from ..exercise import Exercise

context = Exercise(
    "12.1",
    "context",
    hints=[
        "The scores are 1/√2 and -1/√2.",
        "The weights are the softmax of the scores; the context is their mean of 10 and 20.",
    ],
)


def _softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@context.solution
def _():
    scores = np.array([1.0, -1.0]) / np.sqrt(2)
    weights = np.exp(scores) / np.exp(scores).sum()
    return weights @ [10, 20]


@context.wrong("the scores are not divided by √2 yet")
def _():
    return _softmax(np.array([1.0, -1.0])) @ [10, 20]


@context.wrong("divided by D, not by its root")
def _():
    return _softmax(np.array([1.0, -1.0]) / 2) @ [10, 20]


@context.wrong("the softmax is missing: weights are positive and sum to one")
def _():
    return np.array([1.0, -1.0]) / np.sqrt(2) @ [10, 20]


@context.wrong("each weight belongs to the value of its own key: these are exchanged")
def _():
    return _softmax(np.array([1.0, -1.0]) / np.sqrt(2)) @ [20, 10]


_rng = np.random.default_rng(2)
attention = Exercise(
    "12.2",
    "attention",
    hints=["`q @ k.T` has shape (T, S). Along which axis do the weights sum to one?"],
    inputs=[(_rng.normal(size=(4, 3)), _rng.normal(size=(5, 3)), _rng.normal(size=(5, 2)))],
)


@attention.solution
def _():
    def attention(q, k, v):
        scores = q @ k.T / np.sqrt(q.shape[1])
        weights = np.exp(scores)
        weights /= weights.sum(1, keepdims=True)
        return weights @ v

    return attention


@attention.wrong("the scores are not divided by √D")
def _():
    return lambda q, k, v: _softmax(q @ k.T) @ v


@attention.wrong("the weights sum to one over the queries; they must over the keys, axis 1")
def _():
    def attention(q, k, v):
        weights = np.exp(q @ k.T / np.sqrt(q.shape[1]))
        return weights / weights.sum(0) @ v

    return attention


@attention.wrong("the weights do not sum to one yet: divide by their sum")
def _():
    return lambda q, k, v: np.exp(q @ k.T / np.sqrt(q.shape[1])) @ v


mask = Exercise(
    "12.3",
    "causal_mask",
    hints=[
        "`np.arange(T)` as a row and as a column, compared.",
        "True where the column is larger than the row.",
    ],
    inputs=[(3,), (5,)],
    tolerance=0,
)


@mask.solution
def _():
    def mask(T):
        return np.arange(T) > np.arange(T)[:, None]

    return mask


@mask.wrong("the other way round: this hides the past and shows the future")
def _():
    return lambda T: np.arange(T) < np.arange(T)[:, None]


@mask.wrong("a position may look at itself: the diagonal is not hidden")
def _():
    return lambda T: np.arange(T) >= np.arange(T)[:, None]


@mask.wrong("this is True where looking is allowed; the mask is True where it is not")
def _():
    return lambda T: np.arange(T) <= np.arange(T)[:, None]


scores = Exercise(
    "12.4",
    "scores_of_a_head",
    hints=["Position 1 looks at one, position 2 at two, …", "1 + 2 + … + n = n (n + 1) / 2"],
    tolerance=0,
)


@scores.solution
def _():
    T = 3000
    return T * (T + 1) // 2


@scores.wrong("that is without the mask")
def _():
    return 9_000_000


@scores.wrong("that is half of the square: the diagonal is counted half only")
def _():
    return 4_500_000


@scores.wrong("a position may look at itself, too")
def _():
    return 3000 * 2999 // 2


@scores.wrong("three times the length costs nine times the scores, not three times")
def _():
    return 3_000_000
