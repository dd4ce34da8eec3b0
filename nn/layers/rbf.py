"""Layers of units whose output depends on the distance of their input from a centre."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.ops.elementwise.arithmetic import exp
from autograd_core.ops.network.rbf import check_kernel

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class RBF(Module):
    """Applies radial basis functions: each output depends on the distance of the input from a centre.

    in_features, num_centers   the sizes D and M
    kernel                     φ: "gaussian", "multiquadric", "inverse_multiquadric" or "thin_plate", see `F.rbf`
    learn_centers, learn_widths   whether they require a gradient
    device, dtype              None or "cpu"; that of the parameters

    Parameters are `centers` c, which start as standard normal points, and `log_widths`, log s, which start at log √D: so
    gradient steps keep the widths positive.

    Formula: out[…, m] = φ(|input − c_m| / s_m)
    Shapes: (*, D) → (*, M); centers (M, D), log_widths (M,).
    Dtypes: the common dtype of the input and the parameters, real.
    Raises: ValueError for sizes below 1 or an unknown kernel; when called, ValueError if the last dimension is not D.
    Source: Broomhead & Lowe 1988, "Multivariable functional interpolation and adaptive networks".

    >>> import nn, autograd_core as ag
    >>> layer = nn.RBF(2, 3, "multiquadric", learn_widths=False)
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
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "RBF")
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

    def forward(self, input: Tensor) -> Tensor:
        return F.rbf(input, self.centers, self.widths, self.kernel)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, num_centers={self.num_centers}, kernel={self.kernel!r}"


class EuclideanRBF(Module):
    """Computes the squared distances of its input from fixed patterns: how little it is like each.

    patterns are the w; learn: whether they, `centers`, are a parameter or, unchanged, a buffer. dtype is theirs; device is
    None or "cpu".

    Formula: out[…, i] = Σ_j (input[…, j] − w[i, j])²
    Shapes: (*, features) → (*, classes); patterns (classes, features).
    Dtypes: the common dtype of the input and the patterns, real.
    Raises: ValueError unless the patterns are a matrix; when called, ValueError if the last dimension is not theirs.
    Source: LeCun, Bottou, Bengio & Haffner 1998, equation (7).

    >>> import nn, autograd_core as ag
    >>> nn.EuclideanRBF([[1.0, 1.0], [-1.0, 1.0]])(ag.tensor([[1.0, 0.0]]))
    tensor([[1., 5.]])
    """

    def __init__(
        self,
        patterns: Tensor | np.ndarray | Sequence[Sequence[float]],
        learn: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "EuclideanRBF")
        centers = ag.tensor(patterns, dtype=dtype)
        if centers.ndim != 2:
            raise ValueError(f"EuclideanRBF: patterns must have shape (classes, features), got {centers.shape}")
        self.centers: Any
        if learn:
            self.centers = Parameter(centers)
        else:
            self.register_buffer("centers", centers)

    def forward(self, input: Tensor) -> Tensor:
        return F.squared_distance(input, self.centers)

    def extra_repr(self) -> str:
        classes, features = self.centers.shape
        return f"features={features}, classes={classes}, learn={self.centers.requires_grad}"
