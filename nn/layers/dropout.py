"""Dropout in its forms: in training some values or weights are dropped at random and the rest scaled up, in evaluation
none; and noise that is added in training."""

from __future__ import annotations

from numpy.typing import DTypeLike

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from ..module import Module
from .linear import Linear
from .spatial import Spatial


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Drops each value with probability p in training, and scales the rest up.

    inplace writes into the input. In evaluation the input is returned.

    Formula: out = input · m / (1 − p), each m 0 with probability p and else 1, drawn anew in each call
    Shapes: (*) → (*).
    Dtypes: floating dtypes, kept; integers become the default float in training.
    Raises: ValueError unless p is from 0 to 1; when called in training, TypeError for complex numbers.
    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

    >>> import nn, autograd_core as ag
    >>> nn.Dropout(0.5).eval()(ag.ones(3)), nn.Dropout(1.0)(ag.ones(3))
    (tensor([1., 1., 1.]), tensor([0., 0., 0.]))
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class _ChannelDropout(_Dropout, Spatial):
    """Neighbours in space say nearly the same, so single ones would not be missed. inplace writes into the input. In
    evaluation the input is returned.

    Formula: out[n, c, {i}] = input[n, c, {i}] · m[n, c] / (1 − p), each m 0 with probability p and else 1
    Shapes: (N, C, {space}), kept; `Dropout1d` and `Dropout3d` take (C, L) and (C, D, H, W) too, `Dropout2d`, as PyTorch's,
        (N, C, L) and, with a warning, (N, C).
    Dtypes: floating dtypes, kept; integers become the default float in training.
    Raises: ValueError unless p is from 0 to 1; when called, ValueError for another number of dimensions, and in training
        TypeError for complex numbers.
    Source: Tompson et al. 2015, "Efficient object localization using convolutional networks"; PyTorch's `Dropout{d}d`.
    """

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, self.p, self.training, self.inplace)


class Dropout1d(_ChannelDropout):
    """Drops whole channels of sequences with probability p in training, and scales the rest up.

    >>> import nn, autograd_core as ag
    >>> nn.Dropout1d(0.2)(ag.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    dims = 1
    function = staticmethod(F.dropout1d)


class Dropout2d(_ChannelDropout):
    """Drops whole channels of images with probability p in training, and scales the rest up.

    >>> import nn, autograd_core as ag
    >>> nn.Dropout2d(0.2)(ag.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    dims = 2
    function = staticmethod(F.dropout2d)


class Dropout3d(_ChannelDropout):
    """Drops whole channels of volumes with probability p in training, and scales the rest up.

    >>> import nn, autograd_core as ag
    >>> nn.Dropout3d(0.2)(ag.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    dims = 3
    function = staticmethod(F.dropout3d)


class AlphaDropout(_Dropout):
    """Drops values with probability p in training such that mean 0 and variance 1 stay, for networks of `SELU`.

    A dropped value becomes the lower limit of SELU rather than 0. inplace writes into the input. In evaluation the input
    is returned.

    Formula: out = a (input · m + α′ (1 − m)) + b, each m 0 with probability p and else 1, α′ = −1.7581,
        a = ((1 − p) (1 + p α′²))^(−1/2), b = −a p α′
    Shapes: (*) → (*).
    Dtypes: floating dtypes, kept; integers become the default float in training.
    Raises: ValueError unless p is from 0 to 1; when called in training, TypeError for complex numbers.
    Source: Klambauer et al. 2017, "Self-normalizing neural networks".

    >>> import nn, autograd_core as ag
    >>> nn.AlphaDropout(0.1).eval()(ag.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """Drops whole channels as `AlphaDropout` drops values, with probability p in training.

    inplace writes into the input. In evaluation the input is returned.

    Formula: that of `AlphaDropout`, with one m[n, c] for each channel
    Shapes: (N, C, *) → (N, C, *).
    Dtypes: floating dtypes, kept; integers become the default float in training.
    Raises: ValueError unless p is from 0 to 1; when called, ValueError for fewer than two dimensions, and in training
        TypeError for complex numbers.
    Source: PyTorch's `FeatureAlphaDropout`.

    >>> import nn, autograd_core as ag
    >>> nn.FeatureAlphaDropout(0.1)(ag.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)


class DropConnect(Linear):
    """Applies a `Linear` whose weights and biases are dropped with probability p in training.

    in_features, out_features, bias, device and dtype are those of `Linear`. per_example: every row of the input gets a mask
    of its own, rather than one for the batch. In evaluation nothing is dropped.

    Formula: out = input (weight · m)ᵀ / (1 − p) + bias · m′ / (1 − p), each m and m′ 0 with probability p and else 1
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for a negative size, and unless p is from 0 to 1; when called, ValueError if the last dimension is
        not in_features, TypeError for another dtype.
    Source: Wan et al. 2013, "Regularization of neural networks using DropConnect".

    >>> import nn, autograd_core as ag
    >>> nn.DropConnect(4, 3, p=0.5, per_example=True)(ag.ones(2, 4)).shape
    (2, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        p: float = 0.5,
        per_example: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(in_features, out_features, bias, device, dtype)
        if not 0 <= p <= 1:
            raise ValueError(f"DropConnect: p is the probability to drop and must be from 0 to 1, got {p}")
        self.p = p
        self.per_example = per_example

    def forward(self, input: Tensor) -> Tensor:
        return F.drop_connect(input, self.weight, self.bias, self.p, self.training, self.per_example)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}, per_example={self.per_example}"


class GaussianNoise(Module):
    """Adds normal noise of standard deviation `std` in training.

    In evaluation the input is returned.

    Formula: out = input + std · ε, ε standard normal, drawn anew in each call
    Shapes: (*) → (*).
    Dtypes: inexact dtypes, kept; integers become the default float.
    Raises: ValueError for a negative std.
    Source: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization".

    >>> import nn, autograd_core as ag
    >>> nn.GaussianNoise(0.0)(ag.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, std: float = 0.1):
        super().__init__()
        if not std >= 0:
            raise ValueError(f"GaussianNoise: std must not be negative, got {std}")
        self.std = std

    def forward(self, input: Tensor) -> Tensor:
        return F.gaussian_noise(input, self.std, self.training)

    def extra_repr(self) -> str:
        return f"std={self.std}"
