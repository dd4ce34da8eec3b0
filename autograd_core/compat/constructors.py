"""PyTorch's classes of tensors, as they are called and asked for: `Tensor(2, 3)`, `isinstance(x, FloatTensor)`.

What they give are tensors of the core; the classes are doors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.creation import empty, on_cpu
from ..engine.tensor import Tensor as CoreTensor
from ..engine.tensor import as_array, get_default_dtype, wrap


class Door(type):
    """The class of classes that make tensors of the core, with PyTorch's old constructor, and that these belong to."""

    @property
    def dtype(cls) -> Any:  # so that NumPy takes a class for its dtype, as in x.type(torch.LongTensor)
        """The dtype of what it makes, None for the default one."""
        return vars(cls).get("elements")

    def __call__(cls, *data: Any, device: Any = None, **options: Any) -> Any:
        if not cls.is_door():
            return super().__call__(*data, **options)
        on_cpu(device, cls.__name__)
        if options:
            raise TypeError(
                f"{cls.__name__}: has no argument {', '.join(options)}; torch.tensor(…) has more than {cls.__name__}(…)"
            )
        return _construct(cls.__name__, np.dtype(cls.dtype or get_default_dtype()), data)

    def is_door(cls) -> bool:
        """Whether this is one of PyTorch's classes, not a user's own that derives from them."""
        return "elements" in vars(cls)

    def __instancecheck__(cls, x: Any) -> bool:
        if not cls.is_door():
            return super().__instancecheck__(x)
        return isinstance(x, CoreTensor) and cls.dtype in (None, x.dtype)

    def __subclasscheck__(cls, kind: type) -> bool:
        if cls.is_door() and cls.dtype is None:
            return issubclass(kind, CoreTensor)
        return super().__subclasscheck__(kind)

    def __eq__(cls, other: Any) -> bool:  # type(x) == torch.Tensor
        return cls is other or (other is CoreTensor and cls.is_door() and cls.dtype is None)

    def __hash__(cls) -> int:
        return hash(CoreTensor) if cls.is_door() and cls.dtype is None else type.__hash__(cls)


def _construct(name: str, dtype: np.dtype, data: tuple) -> CoreTensor:
    """PyTorch's old constructor: sizes make a tensor of that shape that is not filled, a sequence or an array its values."""
    if not data:
        return empty(0, dtype=dtype)
    if all(isinstance(n, int | np.integer) for n in data):
        return empty(*data, dtype=dtype)
    if len(data) > 1:
        raise TypeError(
            f"{name}: needs sizes, as in {name}(2, 3), or one sequence of values, got {len(data)} arguments"
        )
    (values,) = data
    if type(values) is not tuple and isinstance(values, tuple):  # a Size
        return empty(*values, dtype=dtype)
    if type(values) is tuple and values and all(type(n) is int for n in values):
        raise TypeError(
            f"{name}({values}): a tuple is values, and could be the sizes that x.size() gives; write "
            f"torch.tensor({list(values)}, dtype=…) for values, or torch.empty{values} for sizes"
        )
    if isinstance(values, CoreTensor):
        if values.dtype != dtype:
            raise TypeError(f"{name}: the tensor is {values.dtype} and must be {dtype}; use x.to(…)")
        return values.detach()
    if not isinstance(values, np.ndarray | list | tuple):
        raise TypeError(
            f"{name}: needs sizes or a sequence of values, got {values!r}; a tensor of one number is torch.tensor({values!r})"
        )
    return wrap(as_array(values, dtype, copy=True))


class Tensor(CoreTensor, metaclass=Door):
    """Makes tensors as PyTorch's class does: of sizes or of values, in the default dtype.

    Formula: Tensor(2, 3) is empty(2, 3), Tensor([1, 2]) is tensor([1., 2.])
    Shapes: the sizes, or that of the values.
    Dtypes: the default dtype; a tensor must have it.
    Raises: TypeError for a tuple of integers, which may be either, and for what is neither.
    Source: PyTorch's `torch.Tensor`.

    >>> import autograd_core.compat as torch
    >>> torch.Tensor(2, 3).shape == (2, 3), torch.Tensor([1, 2]), isinstance(torch.ones(2), torch.Tensor)
    (True, tensor([1., 2.]), True)
    """

    __slots__ = ()
    elements: Any = None


def _typed(name: str, dtype: Any) -> Any:
    doc = f"""Makes {np.dtype(dtype)} tensors of sizes or of values, as `Tensor` does.

    Formula: {name}(2, 3) is empty(2, 3, dtype={np.dtype(dtype)})
    Shapes: the sizes, or that of the values.
    Dtypes: {np.dtype(dtype)}.
    Raises: TypeError for a tuple of integers, which may be sizes or values, and for what is neither.
    Source: PyTorch's `torch.{name}`.
    """
    return Door(
        name, (CoreTensor,), {"__slots__": (), "__doc__": doc, "__module__": __name__, "elements": np.dtype(dtype)}
    )


FloatTensor = _typed("FloatTensor", np.float32)
DoubleTensor = _typed("DoubleTensor", np.float64)
HalfTensor = _typed("HalfTensor", np.float16)
LongTensor = _typed("LongTensor", np.int64)
IntTensor = _typed("IntTensor", np.int32)
ShortTensor = _typed("ShortTensor", np.int16)
CharTensor = _typed("CharTensor", np.int8)
ByteTensor = _typed("ByteTensor", np.uint8)
BoolTensor = _typed("BoolTensor", np.bool_)
