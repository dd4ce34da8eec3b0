"""`StandIn`: a value that is no tensor, and that operations take where they take one.

A transform that wants to see what a function does, and not only what it returns, calls it with values of its own. Two are
in the library, `Batched` (all examples of a batch at once, in `vmap`) and the ONNX exporter's `Traced`, which takes down
what is done to it; tests/test_standin.py has a third, which counts multiplications. All that such a value must answer is
declared here. It inherits the methods and operators of a tensor (interface/bind.py puts them into this class), and these
end in `apply_primitive`: so a class that has `shape`, `dtype`, `value` and `apply_primitive` can be sent through a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn


class StandIn:
    """The base of what stands in for a tensor. A method that a transform does not define raises, unless it says otherwise."""

    __slots__ = ()
    __array_priority__ = 2000.0  # array + x is x's affair
    transform = "a transform"  # its name, in messages
    varies = "is not known here"  # what messages say of a value that an operation would have to know
    differentiated = True  # whether a gradient may be asked for of what is done to it

    # -------------------------------------------------------------------------------------------- what it looks like

    # The values that there are: an array, a tensor, or another stand-in. Operations look at them only for checks, such as
    # whether class indices are in range, and only at all of them, whatever the shape. Required.
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes that operations see. Required."""
        raise NotImplementedError(f"{type(self).__name__}: a StandIn needs a property `shape`, a tuple of integers")

    @property
    def dtype(self) -> Any:
        """The NumPy dtype that operations see. Required."""
        raise NotImplementedError(f"{type(self).__name__}: a StandIn needs a property `dtype`, NumPy's")

    @property
    def ndim(self) -> int:
        """The number of dimensions that operations see."""
        return len(self.shape)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient with respect to it may be asked for: False unless the transform knows."""
        return False

    def numel(self) -> int:
        """The number of elements that operations see."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """True: whatever its memory looks like, it behaves like an array in row-major order."""
        return True

    def look(self, what: str) -> None:
        """Called before an operation uses the values that there are for `what`, which is more than a check."""

    def detach(self) -> Any:
        """The same value without a history: itself, if it has none."""
        return self

    # ------------------------------------------------------------------------------------------ what the engine asks

    def apply_primitive(self, primitive: Any, inputs: tuple, params: tuple) -> Any:
        """Run a primitive on `inputs`, of which this is the first stand-in; the others are stand-ins, tensors, arrays,
        numbers or None. Required.

        `engine.primitive.apply` calls it before anything is computed. It returns what the operation returns: a value, or
        a tuple of them if `primitive.outputs`. On arrays, `apply(primitive, arrays, params)` computes and records
        nothing; `primitive.composition(*inputs, *params)`, where it is not None, does the same in smaller primitives.
        """
        raise NotImplementedError(f"{type(self).__name__}: a StandIn needs a method `apply_primitive`")

    def call_on_values(self, function: Callable, *operands: Any, as_one: tuple[Any, tuple] | None = None) -> Any:
        """Call `function(*operands)`, one of which is this value, for its results.

        Operations call it where they look at values to know what to do (a rank, the order of indices), so that `apply`
        alone does not see all. `function` takes operands with any number of leading dimensions. `as_one`, if there is
        one, is the operation as one primitive of the operands and its parameters, for a value that notes what is done.
        """
        raise NotImplementedError(f"{type(self).__name__}: an operation looks at values, which is not supported here")

    def call_function(self, function: type, args: tuple) -> Any:
        """Apply a user's `Function` to `args`, one of which is this value; called by `Function.apply`."""
        raise NotImplementedError(f"{type(self).__name__}: the Function '{function.__name__}' is not supported here")

    def create(self, size: tuple, make: Callable[[tuple], Any]) -> Any:
        """A new tensor "like" this value, by `make(size)`: called by `zeros_like`, `new_zeros` and their kin. A transform
        returns one of its own values instead if others like this one will be written into it."""
        return make(size)

    def write_in_place(self, function: Callable, args: tuple, kwargs: dict, name: str) -> Any:
        """Put the result of `function(self, *args, **kwargs)` in the place of this value and return it; `name` is what
        was called: `add_`, `__iadd__`, `index assignment`."""
        raise NotImplementedError(f"{name}: a {type(self).__name__} cannot be changed in place; make a new value")

    def index_into(self, x: Any, index: Any) -> Any:
        """x[index], where this value is (a part of) the index."""
        raise NotImplementedError(f"index: a {type(self).__name__} cannot be an index")

    def put_into(self, x: Any, index: Any, value: Any) -> None:
        """x[index] = value, where this value is (a part of) the index and x is no plain tensor."""
        raise NotImplementedError(f"index assignment: a {type(self).__name__} cannot be an index")

    # --------------------------------------------------------------------------------- where there is nothing to give

    def refuse_value(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: a number, a decision or an array was asked for, by `float(x)`, `if x`, `x.item()`, `np.asarray(x)`."""
        raise RuntimeError(f"{type(self).__name__}: the values are not known here; use ag.where instead of if")

    def refuse_draw(self, name: str) -> NoReturn:
        """Raise: what the random function `name` draws depends on this value."""
        self.refuse_value()

    def refuse_store(self, name: str, shape: tuple) -> NoReturn:
        """Raise: `name` would write this value into a plain tensor of that shape."""
        raise RuntimeError(
            f"{name}: a {type(self).__name__} cannot be stored in a tensor (shape {shape}); use the form that makes a new "
            "tensor, without the underscore"
        )

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse_value()

    __bool__ = __float__ = __int__ = __complex__ = __index__ = __array__ = __contains__ = _refuse
    item = tolist = numpy = _refuse
