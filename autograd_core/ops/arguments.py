"""Reading the arguments of operations: dimensions, sizes, NumPy's names for them, operands as floating tensors."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy import ndarray

from ..engine.operands import operand, result_type, sizes_of
from ..engine.outputs import into
from ..engine.standin import StandIn
from ..engine.tensor import Tensor, conversion, describe, either_conversion

F = TypeVar("F", bound=Callable)


def numpy_names(function: F) -> F:
    """Let `function` take NumPy's `axis` and `keepdims` for PyTorch's `dim` and `keepdim`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return function(*args)
        for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
            if theirs in kwargs:
                if ours in kwargs:
                    raise TypeError(
                        f"{function.__name__}: got both {ours}={kwargs[ours]} and {theirs}={kwargs[theirs]}; they mean "
                        "the same, give one"
                    )
                kwargs[ours] = kwargs.pop(theirs)
        if "out" in kwargs and call.reads_out:  # type: ignore[attr-defined]
            out = kwargs.pop("out")
            if out is not None:
                return into(out, function.__name__, function, *args, **kwargs)
        return function(*args, **kwargs)

    call.takes_axis = True  # type: ignore[attr-defined]  # for tests/stubs.py
    call.reads_out = False  # type: ignore[attr-defined]  # see engine/outputs.py
    return call  # type: ignore[return-value]


def variadic(keyword: str) -> Callable[[F], F]:
    """Let `function(input, sizes)` take its integers one by one, as one sequence, or by their keyword."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(input: Any, *args: Any, **kwargs: Any) -> Any:
            if keyword in kwargs:
                args = (*args, kwargs.pop(keyword))
            return function(input, sizes_of(args, function.__name__), **kwargs)

        call.sizes = keyword  # type: ignore[attr-defined]  # for tests/stubs.py
        return call  # type: ignore[return-value]

    return decorate


def array_operand(x: Any, name: str) -> Any:
    """`x` as a tensor or an array: NumPy's scalars, which arrays without dimensions turn into, become arrays again."""
    if isinstance(x, np.generic):
        return np.asarray(x)
    x = operand(x, name)
    return x if hasattr(x, "dtype") else np.asarray(x, result_type(x))


def shaped(x: Any, name: str) -> Any:
    """`x` itself if it has a shape; a number as an array. Where only shapes matter, cheaper than `array_operand`."""
    return x if hasattr(x, "shape") else array_operand(x, name)


def integer(value: Any, name: str, what: str) -> int:
    """`value` as an int, or a TypeError that names the argument."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {what} must be an int, got {type(value).__name__} {value!r}") from None


SEQUENCES = (list, tuple)  # `list | tuple` in a function would be built anew at every call


def dim_index(dim: Any, ndim: int, name: str) -> int:
    """`dim` counted from the front. A 0-d tensor has, as in PyTorch, the dims 0 and -1."""
    try:
        dim = operator.index(dim)
    except TypeError:
        raise TypeError(f"{name}: dim must be an int, got {type(dim).__name__} {dim!r}") from None
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise IndexError(
            f"{name}: dim {dim} is out of range for {ndim} dimensions; give one from {-bound} to {bound - 1}"
        )
    return dim % bound


def dim_indices(dim: Any, ndim: int, name: str) -> tuple[int, ...]:
    """`dim` as a tuple of distinct dims counted from the front; None means all."""
    if dim is None:
        return tuple(range(ndim))
    if not isinstance(dim, SEQUENCES):
        at = dim_index(dim, ndim, name)
        return (at,) if ndim else ()
    dims = tuple([dim_index(d, ndim, name) for d in dim])
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {dim} names a dimension twice (there are {ndim})")
    return dims if ndim else ()


Sizes = tuple[int, ...]


SPACE = {1: "L", 2: "H, W", 3: "D, H, W"}


FLOATS = ({np.dtype(np.float32)}, {np.dtype(np.float64)})


def per_dim(value: Any, dims: int, name: str, what: str, least: int) -> Sizes:
    """An argument that is one int for all spatial dimensions, or one for each."""
    entries = tuple(value) if isinstance(value, list | tuple) else (value,) * dims
    if len(entries) == 1:
        entries *= dims
    try:
        sizes = tuple(operator.index(v) for v in entries)
    except TypeError:
        raise TypeError(f"{name}: {what} must be an int or {dims} of them, got {value!r}") from None
    if len(sizes) != dims:
        raise ValueError(f"{name}: {what} is {value}, but needs one int, or {dims} (for {SPACE[dims]})")
    if any(v < least for v in sizes):
        raise ValueError(f"{name}: {what} is {value}, but must be at least {least}")
    return sizes


def floating(name: str, **operands: Any) -> tuple:
    """The operands, of one dtype, float32 or float64; None stays None."""
    values = tuple(operands.values())
    if {x.array.dtype if type(x) is Tensor else None for x in values if x is not None} in FLOATS:
        return values  # what nearly always comes
    xs: dict[str, Any] = {what: x if x is None else operand(x, name) for what, x in operands.items()}
    first = next(iter(xs))
    for what, x in xs.items():
        if x is None:
            continue
        if not hasattr(x, "dtype"):
            raise TypeError(f"{name}: {what} must be a tensor or an array, got {describe(x)}")
        if x.dtype.name not in ("float32", "float64"):
            way = conversion(what, x, "float32")
            raise TypeError(f"{name}: {what} is {x.dtype}, but must be float32 or float64; pass {way}")
        if x.dtype != xs[first].dtype:
            raise TypeError(
                f"{name}: {first} is {xs[first].dtype} and {what} {x.dtype}; "
                f"{either_conversion(first, xs[first], x.dtype)}"
            )
    return tuple(xs.values())


def transformed(*xs: Any) -> bool:
    """Whether any of them stands for many values inside a transform such as vmap, so that it cannot be looked at."""
    unusual = [x for x in xs if type(x) is not Tensor and type(x) is not ndarray]  # seldom any: losses are hot
    return bool(unusual) and any(isinstance(x, StandIn) for x in unusual)


def values(x: Any) -> ndarray:
    """The array of values, inside a transform those of all examples: for checks only."""
    while type(x) is not ndarray:
        if isinstance(x, Tensor):
            return x.array
        if not isinstance(x, StandIn):
            return np.asarray(x)
        x = x.value
    return x


def plain(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else x


def recorded(x: Any) -> bool:
    """Whether a gradient by x may be wanted (always, of a transform's stand-in)."""
    return x.requires_grad if isinstance(x, Tensor) else not isinstance(x, ndarray)
