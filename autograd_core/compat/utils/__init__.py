"""`torch.utils`: `data` (the package `nn.data`), `checkpoint`, and a `tensorboard` that writes nothing.

`compat.paths` says which of the library's modules answers for each path; here are only those of compat's own.
"""

from __future__ import annotations

from typing import Any

from ..paths import submodule
from ..refusals import no_attribute


def __getattr__(name: str) -> Any:
    module = None if name.startswith("__") else submodule(f"utils.{name}")
    if module is not None:
        return module
    raise no_attribute("torch.utils", name)
