"""nn.init: distributions, fans and gains, errors."""

import inspect
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
from nn import Parameter, init

WEIGHT = (60, 40, 3, 5)  # fan_in 40 · 15 = 600, fan_out 60 · 15 = 900


def empty(*shape, dtype=np.float32):
    return Parameter(ag.empty(*shape, dtype=dtype))


def test_fans():
    assert init.fan_in_and_fan_out(empty(*WEIGHT)) == (600, 900)
    assert init._calculate_fan_in_and_fan_out(empty(7, 3)) == (3, 7)


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv1d", None, 1),
        ("conv_transpose3d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, 2**0.5),
        ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2))),
        ("leaky_relu", 0.5, math.sqrt(2 / 1.25)),
        ("selu", None, 0.75),
    ],
)
def test_gains(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda t: init.uniform_(t, -0.5, 0.5), 0.5),
        (lambda t: init.xavier_uniform_(t), math.sqrt(6 / 1500)),
        (lambda t: init.xavier_uniform_(t, gain=2), 2 * math.sqrt(6 / 1500)),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="relu"), math.sqrt(2) * math.sqrt(3 / 600)),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)), 1 / math.sqrt(600)),
        (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="linear"), math.sqrt(3 / 900)),
    ],
)
def test_uniform_ones_fill_their_interval(fill, bound):
    t = empty(*WEIGHT)
    assert fill(t) is t and t.dtype == np.float32
    x = t.array.astype(float)
    assert np.abs(x).max() <= bound * (1 + 1e-6) and x.max() > 0.999 * bound and x.min() < -0.999 * bound
    assert abs(x.mean()) < 5 * bound / math.sqrt(3 * x.size)
    assert x.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda t: init.normal_(t), 0, 1),
        (lambda t: init.normal_(t, 3, 0.5), 3, 0.5),
        (lambda t: init.xavier_normal_(t, gain=3), 0, 3 * math.sqrt(2 / 1500)),
        (lambda t: init.kaiming_normal_(t, nonlinearity="relu"), 0, math.sqrt(2 / 600)),
        (lambda t: init.kaiming_normal_(t, 0.2, "fan_out"), 0, math.sqrt(2 / 1.04 / 900)),
    ],
)
def test_normal_ones(fill, mean, std):
    t = empty(*WEIGHT)
    x = fill(t).array.astype(float)
    assert x.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(x.size))
    assert x.std() == pytest.approx(std, rel=0.015)
    kurtosis = ((x - x.mean()) ** 4).mean() / x.var() ** 2
    assert kurtosis == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize(("mean", "std", "a", "b"), [(0, 1, -2, 2), (1, 2, 0, 5), (0, 1, 3, 4), (0, 1, -4, -3)])
def test_trunc_normal(mean, std, a, b):
    x = init.trunc_normal_(empty(200, 200, dtype=np.float64), mean, std, a, b).array
    assert x.min() >= a and x.max() <= b

    grid = np.linspace(a, b, 200_001)  # the density of N(mean, std²) on [a, b]
    density = np.exp(-(((grid - mean) / std) ** 2) / 2)
    expected = (grid * density).sum() / density.sum()
    spread = math.sqrt(((grid - expected) ** 2 * density).sum() / density.sum())
    assert x.mean() == pytest.approx(expected, abs=5 * spread / 200)
    assert x.std() == pytest.approx(spread, rel=0.02)


def test_constants_identity_and_dirac():
    np.testing.assert_array_equal(init.constant_(empty(2, 3), 0.5).array, np.full((2, 3), 0.5))
    np.testing.assert_array_equal(init.ones_(empty(2)).array, [1, 1])
    np.testing.assert_array_equal(init.zeros_(empty(2)).array, [0, 0])
    np.testing.assert_array_equal(init.eye_(empty(2, 3)).array, [[1, 0, 0], [0, 1, 0]])
    x = np.random.default_rng(0).standard_normal((1, 4, 6))
    w = init.dirac_(empty(4, 2, 3, dtype=np.float64), groups=2)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    out = np.zeros_like(x)
    for channel in range(4):
        for c in range(2):
            for k in range(3):
                out[0, channel] += w.array[channel, c, k] * padded[0, channel // 2 * 2 + c, k : k + 6]
    np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (4, 2, 3)])
