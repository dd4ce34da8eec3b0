"""The types of public parameters, for readers and editors; nothing here is looked at when a program runs."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypeVar

import numpy as np

from .standin import StandIn
from .tensor import Tensor

TensorLike: TypeAlias = (
    Tensor | StandIn | np.ndarray | np.generic | complex
)  # what an operation takes; `complex` includes int, float
A = TypeVar("A", bound=TensorLike)  # of what gives a tensor for a tensor, an array for an array
Dims: TypeAlias = int | tuple[int, ...] | list[int] | None  # the dimensions to reduce, None for all
Device: TypeAlias = Literal["cpu"] | None  # all tensors are in main memory
