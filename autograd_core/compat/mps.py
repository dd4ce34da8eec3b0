"""`torch.mps` of a machine that has none."""

from __future__ import annotations

from typing import Any

from .cuda import device_count, empty_cache, is_available, manual_seed, synchronize
from .refusals import no_attribute

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "synchronize"]


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.mps", name)
