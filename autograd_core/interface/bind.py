"""One table that gives `Tensor` its methods and operators. What they do is in `ops`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import backward as gradients
from ..engine import basics, operands
from ..engine.layout import in_place as layout_in_place
from ..engine.operands import convert, dtype_meant, is_operand, is_traced, not_an_operand
from ..engine.standin import StandIn
from ..engine.tensor import Tensor, as_array, range_checked, wrap
from ..engine.writes import check_writable, rewrite, store
from ..ops import arguments
from ..ops.elementwise import complex as cx
from ..ops.elementwise import special
from ..ops.indexing import index, slices
from ..ops.shape import shape, split
from ..random import METHODS as RANDOM_METHODS
from . import methods
from .table import IN_PLACE, LAYOUT_IN_PLACE, METHODS, OPERATORS

UNARY = ("neg", "invert", "abs")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


def _or_not_implemented(function: Callable, name: str | None = None) -> Callable:
    """As an operator: leave operands of unknown type to their own class."""

    def operator(x: Tensor, y: Any) -> Any:
        return function(x, y) if is_operand(y) else not_an_operand(y, name or function.__name__)

    return operator


def _reflected(function: Callable) -> Callable:
    return _or_not_implemented(lambda x, y: function(y, x), function.__name__)


def _in_place(function: Callable, name: str) -> Callable:
    def method(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return rewrite(x, function, *args, name=name, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{function.__name__}` in place: the result takes x's memory, and the change is recorded."
    return method


# ----------------------------------------------------------------------------------------------------- the other methods


def backward(
    x: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add the derivative of this tensor to `.grad` of the leaves it was computed from; see `ag.backward`."""
    gradients.backward(x, gradient, retain_graph, create_graph, inputs)


def to(x: Tensor, dtype: Any = None, *, device: Any = None) -> Tensor:
    """x in the given dtype (or that of the given tensor); x itself if it has it already. `device` is None or "cpu"."""
    if device is not None:
        if str(device) != "cpu":
            dtype_meant(device)  # raises, and says that there are no devices
        if dtype is None:
            return x
    return convert(x, dtype_meant(dtype))


def size(x: Tensor, dim: int | None = None) -> Any:
    """The shape, or one size of it."""
    return tuple(x.shape) if dim is None else x.shape[arguments.dim_index(dim, x.ndim, "size")]


def numel(x: Tensor) -> int:
    """The number of elements."""
    return x.array.size


def dim(x: Tensor) -> int:
    """The number of dimensions."""
    return x.ndim


def view(x: Tensor, *sizes: Any) -> Tensor:
    """`reshape` that never copies: it raises where the strides do not allow a view."""
    out = shape.reshape(x, *sizes)
    if isinstance(x, Tensor) and out.origin is None and x.array.size:
        raise RuntimeError(
            f"view: the strides {x.array.strides} of shape {x.shape} do not allow shape {out.shape} without a copy; "
            "use reshape"
        )
    return out


def view_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.view(other.shape)`."""
    return view(x, other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.reshape(other.shape)`."""
    return shape.reshape(x, other.shape)


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.expand(other.shape)`."""
    return basics.broadcast_to(x, other.shape)


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """x in the dtype of `other`."""
    return convert(x, other.dtype)


def is_floating_point(x: Tensor) -> bool:
    """Whether the dtype is a floating one."""
    return x.dtype.kind == "f"


def is_contiguous(x: Tensor) -> bool:
    """Whether the elements lie in row-major order without gaps."""
    return x.array.flags.c_contiguous


