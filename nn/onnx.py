"""`nn.onnx`, as PyTorch's `torch.onnx`: models to and from ONNX files. What is here is defined in `nn.interchange.onnx`."""

from __future__ import annotations

from .interchange.onnx import ONNXModule, export, load

__all__ = ["ONNXModule", "export", "load"]
