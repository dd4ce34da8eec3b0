"""Factorisations of matrices and their rules. (..., M, N) matrices, leading dimensions being a stack.

A factorisation is unique only up to signs (phases) and, for equal eigenvalues or singular values, rotations; a function
has a gradient only if it does not depend on that choice. Rules are written with products and triangular systems of the
factors, so that they differentiate themselves. They use the usual conjugated gradients, see `conjugated`. Sources:
Giles 2008, "Collected matrix derivative results"; Walter & Lehmann 2018 (QR); Murray 2016 (Cholesky); Wan & Zhang 2019
(complex SVD); Roberts & Roberts 2020 (wide QR); Boeddeker et al. 2017 (complex eigenvalues).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import conj
from ...engine.operands import complex_dtype, convert, real
from ...engine.primitive import OUT, Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import lapack
from ..arguments import plain, recorded
from ..elementwise.complex import imag, mH
from ..shape.shape import cat, reshape, unsqueeze
from ..shape.strided import diagonal
from .degenerate import (
    check_complete,
    check_equal,
    check_zero,
    equal_pairs,
    for_all_examples,
    negligible,
    over_differences,
    quotient,
    rounding,
)
from .products import matmul
from .solve import finite, matrices, solve, solve_triangular, square

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def conjugated(rule: Callable) -> Callable:
    """A joint rule in the literature's convention, d L = Re <g, dx>, for the engine, which carries conjugates."""

    def joint(needs: list[bool], g: Any, *saved: Any) -> tuple:
        g = [None if gi is None else conj(gi) for gi in g] if isinstance(g, list) else conj(g)
        return (conj(rule(g, *saved)),)

    return joint


def columns(v: Any) -> Any:
    """A vector that multiplies the columns of a matrix."""
    return unsqueeze(v, -2)


def rows(v: Any) -> Any:
    """A vector that multiplies the rows of a matrix."""
    return unsqueeze(v, -1)


def diagonal_matrix(v: Any) -> Any:
    return basics.where(np.eye(v.shape[-1], dtype=bool), columns(v), 0.0)


def _diagonal(X: Any) -> Any:
    return diagonal(X, 0, -2, -1)


def _skew(X: Any) -> Any:
    return X - mH(X)


