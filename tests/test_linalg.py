"""Linear algebra: what the table of operations does not say. Edges, degenerate cases, errors, complex gradients."""

import math

import numpy as np
import pytest

import autograd_core as ag

L = ag.linalg
LinAlgError = np.linalg.LinAlgError


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(array):
    return ag.tensor(array, requires_grad=True)


SINGULAR = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
STACK = np.stack([np.eye(3), SINGULAR])


# ------------------------------------------------------------------------------------------------- determinants


def cofactors(A):
    out = np.empty_like(A)
    for i, j in np.ndindex(A.shape):
        minor = np.delete(np.delete(A, i, 0), j, 1)
        out[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return out


@pytest.mark.parametrize("A", [SINGULAR, np.ones((3, 3)), np.zeros((3, 3)), np.zeros((1, 1)), draw(4, 4)], ids=str)
def test_the_gradient_of_det_is_the_matrix_of_cofactors_also_where_singular(A):
    x = leaf(A)
    L.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), cofactors(A), atol=1e-12)


@pytest.mark.parametrize("A", [np.zeros((2, 2)), np.ones((2, 2))], ids=str)
def test_second_derivative_of_det_at_singular_matrices(A):
    x = leaf(A)
    (g,) = ag.grad(L.det(x), x, create_graph=True)
    (h,) = ag.grad((g * ag.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=ag.float64)).sum(), x)
    np.testing.assert_allclose(h.numpy(), [[4, -3], [-2, 1]], atol=1e-12)  # det is ad - bc


def test_third_derivative_of_det():
    x = leaf(draw(3, 3))
    u = ag.tensor(draw(3, 3, seed=1))

    def derivative(f):
        return lambda x: (ag.grad(f(x), x, create_graph=True)[0] * u).sum()

    third = derivative(derivative(derivative(L.det)))(x)
    assert third.item() == pytest.approx(6 * np.linalg.det(u.numpy()), rel=1e-8)  # det (x + t u) = ... + t³ det u


def test_slogdet_and_logdet_of_singular_and_negative_matrices():
    sign, log = L.slogdet(ag.tensor(np.zeros((2, 2))))
    assert (sign.item(), log.item()) == (0, -math.inf)
    assert np.isnan(ag.logdet(ag.tensor(np.diag([1.0, -2.0]))).item())
    assert ag.logdet(ag.tensor(np.zeros((2, 2)))).item() == -math.inf
    x = leaf(np.zeros((2, 2)))
    L.slogdet(x).logabsdet.backward()
    assert not np.isfinite(x.grad.numpy()).any()


# -------------------------------------------------------------------------------------------- singular, degenerate


@pytest.mark.parametrize("solve", [lambda A: L.solve(A, ag.ones(2, 3, 1).double()), L.inv], ids=["solve", "inv"])
def test_a_singular_matrix_is_named_by_its_place(solve):
    with pytest.raises(LinAlgError, match=r"matrix at index \(1,\) of the stack \(shape \(3, 3\)\) is singular"):
        solve(ag.tensor(np.stack([np.eye(3), np.ones((3, 3))])))
    with pytest.raises(LinAlgError, match=r"the matrix \(shape \(2, 2\)\) is singular"):
        L.inv(ag.zeros(2, 2))


def test_a_zero_on_the_diagonal_of_a_triangle_raises():
    with pytest.raises(LinAlgError, match=r"solve_triangular: the matrix \(shape \(2, 2\)\) is singular"):
        L.solve_triangular(ag.tensor([[1.0, 2.0], [0.0, 0.0]]), ag.ones(2, 1), upper=True)


def test_cholesky_names_the_matrix_that_is_not_positive_definite():
    with pytest.raises(LinAlgError, match=r"index \(1,\) of the stack .* smallest eigenvalue is -1"):
        L.cholesky(ag.tensor(np.stack([np.eye(2), np.diag([1.0, -1.0])])))


