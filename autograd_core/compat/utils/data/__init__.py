"""`torch.utils.data`: the package `nn.data`, and what asks about worker processes, of which there are none.

`distributed` has the sampler of one process among one; everything else is handed on.
"""

from __future__ import annotations

from typing import Any

from autograd_core.nn import data as core

from ...paths import submodule
from ...refusals import no_attribute
from . import distributed
from .distributed import DistributedSampler

OWN = ("datasets", "read_idx", "write_idx")  # what is not PyTorch's

__all__ = [
    "DistributedSampler", "get_worker_info", *(name for name in vars(core)["__all__"] if name not in OWN),
]  # fmt: skip


def get_worker_info() -> None:
    """Return None: samples are read in the calling process."""


def __getattr__(name: str) -> Any:
    if not name.startswith("__"):
        module = submodule(f"utils.data.{name}")
        if module is not None:
            return module
        if hasattr(core, name):
            return getattr(core, name)
    raise no_attribute("torch.utils.data", name)
