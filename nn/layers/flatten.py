"""Reshaping as modules."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.engine.operands import operand

from ..module import Module


class Flatten(Module):
    """Dimensions start_dim to end_dim as one: (N, C, H, W) -> (N, CHW)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        return operand(input, "flatten").flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension as several; one size may be -1. dim=1, unflattened_size=(C, H, W): (N, CHW) -> (N, C, H, W)."""

    def __init__(self, dim: int, unflattened_size: Any):
        super().__init__()
        if isinstance(dim, str):
            raise TypeError(f"Unflatten: dimensions have numbers here, not names, got dim={dim!r}")
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    f"unflattened_size must be a tuple of ints, but entry {i} is {size!r} ({type(size).__name__})"
                )
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        shape = tuple(input.shape)
        if not -len(shape) <= self.dim < len(shape):
            raise IndexError(f"unflatten: dim {self.dim} is out of range for shape {shape}")
        dim = self.dim % len(shape)
        known = math.prod(size for size in self.unflattened_size if size != -1)
        unknown = self.unflattened_size.count(-1)
        fits = shape[dim] == known if unknown == 0 else unknown == 1 and known > 0 and shape[dim] % known == 0
        if not fits:
            raise ValueError(
                f"unflatten: sizes {self.unflattened_size} don't multiply up to the size of dim {dim} ({shape[dim]}) "
                f"in the input of shape {shape}"
            )
        sizes = tuple(shape[dim] // known if size == -1 else size for size in self.unflattened_size)
        return input.reshape(*shape[:dim], *sizes, *shape[dim + 1 :])

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
