"""Making tensors: from data, filled, by ranges. Random ones are in `random.py`."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .memory_format import MemoryFormat, checked_format
from .operands import NUMBERS, as_operand, convert, sizes_of
from .outputs import documented_out, factory_into, makes_out
from .standin import StandIn
from .tensor import Default, Tensor, as_array, describe, range_checked, wrap

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from .types import Device, TensorLike

F = TypeVar("F", bound=Callable)
ARRAYS = (Tensor, np.ndarray, np.generic)


def on_cpu(device: Any, name: str = "") -> None:
    """Raise TypeError unless `device` is None or "cpu", where everything is. `name`: of what was called with it."""
    if device is not None and str(device) != "cpu":
        at = f"{name}: " if name else ""
        raise TypeError(f"{at}there are no devices: all tensors are in main memory, so leave out device={device!r}")


def from_array(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    """A tensor around a new array, with the options of the factories."""
    on_cpu(device)
    t = wrap(array)
    if requires_grad:
        t.requires_grad = True
    return t


def for_each_example(x: Any, size: tuple, make: Callable[[tuple], Tensor]) -> Any:
    """make(size); for an x inside `vmap` one for each example, so that it can be written in place."""
    return x.create(size, make) if isinstance(x, StandIn) else make(size)


def size_by_keyword(factory: F) -> F:
    """Let `factory(*size)`, or the method `factory(self, *size)`, take its sizes by the keyword `size` as well.

    Where `out` stands in the signature, a factory takes that too.
    """
    before = int("self" in inspect.signature(factory).parameters)
    reads_out = "out" in inspect.signature(factory).parameters

    @functools.wraps(factory)
    def call(*args: Any, **options: Any) -> Any:
        if "size" in options:
            size, own = options.pop("size"), args[before:]
            if own:
                raise TypeError(f"{factory.__name__}: got sizes {own} and size={size}; give one of them")
            args = (*args, size)
        if reads_out and "out" in options:
            out = options.pop("out")
            if out is not None:
                return factory_into(factory, out, args, options)
        return factory(*args, **options)

    if reads_out:
        documented_out(call)
    return call  # type: ignore[return-value]


# ------------------------------------------------------------------------------------------------------------ from data


def tensor(
    data: ArrayLike | Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Device = None
) -> Tensor:
    """Make a tensor that holds a copy of `data`: a number, nested sequences, an array or a tensor.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out[i, j, …] = data[i][j]…
    Shapes: that of the nesting, every row as long as the others of its level.
    Dtypes: `dtype`, or for None the default float for Python floats, int64 for integers, bool for booleans, complex64 for
        complex numbers; arrays and tensors keep theirs.
    Raises: TypeError for what holds no numbers, and for another device; ValueError for rows of several lengths;
        OverflowError for a number outside of an integer dtype; RuntimeError for requires_grad with an integer dtype.
    Source: PyTorch's `tensor`.

    >>> import autograd_core as ag
    >>> ag.tensor([[1, 2], [3, 4]], dtype=ag.float32)
    tensor([[1., 2.],
            [3., 4.]])
    """
    return from_array(as_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: ArrayLike | Tensor, dtype: DTypeLike | None = None, device: Device = None) -> Tensor:
    """Return `data` as a tensor, sharing memory (and, of a tensor, the history) where no conversion is needed.

    `device` is None or "cpu".

    Formula: out[i, j, …] = data[i][j]…
    Shapes: as of `ag.tensor`.
    Dtypes: `dtype`, or for None as of `ag.tensor`.
    Raises: as `ag.tensor` does.
    Source: PyTorch's `as_tensor`.

    >>> import numpy as np
    >>> import autograd_core as ag
    >>> array = np.zeros(2)
    >>> ag.as_tensor(array).add_(1.0)
    tensor([1., 1.], dtype=float64)
    >>> array
    array([1., 1.])
    """
    on_cpu(device)
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype == dtype else convert(data, np.dtype(dtype))
    return wrap(as_array(data, dtype))


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """Return a tensor that shares memory with a NumPy array: a change to one is a change to the other.

    Formula: out[i, j, …] = ndarray[i, j, …]
    Shapes: that of `ndarray`.
    Dtypes: that of ndarray; one of another byte order is copied to the native one.
    Raises: TypeError for what is no NumPy array, or holds no numbers.
    Source: PyTorch's `from_numpy`.

    >>> import numpy as np
    >>> import autograd_core as ag
    >>> ag.from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: needs a NumPy array, got {describe(ndarray)}; use ag.tensor(…)")
    return wrap(as_array(ndarray, copy=None if ndarray.dtype.isnative else True))


