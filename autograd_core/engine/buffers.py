"""Tensors on memory that exists, or whose layout is chosen: `asarray`, `frombuffer`, `empty_strided`; and of one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import creation
from .operands import sizes_of
from .outputs import makes_out
from .tensor import Default, Tensor, as_array, describe, range_checked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from .types import Device


def asarray(
    obj: ArrayLike | Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return `obj`, a tensor, an array, a buffer or nested sequences, as a tensor on the same memory where that is possible.

    `copy` True always copies, False raises where it would have to be copied. `requires_grad` None keeps the history of a
    tensor, False leaves it, True makes what has none a leaf that requires a gradient; `device` is None or "cpu".

    Formula: out[i, j, …] = obj[i][j]…
    Shapes: as of `ag.tensor`.
    Dtypes: `dtype`, or for None as of `ag.tensor`; of a buffer the default float.
    Raises: as `ag.tensor` does; ValueError if copy is False and the memory cannot be shared.
    Source: PyTorch's `asarray`.

    >>> import numpy as np
    >>> import autograd_core as ag
    >>> array = np.zeros(2)
    >>> ag.asarray(array)[0] = 1.0
    >>> array
    array([1., 0.])
    """
    creation.on_cpu(device, "asarray")
    source: Any = obj
    if isinstance(obj, bytes | bytearray | memoryview):
        source = np.frombuffer(obj, Default.dtype if dtype is None else np.dtype(dtype))
    t = creation.as_tensor(source, dtype)
    memory = source.array if isinstance(source, Tensor) else source
    shared = isinstance(memory, np.ndarray) and np.may_share_memory(t.array, memory)
    if copy is False and not shared:
        raise ValueError(f"asarray: copy=False, but {describe(obj)} cannot become such a tensor without a copy")
    if copy and shared:
        t = t.clone()
    if requires_grad is None or t.requires_grad == requires_grad:
        return t
    t = t.detach()
    if requires_grad:
        t.requires_grad = True
    return t


def frombuffer(
    buffer: Any, *, dtype: DTypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a vector on the memory of a `buffer`, such as a bytearray: a change to one is a change to the other.

    It has `count` elements, for a negative number all there are, from the byte `offset` on; `requires_grad` lets operations
    on it be recorded. Memory that cannot be written, such as that of bytes, is shared as well, and writing raises.

    Formula: out[i] = the i-th number of `dtype` after `offset` bytes
    Shapes: (count).
    Dtypes: dtype.
    Raises: ValueError if the bytes are too few or no whole number of elements; TypeError for what is no buffer;
        RuntimeError for requires_grad with an integer dtype.
    Source: NumPy's and PyTorch's `frombuffer`.

    >>> import autograd_core as ag
    >>> ag.frombuffer(bytearray([1, 0, 2, 0]), dtype=ag.int16)
    tensor([1, 2], dtype=int16)
    """
    try:
        array = np.frombuffer(buffer, np.dtype(dtype), -1 if count < 0 else count, offset)
    except ValueError as error:
        raise ValueError(f"frombuffer: {error} (dtype {np.dtype(dtype)}, count {count}, offset {offset})") from None
    except (TypeError, AttributeError):
        raise TypeError(f"frombuffer: needs a buffer such as a bytearray, got {describe(buffer)}") from None
    return creation.from_array(as_array(array), requires_grad)


def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a tensor of the given `size` whose elements lie `stride` apart in memory; its values are not set.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: the element (i, j, …) lies i · stride[0] + j · stride[1] + … elements after the first
    Shapes: size.
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError for a negative size or stride, or a different number of them; TypeError for one that is no integer,
        and for another device; RuntimeError for requires_grad with an integer dtype.
    Source: PyTorch's `empty_strided`.

    >>> import autograd_core as ag
    >>> ag.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    sizes = creation.checked_size((size,), "empty_strided")
    steps = sizes_of((stride,), "empty_strided")
    if len(steps) != len(sizes) or any(step < 0 for step in steps):
        raise ValueError(f"empty_strided: needs a stride of at least 0 for each of the sizes {sizes}, got {steps}")
    kind = np.dtype(Default.dtype if dtype is None else dtype)
    span = 0 if 0 in sizes else 1 + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    memory = np.empty(span, kind)
    array = np.lib.stride_tricks.as_strided(memory, sizes, [step * kind.itemsize for step in steps])
    return creation.from_array(array, requires_grad, device)


def scalar_tensor(
    s: complex, *, dtype: DTypeLike | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Make a 0-d tensor of the number `s`.

    `requires_grad` lets operations on it be recorded; `device` is None or "cpu".

    Formula: out = s
    Shapes: () → ().
    Dtypes: `dtype`, or for None the default float, also of integers; of complex numbers its complex dtype.
    Raises: as `ag.full` does.
    Source: PyTorch's `scalar_tensor`.

    >>> import autograd_core as ag
    >>> ag.scalar_tensor(3)
    tensor(3.)
    """
    if dtype is None:
        dtype = np.promote_types(Default.dtype, np.complex64) if isinstance(s, complex) else Default.dtype
    return creation.full((), s, dtype=dtype, requires_grad=requires_grad, device=device)


@makes_out
def range(
    start: float | Tensor = 0,
    end: float | Tensor | None = None,
    step: float | Tensor = 1,
    *,
    out: Tensor | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Device = None,
) -> Tensor:
    """Make a range of numbers that includes its end; with one number, as in range(3), from 0.

    It is PyTorch's older form of `ag.arange`, which ends below `end` as Python's ranges do. `requires_grad` lets operations
    on the tensor be recorded; `device` is None or "cpu". `from autograd_core import *` leaves it out.

    Formula: out[i] = `start` + i · `step`, as long as that is at most (for a negative step at least) `end`
    Shapes: (⌊(end − start) / step⌋ + 1).
    Dtypes: `dtype`, or for None the default float.
    Raises: ValueError if step does not lead from start to end; TypeError for another device; OverflowError for a number
        outside of an integer dtype.
    Source: PyTorch's `torch.range`.

    >>> import autograd_core as ag
    >>> ag.range(1, 3)
    tensor([1., 2., 3.])
    """
    first, last, by = (float(v) for v in ((0, start, step) if end is None else (start, end, step)))
    if by == 0 or (last - first) * by < 0 or not np.isfinite([first, last, by]).all():
        raise ValueError(f"range: step {by:g} does not lead from {first:g} to {last:g}")
    values = first + by * np.arange(np.floor((last - first) / by) + 1)
    return creation.from_array(range_checked(values, np.dtype(dtype or Default.dtype), "range"), requires_grad, device)
