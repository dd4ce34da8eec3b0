"""The few operations that the engine itself needs: sums and copies along broadcast dimensions, choice, conjugation, writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy import ndarray

from .accumulate import sum_over
from .docstrings import documented, of_elements
from .graph import Node, choosers
from .history import record
from .memory_format import MemoryFormat, checked_format
from .operands import apply_broadcast, as_operand, is_traced, operand, unified
from .primitive import SHAPE, Primitive, apply
from .tensor import Tensor, as_array, range_checked, wrap
from .types import A, TensorLike


def _sum_to(x: Any, shape: tuple) -> Any:
    lead = x.ndim - len(shape)
    summed = tuple(i for i, size in enumerate(x.shape) if i < lead or (shape[i - lead] == 1 and size != 1))
    out = sum_over(x, summed) if summed else x
    if out.shape == shape:
        return out
    if lead < 0 or out.shape != tuple(shape[i - lead] for i in range(lead, x.ndim) if i not in summed):
        raise ValueError(f"sum_to: shape {shape} does not broadcast to {x.shape}, the shape to sum")
    return out.reshape(shape)


@documented(
    Shapes="(*) → shape.",
    Dtypes="floating and complex dtypes stay; booleans and integers are summed in int64, unsigned ones in uint64.",
    Raises="TypeError if input is no tensor or array; ValueError if shape does not broadcast to that of input.",
    Source="the adjoint of PyTorch's `broadcast_to`, its `Tensor.sum_to_size`.",
)
def sum_to(input: TensorLike, shape: Sequence[int]) -> Tensor:
    """Sum `input` over the dimensions along which `shape` would be broadcast to its shape.

    Formula: out = Σ input over the dimensions that shape lacks, or in which its size is 1
    sum_to([[1.0, 2.0], [3.0, 4.0]], (2,)) → [4., 6.]
    """
    x, shape = as_operand(input, "sum_to"), tuple(shape)
    return x if x.shape == shape else apply(_sum_to_primitive, (x,), (shape,))


_broadcast_to = Primitive(
    lambda x, shape: x[...] if x.shape == shape else np.broadcast_to(x, shape),
    name="expand",
    vjps=(lambda g, x_shape, shape: sum_to(g, x_shape),),
    saves=(SHAPE,),
    view=True,
)


@documented(
    Shapes="(*) → shape.",
    Dtypes="the dtype of input stays.",
    Raises="ValueError if the shape of input does not broadcast to shape; TypeError if input is no tensor or array.",
    Source="NumPy's and PyTorch's `broadcast_to`.",
)
def broadcast_to(input: TensorLike, shape: Sequence[int]) -> Tensor:
    """Repeat `input`, without copying, along new leading dimensions and those of size 1, to get `shape`.

    Formula: out[…, i, j] = input[i or 0, j or 0], 0 where the size of input is 1
    >>> ag.broadcast_to(ag.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    x, shape = as_operand(input, "broadcast_to"), tuple(shape)
    try:
        return apply(_broadcast_to, (x,), (shape,))
    except ValueError:
        raise ValueError(
            f"broadcast_to: shape {tuple(x.shape)} does not broadcast to {shape}; counted from the last, each "
            "dimension must be equal or 1"
        ) from None


_sum_to_primitive = Primitive(
    _sum_to, name="sum_to", vjps=(lambda g, x_shape, shape: broadcast_to(g, x_shape),), saves=(SHAPE,)
)
_clone = Primitive(lambda x: np.array(x), name="clone", vjps=(lambda g: g,))


@of_elements(floating=False, Source="PyTorch's `clone`.")
def clone(input: TensorLike, *, memory_format: MemoryFormat = None) -> Tensor:
    """Copy `input` to memory of its own; unlike that of `detach`, the copy has a gradient. `memory_format` changes no result.

    Formula: out = input
    >>> x = ag.tensor([1.0, 2.0])
    >>> y = ag.clone(x)
    >>> y[0] = 5.0
    >>> x
    tensor([1., 2.])
    """
    checked_format("clone", memory_format)
    return apply(_clone, (operand(input, "clone"),))


def _through(x: Any, steps: tuple) -> Any:
    for primitive, params in steps:
        x = apply(primitive, (x,), params)
    return x


def _write(base: ndarray, value: Any, steps: tuple) -> ndarray:
    """A copy of `base` in which the part that `steps` lead to holds `value`."""
    out = np.array(base, order="C")  # C order, so that every step is a view of it
    _through(out, steps)[...] = value
    return out


def _write_rule(needs: list[bool], g: Any, steps: tuple) -> tuple:
    """The value gets the written part of g; the base gets the rest, g with that part made 0."""
    if isinstance(g, ndarray) and not g.flags.c_contiguous:
        g = np.array(g, order="C")
    g_value = clone(_through(g, steps)) if needs[1] else None
    if g_value is not None and g_value.dtype.kind != g.dtype.kind:  # through x.real or x.imag, see complex.py
        g_value = conj(clone(_through(conj(g), steps)))
    if not needs[0]:
        return None, g_value
    if isinstance(g, ndarray):  # ours to overwrite: T writes into one array cost T slices, not T arrays
        _through(g, steps)[...] = 0
        return g, g_value
    return apply(write, (g, np.zeros((), g.dtype)), (steps,)), g_value


write = Primitive(_write, name="write", joint=_write_rule, consumes=True)


def written_base(base: Tensor, value: Node | None, array: ndarray, steps: tuple) -> Node:
    """The node of `base` after `array`, the view that `steps` lead to, was overwritten with a value of that history."""
    return record(write, (base.array, array), (base.node, value), (steps,), base.array)


def _where(condition: Any, x: Any, y: Any) -> ndarray:
    return np.where(condition, x, y)


_where_primitive = Primitive(
    _where,
    name="where",
    vjps=(
        None,
        lambda g, condition: where(condition, g, 0.0),
        lambda g, condition: where(condition, 0.0, g),
    ),
    saves=(0,),
    broadcasts=True,
    elementwise=True,
)


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...
@overload
def where(condition: TensorLike, input: TensorLike, other: TensorLike) -> Tensor: ...
@documented(
    Shapes="(*), (*) and (*), broadcast together → (*); of the condition alone, one (n) for each dimension.",
    Dtypes="bool and any two → the common dtype of input and other; of the condition alone, int64.",
    Raises="TypeError if the condition is not boolean, or an operand holds no numbers; ValueError if the shapes do not "
    "broadcast; OverflowError if the dtype of the other does not hold an int.",
    Source="NumPy's and PyTorch's `where`.",
)
def where(condition: TensorLike, input: TensorLike | None = None, other: TensorLike | None = None) -> Any:
    """Choose from `input` where `condition` holds and from `other` elsewhere.

    Of the condition alone, return the indices of its true elements, one tensor a dimension.

    The gradient of the branch that was not chosen is 0, whatever that branch's value is, and it stays 0 back through
    the elementwise functions that made it, although their slopes may be infinite or NaN there: where(x > 0, log(x), 0)
    has the derivative 0 for x <= 0, at every order. (In a graph with a `where`, 0 times a slope that is not
    finite is 0.)

    Formula: out = input if condition, else other

    >>> x = ag.tensor([0.0, 4.0], requires_grad=True)
    >>> ag.where(x > 0, ag.sqrt(x), 0.0).sum().backward()
    >>> x.grad
    tensor([0.  , 0.25])
    """
    choosers.add(_where_primitive)
    if input is None and other is None:
        indices = np.nonzero(np.asarray(condition.array if isinstance(condition, Tensor) else condition))
        return tuple(Tensor(i) for i in indices) if isinstance(condition, Tensor) else indices
    mask = condition.array if isinstance(condition, Tensor) else condition
    if isinstance(mask, ndarray) and mask.dtype != bool:
        raise TypeError(f"where: the condition must be boolean, got {mask.dtype}; compare it first, as in x != 0")
    if type(input) is int or type(other) is int:
        number, beside = (input, other) if type(input) is int else (other, input)
        if hasattr(beside, "dtype") and beside.dtype.kind in "iu":
            range_checked(number, beside.dtype, "where")
    x, y = unified("where", input, other)
    if not (hasattr(x, "dtype") or hasattr(y, "dtype")):
        if is_traced(condition):
            x, y = wrap(as_array(x)), wrap(as_array(y))
    elif not hasattr(x, "dtype"):
        x = np.asarray(x, y.dtype)
    elif not hasattr(y, "dtype"):
        y = np.asarray(y, x.dtype)
    return apply_broadcast(_where_primitive, (condition, x, y))


@of_elements(floating=False, Raises="TypeError if input is no tensor or array.", Source="NumPy's and PyTorch's `conj`.")
def conj(input: A) -> A:
    """Return the complex conjugate of each element; of a real tensor, the tensor itself.

    Formula: out = Re input − i Im input
    conj([1 + 2j, 3 - 1j]) → [1.-2.j, 3.+1.j], dtype=complex64
    """
    x: Any = as_operand(input, "conj")
    return apply(_conj, (x,)) if x.dtype.kind == "c" else x


_conj = Primitive(np.conj, name="conj", vjps=(lambda g: conj(g),))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sum_to        x.sum_to
ag.broadcast_to  x.broadcast_to
ag.clone         x.clone
ag.where                         onnx.Where  out=
ag.conj          x.conj          np.conjugate
"""
