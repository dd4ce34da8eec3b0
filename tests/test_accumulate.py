"""Reductions against float64: long ones along every axis, float16, values whose squares a dtype does not hold.

A float32 sum of n terms, one after the other, loses some n / 4 roundings: at the sizes here 10⁻³ and more.
"""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.engine import accumulate
from autograd_core.kernels.rows import reduction
from autograd_core.ops.network.rbf import rbf

LONG = 2_000_000
SHAPES = {0: (LONG, 2), 1: (2, LONG // 4, 3), 2: (3, 2, LONG // 4), "wide": (700, 2500), "all": (1000, 1000)}


def values(shape, dtype, seed=0):
    """Numbers about 0.3, whose sums lose most, with some noise."""
    rng = np.random.default_rng([seed, len(shape)])
    x = (0.3 + 0.01 * rng.random(shape, np.float32)).astype(np.float32)
    return (x + 0.5j * x).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)


def wide(x):
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def broadcast_gradient(x, dim):
    """Σ x over `dim`, as the gradient of a tensor that was broadcast."""
    dims = range(x.ndim) if dim is None else [dim]
    w = ag.zeros(*(1 if d in dims else s for d, s in enumerate(x.shape)), dtype=x.dtype, requires_grad=True)
    (g,) = ag.grad((w * 1).expand(x.shape), w, x.conj() if x.dtype.kind == "c" else x)
    return (g.conj() if x.dtype.kind == "c" else g).squeeze(dim)


def squared(x):
    return (x * x.conj()).real


REDUCTIONS = {
    "sum": (lambda x, d: x.sum(d), lambda x, d: x.sum(d)),
    "mean": (lambda x, d: x.mean(d), lambda x, d: x.mean(d)),
    "nansum": (lambda x, d: ag.nansum(x, d), lambda x, d: x.sum(d)),
    "nanmean": (lambda x, d: ag.nanmean(x, d), lambda x, d: x.mean(d)),
    "var": (lambda x, d: x.var(d), lambda x, d: x.var(d, ddof=1)),
    "std": (lambda x, d: x.std(d), lambda x, d: x.std(d, ddof=1)),
    "norm": (lambda x, d: x.norm(dim=d), lambda x, d: np.sqrt(squared(x).sum(d))),
    "vector_norm": (lambda x, d: ag.linalg.vector_norm(x, 3, d), lambda x, d: (np.abs(x) ** 3).sum(d) ** (1 / 3)),
    "logsumexp": (
        lambda x, d: x.logsumexp(tuple(range(x.ndim)) if d is None else d),
        lambda x, d: np.log(np.exp(x).sum(d)),
    ),
    "broadcast": (broadcast_gradient, lambda x, d: x.sum(d)),
}
REAL_ONLY = {"nansum", "nanmean", "logsumexp"}
CASES = [
    (name, axis, dtype)
    for name in REDUCTIONS
    for axis in SHAPES
    for dtype in ("float32", "complex64")
    if not (dtype == "complex64" and (name in REAL_ONLY or axis == 2))
]


@pytest.mark.parametrize(("name", "axis", "dtype"), CASES)
def test_a_long_reduction_agrees_with_float64(name, axis, dtype):
    x = values(SHAPES[axis], dtype)
    dim = {"wide": 0, "all": None}.get(axis, axis)
    ours, theirs = REDUCTIONS[name]
    got, expected = ours(ag.from_numpy(x), dim).numpy(), theirs(wide(x), dim)
    assert got.dtype == (x.real.dtype if np.asarray(expected).dtype.kind == "f" else x.dtype)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize(
    ("shape", "dim"), [((25_000_000, 2), 0), ((2, 12_500_000), 1), ((10, 1_000_000, 3), 1)], ids=str
)
def test_a_very_long_reduction_agrees_with_float64(name, shape, dim):
    x = values(shape, np.float32)
    ours, theirs = REDUCTIONS[name]
    np.testing.assert_allclose(ours(ag.from_numpy(x), dim).numpy(), theirs(wide(x), dim), rtol=1e-6)


@pytest.mark.parametrize("dims", [0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2), (-1,)], ids=str)
@pytest.mark.parametrize("shape", [(40, 30, 50), (2000, 3, 2), (3, 1, 9000), (100, 90, 1), (33, 2, 2100)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "complex64", "float64"])
def test_any_dims_of_any_layout(shape, dims, dtype):
    rng = np.random.default_rng(3)
    x = rng.standard_normal(shape)
    x = (x + 1j * rng.standard_normal(shape) if dtype == "complex64" else x).astype(dtype)
    layouts = (
        x,
        np.asfortranarray(x),
        np.repeat(x, 2, 1)[:, ::2],
        x[::-1],
        x.transpose(1, 0, 2).copy().transpose(1, 0, 2),
    )
    repeated = np.broadcast_to(x[:1], shape), np.broadcast_to(x[:, :, :1], shape)
    for layout in (*layouts, *repeated):
        t, exact = ag.from_numpy(layout), wide(layout)
        size = np.abs(exact).sum(dims)
        np.testing.assert_array_less(np.abs(t.sum(dims).numpy() - exact.sum(dims)), 1e-6 * size + 1e-30)
        assert t.sum(dims, True).shape == exact.sum(dims, keepdims=True).shape
        np.testing.assert_allclose(t.var(dims, correction=0).numpy(), exact.var(dims), rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(t.norm(dim=dims).numpy(), np.sqrt(squared(exact).sum(dims)), rtol=1e-6)


def test_the_sum_of_a_large_broadcast_array_is_a_product():
    x = np.broadcast_to(np.float32(0.1), (1000, 100_000))  # 400 MB, were it written
    assert ag.from_numpy(x).sum().item() == pytest.approx(1e7, rel=1e-7)
    assert ag.from_numpy(x).norm().item() == pytest.approx(1000, rel=1e-7)
    assert ag.from_numpy(x).sum(0).shape == (100_000,)


def test_results_do_not_depend_on_the_number_of_threads():
    x = values((300_001, 3), np.float32)
    before, found = ag.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 4):
            ag.set_num_threads(threads)
            made = [ag.from_numpy(v) for v in (x, x.T.copy())]
            found.append([f(t, d).numpy() for f in (ag.sum, ag.var, ag.cumsum) for t in made for d in (0, 1)])
    finally:
        ag.set_num_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


