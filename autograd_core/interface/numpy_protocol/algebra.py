"""Rules for NumPy's products and linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import linalg
from .common import (
    NoValue,
    as_tensor,
    axis_tuple,
    f,
    flat,
    floating,
    or_default,
    refuse,
    rule,
    value,
    wrapped,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ products


@rule("dot")
def dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = as_tensor(a), as_tensor(b)
    if x.ndim == 0 or y.ndim == 0:
        return f.mul(x, y)
    return f.matmul(x, y) if y.ndim <= 2 else f.tensordot(x, y, ([x.ndim - 1], [y.ndim - 2]))


@rule("inner")
def inner(a: Any, b: Any, /) -> Any:
    x, y = as_tensor(a), as_tensor(b)
    return f.mul(x, y) if x.ndim == 0 or y.ndim == 0 else f.tensordot(x, y, ([x.ndim - 1], [y.ndim - 1]))


@rule("vdot")
def vdot(a: Any, b: Any, /) -> Any:
    return f.sum(f.mul(f.conj(flat(as_tensor(a))), flat(as_tensor(b))))


@rule("outer")
def outer(a: Any, b: Any, out: Any = None) -> Any:
    return f.mul(f.unsqueeze(flat(as_tensor(a)), 1), flat(as_tensor(b)))


@rule("linalg.outer")
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    return outer(x1, x2)


@rule("tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if np.ndim(axes):
        axes = tuple([int(d)] if np.ndim(d) == 0 else [int(i) for i in d] for d in axes)
    return f.tensordot(as_tensor(a), as_tensor(b), axes)


@rule("linalg.tensordot")
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes)


@rule("einsum")
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **kwargs: Any) -> Any:
    refuse("einsum", **kwargs)
    if isinstance(operands[0], str):
        return f.einsum(operands[0], *[as_tensor(a) for a in operands[1:]])
    lists = [operands[i] if i % 2 or i == len(operands) - 1 else as_tensor(operands[i]) for i in range(len(operands))]
    return f.einsum(*lists)


@rule("cross")
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = f.movedim(as_tensor(a), axisa, -1), f.movedim(as_tensor(b), axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ValueError(f"np.cross: vectors of 3 numbers are needed, got {x.shape[-1]} and {y.shape[-1]}")
    components = [x[..., i] * y[..., j] - x[..., j] * y[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return f.stack(components, axisc)


@rule("linalg.cross")
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)


@rule("linalg.matmul")
def matmul(x1: Any, x2: Any, /) -> Any:
    return f.matmul(as_tensor(x1), as_tensor(x2))


@rule("linalg.vecdot")
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return f.sum(f.mul(f.conj(as_tensor(x1)), as_tensor(x2)), axis)


# ------------------------------------------------------------------------------------------------------ linear algebra


@rule("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    t = floating(x)
    axis = axis_tuple(axis, t.ndim, "linalg.norm") if axis is not None else None
    if ord is None:
        return linalg.vector_norm(t, 2, axis, keepdims)
    axes = tuple(range(t.ndim)) if axis is None else axis
    if len(axes) == 1:
        return linalg.vector_norm(t, ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError(f"np.linalg.norm: ord={ord!r} needs one or two axes, got {len(axes)} (shape {tuple(t.shape)})")
    return linalg.matrix_norm(t, ord, axes, keepdims)  # type: ignore[arg-type]


@rule("linalg.vector_norm")
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    t = floating(x)
    return linalg.vector_norm(t, ord, axis_tuple(axis, t.ndim, "linalg.vector_norm"), keepdims)


@rule("linalg.matrix_norm")
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return linalg.matrix_norm(floating(x), "fro" if ord is None else ord, (-2, -1), keepdims)


@rule("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    A, B = floating(a), floating(b)
    return f.squeeze(linalg.solve(A, f.unsqueeze(B, -1)), -1) if B.ndim == 1 else linalg.solve(A, B)


def _of_matrix(name: str) -> None:
    ours = getattr(linalg, name)

    @rule(f"linalg.{name}")
    def of_matrix(a: Any) -> Any:
        return ours(floating(a))


for _name in ("inv", "det", "eig"):
    _of_matrix(_name)


@rule("linalg.slogdet")
def slogdet(a: Any) -> Any:
    return SlogdetResult(*linalg.slogdet(floating(a)))


@rule("linalg.cholesky")
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return linalg.cholesky(floating(a), upper=upper)


@rule("linalg.eigh")
def eigh(a: Any, UPLO: str = "L") -> Any:
    return EighResult(*linalg.eigh(floating(a), UPLO))


@rule("linalg.eigvalsh")
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return linalg.eigvalsh(floating(a), UPLO)


ALWAYS_COMPLEX = np.lib.NumpyVersion(np.__version__) >= "2.5.0"  # the eigenvalues of a general matrix


def real_if_all_are(A: Any, w: Any, *others: Any) -> tuple:
    """The eigenvalues of A and what belongs to them: real if A and every eigenvalue is, as in NumPy before 2.5."""
    real = A.dtype.kind == "f" and not value(w).imag.any()
    return tuple(x.real for x in (w, *others)) if real else (w, *others)


@rule("linalg.eig")
def eig(a: Any) -> Any:
    A = floating(a)
    w, V = linalg.eig(A)
    return EigResult(*((w, V) if ALWAYS_COMPLEX else real_if_all_are(A, w, V)))


@rule("linalg.eigvals")
def eigvals(a: Any) -> Any:
    A = floating(a)
    w = linalg.eigvals(A)
    return w if ALWAYS_COMPLEX else real_if_all_are(A, w)[0]


@rule("linalg.svd")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    A = floating(a)
    return SVDResult(*linalg.svd(A, full_matrices)) if compute_uv else linalg.svdvals(A)


@rule("linalg.svdvals")
def svdvals(x: Any, /) -> Any:
    return linalg.svdvals(floating(x))


@rule("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        raise TypeError(
            f"np.linalg.qr: mode={mode!r} is not supported on tensors; there are 'reduced', 'complete', 'r'"
        )
    Q, R = linalg.qr(floating(a), mode)
    return R if mode == "r" else QRResult(Q, R)


@rule("linalg.pinv")
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NoValue) -> Any:
    A = floating(a)
    rtol = rcond if rcond is not None else or_default(rtol, None)
    rtol = 1e-15 if rtol is None else rtol
    return linalg.pinv(A, rtol=rtol, hermitian=hermitian)


@rule("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple:
    """The solution, residuals (empty unless more equations than a full rank of unknowns), rank, singular values."""
    A, B = floating(a), floating(b)
    M, N = A.shape
    rcond = np.finfo(A.dtype).eps * max(M, N) if rcond is None else max(rcond, 0.0)
    columns = f.unsqueeze(B, -1) if B.ndim == 1 else B
    X = f.matmul(linalg.pinv(A, rtol=rcond), columns)
    S = linalg.svdvals(A)
    values = value(S)
    rank = int((values > rcond * values.max(initial=0.0)).sum())
    off = f.matmul(A, X) - columns
    residuals = f.sum(f.abs(off) ** 2, 0) if rank == N < M else wrapped(np.zeros(0, S.dtype))
    return f.squeeze(X, -1) if B.ndim == 1 else X, residuals, rank, S


@rule("linalg.matrix_power")
def matrix_power(a: Any, n: int) -> Any:
    return linalg.matrix_power(floating(a), n)


@rule("linalg.multi_dot")
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    return linalg.multi_dot([as_tensor(a) for a in arrays])


@rule("linalg.cond")
def cond(x: Any, p: Any = None) -> Any:
    return linalg.cond(floating(x), p)


@rule("linalg.tensorinv")
def tensorinv(a: Any, ind: int = 2) -> Any:
    return linalg.tensorinv(floating(a), ind)


@rule("linalg.tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    return linalg.tensorsolve(floating(a), floating(b), axes)


@rule("linalg.diagonal")
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return f.diagonal(as_tensor(x), offset, -2, -1)


@rule("linalg.trace")
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return f.sum(f.diagonal(as_tensor(x), offset, -2, -1), -1, dtype=dtype)


def _result(numpys: Callable, *args: Any) -> type:
    """The named tuple in which a function of NumPy's returns several arrays."""
    return type(numpys(np.eye(2), *args))


SlogdetResult, EighResult, EigResult, SVDResult, QRResult = (
    _result(numpys) for numpys in (np.linalg.slogdet, np.linalg.eigh, np.linalg.eig, np.linalg.svd, np.linalg.qr)
)
