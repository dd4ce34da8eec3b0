"""The types of public parameters, for readers and editors; nothing here is looked at when a program runs."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from .standin import StandIn
from .tensor import Tensor

TensorLike: TypeAlias = (
    Tensor | StandIn | np.ndarray | np.generic | complex
)  # what an operation takes; `complex` includes int, float
Dims: TypeAlias = int | tuple[int, ...] | list[int] | None  # the dimensions to reduce, None for all
Device: TypeAlias = Literal["cpu"] | None  # all tensors are in main memory
