"""Linear regression: by the pseudo-inverse, or by descent on one example, some or all of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.types import Device
from autograd_core.random import stream

from ..layers.linear import Linear
from .examples import at_least, not_negative, one_of, points, values
from .least_squares import LeastSquares, LeastSquaresFit, pseudo_inverse_solution
from .weights import set_weights, weights_of, with_ones

RULES = ("exact", "online", "mini-batch", "batch")


class LinearRegression(Linear):
    """Applies linear units, which `fit` brings as near to their targets as can be, in the mean of squares.

    in_features, out_features, bias, device and dtype are those of `Linear`. `predict` gives the values.

    Formula: y = W x + b; `fit` minimises the mean of (t − y)², with `ridge` λ that of (t − y)² + λ |W|² / N
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1; `fit`: ValueError or TypeError for examples, targets and options that do not fit,
        FloatingPointError if the loss grows beyond all bounds, with nothing changed.
    Source: Bishop 2006, "Pattern recognition and machine learning", section 3.1; for the online rule Widrow & Hoff 1960.

    >>> import autograd_core as ag, nn.models
    >>> x = ag.tensor([[0.0], [1.0], [2.0]])
    >>> model = nn.models.LinearRegression(1)
    >>> model.fit(x, ag.tensor([[1.0], [3.0], [8.0]]))
    RegressionFit(solved: loss 0.5, rank 1 of 1)
    >>> print(model.predict([[5.0]]))
    tensor([[18.]])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        at_least("LinearRegression", 1, in_features=in_features, out_features=out_features)
        super().__init__(in_features, out_features, bias, device, dtype)

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """The values for each example, (N, out_features)."""
        with ag.no_grad():
            return self(Tensor(points("LinearRegression.predict", x, self.in_features, self.weight.dtype)))

    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        rule: str = "exact",
        ridge: float = 0.0,
        epochs: int = 100,
        lr: float | None = None,
        batch_size: int = 32,
        tolerance: float = 1e-6,
        shuffle: bool = True,
        history: bool = False,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> RegressionFit:
        """Minimise the mean of (t - y)² over the examples.

            rule="exact"       W = T̄ᵀ X̄ (X̄ᵀ X̄ + ridge)⁻¹, b = t̄ - W x̄, at once; with ridge 0 the pseudo-inverse of X̄, so
                               that of several best solutions it is the smallest. X̄, T̄: x and y less their means x̄, t̄
            rule="batch"       once an epoch:              w ← w + lr mean(e x̂)    with e = t - y, x̂ = (x, 1)
            rule="mini-batch"  for some examples at once:  the same, with the mean over `batch_size` examples
            rule="online"      for one example after the other (least mean squares, the rule of Widrow & Hoff)

        The last three start from the weights there are.

        x          examples (N, in_features)
        y          targets (N, out_features)
        ridge      λ of the penalty λ |W|² on the sum of squared errors, for "exact"; the bias is not penalised
        epochs     the number that is enough, if the loss still changes
        lr         by default 1 / λ for "batch", λ the largest eigenvalue of R = mean(x̂ x̂ᵀ), 0.1 / tr R for "online",
                   1 / (λ + 10 tr R / batch_size) for "mini-batch"; one of 2 / λ or more is refused, as it diverges
        batch_size the number of examples in a mini-batch
        tolerance  stop when an epoch changes the loss by less than this part of it
        shuffle    for "online" and "mini-batch": a new order in each epoch, from `generator`; else in turn
        history    record the weights after every epoch
        progress   called with a line for each epoch
        """
        name = "LinearRegression.fit"
        one_of(name, "rule", rule, RULES)
        at_least(name, 1, epochs=epochs, batch_size=batch_size)
        not_negative(name, ridge=ridge, tolerance=tolerance)
        if ridge and rule != "exact":
            raise ValueError(f"{name}: ridge={ridge:g} is for rule='exact', got rule='{rule}'; leave one of them out")
        rows = points(name, x, self.in_features, self.weight.dtype)
        wanted = values(name, y, len(rows), self.out_features)
        if rule == "exact":
            weights, rank = pseudo_inverse_solution(rows, wanted, ridge, self.bias is not None)
            hat = with_ones(self, rows)
            losses = [float(np.square(wanted - hat @ w.T).mean()) for w in (weights_of(self), weights)]
            result = RegressionFit(True, losses, losses[-1], None, np.inf, rank=rank, in_features=self.in_features)
        else:
            size = 1 if rule == "online" else batch_size
            problem = LeastSquares(name, with_ones(self, rows), wanted, rule, lr, size)
            order = stream(generator) if shuffle and rule != "batch" else None
            course, weights = problem.descend(weights_of(self), epochs, tolerance, order, history, progress)
            result = RegressionFit(**vars(course))
        set_weights(self, weights)
        return result


@dataclass(repr=False)
class RegressionFit(LeastSquaresFit):
    """The course of learning, see `LeastSquaresFit`; of "exact" also the rank of x less its mean.

    A rank below in_features: several weights are equally good, and those taken are the smallest.
    """

    rank: int | None = None
    in_features: int | None = None

    @property
    def message(self) -> str:
        if self.lr is not None:
            return super().message
        text = f"solved: loss {self.losses[-1]:.4g}, rank {self.rank} of {self.in_features}"
        several = self.rank is not None and self.in_features is not None and self.rank < self.in_features
        return f"{text}; of the weights that are equally good these are the smallest" if several else text
