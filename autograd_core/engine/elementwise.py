"""`unary` and `binary`: elementwise functions, the ones that most programs spend their time in.

For tensors both write out what `apply` does, for one operand and for two: a function for the lines that they share costs
0.05 µs of 0.68 µs a call (`python -m bench overhead`), and source made of a template is not seen by debuggers and editors.
`extra` stands where `*` would: a parameter that goes by keyword only costs 0.03 µs a call, as CPython 3.11 then leaves its
fast path for calls. `inspect.signature` shows what is meant.
What is rarer (arrays, numbers, other dtypes, stand-ins, watchers) goes through `apply` itself; tests hold the two alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from . import docstrings
from .graph import SMALL, Node, tick, watchers
from .history import constant, history
from .modes import mode, pausing
from .operands import is_operand, not_an_operand, shape_error, unified
from .outputs import into_by_keyword, with_sentence
from .primitive import OUT, Primitive, apply
from .tensor import Tensor, new
from .types import TensorLike


def _shown(input: TensorLike, *, out: Tensor | None = None) -> Tensor: ...  # type: ignore[empty-body]
def _shown_of_two(input: TensorLike, other: TensorLike, *, out: Tensor | None = None) -> Tensor: ...  # type: ignore[empty-body]


SIGNATURES = {1: inspect.signature(_shown), 2: inspect.signature(_shown_of_two)}  # what readers see


def unary(
    forward: Callable,
    vjp: Callable | None,
    *,
    saves: tuple = (),
    name: str | None = None,
    floating: bool = True,
    prepare: Callable | None = None,
    doc: str | None = None,
) -> Callable:
    """An elementwise function of one operand. `floating`: integers become the default float first; `prepare(x)` makes
    of what is no floating tensor what `forward` takes, instead; `doc`: a sentence, the formula, an example (docstrings.py)."""
    name = name or forward.__name__
    p = Primitive(forward, name=name, vjps=(vjp,) if vjp else (), saves=saves, elementwise=True)
    save_x, save_out = 0 in saves, OUT in saves
    if vjp is None:
        return _undifferentiated(p, floating, doc)

    def function(input: TensorLike, extra: None = None, out: Tensor | None = None) -> Tensor:
        if type(input) is not Tensor or watchers or out is not None or extra is not None:
            return general(input) if out is extra is None else into_by_keyword(extra, out, p.name, general, input)
        node = input.node if input.origin is None else history(input)
        array = input.array
        if (node is None or prepare) and array.dtype.kind != "f":
            return general(input)
        result: Any = forward(array)
        t = new(Tensor)
        t.array = result = result if type(result) is ndarray else np.asarray(result)
        t.origin = t._grad = None
        if node is None or (pausing and not mode.enabled):
            t.node = None
            return t
        t.node = n = new(Node)
        n.primitive = p
        n.parents = (node,)
        if save_out:
            n.saved = (array, result) if save_x else (result,)
        else:
            n.saved = (array,) if save_x else ()
        n.shape = result.shape
        n.order = tick()
        n.extra = None
        return t

    def general(x: Any) -> Any:
        (x,) = unified(name, x, floating=floating) if prepare is None else (prepare(x),)
        return apply(p, (x,))

    return _named(function, p, doc, 1, floating)


def _undifferentiated(p: Primitive, floating: bool, doc: str | None) -> Callable:
    def function(input: TensorLike, extra: None = None, out: Tensor | None = None) -> Tensor:
        if out is not None or extra is not None:
            return into_by_keyword(extra, out, p.name, function, input)
        (input,) = unified(p.name, input, floating=floating)
        return apply(p, (input,))

    return _named(function, p, doc, 1, floating)


def binary(
    forward: Callable,
    vjps: tuple,
    *,
    saves: tuple = (),
    uses: tuple | None = None,
    name: str | None = None,
    floating: bool = False,
    doc: str | None = None,
) -> Callable:
    """An elementwise function of two operands, broadcast against each other; see `unary`."""
    name = name or forward.__name__
    p = Primitive(forward, name=name, vjps=vjps, saves=saves, uses=uses, broadcasts=True, elementwise=True)
    differentiable = bool(vjps)
    assert all(spec in (0, 1, OUT) for spec in saves)
    both = saves == (0, 1)  # the usual case, written out: which of the two the wanted rules use
    only_x, only_y, either = ((0 in p.plan(mask), 1 in p.plan(mask)) for mask in (0b01, 0b10, 0b11))

    def build(general: Callable) -> Callable:
        def function(input: TensorLike, other: TensorLike, extra: None = None, out: Tensor | None = None) -> Tensor:
            if type(input) is not Tensor or watchers or out is not None or extra is not None:
                operands = (input, other)
                return (
                    general(*operands)
                    if out is extra is None
                    else into_by_keyword(extra, out, name, general, *operands)
                )
            a: Any = input.array
            xn = input.node if input.origin is None else history(input)
            if type(other) is Tensor:
                b: Any = other.array
                yn = other.node if other.origin is None else history(other)
                if a.dtype is not b.dtype:
                    return general(input, other)
            elif type(other) is float or type(other) is int:
                b, yn = other, None
                if type(other) is float and a.dtype.kind != "f":
                    return general(input, other)
            else:
                return general(input, other)
            if floating and xn is None and a.dtype.kind != "f":
                return general(input, other)
            try:
                result: Any = forward(a, b)
            except ValueError:
                raise shape_error(name, a, b) from None
            except OverflowError:  # a Python number that the integer dtype does not hold
                return general(input, other)
            t = new(Tensor)
            t.array = result = result if type(result) is ndarray else np.asarray(result)
            t.origin = t._grad = None
            if (xn is None and yn is None) or (pausing and not mode.enabled) or not differentiable:
                t.node = None
                return t
            t.node = n = new(Node)
            n.primitive = p
            n.parents = (xn, yn)
            if xn is None:  # a small array, or a weak reference, as in `constant`, whose call would cost 0.05 µs
                n.constants = (a if a.size <= SMALL else ref(a)) if a.base is None else constant(a)
                keep_a, keep_b = only_y
            elif yn is None:
                plain = type(b) is ndarray and b.base is None
                n.constants = (b if b.size <= SMALL else ref(b)) if plain else constant(b)
                keep_a, keep_b = only_x
            else:
                keep_a, keep_b = either
            n.saved = (
                (a if keep_a else None, b if keep_b else None)
                if both
                else saves and p.save((xn is not None) | (yn is not None) << 1, (a, b), result, None)
            )
            n.shape = result.shape
            n.order = tick()
            n.extra = None
            return t

        return function

    general = _of_any_two(p, floating)

    def operator(x: Any, y: Any) -> Any:
        return general(x, y) if is_operand(y) else not_an_operand(y, name)

    function = _named(build(general), p, doc, 2, floating)
    function.operator = build(operator)  # type: ignore[attr-defined]
    return function


def _of_any_two(p: Primitive, floating: bool) -> Callable:
    """The primitive of whatever an operation takes."""

    def general(x: Any, y: Any) -> Any:
        x, y = unified(p.name, x, y, floating=floating)
        try:
            return apply(p, (x, y))
        except ValueError as error:
            if "broadcast" in str(error):
                raise shape_error(p.name, x, y) from None
            raise

    return general


def _named(function: Callable, p: Primitive, doc: str | None, operands: int, floating: bool) -> Callable:
    function.__name__ = function.__qualname__ = p.name
    function.__doc__ = with_sentence(doc and docstrings.elementwise(doc, operands, floating, p.forward))
    function.__signature__ = SIGNATURES[operands]  # type: ignore[attr-defined]
    function.primitive = p  # type: ignore[attr-defined]
    return function
