"""Neural networks built from autograd_core: modules by name here, functions in `nn.functional`, models in `nn.models`.

`nn.data` and what else needs more than the core are imported at first use.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Module", "Parameter", "init"]

LATER = ("data", "plot", "onnx", "utils", "summary")


def __getattr__(name: str) -> Any:
    if name in LATER and importlib.util.find_spec(f"{__name__}.{name}") is not None:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'nn' has no attribute '{name}'")
