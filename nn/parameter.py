"""The tensors that a module registers: parameters, which an optimiser changes, and buffers; also before their shape is
known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.history import history
from autograd_core.engine.tensor import Tensor, as_array, get_default_dtype, wrap
from autograd_core.engine.types import Device, TensorLike


class Parameter(Tensor):
    """Holds a tensor that is to be learnt; assigned to an attribute of a `Module` it becomes one of its parameters.

    It is a leaf that shares memory with `data`, if that is a tensor; a list, a number or an array is copied. Without
    requires_grad it is a parameter that no gradient changes.

    Formula: parameter = data
    Shapes: that of data; () for a number, (0,) without data.
    Dtypes: that of data; a list of Python numbers gets the default float or int64.
    Raises: RuntimeError if it shall require a gradient and is not of a floating dtype; TypeError for what is no array.
    Source: PyTorch's `nn.Parameter`.

    >>> import nn, autograd_core as ag
    >>> nn.Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: TensorLike | Sequence[Any] = (), requires_grad: bool = True):
        self.array = data.array if isinstance(data, Tensor) else as_array(data, copy=True)
        self.node = self.origin = self._grad = None
        if requires_grad:
            self.requires_grad = True

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def is_computed(x: Tensor) -> bool:
    """Whether a recorded operation computed x, so that it cannot be a parameter."""
    return history(x) is not None and not x.is_leaf


class Buffer(Tensor):
    """Holds a tensor that is part of a module's state without being a parameter, such as a running mean.

    Assigned to an attribute of a `Module` it becomes one of its buffers. It shares memory with `data`, if that is a tensor;
    a list, a number or an array is copied. persistent: whether it is in the state dict.

    Formula: buffer = data
    Shapes: that of data; () for a number, (0,) without data.
    Dtypes: that of data; a list of Python numbers gets the default float or int64.
    Raises: TypeError for what is no array.
    Source: PyTorch's `nn.Buffer`.

    >>> import nn
    >>> module = nn.Module()
    >>> module.mean = nn.Buffer([0.0, 0.0])
    >>> list(module.state_dict())
    ['mean']
    """

    __slots__ = ("persistent",)

    def __init__(self, data: TensorLike | Sequence[Any] = (), *, persistent: bool = True):
        self.array = data.array if isinstance(data, Tensor) else as_array(data, copy=True)
        self.node = self.origin = self._grad = None
        self.persistent = persistent
        if isinstance(data, Tensor) and data.requires_grad:
            self.requires_grad = True

    def __reduce_ex__(self, protocol: Any) -> tuple:
        build, args = super().__reduce_ex__(protocol)[:2]
        return _rebuild_buffer, (build, args, self.persistent)

    def __deepcopy__(self, memo: dict) -> Buffer:
        memo[id(self)] = copy = Buffer(self.array.copy(), persistent=self.persistent)
        copy.requires_grad = self.requires_grad
        return copy


def _rebuild_buffer(build: Any, args: tuple, persistent: bool) -> Buffer:
    t = build(*args)
    t.persistent = persistent
    return t


# ------------------------------------------------------------------------------------------------- without a shape yet

values: Any = Tensor.__dict__["array"]  # the slot of the values, which the classes below hide


class UninitializedTensorMixin:
    """A parameter or buffer whose shape is not known yet. It has a dtype and no values: whatever asks for them raises.

    `materialize` makes it what it stands for, in place, so that an optimiser or another module that holds it keeps it.
    """

    __slots__ = ()

    cls_to_become: type
    __reduce_ex__: Any
    _repr_html_ = None  # there are no values to show; a notebook takes the text

    @property
    def array(self) -> Any:
        raise ValueError(
            f"an {type(self).__name__} has no values and no shape yet; call the module with an example first, or "
            "materialize(shape)"
        )

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            f"an {type(self).__name__} has no shape yet; call the module with an example first, or materialize(shape)"
        )

    @property
    def dtype(self) -> Any:
        return values.__get__(self).dtype

    @property
    def data(self) -> Tensor:
        """An empty tensor of the dtype. Assigning one changes the dtype."""
        return wrap(values.__get__(self))

    @data.setter
    def data(self, value: Tensor) -> None:
        values.__set__(self, np.empty(0, value.dtype))

    def materialize(self, shape: Any, dtype: Any = None) -> None:
        """Become a parameter (or buffer) of this shape, with values that are still to be set."""
        array = np.empty(shape, self.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become
        self.data = wrap(array)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict) -> Any:
        build, args = self.__reduce_ex__(4)
        memo[id(self)] = copy = build(*args)
        return copy


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc, override]
    """Holds the place of a `Parameter` whose shape is found at the first use of the lazy module it belongs to.

    requires_grad and dtype (None: the default float) are those of the parameter to come; device is None or "cpu".

    Formula: none; `materialize(shape)` makes it a `Parameter` of this shape, in place, with values that are still to be set
    Shapes: none yet.
    Dtypes: any floating dtype.
    Raises: TypeError for another device; ValueError when its values, RuntimeError when its shape are asked for.
    Source: PyTorch's `nn.parameter.UninitializedParameter`.

    >>> import nn
    >>> weight = nn.UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> type(weight).__name__, weight.shape
    ('Parameter', (2, 3))
    """

    __slots__ = ()
    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Device = None, dtype: DTypeLike | None = None) -> Any:
        on_cpu(device, cls.__name__)
        t = Parameter(np.empty(0, get_default_dtype() if dtype is None else dtype), requires_grad)
        t.__class__ = cls
        return t

    def __init__(self, requires_grad: bool = True, device: Device = None, dtype: DTypeLike | None = None):
        """`__new__` has done all."""

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return type(self), (self.requires_grad, None, self.dtype)


class UninitializedBuffer(UninitializedTensorMixin, Buffer):  # type: ignore[misc, override]
    """Holds the place of a `Buffer` whose shape is found at the first use of the lazy module it belongs to.

    requires_grad, dtype (None: the default float) and persistent are those of the buffer to come; device is None or "cpu".

    Formula: none; `materialize(shape)` makes it a `Buffer` of this shape, in place, with values that are still to be set
    Shapes: none yet.
    Dtypes: any.
    Raises: TypeError for another device; ValueError when its values, RuntimeError when its shape are asked for.
    Source: PyTorch's `nn.parameter.UninitializedBuffer`.

    >>> import nn
    >>> mean = nn.UninitializedBuffer()
    >>> mean.materialize(3)
    >>> type(mean).__name__, mean.shape
    ('Buffer', (3,))
    """

    __slots__ = ()
    cls_to_become = Buffer

    def __new__(
        cls, requires_grad: bool = False, device: Device = None, dtype: DTypeLike | None = None, persistent: bool = True
    ) -> Any:
        on_cpu(device, cls.__name__)
        t = Buffer(np.empty(0, get_default_dtype() if dtype is None else dtype), persistent=persistent)
        t.requires_grad = requires_grad
        t.__class__ = cls
        return t

    def __init__(
        self,
        requires_grad: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
        persistent: bool = True,
    ):
        """`__new__` has done all."""

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return type(self), (self.requires_grad, None, self.dtype, self.persistent)


def is_lazy(x: Any) -> bool:
    """Whether x is a parameter or buffer without a shape yet."""
    return isinstance(x, UninitializedTensorMixin)
