"""`torch.nn`: the package `nn`, and wrappers for several GPUs or processes, which hand on to the one module."""

from __future__ import annotations

from typing import Any

from autograd_core import nn as core

from ..refusals import no_attribute
from .parallel import DataParallel

# not what comes with the library beside PyTorch's names
OWN = ("load", "save", "summary")

__all__ = ["DataParallel", *(name for name in vars(core)["__all__"] if name not in OWN)]


def __getattr__(name: str) -> Any:
    if name.startswith("__") or not hasattr(core, name):
        raise no_attribute("torch.nn", name)
    return getattr(core, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(core)})
