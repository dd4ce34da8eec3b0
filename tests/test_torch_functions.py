"""Functions that PyTorch has beside the families: windows, spectra, histograms, positions, reflections, memory.

What is differentiated stands in tests/tables; here are frozen values of PyTorch 2.13, failures and errors.
"""

import numpy as np
import pytest

import autograd_core as ag

WINDOWS = {  # of 5 points: periodic, symmetric
    "hann": ([0.0, 0.345492, 0.904508, 0.904508, 0.345492], [0.0, 0.5, 1.0, 0.5, 0.0]),
    "hamming": ([0.08, 0.397852, 0.912148, 0.912148, 0.397852], [0.08, 0.54, 1.0, 0.54, 0.08]),
    "blackman": ([0.0, 0.200770, 0.849230, 0.849230, 0.200770], [0.0, 0.34, 1.0, 0.34, 0.0]),
    "bartlett": ([0.0, 0.4, 0.8, 0.8, 0.4], [0.0, 0.5, 1.0, 0.5, 0.0]),
    "kaiser": (
        [0.0000528, 0.1017197, 0.7929394, 0.7929394, 0.1017197],
        [0.0000528, 0.2156727, 1.0, 0.2156727, 0.0000528],
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name):
    window = getattr(ag, f"{name}_window")
    periodic, symmetric = WINDOWS[name]
    assert np.allclose(window(5).array, periodic, atol=2e-6)
    assert np.allclose(window(5, periodic=False, dtype=ag.float64).array, symmetric, atol=2e-6)
    assert window(0).shape == (0,) and window(1).tolist() == [1.0] == window(1, False).tolist()
    with pytest.raises(ValueError, match=f"{name}_window: window_length"):
        window(-1)
    with pytest.raises(TypeError, match="fractions"):
        window(3, dtype=ag.int64)


def test_hamming_takes_its_weights():
    assert np.allclose(ag.hamming_window(4, True, 0.5, 0.25).array, [0.25, 0.5, 0.75, 0.5])


def test_a_signal_comes_back():
    x = ag.tensor(np.sin(np.arange(40.0) ** 1.3).reshape(2, 20))
    window = ag.hann_window(8, dtype=ag.float64)
    for onesided in (True, False):
        z = ag.stft(x, 8, window=window, onesided=onesided, return_complex=True)
        assert ag.allclose(ag.istft(z, 8, window=window, onesided=onesided, length=20), x)
    z = ag.stft(ag.complex(x, -2 * x), 8, window=window)
    assert ag.allclose(ag.istft(z, 8, window=window, return_complex=True, length=20), ag.complex(x, -2 * x))
    assert ag.istft(z, 8, window=window, onesided=False, length=30).tolist()[0][24:] == [0.0] * 6


def test_what_stft_refuses():
    x = ag.ones(20)
    refused = [
        (RuntimeError, "return_complex=True", lambda: ag.stft(x, 4)),
        (ValueError, "win_length is 5", lambda: ag.stft(x, 4, win_length=5, return_complex=True)),
        (ValueError, r"window has shape \(3,\)", lambda: ag.stft(x, 4, window=ag.ones(3), return_complex=True)),
        (ValueError, "only 20 points", lambda: ag.stft(x, 24, center=False, return_complex=True)),
        (ValueError, "no symmetry", lambda: ag.stft(ag.complex(x, x), 4, onesided=True)),
        (ValueError, "align_to_window", lambda: ag.stft(x, 4, align_to_window=True, return_complex=True)),
        (TypeError, "int64", lambda: ag.stft(ag.arange(20), 4, return_complex=True)),
        (TypeError, "must be complex", lambda: ag.istft(ag.ones(3, 4), 4)),
        (ValueError, "4 frequencies", lambda: ag.istft(ag.complex(ag.ones(4, 4), ag.ones(4, 4)), 8)),
        (ValueError, "hop_length, 5", lambda: ag.istft(ag.complex(ag.ones(3, 4), ag.ones(3, 4)), 4, hop_length=5)),
        (ValueError, "without weight", lambda: ag.istft(ag.complex(ag.ones(3, 4), ag.ones(3, 4)), 4, 2, window=ag.zeros(4))),
        (ValueError, "both sides", lambda: ag.istft(ag.complex(ag.ones(3, 4), ag.ones(3, 4)), 4, return_complex=True)),
    ]  # fmt: skip
    for kind, message, call in refused:
        with pytest.raises(kind, match=message):
            call()


def test_gradient_refuses():
    for options in ({"edge_order": 3}, {"spacing": [1.0, 2.0]}, {"spacing": ag.ones(3)}):
        with pytest.raises(ValueError, match="gradient"):
            ag.gradient(ag.ones(4), **options)
    with pytest.raises(ValueError, match="needs 3"):
        ag.gradient(ag.ones(2), edge_order=2)


def test_histograms():
    x = ag.tensor([0.0, 1.0, 1.5, 2.0, 4.0, ag.nan])
    hist, edges = ag.histogram(x, 4, range=(0.0, 4.0))
    assert hist.tolist() == [1.0, 2.0, 1.0, 1.0] and edges.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    weight = ag.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    density = ag.histogram(x, ag.tensor([0.0, 1.0, 4.0]), weight=weight, density=True).hist
    assert np.allclose(density.array, [1 / 15, 14 / 15 / 3])
    assert ag.histogram(ag.ones(3), 2).bin_edges.tolist() == [0.5, 1.0, 1.5]
    points = ag.tensor([[0.0, 0.0], [1.0, 3.0], [2.0, 1.0], [2.0, 4.0]], dtype=ag.float64)
    ours = ag.histogramdd(points, [2, 3], range=[0.0, 2.0, 0.0, 3.0])
    theirs, edges = np.histogramdd(points.array, [2, 3], [(0, 2), (0, 3)])
    assert np.array_equal(ours.hist.array, theirs) and len(ours.bin_edges) == 2
    assert np.allclose(ours.bin_edges[1].array, edges[1])
    with pytest.raises(ValueError, match="finite"):
        ag.histogram(x, 4)
    with pytest.raises(ValueError, match="ascending"):
        ag.histogram(x, ag.tensor([1.0, 0.0]))
    with pytest.raises(ValueError, match="weight has shape"):
        ag.histogram(x, 2, range=(0.0, 1.0), weight=ag.ones(2))
    with pytest.raises(TypeError, match="int64"):
        ag.histogram(ag.arange(3), 2)
    with pytest.raises(ValueError, match="2 columns"):
        ag.histogramdd(points, [2])


def test_positions():
    rows, columns = ag.unravel_index(ag.tensor([[1, 5], [3, 0]]), (2, 3))
    assert rows.tolist() == [[0, 1], [1, 0]] and columns.tolist() == [[1, 2], [0, 0]]
    assert ag.nonzero_static(ag.tensor([[0, 1], [2, 3]]), size=2).tolist() == [[0, 1], [1, 0]]
    assert ag.nonzero_static(ag.zeros(2), size=2, fill_value=9).tolist() == [[9], [9]]
    with pytest.raises(ValueError, match="outside of the 6 elements"):
        ag.unravel_index(ag.tensor([6]), (2, 3))
    with pytest.raises(TypeError, match="float32"):
        ag.unravel_index(ag.ones(1), (2,))


def test_broadcast_shapes():
    shape = ag.broadcast_shapes((2, 1), 3, (1,))
    assert shape == (2, 3) and isinstance(shape, ag.Size)
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\) do not broadcast"):
        ag.broadcast_shapes((2,), (3,))


