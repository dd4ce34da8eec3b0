"""Activations on large arrays by kernels, against closed formulas in float64 and against NumPy; products with an activation."""

import numpy as np
import pytest
import scipy.special as sc

import autograd_core as ag
import nn.functional as F
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.products import gemm
from autograd_core.kernels.rows import activation

ACTIVATIONS = activation.ACTIVATIONS
FROM_OUT = ("relu", "tanh", "sigmoid")  # rules that take the output; the others take x
SCALE = np.sqrt(2 / np.pi)


def normal_pdf(x):
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def tanh_argument(x):
    return SCALE * (x + 0.044715 * x**3)


def gelu_tanh_slope(x):
    t = np.tanh(tanh_argument(x))
    return (1 + t) / 2 + x * (1 - t * t) / 2 * SCALE * (1 + 3 * 0.044715 * x * x)


# name -> function of the library, values, slopes, second derivatives: formulas of their own, of float64 x
ORACLES = {
    "relu": (F.relu, lambda x: np.where(x > 0, x, 0), lambda x: 1.0 * (x > 0), None),
    "tanh": (F.tanh, np.tanh, lambda x: np.cosh(x) ** -2, lambda x: -2 * np.tanh(x) * np.cosh(x) ** -2),
    "sigmoid": (
        F.sigmoid,
        sc.expit,
        lambda x: sc.expit(x) * sc.expit(-x),
        lambda x: sc.expit(x) * sc.expit(-x) * (sc.expit(-x) - sc.expit(x)),
    ),
    "silu": (
        F.silu,
        lambda x: x * sc.expit(x),
        lambda x: sc.expit(x) + x * sc.expit(x) * sc.expit(-x),
        lambda x: sc.expit(x) * sc.expit(-x) * (2 + x * (sc.expit(-x) - sc.expit(x))),
    ),
    "gelu": (
        F.gelu,
        lambda x: x * sc.ndtr(x),
        lambda x: sc.ndtr(x) + x * normal_pdf(x),
        lambda x: (2 - x * x) * normal_pdf(x),
    ),
    "gelu_tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: x * sc.expit(2 * tanh_argument(x)),
        gelu_tanh_slope,
        lambda x: (gelu_tanh_slope(x + 1e-5) - gelu_tanh_slope(x - 1e-5)) / 2e-5,
    ),
}
KINDS = [(name, np.dtype(letter).type) for name in ACTIVATIONS for letter in ACTIVATIONS[name].dtypes]
EXTREMES = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    1e-40,
    -1e-40,
    1e-310,
    3e38,
    -3e38,
    88.5,
    -88.5,
    -104.0,
    1000.0,
    -1001.0,
]


