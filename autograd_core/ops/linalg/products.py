"""Products of matrices. Each rule is again a product, so every order comes from the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine.accumulate import inner_product, narrowed
from ...engine.basics import conj
from ...engine.operands import operand, shape_error, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import limit
from ...kernels.products import gemm
from ..arguments import dim_index
from ..reduction.reduce import sum
from ..shape.shape import cat, reshape, transpose, unsqueeze
from ..shape.strided import diagonal

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def mT(x: Any) -> Any:  # noqa: N802 (the field's name)
    """The transpose of the last two dimensions."""
    return x.swapaxes(-1, -2) if type(x) is ndarray else transpose(x, -2, -1)


def product(x: Any, y: Any) -> Any:
    """`matmul` in a rule, of at least two dimensions each: of arrays, that is the kernel alone."""
    return gemm.matmul(x, y) if type(x) is ndarray and type(y) is ndarray else matmul(x, y)


# (..., N, K) @ (..., K, M) -> (..., N, M)
_matmul = Primitive(
    gemm.matmul,
    name="matmul",
    vjps=(lambda g, x, y: product(g, mT(y)), lambda g, x, y: product(mT(x), g)),
    saves=(0, 1),
    uses=((1,), (0,)),
    broadcasts=True,
)


def matmul(input: TensorLike, other: TensorLike) -> Tensor:
    """Compute the matrix product over the last two dimensions; leading ones broadcast.

    A vector `input` counts as a row and a vector `other` as a column, whose dimension the result leaves out.

    Formula: out[…, n, m] = Σₖ input[…, n, k] · other[…, k, m]
    Shapes: (*, N, K) and (*, K, M) → (*, N, M); (K) and (K, M) → (M); (N, K) and (K) → (N); (K) and (K) → ().
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the shapes do not fit or an operand is 0-d; TypeError if one holds no numbers.
    Source: NumPy's `matmul`.

    >>> import autograd_core as ag
    >>> ag.matmul(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    x, y = unified("matmul", input, other)
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


def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """Compute the sum of the products of two vectors, `input` and `tensor`.

    Formula: out = Σᵢ input[i] · tensor[i]
    Shapes: (N) and (N) → ().
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless both are vectors of one length; TypeError if one holds no numbers.
    Source: NumPy's `dot`, for vectors alone, as in PyTorch.

    >>> import autograd_core as ag
    >>> ag.dot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))
    tensor(11.)
    """
    x, y = operand(input, "dot"), operand(tensor, "dot")
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


def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """Compute the products of every element of `input` with every element of `vec2`.

    Formula: out[i, j] = input[i] · vec2[j]
    Shapes: (N) and (M) → (N, M).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless both are vectors; TypeError if one holds no numbers.
    Source: NumPy's `outer`, without its flattening, as in PyTorch.

    >>> import autograd_core as ag
    >>> ag.outer(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 10.0]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    return unsqueeze(_vector(input, "outer"), 1) * unsqueeze(_vector(vec2, "outer"), 0)


def bmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Multiply the matrices of two equally long stacks pair by pair; `input` and `mat2` do not broadcast.

    Formula: out[b] = input[b] @ mat2[b]
    Shapes: (B, N, K) and (B, K, M) → (B, N, M).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless both have three dimensions and B and K agree; TypeError if one holds no numbers.
    Source: PyTorch's `bmm`.

    >>> import autograd_core as ag
    >>> ag.bmm(ag.ones(2, 1, 3), ag.ones(2, 3, 1)).shape
    (2, 1, 1)
    """
    x, y = operand(input, "bmm"), operand(mat2, "bmm")
    if np.ndim(x) != 3 or np.ndim(y) != 3 or x.shape[0] != y.shape[0]:
        raise ValueError(f"bmm: needs two stacks of as many matrices, got shapes {np.shape(x)} and {np.shape(y)}")
    return matmul(x, y)


def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Multiply two matrices, `input` and `mat2`; vectors and stacks are refused.

    Formula: out[n, m] = Σₖ input[n, k] · mat2[k, m]
    Shapes: (N, K) and (K, M) → (N, M).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless both are matrices and K agrees; TypeError if one holds no numbers.
    Source: PyTorch's `mm`.

    >>> import autograd_core as ag
    >>> ag.mm(ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return matmul(_matrix(input, "mm"), _matrix(mat2, "mm"))


def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """Multiply a matrix `input` by a vector `vec`.

    Formula: out[n] = Σₖ input[n, k] · vec[k]
    Shapes: (N, K) and (K) → (N).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless they are a matrix and a vector whose K agrees; TypeError if one holds no numbers.
    Source: PyTorch's `mv`.

    >>> import autograd_core as ag
    >>> ag.mv(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    return matmul(_matrix(input, "mv"), _vector(vec, "mv"))


def vdot(input: TensorLike, other: TensorLike) -> Tensor:
    """Compute the scalar product of two vectors, `input` being conjugated and `other` not.

    Formula: out = Σᵢ conj(input[i]) · other[i]
    Shapes: (N) and (N) → ().
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError unless both are vectors of one length; TypeError if one holds no numbers.
    Source: NumPy's `vdot`, for vectors alone, as in PyTorch.

    >>> import autograd_core as ag
    >>> ag.vdot(ag.tensor([1j, 2.0]), ag.tensor([1j, 1.0]))
    tensor(3.+0.j, dtype=complex64)
    """
    x, y = operand(input, "vdot"), operand(other, "vdot")
    if np.ndim(x) != 1 or np.shape(x) != np.shape(y):
        raise ValueError(f"vdot: needs two vectors of one length, got shapes {np.shape(x)} and {np.shape(y)}")
    return dot(conj(x), y)


def inner(input: TensorLike, other: TensorLike) -> Tensor:
    """Compute the sums of products over the last dimensions; a 0-d `input` or `other` multiplies.

    Formula: out[i…, j…] = Σₖ input[i…, k] · other[j…, k]
    Shapes: (*₁, K) and (*₂, K) → (*₁, *₂); () and (*) → (*).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the last sizes differ; TypeError if an operand holds no numbers.
    Source: NumPy's `inner`.

    >>> import autograd_core as ag
    >>> ag.inner(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    x, y = unified("inner", input, other)
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


def addmm(input: TensorLike, mat1: TensorLike, mat2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Add a multiple of the product of two matrices, `mat1` and `mat2`, to a multiple of `input`.

    With beta = 0 the values of `input` are not read, so that a NaN there does not spread.

    Formula: out = beta · input + alpha · (mat1 @ mat2)
    Shapes: input (*) that broadcasts to (N, M), (N, K) and (K, M) → (N, M).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `addmm`.

    >>> import autograd_core as ag
    >>> ag.addmm(ag.ones(1, 1), ag.tensor([[1.0, 2.0]]), ag.tensor([[3.0], [4.0]]), alpha=2)
    tensor([[23.]])
    """
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Add a multiple of the product of a matrix `mat` and a vector `vec` to a multiple of `input`.

    With beta = 0 the values of `input` are not read, so that a NaN there does not spread.

    Formula: out = beta · input + alpha · (mat @ vec)
    Shapes: input (*) that broadcasts to (N), (N, K) and (K) → (N).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `addmv`.

    >>> import autograd_core as ag
    >>> ag.addmv(ag.ones(2), ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([22., 44.])
    """
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


def addbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Add a multiple of the sum of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`.

    With beta = 0 the values of `input` are not read, so that a NaN there does not spread.

    Formula: out = beta · input + alpha · Σ_b batch1[b] @ batch2[b]
    Shapes: input (*) that broadcasts to (N, M), (B, N, K) and (B, K, M) → (N, M).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `addbmm`.

    >>> import autograd_core as ag
    >>> ag.addbmm(ag.ones(1, 1), ag.ones(2, 1, 3), ag.ones(2, 3, 1))
    tensor([[7.]])
    """
    return _plus("addbmm", input, sum(bmm(batch1, batch2), 0), beta, alpha)


def baddbmm(input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Add a multiple of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`.

    With beta = 0 the values of `input` are not read, so that a NaN there does not spread.

    Formula: out[b] = beta · input[b] + alpha · (batch1[b] @ batch2[b])
    Shapes: input (*) that broadcasts to (B, N, M), (B, N, K) and (B, K, M) → (B, N, M).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `baddbmm`.

    >>> import autograd_core as ag
    >>> ag.baddbmm(ag.ones(2, 1, 1), ag.ones(2, 1, 3), ag.ones(2, 3, 1), beta=2).flatten()
    tensor([5., 5.])
    """
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addr(input: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Add a multiple of the outer product of two vectors, `vec1` and `vec2`, to a multiple of `input`.

    With beta = 0 the values of `input` are not read, so that a NaN there does not spread.

    Formula: out[i, j] = beta · input[i, j] + alpha · vec1[i] · vec2[j]
    Shapes: input (*) that broadcasts to (N, M), (N) and (M) → (N, M).
    Dtypes: the operands' common dtype.
    Raises: ValueError if the shapes do not fit; TypeError if an operand holds no numbers.
    Source: PyTorch's `addr`.

    >>> import autograd_core as ag
    >>> ag.addr(ag.ones(2, 2), ag.tensor([1.0, 2.0]), ag.tensor([1.0, 10.0]))
    tensor([[ 2., 11.],
            [ 3., 21.]])
    """
    return _plus("addr", input, outer(vec1, vec2), beta, alpha)


def multi_dot(tensors: Sequence[TensorLike]) -> Tensor:
    """Multiply two or more matrices in the order that costs the fewest multiplications.

    The first and the last of `tensors` may be vectors, a row and a column; the result leaves out their dimension.

    Formula: out = tensors[0] @ tensors[1] @ … ; of the parenthesisations the one of least Σ N · K · M, found by dynamic
        programming in O(n³) for n matrices
    Shapes: (N₀, N₁), (N₁, N₂), …, (Nₙ₋₁, Nₙ) → (N₀, Nₙ).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError for fewer than two tensors, or if their shapes do not fit; TypeError if one holds no numbers.
    Source: NumPy's `linalg.multi_dot`; Cormen et al., Introduction to Algorithms, matrix-chain multiplication.

    >>> import autograd_core as ag
    >>> ag.linalg.multi_dot([ag.ones(2, 9), ag.ones(9, 1), ag.ones(1, 2)])
    tensor([[9., 9.],
            [9., 9.]])
    """
    return multiplied("multi_dot", tensors)


def multiplied(name: str, tensors: Sequence[Any]) -> Any:
    """`multi_dot` for the function of that name."""
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


def chain_matmul(*matrices: TensorLike) -> Tensor:
    """Multiply matrices in the order that costs the fewest multiplications; `linalg.multi_dot` with separate arguments.

    Formula: out = matrices[0] @ matrices[1] @ …
    Shapes: (N₀, N₁), (N₁, N₂), …, (Nₙ₋₁, Nₙ) → (N₀, Nₙ); one matrix comes back as it is.
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError without any matrix, or if the shapes do not fit; TypeError if one holds no numbers.
    Source: PyTorch's `chain_matmul`.

    >>> import autograd_core as ag
    >>> ag.chain_matmul(ag.ones(2, 9), ag.ones(9, 1), ag.ones(1, 1))
    tensor([[9.],
            [9.]])
    """
    if len(matrices) == 1 and not isinstance(matrices[0], list | tuple):
        return _matrix(matrices[0], "chain_matmul")
    listed: Any = matrices[0] if len(matrices) == 1 else matrices
    return multiplied("chain_matmul", [_matrix(x, "chain_matmul") for x in listed])


def square_matrices(x: Any, name: str) -> Any:
    """`x` if it is a square matrix or a stack of them, else an error."""
    x = operand(x, name)
    if getattr(x, "ndim", 0) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"{name}: needs square matrices of shape (..., N, N), got shape {np.shape(x)}")
    return x


def trace(input: TensorLike) -> Tensor:
    """Compute the sum of the diagonal of a matrix `input`, square or not.

    Formula: out = Σᵢ input[i, i]
    Shapes: (N, M) → ().
    Dtypes: the input's; booleans and integers become int64.
    Raises: ValueError unless input is a matrix; TypeError if it holds no numbers.
    Source: NumPy's `trace`.

    >>> import autograd_core as ag
    >>> ag.trace(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    return sum(diagonal(_matrix(input, "trace")), -1)


def cross(input: TensorLike, other: TensorLike, dim: int | None = None) -> Tensor:
    """Compute the vector product over a dimension of size 3, the others broadcasting.

    `dim` is by default the first dimension of size 3 of the broadcast shape; `linalg.cross` takes the last dimension.

    Formula: out = (x₁y₂ − x₂y₁, x₂y₀ − x₀y₂, x₀y₁ − x₁y₀), x the vectors of `input` and y those of `other`
    Shapes: (*, 3, *) and (*, 3, *), broadcast together → (*, 3, *).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the shapes do not broadcast or `dim` has not size 3; IndexError if `dim` is out of range;
        TypeError if an operand holds no numbers.
    Source: PyTorch's `cross`.

    >>> import autograd_core as ag
    >>> ag.cross(ag.tensor([1.0, 0.0, 0.0]), ag.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return cross_over("cross", input, other, dim)


def cross_over(name: str, input: Any, other: Any, dim: int | None) -> Any:
    """`cross` for the function of that name."""
    x, y = unified(name, input, other)
    try:
        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        raise shape_error(name, x, y) from None
    if dim is None:
        if 3 not in shape:
            raise ValueError(f"{name}: no dimension of shape {shape} has size 3; the vector product needs one")
        dim = shape.index(3)
    at = dim_index(dim, len(shape), name) - len(shape)
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


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.matmul        x.matmul               x@y np.matmul  out=
ag.dot           x.dot  out=
ag.outer         x.outer  out=
ag.bmm           x.bmm  out=
ag.mm            x.mm  out=
ag.mv            x.mv  out=
ag.vdot          x.vdot  out=
ag.inner         x.inner  out=
ag.addmm         x.addmm    x.addmm_  out=
ag.addmv         x.addmv    x.addmv_  out=
ag.addbmm        x.addbmm   x.addbmm_  out=
ag.baddbmm       x.baddbmm  x.baddbmm_  out=
ag.addr          x.addr     x.addr_  out=
ag.chain_matmul  out=
ag.trace         x.trace
ag.cross         x.cross  out=
"""