def test_equal_eigenvalues_have_gradients_where_the_vectors_do_not_matter():
    x = leaf(np.eye(3))
    w, V = L.eigh(x)
    (w.sum() + (V @ V.mT * draw(3, 3)).sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3), atol=1e-12)
    w, V = L.eigh(leaf(np.diag([1.0, 2.0, 2.0])))
    with pytest.raises(RuntimeError, match=r"linalg.eigh: the gradient is not defined: the values 1 and 2 are both 2 "):
        V[:, 1].sum().backward()


def test_equal_singular_values():
    x = leaf(np.eye(2))
    U, S, _ = L.svd(x)
    (S.sum() + (U @ U.mT * draw(2, 2)).sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(2), atol=1e-12)
    U, _, _ = L.svd(leaf(2 * np.eye(2)))
    with pytest.raises(RuntimeError, match="are both 2"):
        (U[0, 0] + U[0, 1]).backward()


def test_a_function_of_a_complex_phase_has_no_gradient():
    z = draw(3, 3) + 1j * draw(3, 3, seed=1)
    for decompose in (lambda a: L.eigh(a + a.mH).eigenvectors, lambda a: L.svd(a).U, lambda a: L.eig(a).eigenvectors):
        with pytest.raises(RuntimeError, match="depends on the phase of the vectors"):
            decompose(leaf(z)).imag.sum().backward()


def test_qr_complete_is_not_differentiable_for_tall_matrices():
    Q, R = L.qr(leaf(draw(4, 2)), "complete")
    assert Q.shape == (4, 4) and R.shape == (4, 2)
    with pytest.raises(RuntimeError, match="'complete' has no gradient for more rows than columns \\(4 and 2\\)"):
        Q.sum().backward()


def test_qr_r_gives_r_alone_with_its_gradient():
    x = leaf(draw(4, 2))
    empty, R = L.qr(x, "r")
    assert empty.shape == (0,)
    (g,) = ag.grad((R * R).sum(), x)
    np.testing.assert_allclose(g.numpy(), 2 * x.detach().numpy(), rtol=1e-12)  # |R|² = |A|²


def test_svd_of_full_matrices():
    x = leaf(draw(4, 2))
    U, S, Vh = L.svd(x)
    assert U.shape == (4, 4)
    np.testing.assert_allclose((U[:, :2] * S @ Vh).detach().numpy(), x.detach().numpy(), atol=1e-12)
    (g,) = ag.grad((U[:, :2] * S @ Vh).sum(), x)
    np.testing.assert_allclose(g.numpy(), np.ones((4, 2)), atol=1e-12)


def test_several_uses_of_one_factor_add_up_at_second_order():
    """|U S|² = |A|², whose second derivative is 2 along any direction."""
    x = leaf(draw(3, 2))
    U, S, _ = L.svd(x, False)
    (g,) = ag.grad(((U * S) * (U * S)).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), 2 * x.detach().numpy(), atol=1e-12)
    (h,) = ag.grad(g.sum(), x)
    np.testing.assert_allclose(h.numpy(), 2 * np.ones((3, 2)), atol=1e-10)


# --------------------------------------------------------------------------------------------------- norms, distances


@pytest.mark.parametrize("p", [2, 1, 3, 1.5, math.inf])
def test_norms_have_gradient_0_at_0(p):
    x = leaf(np.zeros(3))
    L.vector_norm(x, p).backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros(3))


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, math.inf])
def test_cdist_of_equal_points_has_gradient_0(p):
    x = leaf(np.ones((2, 3)))
    ag.cdist(x, x, p).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((2, 3)))


def test_norm_of_order_0_counts():
    x = leaf(np.array([0.0, 2.0, -1.0]))
    y = L.vector_norm(x, 0)
    assert y.item() == 2
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros(3))


def test_cond_of_a_singular_matrix_is_infinite():
    assert L.cond(ag.zeros(2, 2), 1).item() == math.inf


