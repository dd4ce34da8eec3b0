"""Gradients kept within bounds, between `backward` and the optimiser's step (Pascanu et al. 2013, section 3.2)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor, describe, wrap
from autograd_core.engine.versions import written
from autograd_core.kernels.rows import update
from autograd_core.ops.elementwise.complex import view_as_real

from ..spelling import without_underscore

TINY = 1e-280  # below, a sum of squares may have lost some that float64 does not hold


def _listed(parameters: Any, name: str, gradients: bool = False) -> list[Tensor]:
    """The tensors as a list; of parameters (`gradients`), those that have one. Warns if that leaves nothing to do."""
    if not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: needs tensors, but got {describe(parameters)}; pass model.parameters()")
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    for i, p in enumerate(listed):
        if not isinstance(p, Tensor):
            raise TypeError(f"{name}: needs tensors, but number {i} is {describe(p)}; pass model.parameters()")
    chosen = [p for p in listed if p.grad is not None] if gradients else listed
    if not listed and isinstance(parameters, Iterator):
        warnings.warn(
            f"{name}: the generator is empty, so that nothing was done; a generator gives its values only once: keep them "
            "in a list, parameters = list(model.parameters())",
            stacklevel=3,
        )
    elif listed and not chosen:
        warnings.warn(
            f"{name}: none of the {len(listed)} parameters has a gradient, so that nothing was clipped; call it after "
            "loss.backward() and before optimizer.zero_grad()",
            stacklevel=3,
        )
    return chosen


def _check_bound(bound: float, name: str, what: str) -> float:
    if not float(bound) >= 0:
        raise ValueError(f"{name}: {what} must not be negative, got {bound}")
    return float(bound)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Compute the norm of the elements of all tensors as one vector; of none, 0.

    tensors: one tensor or several.
    norm_type: p of the p-norm; inf is the largest absolute value.
    error_if_nonfinite: raise if the norm is NaN or infinite.
    foreach: accepted for PyTorch's sake and without effect.

    Formula: (Σᵢ |xᵢ|^p)^(1/p)
    Shapes: tensors (*) → ().
    Dtypes: floating or complex → the common real dtype; the sum runs in float64.
    Raises: TypeError if one is no tensor; RuntimeError with error_if_nonfinite if the norm is not finite.
    Source: PyTorch's `torch.nn.utils.get_total_norm`.

    >>> import autograd_core as ag, nn.utils
    >>> nn.utils.get_total_norm([ag.tensor([3.0]), ag.tensor([[4.0]])])
    tensor(5.)
    """
    arrays = [t.array for t in _listed(tensors, "get_total_norm")]
    if not arrays:
        return wrap(np.zeros((), np.float32))
    p = float(norm_type)
    squares = update.square_sum(arrays) if p == 2 else None
    if squares is not None and TINY < squares < math.inf:
        norms, norm = [], math.sqrt(squares)
    else:  # another norm or dtype; or squares that float64 does not hold
        norms = [_norm(a.reshape(-1), p) for a in arrays]
        norm = _norm(np.array(norms), p)
    total = np.asarray(norm).astype(np.finfo(np.result_type(*arrays, np.float16)).dtype)
    if error_if_nonfinite and not np.isfinite(total):
        bad = [i for i, norm in enumerate(norms) if not math.isfinite(norm)]
        raise RuntimeError(
            f"The total norm of order {p} for gradients is non-finite ({total}), so it cannot be clipped; look at "
            f"gradient {bad[0] if bad else 'sizes'} of {len(norms)}, or pass error_if_nonfinite=False to go on anyway"
        )
    return wrap(total)


