"""Models to and from files: `save` and `load` in safetensors here, ONNX in `onnx`. Nothing in the layers depends on it."""

from .checkpoint import load, save

__all__ = ["load", "save"]
