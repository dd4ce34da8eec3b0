"""Determinants. The gradient of det A is the matrix of cofactors, a polynomial: it exists, and is right here, for
singular matrices too. It comes from the singular value decomposition A = U S Vᴴ, where cofactors are products of
singular values and none is divided by (Giles 2008, section 2.2.4, has the rule for regular matrices)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...kernels.machine.blas import lapack
from ..arguments import plain
from ..elementwise import arithmetic as ew
from ..elementwise.complex import complex, imag
from ..reduction.reduce import sum
from ..shape.shape import reshape
from .products import matmul, mT
from .solve import inv, square

if TYPE_CHECKING:
    from ...engine.types import TensorLike


def _numbers(x: Any) -> Any:
    """One number a matrix, to multiply the matrix with."""
    return reshape(x, (*x.shape, 1, 1))


def _svd(A: ndarray) -> tuple:
    """U, S, V and det U · det Vᴴ."""
    U, S, Vh = lapack(np.linalg.svd, A)
    return U, S, np.swapaxes(Vh.conj(), -2, -1), (lapack(np.linalg.det, U) * lapack(np.linalg.det, Vh))[..., None, None]


def _products_without(S: ndarray, count: int) -> ndarray:
    """The products of all S but one, (..., N), or but two, (..., N, N) with 0 on the diagonal, without dividing."""
    n = S.shape[-1]
    out = np.empty((*S.shape[:-1],) + (n,) * count, S.dtype)
    for index in np.ndindex(*(n,) * count):
        if len(set(index)) < count:
            out[(..., *index)] = 0
        else:
            out[(..., *index)] = np.delete(S, index, -1).prod(-1)
    return out


def _cofactor(A: ndarray) -> ndarray:
    """det(A) A⁻ᵀ where that exists."""
    U, S, V, phase = _svd(A)
    left = phase * U.conj() * _products_without(S, 1)[..., None, :]
    return (left @ np.swapaxes(V, -2, -1)).astype(A.dtype, copy=False)


def _hessian(A: ndarray, E: ndarray) -> ndarray:
    """The derivative of `_cofactor` along E: the second derivative of det at A, applied to E; symmetric in E.

    At a diagonal S it couples the elements (i, i) and (j, j) by P_ij = Π_{k≠i,j} s_k, and (i, j) and (j, i) by -P_ij.
    """
    U, S, V, phase = _svd(A)
    P = _products_without(S, 2)
    F = np.swapaxes(U.conj(), -2, -1) @ E @ V
    out = -P * np.swapaxes(F, -2, -1)
    n = np.arange(A.shape[-1])
    out[..., n, n] = (P @ F[..., n, n, None])[..., 0]
    return (phase * U.conj() @ out @ np.swapaxes(V, -2, -1)).astype(A.dtype, copy=False)


def cofactor(A: Any) -> Any:
    return apply(_cofactor_primitive, (A,))


def hessian(A: Any, E: Any) -> Any:
    return apply(_hessian_primitive, (A, E))


def _hessian_rule(g: Any, A: Any, E: Any) -> Any:
    """The third derivative, by way of H(A) E = (<C, E> C - C Eᵀ C) / det A with C the cofactors: regular A only."""
    C, d = cofactor(A), _numbers(_det_of(A))
    t, u = (sum(C * X, (-2, -1), keepdim=True) for X in (E, g))
    whole = t * u - sum(g * matmul(C, matmul(mT(E), C)), (-2, -1), keepdim=True)
    by_C = u * E + t * g - matmul(g, matmul(mT(C), E)) - matmul(E, matmul(mT(C), g))
    return hessian(A, by_C / d) - C * (whole / (d * d))


_cofactor_primitive = Primitive(_cofactor, name="cofactor", vjps=(lambda g, A: hessian(A, g),), saves=(0,))
_hessian_primitive = Primitive(
    _hessian, name="det_hessian", vjps=(_hessian_rule, lambda g, A, E: hessian(A, g)), saves=(0, 1), uses=((0, 1), (0,))
)
_det = Primitive(
    lambda A: np.asarray(lapack(np.linalg.det, A)),
    name="det",
    vjps=(lambda g, A: _numbers(g) * cofactor(A),),
    saves=(0,),
)


def _det_of(A: Any) -> Any:
    return apply(_det, (A,))


def det(A: TensorLike) -> Tensor:
    """Compute the determinant of each matrix of `A`.

    First and second derivatives are right for singular matrices too; from the third on the matrix must be regular.

    Formula: out = Σ_σ sgn(σ) Πᵢ A[i, σ(i)]; its gradient is the matrix of cofactors, det(A) A⁻ᵀ where that exists
    Shapes: (*, N, N) → (*).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless A holds square matrices; TypeError if its dtype is not floating.
    Source: NumPy's `linalg.det`; the gradient from Giles 2008, section 2.2.4, by way of the singular values.

    >>> import autograd_core as ag
    >>> ag.linalg.det(ag.tensor([[2.0, 0.0], [0.0, 3.0]]))
    tensor(6.)
    """
    return _det_of(square("linalg.det", A))


class SlogdetResult(NamedTuple):
    """Holds what `slogdet` returns: `sign` and `logabsdet`."""

    sign: Tensor
    logabsdet: Tensor


def _inverse_transposed(A: Any) -> Any:
    """A⁻ᵀ; of a singular matrix infinite or NaN, as the logarithm's slope at 0 is."""
    return cofactor(A) / _numbers(_det_of(A)) if _any_singular(plain(A)) else mT(inv(A))


