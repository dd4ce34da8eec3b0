"""Methods of tensors that are no operations of `ops`: what a tensor is, others like it, functions of its values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..engine import basics, creation, operands
from ..engine.operands import convert
from ..engine.tensor import Tensor, wrap
from ..engine.versions import memory_of
from ..engine.writes import rewrite
from ..ops import arguments
from ..ops.elementwise.complex import conj
from ..ops.shape import shape, strided

# ---------------------------------------------------------------------------------------------------------- what it is


def nelement(x: Tensor) -> int:
    """The number of elements."""
    return x.array.size


def ndimension(x: Tensor) -> int:
    """The number of dimensions."""
    return x.ndim


def element_size(x: Tensor) -> int:
    """The bytes of one element."""
    return x.array.itemsize


def data_ptr(x: Tensor) -> int:
    """The address of the first element."""
    return x.array.__array_interface__["data"][0]


def storage_offset(x: Tensor) -> int:
    """How many elements after the start of its memory the first element lies."""
    start = memory_of(x.array).__array_interface__["data"][0]
    return (data_ptr(x) - start) // x.array.itemsize


def is_nonzero(x: Tensor) -> bool:
    """Whether the only element is not 0."""
    return bool(x)


def is_same_size(x: Tensor, other: Tensor) -> bool:
    """Whether both have one shape."""
    return x.shape == other.shape


def is_signed(x: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    return x.dtype.kind in "ifc"


def type(x: Tensor, dtype: Any = None) -> Any:
    """x in a dtype; without one, the name of its own."""
    return str(x.dtype) if dtype is None else convert(x, dtype)


def cpu(x: Tensor) -> Tensor:
    """x itself: all tensors are in main memory."""
    return x


def cuda(x: Tensor, device: Any = None) -> Tensor:
    """Raise: there are no devices but the CPU."""
    raise RuntimeError(
        "cuda: there are no devices: all tensors are in main memory, so leave out .cuda() and .to(device)"
    )


# ------------------------------------------------------------------------------------------------------- others like it


def new_tensor(x: Tensor, data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of `data` in x's dtype."""
    return creation.tensor(data, dtype=dtype or x.dtype, requires_grad=requires_grad)


def new_zeros(x: Tensor, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in x's dtype."""
    made = partial(creation.zeros, dtype=dtype or x.dtype, requires_grad=requires_grad)
    return creation.for_each_example(x, operands.sizes_of(size, "new_zeros"), made)


def new_ones(x: Tensor, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in x's dtype."""
    made = partial(creation.ones, dtype=dtype or x.dtype, requires_grad=requires_grad)
    return creation.for_each_example(x, operands.sizes_of(size, "new_ones"), made)


def new_empty(x: Tensor, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Values that are still to be set, in x's dtype."""
    made = partial(creation.empty, dtype=dtype or x.dtype, requires_grad=requires_grad)
    return creation.for_each_example(x, operands.sizes_of(size, "new_empty"), made)


def new_full(x: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One value everywhere, in x's dtype."""
    made = partial(creation.full, fill_value=fill_value, dtype=dtype or x.dtype, requires_grad=requires_grad)
    return creation.for_each_example(x, operands.sizes_of((size,), "new_full"), made)


# ---------------------------------------------------------------------------------------------- functions of its values


def apply_(x: Tensor, callable: Callable) -> Tensor:
    """Replace every value v by callable(v), a Python call each. Not recorded; x must not require a gradient."""
    _without_gradient("apply_", x)
    return rewrite(x, lambda old: _made(map(callable, old.array.ravel().tolist()), old), name="apply_")


def map_(x: Tensor, tensor: Tensor, callable: Callable) -> Tensor:
    """Replace every value v by callable(v, w), w that of `tensor`, which may broadcast. Not recorded."""
    _without_gradient("map_", x, tensor)
    others = np.broadcast_to(tensor.array, x.shape).ravel().tolist()
    return rewrite(x, lambda old: _made(map(callable, old.array.ravel().tolist(), others), old), name="map_")


def _without_gradient(name: str, *xs: Tensor) -> None:
    if any(x.requires_grad for x in xs):
        raise RuntimeError(f"{name}: a Python function has no derivative; call it on x.detach(), or use operations")


def _made(values: Any, like: Tensor) -> Tensor:
    return wrap(np.array(list(values), like.dtype).reshape(like.shape))


# -------------------------------------------------------------------------------------- operations by further names


def split_with_sizes(x: Any, split_sizes: Any, dim: int = 0) -> tuple:
    """`split` into pieces of these sizes."""
    return shape.split(x, list(split_sizes), dim)


def narrow_copy(x: Any, dim: int, start: int, length: int) -> Any:
    """A copy of `narrow`."""
    return basics.clone(strided.narrow(x, dim, start, length))


def conj_physical(x: Any) -> Any:
    """`conj`, which always computes."""
    return conj(x)


@arguments.variadic("size")
def sum_to_size(x: Any, size: tuple) -> Any:
    """x summed over the dimensions along which `size` would be broadcast to its shape."""
    try:
        fits = np.broadcast_shapes(size, tuple(x.shape)) == tuple(x.shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"sum_to_size: size {size} does not broadcast to the shape {tuple(x.shape)}")
    return basics.sum_to(x, size)


ANY = (  # of tensors and their stand-ins inside vmap
    type, cpu, cuda, split_with_sizes, narrow_copy, conj_physical, sum_to_size, new_zeros, new_ones, new_empty, new_full,
)  # fmt: skip
TENSOR = (
    nelement, ndimension, element_size, data_ptr, storage_offset, is_nonzero, is_same_size, is_signed, new_tensor,
    apply_, map_,
)  # fmt: skip
