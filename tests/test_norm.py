"""Normalisation beyond its rows in `tables`: accuracy, running statistics, NaN, layouts, threads, errors. The modules are in
`test_norm_layers.py`."""

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core import func
from autograd_core.kernels.convolution import response as response_kernels
from autograd_core.kernels.machine import runtime
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.rows import norm as kernels
from autograd_core.ops.network.response import cross_map_lrn2d

from .tables.norm import batch, standardised

rng = np.random.default_rng(0)


def rand(*shape, dtype=np.float64):
    return rng.standard_normal(shape).astype(dtype)


def train(x, *args, **options):
    return F.batch_norm(x, None, None, *args, training=True, **options)


# Each kind of memory layout, in both ways of running: functions of x (N, C, …)
EVERY = {
    "batch": train,
    "fixed": lambda x: F.batch_norm(x, np.full(x.shape[1], 0.5), np.full(x.shape[1], 2.0)),
    "layer": lambda x: F.layer_norm(x, x.shape[1:]),
    "group": lambda x: F.group_norm(x, 2),
    "instance": lambda x: F.instance_norm(x),
    "rms": lambda x: F.rms_norm(x, x.shape[1:]),
    "response": lambda x: F.local_response_norm(x, 3),
}
SHAPES = [(3, 4, 5), (3, 2, 9, 8)]  # planes of fewer and of more than FEW positions
every = pytest.mark.parametrize("f", EVERY.values(), ids=EVERY)
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def test_the_shapes_here_take_both_ways():
    assert 5 < kernels.FEW < 9 * 8


# ------------------------------------------------------------------------------------------------------------- accuracy


@shapes
@pytest.mark.parametrize("name", ["batch", "layer", "group", "instance"])
def test_a_mean_of_ten_thousand_in_float32(name, shape):
    """E[x²] - E[x]² would be wrong in all digits, and x minus a mean of one float32 by 5e-4."""
    x = rand(*shape, dtype=np.float32) + np.float32(1e4)
    expected = EVERY[name](x.astype(np.float64))
    np.testing.assert_allclose(EVERY[name](x), expected, atol=3e-6)
    t, g = ag.tensor(x, requires_grad=True), rand(*shape, dtype=np.float32)
    t64 = ag.tensor(x.astype(np.float64), requires_grad=True)
    EVERY[name](t).backward(ag.tensor(g))
    EVERY[name](t64).backward(ag.tensor(g.astype(np.float64)))
    np.testing.assert_allclose(t.grad, t64.grad, atol=1e-5)


