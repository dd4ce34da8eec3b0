"""Making tensors: from data, filled, by ranges. Random ones are in `random.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .operands import convert, sizes_of
from .standin import StandIn
from .tensor import Default, Tensor, as_array, describe, range_checked, wrap


def on_cpu(device: Any, name: str = "") -> None:
    """Raise TypeError unless `device` is None or "cpu", where everything is. `name`: of what was called with it."""
    if device is not None and str(device) != "cpu":
        at = f"{name}: " if name else ""
        raise TypeError(f"{at}there are no devices: all tensors are in main memory, so leave out device={device!r}")


def from_array(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    on_cpu(device)
    t = wrap(array)
    if requires_grad:
        t.requires_grad = True
    return t


def for_each_example(x: Any, size: tuple, make: Callable[[tuple], Tensor]) -> Any:
    """make(size); for an x inside `vmap` one for each example, so that it can be written in place."""
    return x.create(size, make) if isinstance(x, StandIn) else make(size)


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor holding a copy of `data`: nested sequences, a number, an array or a tensor."""
    return from_array(as_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory (and, of a tensor, the history) where no conversion is needed."""
    on_cpu(device)
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype == dtype else convert(data, np.dtype(dtype))
    return wrap(as_array(data, dtype))


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares memory with `array`: a change to one is seen in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: needs a NumPy array, got {describe(array)}; use ag.tensor(…)")
    return wrap(as_array(array, copy=None if array.dtype.isnative else True))


def from_dlpack(x: Any) -> Tensor:
    """A tensor on the memory of another library's array, by the DLPack protocol."""
    return wrap(as_array(np.from_dlpack(x)))


def _float_or(dtype: Any) -> np.dtype:
    return Default.dtype if dtype is None else np.dtype(dtype)


def checked_size(sizes: tuple, name: str) -> tuple:
    sizes = sizes_of(sizes, name)
    if any(s < 0 for s in sizes):
        raise ValueError(f"{name}: sizes must not be negative, got {sizes}")
    return sizes


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros of the given shape."""
    return from_array(np.zeros(checked_size(size, "zeros"), _float_or(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Ones of the given shape."""
    return from_array(np.ones(checked_size(size, "ones"), _float_or(dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of the given shape whose values are whatever was in the memory."""
    return from_array(np.empty(checked_size(size, "empty"), _float_or(dtype)), requires_grad, device)


def _filling(value: Any, dtype: Any, name: str) -> np.ndarray:
    return range_checked(value.array if isinstance(value, Tensor) else value, np.dtype(dtype), name)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of the given shape filled with one value, whose type gives the dtype."""
    value = as_array(fill_value) if dtype is None else _filling(fill_value, dtype, "full")
    if value.ndim:
        raise ValueError(f"full: fill_value must be a number or a 0-d tensor, got shape {value.shape}; use expand")
    return from_array(np.full(checked_size((size,), "full"), value, value.dtype), requires_grad, device)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """The identity matrix of n rows and m (default n) columns."""
    return from_array(np.eye(n, m, dtype=_float_or(dtype)), requires_grad, device)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """start, start + step, … below `end`; from 0 with one argument. int64 if all are integers."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (v.item() if isinstance(v, Tensor | np.generic) else v for v in (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise ValueError(f"arange: step {step} does not lead from {start} to {end}")
    if dtype is None:
        dtype = Default.dtype if any(isinstance(v, float) for v in (start, end, step)) else np.int64
    dtype = np.dtype(dtype)
    if dtype.kind in "iu" and step != step // 1:
        raise ValueError(f"arange: a step of {step} in {dtype} would be cut off to {int(step)}; leave dtype out")
    return from_array(range_checked(np.arange(start, end, step), dtype, "arange"), requires_grad, device)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """`steps` numbers evenly spaced from `start` to `end` (numbers or 0-d tensors), both included.

    Computed in float64, whatever the dtypes of the ends, and rounded once to `dtype`.
    """
    start, end = (_number(v, "linspace") for v in (start, end))
    if steps < 0:
        raise ValueError(f"linspace: steps must not be negative, got {steps}")
    is_complex = isinstance(start, complex) or isinstance(end, complex)
    dtype = np.promote_types(Default.dtype, np.complex64) if dtype is None and is_complex else _float_or(dtype)
    return from_array(range_checked(np.linspace(start, end, steps), dtype, "linspace"), requires_grad, device)


def _number(x: Any, name: str) -> Any:
    """A 0-d tensor as the Python number that it holds, so that nothing is computed in its dtype."""
    if isinstance(x, Tensor | np.ndarray | np.generic):
        if np.ndim(x):
            raise ValueError(f"{name}: the ends must be numbers or 0-d tensors, got shape {tuple(np.shape(x))}")
        return x.item()
    return x


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """The indices of the lower triangle of a (row, col) matrix, as a (2, n) tensor."""
    return wrap(np.stack(np.tril_indices(row, offset, col)).astype(np.int64))


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """The indices of the upper triangle of a (row, col) matrix, as a (2, n) tensor."""
    return wrap(np.stack(np.triu_indices(row, offset, col)).astype(np.int64))


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros of x's shape and, unless given, dtype."""
    return for_each_example(x, x.shape, lambda s: from_array(np.zeros(s, dtype or x.dtype), requires_grad, device))


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Ones of x's shape and, unless given, dtype."""
    return for_each_example(x, x.shape, lambda s: from_array(np.ones(s, dtype or x.dtype), requires_grad, device))


def empty_like(x: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """An uninitialised tensor of x's shape and, unless given, dtype."""
    return for_each_example(x, x.shape, lambda s: from_array(np.empty(s, dtype or x.dtype), requires_grad, device))


def full_like(x: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of x's shape and, unless given, dtype, filled with one value."""
    value = _filling(fill_value, dtype or x.dtype, "full_like")
    return for_each_example(x, x.shape, lambda s: from_array(np.full(s, value, value.dtype), requires_grad, device))
