"""Models to and from files: `save` and `load` in safetensors here, ONNX in `onnx`. Nothing in the layers depends on it.

`checkpoint` has the two functions, for modules and whole trainings; the format is read and written by
`autograd_core.interchange`, on which they build.
"""

from .checkpoint import load, save

__all__ = ["load", "save"]
