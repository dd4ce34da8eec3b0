"""Equal and vanishing eigenvalues and singular values: the gradient is right, or it is refused. Never 0 for 0 / 0."""

import numpy as np
import pytest

import autograd_core as ag

L = ag.linalg
rng = np.random.default_rng(0)
C = ag.tensor(rng.standard_normal((5, 5)))


def orthogonal(n, kind="f"):
    A = rng.standard_normal((n, n)) + (1j * rng.standard_normal((n, n)) if kind == "c" else 0)
    return np.linalg.qr(A)[0]


Q = orthogonal(4)
EQUAL = {
    "identity": np.eye(3),
    "diagonal": np.diag([1.0, 1.0, 2.0]),
    "pair": Q @ np.diag([1.0, 1, 2, 3]) @ Q.T,
    "two pairs": Q @ np.diag([1.0, 1, 3, 3]) @ Q.T,
    "zero": np.zeros((3, 3)),
}
every_matrix = pytest.mark.parametrize("A", EQUAL.values(), ids=EQUAL)


def hermitian(f):
    return lambda X: f((X + X.mH) / 2)


def differences(f, A, h=1e-5):
    out = np.zeros(A.shape, A.dtype)
    for i in np.ndindex(A.shape):
        for unit in (1, 1j) if A.dtype.kind == "c" else (1,):
            E = np.zeros_like(A)
            E[i] = h * unit
            out[i] += unit * (f(ag.tensor(A + E)).item() - f(ag.tensor(A - E)).item()) / (2 * h)
    return out


def gradient(f, A):
    x = ag.tensor(A, requires_grad=True)
    (g,) = ag.grad(f(x), x)
    return g.numpy()


def check(f, A, tolerance=1e-6):
    np.testing.assert_allclose(gradient(f, A), differences(f, A), atol=tolerance)


def refused(f, A, match="the gradient is not defined", kind=RuntimeError):
    with pytest.raises(kind, match=match):
        gradient(f, A)


def weights(X):
    return C[: X.shape[-2], : X.shape[-1]]


def by_eigh(phi, weight=weights):
    def f(X):
        w, V = L.eigh(X)
        return ((V * phi(w)) @ V.mT * weight(X)).sum()

    return hermitian(f)


def by_eig(phi):
    def f(X):
        w, V = L.eig(X)
        return ((V * phi(w)) @ L.inv(V) * weights(X)).sum().real

    return f


def by_svd(phi, full=False):
    def f(X):
        U, S, Vh = L.svd(X, full)
        K = S.shape[-1]
        return ((U[:, :K] * phi(S)) @ Vh[:K] * weights(X)).sum()

    return f


PHI = [lambda w: (w + 1).sqrt(), ag.log1p, lambda w: w * w, lambda w: w, lambda w: w.log1p() - 2**0.5]


# --------------------------------------------------------------------------------------------- what cannot be had


@every_matrix
@pytest.mark.parametrize("phi", PHI)
def test_a_function_of_a_matrix_through_its_factors_is_refused(A, phi):
    refused(by_eigh(phi), A)
    refused(by_eig(phi), A)
    if A.any() or phi is not PHI[-1]:
        refused(by_svd(phi), A)


@every_matrix
def test_also_where_its_weights_or_its_values_vanish(A):
    """log at 1 is 0, so that no gradient reaches the vectors; and [0, 1] sees no gradient of the values."""
    refused(by_eigh(ag.log1p, lambda X: 1.0), A)
    refused(by_eigh(lambda w: w.log() - w.detach()[0].log(), lambda X: 1.0), A + np.eye(len(A)))
    refused(by_eigh(lambda w: (w + 1).sqrt(), lambda X: 1.0), A)
    corner = np.zeros(A.shape)
    corner[0, 1] = 1
    refused(by_eigh(ag.log1p, lambda X: ag.tensor(corner)), A)
    if not np.allclose(A, np.diag(np.diagonal(A))):
        refused(by_eigh(lambda w: w - w.detach(), lambda X: ag.tensor(corner)), A)
    else:  # nothing at all arrives
        refused(by_eigh(lambda w: w - w.detach(), lambda X: ag.tensor(corner)), A, "the incoming gradient is 0")


def test_the_message_names_values_matrix_and_ways_out():
    stack = np.stack([np.diag([1.0, 3.0, 2.0]), np.diag([5.0, 2.0, 2.0])])
    for f in (
        lambda X: L.eigh(X)[1][..., 0].sum(),
        lambda X: ag.func.vmap(lambda A: L.eigh(A)[1][:, 0].sum())(X).sum(),
    ):
        refused(
            f, stack, r"eigh: .* values 0 and 1 of the matrix at index \(1,\) of the stack are both 2 .*eigvalsh.*A \+ "
        )
    refused(lambda X: L.svd(X)[0][0, 1], np.eye(2), "linalg.svd: .* values 0 and 1 are both 1 .*linalg.svdvals")
    refused(
        lambda X: L.eig(X)[1][0, 1].real, np.eye(2), r"linalg.eig: .* values 0 and 1 are both 1\+0j .*linalg.eigvals"
    )
    A = np.diag([5.0, 2.0, 2.0])
    parted = A + np.diag(1e-4 * np.arange(3))  # the way out of the message
    check(by_eigh(ag.sqrt), parted, 1e-5)


