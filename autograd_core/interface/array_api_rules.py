"""Where the array API standard asks for more than NumPy's functions of tensors give: its signatures, and its rules for dtypes.

It is a file of its own because in `array_api` the names `all`, `bool`, `max`, `sum` … are the standard's.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..engine.operands import is_traced
from ..engine.tensor import Default, Tensor, wrap
from .numpy_protocol import TABLE

# Functions of two arrays, in which one without dimensions counts as much as another: int8 and int16 are int16
BINARY = """
add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign divide equal floor_divide
greater greater_equal hypot less less_equal logaddexp maximum minimum multiply nextafter not_equal pow remainder subtract
"""


def _promoted(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two tensors of one kind (integers, or floating and complex ones) with the dtype that both fit into."""
    if not (is_traced(x1) and is_traced(x2)) or x1.dtype == x2.dtype:
        return x1, x2
    common = np.promote_types(x1.dtype, x2.dtype)
    if any({x1.dtype.kind, x2.dtype.kind, common.kind} <= kinds for kinds in ({"i", "u"}, {"f", "c"})):
        return tuple(x if x.dtype == common else x.astype(common) for x in (x1, x2))  # type: ignore[return-value]
    return x1, x2


def _binary(name: str) -> Callable:
    function = getattr(np, name)

    def apply(x1: Any, x2: Any, /) -> Tensor:
        return function(*_promoted(x1, x2))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`numpy.{name}` of tensors; the dtypes of both count, also of one without dimensions."
    return apply


def sign(x: Any, /) -> Tensor:
    """-1, 0 or 1, elementwise; NaN of NaN, where `ag.sign` has 0 as PyTorch does."""
    out = np.sign(x)
    return TABLE["where"](np.isnan(x), np.nan, out) if x.dtype.kind == "f" else out


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    """Σ conj(x1) x2 along an axis, which must be as long in both; the common dtype, also of integers."""
    x1, x2 = _promoted(x1, x2)
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(
            f"vecdot: axis {axis} has {x1.shape[axis]} elements in the first and {x2.shape[axis]} in the second"
        )
    out = np.vecdot(x1, x2, axis=axis)  # type: ignore[call-overload]
    common = np.promote_types(x1.dtype, x2.dtype)
    return out if out.dtype == common else out.astype(common)


