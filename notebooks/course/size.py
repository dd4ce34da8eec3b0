"""The two sizes of a lesson: the full one, whose numbers the text speaks of, and a reduced one that only tries the code."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def reduced() -> bool:
    """Whether lessons run at their reduced size: AUTOGRAD_LESSONS=reduced is set, as in the tests."""
    return os.environ.get("AUTOGRAD_LESSONS") == "reduced"


def size(full: T, small: T) -> T:
    """`full` in the lesson, `small` where it runs at its reduced size: epochs, examples, repetitions.

    >>> from notebooks.course import size
    >>> size(30, 30)
    30
    """
    return small if reduced() else full
