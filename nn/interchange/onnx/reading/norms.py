"""Normalisation, and what is random: dropout and random numbers, of our generator unless a node names a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine import basics

from .... import functional as F
from .rule import Rule, in_single, plain, reads


@reads("epsilon", "training_mode", "spatial", "momentum", ignores=("is_test",))
@in_single
def _batch_norm(node: Any, x: Any, w: Any, b: Any, mean: Any, var: Any) -> Any:
    if not node.get("spatial", 1):
        raise node.unsupported("spatial=0, statistics of each element")
    if node.get("training_mode", 0):
        return _batch_norm_in_training(node, x, w, b, mean, var)
    mean, var = (v.detach() if hasattr(v, "detach") else v for v in (mean, var))
    return F.batch_norm(x, mean, var, w, b, eps=node.get("epsilon", 1e-5))


def _batch_norm_in_training(node: Any, x: Any, w: Any, b: Any, mean: Any, var: Any) -> tuple:
    """By the batch's own mean and variance, with the running ones that follow from them, which have no gradient."""
    momentum, dims = node.get("momentum", 0.9), (0, *range(2, x.ndim))
    out = F.batch_norm(x, None, None, w, b, training=True, eps=node.get("epsilon", 1e-5))
    x, mean, var = (v.detach() if hasattr(v, "detach") else v for v in (x, mean, var))
    centre = ag.mean(x, dims, keepdim=True)
    batch = ag.reshape(centre, (-1,)), ag.mean((x - centre) ** 2, dims)
    return (out, *(old * momentum + new * (1 - momentum) for old, new in zip((mean, var), batch, strict=True)))


@reads("axis", "epsilon")
@in_single
def _layer_norm(node: Any, x: Any, w: Any, b: Any = None) -> Any:
    """Over the dimensions from `axis` on; on request with the means and the reciprocals of the deviations."""
    axis = node.get("axis", -1) % x.ndim
    sizes = tuple(x.shape[axis:])
    w, b = (v if v is None or tuple(v.shape) == sizes else basics.broadcast_to(v, sizes) for v in (w, b))
    out = F.layer_norm(x, sizes, w, b, node.get("epsilon", 1e-5))
    if not (node.wants(1) or node.wants(2)):
        return out
    dims = tuple(range(axis, x.ndim))
    mean = x.mean(dims, keepdim=True)
    return out, mean, (((x - mean) ** 2).mean(dims, keepdim=True) + node.get("epsilon", 1e-5)) ** -0.5


@reads("axis", "epsilon")
@in_single
def _rms_norm(node: Any, x: Any, w: Any) -> Any:
    sizes = tuple(x.shape[node.get("axis", -1) % x.ndim :])
    w = w if tuple(w.shape) == sizes else basics.broadcast_to(w, sizes)
    return F.rms_norm(x, sizes, w, node.get("epsilon", 1e-5))


@reads("num_groups", "epsilon")
@in_single
def _group_norm(node: Any, x: Any, w: Any, b: Any) -> Any:
    groups, channels = node.get("num_groups"), x.shape[1]
    if node.version < 21 and w.shape[0] == groups != channels:  # a weight of each group
        w, b = (v[np.arange(channels) // (channels // groups)] for v in (w, b))
    return F.group_norm(x, node.get("num_groups"), w, b, node.get("epsilon", 1e-5))


@reads("epsilon")
@in_single
def _instance_norm(node: Any, x: Any, w: Any, b: Any) -> Any:
    return F.instance_norm(x, weight=w, bias=b, eps=node.get("epsilon", 1e-5))


@reads("size", "alpha", "beta", "bias")
@in_single
def _lrn(node: Any, x: Any) -> Any:
    return F.local_response_norm(
        x, node.get("size"), node.get("alpha", 1e-4), node.get("beta", 0.75), node.get("bias", 1.0)
    )


@reads("p", "axis")
def _lp_normalization(node: Any, x: Any) -> Any:
    length = x.norm(node.get("p", 2), dim=node.get("axis", -1), keepdim=True)
    return x / basics.where(length == 0, np.ones((), x.dtype), length)


# ----------------------------------------------------------------------------------------------------------------- random


def _uniform(node: Any, shape: tuple) -> ndarray:
    """Numbers from 0 to 1; those of a node with a seed go on in a sequence of their own."""
    seed = node.get("seed")
    if seed is None:
        return plain(ag.rand(*shape, dtype=np.float64))
    if node.generator is None:
        node.generator = np.random.RandomState(int(seed) & 0xFFFFFFFF)
    return node.generator.uniform(0.0, 1.0, shape)


@reads("seed", "ratio", ignores=("is_test",))
def _dropout(node: Any, x: Any, ratio: Any = None, training: Any = None) -> tuple:
    """What it is in evaluation, unless `training` is an input that is true."""
    rate = 0.5 if ratio is None else float(plain(ratio).item())
    if training is None or not plain(training).item() or rate == 0:
        return x, np.ones(x.shape, bool)
    if not 0 <= rate < 1:
        raise ValueError(f"onnx: Dropout with the ratio {rate}; it must be at least 0 and below 1")
    mask = _uniform(node, tuple(x.shape)) >= rate
    return x * (mask / (1 - rate)).astype(x.dtype), mask


def _dtype(node: Any, like: Any) -> Any:
    from onnx.helper import tensor_dtype_to_np_dtype

    if node.get("dtype") is not None:
        dtype = tensor_dtype_to_np_dtype(node.get("dtype"))
        if dtype.kind not in "fiub":
            raise node.unsupported(f"there is no dtype {dtype} here")
        return dtype
    return np.dtype(np.float32) if like is None else like.dtype


@reads("dtype", "high", "low", "seed", "shape")
def _random_uniform(node: Any, like: Any = None) -> ndarray:
    shape = tuple(node.get("shape") if like is None else like.shape)
    low, high = node.get("low", 0.0), node.get("high", 1.0)
    return np.asarray(low + (high - low) * _uniform(node, shape)).astype(_dtype(node, like))


@reads("dtype", "mean", "scale", "seed", "shape")
def _random_normal(node: Any, like: Any = None) -> ndarray:
    """By Box and Muller 1958, of two uniform numbers each."""
    shape = tuple(node.get("shape") if like is None else like.shape)
    radius, angle = np.sqrt(-2 * np.log1p(-_uniform(node, shape))), 2 * np.pi * _uniform(node, shape)
    return np.asarray(node.get("mean", 0.0) + node.get("scale", 1.0) * radius * np.cos(angle)).astype(
        _dtype(node, like)
    )


@reads("dtype", "seed")
def _bernoulli(node: Any, x: Any) -> ndarray:
    return np.asarray(_uniform(node, tuple(x.shape)) < plain(x)).astype(_dtype(node, x))


NORMS: dict[str, Rule] = {
    "BatchNormalization": _batch_norm,
    "Bernoulli": _bernoulli,
    "Dropout": _dropout,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LpNormalization": _lp_normalization,
    "RMSNormalization": _rms_norm,
    "RandomNormal": _random_normal,
    "RandomNormalLike": _random_normal,
    "RandomUniform": _random_uniform,
    "RandomUniformLike": _random_uniform,
}
