"""Cascade-correlation: a network that adds hidden units while it learns, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.ops.shape.shape import cat
from autograd_core.random import stream

from .. import functional as F
from .. import init
from ..layers.container import ParameterList
from ..module import Module
from ..parameter import Parameter
from .cascade_fit import SPREAD, CascadeFit, Learner, Options
from .examples import classes_of, points, targets

UNKNOWN, CLASSES, VALUES = range(3)
OUTPUTS = ("sigmoid", "linear")


class CascadeCorrelation(Module):
    """Applies sigmoid units of which each sees the inputs and all units before it; `fit` adds them as they are needed.

    in_features, out_features   the sizes of x and y
    output_activation           "sigmoid", from −½ to ½ as the hidden units', or "linear" for other values
    hidden_features             the number of hidden units to begin with: 0, or that of a state to be loaded
    device, dtype               None or "cpu"; that of the parameters

    `fit` trains the outputs' weights; if that does not suffice, a pool of candidates for a new unit, each to covary as much
    as it can with the error that is left. The best becomes a hidden unit, whose weights never change again. `predict`
    gives the classes or values that `fit` got. Being a module like any other, the network can then be trained by gradients.

    Formula: v_k = σ(w_k · (1, x, v_1 … v_{k−1})) − ½, y = g(W (1, x, v_1 … v_H))
    Shapes: (*, in_features) → (*, out_features); hidden[k] (1 + in_features + k,), weight (out_features, 1 + in_features +
        H).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1 or an unknown output; `fit`: ValueError or TypeError for examples, targets and
        options that do not fit, FloatingPointError if the error overflows, with nothing changed; `predict`: RuntimeError
        before `fit`.
    Source: Fahlman & Lebiere 1990, "The cascade-correlation learning architecture", technical report CMU-CS-90-100.

    >>> import autograd_core as ag, nn.models
    >>> from nn.data import datasets
    >>> x, y = datasets.xor()[:]
    >>> model = nn.models.CascadeCorrelation(2)
    >>> model.fit(x, y, generator=ag.Generator(0)).solved
    True
    >>> len(model.hidden), model.predict(x)
    (1, tensor([0, 1, 1, 0]))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        output_activation: str = "sigmoid",
        hidden_features: int = 0,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        name = "CascadeCorrelation"
        on_cpu(device, name)
        for what, value, least in (
            ("in_features", in_features, 1), ("out_features", out_features, 1), ("hidden_features", hidden_features, 0),
        ):  # fmt: skip
            if value < least:
                raise ValueError(f"{name}: {what} must be at least {least}, got {value}")
        if output_activation not in OUTPUTS:
            raise ValueError(f"{name}: output_activation is one of {', '.join(OUTPUTS)}, got {output_activation!r}")
        self.in_features, self.out_features, self.output_activation = in_features, out_features, output_activation
        sizes = range(1 + in_features, 1 + in_features + hidden_features)
        self.hidden = ParameterList([Parameter(ag.empty(size, dtype=dtype)) for size in sizes])
        self.weight = Parameter(ag.empty(out_features, 1 + in_features + hidden_features, dtype=dtype))
        self.register_buffer("answers", Tensor(np.zeros((), np.int8)))  # what `fit` got: UNKNOWN, CLASSES or VALUES
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values for the weights there are."""
        for parameter in self.parameters():
            init.uniform_(parameter, -SPREAD, SPREAD)

    def forward(self, input: Tensor) -> Tensor:
        values = self.values(input)
        out = F.linear(values, self.weight)
        return out if self.output_activation == "linear" else F.sigmoid(out) - 0.5

    def values(self, input: Tensor) -> Tensor:
        """What the outputs see, (*, 1 + in_features + H): a 1, the input, and the hidden units."""
        if input.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"CascadeCorrelation: input has shape {tuple(input.shape)}, but its last dimension must be in_features = "
                f"{self.in_features}"
            )
        values: Any = cat([ag.ones(*input.shape[:-1], 1, dtype=input.dtype), input], -1)
        for weight in self.hidden:
            values = cat([values, F.sigmoid(F.linear(values, weight[None])) - 0.5], -1)
        return values

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """What `fit` got as y: classes, int64 (N,), or values (N, out_features)."""
        name = "CascadeCorrelation.predict"
        if int(self.answers) == UNKNOWN:
            raise RuntimeError(
                f"{name}: fit() has not been called, so it is not known whether to give classes or values; call "
                "model.fit(x, y), or model(x) for values"
            )
        with ag.no_grad():
            out = self(Tensor(points(name, x, self.in_features, self.weight.dtype)))
        threshold = 0.0 if self.output_activation == "sigmoid" else 0.5
        return classes_of(out, threshold) if int(self.answers) == CLASSES else out

    def extra_repr(self) -> str:
        text = f"in_features={self.in_features}, out_features={self.out_features}"
        return text if self.output_activation == "sigmoid" else f"{text}, output_activation={self.output_activation!r}"

    # ---------------------------------------------------------------------------------------------------------- learning

    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        max_hidden: int = 40,
        candidates: int = 8,
        rule: str = "quickprop",
        tolerance: float = 0.4,
        epochs: int = 100,
        patience: int = 8,
        output_lr: float | None = None,
        candidate_lr: float | None = None,
        output_threshold: float = 0.01,
        candidate_threshold: float = 0.03,
        decay: float = 1e-4,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> CascadeFit:
        """Train the outputs and add hidden units, until every output is near its target. Goes on from the units there are.

        x           examples (N, in_features)
        y           class indices (N,), or a floating matrix (N, out_features) of targets; those of sigmoid outputs are
                    from −½ to ½
        max_hidden  the number of hidden units that is enough even if the problem is not solved
        candidates  the number of them in the pool, each with random weights to begin with
        rule        for both, "quickprop" (with μ = 2) or "rprop"
        tolerance   an output is right if it is less than this away from its target
        epochs      of each training, at most; it ends earlier if for `patience` epochs the error of the outputs, or the
                    score of the best candidate, has not changed by the part `output_threshold` or `candidate_threshold`
        output_lr, candidate_lr   the rates: for Quickprop by default 0.35 / N and 1 / (N · the number of weights of a
                    unit), for Rprop 0.1, its first step
        decay       of the outputs' weights
        generator   draws the candidates' weights, by default the library's
        progress    called with a line for each unit

        A candidate's score is S = Σ_o |Σ_n (v_n − v̄)(E_no − Ē_o)| / Σ E², with v its value and E the error (y − t) g'. The
        defaults are those of the authors' program, which for two spirals takes 15.2 units in the mean.
        """
        name = "CascadeCorrelation.fit"
        rows = points(name, x, self.in_features, self.weight.dtype)
        sigmoid = self.output_activation == "sigmoid"
        labels, wanted = targets(name, y, len(rows), self.out_features)
        if labels is not None and sigmoid:
            wanted = wanted - 0.5
        if sigmoid and abs(wanted).max() > 0.5:
            raise ValueError(
                f"{name}: sigmoid outputs are from -0.5 to 0.5, but a target is {wanted[abs(wanted) > 0.5][0]:g}; scale y, "
                "or build the network with output_activation='linear'"
            )
        options = Options(
            max_hidden, candidates, rule, tolerance, epochs, patience, output_lr, candidate_lr, output_threshold,
            candidate_threshold, decay,
        )  # fmt: skip
        options.check(name)
        hidden = len(self.hidden)
        if max_hidden < hidden:
            raise ValueError(
                f"{name}: max_hidden is {max_hidden}, but there are {hidden} hidden units; pass at least these"
            )
        with ag.no_grad():
            values = self.values(Tensor(rows)).array.astype(np.float64)
        learner = Learner(name, values, wanted, self.weight.array.astype(np.float64), sigmoid, options)
        with np.errstate(over="ignore", invalid="ignore"):  # the learner looks at each error
            result = learner.learn(hidden, stream(generator), progress)
        dtype = self.weight.dtype
        self.hidden.extend([Parameter(ag.tensor(w.astype(dtype))) for w in learner.units])
        self.weight = Parameter(ag.tensor(learner.weights.astype(dtype)))
        self.answers = Tensor(np.asarray(VALUES if labels is None else CLASSES, np.int8))
        return result
