"""Functions under the older names that PyTorch keeps: without the underscore of those that work in place."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable)


def without_underscore(function: F, where: str) -> F:
    """`function`, whose name ends with an underscore, under the name without it, in the module `where`; a call warns."""
    new = function.__name__
    old = new.removesuffix("_")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`{where}.{old}` is deprecated in favor of `{where}.{new}`", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    call.__module__ = where
    first, _, rest = (function.__doc__ or "").partition("\n\n")
    note = f"The older name of `{new}`, which a FutureWarning recommends.\n"
    call.__doc__ = f"{first}\n\n    {note}\n{rest}"
    return call  # type: ignore[return-value]