def _lower_half(X: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    n = X.shape[-1]
    weights = np.tril(np.ones((n, n))) - 0.5 * np.eye(n)
    return X * weights.astype(np.zeros((), X.dtype).real.dtype)


# ------------------------------------------------------------------------------------------------------------- Cholesky


def _cholesky(A: ndarray) -> ndarray:
    try:
        return lapack(np.linalg.cholesky, A)
    except np.linalg.LinAlgError:
        for index in np.ndindex(A.shape[:-2]):
            smallest = lapack(np.linalg.eigvalsh, A[index]).min()
            if smallest <= 0 or not np.isfinite(smallest):
                break
        where = f" at index {index} of the stack" if A.ndim > 2 else ""
        raise np.linalg.LinAlgError(
            f"linalg.cholesky: the matrix{where} (shape {A.shape[-2:]}) is not positive definite, its smallest "
            f"eigenvalue is {smallest:.4g}; add a multiple of the identity, or use linalg.eigh"
        ) from None


def _cholesky_rule(g: Any, L: Any) -> Any:
    """L⁻ᴴ Φ(Lᴴ g) L⁻¹, made Hermitian; Φ takes the lower triangle with half of the diagonal."""
    X = _lower_half(matmul(mH(L), g))
    X = solve_triangular(mH(L), X, upper=True)
    X = solve_triangular(L, X, upper=False, left=False)
    return 0.5 * (X + mH(X))


_cholesky_primitive = Primitive(_cholesky, name="cholesky", joint=conjugated(_cholesky_rule), saves=(OUT,))


def cholesky(A: TensorLike, *, upper: bool = False) -> Tensor:
    """Compute the Cholesky factor of each positive definite matrix of `A`, lower triangular unless `upper`.

    Only the lower (upper) triangle of A is read; the gradient is that of a Hermitian A.

    Formula: A = L Lᴴ with L lower triangular and its diagonal positive; with upper U = Lᴴ, A = Uᴴ U
    Shapes: (*, N, N) → (*, N, N).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: LinAlgError if a matrix is not positive definite; ValueError unless A holds square matrices; TypeError if it
        is not floating.
    Source: NumPy's `linalg.cholesky`; the gradient from Murray 2016, "Differentiation of the Cholesky decomposition".

    >>> import autograd_core as ag
    >>> ag.linalg.cholesky(ag.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    A = square("linalg.cholesky", A)
    return mH(apply(_cholesky_primitive, (mH(A),))) if upper else apply(_cholesky_primitive, (A,))


# ------------------------------------------------------------------------------------------------------------------- QR


class QRResult(NamedTuple):
    """Holds what `qr` returns: `Q` and `R`."""

    Q: Tensor
    R: Tensor


def _qr_rule(g: Any, out: tuple, mode: str) -> Any:
    """[gQ + Q (X + Xᴴ)] R⁻ᴴ with X the lower triangle, half of the diagonal, of R gRᴴ - gQᴴ Q; a wide A by parts."""
    (Q, R), (gQ, gR) = out, g
    M, N = Q.shape[-2], R.shape[-1]
    if mode == "complete" and M > N:
        raise RuntimeError(
            f"linalg.qr: mode='complete' has no gradient for more rows than columns ({M} and {N}): the last {M - N} "
            "columns of Q are arbitrary; use mode='reduced'"
        )
    if N > M:  # A = [A1 A2] = Q [R1 R2]
        R2 = R[..., M:]
        gR1, gR2 = (0 * R[..., :M], 0 * R2) if gR is None else (gR[..., :M], gR[..., M:])
        term = matmul(matmul(Q, R2), mH(gR2))
        gA1 = _qr_rule((term if gQ is None else gQ + term, gR1), (Q, R[..., :M]), mode)
        return cat([gA1, matmul(Q, gR2)], -1)
    X: Any = 0.0
    if gR is not None:
        X = matmul(R, mH(gR))
    if gQ is not None:
        X = X - matmul(mH(gQ), Q)
    X = _lower_half(X)
    right = matmul(Q, X + mH(X))
    return solve_triangular(mH(R), right if gQ is None else gQ + right, upper=False, left=False)


_qr = Primitive(
    lambda A, mode: tuple(lapack(np.linalg.qr, A, mode)),
    name="qr",
    joint=conjugated(_qr_rule),
    saves=(OUT,),
    outputs=True,
)


def qr(A: TensorLike, mode: str = "reduced") -> QRResult:
    """Compute the QR factorisation of each matrix of `A`: Q has orthonormal columns, R is upper triangular.

    `mode` "complete" gives a square Q, without a gradient if M > N; "r" gives R alone, and an empty Q. The gradient needs
    the first K columns of A to be independent.

    Formula: A = Q R with Qᴴ Q = I
    Shapes: (*, M, N) → (*, M, K) and (*, K, N), K = min(M, N); complete: (*, M, M) and (*, M, N).
    Dtypes: float32, float64 or complex, which the results have.
    Raises: ValueError for another mode, or unless A holds matrices; TypeError if it is not floating.
    Source: NumPy's `linalg.qr`; the gradients from Walter & Lehmann 2018 and, of wide matrices, Roberts & Roberts 2020.

    >>> import autograd_core as ag
    >>> ag.linalg.qr(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).R.abs()
    tensor([[3., 0.],
            [0., 2.]])
    """
    A = matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg.qr: mode must be 'reduced', 'complete' or 'r', got {mode!r}")
    Q, R = apply(_qr, (A,), ("reduced" if mode == "r" else mode,))
    return QRResult(reshape(Q[..., :0], (0,)) if mode == "r" else Q, R)


# ---------------------------------------------------------------------------------------------------------- eigenvalues


class EighResult(NamedTuple):
    """Holds what `eigh` returns: `eigenvalues` and `eigenvectors`."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def _check_phase(name: str, diagonals: Any, size: Any) -> None:
    """Raise if the function depends on the phase of complex vectors, which is arbitrary."""
    by_phase = np.abs(plain(imag(diagonals)))
    if by_phase.size and by_phase.max() > 1e-2 * max(1e-2, float(np.abs(plain(size)).max())):
        raise RuntimeError(
            f"{name}: the gradient is not defined: the function depends on the phase of the vectors, which is "
            f"arbitrary (by {by_phase.max():.3g}); use one that does not change when a vector is multiplied by e^(iφ)"
        )


@for_all_examples
def _eigh_rule(g: Any, out: tuple, upper: bool) -> Any:
    """V (diag gw + skew(Vᴴ gV) / 2 (w_j - w_i)) Vᴴ."""
    (w, V), (gw, gV) = out, g
    if gV is None:
        return matmul(V * columns(gw), mH(V))
    X = matmul(mH(V), gV)
    if V.dtype.kind == "c":
        _check_phase("linalg.eigh", _diagonal(X), X)
    equal = equal_pairs(w, w.shape[-1])
    check_equal("linalg.eigh", w, equal, X, _skew(X), gw, gV)
    X = 0.5 * over_differences(_skew(X), w, equal)
    X = X if gw is None else X + diagonal_matrix(gw)
    return matmul(V, matmul(X, mH(V)))


def _eigh_forward(A: ndarray, upper: bool) -> tuple:
    finite("linalg.eigh", np.triu(A) if upper else np.tril(A))
    return tuple(lapack(np.linalg.eigh, A, "U" if upper else "L"))


_eigh = Primitive(_eigh_forward, name="eigh", joint=conjugated(_eigh_rule), saves=(OUT,), outputs=True)


def eigh(A: TensorLike, UPLO: str = "L") -> EighResult:
    """Compute the eigenvalues, ascending, and orthonormal eigenvectors of each Hermitian matrix of `A`.

    Only the lower triangle of A (`UPLO` "U": the upper one) is read. Where eigenvalues are equal, a function of them
    alone has its gradient, and one of the vectors if it does not depend on their choice; where the gradient is not
    defined, or cannot be inferred from the incoming one (V f(w) Vᴴ with equal w), `backward` raises RuntimeError.

    Formula: A = V diag(w) Vᴴ with Vᴴ V = I; the eigenvectors are the columns of V
    Shapes: (*, N, N) → (*, N) and (*, N, N).
    Dtypes: float32, float64 or complex, which the eigenvectors have; the eigenvalues are real.
    Raises: ValueError for another UPLO, or unless A holds square matrices; LinAlgError for NaN and infinity; TypeError
        if it is not floating.
    Source: NumPy's `linalg.eigh`; the gradient from Giles 2008, "Collected matrix derivative results".

    >>> import autograd_core as ag
    >>> ag.linalg.eigh(ag.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    if UPLO not in ("L", "U", "l", "u"):
        raise ValueError(f"linalg.eigh: UPLO must be 'L' or 'U', got {UPLO!r}")
    return EighResult(*apply(_eigh, (square("linalg.eigh", A),), (UPLO in "Uu",)))


def eigvalsh(A: TensorLike, UPLO: str = "L") -> Tensor:
    """Compute the eigenvalues, ascending, of each Hermitian matrix of `A`.

    Only the lower triangle of A (`UPLO` "U": the upper one) is read.

    Formula: w with A V = V diag(w)
    Shapes: (*, N, N) → (*, N).
    Dtypes: float32, float64 or complex; the result is real.
    Raises: ValueError for another UPLO, or unless A holds square matrices; LinAlgError for NaN and infinity; TypeError
        if it is not floating.
    Source: NumPy's `linalg.eigvalsh`.

    >>> import autograd_core as ag
    >>> ag.linalg.eigvalsh(ag.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor([1., 3.])
    """
    A = square("linalg.eigvalsh", A)
    return eigh(A, UPLO).eigenvalues


class EigResult(NamedTuple):
    """Holds what `eig` returns: `eigenvalues` and `eigenvectors`."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def _eig_forward(A: ndarray, dtype: Any) -> tuple:
    target = complex_dtype(dtype)
    if not A.size:
        return np.zeros(A.shape[:-1], target), np.zeros(A.shape, target)
    w, V = lapack(np.linalg.eig, finite("linalg.eig", A))
    return w.astype(target, copy=False), V.astype(target, copy=False)


@for_all_examples
def _eig_rule(g: Any, out: tuple, dtype: Any) -> Any:
    """V⁻ᴴ (diag gw + (Vᴴ gV - Vᴴ V diag Re(Vᴴ gV)) / conj(w_j - w_i)) Vᴴ, for eigenvectors of norm 1."""
    (w, V), (gw, gV) = out, g
    Vh = mH(V)
    check_complete(V)
    if gV is None:
        X = rows(gw) * Vh
    else:
        X = matmul(Vh, gV)
        _check_phase("linalg.eig", _diagonal(X), X)
        X = X - matmul(Vh, V * columns(real(_diagonal(X))))
        equal = equal_pairs(w, w.shape[-1])
        check_equal("linalg.eig", w, equal, X, X, gw, gV)
        X = over_differences(X, conj(w), equal)
        X = matmul(X if gw is None else X + diagonal_matrix(gw), Vh)
    return convert(solve(Vh, X), dtype)


_eig = Primitive(_eig_forward, name="eig", joint=conjugated(_eig_rule), saves=(OUT,), outputs=True)


def eig(A: TensorLike) -> EigResult:
    """Compute the eigenvalues and the eigenvectors, of norm 1, of each square matrix of `A`.

    The gradient needs independent eigenvectors (else `backward` raises LinAlgError) and a function that does not depend
    on their phases, nor, where eigenvalues are equal, on their choice (else RuntimeError).

    Formula: A V = V diag(w); the eigenvectors are the columns of V, in no particular order
    Shapes: (*, N, N) → (*, N) and (*, N, N).
    Dtypes: float32, float64 or complex; the results are complex.
    Raises: ValueError unless A holds square matrices; LinAlgError for NaN and infinity; TypeError if it is not floating.
    Source: NumPy's `linalg.eig`; the gradient from Boeddeker et al. 2017.

    >>> import autograd_core as ag
    >>> ag.linalg.eig(ag.tensor([[2.0, 0.0], [0.0, 3.0]])).eigenvalues
    tensor([2.+0.j, 3.+0.j], dtype=complex64)
    """
    A = square("linalg.eig", A)
    return EigResult(*apply(_eig, (A,), (A.dtype,)))


def eigvals(A: TensorLike) -> Tensor:
    """Compute the eigenvalues of each square matrix of `A`, in no particular order.

    Formula: w with A V = V diag(w)
    Shapes: (*, N, N) → (*, N).
    Dtypes: float32, float64 or complex; the result is complex.
    Raises: ValueError unless A holds square matrices; LinAlgError for NaN and infinity; TypeError if it is not floating.
    Source: NumPy's `linalg.eigvals`.

    >>> import autograd_core as ag
    >>> ag.linalg.eigvals(ag.tensor([[2.0, 0.0], [0.0, 3.0]]))
    tensor([2.+0.j, 3.+0.j], dtype=complex64)
    """
    return eig(square("linalg.eigvals", A)).eigenvalues


# ------------------------------------------------------------------------------------------------------ singular values


class SVDResult(NamedTuple):
    """Holds what `svd` returns: `U`, `S` and `Vh`."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@for_all_examples
def _svd_rule(g: Any, out: tuple, full: bool) -> Any:
    """U (diag gS + skew(X + Y) / 2 (s_j - s_i) + skew(X - Y) / 2 (s_i + s_j)) Vᴴ with X = Uᴴ gU, Y = Vᴴ gV, and what lies
    outside of the spans of U and V.

    The first quotient is that of rotations of U and V together, of which a function of A must not depend where singular
    values are equal; the second that of rotations of one against the other, which only a value of 0 leaves free.
    """
    (U, S, Vh), (gU, gS, gVh) = out, g
    if gU is None and gVh is None:
        K = S.shape[-1]
        return matmul(U[..., :K] * columns(gS), Vh[..., :K, :])
    name, K, M, N = "linalg.svd", S.shape[-1], U.shape[-2], Vh.shape[-1]
    zero = plain(S) <= rounding(S, max(M, N))
    beside, below = (
        _outside(name, v, gv, S, gS, zero) for v, gv in ((U, gU), (mH(Vh), None if gVh is None else mH(gVh)))
    )
    U, Vh = U[..., :K], Vh[..., :K, :]
    X = 0 * diagonal_matrix(S) if gU is None else matmul(mH(U), gU[..., :K])
    Y = 0 * diagonal_matrix(S) if gVh is None else matmul(Vh, mH(gVh[..., :K, :]))
    if U.dtype.kind == "c":
        _check_phase(name, _diagonal(_skew(X + Y)), X + Y)
    equal = equal_pairs(S, max(M, N))
    check_equal(name, S, equal, X + Y, _skew(X + Y), gS, gU, gVh)
    against = _skew(X - Y)
    both_zero = zero[..., :, None] & zero[..., None, :]
    free = both_zero & (True if U.dtype.kind == "c" else ~np.eye(K, dtype=bool))
    size = np.maximum(negligible(X)[1], negligible(Y)[1])
    needed = free & (np.abs(plain(against)) > size)
    check_zero(name, S, needed.any(-1) | (free.any(-1) & _used(gS, S)), "its vectors")
    inner = 0.5 * (over_differences(_skew(X + Y), S, equal) + quotient(against, rows(S) + columns(S), both_zero))
    inner = inner if gS is None else inner + diagonal_matrix(gS)
    gA = matmul(matmul(U, inner), Vh)
    gA = gA if beside is None else gA + matmul(beside, Vh)
    return gA if below is None else gA + matmul(U, mH(below))


def _used(gS: Any, S: Any) -> Any:
    """Which values have a gradient."""
    return np.zeros(S.shape, bool) if gS is None else plain(gS) != 0


def _outside(name: str, V: Any, g: Any, S: Any, gS: Any, zero: ndarray) -> Any:
    """(g - V Vᴴ g) / S, g the gradient of the first K columns V of V or of all, or None where there is nothing outside.

    Full V = [V1 V2]: the gradient g2 of the V2 that spans the rest counts as V2 g2ᴴ V1 against V1.
    """
    n, K = V.shape[-2], S.shape[-1]
    if g is None or n == K:
        return None
    V1, g1 = V[..., :K], g[..., :K]
    W = g1 - matmul(V1, matmul(mH(V1), g1))
    if V.shape[-1] > K:
        V2, g2 = V[..., K:], g[..., K:]
        size, small = negligible(g)
        by_rotation = np.abs(plain(_skew(matmul(mH(V2), g2))))
        if (by_rotation > small).any():
            raise RuntimeError(
                f"{name}: the gradient is not defined: the function depends on how the {n - K} vectors that belong to no "
                "singular value are chosen; use full_matrices=False, or a function of the space that they span"
            )
        W = W - matmul(V2, matmul(mH(g2), V1))
    size, small = np.abs(plain(W)), negligible(g)[1]
    check_zero(name, S, zero & ((size > small).any(-2) | _used(gS, S)), "its vectors")
    return quotient(W, columns(S), zero[..., None, :])


_svd = Primitive(
    lambda A, full: tuple(lapack(np.linalg.svd, finite("linalg.svd", A), full_matrices=full)),
    name="svd",
    joint=conjugated(_svd_rule),
    saves=(OUT,),
    outputs=True,
)


def svd(A: TensorLike, full_matrices: bool = True, *, driver: str | None = None) -> SVDResult:
    """Compute the singular value decomposition of each matrix of `A`, the values descending.

    By S alone the gradient is always defined (a subgradient, where values are equal or 0). By the vectors, also those
    of `full_matrices` that belong to no value, it needs a function that does not depend on their choice: none where values
    are equal, such as U Vᴴ, or 0; otherwise `backward` raises RuntimeError. `driver` must be None, as in PyTorch on a CPU.

    Formula: A = U diag(S) Vᴴ with Uᴴ U = I, Vᴴ V = I, S ≥ 0
    Shapes: (*, M, N) → (*, M, M), (*, K) and (*, N, N), K = min(M, N); without full_matrices (*, M, K), (*, K), (*, K, N).
    Dtypes: float32, float64 or complex, which U and Vh have; S is real.
    Raises: ValueError unless A holds matrices, or for a driver; LinAlgError for NaN and infinity; TypeError if it is
        not floating.
    Source: NumPy's `linalg.svd`; the gradients from Giles 2008 and, of complex matrices, Wan & Zhang 2019.

    >>> import autograd_core as ag
    >>> ag.linalg.svd(ag.tensor([[0.0, 2.0], [3.0, 0.0]])).S
    tensor([3., 2.])
    """
    _no_driver("linalg.svd", driver)
    return SVDResult(*apply(_svd, (matrices("linalg.svd", A),), (bool(full_matrices),)))


def svdvals(A: TensorLike, *, driver: str | None = None) -> Tensor:
    """Compute the singular values of each matrix of `A`, descending; `driver` must be None, as in PyTorch on a CPU.

    Formula: σ = √(eigenvalues of Aᴴ A)
    Shapes: (*, M, N) → (*, K), K = min(M, N).
    Dtypes: float32, float64 or complex; the result is real.
    Raises: ValueError unless A holds matrices, or for a driver; LinAlgError for NaN and infinity; TypeError if it is
        not floating.
    Source: NumPy's `linalg.svdvals`.

    >>> import autograd_core as ag
    >>> ag.linalg.svdvals(ag.tensor([[0.0, 2.0], [3.0, 0.0]]))
    tensor([3., 2.])
    """
    _no_driver("linalg.svdvals", driver)
    A = matrices("linalg.svdvals", A)
    return svd(A, False).S if recorded(A) else apply(_svdvals, (A,))


def _no_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise ValueError(f"{name}: driver={driver!r} chooses among the methods of a GPU; leave it None")


_svdvals = Primitive(lambda A: lapack(np.linalg.svd, finite("linalg.svdvals", A), compute_uv=False), name="svdvals")
