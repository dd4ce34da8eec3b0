"""`torch.backends`: switches of libraries that are not used. They can be set and read, and change nothing.

`cuda`, `cudnn` and `mps` are modules, as in PyTorch; the smaller ones stand here.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..refusals import no_attribute
from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]

mkl = SimpleNamespace(is_available=lambda: False)
mkldnn = SimpleNamespace(is_available=lambda: False, enabled=False)
openmp = SimpleNamespace(is_available=lambda: False)


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.backends", name)