def draw(seed, *shape, dtype=np.float32):
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype) * dtype(3)
    x.reshape(-1)[: x.size // 7] *= dtype(20)
    return x


@pytest.fixture
def threads():
    before, worthwhile = get_num_threads(), Threads.worthwhile
    yield
    Threads.worthwhile = worthwhile
    set_num_threads(before)


@pytest.mark.parametrize(("name", "dtype"), KINDS)
def test_values_and_slopes(name, dtype):
    _, value, slope, _ = ORACLES[name]
    for size in (0, 1, 7, 33, activation.RUN - 1, activation.RUN, activation.RUN + 5):
        x, g = draw(size, size, dtype=dtype), draw(size + 1, size, dtype=dtype)
        before = x.copy(), g.copy()
        wide = x.astype(np.float64)
        out = ACTIVATIONS[name](x)
        exact, info = value(wide), np.finfo(dtype)
        # a rounded argument of eˣ is an error in proportion to it
        ulps = 8 + (6 * np.abs(tanh_argument(wide)) if name == "gelu_tanh" else 0)
        assert out.dtype == dtype
        assert (np.abs(out - exact) <= ulps * (info.eps * np.abs(exact) + info.smallest_normal)).all()
        gx = ACTIVATIONS[name].back(g, out if name in FROM_OUT else x)
        assert gx.dtype == dtype
        # 1 - out² and 1 + x (1 - s) cancel: rounded to units in the last place of 1, times what multiplies them
        assert (np.abs(gx - g * slope(wide)) <= 8 * info.eps * np.abs(g) * (1 + np.minimum(np.abs(x), 50))).all()
        np.testing.assert_array_equal(x, before[0])
        np.testing.assert_array_equal(g, before[1])


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@pytest.mark.parametrize(("name", "dtype"), KINDS)
def test_extremes_as_in_small_arrays(name, dtype):
    """A kernel and the composition of NumPy's operations agree on values that are not ordinary numbers."""
    function = ORACLES[name][0]
    some = np.array(EXTREMES, dtype)
    pairs = np.array([(x, g) for x in some for g in some], dtype)
    large = np.tile(pairs, (activation.LEAST_CHEAP // len(pairs) + 1, 1))
    results = []
    for x, g in (pairs.T, large.T):
        x = ag.tensor(np.ascontiguousarray(x), requires_grad=True)
        out = function(x)
        out.backward(ag.tensor(np.ascontiguousarray(g)))
        results += [(out.detach().numpy()[: len(pairs)], x.grad.numpy()[: len(pairs)])]
    for small, kernel in zip(*results, strict=True):
        tiny = 8 * np.finfo(dtype).smallest_normal
        np.testing.assert_allclose(kernel, small, 8 * np.finfo(dtype).eps, tiny, equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FROM_OUT)
def test_what_is_numpys_to_the_last_bit(name, dtype):
    rules = {
        "relu": lambda g, out: np.where(out <= 0, dtype(0), g),
        "tanh": lambda g, out: g * (1 - out * out),
        "sigmoid": lambda g, out: g * (out * (1 - out)),
    }
    x, g = draw(0, 10_007, dtype=dtype), draw(1, 10_007, dtype=dtype)
    x[:3] = np.nan, 0.0, -0.0
    out = ACTIVATIONS[name](x)
    np.testing.assert_array_equal(ACTIVATIONS[name].back(g, out), rules[name](g, out))
    if name == "relu":
        np.testing.assert_array_equal(out, np.maximum(x, 0))
        assert not np.signbit(out[1:3]).any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_threads_change_no_bit(name, threads):
    x, g = draw(0, 5 * activation.RUN + 13), draw(1, 5 * activation.RUN + 13)
    Threads.worthwhile = 1.0
    found = []
    for count in (1, 2, 3):
        set_num_threads(count)
        found.append((ACTIVATIONS[name](x), ACTIVATIONS[name].back(g, x)))
    for out, gx in found[1:]:
        np.testing.assert_array_equal(out, found[0][0])
        np.testing.assert_array_equal(gx, found[0][1])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_through_the_library(name, monkeypatch):
    """The sizes on both sides of the least, and memory that is not row-major; second derivatives through the formulas."""
    function, value, slope, curvature = ORACLES[name]
    dtype, rough = (np.float64, 1.0) if "d" in ACTIVATIONS[name].dtypes else (np.float32, 1e7)
    used = []
    for method in ("__call__", "back"):
        original = getattr(activation.Activation, method)
        monkeypatch.setattr(
            activation.Activation, method, lambda *args, f=original, m=method: used.append(m) or f(*args)
        )
    least = max(ACTIVATIONS[name].least, ACTIVATIONS[name].least_back)
    for seed, (shape, transposed) in enumerate(
        (((least - 1,), False), ((least // 8, 8), False), ((least // 8, 8), True))
    ):
        array = np.clip(draw(seed, *shape, dtype=dtype), -20, 20)
        x = ag.tensor(np.asfortranarray(array) if transposed else array, requires_grad=True)
        used.clear()
        out = function(x)
        (gx,) = ag.grad(out, x, ag.ones_like(out), retain_graph=True)
        assert (used == ["__call__", "back"]) == (array.size >= least and not transposed)
        wide = array.astype(np.float64)
        np.testing.assert_allclose(
            out.detach().numpy(), value(wide), 1e-12 * rough, 10 * np.finfo(dtype).smallest_normal
        )
        np.testing.assert_allclose(gx.numpy(), slope(wide), 1e-12 * rough, 1e-13 * rough)
        (gx,) = ag.grad(out, x, ag.ones_like(out), create_graph=True)
        np.testing.assert_allclose(gx.detach().numpy(), slope(wide), 1e-12 * rough, 1e-13 * rough)
        if name != "relu":  # whose slope does not depend on x
            (ggx,) = ag.grad(gx, x, ag.ones_like(out))
            np.testing.assert_allclose(ggx.numpy(), curvature(wide), 1e-5, 1e-6)


def test_other_arrays_are_left_to_numpy():
    half = np.ones(activation.LEAST_CHEAP, np.float16)
    frozen = np.ones(activation.LEAST_CHEAP, np.float32)
    frozen.setflags(write=False)
    relu = ACTIVATIONS["relu"]
    assert not relu.serves(half)
    assert not relu.serves(frozen)
    assert not relu.serves(np.ones((200, 200), np.float32).T[:, ::2])
    assert F.relu(ag.tensor(half)).dtype == np.float16
    x = np.ones(4, np.float32)
    assert relu.serves_both(x, x)
    assert not relu.serves_both(x, x.astype(np.float64))
    assert not relu.serves_both(x, x[:2])
    assert not relu.serves_both(x, np.ones((4, 2), np.float32)[:, 0])


def test_one_kernel_for_each_dtype():
    for entry in ACTIVATIONS.values():
        for kernel in (entry.forward, entry.backward):
            assert len(kernel.signatures) <= len(entry.dtypes), kernel.__name__


# ---------------------------------------------------------------------------------------------- products with an activation

EXACT = {"relu": lambda z: np.where(z <= 0, 0, z), "tanh": np.tanh, "sigmoid": sc.expit}


def stored(x, transposed):
    """x itself, or stored as its transpose."""
    return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) if transposed else x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("name", EXACT)
def test_a_product_ends_with_its_activation(name, transposed, dtype):
    """Sizes around tiles and blocks: the activation is applied once, to whole sums, everywhere and nowhere else."""
    step = gemm.KC_BYTES // np.dtype(dtype).itemsize
    sizes = [(1, 3, 1), (7, 5, 17), (50, 2, 33), (3, step + 1, 40), (70, 2 * step + 3, 19), (260, 9, 700), (0, 3, 2)]
    for seed, (M, K, N) in enumerate(sizes):
        a, b = (
            stored(draw(seed, M, K, dtype=dtype), transposed[0]),
            stored(draw(seed + 9, K, N, dtype=dtype), transposed[1]),
        )
        a = a / dtype(10)
        for bias in (None, draw(seed, N, dtype=dtype)):
            out, exact = gemm.product(a, b, bias, name), EXACT[name](gemm.product(a, b, bias).astype(np.float64))
            assert out.dtype == dtype
            np.testing.assert_allclose(out, exact, 4 * np.finfo(dtype).eps, 4 * np.finfo(dtype).smallest_normal)
            assert name != "relu" or (out == exact).all()


@pytest.mark.parametrize("name", EXACT)
def test_an_activation_of_products_in_stacks_and_of_nothing(name):
    a, b, bias = draw(0, 3, 4, 5) / 9, draw(1, 5, 6) / 9, draw(2, 6)
    np.testing.assert_allclose(gemm.product(a, b, bias, name), EXACT[name](a @ b + bias), 2e-6, 1e-6)
    nothing = gemm.product(np.ones((2, 0), "f4"), np.ones((0, 6), "f4"), bias, name)
    np.testing.assert_allclose(nothing, EXACT[name](np.stack([bias, bias]).astype(np.float64)), 1e-6)
    nothing = gemm.product(np.ones((90, 0), "f4"), np.ones((0, 100), "f4"), None, name)
    np.testing.assert_array_equal(nothing, np.full((90, 100), EXACT[name](0.0)))


@pytest.mark.parametrize("size", [3, 100, 200])
@pytest.mark.parametrize("name", EXACT)
def test_an_activation_after_products_of_every_kind(name, size):
    """NumPy's product for small ones, other dtypes and mixed ones; ours else: NaN and infinities go through the activation."""
    for dtype in (np.float16, np.float32, np.float64):
        a, b, bias = (
            draw(0, size, size, dtype=dtype) / 30,
            draw(1, size, size, dtype=dtype) / 30,
            draw(2, size, dtype=dtype),
        )
        a[0, 0], a[1, 0], a[2, 0], b[0, 0] = np.nan, np.inf, -np.inf, abs(b[0, 0])
        out, z = gemm.matmul(a, b, bias, name), gemm.matmul(a, b, bias)
        assert out.dtype == dtype
        np.testing.assert_allclose(
            out, EXACT[name](z.astype(np.float64)), 4 * np.finfo(dtype).eps, 2e-5 if dtype is np.float16 else 1e-37
        )


def test_threads_change_no_bit_of_a_product_with_an_activation(threads):
    a, b = draw(0, 150, 900), draw(1, 900, 130)
    Threads.worthwhile = 1.0
    for name in EXACT:
        found = []
        for count in (1, 2, 3):
            set_num_threads(count)
            found.append(gemm.product(a, b, a[0, :130], name))
        np.testing.assert_array_equal(found[1], found[0])
        np.testing.assert_array_equal(found[2], found[0])