# ------------------------------------------------------------------------------------------------------------- running


RUNS = [((LONG, 1), 0), ((3, LONG // 4, 2), 1), ((2, LONG // 2), 1), ((2000, 1200), 0)]


@pytest.mark.parametrize(("shape", "dim"), RUNS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_running_sums_agree_with_float64(shape, dim, dtype):
    x = values(shape, dtype)
    np.testing.assert_allclose(ag.from_numpy(x).cumsum(dim).numpy(), np.cumsum(wide(x), dim), rtol=1e-6)
    v = ag.from_numpy(x[..., :2].copy()).requires_grad_()
    (g,) = ag.grad(v.cumsum(dim), v, ag.from_numpy(x[..., :2].copy()))
    back = np.flip(np.cumsum(np.flip(wide(x[..., :2]), dim), dim), dim)
    np.testing.assert_allclose(g.numpy(), back, rtol=1e-6)


def test_products_and_running_logarithms():
    x = 1 + 1e-6 * np.random.default_rng(0).standard_normal((LONG, 2)).astype(np.float32)
    np.testing.assert_allclose(ag.from_numpy(x).prod(0).numpy(), wide(x).prod(0), rtol=1e-6)
    np.testing.assert_allclose(ag.from_numpy(x).cumprod(0).numpy(), wide(x).cumprod(0), rtol=1e-6)
    assert ag.tensor([1e30, 1e30, 1e-30, 1e-30]).prod().item() == pytest.approx(1)
    ones = ag.ones(100_000)
    assert ones.logcumsumexp(0)[-1].item() == pytest.approx(1 + math.log(100_000), rel=1e-6)


# -------------------------------------------------------------------------------------------------------------- losses


LOSSES = {
    "mse_loss": (F.mse_loss, lambda x, t: np.square(x - t)),
    "l1_loss": (F.l1_loss, lambda x, t: np.abs(x - t)),
    "huber_loss": (F.huber_loss, lambda x, t: np.square(x - t) / 2),
    "smooth_l1_loss": (F.smooth_l1_loss, lambda x, t: np.square(x - t) / 2),
    "binary_cross_entropy": (F.binary_cross_entropy, lambda x, t: -(t * np.log(x) + (1 - t) * np.log1p(-x))),
    "kl_div": (F.kl_div, lambda x, t: t * (np.log(t) - x)),
    "poisson_nll_loss": (F.poisson_nll_loss, lambda x, t: np.exp(x) - t * x),
    "soft_margin_loss": (F.soft_margin_loss, lambda x, t: np.log1p(np.exp(-x * t))),
    "weighted": (lambda x, t: F.mse_loss(x, t, weight=x), lambda x, t: np.square(x - t) * x / x.mean()),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shape", [(LONG,), (LONG // 2, 2)], ids=str)
def test_the_mean_of_many_losses_agrees_with_float64(name, shape):
    x, t = values(shape, np.float32), np.full(shape, 0.1, np.float32)
    ours, each = LOSSES[name]
    a = ag.from_numpy(x).requires_grad_()
    loss = ours(a, ag.from_numpy(t))
    assert loss.item() == pytest.approx(each(wide(x), wide(t)).mean(), rel=1e-6)
    if name == "mse_loss":
        np.testing.assert_allclose(ag.grad(loss, a)[0].numpy(), 2 * (wide(x) - t) / x.size, rtol=1e-6)


def test_products_of_long_vectors():
    x, y = values((LONG,), np.float32), values((LONG,), np.float32, 1)
    a, b = ag.from_numpy(x), ag.from_numpy(y)
    for product in (ag.dot(a, b), ag.inner(a, b), a @ b, (a * b).sum(), ag.linalg.vecdot(a, b)):
        assert product.item() == pytest.approx(wide(x) @ wide(y), rel=1e-6)
    z = values((LONG,), np.complex64)
    assert abs(ag.vdot(ag.from_numpy(z), ag.from_numpy(z)).item() / np.vdot(wide(z), wide(z)) - 1) < 1e-6
    h = ag.tensor([300.0, 400.0, -300.0, -400.0], dtype=ag.float16)
    assert ag.dot(h, h.flip(0)).item() == -math.inf
    assert ag.dot(h, ag.tensor([300.0, 400.0, 300.0, 400.0], dtype=ag.float16)).item() == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_and_its_losses_over_many_classes(axis):
    C = 500_000
    x = np.zeros((2, C), np.float32)
    x[0] = values((C,), np.float32)
    x = x if axis else x.T.copy()
    e = np.exp(wide(x))
    s = e.sum(axis, keepdims=True)
    t = ag.from_numpy(x).requires_grad_()
    np.testing.assert_allclose(t.softmax(axis).detach().numpy(), e / s, rtol=1e-6)
    np.testing.assert_allclose(t.log_softmax(axis).detach().numpy(), np.log(e / s), rtol=1e-6)
    (g,) = ag.grad(t.log_softmax(axis), t, ag.full(x.shape, 0.1))
    np.testing.assert_allclose(g.numpy(), 0.1 - e / s * 0.1 * C, atol=2e-7)  # that of e^out
    if axis:
        losses = F.cross_entropy(t, ag.tensor([0, 1]), reduction="none", label_smoothing=0.5)
        logp = np.log(e / s)
        np.testing.assert_allclose(losses.detach().numpy(), -0.5 * logp[[0, 1], [0, 1]] - 0.5 * logp.mean(1), rtol=1e-6)


def test_softmax_and_losses_of_half_precision():
    x = np.zeros((2, 5000), np.float16)
    for dim in (0, 1):
        np.testing.assert_allclose(ag.from_numpy(x).softmax(dim).numpy(), 1 / x.shape[dim], rtol=1e-3)
        np.testing.assert_allclose(ag.from_numpy(x).log_softmax(dim).numpy(), -math.log(x.shape[dim]), rtol=1e-3)
    far = ag.tensor([300.0, -300.0], dtype=ag.float16)
    assert F.mse_loss(far / 2, far).item() == pytest.approx(22_500, rel=1e-3)
    assert F.mse_loss(ag.zeros(100_000, dtype=ag.float16), ag.ones(100_000, dtype=ag.float16)).item() == 1
    assert F.l1_loss(ag.zeros(100_000, dtype=ag.float16), ag.ones(100_000, dtype=ag.float16)).item() == 1


# ------------------------------------------------------------------------------------------------------------- float16


@pytest.mark.parametrize("shape", [(3000, 3), (100_000, 1), (3, 3000), (5, 900, 4)], ids=str)
@pytest.mark.parametrize("name", sorted(set(REDUCTIONS) - {"var", "std"}))
def test_half_precision_accumulates_in_single(name, shape):
    x = values(shape, np.float16)
    ours, theirs = REDUCTIONS[name]
    for dim in (*range(len(shape)), None):
        got = ours(ag.from_numpy(x), dim).numpy()
        assert got.dtype == np.float16
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(got, theirs(wide(x), dim).astype(np.float16), rtol=1e-3)


def test_half_precision_holds_what_its_result_holds():
    h = ag.float16
    x = ag.tensor(np.arange(1000.0), dtype=h)
    assert x.mean().item() == 499.5
    assert ag.tensor(np.ones(100_000), dtype=h).mean().item() == 1
    assert ag.tensor(np.ones(100_000), dtype=h).sum().item() == math.inf
    assert ag.tensor([300.0, 400.0], dtype=h).norm().item() == 500
    assert x.std().item() == pytest.approx(288.8, rel=1e-3)
    assert ag.tensor(np.full(4000, 0.1), dtype=h).cumsum(0)[-1].item() == pytest.approx(399.9, rel=1e-3)
    a, b = ag.tensor(np.full((2, 4000), 0.1), dtype=h), ag.tensor(np.full((4000, 2), 0.1), dtype=h)
    np.testing.assert_allclose((a @ b).numpy(), 39.97, rtol=1e-3)


# --------------------------------------------------------------------------------------------- far from 0, huge, tiny


@pytest.mark.parametrize(("shape", "dim"), [((1000, 5), 0), ((1000,), 0), ((5, 20_000), 1), ((20_000, 5), 0)], ids=str)
def test_the_variance_of_numbers_far_from_0(shape, dim):
    x = np.random.default_rng(0).normal(1e6, 1, shape).astype(np.float32)
    t, exact = ag.from_numpy(x).requires_grad_(), wide(x)
    np.testing.assert_allclose(t.var(dim).detach().numpy(), exact.var(dim, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(t.std(dim).detach().numpy(), exact.std(dim, ddof=1), rtol=1e-6)
    (g,) = ag.grad(t.var(dim).sum(), t)
    expected = 2 * (exact - exact.mean(dim, keepdims=True)) / (shape[dim] - 1)
    np.testing.assert_allclose(g.numpy(), expected, rtol=1e-4, atol=1e-7 * abs(expected).max())


@pytest.mark.parametrize("size", [4, 20_000])
@pytest.mark.parametrize(
    ("scale", "dtype"), [(1e20, "float32"), (1e-30, "float32"), (1e200, "float64"), (1e-200, "float64")]
)
@pytest.mark.parametrize("p", [2, 3, 1.5, -2, 1, math.inf])
def test_norms_of_huge_and_tiny_values(p, scale, dtype, size):
    unit = np.linspace(1, 2, size)
    x = ag.tensor(unit * scale, dtype=dtype, requires_grad=True)
    one = ag.tensor(unit, dtype=ag.float64, requires_grad=True)
    expected = ag.linalg.vector_norm(one, p)
    for norm in (x.norm(p), ag.linalg.vector_norm(x, p)):
        assert norm.item() / scale == pytest.approx(expected.item(), rel=1e-6)
        np.testing.assert_allclose(
            ag.grad(norm, x)[0].numpy(), ag.grad(expected, one, retain_graph=True)[0].numpy(), rtol=2e-5
        )


def test_kernels_are_compiled_for_float32_alone():
    reduction._reductions()
    for kernel in (reduction._rows, reduction._columns, reduction._scan):
        assert len(kernel.signatures) == 1, kernel.signatures
    assert accumulate.SMALL <= accumulate.LARGE


# ------------------------------------------------------------------------------------------------------ normalisation

NORMALISATIONS = {
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (12,), w, b), (5, 12), (12,)),
    "layer_norm_long": (lambda x, w, b: F.layer_norm(x, (3000,), w, b), (4, 3000), (3000,)),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), (3, 4, 5), (4,)),
    "group_norm_planes": (lambda x, w, b: F.group_norm(x, 2, w, b), (3, 4, 70), (4,)),
    "instance_norm": (lambda x, w, b: F.instance_norm(x, None, None, w, b), (3, 4, 5), (4,)),
    "instance_norm_planes": (lambda x, w, b: F.instance_norm(x, None, None, w, b), (3, 4, 80), (4,)),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), (8, 4), (4,)),
    "batch_norm_planes": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), (3, 4, 70), (4,)),
    "rms_norm": (lambda x, w, b: F.rms_norm(x, (12,), w) + b, (5, 12), (12,)),
    "normalize": (lambda x, w, b: F.normalize(x) * w + b, (5, 12), (12,)),
    "local_response_norm": (lambda x, w, b: F.local_response_norm(x, 3, k=0.0) * w[0] + b[0], (2, 4, 5), (4,)),
    "local_response_norm_1": (
        lambda x, w, b: F.local_response_norm(x, 3, 1.0, 1.0, 0.0) * w[0] + b[0],
        (2, 4, 5),
        (4,),
    ),
    "cross_map_lrn": (lambda x, w, b: nn.CrossMapLRN2d(3, 1.0, 0.5, 0.0)(x) * w[0] + b[0], (2, 4, 5, 1), (4,)),
    "cosine_similarity": (lambda x, w, b: F.cosine_similarity(x, w) + b[0], (5, 12), (12,)),
}


