"""Lesson 3: neuron and perceptron."""

from ..exercise import Exercise

PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def _table(answer):
    w1, w2, theta = (float(v) for v in answer)
    return ["fires" if w1 * x1 + w2 * x2 > theta else "silent" for x1, x2 in PAIRS]


first_not_second = Exercise(
    "3.1",
    "first_not_second",
    hints=[
        "The second input must pull down.",
        "With weights 1 and -1 the sums are 0, -1, 1, 0. Which threshold lets only the 1 through?",
    ],
    through=lambda answer: answer if any(v is ... for v in answer) else _table(answer),
)


@first_not_second.solution
def _():
    return 1, -1, 0.5


@first_not_second.wrong(
    "it computes AND: the second input must keep the unit silent, so its weight is negative"
)
def _():
    return 1, 1, 1.5


@first_not_second.wrong(
    "it computes OR: the second input must keep the unit silent, so its weight is negative"
)
def _():
    return 1, 1, 0.5


@first_not_second.wrong("it never fires: is the threshold too high?")
def _():
    return 1, -1, 1


@first_not_second.wrong("it fires for (0, 0), too: is the threshold too low?")
def _():
    return 1, -1, -0.5


one_update = Exercise(
    "3.2",
    "one_update",
    hints=[
        "It answers 1 (2 - 1 > 0) and should answer 0: which way do the weights move?",
        "w - η x, and θ + η.",
    ],
)


@one_update.solution
def _():
    eta, x = 0.5, (2, 1)
    return 1 - eta * x[0], -1 - eta * x[1], 0 + eta


@one_update.wrong(
    "that is the other kind of mistake: this unit fires and should not, so it must become *less* willing"
)
def _():
    return 2.0, -0.5, -0.5


@one_update.wrong(
    "the threshold moves against the weights: a unit that fires too readily gets a higher one"
)
def _():
    return 0.0, -1.5, -0.5


@one_update.wrong("the rate is 0.5, not 1")
def _():
    return -1, -2, 1


@one_update.wrong("it is wrong on this example (it answers 1), so the weights do change")
def _():
    return 1, -1, 0


most_updates = Exercise("3.3", "most_updates", hints=["(R / γ)²"], tolerance=1e-9)


@most_updates.solution
def _():
    return (1 / 0.1) ** 2


@most_updates.wrong("it is the square of R / γ")
def _():
    return 10


@most_updates.wrong("R / γ, not R γ: a smaller margin makes it longer")
def _():
    return 0.01


@most_updates.wrong("the square is over all: (R / γ)², and R is 1")
def _():
    return 20


def _step(z):
    return 1 if z > 0 else 0


xor = Exercise(
    "3.4",
    "xor_by_units",
    hints=[
        "XOR is OR, but not AND.",
        "Two hidden units: OR with threshold 0.5, AND with threshold 1.5; then the unit of exercise 3.1.",
    ],
    inputs=[(x1, x2, _step) for x1, x2 in PAIRS],
    tolerance=0,
)


@xor.solution
def _():
    def xor(x1, x2, step):
        either, both = step(x1 + x2 - 0.5), step(x1 + x2 - 1.5)
        return step(either - both - 0.5)

    return xor


@xor.wrong("that is OR: (1, 1) must give 0")
def _():
    return lambda x1, x2, step: step(x1 + x2 - 0.5)


@xor.wrong("that is AND")
def _():
    return lambda x1, x2, step: step(x1 + x2 - 1.5)


@xor.wrong("that is 'first, but not second': (0, 1) must give 1, too")
def _():
    return lambda x1, x2, step: step(x1 - x2 - 0.5)


@xor.wrong("the other way round: 1 where both are the same")
def _():
    return lambda x1, x2, step: int(x1 == x2)
