"""Activation functions at the edges: extreme inputs, kinks, dtypes, in-place, errors.

Values and gradients elsewhere are proved by the rows of `tables/activation.py`.
"""

import warnings

import numpy as np
import pytest
import scipy.special as sc

import autograd_core as ag
import nn.functional as F

inf, nan = np.inf, np.nan
ABOVE, BELOW = 1.0507009873554805, 1.6732632423543772

# name -> value at -inf, at -1000, at 0, at 1000, at inf
ENDS = {
    "relu": (0, 0, 0, 1000, inf),
    "relu6": (0, 0, 0, 6, 6),
    "leaky_relu": (-inf, -10, 0, 1000, inf),
    "rrelu": (-inf, -1000 * 11 / 48, 0, 1000, inf),
    "elu": (-1, -1, 0, 1000, inf),
    "selu": (-ABOVE * BELOW, -ABOVE * BELOW, 0, ABOVE * 1000, inf),
    "celu": (-1, -1, 0, 1000, inf),
    "gelu": (0, 0, 0, 1000, inf),
    "silu": (0, 0, 0, 1000, inf),
    "mish": (0, 0, 0, 1000, inf),
    "sigmoid": (0, 0, 0.5, 1, 1),
    "logsigmoid": (-inf, -1000, -np.log(2), 0, 0),
    "softplus": (0, 0, np.log(2), 1000, inf),
    "softsign": (-1, -1000 / 1001, 0, 1000 / 1001, 1),
    "tanh": (-1, -1, 0, 1, 1),
    "tanhshrink": (-inf, -999, 0, 999, inf),
    "softshrink": (-inf, -999.5, 0, 999.5, inf),
    "hardshrink": (-inf, -1000, 0, 1000, inf),
    "hardtanh": (-1, -1, 0, 1, 1),
    "hardsigmoid": (0, 0, 0.5, 1, 1),
    "hardswish": (0, 0, 0, 1000, inf),
    "step": (0, 0, 1, 1, 1),
    "scaled_sigmoid": (0, 0, 0.5, 1, 1),
    "scaled_tanh": (-1.7159, -1.7159, 0, 1.7159, 1.7159),
}
SLOPES = {  # at -inf, at inf
    "relu": (0, 1),
    "relu6": (0, 0),
    "leaky_relu": (0.01, 1),
    "rrelu": (11 / 48, 1),
    "elu": (0, 1),
    "selu": (0, ABOVE),
    "celu": (0, 1),
    "gelu": (0, 1),
    "silu": (0, 1),
    "mish": (0, 1),
    "sigmoid": (0, 0),
    "logsigmoid": (1, 0),
    "softplus": (0, 1),
    "softsign": (0, 0),
    "tanh": (0, 0),
    "tanhshrink": (1, 1),
    "softshrink": (1, 1),
    "hardshrink": (1, 1),
    "hardtanh": (0, 0),
    "hardsigmoid": (0, 0),
    "hardswish": (0, 1),
    "step": (0, 0),
    "scaled_sigmoid": (0, 0),
    "scaled_tanh": (0, 0),
}
DTYPES = (np.float16, np.float32, np.float64)
every_function = pytest.mark.parametrize("name", ENDS)


