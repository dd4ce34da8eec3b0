"""`torch.distributions`: the package `autograd_core.distributions`, and PyTorch's file of each as an attribute.

PyTorch has a file for each distribution, the library one for each family; `__getattr__` finds the names in either
form.
"""

from __future__ import annotations

from typing import Any

from ... import distributions as core
from ..paths import submodule
from ..refusals import no_attribute

__all__ = list(core.__all__)


def __getattr__(name: str) -> Any:
    if name in core.__all__:
        return getattr(core, name)
    module = None if name.startswith("__") else submodule(f"distributions.{name}")
    if module is None:
        raise no_attribute("torch.distributions", name)
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *core.__all__})