def test_under_the_transforms():
    A, E = ag.tensor(EQUAL["pair"]), ag.tensor(rng.standard_normal((4, 4)))
    f = by_eigh(ag.sqrt)
    for call in (
        lambda: ag.func.grad(f)(A), lambda: ag.func.jacrev(f)(A), lambda: ag.func.jvp(f, (A,), (E,)),
        lambda: ag.func.jacfwd(f)(A), lambda: ag.func.vmap(ag.func.grad(f))(ag.stack([A, A + E @ E.mT])),
        lambda: ag.func.jvp(lambda X: L.eigh(X)[1], (A,), (E,)),
        lambda: ag.grad(f(x := ag.tensor(EQUAL["pair"], requires_grad=True)), x, create_graph=True),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="the gradient is not defined"):
            call()


def test_defective_matrices_have_no_gradient_by_their_eigenvalues_but_by_their_own_functions():
    for J in ([[1.0, 1], [0, 1]], [[0.0, 1], [0, 0]], [[2.0, 1, 0], [0, 2, 1], [0, 0, 2]]):
        J = np.array(J)
        refused(
            lambda X: (L.eigvals(X) ** 2).sum().real,
            J,
            "defective, its eigenvectors are dependent",
            np.linalg.LinAlgError,
        )
        for f in (lambda X: L.matrix_power(X, 3).sum(), lambda X: L.matrix_exp(X).sum(), L.det, lambda X: X.trace()):
            check(f, J)
    stack = np.stack([np.eye(2), [[1.0, 1], [0, 1]]])
    refused(
        lambda X: L.eigvals(X).sum().real, stack, r"at index \(1,\) of the stack is defective", np.linalg.LinAlgError
    )


# ------------------------------------------------------------------------------------------------ what is defined


@every_matrix
def test_functions_of_the_values_alone(A):
    check(hermitian(lambda X: (L.eigvalsh(X) ** 3).sum()), A)
    check(lambda X: (L.eigvals(X) ** 3).sum().real, A)
    check(lambda X: (L.svdvals(X) ** 2).sum(), A)
    trace = by_eigh(lambda w: (w + 1).sqrt(), lambda X: ag.tensor(np.eye(X.shape[-1])))
    check(trace, A)  # C φ'(A) has no part off the diagonal


def test_functions_of_other_vectors_and_of_whole_spaces():
    for A in (EQUAL["diagonal"], EQUAL["pair"]):

        def last(X):
            w, V = L.eigh(X)
            return (V[:, -1:] @ V[:, -1:].mT * weights(X)).sum() + w[-1] ** 2

        def pair(X):
            V = L.eigh(X)[1][:, :2]
            return (V @ V.mT * weights(X)).sum()

        check(hermitian(last), A)
        check(hermitian(pair), A)
        check(hermitian(lambda X: pair(X) + (L.eigvalsh(X) ** 2).sum()), A)
        refused(hermitian(lambda X: (L.eigh(X)[1][:, 0] * weights(X)[0]).sum()), A)
    E = ag.tensor(rng.standard_normal((2, 3, 3)))
    stack = np.stack([np.eye(3), np.diag([1.0, 2.0, 3.0])])  # only the second is used

    def second(X):
        w, V = L.eigh((X + X.mT) / 2)
        return (((V * w.sqrt()[:, None]) @ V.mT) * E)[1].sum()

    check(second, stack)


@pytest.mark.parametrize("full", [False, True])
def test_singular_vectors_of_tall_wide_and_singular_matrices(full):
    U, V = orthogonal(5), orthogonal(3)
    for S, rank in ((np.array([2.0, 2.0, 1.0]), 3), (np.array([2.0, 2.0, 0.0]), 2)):
        tall = U[:, :3] * S @ V
        for A in (tall, tall.T):

            def left(X):
                U = L.svd(X, full).U[:, :2]
                return (U @ U.mT * C[: len(X), : len(X)]).sum()

            check(left, A)
            check(lambda X: left(X.mT), A)
            polar = by_svd(lambda s: ag.ones_like(s), full)
            (check if rank == 3 else refused)(polar, A)
            refused(by_svd(lambda s: s, full), A)
            refused(lambda X: (L.svd(X, full).U[:, 0] * C[0, : len(X)]).sum(), A)
    square = U[:3, :3] * 0 + np.diag([3.0, 2.0, 0.0])
    check(by_svd(lambda s: s, full), square)  # a single 0 is no trouble to an odd function
    check(by_svd(lambda s: s**3, full), square)


