"""Every module that PyTorch has too, in several configurations, beside PyTorch where it is installed: text, state,
outputs, gradients by inputs and parameters, buffers afterwards, evaluation.

A line is an expression that makes the module and, after a bar, its inputs. r: normal numbers of a shape; u: numbers from
0.05 to 0.95; d: distinct numbers; i: integers below the first argument; s: signs, without a gradient. T makes a tensor of
an argument. `eval` before the expression: only in evaluation, for what draws random numbers in training.
"""

import inspect
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CASES = """
Linear(3, 4) | r(5, 3)
Linear(3, 4, bias=False) | r(3)
Linear(3, 4) | r(2, 5, 3)
Linear(0, 4) | r(2, 0)
Bilinear(2, 3, 4) | r(5, 2), r(5, 3)
Bilinear(2, 3, 4, bias=False) | r(2, 5, 2), r(2, 5, 3)
Identity(3, a=1) | r(2, 3)
Flatten() | r(2, 3, 4)
Flatten(0, 1) | r(2, 3, 4)
Unflatten(1, (2, -1)) | r(2, 6, 3)
Conv1d(2, 4, 3) | r(2, 2, 8)
Conv1d(2, 4, 3, stride=2, padding=2, dilation=2, groups=2, bias=False) | r(2, 2, 11)
Conv1d(2, 4, 3, padding=1, padding_mode="circular") | r(2, 2, 8)
Conv1d(2, 4, 4, padding="same", padding_mode="replicate") | r(2, 8)
Conv2d(3, 4, 3) | r(2, 3, 6, 7)
Conv2d(4, 8, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=4) | r(2, 4, 8, 8)
Conv2d(3, 4, 3, padding="same") | r(2, 3, 6, 7)
Conv2d(3, 4, (4, 3), padding="same", dilation=(1, 2)) | r(2, 3, 6, 7)
Conv2d(3, 4, 3, padding="valid", bias=False) | r(3, 6, 7)
Conv2d(3, 4, 3, padding=2, padding_mode="reflect") | r(2, 3, 6, 7)
Conv2d(3, 4, 3, padding=(1, 2), padding_mode="circular", stride=2) | r(2, 3, 6, 7)
Conv2d(3, 4, 3, padding=1, padding_mode="replicate") | r(2, 3, 6, 7)
Conv3d(2, 3, 2) | r(2, 2, 4, 4, 4)
Conv3d(2, 4, (1, 2, 3), stride=(1, 2, 1), padding=1, groups=2) | r(2, 2, 4, 5, 4)
Conv3d(2, 3, 2, padding=1, padding_mode="circular", bias=False) | r(2, 4, 4, 4)
ConvTranspose1d(2, 4, 3, stride=2, padding=1, output_padding=1) | r(2, 2, 5)
ConvTranspose1d(4, 4, 3, groups=2, dilation=2, bias=False) | r(4, 5)
ConvTranspose2d(2, 4, 3) | r(2, 2, 5, 4)
ConvTranspose2d(4, 6, (3, 2), stride=2, padding=1, output_padding=(1, 0), groups=2, dilation=(2, 1)) | r(2, 4, 5, 4)
ConvTranspose3d(2, 3, 2, stride=2) | r(2, 2, 3, 2, 3)
ConvTranspose3d(2, 2, 3, padding=1, groups=2, bias=False) | r(2, 3, 2, 3)
Unfold(2) | r(2, 3, 4, 5)
Unfold((2, 3), dilation=(2, 1), padding=1, stride=2) | r(2, 3, 6, 5)
Unfold(2) | r(3, 4, 5)
Fold((4, 5), 2) | r(2, 12, 12)
Fold((6, 5), (2, 3), dilation=(2, 1), padding=1, stride=2) | r(2, 18, 9)
Fold(4, 2, stride=2) | r(8, 4)
PixelShuffle(2) | r(2, 8, 3, 2)
PixelShuffle(3) | r(9, 2, 2)
PixelUnshuffle(2) | r(2, 2, 4, 6)
ChannelShuffle(2) | r(2, 6, 3, 2)
ChannelShuffle(3) | r(2, 6, 3)
Upsample(scale_factor=2) | r(2, 3, 4)
Upsample(size=7, mode="linear") | r(2, 3, 4)
Upsample((5, 7), mode="bilinear", align_corners=True) | r(2, 3, 4, 3)
Upsample(scale_factor=(1.5, 2.0), mode="bilinear") | r(2, 3, 4, 3)
Upsample(scale_factor=1.7, mode="bicubic", recompute_scale_factor=True) | r(2, 3, 4, 3)
Upsample(scale_factor=2, mode="trilinear", align_corners=True) | r(1, 2, 3, 2, 3)
Upsample(size=(5, 3), mode="nearest-exact") | r(2, 3, 4, 3)
UpsamplingNearest2d(scale_factor=2) | r(2, 3, 4, 3)
UpsamplingNearest2d((5, 4)) | r(2, 3, 4, 3)
UpsamplingBilinear2d(scale_factor=2) | r(2, 3, 4, 3)
UpsamplingBilinear2d(size=(5, 4)) | r(2, 3, 4, 3)
ConstantPad1d(2, 3.5) | r(2, 3, 4)
ConstantPad1d((3, 1), 0) | r(3, 4)
ConstantPad1d((-1, 2), 1) | r(5)
ConstantPad2d(1, 2) | r(2, 3, 4, 5)
ConstantPad2d((1, 0, 2, -1), -1.0) | r(3, 4, 5)
ConstantPad3d((1, 0, 2, 1, 0, 3), 1.5) | r(2, 2, 3, 2, 3)
ZeroPad1d(2) | r(2, 3, 4)
ZeroPad1d((0, 3)) | r(3, 4)
ZeroPad2d(1) | r(2, 3, 4, 5)
ZeroPad2d((-1, 2, 0, 1)) | r(3, 4, 5)
ZeroPad3d(1) | r(2, 2, 3, 2, 3)
ZeroPad3d((1, 0, 0, 1, 2, 0)) | r(2, 3, 2, 3)
ReflectionPad1d(2) | r(2, 3, 4)
ReflectionPad1d((3, 1)) | r(3, 4)
ReflectionPad2d(1) | r(2, 3, 4, 5)
ReflectionPad2d((2, 0, 1, 3)) | r(3, 4, 5)
ReflectionPad3d(1) | r(2, 2, 3, 2, 3)
ReflectionPad3d((1, 0, 1, 1, 0, 2)) | r(2, 3, 2, 3)
ReplicationPad1d(2) | r(2, 3, 4)
ReplicationPad1d((5, 0)) | r(3, 4)
ReplicationPad2d(1) | r(2, 3, 4, 5)
ReplicationPad2d((2, 0, 1, 6)) | r(3, 4, 5)
ReplicationPad3d(1) | r(2, 2, 3, 2, 3)
ReplicationPad3d((1, 0, 1, 1, 0, 4)) | r(2, 3, 2, 3)
CircularPad1d(2) | r(2, 3, 4)
CircularPad1d((4, 1)) | r(3, 4)
CircularPad2d(1) | r(2, 3, 4, 5)
CircularPad2d((2, 0, 1, 4)) | r(3, 4, 5)
CircularPad3d(1) | r(2, 2, 3, 2, 3)
CircularPad3d((1, 0, 2, 1, 0, 3)) | r(2, 3, 2, 3)
MaxPool1d(2) | d(2, 3, 7)
MaxPool1d(3, 2, 1, 2, True, True) | d(3, 9)
MaxPool2d(2) | d(2, 3, 5, 6)
MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0), dilation=(2, 1), ceil_mode=True) | d(2, 3, 7, 6)
MaxPool2d(3, 2, 1, return_indices=True) | d(3, 5, 6)
MaxPool3d(2) | d(2, 2, 4, 5, 4)
MaxPool3d((1, 2, 3), 2, (0, 1, 1), return_indices=True, ceil_mode=True) | d(2, 4, 5, 4)
AvgPool1d(2) | r(2, 3, 7)
AvgPool1d(3, 2, 1, True, False) | r(3, 8)
AvgPool2d(2) | r(2, 3, 5, 6)
AvgPool2d((3, 2), 2, (1, 0), ceil_mode=True, count_include_pad=False) | r(2, 3, 5, 6)
AvgPool2d(3, 1, 1, divisor_override=5) | r(3, 5, 6)
AvgPool3d(2) | r(2, 2, 4, 5, 4)
AvgPool3d((1, 2, 3), 2, (0, 1, 1), ceil_mode=True, divisor_override=2) | r(2, 4, 5, 4)
LPPool1d(2, 3) | u(2, 3, 7)
LPPool1d(1.5, 2, stride=1, ceil_mode=True) | u(3, 7)
LPPool2d(2, 3) | u(2, 3, 6, 7)
LPPool2d(3, (2, 3), stride=(1, 2), ceil_mode=True) | u(2, 3, 6, 7)
LPPool3d(2, 2) | u(2, 2, 4, 4, 4)
LPPool3d(1, (1, 2, 2), 1) | u(2, 4, 4, 4)
AdaptiveAvgPool1d(3) | r(2, 3, 7)
AdaptiveAvgPool2d((3, None)) | r(2, 3, 7, 5)
AdaptiveAvgPool2d(1) | r(3, 7, 5)
AdaptiveAvgPool3d((2, 3, None)) | r(2, 2, 4, 5, 3)
AdaptiveMaxPool1d(3) | d(2, 3, 7)
AdaptiveMaxPool1d(2, return_indices=True) | d(3, 7)
AdaptiveMaxPool2d((3, None)) | d(2, 3, 7, 5)
AdaptiveMaxPool2d(2, True) | d(3, 7, 5)
AdaptiveMaxPool3d((2, 3, 1), return_indices=True) | d(2, 2, 4, 5, 3)
FractionalMaxPool2d(2, output_size=(3, 2), _random_samples=T(u(2, 3, 2))) | d(2, 3, 7, 6)
FractionalMaxPool2d((2, 3), output_ratio=0.5, return_indices=True, _random_samples=T(u(2, 3, 2))) | d(2, 3, 7, 8)
FractionalMaxPool3d(2, output_ratio=(0.5, 0.4, 0.3), _random_samples=T(u(1, 2, 3))) | d(2, 6, 5, 7)
FractionalMaxPool3d(2, 3, return_indices=True, _random_samples=T(u(2, 2, 3))) | d(2, 2, 6, 5, 7)
MaxUnpool1d(2) | r(2, 3, 4), 2 * i(1, 2, 3, 4) + np.arange(4) * 2
MaxUnpool2d(2, stride=2) | r(2, 1, 2, 2), i(1, 2, 1, 2, 2) + [[0, 3], [8, 15]]
MaxUnpool2d((1, 2)) | r(1, 2, 2), i(1, 1, 2, 2) + [[0, 3], [5, 7]], [2, 5]
MaxUnpool3d(2) | r(1, 1, 1, 2, 1), i(1, 1, 1, 1, 2, 1) + [[[[0], [7]]]]
eval Dropout(0.3) | r(2, 3)
Dropout(0.0) | r(2, 3)
Dropout(1.0, inplace=False) | r(2, 3)
eval Dropout1d(0.3) | r(2, 3, 4)
Dropout1d(0.0) | r(3, 4)
eval Dropout2d(0.3) | r(2, 3, 4, 2)
Dropout2d(1.0) | r(2, 3, 4, 2)
eval Dropout3d(0.3) | r(2, 3, 4, 2, 1)
Dropout3d(1.0) | r(2, 3, 4, 2, 1)
eval AlphaDropout(0.3) | r(2, 3)
AlphaDropout(0.0) | r(2, 3)
eval FeatureAlphaDropout(0.3) | r(2, 3, 4)
FeatureAlphaDropout(0.0) | r(2, 3, 4)
ReLU() | r(3, 4)
ReLU(True) | r(3, 4)
ReLU6() | 4 * r(3, 4)
ReLU6(inplace=True) | 4 * r(3, 4)
ELU(0.7) | r(3, 4)
ELU(inplace=True) | r(3, 4)
CELU(1.3) | r(3, 4)
CELU(0.5, inplace=True) | r(3, 4)
SELU() | r(3, 4)
SELU(True) | r(3, 4)
GELU() | r(3, 4)
GELU("tanh") | r(3, 4)
SiLU() | r(3, 4)
SiLU(inplace=True) | r(3, 4)
Mish() | r(3, 4)
Mish(True) | r(3, 4)
Hardsigmoid() | 4 * r(3, 4)
Hardsigmoid(inplace=True) | 4 * r(3, 4)
Hardswish() | 4 * r(3, 4)
Hardswish(True) | 4 * r(3, 4)
Hardtanh() | r(3, 4)
Hardtanh(-0.5, 2.0, True) | 2 * r(3, 4)
Hardshrink() | r(3, 4)
Hardshrink(0.2) | r(3, 4)
Softshrink() | r(3, 4)
Softshrink(0.2) | r(3, 4)
LeakyReLU() | r(3, 4)
LeakyReLU(0.3, True) | r(3, 4)
LogSigmoid() | 3 * r(3, 4)
PReLU() | r(3, 4)
PReLU(4, init=0.1) | r(2, 4, 3)
eval RReLU() | r(3, 4)
RReLU(0.2, 0.2) | r(3, 4)
eval RReLU(0.1, 0.4, inplace=True) | r(3, 4)
Sigmoid() | r(3, 4)
Tanh() | r(3, 4)
Tanhshrink() | r(3, 4)
Softsign() | r(3, 4)
Softplus() | 3 * r(3, 4)
Softplus(2.0, 3.0) | 3 * r(3, 4)
Threshold(0.2, -1.0) | r(3, 4)
Threshold(0.1, 20, True) | r(3, 4)
GLU() | r(3, 4)
GLU(0) | r(4, 3)
Softmax(1) | r(3, 4)
Softmax(dim=-2) | r(2, 3, 4)
Softmin(1) | r(3, 4)
LogSoftmax(0) | r(3, 4)
LogSoftmax(dim=-1) | r(2, 3, 4)
Softmax2d() | r(2, 3, 4, 2)
Softmax2d() | r(3, 4, 2)
BatchNorm1d(4) | r(5, 4)
BatchNorm1d(4, eps=0.1, momentum=0.3) | r(5, 4, 3)
BatchNorm1d(4, momentum=None, affine=False) | r(5, 4)
BatchNorm2d(4) | r(3, 4, 2, 3)
BatchNorm2d(4, track_running_stats=False) | r(3, 4, 2, 3)
BatchNorm2d(4, affine=False, track_running_stats=False) | r(3, 4, 2, 3)
BatchNorm3d(2, bias=False) | r(3, 2, 2, 2, 2)
InstanceNorm1d(4) | r(3, 4, 5)
InstanceNorm1d(4, affine=True, track_running_stats=True, momentum=0.3) | r(3, 4, 5)
InstanceNorm2d(4, affine=True) | r(4, 3, 2)
InstanceNorm2d(4, track_running_stats=True) | r(3, 4, 3, 2)
InstanceNorm3d(2, affine=True, eps=0.1) | r(3, 2, 2, 2, 2)
LayerNorm(4) | r(3, 4)
LayerNorm((3, 4), eps=0.1, bias=False) | r(2, 3, 4)
LayerNorm([4], elementwise_affine=False) | r(2, 3, 4)
RMSNorm(4) | r(3, 4)
RMSNorm((3, 4), eps=0.1, elementwise_affine=False) | r(2, 3, 4)
GroupNorm(2, 4) | r(3, 4, 5)
GroupNorm(4, 4, eps=0.1, affine=False) | r(3, 4, 2, 3)
GroupNorm(1, 4) | r(3, 4)
LocalResponseNorm(2) | r(2, 5, 4)
LocalResponseNorm(3, alpha=0.1, beta=0.5, k=2.0) | r(2, 5, 4, 3)
CrossMapLRN2d(3, 0.1, 0.6, 2) | r(2, 5, 4, 3)
Embedding(5, 3) | i(5, 2, 4)
Embedding(5, 3, padding_idx=1) | i(5, 2, 4)
Embedding(5, 3, padding_idx=-1, scale_grad_by_freq=True) | i(5, 2, 4)
Embedding(5, 3, max_norm=0.5, norm_type=1.0) | i(5, 7)
EmbeddingBag(5, 3) | i(5, 2, 4)
EmbeddingBag(5, 3, mode="sum", include_last_offset=True) | i(5, 6), np.array([0, 2, 2, 6])
EmbeddingBag(5, 3, mode="max", padding_idx=2) | i(5, 7), np.array([0, 3])
RNN(3, 4) | r(5, 2, 3)
RNN(3, 4, 2, nonlinearity="relu", bias=False, batch_first=True, bidirectional=True) | r(2, 5, 3)
RNN(3, 4) | r(5, 3), r(1, 4)
LSTM(3, 4) | r(5, 2, 3)
LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True) | r(2, 5, 3)
LSTM(3, 4, proj_size=2, bias=False) | r(5, 2, 3)
LSTM(3, 4) | r(5, 2, 3), (r(1, 2, 4), r(1, 2, 4))
GRU(3, 4) | r(5, 2, 3)
GRU(3, 4, 2, bidirectional=True, bias=False) | r(5, 2, 3), r(4, 2, 4)
RNNCell(3, 4) | r(2, 3)
RNNCell(3, 4, bias=False, nonlinearity="relu") | r(3), r(4)
LSTMCell(3, 4) | r(2, 3)
LSTMCell(3, 4, False) | r(2, 3), (r(2, 4), r(2, 4))
GRUCell(3, 4) | r(2, 3)
GRUCell(3, 4, bias=False) | r(3), r(4)
MultiheadAttention(4, 2) | r(3, 2, 4), r(5, 2, 4), r(5, 2, 4)
MultiheadAttention(4, 2, batch_first=True, bias=False, kdim=3, vdim=2) | r(2, 3, 4), r(2, 5, 3), r(2, 5, 2)
MultiheadAttention(4, 1, add_bias_kv=True, add_zero_attn=True) | r(3, 4), r(5, 4), r(5, 4)
TransformerEncoderLayer(4, 2, 8, dropout=0.0) | r(3, 2, 4)
TransformerEncoderLayer(4, 2, 8, 0.0, "gelu", batch_first=True, norm_first=True, bias=False) | r(2, 3, 4)
TransformerDecoderLayer(4, 2, 8, dropout=0.0) | r(3, 2, 4), r(5, 2, 4)
TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), 2, nn.LayerNorm(4)) | r(2, 3, 4)
TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, 0.0), 2) | r(3, 2, 4), r(5, 2, 4)
Transformer(4, 2, 1, 1, 8, dropout=0.0, batch_first=True) | r(2, 3, 4), r(2, 5, 4)
MSELoss() | r(3, 4), r(3, 4)
MSELoss(reduction="none") | r(3, 4), r(3, 4)
MSELoss(reduction="sum") | r(3, 4), r(3, 4)
L1Loss() | r(3, 4), r(3, 4)
L1Loss(reduction="none") | r(3, 4), r(3, 4)
SmoothL1Loss() | 2 * r(3, 4), r(3, 4)
SmoothL1Loss(beta=0.3, reduction="sum") | 2 * r(3, 4), r(3, 4)
SmoothL1Loss(beta=0.0) | r(3, 4), r(3, 4)
HuberLoss() | 2 * r(3, 4), r(3, 4)
HuberLoss("none", 0.4) | 2 * r(3, 4), r(3, 4)
BCELoss() | u(3, 4), u(3, 4)
BCELoss(T(u(3, 4)), reduction="sum") | u(3, 4), u(3, 4)
BCELoss(weight=T(u(4))) | u(3, 4), u(3, 4)
BCEWithLogitsLoss() | r(3, 4), u(3, 4)
BCEWithLogitsLoss(T(u(4)), reduction="none", pos_weight=T(u(4))) | r(3, 4), u(3, 4)
BCEWithLogitsLoss(pos_weight=T(u(3, 1))) | r(3, 4), u(3, 4)
CrossEntropyLoss() | r(5, 4), i(4, 5)
CrossEntropyLoss(T(u(4)), ignore_index=1, label_smoothing=0.2) | r(9, 4), i(4, 9)
CrossEntropyLoss(T(u(4)), reduction="none", label_smoothing=0.1) | r(2, 4, 3, 2), i(4, 2, 3, 2)
CrossEntropyLoss(T(u(4)), reduction="sum", ignore_index=0) | r(2, 4, 3), i(4, 2, 3)
CrossEntropyLoss(T(u(4)), label_smoothing=0.3) | r(5, 4), u(5, 4)
CrossEntropyLoss(reduction="none") | r(2, 4, 3), u(2, 4, 3)
CrossEntropyLoss() | r(4), i(4)
NLLLoss() | r(5, 4), i(4, 5)
NLLLoss(T(u(4)), ignore_index=2) | r(9, 4), i(4, 9)
NLLLoss(T(u(4)), reduction="none") | r(2, 4, 3, 2), i(4, 2, 3, 2)
NLLLoss(reduction="sum") | r(4), i(4)
NLLLoss2d(T(u(4)), ignore_index=0, reduction="sum") | r(2, 4, 3, 2), i(4, 2, 3, 2)
LinearCrossEntropyLoss(3, 4) | r(5, 3), i(4, 5)
LinearCrossEntropyLoss(3, 4, bias=True, ignore_index=1, label_smoothing=0.1, weight=T(u(4))) | r(9, 3), i(4, 9)
LinearCrossEntropyLoss(3, 4, out_features=(2,), bias=True, reduction="sum") | r(5, 3), i(4, 5, 2)
CTCLoss() | r(7, 2, 4), i(3, 2, 3) + 1, np.array([7, 5]), np.array([3, 2])
CTCLoss(blank=3, reduction="none") | r(7, 2, 4), i(3, 5), np.array([7, 5]), np.array([3, 2])
CTCLoss(reduction="sum", zero_infinity=True) | r(4, 2, 4), i(1, 2, 3) + 1, np.array([4, 4]), np.array([3, 2])
CTCLoss() | r(7, 4), i(3, 3) + 1, np.array([7]), np.array([3])
KLDivLoss() | r(3, 4), u(3, 4)
KLDivLoss(reduction="batchmean", log_target=True) | r(3, 4), r(3, 4)
KLDivLoss(reduction="none") | r(3, 4), u(3, 4)
PoissonNLLLoss() | r(3, 4), 4 * u(3, 4)
PoissonNLLLoss(False, True, reduction="sum", eps=1e-3) | u(3, 4), 4 * u(3, 4)
GaussianNLLLoss() | r(3, 4), r(3, 4), u(3, 4)
GaussianNLLLoss(full=True, eps=0.5, reduction="none") | r(3, 4), r(3, 4), u(3)
GaussianNLLLoss(reduction="sum") | r(3, 4), r(3, 4), u(3, 1)
HingeEmbeddingLoss() | r(3, 4), s(3, 4)
HingeEmbeddingLoss(0.5, reduction="none") | r(3, 4), s(3, 4)
CosineEmbeddingLoss() | r(3, 4), r(3, 4), s(3)
CosineEmbeddingLoss(0.2, reduction="none") | r(3, 4), r(3, 4), s(3)
MarginRankingLoss() | r(5), r(5), s(5)
MarginRankingLoss(0.5, reduction="sum") | r(3, 2), r(3, 2), s(3, 2)
TripletMarginLoss() | r(3, 4), r(3, 4), r(3, 4)
TripletMarginLoss(2.0, 1.0, 1e-3, True, reduction="none") | r(3, 4), r(3, 4), r(3, 4)
TripletMarginWithDistanceLoss() | r(3, 4), r(3, 4), r(3, 4)
TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(3.0), margin=2.0, swap=True) | r(3, 4), r(3, 4), r(3, 4)
SoftMarginLoss() | r(3, 4), s(3, 4)
SoftMarginLoss(reduction="none") | r(3, 4), s(3, 4)
MultiMarginLoss() | r(5, 4), i(4, 5)
MultiMarginLoss(2, 0.5, T(u(4)), reduction="none") | r(5, 4), i(4, 5)
MultiLabelMarginLoss() | r(2, 4), np.array([[3, 0, -1, 1], [1, -1, 2, 3]])
MultiLabelMarginLoss(reduction="none") | r(4), np.array([2, 1, -1, 0])
MultiLabelSoftMarginLoss() | r(3, 4), (s(3, 4) + 1) / 2
MultiLabelSoftMarginLoss(T(u(4)), reduction="none") | r(3, 4), (s(3, 4) + 1) / 2
AdaptiveLogSoftmaxWithLoss(16, 12, [3, 5, 9], 2.0, True) | r(6, 16), i(12, 6)
AdaptiveLogSoftmaxWithLoss(16, 40, [5]) | r(16), i(40)
CosineSimilarity() | r(3, 4), r(3, 4)
CosineSimilarity(0, 1e-3) | r(3, 4), r(3, 4)
PairwiseDistance() | r(3, 4), r(3, 4)
PairwiseDistance(1.0, 1e-3, True) | r(3, 4), r(3, 4)
Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Softmax(1))) | r(5, 3)
Sequential() | r(5, 3)
ModuleList([nn.Linear(1, 2), nn.Linear(1, 2), nn.ReLU()])
ModuleDict({"b": nn.Linear(1, 2), "a": nn.ModuleList()})
ParameterList([T(u(2)), T(u(3, 1))])
LazyLinear(3) | r(2, 5)
LazyLinear(3, bias=False) | r(5)
LazyConv1d(4, 3, padding=1, groups=2) | r(2, 4, 6)
LazyConv2d(4, (3, 2), stride=2, bias=False, padding_mode="reflect", padding=1) | r(2, 3, 6, 6)
LazyConv3d(2, 2) | r(2, 3, 4, 4, 4)
LazyConvTranspose1d(4, 3, stride=2) | r(2, 4, 6)
LazyConvTranspose2d(4, 3, groups=2, output_padding=1, stride=2) | r(2, 4, 6, 6)
LazyConvTranspose3d(2, 2) | r(1, 3, 4, 4, 4)
LazyBatchNorm1d() | r(4, 5)
LazyBatchNorm2d(eps=0.1, momentum=None) | r(4, 5, 2, 2)
LazyBatchNorm3d(affine=False) | r(4, 5, 2, 2, 2)
LazyInstanceNorm1d() | r(4, 5, 3)
LazyInstanceNorm2d(track_running_stats=False) | r(4, 5, 3, 3)
LazyInstanceNorm3d(bias=False) | r(4, 5, 3, 3, 2)
""".strip().splitlines()

