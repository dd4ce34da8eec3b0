"""Activation functions and the softmax family, against SciPy and plain NumPy."""

import numpy as np
import scipy.special as sc

import nn.functional as F

from . import Row, real

KINK = real(3, 4, away=(0.0,))


def row(name, f, ref, x=None, **options):
    return Row(name, f, ref, (real(3, 4) if x is None else x,), elementwise=True, **options)


def softplus(x):
    return np.logaddexp(0, x)


ROWS = [
    row("relu", F.relu, lambda x: x * (x > 0), KINK),
    row("relu6", F.relu6, lambda x: np.clip(x, 0, 6), real(3, 4, low=-3, high=9, away=(0, 6))),
    row("leaky_relu", lambda x: F.leaky_relu(x, 0.2), lambda x: np.where(x > 0, x, 0.2 * x), KINK),
    row("leaky_relu_rising", lambda x: F.leaky_relu(x, -0.5), lambda x: np.where(x > 0, x, -0.5 * x), KINK),
    row("rrelu_eval", F.rrelu, lambda x: np.where(x > 0, x, x * 11 / 48), KINK),
    row("elu", lambda x: F.elu(x, 0.7), lambda x: np.where(x > 0, x, 0.7 * (np.exp(x) - 1)), KINK),
    row(
        "selu",
        F.selu,
        lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
        KINK,
    ),
    row("celu", lambda x: F.celu(x, 2.0), lambda x: np.where(x > 0, x, 2 * (np.exp(x / 2) - 1)), KINK),
    row("gelu", F.gelu, lambda x: x * 0.5 * (1 + sc.erf(x / np.sqrt(2)))),
    row(
        "gelu_tanh",
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    ),
    row("silu", F.silu, lambda x: x * sc.expit(x)),
    row("mish", F.mish, lambda x: x * np.tanh(softplus(x))),
    row("sigmoid", F.sigmoid, sc.expit),
    row("logsigmoid", F.logsigmoid, sc.log_expit),
    row("softplus", F.softplus, softplus),
    row(
        "softplus_beta",
        lambda x: F.softplus(x, 3.0, 2.0),
        lambda x: np.where(3 * x > 2, x, softplus(3 * x) / 3),
        real(3, 4, away=(2 / 3,)),
    ),
    row("softsign", F.softsign, lambda x: x / (1 + np.abs(x)), KINK),
    row("tanhshrink", F.tanhshrink, lambda x: x - np.tanh(x)),
    row(
        "softshrink",
        F.softshrink,
        lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        real(3, 4, away=(-0.5, 0.5)),
    ),
    row("hardshrink", F.hardshrink, lambda x: x * (np.abs(x) > 0.5), real(3, 4, away=(-0.5, 0.5))),
    row("hardtanh", lambda x: F.hardtanh(x, -0.5, 1), lambda x: np.clip(x, -0.5, 1), real(3, 4, away=(-0.5, 1))),
    row("hardsigmoid", F.hardsigmoid, lambda x: np.clip(x + 3, 0, 6) / 6, real(3, 4, low=-5, high=5, away=(-3, 3))),
    row("hardswish", F.hardswish, lambda x: x * np.clip(x + 3, 0, 6) / 6, real(3, 4, low=-5, high=5, away=(-3, 3))),
    row("threshold", lambda x: F.threshold(x, 0.3, 5.0), lambda x: np.where(x > 0.3, x, 5.0), real(3, 4, away=(0.3,))),
    row("step", lambda x: F.step(x, 0.3), lambda x: (x >= 0.3) * 1.0, real(3, 4, away=(0.3,)), orders=1),
    row("scaled_sigmoid", lambda x: F.scaled_sigmoid(x, 2.5), lambda x: sc.expit(2.5 * x)),
    row("scaled_tanh", F.scaled_tanh, lambda x: 1.7159 * np.tanh(2 / 3 * x)),
    Row("glu", F.glu, lambda x: x[:, :3] * sc.expit(x[:, 3:]), (real(4, 6),)),
    Row("glu_dim0", lambda x: F.glu(x, 0), lambda x: x[:2] * sc.expit(x[2:]), (real(4, 3),)),
    Row(
        "prelu",
        F.prelu,
        lambda x, w: np.where(x > 0, x, x * w[:, None]),
        (real(2, 3, 4, away=(0,)), real(3)),
    ),
    Row("prelu_shared", F.prelu, lambda x, w: np.where(x > 0, x, x * w), (real(5, away=(0,)), real(1))),
    Row("softmax", lambda x: F.softmax(x, -1), lambda x: sc.softmax(x, -1), (real(3, 4),)),
    Row("softmax_middle", lambda x: F.softmax(x, 1), lambda x: sc.softmax(x, 1), (real(2, 3, 2),)),
    Row("log_softmax", lambda x: F.log_softmax(x, 0), lambda x: sc.log_softmax(x, 0), (real(3, 4),)),
    Row("softmin", lambda x: F.softmin(x, 1), lambda x: sc.softmax(-x, 1), (real(3, 4),)),
]
