"""Tensors to and from files: `ag.save` and `ag.load`. Modules are saved by `nn.interchange`, on top of this.

`saving` has the two functions. It writes a nested container (`structure`) as a safetensors file (`safetensors`),
whole or not at all (`files`), and reads also what PyTorch wrote (`pytorch`), without pickle.
"""

from .saving import load, save

__all__ = ["load", "save"]
