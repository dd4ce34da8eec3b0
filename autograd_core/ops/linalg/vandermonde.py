"""Vandermonde matrices: the powers of numbers, as `vander` and as `linalg.vander`."""

from __future__ import annotations

from typing import Any

from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, integer
from ..reduction.scan import cumprod
from ..shape.rearrange import flip
from ..shape.shape import cat, expand, unsqueeze


def _powers(name: str, x: Any, N: Any) -> Any:
    """(*, L) -> (*, L, N): the powers from 0 on."""
    count = x.shape[-1] if N is None else integer(N, name, "N")
    if count < 0:
        raise ValueError(f"{name}: N must not be negative, got {count}")
    ones = x.new_ones((*x.shape, 1)) if isinstance(x, Tensor) else unsqueeze(x * 0 + 1, -1)
    if count < 2:
        return ones[..., :count]
    factors = cat([ones, expand(unsqueeze(x, -1), (*x.shape, count - 1))], -1)
    return cumprod(factors, -1)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """Compute the powers of the numbers of a vector `x`, one number a row.

    There are `N` of them, None for as many as numbers, the highest first unless `increasing`.

    Formula: out[i, j] = x[i]^(N − 1 − j), or x[i]^j if increasing
    Shapes: (L) → (L, N).
    Dtypes: floating and complex are kept; booleans and integers become int64.
    Raises: ValueError unless x is a vector and N at least 0; TypeError if N is no int, or x holds no numbers.
    Source: NumPy's and PyTorch's `vander`.

    >>> import autograd_core as ag
    >>> ag.vander(ag.tensor([2.0, 3.0]), 3)
    tensor([[4., 2., 1.],
            [9., 3., 1.]])
    """
    numbers = array_operand(x, "vander")
    if numbers.ndim != 1:
        raise ValueError(f"vander: needs a vector, got shape {tuple(numbers.shape)}; for stacks use linalg.vander")
    powers = _powers("vander", numbers, N)
    return powers if increasing else flip(powers, (-1,))


def linalg_vander(x: TensorLike, *, N: int | None = None) -> Tensor:
    """Compute the powers of the numbers of each vector of `x`, one number a row, the lowest power first.

    There are `N` of them, None for as many as numbers.

    Formula: out[…, i, j] = x[…, i]^j
    Shapes: (*, L) → (*, L, N).
    Dtypes: floating and complex are kept; booleans and integers become int64.
    Raises: ValueError for a 0-d x, or an N below 2; TypeError if N is no int, or x holds no numbers.
    Source: PyTorch's `linalg.vander`.

    >>> import autograd_core as ag
    >>> ag.linalg.vander(ag.tensor([2.0, 3.0]), N=3)
    tensor([[1., 2., 4.],
            [1., 3., 9.]])
    """
    numbers = array_operand(x, "linalg.vander")
    if numbers.ndim == 0 or (N is not None and integer(N, "linalg.vander", "N") < 2):
        raise ValueError(f"linalg.vander: needs vectors and an N above 1, got shape {tuple(numbers.shape)} and N={N}")
    return _powers("linalg.vander", numbers, N)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.vander
"""