def from_dlpack(ext_tensor: Any, *, device: Device = None, copy: bool | None = None) -> Tensor:
    """Return a tensor on the memory of another library's array, `ext_tensor`, by the DLPack protocol.

    `copy` True copies it, False raises where it would have to be copied; `device` is None or "cpu".

    Formula: out[i, j, …] = ext_tensor[i, j, …]
    Shapes: that of ext_tensor.
    Dtypes: that of ext_tensor.
    Raises: TypeError for what has no `__dlpack__`, and for another device; what the library's `__dlpack__` raises.
    Source: NumPy's `from_dlpack`.

    >>> import numpy as np
    >>> import autograd_core as ag
    >>> ag.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    on_cpu(device, "from_dlpack")
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            f"from_dlpack: needs an array that has a method __dlpack__, got {describe(ext_tensor)}; use ag.tensor(…)"
        )
    return wrap(as_array(np.from_dlpack(ext_tensor), copy=copy))


# --------------------------------------------------------------------------------------------------------------- filled


def _float_or(dtype: Any) -> np.dtype:
    return Default.dtype if dtype is None else np.dtype(dtype)


def checked_size(sizes: tuple, name: str) -> tuple:
    """`sizes_of`, or ValueError for a negative one."""
    sizes = sizes_of(sizes, name)
    if any(s < 0 for s in sizes):
        raise ValueError(f"{name}: sizes must not be negative, got {sizes}")
    return sizes


@size_by_keyword
def zeros(
    *size: int | Sequence[int],
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of zeros of the given `size`: integers, or one sequence of them, also as size=(…).

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out = 0
    Shapes: size.
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, and for another device; RuntimeError
        for requires_grad with an integer dtype.
    Source: NumPy's `zeros`.

    >>> import autograd_core as ag
    >>> ag.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return from_array(np.zeros(checked_size(size, "zeros"), _float_or(dtype)), requires_grad, device)


@size_by_keyword
def ones(
    *size: int | Sequence[int],
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of ones of the given `size`: integers, or one sequence of them, also as size=(…).

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out = 1
    Shapes: size.
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, and for another device; RuntimeError
        for requires_grad with an integer dtype.
    Source: NumPy's `ones`.

    >>> import autograd_core as ag
    >>> ag.ones(2, dtype=ag.int64)
    tensor([1, 1])
    """
    return from_array(np.ones(checked_size(size, "ones"), _float_or(dtype)), requires_grad, device)