# What these classes print differs: ours have no `options`, dtypes have NumPy's names
OTHER_TEXT = {"LinearCrossEntropyLoss", "ParameterList"}
# PyTorch's gradient is not that of its own values
WRONG_THERE = {"CrossMapLRN2d"}
# What is no layer, or has no counterpart on one machine with one kind of memory
ELSEWHERE = {
    "Module", "Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer", "RNNBase", "RNNCellBase",
    "ParameterDict", "Container", "DataParallel", "SyncBatchNorm", "LinearCrossEntropyOptions",
}  # fmt: skip
EXACTLY = {"rtol": 1e-7, "atol": 1e-9}


class Fixed(np.ndarray):
    """Floating numbers that are a target and need no gradient."""


class Draw:
    """The numbers of one case, the same for both libraries."""

    def __init__(self, text):
        rng = np.random.default_rng([*text.encode()])
        self.names = {
            "np": np,
            "r": lambda *shape: rng.standard_normal(shape),
            "u": lambda *shape: rng.uniform(0.05, 0.95, shape),
            "i": lambda below, *shape: rng.integers(0, below, shape),
            "s": lambda *shape: rng.choice([-1.0, 1.0], shape).view(Fixed),
            "d": lambda *shape: rng.permutation(np.linspace(-2, 2, int(np.prod(shape)))).reshape(shape),
        }

    def eval(self, text, **names):
        return eval(text, {**self.names, **names})


