"""Models to and from ONNX files: `export`, `load`. They need the package onnx, which is imported when they are called.

Nothing in the layers depends on this.
"""

from __future__ import annotations

from .reading.load import ONNXModule, load
from .writing.export import export

__all__ = ["ONNXModule", "export", "load"]
