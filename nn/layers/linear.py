"""Affine layers."""

from __future__ import annotations

import math

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class Linear(Module):
    """Applies an affine map to the last dimension.

    in_features, out_features: the sizes of the last dimension before and after. Without bias the map is linear. Weight and
    bias start uniform on ±1/√in_features. dtype is that of the parameters; device is None or "cpu".

    Formula: out = input weightᵀ + bias
    Shapes: (*, in_features) → (*, out_features); weight (out_features, in_features), bias (out_features,).
    Dtypes: any floating or complex dtype; the input has that of the parameters.
    Raises: ValueError for a negative size; when called, ValueError if the last dimension is not in_features, TypeError for
        another dtype.
    Source: PyTorch's `Linear`.

    >>> import nn, autograd_core as ag
    >>> nn.Linear(4, 3)(ag.ones(2, 4)).shape
    (2, 3)
    """

    bias: Parameter  # None without one

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        for name, value in (("in_features", in_features), ("out_features", out_features)):
            if value < 0:
                raise ValueError(f"Linear: {name} must not be negative, got {value}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(ag.empty(out_features, in_features, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """Applies a bilinear map to the last dimensions of two inputs.

    in1_features, in2_features, out_features: the sizes of the last dimensions of the inputs and the output. Without bias
    nothing is added. Weight and bias start uniform on ±1/√in1_features. dtype is that of the parameters; device is None or
    "cpu".

    Formula: out[…, o] = Σ_ij input1[…, i] weight[o, i, j] input2[…, j] + bias[o]
    Shapes: (*, in1_features) and (*, in2_features) → (*, out_features); weight (out_features, in1_features, in2_features).
    Dtypes: the common dtype of the inputs and the parameters, floating or complex.
    Raises: ValueError unless in1_features is positive; when called, ValueError if the shapes do not fit.
    Source: PyTorch's `Bilinear`.

    >>> import nn, autograd_core as ag
    >>> nn.Bilinear(2, 3, 4)(ag.ones(5, 2), ag.ones(5, 3)).shape
    (5, 4)
    """

    bias: Parameter  # None without one

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(ag.empty(out_features, in1_features, in2_features, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
