"""Norms of vectors and matrices, and distances. Where a norm has no slope (at 0, for one), its gradient is 0.

The derivative of that gradient does not exist, and is NaN: |x|² by way of `norm` has one at 0, which cannot be had from
0 / 0. Take `(x * x).sum()`, or choose another x there: `norm(where(zero, 1.0, x))`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.accumulate import HALF, WIDER, narrowed, squares, total
from ...engine.operands import convert, operand, stand_in, unified
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import lapack
from ..arguments import dim_indices, plain
from ..elementwise import arithmetic as ew
from ..elementwise.complex import conj
from ..elementwise.kink import kink
from ..reduction.extremes import amax, amin
from ..reduction.reduce import spread, sum
from ..shape.shape import permute, reshape, unsqueeze
from .decompositions import svdvals
from .solve import finite, inv, matrices, square, tolerance

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...engine.types import Dims, TensorLike


def _floating(x: Any, name: str, dtype: Any) -> Any:
    x = operand(x, name)
    x = x if dtype is None else convert(x, dtype)
    if getattr(x, "dtype", np.dtype(int)).kind not in "fc":
        raise TypeError(f"{name}: needs a floating tensor, got {getattr(x, 'dtype', type(x).__name__)}; use x.float()")
    return x


def _kept(x: Any, dims: tuple) -> tuple:
    return tuple(1 if i in dims else s for i, s in enumerate(x.shape))


# --------------------------------------------------------------------------------------------------------- vector norms


def _norm(x: ndarray, p: float, dims: tuple, keepdim: bool, least: float) -> ndarray:
    out = _whole_norm(x, p, dims, keepdim)
    return np.asarray(np.maximum(out, out.dtype.type(least))) if least else out


def _whole_norm(x: ndarray, p: float, dims: tuple, keepdim: bool) -> ndarray:
    dtype = x.real.dtype
    if p == 2 and x.dtype in WIDER:
        return narrowed(np.sqrt(squares(x, dims, keepdim)), dtype)
    size = np.abs(x if dtype != HALF else x.astype(np.float32))
    if p == 1:
        return narrowed(total(size, dims, keepdim), dtype)
    if math.isinf(p):
        reduce: Any = np.maximum.reduce if p > 0 else np.minimum.reduce
        return narrowed(reduce(size, axis=dims, keepdims=keepdim), dtype)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        sums = np.asarray(_powers(size, p, dims))
        out = _root(sums, p)
        limits = np.finfo(size.dtype)
        if size.size and not (sums.min() > limits.tiny / limits.eps and sums.max() < np.inf):
            # a power was too small or too large; so are those of 0 and ∞, for which this changes nothing
            largest = (np.maximum if p > 0 else np.minimum).reduce(size, axis=dims, keepdims=True)
            unit = np.where((largest > 0) & (largest < np.inf), largest, 1).astype(size.dtype)
            sums = np.asarray(_powers(size / unit, p, dims))
            out = unit * _root(sums, p)
    return narrowed(out if keepdim else out.reshape(tuple(s for d, s in enumerate(out.shape) if d not in dims)), dtype)


def _powers(size: ndarray, p: float, dims: tuple) -> Any:
    return total(size * size if p == 2 else np.power(size, size.dtype.type(p)), dims, True)


def _root(sums: ndarray, p: float) -> ndarray:
    """In float64: rounded to float32, 1 / p would move the roots of large numbers."""
    return np.sqrt(sums) if p == 2 else sums.astype(np.float64) ** (1 / p)


def _norm_rule(g: Any, x: Any, out: Any, p: float, dims: tuple, keepdim: bool, least: float) -> Any:
    """sgn(x̄) (|x| / norm)^(p-1), and 0 where the norm is 0: a subgradient, which has no derivative there."""
    shape = tuple(x.shape)
    zero = out <= least
    if least:
        g = basics.where(zero, 0.0, g)
    safe = basics.where(zero, 1.0, out)
    if p == 2:
        value = _over_norm(basics.where(zero, 0.0, g), conj(x), safe, dims)
    elif p == 1:
        value = spread(g, shape, dims) * conj(ew.sgn(x))
    elif math.isinf(p):
        size, top = ew.abs(x), spread(out, shape, dims)
        best = (size == top) | ((size != size) & (top != top))
        share = convert(best, out.dtype)
        value = spread(g, shape, dims) * (share / ew.maximum(sum(share, dims, True), 1)) * conj(ew.sgn(x))
    else:
        size, unit = ew.abs(x), spread(safe, shape, dims)
        ratio = basics.where(size == 0, unit, size) / unit
        value = spread(basics.where(zero, 0.0, g), shape, dims) * ratio ** (p - 1) * conj(ew.sgn(x))
    if type(value) is ndarray:  # nothing is recorded
        return value
    if p < 2 and p != 1:  # the slope of each element is infinite at 0
        value = kink(value, x, (x == 0) & spread(out > least, shape, dims), ())
    if least:  # near 0 it is constant
        return value
    at = spread(zero, shape, dims)
    if not getattr(g, "requires_grad", False):
        at = at & spread(g != 0, shape, dims)  # 0 times the norm is constant
    return kink(value, x, at, tuple(d - len(shape) for d in dims))


def _over_norm(g: Any, x: Any, out: Any, dims: tuple) -> Any:
    """g x / out, where g / out may be too small for the dtype."""
    shape = tuple(x.shape)
    if type(g) is ndarray and type(x) is ndarray:
        factor, limits = g / out, np.finfo(g.dtype)
        if factor.size and np.abs(factor).min() > limits.tiny / limits.eps:
            return spread(factor, shape, dims) * x
    return spread(g, shape, dims) * (x / spread(out, shape, dims))


_norm_primitive = Primitive(_norm, name="norm", vjps=(_norm_rule,), saves=(0, OUT))


def vector_norm(
    x: TensorLike,
    ord: float = 2,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Compute the norm of order `ord` of vectors over `dim` (None: over all elements).

    With `keepdim` these dimensions stay as 1; `x` is converted to `dtype` first. Where the norm is 0 its gradient is 0,
    and its second derivative NaN.

    Formula: out = (Σ |x|^ord)^(1/ord); for inf and −inf the largest and the smallest |x|, for 0 the number of x ≠ 0
    Shapes: (*, D, *) → (*, *), with keepdim (*, 1, *).
    Dtypes: a floating or complex one; of complex x the result is real.
    Raises: ValueError if ord is no number, or for a maximum of no elements; IndexError if dim is out of range; TypeError
        if x is not floating.
    Source: NumPy's `linalg.vector_norm`.

    >>> import autograd_core as ag
    >>> ag.linalg.vector_norm(ag.tensor([[3.0, 4.0], [0.0, 1.0]]), dim=1)
    tensor([5., 1.])
    """
    return norm_of("linalg.vector_norm", x, ord, dim, keepdim, dtype)


