"""Linear algebra: products, einsum, systems, determinants, factorisations, norms. Complex ones have two real parts."""

import math

import numpy as np
import scipy.linalg
from scipy.spatial import distance

import autograd_core as ag

from . import Row, real

L, N = ag.linalg, np.linalg


def both(x, y):
    """A complex matrix from its two parts, of tensors or arrays."""
    return x + 1j * y if isinstance(x, np.ndarray) else ag.complex(x, y)


def definite(x):
    return x @ x.mT + 2 * np.eye(x.shape[-1], dtype=x.dtype)


def symmetric(x):
    """Symmetric with eigenvalues well apart."""
    return (x + x.mT) * 0.25 + np.diag(4 * np.arange(x.shape[-1])).astype(x.dtype)


def regular(x):
    return x * 0.5 + np.diag(3 + 2 * np.arange(x.shape[-1])).astype(x.dtype)


def rotation(x):
    return 2 * np.array([[0, -1], [1, 0]], x.dtype)


def hermitian(x, y):
    return both(symmetric(x), (y - y.mT) * 0.25)


def einsum(equation, *shapes, **options):
    inputs = tuple(real(*s) for s in shapes)
    return Row(
        f"einsum {equation}",
        lambda *xs: ag.einsum(equation, *xs),
        lambda *xs: np.einsum(equation, *xs),
        inputs,
        **options,
    )


def pairs(p):
    return {2: "euclidean", 1: "cityblock", math.inf: "chebyshev"}[p]


def by_qr(x):
    return tuple(N.qr(x))


