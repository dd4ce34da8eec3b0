"""Normalisation, against means and variances of NumPy and, across channels, a plain loop."""

import numpy as np

import autograd_core as ag
import nn.functional as F
from autograd_core.ops.network.response import cross_map_lrn2d

from . import Row, positive, real


def standardised(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def by_channel(v, x):
    return v.reshape(-1, *(1,) * (x.ndim - 2))


def batch(x, w=1.0, b=0.0, eps=1e-5):
    return standardised(x, (0, *range(2, x.ndim)), eps) * by_channel(np.array(w), x) + by_channel(np.array(b), x)


def fixed_batch(x, mean, var, w, b, eps=1e-5):
    return (x - by_channel(mean, x)) / np.sqrt(by_channel(var, x) + eps) * by_channel(w, x) + by_channel(b, x)


def group(x, groups, w=1.0, b=0.0, eps=1e-5):
    parts = [standardised(part, tuple(range(1, x.ndim)), eps) for part in np.split(x, groups, 1)]
    return np.concatenate(parts, 1) * by_channel(np.array(w), x) + by_channel(np.array(b), x)


def rms(x, dims, w=1.0, eps=2.0**-52):
    return x / np.sqrt((x * x).mean(tuple(range(-dims, 0)), keepdims=True) + eps) * w


def response(x, size, alpha, beta, k):
    out = np.empty_like(x)
    for n, c in np.ndindex(*x.shape[:2]):
        near = x[n, max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        out[n, c] = x[n, c] / (k + alpha / size * (near**2).sum(0)) ** beta
    return out


def cross_map(x, size, alpha, beta, k):
    """A running sum as in PyTorch's module, which never takes channel 0 out again."""
    C, reach = x.shape[1], (size + 1) // 2
    out, total = np.empty_like(x), (x[:, :reach] ** 2).sum(1)
    for c in range(C):
        if 0 < c < C - reach + 1:
            total = total + x[:, c + reach - 1] ** 2
        if c > reach:
            total = total - x[:, c - reach] ** 2
        out[:, c] = x[:, c] * (k + alpha / size * total) ** -beta
    return out


SMALL, IMAGES, LARGE = real(4, 3), real(3, 4, 3, 2), real(2, 2, 9, 8)  # LARGE: planes of more than FEW positions
W3, W4, W2 = positive(3), positive(4), positive(2)

ROWS = [
    Row("batch_norm_2d", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), batch, (SMALL, W3, real(3))),
    Row("batch_norm_4d", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), batch, (IMAGES, W4, real(4))),
    Row("batch_norm_planes", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), batch, (LARGE, W2, real(2))),
    Row(
        "batch_norm_no_weight",
        lambda x: F.batch_norm(x, None, None, training=True, eps=0.1),
        lambda x: batch(x, eps=0.1),
        (real(3, 2, 4),),
    ),
    Row(
        "batch_norm_evaluation",
        lambda x, w, b: F.batch_norm(x, ag.tensor([1.0, -1.0, 0.5]), ag.tensor([0.25, 2.0, 1.0]), w, b),
        lambda x, w, b: fixed_batch(x, np.array([1, -1, 0.5]), np.array([0.25, 2, 1]), w, b),
        (real(2, 3, 4), W3, real(3)),
    ),
    Row(
        "batch_norm_evaluation_planes",
        lambda x, w, b: F.batch_norm(x, ag.tensor([1.0, -1.0]), ag.tensor([0.25, 2.0]), w, b),
        lambda x, w, b: fixed_batch(x, np.array([1, -1]), np.array([0.25, 2]), w, b),
        (LARGE, W2, real(2)),
    ),
    Row(
        "layer_norm",
        lambda x, w, b: F.layer_norm(x, (5,), w, b),
        lambda x, w, b: standardised(x, -1) * w + b,
        (real(3, 5), positive(5), real(5)),
    ),
    Row(
        "layer_norm_two_dims",
        lambda x, w: F.layer_norm(x, (3, 4), w, eps=0.01),
        lambda x, w: standardised(x, (-2, -1), 0.01) * w,
        (real(2, 2, 3, 4), positive(3, 4)),
    ),
    Row(
        "layer_norm_bias",
        lambda x, b: F.layer_norm(x, (5,), None, b),
        lambda x, b: standardised(x, -1) + b,
        (real(3, 5), real(5)),
    ),
    Row(
        "group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), lambda x, w, b: group(x, 2, w, b), (IMAGES, W4, real(4))
    ),
    Row("group_norm_vectors", lambda x, w: F.group_norm(x, 2, w), lambda x, w: group(x, 2, w), (real(3, 4), W4)),
    Row(
        "group_norm_planes",
        lambda x, w, b: F.group_norm(x, 1, w, b),
        lambda x, w, b: group(x, 1, w, b),
        (LARGE, W2, real(2)),
    ),
    Row(
        "instance_norm",
        lambda x, w, b: F.instance_norm(x, None, None, w, b),
        lambda x, w, b: group(x, 4, w, b),
        (IMAGES, W4, real(4)),
    ),
    Row("instance_norm_planes", lambda x: F.instance_norm(x), lambda x: group(x, 2), (LARGE,)),
    Row(
        "rms_norm", lambda x, w: F.rms_norm(x, (5,), w, 0.1), lambda x, w: rms(x, 1, w, 0.1), (real(3, 5), positive(5))
    ),
    Row("rms_norm_two_dims", lambda x: F.rms_norm(x, (3, 4)), lambda x: rms(x, 2), (real(2, 3, 4),)),
    Row(
        "local_response_norm",
        lambda x: F.local_response_norm(x, 3, 2.0, 0.75, 1.5),
        lambda x: response(x, 3, 2.0, 0.75, 1.5),
        (real(2, 5, 3),),
    ),
    Row(
        "local_response_norm_even",
        lambda x: F.local_response_norm(x, 4, 1.0, 0.4, 0.5),
        lambda x: response(x, 4, 1.0, 0.4, 0.5),
        (real(1, 6, 2, 3),),
    ),
    Row(
        "cross_map_lrn2d",
        lambda x: cross_map_lrn2d(x, 3, 2.0, 0.75, 1.5),
        lambda x: cross_map(x, 3, 2.0, 0.75, 1.5),
        (real(2, 6, 2, 1),),
    ),
]
