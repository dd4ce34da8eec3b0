"""The function of every module, with PyTorch's names (`import nn.functional as F`), from `autograd_core.ops`."""

from __future__ import annotations

from autograd_core.engine.primitive import published as _published
from autograd_core.ops.elementwise.activation import (
    celu,
    elu,
    gelu,
    glu,
    identity,
    logsigmoid,
    mish,
    scaled_sigmoid,
    scaled_tanh,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    tanhshrink,
)
from autograd_core.ops.elementwise.piecewise import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu,
    relu6,
    rrelu,
    softshrink,
    step,
    threshold,
)
from autograd_core.ops.elementwise.trigonometric import tanh
from autograd_core.ops.linalg.distance import cosine_similarity, normalize, pairwise_distance
from autograd_core.ops.linalg.linear import bilinear, linear
from autograd_core.ops.linalg.norms import pdist
from autograd_core.ops.loss.classification import cross_entropy, linear_cross_entropy, nll_loss
from autograd_core.ops.loss.ctc import ctc_loss
from autograd_core.ops.loss.margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from autograd_core.ops.loss.regression import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from autograd_core.ops.network.attention import scaled_dot_product_attention
from autograd_core.ops.network.columns import fold, unfold
from autograd_core.ops.network.conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from autograd_core.ops.network.dropout import (
    alpha_dropout,
    drop_connect,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
    gaussian_noise,
)
from autograd_core.ops.network.embedding import embedding, one_hot
from autograd_core.ops.network.embedding_bag import embedding_bag
from autograd_core.ops.network.linear_activation import linear_activation
from autograd_core.ops.network.multi_head import multi_head_attention_forward
from autograd_core.ops.network.names import (
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d_with_indices,
    celu_,
    conv_tbc,
    elu_,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d_with_indices,
    hardtanh_,
    leaky_relu_,
    max_pool1d_with_indices,
    max_pool2d_with_indices,
    max_pool3d_with_indices,
    native_channel_shuffle,
    relu_,
    rrelu_,
    selu_,
    threshold_,
    upsample_bilinear,
    upsample_nearest,
)
from autograd_core.ops.network.normalization import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from autograd_core.ops.network.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from autograd_core.ops.network.pool_indices import fractional_max_pool2d, fractional_max_pool3d, kmax_pool1d
from autograd_core.ops.network.rbf import rbf, squared_distance
from autograd_core.ops.network.response import local_response_norm
from autograd_core.ops.network.unpool import lp_pool1d, lp_pool2d, lp_pool3d, max_unpool1d, max_unpool2d, max_unpool3d
from autograd_core.ops.reduction.softmax import gumbel_softmax, log_softmax, softmax, softmin
from autograd_core.ops.shape.padding import pad
from autograd_core.ops.signal.grid_sample import affine_grid, grid_sample
from autograd_core.ops.signal.interpolate import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle, upsample

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "affine_grid", "alpha_dropout", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "celu", "celu_", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss",
    "drop_connect", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "elu_", "embedding", "embedding_bag",
    "feature_alpha_dropout", "fold", "fractional_max_pool2d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d", "fractional_max_pool3d_with_indices", "gaussian_nll_loss", "gaussian_noise", "gelu", "glu",
    "grid_sample", "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "hinge_embedding_loss", "huber_loss", "identity", "instance_norm", "interpolate", "kl_div", "kmax_pool1d",
    "l1_loss", "layer_norm", "leaky_relu", "leaky_relu_", "linear", "linear_activation", "linear_cross_entropy",
    "local_response_norm", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d",
    "max_pool3d_with_indices", "max_unpool1d", "max_unpool2d", "max_unpool3d", "mish", "mse_loss",
    "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    "native_channel_shuffle", "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance", "pdist", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "prelu", "rbf", "relu", "relu6", "relu_", "rms_norm", "rrelu", "rrelu_",
    "scaled_dot_product_attention", "scaled_sigmoid", "scaled_tanh", "selu", "selu_", "sigmoid", "silu",
    "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign",
    "squared_distance", "step", "tanh", "tanhshrink", "threshold", "threshold_", "triplet_margin_loss",
    "triplet_margin_with_distance_loss", "unfold", "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip

_published(__name__, {name: globals()[name] for name in __all__})
