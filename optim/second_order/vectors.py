"""All parameters as one vector, and the loss with its derivatives there: what the optimisers of this folder share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.history import history
from autograd_core.engine.modes import enable_grad
from autograd_core.engine.tensor import as_array, describe
from autograd_core.engine.versions import written
from autograd_core.transforms.derivatives import walk
from autograd_core.transforms.vmap import vmap

from ..optimizer import Optimizer

CHUNK = 256  # how many rows or columns of a Jacobian are computed at a time: each needs memory as the network's activations do


class WholeVector(Optimizer):
    """The base: x ∈ Rⁿ is every parameter that requires a gradient, one after the other, in float64.

    The optimiser computes the derivatives itself: a closure returns what its `closure` says and does not call `backward`.
    Its state belongs to the first parameter. After a step `.grad` is the gradient of the loss that the step began with.
    """

    closure = "loss"
    flat_state = True

    def check_group(self, group: dict[str, Any]) -> None:
        super().check_group(group)
        name = type(self).__name__
        if self.param_groups:
            raise ValueError(
                f"{name} takes all parameters as one vector, so that groups mean nothing to it; give them as one list: "
                f"optim.{name}(model.parameters())"
            )
        for i, p in enumerate(group["params"]):
            if p.dtype.kind == "c":
                raise ValueError(
                    f"{name}: parameter {i} is {p.dtype}, and it takes real parameters only; make its real and imaginary "
                    "part the parameters, z = ag.complex(x, y), or use optim.LBFGS"
                )

    # ----------------------------------------------------------------------------------------------------- the vector

    @property
    def parameters(self) -> list[Tensor]:
        """Those that x consists of."""
        return [p for p in self.param_groups[0]["params"] if p.requires_grad]

    @property
    def memory(self) -> dict[str, Any]:
        """The state of the optimiser."""
        return self.state[self.param_groups[0]["params"][0]]

    def read(self) -> ndarray:
        """x."""
        return joined([p.array for p in self.parameters])

    def write(self, x: ndarray) -> None:
        """Make x the values of the parameters."""
        for p, part in zip(self.parameters, self.split(x), strict=True):
            p.array[...] = part
            written(p.array)

    def split(self, x: ndarray) -> list[ndarray]:
        """The parts of a vector (…, n) that belong to the parameters, in their shapes and dtypes."""
        parts, start = [], 0
        for p in self.parameters:
            part = x[..., start : start + p.array.size]
            parts.append(part.reshape((*x.shape[:-1], *p.shape)).astype(p.dtype))
            start += p.array.size
        return parts

    def keep_gradient(self, g: ndarray) -> None:
        """Make g the parameters' gradients."""
        for p, part in zip(self.parameters, self.split(g), strict=True):
            p.grad = ag.tensor(part)

    @contextmanager
    def tried(self, x: ndarray) -> Iterator[None]:
        """The parameters are x inside: in memory of its own, so that graphs of the values before can still be walked.

        A step that was too long may overflow there; that it did shows in the loss.
        """
        parameters = self.parameters
        before = [p.array for p in parameters]
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                for p, part in zip(parameters, self.split(x), strict=True):
                    p.array = part
                yield
        finally:
            for p, array in zip(parameters, before, strict=True):
                p.array = array

    # --------------------------------------------------------------------------------------------- the loss at a point

    def call(self, closure: Callable[[], Any] | None) -> Any:
        """What the closure returns, computed with recording on; the gradients are cleared before."""
        name = type(self).__name__
        if closure is None:
            raise ValueError(
                f"{name}: step needs a closure; pass a function that computes {self.wanted} and returns it"
            )
        if not any(p.requires_grad for p in self.param_groups[0]["params"]):
            raise ValueError(f"{name}: no parameter requires a gradient; call requires_grad_() on those to be changed")
        self.zero_grad()
        with enable_grad():
            return closure()

    wanted = "the loss"  # what messages call that which the closure returns

    def number(self, loss: Any) -> float:
        """The loss as a number, finite or not."""
        if not isinstance(loss, Tensor) or loss.array.size != 1:
            got = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else describe(loss)
            raise TypeError(
                f"{type(self).__name__}: the closure must return {self.wanted}, the loss a tensor of one number; got {got}"
            )
        return float(loss.array.reshape(()))

    def check_finite(self, what: str, value: Any) -> None:
        """Raise FloatingPointError, while nothing is changed yet."""
        array = np.asarray(value)
        finite = np.isfinite(array)
        if not finite.all():
            first = array.ravel()[int((~finite).argmax())] if array.ndim else array
            raise FloatingPointError(
                f"{type(self).__name__}: the {what} is not finite ({first}), and the parameters were left as they are; look "
                "for NaN in the data, start from smaller weights, or find the operation with ag.detect_anomaly()"
            )

    def rounding(self, loss: float) -> float:
        """What a difference of losses near this one may be wrong by, in the parameters' dtype."""
        return 10 * max(float(np.finfo(p.dtype).eps) for p in self.parameters) * abs(loss)

    def check_recorded(self, value: Tensor) -> None:
        """Raise unless the derivatives of what the closure returned can be computed, and are left to us."""
        if any(p.grad is not None for p in self.parameters):
            raise ValueError(
                f"{type(self).__name__} computes the derivatives itself, but the closure called backward(); let it only "
                f"compute and return {self.wanted}"
            )
        if not value.requires_grad:
            raise ValueError(
                f"{type(self).__name__}: what the closure returned does not depend on the parameters by recorded "
                "operations; compute it from them with tensor operations, without detach(), numpy() or no_grad()"
            )

    def derivative(self, loss: Any, create_graph: bool = False) -> list[Tensor]:
        """∂loss/∂x, a tensor for each parameter."""
        self.check_recorded(loss)
        return list(ag.grad(loss, self.parameters, create_graph=create_graph, materialize_grads=True))

    def jacobian(self, r: Tensor) -> ndarray:
        """J[i, j] = ∂r[i]/∂x[j], (m, n), from the graph that r recorded: by vmap over its rows or columns, the fewer.

        As `func.jacrev` and `func.jacfwd` do for functions: a row is the product of a unit vector with J; that product is
        linear in its vector u, and its derivative by u along a unit vector of the parameters is a column.
        """
        parameters, (m,) = self.parameters, r.shape
        nodes: list[Any] = [history(p) for p in parameters]
        n = sum(p.array.size for p in parameters)
        if m <= 2 * n:  # a column costs twice as much as a row

            def row(u: Any) -> tuple:
                g = walk([(history(r), u)], set(nodes), False)
                return tuple(g.get(node, ag.zeros_like(p)) for node, p in zip(nodes, parameters, strict=True))

            rows = vmap(row, chunk_size=CHUNK)(ag.eye(m, dtype=r.dtype))
            return np.concatenate([np.asarray(part.array, np.float64).reshape(m, -1) for part in rows], 1)
        u = ag.zeros_like(r, requires_grad=True)
        end: Any = history(u)
        pulled = ag.grad(r, parameters, u, create_graph=True, materialize_grads=True)

        def column(*v: Any) -> Any:
            seeds = [(history(g), part) for g, part in zip(pulled, v, strict=True) if history(g) is not None]
            return walk(seeds, {end}, False).get(end, ag.zeros_like(r))

        columns = vmap(column, chunk_size=CHUNK)(*map(ag.tensor, self.split(np.eye(n))))
        return np.asarray(columns.array, np.float64).T

    # ----------------------------------------------------------------------------------------------------------- state

    def _loaded(self, name: str, value: Any, number: Any, param: Any) -> Any:
        if isinstance(value, Tensor | ndarray) and np.ndim(as_array(value)):
            return np.array(as_array(value))  # a vector in its own dtype, so that training goes on with the same bits
        return super()._loaded(name, value, number, param)


def joined(parts: list[Any]) -> ndarray:
    """Arrays or tensors as one vector."""
    return np.concatenate([np.asarray(as_array(p), np.float64).ravel() for p in parts])


def finite_or_inf(loss: float) -> float:
    """A loss at a trial point: one that is NaN counts as infinite, so that the point is refused."""
    return loss if math.isfinite(loss) else math.inf


def product(outputs: list[Tensor], inputs: list[Tensor], vectors: list[Any]) -> list[Tensor]:
    """Σₖ vₖᵀ ∂outputs[k]/∂inputs, for each input; outputs without a history count as constant."""
    pairs = [(y, v) for y, v in zip(outputs, vectors, strict=True) if y.requires_grad]
    if not pairs:
        return [ag.zeros_like(x) for x in inputs]
    ys, vs = zip(*pairs, strict=True)
    return list(ag.grad(ys, inputs, vs, retain_graph=True, materialize_grads=True))
