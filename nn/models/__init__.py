"""Whole networks, each with the paper it comes from. Layers that others are built of belong to `nn.layers`.

With a learning rule of their own, `fit` and `predict` (`examples` checks what they take, `weights` writes what they learn):
`perceptron`, `adaline`, `linear_regression` (both by `least_squares`), `logistic_regression`, `rbf` (its steps: `rbf_fit`),
`cascade` (`cascade_fit`, by `batch_rules`), `rbm` (`rbm_units`, `rbm_fit`, `rbm_partition`). Of fixed logic:
`mcculloch_pitts`. With patterns: `hopfield`, `self_organizing_map`. Trained by `optim.fit`: `mlp`, `autoencoder` (with
`corruption`); of images `lenet`, `lenet_1998`, `lenet_1995`, `vgg`, `residual`, `segmentation`; of sequences
`simple_recurrent`, `sequence`, `tagger`, `language`, `seq2seq`, `gpt`. `optim.recipes` trains them from the command line.
"""

from .adaline import Adaline
from .autoencoder import Autoencoder
from .cascade import CascadeCorrelation
from .corruption import Corruption
from .gpt import GPT
from .hopfield import Hopfield
from .language import RecurrentLM
from .lenet import LeNet5
from .lenet_1995 import LeNet1, LeNet4
from .lenet_1998 import LeNet5Original, MAPLoss
from .linear_regression import LinearRegression
from .logistic_regression import LogisticRegression
from .mcculloch_pitts import McCullochPitts, TruthTable
from .mlp import MLP
from .perceptron import Perceptron
from .rbf import RBFNetwork
from .rbm import RBM
from .residual import ResidualBlock, ResNet
from .segmentation import FCN
from .self_organizing_map import SelfOrganizingMap
from .seq2seq import Seq2Seq
from .sequence import RecurrentRegressor
from .simple_recurrent import Elman, Jordan
from .tagger import BidirectionalTagger
from .vgg import VGG

__all__ = [
    "Adaline",
    "Autoencoder",
    "BidirectionalTagger",
    "CascadeCorrelation",
    "Corruption",
    "Elman",
    "FCN",
    "Hopfield",
    "Jordan",
    "GPT",
    "LeNet1",
    "LeNet4",
    "LeNet5",
    "LeNet5Original",
    "LinearRegression",
    "LogisticRegression",
    "MAPLoss",
    "McCullochPitts",
    "MLP",
    "Perceptron",
    "RBFNetwork",
    "RBM",
    "RecurrentLM",
    "RecurrentRegressor",
    "ResNet",
    "ResidualBlock",
    "SelfOrganizingMap",
    "Seq2Seq",
    "TruthTable",
    "VGG",
]