@pytest.mark.parametrize("dtype", DTYPES)
@every_function
def test_over_the_whole_range_without_a_warning(name, dtype):
    x = np.array([-inf, -1000, 0, 1000, inf], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = getattr(F, name)(ag.tensor(x))
    assert out.dtype == dtype
    np.testing.assert_allclose(out.numpy(), np.array(ENDS[name]), rtol=2e-3 if dtype == np.float16 else 1e-6, atol=1e-7)


@every_function
def test_first_and_higher_derivatives_at_infinity(name):
    x = ag.tensor([-inf, inf], dtype=np.float64, requires_grad=True)
    (g,) = ag.grad(getattr(F, name)(x), x, ag.ones(2, dtype=np.float64), create_graph=True)
    np.testing.assert_allclose(g.numpy(), SLOPES[name], atol=1e-12)
    for _ in range(2):
        if not g.requires_grad:
            break
        (g,) = ag.grad(g, x, ag.ones(2, dtype=np.float64), create_graph=True)
        np.testing.assert_array_equal(g.numpy(), 0)


@pytest.mark.parametrize("shape", [(), (3,)])
@every_function
def test_nan_stays_nan(name, shape):
    assert np.isnan(getattr(F, name)(ag.tensor(np.full(shape, nan))).numpy()).all()


@pytest.mark.parametrize("dtype", DTYPES)
@every_function
def test_subnormal_numbers(name, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    out = getattr(F, name)(ag.tensor(np.array([tiny, -tiny], dtype))).numpy()
    assert np.isfinite(out).all()
    at_zero = ENDS[name][2] if name != "step" else np.array([1, 0])
    np.testing.assert_allclose(out, at_zero, rtol=1e-2 if dtype == np.float16 else 1e-6, atol=2 * tiny)


@every_function
def test_takes_arrays_numbers_and_integers(name):
    f = getattr(F, name)
    expected = f(ag.tensor([0.7, -0.7], dtype=np.float64)).numpy()
    out = f(np.array([0.7, -0.7]))
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, expected)
    assert float(f(0.7)) == pytest.approx(expected[0])
    assert f(ag.tensor([1, 2])).dtype == (np.int64 if name in ("relu", "relu6", "hardtanh") else np.float32)


# ------------------------------------------------------------------------------------------------------------- accuracy


def test_tails_are_exact_not_merely_small():
    x = np.array([-700.0, -300, -50, -37, -20, -5])
    for f, exact in ((F.sigmoid, sc.expit), (F.softplus, np.exp), (F.silu, lambda x: x * np.exp(x))):
        approx = exact(x)[:4]  # e^x to rounding there
        np.testing.assert_allclose(f(ag.tensor(x)).numpy()[:4], approx, rtol=1e-13)
    np.testing.assert_allclose(F.logsigmoid(ag.tensor(-x)).numpy()[:4], -np.exp(x)[:4], rtol=1e-13)
    np.testing.assert_allclose(F.mish(ag.tensor(x)).numpy()[:4], (x * np.exp(x))[:4], rtol=1e-13)
    far = np.array([-30.0, -20, -10])
    np.testing.assert_allclose(F.gelu(ag.tensor(far)).numpy(), far * sc.ndtr(far), rtol=1e-13)
    near = far / 4
    np.testing.assert_allclose(F.gelu(ag.tensor(near, dtype=np.float32)).numpy(), near * sc.ndtr(near), rtol=1e-5)


def test_the_constants_of_lecun_1998():
    x = ag.tensor(1.0, dtype=np.float64, requires_grad=True)
    y = F.scaled_tanh(x)
    assert y.item() == pytest.approx(1, abs=1e-4)
    second = []
    for at in (0.9, 1.0, 1.1):  # the second derivative is largest in size at 1
        x = ag.tensor(at, dtype=np.float64, requires_grad=True)
        (g,) = ag.grad(F.scaled_tanh(x), x, create_graph=True)
        second.append(abs(ag.grad(g, x)[0].item()))
    assert max(second) == second[1]


# ---------------------------------------------------------------------------------------------------------------- kinks


@pytest.mark.parametrize(
    ("name", "args", "at", "slope"),
    [
        ("relu", (), 0, 0),
        ("relu6", (), 6, 0),
        ("leaky_relu", (0.2,), 0, 0.2),
        ("elu", (0.5,), 0, 0.5),
        ("hardtanh", (), 1, 0),
        ("hardtanh", (), -1, 0),
        ("hardsigmoid", (), 3, 0),
        ("hardswish", (), -3, 0),
        ("hardswish", (), 3, 1),
        ("softshrink", (), 0.5, 0),
        ("hardshrink", (), -0.5, 0),
        ("threshold", (0.1, 2.0), 0.1, 0),
        ("step", (), 0, 0),
    ],
)
def test_the_slope_at_a_kink_is_pytorchs(name, args, at, slope):
    x = ag.tensor(float(at), dtype=np.float64, requires_grad=True)
    getattr(F, name)(x, *args).backward()
    assert x.grad.item() == pytest.approx(slope)


def test_an_infinite_gradient_is_stopped_where_the_unit_is_off():
    x = ag.tensor([-1.0, 4.0], requires_grad=True)
    F.relu(x).sqrt().sum().backward()  # the slope of sqrt at 0 is infinite
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0.25])


