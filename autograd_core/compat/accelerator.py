"""`torch.accelerator` of a machine that has none."""

from __future__ import annotations

from typing import Any

from .cuda import device_count, empty_cache, is_available, synchronize
from .refusals import no_attribute

__all__ = ["current_accelerator", "device_count", "empty_cache", "is_available", "synchronize"]


def current_accelerator(check_available: bool = False) -> None:
    """Return None, whether or not `check_available`."""


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.accelerator", name)