def test_lstsq_returns_what_pytorch_does():
    A, B = ag.tensor(draw(5, 2)), ag.tensor(draw(5, 3, seed=1))
    X, residuals, rank, S = L.lstsq(A, B)
    np.testing.assert_allclose(residuals.numpy(), ((A @ X - B).numpy() ** 2).sum(0))
    assert rank.item() == 2 and S.shape == (2,)
    assert L.lstsq(A.mT, B[:2]).residuals.shape == (0,)
    assert L.lstsq(A, B[:, 0]).solution.shape == (2,)


def test_beta_0_ignores_the_input_even_where_it_is_nan():
    out = ag.addmm(ag.full((2, 2), math.nan), ag.ones(2, 3), ag.ones(3, 2), beta=0)
    np.testing.assert_array_equal(out.numpy(), np.full((2, 2), 3.0))


def test_multi_dot_multiplies_in_the_cheap_order():
    from autograd_core.engine.graph import topological_order

    out = L.multi_dot([leaf(draw(40, 2)), leaf(draw(2, 40)), leaf(draw(40, 1))])
    shapes = [node.shape for node in topological_order([out.node]) if node.name == "matmul"]
    assert (40, 40) not in shapes


@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (3, 0, 0)], ids=str)
def test_empty_matrices(shape):
    x = ag.zeros(shape, dtype=ag.float64, requires_grad=True)
    stack = shape[:-2]
    assert L.inv(x).shape == shape
    np.testing.assert_array_equal(L.det(x).detach().numpy(), np.ones(stack))
    assert L.cholesky(x).shape == L.matrix_exp(x).shape == L.pinv(x).shape == shape
    assert L.eigh(x).eigenvalues.shape == L.svdvals(x).shape == shape[:-1]
    L.inv(x).sum().backward()
    assert x.grad.shape == shape


# ------------------------------------------------------------------------------------------------------------ complex


def test_the_gradient_by_a_complex_number_is_pytorchs():
    """dL/dRe z + i dL/dIm z: of |z|², 2 z; of Re z², 2 conj z."""
    z = leaf(np.array([1 + 2j, -3j]))
    (z * z.conj()).real.sum().backward()
    np.testing.assert_allclose(z.grad.numpy(), 2 * z.detach().numpy())
    (g,) = ag.grad((z * z).real.sum(), z)
    np.testing.assert_allclose(g.numpy(), 2 * z.detach().numpy().conj())
    (g,) = ag.grad(z * z, z, ag.tensor(np.array([1j, 0])))  # g_z = g · conj(2 z)
    np.testing.assert_allclose(g.numpy(), [1j * (2 - 4j), 0])


def test_gradcheck_of_complex_functions_checks_both_parts():
    z = leaf(draw(2, 2) + 1j * draw(2, 2, seed=1))
    assert ag.gradcheck(lambda z: (L.inv(z), z.abs()), (z,))
    assert ag.gradgradcheck(lambda z: z.conj() * L.det(z), (z,))

    class Wrong(ag.Function):
        """The rule of z² without the conjugate."""

        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0]

    with pytest.raises(RuntimeError, match="gradcheck: d output 0"):
        ag.gradcheck(Wrong.apply, (z,))


def test_hooks_and_functions_see_complex_gradients_as_pytorch_has_them():
    class Square(ag.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return g * 2 * z.conj()

    seen = []
    z = leaf(np.array([1 + 2j]))
    z.register_hook(seen.append)
    Square.apply(z).imag.sum().backward()
    expected = 1j * 2 * (1 - 2j)
    np.testing.assert_allclose(z.grad.numpy(), [expected])
    np.testing.assert_allclose(seen[0].numpy(), [expected])
    h = z.register_hook(lambda g: g * 1j)
    (g,) = ag.grad(Square.apply(z).imag.sum(), z, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), [expected * 1j])
    h.remove()


