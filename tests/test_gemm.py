"""The product of matrices on micro-kernels, against NumPy in float64."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.kernels.machine import simd, vectors
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.products import gemm

LANES = {dtype: simd.lanes(dtype) for dtype in (np.float32, np.float64)}
MR = vectors.machine().mr[simd.VECTORS]


def draw(seed, *shape, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def stored(x, transposed):
    """x itself, or stored as its transpose."""
    return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) if transposed else x


def check(a, b, bias=None):
    a0, b0 = a.copy(), b.copy()
    out = gemm.product(a, b, bias)
    exact = np.matmul(a.astype(np.float64), b.astype(np.float64))
    size = np.matmul(np.abs(a).astype(np.float64), np.abs(b).astype(np.float64))
    if bias is not None:
        exact, size = exact + bias, size + np.abs(bias)
    assert out.dtype == a.dtype
    assert out.shape == exact.shape
    # Each multiplication and addition rounds once: the error of a sum of K products (Higham 2002, section 3.1)
    assert (np.abs(out - exact) <= (a.shape[-1] + 8) * np.finfo(a.dtype).eps * size).all()
    np.testing.assert_array_equal(a, a0)
    np.testing.assert_array_equal(b, b0)
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_random_shapes(dtype, transposed):
    rng = np.random.default_rng(1)
    for seed in range(60):
        M, K, N = (int(rng.integers(1, rng.choice([4, 40, 300]))) for _ in range(3))
        a, b = draw(seed, M, K, dtype=dtype), draw(seed + 1, K, N, dtype=dtype)
        bias = draw(seed, N, dtype=dtype) if seed % 2 else None
        check(stored(a, transposed[0]), stored(b, transposed[1]), bias)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_edges_of_tiles(dtype, transposed):
    width = simd.VECTORS * LANES[dtype]
    for M in (1, MR - 1, MR, MR + 1, 2 * MR + 5):
        for N in (1, LANES[dtype] - 1, LANES[dtype], LANES[dtype] + 1, width, width + 1, 2 * width - 1):
            check(stored(draw(M, M, 7, dtype=dtype), transposed[0]), stored(draw(N, 7, N, dtype=dtype), transposed[1]))


def test_edges_of_blocks():
    """Sizes around those at which k, rows and columns are cut, and rows that lie 4096 bytes apart."""
    step = gemm.KC_BYTES // 4
    for M, K, N in ((3, step - 1, 50), (3, step + 1, 50), (70, 2 * step + 3, 33), (200, 1024, 150), (60, 40, 1024)):
        for transposed in ((False, False), (True, False), (False, True)):
            check(stored(draw(0, M, K), transposed[0]), stored(draw(1, K, N), transposed[1]))


def test_nothing_to_add_up():
    bias = np.arange(3, dtype=np.float32)
    np.testing.assert_array_equal(gemm.product(np.ones((2, 0), "f4"), np.ones((0, 3), "f4")), np.zeros((2, 3)))
    np.testing.assert_array_equal(gemm.product(np.ones((2, 0), "f4"), np.ones((0, 3), "f4"), bias), [bias, bias])
    for M, K, N in ((0, 3, 4), (3, 4, 0), (0, 0, 0)):
        assert gemm.product(np.ones((M, K), "f4"), np.ones((K, N), "f4")).shape == (M, N)
    assert gemm.product(np.ones((0, 2, 3), "f4"), np.ones((3, 4), "f4")).shape == (0, 2, 4)


def test_views_that_are_no_transposes():
    a, b = draw(0, 60, 90), draw(1, 90, 80)
    check(a[::2, ::3], b[:30, 1::2])
    check(a[:, ::-1], b[::-1])
    frozen = a.copy()
    frozen.flags.writeable = False
    check(frozen, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((5, 20, 30), (5, 30, 40)),
        ((5, 20, 30), (30, 40)),
        ((20, 30), (5, 30, 40)),
        ((2, 1, 20, 30), (3, 30, 40)),
        ((2, 3, 20, 30), (2, 3, 30, 1)),
        ((1, 20, 30), (1, 1, 30, 40)),
    ],
)
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_stacks(a, b, transposed):
    check(stored(draw(0, *a), transposed[0]), stored(draw(1, *b), transposed[1]), draw(2, b[-1]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_nan_and_infinity_reach_their_rows_and_columns_only(dtype, transposed):
    """As NumPy's: 0 · inf and inf - inf are NaN, and nothing beyond row i and column j is touched."""
    for value in (np.nan, np.inf, -np.inf):
        a, b = draw(0, 31, 45, dtype=dtype), draw(1, 45, 37, dtype=dtype)
        a[7, 3], b[5, 20], b[3, 2], b[3, 4] = value, value, 0, -1
        with np.errstate(invalid="ignore"):
            plain = np.matmul(a.astype(np.float64), b.astype(np.float64))
        out = gemm.product(stored(a, transposed[0]), stored(b, transposed[1]))
        np.testing.assert_array_equal(np.isnan(out), np.isnan(plain))
        np.testing.assert_array_equal(out[np.isinf(plain)], plain[np.isinf(plain)])
        assert np.isfinite(out[np.isfinite(plain)]).all()


