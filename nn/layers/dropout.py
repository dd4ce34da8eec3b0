"""Dropout in its forms: in training some values or weights are dropped at random and the rest scaled up, in evaluation
none; and noise that is added in training."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module
from .linear import Linear


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
    """Each value is dropped with probability p (Srivastava et al. 2014)."""

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Whole channels of (N, C, L) or (C, L) are dropped."""

    def forward(self, input: Any) -> Any:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Whole channels of (N, C, H, W) or (C, H, W) are dropped (Tompson et al. 2015)."""

    def forward(self, input: Any) -> Any:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Whole channels of (N, C, D, H, W) or (C, D, H, W) are dropped."""

    def forward(self, input: Any) -> Any:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance of self-normalising units (Klambauer et al. 2017)."""

    def forward(self, input: Any) -> Any:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels."""

    def forward(self, input: Any) -> Any:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)


class DropConnect(Linear):
    """A `Linear` whose weights and biases are dropped with probability p in training (Wan et al. 2013).

    per_example: every row of the input gets a mask of its own, rather than one for the batch; see `F.drop_connect`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        p: float = 0.5,
        per_example: bool = False,
        dtype: Any = None,
    ):
        super().__init__(in_features, out_features, bias, dtype)
        if not 0 <= p <= 1:
            raise ValueError(f"DropConnect: p is the probability to drop and must be from 0 to 1, got {p}")
        self.p = p
        self.per_example = per_example

    def forward(self, input: Any) -> Any:
        return F.drop_connect(input, self.weight, self.bias, self.p, self.training, self.per_example)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}, per_example={self.per_example}"


class GaussianNoise(Module):
    """In training, the input plus normal noise of deviation `std`; in evaluation, the input."""

    def __init__(self, std: float = 0.1):
        super().__init__()
        if not std >= 0:
            raise ValueError(f"GaussianNoise: std must not be negative, got {std}")
        self.std = std

    def forward(self, input: Any) -> Any:
        return F.gaussian_noise(input, self.std, self.training)

    def extra_repr(self) -> str:
        return f"std={self.std}"
