"""Penalties on weights and activations, and the bound of the norm of each neuron's weights.

A penalty is added to the loss (`decay=False`), and so to the gradient that an optimiser scales as it likes, or it shrinks
the weights itself after each step (`decay=True`), as AdamW does: independent of the gradient.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.versions import written
from autograd_core.nn import Module

from .batches import leaves
from .callbacks import Callback

if TYPE_CHECKING:
    from .run import Run


def weights_of(model: Any, chosen: list[Tensor] | None) -> list[Tensor]:
    """The parameters chosen, else all with two or more dimensions: the weights, without biases and scales."""
    return [p for p in model.parameters() if p.ndim >= 2 and p.requires_grad] if chosen is None else chosen


def listed(name: str, what: str, values: Any, kind: type) -> list | None:
    """The values as a list; None stays. Raises TypeError for one that is not of the kind."""
    if values is None:
        return None
    several = [values] if isinstance(values, kind) else list(values)
    wrong = next((v for v in several if not isinstance(v, kind)), None)
    if wrong is not None or not several:
        got = "none" if wrong is None else type(wrong).__name__
        raise TypeError(f"{name}: {what} are a list of {kind.__name__}s, got {got}; leave it out for all weights")
    return several


class Lp(Callback):
    """Penalises the p-th powers of weights or of activations.

    p: the power, above 0: 1 makes weights exactly zero (in the form of a decay), 2 makes large ones small.
    strength: the factor λ.
    parameters: the weights; by default all parameters of two or more dimensions, so that biases are left alone.
    activations: modules whose outputs in training are penalised, instead of weights.
    decay: True: shrink the weights after each step, independent of the gradient.

    The penalty is not part of the recorded loss, which stays comparable with that on other data; its mean is recorded as
    train_penalty.

    Formula: loss + λ Σ |w|^p; of activations a of N examples, loss + λ Σ |a|^p / N; with decay, after each step
        w ← sign(w) max(|w| - lr λ p |w|^(p-1), 0)
    Shapes: parameters (*), activations (N, *).
    Dtypes: floating.
    Raises: ValueError if p is not above 0, strength is negative, for a decay of activations, and before training, if a
        module is not one of the model's, or the optimizer has no learning rate for a decay; TypeError for what are no
        parameters or modules; ValueError in training if a module was not called.
    Source: Keras's `L1` and `L2`; Loshchilov & Hutter 2019, "Decoupled weight decay regularization", for the decay.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> history = optim.fit(model, (ag.ones(2, 1), ag.zeros(2, 1)), loss=F.mse_loss, optimizer=optimizer, epochs=200,
    ...                     callbacks=[optim.Lp(1.5, 0.01)], progress=False, keep_best=False)
    >>> abs(model.weight.item()) < 1e-3
    True
    """

    def __init__(
        self,
        p: float,
        strength: float,
        *,
        parameters: Iterable[Tensor] | None = None,
        activations: Iterable[Module] | Module | None = None,
        decay: bool = False,
    ):
        self.label = type(self).__name__
        if not 0 < p < np.inf:
            raise ValueError(f"{self.label}: p must be above 0, got {p}")
        if not 0 <= strength < np.inf:
            raise ValueError(f"{self.label}: strength must not be negative, got {strength}")
        if decay and activations is not None:
            raise ValueError(
                f"{self.label}: decay=True shrinks weights, and activations are none; leave out decay to penalise them"
            )
        self.p, self.strength, self.decay = float(p), float(strength), decay
        self.parameters = listed(self.label, "parameters", parameters, Tensor)
        self.activations = listed(self.label, "activations", activations, Module)
        self.outputs: list[Tensor] = []  # of the modules, since the last penalty
        self.handles: list[Any] = []
        self.groups: dict[Tensor, dict[str, Any]] = {}  # the optimiser's group of each parameter

    def on_start(self, run: Run) -> None:
        for module in self.activations or ():
            if module not in set(run.model.modules()):
                raise ValueError(
                    f"{self.label}: the module {type(module).__name__} of activations is not one of the model's; pass modules "
                    "of this model, as activations=[model[1]]"
                )
        if self.decay and any("lr" not in group for group in run.optimizer.param_groups):
            raise ValueError(
                f"{self.label}: {type(run.optimizer).__name__} has no learning rate to scale a decay by; pass decay=False"
            )
        self.handles = [module.register_forward_hook(self._keep) for module in self.activations or ()]
        self.groups = {p: group for group in run.optimizer.param_groups for p in group["params"]}

    def _keep(self, module: Module, args: Any, output: Any) -> None:
        if module.training:
            self.outputs += [t for t in leaves(output) if isinstance(t, Tensor) and t.dtype.kind == "f"]

    def on_step_start(self, run: Run) -> None:
        self.outputs = []

    def penalty(self, run: Run) -> Tensor | None:
        if self.decay:
            return None
        if self.activations is None:
            terms = [self._powers(w).sum() for w in weights_of(run.model, self.parameters)]
        else:
            terms = [self._powers(a).sum() / len(a) for a in self.outputs]
            self.outputs = []
        if not terms:
            what = "the model has no weights" if self.activations is None else "none of the modules was called"
            raise ValueError(f"{self.label}: {what}, so that there is nothing to penalise; leave out the penalty")
        return self.strength * sum(terms[1:], terms[0])

    def _powers(self, x: Any) -> Any:
        if self.p == 1:
            return x.abs()
        if self.p == 2:
            return x * x
        size = x.abs()
        if self.p > 1:
            return size**self.p
        zero = x == 0  # where the slope is infinite; the gradient there is 0
        return ag.where(zero, 0.0, ag.where(zero, 1.0, size) ** self.p)

    def on_step_end(self, run: Run) -> None:
        if not self.decay:
            return
        for weight in weights_of(run.model, self.parameters):
            group, w = self.groups.get(weight), weight.array
            if group is None:  # not learnt
                continue
            size = np.abs(w)
            with np.errstate(divide="ignore"):
                step = float(group["lr"]) * self.strength * self.p * size ** (self.p - 1)
            w[...] = np.sign(w) * np.maximum(size - step, 0)
            written(w)

    def on_end(self, run: Run) -> None:
        for handle in self.handles:
            handle.remove()
        self.handles, self.outputs = [], []


class L1(Lp):
    """Penalises the absolute values of weights or of activations, which makes many of them zero.

    strength, parameters, activations and decay are those of `Lp`. With decay a weight becomes exactly zero (the soft
    threshold); the penalty in the loss only makes it small.

    Formula: loss + λ Σ |w|; with decay, after each step w ← sign(w) max(|w| - lr λ, 0)
    Shapes: parameters (*), activations (N, *).
    Dtypes: floating.
    Raises: as `Lp`.
    Source: Tibshirani 1996, "Regression shrinkage and selection via the lasso"; Keras's `L1`.

    >>> import optim
    >>> optim.L1(1e-4, decay=True).p
    1.0
    """

    def __init__(
        self,
        strength: float,
        *,
        parameters: Iterable[Tensor] | None = None,
        activations: Iterable[Module] | Module | None = None,
        decay: bool = False,
    ):
        super().__init__(1, strength, parameters=parameters, activations=activations, decay=decay)


class L2(Lp):
    """Penalises the squares of weights or of activations.

    strength, parameters, activations and decay are those of `Lp`. weight_decay=2λ of an optimiser is the same penalty, of
    biases as well; of AdamW the same decay, but before the step.

    Formula: loss + λ Σ w²; with decay, after each step w ← w max(1 - 2 lr λ, 0)
    Shapes: parameters (*), activations (N, *).
    Dtypes: floating.
    Raises: as `Lp`.
    Source: Krogh & Hertz 1992, "A simple weight decay can improve generalization"; Keras's `L2`.

    >>> import optim
    >>> optim.L2(1e-4).p
    2.0
    """

    def __init__(
        self,
        strength: float,
        *,
        parameters: Iterable[Tensor] | None = None,
        activations: Iterable[Module] | Module | None = None,
        decay: bool = False,
    ):
        super().__init__(2, strength, parameters=parameters, activations=activations, decay=decay)


class MaxNorm(Callback):
    """Bounds the norm of the weights that come into each neuron: after each step longer ones are shortened.

    bound: the largest norm.
    parameters: the weights; by default all parameters of two or more dimensions.
    dim: the dimension that counts the neurons or channels; the norm is over all others.

    Formula: w_j ← w_j min(1, bound / ‖w_j‖), w_j the weights of neuron j
    Shapes: parameters (neurons, *) for dim 0.
    Dtypes: floating.
    Raises: ValueError if the bound is not above 0; before training, if there is no weight; TypeError for what are no
        parameters; IndexError if a parameter lacks the dimension.
    Source: Srivastava et al. 2014, "Dropout", section 5.1; Keras's `MaxNorm`.

    >>> import optim
    >>> optim.MaxNorm(3.0).bound
    3.0
    """

    def __init__(self, bound: float, *, parameters: Iterable[Tensor] | None = None, dim: int = 0):
        if not bound > 0:
            raise ValueError(f"MaxNorm: bound must be above 0, got {bound}")
        self.bound, self.dim = float(bound), dim
        self.parameters = listed("MaxNorm", "parameters", parameters, Tensor)

    def on_start(self, run: Run) -> None:
        weights = weights_of(run.model, self.parameters)
        if not weights:
            raise ValueError("MaxNorm: the model has no parameter of two dimensions; pass parameters=[…]")
        for w in weights:
            if not -w.ndim <= self.dim < w.ndim:
                raise IndexError(
                    f"MaxNorm: dim={self.dim} is none of the {w.ndim} dimensions of a parameter; pass dim=0"
                )

    def on_step_end(self, run: Run) -> None:
        for weight in weights_of(run.model, self.parameters):
            w = weight.array
            others = tuple(i for i in range(w.ndim) if i != self.dim % w.ndim)
            norms = np.sqrt(np.square(w, dtype=np.float64).sum(others, keepdims=True))
            if (norms > self.bound).any():
                w *= np.minimum(1, self.bound / np.maximum(norms, self.bound)).astype(w.dtype)
                written(w)