HUGE = [(name, 1e20, "float32") for name in NORMALISATIONS] + [(name, 1e15, "float32") for name in NORMALISATIONS]
HUGE += [(name, 1e200, "float64") for name in NORMALISATIONS if "response" not in name and "lrn" not in name]


@pytest.mark.parametrize(("name", "scale", "dtype"), HUGE)
def test_normalisations_of_huge_values(name, scale, dtype):
    f, shape, weight = NORMALISATIONS[name]
    rng = np.random.default_rng(5)
    x, w, b, g = (rng.standard_normal(s).astype(dtype) for s in (shape, weight, weight, shape))
    x += 1

    def results(x, dtype, scale):
        tensors = [ag.tensor(v, dtype=dtype, requires_grad=True) for v in (x, w, b)]
        y = f(*tensors)
        u = ag.tensor(g, dtype=dtype) if y.shape == shape else ag.tensor(g[..., 0], dtype=dtype)
        gradients = ag.grad(y, tensors, u, create_graph=True)
        plain = ag.grad(f(*tensors), tensors, u)  # by the kernels; those above by the composition
        scaled = [v * scale if i == 0 else v for i, v in enumerate(gradients)]
        return [y, *scaled, plain[0] * scale, *plain[1:]]

    near = scale if dtype == "float32" else 1e6  # at 1e6 eps is nothing any more
    expected = results(wide(x) * near, np.float64, near)
    for got, want in zip(results(x * np.array(scale, dtype), dtype, scale), expected, strict=True):
        want = want.detach().numpy()
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=2e-4, atol=1e-5 * np.abs(want).max())


