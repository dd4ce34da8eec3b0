"""`out=`: the result is written into a tensor that exists. It is not recorded.

Functions of one elementwise primitive (elementwise.py) and those whose wrapper reads keywords anyway (`numpy_names`,
`size_by_keyword`) call `into` themselves; `takes_out` gives the argument to any other function. Which functions take it
stands in their line of names, as `out=` (interface/table.py).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from .docstrings import LABELS
from .history import history
from .layout import in_place
from .modes import mode, no_grad
from .primitive import published
from .standin import StandIn
from .tensor import Tensor, describe, kind_rank, wrap
from .writes import check_writable, store

F = TypeVar("F", bound=Callable)
SENTENCE = "`out` is a tensor that the result is written to; that is not recorded."
SENTENCE_OF_SEVERAL = "`out` is a tuple of tensors that the results are written to; that is not recorded."


def _tensors(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, Tensor | StandIn):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def into(out: Any, name: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
    """function(*args, **kwargs), written into `out`, a tensor or a tuple of them, which is returned."""
    several = isinstance(out, tuple | list)
    targets = tuple(out) if several else (out,)
    for target in targets:
        if not isinstance(target, Tensor):
            raise TypeError(
                f"{name}: out must be a tensor, or a tuple of them for several results, got {describe(target)}"
            )
    for x in (*_tensors(args), *_tensors(kwargs.values()), *targets):
        if isinstance(x, StandIn):
            raise TypeError(f"{name}: out= cannot be used inside a transform such as vmap; leave it out")
        if mode.enabled and history(x) is not None:
            raise RuntimeError(
                f"{name}: what is written to out= is not recorded, but a tensor of shape {x.shape} requires a gradient; leave "
                "out= out, or compute under ag.no_grad()"
            )
    if kwargs.get("requires_grad"):
        raise TypeError(f"{name}: got both out= and requires_grad=True; use out.requires_grad_() afterwards")
    with no_grad():
        result = function(*args, **kwargs)
        parts = tuple(p if isinstance(p, Tensor) else wrap(np.asarray(p)) for p in _parts(result))
        if several != isinstance(result, tuple) or len(parts) != len(targets):
            fields = ", ".join(getattr(type(result), "_fields", ())) or f"{len(parts)} results"
            wanted = f"a tuple for {fields}" if isinstance(result, tuple) else "one tensor"
            raise TypeError(
                f"{name}: out must be {wanted}, got {f'{len(targets)} tensors' if several else 'one tensor'}"
            )
        for part, target in zip(parts, targets, strict=True):
            _check_fits(name, part, target)
        for part, target in zip(parts, targets, strict=True):
            if target.shape != part.shape:
                _emptied(target, part.shape)
            store(target, part, name)
    if not several:
        return out
    return type(result)(*targets) if hasattr(result, "_fields") else targets


def into_by_keyword(extra: Any, out: Any, name: str, function: Callable, *operands: Any) -> Any:
    """`into`, or a TypeError for one operand too many, which `extra` is."""
    if extra is not None:
        n = len(operands)
        raise TypeError(
            f"{name}() takes {n} positional argument{'s' if n > 1 else ''} but {n + 1 + (out is not None)} were given"
        )
    return into(out, name, function, *operands)


def _parts(result: Any) -> tuple:
    return tuple(result) if isinstance(result, tuple) else (result,)


_emptied = in_place(lambda x, shape: wrap(np.empty(shape, x.array.dtype)), "out=")


def _check_fits(name: str, result: Tensor, out: Tensor) -> None:
    if out.shape != result.shape and out.array.size:
        raise RuntimeError(
            f"{name}: the result has shape {result.shape}, but out {out.shape}; pass a tensor of that shape, or an empty "
            "one, ag.empty(0), which is resized"
        )
    if kind_rank(result.dtype) > kind_rank(out.dtype):
        raise RuntimeError(
            f"{name}: the result is {result.dtype}, which out, of {out.dtype}, cannot hold; pass ag.empty(0, "
            f"dtype=ag.{result.dtype})"
        )
    check_writable(out, name)


def factory_into(factory: Callable, out: Any, args: tuple, options: dict) -> Any:
    """`into`, of a factory: the result is made in the dtype of `out`, unless one is asked for."""
    if options.get("dtype") is None and "dtype" in inspect.signature(factory).parameters and isinstance(out, Tensor):
        options = {**options, "dtype": out.dtype}
    return into(out, factory.__name__, factory, *args, **options)


def makes_out(factory: F) -> F:
    """A decorator that gives a factory the argument `out`, which stands in its signature."""

    @functools.wraps(factory)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        return factory(*args, **options) if out is None else factory_into(factory, out, args, options)

    return documented_out(call)


def takes_out(function: Callable) -> Callable:
    """`function` with the argument `out`."""
    if hasattr(function, "reads_out"):
        function.reads_out = True  # type: ignore[attr-defined]
        return documented_out(function)
    if hasattr(function, "with_out"):
        return function.with_out  # it has several names
    name = function.__name__
    if "out" in inspect.signature(function).parameters:
        return documented_out(function)

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        return function(*args, **kwargs) if out is None else into(out, name, function, *args, **kwargs)

    function.with_out = documented_out(call)  # type: ignore[attr-defined]
    return function.with_out  # type: ignore[attr-defined]


def documented_out(function: Any) -> Any:
    """Let the signature and the docstring of a function that takes `out` show it."""
    shown = inspect.signature(function)
    if "out" not in shown.parameters:
        kind = annotation(shown.return_annotation)
        out = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        parameters = list(shown.parameters.values())
        at = len(parameters) - (bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD)
        function.__signature__ = shown.replace(parameters=[*parameters[:at], out, *parameters[at:]])
    function.__doc__ = with_sentence(function.__doc__, shown.return_annotation)
    return function


def annotation(returns: Any) -> str:
    """The type of `out` of a function with that result."""
    if returns in ("Tensor", "A"):
        return "Tensor | None"
    return "Tensor | tuple[Tensor, ...] | None" if returns == "Any" else "tuple[Tensor, ...] | None"


def with_sentence(doc: str | None, returns: Any = "Tensor") -> str | None:
    """A docstring with the sentence on `out` before its parts."""
    if not doc or SENTENCE in doc or SENTENCE_OF_SEVERAL in doc:
        return doc
    sentence = SENTENCE if annotation(returns).startswith("Tensor") else SENTENCE_OF_SEVERAL
    text = inspect.cleandoc(doc)
    first = min((at for label in LABELS if (at := text.find(f"\n{label}:")) >= 0), default=len(text))
    return f"{text[:first].rstrip()}\n\n{sentence}\n{text[first:]}\n"


def in_namespace(namespace: dict[str, Any], module: str, names: Iterable[str]) -> None:
    """Let the functions of these names in a module such as `linalg` take `out`, if they do not yet."""
    functions = {
        name: takes_out(namespace[name]) for name in names if "out" not in inspect.signature(namespace[name]).parameters
    }
    namespace.update(functions)
    published(module, functions)