def _wide(x: Any, dtype: Any) -> Any:
    """The dtype of a sum: that of unsigned integers is uint64."""
    return np.dtype(np.uint64) if dtype is None and x.dtype.kind == "u" else dtype


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over axes; of unsigned integers as uint64."""
    return TABLE["sum"](x, axis=axis, dtype=_wide(x, dtype), keepdims=keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """The product over axes; of unsigned integers as uint64."""
    return TABLE["prod"](x, axis=axis, dtype=_wide(x, dtype), keepdims=keepdims)


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    """The sums so far; of unsigned integers as uint64."""
    return TABLE["cumulative_sum"](x, axis=axis, dtype=_wide(x, dtype), include_initial=include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    """The products so far; of unsigned integers as uint64."""
    return TABLE["cumulative_prod"](x, axis=axis, dtype=_wide(x, dtype), include_initial=include_initial)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """The sum of a diagonal of the last two dimensions; of unsigned integers as uint64."""
    return TABLE["linalg.trace"](x, offset=offset, dtype=_wide(x, dtype))


def clip(x: Any, /, min: Any = None, max: Any = None) -> Tensor:
    """The values between min and max; either may be None. The dtype is that of x."""
    return TABLE["clip"](x, min, max)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Tensor:
    """Where to insert the values of x2 into x1, which `sorter` sorts."""
    return TABLE["searchsorted"](x1, x2, side=side, sorter=sorter)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Tensor:
    """The number of singular values over rtol times the largest one."""
    return TABLE["linalg.matrix_rank"](x) if rtol is None else TABLE["linalg.matrix_rank"](x, rtol=rtol)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Tensor]:
    """The coordinates of a grid, as a list."""
    return list(TABLE["meshgrid"](*arrays, indexing=indexing))


def broadcast_arrays(*arrays: Any) -> list[Tensor]:
    """The arrays in their common shape, as a list."""
    return list(TABLE["broadcast_arrays"](*arrays))


# ------------------------------------------------------------------------------------------------------------- creation


def check_device(name: str, device: Any) -> None:
    """ValueError for any device but the CPU."""
    if device not in (None, "cpu"):
        raise ValueError(f"{name}: there is only the device 'cpu', got {device!r}; leave it out")


def _made(name: str, device: Any, dtype: Any, *args: Any, **kwargs: Any) -> Tensor:
    """NumPy's function as a tensor; what it makes of Python floats gets the default dtype."""
    check_device(name, device)
    array = getattr(np, name)(*args, dtype=dtype, **kwargs)
    if dtype is None and array.dtype.kind in "fc":
        array = array.astype(np.result_type(Default.dtype, np.complex64) if array.dtype.kind == "c" else Default.dtype)
    return wrap(array)


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Tensor:
    """The numbers from start to stop without it, `step` apart; with start alone, from 0 to it."""
    return _made("arange", device, dtype, *((0, start) if stop is None else (start, stop)), step)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Memory as it happens to be."""
    return _made("empty", device, dtype, shape)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Zeros."""
    return _made("zeros", device, dtype, shape)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones."""
    return _made("ones", device, dtype, shape)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """One value everywhere."""
    return _made("full", device, dtype, shape, fill_value)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones on the k-th diagonal, zeros elsewhere."""
    return _made("eye", device, dtype, n_rows, n_cols, k=k)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """One value in the shape and dtype of x."""
    check_device("full_like", device)
    return TABLE["full_like"](x, fill_value, dtype=dtype)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Tensor:
    """`num` numbers from start to stop at equal distances; without `endpoint` the last one is before stop."""
    if is_traced(start) or is_traced(stop):
        check_device("linspace", device)
        return TABLE["linspace"](start, stop, num, dtype=dtype, endpoint=endpoint)
    return _made("linspace", device, dtype, start, stop, num, endpoint=endpoint)


# --------------------------------------------------------------------------------------------------------------- dtypes


def _dtype(x: Any) -> np.dtype:
    return x.dtype if is_traced(x) else np.dtype(x)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether all values of a dtype, or of a tensor's dtype, are values of another."""
    return bool(np.can_cast(_dtype(from_), _dtype(to)))


def finfo(type: Any, /) -> SimpleNamespace:
    """The limits of a floating dtype, or of that of a tensor, as Python numbers; of a complex one those of its parts."""
    limits = np.finfo(_dtype(type))
    names = ("eps", "max", "min", "smallest_normal", "tiny", "resolution")
    numbers = {name: float(getattr(limits, name)) for name in names}
    return SimpleNamespace(bits=int(limits.bits), dtype=np.dtype(limits.dtype), **numbers)


def iinfo(type: Any, /) -> SimpleNamespace:
    """The limits of an integer dtype, or of that of a tensor, as Python numbers."""
    limits = np.iinfo(_dtype(type))
    return SimpleNamespace(
        bits=int(limits.bits), max=int(limits.max), min=int(limits.min), dtype=np.dtype(limits.dtype)
    )


RULES: dict[str, Callable] = {name: _binary(name) for name in BINARY.split()} | {
    rule.__name__: rule
    for rule in (
        sign, vecdot, sum, prod, cumulative_sum, cumulative_prod, clip, searchsorted, meshgrid, broadcast_arrays, arange,
        empty, zeros, ones, full, eye, full_like, linspace, can_cast, finfo, iinfo,
    )
}  # fmt: skip
LINALG_RULES: dict[str, Callable] = {"vecdot": vecdot, "matrix_rank": matrix_rank, "trace": trace}
