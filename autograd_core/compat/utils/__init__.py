"""`torch.utils`: `data` (the package `nn.data`), `checkpoint`, and a `tensorboard` that writes nothing."""

from __future__ import annotations

import importlib
from typing import Any

from ..refusals import no_attribute


def __getattr__(name: str) -> Any:
    if name in ("data", "checkpoint", "tensorboard"):
        return importlib.import_module(f"{__name__}.{name}")
    raise no_attribute("torch.utils", name)
