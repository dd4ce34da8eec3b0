"""In-place changes of a `Batched`: the tensor below it is written, for all examples at once.

That tensor has the views, the history and the version counter, so all that holds for writes outside `vmap` holds here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.basics import where
from ..engine.history import history
from ..engine.modes import mode
from ..engine.operands import convert
from ..engine.tensor import wrap
from ..engine.writes import check_fits, check_writable, store
from ..ops.indexing.slices import put_by_example
from ..ops.shape.shape import reshape
from .batched import Batched, answers, in_levels
from .levels import below, expose

NAME = "index assignment"


@answers
def rewrite(x: Batched, function: Callable, args: tuple, kwargs: dict, name: str) -> Batched:
    """`engine.writes.rewrite` of a batched value."""
    if _stands_for_a_view(x):
        raise RuntimeError(
            f"{name}: inside vmap, this value (shape {x.shape}) is a copy of what may be a view without vmap, so that "
            "the write could miss what it is a view of; write to x.clone()"
        )
    bottom, levels = below(x)
    check_writable(bottom, name)
    before = x
    if mode.enabled and any(getattr(a, "requires_grad", False) for a in (x, *args, *kwargs.values())):
        before = in_levels(wrap(bottom.array.copy(), history(bottom)), levels)
        args = tuple(before if a is x else a for a in args)
        kwargs = {key: before if a is x else a for key, a in kwargs.items()}
    result = function(before, *args, **kwargs)
    check_fits(name, tuple(result.shape), x.shape)
    if not set(below(result)[1]) <= set(levels):
        result.refuse_store(name, x.shape)
    sizes = bottom.shape[: len(levels)]
    store(bottom, below(expose(result, list(zip(levels, sizes, strict=True))))[0], name)
    return x


def _stands_for_a_view(x: Any) -> bool:
    while isinstance(x, Batched):
        if x.copied:
            return True
        x = x.value
    return False


@answers
def put(x: Batched, index: Any, value: Any) -> None:
    """x[index] = value for an index that differs by example: integers, or a mask and one value for all it selects."""
    value = value if hasattr(value, "dtype") else np.asarray(value, x.dtype)
    value = convert(value, x.dtype)
    if isinstance(index, Batched) and index.dtype == bool and value.ndim == 0:
        mask = reshape(index, (*index.shape, *(1,) * (x.ndim - index.ndim)))
        rewrite(x, lambda old: where(mask, value, old), (), {}, NAME)
    else:
        index = index if isinstance(index, tuple) else (index,)
        rewrite(x, put_by_example, (index, value, False), {}, NAME)