def test_a_real_leaf_of_a_complex_function_has_a_real_gradient():
    x = leaf(np.array([1.0, 2.0]))
    (x * (1 + 2j)).abs().sum().backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad.numpy(), [math.sqrt(5)] * 2)


def test_writing_through_real_and_imag():
    z = ag.zeros(2, dtype=ag.complex128)
    z.imag[0] = 3.0
    z.real[1] = -1.0
    np.testing.assert_array_equal(z.numpy(), [3j, -1])
    v = leaf(np.array(2.0))
    y = leaf(np.array([1 + 1j, 5j])).clone()
    y.imag[0] = v
    (y * y).real.sum().backward()  # Re (1 + v i)² = 1 - v²
    assert v.grad.item() == pytest.approx(-4)


def test_complex_backward_needs_a_gradient():
    with pytest.raises(RuntimeError, match=r"only for a real number, and the output is complex128; take y.abs\(\)"):
        leaf(np.array(1j)).clone().backward()


def test_properties_of_complex_tensors():
    z = ag.tensor([[1 + 2j, 3j]])
    assert z.dtype == ag.complex64 and z.is_complex() and not z.real.is_complex()
    assert z.H.shape == (2, 1) and z.mH[0, 0].item() == 1 - 2j
    assert z.real.dtype == z.abs().dtype == ag.float32
    assert np.shares_memory(z.real.array, z.array) and np.shares_memory(ag.view_as_real(z).array, z.array)
    x = ag.rand(2)
    assert ag.conj(x) is x and ag.real(x) is x and ag.resolve_conj(z) is z
    assert repr(z) == "tensor([[1.+2.j, 0.+3.j]], dtype=complex64)"
    assert ag.tensor([1.0, -2.0, math.nan]).angle().numpy() == pytest.approx([0, math.pi, math.nan], nan_ok=True)


def test_sgn_and_angle_at_0_have_gradient_0():
    z = leaf(np.zeros(2, complex))
    (z.sgn().real + z.angle() + z.abs()).sum().backward()
    np.testing.assert_array_equal(z.grad.numpy(), np.zeros(2))


# --------------------------------------------------------------------------------------------------------------- vmap

BATCHED = {
    "inv": L.inv,
    "det": L.det,
    "solve": lambda x: L.solve(x, ag.ones(3).double()),
    "triangular": lambda x: L.solve_triangular(x, ag.ones(3, 2).double(), upper=True),
    "slogdet": lambda x: L.slogdet(x).logabsdet,
    "cholesky": lambda x: L.cholesky(x @ x.mT + ag.eye(3, dtype=ag.float64)),
    "qr": lambda x: L.qr(x).R,
    "eigvalsh": lambda x: L.eigvalsh(x + x.mT),
    "eigvals": lambda x: L.eigvals(x).abs().sum(),
    "svd": lambda x: L.svd(x, False).Vh.abs(),
    "pinv": lambda x: L.pinv(x[:, :2]),
    "lu": lambda x: L.lu(x).U,
    "matrix_exp": L.matrix_exp,
    "matrix_norm": L.matrix_norm,
    "norm_3": lambda x: ag.norm(x, 3, 0),
    "einsum": lambda x: ag.einsum("ij,jk,lk->il", x, x, ag.ones(2, 3).double()),
    "fft": lambda x: ag.view_as_real(ag.fft.fft2(x)),
    "irfft": lambda x: ag.fft.irfft(x, 5, 0),
    "abs": lambda x: ag.complex(x, x * 2).abs(),
    "interpolate": lambda x: ag.interpolate(x.reshape(1, 1, 3, 3), 5, mode="bilinear"),
}


@pytest.mark.parametrize("name", BATCHED)
def test_vmap_agrees_with_a_loop_also_of_gradients(name):
    f = BATCHED[name]
    X = ag.tensor(draw(4, 3, 3) + 4 * np.eye(3))
    np.testing.assert_allclose(ag.func.vmap(f)(X).numpy(), np.stack([f(x).numpy() for x in X]), atol=1e-12)
    gradient = ag.func.grad(lambda x: (f(x) ** 2).sum())
    np.testing.assert_allclose(
        ag.func.vmap(gradient)(X).numpy(), np.stack([gradient(x).numpy() for x in X]), atol=1e-10, rtol=1e-10
    )