def test_vectors_that_belong_to_no_singular_value():
    tall = rng.standard_normal((5, 3))
    for A, rest in ((tall, lambda X: L.svd(X).U[:, 3:]), (tall.T, lambda X: L.svd(X).Vh[3:].mT)):

        def projector(X):
            V = rest(X)
            return (V @ V.mT * C).sum()

        check(projector, A)
        refused(lambda X: rest(X)[0].sum(), A, "2 vectors that belong to no singular value are chosen")


def test_complex_matrices():
    P, R = orthogonal(4, "c"), orthogonal(4, "c")
    A = P @ np.diag([1.0, 1, 2, 3]) @ P.conj().T
    W = ag.tensor(rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4)))

    def space(k):
        def f(X):
            V = L.eigh(X)[1][:, :k]
            return ((V @ V.mH) * W).sum().real

        return hermitian(f)

    check(space(2), A)
    check(space(3), A)
    refused(space(1), A)
    refused(hermitian(lambda X: (lambda w, V: ((V * w.sqrt()) @ V.mH * W).sum().real)(*L.eigh(X))), A)
    check(lambda X: (lambda U, S, Vh: (U @ Vh * W).sum().real)(*L.svd(X)), A @ R)
    refused(lambda X: (lambda U, S, Vh: ((U * S) @ Vh * W).sum().real)(*L.svd(X)), A @ R)
    check(lambda X: (lambda U, S, Vh: ((U * S) @ Vh * W).sum().real)(*L.svd(X)), A @ R + 0.1 * W.numpy())


@every_matrix
def test_functions_with_rules_of_their_own_to_second_order(A):
    everywhere = (
        lambda X: (L.matrix_exp(X) * weights(X)).sum(), lambda X: (L.matrix_power(X, 3) * weights(X)).sum(), L.det,
    )  # fmt: skip
    regular = (
        lambda X: (L.pinv(X) * weights(X)).sum(), lambda X: (L.inv(X) * weights(X)).sum(),
        lambda X: (L.lstsq(X, weights(X)).solution * weights(X)).sum(), lambda X: L.slogdet(X)[1],
        lambda X: L.matrix_norm(X, "nuc"), lambda X: L.matrix_norm(X),
    )  # fmt: skip
    for f in everywhere + (regular if A.any() else ()):
        check(f, A)
        E = rng.standard_normal(A.shape)
        x = ag.tensor(A, requires_grad=True)
        (g,) = ag.grad(f(x), x, create_graph=True)
        (second,) = ag.grad((g * ag.tensor(E)).sum(), x)
        expected = (gradient(f, A + 1e-5 * E) - gradient(f, A - 1e-5 * E)) / 2e-5
        np.testing.assert_allclose(second.numpy(), expected, atol=1e-6)


def test_second_derivatives_of_values_are_right_or_refused():
    for A in EQUAL.values():
        x = ag.tensor(A, requires_grad=True)
        (g,) = ag.grad(L.eigvalsh((x + x.mT) / 2).sum(), x, create_graph=True)
        (h,) = ag.grad((g * weights(x)).sum(), x)
        np.testing.assert_allclose(h.numpy(), 0, atol=1e-12)
        (g,) = ag.grad((L.eigvalsh((x + x.mT) / 2) ** 2).sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="the gradient is not defined"):
            ag.grad((g * weights(x)).sum(), x)


# --------------------------------------------------------------------------------------------------- nearly equal


@pytest.mark.parametrize("gap", [1e-15, 1e-14, 1e-12, 1e-10, 1e-6])
def test_nearly_equal_values_are_refused_or_accurate_as_far_as_their_gap_allows(gap):
    A = Q @ np.diag([1.0, 1 + gap, 2, 3]) @ Q.T
    if gap < 1e-14 * 5:
        refused(by_eigh(ag.sqrt), A)
    else:
        check(by_eigh(ag.sqrt), A, 1e-6 + 1e-15 / gap)
    check(hermitian(lambda X: (L.eigvalsh(X) ** 2).sum()), A)


def test_float32_and_the_scale_of_matrix_and_gradient_make_no_difference():
    for dtype, scales in ((np.float32, (1e-6, 1.0, 1e6)), (np.float64, (1e-100, 1.0, 1e100))):
        for scale in scales:
            A = (scale * EQUAL["pair"]).astype(dtype)
            refused(lambda X: 1e-6 * (L.eigh(X)[1] * weights(X).to(X.dtype)).sum(), A)
            V = np.linalg.eigh(EQUAL["pair"])[1][:, :2]

            def space(X):
                V = L.eigh(X)[1][:, :2]
                return 1e-6 * (V @ V.mT * weights(X).to(X.dtype)).sum()

            g = gradient(space, A)
            assert g.dtype == dtype and np.isfinite(g).all()
            assert np.abs(V.T @ (g + g.T) @ V).max() * scale < 1e-10  # nothing inside the space
