"""Methods of tensors that are no operations of `ops`: what a tensor is, conversions, views, others like it, writes.

Their first parameter is the tensor, `self`: `bind.py` puts them into `Tensor` and, those of `ANY`, into `StandIn`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..engine import backward as gradients
from ..engine import basics, creation, operands
from ..engine.device import CPU, device
from ..engine.dtype_info import Size
from ..engine.memory_format import ORDERS, MemoryFormat, checked_format
from ..engine.operands import convert, is_traced, sizes_of, to_dtype
from ..engine.tensor import Tensor, as_array, range_checked, wrap
from ..engine.versions import memory_of
from ..engine.writes import check_writable, rewrite, store
from ..ops import arguments
from ..ops.elementwise import complex as cx
from ..ops.elementwise import special
from ..ops.shape import shape as shapes
from ..ops.shape import split, strided

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from ..engine.types import Device, TensorLike

# ---------------------------------------------------------------------------------------------------------- what it is


def size(self: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the size of the dimension `dim`."""
    return tuple.__new__(Size, self.shape) if dim is None else self.shape[arguments.dim_index(dim, self.ndim, "size")]


def dim(self: Tensor) -> int:
    """Return the number of dimensions."""
    return self.ndim


def ndimension(self: Tensor) -> int:
    """Return the number of dimensions."""
    return self.ndim


def numel(self: Tensor) -> int:
    """Return the number of elements."""
    return self.array.size


def nelement(self: Tensor) -> int:
    """Return the number of elements."""
    return self.array.size


def element_size(self: Tensor) -> int:
    """Return the number of bytes of one element."""
    return self.array.itemsize


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Return how many elements apart in memory neighbours are, along each dimension or along `dim`."""
    strides = tuple(s // self.array.itemsize for s in self.array.strides)
    return strides if dim is None else strides[arguments.dim_index(dim, self.ndim, "stride")]


def is_contiguous(self: Tensor, memory_format: MemoryFormat = None) -> bool:
    """Return whether the elements lie without gaps in row-major order, or in the order of `memory_format`."""
    checked_format("is_contiguous", memory_format)
    order = ORDERS.get(memory_format) if memory_format is not None else None
    if order is not None:
        return self.ndim == len(order) and self.array.transpose(order).flags.c_contiguous
    return self.array.flags.c_contiguous


def data_ptr(self: Tensor) -> int:
    """Return the address of the first element."""
    return self.array.__array_interface__["data"][0]


def storage_offset(self: Tensor) -> int:
    """Return how many elements after the start of its memory the first element lies."""
    start = memory_of(self.array).__array_interface__["data"][0]
    return (data_ptr(self) - start) // self.array.itemsize


def is_nonzero(self: Tensor) -> bool:
    """Return whether the only element is not 0."""
    return bool(self)


def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Return whether this tensor and `other` have one shape."""
    return self.shape == other.shape


def is_floating_point(self: Tensor) -> bool:
    """Return whether the dtype is a floating one."""
    return self.dtype.kind == "f"


def is_signed(self: Tensor) -> bool:
    """Return whether the dtype has negative numbers."""
    return self.dtype.kind in "ifc"


# ----------------------------------------------------------------------------------------------------------- conversions


