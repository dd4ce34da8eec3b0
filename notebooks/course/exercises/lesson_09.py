"""Lesson 9: generalisation."""

import numpy as np

from ..exercise import Exercise

decayed_weight = Exercise(
    "9.1",
    "decayed_weight",
    hints=["∂E′/∂w = ∂E/∂w + λw. What is it here?", "w − η (0.5 + 0.3 · 2)"],
)


@decayed_weight.solution
def _():
    w, slope, eta, strength = 2.0, 0.5, 0.1, 0.3
    return w - eta * (slope + strength * w)


@decayed_weight.wrong("that is the step without the penalty")
def _():
    return 2 - 0.1 * 0.5


@decayed_weight.wrong("here λ itself is the decay: in this form it is ηλ, as the penalty is in E′")
def _():
    return 2 - 0.1 * 0.5 - 0.3 * 2


@decayed_weight.wrong("the penalty must pull the weight towards 0: its sign is wrong")
def _():
    return 2 - 0.1 * 0.5 + 0.1 * 0.3 * 2


@decayed_weight.wrong("that is L1: L2 pulls in proportion to the weight")
def _():
    return 2 - 0.1 * (0.5 + 0.3)


_weights = np.array([0.5, -0.2, 0.05, 0.0, -1.0])
soft = Exercise(
    "9.2",
    "soft",
    hints=[
        "How long is the weight after it? max(|w| − α, 0).",
        "Its sign stays: np.sign(w).",
    ],
    inputs=[(_weights, 0.1), (_weights, 0.4)],
)


@soft.solution
def _():
    def soft(w, alpha):
        return np.sign(w) * np.maximum(np.abs(w) - alpha, 0)

    return soft


@soft.wrong("a weight smaller than α jumps over 0 to the other side; it must stop at 0")
def _():
    return lambda w, alpha: w - alpha * np.sign(w)


@soft.wrong("the sign is lost: negative weights must stay negative")
def _():
    return lambda w, alpha: np.maximum(np.abs(w) - alpha, 0)


@soft.wrong("that is the decay of L2: L1 takes the same amount from each weight")
def _():
    return lambda w, alpha: (1 - alpha) * w


@soft.wrong("only small weights become 0 there; the large ones must shrink by α, too")
def _():
    return lambda w, alpha: np.where(np.abs(w) > alpha, w, 0)


squared_norm = Exercise(
    "9.3",
    "squared_norm",
    hints=[
        "It is a square: the chain rule gives 2 ‖w‖₁ times the derivative of ‖w‖₁.",
        "‖w‖₁ = 7, and its gradient is sign(w) = (1, −1).",
    ],
)


@squared_norm.solution
def _():
    w = np.array([3.0, -4.0])
    return 2 * np.abs(w).sum() * np.sign(w)


@squared_norm.wrong(
    "that is the gradient of ‖w‖₁, which is not squared: what we want, not what the deck has"
)
def _():
    return np.array([1.0, -1.0])


@squared_norm.wrong("that is the gradient of the squared 2-norm")
def _():
    return np.array([6.0, -8.0])


@squared_norm.wrong("the sign of the second: sign(−4) is −1")
def _():
    return np.array([14.0, 14.0])


@squared_norm.wrong("the factor 2 of the square is missing")
def _():
    return np.array([7.0, -7.0])


kept_value = Exercise(
    "9.4",
    "kept_value",
    hints=["The mean over many passes must be 3.", "It stays in 8 of 10 passes: 0.8 · v = 3."],
)


@kept_value.solution
def _():
    rate, value = 0.2, 3.0
    return value / (1 - rate)


@kept_value.wrong(
    "that makes it smaller still: values that stay are scaled *up*, so that the mean is kept"
)
def _():
    return 3 * (1 - 0.2)


@kept_value.wrong("0.2 is the rate at which units are dropped, not the share that stays")
def _():
    return 3 / 0.2


@kept_value.wrong("then the mean over many passes is 0.8 · 3 = 2.4")
def _():
    return 3.0


patience_of_three = Exercise(
    "9.5",
    "patience_of_three",
    hints=[
        "Mark each epoch that is better than *all* before it.",
        "The last such epoch is number 5. How many epochs without a better one follow, before training stops?",
    ],
    tolerance=0,
)


@patience_of_three.solution
def _():
    losses, patience = [0.9, 0.7, 0.6, 0.65, 0.58, 0.61, 0.6, 0.59, 0.5], 3
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best + 1, epoch + 1


@patience_of_three.wrong("training does not see epoch 9: it has stopped before")
def _():
    return 9, 9


@patience_of_three.wrong("epoch 5 is better than epoch 3, so the count of bad epochs starts again")
def _():
    return 3, 6


@patience_of_three.wrong("the epochs count from 1 here")
def _():
    return 4, 7


@patience_of_three.wrong(
    "with a patience of 3 it stops after the third epoch without a better one, not after a fourth"
)
def _():
    return 5, 9


@patience_of_three.wrong("the weights returned are those of the best epoch, not of the last")
def _():
    return 8, 8
