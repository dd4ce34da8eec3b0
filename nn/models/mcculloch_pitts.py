"""The units of McCulloch and Pitts: logic by threshold, with inhibition that nothing outweighs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_core.engine.tensor import Tensor, as_array

from ..layers.container import Sequential
from ..module import Module
from .examples import at_least

GATES = ("and", "or", "not", "nand", "nor", "xor", "majority")
ROWS_UP_TO = 16  # inputs of a truth table


class McCullochPitts(Module):
    """Applies units that fire if no inhibitory input is on and enough excitatory ones are.

    weight     for each unit and input the number of excitatory connections, 0 for none, or −1 if it inhibits; of one unit
               also a single row
    threshold  of each unit, the number of excitatory connections it takes to fire; or one number for all

    Inputs are 0 or 1. Inhibition is absolute: one inhibitory input that is on keeps the unit off, whatever else is on.
    Nothing is learnt. `gate` gives the units and networks of logic, `TruthTable` shows what a network computes.

    Formula: y_k = 1 where Σ_i max(weight[k, i], 0) x_i ≥ threshold[k] and no x_i with weight[k, i] < 0 is 1; else 0
    Shapes: (*, inputs) → (*, units).
    Dtypes: any real dtype, kept.
    Raises: ValueError for weights below −1, thresholds below 0, sizes that do not fit, and inputs other than 0 and 1.
    Source: McCulloch & Pitts 1943, "A logical calculus of the ideas immanent in nervous activity".

    >>> import autograd_core as ag, nn, nn.models
    >>> unit = nn.models.McCullochPitts([1, 1, -1], threshold=1)  # (a or b) and not c
    >>> unit(ag.tensor([[1, 0, 0], [1, 1, 1]])).tolist()
    [[1], [0]]
    >>> xor = nn.Sequential(nn.models.McCullochPitts([[1, -1], [-1, 1]], 1), nn.models.McCullochPitts([1, 1], 1))
    >>> xor(ag.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]))[:, 0].tolist()
    [0, 1, 1, 0]
    """

    weight: Tensor
    threshold: Tensor

    def __init__(self, weight: ArrayLike, threshold: ArrayLike):
        super().__init__()
        name = "McCullochPitts"
        rows, limits = np.atleast_2d(_integers(name, "weight", weight)), _integers(name, "threshold", threshold)
        if rows.ndim != 2 or not rows.size:
            raise ValueError(f"{name}: weight must have shape (units, inputs), got {np.shape(as_array(weight))}")
        if rows.min() < -1:
            raise ValueError(f"{name}: an inhibitory input has the weight -1, as one is enough; got {rows.min()}")
        if limits.shape not in ((), (len(rows),)):
            raise ValueError(f"{name}: {len(rows)} units need one threshold, or {len(rows)}; got shape {limits.shape}")
        if limits.min() < 0:
            raise ValueError(f"{name}: thresholds must not be negative, got {limits.min()}")
        self.register_buffer("weight", Tensor(rows))
        self.register_buffer("threshold", Tensor(np.broadcast_to(limits, len(rows)).copy()))

    def forward(self, input: Tensor) -> Tensor:
        x, weight = as_array(input), self.weight.array
        if x.shape[-1:] != weight.shape[1:]:
            raise ValueError(
                f"McCullochPitts: input has shape {x.shape}, but its last dimension must be the {weight.shape[1]} inputs"
            )
        if not ((x == 0) | (x == 1)).all():
            wrong = x[(x != 0) & (x != 1)][0]
            raise ValueError(f"McCullochPitts: inputs are 0 or 1, got {wrong:g}; pass (x > 0.5).long(), say")
        on = x.astype(np.int64)
        excitation, inhibition = on @ np.maximum(weight, 0).T, on @ (weight < 0).T
        return Tensor(((excitation >= self.threshold.array) & (inhibition == 0)).astype(x.dtype))

    def extra_repr(self) -> str:
        return f"{self.weight.tolist()}, threshold={self.threshold.tolist()}"

    @staticmethod
    def gate(name: str, inputs: int = 2) -> Module:
        """The unit or network of a gate: "and", "or", "not", "nand", "nor", "xor" (whether the number of inputs that are on
        is odd), "majority" (more than half of them). "not" has one input, whatever `inputs` is."""
        caller = "McCullochPitts.gate"
        if name not in GATES:
            raise ValueError(f"{caller}: gates are {', '.join(GATES)}, got {name!r}")
        at_least(caller, 1, inputs=inputs)
        one = [1] * inputs
        if name == "not":
            return McCullochPitts([-1], 0)
        if name == "nor":
            return McCullochPitts([-1] * inputs, 0)
        if name == "nand":  # some input is off
            return Sequential(McCullochPitts(-np.eye(inputs, dtype=int), 0), McCullochPitts(one, 1))
        if name == "xor":
            return _parity(inputs)
        return McCullochPitts(one, {"and": inputs, "or": 1, "majority": inputs // 2 + 1}[name])


def _parity(inputs: int) -> Sequential:
    """Units that count the inputs that are on, then a unit for each odd count k, excited by ≥ k and inhibited by ≥ k + 1."""
    counts = McCullochPitts(np.ones((inputs, inputs), int), np.arange(1, inputs + 1))  # unit k: at least k + 1
    odd = range(0, inputs, 2)
    exactly = np.zeros((len(odd), inputs), int)
    for row, k in enumerate(odd):
        exactly[row, k] = 1
        if k + 1 < inputs:
            exactly[row, k + 1] = -1
    return Sequential(counts, McCullochPitts(exactly, 1), McCullochPitts([1] * len(odd), 1))


def _integers(name: str, what: str, values: Any) -> np.ndarray:
    array = as_array(values)
    if array.dtype.kind not in "biuf" or not (array == np.floor(array)).all():
        raise ValueError(f"{name}: {what} must hold integers, got {values!r}")
    return array.astype(np.int64)


class TruthTable:
    """Holds what a network answers to each combination of inputs that are 0 or 1. Printed, it is a table.

    model   called with all combinations, (2ⁿ, n)
    inputs  n, at most 16
    names   of the inputs, by default a, b, …

    `inputs` (2ⁿ, n) and `outputs` (2ⁿ, units) are its arrays of integers.

    Formula: outputs[r] = model(inputs[r]), inputs[r] the digits of r in base 2
    Shapes: model: (2ⁿ, n) → (2ⁿ, units) or (2ⁿ,).
    Dtypes: the model gets the default float; its outputs become integers.
    Raises: ValueError unless inputs is from 1 to 16, if there is another number of names, or an output is not 0 or 1.
    Source: Wittgenstein 1921, "Tractatus logico-philosophicus", 4.31.

    >>> from nn.models import McCullochPitts, TruthTable
    >>> print(TruthTable(McCullochPitts.gate("and"), 2))
    a b | y
    0 0 | 0
    0 1 | 0
    1 0 | 0
    1 1 | 1
    """

    def __init__(self, model: Callable[[Tensor], Any], inputs: int, names: Sequence[str] | None = None):
        if not 1 <= inputs <= ROWS_UP_TO:
            raise ValueError(f"TruthTable: inputs must be from 1 to {ROWS_UP_TO}, got {inputs}")
        self.names = list("abcdefghijklmnop"[:inputs] if names is None else names)
        if len(self.names) != inputs:
            raise ValueError(f"TruthTable: {inputs} inputs need {inputs} names, got {self.names}")
        self.inputs = np.array(list(itertools.product((0, 1), repeat=inputs)))
        outputs = as_array(model(Tensor(self.inputs.astype(np.float32))))
        if len(outputs) != 2**inputs or not ((outputs == 0) | (outputs == 1)).all():
            raise ValueError(
                "TruthTable: the model must give a 0 or 1 for each row of inputs; pass lambda x: model(x) > 0.5 for one "
                "that gives other numbers"
            )
        self.outputs = outputs.reshape(2**inputs, -1).astype(np.int64)

    def __repr__(self) -> str:
        units = self.outputs.shape[1]
        heads = [*self.names, "|", *(["y"] if units == 1 else [f"y{k + 1}" for k in range(units)])]
        rows = [[*map(str, x), "|", *map(str, y)] for x, y in zip(self.inputs, self.outputs, strict=True)]
        return "\n".join(
            " ".join(v.ljust(len(h)) for v, h in zip(row, heads, strict=True)).rstrip() for row in [heads, *rows]
        )
