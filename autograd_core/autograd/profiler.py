"""PyTorch's `torch.autograd.profiler`, as far as it means something on one CPU: `profile`, and regions that have a name."""

from __future__ import annotations

from contextlib import ContextDecorator

from ..inspection.profile import profile

__all__ = ["profile", "record_function"]


class record_function(ContextDecorator):  # noqa: N801 (PyTorch's name)
    """Gives a region of a program a name, as a block or a decorator. `ag.profile` lists operations, not regions: no effect.

    `name` and `args` are what PyTorch's takes.

    Formula: none.
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: PyTorch's `autograd.profiler.record_function`.

    >>> import autograd_core as ag
    >>> with ag.autograd.profiler.record_function("forward"):
    ...     y = ag.ones(2) + 1
    """

    def __init__(self, name: str, args: str | None = None):
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *error: object) -> None:
        return None