STACK = np.array([[[4.0, 2.0], [2.0, 5.0]], [[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])


def test_matrices_that_fail_are_told_by_number():
    """Of a definite, an indefinite and a zero matrix; the others have right results and gradients."""
    A = ag.tensor(STACK, requires_grad=True)
    factor, info = ag.linalg.cholesky_ex(A)
    assert info.tolist() == [0, 2, 1] and info.dtype == ag.int32
    assert np.isnan(factor.array[1:]).all() and np.allclose(factor.array[0], [[2, 0], [1, 2]])
    inverse, info = ag.linalg.inv_ex(A)
    assert info.tolist() == [0, 0, 1] and np.isnan(inverse.array[2]).all()
    inverse[:2].sum().backward()
    expected = -np.stack([np.ones((2, 2))] * 2)
    expected = np.swapaxes(np.linalg.inv(STACK[:2]), -2, -1) @ expected @ np.swapaxes(np.linalg.inv(STACK[:2]), -2, -1)
    assert np.allclose(A.grad.array[:2], expected) and not A.grad.array[2].any()
    for B in (ag.ones(3, 2, 1, dtype=ag.float64), ag.ones(3, 2, dtype=ag.float64), ag.ones(2, dtype=ag.float64)):
        result, info = ag.linalg.solve_ex(A, B)
        solved = ag.linalg.solve(A[:2], B if B.ndim == 1 else B[:2])
        assert info.tolist() == [0, 0, 1] and ag.allclose(result[:2], solved) and np.isnan(result.array[2]).all()
    LU, pivots, info = ag.linalg.lu_factor_ex(A)
    assert info.tolist() == [0, 0, 1] and not LU.array[2].any() and pivots.shape == (3, 2)
    for function in (ag.linalg.cholesky_ex, ag.linalg.inv_ex, ag.linalg.lu_factor_ex):
        with pytest.raises(np.linalg.LinAlgError):
            function(A, check_errors=True)
    with pytest.raises(np.linalg.LinAlgError):
        ag.linalg.solve_ex(A, A, check_errors=True)


def test_reflections_and_qr():
    A = ag.tensor(np.cos(np.arange(12.0) ** 2).reshape(4, 3))
    a, tau = ag.geqrf(A)
    Q = ag.linalg.householder_product(a, tau)
    assert ag.allclose(Q @ a[:3].triu(), A) and ag.allclose(Q.T @ Q, ag.eye(3, dtype=ag.float64), atol=1e-12)
    assert ag.allclose(ag.orgqr(a, tau), Q)
    with pytest.raises(NotImplementedError, match=r"linalg\.qr"):
        ag.geqrf(A.requires_grad_()).tau.sum().backward()
    with pytest.raises(ValueError, match="tau"):
        ag.linalg.householder_product(a, ag.ones(5, dtype=ag.float64))
    with pytest.raises(ValueError, match="only 3 rows"):
        ag.linalg.householder_product(ag.ones(3, 4), ag.ones(2))
    with pytest.raises(ValueError, match="Q is 4"):
        ag.ormqr(a, tau, ag.ones(3, 2, dtype=ag.float64))


def test_low_rank():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(9, 3)) @ rng.normal(size=(3, 6)) + 5
    for matrix in (A, A.T):
        U, S, V = ag.svd_lowrank(ag.tensor(matrix), 4)
        assert np.allclose((U * S @ V.mT).array, matrix) and np.allclose(S.array, np.linalg.svd(matrix)[1][:4])
    S = ag.pca_lowrank(ag.tensor(A), 3).S
    assert np.allclose(S.array, np.linalg.svd(A - A.mean(0))[1][:3])
    with pytest.raises(ValueError, match="q is 7"):
        ag.svd_lowrank(ag.tensor(A), 7)


def test_packed_factors():
    A = ag.tensor(np.cos(np.arange(12.0) ** 2).reshape(4, 3))
    LU, pivots = ag.lu(A)
    P, lower, upper = ag.lu_unpack(LU, pivots)
    assert ag.allclose(P @ lower @ upper, A) and len(ag.lu(A, get_infos=True)) == 3
    assert ag.lu_unpack(LU, pivots, unpack_pivots=False)[0].numel() == 0
    with pytest.raises(ValueError, match="pivots from 1 to 4"):
        ag.lu_unpack(LU, ag.tensor([1, 2, 9]))


def test_resizing():
    x = ag.tensor([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    view = x[2:]
    assert x.resize_(2, 2) is x and x.tolist() == [[0.0, 1.0], [2.0, 3.0]] and view.tolist() == [2.0, 3.0, 4.0, 5.0]
    assert x.resize_((2, 3)).tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]  # the memory was kept
    assert x.resize_(8)[:6].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] and view.tolist() == [2.0, 3.0, 4.0, 5.0]
    assert x.resize_as_(ag.zeros(2, 1)).shape == (2, 1)
    with pytest.raises(RuntimeError, match="requires a gradient"):
        ag.ones(2, requires_grad=True).resize_(3)


def test_set():
    x, source = ag.zeros(3), ag.tensor([1.0, 2.0, 3.0, 4.0])
    x.set_(source)
    source[0] = 9.0
    assert x.tolist() == [9.0, 2.0, 3.0, 4.0] and x.is_set_to(source)
    assert x.set_(source, 1, (2,)).tolist() == [2.0, 3.0] and not x.is_set_to(source)
    assert x.set_(source, 0, (2, 2), (1, 2)).tolist() == [[9.0, 3.0], [2.0, 4.0]]
    assert x.set_().shape == (0,)
    refused = [
        (RuntimeError, lambda: x.set_(ag.zeros(2, dtype=ag.int64))),
        (RuntimeError, lambda: x.set_(ag.ones(2, requires_grad=True))),
        (TypeError, lambda: x.set_([1.0])),
        (TypeError, lambda: x.set_(source, 1)),
    ]
    for kind, call in refused:
        with pytest.raises(kind, match="set_"):
            call()


def test_new_and_where_it_is():
    x = ag.zeros(2, dtype=ag.float64)
    assert x.new(2, 3).shape == (2, 3) and x.new([1, 2]).dtype == ag.float64 and x.new().shape == (0,)
    assert x.new_empty_strided((2, 2), (1, 2)).stride() == (1, 2)
    assert x.is_cpu and not (x.is_cuda or x.is_mps or x.is_meta or x.is_sparse or x.is_quantized)
    assert x.get_device() == -1 and x.pin_memory() is x is x.to_dense() and not x.is_pinned()
    assert ag.arange(6).as_strided_((2, 2), (1, 2)).tolist() == [[0, 2], [1, 3]]
    with pytest.raises(ValueError, match="twice"):
        ag.as_strided_scatter(ag.zeros(4), ag.ones(2, 2), (2, 2), (1, 1))
    assert ag.vmap is ag.func.vmap


def test_forms_in_place_are_functions():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    assert ag.exp_(y) is y
    y.sum().backward()
    assert ag.allclose(x.grad, ag.exp(x.detach())) and ag.allclose(y.detach(), ag.exp(x.detach()))
    assert ag.clamp_(ag.tensor([1.0, 2.0]), max=1.5).tolist() == [1.0, 1.5]
    assert ag.threshold_(ag.tensor([1.0, 2.0]), 1.5, 0.0).tolist() == [0.0, 2.0]
    with pytest.raises(RuntimeError, match="sin_: a leaf"):
        ag.sin_(x)


def test_normalisation_has_the_package_s_order():
    x, w, b = ag.tensor([[1.0, 5.0], [3.0, 9.0]]), ag.tensor([2.0, 3.0]), ag.tensor([0.5, -0.5])
    mean, var = ag.tensor([1.0, 2.0]), ag.tensor([4.0, 9.0])
    expected = [[0.5, 2.5], [2.5, 6.5]]
    assert ag.allclose(ag.batch_norm(x, w, b, mean, var, False, 0.1, 0.0), ag.tensor(expected))
    expected = [[-1.5, -3.5], [2.5, 2.5]]
    assert ag.allclose(ag.batch_norm(x, w, b, mean, var, True, 0.5, 1e-12), ag.tensor(expected))
    assert mean.tolist() == [1.5, 4.5] and var.tolist() == [3.0, 8.5]  # the unbiased variances are 2 and 8
    rows = x.reshape(1, 2, 2)
    assert ag.allclose(
        ag.instance_norm(rows, w, b, None, None, True, 0.1, 1e-12), ag.tensor([[[-1.5, 2.5], [-3.5, 2.5]]])
    )
    assert ag.layer_norm(x, (2,), w, b, 0.0).tolist() == [[-1.5, 2.5], [-1.5, 2.5]]
    assert ag.allclose(ag.group_norm(x, 1, w, b, 0.0), ag.layer_norm(x, 2, w, b, 0.0))


def test_reflections_of_complex_numbers():
    """Q and its adjoint, from the left and from the right, against LAPACK's Q."""
    rng = np.random.default_rng(0)
    A, C = (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) for _ in range(2))
    Q = np.linalg.qr(A)[0]
    a, tau = ag.geqrf(ag.tensor(A))
    for left, adjoint, expected in ((True, False, Q @ C), (True, True, Q.conj().T @ C), (False, False, C @ Q)):
        assert np.allclose(ag.ormqr(a, tau, ag.tensor(C), left, adjoint).array, expected)
    assert np.allclose(ag.ormqr(a, tau, ag.tensor(C), False, True).array, C @ Q.conj().T)


