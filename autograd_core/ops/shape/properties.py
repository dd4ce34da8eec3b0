"""What a tensor is, as functions of the package: its kind of dtype, its number of elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...engine.docstrings import documented
from ...engine.dtype_info import Size
from ...engine.operands import as_operand, is_traced, shape_error, sizes_of
from ...engine.tensor import Tensor
from ...engine.types import TensorLike

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_of_a_dtype = documented(
    Shapes="(*) → ().",
    Dtypes="any → a Python bool.",
    Raises="TypeError if input is neither a tensor or array nor a dtype.",
)


def _kind(input: object, name: str) -> str:
    """The category of the dtype of a tensor, or of a dtype itself."""
    if isinstance(input, np.dtype) or (isinstance(input, type) and issubclass(input, np.generic)):
        return np.dtype(input).kind
    return as_operand(input, name).dtype.kind


@documented(Shapes="any.", Dtypes="any → a Python bool.", Raises="nothing.", Source="PyTorch's `is_tensor`.")
def is_tensor(obj: object, /) -> bool:
    """Test whether `obj` is a tensor, or inside a transform such as vmap stands for one.

    Formula: out = isinstance(obj, Tensor)
    >>> ag.is_tensor(ag.zeros(2)), ag.is_tensor([0.0, 0.0])
    (True, False)
    """
    return is_traced(obj)


@_of_a_dtype
def is_floating_point(input: TensorLike | DTypeLike) -> bool:
    """Test whether the dtype of `input`, or the dtype that it is, is a floating one.

    Formula: out = dtype ∈ {float16, float32, float64}
    Source: PyTorch's `is_floating_point`, and the attribute of that name of its dtypes.
    >>> ag.is_floating_point(ag.zeros(2)), ag.is_floating_point(ag.int64)
    (True, False)
    """
    return _kind(input, "is_floating_point") == "f"


@_of_a_dtype
def is_complex(input: TensorLike | DTypeLike) -> bool:
    """Test whether the dtype of `input`, or the dtype that it is, is a complex one.

    Formula: out = dtype ∈ {complex64, complex128}
    Source: PyTorch's `is_complex`, and the attribute of that name of its dtypes.
    is_complex([1 + 2j]) → True
    """
    return _kind(input, "is_complex") == "c"


@_of_a_dtype
def is_signed(input: TensorLike | DTypeLike) -> bool:
    """Test whether the dtype of `input`, or the dtype that it is, has negative numbers.

    Formula: out = dtype ∉ {bool, uint8, uint16, uint32, uint64}
    Source: PyTorch's `is_signed`, and the attribute of that name of its dtypes.
    >>> ag.is_signed(ag.int8), ag.is_signed(ag.uint8)
    (True, False)
    """
    return _kind(input, "is_signed") in "ifc"


@documented(Shapes="(*) → ().", Dtypes="any → a Python int.", Raises="TypeError if input is no tensor or array.")
def numel(input: TensorLike) -> int:
    """Return the number of elements of `input`.

    Formula: out = the product of the sizes
    Source: PyTorch's `numel`.
    numel([[1.0, 2.0], [3.0, 4.0]]) → 4
    """
    return math.prod(as_operand(input, "numel").shape)


@documented(
    Shapes="(*) of one element → ().",
    Dtypes="any → a Python bool.",
    Raises="RuntimeError if input has not one element; TypeError if it is no tensor or array.",
    Source="PyTorch's `is_nonzero`.",
)
def is_nonzero(input: Tensor) -> bool:
    """Test whether the only element of `input` is not 0.

    Formula: out = input ≠ 0
    is_nonzero([0.5]) → True
    """
    return bool(as_operand(input, "is_nonzero"))


@documented(
    Shapes="(*) and (*) → ().",
    Dtypes="any → a Python bool.",
    Raises="TypeError if an operand is no tensor or array.",
    Source="PyTorch's `is_same_size`.",
)
def is_same_size(input: TensorLike, other: TensorLike) -> bool:
    """Test whether `input` and `other` have one shape.

    Formula: out = shape of input = shape of other
    is_same_size([1.0], [2.0]) → True
    """
    return tuple(as_operand(input, "is_same_size").shape) == tuple(as_operand(other, "is_same_size").shape)


def broadcast_shapes(*shapes: int | Sequence[int]) -> Size:
    """Return the shape that tensors of the given `shapes` have after they were broadcast together.

    Formula: out_d = the one size of dimension d, counted from the last, that is not 1
    Shapes: none.
    Dtypes: none.
    Raises: ValueError if they do not broadcast, or for a negative size; TypeError for one that is no integer.
    Source: NumPy's and PyTorch's `broadcast_shapes`.

    >>> import autograd_core as ag
    >>> ag.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    sizes = [sizes_of((shape,), "broadcast_shapes") for shape in shapes]
    if any(size < 0 for shape in sizes for size in shape):
        raise ValueError(f"broadcast_shapes: sizes must not be negative, got {sizes}")
    try:
        return Size(np.broadcast_shapes(*sizes))
    except ValueError:
        raise shape_error("broadcast_shapes", *(np.broadcast_to(0, shape) for shape in sizes)) from None


_never_deferred = documented(Shapes="(*) → ().", Dtypes="any → a Python bool.", Raises="nothing.")


@_never_deferred
def is_conj(input: Tensor) -> bool:
    """Return False: the conjugation of `input` is never deferred here, unlike in PyTorch.

    Formula: out = False
    Source: PyTorch's `is_conj`.
    is_conj([1 + 2j]) → False
    """
    return False


@_never_deferred
def is_neg(input: Tensor) -> bool:
    """Return False: the negation of `input` is never deferred here, unlike in PyTorch.

    Formula: out = False
    Source: PyTorch's `is_neg`.
    is_neg([1.0]) → False
    """
    return False


@documented(Shapes="(*) → (*).", Dtypes="any; the dtype of input stays.", Raises="nothing.")
def resolve_neg(input: Tensor) -> Tensor:
    """Return `input` itself: negation is never deferred here, unlike in PyTorch.

    Formula: out = input
    Source: PyTorch's `resolve_neg`.
    resolve_neg([1.0]) → [1.]
    """
    return input


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.is_tensor
ag.is_floating_point
ag.is_complex         x.is_complex
ag.is_signed
ag.numel
ag.is_nonzero
ag.is_same_size
ag.broadcast_shapes
ag.is_conj            x.is_conj
ag.is_neg             x.is_neg
ag.resolve_neg        x.resolve_neg
"""
