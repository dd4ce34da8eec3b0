"""Optimal brain damage and optimal brain surgeon: deleting the weights whose loss matters least, by second derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from autograd_core.nn.utils.prune.base import pruning_of
from numpy import ndarray

from autograd_core.engine.versions import written
from autograd_core.kernels.machine.blas import lapack
from autograd_core.nn import Module
from autograd_core.nn.utils import prune

from .batches import as_loader, batches
from .checks import check_loss, check_model
from .curvature import KINDS, Curvature
from .objective import Objective
from .prediction import Data, Loss, evaluate

Pair = tuple[Module, str]


@dataclass
class Pruned:
    """The course of a pruning. Printed, it is its message.

    weights     the number of weights there were
    deleted     of them, deleted in all after each step
    losses      the mean loss before anything was deleted, and after each step, before it retrained
    retrained   the loss after each step's retraining, if there was one
    predicted   the change of the loss that the saliencies of each step's weights promised
    undone      the loss of a last step that went beyond `max_loss`, or was not finite, and was taken back; it is in no list
    """

    weights: int
    losses: list[float]
    deleted: list[int] = field(default_factory=list)
    retrained: list[float] = field(default_factory=list)
    predicted: list[float] = field(default_factory=list)
    undone: float | None = None

    def __str__(self) -> str:
        count = self.deleted[-1] if self.deleted else 0
        last = (self.retrained or self.losses)[-1]
        end = "" if self.undone is None else f"; a further step, to {self.undone:.4g}, was taken back"
        return (
            f"{count} of {self.weights} weights deleted ({count / self.weights:.1%}): loss {self.losses[0]:.4g}, now "
            f"{last:.4g}{end}"
        )


def optimal_brain_damage(
    model: Module,
    data: Data,
    loss: Loss,
    amount: float = 0.3,
    *,
    steps: int = 1,
    curvature: str = "hessian",
    parameters: Iterable[Pair] | None = None,
    retrain: Callable[[Module], Any] | None = None,
    max_loss: float = math.inf,
    batch_size: int = 256,
) -> Pruned:
    """Delete the weights of which the second derivative says that the loss will hardly change.

    model: a trained module. Deleted weights get the mask 0 of `nn.utils.prune`, so that they stay 0 under every
        optimiser; `nn.utils.prune.remove` makes that final.
    data: that of the loss: a DataLoader, a dataset, or arrays (inputs, targets).
    loss: function(output, target) → the mean over the examples.
    amount: a fraction of the weights that are left, below 1, or their number.
    steps: the number of parts in which they are deleted, each with new second derivatives.
    curvature: "hessian", the exact second derivatives, or "gauss-newton", which leaves out those of the network's outputs,
        as the paper's do, and is never negative.
    parameters: pairs (module, name of a parameter); by default all that require a gradient.
    retrain: function(model), called after each step.
    max_loss: the step after which the loss is larger (after retraining, if there is any), or not finite, is taken back, and
        is the last.
    batch_size: the examples taken at a time, where data is no loader. The result is the same.

    The Hessian's diagonal of n weights costs n products with it, each some two gradients; "gauss-newton" a gradient for
    each output of each example. Of a large network take the latter, or a part of the data.

    Formula: s_k = ½ |h_kk| w_k², the change of the loss without w_k at a minimum, the weights taken as independent
    Shapes: inputs (N, *), targets (N, *).
    Dtypes: as the model takes them; derivatives in those of its parameters.
    Raises: TypeError or ValueError for arguments that cannot work, before anything is changed; FloatingPointError if a
        second derivative is not finite.
    Source: LeCun, Denker & Solla 1990, "Optimal brain damage"; exact derivatives: Pearlmutter 1994.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model = nn.Linear(2, 1, bias=False)
    >>> with ag.no_grad():
    ...     _ = model.weight.copy_(ag.tensor([[2.0, 3.0]]))
    >>> x = ag.tensor([[4.0, 0.0], [0.0, 1.0]])
    >>> print(optim.optimal_brain_damage(model, (x, model(x).detach()), F.mse_loss, 1))
    1 of 2 weights deleted (50.0%): loss 0, now 4.5
    >>> model.weight.detach()
    tensor([[2., 0.]])
    """
    surgery = _Surgery("optimal_brain_damage", model, data, loss, curvature, parameters, batch_size)

    def choose(weights: ndarray, alive: ndarray, count: int) -> float:
        saliencies = 0.5 * surgery.checked(surgery.curvature().diagonal(curvature)) * weights**2
        order = np.argsort(np.where(alive, abs(saliencies), math.inf), kind="stable")[:count]
        weights[order], alive[order] = 0, False
        return float(saliencies[order].sum())

    return surgery.run(choose, amount, steps, retrain, max_loss)


def optimal_brain_surgeon(
    model: Module,
    data: Data,
    loss: Loss,
    amount: float = 0.3,
    *,
    steps: int = 1,
    curvature: str = "gauss-newton",
    damping: float = 1e-4,
    parameters: Iterable[Pair] | None = None,
    retrain: Callable[[Module], Any] | None = None,
    max_loss: float = math.inf,
    batch_size: int = 256,
) -> Pruned:
    """Delete weights one after the other, each time changing all others so that the loss rises least.

    model, data, loss, amount, parameters, retrain, max_loss and batch_size are those of `optimal_brain_damage`.

    steps: the number of times that the Hessian is computed anew. Between them its inverse is that of the weights left,
        exactly, while the loss is taken to be the same parabola.
    curvature: "gauss-newton", the sum of outer products that the paper inverts, or "hessian", exact; that must be
        positive definite with the damping.
    damping: λ as a part of the mean size of H's diagonal.

    The Hessian is a matrix of n² numbers, for n weights: some thousand at most.

    Formula: s_q = ½ w_q² / [H⁻¹]_qq; w ← w − w_q / [H⁻¹]_qq · H⁻¹ e_q; H of the weights that are left, + λ
    Shapes: inputs (N, *), targets (N, *).
    Dtypes: as the model takes them; derivatives in those of its parameters, the inverse in float64.
    Raises: TypeError or ValueError for arguments that cannot work, before anything is changed; FloatingPointError if a
        second derivative is not finite; ValueError for a Hessian that is not positive definite.
    Source: Hassibi & Stork 1993, "Second order derivatives for network pruning: optimal brain surgeon". The inverse is by
        Cholesky factorisation, in place of their recursion, which gives the same.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> model = nn.Linear(2, 1, bias=False)
    >>> with ag.no_grad():
    ...     _ = model.weight.copy_(ag.tensor([[2.0, 1.0]]))
    >>> x = ag.tensor([[1.0, 1.0], [2.0, 2.0]])
    >>> optim.optimal_brain_surgeon(model, (x, model(x).detach()), F.mse_loss, 1).deleted
    [1]
    >>> model.weight.detach().round()
    tensor([[3., 0.]])
    """
    surgery = _Surgery("optimal_brain_surgeon", model, data, loss, curvature, parameters, batch_size)
    if not (math.isfinite(damping) and damping >= 0):
        raise ValueError(f"optimal_brain_surgeon: damping must be finite and not negative, got {damping}")

    def choose(weights: ndarray, alive: ndarray, count: int) -> float:
        left = np.flatnonzero(alive)
        H = surgery.checked(surgery.curvature().matrix(curvature))[np.ix_(left, left)]
        w = weights[left]
        rise, deleted = delete_one_by_one(w, _inverse(H, damping), count)
        weights[left], alive[left[deleted]] = w, False
        return rise

    return surgery.run(choose, amount, steps, retrain, max_loss)


def delete_one_by_one(w: ndarray, inverse: ndarray, count: int) -> tuple[float, list[int]]:
    """Delete `count` of the weights w in place, with H⁻¹ of them all: (the predicted rise of the loss, which).

    Without row and column q of H its inverse is H⁻¹ − c cᵀ, c = H⁻¹ e_q / √[H⁻¹]_qq: all c so far are kept, so that a deletion
    costs a column of the inverse, not all of it.
    """
    rise, deleted = 0.0, []
    left, diagonal = np.ones(len(w), bool), inverse.diagonal().copy()
    columns = np.empty((count, len(w)))
    for k in range(count):
        q = int(np.argmin(np.where(left, 0.5 * w * w / np.where(left, diagonal, 1), math.inf)))
        column = np.where(left, inverse[q] - columns[:k, q] @ columns[:k], 0)
        rise += float(0.5 * w[q] ** 2 / diagonal[q])
        w -= w[q] / diagonal[q] * column
        columns[k] = column / math.sqrt(diagonal[q])
        diagonal -= columns[k] ** 2
        left[q], w[q] = False, 0
        deleted.append(q)
    return rise, deleted


def _inverse(H: ndarray, damping: float) -> ndarray:
    scale = max(float(abs(H.diagonal()).mean()), np.finfo(float).tiny)
    H = H + damping * scale * np.eye(len(H))
    try:
        L = lapack(np.linalg.cholesky, H)
    except np.linalg.LinAlgError:
        smallest = float(lapack(np.linalg.eigvalsh, H)[0])
        raise ValueError(
            f"optimal_brain_surgeon: the Hessian is not positive definite, its smallest eigenvalue is {smallest:.3g}; train "
            "the model to a minimum, pass curvature='gauss-newton', or "
            f"damping={max(damping - 2 * smallest / scale, 1e-4):.2g}"
        ) from None
    root = lapack(np.linalg.solve, L, np.eye(len(H)))
    return root.T @ root


class _Surgery:
    """A model whose weights, as one vector, are deleted step by step."""

    def __init__(
        self, name: str, model: Module, data: Data, loss: Loss, curvature: str, parameters: Any, batch_size: int
    ):
        self.name, self.model = name, model
        check_model(name, model)
        check_loss(name, loss)
        if curvature not in KINDS:
            raise ValueError(f"{name}: curvature is one of {', '.join(KINDS)}, got {curvature!r}")
        self.pairs = _checked_pairs(name, model, parameters)
        self.objective = Objective(loss, name)
        self.batches = list(batches(as_loader(data, batch_size, False, None, "data", model, name), name))
        if not self.batches:
            raise ValueError(f"{name}: the data has no batch")
        if any(batch.weights is not None for batch in self.batches):
            raise ValueError(
                f"{name}: data has weights of the examples, which are not taken here; pass (inputs, targets)"
            )

    def curvature(self) -> Curvature:
        names = {id(t): name for name, t in self.model.named_parameters()}
        return Curvature(self.model, [names[id(_original(*pair))] for pair in self.pairs], self.batches, self.objective)

    def checked(self, derivatives: ndarray) -> ndarray:
        if not np.isfinite(derivatives).all():
            raise FloatingPointError(
                f"{self.name}: {np.count_nonzero(~np.isfinite(derivatives))} of the second derivatives are not finite; look "
                "for weights or data that are not, with ag.detect_anomaly()"
            )
        return derivatives

    def run(
        self, choose: Callable[[ndarray, ndarray, int], float], amount: float, steps: int,
        retrain: Callable[[Module], Any] | None, max_loss: float,
    ) -> Pruned:  # fmt: skip
        n = sum(int(_mask(*pair).sum()) for pair in self.pairs)
        count = _checked_amount(self.name, amount, n)
        if not 1 <= steps <= count:
            raise ValueError(f"{self.name}: steps must be 1 to {count}, the number of weights to delete, got {steps}")
        result = Pruned(n, [self._loss()])
        for module, name in self.pairs:
            if pruning_of(module, name) is None:
                prune.identity(module, name)
        for step in range(steps):
            weights, alive = self._read()
            before = weights.copy(), alive.copy()
            rise = choose(weights, alive, count * (step + 1) // steps - (n - int(alive.sum())))
            self._write(weights, alive)
            loss = last = self._loss()
            if retrain is not None:
                retrain(self.model)
                last = self._loss()
            if not (last <= max_loss and math.isfinite(last)):
                self._write(*before)
                result.undone = last
                break
            result.deleted.append(n - int(alive.sum()))
            result.losses.append(loss)
            result.predicted.append(rise)
            if retrain is not None:
                result.retrained.append(last)
        return result

    def _loss(self) -> float:
        return evaluate(self.model, self.batches, self.objective.loss, metrics={})["loss"]

    def _read(self) -> tuple[ndarray, ndarray]:
        """All weights as one vector, 0 where deleted, and which are not."""
        alive = np.concatenate([_mask(*pair).reshape(-1) for pair in self.pairs])
        weights = np.concatenate([_original(*pair).array.reshape(-1) for pair in self.pairs])
        return np.where(alive, weights.astype(np.float64), 0.0), alive

    def _write(self, weights: ndarray, alive: ndarray) -> None:
        start = 0
        for module, name in self.pairs:
            original, mask = _original(module, name), getattr(module, f"{name}_mask")
            part = slice(start, start + original.array.size)
            for t, values in ((original, weights), (mask, alive)):
                t.array[...] = values[part].reshape(t.shape)
                written(t.array)
            setattr(module, name, pruning_of(module, name)[1].apply_mask(module))
            start = part.stop


def _original(module: Module, name: str) -> Any:
    """The parameter, pruned or not."""
    return module._parameters[name if pruning_of(module, name) is None else f"{name}_orig"]


def _mask(module: Module, name: str) -> ndarray:
    """Which elements of the parameter are not deleted."""
    if pruning_of(module, name) is None:
        return np.ones(_original(module, name).shape, bool)
    return getattr(module, f"{name}_mask").array != 0


def _checked_pairs(caller: str, model: Module, parameters: Any) -> list[Pair]:
    own: dict[int, tuple[Module, str, bool]] = {}  # by the parameter: of one that modules share, the first
    for module in model.modules():
        for key, t in module._parameters.items():
            name = key.removesuffix("_orig")
            name = name if pruning_of(module, name) else key
            if t is not None:
                own.setdefault(id(t), (module, name, t.requires_grad))
    if parameters is None:
        pairs = [(module, name) for module, name, trained in own.values() if trained]
        if not pairs:
            raise ValueError(f"{caller}: the model has no parameter that requires a gradient")
        return pairs
    pairs = list(parameters)
    if not pairs:
        raise ValueError(f"{caller}: parameters is empty; leave it out for all of the model")
    known = [(module, name) for module, name, _ in own.values()]
    for pair in pairs:
        if not isinstance(pair, tuple) or pair not in known:
            raise ValueError(
                f"{caller}: parameters are pairs (module, name) of modules in the model, such as (model[0], 'weight'), got "
                f"{pair!r}"
            )
    return pairs


def _checked_amount(caller: str, amount: Any, n: int) -> int:
    fraction = isinstance(amount, float)
    if (
        isinstance(amount, bool)
        or not isinstance(amount, float | int | np.integer)
        or not 0 < amount < (1 if fraction else n)
    ):
        raise ValueError(
            f"{caller}: amount is a fraction between 0 and 1, or a number of weights below the {n} there are, got {amount!r}"
        )
    return max(1, round(amount * n)) if fraction else int(amount)
