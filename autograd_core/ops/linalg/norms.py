"""Norms of vectors and matrices, and distances. Where a norm has no slope (at 0, for one), its gradient is 0.

The derivative of that gradient does not exist, and is NaN: |x|² by way of `norm` has one at 0, which cannot be had from
0 / 0. Take `(x * x).sum()`, or choose another x there: `norm(where(zero, 1.0, x))`.
"""

from __future__ import annotations

import math
from typing import Any

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
from .solve import inv, matrices, square, tolerance


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
    x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, name: str = "linalg.vector_norm",
    least: float = 0.0,
) -> Any:  # fmt: skip
    """(Σ |x|^ord)^(1/ord) over `dim` (None: all). ord inf, -inf: the largest, smallest |x|; 0: how many are not 0.

    Where the norm is 0 its gradient is 0, and its second derivative NaN. `least`: the result is at least that, with all
    derivatives 0 where the norm is no larger."""
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
    """`vector_norm` of what was checked."""
    if p == 0:
        return ew.maximum(sum(ew.sign(ew.abs(x)), dims, keepdim), float(least))
    return apply(_norm_primitive, (x,), (float(p), dims, keepdim, float(least)))


# --------------------------------------------------------------------------------------------------------- matrix norms


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None,
    name: str = "linalg.matrix_norm",
) -> Any:  # fmt: skip
    """The norm of matrices over two dims. ord: "fro"; "nuc", the sum of singular values; 2 and -2, the largest and
    smallest singular value; 1 and -1, the largest and smallest column sum of |A|; inf and -inf, row sum."""
    A = _floating(A, name, dtype)
    if A.ndim < 2 or not isinstance(dim, list | tuple) or len(dim) != 2:
        raise ValueError(f"{name}: needs at least 2 dimensions and dim of two, got shape {tuple(A.shape)}, dim {dim}")
    dims = tuple(d + A.ndim if d < 0 else d for d in dim)
    dim_indices(tuple(dim), A.ndim, name)
    if ord == "fro":
        return vector_norm(A, 2, dims, keepdim, name=name)
    if ord in ("nuc", 2, -2):
        rest = tuple(d for d in range(A.ndim) if d not in dims)
        S = svdvals(A if dims == (A.ndim - 2, A.ndim - 1) else permute(A, (*rest, *dims)))
        out = sum(S, -1) if ord == "nuc" else (amax if ord == 2 else amin)(S, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        first, second = dims if abs(ord) == 1 else dims[::-1]
        out = vector_norm(vector_norm(A, 1, first, True), math.copysign(math.inf, ord), second, True)
        return out if keepdim else reshape(out, tuple(s for i, s in enumerate(A.shape) if i not in dims))
    else:
        raise ValueError(f"{name}: ord must be 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, got {ord!r}")
    return reshape(out, _kept(A, dims)) if keepdim else out


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The vector norm for one dim (or of all elements, if neither ord nor dim is given), the matrix norm for two."""
    A = operand(A, "linalg.norm")
    if dim is None and ord is None:
        return vector_norm(A, 2, None, keepdim, dtype=dtype, name="linalg.norm")
    if dim is None:
        if A.ndim not in (1, 2):
            raise ValueError(
                f"linalg.norm: with ord={ord!r} and no dim, A must be a vector or a matrix, got shape {tuple(A.shape)}"
            )
        dim = tuple(range(A.ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2 and ord is not None:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype, name="linalg.norm")
    if (len(dims) > 2 and ord is not None) or isinstance(ord, str):
        raise ValueError(f"linalg.norm: dim must be one or two dims for ord={ord!r}, got {dim}")
    return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype, name="linalg.norm")


def cond(A: Any, p: Any = None) -> Any:
    """The condition number of each matrix, |A| |A⁻¹| in the norm p (None: 2, of singular values, for any shape)."""
    A = matrices("linalg.cond", A)
    if p in (None, 2, -2):
        S = svdvals(A)
        if S.shape[-1] == 0:
            return sum(S, -1)
        return S[..., -1] / S[..., 0] if p == -2 else S[..., 0] / S[..., -1]
    A = square("linalg.cond", A)
    try:
        inverse = inv(A)
    except np.linalg.LinAlgError:
        if A.ndim > 2:
            raise
        return sum(A * 0, (-2, -1)) + math.inf
    return matrix_norm(A, p, name="linalg.cond") * matrix_norm(inverse, p, name="linalg.cond")


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """How many singular values (|eigenvalues| if `hermitian`) exceed max(atol, rtol · largest); int64, no gradient."""
    A = square("linalg.matrix_rank", A) if hermitian else matrices("linalg.matrix_rank", A)
    inside = stand_in(A)
    if inside is not None:
        return inside.call_on_values(lambda A: matrix_rank(A, tol, hermitian, atol=atol, rtol=rtol), A)
    array = plain(A)
    S = np.abs(lapack(np.linalg.eigvalsh, array)) if hermitian else lapack(np.linalg.svd, array, compute_uv=False)
    rank = (tolerance(S, array.shape, array.dtype, tol if atol is None else atol, rtol)[..., None] < S).sum(-1)
    return Tensor(np.asarray(rank, np.int64)) if isinstance(A, Tensor) else rank


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Σ x̄ y over `dim`, the others broadcasting."""
    x, y = unified("linalg.vecdot", x, y)
    return sum(conj(x) * y, dim)


# ------------------------------------------------------------------------------------------------------------ distances


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The distances |x1_i - x2_j|_p of all pairs of rows: (..., P, M) and (..., R, M) to (..., P, R).

    Computed from the differences, whatever `compute_mode`; the gradient at distance 0 is 0.
    """
    x1, x2 = unified("cdist", x1, x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            f"cdist: needs (..., P, M) and (..., R, M) with equal M, got shapes {tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    if p < 0:
        raise ValueError(f"cdist: p must not be negative, got {p}")
    return _distance(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, "cdist")


def _distance(difference: Any, p: float, name: str) -> Any:
    if difference.shape[-1] == 0:
        return sum(difference, -1)
    return vector_norm(difference, float(p), -1, name=name)


def pdist(input: Any, p: float = 2.0) -> Any:
    """The distances of all pairs i < j of the rows of a matrix (N, M), as a vector of N (N - 1) / 2."""
    (x,) = unified("pdist", input)
    if not hasattr(x, "ndim") or x.ndim != 2:
        raise ValueError(f"pdist: needs a matrix, got shape {np.shape(x)}")
    if p < 0:
        raise ValueError(f"pdist: p must not be negative, got {p}")
    i, j = np.triu_indices(x.shape[0], 1)
    return _distance(x[i] - x[j], p, "pdist")