def stride(x: Tensor, dim: int | None = None) -> Any:
    """How many elements apart in memory the neighbours along each dimension are."""
    strides = tuple(s // x.array.itemsize for s in x.array.strides)
    return strides if dim is None else strides[dim]


def copy_(x: Tensor, source: Any) -> Tensor:
    """Write `source`, broadcast and converted, into x."""
    value = convert(source if is_traced(source) else wrap(as_array(source)), x.dtype)
    if not isinstance(x, Tensor) or not isinstance(value, Tensor):
        return rewrite(x, lambda old: basics.broadcast_to(value, old.shape), name="copy_")
    check_writable(x, "copy_")
    store(x, basics.broadcast_to(value, x.shape), "copy_", replaces=True)
    return x


def zero_(x: Tensor) -> Tensor:
    """Write zeros into x."""
    return rewrite(x, lambda old: wrap(np.zeros(old.shape, old.dtype)), name="zero_")


def fill_(x: Tensor, value: Any) -> Tensor:
    """Write one value into all of x."""
    return copy_(x, value if is_traced(value) else wrap(as_array(range_checked(value, x.dtype, "fill_"))))


def _iterate(x: Tensor) -> Any:
    if x.ndim == 0:
        raise TypeError("a 0-d tensor cannot be iterated over; use x.item()")
    return iter(split.unbind(x))


def _contains(x: Tensor, value: Any) -> bool:
    return bool((x.array == (value.array if isinstance(value, Tensor) else value)).any())


def bind(kind: type) -> None:
    """The functions of `ops` as methods and operators of a class."""
    for name, function in METHODS.items():
        setattr(kind, name, function)
    for name, function in OPERATORS.items():
        if name in UNARY:
            setattr(kind, f"__{name}__", function)
            continue
        setattr(kind, f"__{name}__", getattr(function, "operator", None) or _or_not_implemented(function))
        if name not in COMPARISONS:
            setattr(kind, f"__r{name}__", _reflected(function))
        if name not in (*COMPARISONS, "matmul", "divmod"):
            setattr(kind, f"__i{name}__", _in_place(function, f"__i{name}__"))
    for name, function in IN_PLACE.items():
        setattr(kind, f"{name}_", _in_place(function, f"{name}_"))
    plain = (to, size, dim, view, view_as, reshape_as, expand_as, type_as, is_floating_point, *methods.ANY)
    for method in (*plain, copy_, zero_, fill_, slices.fill_diagonal_, *RANDOM_METHODS):
        setattr(kind, method.__name__, method)
    for name, dtype in {
        "float": np.float32, "double": np.float64, "half": np.float16, "long": np.int64, "int": np.int32,
        "short": np.int16, "char": np.int8, "byte": np.uint8, "bool": np.bool_, "cfloat": np.complex64,
        "cdouble": np.complex128,
    }.items():  # fmt: skip
        setattr(kind, name, lambda x, dtype=dtype: convert(x, dtype))
    others: dict[str, Any] = {
        "__getitem__": index.getitem,
        "__setitem__": index.setitem,
        "__pos__": lambda x: x,
        "where": lambda x, condition, other: basics.where(condition, x, other),
        "polygamma": lambda x, n: special.polygamma(n, x),
        "polygamma_": _in_place(lambda x, n: special.polygamma(n, x), "polygamma_"),
        "__iter__": _iterate,
        "T": property(lambda x: shape.permute(x, tuple(range(x.ndim))[::-1])),
        "mT": property(lambda x: shape.transpose(x, -2, -1)),
        "mH": property(cx.mH),
        "H": property(cx.H),
        "real": property(operands.real),
        "imag": property(cx.imag),
    }
    others |= {"__array_ufunc__": _array_ufunc, "__array_function__": _array_function}
    # ndarray's methods that PyTorch has under other names
    others |= {"astype": lambda x, dtype: convert(x, dtype), "copy": basics.clone}
    for name, attribute in others.items():
        setattr(kind, name, attribute)


@functools.cache
def _numpy_protocol() -> Any:
    return importlib.import_module("autograd_core.interface.numpy_protocol")  # when NumPy first asks


def _array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    return _numpy_protocol().array_ufunc(x, ufunc, method, *inputs, **kwargs)


def _array_function(x: Tensor, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    return _numpy_protocol().array_function(x, func, types, args, kwargs)


def _dlpack(x: Tensor, **options: Any) -> Any:
    """The memory as a DLPack capsule, for other libraries. Of a tensor with a history, take `x.detach()`."""
    if x.requires_grad:
        raise RuntimeError("__dlpack__: this tensor has a history, which other libraries would not see; use x.detach()")
    return x.array.__dlpack__(**options)


def _array_namespace(x: Tensor, *, api_version: str | None = None) -> Any:
    """The functions of the Python array API standard, on tensors."""
    return importlib.import_module("autograd_core.interface.array_api")


def _bind_tensor_only() -> None:
    """What needs the memory or the history of a tensor: changes of its layout in place, strides, backward."""
    for name, function in LAYOUT_IN_PLACE.items():
        setattr(Tensor, f"{name}_", layout_in_place(function, f"{name}_"))
    for method in (backward, numel, is_contiguous, stride, *methods.TENSOR):
        setattr(Tensor, method.__name__, method)
    protocols: dict[str, Callable] = {
        "__contains__": _contains,
        "__dlpack__": _dlpack,
        "__dlpack_device__": lambda x: x.array.__dlpack_device__(),
        "__array_namespace__": _array_namespace,
    }
    for name, function in protocols.items():
        setattr(Tensor, name, function)


bind(Tensor)
bind(StandIn)
_bind_tensor_only()
