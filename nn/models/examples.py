"""What the models with a learning rule of their own take: examples and targets, checked before anything is changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.tensor import Tensor, as_array


def at_least(name: str, least: int, **options: int) -> None:
    """Refuse options below `least`."""
    for option, value in options.items():
        if value < least:
            raise ValueError(f"{name}: {option} must be at least {least}, got {value}")


def positive(name: str, **options: float) -> None:
    """Refuse options that are no positive number."""
    for option, value in options.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name}: {option} must be positive, got {value}")


def not_negative(name: str, **options: float) -> None:
    """Refuse options that are below 0 or not finite."""
    for option, value in options.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name}: {option} must not be negative, got {value}")


def one_of(name: str, option: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name}: {option} is one of {', '.join(choices)}, got {value!r}")


def points(name: str, x: Any, in_features: int, dtype: Any) -> ndarray:
    """x as an array (N, in_features) of the model's dtype, finite."""
    array = as_array(x)
    if array.ndim != 2 or array.shape[1] != in_features:
        raise ValueError(
            f"{name}: x must have shape (N, {in_features}), got {array.shape}; flatten each example into one row first"
        )
    if not len(array):
        raise ValueError(f"{name}: x has no examples, its shape is {array.shape}")
    if array.dtype.kind == "c":
        raise TypeError(f"{name}: x must be real, got {array.dtype}")
    array = array.astype(dtype, copy=False)
    if not np.isfinite(array).all():
        i, j = (int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: x[{i}, {j}] is {array[i, j]}; leave out or fill in what is not finite")
    return array


def targets(name: str, y: Any, count: int, outputs: int, low: float = 0.0) -> tuple[ndarray | None, ndarray]:
    """(labels or None, matrix (N, outputs) in float64) of class indices (N,) or of a floating matrix as it is.

    Labels become rows of `low` and 1: with one output, 1 for class 1; else one output a class.
    """
    array = as_array(y)
    if array.dtype.kind in "biu":
        return _classes(name, array.astype(np.int64), count, outputs, low)
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: y must hold class indices or real targets, got {array.dtype}")
    if array.shape != (count, outputs):
        raise ValueError(
            f"{name}: y must be class indices of shape ({count},) or floating targets of shape ({count}, {outputs}), got "
            f"{array.dtype} of shape {array.shape}; y.long() makes indices of labels, y[:, None] a matrix of numbers"
        )
    return None, _finite_targets(name, array)


def values(name: str, y: Any, count: int, outputs: int) -> ndarray:
    """y as a matrix (N, outputs) of finite numbers, in float64."""
    array = as_array(y)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: y must hold real numbers, got {array.dtype}")
    if array.shape != (count, outputs):
        way_out = "; y[:, None] makes a column of numbers" if array.shape == (count,) and outputs == 1 else ""
        raise ValueError(f"{name}: y must have shape ({count}, {outputs}), got {array.shape}{way_out}")
    return _finite_targets(name, array)


def _finite_targets(name: str, array: ndarray) -> ndarray:
    if not np.isfinite(array).all():
        i, j = (int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: y[{i}, {j}] is {array[i, j]}; leave out examples whose target is not finite")
    return array.astype(np.float64)


def _classes(name: str, labels: ndarray, count: int, outputs: int, low: float) -> tuple[ndarray, ndarray]:
    if labels.shape != (count,):
        raise ValueError(
            f"{name}: {count} examples need class indices of shape ({count},), got shape {labels.shape}; a target matrix "
            "must be floating"
        )
    classes = max(2, outputs)
    if labels.min() < 0 or labels.max() >= classes:
        i = int(np.argmax((labels < 0) | (labels >= classes)))
        raise ValueError(
            f"{name}: label {labels[i]} at {i} is out of range; with out_features={outputs} labels go from 0 to "
            f"{classes - 1}"
        )
    hit = labels[:, None] == (np.arange(outputs) if outputs > 1 else 1)
    return labels, np.where(hit, 1.0, low)


def classes_of(scores: Tensor, threshold: float = 0.0) -> Tensor:
    """The class of each row of scores (N, K): the largest, or with one output whether it reaches the threshold. (N,)"""
    array = scores.array
    classes = array[..., 0] >= threshold if array.shape[-1] == 1 else array.argmax(-1)
    return Tensor(classes.astype(np.int64))
