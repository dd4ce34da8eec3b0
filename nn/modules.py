"""PyTorch's paths to what `nn` has: `nn.modules.Linear`, `from nn.modules.conv import _ConvNd`, and so on.

A name of this module is one of `nn`; its submodules are those of `nn.layers` by PyTorch's names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

nn: Any = importlib.import_module(__name__.rpartition(".")[0])

# PyTorch's file -> ours
FILES = {
    "activation": "layers.activation", "adaptive": "layers.adaptive", "batchnorm": "layers.norm",
    "channelshuffle": "layers.shuffle", "container": "layers.container", "conv": "layers.conv",
    "distance": "layers.distance", "dropout": "layers.dropout", "flatten": "layers.flatten", "fold": "layers.fold",
    "instancenorm": "layers.norm", "lazy": "layers.lazy", "linear": "layers.linear", "loss": "layers.loss",
    "module": "module", "normalization": "layers.norm", "padding": "layers.padding", "pixelshuffle": "layers.shuffle",
    "pooling": "layers.pooling", "rnn": "layers.recurrent", "sparse": "layers.embedding",
    "transformer": "layers.transformer", "upsampling": "layers.upsampling", "utils": "layers.tuples",
}  # fmt: skip

for _name, _path in FILES.items():
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = importlib.import_module(f"{nn.__name__}.{_path}")


def __getattr__(name: str) -> Any:
    if hasattr(nn, name):
        return getattr(nn, name)
    raise AttributeError(f"module 'nn.modules' has no attribute '{name}'")
