"""Neural networks built from autograd_core: modules and models here, functions in `nn.functional`, starts in `nn.init`.

`nn.data` and what else needs more than the core are imported at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import functional, init
from .drawing import draw
from .interchange import load, save
from .layers.activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Apply,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    ScaledSigmoid,
    ScaledTanh,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Step,
    Tanh,
    Tanhshrink,
    Threshold,
)
from .layers.adaptive import AdaptiveLogSoftmaxWithLoss
from .layers.attention import MultiheadAttention
from .layers.container import Identity, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .layers.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .layers.distance import CosineSimilarity, PairwiseDistance
from .layers.dropout import (
    AlphaDropout,
    DropConnect,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    FeatureAlphaDropout,
    GaussianNoise,
)
from .layers.embedding import Embedding, EmbeddingBag
from .layers.flatten import Flatten, Unflatten
from .layers.fold import Fold, Unfold
from .layers.fused import LinearReLU
from .layers.lazy import (
    LazyBatchNorm1d,
    LazyBatchNorm2d,
    LazyBatchNorm3d,
    LazyConv1d,
    LazyConv2d,
    LazyConv3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
    LazyInstanceNorm1d,
    LazyInstanceNorm2d,
    LazyInstanceNorm3d,
    LazyLinear,
)
from .layers.linear import Bilinear, Linear
from .layers.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropyLoss,
    CTCLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    LinearCrossEntropyLoss,
    MarginRankingLoss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    NLLLoss2d,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from .layers.lstm_1997 import LSTM1997
from .layers.norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    CrossMapLRN2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
)
from .layers.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from .layers.pooling import (
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    LPPool1d,
    LPPool2d,
    LPPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MaxUnpool1d,
    MaxUnpool2d,
    MaxUnpool3d,
)
from .layers.pooling_adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    FractionalMaxPool2d,
    FractionalMaxPool3d,
    GlobalAvgPool1d,
    GlobalAvgPool2d,
    GlobalAvgPool3d,
    GlobalMaxPool1d,
    GlobalMaxPool2d,
    GlobalMaxPool3d,
    KMaxPool1d,
)
from .layers.rbf import RBF, EuclideanRBF
from .layers.recurrent import GRU, LSTM, RNN, RNNBase
from .layers.recurrent_cell import GRUCell, LSTMCell, RNNCell, RNNCellBase
from .layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from .layers.transformer import (
    Transformer,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)
from .layers.upsampling import Upsample, UpsamplingBilinear2d, UpsamplingNearest2d
from .models import (
    FCN,
    GPT,
    MLP,
    VGG,
    Adaline,
    BidirectionalTagger,
    Elman,
    Jordan,
    LeNet5,
    LeNet5Original,
    MAPLoss,
    Perceptron,
    RBFNetwork,
    RecurrentLM,
    ResidualBlock,
    ResNet,
    Seq2Seq,
)
from .module import Module
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from .summary import summary  # the function takes the name of its file

__all__ = [
    "Adaline", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveLogSoftmaxWithLoss",
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AlphaDropout", "Apply", "AvgPool1d", "AvgPool2d",
    "AvgPool3d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "BidirectionalTagger",
    "Bilinear", "Buffer", "CELU", "CTCLoss", "ChannelShuffle", "CircularPad1d", "CircularPad2d", "CircularPad3d",
    "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
    "ConvTranspose2d", "ConvTranspose3d", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss",
    "CrossMapLRN2d", "DropConnect", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "ELU", "Elman", "Embedding",
    "EmbeddingBag", "EuclideanRBF", "FCN", "FeatureAlphaDropout", "Flatten", "Fold", "FractionalMaxPool2d",
    "FractionalMaxPool3d", "GELU", "GLU", "GPT", "GRU", "GRUCell", "GaussianNLLLoss", "GaussianNoise",
    "GlobalAvgPool1d", "GlobalAvgPool2d", "GlobalAvgPool3d", "GlobalMaxPool1d", "GlobalMaxPool2d", "GlobalMaxPool3d",
    "GroupNorm", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "HingeEmbeddingLoss", "HuberLoss", "Identity",
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "Jordan", "KLDivLoss", "KMaxPool1d", "L1Loss", "LPPool1d",
    "LPPool2d", "LPPool3d", "LSTM", "LSTM1997", "LSTMCell", "LayerNorm", "LazyBatchNorm1d", "LazyBatchNorm2d",
    "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d",
    "LazyConvTranspose3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear", "LeNet5",
    "LeNet5Original", "LeakyReLU", "Linear", "LinearCrossEntropyLoss", "LinearReLU", "LocalResponseNorm",
    "LogSigmoid", "LogSoftmax", "MAPLoss", "MLP", "MSELoss", "MarginRankingLoss", "MaxPool1d", "MaxPool2d",
    "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Mish", "Module", "ModuleDict", "ModuleList",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "MultiheadAttention", "NLLLoss",
    "NLLLoss2d", "PReLU", "PairwiseDistance", "Parameter", "ParameterDict", "ParameterList", "Perceptron",
    "PixelShuffle", "PixelUnshuffle", "PoissonNLLLoss", "RBF", "RBFNetwork", "RMSNorm", "RNN", "RNNBase", "RNNCell",
    "RNNCellBase", "RReLU", "ReLU", "ReLU6", "RecurrentLM", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d",
    "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ResNet", "ResidualBlock", "SELU", "ScaledSigmoid",
    "ScaledTanh", "Seq2Seq", "Sequential", "SiLU", "Sigmoid", "SmoothL1Loss", "SoftMarginLoss", "Softmax",
    "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Step", "Tanh", "Tanhshrink", "Threshold",
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
    "TripletMarginLoss", "TripletMarginWithDistanceLoss", "Unflatten", "Unfold", "UninitializedBuffer",
    "UninitializedParameter", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "VGG", "ZeroPad1d",
    "ZeroPad2d", "ZeroPad3d", "draw", "functional", "init", "load", "save", "summary",
]  # fmt: skip

LATER = ("data", "grad", "inspect", "interchange", "layers", "models", "modules", "onnx", "plot", "utils")


if TYPE_CHECKING:  # what editors see
    from . import data, grad, inspect, interchange, layers, models, modules, onnx, plot, utils
else:

    def __getattr__(name: str) -> Any:
        if name in LATER or name == "sklearn":  # which needs a package that may not be there, and stands above optim
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module 'nn' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *LATER})
