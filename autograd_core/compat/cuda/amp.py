"""`torch.cuda.amp`: mixed precision on a GPU, so nothing; `GradScaler()` is not enabled where there is none."""

from __future__ import annotations

from typing import Any

from .. import amp
from ..amp import GradScaler, custom_bwd, custom_fwd

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


class autocast(amp.autocast):  # noqa: N801 (PyTorch's name)
    """`torch.amp.autocast` for a GPU: leaves the dtypes as they are.

    enabled, dtype, cache_enabled: without effect.
    """

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)