def _norm(x: ndarray, p: float) -> float:
    """The p-norm of a vector, in float64."""
    x = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
    largest = float(np.abs(x).max(initial=0.0))
    if not 0 < largest < math.inf or p in (0, math.inf, -math.inf):
        return float(np.linalg.norm(x, p)) if x.size else 0.0
    return largest * float(np.linalg.norm(x / largest, p))


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients, in place, by the bound divided by a norm that is known.

    parameters: one tensor or several.
    max_norm: the bound.
    total_norm: the norm, from `get_total_norm`.
    foreach: accepted for PyTorch's sake and without effect.

    Formula: g ← g · min(1, max_norm / (total_norm + 1e-6))
    Shapes: gradients (*), () the norm.
    Dtypes: floating or complex.
    Raises: TypeError if one is no tensor; ValueError if the bound is negative. It warns as `clip_grad_norm_` does.
    Source: PyTorch's `torch.nn.utils.clip_grads_with_norm_`.

    >>> import autograd_core as ag, nn.utils
    >>> w = ag.zeros(2, requires_grad=True)
    >>> w.grad = ag.tensor([3.0, 4.0])
    >>> nn.utils.clip_grads_with_norm_(w, 5.0, ag.tensor(10.0))
    >>> w.grad
    tensor([1.5, 2. ])
    """
    max_norm = _check_bound(max_norm, "clip_grads_with_norm_", "max_norm")
    listed: list[Any] = _listed(parameters, "clip_grads_with_norm_", gradients=True)
    factor = max_norm / (float(total_norm) + 1e-6)
    if factor >= 1:
        return
    arrays = [p.grad.array for p in listed]
    scaled = update.scale(arrays, factor)
    for array in arrays:
        if not scaled:
            array[...] *= array.dtype.type(factor)
        written(array)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients together, in place, so that their norm as one vector is at most a bound; return the norm before.

    parameters: one tensor or several.
    max_norm: the bound.
    norm_type: p of the p-norm; inf is the largest absolute value.
    error_if_nonfinite: raise if the norm is NaN or infinite.
    foreach: accepted for PyTorch's sake and without effect.

    A generator that was used up before, and parameters none of which has a gradient, give a warning: nothing is clipped
    then.

    Formula: g ← g · min(1, max_norm / (‖g‖ + 1e-6))
    Shapes: gradients (*) → () the norm.
    Dtypes: floating or complex → the common real dtype.
    Raises: TypeError if one is no tensor; ValueError if max_norm is negative; RuntimeError with error_if_nonfinite if
        the norm is not finite.
    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks", Algorithm 1.

    >>> import autograd_core as ag, nn.utils
    >>> w = ag.zeros(2, requires_grad=True)
    >>> w.grad = ag.tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_norm_(w, 1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6, 0.8])
    """
    _check_bound(max_norm, "clip_grad_norm_", "max_norm")
    listed: list[Any] = _listed(parameters, "clip_grad_norm_", gradients=True)
    total = get_total_norm([p.grad for p in listed], norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit each element of the gradients, of complex ones each part, in place.

    parameters: one tensor or several.
    clip_value: the bound.
    foreach: accepted for PyTorch's sake and without effect.

    Formula: g ← min(max(g, -clip_value), clip_value)
    Shapes: gradients (*).
    Dtypes: floating or complex.
    Raises: TypeError if one is no tensor; ValueError if the bound is negative. It warns as `clip_grad_norm_` does.
    Source: PyTorch's `torch.nn.utils.clip_grad_value_`.

    >>> import autograd_core as ag, nn.utils
    >>> w = ag.zeros(2, requires_grad=True)
    >>> w.grad = ag.tensor([3.0, -0.5])
    >>> nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1. , -0.5])
    """
    bound = _check_bound(clip_value, "clip_grad_value_", "clip_value")
    listed: list[Any] = _listed(parameters, "clip_grad_value_", gradients=True)
    for p in listed:
        g = view_as_real(p.grad.array) if p.grad.dtype.kind == "c" else p.grad.array
        np.clip(g, -bound, bound, out=g)
        written(p.grad.array)


clip_grad_norm = without_underscore(clip_grad_norm_, "nn.utils")  # the name that it had before