@size_by_keyword
def empty(
    *size: int | Sequence[int],
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Make a tensor of the given `size` without setting its values, which are whatever was in the memory.

    The size is integers, or one sequence of them, also as size=(…). `requires_grad` lets operations on the tensor be
    recorded; `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: none; the values are undefined.
    Shapes: size.
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, and for another device; RuntimeError
        for requires_grad with an integer dtype.
    Source: NumPy's `empty`.

    >>> import autograd_core as ag
    >>> ag.empty(2, 3).shape
    (2, 3)
    """
    checked_format("empty", memory_format)
    return from_array(np.empty(checked_size(size, "empty"), _float_or(dtype)), requires_grad, device)


def _filling(value: Any, dtype: Any, name: str) -> np.ndarray:
    """The value that fills a tensor of `dtype`, as a 0-d array."""
    array = as_array(range_checked(value.array if isinstance(value, Tensor) else value, np.dtype(dtype), name), dtype)
    if array.ndim:
        raise ValueError(f"{name}: fill_value must be a number or a 0-d tensor, got shape {array.shape}; use expand")
    return array


@makes_out
def full(
    size: int | Sequence[int],
    fill_value: TensorLike,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of the given `size`, filled with one value.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out = `fill_value`, a number or a 0-d tensor
    Shapes: size.
    Dtypes: `dtype`, or for None that of `ag.tensor(fill_value)`.
    Raises: ValueError for a negative size, or a fill_value of several numbers; TypeError for what is no number, and for
        another device; OverflowError for a number outside of an integer dtype; RuntimeError for requires_grad with an
        integer dtype.
    Source: NumPy's `full`.

    >>> import autograd_core as ag
    >>> ag.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    value = _filling(fill_value, as_array(fill_value).dtype if dtype is None else dtype, "full")
    return from_array(np.full(checked_size((size,), "full"), value, value.dtype), requires_grad, device)


@makes_out
def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make the identity matrix of `n` rows and `m` (None: n) columns.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out[i, j] = 1 if i = j else 0
    Shapes: (n, m).
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError for a negative size; TypeError for one that is no integer, and for another device; RuntimeError
        for requires_grad with an integer dtype.
    Source: NumPy's `eye`.

    >>> import autograd_core as ag
    >>> ag.eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    rows, columns = checked_size((n, n if m is None else m), "eye")
    return from_array(np.eye(rows, columns, dtype=_float_or(dtype)), requires_grad, device)


# --------------------------------------------------------------------------------------------------------------- ranges


def _number(x: Any, name: str) -> Any:
    """A 0-d tensor as the Python number that it holds, so that nothing is computed in its dtype."""
    if isinstance(x, NUMBERS):
        return x
    if not isinstance(x, ARRAYS):
        raise TypeError(f"{name}: the ends must be numbers or 0-d tensors, got {describe(x)}")
    if np.ndim(x):
        raise ValueError(f"{name}: the ends must be numbers or 0-d tensors, got shape {tuple(np.shape(x))}")
    return x.item()


@makes_out
def arange(
    start: float | Tensor | None = None,
    end: float | Tensor | None = None,
    step: float | Tensor = 1,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a range of numbers; with one number, as in arange(3) and arange(end=3), from 0 below that one.

    The numbers may be 0-d tensors. `requires_grad` lets operations on the tensor be recorded; `device` is None or "cpu".

    Formula: out[i] = `start` + i · `step`, as long as that is below (for a negative step above) `end`
    Shapes: (⌈(end − start) / step⌉).
    Dtypes: `dtype`, or for None int64 if all numbers are integers, otherwise the default float.
    Raises: ValueError if step does not lead from start to end, or is a fraction in an integer dtype; TypeError for no
        number at all, for what is none, and for another device; OverflowError for a number outside of an integer
        dtype; RuntimeError for requires_grad with an integer dtype.
    Source: NumPy's `arange`.

    >>> import autograd_core as ag
    >>> ag.arange(3), ag.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1. , 1.5]))
    """
    if end is None:
        if start is None:
            raise TypeError("arange: needs a number, where the range ends; as in arange(3)")
        start, end = 0, start
    first, last, by = (_number(v, "arange") for v in (0 if start is None else start, end, step))
    if by == 0 or (last - first) * by < 0:
        raise ValueError(f"arange: step {by} does not lead from {first} to {last}")
    if dtype is None:
        dtype = Default.dtype if any(isinstance(v, float) for v in (first, last, by)) else np.int64
    dtype = np.dtype(dtype)
    if dtype.kind in "iu" and by != by // 1:
        raise ValueError(f"arange: a step of {by} in {dtype} would be cut off to {int(by)}; leave dtype out")
    return from_array(range_checked(np.arange(first, last, by), dtype, "arange"), requires_grad, device)


@makes_out
def linspace(
    start: complex | Tensor,
    end: complex | Tensor,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make `steps` numbers evenly spaced from `start` to `end` (numbers or 0-d tensors), both included.

    They are computed in float64, whatever the dtypes of the ends, and rounded once. `requires_grad` lets operations on
    the tensor be recorded; `device` is None or "cpu".

    Formula: out[i] = start + i · (end − start) / (steps − 1)
    Shapes: (steps).
    Dtypes: `dtype`, or for None the default float, or complex64 (complex128 if that is float64) for complex ends.
    Raises: ValueError for negative steps, or an end of several numbers; TypeError for an end that is no number, steps
        that are no integer, and another device; OverflowError for a number outside of an integer dtype; RuntimeError
        for requires_grad with an integer dtype.
    Source: NumPy's `linspace`.

    >>> import autograd_core as ag
    >>> ag.linspace(0, 1, 5)
    tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    first, last = (_number(v, "linspace") for v in (start, end))
    try:
        count = operator.index(steps)
    except TypeError:
        raise TypeError(f"linspace: steps must be an integer, got {describe(steps)}") from None
    if count < 0:
        raise ValueError(f"linspace: steps must not be negative, got {steps}")
    is_complex = isinstance(first, complex) or isinstance(last, complex)
    dtype = np.promote_types(Default.dtype, np.complex64) if dtype is None and is_complex else _float_or(dtype)
    return from_array(range_checked(np.linspace(first, last, count), dtype, "linspace"), requires_grad, device)


@makes_out
def logspace(
    start: complex | Tensor,
    end: complex | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make `steps` numbers from base^start to base^end, both included, each the same factor above the one before.

    They are computed in float64 and rounded once. `start` and `end` are numbers or 0-d tensors; `requires_grad` lets
    operations on the tensor be recorded; `device` is None or "cpu".

    Formula: out[i] = `base` to the power start + i · (end − start) / (steps − 1)
    Shapes: (steps).
    Dtypes: `dtype`, or for None the default float, or complex64 (complex128 if that is float64) for complex ends.
    Raises: as `ag.linspace` does.
    Source: NumPy's and PyTorch's `logspace`.

    >>> import autograd_core as ag
    >>> ag.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    first, last = (_number(v, "logspace") for v in (start, end))
    if dtype is None:
        is_complex = isinstance(first, complex) or isinstance(last, complex)
        dtype = np.promote_types(Default.dtype, np.complex64) if is_complex else Default.dtype
    wide = np.complex128 if np.dtype(dtype).kind == "c" else np.float64
    powers = np.power(base, linspace(first, last, steps, dtype=wide).array)
    return from_array(range_checked(powers, np.dtype(dtype), "logspace"), requires_grad, device)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: DTypeLike = np.int64, device: Device = None) -> Tensor:
    """Return the indices of the lower triangle of a matrix of `row` rows and `col` columns.

    The triangle includes the diagonal that is `offset` above the main one; `device` is None or "cpu".

    Formula: out = the columns (i, j) with j ≤ i + offset, row by row
    Shapes: (2, K), K the number of elements of the triangle.
    Dtypes: `dtype`, an integer one.
    Raises: ValueError for a negative size; TypeError for one that is no integer, for another dtype and another device;
        OverflowError if an index is outside of the dtype.
    Source: NumPy's `tril_indices`.

    >>> import autograd_core as ag
    >>> ag.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle("tril_indices", np.tril_indices, row, col, offset, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: DTypeLike = np.int64, device: Device = None) -> Tensor:
    """Return the indices of the upper triangle of a matrix of `row` rows and `col` columns.

    The triangle includes the diagonal that is `offset` above the main one; `device` is None or "cpu".

    Formula: out = the columns (i, j) with j ≥ i + offset, row by row
    Shapes: (2, K), K the number of elements of the triangle.
    Dtypes: `dtype`, an integer one.
    Raises: ValueError for a negative size; TypeError for one that is no integer, for another dtype and another device;
        OverflowError if an index is outside of the dtype.
    Source: NumPy's `triu_indices`.

    >>> import autograd_core as ag
    >>> ag.triu_indices(2, 2, 1)
    tensor([[0],
            [1]])
    """
    return _triangle("triu_indices", np.triu_indices, row, col, offset, dtype, device)


def _triangle(name: str, indices: Callable, row: Any, col: Any, offset: int, dtype: Any, device: Any) -> Tensor:
    row, col = checked_size((row, col), name)
    if np.dtype(dtype).kind not in "iu":
        raise TypeError(f"{name}: indices are integers, not {np.dtype(dtype)}; leave dtype out")
    return from_array(range_checked(np.stack(indices(row, offset, col)), np.dtype(dtype), name), False, device)


# ---------------------------------------------------------------------------------------------------------- like another


def zeros_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Make a tensor of zeros of the shape of `input`.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out = 0
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's.
    Raises: TypeError if input is no tensor or array, and for another device; RuntimeError for requires_grad with an
        integer dtype.
    Source: NumPy's `zeros_like`.

    >>> import autograd_core as ag
    >>> ag.zeros_like(ag.tensor([1, 2]))
    tensor([0, 0])
    """
    checked_format("zeros_like", memory_format)
    x = as_operand(input, "zeros_like")
    return for_each_example(x, x.shape, lambda s: from_array(np.zeros(s, dtype or x.dtype), requires_grad, device))


def ones_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Make a tensor of ones of the shape of `input`.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out = 1
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's.
    Raises: TypeError if input is no tensor or array, and for another device; RuntimeError for requires_grad with an
        integer dtype.
    Source: NumPy's `ones_like`.

    >>> import autograd_core as ag
    >>> ag.ones_like(ag.tensor([3.0, 4.0]))
    tensor([1., 1.])
    """
    checked_format("ones_like", memory_format)
    x = as_operand(input, "ones_like")
    return for_each_example(x, x.shape, lambda s: from_array(np.ones(s, dtype or x.dtype), requires_grad, device))


def empty_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Make a tensor of the shape of `input` without setting its values, which are whatever was in the memory.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: none; the values are undefined.
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's.
    Raises: TypeError if input is no tensor or array, and for another device; RuntimeError for requires_grad with an
        integer dtype.
    Source: NumPy's `empty_like`.

    >>> import autograd_core as ag
    >>> ag.empty_like(ag.zeros(2, 3)).shape
    (2, 3)
    """
    checked_format("empty_like", memory_format)
    x = as_operand(input, "empty_like")
    return for_each_example(x, x.shape, lambda s: from_array(np.empty(s, dtype or x.dtype), requires_grad, device))


def full_like(
    input: TensorLike,
    fill_value: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
    memory_format: MemoryFormat = None,
) -> Tensor:
    """Make a tensor of the shape of `input`, filled with one value.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu"; `memory_format` changes nothing.

    Formula: out = `fill_value`, a number or a 0-d tensor
    Shapes: (*) → (*).
    Dtypes: `dtype`, or for None the input's.
    Raises: ValueError for a fill_value of several numbers; TypeError if input is no tensor or array, for what is no
        number, and for another device; OverflowError for a number outside of an integer dtype; RuntimeError for
        requires_grad with an integer dtype.
    Source: NumPy's `full_like`.

    >>> import autograd_core as ag
    >>> ag.full_like(ag.zeros(2), 7)
    tensor([7., 7.])
    """
    checked_format("full_like", memory_format)
    x = as_operand(input, "full_like")
    value = _filling(fill_value, dtype or x.dtype, "full_like")
    return for_each_example(x, x.shape, lambda s: from_array(np.full(s, value, value.dtype), requires_grad, device))
