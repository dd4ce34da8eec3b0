"""`torch.compiler`: nothing is compiled, so there is nothing to leave out."""

from __future__ import annotations

from typing import Any

from .jit import is_scripting as is_compiling
from .jit import unused

__all__ = ["allow_in_graph", "disable", "is_compiling", "reset"]


def disable(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """Return the function `fn` as it is, or a decorator that does; `recursive` and `options` are without effect."""
    return unused(fn)


def allow_in_graph(fn: Any) -> Any:
    """Return the function `fn` as it is."""
    return fn


def reset() -> None:
    """Forget nothing: nothing was compiled."""
