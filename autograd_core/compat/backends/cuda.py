"""`torch.backends.cuda`: switches of a library that is not used."""

from types import SimpleNamespace

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=False)


def is_built() -> bool:
    """Return False."""
    return False


flash_sdp_enabled = mem_efficient_sdp_enabled = is_built


def enable_flash_sdp(enabled: bool) -> None:
    """Leave how attention is computed, whatever `enabled`."""


enable_mem_efficient_sdp = enable_math_sdp = enable_flash_sdp
