"""Dual numbers, as PyTorch's `torch.autograd.forward_ad` has them: a value and its derivative in one direction.

Inside `dual_level`, `make_dual(x, t)` gives x the tangent t; whatever is computed from it has a tangent too, which
`unpack_dual` tells. What is computed is recorded as always, and the tangent is found from the record: the gradient of
uᵀ J is linear in u, and its own gradient is J t. So it costs two passes over what was recorded, at `unpack_dual`, and what
runs under `no_grad` is a constant here, unlike in PyTorch.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from ..engine.backward import grad
from ..engine.graph import topological_order
from ..engine.history import history
from ..engine.modes import enable_grad, is_grad_enabled
from ..engine.tensor import Tensor, describe, wrap

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """Holds what `unpack_dual` returns: a value and its derivative.

    `primal` is the value, `tangent` the derivative, None of what depends on no dual tensor.

    Formula: (primal, tangent) = (f(x), J(x) t)
    Shapes: both (*).
    Dtypes: both the same.
    Raises: nothing.
    Source: PyTorch's `UnpackedDualTensor`.

    >>> import autograd_core as ag
    >>> ag.autograd.forward_ad.UnpackedDualTensor(ag.tensor(1.0), None).tangent is None
    True
    """

    primal: Tensor
    tangent: Tensor | None


class _Level(threading.local):
    duals: list[tuple[Tensor, Tensor, bool]] | None = None  # (dual tensor, tangent, whether its primal had a history)


_level = _Level()


def enter_dual_level() -> int:
    """Open the level in which tensors can be dual; `dual_level` does it for a block.

    Formula: none; it returns the number of the level, 0.
    Shapes: none.
    Dtypes: none.
    Raises: RuntimeError if it is open: as in PyTorch, there is one.
    Source: PyTorch's `forward_ad.enter_dual_level`.

    >>> import autograd_core as ag
    >>> ag.autograd.forward_ad.enter_dual_level()
    0
    >>> ag.autograd.forward_ad.exit_dual_level()
    """
    if _level.duals is not None:
        raise RuntimeError(
            "enter_dual_level: a dual level is open already, and there is one; for more, nest ag.func.jvp"
        )
    _level.duals = []
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level: the tangents are forgotten. `level` may be 0, the number that `enter_dual_level` returned.

    Formula: none.
    Shapes: none.
    Dtypes: none.
    Raises: RuntimeError if no level is open, or for another number.
    Source: PyTorch's `forward_ad.exit_dual_level`.

    >>> import autograd_core as ag
    >>> _ = ag.autograd.forward_ad.enter_dual_level()
    >>> ag.autograd.forward_ad.exit_dual_level(level=0)
    """
    _opened("exit_dual_level", level)
    _level.duals = None


@contextmanager
def dual_level() -> Iterator[int]:
    """Open the level in which tensors can be dual, for a block.

    Formula: none; what the block computes from a dual x + t ε is f(x) + J(x) t ε.
    Shapes: none.
    Dtypes: none.
    Raises: RuntimeError if a level is open already.
    Source: PyTorch's `forward_ad.dual_level`; Clifford 1873 for the numbers.

    >>> import autograd_core as ag
    >>> import autograd_core.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     y = fwAD.make_dual(ag.tensor(3.0), ag.tensor(1.0)) ** 2
    ...     print(fwAD.unpack_dual(y).tangent)
    tensor(6.)
    """
    level = enter_dual_level()
    try:
        yield level
    finally:
        _level.duals = None


def _opened(name: str, level: int | None) -> list:
    if _level.duals is None:
        raise RuntimeError(f"{name}: no dual level is open; write with forward_ad.dual_level(): around it")
    if level not in (None, 0):
        raise RuntimeError(f"{name}: level {level} does not exist; leave it out, for there is one level, 0")
    return _level.duals


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Return `tensor` with a tangent: what is computed from it has one too.

    `level` is None or 0. If `tensor` requires a gradient, primal and tangent of what is computed can be differentiated.

    Formula: x + t ε, x the tensor and t the tangent
    Shapes: (*) and (*) → (*).
    Dtypes: floating or complex, both the same, kept.
    Raises: RuntimeError if no level is open, or under `no_grad`; TypeError for what are no tensors or have other dtypes;
        ValueError for another shape.
    Source: PyTorch's `forward_ad.make_dual`.

    >>> import autograd_core as ag
    >>> import autograd_core.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     x = fwAD.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 0.0]))
    ...     print(fwAD.unpack_dual(x.exp().sum()).tangent)
    tensor(2.7183)
    """
    duals = _opened("make_dual", level)
    if not is_grad_enabled():
        raise RuntimeError(
            "make_dual: under no_grad nothing is recorded that a tangent could be found from; leave it out"
        )
    for what, x in (("tensor", tensor), ("tangent", tangent)):
        if not isinstance(x, Tensor):
            raise TypeError(f"make_dual: {what} must be a tensor, got {describe(x)}")
    if tensor.dtype.kind not in "fc" or tensor.dtype != tangent.dtype:
        raise TypeError(
            f"make_dual: needs one floating dtype, got a tensor of {tensor.dtype}, a tangent of {tangent.dtype}"
        )
    if tensor.shape != tangent.shape:
        raise ValueError(
            f"make_dual: the tensor has shape {tensor.shape} and the tangent {tangent.shape}; they must agree"
        )
    recorded = tensor.requires_grad
    dual = tensor.view_as(tensor) if recorded else tensor.detach().requires_grad_()
    duals.append((dual, tangent, recorded or tangent.requires_grad))
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Return the value of `tensor` and its tangent, None if it was computed from no dual tensor.

    `level` is None or 0.

    Formula: (f(x), J(x) t) of tensor = f(x + t ε)
    Shapes: (*) → (*) and (*).
    Dtypes: kept.
    Raises: RuntimeError if no level is open; TypeError for what is no tensor.
    Source: PyTorch's `forward_ad.unpack_dual`; Townsend 2017, "A new trick for calculating Jacobian vector products".

    >>> import autograd_core as ag
    >>> import autograd_core.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     primal, tangent = fwAD.unpack_dual(fwAD.make_dual(ag.tensor(2.0), ag.tensor(1.0)).sin())
    >>> primal, tangent
    (tensor(0.9093), tensor(-0.4161))
    """
    duals = _opened("unpack_dual", level)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"unpack_dual: needs a tensor, got {describe(tensor)}")
    node = history(tensor)
    reached = set(topological_order([node])) if node is not None else set()
    used = [dual for dual in duals if history(dual[0]) in reached]
    if not used:
        return UnpackedDualTensor(tensor, None)
    recorded = any(kept for _, _, kept in used)
    xs = [dual for dual, _, _ in used]
    with enable_grad():
        u = wrap(np.zeros_like(tensor.array)).requires_grad_()
        gs = grad(tensor, xs, u, create_graph=True, retain_graph=True, allow_unused=True)
        pairs = [(g, t) for g, (_, t, _) in zip(gs, used, strict=True) if g is not None and g.requires_grad]
        if not pairs:
            tangent = wrap(np.zeros_like(tensor.array))
        else:
            (tangent,) = grad(
                [g for g, _ in pairs], [u], [t for _, t in pairs], create_graph=recorded, retain_graph=True,
                materialize_grads=True,
            )  # fmt: skip
    return UnpackedDualTensor(tensor if recorded else tensor.detach(), tangent)