def _any_singular(A: Any) -> bool:
    return isinstance(A, ndarray) and bool((lapack(np.linalg.slogdet, A)[0] == 0).any())


def _slogdet_rule(needs: list[bool], g: Any, A: Any) -> tuple:
    """d log|det A| = Re tr(A⁻¹ dA), and d sign = i sign Im tr(A⁻¹ dA); the results may be overwritten."""
    by_sign, by_log = g
    if A.dtype.kind == "c" and by_sign is not None:
        by_phase = imag(by_sign * slogdet(A).sign)
        by_log = complex(0 * by_phase if by_log is None else by_log, by_phase)
    return (A * 0 if by_log is None else _numbers(by_log) * _inverse_transposed(A),)


_slogdet = Primitive(
    lambda A: tuple(np.asarray(r) for r in lapack(np.linalg.slogdet, A)),
    name="slogdet",
    joint=_slogdet_rule,
    saves=(0,),
    outputs=True,
)


def slogdet(A: TensorLike) -> SlogdetResult:
    """Compute the sign of the determinant and the logarithm of its absolute value, for each matrix of `A`.

    Formula: det A = sign · exp(logabsdet); of complex matrices sign is the direction det A / |det A|; 0 and −∞ where
        A is singular
    Shapes: (*, N, N) → (*) and (*).
    Dtypes: float32, float64 or complex, which sign has; logabsdet is real.
    Raises: ValueError unless A holds square matrices; TypeError if its dtype is not floating.
    Source: NumPy's `linalg.slogdet`.

    >>> import autograd_core as ag
    >>> ag.linalg.slogdet(ag.tensor([[0.0, 1.0], [1.0, 0.0]]))
    SlogdetResult(sign=tensor(-1.), logabsdet=tensor(0.))
    """
    return SlogdetResult(*apply(_slogdet, (square("linalg.slogdet", A),)))


def logdet(input: TensorLike) -> Tensor:
    """Compute the logarithm of the determinant of each matrix of `input`; NaN where it is negative.

    Formula: out = log(det(input)), without the overflow of det; −∞ where the matrix is singular
    Shapes: (*, N, N) → (*).
    Dtypes: float32, float64 or complex, which the result has.
    Raises: ValueError unless input holds square matrices; TypeError if its dtype is not floating.
    Source: PyTorch's `logdet`.

    >>> import autograd_core as ag
    >>> ag.logdet(ag.eye(3))
    tensor(0.)
    """
    sign, logabsdet = slogdet(square("logdet", input))
    if sign.dtype.kind == "c":
        return logabsdet + ew.log(sign)
    return basics.where(plain(sign) == -1, float("nan"), logabsdet)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.logdet  x.logdet
"""
