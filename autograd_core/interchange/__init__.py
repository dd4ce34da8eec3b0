"""Tensors to and from files: `ag.save` and `ag.load`, safetensors, and the files that PyTorch writes, read without pickle."""

from .saving import load, save

__all__ = ["load", "save"]
