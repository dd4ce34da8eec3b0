"""Hopfield's network: patterns stored as the states in which threshold units come to rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.blas import lapack
from autograd_core.random import stream

from ..module import Module
from .examples import points
from .weights import assign

RULES = ("hebb", "pseudo-inverse")
UPDATES = ("asynchronous", "synchronous")


class Hopfield(Module):
    """Recalls stored patterns of −1 and 1 from parts or noisy versions of them.

    features       N, the number of units, each connected with all others
    device, dtype  None or "cpu"; that of the weights

    `fit` stores patterns, `recall` runs from given states until nothing changes, `predict` gives the state in which that
    ends. Called, the network makes one step of all units at once. Unit by unit, the energy never rises, so that a state of
    rest is always reached. By Hebb's rule some 0.138 N random patterns can be recalled, with errors in up to 1.6 % of the
    units; beyond, none. By the pseudo-inverse, N − 1 linearly independent ones are states of rest.

    Formula: s_i ← sign(Σ_j W_ij s_j − θ_i), unchanged where that is 0 but for rounding; E(s) = −½ sᵀ W s + θᵀ s; by
        Hebb's rule W = XᵀX / N, by the other W = X⁺X, X the patterns, both with a diagonal of zeros
    Shapes: (*, features) → (*, features); weight (features, features), threshold (features,).
    Dtypes: any floating dtype; the input has that of the weights.
    Raises: ValueError for a size below 1; `fit`, `recall`, `predict`: ValueError or TypeError for patterns that are not of −1
        and 1 or do not fit, with nothing changed.
    Source: Hopfield 1982, "Neural networks and physical systems with emergent collective computational abilities";
        pseudo-inverse: Personnaz, Guyon & Dreyfus 1985, "Information storage and retrieval in spin-glass like neural
        networks"; capacity: Amit, Gutfreund & Sompolinsky 1985.

    >>> import nn.models, autograd_core as ag
    >>> patterns = ag.tensor([[1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]])
    >>> memory = nn.models.Hopfield(8)
    >>> memory.fit(patterns)
    >>> memory.predict(ag.tensor([[1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0]]))
    tensor([[ 1.,  1.,  1.,  1., -1., -1., -1., -1.]])
    """

    def __init__(self, features: int, device: Device = None, dtype: DTypeLike | None = None):
        super().__init__()
        on_cpu(device, "Hopfield")
        if features < 1:
            raise ValueError(f"Hopfield: features must be at least 1, got {features}")
        self.features = features
        self.weight: Tensor
        self.threshold: Tensor
        self.register_buffer("weight", ag.zeros(features, features, dtype=dtype))
        self.register_buffer("threshold", ag.zeros(features, dtype=dtype))

    def reset_parameters(self) -> None:
        """Forget all patterns."""
        for t in (self.weight, self.threshold):
            assign(t, 0)

    def forward(self, input: Tensor) -> Tensor:
        field = input @ self.weight - self.threshold
        return ag.where(ag.abs(field) <= self._rounding(), input, ag.sign(field))

    def energy(self, input: Tensor) -> Tensor:
        """E(s) of states (*, features): (*)."""
        return -0.5 * (input * (input @ self.weight)).sum(-1) + input @ self.threshold

    def _rounding(self) -> ndarray:
        """(features,): the field of each unit up to which it counts as 0."""
        return 4 * np.finfo(self.weight.dtype).eps * (abs(self.weight.array).sum(0) + abs(self.threshold.array))

    def fit(self, x: Tensor | ArrayLike, *, rule: str = "hebb") -> None:
        """Store patterns x (N, features) of −1 and 1 in place of what is stored; rule: "hebb" or "pseudo-inverse"."""
        if rule not in RULES:
            raise ValueError(f"Hopfield.fit: rule is one of {', '.join(RULES)}, got {rule!r}")
        X = self._states("Hopfield.fit", x).astype(np.float64)
        if rule == "hebb":
            W = lapack(np.matmul, X.T, X) / self.features
        else:
            W = lapack(np.linalg.pinv, X) @ X
            W = (W + W.T) / 2
        np.fill_diagonal(W, 0)
        assign(self.weight, W)

    def recall(
        self,
        x: Tensor | ArrayLike,
        *,
        update: str = "asynchronous",
        max_sweeps: int = 100,
        generator: Generator | None = None,
    ) -> Recall:
        """Run from states x (N, features) of −1 and 1 until nothing changes, or for `max_sweeps`.

        update      "asynchronous": one unit after the other, in a new random order each sweep. "synchronous": all at once;
                    that may end in turns between two states, which is noticed
        generator   of the orders, by default the library's
        """
        name = "Hopfield.recall"
        if update not in UPDATES:
            raise ValueError(f"{name}: update is one of {', '.join(UPDATES)}, got {update!r}")
        if max_sweeps < 1:
            raise ValueError(f"{name}: max_sweeps must be at least 1, got {max_sweeps}")
        s = self._states(name, x).copy()
        rng = stream(generator) if update == "asynchronous" else None
        energies = [self._energies(s)]
        previous = None
        for _ in range(max_sweeps):
            new = self._all(s) if rng is None else self._one_by_one(s, rng.permutation(self.features))
            energies.append(self._energies(new))
            rested = (new == s).all(1)
            if rested.all() or (rng is None and previous is not None and ((new == previous).all(1) | rested).all()):
                break
            previous, s = s, new
        return Recall(Tensor(new), Tensor(rested), len(energies) - 1, np.array(energies))

    def predict(self, x: Tensor | ArrayLike, *, generator: Generator | None = None) -> Tensor:
        """The states of rest that are reached from x (N, features), unit by unit: (N, features)."""
        return self.recall(x, generator=generator).states

    def _energies(self, s: ndarray) -> ndarray:
        return self.energy(Tensor(s)).array

    def _all(self, s: ndarray) -> ndarray:
        return self(Tensor(s)).array

    def _one_by_one(self, s: ndarray, order: ndarray) -> ndarray:
        s, W, threshold, rounding = s.copy(), self.weight.array, self.threshold.array, self._rounding()
        for i in order:
            field = s @ W[:, i] - threshold[i]
            s[:, i] = np.where(abs(field) <= rounding[i], s[:, i], np.sign(field))
        return s

    def _states(self, name: str, x: Any) -> ndarray:
        array = points(name, x, self.features, self.weight.dtype)
        if not (abs(array) == 1).all():
            i, j = (int(k) for k in np.argwhere(abs(array) != 1)[0])
            raise ValueError(
                f"{name}: states consist of -1 and 1, but x[{i}, {j}] is {array[i, j]:g}; patterns of 0 and 1 become such as "
                "2 * x - 1"
            )
        return array

    def extra_repr(self) -> str:
        return f"features={self.features}"


@dataclass
class Recall:
    """How a recall ended.

    states     (N, features), the last ones
    at_rest    (N,): whether a state no longer changes; if not, it takes turns with another, or there were too few sweeps
    sweeps     the number of them; in each, every unit had its turn
    energies   (sweeps + 1, N): the energy at the start and after each sweep
    """

    states: Tensor
    at_rest: Tensor
    sweeps: int
    energies: ndarray
