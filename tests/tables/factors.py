"""Reflections, packed factors and solutions that say which matrices failed, against NumPy's and SciPy's."""

import numpy as np
import scipy.linalg

import autograd_core as ag

from . import Row, real

L, N = ag.linalg, np.linalg


def definite(x):
    return x @ x.mT + 2 * np.eye(x.shape[-1], dtype=x.dtype)


def regular(x):
    return x * 0.5 + np.diag(3 + 2 * np.arange(x.shape[-1])).astype(x.dtype)


def reflections(A, tau):
    """H_1 H_2 … as whole matrices."""
    M, K = A.shape[0], len(tau)
    Q = np.eye(M)
    for i in range(K):
        v = np.concatenate([np.zeros(i), [1.0], A[i + 1 :, i]])
        Q = Q @ (np.eye(M) - tau[i] * np.outer(v, v))
    return Q


def packed(x):
    return scipy.linalg.lu_factor(regular(x))[0]


ROWS = [
    Row("cholesky_ex", lambda x: L.cholesky_ex(definite(x)).L, lambda x: N.cholesky(definite(x)), (real(3, 3),)),
    Row("inv_ex", lambda x: L.inv_ex(regular(x)).inverse, lambda x: N.inv(regular(x)), (real(3, 3),)),
    Row(
        "solve_ex",
        lambda x, y: L.solve_ex(regular(x), y).result,
        lambda x, y: N.solve(regular(x), y),
        (real(3, 3), real(3, 2)),
    ),
    Row("lu_factor_ex", lambda x: L.lu_factor_ex(regular(x)).LU, packed, (real(3, 3),)),
    Row(
        "lu_unpack",
        lambda x: ag.lu_unpack(*L.lu_factor(regular(x)))[1:],
        lambda x: scipy.linalg.lu(regular(x))[1:],
        (real(3, 3),),
    ),
    Row("householder_product", L.householder_product, lambda A, t: reflections(A, t)[:, :3], (real(4, 3), real(2))),
    Row("ormqr", ag.ormqr, lambda A, t, C: reflections(A, t) @ C, (real(4, 3), real(3), real(4, 2))),
    Row(
        "ormqr_transposed",
        lambda *x: ag.ormqr(*x, transpose=True),
        lambda A, t, C: reflections(A, t).T @ C,
        (real(4, 3), real(3), real(4, 2)),
    ),
    Row(
        "ormqr_right",
        lambda *x: ag.ormqr(*x, left=False),
        lambda A, t, C: C @ reflections(A, t),
        (real(4, 3), real(3), real(2, 4)),
    ),
    Row(
        "triangular_solve",
        lambda A, b: ag.triangular_solve(b, regular(A), transpose=True)[0],
        lambda A, b: N.solve(np.triu(regular(A)).T, b),
        (real(3, 3), real(3, 2)),
    ),
]