def both(line):
    """The modules of both libraries, in evaluation if the line says so, and the arrays of the inputs."""
    made, _, inputs = line.partition(" | ")
    modules = []
    for library, tensor in ((torch.nn, torch.tensor), (nn, ag.tensor)):
        module = Draw(line).eval(f"nn.{made.removeprefix('eval ')}", nn=library, T=tensor)
        modules.append(module.eval() if made.startswith("eval ") else module)
    arrays = Draw(f"{line} inputs").eval(f"({inputs},)") if inputs else ()
    return (*modules, arrays)


def called(module, arrays, tensor, prepare):
    """The outputs, and the gradients of a weighted sum of them by inputs and parameters, as arrays."""
    leaves = []

    def given(a):
        if isinstance(a, tuple):
            return tuple(given(x) for x in a)
        if isinstance(a, list):
            return a
        t = tensor(np.array(a))
        if a.dtype.kind == "f" and not isinstance(a, Fixed):
            t.requires_grad_()
            leaves.append(t)
            return t * 1  # not a leaf, so that it can be overwritten
        return t

    outputs = flat(module(*prepare([given(a) for a in arrays])))
    rng, total = np.random.default_rng(5), None
    for y in outputs:
        if y.requires_grad:
            term = (y * tensor(rng.uniform(0.5, 1.5, tuple(y.shape)))).sum()
            total = term if total is None else total + term
    if total is not None:
        total.backward()
    grads = [t.grad for t in (*leaves, *module.parameters())]
    return [array(y) for y in outputs], [None if g is None else array(g) for g in grads]