def test_layer_norm_of_1e20():
    y = F.layer_norm(ag.tensor([[1e20, -1e20, 2e20, 0.0]]), (4,))
    np.testing.assert_allclose(y.numpy(), [[0.4472136, -1.3416408, 1.3416408, -0.4472136]], rtol=1e-6)


@pytest.mark.parametrize("shape", [(2000, 3), (2000, 3, 2), (300, 3, 80)], ids=str)
def test_statistics_of_batches_far_from_0(shape):
    x = np.random.default_rng(0).normal(1e6, 1, shape).astype(np.float32)
    x[0] -= 3e5  # the first example is unlike the others
    mean, var = ag.zeros(3), ag.ones(3)
    y = F.batch_norm(ag.from_numpy(x), mean, var, training=True, momentum=1.0)
    dims = (0, *range(2, x.ndim))
    exact = wide(x)
    np.testing.assert_allclose(mean.numpy(), exact.mean(dims), rtol=1e-6)
    np.testing.assert_allclose(var.numpy(), exact.var(dims, ddof=1), rtol=1e-6)
    expected = (exact - exact.mean(dims, keepdims=True)) / np.sqrt(exact.var(dims, keepdims=True) + 1e-5)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("M", [12, 3000])
def test_layer_norm_far_from_0(M):
    x = np.random.default_rng(0).normal(1e6, 1, (5, M)).astype(np.float32)
    exact = wide(x)
    expected = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(F.layer_norm(ag.from_numpy(x), (M,)).numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [ag.cov, np.cov], ids=["ag", "np"])
