"""Products of matrices. Each rule is again a product, so every order comes from the first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.accumulate import inner_product, narrowed, sum_over
from ...engine.basics import conj
from ...engine.operands import operand, result_type, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, either_conversion
from ...kernels.machine.blas import limit
from ...kernels.products import gemm
from ..arguments import dim_index
from ..reduction.reduce import sum
from ..shape.shape import cat, permute, reshape, squeeze, transpose, unsqueeze
from ..shape.strided import diagonal


def mT(x: Any) -> Any:  # noqa: N802 (the field's name)
    """The transpose of the last two dimensions."""
    return x.swapaxes(-1, -2) if type(x) is ndarray else transpose(x, -2, -1)


def _product(x: Any, y: Any) -> Any:
    """`matmul` in a rule, of at least two dimensions each: of arrays, that is the kernel alone."""
    return gemm.matmul(x, y) if type(x) is ndarray and type(y) is ndarray else matmul(x, y)


# (..., N, K) @ (..., K, M) -> (..., N, M)
_matmul = Primitive(
    gemm.matmul,
    name="matmul",
    vjps=(lambda g, x, y: _product(g, mT(y)), lambda g, x, y: _product(mT(x), g)),
    saves=(0, 1),
    uses=((1,), (0,)),
    broadcasts=True,
)


def matmul(x: Any, y: Any) -> Any:
    """The matrix product over the last two dimensions; leading ones broadcast. A vector counts as a row on the left and
    as a column on the right, and its dimension is left out of the result."""
    x, y = unified("matmul", x, y)
    if not (getattr(x, "ndim", 0) and getattr(y, "ndim", 0)):
        raise ValueError("matmul: both operands need at least one dimension; multiply by a number with *")
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise ValueError(
            f"matmul: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit; the last size of the first, "
            f"{x.shape[-1]}, must equal the {'second last' if y.ndim > 1 else 'only'} size of the second, "
            f"{y.shape[-2 if y.ndim > 1 else 0]}"
        )
    if x.ndim == 1 and y.ndim == 1:
        return dot(x, y)
    if x.ndim == 1:
        out = matmul(unsqueeze(x, 0), y)
        return reshape(out, (*out.shape[:-2], out.shape[-1]))
    if y.ndim == 1:
        out = matmul(x, unsqueeze(y, 1))
        return reshape(out, out.shape[:-1])
    if y.ndim == 2 and x.ndim > 2:  # one product instead of many: (B, N, K) @ (K, M) as (B N, K) @ (K, M)
        rows = reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
        return reshape(apply(_matmul, (rows, y)), (*x.shape[:-1], y.shape[-1]))
    try:
        return apply(_matmul, (x, y))
    except ValueError:
        raise ValueError(
            f"matmul: the leading sizes of {tuple(x.shape)} and {tuple(y.shape)} do not broadcast"
        ) from None


def _dot_forward(x: ndarray, y: ndarray) -> ndarray:
    limit()  # the sum of a long product depends on the number of BLAS's threads
    return narrowed(inner_product(x, y), x.dtype)


_dot = Primitive(
    _dot_forward,
    name="dot",
    vjps=(lambda g, x, y: g * y, lambda g, x, y: g * x),
    saves=(0, 1),
    uses=((1,), (0,)),
)


def dot(x: Any, y: Any) -> Any:
    """The sum of the products of two vectors."""
    x, y = operand(x, "dot"), operand(y, "dot")
    if getattr(x, "ndim", 0) != 1 or getattr(y, "ndim", 0) != 1 or x.shape != y.shape:
        raise ValueError(f"dot: needs two vectors of one length, got shapes {np.shape(x)} and {np.shape(y)}")
    return apply(_dot, unified("dot", x, y))


def _vector(x: Any, name: str) -> Any:
    x = operand(x, name)
    if getattr(x, "ndim", -1) != 1:
        raise ValueError(f"{name}: needs vectors, got shape {np.shape(x)}; flatten it first")
    return x


def _matrix(x: Any, name: str) -> Any:
    x = operand(x, name)
    if getattr(x, "ndim", -1) != 2:
        raise ValueError(f"{name}: needs a matrix, got shape {np.shape(x)}; for stacks of matrices use matmul or bmm")
    return x


def outer(x: Any, y: Any) -> Any:
    """x_i y_j for two vectors."""
    return unsqueeze(_vector(x, "outer"), 1) * unsqueeze(_vector(y, "outer"), 0)


def bmm(x: Any, y: Any) -> Any:
    """The matrix products of two equally long stacks: (B, N, K) and (B, K, M) to (B, N, M)."""
    if x.ndim != 3 or y.ndim != 3 or x.shape[0] != y.shape[0]:
        raise ValueError(f"bmm: needs two stacks of as many matrices, got shapes {tuple(x.shape)} and {tuple(y.shape)}")
    return matmul(x, y)


def mm(x: Any, y: Any) -> Any:
    """The product of two matrices, (N, K) and (K, M)."""
    return matmul(_matrix(x, "mm"), _matrix(y, "mm"))


def mv(x: Any, vec: Any) -> Any:
    """The product of a matrix (N, K) and a vector (K,)."""
    return matmul(_matrix(x, "mv"), _vector(vec, "mv"))


def vdot(x: Any, y: Any) -> Any:
    """`dot` of two vectors, the first conjugated."""
    return dot(conj(operand(x, "vdot")), y)


def inner(x: Any, y: Any) -> Any:
    """The sums of products over the last dimensions: (..., K) and (*, K) to (..., *). A number multiplies."""
    x, y = unified("inner", x, y)
    if getattr(x, "ndim", 0) == 0 or getattr(y, "ndim", 0) == 0:
        return x * y
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"inner: the last sizes of {tuple(x.shape)} and {tuple(y.shape)} must be equal")
    K = x.shape[-1]
    rows, columns = (reshape(v, (math.prod(v.shape[:-1]), K)) for v in (x, y))
    return reshape(matmul(rows, mT(columns)), (*x.shape[:-1], *y.shape[:-1]))


def _plus(name: str, x: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta x + alpha product; with beta = 0, x is not looked at, so that a NaN in it does not spread."""
    product = product if alpha == 1 else product * alpha
    shape = tuple(product.shape)
    try:
        np.broadcast_to(np.empty(()), shape) if np.ndim(x) == 0 else np.broadcast_to(_values(x), shape)
    except ValueError:
        raise ValueError(
            f"{name}: input of shape {np.shape(x)} does not broadcast to the product's shape {shape}"
        ) from None
    if beta == 0:
        return product
    return (x if beta == 1 else x * beta) + product


