"""Lesson 5: radial basis functions."""

import numpy as np

from ..exercise import Exercise

two_sigma = Exercise(
    "5.1",
    "two_sigma",
    hints=["Put 2σ for the distance into exp(-d² / (2σ²)). What is left of σ?"],
)


@two_sigma.solution
def _():
    return np.exp(-((2.0) ** 2) / 2)


@two_sigma.wrong("the distance is squared: (2σ)² = 4σ²")
def _():
    return np.exp(-1.0)


@two_sigma.wrong("there is a 2 in the denominator: 2σ²")
def _():
    return np.exp(-4.0)


@two_sigma.wrong("the exponent is negative: a unit is loudest at its prototype, where it gives 1")
def _():
    return np.exp(2.0)


one_prototype = Exercise(
    "5.2",
    "one_prototype",
    hints=[
        "How far are the four points from (½, ½)?",
        "If all four features are equal, can a threshold tell them apart?",
    ],
    through=lambda answer: (
        ("yes" if answer else "no") if isinstance(answer, bool | np.bool_) else answer
    ),
)


@one_prototype.solution
def _():
    distances = np.hypot(np.array([0, 0, 1, 1]) - 0.5, np.array([0, 1, 0, 1]) - 0.5)
    return bool(len(set(distances)) > 1)


@one_prototype.wrong(
    "look at the four distances: all are √½, so all four points get the same feature"
)
def _():
    return True


@one_prototype.wrong("answer with True or False, without quotation marks")
def _():
    return "false"


@one_prototype.wrong("answer with True or False: the question is whether the feature separates")
def _():
    return "true"


_rng = np.random.default_rng(5)
_Phi, _Y = _rng.normal(size=(8, 3)), _rng.normal(size=(8, 2))
readout = Exercise(
    "5.3",
    "readout",
    hints=["(ΦᵀΦ + λI) W = ΦᵀY: np.linalg.solve."],
    inputs=[(_Phi, _Y, 0.5), (_Phi, _Y, 2.0)],
)


@readout.solution
def _():
    def readout(Phi, Y, ridge):
        return np.linalg.solve(Phi.T @ Phi + ridge * np.eye(Phi.shape[1]), Phi.T @ Y)

    return readout


@readout.wrong("that is without the penalty")
def _():
    return lambda Phi, Y, ridge: np.linalg.lstsq(Phi, Y, rcond=None)[0]


@readout.wrong("the penalty stands on the diagonal only: ridge times the unit matrix")
def _():
    return lambda Phi, Y, ridge: np.linalg.solve(Phi.T @ Phi + ridge, Phi.T @ Y)


@readout.wrong("the penalty is λ, not λ²")
def _():
    return lambda Phi, Y, ridge: np.linalg.solve(Phi.T @ Phi + ridge**2 * np.eye(3), Phi.T @ Y)


_x, _z = np.array([1.0, -0.5]), np.array([0.3, 0.4])
towards = Exercise(
    "5.4",
    "towards",
    hints=[
        "The chain rule: φ itself, times the derivative of -‖x - z‖² / (2σ²) by z.",
        "It points from z to x.",
    ],
    inputs=[(_x, _z, 0.7), (_x, _z, 1.5)],
)


def _phi(x, z, sigma):
    return np.exp(-((x - z) ** 2).sum() / (2 * sigma**2))


@towards.solution
def _():
    def towards(x, z, sigma):
        phi = np.exp(-((x - z) ** 2).sum() / (2 * sigma**2))
        return phi * (x - z) / sigma**2

    return towards


@towards.wrong("that is the derivative by x; by z it has the other sign: nearer is louder")
def _():
    return lambda x, z, sigma: -_phi(x, z, sigma) * (x - z) / sigma**2


@towards.wrong("the factor φ is missing: the derivative of e^u is e^u u'")
def _():
    return lambda x, z, sigma: (x - z) / sigma**2


@towards.wrong("the 2 of the square and the 2 of 2σ² cancel")
def _():
    return lambda x, z, sigma: _phi(x, z, sigma) * (x - z) / (2 * sigma**2)