# ------------------------------------------------------------------------------------------------------------- in place


IN_PLACE = {
    "relu": (),
    "relu6": (),
    "leaky_relu": (0.3,),
    "elu": (),
    "selu": (),
    "celu": (),
    "silu": (),
    "mish": (),
    "hardtanh": (),
    "hardsigmoid": (),
    "hardswish": (),
    "threshold": (0.1, 2.0),
    "rrelu": (),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    f, args = getattr(F, name), IN_PLACE[name]
    data = np.array([-1.0, 0.5, 2.0])
    x = ag.tensor(data, requires_grad=True)
    expected = f(x, *args)
    (g,) = ag.grad((expected * expected).sum(), x)
    x = ag.tensor(data, requires_grad=True)
    y = x * 1
    out = f(y, *args, inplace=True)
    assert out is y
    np.testing.assert_array_equal(y.numpy(), expected.numpy())
    (y * y).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), g.numpy())


def test_in_place_needs_a_tensor():
    with pytest.raises(TypeError, match="silu: inplace=True needs a tensor, got ndarray of shape"):
        F.silu(np.ones(2), inplace=True)


# --------------------------------------------------------------------------------------------------------- random units


def test_rrelu_in_training():
    x = ag.tensor(np.full(2000, -1.0), requires_grad=True)
    y = F.rrelu(x, 0.1, 0.3, training=True)
    slopes = -y.numpy()
    assert slopes.min() >= 0.1
    assert slopes.max() <= 0.3
    assert slopes.mean() == pytest.approx(0.2, abs=0.01)
    assert slopes.std() == pytest.approx(0.2 / np.sqrt(12), rel=0.1)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes)
    z = ag.tensor([-1.0, 2.0]) * 1
    assert F.rrelu(z, training=True, inplace=True) is z
    assert z.numpy()[1] == 2


def test_gumbel_softmax_draws_by_the_probabilities():
    p = np.array([0.2, 0.5, 0.3])
    logits = ag.tensor(np.tile(np.log(p), (4000, 1)), requires_grad=True)
    hard = F.gumbel_softmax(logits, tau=0.5, hard=True)
    assert set(np.unique(hard.numpy().round(12))) == {0, 1}
    np.testing.assert_allclose(hard.numpy().mean(0), p, atol=0.03)
    soft = F.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_allclose(soft.numpy().sum(1), 1)
    ag.manual_seed(1)
    (g,) = ag.grad((F.gumbel_softmax(logits, hard=True) * ag.tensor(p)).sum(), logits)
    ag.manual_seed(1)
    (h,) = ag.grad((F.gumbel_softmax(logits) * ag.tensor(p)).sum(), logits)
    np.testing.assert_array_equal(g.numpy(), h.numpy())
    assert F.gumbel_softmax(ag.zeros(2, 3), dim=0).dtype == np.float32