def _values(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else x


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta input + alpha (mat1 @ mat2)."""
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta input + alpha (mat @ vec)."""
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta input + alpha · the sum over the stack of batch1 @ batch2."""
    return _plus("addbmm", input, sum(bmm(batch1, batch2), 0), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta input + alpha (batch1 @ batch2), for stacks of matrices."""
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta input + alpha · the outer product of vec1 and vec2."""
    return _plus("addr", input, outer(vec1, vec2), beta, alpha)


def multi_dot(tensors: Any, name: str = "multi_dot") -> Any:
    """The product of two or more matrices, multiplied in the order that costs the fewest multiplications (dynamic
    programming, Cormen et al., section 15.2). The first and the last may be vectors."""
    xs = [operand(x, name) for x in tensors]
    if len(xs) < 2:
        raise ValueError(f"{name}: needs at least two tensors, got {len(xs)}")
    first, last = xs[0].ndim == 1, xs[-1].ndim == 1
    xs[0] = unsqueeze(xs[0], 0) if first else xs[0]
    xs[-1] = unsqueeze(xs[-1], 1) if last else xs[-1]
    for i, x in enumerate(xs):
        if x.ndim != 2:
            raise ValueError(f"{name}: tensor {i} must be a matrix, got shape {tuple(x.shape)}")
        if i and xs[i - 1].shape[1] != x.shape[0]:
            raise ValueError(
                f"{name}: tensor {i - 1} of shape {tuple(xs[i - 1].shape)} and tensor {i} of shape {tuple(x.shape)} do "
                "not fit; the columns of one must be the rows of the next"
            )
    sizes = [xs[0].shape[0], *(x.shape[1] for x in xs)]
    count = len(xs)
    cost = {(i, i): (0, i) for i in range(count)}  # (first, last) -> (multiplications, where to cut)
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j] = min(
                (cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        return xs[i] if i == j else matmul(product(i, cost[i, j][1]), product(cost[i, j][1] + 1, j))

    out = product(0, count - 1)
    shape = (() if first else (sizes[0],)) + (() if last else (sizes[-1],))
    return reshape(out, shape) if first or last else out


def chain_matmul(*matrices: Any) -> Any:
    """The product of matrices, in the cheapest order."""
    if len(matrices) == 1 and not isinstance(matrices[0], list | tuple):
        return _matrix(matrices[0], "chain_matmul")
    listed = matrices[0] if len(matrices) == 1 else matrices
    return multi_dot([_matrix(x, "chain_matmul") for x in listed], "chain_matmul")


def square_matrices(x: Any, name: str) -> Any:
    """`x` if it is a square matrix or a stack of them, else an error."""
    x = operand(x, name)
    if getattr(x, "ndim", 0) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"{name}: needs square matrices of shape (..., N, N), got shape {np.shape(x)}")
    return x


def trace(x: Any) -> Any:
    """The sum of the diagonal of a matrix."""
    x = _matrix(x, "trace")
    return sum(diagonal(x), -1)


def cross(input: Any, other: Any, dim: int | None = None, *, name: str = "cross") -> Any:
    """The vector product over the dimension `dim` of size 3 (by default the first of that size), the others
    broadcasting."""
    x, y = unified(name, input, other)
    ndim = max(x.ndim, y.ndim)
    if dim is None:
        shape = np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
        if 3 not in shape:
            raise ValueError(f"{name}: no dimension of shape {shape} has size 3; the vector product needs one")
        dim = shape.index(3)
    at = dim_index(dim, ndim, name) - ndim
    sizes = [v.shape[at] if v.ndim >= -at else 1 for v in (x, y)]
    if sizes != [3, 3]:
        raise ValueError(
            f"{name}: dim {dim} of shapes {tuple(x.shape)} and {tuple(y.shape)} must have size 3, not {sizes[0]} and "
            f"{sizes[1]}"
        )
    rest = (slice(None),) * (-at - 1)
    x0, x1, x2 = (x[(..., slice(i, i + 1), *rest)] for i in range(3))
    y0, y1, y2 = (y[(..., slice(i, i + 1), *rest)] for i in range(3))
    return cat([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0], at)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """x1ᵀ W_o x2 + b_o. input1: (..., I), input2: (..., J), weight: (O, I, J), bias: (O,) or None; gives (..., O)."""
    x1, x2, w = unified("bilinear", input1, input2, weight)
    if w.ndim != 3 or x1.shape[-1:] != w.shape[1:2] or x2.shape[-1:] != w.shape[2:] or x1.shape[:-1] != x2.shape[:-1]:
        raise ValueError(
            f"bilinear: inputs of shapes {tuple(x1.shape)} and {tuple(x2.shape)} do not fit the weight of shape "
            f"{tuple(w.shape)}; they must be (..., I), (..., J) and (O, I, J)"
        )
    O, I, J = w.shape  # noqa: E741
    left = matmul(reshape(x1, (-1, I)), reshape(permute(w, (1, 0, 2)), (I, O * J)))  # (N, I) @ (I, O J)
    out = sum(reshape(left, (-1, O, J)) * reshape(x2, (-1, 1, J)), -1)
    out = reshape(out, (*x1.shape[:-1], O))
    return out if bias is None else out + bias


# --------------------------------------------------------------------------------------------------------------- linear


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    return gemm.matmul(x, weight.T, bias)


# (N, I) @ (O, I)^T + (O,) -> (N, O)
linear_primitive = Primitive(
    _linear,
    name="linear",
    vjps=(
        lambda g, x, weight: _product(g, weight),  # (N, O) @ (O, I)
        lambda g, x, weight: _product(mT(g), x),  # (O, N) @ (N, I)
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


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b. input x: (..., in_features), weight: (out_features, in_features), bias: (out_features,) or None.

    A weight (in_features,) gives one number for each row of x: (...).
    """
    return through(linear_primitive, input, weight, bias)
