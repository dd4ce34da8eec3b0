"""What all losses share: operands of one shape, the reduction of what each element loses, and parts of their docstrings."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy import ndarray

from ...engine.docstrings import complete
from ...engine.operands import result_type, unified
from ...engine.tensor import Default, Tensor, describe
from ..arguments import array_operand
from ..reduction.reduce import mean, sum

F = TypeVar("F", bound=Callable)

DTYPES = np.dtype(np.float32), np.dtype(np.float64)
REDUCTION = """`reduction` is "mean" ({mean}), "sum" or "none";
`size_average` and `reduce`, two booleans, are PyTorch's older form of it."""


def loss(text: str = "the number of elements", **parts: str) -> Callable[[F], F]:
    """A decorator: the docstring of a loss, with {reduction} and the parts it lacks filled in. `text`: what the mean is
    over."""
    defaults = {
        "Shapes": 'input and target (*) → (), or (*) with reduction="none"; they are not broadcast.',
        "Dtypes": "the operands' common floating dtype; integers and booleans become the default float.",
        "Raises": "ValueError if the shapes differ, for an unknown reduction and for the mean of nothing; TypeError if an\n"
        "    operand holds complex or no numbers.",
    }

    def decorate(function: F) -> F:
        reduction = REDUCTION.format(mean=f"over {text}")
        own = inspect.cleandoc(function.__doc__ or "").replace("{reduction}", reduction)
        function.__doc__ = complete(own, **{**defaults, **parts})
        return function

    return decorate


def older_reduction(name: str, size_average: Any, reduce: Any) -> str:
    """The reduction that PyTorch's older two arguments stand for, with a warning."""
    for what, value in (("size_average", size_average), ("reduce", reduce)):
        if value is not None and not isinstance(value, bool):
            raise TypeError(
                f"{name}: {what} is {value!r}, but is PyTorch's older form of reduction and a bool; pass the reduction "
                "by keyword, as in reduction='sum'"
            )
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"{name}: size_average and reduce are PyTorch's older form; pass reduction={reduction!r} instead", stacklevel=3
    )
    return reduction


def same_shape(name: str, **operands: Any) -> tuple:
    """The operands, converted to their common dtype, after a check that they have one shape."""
    kinds = {(x.array.shape, x.array.dtype) if type(x) is Tensor else None for x in operands.values()}
    if len(kinds) == 1:
        kind = kinds.pop()
        if kind is not None and kind[1] in DTYPES:  # the usual case
            return tuple(operands.values())
    xs = tuple(array_operand(x, name) for x in operands.values())
    first, shape = next(iter(operands)), np.shape(xs[0])
    for key, x in zip(operands, xs, strict=True):
        if np.shape(x) != shape:
            raise ValueError(
                f"{name}: {key} has shape {tuple(np.shape(x))}, but {first} has shape {tuple(shape)}; they must be "
                "equal, as a loss does not broadcast: reshape or expand one"
            )
        if x.dtype.kind == "c" and name != "l1_loss":
            raise TypeError(
                f"{name}: {key} is {describe(x)}, but the loss of complex numbers is not defined; take their abs(), or "
                "view_as_real() of both"
            )
    if all(isinstance(x, ndarray) for x in xs):
        dtype = result_type(*xs)
        return tuple(x.astype(dtype if dtype.kind in "fc" else Default.dtype, copy=False) for x in xs)
    return unified(name, *xs, floating=True)


def check_reduction(name: str, reduction: str, size: int, extra: str = "") -> None:
    """Raise for an unknown reduction, and for the mean of nothing."""
    if reduction not in ("mean", "sum", "none") and reduction != extra:
        raise ValueError(f"{name}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}")
    if size == 0 and reduction in ("mean", extra):
        raise ValueError(
            f"{name}: the mean over an empty batch does not exist; skip it, or use reduction='sum', which gives 0"
        )


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """The losses, or their mean or sum."""
    check_reduction(name, reduction, math.prod(losses.shape))
    return mean(losses) if reduction == "mean" else sum(losses) if reduction == "sum" else losses


def weighted(name: str, losses: Any, weight: Any, reduction: str) -> Any:
    """The losses times a weight each; the mean is over the total weight."""
    if weight is None:
        return reduced(name, losses, reduction)
    _, weight = same_shape(name, input=losses, weight=weight)
    check_reduction(name, reduction, math.prod(losses.shape))
    losses = losses * weight
    return losses if reduction == "none" else sum(losses) / (sum(weight) if reduction == "mean" else 1)


def broadcasts_to(shape: tuple, other: tuple) -> bool:
    """Whether an array of shape `other` broadcasts to `shape`."""
    try:
        return np.broadcast_shapes(shape, other) == shape
    except ValueError:
        return False
