"""Adaline: linear units that learn by the delta rule."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.compilation import announces_compiling
from autograd_core.random import stream

from ..layers.linear import Linear
from .examples import at_least, classes_of, one_of, points, targets
from .least_squares import LeastSquares, LeastSquaresFit
from .weights import set_weights, weights_of, with_ones

RULES = ("lms", "batch", "exact")


class Adaline(Linear):
    """Applies adaptive linear units, which learn by least mean squares.

    in_features, out_features, bias, device and dtype are those of `Linear`. One unit tells two classes apart, 0 and 1, by
    the sign of y; several stand for one class each, and the largest y wins. Other than a perceptron's, the error is
    measured before the threshold, against targets of −1 and 1; it is quadratic in the weights, so that it has one minimum,
    separable or not. `fit` finds it, by three rules, and `predict` gives the classes.

    Formula: y = W x + b; `fit` minimises the mean of (t − y)²
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1; `fit`: ValueError or TypeError for examples and targets that do not fit, and
        for a rate that diverges, FloatingPointError if the loss grows beyond all bounds.
    Source: Widrow & Hoff 1960, "Adaptive switching circuits".

    >>> import nn, autograd_core as ag
    >>> x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> unit = nn.Adaline(2)
    >>> unit.fit(x, ag.tensor([0, 0, 0, 1]), rule="exact")
    AdalineFit(solved: loss 0.25, the least possible 0.25)
    >>> unit.predict(x), unit(x).detach()[:, 0]
    (tensor([0, 0, 0, 1]), tensor([-1.5, -0.5, -0.5,  0.5]))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        at_least("Adaline", 1, in_features=in_features, out_features=out_features)
        super().__init__(in_features, out_features, bias, device, dtype)

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The class of each example, int64 (N,)."""
        with ag.no_grad():
            return classes_of(self(Tensor(points("Adaline.predict", x, self.in_features, self.weight.dtype))))

    @announces_compiling
    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        rule: str = "lms",
        epochs: int = 100,
        lr: float | None = None,
        tolerance: float = 1e-6,
        shuffle: bool = True,
        history: bool = False,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> AdalineFit:
        """Minimise the mean of (t - y)² over the examples, from the weights there are.

        With x̂ = (x, 1) and e = t - y:

            rule="lms"    for one example after the other:  w ← w + lr e x̂       (Widrow & Hoff)
            rule="batch"  once an epoch:  w ← w + lr mean(e x̂), gradient descent on e²/2
            rule="exact"  w = R⁻¹ mean(t x̂), with R = mean(x̂ x̂ᵀ): least squares in one step

        x          examples (N, in_features)
        y          class indices (N,), whose targets are -1 and 1, or a floating matrix (N, out_features) of targets
        lr         by default 1 / λ for "batch", λ the largest eigenvalue of R, and 0.1 / tr R for "lms"
        tolerance  stop when an epoch lowers the loss by less than this part of it
        shuffle    for "lms": a new order in each epoch, from `generator`; else in turn
        history    record the weights after every epoch
        progress   called with a line for each epoch, and one before kernels are compiled, once on a machine

        The mean of the weights diverges unless lr < 2 / λ; such a rate is refused. With "lms" also the variance must
        stay bounded, which asks for less (lr < 2 / tr R is enough for small steps): if the loss grows beyond all
        bounds all the same, FloatingPointError is raised. In both cases the weights are left as they were.
        """
        name = "Adaline.fit"
        one_of(name, "rule", rule, RULES)
        at_least(name, 1, epochs=epochs)
        rows = points(name, x, self.in_features, self.weight.dtype)
        _, wanted = targets(name, y, len(rows), self.out_features, -1.0)
        problem = LeastSquares(name, with_ones(self, rows), wanted, rule, lr)
        order = stream(generator) if shuffle and rule == "lms" else None
        result, weights = problem.descend(weights_of(self), epochs, tolerance, order, history, progress)
        set_weights(self, weights)
        return AdalineFit(**vars(result))


class AdalineFit(LeastSquaresFit):
    """The course of learning, see `LeastSquaresFit`."""
