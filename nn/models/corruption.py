"""Noise on the inputs of an autoencoder that learns to take it away."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor

from .. import functional as F
from ..module import Module
from .examples import not_negative, one_of

KINDS = ("gaussian", "masking", "salt_and_pepper")


class Corruption(Module):
    """Corrupts its input in training, in one of the three ways of denoising autoencoders.

    kind    "gaussian" adds normal noise; "masking" makes values 0; "salt_and_pepper" makes them `low` or `high`, as a fair
            coin falls
    level   the standard deviation, or the part of the values that is corrupted
    low, high  the smallest and largest value there can be, for "salt_and_pepper"

    In evaluation the input is returned.

    Formula: input + level · ε; or v where u < level, else input, with u uniform on [0, 1), v 0, or low or high
    Shapes: (*) → (*).
    Dtypes: floating dtypes, kept.
    Raises: ValueError for another kind, a level that is negative, or for the last two above 1.
    Source: Vincent et al. 2010, "Stacked denoising autoencoders: learning useful representations in a deep network with a
        local denoising criterion", section 3.3.

    >>> import autograd_core as ag, nn.models
    >>> noise = nn.models.Corruption("masking", 0.25)
    >>> sorted(set(noise(ag.ones(100)).tolist())), noise.eval()(ag.ones(2))
    ([0.0, 1.0], tensor([1., 1.]))
    """

    def __init__(self, kind: str = "masking", level: float = 0.25, low: float = 0.0, high: float = 1.0):
        super().__init__()
        one_of("Corruption", "kind", kind, KINDS)
        not_negative("Corruption", level=level)
        if kind != "gaussian" and level > 1:
            raise ValueError(f"Corruption: level is the part of the values that is corrupted, from 0 to 1, got {level}")
        self.kind, self.level, self.low, self.high = kind, level, low, high

    def forward(self, input: Tensor) -> Tensor:
        if not (self.training and self.level):
            return input
        if self.kind == "gaussian":
            return F.gaussian_noise(input, self.level)
        u = ag.rand(*input.shape, dtype=input.dtype)
        if self.kind == "masking":
            return ag.where(u < self.level, 0.0, input)
        salted = ag.where(u < self.level, self.high, input)
        return ag.where(u < self.level / 2, self.low, salted)

    def extra_repr(self) -> str:
        return f"{self.kind}, {self.level}"
