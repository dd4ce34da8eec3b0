"""What the rules for NumPy's functions share: the table, operands made into tensors, and what is refused.

A rule is an ordinary function with the parameters of the NumPy function it stands for, written with the differentiable
functions of this package; `@rule("name", …)` puts it into the table under NumPy's name for it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...engine.operands import is_traced, operand
from ...engine.tensor import wrap
from ..table import FUNCTIONS, NUMPY

f: Any = SimpleNamespace(**FUNCTIONS)  # our functions by name, PyTorch's semantics
NoValue: Any = np._NoValue  # what NumPy passes for an argument that was not given
TABLE: dict[str, Callable] = {}


def rule(*names: str) -> Callable[[Callable], Callable]:
    """Register a rule under NumPy's name(s), such as "sum" or "linalg.norm"; `out` is refused before it runs."""

    def register(function: Callable) -> Callable:
        kinds = {name: p.kind for name, p in inspect.signature(function).parameters.items()}
        place = list(kinds).index("out") if kinds.get("out") is inspect.Parameter.POSITIONAL_OR_KEYWORD else None

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            refuse_out(names[0], (kwargs.get("out"), args[place] if place is not None and len(args) > place else None))
            return function(*args, **kwargs)

        for name in names:
            TABLE[name] = checked
        return checked

    return register


def refuse_out(name: str, out: Any) -> None:
    """Raise if any of `out` (None, an array or a tuple of them) is given."""
    given = out if isinstance(out, tuple) else (out,)
    if any(o is not None for item in given for o in (item if isinstance(item, tuple) else (item,))):
        raise TypeError(
            f"np.{name}: out= would overwrite an array behind the graph's back; assign the result, or use the method "
            "with an underscore (x.add_(y)), which is recorded"
        )


def no_rule(name: str, module: str = "np") -> TypeError:
    what = f"{module}.{name}" if module else f"the ufunc {name}"
    return TypeError(
        f"{what} has no rule for tensors, so its gradient would be lost; write it with functions that have one, or leave "
        "the graph on purpose with x.numpy()"
    )


def refuse(name: str, **options: Any) -> None:
    """Raise a TypeError if an option that is not supported on tensors is given."""
    given = {key: value for key, value in options.items() if value is not None and value is not NoValue}
    if given:
        shown = ", ".join(f"{key}={value!r}" for key, value in given.items())
        raise TypeError(f"np.{name}: {shown} is not supported on tensors; leave it out, or use x.numpy()")


# ------------------------------------------------------------------------------------------------------------ operands


def as_tensor(x: Any) -> Any:
    """An operand as a tensor; of a list that holds tensors, their recorded stack."""
    if is_traced(x):
        return x
    if isinstance(x, list | tuple):
        if _holds_tensor(x):
            return f.stack([as_tensor(item) for item in x])
        x = np.asarray(x)
    return wrap(np.asarray(operand(x, "np")))


def _holds_tensor(x: Any) -> bool:
    return any(_holds_tensor(item) if isinstance(item, list | tuple) else is_traced(item) for item in x)


def typed(x: Any, dtype: Any) -> Any:
    """The operand as a tensor of the given dtype, None meaning its own."""
    x = as_tensor(x)
    return x if dtype is None else x.to(np.dtype(dtype))


def floating(x: Any) -> Any:
    """The operand as a tensor, integers as the default float: where NumPy too computes in floats."""
    x = as_tensor(x)
    return x if x.dtype.kind in "fc" else x.float()


def bare(x: Any) -> Any:
    """The values of all tensors in an argument, without their histories: for what has no derivative."""
    if isinstance(x, list | tuple):
        return type(x)(bare(item) for item in x)
    return x.array if is_traced(x) else x


def value(x: Any) -> Any:
    """The operand as an array without history."""
    return np.asarray(bare(x))


def wrapped(result: Any) -> Any:
    """Arrays and NumPy scalars as tensors without a history; tuples and lists item by item."""
    if isinstance(result, list | tuple):
        items = [wrapped(item) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    return wrap(np.asarray(result)) if isinstance(result, np.ndarray | np.generic) else result


def or_default(x: Any, default: Any) -> Any:
    """`x`, or the default for NumPy's "no value"."""
    return default if x is NoValue else x


def axis_index(axis: Any, ndim: int, name: str) -> int:
    """`axis` counted from the front, or NumPy's AxisError."""
    return np.lib.array_utils.normalize_axis_index(int(axis), ndim, f"np.{name}")


def axis_tuple(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """`axis` (None: all, a number or several) as numbers counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(np.lib.array_utils.normalize_axis_tuple(axis, ndim, f"np.{name}"))


def flat(x: Any) -> Any:
    """The tensor as a vector."""
    return f.reshape(x, (-1,))


def flat_if(x: Any, axis: Any) -> tuple[Any, int]:
    """The tensor and the axis, or, where `axis` is None, the tensor as a vector and 0: NumPy's flattening."""
    if axis is None:
        return flat(x), 0
    return x, axis_index(axis, x.ndim, "axis")


def cut(x: Any, axis: int, *bounds: Any) -> Any:
    """x[…, slice(*bounds), …] along one axis."""
    return x[(slice(None),) * axis + (slice(*bounds),)]


def pick(x: Any, axis: int, indices: Any) -> Any:
    """x[…, indices, …] along one axis; an index array of any shape."""
    return x[(slice(None),) * axis + (np.asarray(indices),)]


# ---------------------------------------------------------------------------------- functions of the operands alone


def _of_operands(name: str, function: Callable) -> None:
    """The rule of a function of NumPy's whose arguments are the operands of ours, in their order."""
    taken = inspect.signature(getattr(np, name))

    @rule(name)
    def of_operands(*args: Any, **kwargs: Any) -> Any:
        return function(*map(as_tensor, taken.bind(*args, **kwargs).args))


for _name, _function in NUMPY.items():
    if not isinstance(getattr(np, _name), np.ufunc):
        _of_operands(_name, _function)
