"""The few operations that the engine itself needs: sums and copies along broadcast dimensions, choice, conjugation, writes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .accumulate import sum_over
from .graph import Node, choosers
from .history import record
from .operands import is_traced, unified
from .primitive import SHAPE, Primitive, apply
from .tensor import Tensor, as_array, range_checked, wrap


def _sum_to(x: Any, shape: tuple) -> Any:
    lead = x.ndim - len(shape)
    summed = tuple(i for i, size in enumerate(x.shape) if i < lead or (shape[i - lead] == 1 and size != 1))
    return sum_over(x, summed).reshape(shape) if summed else np.reshape(x, shape)


_sum_to_primitive = Primitive(
    _sum_to, name="sum_to", vjps=(lambda g, x_shape, shape: broadcast_to(g, x_shape),), saves=(SHAPE,)
)


def sum_to(x: Any, shape: tuple) -> Any:
    """x summed over the dimensions along which `shape` would be broadcast to x's: the adjoint of `broadcast_to`."""
    return x if x.shape == shape else apply(_sum_to_primitive, (x,), (shape,))


_broadcast_to = Primitive(
    lambda x, shape: x[...] if x.shape == shape else np.broadcast_to(x, shape),
    name="expand",
    vjps=(lambda g, x_shape, shape: sum_to(g, x_shape),),
    saves=(SHAPE,),
    view=True,
)


def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated, without copying, along new leading dimensions and those of size 1."""
    shape = tuple(shape)
    try:
        return apply(_broadcast_to, (x,), (shape,))
    except ValueError:
        raise ValueError(
            f"broadcast_to: shape {tuple(x.shape)} does not broadcast to {shape}; counted from the last, each "
            "dimension must be equal or 1"
        ) from None


_clone = Primitive(lambda x: np.array(x), name="clone", vjps=(lambda g: g,))


def clone(x: Any) -> Any:
    """A copy with memory of its own, recorded."""
    return apply(_clone, (x,))


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


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition` holds, `other` elsewhere. Of the condition alone: the indices of the true elements, one
    array a dimension.

    The gradient of the branch that was not chosen is 0, whatever that branch's value is, and it stays 0 back through
    the elementwise functions that made it, although their slopes may be infinite or NaN there: where(x > 0, log(x), 0)
    has the derivative 0 for x <= 0, at every order. (In a graph with a `where`, 0 times a slope that is not
    finite is 0.)

    >>> import autograd_core as ag
    >>> x = ag.tensor([0.0, 4.0], requires_grad=True)
    >>> ag.where(x > 0, ag.sqrt(x), 0.0).sum().backward()
    >>> x.grad
    tensor([0.  , 0.25])
    """
    choosers.add(_where_primitive)
    if input is None and other is None:
        found = np.nonzero(condition.array if isinstance(condition, Tensor) else condition)
        return tuple(Tensor(i) for i in found) if isinstance(condition, Tensor) else found
    mask = condition.array if isinstance(condition, Tensor) else condition
    if isinstance(mask, ndarray) and mask.dtype != bool:
        raise TypeError(f"where: the condition must be boolean, got {mask.dtype}; compare it first, as in x != 0")
    if type(input) is int or type(other) is int:
        number, beside = (input, other) if type(input) is int else (other, input)
        if hasattr(beside, "dtype") and beside.dtype.kind in "iu":
            range_checked(number, beside.dtype, "where")
    input, other = unified("where", input, other)
    if not (hasattr(input, "dtype") or hasattr(other, "dtype")):
        if is_traced(condition):
            input, other = wrap(as_array(input)), wrap(as_array(other))
    elif not hasattr(input, "dtype"):
        input = np.asarray(input, other.dtype)
    elif not hasattr(other, "dtype"):
        other = np.asarray(other, input.dtype)
    return apply(_where_primitive, (condition, input, other))


_conj = Primitive(np.conj, name="conj", vjps=(lambda g: conj(g),))


def conj(x: Any) -> Any:
    """The complex conjugate; a real tensor itself."""
    return apply(_conj, (x,)) if x.dtype.kind == "c" else x


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.sum_to        x.sum_to
ag.broadcast_to  x.broadcast_to
ag.clone         x.clone
ag.where                         onnx.Where
ag.conj          x.conj          np.conjugate
"""