# -------------------------------------------------------------------------------------------------------------- softmax


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_extreme_scores(dtype):
    x = ag.tensor(np.array([[1000, -1000, 999], [-inf, 0, 0], [-1e4, -1e4, -1e4]], dtype))
    p, logp = F.softmax(x, 1), F.log_softmax(x, 1)
    assert p.dtype == logp.dtype == dtype
    e = np.exp(-1.0)
    np.testing.assert_allclose(p.numpy(), [[1 / (1 + e), 0, e / (1 + e)], [0, 0.5, 0.5], [1 / 3] * 3], rtol=2e-3)
    np.testing.assert_allclose(
        logp.numpy(), np.array([[-np.log1p(e), -2000 - np.log1p(e), -1 - np.log1p(e)], [-inf] + [-np.log(2)] * 2,
                                [-np.log(3)] * 3]), rtol=2e-3
    )  # fmt: skip
    for impossible in ([[-inf, -inf]], [[inf, 0]], [[nan, 0]]):
        assert np.isnan(F.softmax(ag.tensor(impossible), 1).numpy()).any()


def test_softmax_dims_dtype_and_empty():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    np.testing.assert_allclose(F.softmax(ag.tensor(x), -2).numpy(), sc.softmax(x, 1))
    assert F.softmax(ag.tensor([1, 2]), 0).dtype == np.float32
    assert F.softmax(ag.zeros(2), 0, dtype=np.float64).dtype == np.float64
    assert F.softmax(ag.tensor(3.0), 0).item() == 1
    assert F.log_softmax(ag.tensor(3.0), -1).shape == ()
    assert F.softmax(ag.zeros(0, 3), 1).shape == (0, 3)
    assert F.log_softmax(ag.zeros(3, 0), 1).shape == (3, 0)
    for shape, dim in (((3,), 0), ((2, 3), 1), ((2, 3, 2), 0), ((2, 3, 2, 2), 1)):
        x = np.random.default_rng(0).standard_normal(shape)
        with pytest.warns(UserWarning, match=f"no dim given, taking dim={dim} for shape"):
            out = F.softmax(ag.tensor(x))
        np.testing.assert_allclose(out.numpy(), sc.softmax(x, dim))


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: F.gelu(x, approximate="fast"), ValueError, "approximate must be 'none' or 'tanh', got 'fast'"),
        (lambda x: F.celu(x, 0), ValueError, "celu: alpha divides x and cannot be 0"),
        (lambda x: F.softplus(x, 0), ValueError, "softplus: beta divides the result and cannot be 0"),
        (lambda x: F.hardtanh(x, 2, 1), ValueError, "min_val must not be greater than max_val, got 2 and 1"),
        (lambda x: F.softshrink(x, -1), ValueError, "softshrink: lambd must be at least 0, got -1"),
        (lambda x: F.rrelu(x, 0.5, 0.1), ValueError, "lower must not be greater than upper, got lower=0.5, upper=0.1"),
        (lambda x: F.scaled_tanh(x, 0), ValueError, "scaled_tanh: amplitude cannot be 0"),
        (lambda x: F.gumbel_softmax(x, 0), ValueError, "the temperature tau must be positive, got 0"),
        (lambda x: F.glu(x, 1), ValueError, r"glu: dim 1 of shape \(2, 3\) has the odd size 3"),
        (lambda x: F.glu(ag.tensor(1.0)), ValueError, "glu: a 0-d tensor has no halves"),
        (lambda x: F.softmax(x, 2), IndexError, "softmax: dim 2 is out of range for 2 dimensions"),
        (lambda x: F.prelu(x, ag.ones(2)), ValueError, r"weight has 2 slopes, but input of shape \(2, 3\) has 3 "),
        (lambda x: F.prelu(x, ag.ones(3, 2)), ValueError, r"weight must be a number or a vector, got shape \(3, 2\)"),
        (lambda x: F.elu("text"), TypeError, "elu: needs tensors, arrays or numbers, got str"),
        (lambda x: F.elu(ag.tensor([1j])), TypeError, "elu: needs real numbers, got Tensor of shape"),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call(ag.ones(2, 3))


def test_identity_is_the_linear_unit():
    x = ag.ones(2)
    assert F.identity(x) is x
