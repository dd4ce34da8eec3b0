"""Writing in place: what is checked before, and how the history of the memory that was written becomes the result's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

from .basics import written_base
from .graph import LEAF
from .history import history, set_node
from .modes import mode
from .operands import convert
from .standin import StandIn
from .tensor import Tensor, kind_rank, wrap
from .versions import written


def check_writable(x: Tensor, name: str) -> None:
    """Raise, before anything is changed, if `x` cannot be written in place here."""
    node = history(x)
    if mode.enabled:
        if node is not None and node.primitive is LEAF:
            raise RuntimeError(
                f"{name}: a leaf that requires a gradient (shape {x.shape}) cannot be changed in place, its gradient "
                "would have no value to belong to; do it under no_grad(), or on x.clone()"
            )
        if x.origin is not None:
            base = x.origin.base
            if base.node is not None and base.node.primitive is LEAF:
                raise RuntimeError(
                    f"{name}: this tensor is a view of a leaf that requires a gradient (shape {base.shape}), which "
                    "cannot be changed in place; do it under no_grad(), or on a view of x.clone()"
                )
            if not x.origin.recorded and (base.node is not None or node is not None):
                raise RuntimeError(
                    f"{name}: this view was taken under no_grad(), so its base would not learn of the change; take "
                    "the view with gradients enabled, or write under no_grad()"
                )
    if not x.array.flags.writeable or _overlaps_itself(x.array):
        raise RuntimeError(
            f"{name}: several elements of this tensor (shape {x.shape}, strides {x.array.strides}) share one place in "
            "memory, or the memory is read-only; write to x.clone()"
        )


def _overlaps_itself(array: ndarray) -> bool:
    """Whether elements may share memory: sorted by stride, each must reach beyond all that the smaller ones span."""
    if array.flags.c_contiguous:
        return False
    span = array.itemsize
    for step, size in sorted((abs(step), size) for step, size in zip(array.strides, array.shape, strict=True)):
        if size > 1:
            if step < span:
                return True
            span += step * (size - 1)
    return False


def rewrite(x: Tensor, function: Callable, *args: Any, name: str, **kwargs: Any) -> Tensor:
    """`x.function_(…)`: compute `function(x, …)`, put the result where `x` is, and let x's history be the result's."""
    if isinstance(x, StandIn):
        return x.write_in_place(function, args, kwargs, name)
    check_writable(x, name)
    before = x
    operands = (*args, *kwargs.values()) if kwargs else args
    if mode.enabled and (x.requires_grad or any(isinstance(a, Tensor) and a.requires_grad for a in operands)):
        before = wrap(x.array.copy(), x.node)  # what the rule saves must survive the write
        args = tuple(before if a is x else a for a in args)
        kwargs = {key: before if a is x else a for key, a in kwargs.items()}
    result = function(before, *args, **kwargs)
    store(x, result, name)
    return x


def store(x: Tensor, result: Tensor, name: str, replaces: bool = False) -> None:
    """Write `result` into the memory of `x` and make its history that of `x`.

    replaces   `result` was not computed from x: x keeps its old history as well, to which 0 flows back
    """
    if isinstance(result, StandIn):
        result.refuse_store(name, x.shape)
    array = x.array
    check_fits(name, result.shape, array.shape)
    if result.dtype != array.dtype and kind_rank(result.dtype) > kind_rank(array.dtype):
        raise RuntimeError(
            f"{name}: the result is {result.dtype} and cannot be stored in a tensor of {array.dtype}; "
            f"convert the tensor first"
        )
    node = history(result) if mode.enabled else None
    if node is not None and array.dtype.kind not in "fc":
        node = None
    if node is not None and result.dtype != array.dtype:
        result = convert(result, array.dtype)
        node = result.node
    if array.size:
        array[...] = result.array
    written(array)
    if not mode.enabled:
        return
    view = x.origin
    if view is None:
        if x.node is not None and (replaces or node is None):  # no node: constants
            node = written_base(x, node, array, ())
        set_node(x, node)
    elif view.base.node is not None or node is not None:
        set_node(view.base, written_base(view.base, node, array, view.steps))
        view.seen = None
        if x.node is not None and x.node.extra is not None:
            history(x)  # at once, so that what x's old node retains moves on
    else:
        x.node = None


def check_fits(name: str, result: tuple, shape: tuple) -> None:
    """Raise unless a result of that shape can be stored in a tensor of this one."""
    if result != shape:
        raise RuntimeError(
            f"{name}: the result has shape {result}, which does not fit into the tensor of shape {shape}; "
            f"use the form that makes a new tensor, without the underscore"
        )
