"""Lesson 11a: recurrent networks."""

import numpy as np

from ..exercise import Exercise

fading = Exercise("11a.1", "fading_memory", hints=["The states are 1, 0.5, 0.25, …"])


@fading.solution
def _():
    h = 0.0
    for x in (1, 0, 0, 2):
        h = 0.5 * h + x
    return h


@fading.wrong("that is only the last input: the first one is still heard, faintly")
def _():
    return 2.0


@fading.wrong("the first input fades by a half at each of three steps, not two")
def _():
    return 2.25


@fading.wrong("nothing fades: the factor 0.5 is missing")
def _():
    return 3.0


count = Exercise(
    "11a.2",
    "weights_of_elman",
    hints=[
        "Three matrices: input to hidden, hidden to hidden, hidden to output.",
        "And a bias for each of 20 + 5 units.",
    ],
    tolerance=0,
)


@count.solution
def _():
    return 10 * 20 + 20 * 20 + 20 * 5 + 20 + 5


@count.wrong("the biases are missing")
def _():
    return 700


@count.wrong("the hidden units hear themselves, too: 20 · 20 weights more")
def _():
    return 325


@count.wrong("the output layer is missing")
def _():
    return 620


_rng = np.random.default_rng(8)
states = Exercise(
    "11a.3",
    "states",
    hints=[
        "A loop over time, a list, and `np.array` of the list.",
        "h = tanh(W_x @ x[t] + W_h @ h)",
    ],
    inputs=[(_rng.normal(size=(5, 3)), _rng.normal(size=(4, 3)), _rng.normal(size=(4, 4)))],
)


@states.solution
def _():
    def states(x, W_x, W_h):
        h, all_states = np.zeros(len(W_h)), []
        for x_t in x:
            h = np.tanh(W_x @ x_t + W_h @ h)
            all_states.append(h)
        return np.array(all_states)

    return states


@states.wrong("each state is computed from the input alone: the state before is missing")
def _():
    return lambda x, W_x, W_h: np.tanh(x @ W_x.T)


@states.wrong("tanh is missing")
def _():
    def states(x, W_x, W_h):
        h, found = np.zeros(len(W_h)), []
        for x_t in x:
            h = W_x @ x_t + W_h @ h
            found.append(h)
        return np.array(found)

    return states


@states.wrong("that is the last state only: all of them are wanted")
def _():
    def states(x, W_x, W_h):
        h = np.zeros(len(W_h))
        for x_t in x:
            h = np.tanh(W_x @ x_t + W_h @ h)
        return h

    return states


clip = Exercise(
    "11a.4",
    "clip",
    hints=[
        "A vector in the same direction of length c: g · c / ‖g‖. And if it is short enough already?"
    ],
    inputs=[(np.array([3.0, 4.0]), 1.0), (np.array([0.3, 0.4]), 1.0)],
)


@clip.solution
def _():
    def clip(g, longest):
        length = np.sqrt((g**2).sum())
        return g * min(1.0, longest / length)

    return clip


@clip.wrong("a short gradient must stay as it is")
def _():
    return lambda g, longest: g * longest / np.linalg.norm(g)


@clip.wrong("that cuts each number by itself, and changes the direction")
def _():
    return lambda g, longest: np.clip(g, -longest, longest)


@clip.wrong("the length of a vector is the root of the sum of squares, not the sum of its numbers")
def _():
    return lambda g, longest: g * min(1.0, longest / np.abs(g).sum())
