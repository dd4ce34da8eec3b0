"""Methods of tensors that are about memory: its size, whose it is, where it is. Their first parameter is the tensor, `self`."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine import buffers, creation
from ..engine.history import history
from ..engine.layout import in_place
from ..engine.memory_format import MemoryFormat, checked_format
from ..engine.operands import sizes_of
from ..engine.tensor import Tensor, describe, wrap
from ..engine.versions import memory_of
from ..ops.shape.shape import split
from ..ops.shape.split import chunk
from ..ops.shape.strided import as_strided

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..engine.types import Device


def _without_history(name: str, *xs: Tensor) -> None:
    for x in xs:
        if history(x) is not None:
            raise RuntimeError(
                f"{name}: this tensor (shape {x.shape}) requires a gradient, which other memory would not have; use it on "
                "x.detach() or x.data"
            )


def _row_major(size: Sequence[int]) -> tuple[int, ...]:
    """The strides of a contiguous tensor, in elements."""
    return tuple(math.prod(size[d + 1 :]) for d in range(len(size)))


def _resized(x: Tensor, size: tuple[int, ...]) -> Tensor:
    memory = memory_of(x.array)
    offset = (x.array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // x.array.itemsize
    elements = memory.reshape(-1, order="A")[offset:] if memory.dtype == x.array.dtype else x.array.reshape(-1)
    count = math.prod(size)
    if count <= elements.size:
        return wrap(elements[:count].reshape(size))
    array = np.empty(count, x.array.dtype)
    array[: elements.size] = elements
    return wrap(array.reshape(size))


_resize_in_place = in_place(_resized, "resize_")


def resize_(self: Tensor, *sizes: int | Sequence[int], memory_format: MemoryFormat = None) -> Tensor:
    """Give the tensor other sizes, in row-major order on its memory; more memory is taken if it does not suffice.

    Elements that are added are undefined. The tensor must not require a gradient. `memory_format` changes nothing.
    """
    checked_format("resize_", memory_format)
    _without_history("resize_", self)
    return _resize_in_place(self, creation.checked_size(sizes, "resize_"))


def resize(self: Tensor, *sizes: int | Sequence[int]) -> Tensor:
    """Return another tensor on this memory with other sizes, as `resize_` gives them; PyTorch's deprecated form."""
    _without_history("resize", self)
    return _resized(self, creation.checked_size(sizes, "resize"))


def resize_as_(self: Tensor, the_template: Tensor) -> Tensor:
    """Give the tensor the sizes of `the_template`, as `resize_` does."""
    return resize_(self, tuple(the_template.shape))


def _set(x: Tensor, source: Tensor | None, storage_offset: int, size: tuple | None, stride: tuple | None) -> Tensor:
    if source is None:
        return wrap(np.empty(0, x.array.dtype))
    if size is None:
        return wrap(source.array[...])
    return as_strided(source.detach(), size, _row_major(size) if stride is None else stride, storage_offset)


_set_in_place = in_place(_set, "set_")


def set_(
    self: Tensor,
    source: Tensor | None = None,
    storage_offset: int = 0,
    size: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
) -> Tensor:
    """Let the tensor be on the memory of `source`, of its dtype; without one it becomes empty.

    `size`, `stride` and `storage_offset` choose a part of that memory, as in `as_strided`. Neither may require a gradient.
    """
    if source is not None and not isinstance(source, Tensor):
        raise TypeError(f"set_: source must be a tensor, got {describe(source)}")
    _without_history("set_", self, *([] if source is None else [source]))
    if source is not None and source.dtype != self.dtype:
        raise RuntimeError(f"set_: source is {source.dtype}, but this tensor {self.dtype}; use source.to(x.dtype)")
    if size is None and (stride is not None or storage_offset):
        raise TypeError("set_: stride and storage_offset need a size")
    sizes = None if size is None else creation.checked_size((size,), "set_")
    return _set_in_place(self, source, storage_offset, sizes, None if stride is None else sizes_of((stride,), "set_"))


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Return whether this tensor and `tensor` are the same memory with the same sizes and strides."""
    a, b = self.array, tensor.array
    same = a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
    return same and a.shape == b.shape and a.strides == b.strides and a.dtype == b.dtype


def new(self: Tensor, *args: Any, device: Device = None) -> Tensor:
    """Make a tensor of this one's dtype: of the sizes, undefined, or of the values of a sequence, an array or a tensor."""
    creation.on_cpu(device, "new")
    if len(args) == 1 and not isinstance(args[0], int | np.integer):
        return creation.tensor(args[0], dtype=self.dtype)
    return creation.empty(*(args or (0,)), dtype=self.dtype)


def new_empty_strided(
    self: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of this one's dtype, or `dtype`; the other arguments are those of `ag.empty_strided`."""
    kind = self.dtype if dtype is None else dtype
    return buffers.empty_strided(size, stride, dtype=kind, requires_grad=requires_grad, device=device)


def unsafe_chunk(self: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return `chunk(chunks, dim)`, which is safe to write to here."""
    return chunk(self, chunks, dim)


def unsafe_split(self: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return `split(split_size, dim)`, which is safe to write to here."""
    return split(self, split_size, dim)


def get_device(self: Tensor) -> int:
    """Return −1, as PyTorch does for a tensor in main memory."""
    return -1


def pin_memory(self: Tensor, device: Device = None) -> Tensor:
    """Return the tensor itself: no memory needs to be pinned for copies to another device."""
    return self


def is_pinned(self: Tensor, device: Device = None) -> bool:
    """Return False: no memory is pinned."""
    return False


def to_dense(self: Tensor, dtype: DTypeLike | None = None) -> Tensor:
    """Return the tensor itself, or converted to `dtype`: no tensor is sparse."""
    return self if dtype is None else self.to(dtype)


def const_data_ptr(self: Tensor) -> int:
    """Return the address of the first element."""
    return self.array.__array_interface__["data"][0]


def _always(value: bool, what: str) -> property:
    def attribute(self: Tensor) -> builtins.bool:
        return value

    attribute.__doc__ = f"{value}: {what}."
    return property(attribute)


PROPERTIES = {
    "is_cpu": _always(True, "all tensors are in main memory"),
    "is_cuda": _always(False, "all tensors are in main memory"),
    "is_mps": _always(False, "all tensors are in main memory"),
    "is_meta": _always(False, "every tensor has values"),
    "is_sparse": _always(False, "every element is stored"),
    "is_quantized": _always(False, "every element is stored as it is"),
}
METHODS = (
    resize_, resize, resize_as_, set_, is_set_to, new, new_empty_strided, unsafe_chunk, unsafe_split, get_device, pin_memory,
    is_pinned, to_dense, const_data_ptr,
)  # fmt: skip
