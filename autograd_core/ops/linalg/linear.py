"""`linear`, the affine map of a layer, and `bilinear`. Each rule is again a product, so every order comes from the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine.accumulate import sum_over
from ...engine.operands import operand, result_type, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, either_conversion
from ...kernels.products import gemm
from ..reduction.reduce import sum
from ..shape.shape import permute, reshape, squeeze
from .products import matmul, mT, product

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    return gemm.matmul(x, weight.T, bias)


# (N, I) @ (O, I)^T + (O,) -> (N, O)
linear_primitive = Primitive(
    _linear,
    name="linear",
    vjps=(
        lambda g, x, weight: product(g, weight),  # (N, O) @ (O, I)
        lambda g, x, weight: product(mT(g), x),  # (O, N) @ (N, I)
        lambda g, x, weight: sum_over(g, (0,)) if type(g) is ndarray else sum(g, 0),
    ),
    saves=(0, 1),
    uses=((1,), (0,), ()),
)


def linear_operands(name: str, x: Any, weight: Any, bias: Any) -> tuple:
    """The operands of x Wᵀ + b, after a check that they fit together."""
    operands = [operand(v, name) for v in (x, weight, *(() if bias is None else (bias,)))]
    x, weight = operands[:2]
    if weight.ndim != 2 or x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"{name}: x has shape {tuple(x.shape)}, but weight of shape {tuple(weight.shape)} expects "
            f"(..., {weight.shape[-1]}); flatten x or change in_features"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(f"{name}: bias has shape {tuple(bias.shape)}, expected ({weight.shape[0]},)")
    dtype = result_type(*operands)
    if any(v.dtype != dtype for v in operands):
        raise TypeError(
            f"{name}: x is {x.dtype}, weight {weight.dtype}{'' if bias is None else f', bias {bias.dtype}'}; "
            f"{either_conversion('x', x, weight.dtype)}"
        )
    return x, weight, bias


def through(primitive: Primitive, input: Any, weight: Any, bias: Any) -> Any:
    """`linear`, or linear and more, by a primitive of (N, I), (O, I) and (O,) or None."""
    if isinstance(input, Tensor) and isinstance(weight, Tensor) and isinstance(bias, Tensor):  # the usual case
        x, w, b = input.array, weight.array, bias.array
        if (
            x.ndim == w.ndim == 2
            and x.shape[1] == w.shape[1]
            and b.shape == w.shape[:1]
            and x.dtype is w.dtype is b.dtype
        ):
            return apply(primitive, (input, weight, bias))
    if getattr(weight, "ndim", 2) == 1:
        bias = None if bias is None else reshape(bias, (1,))
        return squeeze(through(primitive, input, reshape(weight, (1, -1)), bias), -1)
    x, weight, bias = linear_operands(primitive.name, input, weight, bias)
    rows = x if x.ndim == 2 else reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
    out = apply(primitive, (rows, weight, bias))
    return out if x.ndim == 2 else reshape(out, (*x.shape[:-1], weight.shape[0]))


def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Apply an affine map to the last dimension: multiply by the transpose of `weight` and add `bias`.

    Formula: out[…, o] = Σᵢ input[…, i] · weight[o, i] + bias[o]
    Shapes: input (*, I), weight (O, I), bias (O) or None → (*, O); weight (I), bias () or None → (*).
    Dtypes: one dtype for all operands, which the result has.
    Raises: ValueError if the shapes do not fit; TypeError if the dtypes differ or an operand holds no numbers.
    Source: PyTorch's `nn.functional.linear`.

    >>> import autograd_core as ag
    >>> ag.linear(ag.tensor([1.0, 2.0]), ag.tensor([[1.0, 1.0], [0.0, 1.0]]), ag.tensor([0.5, 0.0]))
    tensor([3.5, 2. ])
    """
    return through(linear_primitive, input, weight, bias)


def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Apply a bilinear form for each output feature, and add `bias`.

    Formula: out[…, o] = Σᵢⱼ input1[…, i] · weight[o, i, j] · input2[…, j] + bias[o]
    Shapes: input1 (*, I), input2 (*, J), weight (O, I, J), bias (O) or None → (*, O).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `nn.functional.bilinear`.

    >>> import autograd_core as ag
    >>> ag.bilinear(ag.tensor([1.0, 2.0]), ag.tensor([3.0]), ag.ones(1, 2, 1), ag.tensor([0.5]))
    tensor([9.5])
    """
    x1, x2, w = unified("bilinear", input1, input2, weight)
    b = None if bias is None else operand(bias, "bilinear")
    if w.ndim != 3 or x1.shape[-1:] != w.shape[1:2] or x2.shape[-1:] != w.shape[2:] or x1.shape[:-1] != x2.shape[:-1]:
        raise ValueError(
            f"bilinear: inputs of shapes {tuple(x1.shape)} and {tuple(x2.shape)} do not fit the weight of shape "
            f"{tuple(w.shape)}; they must be (..., I), (..., J) and (O, I, J)"
        )
    O, I, J = w.shape  # noqa: E741
    if b is not None and np.shape(b) != (O,):
        raise ValueError(f"bilinear: bias has shape {np.shape(b)}, expected ({O},)")
    left = matmul(reshape(x1, (-1, I)), reshape(permute(w, (1, 0, 2)), (I, O * J)))  # (N, I) @ (I, O J)
    out = sum(reshape(left, (-1, O, J)) * reshape(x2, (-1, 1, J)), -1)
    out = reshape(out, (*x1.shape[:-1], O))
    return out if b is None else out + b


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.linear
ag.bilinear
"""