@pytest.mark.parametrize("hermitian", [False, True])
@pytest.mark.parametrize("is_complex", [False, True])
def test_symmetric_systems(hermitian, is_complex):
    """Blocks of 1 and of 2 are met: the diagonal is 0. Only the lower triangle is read."""
    rng = np.random.default_rng(1)
    A = rng.normal(size=(2, 5, 5)) + (1j * rng.normal(size=(2, 5, 5)) if is_complex else 0)
    A = np.tril(A, -1)
    A = A + np.swapaxes(A.conj() if hermitian else A, -2, -1)
    B = ag.tensor(rng.normal(size=(2, 5, 3)) + 0 * A[:, :, :3], requires_grad=True)
    LD, pivots = ag.linalg.ldl_factor(ag.tensor(np.tril(A)), hermitian=hermitian)
    assert pivots.dtype == ag.int32 and (pivots.array < 0).any()
    X = ag.linalg.ldl_solve(LD, pivots, B, hermitian=hermitian)
    assert np.allclose(A @ X.detach().array, B.detach().array)
    ag.gradcheck(lambda B: ag.linalg.ldl_solve(LD, pivots, B, hermitian=hermitian), (B,))
    ag.gradgradcheck(lambda B: ag.linalg.ldl_solve(LD, pivots, B * B, hermitian=hermitian), (B,))


