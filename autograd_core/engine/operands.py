"""What an operation takes: tensors, arrays, numbers, stand-ins; and the dtype that they have in common."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .docstrings import of_elements
from .primitive import Primitive, apply
from .standin import StandIn
from .tensor import Default, Tensor, describe, kind_rank
from .types import A, TensorLike

cast = Primitive(
    lambda x, source, dtype: x.astype(dtype),
    name="to",
    vjps=(lambda g, source, dtype: convert(g, source),),
)


def convert(x: Any, dtype: Any) -> Any:
    """`x` as `dtype`: itself if it is that already, otherwise a recorded conversion whose gradient is converted back.

    Complex to real keeps the real part, the adjoint of real to complex. Integers have no gradient.
    """
    dtype = np.dtype(dtype)
    if x.dtype == dtype:
        return x
    if x.dtype.kind == "c" and dtype.kind == "f":
        x = real(x)
    if dtype.kind not in "fc" and isinstance(x, Tensor):
        x = x.detach()
    return apply(cast, (x,), (x.dtype, dtype))


DTYPES = (np.dtype, type)  # a tuple: `A | B` in a function would be built anew at every call


def to_dtype(dtype: Any, device: Any = None) -> np.dtype | None:
    """The dtype that `.to(dtype)`, `.to(tensor)`, `.to(device)` or `.to(device, dtype)` asks for: None for the present one.

    Raises TypeError for any device but "cpu".
    """
    if isinstance(dtype, Tensor):
        dtype = dtype.dtype
    if isinstance(dtype, DTYPES):
        if device is None:
            return np.dtype(dtype)  # what nearly always comes
    elif str(dtype) == "cpu":
        dtype, device = device, dtype
    try:
        target = None if dtype is None else np.dtype(dtype)
    except TypeError:
        raise _no_dtype(dtype) from None
    if str(device) != "cpu" and (target is None or device is not None):
        raise _no_dtype(device)
    return target


def _no_dtype(what: Any) -> TypeError:
    return TypeError(
        f"to: needs a dtype or a tensor that has it, got {what!r}. There are no devices: all tensors are in main memory, so "
        "leave out .to(device)"
    )


def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The common dtype of two arrays. As in PyTorch, an integer array never widens a floating one."""
    if a == b:
        return a
    if a.kind in "fc" and b.kind in "biu":
        return a
    if b.kind in "fc" and a.kind in "biu":
        return b
    return np.promote_types(a, b)


def result_type(*operands: TensorLike) -> np.dtype:
    """Return the dtype of an operation on the `operands`: arrays decide, then 0-d arrays, then numbers.

    A later group only matters if its category (bool < integer < float < complex) is higher than that of the earlier.

    Formula: the promotion of the dtypes of each group, and of a later group of a higher category
    Shapes: any.
    Dtypes: of Python numbers bool, int64, the default float and its complex dtype.
    Raises: ValueError without operands; TypeError for what is no tensor, array or number.
    Source: PyTorch's `result_type`, of any number of operands.

    >>> import autograd_core as ag
    >>> ag.result_type(ag.tensor([1, 2]), 0.5), ag.result_type(ag.tensor([1, 2], dtype=ag.int8), 300)
    (dtype('float32'), dtype('int8'))
    """
    groups: list[np.dtype | None] = [None, None, None]
    for x in operands:
        if isinstance(x, NUMBERS):
            kind = type(x) if type(x) in _scalar_dtypes else next(k for k in _scalar_dtypes if isinstance(x, k))
            group, dtype = 2, _scalar_dtypes[kind]()
        else:
            try:
                group, dtype = (0 if x.ndim else 1), x.dtype
            except AttributeError:
                raise TypeError(f"result_type: needs tensors, arrays or numbers, got {_way_to_a_tensor(x)}") from None
        before = groups[group]
        groups[group] = dtype if before is None else promote_types(before, dtype)
    result = None
    for common in groups:
        if common is None:
            continue
        if result is None:
            result = common
        elif kind_rank(common) > kind_rank(result):
            if common.kind == "c" and result.kind == "f":
                common = np.promote_types(result, np.complex64)
            result = common
    if result is None:
        raise ValueError("result_type: needs at least one operand, got none")
    return result


