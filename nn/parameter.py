"""Parameter: a tensor that a module registers and an optimiser changes."""

from __future__ import annotations

from typing import Any

from autograd_core.tensor import Tensor, as_array, history


class Parameter(Tensor):
    """Parameter(data, requires_grad=True): a leaf that shares memory with the tensor given (anything else is copied).

    Assigned to an attribute of a `Module` it becomes one of its parameters.

    >>> import autograd_core as ag
    >>> Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True):
        self.array = data.array if isinstance(data, Tensor) else as_array(data, copy=True)
        self.node = self.origin = self._grad = None
        if requires_grad:
            self.requires_grad = True

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def is_computed(x: Tensor) -> bool:
    """Whether a recorded operation computed x, so that it cannot be a parameter."""
    return history(x) is not None and not x.is_leaf
