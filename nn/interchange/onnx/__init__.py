"""Models to and from ONNX files: `export`, `load`. They need the package onnx, which is imported when they are called.

Nothing in the layers depends on this.
"""

from __future__ import annotations

from .export import export
from .load import ONNXModule, load

__all__ = ["ONNXModule", "export", "load"]