_scalar_dtypes: dict[type, Callable[[], np.dtype]] = {
    bool: lambda: np.dtype(bool),
    int: lambda: np.dtype(np.int64),
    float: lambda: Default.dtype,
    complex: lambda: np.promote_types(Default.dtype, np.complex64),
}


NUMBERS = (bool, int, float, complex)  # tuples: `A | B` in a function would be built anew at every call


OPERANDS = (Tensor, ndarray, *NUMBERS, StandIn)


OPERANDS_AND_SCALARS = (*OPERANDS, np.generic)


TRACED = (Tensor, StandIn)


def operand(x: Any, name: str) -> Any:
    """`x` as an operation takes it (a tensor, an array or a Python number), or a TypeError that names the operation."""
    if isinstance(x, OPERANDS):
        if isinstance(x, np.generic):  # np.float64 is a Python float too
            return x.item()
        if isinstance(x, ndarray) and x.dtype.kind not in "fiubc":
            raise TypeError(f"{name}: an array of {x.dtype} holds no numbers")
        return x
    if isinstance(x, np.generic):
        return x.item()
    raise TypeError(f"{name}: needs tensors, arrays or numbers, got {_way_to_a_tensor(x)}")


def _way_to_a_tensor(x: Any) -> str:
    """What x is, and how to make a tensor of it."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return f"{type(x).__name__}({', '.join(x._fields)}); take one of them, as in result.{x._fields[0]}"
    if isinstance(x, tuple | list) and any(is_traced(item) for item in x):
        if isinstance(x, list):
            return f"a list of {len(x)} with tensors in it; join them with ag.stack(…) or ag.cat(…)"
        return (
            f"a tuple of {len(x)}, such as a recurrent layer returns; unpack it first, as in output, _ = lstm(x), or join "
            "tensors with ag.stack(…)"
        )
    return f"{describe(x)}; make it a tensor with ag.tensor(…)"


def not_an_operand(x: Any, name: str) -> Any:
    """For an operator whose other operand is not ours: NotImplemented, so that x's own class is asked, or a TypeError for
    a tuple or list of tensors, which has no arithmetic but would be said to be 'unsupported'."""
    if type(x) in (tuple, list) and is_traced(*x):
        operand(x, name)
    return NotImplemented


def parts_to_take(*kinds: type) -> None:
    """Let named results such as (values, indices) say, where one is used like a tensor, which part to take.

    They are tuples, which would be repeated by `* 2` and be unequal to any number. They show the name of their function,
    class TopK as topk(…), and are pickled by that of their class.
    """
    arithmetic = "add sub mul truediv floordiv mod pow matmul".split()
    names = [
        f"__{r}{name}__" for name in arithmetic for r in ("", "r")
    ] + "__lt__ __le__ __gt__ __ge__ __eq__ __ne__".split()
    for kind in kinds:
        kind.__name__ = kind.__name__.lower()
        for name in [*names, "__neg__", "__abs__"]:
            setattr(kind, name, _refusing(kind, getattr(tuple, name, None)))
        kind.__getattr__ = _no_attribute  # type: ignore[attr-defined]


def _refusing(kind: Any, of_tuples: Callable | None) -> Callable:
    def method(self: Any, *others: Any) -> Any:
        if others and not is_operand(others[0]):
            return NotImplemented if of_tuples is None else of_tuples(self, *others)
        first, *rest = kind._fields
        raise TypeError(
            f"{kind.__name__} gives ({first}, {', '.join(rest)}), not one tensor; take the part that is meant, as in "
            f"result.{first}"
        )

    return method


def _no_attribute(self: Any, name: str) -> Any:
    hint = f"; it is ({', '.join(self._fields)}), take result.{self._fields[0]}.{name}" if hasattr(Tensor, name) else ""
    raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'{hint}")


def is_traced(*xs: Any) -> bool:
    """Whether any operand is a tensor or a transform's stand-in for one, so that the result is one too."""
    return any(isinstance(x, TRACED) for x in xs)


