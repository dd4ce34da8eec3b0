"""Dropout, of values and of weights, and noise: what is random and differentiable.

What is drawn is an input of the operation, so a graph can be run again with the same.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to, where
from ...engine.operands import unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, describe
from ...engine.types import A, TensorLike
from ...kernels.rows import dropout as kernels
from ...random import by_example, standard_normal, stream
from ..elementwise.piecewise import elementwise, overwritten, zeroed
from ..linalg.linear import linear, linear_operands
from ..linalg.products import matmul
from ..shape.shape import reshape

SELU_LIMIT = -1.7580993408473766  # what SELU tends to at -inf: -scale · alpha


def _kept(x: Any, dropped: Any, scale: float) -> Any:
    """scale · x, and 0 where it is dropped, whatever x is there."""
    if type(x) is ndarray and x.shape == dropped.shape and x.dtype.char in "fd":
        return kernels.kept(x, dropped, scale)
    return zeroed(x, dropped) * scale


def _drop(x: ndarray, dropped: ndarray, scale: float, shift: float, value: float) -> ndarray:
    out = _kept(x, dropped, scale)
    if shift or value:
        out += np.where(dropped, value, shift).astype(x.dtype)
    return out


def _drop_definition(x: Any, dropped: Any, scale: float, shift: float, value: float) -> Any:
    return where(dropped, value, x * scale + shift)


_drop_primitive = elementwise(
    Primitive(
        _drop,
        name="dropout",
        vjps=(lambda g, dropped, scale, shift, value: _kept(g, dropped, scale), None),
        saves=(1,),
        definition=_drop_definition,
    )
)


def _probability(p: float, name: str) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability to drop and must be from 0 to 1, got {p}")


def _checked(x: Any, p: float, name: str) -> Any:
    _probability(p, name)
    (x,) = unified(name, x, floating=True)
    if not hasattr(x, "dtype") or x.dtype.kind != "f":
        raise TypeError(f"{name}: needs a floating tensor, got {describe(x)}; convert it first, as in x.float()")
    return x


def _dropped(x: Any, p: float, shape: tuple, alpha: bool, inplace: bool, name: str) -> Any:
    """x with a fraction p of its entries dropped; the mask, of `shape`, broadcasts to x."""
    if inplace:
        return overwritten(name, x, lambda old: _dropped(old, p, shape, alpha, False, name))
    if p == 1:
        return apply(_drop_primitive, (x, np.ones(shape, bool)), (0.0, 0.0, 0.0))
    mask = _mask(shape, p)
    if not alpha:
        return apply(_drop_primitive, (x, mask), (float(1 / (1 - p)), 0.0, 0.0))
    p = float(p)
    scale = 1 / math.sqrt((1 - p) * (1 + p * SELU_LIMIT**2))
    shift = -scale * SELU_LIMIT * p
    return apply(_drop_primitive, (x, mask), (scale, shift, scale * SELU_LIMIT + shift))


def dropout(input: A, p: float = 0.5, training: bool = True, inplace: bool = False) -> A:
    """Set each element to 0 with probability `p` in training, and scale the others to keep the expectation.

    `input` is returned as it is unless `training`; `inplace` writes over it. A dropped infinity or NaN is 0 too.

    Formula: out_i = m_i x_i / (1 − p), m_i 0 with probability p and else 1, x the input; not training, out = x
    Shapes: (*), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1; TypeError if input holds complex or no numbers, or is no tensor to write over.
    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.dropout(ag.ones(4), p=1.0), F.dropout(ag.ones(4), training=False)
    (tensor([0., 0., 0., 0.]), tensor([1., 1., 1., 1.]))
    """
    _probability(p, "dropout")
    if not training or not p:
        return input
    x = _checked(input, p, "dropout")
    return _dropped(x, p, tuple(x.shape), False, inplace, "dropout")


def alpha_dropout(input: A, p: float = 0.5, training: bool = False, inplace: bool = False) -> A:
    """Set each element to the lower limit of SELU with probability `p` in training, keeping mean 0 and variance 1.

    `input` is returned as it is unless `training`; `inplace` writes over it.

    Formula: out_i = a (m_i x_i + (1 − m_i) α') + b, α' = −1.7581, a = 1 / √((1 − p)(1 + p α'²)), b = −a p α', m_i 0 with
        probability p and else 1, x the input; not training, out = x
    Shapes: (*), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1; TypeError if input holds complex or no numbers, or is no tensor to write over.
    Source: Klambauer et al. 2017, "Self-normalizing neural networks", section "Dropout".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.alpha_dropout(ag.ones(4), p=0.5)
    tensor([1., 1., 1., 1.])
    """
    _probability(p, "alpha_dropout")
    if not training or not p:
        return input
    x = _checked(input, p, "alpha_dropout")
    return _dropped(x, p, tuple(x.shape), True, inplace, "alpha_dropout")


@by_example
def _mask(shape: tuple, p: float) -> ndarray:
    return kernels.dropped(int(stream(None).integers(2**63)), shape, p)


def _channels(x: Any, ndims: tuple, unbatched: int | None, name: str) -> tuple:
    """The shape of a mask with one entry for each channel of (N, C, …), or of (C, …) if it has `unbatched` dims."""
    low, high = ndims
    if not low <= x.ndim <= high:
        raise ValueError(
            f"{name}: drops whole channels of an input of {low} to {high} dimensions, got shape {tuple(x.shape)}; use "
            "dropout to drop single elements"
        )
    keep = 1 if x.ndim == unbatched else 2
    return (*x.shape[:keep], *(1,) * (x.ndim - keep))


def _by_channel(
    x: Any, p: float, training: bool, inplace: bool, ndims: tuple, unbatched: int | None, name: str, alpha: bool = False
) -> Any:
    _probability(p, name)
    shape = _channels(x if hasattr(x, "ndim") else np.asarray(x), ndims, unbatched, name)
    return _dropped(_checked(x, p, name), p, shape, alpha, inplace, name) if training and p else x


def feature_alpha_dropout(input: A, p: float = 0.5, training: bool = False, inplace: bool = False) -> A:
    """Set whole channels to the lower limit of SELU with probability `p` in training.

    `input` is returned as it is unless `training`; `inplace` writes over it.
    It keeps mean 0 and variance 1, as `alpha_dropout` does for single elements.

    Formula: out[n, c] = a (m_nc x[n, c] + (1 − m_nc) α') + b, with the numbers of `alpha_dropout`, m_nc 0 with
        probability p and else 1, x the input; not training, out = x
    Shapes: (N, C, *), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1, or input has no channels; TypeError if input
        holds complex or no numbers, or is no tensor to write over.
    Source: Klambauer et al. 2017, "Self-normalizing neural networks", section "Dropout".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.feature_alpha_dropout(ag.ones(1, 2, 2), p=0.5).shape
    (1, 2, 2)
    """
    return _by_channel(input, p, training, inplace, (2, 64), None, "feature_alpha_dropout", alpha=True)


def dropout1d(input: A, p: float = 0.5, training: bool = True, inplace: bool = False) -> A:
    """Set whole channels to 0 with probability `p` in training, and scale the others to keep the expectation.

    `input` is returned as it is unless `training`; `inplace` writes over it.

    Formula: out[n, c] = m_nc x[n, c] / (1 − p), m_nc 0 with probability p and else 1, x the input; not training, out = x
    Shapes: (N, C, L) or (C, L), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1, or input has another number of dimensions; TypeError if input
        holds complex or no numbers, or is no tensor to write over.
    Source: Tompson et al. 2015, "Efficient object localization using convolutional networks", section 3.2.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.dropout1d(ag.ones(1, 2, 2), p=1.0).sum()
    tensor(0.)
    """
    return _by_channel(input, p, training, inplace, (2, 3), 2, "dropout1d")


def dropout2d(input: A, p: float = 0.5, training: bool = True, inplace: bool = False) -> A:
    """Set whole channels to 0 with probability `p` in training, and scale the others to keep the expectation.

    `input` is returned as it is unless `training`; `inplace` writes over it.
    As in PyTorch, (N, C, L) counts as a batch; of (N, C) it drops elements, as `dropout` does, with a warning.

    Formula: out[n, c] = m_nc x[n, c] / (1 − p), m_nc 0 with probability p and else 1, x the input; not training, out = x
    Shapes: (N, C, H, W), (N, C, L) or (N, C), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1, or input has another number of dimensions; TypeError if input
        holds complex or no numbers, or is no tensor to write over.
    Source: Tompson et al. 2015, "Efficient object localization using convolutional networks", section 3.2.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.dropout2d(ag.ones(1, 2, 2, 2), p=1.0).sum()
    tensor(0.)
    """
    if getattr(input, "ndim", 0) == 2:
        warnings.warn(
            f"dropout2d: an input of shape {np.shape(input)} has no channels of more than one element, so single "
            "elements are dropped; use dropout",
            stacklevel=2,
        )
    return _by_channel(input, p, training, inplace, (2, 4), None, "dropout2d")


def dropout3d(input: A, p: float = 0.5, training: bool = True, inplace: bool = False) -> A:
    """Set whole channels to 0 with probability `p` in training, and scale the others to keep the expectation.

    `input` is returned as it is unless `training`; `inplace` writes over it.

    Formula: out[n, c] = m_nc x[n, c] / (1 − p), m_nc 0 with probability p and else 1, x the input; not training, out = x
    Shapes: (N, C, D, H, W) or (C, D, H, W), kept.
    Dtypes: floating, kept; integers become the default float in training.
    Raises: ValueError if p is not from 0 to 1, or input has another number of dimensions; TypeError if input
        holds complex or no numbers, or is no tensor to write over.
    Source: Tompson et al. 2015, "Efficient object localization using convolutional networks", section 3.2.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.dropout3d(ag.ones(1, 2, 2, 2, 2), p=1.0).sum()
    tensor(0.)
    """
    return _by_channel(input, p, training, inplace, (4, 5), 4, "dropout3d")


def drop_connect(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    p: float = 0.5,
    training: bool = True,
    per_example: bool = False,
) -> Tensor:
    """Compute `linear` with each weight and each bias set to 0 with probability `p` in training, the others scaled.

    One mask serves the whole batch; with `per_example` each row of `input` gets its own, as in the paper, at the cost of
    that many matrices. Not in `training`, all weights are used (the paper samples activations from a normal distribution
    with the mean and variance of the masked sum, Algorithm 2).

    Formula: out = input (M ∘ weight)ᵀ / (1 − p) + m ∘ bias / (1 − p), M and m 0 with probability p and else 1
    Shapes: input (*, in_features), weight (out_features, in_features), bias (out_features,) → (*, out_features).
    Dtypes: floating, the same for all three, kept.
    Raises: ValueError if shapes do not fit or p is not from 0 to 1; TypeError for different dtypes.
    Source: Wan et al. 2013, "Regularization of neural networks using DropConnect", section 3.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.drop_connect(ag.ones(1, 2), ag.ones(3, 2), training=False), F.drop_connect(ag.ones(1, 2), ag.ones(3, 2), p=1.0)
    (tensor([[2., 2., 2.]]), tensor([[0., 0., 0.]]))
    """
    _probability(p, "drop_connect")
    x, w, b = linear_operands("drop_connect", input, weight, bias)
    if not training or not p:
        return linear(x, w, b)
    if not per_example:
        return linear(x, dropout(w, p), None if b is None else dropout(b, p))
    rows = reshape(x, (math.prod(x.shape[:-1]), x.shape[-1], 1))
    masked = dropout(broadcast_to(w, (rows.shape[0], *w.shape)), p)
    out = matmul(masked, rows)  # (M, O, I) @ (M, I, 1) -> (M, O, 1)
    out = reshape(out, (*x.shape[:-1], w.shape[0]))
    return out if b is None else out + dropout(broadcast_to(b, tuple(out.shape)), p)


def gaussian_noise(input: A, std: float = 0.1, training: bool = True) -> A:
    """Add normal noise of mean 0 and standard deviation `std` to each element of `input`, in `training`.

    On the inputs of a network it acts, to second order in std, like a penalty on the slopes of its outputs.

    Formula: out_i = x_i + std · ε_i, ε_i from N(0, 1), x the input; not training, out = x
    Shapes: (*) → (*).
    Dtypes: floating and complex, kept; integers become the default float.
    Raises: ValueError if std is negative; TypeError if input holds no numbers.
    Source: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.gaussian_noise(ag.ones(2), std=0.0), F.gaussian_noise(ag.ones(2), training=False)
    (tensor([1., 1.]), tensor([1., 1.]))
    """
    if not std >= 0:
        raise ValueError(f"gaussian_noise: std must not be negative, got {std}")
    (x,) = unified("gaussian_noise", input, floating=True)
    return x + float(std) * _noise(tuple(x.shape), x.dtype) if training and std else x


@by_example
def _noise(shape: tuple, dtype: np.dtype) -> ndarray:
    return standard_normal(shape, dtype)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.dropout
ag.alpha_dropout
ag.feature_alpha_dropout
"""