# ------------------------------------------------------------------------------------------------------------- errors

A23, V3 = ag.ones(2, 3), ag.ones(3)
ERRORS = [
    (lambda: ag.mm(V3, A23), ValueError, r"mm: needs a matrix, got shape \(3,\)"),
    (lambda: ag.mv(A23, A23), ValueError, r"mv: needs vectors, got shape \(2, 3\)"),
    (lambda: ag.outer(A23, V3), ValueError, r"outer: needs vectors, got shape \(2, 3\)"),
    (lambda: ag.inner(A23, ag.ones(2)), ValueError, r"inner: the last sizes of \(2, 3\) and \(2,\)"),
    (
        lambda: ag.addmm(ag.ones(5), A23, A23.mT),
        ValueError,
        r"addmm: input of shape \(5,\) .* product's shape \(2, 2\)",
    ),
    (lambda: ag.bmm(A23, A23), ValueError, "bmm: needs two stacks"),
    (lambda: L.multi_dot([A23]), ValueError, "multi_dot: needs at least two tensors, got 1"),
    (
        lambda: L.multi_dot([A23, A23]),
        ValueError,
        r"tensor 0 of shape \(2, 3\) and tensor 1 of shape \(2, 3\) do not fit",
    ),
    (lambda: L.multi_dot([A23, ag.ones(3, 3, 3), V3]), ValueError, r"tensor 1 must be a matrix, got shape \(3, 3, 3\)"),
    (lambda: ag.chain_matmul(V3, A23), ValueError, r"chain_matmul: needs a matrix, got shape \(3,\)"),
    (lambda: ag.trace(V3), ValueError, r"trace: needs a matrix, got shape \(3,\)"),
    (lambda: ag.cross(ag.ones(2), ag.ones(2)), ValueError, r"no dimension of shape \(2,\) has size 3"),
    (lambda: L.cross(ag.ones(2), ag.ones(2)), ValueError, r"linalg.cross: dim -1 .* must have size 3, not 2 and 2"),
    (
        lambda: ag.bilinear(A23, A23, ag.ones(1, 3, 2)),
        ValueError,
        r"bilinear: inputs of shapes .* weight of shape \(1, 3, 2\)",
    ),
    (lambda: ag.matrix_power(A23, 2), ValueError, r"needs square matrices of shape \(..., N, N\), got shape \(2, 3\)"),
    (lambda: ag.matrix_power(ag.eye(2), 0.5), TypeError, "the exponent must be an int, got 0.5"),
    (lambda: ag.tensordot(A23, A23, 1), ValueError, r"dim 1 of shape \(2, 3\) and dim 0 of shape \(2, 3\)"),
    (lambda: ag.tensordot(A23, A23, 3), ValueError, "dims must be from 0 to 2, got 3"),
    (lambda: ag.tensordot(A23, A23, ([0], [0, 1])), ValueError, "two lists of one length"),
    (lambda: L.inv(A23), ValueError, r"linalg.inv: needs square matrices .* got shape \(2, 3\)"),
    (lambda: L.inv(V3), ValueError, r"linalg.inv: needs matrices .* got shape \(3,\)"),
    (
        lambda: L.inv(ag.eye(2).long()),
        TypeError,
        r"linalg.inv: needs floating tensors, got int64; convert it with x.float\(\)",
    ),
    (lambda: L.det(ag.tensor(1.0)), ValueError, r"linalg.det: needs tensors of at least one dimension, got shape \(\)"),
    (lambda: L.solve(ag.eye(2), V3), ValueError, r"A of shape \(2, 2\) needs B with 2 rows"),
    (lambda: L.solve(ag.eye(2), ag.ones(2), left=False), ValueError, "left=False needs B to be a matrix"),
    (lambda: L.solve(ag.ones(2, 3, 3), ag.ones(5, 3, 1)), ValueError, r"stacks of A .* do not broadcast"),
    (
        lambda: L.solve_triangular(ag.eye(2), ag.ones(2), upper=True),
        ValueError,
        r"B must be \(..., N, K\), got shape \(2,\)",
    ),
    (lambda: L.lstsq(A23, V3), ValueError, r"A of shape \(2, 3\) needs B with 2 rows"),
    (lambda: L.lstsq(A23, A23, driver="qr"), ValueError, "driver must be 'gels', .* got 'qr'"),
    (
        lambda: L.tensorinv(ag.ones(2, 3, 4)),
        ValueError,
        r"first 2 sizes of \(2, 3, 4\) have the product 6, the others 4",
    ),
    (lambda: L.tensorsolve(ag.ones(2, 3), ag.ones(2)), ValueError, r"A of shape \(2, 3\) is not square as a map"),
    (lambda: L.qr(A23, "full"), ValueError, "mode must be 'reduced', 'complete' or 'r', got 'full'"),
    (lambda: L.eigh(ag.eye(2), "X"), ValueError, "UPLO must be 'L' or 'U', got 'X'"),
    (lambda: ag.svd(A23, compute_uv=False), ValueError, "use linalg.svdvals"),
    (lambda: L.lu(A23, pivot=False), ValueError, "linalg.lu: pivot=False is not supported"),
    (lambda: L.vector_norm(V3, "fro"), ValueError, "ord must be a number, inf or -inf, got 'fro'"),
    (lambda: L.vector_norm(V3.long()), TypeError, "vector_norm: needs a floating tensor, got int64"),
    (lambda: L.vector_norm(ag.ones(0), math.inf), ValueError, r"no norm of order inf of nothing: shape \(0,\)"),
    (lambda: L.matrix_norm(A23, 3), ValueError, "ord must be 'fro', 'nuc', .* got 3"),
    (lambda: L.matrix_norm(V3), ValueError, r"needs at least 2 dimensions and dim of two, got shape \(3,\)"),
    (lambda: L.norm(ag.ones(2, 2, 2), 2), ValueError, r"input must be a vector or a matrix, got shape \(2, 2, 2\)"),
    (lambda: L.norm(ag.ones(2, 2, 2), 2, (0, 1, 2)), ValueError, "dim must be one or two dims for ord=2"),
    (lambda: ag.cdist(A23, ag.ones(2, 2)), ValueError, r"with equal M, got shapes \(2, 3\) and \(2, 2\)"),
    (lambda: ag.cdist(A23, A23, -1.0), ValueError, "cdist: p must not be negative, got -1.0"),
    (lambda: ag.pdist(V3), ValueError, r"pdist: needs a matrix, got shape \(3,\)"),
    (lambda: ag.pdist(A23, -1), ValueError, "pdist: p must not be negative, got -1"),
    (lambda: ag.bmm([A23], A23), TypeError, "bmm: needs tensors, arrays or numbers, got a list of 1"),
    (lambda: ag.bmm(2.0, A23), ValueError, r"bmm: needs two stacks .* got shapes \(\) and \(2, 3\)"),
    (lambda: ag.vdot(A23, A23), ValueError, r"vdot: needs two vectors of one length, got shapes \(2, 3\) and \(2, 3\)"),
    (
        lambda: ag.tensordot(A23, 2.0),
        TypeError,
        r"tensordot: needs tensors or arrays, got float 2.0; multiply .* with \*",
    ),
    (lambda: ag.cross(V3, ag.ones(4)), ValueError, r"cross: shapes \(3,\) and \(4,\) do not broadcast"),
    (lambda: ag.cross(V3, V3, dim=2), IndexError, "cross: dim 2 is out of range for 1 dimensions"),
    (
        lambda: ag.bilinear(A23, A23, ag.ones(1, 3, 3), ag.ones(5)),  # would broadcast to (2, 5)
        ValueError,
        r"bilinear: bias has shape \(5,\), expected \(1,\)",
    ),
    (lambda: L.det(ag.eye(2).half()), TypeError, r"linalg.det: LAPACK has no float16; convert it with x.float\(\)"),
    (lambda: L.svd(A23, driver="gesvd"), ValueError, "linalg.svd: driver='gesvd' chooses among the methods of a GPU"),
    (lambda: L.svdvals(A23, driver="gesvd"), ValueError, "linalg.svdvals: driver='gesvd'"),
    (lambda: L.tensorsolve(ag.ones(2, 2), V3[:2], (2,)), IndexError, "tensorsolve: dim 2 is out of range"),
    (lambda: ag.complex(V3, V3.double()), TypeError, "the parts are float32 and float64"),
    (lambda: ag.complex(V3.long(), V3.long()), TypeError, "needs two floating tensors, got int64"),
    (lambda: ag.complex(V3, ag.ones(2)), ValueError, r"complex: shapes \(3,\) and \(2,\) do not broadcast"),
    (lambda: ag.imag(V3), RuntimeError, "a tensor of float32 has no imaginary part"),
    (lambda: ag.real(1.0), TypeError, "real: needs a tensor or an array, got float 1.0"),
    (lambda: ag.view_as_real(V3), RuntimeError, "view_as_real: needs a complex tensor, got float32"),
    (lambda: ag.view_as_complex(V3), RuntimeError, r"whose last size is 2, got shape \(3,\)"),
    (lambda: ag.view_as_complex(ag.ones(2, 2).half()), RuntimeError, "no complex dtype of float16"),
    (lambda: ag.view_as_complex(ag.ones(2, 3).mT), RuntimeError, "must be contiguous"),
    (lambda: ag.ones(2, 2, 2).H, RuntimeError, r"H: needs a matrix, got shape \(2, 2, 2\); use mH"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["svd", "svdvals", "eig", "eigvals", "eigh", "eigvalsh", "pinv", "matrix_rank"])
def test_no_finite_numbers_of_nan_and_infinity(name, value):
    """LAPACK's eigenvalues of [[NaN, 1], [1, 2]] are -√2 and √2, and the pseudo-inverse of an infinite matrix was 0."""
    A = ag.stack([ag.eye(2), ag.tensor([[value, 1.0], [1.0, 2.0]])])
    for x in (A, A.double().requires_grad_()):
        with pytest.raises(LinAlgError, match=r"at index \(1,\) of the stack \(shape \(2, 2\)\) holds NaN or infinity"):
            getattr(L, name)(x)


def test_eigh_does_not_read_the_other_triangle():
    A = ag.tensor([[2.0, math.nan], [1.0, 2.0]])
    np.testing.assert_allclose(L.eigvalsh(A), [1, 3], rtol=1e-6)
    np.testing.assert_allclose(L.eigvalsh(A.mT, "U"), [1, 3], rtol=1e-6)


def test_linear_by_one_row():
    """A weight without out_features: one number for each row of x, as in PyTorch."""
    x, w = ag.tensor([[1.0, 2.0], [3.0, -1.0]], requires_grad=True), ag.tensor([10.0, 1.0], requires_grad=True)
    b = ag.tensor(0.5)
    out = ag.linear(x, w, b)
    assert out.tolist() == [12.5, 29.5] and ag.linear(x[0], w).tolist() == 12.0
    (out * ag.tensor([1.0, 2.0])).sum().backward()
    assert x.grad.tolist() == [[10.0, 1.0], [20.0, 2.0]] and w.grad.tolist() == [7.0, 0.0]
    with pytest.raises(ValueError, match=r"linear: x has shape \(2, 2\), but weight of shape \(1, 3\)"):
        ag.linear(x, ag.ones(3))