def stand_in(*xs: Any) -> StandIn | None:
    """The first operand that a transform put in the place of a tensor, or None."""
    return next((x for x in xs if isinstance(x, StandIn)), None)


def unified(name: str, *xs: Any, floating: bool = False) -> tuple:
    """The operands converted to their common dtype (at least the default float if `floating`); numbers stay numbers."""
    given, xs = xs, tuple(operand(x, name) for x in xs)
    if not is_traced(*xs):
        return given  # NumPy's scalars keep their dtype: a rule may run on them
    dtype = result_type(*xs)
    if floating and dtype.kind not in "fc":
        dtype = Default.dtype
    return tuple(_number(x, dtype) if not hasattr(x, "dtype") else _converted(x, dtype) for x in xs)


def _converted(x: Any, dtype: np.dtype) -> Any:
    if x.dtype == dtype:
        return x
    return x.astype(dtype) if isinstance(x, ndarray) else convert(x, dtype)


def _number(x: Any, dtype: np.dtype) -> Any:
    """A Python number of the category of `dtype`, so that NumPy sees a weak scalar of the right kind."""
    if dtype.kind in "fc" and isinstance(x, bool | int):
        return float(x)
    if dtype.kind in "iu" and isinstance(x, bool | int):
        limits = np.iinfo(dtype)
        return int(x) if limits.min <= x <= limits.max else np.asarray(x).astype(dtype)  # wraps around, as in PyTorch
    return x


def is_operand(x: Any) -> bool:
    """Whether operators take `x`; others are left to their own class's reflected operator."""
    return isinstance(x, OPERANDS_AND_SCALARS)


def shape_error(name: str, *xs: Any) -> ValueError:
    shapes = " and ".join(str(tuple(np.shape(x))) for x in xs)
    return ValueError(
        f"{name}: shapes {shapes} do not broadcast; counted from the last, each dimension must be equal or 1"
    )


def apply_broadcast(primitive: Primitive, operands: tuple, params: tuple = ()) -> Any:
    """`apply`, with an error that names the operation if the shapes do not broadcast."""
    try:
        return apply(primitive, operands, params)
    except ValueError as error:
        if "broadcast" in str(error):
            raise shape_error(primitive.name, *(x for x in operands if x is not None)) from None
        raise


def sizes_of(shape: tuple, name: str) -> tuple:
    """A shape given as separate numbers or as one sequence."""
    if len(shape) == 1 and type(shape[0]) is not int:
        first = shape[0]
        if type(first) is tuple:
            shape = first
        elif isinstance(first, Sequence) or (isinstance(first, ndarray) and first.ndim):
            shape = tuple(first)
    try:
        return tuple([operator.index(s) for s in shape])
    except TypeError:
        raise TypeError(f"{name}: sizes must be integers, got {shape}") from None


def as_operand(x: Any, name: str) -> Any:
    """`x` as a tensor or an array; NumPy's arithmetic of 0-d arrays gives scalars, a number has no dtype."""
    if isinstance(x, np.generic):
        return np.asarray(x)
    if not hasattr(x, "dtype"):
        raise TypeError(f"{name}: needs a tensor or an array, got {describe(x)}; make it a tensor with ag.tensor(…)")
    return x


def complex_dtype(dtype: Any) -> np.dtype:
    """The complex dtype whose parts have the given floating dtype: complex64 of float32."""
    return np.promote_types(dtype, np.complex64)


_real = Primitive(lambda x: x.real, name="real", vjps=(lambda g: convert(g, complex_dtype(g.dtype)),), view=True)


@of_elements(
    floating=False,
    Dtypes="complex64 → float32, complex128 → float64; others stay.",
    Raises="TypeError if input is no tensor or array.",
    Source="NumPy's and PyTorch's `real`.",
)
def real(input: A) -> A:
    """Return the real part of a complex tensor, a view; of a real tensor, the tensor itself.

    Formula: out = Re input
    real([1 + 2j, 3 - 1j]) → [1., 3.]
    """
    x: Any = as_operand(input, "real")
    return apply(_real, (x,)) if x.dtype.kind == "c" else x


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.real
"""