def norm_of(
    name: str,
    x: Any,
    ord: Any,
    dim: Any,
    keepdim: bool,
    dtype: Any = None,
    least: float = 0.0,
) -> Any:
    """`vector_norm` for the function of that name. The result is at least `least`, with all derivatives 0 where the norm is
    no larger."""
    x = _floating(x, name, dtype)
    if not isinstance(ord, int | float) or ord != ord:
        raise ValueError(f"{name}: ord must be a number, inf or -inf, got {ord!r}")
    dims = dim_indices(dim, x.ndim, name)
    count = math.prod(x.shape[d] for d in dims)
    if count == 0 and (ord < 0 or ord == math.inf):
        raise ValueError(
            f"{name}: no norm of order {ord} of nothing: shape {tuple(x.shape)} is empty along dims {dims}"
        )
    return norm_over(x, ord, dims, keepdim, least)


def norm_over(x: Any, p: float, dims: tuple, keepdim: bool, least: float = 0.0) -> Any:
    """`norm_of` without checks of the arguments."""
    if p == 0:
        return ew.maximum(sum(ew.sign(ew.abs(x)), dims, keepdim), float(least))
    return apply(_norm_primitive, (x,), (float(p), dims, keepdim, float(least)))


# --------------------------------------------------------------------------------------------------------- matrix norms