def test_covariances_of_numbers_far_from_0(f):
    x = np.random.default_rng(0).normal(1e6, 1, (3, 1000)).astype(np.float32)
    w = np.arange(1000) % 3
    np.testing.assert_allclose(f(ag.from_numpy(x)).numpy(), np.cov(wide(x)), atol=1e-6)
    np.testing.assert_allclose(
        f(ag.from_numpy(x), fweights=ag.from_numpy(w)).numpy(), np.cov(wide(x), fweights=w), atol=1e-6
    )
    np.testing.assert_allclose(ag.corrcoef(ag.from_numpy(x)).numpy(), np.corrcoef(wide(x)), atol=1e-6)
    mask = x > 1e6
    masked = np.var(ag.from_numpy(x), axis=1, where=mask).numpy()
    np.testing.assert_allclose(masked, np.var(wide(x), axis=1, where=mask), rtol=1e-5)


def test_the_gradients_of_radial_functions_of_many_points():
    x, c = values((200_000, 2), np.float32), ag.tensor([[0.1, 0.2], [0.5, 0.4]], requires_grad=True)
    s = ag.tensor([1.0, 2.0], requires_grad=True)
    found = ag.grad(rbf(ag.from_numpy(x), c, s).sum(), [c, s])
    d = wide(x)[:, None] - wide(c.detach().numpy())
    q, k = np.square(d).sum(-1), 1 / np.array([1.0, 4.0])
    y = np.exp(-0.5 * q * k)
    np.testing.assert_allclose(found[0].numpy(), (d * (y * k)[..., None]).sum(0), rtol=1e-5)
    np.testing.assert_allclose(found[1].numpy(), (y * q * k).sum(0) / np.array([1.0, 2.0]), rtol=1e-5)


