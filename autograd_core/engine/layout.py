"""Changing the layout of a tensor in place: `x.t_()`, `x.unsqueeze_(0)`. No value moves; x itself becomes the view.

Views of x that exist already are derived from x by their steps (see `tensor.View`), which hold for its old layout. So,
where there may be any, they become views of a stand-in with that layout, and x one more.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import LEAF
from .history import View, history, set_node
from .modes import enable_grad, mode, no_grad
from .tensor import Tensor, wrap
from .versions import memory_of


def _holders(x: Tensor) -> int:
    """How many objects hold the memory of x, by a count that means something only compared with `ALONE`."""
    memory = memory_of(x.array)
    return sys.getrefcount(memory)


ALONE = _holders(wrap(np.empty(1)))  # x itself


def in_place(function: Callable, name: str) -> Callable:
    """The method that makes x the view that `function(x, …)` is."""

    def method(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        node = history(x)
        base = x if x.origin is None else x.origin.base
        if mode.enabled and base.node is not None and base.node.primitive is LEAF:
            raise RuntimeError(
                f"{name}: a leaf that requires a gradient (shape {base.shape}) cannot change its layout in place, nor can "
                f"a view of it; use x.{name[:-1]}(…), or do it under no_grad()"
            )
        if node is not None and node.primitive is LEAF:
            with no_grad():
                x.data = function(x, *args, **kwargs)
            return x
        alone = _holders(x) == ALONE
        with enable_grad():
            out = function(x, *args, **kwargs)
        if x.origin is None and not alone:
            stand_in = wrap(x.array, x.node)
            for view in gc.get_referrers(x):
                if type(view) is View:  # that of `out` is one of them
                    view.base = stand_in
        if x.origin is not None or not alone:
            x.origin = out.origin
        x.array = out.array
        set_node(x, out.node)
        return x

    method.__name__ = method.__qualname__ = name
    method.__wrapped__ = function  # type: ignore[attr-defined]  # for `inspect.signature`
    method.__doc__ = f"`{function.__name__}` in place: x itself becomes that view of its memory."
    return method
