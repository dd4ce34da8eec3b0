"""`memory_format`: the names of orders in memory. Results are made in one, row-major; the others can be named."""

from __future__ import annotations

from typing import TypeAlias


class memory_format(str):  # noqa: N801 (PyTorch's name)
    """Names an order of elements in memory; a str.

    Whatever takes a memory format takes each of the four, `contiguous_format`, `preserve_format`, `channels_last` and
    `channels_last_3d`, and computes the same: results lie in row-major order, `x.clone()` as NumPy's copy does. What asks,
    `x.is_contiguous(memory_format=…)`, answers by the strides that there are.

    Formula: channels_last: strides (H W C, 1, W C, C) of a shape (N, C, H, W)
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: PyTorch's `torch.memory_format`, which is no str.

    >>> import autograd_core as ag
    >>> ag.zeros(1, 2, 3, 3).contiguous(memory_format=ag.channels_last).stride()
    (18, 9, 3, 1)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"autograd_core.{self}"


MemoryFormat: TypeAlias = memory_format | None

contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")

ORDERS = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}  # of the dimensions in memory


def checked_format(name: str, format: MemoryFormat) -> None:
    """Raise TypeError for what is no memory format. `name`: of what was called with it."""
    if format is not None and not isinstance(format, memory_format):
        raise TypeError(
            f"{name}: memory_format must be ag.contiguous_format, ag.preserve_format, ag.channels_last or "
            f"ag.channels_last_3d, got {format!r}; leave it out, for it changes no result"
        )
