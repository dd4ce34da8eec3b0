"""Whole networks, each with the paper it comes from. Layers that others are built of belong to `nn.layers`."""

from .lenet import LeNet5
from .mlp import MLP

__all__ = ["LeNet5", "MLP"]
