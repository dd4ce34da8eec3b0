"""Lesson 1: tensors and the tape."""

import math

from ..exercise import Exercise

two_weights = Exercise(
    "1.1",
    "two_weights",
    hints=[
        "Name the steps: z = w1 x, a = tanh z, e = w2 a - t, L = e². Which of them lie between w1 and L?",
        "dL/dw1 = 2 e · w2 · (1 - a²) · x",
    ],
)
A = math.tanh(0.5 * 2.0)


@two_weights.solution
def _():
    a = math.tanh(0.5 * 2.0)
    e = -1.0 * a - 0.5
    return 2 * e * -1.0 * (1 - a**2) * 2.0


@two_weights.wrong("this is the derivative by w2: 2 e a")
def _():
    return 2 * (-A - 0.5) * A


@two_weights.wrong("the derivative of tanh is missing: 1 - a²")
def _():
    return 2 * (-A - 0.5) * -1.0 * 2.0


@two_weights.wrong("the inner derivative of w1 x is missing: x")
def _():
    return 2 * (-A - 0.5) * -1.0 * (1 - A**2)


paths = Exercise(
    "1.2",
    "paths",
    hints=[
        "One step has three paths. And two steps?",
        "Each path through one step can be followed by each through the next.",
    ],
    tolerance=0,
)


@paths.solution
def _():
    return 3**10


@paths.wrong("the paths multiply, they do not add")
def _():
    return 30


@paths.wrong("each step uses its input three times, not twice")
def _():
    return 2**10


@paths.wrong("that is the number of multiplications")
def _():
    return 20


power_rule = Exercise(
    "1.3",
    "power_rule",
    hints=[
        "The derivative of x^n is n x^(n-1). What does a rule do with the gradient that arrives?"
    ],
    inputs=[(1.0, 3.0, 2), (0.5, 2.0, 3), (-2.0, 4.0, 0.5), (3.0, -2.0, 3)],
)


@power_rule.solution
def _():
    def power_rule(g, x, n):
        return g * n * x ** (n - 1)

    return power_rule


@power_rule.wrong("that is the derivative; a rule also multiplies by the gradient g that arrives")
def _():
    return lambda g, x, n: n * x ** (n - 1)


@power_rule.wrong("the exponent goes down by one: x^(n-1)")
def _():
    return lambda g, x, n: g * n * x**n


@power_rule.wrong("the factor n is missing")
def _():
    return lambda g, x, n: g * x ** (n - 1)


accumulated = Exercise(
    "1.4",
    "accumulated",
    hints=[
        "The first call leaves 2u.",
        "`u.detach()` is a constant, and the second call adds to what is there.",
    ],
)


@accumulated.solution
def _():
    first = 2 * 3.0
    second = 3.0  # u · 3, the 3 a constant
    return first + second


@accumulated.wrong("nothing flows back through detach(): the second call adds u, not 2u")
def _():
    return 12.0


@accumulated.wrong("`backward` adds to .grad; it does not replace what is there")
def _():
    return 3.0


@accumulated.wrong("that is after the first call; the second adds to it")
def _():
    return 6.0