@shapes
def test_a_first_image_unlike_the_others(shape):
    """The mean of the first planes stands in for that of all."""
    x = rand(64, *shape[1:]) + 1e4
    x[0] = 0
    x = x.astype(np.float32)
    np.testing.assert_allclose(train(x), batch(x.astype(np.float64)), rtol=1e-5, atol=1e-6)
    x[0] = 3e4
    running = np.zeros(shape[1]), np.zeros(shape[1])
    F.batch_norm(x, *running, training=True, momentum=1.0)
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(running[0], x.mean(axes, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(running[1], x.var(axes, dtype=np.float64, ddof=1), rtol=1e-5)


@shapes
@pytest.mark.parametrize("name", ["batch", "layer", "group", "instance"])
def test_a_constant_gives_zeros(name, shape):
    x = ag.tensor(np.full(shape, 0.1, np.float32), requires_grad=True)
    y = EVERY[name](x)
    np.testing.assert_array_equal(y.detach(), np.zeros(shape))
    y.backward(ag.tensor(rand(*shape, dtype=np.float32)))
    assert np.isfinite(x.grad.numpy()).all()


def test_long_rows_in_float32():
    """Sums over many elements go on in float64: in float32 each of these squares would be rounded the same way."""
    x = np.tile(np.array([1.1, -1.1], np.float32), 400_000)
    np.testing.assert_allclose(F.layer_norm(x, x.shape, eps=0.0), np.sign(x), rtol=3e-6)


@shapes
def test_fixed_statistics_are_a_scale_and_a_shift(shape):
    x = rand(*shape)
    y = EVERY["fixed"](x)
    np.testing.assert_allclose(y, (x - 0.5) / np.sqrt(2 + 1e-5), rtol=1e-14)
    np.testing.assert_allclose(EVERY["fixed"](x[:1]), y[:1], rtol=1e-15)


# --------------------------------------------------------------------------------------------------- one node, all orders


@shapes
@every
def test_is_one_node(f, shape):
    x = ag.tensor(rand(*shape), requires_grad=True)
    assert f(x).grad_fn.next_functions[0][0] is x.node


@shapes
@every
def test_equals_its_composition(f, shape):
    x, g = rand(*shape), rand(*shape)
    values, gradients = [], []
    for create_graph in (False, True):  # the kernel's rule, and that of the composition
        t = ag.tensor(x, requires_grad=True)
        y = f(t)
        gradients.append(ag.grad(y, t, ag.tensor(g), create_graph=create_graph)[0].detach().numpy())
        values.append(y.detach().numpy())
    values.append(func.vmap(f)(x[None])[0])  # vmap runs the composition
    np.testing.assert_allclose(values[2], values[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-10, atol=1e-11)


def test_only_what_is_wanted_is_computed():
    x, w = rand(3, 2, 9, 8), rand(2)
    for norm in (train, lambda x, w: F.group_norm(x, 1, w)):
        for shape in (x.shape, (3, 2, 4)):
            part = x.reshape(3, 2, -1)[:, :, : np.prod(shape[2:])].reshape(shape)
            both = [ag.tensor(part, requires_grad=True), ag.tensor(w, requires_grad=True)]
            (norm(*both) ** 2).sum().backward()
            for i in range(2):
                one = [v.detach().requires_grad_(i == j) for j, v in enumerate(both)]
                (norm(*one) ** 2).sum().backward()
                np.testing.assert_array_equal(one[i].grad, both[i].grad)
                assert one[1 - i].grad is None


# --------------------------------------------------------------------------------------------------------- NaN, infinity


@shapes
def test_nan_stays_in_its_set(shape):
    x = rand(*shape)
    x[(0, 1) + (0,) * (len(shape) - 2)] = np.nan
    N, C = shape[:2]
    where = {
        "batch": np.arange(C) == 1 + 0 * np.arange(N)[:, None],
        "layer": np.arange(N)[:, None] == 0 * np.arange(C),
        "rms": np.arange(N)[:, None] == 0 * np.arange(C),
        "group": (np.arange(N)[:, None] == 0) & (np.arange(C) // (C // 2) == 1 // (C // 2)),
        "instance": (np.arange(N)[:, None] == 0) & (np.arange(C) == 1),
    }
    for name, planes in where.items():
        t = ag.tensor(x, requires_grad=True)
        y = EVERY[name](t)
        y.backward(ag.ones_like(y))
        expected = np.broadcast_to(planes.reshape(N, C, *(1,) * (len(shape) - 2)), shape)
        np.testing.assert_array_equal(np.isnan(y.detach()), expected, name)
        np.testing.assert_array_equal(np.isnan(t.grad), expected, name)
    assert np.isnan(EVERY["response"](x)).sum() == min(C, 3)


def test_an_infinity_leaves_no_numbers():
    x = rand(3, 4)
    x[1, 2] = np.inf
    np.testing.assert_array_equal(np.isnan(F.layer_norm(x, (4,))).all(1), [False, True, False])
    np.testing.assert_array_equal(np.isnan(train(x)).all(0), [False, False, True, False])


# ---------------------------------------------------------------------------------------------------- running statistics


@shapes
def test_running_statistics(shape):
    axes, C = (0, *range(2, len(shape))), shape[1]
    mean, var = ag.zeros(C, dtype=np.float64), ag.ones(C, dtype=np.float64)
    held, expected = mean.array, [np.zeros(C), np.ones(C)]
    for _ in range(3):
        x = 2 * rand(*shape) + 1
        F.batch_norm(x, mean, var, training=True, momentum=0.3)
        expected[0] = 0.7 * expected[0] + 0.3 * x.mean(axes)
        expected[1] = 0.7 * expected[1] + 0.3 * x.var(axes, ddof=1)
    np.testing.assert_allclose(mean, expected[0], rtol=1e-12)
    np.testing.assert_allclose(var, expected[1], rtol=1e-12)
    assert mean.array is held
    assert mean._version == 3
    F.batch_norm(x, mean, var)
    np.testing.assert_allclose(mean, expected[0], rtol=1e-12)


@shapes
def test_running_statistics_of_instances(shape):
    axes, C = tuple(range(2, len(shape))), shape[1]
    mean, var = np.zeros(C), np.ones(C)
    x = 2 * rand(*shape) + 1
    F.instance_norm(x, mean, var, momentum=0.3)
    np.testing.assert_allclose(mean, 0.3 * x.mean(axes).mean(0), rtol=1e-12)
    np.testing.assert_allclose(var, 0.7 + 0.3 * x.var(axes, ddof=1).mean(0), rtol=1e-12)


def test_running_statistics_of_other_layout_and_dtype():
    x = rand(4, 3, dtype=np.float32)
    buffer = np.zeros((2, 6))
    F.batch_norm(x, buffer[0, ::2], buffer[1, ::2], training=True, momentum=1.0)
    exact = x.astype(np.float64)  # a mean near 0 of float32 values of order 1 has their absolute precision
    np.testing.assert_allclose(buffer[0], [v for m in exact.mean(0) for v in (m, 0)], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(buffer[1], [v for m in exact.var(0, ddof=1) for v in (m, 0)], rtol=1e-6, atol=1e-7)
    assert F.batch_norm(ag.tensor(x), buffer[0, ::2], buffer[1, ::2]).dtype == np.float32


def test_a_later_update_does_not_change_the_gradient_of_an_evaluation():
    x = ag.tensor(rand(4, 3), requires_grad=True)
    mean, var = ag.zeros(3, dtype=np.float64), ag.ones(3, dtype=np.float64)
    y = F.batch_norm(x, mean, var, eps=0.0)
    F.batch_norm(x, mean, var, training=True)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((4, 3)))


# --------------------------------------------------------------------------------------------- empty, layouts, threads


@every
def test_an_empty_batch(f):
    for shape in ((0, 4, 5), (0, 2, 9, 8)):
        x = ag.tensor(np.zeros(shape), requires_grad=True)
        y = f(x)
        assert y.shape == shape
        y.sum().backward()
        assert x.grad.shape == shape


@pytest.mark.parametrize("shape", [(0, 4, 5), (0, 4, 9, 8), (0, 4), (2, 4, 0)], ids=str)
def test_an_empty_batch_changes_nothing(shape):
    w = ag.ones(4, dtype=np.float64).requires_grad_()
    mean, var = np.full(4, 2.0), np.full(4, 3.0)
    x = np.zeros(shape)
    y = F.batch_norm(x, mean, var, w, training=True).sum() + F.group_norm(x, 2, w).sum()
    if len(shape) > 2:
        y = y + F.instance_norm(x, mean, var, w).sum()
    y.backward()
    np.testing.assert_array_equal(w.grad, np.zeros(4))
    np.testing.assert_array_equal(mean, np.full(4, 2.0))
    np.testing.assert_array_equal(var, np.full(4, 3.0))


@shapes
@every
def test_layout_does_not_matter(f, shape):
    x = rand(*shape)
    expected = f(x)
    for other in (
        np.asfortranarray(x),
        np.repeat(x, 2, axis=-1)[..., ::2],
        np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1),
    ):
        np.testing.assert_array_equal(f(other), expected)
        np.testing.assert_array_equal(other, x)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    results = []
    data = [rand(*s, dtype=np.float32) for s in ((11, 6, 5), (11, 6, 9, 8), (70, 4, 3))]
    for threads in (1, 2, 5):
        set_num_threads(threads)
        found = []
        for x in data:
            for f in EVERY.values():
                t = ag.tensor(x, requires_grad=True)
                (f(t) ** 3).sum().backward()
                found.append(t.grad.numpy().tobytes())
            w = ag.ones(x.shape[-1]).requires_grad_()
            (F.layer_norm(x, x.shape[-1:], w) ** 3).sum().backward()
            found.append(w.grad.numpy().tobytes())
        results.append(found)
    assert results[1] == results[0]
    assert results[2] == results[0]


def test_one_signature_a_dtype():
    for f in EVERY.values():
        for dtype in (np.float32, np.float64):
            for shape in SHAPES:
                x = np.asfortranarray(rand(*shape).astype(dtype))
                x.flags.writeable = False
                f(ag.tensor(x, requires_grad=True)).sum().backward()
    F.batch_norm(x, np.zeros(2), np.ones(2), training=True, momentum=1, eps=1)
    F.layer_norm(x, (8,), eps=1)
    for module in (kernels, response_kernels):  # those of moments.py are compiled into these
        for kernel in (k for k in vars(module).values() if isinstance(k, runtime.Kernel)):
            assert kernel.__module__ != module.__name__ or len(kernel.signatures) <= 2, kernel.__name__


# ------------------------------------------------------------------------------------------------------------ transforms


def test_inside_vmap():
    xs, w = rand(5, 3, 4), rand(4)
    np.testing.assert_allclose(func.vmap(lambda x: train(x, w))(xs), [train(x, w) for x in xs], rtol=1e-9)
    means, variances = rand(5, 4), rand(5, 4) ** 2
    each = func.vmap(F.batch_norm)(xs, means, variances)
    np.testing.assert_allclose(
        each, [F.batch_norm(*args) for args in zip(xs, means, variances, strict=True)], rtol=1e-9
    )
    mean = ag.zeros(4, dtype=np.float64)
    with pytest.raises(RuntimeError, match="inside vmap, the statistics of each example cannot be written"):
        func.vmap(lambda x: F.batch_norm(x, mean, mean + 1, training=True))(xs)
    np.testing.assert_array_equal(mean, np.zeros(4))


def test_gradients_by_example():
    xs, w = rand(6, 5), ag.tensor(rand(5))
    each = func.vmap(func.grad(lambda w, x: (F.layer_norm(x, (5,), w) ** 2).sum()), in_dims=(None, 0))(w, xs)
    for x, g in zip(xs, each, strict=True):
        np.testing.assert_allclose(g, 2 * w * standardised(x, -1) ** 2, rtol=1e-9)


@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0, 0.3])
def test_powers_of_local_response_norm(beta):
    x = ag.tensor(rand(2, 3, 70), requires_grad=True)
    y = F.local_response_norm(x, 1, 2.0, beta, 1.0)
    np.testing.assert_allclose(y.detach(), x.numpy() * (1 + 2 * x.numpy() ** 2) ** -beta, rtol=1e-12)
    y.sum().backward()
    d = 1 + 2 * x.numpy() ** 2
    np.testing.assert_allclose(x.grad, d**-beta - 4 * beta * x.numpy() ** 2 * d ** (-beta - 1), rtol=1e-10, atol=1e-12)


# ---------------------------------------------------------------------------------------------------------------- errors

X = np.zeros((2, 3, 4))
ONES = np.ones(3)
READ_ONLY = np.ones(3)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: train(np.zeros((1, 3))),
            ValueError,
            r"Expected more than 1 value per channel when training, got .*\(1, 3\)",
        ),
        (lambda: train(np.zeros(3)), ValueError, r"batch_norm: input has shape \(3,\), but must be \(N, C, …\)"),
        (lambda: train(X.astype(np.float16)), TypeError, "input is float16, but must be float32 or float64"),
        (lambda: train(X + 1j), TypeError, "input is complex128, but must be float32 or float64"),
        (lambda: train(X.astype(int)), TypeError, "input is int64, but must be float32 or float64"),
        (
            lambda: train(X, ONES.astype(np.float32)),
            TypeError,
            "input is float64 and weight float32; convert the input",
        ),
        (lambda: train(X, np.ones(4)), ValueError, r"weight should contain 3 elements, .* but has shape \(4,\)"),
        (lambda: train(X, None, np.ones((3, 1))), ValueError, r"bias should contain 3 elements, .* shape \(3, 1\)"),
        (lambda: train(X, eps=0.0), ValueError, "eps must be positive during training, but got 0"),
        (lambda: train(X, eps=-1.0), ValueError, r"eps must be non-negative, but got -1\.0"),
        (lambda: F.batch_norm(X, None, ONES), ValueError, "running_mean must be defined in evaluation mode"),
        (lambda: F.batch_norm(X, ONES, None), ValueError, "running_var must be defined in evaluation mode"),
        (lambda: F.batch_norm(X, ONES, None, training=True), ValueError, "must either both be None or neither be None"),
        (lambda: F.batch_norm(X, np.ones(4), ONES), ValueError, "running_mean should contain 3 elements"),
        (
            lambda: F.batch_norm(X, ONES, [1, 1, 1]),
            TypeError,
            "running_var must be a floating tensor or array, got list",
        ),
        (
            lambda: F.batch_norm(X, ag.ones(3).requires_grad_(), ONES),
            ValueError,
            "running_mean requires a gradient, but",
        ),
        (lambda: F.batch_norm(X, ONES, READ_ONLY, training=True), ValueError, "running_var is a read-only array"),
        (lambda: F.batch_norm(X, ONES, ag.from_numpy(READ_ONLY), training=True), RuntimeError, "memory is read-only"),
        (
            lambda: F.batch_norm(X, ONES, ONES, training=True, momentum=None),
            TypeError,
            "momentum must be a number.*None",
        ),
        (lambda: F.instance_norm(X[:, :, :1]), ValueError, "Expected more than 1 spatial element when training"),
        (
            lambda: F.instance_norm(X, use_input_stats=False),
            ValueError,
            "Expected running_mean and running_var to be def",
        ),
        (lambda: F.group_norm(X, 2), ValueError, r"divisible by num_groups, but got .*\(2, 3, 4\) and num_groups=2"),
        (lambda: F.group_norm(X, 0), ValueError, "Expected num_groups to be greater than 0, got 0"),
        (lambda: F.group_norm(X, 1.5), TypeError, "num_groups must be an int, got float 1.5"),
        (
            lambda: F.group_norm(np.zeros((1, 3)), 3),
            ValueError,
            "Expected more than 1 value per channel .* num_groups=3",
        ),
        (lambda: F.layer_norm(X, ()), ValueError, "Expected normalized_shape to be at least 1-dimensional"),
        (
            lambda: F.layer_norm(X, (3,)),
            ValueError,
            r"normalized_shape=\(3,\), expected input with shape \(\*, 3\), but got",
        ),
        (
            lambda: F.layer_norm(X, (4,), ONES),
            ValueError,
            r"Expected weight to be of same shape .* \(3,\) and norm.*\(4,\)",
        ),
        (
            lambda: F.layer_norm(X, (4,), None, ONES),
            ValueError,
            "Expected bias to be of same shape as normalized_shape",
        ),
        (lambda: F.layer_norm(X, (4,), eps=-1.0), ValueError, r"layer_norm: eps must be non-negative, but got -1\.0"),
        (lambda: F.rms_norm(X, (5,)), ValueError, r"rms_norm: Given normalized_shape=\(5,\)"),
        (lambda: F.local_response_norm(X[0], 2), ValueError, "Expected 3D or higher dimensionality input .got 2 dim"),
        (lambda: F.local_response_norm(X, 0), ValueError, "size must be at least 1, got 0"),
        (lambda: F.local_response_norm(X, 2.0), TypeError, "size must be an int, .* got float 2.0"),
        (lambda: cross_map_lrn2d(X, 2), ValueError, "CrossMapLRN2d: Expected input to be 4D, got 3D"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