def test_orthogonal(shape):
    m = init.orthogonal_(empty(*shape, dtype=np.float64), gain=2).array.reshape(shape[0], -1)
    small = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(small, 4 * np.eye(min(m.shape)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    signs = [np.sign(init.orthogonal_(empty(3, 3)).array[0, 0]) for _ in range(200)]
    assert 60 < sum(s > 0 for s in signs) < 140


def test_sparse():
    x = init.sparse_(empty(100, 50), 0.25, std=2).array
    np.testing.assert_array_equal((x == 0).sum(0), np.full(50, 25))
    assert x[x != 0].std() == pytest.approx(2, rel=0.05)
    rows = [tuple(np.flatnonzero(x[:, column] == 0)) for column in range(50)]
    assert len(set(rows)) > 45


RANDOM = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.orthogonal_,
    lambda t, generator=None: init.sparse_(t, 0.5, generator=generator),
]


@pytest.mark.parametrize("fill", RANDOM)
def test_random_ones_draw_from_the_generator(fill):
    one, two = (fill(empty(6, 5), generator=ag.Generator(7)).array for _ in range(2))
    np.testing.assert_array_equal(one, two)
    ag.manual_seed(3)
    three = fill(empty(6, 5)).array
    ag.manual_seed(3)
    fill(empty(6, 5), generator=ag.Generator(9))  # leaves the default stream where it is
    np.testing.assert_array_equal(three, fill(empty(6, 5)).array)
    assert (one != three).any()


def test_filling_records_nothing_and_is_noticed():
    w = empty(3, 3)
    y = (w * w).sum()
    init.zeros_(w)
    assert w.is_leaf and w.requires_grad
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: init.calculate_gain("elu"), ValueError, "Unsupported nonlinearity elu; known are linear"),
        (lambda: init.calculate_gain("leaky_relu", True), ValueError, "negative_slope True not a valid number"),
        (lambda: init.xavier_uniform_(empty(3)), ValueError, r"fewer than 2 dimensions, got shape \(3,\)"),
        (lambda: init.kaiming_normal_(empty(3, 3), mode="fan"), ValueError, "Mode fan not supported, please use"),
        (lambda: init.uniform_(empty(3), 2, 1), ValueError, "the lower bound a=2 is above the upper bound b=1"),
        (lambda: init.normal_(empty(3), 0, -1), ValueError, "must not be negative, got std=-1"),
        (lambda: init.trunc_normal_(empty(3), a=1, b=1), ValueError, "a=1 must be below the upper bound b=1"),
        (lambda: init.trunc_normal_(empty(3), std=0), ValueError, "must be positive, got std=0"),
        (
            lambda: init.eye_(empty(3)),
            ValueError,
            r"eye_: only tensors with 2 dimensions are supported, got shape \(3,\)",
        ),
        (lambda: init.dirac_(empty(3, 3)), ValueError, r"with 3, 4, or 5 dimensions are supported, got shape \(3, 3\)"),
        (lambda: init.dirac_(empty(3, 3, 3), 2), ValueError, "dim 0 must be divisible by groups, got 3 and groups=2"),
        (lambda: init.orthogonal_(empty(3)), ValueError, r"2 or more dimensions are supported, got shape \(3,\)"),
        (lambda: init.sparse_(empty(3), 0.5), ValueError, r"2 dimensions are supported, got shape \(3,\)"),
        (lambda: init.sparse_(empty(3, 3), 1.5), ValueError, "sparsity is a fraction from 0 to 1, got 1.5"),
        (lambda: init.zeros_(np.ones(3)), TypeError, "zeros_: needs a tensor to fill, got ndarray"),
        (lambda: init.uniform_([1, 2]), TypeError, "uniform_: needs a tensor to fill, got list"),
        (lambda: init.eye_(None), TypeError, "eye_: needs a tensor to fill"),
        (lambda: init.uniform_(empty(3), math.nan, 1), ValueError, "the lower bound a=nan is above"),
        (lambda: init.uniform_(empty(3), 0, math.inf), ValueError, "b=inf must be finite"),
        (lambda: init.normal_(empty(3), 0, math.nan), ValueError, "must not be negative, got std=nan"),
        (lambda: init.xavier_normal_(empty(3, 3), -1), ValueError, "xavier_normal_: gain must not be negative, got -1"),
        (lambda: init.dirac_(empty(3, 3, 3), 0), ValueError, "dirac_: groups must be at least 1, got 0"),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