def to(
    self: Tensor,
    dtype: DTypeLike | Tensor | None = None,
    device: Device = None,
    non_blocking: bool = False,
    copy: bool = False,
    *,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Convert to `dtype`, which may also be a tensor that has it: the tensor itself, if it has the dtype and not `copy`.

    `device` is None or "cpu", also as the first argument, as in x.to("cpu", ag.float64); `non_blocking` and `memory_format`
    are without effect.
    """
    checked_format("to", memory_format)
    if isinstance(device, builtins.bool):  # as in x.to(dtype, non_blocking, copy)
        device, copy = None, non_blocking
    target = to_dtype(dtype, device) if memory_format is None or dtype is not None or device is not None else None
    out = self if target is None else convert(self, target)
    return basics.clone(out) if copy and out is self else out


def type(self: Tensor, dtype: DTypeLike | None = None, non_blocking: bool = False) -> Any:
    """Convert to `dtype`, or return the name of the tensor's own, if it is None; `non_blocking` is without effect."""
    return str(self.dtype) if dtype is None else convert(self, dtype)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """Convert to the dtype of `other`."""
    return convert(self, other.dtype)


def astype(self: Tensor, dtype: DTypeLike) -> Tensor:
    """Convert to `dtype`: NumPy's name of `to`."""
    return convert(self, dtype)


def cpu(self: Tensor, memory_format: MemoryFormat = None) -> Tensor:
    """Return the tensor itself, as all tensors are in main memory; `memory_format` is without effect."""
    checked_format("cpu", memory_format)
    return self


def to_device(self: Tensor, device: Device, /, *, stream: None = None) -> Tensor:
    """Return the tensor itself, as all tensors are in main memory: the array API standard's name.

    `device` is "cpu" and `stream` None; anything else raises ValueError.
    """
    if device != "cpu" or stream is not None:
        raise ValueError(
            f"to_device: there is only the device 'cpu', without streams, got device={device!r}, stream={stream!r}; "
            "leave it out"
        )
    return self


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: MemoryFormat = None) -> NoReturn:
    """Raise RuntimeError, as there are no devices but the CPU."""
    raise RuntimeError(
        "cuda: there are no devices: all tensors are in main memory, so leave out .cuda() and .to(device)"
    )


def pin_memory(self: Tensor) -> Tensor:
    """Return the tensor itself: there is no GPU to which memory could be copied faster."""
    return self


def is_pinned(self: Tensor) -> bool:
    """Return whether the memory is pinned: False."""
    return False


def get_device(self: Tensor) -> int:
    """Return the number of the GPU, -1 for a tensor in main memory."""
    return -1


def _conversion(name: str, dtype: Any) -> Callable:
    def method(self: Tensor, memory_format: MemoryFormat = None) -> Tensor:
        checked_format(name, memory_format)
        return convert(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        f"Convert to {np.dtype(dtype)}; the tensor itself, if it has that dtype. `memory_format` is without effect."
    )
    return method


