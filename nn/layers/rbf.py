"""Layers of units that answer to the distance of their input from a centre."""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.ops.elementwise.arithmetic import exp
from autograd_core.ops.network.rbf import check_kernel

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class RBF(Module):
    """Radial basis functions φ(|x - c| / s). (..., in_features) -> (..., num_centers); for the kernels see `F.rbf`.

    Parameters are `centers` c (num_centers, in_features) and `log_widths`, log s, (num_centers,): so gradient steps keep
    the widths positive. Centres start as standard normal points, widths at √in_features.

    learn_centers, learn_widths  whether they require a gradient

    >>> import autograd_core as ag
    >>> layer = RBF(2, 3, "multiquadric", learn_widths=False)
    >>> layer
    RBF(in_features=2, num_centers=3, kernel='multiquadric')
    >>> layer(ag.zeros(5, 2)).shape, [name for name, p in layer.named_parameters() if p.requires_grad]
    ((5, 3), ['centers'])
    """

    def __init__(
        self,
        in_features: int,
        num_centers: int,
        kernel: str = "gaussian",
        learn_centers: bool = True,
        learn_widths: bool = True,
        dtype: Any = None,
    ):
        super().__init__()
        for name, value in (("in_features", in_features), ("num_centers", num_centers)):
            if value < 1:
                raise ValueError(f"RBF: {name} must be at least 1, got {value}")
        check_kernel("RBF", kernel)
        self.in_features, self.num_centers, self.kernel = in_features, num_centers, kernel
        self.centers = Parameter(ag.empty(num_centers, in_features, dtype=dtype), learn_centers)
        self.log_widths = Parameter(ag.empty(num_centers, dtype=dtype), learn_widths)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        init.normal_(self.centers)
        init.constant_(self.log_widths, math.log(self.in_features) / 2)

    @property
    def widths(self) -> Tensor:
        """s, (num_centers,)."""
        return exp(self.log_widths)

    def forward(self, input: Any) -> Any:
        return F.rbf(input, self.centers, self.widths, self.kernel)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, num_centers={self.num_centers}, kernel={self.kernel!r}"


class EuclideanRBF(Module):
    """Squared distances y_i = Σ_j (x_j - w_ij)² from given patterns w (classes, features): how little x is like each.

    (..., features) -> (..., classes). `learn`: whether the patterns, `centers`, are a parameter or, unchanged, a buffer.

    Source: LeCun, Bottou, Bengio & Haffner 1998, equation (7).

    >>> import autograd_core as ag
    >>> EuclideanRBF([[1.0, 1.0], [-1.0, 1.0]])(ag.tensor([[1.0, 0.0]]))
    tensor([[1., 5.]])
    """

    def __init__(self, patterns: Any, learn: bool = False, dtype: Any = None):
        super().__init__()
        centers = ag.tensor(patterns, dtype=dtype)
        if centers.ndim != 2:
            raise ValueError(f"EuclideanRBF: patterns must have shape (classes, features), got {centers.shape}")
        self.centers: Any
        if learn:
            self.centers = Parameter(centers)
        else:
            self.register_buffer("centers", centers)

    def forward(self, input: Any) -> Any:
        return F.squared_distance(input, self.centers)

    def extra_repr(self) -> str:
        classes, features = self.centers.shape
        return f"features={features}, classes={classes}, learn={self.centers.requires_grad}"