def test_empty_tensors():
    with pytest.warns(UserWarning, match=r"zero-element tensors is a no-op .shape \(0, 3\)"):
        init.kaiming_uniform_(empty(0, 3))
    assert init.orthogonal_(empty(0, 3)).shape == (0, 3)


RANDOM = [
    "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_",
    "orthogonal_", "sparse_",
]  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_are_not_cut_to_integers(name):
    t = ag.zeros(3, 3, dtype=np.int64)
    with pytest.raises(
        TypeError, match=f"{name}: needs a tensor of real .*floating numbers, got int64; fill a float one"
    ):
        getattr(init, name)(t, *([0.5] if name == "sparse_" else []))
    assert not t.array.any()


def test_complex_tensors_get_random_imaginary_parts():
    t = ag.empty(20000, dtype=np.complex64)
    x = init.uniform_(t, -1.0, 3.0).array
    for part in (x.real, x.imag):
        assert part.min() >= -1 and part.max() < 3 and abs(part.mean() - 1) < 0.05
    x = init.normal_(t, 1.0, 2.0).array
    assert abs(x.mean() - 1) < 0.1 and x.dtype == np.complex64
    assert x.real.std() == pytest.approx(2**0.5, rel=0.05) and x.imag.std() == pytest.approx(2**0.5, rel=0.05)
    assert abs(np.corrcoef(x.real, x.imag)[0, 1]) < 0.05
    with pytest.raises(TypeError, match="trunc_normal_: needs a tensor of real floating numbers, got complex64"):
        init.trunc_normal_(t)


@pytest.mark.parametrize(("a", "b"), [(50, 60), (-60, -50), (35, 36), (100, 1000)])
def test_truncated_far_from_the_mean(a, b):
    """There the distribution is that of a + an exponential number with the rate a, to within 1 / a²."""
    t = init.trunc_normal_(empty(20000, dtype=np.float64), a=a, b=b).array
    assert t.min() >= a and t.max() <= b
    near = min(abs(a), abs(b))
    assert np.mean(np.abs(t) - near) == pytest.approx(1 / near, rel=0.03)
    assert np.std(t) == pytest.approx(1 / near, rel=0.05)


def test_a_weight_without_elements_is_left_alone():
    assert init.xavier_uniform_(empty(0, 0)).shape == (0, 0)


OLDER = (
    "constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal xavier_uniform"
)


@pytest.mark.parametrize("name", OLDER.split())
def test_older_names_warn_and_do_the_same(name):
    new = getattr(init, f"{name}_")
    options = {"constant": (2.0,), "sparse": (0.5,)}.get(name, ())
    shape = (3, 2, 2) if name == "dirac" else (3, 2)
    ag.manual_seed(0)
    expected = new(ag.zeros(shape), *options)
    ag.manual_seed(0)
    x = ag.zeros(shape)
    with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is deprecated in favor of `nn.init.{name}_`") as caught:
        assert getattr(init, name)(x, *options) is x
    assert x.tolist() == expected.tolist() and caught[0].filename == __file__
    assert inspect.signature(getattr(init, name)) == inspect.signature(new)
    assert pickle.loads(pickle.dumps(getattr(init, name))) is getattr(init, name)