ROWS = [
    Row("mm", ag.mm, np.matmul, (real(2, 3), real(3, 4))),
    Row("mv", ag.mv, np.matmul, (real(2, 3), real(3))),
    Row("vdot", ag.vdot, np.vdot, (real(3), real(3))),
    Row("inner", ag.inner, np.inner, (real(2, 3), real(4, 5, 3))),
    Row(
        "addmm",
        lambda i, a, b: ag.addmm(i, a, b, beta=0.5, alpha=2),
        lambda i, a, b: i / 2 + 2 * a @ b,
        (real(4), real(2, 3), real(3, 4)),
    ),
    Row("addmv", ag.addmv, lambda i, a, b: i + a @ b, (real(2), real(2, 3), real(3))),
    Row("addbmm", ag.addbmm, lambda i, a, b: i + (a @ b).sum(0), (real(2, 4), real(3, 2, 3), real(3, 3, 4))),
    Row("baddbmm", ag.baddbmm, lambda i, a, b: i + a @ b, (real(2, 4), real(3, 2, 3), real(3, 3, 4))),
    Row("addr", ag.addr, lambda i, a, b: i + np.outer(a, b), (real(2, 4), real(2), real(4))),
    Row("chain_matmul", ag.chain_matmul, lambda a, b, c: a @ b @ c, (real(2, 3), real(3, 4), real(4, 1))),
    Row(
        "multi_dot",
        lambda *xs: L.multi_dot(xs),
        lambda *xs: N.multi_dot(xs),
        (real(3), real(3, 4), real(4, 2), real(2)),
    ),
    Row(
        "tensordot",
        lambda a, b: ag.tensordot(a, b, ([0, -1], [1, 0])),
        lambda a, b: np.tensordot(a, b, ([0, -1], [1, 0])),
        (real(2, 3, 4), real(4, 2, 5)),
    ),
    Row(
        "tensordot_number",
        lambda a, b: ag.tensordot(a, b, 1),
        lambda a, b: np.tensordot(a, b, 1),
        (real(2, 3), real(3, 2)),
    ),
    Row("trace", ag.trace, np.trace, (real(3, 4),)),
    Row("cross", lambda a, b: ag.cross(a, b, 1), lambda a, b: np.cross(a, b, axis=1), (real(2, 3, 2), real(2, 3, 2))),
    Row("linalg_cross", L.cross, np.cross, (real(4, 3), real(1, 3))),
    Row("vecdot", lambda a, b: L.vecdot(a, b, dim=0), lambda a, b: (a * b).sum(0), (real(4, 3), real(4, 1))),
    Row(
        "linalg_diagonal",
        lambda a: L.diagonal(a, offset=1),
        lambda a: np.diagonal(a, 1, -2, -1),
        (real(2, 3, 4),),
        view=True,
    ),
    Row(
        "bilinear",
        ag.bilinear,
        lambda a, b, w, c: np.einsum("ni,oij,nj->no", a, w, b) + c,
        (real(5, 2), real(5, 3), real(4, 2, 3), real(4)),
    ),
    Row("matrix_power", lambda a: ag.matrix_power(a, 5), lambda a: N.matrix_power(a, 5), (real(2, 3, 3),), tol32=1e-4),
    Row(
        "matrix_power_negative",
        lambda a: L.matrix_power(regular(a), -2),
        lambda a: N.matrix_power(regular(a), -2),
        (real(3, 3),),
    ),
    *(
        Row(
            f"cdist_{p}",
            lambda a, b, p=p: ag.cdist(a, b, float(p)),
            lambda a, b, p=p: distance.cdist(a, b, pairs(p)),
            (real(4, 3), real(5, 3)),
        )
        for p in (2, 1, math.inf)
    ),
    Row(
        "cdist_3",
        lambda a, b: ag.cdist(a, b, 3.0),
        lambda a, b: distance.cdist(a, b, "minkowski", p=3),
        (real(4, 3), real(5, 3)),
    ),
    Row("pdist", ag.pdist, distance.pdist, (real(4, 3),)),
    einsum("ij,jk", (2, 3), (3, 4)),
    einsum("ji", (2, 3)),
    einsum("ii", (3, 3)),
    einsum("ii->i", (3, 3)),
    einsum("biij->bj", (2, 3, 3, 2)),
    einsum("ijk->j", (2, 3, 4)),
    einsum("i,j,k->kji", (2,), (3,), (4,)),
    einsum("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    einsum("b...,b...->...", (2, 3), (2, 3)),
    einsum("ij,jk,kl,lm->im", (2, 3), (3, 4), (4, 5), (5, 2)),
    einsum("bij,bjk->bk", (2, 3, 4), (2, 4, 5)),
    einsum("iij,jkk->ik", (2, 2, 3), (3, 4, 4)),
    einsum("ij,ij->ij", (1, 3), (2, 3)),
    einsum("ij,kl->", (2, 3), (2, 2)),
    einsum("ij,jk->ik", (2, 0), (0, 3)),
    Row(
        "solve",
        lambda a, b: L.solve(regular(a), b),
        lambda a, b: N.solve(regular(a), b),
        (real(2, 3, 3), real(2, 3, 2)),
    ),
    Row(
        "solve_vector", lambda a, b: L.solve(regular(a), b), lambda a, b: N.solve(regular(a), b), (real(3, 3), real(3))
    ),
    Row(
        "solve_broadcast",
        lambda a, b: L.solve(regular(a), b),
        lambda a, b: N.solve(regular(a), b),
        (real(3, 3), real(4, 3, 2)),
    ),
    Row(
        "solve_right",
        lambda a, b: L.solve(regular(a), b, left=False),
        lambda a, b: b @ N.inv(regular(a)),
        (real(3, 3), real(2, 3)),
    ),
    *(
        Row(
            f"solve_triangular_{'upper' if up else 'lower'}{'_unit' if unit else ''}",
            lambda a, b, up=up, unit=unit: L.solve_triangular(regular(a), b, upper=up, unitriangular=unit),
            lambda a, b, up=up, unit=unit: scipy.linalg.solve_triangular(
                regular(a), b, lower=not up, unit_diagonal=unit
            ),
            (real(3, 3), real(3, 2)),
        )
        for up in (True, False)
        for unit in (True, False)
    ),
    Row(
        "solve_triangular_stack",
        lambda a, b: L.solve_triangular(regular(a), b, upper=True),
        lambda a, b: N.solve(np.triu(regular(a)), b),
        (real(2, 3, 3), real(3, 2)),
    ),
    Row(
        "cholesky_solve",
        lambda b, a: ag.cholesky_solve(b, L.cholesky(definite(a))),
        lambda b, a: N.solve(definite(a), b),
        (real(3, 2), real(3, 3)),
        tol32=2e-4,
    ),
    Row(
        "cholesky_inverse",
        lambda a: ag.cholesky_inverse(L.cholesky(definite(a))),
        lambda a: N.inv(definite(a)),
        (real(3, 3),),
        tol32=2e-4,
    ),
    Row("inv", lambda a: L.inv(regular(a)), lambda a: N.inv(regular(a)), (real(2, 3, 3),)),
    Row(
        "tensorinv",
        lambda a: L.tensorinv(a + np.eye(6).reshape(2, 3, 6).astype(a.dtype) * 5),
        lambda a: N.tensorinv(a + np.eye(6).reshape(2, 3, 6) * 5),
        (real(2, 3, 6),),
        tol32=1e-4,
    ),
    Row(
        "tensorsolve",
        lambda a, b: L.tensorsolve(a + np.eye(6).reshape(2, 3, 6).astype(a.dtype) * 5, b),
        lambda a, b: N.tensorsolve(a + np.eye(6).reshape(2, 3, 6) * 5, b),
        (real(2, 3, 6), real(2, 3)),
        tol32=1e-4,
    ),
    Row("pinv_tall", L.pinv, N.pinv, (real(4, 2),), tol32=1e-4),
    Row("pinv_wide", L.pinv, N.pinv, (real(2, 2, 4),), tol32=1e-4),
    Row("lstsq", lambda a, b: L.lstsq(a, b)[:2], lambda a, b: N.lstsq(a, b)[:2], (real(5, 2), real(5, 3)), tol32=1e-4),
    Row("det", L.det, N.det, (real(2, 3, 3),), tol32=1e-4),
    Row("det_singular", lambda a, b: L.det(ag.outer(a, b)), lambda a, b: np.zeros(()), (real(3), real(3)), tol32=1e-5),
    Row("slogdet", lambda a: L.slogdet(regular(a)), lambda a: tuple(N.slogdet(regular(a))), (real(2, 3, 3),)),
    Row("logdet", lambda a: ag.logdet(definite(a)), lambda a: N.slogdet(definite(a))[1], (real(3, 3),)),
    Row("cholesky", lambda a: L.cholesky(definite(a)), lambda a: N.cholesky(definite(a)), (real(2, 3, 3),)),
    Row(
        "cholesky_upper",
        lambda a: L.cholesky(definite(a), upper=True),
        lambda a: N.cholesky(definite(a)).mT,
        (real(3, 3),),
    ),
    Row("qr_tall", L.qr, by_qr, (real(4, 3),), tol32=2e-4),
    Row("qr_square", L.qr, by_qr, (real(2, 3, 3),), tol32=2e-3),
    Row("qr_wide", L.qr, by_qr, (real(2, 4),), tol32=2e-4),
    Row("eigh", lambda a: L.eigh(symmetric(a)), lambda a: tuple(N.eigh(symmetric(a))), (real(2, 3, 3),), tol32=1e-4),
    Row("eigvalsh", lambda a: L.eigvalsh(symmetric(a)), lambda a: N.eigvalsh(symmetric(a)), (real(3, 3),)),
    Row(
        "eig_sizes",
        lambda a: L.eig(regular(a)).eigenvectors.abs(),
        lambda a: np.abs(N.eig(regular(a))[1]),
        (real(2, 3, 3),),
        tol32=1e-4,
    ),
    Row(
        "eig_rotation",
        lambda a: L.eigvals(a * 0.2 + rotation(a)),
        lambda a: N.eigvals(a * 0.2 + rotation(a)),
        (real(2, 2),),
        tol32=1e-4,
    ),
    Row("eigvals", lambda a: L.eigvals(regular(a)), lambda a: N.eigvals(regular(a)).astype(complex), (real(3, 3),)),
    *(
        Row(
            f"svd_{name}",
            lambda a: L.svd(a, False),
            lambda a: tuple(N.svd(a, full_matrices=False)),
            (real(*shape),),
            tol32=5e-4,
        )
        for name, shape in {"tall": (4, 3), "square": (3, 3), "wide": (2, 2, 3)}.items()
    ),
    Row("svdvals", L.svdvals, lambda a: N.svd(a, compute_uv=False), (real(3, 4),), tol32=1e-4),
    *(
        Row(f"lu_{name}", L.lu, scipy.linalg.lu, (real(*shape),), tol32=5e-4)
        for name, shape in {"tall": (4, 3), "square": (3, 3), "wide": (3, 4)}.items()
    ),
    Row(
        "lu_solve",
        lambda a, b: L.lu_solve(*L.lu_factor(regular(a)), b),
        lambda a, b: N.solve(regular(a), b),
        (real(2, 3, 3), real(2, 3, 2)),
    ),
    Row("matrix_exp", L.matrix_exp, scipy.linalg.expm, (real(2, 3, 3),), tol32=1e-4),
    *(
        Row(
            f"vector_norm_{p}",
            lambda a, p=p: L.vector_norm(a, p, 1),
            lambda a, p=p: N.norm(a, p, 1),
            (real(3, 4, high=1.7, away=(0,), distinct=True),),
            tol32=1e-4,
            orders=0 if p == 0 else 2,
        )
        for p in (2, 1, 0, 3, 0.5, -1, math.inf, -math.inf)
    ),
    Row("vector_norm_all", L.vector_norm, lambda a: N.norm(a.reshape(-1)), (real(2, 3),)),
    *(
        Row(
            f"matrix_norm_{p}",
            lambda a, p=p: L.matrix_norm(a, p),
            lambda a, p=p: N.norm(a, p, (-2, -1)),
            (real(2, 3, 4, away=(0,)),),
            tol32=1e-4,
        )
        for p in ("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf)
    ),
    Row("linalg_norm", lambda a: L.norm(a, 2, 0, True), lambda a: N.norm(a, 2, 0, True), (real(3, 2),)),
    Row("cond", lambda a: L.cond(regular(a)), lambda a: N.cond(regular(a)), (real(3, 3),), tol32=1e-4),
    Row(
        "cond_fro", lambda a: L.cond(regular(a), "fro"), lambda a: N.cond(regular(a), "fro"), (real(3, 3),), tol32=1e-4
    ),
    Row("matrix_rank", lambda a: L.matrix_rank(a), N.matrix_rank, (real(2, 3, 4),), orders=0),
    Row(
        "complex_solve",
        lambda a, b, c: L.solve(both(regular(a), b), c),
        lambda a, b, c: N.solve(both(regular(a), b), c),
        (real(3, 3), real(3, 3), real(3, 2)),
    ),
    Row(
        "complex_inv",
        lambda a, b: L.inv(both(regular(a), b)),
        lambda a, b: N.inv(both(regular(a), b)),
        (real(3, 3), real(3, 3)),
    ),
    Row(
        "complex_det",
        lambda a, b: L.det(both(a, b)),
        lambda a, b: N.det(both(a, b)),
        (real(3, 3), real(3, 3)),
        tol32=1e-4,
    ),
    Row(
        "complex_slogdet",
        lambda a, b: L.slogdet(both(regular(a), b)),
        lambda a, b: tuple(N.slogdet(both(regular(a), b))),
        (real(3, 3), real(3, 3)),
    ),
    Row(
        "complex_pinv",
        lambda a, b: L.pinv(both(a, b)),
        lambda a, b: N.pinv(both(a, b)),
        (real(4, 2), real(4, 2)),
        tol32=1e-4,
    ),
    Row(
        "complex_cholesky",
        lambda a, b: L.cholesky(hermitian(definite(a), b)),
        lambda a, b: N.cholesky(hermitian(definite(a), b)),
        (real(3, 3), real(3, 3, low=-1, high=1)),
    ),
    Row(
        "complex_qr",
        lambda a, b: L.qr(both(a, b)),
        lambda a, b: by_qr(both(a, b)),
        (real(4, 3), real(4, 3)),
        tol32=2e-4,
    ),
    Row(
        "complex_eigvalsh",
        lambda a, b: L.eigvalsh(hermitian(a, b)),
        lambda a, b: N.eigvalsh(hermitian(a, b)),
        (real(3, 3), real(3, 3)),
    ),
    Row(
        "complex_eigh_sizes",
        lambda a, b: L.eigh(hermitian(a, b)).eigenvectors.abs(),
        lambda a, b: np.abs(N.eigh(hermitian(a, b))[1]),
        (real(3, 3), real(3, 3)),
        tol32=1e-4,
    ),
    Row(
        "complex_svd_polar",
        lambda a, b: (lambda u, s, vh: (u @ vh, s))(*L.svd(both(a, b), False)),
        lambda a, b: (lambda u, s, vh: (u @ vh, s))(*N.svd(both(a, b), full_matrices=False)),
        (real(4, 3), real(4, 3)),
        tol32=5e-4,
    ),
    Row(
        "complex_matrix_exp",
        lambda a, b: L.matrix_exp(both(a, b)),
        lambda a, b: scipy.linalg.expm(both(a, b)),
        (real(3, 3), real(3, 3)),
        tol32=1e-4,
    ),
    Row(
        "complex_lu",
        lambda a, b: L.lu(both(regular(a), b)),
        lambda a, b: scipy.linalg.lu(both(regular(a), b)),
        (real(3, 3), real(3, 3)),
        tol32=1e-4,
    ),
]
