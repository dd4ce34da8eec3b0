"""A value that stands in for a tensor: a batch of them inside `vmap`, or one whose operations are noted down."""

from __future__ import annotations


class StandIn:
    """The base of what operations treat like a tensor although it is none."""

    __slots__ = ()
