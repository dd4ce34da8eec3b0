"""Adafactor: Adam's second moment in the memory of a row and a column."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor

from .documentation import with_shared_parts
from .optimizer import Optimizer
from .options import Params, check_not_negative, options


@with_shared_parts
class Adafactor(Optimizer):
    """Minimises by gradients over their root mean square, of which only the means over rows and columns are kept.

    {params} Steps are relative to the size of x, and get smaller as 1/√t where that is less than lr.
    beta2_decay: the exponent c by which new squares count less, at most 0.
    eps: (ε₁, ε₂), the smallest root mean square of a gradient (None: the dtype's machine epsilon) and the smallest size of
        x that counts.
    d: the root mean square that an update may have, at least 1; larger ones are scaled down to it.
    weight_decay: x ← x - lr weight_decay x before the step (decoupled, as in AdamW), at least 0.
    maximize: True goes up the gradient instead of down.
    foreach: accepted, and without effect.

    Formula: g = ∇f(x),  ρ = min(lr, 1/√t),  α = max(ε₂, RMS(x)) ρ,  γ = t^beta2_decay
        R ← (1 - γ) R + γ mean of g² over the last dimension       C ← (1 - γ) C + γ mean of g² over the last but one
        V = R C / max(mean of R, ε₁);  of a vector V ← (1 - γ) V + γ g²
        U = g / √max(V, ε₁²)
        x ← x - α U / max(1, RMS(U) / d)
    Shapes: parameters and their gradients (*); the state has (*, N, 1) and (*, 1, M) of (*, N, M), or (N).
    Dtypes: floating parameters; the state has its parameter's dtype.
    Raises: TypeError if params is not an iterable of tensors, pairs or dicts; ValueError if it is empty, if a parameter is
        not a leaf, holds integers or complex numbers or occurs twice, or if an option is outside its range.
    Source: Shazeer & Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", Algorithms 4 and 5;
        PyTorch's `optim.Adafactor`.

    >>> import autograd_core as ag, optim
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> optim.Adafactor([x], lr=0.1).step()
    >>> x
    tensor([0.8419, 1.8419], requires_grad=True)
    """

    checked = ("lr", "weight_decay")
    flat_state = True  # rows and columns

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        super().__init__(params, options(locals()))

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        for i, param in enumerate(group["params"]):
            if param.dtype.kind == "c":
                raise ValueError(
                    f"Adafactor does not support complex parameters, and parameter {i} is {param.dtype}; use Adam, or the "
                    "real and the imaginary part as parameters"
                )
        if not group["beta2_decay"] <= 0:
            raise ValueError(f"Invalid beta2_decay value: {group['beta2_decay']}; it must be at most 0")
        eps = group["eps"]
        if not isinstance(eps, tuple | list) or len(eps) != 2:
            raise ValueError(f"Invalid eps: {eps}; two numbers are needed, such as (None, 1e-3)")
        check_not_negative({"eps": 0.0 if eps[0] is None else eps[0]}, "eps")
        check_not_negative({"eps": eps[1]}, "eps")
        if not group["d"] >= 1:
            raise ValueError(f"Invalid d value: {group['d']}; it must be at least 1")

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        if x.ndim < 2:
            return {"step": 0, "variance": np.zeros_like(x)}
        *batch, n, m = x.shape
        return {"step": 0, "row_var": np.zeros((*batch, n, 1), x.dtype), "col_var": np.zeros((*batch, 1, m), x.dtype)}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not x.size:
            return
        state["step"] += 1
        t, lr = state["step"], float(group["lr"])
        smallest, least = group["eps"]
        if smallest is None:
            smallest = float(np.finfo(x.dtype).eps)
        new = t ** group["beta2_decay"]
        alpha = max(least, _root_mean_square(x)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            x *= 1 - lr * group["weight_decay"]
        square = np.multiply(g, g, out=self.scratch(x))
        if x.ndim < 2:
            _towards(state["variance"], square, new)
            v = np.maximum(state["variance"], smallest**2, out=square)
        else:
            row, column = state["row_var"], state["col_var"]
            _towards(row, square.mean(-1, keepdims=True), new)
            _towards(column, square.mean(-2, keepdims=True), new)
            v = np.multiply(row, column, out=square)
            v /= np.maximum(row.mean(-2, keepdims=True), smallest)
            np.maximum(v, smallest**2, out=v)
        update = np.divide(g, np.sqrt(v, out=v), out=v)
        alpha /= max(1.0, _root_mean_square(update) / group["d"])
        update *= alpha
        if group["maximize"]:
            x += update
        else:
            x -= update


def _towards(mean: ndarray, value: ndarray, weight: float) -> None:
    """mean ← mean + weight (value − mean), in place."""
    mean += weight * (value - mean)


def _root_mean_square(x: ndarray) -> float:
    return math.sqrt(float(np.mean(np.square(x, dtype=np.promote_types(x.dtype, np.float32)), dtype=np.float64)))
