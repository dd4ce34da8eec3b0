"""Gives `Tensor` and `StandIn` their methods and operators. What they do is in `ops` and in `methods.py`."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import basics
from ..engine.layout import in_place as layout_in_place
from ..engine.operands import is_operand, not_an_operand
from ..engine.standin import StandIn
from ..engine.tensor import Tensor
from ..engine.writes import rewrite
from ..ops.indexing import index, slices
from ..random import METHODS as RANDOM_METHODS
from . import memory_methods, methods
from .table import FUNCTIONS, IN_PLACE, LAYOUT_IN_PLACE, METHODS, OPERATORS

UNARY = ("neg", "invert", "abs")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


def _or_not_implemented(function: Callable, name: str | None = None) -> Callable:
    """As an operator: leave operands of unknown type to their own class."""

    def operator(x: Tensor, y: Any) -> Any:
        return function(x, y) if is_operand(y) else not_an_operand(y, name or function.__name__)

    return operator


def _reflected(function: Callable) -> Callable:
    return _or_not_implemented(lambda x, y: function(y, x), function.__name__)


def _without_out(signature: inspect.Signature) -> inspect.Signature:
    return signature.replace(parameters=[p for name, p in signature.parameters.items() if name != "out"])


def _in_place(function: Callable, name: str) -> Callable:
    def method(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return rewrite(x, function, *args, name=name, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__wrapped__ = function  # type: ignore[attr-defined]  # for `inspect.signature`
    shown = getattr(function, "__signature__", None)
    if shown is not None:  # one with `out`
        method.__signature__ = _without_out(shown)  # type: ignore[attr-defined]
    method.__doc__ = f"`{function.__name__}` in place: the result takes x's memory, and the change is recorded."
    return method


# The forms in place that PyTorch has as functions too, and what the example passes besides the tensor.
IN_PLACE_FUNCTIONS = dict.fromkeys(
    "abs acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil cos cosh deg2rad erf erfc exp exp2 "
    "expm1 fix floor frac i0 log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal round rsqrt sigmoid sin "
    "sinc sinh sqrt square tan tanh trunc".split(),
    "",
) | {
    "clamp": ", max=0.25", "clamp_max": ", 0.25", "clamp_min": ", 0.75", "clip": ", max=0.25", "xlogy": ", 2.0",
    "conj_physical": "", "gcd": ", 6", "lcm": ", 6", "ldexp": ", 2", "addmv": ", ag.ones(1, 2), ag.ones(2)",
}  # fmt: skip
_INTEGERS = ("gcd", "lcm")
_PART = re.compile(r"^(Formula|Shapes|Dtypes|Raises): .*(?:\n[ \t]+.*)*", re.M)


def _function_in_place(name: str, example: str) -> Callable:
    """`ag.sin_(x)`: the method, with a docstring of its own."""
    function = IN_PLACE[name]
    method = _in_place(function, f"{name}_")
    parts = {match[1]: match[0] for match in _PART.finditer(inspect.getdoc(function) or "")}
    if parts:  # with python -OO there are none
        parts["Raises"] = (
            parts["Raises"].rstrip(".") + "; RuntimeError if input is a leaf that requires a gradient, or cannot"
        )
        parts["Raises"] += "\n    hold the result's dtype."
        others = [f"`{p}`" for p in list(inspect.signature(function).parameters)[1:] if p != "out"]
        method.__doc__ = f"""Apply `{name}` and write the result over `input`, which is returned; the change is recorded.

{f"{', '.join(others)}: as there." if others else ""}

{parts["Formula"]}
{parts["Shapes"]}
{parts["Dtypes"]}
{parts["Raises"]}
Source: PyTorch's `{name}_`.

>>> import autograd_core as ag
>>> x = ag.tensor([{4 if name in _INTEGERS else 0.5}])
>>> ag.{name}_(x{example}) is x
True
""".replace("\n\n\n\n", "\n\n")
    return method


FUNCTIONS.update({f"{name}_": _function_in_place(name, example) for name, example in IN_PLACE_FUNCTIONS.items()})


def bind(kind: type) -> None:
    """The functions of `ops` as methods and operators of a class."""
    for name, function in METHODS.items():
        setattr(kind, name, function)
    for name, function in OPERATORS.items():
        if name in UNARY:
            setattr(kind, f"__{name}__", function)
            continue
        setattr(kind, f"__{name}__", getattr(function, "operator", None) or _or_not_implemented(function))
        if name not in COMPARISONS:
            setattr(kind, f"__r{name}__", _reflected(function))
        if name not in (*COMPARISONS, "matmul", "divmod"):
            setattr(kind, f"__i{name}__", _in_place(function, f"__i{name}__"))
    for name, function in IN_PLACE.items():
        setattr(kind, f"{name}_", _in_place(function, f"{name}_"))
    for method in (*methods.ANY, slices.fill_diagonal_, *RANDOM_METHODS):
        setattr(kind, method.__name__, method)
    others: dict[str, Any] = {
        "__getitem__": index.getitem,
        "__setitem__": index.setitem,
        "__pos__": lambda x: x,
        "polygamma_": _in_place(methods.polygamma, "polygamma_"),
        "__iter__": methods.iterate,
        "__array_ufunc__": _array_ufunc,
        "__array_function__": _array_function,
        "copy": basics.clone,  # ndarray's name
    }
    others |= methods.PROPERTIES
    for name, attribute in others.items():
        setattr(kind, name, attribute)


@functools.cache
def _numpy_protocol() -> Any:
    return importlib.import_module("autograd_core.interface.numpy_protocol")  # when NumPy first asks


def _array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    return _numpy_protocol().array_ufunc(x, ufunc, method, *inputs, **kwargs)


def _array_function(x: Tensor, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    return _numpy_protocol().array_function(x, func, types, args, kwargs)


def _dlpack(x: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None) -> Any:
    """The memory as a DLPack capsule, for other libraries. Of a tensor with a history, take `x.detach()`."""
    if x.requires_grad:
        raise RuntimeError("__dlpack__: this tensor has a history, which other libraries would not see; use x.detach()")
    return x.array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def _array_namespace(x: Tensor, *, api_version: str | None = None) -> Any:
    """The functions of the Python array API standard, on tensors."""
    return importlib.import_module("autograd_core.interface.array_api")


def _repr_html(x: Tensor) -> str:
    """What a notebook shows of a tensor."""
    return importlib.import_module("autograd_core.inspection.tensor_view").html(x)


def _bind_tensor_only() -> None:
    """What needs the memory or the history of a tensor: changes of its layout in place, strides, backward."""
    for name, function in LAYOUT_IN_PLACE.items():
        setattr(Tensor, f"{name}_", layout_in_place(function, f"{name}_"))
    for method in (*methods.TENSOR, *memory_methods.METHODS):
        setattr(Tensor, method.__name__, method)
    for name, attribute in memory_methods.PROPERTIES.items():
        setattr(Tensor, name, attribute)
    protocols: dict[str, Callable] = {
        "__contains__": methods.contains,
        "__dlpack__": _dlpack,
        "__dlpack_device__": lambda x: x.array.__dlpack_device__(),
        "__array_namespace__": _array_namespace,
        "_repr_html_": _repr_html,
    }
    for name, function in protocols.items():
        setattr(Tensor, name, function)


bind(Tensor)
bind(StandIn)
_bind_tensor_only()
