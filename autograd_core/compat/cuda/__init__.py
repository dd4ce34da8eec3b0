"""`torch.cuda` of a machine without a GPU: what waits or counts has nothing to do, the rest is refused.

`amp` is mixed precision under this path; `compat.amp` has what works. Devices are the constructors' affair
(`compat.constructors`), refusals are phrased in `compat.refusals`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ..refusals import no_attribute
from . import amp

NOTHING_THERE = "there are no devices: all tensors are in main memory; ask torch.cuda.is_available() first"


def is_available() -> bool:
    """Return False."""
    return False


is_initialized = is_bf16_supported = is_available


def device_count() -> int:
    """Return 0."""
    return 0


def memory_allocated(device: Any = None) -> int:
    """Return 0, the bytes on a GPU."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def empty_cache() -> None:
    """Free nothing."""


def synchronize(device: Any = None) -> None:
    """Return at once: operations are done when they return."""


reset_peak_memory_stats = synchronize


def manual_seed(seed: int) -> None:
    """Leave the random numbers: those of a GPU are meant; `torch.manual_seed` is for ours."""


manual_seed_all = manual_seed


def _refused(name: str) -> Any:
    def refuse(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(f"torch.cuda.{name}: {NOTHING_THERE}")

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


set_device, current_device, get_device_name, get_device_properties, get_device_capability, mem_get_info = map(
    _refused,
    (
        "set_device",
        "current_device",
        "get_device_name",
        "get_device_properties",
        "get_device_capability",
        "mem_get_info",
    ),
)
Event, Stream, current_stream, stream, device = map(_refused, ("Event", "Stream", "current_stream", "stream", "device"))


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.cuda", name)
