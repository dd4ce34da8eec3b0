"""Second derivatives of a model's loss by its weights: the Hessian, its Gauss-Newton part, and the diagonals of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from autograd_core.nn.observe import untouched
from numpy import ndarray

from autograd_core import Tensor, from_numpy
from autograd_core.func import functional_call, hessian, hvp, jacrev, vmap
from autograd_core.nn import Module

from .batches import Batch, forward, leaves, mapped
from .objective import Objective

KINDS = ("hessian", "gauss-newton")
AT_ONCE = 64  # products with the Hessian
NUMBERS = 2**23  # in the Jacobians of some examples


class Curvature:
    """Of the mean loss over `batches`, by the parameters `names` of the model, as one vector of n numbers."""

    def __init__(self, model: Module, names: Sequence[str], batches: Sequence[Batch], objective: Objective):
        self.model, self.batches, self.objective = model, batches, objective
        self.tensors = {name: t.detach() for name, t in model.named_parameters() if name in set(names)}
        self.point = from_numpy(np.concatenate([self.tensors[name].array.reshape(-1) for name in names]))
        self.names = list(names)

    def diagonal(self, kind: str) -> ndarray:
        """(n,), in float64."""
        n = len(self.point)
        total = np.zeros(n)
        for part in self._rows(kind):
            if kind == "hessian":
                first, rows = part
                total[first : first + len(rows)] += rows[np.arange(len(rows)), first + np.arange(len(rows))]
            else:
                total += np.square(part[1]).sum(0)
        return total

    def matrix(self, kind: str) -> ndarray:
        """(n, n), in float64."""
        n = len(self.point)
        total = np.zeros((n, n))
        for first, rows in self._rows(kind):
            if kind == "hessian":
                total[first : first + len(rows)] += rows
            else:
                total += rows.T @ rows
        return (total + total.T) / 2

    def _rows(self, kind: str) -> Iterator[tuple[int, ndarray]]:
        """ "hessian": (i, rows i … of a batch's part of the sum); else (0, rows whose products with themselves are summed)."""
        weights = [self.objective.weight(batch) for batch in self.batches]
        for batch, weight in zip(self.batches, weights, strict=True):
            with untouched(self.model):
                self.model.eval()
                part = self._hessian_rows if kind == "hessian" else self._factors
                yield from part(batch, weight / sum(weights))

    def _at(self, vector: Tensor, x: Any) -> Any:
        """The model's output at other weights."""
        weights, start = {}, 0
        for name in self.names:
            t = self.tensors[name]
            size = t.array.size
            weights[name] = vector[start : start + size].reshape(t.shape)
            start += size
        return forward(lambda *args, **kwargs: functional_call(self.model, weights, args, kwargs), x)

    def _hessian_rows(self, batch: Batch, share: float) -> Iterator[tuple[int, ndarray]]:
        def loss(vector: Tensor) -> Any:
            return self.objective.loss(self._at(vector, batch.x), batch.y)

        product: Callable = vmap(lambda v: hvp(loss, (self.point,), (v,)))
        n = len(self.point)
        for first in range(0, n, AT_ONCE):
            units = np.eye(min(AT_ONCE, n - first), n, first, dtype=self.point.dtype)
            yield first, share * product(from_numpy(units)).array.astype(np.float64)

    def _factors(self, batch: Batch, share: float) -> Iterator[tuple[int, ndarray]]:
        """√(share / N) Lᵀ J of some examples at a time: J the Jacobian of the outputs, L Lᵀ the loss's Hessian by them."""

        def output(vector: Tensor, x: Any) -> Any:
            return self._at(vector, mapped(lambda t: t[None], x)).reshape(-1)

        def loss(out: Tensor, y: Any, shape: tuple) -> Any:
            return self.objective.loss(out.reshape(shape), mapped(lambda t: t[None], y))

        N = len(next(leaves(batch.x)))
        shape = (1, *self._at(self.point, mapped(lambda t: t[:1], batch.x)).shape[1:])
        step = max(1, NUMBERS // (int(np.prod(shape)) * len(self.point)))
        for start in range(0, N, step):
            x, y = (mapped(lambda t: t[start : start + step], part) for part in (batch.x, batch.y))
            outs = vmap(lambda xi: output(self.point, xi))(x)
            J = vmap(jacrev(output), in_dims=(None, 0))(self.point, x).array.astype(np.float64)  # (N, O, n)
            B = vmap(hessian(lambda o, t: loss(o, t, shape)))(outs, y).array.astype(np.float64)  # (N, O, O)
            values, vectors = np.linalg.eigh(B)
            L = vectors * np.sqrt(np.maximum(values, 0))[:, None]
            rows = np.sqrt(share / N) * L.swapaxes(1, 2) @ J
            yield 0, rows.reshape(-1, rows.shape[-1])