def matrix_norm(
    A: TensorLike,
    ord: float | str = "fro",
    dim: tuple[int, int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Compute the norm of the matrices that lie along the two dimensions `dim` of `A`.

    With `keepdim` these dimensions stay as 1; A is converted to `dtype` first.

    Formula: `ord` "fro": √Σ |A|²; "nuc": Σ σ; 2, −2: the largest and the smallest singular value σ; 1, −1: the largest
        and the smallest column sum of |A|; inf, −inf: the same of row sums
    Shapes: (*, M, N) → (*), with keepdim (*, 1, 1).
    Dtypes: a floating or complex one; of complex A the result is real.
    Raises: ValueError for another ord, or unless dim names two dimensions; IndexError if one is out of range; TypeError
        if A is not floating.
    Source: NumPy's `linalg.matrix_norm`.

    >>> import autograd_core as ag
    >>> ag.linalg.matrix_norm(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
    tensor(6.)
    """
    return matrix_norm_of("linalg.matrix_norm", A, ord, dim, keepdim, dtype)


def matrix_norm_of(name: str, A: Any, ord: Any, dim: Any = (-2, -1), keepdim: bool = False, dtype: Any = None) -> Any:
    """`matrix_norm` for the function of that name."""
    A = _floating(A, name, dtype)
    if A.ndim < 2 or not isinstance(dim, list | tuple) or len(dim) != 2:
        raise ValueError(f"{name}: needs at least 2 dimensions and dim of two, got shape {tuple(A.shape)}, dim {dim}")
    dims = tuple(d + A.ndim if d < 0 else d for d in dim)
    dim_indices(tuple(dim), A.ndim, name)
    if ord == "fro":
        return norm_of(name, A, 2, dims, keepdim)
    if ord in ("nuc", 2, -2):
        rest = tuple(d for d in range(A.ndim) if d not in dims)
        S = svdvals(A if dims == (A.ndim - 2, A.ndim - 1) else permute(A, (*rest, *dims)))
        out = sum(S, -1) if ord == "nuc" else (amax if ord == 2 else amin)(S, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        first, second = dims if abs(ord) == 1 else dims[::-1]
        out = norm_of(name, norm_of(name, A, 1, first, True), math.copysign(math.inf, ord), second, True)
        return out if keepdim else reshape(out, tuple(s for i, s in enumerate(A.shape) if i not in dims))
    else:
        raise ValueError(f"{name}: ord must be 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, got {ord!r}")
    return reshape(out, _kept(A, dims)) if keepdim else out


def norm(
    input: TensorLike,
    ord: float | str | None = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Compute the norm of vectors, for one dimension `dim`, or of matrices, for two.

    Without `dim` and `ord` it is the 2-norm of all elements; with `ord` alone, input must be a vector or a matrix. With
    `keepdim` the dimensions stay as 1; input is converted to `dtype` first.

    Formula: out = `vector_norm` of order ord (None: 2), or `matrix_norm` of it (None: "fro"), of `input`
    Shapes: (*, D, *) → (*, *), with keepdim (*, 1, *).
    Dtypes: a floating or complex one; of complex input the result is real.
    Raises: ValueError if ord and dim do not fit; IndexError if dim is out of range; TypeError if input is not floating.
    Source: NumPy's `linalg.norm`.

    >>> import autograd_core as ag
    >>> ag.linalg.norm(ag.tensor([3.0, 4.0]))
    tensor(5.)
    """
    x = operand(input, "linalg.norm")
    if dim is None and ord is None:
        return norm_of("linalg.norm", x, 2, None, keepdim, dtype)
    if dim is None:
        if np.ndim(x) not in (1, 2):
            raise ValueError(
                f"linalg.norm: with ord={ord!r} and no dim, input must be a vector or a matrix, got shape {np.shape(x)}"
            )
        dim = tuple(range(x.ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2 and ord is not None:
        return matrix_norm_of("linalg.norm", x, ord, dims, keepdim, dtype)
    if (len(dims) > 2 and ord is not None) or isinstance(ord, str):
        raise ValueError(f"linalg.norm: dim must be one or two dims for ord={ord!r}, got {dim}")
    return norm_of("linalg.norm", x, 2 if ord is None else ord, dims, keepdim, dtype)


def frobenius_norm(input: TensorLike, dim: Dims, keepdim: bool = False) -> Tensor:
    """Compute the square root of the sum of the squares over `dim`, which with `keepdim` stays as 1.

    An empty `dim` stands for all dimensions. It is the older name of `linalg.vector_norm` with 2.

    Formula: out = √Σ |x|², x the input
    Shapes: (*) → without dim, or with keepdim with 1 there.
    Dtypes: a floating or complex one; of a complex input the result is real.
    Raises: IndexError if dim is out of range; TypeError if input is not floating.
    Source: PyTorch's `torch.frobenius_norm`.

    >>> import autograd_core as ag
    >>> ag.frobenius_norm(ag.tensor([[3.0, 4.0]]), (0, 1))
    tensor(5.)
    """
    dims = None if dim == () or dim == [] else dim
    return norm_of("frobenius_norm", _floating(input, "frobenius_norm", None), 2, dims, keepdim)


def nuclear_norm(input: TensorLike, dim: tuple[int, int] | bool = (-2, -1), keepdim: bool = False) -> Tensor:
    """Compute the sum of the singular values of the matrices along the two dimensions `dim` of `input`.

    With `keepdim` these dimensions stay as 1. It is the older name of `linalg.matrix_norm` with "nuc".

    Formula: out = Σ σ(x), x the input
    Shapes: (*, M, N) → (*), with keepdim (*, 1, 1).
    Dtypes: a floating or complex one; of a complex input the result is real.
    Raises: ValueError unless dim names two dimensions; IndexError if one is out of range; TypeError if input is not
        floating.
    Source: PyTorch's `torch.nuclear_norm`.

    >>> import autograd_core as ag
    >>> ag.nuclear_norm(ag.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(7.)
    """
    if isinstance(dim, bool):  # as in nuclear_norm(input, keepdim)
        return matrix_norm_of("nuclear_norm", input, "nuc", keepdim=dim)
    return matrix_norm_of("nuclear_norm", input, "nuc", dim, keepdim)


def cond(A: TensorLike, p: float | str | None = None) -> Tensor:
    """Compute the condition number of each matrix of `A` in the norm `p`; with p None, 2 or −2 of any shape.

    Formula: out = |A|ₚ |A⁻¹|ₚ; for None and 2 the quotient σ_max / σ_min of singular values, for −2 its inverse;
        ∞ for a single matrix that is singular
    Shapes: (*, N, N) → (*).
    Dtypes: float32, float64 or complex; of complex A the result is real.
    Raises: ValueError if A is not square, where p needs it, or for another p; LinAlgError for a stack with a singular
        matrix in it, unless p is None, 2 or −2; TypeError if A is not floating.
    Source: NumPy's `linalg.cond`.

    >>> import autograd_core as ag
    >>> ag.linalg.cond(ag.tensor([[1.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    matrix = matrices("linalg.cond", A)
    if p in (None, 2, -2):
        S = svdvals(matrix)
        if S.shape[-1] == 0:
            return sum(S, -1)
        return S[..., -1] / S[..., 0] if p == -2 else S[..., 0] / S[..., -1]
    matrix = square("linalg.cond", A)
    try:
        inverse = inv(matrix)
    except np.linalg.LinAlgError:
        if matrix.ndim > 2:
            raise
        return sum(matrix * 0, (-2, -1)) + math.inf
    return matrix_norm_of("linalg.cond", matrix, p) * matrix_norm_of("linalg.cond", inverse, p)


def matrix_rank(
    A: TensorLike,
    tol: TensorLike | None = None,
    hermitian: bool = False,
    *,
    atol: TensorLike | None = None,
    rtol: TensorLike | None = None,
) -> Tensor:
    """Count the singular values of each matrix of `A` that are above a tolerance; there is no gradient.

    Singular values (|eigenvalues| if `hermitian`) up to max(atol, rtol · largest) count as 0. `rtol` is max(M, N) ε
    unless it or a positive `atol` is given; `tol` is the older name of atol.

    Formula: out = #{k : σₖ > max(atol, rtol · σ₀)}, σ the singular values
    Shapes: (*, M, N) → (*).
    Dtypes: float32, float64 or complex; the result is int64.
    Raises: ValueError unless A holds matrices (square ones, if hermitian); LinAlgError for NaN and infinity; TypeError if A
        is not floating.
    Source: NumPy's `linalg.matrix_rank`.

    >>> import autograd_core as ag
    >>> ag.linalg.matrix_rank(ag.ones(3, 3))
    tensor(1)
    """
    matrix = square("linalg.matrix_rank", A) if hermitian else matrices("linalg.matrix_rank", A)
    inside = stand_in(matrix)
    if inside is not None:
        return inside.call_on_values(lambda A: matrix_rank(A, tol, hermitian, atol=atol, rtol=rtol), matrix)
    array = finite("linalg.matrix_rank", plain(matrix))
    S = np.abs(lapack(np.linalg.eigvalsh, array)) if hermitian else lapack(np.linalg.svd, array, compute_uv=False)
    rank = (tolerance(S, array.shape, array.dtype, tol if atol is None else atol, rtol)[..., None] < S).sum(-1)
    return Tensor(np.asarray(rank, np.int64)) if isinstance(matrix, Tensor) else rank


def vecdot(x: TensorLike, y: TensorLike, *, dim: int = -1) -> Tensor:
    """Compute the scalar products of vectors along `dim`, those of `x` being conjugated.

    Formula: out = Σ conj(x) · y over dim
    Shapes: (*, D, *) and (*, D, *), broadcast together → (*, *).
    Dtypes: the operands' common dtype; booleans and integers become int64.
    Raises: ValueError if `x` and `y` do not broadcast; IndexError if dim is out of range; TypeError if one holds no
        numbers.
    Source: NumPy's `vecdot`.

    >>> import autograd_core as ag
    >>> ag.linalg.vecdot(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    first, second = unified("linalg.vecdot", x, y)
    return sum(conj(first) * second, dim)


# ------------------------------------------------------------------------------------------------------------ distances


def cdist(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """Compute the distances of all pairs of a row of `x1` and a row of `x2`.

    They are computed from the differences, whatever `compute_mode`; the gradient at distance 0 is 0.

    Formula: out[…, i, j] = |x1[…, i, :] − x2[…, j, :]|ₚ, with the norm of order `p`
    Shapes: (*, P, D) and (*, R, D), leading sizes broadcast together → (*, P, R).
    Dtypes: the operands' common dtype, a floating one.
    Raises: ValueError if the shapes do not fit or p is negative; TypeError if an operand is not floating.
    Source: PyTorch's `cdist`.

    >>> import autograd_core as ag
    >>> ag.cdist(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    x, y = unified("cdist", x1, x2)
    if np.ndim(x) < 2 or np.ndim(y) < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"cdist: needs (..., P, M) and (..., R, M) with equal M, got shapes {np.shape(x)} and {np.shape(y)}"
        )
    if p < 0:
        raise ValueError(f"cdist: p must not be negative, got {p}")
    return _distance(unsqueeze(x, -2) - unsqueeze(y, -3), p, "cdist")


def _distance(difference: Any, p: float, name: str) -> Any:
    if difference.shape[-1] == 0:
        return sum(difference, -1)
    return norm_of(name, difference, float(p), -1, False)


def pdist(input: TensorLike, p: float = 2.0) -> Tensor:
    """Compute the distances of all pairs of rows of a matrix `input`.

    Formula: out = (|input[i] − input[j]|ₚ for i < j), with the norm of order `p`, in the order (0, 1), (0, 2), …, (1, 2), …
    Shapes: (N, D) → (N(N − 1) / 2).
    Dtypes: a floating one, which the result has.
    Raises: ValueError unless input is a matrix, or if p is negative; TypeError if it is not floating.
    Source: SciPy's `spatial.distance.pdist`.

    >>> import autograd_core as ag
    >>> ag.pdist(ag.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.    , 1.    , 4.2426])
    """
    (x,) = unified("pdist", input)
    if not hasattr(x, "ndim") or x.ndim != 2:
        raise ValueError(f"pdist: needs a matrix, got shape {np.shape(x)}")
    if p < 0:
        raise ValueError(f"pdist: p must not be negative, got {p}")
    i, j = np.triu_indices(x.shape[0], 1)
    return _distance(x[i] - x[j], p, "pdist")


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.cdist
ag.pdist
ag.frobenius_norm
ag.nuclear_norm
"""
