"""A rule: what a kind of node computes, and which of its attributes it reads. What it does not read is refused at loading,
for an attribute that is passed over would make a wrong number."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_core.engine.operands import convert


class Rule(NamedTuple):
    """compute(node, *inputs), from the values of the inputs, None where an optional one is missing: the output, or a tuple.

    reads    the attributes that `compute` asks the node for; it can ask for no others
    ignores  those that cannot change what is computed here, whatever they say
    scoped   compute(node, scope, *inputs): graphs inside the node read the values of `scope` by name
    """

    compute: Callable[..., Any]
    reads: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    scoped: bool = False


def reads(*names: str, ignores: tuple[str, ...] = (), scoped: bool = False) -> Callable[[Callable], Rule]:
    """The decorator that makes a rule of a function."""
    return lambda compute: Rule(compute, frozenset(names), frozenset(ignores), scoped)


def of(function: Callable, *names: str, **defaults: Any) -> Rule:
    """function(*inputs, *attributes), attributes by name with their defaults."""

    def kind(node: Any, *xs: Any) -> Any:
        return function(*xs, *(node.get(name) for name in names), *(node.get(n, d) for n, d in defaults.items()))

    return Rule(kind, frozenset((*names, *defaults)))


def plain(x: Any) -> Any:
    """The array of a value that decides about shapes, or that has no gradient."""
    return x.array if hasattr(x, "array") else x


def ints(x: Any) -> list[int]:
    """The integers of a value that decides about shapes; of None, none."""
    return [] if x is None else [int(v) for v in np.asarray(plain(x)).reshape(-1)]


def cast(x: Any, dtype: Any) -> Any:
    """A value in another dtype; the gradient flows between floating ones."""
    return x.astype(dtype) if isinstance(x, np.ndarray) else convert(x, dtype)


def in_single(compute: Callable) -> Callable:
    """Of half precision by way of single precision, for what is not there in half precision."""

    @functools.wraps(compute)
    def wrapped(node: Any, x: Any, *others: Any) -> Any:
        if x.dtype != np.float16:
            return compute(node, x, *others)
        values = (v if v is None or v.dtype != np.float16 else cast(v, np.float32) for v in (x, *others))
        out = compute(node, *values)
        outs = out if isinstance(out, tuple) else (out,)
        halved = tuple(cast(v, np.float16) if v.dtype == np.float32 else v for v in outs)
        return halved if isinstance(out, tuple) else halved[0]

    return wrapped
