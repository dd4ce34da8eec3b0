"""`torch.backends.cuda`: switches of a library that is not used."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=False)


def is_built() -> bool:
    """Return False."""
    return False


flash_sdp_enabled = mem_efficient_sdp_enabled = is_built


@contextlib.contextmanager
def sdp_kernel(*switches: bool, **named: bool) -> Iterator[None]:
    """Compute attention as always, whatever the switches."""
    yield


def enable_flash_sdp(enabled: bool) -> None:
    """Leave how attention is computed, whatever `enabled`."""


enable_mem_efficient_sdp = enable_math_sdp = enable_flash_sdp
