"""The types of public parameters, for readers and editors; nothing here is looked at when a program runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence  # noqa: F401 (for tests/stubs.py)
from typing import Any, TypeAlias, TypeVar  # noqa: F401

import numpy as np

from .standin import StandIn
from .tensor import Tensor

# What an operation takes; `complex` includes int and float.
TensorLike: TypeAlias = Tensor | StandIn | np.ndarray | np.generic | complex
A = TypeVar("A", bound=TensorLike)  # of what gives a tensor for a tensor, an array for an array
Dims: TypeAlias = int | tuple[int, ...] | list[int] | None  # the dimensions to reduce, None for all
Device: TypeAlias = str | None  # "cpu" or None: all tensors are in main memory