def test_what_symmetric_factorisations_refuse():
    A = ag.tensor([[0.0, 0.0], [0.0, 1.0]])
    assert ag.linalg.ldl_factor_ex(A).info.item() == 1
    LD, pivots = ag.linalg.ldl_factor(ag.eye(2))
    refused = [
        (np.linalg.LinAlgError, lambda: ag.linalg.ldl_factor(A)),
        (NotImplementedError, lambda: ag.linalg.ldl_factor(ag.eye(2).requires_grad_()).LD.sum().backward()),
        (TypeError, lambda: ag.linalg.ldl_solve(LD, pivots.float(), ag.ones(2, 1))),
        (ValueError, lambda: ag.linalg.ldl_solve(LD, pivots, ag.ones(3, 1))),
        (NotImplementedError, lambda: ag.linalg.ldl_solve(LD.requires_grad_(), pivots, ag.ones(2, 1)).sum().backward()),
    ]
    for kind, call in refused:
        with pytest.raises(kind):
            call()


def test_copies():
    x = ag.arange(4)
    part = ag.narrow_copy(x, 0, 1, 2)
    part[0] = 9
    assert x.tolist() == [0, 1, 2, 3]
    z = ag.tensor([1 + 2j])
    assert ag.conj_physical(z).tolist() == [1 - 2j] and z.conj_physical_() is z and z.tolist() == [1 - 2j]