CONVERSIONS = tuple(
    _conversion(name, dtype)
    for name, dtype in {
        "float": np.float32, "double": np.float64, "half": np.float16, "long": np.int64, "int": np.int32,
        "short": np.int16, "char": np.int8, "byte": np.uint8, "bool": np.bool_, "cfloat": np.complex64,
        "cdouble": np.complex128,
    }.items()
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------- views


def view(
    self: Tensor,
    *shape: int | Sequence[int] | DTypeLike,
    size: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return a view of the given `shape` (or `size`), or of the same bytes as `dtype`; it never copies.

    RuntimeError where the strides do not allow a view, and for a dtype where there is a history, which it cannot follow.
    """
    sizes: tuple[Any, ...] = shape if size is None else (*shape, size)
    if dtype is None and len(sizes) == 1 and isinstance(sizes[0], np.dtype | str | builtins.type):
        (dtype,), sizes = sizes, ()
    if dtype is not None:
        if sizes:
            raise TypeError(f"view: got the shape {sizes} and dtype={dtype}; give one of them")
        return _view_as_dtype(self, np.dtype(dtype))
    out = shapes.reshape(self, *sizes)
    if isinstance(self, Tensor) and out.origin is None and self.array.size:
        raise RuntimeError(
            f"view: the strides {self.array.strides} of shape {self.shape} do not allow shape {out.shape} without a copy; "
            "use reshape"
        )
    return out


def _view_as_dtype(x: Any, dtype: np.dtype) -> Tensor:
    """The memory of x as numbers of another dtype."""
    if not isinstance(x, Tensor):
        raise TypeError(f"view: inside a transform such as vmap the bytes cannot be read as {dtype}; use x.to(dtype)")
    if x.requires_grad:
        raise RuntimeError(
            f"view: this tensor has a history, which numbers made of the same bytes ({dtype}) have no part in; use "
            f"x.detach().view(…), or x.to(…) to convert the values"
        )
    try:
        return wrap(as_array(x.array.view(dtype)))
    except ValueError:
        raise RuntimeError(
            f"view: the bytes of {x.dtype} of shape {x.shape}, strides {x.array.strides}, cannot be read as {dtype}; the last "
            "dimension must be contiguous, and its bytes a multiple of those of a number"
        ) from None


def view_as(self: Tensor, other: Tensor) -> Tensor:
    """Return x.view(other.shape), x the tensor and `other` another."""
    return view(self, other.shape)


def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """Return x.reshape(other.shape), x the tensor and `other` another."""
    return shapes.reshape(self, other.shape)


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """Return x.expand(other.shape), x the tensor and `other` another."""
    return basics.broadcast_to(self, other.shape)


def transposed(self: Tensor) -> Tensor:
    """The dimensions in reverse order, as a view."""
    return shapes.permute(self, tuple(range(self.ndim))[::-1])


def matrix_transposed(self: Tensor) -> Tensor:
    """The last two dimensions exchanged, as a view."""
    return shapes.transpose(self, -2, -1)


def on(self: Tensor) -> device:
    """Where the values are: device("cpu"), as all tensors are in main memory."""
    return CPU


def is_cpu(self: Tensor) -> bool:
    """Whether the values are in main memory: True."""
    return True


def is_cuda(self: Tensor) -> bool:
    """Whether the values are on a GPU: False."""
    return False


PROPERTIES = {
    "T": property(transposed),
    "mT": property(matrix_transposed),
    "mH": property(cx.mH),
    "H": property(cx.H),
    "real": property(operands.real),
    "imag": property(cx.imag),
    "device": property(on),
    "is_cpu": property(is_cpu),
    "is_cuda": property(is_cuda),
}


def iterate(self: Tensor) -> Iterator[Tensor]:
    """Iterate over the first dimension."""
    if self.ndim == 0:
        raise TypeError("a 0-d tensor cannot be iterated over; use x.item()")
    return iter(split.unbind(self))


def contains(self: Tensor, value: Any) -> bool:
    """Return whether an element equals `value`."""
    return bool((self.array == (value.array if isinstance(value, Tensor) else value)).any())


# ------------------------------------------------------------------------------------------------------- others like it


def new_tensor(
    self: Tensor,
    data: ArrayLike | Tensor,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of `data` in this tensor's dtype, or `dtype`; the options are those of `ag.tensor`."""
    return creation.tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad, device=device)


def _like(self: Tensor, factory: Callable, size: tuple, name: str, dtype: Any, **options: Any) -> Tensor:
    make = partial(factory, dtype=dtype or self.dtype, **options)
    return creation.for_each_example(self, sizes_of(size, name), make)


@creation.size_by_keyword
def new_zeros(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make zeros in this tensor's dtype, or `dtype`; the options are those of `ag.zeros`."""
    return _like(self, creation.zeros, size, "new_zeros", dtype, requires_grad=requires_grad, device=device)


@creation.size_by_keyword
def new_ones(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make ones in this tensor's dtype, or `dtype`; the options are those of `ag.ones`."""
    return _like(self, creation.ones, size, "new_ones", dtype, requires_grad=requires_grad, device=device)


@creation.size_by_keyword
def new_empty(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of undefined values in this tensor's dtype, or `dtype`; the options are those of `ag.empty`."""
    return _like(self, creation.empty, size, "new_empty", dtype, requires_grad=requires_grad, device=device)


def new_full(
    self: Tensor,
    size: int | Sequence[int],
    fill_value: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor filled with one value in this tensor's dtype, or `dtype`; the options are those of `ag.full`."""
    options = {"fill_value": fill_value, "requires_grad": requires_grad, "device": device}
    return _like(self, creation.full, (size,), "new_full", dtype, **options)


# ---------------------------------------------------------------------------------------------------------------- writes


def copy_(self: Tensor, other: ArrayLike | Tensor, non_blocking: bool = False) -> Tensor:
    """Write the values of `other`, broadcast and converted, into the tensor; `non_blocking` is without effect."""
    value = convert(other if is_traced(other) else wrap(as_array(other)), self.dtype)
    if not isinstance(self, Tensor) or not isinstance(value, Tensor):
        return rewrite(self, lambda old: basics.broadcast_to(value, old.shape), name="copy_")
    check_writable(self, "copy_")
    store(self, basics.broadcast_to(value, self.shape), "copy_", replaces=True)
    return self


def zero_(self: Tensor) -> Tensor:
    """Write zeros into the tensor."""
    return rewrite(self, lambda old: wrap(np.zeros(old.shape, old.dtype)), name="zero_")


def fill_(self: Tensor, value: TensorLike) -> Tensor:
    """Write one `value` into all elements."""
    return copy_(self, value if is_traced(value) else wrap(as_array(range_checked(value, self.dtype, "fill_"))))


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace every value v by callable(v), a Python call each. Not recorded; the tensor must not require a gradient."""
    _without_gradient("apply_", self)
    return rewrite(self, lambda old: _of_values(map(callable, old.array.ravel().tolist()), old), name="apply_")


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace every value v by callable(v, w), w that of `tensor`, which may broadcast. Not recorded, as `apply_`."""
    _without_gradient("map_", self, tensor)
    others = np.broadcast_to(tensor.array, self.shape).ravel().tolist()
    return rewrite(self, lambda old: _of_values(map(callable, old.array.ravel().tolist(), others), old), name="map_")


def _without_gradient(name: str, *xs: Tensor) -> None:
    if any(x.requires_grad for x in xs):
        raise RuntimeError(f"{name}: a Python function has no derivative; call it on x.detach(), or use operations")


def _of_values(values: Any, like: Tensor) -> Tensor:
    return wrap(np.array(list(values), like.dtype).reshape(like.shape))


# ------------------------------------------------------------------------------------------ operations by further names


def backward(
    self: Tensor,
    gradient: TensorLike | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the derivative of this tensor to `.grad` of the leaves it was computed from; see `ag.backward`."""
    gradients.backward(self, gradient, retain_graph, create_graph, inputs)


def where(self: Tensor, condition: Tensor, other: TensorLike) -> Tensor:
    """Return this tensor where `condition` holds, and `other` elsewhere; see `ag.where`."""
    return basics.where(condition, self, other)


def polygamma(self: Tensor, n: int) -> Tensor:
    """Compute the polygamma function of order `n`; see `ag.polygamma`."""
    return special.polygamma(n, self)


def split_with_sizes(self: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return `split` into pieces of the sizes `split_sizes` along `dim`."""
    return split.split(self, list(split_sizes), dim)


def narrow_copy(self: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Return a copy of x.narrow(dim, start, length), x the tensor."""
    return basics.clone(strided.narrow(self, dim, start, length))


def conj_physical(self: Tensor) -> Tensor:
    """Compute the complex conjugate: `conj`, which always computes."""
    return cx.conj(self)


@arguments.variadic("size")
def sum_to_size(self: Any, size: tuple[int, ...]) -> Tensor:
    """Sum over the dimensions along which `size` would be broadcast to the tensor's shape."""
    try:
        fits = np.broadcast_shapes(size, tuple(self.shape)) == tuple(self.shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"sum_to_size: size {size} does not broadcast to the shape {tuple(self.shape)}")
    return basics.sum_to(self, size)


ANY = (  # of tensors and of what stands in for them
    size, dim, is_floating_point, to, type, type_as, astype, cpu, to_device, cuda, *CONVERSIONS, view, view_as, reshape_as,
    expand_as,
    new_zeros, new_ones, new_empty, new_full, copy_, zero_, fill_, where, polygamma, split_with_sizes, narrow_copy,
    conj_physical, sum_to_size, pin_memory, is_pinned, get_device,
)  # fmt: skip
TENSOR = (  # what needs the memory or the history of a tensor
    ndimension, numel, nelement, element_size, stride, is_contiguous, data_ptr, storage_offset, is_nonzero, is_same_size,
    is_signed, new_tensor, apply_, map_, backward,
)  # fmt: skip
