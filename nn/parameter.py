"""The tensors that a module registers: parameters, which an optimiser changes, and buffers; also before their shape is
known."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.engine.history import history
from autograd_core.engine.tensor import Tensor, as_array, get_default_dtype, wrap


class Parameter(Tensor):
    """Parameter(data, requires_grad=True): a leaf that shares memory with the tensor given (anything else is copied).

    Assigned to an attribute of a `Module` it becomes one of its parameters.

    >>> import autograd_core as ag
    >>> Parameter(ag.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True):
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
    """Buffer(data, persistent=True): a tensor that, assigned to an attribute of a `Module`, becomes one of its buffers:
    part of its state without being a parameter. It shares memory with the tensor given.

    persistent   whether it is in the state dict

    >>> from nn import Module
    >>> module = Module()
    >>> module.mean = Buffer([0.0, 0.0])
    >>> list(module.state_dict())
    ['mean']
    """

    __slots__ = ("persistent",)

    def __init__(self, data: Any = (), *, persistent: bool = True):
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
    """A `Parameter` whose shape is found at the first use of the lazy module it belongs to.

    >>> weight = UninitializedParameter()
    >>> weight
    <UninitializedParameter>
    >>> weight.materialize((2, 3))
    >>> type(weight).__name__, weight.shape
    ('Parameter', (2, 3))
    """

    __slots__ = ()
    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, dtype: Any = None) -> Any:
        t = Parameter(np.empty(0, get_default_dtype() if dtype is None else dtype), requires_grad)
        t.__class__ = cls
        return t

    def __init__(self, requires_grad: bool = True, dtype: Any = None):
        """All is done."""

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return type(self), (self.requires_grad, self.dtype)


class UninitializedBuffer(UninitializedTensorMixin, Buffer):  # type: ignore[misc, override]
    """A `Buffer` whose shape is found at the first use of the lazy module it belongs to."""

    __slots__ = ()
    cls_to_become = Buffer

    def __new__(cls, requires_grad: bool = False, dtype: Any = None, persistent: bool = True) -> Any:
        t = Buffer(np.empty(0, get_default_dtype() if dtype is None else dtype), persistent=persistent)
        t.requires_grad = requires_grad
        t.__class__ = cls
        return t

    def __init__(self, requires_grad: bool = False, dtype: Any = None, persistent: bool = True):
        """All is done."""

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return type(self), (self.requires_grad, self.dtype, self.persistent)


def is_lazy(x: Any) -> bool:
    """Whether x is a parameter or buffer without a shape yet."""
    return isinstance(x, UninitializedTensorMixin)
