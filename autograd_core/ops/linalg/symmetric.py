"""Factorisations of symmetric matrices that need not be definite: A = L D Lᵀ, in LAPACK's form, and systems from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.basics import conj
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.machine.blas import lapack, scipy_linalg
from ..arguments import array_operand, values
from .solve import floating, matrices, square


class LDLFactorResult(NamedTuple):
    """Holds what `ldl_factor` returns: `LD` and `pivots`."""

    LD: Tensor
    pivots: Tensor


class LDLFactorExResult(NamedTuple):
    """Holds what `ldl_factor_ex` returns: `LD`, `pivots` and `info`."""

    LD: Tensor
    pivots: Tensor
    info: Tensor


def _routine(name: str, A: ndarray, hermitian: bool) -> Any:
    kind = "he" if hermitian and A.dtype.kind == "c" else "sy"
    return scipy_linalg("get_lapack_funcs")(kind + name, (A,))


def _factor(A: ndarray, hermitian: bool) -> tuple[ndarray, ndarray, ndarray]:
    LD, pivots = np.tril(A), np.empty(A.shape[:-1], np.int32)
    info = np.zeros(A.shape[:-2], np.int32)
    for index in np.ndindex(info.shape):
        if A.shape[-1]:
            out, order, info[index] = lapack(_routine("trf", A, hermitian), A[index], lower=1)
            LD[index] = np.tril(out)
            pivots[index] = order
    return LD, pivots, info


def _factor_rule(needs: list[bool], g: Any, hermitian: bool) -> tuple:
    raise NotImplementedError(
        "linalg.ldl_factor: there is no derivative of the factors; use ag.linalg.solve or ag.linalg.eigh"
    )


_factor_primitive = Primitive(_factor, name="ldl_factor", joint=_factor_rule, outputs=True)


def ldl_factor_ex(A: TensorLike, *, hermitian: bool = False, check_errors: bool = False) -> LDLFactorExResult:
    """Compute the factorisation of `ldl_factor`, with a number in info where D is singular.

    `hermitian` is that of `ldl_factor`; `check_errors` raises where info is not 0.

    Formula: A = L D Lᵀ; info = the number of the first block of D that is 0, counted from 1, or 0
    Shapes: (*, N, N) → (*, N, N), (*, N) and (*).
    Dtypes: float32, float64 or complex, which LD has; pivots and info are int32. Not differentiable.
    Raises: LinAlgError with check_errors; ValueError unless A holds square matrices; TypeError if it is not floating.
    Source: LAPACK's `sytrf` and `hetrf`.

    >>> import autograd_core as ag
    >>> ag.linalg.ldl_factor_ex(ag.tensor([[0.0, 0.0], [0.0, 1.0]])).info
    tensor(1, dtype=int32)
    """
    A = square("linalg.ldl_factor_ex", A)
    LD, pivots, info = apply(_factor_primitive, (A,), (hermitian,))
    if check_errors and values(info).any():
        raise np.linalg.LinAlgError(
            "linalg.ldl_factor_ex: a block of D is 0, so that systems cannot be solved by the factors; leave check_errors out "
            "to have them"
        )
    return LDLFactorExResult(LD, pivots, info)


def ldl_factor(A: TensorLike, *, hermitian: bool = False) -> LDLFactorResult:
    """Compute the factorisation of symmetric matrices `A`, or of Hermitian ones if `hermitian`.

    The lower triangle of A is read. The pivots say which rows were exchanged, counted from 1, and are negative in a block of 2.

    Formula: A = L D Lᵀ (Lᴴ), L a product of permutations and unit lower triangular matrices, D of blocks of 1 and 2
    Shapes: (*, N, N) → (*, N, N) and (*, N).
    Dtypes: float32, float64 or complex, which LD has; pivots is int32. Not differentiable.
    Raises: LinAlgError if D is singular; ValueError unless A holds square matrices; TypeError if it is not floating.
    Source: LAPACK's `sytrf` and `hetrf`; Bunch & Kaufman 1977.

    >>> import autograd_core as ag
    >>> LD, pivots = ag.linalg.ldl_factor(ag.tensor([[2.0, 0.0], [4.0, 5.0]]))
    >>> ag.linalg.ldl_solve(LD, pivots, ag.tensor([[6.0], [9.0]])).round(decimals=3)
    tensor([[1.],
            [1.]])
    """
    return LDLFactorResult(*ldl_factor_ex(A, hermitian=hermitian, check_errors=True)[:2])


def _solved(LD: ndarray, pivots: ndarray, B: ndarray, hermitian: bool) -> ndarray:
    stack = np.broadcast_shapes(LD.shape[:-2], B.shape[:-2])
    factors, order = np.broadcast_to(LD, (*stack, *LD.shape[-2:])), np.broadcast_to(pivots, (*stack, LD.shape[-1]))
    right = np.broadcast_to(B, (*stack, *B.shape[-2:]))
    X = np.empty(right.shape, B.dtype)
    for index in np.ndindex(stack):
        if right[index].size:
            X[index] = lapack(_routine("trs", LD, hermitian), factors[index], order[index], right[index], lower=1)[0]
    return X


def _solve_rule(needs: list[bool], g: Any, LD: Any, pivots: Any, hermitian: bool) -> tuple:
    if needs[0]:
        raise NotImplementedError("linalg.ldl_solve: there is no derivative by the factors; use ag.linalg.solve")
    if hermitian:  # Aᵀ is the conjugate of A
        return None, None, conj(apply(_solve_primitive, (LD, pivots, conj(g)), (True,)))
    return None, None, apply(_solve_primitive, (LD, pivots, g), (False,))


_solve_primitive = Primitive(_solved, name="ldl_solve", joint=_solve_rule, saves=(0, 1))


def ldl_solve(LD: TensorLike, pivots: TensorLike, B: TensorLike, *, hermitian: bool = False) -> Tensor:
    """Solve linear systems from the `LD` and `pivots` that `ldl_factor` gives of their matrices A, with the same `hermitian`.

    Formula: out = X with A X = B, for the right-hand sides `B`
    Shapes: (*, N, N), (*, N) and (*, N, K) → (*, N, K); the stack of B is that of A.
    Dtypes: the common dtype of LD and B, float32, float64 or complex. Differentiable by B.
    Raises: ValueError if the shapes do not fit; TypeError if LD or B is not floating, or the pivots are no integers.
    Source: LAPACK's `sytrs` and `hetrs`.

    >>> import autograd_core as ag
    >>> LD, pivots = ag.linalg.ldl_factor(ag.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> ag.linalg.ldl_solve(LD, pivots, ag.tensor([[2.0], [8.0]]))
    tensor([[1.],
            [2.]])
    """
    LD, B = floating("linalg.ldl_solve", LD, B)
    LD, B = square("linalg.ldl_solve", LD), matrices("linalg.ldl_solve", B)
    order = array_operand(pivots, "linalg.ldl_solve")
    if order.dtype.kind not in "iu":
        raise TypeError(f"linalg.ldl_solve: the pivots are {order.dtype}, but must be integers")
    if tuple(order.shape) != tuple(LD.shape[:-1]) or tuple(B.shape[:-1]) != tuple(LD.shape[:-1]):
        raise ValueError(
            f"linalg.ldl_solve: LD has shape {tuple(LD.shape)}, pivots {tuple(order.shape)} and B {tuple(B.shape)}, but the "
            "last two need as many rows, and the stack of LD"
        )
    return apply(_solve_primitive, (LD, order, B), (hermitian,))
