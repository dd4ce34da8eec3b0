"""Whole networks, each with the paper it comes from. Layers that others are built of belong to `nn.layers`."""

from .adaline import Adaline
from .lenet import LeNet5
from .lenet_1998 import LeNet5Original, MAPLoss
from .mlp import MLP
from .perceptron import Perceptron
from .rbf import RBFNetwork

__all__ = ["MLP", "Adaline", "LeNet5", "LeNet5Original", "MAPLoss", "Perceptron", "RBFNetwork"]