def test_the_gradients_of_weights_over_many_rows():
    x, g = values((400_000, 4), np.float32), values((400_000, 4), np.float32, 1)
    w, b = ag.ones(4, requires_grad=True), ag.zeros(4, requires_grad=True)
    gw, gb = ag.grad(F.layer_norm(ag.from_numpy(x), (4,), w, b), [w, b], ag.from_numpy(g))
    exact = wide(x)
    normal = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(gb.numpy(), wide(g).sum(0), rtol=1e-6)
    np.testing.assert_allclose(gw.numpy(), (wide(g) * normal).sum(0), atol=1e-6 * np.abs(wide(g) * normal).sum(0).max())
    weight = ag.zeros(4, 4, requires_grad=True)
    bias = ag.zeros(4, requires_grad=True)
    for f in (lambda: F.linear(ag.from_numpy(x), weight, bias), lambda: ag.from_numpy(x) @ weight.mT + bias):
        (gb,) = ag.grad(f(), bias, ag.from_numpy(g))
        np.testing.assert_allclose(gb.numpy(), wide(g).sum(0), rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e20, 1e-30])
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_a_standard_deviation_whose_square_does_not_fit_into_float32(dtype, scale):
    """The variance of [1e20, -1e20, 2e20, 0] is infinite in float32, and that of 1e-30 zero; their roots are neither."""
    values = np.array([1.0, -1.0, 2.0, 0.0]) * scale
    x = ag.tensor(values.astype(dtype), requires_grad=True)
    std, mean = ag.std_mean(x)
    assert std.dtype == x.std(0).dtype == np.float32 and mean.dtype == x.dtype
    for out in (std, x.std(0), np.std(x, ddof=1)):
        np.testing.assert_allclose(out.item(), values.std(ddof=1), rtol=1e-6)
    (g,) = ag.grad(std, [x])
    assert g.dtype == x.dtype
    np.testing.assert_allclose(g, (values - values.mean()) / (3 * values.std(ddof=1)), rtol=1e-6)
