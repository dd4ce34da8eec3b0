"""Equal eigenvalues and singular values: where a gradient by their vectors exists, and where it must be refused.

The rules divide by differences of values. For equal ones the vectors are arbitrary up to a rotation R of the space they
span, so a function of them has a gradient only if no R changes it: then the numerator X - Xᴴ, X = Vᴴ gV, vanishes too.
But 0 / 0 need not be 0. For f(A) = tr C φ(A) = tr C V φ(w) Vᴴ, the quotient tends to φ' VᴴCV, of which the rule gets
the diagonal alone, as gw: a gradient of 0 off the diagonal would be a wrong number (for φ = √, and for φ = log at w = 1,
where even gV = 0). It is right in these cases, and whatever is none of them raises:

- only the values are used;
- only the vectors are used (gw is None), and the numerator vanishes: a function of the spaces, such as a projector;
- both are used, gw is the same for all equal values (else it is the diagonal of a matrix not known), and X tells that gw
  has no part off the diagonal: among equal values both are 0 (vectors that are not used), or X is a multiple of the
  identity, or its diagonal has several values where gw has one, which no φ gives.

"Equal" means a relative gap of rounding size, at which LAPACK's vectors are arbitrary as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import stand_in
from ...kernels.machine.blas import lapack
from ..arguments import plain
from ..shape.shape import unsqueeze

GAP = 8  # times n ε |A|: the rounding errors of a decomposition of an n × n matrix


def for_all_examples(rule: Callable) -> Callable:
    """A rule (g, out, *params) of several outputs that looks at values; inside `vmap` it sees all examples at once."""

    def lifted(g: Any, out: tuple, *params: Any) -> Any:
        inside = stand_in(*g, *out)
        if inside is None:
            return rule(g, out, *params)
        n = len(g)
        return inside.call_on_values(lambda *xs: lifted(list(xs[:n]), tuple(xs[n:]), *params), *g, *out)

    return lifted


def rounding(w: Any, n: int) -> ndarray:
    """What counts as 0 among the values w (..., K) of n × n matrices: (..., 1)."""
    w = plain(w)
    return GAP * n * np.finfo(w.dtype).eps * np.abs(w).max(-1, keepdims=True, initial=0)


def equal_pairs(w: Any, n: int) -> ndarray:
    """(..., K, K): which different ones of the values w (..., K) are equal, up to rounding."""
    w = plain(w)
    return (np.abs(w[..., :, None] - w[..., None, :]) <= rounding(w, n)[..., None]) & ~np.eye(w.shape[-1], dtype=bool)


def quotient(X: Any, E: Any, undefined: ndarray) -> Any:
    """X / E, and 0 where it is not defined."""
    return basics.where(undefined, 0.0, X) / basics.where(undefined, 1.0, E)


def over_differences(X: Any, w: Any, equal: ndarray) -> Any:
    """X_ij / (w_j - w_i), 0 on the diagonal and for equal values."""
    return quotient(X, unsqueeze(w, -2) - unsqueeze(w, -1), equal | np.eye(w.shape[-1], dtype=bool))


def negligible(x: Any, dims: Any = (-2, -1)) -> tuple[ndarray, ndarray]:
    """|x|, and what is rounding error beside the largest of each matrix."""
    size = np.abs(plain(x))
    return size, np.sqrt(np.finfo(size.dtype).eps) * size.max(dims, keepdims=True, initial=0)


def check_equal(name: str, w: Any, equal: ndarray, X: Any, skew: Any, gw: Any, *gvs: Any) -> None:
    """Raise if equal values leave the gradient undefined, or unknown.

    X (..., K, K) is Vᴴ gV, `skew` the derivative along rotations of the vectors (X - Xᴴ), gw (..., K) or None, gvs
    the gradients by the vectors.
    """
    if not equal.any():
        return
    size, small = negligible(X)
    by_rotation = equal & (np.abs(plain(skew)) > small)
    if by_rotation.any():
        raise _undefined(name, w, by_rotation, "the function depends on how their vectors are chosen")
    if gw is not None:
        gw, diagonal = plain(gw), np.diagonal(plain(X), axis1=-2, axis2=-1)
        uneven = np.abs(gw[..., :, None] - gw[..., None, :]) > negligible(gw, -1)[1][..., None]
        level = np.abs(diagonal[..., :, None] - diagonal[..., None, :]) <= small
        silent = (np.abs(diagonal)[..., None] <= small) & (gw != 0)[..., None]  # as φ = 0, φ' ≠ 0 is
        unknown = equal & (uneven | (level & ((size > small) | silent)))
        if unknown.any():
            raise _undefined(name, w, unknown, "the function uses the values together with the vectors")
    if not any(v is not None and plain(v).any() for v in (gw, *gvs)):
        raise _undefined(
            name, w, equal, "the incoming gradient is 0, which does not tell how the function depends on their vectors"
        )


def _undefined(name: str, w: Any, bad: ndarray, why: str) -> RuntimeError:
    *stack, i, j = (int(k) for k in np.argwhere(bad)[0])
    which = f" of the matrix at index {tuple(stack)} of the stack" if stack else ""
    values = "linalg.svdvals" if "svd" in name else "linalg.eigvals" if name == "linalg.eig" else "linalg.eigvalsh"
    return RuntimeError(
        f"{name}: the gradient is not defined: the values {i} and {j}{which} are both {plain(w)[(*stack, i)]:.6g} (up to "
        f"rounding), and {why}; use {values} for a function of the values alone, a function that has a rule of its own "
        "(linalg.matrix_exp, matrix_power, inv, pinv, det, matrix_norm), or part the values: A + "
        "ag.diag(1e-4 * ag.arange(A.shape[-1]))"
    )


def check_zero(name: str, S: Any, bad: ndarray, what: str) -> None:
    """Raise if the gradient needs the inverse of a singular value that is 0: `bad` (..., K)."""
    if bad.any():
        *stack, k = (int(i) for i in np.argwhere(bad)[0])
        which = f" of the matrix at index {tuple(stack)} of the stack" if stack else ""
        raise RuntimeError(
            f"{name}: the gradient is not defined: the singular value {k}{which} is {plain(S)[(*stack, k)]:.3g}, 0 up to "
            f"rounding, and the function depends on {what}; use linalg.svdvals for a function of the values alone, or "
            "linalg.pinv, linalg.lstsq or linalg.matrix_norm, which have rules of their own"
        )


def check_complete(V: Any) -> None:
    """Raise if the eigenvectors, the columns of V (..., N, N), do not span the space."""
    V = plain(V)
    n = V.shape[-1]
    if not V.size or not np.isfinite(V).all():
        return
    S = lapack(np.linalg.svd, V, compute_uv=False)
    bad = S[..., -1] * 0.01 < n * np.finfo(S.dtype).eps * S[..., 0]
    if bad.any():
        stack = tuple(int(i) for i in np.argwhere(bad)[0])
        which = f" at index {stack} of the stack" if stack else ""
        raise np.linalg.LinAlgError(
            f"linalg.eig: the gradient is not defined: the matrix{which} is defective, its eigenvectors are dependent "
            f"(smallest singular value {S[stack][-1]:.3g}); use a function that has a rule of its own (trace, linalg.det, "
            "linalg.matrix_power, linalg.matrix_exp), or linalg.eigh if the matrix is symmetric"
        )
