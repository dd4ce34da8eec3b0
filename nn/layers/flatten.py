"""Reshaping as modules."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograd_core.engine.operands import operand
from autograd_core.engine.tensor import Tensor

from ..module import Module


class Flatten(Module):
    """Joins the dimensions start_dim to end_dim into one.

    Formula: out[n, ((c H) + h) W + w] = input[n, c, h, w], with the default dimensions
    Shapes: (N, C, H, W) → (N, C · H · W); in general the sizes from start_dim to end_dim are multiplied.
    Dtypes: any, kept.
    Raises: when called, IndexError for a dimension that does not exist, ValueError if start_dim comes after end_dim.
    Source: PyTorch's `Flatten`.

    >>> import nn, autograd_core as ag
    >>> nn.Flatten()(ag.ones(2, 3, 4)).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return operand(input, "flatten").flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits one dimension into several: the inverse of `Flatten`.

    dim is the dimension, unflattened_size the sizes it becomes; one of them may be −1, for what is left.

    Formula: out[n, c, h, w] = input[n, ((c H) + h) W + w], with dim=1 and unflattened_size=(C, H, W)
    Shapes: (N, C · H · W) → (N, C, H, W), with these arguments.
    Dtypes: any, kept.
    Raises: TypeError for a dim that is a name, or a size that is no int; when called, IndexError for a dimension that does
        not exist, ValueError if the sizes do not multiply up to its size.
    Source: PyTorch's `Unflatten`.

    >>> import nn, autograd_core as ag
    >>> nn.Unflatten(1, (3, -1))(ag.ones(2, 12)).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
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

    def forward(self, input: Tensor) -> Tensor:
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