BATCHED = {
    "histogram": lambda v: tuple(ag.histogram(v, 3)),
    "histogram_weighted": lambda v: tuple(ag.histogram(v, 3, weight=v * v)),
    "histogramdd": lambda v: ag.histogramdd(v.reshape(-1, 1), 3)[0],
    "nonzero_static": lambda v: ag.nonzero_static(v > 0, size=4),
    "unravel_index": lambda v: ag.unravel_index((v > 0).long(), (2, 3)),
    "geqrf": lambda v: tuple(ag.geqrf(v.reshape(3, 2))),
    "ldl_solve": lambda v: ag.linalg.ldl_solve(*ag.linalg.ldl_factor(ag.outer(v, v) + ag.diag(v)), v.reshape(-1, 1)),
    "lu_unpack": lambda v: tuple(ag.lu_unpack(*ag.linalg.lu_factor(v.reshape(2, 3)))),
}


@pytest.mark.parametrize("name", BATCHED)
def test_is_the_loop_over_the_examples(name):
    function, x = BATCHED[name], ag.tensor(np.random.default_rng(0).normal(size=(3, 6)))
    ours = parts(ag.vmap(function)(x))
    for part, loop in zip(ours, zip(*(parts(function(row)) for row in x), strict=True), strict=True):
        assert ag.allclose(part, ag.stack(list(loop)))


def parts(result):
    return tuple(result) if isinstance(result, tuple) else (result,)
