"""What changes parameters: optimisers, one file an algorithm. They need tensors only, not `nn`."""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