def flat(out):
    if isinstance(out, tuple | list):
        return [y for part in out if part is not None for y in flat(part)]
    return [out]


def array(t):
    return np.array(t.detach().numpy())


def logged(library, module):
    """The CTC loss takes what log_softmax gives; only behind it PyTorch's gradient is the derivative."""
    if type(module).__name__ != "CTCLoss":
        return lambda inputs: inputs
    return lambda inputs: [library.functional.log_softmax(inputs[0], -1), *inputs[1:]]


def described(state):
    lazy = ("UninitializedParameter", "UninitializedBuffer")
    return {
        name: type(t).__name__ if type(t).__name__ in lazy else (tuple(t.shape), str(t.dtype).removeprefix("torch."))
        for name, t in state.items()
    }


def text(module):
    return repr(module).replace("NonDynamicallyQuantizableLinear", "Linear")


def assert_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if a is None or b is None:
            assert (a is None or not a.any()) and (b is None or not b.any())
            continue
        assert a.shape == b.shape and a.dtype.kind == b.dtype.kind
        np.testing.assert_allclose(a, b, **EXACTLY)


@pytest.mark.parametrize("line", CASES)
def test_module(line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours, arrays = both(line)
        kind = type(ours).__name__
        assert kind in OTHER_TEXT or repr(ours) == text(theirs)
        assert described(ours.state_dict()) == described(theirs.state_dict())
        if not arrays:
            return
        theirs, ours = theirs.double(), ours.double()
        if kind.startswith("Lazy"):
            with torch.no_grad():
                theirs(*(torch.tensor(a) for a in arrays))
        ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
        for _ in range(2 if ours.training else 1):
            pair = [
                called(ours, arrays, ag.tensor, logged(nn, ours)),
                called(theirs, arrays, torch.tensor, logged(torch.nn, theirs)),
            ]
            for a, b in list(zip(*pair, strict=True))[: 1 if kind in WRONG_THERE else 2]:
                assert_equal(a, b)
            assert_equal([array(b) for b in ours.buffers()], [array(b) for b in theirs.buffers()])
            assert kind in OTHER_TEXT or repr(ours) == text(theirs)
            ours, theirs = ours.eval(), theirs.eval()
            ours.zero_grad(), theirs.zero_grad()


def test_every_class_of_pytorch_is_here():
    """All of torch.nn's modules exist, and have a line above."""
    classes = {name for name, kind in vars(torch.nn).items() if inspect.isclass(kind)} - ELSEWHERE
    assert not {name for name in classes if not hasattr(nn, name)}
    used = " ".join(CASES)
    assert not {name for name in classes if f"{name}(" not in used}


def test_every_function_of_pytorch_is_here():
    public = {n for n, f in vars(torch.nn.functional).items() if inspect.isroutine(f) and not n.startswith("_")}
    public -= {"boolean_dispatch", "assert_int_or_pair"} | {n for n in public if "torch_function" in n}
    low_precision = {"grouped_mm", "scaled_mm", "scaled_grouped_mm"}  # for bfloat16 and float8 on graphics processors
    assert not {n for n in public - low_precision if not hasattr(nn.functional, n)}


def test_defaults_and_argument_order():
    """Signatures agree, but for what does not exist here, such as device and size_average; ours may have more at the end."""
    absent = {"size_average", "reduce", "_stacklevel", "min_value", "max_value", "options", "out"}
    different = []
    for library, mine in ((torch.nn, nn), (torch.nn.functional, nn.functional)):
        for name, theirs in vars(library).items():
            ours = getattr(mine, name, None)
            if ours is None or not callable(theirs) or name in ELSEWHERE:
                continue
            try:
                signatures = [list(inspect.signature(f).parameters.values()) for f in (theirs, ours)]
            except ValueError:  # written in C
                continue
            listed = [
                [(p.name, getattr(p.default, "__name__", p.default)) for p in s if p.name not in absent]
                for s in signatures
            ]
            if listed[0] != listed[1][: len(listed[0])] and [name for name, _ in listed[0]] != ["args", "kwargs"]:
                different.append((name, *listed))
    assert not different