def test_denormals_are_kept():
    tiny = np.float32(1e-42)
    a = np.full((20, 3), tiny, np.float32)
    np.testing.assert_array_equal(gemm.product(a, np.eye(3, 40, dtype=np.float32))[:, :3], a)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_do_not_depend_on_the_number_of_threads(dtype, monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 1e-9)
    before = get_num_threads()
    try:
        for M, K, N in ((150, 500, 170), (64, 784, 256), (12, 1000, 300), (300, 40, 10)):
            for transposed in ((False, False), (True, False), (False, True), (True, True)):
                a, b = (
                    stored(draw(0, M, K, dtype=dtype), transposed[0]),
                    stored(draw(1, K, N, dtype=dtype), transposed[1]),
                )
                results = []
                for threads in (1, 2, 3, 5):
                    set_num_threads(threads)
                    results.append(gemm.product(a, b))
                for other in results[1:]:
                    np.testing.assert_array_equal(results[0], other)
    finally:
        set_num_threads(before)


def test_one_signature_a_dtype():
    for dtype in (np.float32, np.float64):
        a, b = draw(0, 20, 30, dtype=dtype), draw(1, 30, 40, dtype=dtype)
        gemm.product(a, b, b[0])
        gemm.product(a.T, a)
        gemm.product(b.T[None], a.T)
    assert len(gemm._products.signatures) == 2


def test_the_rule(monkeypatch):
    """NumPy below WORTHWHILE multiply-adds and for what is neither float32 nor float64; ours above."""
    calls = []
    monkeypatch.setattr(gemm, "product", lambda a, b, *how: calls.append(a.shape) or np.zeros((a.shape[0], b.shape[1])))
    small, large = np.ones((8, 8), "f4"), np.ones((128, 128), "f4")
    gemm.matmul(small, small)
    gemm.matmul(large.astype(np.int64), large.astype(np.int64))
    gemm.matmul(large.astype(np.complex64), large.astype(np.complex64))
    assert calls == []
    gemm.matmul(large, large)
    gemm.matmul(large[:1], large)
    assert calls == [(128, 128), (1, 128)]


def test_matmul_and_linear_use_it(monkeypatch):
    taken = []
    plain = gemm.product
    monkeypatch.setattr(gemm, "product", lambda *args: taken.append(1) or plain(*args))
    x, w = ag.tensor(draw(0, 64, 80), requires_grad=True), ag.tensor(draw(1, 100, 80), requires_grad=True)
    b = ag.tensor(draw(2, 100), requires_grad=True)
    out = ag.linear(x, w, b)
    out.sum().backward()
    assert len(taken) == 3  # forward, and the gradients of x and w
    np.testing.assert_allclose(out.array, x.array @ w.array.T + b.array, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(w.grad.array, np.ones((100, 64), "f4") @ x.array, rtol=1e-4, atol=1e-4)
