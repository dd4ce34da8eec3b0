"""Models to and from files: safetensors (checkpoints) here; nothing in the layers depends on it."""

from .checkpoint import load, save

__all__ = ["load", "save"]
