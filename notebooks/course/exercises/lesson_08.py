"""Lesson 8: optimisers."""

from ..exercise import Exercise

largest = Exercise(
    "8.1", "largest_rate", hints=["The second derivative is λ = 6.", "|1 - η λ| must stay below 1."]
)


@largest.solution
def _():
    curvature = 6
    return 2 / curvature


@largest.wrong("the second derivative of 3 w² is 6, not 3")
def _():
    return 2 / 3


@largest.wrong("that rate jumps right to the minimum; up to twice as much it still converges")
def _():
    return 1 / 6


@largest.wrong("the bound is 2 / λ, not λ / 2")
def _():
    return 3.0


speed = Exercise(
    "8.2",
    "terminal_speed",
    hints=["In the long run Δw = -0.1 + 0.9 Δw.", "1 / (1 - α) times as long as without momentum."],
)


@speed.solution
def _():
    return 0.1 / (1 - 0.9)


@speed.wrong("that is without momentum")
def _():
    return 0.1


@speed.wrong("that is the second step; it goes on growing")
def _():
    return 0.19


@speed.wrong("the last step is added with the factor 0.9, not in place of the gradient")
def _():
    return 0.09


first = Exercise(
    "8.3",
    "first_step_of_adam",
    hints=["m = 0.1 g, and the correction divides by 0.1.", "m̂ / √r̂ is g / |g|."],
    through=lambda answer: abs(answer) if isinstance(answer, int | float) else answer,
)


@first.solution
def _():
    return 0.001


@first.wrong("that is gradient descent's step; Adam divides by the gradient's size")
def _():
    return 0.5


@first.wrong("the bias correction is missing for m: it makes 1 of 0.1")
def _():
    return 0.0001


@first.wrong("both corrections are missing: m = 0.1 g, r = 0.001 g²")
def _():
    return 0.001 * 0.1 / 0.001**0.5


step = Exercise(
    "8.4",
    "rprop_step",
    hints=["The product of the two gradients is positive if the signs are equal."],
    inputs=[(0.1, 2.0, 5.0), (0.1, -2.0, 5.0), (0.1, -2.0, -0.01), (0.1, 0.0, 1.0)],
)


@step.solution
def _():
    def rprop_step(step, g, g_before):
        if g * g_before > 0:
            return 1.2 * step
        if g * g_before < 0:
            return 0.5 * step
        return step

    return rprop_step


@step.wrong("the other way round: equal signs make it grow")
def _():
    return lambda step, g, g_before: (
        step * (0.5 if g * g_before > 0 else 1.2 if g * g_before < 0 else 1)
    )


@step.wrong("where a gradient is 0 the step must stay")
def _():
    return lambda step, g, g_before: step * (1.2 if g * g_before > 0 else 0.5)


@step.wrong("only the signs count, not how large the gradients are")
def _():
    return lambda step, g, g_before: (
        step * (1.2 if abs(g) > abs(g_before) else 0.5 if g * g_before else 1)
    )
